//! What clients call without filling anything in.

#![expect(
    clippy::missing_errors_doc,
    reason = "the error type of a server function says how it fails"
)]

use std::collections::BTreeSet;

use jiff::Timestamp;
use mizan_core::{Cx, Error, client};
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::{Accounts, NextStep, ProofError, Ticket};

use crate::session::Session;

/// The account of whoever is signed in, as pages see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountOut {
    /// What the application knows the user by.
    pub id: String,
    /// The address.
    pub email: String,
    /// Whether the user is staff.
    pub staff: bool,
    /// Whether the user may do everything.
    pub superuser: bool,
    /// What the user may do, by their groups too. For what a page shows: the server decides again.
    pub permissions: BTreeSet<String>,
    /// The groups that the user belongs to.
    pub groups: BTreeSet<String>,
}

/// The account of whoever is signed in, if anybody is.
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

/// One of the places where a user is signed in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SessionOut {
    /// What it is revoked by; no secret.
    pub id: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// What the browser says of itself.
    pub user_agent: String,
    /// The network address that it was opened from, where that is known.
    pub address: Option<String>,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When it was last used, to a minute or so.
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

/// Where whoever asks is signed in, the place used last first.
#[client(query, auth)]
pub async fn sessions(cx: &Cx) -> Result<Vec<SessionOut>, Error> {
    let sessions = cx.state::<Accounts>().sessions();
    let user = cx.principal().id().unwrap_or_default();
    let current = cx.principal().identity().and_then(|it| it.session_id());
    let listed = sessions.list(user).await?.into_iter();
    Ok(listed.map(|it| SessionOut::new(it, current)).collect())
}

/// Signs whoever asks out in one place.
#[client(auth, affects(*))]
pub async fn revoke_session(
    cx: &Cx,
    /// Which, as `sessions` calls it.
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
        return Err(Error::not_found("there is no such session"));
    }
    Ok(())
}

/// Signs whoever asks out everywhere else; answers in how many places.
#[client(auth, affects(*))]
pub async fn revoke_other_sessions(cx: &Cx) -> Result<u32, Error> {
    let revoked = cx.state::<Accounts>().revoke_other_sessions(cx).await?;
    Ok(u32::try_from(revoked).unwrap_or(u32::MAX))
}

/// Signs out.
#[client(auth = "anyone", affects(*))]
pub async fn sign_out(cx: &Cx) -> Result<(), Error> {
    cx.state::<Accounts>().sign_out(cx).await
}

/// Sends the code of a flow again, a new one; the flow has a new ticket then.
#[client(auth = "anyone")]
pub async fn resend_code(cx: &Cx, ticket: Ticket) -> Result<NextStep, ProofError> {
    cx.state::<Accounts>().resend_code(cx, ticket).await
}
