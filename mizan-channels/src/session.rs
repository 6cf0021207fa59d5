//! A connection as a state machine: what comes in, what goes out, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use self::heartbeat::{Heartbeat, Look};
use self::identity::Identifying;
use crate::close::{Close, CloseCode};
use crate::log::ReadReply;
use crate::protocol::{self, ClientFrame, Refusal};
use crate::subscription::{Ended, READ_MESSAGES, Subscription, SubscriptionState};

pub use limits::Limits;
pub use step::{BrokerEvent, Input, Output, Stream, SubId, Timer};

mod heartbeat;
mod identity;
mod limits;
#[cfg(test)]
mod model;
mod step;
mod subscribing;
#[cfg(test)]
mod tests;

/// How many messages are written before the transport is asked whether it takes more.
const CREDIT: u32 = 64;

/// Over how long the rate of frames is counted.
const RATE_WINDOW: Duration = Duration::from_secs(5);

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// Nothing has come yet, or it is being found out who it came from.
    AwaitingHello,
    /// Frames go both ways.
    Open,
    /// The server is about to stop.
    Draining,
    /// It is over.
    Closed,
}

/// What every session of a server is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// How much a connection may ask for.
    pub limits: Limits,
    /// The contract hash of the server's manifest.
    pub contract: String,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    settings: Arc<Settings>,
    name: Box<str>,
    state: ConnectionState,
    client: Box<str>,
    user: Option<Arc<str>>,
    identifying: Option<(u32, Identifying)>,
    lapsed: bool,
    subscriptions: Vec<Subscription>,
    next_ticket: u32,
    credit: u32,
    in_flight: u32,
    frames: u32,
    heartbeat: Heartbeat,
    reauthorizing: bool,
}

impl Session {
    /// A new connection, which the log knows by `name`. Its first outputs go to `out`.
    pub fn new(settings: Arc<Settings>, name: impl Into<Box<str>>, out: &mut Vec<Output>) -> Self {
        out.push(Output::Timer(Timer::Hello, settings.limits.hello_timeout));
        Self {
            settings,
            name: name.into(),
            state: ConnectionState::AwaitingHello,
            client: "".into(),
            user: None,
            identifying: None,
            lapsed: false,
            subscriptions: Vec::new(),
            next_ticket: 0,
            credit: CREDIT,
            in_flight: 0,
            frames: 0,
            heartbeat: Heartbeat::default(),
            reauthorizing: false,
        }
    }

    /// Where the connection stands.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.state
    }

    /// Where the subscriptions stand, with the client's names for them.
    pub fn subscriptions(&self) -> impl Iterator<Item = (u32, SubscriptionState)> {
        let subscriptions = self.subscriptions.iter();
        subscriptions.map(|subscription| (subscription.alias, subscription.state()))
    }

    /// What the client calls itself, once it said hello.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }

    /// Whether the next message of the client is to be read. While it is not, the transport holds
    /// the client back.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.state != ConnectionState::Closed
            && self.in_flight < self.settings.limits.in_flight
            && !matches!(self.identifying, Some((_, Identifying::Hello { .. })))
    }

    /// Whether [`Input::Writable`] would make a difference.
    #[must_use]
    pub fn wants_to_write(&self) -> bool {
        self.credit < CREDIT
    }

    /// Takes one step. What is to be done is added to `out`, in this order.
    pub fn step(&mut self, input: Input, out: &mut Vec<Output>) {
        if self.state == ConnectionState::Closed {
            return;
        }
        let begin = out.len();
        if let Err(close) = self.take(input, out) {
            self.state = ConnectionState::Closed;
            self.subscriptions.clear();
            out.push(Output::Close(close));
        } else {
            self.read_on(out);
            let said = |output: &Output| matches!(output, Output::Frame(_));
            if out[begin..].iter().any(said) {
                self.heartbeat.said();
            }
        }
    }

    fn take(&mut self, input: Input, out: &mut Vec<Output>) -> Result<(), Close> {
        match input {
            Input::Frame(text) => {
                self.count_frame(out)?;
                self.frame(protocol::read(&text)?, out)
            }
            Input::Ping => self.count_frame(out),
            Input::Identified { ticket, result } => self.identified(ticket, result, out),
            Input::Authorized { id, ticket, result } => {
                self.authorized(id, ticket, result, out);
                Ok(())
            }
            Input::Attached { id, log, start } => {
                if let Some(subscription) = self.find(id) {
                    subscription.attached(&log, start, out);
                }
                Ok(())
            }
            Input::Broker { id, event } => {
                if let Some(subscription) = self.find(id) {
                    match event {
                        BrokerEvent::More(stream) => subscription.stir(stream),
                        BrokerEvent::Away => subscription.broker_away(out),
                        BrokerEvent::Back => subscription.broker_back(),
                    }
                }
                Ok(())
            }
            Input::Read { id, stream, reply } => {
                if let ReadReply::Messages { messages, .. } = &reply {
                    let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
                    self.credit = self.credit.saturating_sub(count);
                }
                self.advance(id, out, |subscription, out| {
                    subscription.read(stream, reply, out)
                })
            }
            Input::Snapshot { id, result } => self.advance(id, out, |subscription, out| {
                let snapshot = result.map_err(Ended::Subscription)?;
                subscription.snapshot(snapshot, out)
            }),
            Input::Members { id, at, members } => {
                if let Some(subscription) = self.find(id) {
                    subscription.members(at, &members, out);
                }
                Ok(())
            }
            Input::Replied {
                id,
                mid,
                ordered,
                result,
            } => {
                self.replied(id, &mid, ordered, &result, out);
                Ok(())
            }
            Input::Timer(timer) => self.timer(timer, out),
            Input::Writable => {
                self.credit = CREDIT;
                Ok(())
            }
            Input::Revoked => Err(Close::new(CloseCode::Revoked, "the session was ended")),
            Input::Drain(after) => {
                if self.state != ConnectionState::Draining {
                    self.state = ConnectionState::Draining;
                    out.push(Output::Frame(protocol::drain(after.as_millis())));
                    out.push(Output::Timer(Timer::Drain, after));
                }
                Ok(())
            }
        }
    }

    fn find(&mut self, id: SubId) -> Option<&mut Subscription> {
        self.subscriptions
            .iter_mut()
            .find(|subscription| subscription.id == id)
    }

    fn count_frame(&mut self, out: &mut Vec<Output>) -> Result<(), Close> {
        self.heartbeat.heard();
        if self.frames == 0 {
            out.push(Output::Timer(Timer::Rate, RATE_WINDOW));
        }
        self.frames += 1;
        let seconds = u32::try_from(RATE_WINDOW.as_secs()).unwrap_or(u32::MAX);
        let most = self.settings.limits.frames_per_second;
        if self.frames > most.saturating_mul(seconds) {
            let reason = format!("more than {most} frames a second");
            return Err(Close::new(CloseCode::TooFast, reason));
        }
        Ok(())
    }

    fn frame(&mut self, frame: ClientFrame, out: &mut Vec<Output>) -> Result<(), Close> {
        if self.state == ConnectionState::AwaitingHello || self.client.is_empty() {
            let ClientFrame::Hello { client, token } = frame else {
                return Err(protocol::refuse("the first frame is `hello`"));
            };
            if self.identifying.is_some() {
                return Err(protocol::refuse("`hello` comes once"));
            }
            self.client = client.into();
            let with_token = token.is_some();
            self.identify(Identifying::Hello { with_token }, token, out);
            return Ok(());
        }
        match frame {
            ClientFrame::Hello { .. } => return Err(protocol::refuse("`hello` comes once")),
            ClientFrame::Sub(sub) => self.subscribe(sub, out)?,
            ClientFrame::Unsub { sub } => {
                if let Some(id) = self.by_alias(sub) {
                    self.remove(id, &protocol::unsubscribed(sub), out);
                }
            }
            ClientFrame::Msg { sub, mid, data } => self.message(sub, mid, data, out),
            ClientFrame::History {
                sub,
                mid,
                before,
                limit,
            } => match self.by_alias(sub) {
                Some(id) if self.find(id).is_some_and(|found| found.is_confirmed()) => {
                    self.in_flight += 1;
                    let limit = limit.unwrap_or(50).min(200);
                    out.push(Output::History {
                        id,
                        mid,
                        before,
                        limit,
                    });
                }
                _ => out.push(not_subscribed(&mid)),
            },
            ClientFrame::Auth { token } => self.identify(Identifying::Renewed, token, out),
            ClientFrame::Pong => {}
        }
        Ok(())
    }

    fn ticket(&mut self) -> u32 {
        self.next_ticket += 1;
        self.next_ticket
    }

    fn by_alias(&self, alias: u32) -> Option<SubId> {
        let mut subscriptions = self.subscriptions.iter();
        let found = subscriptions.find(|subscription| subscription.alias == alias);
        found.map(|subscription| subscription.id)
    }

    // Messages of the client.

    fn message(&mut self, sub: u32, mid: String, data: Bytes, out: &mut Vec<Output>) {
        if self.state == ConnectionState::Draining {
            let refusal = Refusal::unavailable();
            return out.push(Output::Frame(protocol::reply(&mid, Err(&refusal))));
        }
        let id = self.by_alias(sub);
        let Some(subscription) = id.and_then(|id| self.find(id)) else {
            return out.push(not_subscribed(&mid));
        };
        if !subscription.is_confirmed() {
            return out.push(not_subscribed(&mid));
        }
        if subscription.running {
            subscription.queue.push_back((mid, data));
        } else {
            subscription.running = true;
            let id = subscription.id;
            out.push(Output::Receive { id, mid, data });
        }
        self.in_flight += 1;
    }

    fn replied(
        &mut self,
        id: SubId,
        mid: &str,
        ordered: bool,
        result: &Result<Bytes, Refusal>,
        out: &mut Vec<Output>,
    ) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let result = result.as_deref();
        out.push(Output::Frame(protocol::reply(mid, result)));
        let Some(subscription) = self.find(id).filter(|_| ordered) else {
            return;
        };
        match subscription.queue.pop_front() {
            Some((mid, data)) => out.push(Output::Receive { id, mid, data }),
            None => subscription.running = false,
        }
    }

    // Time.

    fn timer(&mut self, timer: Timer, out: &mut Vec<Output>) -> Result<(), Close> {
        let limits = &self.settings.limits;
        let late = |reason| Err(Close::new(CloseCode::TimedOut, reason));
        match timer {
            Timer::Hello if self.client.is_empty() => return late("no `hello` came in time"),
            Timer::Hello => {}
            Timer::Rate => self.frames = 0,
            Timer::Heartbeat => {
                let look = self.heartbeat.look();
                if look != Look::Lively {
                    out.push(Output::Frame(protocol::PING));
                }
                if look == Look::Suspect {
                    out.push(Output::Timer(Timer::Pong, limits.pong_timeout));
                }
                out.push(Output::Timer(Timer::Heartbeat, limits.heartbeat / 2));
            }
            // Whoever is not read from cannot be heard.
            Timer::Pong if !self.wants_input() => {
                out.push(Output::Timer(Timer::Pong, limits.pong_timeout));
            }
            Timer::Pong if self.heartbeat.is_unanswered() => {
                return late("no sign of life came in time");
            }
            Timer::Pong => {}
            Timer::Reauthorize => {
                self.arm_reauthorization(out);
                if self.reauthorizing && self.identifying.is_none() {
                    self.identify(Identifying::Again, None, out);
                }
            }
            Timer::Credential if self.lapsed => {
                let reason = "the credential has lapsed, and no fresh one came";
                return Err(Close::new(CloseCode::Unauthenticated, reason));
            }
            Timer::Credential => {}
            Timer::Drain => {
                return Err(Close::new(
                    CloseCode::Restart,
                    "the server stops; connect anew",
                ));
            }
        }
        Ok(())
    }

    /// Reads on for those who may have more to get, a few messages each and in turns.
    fn read_on(&mut self, out: &mut Vec<Output>) {
        if self.credit == 0 {
            return;
        }
        for index in 0..self.subscriptions.len() {
            let subscription = &mut self.subscriptions[index];
            if let Some((stream, after)) = subscription.next_read() {
                out.push(Output::Read {
                    id: subscription.id,
                    stream,
                    after,
                    most: READ_MESSAGES.min(self.credit),
                });
                // What was not served yet comes first the next time.
                self.subscriptions[index..].rotate_left(1);
                return;
            }
        }
    }
}

fn not_subscribed(mid: &str) -> Output {
    let refusal = Refusal::new("not_subscribed", "there is no such subscription");
    Output::Frame(protocol::reply(mid, Err(&refusal)))
}
