//! `investbuddy serve`: pages, API, market and forecasts in one process.

use std::net::SocketAddr;
use std::sync::Arc;

use domain::clock::Clock;
use domain::ports::Desk;
use tokio_util::sync::CancellationToken;

use super::{VerbError, print};
use crate::config::Settings;
use crate::web::{self, listen};

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
