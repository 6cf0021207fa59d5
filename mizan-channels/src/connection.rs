//! A connection at work: drives a session over a transport, and does what it asks for.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use mizan_core::App;
use tokio::time::{Instant, Sleep, sleep};

use crate::broker::feed::{Mailbox, Signal};
use crate::channels::Shared;
use crate::close::{Close, CloseCode};
use crate::identify::{Identify, Visitor};
use crate::session::{Input, Output, Session, Settings, Timer};
use crate::subscriber::{Done, Subscribers};
use crate::transport::{Gone, Received, Transport};

/// How many turns a connection takes before others have theirs.
const TURNS: usize = 32;

/// For how many frames there is room while none waits.
const KEPT_FRAMES: usize = 8;

/// How long a closing handshake may take.
const CLOSING: Duration = Duration::from_secs(5);

/// The timers of the session, one for a client that takes nothing, and one for the closing.
const TIMERS: usize = Timer::COUNT + 2;
const STALLED: usize = Timer::COUNT;
const CLOSED: usize = Timer::COUNT + 1;

/// The future that serves a connection. It is all that an idle connection costs, beside the transport.
pub(crate) struct Connection<T: Transport> {
    shared: Arc<Shared>,
    transport: T,
    session: Session,
    client: Arc<dyn Identify>,
    token: Option<String>,
    visitor: Option<Visitor>,
    subscribers: Subscribers,
    mailbox: Arc<Mailbox>,
    place: usize,
    jobs: FuturesUnordered<BoxFuture<'static, Done>>,
    frames: VecDeque<Bytes>,
    unflushed: bool,
    timers: [Option<Instant>; TIMERS],
    sleep: Pin<Box<Sleep>>,
    closing: Option<Close>,
}

impl<T: Transport> Connection<T> {
    pub(crate) fn new(
        shared: Arc<Shared>,
        settings: Arc<Settings>,
        app: App,
        transport: T,
        client: Arc<dyn Identify>,
    ) -> Self {
        let mailbox = Arc::new(Mailbox::default());
        let place = shared.enter(Arc::clone(&mailbox));
        let name = uuid::Uuid::new_v4().simple().to_string();
        let mut out = Vec::new();
        let session = Session::new(settings, &*name, &mut out);
        let subscribers = Subscribers::new(Arc::clone(&shared), app, Arc::clone(&mailbox), name);
        let mut connection = Self {
            shared,
            transport,
            session,
            client,
            token: None,
            visitor: None,
            subscribers,
            mailbox,
            place,
            jobs: FuturesUnordered::new(),
            frames: VecDeque::new(),
            unflushed: false,
            timers: [None; TIMERS],
            sleep: Box::pin(sleep(Duration::ZERO)),
            closing: None,
        };
        for output in out {
            connection.perform(output);
        }
        connection
    }

    /// Gives an input to the session, and does what it wants done.
    fn step(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            let mut out = Vec::new();
            self.session.step(input, &mut out);
            for output in out {
                // A read is the last of a step's outputs, and answered at once.
                next = self.perform(output).or(next.take());
            }
        }
    }

    fn perform(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Frame(frame) => self.frames.push_back(frame),
            Output::Timer(timer, after) => {
                self.timers[timer as usize] = Some(Instant::now() + after);
            }
            Output::Close(close) => self.close(close),
            Output::Identify { ticket, token } => {
                self.token = token.or(self.token.take());
                let identified = self.client.identify(self.token.clone());
                self.jobs.push(Box::pin(async move {
                    let result = identified.await;
                    Done::Identified(
                        ticket,
                        result.map_err(|error| error.logged("authentication")),
                    )
                }));
            }
            Output::Read {
                id,
                stream,
                after,
                most,
            } => {
                let reply = self.subscribers.read(id, stream, &after, most)?;
                return Some(Input::Read { id, stream, reply });
            }
            output => {
                let visitor = self.visitor.as_ref()?;
                let client = self.session.client();
                if let Some(job) = self.subscribers.begin(output, visitor, client) {
                    self.jobs.push(job);
                }
            }
        }
        None
    }

    fn close(&mut self, close: Close) {
        tracing::debug!(connection = self.subscribers.name(), %close, "the connection ends");
        let code = close.code().number().to_string();
        metrics::counter!("mizan_channels_closed_total", "code" => code).increment(1);
        if close.code() == CloseCode::Revoked {
            self.frames.clear();
        }
        self.subscribers.clear();
        self.jobs.clear();
        self.timers = [None; TIMERS];
        self.timers[CLOSED] = Some(Instant::now() + CLOSING);
        self.closing = Some(close);
    }

    fn finish(&mut self, done: Done) {
        let input = match done {
            Done::Identified(ticket, result) => {
                let result = result.map(|visitor| {
                    let identity = visitor.principal.identity();
                    let user: Option<Arc<str>> = identity.map(|identity| identity.id().into());
                    let session = identity.and_then(|identity| identity.session_id());
                    self.shared
                        .know(self.place, user.clone(), session.map(Into::into));
                    self.visitor = Some(visitor);
                    user
                });
                let result = result.as_ref().map(Clone::clone).map_err(Into::into);
                Some(Input::Identified { ticket, result })
            }
            done => self.subscribers.finish(done),
        };
        if let Some(input) = input {
            self.step(input);
        }
    }

    // Each of these does what can be done now, and says whether that was anything. Where it was
    // nothing, the task is woken when there is something.

    fn poll_signals(&mut self, cx: &mut Context<'_>) -> bool {
        let Poll::Ready(signals) = self.mailbox.poll_take(cx) else {
            return false;
        };
        for signal in signals {
            self.step(match signal {
                Signal::Broker(id, event) => Input::Broker { id, event },
                Signal::Revoked => Input::Revoked,
                Signal::Suspect => Input::Timer(Timer::Reauthorize),
                Signal::Drain(after) => Input::Drain(after),
            });
        }
        true
    }

    fn poll_jobs(&mut self, cx: &mut Context<'_>) -> bool {
        // Most have none, and are spared the look into what is another allocation.
        if self.jobs.is_empty() {
            return false;
        }
        let Poll::Ready(Some(done)) = self.jobs.poll_next_unpin(cx) else {
            return false;
        };
        self.finish(done);
        true
    }

    fn poll_timers(&mut self, cx: &mut Context<'_>) -> Result<bool, Gone> {
        let Some(next) = self.timers.iter().flatten().min().copied() else {
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
            if self.timers[timer as usize].is_some_and(|at| at <= now) {
                self.timers[timer as usize] = None;
                self.step(Input::Timer(timer));
            }
        }
        if [STALLED, CLOSED]
            .iter()
            .any(|&timer| self.timers[timer].is_some_and(|at| at <= now))
        {
            tracing::debug!(
                connection = self.subscribers.name(),
                "the client takes nothing, and is cut off"
            );
            return Err(Gone);
        }
        Ok(true)
    }

    fn poll_frames(&mut self, cx: &mut Context<'_>) -> Result<bool, Gone> {
        // Who does not take what is sent is not read from: what it asks for has no end otherwise.
        if !self.session.wants_input() || !self.frames.is_empty() {
            return Ok(false);
        }
        match self.transport.poll_receive(cx) {
            Poll::Pending => return Ok(false),
            Poll::Ready(Received::Frame(frame)) => {
                metrics::counter!("mizan_channels_frames_received_total").increment(1);
                self.step(Input::Frame(frame));
            }
            Poll::Ready(Received::Ping) => self.step(Input::Ping),
            Poll::Ready(Received::Broken(close)) => self.close(close),
            Poll::Ready(Received::End) => return Err(Gone),
        }
        Ok(true)
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<bool, Gone> {
        let mut written = 0;
        while !self.frames.is_empty() && self.transport.poll_ready(cx)?.is_ready() {
            if let Some(frame) = self.frames.pop_front() {
                self.transport.send(frame)?;
                written += 1;
            }
        }
        // A burst does not hold its memory for good.
        if self.frames.is_empty() && self.frames.capacity() > KEPT_FRAMES {
            self.frames = VecDeque::new();
        }
        self.unflushed |= written > 0;
        if written > 0 {
            metrics::counter!("mizan_channels_frames_sent_total").increment(written);
        }
        let flushed = self.unflushed && self.transport.poll_flush(cx)?.is_ready();
        self.unflushed &= !flushed;
        if !self.unflushed && self.frames.is_empty() {
            self.timers[STALLED] = None;
            if self.session.wants_to_write() {
                self.step(Input::Writable);
                return Ok(true);
            }
        } else if written > 0 || self.timers[STALLED].is_none() {
            let end = Instant::now() + self.shared.limits.write_timeout;
            self.timers[STALLED] = Some(end);
        }
        Ok(flushed)
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Result<bool, Gone> {
        if let Some(close) = &self.closing {
            while let Some(frame) = self.frames.pop_front() {
                if self.transport.poll_ready(cx)?.is_pending() {
                    break;
                }
                self.transport.send(frame)?;
            }
            self.frames.clear();
            if self.transport.poll_close(cx, close).is_ready() {
                return Err(Gone);
            }
            return self.poll_timers(cx);
        }
        let mut busy = self.poll_signals(cx);
        if self.closing.is_none() {
            busy |= self.poll_jobs(cx);
        }
        if self.closing.is_none() {
            busy |= self.poll_frames(cx)?;
        }
        if self.closing.is_none() {
            busy |= self.poll_write(cx)?;
        }
        busy |= self.poll_timers(cx)?;
        Ok(busy || self.closing.is_some())
    }
}

/// Ready at the end of the connection.
impl<T: Transport> Future for Connection<T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..TURNS {
            match self.poll_turn(cx) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(Gone) => return Poll::Ready(()),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<T: Transport> Drop for Connection<T> {
    fn drop(&mut self) {
        self.shared.leave(self.place);
    }
}
