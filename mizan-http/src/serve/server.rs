//! The server: its settings, and the loop that accepts connections.

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

use super::acceptor::ConnectionAcceptor;
use super::client_stream::ClientStream;
use super::connection::{Timeouts, serve_connection};
use super::open_files;

/// Serves `service` on `listener`, over HTTP/1.1 and HTTP/2.
///
/// The service may be a [`MizanService`](crate::MizanService), an axum router that contains one, or any
/// other service. HTTP/2 requires prior knowledge, because TLS is terminated by a proxy in front of the
/// server. Slow and idle clients are disconnected after time limits.
///
/// ```no_run
/// use mizan_core::Registry;
/// use mizan_http::{MizanService, serve};
/// use tokio::net::TcpListener;
///
/// async fn run() -> Result<(), Box<dyn std::error::Error>> {
///     let app = Registry::new().build()?;
///     let listener = TcpListener::bind("127.0.0.1:8000").await?;
///     serve(listener, MizanService::new(app)).await?;
///     Ok(())
/// }
/// ```
///
/// [`Shutdown`](crate::Shutdown) stops it gracefully on SIGTERM and SIGINT.
pub fn serve<S>(listener: TcpListener, service: S) -> Serve<S> {
    Serve {
        listener,
        service,
        header_timeout: Duration::from_secs(10),
        write_timeout: Duration::from_secs(30),
        shutdown_grace_period: Duration::from_secs(30),
        max_connections: None,
        max_connections_per_client: None,
        trusted_proxies: Vec::new(),
        shutdown: Box::pin(pending()),
    }
}

/// A server that runs when it is awaited. [`serve()`] creates it.
///
/// Dropping the future closes all connections at once.
///
/// ```no_run
/// use std::time::Duration;
///
/// use axum::Router;
/// use mizan_http::{Shutdown, serve};
/// use tokio::net::TcpListener;
///
/// async fn run(shutdown: Shutdown, router: Router) -> std::io::Result<std::process::ExitCode> {
///     let listener = TcpListener::bind("127.0.0.1:8000").await?;
///     let server = serve(listener, router)
///         .max_connections(2_000)
///         .shutdown_grace_period(Duration::from_secs(60));
///     shutdown.run(|stop| server.with_graceful_shutdown(stop)).await
/// }
/// ```
#[must_use = "a server does nothing until it is awaited"]
pub struct Serve<S> {
    listener: TcpListener,
    service: S,
    header_timeout: Duration,
    write_timeout: Duration,
    shutdown_grace_period: Duration,
    max_connections: Option<usize>,
    max_connections_per_client: Option<usize>,
    trusted_proxies: Vec<IpNet>,
    shutdown: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<S> Serve<S> {
    /// Sets the timeout for receiving the head of a request, measured from the start of the connection or
    /// from the end of the previous request. 10 seconds by default.
    ///
    /// Over HTTP/2, it is the maximum time without a request in progress. Pings do not extend it.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// Sets the maximum time for which a client may read nothing of a response before it is disconnected.
    /// 30 seconds by default.
    ///
    /// Over HTTP/2, only the stream is reset.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Sets the maximum number of open connections, including WebSockets. Further clients wait to be
    /// accepted.
    ///
    /// The default is 10,000, or half of the number of files that the process may open (`ulimit -n`) if
    /// that is less.
    pub fn max_connections(mut self, max: usize) -> Self {
        self.max_connections = Some(max);
        self
    }

    /// Sets the maximum number of open connections of one client. Further connections are closed when
    /// they are accepted.
    ///
    /// The default is an eighth of [`max_connections`](Self::max_connections), but at least 64. A client is
    /// an IPv4 address or the /64 network of an IPv6 address.
    pub fn max_connections_per_client(mut self, max: usize) -> Self {
        self.max_connections_per_client = Some(max);
        self
    }

    /// Exempts proxies at `addresses` from the limit for each client, because all clients connect through
    /// them.
    ///
    /// Also pass the addresses to
    /// [`MizanServiceBuilder::trusted_proxies`](crate::service::MizanServiceBuilder::trusted_proxies), so
    /// that the limits of the service apply to the clients behind the proxies.
    pub fn trusted_proxies(mut self, addresses: impl IntoIterator<Item = IpNet>) -> Self {
        self.trusted_proxies.extend(addresses);
        self
    }

    /// Shuts down when `signal` completes: the server accepts no more connections, and open connections
    /// finish the requests in progress. [`Shutdown::run`](crate::Shutdown::run) passes such a signal.
    pub fn with_graceful_shutdown(
        mut self,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.shutdown = Box::pin(signal);
        self
    }

    /// Sets the time after which a shutdown closes connections that have not finished. 30 seconds by
    /// default.
    pub fn shutdown_grace_period(mut self, period: Duration) -> Self {
        self.shutdown_grace_period = period;
        self
    }
}

impl<S> fmt::Debug for Serve<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("header_timeout", &self.header_timeout)
            .field("write_timeout", &self.write_timeout)
            .field("shutdown_grace_period", &self.shutdown_grace_period)
            .field("max_connections", &self.max_connections)
            .field(
                "max_connections_per_client",
                &self.max_connections_per_client,
            )
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
        let max_connections = open_files::max_connections(self.max_connections);
        let max_per_client = self
            .max_connections_per_client
            .unwrap_or((max_connections / 8).max(64));
        let mut acceptor = ConnectionAcceptor::new(
            self.listener,
            max_connections,
            max_per_client,
            self.trusted_proxies,
        );
        let timeouts = Timeouts {
            header: self.header_timeout,
            write: self.write_timeout,
        };
        let (stop_sender, stop) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = self.shutdown;
        loop {
            let (stream, peer, slot) = tokio::select! {
                accepted = acceptor.accept() => accepted,
                Some(_) = connections.join_next() => continue,
                () = &mut shutdown => break,
            };
            set_nodelay(&stream);
            connections.spawn(serve_connection(
                ClientStream::new(stream, timeouts.write, slot),
                peer,
                self.service.clone(),
                timeouts,
                stop.clone(),
            ));
        }
        drop((acceptor, stop));
        stop_sender.send_replace(true);
        let finished = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.shutdown_grace_period, finished)
            .await
            .is_err()
        {
            tracing::warn!(
                "closing connections that did not finish within the shutdown grace period"
            );
        }
        connections.shutdown().await;
        Ok(())
    }
}

/// Disables Nagle's algorithm, so that small responses are sent at once.
fn set_nodelay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
}
