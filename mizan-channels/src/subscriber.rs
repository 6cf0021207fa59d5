//! What the subscriptions of a connection hold, and the work that is done for them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use mizan_core::adapter::{DynSubscription, SnapshotReply};
use mizan_core::{App, Cx, Error, ErrorCode};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::broker::feed::{Feed, Listener, Mailbox, Signal};
use crate::broker::presence::presence_of;
use crate::broker::{BrokerError, Retention};
use crate::channels::{Shared, group};
use crate::identify::Visitor;
use crate::jitter::full_jitter;
use crate::log::{Cursor, Message, ReadReply};
use crate::once;
use crate::protocol::Refusal;
use crate::session::{BrokerEvent, Input, Output, Stream, SubId};
use crate::subscription::Terms;

/// The time that a member stays present after leaving, so that a page reload is not announced.
const LINGER: Duration = Duration::from_secs(1);

/// What came of a piece of work.
pub(crate) enum Done {
    Identified(u32, Result<Visitor, Error>),
    Authorized(SubId, u32, Result<Terms, Refusal>),
    Attached(SubId, u32, Feed),
    Snapshot(SubId, SnapshotReply),
    Members(SubId, Option<Feed>, Cursor, Bytes),
    Replied {
        id: SubId,
        mid: String,
        ordered: bool,
        result: Result<Bytes, Refusal>,
    },
    /// Whom it was for is gone.
    Nothing,
}

type Job = BoxFuture<'static, Done>;

/// The subscriptions of a connection.
pub(crate) struct Subscribers {
    shared: Arc<Shared>,
    app: App,
    mailbox: Arc<Mailbox>,
    name: String,
    held: Vec<Subscriber>,
}

/// A subscription: what was joined, and its places on the broker's lists.
struct Subscriber {
    id: SubId,
    joined: Arc<dyn DynSubscription>,
    channel: &'static str,
    group: Arc<str>,
    terms: Terms,
    retention: Retention,
    messages: Option<Feed>,
    presence: Option<Feed>,
    present: Option<Present>,
    /// Ends the work that is done for it.
    end: DropGuard,
}

impl Subscribers {
    pub(crate) fn new(shared: Arc<Shared>, app: App, mailbox: Arc<Mailbox>, name: String) -> Self {
        Self {
            shared,
            app,
            mailbox,
            name,
            held: Vec::new(),
        }
    }

    /// What the connection is called in the log.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn clear(&mut self) {
        self.held = Vec::new();
    }

    fn find(&mut self, id: SubId) -> Option<&mut Subscriber> {
        self.held.iter_mut().find(|held| held.id == id)
    }

    pub(crate) fn read(
        &mut self,
        id: SubId,
        stream: Stream,
        after: &Cursor,
        most: u32,
    ) -> Option<ReadReply> {
        let held = self.find(id)?;
        let feed = match stream {
            Stream::Messages => &held.messages,
            Stream::Presence => &held.presence,
        };
        Some(feed.as_ref()?.read(after, most as usize))
    }

    /// Begins what a session wants done, on behalf of a visitor whose page calls itself `client`.
    ///
    /// The work for a subscription is cancelled when the subscription ends, except for a message, which
    /// runs to its end.
    pub(crate) fn begin(&mut self, output: Output, visitor: &Visitor, client: &str) -> Option<Job> {
        let cx = || {
            let head = Arc::clone(&visitor.head);
            self.app.context(visitor.principal.clone(), head)
        };
        match output {
            Output::Join {
                id,
                ticket,
                channel,
                params,
            } => {
                let cx = cx();
                Some(match self.join(id, &channel, &params) {
                    Ok(()) => self.authorize(id, ticket, cx)?,
                    Err(error) => done(Done::Authorized(id, ticket, Err(Refusal::from(&error)))),
                })
            }
            Output::Authorize { id, ticket } => {
                let cx = cx();
                self.authorize(id, ticket, cx)
            }
            Output::Attach { id, recent, since } => {
                let broker = Arc::clone(&self.shared.broker);
                let listener = self.listener(id, Stream::Messages);
                let held = self.find(id)?;
                let (group, retention) = (Arc::clone(&held.group), held.retention);
                Some(held.until_it_ends(async move {
                    let signal = Signal::Broker(id, BrokerEvent::Away);
                    let mailbox = Arc::clone(&listener.mailbox);
                    let attached = until_it_works(
                        || mailbox.signal(signal),
                        || broker.attach(&group, retention, since.as_ref(), listener.clone()),
                    );
                    Done::Attached(id, recent, attached.await)
                }))
            }
            Output::Detach { id } => {
                self.held.retain(|held| held.id != id);
                None
            }
            Output::Snapshot { id } => {
                let cx = cx();
                let client = cx.head().client_network();
                let shared = Arc::clone(&self.shared);
                let held = self.find(id)?;
                let joined = Arc::clone(&held.joined);
                Some(held.until_it_ends(async move {
                    Done::Snapshot(id, in_time(&shared, client, joined.snapshot(cx)).await)
                }))
            }
            Output::Members { id } => {
                let cx = cx();
                self.members(id, cx)
            }
            Output::Receive { id, mid, data } => {
                let cx = cx();
                let user = visitor.principal.id();
                let shared = Arc::clone(&self.shared);
                let held = self.find(id)?;
                let request = once::request(user, client, &mid, &held.group, &data);
                let joined = Arc::clone(&held.joined);
                let channel = held.channel;
                let started = std::time::Instant::now();
                // It runs to its end though the connection is gone.
                let running = tokio::spawn(once::receive(shared, request, joined, cx, data));
                Some(Box::pin(async move {
                    let result = running.await.unwrap_or_else(|_| {
                        Err(Refusal::new(
                            "outcome_unknown",
                            "the server stopped while the message ran",
                        ))
                    });
                    metrics::histogram!("mizan_channels_receive_seconds", "channel" => channel)
                        .record(started.elapsed().as_secs_f64());
                    Done::Replied {
                        id,
                        mid,
                        ordered: true,
                        result,
                    }
                }))
            }
            Output::History {
                id,
                mid,
                before,
                limit,
            } => {
                let held = self.find(id)?;
                let result = match &held.messages {
                    Some(feed) => Ok(page(&feed.page(before, limit as usize))),
                    None => Err(Refusal::new(
                        "not_subscribed",
                        "there is no such subscription",
                    )),
                };
                Some(done(Done::Replied {
                    id,
                    mid,
                    ordered: false,
                    result,
                }))
            }
            Output::Frame(_)
            | Output::Identify { .. }
            | Output::Read { .. }
            | Output::Timer(..)
            | Output::Close(_) => None,
        }
    }

    fn listener(&self, id: SubId, stream: Stream) -> Listener {
        Listener {
            mailbox: Arc::clone(&self.mailbox),
            id,
            stream,
        }
    }

    fn join(&mut self, id: SubId, channel: &str, params: &Bytes) -> Result<(), Error> {
        let Some(entry) = self.app.channel(channel) else {
            return Err(Error::declared(
                "unknown_channel",
                404,
                "there is no channel of this name",
            ));
        };
        let joined = entry.subscription(params)?;
        let group = group(entry.name(), &joined.group()).into();
        self.held.push(Subscriber {
            id,
            joined,
            channel: entry.name(),
            group,
            terms: Terms {
                slow_consumer: entry.slow_consumer(),
                reauthorize: entry.reauthorize_interval(),
                snapshot: entry.has_snapshot(),
                presence: entry.has_presence(),
            },
            retention: Retention {
                messages: entry.history_len(),
                age: entry.history_age(),
            },
            messages: None,
            presence: None,
            present: None,
            end: CancellationToken::new().drop_guard(),
        });
        metrics::gauge!("mizan_channels_subscriptions").increment(1.0);
        Ok(())
    }

    fn authorize(&mut self, id: SubId, ticket: u32, cx: Cx) -> Option<Job> {
        let client = cx.head().client_network();
        let shared = Arc::clone(&self.shared);
        let held = self.find(id)?;
        let (joined, terms) = (Arc::clone(&held.joined), held.terms.clone());
        Some(held.until_it_ends(async move {
            let result = in_time(&shared, client, joined.authorize(cx)).await;
            let result = result
                .map(|()| terms)
                .map_err(|error| Refusal::from(&error));
            Done::Authorized(id, ticket, result)
        }))
    }

    /// Puts the subscriber among those who are there, where it is somebody, and asks who is.
    fn members(&mut self, id: SubId, cx: Cx) -> Option<Job> {
        let client = cx.head().client_network();
        let shared = Arc::clone(&self.shared);
        let listener = self.listener(id, Stream::Presence);
        let connection = format!("{}.{id:?}", self.name);
        let held = self.find(id)?;
        let group = Arc::clone(&held.group);
        let joined = Arc::clone(&held.joined);
        let is_there = held.present.is_some();
        let is_listening = held.presence.is_some();
        // From now on, so that whatever of it is done is undone: this work is polled no more by then.
        held.present.get_or_insert_with(|| Present {
            shared: Arc::clone(&shared),
            group: Arc::clone(&group),
            connection: connection.clone(),
        });
        Some(held.until_it_ends(async move {
            let broker = &shared.broker;
            let log = presence_of(&group);
            let retention = Retention::default();
            let quiet = || {};
            let mut feed = None;
            if !is_listening {
                let attached = until_it_works(quiet, || {
                    broker.attach(&log, retention, None, listener.clone())
                });
                feed = Some(attached.await);
            }
            if !is_there {
                match in_time(&shared, client, joined.member(cx)).await {
                    Ok(Some((person, info))) => {
                        until_it_works(quiet, || {
                            broker.enter(&group, &connection, &person, info.clone())
                        })
                        .await;
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::debug!(?error, "a subscriber is not present");
                    }
                }
            }
            let (at, members) = until_it_works(quiet, || broker.members(&group)).await;
            Done::Members(id, feed, at, members)
        }))
    }

    /// Takes what came of a piece of work, and tells what that is to the session.
    pub(crate) fn finish(&mut self, work: Done) -> Option<Input> {
        match work {
            Done::Identified(..) | Done::Nothing => None,
            Done::Authorized(id, ticket, result) => Some(Input::Authorized { id, ticket, result }),
            Done::Attached(id, recent, feed) => {
                let held = self.find(id)?;
                let (log, start) = feed.state(recent as usize);
                held.messages = Some(feed);
                Some(Input::Attached { id, log, start })
            }
            Done::Snapshot(id, result) => {
                let result = result.map_err(|error| Refusal::from(&error));
                Some(Input::Snapshot { id, result })
            }
            Done::Members(id, feed, at, members) => {
                let held = self.find(id)?;
                if feed.is_some() {
                    held.presence = feed;
                }
                Some(Input::Members { id, at, members })
            }
            Done::Replied {
                id,
                mid,
                ordered,
                result,
            } => Some(Input::Replied {
                id,
                mid,
                ordered,
                result,
            }),
        }
    }
}

fn done(done: Done) -> Job {
    Box::pin(std::future::ready(done))
}

impl Subscriber {
    /// Work that is given up when the subscription ends.
    fn until_it_ends(&self, work: impl Future<Output = Done> + Send + 'static) -> Job {
        let end = self.end.token().clone();
        Box::pin(async move {
            tokio::select! {
                // First, so that nothing more is done for a subscription that has ended.
                biased;
                () = end.cancelled() => Done::Nothing,
                done = work => done,
            }
        })
    }
}

/// Runs a channel's code for a client: as one of so many calls at once, and for so long at most.
async fn in_time<T>(
    shared: &Shared,
    client: Option<IpAddr>,
    code: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let deadline = shared.limits.deadline;
    let turn = shared.calls.turn(client);
    let Ok(_turn) = timeout(deadline, turn).await else {
        let message = "the server has too much to do";
        return Err(
            Error::new(ErrorCode::Unavailable, message).with_retry_after(Duration::from_secs(1))
        );
    };
    timeout(deadline, code).await.unwrap_or_else(|_| {
        tracing::warn!("a channel did not answer in time");
        Err(Error::new(
            ErrorCode::DeadlineExceeded,
            "the channel did not answer in time",
        ))
    })
}

/// Asks the broker until it can be reached.
async fn until_it_works<'a, T>(
    away: impl Fn(),
    ask: impl Fn() -> BoxFuture<'a, Result<T, BrokerError>>,
) -> T {
    let mut attempt = 0;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "the broker is away"
                );
            }
        }
        if attempt == 0 {
            away();
        }
        let base = Duration::from_millis(200);
        sleep(full_jitter(attempt, base, Duration::from_secs(3))).await;
        attempt += 1;
    }
}

fn page((epoch, messages, more): &(Arc<str>, Vec<Message>, bool)) -> Bytes {
    let mut text = format!(r#"{{"epoch":{},"messages":["#, json!(**epoch)).into_bytes();
    for (index, message) in messages.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        text.extend_from_slice(format!(r#"{{"offset":{},"data":"#, message.offset).as_bytes());
        text.extend_from_slice(&message.data);
        text.push(b'}');
    }
    text.extend_from_slice(format!(r#"],"more":{more}}}"#).as_bytes());
    text.into()
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        metrics::gauge!("mizan_channels_subscriptions").decrement(1.0);
    }
}

/// A connection that may be present, and is not any more once this is dropped.
struct Present {
    shared: Arc<Shared>,
    group: Arc<str>,
    connection: String,
}

impl Drop for Present {
    fn drop(&mut self) {
        // Outside a runtime, as when it shuts down, others find out by themselves.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (shared, group) = (Arc::clone(&self.shared), Arc::clone(&self.group));
        let connection = std::mem::take(&mut self.connection);
        runtime.spawn(async move {
            // A member that enters and leaves in a loop is announced once.
            if !shared.is_draining() {
                sleep(LINGER).await;
            }
            if let Err(error) = shared.broker.leave(&group, &connection).await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "the broker is away"
                );
            }
        });
    }
}
