use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::ended::Ended;
use crate::clock::later;
use crate::{Account, Clock, Device, Session, SessionStore, StoreError, Token, TokenId};

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLifetime {
    /// How long a session lasts while nobody uses it: 14 days.
    pub idle: Duration,
    /// How long a session lasts however much it is used: 30 days.
    pub absolute: Duration,
    /// How often at most the last use is written down: once a minute. An idle session may end
    /// this much too early.
    pub touch_every: Duration,
}

impl Default for SessionLifetime {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            idle: 14 * DAY,
            absolute: 30 * DAY,
            touch_every: Duration::from_secs(60),
        }
    }
}

/// How many sessions are purged before others get their turn at the store.
const PURGED_AT_ONCE: u32 = 500;

/// Opens, checks and ends sessions. Cloning is cheap.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

pub(super) struct Inner {
    pub(super) store: Arc<dyn SessionStore>,
    lifetime: SessionLifetime,
    pub(super) clock: Clock,
    ended: Ended,
}

impl Inner {
    pub(super) fn ended(&self) -> &Ended {
        &self.ended
    }
}

impl Sessions {
    /// Sessions that are kept in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn SessionStore>, lifetime: SessionLifetime, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            store,
            lifetime,
            clock,
            ended: Ended::default(),
        }))
    }

    /// How long sessions last.
    #[must_use]
    pub fn lifetime(&self) -> SessionLifetime {
        self.0.lifetime
    }

    /// Opens a session for the user of `account`, who just proved who they are with `methods` (RFC 8176's names,
    /// joined by spaces). The token is always a new one, never one that a client brought. The session is over
    /// once the account has another epoch than this `account`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached; there is no session then.
    pub async fn open(
        &self,
        account: &Account,
        methods: &str,
        device: Device,
    ) -> Result<(Session, Token), StoreError> {
        let token = Token::random();
        let now = self.0.clock.now();
        let session = Session {
            id: token.id(),
            secret: token.hash(),
            user: account.id.clone(),
            epoch: account.epoch,
            created_at: now,
            last_used_at: now,
            expires_at: self.expiry(now, now),
            authenticated_at: now,
            methods: methods.to_owned(),
            device,
        };
        self.0.store.insert(&session).await?;
        Ok((session, token))
    }

    /// Puts a new session in the place of `session`, whose user just proved again who they are.
    /// It keeps the time of signing in, so that nobody stays signed in for ever by confirming.
    /// Nothing where the session was ended meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached. The old session may have ended by then.
    pub async fn renew(
        &self,
        session: &Session,
        methods: &str,
    ) -> Result<Option<(Session, Token)>, StoreError> {
        let (mut renewed, token) = self.successor(session);
        renewed.authenticated_at = renewed.last_used_at;
        methods.clone_into(&mut renewed.methods);
        // The new one is there before the old one goes, so that a revocation meets one of them at any time.
        // Only this call knows its token.
        self.0.store.insert(&renewed).await?;
        let removed = self.0.store.remove(session.id).await;
        if !matches!(removed, Ok(true)) {
            self.0.store.remove(renewed.id).await?;
        }
        if !removed? {
            return Ok(None);
        }
        self.0.ended.tell(session.id);
        Ok(Some((renewed, token)))
    }

    /// Opens a session that goes on where `ended` was, in the account's new `epoch`.
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

    /// The same session under a new id and a new secret, used now.
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

    /// The session that `token` opens, where there is one that has not ended. Notes the use.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached.
    pub async fn check(&self, token: &Token) -> Result<Option<Session>, StoreError> {
        match self.0.store.find(token.id()).await? {
            Some(session) => self.admit(token, session).await,
            None => Ok(None),
        }
    }

    /// Returns the session with this id, also when it has expired.
    pub(crate) async fn find(&self, id: TokenId) -> Result<Option<Session>, StoreError> {
        self.0.store.find(id).await
    }

    /// The session that was found by the id of `token`, if that opens it and it has not ended. Notes
    /// the use.
    pub(crate) async fn admit(
        &self,
        token: &Token,
        session: Session,
    ) -> Result<Option<Session>, StoreError> {
        let now = self.0.clock.now();
        if session.secret != token.hash() || !self.is_live(&session, now) {
            return Ok(None);
        }
        if later(session.last_used_at, self.0.lifetime.touch_every) <= now {
            let expires_at = self.expiry(session.created_at, now);
            self.0.store.touch(session.id, now, expires_at).await?;
        }
        Ok(Some(session))
    }

    /// The sessions of `user`, the one used last first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached.
    pub async fn list(&self, user: &str) -> Result<Vec<Session>, StoreError> {
        let now = self.0.clock.now();
        let mut sessions = self.0.store.of_user(user).await?;
        sessions.retain(|session| self.is_live(session, now));
        Ok(sessions)
    }

    /// Ends one session of `user`; whether it was theirs.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached; the session may go on then.
    pub async fn revoke(&self, user: &str, id: TokenId) -> Result<bool, StoreError> {
        let session = self.0.store.find(id).await?;
        if session.is_none_or(|session| session.user != user) {
            return Ok(false);
        }
        let removed = self.0.store.remove(id).await?;
        self.0.ended.tell(id);
        Ok(removed)
    }

    /// Ends every session of `user` except `keep`, and says how many those were.
    ///
    /// It removes what the store knows as theirs. After a change of credentials, call
    /// [`Accounts::end_all_sessions`](crate::Accounts::end_all_sessions), which ends those too that the store
    /// lost track of. Those that wait in [`ended`](Self::ended) for one of them are told.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached; sessions may go on then.
    pub async fn revoke_all(&self, user: &str, keep: Option<TokenId>) -> Result<u64, StoreError> {
        let removed = self.0.store.remove_of_user(user, keep).await?;
        for id in &removed {
            self.0.ended.tell(*id);
        }
        Ok(removed.len() as u64)
    }

    /// Waits until the session with this id is over: revoked, replaced, expired. For what lives
    /// longer than a call, such as a socket.
    ///
    /// A session that this process ends is heard of at once, one that another process ends within
    /// half a second.
    pub async fn ended(&self, id: TokenId) {
        self.0.ended.wait(&self.0, id).await;
    }

    /// Removes the sessions that have expired, in small steps, and says how many those were.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached; some may have been removed by then.
    pub async fn purge(&self) -> Result<u64, StoreError> {
        let now = self.0.clock.now();
        let mut purged = 0;
        loop {
            let step = self.0.store.purge(now, PURGED_AT_ONCE).await?;
            purged += step;
            if step < u64::from(PURGED_AT_ONCE) {
                return Ok(purged);
            }
            tokio::task::yield_now().await;
        }
    }

    fn expiry(&self, created_at: Timestamp, used_at: Timestamp) -> Timestamp {
        let SessionLifetime { idle, absolute, .. } = self.0.lifetime;
        later(used_at, idle).min(later(created_at, absolute))
    }

    /// Looks at the lifetime of today too, which may be shorter than when the session was opened.
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
