//! A session store in Redis.

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use redis::aio::ConnectionManager;
use redis::{AsyncCommands, Script};
use serde::{Deserialize, Serialize};

use super::{SessionStore, StoreError};
use crate::session::{Device, Session};
use crate::token::{SecretHash, TokenId};

/// Keeps sessions in Redis, which removes them when they expire.
///
/// A session is a string with the key `{prefix}session:{id}`. The ids of a user's sessions are a sorted
/// set by expiry with the key `{prefix}user:{user}`. A cluster is not supported, because the keys of a command
/// are in different slots.
///
/// # Examples
///
/// ```no_run
/// use std::sync::Arc;
///
/// use mizan_auth::Accounts;
/// use mizan_auth::mail::ConsoleMailer;
/// use mizan_auth::store::{MemoryStore, RedisSessionStore};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let sessions = RedisSessionStore::connect("redis://127.0.0.1").await?;
///     let _accounts = Accounts::builder("https://example.com")
///         .store(Arc::new(MemoryStore::default()))
///         .session_store(Arc::new(sessions))
///         .mailer(Arc::new(ConsoleMailer))
///         .build()?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct RedisSessionStore {
    connection: ConnectionManager,
    prefix: String,
}

impl RedisSessionStore {
    /// Connects to the server at `url`, such as `redis://127.0.0.1`, and uses the key prefix `mizan:`.
    ///
    /// `redis://` sends the password and the sessions without TLS. A warning is logged if the URL has a password
    /// and the server is on another machine. `rediss://` requires one of the TLS features of `redis` in the
    /// application.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        crate::url_security::warn_about_missing_tls(url);
        let client = redis::Client::open(url).map_err(store_error)?;
        let connection = ConnectionManager::new(client).await.map_err(store_error)?;
        Ok(Self::new(connection, "mizan:"))
    }

    /// Creates a store that uses an existing connection and the key prefix `prefix`.
    #[must_use]
    pub fn new(connection: ConnectionManager, prefix: impl Into<String>) -> Self {
        Self {
            connection,
            prefix: prefix.into(),
        }
    }

    fn session_key(&self, id: TokenId) -> String {
        format!("{}session:{id}", self.prefix)
    }

    fn user_key(&self, user: &str) -> String {
        format!("{}user:{user}", self.prefix)
    }

    /// Returns the ids of a user's sessions, possibly including expired ones.
    async fn session_ids(&self, user: &str) -> Result<Vec<TokenId>, StoreError> {
        let ids: Vec<String> = self
            .connection
            .clone()
            .zrange(self.user_key(user), 0, -1)
            .await
            .map_err(store_error)?;
        let ids = ids.iter().map(|id| id.parse().map_err(StoreError::new));
        ids.collect()
    }
}

/// Writes a session and adds its id to the set of its user. The set expires with the last of its sessions.
/// Expired ids are removed from the set.
const INSERT_SCRIPT: &str = "
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[2], string.format('%.0f', last[2]))
";

/// Updates the times of a session if it exists.
const TOUCH_SCRIPT: &str = "
local stored = redis.call('GET', KEYS[1])
if not stored then return end
local session = cjson.decode(stored)
session.last_used_at = tonumber(ARGV[1])
session.expires_at = tonumber(ARGV[2])
redis.call('SET', KEYS[1], cjson.encode(session), 'PXAT', ARGV[2])
local user = ARGV[3] .. 'user:' .. session.user
redis.call('ZADD', user, ARGV[2], ARGV[4])
local last = redis.call('ZRANGE', user, -1, -1, 'WITHSCORES')
redis.call('PEXPIREAT', user, string.format('%.0f', last[2]))
";

/// Removes a session, and its id from the set of its user.
const REMOVE_SCRIPT: &str = "
local stored = redis.call('GET', KEYS[1])
if not stored then return 0 end
local session = cjson.decode(stored)
redis.call('ZREM', ARGV[1] .. 'user:' .. session.user, ARGV[2])
return redis.call('DEL', KEYS[1])
";

/// The JSON form of a session.
#[derive(Serialize, Deserialize)]
struct StoredSession {
    secret: String,
    user: String,
    /// Missing in sessions that an earlier version wrote.
    #[serde(default)]
    epoch: i64,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
    authenticated_at: i64,
    methods: String,
    user_agent: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
}

impl StoredSession {
    fn new(session: &Session) -> Self {
        Self {
            secret: URL_SAFE_NO_PAD.encode(session.secret.as_bytes()),
            user: session.user.clone(),
            epoch: session.epoch,
            created_at: session.created_at.as_millisecond(),
            last_used_at: session.last_used_at.as_millisecond(),
            expires_at: session.expires_at.as_millisecond(),
            authenticated_at: session.authenticated_at.as_millisecond(),
            methods: session.methods.clone(),
            user_agent: session.device.user_agent.clone(),
            address: session.device.address,
        }
    }

    fn parse(id: TokenId, text: &str) -> Result<Session, StoreError> {
        let stored: Self = serde_json::from_str(text).map_err(StoreError::new)?;
        let time = |at| Timestamp::from_millisecond(at).map_err(StoreError::new);
        let secret = URL_SAFE_NO_PAD.decode(stored.secret);
        let secret = secret.map_err(StoreError::new)?.try_into();
        let secret =
            secret.map_err(|_| StoreError::new("invalid length of a secret hash in Redis"))?;
        Ok(Session {
            id,
            secret: SecretHash::from_bytes(secret),
            user: stored.user,
            epoch: stored.epoch,
            created_at: time(stored.created_at)?,
            last_used_at: time(stored.last_used_at)?,
            expires_at: time(stored.expires_at)?,
            authenticated_at: time(stored.authenticated_at)?,
            methods: stored.methods,
            device: Device {
                user_agent: stored.user_agent,
                address: stored.address,
            },
        })
    }
}

#[async_trait]
impl SessionStore for RedisSessionStore {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        let stored =
            serde_json::to_string(&StoredSession::new(session)).map_err(StoreError::new)?;
        Script::new(INSERT_SCRIPT)
            .key(self.session_key(session.id))
            .key(self.user_key(&session.user))
            .arg(stored)
            .arg(session.expires_at.as_millisecond())
            .arg(session.id.to_string())
            .arg(session.last_used_at.as_millisecond())
            .invoke_async::<()>(&mut self.connection.clone())
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn find(&self, id: TokenId) -> Result<Option<Session>, StoreError> {
        let text: Option<String> = self
            .connection
            .clone()
            .get(self.session_key(id))
            .await
            .map_err(store_error)?;
        text.map(|text| StoredSession::parse(id, &text)).transpose()
    }

    async fn touch(
        &self,
        id: TokenId,
        last_used_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        Script::new(TOUCH_SCRIPT)
            .key(self.session_key(id))
            .arg(last_used_at.as_millisecond())
            .arg(expires_at.as_millisecond())
            .arg(&self.prefix)
            .arg(id.to_string())
            .invoke_async::<()>(&mut self.connection.clone())
            .await
            .map_err(store_error)?;
        Ok(())
    }

    async fn list_by_user(&self, user: &str) -> Result<Vec<Session>, StoreError> {
        let ids = self.session_ids(user).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = ids.iter().map(|id| self.session_key(*id)).collect();
        let texts: Vec<Option<String>> = self
            .connection
            .clone()
            .mget(keys)
            .await
            .map_err(store_error)?;
        let texts = ids.into_iter().zip(texts);
        let sessions = texts.filter_map(|(id, text)| Some(StoredSession::parse(id, &text?)));
        let mut sessions: Vec<_> = sessions.collect::<Result<_, _>>()?;
        sessions.sort_by_key(|session| (std::cmp::Reverse(session.last_used_at), session.id));
        Ok(sessions)
    }

    async fn remove(&self, id: TokenId) -> Result<bool, StoreError> {
        let removed: u32 = Script::new(REMOVE_SCRIPT)
            .key(self.session_key(id))
            .arg(&self.prefix)
            .arg(id.to_string())
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(store_error)?;
        Ok(removed > 0)
    }

    async fn remove_by_user(
        &self,
        user: &str,
        keep: Option<TokenId>,
    ) -> Result<Vec<TokenId>, StoreError> {
        let mut removed = Vec::new();
        for id in self.session_ids(user).await? {
            if Some(id) != keep && self.remove(id).await? {
                removed.push(id);
            }
        }
        Ok(removed)
    }

    async fn find_live(&self, ids: &[TokenId], now: Timestamp) -> Result<Vec<TokenId>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<_> = ids.iter().map(|id| self.session_key(*id)).collect();
        let texts: Vec<Option<String>> = self
            .connection
            .clone()
            .mget(keys)
            .await
            .map_err(store_error)?;
        let mut live = Vec::with_capacity(ids.len());
        for (id, text) in ids.iter().zip(texts) {
            if let Some(text) = text
                && now < StoredSession::parse(*id, &text)?.expires_at
            {
                live.push(*id);
            }
        }
        Ok(live)
    }

    /// Does nothing, because Redis removes expired sessions.
    async fn purge(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// The error codes of a server that is starting, has no primary, or is full or busy.
const TEMPORARY_CODES: [&str; 7] = [
    "LOADING",
    "TRYAGAIN",
    "MASTERDOWN",
    "READONLY",
    "OOM",
    "MISCONF",
    "BUSY",
];

fn store_error(error: redis::RedisError) -> StoreError {
    let is_temporary = error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_connection_refusal()
        || error
            .code()
            .is_some_and(|code| TEMPORARY_CODES.contains(&code));
    if is_temporary {
        StoreError::temporary(error)
    } else {
        StoreError::new(error)
    }
}

/// Omits the connection, because its URL may contain a password.
impl fmt::Debug for RedisSessionStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisSessionStore({})", self.prefix)
    }
}
