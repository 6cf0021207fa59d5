//! The functions that clients call without a form.

#![expect(
    clippy::missing_errors_doc,
    reason = "the error type of a server function documents its errors"
)]

use std::collections::BTreeSet;

use jiff::Timestamp;
use mizan_core::{Cx, Error, client};
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::{Accounts, NextStep, ProofError, Ticket};
use crate::session::Session;

/// The account of the signed-in user.
#[derive(Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct AccountOut {
    /// The id of the user.
    pub id: String,
    /// The email address.
    pub email: String,
    /// True if the user is staff.
    pub staff: bool,
    /// True if the user has every permission.
    pub superuser: bool,
    /// The permissions of the user, including those of the groups. Use them to decide what to show; the
    /// server checks permissions with each call.
    pub permissions: BTreeSet<String>,
    /// The groups that the user belongs to.
    pub groups: BTreeSet<String>,
}

/// Returns the account of the signed-in user, or `null` if the caller is not signed in.
#[client(context = "global", auth = "anyone")]
pub async fn account(cx: &Cx) -> Result<Option<AccountOut>, Error> {
    let Some(id) = cx.principal().id() else {
        return Ok(None);
    };
    let accounts = cx.state::<Accounts>();
    let account = accounts.users().find(id).await?;
    Ok(account.map(|account| AccountOut {
        permissions: accounts.permissions(&account),
        id: account.id,
        email: account.email.to_string(),
        staff: account.access.staff || account.access.superuser,
        superuser: account.access.superuser,
        groups: account.access.groups,
    }))
}

/// A session of the signed-in user.
#[derive(Debug, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct SessionOut {
    /// The id, which is the input of `revoke_session`. It is not secret.
    pub id: String,
    /// True if this is the session of the caller.
    pub current: bool,
    /// The `User-Agent` header of the browser.
    pub user_agent: String,
    /// The network address from which the user signed in, if it is known.
    pub address: Option<String>,
    /// The time at which the user signed in.
    pub created_at: Timestamp,
    /// The time of the last use, accurate to about a minute.
    pub last_used_at: Timestamp,
}

impl SessionOut {
    fn new(session: Session, current: Option<&str>) -> Self {
        let id = session.id.to_string();
        Self {
            current: current == Some(&id),
            id,
            user_agent: session.device.user_agent,
            address: session.device.address.map(|address| address.to_string()),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
        }
    }
}

/// Returns the sessions of the signed-in user, the most recently used first.
#[client(query, auth)]
pub async fn sessions(cx: &Cx) -> Result<Vec<SessionOut>, Error> {
    let sessions = cx.state::<Accounts>().sessions();
    let user = cx.principal().id().unwrap_or_default();
    let current = cx.principal().identity().and_then(|it| it.session_id());
    let listed = sessions.list(user).await?.into_iter();
    Ok(listed.map(|it| SessionOut::new(it, current)).collect())
}

/// Ends one session of the signed-in user.
#[client(auth, affects(*))]
pub async fn revoke_session(
    cx: &Cx,
    /// The id of the session, as `sessions` returns it.
    #[validate(length(max = 64))]
    id: String,
) -> Result<(), Error> {
    let accounts = cx.state::<Accounts>();
    let user = cx.principal().id().unwrap_or_default();
    let revoked = match id.parse() {
        Ok(id) => accounts.sessions().revoke(user, id).await?,
        Err(_) => false,
    };
    if !revoked {
        return Err(Error::not_found("session not found"));
    }
    Ok(())
}

/// Ends all other sessions of the signed-in user, and returns their number.
#[client(auth, affects(*))]
pub async fn revoke_other_sessions(cx: &Cx) -> Result<u32, Error> {
    let revoked = cx.state::<Accounts>().revoke_other_sessions(cx).await?;
    Ok(u32::try_from(revoked).unwrap_or(u32::MAX))
}

/// Signs the user out.
#[client(auth = "anyone", affects(*))]
pub async fn sign_out(cx: &Cx) -> Result<(), Error> {
    cx.state::<Accounts>().sign_out(cx).await
}

/// Sends a new confirmation code, and returns the new ticket of the flow.
#[client(auth = "anyone")]
pub async fn resend_code(cx: &Cx, ticket: Ticket) -> Result<NextStep, ProofError> {
    cx.state::<Accounts>().resend_code(cx, ticket).await
}
