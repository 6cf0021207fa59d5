//! The lifetime of sessions.

use std::time::Duration;

/// The lifetime of sessions.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use mizan_auth::session::SessionLifetime;
///
/// let lifetime = SessionLifetime::default().idle(Duration::from_secs(60 * 60));
/// assert_eq!(lifetime.idle.as_secs(), 3600);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionLifetime {
    /// The time after which an unused session expires. Default: 14 days.
    pub idle: Duration,
    /// The time after which a session expires even if it is used. Default: 30 days.
    pub absolute: Duration,
    /// The minimum interval between updates of the time of the last use. An idle session may expire earlier by
    /// up to this interval. Default: one minute.
    pub touch_interval: Duration,
}

impl Default for SessionLifetime {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            idle: 14 * DAY,
            absolute: 30 * DAY,
            touch_interval: Duration::from_secs(60),
        }
    }
}

impl SessionLifetime {
    /// Sets [`idle`](Self#structfield.idle).
    #[must_use]
    pub const fn idle(mut self, duration: Duration) -> Self {
        self.idle = duration;
        self
    }

    /// Sets [`absolute`](Self#structfield.absolute).
    #[must_use]
    pub const fn absolute(mut self, duration: Duration) -> Self {
        self.absolute = duration;
        self
    }

    /// Sets [`touch_interval`](Self#structfield.touch_interval).
    #[must_use]
    pub const fn touch_interval(mut self, interval: Duration) -> Self {
        self.touch_interval = interval;
        self
    }
}
