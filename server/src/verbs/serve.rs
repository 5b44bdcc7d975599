//! `investbuddy serve`: pages, API, market and forecasts in one process.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::product::Product;
use super::{VerbError, print};
use crate::config::Settings;
use crate::retraining::ProcessTrainer;
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

/// Serves the product until asked to stop.
///
/// # Errors
/// [`VerbError`] where the store cannot be opened or the address cannot be taken.
pub async fn run(settings: &Settings) -> Result<(), VerbError> {
    let trainer = Arc::new(ProcessTrainer::of_this_program().map_err(VerbError::because)?);
    let product = Product::start(settings, settings.clock(), trainer).await?;
    product.run_jobs();
    let served = tokio::select! {
        served = answer(settings, &product, product.stop.clone()) => served,
        refused = product.add_meaning(&settings.lm) => Err(refused),
    };
    product.end(settings.drain()).await;
    served
}

/// Answers requests for a product until `stop` is cancelled, or the person or the system asks us to stop.
///
/// # Errors
/// [`VerbError`] where the address cannot be taken or the system stops us from listening.
pub(super) async fn answer(settings: &Settings, product: &Product, stop: CancellationToken) -> Result<(), VerbError> {
    let listener = listen::bind(settings.addr).await?;
    let addr = listener.local_addr().map_err(VerbError::because)?;
    stop_when_asked(stop.clone())?;
    tokio::spawn(stop.clone().run_until_cancelled_owned(metrics::keep_tidy()));
    let router = web::router(settings, &product.desk, &product.clock, product.members.clone());
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
