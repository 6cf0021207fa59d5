use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use mizan_core::Position;
use redis::aio::MultiplexedConnection;
use redis::{Client, IntoConnectionInfo, ProtocolVersion, RedisError, ScriptInvocation};
use tokio::sync::{Notify, SetOnce};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::broker::feed::{Feed, Listener};
use crate::broker::presence::members;
use crate::broker::topics::Topics;
use crate::broker::{Broker, BrokerError, Claim, MEMORY, Publication, Retention, new_epoch};
use crate::lock::lock;
use crate::log::Cursor;

mod link;
mod logs;
mod presence;
mod scripts;

use scripts::Scripts;

/// How long Redis may take to answer.
const ANSWER: Duration = Duration::from_secs(3);

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

/// A connection to Redis, and which life of which server it leads to.
#[derive(Clone)]
struct Link {
    connection: MultiplexedConnection,
    number: u64,
    generation: Arc<str>,
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
            .ok_or_else(|| BrokerError::new("there is no connection to Redis"))
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
        // Also after a timeout: what comes late could not be told from what comes next.
        if error.is_io_error() || error.is_connection_dropped() || error.is_unrecoverable_error() {
            lock(&self.torn).broken = Some(link.number);
            self.wake.notify_one();
        }
        BrokerError::new(error)
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
        let mut invocation = shared.scripts.publish.prepare_invoke();
        invocation
            .key(shared.key("m", group))
            .key(shared.key("s", group));
        if let Some(key) = &publication.key {
            invocation.key(format!("{}:{key}", shared.key("k", group)));
        }
        invocation
            .arg(shared.channel(group))
            .arg(&*link.generation)
            .arg(new_epoch())
            .arg(&publication.data[..])
            .arg(publication.retention.messages.max(1))
            .arg(millis(publication.retention.age).max(1))
            .arg(millis(MEMORY));
        let (epoch, offset) = shared.run(&link, &invocation).await?;
        Ok(Position { epoch, offset })
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
        } else if since.is_some_and(|since| *since.epoch != *topic.state(0).0.epoch) {
            shared.sync(&link, &topic).await?;
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
        lock(&self.shared.present).remove(&key);
        let args = [connection.as_bytes()];
        self.shared.presence("leave", group, &args).await?;
        Ok(())
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

    async fn claim(&self, key: &str, lease: Duration) -> Result<Claim, BrokerError> {
        let link = self.shared.link().await?;
        let key = self.shared.key("o", key);
        let script = &self.shared.scripts.claim;
        let answer: Vec<u8> = self
            .shared
            .run(
                &link,
                script.key(key).arg(millis(lease)).arg(millis(MEMORY)),
            )
            .await?;
        Ok(match answer.split_first() {
            Some((b's', outcome)) => Claim::Settled(Bytes::copy_from_slice(outcome)),
            Some((b'g', _)) => Claim::Granted,
            Some((b'r', _)) => Claim::Running,
            _ => Claim::Lost,
        })
    }

    async fn settle(&self, key: &str, outcome: Bytes) -> Result<(), BrokerError> {
        let link = self.shared.link().await?;
        let outcome = [b"s", &outcome[..]].concat();
        let command = redis::cmd("SET")
            .arg(self.shared.key("o", key))
            .arg(outcome)
            .arg("PX")
            .arg(millis(MEMORY))
            .to_owned();
        command
            .exec_async(&mut link.connection.clone())
            .await
            .map_err(|error| self.shared.failed(&link, error))
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
                }
            })
            .await;
        for group in groups {
            let _ = shared.presence("sweep", &group, &[]).await;
        }
        let gone = shared.topics.sweep(Duration::from_secs(60));
        if let Ok(link) = shared.link().await {
            for name in gone {
                shared.part(&link, &name).await;
            }
        }
    }
}
