//! A connection as a state machine: what comes in, what goes out, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_core::Position;

use self::heartbeat::{Heartbeat, Look};
use crate::close::{Close, CloseCode};
use crate::log::{Cursor, LogState, ReadReply};
use crate::protocol::{self, ClientFrame, Refusal, Sub};
use crate::subscription::{Ended, READ_MESSAGES, Subscription, SubscriptionState, Terms, Wish};

mod heartbeat;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

/// How many messages are written before the transport is asked whether it takes more.
const CREDIT: u32 = 64;

/// Over how long the rate of frames is counted.
const RATE_WINDOW: Duration = Duration::from_secs(5);

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
        }
    }
}

/// Names a subscription of a session, and never another one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubId(u32);

impl SubId {
    /// The name with this number, for who listens to logs without a session.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self(number)
    }
}

/// The logs that a subscription reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// What is published.
    Messages,
    /// Who comes and goes.
    Presence,
}

/// What a session asks to be woken for. Each is set at most once; setting it again moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The first frame is due.
    Hello,
    /// It is looked whether somebody was heard.
    Heartbeat,
    /// The answer to a ping is due.
    Pong,
    /// Frames are counted anew.
    Rate,
    /// The client and its subscriptions are looked at again.
    Reauthorize,
    /// A fresh credential is due.
    Credential,
    /// The connection ends.
    Drain,
}

impl Timer {
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Hello,
        Self::Heartbeat,
        Self::Pong,
        Self::Rate,
        Self::Reauthorize,
        Self::Credential,
        Self::Drain,
    ];
    pub(crate) const COUNT: usize = 7;
}

/// What happens to a session.
#[derive(Clone, Debug)]
pub enum Input {
    /// A whole text message came.
    Frame(Bytes),
    /// A sign of life that is no frame, such as a ping of the transport.
    Ping,
    /// Who the client is, in answer to [`Output::Identify`].
    Identified {
        /// That of the question.
        ticket: u32,
        /// The user, or nobody; or that it could not be found out.
        result: Result<Option<Arc<str>>, Refusal>,
    },
    /// The answer to [`Output::Join`] and [`Output::Authorize`].
    Authorized {
        /// The subscription.
        id: SubId,
        /// That of the question.
        ticket: u32,
        /// What was granted.
        result: Result<Terms, Refusal>,
    },
    /// The answer to [`Output::Attach`].
    Attached {
        /// The subscription.
        id: SubId,
        /// How far the log goes.
        log: LogState,
        /// The offset that as many messages follow as were asked for.
        start: u64,
    },
    /// Something happened to the log of a subscription.
    Broker {
        /// The subscription.
        id: SubId,
        /// What.
        event: BrokerEvent,
    },
    /// The answer to [`Output::Read`], which is to come before any other input.
    Read {
        /// The subscription.
        id: SubId,
        /// Which of its logs.
        stream: Stream,
        /// What there is.
        reply: ReadReply,
    },
    /// The answer to [`Output::Snapshot`].
    Snapshot {
        /// The subscription.
        id: SubId,
        /// The snapshot as JSON, with its position where that is known.
        result: Result<Option<(Bytes, Option<Position>)>, Refusal>,
    },
    /// The answer to [`Output::Members`]: an object with the member `members`.
    Members {
        /// The subscription.
        id: SubId,
        /// Up to where in the log of presence this is.
        at: Cursor,
        /// The object.
        members: Bytes,
    },
    /// The answer to [`Output::Receive`] and [`Output::History`].
    Replied {
        /// The subscription.
        id: SubId,
        /// Which of its messages.
        mid: String,
        /// Whether the next message of the subscription may run now.
        ordered: bool,
        /// The reply as JSON.
        result: Result<Bytes, Refusal>,
    },
    /// A timer that was set has run down.
    Timer(Timer),
    /// The transport took all that it was given.
    Writable,
    /// The client's session was revoked.
    Revoked,
    /// The server stops, and wants the client gone after this time.
    Drain(Duration),
}

/// What may happen to the log of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokerEvent {
    /// There is more to read.
    More(Stream),
    /// The broker cannot be reached.
    Away,
    /// It can be reached again, and what is known of the log is up to date.
    Back,
}

/// What a session wants done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Send this text.
    Frame(Bytes),
    /// Find out who the client is: with the token, or else as before.
    Identify {
        /// To be given back.
        ticket: u32,
        /// A token that the client sent.
        token: Option<String>,
    },
    /// Find the channel, take the params, and ask whether the subscriber may be there.
    Join {
        /// The subscription.
        id: SubId,
        /// To be given back.
        ticket: u32,
        /// The channel's name.
        channel: String,
        /// The params as JSON, empty for none.
        params: Bytes,
    },
    /// Ask again whether the subscriber may be there.
    Authorize {
        /// The subscription.
        id: SubId,
        /// To be given back.
        ticket: u32,
    },
    /// Put the subscriber on the broker's list. Where `since` is of an epoch that is not the log's, the
    /// log is to be brought up to date first: the subscriber may know of a new epoch before us.
    Attach {
        /// The subscription.
        id: SubId,
        /// How many messages it wants from before.
        recent: u32,
        /// What it has seen.
        since: Option<Position>,
    },
    /// Forget the subscription.
    Detach {
        /// The subscription.
        id: SubId,
    },
    /// Read on.
    Read {
        /// The subscription.
        id: SubId,
        /// Which of its logs.
        stream: Stream,
        /// From where.
        after: Cursor,
        /// How many messages at most.
        most: u32,
    },
    /// Ask the channel for the state of things.
    Snapshot {
        /// The subscription.
        id: SubId,
    },
    /// Put the subscriber among those who are there, and say who is.
    Members {
        /// The subscription.
        id: SubId,
    },
    /// Hand a message over to the channel, once.
    Receive {
        /// The subscription.
        id: SubId,
        /// The client's name for the message.
        mid: String,
        /// The message as JSON.
        data: Bytes,
    },
    /// Read older messages.
    History {
        /// The subscription.
        id: SubId,
        /// The client's name for the question.
        mid: String,
        /// Before which offset.
        before: Option<u64>,
        /// How many.
        limit: u32,
    },
    /// Wake the session after this time.
    Timer(Timer, Duration),
    /// End the connection.
    Close(Close),
}

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

/// Why it is being found out who the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Identifying {
    Hello { with_token: bool },
    Renewed,
    Again,
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

    // Who the client is.

    fn identify(&mut self, why: Identifying, token: Option<String>, out: &mut Vec<Output>) {
        let ticket = self.ticket();
        self.identifying = Some((ticket, why));
        out.push(Output::Identify { ticket, token });
    }

    fn identified(
        &mut self,
        ticket: u32,
        result: Result<Option<Arc<str>>, Refusal>,
        out: &mut Vec<Output>,
    ) -> Result<(), Close> {
        let Some((_, why)) = self.identifying.take_if(|(asked, _)| *asked == ticket) else {
            return Ok(());
        };
        let unauthenticated = |reason| Err(Close::new(CloseCode::Unauthenticated, reason));
        match (why, result) {
            (Identifying::Hello { with_token }, Ok(user)) => {
                if with_token && user.is_none() {
                    return unauthenticated("the token is wrong or has lapsed");
                }
                self.user = user;
                self.open(out);
            }
            (Identifying::Hello { .. }, Err(_)) => {
                let reason = "it could not be found out who you are";
                return Err(Close::new(CloseCode::Internal, reason));
            }
            // Asked again by the timer. Revocation does not wait for this.
            (_, Err(_)) => {}
            (_, Ok(user)) if user == self.user || self.user.is_none() => {
                self.user = user;
                self.lapsed = false;
                self.authorize_all(out);
            }
            (Identifying::Again, Ok(None)) => {
                if !self.lapsed {
                    self.lapsed = true;
                    let grace = self.settings.limits.reauth_grace;
                    out.push(Output::Frame(protocol::reauth(grace.as_millis())));
                    out.push(Output::Timer(Timer::Credential, grace));
                }
            }
            (_, Ok(None)) => return unauthenticated("the token is wrong or has lapsed"),
            (_, Ok(Some(_))) => {
                let reason = "a connection has one user; open another one";
                return Err(Close::new(CloseCode::Revoked, reason));
            }
        }
        Ok(())
    }

    fn open(&mut self, out: &mut Vec<Output>) {
        if self.state == ConnectionState::AwaitingHello {
            self.state = ConnectionState::Open;
        }
        let limits = &self.settings.limits;
        let mut welcome = serde_json::json!({
            "t": "welcome",
            "conn": self.name,
            "contract": self.settings.contract,
            "heartbeat": u64::try_from(limits.heartbeat.as_millis()).unwrap_or(u64::MAX),
            "limits": {
                "frame": limits.frame_bytes,
                "subs": limits.subscriptions,
                "rate": limits.frames_per_second,
                "inflight": limits.in_flight,
            },
        });
        if let Some(user) = &self.user {
            welcome["user"] = serde_json::json!(**user);
        }
        out.push(Output::Frame(welcome.to_string().into()));
        out.push(Output::Timer(Timer::Heartbeat, limits.heartbeat / 2));
    }

    fn authorize_all(&mut self, out: &mut Vec<Output>) {
        for index in 0..self.subscriptions.len() {
            let ticket = self.ticket();
            let subscription = &mut self.subscriptions[index];
            subscription.ticket = ticket;
            out.push(Output::Authorize {
                id: subscription.id,
                ticket,
            });
        }
    }

    // Subscriptions.

    fn subscribe(&mut self, frame: Sub, out: &mut Vec<Output>) -> Result<(), Close> {
        if self.by_alias(frame.sub).is_some() {
            return Err(protocol::refuse("`sub` is in use; send `unsub` first"));
        }
        let most = self.settings.limits.subscriptions;
        if self.subscriptions.len() >= most {
            let reason = format!("more than {most} subscriptions");
            return Err(Close::new(CloseCode::TooManySubscriptions, reason));
        }
        if self.state == ConnectionState::Draining {
            let refused = protocol::refused(frame.sub, &Refusal::unavailable());
            out.push(Output::Frame(refused));
            return Ok(());
        }
        let ticket = self.ticket();
        let id = SubId(ticket);
        let wish = Wish {
            since: frame.since,
            recent: frame.recent,
        };
        self.subscriptions
            .push(Subscription::new(frame.sub, id, ticket, wish));
        out.push(Output::Join {
            id,
            ticket,
            channel: frame.channel,
            params: frame.params,
        });
        Ok(())
    }

    fn authorized(
        &mut self,
        id: SubId,
        ticket: u32,
        result: Result<Terms, Refusal>,
        out: &mut Vec<Output>,
    ) {
        let Some(subscription) = self.find(id).filter(|found| found.ticket == ticket) else {
            return;
        };
        match result {
            Ok(terms) => {
                subscription.authorized(terms, out);
                if !self.reauthorizing {
                    self.arm_reauthorization(out);
                }
            }
            Err(refusal) => {
                let refused = protocol::refused(subscription.alias, &refusal);
                self.remove(id, &refused, out);
            }
        }
    }

    fn arm_reauthorization(&mut self, out: &mut Vec<Output>) {
        let terms = self
            .subscriptions
            .iter()
            .filter_map(|found| found.terms.as_ref());
        let soonest = terms.map(|terms| terms.reauthorize).min();
        self.reauthorizing = soonest.is_some();
        out.extend(soonest.map(|after| Output::Timer(Timer::Reauthorize, after)));
    }

    /// Runs a step of a subscription, and ends what it ends.
    fn advance(
        &mut self,
        id: SubId,
        out: &mut Vec<Output>,
        step: impl FnOnce(&mut Subscription, &mut Vec<Output>) -> Result<(), Ended>,
    ) -> Result<(), Close> {
        let Some(subscription) = self.find(id) else {
            return Ok(());
        };
        match step(subscription, out) {
            Ok(()) => Ok(()),
            Err(Ended::Connection(close)) => Err(close),
            Err(Ended::Subscription(refusal)) => {
                let refused = protocol::refused(subscription.alias, &refusal);
                self.remove(id, &refused, out);
                Ok(())
            }
        }
    }

    fn remove(&mut self, id: SubId, last: &Bytes, out: &mut Vec<Output>) {
        let mut subscriptions = self.subscriptions.iter();
        let Some(index) = subscriptions.position(|subscription| subscription.id == id) else {
            return;
        };
        let subscription = self.subscriptions.swap_remove(index);
        for (mid, _) in subscription.queue {
            self.in_flight -= 1;
            out.push(not_subscribed(&mid));
        }
        out.push(Output::Frame(last.clone()));
        out.push(Output::Detach { id });
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
