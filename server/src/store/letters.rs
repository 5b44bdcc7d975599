//! When accounts get letters about alerts, and the step from an alert that waits to a letter in the outbox.

use std::collections::BTreeMap;

use domain::alert::{Delivery, LetterChoices, QuietHours, TimeOfDay};
use domain::forecast::Horizon;
use domain::user::AccountId;
use jiff::{SignedDuration, Timestamp};

use super::alerts::{AlertState, account_of};
use super::engine::{Write, again};
use super::predictions::{ends_at, named};
use super::statement::{placeholders, sql};
use super::{Store, StoreError, damaged, time};
use crate::outbox::Parcel;

/// How far back letters are looked for that count for the reader's day: no civil day is longer.
const LONGEST_DAY: SignedDuration = SignedDuration::from_hours(50);
/// Columns of a row of choices.
const COLUMNS: usize = 9;

/// An account with alerts whose letters are to be decided on.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingAccount {
    /// Who.
    pub account: AccountId,
    /// Whether the address is confirmed.
    pub is_confirmed: bool,
    /// When and how letters are wanted.
    pub choices: LetterChoices,
    /// The alerts that wait, the oldest first.
    pub alerts: Vec<WaitingAlert>,
    /// Letters about alerts that were decided on within the last two days, in no order.
    pub letters: Vec<DecidedLetter>,
}

/// An alert whose letter is to be decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingAlert {
    /// Its name.
    pub id: String,
    /// When it fired (UTC).
    pub fired_at: Timestamp,
    /// The end of its forecast's horizon (UTC).
    pub ends_at: Timestamp,
}

/// A letter about alerts that is in the outbox, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecidedLetter {
    /// When that was decided (UTC).
    pub at: Timestamp,
    /// Whether it is a digest.
    pub is_digest: bool,
}

/// What was decided on an account's alerts. Alerts that are not in it go on waiting.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// Alerts with letters of their own.
    pub sent: Vec<String>,
    /// Alerts that go into one digest.
    pub digested: Vec<String>,
    /// Alerts that get no letter.
    pub quiet: Vec<String>,
    /// Alerts that get no letter because the day's letters are used up.
    pub capped: Vec<String>,
}

/// Account, time zone, quiet from, quiet to, most a day, delivery, digest hour, letters.
type ChoicesRow = (String, String, i64, i64, i64, String, i64, i64);
/// Id, account, confirmed, fired, origin, horizon.
type WaitingRow = (String, String, Option<i64>, i64, i64, String);

const CHOICES: &str = "select account, time_zone, quiet_from_min, quiet_to_min, most_a_day, delivery, digest_hour, \
     letters from letter_choices where account in";

impl Store {
    /// When and how an account gets letters; the default where nothing was chosen.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where the row cannot be read.
    pub async fn letter_choices(&self, account: &AccountId) -> Result<LetterChoices, StoreError> {
        let row: Option<ChoicesRow> = self.engine.first(sql(format!("{CHOICES} (?)")).bind(account.as_str())).await?;
        row.map_or_else(|| Ok(LetterChoices::default()), choices_of)
    }

    /// Keeps what an account chose.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn keep_letter_choices(
        &self,
        account: &AccountId,
        choices: &LetterChoices,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.put_choices(
            account,
            choices,
            at,
            &[
                "time_zone",
                "quiet_from_min",
                "quiet_to_min",
                "most_a_day",
                "delivery",
                "digest_hour",
                "letters",
                "changed_at_ms",
            ],
        )
        .await
    }

    /// Ends the letters of an account; the rest of what it chose stays.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn stop_letters(&self, account: &AccountId, at: Timestamp) -> Result<(), StoreError> {
        let none = LetterChoices { letters: false, ..LetterChoices::default() };
        self.put_choices(account, &none, at, &["letters", "changed_at_ms"]).await
    }

    /// Every account with an alert whose letter is to be decided on, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn accounts_with_waiting_alerts(&self) -> Result<Vec<AccountId>, StoreError> {
        let listed = sql("select distinct account from alerts where state = 'waiting' order by account");
        let rows: Vec<(String,)> = self.engine.all(listed).await?;
        rows.into_iter().map(|(account,)| account_of("alerts", &account)).collect()
    }

    /// Decides on the letters of some accounts, a few hundred at most: what `decides` says of each is written down, with
    /// its parcels, in one transaction. A letter has the name of its alert, a digest one made from its first alert's,
    /// so that none is ever in the outbox twice. How many letters were decided on.
    ///
    /// # Errors
    /// [`StoreError::Query`], [`StoreError::Damaged`]; nothing has changed then.
    pub async fn decide_letters(
        &self,
        accounts: &[AccountId],
        at: Timestamp,
        decides: &(dyn Fn(&WaitingAccount) -> Decision + Send + Sync),
    ) -> Result<u64, StoreError> {
        if accounts.is_empty() {
            return Ok(0);
        }
        again(|| self.decide_letters_once(accounts, at, decides)).await
    }

    async fn decide_letters_once(
        &self,
        accounts: &[AccountId],
        at: Timestamp,
        decides: &(dyn Fn(&WaitingAccount) -> Decision + Send + Sync),
    ) -> Result<u64, StoreError> {
        let mut write = self.engine.begin().await?;
        // Changes nothing, and makes whoever decides on the same alerts wait until this is written.
        let lock = sql(format!(
            "update alerts set state = 'waiting' where state = 'waiting' and account in {}",
            placeholders(1, accounts.len()),
        ));
        write.execute(lock.bind_all(accounts.iter().map(AccountId::as_str))).await?;
        let mut parcels = Vec::new();
        let mut states: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for waiting in waiting_accounts(&mut write, accounts, at).await? {
            let Decision { sent, digested, quiet, capped } = decides(&waiting);
            let account = &waiting.account;
            for alert in &sent {
                parcels.push((alert.clone(), Parcel::Alert { account: account.clone(), alert: alert.clone() }));
            }
            if let Some(first) = digested.first() {
                // The first alert of a digest is in no other one.
                let id = named(&["digest", account.as_str(), first]);
                parcels.push((id, Parcel::Digest { account: account.clone(), alerts: digested.clone() }));
            }
            for (state, ids) in [
                (AlertState::Sent, sent),
                (AlertState::Digested, digested),
                (AlertState::Quiet, quiet),
                (AlertState::Capped, capped),
            ] {
                states.entry(state.as_str()).or_default().extend(ids);
            }
        }
        self.post_named(&mut write, &parcels, at).await?;
        for (state, ids) in &states {
            for chunk in ids.chunks(super::candles::ROWS_PER_INSERT) {
                let update = sql(format!(
                    "update alerts set state = ? where state = 'waiting' and id in {}",
                    placeholders(1, chunk.len()),
                ));
                write.execute(update.bind(*state).bind_all(chunk)).await?;
            }
        }
        write.commit().await?;
        Ok(parcels.len() as u64)
    }

    async fn put_choices(
        &self,
        account: &AccountId,
        choices: &LetterChoices,
        at: Timestamp,
        replaced: &[&str],
    ) -> Result<(), StoreError> {
        let LetterChoices { letters, time_zone, quiet, most_a_day, delivery, digest_hour } = choices;
        let insert = sql(format!(
            "insert into letter_choices (account, time_zone, quiet_from_min, quiet_to_min, most_a_day, delivery, \
             digest_hour, letters, changed_at_ms) values {}{}",
            placeholders(1, COLUMNS),
            self.engine.or_update("account", replaced),
        ))
        .bind(account.as_str())
        .bind(time_zone)
        .bind(quiet.from.minutes())
        .bind(quiet.to.minutes())
        .bind(*most_a_day)
        .bind(delivery.as_str())
        .bind(*digest_hour)
        .bind(*letters)
        .bind(at.as_millisecond());
        self.engine.execute(insert).await?;
        Ok(())
    }
}

/// What must be known to decide on the letters of some accounts.
async fn waiting_accounts(
    write: &mut Write,
    accounts: &[AccountId],
    at: Timestamp,
) -> Result<Vec<WaitingAccount>, StoreError> {
    let names = || accounts.iter().map(AccountId::as_str);
    let those = placeholders(1, accounts.len());

    let listed = sql(format!("{CHOICES} {those}")).bind_all(names());
    let mut choices: BTreeMap<String, LetterChoices> = BTreeMap::new();
    for row in write.all::<ChoicesRow>(listed).await? {
        choices.insert(row.0.clone(), choices_of(row)?);
    }

    let since = at.checked_sub(LONGEST_DAY).unwrap_or(Timestamp::MIN);
    // The tag comes first in a parcel's JSON.
    let listed = sql(format!(
        "select account, content like '{{\"what\":\"digest\"%', created_at_ms from outbox where account in {those} \
         and created_at_ms > ? and (content like '{{\"what\":\"alert\"%' or content like '{{\"what\":\"digest\"%')",
    ));
    let mut letters: BTreeMap<String, Vec<DecidedLetter>> = BTreeMap::new();
    let rows: Vec<(String, i64, i64)> = write.all(listed.bind_all(names()).bind(since.as_millisecond())).await?;
    for (account, is_digest, at_ms) in rows {
        let letter = DecidedLetter { at: time("outbox", at_ms)?, is_digest: is_digest == 1 };
        letters.entry(account).or_default().push(letter);
    }

    let listed = sql(format!(
        "select x.id, x.account, a.confirmed_at_ms, x.fired_at_ms, p.origin_s, p.horizon from alerts x \
         join accounts a on a.id = x.account join predictions p on p.id = x.prediction \
         where x.state = 'waiting' and x.account in {those} order by x.account, x.fired_at_ms, p.origin_s, x.id",
    ));
    let rows: Vec<WaitingRow> = write.all(listed.bind_all(names())).await?;
    let mut waiting: Vec<WaitingAccount> = Vec::new();
    for (id, account, confirmed_at_ms, fired_at_ms, origin_s, horizon) in rows {
        let horizon = Horizon::parse(&horizon).map_err(|_| damaged("predictions", "horizon"))?;
        let alert = WaitingAlert { id, fired_at: time("alerts", fired_at_ms)?, ends_at: ends_at(origin_s, horizon) };
        match waiting.last_mut() {
            Some(last) if last.account.as_str() == account => last.alerts.push(alert),
            _ => waiting.push(WaitingAccount {
                is_confirmed: confirmed_at_ms.is_some(),
                choices: choices.remove(&account).unwrap_or_default(),
                alerts: vec![alert],
                letters: letters.remove(&account).unwrap_or_default(),
                account: account_of("alerts", &account)?,
            }),
        }
    }
    Ok(waiting)
}

fn choices_of(row: ChoicesRow) -> Result<LetterChoices, StoreError> {
    let (_, time_zone, quiet_from_min, quiet_to_min, most_a_day, delivery, digest_hour, letters) = row;
    let time_of_day = |minutes: i64, column| {
        u32::try_from(minutes)
            .ok()
            .and_then(|minutes| TimeOfDay::from_minutes(minutes).ok())
            .ok_or_else(|| damaged("letter_choices", column))
    };
    Ok(LetterChoices {
        letters: letters != 0,
        time_zone,
        quiet: QuietHours {
            from: time_of_day(quiet_from_min, "quiet_from_min")?,
            to: time_of_day(quiet_to_min, "quiet_to_min")?,
        },
        most_a_day: u32::try_from(most_a_day).map_err(|_| damaged("letter_choices", "most_a_day"))?,
        delivery: Delivery::parse(&delivery).map_err(|_| damaged("letter_choices", "delivery"))?,
        digest_hour: u32::try_from(digest_hour).map_err(|_| damaged("letter_choices", "digest_hour"))?,
    })
}
