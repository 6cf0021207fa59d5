mod contract;
mod definitions;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use self::contract::contract;
use self::definitions::{rename, split};
use crate::build_error::Problem;
use crate::channel_entry::ChannelEntry;
use crate::dispatch::Function;
use crate::{ErrorCode, ErrorDeclaration, FormEntry};

/// The version of the manifest's format.
const FORMAT: u32 = 1;

/// What an application offers its clients: a JSON document, the same for the same application.
///
/// Printed (`println!("{manifest}")`) it is what `mizan-codegen` reads. Its parts: `functions`
/// with their kind, policy, input, output, error, what they affect, docs and place in the source;
/// `forms` with their fields and `channels` with their params and messages, where there are any;
/// `errors`, the declared error types; `codes` that any call can fail with; `$defs`, the shared
/// JSON Schemas; and `contract`, a hash of all that a client depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    document: Value,
    contract: String,
}

impl Manifest {
    /// The document.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.document
    }

    /// A hash of what clients depend on: names, schemas, errors; not docs, nor places.
    ///
    /// A client that was generated from another contract may misunderstand the server.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.document)
    }
}

/// Describes functions, forms and channels, and reports what cannot be described.
pub(crate) fn describe(
    functions: &[Function],
    forms: &[FormEntry],
    channels: &[ChannelEntry],
    problems: &mut Vec<Problem>,
) -> Manifest {
    // A type may look different on its way in and on its way out, so each way has a generator.
    let mut inputs = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator();
    let mut outputs = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let mut errors = ErrorTypes::default();

    let mut sorted: Vec<_> = functions.iter().collect();
    sorted.sort_by_key(|function| function.name);
    let mut described: Vec<_> = sorted
        .into_iter()
        .map(|function| {
            let input = input(function, &mut inputs, problems);
            let output = (function.output)(&mut outputs).to_value();
            let error = (function.error)(&mut outputs)
                .map(|declared| errors.add(function.name, declared, problems));
            (function, input, output, error)
        })
        .collect();

    let mut channels = describe_channels(channels, &mut inputs, &mut outputs, problems);

    let mut inputs = inputs.take_definitions(false);
    let outputs = outputs.take_definitions(false);
    let renamed = split(&inputs, &outputs);
    for (_, input, ..) in &mut described {
        input.iter_mut().for_each(|input| rename(input, &renamed));
    }
    for channel in &mut channels {
        for key in ["params", "client_message"] {
            if let Some(schema) = channel.get_mut(key) {
                rename(schema, &renamed);
            }
        }
    }
    inputs
        .values_mut()
        .for_each(|schema| rename(schema, &renamed));
    let definitions: BTreeMap<_, _> = inputs
        .into_iter()
        .map(|(name, schema)| (renamed.get(&name).cloned().unwrap_or(name), schema))
        .chain(outputs)
        .collect();

    let functions: Vec<_> = described
        .into_iter()
        .map(|(function, input, output, error)| {
            let mut entry = Map::new();
            let mut set = |key: &str, value: Value| entry.insert(key.to_owned(), value);
            set("name", json!(function.name));
            set("kind", json!(function.kind.as_str()));
            set("policy", json!(function.policy.to_string()));
            input.map(|input| set("input", input));
            set("output", output);
            error.map(|error| set("error", json!(error)));
            if !function.affects.is_empty() {
                set("affects", json!(function.affects));
            }
            if !function.docs.is_empty() {
                set("docs", json!(function.docs));
            }
            if let Some(source) = function.source {
                set(
                    "source",
                    json!({ "file": source.file, "line": source.line }),
                );
            }
            Value::Object(entry)
        })
        .collect();

    let mut document = json!({
        "mizan": FORMAT,
        "contract": "",
        "codes": ErrorCode::ALL.map(ErrorCode::as_str),
        "functions": functions,
        "errors": errors.described,
        "$defs": definitions,
    });
    if !forms.is_empty() {
        let sorted: BTreeMap<_, _> = forms.iter().map(|form| (form.name, form)).collect();
        let described = sorted.values().map(|form| form.shape.manifest());
        document["forms"] = described.collect();
    }
    if !channels.is_empty() {
        document["channels"] = json!(channels);
    }
    let contract = contract(&document);
    document["contract"] = json!(contract);
    Manifest { document, contract }
}

/// The channels by name: the schemas of what goes either way, each left out where there is none.
fn describe_channels(
    channels: &[ChannelEntry],
    inputs: &mut SchemaGenerator,
    outputs: &mut SchemaGenerator,
    problems: &mut Vec<Problem>,
) -> Vec<Value> {
    let mut sorted: Vec<_> = channels.iter().collect();
    sorted.sort_by_key(|channel| channel.name);
    let described = sorted.into_iter().map(|channel| {
        let mut entry = json!({ "name": channel.name });
        let params = (channel.params)(inputs).to_value();
        if params.get("type") != Some(&json!("object")) {
            problems.push(Problem::ParamsNotAnObject {
                channel: channel.name,
                at: channel.place(),
            });
        }
        if has_members(&params) {
            entry["params"] = params;
        }
        if let Some(schema) = (channel.client_message)(inputs) {
            entry["client_message"] = schema.to_value();
        }
        for (key, schema) in channel.outputs {
            if let Some(schema) = schema(outputs) {
                entry[key] = schema.to_value();
            }
        }
        if !channel.docs.is_empty() {
            entry["docs"] = json!(channel.docs);
        }
        if let Some(source) = channel.source {
            entry["source"] = json!({ "file": source.file, "line": source.line });
        }
        entry
    });
    described.collect()
}

/// The schema of a function's arguments; nothing where it takes none.
fn input(
    function: &Function,
    schemas: &mut SchemaGenerator,
    problems: &mut Vec<Problem>,
) -> Option<Value> {
    let mut schema = (function.input)(schemas).to_value();
    // The description repeats the function's docs.
    if let Some(schema) = schema.as_object_mut() {
        schema.shift_remove("description");
    }
    if schema.get("type") != Some(&json!("object")) {
        problems.push(Problem::NotAnObject {
            function: function.name,
            at: function.place(),
        });
    }
    let has_arguments = has_members(&schema);
    if has_arguments && function.kind == crate::Kind::GlobalContext {
        problems.push(Problem::ContextWithInput {
            function: function.name,
            at: function.place(),
        });
    }
    has_arguments.then_some(schema)
}

/// Whether an object of this schema may have members. Flattened arguments are not `properties`.
fn has_members(schema: &Value) -> bool {
    let keywords = schema.as_object().into_iter().flatten();
    keywords
        .filter(|(_, value)| **value != json!({}))
        .any(|(keyword, value)| match keyword.as_str() {
            "properties" | "patternProperties" | "oneOf" | "anyOf" | "allOf" | "$ref" => true,
            "additionalProperties" => *value != json!(false),
            _ => false,
        })
}

/// The declared error types, each once.
#[derive(Default)]
struct ErrorTypes {
    described: BTreeMap<&'static str, Value>,
    first_seen: HashMap<&'static str, (&'static str, ErrorDeclaration)>,
}

impl ErrorTypes {
    fn add(
        &mut self,
        function: &'static str,
        declared: ErrorDeclaration,
        problems: &mut Vec<Problem>,
    ) -> &'static str {
        let name = declared.name;
        match self.first_seen.get(name) {
            Some((first, known)) if *known != declared => {
                problems.push(Problem::DuplicateErrorType {
                    name,
                    first,
                    second: function,
                });
            }
            Some(_) => {}
            None => {
                self.described.insert(name, describe_error(&declared));
                self.first_seen.insert(name, (function, declared));
            }
        }
        name
    }
}

fn describe_error(declared: &ErrorDeclaration) -> Value {
    let variants = declared.variants.iter().map(|variant| {
        let mut entry = json!({ "code": variant.code, "status": variant.status });
        if let Some(field) = variant.field {
            entry["field"] = json!(field);
        }
        if !variant.docs.is_empty() {
            entry["docs"] = json!(variant.docs);
        }
        if !variant.data.is_empty() {
            let names: Vec<_> = variant.data.iter().map(|(name, _)| *name).collect();
            let members = variant.data.iter();
            let properties: Map<_, _> = members
                .map(|(name, schema)| ((*name).to_owned(), Schema::to_value(schema.clone())))
                .collect();
            entry["data"] =
                json!({ "type": "object", "properties": properties, "required": names });
        }
        entry
    });
    let variants: Vec<_> = variants.collect();
    if declared.docs.is_empty() {
        json!({ "variants": variants })
    } else {
        json!({ "docs": declared.docs, "variants": variants })
    }
}
