//! Source locations of the items in a manifest.

use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};

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

/// Parses a location. Ignores one in a dependency, whose absolute path is different on each machine, so that a committed
/// client stays up to date.
pub(super) fn in_workspace<'de, D: Deserializer<'de>>(
    location: D,
) -> Result<Option<SourceLocation>, D::Error> {
    let location = Option::<SourceLocation>::deserialize(location)?;
    Ok(location.filter(|location| !Path::new(&location.file).is_absolute()))
}
