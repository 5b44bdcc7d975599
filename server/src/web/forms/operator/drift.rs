//! Whether what comes in is still what the models learnt from.

use app::documents::operator as pages;
use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use domain::forecast::Horizon;
use ml::drift::{Role, Verdict};

use super::super::{Forms, Visit};
use super::broken;
use crate::watching::{
    Comparison, ConceptBoard, DriftBoard, DriftQuery, DriftVerdict, FeatureDrift, Numbers, TestScore, WINDOWS,
};

pub(super) fn router() -> Router<Forms> {
    Router::new().route("/operator/drift", get(board)).route("/operator/drift/{feature}", get(detail))
}

async fn board(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match forms.members.watching.drift_board(asked(&visit)).await {
        Ok(board) => {
            let shown = shown(&board);
            forms.show(&visit, |language| pages::drift(language, &shown))
        }
        Err(error) => broken(&error),
    }
}

async fn detail(State(forms): State<Forms>, visit: Visit, feature: Result<Path<String>, PathRejection>) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    let board = match forms.members.watching.drift_board(asked(&visit)).await {
        Ok(board) => board,
        Err(error) => return broken(&error),
    };
    let found = feature.ok().and_then(|Path(name)| board.features.iter().find(|feature| feature.name == name));
    match found {
        Some(feature) => {
            let shown = detailed(&board, feature);
            forms.show(&visit, |language| pages::drift_detail(language, &shown))
        }
        // The list says which columns there are.
        None => visit.go("/operator/drift"),
    }
}

/// What cannot be read is what is shown first.
fn asked(visit: &Visit) -> DriftQuery {
    let horizon = Horizon::parse(&visit.asked("horizon")).unwrap_or_default();
    let first = DriftQuery { horizon, ..DriftQuery::default() };
    visit.asked("window").parse().map_or(first, |days| DriftQuery::new(horizon, days).unwrap_or(first))
}

fn shown(board: &DriftBoard) -> pages::DriftBoard {
    let newest = board.newest.as_ref();
    let looked_at = board.windows.iter().rev().take(board.of as usize);
    let drifted_windows = looked_at.filter(|window| window.verdict == Verdict::Drifted).map(|_| 1_u32).sum();
    pages::DriftBoard {
        standing: standing(board.verdict),
        since: board.since,
        checked_at: newest.map(|newest| newest.made_at),
        model: board.model.as_ref().map(ToString::to_string),
        drifted_windows,
        rule: (board.needed, board.of),
        features: newest.map_or((0, 0, 0), |newest| (newest.drifted, newest.judged, newest.features)),
        share_threshold: newest.map_or(0.0, |newest| newest.share_threshold),
        reference: newest.map(reference),
        current: newest.map(current),
        windows: windows(board.query),
        columns: board.features.iter().map(column).collect(),
        shares: board.windows.iter().map(|window| (window.ends_at, window.share)).collect(),
        errors: errors(&board.concept),
    }
}

fn detailed(board: &DriftBoard, feature: &FeatureDrift) -> pages::DriftDetail {
    let newest = board.newest.as_ref();
    pages::DriftDetail {
        column: column(feature),
        reference: newest.map(reference),
        current: newest.map(current),
        windows: windows(board.query),
        reference_numbers: numbers(feature.reference_numbers, feature.tests.first(), 0),
        current_numbers: numbers(feature.current_numbers, feature.tests.first(), 1),
        tests: feature.tests.iter().map(test).collect(),
        because: feature.because.iter().map(|test| test.as_str().to_owned()).collect(),
    }
}

fn windows(query: DriftQuery) -> Vec<pages::WindowChoice> {
    Horizon::ALL
        .into_iter()
        .flat_map(|horizon| {
            WINDOWS.map(|days| pages::WindowChoice { horizon, days, is_shown: query == DriftQuery { horizon, days } })
        })
        .collect()
}

fn reference(newest: &Comparison) -> pages::Span {
    pages::Span { from: Some(newest.reference_from), to: Some(newest.reference_to), rows: newest.reference_rows }
}

fn current(newest: &Comparison) -> pages::Span {
    pages::Span { from: Some(newest.from), to: Some(newest.to), rows: newest.rows }
}

fn column(feature: &FeatureDrift) -> pages::DriftColumn {
    // The pages' scores have their threshold at 1.
    let scaled = |score: f64| if feature.threshold > 0.0 { score / feature.threshold } else { score };
    let (reference, current) = (&feature.reference, &feature.current);
    pages::DriftColumn {
        name: feature.name.clone(),
        role: match feature.role {
            Role::Feature => pages::ColumnRole::Feature,
            Role::Target => pages::ColumnRole::Target,
            Role::Forecast => pages::ColumnRole::Forecast,
        },
        standing: column_standing(feature.verdict),
        score: scaled(feature.score),
        bins: pages::Bins {
            edges: reference.edges.clone(),
            names: reference.names.clone(),
            reference: reference.counts.clone(),
            current: current.counts.clone(),
        },
        trend: feature.history.iter().map(|&(at, score)| (at, scaled(score))).collect(),
        since: feature.began_at,
    }
}

fn numbers(numbers: Option<Numbers>, test: Option<&TestScore>, window: usize) -> pages::WindowNumbers {
    pages::WindowNumbers {
        rows: test.map(|test| test.rows[window]),
        missing: numbers.map(|numbers| numbers.missing),
        effective: test.map(|test| test.effective_rows[window]),
        moments: numbers.map(|numbers| [numbers.mean, numbers.standard_deviation, numbers.least, numbers.most]),
        quantiles: numbers.map(|numbers| numbers.quantiles),
    }
}

fn test(score: &TestScore) -> pages::DriftTest {
    pages::DriftTest {
        test: score.test.as_str().to_owned(),
        statistic: score.statistic,
        p: score.p,
        p_effective: score.p_effective,
        threshold: score.threshold,
        standing: column_standing(score.verdict),
        rule: score.rule.clone(),
    }
}

fn errors(concept: &ConceptBoard) -> pages::ErrorWatch {
    pages::ErrorWatch {
        standing: standing(concept.verdict),
        since: concept.since,
        days: concept.days,
        least_days: concept.least_days,
        usual: concept.usual,
        statistic: concept.statistic,
        threshold: concept.threshold,
        errors: concept.errors.clone(),
        alarms: concept.alarms.clone(),
    }
}

const fn standing(verdict: DriftVerdict) -> pages::DriftStanding {
    match verdict {
        DriftVerdict::NotChecked | DriftVerdict::TooFewRows => pages::DriftStanding::Unknown,
        DriftVerdict::Calm => pages::DriftStanding::Calm,
        DriftVerdict::Suspected => pages::DriftStanding::Watch,
        DriftVerdict::Confirmed => pages::DriftStanding::Confirmed,
    }
}

const fn column_standing(verdict: Verdict) -> pages::ColumnStanding {
    match verdict {
        Verdict::Stable => pages::ColumnStanding::Stable,
        Verdict::Drifted => pages::ColumnStanding::Drifted,
        Verdict::TooFewRows => pages::ColumnStanding::TooFewRows,
    }
}
