//! A promoted model is held against the one before it, and taken back where it does worse.

use domain::clock::instant;
use domain::forecast::Horizon;
use jiff::SignedDuration;
use server::retraining::{EventKind, Part};
use server::store::ShadowForecast;

use super::{DAY, NOW_S, Play, World, forecast, operator, version};

on_both!(
    a_promoted_model_that_does_worse_is_taken_back_by_itself,
    a_promoted_model_that_does_as_well_stays,
    without_outcomes_a_promoted_model_stays_and_the_log_says_so,
    a_roll_back_by_hand_ends_the_probation,
);

/// Hours of forecasts that both models made.
const HOURS: i64 = 6 * 24;

/// Model 1 in the place of model 0, and a week in which they said these multiples of what came.
async fn a_week(world: &World, served: f64, shadow: f64) {
    world.serve(0);
    world.train_once(Play::Makes(1, true)).await;
    assert_eq!(world.serving(), Some(version(1)));
    let came = 0.03;
    world.publish(&version(1), instant(NOW_S + 3_600), HOURS, served * came, came).await;
    let said: Vec<ShadowForecast> = (0..HOURS)
        .map(|hour| ShadowForecast::from(&forecast(&version(0), NOW_S + (hour + 1) * 3_600, shadow * came)))
        .collect();
    assert_eq!(world.store.keep_shadow_forecasts(&said, world.now()).await.expect("stored"), HOURS.unsigned_abs());
    assert_eq!(world.store.keep_shadow_forecasts(&said, world.now()).await.expect("stored"), 0, "they are there");
}

async fn judge(world: &World) {
    world.retraining.judge_the_promoted(world.now()).await.expect("the store answers");
}

async fn a_promoted_model_that_does_worse_is_taken_back_by_itself(world: World) {
    a_week(&world, 1.005, 1.0).await;
    world.wait(DAY * 7);
    judge(&world).await;
    assert_eq!(world.serving(), Some(version(1)), "a little worse, and the time is not over");
    world.wait(DAY * 10);
    judge(&world).await;
    assert_eq!(world.serving(), Some(version(0)));
    let events = world.retraining.events(0, 1).await.expect("read");
    let event = &events[0].event;
    assert_eq!(event.kind, EventKind::RolledBack);
    assert_eq!((event.from.as_ref(), event.to.as_ref()), (Some(&version(1)), Some(&version(0))));
    assert!(event.evidence.as_ref().expect("numbers")["served"].is_number());
    assert!(world.store.shadows().await.expect("read").is_empty());
    judge(&world).await;
    assert_eq!(world.serving(), Some(version(0)), "once is enough");
}

async fn a_promoted_model_that_does_as_well_stays(world: World) {
    a_week(&world, 1.0, 1.3).await;
    world.wait(DAY * 17);
    judge(&world).await;
    assert_eq!(world.serving(), Some(version(1)));
    assert_eq!(world.kinds().await, [EventKind::Trained, EventKind::Promoted, EventKind::Settled]);
    let pairs = world.store.pairs(&version(1), &version(0), instant(NOW_S)).await.expect("read");
    assert_eq!(pairs.len(), usize::try_from(HOURS).expect("few"));
    assert!(pairs.iter().all(|pair| pair.horizon == Horizon::Day));
}

async fn without_outcomes_a_promoted_model_stays_and_the_log_says_so(world: World) {
    world.serve(0);
    world.train_once(Play::Makes(1, true)).await;
    world.wait(DAY * 14 + SignedDuration::from_hours(49));
    judge(&world).await;
    assert_eq!(world.store.shadows().await.expect("read").len(), 1, "outcomes may still come");
    world.wait(SignedDuration::from_hours(1));
    judge(&world).await;
    assert_eq!(world.serving(), Some(version(1)));
    let events = world.retraining.events(0, 1).await.expect("read");
    assert_eq!(events[0].event.kind, EventKind::Settled);
    assert!(events[0].event.reason.contains("too few"), "{}", events[0].event.reason);
}

async fn a_roll_back_by_hand_ends_the_probation(world: World) {
    a_week(&world, 2.0, 1.0).await;
    let shadows = world.store.shadows().await.expect("read");
    assert_eq!(shadows[0].part, Part::Former);
    world.retraining.roll_back(&operator(), "it looks wrong").await.expect("there is one before");
    judge(&world).await;
    assert_eq!(world.serving(), Some(version(0)));
    assert_eq!(world.kinds().await.iter().filter(|kind| **kind == EventKind::RolledBack).count(), 1);
}
