//! Alerts from a forecast to the letter, on SQLite and on MariaDB: every test of this folder runs on both.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::alert::{LetterChoices, Measure, QuietHours, Rule, Threshold, TimeOfDay};
use domain::clock::{Clock, SECONDS_PER_HOUR};
use domain::forecast::{Forecast, Horizon, TrackRecord};
use domain::language::Language;
use domain::market::{CandleSeries, Symbol};
use domain::user::{Account, AccountId, EmailAddress, Role};
use jiff::{SignedDuration, Timestamp};
use server::alerts::{AlertSettings, Alerts, Bell, Carrier, CarryError, Forecasts, Newest, Parts};
use server::clock::SteppedClock;
use server::jobs::{Jobs, Turn};
use server::outbox::Parcel;
use server::store::{NewAccount, Place, RuleKept, Store};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::buddy::made_up_forecast;
use crate::engines;

mod chain;
mod jobs;
mod kept;
mod kills;
mod letters;
mod parcels;

/// Where the clock stands at first: a Tuesday noon in UTC.
const START_MS: i64 = 1_780_401_600_000;
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Forecasts and candles that a test tells.
#[derive(Default)]
struct Told {
    forecasts: Mutex<Vec<Forecast>>,
    candles: Mutex<BTreeMap<Symbol, Arc<CandleSeries>>>,
}

impl Forecasts for Told {
    fn newest(&self) -> Option<Newest> {
        let (forecasts, market) = (locked(&self.forecasts).clone(), locked(&self.candles).clone());
        Some(Newest { forecasts, market, is_simulated: false })
    }

    fn candles(&self, symbol: &Symbol) -> Option<Arc<CandleSeries>> {
        locked(&self.candles).get(symbol).cloned()
    }

    fn record(&self, _symbol: &Symbol, _horizon: Horizon) -> Option<TrackRecord> {
        None
    }
}

/// Takes what it gets, unless it was told what to answer.
#[derive(Default)]
struct Postbox {
    taken: Mutex<Vec<(String, Parcel)>>,
    answers: Mutex<VecDeque<CarryError>>,
}

#[async_trait]
impl Carrier for Postbox {
    async fn carry(&self, id: &str, parcel: &Parcel) -> Result<(), CarryError> {
        let answer = locked(&self.answers).pop_front();
        if answer.is_none() {
            locked(&self.taken).push((id.to_owned(), parcel.clone()));
        }
        // Whoever is killed here has handed it over and got no answer.
        tokio::task::yield_now().await;
        answer.map_or(Ok(()), Err)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything that alerts are made of.
struct World {
    place: Place,
    store: Store,
    clock: Arc<SteppedClock>,
    told: Arc<Told>,
    post: Arc<Postbox>,
    settings: AlertSettings,
    alerts: Alerts,
    jobs: Jobs,
    _stop: DropGuard,
    _folder: TempDir,
}

impl World {
    async fn on_sqlite() -> Self {
        let (place, folder) = engines::sqlite("store.sqlite");
        Self::at(place, folder).await
    }

    async fn on_mariadb() -> Self {
        let (place, folder) = engines::mariadb().await;
        Self::at(place, folder).await
    }

    async fn at(place: Place, folder: TempDir) -> Self {
        let store = Store::at(&place).await.expect("it opens");
        let clock = Arc::new(SteppedClock::standing_at(Timestamp::from_millisecond(START_MS).expect("an instant")));
        let (told, post) = (Arc::new(Told::default()), Arc::new(Postbox::default()));
        let settings = AlertSettings::default();
        let (alerts, jobs, stop) = works(&store, &clock, &told, &post, &settings);
        Self { place, store, clock, told, post, settings, alerts, jobs, _stop: stop, _folder: folder }
    }

    /// As if the process had ended and another one began.
    async fn restart(&mut self) {
        self.store.close().await;
        self.store = self.again().await;
        self.set(self.settings.clone());
    }

    /// Another process on the same store.
    async fn again(&self) -> Store {
        Store::at(&self.place).await.expect("it opens once more")
    }

    fn set(&mut self, settings: AlertSettings) {
        let (alerts, jobs, stop) = works(&self.store, &self.clock, &self.told, &self.post, &settings);
        (self.alerts, self.jobs, self._stop, self.settings) = (alerts, jobs, stop, settings);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn wait(&self, time: SignedDuration) {
        self.clock.set(self.now() + time);
    }

    fn set_clock(&self, at: &str) {
        self.clock.set(at.parse().expect("an instant"));
    }

    /// A member with a confirmed address who gets letters at any hour.
    async fn member(&self, name: &str) -> AccountId {
        let id = self.newcomer(name, true).await;
        self.choose(&id, at_any_hour()).await;
        id
    }

    async fn newcomer(&self, name: &str, is_confirmed: bool) -> AccountId {
        let id = AccountId::parse(name).expect("a name");
        let account = Account {
            id: id.clone(),
            address: EmailAddress::parse(&format!("{name}@example.org")).expect("an address"),
            role: Role::Member,
            language: Language::English,
            confirmed_at: is_confirmed.then(|| self.now()),
            created_at: self.now(),
        };
        let new = NewAccount { account, password_hash: "none".to_owned() };
        assert!(self.store.add_account(&new, None).await.expect("stored"));
        id
    }

    async fn choose(&self, account: &AccountId, choices: LetterChoices) {
        self.store.keep_letter_choices(account, &choices, self.now()).await.expect("stored");
    }

    /// Lets an account follow Bitcoin's next day from a chance on.
    async fn follow(&self, account: &AccountId, chance: f64) {
        let kept = self.store.keep_rule(account, &rule("BTC", Horizon::Day, Measure::Chance, chance), self.now()).await;
        assert_eq!(kept.expect("stored"), RuleKept::Added);
    }

    /// Makes this the newest forecast of Bitcoin's next day, from now on.
    fn say(&self, chance: f64) {
        *locked(&self.told.forecasts) = vec![forecast("BTC", Horizon::Day, self.now(), chance)];
    }

    /// Every step of the chain once.
    async fn chain(&self) {
        for job in ["publish", "alert", "letters", "post"] {
            assert_eq!(self.jobs.run_now(job).await.expect("the store answers"), Turn::Done, "{job}");
        }
    }

    /// What the postbox has taken so far, in order.
    fn taken(&self) -> Vec<(String, Parcel)> {
        locked(&self.post.taken).clone()
    }

    fn answer(&self, answers: impl IntoIterator<Item = CarryError>) {
        locked(&self.post.answers).extend(answers);
    }
}

fn works(
    store: &Store,
    clock: &Arc<SteppedClock>,
    told: &Arc<Told>,
    post: &Arc<Postbox>,
    settings: &AlertSettings,
) -> (Alerts, Jobs, DropGuard) {
    let stop = CancellationToken::new();
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    let alerts = Alerts::new(Parts {
        store: store.clone(),
        clock: Arc::clone(&clock),
        forecasts: Arc::clone(told) as _,
        carrier: Arc::clone(post) as _,
        bell: Bell::start(store.clone(), stop.clone(), &TaskTracker::new()),
        settings: settings.clone(),
        stop: stop.clone(),
    });
    let jobs = Jobs::new(store.clone(), clock, alerts.jobs());
    (alerts, jobs, stop.drop_guard())
}

fn symbol(text: &str) -> Symbol {
    Symbol::parse(text).expect("a symbol")
}

fn rule(coin: &str, horizon: Horizon, measure: Measure, threshold: f64) -> Rule {
    let threshold = Threshold::new(threshold).expect("a threshold");
    Rule { symbol: symbol(coin), horizon, measure, threshold }
}

fn forecast(coin: &str, horizon: Horizon, origin: Timestamp, chance: f64) -> Forecast {
    // Origins are whole seconds.
    let origin = Timestamp::from_second(origin.as_second()).expect("an instant");
    let hours = i64::from(horizon.hours());
    let ends_at = Timestamp::from_second(origin.as_second() + hours * SECONDS_PER_HOUR).expect("an instant");
    Forecast { origin, ends_at, high_volatility: chance, ..made_up_forecast(symbol(coin), horizon) }
}

fn time_of_day(text: &str) -> TimeOfDay {
    TimeOfDay::parse(text).expect("a time")
}

fn quiet(from: &str, to: &str) -> QuietHours {
    QuietHours { from: time_of_day(from), to: time_of_day(to) }
}

fn at_any_hour() -> LetterChoices {
    LetterChoices { quiet: quiet("00:00", "00:00"), most_a_day: LetterChoices::MOST_A_DAY, ..LetterChoices::default() }
}

/// The parcel of a lone alert's letter, told apart from digests.
fn is_letter(parcel: &Parcel) -> bool {
    matches!(parcel, Parcel::Alert { .. })
}
