//! The server: accepts connections within limits, and ends them in order.

use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, IntoFuture, pending};
use std::io;
use std::pin::Pin;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_service::Service;

use admission::Admission;
use client_stream::ClientStream;
use connection::{Timeouts, serve_connection};

mod admission;
mod client_stream;
mod connection;
mod open_files;
mod streams;

/// Serves `service` on `listener` until it is told to stop, over HTTP/1.1 and HTTP/2 (with prior
/// knowledge: TLS is for a proxy in front).
///
/// The service is a [`MizanService`](crate::MizanService), an axum router that has one, or any
/// other. Slow and idle clients are cut off by time limits, which most servers leave to their
/// users.
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
pub fn serve<S>(listener: TcpListener, service: S) -> Serve<S> {
    Serve {
        listener,
        service,
        header_timeout: Duration::from_secs(10),
        write_timeout: Duration::from_secs(30),
        grace: Duration::from_secs(30),
        connections: None,
        connections_per_client: None,
        trusted_proxies: Vec::new(),
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
    connections: Option<usize>,
    connections_per_client: Option<usize>,
    trusted_proxies: Vec<IpNet>,
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<S> Serve<S> {
    /// Limits the time that the head of a request may take to arrive, from the connection's beginning
    /// or the end of the request before: 10 seconds. Over HTTP/2, it is the time without any request
    /// under way; pings do not count.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// Limits the time for which a client may take nothing of what it is sent before it is cut off: 30
    /// seconds. Over HTTP/2, the stream is reset.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Limits how many connections are open at once: 10,000, and half as many as the process may open
    /// files (`ulimit -n`) where that is less. More wait to be accepted. WebSockets count for as long as
    /// they are open.
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = Some(most);
        self
    }

    /// Limits how many connections one client may have open at once: an eighth of
    /// [`connections`](Self::connections), and 64 at least. More are closed when they are accepted.
    ///
    /// A client is an IPv4 address or the /64 network of an IPv6 address.
    pub fn connections_per_client(mut self, most: usize) -> Self {
        self.connections_per_client = Some(most);
        self
    }

    /// Exempts the proxies at `addresses` from the limit for each client, as all clients come through
    /// them.
    ///
    /// Name them to [`Builder::trusted_proxies`](crate::Builder::trusted_proxies) as well: the limits
    /// of the service are for the clients that these proxies tell of.
    pub fn trusted_proxies(mut self, addresses: impl IntoIterator<Item = IpNet>) -> Self {
        self.trusted_proxies.extend(addresses);
        self
    }

    /// Stops when `signal` is done: no connection is accepted any more, and those that are open
    /// finish what they have begun.
    pub fn shutdown_on(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shutdown = Box::pin(signal);
        self
    }

    /// Sets the time that open connections have to finish once the server stops: 30 seconds by default.
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
            .field("connections_per_client", &self.connections_per_client)
            .field("trusted_proxies", &self.trusted_proxies)
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
        let connections = open_files::connections(self.connections);
        let per_client = self
            .connections_per_client
            .unwrap_or((connections / 8).max(64));
        let mut admission =
            Admission::new(self.listener, connections, per_client, self.trusted_proxies);
        let timeouts = Timeouts {
            header: self.header_timeout,
            write: self.write_timeout,
        };
        let (stop, stopped) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = self.shutdown;
        loop {
            let (stream, peer, place) = tokio::select! {
                accepted = admission.accept() => accepted,
                Some(_) = connections.join_next() => continue,
                () = &mut shutdown => break,
            };
            nodelay(&stream);
            connections.spawn(serve_connection(
                ClientStream::new(stream, timeouts.write, place),
                peer,
                self.service.clone(),
                timeouts,
                stopped.clone(),
            ));
        }
        drop((admission, stopped));
        stop.send_replace(true);
        let finished = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.grace, finished).await.is_err() {
            tracing::warn!("connections were cut off, as they did not finish in time");
        }
        connections.shutdown().await;
        Ok(())
    }
}

/// Small replies leave at once rather than wait to be joined by more.
fn nodelay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection keeps its delay");
    }
}
