//! Entity tags of results.

use std::hash::{DefaultHasher, Hasher};

/// Returns the entity tag of a result as JSON, which is the same in all processes of one build of the application.
///
/// The tag is weak (RFC 9110, section 8.8.1), because it is a hash of 64 bits.
#[must_use]
pub fn entity_tag(output: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(output);
    format!("W/\"{:016x}\"", hasher.finish())
}
