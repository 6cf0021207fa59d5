use std::collections::BTreeSet;

use mizan_core::{Error, Identity, Principal, RequestHead};
use mizan_http::Authenticate;

use super::Accounts;
use crate::{Account, Session, StoreError, Token};

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

    async fn ended(&self, principal: &Principal) {
        let session = principal.identity().and_then(Identity::session_id);
        match session.and_then(|id| id.parse().ok()) {
            Some(id) => self.0.sessions.ended(id).await,
            None => std::future::pending().await,
        }
    }
}

impl Accounts {
    /// The session of a request's cookie, with its account.
    ///
    /// A cookie that opens no session does not hide another one of the same name. Two that open a session each
    /// sign in nobody: one of them was planted, and which cannot be told.
    async fn signed_in(
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

    async fn find_opened_by(
        &self,
        token: &Token,
    ) -> Result<Option<(Session, Account)>, StoreError> {
        let sessions = &self.0.sessions;
        if let Some(store) = &self.0.together {
            let Some((session, account)) = store.find_signed_in(token.id()).await? else {
                return Ok(None);
            };
            let session = sessions.admit(token, session).await?;
            return Ok(session.zip(account));
        }
        let Some(session) = sessions.check(token).await? else {
            return Ok(None);
        };
        let account = self.0.users.find(&session.user).await?;
        Ok(account.map(|account| (session, account)))
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
