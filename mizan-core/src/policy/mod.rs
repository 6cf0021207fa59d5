//! Policies: authorization of calls.

mod check;
mod decision;
pub(crate) mod default_check;

use std::fmt;

use futures_util::future::BoxFuture;

pub use self::check::{AuthorizeCheck, Check};
pub use self::decision::{Decision, IntoDecision};
use crate::cx::Cx;
use crate::error::Error;

/// The authorization rule of a function, checked before the input is decoded.
///
/// Usually written as the `auth` option of [`#[client]`](macro@crate::client), or with
/// [`policy!`](macro@crate::policy).
///
/// ```
/// use mizan_core::{Policy, policy};
///
/// const EDITORS: Policy = policy!(or("staff", group("editors")));
/// assert_eq!(EDITORS.to_string(), "or(staff, group editors)");
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Policy {
    /// Allows every caller, because the function declares no policy.
    ///
    /// [`Registry::require_policies`](crate::Registry::require_policies) rejects it. Otherwise it
    /// equals [`Anyone`](Self::Anyone).
    Unspecified,
    /// Allows every caller, signed in or not.
    Anyone,
    /// Allows signed-in callers.
    SignedIn,
    /// Allows staff and superusers.
    Staff,
    /// Allows superusers.
    Superuser,
    /// Allows callers with this permission. Superusers have every permission.
    Permission(&'static str),
    /// Allows members of this group. Superusers are not members implicitly.
    Group(&'static str),
    /// Allows callers who authenticated a short time ago.
    ///
    /// Other signed-in callers receive the error code `reauthenticate`.
    RecentlyAuthenticated,
    /// Allows callers whom every one of these policies allows. The first rejection is the result.
    All(&'static [Policy]),
    /// Allows callers whom at least one of these policies allows.
    Any(&'static [Policy]),
    /// Allows callers whom this policy rejects, anonymous callers included.
    Not(&'static Policy),
    /// Allows callers whom an async function allows.
    Custom {
        /// The name of the check in the manifest.
        name: &'static str,
        /// The check.
        check: PolicyCheck,
    },
}

/// The check of a [`Policy::Custom`]: an async function of the call's context.
pub type PolicyCheck = for<'a> fn(&'a Cx) -> BoxFuture<'a, Result<Decision, Error>>;

impl Policy {
    /// Decides whether the caller may make this call.
    ///
    /// # Errors
    ///
    /// Returns the error of a [custom](Self::Custom) check that failed, unless another policy decides
    /// the call: in [`Any`](Self::Any), one that allows it.
    pub async fn decide(&self, cx: &Cx) -> Result<Decision, Error> {
        let principal = cx.principal();
        Ok(match *self {
            Self::Unspecified | Self::Anyone => Decision::Allow,
            Self::SignedIn => principal.is_signed_in().into(),
            Self::Staff => principal.is_staff().into(),
            Self::Superuser => principal.is_superuser().into(),
            Self::Permission(permission) => principal.has_permission(permission).into(),
            Self::Group(group) => principal.is_in_group(group).into(),
            Self::RecentlyAuthenticated if principal.is_recently_authenticated() => Decision::Allow,
            Self::RecentlyAuthenticated if principal.is_signed_in() => Decision::Reauthenticate,
            Self::RecentlyAuthenticated => Decision::deny(),
            Self::All(policies) => Self::decide_all(policies, cx).await?,
            Self::Any(policies) => Self::decide_any(policies, cx).await?,
            Self::Not(policy) => match Box::pin(policy.decide(cx)).await? {
                Decision::Allow => Decision::deny(),
                Decision::Deny { .. } | Decision::Reauthenticate => Decision::Allow,
                // `not` must not allow a call for an object that does not exist.
                refusal @ Decision::NotFound { .. } => refusal,
            },
            Self::Custom { check, .. } => check(cx).await?,
        })
    }

    async fn decide_all(policies: &[Self], cx: &Cx) -> Result<Decision, Error> {
        for policy in policies {
            let decision = Box::pin(policy.decide(cx)).await?;
            if decision != Decision::Allow {
                return Ok(decision);
            }
        }
        Ok(Decision::Allow)
    }

    /// If no policy allows the call, returns the first error of a check, which might have allowed it.
    /// Without an error, returns the most helpful rejection: a request to authenticate again, otherwise
    /// the first one with a reason.
    async fn decide_any(policies: &[Self], cx: &Cx) -> Result<Decision, Error> {
        let mut refusal = Decision::deny();
        let mut failure = None;
        for policy in policies {
            let decision = match Box::pin(policy.decide(cx)).await {
                Ok(decision) => decision,
                Err(error) => {
                    failure.get_or_insert(error);
                    continue;
                }
            };
            match (decision, &refusal) {
                (Decision::Allow, _) => return Ok(Decision::Allow),
                (Decision::Reauthenticate, _) => refusal = Decision::Reauthenticate,
                (denied @ Decision::Deny { reason: Some(_) }, Decision::Deny { reason: None }) => {
                    refusal = denied;
                }
                (missing @ Decision::NotFound { .. }, Decision::Deny { reason: None }) => {
                    refusal = missing;
                }
                (Decision::Deny { .. } | Decision::NotFound { .. }, _) => {}
            }
        }
        failure.map_or(Ok(refusal), Err)
    }
}

/// Writes the policy as it appears in the manifest.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unspecified | Self::Anyone => f.write_str("anyone"),
            Self::SignedIn => f.write_str("signed in"),
            Self::Staff => f.write_str("staff"),
            Self::Superuser => f.write_str("superuser"),
            Self::Permission(permission) => write!(f, "permission {permission}"),
            Self::Group(group) => write!(f, "group {group}"),
            Self::RecentlyAuthenticated => f.write_str("recent"),
            Self::All(policies) => write_call(f, "and", policies),
            Self::Any(policies) => write_call(f, "or", policies),
            Self::Not(policy) => write!(f, "not({policy})"),
            Self::Custom { name, .. } => write!(f, "check {name}"),
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
