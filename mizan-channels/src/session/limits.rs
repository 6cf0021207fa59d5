use std::time::Duration;

/// How much one connection may ask for, and how long it may be silent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// The largest message of a client, in bytes: 64 KiB.
    pub frame_bytes: usize,
    /// How many subscriptions a connection has: 100.
    pub subscriptions: usize,
    /// How many frames a client sends in a second, counted over five: 50.
    pub frames_per_second: u32,
    /// How many messages of a client run or wait at once: 32. No more are read meanwhile.
    pub in_flight: u32,
    /// How long the first frame may take: 10 seconds.
    pub hello_timeout: Duration,
    /// How long the server is silent at most, and a client that is not pinged: 25 seconds.
    pub heartbeat: Duration,
    /// How long it has to answer a ping: 10 seconds.
    pub pong_timeout: Duration,
    /// How long a client has to renew a credential that lapsed: 10 seconds.
    pub reauth_grace: Duration,
    /// How long a client may take nothing of what it is sent: 30 seconds.
    pub write_timeout: Duration,
    /// How long a channel's code may take to answer: 30 seconds.
    pub deadline: Duration,
    /// How many connections are open at once: 100,000.
    pub connections: usize,
    /// The maximum number of concurrent calls of channels' code (`authorize`, `snapshot`, `member` and
    /// `receive`) in the server: 4096. Further calls wait, for as long as `deadline`.
    pub concurrent_calls: usize,
    /// The maximum number of concurrent calls of channels' code for one client: 512. A client is an IPv4
    /// address, or the /64 network of an IPv6 address.
    pub concurrent_calls_per_client: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: 64 * 1024,
            subscriptions: 100,
            frames_per_second: 50,
            in_flight: 32,
            hello_timeout: Duration::from_secs(10),
            heartbeat: Duration::from_secs(25),
            pong_timeout: Duration::from_secs(10),
            reauth_grace: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(30),
            connections: 100_000,
            concurrent_calls: 4096,
            concurrent_calls_per_client: 512,
        }
    }
}
