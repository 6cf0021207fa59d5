//! Who is alive at both ends of a connection.

/// What was heard and said since the last look at a connection, one half of the heartbeat ago.
///
/// Whoever said something in one half is pinged at the end of the next at the latest, so that neither
/// side is left without a sign of life for longer than a heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Heartbeat {
    heard: bool,
    said: bool,
    pinged: bool,
}

/// What a look at a connection came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Lively,
    /// A ping is due.
    Quiet,
    /// A ping is due, and it has to be answered in time.
    Suspect,
}

impl Heartbeat {
    pub(super) fn heard(&mut self) {
        self.heard = true;
        self.pinged = false;
    }

    pub(super) fn said(&mut self) {
        self.said = true;
    }

    /// Is asked every half of the heartbeat.
    pub(super) fn look(&mut self) -> Look {
        let is_lively = self.heard && self.said;
        self.heard = false;
        self.said = false;
        if is_lively {
            Look::Lively
        } else if self.pinged {
            Look::Quiet
        } else {
            self.pinged = true;
            Look::Suspect
        }
    }

    /// Whether nothing was heard since a ping.
    pub(super) fn is_unanswered(&self) -> bool {
        self.pinged
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use proptest::prelude::*;

    use crate::protocol;
    use crate::session::{Input, Limits, Output, Session, Settings, Timer};

    const HEARTBEAT: u64 = 1_000;
    const PONG_TIMEOUT: u64 = 400;

    /// A connection, and a clock that is moved by hand.
    struct Watched {
        session: Session,
        timers: [Option<u64>; Timer::COUNT],
        now: u64,
        said_at: u64,
        longest_silence: u64,
        pings: usize,
        unanswered: bool,
        closed_at: Option<u64>,
    }

    impl Watched {
        fn open() -> Self {
            let limits = Limits {
                heartbeat: Duration::from_millis(HEARTBEAT),
                pong_timeout: Duration::from_millis(PONG_TIMEOUT),
                frames_per_second: 1_000,
                ..Limits::default()
            };
            let settings = Settings {
                limits,
                contract: String::new(),
            };
            let mut watched = Self {
                session: Session::new(Arc::new(settings), "c", &mut Vec::new()),
                timers: [None; Timer::COUNT],
                now: 0,
                said_at: 0,
                longest_silence: 0,
                pings: 0,
                unanswered: false,
                closed_at: None,
            };
            watched.say(r#"{"t":"hello","client":"abcdefgh"}"#);
            watched.take(Input::Identified {
                ticket: 1,
                result: Ok(None),
            });
            watched
        }

        fn say(&mut self, frame: &'static str) {
            self.take(Input::Frame(frame.into()));
        }

        fn take(&mut self, input: Input) {
            let mut out = Vec::new();
            self.session.step(input, &mut out);
            for output in out {
                match output {
                    Output::Frame(frame) => {
                        self.longest_silence = self.longest_silence.max(self.now - self.said_at);
                        self.said_at = self.now;
                        let is_ping = frame == protocol::PING;
                        self.pings += usize::from(is_ping);
                        self.unanswered |= is_ping;
                    }
                    Output::Timer(timer, after) => {
                        let after = u64::try_from(after.as_millis()).unwrap();
                        self.timers[timer as usize] = Some(self.now + after);
                    }
                    Output::Close(_) => self.closed_at = Some(self.now),
                    _ => {}
                }
            }
        }

        fn until(&mut self, end: u64) {
            while self.now < end && self.closed_at.is_none() {
                self.now += 1;
                for timer in Timer::ALL {
                    if self.timers[timer as usize]
                        .take_if(|at| *at <= self.now)
                        .is_some()
                    {
                        self.take(Input::Timer(timer));
                    }
                }
            }
        }
    }

    /// What a client says by itself: something that is answered at once, or is not.
    fn words() -> impl Strategy<Value = Vec<(u64, &'static str)>> {
        let probe = r#"{"t":"msg","sub":9,"mid":"probe","data":null}"#;
        let word = prop_oneof![Just(probe), Just(r#"{"t":"pong"}"#)];
        proptest::collection::vec((1..1_500_u64, word), 0..40)
    }

    proptest! {
        #[test]
        fn no_silence_is_longer_than_a_heartbeat(words in words(), delay in 0..PONG_TIMEOUT) {
            let mut watched = Watched::open();
            for (pause, word) in words.into_iter().chain([(5_000, r#"{"t":"pong"}"#)]) {
                let end = watched.now + pause;
                while watched.now < end {
                    watched.until(watched.now + 1);
                    if watched.unanswered && watched.now >= watched.said_at + delay {
                        watched.unanswered = false;
                        watched.say(r#"{"t":"pong"}"#);
                    }
                }
                watched.say(word);
            }
            prop_assert_eq!(watched.closed_at, None);
            prop_assert!(watched.longest_silence <= HEARTBEAT, "{}", watched.longest_silence);
        }

        #[test]
        fn the_dead_are_found_within_a_heartbeat_and_the_time_for_a_pong(words in words()) {
            let mut watched = Watched::open();
            for (pause, word) in words {
                // Alive: nobody else says nothing for so long.
                watched.until(watched.now + pause.min(HEARTBEAT / 2));
                watched.say(word);
            }
            let died_at = watched.now;
            watched.until(died_at + 10 * HEARTBEAT);
            let closed_at = watched.closed_at.unwrap();
            prop_assert!(closed_at - died_at <= HEARTBEAT + PONG_TIMEOUT, "{}", closed_at - died_at);
        }
    }

    #[test]
    fn whoever_only_answers_is_asked_once_in_a_heartbeat() {
        let mut watched = Watched::open();
        for _ in 0..10 * HEARTBEAT {
            watched.until(watched.now + 1);
            if std::mem::take(&mut watched.unanswered) {
                watched.say(r#"{"t":"pong"}"#);
            }
        }
        assert_eq!(watched.pings, 10);
    }
}
