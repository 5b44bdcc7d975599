//! A training from its cause to its end.

use domain::clock::instant;
use futures::StreamExt as _;
use jiff::SignedDuration;
use server::retraining::{
    Actor, Cause, Decision, EventKind, MOST_ATTEMPTS, Part, RetrainingError, RetrainingSettings, TrainingState,
};

use super::{DAY, DAY_S, NOW_S, Play, World, operator, version};

on_both!(
    a_better_challenger_serves_and_the_log_says_why,
    a_challenger_that_is_no_better_is_kept_as_evidence_and_forecasts_in_the_shadow,
    nothing_serves_by_itself_where_that_is_switched_off,
    there_is_one_training_at_a_time_over_all_servers,
    a_training_that_is_stopped_ends_and_the_log_says_who_wanted_it,
    a_training_that_breaks_off_is_begun_again_and_given_up_in_the_end,
    a_training_that_cannot_be_done_says_why_and_is_not_tried_again,
    a_server_that_stops_leaves_its_training_to_the_next_one,
    enough_ended_forecasts_cause_one_training_and_then_it_is_quiet,
    whoever_listens_hears_of_the_beginning_and_of_the_end,
);

async fn a_better_challenger_serves_and_the_log_says_why(world: World) {
    world.serve(0);
    let id = world.train_once(Play::Makes(1, true)).await;
    assert_eq!(world.serving(), Some(version(1)));
    assert_eq!(world.kinds().await, [EventKind::Trained, EventKind::Promoted]);
    let events = world.retraining.events_of(&version(1)).await.expect("read");
    assert_eq!(events[0].event.actor, Actor::Account(operator()));
    let promoted = &events[1].event;
    assert_eq!((promoted.from.as_ref(), promoted.to.as_ref()), (Some(&version(0)), Some(&version(1))));
    assert_eq!((&promoted.actor, promoted.training.as_deref()), (&Actor::System, Some(id.as_str())));
    assert!(promoted.reason.contains("QLIKE"), "{}", promoted.reason);
    let evidence = promoted.evidence.as_ref().expect("numbers");
    assert!(evidence["comparison"]["horizons"][0]["p"].is_number(), "{evidence}");

    let training = world.retraining.training_of(&version(1)).await.expect("read").expect("it was made here");
    assert_eq!((training.state, training.attempts, training.cause), (TrainingState::Done, 1, Cause::Operator));
    assert_eq!(training.log.len(), 1);
    let state = world.retraining.state().await.expect("read");
    let [(shadow, _)] = state.shadows.as_slice() else { panic!("{:?}", state.shadows) };
    assert_eq!((&shadow.version, shadow.part, &shadow.beside), (&version(0), Part::Former, &version(1)));
}

async fn a_challenger_that_is_no_better_is_kept_as_evidence_and_forecasts_in_the_shadow(world: World) {
    world.serve(0);
    world.train_once(Play::Makes(1, false)).await;
    assert_eq!(world.serving(), Some(version(0)));
    assert_eq!(world.kinds().await, [EventKind::Trained, EventKind::Refused]);
    assert!(world.registry.manifest(&version(1)).is_ok(), "it is kept");
    world.retraining.forecast_in_the_shadow(world.now()).await.expect("the store answers");
    assert_eq!(world.store.shadow_forecasts(&version(1), 10).await.expect("read").len(), 1);
    assert!(world.store.shadow_forecasts(&version(0), 10).await.expect("read").is_empty());
    // A week of the shadow and the time for its last outcomes.
    world.wait(DAY * 10);
    world.retraining.judge_the_promoted(world.now()).await.expect("the store answers");
    assert!(world.store.shadows().await.expect("read").is_empty());
    assert_eq!(world.kinds().await.last(), Some(&EventKind::Shadowed));
}

async fn nothing_serves_by_itself_where_that_is_switched_off(mut world: World) {
    world.set(RetrainingSettings { promote: false, ..RetrainingSettings::default() });
    world.serve(0);
    world.train_once(Play::Makes(1, true)).await;
    assert_eq!(world.serving(), Some(version(0)));
    let events = world.retraining.events(0, 1).await.expect("read");
    assert_eq!(events[0].event.kind, EventKind::Refused);
    assert!(events[0].event.reason.contains("without being asked"), "{}", events[0].event.reason);
}

async fn there_is_one_training_at_a_time_over_all_servers(world: World) {
    let other = server::store::Store::at(&world.place).await.expect("it opens once more");
    world.retraining.request(&operator(), "the first").await.expect("asked for");
    let refused = world.retraining.request(&operator(), "the second").await.expect_err("one waits");
    assert!(matches!(refused, RetrainingError::Open), "{refused:?}");
    let asked = other
        .request_training(Cause::Drift, &Actor::System, "drift", &super::instruction(true), world.now())
        .await
        .expect("the store answers");
    assert_eq!(asked, None);
    world.serve(0);
    world.play(Play::Makes(1, false));
    world.train().await;
    world.retraining.request(&operator(), "the third").await.expect("the first has ended");
    other.close().await;
}

async fn a_training_that_is_stopped_ends_and_the_log_says_who_wanted_it(world: World) {
    world.play(Play::Waits);
    let id = world.retraining.request(&operator(), "to stop it").await.expect("asked for");
    let stopping = async {
        // It has to run first.
        while world.store.training(&id).await.expect("read").expect("there").state != TrainingState::Running {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        world.retraining.stop(&operator(), "it takes too long").await.expect("one runs");
    };
    tokio::join!(Box::pin(world.train()), stopping);
    let training = world.store.training(&id).await.expect("read").expect("there");
    assert_eq!((training.state, training.failure.as_deref()), (TrainingState::Stopped, Some("it takes too long")));
    let events = world.retraining.events(0, 1).await.expect("read");
    assert_eq!((events[0].event.kind, &events[0].event.actor), (EventKind::Stopped, &Actor::Account(operator())));
    let nothing = world.retraining.stop(&operator(), "once more").await.expect_err("none runs");
    assert!(matches!(nothing, RetrainingError::NothingOpen), "{nothing:?}");
}

async fn a_training_that_breaks_off_is_begun_again_and_given_up_in_the_end(world: World) {
    world.play(Play::Dies);
    let id = world.retraining.request(&operator(), "it will not last").await.expect("asked for");
    for _ in 0..MOST_ATTEMPTS {
        world.retraining.train(world.now()).await.expect_err("it breaks off");
    }
    world.train().await;
    let training = world.store.training(&id).await.expect("read").expect("there");
    assert_eq!((training.state, training.attempts), (TrainingState::Failed, MOST_ATTEMPTS));
    assert_eq!(world.kinds().await, [EventKind::Failed]);
}

async fn a_training_that_cannot_be_done_says_why_and_is_not_tried_again(world: World) {
    let id = world.train_once(Play::Fails).await;
    let training = world.store.training(&id).await.expect("read").expect("there");
    assert_eq!((training.state, training.attempts), (TrainingState::Failed, 1));
    assert_eq!(training.failure.as_deref(), Some("the history is too short"));
}

async fn a_server_that_stops_leaves_its_training_to_the_next_one(mut world: World) {
    world.serve(0);
    world.play(Play::Waits);
    let id = world.retraining.request(&operator(), "over a restart").await.expect("asked for");
    for _ in 0..2 * MOST_ATTEMPTS {
        let stop = world.stop.clone();
        let stopping = async move {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            stop.cancel();
        };
        tokio::join!(Box::pin(world.train()), stopping);
        let training = world.store.training(&id).await.expect("read").expect("there");
        assert_eq!((training.state, training.attempts), (TrainingState::Waiting, 0));
        world.restart();
    }
    world.play(Play::Makes(1, true));
    world.train().await;
    assert_eq!(world.serving(), Some(version(1)));
}

async fn enough_ended_forecasts_cause_one_training_and_then_it_is_quiet(mut world: World) {
    world.set(RetrainingSettings { rows: 5, ..RetrainingSettings::default() });
    world.serve(0);
    let from = instant(NOW_S - 10 * DAY_S);
    world.publish(&version(0), from, 4, 0.02, 0.02).await;
    world.retraining.consider(world.now()).await.expect("the store answers");
    let state = world.retraining.state().await.expect("read");
    assert_eq!(state.decision.expect("decided").content, Decision::Nothing);
    world.publish(&version(0), instant(NOW_S - 5 * DAY_S), 1, 0.02, 0.02).await;
    world.retraining.consider(world.now()).await.expect("the store answers");
    let open = world.store.open_training().await.expect("read").expect("asked for");
    assert_eq!((open.cause, &open.actor), (Cause::Rows, &Actor::System));

    world.play(Play::Makes(1, false));
    world.train().await;
    world.wait(SignedDuration::from_hours(1));
    world.publish(&version(0), instant(NOW_S - 4 * DAY_S), 9, 0.02, 0.02).await;
    world.retraining.consider(world.now()).await.expect("the store answers");
    let state = world.retraining.state().await.expect("read");
    assert!(matches!(state.decision.expect("decided").content, Decision::Quiet { .. }));
    assert!(state.quiet_until.is_some() && state.this_week == 1);
}

async fn whoever_listens_hears_of_the_beginning_and_of_the_end(world: World) {
    let mut updates = Box::pin(world.retraining.updates());
    assert_eq!(updates.next().await, Some(None));
    world.train_once(Play::Fails).await;
    let told = updates.next().await.expect("the server is there").expect("a training");
    assert_eq!(told.state, TrainingState::Failed);
    world.stop.cancel();
    assert_eq!(updates.next().await, None);
}
