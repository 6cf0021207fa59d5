//! The records of mailed tokens and of flows in progress.

use jiff::Timestamp;

use crate::email_address::EmailAddress;
use crate::token::{SecretHash, TokenId};

/// A token that was mailed to a user, or that identifies a flow in progress.
///
/// It is valid for one purpose, one user and one email address, and can be used once.
///
/// A custom [`TokenStore`](crate::store::TokenStore) creates it with [`new`](Self::new) and sets the
/// remaining fields from its table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssuedToken {
    /// The id. Clients know it as the ticket of a flow.
    pub id: TokenId,
    /// The hash of the secret in the link.
    pub secret: SecretHash,
    /// The hash of the id and the six-digit code, if a code was sent.
    pub code: Option<SecretHash>,
    /// The purpose.
    pub purpose: TokenPurpose,
    /// The hash of the token in the cookie of the browser that started the flow. A ticket is valid only in
    /// that browser. Links have no such hash.
    pub browser: Option<SecretHash>,
    /// The epoch of the account when the token was issued. The token is invalid in every other epoch.
    pub epoch: i64,
    /// The id of the user. A token without a user behaves like any other but never succeeds, so that a
    /// flow looks the same whether or not the account exists.
    pub user: Option<String>,
    /// The email address to which the token was sent, or which it concerns.
    pub email: EmailAddress,
    /// The number of attempts that are left.
    pub attempts: u32,
    /// The time at which the token expires.
    pub expires_at: Timestamp,
}

impl IssuedToken {
    /// Creates a token without a code, a browser, a user and attempts, in epoch 0.
    #[must_use]
    pub fn new(
        id: TokenId,
        secret: SecretHash,
        purpose: TokenPurpose,
        email: EmailAddress,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            id,
            secret,
            code: None,
            purpose,
            browser: None,
            epoch: 0,
            user: None,
            email,
            attempts: 0,
            expires_at,
        }
    }
}

/// The purpose of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenPurpose {
    /// Confirms an email address after sign-up.
    VerifyEmail,
    /// Sets a new password without the old one.
    ResetPassword,
    /// Confirms a new email address of an account.
    ChangeEmail,
    /// Completes a sign-in with a second factor after the password was correct.
    SecondFactor,
    /// Identifies a device from which the user has signed in before.
    KnownDevice,
}

impl TokenPurpose {
    /// All purposes.
    pub const ALL: [Self; 5] = [
        Self::VerifyEmail,
        Self::ResetPassword,
        Self::ChangeEmail,
        Self::SecondFactor,
        Self::KnownDevice,
    ];

    /// Returns the name under which stores keep the purpose.
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
