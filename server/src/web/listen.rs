//! Listens, and stops without cutting anybody off.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Why the server cannot listen or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else listens there.
    #[error(
        "Another program already listens on {addr}. Stop it, or choose another address with --addr or INVESTBUDDY_ADDR."
    )]
    Taken {
        /// The address.
        addr: SocketAddr,
    },
    /// The system does not allow it.
    #[error(
        "This user may not listen on {addr}. Ports under 1024 need more rights; choose a higher one with --addr or INVESTBUDDY_ADDR."
    )]
    NotAllowed {
        /// The address.
        addr: SocketAddr,
    },
    /// The machine does not have the address.
    #[error(
        "This machine does not have the address {addr}. Use 127.0.0.1 for this machine only, or 0.0.0.0 for its whole network."
    )]
    NotOurs {
        /// The address.
        addr: SocketAddr,
    },
    /// Anything else.
    #[error("The server cannot listen on {addr}: {source}")]
    Other {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// Takes the address; port 0 takes a free one.
///
/// # Errors
/// [`ListenError`], one sentence that says what to change.
pub async fn bind(addr: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(addr).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::Taken { addr },
        io::ErrorKind::PermissionDenied => ListenError::NotAllowed { addr },
        io::ErrorKind::AddrNotAvailable => ListenError::NotOurs { addr },
        _ => ListenError::Other { addr, source },
    })
}

/// Answers until `stop` is cancelled; then takes no new connection and gives open ones `drain` to finish.
///
/// # Errors
/// What the system says where it cannot go on listening.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, drain: Duration) -> io::Result<()> {
    // Answers are written in one piece: waiting for more to send only makes them late.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let stopped = stop.clone();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move { stopped.cancelled().await });
    let out_of_patience = async {
        stop.cancelled().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        outcome = server => outcome,
        () = out_of_patience => {
            tracing::warn!("Closed connections that were still open after {} seconds", drain.as_secs());
            Ok(())
        }
    }
}

/// Ends when the person or the system asks us to stop: Ctrl-C or SIGTERM.
pub fn stop_signal() -> io::Result<impl Future<Output = &'static str>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        let terminated = terminate.recv();
        #[cfg(not(unix))]
        let terminated = std::future::pending::<Option<()>>();
        tokio::select! {
            _ = tokio::signal::ctrl_c() => "Ctrl-C",
            _ = terminated => "SIGTERM",
        }
    })
}
