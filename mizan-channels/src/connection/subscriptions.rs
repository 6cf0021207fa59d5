//! The subscriptions of a connection, and the work that is done for them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_core::adapter::{ClientVersion, DynSubscription};
use mizan_core::channel::{Position, SlowConsumer};
use mizan_core::{App, Cx, Error, ErrorCode};
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::effects::{Effect, EffectResult, SubscriptionResult};
use super::presence_guard::PresenceGuard;
use crate::backoff::Backoff;
use crate::broker::presence::presence_log;
use crate::broker::{
    BrokerError, BrokerEvent, Cursor, HistoryPage, LogKind, LogReader, Notification,
    NotificationQueue, Notifier, ReadReply, Retention, SubscriptionId,
};
use crate::dedup;
use crate::live::{self, LiveHandler, LiveTarget, QUERY_PREFIX};
use crate::server::{ServerState, broker_group};
use crate::session::{Refusal, SessionInput, SubscriptionConfig, SubscriptionRequest};
use crate::transport::Peer;

/// The subscriptions of a connection.
pub(super) struct ActiveSubscriptions {
    server: Arc<ServerState>,
    app: App,
    notifications: Arc<NotificationQueue>,
    /// The name of the connection in log messages.
    name: String,
    subscriptions: Vec<ActiveSubscription>,
}

/// A subscription: the channel with its params, and the readers of its logs.
struct ActiveSubscription {
    id: SubscriptionId,
    handler: Arc<dyn DynSubscription>,
    channel: &'static str,
    client: ClientVersion,
    group: Arc<str>,
    config: SubscriptionConfig,
    source: LogSource,
    messages: Option<Box<dyn LogReader>>,
    presence: Option<Box<dyn LogReader>>,
    presence_guard: Option<PresenceGuard>,
    /// Cancels the work for the subscription when it is dropped.
    cancellation: DropGuard,
}

/// The log of the messages of a subscription.
#[derive(Clone)]
enum LogSource {
    /// The log of a group of a channel.
    Channel(Retention),
    /// The changes of a live query.
    Query(LiveTarget),
}

/// The client on whose behalf work is done.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) peer: &'a Peer,
    /// The client's id of its page or process.
    pub(super) client: &'a str,
}

impl ActiveSubscriptions {
    pub(super) fn new(
        server: Arc<ServerState>,
        app: App,
        notifications: Arc<NotificationQueue>,
        name: String,
    ) -> Self {
        Self {
            server,
            app,
            notifications,
            name,
            subscriptions: Vec::new(),
        }
    }

    /// Returns the name of the connection in log messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn clear(&mut self) {
        self.subscriptions = Vec::new();
    }

    fn find(&mut self, id: SubscriptionId) -> Option<&mut ActiveSubscription> {
        self.subscriptions
            .iter_mut()
            .find(|subscription| subscription.id == id)
    }

    pub(super) fn read(
        &mut self,
        id: SubscriptionId,
        log: LogKind,
        after: &Cursor,
        max_messages: u32,
    ) -> Option<ReadReply> {
        let subscription = self.find(id)?;
        let reader = match log {
            LogKind::Messages => &subscription.messages,
            LogKind::Presence => &subscription.presence,
        };
        Some(reader.as_ref()?.read(after, max_messages as usize))
    }

    /// Starts a request of a subscription. Returns the asynchronous work to run, if any.
    ///
    /// The work is cancelled when the subscription ends, except for a message, which runs to completion.
    pub(super) fn start(
        &mut self,
        id: SubscriptionId,
        request: SubscriptionRequest,
        caller: Caller<'_>,
    ) -> Option<Effect> {
        match request {
            SubscriptionRequest::Join {
                ticket,
                channel,
                contract,
                params,
            } => match self.join(id, &channel, contract.as_deref(), &params, caller) {
                Ok(()) => self.authorize(id, ticket, caller),
                Err(refusal) => {
                    let result = Err(refusal);
                    Some(ready(id, SubscriptionResult::Authorized { ticket, result }))
                }
            },
            SubscriptionRequest::Authorize { ticket } => self.authorize(id, ticket, caller),
            SubscriptionRequest::Attach { recent, since } => self.attach(id, recent, since),
            SubscriptionRequest::Detach => {
                self.subscriptions
                    .retain(|subscription| subscription.id != id);
                None
            }
            SubscriptionRequest::Snapshot => self.snapshot(id, caller),
            SubscriptionRequest::Members => self.members(id, caller),
            SubscriptionRequest::Receive { mid, data } => self.receive(id, mid, data, caller),
            SubscriptionRequest::History { mid, before, limit } => {
                Some(self.history(id, mid, before, limit))
            }
        }
    }

    fn cx(&self, caller: Caller<'_>) -> Cx {
        let Peer { principal, head } = caller.peer;
        self.app.context(principal.clone(), Arc::clone(head))
    }

    fn notifier(&self, id: SubscriptionId, log: LogKind) -> Notifier {
        Notifier::new(Arc::clone(&self.notifications), id, log)
    }

    fn join(
        &mut self,
        id: SubscriptionId,
        channel: &str,
        contract: Option<&str>,
        params: &Bytes,
        caller: Caller<'_>,
    ) -> Result<(), Refusal> {
        if let Some(query) = channel.strip_prefix(QUERY_PREFIX)
            && let Some(subscription) = self.live_query(id, query, contract, params, caller)?
        {
            self.add(subscription);
            return Ok(());
        }
        let (client, entry) = self.app.resolve_channel(channel, contract);
        let refused = |error| Refusal::from(&error).for_client(client);
        let entry = entry.map_err(refused)?;
        let handler = entry.subscription(params).map_err(refused)?;
        self.add(ActiveSubscription {
            id,
            channel: entry.name(),
            client,
            group: broker_group(entry.name(), &handler.group()).into(),
            config: SubscriptionConfig::new(entry.slow_consumer(), entry.reauthorize_interval())
                .with_snapshot(entry.has_snapshot())
                .with_presence(entry.has_presence()),
            source: LogSource::Channel(
                Retention::default()
                    .with_messages(entry.history_len())
                    .with_age(entry.history_age()),
            ),
            handler,
            messages: None,
            presence: None,
            presence_guard: None,
            cancellation: CancellationToken::new().drop_guard(),
        });
        Ok(())
    }

    /// Creates the subscription to a live query. Returns `None` if there is no such function, or if it is not live.
    fn live_query(
        &self,
        id: SubscriptionId,
        query: &str,
        contract: Option<&str>,
        input: &Bytes,
        caller: Caller<'_>,
    ) -> Result<Option<ActiveSubscription>, Refusal> {
        let (client, function) = self.app.resolve(query, contract);
        let refused = |error: Error| Refusal::from(&error).for_client(client);
        let function = match function {
            Ok(function) if function.is_live() => function,
            Err(error) if error.code() == ErrorCode::OutdatedClient.as_str() => {
                return Err(refused(error));
            }
            _ => return Ok(None),
        };
        let limits = &self.server.limits;
        let quota = &self.server.live.quota;
        let network = caller.peer.head.client_network();
        let live = &self.server.live;
        let shared = live.shared_result(&self.app, function, input, caller.peer);
        let handler = LiveHandler::new(function, input, network, limits, quota, shared);
        let handler = handler.map_err(refused)?;
        let interval = limits.live_reauthorize_interval;
        Ok(Some(ActiveSubscription {
            id,
            channel: function.name(),
            client,
            group: broker_group("query", function.name()).into(),
            config: SubscriptionConfig::new(SlowConsumer::Latest, interval),
            source: LogSource::Query(handler.target().clone()),
            handler: Arc::new(handler),
            messages: None,
            presence: None,
            presence_guard: None,
            cancellation: CancellationToken::new().drop_guard(),
        }))
    }

    fn add(&mut self, subscription: ActiveSubscription) {
        self.subscriptions.push(subscription);
        metrics::gauge!("mizan_channels_subscriptions").increment(1.0);
    }

    fn authorize(&mut self, id: SubscriptionId, ticket: u32, caller: Caller<'_>) -> Option<Effect> {
        let cx = self.cx(caller);
        let client = cx.head().client_network();
        let server = Arc::clone(&self.server);
        let subscription = self.find(id)?;
        let handler = Arc::clone(&subscription.handler);
        let config = subscription.config.clone();
        Some(subscription.until_it_ends(async move {
            let result = call_channel(&server, client, handler.authorize(cx)).await;
            let result = result.map(|()| config);
            SubscriptionResult::Authorized {
                ticket,
                result: result.map_err(|error| Refusal::from(&error)),
            }
        }))
    }

    fn attach(
        &mut self,
        id: SubscriptionId,
        recent: u32,
        since: Option<Position>,
    ) -> Option<Effect> {
        let server = Arc::clone(&self.server);
        let notifications = Arc::clone(&self.notifications);
        let notifier = self.notifier(id, LogKind::Messages);
        let subscription = self.find(id)?;
        let group = Arc::clone(&subscription.group);
        let source = subscription.source.clone();
        Some(subscription.until_it_ends(async move {
            let since = since.as_ref();
            let reader = match source {
                LogSource::Query(target) => {
                    live::attach(&server.live, target, since, notifier).await
                }
                LogSource::Channel(retention) => {
                    retry_while_alive(
                        || notifications.push(Notification::Broker(id, BrokerEvent::Unavailable)),
                        || {
                            let notifier = notifier.clone();
                            server.broker.attach(&group, retention, since, notifier)
                        },
                    )
                    .await
                }
            };
            SubscriptionResult::Attached { reader, recent }
        }))
    }

    fn snapshot(&mut self, id: SubscriptionId, caller: Caller<'_>) -> Option<Effect> {
        let cx = self.cx(caller);
        let client = cx.head().client_network();
        let server = Arc::clone(&self.server);
        let subscription = self.find(id)?;
        let handler = Arc::clone(&subscription.handler);
        Some(subscription.until_it_ends(async move {
            let snapshot = call_channel(&server, client, handler.snapshot(cx)).await;
            SubscriptionResult::Snapshot(snapshot)
        }))
    }

    /// Marks the subscriber as present if the channel names a member for it, and gets the list of members.
    fn members(&mut self, id: SubscriptionId, caller: Caller<'_>) -> Option<Effect> {
        let cx = self.cx(caller);
        let client = cx.head().client_network();
        let server = Arc::clone(&self.server);
        let notifier = self.notifier(id, LogKind::Presence);
        let connection = format!("{}.{id:?}", self.name);
        let subscription = self.find(id)?;
        let group = Arc::clone(&subscription.group);
        let handler = Arc::clone(&subscription.handler);
        let has_entered = subscription.presence_guard.is_some();
        let has_reader = subscription.presence.is_some();
        // The guard is created before the connection enters, so that the connection also leaves if the work is
        // cancelled in between.
        subscription.presence_guard.get_or_insert_with(|| {
            PresenceGuard::new(Arc::clone(&server), Arc::clone(&group), connection.clone())
        });
        Some(subscription.until_it_ends(async move {
            let broker = &server.broker;
            let log = presence_log(&group);
            let retention = Retention::default();
            let mut reader = None;
            if !has_reader {
                let attached = retry_while_alive(no_op, || {
                    broker.attach(&log, retention, None, notifier.clone())
                });
                reader = Some(attached.await);
            }
            if !has_entered {
                match call_channel(&server, client, handler.member(cx)).await {
                    Ok(Some((member, info))) => {
                        retry_while_alive(no_op, || {
                            broker.enter(&group, &connection, &member, info.clone())
                        })
                        .await;
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::debug!(?error, "a channel's `member` failed");
                    }
                }
            }
            let (at, members) = retry_while_alive(no_op, || broker.members(&group)).await;
            SubscriptionResult::Members {
                reader,
                at,
                members,
            }
        }))
    }

    fn receive(
        &mut self,
        id: SubscriptionId,
        mid: String,
        data: Bytes,
        caller: Caller<'_>,
    ) -> Option<Effect> {
        let cx = self.cx(caller);
        let user = caller.peer.principal.id();
        let server = Arc::clone(&self.server);
        let subscription = self.find(id)?;
        let operation = dedup::operation(user, caller.client, &mid, &subscription.group, &data);
        let handler = Arc::clone(&subscription.handler);
        let (channel, version) = (subscription.channel, subscription.client);
        let started = std::time::Instant::now();
        // The message runs in its own task, so that it completes even if the connection is closed.
        let running = tokio::spawn(dedup::receive_once(server, operation, handler, cx, data));
        Some(Box::pin(async move {
            let result = running.await.unwrap_or_else(|_| {
                Err(Refusal::new(
                    "outcome_unknown",
                    "the server shut down while the message was running",
                ))
            });
            let result = result.map_err(|refusal| refusal.for_client(version));
            metrics::histogram!("mizan_channels_receive_seconds", "channel" => channel)
                .record(started.elapsed().as_secs_f64());
            EffectResult::Subscription(id, SubscriptionResult::MessageReply { mid, result })
        }))
    }

    fn history(
        &mut self,
        id: SubscriptionId,
        mid: String,
        before: Option<u64>,
        limit: u32,
    ) -> Effect {
        let subscription = self.find(id);
        let reader = subscription.and_then(|subscription| subscription.messages.as_ref());
        let result = match reader {
            Some(reader) => Ok(encode_page(&reader.page(before, limit as usize))),
            None => Err(Refusal::not_subscribed()),
        };
        ready(id, SubscriptionResult::HistoryReply { mid, result })
    }

    /// Stores the result of a request, and converts it to an input of the session.
    pub(super) fn finish(
        &mut self,
        id: SubscriptionId,
        result: SubscriptionResult,
    ) -> Option<SessionInput> {
        Some(match result {
            SubscriptionResult::Authorized { ticket, result } => {
                SessionInput::Authorized { id, ticket, result }
            }
            SubscriptionResult::Attached { reader, recent } => {
                let subscription = self.find(id)?;
                let (log, start) = reader.state(recent as usize);
                subscription.messages = Some(reader);
                SessionInput::Attached { id, log, start }
            }
            SubscriptionResult::Snapshot(result) => {
                let result = result.map_err(|error| Refusal::from(&error));
                SessionInput::Snapshot { id, result }
            }
            SubscriptionResult::Members {
                reader,
                at,
                members,
            } => {
                let subscription = self.find(id)?;
                if reader.is_some() {
                    subscription.presence = reader;
                }
                SessionInput::Members { id, at, members }
            }
            SubscriptionResult::MessageReply { mid, result } => {
                SessionInput::MessageReply { id, mid, result }
            }
            SubscriptionResult::HistoryReply { mid, result } => {
                SessionInput::HistoryReply { mid, result }
            }
        })
    }
}

impl ActiveSubscription {
    /// Runs work until it is done, or the subscription ends.
    fn until_it_ends(
        &self,
        work: impl Future<Output = SubscriptionResult> + Send + 'static,
    ) -> Effect {
        let id = self.id;
        let ended = self.cancellation.token().clone();
        Box::pin(async move {
            tokio::select! {
                // Checked first, so that nothing is done for a subscription that has ended.
                biased;
                () = ended.cancelled() => EffectResult::Cancelled,
                result = work => EffectResult::Subscription(id, result),
            }
        })
    }
}

impl Drop for ActiveSubscription {
    fn drop(&mut self) {
        metrics::gauge!("mizan_channels_subscriptions").decrement(1.0);
    }
}

fn ready(id: SubscriptionId, result: SubscriptionResult) -> Effect {
    let result = EffectResult::Subscription(id, result);
    Box::pin(std::future::ready(result))
}

fn no_op() {}

/// Calls a channel's code for a client, within the limits of concurrent calls and the call timeout.
async fn call_channel<T>(
    server: &ServerState,
    client: Option<IpAddr>,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let call_timeout = server.limits.call_timeout;
    let permit = server.call_limiter.acquire(client);
    let Ok(_permit) = timeout(call_timeout, permit).await else {
        let error = Error::new(
            ErrorCode::Unavailable,
            "the server is overloaded; try again",
        );
        return Err(error.with_retry_after(Duration::from_secs(1)));
    };
    timeout(call_timeout, call).await.unwrap_or_else(|_| {
        tracing::warn!("a channel's code timed out");
        Err(Error::new(
            ErrorCode::DeadlineExceeded,
            "the channel timed out",
        ))
    })
}

/// Retries an operation of the broker until it succeeds. Calls `on_unavailable` after the first failure.
async fn retry_while_alive<T, F: Future<Output = Result<T, BrokerError>>>(
    on_unavailable: impl Fn(),
    operation: impl Fn() -> F,
) -> T {
    let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(3));
    let mut is_first_failure = true;
    loop {
        match operation().await {
            Ok(result) => return result,
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "a broker operation failed; retrying"
                );
            }
        }
        if std::mem::take(&mut is_first_failure) {
            on_unavailable();
        }
        backoff.wait().await;
    }
}

fn encode_page(page: &HistoryPage) -> Bytes {
    let mut text = format!(r#"{{"epoch":{},"messages":["#, json!(*page.epoch)).into_bytes();
    for (index, message) in page.messages.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        text.extend_from_slice(format!(r#"{{"offset":{},"data":"#, message.offset).as_bytes());
        text.extend_from_slice(&message.data);
        text.push(b'}');
    }
    text.extend_from_slice(format!(r#"],"more":{}}}"#, page.has_more).as_bytes());
    text.into()
}
