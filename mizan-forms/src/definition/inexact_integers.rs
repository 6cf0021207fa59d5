//! Integers that a client would round.

use mizan_core::wire::MAX_SAFE_INTEGER;
use serde_json::Value;

use super::model::{Field, FieldKind, Row};

/// The formats of integers that are a `bigint` in JavaScript.
const EXACT_FORMATS: [&str; 6] = ["int", "int64", "int128", "uint", "uint64", "uint128"];

/// Returns the path of the first integer beyond ±(2<sup>53</sup> − 1) in a field that is a `number` in
/// JavaScript.
pub(crate) fn find_inexact_integer(fields: &[Field], values: &Value) -> Option<String> {
    fields.iter().find_map(|field| {
        let rest = find_in(field, values.get(&field.name)?)?;
        Some(join(&field.name, &rest))
    })
}

/// Returns the path below the field.
fn find_in(field: &Field, value: &Value) -> Option<String> {
    match (&field.kind, value) {
        (FieldKind::Number { is_integer: true }, Value::Number(number)) => {
            let format = field.bounds.format.as_deref().unwrap_or_default();
            let is_safe = number
                .as_i64()
                .is_some_and(|number| number.unsigned_abs() <= MAX_SAFE_INTEGER.unsigned_abs());
            (!is_safe && !EXACT_FORMATS.contains(&format)).then(String::new)
        }
        (FieldKind::Group(fields), _) => find_inexact_integer(fields, value),
        (FieldKind::List { row, .. }, Value::Array(rows)) => {
            rows.iter().enumerate().find_map(|(index, value)| {
                let rest = match row {
                    Row::Group(fields) => find_inexact_integer(fields, value),
                    Row::Item(item) => find_in(item, value),
                };
                Some(join(&index.to_string(), &rest?))
            })
        }
        _ => None,
    }
}

fn join(name: &str, rest: &str) -> String {
    if rest.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.{rest}")
    }
}
