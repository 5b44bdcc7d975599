//! Funding rates of Binance's perpetual futures: what one side of the market pays the other.

use domain::market::Symbol;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::EventError;
use super::web::Web;

/// Binance caps funding at 3 % a period for its most volatile contracts; nothing beyond it can be true.
const MOST: f64 = 0.03;
/// An answer is about this very moment.
const MOST_APART: SignedDuration = SignedDuration::from_hours(1);

/// A funding rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FundingRate {
    /// The coin.
    pub symbol: Symbol,
    /// Fraction per funding period, which is eight hours for most contracts; positive where longs pay shorts.
    pub rate: f64,
    /// When the exchange said so (UTC).
    pub as_of: Timestamp,
}

/// `{"symbol": "BTCUSDT", "lastFundingRate": "0.00010000", "time": 1732456800000, …}`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    symbol: String,
    last_funding_rate: String,
    /// Epoch milliseconds.
    time: i64,
}

/// Asks for a coin's rate.
pub(super) async fn ask(web: &Web, url: &str, symbol: &Symbol, now: Timestamp) -> Result<FundingRate, EventError> {
    let answer: Answer = web.json(&format!("{url}/fapi/v1/premiumIndex"), &[("symbol", symbol.as_str())]).await?;
    judge(&answer, symbol, now)
}

fn judge(answer: &Answer, symbol: &Symbol, now: Timestamp) -> Result<FundingRate, EventError> {
    let malformed = |cause: &str| EventError::Malformed { cause: cause.to_owned() };
    let impossible = |cause: String| EventError::Impossible { cause };
    if answer.symbol != symbol.as_str() {
        return Err(impossible("it is about another contract".to_owned()));
    }
    let rate: f64 = answer.last_funding_rate.trim().parse().map_err(|_| malformed("the rate is no number"))?;
    if !rate.is_finite() || rate.abs() > MOST {
        return Err(impossible(format!("the rate is {rate}, beyond {MOST}")));
    }
    let as_of = Timestamp::from_millisecond(answer.time).map_err(|_| malformed("the time is no time"))?;
    if now.duration_since(as_of).abs() > MOST_APART {
        return Err(impossible(format!("the rate is of {as_of}")));
    }
    Ok(FundingRate { symbol: symbol.clone(), rate, as_of })
}
