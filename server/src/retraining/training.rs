//! What a training is: why it takes place, who wants it, what it is told, how far it is and what it made.

use domain::model::{Family, Version};
use domain::user::AccountId;
use jiff::Timestamp;
use ml::model::lstm::Plan;
use serde::{Deserialize, Serialize};

use super::comparison::{Comparison, Rules};

/// Why a training takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Enough forecasts have ended since the last training.
    Rows,
    /// What comes in does not look like what the model learnt from.
    Drift,
    /// The serving model does worse than the baseline.
    Performance,
    /// People denied enough forecasts.
    Feedback,
    /// It is time.
    Schedule,
    /// An operator asked for it.
    Operator,
}

impl Cause {
    /// Every cause, those that are told first where several hold first.
    pub const ALL: [Self; 6] =
        [Self::Operator, Self::Drift, Self::Performance, Self::Feedback, Self::Rows, Self::Schedule];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Drift => "drift",
            Self::Performance => "performance",
            Self::Feedback => "feedback",
            Self::Schedule => "schedule",
            Self::Operator => "operator",
        }
    }

    /// Reads it; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }
}

/// Who does something to models.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The server, by its rules.
    System,
    /// An operator.
    Account(AccountId),
}

impl Actor {
    /// As it is stored: `system`, or the account behind an `account:`.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::System => "system".to_owned(),
            Self::Account(account) => format!("account:{account}"),
        }
    }

    /// Reads it; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("account:") {
            Some(account) => AccountId::parse(account).ok().map(Self::Account),
            None => (text == "system").then_some(Self::System),
        }
    }
}

/// How a training stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrainingState {
    /// It begins soon; also where the server that ran it went away.
    Waiting,
    /// It runs.
    Running,
    /// It made a model, which serves or is kept as evidence.
    Done,
    /// It made none.
    Failed,
    /// An operator stopped it.
    Stopped,
}

impl TrainingState {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// Reads it; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Stopped]
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// Whether it has not come to an end yet.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

/// What a training is told. The same instruction on the same candles makes the same model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instruction {
    /// The family.
    pub family: Family,
    /// Nothing later than this is read (UTC).
    pub now: Timestamp,
    /// Days at the end that are held out: they test the model and the one that serves.
    pub held_out_days: u32,
    /// The seed of every random choice.
    pub seed: u64,
    /// Whether what people said of forecasts counts.
    pub hears_people: bool,
    /// How the networks are fitted.
    pub networks: Networks,
    /// By which rules the result is judged.
    pub rules: Rules,
}

/// How the networks of an ensemble are fitted; what is not here is as in [`Plan::default`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Networks {
    /// Units of the recurrent layer.
    pub hidden: u32,
    /// Networks.
    pub members: u32,
    /// Passes over the training data.
    pub epochs: u32,
    /// Origins a step of the optimiser.
    pub batch: u32,
    /// Hours between two training origins.
    pub every_hours: u32,
}

impl Default for Networks {
    fn default() -> Self {
        let Plan { hidden, members, epochs, batch, every_hours, .. } = Plan::default();
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            hidden: small(hidden),
            members: small(members),
            epochs: small(epochs),
            batch: small(batch),
            every_hours: u32::try_from(every_hours).unwrap_or(u32::MAX),
        }
    }
}

impl Networks {
    /// As the training takes it.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan {
            hidden: self.hidden as usize,
            members: self.members as usize,
            epochs: self.epochs as usize,
            batch: self.batch as usize,
            every_hours: i64::from(self.every_hours),
            ..Plan::default()
        }
    }
}

/// What a training is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It reads the candles and computes features.
    Reading,
    /// It fits.
    Fitting,
    /// It compares what it made with the model that serves.
    Comparing,
}

/// How far a training is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What it is at.
    pub phase: Phase,
    /// How much of all its work is done, 0 to 1.
    pub share: f64,
    /// Which fit is at work, from 1; 0 while none is.
    pub fit: u32,
    /// How many fits there are: the last one is the model, those before shape its intervals.
    pub fits: u32,
    /// Which network of the ensemble, from 1; 0 while none is.
    pub network: u32,
    /// Which pass over the data, from 1; 0 while none is.
    pub epoch: u32,
    /// Mean training loss of the pass that has just ended.
    pub loss: Option<f64>,
}

/// How much of the training people's denials moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// Votes that counted.
    pub votes: u32,
    /// Forecasts that were doubted.
    pub doubted: u32,
    /// Training origins that counted twice.
    pub doubled: u32,
    /// Their share of the training's weight, 0 to 0.1.
    pub share: f64,
}

/// What a training made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// The new version.
    pub version: Version,
    /// How it compares with the one that serves on days that neither was trained on.
    pub comparison: Comparison,
    /// What people's denials moved.
    pub heard: Heard,
}

/// A line of what a training process says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// How far it is.
    Progress(Progress),
    /// It is done.
    Made(Box<Made>),
    /// It cannot be done, in words for a person.
    Failed {
        /// Why.
        reason: String,
    },
}

/// A training as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// Its name.
    pub id: String,
    /// Why it takes place.
    pub cause: Cause,
    /// Who wants it.
    pub actor: Actor,
    /// Why, in words.
    pub reason: String,
    /// What it is told.
    pub instruction: Instruction,
    /// How it stands.
    pub state: TrainingState,
    /// How often it was begun.
    pub attempts: u32,
    /// When it was asked for (UTC).
    pub requested_at: Timestamp,
    /// When it was begun last (UTC).
    pub started_at: Option<Timestamp>,
    /// When it came to its end (UTC).
    pub ended_at: Option<Timestamp>,
    /// How far it is, or was at its end.
    pub progress: Option<Progress>,
    /// The end of each pass over the data, the oldest first.
    pub log: Vec<Progress>,
    /// What it made.
    pub made: Option<Made>,
    /// Why there is no model.
    pub failure: Option<String>,
    /// Who wants it stopped, and why.
    pub stop: Option<(Actor, String)>,
}

/// What happened to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// It was made.
    Trained,
    /// It serves from now on.
    Promoted,
    /// It serves no more; the one before does.
    RolledBack,
    /// It did not prove better and is kept as evidence.
    Refused,
    /// Its training was stopped.
    Stopped,
    /// Its training failed, or what was asked for could not be done.
    Failed,
    /// It forecasts beside the serving one, or does so no more.
    Shadowed,
    /// It kept its place after the days in which it was held against the one before.
    Settled,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Trained,
        Self::Promoted,
        Self::RolledBack,
        Self::Refused,
        Self::Stopped,
        Self::Failed,
        Self::Shadowed,
        Self::Settled,
    ];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trained => "trained",
            Self::Promoted => "promoted",
            Self::RolledBack => "rolled_back",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Shadowed => "shadowed",
            Self::Settled => "settled",
        }
    }

    /// Reads it; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An entry of the audit log, to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its name; one that is there already is not written again.
    pub id: String,
    /// What happened.
    pub kind: EventKind,
    /// Who did it.
    pub actor: Actor,
    /// The version that served, or was left.
    pub from: Option<Version>,
    /// The version that it is about.
    pub to: Option<Version>,
    /// The training that it came of.
    pub training: Option<String>,
    /// Why, in words.
    pub reason: String,
    /// The numbers that it rests on.
    pub evidence: Option<serde_json::Value>,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEvent {
    /// When it was written (UTC).
    pub at: Timestamp,
    /// What it says.
    pub event: NewEvent,
}

/// Why a model forecasts in the shadow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// It did not serve yet.
    Challenger,
    /// It served before the present one, which is held against it.
    Former,
}

impl Part {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Challenger => "challenger",
            Self::Former => "former",
        }
    }

    /// Reads it; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Challenger, Self::Former].into_iter().find(|part| part.as_str() == text)
    }
}

/// A model that forecasts beside the serving one without being shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadow {
    /// The model.
    pub version: Version,
    /// Why.
    pub part: Part,
    /// The version that served when it began.
    pub beside: Version,
    /// Since when (UTC).
    pub since: Timestamp,
    /// Until when (UTC).
    pub until: Timestamp,
}
