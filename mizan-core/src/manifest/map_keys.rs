//! The keys of maps, whose types schemas do not contain.
//!
//! The schema of a map with documented variants, tuples, lists or options as keys is that of a map with
//! text as keys. Decoding a map with a made-up key shows what serde expects there.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::definitions::REFERENCE_PREFIX;

/// Decodes JSON as a type, and returns the text of serde's error.
pub(crate) type Decode = fn(&str) -> Option<String>;

/// Decodes JSON as a type that may borrow only from constants, and returns the text of serde's error.
pub(crate) fn decode_error<T: Deserialize<'static>>(json: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    T::deserialize(value).err().map(|error| error.to_string())
}

/// A key that no type of keys accepts as text, unless it accepts every text.
const KEY: &str = "a key that mizan made up";

/// The place of a map: the name of its definition, or none for the schema of the function itself,
/// and the pointer in that schema.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Place {
    definition: Option<String>,
    pointer: String,
}

/// The keys that serde expects.
enum Keys {
    /// The variants of an enum.
    Variants(Vec<String>),
    /// Values that are not text.
    NotText,
}

/// Finds maps whose keys are not text, corrects those whose keys are variants in place, and returns the
/// paths of the others.
pub(super) fn check_keys(
    schema: &mut Value,
    definitions: &mut Value,
    decode: Decode,
) -> Vec<String> {
    let mut search = Search {
        definitions,
        decode,
        visited: HashSet::new(),
        found: BTreeMap::new(),
    };
    search.visit(schema, &Position::default());
    let found = search.found;
    let mut refused = Vec::new();
    for (place, (path, keys)) in found {
        let variants = match keys {
            Keys::NotText => {
                refused.push(path);
                continue;
            }
            Keys::Variants(variants) => variants,
        };
        let owner = match &place.definition {
            None => Some(&mut *schema),
            Some(name) => definitions.get_mut(name),
        };
        if let Some(map) = owner.and_then(|owner| owner.pointer_mut(&place.pointer)) {
            let values = map["additionalProperties"].take();
            let members = variants
                .into_iter()
                .map(|name| (name, values.clone()))
                .collect::<Map<_, _>>();
            map["additionalProperties"] = json!(false);
            map["properties"] = Value::Object(members);
        }
    }
    refused
}

/// The position of a schema, and the JSON around a value of it.
#[derive(Clone, Default)]
struct Position {
    definition: Option<String>,
    pointer: String,
    path: String,
    before: String,
    after: String,
}

impl Position {
    /// Returns the position of a schema below this one that applies to the same value.
    fn alternative(&self, pointer: &str) -> Self {
        let mut position = self.clone();
        position.pointer.push_str(pointer);
        position
    }

    /// Returns the position of the schema of a part of the value.
    fn part(&self, pointer: &str, name: &str, before: &str, after: &str) -> Self {
        let mut position = self.alternative(pointer);
        if !name.is_empty() && !position.path.is_empty() {
            position.path.push('.');
        }
        position.path.push_str(name);
        position.before.push_str(before);
        position.after.insert_str(0, after);
        position
    }
}

struct Search<'a> {
    definitions: &'a Value,
    decode: Decode,
    visited: HashSet<String>,
    found: BTreeMap<Place, (String, Keys)>,
}

impl Search<'_> {
    fn visit(&mut self, schema: &Value, position: &Position) {
        let Some(keywords) = schema.as_object() else {
            return;
        };
        if let Some(name) = keywords.get("$ref").and_then(Value::as_str)
            && let Some(name) = name.strip_prefix(REFERENCE_PREFIX)
            && self.visited.insert(name.to_owned())
            && let Some(definition) = self.definitions.get(name)
        {
            let inside = Position {
                definition: Some(name.to_owned()),
                pointer: String::new(),
                ..position.clone()
            };
            self.visit(definition, &inside);
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            let alternatives = keywords.get(keyword).and_then(Value::as_array);
            for (index, alternative) in alternatives.into_iter().flatten().enumerate() {
                let pointer = format!("/{keyword}/{index}");
                self.visit(alternative, &position.alternative(&pointer));
            }
        }
        if let Some(items) = keywords.get("items") {
            self.visit(items, &position.part("/items", "", "[", "]"));
        }
        if let Some(first) = keywords.get("prefixItems").and_then(|items| items.get(0)) {
            self.visit(first, &position.part("/prefixItems/0", "0", "[", "]"));
        }
        if let Some(members) = keywords.get("properties").and_then(Value::as_object) {
            self.visit_members(members, position);
        }
        if let Some(values) = keywords.get("additionalProperties")
            && *values != json!(false)
        {
            self.visit_map(keywords, values, position);
        }
    }

    fn visit_members(&mut self, members: &Map<String, Value>, position: &Position) {
        // The tags of an enum decide which variant serde reads.
        let tags: String = members
            .iter()
            .filter_map(|(name, member)| Some((name, member.get("const")?)))
            .fold(String::new(), |tags, (name, tag)| {
                format!("{tags}{}:{tag},", json!(name))
            });
        for (name, member) in members {
            let pointer = name.replace('~', "~0").replace('/', "~1");
            let before = format!("{{{tags}{}:", json!(name));
            let position = position.part(&format!("/properties/{pointer}"), name, &before, "}");
            self.visit(member, &position);
        }
    }

    fn visit_map(&mut self, map: &Map<String, Value>, values: &Value, position: &Position) {
        let is_struct = map.contains_key("properties");
        match self.keys(position) {
            Some(Keys::Variants(_)) if is_struct => {}
            Some(keys) => {
                let place = Place {
                    definition: position.definition.clone(),
                    pointer: position.pointer.clone(),
                };
                self.found.insert(place, (position.path.clone(), keys));
            }
            None => {
                let before = format!("{{{KEY:?}:");
                let position = position.part("/additionalProperties", "*", &before, "}");
                self.visit(values, &position);
            }
        }
    }

    /// Returns the keys that serde expects in a map, unless it accepts every text, or numbers or booleans
    /// as text.
    fn keys(&self, position: &Position) -> Option<Keys> {
        let Position { before, after, .. } = position;
        let error = |key| (self.decode)(&format!("{before}{{{key:?}:null}}{after}"));
        let is_not_text = |key| {
            let start = format!("invalid type: string {key:?}, expected ");
            error(key).is_some_and(|error| error.starts_with(&start))
        };
        let variants = error(KEY).as_deref().and_then(variants_of_error);
        variants.map(Keys::Variants).or_else(|| {
            let keys = [KEY, "1", "true"];
            keys.into_iter().all(is_not_text).then_some(Keys::NotText)
        })
    }
}

/// Returns the variants that serde expected in place of the made-up key.
fn variants_of_error(error: &str) -> Option<Vec<String>> {
    let expected = error.strip_prefix(&format!("unknown variant `{KEY}`, expected "))?;
    // Every second part is between backticks.
    let names = expected.split('`').skip(1).step_by(2);
    let mut variants: Vec<_> = names.map(str::to_owned).collect();
    variants.sort();
    (!variants.is_empty()).then_some(variants)
}

/// Returns the names of variants that a type has in `input` and not in `output`, which are the schemas
/// of the same enum. They have `#[serde(skip_serializing)]`.
pub(super) fn variants_only_for_input(input: &Value, output: &Value) -> Vec<String> {
    let (Some(input), Some(output)) = (variants(input), variants(output)) else {
        return Vec::new();
    };
    let is_part = output.iter().all(|name| input.contains(name));
    if !is_part || output.len() == input.len() {
        return Vec::new();
    }
    let only = input.into_iter().filter(|name| !output.contains(name));
    only.collect()
}

/// Returns the names of the variants of an enum, or `None` for other types.
fn variants(schema: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if *schema == json!(false) {
        return Some(Vec::new());
    }
    if let Some(name) = schema.get("const") {
        return Some(vec![text(name)?]);
    }
    if let Some(names) = schema.get("enum").and_then(Value::as_array) {
        return names.iter().map(text).collect();
    }
    if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
        let names = variants.iter().map(self::variants);
        let names = names.collect::<Option<Vec<_>>>()?;
        return Some(names.into_iter().flatten().collect());
    }
    let members = schema.get("properties")?.as_object()?;
    let tag = members.values().find_map(|member| member.get("const"));
    match (tag, members.keys().next(), members.len()) {
        (Some(tag), ..) => Some(vec![text(tag)?]),
        (None, Some(name), 1) => Some(vec![name.clone()]),
        _ => None,
    }
}
