use std::collections::BTreeSet;

use mizan_core::{Error, Identity, Principal, RequestHead};
use mizan_http::Authenticate;

use super::Accounts;
use crate::{Account, Session};

impl Authenticate for Accounts {
    /// Whoever the session of the request's cookie belongs to. What an account may do is read
    /// with each request, so that what is taken away is gone with the next.
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let Some(session) = self.session_of(head).await? else {
            return Ok(Principal::anonymous());
        };
        let account = self.find_active(&session.user).await?;
        Ok(account.map_or_else(Principal::anonymous, |account| {
            self.identity(&account, Some(&session)).into()
        }))
    }
}

impl Accounts {
    /// The session of a request's cookie, where there is one that has not ended.
    pub(super) async fn session_of(&self, head: &RequestHead) -> Result<Option<Session>, Error> {
        let Some(token) = self.0.cookie.read(head) else {
            return Ok(None);
        };
        Ok(self.0.sessions.check(&token).await?)
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
        identity.session(session.id.to_string())
    }
}
