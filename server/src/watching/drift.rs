//! Windows of published forecasts against what the champion was trained on.

use std::sync::Arc;

use domain::clock::{SECONDS_PER_HOUR, instant};
use jiff::{SignedDuration, Timestamp};
use ml::drift::{
    Column, ColumnReport, Histogram as BothHistograms, Pair, Report, Role, Rules, Summary, Verdict, compare,
};
use tracing::{info, warn};

use super::boards::{
    Comparison, DriftBoard, DriftQuery, DriftVerdict, DriftWindow, FeatureDrift, Histogram, Numbers, TestScore,
};
use super::reference::{Reference, Table, watched_features};
use super::standing::Standing;
use super::{EVERY_HOURS, WatchError, Watching, on_a_thread};
use crate::store::{DriftCheck, DriftColumn, DriftScore, ProducedRow};

/// Seconds from one window to the next.
const STEP_S: i64 = EVERY_HOURS as i64 * SECONDS_PER_HOUR;
const SECONDS_PER_DAY: i64 = 24 * SECONDS_PER_HOUR;

/// How long details of windows are kept.
const KEEP_DETAILS: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long anything of windows is kept.
const KEEP: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Windows of which a board shows what they came to: a month of them.
const SHOWN_WINDOWS: u32 = 30 * 24 / EVERY_HOURS;

/// Names of the columns that are no features, as in the monitoring data.
const CHANCE: &str = "prediction_proba";
const OUTCOME: &str = "log_outcome";
const TARGET: &str = "target";

impl Watching {
    /// Compares every window that has ended since the last one with the reference, and follows the error.
    ///
    /// # Errors
    /// [`WatchError`]; what was kept before stays.
    pub async fn look_for_drift(&self, now: Timestamp) -> Result<(), WatchError> {
        for query in DriftQuery::all() {
            self.check(query, now).await?;
        }
        self.follow_errors(now).await?;
        let before = |kept: SignedDuration| now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        self.parts.store.forget_drift(before(KEEP_DETAILS), before(KEEP)).await?;
        self.parts.store.forget_source_failures(before(KEEP)).await?;
        self.look_up_confirmed().await?;
        Ok(())
    }

    /// Compares the windows of one query that have ended since the last one, at most as many as a verdict looks at.
    async fn check(&self, query: DriftQuery, now: Timestamp) -> Result<(), WatchError> {
        let Some(champion) = self.parts.learnt.champion().await? else { return Ok(()) };
        let of = self.parts.settings.of.max(1);
        let newest_s = now.as_second() - now.as_second().rem_euclid(STEP_S);
        let mut standing = self.drift_standing(query).await?.filter(|standing| standing.model == champion.version);
        let done_s = standing.as_ref().map_or(i64::MIN, |standing| standing.ends_at.as_second());
        let oldest_s = newest_s - (i64::from(of) - 1) * STEP_S;
        let mut ends_s = oldest_s.max(done_s.saturating_add(STEP_S));
        while ends_s <= newest_s && !self.parts.stop.is_cancelled() {
            let from_s = ends_s - i64::from(query.days) * SECONDS_PER_DAY;
            let rows = self.parts.store.produced_rows(query.horizon, from_s, ends_s, EVERY_HOURS).await?;
            // Nothing was ever published: there is nothing to say, and perhaps nothing to compare with.
            if rows.is_empty() && standing.is_none() {
                ends_s += STEP_S;
                continue;
            }
            let reference = self.parts.learnt.reference().await?;
            let check = self.compare(query, instant(ends_s), rows, &reference, now).await?;
            let rule = (self.parts.settings.needed, self.parts.settings.of);
            let was = standing.as_ref().map(|standing| standing.verdict);
            let after = Standing::after(standing, &check.model, check.ends_at, check.verdict, rule)?;
            if was != Some(after.verdict) {
                tell(query, &after, &check);
            }
            self.parts.store.keep_watch_state(&standing_name(query), &after, now).await?;
            standing = Some(after);
            ends_s += STEP_S;
        }
        Ok(())
    }

    async fn compare(
        &self,
        query: DriftQuery,
        ends_at: Timestamp,
        rows: Vec<ProducedRow>,
        reference: &Arc<Reference>,
        now: Timestamp,
    ) -> Result<DriftCheck, WatchError> {
        let (rules, table) = (self.parts.settings.rules.clone(), Arc::clone(reference));
        let report = on_a_thread(move || {
            let current = current_table(&rows, &table);
            against(&table.tables[query.horizon.index()], &current, &rules)
        })
        .await?;
        let check = DriftCheck {
            horizon: query.horizon,
            days: query.days,
            ends_at,
            model: reference.version.clone(),
            verdict: report.verdict,
            drifted: report.drifted,
            judged: report.judged,
            features: report.features,
            share: report.share,
            reference_from: reference.from,
            reference_to: reference.to,
            reference_rows: report.reference_rows,
            current_rows: report.current_rows,
            rules: report.rules,
            made_at: now,
        };
        let columns: Vec<DriftColumn> = report
            .columns
            .into_iter()
            .map(|column| DriftColumn {
                name: column.name.clone(),
                role: column.role,
                verdict: column.verdict,
                score: column.score(),
                detail: Some(column),
            })
            .collect();
        self.parts.store.keep_drift(&check, &columns).await?;
        Ok(check)
    }

    /// How the windows of a query stand.
    pub(super) async fn drift_standing(&self, query: DriftQuery) -> Result<Option<Standing>, WatchError> {
        self.kept(&standing_name(query)).await
    }

    /// What is known about drift, for a page.
    ///
    /// # Errors
    /// [`WatchError::Store`], [`WatchError::Registry`].
    pub async fn drift_board(&self, query: DriftQuery) -> Result<DriftBoard, WatchError> {
        let store = &self.parts.store;
        let champion = self.parts.learnt.champion().await?;
        let standing = self.drift_standing(query).await?;
        let is_of_champion =
            |standing: &Standing| champion.as_ref().is_some_and(|champion| champion.version == standing.model);
        let standing = standing.filter(is_of_champion);
        let mut checks = store.drift_checks(query.horizon, query.days, SHOWN_WINDOWS).await?;
        let mut features = Vec::new();
        if let Some(newest) = checks.first() {
            let columns = store.drift_columns(query.horizon, query.days, newest.ends_at).await?;
            let shown_s = i64::from(SHOWN_WINDOWS) * STEP_S;
            let from = instant(newest.ends_at.as_second() - shown_s);
            let scores = store.drift_scores(query.horizon, query.days, from).await?;
            features = columns.into_iter().map(|column| feature(column, &scores)).collect();
            features.sort_by(|one, other| {
                other.is_drifted.cmp(&one.is_drifted).then_with(|| other.score.total_cmp(&one.score))
            });
        }
        let newest = checks.first().map(comparison);
        checks.reverse();
        Ok(DriftBoard {
            query,
            verdict: standing.as_ref().map_or(DriftVerdict::NotChecked, |standing| standing.verdict),
            since: standing.map(|standing| standing.since),
            model: champion.map(|champion| champion.version),
            needed: self.parts.settings.needed,
            of: self.parts.settings.of,
            every_hours: EVERY_HOURS,
            windows: checks.iter().map(window).collect(),
            newest,
            features,
            concept: self.concept_board(query.horizon).await?,
        })
    }
}

fn standing_name(query: DriftQuery) -> String {
    format!("drift.{}.{}", query.horizon, query.days)
}

fn tell(query: DriftQuery, standing: &Standing, check: &DriftCheck) {
    let (horizon, days, verdict) = (query.horizon, query.days, standing.verdict.as_str());
    if standing.verdict == DriftVerdict::Confirmed {
        warn!(%horizon, days, drifted = check.drifted, judged = check.judged, "Drift is confirmed");
    } else {
        info!(%horizon, days, verdict, drifted = check.drifted, judged = check.judged, "Drift");
    }
}

/// The columns of a window, rows in order of time. Chances of other models than the reference's are left out: what
/// changes with the model is no drift.
fn current_table(rows: &[ProducedRow], reference: &Reference) -> Table {
    let mut table = Table::default();
    for (_, feature) in watched_features() {
        let name = feature.spec().name;
        let values = rows.iter().map(|row| row.features.get(name).copied().unwrap_or(f64::NAN));
        table.features.insert(name.to_owned(), values.collect());
    }
    let own = rows.iter().filter(|row| row.model == reference.version.as_str());
    table.chances = own.map(|row| row.chance).collect();
    for (realised, is_high) in rows.iter().filter_map(|row| row.outcome) {
        table.outcomes.push(realised.ln());
        table.high.push(u32::from(is_high));
    }
    table
}

/// Compares every column of two tables.
///
/// # Errors
/// [`WatchError::Drift`].
pub(crate) fn against(reference: &Table, current: &Table, rules: &Rules) -> Result<Report, WatchError> {
    let none = Vec::new();
    let levels = ["0".to_owned(), "1".to_owned()];
    let mut pairs: Vec<Pair<'_>> = reference
        .features
        .iter()
        .map(|(name, values)| Pair {
            name,
            role: Role::Feature,
            reference: Column::Numbers(values),
            current: Column::Numbers(current.features.get(name).unwrap_or(&none)),
        })
        .collect();
    pairs.push(Pair {
        name: CHANCE,
        role: Role::Forecast,
        reference: Column::Numbers(&reference.chances),
        current: Column::Numbers(&current.chances),
    });
    pairs.push(Pair {
        name: OUTCOME,
        role: Role::Target,
        reference: Column::Numbers(&reference.outcomes),
        current: Column::Numbers(&current.outcomes),
    });
    pairs.push(Pair {
        name: TARGET,
        role: Role::Target,
        reference: Column::Categories { levels: &levels, codes: &reference.high },
        current: Column::Categories { levels: &levels, codes: &current.high },
    });
    Ok(compare(&pairs, rules)?)
}

fn window(check: &DriftCheck) -> DriftWindow {
    DriftWindow {
        ends_at: check.ends_at,
        verdict: check.verdict,
        drifted: check.drifted,
        judged: check.judged,
        share: check.share,
    }
}

fn comparison(check: &DriftCheck) -> Comparison {
    let from_s = check.ends_at.as_second() - i64::from(check.days) * SECONDS_PER_DAY;
    Comparison {
        model: check.model.clone(),
        verdict: check.verdict,
        from: instant(from_s),
        to: check.ends_at,
        rows: check.current_rows,
        reference_from: check.reference_from,
        reference_to: check.reference_to,
        reference_rows: check.reference_rows,
        drifted: check.drifted,
        judged: check.judged,
        features: check.features,
        share: check.share,
        share_threshold: check.rules.drifted_share,
        significance: check.rules.significance,
        least_rows: check.rules.least_rows,
        made_at: check.made_at,
    }
}

fn feature(column: DriftColumn, scores: &[DriftScore]) -> FeatureDrift {
    let own: Vec<&DriftScore> = scores.iter().filter(|score| score.name == column.name).collect();
    let drifted_in_a_row = own.iter().rev().take_while(|score| score.verdict == Verdict::Drifted);
    let began_at = drifted_in_a_row.last().map(|score| score.ends_at);
    let history = own.iter().map(|score| (score.ends_at, score.score)).collect();
    let mut shown = FeatureDrift {
        name: column.name,
        role: column.role,
        verdict: column.verdict,
        is_drifted: column.verdict == Verdict::Drifted,
        score: column.score,
        // See `ColumnReport::score`.
        threshold: 1.0,
        tests: Vec::new(),
        because: Vec::new(),
        reference: Histogram::default(),
        current: Histogram::default(),
        reference_numbers: None,
        current_numbers: None,
        began_at,
        history,
    };
    if let Some(detail) = column.detail {
        add_detail(&mut shown, detail);
    }
    shown
}

fn add_detail(shown: &mut FeatureDrift, detail: ColumnReport) {
    shown.reference_numbers = numbers(&detail.reference);
    shown.current_numbers = numbers(&detail.current);
    (shown.reference, shown.current) = histograms(detail.histogram);
    shown.because = detail.because;
    shown.tests = detail
        .tests
        .into_iter()
        .map(|result| TestScore {
            test: result.test,
            statistic: result.statistic,
            p: result.p,
            p_effective: result.p_effective,
            threshold: result.threshold.value(),
            verdict: result.verdict,
            rule: result.rule,
            rows: [result.sizes.reference, result.sizes.current],
            effective_rows: [result.sizes.reference_effective, result.sizes.current_effective],
        })
        .collect();
}

fn numbers(summary: &Summary) -> Option<Numbers> {
    let numbers = summary.numbers.as_ref()?;
    Some(Numbers {
        missing: summary.missing_share(),
        mean: numbers.mean,
        standard_deviation: numbers.standard_deviation,
        least: numbers.least,
        most: numbers.most,
        quantiles: numbers.quantiles,
    })
}

/// Both windows of a histogram apart; the rest of the categories stands last, without a name.
fn histograms(both: BothHistograms) -> (Histogram, Histogram) {
    match both {
        BothHistograms::Numbers { edges, reference, current } => {
            let of = |counts: Vec<u64>| Histogram { edges: edges.clone(), names: Vec::new(), counts };
            (of(reference), of(current))
        }
        BothHistograms::Categories { names, reference, current, others } => {
            let has_others = others.iter().any(|&rows| rows > 0);
            let of = |mut counts: Vec<u64>, rest: u64| {
                let mut names = names.clone();
                if has_others {
                    names.push(String::new());
                    counts.push(rest);
                }
                Histogram { edges: Vec::new(), names, counts }
            };
            (of(reference, others[0]), of(current, others[1]))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::market::Symbol;
    use domain::model::Version;

    use super::*;

    fn row(hour: i64, model: &str, chance: f64, outcome: Option<(f64, bool)>) -> ProducedRow {
        ProducedRow {
            symbol: Symbol::parse("BTC").expect("a coin"),
            origin_s: hour * SECONDS_PER_HOUR,
            model: model.to_owned(),
            chance,
            features: BTreeMap::from([("log_rv_1d".to_owned(), -4.0)]),
            outcome,
        }
    }

    #[test]
    fn a_window_takes_chances_of_its_model_and_outcomes_that_are_known() {
        let version = Version::parse("lstm-1").expect("a version");
        let tables = [Table::default(), Table::default()];
        let reference = Reference { version, from: instant(0), to: instant(1), tables, errors: [vec![], vec![]] };
        let rows = [row(0, "lstm-1", 0.2, Some((0.03, true))), row(6, "lstm-0", 0.9, None)];
        let table = current_table(&rows, &reference);
        assert_eq!(table.chances, [0.2]);
        assert_eq!((table.outcomes, table.high), (vec![0.03_f64.ln()], vec![1]));
        assert!(
            table.features.values().all(|values| values.len() == 2),
            "a feature that is missing is a missing value"
        );
    }

    #[test]
    fn an_empty_window_is_an_answer() {
        let values: Vec<f64> = (0..400).map(f64::from).collect();
        let reference = Table {
            features: BTreeMap::from([("one".to_owned(), values.clone())]),
            chances: values.clone(),
            outcomes: values,
            high: (0..400).map(|row| row % 2).collect(),
        };
        let report = against(&reference, &Table::default(), &Rules::default()).expect("a report");
        assert_eq!(report.verdict, Verdict::TooFewRows);
        assert_eq!(report.columns.len(), 4);
    }
}
