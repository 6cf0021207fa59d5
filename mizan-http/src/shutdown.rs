use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::process;
use std::thread;

use tokio::sync::oneshot;

/// Waits until the process is told to stop: by SIGTERM, which is what systemd, Docker and Kubernetes
/// send, or by SIGINT (Ctrl-C). Outside Unix, by Ctrl-C alone.
///
/// It is made for [`Serve::shutdown_on`](crate::Serve::shutdown_on). After the first signal, the next
/// one ends the process at once, with the status that shells give for it (130 or 143), however long
/// requests under way would take.
///
/// ```no_run
/// # use mizan_core::Registry;
/// use mizan_http::{MizanService, serve, shutdown_signal};
/// use tokio::net::TcpListener;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Registry::new().build()?;
/// let listener = TcpListener::bind("127.0.0.1:8000").await?;
/// serve(listener, MizanService::new(app))
///     .shutdown_on(shutdown_signal())
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// Both signals are received by a thread of their own, so that the second one also ends a process whose runtime
/// is stuck. The future never completes if signals cannot be received, which is logged.
pub async fn shutdown_signal() {
    let (sender, receiver) = oneshot::channel();
    let spawned = thread::Builder::new()
        .name("shutdown-signal".to_owned())
        .spawn(|| {
            let Err(error) = watch(sender);
            tracing::error!(%error, "cannot receive signals to shut down");
        });
    if let Err(error) = spawned {
        tracing::error!(%error, "cannot receive signals to shut down");
    }
    let Ok(signal) = receiver.await else {
        return pending().await;
    };
    tracing::info!(
        signal = signal.name,
        "shutting down; a second signal ends the process"
    );
}

/// Reports the first signal, and ends the process on the second one. It ends on the first one if the future
/// that would handle it is gone.
fn watch(first: oneshot::Sender<Received>) -> io::Result<Infallible> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        let signal = signals.received().await?;
        let status = signal.status;
        if first.send(signal).is_err() {
            process::exit(status);
        }
        let signal = signals.received().await?;
        tracing::warn!(signal = signal.name, "exiting at once on a second signal");
        process::exit(signal.status)
    })
}

struct Received {
    name: &'static str,
    status: i32,
}

const INTERRUPT: Received = Received {
    name: "SIGINT",
    status: 130,
};

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn received(&mut self) -> io::Result<Received> {
        const TERMINATE: Received = Received {
            name: "SIGTERM",
            status: 143,
        };
        Ok(tokio::select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.terminate.recv() => TERMINATE,
        })
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn received(&mut self) -> io::Result<Received> {
        tokio::signal::ctrl_c().await?;
        Ok(INTERRUPT)
    }
}
