//! A connection: drives a session over a transport, and performs its outputs.

mod effects;
mod presence_guard;
mod queued_frames;
mod subscriptions;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};
use mizan_core::{App, Error};
use tokio::time::{Instant, Sleep, sleep};

use self::effects::{Effect, EffectResult};
use self::queued_frames::QueuedFrames;
use self::subscriptions::{ActiveSubscriptions, Caller};
use crate::broker::{Notification, NotificationQueue};
use crate::server::ServerState;
use crate::session::timers::Deadlines;
use crate::session::{ChannelSession, SessionInput, SessionOutput, SessionSettings, Timer};
use crate::transport::{
    AuthenticateConnection, Close, CloseCode, ConnectionClosed, Peer, Received, Transport,
};

/// The number of steps after which a connection yields to other tasks.
const MAX_STEPS_PER_POLL: usize = 32;

/// The capacity of the frame queue that is kept while it is empty.
const IDLE_QUEUE_CAPACITY: usize = 8;

/// The timeout of the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A future that serves a connection. An idle connection keeps only this future and its transport in memory.
pub(crate) struct Connection<T: Transport> {
    server: Arc<ServerState>,
    transport: T,
    session: ChannelSession,
    authenticate: Arc<dyn AuthenticateConnection>,
    /// The last token that the client sent.
    token: Option<String>,
    /// The authenticated client, once it is known.
    peer: Option<Peer>,
    subscriptions: ActiveSubscriptions,
    notifications: Arc<NotificationQueue>,
    /// The index of the connection in the server's list.
    index: usize,
    effects: FuturesUnordered<Effect>,
    frames: VecDeque<Bytes>,
    queued_frames: QueuedFrames,
    /// True if the transport has frames that are not flushed.
    is_unflushed: bool,
    deadlines: Deadlines<Instant>,
    /// The time at which a client that reads nothing is disconnected.
    write_deadline: Option<Instant>,
    closing: Option<Closing>,
    /// Wakes the connection at its earliest deadline.
    sleep: Pin<Box<Sleep>>,
}

/// The closing handshake.
struct Closing {
    close: Close,
    deadline: Instant,
}

impl<T: Transport> Connection<T> {
    pub(crate) fn new(
        server: Arc<ServerState>,
        settings: Arc<SessionSettings>,
        app: App,
        transport: T,
        authenticate: Arc<dyn AuthenticateConnection>,
    ) -> Self {
        let notifications = Arc::new(NotificationQueue::default());
        let index = server.add_connection(Arc::clone(&notifications));
        let name = uuid::Uuid::new_v4().simple().to_string();
        let mut out = Vec::new();
        let session = ChannelSession::new(settings, &*name, &mut out);
        let subscriptions =
            ActiveSubscriptions::new(Arc::clone(&server), app, Arc::clone(&notifications), name);
        let mut connection = Self {
            server,
            transport,
            session,
            authenticate,
            token: None,
            peer: None,
            subscriptions,
            notifications,
            index,
            effects: FuturesUnordered::new(),
            frames: VecDeque::new(),
            queued_frames: QueuedFrames::default(),
            is_unflushed: false,
            deadlines: Deadlines::new(),
            write_deadline: None,
            closing: None,
            sleep: Box::pin(sleep(Duration::ZERO)),
        };
        for output in out {
            connection.perform(output);
        }
        connection
    }

    /// Passes an input to the session, and performs its outputs.
    fn step(&mut self, input: SessionInput) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let mut out = Vec::new();
            self.session.step(input, &mut out);
            for output in out {
                // A read is the last output of a step, and its result is the next input.
                next = self.perform(output).or(next.take());
            }
        }
    }

    fn perform(&mut self, output: SessionOutput) -> Option<SessionInput> {
        match output {
            SessionOutput::Frame(frame) => self.frames.push_back(frame),
            SessionOutput::Timer(timer, after) => {
                self.deadlines.set(timer, Instant::now() + after);
            }
            SessionOutput::Close(close) => self.close(close),
            SessionOutput::Authenticate { ticket, token } => self.authenticate(ticket, token),
            SessionOutput::Read {
                id,
                log,
                after,
                max_messages,
            } => {
                let reply = self.subscriptions.read(id, log, &after, max_messages)?;
                return Some(SessionInput::Read { id, log, reply });
            }
            SessionOutput::Subscription { id, request } => {
                let caller = Caller {
                    peer: self.peer.as_ref()?,
                    client: self.session.client()?,
                };
                let effect = self.subscriptions.start(id, request, caller);
                self.effects.extend(effect);
            }
        }
        None
    }

    fn authenticate(&mut self, ticket: u32, token: Option<String>) {
        self.token = token.or(self.token.take());
        let authenticated = self.authenticate.authenticate(self.token.clone());
        self.effects.push(Box::pin(async move {
            let result = authenticated.await;
            EffectResult::Authenticated {
                ticket,
                result: result.map_err(|error| error.logged("authentication")),
            }
        }));
    }

    fn close(&mut self, close: Close) {
        tracing::debug!(connection = self.subscriptions.name(), %close, "closing the connection");
        let code = close.code().number().to_string();
        metrics::counter!("mizan_channels_closed_total", "code" => code).increment(1);
        if close.code() == CloseCode::Revoked {
            self.frames.clear();
        }
        self.subscriptions.clear();
        self.effects.clear();
        self.deadlines = Deadlines::new();
        self.write_deadline = None;
        self.closing = Some(Closing {
            close,
            deadline: Instant::now() + CLOSE_TIMEOUT,
        });
    }

    fn finish(&mut self, result: EffectResult) {
        let input = match result {
            EffectResult::Authenticated { ticket, result } => {
                Some(self.authenticated(ticket, result))
            }
            EffectResult::Subscription(id, result) => self.subscriptions.finish(id, result),
            EffectResult::Cancelled => None,
        };
        if let Some(input) = input {
            self.step(input);
        }
    }

    fn authenticated(&mut self, ticket: u32, result: Result<Peer, Error>) -> SessionInput {
        let result = match result {
            Ok(peer) => {
                let identity = peer.principal.identity();
                let user: Option<Arc<str>> = identity.map(|identity| identity.id().into());
                let login_session = identity.and_then(|identity| identity.session_id());
                self.server
                    .set_identity(self.index, user.clone(), login_session.map(Into::into));
                self.peer = Some(peer);
                Ok(user)
            }
            Err(error) => Err((&error).into()),
        };
        SessionInput::Authenticated { ticket, result }
    }

    /// Polls each source of events once. Returns whether there may be more events.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Result<bool, ConnectionClosed> {
        if self.closing.is_some() {
            return self.poll_close(cx);
        }
        let mut is_busy = self.poll_notifications(cx);
        if self.closing.is_none() {
            is_busy |= self.poll_effects(cx);
        }
        if self.closing.is_none() {
            is_busy |= self.poll_receive(cx)?;
        }
        if self.closing.is_none() {
            is_busy |= self.poll_write(cx)?;
        }
        is_busy |= self.poll_deadlines(cx)?;
        Ok(is_busy || self.closing.is_some())
    }

    /// Sends the remaining frames that the transport accepts at once, and closes the connection.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Result<bool, ConnectionClosed> {
        while let Some(frame) = self.frames.pop_front() {
            if self.transport.poll_ready(cx)?.is_pending() {
                break;
            }
            self.transport.send(frame)?;
        }
        self.frames.clear();
        if let Some(Closing { close, .. }) = &self.closing
            && self.transport.poll_close(cx, close).is_ready()
        {
            return Err(ConnectionClosed);
        }
        self.poll_deadlines(cx)
    }

    fn poll_notifications(&mut self, cx: &mut Context<'_>) -> bool {
        let Poll::Ready(notifications) = self.notifications.poll_take(cx) else {
            return false;
        };
        for notification in notifications {
            self.step(match notification {
                Notification::Broker(id, event) => SessionInput::Broker { id, event },
                Notification::Revoked => SessionInput::Revoked,
                Notification::Reauthorize => SessionInput::Timer(Timer::Reauthorize),
                Notification::PermissionsChanged => SessionInput::PermissionsChanged,
                Notification::Drain(after) => SessionInput::Drain(after),
            });
        }
        true
    }

    fn poll_effects(&mut self, cx: &mut Context<'_>) -> bool {
        // Most connections have no effects. Polling the set would load another allocation into the cache.
        if self.effects.is_empty() {
            return false;
        }
        let Poll::Ready(Some(result)) = self.effects.poll_next_unpin(cx) else {
            return false;
        };
        self.finish(result);
        true
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Result<bool, ConnectionClosed> {
        // The server stops reading from a client that does not read, so that the queue of its frames stays bounded.
        if !self.session.wants_input() || !self.frames.is_empty() {
            return Ok(false);
        }
        match self.transport.poll_receive(cx) {
            Poll::Pending => return Ok(false),
            Poll::Ready(Received::Frame(frame)) => {
                metrics::counter!("mizan_channels_frames_received_total").increment(1);
                self.step(SessionInput::Frame(frame));
            }
            Poll::Ready(Received::Ping) => self.step(SessionInput::Ping),
            Poll::Ready(Received::Broken(close)) => self.close(close),
            Poll::Ready(Received::End) => return Err(ConnectionClosed),
        }
        Ok(true)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<bool, ConnectionClosed> {
        let mut sent = 0;
        while !self.frames.is_empty() && self.transport.poll_ready(cx)?.is_ready() {
            if let Some(frame) = self.frames.pop_front() {
                self.transport.send(frame)?;
                sent += 1;
            }
        }
        // Frees the memory of a burst.
        if self.frames.is_empty() && self.frames.capacity() > IDLE_QUEUE_CAPACITY {
            self.frames = VecDeque::new();
        }
        self.queued_frames.set(self.frames.len());
        self.is_unflushed |= sent > 0;
        if sent > 0 {
            metrics::counter!("mizan_channels_frames_sent_total").increment(sent);
        }
        let flushed = self.is_unflushed && self.transport.poll_flush(cx)?.is_ready();
        self.is_unflushed &= !flushed;
        if !self.is_unflushed && self.frames.is_empty() {
            self.write_deadline = None;
            if self.session.wants_to_write() {
                self.step(SessionInput::Writable);
                return Ok(true);
            }
        } else if sent > 0 || self.write_deadline.is_none() {
            let deadline = Instant::now() + self.server.limits.write_timeout;
            self.write_deadline = Some(deadline);
        }
        Ok(flushed)
    }

    fn poll_deadlines(&mut self, cx: &mut Context<'_>) -> Result<bool, ConnectionClosed> {
        let close_deadline = self.closing.as_ref().map(|closing| closing.deadline);
        let deadlines = [
            self.deadlines.earliest(),
            self.write_deadline,
            close_deadline,
        ];
        let Some(next) = deadlines.into_iter().flatten().min() else {
            return Ok(false);
        };
        if self.sleep.deadline() != next {
            self.sleep.as_mut().reset(next);
        }
        if self.sleep.as_mut().poll(cx).is_pending() {
            return Ok(false);
        }
        let now = Instant::now();
        for timer in Timer::ALL {
            if self.deadlines.take_expired(timer, now) {
                self.step(SessionInput::Timer(timer));
            }
        }
        let close_deadline = self.closing.as_ref().map(|closing| closing.deadline);
        let has_passed = |deadline: Option<Instant>| deadline.is_some_and(|at| at <= now);
        if has_passed(self.write_deadline) || has_passed(close_deadline) {
            tracing::debug!(
                connection = self.subscriptions.name(),
                "write timed out; dropping the connection"
            );
            return Err(ConnectionClosed);
        }
        Ok(true)
    }
}

impl<T: Transport> Future for Connection<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..MAX_STEPS_PER_POLL {
            match self.poll_step(cx) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(ConnectionClosed) => return Poll::Ready(()),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<T: Transport> Drop for Connection<T> {
    fn drop(&mut self) {
        self.server.remove_connection(self.index);
    }
}
