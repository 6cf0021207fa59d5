//! The reader of JSON Schemas.

use std::collections::BTreeMap;

use serde_json::{Map, Number as JsonNumber, Value};

use super::checks::Checks;
use super::flatten::flatten;
use super::keywords::{definition_key, is_supported};
use super::types::{
    AdditionalProperties, BigInt, BigIntWidth, Docs, List, Literal, Member, Number, NumberWidth,
    Object, Property, Temporal, TemporalClass, TemporalKind, Text, Type,
};
use crate::diagnostic::{Diagnostic, ItemRef, SchemaLocation, UnsupportedSchema};
use crate::options::Dates;

/// The named types, by their keys in `$defs`, and the types of dates.
pub(crate) struct NamedTypes {
    types: BTreeMap<String, Type>,
    dates: Dates,
}

impl NamedTypes {
    pub(crate) fn new(dates: Dates) -> Self {
        Self {
            types: BTreeMap::new(),
            dates,
        }
    }

    /// Adds a type. A type without values, such as an enum without variants, is replaced by `never`,
    /// which is then removed from unions.
    pub(crate) fn insert(&mut self, key: &str, name: &str, schema: &Value) {
        let ty = match schema {
            Value::Bool(false) => Type::Never,
            _ => Type::Named(name.to_owned()),
        };
        self.types.insert(key.to_owned(), ty);
    }
}

/// The maximum length of an array that becomes a tuple.
const MAX_TUPLE_LENGTH: u64 = 8;

/// The keywords that imply `"type": "object"`.
const OBJECT_KEYWORDS: [&str; 4] = [
    "additionalProperties",
    "patternProperties",
    "properties",
    "required",
];

/// The largest integer that JavaScript numbers represent exactly (`Number.MAX_SAFE_INTEGER`).
const MAX_SAFE_INTEGER: u64 = 9_007_199_254_740_991;

/// Reads JSON Schemas (draft 2020-12, as schemars prints it) into [`Type`]s.
///
/// A schema without a TypeScript type adds a diagnostic and becomes [`Type::Unknown`], so that one
/// run reports all problems.
pub(crate) struct SchemaReader<'a> {
    types: &'a NamedTypes,
    diagnostics: &'a mut Vec<Diagnostic>,
    item_ref: ItemRef,
    path: String,
}

impl<'a> SchemaReader<'a> {
    pub(crate) fn new(
        types: &'a NamedTypes,
        diagnostics: &'a mut Vec<Diagnostic>,
        item_ref: ItemRef,
    ) -> Self {
        Self {
            types,
            diagnostics,
            item_ref,
            path: String::new(),
        }
    }

    pub(crate) fn read(&mut self, schema: &Value) -> Type {
        match schema {
            Value::Bool(true) => Type::Unknown,
            Value::Bool(false) => Type::Never,
            Value::Object(keywords) => self.read_keywords(keywords),
            _ => self.reject(UnsupportedSchema::NotASchema(schema.to_string())),
        }
    }

    fn read_keywords(&mut self, keywords: &Map<String, Value>) -> Type {
        if let Some(unknown) = keywords.keys().find(|keyword| !is_supported(keyword)) {
            return self.reject(UnsupportedSchema::Keyword(unknown.clone()));
        }
        let is_numeric = matches!(
            keywords.get("type").and_then(Value::as_str),
            Some("integer" | "number")
        );
        if keywords.contains_key("not") && !is_numeric {
            return self.reject(UnsupportedSchema::Keyword("not".to_owned()));
        }
        let mut parts = Vec::new();
        if let Some(reference) = keywords.get("$ref") {
            parts.push(self.read_ref(reference));
        }
        for keyword in ["oneOf", "anyOf"] {
            if let Some(members) = keywords.get(keyword) {
                parts.push(self.union(keyword, members));
            }
        }
        if let Some(all) = keywords.get("allOf") {
            for schema in self.array("allOf", all) {
                parts.push(self.read(schema));
            }
        }
        match self.read_own_keywords(keywords) {
            Some(Type::Object(object)) if object.is_empty() && !parts.is_empty() => {}
            Some(ty) => parts.insert(0, ty),
            None => {}
        }
        match parts.len() {
            0 => Type::Unknown,
            1 => parts.remove(0),
            _ => Type::Intersection(parts.into_iter().map(|part| self.flatten(part)).collect()),
        }
    }

    /// Reads the keywords of the schema itself, without `$ref`, `oneOf`, `anyOf` and `allOf`.
    fn read_own_keywords(&mut self, keywords: &Map<String, Value>) -> Option<Type> {
        if let Some(value) = keywords.get("const") {
            return Some(self.literal(value));
        }
        if let Some(values) = keywords.get("enum") {
            let members = self
                .array("enum", values)
                .iter()
                .map(|value| Member {
                    docs: Docs::default(),
                    ty: self.literal(value),
                })
                .collect();
            return Some(union_of(members));
        }
        match keywords.get("type") {
            Some(Value::String(name)) => Some(self.read_type(name, keywords)),
            Some(Value::Array(names)) => {
                let members = names
                    .iter()
                    .map(|name| Member {
                        docs: Docs::default(),
                        ty: self.read_type(name.as_str().unwrap_or_default(), keywords),
                    })
                    .collect();
                Some(union_of(members))
            }
            Some(_) => Some(self.reject(UnsupportedSchema::InvalidKeyword("type".to_owned()))),
            None if OBJECT_KEYWORDS
                .iter()
                .any(|keyword| keywords.contains_key(*keyword)) =>
            {
                Some(self.object(keywords))
            }
            None => None,
        }
    }

    fn read_type(&mut self, name: &str, keywords: &Map<String, Value>) -> Type {
        match name {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "string" if keywords.get("format").and_then(Value::as_str) == Some("binary") => {
                Type::File(self.checks(keywords))
            }
            "string" => self.string(keywords),
            "number" => self.number(keywords, NumberWidth::Float),
            "integer" => self.integer(keywords),
            "array" => self.list(keywords),
            "object" => self.object(keywords),
            _ => self.reject(UnsupportedSchema::UnknownType(name.to_owned())),
        }
    }

    fn string(&mut self, keywords: &Map<String, Value>) -> Type {
        if keywords.get("contentEncoding").and_then(Value::as_str) == Some("base64") {
            return Type::Bytes(self.checks(keywords));
        }
        let text = Text {
            min_length: self.count(keywords, "minLength"),
            max_length: self.count(keywords, "maxLength"),
            pattern: self.text(keywords, "pattern"),
            format: self.text(keywords, "format"),
            checks: self.checks(keywords),
        };
        match text.format.as_deref().and_then(TemporalKind::of_format) {
            Some(kind) => Type::Temporal(Temporal {
                kind,
                class: temporal_class(self.types.dates, kind),
                text,
            }),
            None => Type::Text(text),
        }
    }

    fn integer(&mut self, keywords: &Map<String, Value>) -> Type {
        let format = keywords.get("format").and_then(Value::as_str);
        let width = match format {
            Some("int8") => NumberWidth::Int8,
            Some("int16") => NumberWidth::Int16,
            Some("int32") => NumberWidth::Int32,
            Some("uint8") => NumberWidth::UInt8,
            Some("uint16") => NumberWidth::UInt16,
            Some("uint32") => NumberWidth::UInt32,
            Some("int64" | "int") => return self.big_int(keywords, BigIntWidth::Int64),
            Some("uint64" | "uint") => return self.big_int(keywords, BigIntWidth::UInt64),
            Some("int128") => return self.big_int(keywords, BigIntWidth::Int128),
            Some("uint128") => return self.big_int(keywords, BigIntWidth::UInt128),
            _ => NumberWidth::Bounded,
        };
        let Type::Number(number) = self.number(keywords, width) else {
            return Type::Unknown;
        };
        let bounded = |inclusive: &Option<JsonNumber>, exclusive: &Option<JsonNumber>| {
            inclusive.iter().chain(exclusive).any(is_safe_integer)
        };
        if width == NumberWidth::Bounded
            && !(bounded(&number.minimum, &number.exclusive_minimum)
                && bounded(&number.maximum, &number.exclusive_maximum))
        {
            return self.reject(UnsupportedSchema::UnboundedInteger);
        }
        Type::Number(number)
    }

    fn big_int(&mut self, keywords: &Map<String, Value>, width: BigIntWidth) -> Type {
        // The bounds and checks of both kinds of integers have the same keywords.
        let Type::Number(number) = self.number(keywords, NumberWidth::Bounded) else {
            return Type::Unknown;
        };
        Type::BigInt(BigInt {
            width,
            minimum: number.minimum,
            maximum: number.maximum,
            exclusive_minimum: number.exclusive_minimum,
            exclusive_maximum: number.exclusive_maximum,
            multiple_of: number.multiple_of,
            excluded: number.excluded,
            checks: number.checks,
        })
    }

    fn number(&mut self, keywords: &Map<String, Value>, width: NumberWidth) -> Type {
        let excluded = match keywords.get("not") {
            None => None,
            Some(not) => match not.get("const") {
                Some(Value::Number(number)) => Some(number.clone()),
                _ => return self.reject(UnsupportedSchema::Keyword("not".to_owned())),
            },
        };
        Type::Number(Number {
            width,
            minimum: self.limit(keywords, "minimum"),
            maximum: self.limit(keywords, "maximum"),
            exclusive_minimum: self.limit(keywords, "exclusiveMinimum"),
            exclusive_maximum: self.limit(keywords, "exclusiveMaximum"),
            multiple_of: self.limit(keywords, "multipleOf"),
            excluded,
            checks: self.checks(keywords),
        })
    }

    fn list(&mut self, keywords: &Map<String, Value>) -> Type {
        let min_items = self.count(keywords, "minItems");
        let max_items = self.count(keywords, "maxItems");
        if let Some(first) = keywords.get("prefixItems") {
            let first = self.array("prefixItems", first);
            let length = first.len() as u64;
            let ends =
                max_items == Some(length) || keywords.get("items") == Some(&Value::Bool(false));
            if min_items != Some(length) || !ends {
                return self.reject(UnsupportedSchema::VariableTuple);
            }
            let items = first.iter().enumerate().map(|(index, schema)| {
                self.at_path(&format!("[{index}]"), |reader| reader.read(schema))
            });
            return Type::Tuple(items.collect());
        }
        let item = match keywords.get("items") {
            Some(items) => self.at_path("[]", |reader| reader.read(items)),
            None => Type::Unknown,
        };
        let unique = keywords.get("uniqueItems") == Some(&Value::Bool(true));
        let checks = self.checks(keywords);
        match max_items {
            Some(0) => Type::Tuple(Vec::new()),
            // A custom message belongs to a constraint on a `Vec`, which is no array in Rust.
            Some(length @ ..=MAX_TUPLE_LENGTH)
                if min_items == max_items && !unique && checks.message("length").is_none() =>
            {
                Type::Tuple((0..length).map(|_| item.clone()).collect())
            }
            _ => Type::List(List {
                item: Box::new(item),
                min_items,
                max_items,
                unique,
                checks,
            }),
        }
    }

    fn object(&mut self, keywords: &Map<String, Value>) -> Type {
        let required: Vec<&str> = match keywords.get("required") {
            Some(names) => self
                .array("required", names)
                .iter()
                .filter_map(Value::as_str)
                .collect(),
            None => Vec::new(),
        };
        let mut properties = Vec::new();
        if let Some(schemas) = keywords.get("properties") {
            for (name, schema) in self.map("properties", schemas) {
                properties.push(Property {
                    name: name.clone(),
                    docs: property_docs(schema),
                    required: required.contains(&name.as_str()),
                    ty: self.at_path(name, |reader| reader.read(schema)),
                });
            }
        }
        for name in required {
            if !properties.iter().any(|property| property.name == name) {
                properties.push(Property {
                    name: name.to_owned(),
                    docs: Docs::default(),
                    required: true,
                    ty: Type::Unknown,
                });
            }
        }
        Type::Object(Object {
            properties,
            additional: self.additional(keywords),
            closed: keywords.get("additionalProperties") == Some(&Value::Bool(false)),
        })
    }

    fn additional(&mut self, keywords: &Map<String, Value>) -> Option<Box<AdditionalProperties>> {
        let mut patterned = match keywords.get("patternProperties") {
            Some(schemas) => self
                .map("patternProperties", schemas)
                .into_iter()
                .peekable(),
            None => Vec::new().into_iter().peekable(),
        };
        if let Some((_, first)) = patterned.peek().copied() {
            let mut key_patterns = Vec::new();
            for (pattern, schema) in patterned {
                if schema != first {
                    self.reject(UnsupportedSchema::MixedPatterns);
                }
                key_patterns.push(pattern.clone());
            }
            return Some(Box::new(AdditionalProperties {
                value: self.at_path("[key]", |reader| reader.read(first)),
                key_patterns,
            }));
        }
        match keywords.get("additionalProperties") {
            None | Some(Value::Bool(false)) => None,
            Some(schema) => Some(Box::new(AdditionalProperties {
                value: self.at_path("[key]", |reader| reader.read(schema)),
                key_patterns: Vec::new(),
            })),
        }
    }

    fn union(&mut self, keyword: &str, members: &Value) -> Type {
        let members = self
            .array(keyword, members)
            .iter()
            .map(|schema| Member {
                docs: docs_of(schema),
                ty: self.read(schema),
            })
            .collect();
        union_of(members)
    }

    fn flatten(&mut self, part: Type) -> Type {
        flatten(part).unwrap_or_else(|| self.reject(UnsupportedSchema::Flattened))
    }

    fn read_ref(&mut self, reference: &Value) -> Type {
        let Some(key) = reference.as_str().and_then(definition_key) else {
            return self.reject(UnsupportedSchema::UnknownRef(reference.to_string()));
        };
        match self.types.types.get(&key) {
            Some(ty) => ty.clone(),
            None => self.reject(UnsupportedSchema::UnknownRef(key)),
        }
    }

    fn literal(&mut self, value: &Value) -> Type {
        match value {
            Value::Null => Type::Null,
            Value::Bool(value) => Type::Literal(Literal::Boolean(*value)),
            Value::String(value) => Type::Literal(Literal::Text(value.clone())),
            Value::Number(number) if number.is_f64() || is_safe_integer(number) => {
                Type::Literal(Literal::Number(number.clone()))
            }
            Value::Number(number) => {
                self.reject(UnsupportedSchema::InexactLiteral(number.to_string()))
            }
            Value::Array(_) | Value::Object(_) => {
                self.reject(UnsupportedSchema::InvalidKeyword("const".to_owned()))
            }
        }
    }

    fn limit(&mut self, keywords: &Map<String, Value>, keyword: &str) -> Option<JsonNumber> {
        match keywords.get(keyword)? {
            Value::Number(number) => Some(number.clone()),
            _ => {
                self.reject(UnsupportedSchema::InvalidKeyword(keyword.to_owned()));
                None
            }
        }
    }

    fn count(&mut self, keywords: &Map<String, Value>, keyword: &str) -> Option<u64> {
        let value = keywords.get(keyword)?;
        let count = value.as_u64();
        if count.is_none() {
            self.reject(UnsupportedSchema::InvalidKeyword(keyword.to_owned()));
        }
        count
    }

    fn checks(&mut self, keywords: &Map<String, Value>) -> Checks {
        let Some(value) = keywords.get("x-checks") else {
            return Checks::default();
        };
        serde_json::from_value(value.clone()).unwrap_or_else(|_| {
            self.reject(UnsupportedSchema::InvalidKeyword("x-checks".to_owned()));
            Checks::default()
        })
    }

    fn text(&mut self, keywords: &Map<String, Value>, keyword: &str) -> Option<String> {
        let value = keywords.get(keyword)?;
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.reject(UnsupportedSchema::InvalidKeyword(keyword.to_owned()));
        }
        text
    }

    fn array<'v>(&mut self, keyword: &str, value: &'v Value) -> &'v [Value] {
        match value {
            Value::Array(values) => values,
            _ => {
                self.reject(UnsupportedSchema::InvalidKeyword(keyword.to_owned()));
                &[]
            }
        }
    }

    fn map<'v>(&mut self, keyword: &str, value: &'v Value) -> Vec<(&'v String, &'v Value)> {
        match value {
            Value::Object(map) => map.iter().collect(),
            _ => {
                self.reject(UnsupportedSchema::InvalidKeyword(keyword.to_owned()));
                Vec::new()
            }
        }
    }

    fn at_path<T>(&mut self, segment: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let outside = self.path.len();
        if !self.path.is_empty() && !segment.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(segment);
        let result = read(self);
        self.path.truncate(outside);
        result
    }

    fn reject(&mut self, reason: UnsupportedSchema) -> Type {
        self.diagnostics.push(Diagnostic::Schema {
            location: SchemaLocation {
                item: self.item_ref.clone(),
                path: self.path.clone(),
            },
            reason,
        });
        Type::Unknown
    }
}

fn temporal_class(dates: Dates, kind: TemporalKind) -> TemporalClass {
    match (dates, kind) {
        (Dates::Temporal | Dates::TemporalPolyfill, _) => TemporalClass::Temporal,
        (Dates::Date, TemporalKind::Instant) => TemporalClass::Date,
        (Dates::Date, _) => TemporalClass::Text,
    }
}

/// Returns the documentation of a schema.
pub(crate) fn docs_of(schema: &Value) -> Docs {
    Docs {
        text: schema
            .get("description")
            .and_then(Value::as_str)
            .map(str::to_owned),
        deprecated: schema.get("deprecated") == Some(&Value::Bool(true)),
        ..Docs::default()
    }
}

/// Returns the documentation of a property, with its default and its examples.
fn property_docs(schema: &Value) -> Docs {
    let default = schema.get("default").filter(|value| !value.is_null());
    let examples = schema.get("examples").and_then(Value::as_array);
    Docs {
        default: default.map(Value::to_string),
        examples: examples
            .into_iter()
            .flatten()
            .map(Value::to_string)
            .collect(),
        ..docs_of(schema)
    }
}

/// Creates a union, merges nested unions into it, and removes alternatives without values.
///
/// schemars describes an enum with unit variants and other variants as a union inside a union.
fn union_of(members: Vec<Member>) -> Type {
    let mut flat = Vec::new();
    for member in members {
        match member.ty {
            Type::Union(inner) if member.docs.is_empty() => flat.extend(inner),
            Type::Never => {}
            _ => flat.push(member),
        }
    }
    match flat.len() {
        0 => Type::Never,
        1 if flat[0].docs.is_empty() => flat.remove(0).ty,
        _ => Type::Union(flat),
    }
}

fn is_safe_integer(number: &JsonNumber) -> bool {
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => integer.unsigned_abs() <= MAX_SAFE_INTEGER,
        (None, Some(float)) => !number.is_u64() && float.abs() <= MAX_SAFE_INTEGER as f64,
        (None, None) => false,
    }
}
