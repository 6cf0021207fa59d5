//! The error of a comparison.

use std::fmt;

use crate::diagnostic::Diagnostic;

/// An error from comparing two manifests: one of them contains a schema that the generator cannot read.
///
/// Its `Display` output has one line for each schema.
#[derive(Debug)]
pub struct CompareError {
    age: ManifestAge,
    diagnostics: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum ManifestAge {
    Old,
    New,
}

impl CompareError {
    pub(super) fn new(age: ManifestAge, diagnostics: &[Diagnostic]) -> Self {
        Self {
            age,
            diagnostics: diagnostics.iter().map(ToString::to_string).collect(),
        }
    }
}

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.age {
            ManifestAge::Old => "cannot compare with the old manifest:",
            ManifestAge::New => "cannot compare the new manifest:",
        })?;
        for diagnostic in &self.diagnostics {
            write!(f, "\n{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CompareError {}
