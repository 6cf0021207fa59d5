//! The forms of the account flows.
//!
//! Each form calls one method of [`Accounts`]. The fields `token`, `ticket` and `next` take their initial values
//! from the query of the page, so that the links in mails work without JavaScript.

use mizan_core::{Cx, Error};
use mizan_forms::{FieldCheck, Form, FormHandler, InitialValues, NoParams};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use validator::Validate;

use crate::accounts::{
    Accounts, ConfirmError, LinkError, NextStep, ProofError, SignInError, Ticket,
};
use crate::email_address::EmailAddress;
use crate::password::Password;

/// Create an account.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "sign_up", title = "Sign up", auth = "anyone", affects(*))]
pub struct SignUp {
    /// We will email you a confirmation code.
    #[field(label = "Email address", autocomplete = "username")]
    pub email: EmailAddress,
    /// At least 8 characters. Several words make a good password.
    #[field(widget = "password", autocomplete = "new-password")]
    pub password: Password,
}

impl FormHandler for SignUp {
    type Output = NextStep;
    type Error = Error;

    async fn validate_field(cx: &Cx, _: &NoParams, field: FieldCheck<'_>) -> Result<(), Error> {
        check_new_password(cx, field.path(), field.value(), "password").await
    }

    async fn submit(self, cx: &Cx) -> Result<NextStep, Error> {
        let accounts = cx.state::<Accounts>();
        accounts.sign_up(cx, &self.email, &self.password).await
    }
}

/// Sign in to your account.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "sign_in", title = "Sign in", auth = "anyone", affects(*))]
pub struct SignIn {
    /// The email address of the account.
    #[field(label = "Email address", help = "", autocomplete = "username")]
    pub email: EmailAddress,
    /// The password of the account.
    #[field(help = "", widget = "password", autocomplete = "current-password")]
    pub password: Password,
    /// The path of the page to open afterwards.
    #[field(widget = "hidden")]
    pub next: Option<String>,
}

impl FormHandler for SignIn {
    type Output = NextStep;
    type Error = SignInError;

    async fn initial(cx: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
        Ok(values_from_query(cx, &["next"]))
    }

    async fn submit(self, cx: &Cx) -> Result<NextStep, SignInError> {
        let accounts = cx.state::<Accounts>();
        let next = self.next.as_deref();
        accounts
            .sign_in(cx, &self.email, &self.password, next)
            .await
    }
}

/// Enter the confirmation code from the email.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "verify_code", title = "Confirm your email address", auth = "anyone", affects(*))]
pub struct VerifyCode {
    /// The ticket that the previous step returned.
    #[field(widget = "hidden")]
    pub ticket: Ticket,
    /// Enter the 6-digit code from the email.
    #[field(label = "Code", autocomplete = "one-time-code")]
    #[validate(length(min = 6, max = 12))]
    pub code: String,
    /// The path of the page to open afterwards.
    #[field(widget = "hidden")]
    pub next: Option<String>,
}

impl FormHandler for VerifyCode {
    type Output = NextStep;
    type Error = ProofError;

    async fn initial(cx: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
        Ok(values_from_query(cx, &["ticket", "next"]))
    }

    async fn submit(self, cx: &Cx) -> Result<NextStep, ProofError> {
        let accounts = cx.state::<Accounts>();
        let next = self.next.as_deref();
        accounts
            .verify_code(cx, self.ticket, &self.code, next)
            .await
    }
}

/// Enter your password to confirm that the email address is yours.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "verify_link", title = "Confirm your email address", auth = "anyone", affects(*))]
pub struct VerifyLink {
    /// The `token` from the link.
    #[field(widget = "hidden")]
    #[validate(length(max = 200))]
    pub token: String,
    /// The password that you signed up with.
    #[field(widget = "password", autocomplete = "current-password")]
    pub password: Password,
    /// The path of the page to open afterwards.
    #[field(widget = "hidden")]
    pub next: Option<String>,
}

impl FormHandler for VerifyLink {
    type Output = NextStep;
    type Error = LinkError;

    async fn initial(cx: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
        Ok(values_from_query(cx, &["token", "next"]))
    }

    async fn submit(self, cx: &Cx) -> Result<NextStep, LinkError> {
        let accounts = cx.state::<Accounts>();
        let token = self.token.parse().map_err(|_| LinkError::InvalidLink)?;
        let next = self.next.as_deref();
        accounts.verify_link(cx, &token, &self.password, next).await
    }
}

/// We will email you a link to set a new password.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(
    name = "request_reset",
    title = "Forgot your password?",
    auth = "anyone"
)]
pub struct RequestReset {
    /// The email address of your account.
    #[field(label = "Email address", autocomplete = "username")]
    pub email: EmailAddress,
}

impl FormHandler for RequestReset {
    type Output = ();
    type Error = Error;

    async fn submit(self, cx: &Cx) -> Result<(), Error> {
        let accounts = cx.state::<Accounts>();
        accounts.request_reset(cx, &self.email).await
    }
}

/// Set a new password.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "confirm_reset", title = "Set a new password", auth = "anyone", affects(*))]
pub struct ConfirmReset {
    /// The `token` from the link.
    #[field(widget = "hidden")]
    #[validate(length(max = 200))]
    pub token: String,
    /// At least 8 characters. Several words make a good password.
    #[field(
        label = "New password",
        widget = "password",
        autocomplete = "new-password"
    )]
    pub password: Password,
}

impl FormHandler for ConfirmReset {
    type Output = NextStep;
    type Error = ProofError;

    async fn initial(cx: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
        Ok(values_from_query(cx, &["token"]))
    }

    async fn validate_field(cx: &Cx, _: &NoParams, field: FieldCheck<'_>) -> Result<(), Error> {
        check_new_password(cx, field.path(), field.value(), "password").await
    }

    async fn submit(self, cx: &Cx) -> Result<NextStep, ProofError> {
        let accounts = cx.state::<Accounts>();
        let token = self.token.parse().map_err(|_| ProofError::InvalidProof)?;
        accounts.confirm_reset(cx, &token, &self.password).await
    }
}

/// Change your password. You are signed out everywhere else.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "change_password", title = "Change your password", auth, affects(*))]
pub struct ChangePassword {
    /// The password that you use now.
    #[field(
        label = "Current password",
        help = "",
        widget = "password",
        autocomplete = "current-password"
    )]
    pub password: Password,
    /// At least 8 characters. Several words make a good password.
    #[field(widget = "password", autocomplete = "new-password")]
    pub new_password: Password,
}

impl FormHandler for ChangePassword {
    type Output = ();
    type Error = ConfirmError;

    async fn validate_field(cx: &Cx, _: &NoParams, field: FieldCheck<'_>) -> Result<(), Error> {
        check_new_password(cx, field.path(), field.value(), "new_password").await
    }

    async fn submit(self, cx: &Cx) -> Result<(), ConfirmError> {
        let accounts = cx.state::<Accounts>();
        let Self {
            password,
            new_password,
        } = self;
        accounts.change_password(cx, &password, &new_password).await
    }
}

/// Change your email address. We will email a confirmation link to the new address.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(
    name = "change_email",
    title = "Change your email address",
    auth = "recent"
)]
pub struct ChangeEmail {
    /// We will email a confirmation link to this address.
    #[field(label = "New email address", autocomplete = "email")]
    pub email: EmailAddress,
}

impl FormHandler for ChangeEmail {
    type Output = ();
    type Error = Error;

    async fn submit(self, cx: &Cx) -> Result<(), Error> {
        let accounts = cx.state::<Accounts>();
        accounts.request_email_change(cx, &self.email).await
    }
}

/// Confirm your new email address.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "confirm_email", title = "Confirm your new email address", auth, affects(*))]
pub struct ConfirmEmail {
    /// The `token` from the link.
    #[field(widget = "hidden")]
    #[validate(length(max = 200))]
    pub token: String,
}

impl FormHandler for ConfirmEmail {
    type Output = ();
    type Error = ProofError;

    async fn initial(cx: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
        Ok(values_from_query(cx, &["token"]))
    }

    async fn submit(self, cx: &Cx) -> Result<(), ProofError> {
        let accounts = cx.state::<Accounts>();
        let token = self.token.parse().map_err(|_| ProofError::InvalidProof)?;
        accounts.confirm_email_change(cx, &token).await
    }
}

/// Enter your password to continue.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "reauthenticate", title = "Confirm that it is you", auth, affects(*))]
pub struct Reauthenticate {
    /// The password of your account.
    #[field(help = "", widget = "password", autocomplete = "current-password")]
    pub password: Password,
    /// The path of the page to open afterwards.
    #[field(widget = "hidden")]
    pub next: Option<String>,
}

impl FormHandler for Reauthenticate {
    type Output = NextStep;
    type Error = ConfirmError;

    async fn initial(cx: &Cx, _: &NoParams) -> Result<InitialValues, Error> {
        Ok(values_from_query(cx, &["next"]))
    }

    async fn submit(self, cx: &Cx) -> Result<NextStep, ConfirmError> {
        let accounts = cx.state::<Accounts>();
        let next = self.next.as_deref();
        accounts.reauthenticate(cx, &self.password, next).await
    }
}

/// Delete your account permanently.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "delete_account", title = "Delete your account", auth = "recent", affects(*))]
pub struct DeleteAccount {
    /// Enter the email address of your account to confirm.
    #[field(label = "Email address", autocomplete = "off")]
    pub email: EmailAddress,
}

impl FormHandler for DeleteAccount {
    type Output = ();
    type Error = Error;

    async fn submit(self, cx: &Cx) -> Result<(), Error> {
        let accounts = cx.state::<Accounts>();
        accounts.delete_account(cx, &self.email).await
    }
}

/// Checks a new password during live validation. The submission also compares it with the email address.
async fn check_new_password(
    cx: &Cx,
    field: &str,
    value: &Value,
    password: &str,
) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if field == password => {
            let accounts = cx.state::<Accounts>();
            let new = Password::from(text);
            accounts.check_new_password(cx, field, &new, None).await
        }
        _ => Ok(()),
    }
}

/// Returns the values of these fields in the query of the page.
fn values_from_query(cx: &Cx, fields: &[&str]) -> InitialValues {
    let query = cx.head().uri().query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs
        .filter(|(name, _)| fields.contains(&name.as_ref()))
        .fold(InitialValues::new(), |initial, (name, value)| {
            initial.set(name.into_owned(), value.into_owned())
        })
}
