//! Contracts: hashes of everything that the clients of a function or channel depend on.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::version::CONTRACT_BYTES;

/// The length of the contract of an application.
const MANIFEST_CONTRACT_BYTES: usize = 8;

/// Returns the contract of an application whose functions and channels have their contracts.
pub(super) fn of_manifest(document: &Value) -> String {
    let contracts = |entries: &Value| -> Map<String, Value> {
        let entries = entries.as_array().into_iter().flatten();
        entries
            .filter_map(|entry| {
                Some((
                    entry["name"].as_str()?.to_owned(),
                    entry["contract"].clone(),
                ))
            })
            .collect()
    };
    let mut forms = document["forms"].clone();
    remove_form_texts(&mut forms);
    let mut interface = json!({
        "codes": document["codes"],
        "functions": contracts(&document["functions"]),
        "channels": contracts(&document["channels"]),
        "forms": forms,
    });
    interface.sort_all_objects();
    let digest = Sha256::digest(interface.to_string());
    to_hex(&digest[..MANIFEST_CONTRACT_BYTES])
}

/// The parts of a function that its contract covers.
pub(super) struct FunctionParts<'a> {
    pub(super) is_safe: bool,
    pub(super) input: Option<&'a Value>,
    pub(super) inputs: &'a Definitions,
    pub(super) output: &'a Value,
    /// The description of the error type, or null.
    pub(super) error: &'a Value,
    /// The description of the error type of the parts, or null; `None` unless the function returns a stream.
    pub(super) part_error: Option<&'a Value>,
    pub(super) outputs: &'a Definitions,
}

/// Returns the contract of a function.
pub(super) fn of_function(parts: &FunctionParts<'_>) -> String {
    let mut contract = Contract(Sha256::new());
    // Queries and contexts are the same on the wire.
    let kind = if parts.is_safe { "query" } else { "mutation" };
    contract.0.update(kind);
    contract.add_schema(parts.inputs, "input", parts.input);
    contract.add_schema(parts.outputs, "output", Some(parts.output));
    contract.add_error(parts.outputs, parts.error);
    if let Some(error) = parts.part_error {
        contract.0.update("\nstream");
        contract.add_error(parts.outputs, error);
    }
    contract.finish()
}

/// Returns the contract of a channel from its description.
pub(super) fn of_channel(channel: &Value, definitions: &Definitions) -> String {
    let mut contract = Contract(Sha256::new());
    for part in [
        "params",
        "client_message",
        "server_message",
        "reply",
        "snapshot",
        "member",
    ] {
        contract.add_schema(definitions, part, channel.get(part));
    }
    contract.finish()
}

/// The shared schemas in their canonical form.
pub(super) struct Definitions(HashMap<String, Vec<Piece>>);

impl Definitions {
    pub(super) fn new<'d>(schemas: impl IntoIterator<Item = (&'d String, &'d Value)>) -> Self {
        let schemas = schemas.into_iter();
        let canonical = schemas.map(|(name, schema)| (name.clone(), canonical(schema)));
        Self(canonical.collect())
    }
}

/// A part of the canonical JSON of a schema.
enum Piece {
    Text(String),
    /// A reference to a shared schema.
    Reference(String),
}

struct Contract(Sha256);

impl Contract {
    /// Adds the codes of an error type with their data.
    fn add_error(&mut self, definitions: &Definitions, error: &Value) {
        let variants = error["variants"].as_array().into_iter().flatten();
        let mut variants: Vec<_> = variants.collect();
        variants.sort_by_key(|variant| variant["code"].as_str());
        for variant in variants {
            let code = variant["code"].as_str().unwrap_or_default();
            self.0.update(format!("\nerror {code}"));
            self.add_schema(definitions, "data", variant.get("data"));
        }
    }

    /// Adds a schema and every shared schema that it reaches.
    ///
    /// References are numbered in the order of their first occurrence, so that the contract does
    /// not depend on the names of types.
    fn add_schema(&mut self, definitions: &Definitions, part: &str, schema: Option<&Value>) {
        let Some(schema) = schema else {
            return;
        };
        self.0.update(format!("\n{part} "));
        let root = canonical(schema);
        let mut numbers = HashMap::<&str, usize>::new();
        let mut reached = Vec::new();
        let mut pieces = root.as_slice();
        let mut next = 0;
        loop {
            for piece in pieces {
                match piece {
                    Piece::Text(text) => self.0.update(text),
                    Piece::Reference(name) => {
                        let known = numbers.len();
                        let number = *numbers.entry(name).or_insert_with(|| {
                            reached.push(name);
                            known
                        });
                        self.0.update(number.to_string());
                    }
                }
            }
            let Some(name) = reached.get(next) else {
                return;
            };
            next += 1;
            self.0.update("\n$ref ");
            pieces = definitions.0.get(*name).map_or(&[], Vec::as_slice);
        }
    }

    fn finish(self) -> String {
        to_hex(&self.0.finalize()[..CONTRACT_BYTES])
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the JSON of a schema without everything that values do not depend on.
fn canonical(schema: &Value) -> Vec<Piece> {
    let mut schema = schema.clone();
    normalize_schema(&mut schema);
    schema.sort_all_objects();
    let mut pieces = Vec::new();
    let mut text = String::new();
    write_canonical(&schema, &mut text, &mut pieces);
    pieces.push(Piece::Text(text));
    pieces
}

fn write_canonical(value: &Value, text: &mut String, pieces: &mut Vec<Piece>) {
    match value {
        Value::Object(members) => {
            text.push('{');
            for (key, member) in members {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                match member.as_str() {
                    Some(reference) if key == "$ref" => {
                        pieces.push(Piece::Text(std::mem::take(text)));
                        pieces.push(Piece::Reference(definition_name(reference)));
                    }
                    _ => write_canonical(member, text, pieces),
                }
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text, pieces);
                text.push(',');
            }
            text.push(']');
        }
        _ => text.push_str(&value.to_string()),
    }
}

/// Returns the key in `$defs` to which a `$ref` points (RFC 6901, sections 3 and 6).
fn definition_name(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let name = percent_decode_str(name).decode_utf8_lossy();
    name.replace("~1", "/").replace("~0", "~")
}

/// Removes the human-readable texts from the description of a form.
fn remove_form_texts(form: &mut Value) {
    match form {
        Value::Object(members) => {
            members.retain(|name, _| {
                let name = name.as_str();
                !["title", "docs", "source", "label", "help", "placeholder"].contains(&name)
            });
            members
                .iter_mut()
                .filter(|(name, _)| *name != "initial")
                .for_each(|(_, value)| remove_form_texts(value));
        }
        Value::Array(items) => items.iter_mut().for_each(remove_form_texts),
        _ => {}
    }
}

/// Removes annotations from a schema, and sorts the rest.
///
/// `additionalProperties: false` is removed too, because a generated client sends no unknown
/// members. Properties with the names of annotations stay.
fn normalize_schema(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.retain(|keyword, value| match keyword.as_str() {
                "title" | "description" | "default" | "examples" | "deprecated" => false,
                "additionalProperties" | "unevaluatedProperties" => *value != json!(false),
                _ => true,
            });
            for (keyword, value) in members.iter_mut() {
                match (keyword.as_str(), value) {
                    ("enum" | "required", Value::Array(names)) => {
                        names.sort_by_key(Value::to_string);
                    }
                    ("const", _) => {}
                    ("x-checks", Value::Object(checks)) => {
                        checks.remove("messages");
                    }
                    ("properties" | "patternProperties" | "$defs", Value::Object(members)) => {
                        members.values_mut().for_each(normalize_schema);
                    }
                    (_, value) => normalize_schema(value),
                }
            }
            join_unit_variants(members);
        }
        Value::Array(items) => items.iter_mut().for_each(normalize_schema),
        _ => {}
    }
}

/// Merges the unit variants of an enum into one schema. schemars writes a separate schema for each
/// variant with documentation, and one schema for the others.
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

/// Returns the names in a schema that consists of unit variants only.
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
