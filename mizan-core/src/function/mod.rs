//! Server functions: the trait, its inputs and outputs, and the dispatch of calls.

mod affected;
mod call_error;
mod call_limiter;
mod dispatch;
mod entry;
mod invalidation;
mod pages;
mod source;
mod wire;

use std::future::Future;

pub use self::affected::Affected;
pub use self::call_error::CallError;
pub(crate) use self::call_limiter::{AddedLimit, CallLimiter};
pub use self::dispatch::CallReply;
pub use self::entry::FunctionEntry;
pub use self::pages::Pages;
pub use self::source::Source;
pub use self::wire::{Input, Output};
use crate::cx::Cx;
use crate::error::{ClientError, Error, FieldErrors};
use crate::limits::Limit;
use crate::policy::default_check::{AllowAll, is_own_check};
use crate::policy::{Decision, Policy};
pub use crate::state::StateKey;
use crate::stream::StreamOutput;
pub use crate::trace::{CallOrigin, CallTimings, Step};
use crate::upload::UploadField;

/// A function that clients can call. The implementing type is the function's input.
///
/// [`#[client]`](macro@crate::client) implements it for an async function. It can also be implemented
/// by hand:
///
/// ```
/// use mizan_core::function::FunctionKind;
/// use mizan_core::{Cx, Error, ServerFunction};
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
///     const KIND: FunctionKind = FunctionKind::Query;
///
///     async fn call(self, _: &Cx) -> Result<i32, Error> {
///         self.number.checked_mul(2).ok_or_else(|| Error::invalid("number", "Too large."))
///     }
/// }
/// ```
pub trait ServerFunction: Input {
    /// The output of a successful call.
    type Output: Output;
    /// The error of a failed call.
    type Error: ClientError;

    /// The name that clients call: words of ASCII letters, digits and `_`, separated by `.`.
    const NAME: &'static str;
    /// The kind of the function.
    const KIND: FunctionKind = FunctionKind::Mutation;
    /// The policy that decides who may call the function, checked before the input is decoded.
    const POLICY: Policy = Policy::Unspecified;
    /// The queries and contexts that a successful call invalidates.
    const AFFECTS: &'static [Affected] = &[];
    /// The cursors of a query that returns its results in pages.
    const PAGES: Option<Pages> = None;
    /// The content type of the file that the function returns, for a function whose output is a
    /// [`Download`](crate::Download).
    const CONTENT_TYPE: Option<&'static str> = None;
    /// The rate limits, which dispatch checks in this order.
    const LIMITS: &'static [Limit] = &[];
    /// The header `Cache-Control` of replies to `GET`, for a query whose replies caches may send to every
    /// client, such as `public, max-age=60`.
    ///
    /// Such a query runs without a principal, for every caller, and may not have a policy that rejects
    /// callers.
    const CACHE: Option<&'static str> = None;
    /// `true` if clients that show the result of the query receive its changes. See
    /// [`Invalidation`](crate::Invalidation).
    const LIVE: bool = false;
    /// `true` if the result of a live query is the same for each caller who may call it, so that a server can compute it
    /// once for all of them. [`#[client]`](macro@crate::client) sets it for functions without the argument `cx`.
    const SHARED: bool = false;
    /// `true` if the [stream](Self::stream) of the function continues when its client leaves, so that the
    /// client can return to it.
    const RESUMABLE: bool = false;
    /// The documentation, as Markdown.
    const DOCS: &'static str = "";
    /// The source location.
    const SOURCE: Option<Source> = None;

    /// Returns the types of application state that the function requires.
    ///
    /// [`Registry::build`](crate::Registry::build) checks that they are present.
    fn required_state() -> Vec<StateKey> {
        Vec::new()
    }

    /// Returns the files that the function accepts. A server rejects other files while it receives
    /// the request.
    fn uploads() -> Vec<UploadField> {
        Vec::new()
    }

    /// Checks the constraints on the decoded input, for example with
    /// [`check_constraints`](crate::validation::check_constraints).
    ///
    /// # Errors
    ///
    /// Returns the messages for the violated constraints, by field.
    fn validate(&self) -> Result<(), FieldErrors> {
        Ok(())
    }

    /// Checks the constraints on the input that was decoded from `document`, which has the names that
    /// the client uses.
    #[doc(hidden)]
    fn validate_document(&self, document: &[u8]) -> Result<(), FieldErrors> {
        let _ = document;
        self.validate()
    }

    /// Returns a function that decodes an output, if its type can be decoded. It shows which keys the
    /// maps in the output have.
    #[doc(hidden)]
    fn decode_output() -> Option<fn(&str) -> Option<String>> {
        None
    }

    /// Returns the conversion of the output, for a function whose output is a
    /// [`PartStream`](crate::PartStream).
    fn stream() -> Option<StreamOutput<Self::Output>> {
        None
    }

    /// Returns the text by which a [limit](Self::LIMITS) by the argument `name` counts calls.
    ///
    /// Calls of a function that returns `None` are not counted.
    fn limit_key(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }

    /// Decides whether the caller may make this call with the validated input.
    ///
    /// An error is the result of the call, like an error of the function.
    fn authorize(&self, cx: &Cx) -> impl Future<Output = Result<Decision, Error>> + Send {
        let _ = cx;
        AllowAll
    }

    /// Returns `true` if a check decides about calls with their input. The manifest says so.
    #[doc(hidden)]
    fn has_authorize() -> bool {
        is_own_check(Self::authorize)
    }

    /// Runs the function.
    fn call(self, cx: &Cx) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// The kind of a function, which determines how clients and servers treat its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// Reads data: safe, cacheable, and cancelled when the client disconnects.
    Query,
    /// Changes data: runs to its end even if the client disconnects.
    Mutation,
    /// A query without arguments that a client loads once for the whole page.
    GlobalContext,
    /// A query that a client loads for the part of the page below its provider.
    LocalContext,
}

impl FunctionKind {
    /// Returns the kind as it appears in the manifest.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::GlobalContext => "global_context",
            Self::LocalContext => "local_context",
        }
    }

    /// Returns `true` if calls do not change data, so that they can be repeated, cached and
    /// cancelled.
    #[must_use]
    pub const fn is_safe(self) -> bool {
        !matches!(self, Self::Mutation)
    }
}
