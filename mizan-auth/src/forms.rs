//! What people fill in. Each form is one flow of [`Accounts`].

use mizan_core::{Cx, Error, Policy, ServerFunction, policy};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::{Validate, ValidationErrors};

use crate::{
    Accounts, ConfirmError, EmailAddress, LinkError, NextStep, Password, ProofError, SignInError,
    Ticket,
};

/// Makes an account.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// Where a code is sent that verifies the address.
    pub email: EmailAddress,
    /// At least 8 characters.
    pub password: Password,
}

/// Signs in.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The address of the account.
    pub email: EmailAddress,
    /// Its password.
    pub password: Password,
    /// The path to go to then.
    #[serde(default)]
    pub next: Option<String>,
}

/// Verifies an address with the code that was sent there.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VerifyCode {
    /// Names the flow, as the step before said.
    pub ticket: Ticket,
    /// The six digits.
    #[validate(length(min = 6, max = 12))]
    pub code: String,
    /// The path to go to then.
    #[serde(default)]
    pub next: Option<String>,
}

/// Verifies an address with the link that was sent there.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct VerifyLink {
    /// What the link has as `token`.
    #[validate(length(max = 200))]
    pub token: String,
    /// The password of the account.
    pub password: Password,
    /// The path to go to then.
    #[serde(default)]
    pub next: Option<String>,
}

/// Asks for a link that sets a new password.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RequestReset {
    /// The address of the account.
    pub email: EmailAddress,
}

/// Sets a new password by the link that was sent.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConfirmReset {
    /// What the link has as `token`.
    #[validate(length(max = 200))]
    pub token: String,
    /// The new password: at least 8 characters.
    pub password: Password,
}

/// Changes the password of whoever is signed in.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    pub password: Password,
    /// The new password: at least 8 characters.
    pub new_password: Password,
}

/// Asks for a link that gives the account another address.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChangeEmail {
    /// The new address.
    pub email: EmailAddress,
}

/// Confirms a new address by the link that was sent there.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEmail {
    /// What the link has as `token`.
    #[validate(length(max = 200))]
    pub token: String,
}

/// Confirms that whoever is signed in is who they are.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Reauthenticate {
    /// The password of the account.
    pub password: Password,
    /// The path to go to then.
    #[serde(default)]
    pub next: Option<String>,
}

/// Deletes the account of whoever is signed in.
#[derive(Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DeleteAccount {
    /// The address of the account, to be sure.
    pub email: EmailAddress,
}

macro_rules! form {
    ($form:ident, $name:literal, $policy:expr, $output:ty, $error:ty, |$self:ident, $cx:ident, $accounts:ident| $submit:expr) => {
        impl ServerFunction for $form {
            type Output = $output;
            type Error = $error;
            const NAME: &'static str = $name;
            const POLICY: Policy = $policy;
            const AFFECTS: &'static [&'static str] = &["*"];

            fn validate(&self) -> Result<(), ValidationErrors> {
                Validate::validate(self)
            }

            async fn call($self, $cx: &Cx) -> Result<$output, $error> {
                let $accounts = $cx.state::<Accounts>();
                $submit.await
            }
        }
    };
}

form!(
    SignUp,
    "sign_up.submit",
    policy!(false),
    NextStep,
    Error,
    |self, cx, accounts| { accounts.sign_up(cx, &self.email, &self.password) }
);
form!(
    SignIn,
    "sign_in.submit",
    policy!(false),
    NextStep,
    SignInError,
    |self, cx, accounts| {
        accounts.sign_in(cx, &self.email, &self.password, self.next.as_deref())
    }
);
form!(
    VerifyCode,
    "verify_code.submit",
    policy!(false),
    NextStep,
    ProofError,
    |self, cx, accounts| {
        accounts.verify_code(cx, self.ticket, &self.code, self.next.as_deref())
    }
);
form!(
    VerifyLink,
    "verify_link.submit",
    policy!(false),
    NextStep,
    LinkError,
    |self, cx, accounts| async {
        let token = self.token.parse().map_err(|_| LinkError::InvalidLink)?;
        accounts
            .verify_link(cx, &token, &self.password, self.next.as_deref())
            .await
    }
);
form!(
    RequestReset,
    "request_reset.submit",
    policy!(false),
    (),
    Error,
    |self, cx, accounts| { accounts.request_reset(cx, &self.email) }
);
form!(
    ConfirmReset,
    "confirm_reset.submit",
    policy!(false),
    NextStep,
    ProofError,
    |self, cx, accounts| async {
        let token = self.token.parse().map_err(|_| ProofError::InvalidProof)?;
        accounts.confirm_reset(cx, &token, &self.password).await
    }
);
form!(
    ChangePassword,
    "change_password.submit",
    policy!(),
    (),
    ConfirmError,
    |self, cx, accounts| { accounts.change_password(cx, &self.password, &self.new_password) }
);
form!(
    ChangeEmail,
    "change_email.submit",
    policy!("recent"),
    (),
    Error,
    |self, cx, accounts| { accounts.request_email_change(cx, &self.email) }
);
form!(
    ConfirmEmail,
    "confirm_email.submit",
    policy!(),
    (),
    ProofError,
    |self, cx, accounts| async {
        let token = self.token.parse().map_err(|_| ProofError::InvalidProof)?;
        accounts.confirm_email_change(cx, &token).await
    }
);
form!(
    Reauthenticate,
    "reauthenticate.submit",
    policy!(),
    NextStep,
    ConfirmError,
    |self, cx, accounts| { accounts.reauthenticate(cx, &self.password, self.next.as_deref()) }
);
form!(
    DeleteAccount,
    "delete_account.submit",
    policy!("recent"),
    (),
    Error,
    |self, cx, accounts| { accounts.delete_account(cx, &self.email) }
);
