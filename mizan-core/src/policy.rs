use std::borrow::Cow;
use std::fmt;

use futures_util::future::BoxFuture;

use crate::{Cx, Error, ErrorCode, Principal};

/// Who may call a function. Checked in dispatch, before the input is decoded.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Policy {
    /// Every caller, since the function does not name its policy. The same as [`Anyone`](Self::Anyone), except
    /// that [`Registry::require_policies`](crate::Registry::require_policies) refuses it.
    Unspecified,
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
    /// Whoever belongs to the group of this name; superusers only where they do.
    Group(&'static str),
    /// Whoever proved a short while ago who they are. Others who are signed in are asked to do so
    /// again, with the code `reauthenticate`.
    Recent,
    /// Whoever each of these lets in. The first that does not says why.
    All(&'static [Policy]),
    /// Whoever one of these lets in.
    Any(&'static [Policy]),
    /// Whoever this does not let in. That may well be somebody who is not signed in.
    Not(&'static Policy),
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
            Self::Unspecified | Self::Anyone => Decision::Allow,
            Self::SignedIn => principal.is_signed_in().into(),
            Self::Staff => principal.is_staff().into(),
            Self::Superuser => principal.is_superuser().into(),
            Self::Permission(permission) => principal.has_permission(permission).into(),
            Self::Group(group) => principal.is_in_group(group).into(),
            Self::Recent if principal.is_recent() => Decision::Allow,
            Self::Recent if principal.is_signed_in() => Decision::Reauthenticate,
            Self::Recent => Decision::deny(),
            Self::All(policies) => Self::decide_all(policies, cx).await,
            Self::Any(policies) => Self::decide_any(policies, cx).await,
            Self::Not(policy) => match Box::pin(policy.decide(cx)).await {
                Decision::Allow => Decision::deny(),
                Decision::Deny { .. } | Decision::Reauthenticate => Decision::Allow,
                // The opposite of a policy does not make anything exist.
                refusal @ Decision::NotFound { .. } => refusal,
            },
            Self::Custom { check, .. } => check(cx).await,
        }
    }

    async fn decide_all(policies: &[Self], cx: &Cx) -> Decision {
        for policy in policies {
            let decision = Box::pin(policy.decide(cx)).await;
            if decision != Decision::Allow {
                return decision;
            }
        }
        Decision::Allow
    }

    /// Where none allows, the answer is the one that helps the caller most: to prove who they are,
    /// then the first reason.
    async fn decide_any(policies: &[Self], cx: &Cx) -> Decision {
        let mut refusal = Decision::deny();
        for policy in policies {
            match (Box::pin(policy.decide(cx)).await, &refusal) {
                (Decision::Allow, _) => return Decision::Allow,
                (Decision::Reauthenticate, _) => refusal = Decision::Reauthenticate,
                (said @ Decision::Deny { reason: Some(_) }, Decision::Deny { reason: None }) => {
                    refusal = said;
                }
                (said @ Decision::NotFound { .. }, Decision::Deny { reason: None }) => {
                    refusal = said;
                }
                (Decision::Deny { .. } | Decision::NotFound { .. }, _) => {}
            }
        }
        refusal
    }
}

/// The policy in words, as the manifest has it.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unspecified | Self::Anyone => f.write_str("anyone"),
            Self::SignedIn => f.write_str("signed in"),
            Self::Staff => f.write_str("staff"),
            Self::Superuser => f.write_str("superuser"),
            Self::Permission(permission) => write!(f, "permission {permission}"),
            Self::Group(group) => write!(f, "group {group}"),
            Self::Recent => f.write_str("recent"),
            Self::All(policies) => write_call(f, "and", policies),
            Self::Any(policies) => write_call(f, "or", policies),
            Self::Not(policy) => write!(f, "not({policy})"),
            Self::Custom { name, .. } => f.write_str(name),
        }
    }
}

fn write_call(f: &mut fmt::Formatter<'_>, name: &str, policies: &[Policy]) -> fmt::Result {
    write!(f, "{name}(")?;
    for (i, policy) in policies.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(f, "{comma}{policy}")?;
    }
    f.write_str(")")
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
    /// The call is refused until whoever is signed in proves again who they are; as
    /// unauthenticated while nobody is.
    Reauthenticate,
    /// The call of any caller is refused: what it names does not exist.
    NotFound {
        /// A sentence for the client.
        reason: Cow<'static, str>,
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

    /// Refuses because what the call names does not exist. Signing in would not help.
    pub fn not_found(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::NotFound {
            reason: reason.into(),
        }
    }

    pub(crate) fn enforce(self, principal: &Principal) -> Result<(), Error> {
        let (signed_in, reason) = match self {
            Self::Allow => return Ok(()),
            Self::NotFound { reason } => return Err(Error::not_found(reason)),
            Self::Deny { reason } => ((ErrorCode::Forbidden, "you may not do this"), reason),
            Self::Reauthenticate => {
                let general = "confirm that it is you to do this";
                ((ErrorCode::Reauthenticate, general), None)
            }
        };
        let (code, general) = if principal.is_signed_in() {
            signed_in
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
