//! What an operator does to models, and what the log says of it.

use server::retraining::{Actor, EventKind, LONGEST_REASON, Part, RetrainingError};

use super::{Play, World, operator, version};

on_both!(
    an_operator_promotes_and_goes_back_and_both_are_in_the_log,
    nothing_is_done_without_a_reason,
    what_cannot_serve_is_refused_and_the_model_so_far_goes_on,
    an_operator_lets_a_model_forecast_in_the_shadow_and_ends_it,
);

async fn an_operator_promotes_and_goes_back_and_both_are_in_the_log(world: World) {
    world.serve(0);
    world.train_once(Play::Makes(1, false)).await;
    world.retraining.promote(&operator(), &version(1), " I know better ").await.expect("it can serve");
    assert_eq!(world.serving(), Some(version(1)));
    let shadows = world.store.shadows().await.expect("read");
    let [shadow] = shadows.as_slice() else { panic!("{shadows:?}") };
    assert_eq!((&shadow.version, shadow.part), (&version(0), Part::Former));
    let twice = world.retraining.promote(&operator(), &version(1), "again").await.expect_err("it serves");
    assert!(matches!(twice, RetrainingError::Serves(_)), "{twice:?}");

    assert_eq!(world.retraining.roll_back(&operator(), "I did not").await.expect("there is one before"), version(0));
    assert_eq!(world.serving(), Some(version(0)));
    assert!(world.store.shadows().await.expect("read").is_empty());
    let events = world.retraining.events(0, 2).await.expect("read");
    let told: Vec<_> = events.iter().map(|event| (event.event.kind, event.event.reason.as_str())).collect();
    assert_eq!(told, [(EventKind::RolledBack, "I did not"), (EventKind::Promoted, "I know better")]);
    assert!(events.iter().all(|event| event.event.actor == Actor::Account(operator())));
}

async fn nothing_is_done_without_a_reason(world: World) {
    world.serve(0);
    let long = "x".repeat(LONGEST_REASON + 1);
    for reason in ["", "  \n ", long.as_str()] {
        let refused = [
            world.retraining.request(&operator(), reason).await.map(|_| ()),
            world.retraining.stop(&operator(), reason).await,
            world.retraining.promote(&operator(), &version(0), reason).await,
            world.retraining.roll_back(&operator(), reason).await.map(|_| ()),
            world.retraining.begin_shadow(&operator(), &version(0), 7, reason).await,
        ];
        assert!(refused.iter().all(|one| matches!(one, Err(RetrainingError::NoReason))), "{refused:?}");
    }
    assert!(world.kinds().await.is_empty());
}

async fn what_cannot_serve_is_refused_and_the_model_so_far_goes_on(world: World) {
    world.serve(0);
    let unknown = world.retraining.promote(&operator(), &version(2), "try it").await.expect_err("nobody made it");
    assert!(matches!(unknown, RetrainingError::Registry(_)), "{unknown:?}");
    let alone = world.retraining.roll_back(&operator(), "go back").await.expect_err("there is none before");
    assert!(matches!(alone, RetrainingError::Registry(_)), "{alone:?}");

    world.train_once(Play::Makes(1, false)).await;
    let weights = world.folder.path().join("run/models").join(version(1).as_str()).join("weights.safetensors");
    std::fs::write(weights, "damaged").expect("written");
    world.retraining.promote(&operator(), &version(1), "try it").await.expect_err("it is damaged");
    assert_eq!(world.serving(), Some(version(0)));
    assert_eq!(world.kinds().await.last(), Some(&EventKind::Failed));
    assert!(world.store.shadows().await.expect("read").iter().all(|shadow| shadow.part == Part::Challenger));
}

async fn an_operator_lets_a_model_forecast_in_the_shadow_and_ends_it(world: World) {
    world.serve(0);
    world.serve(1);
    world.retraining.begin_shadow(&operator(), &version(0), 7, "to compare").await.expect("it is there");
    assert_eq!(world.store.shadows().await.expect("read").len(), 1);
    let itself = world.retraining.begin_shadow(&operator(), &version(1), 7, "to compare").await;
    assert!(matches!(itself, Err(RetrainingError::Serves(_))), "{itself:?}");
    world.retraining.end_shadow(&operator(), &version(0), "enough").await.expect("ended");
    assert!(world.store.shadows().await.expect("read").is_empty());
    assert_eq!(world.kinds().await, [EventKind::Shadowed, EventKind::Shadowed]);
}
