//! Generated pairs of schemas: a compatible change never refuses a value.

use mizan_codegen::Manifest;
use mizan_codegen::compat::{Effect, compare};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A generator of random numbers (xorshift), so that each case has a single seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

const NAMES: [&str; 3] = ["a", "b", "c"];
const FORMATS: [&str; 6] = ["int8", "uint8", "int32", "uint32", "int64", "uint64"];
const TEXT_FORMATS: [&str; 3] = ["uuid", "date-time", "email"];
const PATTERNS: [&str; 2] = ["^a+$", "^a*b*$"];

fn schema(random: &mut Random, depth: usize) -> Value {
    let simple = depth == 0;
    match random.below(if simple { 7 } else { 14 }) {
        0 => json!(true),
        1 => json!({ "type": "null" }),
        2 => json!({ "type": "boolean" }),
        3 => text(random),
        4 => number(random),
        5 => {
            json!({ "type": "string", "enum": (0..=random.below(3)).map(|index| ["a", "aa", "x"][index % 3]).collect::<Vec<_>>() })
        }
        6 => json!({ "$ref": "#/$defs/Node" }),
        7 => list(random, depth),
        8 => {
            let items: Vec<_> = (0..1 + random.below(2))
                .map(|_| schema(random, depth - 1))
                .collect();
            let length = items.len();
            json!({ "type": "array", "prefixItems": items, "minItems": length, "maxItems": length })
        }
        9 => json!({ "type": "object", "additionalProperties": schema(random, depth - 1) }),
        10 => {
            let members: Vec<_> = (0..1 + random.below(3))
                .map(|_| schema(random, depth - 1))
                .collect();
            json!({ "anyOf": members })
        }
        11 => {
            let variants: Vec<_> = (0..1 + random.below(3))
                .map(|index| {
                    let mut variant = object(random, depth);
                    variant["properties"]["kind"] = json!({ "const": NAMES[index] });
                    variant["required"]
                        .as_array_mut()
                        .unwrap()
                        .push(json!("kind"));
                    variant
                })
                .collect();
            json!({ "oneOf": variants })
        }
        _ => object(random, depth),
    }
}

fn text(random: &mut Random) -> Value {
    let mut text = json!({ "type": "string" });
    match random.below(6) {
        0 => text["minLength"] = json!(random.below(3)),
        1 => text["maxLength"] = json!(random.below(5)),
        2 => text["pattern"] = json!(random.pick(&PATTERNS)),
        3 => text["format"] = json!(random.pick(&TEXT_FORMATS)),
        _ => {}
    }
    text
}

fn number(random: &mut Random) -> Value {
    let mut number = match random.below(3) {
        0 => json!({ "type": "number" }),
        _ => json!({ "type": "integer", "format": random.pick(&FORMATS) }),
    };
    let bound = json!(random.pick(&[-1, 0, 1, 5, 100]));
    match random.below(8) {
        0 => number["minimum"] = bound,
        1 => number["maximum"] = bound,
        2 => number["exclusiveMinimum"] = bound,
        3 => number["exclusiveMaximum"] = bound,
        4 => number["multipleOf"] = json!(random.pick(&[2, 5, 10])),
        5 => number["not"] = json!({ "const": 0 }),
        _ => {}
    }
    number
}

fn list(random: &mut Random, depth: usize) -> Value {
    let mut list = json!({ "type": "array", "items": schema(random, depth - 1) });
    match random.below(6) {
        0 => list["minItems"] = json!(random.below(2)),
        1 => list["maxItems"] = json!(9 + random.below(3)),
        2 => list["uniqueItems"] = json!(true),
        _ => {}
    }
    list
}

fn object(random: &mut Random, depth: usize) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for name in NAMES {
        if random.below(2) == 0 {
            properties.insert(name.to_owned(), schema(random, depth - 1));
            if random.below(2) == 0 {
                required.push(name);
            }
        }
    }
    let mut object = json!({ "type": "object", "properties": properties, "required": required });
    if random.below(3) == 0 {
        object["additionalProperties"] = json!(false);
    }
    object
}

/// Replaces a random part of a schema.
fn mutate(schema_value: &Value, random: &mut Random) -> Value {
    let mut changed = schema_value.clone();
    let members = changed.as_object_mut();
    let Some(members) = members.filter(|_| random.below(4) > 0) else {
        return schema(random, 1);
    };
    for keyword in [
        "properties",
        "anyOf",
        "oneOf",
        "prefixItems",
        "items",
        "additionalProperties",
    ] {
        match members.get_mut(keyword) {
            Some(Value::Object(properties))
                if keyword == "properties" && !properties.is_empty() =>
            {
                let index = random.below(properties.len());
                let (name, value) = properties.iter_mut().nth(index).unwrap();
                if random.below(4) == 0 {
                    let name = name.clone();
                    if let Some(Value::Array(required)) = members.get_mut("required") {
                        match required.iter().position(|known| *known == name) {
                            Some(index) => drop(required.remove(index)),
                            None => required.push(json!(name)),
                        }
                    }
                } else {
                    *value = mutate(value, random);
                }
                return changed;
            }
            Some(Value::Array(items)) if !items.is_empty() => {
                let index = random.below(items.len());
                if keyword != "prefixItems" && random.below(2) == 0 && items.len() > 1 {
                    items.remove(index);
                } else {
                    items[index] = mutate(&items[index].clone(), random);
                }
                return changed;
            }
            Some(value @ Value::Object(_)) if keyword != "properties" => {
                *value = mutate(&value.clone(), random);
                return changed;
            }
            _ => {}
        }
    }
    match members.get("type").and_then(Value::as_str) {
        Some("string") => text(random),
        Some("number" | "integer") => number(random),
        _ => schema(random, 1),
    }
}

/// A validator of JSON Schema that does not share code with the generator.
struct Validator<'a> {
    node: &'a Value,
    role: Role,
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    /// Sends no unknown members.
    Sender,
    /// Ignores constraints and unknown members.
    Client,
    /// Ignores unknown members unless the schema denies them.
    Server,
}

impl Validator<'_> {
    fn is_valid(&self, schema: &Value, value: &Value) -> bool {
        let keywords = match schema {
            Value::Bool(any) => return *any,
            schema => schema.as_object().unwrap(),
        };
        self.knows_all(keywords, value)
            && keywords
                .iter()
                .all(|(keyword, expected)| self.allows(keyword, expected, keywords, value))
    }

    fn allows(
        &self,
        keyword: &str,
        expected: &Value,
        all: &Map<String, Value>,
        value: &Value,
    ) -> bool {
        let items = || value.as_array().unwrap();
        let text = || value.as_str().unwrap();
        let reads = self.role == Role::Client;
        let is_fixed = all.contains_key("minItems") && all.get("minItems") == all.get("maxItems");
        match keyword {
            "$ref" => self.is_valid(self.node, value),
            "anyOf" | "oneOf" => expected
                .as_array()
                .unwrap()
                .iter()
                .any(|member| self.is_valid(member, value)),
            "enum" => expected.as_array().unwrap().contains(value),
            "const" => expected == value,
            "type" => match expected.as_str().unwrap() {
                "null" => value.is_null(),
                "boolean" => value.is_boolean(),
                "string" => value.is_string(),
                "number" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                "array" => value.is_array(),
                _ => value.is_object(),
            },
            // The other keywords apply only to values of their type.
            "minLength" if value.is_string() => reads || text().chars().count() >= count(expected),
            "maxLength" if value.is_string() => reads || text().chars().count() <= count(expected),
            "pattern" if value.is_string() => reads || matches_pattern(expected, text()),
            "format" if value.is_string() => {
                let format = expected.as_str().unwrap();
                reads && format == "email" || text().starts_with(&format!("{format}:"))
            }
            "format" if value.is_number() => {
                integer_limits(expected.as_str().unwrap()).contains(&integer(value))
            }
            "minimum" if value.is_number() => reads || float(value) >= float(expected),
            "maximum" if value.is_number() => reads || float(value) <= float(expected),
            "exclusiveMinimum" if value.is_number() => reads || float(value) > float(expected),
            "exclusiveMaximum" if value.is_number() => reads || float(value) < float(expected),
            "multipleOf" if value.is_number() => reads || float(value) % float(expected) == 0.0,
            "not" => reads || *value != expected["const"],
            "minItems" if value.is_array() => {
                reads && !is_fixed || items().len() >= count(expected)
            }
            "maxItems" if value.is_array() => {
                reads && !is_fixed || items().len() <= count(expected)
            }
            "uniqueItems" if value.is_array() => {
                reads
                    || items()
                        .iter()
                        .enumerate()
                        .all(|(index, item)| !items()[..index].contains(item))
            }
            "items" if value.is_array() => items().iter().all(|item| self.is_valid(expected, item)),
            "prefixItems" if value.is_array() => {
                let schemas = expected.as_array().unwrap();
                schemas
                    .iter()
                    .zip(items())
                    .all(|(schema, item)| self.is_valid(schema, item))
            }
            "required" if value.is_object() => expected
                .as_array()
                .unwrap()
                .iter()
                .all(|name| value.get(name.as_str().unwrap()).is_some()),
            "properties" if value.is_object() => {
                expected.as_object().unwrap().iter().all(|(name, schema)| {
                    value
                        .get(name)
                        .is_none_or(|member| self.is_valid(schema, member))
                })
            }
            "additionalProperties" if value.is_object() => {
                let known = all.get("properties").and_then(Value::as_object);
                let mut unknown = value
                    .as_object()
                    .unwrap()
                    .iter()
                    .filter(|(name, _)| !known.is_some_and(|known| known.contains_key(*name)));
                if *expected == json!(false) {
                    self.role == Role::Client || unknown.next().is_none()
                } else {
                    unknown.all(|(_, member)| self.is_valid(expected, member))
                }
            }
            _ => true,
        }
    }

    /// Returns whether all members are known to the object that sends them.
    fn knows_all(&self, keywords: &Map<String, Value>, value: &Value) -> bool {
        let is_struct =
            keywords.contains_key("properties") && !keywords.contains_key("additionalProperties");
        let (true, Some(members)) = (self.role == Role::Sender && is_struct, value.as_object())
        else {
            return true;
        };
        members
            .keys()
            .all(|name| keywords["properties"].get(name).is_some())
    }
}

fn matches_pattern(pattern: &Value, text: &str) -> bool {
    if *pattern == PATTERNS[0] {
        !text.is_empty() && text.chars().all(|char| char == 'a')
    } else {
        text.trim_start_matches('a').trim_matches('b').is_empty()
    }
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn float(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn integer(value: &Value) -> i128 {
    value
        .as_i64()
        .map_or_else(|| value.as_u64().unwrap().into(), i128::from)
}

fn integer_limits(format: &str) -> std::ops::RangeInclusive<i128> {
    match format {
        "int8" => i8::MIN.into()..=i8::MAX.into(),
        "uint8" => 0..=u8::MAX.into(),
        "int32" => i32::MIN.into()..=i32::MAX.into(),
        "uint32" => 0..=u32::MAX.into(),
        "int64" => i64::MIN.into()..=i64::MAX.into(),
        _ => 0..=u64::MAX.into(),
    }
}

/// Returns a value that may belong to a schema. A sender adds no unknown members.
fn value(schema: &Value, node: &Value, random: &mut Random, depth: usize) -> Value {
    if schema.get("$ref").is_some() {
        return if depth == 0 {
            json!({ "value": "a", "next": null })
        } else {
            value(node, node, random, depth - 1)
        };
    }
    let inner = depth.saturating_sub(1);
    for keyword in ["anyOf", "oneOf", "enum"] {
        if let Some(Value::Array(members)) = schema.get(keyword) {
            let member = random.pick(members);
            return if keyword == "enum" {
                member
            } else {
                value(&member, node, random, depth)
            };
        }
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("null") => Value::Null,
        Some("boolean") => json!(random.below(2) == 0),
        Some("string") => json!(random.pick(&[
            "",
            "a",
            "aa",
            "aaaaaa",
            "b",
            "abb",
            "x",
            "uuid:1",
            "date-time:1",
            "email:1"
        ])),
        Some("integer") => random.pick(&[
            json!(-200),
            json!(-5),
            json!(-1),
            json!(0),
            json!(1),
            json!(2),
            json!(5),
            json!(6),
            json!(10),
            json!(100),
            json!(101),
            json!(200),
            json!(300),
            json!(3_000_000_000_u32),
            json!(5_000_000_000_u64),
            json!(u64::MAX),
        ]),
        Some("number") => random.pick(&[
            json!(-1.5),
            json!(-1.0),
            json!(0.0),
            json!(0.5),
            json!(2.0),
            json!(5.0),
            json!(10.0),
            json!(1e9),
        ]),
        Some("array") => match schema.get("prefixItems") {
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| value(item, node, random, inner))
                .collect(),
            _ => (0..random.below(4))
                .map(|_| value(&schema["items"], node, random, inner))
                .collect(),
        },
        Some("object") => {
            let mut members = Map::new();
            if let Some(additional @ Value::Object(_)) = schema.get("additionalProperties") {
                for name in ["a", "b", "z"] {
                    if random.below(2) == 0 {
                        members.insert(name.to_owned(), value(additional, node, random, inner));
                    }
                }
            }
            if let Some(Value::Object(properties)) = schema.get("properties") {
                for (name, property) in properties {
                    let required = schema["required"].as_array().unwrap();
                    if required.contains(&json!(name)) || random.below(2) == 0 {
                        members.insert(name.clone(), value(property, node, random, inner));
                    }
                }
            }
            Value::Object(members)
        }
        _ => random.pick(&[
            json!(null),
            json!(1),
            json!("x"),
            json!([1]),
            json!({ "a": 1 }),
        ]),
    }
}

fn node(value: &Value, is_required: bool) -> Value {
    let next = json!({ "anyOf": [{ "$ref": "#/$defs/Node" }, { "type": "null" }] });
    let required: &[&str] = if is_required {
        &["value", "next"]
    } else {
        &["value"]
    };
    json!({
        "type": "object",
        "properties": { "value": value, "next": next },
        "required": required,
    })
}

fn manifest(schema: &Value, node: &Value) -> Manifest {
    let function = json!({
        "name": "f", "kind": "query", "output": schema,
        "input": { "type": "object", "properties": { "v": schema }, "required": ["v"] },
    });
    let manifest = json!({
        "mizan": 1, "contract": "c", "codes": [], "functions": [function], "$defs": { "Node": node },
    });
    Manifest::parse(&manifest.to_string()).unwrap()
}

/// Checks one pair of schemas, and returns how many values a compatible change has passed.
fn check(seed: u64) -> Result<usize, TestCaseError> {
    let mut random = Random(seed | 1);
    let old = schema(&mut random, 3);
    let mut new = old.clone();
    for _ in 0..random.below(3) {
        new = mutate(&new, &mut random);
    }
    let old_node = node(&text(&mut random), random.below(2) == 0);
    let new_node = match random.below(3) {
        0 => node(&text(&mut random), random.below(2) == 0),
        _ => old_node.clone(),
    };
    let comparison = compare(&manifest(&old, &old_node), &manifest(&new, &new_node)).unwrap();
    let breaks = |effect| {
        comparison
            .changes()
            .iter()
            .any(|change| change.effect == effect)
    };
    let mut passed = 0;
    for (effect, role, sent, accepted) in [
        (
            Effect::BreakingForWriters,
            Role::Server,
            (&old, &old_node),
            (&new, &new_node),
        ),
        (
            Effect::BreakingForReaders,
            Role::Client,
            (&new, &new_node),
            (&old, &old_node),
        ),
    ] {
        if breaks(effect) {
            continue;
        }
        let sender = Validator {
            node: sent.1,
            role: Role::Sender,
        };
        let receiver = Validator {
            node: accepted.1,
            role,
        };
        for _ in 0..20 {
            let value = value(sent.0, sent.1, &mut random, 4);
            if sender.is_valid(sent.0, &value) {
                passed += 1;
                prop_assert!(
                    receiver.is_valid(accepted.0, &value),
                    "{value} of {} {} is not one of {} {}\n{comparison}",
                    sent.0,
                    sent.1,
                    accepted.0,
                    accepted.1
                );
            }
        }
    }
    Ok(passed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn compatible_change_refuses_no_value(seed in any::<u64>()) {
        check(seed)?;
    }
}

#[test]
fn many_generated_changes_are_compatible() {
    let passed: usize = (1..500)
        .map(|seed| check(u64::wrapping_mul(seed, 0x9E37_79B9_7F4A_7C15)).unwrap())
        .sum();
    assert!(passed > 2_000, "{passed}");
}
