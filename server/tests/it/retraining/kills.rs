//! A kill at any point of retraining leaves a registry that serves a whole model, and a training that goes on.

use server::retraining::{EventKind, MOST_ATTEMPTS, TrainingState};

use super::{DAY, FAMILY, Play, World, operator, version};
use crate::killed::killed_after;

/// How often retraining is killed on a file.
const KILLS: u32 = 1_000;
/// The same on a server, where it takes longer.
const KILLS_ON_A_SERVER: u32 = 100;
/// A training has fewer waits than this. Without a common factor with the number of kills, so that each is met.
const WAITS: u32 = 61;

#[tokio::test]
async fn a_training_that_is_killed_a_thousand_times_on_a_file_always_leaves_a_whole_model() {
    Box::pin(a_training_that_is_killed_again_and_again(World::on_sqlite().await, KILLS)).await;
}

#[tokio::test]
async fn a_training_that_is_killed_a_hundred_times_on_a_server_always_leaves_a_whole_model() {
    Box::pin(a_training_that_is_killed_again_and_again(World::on_mariadb().await, KILLS_ON_A_SERVER)).await;
}

async fn a_training_that_is_killed_again_and_again(mut world: World, rounds: u32) {
    world.serve(0);
    let mut kills = 0;
    for round in 0..rounds {
        // Each round makes another model than the one that serves, in turn.
        let number = (round as usize + 1) % 3;
        world.play(Play::Makes(number, true));
        world.wait(DAY);
        let id = world.retraining.request(&operator(), "to be killed").await.expect("asked for");
        if killed_after(round * 31 % WAITS, world.retraining.train(world.now())).await.is_none() {
            kills += 1;
        }
        let loaded = world.registry.load_champion(FAMILY).expect("a model serves");
        assert!(loaded.refused.is_empty(), "round {round}: {:?}", loaded.refused);
        world.reopen().await;
        for _ in 0..MOST_ATTEMPTS {
            world.train().await;
        }
        let training = world.store.training(&id).await.expect("read").expect("there");
        assert_eq!(training.state, TrainingState::Done, "round {round}: {training:?}");
        assert_eq!(world.serving(), Some(version(number)), "round {round}");
        let events = world.retraining.events(0, 2).await.expect("read");
        let kinds: Vec<EventKind> = events.iter().map(|event| event.event.kind).collect();
        assert_eq!(kinds, [EventKind::Promoted, EventKind::Trained], "round {round}");
        assert!(events.iter().all(|event| event.event.training.as_deref() == Some(id.as_str())), "round {round}");
    }
    assert!(kills > rounds / 5, "only {kills} kills");
    let all = world.retraining.events(0, 10 * rounds).await.expect("read");
    assert_eq!(all.len(), 2 * rounds as usize, "each training is in the log once");
    let drafts = std::fs::read_dir(world.folder.path().join("run/models")).expect("the models").flatten();
    let names: Vec<_> = drafts.map(|entry| entry.file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().starts_with(".draft-")), "{names:?}");
}
