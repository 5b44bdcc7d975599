//! What a rule would have done over the last year.

use std::collections::BTreeMap;

use domain::alert::{Measure, Preview, Rule};
use domain::clock::instant;
use domain::forecast::{Horizon, PastForecast};
use domain::market::CandleSeries;
use jiff::Timestamp;

use super::Alerts;
use super::firing::is_news;
use super::outcomes::realised_volatility;
use crate::store::Said;

const DAY_S: i64 = 86_400;
/// Days that are looked back.
const DAYS: i64 = 365;
/// Fewest days from which a rank is taken; as in `ml::dataset`.
const MIN_USUAL_DAYS: usize = 30;

impl Alerts {
    /// What a rule would have done over the last 365 days, from what the serving model said each midnight (UTC); none
    /// while the coin has no track record.
    #[must_use]
    pub fn preview(&self, rule: &Rule) -> Option<Preview> {
        let forecasts = &self.parts.forecasts;
        let record = forecasts.record(&rule.symbol, rule.horizon)?;
        let candles = forecasts.candles(&rule.symbol)?;
        Some(preview(rule, &record.forecasts, &candles, self.parts.clock.now()))
    }
}

/// What a rule would have done with past forecasts, one a day, oldest first, whose outcome is known. The candles say how
/// each median ranked within the year before it.
#[must_use]
pub fn preview(rule: &Rule, past: &[PastForecast], candles: &CandleSeries, now: Timestamp) -> Preview {
    let since_s = now.as_second() - DAYS * DAY_S;
    let finished: Vec<(&PastForecast, f64)> = past
        .iter()
        .filter(|forecast| forecast.origin_s >= since_s)
        .filter_map(|forecast| Some((forecast, forecast.realised?)))
        .collect();
    let mut usual = Usual { candles, horizon: rule.horizon, known: BTreeMap::new() };
    let mut before: Option<Said> = None;
    let mut shown = Preview {
        from: instant(finished.first().map_or(since_s, |(first, _)| first.origin_s)),
        to: instant(finished.last().map_or(now.as_second(), |(last, _)| last.ends_at_s)),
        letters: 0,
        right: 0,
        missed: 0,
    };
    for (forecast, realised) in finished {
        // The year before each day is looked at only where the rule asks for it.
        let rank = match rule.measure {
            Measure::Chance => 0.0,
            Measure::Rank => usual.rank(forecast),
        };
        let said = Said { origin_s: forecast.origin_s, chance: forecast.high_volatility, rank };
        let writes =
            rule.reaches(said.chance, said.rank) && is_news(&said, before.as_ref(), rule.measure, rule.horizon);
        let is_high = realised > forecast.threshold;
        if writes {
            before = Some(said);
            shown.letters += 1;
            shown.right += u32::from(is_high);
        } else {
            shown.missed += u32::from(is_high);
        }
    }
    shown
}

/// What was usual for a coin before each day.
struct Usual<'a> {
    candles: &'a CandleSeries,
    horizon: Horizon,
    /// Realised volatility by the end of its horizon, epoch seconds.
    known: BTreeMap<i64, Option<f64>>,
}

impl Usual<'_> {
    /// The share of the 365 days up to a forecast's origin whose realised volatility was below its median, 0 to 1; 0
    /// where too few of them are known.
    fn rank(&mut self, forecast: &PastForecast) -> f64 {
        let (mut days, mut below) = (0_usize, 0_usize);
        for day in 0..DAYS {
            let ends_at_s = forecast.origin_s - day * DAY_S;
            let (candles, horizon) = (self.candles, self.horizon);
            let realised =
                *self.known.entry(ends_at_s).or_insert_with(|| realised_volatility(candles, ends_at_s, horizon));
            if let Some(realised) = realised {
                days += 1;
                below += usize::from(realised < forecast.q50);
            }
        }
        if days < MIN_USUAL_DAYS { 0.0 } else { below as f64 / days as f64 }
    }
}

#[cfg(test)]
mod tests {
    use domain::alert::Threshold;
    use domain::clock::SECONDS_PER_HOUR;
    use domain::market::{Candle, Symbol};

    use super::*;

    const NOW_DAY: i64 = 500;

    fn rule(horizon: Horizon, measure: Measure, threshold: f64) -> Rule {
        Rule {
            symbol: Symbol::parse("BTC").expect("a symbol"),
            horizon,
            measure,
            threshold: Threshold::new(threshold).expect("a threshold"),
        }
    }

    fn past(day: i64, chance: f64, realised: Option<f64>) -> PastForecast {
        PastForecast {
            origin_s: day * DAY_S,
            ends_at_s: (day + 1) * DAY_S,
            q10: 0.01,
            q50: 0.02,
            q90: 0.03,
            high_volatility: chance,
            threshold: 0.025,
            realised,
        }
    }

    fn now() -> Timestamp {
        instant(NOW_DAY * DAY_S)
    }

    #[test]
    fn letters_are_counted_as_right_or_wrong_and_what_went_unsaid_as_missed() {
        let year = [
            past(100, 0.9, Some(0.05)), // too long ago
            past(200, 0.6, Some(0.03)), // right
            past(201, 0.7, Some(0.01)), // wrong
            past(202, 0.2, Some(0.04)), // missed
            past(203, 0.1, Some(0.01)),
            past(499, 0.9, None), // not known yet
        ];
        let found = preview(&rule(Horizon::Day, Measure::Chance, 0.5), &year, &CandleSeries::default(), now());
        assert_eq!((found.letters, found.right, found.missed), (2, 1, 1));
        assert_eq!((found.from, found.to), (instant(200 * DAY_S), instant(204 * DAY_S)));
    }

    #[test]
    fn a_preview_holds_back_what_alerts_would_hold_back() {
        let days: Vec<PastForecast> = (300..310).map(|day| past(day, 0.6, Some(0.01))).collect();
        let letters = |horizon| {
            let rule = rule(horizon, Measure::Chance, 0.5);
            preview(&rule, &days, &CandleSeries::default(), now()).letters
        };
        assert_eq!((letters(Horizon::Day), letters(Horizon::TwoDays)), (10, 5));
    }

    #[test]
    fn a_rank_is_taken_from_the_year_before() {
        // Calm until day 350, then ten times as rough: a median of 2 % a day is high before and low after.
        let candles: CandleSeries = (0..NOW_DAY * 24)
            .map(|hour| {
                let step = if hour / 24 < 350 { 0.001 } else { 0.01 };
                let close = if hour % 2 == 0 { 100.0 } else { 100.0 * (1.0 + step) };
                let opens_at = instant(hour * SECONDS_PER_HOUR);
                Candle { opens_at, open: close, high: close, low: close, close, volume: 1.0 }
            })
            .collect();
        let mut usual = Usual { candles: &candles, horizon: Horizon::Day, known: BTreeMap::new() };
        assert_eq!(usual.rank(&past(340, 0.5, None)), 1.0);
        let later = usual.rank(&past(450, 0.5, None));
        assert!((later - 265.0 / 365.0).abs() < 0.01, "{later}");
        assert_eq!(usual.rank(&past(10, 0.5, None)), 0.0, "too young");
    }

    #[test]
    fn without_finished_forecasts_nothing_is_claimed() {
        let rule = rule(Horizon::Day, Measure::Chance, 0.5);
        let found = preview(&rule, &[], &CandleSeries::default(), now());
        assert_eq!((found.letters, found.right, found.missed, found.to), (0, 0, 0, now()));
    }
}
