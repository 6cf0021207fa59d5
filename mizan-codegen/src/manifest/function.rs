//! Queries, mutations and contexts in a manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::source_location::{self, SourceLocation};

/// A server function that a client can call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Function {
    /// The name on the wire.
    pub name: String,
    /// The kind of the function, which determines its hooks and its HTTP method.
    pub kind: FunctionKind,
    /// A hash of everything that the function's clients depend on; absent if the server does not
    /// tell versions apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// A short description of the authorization policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// `true` if the function declares no policy, and is therefore open to every caller.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unspecified_policy: bool,
    /// `true` if a check decides about calls with their input, after the policy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authorize: bool,
    /// The JSON Schema of the arguments, an object; absent for a function without arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// The JSON Schema of the return value, or of each part of a stream.
    pub output: Value,
    /// Present if the function returns a stream of parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<Stream>,
    /// The name of the error type, a key of [`Manifest::errors`](super::Manifest::errors); absent
    /// for a function that fails only with common codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The queries and contexts that the function invalidates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affects: Vec<Affected>,
    /// The cursors of a query with pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
    /// The rate limits, such as `10/min by principal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// The header `Cache-Control` of replies to `GET`, for a query that runs without a principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    /// `true` if clients that show the result of the query receive its changes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub live: bool,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The location in the Rust source, unless it is in a dependency.
    #[serde(
        default,
        deserialize_with = "source_location::in_workspace",
        skip_serializing_if = "Option::is_none"
    )]
    pub source: Option<SourceLocation>,
}

impl Function {
    /// Returns `true` if the function returns a file: its output is a binary string.
    #[must_use]
    pub fn is_download(&self) -> bool {
        self.output.get("type").and_then(Value::as_str) == Some("string")
            && self.output.get("format").and_then(Value::as_str) == Some("binary")
    }

    /// Returns `true` if the function returns a redirect.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.output.get("x-mizan-redirect") == Some(&Value::Bool(true))
    }
}

/// The stream that a function returns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Stream {
    /// The name of the error type that can end the stream, a key of
    /// [`Manifest::errors`](super::Manifest::errors); absent if only common codes can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// `true` if the stream continues on the server when its client leaves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumable: bool,
}

/// A query or context that a mutation invalidates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Affected {
    /// The name of a query, for every input; `*` means all queries.
    Query(String),
    /// A query with certain inputs, or with new data.
    Call(AffectedCall),
}

/// A query that a mutation invalidates for certain inputs, or whose new data it returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AffectedCall {
    /// The name of the query.
    pub query: String,
    /// The arguments of the query that have the value of an argument of the mutation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub input: BTreeMap<String, String>,
    /// `true` if the output of the mutation is the new data of the query.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returns: bool,
}

impl Affected {
    /// Returns the name of the query; `*` means all queries.
    #[must_use]
    pub fn query(&self) -> &str {
        match self {
            Self::Query(query) => query,
            Self::Call(call) => &call.query,
        }
    }
}

/// The cursors of a query that returns its results in pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Pages {
    /// The argument that takes the cursor, which is absent for the first page.
    pub cursor: String,
    /// The member of the output with the cursor of the next page, which is absent or null on the last
    /// page.
    pub next: String,
}

/// The kind of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionKind {
    /// Reads data: safe and cacheable.
    Query,
    /// Changes data.
    Mutation,
    /// A query without arguments whose data is available to the whole page.
    GlobalContext,
    /// A query whose data is available to the components below its provider.
    LocalContext,
}
