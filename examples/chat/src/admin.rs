//! Account administration for staff.

use jiff::Timestamp;
use mizan_auth::{Account, Accounts, EmailAddress};
use mizan_core::{Cx, Decision, Error, client};
use schemars::JsonSchema;
use serde::Serialize;

use crate::account_database::AccountDatabase;

/// An account in the list for staff.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountRow {
    /// The id of the user.
    pub id: String,
    /// The email address with which the user signs in.
    pub email: String,
    /// True if the user has confirmed the address.
    pub email_verified: bool,
    /// True for staff and superusers.
    pub staff: bool,
    /// The time when the account was created.
    pub created_at: Timestamp,
    /// The number of devices on which the user is signed in.
    pub sessions: u32,
}

/// A page of accounts, ordered by address.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountList {
    /// The accounts of this page.
    pub accounts: Vec<AccountRow>,
    /// The last address of this page, if there are more accounts.
    pub after: Option<String>,
}

const PAGE_SIZE: u32 = 100;

/// Returns up to a hundred accounts, ordered by address.
#[client(query, auth = "staff")]
pub async fn list_accounts(
    cx: &Cx,
    /// The last address of the previous page.
    after: Option<EmailAddress>,
) -> Result<AccountList, Error> {
    let store = cx.state::<AccountDatabase>();
    let found = store.list_accounts(after.as_ref(), PAGE_SIZE).await?;
    let is_last_page = found.len() < PAGE_SIZE as usize;
    let last = found.last().filter(|_| !is_last_page);
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

/// Restricts actions on staff accounts to superusers. The function itself reports an unknown account.
async fn can_manage_account(cx: &Cx, input: &EndSessions) -> Result<Decision, Error> {
    if cx.principal().is_superuser() {
        return Ok(Decision::Allow);
    }
    let account = cx.state::<Accounts>().users().find(&input.id).await?;
    Ok(match account {
        Some(account) if account.access.staff || account.access.superuser => {
            Decision::deny_because("Only superusers can sign staff out.")
        }
        _ => Decision::Allow,
    })
}

/// Signs a user out on all devices. Returns the number of ended sessions.
#[client(auth = "staff", authorize = can_manage_account, affects(list_accounts, sessions))]
pub async fn end_sessions(
    cx: &Cx,
    /// The id of the account.
    id: String,
) -> Result<u32, Error> {
    let ended = cx.state::<Accounts>().end_all_sessions(&id).await?;
    Ok(u32::try_from(ended).unwrap_or(u32::MAX))
}
