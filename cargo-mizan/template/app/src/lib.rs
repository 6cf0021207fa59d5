//! The application: everything that clients can call, and the pages.

pub mod database;
pub mod notes;
pub mod pages;

use mizan_auth::accounts::AccountPages;
use mizan_auth::{Accounts, AccountsBuilder};
use mizan_core::Registry;
use mizan_forms::RegisterForm as _;

use notes::{AddNote, LatestNotes, NewNotes};

/// Registers all functions, forms and channels. Each of them has a policy.
pub fn registry(accounts: Accounts) -> Registry {
    mizan_auth::registry(accounts)
        .require_policies()
        .function::<LatestNotes>()
        .form::<AddNote>()
        .channel::<NewNotes>()
}

/// Configures the accounts of a site at `base_url`.
pub fn accounts(base_url: &str) -> AccountsBuilder {
    Accounts::builder(base_url)
        .site_name("Mizan Template")
        .pages(
            AccountPages::default()
                .verify_email("/verify-email/")
                .forgot_password("/forgot-password/")
                .reset_password("/reset-password/"),
        )
}
