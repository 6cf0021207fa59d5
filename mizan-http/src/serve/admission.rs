//! Which connections are accepted: so many in all, and so many of a client.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::client_addr::canonical;
use crate::share::{Budget, ClientKey, Share};

/// The minimum interval between two log lines about refused connections.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// A connection's place among the open ones, given back when it is dropped.
pub(super) struct Place {
    _total: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// Accepts connections within the limits.
pub(super) struct Admission {
    listener: TcpListener,
    places: Arc<Semaphore>,
    by_client: Budget,
    trusted_proxies: Vec<IpNet>,
    reserve: Reserve,
    refusals: LogLimit,
    failures: LogLimit,
}

impl Admission {
    pub(super) fn new(
        listener: TcpListener,
        connections: usize,
        per_client: usize,
        trusted_proxies: Vec<IpNet>,
    ) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            by_client: Budget::new(u64::MAX, per_client as u64),
            trusted_proxies: trusted_proxies.into_iter().map(canonical).collect(),
            reserve: Reserve::new(),
            refusals: LogLimit::default(),
            failures: LogLimit::default(),
        }
    }

    /// Waits for a connection that may be served. What it does besides, it has done when it waits
    /// again: it may be dropped at any time.
    pub(super) async fn accept(&mut self) -> (TcpStream, SocketAddr, Place) {
        loop {
            let places = Arc::clone(&self.places);
            let total = places.acquire_owned().await;
            let total = total.expect("the semaphore is never closed");
            match self.listener.accept().await {
                Ok((stream, peer)) => match self.share(peer) {
                    Ok(share) => {
                        let place = Place {
                            _total: total,
                            _share: share,
                        };
                        return (stream, peer, place);
                    }
                    Err(()) => drop(stream),
                },
                Err(error) if is_of_the_client(&error) => {}
                Err(error) => {
                    if self.failures.is_due() {
                        tracing::error!(
                            %error,
                            "cannot accept connections: if it is the limit of open files, raise it \
                             (`ulimit -n`) or lower `Serve::connections`"
                        );
                    }
                    self.reserve.refuse_one(&self.listener).await;
                }
            }
        }
    }

    fn share(&mut self, peer: SocketAddr) -> Result<Option<Share>, ()> {
        let addr = peer.ip().to_canonical();
        if self.trusted_proxies.iter().any(|net| net.contains(&addr)) {
            return Ok(None);
        }
        match self.by_client.take(Some(ClientKey::from(addr)), 1) {
            Ok(share) => Ok(Some(share)),
            Err(_) => {
                if self.refusals.is_due() {
                    tracing::warn!(
                        client = %addr,
                        "refused a connection: this client has as many open as one client may have; \
                         if it is your proxy, add it to `Serve::trusted_proxies`"
                    );
                }
                Err(())
            }
        }
    }
}

/// A file descriptor that is kept for the time when there are no others. With it, a connection can be
/// accepted and closed, so that its client learns at once that the server is full, and the
/// connections behind it are not stuck in the queue.
struct Reserve(Option<std::fs::File>);

impl Reserve {
    fn new() -> Self {
        #[cfg(unix)]
        return Self(std::fs::File::open("/dev/null").ok());
        #[cfg(not(unix))]
        Self(None)
    }

    async fn refuse_one(&mut self, listener: &TcpListener) {
        const PAUSE: Duration = Duration::from_millis(50);
        if self.0.take().is_some() {
            // This waits only if another part of the process took the descriptor, or the client left.
            let refused = tokio::time::timeout(PAUSE, listener.accept()).await;
            let is_refused = matches!(refused, Ok(Ok(_)));
            drop(refused);
            *self = Self::new();
            if is_refused {
                return;
            }
        }
        tokio::time::sleep(PAUSE).await;
        *self = Self::new();
    }
}

/// Lets a message through once in a while, so that a flood does not fill the log.
#[derive(Default)]
struct LogLimit(Option<Instant>);

impl LogLimit {
    fn is_due(&mut self) -> bool {
        let is_due = self.0.is_none_or(|last| last.elapsed() >= LOG_INTERVAL);
        if is_due {
            self.0 = Some(Instant::now());
        }
        is_due
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
