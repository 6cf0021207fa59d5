//! Crates below 1.0 whose types and traits may be in public signatures.

/// A decision that a crate below 1.0 may appear in the public API of a package of this workspace.
pub(super) struct Decision {
    /// The package of this workspace.
    pub(super) package: &'static str,
    /// The library below 1.0.
    pub(super) library: &'static str,
    pub(super) reason: &'static str,
}

pub(super) const DECISIONS: &[Decision] = &[];
