//! The next step of a sign-up or sign-in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::token::TokenId;

/// The next step of a sign-up or sign-in.
///
/// The generated client represents it as a union, so that TypeScript reports a step that is not handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum NextStep {
    /// The user is signed in, and the session cookie is set.
    SignedIn {
        /// The path of the page to open next. It is always on this site.
        next: String,
    },
    /// A code was sent to the email address. Submit it to `verify_code` with the ticket.
    VerifyEmail {
        /// The ticket of this flow.
        ticket: Ticket,
    },
    /// The password was correct, and the account requires a second factor.
    SecondFactor {
        /// The ticket of this flow.
        ticket: Ticket,
        /// The second factors of the account, such as `otp`. One of them is sufficient.
        methods: Vec<String>,
    },
    /// The flow is complete. The user can sign in.
    SignIn,
}

/// The identifier of a flow in progress. It reveals nothing about the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Ticket(#[schemars(with = "String")] pub TokenId);
