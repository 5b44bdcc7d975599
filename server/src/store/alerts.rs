//! Rules and the alerts that they fired, in the store.

use std::collections::BTreeMap;

use domain::alert::{Event, Measure, Rule, Threshold};
use domain::clock::SECONDS_PER_HOUR;
use domain::forecast::{Forecast, Horizon};
use domain::market::Symbol;
use domain::user::AccountId;
use jiff::Timestamp;
use uuid::Uuid;

use super::engine::{Write, again};
use super::predictions::{PublishedForecast, json, named};
use super::statement::{placeholders, sql};
use super::{Store, StoreError, damaged, time};

/// The most rules of one account.
pub const MOST_RULES: usize = 50;

/// Followers that are looked at in one transaction.
const FOLLOWERS_PER_PAGE: usize = 500;
/// Columns of an alert's and of a notification's insert.
const ALERT_COLUMNS: usize = 8;
const NOTIFICATION_COLUMNS: usize = 4;

/// A rule as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRule {
    /// Its name.
    pub id: String,
    /// The rule.
    pub rule: Rule,
}

/// What became of a rule that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKept {
    /// It is new.
    Added,
    /// It stands in place of the one for the same coin and horizon.
    Replaced,
    /// The account has [`MOST_RULES`] already.
    TooMany,
}

/// What became of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertState {
    /// Its letter is still to be decided on.
    Waiting,
    /// A letter of its own is in the outbox.
    Sent,
    /// It is in a digest.
    Digested,
    /// Held back for good: no letters are wanted, or the horizon passed during quiet hours.
    Quiet,
    /// The day's letters were used up.
    Capped,
}

impl AlertState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Sent, Self::Digested, Self::Quiet, Self::Capped];

    /// As it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Digested => "digested",
            Self::Quiet => "quiet",
            Self::Capped => "capped",
        }
    }
}

/// An alert as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptAlert {
    /// Its name.
    pub id: String,
    /// The stored forecast that fired it.
    pub prediction: String,
    /// That forecast as it was shown.
    pub forecast: Forecast,
    /// The rule as it was then.
    pub rule: Rule,
    /// When it fired (UTC).
    pub fired_at: Timestamp,
    /// What became of it.
    pub state: AlertState,
}

/// Somebody whose rule a forecast reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct Follower {
    /// Who.
    pub account: AccountId,
    /// Whether his address is confirmed: no letter goes to one that is not.
    pub is_confirmed: bool,
    /// The rule's name.
    pub rule_id: String,
    /// What the rule looks at.
    pub measure: Measure,
    /// From which value on, 0 to 1.
    pub threshold: Threshold,
    /// The last forecast of the same coin and horizon, within one horizon, that alerted him.
    pub before: Option<Said>,
}

/// What a forecast said, as far as alerts care.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Said {
    /// Its origin, epoch seconds.
    pub origin_s: i64,
    /// The chance of a high-volatility period, 0 to 1.
    pub chance: f64,
    /// The rank of its median, 0 to 1.
    pub rank: f64,
}

impl Said {
    /// What a forecast says.
    #[must_use]
    pub fn by(forecast: &Forecast) -> Self {
        Self { origin_s: forecast.origin.as_second(), chance: forecast.high_volatility, rank: forecast.rank }
    }

    /// What a measure finds in it.
    #[must_use]
    pub const fn value(&self, measure: Measure) -> f64 {
        match measure {
            Measure::Chance => self.chance,
            Measure::Rank => self.rank,
        }
    }
}

/// What trying a page of rules did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fired {
    /// How many alerts are new.
    pub alerts: u64,
    /// Where the next page begins; none where this was the last one.
    pub next: Option<AccountId>,
}

/// Whose rules are tried.
#[derive(Debug, Clone, Copy)]
enum Whom<'a> {
    /// A page of all, those after an account.
    After(Option<&'a AccountId>),
    /// One account's.
    Only(&'a AccountId),
}

/// Id, symbol, horizon, measure, threshold.
type RuleRow = (String, String, String, String, f64);
/// Account, confirmed, rule, measure, threshold.
type FollowerRow = (String, Option<i64>, String, String, f64);
/// Id, prediction, forecast, measure, threshold, fired, state.
type AlertRow = (String, String, String, String, f64, i64, String);

const ALERTS: &str = "select x.id, x.prediction, p.forecast, x.measure, x.threshold, x.fired_at_ms, x.state \
     from alerts x join predictions p on p.id = x.prediction";

impl Store {
    /// The rules of an account, by coin and horizon.
    ///
    /// # Errors
    /// [`StoreError::Query`]; [`StoreError::Damaged`] where a row cannot be read.
    pub async fn rules(&self, account: &AccountId) -> Result<Vec<KeptRule>, StoreError> {
        let listed = sql("select id, symbol, horizon, measure, threshold from alert_rules where account = ? \
             order by symbol, horizon");
        let rows: Vec<RuleRow> = self.engine.all(listed.bind(account.as_str())).await?;
        rows.into_iter()
            .map(|(id, symbol, horizon, measure, threshold)| {
                let rule = Rule {
                    symbol: Symbol::parse(&symbol).map_err(|_| damaged("alert_rules", "symbol"))?,
                    horizon: Horizon::parse(&horizon).map_err(|_| damaged("alert_rules", "horizon"))?,
                    measure: measure_of("alert_rules", &measure)?,
                    threshold: threshold_of("alert_rules", threshold)?,
                };
                Ok(KeptRule { id, rule })
            })
            .collect()
    }

    /// Keeps a rule, in place of the account's rule for the same coin and horizon where there is one.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn keep_rule(&self, account: &AccountId, rule: &Rule, at: Timestamp) -> Result<RuleKept, StoreError> {
        again(|| self.keep_rule_once(account, rule, at)).await
    }

    async fn keep_rule_once(&self, account: &AccountId, rule: &Rule, at: Timestamp) -> Result<RuleKept, StoreError> {
        let mut write = self.engine.begin().await?;
        let update = sql("update alert_rules set measure = ?, threshold = ?, created_at_ms = ? \
             where account = ? and symbol = ? and horizon = ?")
        .bind(rule.measure.as_str())
        .bind(rule.threshold.share())
        .bind(at.as_millisecond())
        .bind(account.as_str())
        .bind(rule.symbol.as_str())
        .bind(rule.horizon.as_str());
        if write.execute(update).await? > 0 {
            write.commit().await?;
            return Ok(RuleKept::Replaced);
        }
        let counted = sql("select count(*) from alert_rules where account = ?").bind(account.as_str());
        let count = write.first::<(i64,)>(counted).await?.map_or(0, |(count,)| count);
        if usize::try_from(count).is_ok_and(|count| count >= MOST_RULES) {
            return Ok(RuleKept::TooMany);
        }
        self.insert_rules(&mut write, account, std::slice::from_ref(rule), at).await?;
        write.commit().await?;
        Ok(RuleKept::Added)
    }

    /// Makes `rules` the rules of an account; of several for the same coin and horizon the last one counts. Whether
    /// they are not more than [`MOST_RULES`]; nothing changes where they are.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn replace_rules(&self, account: &AccountId, rules: &[Rule], at: Timestamp) -> Result<bool, StoreError> {
        let mut distinct = BTreeMap::new();
        for rule in rules {
            distinct.insert((&rule.symbol, rule.horizon), rule.clone());
        }
        if distinct.len() > MOST_RULES {
            return Ok(false);
        }
        let rules: Vec<Rule> = distinct.into_values().collect();
        again(|| self.replace_rules_once(account, &rules, at)).await?;
        Ok(true)
    }

    async fn replace_rules_once(&self, account: &AccountId, rules: &[Rule], at: Timestamp) -> Result<(), StoreError> {
        let mut write = self.engine.begin().await?;
        write.execute(sql("delete from alert_rules where account = ?").bind(account.as_str())).await?;
        self.insert_rules(&mut write, account, rules, at).await?;
        write.commit().await
    }

    /// Deletes a rule of an account; whether there was one of this name.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn delete_rule(&self, account: &AccountId, id: &str) -> Result<bool, StoreError> {
        let delete = sql("delete from alert_rules where account = ? and id = ?");
        Ok(self.engine.execute(delete.bind(account.as_str()).bind(id)).await? > 0)
    }

    /// Tries the rules of one page of followers, those after `after` in the order of their names, on a forecast. Where
    /// `decides` says so, an alert and an entry of the bell are made, once for each account and forecast; its letter
    /// waits, unless the address is not confirmed. All in one transaction. `shift` is by how much thresholds on chances
    /// stand higher than their owners set them, in points of 1.
    ///
    /// # Errors
    /// [`StoreError::Query`], [`StoreError::Damaged`]; nothing has changed then.
    pub async fn fire(
        &self,
        published: &PublishedForecast,
        after: Option<&AccountId>,
        shift: f64,
        at: Timestamp,
        decides: &(dyn Fn(&Follower) -> bool + Send + Sync),
    ) -> Result<Fired, StoreError> {
        again(|| self.fire_once(published, after, shift, at, decides)).await
    }

    async fn fire_once(
        &self,
        published: &PublishedForecast,
        after: Option<&AccountId>,
        shift: f64,
        at: Timestamp,
        decides: &(dyn Fn(&Follower) -> bool + Send + Sync),
    ) -> Result<Fired, StoreError> {
        let mut write = self.engine.begin().await?;
        let followers = self.followers(&mut write, &published.forecast, shift, Whom::After(after)).await?;
        let next = (followers.len() == FOLLOWERS_PER_PAGE).then(|| followers.last().map(|last| last.account.clone()));
        let alerts = self.fire_for(write, published, &followers, at, decides).await?;
        Ok(Fired { alerts, next: next.flatten() })
    }

    /// Tries the rule of one account on a forecast, as [`Store::fire`] does; how many alerts are new.
    ///
    /// # Errors
    /// As [`Store::fire`].
    pub async fn fire_for_one(
        &self,
        published: &PublishedForecast,
        account: &AccountId,
        shift: f64,
        at: Timestamp,
        decides: &(dyn Fn(&Follower) -> bool + Send + Sync),
    ) -> Result<u64, StoreError> {
        again(|| self.fire_for_one_once(published, account, shift, at, decides)).await
    }

    async fn fire_for_one_once(
        &self,
        published: &PublishedForecast,
        account: &AccountId,
        shift: f64,
        at: Timestamp,
        decides: &(dyn Fn(&Follower) -> bool + Send + Sync),
    ) -> Result<u64, StoreError> {
        let mut write = self.engine.begin().await?;
        let followers = self.followers(&mut write, &published.forecast, shift, Whom::Only(account)).await?;
        self.fire_for(write, published, &followers, at, decides).await
    }

    async fn fire_for(
        &self,
        mut write: Write,
        published: &PublishedForecast,
        followers: &[Follower],
        at: Timestamp,
        decides: &(dyn Fn(&Follower) -> bool + Send + Sync),
    ) -> Result<u64, StoreError> {
        let alerted: Vec<&Follower> = followers.iter().filter(|follower| decides(follower)).collect();
        if alerted.is_empty() {
            return Ok(0);
        }
        let alerts = self.insert_alerts(&mut write, published, &alerted, at).await?;
        self.insert_notifications(&mut write, published, &alerted, at).await?;
        write.commit().await?;
        Ok(alerts)
    }

    /// An account's alerts, the newest first, from the `skipped`th on.
    ///
    /// # Errors
    /// As [`Store::rules`].
    pub async fn alerts(&self, account: &AccountId, skipped: u32, limit: u32) -> Result<Vec<KeptAlert>, StoreError> {
        let listed = format!("{ALERTS} where x.account = ? order by x.fired_at_ms desc, x.id limit ? offset ?");
        let listed = sql(listed).bind(account.as_str()).bind(limit).bind(skipped);
        self.engine.all::<AlertRow>(listed).await?.into_iter().map(alert_of).collect()
    }

    /// Those of an account's alerts that have one of the names, the oldest first.
    ///
    /// # Errors
    /// As [`Store::rules`].
    pub async fn alerts_named(&self, account: &AccountId, ids: &[String]) -> Result<Vec<KeptAlert>, StoreError> {
        let mut found = Vec::new();
        for chunk in ids.chunks(super::candles::ROWS_PER_INSERT) {
            let listed = format!(
                "{ALERTS} where x.account = ? and x.id in {} order by x.fired_at_ms, x.id",
                placeholders(1, chunk.len()),
            );
            let listed = sql(listed).bind(account.as_str()).bind_all(chunk);
            found.extend(self.engine.all::<AlertRow>(listed).await?);
        }
        found.into_iter().map(alert_of).collect()
    }

    async fn insert_rules(
        &self,
        write: &mut Write,
        account: &AccountId,
        rules: &[Rule],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if rules.is_empty() {
            return Ok(());
        }
        let mut insert = sql(format!(
            "insert into alert_rules (id, account, symbol, horizon, measure, threshold, created_at_ms) values {}{}",
            placeholders(rules.len(), 7),
            // Somebody else may have added the same one in this moment.
            self.engine.or_update("account, symbol, horizon", &["measure", "threshold", "created_at_ms"]),
        ));
        for rule in rules {
            insert = insert
                .bind(Uuid::now_v7().to_string())
                .bind(account.as_str())
                .bind(rule.symbol.as_str())
                .bind(rule.horizon.as_str())
                .bind(rule.measure.as_str())
                .bind(rule.threshold.share())
                .bind(at.as_millisecond());
        }
        write.execute(insert).await?;
        Ok(())
    }

    /// A page of those whose rule a forecast reaches, in the order of their names.
    async fn followers(
        &self,
        write: &mut Write,
        forecast: &Forecast,
        shift: f64,
        whom: Whom<'_>,
    ) -> Result<Vec<Follower>, StoreError> {
        let (compares, account) = match whom {
            Whom::After(after) => (">", after.map_or("", AccountId::as_str)),
            Whom::Only(account) => ("=", account.as_str()),
        };
        let listed = sql(format!(
            "select r.account, a.confirmed_at_ms, r.id, r.measure, r.threshold \
             from alert_rules r join accounts a on a.id = r.account where r.symbol = ? and r.horizon = ? \
             and ((r.measure = 'chance' and r.threshold <= ?) or (r.measure = 'rank' and r.threshold <= ?)) \
             and r.account {compares} ? order by r.account limit ?"
        ))
        .bind(forecast.symbol.as_str())
        .bind(forecast.horizon.as_str())
        .bind(forecast.high_volatility - shift)
        .bind(forecast.rank)
        .bind(account)
        .bind(i64::try_from(FOLLOWERS_PER_PAGE).unwrap_or(i64::MAX));
        let rows: Vec<FollowerRow> = write.all(listed).await?;
        let accounts: Vec<&str> = rows.iter().map(|row| row.0.as_str()).collect();
        let mut before = self.alerted_before(write, forecast, &accounts).await?;
        rows.into_iter()
            .map(|(account, confirmed_at_ms, rule_id, measure, threshold)| {
                Ok(Follower {
                    before: before.remove(&account),
                    account: account_of("alert_rules", &account)?,
                    is_confirmed: confirmed_at_ms.is_some(),
                    rule_id,
                    measure: measure_of("alert_rules", &measure)?,
                    threshold: threshold_of("alert_rules", threshold)?,
                })
            })
            .collect()
    }

    /// What each account was told last about a coin and horizon, within one horizon before the forecast's origin or
    /// after it.
    async fn alerted_before(
        &self,
        write: &mut Write,
        forecast: &Forecast,
        accounts: &[&str],
    ) -> Result<BTreeMap<String, Said>, StoreError> {
        let mut said = BTreeMap::new();
        if accounts.is_empty() {
            return Ok(said);
        }
        let since_s = forecast.origin.as_second() - i64::from(forecast.horizon.hours()) * SECONDS_PER_HOUR;
        // No alert fires before its forecast's origin: the time of firing narrows the index.
        let listed = sql(format!(
            "select x.account, p.origin_s, p.chance, p.rank_in_year from alerts x \
             join predictions p on p.id = x.prediction where x.account in {} and x.fired_at_ms > ? \
             and p.symbol = ? and p.horizon = ? and p.origin_s > ? order by p.origin_s, x.fired_at_ms",
            placeholders(1, accounts.len()),
        ));
        let listed = listed
            .bind_all(accounts.iter().copied())
            .bind(since_s * 1_000)
            .bind(forecast.symbol.as_str())
            .bind(forecast.horizon.as_str())
            .bind(since_s);
        let rows: Vec<(String, i64, f64, f64)> = write.all(listed).await?;
        for (account, origin_s, chance, rank) in rows {
            // The newest comes last and stays.
            said.insert(account, Said { origin_s, chance, rank });
        }
        Ok(said)
    }

    async fn insert_alerts(
        &self,
        write: &mut Write,
        published: &PublishedForecast,
        alerted: &[&Follower],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut insert = sql(format!(
            "{} alerts (id, account, rule, prediction, measure, threshold, fired_at_ms, state) values {}",
            self.engine.insert_new(),
            placeholders(alerted.len(), ALERT_COLUMNS),
        ));
        for follower in alerted {
            let state = if follower.is_confirmed { AlertState::Waiting } else { AlertState::Quiet };
            insert = insert
                .bind(alert_id(&follower.account, &published.id))
                .bind(follower.account.as_str())
                .bind(follower.rule_id.as_str())
                .bind(published.id.as_str())
                .bind(follower.measure.as_str())
                .bind(follower.threshold.share())
                .bind(at.as_millisecond())
                .bind(state.as_str());
        }
        write.execute(insert).await
    }

    async fn insert_notifications(
        &self,
        write: &mut Write,
        published: &PublishedForecast,
        alerted: &[&Follower],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let forecast = &published.forecast;
        let mut insert = sql(format!(
            "{} notifications (id, account, content, at_ms) values {}",
            self.engine.insert_new(),
            placeholders(alerted.len(), NOTIFICATION_COLUMNS),
        ));
        for follower in alerted {
            let event = Event::Alert {
                prediction: published.id.clone(),
                rule: Rule {
                    symbol: forecast.symbol.clone(),
                    horizon: forecast.horizon,
                    measure: follower.measure,
                    threshold: follower.threshold,
                },
                chance: forecast.high_volatility,
                rank: forecast.rank,
                ends_at: forecast.ends_at,
            };
            insert = insert
                .bind(alert_id(&follower.account, &published.id))
                .bind(follower.account.as_str())
                .bind(json(&event)?)
                .bind(at.as_millisecond());
        }
        write.execute(insert).await?;
        Ok(())
    }
}

/// The name of the alert of an account on a forecast, of its entry in the bell and of its letter: the same however
/// often it is made.
fn alert_id(account: &AccountId, prediction: &str) -> String {
    named(&["alert", account.as_str(), prediction])
}

fn alert_of(row: AlertRow) -> Result<KeptAlert, StoreError> {
    let (id, prediction, forecast, measure, threshold, fired_at_ms, state) = row;
    let forecast: Forecast = serde_json::from_str(&forecast).map_err(|_| damaged("predictions", "forecast"))?;
    let rule = Rule {
        symbol: forecast.symbol.clone(),
        horizon: forecast.horizon,
        measure: measure_of("alerts", &measure)?,
        threshold: threshold_of("alerts", threshold)?,
    };
    let state =
        AlertState::ALL.into_iter().find(|known| known.as_str() == state).ok_or_else(|| damaged("alerts", "state"))?;
    Ok(KeptAlert { id, prediction, forecast, rule, fired_at: time("alerts", fired_at_ms)?, state })
}

pub(super) fn account_of(table: &str, text: &str) -> Result<AccountId, StoreError> {
    AccountId::parse(text).map_err(|_| damaged(table, "account"))
}

fn measure_of(table: &str, text: &str) -> Result<Measure, StoreError> {
    Measure::parse(text).map_err(|_| damaged(table, "measure"))
}

fn threshold_of(table: &str, share: f64) -> Result<Threshold, StoreError> {
    Threshold::new(share).map_err(|_| damaged(table, "threshold"))
}
