//! Source locations of the items in a manifest.

use serde::{Deserialize, Serialize};

/// The source location of a function, form or channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SourceLocation {
    /// The file's path, relative to the root of the workspace.
    pub file: String,
    /// The line number, counted from 1.
    #[serde(default, skip_serializing)]
    pub line: Option<u32>,
}
