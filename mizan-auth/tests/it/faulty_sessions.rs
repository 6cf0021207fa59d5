//! A site whose session store simulates failures.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use mizan_auth::store::{MemoryStore, SessionStore, StoreError};
use mizan_auth::token::TokenId;
use mizan_auth::{AccountsBuilder, Session};
use tokio::sync::Semaphore;

use crate::site::Site;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Works,
    /// Every write fails, for example because Redis is unreachable.
    Fails,
    /// The store no longer lists the sessions of a user, for example because Redis evicted the set.
    Forgot,
    /// All sessions are revoked immediately before a session is removed.
    RevokesMeanwhile,
    /// The removal of sessions waits for a permit.
    Waits,
}

/// A session store with simulated failures.
pub(crate) struct FaultySessions {
    store: Arc<MemoryStore>,
    mode: Mutex<Mode>,
    pub(crate) gate: Semaphore,
}

impl FaultySessions {
    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    fn mode(&self) -> Result<Mode, StoreError> {
        let mode = *self.mode.lock().unwrap();
        if mode == Mode::Fails {
            return Err(StoreError::temporary("the store is away"));
        }
        Ok(mode)
    }
}

#[async_trait]
impl SessionStore for FaultySessions {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        self.mode()?;
        SessionStore::insert(&*self.store, session).await
    }

    async fn find(&self, id: TokenId) -> Result<Option<Session>, StoreError> {
        SessionStore::find(&*self.store, id).await
    }

    async fn touch(&self, id: TokenId, at: Timestamp, end: Timestamp) -> Result<(), StoreError> {
        self.store.touch(id, at, end).await
    }

    async fn list_by_user(&self, user: &str) -> Result<Vec<Session>, StoreError> {
        match self.mode()? {
            Mode::Forgot => Ok(Vec::new()),
            _ => self.store.list_by_user(user).await,
        }
    }

    async fn remove(&self, id: TokenId) -> Result<bool, StoreError> {
        if self.mode()? == Mode::RevokesMeanwhile
            && let Some(session) = SessionStore::find(&*self.store, id).await?
        {
            SessionStore::remove_by_user(&*self.store, &session.user, None).await?;
        }
        SessionStore::remove(&*self.store, id).await
    }

    async fn remove_by_user(
        &self,
        user: &str,
        keep: Option<TokenId>,
    ) -> Result<Vec<TokenId>, StoreError> {
        match self.mode()? {
            Mode::Forgot => return Ok(Vec::new()),
            Mode::Waits => self.gate.acquire().await.unwrap().forget(),
            _ => {}
        }
        SessionStore::remove_by_user(&*self.store, user, keep).await
    }

    async fn find_live(&self, ids: &[TokenId], now: Timestamp) -> Result<Vec<TokenId>, StoreError> {
        self.store.find_live(ids, now).await
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        SessionStore::purge(&*self.store, now, limit).await
    }
}

/// Returns a site whose session store simulates failures.
pub(crate) fn site() -> (Site, Arc<FaultySessions>) {
    let store = Arc::<MemoryStore>::default();
    let faulty = Arc::new(FaultySessions {
        store: Arc::clone(&store),
        mode: Mutex::new(Mode::Works),
        gate: Semaphore::new(0),
    });
    let mut site = Site::with(|accounts: AccountsBuilder| {
        accounts
            .store(Arc::clone(&store))
            .session_store(Arc::clone(&faulty) as _)
    });
    site.store = store;
    (site, faulty)
}
