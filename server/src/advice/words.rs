//! The sentences of an advice, in both languages.

mod english;
mod figures;
mod french;

use domain::advice::{Action, Fact};
use domain::forecast::{Forecast, Horizon, RiskLevel};
use domain::language::Language;

use super::rules::Doubt;

/// The whole in one or two sentences.
pub(super) fn summary(language: Language, forecast: &Forecast, level: RiskLevel, doubt: Option<Doubt>) -> String {
    let (first, second) = match language {
        Language::English => (english::outlook(forecast, level), doubt.map(english::doubt)),
        Language::French => (french::outlook(forecast, level), doubt.map(french::doubt)),
    };
    second.map_or_else(|| first.clone(), |second| format!("{first} {second}"))
}

/// A fact in a sentence.
pub(super) fn fact(language: Language, fact: &Fact, horizon: Horizon) -> String {
    match language {
        Language::English => english::fact(fact, horizon),
        Language::French => french::fact(fact, horizon),
    }
}

/// Where the figures of a fact come from.
pub(super) fn source(language: Language, fact: &Fact, forecast: &Forecast) -> String {
    match (fact, language) {
        (Fact::ForecastRank { .. } | Fact::Chance { .. }, Language::English) => {
            format!("Forecast by {}", forecast.model)
        }
        (Fact::ForecastRank { .. } | Fact::Chance { .. }, Language::French) => {
            format!("Prévision de {}", forecast.model)
        }
        (Fact::JustRealised { .. }, Language::English) => "Hourly candles".to_owned(),
        (Fact::JustRealised { .. }, Language::French) => "Bougies horaires".to_owned(),
        (Fact::FearAndGreed { .. }, _) => "alternative.me".to_owned(),
        (Fact::FundingRate { .. }, _) => "Binance Futures".to_owned(),
    }
}

/// The action in a sentence.
pub(super) fn action(language: Language, action: Action, forecast: &Forecast) -> String {
    match language {
        Language::English => english::action(action, forecast),
        Language::French => french::action(action, forecast),
    }
}

/// How a value stands to what is usual.
enum Stands {
    Below,
    About,
    Above,
}

impl Stands {
    /// Within a tenth counts as about the same.
    fn of(value: f64, usual: f64) -> Self {
        match value / usual {
            ratio if ratio < 0.9 => Self::Below,
            ratio if ratio > 1.1 => Self::Above,
            _ => Self::About,
        }
    }
}

/// Where a forecast stands in the coin's year.
enum Place {
    /// Below every day of it.
    Lowest,
    /// Above this share of its days, in whole percents between 1 and 99.
    Above(f64),
    /// Above every day of it.
    Highest,
}

impl Place {
    fn of(rank: f64) -> Self {
        match (rank * 100.0).round() {
            percent if percent < 1.0 => Self::Lowest,
            percent if percent > 99.0 => Self::Highest,
            _ => Self::Above(rank),
        }
    }
}
