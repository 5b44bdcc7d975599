//! When letters go out.

use domain::alert::{Delivery, LetterChoices};
use domain::user::AccountId;
use server::outbox::Parcel;
use server::store::AlertState;

use super::{HOUR, World, at_any_hour, is_letter, quiet};

on_both!(
    an_alert_of_the_night_waits_for_the_morning,
    what_is_over_by_the_morning_stays_quiet,
    no_day_has_more_letters_than_were_chosen,
    a_digest_comes_once_a_day_with_everything_in_it,
    whoever_unsubscribes_gets_no_letter_and_keeps_the_rest,
);

/// Rises that fire again within a horizon.
const RISING: [f64; 5] = [0.1, 0.26, 0.42, 0.58, 0.74];

async fn states(world: &World, account: &AccountId) -> Vec<AlertState> {
    let alerts = world.store.alerts(account, 0, 100).await.expect("read");
    // The newest comes first.
    alerts.into_iter().rev().map(|alert| alert.state).collect()
}

async fn an_alert_of_the_night_waits_for_the_morning(world: World) {
    let ann = world.member("ann").await;
    let time_zone = "Europe/Paris".to_owned();
    world.choose(&ann, LetterChoices { time_zone, quiet: quiet("22:00", "07:00"), ..at_any_hour() }).await;
    world.follow(&ann, 0.5).await;
    // Two o'clock in the night in Paris.
    world.set_clock("2026-06-03T00:00:00Z");
    world.say(0.6);
    world.chain().await;
    assert_eq!(states(&world, &ann).await, [AlertState::Waiting]);
    world.set_clock("2026-06-03T04:59:59Z");
    world.chain().await;
    assert!(world.taken().is_empty());
    world.set_clock("2026-06-03T05:00:00Z");
    world.chain().await;
    assert_eq!(states(&world, &ann).await, [AlertState::Sent]);
    assert_eq!(world.taken().len(), 1);
}

async fn what_is_over_by_the_morning_stays_quiet(world: World) {
    let ann = world.member("ann").await;
    // Quiet but for one minute: longer than a day's horizon lies between.
    world.choose(&ann, LetterChoices { quiet: quiet("12:01", "12:00"), ..at_any_hour() }).await;
    world.follow(&ann, 0.5).await;
    world.set_clock("2026-06-03T12:05:00Z");
    world.say(0.6);
    world.chain().await;
    assert_eq!(states(&world, &ann).await, [AlertState::Waiting]);
    world.set_clock("2026-06-04T12:06:00Z");
    world.chain().await;
    assert_eq!(states(&world, &ann).await, [AlertState::Quiet]);
    assert!(world.taken().is_empty());
}

async fn no_day_has_more_letters_than_were_chosen(world: World) {
    let ann = world.member("ann").await;
    let time_zone = "America/New_York".to_owned();
    world.choose(&ann, LetterChoices { time_zone, most_a_day: 2, ..at_any_hour() }).await;
    world.follow(&ann, 0.05).await;
    // 20:00 of Tuesday in New York, and then every two hours.
    world.set_clock("2026-06-03T00:00:00Z");
    for chance in RISING {
        world.say(chance);
        world.chain().await;
        world.wait(HOUR * 2);
    }
    let expected = [AlertState::Sent, AlertState::Sent, AlertState::Sent, AlertState::Sent, AlertState::Capped];
    // 20:00 and 22:00 are Tuesday's; 00:00 and 02:00 are Wednesday's, and 04:00 is one too many.
    assert_eq!(states(&world, &ann).await, expected);
    assert_eq!(world.taken().len(), 4);
}

async fn a_digest_comes_once_a_day_with_everything_in_it(world: World) {
    let ann = world.member("ann").await;
    world.choose(&ann, LetterChoices { delivery: Delivery::Digest, digest_hour: 8, ..at_any_hour() }).await;
    world.follow(&ann, 0.05).await;
    world.set_clock("2026-06-02T12:00:00Z");
    for chance in &RISING[..3] {
        world.say(*chance);
        world.chain().await;
        world.wait(HOUR);
    }
    assert!(world.taken().is_empty());
    world.set_clock("2026-06-03T08:00:00Z");
    for _ in 0..3 {
        world.chain().await;
        world.wait(HOUR);
    }
    let taken = world.taken();
    assert_eq!(taken.len(), 1, "{taken:?}");
    let Parcel::Digest { account, alerts } = &taken[0].1 else { panic!("{taken:?}") };
    assert_eq!((account, alerts.len()), (&ann, 3));
    assert_eq!(states(&world, &ann).await, [AlertState::Digested; 3]);
    // What fires after the hour comes with the next day's.
    world.say(RISING[4]);
    world.chain().await;
    assert_eq!(world.taken().len(), 1);
    world.set_clock("2026-06-04T08:00:00Z");
    world.chain().await;
    assert_eq!(world.taken().len(), 2);
}

async fn whoever_unsubscribes_gets_no_letter_and_keeps_the_rest(world: World) {
    let ann = world.member("ann").await;
    let ben = world.newcomer("ben", true).await;
    assert_eq!(world.store.letter_choices(&ben).await.expect("read"), LetterChoices::default());
    for account in [&ann, &ben] {
        world.follow(account, 0.5).await;
        world.store.stop_letters(account, world.now()).await.expect("stored");
    }
    let expected = LetterChoices { letters: false, ..at_any_hour() };
    assert_eq!(world.store.letter_choices(&ann).await.expect("read"), expected);
    assert!(!world.store.letter_choices(&ben).await.expect("read").letters);
    world.say(0.6);
    world.chain().await;
    assert!(!world.taken().iter().any(|(_, parcel)| is_letter(parcel)));
    assert_eq!(states(&world, &ann).await, [AlertState::Quiet]);
    assert_eq!(world.store.unread(&ann).await.expect("read"), 1);
}
