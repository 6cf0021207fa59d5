//! The result of an authorization check.

use std::borrow::Cow;

use crate::error::{Error, ErrorCode};
use crate::principal::Principal;

/// The result of a policy or an `authorize` check.
///
/// A check that can fail, for example because it asks a database, returns
/// `Result<Decision, Error>`. Its error is the error of the call: a broken database is reported as
/// an internal error with the id of its log entry, not as forbidden.
///
/// ```
/// use mizan_core::{Cx, Decision, Error};
///
/// async fn is_author(cx: &Cx) -> Decision {
///     if cx.principal().has_permission("posts.write") {
///         return Decision::Allow;
///     }
///     Decision::deny_because("only authors may write posts")
/// }
///
/// # struct Posts;
/// # impl Posts {
/// #     async fn author_of(&self, _: u32) -> std::io::Result<Option<String>> { Ok(None) }
/// # }
/// # struct EditPost { id: u32 }
/// async fn may_edit(cx: &Cx, input: &EditPost) -> Result<Decision, Error> {
///     let Some(author) = cx.state::<Posts>().author_of(input.id).await? else {
///         return Ok(Decision::not_found("there is no such post"));
///     };
///     Ok((cx.principal().id() == Some(&author)).into())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Decision {
    /// Allows the call.
    Allow,
    /// Rejects the call: as unauthenticated if the caller is anonymous, as forbidden otherwise.
    Deny {
        /// The message for the client; `None` means the default message.
        reason: Option<Cow<'static, str>>,
    },
    /// Rejects the call until the caller authenticates again; if the caller is anonymous, rejects
    /// it as unauthenticated.
    Reauthenticate,
    /// Rejects the call for every caller, because the requested object does not exist.
    NotFound {
        /// The message for the client.
        reason: Cow<'static, str>,
    },
}

impl Decision {
    /// Rejects the call with the default message.
    pub fn deny() -> Self {
        Self::Deny { reason: None }
    }

    /// Rejects the call with a message that the client may show.
    pub fn deny_because(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Deny {
            reason: Some(reason.into()),
        }
    }

    /// Rejects the call because the requested object does not exist. An anonymous caller also
    /// receives `not_found`.
    pub fn not_found(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::NotFound {
            reason: reason.into(),
        }
    }

    /// Converts a rejection into the error for the client.
    pub(crate) fn into_result(self, principal: &Principal) -> Result<(), Error> {
        let (signed_in, reason) = match self {
            Self::Allow => return Ok(()),
            Self::NotFound { reason } => return Err(Error::not_found(reason)),
            Self::Deny { reason } => ((ErrorCode::Forbidden, "you may not do this"), reason),
            Self::Reauthenticate => {
                let default = "confirm your identity to do this";
                ((ErrorCode::Reauthenticate, default), None)
            }
        };
        let (code, default) = if principal.is_signed_in() {
            signed_in
        } else {
            (ErrorCode::Unauthenticated, "sign in to do this")
        };
        Err(Error::new(code, reason.unwrap_or(Cow::Borrowed(default))))
    }
}

impl From<bool> for Decision {
    fn from(allowed: bool) -> Self {
        if allowed { Self::Allow } else { Self::deny() }
    }
}

/// The result of a check: a [`Decision`], or a `Result` of one if the check can fail.
#[diagnostic::on_unimplemented(
    message = "a check cannot return `{Self}`",
    label = "not a `Decision`",
    note = "return `mizan_core::Decision`, or `Result<Decision, mizan_core::Error>` if the check can \
            fail; `Decision::from(allowed)` converts a `bool`"
)]
pub trait IntoDecision {
    /// Returns the decision, or the error of the call.
    ///
    /// # Errors
    ///
    /// Returns the error of a check that failed.
    fn into_decision(self) -> Result<Decision, Error>;
}

impl IntoDecision for Decision {
    fn into_decision(self) -> Result<Decision, Error> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Error>> IntoDecision for Result<Decision, E> {
    fn into_decision(self) -> Result<Decision, Error> {
        self.map_err(Into::into)
    }
}
