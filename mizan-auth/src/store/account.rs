//! The account records that a user store keeps.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::email_address::EmailAddress;
use crate::password::PasswordHash;

/// An account, with the data that the flows use.
///
/// A custom [`UserStore`](crate::store::UserStore) creates it with [`new`](Self::new) and sets the
/// remaining fields from its table.
///
/// # Examples
///
/// ```
/// use jiff::Timestamp;
/// use mizan_auth::store::{Access, Account};
///
/// let email = "ada@example.com".parse()?;
/// let mut account = Account::new("42", email, Timestamp::UNIX_EPOCH);
/// account.email_verified = true;
/// account.access = Access::default().staff(true);
/// # Ok::<(), mizan_auth::email_address::InvalidEmailAddress>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The id of the user in the application. It never changes.
    pub id: String,
    /// The email address. No two accounts have the same one.
    pub email: EmailAddress,
    /// True if the user has confirmed the email address.
    pub email_verified: bool,
    /// The hash of the password. Without a hash, every password is wrong, including the empty one.
    pub password: Option<PasswordHash>,
    /// The credential epoch, which advances with each change of the password, the email address or the
    /// second factor. Sessions and tokens of an earlier epoch are invalid.
    pub epoch: i64,
    /// The access rights of the user.
    pub access: Access,
    /// The time at which the account was created.
    pub created_at: Timestamp,
}

impl Account {
    /// Creates an account without a password, with an unverified address, the default access rights and
    /// epoch 0.
    pub fn new(id: impl Into<String>, email: EmailAddress, created_at: Timestamp) -> Self {
        Self {
            id: id.into(),
            email,
            email_verified: false,
            password: None,
            epoch: 0,
            access: Access::default(),
            created_at,
        }
    }
}

/// The access rights of a user.
///
/// # Examples
///
/// ```
/// use mizan_auth::store::Access;
///
/// let access = Access::default().staff(true).group("editors").permission("posts.rename");
/// assert!(access.active && access.staff);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Access {
    /// True if the user may sign in. The requests of an inactive user are anonymous, even with a valid
    /// session.
    pub active: bool,
    /// True if the user is staff.
    pub staff: bool,
    /// True if the user has every permission.
    pub superuser: bool,
    /// The permissions of the user in addition to those of the groups.
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

impl Access {
    /// Sets [`active`](Self#structfield.active).
    #[must_use]
    pub fn active(mut self, active: bool) -> Self {
        self.active = active;
        self
    }

    /// Sets [`staff`](Self#structfield.staff).
    #[must_use]
    pub fn staff(mut self, staff: bool) -> Self {
        self.staff = staff;
        self
    }

    /// Sets [`superuser`](Self#structfield.superuser).
    #[must_use]
    pub fn superuser(mut self, superuser: bool) -> Self {
        self.superuser = superuser;
        self
    }

    /// Adds a permission.
    #[must_use]
    pub fn permission(mut self, permission: impl Into<String>) -> Self {
        self.permissions.insert(permission.into());
        self
    }

    /// Adds a group.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.groups.insert(group.into());
        self
    }
}

/// An account to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewAccount {
    /// The email address.
    pub email: EmailAddress,
    /// True if the user has confirmed the email address.
    pub email_verified: bool,
    /// The hash of the password, if the user has one.
    pub password: Option<PasswordHash>,
    /// The time of creation.
    pub created_at: Timestamp,
}

impl NewAccount {
    /// Creates the data of an account without a password and with an unverified address.
    #[must_use]
    pub fn new(email: EmailAddress, created_at: Timestamp) -> Self {
        Self {
            email,
            email_verified: false,
            password: None,
            created_at,
        }
    }

    /// Sets [`email_verified`](Self#structfield.email_verified).
    #[must_use]
    pub fn email_verified(mut self, verified: bool) -> Self {
        self.email_verified = verified;
        self
    }

    /// Sets the hash of the password.
    #[must_use]
    pub fn password(mut self, hash: PasswordHash) -> Self {
        self.password = Some(hash);
        self
    }
}
