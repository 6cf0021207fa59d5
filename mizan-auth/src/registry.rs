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

/// All flows, as functions of a registry: merge it into that of the application.
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
