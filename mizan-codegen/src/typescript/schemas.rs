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
    BigInt, BigIntWidth, Checks, List, Literal, Member, Number, NumberWidth, Object, Temporal,
    TemporalClass, Text, Type, WireFormat,
};

/// The functions of `runtime/validation/checks.ts`.
const CHECKS: [&str; 26] = [
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
    "plausibleDate",
    "plausibleDateTime",
    "plausibleDecimal",
    "plausibleTime",
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
        in_form: false,
    };
    let of_forms = Schemas {
        names: &names,
        in_form: true,
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
    /// True for the values of a form, for which the server has other messages.
    in_form: bool,
}

impl Schemas<'_> {
    fn schema(&self, ty: &Type) -> Expression {
        match ty {
            Type::Unknown => zod("unknown", []),
            Type::Never => zod("never", []),
            Type::Null => zod("null", []),
            Type::Boolean => zod("boolean", []),
            Type::Number(value) => number(value, self.in_form),
            Type::BigInt(value) => big_int(value, self.in_form),
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
        schema.method(
            "check",
            [check_call(
                if self.in_form { "rows" } else { "items" },
                limits,
                message,
            )],
        )
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
            // A decimal number is text or a number.
            None if types.iter().any(|ty| is_decimal(ty)) => zod(
                "union",
                [schemas, Expression::String(DECIMAL_MESSAGE.to_owned())],
            ),
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
/// describes how Rust parses the type. That of a decimal number is neither what Rust parses nor what it
/// rejects, so that only the server checks it.
fn value_pattern(value: &Text) -> Option<&str> {
    let pattern = value.pattern.as_deref();
    pattern.filter(|_| {
        value.checks.format.is_none() && !is_decimal_text(value) && contained_text(value).is_none()
    })
}

/// The server's message for text that is not a decimal number.
const DECIMAL_MESSAGE: &str = "Enter a number, such as 12.50.";

fn is_decimal(ty: &Type) -> bool {
    matches!(ty, Type::Text(value) if is_decimal_text(value))
}

fn is_decimal_text(value: &Text) -> bool {
    value.format.as_deref() == Some("decimal") || value.checks.format == Some(WireFormat::Decimal)
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

fn number(number: &Number, in_form: bool) -> Expression {
    let constructor = match number.width {
        NumberWidth::Float => "number",
        NumberWidth::Int8 => "int8",
        NumberWidth::Int16 => "int16",
        NumberWidth::Int32 => "int32",
        NumberWidth::UInt8 => "uint8",
        NumberWidth::UInt16 => "uint16",
        NumberWidth::UInt32 => "uint32",
        NumberWidth::Bounded => "int",
    };
    let limits = number.width.limits();
    let range = Range {
        minimum: number.minimum.as_ref(),
        maximum: number.maximum.as_ref(),
        exclusive_minimum: number.exclusive_minimum.as_ref(),
        exclusive_maximum: number.exclusive_maximum.as_ref(),
        multiple_of: number.multiple_of.as_ref(),
        excluded: number.excluded.as_ref(),
        checks: &number.checks,
        limits: limits.map(|(min, max)| (min.to_string(), max.to_string())),
        suffix: "",
    };
    range.schema(constructor, in_form)
}

/// An integer of 64 or more bits.
fn big_int(integer: &BigInt, in_form: bool) -> Expression {
    let constructor = match integer.width {
        BigIntWidth::Int64 => "int64",
        BigIntWidth::UInt64 => "uint64",
        BigIntWidth::Int128 => "int128",
        BigIntWidth::UInt128 => "uint128",
    };
    let (min, max) = integer.width.limits();
    let range = Range {
        minimum: integer.minimum.as_ref(),
        maximum: integer.maximum.as_ref(),
        exclusive_minimum: integer.exclusive_minimum.as_ref(),
        exclusive_maximum: integer.exclusive_maximum.as_ref(),
        multiple_of: integer.multiple_of.as_ref(),
        excluded: integer.excluded.as_ref(),
        checks: &integer.checks,
        limits: Some((min.to_string(), max.to_string())),
        suffix: "n",
    };
    range.schema(constructor, in_form)
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

/// The values of a number: the keywords of its schema, and the limits of its type.
struct Range<'a> {
    minimum: Option<&'a JsonNumber>,
    maximum: Option<&'a JsonNumber>,
    exclusive_minimum: Option<&'a JsonNumber>,
    exclusive_maximum: Option<&'a JsonNumber>,
    multiple_of: Option<&'a JsonNumber>,
    excluded: Option<&'a JsonNumber>,
    checks: &'a Checks,
    /// The limits of an integer type.
    limits: Option<(String, String)>,
    /// The suffix of literals: `n` for a `bigint`.
    suffix: &'static str,
}

impl Range<'_> {
    fn schema(&self, constructor: &'static str, in_form: bool) -> Expression {
        let is_named = in_form || constructor == "int";
        let message = self
            .message_of_type()
            .filter(|_| is_named && constructor != "number");
        let mut schema = zod(constructor, message.map(Expression::String));
        if let Some(check) = self.check() {
            schema = schema.method("check", [check]);
        }
        if let Some(step) = self.multiple_of {
            let step = Expression::atom(self.literal(step));
            schema = schema.method("check", [zod("multipleOf", [step])]);
        }
        if let Some(excluded) = self.excluded {
            let literal = self.literal(excluded);
            let test = Expression::Arrow(format!("(value) => value !== {literal}"));
            let message = Expression::String(format!("Must not be {excluded}."));
            schema = schema.method("refine", [test, message]);
        }
        schema
    }

    fn literal(&self, number: &JsonNumber) -> String {
        format!("{}{}", literal::number(number), self.suffix)
    }

    /// Returns the message for a number that the type cannot hold, if it is not that of the type: a form
    /// names the bounds of the constraint.
    fn message_of_type(&self) -> Option<String> {
        let Some((type_min, type_max)) = self.limits.as_ref() else {
            // An integer without a type has only the bounds of its schema.
            let (min, max) = (self.minimum?, self.maximum?);
            return Some(format!("Must be at least {min} and at most {max}."));
        };
        let bound = |bound: Option<&JsonNumber>, limit: &String| {
            bound.map_or_else(|| limit.clone(), JsonNumber::to_string)
        };
        let min = bound(self.minimum, type_min);
        let max = bound(self.maximum, type_max);
        let differs = (&min, &max) != (type_min, type_max);
        differs.then(|| format!("Must be at least {min} and at most {max}."))
    }

    /// Returns the bounds of the constraint: the names in TypeScript, and the words in messages.
    ///
    /// A schema does not show whether a bound that equals the limit of the type comes from the
    /// constraint. If `x-checks` does not tell, an upper bound that equals the limit is omitted, and a
    /// lower bound that equals the limit, which is usually zero, is kept only if there is an upper bound.
    fn bounds(&self) -> Vec<(&'static str, &'static str, &JsonNumber)> {
        let declared = |name: &str| match &self.checks.range {
            Some(names) => names.iter().any(|declared| declared == name),
            None => true,
        };
        let mut min = self.minimum.filter(|_| declared("min"));
        let mut max = self.maximum.filter(|_| declared("max"));
        if let Some((type_min, type_max)) = &self.limits {
            max = max.filter(|max| max.to_string() != *type_max);
            min = min.filter(|min| max.is_some() || min.to_string() != *type_min);
        }
        [
            ("min", "at least", min),
            ("exclusiveMin", "more than", self.exclusive_minimum),
            ("max", "at most", max),
            ("exclusiveMax", "less than", self.exclusive_maximum),
        ]
        .into_iter()
        .filter_map(|(name, words, bound)| Some((name, words, bound?)))
        .collect()
    }

    fn check(&self) -> Option<Expression> {
        let bounds = self.bounds();
        if bounds.is_empty() {
            return None;
        }
        let message = self.checks.message("range").map(str::to_owned);
        let message = message.or_else(|| server_message(&bounds));
        let bounds = bounds
            .into_iter()
            .map(|(name, _, bound)| (name.to_owned(), Expression::atom(self.literal(bound))));
        Some(check_call("range", bounds.collect(), message))
    }
}

/// Returns the server's message for bounds if it formats a number differently than JavaScript, such
/// as `1.0`.
fn server_message(bounds: &[(&str, &str, &JsonNumber)]) -> Option<String> {
    if bounds
        .iter()
        .all(|(_, _, bound)| bound.to_string() == literal::number(bound))
    {
        return None;
    }
    let bounds: Vec<_> = bounds
        .iter()
        .map(|(_, words, bound)| format!("{words} {bound}"))
        .collect();
    Some(format!("Must be {}.", bounds.join(" and ")))
}

/// A string with the constraints that the client can check in the same way as the server.
///
/// The checked formats are the email address, as the `validator` crate accepts it; the URL, for
/// which both sides follow the WHATWG URL standard; and the UUID, as the `uuid` crate parses it.
/// For dates, times and decimal numbers, the client rejects only what no crate accepts, such as a day
/// that does not exist. Only the server checks other formats.
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
        let message = checks.message("regex").or_else(|| message_of_type(value));
        let message = message.map(|message| Expression::String(message.to_owned()));
        let arguments = [Expression::Regex(pattern)].into_iter().chain(message);
        schema = schema.method("check", [Expression::call("pattern", arguments)]);
    }
    schema
}

/// Returns the server's message for a Rust type that its schema describes by a pattern.
fn message_of_type(value: &Text) -> Option<&'static str> {
    (value.format.as_deref() == Some("semver")).then_some("Enter a version, such as 1.2.3.")
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
        Some(format) if checks.format.is_none() => {
            all.extend(plausibility_check(format).map(Expression::atom));
        }
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

/// Returns the check of a text whose exact syntax the crate of the Rust type decides.
fn plausibility_check(format: &str) -> Option<&'static str> {
    Some(match format {
        "date" => "plausibleDate",
        "partial-time" => "plausibleTime",
        "partial-date-time" => "plausibleDateTime",
        "decimal" => "plausibleDecimal",
        _ => return None,
    })
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
