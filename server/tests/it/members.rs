//! What forms work with in tests: everything is there, and nothing happens by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::clock::Clock;
use domain::forecast::{Horizon, TrackRecord};
use domain::market::{CandleSeries, MarketOrigin, MarketState, Symbol};
use domain::model::Version;
use server::alerts::{AlertSettings, Alerts, Bell, Carrier, CarryError, Forecasts, Newest, Parts};
use server::auth::Accounts;
use server::config::{Mode, Settings};
use server::feedback::Feedback;
use server::forecasting::SERVED;
use server::jobs::Jobs;
use server::market::MarketSnapshot;
use server::monitoring::Monitoring;
use server::notify::Notify;
use server::outbox::Parcel;
use server::registry::Registry;
use server::retraining::{self, BrokenOff, Models, NoDrift, Retraining, Trainer};
use server::signing::SigningKey;
use server::store::{ShadowForecast, Store};
use server::watching::{self, FromRegistry, Snapshots, WatchSettings, Watching};
use server::web::forms::Members;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the forms of a store work with.
pub(crate) fn members(store: &Store, clock: &Arc<dyn Clock>, settings: &Settings) -> Members {
    let key = SigningKey::from_bytes([7; 32]);
    let accounts = Accounts::new(store.clone(), key.clone(), Arc::clone(clock), settings.accounts.sign_ins_a_minute);
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    let alerts = Alerts::new(Parts {
        store: store.clone(),
        clock: Arc::clone(clock),
        forecasts: Arc::new(NoForecasts),
        carrier: Arc::new(NoCarrier),
        bell: Bell::start(store.clone(), stop.clone(), &tracker),
        settings: AlertSettings::default(),
        stop: stop.clone(),
    });
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let empty = Arc::new(MarketSnapshot {
        series: BTreeMap::new(),
        state: MarketState {
            origin: MarketOrigin::Exchange,
            as_of: None,
            is_stale: false,
            is_offline: false,
            retries_at: None,
            loading: None,
            missing_hours: 0,
            quarantined_rows: 0,
        },
        revision: 0,
    });
    let snapshots: Snapshots = Arc::new(move || Arc::clone(&empty));
    let watching = Watching::new(watching::Parts {
        store: store.clone(),
        clock: Arc::clone(clock),
        learnt: Arc::new(FromRegistry::new(registry.clone(), store.clone(), Arc::clone(&snapshots))),
        market: snapshots,
        settings: WatchSettings::default(),
        stop: stop.clone(),
    });
    let retraining = Retraining::new(retraining::Parts {
        store: store.clone(),
        clock: Arc::clone(clock),
        registry: registry.clone(),
        models: Arc::new(NoModels),
        trainer: Arc::new(NoTrainer),
        drift: Arc::new(NoDrift),
        settings: settings.retraining.clone(),
        family: SERVED,
        networks: settings.retraining.networks(),
        stop,
    });
    Members {
        accounts,
        alerts,
        feedback: Feedback::new(store.clone(), key, Arc::clone(clock)),
        monitoring: Monitoring::new(store.clone(), registry.clone()),
        registry,
        retraining,
        watching,
        jobs: Jobs::new(store.clone(), Arc::clone(clock), Vec::new()),
        // Letters lie in a folder whatever the mode is.
        notify: Arc::new(
            Notify::of(&Settings { mode: Mode::Development, ..settings.clone() }).expect("settings that work"),
        ),
    }
}

/// Nothing is published and nothing goes out by itself: tests put into the store what they need.
struct NoForecasts;

impl Forecasts for NoForecasts {
    fn newest(&self) -> Option<Newest> {
        None
    }

    fn candles(&self, _symbol: &Symbol) -> Option<Arc<CandleSeries>> {
        None
    }

    fn record(&self, _symbol: &Symbol, _horizon: Horizon) -> Option<TrackRecord> {
        None
    }
}

/// Nothing is trained and nothing forecasts in the shadow.
struct NoModels;

#[async_trait]
impl Models for NoModels {
    fn candles(&self) -> BTreeMap<Symbol, Arc<CandleSeries>> {
        BTreeMap::new()
    }

    async fn forecasts(&self, _version: &Version) -> Result<Vec<ShadowForecast>, String> {
        Ok(Vec::new())
    }
}

struct NoTrainer;

#[async_trait]
impl Trainer for NoTrainer {
    async fn train(
        &self,
        _id: &str,
        _reports: mpsc::Sender<retraining::Report>,
        _stop: &CancellationToken,
    ) -> Result<(), BrokenOff> {
        Ok(())
    }
}

struct NoCarrier;

#[async_trait]
impl Carrier for NoCarrier {
    async fn carry(&self, _id: &str, _parcel: &Parcel) -> Result<(), CarryError> {
        Err(CarryError::Later("nobody carries anything here".to_owned()))
    }
}
