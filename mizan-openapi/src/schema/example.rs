//! Minimal examples of schemas.

use std::cell::Cell;

use serde_json::{Map, Number, Value, json};

use super::components::Components;
use super::pattern::example_of;

/// The maximum numbers of nested schemas in an example. They are tried in this order, so that the example of
/// a recursive type is the smallest one.
const DEPTHS: [usize; 6] = [2, 4, 6, 8, 12, 16];

/// The maximum number of schemas that are visited for an example, which bounds types with many recursive
/// variants.
const MAX_VISITS: usize = 10_000;

/// Returns a minimal value that a converted schema accepts, or `None` if none was found.
///
/// Optional properties are omitted, and a declared example takes precedence.
pub(crate) fn example(schema: &Value, components: &Components) -> Option<Value> {
    DEPTHS.into_iter().find_map(|max_depth| {
        let search = Search {
            components,
            max_depth,
            visits: Cell::new(MAX_VISITS),
        };
        search.example(schema, 0)
    })
}

/// The search for an example.
struct Search<'c> {
    components: &'c Components,
    max_depth: usize,
    /// The number of schemas that may still be visited.
    visits: Cell<usize>,
}

impl Search<'_> {
    fn example(&self, schema: &Value, depth: usize) -> Option<Value> {
        self.visits.set(self.visits.get().checked_sub(1)?);
        if depth > self.max_depth {
            return None;
        }
        let Value::Object(keywords) = schema else {
            return (schema == &Value::Bool(true)).then(|| json!({}));
        };
        if let Some(declared) = keywords.get("examples").and_then(|it| it.get(0)) {
            return Some(declared.clone());
        }
        if let Some(value) = keywords.get("const") {
            return Some(value.clone());
        }
        if let Some(Value::Array(values)) = keywords.get("enum") {
            return values.first().cloned();
        }
        let mut parts = Vec::new();
        if let Some(Value::String(reference)) = keywords.get("$ref") {
            let referenced = self.components.resolve(reference)?;
            parts.push(self.example(referenced, depth + 1)?);
        }
        if let Some(Value::Array(all)) = keywords.get("allOf") {
            for part in all {
                // A pattern of a check, which the value of the schema itself matches.
                if part.get("pattern").is_some() && part.get("type").is_none() {
                    continue;
                }
                parts.push(self.example(part, depth + 1)?);
            }
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(Value::Array(variants)) = keywords.get(keyword) {
                parts.push(self.first_example(variants, depth)?);
            }
        }
        if let Some(ty) = keywords.get("type") {
            parts.insert(0, self.typed_example(ty, keywords, depth)?);
        } else if keywords.contains_key("properties") || keywords.contains_key("required") {
            parts.insert(0, self.object(keywords, depth)?);
        }
        merge(parts)
    }

    /// Returns an example of the first variant that has one, and prefers a variant other than `null`.
    fn first_example(&self, variants: &[Value], depth: usize) -> Option<Value> {
        let mut examples = variants
            .iter()
            .filter_map(|variant| self.example(variant, depth + 1));
        let first = examples.next()?;
        if first.is_null() {
            return examples.next().or(Some(first));
        }
        Some(first)
    }

    fn typed_example(
        &self,
        ty: &Value,
        keywords: &Map<String, Value>,
        depth: usize,
    ) -> Option<Value> {
        match ty {
            Value::Array(types) => {
                let mut examples = types
                    .iter()
                    .filter(|ty| *ty != "null")
                    .filter_map(|ty| self.typed_example(ty, keywords, depth));
                examples
                    .next()
                    .or_else(|| types.contains(&json!("null")).then_some(Value::Null))
            }
            Value::String(name) => match name.as_str() {
                "null" => Some(Value::Null),
                "boolean" => Some(json!(true)),
                "string" => string(keywords).map(Value::String),
                "integer" | "number" => number(keywords).map(Value::Number),
                "array" => self.array(keywords, depth),
                "object" => self.object(keywords, depth),
                _ => None,
            },
            _ => None,
        }
    }

    fn array(&self, keywords: &Map<String, Value>, depth: usize) -> Option<Value> {
        let count = |name| keywords.get(name).and_then(Value::as_u64);
        let first = keywords
            .get("prefixItems")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let min = usize::try_from(count("minItems").unwrap_or_default()).ok()?;
        if keywords.contains_key("contains") || min > 100 {
            return None;
        }
        let is_unique = keywords.get("uniqueItems") == Some(&json!(true));
        if is_unique && min > 1 {
            return None;
        }
        let rest = keywords.get("items").unwrap_or(&Value::Bool(true));
        let items = first.iter().chain(std::iter::repeat(rest)).take(min);
        items
            .map(|schema| self.example(schema, depth + 1))
            .collect()
    }

    fn object(&self, keywords: &Map<String, Value>, depth: usize) -> Option<Value> {
        let properties = keywords.get("properties");
        let mut object = Map::new();
        let required = keywords.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            let value = match properties.and_then(|properties| properties.get(name)) {
                Some(schema) => self.example(schema, depth + 1)?,
                None => json!({}),
            };
            object.insert(name.to_owned(), value);
        }
        let min = keywords.get("minProperties").and_then(Value::as_u64);
        (min.unwrap_or_default() <= object.len() as u64).then_some(Value::Object(object))
    }
}

/// Merges the examples of schemas that apply together.
fn merge(parts: Vec<Value>) -> Option<Value> {
    let mut parts = parts.into_iter();
    let Some(mut merged) = parts.next() else {
        return Some(json!({}));
    };
    for part in parts {
        match (&mut merged, part) {
            (Value::Object(merged), Value::Object(part)) => merged.extend(part),
            (merged, part) if *merged == part => {}
            _ => return None,
        }
    }
    Some(merged)
}

fn string(keywords: &Map<String, Value>) -> Option<String> {
    let count = |name| keywords.get(name).and_then(Value::as_u64);
    let checks = keywords.get("x-checks");
    let max_bytes = checks
        .and_then(|it| it.get("maxBytes"))
        .and_then(Value::as_u64);
    let (min, max) = (
        count("minLength").unwrap_or_default(),
        count("maxLength")
            .unwrap_or(u64::MAX)
            .min(max_bytes.unwrap_or(u64::MAX)),
    );
    let fits = |text: &str| (min..=max).contains(&(text.chars().count() as u64));
    if let Some(format) = keywords.get("format").and_then(Value::as_str)
        && let Some(text) = of_format(format)
    {
        return fits(text).then(|| text.to_owned());
    }
    if keywords.contains_key("x-mizan-pattern") {
        return None;
    }
    let text = match keywords.get("pattern").and_then(Value::as_str) {
        Some(pattern) => example_of(pattern)?,
        None => "text",
    };
    if text != "text" {
        return fits(text).then(|| text.to_owned());
    }
    // Lengthened or shortened, but not beyond what a document should contain.
    let length = (text.len() as u64).max(min).min(max).min(1000);
    let text: String = text
        .chars()
        .cycle()
        .take(usize::try_from(length).ok()?)
        .collect();
    let is_blank = text.is_empty() && keywords.contains_key("pattern");
    (fits(&text) && !is_blank).then_some(text)
}

fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "date-time" => "2026-01-31T12:30:00Z",
        "date" => "2026-01-31",
        "time" => "12:30:00Z",
        "partial-time" => "12:30:00",
        "partial-date-time" => "2026-01-31T12:30:00",
        "zoned-date-time" => "2026-01-31T12:30:00+01:00[Europe/Berlin]",
        "duration" => "PT1H30M",
        "email" => "mia@example.com",
        "uuid" => "0196f3a0-7c3e-7000-8000-5f2b6e0c9a41",
        "uri" | "url" => "https://example.com/",
        "ipv4" | "ip" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "decimal" => "19.99",
        "semver" => "1.2.3",
        "hostname" => "example.com",
        "password" => "correct horse battery",
        _ => return None,
    })
}

fn number(keywords: &Map<String, Value>) -> Option<Number> {
    let limit = |name| keywords.get(name).and_then(Value::as_number);
    let excluded = keywords.get("not").and_then(|not| not.get("const"));
    if keywords.contains_key("not") && excluded.is_none() {
        return None;
    }
    let exclusive = [
        limit("exclusiveMinimum")
            .and_then(Number::as_i64)
            .map(|it| it + 1),
        limit("exclusiveMaximum")
            .and_then(Number::as_i64)
            .map(|it| it - 1),
    ];
    let accepts = |number: &Number| {
        let value = number.as_f64().unwrap_or(f64::NAN);
        let check = |name, holds: fn(f64, f64) -> bool| {
            let limit = limit(name).and_then(Number::as_f64);
            limit.is_none_or(|limit| holds(value, limit))
        };
        excluded.is_none_or(|excluded| excluded.as_f64() != Some(value))
            && check("minimum", |value, limit| value >= limit)
            && check("maximum", |value, limit| value <= limit)
            && check("exclusiveMinimum", |value, limit| value > limit)
            && check("exclusiveMaximum", |value, limit| value < limit)
            && check("multipleOf", |value, limit| value % limit == 0.0)
    };
    [Number::from(1), Number::from(0)]
        .into_iter()
        .chain(
            ["minimum", "maximum", "multipleOf"]
                .into_iter()
                .filter_map(limit)
                .cloned(),
        )
        .chain(exclusive.into_iter().flatten().map(Number::from))
        .find(accepts)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]
mod tests {
    use serde_json::{Value, json};

    use super::example;
    use crate::schema::Components;

    fn example_of(definition: &Value) -> Option<Value> {
        let manifest = json!({ "$defs": { "T": definition } });
        let components = Components::new(&manifest);
        example(
            &components.convert(&json!({ "$ref": "#/$defs/T" })),
            &components,
        )
    }

    /// A variant of an enum with two members of the enum itself.
    fn recursive_variant(name: &str) -> Value {
        let member = json!({ "$ref": "#/$defs/T" });
        let members = json!({ "type": "array", "prefixItems": [member, member], "minItems": 2, "maxItems": 2 });
        json!({ "type": "object", "properties": { name: members }, "required": [name] })
    }

    #[test]
    fn example_of_recursive_type_is_the_smallest() {
        let literal = json!({ "type": "integer", "minimum": 5 });
        let variants = ["add", "multiply", "divide"].map(recursive_variant);
        let expression = json!({ "oneOf": [variants[0], variants[1], variants[2], literal] });
        assert_eq!(example_of(&expression).unwrap(), json!(5));
    }

    #[test]
    fn type_without_finite_values_has_no_example() {
        let variants = ["a", "b", "c", "d"].map(recursive_variant);
        assert_eq!(example_of(&json!({ "oneOf": variants })), None);
    }
}
