//! Acceptance of connections within the limits of the server and of each client.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::client_address::canonical_network;
use crate::client_budget::{Budget, ClientKey, Exhausted, Share};

/// The minimum interval between two log messages about the same problem.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The slot of an open connection in the limits. Dropping it releases the slot.
pub(super) struct ConnectionSlot {
    _permit: OwnedSemaphorePermit,
    _share: Option<Share>,
}

impl ConnectionSlot {
    fn new(permit: OwnedSemaphorePermit, share: Option<Share>) -> Self {
        metrics::gauge!("mizan_http_connections").increment(1.0);
        Self {
            _permit: permit,
            _share: share,
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        metrics::gauge!("mizan_http_connections").decrement(1.0);
    }
}

/// Accepts connections within the limits.
pub(super) struct ConnectionAcceptor {
    listener: TcpListener,
    permits: Arc<Semaphore>,
    per_client: Budget,
    trusted_proxies: Vec<IpNet>,
    reserve: ReserveDescriptor,
    refusal_log: LogRateLimiter,
    failure_log: LogRateLimiter,
}

impl ConnectionAcceptor {
    pub(super) fn new(
        listener: TcpListener,
        max_connections: usize,
        max_per_client: usize,
        trusted_proxies: Vec<IpNet>,
    ) -> Self {
        let permits = max_connections.min(Semaphore::MAX_PERMITS);
        Self {
            listener,
            permits: Arc::new(Semaphore::new(permits)),
            per_client: Budget::per_client(max_per_client),
            trusted_proxies: trusted_proxies.into_iter().map(canonical_network).collect(),
            reserve: ReserveDescriptor::open(),
            refusal_log: LogRateLimiter::default(),
            failure_log: LogRateLimiter::default(),
        }
    }

    /// Waits for a connection within the limits. Cancel safe.
    pub(super) async fn accept(&mut self) -> (TcpStream, SocketAddr, ConnectionSlot) {
        loop {
            let permit = Arc::clone(&self.permits)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            match self.listener.accept().await {
                Ok((stream, peer)) => match self.take_share(peer) {
                    Ok(share) => {
                        return (stream, peer, ConnectionSlot::new(permit, share));
                    }
                    Err(_) => drop(stream),
                },
                Err(error) if is_client_error(&error) => {}
                Err(error) => {
                    if self.failure_log.allows() {
                        tracing::error!(
                            %error,
                            "cannot accept connections: if too many files are open, raise the limit \
                             (`ulimit -n`) or lower `Serve::max_connections`"
                        );
                    }
                    self.reserve.refuse_one(&self.listener).await;
                }
            }
        }
    }

    /// Counts the connection against the limit of its client. Trusted proxies have no such limit.
    fn take_share(&mut self, peer: SocketAddr) -> Result<Option<Share>, Exhausted> {
        let addr = peer.ip().to_canonical();
        if self.trusted_proxies.iter().any(|net| net.contains(&addr)) {
            return Ok(None);
        }
        let share = self.per_client.take(Some(ClientKey::from(addr)), 1);
        if share.is_err() {
            metrics::counter!("mizan_http_rejections_total", "limit" => "connections").increment(1);
        }
        if share.is_err() && self.refusal_log.allows() {
            tracing::warn!(
                client = %addr,
                "refused a connection: the client has reached the maximum number of connections per \
                 client; if it is your proxy, add it to `Serve::trusted_proxies`"
            );
        }
        share.map(Some)
    }
}

/// A spare file descriptor, for the time when the process has reached its limit of open files.
///
/// The server frees it to accept a waiting connection, and closes that connection. The client thus learns
/// at once that the server is full, and the connections behind it do not remain in the queue.
struct ReserveDescriptor(Option<std::fs::File>);

impl ReserveDescriptor {
    fn open() -> Self {
        #[cfg(unix)]
        return Self(std::fs::File::open("/dev/null").ok());
        #[cfg(not(unix))]
        Self(None)
    }

    async fn refuse_one(&mut self, listener: &TcpListener) {
        const PAUSE: Duration = Duration::from_millis(50);
        if self.0.take().is_some() {
            // `accept` waits only if another part of the process has taken the descriptor, or if the client
            // has disconnected.
            let refused = tokio::time::timeout(PAUSE, listener.accept()).await;
            let is_refused = matches!(refused, Ok(Ok(_)));
            drop(refused);
            *self = Self::open();
            if is_refused {
                return;
            }
        }
        tokio::time::sleep(PAUSE).await;
        *self = Self::open();
    }
}

/// Limits the rate of a log message, so that a flood of connections does not fill the log.
#[derive(Default)]
struct LogRateLimiter(Option<Instant>);

impl LogRateLimiter {
    fn allows(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= LOG_INTERVAL);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

fn is_client_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
