//! The errors of the account flows.

use mizan_core::{ClientError, Error, ErrorCode};

use crate::store::StoreError;

/// An error of a sign-in.
#[derive(Debug, ClientError)]
pub enum SignInError {
    /// The account does not exist or the password is wrong. The error does not reveal which.
    #[client_error(message = "The email address or password is incorrect.")]
    WrongCredentials,
    /// An error that every function can return.
    #[client_error(transparent)]
    Other(Error),
}

/// An error of a code or a link.
#[derive(Debug, ClientError)]
pub enum ProofError {
    /// The code or link is wrong, was already used, has expired, or is for another purpose.
    #[client_error(message = "This code or link is incorrect or has expired. Request a new one.")]
    InvalidProof,
    /// The flow was started in another browser, or this browser no longer has the cookie of the flow.
    #[client_error(
        message = "This code was requested in another browser or has expired. Sign in here to get a new one."
    )]
    OtherBrowser,
    /// An error that every function can return.
    #[client_error(transparent)]
    Other(Error),
}

/// An error of a link that also requires the password.
#[derive(Debug, ClientError)]
pub enum LinkError {
    /// The link is wrong, was already used, has expired, or is for another purpose.
    #[client_error(message = "This link is incorrect or has expired. Request a new one.")]
    InvalidLink,
    /// The link is valid, but the password of its account is wrong.
    #[client_error(field = "password", message = "The password is incorrect.")]
    WrongPassword,
    /// An error that every function can return.
    #[client_error(transparent)]
    Other(Error),
}

/// An error of a flow in which a signed-in user confirms the password.
#[derive(Debug, ClientError)]
pub enum ConfirmError {
    /// The password of the account is wrong.
    #[client_error(field = "password", message = "The password is incorrect.")]
    WrongPassword,
    /// An error that every function can return.
    #[client_error(transparent)]
    Other(Error),
}

macro_rules! from_store_error {
    ($($error:ident),*) => {$(
        impl From<StoreError> for $error {
            fn from(error: StoreError) -> Self {
                Self::Other(error.into())
            }
        }
    )*};
}

from_store_error!(SignInError, ProofError, LinkError, ConfirmError);

/// Returns the error of a call whose session has ended.
pub(super) fn session_ended() -> Error {
    Error::new(
        ErrorCode::Unauthenticated,
        "your session has ended: sign in again",
    )
}
