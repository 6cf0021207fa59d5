//! The traits that stores implement.

use async_trait::async_trait;
use jiff::Timestamp;

use super::account::{Account, NewAccount};
use super::error::StoreError;
use super::issued_token::IssuedToken;
use crate::email_address::EmailAddress;
use crate::password::PasswordHash;
use crate::session::Session;
use crate::token::TokenId;

/// A store of accounts. Implement it for an existing table of users.
///
/// Each change names the value that it expects, so that concurrent changes cannot overwrite each other: of two
/// changes that expect the same value, one fails. The epoch of an account is initially 0 and advances only with
/// changes of its credentials.
///
/// With the feature `suite`, `mizan_auth::suite::users` tests an implementation.
#[async_trait]
pub trait UserStore: Send + Sync + 'static {
    /// Returns the account with this id, or `None` if it does not exist or the id is invalid.
    async fn find(&self, id: &str) -> Result<Option<Account>, StoreError>;

    /// Returns the account with this email address.
    async fn find_by_email(&self, email: &EmailAddress) -> Result<Option<Account>, StoreError>;

    /// Creates an account with an id that the store chooses. Returns `None` if the address is taken.
    async fn create(&self, account: NewAccount) -> Result<Option<Account>, StoreError>;

    /// Sets the password of an account that is in `epoch`, and advances the epoch, in one step.
    ///
    /// Returns the new epoch, or `None` if the account does not exist or is in another epoch.
    async fn replace_password(
        &self,
        id: &str,
        epoch: i64,
        new: &PasswordHash,
    ) -> Result<Option<i64>, StoreError>;

    /// Replaces the hash `old` with another hash of the same password. The epoch does not advance.
    ///
    /// Returns false if the account does not have the hash `old`.
    async fn rehash_password(
        &self,
        id: &str,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, StoreError>;

    /// Marks the address of an account as verified. Returns false if the account does not have the address
    /// `email`.
    async fn verify_email(&self, id: &str, email: &EmailAddress) -> Result<bool, StoreError>;

    /// Sets the address of an account that is in `epoch`, marks it as verified, and advances the epoch, in one
    /// step.
    ///
    /// Returns the new epoch, or `None` if the account does not exist or is in another epoch, or if another
    /// account has the address.
    async fn replace_email(
        &self,
        id: &str,
        epoch: i64,
        new: &EmailAddress,
    ) -> Result<Option<i64>, StoreError>;

    /// Advances the epoch of an account that is in `epoch`, which invalidates its sessions and tokens.
    ///
    /// Returns the new epoch, or `None` if the account does not exist or is in another epoch.
    async fn advance_epoch(&self, id: &str, epoch: i64) -> Result<Option<i64>, StoreError>;

    /// Deletes an account. Returns false if it does not exist.
    async fn delete(&self, id: &str) -> Result<bool, StoreError>;

    /// Deletes at most `limit` unused accounts that were created before `created_before`, and returns their
    /// number.
    ///
    /// An account is unused if its address is not verified, its epoch is 0, it has the default access rights,
    /// and the store contains neither a session of the account nor a token of it that is valid at `now`.
    ///
    /// The default implementation deletes nothing.
    async fn purge_unverified(
        &self,
        created_before: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let _ = (created_before, now, limit);
        Ok(0)
    }

    /// Checks that changes will survive a restart, as far as the store can tell.
    ///
    /// For example, `SqliteStore` checks that the file at its path is still the file that it opened. The
    /// default implementation always succeeds.
    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A store of sessions.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Adds a session.
    async fn insert(&self, session: &Session) -> Result<(), StoreError>;

    /// Returns the session with this id, even if it has expired. The caller checks the times.
    async fn find(&self, id: TokenId) -> Result<Option<Session>, StoreError>;

    /// Updates the times of a session. Does nothing if the session was removed.
    async fn touch(
        &self,
        id: TokenId,
        last_used_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Returns the sessions of a user, the most recently used first.
    async fn list_by_user(&self, user: &str) -> Result<Vec<Session>, StoreError>;

    /// Removes a session. Returns false if it does not exist.
    async fn remove(&self, id: TokenId) -> Result<bool, StoreError>;

    /// Removes all sessions of a user except `keep`, and returns their ids.
    async fn remove_by_user(
        &self,
        user: &str,
        keep: Option<TokenId>,
    ) -> Result<Vec<TokenId>, StoreError>;

    /// Returns the subset of `ids` whose sessions exist and have not expired at `now`.
    async fn find_live(&self, ids: &[TokenId], now: Timestamp) -> Result<Vec<TokenId>, StoreError>;

    /// Removes at most `limit` sessions that have expired at `now`, and returns their number.
    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// A store of the tokens of mails, flows and devices. Each token can be used once.
#[async_trait]
pub trait TokenStore: Send + Sync + 'static {
    /// Adds a token.
    async fn insert(&self, token: &IssuedToken) -> Result<(), StoreError>;

    /// Returns the token with this id, even if it has expired.
    async fn find(&self, id: TokenId) -> Result<Option<IssuedToken>, StoreError>;

    /// Uses up one attempt of a token. Returns false if no attempts are left.
    async fn attempt(&self, id: TokenId) -> Result<bool, StoreError>;

    /// Removes a token. Returns true for exactly one of several concurrent calls, and false if there is no
    /// such token.
    async fn take(&self, id: TokenId) -> Result<bool, StoreError>;

    /// Removes all tokens of a user.
    async fn remove_by_user(&self, user: &str) -> Result<(), StoreError>;

    /// Removes at most `limit` tokens that have expired at `now`, and returns their number.
    async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}

/// A store of accounts, sessions and tokens, which can find a session and its account with one query.
#[async_trait]
pub trait AccountStore: UserStore + SessionStore + TokenStore {
    /// Returns the session with this id, even if it has expired, and the account of its user, if it exists.
    ///
    /// Each authenticated request calls this. The default implementation uses two queries; override it if
    /// one query is enough.
    async fn find_with_account(
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
