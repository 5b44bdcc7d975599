//! What of retraining can be set.

use serde::{Deserialize, Serialize};

use super::comparison::Rules;
use super::training::Networks;

/// When and how new models are trained, and when they may serve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetrainingSettings {
    /// Whether enough ended forecasts cause a training.
    pub on_rows: bool,
    /// How many are enough.
    pub rows: u32,
    /// Whether confirmed drift causes one.
    pub on_drift: bool,
    /// Whether doing worse than the baseline causes one.
    pub on_performance: bool,
    /// Days over which that is looked at.
    pub performance_days: u32,
    /// By how many percent QLIKE must be worse than the baseline's.
    pub performance_percent: u32,
    /// Whether enough denials cause one.
    pub on_feedback: bool,
    /// How many are enough, each counted by what its giver's word is worth.
    pub denials: u32,
    /// Whether time alone causes one.
    pub on_schedule: bool,
    /// Days between two of these.
    pub schedule_days: u32,
    /// Hours after a training in which no other one begins by itself.
    pub quiet_hours: u32,
    /// Trainings that begin by themselves within seven days at most.
    pub most_a_week: u32,
    /// Days at the end of the candles that are never trained on: champion and challenger are compared there.
    pub held_out_days: u32,
    /// Whether a challenger that proved better serves without asking anybody.
    pub promote: bool,
    /// The level of the test that says better, in percent, over both horizons together.
    pub level_percent: u32,
    /// By how many percent QLIKE must be lower where the test does not say so.
    pub margin_percent: u32,
    /// Days in which a promoted model is held against the one before.
    pub probation_days: u32,
    /// Days in which a refused challenger forecasts in the shadow; 0 for none.
    pub shadow_days: u32,
    /// Memory that a training may take, MiB.
    pub memory_mb: u32,
    /// Networks of the ensemble.
    pub members: u32,
    /// Passes over the training data.
    pub epochs: u32,
}

impl Default for RetrainingSettings {
    fn default() -> Self {
        let Networks { members, epochs, .. } = Networks::default();
        Self {
            on_rows: true,
            rows: 10_000,
            on_drift: true,
            on_performance: true,
            performance_days: 21,
            performance_percent: 3,
            on_feedback: true,
            denials: 25,
            on_schedule: false,
            schedule_days: 30,
            quiet_hours: 24,
            most_a_week: 2,
            held_out_days: 60,
            promote: true,
            level_percent: 5,
            margin_percent: 2,
            probation_days: 14,
            shadow_days: 14,
            memory_mb: 4_096,
            members,
            epochs,
        }
    }
}

impl RetrainingSettings {
    /// The networks of the ensemble.
    #[must_use]
    pub fn networks(&self) -> Networks {
        Networks { members: self.members, epochs: self.epochs, ..Networks::default() }
    }

    /// The rules by which a challenger is judged.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            level: f64::from(self.level_percent) / 100.0,
            margin: f64::from(self.margin_percent) / 100.0,
            ..Rules::default()
        }
    }
}
