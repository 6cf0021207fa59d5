//! The signals on which a server shuts down.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::process;
use std::thread;

use tokio::sync::oneshot;

/// Waits for a signal to shut down: SIGTERM, which systemd, Docker and Kubernetes send, or SIGINT
/// (Ctrl-C). On systems other than Unix, it waits for Ctrl-C.
///
/// Pass it to [`Serve::with_graceful_shutdown`](crate::serve::Serve::with_graceful_shutdown). A second
/// signal exits the process at once, with the exit status that shells use for the signal (130 or 143),
/// even if requests are still in progress.
///
/// ```no_run
/// use mizan_core::Registry;
/// use mizan_http::{MizanService, serve, shutdown_signal};
/// use tokio::net::TcpListener;
///
/// async fn run() -> Result<(), Box<dyn std::error::Error>> {
///     let app = Registry::new().build()?;
///     let listener = TcpListener::bind("127.0.0.1:8000").await?;
///     serve(listener, MizanService::new(app))
///         .with_graceful_shutdown(shutdown_signal())
///         .await?;
///     Ok(())
/// }
/// ```
///
/// A separate thread receives the signals, so that a second signal also exits a process whose runtime is
/// blocked. If signals cannot be received, an error is logged and the future never completes.
pub async fn shutdown_signal() {
    let (sender, receiver) = oneshot::channel();
    let spawned = thread::Builder::new()
        .name("shutdown-signal".to_owned())
        .spawn(|| {
            let Err(error) = receive_signals(sender);
            tracing::error!(%error, "cannot receive shutdown signals");
        });
    if let Err(error) = spawned {
        tracing::error!(%error, "cannot receive shutdown signals");
    }
    let Ok(signal) = receiver.await else {
        return pending().await;
    };
    tracing::info!(
        signal = signal.name,
        "shutting down; a second signal exits at once"
    );
}

/// Sends the first signal to the future, and exits the process on the second one. If the future was
/// dropped, the first signal exits the process.
fn receive_signals(first: oneshot::Sender<Signal>) -> io::Result<Infallible> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut signals = SignalReceiver::new()?;
        let signal = signals.receive().await?;
        let exit_status = signal.exit_status;
        if first.send(signal).is_err() {
            process::exit(exit_status);
        }
        let signal = signals.receive().await?;
        tracing::warn!(signal = signal.name, "second signal: exiting at once");
        process::exit(signal.exit_status)
    })
}

struct Signal {
    name: &'static str,
    exit_status: i32,
}

const INTERRUPT: Signal = Signal {
    name: "SIGINT",
    exit_status: 130,
};

#[cfg(unix)]
struct SignalReceiver {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl SignalReceiver {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn receive(&mut self) -> io::Result<Signal> {
        const TERMINATE: Signal = Signal {
            name: "SIGTERM",
            exit_status: 143,
        };
        Ok(tokio::select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.terminate.recv() => TERMINATE,
        })
    }
}

#[cfg(not(unix))]
struct SignalReceiver;

#[cfg(not(unix))]
impl SignalReceiver {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn receive(&mut self) -> io::Result<Signal> {
        tokio::signal::ctrl_c().await?;
        Ok(INTERRUPT)
    }
}
