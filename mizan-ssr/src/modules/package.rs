//! The distinction between files of installed packages and files of the project.

use std::path::Path;

/// Returns whether the file belongs to an installed package.
pub(crate) fn in_package(path: &Path) -> bool {
    path.components()
        .any(|component| component.as_os_str() == "node_modules")
}
