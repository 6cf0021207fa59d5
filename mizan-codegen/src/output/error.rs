//! The error type of writing and comparing a client.

use std::io;
use std::path::{Path, PathBuf};

/// An error from writing a client to a folder, or from comparing it with a folder.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct WriteError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl WriteError {
    /// Returns a function that adds the action and the path to an I/O error.
    pub(super) fn context<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl Fn(io::Error) -> Self + 'a {
        move |source| Self {
            action,
            path: path.to_owned(),
            source,
        }
    }
}
