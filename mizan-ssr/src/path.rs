use std::path::{Path, PathBuf};

use crate::error::{RenderError, RenderErrorKind};

/// The file that `path` means in one of `roots`, which are canonical. It never lies outside.
pub(crate) fn find(roots: &[PathBuf], path: &str) -> Result<String, RenderError> {
    let invalid = |reason| {
        RenderError::from(RenderErrorKind::InvalidPath {
            path: path.into(),
            reason,
        })
    };
    if path.is_empty() {
        return Err(invalid("it is empty"));
    }
    if path.contains('\0') {
        return Err(invalid("it has a NUL"));
    }
    if path.contains('\\') {
        return Err(invalid("it has a backslash; separate with `/`"));
    }
    let bytes = path.as_bytes();
    let drive = bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    if path.starts_with('/') || drive || path.contains("://") {
        return Err(invalid(
            "it is absolute; give it from the directory of components",
        ));
    }
    if path.split('/').any(|part| part.trim() == "..") {
        return Err(invalid("it leaves the directory of components"));
    }
    let mut outside = false;
    for root in roots {
        let Ok(file) = root.join(path).canonicalize() else {
            continue;
        };
        if !file.starts_with(root) {
            outside = true;
            continue;
        }
        if file.is_dir() {
            return Err(invalid("it is a directory; name the file"));
        }
        if !file.is_file() {
            return Err(invalid("it is not a regular file"));
        }
        if !is_source(&file) {
            return Err(invalid("a component is a .tsx, .jsx, .ts or .js file"));
        }
        let Some(file) = file.to_str() else {
            return Err(invalid("it leads to a path that is not UTF-8"));
        };
        return Ok(file.into());
    }
    if outside {
        return Err(invalid(
            "a symbolic link leads out of the directory of components",
        ));
    }
    Err(RenderErrorKind::NotFound {
        path: path.into(),
        roots: roots.to_vec(),
    }
    .into())
}

fn is_source(file: &Path) -> bool {
    file.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| ["tsx", "jsx", "ts", "js", "mts", "mjs"].contains(&extension))
}
