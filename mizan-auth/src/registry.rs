//! The registry of all forms and functions of accounts.

use mizan_core::Registry;
use mizan_forms::RegisterForm;

use crate::accounts::Accounts;
use crate::forms::{
    ChangeEmail, ChangePassword, ConfirmEmail, ConfirmReset, DeleteAccount, Reauthenticate,
    RequestReset, SignIn, SignUp, VerifyCode, VerifyLink,
};
use crate::functions::{
    Account, ResendCode, RevokeOtherSessions, RevokeSession, Sessions, SignOut,
};

/// Returns a registry of all forms and functions of accounts. Merge it into the registry of the application.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use mizan_auth::Accounts;
/// use mizan_auth::mail::ConsoleMailer;
/// use mizan_auth::store::MemoryStore;
/// use mizan_core::Registry;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let accounts = Accounts::builder("http://localhost:8000")
///         .store(Arc::new(MemoryStore::default()))
///         .mailer(Arc::new(ConsoleMailer))
///         .build()?;
///     let _app = Registry::new().merge(mizan_auth::registry(accounts)).build()?;
///     Ok(())
/// }
/// ```
pub fn registry(accounts: Accounts) -> Registry {
    Registry::new()
        .state(accounts)
        .form::<SignUp>()
        .form::<SignIn>()
        .form::<VerifyCode>()
        .form::<VerifyLink>()
        .form::<RequestReset>()
        .form::<ConfirmReset>()
        .form::<ChangePassword>()
        .form::<ChangeEmail>()
        .form::<ConfirmEmail>()
        .form::<Reauthenticate>()
        .form::<DeleteAccount>()
        .function::<Account>()
        .function::<Sessions>()
        .function::<RevokeSession>()
        .function::<RevokeOtherSessions>()
        .function::<SignOut>()
        .function::<ResendCode>()
}
