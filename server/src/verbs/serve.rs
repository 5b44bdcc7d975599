//! `investbuddy serve`: pages, API, market and forecasts in one process.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use domain::clock::Clock;
use domain::ports::Desk;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{VerbError, print};
use crate::alerts::{self, AlertSettings, Alerts, Bell, LiveForecasts};
use crate::auth::Accounts;
use crate::buddy::figures::LiveFigures;
use crate::buddy::{Parts, TheBuddy};
use crate::config::{LanguageModels, Mode, Settings};
use crate::delivery::{Delivery, Past};
use crate::desk::TheDesk;
use crate::events::Events;
use crate::feedback::Feedback;
use crate::forecasting::Forecasting;
use crate::jobs::Jobs;
use crate::llm;
use crate::market::{Market, Simulate};
use crate::monitoring::Monitoring;
use crate::notify::{Notify, Webhooks};
use crate::rag::Library;
use crate::registry::Registry;
use crate::signing::SigningKey;
use crate::store::Store;
use crate::telemetry::metrics;
use crate::web::forms::Members;
use crate::web::{self, listen};

/// What `serve` may be told on the command line; it wins over every other source.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:3000]
    #[arg(long, value_name = "IP:PORT")]
    addr: Option<SocketAddr>,
}

impl ServeArgs {
    /// Lets the command line win over the file and the environment.
    pub(super) fn apply(&self, settings: &mut Settings) {
        if let Some(addr) = self.addr {
            settings.addr = addr;
        }
    }
}

/// Wires store, market, forecasts and web together and serves until asked to stop.
///
/// # Errors
/// [`VerbError`] where the store cannot be opened or the address cannot be taken.
pub async fn run(settings: &Settings) -> Result<(), VerbError> {
    let store = Arc::new(Store::at(&settings.store_place()).await.map_err(VerbError::because)?);
    let clock: Arc<dyn Clock> = settings.clock();
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());

    let market =
        Market::start(settings.market_settings(), Arc::clone(&store), Arc::clone(&clock), stop.clone(), &tracker);
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let forecasting = Forecasting::start(registry.clone(), market.clone(), stop.clone(), &tracker)
        .map_err(|error| VerbError::because(format!("The system gives us no threads: {error}")))?;
    let figures = LiveFigures { market: market.clone(), forecasting: forecasting.clone() };
    let library = Library::open(&settings.glossary_dir, &settings.library_dir(), None, &settings.vectors, &stop)
        .map_err(VerbError::because)?;
    let library = Arc::new(library);
    let writer = llm::choose::chat_model(&settings.lm).await.map_err(VerbError::because)?;
    let parts = Parts {
        store: Store::clone(&store),
        clock: Arc::clone(&clock),
        figures: Arc::new(figures),
        events: Arc::new(Events::new(&settings.events, settings.live, Arc::clone(&clock))),
        knowledge: Arc::clone(&library) as _,
        writer,
    };
    let buddy = TheBuddy::new(parts, &settings.chat);
    let members = members(settings, &store, &clock, (&market, &forecasting, &registry), (&stop, &tracker))?;
    let desk: Arc<dyn Desk> = Arc::new(TheDesk::new(market, forecasting, registry, Arc::new(buddy)));

    let served = tokio::select! {
        served = answer(settings, desk, clock, members, stop.clone()) => served,
        refused = add_meaning(&library, &settings.lm) => Err(refused),
    };
    stop.cancel();
    tracker.close();
    // Whoever does not end in time is ended with the process; the store survives that.
    let _ = tokio::time::timeout(settings.drain(), tracker.wait()).await;
    store.close().await;
    served
}

/// Accounts, alerts and the jobs behind them, which begin at once.
fn members(
    settings: &Settings,
    store: &Store,
    clock: &Arc<dyn Clock>,
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
    let jobs = Jobs::new(store.clone(), Arc::clone(clock), alerts.jobs());
    jobs.start(stop, tracker);
    Ok(Members {
        accounts,
        alerts,
        feedback: Feedback::new(store.clone(), key, Arc::clone(clock)),
        monitoring: Monitoring::new(store.clone(), registry.clone()),
        jobs,
        notify,
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

/// Lets the library find by meaning. Reading the local model takes seconds, and words alone serve meanwhile. Ends only
/// where the embedder of the settings cannot be used.
async fn add_meaning(library: &Library, settings: &LanguageModels) -> VerbError {
    match llm::choose::embedder(settings).await {
        Ok(None) => {}
        Ok(embedder) => library.use_embedder(embedder),
        Err(error) => return VerbError::because(error),
    }
    std::future::pending().await
}

/// Answers requests for a desk until `stop` is cancelled, or the person or the system asks us to stop.
///
/// # Errors
/// [`VerbError`] where the address cannot be taken or the system stops us from listening.
pub async fn answer(
    settings: &Settings,
    desk: Arc<dyn Desk>,
    clock: Arc<dyn Clock>,
    members: Members,
    stop: CancellationToken,
) -> Result<(), VerbError> {
    let listener = listen::bind(settings.addr).await?;
    let addr = listener.local_addr().map_err(VerbError::because)?;
    stop_when_asked(stop.clone())?;
    tokio::spawn(stop.clone().run_until_cancelled_owned(metrics::keep_tidy()));
    let router = web::router(settings, &desk, &clock, members);
    print(&format!("InvestBuddy is at http://{}", reachable(addr)));
    tracing::info!(%addr, "Listening");
    listen::serve(listener, router, stop, settings.drain()).await.map_err(VerbError::because)
}

fn stop_when_asked(stop: CancellationToken) -> Result<(), VerbError> {
    let asked = listen::stop_signal().map_err(VerbError::because)?;
    tokio::spawn(async move {
        let signal = asked.await;
        tracing::info!(signal, "Stopping: open requests get a moment to finish");
        stop.cancel();
    });
    Ok(())
}

/// An address that a browser on this machine can open: nobody can visit `0.0.0.0`.
fn reachable(addr: SocketAddr) -> SocketAddr {
    match addr {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], v6.port())),
        other => other,
    }
}
