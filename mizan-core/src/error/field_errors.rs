//! Error messages by field.

use std::collections::BTreeMap;

/// Error messages by the path of a field, such as `title` or `rows.0.name`.
pub type FieldErrors = BTreeMap<String, Vec<String>>;

/// The path in [`FieldErrors`] for messages about the input or the form as a whole.
pub const FORM_ERRORS: &str = "__all__";

/// The maximum number of fields with errors in a reply, because a client can send any number of invalid
/// values.
pub const MAX_FIELD_ERRORS: usize = 100;
