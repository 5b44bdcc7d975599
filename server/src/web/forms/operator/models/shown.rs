//! What is kept of models and trainings, as the pages show it.

use std::collections::BTreeMap;

use app::documents::operator as pages;
use domain::forecast::Horizon;
use domain::model::{ModelCard, Score, Version};
use jiff::Timestamp;
use ml::dataset::INPUTS;
use ml::features::Feature;

use crate::retraining::comparison::{Comparison, Did};
use crate::retraining::{
    Actor, Cause, Decision, EventKind, Made, ModelEvent, Part, Phase, Progress, Scored, Shadow, State, Training,
    TrainingState,
};
use crate::store::{Store, StoreError};

/// Who stands behind an account, as an operator may see him.
pub(super) struct People(BTreeMap<String, pages::Actor>);

impl People {
    pub(super) async fn of(store: &Store, actors: &[&Actor]) -> Result<Self, StoreError> {
        let mut people = BTreeMap::new();
        for &actor in actors {
            let Actor::Account(account) = actor else { continue };
            if people.contains_key(&actor.key()) {
                continue;
            }
            let kept = store.account(account).await?;
            let shown =
                kept.map_or(pages::Actor::Gone, |kept| pages::Actor::Operator(pages::masked(&kept.account.address)));
            people.insert(actor.key(), shown);
        }
        Ok(Self(people))
    }

    fn name(&self, actor: &Actor) -> pages::Actor {
        match actor {
            Actor::System => pages::Actor::Server,
            Actor::Account(_) => self.0.get(&actor.key()).cloned().unwrap_or(pages::Actor::Gone),
        }
    }
}

pub(super) fn actors_of(training: &Training) -> Vec<&Actor> {
    std::iter::once(&training.actor).chain(training.stop.iter().map(|(actor, _)| actor)).collect()
}

pub(super) fn standing(state: &State, version: &Version) -> pages::ModelStanding {
    if state.serving.as_ref() == Some(version) {
        return pages::ModelStanding::Serves;
    }
    let shadow = state.shadows.iter().map(|(shadow, _)| shadow).find(|shadow| shadow.version == *version);
    shadow.map_or(pages::ModelStanding::Kept, |shadow| match shadow.part {
        Part::Challenger => pages::ModelStanding::Challenger,
        Part::Former => pages::ModelStanding::Former,
    })
}

pub(super) fn model_line(
    card: &ModelCard,
    standing: pages::ModelStanding,
    cause: Option<pages::TrainingCause>,
) -> pages::ModelLine {
    let of_a_day = |scores: &[Score]| scores.iter().find(|score| score.horizon == Horizon::Day).copied();
    pages::ModelLine {
        version: card.version.to_string(),
        family: card.family,
        standing,
        trained_at: card.trained_at,
        trained_from: card.trained_from,
        trained_to: card.trained_to,
        score: of_a_day(&card.scores),
        baseline: of_a_day(&card.baseline),
        cause,
    }
}

pub(super) fn shadow_line(shadow: &Shadow, scored: &Scored) -> pages::ShadowLine {
    pages::ShadowLine {
        version: shadow.version.to_string(),
        is_former: shadow.part == Part::Former,
        beside: shadow.beside.to_string(),
        since: shadow.since,
        until: shadow.until,
        days: scored.days,
        forecasts: scored.forecasts,
        qlike: [scored.served, scored.shadow],
        coverage80: [scored.served_coverage80, scored.shadow_coverage80],
    }
}

pub(super) fn next_of(state: &State) -> Option<(Timestamp, pages::NextTraining)> {
    let check = state.decision.as_ref()?;
    let next = match &check.content {
        Decision::Train { cause, reason } => pages::NextTraining::Asked(cause_of(*cause), reason.clone()),
        Decision::Busy => pages::NextTraining::Runs,
        Decision::Quiet { until } => pages::NextTraining::NotBefore(*until),
        Decision::WeekIsFull => pages::NextTraining::WeekIsFull,
        Decision::Nothing => pages::NextTraining::Nothing,
    };
    Some((check.at, next))
}

pub(super) fn event_of(kept: &ModelEvent, people: &People) -> pages::ModelEvent {
    let event = &kept.event;
    let evidence = event.evidence.as_ref().map(|evidence| format!("{evidence:#}"));
    pages::ModelEvent {
        at: kept.at,
        deed: match event.kind {
            EventKind::Trained => pages::ModelDeed::Trained,
            EventKind::Promoted => pages::ModelDeed::Promoted,
            EventKind::RolledBack => pages::ModelDeed::RolledBack,
            EventKind::Refused => pages::ModelDeed::Refused,
            EventKind::Stopped => pages::ModelDeed::Stopped,
            EventKind::Failed => pages::ModelDeed::Failed,
            EventKind::Shadowed => pages::ModelDeed::Shadowed,
            EventKind::Settled => pages::ModelDeed::Settled,
        },
        actor: people.name(&event.actor),
        from: event.from.as_ref().map(ToString::to_string),
        to: event.to.as_ref().map(ToString::to_string),
        training: event.training.clone(),
        reason: event.reason.clone(),
        evidence,
    }
}

pub(super) const fn cause_of(cause: Cause) -> pages::TrainingCause {
    match cause {
        Cause::Rows => pages::TrainingCause::Rows,
        Cause::Drift => pages::TrainingCause::Drift,
        Cause::Performance => pages::TrainingCause::Performance,
        Cause::Feedback => pages::TrainingCause::Feedback,
        Cause::Schedule => pages::TrainingCause::Schedule,
        Cause::Operator => pages::TrainingCause::Operator,
    }
}

pub(super) fn training_line(training: &Training, people: &People) -> pages::TrainingLine {
    pages::TrainingLine {
        id: training.id.clone(),
        cause: cause_of(training.cause),
        actor: people.name(&training.actor),
        reason: training.reason.clone(),
        standing: match training.state {
            TrainingState::Waiting => pages::TrainingStanding::Waiting,
            TrainingState::Running => pages::TrainingStanding::Running,
            TrainingState::Done => pages::TrainingStanding::Done,
            TrainingState::Failed => pages::TrainingStanding::Failed,
            TrainingState::Stopped => pages::TrainingStanding::Stopped,
        },
        requested_at: training.requested_at,
        started_at: training.started_at,
        ended_at: training.ended_at,
        share: training.progress.map(|progress| progress.share),
        version: training.made.as_ref().map(|made| made.version.to_string()),
    }
}

pub(super) fn training_page(training: &Training, people: &People, refreshes: bool) -> pages::TrainingPage {
    let told = &training.instruction;
    let made: Option<&Made> = training.made.as_ref();
    pages::TrainingPage {
        line: training_line(training, people),
        attempts: training.attempts,
        order: pages::TrainingOrder {
            family: told.family,
            now: told.now,
            held_out_days: told.held_out_days,
            seed: told.seed,
            members: told.networks.members,
            epochs: told.networks.epochs,
            hears_people: told.hears_people,
        },
        step: training.progress.as_ref().map(step_of),
        log: training.log.iter().map(step_of).collect(),
        votes: made.map(|made| pages::TrainingVotes {
            votes: made.heard.votes,
            doubted: made.heard.doubted,
            doubled: made.heard.doubled,
            share: made.heard.share,
        }),
        duel: made.map(|made| duel(&made.comparison)),
        failure: training.failure.clone(),
        stop: training.stop.as_ref().map(|(actor, reason)| (people.name(actor), reason.clone())),
        refreshes,
    }
}

pub(super) const fn step_of(progress: &Progress) -> pages::TrainingStep {
    pages::TrainingStep {
        phase: match progress.phase {
            Phase::Reading => pages::TrainingPhase::Reading,
            Phase::Fitting => pages::TrainingPhase::Fitting,
            Phase::Comparing => pages::TrainingPhase::Comparing,
        },
        share: progress.share,
        fit: progress.fit,
        fits: progress.fits,
        network: progress.network,
        epoch: progress.epoch,
        loss: progress.loss,
    }
}

pub(super) fn duel(comparison: &Comparison) -> pages::Duel {
    let ruling = comparison.ruling();
    let side = |did: Did| pages::DuelSide { qlike: did.qlike, coverage80: did.coverage80, coverage95: did.coverage95 };
    let rows = comparison.horizons.iter().map(|at| pages::DuelRow {
        horizon: at.horizon,
        days: at.days,
        forecasts: at.forecasts,
        challenger: side(at.challenger),
        champion: at.champion.map(side),
        p: at.p,
    });
    pages::Duel {
        champion: comparison.champion.as_ref().map(ToString::to_string),
        challenger: comparison.challenger.to_string(),
        from: comparison.from,
        to: comparison.to,
        rows: rows.collect(),
        promotes: ruling.promotes,
        grounds: ruling.words(),
    }
}

/// What every model of this program reads.
pub(super) fn features() -> Vec<pages::FeatureLine> {
    let line = |feature: &Feature| {
        let spec = feature.spec();
        pages::FeatureLine {
            name: spec.name.to_owned(),
            unit: spec.unit.to_owned(),
            formula: spec.formula.to_owned(),
            source: spec.source.to_owned(),
        }
    };
    INPUTS.iter().map(line).collect()
}
