//! The sentences in English.

use domain::advice::{Action, Fact};
use domain::forecast::{Forecast, Horizon, RiskLevel};
use domain::language::Language;

use super::super::rules::Doubt;
use super::figures::{day, minute};
use super::{Place, Stands};

fn volatility(per_day: f64) -> String {
    super::figures::volatility(Language::English, per_day)
}

fn percent(fraction: f64, decimals: usize) -> String {
    super::figures::percent(Language::English, fraction, decimals)
}

/// What is expected.
pub(super) fn outlook(forecast: &Forecast, level: RiskLevel) -> String {
    let outlook = match level {
        RiskLevel::Low => "looks calm",
        RiskLevel::Moderate => "looks about as restless as usual",
        RiskLevel::High => "looks rougher than usual",
        RiskLevel::Critical => "may see one of the roughest stretches of its year",
    };
    format!(
        "{} {outlook} until {}: expected volatility is {} a day, {}.",
        forecast.symbol.name(),
        minute(forecast.ends_at),
        volatility(forecast.quantiles.q50),
        place(forecast.rank),
    )
}

/// Why to rely on it less.
pub(super) fn doubt(doubt: Doubt) -> String {
    match doubt {
        Doubt::Ended => "This forecast has run out; wait for the next one.",
        Doubt::Old => "This forecast is some hours old, so rely on it less.",
        Doubt::Disagreement => "The signs disagree, so rely on it less.",
        Doubt::Wide => "The likely range is wide, so rely on it less.",
    }
    .to_owned()
}

/// A fact.
pub(super) fn fact(fact: &Fact, horizon: Horizon) -> String {
    match *fact {
        Fact::ForecastRank { rank, median, low, high } => format!(
            "The median forecast is {} a day (80% interval {} to {}), {}.",
            volatility(median),
            volatility(low),
            volatility(high),
            place(rank),
        ),
        Fact::Chance { probability, above } => format!(
            "The chance of a high-volatility period, above {} a day, is {}; 20% is usual.",
            volatility(above),
            chance(probability),
        ),
        Fact::JustRealised { volatility: realised, usual } => {
            let stands = match Stands::of(realised, usual) {
                Stands::Below => "below",
                Stands::About => "close to",
                Stands::Above => "above",
            };
            format!(
                "Volatility over the last {} hours was {} a day, {stands} the usual {}.",
                horizon.hours(),
                volatility(realised),
                volatility(usual),
            )
        }
        Fact::FearAndGreed { value, as_of } => {
            let mood = if value >= 50 { "greed" } else { "fear" };
            format!("The Fear & Greed index of {} is {value} of 100: extreme {mood}.", day(as_of))
        }
        Fact::FundingRate { rate, as_of } => {
            let (payers, paid) = if rate >= 0.0 { ("rises", "falls") } else { ("falls", "rises") };
            format!(
                "Traders who bet on {payers} pay those who bet on {paid} {} per 8 hours ({}): one side is crowded.",
                percent(rate, 3),
                minute(as_of),
            )
        }
    }
}

/// The action.
pub(super) fn action(action: Action, forecast: &Forecast) -> String {
    let high = volatility(forecast.quantiles.q90);
    match action {
        Action::KeepToThePlan => "Keep to your plan; nothing here calls for a change.".to_owned(),
        Action::LookAgainTomorrow => {
            "Change nothing for now, and look again when the next forecast is there.".to_owned()
        }
        Action::CheckPositionSize => {
            format!("Check that your position is small enough to sit through volatility of {high} a day.")
        }
        Action::LowerLeverage => {
            format!("If you have borrowed, lower or close that part: volatility of {high} a day is well possible.")
        }
        Action::SplitOrders => "Put off new purchases, or split them into smaller ones.".to_owned(),
    }
}

fn chance(probability: f64) -> String {
    match probability {
        p if p < 0.01 => "under 1%".to_owned(),
        p if p > 0.99 => "over 99%".to_owned(),
        p => percent(p, 0),
    }
}

fn place(rank: f64) -> String {
    match Place::of(rank) {
        Place::Lowest => "less than on any of the past 365 days".to_owned(),
        Place::Above(share) if share < 0.4 => format!("more than on only {} of the past 365 days", percent(share, 0)),
        Place::Above(share) => format!("more than on {} of the past 365 days", percent(share, 0)),
        Place::Highest => "more than on any of the past 365 days".to_owned(),
    }
}
