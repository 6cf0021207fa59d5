//! Everything that the parts of a document share, and the names that they choose.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::problems::Problems;
use crate::options::Options;
use crate::schema::{Components, unique};

/// The characters of a name that a path cannot contain. Braces would begin a parameter of the path.
const PATH_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Everything that the parts of a document share.
pub(super) struct Context<'a> {
    pub(super) manifest: &'a Value,
    pub(super) options: &'a Options,
    pub(super) components: Components,
    pub(super) problems: Problems,
    operation_ids: BTreeSet<String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        manifest: &'a Value,
        options: &'a Options,
        components: Components,
        problems: Problems,
    ) -> Self {
        Self {
            manifest,
            options,
            components,
            problems,
            operation_ids: BTreeSet::new(),
        }
    }

    /// Returns an unused operation id that resembles `wanted`.
    pub(super) fn operation_id(&mut self, wanted: &str) -> String {
        let id: String = wanted
            .chars()
            .map(|char| {
                if char.is_ascii_alphanumeric() {
                    char
                } else {
                    '_'
                }
            })
            .collect();
        let id = unique(&id, |id| self.operation_ids.contains(id));
        self.operation_ids.insert(id.clone());
        id
    }
}

/// Returns the path of a function or a form, with its name percent-encoded.
pub(super) fn path(prefix: &str, name: &str) -> String {
    format!("{prefix}{}", utf8_percent_encode(name, PATH_SEGMENT))
}

/// Returns the tag of a form, which differs from the tags of functions.
pub(super) fn form_tag(form: &str) -> String {
    format!("{form} form")
}
