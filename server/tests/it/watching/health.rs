//! How the data stand.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::forecast::Horizon;
use domain::market::{Candle, CandleSeries};
use domain::model::Version;
use server::market::quarantine::{Reason, Refused};
use server::store::{Answered, Batch, MadeForecast};

use super::{DAY_S, START_S, World, coin, forecast, locked, snapshot};

on_both!(a_board_says_what_is_fresh_what_is_missing_and_what_failed, an_empty_server_has_a_board_too);

/// Candles of three days with a hole of five hours, up to an instant.
fn holed(to_s: i64) -> CandleSeries {
    (0..72)
        .filter(|hour| !(20..25).contains(hour))
        .map(|hour| {
            let opens_at = instant(to_s - (72 - hour) * SECONDS_PER_HOUR);
            Candle { opens_at, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 1.0 }
        })
        .collect()
}

async fn a_board_says_what_is_fresh_what_is_missing_and_what_failed(world: World) {
    let (bitcoin, ether) = (coin("BTC"), coin("ETH"));
    let (fresh, stale) = (holed(START_S), holed(START_S - 5 * SECONDS_PER_HOUR));
    let refused: Vec<Refused> = [Reason::HighBelowLow, Reason::HighBelowLow, Reason::NotFinite]
        .into_iter()
        .zip(1..)
        .map(|(reason, row)| Refused { row: Some(row), open_time_ms: None, reason, raw: format!("row {row}") })
        .collect();
    let batch = Batch {
        symbol: &bitcoin,
        source: "binance",
        place: "",
        seen_at_s: None,
        candles: &fresh,
        refused: &refused,
        answered: Some(Answered { from_s: START_S - 3 * DAY_S, next_s: START_S }),
        file: None,
        now_s: START_S - 60,
    };
    world.store.commit(&batch).await.expect("stored");
    *locked(&world.market) =
        Arc::new(snapshot(BTreeMap::from([(bitcoin.clone(), Arc::new(fresh)), (ether.clone(), Arc::new(stale))])));
    for (source, seconds_ago) in [("coinbase", 60), ("coinbase", 7_200), ("yahoo", 3 * DAY_S), ("binance", 60 * DAY_S)]
    {
        let at = instant(START_S - seconds_ago);
        world.store.note_source_failure(source, "It does not answer.", at).await.expect("noted");
    }
    let model = Version::parse("lstm-20250701-1a2b3c4d").expect("a version");
    let made = [(5, Horizon::Day), (3, Horizon::TwoDays), (1, Horizon::TwoDays)].map(|(days, horizon)| MadeForecast {
        forecast: forecast("BTC", horizon, START_S - days * DAY_S, &model, 0.02),
        features: BTreeMap::new(),
    });
    world.store.publish(&made, world.now()).await.expect("published");

    let board = world.watching.health_board().await.expect("a board");
    assert_eq!(board.at, world.now());
    assert_eq!(board.coins.len(), 9, "every coin that is followed");
    let (first, second, third) = (&board.coins[0], &board.coins[1], &board.coins[2]);
    assert_eq!((&first.symbol, first.age_s, first.is_stale), (&bitcoin, Some(0), false));
    assert_eq!((first.source.as_deref(), first.candles, first.missing_hours), (Some("binance"), 67, 5));
    assert_eq!((first.gaps.len(), first.quarantined), (1, 3));
    assert_eq!((&second.symbol, second.age_s, second.is_stale), (&ether, Some(5 * SECONDS_PER_HOUR), true));
    assert_eq!((third.newest, third.is_stale, third.candles), (None, true, 0));
    let reasons: Vec<(&str, u64)> = board.quarantined.iter().map(|of| (of.reason.as_str(), of.rows)).collect();
    assert_eq!(reasons, [("high_below_low", 2), ("not_finite", 1)]);

    let sources: Vec<(&str, u64, u64)> =
        board.sources.iter().map(|of| (of.source.as_str(), of.coins, of.failures_in_a_day)).collect();
    assert_eq!(sources, [("binance", 1, 0), ("coinbase", 0, 2), ("yahoo", 0, 0)]);
    assert_eq!(board.sources[0].answered_at, Some(instant(START_S - 60)));
    assert_eq!(board.sources[0].failed_at, None, "two months ago");
    assert_eq!(board.sources[1].failed_at, Some(instant(START_S - 60)));
    let failures: Vec<&str> = board.failures.iter().map(|failure| failure.source.as_str()).collect();
    assert_eq!(failures, ["coinbase", "coinbase", "yahoo"], "the newest first");

    let newest = board.newest_forecast.expect("a forecast");
    assert_eq!((newest.age_s, newest.model.as_str()), (DAY_S, model.as_str()));
    assert_eq!(board.without_outcome, 2);
    assert_eq!(board.champion.map(|champion| champion.age_days), Some(41));
}

async fn an_empty_server_has_a_board_too(world: World) {
    let board = world.watching.health_board().await.expect("a board");
    assert!(board.coins.iter().all(|coin| coin.is_stale && coin.newest.is_none() && coin.gaps.is_empty()));
    assert!(board.quarantined.is_empty() && board.sources.is_empty() && board.failures.is_empty());
    assert_eq!((board.newest_forecast, board.without_outcome), (None, 0));
}
