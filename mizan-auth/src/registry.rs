use mizan_core::Registry;

use crate::Accounts;
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
        .function::<SignUp>()
        .function::<SignIn>()
        .function::<VerifyCode>()
        .function::<VerifyLink>()
        .function::<RequestReset>()
        .function::<ConfirmReset>()
        .function::<ChangePassword>()
        .function::<ChangeEmail>()
        .function::<ConfirmEmail>()
        .function::<Reauthenticate>()
        .function::<DeleteAccount>()
        .function::<Account>()
        .function::<Sessions>()
        .function::<RevokeSession>()
        .function::<RevokeOtherSessions>()
        .function::<SignOut>()
        .function::<ResendCode>()
}
