//! `schemas.ts`: a Zod schema for every input and every named type.
//!
//! The schemas are lazy: a schema is created when it is first used, bundlers can remove unused
//! schemas, and schemas can refer to each other in any order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Number as JsonNumber;

use super::printing::{
    Document, Expression, Property, TypeImports, lazy_assignment, literal, text,
};
use super::regex;
use crate::options::Dates;
use crate::plan::{Definition, Plan};
use crate::schema::{
    BigInt, Checks, List, Literal, Member, Number, NumberWidth, Object, Temporal, TemporalClass,
    Text, Type, WireFormat,
};

/// The functions of `runtime/validation/checks.ts`.
const CHECKS: [&str; 22] = [
    "characters",
    "color",
    "contains",
    "date",
    "dateTime",
    "decimal",
    "doesNotContain",
    "email",
    "file",
    "filled",
    "instant",
    "items",
    "maxBytes",
    "mustMatch",
    "notBlank",
    "pattern",
    "range",
    "rows",
    "singleLine",
    "time",
    "url",
    "uuid",
];

/// The comment on a value with a pattern that has no equivalent in JavaScript.
const UNTRANSLATED: &str = "Only the server checks the pattern.";

pub(super) fn print(plan: &Plan<'_>) -> String {
    let names = plan
        .types
        .iter()
        .map(|definition| (definition.name.as_str(), definition.schema_name.as_str()))
        .collect();
    let of_functions = Schemas {
        names: &names,
        list_check: "items",
    };
    let of_forms = Schemas {
        names: &names,
        list_check: "rows",
    };
    let inputs = plan.all_functions().filter_map(|function| {
        let input = function.input.as_ref()?;
        let is_submission = plan
            .forms
            .iter()
            .any(|form| form.submit.manifest.name == function.manifest.name);
        let schemas = if is_submission {
            &of_forms
        } else {
            &of_functions
        };
        Some((schemas, input))
    });
    let types = plan
        .types
        .iter()
        .map(|definition| (&of_functions, definition));
    let declarations: Vec<_> = inputs
        .chain(types)
        .map(|(schemas, definition)| (definition, schemas.schema(&definition.ty)))
        .collect();
    if declarations.is_empty() {
        return "export {};\n".to_owned();
    }
    let mut used_checks = BTreeSet::new();
    for (_, schema) in &declarations {
        collect_checks(schema, &mut used_checks);
    }
    let checks: Vec<_> = CHECKS
        .into_iter()
        .filter(|check| used_checks.contains(check))
        .collect();
    let mut file = "import * as z from \"./runtime/validation/zod\";\n".to_owned();
    if !checks.is_empty() {
        let names = Document::list_with_spaces("import {", checks.into_iter().map(text), "}");
        let import = Document::concat(vec![
            names,
            text(" from \"./runtime/validation/checks\";\n"),
        ]);
        file.push_str(&import.print());
    }
    file.push_str("import { lazy } from \"./runtime/validation/lazy\";\n");
    let uses = TypeImports::of(declarations.iter().map(|(definition, _)| &definition.ty));
    if uses.temporal && plan.dates == Dates::TemporalPolyfill {
        file.push_str("import { Temporal } from \"temporal-polyfill\";\n");
    }
    file.push_str("import type * as types from \"./types\";\n");
    for (definition, schema) in &declarations {
        file.push_str(&declaration(definition, schema).print());
    }
    file
}

fn declaration(definition: &Definition, schema: &Expression) -> Document {
    let Definition {
        name,
        schema_name,
        ty,
        ..
    } = definition;
    let comment = if has_untranslated_pattern(ty) {
        format!("// {UNTRANSLATED}\n")
    } else {
        String::new()
    };
    let left = format!("export const {schema_name}: z.ZodType<types.{name}> =");
    Document::concat(vec![
        Document::HardLine,
        text(comment),
        lazy_assignment(left, schema),
        text(";"),
        Document::HardLine,
    ])
}

/// Adds the names of the checks in a schema to `names`.
fn collect_checks<'s>(schema: &'s Expression, names: &mut BTreeSet<&'s str>) {
    schema.visit_calls(&mut |call| {
        if let [check] = call.arguments()
            && call.name() == "check"
        {
            match check {
                Expression::Atom(name) => names.insert(name.as_str()),
                Expression::Call(call) => names.insert(call.name()),
                _ => false,
            };
        }
    });
}

struct Schemas<'p> {
    /// The names of the schemas of named types, by the names of the types.
    names: &'p BTreeMap<&'p str, &'p str>,
    /// The check of a list's length. In forms, its message counts rows instead of items.
    list_check: &'static str,
}

impl Schemas<'_> {
    fn schema(&self, ty: &Type) -> Expression {
        match ty {
            Type::Unknown => zod("unknown", []),
            Type::Never => zod("never", []),
            Type::Null => zod("null", []),
            Type::Boolean => zod("boolean", []),
            Type::Number(value) => number(value),
            Type::BigInt(value) => big_int(value),
            Type::Text(value) => string(value),
            Type::Temporal(value) => temporal(value),
            Type::Bytes(_) => zod("instanceof", [Expression::atom("Uint8Array")]),
            Type::File(checks) => file(checks),
            Type::Literal(value) => zod("literal", [literal_expression(value)]),
            Type::List(list) => self.list(list),
            Type::Tuple(items) => {
                let items = items.iter().map(|item| self.schema(item));
                zod("tuple", [Expression::Array(items.collect())])
            }
            Type::Object(object) => self.object(object),
            Type::Union(members) => self.union(members),
            Type::Intersection(parts) => parts
                .iter()
                .map(|part| self.schema(part))
                .reduce(|left, right| zod("intersection", [left, right]))
                .unwrap_or_else(|| zod("unknown", [])),
            Type::Named(name) => {
                let schema_name = self.names.get(name.as_str()).copied();
                Expression::atom(schema_name.unwrap_or_default())
            }
        }
    }

    fn list(&self, list: &List) -> Expression {
        let schema = zod("array", [self.schema(&list.item)]);
        let mut limits = limits(list.min_items, list.max_items);
        if limits.is_empty() {
            return schema;
        }
        if list.unique {
            // A set in Rust accepts an item twice, and counts it once.
            limits.push(("distinct".to_owned(), Expression::atom("true")));
        }
        let message = list.checks.message("length").map(str::to_owned);
        schema.method("check", [check_call(self.list_check, limits, message)])
    }

    fn object(&self, object: &Object) -> Expression {
        if object.properties.is_empty()
            && let Some(additional) = &object.additional
        {
            let key = key_schema(&additional.key_patterns);
            return zod("record", [key, self.schema(&additional.value)]);
        }
        let properties = object.properties.iter().map(|property| {
            let schema = self.schema(&property.ty);
            Property {
                comment: has_untranslated_pattern(&property.ty).then_some(UNTRANSLATED),
                name: property.name.clone(),
                value: if property.required {
                    schema
                } else {
                    optional(schema)
                },
            }
        });
        let method = if object.closed {
            "strictObject"
        } else {
            "object"
        };
        let mut schema = zod(method, [Expression::ObjectLines(properties.collect())]);
        for property in &object.properties {
            if let Some(checks) = checks_of(&property.ty)
                && let Some(other) = &checks.must_match
            {
                let message = checks.message("must_match").map(str::to_owned);
                let arguments = [property.name.clone(), other.clone()].into_iter();
                let arguments = arguments.chain(message).map(Expression::String);
                let check = Expression::call("mustMatch", arguments);
                schema = schema.method("check", [check]);
            }
        }
        match &object.additional {
            Some(additional) => {
                let value = self.schema(&additional.value);
                // The type of the other properties includes `undefined` if a property is optional.
                let is_exact = object.properties.iter().all(|property| property.required);
                let value = if is_exact { value } else { optional(value) };
                schema.method("catchall", [value])
            }
            None => schema,
        }
    }

    fn union(&self, members: &[Member]) -> Expression {
        let (nulls, others): (Vec<&Type>, Vec<&Type>) = members
            .iter()
            .map(|member| &member.ty)
            .partition(|ty| **ty == Type::Null);
        let schema = match others.as_slice() {
            [] => return zod("null", []),
            [only] => self.schema(only),
            several => self.alternatives(several),
        };
        if nulls.is_empty() {
            schema
        } else {
            schema.method("nullable", [])
        }
    }

    fn alternatives(&self, types: &[&Type]) -> Expression {
        let literals: Option<Vec<_>> = types
            .iter()
            .map(|ty| match ty {
                Type::Literal(value) => Some(literal_expression(value)),
                _ => None,
            })
            .collect();
        if let Some(literals) = literals {
            let are_strings = literals
                .iter()
                .all(|literal| matches!(literal, Expression::String(_)));
            let method = if are_strings { "enum" } else { "literal" };
            return zod(method, [Expression::Array(literals)]);
        }
        let schemas = Expression::Array(types.iter().map(|ty| self.schema(ty)).collect());
        match discriminator(types) {
            None => zod("union", [schemas]),
            Some(name) => zod(
                "discriminatedUnion",
                [Expression::String(name.to_owned()), schemas],
            ),
        }
    }
}

fn optional(schema: Expression) -> Expression {
    schema.method("optional", [])
}

/// Calls a function of Zod.
fn zod(function: &'static str, arguments: impl IntoIterator<Item = Expression>) -> Expression {
    Expression::atom("z").method(function, arguments)
}

fn literal_expression(value: &Literal) -> Expression {
    match value {
        Literal::Text(value) => Expression::String(value.clone()),
        other => Expression::atom(literal::literal(other)),
    }
}

/// Returns whether a value has a pattern that only the server checks.
///
/// The properties of objects are ignored, because each property has its own comment.
fn has_untranslated_pattern(ty: &Type) -> bool {
    match ty {
        Type::Text(value) => {
            value_pattern(value).is_some_and(|pattern| regex::to_javascript(pattern).is_none())
        }
        Type::List(list) => has_untranslated_pattern(&list.item),
        Type::Tuple(types) | Type::Intersection(types) => {
            types.iter().any(has_untranslated_pattern)
        }
        Type::Union(members) => members
            .iter()
            .any(|member| has_untranslated_pattern(&member.ty)),
        Type::Object(object) => object.additional.as_ref().is_some_and(|additional| {
            let keys = additional.key_patterns.iter();
            has_untranslated_pattern(&additional.value)
                || keys
                    .into_iter()
                    .any(|pattern| regex::to_javascript(pattern).is_none())
        }),
        _ => false,
    }
}

/// Returns the checks of a value that may be null.
fn checks_of(ty: &Type) -> Option<&Checks> {
    match ty {
        Type::Text(text) => Some(&text.checks),
        Type::Number(number) => Some(&number.checks),
        Type::List(list) => Some(&list.checks),
        Type::Union(members) => members.iter().find_map(|member| checks_of(&member.ty)),
        _ => None,
    }
}

/// Returns the pattern of a string, unless the string also has a form format: the pattern then
/// describes how Rust parses the type.
fn value_pattern(value: &Text) -> Option<&str> {
    let pattern = value.pattern.as_deref();
    pattern.filter(|_| value.checks.format.is_none() && contained_text(value).is_none())
}

/// Returns the text that a string must contain.
fn contained_text(value: &Text) -> Option<String> {
    let checks = &value.checks;
    checks.contains.clone().or_else(|| {
        let pattern = value.pattern.as_deref();
        // A custom message tells the constraint `regex` from `contains`.
        pattern
            .filter(|_| checks.message("regex").is_none())
            .and_then(regex::literal_text)
    })
}

/// Returns the property whose value distinguishes the alternatives of a union of objects.
fn discriminator<'t>(types: &[&'t Type]) -> Option<&'t str> {
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
                .filter_map(|object| discriminator_value(object, &candidate.name))
                .collect();
            values.sort_unstable();
            values.dedup();
            values.len() == objects.len()
        })
        .map(|property| property.name.as_str())
}

fn discriminator_value<'o>(object: &'o Object, name: &str) -> Option<&'o str> {
    let property = object
        .properties
        .iter()
        .find(|property| property.name == name)?;
    match &property.ty {
        Type::Literal(Literal::Text(value)) if property.required => Some(value),
        _ => None,
    }
}

fn number(number: &Number) -> Expression {
    let bounds = Bounds::of(number);
    let mut schema = zod(
        match number.width {
            NumberWidth::Float => "number",
            NumberWidth::Int8 => "int8",
            NumberWidth::Int16 => "int16",
            NumberWidth::Int32 => "int32",
            NumberWidth::UInt8 => "uint8",
            NumberWidth::UInt16 => "uint16",
            NumberWidth::UInt32 => "uint32",
            NumberWidth::Bounded => "int",
        },
        [],
    );
    if let Some(check) = bounds.check(number.checks.message("range")) {
        schema = schema.method("check", [check]);
    }
    if let Some(step) = &number.multiple_of {
        let step = Expression::atom(literal::number(step));
        schema = schema.method("check", [zod("multipleOf", [step])]);
    }
    if let Some(excluded) = &number.excluded {
        let excluded = literal::number(excluded);
        let test = Expression::Arrow(format!("(value) => value !== {excluded}"));
        let message = Expression::String(format!("Must not be {excluded}."));
        schema = schema.method("refine", [test, message]);
    }
    schema
}

/// An integer of 64 or more bits, within the limits of its type and its constraint.
fn big_int(integer: &BigInt) -> Expression {
    let literal = |value: &dyn std::fmt::Display| Expression::atom(format!("{value}n"));
    let schema = zod("bigint", []);
    let (least, greatest) = integer.width.limits();
    let min = integer.minimum.as_ref().map(|min| literal(min));
    let max = integer.maximum.as_ref().map(|max| literal(max));
    let mut schema = schema
        .method(
            "check",
            [zod("gte", [min.unwrap_or_else(|| literal(&least))])],
        )
        .method(
            "check",
            [zod("lte", [max.unwrap_or_else(|| literal(&greatest))])],
        );
    if let Some(excluded) = &integer.excluded {
        let test = Expression::Arrow(format!("(value) => value !== {excluded}n"));
        let message = Expression::String(format!("Must not be {excluded}."));
        schema = schema.method("refine", [test, message]);
    }
    schema
}

fn temporal(value: &Temporal) -> Expression {
    match value.class {
        TemporalClass::Text => string(&value.text),
        TemporalClass::Date => zod("date", []),
        TemporalClass::Temporal => {
            let class = Expression::atom(format!("Temporal.{}", value.kind.name()));
            zod("instanceof", [class])
        }
    }
}

/// The range of a constraint, without the limits of the type.
struct Bounds {
    min: Option<JsonNumber>,
    exclusive_min: Option<JsonNumber>,
    max: Option<JsonNumber>,
    exclusive_max: Option<JsonNumber>,
}

impl Bounds {
    /// Returns the bounds of a constraint.
    ///
    /// A schema does not show whether a bound that equals the limit of the type comes from the
    /// constraint. If `x-checks` does not tell: an upper bound that equals the limit is omitted. A lower bound that equals the
    /// limit, which is usually zero, is kept only if there is an upper bound.
    fn of(number: &Number) -> Self {
        let type_limits = number.width.limits();
        let (type_min, type_max) = type_limits.unzip();
        let is_type_limit = |bound: &Option<JsonNumber>, limit: Option<i64>| {
            limit.is_some() && bound.as_ref().and_then(JsonNumber::as_i64) == limit
        };
        let declared = |name: &str| match &number.checks.range {
            Some(names) => names.iter().any(|declared| declared == name),
            None => true,
        };
        let min = number.minimum.clone().filter(|_| declared("min"));
        let max = number.maximum.clone().filter(|_| declared("max"));
        let lacks_min = min.is_none() || is_type_limit(&min, type_min);
        let lacks_max = max.is_none() || is_type_limit(&max, type_max);
        Self {
            min: min.filter(|_| !(lacks_min && lacks_max && type_limits.is_some())),
            exclusive_min: number.exclusive_minimum.clone(),
            max: max.filter(|_| !(lacks_max && type_limits.is_some())),
            exclusive_max: number.exclusive_maximum.clone(),
        }
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

    fn check(&self, message: Option<&str>) -> Option<Expression> {
        let bounds: Vec<_> = self
            .named()
            .map(|(name, _, bound)| (name.to_owned(), Expression::atom(literal::number(bound))))
            .collect();
        if bounds.is_empty() {
            return None;
        }
        let message = message.map(str::to_owned).or_else(|| self.server_message());
        Some(check_call("range", bounds, message))
    }

    /// Returns the server's message if it formats a number differently than JavaScript, such as
    /// `1.0`.
    fn server_message(&self) -> Option<String> {
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

/// A string with the constraints that the client can check in the same way as the server.
///
/// The checked formats are the email address, as the `validator` crate accepts it; the URL, for
/// which both sides follow the WHATWG URL standard; and the UUID with hyphens, as in RFC 9562.
/// Other formats have looser or stricter checks in JavaScript than in Rust, so only the server
/// checks them.
fn string(value: &Text) -> Expression {
    let checks = &value.checks;
    let mut schema = zod("string", []);
    for check in string_checks(value) {
        schema = schema.method("check", [check]);
    }
    let parts = [
        ("contains", "contains", contained_text(value)),
        (
            "doesNotContain",
            "does_not_contain",
            checks.does_not_contain.clone(),
        ),
    ];
    for (check, code, part) in parts {
        if let Some(part) = part {
            let message = checks.message(code).map(str::to_owned);
            let arguments = [part].into_iter().chain(message).map(Expression::String);
            schema = schema.method("check", [Expression::call(check, arguments)]);
        }
    }
    if let Some(pattern) = value_pattern(value).and_then(regex::to_javascript) {
        let message = checks.message("regex").map(str::to_owned);
        let arguments = [Expression::Regex(pattern)].into_iter();
        let arguments = arguments.chain(message.map(Expression::String));
        schema = schema.method("check", [Expression::call("pattern", arguments)]);
    }
    schema
}

/// The checks of a string, except for its pattern, in the order in which the server applies them.
fn string_checks(value: &Text) -> Vec<Expression> {
    let checks = &value.checks;
    let length = |check| length_check(check, value.min_length, value.max_length, checks);
    let mut all = Vec::new();
    let has_own_message =
        value.min_length.or(value.max_length).is_some() && checks.message("length").is_some();
    let is_filled = checks.not_blank && has_own_message;
    if is_filled {
        all.extend(length("filled"));
    } else if checks.not_blank {
        all.push(Expression::atom("notBlank"));
    }
    if checks.single_line {
        all.push(Expression::atom("singleLine"));
    }
    let format = checks.format.map(|format| match format {
        WireFormat::Date => "date",
        WireFormat::Time => "time",
        WireFormat::DateTime => "dateTime",
        WireFormat::Color => "color",
        WireFormat::Decimal => "decimal",
    });
    all.extend(format.map(Expression::atom));
    let with_message = |check: &str, code| {
        let message = checks.message(code).map(str::to_owned);
        Expression::call(check, message.map(Expression::String))
    };
    match value.format.as_deref() {
        Some("email") => all.push(with_message("email", "email")),
        // Outside of forms, the crate of the Rust type decides which timestamps are valid.
        Some("date-time") if *checks != Checks::default() => {
            all.push(Expression::atom("instant"));
        }
        Some("uri") => all.push(with_message("url", "url")),
        Some("uuid") => all.push(Expression::atom("uuid")),
        _ => {}
    }
    if !is_filled {
        all.extend(length("characters"));
    }
    if let Some(max) = checks.max_bytes {
        let max = Expression::atom(max.to_string());
        all.push(Expression::call("maxBytes", [max]));
    }
    all
}

fn file(checks: &Checks) -> Expression {
    let accept = (!checks.accept.is_empty()).then(|| {
        (
            "accept".to_owned(),
            Expression::String(checks.accept.join(", ")),
        )
    });
    let max_bytes = checks
        .max_bytes
        .map(|max| ("maxBytes".to_owned(), Expression::atom(max.to_string())));
    let limits = accept.into_iter().chain(max_bytes).collect();
    let check = Expression::call("file", [Expression::Object(limits)]);
    zod("instanceof", [Expression::atom("File")]).method("check", [check])
}

/// The check of the number of characters; `None` without limits.
fn length_check(
    check: &str,
    min: Option<u64>,
    max: Option<u64>,
    checks: &Checks,
) -> Option<Expression> {
    let limits = limits(min, max);
    if limits.is_empty() {
        return None;
    }
    let message = checks.message("length").map(str::to_owned);
    Some(check_call(check, limits, message))
}

fn limits(min: Option<u64>, max: Option<u64>) -> Vec<(String, Expression)> {
    [("min", min), ("max", max)]
        .into_iter()
        .filter_map(|(name, limit)| Some((name.to_owned(), Expression::atom(limit?.to_string()))))
        .collect()
}

/// Calls a check with an object of limits, and with a custom message.
fn check_call(
    check: &str,
    limits: Vec<(String, Expression)>,
    message: Option<String>,
) -> Expression {
    let arguments = [Expression::Object(limits)].into_iter();
    Expression::call(check, arguments.chain(message.map(Expression::String)))
}

fn key_schema(patterns: &[String]) -> Expression {
    let key = zod("string", []);
    match patterns {
        [pattern] => match regex::to_javascript(pattern) {
            Some(pattern) => key.method("regex", [Expression::Regex(pattern)]),
            None => key,
        },
        _ => key,
    }
}
