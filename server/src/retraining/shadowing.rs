//! Models in the shadow: they forecast beside the serving one, and what they say is held against it later.

use domain::model::Version;
use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use super::Retraining;
use super::probation::{self, Scored, Verdict};
use super::training::{Actor, EventKind, NewEvent, Part, Shadow};
use crate::jobs::JobError;
use crate::registry::RegistryError;

/// How long after its last forecast the last outcome may come.
const OUTCOMES_COME: SignedDuration = SignedDuration::from_hours(50);
/// How long forecasts of the shadow are kept.
const KEEP: SignedDuration = SignedDuration::from_hours(180 * 24);

impl Retraining {
    /// Lets every model in the shadow forecast once.
    ///
    /// # Errors
    /// [`JobError`].
    pub async fn forecast_in_the_shadow(&self, now: Timestamp) -> Result<(), JobError> {
        let serving = self.serving()?;
        let mut failed = Vec::new();
        for shadow in self.parts.store.shadows().await? {
            if shadow.until <= now || serving.as_ref() == Some(&shadow.version) || self.parts.stop.is_cancelled() {
                continue;
            }
            match self.parts.models.forecasts(&shadow.version).await {
                Ok(forecasts) => {
                    self.parts.store.keep_shadow_forecasts(&forecasts, now).await?;
                }
                Err(cause) => failed.push(format!("{}: {cause}", shadow.version)),
            }
        }
        self.parts.store.forget_shadow_forecasts(now.checked_sub(KEEP).unwrap_or(Timestamp::MIN)).await?;
        if failed.is_empty() { Ok(()) } else { Err(JobError::Failed(failed.join("; "))) }
    }

    /// Holds a promoted model against the one before it, takes it back where it does worse, and ends what is over.
    ///
    /// # Errors
    /// [`JobError`].
    pub async fn judge_the_promoted(&self, now: Timestamp) -> Result<(), JobError> {
        let serving = self.serving()?;
        for shadow in self.parts.store.shadows().await? {
            let is_over = now.duration_since(shadow.until) >= OUTCOMES_COME;
            if serving.as_ref() == Some(&shadow.version) {
                // It serves by now: there is nothing in the shadow.
                self.parts.store.note_models(&[], &[], &[shadow.version], now).await?;
            } else if shadow.part == Part::Challenger {
                if is_over {
                    self.end_challenger(&shadow, now).await?;
                }
            } else if serving.as_ref() == Some(&shadow.beside) {
                self.judge_one(&shadow, is_over, now).await?;
            } else {
                // Somebody let another model serve: there is nobody to be held against.
                self.parts.store.note_models(&[], &[], &[shadow.version], now).await?;
            }
        }
        Ok(())
    }

    /// How a model in the shadow does against the one that served when it began, so far.
    ///
    /// # Errors
    /// [`crate::store::StoreError`].
    pub async fn scored(&self, shadow: &Shadow) -> Result<Scored, crate::store::StoreError> {
        Ok(probation::score(&self.parts.store.pairs(&shadow.beside, &shadow.version, shadow.since).await?))
    }

    async fn judge_one(&self, shadow: &Shadow, is_over: bool, now: Timestamp) -> Result<(), JobError> {
        let scored = self.scored(shadow).await?;
        match probation::verdict(&scored, is_over) {
            Verdict::Goes => Ok(()),
            Verdict::RollsBack => self.take_back(shadow, &scored, now).await,
            Verdict::Stays => {
                let reason = format!("{} against the model before it; it stays", in_words(&scored));
                self.settle(shadow, reason, &scored, now).await
            }
            Verdict::Unknown => {
                let reason = "too few outcomes to compare it with the model before it; it stays".to_owned();
                self.settle(shadow, reason, &scored, now).await
            }
        }
    }

    async fn settle(&self, shadow: &Shadow, reason: String, scored: &Scored, now: Timestamp) -> Result<(), JobError> {
        let event = about(shadow, EventKind::Settled, &shadow.version, &shadow.beside, reason, scored);
        Ok(self.parts.store.note_models(&[event], &[], std::slice::from_ref(&shadow.version), now).await?)
    }

    /// Written down first: whoever is killed afterwards finds it there and goes on.
    async fn take_back(&self, shadow: &Shadow, scored: &Scored, now: Timestamp) -> Result<(), JobError> {
        let reason = format!("{} against the model before it, which serves again", in_words(scored));
        let event = about(shadow, EventKind::RolledBack, &shadow.beside, &shadow.version, reason, scored);
        self.parts.store.note_models(&[event], &[], &[], now).await?;
        let failed = |error: RegistryError| JobError::Failed(error.to_string());
        match self.parts.registry.roll_back(self.parts.family) {
            Ok(version) if version == shadow.version => {}
            // The list of champions is not what it was: the one before serves all the same.
            Ok(_) | Err(RegistryError::NothingBefore { .. }) => {
                self.parts.registry.promote(&shadow.version).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        warn!(model.version = %shadow.version, "Went back to the model before");
        Ok(self.parts.store.note_models(&[], &[], std::slice::from_ref(&shadow.version), now).await?)
    }

    async fn end_challenger(&self, shadow: &Shadow, now: Timestamp) -> Result<(), JobError> {
        let scored = self.scored(shadow).await?;
        let words = scored.difference().map_or_else(
            || "nothing came of its time in the shadow".to_owned(),
            |difference| {
                format!(
                    "its time in the shadow is over: the serving model's QLIKE was {:+.1} % against it over {} days",
                    100.0 * difference,
                    scored.days
                )
            },
        );
        info!(model.version = %shadow.version, "{words}");
        let event = about(shadow, EventKind::Shadowed, &shadow.beside, &shadow.version, words, &scored);
        Ok(self.parts.store.note_models(&[event], &[], std::slice::from_ref(&shadow.version), now).await?)
    }
}

fn in_words(scored: &Scored) -> String {
    let difference = scored.difference().unwrap_or_default();
    format!("QLIKE {:+.1} % over {} days and {} forecasts", 100.0 * difference, scored.days, scored.forecasts)
}

/// An entry of the server's own, under a name that follows from what it says.
fn about(shadow: &Shadow, kind: EventKind, from: &Version, to: &Version, reason: String, scored: &Scored) -> NewEvent {
    NewEvent {
        id: format!("{}-{}-{}", shadow.version, shadow.since.as_millisecond(), kind.as_str()),
        kind,
        actor: Actor::System,
        from: Some(from.clone()),
        to: Some(to.clone()),
        training: None,
        reason,
        evidence: serde_json::to_value(scored).ok(),
    }
}
