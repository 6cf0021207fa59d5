//! Descriptions of types in plain English.

use std::fmt::Display;

use super::model::Types;
use crate::schema::{BigIntWidth, Checks, List, Literal, NumberWidth, Text, Type};

/// The maximum number of alternatives in a description.
const MAX_ALTERNATIVES: usize = 6;

/// Describes a type and its constraints.
pub(super) fn describe(types: &Types, ty: &Type) -> String {
    match types.resolve(ty) {
        Type::Unknown => "any value".to_owned(),
        Type::Never | Type::Named(_) => "no value".to_owned(),
        Type::Null => "null".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Number(number) => {
            let name = match number.width {
                NumberWidth::Float => "number",
                NumberWidth::Int8 => "8-bit integer",
                NumberWidth::Int16 => "16-bit integer",
                NumberWidth::Int32 => "32-bit integer",
                NumberWidth::UInt8 => "unsigned 8-bit integer",
                NumberWidth::UInt16 => "unsigned 16-bit integer",
                NumberWidth::UInt32 => "unsigned 32-bit integer",
                NumberWidth::Bounded => "integer up to 2^53",
            };
            let limits = number.width.limits();
            let is_own = |bound: &serde_json::Number, limit: Option<i64>| bound.as_i64() != limit;
            let mut parts = vec![name.to_owned()];
            let low = number.minimum.as_ref();
            parts.extend(
                low.filter(|bound| is_own(bound, limits.map(|(low, _)| low)))
                    .map(|bound| format!("at least {bound}")),
            );
            let high = number.maximum.as_ref();
            parts.extend(
                high.filter(|bound| is_own(bound, limits.map(|(_, high)| high)))
                    .map(|bound| format!("at most {bound}")),
            );
            parts.extend(with("more than", number.exclusive_minimum.as_ref()));
            parts.extend(with("less than", number.exclusive_maximum.as_ref()));
            parts.extend(with("a multiple of", number.multiple_of.as_ref()));
            parts.extend(with("not", number.excluded.as_ref()));
            parts.extend(checks(&number.checks));
            parts.join(", ")
        }
        Type::BigInt(number) => {
            let name = match number.width {
                BigIntWidth::Int64 => "64-bit integer",
                BigIntWidth::UInt64 => "unsigned 64-bit integer",
                BigIntWidth::Int128 => "128-bit integer",
                BigIntWidth::UInt128 => "unsigned 128-bit integer",
            };
            let (low, _) = number.width.limits();
            let mut parts = vec![name.to_owned()];
            let minimum = number.minimum.as_ref();
            let minimum = minimum.filter(|bound| bound.as_i64().map(i128::from) != Some(low));
            parts.extend(with("at least", minimum));
            parts.extend(with("at most", number.maximum.as_ref()));
            parts.extend(with("more than", number.exclusive_minimum.as_ref()));
            parts.extend(with("less than", number.exclusive_maximum.as_ref()));
            parts.extend(with("a multiple of", number.multiple_of.as_ref()));
            parts.extend(with("not", number.excluded.as_ref()));
            parts.extend(checks(&number.checks));
            parts.join(", ")
        }
        Type::Text(text) => describe_text(text, "text"),
        Type::Temporal(temporal) => describe_text(&temporal.text, "text"),
        Type::Bytes(own) => with_checks("bytes", own),
        Type::File(own) => with_checks("file", own),
        Type::Literal(Literal::Text(text)) => format!("`{text}`"),
        Type::Literal(Literal::Number(number)) => format!("`{number}`"),
        Type::Literal(Literal::Boolean(value)) => format!("`{value}`"),
        Type::List(list) => describe_list(types, list),
        Type::Tuple(items) => match items.len() {
            1 => "list of 1 item".to_owned(),
            length => format!("list of {length} items"),
        },
        Type::Object(object) if object.properties.is_empty() => match &object.additional {
            Some(additional) => format!("map of {}", describe_inner(types, &additional.value)),
            None => "object".to_owned(),
        },
        Type::Object(_) | Type::Intersection(_) => "object".to_owned(),
        Type::Union(members) => {
            let shown = members.iter().take(MAX_ALTERNATIVES);
            let mut shown: Vec<_> = shown
                .map(|member| describe_inner(types, &member.ty))
                .collect();
            shown.dedup();
            if members.len() > MAX_ALTERNATIVES {
                shown.push(format!("{} others", members.len() - MAX_ALTERNATIVES));
            }
            shown.join(" or ")
        }
    }
}

/// Describes a type inside another type. A named type that contains other types is only named,
/// because it may contain itself.
fn describe_inner(types: &Types, ty: &Type) -> String {
    match (ty, types.resolve(ty)) {
        (
            Type::Named(name),
            Type::List(_)
            | Type::Tuple(_)
            | Type::Object(_)
            | Type::Intersection(_)
            | Type::Union(_),
        ) => format!("`{name}`"),
        _ => describe(types, ty),
    }
}

/// Describes a list and the constraints of its length.
pub(super) fn describe_list(types: &Types, list: &List) -> String {
    let name = if list.unique { "set" } else { "list" };
    let mut parts = vec![format!("{name} of {}", describe_inner(types, &list.item))];
    parts.extend(length(list.min_items, list.max_items, "items"));
    parts.extend(checks(&list.checks));
    parts.join(", ")
}

fn describe_text(text: &Text, name: &str) -> String {
    let mut parts = vec![match &text.format {
        Some(format) => format!("{name} ({format})"),
        None => name.to_owned(),
    }];
    parts.extend(length(text.min_length, text.max_length, "characters"));
    parts.extend(
        text.pattern
            .iter()
            .map(|pattern| format!("pattern `{pattern}`")),
    );
    parts.extend(checks(&text.checks));
    parts.join(", ")
}

fn with_checks(name: &str, own: &Checks) -> String {
    let mut parts = vec![name.to_owned()];
    parts.extend(checks(own));
    parts.join(", ")
}

fn with(words: &str, value: Option<&impl Display>) -> Option<String> {
    value.map(|value| format!("{words} {value}"))
}

fn length(min: Option<u64>, max: Option<u64>, unit: &str) -> Option<String> {
    match (min.filter(|min| *min > 0), max) {
        (None, None) => None,
        (Some(min), None) => Some(format!("at least {min} {unit}")),
        (None, Some(max)) => Some(format!("at most {max} {unit}")),
        (Some(min), Some(max)) if min == max => Some(format!("{min} {unit}")),
        (Some(min), Some(max)) => Some(format!("{min} to {max} {unit}")),
    }
}

fn checks(checks: &Checks) -> Vec<String> {
    let mut parts = Vec::new();
    if checks.not_blank {
        parts.push("not blank".to_owned());
    }
    if checks.single_line {
        parts.push("a single line".to_owned());
    }
    parts.extend(length(None, checks.max_bytes, "bytes"));
    parts.extend(
        checks
            .format
            .map(|format| format!("written as {format:?}").to_lowercase()),
    );
    if !checks.accept.is_empty() {
        parts.push(checks.accept.join(" or "));
    }
    let quoted = |words, text: &Option<String>| Some(format!("{words} `{}`", text.as_ref()?));
    parts.extend(quoted("with", &checks.contains));
    parts.extend(quoted("without", &checks.does_not_contain));
    parts.extend(quoted("equal to", &checks.must_match));
    parts
}
