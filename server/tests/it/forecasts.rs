//! Market, registry, forecaster and desk together: a real small network on a market that is simulated, behind the
//! real router.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::clock::{Clock, instant};
use domain::forecast::Horizon;
use domain::market::{CandleSeries, MarketOrigin, Symbol};
use domain::model::{Family, Version};
use domain::ports::{CandleQuery, Desk, PredictRequest};
use jiff::Timestamp;
use ml::dataset::Panel;
use ml::features;
use ml::forecaster::NEEDED_CANDLES;
use ml::model::lstm::Plan;
use ml::split::Fold;
use ml::train::{Order, Trained, train};
use server::config::Settings;
use server::desk::TheDesk;
use server::forecasting::{Forecasting, SERVED};
use server::market::{Market, MarketSettings, Simulate, simulator};
use server::registry::{Registry, RegistryError};
use server::store::Store;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::teaching::Teaching;

/// Where the simulated market stands: 2025-06-30 23:00 UTC.
const NOW_S: i64 = 1_751_324_400;
const DAY: i64 = 86_400;
const SEED: u64 = 7;

struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        instant(NOW_S)
    }
}

/// Networks trained on the simulated market, one a seed.
fn trained(seed: u64) -> &'static Trained {
    static ONE: OnceLock<Trained> = OnceLock::new();
    static TWO: OnceLock<Trained> = OnceLock::new();
    let slot = if seed == 1 { &ONE } else { &TWO };
    slot.get_or_init(|| {
        let market = simulator::simulate(SEED, &Symbol::followed()[..3], instant(NOW_S));
        let borrowed: Vec<(Symbol, &CandleSeries)> =
            market.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
        let panel = Panel::new(&features::compute(&borrowed).expect("candles that can be true"));
        let (first_s, _) = panel.span_s().expect("candles");
        let order = Order {
            family: Family::Lstm,
            fold: Fold {
                train_from_s: first_s,
                test_from_s: (NOW_S - 60 * DAY).div_euclid(DAY) * DAY,
                test_to_s: NOW_S,
            },
            plan: Plan { hidden: 4, members: 1, epochs: 1, batch: 64, every_hours: 24, ..Plan::default() },
            seed,
            revision: "test".to_owned(),
            now: instant(NOW_S),
        };
        train(&panel, &order, &|_, _| true).expect("a trained network")
    })
}

/// Everything but the web, in a temporary folder.
struct Works {
    folder: TempDir,
    registry: Registry,
    market: Market,
    forecasting: Forecasting,
    desk: TheDesk,
    _stop: DropGuard,
}

impl Works {
    async fn start_with(models: &[&Trained]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let registry = Registry::new(folder.path().join("shipped"), folder.path().join("trained"));
        for model in models {
            registry.add(&model.manifest, &model.weights).expect("kept");
            registry.promote(&model.manifest.version).expect("promoted");
        }
        let store = Store::open(&folder.path().join("store.sqlite")).await.expect("a store");
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let settings = MarketSettings {
            simulate: Simulate::Always,
            simulator_seed: SEED,
            live: false,
            archive_folders: Vec::new(),
            ..MarketSettings::default()
        };
        let market = Market::start(settings, Arc::new(store.clone()), Arc::new(Standing), stop.clone(), &tracker);
        let forecasting =
            Forecasting::start(registry.clone(), market.clone(), stop.clone(), &tracker).expect("threads");
        let clock: Arc<dyn Clock> = Arc::new(Standing);
        let buddy = Teaching::default().buddy(store, &clock, &Settings::default());
        let desk = TheDesk::new(market.clone(), forecasting.clone(), registry.clone(), Arc::new(buddy));
        Self { folder, registry, market, forecasting, desk, _stop: stop.drop_guard() }
    }

    /// Waits until something holds, for at most 30 seconds.
    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..600 {
            if holds(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what} did not come about");
    }

    async fn until_records_are_there(&self) {
        let bitcoin = symbol("BTC");
        self.until("a track record", |works| works.forecasting.record(&bitcoin, Horizon::TwoDays).is_some()).await;
    }

    fn weights_of(&self, version: &Version) -> std::path::PathBuf {
        self.folder.path().join("trained").join(version.as_str()).join("weights.safetensors")
    }
}

fn symbol(text: &str) -> Symbol {
    Symbol::parse(text).expect("a symbol")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_coin_gets_forecasts_a_record_and_a_card() {
    let works = Works::start_with(&[trained(1)]).await;
    works.until_records_are_there().await;
    let overview = works.desk.overview().await.expect("an overview");
    assert_eq!(overview.market.origin, MarketOrigin::Simulated);
    assert_eq!(overview.cards.len(), 9);
    for card in &overview.cards {
        assert_eq!(card.forecasts.len(), 2, "{}", card.symbol);
        assert_eq!(card.sparkline.len(), 30);
        assert!(card.price.is_some() && card.change_24h.is_some());
        let detail = works.desk.coin(card.symbol.clone()).await.expect("a detail");
        for (record, horizon) in detail.records.iter().zip(Horizon::ALL) {
            assert_eq!(record.horizon, horizon);
            let trained_to = trained(1).manifest.trained_to.as_second();
            assert!(record.forecasts.iter().all(|past| past.origin_s >= trained_to), "no origin of the training");
            assert!((55..=61).contains(&record.forecasts.len()), "{}", record.forecasts.len());
            let told = record.warnings_right + record.warnings_wrong + record.missed + record.calm_right;
            assert_eq!(told, record.finished);
            let open = record.forecasts.iter().filter(|past| past.realised.is_none()).count();
            assert_eq!(open + record.finished as usize, record.forecasts.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_own_candles_give_what_ours_give_where_only_that_coin_is_known() {
    let works = Works::start_with(&[trained(1)]).await;
    works.until_records_are_there().await;
    let query = CandleQuery { symbol: symbol("ETH"), from_s: None, to_s: None, limit: NEEDED_CANDLES + 400 };
    let candles = works.desk.candles(query).await.expect("candles");
    let request = |candles| PredictRequest { symbol: symbol("MINE"), horizon: Horizon::Day, candles: Some(candles) };
    let own = works.desk.predict(request(candles.clone())).await.expect("a forecast");
    assert_eq!(own.symbol, symbol("MINE"));
    assert_eq!(own.origin, instant(NOW_S));
    let again = works.desk.predict(request(candles.clone())).await.expect("a forecast");
    assert_eq!(own, again);

    let short = candles[candles.len() - 100..].to_vec();
    let refused = works.desk.predict(request(short)).await.expect_err("too few");
    assert_eq!(
        refused.to_string(),
        domain::error::Failure::TooFewCandles { needed: NEEDED_CANDLES, given: 100 }.to_string()
    );
    let mut broken = candles.clone();
    broken.remove(candles.len() - 10);
    let refused = works.desk.predict(request(broken[broken.len() - 1_205..].to_vec())).await;
    assert!(refused.is_ok() || refused.is_err_and(|failure| failure.code() == "too_few_candles"));
    let mut swapped = candles;
    swapped.swap(3, 4);
    let refused = works.desk.predict(request(swapped)).await.expect_err("out of order");
    assert!(refused.to_string().contains("candles[4].opens_at"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_model_takes_over_while_serving_and_a_roll_back_gives_it_back() {
    let works = Works::start_with(&[trained(1)]).await;
    works.until_records_are_there().await;
    let (first, second) = (&trained(1).manifest.version, &trained(2).manifest.version);
    works.registry.add(&trained(2).manifest, &trained(2).weights).expect("kept");
    assert_eq!(works.forecasting.version().as_ref(), Some(first));
    let serves = |version: &Version| {
        let version = version.clone();
        move |works: &Works| works.forecasting.published().is_some_and(|published| published.version == version)
    };
    works.registry.promote(second).expect("promoted");
    works.until("the second model", serves(second)).await;
    let versions: BTreeSet<Version> =
        works.desk.forecasts().await.expect("forecasts").into_iter().map(|forecast| forecast.model).collect();
    assert_eq!(versions, BTreeSet::from([second.clone()]));
    assert_eq!(works.registry.roll_back(SERVED).expect("rolled back"), *first);
    works.until("the first model again", serves(first)).await;
    assert!(matches!(works.registry.roll_back(SERVED), Err(RegistryError::NothingBefore { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_champion_is_refused_and_the_last_good_one_serves() {
    let works = Works::start_with(&[trained(1)]).await;
    let (first, second) = (&trained(1).manifest.version, &trained(2).manifest.version);
    works.until_records_are_there().await;
    works.registry.add(&trained(2).manifest, &trained(2).weights).expect("kept");
    works.registry.promote(second).expect("promoted");
    damage(&works.weights_of(second));
    let loaded = works.registry.load_champion(SERVED).expect("the one before");
    assert_eq!(loaded.forecaster.manifest().version, *first);
    assert_eq!(loaded.refused.iter().map(|(version, _)| version).collect::<Vec<_>>(), [second]);
    assert!(matches!(works.registry.promote(second), Err(RegistryError::Artefact(_))));
    works.until("any forecast", |works| works.forecasting.published().is_some()).await;
    assert!(works.desk.forecast(symbol("BTC"), Horizon::Day).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_readers_are_asked_to_come_back_and_the_first_promotion_serves() {
    let works = Works::start_with(&[]).await;
    works.until("a market", |works| !works.market.snapshot().series.is_empty()).await;
    let refused = works.desk.forecasts().await.expect_err("no model");
    assert_eq!(refused.code(), "not_ready");
    let overview = works.desk.overview().await.expect("prices are there all the same");
    assert!(overview.cards.iter().all(|card| card.forecasts.is_empty() && card.price.is_some()));
    works.registry.add(&trained(1).manifest, &trained(1).weights).expect("kept");
    works.registry.promote(&trained(1).manifest.version).expect("promoted");
    works.until("forecasts", |works| works.forecasting.published().is_some()).await;
    assert_eq!(works.desk.forecasts().await.expect("forecasts").len(), 18);
}

fn damage(file: &Path) {
    let mut bytes = fs::read(file).expect("weights");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(file, bytes).expect("written");
}
