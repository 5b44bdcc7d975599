//! What people say about forecasts and answers, in the store, beside the forecasts that it is about.

use std::collections::BTreeMap;

use domain::chat::VisitorId;
use domain::clock::instant;
use domain::feedback::{FeedbackOrigin, ForecastFeedback, ForecastVerdict, Seen};
use domain::forecast::Horizon;
use domain::market::Symbol;
use domain::user::AccountId;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::conversations::hashed;
use super::engine::again;
use super::statement::{Value, placeholders, sql};
use super::{PublishedForecast, Store, StoreError, damaged, time};

/// How long after his first answer somebody may change it.
pub const OPEN_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Who says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Giver {
    /// Somebody with an account.
    Account(AccountId),
    /// Somebody whom only his cookie names.
    Visitor(VisitorId),
    /// Whoever a program asked that is told of alerts: a mark of its address, at most 64 characters.
    Program(String),
}

impl Giver {
    /// As the table names him: a visitor cannot be acted for by whoever reads it.
    fn key(&self) -> String {
        match self {
            Self::Account(account) => format!("account:{account}"),
            Self::Visitor(visitor) => hashed(visitor),
            Self::Program(mark) => format!("program:{mark}"),
        }
    }
}

/// What feedback is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedbackKind {
    /// An answer of the Buddy.
    Answer,
    /// A published forecast.
    Forecast,
}

impl FeedbackKind {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Forecast => "forecast",
        }
    }

    /// Reads it; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Answer, Self::Forecast].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What somebody thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// The forecast was right.
    Right,
    /// The forecast was wrong.
    Wrong,
    /// The answer helped.
    Helpful,
    /// The answer did not help.
    NotHelpful,
}

impl Opinion {
    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Right => ForecastVerdict::Right.as_str(),
            Self::Wrong => ForecastVerdict::Wrong.as_str(),
            Self::Helpful => "helpful",
            Self::NotHelpful => "not_helpful",
        }
    }

    /// Reads it; none for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Right, Self::Wrong, Self::Helpful, Self::NotHelpful].into_iter().find(|opinion| opinion.as_str() == text)
    }
}

/// Reads where feedback was given; none for anything else.
#[must_use]
pub fn feedback_origin(text: &str) -> Option<FeedbackOrigin> {
    [FeedbackOrigin::Letter, FeedbackOrigin::Card, FeedbackOrigin::Chat, FeedbackOrigin::Api]
        .into_iter()
        .find(|origin| origin.as_str() == text)
}

/// What somebody said about a forecast before.
#[derive(Debug, Clone, PartialEq)]
pub struct SaidBefore {
    /// What he said last.
    pub feedback: ForecastFeedback,
    /// When he said something for the first time (UTC).
    pub given_at: Timestamp,
}

impl SaidBefore {
    /// Until when he may change it (UTC).
    #[must_use]
    pub fn open_until(&self) -> Timestamp {
        self.given_at.saturating_add(OPEN_FOR).unwrap_or(Timestamp::MAX)
    }
}

/// What became of feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Giving {
    /// It is kept.
    Kept,
    /// The first answer is too old to be changed; nothing was.
    Closed,
}

/// Which feedback is wanted; everything where nothing is set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedbackFilter {
    /// About what.
    pub kind: Option<FeedbackKind>,
    /// Saying what.
    pub opinion: Option<Opinion>,
    /// About forecasts of this coin.
    pub symbol: Option<Symbol>,
    /// Given where.
    pub origin: Option<FeedbackOrigin>,
    /// Last changed at this instant or later (UTC).
    pub from: Option<Timestamp>,
    /// Last changed before this instant (UTC).
    pub to: Option<Timestamp>,
}

/// The forecast that feedback is about, as far as a list shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedbackSubject {
    /// The coin.
    pub symbol: Symbol,
    /// The horizon.
    pub horizon: Horizon,
    /// Where the horizon starts (UTC).
    pub origin: Timestamp,
    /// The chance of a high-volatility period that was given, 0 to 1.
    pub chance: f64,
    /// Whether the period was one; none while that is not known.
    pub outcome_high: Option<bool>,
}

/// Feedback as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptFeedback {
    /// Its name.
    pub id: String,
    /// About what.
    pub kind: FeedbackKind,
    /// The name of the prediction or of the message.
    pub subject: String,
    /// Whether it was given by somebody with an account.
    pub by_member: bool,
    /// What he thinks.
    pub opinion: Opinion,
    /// What was really seen, if he says so.
    pub seen: Option<Seen>,
    /// In his own words; may be empty.
    pub words: String,
    /// Where it was given.
    pub origin: FeedbackOrigin,
    /// When it was given for the first time (UTC).
    pub given_at: Timestamp,
    /// When it was given last (UTC).
    pub changed_at: Timestamp,
    /// The forecast, where it is about one.
    pub forecast: Option<FeedbackSubject>,
    /// Who wrote the answer, where it is about one: a model's name or `composer`.
    pub writer: Option<String>,
}

/// How often something was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedbackCount {
    /// About what.
    pub kind: FeedbackKind,
    /// What was said.
    pub opinion: Opinion,
    /// How often.
    pub count: u64,
}

/// What people said about one forecast, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// It was right.
    pub right: u64,
    /// It was wrong.
    pub wrong: u64,
    /// It was calm.
    pub calm: u64,
    /// It was as usual.
    pub usual: u64,
    /// It was rough.
    pub high: u64,
}

/// Verdict, seen, words, given.
type SaidRow = (String, Option<String>, String, i64);

/// Id, kind, subject, giver, verdict, seen, words, origin, given, changed; symbol, horizon, origin, chance and outcome
/// of the forecast; writer of the answer.
type FeedbackRow = (
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    String,
    String,
    i64,
    i64,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<f64>,
    Option<i64>,
    Option<String>,
);

const FEEDBACK_COLUMNS: &str = "f.id, f.kind, f.subject, f.giver, f.verdict, f.seen, f.words, f.origin, \
     f.given_at_ms, f.changed_at_ms, p.symbol, p.horizon, p.origin_s, p.chance, p.outcome_high, m.writer";

const FEEDBACK_TABLES: &str = "feedback f left join predictions p on f.kind = 'forecast' and p.id = f.subject \
     left join messages m on f.kind = 'answer' and m.id = f.subject";

impl Store {
    /// Keeps what somebody says about a forecast; what he said before is replaced, unless he said it first more than
    /// [`OPEN_FOR`] ago. The forecast must be there.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where the row cannot be read.
    pub async fn give_feedback(
        &self,
        prediction: &str,
        giver: &Giver,
        said: &ForecastFeedback,
        origin: FeedbackOrigin,
        at: Timestamp,
    ) -> Result<Giving, StoreError> {
        again(|| self.give_feedback_once(prediction, giver, said, origin, at)).await
    }

    async fn give_feedback_once(
        &self,
        prediction: &str,
        giver: &Giver,
        said: &ForecastFeedback,
        origin: FeedbackOrigin,
        at: Timestamp,
    ) -> Result<Giving, StoreError> {
        let giver = giver.key();
        let mut write = self.engine.begin().await?;
        let first = sql("select given_at_ms from feedback where kind = 'forecast' and subject = ? and giver = ?");
        let first: Option<(i64,)> = write.first(first.bind(prediction).bind(&giver)).await?;
        if let Some((given_at_ms,)) = first
            && at.duration_since(time("feedback", given_at_ms)?) >= OPEN_FOR
        {
            return Ok(Giving::Closed);
        }
        let insert = format!(
            "insert into feedback (id, kind, subject, giver, verdict, seen, words, origin, given_at_ms, changed_at_ms) \
             values (?, 'forecast', ?, ?, ?, ?, ?, ?, ?, ?){}",
            self.engine.or_update("kind, subject, giver", &["verdict", "seen", "words", "origin", "changed_at_ms"]),
        );
        let insert = sql(insert)
            .bind(Uuid::now_v7().to_string())
            .bind(prediction)
            .bind(giver)
            .bind(said.verdict.as_str())
            .bind(said.seen.map(Seen::as_str))
            .bind(&said.words)
            .bind(origin.as_str())
            .bind(at.as_millisecond())
            .bind(at.as_millisecond());
        write.execute(insert).await?;
        write.commit().await?;
        Ok(Giving::Kept)
    }

    /// What somebody said about a forecast, if he did.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where the row cannot be read.
    pub async fn said_before(&self, prediction: &str, giver: &Giver) -> Result<Option<SaidBefore>, StoreError> {
        let found = sql("select verdict, seen, words, given_at_ms from feedback \
             where kind = 'forecast' and subject = ? and giver = ?");
        let found: Option<SaidRow> = self.engine.first(found.bind(prediction).bind(giver.key())).await?;
        let Some((verdict, seen, words, given_at_ms)) = found else { return Ok(None) };
        let verdict = ForecastVerdict::parse(&verdict).map_err(|_| damaged("feedback", "verdict"))?;
        let feedback = ForecastFeedback { verdict, seen: seen_of(seen.as_deref())?, words };
        Ok(Some(SaidBefore { feedback, given_at: time("feedback", given_at_ms)? }))
    }

    /// Feedback for a list, the newest first: `most` of it after the first `skipped`.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn feedback(
        &self,
        filter: &FeedbackFilter,
        skipped: u32,
        most: u32,
    ) -> Result<Vec<KeptFeedback>, StoreError> {
        let (conditions, values) = conditions(filter);
        let listed = format!(
            "select {FEEDBACK_COLUMNS} from {FEEDBACK_TABLES} where {conditions} \
             order by f.changed_at_ms desc, f.id desc limit ? offset ?"
        );
        let listed = sql(listed).bind_all(values).bind(most).bind(skipped);
        self.engine.all(listed).await?.iter().map(feedback_of).collect()
    }

    /// Feedback for a file, in the order of its names: at most `most` of it after a name; everything begins after the
    /// empty one.
    ///
    /// # Errors
    /// As [`Store::feedback`].
    pub async fn feedback_after(
        &self,
        filter: &FeedbackFilter,
        after: &str,
        most: u32,
    ) -> Result<Vec<KeptFeedback>, StoreError> {
        let (conditions, values) = conditions(filter);
        let listed = format!(
            "select {FEEDBACK_COLUMNS} from {FEEDBACK_TABLES} where {conditions} and f.id > ? order by f.id limit ?"
        );
        let listed = sql(listed).bind_all(values).bind(after).bind(most);
        self.engine.all(listed).await?.iter().map(feedback_of).collect()
    }

    /// How often what was said.
    ///
    /// # Errors
    /// As [`Store::feedback`].
    pub async fn feedback_counts(&self, filter: &FeedbackFilter) -> Result<Vec<FeedbackCount>, StoreError> {
        let (conditions, values) = conditions(filter);
        let counted = format!(
            "select f.kind, f.verdict, count(*) from {FEEDBACK_TABLES} where {conditions} \
             group by f.kind, f.verdict order by f.kind, f.verdict"
        );
        let rows: Vec<(String, String, i64)> = self.engine.all(sql(counted).bind_all(values)).await?;
        let count_of = |(kind, verdict, count): (String, String, i64)| -> Result<FeedbackCount, StoreError> {
            Ok(FeedbackCount { kind: kind_of(&kind)?, opinion: opinion_of(&verdict)?, count: count.unsigned_abs() })
        };
        rows.into_iter().map(count_of).collect()
    }

    /// Everything that an account said, under its own name and under that of its conversations.
    ///
    /// # Errors
    /// As [`Store::feedback`].
    pub async fn feedback_of_account(
        &self,
        account: &AccountId,
        visitor: &VisitorId,
    ) -> Result<Vec<KeptFeedback>, StoreError> {
        let theirs =
            format!("select {FEEDBACK_COLUMNS} from {FEEDBACK_TABLES} where f.giver in (?, ?) order by f.given_at_ms");
        let theirs = sql(theirs).bind(Giver::Account(account.clone()).key()).bind(hashed(visitor));
        self.engine.all(theirs).await?.iter().map(feedback_of).collect()
    }

    /// The newest stored forecast of a coin and horizon that began at `origin_to` (UTC) or before.
    ///
    /// # Errors
    /// As [`Store::prediction`].
    pub async fn newest_prediction_until(
        &self,
        symbol: &Symbol,
        horizon: Horizon,
        origin_to: Timestamp,
    ) -> Result<Option<PublishedForecast>, StoreError> {
        let newest = sql("select id from predictions where symbol = ? and horizon = ? and origin_s <= ? \
             order by origin_s desc, published_at_ms desc limit 1");
        let newest = newest.bind(symbol.as_str()).bind(horizon.as_str()).bind(origin_to.as_second());
        match self.engine.first::<(String,)>(newest).await? {
            Some((id,)) => self.prediction(&id).await,
            None => Ok(None),
        }
    }

    /// What people said about each of some forecasts; those about which nobody said anything are not in it.
    ///
    /// # Errors
    /// As [`Store::feedback`].
    pub async fn said_about(&self, forecasts: &[PublishedForecast]) -> Result<BTreeMap<String, Said>, StoreError> {
        let mut about: BTreeMap<String, Said> = BTreeMap::new();
        if forecasts.is_empty() {
            return Ok(about);
        }
        let counted = format!(
            "select subject, verdict, seen, count(*) from feedback where kind = 'forecast' and subject in {} \
             group by subject, verdict, seen",
            placeholders(1, forecasts.len()),
        );
        let counted = sql(counted).bind_all(forecasts.iter().map(|forecast| &forecast.id));
        let rows: Vec<(String, String, Option<String>, i64)> = self.engine.all(counted).await?;
        for (subject, verdict, seen, count) in rows {
            let (said, count) = (about.entry(subject).or_default(), count.unsigned_abs());
            match ForecastVerdict::parse(&verdict).map_err(|_| damaged("feedback", "verdict"))? {
                ForecastVerdict::Right => said.right += count,
                ForecastVerdict::Wrong => said.wrong += count,
            }
            match seen_of(seen.as_deref())? {
                None => {}
                Some(Seen::Calm) => said.calm += count,
                Some(Seen::Usual) => said.usual += count,
                Some(Seen::High) => said.high += count,
            }
        }
        Ok(about)
    }
}

/// What a filter asks of a row, with the values.
fn conditions(filter: &FeedbackFilter) -> (String, Vec<Value>) {
    let FeedbackFilter { kind, opinion, symbol, origin, from, to } = filter;
    let wanted: [(&str, Option<Value>); 6] = [
        ("f.kind = ?", kind.map(|kind| kind.as_str().into())),
        ("f.verdict = ?", opinion.map(|opinion| opinion.as_str().into())),
        ("p.symbol = ?", symbol.as_ref().map(|symbol| symbol.as_str().into())),
        ("f.origin = ?", origin.map(|origin| origin.as_str().into())),
        ("f.changed_at_ms >= ?", from.map(|from| from.as_millisecond().into())),
        ("f.changed_at_ms < ?", to.map(|to| to.as_millisecond().into())),
    ];
    let mut text = "1 = 1".to_owned();
    let mut values = Vec::new();
    for (condition, value) in wanted {
        if let Some(value) = value {
            text.push_str(" and ");
            text.push_str(condition);
            values.push(value);
        }
    }
    (text, values)
}

fn kind_of(text: &str) -> Result<FeedbackKind, StoreError> {
    FeedbackKind::parse(text).ok_or_else(|| damaged("feedback", "kind"))
}

fn opinion_of(text: &str) -> Result<Opinion, StoreError> {
    Opinion::parse(text).ok_or_else(|| damaged("feedback", "verdict"))
}

fn seen_of(text: Option<&str>) -> Result<Option<Seen>, StoreError> {
    text.map(Seen::parse).transpose().map_err(|_| damaged("feedback", "seen"))
}

fn horizon_of(text: &str) -> Result<Horizon, StoreError> {
    Horizon::parse(text).map_err(|_| damaged("predictions", "horizon"))
}

fn symbol_of(text: &str) -> Result<Symbol, StoreError> {
    Symbol::parse(text).map_err(|_| damaged("predictions", "symbol"))
}

fn feedback_of(row: &FeedbackRow) -> Result<KeptFeedback, StoreError> {
    let (id, kind, subject, giver, verdict, seen, words, origin, given_at_ms, changed_at_ms, ..) = row;
    let (.., symbol, horizon, origin_s, chance, outcome_high, writer) = row;
    let forecast = match (symbol, horizon, origin_s, chance) {
        (Some(symbol), Some(horizon), Some(origin_s), Some(chance)) => Some(FeedbackSubject {
            symbol: symbol_of(symbol)?,
            horizon: horizon_of(horizon)?,
            origin: instant(*origin_s),
            chance: *chance,
            outcome_high: outcome_high.map(|high| high != 0),
        }),
        _ => None,
    };
    Ok(KeptFeedback {
        id: id.clone(),
        kind: kind_of(kind)?,
        subject: subject.clone(),
        by_member: giver.starts_with("account:"),
        opinion: opinion_of(verdict)?,
        seen: seen_of(seen.as_deref())?,
        words: words.clone(),
        origin: feedback_origin(origin).ok_or_else(|| damaged("feedback", "origin"))?,
        given_at: time("feedback", *given_at_ms)?,
        changed_at: time("feedback", *changed_at_ms)?,
        forecast,
        writer: writer.clone(),
    })
}
