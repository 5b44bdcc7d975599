//! Rules, choices, entries of the bell and the production data, as they are kept.

use std::collections::BTreeSet;

use domain::alert::{Delivery, LetterChoices, Measure, Rule};
use domain::forecast::Horizon;
use jiff::SignedDuration;
use server::store::{KeptSession, MOST_RULES, MadeForecast, RuleKept, prediction_id};

use super::{HOUR, World, forecast, quiet, rule};

on_both!(
    a_rule_for_the_same_coin_and_horizon_takes_the_place_of_the_one_before,
    an_account_has_fifty_rules_at_most,
    choices_of_letters_are_kept_as_they_were_made,
    entries_of_the_bell_come_newest_first_and_are_read_together,
    production_data_comes_in_order_and_whole,
    publishing_twice_is_once,
    what_nobody_needs_is_forgotten,
);

async fn a_rule_for_the_same_coin_and_horizon_takes_the_place_of_the_one_before(world: World) {
    let (ann, ben) = (world.member("ann").await, world.member("ben").await);
    let first = rule("BTC", Horizon::Day, Measure::Chance, 0.5);
    let other = rule("BTC", Horizon::TwoDays, Measure::Chance, 0.5);
    let second = rule("BTC", Horizon::Day, Measure::Rank, 0.9);
    for (rule, expected) in [(&first, RuleKept::Added), (&other, RuleKept::Added), (&second, RuleKept::Replaced)] {
        assert_eq!(world.store.keep_rule(&ann, rule, world.now()).await.expect("stored"), expected);
    }
    let kept = world.store.rules(&ann).await.expect("read");
    let rules: Vec<&Rule> = kept.iter().map(|kept| &kept.rule).collect();
    assert_eq!(rules, [&second, &other]);
    assert!(!world.store.delete_rule(&ben, &kept[0].id).await.expect("stored"), "not his");
    assert!(world.store.delete_rule(&ann, &kept[0].id).await.expect("stored"));
    assert_eq!(world.store.rules(&ann).await.expect("read").len(), 1);
    let replaced = [first.clone(), second.clone()];
    assert!(world.store.replace_rules(&ann, &replaced, world.now()).await.expect("stored"));
    let kept = world.store.rules(&ann).await.expect("read");
    assert_eq!(kept.into_iter().map(|kept| kept.rule).collect::<Vec<_>>(), [second]);
}

async fn an_account_has_fifty_rules_at_most(world: World) {
    let ann = world.member("ann").await;
    let many: Vec<Rule> =
        (0..=MOST_RULES).map(|number| rule(&format!("C{number:03}"), Horizon::Day, Measure::Chance, 0.5)).collect();
    assert!(!world.store.replace_rules(&ann, &many, world.now()).await.expect("answered"));
    assert!(world.store.replace_rules(&ann, &many[1..], world.now()).await.expect("answered"));
    assert_eq!(world.store.keep_rule(&ann, &many[0], world.now()).await.expect("answered"), RuleKept::TooMany);
    assert_eq!(world.store.keep_rule(&ann, &many[1], world.now()).await.expect("answered"), RuleKept::Replaced);
    assert_eq!(world.store.rules(&ann).await.expect("read").len(), MOST_RULES);
}

async fn choices_of_letters_are_kept_as_they_were_made(world: World) {
    let ann = world.newcomer("ann", true).await;
    assert_eq!(world.store.letter_choices(&ann).await.expect("read"), LetterChoices::default());
    let mut choices = LetterChoices {
        letters: true,
        time_zone: "America/New_York".to_owned(),
        quiet: quiet("21:30", "06:15"),
        most_a_day: 7,
        delivery: Delivery::Digest,
        digest_hour: 18,
    };
    for most_a_day in [7, 1] {
        choices.most_a_day = most_a_day;
        world.choose(&ann, choices.clone()).await;
        assert_eq!(world.store.letter_choices(&ann).await.expect("read"), choices);
    }
}

async fn entries_of_the_bell_come_newest_first_and_are_read_together(world: World) {
    let (ann, ben) = (world.member("ann").await, world.member("ben").await);
    for account in [&ann, &ben] {
        world.follow(account, 0.5).await;
    }
    for _ in 0..3 {
        world.say(0.6);
        world.chain().await;
        world.wait(HOUR * 25);
    }
    let entries = world.store.notifications(&ann, 0, 2).await.expect("read");
    let older = world.store.notifications(&ann, 2, 2).await.expect("read");
    assert_eq!((entries.len(), older.len()), (2, 1));
    assert!(entries[0].at > entries[1].at && entries[1].at > older[0].at);
    assert!(!entries[0].is_read);
    let counts = world.store.unread_of_many(&[ann.clone(), ben.clone()]).await.expect("read");
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(ann.clone(), 3), (ben.clone(), 3)]);
    assert_eq!(world.store.mark_all_read(&ann, world.now()).await.expect("stored"), 3);
    assert_eq!(world.store.unread(&ann).await.expect("read"), 0);
    assert_eq!(world.store.unread(&ben).await.expect("read"), 3);
    assert!(world.store.notifications(&ann, 0, 10).await.expect("read").iter().all(|entry| entry.is_read));
}

async fn production_data_comes_in_order_and_whole(world: World) {
    const HOURS: i32 = 620;
    let made: Vec<MadeForecast> = (0..HOURS)
        .flat_map(|hour| Horizon::ALL.map(|horizon| (hour, horizon)))
        .map(|(hour, horizon)| {
            let origin = world.now() + HOUR * (HOURS - hour);
            let features = [("log_rv_1d".to_owned(), f64::from(hour) / 8.0)].into();
            MadeForecast { forecast: forecast("BTC", horizon, origin, 0.3), features }
        })
        .collect();
    world.store.publish(&made, world.now()).await.expect("stored");
    let mut data = world.store.production_data();
    let (mut read, mut pages) = (Vec::new(), 0);
    while let Some(page) = data.next_page().await.expect("read") {
        read.extend(page);
        pages += 1;
    }
    assert_eq!((read.len(), pages), (made.len(), 3));
    assert!(read.iter().map(|row| (row.forecast.origin, row.id.as_str())).is_sorted());
    let first = read.iter().find(|row| row.id == prediction_id(&made[0].forecast)).expect("the first one");
    assert_eq!((&first.forecast, &first.features), (&made[0].forecast, &made[0].features));
    assert!(data.next_page().await.expect("read").is_none());
}

async fn publishing_twice_is_once(world: World) {
    let forecast = forecast("ETH", Horizon::Day, world.now(), 0.3);
    let made = [MadeForecast { forecast: forecast.clone(), features: [("rsi_14".to_owned(), 41.5)].into() }];
    assert_eq!(world.store.publish(&made, world.now()).await.expect("stored"), 1);
    world.wait(HOUR);
    assert_eq!(world.store.publish(&made, world.now()).await.expect("stored"), 0);
    let kept = world.store.prediction(&prediction_id(&forecast)).await.expect("read").expect("kept");
    assert_eq!(kept.published_at, world.now() - HOUR);
    let ids = [kept.id.clone(), "nothing".to_owned()];
    assert_eq!(world.store.known_predictions(&ids).await.expect("read"), BTreeSet::from([kept.id]));
    assert!(world.store.prediction("nothing").await.expect("read").is_none());
}

async fn what_nobody_needs_is_forgotten(world: World) {
    let ann = world.member("ann").await;
    world.follow(&ann, 0.5).await;
    let session = KeptSession {
        id: "s".to_owned(),
        account: Some(ann.clone()),
        content: "{}".to_owned(),
        expires_at_s: (world.now() + HOUR).as_second(),
    };
    assert!(world.store.add_session(&session).await.expect("stored"));
    world.say(0.6);
    world.chain().await;
    let day = SignedDuration::from_hours(24);
    for (days, sent, entries) in [(29, 1, 1), (2, 0, 1), (58, 0, 1), (2, 0, 0)] {
        world.wait(day * days);
        world.jobs.run_now("tidy").await.expect("the store answers");
        assert_eq!(world.store.outbox_counts().await.expect("read").sent, sent);
        assert_eq!(world.store.unread(&ann).await.expect("read"), entries);
    }
    assert!(world.store.session("s", 0).await.expect("read").is_none());
    // What fired stays known, and fires no second time.
    world.chain().await;
    assert_eq!(world.taken().len(), 1);
}
