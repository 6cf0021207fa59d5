//! Where accounts, sessions and tokens are kept.

mod error;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;

use async_trait::async_trait;
use jiff::Timestamp;

pub use error::StoreError;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "redis")]
pub use redis::RedisSessionStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

use crate::{Account, EmailAddress, IssuedToken, NewAccount, PasswordHash, Session, TokenId};

/// Keeps accounts. Implement it for your own table of users: it asks for what the flows need.
///
/// A change says what it expects to find, so that two changes at once cannot undo each other: of two that
/// expect the same, one is told no. An account's epoch, which is 0 at first, advances with each change of its
/// credentials and with nothing else.
#[async_trait]
pub trait UserStore: Send + Sync + 'static {
    /// The account with this id; nothing for what cannot be an id of this store.
    async fn find(&self, id: &str) -> Result<Option<Account>, StoreError>;

    /// The account with this address.
    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Account>, StoreError>;

    /// Makes an account under an id of the store's choice; nothing where the address is taken.
    async fn create(&self, account: NewAccount) -> Result<Option<Account>, StoreError>;

    /// Sets the password of an account that is in `epoch`, and advances the epoch, in one step. Returns the new
    /// epoch; nothing if the account is in another.
    async fn replace_password(
        &self,
        id: &str,
        epoch: i64,
        new: &PasswordHash,
    ) -> Result<Option<i64>, StoreError>;

    /// Replaces `old` with another hash of the same password, and leaves the epoch. Returns whether the
    /// account had `old`.
    async fn rehash_password(
        &self,
        id: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError>;

    /// Notes that the user has shown that the address `email` is theirs; whether the account still
    /// has it.
    async fn verify_email(&self, id: &str, email: &EmailAddress) -> Result<bool, StoreError>;

    /// Gives an account that is in `epoch` the address `new`, which is verified by that, and advances the epoch,
    /// in one step. Returns the new epoch; nothing if the account is in another, or another account has the
    /// address.
    async fn replace_email(
        &self,
        id: &str,
        epoch: i64,
        new: &EmailAddress,
    ) -> Result<Option<i64>, StoreError>;

    /// Advances the epoch of an account that is in `epoch`, so that its sessions and tokens are worthless. Returns
    /// the new epoch; nothing if the account is in another.
    async fn advance_epoch(&self, id: &str, epoch: i64) -> Result<Option<i64>, StoreError>;

    /// Deletes an account; whether there was one.
    async fn delete(&self, id: &str) -> Result<bool, StoreError>;

    /// Deletes at most `most` accounts that were created before `created_before` and were never used: their
    /// address is not verified, their epoch is the first, they may do nothing in particular, and the store
    /// knows no session and no token of them that is good at `now`. Returns how many it deleted.
    ///
    /// A store that does not override this keeps them.
    async fn purge_unverified(
        &self,
        created_before: Timestamp,
        now: Timestamp,
        most: u32,
    ) -> Result<u64, StoreError> {
        let _ = (created_before, now, most);
        Ok(0)
    }

    /// Checks that what is written will be found again after a restart, as far as the store can tell:
    /// [`SqliteStore`] looks whether its file is still the one that it opened.
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Keeps sessions.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Adds a session.
    async fn insert(&self, session: &Session) -> Result<(), StoreError>;

    /// The session with this id, also when it has expired: who asks looks at the times.
    async fn find(&self, id: TokenId) -> Result<Option<Session>, StoreError>;

    /// Notes that a session was used and expires later. Does not bring back one that was removed.
    async fn touch(
        &self,
        id: TokenId,
        last_used_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// The sessions of a user, the one used last first.
    async fn of_user(&self, user: &str) -> Result<Vec<Session>, StoreError>;

    /// Removes a session; whether there was one.
    async fn remove(&self, id: TokenId) -> Result<bool, StoreError>;

    /// Removes all sessions of a user, except `keep`; those that were removed.
    async fn remove_of_user(
        &self,
        user: &str,
        keep: Option<TokenId>,
    ) -> Result<Vec<TokenId>, StoreError>;

    /// Those of `ids` that are there and have not expired by `now`.
    async fn live(&self, ids: &[TokenId], now: Timestamp) -> Result<Vec<TokenId>, StoreError>;

    /// Removes at most `most` sessions that expired before `now`; how many it removed.
    async fn purge(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;
}

/// Keeps the tokens of mails that were sent and of flows that are under way. Each is used once.
#[async_trait]
pub trait TokenStore: Send + Sync + 'static {
    /// Adds a token.
    async fn insert(&self, token: &IssuedToken) -> Result<(), StoreError>;

    /// The token with this id, also when it has expired.
    async fn find(&self, id: TokenId) -> Result<Option<IssuedToken>, StoreError>;

    /// Uses up one of a token's attempts; whether there was one left.
    async fn attempt(&self, id: TokenId) -> Result<bool, StoreError>;

    /// Removes a token; whether there was one. Of several that ask at once, one is told `true`.
    async fn take(&self, id: TokenId) -> Result<bool, StoreError>;

    /// Removes all tokens of a user.
    async fn remove_of_user(&self, user: &str) -> Result<(), StoreError>;

    /// Removes at most `most` tokens that expired before `now`; how many it removed.
    async fn purge(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;
}

/// A store that keeps everything, and so can find a session and its account in one go.
#[async_trait]
pub trait AccountStore: UserStore + SessionStore + TokenStore {
    /// The session with this id, also when it has expired, and the account of its user, where there
    /// still is one. Each request of somebody who is signed in asks for this: one question instead
    /// of two is worth overriding it.
    async fn find_signed_in(
        &self,
        id: TokenId,
    ) -> Result<Option<(Session, Option<Account>)>, StoreError> {
        let Some(session) = SessionStore::find(self, id).await? else {
            return Ok(None);
        };
        let account = UserStore::find(self, &session.user).await?;
        Ok(Some((session, account)))
    }
}
