//! Checks of the sources themselves: prose, module graph, public types.

pub(crate) mod modules;
pub(crate) mod public_types;
pub(crate) mod words;
