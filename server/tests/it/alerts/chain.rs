//! From a forecast to the letter.

use std::sync::Arc;
use std::time::Duration;

use domain::alert::{Event, Measure};
use domain::chat::VisitorId;
use domain::clock::SECONDS_PER_HOUR;
use domain::forecast::Horizon;
use domain::market::{Candle, CandleSeries};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use server::alerts::{AlertSettings, realised_volatility};
use server::outbox::Parcel;
use server::store::{AlertState, OutboxQuery, prediction_id};

use super::{HOUR, World, forecast, locked, rule, symbol};

on_both!(
    a_rule_fires_once_however_often_the_jobs_run,
    a_rule_that_is_not_reached_fires_nothing,
    within_a_horizon_only_a_clear_rise_fires_again,
    an_old_forecast_is_noted_and_writes_to_nobody,
    an_unconfirmed_address_gets_entries_of_the_bell_and_no_letter,
    every_follower_of_many_pages_gets_one_letter,
    a_rank_fires_as_well_as_a_chance,
    programs_are_told_once_for_each_forecast_and_address,
    the_parcels_of_a_deleted_account_vanish,
    forecasts_are_kept_with_features_and_get_their_outcomes,
    who_listens_to_the_bell_hears_it,
);

async fn a_rule_fires_once_however_often_the_jobs_run(world: World) {
    let ann = world.member("ann").await;
    world.follow(&ann, 0.5).await;
    world.say(0.6);
    for _ in 0..3 {
        world.chain().await;
        world.wait(SignedDuration::from_mins(10));
    }
    let taken = world.taken();
    let alerts = world.store.alerts(&ann, 0, 10).await.expect("read");
    assert_eq!((taken.len(), alerts.len()), (1, 1));
    assert_eq!(taken[0].1, Parcel::Alert { account: ann.clone(), alert: alerts[0].id.clone() });
    assert_eq!(alerts[0].state, AlertState::Sent);
    assert_eq!(alerts[0].rule, rule("BTC", Horizon::Day, Measure::Chance, 0.5));
    let named = world.store.alerts_named(&ann, &[alerts[0].id.clone(), "nothing".to_owned()]).await.expect("read");
    assert_eq!(named, alerts);
    let entries = world.store.notifications(&ann, 0, 10).await.expect("read");
    assert_eq!(entries.len(), 1);
    let Event::Alert { prediction, chance, .. } = &entries[0].event;
    assert_eq!((prediction, *chance), (&alerts[0].prediction, 0.6));
}

async fn a_rule_that_is_not_reached_fires_nothing(world: World) {
    let ann = world.member("ann").await;
    world.follow(&ann, 0.5).await;
    world.say(0.49);
    world.chain().await;
    assert!(world.taken().is_empty());
    assert_eq!(world.store.unread(&ann).await.expect("read"), 0);
    assert!(world.store.predictions_to_alert(10).await.expect("read").is_empty());
}

async fn within_a_horizon_only_a_clear_rise_fires_again(world: World) {
    let ann = world.member("ann").await;
    world.follow(&ann, 0.3).await;
    // Hours after the start, chance, letters by then.
    let mut hour = 0;
    for (later, chance, letters) in
        [(0, 0.5, 1), (1, 0.5, 1), (2, 0.64, 1), (3, 0.65, 2), (10, 0.7, 2), (26, 0.6, 2), (27, 0.6, 3)]
    {
        world.wait(HOUR * (later - hour));
        hour = later;
        world.say(chance);
        world.chain().await;
        assert_eq!(world.taken().len(), letters, "after {later} hours");
    }
}

async fn an_old_forecast_is_noted_and_writes_to_nobody(world: World) {
    let ann = world.member("ann").await;
    world.follow(&ann, 0.5).await;
    world.say(0.9);
    world.wait(SignedDuration::from_mins(6 * 60 + 1));
    world.chain().await;
    assert!(world.taken().is_empty());
    assert!(world.store.alerts(&ann, 0, 10).await.expect("read").is_empty());
    assert!(world.store.predictions_to_alert(10).await.expect("read").is_empty());
}

async fn an_unconfirmed_address_gets_entries_of_the_bell_and_no_letter(world: World) {
    let ben = world.newcomer("ben", false).await;
    world.follow(&ben, 0.5).await;
    world.say(0.6);
    world.chain().await;
    assert!(world.taken().is_empty());
    assert_eq!(world.store.unread(&ben).await.expect("read"), 1);
    assert_eq!(world.store.alerts(&ben, 0, 10).await.expect("read")[0].state, AlertState::Quiet);
}

async fn every_follower_of_many_pages_gets_one_letter(world: World) {
    const FOLLOWERS: usize = 603;
    for number in 0..FOLLOWERS {
        let account = world.newcomer(&format!("m{number:05}"), true).await;
        world.follow(&account, 0.5).await;
    }
    world.say(0.6);
    world.chain().await;
    let mut letters: Vec<String> = world.taken().into_iter().map(|(id, _)| id).collect();
    assert_eq!(letters.len(), FOLLOWERS);
    letters.sort();
    letters.dedup();
    assert_eq!(letters.len(), FOLLOWERS, "each has a name of its own");
    let counts = world.store.outbox_counts().await.expect("read");
    assert_eq!((counts.waiting, counts.sent, counts.dead), (0, FOLLOWERS as u64, 0));
}

async fn a_rank_fires_as_well_as_a_chance(world: World) {
    let (ann, ben) = (world.member("ann").await, world.member("ben").await);
    // The made-up forecast ranks at 0.63.
    for (account, threshold) in [(&ann, 0.6), (&ben, 0.7)] {
        let rule = rule("BTC", Horizon::Day, Measure::Rank, threshold);
        world.store.keep_rule(account, &rule, world.now()).await.expect("stored");
    }
    world.say(0.1);
    world.chain().await;
    let accounts: Vec<_> = world.taken().into_iter().filter_map(|(_, parcel)| parcel.account().cloned()).collect();
    assert_eq!(accounts, [ann]);
}

async fn programs_are_told_once_for_each_forecast_and_address(mut world: World) {
    let urls = ["http://127.0.0.1:1/one", "http://127.0.0.1:1/two"];
    world.set(AlertSettings { webhooks: urls.map(ToOwned::to_owned).to_vec(), ..AlertSettings::default() });
    for chance in [0.34, 0.35] {
        world.say(chance);
        world.chain().await;
        world.chain().await;
        world.wait(HOUR);
    }
    let taken = world.taken();
    assert_eq!(taken.len(), 2, "{taken:?}");
    let mut told = Vec::new();
    for (_, parcel) in &taken {
        let Parcel::Webhook { url, prediction } = parcel else { panic!("{parcel:?}") };
        told.push(url.as_str());
        let published = world.store.prediction(prediction).await.expect("read").expect("it is stored");
        assert_eq!(published.forecast.high_volatility, 0.35);
    }
    told.sort_unstable();
    assert_eq!(told, urls);
}

async fn the_parcels_of_a_deleted_account_vanish(world: World) {
    let ann = world.member("ann").await;
    world.follow(&ann, 0.5).await;
    world.say(0.6);
    for job in ["publish", "alert", "letters"] {
        world.jobs.run_now(job).await.expect("the store answers");
    }
    assert_eq!(world.store.outbox_counts().await.expect("read").waiting, 1);
    let kept = world.store.account(&ann).await.expect("read").expect("an account");
    let visitor = VisitorId::from_bits(1);
    world.store.delete_account(&kept.account, &visitor, world.now()).await.expect("deleted");
    world.chain().await;
    let taken = world.taken();
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert!(matches!(taken[0].1, Parcel::AccountDeleted { .. }));
    // The farewell held the address; nothing holds it any more.
    let query = OutboxQuery { limit: 10, ..OutboxQuery::default() };
    assert!(world.store.outbox(&query).await.expect("read").is_empty());
    assert!(world.store.notifications(&ann, 0, 10).await.expect("read").is_empty());
}

async fn forecasts_are_kept_with_features_and_get_their_outcomes(world: World) {
    let now_s = world.now().as_second();
    let series: CandleSeries = (-200..60)
        .map(|hour| {
            let close = 100.0 + (hour as f64 * 0.9).sin() * 4.0;
            let opens_at = Timestamp::from_second(now_s + hour * SECONDS_PER_HOUR).expect("an instant");
            Candle { opens_at, open: close, high: close + 1.0, low: close - 1.0, close, volume: 3.0 }
        })
        .collect();
    let known = series.between(i64::MIN, now_s);
    locked(&world.told.candles).insert(symbol("BTC"), Arc::new(known));
    let both = Horizon::ALL.map(|horizon| forecast("BTC", horizon, world.now(), 0.2));
    *locked(&world.told.forecasts) = both.to_vec();
    world.chain().await;
    let id = prediction_id(&both[0]);
    let kept = world.store.prediction(&id).await.expect("read").expect("kept");
    assert_eq!((&kept.forecast, kept.outcome), (&both[0], None));
    assert!(kept.features["log_rv_1d"].is_finite(), "{:?}", kept.features);
    assert!(kept.features.values().all(|value| value.is_finite()));

    world.wait(HOUR * 25);
    world.jobs.run_now("outcomes").await.expect("the store answers");
    assert_eq!(world.store.prediction(&id).await.expect("read").expect("kept").outcome, None, "no candles yet");
    locked(&world.told.candles).insert(symbol("BTC"), Arc::new(series.clone()));
    for _ in 0..2 {
        world.jobs.run_now("outcomes").await.expect("the store answers");
    }
    let outcome = world.store.prediction(&id).await.expect("read").expect("kept").outcome.expect("an outcome");
    let expected = realised_volatility(&series, now_s + 24 * SECONDS_PER_HOUR, Horizon::Day);
    assert_eq!((Some(outcome.realised), outcome.is_high), (expected, true));
    let longer = prediction_id(&both[1]);
    assert_eq!(world.store.prediction(&longer).await.expect("read").expect("kept").outcome, None, "its horizon runs");
}

async fn who_listens_to_the_bell_hears_it(world: World) {
    let ann = world.member("ann").await;
    world.follow(&ann, 0.5).await;
    let mut counts = Box::pin(world.alerts.unread(&ann));
    let mut next = async || tokio::time::timeout(Duration::from_secs(10), counts.next()).await.expect("in time");
    assert_eq!(next().await, Some(0));
    world.say(0.6);
    world.chain().await;
    assert_eq!(next().await, Some(1));
    world.alerts.mark_all_read(&ann).await.expect("stored");
    assert_eq!(next().await, Some(0));
}
