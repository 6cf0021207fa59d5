//! The lookup of component files.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::bundle::BundledModules;
use crate::error::{RenderError, RenderErrorKind};

/// Returns the module id of the component `path` in a bundle.
pub(super) fn find_in_bundle(
    bundle: &BundledModules,
    path: &str,
) -> Result<&'static str, RenderError> {
    check_syntax(path).map_err(|reason| invalid(path, reason))?;
    bundle
        .component(path)
        .ok_or_else(|| RenderErrorKind::NotInBundle { path: path.into() }.into())
}

fn invalid(path: &str, reason: &'static str) -> RenderError {
    RenderErrorKind::InvalidPath {
        path: path.into(),
        reason,
    }
    .into()
}

/// Returns the file of the component `path` in one of `roots`, which are canonical.
///
/// The file is never outside of the roots.
pub(crate) fn find(roots: &[PathBuf], path: &str) -> Result<String, RenderError> {
    let invalid = |reason| invalid(path, reason);
    check_syntax(path).map_err(invalid)?;
    let mut is_outside = false;
    for root in roots {
        let Ok(file) = root.join(path).canonicalize() else {
            continue;
        };
        if !file.starts_with(root) {
            is_outside = true;
            continue;
        }
        if file.is_dir() {
            return Err(invalid("the path is a directory; name a file"));
        }
        if !file.is_file() {
            return Err(invalid("the path is not a regular file"));
        }
        if !is_script(&file) {
            return Err(invalid(
                "a component must be a .tsx, .jsx, .ts, .js, .mts or .mjs file",
            ));
        }
        let Some(file) = file.to_str() else {
            return Err(invalid("the path is not valid UTF-8"));
        };
        return Ok(file.into());
    }
    if is_outside {
        return Err(invalid(
            "a symbolic link leads out of the component directory",
        ));
    }
    Err(RenderErrorKind::NotFound {
        path: path.into(),
        roots: roots.to_vec(),
    }
    .into())
}

/// Returns the paths of the `.tsx` and `.jsx` files in the directory `path` of one of `roots`, and in its
/// subdirectories; `path` itself if it is not a directory.
pub(super) fn expand(roots: &[PathBuf], path: &str) -> io::Result<Vec<String>> {
    let Some(root) = roots.iter().find(|root| root.join(path).is_dir()) else {
        return Ok(vec![path.into()]);
    };
    let mut files = Vec::new();
    let mut open = vec![root.join(path)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory)? {
            let file = entry?.path();
            if file.is_dir() {
                open.push(file);
            } else if ["tsx", "jsx"]
                .map(OsStr::new)
                .map(Some)
                .contains(&file.extension())
                && let Ok(relative) = file.strip_prefix(root)
            {
                files.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Rejects paths that are not relative paths inside a directory.
fn check_syntax(path: &str) -> Result<(), &'static str> {
    if path.is_empty() {
        return Err("the path is empty");
    }
    if path.contains('\0') {
        return Err("the path contains a NUL character");
    }
    if path.contains('\\') {
        return Err("the path contains a backslash; use `/` as the separator");
    }
    let bytes = path.as_bytes();
    let has_drive = bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    if path.starts_with('/') || has_drive || path.contains("://") {
        return Err("the path is absolute; use a path relative to a component directory");
    }
    if path.split('/').any(|segment| segment.trim() == "..") {
        return Err("the path leads out of the component directory");
    }
    Ok(())
}

fn is_script(file: &Path) -> bool {
    file.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| ["tsx", "jsx", "ts", "js", "mts", "mjs"].contains(&extension))
}
