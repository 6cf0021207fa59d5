//! The params of a form that has none.

/// The params of a form without params.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoParams;
