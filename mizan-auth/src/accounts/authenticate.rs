//! Finds the principal of a request by its session cookie.

use std::collections::BTreeSet;
use std::time::Duration;

use mizan_core::{Error, Identity, Principal, RequestHead};
use mizan_http::Authenticate;

use super::Accounts;
use crate::session::Session;
use crate::store::{Account, StoreError};
use crate::token::{Token, TokenId};

/// The interval between checks that the session of a socket is still valid.
const RECHECK_INTERVAL: Duration = Duration::from_secs(30);

impl Authenticate for Accounts {
    /// Returns the principal of the session in the request's cookie.
    ///
    /// The access rights are read with each request, so that a change applies to the next request.
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let presented = self.presented_session_and_account(head).await?;
        let active = presented.filter(|(_, account)| account.access.active);
        Ok(
            active.map_or_else(Principal::anonymous, |(session, account)| {
                self.identity(&account, Some(&session)).into()
            }),
        )
    }

    async fn wait_until_ended(&self, principal: &Principal) {
        let session = principal.identity().and_then(Identity::session_id);
        let Some(id) = session.and_then(|id| id.parse().ok()) else {
            return std::future::pending().await;
        };
        tokio::select! {
            () = self.0.sessions.wait_until_ended(id) => {}
            () = self.wait_until_invalid(id) => {}
        }
    }

    fn on_permissions_changed(&self, notify: impl Fn(&str) + Send + Sync + 'static) {
        self.0.permission_observers.add(notify);
    }
}

impl Accounts {
    /// Returns the session of a request's cookie and its account.
    ///
    /// A cookie without a valid session does not hide another cookie of the same name. If two cookies belong to
    /// different sessions, the request is anonymous: an attacker may have planted one of them, and the server
    /// cannot determine which.
    pub(super) async fn presented_session_and_account(
        &self,
        head: &RequestHead,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        let mut found: Option<(Session, Account)> = None;
        for token in self.0.session_cookie.read(head) {
            let Some((session, account)) = self.find_valid(&token).await? else {
                continue;
            };
            if found
                .as_ref()
                .is_some_and(|(other, _)| other.id != session.id)
            {
                tracing::warn!("ignoring the session cookies of a request with two sessions");
                return Ok(None);
            }
            found = Some((session, account));
        }
        Ok(found)
    }

    /// Returns the session of a request's cookie.
    pub(super) async fn presented_session(
        &self,
        head: &RequestHead,
    ) -> Result<Option<Session>, Error> {
        let presented = self.presented_session_and_account(head).await?;
        Ok(presented.map(|(session, _)| session))
    }

    /// Returns the session of a token and its account if the session has not expired and both have the same
    /// epoch.
    async fn find_valid(&self, token: &Token) -> Result<Option<(Session, Account)>, StoreError> {
        let Some((session, account)) = self.find_with_account(token.id()).await? else {
            return Ok(None);
        };
        let session = self.0.sessions.authenticate_found(token, session).await?;
        let found = session.zip(account);
        Ok(found.filter(|(session, account)| session.epoch == account.epoch))
    }

    /// Returns the session with this id, even if it has expired, and the account of its user.
    async fn find_with_account(
        &self,
        id: TokenId,
    ) -> Result<Option<(Session, Option<Account>)>, StoreError> {
        if let Some(store) = &self.0.combined_store {
            return store.find_with_account(id).await;
        }
        let Some(session) = self.0.sessions.find(id).await? else {
            return Ok(None);
        };
        let account = self.0.users.find(&session.user).await?;
        Ok(Some((session, account)))
    }

    /// Waits until a session that the store still has becomes invalid: the epoch of its account has advanced
    /// and the session could not be removed, or the account has become inactive.
    ///
    /// Until then, it reports changes of the account's access rights that another program made in the store.
    async fn wait_until_invalid(&self, id: TokenId) {
        let mut known = None;
        loop {
            // `Sessions::wait_until_ended` queries the store more often and logs its errors.
            match self.find_account_of_session(id).await {
                Ok(None) => return,
                Ok(Some(account)) => {
                    let current = (account.access, account.email_verified);
                    if known.as_ref().is_some_and(|known| *known != current) {
                        self.permissions_changed(&account.id);
                    }
                    known = Some(current);
                }
                Err(_) => {}
            }
            tokio::time::sleep(RECHECK_INTERVAL).await;
        }
    }

    /// Returns the account of a session that is valid, except that it may have expired.
    async fn find_account_of_session(&self, id: TokenId) -> Result<Option<Account>, StoreError> {
        let Some((session, account)) = self.find_with_account(id).await? else {
            return Ok(None);
        };
        let is_valid = |account: &Account| account.access.active && account.epoch == session.epoch;
        Ok(account.filter(is_valid))
    }

    /// Returns the permissions of an account, including those of its groups.
    pub(crate) fn permissions(&self, account: &Account) -> BTreeSet<String> {
        let groups = account.access.groups.iter();
        let of_groups = groups.filter_map(|group| self.0.groups.get(group));
        let permissions = account.access.permissions.iter();
        permissions.chain(of_groups.flatten()).cloned().collect()
    }

    /// Returns the identity of an account, which policies check.
    pub(crate) fn identity(&self, account: &Account, session: Option<&Session>) -> Identity {
        let access = &account.access;
        let mut identity = Identity::new(&account.id).recent_for(self.0.recent_for);
        if access.staff {
            identity = identity.staff();
        }
        if access.superuser {
            identity = identity.superuser();
        }
        for permission in self.permissions(account) {
            identity = identity.permission(permission);
        }
        for group in &access.groups {
            identity = identity.group(group);
        }
        let Some(session) = session else {
            return identity;
        };
        let at = self.0.clock.system_time(session.authenticated_at);
        for method in session.methods.split(' ') {
            identity = identity.authenticated(at, method.to_owned());
        }
        identity.in_session(session.id.to_string())
    }
}
