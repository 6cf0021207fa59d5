//! The signals on which a server shuts down.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::process;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

/// Waits for a signal to shut down: SIGTERM, which systemd, Docker and Kubernetes send, or SIGINT
/// (Ctrl-C). On systems other than Unix, it waits for Ctrl-C.
///
/// [`Shutdown`](crate::Shutdown) waits for it, and then for everything that has to finish. Use this function
/// for a server without calls, channels and mail. A second signal exits the process at once, with the exit
/// status that shells use for the signal (130 or 143), even if requests are still in progress.
///
/// ```no_run
/// use axum::Router;
/// use mizan_http::{serve, shutdown_signal};
/// use tokio::net::TcpListener;
///
/// async fn run(router: Router) -> Result<(), Box<dyn std::error::Error>> {
///     let listener = TcpListener::bind("127.0.0.1:8000").await?;
///     serve(listener, router)
///         .with_graceful_shutdown(shutdown_signal())
///         .await?;
///     Ok(())
/// }
/// ```
///
/// A separate thread receives the signals, so that a second signal also exits a process whose runtime is
/// blocked. If signals cannot be received, an error is logged and the future never completes.
pub async fn shutdown_signal() {
    receive(None).await.wait().await;
}

/// The exit of the process at a time after the first signal, even if its runtime is blocked.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForcedExit {
    pub(super) after: Duration,
    pub(super) status: u8,
}

/// The first signal that the process receives.
pub(super) struct FirstSignal(oneshot::Receiver<Signal>);

impl FirstSignal {
    /// Waits for the signal, and logs it.
    pub(super) async fn wait(self) {
        let Ok(signal) = self.0.await else {
            return pending().await;
        };
        tracing::info!(
            signal = signal.name,
            "shutting down; a second signal exits at once"
        );
    }
}

/// Receives signals from the time when this returns.
///
/// If the result was dropped, the first signal exits the process.
pub(super) async fn receive(forced_exit: Option<ForcedExit>) -> FirstSignal {
    let (sender, receiver) = oneshot::channel();
    let (ready_sender, ready) = oneshot::channel();
    let spawned = thread::Builder::new()
        .name("shutdown-signal".to_owned())
        .spawn(move || {
            let Err(error) = receive_signals(ready_sender, sender, forced_exit);
            tracing::error!(%error, "cannot receive shutdown signals");
        });
    if let Err(error) = spawned {
        tracing::error!(%error, "cannot receive shutdown signals");
    }
    // An error was logged.
    let _ = ready.await;
    FirstSignal(receiver)
}

fn receive_signals(
    ready: oneshot::Sender<()>,
    first: oneshot::Sender<Signal>,
    forced_exit: Option<ForcedExit>,
) -> io::Result<Infallible> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut signals = SignalReceiver::new()?;
        // The receiver may have been dropped; the first signal then exits the process.
        let _ = ready.send(());
        let signal = signals.receive().await?;
        let exit_status = signal.exit_status;
        if first.send(signal).is_err() {
            process::exit(exit_status);
        }
        let second = signals.receive();
        let signal = match forced_exit {
            None => second.await?,
            Some(forced) => match tokio::time::timeout(forced.after, second).await {
                Ok(signal) => signal?,
                Err(_) => {
                    tracing::error!(
                        "shutdown deadline exceeded, and the runtime is blocked: exiting"
                    );
                    process::exit(forced.status.into());
                }
            },
        };
        tracing::warn!(signal = signal.name, "second signal: exiting at once");
        process::exit(signal.exit_status)
    })
}

#[derive(Debug)]
pub(super) struct Signal {
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
