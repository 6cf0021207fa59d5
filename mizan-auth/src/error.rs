use mizan_core::{ClientError, Error};

use crate::StoreError;

/// The errors of signing in.
#[derive(Debug, ClientError)]
pub enum SignInError {
    /// There is no such account, or the password is not its own. The client cannot tell which.
    #[client_error(message = "The email address or password is incorrect.")]
    WrongCredentials,
    /// What any call can fail with.
    #[client_error(transparent)]
    Other(Error),
}

/// Why a code or a link did not do.
#[derive(Debug, ClientError)]
pub enum ProofError {
    /// It is wrong, was used, is too old, or is for something else.
    #[client_error(message = "This code or link is incorrect or has expired. Request a new one.")]
    InvalidProof,
    /// The flow was begun in another browser, or so long ago that this one has forgotten it.
    #[client_error(
        message = "This code was requested in another browser or has expired. Sign in here to get a new one."
    )]
    OtherBrowser,
    /// What any call can fail with.
    #[client_error(transparent)]
    Other(Error),
}

/// Why a link that asks for the password too did not do.
#[derive(Debug, ClientError)]
pub enum LinkError {
    /// The link is wrong, was used, is too old, or is for something else.
    #[client_error(message = "This link is incorrect or has expired. Request a new one.")]
    InvalidLink,
    /// The link is good, the password is not that of its account.
    #[client_error(field = "password", message = "The password is incorrect.")]
    WrongPassword,
    /// What any call can fail with.
    #[client_error(transparent)]
    Other(Error),
}

/// Why somebody who is signed in was not believed.
#[derive(Debug, ClientError)]
pub enum ConfirmError {
    /// The password is not that of the account.
    #[client_error(field = "password", message = "The password is incorrect.")]
    WrongPassword,
    /// What any call can fail with.
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
