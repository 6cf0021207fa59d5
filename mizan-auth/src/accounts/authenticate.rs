use std::collections::BTreeSet;
use std::time::Duration;

use mizan_core::{Error, Identity, Principal, RequestHead};
use mizan_http::Authenticate;

use super::Accounts;
use crate::{Account, Session, StoreError, Token, TokenId};

impl Authenticate for Accounts {
    /// Whoever the session of the request's cookie belongs to. What an account may do is read
    /// with each request, so that what is taken away is gone with the next.
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let signed_in = self.signed_in(head).await?;
        let active = signed_in.filter(|(_, account)| account.access.active);
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
            () = self.0.sessions.ended(id) => {}
            () = self.refused(id) => {}
        }
    }
}

/// The interval at which a socket checks that its session is still accepted.
const RECHECK_EVERY: Duration = Duration::from_secs(30);

impl Accounts {
    /// The session of a request's cookie, with its account.
    ///
    /// A cookie that opens no session does not hide another one of the same name. If two cookies open different
    /// sessions, the request is anonymous: one of them was planted, and which one cannot be told.
    pub(super) async fn signed_in(
        &self,
        head: &RequestHead,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        let mut found: Option<(Session, Account)> = None;
        for token in self.0.cookie.read(head) {
            let Some((session, account)) = self.opened_by(&token).await? else {
                continue;
            };
            if found
                .as_ref()
                .is_some_and(|(other, _)| other.id != session.id)
            {
                tracing::warn!(
                    "ignoring the session cookies of a request that has two different ones"
                );
                return Ok(None);
            }
            found = Some((session, account));
        }
        Ok(found)
    }

    /// The session that a token opens, with its account. The account has been read anyway, so that its epoch is
    /// compared without asking the store again.
    async fn opened_by(&self, token: &Token) -> Result<Option<(Session, Account)>, StoreError> {
        let opened = self.find_opened_by(token).await?;
        Ok(opened.filter(|(session, account)| session.epoch == account.epoch))
    }

    /// Waits until a session is refused that the store still has: the epoch of its account has advanced, and the
    /// session could not be removed, or the account is not active any more.
    async fn refused(&self, id: TokenId) {
        loop {
            tokio::time::sleep(RECHECK_EVERY).await;
            // An error is logged by the check that `Sessions::ended` makes more often.
            if matches!(self.is_accepted(id).await, Ok(false)) {
                return;
            }
        }
    }

    async fn is_accepted(&self, id: TokenId) -> Result<bool, StoreError> {
        let Some((session, account)) = self.find_with_account(id).await? else {
            return Ok(false);
        };
        let account = account.filter(|account| account.access.active);
        Ok(account.is_some_and(|account| account.epoch == session.epoch))
    }

    /// Returns the session with this id, also when it has expired, and the account of its user.
    async fn find_with_account(
        &self,
        id: TokenId,
    ) -> Result<Option<(Session, Option<Account>)>, StoreError> {
        if let Some(store) = &self.0.together {
            return store.find_signed_in(id).await;
        }
        let Some(session) = self.0.sessions.find(id).await? else {
            return Ok(None);
        };
        let account = self.0.users.find(&session.user).await?;
        Ok(Some((session, account)))
    }

    async fn find_opened_by(
        &self,
        token: &Token,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        let Some((session, account)) = self.find_with_account(token.id()).await? else {
            return Ok(None);
        };
        let session = self.0.sessions.admit(token, session).await?;
        Ok(session.zip(account))
    }

    /// The session of a request's cookie, where there is one that has not ended.
    pub(super) async fn session_of(&self, head: &RequestHead) -> Result<Option<Session>, Error> {
        let signed_in = self.signed_in(head).await?;
        Ok(signed_in.map(|(session, _)| session))
    }

    /// The permissions of an account and of its groups.
    pub(crate) fn permissions(&self, account: &Account) -> BTreeSet<String> {
        let groups = account.access.groups.iter();
        let of_groups = groups.filter_map(|group| self.0.groups.get(group));
        let permissions = account.access.permissions.iter();
        permissions.chain(of_groups.flatten()).cloned().collect()
    }

    /// What policies see of an account.
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
