//! The whole product in one process, wired together: whoever serves it and whoever shows it start the same.

use std::sync::Arc;
use std::time::Duration;

use domain::clock::Clock;
use domain::ports::Desk;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::VerbError;
use crate::alerts::{self, AlertSettings, Alerts, Bell, LiveForecasts};
use crate::auth::Accounts;
use crate::buddy::figures::LiveFigures;
use crate::buddy::{Parts, TheBuddy};
use crate::config::{LanguageModels, Mode, Settings};
use crate::delivery::{Delivery, Past};
use crate::desk::TheDesk;
use crate::events::Events;
use crate::feedback::Feedback;
use crate::forecasting::{Forecasting, SERVED};
use crate::jobs::Jobs;
use crate::llm;
use crate::market::{Market, Simulate};
use crate::monitoring::Monitoring;
use crate::notify::{Notify, Webhooks};
use crate::rag::Library;
use crate::registry::Registry;
use crate::retraining::{self, LiveModels, Retraining, Trainer};
use crate::signing::SigningKey;
use crate::store::Store;
use crate::watching::{self, FromRegistry, Snapshots, WatchSettings, Watching};
use crate::web::forms::Members;

/// Everything that runs.
pub(super) struct Product {
    /// What time it is.
    pub(super) clock: Arc<dyn Clock>,
    /// What the pages may ask for.
    pub(super) desk: Arc<dyn Desk>,
    /// The market.
    pub(super) market: Market,
    /// The forecasts.
    pub(super) forecasting: Forecasting,
    /// What the forms work with.
    pub(super) members: Members,
    /// Ends everything.
    pub(super) stop: CancellationToken,
    store: Store,
    library: Arc<Library>,
    tracker: TaskTracker,
}

impl Product {
    /// Wires store, market, forecasts and the rest together; `trainer` runs its trainings. Its jobs do not run by
    /// themselves yet.
    ///
    /// # Errors
    /// [`VerbError`] where the store cannot be opened or the settings cannot work.
    pub(super) async fn start(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        trainer: Arc<dyn Trainer>,
    ) -> Result<Self, VerbError> {
        let store = Store::at(&settings.store_place()).await.map_err(VerbError::because)?;
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let market = Market::start(
            settings.market_settings(),
            Arc::new(store.clone()),
            Arc::clone(&clock),
            stop.clone(),
            &tracker,
        );
        let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
        let forecasting = Forecasting::start(registry.clone(), market.clone(), stop.clone(), &tracker)
            .map_err(|error| VerbError::because(format!("The system gives us no threads: {error}")))?;
        let figures = LiveFigures { market: market.clone(), forecasting: forecasting.clone() };
        let library = Library::open(&settings.glossary_dir, &settings.library_dir(), None, &settings.vectors, &stop)
            .map_err(VerbError::because)?;
        let library = Arc::new(library);
        let writer = llm::choose::chat_model(&settings.lm).await.map_err(VerbError::because)?;
        let parts = Parts {
            store: store.clone(),
            clock: Arc::clone(&clock),
            figures: Arc::new(figures),
            events: Arc::new(Events::new(&settings.events, settings.live, Arc::clone(&clock))),
            knowledge: Arc::clone(&library) as _,
            writer,
        };
        let buddy = TheBuddy::new(parts, &settings.chat);
        let members =
            members(settings, &store, &clock, trainer, (&market, &forecasting, &registry), (&stop, &tracker))?;
        let desk: Arc<dyn Desk> =
            Arc::new(TheDesk::new(market.clone(), forecasting.clone(), registry, Arc::new(buddy)));
        Ok(Self { clock, desk, market, forecasting, members, stop, store, library, tracker })
    }

    /// Lets the jobs run by themselves.
    pub(super) fn run_jobs(&self) {
        self.members.jobs.start(&self.stop, &self.tracker);
    }

    /// Lets the library find by meaning. Reading the local model takes seconds, and words alone serve meanwhile. Ends
    /// only where the embedder of the settings cannot be used.
    pub(super) async fn add_meaning(&self, settings: &LanguageModels) -> VerbError {
        match llm::choose::embedder(settings).await {
            Ok(None) => {}
            Ok(embedder) => self.library.use_embedder(embedder),
            Err(error) => return VerbError::because(error),
        }
        std::future::pending().await
    }

    /// Ends everything. Whoever does not end within `patience` is ended with the process; the store survives that.
    pub(super) async fn end(self, patience: Duration) {
        self.stop.cancel();
        self.tracker.close();
        let _ = tokio::time::timeout(patience, self.tracker.wait()).await;
        self.store.close().await;
    }
}

/// Accounts, alerts and the jobs behind them.
fn members(
    settings: &Settings,
    store: &Store,
    clock: &Arc<dyn Clock>,
    trainer: Arc<dyn Trainer>,
    (market, forecasting, registry): (&Market, &Forecasting, &Registry),
    (stop, tracker): (&CancellationToken, &TaskTracker),
) -> Result<Members, VerbError> {
    let key = SigningKey::of(settings).map_err(VerbError::because)?;
    let accounts = Accounts::new(store.clone(), key.clone(), Arc::clone(clock), settings.accounts.sign_ins_a_minute);
    let notify = Arc::new(Notify::of(settings).map_err(VerbError::because)?);
    let webhooks = notify.webhooks.iter().flat_map(Webhooks::urls).map(ToOwned::to_owned).collect();
    let webhooks_from = f64::from(settings.webhooks.least_percent) / 100.0;
    let simulated_too = settings.mode == Mode::Development && settings.market.simulate == Simulate::Always;
    let delivery = Delivery::new(accounts.clone(), Arc::clone(&notify), Arc::clone(clock), past(forecasting.clone()));
    let alerts = Alerts::new(alerts::Parts {
        store: store.clone(),
        clock: Arc::clone(clock),
        forecasts: Arc::new(LiveForecasts { market: market.clone(), forecasting: forecasting.clone() }),
        carrier: Arc::new(delivery),
        bell: Bell::start(store.clone(), stop.clone(), tracker),
        settings: AlertSettings { webhooks, webhooks_from, simulated_too },
        stop: stop.clone(),
    });
    let snapshots: Snapshots = {
        let market = market.clone();
        Arc::new(move || market.snapshot())
    };
    let watching = Watching::new(watching::Parts {
        store: store.clone(),
        clock: Arc::clone(clock),
        learnt: Arc::new(FromRegistry::new(registry.clone(), store.clone(), Arc::clone(&snapshots))),
        market: snapshots,
        settings: WatchSettings::default(),
        stop: stop.clone(),
    });
    watching.start(tracker);
    let retraining = Retraining::new(retraining::Parts {
        store: store.clone(),
        clock: Arc::clone(clock),
        registry: registry.clone(),
        models: Arc::new(LiveModels { market: market.clone(), registry: registry.clone(), simulated_too }),
        trainer,
        drift: Arc::new(watching.clone()),
        settings: settings.retraining.clone(),
        family: SERVED,
        networks: settings.retraining.networks(),
        stop: stop.clone(),
    });
    let all = [alerts.jobs(), retraining.jobs(), watching.jobs()].into_iter().flatten().collect();
    let jobs = Jobs::new(store.clone(), Arc::clone(clock), all);
    Ok(Members {
        accounts,
        alerts,
        feedback: Feedback::new(store.clone(), key, Arc::clone(clock)),
        monitoring: Monitoring::new(store.clone(), registry.clone()),
        jobs,
        notify,
        registry: registry.clone(),
        retraining,
        watching,
    })
}

/// What letters draw: a coin's realised volatility of the last month, a day each.
fn past(forecasting: Forecasting) -> Past {
    const DAYS: usize = 30;
    Arc::new(move |symbol, horizon| {
        let record = forecasting.record(symbol, horizon);
        let days = record.iter().flat_map(|record| &record.forecasts);
        let realised: Vec<(i64, f64)> = days.filter_map(|day| Some((day.ends_at_s, day.realised?))).collect();
        realised[realised.len().saturating_sub(DAYS)..].to_vec()
    })
}
