use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::build_error::Problem;
use crate::dispatch::Function;
use crate::{ErrorCode, ErrorDeclaration, FormEntry};

/// The version of the manifest's format.
const FORMAT: u32 = 1;

/// What an application offers its clients: a JSON document, the same for the same application.
///
/// Printed (`println!("{manifest}")`) it is what `mizan-codegen` reads. Its parts: `functions`
/// with their kind, policy, input, output, error, what they affect, docs and place in the source;
/// `forms`, where there are any, with their fields;
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

/// Describes functions and forms, and reports what cannot be described.
pub(crate) fn describe(
    functions: &[Function],
    forms: &[FormEntry],
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

    let mut inputs = inputs.take_definitions(false);
    let outputs = outputs.take_definitions(false);
    let renamed = split(&inputs, &outputs);
    for (_, input, ..) in &mut described {
        input.iter_mut().for_each(|input| rename(input, &renamed));
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
    let contract = contract(&document);
    document["contract"] = json!(contract);
    Manifest { document, contract }
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

/// The types that look different on their way in than on their way out, or hold one that does,
/// with the name of their input side.
fn split(inputs: &Map<String, Value>, outputs: &Map<String, Value>) -> HashMap<String, String> {
    let mut renamed = HashMap::<String, String>::new();
    loop {
        let differ = |name: &String, schema: &Value| {
            outputs.get(name).is_some_and(|other| other != schema)
                || (outputs.contains_key(name)
                    && references(schema)
                        .iter()
                        .any(|name| renamed.contains_key(*name)))
        };
        let found: Vec<_> = inputs
            .iter()
            .filter(|(name, schema)| !renamed.contains_key(*name) && differ(name, schema))
            .map(|(name, _)| name.clone())
            .collect();
        if found.is_empty() {
            return renamed;
        }
        for name in found {
            let taken = |new: &String| inputs.contains_key(new) || outputs.contains_key(new);
            let plain = format!("{name}In");
            let numbered = (2..).map(|number| format!("{name}In{number}"));
            let new = std::iter::once(plain)
                .chain(numbered)
                .find(|new| !taken(new));
            renamed.extend(new.map(|new| (name, new)));
        }
    }
}

const REFERENCE: &str = "#/$defs/";

fn references(schema: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.extend(reference.strip_prefix(REFERENCE));
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

fn rename(schema: &mut Value, renamed: &HashMap<String, String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(REFERENCE)
                && let Some(new) = renamed.get(name)
            {
                *reference = format!("{REFERENCE}{new}");
            }
            members
                .values_mut()
                .for_each(|member| rename(member, renamed));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        _ => {}
    }
}

/// The first 64 bits of a SHA-256 over all that changes what a client may send or receive.
fn contract(document: &Value) -> String {
    let mut document = document.clone();
    for function in document["functions"].as_array_mut().into_iter().flatten() {
        for key in ["docs", "source", "policy"] {
            function
                .as_object_mut()
                .map(|function| function.remove(key));
        }
        for key in ["input", "output"] {
            function.get_mut(key).map(without_words);
        }
    }
    for error in document["errors"]
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut)
    {
        error.as_object_mut().map(|error| error.remove("docs"));
        for variant in error["variants"].as_array_mut().into_iter().flatten() {
            variant
                .as_object_mut()
                .map(|variant| variant.remove("docs"));
            variant.get_mut("data").map(without_words);
        }
    }
    document.get_mut("forms").map(without_labels);
    let definitions = document["$defs"].as_object_mut().into_iter();
    definitions
        .flat_map(Map::values_mut)
        .for_each(without_words);
    document.sort_all_objects();
    let digest = Sha256::digest(document.to_string());
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Takes what only people read out of the description of a form, which code passes on.
fn without_labels(form: &mut Value) {
    match form {
        Value::Object(members) => {
            members.retain(|name, _| {
                let name = name.as_str();
                !["title", "docs", "source", "label", "help", "placeholder"].contains(&name)
            });
            let members = members.iter_mut().filter(|(name, _)| *name != "initial");
            members.for_each(|(_, value)| without_labels(value));
        }
        Value::Array(items) => items.iter_mut().for_each(without_labels),
        _ => {}
    }
}

/// Takes titles and descriptions out of a schema, but not members that are called so, and brings
/// what is left into one order.
fn without_words(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("title");
            members.remove("description");
            for (keyword, value) in members.iter_mut() {
                match (keyword.as_str(), value) {
                    ("enum" | "required", Value::Array(names)) => {
                        names.sort_by_key(Value::to_string);
                    }
                    ("const" | "default" | "examples", _) => {}
                    ("x-checks", Value::Object(checks)) => {
                        checks.remove("messages");
                    }
                    ("properties" | "patternProperties" | "$defs", Value::Object(members)) => {
                        members.values_mut().for_each(without_words);
                    }
                    (_, value) => without_words(value),
                }
            }
            join_unit_variants(members);
        }
        Value::Array(items) => items.iter_mut().for_each(without_words),
        _ => {}
    }
}

/// Brings the unit variants of an enum together: schemars writes one that has docs by itself, and
/// those without as one.
fn join_unit_variants(schema: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = schema.get_mut("oneOf") else {
        return;
    };
    let mut names = Vec::new();
    variants.retain(|variant| {
        let found = unit_variants(variant);
        names.extend_from_slice(found);
        found.is_empty()
    });
    if names.is_empty() {
        return;
    }
    names.sort_by_key(Value::to_string);
    let joined = Map::from_iter([
        ("type".to_owned(), json!("string")),
        ("enum".to_owned(), json!(names)),
    ]);
    if variants.is_empty() {
        schema.remove("oneOf");
        schema.extend(joined);
    } else {
        variants.push(Value::Object(joined));
    }
}

/// The names in a schema that is nothing but one or several unit variants.
fn unit_variants(variant: &Value) -> &[Value] {
    match variant.as_object() {
        Some(keywords) if keywords.len() == 2 && variant["type"] == "string" => {
            match (keywords.get("const"), keywords.get("enum")) {
                (Some(name), None) => std::slice::from_ref(name),
                (None, Some(Value::Array(names))) => names,
                _ => &[],
            }
        }
        _ => &[],
    }
}
