//! Liveness of both ends of a connection.

/// The traffic since the last poll, half a heartbeat interval ago.
///
/// The server sends a ping after each half in which one of the sides was silent, so neither side is silent for longer
/// than a heartbeat interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Heartbeat {
    has_received: bool,
    has_sent: bool,
    is_awaiting_pong: bool,
}

/// The liveness of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Liveness {
    /// Both sides have sent something; no ping is due.
    Active,
    /// A ping is due, and starts the timeout of its response.
    Idle,
    /// A ping is due. The client has not responded to an earlier one, whose timeout is running.
    AwaitingPong,
}

impl Heartbeat {
    pub(super) fn on_receive(&mut self) {
        self.has_received = true;
        self.is_awaiting_pong = false;
    }

    pub(super) fn on_send(&mut self) {
        self.has_sent = true;
    }

    /// Returns the liveness, and starts the next half of the interval.
    pub(super) fn poll(&mut self) -> Liveness {
        let is_active = self.has_received && self.has_sent;
        self.has_received = false;
        self.has_sent = false;
        if is_active {
            Liveness::Active
        } else if self.is_awaiting_pong {
            Liveness::AwaitingPong
        } else {
            self.is_awaiting_pong = true;
            Liveness::Idle
        }
    }

    /// Returns whether nothing was received since a ping.
    pub(super) fn is_awaiting_pong(&self) -> bool {
        self.is_awaiting_pong
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use proptest::prelude::*;

    use crate::limits::ConnectionLimits;
    use crate::session::timers::Deadlines;
    use crate::session::{
        ChannelSession, SessionInput, SessionOutput, SessionSettings, Timer, protocol,
    };

    const HEARTBEAT_MILLIS: u64 = 1_000;
    const PONG_TIMEOUT_MILLIS: u64 = 400;

    const PONG: &str = r#"{"t":"pong"}"#;

    /// A session, and a clock that the test advances.
    struct TestConnection {
        session: ChannelSession,
        deadlines: Deadlines<u64>,
        now: u64,
        sent_at: u64,
        longest_silence: u64,
        pings: usize,
        has_unanswered_ping: bool,
        closed_at: Option<u64>,
    }

    impl TestConnection {
        fn open() -> Self {
            let limits = ConnectionLimits {
                heartbeat_interval: Duration::from_millis(HEARTBEAT_MILLIS),
                pong_timeout: Duration::from_millis(PONG_TIMEOUT_MILLIS),
                max_frames_per_second: 1_000,
                ..ConnectionLimits::default()
            };
            let settings = SessionSettings::new(limits);
            let mut connection = Self {
                session: ChannelSession::new(Arc::new(settings), "c", &mut Vec::new()),
                deadlines: Deadlines::new(),
                now: 0,
                sent_at: 0,
                longest_silence: 0,
                pings: 0,
                has_unanswered_ping: false,
                closed_at: None,
            };
            connection.receive(r#"{"t":"hello","client":"abcdefgh"}"#);
            connection.step(SessionInput::Authenticated {
                ticket: 1,
                result: Ok(None),
            });
            connection
        }

        fn receive(&mut self, frame: &'static str) {
            self.step(SessionInput::Frame(frame.into()));
        }

        fn step(&mut self, input: SessionInput) {
            let mut out = Vec::new();
            self.session.step(input, &mut out);
            for output in out {
                match output {
                    SessionOutput::Frame(frame) => {
                        self.longest_silence = self.longest_silence.max(self.now - self.sent_at);
                        self.sent_at = self.now;
                        let is_ping = frame == protocol::PING;
                        self.pings += usize::from(is_ping);
                        self.has_unanswered_ping |= is_ping;
                    }
                    SessionOutput::Timer(timer, after) => {
                        let after = u64::try_from(after.as_millis()).unwrap();
                        self.deadlines.set(timer, self.now + after);
                    }
                    SessionOutput::Close(_) => self.closed_at = Some(self.now),
                    _ => {}
                }
            }
        }

        fn advance_to(&mut self, end: u64) {
            while self.now < end && self.closed_at.is_none() {
                self.now += 1;
                for timer in Timer::ALL {
                    if self.deadlines.take_expired(timer, self.now) {
                        self.step(SessionInput::Timer(timer));
                    }
                }
            }
        }
    }

    /// Pauses, and unrequested frames of a client: a probe, which is answered at once, or a pong, which is not.
    fn client_frames() -> impl Strategy<Value = Vec<(u64, &'static str)>> {
        let probe = r#"{"t":"msg","sub":9,"mid":"probe","data":null}"#;
        let frame = prop_oneof![Just(probe), Just(PONG)];
        proptest::collection::vec((1..1_500_u64, frame), 0..40)
    }

    proptest! {
        #[test]
        fn server_is_never_silent_for_longer_than_a_heartbeat(
            frames in client_frames(),
            delay in 0..PONG_TIMEOUT_MILLIS,
        ) {
            let mut connection = TestConnection::open();
            for (pause, frame) in frames.into_iter().chain([(5_000, PONG)]) {
                let end = connection.now + pause;
                while connection.now < end {
                    connection.advance_to(connection.now + 1);
                    if connection.has_unanswered_ping
                        && connection.now >= connection.sent_at + delay
                    {
                        connection.has_unanswered_ping = false;
                        connection.receive(PONG);
                    }
                }
                connection.receive(frame);
            }
            prop_assert_eq!(connection.closed_at, None);
            prop_assert!(
                connection.longest_silence <= HEARTBEAT_MILLIS,
                "{}",
                connection.longest_silence
            );
        }

        #[test]
        fn dead_client_is_disconnected_within_a_heartbeat_and_the_pong_timeout(
            frames in client_frames(),
        ) {
            let mut connection = TestConnection::open();
            for (pause, frame) in frames {
                // A client that is alive responds to pings, and so is not silent for longer.
                connection.advance_to(connection.now + pause.min(HEARTBEAT_MILLIS / 2));
                connection.receive(frame);
            }
            let died_at = connection.now;
            connection.advance_to(died_at + 10 * HEARTBEAT_MILLIS);
            let elapsed = connection.closed_at.unwrap() - died_at;
            prop_assert!(elapsed <= HEARTBEAT_MILLIS + PONG_TIMEOUT_MILLIS, "{}", elapsed);
        }
    }

    #[test]
    fn quiet_client_is_pinged_once_in_a_heartbeat() {
        let mut connection = TestConnection::open();
        for _ in 0..10 * HEARTBEAT_MILLIS {
            connection.advance_to(connection.now + 1);
            if std::mem::take(&mut connection.has_unanswered_ping) {
                connection.receive(PONG);
            }
        }
        assert_eq!(connection.pings, 10);
    }
}
