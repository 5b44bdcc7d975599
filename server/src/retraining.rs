//! Retraining: when new models are trained, how they are compared with the one that serves, and who may undo what.
//!
//! ```text
//! triggers ─▶ training (a process) ─▶ comparison ─▶ serves ─▶ probation ─▶ stays
//! operator ─┘     on held-out days ─┘      │            ▲          └─▶ goes back
//!                                          └─▶ evidence ─▶ shadow
//! ```
//!
//! Every arrow is a step of a job that reads what is written down and writes what it did, so that a kill between any two
//! statements leaves a registry that serves and a training that goes on. Whatever changes which model serves is in the
//! audit log, with who, when, why and the numbers.

pub mod comparison;
mod live;
mod performance;
mod probation;
mod process;
mod settings;
mod shadowing;
mod supervision;
mod training;
mod triggers;
pub mod votes;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use domain::market::Symbol;
use domain::model::{Family, Version};
use domain::user::AccountId;
use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::jobs::{Job, JobError};
use crate::registry::{Registry, RegistryError};
use crate::store::{Check, Store, StoreError};

pub use live::{LiveModels, Models};
pub use performance::{DayScore, Performance, expected_variance, qlike};
pub use probation::{Scored, Verdict, verdict};
pub use process::{BrokenOff, ProcessTrainer, Trainer};
pub use settings::RetrainingSettings;
pub use supervision::MOST_ATTEMPTS;
pub use training::{
    Actor, Cause, EventKind, Heard, Instruction, Made, ModelEvent, Networks, NewEvent, Part, Phase, Progress, Report,
    Shadow, Training, TrainingState,
};
pub use triggers::{Decision, Drift, Evidence, NoDrift, decide};
pub use votes::{Vote, Voter};
pub use work::{Material, WorkError, carry_out};

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// How far back votes move anything.
const VOTES_COUNT_FOR: SignedDuration = SignedDuration::from_hours(730 * 24);
/// How far back votes move an alert threshold.
const VOTES_MOVE_THRESHOLDS_FOR: SignedDuration = SignedDuration::from_hours(60 * 24);
/// How often performance is worked out.
const PERFORMANCE_EVERY: SignedDuration = SignedDuration::from_hours(6);
/// How often somebody who listens looks, where the training runs on another server.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The seed of every training: what differs is what there is to learn from.
const SEED: u64 = 7;

const PERFORMANCE: &str = "performance";
const DECISION: &str = "decision";

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum RetrainingError {
    /// Nothing is done to models without a reason.
    #[error("a reason of 1 to {} characters is needed; it is kept in the audit log", LONGEST_REASON)]
    NoReason,
    /// A training waits or runs.
    #[error("a training waits or runs already; stop it first, or wait for its end")]
    Open,
    /// No training waits or runs.
    #[error("no training waits or runs")]
    NothingOpen,
    /// The version serves already.
    #[error("model {0} serves already")]
    Serves(Version),
    /// Models of this family never serve.
    #[error("model {0} is of a family that does not serve here")]
    OtherFamily(Version),
    /// Nothing serves beside which it could forecast.
    #[error("no model serves")]
    NothingServes,
    /// The registry refuses.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gave no thread, or the work on it broke.
    #[error("the work on a thread of its own broke: {0}")]
    Broken(String),
}

/// What retraining is made of.
pub struct Parts {
    /// Where everything is written down.
    pub store: Store,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where the models are.
    pub registry: Registry,
    /// The market, and models on it.
    pub models: Arc<dyn Models>,
    /// Who runs trainings.
    pub trainer: Arc<dyn Trainer>,
    /// Who knows of drift.
    pub drift: Arc<dyn Drift>,
    /// What was set.
    pub settings: RetrainingSettings,
    /// The family that is trained and serves.
    pub family: Family,
    /// How its networks are fitted.
    pub networks: Networks,
    /// Ends long work between two of its steps.
    pub stop: CancellationToken,
}

/// How everything stands.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The version that serves.
    pub serving: Option<Version>,
    /// The training that waits or runs, else the one that ended last.
    pub training: Option<Training>,
    /// Trainings of the last seven days.
    pub this_week: u32,
    /// Until when (UTC) no training begins by itself.
    pub quiet_until: Option<Timestamp>,
    /// What was decided last about a training, and when.
    pub decision: Option<Check<Decision>>,
    /// How the serving model did against the baseline, and when that was worked out.
    pub performance: Option<Check<Performance>>,
    /// Models that forecast in the shadow, each with how it did so far.
    pub shadows: Vec<(Shadow, Scored)>,
}

/// Retraining and the jobs behind it. Cheap to clone.
#[derive(Clone)]
pub struct Retraining {
    parts: Arc<Parts>,
    bell: watch::Sender<u64>,
}

impl Retraining {
    /// Retraining of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts: Arc::new(parts), bell: watch::Sender::new(0) }
    }

    /// The jobs, each by the name of its step.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        vec![
            self.job("triggers", 900, |own, now| async move { own.consider(now).await }.boxed()),
            self.job("train", 10, |own, now| async move { own.train(now).await }.boxed()),
            self.job("shadow", 300, |own, now| async move { own.forecast_in_the_shadow(now).await }.boxed()),
            self.job("probation", 1_800, |own, now| async move { own.judge_the_promoted(now).await }.boxed()),
        ]
    }

    fn job(&self, name: &'static str, period_s: u64, step: Step) -> Job {
        let own = self.clone();
        Job::new(name, Duration::from_secs(period_s), move |now| step(own.clone(), now))
    }

    /// What was set.
    #[must_use]
    pub fn settings(&self) -> &RetrainingSettings {
        &self.parts.settings
    }

    /// How everything stands.
    ///
    /// # Errors
    /// [`RetrainingError`].
    pub async fn state(&self) -> Result<State, RetrainingError> {
        let (store, now) = (&self.parts.store, self.parts.clock.now());
        let (this_week, last) = store.trainings_since(before(now, triggers::WEEK)).await?;
        let mut shadows = Vec::new();
        for shadow in store.shadows().await? {
            let scored = self.scored(&shadow).await?;
            shadows.push((shadow, scored));
        }
        Ok(State {
            serving: self.parts.registry.champion(self.parts.family)?,
            training: self.newest_training().await?,
            this_week,
            quiet_until: triggers::quiet_until(&self.parts.settings, last).filter(|until| now < *until),
            decision: store.check_of(DECISION).await?,
            performance: store.check_of(PERFORMANCE).await?,
            shadows,
        })
    }

    /// The training that waits or runs, else the one that ended last, now and whenever that changes. Ends with the
    /// server, and at once where the store does not answer.
    pub fn updates(&self) -> impl Stream<Item = Option<Training>> + Send + use<> {
        stream::unfold((self.clone(), self.bell.subscribe(), None), next_update)
    }

    /// Trainings, the newest first: `most` of them after the first `skipped`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trainings(&self, skipped: u32, most: u32) -> Result<Vec<Training>, StoreError> {
        self.parts.store.trainings(skipped, most).await
    }

    /// The training that made a version; none for models that shipped or were trained by hand.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn training_of(&self, version: &Version) -> Result<Option<Training>, StoreError> {
        self.parts.store.training_of_version(version).await
    }

    /// The audit log, the newest entry first: `most` of them after the first `skipped`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events(&self, skipped: u32, most: u32) -> Result<Vec<ModelEvent>, StoreError> {
        self.parts.store.model_events(skipped, most).await
    }

    /// What the audit log says of a version, the oldest entry first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn events_of(&self, version: &Version) -> Result<Vec<ModelEvent>, StoreError> {
        self.parts.store.events_of_model(version).await
    }

    /// By how much the alert threshold of each coin moves for what people said, in points of 1; see
    /// [`votes::threshold_shifts`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn threshold_shifts(&self) -> Result<BTreeMap<Symbol, f64>, StoreError> {
        threshold_shifts(&self.parts.store, self.parts.clock.now()).await
    }

    /// Asks for a training, which begins within seconds; its name.
    ///
    /// # Errors
    /// [`RetrainingError::NoReason`], [`RetrainingError::Open`], [`RetrainingError::Store`].
    pub async fn request(&self, by: &AccountId, reason: &str) -> Result<String, RetrainingError> {
        let (reason, now) = (checked(reason)?, self.parts.clock.now());
        let (actor, instruction) = (Actor::Account(by.clone()), self.instruction(now));
        let asked = self.parts.store.request_training(Cause::Operator, &actor, reason, &instruction, now).await?;
        self.ring();
        asked.ok_or(RetrainingError::Open)
    }

    /// Stops the training that waits or runs, within seconds.
    ///
    /// # Errors
    /// [`RetrainingError::NoReason`], [`RetrainingError::NothingOpen`], [`RetrainingError::Store`].
    pub async fn stop(&self, by: &AccountId, reason: &str) -> Result<(), RetrainingError> {
        let reason = checked(reason)?;
        let open = self.parts.store.open_training().await?.ok_or(RetrainingError::NothingOpen)?;
        self.parts.store.ask_to_stop_training(&open.id, &Actor::Account(by.clone()), reason).await?;
        self.ring();
        Ok(())
    }

    /// Lets a version serve, whatever the rules say of it. The one so far is held against it in the shadow.
    ///
    /// # Errors
    /// [`RetrainingError`]; the one so far goes on serving then.
    pub async fn promote(&self, by: &AccountId, version: &Version, reason: &str) -> Result<(), RetrainingError> {
        let (reason, now) = (checked(reason)?, self.parts.clock.now());
        if self.parts.registry.manifest(version)?.family != self.parts.family {
            return Err(RetrainingError::OtherFamily(version.clone()));
        }
        let serving = self.parts.registry.champion(self.parts.family)?;
        if serving.as_ref() == Some(version) {
            return Err(RetrainingError::Serves(version.clone()));
        }
        let former = serving.as_ref().and_then(|former| self.former(former, version, now));
        let event = by_hand(EventKind::Promoted, by, serving, Some(version), reason);
        // Written down first: nothing changes that nobody knows of.
        let begin: Vec<Shadow> = former.into_iter().collect();
        self.parts.store.note_models(&[event], &begin, std::slice::from_ref(version), now).await?;
        let served = self.let_serve(version);
        self.or_say_so(by, version, served, &begin).await
    }

    /// Goes back to the model that served before; which one that is.
    ///
    /// # Errors
    /// [`RetrainingError`]; the present one goes on serving then.
    pub async fn roll_back(&self, by: &AccountId, reason: &str) -> Result<Version, RetrainingError> {
        let (reason, now) = (checked(reason)?, self.parts.clock.now());
        let family = self.parts.family;
        let serving = self.parts.registry.champion(family)?;
        let back = self
            .parts
            .registry
            .former(family)?
            .ok_or(RetrainingError::Registry(RegistryError::NothingBefore { family: family.as_str() }))?;
        let event = by_hand(EventKind::RolledBack, by, serving, Some(&back), reason);
        self.parts.store.note_models(&[event], &[], std::slice::from_ref(&back), now).await?;
        let rolled = self.parts.registry.roll_back(family).map(|_| ()).map_err(RetrainingError::from);
        self.or_say_so(by, &back, rolled, &[]).await?;
        Ok(back)
    }

    /// Lets a version forecast in the shadow for some days, without being shown.
    ///
    /// # Errors
    /// [`RetrainingError`].
    pub async fn begin_shadow(
        &self,
        by: &AccountId,
        version: &Version,
        days: u32,
        reason: &str,
    ) -> Result<(), RetrainingError> {
        let (reason, now) = (checked(reason)?, self.parts.clock.now());
        self.parts.registry.manifest(version)?;
        let serving = self.parts.registry.champion(self.parts.family)?.ok_or(RetrainingError::NothingServes)?;
        let shadow = supervision::shadow(version, Part::Challenger, &serving, now, days.clamp(1, 365))
            .ok_or_else(|| RetrainingError::Serves(version.clone()))?;
        let event = by_hand(EventKind::Shadowed, by, Some(serving), Some(version), reason);
        Ok(self.parts.store.note_models(&[event], &[shadow], &[], now).await?)
    }

    /// Ends a version's time in the shadow.
    ///
    /// # Errors
    /// [`RetrainingError`].
    pub async fn end_shadow(&self, by: &AccountId, version: &Version, reason: &str) -> Result<(), RetrainingError> {
        let (reason, now) = (checked(reason)?, self.parts.clock.now());
        let event = by_hand(EventKind::Shadowed, by, None, Some(version), reason);
        Ok(self.parts.store.note_models(&[event], &[], std::slice::from_ref(version), now).await?)
    }

    /// Works out how the serving model does, decides whether a training begins, and asks for it.
    ///
    /// # Errors
    /// [`JobError`].
    pub async fn consider(&self, now: Timestamp) -> Result<(), JobError> {
        let store = &self.parts.store;
        if let Err(cause) = self.work_out_performance(now).await? {
            warn!("Could not compare the serving model with the baseline: {cause}");
        }
        let evidence = self.evidence(now).await?;
        let decision = decide(&self.parts.settings, &evidence, now);
        store.keep_check(DECISION, &decision, now).await?;
        if let Decision::Train { cause, reason } = decision {
            info!(cause = cause.as_str(), "A training is called for: {reason}");
            store.request_training(cause, &Actor::System, &reason, &self.instruction(now), now).await?;
            self.ring();
        }
        Ok(())
    }

    async fn evidence(&self, now: Timestamp) -> Result<Evidence, JobError> {
        let (store, settings) = (&self.parts.store, &self.parts.settings);
        let (this_week, last) = store.trainings_since(before(now, triggers::WEEK)).await?;
        let serving = self.serving()?;
        let manifest = serving.as_ref().and_then(|version| self.parts.registry.manifest(version).ok());
        let held_out = SignedDuration::from_hours(i64::from(settings.held_out_days) * 24);
        let votes = store.votes(before(now, VOTES_COUNT_FOR), before(now, held_out)).await?;
        let performance: Option<Check<Performance>> = store.check_of(PERFORMANCE).await?;
        Ok(Evidence {
            is_open: store.open_training().await?.is_some(),
            last,
            trained_at: manifest.map(|manifest| manifest.trained_at),
            this_week,
            finished: store.finished_since(last.unwrap_or(Timestamp::MIN)).await?,
            denials: votes::denied(&votes, last, now),
            drift_since: self.parts.drift.confirmed_since(),
            worse_by: performance
                .map(|check| check.content)
                .filter(|performance| Some(&performance.model) == serving.as_ref())
                .and_then(|performance| performance.worse_by()),
        })
    }

    /// Why it could not be worked out, in words, as the inner error.
    async fn work_out_performance(&self, now: Timestamp) -> Result<Result<(), String>, JobError> {
        let store = &self.parts.store;
        let Some(serving) = self.serving()? else { return Ok(Ok(())) };
        let known: Option<Check<Performance>> = store.check_of(PERFORMANCE).await?;
        let is_known = known
            .is_some_and(|known| known.content.model == serving && now.duration_since(known.at) < PERFORMANCE_EVERY);
        if is_known {
            return Ok(Ok(()));
        }
        let days = SignedDuration::from_hours(i64::from(self.parts.settings.performance_days) * 24);
        let finished = store.finished_forecasts(before(now, days), now).await?;
        let market = self.parts.models.candles();
        let scored = tokio::task::spawn_blocking(move || performance::score(&market, &serving, &finished, now)).await;
        match scored {
            Ok(Ok(Some(performance))) => Ok(Ok(store.keep_check(PERFORMANCE, &performance, now).await?)),
            Ok(Ok(None)) => Ok(Ok(())),
            Ok(Err(cause)) => Ok(Err(cause)),
            Err(cause) => Ok(Err(cause.to_string())),
        }
    }

    fn instruction(&self, now: Timestamp) -> Instruction {
        let settings = &self.parts.settings;
        Instruction {
            family: self.parts.family,
            now,
            held_out_days: settings.held_out_days,
            seed: SEED,
            hears_people: settings.on_feedback,
            networks: self.parts.networks.clone(),
            rules: settings.rules(),
        }
    }

    async fn newest_training(&self) -> Result<Option<Training>, StoreError> {
        match self.parts.store.open_training().await? {
            Some(open) => Ok(Some(open)),
            None => Ok(self.parts.store.trainings(0, 1).await?.pop()),
        }
    }

    fn serving(&self) -> Result<Option<Version>, JobError> {
        self.parts.registry.champion(self.parts.family).map_err(|error| JobError::Failed(error.to_string()))
    }

    /// Loads a version whole and makes it the champion. On this very thread: another one would go on where the job is
    /// given up, beside whoever takes it over.
    fn let_serve(&self, version: &Version) -> Result<(), RetrainingError> {
        self.parts.registry.promote(version)?;
        Ok(())
    }

    /// Takes back in the log what could not be done.
    async fn or_say_so(
        &self,
        by: &AccountId,
        version: &Version,
        done: Result<(), RetrainingError>,
        begun: &[Shadow],
    ) -> Result<(), RetrainingError> {
        let Err(cause) = done else { return Ok(()) };
        let event = by_hand(EventKind::Failed, by, None, Some(version), &cause.to_string());
        let end: Vec<Version> = begun.iter().map(|shadow| shadow.version.clone()).collect();
        self.parts.store.note_models(&[event], &[], &end, self.parts.clock.now()).await?;
        Err(cause)
    }

    /// Tells those who listen that something changed.
    fn ring(&self) {
        self.bell.send_modify(|rung| *rung = rung.wrapping_add(1));
    }
}

/// By how much the alert threshold of each coin moves at an instant (UTC) for what people said of the forecasts of the
/// last 60 days, in points of 1; see [`votes::threshold_shifts`].
///
/// # Errors
/// [`StoreError`].
pub async fn threshold_shifts(store: &Store, now: Timestamp) -> Result<BTreeMap<Symbol, f64>, StoreError> {
    let votes = store.votes(before(now, VOTES_MOVE_THRESHOLDS_FOR), now).await?;
    Ok(votes::threshold_shifts(&votes, now))
}

type Step = fn(Retraining, Timestamp) -> BoxFuture<'static, Result<(), JobError>>;

/// Who listens, what rings, and what he was told last.
type Listening = (Retraining, watch::Receiver<u64>, Option<Option<Training>>);

async fn next_update((own, mut bell, told): Listening) -> Option<(Option<Training>, Listening)> {
    let mut is_first = told.is_none();
    loop {
        if !is_first {
            tokio::select! {
                changed = bell.changed() => changed.ok()?,
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = own.parts.stop.cancelled() => return None,
            }
        }
        is_first = false;
        bell.mark_unchanged();
        let newest = own.newest_training().await.ok()?;
        if told.as_ref() != Some(&newest) {
            return Some((newest.clone(), (own, bell, Some(newest))));
        }
    }
}

fn before(now: Timestamp, ago: SignedDuration) -> Timestamp {
    now.checked_sub(ago).unwrap_or(Timestamp::MIN)
}

/// A reason without spaces around it.
fn checked(reason: &str) -> Result<&str, RetrainingError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(RetrainingError::NoReason);
    }
    Ok(reason)
}

fn by_hand(kind: EventKind, by: &AccountId, from: Option<Version>, to: Option<&Version>, reason: &str) -> NewEvent {
    NewEvent {
        id: Uuid::now_v7().to_string(),
        kind,
        actor: Actor::Account(by.clone()),
        from,
        to: to.cloned(),
        training: None,
        reason: reason.to_owned(),
        evidence: None,
    }
}
