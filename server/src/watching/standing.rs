//! From the verdicts of single windows to what is said of them together, as it is kept from run to run.

use domain::model::Version;
use jiff::Timestamp;
use ml::drift::verdicts::{self, Verdicts};
use ml::drift::{DriftError, Verdict};
use serde::{Deserialize, Serialize};

use super::boards::DriftVerdict;

/// How things stand after the newest window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Standing {
    /// The champion that the windows were compared for.
    pub(super) model: Version,
    /// The end of the newest window.
    pub(super) ends_at: Timestamp,
    /// What is said.
    pub(super) verdict: DriftVerdict,
    /// The end of the window since which that is said.
    pub(super) since: Timestamp,
    verdicts: Verdicts,
}

impl Standing {
    /// How things stand after one more window. Another champion and another rule (so many of so many) begin anew.
    ///
    /// # Errors
    /// [`DriftError::Rule`] where the rule cannot be met.
    pub(super) fn after(
        before: Option<Self>,
        model: &Version,
        ends_at: Timestamp,
        window: Verdict,
        rule: (u32, u32),
    ) -> Result<Self, DriftError> {
        let before = before.filter(|before| before.model == *model && before.verdicts.rule() == rule);
        let was = before.as_ref().map(|before| (before.verdict, before.since));
        let mut verdicts = match before {
            Some(before) => before.verdicts,
            None => Verdicts::new(rule.0, rule.1)?,
        };
        verdicts.push(window);
        let verdict = match (verdicts.standing(), window) {
            (verdicts::Standing::Confirmed, _) => DriftVerdict::Confirmed,
            (_, Verdict::TooFewRows) => DriftVerdict::TooFewRows,
            (verdicts::Standing::Suspected, _) => DriftVerdict::Suspected,
            (verdicts::Standing::Stable, _) => DriftVerdict::Calm,
        };
        let since = was.filter(|(was, _)| *was == verdict).map_or(ends_at, |(_, since)| since);
        Ok(Self { model: model.clone(), ends_at, verdict, since, verdicts })
    }
}

#[cfg(test)]
mod tests {
    use domain::clock::instant;

    use super::*;

    const RULE: (u32, u32) = (3, 4);

    fn version(name: &str) -> Version {
        Version::parse(name).expect("a version")
    }

    fn after(before: Option<Standing>, model: &str, hour: i64, window: Verdict) -> Standing {
        Standing::after(before, &version(model), instant(hour), window, RULE).expect("a rule that can be met")
    }

    /// What is said after each window, and since when.
    fn said(windows: &[Verdict]) -> Vec<(DriftVerdict, i64)> {
        let mut standing: Option<Standing> = None;
        let mut said = Vec::new();
        for (hour, window) in (1..).zip(windows) {
            let kept = standing.map(|standing| serde_json::to_string(&standing).expect("JSON"));
            let read = kept.map(|json| serde_json::from_str(&json).expect("what was kept"));
            let now = after(read, "lstm-1", hour, *window);
            said.push((now.verdict, now.since.as_second()));
            standing = Some(now);
        }
        said
    }

    #[test]
    fn drift_is_confirmed_by_enough_windows_and_over_after_enough_quiet_ones() {
        use DriftVerdict::{Calm, Confirmed, Suspected};
        use Verdict::{Drifted, Stable};
        let windows = [Stable, Drifted, Drifted, Stable, Drifted, Stable, Stable, Stable];
        let expected = [
            (Calm, 1),
            (Suspected, 2),
            (Suspected, 2),
            (Suspected, 2),
            (Confirmed, 5),
            (Confirmed, 5),
            (Confirmed, 5),
            (Calm, 8),
        ];
        assert_eq!(said(&windows), expected);
    }

    #[test]
    fn too_few_rows_confirm_nothing_and_end_nothing() {
        use Verdict::{Drifted, TooFewRows};
        assert_eq!(said(&[TooFewRows; 4]), [(DriftVerdict::TooFewRows, 1); 4]);
        let said = said(&[Drifted, Drifted, TooFewRows, Drifted, TooFewRows]);
        assert_eq!(said[2], (DriftVerdict::TooFewRows, 3));
        assert_eq!(said[4], (DriftVerdict::Confirmed, 4));
    }

    #[test]
    fn another_champion_and_another_rule_begin_anew() {
        let mut standing = None;
        for hour in 1..=3 {
            standing = Some(after(standing, "lstm-1", hour, Verdict::Drifted));
        }
        let confirmed = standing.expect("three windows");
        assert_eq!(confirmed.verdict, DriftVerdict::Confirmed);
        let other = after(Some(confirmed.clone()), "lstm-2", 4, Verdict::Drifted);
        assert_eq!((other.verdict, other.since), (DriftVerdict::Suspected, instant(4)));
        let stricter = Standing::after(Some(confirmed), &version("lstm-1"), instant(4), Verdict::Drifted, (4, 4));
        assert_eq!(stricter.expect("a rule").verdict, DriftVerdict::Suspected);
        assert!(Standing::after(None, &version("lstm-1"), instant(4), Verdict::Drifted, (5, 4)).is_err());
    }
}
