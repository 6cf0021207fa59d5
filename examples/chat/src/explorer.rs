//! The explorer at `/_mizan`, in development.

use mizan_auth::Accounts;
use mizan_core::{App, Error, Identity};
use mizan_explorer::{Explorer, ExplorerBuildError, Mailbox, TestPrincipal};

use crate::people::DEMOS;

/// Builds the explorer, which calls functions as the demo accounts.
///
/// # Errors
///
/// Returns an error if its page cannot be rendered.
pub fn build(
    app: App,
    accounts: Accounts,
    mailbox: Mailbox,
) -> Result<Explorer, ExplorerBuildError> {
    Explorer::builder(app)
        .load_test_principals(move || test_principals(accounts.clone()))
        .mailbox(mailbox)
        .build()
}

/// Returns the demo accounts as principals.
async fn test_principals(accounts: Accounts) -> Result<Vec<TestPrincipal>, Error> {
    let mut principals = Vec::new();
    for demo in &DEMOS {
        let address = demo.email.parse()?;
        let Some(account) = accounts.users().find_by_email(&address).await? else {
            continue;
        };
        let mut identity = Identity::new(account.id);
        if account.access.staff {
            identity = identity.staff();
        }
        if account.access.superuser {
            identity = identity.superuser();
        }
        for group in account.access.groups {
            identity = identity.group(group);
        }
        principals.push(TestPrincipal::new(demo.name, identity));
    }
    Ok(principals)
}
