//! The pages of a bundle.

use std::collections::BTreeMap;
use std::path::PathBuf;

use glob::{MatchOptions, Pattern};

use super::error::BundleBuildErrorKind;
use crate::renderer::find_component;

/// A component that a renderer of the bundle can render.
pub(super) struct Page {
    /// The path relative to the component directory.
    pub(super) path: String,
    /// The module.
    pub(super) id: String,
}

/// Finds the components that match one of `patterns` in one of `roots`, which are canonical. Sorted by path.
pub(super) fn find_pages(
    roots: &[PathBuf],
    patterns: &[String],
) -> Result<Vec<Page>, BundleBuildErrorKind> {
    const OPTIONS: MatchOptions = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let mut pages = BTreeMap::new();
    for pattern in patterns {
        let invalid = |reason| BundleBuildErrorKind::InvalidPattern {
            pattern: pattern.clone(),
            reason,
        };
        if pattern.starts_with('/') || pattern.split('/').any(|segment| segment == "..") {
            return Err(invalid("it leads out of the component directories"));
        }
        let mut has_match = false;
        for root in roots {
            let not_utf8 = || BundleBuildErrorKind::NotUtf8(root.clone());
            let prefix = Pattern::escape(root.to_str().ok_or_else(not_utf8)?);
            let files = glob::glob_with(&format!("{prefix}/{pattern}"), OPTIONS)
                .map_err(|error| invalid(error.msg))?;
            for file in files.filter_map(Result::ok) {
                let Some(path) = file.strip_prefix(root).ok().and_then(|path| path.to_str()) else {
                    return Err(BundleBuildErrorKind::NotUtf8(file));
                };
                let path = path.replace('\\', "/");
                // Other files in the folder are not components.
                if let Ok(id) = find_component(roots, &path) {
                    has_match = true;
                    pages.insert(path, id);
                }
            }
        }
        if !has_match {
            return Err(BundleBuildErrorKind::NoPageMatches {
                pattern: pattern.clone(),
                roots: roots.to_vec(),
            });
        }
    }
    if pages.is_empty() {
        return Err(BundleBuildErrorKind::NoPages);
    }
    let pages = pages.into_iter().map(|(path, id)| Page { path, id });
    Ok(pages.collect())
}
