//! The state that the planning steps share.

use std::collections::BTreeMap;

use serde_json::Value;

use super::conversions::ambiguous_unions;
use super::definitions::{Definition, Definitions};
use super::model::Plan;
use super::name_registry::NameRegistry;
use crate::diagnostic::{Diagnostic, ItemRef, SchemaLocation, UnsupportedSchema};
use crate::manifest::Manifest;
use crate::naming;
use crate::options::GenerateOptions;
use crate::schema::{Docs, NamedTypes, SchemaReader, Type, docs_of};

/// Plans a client. Each step continues after an error, so that one run reports all diagnostics.
pub(super) struct Planner<'m> {
    pub(super) manifest: &'m Manifest,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) registry: NameRegistry,
    /// The names of the error types, by their keys in the manifest.
    pub(super) error_names: BTreeMap<&'m str, String>,
    /// The names of the types, by their keys in the manifest.
    type_names: BTreeMap<&'m str, String>,
    named_types: NamedTypes,
}

impl<'m> Planner<'m> {
    pub(super) fn new(manifest: &'m Manifest, options: &GenerateOptions) -> Self {
        let mut planner = Self {
            manifest,
            diagnostics: Vec::new(),
            registry: NameRegistry::with_built_in_names(manifest),
            error_names: BTreeMap::new(),
            type_names: BTreeMap::new(),
            named_types: NamedTypes::new(options.dates),
        };
        for (key, schema) in &manifest.defs {
            let item = ItemRef::definition(key, manifest);
            let name = planner.type_name(key, &item);
            let schema_name = naming::schema_name(&name);
            let conflict = planner.registry.type_and_schema(&name, &schema_name, item);
            planner.diagnostics.extend(conflict);
            planner.named_types.insert(key, &name, schema);
            planner.type_names.insert(key, name);
        }
        for key in manifest.errors.keys() {
            let item = ItemRef::Error(key.clone());
            let name = planner.type_name(key, &item);
            let conflict = planner.registry.export(&name, item);
            planner.diagnostics.extend(conflict);
            planner.error_names.insert(key, name);
        }
        planner
    }

    /// Returns the type name for a key of the manifest, or the key itself after a diagnostic.
    fn type_name(&mut self, key: &str, item: &ItemRef) -> String {
        naming::type_name(key).unwrap_or_else(|| {
            self.diagnostics
                .push(Diagnostic::InvalidName { item: item.clone() });
            key.to_owned()
        })
    }

    /// Reads a JSON Schema that belongs to `item`.
    pub(super) fn read_schema(&mut self, item: ItemRef, schema: &Value) -> Type {
        SchemaReader::new(&self.named_types, &mut self.diagnostics, item).read(schema)
    }

    /// Rejects unions whose converted alternatives the client cannot tell apart.
    pub(super) fn check_unions(&mut self, plan: &Plan<'_>) {
        let defined = self.manifest.defs.keys().zip(plan.types.iter());
        let mut all: Vec<_> = defined
            .map(|(key, definition)| (ItemRef::definition(key, self.manifest), &definition.ty))
            .collect();
        for function in plan.all_functions() {
            let input = function.input.as_ref();
            all.extend(input.map(|input| (ItemRef::input(function.manifest), &input.ty)));
            all.push((ItemRef::output(function.manifest), &function.output));
        }
        for channel in &plan.channels {
            let parts = channel.parts();
            all.extend(parts.map(|(part, ty)| (ItemRef::channel_part(channel.manifest, part), ty)));
        }
        for error in &plan.errors {
            for variant in &error.variants {
                let item = ItemRef::Variant {
                    error: error.name.clone(),
                    code: variant.code.to_owned(),
                };
                all.extend(variant.data.as_ref().map(|data| (item, data)));
            }
        }
        for (item, ty) in all {
            for path in ambiguous_unions(&plan.types, &plan.conversions, ty) {
                self.diagnostics.push(Diagnostic::Schema {
                    location: SchemaLocation {
                        item: item.clone(),
                        path,
                    },
                    reason: UnsupportedSchema::AmbiguousUnion,
                });
            }
        }
    }

    /// Reads the named types.
    pub(super) fn types(&mut self) -> Definitions {
        let manifest = self.manifest;
        let definitions = manifest.defs.iter().map(|(key, schema)| {
            let name = self.type_names[key.as_str()].clone();
            Definition {
                schema_name: naming::schema_name(&name),
                name,
                docs: docs_of(schema),
                ty: self.read_schema(ItemRef::definition(key, manifest), schema),
            }
        });
        let types = Definitions::new(definitions.collect());
        for name in types.infinite() {
            self.diagnostics.push(Diagnostic::InfiniteType { name });
        }
        types
    }
}

/// Converts a doc comment of the manifest.
pub(super) fn docs(text: Option<&String>) -> Docs {
    Docs {
        text: text.cloned(),
        ..Docs::default()
    }
}
