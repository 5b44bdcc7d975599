//! Whether the data come in, whole and on time.

use app::documents::operator as pages;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::super::{Forms, Visit};
use super::broken;
use crate::watching::{ChampionAge, CoinHealth, ForecastAge, HealthBoard, RefusedRows, SourceFailure, SourceHealth};

pub(super) fn router() -> Router<Forms> {
    Router::new().route("/operator/health", get(board))
}

async fn board(State(forms): State<Forms>, visit: Visit) -> Response {
    if let Some(refused) = forms.refuse_but_operators(&visit) {
        return refused;
    }
    match forms.members.watching.health_board().await {
        Ok(board) => {
            let shown = shown(board);
            forms.show(&visit, |language| pages::health(language, &shown))
        }
        Err(error) => broken(&error),
    }
}

fn shown(board: HealthBoard) -> pages::HealthBoard {
    let is_loaded = board.market.as_of.is_some() && board.market.loading.is_none();
    pages::HealthBoard {
        at: board.at,
        origin: is_loaded.then_some(board.market.origin),
        coins: board.coins.into_iter().map(coin).collect(),
        refused: board.quarantined.into_iter().map(refused).collect(),
        sources: board.sources.into_iter().map(source).collect(),
        troubles: board.failures.into_iter().map(trouble).collect(),
        forecast: board.newest_forecast.as_ref().map(forecast),
        without_outcome: board.without_outcome,
        model: board.champion.as_ref().map(model),
    }
}

fn coin(coin: CoinHealth) -> pages::CoinData {
    pages::CoinData {
        symbol: coin.symbol,
        newest: coin.newest,
        age_s: coin.age_s,
        is_stale: coin.is_stale,
        source: coin.source,
        candles: coin.candles,
        missing_hours: coin.missing_hours,
        gaps: coin.gaps,
        quarantined: coin.quarantined,
    }
}

fn refused(rows: RefusedRows) -> pages::RefusedRows {
    pages::RefusedRows { reason: rows.reason, rows: rows.rows, newest: rows.newest }
}

fn source(source: SourceHealth) -> pages::SourceData {
    pages::SourceData {
        name: source.source,
        answered_at: source.answered_at,
        coins: source.coins,
        failures_in_a_day: source.failures_in_a_day,
        failed_at: source.failed_at,
    }
}

fn trouble(failure: SourceFailure) -> pages::SourceTrouble {
    pages::SourceTrouble { source: failure.source, what: failure.what, at: failure.at }
}

const fn forecast(newest: &ForecastAge) -> pages::NewestForecast {
    pages::NewestForecast { origin: newest.origin, age_s: newest.age_s }
}

fn model(champion: &ChampionAge) -> pages::ServingModel {
    pages::ServingModel {
        version: champion.version.to_string(),
        trained_to: champion.trained_to,
        age_days: champion.age_days,
    }
}
