//! A change of credentials, and the end of what the old ones gave.
//!
//! The store advances the account's epoch together with the change, which ends all sessions and tokens of it at
//! once, whatever fails afterwards. What comes after tidies up: it removes them, closes their sockets and tells the
//! user. It runs in a task of its own, since a call is dropped at its deadline.

use std::error::Error as _;
use std::time::Duration;

use mizan_core::{Cx, Error};
use tracing::Instrument;

use super::Accounts;
use super::sign_in::signed_out;
use crate::{Account, Session, StoreError, TokenId};

/// The delays before each retry to remove sessions.
const RETRIES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(240),
];

impl Accounts {
    /// Runs a change to its end, also when the call is dropped meanwhile.
    pub(super) async fn to_the_end<T: Send + 'static>(
        &self,
        change: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        Ok(self.0.changes.spawn(change.in_current_span()).await?)
    }

    /// Ends all sessions of an account whose epoch was advanced, and removes its tokens. Returns whether `own` was
    /// still there.
    ///
    /// An error of the store is logged and the removal is retried later. Until then, sessions and tokens that are
    /// left are refused by their epoch.
    pub(super) async fn retire(&self, user: &str, own: Option<&Session>) -> bool {
        let was_there = match own {
            Some(own) => self.0.sessions.revoke(user, own.id).await,
            None => Ok(false),
        };
        if let Err(error) = self.remove_all(user).await {
            log(&error, user);
            let (accounts, user) = (self.clone(), user.to_owned());
            tokio::spawn(async move {
                for wait in RETRIES {
                    tokio::time::sleep(wait).await;
                    match accounts.remove_outdated(&user).await {
                        Ok(()) => return,
                        Err(error) => log(&error, &user),
                    }
                }
            });
        }
        was_there.unwrap_or(false)
    }

    /// Removes the sessions and tokens of an account, each whether or not the other works.
    async fn remove_all(&self, user: &str) -> Result<(), StoreError> {
        let removed = self.0.sessions.revoke_all(user, None).await;
        self.0.tokens.remove_of_user(user).await?;
        removed.map(drop)
    }

    /// Removes the sessions of earlier epochs, and leaves those that were opened since. Tokens of earlier epochs
    /// are refused until they expire.
    async fn remove_outdated(&self, user: &str) -> Result<(), StoreError> {
        let account = self.0.users.find(user).await?;
        let sessions = &self.0.sessions;
        for session in sessions.list(user).await? {
            let is_good = |account: &Account| account.epoch == session.epoch;
            if !account.as_ref().is_some_and(is_good) {
                sessions.revoke(user, session.id).await?;
            }
        }
        Ok(())
    }

    /// Reopens `own` in the new epoch if that session was still there when it was ended. Otherwise, or if the store
    /// fails, signs the user out: the change itself is done.
    pub(super) async fn go_on(&self, cx: &Cx, own: Option<Session>, was_there: bool, epoch: i64) {
        let own = own.filter(|_| was_there);
        if let Some(own) = own {
            match self.0.sessions.reopen(&own, epoch).await {
                Ok((session, token)) => return self.hand_over(cx, &session, &token),
                Err(error) => log(&error, &own.user),
            }
        }
        self.remove_session_cookie(cx);
    }

    /// Ends all sessions of a user except that of the call, which goes on under a new id. Returns how many ended.
    ///
    /// It advances the account's epoch, so that none survives in a store that has lost track of whose it is.
    /// Tickets and links of the account become worthless too, and its other devices unknown.
    ///
    /// # Errors
    ///
    /// When the session of the call has ended meanwhile, or the store cannot be reached.
    pub async fn revoke_other_sessions(&self, cx: &Cx) -> Result<u64, Error> {
        let signed_in = self.signed_in(cx.head()).await?;
        let (own, account) = signed_in.ok_or_else(signed_out)?;
        let caller = self.caller_for(cx, &account.email).await?;
        let count = self.count_sessions(&account, Some(own.id)).await;
        // Not if the epoch has advanced since: a session that is over must not bring itself back.
        let advanced = self.advance(&own.user, own.epoch, Some(own.clone()));
        let (epoch, was_there) = advanced.await?.ok_or_else(signed_out)?;
        self.go_on(cx, Some(own), was_there, epoch).await;
        // A stolen session does not make the device of the thief a known one.
        if caller.is_known_device() {
            let account = Account { epoch, ..account };
            self.remember_device(cx, &account).await;
        }
        Ok(count)
    }

    /// Ends all sessions and tokens of an account: when a user signs out of all devices, when an administrator ends
    /// the sessions of a user, or when the application changed credentials by itself, such as a second factor.
    /// Returns how many sessions ended.
    ///
    /// It advances the account's epoch, which [`Sessions::revoke_all`](crate::Sessions::revoke_all) does not.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; the sessions go on then.
    pub async fn end_all_sessions(&self, user: &str) -> Result<u64, Error> {
        let Some(account) = self.0.users.find(user).await? else {
            return Ok(0);
        };
        let count = self.count_sessions(&account, None).await;
        // If the epoch has advanced since, that ended them.
        self.advance(user, account.epoch, None).await?;
        Ok(count)
    }

    /// Counts the sessions of an account that are not over, except `own`. They can be ended although the store
    /// cannot list them, so that a failure is logged and counts none.
    async fn count_sessions(&self, account: &Account, own: Option<TokenId>) -> u64 {
        let sessions = match self.0.sessions.list(&account.id).await {
            Ok(sessions) => sessions.into_iter(),
            Err(error) => {
                log(&error, &account.id);
                return 0;
            }
        };
        let counted = sessions.filter(|it| it.epoch == account.epoch && Some(it.id) != own);
        counted.count() as u64
    }

    /// Advances the epoch of an account, and ends its sessions. Returns the new epoch and whether `own` was still
    /// there.
    async fn advance(
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
            let was_there = accounts.retire(&user, own.as_ref()).await;
            Ok::<_, StoreError>(Some((epoch, was_there)))
        };
        Ok(self.to_the_end(change).await??)
    }
}

fn log(error: &StoreError, user: &str) {
    let cause = error.source().and_then(std::error::Error::source);
    let cause = cause.or(error.source()).map(tracing::field::display);
    tracing::error!(
        user,
        cause,
        "{error}: the sessions of changed credentials are refused, and could not be removed or replaced yet"
    );
}
