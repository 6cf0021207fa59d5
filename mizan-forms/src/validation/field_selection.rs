//! The fields that a validation covers.

use std::collections::HashSet;

/// The fields that a validation covers.
#[derive(Clone, Copy)]
pub(crate) enum FieldSelection<'a> {
    All,
    /// The fields at these paths, and the fields in these groups and lists.
    Paths(&'a HashSet<String>),
}

impl FieldSelection<'_> {
    /// Returns true if the selection contains the field at `path`, or a group or list that contains
    /// the field.
    pub(crate) fn contains(self, path: &str) -> bool {
        match self {
            Self::All => true,
            // One lookup per ancestor, independent of the number of selected paths.
            Self::Paths(paths) => {
                let mut ancestors = path.match_indices('.').map(|(dot, _)| &path[..dot]);
                paths.contains(path) || ancestors.any(|ancestor| paths.contains(ancestor))
            }
        }
    }
}
