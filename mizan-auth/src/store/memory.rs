//! A store in memory.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::{AccountStore, SessionStore, StoreError, TokenStore, UserStore};
use crate::email_address::EmailAddress;
use crate::password::PasswordHash;
use crate::session::Session;
use crate::store::{Access, Account, IssuedToken, NewAccount};
use crate::token::TokenId;

/// Keeps accounts, sessions and tokens in memory, for tests and development.
///
/// # Examples
///
/// ```
/// use jiff::Timestamp;
/// use mizan_auth::store::{Access, MemoryStore, NewAccount, UserStore};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let store = MemoryStore::default();
///     let new = NewAccount::new("ada@example.com".parse()?, Timestamp::now());
///     let account = store.create(new).await?.ok_or("the address is taken")?;
///     assert!(store.set_access(&account.id, Access::default().staff(true)));
///     Ok(())
/// }
/// ```
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
    /// Sets the access rights of a user. Returns false if there is no such user.
    pub fn set_access(&self, id: &str, access: Access) -> bool {
        let mut accounts = self.accounts.lock();
        let account = accounts.by_id.get_mut(id);
        account.map(|account| account.access = access).is_some()
    }
}

impl Accounts {
    /// Advances the epoch of the account with this id and returns the account, if it is in `epoch`.
    fn advance_epoch(&mut self, id: &str, epoch: i64) -> Option<&mut Account> {
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
        Ok(self.accounts.lock().by_id.get(id).cloned())
    }

    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Account>, StoreError> {
        let accounts = self.accounts.lock();
        let id = accounts.by_email.get(email);
        Ok(id.and_then(|id| accounts.by_id.get(id)).cloned())
    }

    async fn create(&self, account: NewAccount) -> Result<Option<Account>, StoreError> {
        let mut accounts = self.accounts.lock();
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
        let mut accounts = self.accounts.lock();
        Ok(accounts.advance_epoch(id, epoch).map(|account| {
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
        match self.accounts.lock().by_id.get_mut(id) {
            Some(account) if account.password.as_ref() == Some(old) => {
                account.password = Some(new.clone());
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn verify_email(&self, id: &str, email: &EmailAddress) -> Result<bool, StoreError> {
        match self.accounts.lock().by_id.get_mut(id) {
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
        let mut accounts = self.accounts.lock();
        if accounts.by_email.get(new).is_some_and(|other| other != id) {
            return Ok(None);
        }
        let Some(account) = accounts.advance_epoch(id, epoch) else {
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
        let mut accounts = self.accounts.lock();
        Ok(accounts
            .advance_epoch(id, epoch)
            .map(|account| account.epoch))
    }

    async fn delete(&self, id: &str) -> Result<bool, StoreError> {
        let mut accounts = self.accounts.lock();
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
        let mut accounts = self.accounts.lock();
        let (sessions, tokens) = (self.sessions.lock(), self.tokens.lock());
        let has_token = |id: &str| {
            let is_valid = |token: &IssuedToken| now < token.expires_at;
            let mut tokens = tokens.values();
            tokens.any(|token| token.user.as_deref() == Some(id) && is_valid(token))
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
        let mut sessions = self.sessions.lock();
        let of_user = sessions.by_user.entry(session.user.clone());
        of_user.or_default().insert(session.id);
        sessions.by_expiry.insert((session.expires_at, session.id));
        sessions.by_id.insert(session.id, session.clone());
        Ok(())
    }

    async fn find(&self, id: TokenId) -> Result<Option<Session>, StoreError> {
        Ok(self.sessions.lock().by_id.get(&id).cloned())
    }

    async fn touch(
        &self,
        id: TokenId,
        last_used_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut sessions = self.sessions.lock();
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
        let sessions = self.sessions.lock();
        let ids = sessions.by_user.get(user).into_iter().flatten();
        let mut found: Vec<_> = ids
            .filter_map(|id| sessions.by_id.get(id))
            .cloned()
            .collect();
        found.sort_by_key(|session| (std::cmp::Reverse(session.last_used_at), session.id));
        Ok(found)
    }

    async fn remove(&self, id: TokenId) -> Result<bool, StoreError> {
        Ok(self.sessions.lock().remove(id))
    }

    async fn remove_by_user(
        &self,
        user: &str,
        keep: Option<TokenId>,
    ) -> Result<Vec<TokenId>, StoreError> {
        let mut sessions = self.sessions.lock();
        let ids = sessions.by_user.get(user).into_iter().flatten().copied();
        let removed: Vec<_> = ids.filter(|id| Some(*id) != keep).collect();
        for id in &removed {
            sessions.remove(*id);
        }
        Ok(removed)
    }

    async fn find_live(&self, ids: &[TokenId], now: Timestamp) -> Result<Vec<TokenId>, StoreError> {
        let sessions = self.sessions.lock();
        let is_live = |id: &&TokenId| {
            let session = sessions.by_id.get(id);
            session.is_some_and(|session| now < session.expires_at)
        };
        Ok(ids.iter().filter(is_live).copied().collect())
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut sessions = self.sessions.lock();
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
        self.tokens.lock().insert(token.id, token.clone());
        Ok(())
    }

    async fn find(&self, id: TokenId) -> Result<Option<IssuedToken>, StoreError> {
        Ok(self.tokens.lock().get(&id).cloned())
    }

    async fn attempt(&self, id: TokenId) -> Result<bool, StoreError> {
        match self.tokens.lock().get_mut(&id) {
            Some(token) if token.attempts > 0 => {
                token.attempts -= 1;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn take(&self, id: TokenId) -> Result<bool, StoreError> {
        Ok(self.tokens.lock().remove(&id).is_some())
    }

    async fn remove_by_user(&self, user: &str) -> Result<(), StoreError> {
        self.tokens
            .lock()
            .retain(|_, token| token.user.as_deref() != Some(user));
        Ok(())
    }

    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut tokens = self.tokens.lock();
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

/// Shows only the numbers of records.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("accounts", &self.accounts.lock().by_id.len())
            .field("sessions", &self.sessions.lock().by_id.len())
            .field("tokens", &self.tokens.lock().len())
            .finish()
    }
}
