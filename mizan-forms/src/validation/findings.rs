//! The results of the checks of a validation.

use std::collections::BTreeSet;

use mizan_core::error::FieldErrors;

use super::messages::REQUIRED;

/// The error messages, and the fields that need special treatment.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) errors: FieldErrors,
    /// The paths of required fields without a value.
    pub(super) missing: BTreeSet<String>,
    /// The paths of lists with too many rows, which are not decoded.
    pub(super) oversized_lists: Vec<String>,
}

impl Findings {
    pub(super) fn add_error(&mut self, path: String, message: impl Into<String>) {
        self.errors.entry(path).or_default().push(message.into());
    }

    pub(super) fn add_missing(&mut self, path: String) {
        self.add_error(path.clone(), REQUIRED);
        self.missing.insert(path);
    }
}
