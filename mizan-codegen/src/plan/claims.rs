use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::problem::{Origin, Problem};
use crate::typescript::{channels, index};

/// Who has which name in the generated client.
#[derive(Default)]
pub(super) struct Claims {
    /// Everything that the client exports: types, hooks and components share their names.
    exports: BTreeMap<String, Origin>,
    /// The functions of the api.
    members: BTreeMap<String, Origin>,
    /// The Zod schemas, which the client does not export.
    schemas: BTreeMap<String, Origin>,
}

impl Claims {
    pub(super) fn with_the_clients_own(has_channels: bool) -> Self {
        let of_channels: &[&str] = if has_channels { &channels::NAMES } else { &[] };
        let own = index::OWN_NAMES
            .into_iter()
            .chain(index::RUNTIME_NAMES)
            .chain(of_channels.iter().copied())
            .map(|name| (name.to_owned(), Origin::Client(name.to_owned())));
        Self {
            exports: own.collect(),
            ..Self::default()
        }
    }

    pub(super) fn export(&mut self, name: &str, origin: Origin) -> Option<Problem> {
        claim(&mut self.exports, name, origin)
    }

    pub(super) fn member(&mut self, name: &str, origin: Origin) -> Option<Problem> {
        claim(&mut self.members, name, origin)
    }

    /// Claims the names of a type and of its Zod schema.
    pub(super) fn schema(
        &mut self,
        name: &str,
        schema_name: &str,
        origin: Origin,
    ) -> Option<Problem> {
        self.export(name, origin.clone())
            .or_else(|| claim(&mut self.schemas, schema_name, origin))
    }
}

fn claim(names: &mut BTreeMap<String, Origin>, name: &str, second: Origin) -> Option<Problem> {
    match names.entry(name.to_owned()) {
        Entry::Vacant(free) => {
            free.insert(second);
            None
        }
        Entry::Occupied(taken) => Some(Problem::SameName {
            name: name.to_owned(),
            first: taken.get().clone(),
            second,
        }),
    }
}
