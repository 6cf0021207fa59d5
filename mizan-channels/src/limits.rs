//! Limits of connections.

use std::time::Duration;

/// Limits of each connection, and of all connections of a server.
///
/// ```
/// use mizan_channels::broker::MemoryBroker;
/// use mizan_channels::{Channels, ConnectionLimits};
///
/// let mut limits = ConnectionLimits::default();
/// limits.max_connections = 10_000;
/// let channels = Channels::with_limits(MemoryBroker::new(), limits);
/// assert_eq!(channels.limits().max_connections, 10_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ConnectionLimits {
    /// The maximum size of a client's message, in bytes: 64 KiB.
    pub max_frame_bytes: usize,
    /// The maximum number of subscriptions of a connection: 100.
    pub max_subscriptions: usize,
    /// The maximum number of frames that a client may send in a second, averaged over 5 seconds: 50.
    pub max_frames_per_second: u32,
    /// The maximum number of a client's messages that run or wait: 32. The server reads no further messages
    /// meanwhile.
    pub max_in_flight: u32,
    /// The timeout for the `hello` frame: 10 seconds.
    pub hello_timeout: Duration,
    /// The longest silence of the server, and of a client before it is pinged: 25 seconds.
    pub heartbeat_interval: Duration,
    /// The timeout for the response to a ping: 10 seconds.
    pub pong_timeout: Duration,
    /// The time that a client has to renew an expired credential: 10 seconds.
    pub reauthentication_timeout: Duration,
    /// The time after which a client that reads nothing is disconnected: 30 seconds.
    pub write_timeout: Duration,
    /// The timeout of a channel's `authorize`, `snapshot`, `member` and `receive`: 30 seconds.
    pub call_timeout: Duration,
    /// The maximum number of open connections: 100,000.
    pub max_connections: usize,
    /// The maximum number of concurrent calls of channels' code in the server: 4096. Further calls wait for up to
    /// `call_timeout`.
    pub max_concurrent_calls: usize,
    /// The maximum number of concurrent calls of channels' code for one client: 512. A client is an IPv4 address, or
    /// the /64 network of an IPv6 address.
    pub max_concurrent_calls_per_client: usize,
    /// The maximum number of live queries of all connections: 100,000. Each also counts as a subscription of its
    /// connection.
    pub max_live_queries: usize,
    /// The maximum number of live queries of one client: 2,000. A client is the same as for concurrent calls.
    pub max_live_queries_per_client: usize,
    /// The maximum size of the input of a live query, in bytes: 4 KiB.
    pub max_live_input_bytes: usize,
    /// The interval at which the subscribers of live queries are authorized again: 5 minutes.
    pub live_reauthorize_interval: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_frame_bytes: 64 * 1024,
            max_subscriptions: 100,
            max_frames_per_second: 50,
            max_in_flight: 32,
            hello_timeout: Duration::from_secs(10),
            heartbeat_interval: Duration::from_secs(25),
            pong_timeout: Duration::from_secs(10),
            reauthentication_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            call_timeout: Duration::from_secs(30),
            max_connections: 100_000,
            max_concurrent_calls: 4096,
            max_concurrent_calls_per_client: 512,
            max_live_queries: 100_000,
            max_live_queries_per_client: 2_000,
            max_live_input_bytes: 4 * 1024,
            live_reauthorize_interval: Duration::from_secs(5 * 60),
        }
    }
}
