//! Description of functions, forms and channels as JSON.

use std::collections::{BTreeMap, HashMap};

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::Manifest;
use super::contract::contract;
use super::definitions::{rename_references, rename_split_types};
use super::error_types::ErrorTypes;
use crate::channel::ChannelEntry;
use crate::error::ErrorCode;
use crate::form_entry::FormEntry;
use crate::function::{Affected, FunctionEntry, FunctionKind, Source};
use crate::problem::Problem;

/// The version of the manifest format.
const FORMAT: u32 = 1;

/// Describes functions, forms and channels, and reports those that cannot be described.
pub(crate) fn describe(
    functions: &[FunctionEntry],
    forms: &[FormEntry],
    channels: &[ChannelEntry],
    problems: &mut Vec<Problem>,
) -> Manifest {
    let mut schemas = Schemas::new();
    let mut errors = ErrorTypes::default();
    let mut functions = describe_functions(functions, &mut schemas, &mut errors, problems);
    let mut channels = describe_channels(channels, &mut schemas, problems);

    let Definitions {
        definitions,
        renamed,
    } = schemas.into_definitions();
    for function in &mut functions {
        rename_member(function, "input", &renamed);
    }
    for channel in &mut channels {
        rename_member(channel, "params", &renamed);
        rename_member(channel, "client_message", &renamed);
    }

    let mut document = json!({
        "mizan": FORMAT,
        "contract": "",
        "codes": ErrorCode::ALL.map(ErrorCode::as_str),
        "functions": functions,
        "errors": errors.into_json(),
        "$defs": definitions,
    });
    if !forms.is_empty() {
        document["forms"] = describe_forms(forms);
    }
    if !channels.is_empty() {
        document["channels"] = json!(channels);
    }
    let contract = contract(&document);
    document["contract"] = json!(contract);
    Manifest { document, contract }
}

/// The schema generators.
///
/// A type may have different schemas as an input and as an output, so each has its own generator.
struct Schemas {
    inputs: SchemaGenerator,
    outputs: SchemaGenerator,
}

/// The shared schemas of a manifest.
struct Definitions {
    definitions: BTreeMap<String, Value>,
    /// The new names of the input schemas that differ from the output schemas of their types.
    renamed: HashMap<String, String>,
}

impl Schemas {
    fn new() -> Self {
        Self {
            inputs: SchemaSettings::draft2020_12()
                .for_deserialize()
                .into_generator(),
            outputs: SchemaSettings::draft2020_12()
                .for_serialize()
                .into_generator(),
        }
    }

    fn into_definitions(mut self) -> Definitions {
        let mut inputs = self.inputs.take_definitions(false);
        let outputs = self.outputs.take_definitions(false);
        let renamed = rename_split_types(&inputs, &outputs);
        inputs
            .values_mut()
            .for_each(|schema| rename_references(schema, &renamed));
        let definitions = inputs
            .into_iter()
            .map(|(name, schema)| (renamed.get(&name).cloned().unwrap_or(name), schema))
            .chain(outputs)
            .collect();
        Definitions {
            definitions,
            renamed,
        }
    }
}

fn rename_member(entry: &mut Value, key: &str, renamed: &HashMap<String, String>) {
    if let Some(schema) = entry.get_mut(key) {
        rename_references(schema, renamed);
    }
}

fn describe_functions(
    functions: &[FunctionEntry],
    schemas: &mut Schemas,
    errors: &mut ErrorTypes,
    problems: &mut Vec<Problem>,
) -> Vec<Value> {
    let mut sorted: Vec<_> = functions.iter().collect();
    sorted.sort_by_key(|function| function.name);
    sorted
        .into_iter()
        .map(|function| describe_function(function, schemas, errors, problems))
        .collect()
}

fn describe_function(
    function: &FunctionEntry,
    schemas: &mut Schemas,
    errors: &mut ErrorTypes,
    problems: &mut Vec<Problem>,
) -> Value {
    let mut entry = json!({
        "name": function.name,
        "kind": function.kind.as_str(),
        "policy": function.policy.to_string(),
    });
    if let Some(input) = describe_input(function, &mut schemas.inputs, problems) {
        entry["input"] = input;
    }
    entry["output"] = (function.output)(&mut schemas.outputs).to_value();
    if let Some(declared) = (function.error)(&mut schemas.outputs) {
        entry["error"] = json!(errors.add(function.name, declared, problems));
    }
    if !function.affects.is_empty() {
        let affects: Vec<_> = function.affects.iter().map(describe_affected).collect();
        entry["affects"] = json!(affects);
    }
    if let Some(pages) = function.pages {
        entry["pages"] = json!({ "cursor": pages.cursor(), "next": pages.next() });
    }
    add_docs_and_source(&mut entry, function.docs, function.source);
    entry
}

/// Describes an affected query: by its name, or by an object if it depends on the input or is returned.
fn describe_affected(affected: &Affected) -> Value {
    if affected.input().is_empty() && !affected.is_returned() {
        return json!(affected.name());
    }
    let input: Map<_, _> = affected
        .input()
        .iter()
        .map(|(name, argument)| ((*name).to_owned(), json!(argument)))
        .collect();
    let mut entry = json!({ "query": affected.name() });
    if !input.is_empty() {
        entry["input"] = Value::Object(input);
    }
    if affected.is_returned() {
        entry["returns"] = json!(true);
    }
    entry
}

/// Returns the schema of a function's arguments, or `None` if it has no arguments.
fn describe_input(
    function: &FunctionEntry,
    schemas: &mut SchemaGenerator,
    problems: &mut Vec<Problem>,
) -> Option<Value> {
    let mut schema = (function.input)(schemas).to_value();
    // The description repeats the documentation of the function.
    if let Some(schema) = schema.as_object_mut() {
        schema.shift_remove("description");
    }
    if !is_object(&schema) {
        problems.push(Problem::InputNotAnObject {
            function: function.name,
            at: function.location(),
        });
    }
    let has_arguments = may_have_members(&schema);
    if has_arguments && function.kind == FunctionKind::GlobalContext {
        problems.push(Problem::GlobalContextWithInput {
            function: function.name,
            at: function.location(),
        });
    }
    has_arguments.then_some(schema)
}

fn describe_forms(forms: &[FormEntry]) -> Value {
    let sorted: BTreeMap<_, _> = forms.iter().map(|form| (form.name, form)).collect();
    sorted.values().map(|form| form.shape.manifest()).collect()
}

/// Describes the channels, sorted by name. An entry has no member for messages of the type `Never`.
fn describe_channels(
    channels: &[ChannelEntry],
    schemas: &mut Schemas,
    problems: &mut Vec<Problem>,
) -> Vec<Value> {
    let mut sorted: Vec<_> = channels.iter().collect();
    sorted.sort_by_key(|channel| channel.name);
    sorted
        .into_iter()
        .map(|channel| describe_channel(channel, schemas, problems))
        .collect()
}

fn describe_channel(
    channel: &ChannelEntry,
    schemas: &mut Schemas,
    problems: &mut Vec<Problem>,
) -> Value {
    let mut entry = json!({ "name": channel.name });
    let params = (channel.params)(&mut schemas.inputs).to_value();
    if !is_object(&params) {
        problems.push(Problem::ParamsNotAnObject {
            channel: channel.name,
            at: channel.location(),
        });
    }
    if may_have_members(&params) {
        entry["params"] = params;
    }
    if let Some(schema) = (channel.client_message)(&mut schemas.inputs) {
        entry["client_message"] = schema.to_value();
    }
    for (key, schema) in channel.outputs {
        if let Some(schema) = schema(&mut schemas.outputs) {
            entry[key] = schema.to_value();
        }
    }
    add_docs_and_source(&mut entry, channel.docs, channel.source);
    entry
}

fn add_docs_and_source(entry: &mut Value, docs: &str, source: Option<Source>) {
    if !docs.is_empty() {
        entry["docs"] = json!(docs);
    }
    if let Some(source) = source {
        entry["source"] = json!({ "file": source.file, "line": source.line });
    }
}

fn is_object(schema: &Value) -> bool {
    schema.get("type") == Some(&json!("object"))
}

/// Returns `true` if an object of this schema may have members.
///
/// Checking `properties` is not enough, because it does not contain flattened arguments.
fn may_have_members(schema: &Value) -> bool {
    let empty = Map::new();
    schema
        .as_object()
        .unwrap_or(&empty)
        .iter()
        .filter(|(_, value)| **value != json!({}))
        .any(|(keyword, value)| match keyword.as_str() {
            "properties" | "patternProperties" | "oneOf" | "anyOf" | "allOf" | "$ref" => true,
            "additionalProperties" => *value != json!(false),
            _ => false,
        })
}
