//! Imports that cannot be bundled.

use std::fmt;
use std::path::PathBuf;

/// An import that fails, with its location.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Problem {
    pub(super) file: PathBuf,
    /// Line and column, counted from one, if they are known.
    pub(super) position: Option<(u32, u32)>,
    pub(super) message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}
