mod cookie;
mod device;
mod ended;
mod sessions;

use jiff::Timestamp;

pub(crate) use cookie::TokenCookie;
pub use device::Device;
pub use sessions::{SessionLifetime, Sessions};

use crate::{SecretHash, TokenId};

/// Somebody who is signed in on some device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What it is listed and revoked by; no secret.
    pub id: TokenId,
    /// The hash of the secret that the cookie holds.
    pub secret: SecretHash,
    /// Whose it is.
    pub user: String,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// The epoch of the account when the session was opened. Once the account has another, the session is
    /// over, whether or not it was removed.
    pub epoch: i64,
    /// When it was last used, to a minute or so.
    pub last_used_at: Timestamp,
    /// When it ends, unless it is used before and may go on.
    pub expires_at: Timestamp,
    /// When the user last proved who they are.
    pub authenticated_at: Timestamp,
    /// How, in RFC 8176's names, joined by spaces.
    pub methods: String,
    /// Where.
    pub device: Device,
}
