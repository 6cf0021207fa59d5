//! The session record that a session store keeps.

use jiff::Timestamp;

use super::device::Device;
use crate::token::{SecretHash, TokenId};

/// A login session: one user who is signed in on one device.
///
/// A custom [`SessionStore`](crate::store::SessionStore) creates it with [`new`](Self::new) and sets the
/// remaining fields from its table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The id, by which the session is listed and revoked. It is not secret.
    pub id: TokenId,
    /// The hash of the secret in the session cookie.
    pub secret: SecretHash,
    /// The id of the user.
    pub user: String,
    /// The time at which the user signed in.
    pub created_at: Timestamp,
    /// The epoch of the account when the session was opened. The session is invalid as soon as the account
    /// has another epoch, even if the store still has the session.
    pub epoch: i64,
    /// The time of the last use, accurate to about a minute.
    pub last_used_at: Timestamp,
    /// The time at which the session expires unless it is used before.
    pub expires_at: Timestamp,
    /// The time of the last authentication of the user.
    pub authenticated_at: Timestamp,
    /// The authentication methods (RFC 8176), separated by spaces.
    pub methods: String,
    /// The device from which the user signed in.
    pub device: Device,
}

impl Session {
    /// Creates a session in epoch 0, with no methods and an unknown device. All its times are
    /// `created_at`, so that it has expired until `expires_at` is set.
    pub fn new(
        id: TokenId,
        secret: SecretHash,
        user: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        Self {
            id,
            secret,
            user: user.into(),
            created_at,
            epoch: 0,
            last_used_at: created_at,
            expires_at: created_at,
            authenticated_at: created_at,
            methods: String::new(),
            device: Device::default(),
        }
    }
}
