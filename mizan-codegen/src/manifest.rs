//! What an app offers to its clients, as a JSON document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::form::{Choice, Field, Form, ListLimits, Widget};

use crate::error::{ManifestError, ManifestErrorKind};

/// The version of the manifest format that this crate reads.
pub const VERSION: u64 = 1;

/// What an app offers to its clients, as `<program> manifest` prints it.
///
/// Serializing a manifest leaves out the source lines, so that moving code in a file does not
/// make a committed client stale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the format, which is always [`VERSION`].
    pub mizan: u64,
    /// A hash of everything that a client depends on.
    pub contract: String,
    /// The error codes that every function can answer with.
    pub codes: Vec<String>,
    /// The functions and contexts.
    pub functions: Vec<Function>,
    /// The forms, whose functions are among the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<Form>,
    /// The channels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// The typed errors, by the name of their Rust type.
    #[serde(default)]
    pub errors: BTreeMap<String, ErrorType>,
    /// The JSON Schemas of the named types, by name.
    #[serde(rename = "$defs", default)]
    pub defs: BTreeMap<String, Value>,
}

impl Manifest {
    /// Reads a manifest from its JSON text.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] when the text is not a manifest, or has a version other than [`VERSION`].
    pub fn parse(json: &str) -> Result<Self, ManifestError> {
        /// The one member that every version of the format has.
        #[derive(Deserialize)]
        struct Versioned {
            mizan: u64,
        }

        let Versioned { mizan } = serde_json::from_str(json).map_err(ManifestErrorKind::Json)?;
        if mizan != VERSION {
            return Err(ManifestErrorKind::Version(mizan).into());
        }
        Ok(serde_json::from_str(json).map_err(ManifestErrorKind::Json)?)
    }
}

/// A function that a client can call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The name on the wire.
    pub name: String,
    /// How a client uses it.
    pub kind: Kind,
    /// Who may call it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The schema of the arguments, an object; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// The schema of what it returns.
    pub output: Value,
    /// A key of [`Manifest::errors`]; absent when it fails with the common codes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The names of the queries and contexts that it makes stale, or `*` for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affects: Vec<String>,
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// Where it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// How a client uses a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It reads: safe and cacheable.
    Query,
    /// It changes something.
    Mutation,
    /// A query without arguments whose data the whole page has.
    GlobalContext,
    /// A query whose data the components under its provider have.
    LocalContext,
}

/// Messages that a client subscribes to. The schemas are absent where there is nothing of the kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The name on the wire.
    pub name: String,
    /// The schema of what a client subscribes with, an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
    /// The schema of what a client sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_message: Option<Value>,
    /// The schema of what is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_message: Option<Value>,
    /// The schema of what a client's message is answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
    /// The schema of the state that a subscriber begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Value>,
    /// The schema of what others see of somebody who is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Value>,
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// Where it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// Where a function or a channel is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The path, from the root of the workspace.
    pub file: String,
    /// The line, from 1.
    #[serde(default, skip_serializing)]
    pub line: Option<u32>,
}

/// A typed error: an enum whose variants a client tells apart by their codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorType {
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The ways to fail.
    pub variants: Vec<ErrorVariant>,
}

/// One way to fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorVariant {
    /// The code on the wire.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// The input field to blame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The schema of the data that goes with it, an object; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::Manifest;

    #[test]
    fn another_version_is_refused_with_the_way_out() {
        let error = Manifest::parse(r#"{"mizan": 2, "planets": []}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the manifest has version 2, and this mizan-codegen reads version 1: \
             use the same mizan release for the app and for mizan-codegen"
        );
    }

    #[test]
    fn text_that_is_no_manifest_is_refused() {
        let error = Manifest::parse("Compiling chat v0.1.0").unwrap_err();
        assert_eq!(error.to_string(), "this is not a mizan manifest");
    }

    #[test]
    fn source_lines_are_not_written() {
        let json = r#"{"mizan":1,"contract":"c","codes":[],"functions":[{"name":"echo","kind":"mutation","output":true,"source":{"file":"a.rs","line":3}}],"errors":{},"$defs":{}}"#;
        let written = serde_json::to_string(&Manifest::parse(json).unwrap()).unwrap();
        assert_eq!(written, json.replace(r#","line":3"#, ""));
    }
}
