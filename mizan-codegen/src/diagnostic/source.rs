//! Display of source locations in diagnostics.

use std::fmt;

use crate::manifest::SourceLocation;

/// Displays `file:line`.
pub(super) struct DisplaySource<'a>(pub(super) &'a Option<SourceLocation>);

impl fmt::Display for DisplaySource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("an unknown location"),
            Some(SourceLocation { file, line: None }) => f.write_str(file),
            Some(SourceLocation {
                file,
                line: Some(line),
            }) => write!(f, "{file}:{line}"),
        }
    }
}

/// Displays ` (file:line)`, or nothing for an item without a location.
pub(super) struct ParenthesizedSource<'a>(pub(super) &'a Option<SourceLocation>);

impl fmt::Display for ParenthesizedSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            source => write!(f, " ({})", DisplaySource(source)),
        }
    }
}
