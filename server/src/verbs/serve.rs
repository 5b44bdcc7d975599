//! `investbuddy serve`: pages, API, market and forecasts in one process.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use domain::clock::Clock;
use domain::ports::Desk;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{VerbError, print};
use crate::clock::SystemClock;
use crate::config::Settings;
use crate::desk::TheDesk;
use crate::forecasting::Forecasting;
use crate::market::Market;
use crate::registry::Registry;
use crate::store::Store;
use crate::telemetry::metrics;
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
    let store = Arc::new(Store::open(&settings.store_file()).await.map_err(VerbError::because)?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());

    let market =
        Market::start(settings.market_settings(), Arc::clone(&store), Arc::clone(&clock), stop.clone(), &tracker);
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let forecasting = Forecasting::start(registry.clone(), market.clone(), stop.clone(), &tracker)
        .map_err(|error| VerbError::because(format!("The system gives us no threads: {error}")))?;
    let desk: Arc<dyn Desk> = Arc::new(TheDesk::new(market, forecasting, registry));

    let served = answer(settings, desk, clock, stop.clone()).await;
    stop.cancel();
    tracker.close();
    // Whoever does not end in time is ended with the process; the store survives that.
    let _ = tokio::time::timeout(settings.drain(), tracker.wait()).await;
    store.close().await;
    served
}

/// Answers requests for a desk until `stop` is cancelled, or the person or the system asks us to stop.
///
/// # Errors
/// [`VerbError`] where the address cannot be taken or the system stops us from listening.
pub async fn answer(
    settings: &Settings,
    desk: Arc<dyn Desk>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), VerbError> {
    let listener = listen::bind(settings.addr).await?;
    let addr = listener.local_addr().map_err(VerbError::because)?;
    stop_when_asked(stop.clone())?;
    tokio::spawn(stop.clone().run_until_cancelled_owned(metrics::keep_tidy()));
    let router = web::router(settings, &desk, &clock);
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
