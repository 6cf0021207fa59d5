//! Checks of the sources themselves: prose, links, module graph, public types.

pub(crate) mod links;
pub(crate) mod modules;
pub(crate) mod public_types;
pub(crate) mod words;
