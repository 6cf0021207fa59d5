//! Source locations.

use std::fmt;

/// The source location of a function or a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// The file, relative to the workspace.
    pub file: &'static str,
    /// The line number, starting at 1.
    pub line: u32,
}

impl Source {
    /// Creates a source location, usually from [`file!`] and [`line!`].
    #[must_use]
    pub const fn new(file: &'static str, line: u32) -> Self {
        Self { file, line }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
