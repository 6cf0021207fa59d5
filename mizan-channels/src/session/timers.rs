//! The timers of a session.

/// A timer of a session. Setting a timer again moves its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The deadline of the `hello` frame.
    Hello,
    /// The next check of the heartbeat.
    Heartbeat,
    /// The deadline of the response to a ping.
    Pong,
    /// The end of the window in which frames are counted.
    RateWindow,
    /// The next authentication of the client and authorization of its subscriptions.
    Reauthorize,
    /// The deadline of a fresh credential.
    Credential,
    /// The end of a connection whose server is shutting down.
    Drain,
}

impl Timer {
    pub(crate) const ALL: [Self; 7] = [
        Self::Hello,
        Self::Heartbeat,
        Self::Pong,
        Self::RateWindow,
        Self::Reauthorize,
        Self::Credential,
        Self::Drain,
    ];
}

/// The deadlines of the timers of a session, on any clock.
#[derive(Debug)]
pub(crate) struct Deadlines<T> {
    hello: Option<T>,
    heartbeat: Option<T>,
    pong: Option<T>,
    rate_window: Option<T>,
    reauthorize: Option<T>,
    credential: Option<T>,
    drain: Option<T>,
}

impl<T: Copy + Ord> Deadlines<T> {
    pub(crate) fn new() -> Self {
        Self {
            hello: None,
            heartbeat: None,
            pong: None,
            rate_window: None,
            reauthorize: None,
            credential: None,
            drain: None,
        }
    }

    pub(crate) fn set(&mut self, timer: Timer, deadline: T) {
        *self.deadline(timer) = Some(deadline);
    }

    /// Returns whether the timer has expired at `now`, and removes its deadline if so.
    pub(crate) fn take_expired(&mut self, timer: Timer, now: T) -> bool {
        self.deadline(timer)
            .take_if(|deadline| *deadline <= now)
            .is_some()
    }

    pub(crate) fn earliest(&self) -> Option<T> {
        let Self {
            hello,
            heartbeat,
            pong,
            rate_window,
            reauthorize,
            credential,
            drain,
        } = *self;
        [
            hello,
            heartbeat,
            pong,
            rate_window,
            reauthorize,
            credential,
            drain,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn deadline(&mut self, timer: Timer) -> &mut Option<T> {
        match timer {
            Timer::Hello => &mut self.hello,
            Timer::Heartbeat => &mut self.heartbeat,
            Timer::Pong => &mut self.pong,
            Timer::RateWindow => &mut self.rate_window,
            Timer::Reauthorize => &mut self.reauthorize,
            Timer::Credential => &mut self.credential,
            Timer::Drain => &mut self.drain,
        }
    }
}
