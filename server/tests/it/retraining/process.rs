//! Trainings in processes of their own: the real program, on candles of a simulated market.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::clock::instant;
use server::retraining::{Actor, Cause, NoDrift, Parts, Phase, ProcessTrainer, Retraining, TrainingState};
use server::store::Batch;

use super::{FAMILY, NOW_S, Quiet, World, instruction, market, networks, operator};

/// The program's own exit code where nobody holds its standard input.
const ABANDONED: i32 = 3;

/// A world with the candles in its store, and trainings that are real processes.
async fn world() -> World {
    let mut world = World::on_sqlite().await;
    for (symbol, candles) in market() {
        let batch = Batch {
            symbol,
            source: "archive",
            place: "",
            seen_at_s: None,
            candles,
            refused: &[],
            answered: None,
            file: None,
            now_s: NOW_S,
        };
        world.store.commit(&batch).await.expect("stored");
    }
    let variables = variables(world.folder.path());
    let trainer = ProcessTrainer::new(env!("CARGO_BIN_EXE_investbuddy").into(), Vec::new(), variables);
    world.retraining = Retraining::new(Parts {
        store: world.store.clone(),
        clock: Arc::clone(&world.clock) as _,
        registry: world.registry.clone(),
        models: Arc::new(Quiet),
        trainer: Arc::new(trainer),
        drift: Arc::new(NoDrift),
        settings: world.settings.clone(),
        family: FAMILY,
        networks: networks(),
        stop: world.stop.clone(),
    });
    world
}

fn variables(folder: &Path) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    [
        ("INVESTBUDDY_DATA_DIR", folder.join("run")),
        ("INVESTBUDDY_MODEL_DIR", folder.join("shipped")),
        ("INVESTBUDDY_LOG", "error".into()),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .to_vec()
}

fn spawn(folder: &Path, id: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_investbuddy"))
        .args(["retrain", "--job", id])
        .envs(variables(folder))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// Every version in the registry can be loaded whole.
fn all_are_whole(world: &World) {
    for card in world.registry.cards() {
        world.registry.load(&card.version).expect("a whole model");
    }
    assert!(world.registry.damaged().is_empty());
}

#[tokio::test]
async fn a_training_in_a_process_of_its_own_makes_a_model_and_compares_it() {
    let world = Box::pin(world()).await;
    world.serve(0);
    let id = world.retraining.request(&operator(), "the real thing").await.expect("asked for");
    world.train().await;
    let training = world.store.training(&id).await.expect("read").expect("there");
    assert_eq!(training.state, TrainingState::Done, "{training:?}");
    assert_eq!(training.progress.expect("told").phase, Phase::Comparing);
    let made = training.made.expect("a model");
    assert_eq!(made.comparison.champion, Some(super::version(0)));
    assert_eq!(made.comparison.horizons.len(), 2);
    // Neither model was trained on any of these days.
    assert!(made.comparison.from >= world.registry.manifest(&made.version).expect("kept").trained_to);
    assert!(made.comparison.horizons.iter().all(|at| at.days >= 50 && at.p.is_some()), "{:?}", made.comparison);
    all_are_whole(&world);
}

#[tokio::test]
async fn processes_that_are_killed_leave_whole_models_only_and_the_next_one_ends_the_training() {
    let world = Box::pin(world()).await;
    world.serve(0);
    let id = world.retraining.request(&operator(), "to be killed").await.expect("asked for");
    for wait_ms in [0, 40, 300, 900, 1_800] {
        let mut child = spawn(world.folder.path(), &id);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
        all_are_whole(&world);
        world.registry.load_champion(FAMILY).expect("a model serves");
    }
    world.train().await;
    let training = world.store.training(&id).await.expect("read").expect("there");
    assert_eq!(training.state, TrainingState::Done, "{training:?}");
    all_are_whole(&world);
}

#[tokio::test]
async fn a_process_whose_server_is_gone_ends_itself() {
    let world = Box::pin(world()).await;
    let (by, told) = (Actor::System, instruction(true));
    let asked = world.store.request_training(Cause::Drift, &by, "drift", &told, instant(NOW_S));
    let id = asked.await.expect("the store answers").expect("asked for");
    let mut child = spawn(world.folder.path(), &id);
    drop(child.stdin.take());
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is ours") {
            break status;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "it goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(status.code(), Some(ABANDONED));
}

#[tokio::test]
async fn a_job_that_nobody_asked_for_is_refused_in_words() {
    let world = Box::pin(world()).await;
    let mut child = Command::new(env!("CARGO_BIN_EXE_investbuddy"))
        .args(["retrain", "--job", "made-up"])
        .envs(variables(world.folder.path()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let lifeline = child.stdin.take();
    let output = child.wait_with_output().expect("it ends");
    drop(lifeline);
    assert!(!output.status.success());
    let told = String::from_utf8(output.stdout).expect("text");
    assert!(told.contains("no training made-up"), "{told}");
}
