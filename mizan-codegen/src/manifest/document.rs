//! The manifest document and its parser.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::channel::Channel;
use super::error_type::ErrorType;
use super::form::Form;
use super::function::Function;
use super::parse_error::{ManifestError, ManifestErrorKind};

/// The version of the manifest format that this crate reads.
pub const VERSION: u64 = 1;

/// The functions, forms and channels of an app, as `<program> manifest` prints them.
///
/// Serializing a manifest omits the source lines, so that a committed client stays up to date when
/// code moves within a file.
///
/// ```
/// # fn main() -> Result<(), mizan_codegen::manifest::ManifestError> {
/// let manifest = mizan_codegen::Manifest::parse(
///     r#"{ "mizan": 1, "contract": "9f86d081884c7d65", "codes": [], "functions": [] }"#,
/// )?;
/// assert!(manifest.functions.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The version of the format, always [`VERSION`].
    pub mizan: u64,
    /// A hash of everything that a client depends on.
    pub contract: String,
    /// The error codes that every function can return.
    pub codes: Vec<String>,
    /// The queries, mutations and contexts.
    pub functions: Vec<Function>,
    /// The forms. The functions of each form are in [`functions`](Self::functions).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<Form>,
    /// The channels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// The contracts of earlier versions of functions that the server still supports, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub previous: BTreeMap<String, Vec<String>>,
    /// The contracts of earlier versions of functions and channels whose clients the server refuses,
    /// by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub retired: BTreeMap<String, Vec<String>>,
    /// The typed errors, keyed by the name of their Rust type.
    #[serde(default)]
    pub errors: BTreeMap<String, ErrorType>,
    /// The JSON Schemas of the named types, keyed by name.
    #[serde(rename = "$defs", default)]
    pub defs: BTreeMap<String, Value>,
}

impl Manifest {
    /// Parses a manifest from JSON.
    ///
    /// # Errors
    ///
    /// Returns [`ManifestError`] if the text is not a manifest, or if its version is not
    /// [`VERSION`].
    pub fn parse(json: &str) -> Result<Self, ManifestError> {
        /// The only member that every version of the format has.
        #[derive(Deserialize)]
        struct Versioned {
            mizan: u64,
        }

        let Versioned { mizan } = serde_json::from_str(json).map_err(ManifestErrorKind::Json)?;
        if mizan != VERSION {
            return Err(ManifestErrorKind::Version {
                found: mizan,
                supported: VERSION,
            }
            .into());
        }
        Ok(serde_json::from_str(json).map_err(ManifestErrorKind::Json)?)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]
mod tests {
    use super::Manifest;

    #[test]
    fn rejects_unsupported_version() {
        let error = Manifest::parse(r#"{"mizan": 2, "planets": []}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unsupported manifest version 2 (this mizan-codegen reads version 1): use the same \
             mizan release for the app and for mizan-codegen"
        );
    }

    #[test]
    fn rejects_text_that_is_not_a_manifest() {
        let error = Manifest::parse("Compiling chat v0.1.0").unwrap_err();
        assert_eq!(error.to_string(), "not a mizan manifest");
    }

    #[test]
    fn serialization_omits_source_lines() {
        let json = r#"{"mizan":1,"contract":"c","codes":[],"functions":[{"name":"echo","kind":"mutation","output":true,"source":{"file":"a.rs","line":3}}],"errors":{},"$defs":{}}"#;
        let written = serde_json::to_string(&Manifest::parse(json).unwrap()).unwrap();
        assert_eq!(written, json.replace(r#","line":3"#, ""));
    }

    #[test]
    fn omits_sources_in_dependencies() {
        let path = std::env::temp_dir().join("registry/mizan-auth/src/functions.rs");
        let source = serde_json::json!({ "file": path, "line": 3 });
        let json = r#"{"mizan":1,"contract":"c","codes":[],"functions":[{"name":"echo","kind":"mutation","output":true,"source":SOURCE}],"errors":{},"$defs":{}}"#;
        let written = serde_json::to_string(
            &Manifest::parse(&json.replace("SOURCE", &source.to_string())).unwrap(),
        );
        assert_eq!(written.unwrap(), json.replace(r#","source":SOURCE"#, ""));
    }
}
