use jiff::Timestamp;

use crate::{EmailAddress, SecretHash, TokenId};

/// A token that somebody was sent, or that stands for a flow that is under way. It is good for one
/// purpose, one user, one address and one use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    /// What it is found by. Clients know it as the ticket of a flow.
    pub id: TokenId,
    /// The hash of the secret in the link.
    pub secret: SecretHash,
    /// The hash of the six-digit code, together with the id, where one was sent.
    pub code: Option<SecretHash>,
    /// What it is good for.
    pub purpose: Purpose,
    /// The hash of the token in the cookie of the browser that began the flow. A ticket is good for that
    /// browser alone; links have none.
    pub browser: Option<SecretHash>,
    /// The epoch of the account when this was issued; after a change of the credentials it is worthless.
    pub epoch: i64,
    /// Whose it is. A token that is nobody's behaves as any other and is never right, so that a
    /// flow looks the same whether or not there is an account.
    pub user: Option<String>,
    /// The address that it was sent to, or that it is about.
    pub email: EmailAddress,
    /// How many more codes may be tried.
    pub attempts: u32,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To show that an address is one's own, after signing up.
    VerifyEmail,
    /// To set a password without the old one.
    ResetPassword,
    /// To give an account another address.
    ChangeEmail,
    /// To finish signing in with a second factor, after the password was right.
    SecondFactor,
    /// To be known as a device that signed in to the account before.
    KnownDevice,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::ChangeEmail,
        Self::SecondFactor,
        Self::KnownDevice,
    ];

    /// The purpose as stores keep it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
            Self::SecondFactor => "second_factor",
            Self::KnownDevice => "known_device",
        }
    }
}
