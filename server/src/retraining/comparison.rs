//! Champion and challenger on the same days, which neither was trained on, and what follows from it.
//!
//! The rules are written down before the training begins and travel with its result.

use std::collections::BTreeMap;
use std::fmt;

use domain::clock::instant;
use domain::forecast::Horizon;
use domain::model::Version;
use jiff::Timestamp;
use ml::dataset::Panel;
use ml::evaluate::comparison::diebold_mariano;
use ml::evaluate::judge::judge;
use ml::evaluate::score::Case;
use ml::evaluate::walk::made;
use ml::forecaster::Forecaster;
use ml::model::ModelError;
use serde::{Deserialize, Serialize};

/// When a challenger may serve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// The level of the test of Diebold and Mariano, two-sided, shared by both horizons.
    pub level: f64,
    /// By which share QLIKE must be lower at a horizon where the test does not say so.
    pub margin: f64,
    /// By which share QLIKE may be higher at the other horizon.
    pub tolerance: f64,
    /// What the 80 % interval must cover at least and at most.
    pub coverage80: [f64; 2],
    /// Days without which nothing is said.
    pub least_days: u32,
    /// Lags of the test, days: more than the horizons overlap.
    pub lags: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { level: 0.05, margin: 0.02, tolerance: 0.01, coverage80: [0.7, 0.9], least_days: 30, lags: 14 }
    }
}

/// How a model did at a horizon.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Did {
    /// Mean QLIKE.
    pub qlike: f64,
    /// Share of outcomes in the 80 % interval.
    pub coverage80: f64,
    /// Share of outcomes in the 95 % interval.
    pub coverage95: f64,
}

/// Both models at a horizon, on the same origins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtHorizon {
    /// The horizon.
    pub horizon: Horizon,
    /// Days with a forecast of both.
    pub days: u32,
    /// Forecasts of each.
    pub forecasts: u32,
    /// How the challenger did.
    pub challenger: Did,
    /// How the champion did, where there is one.
    pub champion: Option<Did>,
    /// The statistic of Diebold and Mariano on the day's mean QLIKE over coins: negative where the challenger is better.
    pub statistic: Option<f64>,
    /// Its two-sided p-value.
    pub p: Option<f64>,
}

impl AtHorizon {
    /// By which share the challenger's QLIKE is higher than the champion's; negative where it is lower.
    #[must_use]
    pub fn difference(&self) -> Option<f64> {
        Some(self.challenger.qlike / self.champion?.qlike - 1.0)
    }
}

/// All numbers of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The model that serves; none where none can.
    pub champion: Option<Version>,
    /// The new model.
    pub challenger: Version,
    /// The first day that neither was trained on (UTC).
    pub from: Timestamp,
    /// The end of the days (UTC).
    pub to: Timestamp,
    /// By which rules it is judged.
    pub rules: Rules,
    /// What was found, the shorter horizon first; empty where no day could be scored.
    pub horizons: Vec<AtHorizon>,
}

/// Something that speaks for or against a challenger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ground", rename_all = "snake_case")]
pub enum Ground {
    /// No model can serve so far.
    NoChampion,
    /// The test says that it is better.
    BetterByTest {
        /// Where.
        horizon: Horizon,
        /// By which share its QLIKE differs.
        difference: f64,
        /// The p-value.
        p: f64,
    },
    /// It is better by the margin.
    BetterByMargin {
        /// Where.
        horizon: Horizon,
        /// By which share its QLIKE differs.
        difference: f64,
    },
    /// It is not better by enough at either horizon.
    NotBetter {
        /// By which share its QLIKE differs, the shorter horizon first.
        differences: Vec<f64>,
    },
    /// It is worse at a horizon.
    Worse {
        /// Where.
        horizon: Horizon,
        /// By which share its QLIKE differs.
        difference: f64,
    },
    /// Its 80 % interval covers too little or too much.
    Coverage {
        /// Where.
        horizon: Horizon,
        /// What it covers.
        coverage80: f64,
    },
    /// Too few days to say anything.
    TooFewDays {
        /// How many there are.
        days: u32,
        /// How many are needed.
        needed: u32,
    },
    /// It is the champion itself: nothing new was learnt.
    Same,
}

impl Ground {
    const fn is_for(&self) -> bool {
        matches!(self, Self::NoChampion | Self::BetterByTest { .. } | Self::BetterByMargin { .. })
    }
}

impl fmt::Display for Ground {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: &f64| format!("{:+.1} %", 100.0 * share);
        match self {
            Self::NoChampion => write!(out, "no other model can serve"),
            Self::BetterByTest { horizon, difference, p } => {
                write!(out, "QLIKE at {horizon} is {} against the champion's, p {p:.3}", percent(difference))
            }
            Self::BetterByMargin { horizon, difference } => {
                write!(out, "QLIKE at {horizon} is {} against the champion's, beyond the margin", percent(difference))
            }
            Self::NotBetter { differences } => {
                let differences: Vec<String> = differences.iter().map(percent).collect();
                write!(out, "not better by more than chance: QLIKE {}", differences.join(" and "))
            }
            Self::Worse { horizon, difference } => {
                write!(out, "worse at {horizon}: QLIKE {} against the champion's", percent(difference))
            }
            Self::Coverage { horizon, coverage80 } => {
                write!(out, "the 80 % interval at {horizon} covers {:.1} %", 100.0 * coverage80)
            }
            Self::TooFewDays { days, needed } => {
                write!(out, "{days} days that neither was trained on, and {needed} are needed")
            }
            Self::Same => write!(out, "the training made the champion once more"),
        }
    }
}

/// Whether a challenger may serve, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ruling {
    /// Whether it may.
    pub promotes: bool,
    /// Why.
    pub grounds: Vec<Ground>,
}

impl Ruling {
    fn no(grounds: Vec<Ground>) -> Self {
        Self { promotes: false, grounds }
    }

    /// The grounds as a sentence without its end.
    #[must_use]
    pub fn words(&self) -> String {
        self.grounds.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

impl Comparison {
    /// What the rules say. Votes, drift and whoever wants it have no part in it.
    #[must_use]
    pub fn ruling(&self) -> Ruling {
        if self.champion.as_ref() == Some(&self.challenger) {
            return Ruling::no(vec![Ground::Same]);
        }
        let days = if self.horizons.len() < Horizon::ALL.len() { 0 } else { self.fewest_days() };
        if days < self.rules.least_days {
            return Ruling::no(vec![Ground::TooFewDays { days, needed: self.rules.least_days }]);
        }
        let mut grounds: Vec<Ground> = self.horizons.iter().filter_map(|at| self.coverage(at)).collect();
        if self.champion.is_none() {
            return if grounds.is_empty() {
                Ruling { promotes: true, grounds: vec![Ground::NoChampion] }
            } else {
                Ruling::no(grounds)
            };
        }
        grounds.extend(self.horizons.iter().filter_map(|at| self.accuracy(at)));
        if !grounds.iter().any(Ground::is_for) {
            let differences = self.horizons.iter().filter_map(AtHorizon::difference).collect();
            grounds.push(Ground::NotBetter { differences });
        }
        let promotes = grounds.iter().all(Ground::is_for);
        if !promotes {
            grounds.retain(|ground| !ground.is_for());
        }
        Ruling { promotes, grounds }
    }

    fn fewest_days(&self) -> u32 {
        self.horizons.iter().map(|at| at.days).min().unwrap_or_default()
    }

    fn coverage(&self, at: &AtHorizon) -> Option<Ground> {
        let [least, most] = self.rules.coverage80;
        let coverage80 = at.challenger.coverage80;
        (!(least..=most).contains(&coverage80)).then_some(Ground::Coverage { horizon: at.horizon, coverage80 })
    }

    fn accuracy(&self, at: &AtHorizon) -> Option<Ground> {
        let (horizon, difference) = (at.horizon, at.difference()?);
        // Two horizons are two chances to be lucky.
        let says = |level: f64| at.p.filter(|p| *p <= level);
        if difference > self.rules.tolerance || (difference > 0.0 && says(self.rules.level).is_some()) {
            return Some(Ground::Worse { horizon, difference });
        }
        if difference >= 0.0 {
            return None;
        }
        if let Some(p) = says(self.rules.level / Horizon::ALL.len() as f64) {
            return Some(Ground::BetterByTest { horizon, difference, p });
        }
        (difference <= -self.rules.margin).then_some(Ground::BetterByMargin { horizon, difference })
    }
}

/// Asks both at 00:00 UTC of every day from `from_s` to before `to_s` (epoch seconds) that neither was trained on.
///
/// # Errors
/// [`ModelError`] where one of them fails.
pub fn compare(
    panel: &Panel,
    champion: Option<&Forecaster>,
    challenger: &Forecaster,
    [from_s, to_s]: [i64; 2],
    rules: Rules,
) -> Result<Comparison, ModelError> {
    let trained_to_s = |forecaster: &Forecaster| forecaster.manifest().trained_to.as_second();
    let from_s = from_s.max(trained_to_s(challenger)).max(champion.map_or(i64::MIN, trained_to_s));
    let asked = |forecaster: &Forecaster| {
        let origins = panel.origins(trained_to_s(forecaster), to_s, 24);
        Ok::<_, ModelError>(judge(panel, &made(panel, forecaster.model(), &origins)?, forecaster.calibration(), from_s))
    };
    let ours = asked(challenger)?;
    let theirs = champion.map(asked).transpose()?;
    let horizons = Horizon::ALL.into_iter().filter_map(|horizon| {
        let theirs = theirs.as_ref().map(|both| both[horizon.index()].as_slice());
        at_horizon(horizon, &ours[horizon.index()], theirs, rules)
    });
    Ok(Comparison {
        champion: champion.map(|champion| champion.manifest().version.clone()),
        challenger: challenger.manifest().version.clone(),
        from: instant(from_s),
        to: instant(to_s),
        rules,
        horizons: horizons.collect(),
    })
}

fn at_horizon(horizon: Horizon, ours: &[Case], theirs: Option<&[Case]>, rules: Rules) -> Option<AtHorizon> {
    let known = |cases: &[Case]| -> BTreeMap<(i64, u32), Case> {
        let sound = cases.iter().filter(|case| case.qlike().is_finite());
        sound.map(|case| ((case.origin_s, case.coin), *case)).collect()
    };
    let (mut ours, theirs) = (known(ours), theirs.map(known));
    let theirs = theirs.map(|mut theirs| {
        ours.retain(|place, _| theirs.contains_key(place));
        theirs.retain(|place, _| ours.contains_key(place));
        theirs
    });
    if ours.is_empty() {
        return None;
    }
    let our_days = daily(&ours);
    let test = theirs.as_ref().and_then(|theirs| diebold_mariano(&our_days, &daily(theirs), rules.lags as usize).ok());
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Some(AtHorizon {
        horizon,
        days: count(our_days.len()),
        forecasts: count(ours.len()),
        challenger: did(&ours),
        champion: theirs.as_ref().map(did),
        statistic: test.map(|test| test.statistic),
        p: test.map(|test| test.p),
    })
}

/// Mean QLIKE over coins, day by day.
fn daily(cases: &BTreeMap<(i64, u32), Case>) -> Vec<f64> {
    let mut days: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for ((origin_s, _), case) in cases {
        let (sum, count) = days.entry(*origin_s).or_default();
        *sum += case.qlike();
        *count += 1.0;
    }
    days.into_values().map(|(sum, count)| sum / count).collect()
}

fn did(cases: &BTreeMap<(i64, u32), Case>) -> Did {
    let count = cases.len() as f64;
    let share = |is_in: &dyn Fn(&Case) -> bool| cases.values().filter(|case| is_in(case)).count() as f64 / count;
    Did {
        qlike: cases.values().map(Case::qlike).sum::<f64>() / count,
        coverage80: share(&Case::is_in80),
        coverage95: share(&|case| (case.log_quantiles[0]..=case.log_quantiles[6]).contains(&case.log_realised)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(name: &str) -> Version {
        Version::parse(name).expect("a version")
    }

    fn at(horizon: Horizon, challenger: f64, champion: f64, p: f64, coverage80: f64) -> AtHorizon {
        let did = |qlike: f64, coverage80: f64| Did { qlike, coverage80, coverage95: 0.95 };
        AtHorizon {
            horizon,
            days: 60,
            forecasts: 540,
            challenger: did(challenger, coverage80),
            champion: Some(did(champion, 0.8)),
            statistic: Some(0.0),
            p: Some(p),
        }
    }

    fn comparison(horizons: [AtHorizon; 2]) -> Comparison {
        Comparison {
            champion: Some(version("lstm-1")),
            challenger: version("lstm-2"),
            from: instant(0),
            to: instant(60 * 86_400),
            rules: Rules::default(),
            horizons: horizons.to_vec(),
        }
    }

    #[test]
    fn a_challenger_serves_only_where_it_is_better_and_nothing_speaks_against_it() {
        let (day, two) = (Horizon::Day, Horizon::TwoDays);
        for (horizons, promotes, what) in [
            ([at(day, 0.30, 0.35, 0.01, 0.8), at(two, 0.30, 0.30, 1.0, 0.8)], true, "better by the test"),
            ([at(day, 0.34, 0.35, 0.30, 0.8), at(two, 0.30, 0.30, 1.0, 0.8)], true, "better by the margin"),
            ([at(day, 0.349, 0.35, 0.30, 0.8), at(two, 0.299, 0.30, 0.4, 0.8)], false, "too little"),
            ([at(day, 0.349, 0.35, 0.04, 0.8), at(two, 0.30, 0.30, 1.0, 0.8)], false, "both horizons share the level"),
            ([at(day, 0.349, 0.35, 0.02, 0.8), at(two, 0.30, 0.30, 1.0, 0.8)], true, "little but certain"),
            ([at(day, 0.30, 0.35, 0.01, 0.8), at(two, 0.31, 0.30, 0.5, 0.8)], false, "worse at the other horizon"),
            ([at(day, 0.30, 0.35, 0.01, 0.8), at(two, 0.301, 0.30, 0.01, 0.8)], false, "certainly worse there"),
            ([at(day, 0.30, 0.35, 0.01, 0.65), at(two, 0.30, 0.30, 1.0, 0.8)], false, "too narrow"),
            ([at(day, 0.30, 0.35, 0.01, 0.8), at(two, 0.30, 0.30, 1.0, 0.95)], false, "too wide"),
        ] {
            let ruling = comparison(horizons).ruling();
            assert_eq!(ruling.promotes, promotes, "{what}: {ruling:?}");
            assert!(!ruling.words().is_empty(), "{what}");
        }
    }

    #[test]
    fn too_few_days_and_the_same_model_say_nothing() {
        let better = || [at(Horizon::Day, 0.3, 0.4, 0.001, 0.8), at(Horizon::TwoDays, 0.3, 0.4, 0.001, 0.8)];
        let mut short = comparison(better());
        short.horizons[1].days = 29;
        assert_eq!(short.ruling().grounds, [Ground::TooFewDays { days: 29, needed: 30 }]);
        short.horizons.clear();
        assert_eq!(short.ruling().grounds, [Ground::TooFewDays { days: 0, needed: 30 }]);
        let mut same = comparison(better());
        same.champion = Some(same.challenger.clone());
        assert_eq!(same.ruling(), Ruling { promotes: false, grounds: vec![Ground::Same] });
    }

    #[test]
    fn the_first_model_serves_where_its_intervals_hold() {
        let mut first = comparison([at(Horizon::Day, 0.3, 0.4, 1.0, 0.8), at(Horizon::TwoDays, 0.3, 0.4, 1.0, 0.8)]);
        first.champion = None;
        assert_eq!(first.ruling(), Ruling { promotes: true, grounds: vec![Ground::NoChampion] });
        first.horizons[0].challenger.coverage80 = 0.5;
        assert!(!first.ruling().promotes);
    }

    #[test]
    fn a_comparison_comes_back_from_json_as_it_went() {
        let kept = comparison([at(Horizon::Day, 0.3, 0.4, 0.2, 0.8), at(Horizon::TwoDays, 0.3, 0.4, 0.1, 0.8)]);
        let json = serde_json::to_string(&kept).expect("JSON");
        assert_eq!(serde_json::from_str::<Comparison>(&json).expect("a comparison"), kept);
    }
}
