//! What is seen against what was learnt from.

use std::sync::atomic::Ordering;

use domain::forecast::Horizon;
use domain::model::Version;
use ml::drift::{Role, Verdict};
use server::retraining::Drift;
use server::watching::{DriftQuery, DriftVerdict};

use super::{DAY_S, START_S, STEP_S, Say, USUAL, World, locked, week};

on_both!(
    what_was_learnt_from_is_no_drift,
    drift_is_confirmed_by_enough_windows_and_stays_so_after_a_restart,
    too_few_rows_are_an_answer,
    nothing_is_asked_before_anything_is_published,
    running_the_job_twice_does_what_running_it_once_does,
    errors_that_grow_for_good_are_confirmed_drift,
    another_champion_begins_anew,
);

async fn what_was_learnt_from_is_no_drift(world: World) {
    world.publish(START_S - 12 * DAY_S, START_S, USUAL).await;
    world.look_for_drift().await;
    let board = world.watching.drift_board(week()).await.expect("a board");
    assert_eq!(board.verdict, DriftVerdict::Calm, "{:?}", board.newest);
    assert_eq!(board.windows.len(), 4, "as many as a verdict looks back on");
    assert!(board.windows.windows(2).all(|pair| pair[0].ends_at < pair[1].ends_at));
    assert_eq!(board.windows[3].ends_at.as_second(), START_S);
    let newest = board.newest.expect("a comparison");
    assert_eq!((newest.rows, newest.reference_rows, newest.features), (7 * 4 * 9, 3_000, 20));
    assert_eq!(board.features.len(), 23);
    for role in [Role::Feature, Role::Forecast, Role::Target] {
        assert!(board.features.iter().any(|feature| feature.role == role), "{role:?}");
    }
    for feature in &board.features {
        assert_eq!(feature.reference.counts.len(), feature.current.counts.len(), "{}", feature.name);
        assert!(!feature.tests.is_empty() && feature.reference.counts.iter().sum::<u64>() > 0, "{}", feature.name);
        assert!(feature.score.is_finite() && feature.history.len() == 4, "{}", feature.name);
    }
    assert_eq!(world.watching.look_up_confirmed().await.expect("looked up"), None);
}

async fn drift_is_confirmed_by_enough_windows_and_stays_so_after_a_restart(mut world: World) {
    world.publish(START_S - 12 * DAY_S, START_S, USUAL).await;
    world.look_for_drift().await;
    let shifted = Say { shift: 5.0, ..USUAL };
    let mut said = Vec::new();
    for _ in 0..8 {
        let from_s = world.now().as_second();
        world.wait_s(STEP_S);
        world.publish(from_s, from_s + STEP_S, shifted).await;
        world.look_for_drift().await;
        let board = world.watching.drift_board(week()).await.expect("a board");
        let drifted = board.windows.iter().filter(|window| window.verdict == Verdict::Drifted).count();
        said.push((drifted, board.verdict));
    }
    for (drifted, verdict) in &said {
        let expected = match drifted {
            0 => DriftVerdict::Calm,
            1 | 2 => DriftVerdict::Suspected,
            _ => DriftVerdict::Confirmed,
        };
        assert_eq!(*verdict, expected, "{said:?}");
    }
    assert!(said.iter().any(|(_, verdict)| *verdict == DriftVerdict::Suspected), "{said:?}");
    assert_eq!(said.last().map(|(_, verdict)| *verdict), Some(DriftVerdict::Confirmed), "{said:?}");

    let before = world.watching.drift_board(week()).await.expect("a board");
    let since = before.since.expect("since when");
    let first = before.features.first().expect("features");
    assert!(first.is_drifted && first.score > first.threshold && !first.because.is_empty());
    assert!(first.began_at.is_some_and(|at| at.as_second() > START_S));
    assert!(Drift::confirmed_since(&world.watching).is_some_and(|at| at <= since));

    world.restart().await;
    assert_eq!(Drift::confirmed_since(&world.watching), None, "not looked up yet");
    let found = world.watching.look_up_confirmed().await.expect("looked up");
    assert!(found.is_some_and(|at| at <= since && at.as_second() > START_S));
    assert_eq!(Drift::confirmed_since(&world.watching), found);
    let after = world.watching.drift_board(week()).await.expect("a board");
    assert_eq!(after, before);

    // A week later everything is as it was learnt.
    let from_s = world.now().as_second();
    world.wait_s(8 * DAY_S);
    world.publish(from_s, from_s + 8 * DAY_S, USUAL).await;
    world.look_for_drift().await;
    let over = world.watching.drift_board(week()).await.expect("a board");
    assert_eq!(over.verdict, DriftVerdict::Calm);
    assert!(over.since.is_some_and(|at| at > since));
}

async fn too_few_rows_are_an_answer(world: World) {
    world.publish(START_S - DAY_S, START_S, Say { shift: 5.0, ..USUAL }).await;
    world.look_for_drift().await;
    let board = world.watching.drift_board(week()).await.expect("a board");
    assert_eq!(board.verdict, DriftVerdict::TooFewRows, "36 rows");
    assert!(board.windows.iter().all(|window| window.verdict == Verdict::TooFewRows));
    assert_eq!(world.watching.look_up_confirmed().await.expect("looked up"), None);
}

async fn nothing_is_asked_before_anything_is_published(world: World) {
    world.look_for_drift().await;
    assert_eq!(world.learnt.asked.load(Ordering::SeqCst), 0);
    for query in DriftQuery::all() {
        let board = world.watching.drift_board(query).await.expect("a board");
        assert_eq!(board.verdict, DriftVerdict::NotChecked);
        assert_eq!(board.concept.verdict, DriftVerdict::NotChecked);
        assert!(board.windows.is_empty() && board.features.is_empty() && board.newest.is_none());
    }
    assert!(DriftQuery::new(Horizon::Day, 8).is_err());
}

async fn running_the_job_twice_does_what_running_it_once_does(world: World) {
    world.publish(START_S - 12 * DAY_S, START_S, USUAL).await;
    world.look_for_drift().await;
    let once = world.watching.drift_board(week()).await.expect("a board");
    let asked = world.learnt.asked.load(Ordering::SeqCst);
    world.wait_s(STEP_S / 2);
    world.look_for_drift().await;
    assert_eq!(world.watching.drift_board(week()).await.expect("a board"), once);
    assert_eq!(world.learnt.asked.load(Ordering::SeqCst), asked, "no window has ended since");
}

async fn errors_that_grow_for_good_are_confirmed_drift(world: World) {
    // The reference errors lie between 0.05 and 0.15; ln 1.1 is among them, ln 8 is far above.
    world.publish(START_S - 20 * DAY_S, START_S - 10 * DAY_S, USUAL).await;
    world.look_for_drift().await;
    let calm = world.watching.drift_board(week()).await.expect("a board").concept;
    // From noon to noon.
    assert_eq!((calm.verdict, calm.days, calm.reference_days), (DriftVerdict::Calm, 11, 200));
    assert!(calm.errors.iter().all(|(_, error)| (error - 1.1_f64.ln()).abs() < 1e-9), "{:?}", calm.errors);

    world.publish(START_S - 10 * DAY_S, START_S - 2 * DAY_S, Say { factor: 8.0, ..USUAL }).await;
    // What was counted once is not counted again.
    world.wait_s(DAY_S);
    world.look_for_drift().await;
    let board = world.watching.drift_board(week()).await.expect("a board");
    assert_eq!(board.concept.verdict, DriftVerdict::Calm, "those days were over when nothing was known of them");

    let from_s = world.now().as_second();
    world.wait_s(12 * DAY_S);
    world.publish(from_s, from_s + 12 * DAY_S, Say { factor: 8.0, ..USUAL }).await;
    world.look_for_drift().await;
    let board = world.watching.drift_board(week()).await.expect("a board");
    assert_eq!(board.concept.verdict, DriftVerdict::Confirmed, "{:?}", board.concept);
    let first = board.concept.alarms.first().copied().expect("an alarm");
    assert!(first.as_second() > from_s);
    let confirmed = world.watching.look_up_confirmed().await.expect("looked up");
    assert!(confirmed.is_some_and(|at| at <= board.concept.alarms.last().copied().expect("an alarm")));
}

async fn another_champion_begins_anew(world: World) {
    world.publish(START_S - 12 * DAY_S, START_S, Say { shift: 5.0, ..USUAL }).await;
    world.look_for_drift().await;
    assert!(world.watching.look_up_confirmed().await.expect("looked up").is_some());
    *locked(&world.learnt.version) = Version::parse("lstm-20260101-00000000").expect("a version");
    assert_eq!(world.watching.look_up_confirmed().await.expect("looked up"), None);
    let board = world.watching.drift_board(week()).await.expect("a board");
    assert_eq!(board.verdict, DriftVerdict::NotChecked);
}
