//! The one training that is open: it is begun, heard, stopped, ended, and what it made is judged.
//!
//! Every step follows from what is written down, so a server that is killed anywhere is followed by one that goes on.

use std::time::Duration;

use domain::model::Version;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::training::{Actor, EventKind, Made, NewEvent, Part, Progress, Report, Shadow, Training, TrainingState};
use super::{BrokenOff, Retraining};
use crate::jobs::JobError;
use crate::store::Ending;

/// How often a training is begun before it is given up.
pub const MOST_ATTEMPTS: u32 = 3;
/// How often progress is written down, and whether somebody wants it stopped is looked up.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Lines of the log that are kept.
const MOST_LINES: usize = 400;

/// How a run ended.
enum Run {
    Made(Box<Made>),
    Failed(String),
    Stopped,
    BrokeOff(String),
    /// The server stops.
    Left,
}

impl Retraining {
    /// Runs the open training to its end, where there is one.
    ///
    /// # Errors
    /// [`JobError`].
    pub async fn train(&self, now: Timestamp) -> Result<(), JobError> {
        let store = &self.parts.store;
        let Some(training) = store.open_training().await? else { return Ok(()) };
        if training.stop.is_some() {
            return self.end_stopped(&training).await;
        }
        if let Some(made) = &training.made {
            return self.conclude(&training, made).await;
        }
        if training.attempts >= MOST_ATTEMPTS {
            let words = format!("it broke off {MOST_ATTEMPTS} times; the log of those times says more");
            return self.end_failed(&training, words).await;
        }
        if store.begin_training(&training.id, now).await?.is_none() {
            return Ok(());
        }
        info!(training = %training.id, cause = training.cause.as_str(), "A training begins");
        match self.run(&training).await? {
            Run::Made(made) => {
                store.keep_made(&training.id, &made).await?;
                self.conclude(&training, &made).await
            }
            Run::Failed(reason) => self.end_failed(&training, reason).await,
            Run::Stopped => {
                let asked = store.training(&training.id).await?.unwrap_or(training);
                self.end_stopped(&asked).await
            }
            Run::BrokeOff(reason) => Err(JobError::Failed(format!("A training broke off: {reason}"))),
            Run::Left => Ok(store.release_training(&training.id).await?),
        }
    }

    async fn run(&self, training: &Training) -> Result<Run, JobError> {
        let (reports, mut heard) = mpsc::channel(64);
        let stop = self.parts.stop.child_token();
        let mut work = self.parts.trainer.train(&training.id, reports, &stop);
        let mut ear = Ear::default();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut is_unwanted = false;
        let ended: Result<(), BrokenOff> = loop {
            tokio::select! {
                Some(report) = heard.recv() => ear.hear(report),
                ended = &mut work => break ended,
                _ = look.tick() => {
                    self.note(training, &mut ear).await?;
                    let asked = self.parts.store.training(&training.id).await?;
                    if !is_unwanted && asked.is_none_or(|asked| asked.stop.is_some()) {
                        is_unwanted = true;
                        stop.cancel();
                    }
                }
            }
        };
        drop(work);
        while let Ok(report) = heard.try_recv() {
            ear.hear(report);
        }
        self.note(training, &mut ear).await?;
        Ok(match (ended, ear.made, ear.failed) {
            _ if is_unwanted => Run::Stopped,
            _ if self.parts.stop.is_cancelled() => Run::Left,
            (_, Some(made), _) => Run::Made(made),
            (_, None, Some(reason)) => Run::Failed(reason),
            (Err(broken), None, None) => Run::BrokeOff(broken.to_string()),
            (Ok(()), None, None) => Run::BrokeOff("it ended without a result".to_owned()),
        })
    }

    async fn note(&self, training: &Training, ear: &mut Ear) -> Result<(), JobError> {
        if let Some(progress) = ear.news() {
            self.parts.store.note_progress(&training.id, &progress, &ear.log).await?;
            self.ring();
        }
        Ok(())
    }

    async fn end_failed(&self, training: &Training, reason: String) -> Result<(), JobError> {
        warn!(training = %training.id, "A training failed: {reason}");
        let event = of_training(training, EventKind::Failed, Actor::System, None, reason.clone());
        self.end(training, TrainingState::Failed, Some(reason), vec![event], Vec::new()).await
    }

    async fn end_stopped(&self, training: &Training) -> Result<(), JobError> {
        let (actor, reason) = training.stop.clone().unwrap_or((Actor::System, String::new()));
        info!(training = %training.id, "A training was stopped");
        let event = of_training(training, EventKind::Stopped, actor, None, reason.clone());
        self.end(training, TrainingState::Stopped, Some(reason), vec![event], Vec::new()).await
    }

    /// Judges what was made, and lets it serve where the rules say so.
    async fn conclude(&self, training: &Training, made: &Made) -> Result<(), JobError> {
        let (now, settings) = (self.parts.clock.now(), &self.parts.settings);
        let ruling = made.comparison.ruling();
        let champion = made.comparison.champion.clone();
        let serving = self.serving()?;
        let evidence = serde_json::json!({ "comparison": made.comparison, "ruling": ruling, "heard": made.heard });
        let entry = |kind: EventKind, reason: String| NewEvent {
            from: champion.clone(),
            evidence: Some(evidence.clone()),
            ..of_training(training, kind, Actor::System, Some(&made.version), reason)
        };
        let mut events = vec![NewEvent {
            actor: training.actor.clone(),
            ..of_training(training, EventKind::Trained, Actor::System, Some(&made.version), training.reason.clone())
        }];
        let mut shadows = Vec::new();

        let is_as_compared = serving == champion || serving.as_ref() == Some(&made.version);
        let refusal = if !ruling.promotes {
            Some(ruling.words())
        } else if !is_as_compared {
            Some("another model was let serve meanwhile; it was not compared with that one".to_owned())
        } else if !settings.promote {
            Some(format!("better, but nothing serves without being asked: {}", ruling.words()))
        } else {
            self.let_serve(&made.version).err().map(|cause| format!("it cannot serve: {cause}"))
        };
        match refusal {
            None => {
                info!(model.version = %made.version, "A challenger serves from now on: {}", ruling.words());
                events.push(entry(EventKind::Promoted, ruling.words()));
                shadows.extend(champion.as_ref().and_then(|former| self.former(former, &made.version, now)));
            }
            Some(reason) => {
                info!(model.version = %made.version, "A challenger is kept as evidence: {reason}");
                let beside = champion.clone().filter(|champion| *champion != made.version);
                events.push(entry(EventKind::Refused, reason));
                shadows.extend(beside.and_then(|beside| self.challenger(&made.version, &beside, now)));
            }
        }
        self.end(training, TrainingState::Done, None, events, shadows).await
    }

    async fn end(
        &self,
        training: &Training,
        state: TrainingState,
        failure: Option<String>,
        events: Vec<NewEvent>,
        shadows: Vec<Shadow>,
    ) -> Result<(), JobError> {
        let ending = Ending { state, failure, events, shadows };
        self.parts.store.end_training(&training.id, &ending, self.parts.clock.now()).await?;
        self.ring();
        Ok(())
    }

    /// The model that served, held against the one that serves now.
    pub(super) fn former(&self, former: &Version, beside: &Version, now: Timestamp) -> Option<Shadow> {
        shadow(former, Part::Former, beside, now, self.parts.settings.probation_days)
    }

    pub(super) fn challenger(&self, version: &Version, beside: &Version, now: Timestamp) -> Option<Shadow> {
        shadow(version, Part::Challenger, beside, now, self.parts.settings.shadow_days)
    }
}

/// None for no days at all.
pub(super) fn shadow(version: &Version, part: Part, beside: &Version, since: Timestamp, days: u32) -> Option<Shadow> {
    let until = since.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MAX);
    (days > 0 && version != beside).then(|| Shadow {
        version: version.clone(),
        part,
        beside: beside.clone(),
        since,
        until,
    })
}

/// An entry under a name that follows from the training and what happened, so that it is there once.
fn of_training(training: &Training, kind: EventKind, actor: Actor, to: Option<&Version>, reason: String) -> NewEvent {
    // What was made comes before what became of it, also where both are written at once.
    let place = u8::from(kind != EventKind::Trained);
    NewEvent {
        id: format!("{}-{place}-{}", training.id, kind.as_str()),
        kind,
        actor,
        from: None,
        to: to.cloned(),
        training: Some(training.id.clone()),
        reason,
        evidence: None,
    }
}

/// What a training said so far.
#[derive(Default)]
struct Ear {
    progress: Option<Progress>,
    is_new: bool,
    log: Vec<Progress>,
    made: Option<Box<Made>>,
    failed: Option<String>,
}

impl Ear {
    fn hear(&mut self, report: Report) {
        match report {
            Report::Progress(progress) => {
                if progress.loss.is_some() && self.log.len() < MOST_LINES {
                    self.log.push(progress);
                }
                self.progress = Some(progress);
                self.is_new = true;
            }
            Report::Made(made) => self.made = Some(made),
            Report::Failed { reason } => self.failed = Some(reason),
        }
    }

    /// How far it is, where that was not asked since it last spoke.
    fn news(&mut self) -> Option<Progress> {
        std::mem::take(&mut self.is_new).then_some(self.progress).flatten()
    }
}
