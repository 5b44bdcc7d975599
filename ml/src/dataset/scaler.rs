//! Standardising features by what the training span says of them.

use super::{FEATURE_COUNT, Origin, Panel};

/// Mean and standard deviation of every feature, measured on training origins only.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Scaler {
    /// Mean of each feature over the training span, in the feature's own unit.
    pub mean: Vec<f32>,
    /// Standard deviation of each feature over the training span.
    pub deviation: Vec<f32>,
}

impl Scaler {
    /// Standardised values beyond this are cut: a network has seen nothing there.
    const LIMIT: f32 = 6.0;

    /// Measures the features at the given origins. All of them must lie in the training span.
    #[must_use]
    pub fn fit(panel: &Panel, origins: &[Origin]) -> Self {
        Self::measure(origins.iter().map(|&origin| panel.features(origin)))
    }

    /// Measures rows of [`FEATURE_COUNT`] values; what is not known is left out.
    pub(crate) fn measure<Row: AsRef<[f32]>>(rows: impl Iterator<Item = Row>) -> Self {
        let mut count = [0.0_f64; FEATURE_COUNT];
        let mut sum = [0.0_f64; FEATURE_COUNT];
        let mut squares = [0.0_f64; FEATURE_COUNT];
        for row in rows {
            for (index, &value) in row.as_ref().iter().enumerate().filter(|(_, value)| value.is_finite()) {
                count[index] += 1.0;
                sum[index] += f64::from(value);
                squares[index] += f64::from(value) * f64::from(value);
            }
        }
        let mean: [f64; FEATURE_COUNT] = std::array::from_fn(|index| sum[index] / count[index].max(1.0));
        let deviation: [f64; FEATURE_COUNT] = std::array::from_fn(|index| {
            (squares[index] / count[index].max(1.0) - mean[index] * mean[index]).max(0.0).sqrt().max(1e-6)
        });
        Self {
            mean: mean.iter().map(|&value| value as f32).collect(),
            deviation: deviation.iter().map(|&value| value as f32).collect(),
        }
    }

    /// Writes standardised features; what is not known becomes the mean, zero.
    pub fn write(&self, features: &[f32], out: &mut [f32]) {
        for (index, slot) in out.iter_mut().enumerate() {
            let value = (features[index] - self.mean[index]) / self.deviation[index];
            *slot = if value.is_finite() { value.clamp(-Self::LIMIT, Self::LIMIT) } else { 0.0 };
        }
    }

    /// Whether it has one finite mean and one positive deviation a feature.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.mean.len() == FEATURE_COUNT
            && self.deviation.len() == FEATURE_COUNT
            && self.mean.iter().all(|value| value.is_finite())
            && self.deviation.iter().all(|value| value.is_finite() && *value > 0.0)
    }
}
