//! Problems with a registry.

use std::fmt;

use crate::function::{Affected, Pages};
use crate::manifest::UnsupportedShape;
use crate::redirect::InvalidOrigin;

/// A problem with a registry. Its `Display` output includes a way to fix it.
pub(crate) enum Problem {
    DuplicateFunction {
        name: &'static str,
        first: String,
        second: String,
    },
    InvalidFunctionName {
        name: &'static str,
        at: String,
    },
    DuplicateChannel {
        name: &'static str,
        first: String,
        second: String,
    },
    InvalidChannelName {
        name: &'static str,
        at: String,
    },
    ParamsNotAnObject {
        channel: &'static str,
        at: String,
    },
    Cache {
        function: &'static str,
        at: String,
    },
    MissingRequiredState {
        type_name: &'static str,
        required_at: String,
        built_at: String,
    },
    /// A function, form or channel requires state.
    MissingState {
        name: &'static str,
        required_at: String,
        type_name: &'static str,
        built_at: String,
    },
    Affects {
        function: &'static str,
        affected: Affected,
        problem: AffectsProblem,
        at: String,
    },
    Pages {
        function: &'static str,
        pages: Pages,
        problem: PagesProblem,
        at: String,
    },
    Limit {
        function: &'static str,
        problem: LimitProblem,
        at: String,
    },
    MissingPolicy {
        function: &'static str,
        at: String,
    },
    GlobalContextWithInput {
        function: &'static str,
        at: String,
    },
    InputNotAnObject {
        function: &'static str,
        at: String,
    },
    DuplicateErrorType {
        name: &'static str,
        first: &'static str,
        second: &'static str,
    },
    PreviousWithoutFunction {
        name: &'static str,
        function: &'static str,
        at: String,
    },
    PreviousWithoutDifference {
        name: &'static str,
        is_current: bool,
        at: String,
    },
    InvalidContract {
        name: String,
        contract: String,
        at: String,
    },
    RetiredButSupported {
        name: String,
        contract: String,
        at: String,
    },
    Download {
        function: &'static str,
        problem: DownloadProblem,
        at: String,
    },
    RedirectOfContext {
        function: &'static str,
        at: String,
    },
    RedirectOrigin(InvalidOrigin),
    Stream {
        function: &'static str,
        problem: StreamProblem,
        at: String,
    },
    Live {
        function: &'static str,
        problem: LiveProblem,
        at: String,
    },
    UnsupportedShape {
        path: String,
        shape: UnsupportedShape,
    },
}

/// A problem with an entry of `affects`.
pub(crate) enum AffectsProblem {
    UnknownQuery,
    UnknownArgument {
        /// The name of the query, or empty for the mutation itself.
        function: &'static str,
        argument: &'static str,
        known: Vec<String>,
    },
    DuplicateArgument {
        argument: &'static str,
    },
    ArgumentType {
        name: &'static str,
        argument: &'static str,
    },
    MissingArguments {
        missing: Vec<String>,
    },
    OutputType,
}

impl AffectsProblem {
    fn write(
        &self,
        f: &mut fmt::Formatter<'_>,
        mutation: &str,
        affected: &Affected,
    ) -> fmt::Result {
        let query = affected.name();
        match self {
            Self::UnknownQuery if query == affected.to_string() => f.write_str(
                ", which is not a query or context of this registry; register it, or correct the name",
            ),
            Self::UnknownQuery => write!(
                f,
                ", but `{query}` is not a query or context of this registry; register it, or correct \
                 the name"
            ),
            Self::UnknownArgument {
                function,
                argument,
                known,
            } => {
                let function = if function.is_empty() {
                    mutation
                } else {
                    function
                };
                write!(f, ", but `{function}` has no argument `{argument}`; ")?;
                if known.is_empty() {
                    f.write_str("it takes no arguments")
                } else {
                    write!(f, "clients send `{}`", known.join("`, `"))
                }
            }
            Self::DuplicateArgument { argument } => {
                write!(f, ", which names the argument `{argument}` twice; remove one")
            }
            Self::ArgumentType { name, argument } => write!(
                f,
                ", but the argument `{argument}` of `{mutation}` has another type than the argument \
                 `{name}` of `{query}`; give both the same type, or remove the argument from `affects`"
            ),
            Self::MissingArguments { missing } => write!(
                f,
                ", but `returns` needs all arguments of `{query}`; add `{}`, or remove `= returns`",
                missing.join("`, `")
            ),
            Self::OutputType => write!(
                f,
                ", but `{mutation}` and `{query}` have different output types; return the output of \
                 `{query}`, or remove `= returns`"
            ),
        }
    }
}

/// A problem with the cursors of a query.
pub(crate) enum PagesProblem {
    NotAQuery,
    UnknownArgument { known: Vec<String> },
    RequiredArgument,
    UnknownMember,
    Endless,
    CursorType,
}

impl PagesProblem {
    fn write(&self, f: &mut fmt::Formatter<'_>, function: &str, pages: Pages) -> fmt::Result {
        let (cursor, next) = (pages.cursor(), pages.next());
        match self {
            Self::NotAQuery => write!(f, "`{function}` is not a query; make it a query"),
            Self::UnknownArgument { known } if known.is_empty() => {
                write!(
                    f,
                    "`{function}` takes no arguments; add the argument `{cursor}`"
                )
            }
            Self::UnknownArgument { known } => write!(
                f,
                "`{function}` has no argument `{cursor}`; clients send `{}`",
                known.join("`, `")
            ),
            Self::RequiredArgument => write!(
                f,
                "the first page has no cursor; make `{cursor}` an `Option` or give it a default"
            ),
            Self::UnknownMember => write!(
                f,
                "its output is not a struct with a field `{next}`; return the cursor of the next page \
                 in this field"
            ),
            Self::Endless => write!(
                f,
                "the field `{next}` always has a value, so there is no last page; make it an `Option`"
            ),
            Self::CursorType => write!(
                f,
                "the argument `{cursor}` and the field `{next}` have different types; give both the \
                 same type"
            ),
        }
    }
}

/// A problem with a limit that the registry adds to a function.
pub(crate) enum LimitProblem {
    /// No function has the name.
    UnknownFunction,
    /// The limit counts by a value of the input.
    ByInput,
}

impl LimitProblem {
    fn write(&self, f: &mut fmt::Formatter<'_>, function: &str, at: &str) -> fmt::Result {
        match self {
            Self::UnknownFunction => write!(
                f,
                "the limit at {at} is for `{function}`, which is not registered; register the function, \
                 or correct the name"
            ),
            Self::ByInput => write!(
                f,
                "the limit of `{function}` at {at} counts by a value of the input; declare it at the \
                 function with `#[client(limit = \"..\")]`"
            ),
        }
    }
}

/// A problem with a function that returns a file, or that declares the content type of one.
pub(crate) enum DownloadProblem {
    /// A context returns a file.
    Context,
    /// The function of a form returns a file.
    Form,
    /// A function without a download declares a content type.
    ContentType,
}

impl DownloadProblem {
    fn write(&self, f: &mut fmt::Formatter<'_>, function: &str, at: &str) -> fmt::Result {
        match self {
            Self::Context => write!(
                f,
                "the context `{function}` ({at}) returns a `Download`, but the page loads contexts as \
                 JSON; make it a query or a mutation"
            ),
            Self::Form => write!(
                f,
                "`{function}` ({at}) is a part of a form and returns a `Download`, but forms are answered \
                 with JSON or a page; return the file from a function of its own"
            ),
            Self::ContentType => write!(
                f,
                "`{function}` ({at}) declares a `content_type`, but does not return a `Download`; remove \
                 `content_type`"
            ),
        }
    }
}

/// A problem with a function that returns a stream.
pub(crate) enum StreamProblem {
    /// A context returns a stream.
    Context,
    /// The function of a form returns a stream.
    Form,
    /// A query with pages returns a stream.
    Pages,
    /// A cached query returns a stream.
    Cache,
}

impl StreamProblem {
    fn write(&self, f: &mut fmt::Formatter<'_>, function: &str, at: &str) -> fmt::Result {
        match self {
            Self::Context => write!(
                f,
                "the context `{function}` ({at}) returns a stream, but the page loads contexts as one value; \
                 make it a query or a mutation"
            ),
            Self::Form => write!(
                f,
                "`{function}` ({at}) is a part of a form and returns a stream, but forms are answered with one \
                 value or a page; return the stream from a function of its own"
            ),
            Self::Pages => write!(
                f,
                "`{function}` ({at}) returns a stream, but declares `pages`; remove `pages`"
            ),
            Self::Cache => write!(
                f,
                "`{function}` ({at}) returns a stream, but declares `cache`; remove `cache`"
            ),
        }
    }
}

/// A problem with a live query.
pub(crate) enum LiveProblem {
    /// A mutation is live.
    Mutation,
    /// The function returns a stream, a file or a redirect.
    NoValue,
    /// Caches keep the replies.
    Cache,
    /// The registry has no publisher of invalidations.
    NoPublisher { built_at: String },
}

impl LiveProblem {
    fn write(&self, f: &mut fmt::Formatter<'_>, function: &str, at: &str) -> fmt::Result {
        write!(f, "`{function}` ({at}) is live, but ")?;
        match self {
            Self::Mutation => {
                f.write_str("it is a mutation, and only a query has a result to keep current")
            }
            Self::NoValue => {
                f.write_str("returns a stream, a file or a redirect, which clients do not keep")
            }
            Self::Cache => f.write_str(
                "declares `cache`, so that clients may receive an old reply; remove `cache`",
            ),
            Self::NoPublisher { built_at } => write!(
                f,
                "the registry built at {built_at} has no channels, through which clients receive changes; add them \
                 with `.channels(channels)` of `mizan_channels::RegisterChannels`"
            ),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateFunction {
                name,
                first,
                second,
            } => write!(
                f,
                "duplicate function `{name}`: defined at {first} and at {second}; rename one, or \
                 register it once"
            ),
            Self::InvalidFunctionName { name, at } => write!(
                f,
                "invalid function name `{name}` ({at}): use words of ASCII letters, digits and `_` \
                 that begin with a letter, separated by `.`"
            ),
            Self::DuplicateChannel {
                name,
                first,
                second,
            } => write!(
                f,
                "duplicate channel `{name}`: registered at {first} and at {second}; rename one, or \
                 register it once"
            ),
            Self::InvalidChannelName { name, at } => write!(
                f,
                "invalid channel name `{name}` ({at}): use words of ASCII letters, digits and `_` \
                 that begin with a letter, separated by `.`"
            ),
            Self::ParamsNotAnObject { channel, at } => write!(
                f,
                "the params of the channel `{channel}` ({at}) must be a struct with named fields"
            ),
            Self::Cache { function, at } => write!(
                f,
                "`{function}` ({at}) declares `cache`, but only a query without a policy can: caches send its \
                 replies to every client"
            ),
            Self::MissingRequiredState {
                type_name,
                required_at,
                built_at,
            } => write!(
                f,
                "`require_state` at {required_at} requires state of type `{type_name}`, which the \
                 registry built at {built_at} lacks; add it with `.state(..)`"
            ),
            Self::MissingState {
                name,
                required_at,
                type_name,
                built_at,
            } => write!(
                f,
                "`{name}` ({required_at}) requires state of type `{type_name}`, which the \
                 registry built at {built_at} lacks; add it with `.state(..)`"
            ),
            Self::Affects {
                function,
                affected,
                problem,
                at,
            } => {
                write!(f, "`{function}` ({at}) affects `{affected}`")?;
                problem.write(f, function, affected)
            }
            Self::Pages {
                function,
                pages,
                problem,
                at,
            } => {
                write!(f, "`{function}` ({at}) declares `{pages}`, but ")?;
                problem.write(f, function, *pages)
            }
            Self::Limit {
                function,
                problem,
                at,
            } => problem.write(f, function, at),
            Self::Stream {
                function,
                problem,
                at,
            } => problem.write(f, function, at),
            Self::Live {
                function,
                problem,
                at,
            } => problem.write(f, function, at),
            Self::MissingPolicy { function, at } => write!(
                f,
                "`{function}` ({at}) declares no policy, and the registry requires one; add `auth`, \
                 or `auth = \"anyone\"` if every caller may call it"
            ),
            Self::GlobalContextWithInput { function, at } => write!(
                f,
                "the global context `{function}` ({at}) takes arguments, but the page loads it \
                 without any; make it a local context"
            ),
            Self::InputNotAnObject { function, at } => write!(
                f,
                "the input of `{function}` ({at}) must be a struct with named fields"
            ),
            Self::DuplicateErrorType {
                name,
                first,
                second,
            } => write!(
                f,
                "duplicate error type `{name}`: `{first}` and `{second}` declare different types; \
                 rename one with `#[client_error(name = \"..\")]`"
            ),
            Self::PreviousWithoutFunction { name, function, at } => write!(
                f,
                "the previous version of `{name}` ({at}) converts its calls to `{function}`, which is \
                 not registered; add it with `.function::<..>()`"
            ),
            Self::PreviousWithoutDifference {
                name,
                is_current: true,
                at,
            } => write!(
                f,
                "the previous version of `{name}` ({at}) has the contract of the current one, so that \
                 no call reaches it; remove it, or use the former types"
            ),
            Self::PreviousWithoutDifference { name, at, .. } => write!(
                f,
                "the previous version of `{name}` ({at}) has the contract of another previous version; \
                 remove one of them"
            ),
            Self::InvalidContract { name, contract, at } => write!(
                f,
                "invalid contract `{contract}` of `{name}` ({at}): copy the 8 hexadecimal digits from \
                 the former manifest"
            ),
            Self::RetiredButSupported { name, contract, at } => write!(
                f,
                "the contract {contract} of `{name}` is retired ({at}), but the registry supports it; \
                 remove `.retire(..)`, or the previous version"
            ),
            Self::Download {
                function,
                problem,
                at,
            } => problem.write(f, function, at),
            Self::RedirectOfContext { function, at } => write!(
                f,
                "the context `{function}` ({at}) returns a `Redirect`, but the page loads contexts as data; \
                 make it a query or a mutation, or redirect from the page"
            ),
            Self::RedirectOrigin(InvalidOrigin { text, at }) => write!(
                f,
                "invalid origin `{text}` of redirects ({at}): write scheme, host and port without a path, as in \
                 `https://pay.example.com`"
            ),
            Self::UnsupportedShape {
                path,
                shape: UnsupportedShape::InputVariants(variants),
            } => write!(
                f,
                "{path} is part of an output, but serde does not write its variants `{}`; remove \
                 `#[serde(skip_serializing)]`, or use another type in the output",
                variants.join("`, `")
            ),
            Self::UnsupportedShape { path, shape } => {
                let reason = match shape {
                    UnsupportedShape::InputVariants(_) => "has variants that serde does not write",
                    UnsupportedShape::MapKeys => {
                        "is a map whose keys are not text, numbers or variants, which JSON does not \
                         have; use a list of pairs, or text as keys"
                    }
                    UnsupportedShape::Scalar => {
                        "merges a number, a text or a list into an object, which serde cannot do; \
                         remove `#[serde(flatten)]`, or add `content = \"..\"` to \
                         `#[serde(tag = \"..\")]`"
                    }
                    UnsupportedShape::Alternative => {
                        "flattens an untagged enum with variants that are not objects, which serde \
                         cannot do; remove `#[serde(flatten)]`"
                    }
                    UnsupportedShape::IntegerKeys => {
                        "flattens a map whose keys are integers, which serde cannot read; remove \
                         `#[serde(flatten)]`, or use text as keys"
                    }
                    UnsupportedShape::Download => {
                        "is a `Download`, which cannot be a part of a value; return it as the whole \
                         output of a function"
                    }
                    UnsupportedShape::Redirect => {
                        "is a `Redirect`, which cannot be a part of a value; return it as the whole \
                         output of a function"
                    }
                };
                write!(f, "{path} {reason}")
            }
        }
    }
}
