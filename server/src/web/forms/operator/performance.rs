//! What was forecast against what happened.

use app::documents::Form;
use app::documents::operator as pages;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Version;

use super::super::{Forms, Visit};
use super::broken;
use crate::watching::{Outlook, PerformanceBoard, PerformanceQuery, ReliabilityBin, Scores, Share};

pub(super) fn router() -> Router<Forms> {
    Router::new().route("/operator/performance", get(board))
}

async fn board(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match forms.members.watching.performance_board(&asked(&visit)).await {
        Ok(board) => {
            let shown = shown(&board);
            forms.show(&visit, |language| pages::performance(language, &shown))
        }
        Err(error) => broken(&error),
    }
}

/// What cannot be read filters nothing.
fn asked(visit: &Visit) -> PerformanceQuery {
    PerformanceQuery {
        horizon: Horizon::parse(&visit.asked("horizon")).unwrap_or_default(),
        symbol: Symbol::parse(&visit.asked("coin")).ok(),
        model: Version::parse(&visit.asked("model")).ok(),
    }
}

fn shown(board: &PerformanceBoard) -> pages::PerformanceBoard {
    let model = board.model.as_ref().map(ToString::to_string);
    let mut models: Vec<String> = board.models.iter().map(|(version, _)| version.to_string()).collect();
    // One without forecasts of this coin stays chosen all the same.
    models.extend(
        model.iter().filter(|model| !board.models.iter().any(|(version, _)| version.as_str() == *model)).cloned(),
    );
    let filter = Form::default()
        .with("coin", board.symbol.as_ref().map(Symbol::ticker).unwrap_or_default())
        .with("horizon", board.horizon.as_str())
        .with("model", model.unwrap_or_default());
    pages::PerformanceBoard {
        filter,
        models,
        updated_at: board.updated_at,
        total: outcome(&board.total),
        weeks: board.weeks.iter().map(|(at, scores)| (*at, outcome(scores))).collect(),
        by_coin: board.coins.iter().map(|(symbol, scores)| (symbol.clone(), outcome(scores))).collect(),
        by_model: board.models.iter().map(|(version, scores)| (version.to_string(), outcome(scores))).collect(),
        reliability: board.reliability.iter().map(reliable).collect(),
    }
}

fn outcome(scores: &Scores) -> pages::Outcome {
    pages::Outcome {
        forecasts: scores.forecasts,
        qlike: scores.qlike,
        compared_qlike: scores.compared_qlike,
        baseline_qlike: scores.baseline_qlike,
        absolute_error: scores.absolute_error,
        baseline_absolute_error: scores.baseline_absolute_error,
        error: scores.error,
        coverage80: scores.coverage80.map(ranged),
        high: scores.high.map(ranged),
        chance: scores.chance,
        expected: scores.outlook.map(expected),
        confirmed: scores.confirmed,
        denied: scores.denied,
        confirmed_share: scores.confirmed_share.map(ranged),
    }
}

const fn ranged(share: Share) -> pages::Ranged {
    pages::Ranged { share: share.share, low: share.low, high: share.high }
}

const fn expected(outlook: Outlook) -> pages::Expected {
    let Outlook { q10, q50, q90, realised } = outlook;
    pages::Expected { q10, q50, q90, realised }
}

const fn reliable(bin: &ReliabilityBin) -> pages::Reliable {
    pages::Reliable {
        chance: bin.chance,
        happened: bin.happened.share,
        low: bin.happened.low,
        high: bin.happened.high,
        count: bin.forecasts,
    }
}
