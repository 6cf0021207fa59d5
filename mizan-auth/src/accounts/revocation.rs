//! Ends the sessions and tokens of an account when its credentials change.
//!
//! The store advances the account's epoch in the same step as the change, which invalidates all its sessions
//! and tokens at once, even if a later step fails. The remaining work removes them, closes their sockets and
//! notifies the user. It runs in a separate task, because a call is dropped at its deadline.

use std::error::Error as _;
use std::time::Duration;

use mizan_core::{Cx, Error};
use tracing::Instrument;

use super::Accounts;
use super::error::session_ended;
use crate::session::Session;
use crate::store::{Account, StoreError};
use crate::token::TokenId;

/// The delays before the retries of a failed removal.
const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(240),
];

impl Accounts {
    /// Runs a change of credentials to completion, even if the call is dropped.
    pub(super) async fn run_to_completion<T: Send + 'static>(
        &self,
        change: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        let task = self.0.credential_changes.spawn(change.in_current_span());
        Ok(task.await?)
    }

    /// Removes all sessions and tokens of an account whose epoch has advanced. Returns true if `own` was still
    /// live before.
    ///
    /// If the store fails, the error is logged and the removal is retried in the background. The epoch
    /// invalidates the remaining sessions and tokens in any case.
    pub(super) async fn remove_sessions_and_tokens(
        &self,
        user: &str,
        own: Option<&Session>,
    ) -> bool {
        let was_live = match own {
            Some(own) => self.0.sessions.revoke(user, own.id).await,
            None => Ok(false),
        };
        if let Err(error) = self.try_remove_sessions_and_tokens(user).await {
            log_removal_failure(&error, user);
            let (accounts, user) = (self.clone(), user.to_owned());
            tokio::spawn(async move { accounts.retry_removal(&user).await });
        }
        was_live.unwrap_or(false)
    }

    /// Removes the sessions and the tokens of an account. A failure to remove one kind does not prevent the
    /// removal of the other.
    async fn try_remove_sessions_and_tokens(&self, user: &str) -> Result<(), StoreError> {
        let removed = self.0.sessions.revoke_all(user, None).await;
        self.0.tokens.remove_by_user(user).await?;
        removed.map(drop)
    }

    async fn retry_removal(&self, user: &str) {
        for delay in RETRY_DELAYS {
            tokio::time::sleep(delay).await;
            match self.remove_outdated_sessions(user).await {
                Ok(()) => return,
                Err(error) => log_removal_failure(&error, user),
            }
        }
    }

    /// Removes the sessions of earlier epochs, but not those of the current epoch. Tokens of earlier epochs
    /// stay in the store until they expire.
    async fn remove_outdated_sessions(&self, user: &str) -> Result<(), StoreError> {
        let account = self.0.users.find(user).await?;
        let sessions = &self.0.sessions;
        for session in sessions.list(user).await? {
            let is_current = |account: &Account| account.epoch == session.epoch;
            if !account.as_ref().is_some_and(is_current) {
                sessions.revoke(user, session.id).await?;
            }
        }
        Ok(())
    }

    /// Reopens the session of the call in the new epoch if it was live before the change.
    ///
    /// Otherwise, or if the store fails, it signs the user out instead of failing, because the change itself is
    /// complete.
    pub(super) async fn reopen_session(
        &self,
        cx: &Cx,
        own: Option<Session>,
        was_live: bool,
        epoch: i64,
    ) {
        if let Some(own) = own.filter(|_| was_live) {
            match self.0.sessions.reopen(&own, epoch).await {
                Ok((session, token)) => return self.set_session_cookie(cx, &session, &token),
                Err(error) => log_removal_failure(&error, &own.user),
            }
        }
        self.remove_session_cookie(cx);
    }

    /// Ends all sessions of the signed-in user except that of the call, which continues with a new id. Returns
    /// the number of ended sessions.
    ///
    /// It advances the account's epoch, which also ends sessions that the store no longer lists for the user.
    /// Tickets and links of the account become invalid, and its other devices become unknown.
    ///
    /// # Errors
    ///
    /// Returns an error if the session of the call has ended, or if the store cannot be reached.
    pub async fn revoke_other_sessions(&self, cx: &Cx) -> Result<u64, Error> {
        let presented = self.presented_session_and_account(cx.head()).await?;
        let (own, account) = presented.ok_or_else(session_ended)?;
        let caller = self.identify_caller(cx, &account.email).await?;
        let count = self.count_sessions(&account, Some(own.id)).await;
        // Fails if the epoch has advanced in the meantime, because a session that has ended must not reopen.
        let advanced = self.advance_epoch(&own.user, own.epoch, Some(own.clone()));
        let (epoch, was_live) = advanced.await?.ok_or_else(session_ended)?;
        self.reopen_session(cx, Some(own), was_live, epoch).await;
        // A session alone does not make its device known, because it may be stolen.
        if caller.is_known_device() {
            let account = Account { epoch, ..account };
            self.remember_device(cx, &account).await;
        }
        Ok(count)
    }

    /// Ends all sessions and tokens of an account. Returns the number of ended sessions.
    ///
    /// Use it when a user signs out of all devices, when an administrator signs a user out, or after the
    /// application has changed credentials such as a second factor. It advances the account's epoch, which
    /// [`Sessions::revoke_all`](crate::Sessions::revoke_all) does not.
    ///
    /// # Errors
    ///
    /// Returns an error if the store cannot be reached. The sessions are still valid then.
    pub async fn end_all_sessions(&self, user: &str) -> Result<u64, Error> {
        let Some(account) = self.0.users.find(user).await? else {
            return Ok(0);
        };
        let count = self.count_sessions(&account, None).await;
        // If the epoch has advanced in the meantime, that ended the sessions.
        self.advance_epoch(user, account.epoch, None).await?;
        Ok(count)
    }

    /// Counts the valid sessions of an account except `own`.
    ///
    /// If the store cannot list them, the error is logged and the count is 0, because the epoch ends the sessions
    /// in any case.
    async fn count_sessions(&self, account: &Account, own: Option<TokenId>) -> u64 {
        let sessions = match self.0.sessions.list(&account.id).await {
            Ok(sessions) => sessions.into_iter(),
            Err(error) => {
                log_removal_failure(&error, &account.id);
                return 0;
            }
        };
        let counted = sessions.filter(|it| it.epoch == account.epoch && Some(it.id) != own);
        counted.count() as u64
    }

    /// Advances the epoch of an account that is in `epoch`, and removes its sessions and tokens. Returns the new
    /// epoch, and true if `own` was still live.
    async fn advance_epoch(
        &self,
        user: &str,
        epoch: i64,
        own: Option<Session>,
    ) -> Result<Option<(i64, bool)>, Error> {
        let (accounts, user) = (self.clone(), user.to_owned());
        let change = async move {
            let advanced = accounts.0.users.advance_epoch(&user, epoch).await?;
            let Some(epoch) = advanced else {
                return Ok(None);
            };
            let was_live = accounts
                .remove_sessions_and_tokens(&user, own.as_ref())
                .await;
            Ok::<_, StoreError>(Some((epoch, was_live)))
        };
        Ok(self.run_to_completion(change).await??)
    }
}

fn log_removal_failure(error: &StoreError, user: &str) {
    let cause = error.source().and_then(std::error::Error::source);
    let cause = cause.or(error.source()).map(tracing::field::display);
    tracing::error!(
        user,
        cause,
        "{error}: failed to remove or replace sessions after a change of credentials; the sessions are invalid \
         nevertheless"
    );
}
