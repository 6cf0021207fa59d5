//! `schemas.ts`: a Zod schema for every input and every named type.
//!
//! Each is lazy, so that it costs nothing until it is used, bundlers can drop it, and types may
//! refer to each other in any order.

use std::collections::BTreeMap;

use serde_json::Number as JsonNumber;

use super::printing::{Document, literal, text};
use super::regex;
use crate::plan::{Definition, Plan};
use crate::schema::{
    Checks, List, Literal, Member, Number, NumberWidth, Object, Text, Type, WireFormat,
};

/// The functions of `runtime/validation/checks.ts`.
const CHECKS: [&str; 19] = [
    "characters",
    "color",
    "date",
    "dateTime",
    "decimal",
    "email",
    "file",
    "filled",
    "instant",
    "items",
    "maxBytes",
    "notBlank",
    "pattern",
    "range",
    "rows",
    "singleLine",
    "time",
    "unique",
    "url",
];

/// Stands in place of a pattern that is not for browsers.
const UNTRANSLATED: &str = " /* only the server checks the pattern */";

pub(super) fn print(plan: &Plan<'_>) -> String {
    let schemas = Schemas {
        of_form: std::cell::Cell::new(false),
        names: plan
            .types
            .iter()
            .map(|definition| (definition.name.as_str(), definition.schema_name.as_str()))
            .collect(),
    };
    let is_of_form = |name: &str| {
        let form = name.strip_suffix(".submit");
        plan.forms
            .iter()
            .any(|one| Some(one.manifest.name.as_str()) == form)
    };
    let inputs = plan.all_functions().filter_map(|function| {
        let input = function.input.as_ref()?;
        Some((input, is_of_form(&function.manifest.name)))
    });
    let types = plan.types.iter().map(|definition| (definition, false));
    let body: String = inputs
        .chain(types)
        .map(|(definition, of_form)| {
            schemas.of_form.set(of_form);
            schemas.declaration(definition).print()
        })
        .collect();
    if body.is_empty() {
        return "export {};\n".to_owned();
    }
    let checks: Vec<_> = CHECKS
        .into_iter()
        .filter(|check| {
            [",", ")", "("]
                .iter()
                .any(|end| body.contains(&format!(".check({check}{end}")))
        })
        .collect();
    let mut file = "import * as z from \"./runtime/validation/zod\";\n".to_owned();
    if !checks.is_empty() {
        let names = Document::list_with_spaces("import {", checks.into_iter().map(text), "}");
        let import = Document::Concat(vec![
            names,
            text(" from \"./runtime/validation/checks\";\n"),
        ]);
        file.push_str(&import.print());
    }
    file.push_str("import { lazy } from \"./runtime/validation/lazy\";\n");
    file.push_str("import type * as types from \"./types\";\n");
    file + &body
}

struct Schemas<'p> {
    /// Whether what is printed is the input of a form.
    of_form: std::cell::Cell<bool>,
    /// The schemas of the named types, by the names of the types.
    names: BTreeMap<&'p str, &'p str>,
}

impl Schemas<'_> {
    fn declaration(&self, definition: &Definition) -> Document {
        let Definition {
            name, schema_name, ..
        } = definition;
        Document::Concat(vec![
            Document::HardLine,
            text(format!(
                "export const {schema_name}: z.ZodType<types.{name}> ="
            )),
            Document::Indent(vec![
                Document::HardLine,
                Document::Group(vec![
                    text("/* @__PURE__ */ lazy(() =>"),
                    Document::Indent(vec![
                        Document::Line,
                        self.schema(&definition.ty),
                        Document::IfBroken(","),
                    ]),
                    Document::SoftLine,
                    text(");"),
                ]),
            ]),
            Document::HardLine,
        ])
    }

    fn schema(&self, ty: &Type) -> Document {
        match ty {
            Type::Unknown => text("z.unknown()"),
            Type::Never => text("z.never()"),
            Type::Null => text("z.null()"),
            Type::Boolean => text("z.boolean()"),
            Type::Number(value) => text(number(value)),
            Type::Text(value) => text(string(value)),
            Type::File(checks) => text(file(checks)),
            Type::Literal(value) => text(format!("z.literal({})", literal::literal(value))),
            Type::List(list) => self.list(list),
            Type::Tuple(items) => Document::list(
                "z.tuple([",
                items.iter().map(|item| self.schema(item)),
                "])",
            ),
            Type::Object(object) => self.object(object),
            Type::Union(members) => self.union(members),
            Type::Intersection(parts) => parts
                .iter()
                .map(|part| self.schema(part))
                .reduce(|left, right| Document::list("z.intersection(", [left, right], ")"))
                .unwrap_or_else(|| text("z.unknown()")),
            Type::Named(name) => {
                let schema_name = self.names.get(name.as_str()).copied().unwrap_or_default();
                text(schema_name.to_owned())
            }
        }
    }

    fn list(&self, list: &List) -> Document {
        let check = if self.of_form.get() { "rows" } else { "items" };
        let mut checks = counted(check, list.min_items, list.max_items, &list.checks);
        if list.unique {
            checks += ".check(unique)";
        }
        Document::Concat(vec![
            text("z.array("),
            self.schema(&list.item),
            text(")"),
            text(checks),
        ])
    }

    fn object(&self, object: &Object) -> Document {
        if object.properties.is_empty()
            && let Some(additional) = &object.additional
        {
            let key = key_schema(&additional.key_patterns);
            return Document::list(
                "z.record(",
                [text(key), self.schema(&additional.value)],
                ")",
            );
        }
        let mut parts = vec![text(if object.closed {
            "z.strictObject({"
        } else {
            "z.object({"
        })];
        let mut inside = Vec::new();
        for property in &object.properties {
            inside.extend([
                Document::HardLine,
                text(format!("{}: ", literal::key(&property.name))),
                self.schema(&property.ty),
                text(if property.required {
                    ","
                } else {
                    ".optional(),"
                }),
            ]);
        }
        if !inside.is_empty() {
            parts.extend([Document::Indent(inside), Document::HardLine]);
        }
        parts.push(text("})"));
        if let Some(additional) = &object.additional {
            parts.extend([
                text(".catchall("),
                self.schema(&additional.value),
                text(")"),
            ]);
        }
        Document::Concat(parts)
    }

    fn union(&self, members: &[Member]) -> Document {
        let (nulls, others): (Vec<&Type>, Vec<&Type>) = members
            .iter()
            .map(|member| &member.ty)
            .partition(|ty| **ty == Type::Null);
        let schema = match others.as_slice() {
            [] => return text("z.null()"),
            [only] => self.schema(only),
            several => self.several(several),
        };
        if nulls.is_empty() {
            schema
        } else {
            Document::Concat(vec![schema, text(".nullable()")])
        }
    }

    fn several(&self, types: &[&Type]) -> Document {
        let literals: Option<Vec<_>> = types
            .iter()
            .map(|ty| match ty {
                Type::Literal(value) => Some(text(literal::literal(value))),
                _ => None,
            })
            .collect();
        if let Some(literals) = literals {
            let are_texts = types
                .iter()
                .all(|ty| matches!(ty, Type::Literal(Literal::Text(_))));
            return Document::list(
                if are_texts { "z.enum([" } else { "z.literal([" },
                literals,
                "])",
            );
        }
        let schemas = types.iter().map(|ty| self.schema(ty));
        match tag(types) {
            None => Document::list("z.union([", schemas, "])"),
            Some(tag) => Document::Concat(vec![
                text(format!("z.discriminatedUnion({}, ", literal::string(tag))),
                Document::list("[", schemas, "]"),
                text(")"),
            ]),
        }
    }
}

/// The property whose value tells which of the alternatives an object is.
fn tag<'t>(types: &[&'t Type]) -> Option<&'t str> {
    let objects: Option<Vec<&Object>> = types
        .iter()
        .map(|ty| match ty {
            Type::Object(object) => Some(object),
            _ => None,
        })
        .collect();
    let objects = objects?;
    let mut candidates = objects.first()?.properties.iter();
    candidates
        .find(|candidate| {
            let mut values: Vec<_> = objects
                .iter()
                .filter_map(|object| tag_value(object, &candidate.name))
                .collect();
            values.sort_unstable();
            values.dedup();
            values.len() == objects.len()
        })
        .map(|tag| tag.name.as_str())
}

fn tag_value<'o>(object: &'o Object, tag: &str) -> Option<&'o str> {
    let property = object
        .properties
        .iter()
        .find(|property| property.name == tag)?;
    match &property.ty {
        Type::Literal(Literal::Text(value)) if property.required => Some(value),
        _ => None,
    }
}

fn number(number: &Number) -> String {
    let mut schema = match number.width {
        NumberWidth::Float => "z.number()",
        NumberWidth::Int32 => "z.int32()",
        NumberWidth::UInt32 => "z.uint32()",
        NumberWidth::Int8
        | NumberWidth::Int16
        | NumberWidth::UInt8
        | NumberWidth::UInt16
        | NumberWidth::Bounded => "z.int()",
    }
    .to_owned();
    let bounds = Bounds::of(number);
    if schema == "z.int()"
        && let Some((min, max)) = number.width.limits()
    {
        schema += &match (bounds.has_lower(), bounds.has_upper()) {
            (true, true) => String::new(),
            (true, false) => format!(".check(z.lte({max}))"),
            (false, true) => format!(".check(z.gte({min}))"),
            (false, false) => format!(".check(range({{ min: {min}, max: {max} }}))"),
        };
    }
    schema += &bounds.check(number.checks.message("range"));
    if let Some(step) = &number.multiple_of {
        schema += &format!(".check(z.multipleOf({}))", literal::number(step));
    }
    if let Some(not) = &number.excluded {
        let not = literal::number(not);
        schema += &format!(".refine((value) => value !== {not}, \"Must not be {not}.\")");
    }
    schema
}

/// The range that a constraint wants, apart from what the type can hold.
struct Bounds {
    min: Option<JsonNumber>,
    exclusive_min: Option<JsonNumber>,
    max: Option<JsonNumber>,
    exclusive_max: Option<JsonNumber>,
}

impl Bounds {
    /// The bounds that a constraint has set.
    ///
    /// Of an upper bound that the type has anyway nothing is known, so it is left out beside a lower
    /// one; a lower one, zero nearly always, is said beside an upper one.
    fn of(number: &Number) -> Self {
        let own = number.width.limits();
        let is_own = |bound: &Option<JsonNumber>, own: Option<i64>| {
            own.is_some() && bound.as_ref().and_then(JsonNumber::as_i64) == own
        };
        let (own_min, own_max) = own.unzip();
        let (min, max) = (number.minimum.clone(), number.maximum.clone());
        let has_own_max = max.is_none() || is_own(&max, own_max);
        let has_own_min = min.is_none() || is_own(&min, own_min);
        Self {
            min: min.filter(|_| !(has_own_min && has_own_max && own.is_some())),
            exclusive_min: number.exclusive_minimum.clone(),
            max: max.filter(|_| !(has_own_max && own.is_some())),
            exclusive_max: number.exclusive_maximum.clone(),
        }
    }

    fn has_lower(&self) -> bool {
        self.min.is_some() || self.exclusive_min.is_some()
    }

    fn has_upper(&self) -> bool {
        self.max.is_some() || self.exclusive_max.is_some()
    }

    fn named(&self) -> impl Iterator<Item = (&'static str, &'static str, &JsonNumber)> {
        [
            ("min", "at least", &self.min),
            ("exclusiveMin", "more than", &self.exclusive_min),
            ("max", "at most", &self.max),
            ("exclusiveMax", "less than", &self.exclusive_max),
        ]
        .into_iter()
        .filter_map(|(name, words, bound)| Some((name, words, bound.as_ref()?)))
    }

    fn check(&self, message: Option<&str>) -> String {
        let bounds: Vec<_> = self
            .named()
            .map(|(name, _, bound)| format!("{name}: {}", literal::number(bound)))
            .collect();
        if bounds.is_empty() {
            return String::new();
        }
        let spelt = || self.words_of_rust();
        let message = message.map(str::to_owned).or_else(spelt);
        let message = message.map(|message| format!(", {}", literal::string(&message)));
        format!(
            ".check(range({{ {} }}{}))",
            bounds.join(", "),
            message.unwrap_or_default()
        )
    }

    /// The server's words, where it writes a number in another way than JavaScript: `1.0`.
    fn words_of_rust(&self) -> Option<String> {
        if self
            .named()
            .all(|(_, _, bound)| bound.to_string() == literal::number(bound))
        {
            return None;
        }
        let bounds = self
            .named()
            .map(|(_, words, bound)| format!("{words} {bound}"));
        Some(format!(
            "Must be {}.",
            bounds.collect::<Vec<_>>().join(" and ")
        ))
    }
}

/// A string with the constraints that can be checked as the server does.
///
/// Of the formats these are the email address, as the `validator` crate takes it; the URL, for
/// which both follow the WHATWG; and the UUID with its hyphens, as RFC 9562 writes it. The others
/// have looser or stricter checks in JavaScript than in Rust, so they are left to the server.
fn string(value: &Text) -> String {
    let checks = &value.checks;
    let mut schema = match value.format.as_deref() {
        Some("uuid") => "z.guid()",
        _ => "z.string()",
    }
    .to_owned();
    let mut own_length = (checks.not_blank && value.min_length.or(value.max_length).is_some())
        .then(|| checks.message("length"))
        .flatten();
    if own_length.is_some() {
        schema += &counted("filled", value.min_length, value.max_length, checks);
    } else if checks.not_blank {
        schema += ".check(notBlank)";
    }
    if checks.single_line {
        schema += ".check(singleLine)";
    }
    schema += match checks.format {
        Some(WireFormat::Date) => ".check(date)",
        Some(WireFormat::Time) => ".check(time)",
        Some(WireFormat::DateTime) => ".check(dateTime)",
        Some(WireFormat::Color) => ".check(color)",
        Some(WireFormat::Decimal) => ".check(decimal)",
        None => "",
    };
    match value.format.as_deref() {
        Some("email") => schema += &format!(".check(email({}))", own_words(checks, "email")),
        // Outside of forms, what Rust takes for a moment depends on the crate.
        Some("date-time") if *checks != Checks::default() => schema += ".check(instant)",
        Some("uri") => schema += &format!(".check(url({}))", own_words(checks, "url")),
        _ => {}
    }
    if own_length.take().is_none() {
        schema += &counted("characters", value.min_length, value.max_length, checks);
    }
    if let Some(max) = checks.max_bytes {
        schema += &format!(".check(maxBytes({max}))");
    }
    // A pattern beside a format is how the type itself reads it.
    let Some(pattern) = value.pattern.as_deref().filter(|_| checks.format.is_none()) else {
        return schema;
    };
    let words = own_words(checks, "regex");
    schema += &match (regex::to_javascript(pattern), words.as_str()) {
        (None, _) => UNTRANSLATED.to_owned(),
        (Some(pattern), "") => format!(".check(pattern({pattern}))"),
        (Some(pattern), words) => format!(".check(pattern({pattern}, {words}))"),
    };
    schema
}

fn file(checks: &Checks) -> String {
    let accept = (!checks.accept.is_empty()).then(|| checks.accept.join(", "));
    let accept = accept.map(|accept| format!("accept: {}", literal::string(&accept)));
    let max_bytes = checks.max_bytes.map(|max| format!("maxBytes: {max}"));
    let limits: Vec<_> = accept.into_iter().chain(max_bytes).collect();
    match limits.as_slice() {
        [] => "z.instanceof(File).check(file({}))".to_owned(),
        limits => format!(
            "z.instanceof(File).check(file({{ {} }}))",
            limits.join(", ")
        ),
    }
}

/// The check of how many characters or items there are; nothing without limits.
fn counted(check: &str, min: Option<u64>, max: Option<u64>, checks: &Checks) -> String {
    let limits: Vec<_> = [("min", min), ("max", max)]
        .into_iter()
        .filter_map(|(name, limit)| Some(format!("{name}: {}", limit?)))
        .collect();
    if limits.is_empty() {
        return String::new();
    }
    let words = match own_words(checks, "length") {
        words if words.is_empty() => words,
        words => format!(", {words}"),
    };
    format!(".check({check}({{ {} }}{words}))", limits.join(", "))
}

/// The server's own words for a broken constraint, as an argument; nothing where it has none.
fn own_words(checks: &Checks, code: &str) -> String {
    checks
        .message(code)
        .map(literal::string)
        .unwrap_or_default()
}

fn key_schema(patterns: &[String]) -> String {
    let alternatives: Option<Vec<_>> = patterns
        .iter()
        .map(|pattern| regex::to_javascript(pattern))
        .collect();
    match alternatives.as_deref() {
        Some([pattern]) => format!("z.string().regex({pattern})"),
        None => format!("z.string(){UNTRANSLATED}"),
        _ => "z.string()".to_owned(),
    }
}
