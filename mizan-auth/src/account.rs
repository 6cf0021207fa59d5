use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{EmailAddress, PasswordHash};

/// What the flows know of a user. A store of your own fills it from your own table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What the application knows the user by; never changes.
    pub id: String,
    /// Where the user gets mail. No two accounts have the same.
    pub email: EmailAddress,
    /// Whether the user has shown that the address is theirs.
    pub email_verified: bool,
    /// The hash of the password. Where there is none, no password is right, also not an empty one.
    pub password: Option<PasswordHash>,
    /// Advances with each change of the credentials: password, address, reset, second factor. Sessions and
    /// tokens of an earlier epoch are worthless.
    pub epoch: i64,
    /// What the user may do.
    pub access: Access,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// What a user may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    /// Whether the user may sign in; who may not is signed out with the next request.
    pub active: bool,
    /// Whether the user is staff.
    pub staff: bool,
    /// Whether the user may do everything.
    pub superuser: bool,
    /// Permissions of this user, besides those of the groups.
    pub permissions: BTreeSet<String>,
    /// The groups that the user belongs to.
    pub groups: BTreeSet<String>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            active: true,
            staff: false,
            superuser: false,
            permissions: BTreeSet::new(),
            groups: BTreeSet::new(),
        }
    }
}

/// An account that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Where the user gets mail.
    pub email: EmailAddress,
    /// Whether the user has shown that the address is theirs.
    pub email_verified: bool,
    /// The hash of the password, where the user has one.
    pub password: Option<PasswordHash>,
    /// When this is.
    pub created_at: Timestamp,
}
