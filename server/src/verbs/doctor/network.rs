//! The network: is our address free, are the exchanges in reach, does our clock agree with theirs.

use std::time::Duration;

use domain::clock::Clock;
use jiff::Timestamp;

use super::Finding;
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::market::{self, Exchange, MarketSettings};
use crate::web::listen::{self, ListenError};

/// How long an exchange gets to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// A clock that is off by more than this puts candles into the wrong hour.
const CLOCK_TOLERANCE_S: i64 = 30;

/// Whether we could listen where we are told to.
pub(super) async fn address(settings: &Settings) -> Finding {
    let what = "address";
    match listen::bind(settings.addr).await {
        Ok(_) => Finding::fine(what, format!("{} is free", settings.addr)),
        Err(ListenError::Taken { addr }) => Finding::limited(
            what,
            format!("{addr} is taken"),
            "That is right where InvestBuddy runs already; else choose another with INVESTBUDDY_ADDR.",
        ),
        Err(error) => Finding::broken(what, error.to_string(), "Set INVESTBUDDY_ADDR to an address of this machine."),
    }
}

/// Whether the exchanges answer, and whether our clock agrees with the first that does.
pub(super) async fn exchanges(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut their_time = None;
    let settings = settings.market_settings();
    for (name, address) in addresses(&settings) {
        match answer(&settings, &address).await {
            Ok(time) => {
                their_time = their_time.or(time);
                findings.push(Finding::fine(name, format!("{address} answers")));
            }
            Err(reason) => findings.push(Finding::limited(
                name,
                format!("{address} does not answer: {reason}"),
                "Pages then show \"data as of\" the newest stored candle. Check the network, or set INVESTBUDDY_LIVE=false.",
            )),
        }
    }
    findings.push(clock(their_time));
    findings
}

fn addresses(settings: &MarketSettings) -> Vec<(&'static str, String)> {
    let address = |exchange: &Exchange| match exchange {
        Exchange::Binance => format!("{}/api/v3/time", settings.binance_url),
        Exchange::Coinbase => format!("{}/time", settings.coinbase_url),
        Exchange::Yahoo => format!("{}/v8/finance/chart/BTC-USD?range=1d&interval=1h", settings.yahoo_url),
    };
    settings.sources.iter().map(|exchange| (exchange.as_str(), address(exchange))).collect()
}

/// Asks an exchange and reads its clock from the header `Date`.
async fn answer(settings: &MarketSettings, address: &str) -> Result<Option<Timestamp>, &'static str> {
    let client = market::client(settings).map_err(|_| "no client can be made")?;
    let response = client.get(address).timeout(PATIENCE).send().await.map_err(|error| match error {
        error if error.is_timeout() => "it takes too long",
        error if error.is_connect() => "no connection",
        _ => "the connection broke",
    })?;
    let date = response.headers().get("date").and_then(|value| value.to_str().ok());
    Ok(date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()).map(|zoned| zoned.timestamp()))
}

fn clock(their_time: Option<Timestamp>) -> Finding {
    let what = "clock";
    let ours = SystemClock.now();
    let Some(theirs) = their_time else {
        return Finding::limited(
            what,
            format!("{ours:.0}, and nobody to compare with"),
            "Check it by hand: it must be UTC.",
        );
    };
    let off_s = ours.as_second() - theirs.as_second();
    if off_s.abs() > CLOCK_TOLERANCE_S {
        let seen = format!("{ours:.0}, {off_s} seconds away from the exchange's");
        return Finding::broken(what, seen, "Switch on time synchronisation (`timedatectl set-ntp true`).");
    }
    Finding::fine(what, format!("{ours:.0}, {off_s} seconds away from the exchange's"))
}
