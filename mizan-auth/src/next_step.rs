use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::TokenId;

/// What comes next for somebody who signs up or in. A client that goes through the steps cannot
/// forget one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum NextStep {
    /// Signed in: the session's cookie is set.
    SignedIn {
        /// Where to go: a path on this site, always.
        next: String,
    },
    /// A code was sent to the address; it goes into `verify_code` with the ticket.
    VerifyEmail {
        /// Names this flow.
        ticket: Ticket,
    },
    /// The password was right, and the account asks for more.
    SecondFactor {
        /// Names this flow.
        ticket: Ticket,
        /// What the account has, such as `otp`: one of them will do.
        methods: Vec<String>,
    },
    /// All is done; sign in now.
    SignIn,
}

/// Names a flow that is under way. It says nothing about the account, or whether there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Ticket(#[schemars(with = "String")] pub TokenId);
