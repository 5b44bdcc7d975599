//! Whether the served model's error has grown for good: what it says of the market may have changed where the market
//! itself looks as before.

use std::collections::BTreeMap;

use domain::clock::{SECONDS_PER_HOUR, instant};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::model::Version;
use jiff::Timestamp;
use ml::drift::stream::PageHinkley;
use serde::{Deserialize, Serialize};
use tracing::{debug, warn};

use super::boards::{ConceptBoard, DriftVerdict};
use super::{WatchError, Watching};
use crate::store::JudgedForecast;

const SECONDS_PER_DAY: i64 = 24 * SECONDS_PER_HOUR;

/// How long after the last horizon of a day its errors are counted: by then outcomes have been written down.
const SLACK_S: i64 = 6 * SECONDS_PER_HOUR;
/// Days back to which the errors of a model are looked for that has not been followed yet.
const MOST_DAYS: i64 = 120;
/// Fewest days before anything is said: what is usual was learnt before the first one.
const LEAST_DAYS: u32 = 1;
/// Days of errors that are kept for a page.
const KEPT_DAYS: usize = 120;
/// Days after which an alarm is over, unless another one came.
const ALARM_DAYS: i64 = 30;

/// The errors of one model at one horizon, as far as they were counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Errors {
    /// The model.
    pub(super) model: Version,
    /// The first day that is not counted yet, epoch seconds.
    next_day_s: i64,
    /// Days that were counted.
    days: u32,
    /// The mean of the reference errors, and how many there were.
    usual: f64,
    reference_days: u32,
    detector: PageHinkley,
    /// The last days (epoch seconds) with their errors, the oldest first.
    errors: Vec<(i64, f64)>,
    /// Days that raised an alarm, epoch seconds.
    alarms: Vec<i64>,
}

impl Errors {
    /// The end of the day of the last alarm (UTC); none where that is long ago.
    pub(super) fn alarm(&self) -> Option<Timestamp> {
        let day_s = self.alarms.last().copied()?;
        (self.next_day_s - day_s <= ALARM_DAYS * SECONDS_PER_DAY).then(|| instant(day_s + SECONDS_PER_DAY))
    }

    fn take(&mut self, day_s: i64, error: f64, horizon: Horizon) {
        self.days += 1;
        self.errors.push((day_s, error));
        let surplus = self.errors.len().saturating_sub(KEPT_DAYS);
        self.errors.drain(..surplus);
        if let Some(shift) = self.detector.push(error) {
            let (before, after, days) = (shift.before, shift.after, shift.rows);
            warn!(%horizon, model = %self.model, before, after, days, "The serving model's error has grown for good");
            self.alarms.push(day_s);
        }
    }
}

impl Watching {
    /// Counts the errors of every day that is over.
    pub(super) async fn follow_errors(&self, now: Timestamp) -> Result<(), WatchError> {
        let Some(champion) = self.parts.learnt.champion().await? else { return Ok(()) };
        for horizon in Horizon::ALL {
            let over_s = now.as_second() - SECONDS_PER_DAY - i64::from(horizon.hours()) * SECONDS_PER_HOUR - SLACK_S;
            // The first day that is not over yet.
            let to_s = over_s - over_s.rem_euclid(SECONDS_PER_DAY) + SECONDS_PER_DAY;
            let kept = self.errors_of(horizon).await?.filter(|errors| errors.model == champion.version);
            let from_s = kept.as_ref().map_or(to_s - MOST_DAYS * SECONDS_PER_DAY, |errors| errors.next_day_s);
            if from_s >= to_s {
                continue;
            }
            let judged = self.parts.store.judged_forecasts(from_s, to_s).await?;
            let days = daily_errors(&judged, horizon, &champion.version);
            let mut errors = match kept {
                Some(errors) => errors,
                // Nothing was published yet, and perhaps there is nothing to compare with.
                None if days.is_empty() => continue,
                None => match self.begin(horizon, &champion.version, from_s).await? {
                    Some(errors) => errors,
                    None => continue,
                },
            };
            for (day_s, error) in days {
                errors.take(day_s, error, horizon);
            }
            errors.next_day_s = to_s;
            self.parts.store.keep_watch_state(&errors_name(horizon), &errors, now).await?;
        }
        Ok(())
    }

    /// Errors of a model that has not been followed yet; none where it came without errors to compare with.
    async fn begin(&self, horizon: Horizon, model: &Version, from_s: i64) -> Result<Option<Errors>, WatchError> {
        let reference = self.parts.learnt.reference().await?;
        let usual = &reference.errors[horizon.index()];
        if reference.version != *model {
            return Ok(None);
        }
        let detector = match PageHinkley::new(usual, PageHinkley::TOLERANCE, PageHinkley::THRESHOLD) {
            Ok(detector) => detector,
            Err(cause) => {
                debug!(%horizon, %model, %cause, "The errors of this model cannot be followed");
                return Ok(None);
            }
        };
        Ok(Some(Errors {
            model: model.clone(),
            next_day_s: from_s,
            days: 0,
            usual: usual.iter().sum::<f64>() / usual.len().max(1) as f64,
            reference_days: u32::try_from(usual.len()).unwrap_or(u32::MAX),
            detector,
            errors: Vec::new(),
            alarms: Vec::new(),
        }))
    }

    /// The errors that were counted at a horizon.
    pub(super) async fn errors_of(&self, horizon: Horizon) -> Result<Option<Errors>, WatchError> {
        self.kept(&errors_name(horizon)).await
    }

    /// What is known about the errors of the model that was followed last.
    pub(super) async fn concept_board(&self, horizon: Horizon) -> Result<ConceptBoard, WatchError> {
        let Some(errors) = self.errors_of(horizon).await? else {
            return Ok(ConceptBoard {
                verdict: DriftVerdict::NotChecked,
                since: None,
                days: 0,
                least_days: LEAST_DAYS,
                reference_days: 0,
                usual: None,
                statistic: None,
                threshold: PageHinkley::THRESHOLD,
                tolerance: PageHinkley::TOLERANCE,
                errors: Vec::new(),
                alarms: Vec::new(),
            });
        };
        let alarm = errors.alarm();
        let end_of = |day_s: i64| instant(day_s + SECONDS_PER_DAY);
        Ok(ConceptBoard {
            verdict: if alarm.is_some() { DriftVerdict::Confirmed } else { DriftVerdict::Calm },
            since: alarm.or_else(|| errors.errors.first().map(|&(day_s, _)| end_of(day_s))),
            days: errors.days,
            least_days: LEAST_DAYS,
            reference_days: errors.reference_days,
            usual: Some(errors.usual),
            statistic: Some(errors.detector.risen()),
            threshold: errors.detector.threshold(),
            tolerance: PageHinkley::TOLERANCE,
            errors: errors.errors.iter().map(|&(day_s, error)| (instant(day_s), error)).collect(),
            alarms: errors.alarms.iter().map(|&day_s| end_of(day_s)).collect(),
        })
    }
}

fn errors_name(horizon: Horizon) -> String {
    format!("errors.{horizon}")
}

/// The mean over coins of |ln(median / realised)| by day of the origins (epoch seconds), of one model: the first origin
/// of each coin and day, as its reference errors have one a day.
fn daily_errors(judged: &[JudgedForecast], horizon: Horizon, model: &Version) -> BTreeMap<i64, f64> {
    let mut first: BTreeMap<(i64, &Symbol), f64> = BTreeMap::new();
    for forecast in judged {
        if forecast.horizon == horizon && forecast.model == model.as_str() {
            let error = (forecast.quantiles[1] / forecast.realised).ln().abs();
            let day_s = forecast.origin_s - forecast.origin_s.rem_euclid(SECONDS_PER_DAY);
            if error.is_finite() {
                // They come in order of time.
                first.entry((day_s, &forecast.symbol)).or_insert(error);
            }
        }
    }
    let mut days: BTreeMap<i64, (f64, u32)> = BTreeMap::new();
    for ((day_s, _), error) in first {
        let (sum, count) = days.entry(day_s).or_default();
        *sum += error;
        *count += 1;
    }
    days.into_iter().map(|(day_s, (sum, count))| (day_s, sum / f64::from(count))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(symbol: &str, model: &str, hour: i64, median: f64) -> JudgedForecast {
        JudgedForecast {
            symbol: Symbol::parse(symbol).expect("a coin"),
            horizon: Horizon::Day,
            model: model.to_owned(),
            origin_s: hour * SECONDS_PER_HOUR,
            chance: 0.2,
            quantiles: [0.5 * median, median, 2.0 * median],
            realised: 0.02,
            was_high: false,
            baseline: None,
        }
    }

    #[test]
    fn a_day_counts_the_first_origin_of_each_coin_of_the_model() {
        let version = Version::parse("lstm-1").expect("a version");
        let e = std::f64::consts::E;
        let rows = [
            judged("BTC", "lstm-1", 1, 0.02 * e),
            judged("BTC", "lstm-1", 2, 0.02),
            judged("ETH", "lstm-1", 5, 0.02 / e.powi(3)),
            judged("ETH", "lstm-0", 0, 9.0),
            judged("BTC", "lstm-1", 24, 0.02),
        ];
        let days = daily_errors(&rows, Horizon::Day, &version);
        let found: Vec<(i64, f64)> = days.into_iter().map(|(day_s, error)| (day_s / SECONDS_PER_DAY, error)).collect();
        assert_eq!(found.len(), 2);
        assert!((found[0].1 - 2.0).abs() < 1e-12 && found[1] == (1, 0.0), "{found:?}");
        assert!(daily_errors(&rows, Horizon::TwoDays, &version).is_empty());
    }

    #[test]
    fn an_alarm_is_over_after_a_month() {
        let usual: Vec<f64> = (0..60).map(|day| 0.2 + 0.01 * f64::from(day % 7)).collect();
        let detector = PageHinkley::new(&usual, PageHinkley::TOLERANCE, PageHinkley::THRESHOLD).expect("they vary");
        let mut errors = Errors {
            model: Version::parse("lstm-1").expect("a version"),
            next_day_s: 0,
            days: 0,
            usual: 0.2,
            reference_days: 60,
            detector,
            errors: Vec::new(),
            alarms: Vec::new(),
        };
        for day in 0..400 {
            errors.take(day * SECONDS_PER_DAY, if day < 200 { 0.2 } else { 2.0 }, Horizon::Day);
            errors.next_day_s = (day + 1) * SECONDS_PER_DAY;
            if day < 200 {
                assert_eq!(errors.alarm(), None, "{day}");
            }
        }
        assert!(errors.alarm().is_some_and(|at| at.as_second() > 200 * SECONDS_PER_DAY));
        assert_eq!((errors.days, errors.errors.len()), (400, KEPT_DAYS));
        errors.next_day_s += 31 * SECONDS_PER_DAY;
        assert_eq!(errors.alarm(), None);
    }
}
