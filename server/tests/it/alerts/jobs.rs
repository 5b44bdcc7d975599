//! Jobs run once over all who look after one store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use domain::clock::Clock;
use jiff::SignedDuration;
use server::jobs::{Job, JobError, Jobs, RunError, Turn};
use server::store::{JobLease, Store};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::World;

on_both!(
    of_two_runners_one_does_the_job,
    a_period_counts_for_all_runners_together,
    a_failure_and_a_panic_are_written_down,
    a_crash_frees_the_job_when_its_lease_runs_out,
    a_lease_can_be_held_longer_by_its_holder_only,
    nobody_knows_a_job_of_another_name,
);

/// A runner whose only job counts its runs, and takes its time.
fn counting(world: &World, store: Store, runs: &Arc<AtomicU32>, period: Duration) -> Jobs {
    let runs = Arc::clone(runs);
    let count = Job::new("count", period, move |_| {
        let runs = Arc::clone(&runs);
        async move {
            runs.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(400)).await;
            Ok(())
        }
    });
    let clock: Arc<dyn Clock> = Arc::clone(&world.clock) as _;
    Jobs::new(store, clock, vec![count])
}

async fn of_two_runners_one_does_the_job(world: World) {
    let runs = Arc::new(AtomicU32::new(0));
    let hour = Duration::from_secs(3_600);
    let one = counting(&world, world.store.clone(), &runs, hour);
    let two = counting(&world, world.again().await, &runs, hour);
    let (first, second) = tokio::join!(one.run_now("count"), two.run_now("count"));
    let mut turns = [first.expect("answered"), second.expect("answered")];
    turns.sort_by_key(|turn| *turn != Turn::Done);
    assert_eq!(turns, [Turn::Done, Turn::NotOurs]);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(two.run_now("count").await.expect("answered"), Turn::Done, "free again");
    let state = one.states().await.expect("read").remove(0);
    assert_eq!((state.name.as_str(), state.runs, state.failures, state.is_running), ("count", 2, 0, false));
}

async fn a_period_counts_for_all_runners_together(world: World) {
    let runs = Arc::new(AtomicU32::new(0));
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    let hour = Duration::from_secs(3_600);
    for store in [world.store.clone(), world.again().await] {
        counting(&world, store, &runs, hour).start(&stop, &tracker);
    }
    // Both try within the first two seconds.
    tokio::time::sleep(Duration::from_millis(3_000)).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    stop.cancel();
    tracker.close();
    tokio::time::timeout(Duration::from_secs(5), tracker.wait()).await.expect("they end when they are asked to");
}

async fn break_off() -> Result<(), JobError> {
    panic!("a secret")
}

async fn a_failure_and_a_panic_are_written_down(world: World) {
    let period = Duration::from_secs(60);
    let fails = Job::new("fails", period, |_| async { Err(JobError::Failed("the cable is out".to_owned())) });
    let panics = Job::new("panics", period, |_| break_off());
    let clock: Arc<dyn Clock> = Arc::clone(&world.clock) as _;
    let jobs = Jobs::new(world.store.clone(), clock, vec![fails, panics]);
    for name in ["fails", "panics"] {
        assert!(matches!(jobs.run_now(name).await.expect("answered"), Turn::Failed(_)), "{name}");
    }
    let states = jobs.states().await.expect("read");
    let failures: Vec<&str> = states.iter().filter_map(|state| state.failure.as_deref()).collect();
    assert_eq!(failures, ["the cable is out", "The job broke off; the log of that time says where."]);
    assert!(states.iter().all(|state| (state.runs, state.failures) == (1, 1)));
}

async fn a_crash_frees_the_job_when_its_lease_runs_out(world: World) {
    let runs = Arc::new(AtomicU32::new(0));
    let jobs = counting(&world, world.store.clone(), &runs, Duration::from_secs(3_600));
    // Dropped in the middle of its work.
    tokio::time::timeout(Duration::from_millis(200), jobs.run_now("count")).await.expect_err("it takes longer");
    assert!(jobs.states().await.expect("read")[0].is_running);
    assert_eq!(jobs.run_now("count").await.expect("answered"), Turn::NotOurs);
    world.wait(SignedDuration::from_secs(91));
    assert_eq!(jobs.run_now("count").await.expect("answered"), Turn::Done);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

async fn a_lease_can_be_held_longer_by_its_holder_only(world: World) {
    let lease = |holder: &str| JobLease { job: "train".to_owned(), holder: holder.to_owned() };
    let (mine, theirs) = (lease("me"), lease("them"));
    let minute = SignedDuration::from_mins(1);
    let (now, store) = (world.now(), &world.store);
    assert!(store.acquire_job(&mine, now, now + minute, now).await.expect("stored"));
    assert!(!store.acquire_job(&theirs, now, now + minute, now).await.expect("stored"));
    assert!(store.renew_job(&mine, now + minute * 2).await.expect("stored"));
    assert!(!store.renew_job(&theirs, now + minute * 9).await.expect("stored"));
    assert!(!store.acquire_job(&theirs, now + minute, now + minute * 3, now + minute).await.expect("stored"));
    assert!(store.finish_job(&mine, None, now + minute).await.expect("stored"));
    assert!(
        !store.acquire_job(&theirs, now + minute, now + minute * 3, now - minute).await.expect("stored"),
        "not due"
    );
    assert!(store.acquire_job(&theirs, now + minute, now + minute * 3, now).await.expect("stored"));
    assert!(!store.finish_job(&mine, None, now + minute).await.expect("stored"));
}

async fn nobody_knows_a_job_of_another_name(world: World) {
    let found = world.jobs.run_now("nothing").await;
    assert!(matches!(found, Err(RunError::Unknown(name)) if name == "nothing"));
}
