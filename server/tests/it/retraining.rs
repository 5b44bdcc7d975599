//! Retraining from a trigger to the model that serves, on SQLite and on MariaDB: tests of this folder run on both where
//! the store has a part in them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use domain::clock::{Clock, instant};
use domain::forecast::{Forecast, Horizon};
use domain::language::Language;
use domain::market::{CandleSeries, Symbol};
use domain::model::{Family, Version};
use domain::user::{Account, AccountId, EmailAddress, Role};
use jiff::{SignedDuration, Timestamp};
use ml::dataset::Panel;
use ml::features;
use ml::model::lstm::Plan;
use ml::split::Fold;
use ml::train::{Order, Trained, train};
use server::clock::SteppedClock;
use server::market::simulator;
use server::registry::Registry;
use server::retraining::comparison::{AtHorizon, Comparison, Did, Rules};
use server::retraining::{
    BrokenOff, EventKind, Heard, Instruction, Made, Models, Networks, NoDrift, Parts, Phase, Progress, Report,
    Retraining, RetrainingSettings, Trainer,
};
use server::store::{MadeForecast, NewAccount, Place, Settled, ShadowForecast, Store, prediction_id};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::buddy::made_up_forecast;
use crate::engines;

mod by_hand;
mod kills;
mod lifecycle;
mod process;
mod promoted;
mod votes;

/// Where the clock stands at first: 2025-06-30 23:00 UTC.
const NOW_S: i64 = 1_751_324_400;
const DAY_S: i64 = 86_400;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A family that is fitted in a moment.
const FAMILY: Family = Family::HarCalendar;

/// Candles of two coins on a simulated market.
fn market() -> &'static BTreeMap<Symbol, CandleSeries> {
    static MARKET: OnceLock<BTreeMap<Symbol, CandleSeries>> = OnceLock::new();
    MARKET.get_or_init(|| simulator::simulate(7, &Symbol::followed()[..2], instant(NOW_S)))
}

/// Three models of one family, each trained on twenty days more than the one before.
fn trained(number: usize) -> &'static Trained {
    static ALL: OnceLock<Vec<Trained>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let borrowed: Vec<(Symbol, &CandleSeries)> =
            market().iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
        let panel = Panel::new(&features::compute(&borrowed).expect("candles that can be true"));
        let (first_s, _) = panel.span_s().expect("candles");
        let order = |number: i64| Order {
            family: FAMILY,
            fold: Fold {
                train_from_s: first_s,
                test_from_s: (NOW_S - (140 - 20 * number) * DAY_S).div_euclid(DAY_S) * DAY_S,
                test_to_s: NOW_S,
            },
            plan: Plan { every_hours: 24, ..Plan::default() },
            seed: 7,
            revision: "test".to_owned(),
            now: instant(NOW_S),
        };
        (0..3).map(|number| train(&panel, &order(number), &|_, _| true).expect("a model")).collect()
    });
    &all[number]
}

fn version(number: usize) -> Version {
    trained(number).manifest.version.clone()
}

/// What a training does.
#[derive(Debug, Clone, Copy)]
enum Play {
    /// Makes the model of this number, which is better or not.
    Makes(usize, bool),
    /// Says that it cannot.
    Fails,
    /// Ends without a word.
    Dies,
    /// Goes on until it is stopped.
    Waits,
}

/// Trainings that play what they are told, again and again.
struct Scripted {
    registry: Registry,
    play: Mutex<Play>,
}

#[async_trait]
impl Trainer for Scripted {
    async fn train(&self, _id: &str, reports: mpsc::Sender<Report>, stop: &CancellationToken) -> Result<(), BrokenOff> {
        let progress =
            Progress { phase: Phase::Fitting, share: 0.5, fit: 1, fits: 3, network: 1, epoch: 1, loss: Some(0.25) };
        let _ = reports.send(Report::Progress(progress)).await;
        tokio::task::yield_now().await;
        let play = *self.play.lock().unwrap_or_else(PoisonError::into_inner);
        match play {
            Play::Makes(number, is_better) => {
                let Trained { manifest, weights } = trained(number);
                self.registry.add(manifest, weights).expect("kept");
                tokio::task::yield_now().await;
                let champion = self.registry.champion(FAMILY).expect("readable");
                let comparison = compared(champion, version(number), is_better);
                let made = Made { version: version(number), comparison, heard: Heard::default() };
                let _ = reports.send(Report::Made(Box::new(made))).await;
                Ok(())
            }
            Play::Fails => {
                let _ = reports.send(Report::Failed { reason: "the history is too short".to_owned() }).await;
                Ok(())
            }
            Play::Dies => Err(BrokenOff::Other("killed".to_owned())),
            Play::Waits => {
                stop.cancelled().await;
                Ok(())
            }
        }
    }
}

fn compared(champion: Option<Version>, challenger: Version, is_better: bool) -> Comparison {
    let at = |horizon: Horizon| {
        let did = |qlike: f64| Did { qlike, coverage80: 0.8, coverage95: 0.95 };
        AtHorizon {
            horizon,
            days: 60,
            forecasts: 120,
            challenger: did(if is_better { 0.3 } else { 0.41 }),
            champion: champion.is_some().then(|| did(0.4)),
            statistic: Some(if is_better { -4.0 } else { 0.5 }),
            p: Some(if is_better { 0.001 } else { 0.6 }),
        }
    };
    let horizons = Horizon::ALL.map(at).to_vec();
    Comparison {
        champion,
        challenger,
        from: instant(NOW_S - 60 * DAY_S),
        to: instant(NOW_S),
        rules: Rules::default(),
        horizons,
    }
}

/// No market, and models in the shadow that say what they are told.
#[derive(Default)]
struct Quiet;

#[async_trait]
impl Models for Quiet {
    fn candles(&self) -> BTreeMap<Symbol, Arc<CandleSeries>> {
        BTreeMap::new()
    }

    async fn forecasts(&self, version: &Version) -> Result<Vec<ShadowForecast>, String> {
        let forecast = Forecast { model: version.clone(), ..made_up_forecast(bitcoin(), Horizon::Day) };
        Ok(vec![ShadowForecast::from(&forecast)])
    }
}

/// Everything that retraining is made of.
struct World {
    place: Place,
    store: Store,
    clock: Arc<SteppedClock>,
    registry: Registry,
    trainer: Arc<Scripted>,
    settings: RetrainingSettings,
    stop: CancellationToken,
    retraining: Retraining,
    folder: TempDir,
}

impl World {
    async fn on_sqlite() -> Self {
        let (place, folder) = engines::sqlite("run/investbuddy.sqlite");
        Self::at(place, folder).await
    }

    async fn on_mariadb() -> Self {
        let (place, folder) = engines::mariadb().await;
        Self::at(place, folder).await
    }

    async fn at(place: Place, folder: TempDir) -> Self {
        let store = Store::at(&place).await.expect("it opens");
        let clock = Arc::new(SteppedClock::standing_at(instant(NOW_S)));
        let registry = Registry::new(folder.path().join("shipped"), folder.path().join("run/models"));
        let trainer = Arc::new(Scripted { registry: registry.clone(), play: Mutex::new(Play::Dies) });
        let settings = RetrainingSettings { shadow_days: 7, ..RetrainingSettings::default() };
        let stop = CancellationToken::new();
        let retraining = works(&store, &clock, &registry, &trainer, &settings, &stop);
        Self { place, store, clock, registry, trainer, settings, stop, retraining, folder }
    }

    /// As if the process had ended and another one began on the same store.
    fn restart(&mut self) {
        self.stop = CancellationToken::new();
        self.retraining = works(&self.store, &self.clock, &self.registry, &self.trainer, &self.settings, &self.stop);
    }

    /// The same where the store's connections went with the process.
    async fn reopen(&mut self) {
        self.store.close().await;
        self.store = Store::at(&self.place).await.expect("it opens once more");
        self.restart();
    }

    fn set(&mut self, settings: RetrainingSettings) {
        self.settings = settings;
        self.restart();
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn wait(&self, time: SignedDuration) {
        self.clock.set(self.now() + time);
    }

    fn play(&self, play: Play) {
        *self.trainer.play.lock().unwrap_or_else(PoisonError::into_inner) = play;
    }

    /// Puts a model into the registry and lets it serve.
    fn serve(&self, number: usize) {
        let Trained { manifest, weights } = trained(number);
        self.registry.add(manifest, weights).expect("kept");
        self.registry.promote(&manifest.version).expect("promoted");
    }

    fn serving(&self) -> Option<Version> {
        self.registry.champion(FAMILY).expect("readable")
    }

    async fn train(&self) {
        self.retraining.train(self.now()).await.expect("the store answers");
    }

    /// Asks for a training and runs it.
    async fn train_once(&self, play: Play) -> String {
        self.play(play);
        let id = self.retraining.request(&operator(), "to see what comes of it").await.expect("asked for");
        self.train().await;
        id
    }

    async fn kinds(&self) -> Vec<EventKind> {
        let events = self.retraining.events(0, 100).await.expect("read");
        events.into_iter().rev().map(|event| event.event.kind).collect()
    }

    async fn account(&self, name: &str, created_at: Timestamp) -> AccountId {
        let id = AccountId::parse(name).expect("a name");
        let account = Account {
            id: id.clone(),
            address: EmailAddress::parse(&format!("{name}@example.org")).expect("an address"),
            role: Role::Member,
            language: Language::English,
            confirmed_at: Some(created_at),
            created_at,
        };
        let new = NewAccount { account, password_hash: "none".to_owned() };
        assert!(self.store.add_account(&new, None).await.expect("stored"));
        id
    }

    /// Publishes forecasts of Bitcoin's next day, one an hour, and says what came of them; their names.
    async fn publish(&self, model: &Version, from: Timestamp, hours: i64, median: f64, came: f64) -> Vec<String> {
        let made: Vec<MadeForecast> = (0..hours)
            .map(|hour| MadeForecast {
                forecast: forecast(model, from.as_second() + hour * 3_600, median),
                features: BTreeMap::new(),
            })
            .collect();
        self.store.publish(&made, self.now()).await.expect("stored");
        let names: Vec<String> = made.iter().map(|made| prediction_id(&made.forecast)).collect();
        let settled: Vec<Settled> =
            names.iter().map(|id| Settled { id: id.clone(), outcome: Some((came, false)) }).collect();
        self.store.settle(&settled, self.now()).await.expect("stored");
        names
    }
}

fn works(
    store: &Store,
    clock: &Arc<SteppedClock>,
    registry: &Registry,
    trainer: &Arc<Scripted>,
    settings: &RetrainingSettings,
    stop: &CancellationToken,
) -> Retraining {
    Retraining::new(Parts {
        store: store.clone(),
        clock: Arc::clone(clock) as _,
        registry: registry.clone(),
        models: Arc::new(Quiet),
        trainer: Arc::clone(trainer) as _,
        drift: Arc::new(NoDrift),
        settings: settings.clone(),
        family: FAMILY,
        networks: networks(),
        stop: stop.clone(),
    })
}

fn networks() -> Networks {
    Networks { hidden: 4, members: 1, epochs: 1, batch: 64, every_hours: 24 }
}

fn instruction(hears_people: bool) -> Instruction {
    Instruction {
        family: FAMILY,
        now: instant(NOW_S),
        held_out_days: 60,
        seed: 7,
        hears_people,
        networks: networks(),
        rules: Rules::default(),
    }
}

fn operator() -> AccountId {
    AccountId::parse("operator-1").expect("a name")
}

fn bitcoin() -> Symbol {
    Symbol::parse("BTC").expect("a coin")
}

fn forecast(model: &Version, origin_s: i64, median: f64) -> Forecast {
    let mut forecast = made_up_forecast(bitcoin(), Horizon::Day);
    forecast.model = model.clone();
    forecast.origin = instant(origin_s);
    forecast.ends_at = instant(origin_s + DAY_S);
    forecast.quantiles.q10 = 0.7 * median;
    forecast.quantiles.q50 = median;
    forecast.quantiles.q90 = 1.4 * median;
    forecast
}
