//! The error types of a manifest.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use crate::error::{ErrorDeclaration, ErrorVariant};
use crate::problem::Problem;

/// The declared error types, without duplicates.
#[derive(Default)]
pub(super) struct ErrorTypes {
    described: BTreeMap<&'static str, Value>,
    first_seen: HashMap<&'static str, (&'static str, ErrorDeclaration)>,
}

impl ErrorTypes {
    /// Adds the error type of a function and returns its name.
    pub(super) fn add(
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
                self.described.insert(name, describe_type(&declared));
                self.first_seen.insert(name, (function, declared));
            }
        }
        name
    }

    pub(super) fn into_json(self) -> Value {
        json!(self.described)
    }
}

pub(super) fn describe_type(declared: &ErrorDeclaration) -> Value {
    let variants: Vec<_> = declared.variants.iter().map(describe_variant).collect();
    if declared.docs.is_empty() {
        json!({ "variants": variants })
    } else {
        json!({ "docs": declared.docs, "variants": variants })
    }
}

fn describe_variant(variant: &ErrorVariant) -> Value {
    let mut entry = json!({ "code": variant.code, "status": variant.status });
    if let Some(field) = variant.field {
        entry["field"] = json!(field);
    }
    if !variant.docs.is_empty() {
        entry["docs"] = json!(variant.docs);
    }
    if !variant.data.is_empty() {
        let names: Vec<_> = variant.data.iter().map(|(name, _)| *name).collect();
        let properties: Map<_, _> = variant
            .data
            .iter()
            .map(|(name, schema)| ((*name).to_owned(), schema.clone().to_value()))
            .collect();
        entry["data"] = json!({ "type": "object", "properties": properties, "required": names });
    }
    entry
}
