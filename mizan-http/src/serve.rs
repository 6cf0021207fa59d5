use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, IntoFuture, pending, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower_service::Service;

use crate::client_addr::PeerAddr;
use crate::write_timeout::WriteTimeout;

/// Serves `service` on `listener` until it is told to stop, over HTTP/1.1 and HTTP/2 (with prior
/// knowledge: TLS is for a proxy in front).
///
/// The service is a [`MizanService`](crate::MizanService), an axum router that has one, or any
/// other. Slow and idle clients are cut off by time limits, which most servers leave to their
/// users.
///
/// ```no_run
/// # use mizan_core::Registry;
/// use mizan_http::{MizanService, serve};
/// use tokio::net::TcpListener;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Registry::new().build()?;
/// let listener = TcpListener::bind("127.0.0.1:8000").await?;
/// serve(listener, MizanService::new(app))
///     .shutdown_on(async { _ = tokio::signal::ctrl_c().await })
///     .await?;
/// # Ok(())
/// # }
/// ```
pub fn serve<S>(listener: TcpListener, service: S) -> Serve<S> {
    Serve {
        listener,
        service,
        header_timeout: Duration::from_secs(10),
        write_timeout: Duration::from_secs(30),
        grace: Duration::from_secs(30),
        connections: 10_000,
        shutdown: Box::pin(pending()),
    }
}

/// A server that runs once it is awaited. Made by [`serve()`]. Dropped while it runs, it closes its
/// connections at once.
#[must_use = "a server runs once it is awaited"]
pub struct Serve<S> {
    listener: TcpListener,
    service: S,
    header_timeout: Duration,
    write_timeout: Duration,
    grace: Duration,
    connections: usize,
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<S> Serve<S> {
    /// How long the head of a request may take to arrive, from the connection's beginning or the
    /// end of the request before: 10 seconds.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// How long a client may take none of what it is sent before it is cut off: 30 seconds.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// How many connections are open at once; more wait to be accepted: 10,000.
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most;
        self
    }

    /// Stops when `signal` is done: no connection is accepted any more, and those that are open
    /// finish what they have begun.
    pub fn shutdown_on(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shutdown = Box::pin(signal);
        self
    }

    /// How long open connections have to finish once the server stops: 30 seconds.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }
}

impl<S> fmt::Debug for Serve<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("header_timeout", &self.header_timeout)
            .field("write_timeout", &self.write_timeout)
            .field("grace", &self.grace)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

impl<S, B> IntoFuture for Serve<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<S, B> Serve<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    async fn run(self) -> io::Result<()> {
        let builder = Arc::new(connection_builder(self.header_timeout));
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut shutdown = self.shutdown;
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept(), if connections.len() < self.connections => accepted,
                Some(_) = connections.join_next() => continue,
                () = &mut shutdown => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    nodelay(&stream);
                    connections.spawn(serve_connection(
                        Arc::clone(&builder),
                        WriteTimeout::new(stream, self.write_timeout),
                        peer,
                        self.service.clone(),
                        self.header_timeout,
                        graceful.watcher(),
                    ));
                }
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    // Out of file descriptors, most likely: some need time to be closed.
                    tracing::error!(%error, "no connection could be accepted");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
        drop(self.listener);
        if tokio::time::timeout(self.grace, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("connections were cut off, as they did not finish in time");
        }
        connections.shutdown().await;
        Ok(())
    }
}

async fn serve_connection<S, B>(
    builder: Arc<auto::Builder<TokioExecutor>>,
    stream: WriteTimeout,
    peer: SocketAddr,
    service: S,
    header_timeout: Duration,
    watcher: Watcher,
) where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let started = Arc::new(AtomicBool::new(false));
    let begun = Arc::clone(&started);
    let answer = service_fn(move |mut request: Request<Incoming>| {
        begun.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(PeerAddr(peer));
        call(service.clone(), request)
    });
    let served = builder.serve_connection_with_upgrades(TokioIo::new(stream), answer);
    let mut served = pin!(watcher.watch(served));
    // hyper's time limit for heads begins once it knows the version of HTTP.
    let outcome = match tokio::time::timeout(header_timeout, &mut served).await {
        Ok(outcome) => outcome,
        Err(_) if started.load(Ordering::Relaxed) => served.await,
        Err(_) => return tracing::debug!(%peer, "no request came in time"),
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, %error, "the connection ended early");
    }
}

fn connection_builder(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(250)
        .max_header_list_size(64 * 1024)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Small replies leave at once rather than wait to be joined by more.
fn nodelay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection keeps its delay");
    }
}

async fn call<S: Service<Request<Incoming>>>(
    mut service: S,
    request: Request<Incoming>,
) -> Result<S::Response, S::Error> {
    poll_fn(|cx| service.poll_ready(cx)).await?;
    service.call(request).await
}

fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
