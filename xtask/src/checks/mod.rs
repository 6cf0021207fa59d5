//! Checks of the sources themselves: prose, links, module graph, public types, dependencies.

pub(crate) mod links;
pub(crate) mod modules;
pub(crate) mod public_types;
pub(crate) mod sqlite_clients;
pub(crate) mod words;
