//! Trainings and the audit log of models in the store.

mod evidence;
mod shadows;

use domain::model::Version;
use jiff::Timestamp;
use uuid::Uuid;

use super::engine::{Write, again};
use super::predictions::json;
use super::statement::sql;
use super::{Store, StoreError, damaged, time};
use crate::retraining::{
    Actor, Cause, EventKind, Instruction, Made, ModelEvent, NewEvent, Progress, Shadow, Training, TrainingState,
};

pub use evidence::{Check, FinishedForecast};
pub use shadows::{Pair, ShadowForecast};

/// Id, cause, actor, reason, instruction, state, attempts, requested, started, ended, progress, log, result, failure,
/// who stopped it and why.
type TrainingRow = (
    String,
    String,
    String,
    String,
    String,
    String,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    Option<String>,
    String,
    Option<String>,
    String,
    Option<String>,
    Option<String>,
);

const TRAINING_COLUMNS: &str = "id, cause, actor, reason, instruction, state, attempts, requested_at_ms, \
     started_at_ms, ended_at_ms, progress, log_lines, result, failure, stop_actor, stop_reason";

/// Id, time, kind, actor, from, to, training, reason, evidence.
type EventRow = (String, i64, String, String, Option<String>, Option<String>, Option<String>, String, Option<String>);

const EVENT_COLUMNS: &str = "id, at_ms, kind, actor, version_from, version_to, training, reason, evidence";

/// How a training ended, to be written down with everything that follows from it.
#[derive(Debug, Clone)]
pub struct Ending {
    /// How it stands now; not open.
    pub state: TrainingState,
    /// Why there is no model; none where there is one.
    pub failure: Option<String>,
    /// What goes into the audit log.
    pub events: Vec<NewEvent>,
    /// Models that forecast in the shadow from now on.
    pub shadows: Vec<Shadow>,
}

impl Store {
    /// Asks for a training, where none waits or runs; its name, none where one does.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn request_training(
        &self,
        cause: Cause,
        actor: &Actor,
        reason: &str,
        instruction: &Instruction,
        at: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let id = Uuid::now_v7().to_string();
        let insert = sql("insert into trainings (id, slot, cause, actor, reason, instruction, state, attempts, \
             requested_at_ms, started_at_ms, ended_at_ms, progress, log_lines, result, version, failure, stop_actor, \
             stop_reason) values (?, 1, ?, ?, ?, ?, ?, 0, ?, null, null, null, '[]', null, null, '', null, null)")
        .bind(&id)
        .bind(cause.as_str())
        .bind(actor.key())
        .bind(reason)
        .bind(json(instruction)?)
        .bind(TrainingState::Waiting.as_str())
        .bind(at.as_millisecond());
        match self.engine.execute(insert).await {
            Ok(_) => Ok(Some(id)),
            Err(error) if error.is_taken() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The training that waits or runs.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where the row cannot be read.
    pub async fn open_training(&self) -> Result<Option<Training>, StoreError> {
        let found = sql(format!("select {TRAINING_COLUMNS} from trainings where slot = 1"));
        self.engine.first(found).await?.map(training_of).transpose()
    }

    /// A training by its name.
    ///
    /// # Errors
    /// As [`Store::open_training`].
    pub async fn training(&self, id: &str) -> Result<Option<Training>, StoreError> {
        let found = sql(format!("select {TRAINING_COLUMNS} from trainings where id = ?")).bind(id);
        self.engine.first(found).await?.map(training_of).transpose()
    }

    /// The training that made a version, the newest where several did.
    ///
    /// # Errors
    /// As [`Store::open_training`].
    pub async fn training_of_version(&self, version: &Version) -> Result<Option<Training>, StoreError> {
        let found = sql(format!(
            "select {TRAINING_COLUMNS} from trainings where version = ? order by requested_at_ms desc limit 1"
        ));
        self.engine.first(found.bind(version.as_str())).await?.map(training_of).transpose()
    }

    /// Trainings, the newest first: `most` of them after the first `skipped`.
    ///
    /// # Errors
    /// As [`Store::open_training`].
    pub async fn trainings(&self, skipped: u32, most: u32) -> Result<Vec<Training>, StoreError> {
        let listed = sql(format!(
            "select {TRAINING_COLUMNS} from trainings order by requested_at_ms desc, id desc limit ? offset ?"
        ));
        let rows: Vec<TrainingRow> = self.engine.all(listed.bind(most).bind(skipped)).await?;
        rows.into_iter().map(training_of).collect()
    }

    /// How many trainings were asked for at `from` (UTC) or later, and when the last one of all was.
    ///
    /// # Errors
    /// As [`Store::open_training`].
    pub async fn trainings_since(&self, from: Timestamp) -> Result<(u32, Option<Timestamp>), StoreError> {
        let counted = sql("select (select count(*) from trainings where requested_at_ms >= ?), max(requested_at_ms) \
             from trainings");
        let found: Option<(i64, Option<i64>)> = self.engine.first(counted.bind(from.as_millisecond())).await?;
        let (count, last_ms) = found.unwrap_or_default();
        Ok((u32::try_from(count).unwrap_or(u32::MAX), last_ms.map(|at| time("trainings", at)).transpose()?))
    }

    /// Notes that an open training begins once more; how often it has begun by now, none where it is not open.
    ///
    /// # Errors
    /// As [`Store::open_training`].
    pub async fn begin_training(&self, id: &str, at: Timestamp) -> Result<Option<u32>, StoreError> {
        let begin =
            sql("update trainings set state = ?, attempts = attempts + 1, started_at_ms = ?, progress = null, \
             log_lines = '[]' where id = ? and slot = 1");
        let begin = begin.bind(TrainingState::Running.as_str()).bind(at.as_millisecond()).bind(id);
        if self.engine.execute(begin).await? == 0 {
            return Ok(None);
        }
        Ok(self.training(id).await?.map(|training| training.attempts))
    }

    /// Puts an open training back to wait, as if this attempt had not been made: the server stops.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn release_training(&self, id: &str) -> Result<(), StoreError> {
        let release = sql("update trainings set state = ?, attempts = attempts - 1 \
             where id = ? and slot = 1 and state = ? and attempts > 0");
        let release = release.bind(TrainingState::Waiting.as_str()).bind(id).bind(TrainingState::Running.as_str());
        self.engine.execute(release).await?;
        Ok(())
    }

    /// Writes down how far an open training is.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn note_progress(&self, id: &str, progress: &Progress, log: &[Progress]) -> Result<(), StoreError> {
        let note = sql("update trainings set progress = ?, log_lines = ? where id = ? and slot = 1");
        self.engine.execute(note.bind(json(progress)?).bind(json(&log)?).bind(id)).await?;
        Ok(())
    }

    /// Writes down what an open training has made, so that nobody has to make it again.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn keep_made(&self, id: &str, made: &Made) -> Result<(), StoreError> {
        let keep = sql("update trainings set result = ?, version = ? where id = ? and slot = 1");
        self.engine.execute(keep.bind(json(made)?).bind(made.version.as_str()).bind(id)).await?;
        Ok(())
    }

    /// Notes that somebody wants an open training stopped; whether he is the first.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn ask_to_stop_training(&self, id: &str, actor: &Actor, reason: &str) -> Result<bool, StoreError> {
        let ask = sql("update trainings set stop_actor = ?, stop_reason = ? \
             where id = ? and slot = 1 and stop_actor is null");
        Ok(self.engine.execute(ask.bind(actor.key()).bind(reason).bind(id)).await? > 0)
    }

    /// Ends an open training, with what goes into the audit log and who forecasts in the shadow from now on, whole or
    /// not at all; whether it was open.
    ///
    /// # Errors
    /// [`StoreError::Query`]; nothing has changed then.
    pub async fn end_training(&self, id: &str, ending: &Ending, at: Timestamp) -> Result<bool, StoreError> {
        again(|| self.end_training_once(id, ending, at)).await
    }

    async fn end_training_once(&self, id: &str, ending: &Ending, at: Timestamp) -> Result<bool, StoreError> {
        let mut write = self.engine.begin().await?;
        let end = sql("update trainings set slot = null, state = ?, ended_at_ms = ?, failure = ? \
             where id = ? and slot = 1")
        .bind(ending.state.as_str())
        .bind(at.as_millisecond())
        .bind(ending.failure.as_deref().unwrap_or_default())
        .bind(id);
        if write.execute(end).await? == 0 {
            return Ok(false);
        }
        for event in &ending.events {
            add_event(&mut write, event, at).await?;
        }
        for shadow in &ending.shadows {
            self.add_shadow(&mut write, shadow).await?;
        }
        write.commit().await?;
        Ok(true)
    }

    /// Writes entries of the audit log, with who forecasts in the shadow from now on and who does no more.
    ///
    /// # Errors
    /// [`StoreError::Query`]; nothing is written then.
    pub async fn note_models(
        &self,
        events: &[NewEvent],
        begin: &[Shadow],
        end: &[Version],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        again(|| self.note_models_once(events, begin, end, at)).await
    }

    async fn note_models_once(
        &self,
        events: &[NewEvent],
        begin: &[Shadow],
        end: &[Version],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        for event in events {
            add_event(&mut write, event, at).await?;
        }
        for version in end {
            write.execute(sql("update shadows set is_over = 1 where version = ?").bind(version.as_str())).await?;
        }
        for shadow in begin {
            self.add_shadow(&mut write, shadow).await?;
        }
        write.commit().await
    }

    /// The audit log, the newest entry first: `most` of them after the first `skipped`.
    ///
    /// # Errors
    /// As [`Store::open_training`].
    pub async fn model_events(&self, skipped: u32, most: u32) -> Result<Vec<ModelEvent>, StoreError> {
        let listed =
            sql(format!("select {EVENT_COLUMNS} from model_events order by at_ms desc, id desc limit ? offset ?"));
        let rows: Vec<EventRow> = self.engine.all(listed.bind(most).bind(skipped)).await?;
        rows.into_iter().map(event_of).collect()
    }

    /// Everything in the audit log that is about a version, the oldest entry first.
    ///
    /// # Errors
    /// As [`Store::open_training`].
    pub async fn events_of_model(&self, version: &Version) -> Result<Vec<ModelEvent>, StoreError> {
        let listed = sql(format!(
            "select {EVENT_COLUMNS} from model_events where version_from = ? or version_to = ? order by at_ms, id"
        ));
        let rows: Vec<EventRow> = self.engine.all(listed.bind(version.as_str()).bind(version.as_str())).await?;
        rows.into_iter().map(event_of).collect()
    }
}

/// Writes an entry, unless it is there already.
async fn add_event(write: &mut Write, event: &NewEvent, at: Timestamp) -> Result<(), StoreError> {
    let known = sql("select id from model_events where id = ?").bind(&event.id);
    if write.first::<(String,)>(known).await?.is_some() {
        return Ok(());
    }
    let insert = sql(format!("insert into model_events ({EVENT_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"))
        .bind(&event.id)
        .bind(at.as_millisecond())
        .bind(event.kind.as_str())
        .bind(event.actor.key())
        .bind(event.from.as_ref().map(Version::as_str))
        .bind(event.to.as_ref().map(Version::as_str))
        .bind(event.training.as_deref())
        .bind(&event.reason)
        .bind(event.evidence.as_ref().map(json).transpose()?);
    write.execute(insert).await?;
    Ok(())
}

fn training_of(row: TrainingRow) -> Result<Training, StoreError> {
    let (
        id,
        cause,
        actor,
        reason,
        instruction,
        state,
        attempts,
        requested_at_ms,
        started_at_ms,
        ended_at_ms,
        progress,
        log,
        made,
        failure,
        stop_actor,
        stop_reason,
    ) = row;
    let wrong = |column: &str| damaged("trainings", column);
    let stop = match stop_actor {
        Some(actor) => {
            let actor = Actor::parse(&actor).ok_or_else(|| wrong("stop_actor"))?;
            Some((actor, stop_reason.unwrap_or_default()))
        }
        None => None,
    };
    Ok(Training {
        id,
        cause: Cause::parse(&cause).ok_or_else(|| wrong("cause"))?,
        actor: Actor::parse(&actor).ok_or_else(|| wrong("actor"))?,
        reason,
        instruction: serde_json::from_str(&instruction).map_err(|_| wrong("instruction"))?,
        state: TrainingState::parse(&state).ok_or_else(|| wrong("state"))?,
        attempts: u32::try_from(attempts).map_err(|_| wrong("attempts"))?,
        requested_at: time("trainings", requested_at_ms)?,
        started_at: started_at_ms.map(|at| time("trainings", at)).transpose()?,
        ended_at: ended_at_ms.map(|at| time("trainings", at)).transpose()?,
        progress: progress.as_deref().map(serde_json::from_str).transpose().map_err(|_| wrong("progress"))?,
        log: serde_json::from_str(&log).map_err(|_| wrong("log_lines"))?,
        made: made.as_deref().map(serde_json::from_str).transpose().map_err(|_| wrong("result"))?,
        failure: (!failure.is_empty()).then_some(failure),
        stop,
    })
}

fn event_of(row: EventRow) -> Result<ModelEvent, StoreError> {
    let (id, at_ms, kind, actor, from, to, training, reason, evidence) = row;
    let wrong = |column: &str| damaged("model_events", column);
    Ok(ModelEvent {
        at: time("model_events", at_ms)?,
        event: NewEvent {
            id,
            kind: EventKind::parse(&kind).ok_or_else(|| wrong("kind"))?,
            actor: Actor::parse(&actor).ok_or_else(|| wrong("actor"))?,
            from: from.map(|text| version_of("model_events", &text)).transpose()?,
            to: to.map(|text| version_of("model_events", &text)).transpose()?,
            training,
            reason,
            evidence: evidence.as_deref().map(serde_json::from_str).transpose().map_err(|_| wrong("evidence"))?,
        },
    })
}

fn version_of(table: &str, text: &str) -> Result<Version, StoreError> {
    Version::parse(text).map_err(|_| damaged(table, "version"))
}
