use std::fmt;
use std::future::{Future, ready};

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use validator::ValidationErrors;

use crate::{ClientError, Cx, Decision, Policy, StateKey, UploadField};

/// A function that clients can call. The type that implements it is the function's input.
///
/// `#[client]` writes this for an async function; everything that it does can be written by hand:
///
/// ```
/// use mizan_core::{Cx, Error, Kind, ServerFunction};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// struct Double {
///     number: i32,
/// }
///
/// impl ServerFunction for Double {
///     type Output = i32;
///     type Error = Error;
///     const NAME: &'static str = "double";
///     const KIND: Kind = Kind::Query;
///
///     async fn call(self, _: &Cx) -> Result<i32, Error> {
///         self.number.checked_mul(2).ok_or_else(|| Error::invalid("number", "Too large."))
///     }
/// }
/// ```
pub trait ServerFunction: Input {
    /// What a successful call answers.
    type Output: Output;
    /// How a call can fail.
    type Error: ClientError;

    /// What clients call it: ASCII letters, digits, `_` and, between words, `.`.
    const NAME: &'static str;
    /// Whether it changes anything, and how the client uses it.
    const KIND: Kind = Kind::Mutation;
    /// The policy that decides who may call it. Checked before the input is decoded.
    const POLICY: Policy = Policy::Unspecified;
    /// The names of the queries and contexts that a successful call makes stale; `*` is all.
    const AFFECTS: &'static [&'static str] = &[];
    /// What it does, in the words of its doc comment.
    const DOCS: &'static str = "";
    /// Where it is written.
    const SOURCE: Option<Source> = None;

    /// The application state without which a call would panic. Checked when the app is built.
    fn required_state() -> Vec<StateKey> {
        Vec::new()
    }

    /// The files that it takes. A server refuses all others while they arrive.
    fn uploads() -> Vec<UploadField> {
        Vec::new()
    }

    /// Checks the constraints on the decoded input.
    ///
    /// # Errors
    ///
    /// The constraints that the input breaks, by field.
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }

    /// Decides, with the input at hand, whether the call may go on. Runs after the validation.
    fn authorize(&self, cx: &Cx) -> impl Future<Output = Decision> + Send {
        let _ = cx;
        ready(Decision::Allow)
    }

    /// Does the work.
    fn call(self, cx: &Cx) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// How a function is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads: safe, cacheable, cancelled when the caller goes away.
    Query,
    /// Changes something: runs to its end though the caller goes away.
    Mutation,
    /// A query without input that a client loads once, for the whole page.
    GlobalContext,
    /// A query that a client loads for the part of the page below its provider.
    LocalContext,
}

impl Kind {
    /// The kind in the manifest's words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::GlobalContext => "global_context",
            Self::LocalContext => "local_context",
        }
    }

    /// Whether calls change nothing, so that they may be repeated, cached and dropped.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        !matches!(self, Self::Mutation)
    }
}

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file, relative to the workspace that was built.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What can be an input, or one of its fields: anything with [`serde::Deserialize`] and
/// [`schemars::JsonSchema`] that is owned and can cross threads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a server function",
    label = "the client does not know how to send this",
    note = "put `#[derive(serde::Deserialize, schemars::JsonSchema)]` on `{Self}`, or on the types \
            of yours in it, and own what it holds (`String`, not `&str`)"
)]
pub trait Input: DeserializeOwned + JsonSchema + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> Input for T {}

/// What can be an output, or what a failure carries: anything with [`serde::Serialize`] and [`schemars::JsonSchema`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to a client",
    label = "the client does not know how to read this",
    note = "put `#[derive(serde::Serialize, schemars::JsonSchema)]` on `{Self}`, or on the types \
            of yours in it"
)]
pub trait Output: Serialize + JsonSchema + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema + Send + 'static> Output for T {}
