//! The names that clients use, for violated constraints.
//!
//! `validator` names the fields of Rust. The schema of the input has the names of serde, so a field is
//! found by its name, by the rules of `rename_all`, and otherwise by its constraint and its value.

use std::cell::Cell;
use std::collections::BTreeSet;

use heck::{ToKebabCase, ToLowerCamelCase, ToShoutyKebabCase, ToShoutySnakeCase, ToUpperCamelCase};
use schemars::JsonSchema;
use serde_json::Value;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::messages::constraint_message;
use crate::error::{FieldErrors, MAX_FIELD_ERRORS};
use crate::input_schema::InputSchema;

/// Returns the messages for the violated constraints, by the paths that clients use.
#[cold]
pub(super) fn messages<T: JsonSchema>(
    errors: &ValidationErrors,
    document: Option<&[u8]>,
) -> FieldErrors {
    let schema = InputSchema::of::<T>();
    let document = document.and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let names = WireNames {
        schema: &schema,
        items: Cell::new(MAX_FIELD_ERRORS),
        candidates: Cell::new(MAX_CANDIDATES),
    };
    let mut fields = FieldErrors::new();
    let root = Place {
        schemas: schema.expand(&[schema.root()]),
        value: document.as_ref(),
    };
    names.collect(errors, &root, "", &mut fields);
    fields
}

/// The maximum number of members of maps that are compared with errors.
const MAX_CANDIDATES: usize = 10_000;

struct WireNames<'a> {
    schema: &'a InputSchema,
    /// The number of items whose errors may still be reported.
    items: Cell<usize>,
    /// The number of members of maps that may still be compared.
    candidates: Cell<usize>,
}

/// Takes one from a budget. Returns `false` if nothing is left.
fn take_one(budget: &Cell<usize>) -> bool {
    let left = budget.get();
    budget.set(left.saturating_sub(1));
    left > 0
}

/// A value of the input: the schemas that apply to it, and the value that the client sent.
#[derive(Clone)]
struct Place<'a> {
    schemas: Vec<&'a Value>,
    value: Option<&'a Value>,
}

impl<'a> Place<'a> {
    fn properties(&self) -> impl Iterator<Item = &'a String> {
        let properties = self
            .schemas
            .iter()
            .filter_map(|schema| schema.get("properties"));
        properties
            .filter_map(Value::as_object)
            .flat_map(|properties| properties.keys())
    }

    fn has_property(&self, name: &str) -> bool {
        self.properties().any(|property| property == name)
    }

    /// Returns the property with the name of a Rust field, or with one that `rename_all` makes of it.
    fn property_of(&self, rust_name: &str) -> Option<String> {
        if self.has_property(rust_name) {
            return Some(rust_name.to_owned());
        }
        let mut names = renamed(rust_name).into_iter();
        names.find(|name| self.has_property(name))
    }
}

impl<'a> WireNames<'a> {
    fn collect(
        &self,
        errors: &ValidationErrors,
        place: &Place<'a>,
        prefix: &str,
        fields: &mut FieldErrors,
    ) {
        for (rust_name, kind) in errors.errors() {
            if fields.len() >= MAX_FIELD_ERRORS {
                return;
            }
            let rust_name = rust_name.strip_prefix("r#").unwrap_or(rust_name);
            match (self.find(rust_name, kind, place), kind) {
                (Found::Flattened, ValidationErrorsKind::Struct(inner)) => {
                    self.collect(inner, place, prefix, fields);
                }
                (Found::Flattened, _) => self.add(kind, place, &join(prefix, rust_name), fields),
                (Found::Named(name), _) => {
                    let member = self.member(place, &name);
                    self.add(kind, &member, &join(prefix, &name), fields);
                }
            }
        }
    }

    /// Adds the messages for the value at `path`.
    fn add(
        &self,
        kind: &ValidationErrorsKind,
        place: &Place<'a>,
        path: &str,
        fields: &mut FieldErrors,
    ) {
        match kind {
            ValidationErrorsKind::Struct(inner) => self.collect(inner, place, path, fields),
            ValidationErrorsKind::List(items) => {
                let mut used = BTreeSet::new();
                for (index, inner) in items {
                    if !take_one(&self.items) {
                        break;
                    }
                    let name = self.item_name(*index, inner, place, &mut used);
                    let item = self.member(place, &name);
                    self.collect(inner, &item, &join(path, &name), fields);
                }
            }
            ValidationErrorsKind::Field(violations) => {
                let mut messages: Vec<_> = violations.iter().map(constraint_message).collect();
                messages.sort();
                fields
                    .entry(path.to_owned())
                    .or_default()
                    .append(&mut messages);
            }
        }
    }

    fn member(&self, place: &Place<'a>, name: &str) -> Place<'a> {
        let schemas = place.schemas.iter();
        let schemas: Vec<_> = schemas
            .filter_map(|schema| self.schema.member(schema, name))
            .collect();
        // A member that the client did not send cannot be at fault.
        let value = place.value.map(|value| {
            match value {
                Value::Array(items) => name.parse::<usize>().ok().and_then(|i| items.get(i)),
                other => other.get(name),
            }
            .unwrap_or(&Value::Null)
        });
        Place {
            schemas: self.schema.expand(&schemas),
            value,
        }
    }

    /// Returns the index of an item, or the key of a member of a map, which `validator` numbers in
    /// the map's own order. Without a match, the index is the best name.
    fn item_name(
        &self,
        index: usize,
        errors: &ValidationErrors,
        place: &Place<'a>,
        used: &mut BTreeSet<String>,
    ) -> String {
        let key = match place.value {
            Some(Value::Object(members)) => members
                .keys()
                .take_while(|_| take_one(&self.candidates))
                .find(|key| !used.contains(*key) && self.matches(errors, &self.member(place, key))),
            _ => None,
        };
        match key {
            Some(key) => {
                used.insert(key.clone());
                key.clone()
            }
            None => index.to_string(),
        }
    }

    fn find(&self, rust_name: &str, kind: &ValidationErrorsKind, place: &Place<'a>) -> Found {
        if let Some(name) = place.property_of(rust_name) {
            return Found::Named(name);
        }
        if let ValidationErrorsKind::Struct(inner) = kind
            && self.matches(inner, place)
        {
            return Found::Flattened;
        }
        let renamed = place.properties().find(|name| {
            let member = self.member(place, name);
            match kind {
                ValidationErrorsKind::Struct(inner) => self.matches(inner, &member),
                ValidationErrorsKind::List(items) => {
                    let is_list = member.schemas.iter().any(|schema| {
                        ["items", "additionalProperties"]
                            .iter()
                            .any(|keyword| schema.get(keyword).is_some())
                    });
                    is_list
                        && items.iter().take(MAX_FIELD_ERRORS).all(|(index, inner)| {
                            let mut used = BTreeSet::new();
                            let name = self.item_name(*index, inner, &member, &mut used);
                            self.matches(inner, &self.member(&member, &name))
                        })
                }
                ValidationErrorsKind::Field(violations) => violations
                    .iter()
                    .all(|violation| has_constraint(&member, violation)),
            }
        });
        match renamed {
            Some(name) => Found::Named(name.clone()),
            None if matches!(kind, ValidationErrorsKind::Struct(_)) => Found::Flattened,
            None => Found::Named(rust_name.to_owned()),
        }
    }

    /// Returns `true` if the errors can be about the value at `place`.
    fn matches(&self, errors: &ValidationErrors, place: &Place<'a>) -> bool {
        errors.errors().iter().all(|(rust_name, kind)| {
            let rust_name = rust_name.strip_prefix("r#").unwrap_or(rust_name);
            match (place.property_of(rust_name), kind) {
                (Some(name), ValidationErrorsKind::Field(violations)) => {
                    let member = self.member(place, &name);
                    violations
                        .iter()
                        .all(|violation| has_value(&member, violation))
                }
                (Some(name), ValidationErrorsKind::Struct(inner)) => {
                    self.matches(inner, &self.member(place, &name))
                }
                (Some(_), ValidationErrorsKind::List(_)) => true,
                (None, ValidationErrorsKind::Field(violations)) => place.properties().any(|name| {
                    let member = self.member(place, name);
                    violations
                        .iter()
                        .all(|violation| has_constraint(&member, violation))
                }),
                (None, ValidationErrorsKind::Struct(inner)) => self.matches(inner, place),
                (None, ValidationErrorsKind::List(_)) => false,
            }
        })
    }
}

/// The place of a Rust field on the wire.
enum Found {
    Named(String),
    /// The members of the field are members of its parent.
    Flattened,
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

/// Returns the names that the rules of `rename_all` make of the name of a field.
fn renamed(name: &str) -> [String; 7] {
    [
        name.to_lower_camel_case(),
        name.to_upper_camel_case(),
        name.to_kebab_case(),
        name.to_shouty_snake_case(),
        name.to_shouty_kebab_case(),
        name.to_uppercase(),
        name.to_lowercase(),
    ]
}

/// Returns `true` unless the client sent another value than the one that violates the constraint.
fn has_value(place: &Place<'_>, violation: &ValidationError) -> bool {
    match (place.value, violation.params.get("value")) {
        (Some(Value::Number(sent)), Some(Value::Number(found))) => {
            sent == found || sent.as_f64() == found.as_f64()
        }
        (Some(sent), Some(found)) => sent == found,
        _ => true,
    }
}

/// Returns `true` if the schema has the violated constraint, and the value can be the one at fault.
fn has_constraint(place: &Place<'_>, violation: &ValidationError) -> bool {
    let keywords: &[(&str, &[&str])] = match &*violation.code {
        "length" => &[
            ("min", &["minLength", "minItems", "minProperties"]),
            ("max", &["maxLength", "maxItems", "maxProperties"]),
            ("equal", &["minLength", "minItems", "minProperties"]),
        ],
        "range" => &[("min", &["minimum"]), ("max", &["maximum"])],
        "regex" | "contains" => &[("", &["pattern"])],
        "email" | "url" => &[("", &["format"])],
        _ => &[],
    };
    let has = |keyword: &str, limit: Option<&Value>| {
        place.schemas.iter().any(|schema| {
            schema.get(keyword).is_some_and(|found| {
                limit.is_none_or(|limit| found == limit || found.as_f64() == limit.as_f64())
            })
        })
    };
    has_value(place, violation)
        && keywords.iter().all(|(param, keywords)| {
            let limit = violation.params.get(*param);
            (limit.is_none() && !param.is_empty())
                || keywords.iter().any(|keyword| has(keyword, limit))
        })
}
