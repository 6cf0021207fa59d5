//! Detection of files that belong to an installed package.

use std::path::Path;

/// Returns whether the file belongs to an installed package.
pub(crate) fn in_package(path: &Path) -> bool {
    path.components()
        .any(|component| component.as_os_str() == "node_modules")
}
