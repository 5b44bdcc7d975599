//! The rules behind an advice: figures in, verdict out.

use domain::advice::{Action, Confidence, Fact, Stance};
use domain::forecast::{Forecast, RiskLevel};
use jiff::{SignedDuration, Timestamp};

use crate::events::{FearAndGreed, FundingRate};

/// From this rank in the coin's own year on, the risk is moderate.
pub const MODERATE_FROM: f64 = 0.4;
/// From this rank on, it is high.
pub const HIGH_FROM: f64 = 0.7;
/// From this rank on, it is critical: one day in ten.
pub const CRITICAL_FROM: f64 = 0.9;

/// Chances of a high-volatility period below this are less than usual (20 %), from [`CHANCE_ROUGH`] on clearly more.
const CHANCE_CALM: f64 = 0.15;
const CHANCE_ROUGH: f64 = 0.35;

/// How wide the 80 % interval is against the coin's usual range, both in logarithms. Were a forecast no better than the
/// distribution of the year, this would be 1.52: for a log-normal variable the distance from the 10th to the 90th
/// percentile over that from the 20th to the 80th is 2.563 / 1.683.
const WIDTH_OF_IGNORANCE: f64 = 1.52;
/// Intervals up to this, a quarter less than ignorance, are narrow.
const WIDTH_NARROW: f64 = 1.14;

/// Hours after its start from which a forecast is old: a new one comes every hour.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(3);
/// How long events bear on the advice.
const MOOD_HOLDS_FOR: SignedDuration = SignedDuration::from_hours(48);
const FUNDING_HOLDS_FOR: SignedDuration = SignedDuration::from_hours(12);

/// Values of the Fear & Greed index up to which fear is extreme, and from which greed is.
const EXTREME_FEAR: u8 = 20;
const EXTREME_GREED: u8 = 80;
/// A funding rate of this size, five times the exchange's base rate of 0.01 % per eight hours, means that one side of
/// the market is crowded. Fraction per eight hours.
const CROWDED: f64 = 0.000_5;
/// The funding rate whose weight as a reason is 1.
const HEAVY_FUNDING: f64 = 0.001;

/// Reasons that weigh less are left out where there are two others.
const LIGHTEST: f64 = 0.1;
const MOST_REASONS: usize = 3;

/// What the rules say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub(super) level: RiskLevel,
    pub(super) stance: Stance,
    pub(super) confidence: Confidence,
    pub(super) action: Action,
    /// Two or three facts, the weightiest first.
    pub(super) facts: Vec<Fact>,
    /// Why the advice is to be relied on less, where it is.
    pub(super) doubt: Option<Doubt>,
}

/// What speaks against relying on an advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The horizon of the forecast is over.
    Ended,
    /// The forecast is not the newest any more.
    Old,
    /// Rank, chance and what was just realised point to different sides.
    Disagreement,
    /// The interval tells no more than the coin's year does.
    Wide,
}

/// Judges a forecast.
pub(super) fn judge(
    forecast: &Forecast,
    fear_and_greed: Option<&FearAndGreed>,
    funding: Option<&FundingRate>,
    now: Timestamp,
) -> Verdict {
    let mood = fear_and_greed.filter(|mood| now.duration_since(mood.as_of) <= MOOD_HOLDS_FOR);
    let funding = funding
        .filter(|funding| funding.symbol == forecast.symbol && now.duration_since(funding.as_of) <= FUNDING_HOLDS_FOR);
    let events = Events {
        is_crowded: funding.is_some_and(|funding| funding.rate.abs() >= CROWDED),
        is_greedy: mood.is_some_and(|mood| mood.value >= EXTREME_GREED),
        is_fearful: mood.is_some_and(|mood| mood.value <= EXTREME_FEAR),
    };
    let level = level_of(forecast.rank);
    let doubt = doubt(forecast, now);
    Verdict {
        level,
        stance: stance(level, events),
        confidence: confidence(forecast, doubt),
        action: action(level, events, doubt),
        facts: facts(forecast, mood, funding),
        doubt,
    }
}

/// The level of a rank in the coin's own year, 0 to 1: bounds at 0.4, 0.7 and 0.9. A rank that is no number is critical.
#[must_use]
pub fn level_of(rank: f64) -> RiskLevel {
    match rank {
        rank if rank < MODERATE_FROM => RiskLevel::Low,
        rank if rank < HIGH_FROM => RiskLevel::Moderate,
        rank if rank < CRITICAL_FROM => RiskLevel::High,
        _ => RiskLevel::Critical,
    }
}

/// What the events amount to.
#[derive(Debug, Clone, Copy)]
struct Events {
    is_crowded: bool,
    is_greedy: bool,
    is_fearful: bool,
}

impl Events {
    const fn are_unusual(self) -> bool {
        self.is_crowded || self.is_greedy || self.is_fearful
    }
}

/// The level decides; events only keep one from leaning back where volatility is low.
const fn stance(level: RiskLevel, events: Events) -> Stance {
    match level {
        RiskLevel::Low if events.are_unusual() => Stance::Watchful,
        RiskLevel::Low => Stance::Steady,
        RiskLevel::Moderate => Stance::Watchful,
        RiskLevel::High => Stance::Careful,
        RiskLevel::Critical => Stance::Defensive,
    }
}

const fn action(level: RiskLevel, events: Events, doubt: Option<Doubt>) -> Action {
    match level {
        RiskLevel::Low if events.are_unusual() || matches!(doubt, Some(Doubt::Ended)) => Action::LookAgainTomorrow,
        RiskLevel::Low => Action::KeepToThePlan,
        RiskLevel::Moderate => Action::LookAgainTomorrow,
        RiskLevel::High if events.is_crowded => Action::LowerLeverage,
        RiskLevel::High if events.is_greedy => Action::SplitOrders,
        RiskLevel::High => Action::CheckPositionSize,
        RiskLevel::Critical => Action::LowerLeverage,
    }
}

/// The strongest doubt.
fn doubt(forecast: &Forecast, now: Timestamp) -> Option<Doubt> {
    let signs = signs(forecast);
    let disagree = signs.contains(&Sign::Calm) && signs.contains(&Sign::Rough);
    if now >= forecast.ends_at {
        Some(Doubt::Ended)
    } else if disagree {
        Some(Doubt::Disagreement)
    } else if width(forecast) >= WIDTH_OF_IGNORANCE {
        Some(Doubt::Wide)
    } else if now.duration_since(forecast.origin) > FRESH_FOR {
        Some(Doubt::Old)
    } else {
        None
    }
}

fn confidence(forecast: &Forecast, doubt: Option<Doubt>) -> Confidence {
    // What was just realised seldom leaves the usual range: it is enough that it does not contradict, which is a doubt.
    let [rank, chance, _] = signs(forecast);
    let is_sure = rank == chance && width(forecast) <= WIDTH_NARROW;
    match doubt {
        Some(Doubt::Ended | Doubt::Disagreement | Doubt::Wide) => Confidence::Low,
        Some(Doubt::Old) if is_sure => Confidence::Medium,
        Some(Doubt::Old) => Confidence::Low,
        None if is_sure => Confidence::High,
        None => Confidence::Medium,
    }
}

/// To which side a figure points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Calm,
    Usual,
    Rough,
}

/// Rank, chance, and what was just realised.
fn signs(forecast: &Forecast) -> [Sign; 3] {
    let side = |value: f64, calm_below: f64, rough_from: f64| match value {
        value if value < calm_below => Sign::Calm,
        value if value < rough_from => Sign::Usual,
        _ => Sign::Rough,
    };
    [
        side(forecast.rank, MODERATE_FROM, HIGH_FROM),
        side(forecast.high_volatility, CHANCE_CALM, CHANCE_ROUGH),
        side(forecast.just_realised, forecast.usual.low, forecast.usual.high),
    ]
}

/// The width of the 80 % interval against the coin's usual range, in logarithms; infinite where that has no width.
fn width(forecast: &Forecast) -> f64 {
    let interval = (forecast.quantiles.q90 / forecast.quantiles.q10).ln();
    let usual = (forecast.usual.high / forecast.usual.low).ln();
    if usual > 0.0 && interval.is_finite() { interval / usual } else { f64::INFINITY }
}

/// The rank first, since it decides the level; then the others by weight, each between 0 and 1.
fn facts(forecast: &Forecast, mood: Option<&FearAndGreed>, funding: Option<&FundingRate>) -> Vec<Fact> {
    let mut others = vec![chance(forecast), just_realised(forecast)];
    others.extend(mood.filter(|mood| !(EXTREME_FEAR + 1..EXTREME_GREED).contains(&mood.value)).map(|mood| {
        (f64::from(mood.value.abs_diff(50)) / 50.0, Fact::FearAndGreed { value: mood.value, as_of: mood.as_of })
    }));
    others.extend(funding.filter(|funding| funding.rate.abs() >= CROWDED).map(|funding| {
        let weight = (funding.rate.abs() / HEAVY_FUNDING).min(1.0);
        (weight, Fact::FundingRate { rate: funding.rate, as_of: funding.as_of })
    }));
    others.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let quantiles = forecast.quantiles;
    let first =
        Fact::ForecastRank { rank: forecast.rank, median: quantiles.q50, low: quantiles.q10, high: quantiles.q90 };
    let second_and_third = others
        .into_iter()
        .take(MOST_REASONS - 1)
        .enumerate()
        .filter(|(place, (weight, _))| *place == 0 || *weight >= LIGHTEST)
        .map(|(_, (_, fact))| fact);
    std::iter::once(first).chain(second_and_third).collect()
}

/// How far the chance is from 20 %, which is usual by construction.
fn chance(forecast: &Forecast) -> (f64, Fact) {
    const USUAL: f64 = 0.2;
    let probability = forecast.high_volatility;
    let weight =
        if probability > USUAL { (probability - USUAL) / (1.0 - USUAL) } else { (USUAL - probability) / USUAL };
    (weight, Fact::Chance { probability, above: forecast.usual.high })
}

/// How far what was just realised is from the middle, against the distance of the bound of high volatility from it.
fn just_realised(forecast: &Forecast) -> (f64, Fact) {
    let usual = forecast.usual;
    let weight = ((forecast.just_realised / usual.middle).ln() / (usual.high / usual.middle).ln()).abs();
    let weight = if weight.is_finite() { weight.min(1.0) } else { 0.0 };
    (weight, Fact::JustRealised { volatility: forecast.just_realised, usual: usual.middle })
}
