//! A manifest with parsed schemas.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, ItemRef};
use crate::manifest::{self, Manifest};
use crate::options::Dates;
use crate::schema::{NamedTypes, Object, SchemaReader, Type};

/// A manifest whose functions and channels have types.
pub(super) struct Model<'m> {
    pub(super) manifest: &'m Manifest,
    pub(super) types: Types,
    pub(super) functions: BTreeMap<&'m str, Function<'m>>,
    pub(super) channels: BTreeMap<&'m str, Channel<'m>>,
    /// The data of the errors, by the names of the error types and the codes.
    pub(super) errors: BTreeMap<&'m str, BTreeMap<&'m str, Type>>,
}

pub(super) struct Function<'m> {
    pub(super) manifest: &'m manifest::Function,
    pub(super) input: Type,
    pub(super) output: Type,
}

pub(super) struct Channel<'m> {
    pub(super) manifest: &'m manifest::Channel,
    pub(super) params: Type,
    pub(super) client_message: Option<Type>,
    /// The parts that the server sends, with their names.
    pub(super) sent: [(&'static str, Option<Type>); 4],
}

/// The named types, by their keys in the manifest.
pub(super) struct Types(BTreeMap<String, Type>);

impl Types {
    /// Resolves a named type to the type that it stands for.
    pub(super) fn resolve<'a>(&'a self, mut ty: &'a Type) -> &'a Type {
        // A hostile manifest may have types that stand for each other.
        for _ in 0..=self.0.len() {
            let Type::Named(name) = ty else { break };
            let Some(inner) = self.0.get(name) else { break };
            ty = inner;
        }
        ty
    }
}

impl<'m> Model<'m> {
    /// Reads all schemas. Returns all diagnostics if there are any.
    pub(super) fn read(manifest: &'m Manifest) -> Result<Self, Vec<Diagnostic>> {
        let mut named = NamedTypes::new(Dates::default());
        for (key, schema) in &manifest.defs {
            named.insert(key, key, schema);
        }
        let mut diagnostics = Vec::new();
        let mut read =
            |item, schema: &Value| SchemaReader::new(&named, &mut diagnostics, item).read(schema);
        let types = manifest.defs.iter().map(|(key, schema)| {
            (
                key.clone(),
                read(ItemRef::definition(key, manifest), schema),
            )
        });
        let types = Types(types.collect());
        let functions = manifest.functions.iter().map(|function| {
            let input = function.input.as_ref();
            let parsed = Function {
                manifest: function,
                input: input
                    .map_or_else(no_members, |schema| read(ItemRef::input(function), schema)),
                output: read(ItemRef::output(function), &function.output),
            };
            (function.name.as_str(), parsed)
        });
        let functions = functions.collect();
        let channels = manifest.channels.iter().map(|channel| {
            let mut part = |name, schema: &Option<Value>| {
                let schema = schema.as_ref()?;
                Some(read(ItemRef::channel_part(channel, name), schema))
            };
            let parsed = Channel {
                manifest: channel,
                params: part("params", &channel.params).unwrap_or_else(no_members),
                client_message: part("client message", &channel.client_message),
                sent: [
                    ("server message", &channel.server_message),
                    ("reply", &channel.reply),
                    ("snapshot", &channel.snapshot),
                    ("member", &channel.member),
                ]
                .map(|(name, schema)| (name, part(name, schema))),
            };
            (channel.name.as_str(), parsed)
        });
        let channels = channels.collect();
        let errors = manifest.errors.iter().map(|(name, error)| {
            let variants = error.variants.iter().map(|variant| {
                let item = ItemRef::Variant {
                    error: name.clone(),
                    code: variant.code.clone(),
                };
                let data = variant.data.as_ref();
                let data = data.map_or_else(no_members, |schema| read(item, schema));
                (variant.code.as_str(), data)
            });
            (name.as_str(), variants.collect())
        });
        let errors = errors.collect();
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        Ok(Self {
            manifest,
            types,
            functions,
            channels,
            errors,
        })
    }
}

/// The type of an input, params or data that do not exist: an object without members.
fn no_members() -> Type {
    Type::Object(Object {
        closed: true,
        ..Object::default()
    })
}
