//! Description of functions, forms and channels as JSON.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::Manifest;
use super::contract::{self, FunctionParts};
use super::definitions::{rename_references, rename_split_types};
use super::error_types::{ErrorTypes, describe_type};
use super::map_keys::{Decode, check_keys, variants_only_for_input};
use super::normalize::normalize;
use super::shapes::{UnsupportedShape, find_unsupported};
use super::type_names::{rename_shared_names, type_ids};
use crate::channel::ChannelEntry;
use crate::download::Download;
use crate::error::ErrorCode;
use crate::form_entry::FormEntry;
use crate::function::{AddedLimit, Affected, FunctionEntry, FunctionKind, Source};
use crate::policy::Policy;
use crate::problem::Problem;
use crate::version::Retired;

/// The version of the manifest format.
const FORMAT: u32 = 1;

/// The parts of an application that a manifest describes.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) functions: &'a [FunctionEntry],
    pub(crate) limits: &'a [AddedLimit],
    pub(crate) previous: &'a [FunctionEntry],
    pub(crate) retired: &'a [Retired],
    pub(crate) forms: &'a [FormEntry],
    pub(crate) channels: &'a [ChannelEntry],
}

/// Describes functions, forms and channels, and reports those that cannot be described.
pub(crate) fn describe(parts: Parts<'_>, problems: &mut Vec<Problem>) -> Manifest {
    let mut schemas = Schemas::new();
    let mut errors = ErrorTypes::default();
    let mut functions = describe_functions(parts, &mut schemas, &mut errors, problems);
    let mut channels = describe_channels(parts.channels, &mut schemas, problems);

    let mut errors = errors.into_json();
    check_variants(parts, &mut schemas, problems);
    let Definitions {
        definitions,
        renamed_inputs,
        renamed_outputs,
    } = schemas.into_definitions(problems);
    // Downloads and redirects, which are not part of a value.
    let whole_outputs = parts.functions.iter();
    let whole_outputs: BTreeSet<_> = whole_outputs
        .filter(|function| function.is_download() || function.is_redirect())
        .map(|function| format!("`{}`", function.name))
        .collect();
    for entry in functions.iter_mut().chain(&mut channels) {
        let name = entry["name"].to_string().replace('"', "`");
        for (key, schema) in entry.as_object_mut().into_iter().flatten() {
            let (renamed, is_input) = match key.as_str() {
                "input" | "params" | "client_message" => (&renamed_inputs, true),
                "output" | "server_message" | "reply" | "snapshot" | "member" => {
                    (&renamed_outputs, false)
                }
                _ => continue,
            };
            rename_references(schema, renamed);
            normalize(schema);
            if key != "output" || !whole_outputs.contains(&name) {
                check_shape(schema, is_input, &format!("the {key} of {name}"), problems);
            }
        }
    }
    rename_references(&mut errors, &renamed_outputs);
    normalize(&mut errors);

    let canonical = contract::Definitions::new(&definitions);
    for function in &mut functions {
        let error = function["error"].as_str().map(|name| &errors[name]);
        let contract = contract::of_function(&FunctionParts {
            is_safe: function["kind"] != FunctionKind::Mutation.as_str(),
            input: function.get("input"),
            inputs: &canonical,
            output: &function["output"],
            error: error.unwrap_or(&Value::Null),
            part_error: function.get("stream").map(|stream| {
                let error = stream["error"].as_str();
                error.map_or(&Value::Null, |name| &errors[name])
            }),
            outputs: &canonical,
        });
        insert_contract(function, contract);
    }
    for channel in &mut channels {
        let contract = contract::of_channel(channel, &canonical);
        insert_contract(channel, contract);
    }

    let mut definitions = json!(definitions);
    for entry in functions.iter_mut().chain(&mut channels) {
        check_map_keys(parts, entry, &mut definitions, problems);
    }
    let mut document = json!({
        "mizan": FORMAT,
        "contract": "",
        "codes": ErrorCode::ALL.map(ErrorCode::as_str),
        "functions": functions,
        "errors": errors,
        "$defs": definitions,
    });
    if !parts.forms.is_empty() {
        document["forms"] = describe_forms(parts.forms);
    }
    if !channels.is_empty() {
        document["channels"] = json!(channels);
    }
    let previous = parts.previous.iter();
    let previous = previous.map(|entry| (entry.name, entry.contract.clone()));
    let retired = parts.retired.iter();
    let retired = retired.map(|retired| (&*retired.name, retired.contract.clone()));
    for (key, versions) in [
        ("previous", by_name(previous)),
        ("retired", by_name(retired)),
    ] {
        if !versions.is_empty() {
            document[key] = json!(versions);
        }
    }
    let contract = contract::of_manifest(&document);
    document["contract"] = json!(contract);
    Manifest { document, contract }
}

/// Returns the contract of a function that has its own schemas.
pub(crate) fn contract_of(entry: &FunctionEntry) -> String {
    let Schemas {
        mut inputs,
        mut outputs,
    } = Schemas::new();
    let mut input = input_schema(entry, &mut inputs);
    let mut output = output_schema(entry, &mut outputs);
    let error = (entry.error)(&mut outputs).map(|declared| describe_type(&declared));
    let mut error = error.unwrap_or_default();
    let mut part_error = entry.part_error.map(|part_error| {
        let declared = part_error(&mut outputs);
        declared.map_or(Value::Null, |declared| describe_type(&declared))
    });
    let schemas = [&mut input, &mut output, &mut error];
    for schema in schemas.into_iter().chain(&mut part_error) {
        normalize(schema);
    }
    let [inputs, outputs] = [inputs, outputs].map(|mut schemas| {
        let definitions = schemas.take_definitions(false);
        contract::Definitions::new(&rename_definitions(definitions, &HashMap::new()))
    });
    contract::of_function(&FunctionParts {
        is_safe: entry.kind.is_safe(),
        input: Some(&input).filter(|input| may_have_members(input)),
        inputs: &inputs,
        output: &output,
        error: &error,
        part_error: part_error.as_ref(),
        outputs: &outputs,
    })
}

/// Inserts the contract after the name and kind of a function or channel.
fn insert_contract(entry: &mut Value, contract: String) {
    if let Some(members) = entry.as_object_mut() {
        let index = members
            .keys()
            .take_while(|key| matches!(key.as_str(), "name" | "kind"))
            .count();
        members.shift_insert(index, "contract".to_owned(), contract.into());
    }
}

/// Groups contracts by the names of their functions or channels.
fn by_name<'a>(
    versions: impl Iterator<Item = (&'a str, String)>,
) -> BTreeMap<&'a str, BTreeSet<String>> {
    let mut grouped = BTreeMap::<_, BTreeSet<_>>::new();
    for (name, contract) in versions {
        grouped.entry(name).or_default().insert(contract);
    }
    grouped
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
    /// The new names of the schemas of inputs.
    renamed_inputs: HashMap<String, String>,
    /// The new names of the schemas of outputs.
    renamed_outputs: HashMap<String, String>,
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

    fn into_definitions(mut self, problems: &mut Vec<Problem>) -> Definitions {
        let definitions =
            [&mut self.inputs, &mut self.outputs].map(|schemas| schemas.take_definitions(false));
        let ids = [&self.inputs, &self.outputs].map(type_ids);
        let [mut renamed_inputs, renamed_outputs] = rename_shared_names([&ids[0], &ids[1]]);
        let [inputs, outputs] = definitions;
        let mut inputs = rename_definitions(inputs, &renamed_inputs);
        let outputs = rename_definitions(outputs, &renamed_outputs);
        let split = rename_split_types(&inputs, &outputs);
        inputs = rename_definitions(inputs, &split);
        for name in renamed_inputs.values_mut() {
            if let Some(new) = split.get(name) {
                name.clone_from(new);
            }
        }
        for (name, new) in split {
            renamed_inputs.entry(name).or_insert(new);
        }
        for (schemas, is_input) in [(&inputs, true), (&outputs, false)] {
            for (name, schema) in schemas {
                check_shape(schema, is_input, &format!("the type `{name}`"), problems);
            }
        }
        Definitions {
            definitions: inputs.into_iter().chain(outputs).collect(),
            renamed_inputs,
            renamed_outputs,
        }
    }
}

/// Renames definitions and all references to them, and corrects their schemas.
fn rename_definitions(
    definitions: Map<String, Value>,
    renamed: &HashMap<String, String>,
) -> Map<String, Value> {
    let definitions = definitions.into_iter().map(|(name, mut schema)| {
        rename_references(&mut schema, renamed);
        normalize(&mut schema);
        (renamed.get(&name).cloned().unwrap_or(name), schema)
    });
    definitions.collect()
}

fn check_shape(schema: &Value, is_input: bool, owner: &str, problems: &mut Vec<Problem>) {
    if let Some((path, shape)) = find_unsupported(schema, is_input) {
        let path = shape_path(&path, owner);
        problems.push(Problem::UnsupportedShape { path, shape });
    }
}

fn shape_path(path: &str, owner: &str) -> String {
    if path.is_empty() {
        owner.to_owned()
    } else {
        format!("`{path}` in {owner}")
    }
}

/// Corrects the schemas of maps whose keys are variants, and reports those whose keys JSON does not have.
///
/// This is not part of the contract, so that a former version of a function has the same contract
/// whether or not its output can be decoded.
fn check_map_keys(
    parts: Parts<'_>,
    entry: &mut Value,
    definitions: &mut Value,
    problems: &mut Vec<Problem>,
) {
    let name = entry["name"].as_str().unwrap_or_default().to_owned();
    let function = parts.functions.iter().find(|entry| entry.name == name);
    let channel = parts.channels.iter().find(|entry| entry.name == name);
    let decoders: [(&str, Option<Decode>); 4] = [
        ("input", function.map(|function| function.decode_input)),
        (
            "output",
            function.and_then(|function| function.decode_output),
        ),
        ("params", channel.map(|channel| channel.decode_params)),
        (
            "client_message",
            channel.map(|channel| channel.decode_client_message),
        ),
    ];
    for (key, decode) in decoders {
        if let (Some(decode), Some(schema)) = (decode, entry.get_mut(key)) {
            let refused = check_keys(schema, definitions, decode);
            problems.extend(refused.into_iter().map(|path| Problem::UnsupportedShape {
                path: shape_path(&path, &format!("the {key} of `{name}`")),
                shape: UnsupportedShape::MapKeys,
            }));
        }
    }
}

/// Reports the enums in outputs with variants that serde does not write.
fn check_variants(parts: Parts<'_>, schemas: &mut Schemas, problems: &mut Vec<Problem>) {
    let mut as_inputs = Schemas::new().inputs;
    for function in parts.functions {
        (function.output)(&mut as_inputs);
        (function.error)(&mut as_inputs);
        if let Some(part_error) = function.part_error {
            part_error(&mut as_inputs);
        }
    }
    for (_, schema) in parts.channels.iter().flat_map(|channel| channel.outputs) {
        schema(&mut as_inputs);
    }
    let by_id: HashMap<_, _> = type_ids(&as_inputs)
        .into_iter()
        .map(|(name, id)| (id, name))
        .collect();
    for (name, id) in type_ids(&schemas.outputs) {
        let input = by_id
            .get(&id)
            .and_then(|name| as_inputs.definitions().get(name));
        let output = schemas.outputs.definitions().get(&name);
        if let (Some(input), Some(output)) = (input, output) {
            let variants = variants_only_for_input(input, output);
            if !variants.is_empty() {
                problems.push(Problem::UnsupportedShape {
                    path: format!("the type `{name}`"),
                    shape: UnsupportedShape::InputVariants(variants),
                });
            }
        }
    }
}

fn describe_functions(
    parts: Parts<'_>,
    schemas: &mut Schemas,
    errors: &mut ErrorTypes,
    problems: &mut Vec<Problem>,
) -> Vec<Value> {
    let mut sorted: Vec<_> = parts.functions.iter().collect();
    sorted.sort_by_key(|function| function.name);
    sorted
        .into_iter()
        .map(|function| {
            let mut entry = describe_function(function, schemas, errors, problems);
            add_limits(&mut entry, function, parts.limits);
            entry
        })
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
    if matches!(function.policy, Policy::Unspecified) {
        entry["unspecified_policy"] = json!(true);
    }
    if function.has_authorize {
        entry["authorize"] = json!(true);
    }
    if let Some(input) = describe_input(function, &mut schemas.inputs, problems) {
        entry["input"] = input;
    }
    entry["output"] = output_schema(function, &mut schemas.outputs);
    if let Some(declared) = (function.error)(&mut schemas.outputs) {
        entry["error"] = json!(errors.add(function.name, declared, problems));
    }
    if let Some(part_error) = function.part_error {
        let mut stream = json!({});
        if let Some(declared) = part_error(&mut schemas.outputs) {
            stream["error"] = json!(errors.add(function.name, declared, problems));
        }
        if function.is_resumable() {
            stream["resumable"] = json!(true);
        }
        entry["stream"] = stream;
    }
    if !function.affects.is_empty() {
        let affects: Vec<_> = function.affects.iter().map(describe_affected).collect();
        entry["affects"] = json!(affects);
    }
    if let Some(pages) = function.pages {
        entry["pages"] = json!({ "cursor": pages.cursor(), "next": pages.next() });
    }
    if let Some(cache) = function.cache {
        entry["cache"] = json!(cache);
    }
    if function.is_live() {
        entry["live"] = json!(true);
    }
    add_docs_and_source(&mut entry, function.docs, function.source);
    entry
}

/// Adds the rate limits that a function declares, and those that the registry adds to it, as text.
fn add_limits(entry: &mut Value, function: &FunctionEntry, added: &[AddedLimit]) {
    let added = added.iter().filter(|added| added.function == function.name);
    let limits = function.limits.iter();
    let limits: Vec<_> = limits
        .chain(added.map(|added| &added.limit))
        .map(ToString::to_string)
        .collect();
    if !limits.is_empty() {
        entry["limits"] = json!(limits);
    }
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
    let schema = input_schema(function, schemas);
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

fn input_schema(function: &FunctionEntry, schemas: &mut SchemaGenerator) -> Value {
    let mut schema = (function.input)(schemas).to_value();
    // The description repeats the documentation of the function.
    if let Some(schema) = schema.as_object_mut() {
        schema.shift_remove("description");
    }
    schema
}

fn output_schema(function: &FunctionEntry, schemas: &mut SchemaGenerator) -> Value {
    if function.is_download() {
        Download::schema(function.content_type)
    } else {
        (function.output)(schemas).to_value()
    }
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
    if !channel.limits.is_empty() {
        let limits: Vec<_> = channel.limits.iter().map(ToString::to_string).collect();
        entry["limits"] = json!(limits);
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
