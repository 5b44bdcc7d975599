//! Verdicts over time: one window alone neither raises an alarm nor ends one.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{DriftError, Verdict};

/// Windows that are looked back on at most.
const MOST_WINDOWS: u32 = 1_000;

/// Where things stand after the windows so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// None of the windows that count has drifted.
    Stable,
    /// Some have, and not enough of them.
    Suspected,
    /// Enough have.
    Confirmed,
}

impl Standing {
    /// The word for it in JSON and in stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
        }
    }
}

/// What a window changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Drift is confirmed with this window.
    Confirmed,
    /// Drift is over with this window.
    Ended,
}

/// Counts windows: drift is confirmed when at least `needed` of the last `of` windows drifted, and over when the last
/// `needed` windows are all stable. Windows with too few rows say nothing and do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    needed: u32,
    of: u32,
    /// Whether each of the last windows drifted, the oldest first.
    recent: VecDeque<bool>,
    is_confirmed: bool,
}

impl Verdicts {
    /// No window yet.
    ///
    /// # Errors
    /// [`DriftError::Rule`] where `needed` is 0 or above `of`, or `of` is above 1,000.
    pub fn new(needed: u32, of: u32) -> Result<Self, DriftError> {
        if of > MOST_WINDOWS {
            return Err(DriftError::Rule { name: "of", value: f64::from(of), must: "1,000 or less" });
        }
        if needed == 0 || needed > of {
            return Err(DriftError::Rule {
                name: "needed",
                value: f64::from(needed),
                must: "1 or more, and at most as many windows as are looked back on",
            });
        }
        Ok(Self { needed, of, recent: VecDeque::new(), is_confirmed: false })
    }

    /// Takes the verdict on the next window.
    pub fn push(&mut self, verdict: Verdict) -> Option<Change> {
        let has_drifted = match verdict {
            Verdict::TooFewRows => return None,
            Verdict::Drifted => true,
            Verdict::Stable => false,
        };
        if self.recent.len() >= self.of as usize {
            self.recent.pop_front();
        }
        self.recent.push_back(has_drifted);
        let needed = self.needed as usize;
        let quiet = self.recent.iter().rev().take_while(|has_drifted| !**has_drifted).count();
        if self.is_confirmed && quiet >= needed {
            self.is_confirmed = false;
            // What led to the alarm that is over must not raise the next one.
            self.recent.clear();
            return Some(Change::Ended);
        }
        if !self.is_confirmed && self.drifted() as usize >= needed {
            self.is_confirmed = true;
            return Some(Change::Confirmed);
        }
        None
    }

    /// Where things stand.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match (self.is_confirmed, self.drifted()) {
            (true, _) => Standing::Confirmed,
            (false, 0) => Standing::Stable,
            (false, _) => Standing::Suspected,
        }
    }

    /// Windows of those looked back on that drifted.
    #[must_use]
    pub fn drifted(&self) -> u32 {
        self.recent.iter().map(|has_drifted| u32::from(*has_drifted)).sum()
    }

    /// Windows that must have drifted, and windows that are looked back on.
    #[must_use]
    pub const fn rule(&self) -> (u32, u32) {
        (self.needed, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(needed: u32, of: u32, windows: &str) -> (Vec<(usize, Change)>, Standing) {
        let mut verdicts = Verdicts::new(needed, of).expect("a rule that can be met");
        let changes = windows.chars().enumerate().filter_map(|(window, letter)| {
            let verdict = match letter {
                'D' => Verdict::Drifted,
                's' => Verdict::Stable,
                _ => Verdict::TooFewRows,
            };
            Some((window, verdicts.push(verdict)?))
        });
        (changes.collect(), verdicts.standing())
    }

    #[test]
    fn one_window_alone_raises_suspicion_only() {
        assert_eq!(after(2, 3, "sDs"), (vec![], Standing::Suspected));
        assert_eq!(after(2, 3, "sDsss"), (vec![], Standing::Stable));
        assert_eq!(after(1, 1, "D"), (vec![(0, Change::Confirmed)], Standing::Confirmed));
    }

    #[test]
    fn enough_of_the_last_windows_confirm_and_enough_quiet_ones_end_it() {
        assert_eq!(after(2, 3, "DsD"), (vec![(2, Change::Confirmed)], Standing::Confirmed));
        assert_eq!(after(2, 3, "DssD"), (vec![], Standing::Suspected));
        let both = vec![(1, Change::Confirmed), (5, Change::Ended)];
        assert_eq!(after(2, 3, "DDsDss"), (both, Standing::Stable));
    }

    #[test]
    fn windows_with_too_few_rows_neither_confirm_nor_end() {
        assert_eq!(after(2, 3, "D???D"), (vec![(4, Change::Confirmed)], Standing::Confirmed));
        assert_eq!(after(2, 2, "DD???s"), (vec![(1, Change::Confirmed)], Standing::Confirmed));
    }

    #[test]
    fn rules_that_cannot_be_met_are_refused() {
        assert!(Verdicts::new(0, 3).is_err() && Verdicts::new(4, 3).is_err() && Verdicts::new(1, 2_000).is_err());
    }
}
