//! The graceful shutdown of a server process.

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
#[cfg(feature = "channels")]
use mizan_channels::Channels;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::phases::UnfinishedPhases;
use super::signals::{self, ForcedExit};
use crate::calls::runner::CallRunner;
use crate::service::MizanService;
use crate::streaming::active::ActiveStreams;

/// The exit status of a process whose work did not finish before the deadline of its shutdown (`EX_TEMPFAIL` of
/// `sysexits.h`).
pub const EXIT_DEADLINE_EXCEEDED: u8 = 75;

/// The time after the deadline at which the process exits even if its runtime is blocked.
const FORCED_EXIT_DELAY: Duration = Duration::from_secs(2);

/// Runs a server until SIGTERM or SIGINT, and then lets everything finish that is in progress.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use mizan_core::Registry;
/// use mizan_http::{MizanService, Shutdown, serve};
/// use tokio::net::TcpListener;
///
/// #[tokio::main]
/// async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
///     let shutdown = Shutdown::new();
///     let mizan = MizanService::new(Registry::new().build()?);
///     let listener = TcpListener::bind("127.0.0.1:8000").await?;
///     let shutdown = shutdown.service(&mizan);
///     let code = shutdown
///         .run(|stop| serve(listener, mizan).with_graceful_shutdown(stop))
///         .await?;
///     Ok(code)
/// }
/// ```
///
/// After the first signal:
///
/// 1. [`Health`](crate::Health) reports that the process is not ready, and [`started`](Self::started) is
///    cancelled. The server still accepts connections for the [`readiness_delay`](Self::readiness_delay).
/// 2. The channels of each [`service`](Self::service) ask their clients to reconnect to another process, within
///    the [`drain_window`](Self::drain_window). Its streams end with the error `unavailable`.
/// 3. The server stops accepting connections, and finishes requests in progress.
/// 4. Calls whose clients have disconnected finish.
/// 5. The work of [`wait_for`](Self::wait_for), such as unsent mail, finishes.
///
/// What has not finished at the [`deadline`](Self::deadline) is dropped, and its name is logged. A second signal
/// exits at once. The exit status is
///
/// | status | meaning |
/// |---|---|
/// | 0 | everything finished |
/// | 1 | the server failed: `run` returned an error, and `main` returns it |
/// | 75 | the deadline passed ([`EXIT_DEADLINE_EXCEEDED`]) |
/// | 130, 143 | a second signal, SIGINT or SIGTERM |
#[must_use = "a shutdown does nothing until `run` is called"]
pub struct Shutdown {
    trigger: Trigger,
    started: CancellationToken,
    deadline: Duration,
    readiness_delay: Duration,
    drain_window: Duration,
    calls: Vec<Arc<CallRunner>>,
    streams: Vec<Arc<ActiveStreams>>,
    #[cfg(feature = "channels")]
    channels: Vec<Channels>,
    work: Vec<(Cow<'static, str>, BoxFuture<'static, ()>)>,
}

enum Trigger {
    Signals,
    Future(BoxFuture<'static, ()>),
}

impl Shutdown {
    /// Creates a shutdown on SIGTERM and SIGINT, or on Ctrl-C on systems other than Unix.
    ///
    /// Until [`run`](Self::run), a signal ends the process at once.
    pub fn new() -> Self {
        Self::with_trigger(Trigger::Signals)
    }

    /// Creates a shutdown that begins when `trigger` completes, instead of on signals: for tests, and for
    /// services of other systems.
    pub fn when(trigger: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::with_trigger(Trigger::Future(Box::pin(trigger)))
    }

    fn with_trigger(trigger: Trigger) -> Self {
        Self {
            trigger,
            started: CancellationToken::new(),
            deadline: Duration::from_secs(30),
            readiness_delay: Duration::ZERO,
            drain_window: Duration::from_secs(5),
            calls: Vec::new(),
            streams: Vec::new(),
            #[cfg(feature = "channels")]
            channels: Vec::new(),
            work: Vec::new(),
        }
    }

    /// Sets the time from the signal to the end of the process. 30 seconds by default.
    ///
    /// The last quarter of the time is for the work of [`wait_for`](Self::wait_for): requests that are in
    /// progress at its beginning are dropped. Set it below the time after which the supervisor kills the process
    /// (`TimeoutStopSec` of systemd is 90 seconds, `terminationGracePeriodSeconds` of Kubernetes is 30 seconds, and
    /// `docker stop` waits 10 seconds).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the time in which the server still accepts connections although it is not ready, so that load
    /// balancers notice. Zero by default.
    pub fn readiness_delay(mut self, delay: Duration) -> Self {
        self.readiness_delay = delay;
        self
    }

    /// Sets the time in which the clients of channels reconnect, each at a random moment. 5 seconds by default.
    pub fn drain_window(mut self, window: Duration) -> Self {
        self.drain_window = window;
        self
    }

    /// Waits for the calls of `service`, ends its streams, and drains the channels of its app.
    pub fn service<A>(mut self, service: &MizanService<A>) -> Self {
        let calls = Arc::clone(&service.0.calls);
        #[cfg(feature = "channels")]
        self.channels
            .extend(calls.app().state::<Channels>().cloned());
        self.calls.push(calls);
        self.streams.push(Arc::clone(&service.0.streams));
        self
    }

    /// Waits for `work` after all requests and calls have finished. Its `name` is logged if it exceeds the deadline.
    ///
    /// ```
    /// use mizan_http::Shutdown;
    ///
    /// async fn flush_mail() {}
    ///
    /// let shutdown = Shutdown::new().wait_for("mail", flush_mail());
    /// ```
    pub fn wait_for(
        mut self,
        name: impl Into<Cow<'static, str>>,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.work.push((name.into(), Box::pin(work)));
        self
    }

    /// Returns a token that is cancelled when the shutdown begins, for background tasks.
    #[must_use]
    pub fn started(&self) -> CancellationToken {
        self.started.clone()
    }

    /// Runs the server that `server` creates with a signal to stop, and returns the exit code of the process when
    /// everything has finished.
    ///
    /// `server` can be any server that stops gracefully: `serve(..).with_graceful_shutdown(stop)` of this crate or
    /// of axum.
    ///
    /// # Errors
    ///
    /// Returns the error of the server, after the work has finished.
    pub async fn run<S>(self, server: impl FnOnce(StopSignal) -> S) -> io::Result<ExitCode>
    where
        S: IntoFuture<Output = io::Result<()>>,
    {
        let triggered = match self.trigger {
            Trigger::Signals => {
                let forced_exit = ForcedExit {
                    after: self.deadline + FORCED_EXIT_DELAY,
                    status: EXIT_DEADLINE_EXCEEDED,
                };
                let first = signals::receive(Some(forced_exit)).await;
                Box::pin(first.wait())
            }
            Trigger::Future(future) => future,
        };
        let stop = CancellationToken::new();
        let signal = StopSignal(Box::pin(stop.clone().cancelled_owned()));
        let mut server = pin!(server(signal).into_future());
        let ended = tokio::select! {
            result = &mut server => Some(result),
            () = triggered => None,
        };
        self.started.cancel();
        let unfinished = UnfinishedPhases::default();
        let requests = async {
            let served = async {
                match ended {
                    Some(result) => result,
                    None => unfinished.track("requests", server).await,
                }
            };
            let stopping = async {
                tokio::time::sleep(self.readiness_delay).await;
                self.streams.iter().for_each(|streams| streams.close());
                #[cfg(feature = "channels")]
                unfinished
                    .track("channels", drain(&self.channels, self.drain_window))
                    .await;
                stop.cancel();
            };
            let (served, ()) = tokio::join!(served, stopping);
            let calls = join_all(self.calls.iter().map(|calls| calls.wait_idle()));
            unfinished.track("calls", calls).await;
            served
        };
        let requests_deadline = if self.work.is_empty() {
            self.deadline
        } else {
            self.deadline * 3 / 4
        };
        let deadline = tokio::time::Instant::now() + self.deadline;
        let served = tokio::time::timeout(requests_deadline, requests).await;
        let work = self.work.into_iter();
        let work = join_all(work.map(|(name, work)| unfinished.track(name, work)));
        let is_complete = tokio::time::timeout_at(deadline, work).await.is_ok() && served.is_ok();
        if !is_complete {
            tracing::error!(
                unfinished = unfinished.names(),
                "shutdown deadline exceeded: exiting with unfinished work"
            );
            return Ok(ExitCode::from(EXIT_DEADLINE_EXCEEDED));
        }
        tracing::info!("shutdown complete");
        served.unwrap_or(Ok(())).map(|()| ExitCode::SUCCESS)
    }
}

#[cfg(feature = "channels")]
async fn drain(channels: &[Channels], window: Duration) {
    join_all(channels.iter().map(|channels| channels.drain(window))).await;
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let work: Vec<_> = self.work.iter().map(|(name, _)| name).collect();
        f.debug_struct("Shutdown")
            .field("deadline", &self.deadline)
            .field("readiness_delay", &self.readiness_delay)
            .field("work", &work)
            .finish_non_exhaustive()
    }
}

/// A future that completes when the server has to stop accepting connections. [`Shutdown::run`] creates it.
#[must_use = "pass it to the `with_graceful_shutdown` of the server"]
pub struct StopSignal(Pin<Box<WaitForCancellationFutureOwned>>);

impl Future for StopSignal {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StopSignal")
    }
}
