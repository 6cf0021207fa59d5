//! The registry of TypeScript names, which detects conflicts.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::diagnostic::{Diagnostic, ItemRef};
use crate::manifest::Manifest;
use crate::naming::{
    CHANNEL_EXPORTS, CLIENT_EXPORTS, DOWNLOAD_EXPORTS, LIVE_EXPORTS, REDIRECT_EXPORTS,
    RUNTIME_EXPORTS, STREAM_EXPORTS,
};

/// The TypeScript names of a client, with the item that each belongs to.
#[derive(Default)]
pub(super) struct NameRegistry {
    /// The exports of the client: types, hooks and components share a namespace.
    exports: BTreeMap<String, ItemRef>,
    /// The properties of `Api`.
    api: BTreeMap<String, ItemRef>,
    /// The Zod schemas, which `index.ts` does not export.
    schemas: BTreeMap<String, ItemRef>,
}

impl NameRegistry {
    /// Creates a registry with the names that every client of such a manifest has.
    pub(super) fn with_built_in_names(manifest: &Manifest) -> Self {
        let built_in = |name: &str| (name.to_owned(), ItemRef::BuiltIn(name.to_owned()));
        let has_downloads = manifest
            .functions
            .iter()
            .any(|function| function.is_download());
        let mut exports = [&CLIENT_EXPORTS[..], &RUNTIME_EXPORTS].concat();
        if !manifest.channels.is_empty() {
            exports.extend(CHANNEL_EXPORTS);
        }
        if has_downloads {
            exports.extend(DOWNLOAD_EXPORTS);
        }
        if manifest
            .functions
            .iter()
            .any(|function| function.is_redirect())
        {
            exports.extend(REDIRECT_EXPORTS);
        }
        if manifest
            .functions
            .iter()
            .any(|function| function.stream.is_some())
        {
            exports.extend(STREAM_EXPORTS);
        }
        if manifest.functions.iter().any(|function| function.live) {
            exports.extend(LIVE_EXPORTS);
        }
        Self {
            exports: exports.into_iter().map(built_in).collect(),
            api: (!manifest.forms.is_empty())
                .then(|| built_in("forms"))
                .into_iter()
                .collect(),
            schemas: BTreeMap::new(),
        }
    }

    /// Registers an export of the client.
    pub(super) fn export(&mut self, name: &str, item: ItemRef) -> Option<Diagnostic> {
        register(&mut self.exports, name, item)
    }

    /// Registers a property of `Api`.
    pub(super) fn api_property(&mut self, name: &str, item: ItemRef) -> Option<Diagnostic> {
        register(&mut self.api, name, item)
    }

    /// Registers a type and its Zod schema.
    pub(super) fn type_and_schema(
        &mut self,
        name: &str,
        schema_name: &str,
        item: ItemRef,
    ) -> Option<Diagnostic> {
        self.export(name, item.clone())
            .or_else(|| register(&mut self.schemas, schema_name, item))
    }
}

fn register(
    names: &mut BTreeMap<String, ItemRef>,
    name: &str,
    item: ItemRef,
) -> Option<Diagnostic> {
    match names.entry(name.to_owned()) {
        Entry::Vacant(entry) => {
            entry.insert(item);
            None
        }
        Entry::Occupied(entry) => Some(Diagnostic::NameConflict {
            name: name.to_owned(),
            first: entry.get().clone(),
            second: item,
        }),
    }
}
