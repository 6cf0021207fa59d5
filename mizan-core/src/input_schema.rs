//! Look-ups in the JSON Schema of an input, for errors.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The schema of an input, generated only after an error or for a suspicious number.
pub(crate) struct InputSchema(Value);

/// The maximum number of references and alternatives on the way to a member.
const MAX_STEPS: usize = 64;

impl InputSchema {
    pub(crate) fn of<T: JsonSchema>() -> Self {
        let generator = SchemaSettings::draft2020_12()
            .for_deserialize()
            .into_generator();
        Self(generator.into_root_schema_for::<T>().to_value())
    }

    pub(crate) fn root(&self) -> &Value {
        &self.0
    }

    /// Returns the schema of the value at `path`.
    pub(crate) fn find(&self, path: &[String]) -> Option<&Value> {
        self.find_in(&self.0, path, MAX_STEPS)
    }

    fn find_in<'a>(
        &'a self,
        schema: &'a Value,
        path: &[String],
        steps: usize,
    ) -> Option<&'a Value> {
        let steps = steps.checked_sub(1)?;
        let Some((name, rest)) = path.split_first() else {
            return Some(self.leaf(schema, steps));
        };
        let next = self.member(schema, name);
        if let Some(found) = next.and_then(|next| self.find_in(next, rest, steps)) {
            return Some(found);
        }
        self.alternatives(schema)
            .find_map(|schema| self.find_in(schema, path, steps))
    }

    /// Returns the schema of a member or of an item, ignoring alternatives.
    pub(crate) fn member<'a>(&self, schema: &'a Value, name: &str) -> Option<&'a Value> {
        if let Some(property) = schema.get("properties").and_then(|all| all.get(name)) {
            return Some(property);
        }
        let index = name.parse::<usize>().ok();
        let item = index.and_then(|index| schema.get("prefixItems")?.get(index));
        item.or_else(|| index.and_then(|_| schema.get("items")))
            .or_else(|| schema.get("additionalProperties"))
            .or_else(|| {
                schema
                    .get("patternProperties")?
                    .as_object()?
                    .values()
                    .next()
            })
    }

    /// Returns the schemas that apply to the same value.
    fn alternatives<'a>(&'a self, schema: &'a Value) -> impl Iterator<Item = &'a Value> {
        let reference = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| match reference.strip_prefix('#')? {
                "" => Some(&self.0),
                pointer => self.0.pointer(pointer),
            });
        let lists = ["anyOf", "oneOf", "allOf"].into_iter();
        reference.into_iter().chain(
            lists
                .filter_map(|keyword| schema.get(keyword)?.as_array())
                .flatten(),
        )
    }

    /// Follows references, and the only alternative besides `null`.
    fn leaf<'a>(&'a self, schema: &'a Value, steps: usize) -> &'a Value {
        let mut others = self
            .alternatives(schema)
            .filter(|schema| schema.get("type") != Some(&Value::from("null")));
        match (others.next(), others.next(), steps.checked_sub(1)) {
            (Some(only), None, Some(steps)) => self.leaf(only, steps),
            _ => schema,
        }
    }

    /// Returns the path of a number that is too large for the `f32` that decodes it.
    pub(crate) fn find_f32_overflow(&self, value: &Value) -> Option<String> {
        self.find_overflow_in(&[&self.0], value)
            .map(|names| names.into_iter().rev().collect::<Vec<_>>().join("."))
    }

    /// Returns the names of the path from the innermost.
    fn find_overflow_in(&self, schemas: &[&Value], value: &Value) -> Option<Vec<String>> {
        let schemas = self.expand(schemas);
        let in_member = |name: String, value: &Value| {
            let members: Vec<_> = schemas
                .iter()
                .filter_map(|schema| self.member(schema, &name))
                .collect();
            let mut names = self.find_overflow_in(&members, value)?;
            names.push(name);
            Some(names)
        };
        match value {
            Value::Number(number) => {
                let is_large = number.as_f64().is_some_and(exceeds_f32);
                let formats = || schemas.iter().filter_map(|schema| schema.get("format"));
                (is_large
                    && formats().any(|format| format == "float")
                    && !formats().any(|format| format == "double"))
                .then(Vec::new)
            }
            Value::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(index, item)| in_member(index.to_string(), item)),
            Value::Object(members) => members
                .iter()
                .find_map(|(name, value)| in_member(name.clone(), value)),
            _ => None,
        }
    }

    /// Returns the schemas and all others that apply to the same value.
    pub(crate) fn expand<'a>(&'a self, schemas: &[&'a Value]) -> Vec<&'a Value> {
        let mut found: Vec<&Value> = Vec::new();
        let mut pending = schemas.to_vec();
        while let Some(schema) = pending.pop() {
            if found.iter().all(|known| !std::ptr::eq(*known, schema)) {
                found.push(schema);
                pending.extend(self.alternatives(schema));
            }
        }
        found
    }
}

/// Returns `true` if a number becomes infinite as an `f32`.
#[expect(clippy::cast_possible_truncation, reason = "this is what serde does")]
pub(crate) fn exceeds_f32(number: f64) -> bool {
    (number as f32).is_infinite()
}
