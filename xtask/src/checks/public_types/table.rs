//! Crates below 1.0 whose types and traits may be in public signatures.

/// A decision to have another crate in the public API of one of ours.
pub(super) struct Decision {
    /// The package of ours.
    pub(super) package: &'static str,
    /// The name of the other library.
    pub(super) library: &'static str,
    pub(super) reason: &'static str,
}

pub(super) const DECISIONS: &[Decision] = &[];
