use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use mizan_core::channel::Position;
use redis::aio::MultiplexedConnection;
use redis::{
    Client, ErrorKind, IntoConnectionInfo, ProtocolVersion, RedisError, ScriptInvocation,
    ServerErrorKind,
};
use tokio::sync::{Notify, SetOnce};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::broker::MEMORY;
use crate::broker::feed::{Feed, Listener};
use crate::broker::presence::members;
use crate::broker::topics::Topics;
use crate::broker::{Broker, BrokerError, Claim, ClaimRequest, Publication, Retention, random_id};
use crate::lock::lock;
use crate::log::Cursor;

mod claim;
mod link;
mod logs;
#[cfg(test)]
mod model;
mod presence;
mod scripts;

use scripts::Scripts;

/// How long Redis may take to answer.
const ANSWER: Duration = Duration::from_secs(3);

/// The time that a publication with an unknown outcome waits for a new connection.
const ANOTHER_LINK: Duration = Duration::from_secs(6);

/// How often logs are compared with Redis, since the last message of a burst may be lost on its way and
/// no later one tells.
const CHECK: Duration = Duration::from_secs(2);

/// How many scripts are on their way at once.
const AT_ONCE: usize = 64;

/// A broker on Redis 7: several servers on one Redis share their channels.
///
/// Streams keep the messages, publish and subscribe deliver them. A server that sees a hole fills it from
/// the stream before anybody reads on. While Redis is away, subscribers stay and are told. Keys begin with
/// `mizan:` and the group in braces, so that a group is in one slot.
pub struct RedisBroker {
    shared: Arc<Shared>,
    keeper: JoinHandle<()>,
}

struct Shared {
    client: Client,
    prefix: String,
    topics: Topics,
    scripts: Scripts,
    link: Mutex<Option<Link>>,
    started: Instant,
    was_connected: SetOnce<()>,
    /// Topics that miss something, and whether the link broke.
    torn: Mutex<Torn>,
    wake: Notify,
    /// By the hash of a topic's name.
    turns: Vec<tokio::sync::Mutex<()>>,
    /// The connections that are present from this server.
    present: Mutex<HashMap<(String, String), (String, Bytes)>>,
}

/// A connection to Redis.
#[derive(Clone)]
struct Link {
    connection: MultiplexedConnection,
    number: u64,
}

#[derive(Default)]
struct Torn {
    topics: HashSet<Arc<str>>,
    broken: Option<u64>,
}

impl RedisBroker {
    /// A broker on the server that `address` names, such as `redis://127.0.0.1/`. It connects in the
    /// background, and again whenever the connection is lost: what is asked for in the first 3 seconds waits
    /// for the first connection, and later whatever needs one fails while there is none. Needs a tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// An address that is none.
    pub fn new(address: impl IntoConnectionInfo) -> Result<Self, BrokerError> {
        Self::with_prefix(address, "mizan:")
    }

    /// The same, with keys that begin with another prefix.
    ///
    /// # Errors
    ///
    /// An address that is none.
    pub fn with_prefix(
        address: impl IntoConnectionInfo,
        prefix: impl Into<String>,
    ) -> Result<Self, BrokerError> {
        let info = address.into_connection_info().map_err(BrokerError::new)?;
        let settings = info.redis_settings().clone();
        // Messages come on the connection that commands go on.
        let settings = settings.set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings)).map_err(BrokerError::new)?;
        let shared = Arc::new(Shared {
            client,
            prefix: prefix.into(),
            topics: Topics::new(),
            scripts: Scripts::new(),
            link: Mutex::default(),
            started: Instant::now(),
            was_connected: SetOnce::new(),
            torn: Mutex::default(),
            wake: Notify::new(),
            turns: (0..AT_ONCE)
                .map(|_| tokio::sync::Mutex::default())
                .collect(),
            present: Mutex::default(),
        });
        let keeper = tokio::spawn(link::keep(Arc::clone(&shared)));
        Ok(Self { shared, keeper })
    }
}

impl Drop for RedisBroker {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl fmt::Debug for RedisBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBroker")
            .field("prefix", &self.shared.prefix)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// The connection. Just after the start, while the first one is being made, it is waited for.
    async fn link(&self) -> Result<Link, BrokerError> {
        if !self.was_connected.initialized() {
            let _ = timeout_at(self.started + ANSWER, self.was_connected.wait()).await;
        }
        lock(&self.link)
            .clone()
            .ok_or_else(|| BrokerError::unsent("there is no connection to Redis"))
    }

    /// A connection that was made after the one with this number was lost.
    async fn another_link(&self, number: u64) -> Result<Link, BrokerError> {
        let end = Instant::now() + ANOTHER_LINK;
        loop {
            match self.link().await {
                Ok(link) if link.number != number || !self.is_broken(number) => return Ok(link),
                _ if Instant::now() < end => sleep(Duration::from_millis(50)).await,
                Ok(_) => return Err(BrokerError::new("the connection to Redis broke")),
                Err(error) => return Err(error),
            }
        }
    }

    fn is_broken(&self, number: u64) -> bool {
        lock(&self.torn).broken == Some(number)
    }

    /// A key of `group`. That of its presence is in the same slot.
    fn key(&self, kind: &str, group: &str) -> String {
        let Self { prefix, .. } = self;
        match group.strip_prefix('+') {
            Some(group) => format!("{prefix}{kind}+:{{{group}}}"),
            None => format!("{prefix}{kind}:{{{group}}}"),
        }
    }

    fn channel(&self, group: &str) -> String {
        format!("{}{group}", self.prefix)
    }

    async fn run<T: redis::FromRedisValue>(
        &self,
        link: &Link,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, BrokerError> {
        let result = invocation.invoke_async(&mut link.connection.clone()).await;
        result.map_err(|error| self.failed(link, error))
    }

    fn failed(&self, link: &Link, error: RedisError) -> BrokerError {
        // These end a script before it has changed anything.
        let is_no_master = matches!(
            error.kind(),
            ErrorKind::Server(
                ServerErrorKind::ReadOnly
                    | ServerErrorKind::BusyLoading
                    | ServerErrorKind::MasterDown
            )
        );
        // Also after a timeout: what comes late could not be told from what comes next.
        if error.is_io_error()
            || error.is_connection_dropped()
            || error.is_unrecoverable_error()
            || is_no_master
        {
            lock(&self.torn).broken = Some(link.number);
            self.wake.notify_one();
        }
        if is_no_master {
            BrokerError::unsent(error)
        } else {
            BrokerError::new(error)
        }
    }

    /// Publishes under an id. With `tried`, unless a message with this id was added so long ago or later.
    async fn publish(
        &self,
        link: &Link,
        group: &str,
        publication: &Publication,
        id: &str,
        tried: Option<Duration>,
    ) -> Result<Position, BrokerError> {
        let mut invocation = self.scripts.publish.prepare_invoke();
        invocation
            .key(self.key("m", group))
            .key(self.key("s", group))
            .key(format!("{}:{id}", self.key("t", group)));
        if let Some(key) = &publication.key {
            invocation.key(format!("{}:{key}", self.key("k", group)));
        }
        invocation
            .arg(self.channel(group))
            .arg(random_id())
            .arg(&publication.data[..])
            .arg(publication.retention.messages.max(1))
            .arg(millis(publication.retention.age).max(1))
            .arg(millis(MEMORY))
            .arg(id)
            .arg(
                tried
                    .map(|tried| millis(tried).to_string())
                    .unwrap_or_default(),
            );
        let (epoch, offset): (String, u64) = self.run(link, &invocation).await?;
        if epoch.is_empty() {
            return Err(BrokerError::new(
                "it cannot be told any more whether the message was added",
            ));
        }
        Ok(Position { epoch, offset })
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[async_trait]
impl Broker for RedisBroker {
    async fn publish(
        &self,
        group: &str,
        publication: Publication,
    ) -> Result<Position, BrokerError> {
        let shared = &self.shared;
        let link = shared.link().await?;
        let id = random_id();
        let started = Instant::now();
        let published = shared.publish(&link, group, &publication, &id, None).await;
        match published {
            // The answer may be all that was lost.
            Err(error) if !error.is_unsent() => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "a message is published again, unless it is there"
                );
                let Ok(link) = shared.another_link(link.number).await else {
                    return Err(error);
                };
                // This attempt may take its time as well.
                let tried = Some(started.elapsed() + ANSWER);
                let again = shared.publish(&link, group, &publication, &id, tried).await;
                // The first attempt may have been the one that did it.
                again.map_err(BrokerError::new)
            }
            published => published,
        }
    }

    async fn attach(
        &self,
        group: &str,
        retention: Retention,
        since: Option<&Position>,
        listener: Listener,
    ) -> Result<Feed, BrokerError> {
        let shared = &self.shared;
        let link = shared.link().await?;
        let topic = shared.topics.open(group, retention);
        let feed = topic.attach(retention, listener);
        if topic.link().load(Ordering::Relaxed) != link.number {
            shared.join(&link, &topic).await?;
        } else if let Some(since) = since {
            let (log, _) = topic.state(0);
            if *since.epoch != *log.epoch || since.offset > log.top {
                shared.sync(&link, &topic).await?;
            }
        }
        Ok(feed)
    }

    async fn enter(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: Bytes,
    ) -> Result<(), BrokerError> {
        let key = (group.to_owned(), connection.to_owned());
        let value = (id.to_owned(), info.clone());
        // Where Redis is away now, it is told later.
        lock(&self.shared.present).insert(key, value);
        self.shared.confirm(group, connection, id, &info).await
    }

    async fn leave(&self, group: &str, connection: &str) -> Result<(), BrokerError> {
        let key = (group.to_owned(), connection.to_owned());
        let present = lock(&self.shared.present).remove(&key);
        match present {
            Some((id, _)) => self.shared.part_with(group, connection, &id).await,
            None => Ok(()),
        }
    }

    async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError> {
        let (epoch, offset, people) = self.shared.presence("members", group, &[]).await?;
        let mut people: Vec<_> = people
            .chunks_exact(2)
            .map(|pair| (String::from_utf8_lossy(&pair[0]), &pair[1][..]))
            .collect();
        people.sort();
        let people = people.iter().map(|(id, info)| (&**id, *info));
        let members = members(people);
        let epoch = epoch.into();
        Ok((Cursor { epoch, offset }, members))
    }

    async fn claim(&self, request: &ClaimRequest, lease: Duration) -> Result<Claim, BrokerError> {
        self.shared.claim(request, lease).await
    }

    async fn settle(&self, request: &ClaimRequest, outcome: Bytes) -> Result<(), BrokerError> {
        let settled = self.shared.change_claim("settle", request, &outcome);
        settled.await.map(|_| ())
    }

    async fn release(&self, request: &ClaimRequest, may_come: bool) -> Result<(), BrokerError> {
        let may_come: &[u8] = if may_come { b"1" } else { b"" };
        let released = self.shared.change_claim("release", request, may_come);
        released.await.map(|_| ())
    }

    async fn tend(&self) {
        let shared = &self.shared;
        let present = lock(&shared.present).clone();
        let groups: HashSet<_> = present.keys().map(|(group, _)| group.clone()).collect();
        stream::iter(present)
            .for_each_concurrent(AT_ONCE, |((group, connection), (id, info))| async move {
                // Who left meanwhile is not to come back.
                let key = (group, connection);
                if lock(&shared.present).contains_key(&key) {
                    let _ = shared.confirm(&key.0, &key.1, &id, &info).await;
                    if !lock(&shared.present).contains_key(&key) {
                        let _ = shared.part_with(&key.0, &key.1, &id).await;
                    }
                }
            })
            .await;
        for group in groups {
            shared.sweep(&group).await;
        }
        let gone = shared.topics.sweep(Duration::from_secs(60));
        if let Ok(link) = shared.link().await {
            for name in gone {
                shared.part(&link, &name).await;
            }
        }
    }
}
