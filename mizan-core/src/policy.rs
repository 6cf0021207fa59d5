use std::borrow::Cow;
use std::fmt;

use futures_util::future::BoxFuture;

use crate::{Cx, Error, ErrorCode, Principal};

/// Who may call a function. Checked in dispatch, before the input is decoded.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Policy {
    /// Everybody, signed in or not.
    Anyone,
    /// Whoever is signed in.
    SignedIn,
    /// Staff and superusers.
    Staff,
    /// Superusers.
    Superuser,
    /// Whoever has the permission of this name; superusers have all.
    Permission(&'static str),
    /// Whoever the check allows.
    Custom {
        /// What the manifest calls the check.
        name: &'static str,
        /// The check itself.
        check: PolicyCheck,
    },
}

/// The check of a [`Policy::Custom`]: an async function of the call's context.
pub type PolicyCheck = for<'a> fn(&'a Cx) -> BoxFuture<'a, Decision>;

impl Policy {
    /// Decides whether the call may go on.
    pub async fn decide(&self, cx: &Cx) -> Decision {
        let principal = cx.principal();
        match *self {
            Self::Anyone => Decision::Allow,
            Self::SignedIn => principal.is_signed_in().into(),
            Self::Staff => principal.is_staff().into(),
            Self::Superuser => principal.is_superuser().into(),
            Self::Permission(permission) => principal.has_permission(permission).into(),
            Self::Custom { check, .. } => check(cx).await,
        }
    }
}

/// The policy in words, as the manifest has it.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::SignedIn => f.write_str("signed in"),
            Self::Staff => f.write_str("staff"),
            Self::Superuser => f.write_str("superuser"),
            Self::Permission(permission) => write!(f, "permission {permission}"),
            Self::Custom { name, .. } => f.write_str(name),
        }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy({self})")
    }
}

/// What a policy or an `authorize` check answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Decision {
    /// The call goes on.
    Allow,
    /// The call is refused: as unauthenticated while nobody is signed in, as forbidden otherwise.
    Deny {
        /// A sentence for the client; a general one is sent where this is absent.
        reason: Option<Cow<'static, str>>,
    },
}

impl Decision {
    /// Refuses without saying more than that.
    pub fn deny() -> Self {
        Self::Deny { reason: None }
    }

    /// Refuses with a sentence that the client may show.
    pub fn deny_because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Deny {
            reason: Some(reason.into()),
        }
    }

    pub(crate) fn enforce(self, principal: &Principal) -> Result<(), Error> {
        let Self::Deny { reason } = self else {
            return Ok(());
        };
        let (code, general) = if principal.is_signed_in() {
            (ErrorCode::Forbidden, "you may not do this")
        } else {
            (ErrorCode::Unauthenticated, "sign in to do this")
        };
        Err(Error::new(code, reason.unwrap_or(Cow::Borrowed(general))))
    }
}

impl From<bool> for Decision {
    fn from(allowed: bool) -> Self {
        if allowed { Self::Allow } else { Self::deny() }
    }
}
