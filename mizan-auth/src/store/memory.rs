use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{AccountStore, SessionStore, StoreError, TokenStore, UserStore};
use crate::email_address::EmailAddress;
use crate::password::PasswordHash;
use crate::session::Session;
use crate::store::{Access, Account, IssuedToken, NewAccount};
use crate::token::TokenId;

/// Keeps everything in memory: for tests, and for what may be forgotten when the program ends.
#[derive(Default)]
pub struct MemoryStore {
    accounts: Mutex<Accounts>,
    sessions: Mutex<Sessions>,
    tokens: Mutex<HashMap<TokenId, IssuedToken>>,
}

#[derive(Default)]
struct Accounts {
    by_id: HashMap<String, Account>,
    by_email: HashMap<EmailAddress, String>,
}

#[derive(Default)]
struct Sessions {
    by_id: HashMap<TokenId, Session>,
    by_user: HashMap<String, HashSet<TokenId>>,
    by_expiry: BTreeSet<(Timestamp, TokenId)>,
}

impl MemoryStore {
    /// Sets what a user may do; whether there is such a user.
    pub fn set_access(&self, id: &str, access: Access) -> bool {
        let mut accounts = lock(&self.accounts);
        let account = accounts.by_id.get_mut(id);
        account.map(|account| account.access = access).is_some()
    }
}

impl Accounts {
    /// The account with this id, if it is in `epoch`; it is in the next one then.
    fn advance(&mut self, id: &str, epoch: i64) -> Option<&mut Account> {
        let account = self.by_id.get_mut(id);
        let account = account.filter(|account| account.epoch == epoch)?;
        account.epoch += 1;
        Some(account)
    }
}

impl Sessions {
    fn remove(&mut self, id: TokenId) -> bool {
        let Some(session) = self.by_id.remove(&id) else {
            return false;
        };
        self.by_expiry.remove(&(session.expires_at, id));
        if let Some(ids) = self.by_user.get_mut(&session.user) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_user.remove(&session.user);
            }
        }
        true
    }
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn find(&self, id: &str) -> Result<Option<Account>, StoreError> {
        Ok(lock(&self.accounts).by_id.get(id).cloned())
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Account>, StoreError> {
        let accounts = lock(&self.accounts);
        let id = accounts.by_email.get(email);
        Ok(id.and_then(|id| accounts.by_id.get(id)).cloned())
    }

    async fn create(&self, account: NewAccount) -> Result<Option<Account>, StoreError> {
        let mut accounts = lock(&self.accounts);
        if accounts.by_email.contains_key(&account.email) {
            return Ok(None);
        }
        let account = Account {
            id: uuid::Uuid::new_v4().to_string(),
            email: account.email,
            email_verified: account.email_verified,
            password: account.password,
            epoch: 0,
            access: Access::default(),
            created_at: account.created_at,
        };
        let (id, email) = (account.id.clone(), account.email.clone());
        accounts.by_email.insert(email, id.clone());
        accounts.by_id.insert(id, account.clone());
        Ok(Some(account))
    }

    async fn replace_password(
        &self,
        id: &str,
        epoch: i64,
        new: &PasswordHash,
    ) -> Result<Option<i64>, StoreError> {
        let mut accounts = lock(&self.accounts);
        Ok(accounts.advance(id, epoch).map(|account| {
            account.password = Some(new.clone());
            account.epoch
        }))
    }

    async fn rehash_password(
        &self,
        id: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        match lock(&self.accounts).by_id.get_mut(id) {
            Some(account) if account.password.as_ref() == Some(old) => {
                account.password = Some(new.clone());
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn verify_email(&self, id: &str, email: &EmailAddress) -> Result<bool, StoreError> {
        match lock(&self.accounts).by_id.get_mut(id) {
            Some(account) if account.email == *email => {
                account.email_verified = true;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn replace_email(
        &self,
        id: &str,
        epoch: i64,
        new: &EmailAddress,
    ) -> Result<Option<i64>, StoreError> {
        let mut accounts = lock(&self.accounts);
        if accounts.by_email.get(new).is_some_and(|other| other != id) {
            return Ok(None);
        }
        let Some(account) = accounts.advance(id, epoch) else {
            return Ok(None);
        };
        let epoch = account.epoch;
        account.email_verified = true;
        let old = std::mem::replace(&mut account.email, new.clone());
        accounts.by_email.remove(&old);
        accounts.by_email.insert(new.clone(), id.to_owned());
        Ok(Some(epoch))
    }

    async fn advance_epoch(&self, id: &str, epoch: i64) -> Result<Option<i64>, StoreError> {
        let mut accounts = lock(&self.accounts);
        Ok(accounts.advance(id, epoch).map(|account| account.epoch))
    }

    async fn delete(&self, id: &str) -> Result<bool, StoreError> {
        let mut accounts = lock(&self.accounts);
        let Some(account) = accounts.by_id.remove(id) else {
            return Ok(false);
        };
        accounts.by_email.remove(&account.email);
        Ok(true)
    }

    async fn purge_unverified(
        &self,
        created_before: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let mut accounts = lock(&self.accounts);
        let (sessions, tokens) = (lock(&self.sessions), lock(&self.tokens));
        let has_token = |id: &str| {
            let is_good = |token: &IssuedToken| now < token.expires_at;
            let mut tokens = tokens.values();
            tokens.any(|token| token.user.as_deref() == Some(id) && is_good(token))
        };
        let unused = accounts.by_id.values().filter(|account| {
            !account.email_verified
                && account.epoch == 0
                && account.access == Access::default()
                && account.created_at < created_before
                && !sessions.by_user.contains_key(&account.id)
                && !has_token(&account.id)
        });
        let unused = unused.map(|account| (account.id.clone(), account.email.clone()));
        let unused: Vec<_> = unused.take(limit as usize).collect();
        for (id, email) in &unused {
            accounts.by_id.remove(id);
            accounts.by_email.remove(email);
        }
        Ok(unused.len() as u64)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        let mut sessions = lock(&self.sessions);
        let list_by_user = sessions.by_user.entry(session.user.clone());
        list_by_user.or_default().insert(session.id);
        sessions.by_expiry.insert((session.expires_at, session.id));
        sessions.by_id.insert(session.id, session.clone());
        Ok(())
    }

    async fn find(&self, id: TokenId) -> Result<Option<Session>, StoreError> {
        Ok(lock(&self.sessions).by_id.get(&id).cloned())
    }

    async fn touch(
        &self,
        id: TokenId,
        last_used_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut sessions = lock(&self.sessions);
        let Some(session) = sessions.by_id.get_mut(&id) else {
            return Ok(());
        };
        let before = session.expires_at;
        session.last_used_at = last_used_at;
        session.expires_at = expires_at;
        sessions.by_expiry.remove(&(before, id));
        sessions.by_expiry.insert((expires_at, id));
        Ok(())
    }

    async fn list_by_user(&self, user: &str) -> Result<Vec<Session>, StoreError> {
        let sessions = lock(&self.sessions);
        let ids = sessions.by_user.get(user).into_iter().flatten();
        let mut found: Vec<_> = ids
            .filter_map(|id| sessions.by_id.get(id))
            .cloned()
            .collect();
        found.sort_by_key(|session| (std::cmp::Reverse(session.last_used_at), session.id));
        Ok(found)
    }

    async fn remove(&self, id: TokenId) -> Result<bool, StoreError> {
        Ok(lock(&self.sessions).remove(id))
    }

    async fn remove_by_user(
        &self,
        user: &str,
        keep: Option<TokenId>,
    ) -> Result<Vec<TokenId>, StoreError> {
        let mut sessions = lock(&self.sessions);
        let ids = sessions.by_user.get(user).into_iter().flatten().copied();
        let removed: Vec<_> = ids.filter(|id| Some(*id) != keep).collect();
        for id in &removed {
            sessions.remove(*id);
        }
        Ok(removed)
    }

    async fn find_live(&self, ids: &[TokenId], now: Timestamp) -> Result<Vec<TokenId>, StoreError> {
        let sessions = lock(&self.sessions);
        let is_live = |id: &&TokenId| {
            let session = sessions.by_id.get(id);
            session.is_some_and(|session| now < session.expires_at)
        };
        Ok(ids.iter().filter(is_live).copied().collect())
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut sessions = lock(&self.sessions);
        let expired = sessions.by_expiry.iter();
        let expired: Vec<_> = expired
            .take_while(|(expires_at, _)| *expires_at <= now)
            .take(limit as usize)
            .map(|(_, id)| *id)
            .collect();
        for id in &expired {
            sessions.remove(*id);
        }
        Ok(expired.len() as u64)
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn insert(&self, token: &IssuedToken) -> Result<(), StoreError> {
        lock(&self.tokens).insert(token.id, token.clone());
        Ok(())
    }

    async fn find(&self, id: TokenId) -> Result<Option<IssuedToken>, StoreError> {
        Ok(lock(&self.tokens).get(&id).cloned())
    }

    async fn attempt(&self, id: TokenId) -> Result<bool, StoreError> {
        match lock(&self.tokens).get_mut(&id) {
            Some(token) if token.attempts > 0 => {
                token.attempts -= 1;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn take(&self, id: TokenId) -> Result<bool, StoreError> {
        Ok(lock(&self.tokens).remove(&id).is_some())
    }

    async fn remove_by_user(&self, user: &str) -> Result<(), StoreError> {
        lock(&self.tokens).retain(|_, token| token.user.as_deref() != Some(user));
        Ok(())
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut tokens = lock(&self.tokens);
        let expired = tokens.values().filter(|token| token.expires_at <= now);
        let expired: Vec<_> = expired.map(|token| token.id).take(limit as usize).collect();
        for id in &expired {
            tokens.remove(id);
        }
        Ok(expired.len() as u64)
    }
}

#[async_trait]
impl AccountStore for MemoryStore {}

/// How much there is of each, and none of it.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("accounts", &lock(&self.accounts).by_id.len())
            .field("sessions", &lock(&self.sessions).by_id.len())
            .field("tokens", &lock(&self.tokens).len())
            .finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
