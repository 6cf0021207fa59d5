//! What staff see of accounts, and may do about them.

use jiff::Timestamp;
use mizan_auth::store::SqliteStore;
use mizan_auth::{Account, Accounts, EmailAddress};
use mizan_core::{Cx, Decision, Error, client};
use schemars::JsonSchema;
use serde::Serialize;

/// An account, as staff see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountRow {
    /// What the application knows the user by.
    pub id: String,
    /// What the user signs in with.
    pub email: String,
    /// Whether the user has shown that the address is theirs.
    pub email_verified: bool,
    /// Whether the user is staff.
    pub staff: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// In how many places the user is signed in.
    pub sessions: u32,
}

/// Some of the accounts, by address.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountList {
    /// The accounts.
    pub accounts: Vec<AccountRow>,
    /// The address after which the list goes on, where it does.
    pub after: Option<String>,
}

const AT_ONCE: u32 = 100;

/// The accounts, a hundred at a time.
#[client(query, auth = "staff")]
pub async fn list_accounts(
    cx: &Cx,
    /// The address that the last list ended with.
    after: Option<EmailAddress>,
) -> Result<AccountList, Error> {
    let store = cx.state::<SqliteStore>();
    let found = store.list_accounts(after.as_ref(), AT_ONCE).await?;
    let is_whole = found.len() < AT_ONCE as usize;
    let last = found.last().filter(|_| !is_whole);
    let after = last.map(|account| account.email.to_string());
    let mut accounts = Vec::with_capacity(found.len());
    for account in found {
        accounts.push(row(cx, account).await?);
    }
    Ok(AccountList { accounts, after })
}

async fn row(cx: &Cx, account: Account) -> Result<AccountRow, Error> {
    let sessions = cx.state::<Accounts>().sessions().list(&account.id).await?;
    Ok(AccountRow {
        id: account.id,
        email: account.email.to_string(),
        email_verified: account.email_verified,
        staff: account.access.staff || account.access.superuser,
        created_at: account.created_at,
        sessions: u32::try_from(sessions.len()).unwrap_or(u32::MAX),
    })
}

/// Only superusers may do anything about staff. Of an account that is not there, the function tells.
async fn outranks(cx: &Cx, input: &EndSessions) -> Decision {
    if cx.principal().is_superuser() {
        return Decision::Allow;
    }
    match cx.state::<Accounts>().users().find(&input.id).await {
        Ok(Some(account)) if account.access.staff || account.access.superuser => {
            Decision::deny_because("Only superusers can sign staff out.")
        }
        Ok(_) => Decision::Allow,
        Err(_) => Decision::deny(),
    }
}

/// Signs a user out everywhere; answers in how many places that was.
#[client(auth = "staff", authorize = outranks, affects(list_accounts, sessions))]
pub async fn end_sessions(
    cx: &Cx,
    /// Of which account.
    id: String,
) -> Result<u32, Error> {
    let ended = cx.state::<Accounts>().end_all_sessions(&id).await?;
    Ok(u32::try_from(ended).unwrap_or(u32::MAX))
}
