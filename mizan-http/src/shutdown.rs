use std::convert::Infallible;
use std::io;
use std::process;
use std::thread;

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
/// It never ends where signals cannot be received, which is logged.
pub async fn shutdown_signal() {
    let received = async { Signals::new()?.received().await };
    match received.await {
        Ok(signal) => {
            tracing::info!(
                signal = signal.name,
                "shutting down; a second signal ends the process"
            );
            exit_on_second();
        }
        Err(error) => {
            tracing::error!(%error, "cannot receive signals to shut down");
            std::future::pending::<()>().await;
        }
    }
}

/// Ends the process on the next signal.
///
/// In a thread and a runtime of its own, because the application's may be what does not end.
fn exit_on_second() {
    let spawned = thread::Builder::new()
        .name("second-signal".to_owned())
        .spawn(|| match wait_and_exit() {
            Ok(never) => match never {},
            Err(error) => tracing::warn!(%error, "a second signal will not end the process"),
        });
    if let Err(error) = spawned {
        tracing::warn!(%error, "a second signal will not end the process");
    }
}

fn wait_and_exit() -> io::Result<Infallible> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let signal = runtime.block_on(async { Signals::new()?.received().await })?;
    tracing::warn!(signal = signal.name, "exiting at once on a second signal");
    process::exit(signal.status)
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

    async fn received(mut self) -> io::Result<Received> {
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

    async fn received(self) -> io::Result<Received> {
        tokio::signal::ctrl_c().await?;
        Ok(INTERRUPT)
    }
}
