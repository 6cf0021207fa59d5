//! Opens, authenticates, rotates and ends sessions.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::device::Device;
use super::end_watcher::SessionEndWatcher;
use super::lifetime::SessionLifetime;
use super::record::Session;
use crate::clock::{Clock, later};
use crate::store::{Account, SessionStore, StoreError};
use crate::token::{Token, TokenId};

/// The maximum number of sessions in one purge query. Other tasks can use the store between queries.
const PURGE_BATCH_SIZE: u32 = 500;

/// Opens, authenticates, lists and ends sessions. Cloning is cheap.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use jiff::Timestamp;
/// use mizan_auth::clock::Clock;
/// use mizan_auth::session::{Device, SessionLifetime, Sessions};
/// use mizan_auth::store::{Account, MemoryStore};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let store = Arc::new(MemoryStore::default());
///     let sessions = Sessions::new(store, SessionLifetime::default(), Clock::default());
///
///     let account = Account::new("42", "ada@example.com".parse()?, Timestamp::now());
///     let (session, token) = sessions.open(&account, "pwd", Device::default()).await?;
///     assert!(sessions.authenticate(&token).await?.is_some());
///
///     sessions.revoke("42", session.id).await?;
///     assert!(sessions.authenticate(&token).await?.is_none());
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    store: Arc<dyn SessionStore>,
    lifetime: SessionLifetime,
    clock: Clock,
    watcher: SessionEndWatcher,
}

impl Sessions {
    /// Creates a manager of the sessions in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn SessionStore>, lifetime: SessionLifetime, clock: Clock) -> Self {
        let watcher = SessionEndWatcher::new(Arc::clone(&store), clock.clone());
        Self(Arc::new(Inner {
            store,
            lifetime,
            clock,
            watcher,
        }))
    }

    /// Returns the lifetime of sessions.
    #[must_use]
    pub fn lifetime(&self) -> SessionLifetime {
        self.0.lifetime
    }

    /// Opens a session for the user of `account`, who has just authenticated with `methods` (RFC 8176,
    /// separated by spaces).
    ///
    /// The token is always new and never one that a client sent. The session is valid as long as the
    /// account has the epoch of `account`.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store cannot be reached. No session has been opened then.
    pub async fn open(
        &self,
        account: &Account,
        methods: &str,
        device: Device,
    ) -> Result<(Session, Token), StoreError> {
        let token = Token::random();
        let now = self.0.clock.now();
        let session = Session {
            epoch: account.epoch,
            expires_at: self.expiry(now, now),
            methods: methods.to_owned(),
            device,
            ..Session::new(token.id(), token.hash(), &account.id, now)
        };
        self.0.store.insert(&session).await?;
        Ok((session, token))
    }

    /// Replaces `session`, whose user has just authenticated again with `methods`, with a new session.
    ///
    /// The new session keeps the time of the sign-in, so that repeated confirmations do not extend the
    /// absolute lifetime. Returns `None` if `session` has ended in the meantime.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store cannot be reached. The old session may have ended by then.
    pub async fn rotate(
        &self,
        session: &Session,
        methods: &str,
    ) -> Result<Option<(Session, Token)>, StoreError> {
        let (mut rotated, token) = self.successor(session);
        rotated.authenticated_at = rotated.last_used_at;
        methods.clone_into(&mut rotated.methods);
        // The new session is inserted before the old one is removed, so that a revocation finds one of them at
        // any time. Only this call knows its token.
        self.0.store.insert(&rotated).await?;
        let removed = self.0.store.remove(session.id).await;
        if !matches!(removed, Ok(true)) {
            self.0.store.remove(rotated.id).await?;
        }
        if !removed? {
            return Ok(None);
        }
        self.0.watcher.notify_ended(session.id);
        Ok(Some((rotated, token)))
    }

    /// Opens a session that continues `ended` in the account's new `epoch`.
    pub(crate) async fn reopen(
        &self,
        ended: &Session,
        epoch: i64,
    ) -> Result<(Session, Token), StoreError> {
        let (mut session, token) = self.successor(ended);
        session.epoch = epoch;
        self.0.store.insert(&session).await?;
        Ok((session, token))
    }

    /// Returns a copy of the session with a new id and secret that was last used now.
    fn successor(&self, session: &Session) -> (Session, Token) {
        let token = Token::random();
        let now = self.0.clock.now();
        let successor = Session {
            id: token.id(),
            secret: token.hash(),
            last_used_at: now,
            expires_at: self.expiry(session.created_at, now),
            ..session.clone()
        };
        (successor, token)
    }

    /// Returns the session of a token, unless it has ended, and records the use.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store cannot be reached.
    pub async fn authenticate(&self, token: &Token) -> Result<Option<Session>, StoreError> {
        match self.0.store.find(token.id()).await? {
            Some(session) => self.authenticate_found(token, session).await,
            None => Ok(None),
        }
    }

    /// Returns the session with this id, even if it has expired.
    pub(crate) async fn find(&self, id: TokenId) -> Result<Option<Session>, StoreError> {
        self.0.store.find(id).await
    }

    /// Authenticates like [`authenticate`](Self::authenticate), for a session that was already found by the id of
    /// `token`.
    pub(crate) async fn authenticate_found(
        &self,
        token: &Token,
        session: Session,
    ) -> Result<Option<Session>, StoreError> {
        let now = self.0.clock.now();
        if session.secret != token.hash() || !self.is_live(&session, now) {
            return Ok(None);
        }
        if later(session.last_used_at, self.0.lifetime.touch_interval) <= now {
            let expires_at = self.expiry(session.created_at, now);
            self.0.store.touch(session.id, now, expires_at).await?;
        }
        Ok(Some(session))
    }

    /// Returns the sessions of `user`, the most recently used first.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store cannot be reached.
    pub async fn list(&self, user: &str) -> Result<Vec<Session>, StoreError> {
        let now = self.0.clock.now();
        let mut sessions = self.0.store.list_by_user(user).await?;
        sessions.retain(|session| self.is_live(session, now));
        Ok(sessions)
    }

    /// Ends one session of `user`. Returns false if the user has no such session.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store cannot be reached. The session may still be valid then.
    pub async fn revoke(&self, user: &str, id: TokenId) -> Result<bool, StoreError> {
        let session = self.0.store.find(id).await?;
        if session.is_none_or(|session| session.user != user) {
            return Ok(false);
        }
        let removed = self.0.store.remove(id).await?;
        self.0.watcher.notify_ended(id);
        Ok(removed)
    }

    /// Ends all sessions of `user` except `keep`, and returns their number.
    ///
    /// It removes the sessions that the store lists for the user. After a change of credentials, call
    /// [`Accounts::end_all_sessions`](crate::Accounts::end_all_sessions) instead, which also ends
    /// sessions that the store no longer lists. Calls of
    /// [`wait_until_ended`](Self::wait_until_ended) for these sessions return.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store cannot be reached. Sessions may still be valid then.
    pub async fn revoke_all(&self, user: &str, keep: Option<TokenId>) -> Result<u64, StoreError> {
        let removed = self.0.store.remove_by_user(user, keep).await?;
        for id in &removed {
            self.0.watcher.notify_ended(*id);
        }
        Ok(removed.len() as u64)
    }

    /// Waits until the session with this id has been revoked, has been replaced or has expired.
    ///
    /// Use it for work that lives longer than a call, such as a WebSocket. The future completes at once if this
    /// process ends the session, and within half a second if another process ends it.
    pub async fn wait_until_ended(&self, id: TokenId) {
        self.0.watcher.wait_until_ended(id).await;
    }

    /// Removes expired sessions in small batches, and returns their number.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store cannot be reached. Some sessions may have been removed by then.
    pub async fn purge(&self) -> Result<u64, StoreError> {
        let now = self.0.clock.now();
        let mut purged = 0;
        loop {
            let batch = self.0.store.purge(now, PURGE_BATCH_SIZE).await?;
            purged += batch;
            if batch < u64::from(PURGE_BATCH_SIZE) {
                return Ok(purged);
            }
            tokio::task::yield_now().await;
        }
    }

    fn expiry(&self, created_at: Timestamp, used_at: Timestamp) -> Timestamp {
        let SessionLifetime { idle, absolute, .. } = self.0.lifetime;
        later(used_at, idle).min(later(created_at, absolute))
    }

    /// Returns true if the session has not expired.
    ///
    /// It also applies the current lifetime, which may be shorter than when the session was opened.
    fn is_live(&self, session: &Session, now: Timestamp) -> bool {
        let expiry = self.expiry(session.created_at, session.last_used_at);
        now < session.expires_at.min(expiry)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("lifetime", &self.0.lifetime)
            .finish_non_exhaustive()
    }
}
