//! Windows of the calendar against what was learnt from, and how the forecasts did in them.

use std::collections::BTreeMap;

use domain::clock::instant;
use domain::forecast::Horizon;
use domain::market::Symbol;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use ml::dataset::Panel;
use ml::drift::{ColumnReport, Report, Role, Rules, TestKind, Verdict};
use ml::evaluate::score::Case;
use rayon::prelude::*;
use serde::Serialize;

use super::{Era, Series, Walked, chances, rows};
use crate::verbs::archive;
use crate::watching::{WatchError, against};

const MONTHS_OF_A_YEAR: i32 = 12;

/// Windows without which two columns of them are not correlated.
const LEAST_WINDOWS: usize = 5;

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Found {
    /// The horizon of the forecasts.
    pub(super) horizon: Horizon,
    /// Calendar months of a window.
    pub(super) months: u8,
    /// The rules of every comparison.
    pub(super) rules: Rules,
    /// The champion, or the model that is renewed.
    pub(super) served: Story,
    /// The first of the renewed ones, never renewed.
    pub(super) kept: Option<Story>,
}

/// What happened to one model, or to several that followed each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Story {
    /// What it is.
    pub(super) name: String,
    /// In order of time.
    pub(super) windows: Vec<Window>,
    /// All of them together.
    pub(super) all: Sum,
    /// Each year together.
    pub(super) years: Vec<(i16, Sum)>,
    /// Those of each verdict together.
    pub(super) verdicts: Vec<(Verdict, Sum)>,
    /// What goes with the distance from the reference.
    pub(super) links: Vec<Link>,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Window {
    /// Its begin (UTC).
    pub(super) from: Timestamp,
    /// Its end (UTC), no part of it.
    pub(super) to: Timestamp,
    /// The first origin of the reference (UTC).
    pub(super) reference_from: Timestamp,
    /// After its last one (UTC).
    pub(super) reference_to: Timestamp,
    /// Rows of the reference.
    pub(super) reference_rows: u64,
    /// Rows of the window.
    pub(super) rows: u64,
    /// Whether the features drifted.
    pub(super) verdict: Verdict,
    /// Features that did.
    pub(super) drifted: u32,
    /// Features that could be judged.
    pub(super) judged: u32,
    /// Features in all.
    pub(super) features: u32,
    /// Drifted over judged ones, 0 to 1.
    pub(super) share: f64,
    /// Features that would have drifted had rows been taken for independent of each other.
    pub(super) drifted_if_independent: u32,
    /// How far the window is from the reference: the mean over features of the Wasserstein distance, in standard
    /// deviations of the reference.
    pub(super) distance: f64,
    /// Every column: features, target and forecast.
    pub(super) columns: Vec<Moved>,
    /// How the forecasts did; none where no outcome is known.
    pub(super) scores: Option<Scores>,
}

/// How a column moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Moved {
    /// Its name.
    pub(super) name: String,
    /// What it is to the model.
    pub(super) role: Role,
    /// Whether it drifted.
    pub(super) verdict: Verdict,
    /// Tests that say so.
    pub(super) because: Vec<TestKind>,
    /// By how much the mean moved, in standard deviations of the reference; none for categories.
    pub(super) shift: Option<f64>,
    /// Wasserstein distance in these; none for categories.
    pub(super) wasserstein: Option<f64>,
    /// Population stability index.
    pub(super) psi: Option<f64>,
    /// As many independent rows those of the window are worth.
    pub(super) independent_rows: f64,
}

/// How forecasts did beside those of the baseline, on the same origins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Scores {
    /// Forecasts of each.
    pub(super) forecasts: usize,
    /// Mean QLIKE.
    pub(super) qlike: f64,
    /// Mean QLIKE of HAR with calendar.
    pub(super) baseline: f64,
    /// Share of outcomes in the 80 % interval, 0 to 1.
    pub(super) coverage80: f64,
}

impl Scores {
    /// By which share QLIKE is higher than the baseline's; negative where it is lower.
    #[must_use]
    pub(super) fn against_baseline(&self) -> f64 {
        self.qlike / self.baseline - 1.0
    }
}

/// Some windows together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Sum {
    /// How many.
    pub(super) windows: usize,
    /// Those in which the features drifted.
    pub(super) drifted: usize,
    /// Those that could be judged.
    pub(super) judged: usize,
    /// Mean distance from the reference; 0 where there is no window.
    pub(super) distance: f64,
    /// All their forecasts together.
    pub(super) scores: Option<Scores>,
}

/// What goes with the distance of a window from the reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Link {
    /// With what.
    pub(super) with: With,
    /// Spearman's rank correlation, -1 to 1.
    pub(super) rank_correlation: f64,
    /// Over so many windows.
    pub(super) windows: usize,
}

/// A number of a window's scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum With {
    /// QLIKE of the model.
    Qlike,
    /// QLIKE of the model over that of the baseline.
    QlikeAgainstBaseline,
    /// How far the 80 % interval's coverage is from 80 %.
    CoverageError,
}

impl With {
    const ALL: [Self; 3] = [Self::Qlike, Self::QlikeAgainstBaseline, Self::CoverageError];

    /// The words for it.
    #[must_use]
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Qlike => "QLIKE",
            Self::QlikeAgainstBaseline => "QLIKE against HAR with calendar",
            Self::CoverageError => "distance of the coverage from 80 %",
        }
    }

    fn of(self, scores: &Scores) -> f64 {
        match self {
            Self::Qlike => scores.qlike,
            Self::QlikeAgainstBaseline => scores.against_baseline(),
            Self::CoverageError => (scores.coverage80 - 0.8).abs(),
        }
    }
}

/// Compares every window with what was learnt from.
///
/// # Errors
/// [`WatchError::Drift`] where two tables cannot be compared, which the same features always can.
pub(super) fn find(panel: &Panel, walked: &Walked, horizon: Horizon, months: u8) -> Result<Found, WatchError> {
    let rules = Rules::default();
    let spans = calendar(walked.from_s, walked.to_s, months);
    let baseline: BTreeMap<(u32, i64), Case> =
        walked.baseline.iter().map(|case| ((case.coin, case.origin_s), *case)).collect();
    let story = |series: &Series| story(panel, series, &baseline, &spans, horizon, &rules);
    let served = story(&walked.served)?;
    let kept = walked.kept.as_ref().map(story).transpose()?;
    Ok(Found { horizon, months, rules, served, kept })
}

fn story(
    panel: &Panel,
    series: &Series,
    baseline: &BTreeMap<(u32, i64), Case>,
    spans: &[[i64; 2]],
    horizon: Horizon,
    rules: &Rules,
) -> Result<Story, WatchError> {
    let chances = chances(panel, &series.cases);
    let one = |&span: &[i64; 2]| -> Option<Result<Window, WatchError>> {
        let era = series.eras.iter().rev().find(|era| era.from_s <= span[0])?;
        let scores = scores(&series.cases, baseline, span);
        Some(window(panel, era, span, &chances, scores, horizon, rules))
    };
    let windows: Vec<Window> = spans.par_iter().filter_map(one).collect::<Result<_, _>>()?;
    Ok(told(series.name.clone(), windows))
}

/// Windows with what they come to together.
fn told(name: String, windows: Vec<Window>) -> Story {
    let year = |window: &Window| Offset::UTC.to_datetime(window.from).date().year();
    let years = windows.chunk_by(|one, next| year(one) == year(next));
    let years = years.map(|of_year| (year(&of_year[0]), sum(of_year))).collect();
    let verdicts = [Verdict::Drifted, Verdict::Stable, Verdict::TooFewRows]
        .into_iter()
        .map(|verdict| (verdict, sum(windows.iter().filter(|window| window.verdict == verdict))))
        .filter(|(_, sum)| sum.windows > 0)
        .collect();
    let links = With::ALL.into_iter().filter_map(|with| link(&windows, with)).collect();
    Story { name, all: sum(&windows), years, verdicts, links, windows }
}

fn window(
    panel: &Panel,
    era: &Era,
    span: [i64; 2],
    chances: &BTreeMap<(&Symbol, i64), f64>,
    scores: Option<Scores>,
    horizon: Horizon,
    rules: &Rules,
) -> Result<Window, WatchError> {
    let current = rows(panel, horizon, span, chances);
    let Report { verdict, drifted, judged, features, share, reference_rows, current_rows, columns, .. } =
        against(&era.reference, &current, rules)?;
    let as_if_independent = Rules { serial_correlation: false, ..rules.clone() };
    let drifted_if_independent = against(&era.reference, &current, &as_if_independent)?.drifted;
    let columns: Vec<Moved> = columns.iter().map(moved).collect();
    let [from, to, reference_from, reference_to] =
        [span[0], span[1], era.reference_from_s, era.reference_to_s].map(instant);
    Ok(Window {
        from,
        to,
        reference_from,
        reference_to,
        reference_rows,
        rows: current_rows,
        verdict,
        drifted,
        judged,
        features,
        share,
        drifted_if_independent,
        distance: mean(columns.iter().filter(|of| of.role == Role::Feature).filter_map(|of| of.wasserstein)),
        columns,
        scores,
    })
}

fn moved(column: &ColumnReport) -> Moved {
    let statistic = |kind: TestKind| column.test(kind).map(|result| result.statistic);
    let shift = column.reference.numbers.as_ref().zip(column.current.numbers.as_ref()).and_then(|(then, now)| {
        let deviation = then.standard_deviation;
        (deviation > 0.0).then(|| (now.mean - then.mean) / deviation)
    });
    let known = column.current.rows - column.current.missing;
    Moved {
        name: column.name.clone(),
        role: column.role,
        verdict: column.verdict,
        because: column.because.clone(),
        shift,
        wasserstein: statistic(TestKind::Wasserstein),
        psi: statistic(TestKind::Psi),
        independent_rows: known as f64 / column.correlation_rows,
    }
}

/// How `ours` did beside the baseline at the origins of a span (epoch seconds) that both have a forecast for.
fn scores(ours: &[Case], baseline: &BTreeMap<(u32, i64), Case>, [from_s, to_s]: [i64; 2]) -> Option<Scores> {
    let both: Vec<(&Case, &Case)> = ours
        .iter()
        .filter(|case| (from_s..to_s).contains(&case.origin_s))
        .filter_map(|case| Some((case, baseline.get(&(case.coin, case.origin_s))?)))
        .collect();
    (!both.is_empty()).then(|| Scores {
        forecasts: both.len(),
        qlike: mean(both.iter().map(|(ours, _)| ours.qlike())),
        baseline: mean(both.iter().map(|(_, theirs)| theirs.qlike())),
        coverage80: mean(both.iter().map(|(ours, _)| f64::from(u8::from(ours.is_in80())))),
    })
}

/// Windows together; forecasts count one by one.
fn sum<'a>(windows: impl IntoIterator<Item = &'a Window>) -> Sum {
    let windows: Vec<&Window> = windows.into_iter().collect();
    let count = |verdict: Verdict| windows.iter().filter(|window| window.verdict == verdict).count();
    let scores: Vec<Scores> = windows.iter().filter_map(|window| window.scores).collect();
    let forecasts: usize = scores.iter().map(|scores| scores.forecasts).sum();
    let pooled = |of: fn(&Scores) -> f64| {
        scores.iter().map(|scores| of(scores) * scores.forecasts as f64).sum::<f64>() / forecasts as f64
    };
    Sum {
        windows: windows.len(),
        drifted: count(Verdict::Drifted),
        judged: windows.len() - count(Verdict::TooFewRows),
        distance: mean(windows.iter().map(|window| window.distance)),
        scores: (forecasts > 0).then(|| Scores {
            forecasts,
            qlike: pooled(|scores| scores.qlike),
            baseline: pooled(|scores| scores.baseline),
            coverage80: pooled(|scores| scores.coverage80),
        }),
    }
}

fn link(windows: &[Window], with: With) -> Option<Link> {
    let (distances, numbers): (Vec<f64>, Vec<f64>) = windows
        .iter()
        .filter_map(|window| Some((window.distance, with.of(window.scores.as_ref()?))))
        .filter(|(distance, number)| distance.is_finite() && number.is_finite())
        .unzip();
    let rank_correlation = rank_correlation(&distances, &numbers)?;
    Some(Link { with, rank_correlation, windows: distances.len() })
}

/// Spearman's rank correlation with mid-ranks; none for few pairs, and where one of the columns does not vary.
fn rank_correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    if one.len() < LEAST_WINDOWS || one.len() != other.len() {
        return None;
    }
    let (one, other) = (mid_ranks(one), mid_ranks(other));
    // The mean of all ranks is the same for both.
    let middle = 0.5 * (one.len() - 1) as f64;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>();
    let scale = (product(&one, &one) * product(&other, &other)).sqrt();
    (scale > 0.0).then(|| product(&one, &other) / scale)
}

/// Ranks from 0; equal values share the middle of theirs.
fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = |value: &f64| {
        let below = sorted.partition_point(|other| other < value);
        let to = sorted.partition_point(|other| other <= value);
        0.5 * (below + to - 1) as f64
    };
    values.iter().map(rank).collect()
}

/// The mean; 0 of nothing.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}

/// Windows of whole calendar months (UTC) that cover `[from_s, to_s)`, epoch seconds; the first and the last one may be
/// cut.
fn calendar(from_s: i64, to_s: i64, months: u8) -> Vec<[i64; 2]> {
    let months = i32::from(months.max(1));
    let mut spans = Vec::new();
    let mut start_s = from_s;
    while start_s < to_s {
        let date = Offset::UTC.to_datetime(instant(start_s)).date();
        let month = i32::from(date.year()) * MONTHS_OF_A_YEAR + i32::from(date.month()) - 1;
        let next_s = month_start((month.div_euclid(months) + 1) * months);
        let end_s = next_s.min(to_s);
        spans.push([start_s, end_s]);
        start_s = end_s;
    }
    spans
}

/// The start of a year, UTC, epoch seconds.
pub(super) fn year_start(year: i32) -> i64 {
    month_start(year * MONTHS_OF_A_YEAR)
}

/// The start of a month, counted from January of year 0, UTC, epoch seconds; the end of time where there is no such
/// date.
fn month_start(month: i32) -> i64 {
    let year = i16::try_from(month.div_euclid(MONTHS_OF_A_YEAR));
    let of_year = i8::try_from(month.rem_euclid(MONTHS_OF_A_YEAR) + 1);
    match (year, of_year) {
        (Ok(year), Ok(of_year)) => Date::new(year, of_year, 1).map_or(i64::MAX, archive::day),
        _ => i64::MAX,
    }
}

/// Windows for the tests of what is printed and drawn.
#[cfg(test)]
pub(super) fn sample() -> Found {
    let column = |name: &str, role: Role, shift: f64, verdict: Verdict| Moved {
        name: name.to_owned(),
        role,
        verdict,
        because: if verdict == Verdict::Drifted { vec![TestKind::Wasserstein] } else { Vec::new() },
        shift: Some(shift),
        wasserstein: Some(shift.abs()),
        psi: Some(0.2),
        independent_rows: 4.0,
    };
    let window = |month: i32, verdict: Verdict, shift: f64| {
        let [from, to, reference_from, reference_to] =
            [month, month + 1, month - 12, month].map(|month| instant(month_start(month)));
        Window {
            from,
            to,
            reference_from,
            reference_to,
            reference_rows: 3_285,
            rows: 270,
            verdict,
            drifted: u32::from(verdict == Verdict::Drifted),
            judged: if verdict == Verdict::TooFewRows { 0 } else { 2 },
            features: 2,
            share: if verdict == Verdict::Drifted { 0.5 } else { 0.0 },
            drifted_if_independent: 2,
            distance: shift.abs(),
            columns: vec![
                column("log_rv_1d", Role::Feature, shift, verdict),
                column("<rsi>", Role::Feature, 0.01, Verdict::Stable),
                column("log_outcome", Role::Target, shift, Verdict::Stable),
                column("prediction_proba", Role::Forecast, -shift, Verdict::Stable),
            ],
            scores: Some(Scores { forecasts: 270, qlike: 0.3 + 0.1 * shift.abs(), baseline: 0.4, coverage80: 0.79 }),
        }
    };
    let first = 2024 * MONTHS_OF_A_YEAR + 6;
    let verdicts = [
        Verdict::Stable,
        Verdict::Drifted,
        Verdict::TooFewRows,
        Verdict::Stable,
        Verdict::Drifted,
        Verdict::Stable,
        Verdict::Stable,
    ];
    let shifts = [0.1, -1.5, 0.2, 0.3, 0.9, 0.0, 0.4];
    let windows = (first..).zip(verdicts.into_iter().zip(shifts));
    let windows: Vec<Window> = windows.map(|(month, (verdict, shift))| window(month, verdict, shift)).collect();
    Found {
        horizon: Horizon::Day,
        months: 1,
        rules: Rules::default(),
        served: told("lstm fitted anew <each> year".to_owned(), windows.clone()),
        kept: Some(told("lstm fitted once".to_owned(), windows)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i64 {
        archive::day(text.parse().expect("a date"))
    }

    fn case(coin: u32, origin_s: i64, realised: f64, is_inside: bool) -> Case {
        let log_realised = realised.ln();
        let width = if is_inside { 1.0 } else { -1.0 };
        Case {
            coin,
            origin_s,
            log_forecast: -3.0,
            log_quantiles: [-3.0, log_realised - width, -1.0, 0.0, 1.0, log_realised + width, 3.0],
            variance_forecast: 0.01,
            chance: 0.2,
            log_usual: [-4.0, -2.0],
            log_before: -3.0,
            log_realised,
        }
    }

    #[test]
    fn windows_are_calendar_months_and_those_at_the_ends_are_cut() {
        let spans = calendar(day("2023-11-15"), day("2024-02-10"), 1);
        let dates = ["2023-11-15", "2023-12-01", "2024-01-01", "2024-02-01", "2024-02-10"].map(day);
        let expected: Vec<[i64; 2]> = dates.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        assert_eq!(spans, expected);
        let quarters = calendar(day("2023-10-01"), day("2024-07-01"), 3);
        assert_eq!(quarters.len(), 3);
        assert_eq!(quarters[1], [day("2024-01-01"), day("2024-04-01")]);
        assert!(calendar(5, 5, 1).is_empty());
        assert_eq!(year_start(2024), day("2024-01-01"));
    }

    #[test]
    fn forecasts_are_scored_where_the_baseline_has_one_too() {
        let ours = [
            case(0, 10, 0.1, true),
            case(0, 20, 0.2, false),
            case(1, 20, 0.1, true),
            // Outside the span, and without a forecast of the baseline.
            case(0, 30, 9.0, true),
            case(2, 10, 9.0, true),
        ];
        let theirs = [case(0, 10, 0.1, true), case(0, 20, 0.2, true), case(1, 20, 0.1, true), case(0, 30, 0.1, true)];
        let baseline = theirs.iter().map(|case| ((case.coin, case.origin_s), *case)).collect();
        let found = scores(&ours, &baseline, [10, 30]).expect("three forecasts");
        assert_eq!(found.forecasts, 3);
        // The realised variance is 0.01 as was expected, but for one that is four times as much.
        assert!((found.qlike - (4.0 - 4.0_f64.ln() - 1.0) / 3.0).abs() < 1e-9, "{found:?}");
        assert!(found.against_baseline().abs() < 1e-12);
        assert!((found.coverage80 - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(scores(&ours, &baseline, [31, 40]), None);
    }

    #[test]
    fn ranks_are_correlated_and_not_values() {
        let rising = [1.0, 2.0, 3.0, 4.0, 1_000.0];
        let falling = [9.0, 8.0, 8.0, 1.0, -5.0];
        assert_eq!(rank_correlation(&rising, &rising), Some(1.0));
        let found = rank_correlation(&rising, &falling).expect("both vary");
        assert!((-1.0..-0.95).contains(&found), "{found}");
        assert_eq!(mid_ranks(&falling), [4.0, 2.5, 2.5, 1.0, 0.0]);
        assert_eq!(rank_correlation(&rising, &[1.0; 5]), None);
        assert_eq!(rank_correlation(&[1.0, 2.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn windows_come_together_by_year_and_by_verdict() {
        let Story { all, years, verdicts, links, .. } = sample().served;
        assert_eq!((all.windows, all.drifted, all.judged), (7, 2, 6));
        let scores = all.scores.expect("every window has scores");
        assert_eq!(scores.forecasts, 7 * 270);
        assert!((scores.qlike - (0.3 + 0.1 * 3.4 / 7.0)).abs() < 1e-12, "{scores:?}");
        assert_eq!(years.iter().map(|(year, sum)| (*year, sum.windows)).collect::<Vec<_>>(), [(2024, 6), (2025, 1)]);
        let counts: Vec<(Verdict, usize)> = verdicts.iter().map(|(verdict, sum)| (*verdict, sum.windows)).collect();
        assert_eq!(counts, [(Verdict::Drifted, 2), (Verdict::Stable, 4), (Verdict::TooFewRows, 1)]);
        // The sample's QLIKE rises with the distance, its coverage does not move.
        assert_eq!(links.len(), 2);
        assert!((links[0].rank_correlation - 1.0).abs() < 1e-12 && links[0].with == With::Qlike);
    }
}
