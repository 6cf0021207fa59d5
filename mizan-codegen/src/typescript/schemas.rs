//! `schemas.ts`: a Zod schema for every input and every named type.
//!
//! Each is lazy, so that it costs nothing until it is used, bundlers can drop it, and types may
//! refer to each other in any order.

use std::collections::BTreeMap;

use super::document::{Document, text};
use super::{literal, pattern};
use crate::plan::{Definition, Plan};
use crate::schema::{List, Literal, Member, Number, Object, Text, Type, Width};

/// The functions of `runtime/checks.ts`.
const CHECKS: [&str; 2] = ["characters", "unique"];

pub(super) fn print(plan: &Plan<'_>) -> String {
    let schemas = Schemas {
        names: plan
            .types
            .iter()
            .map(|definition| (definition.name.as_str(), definition.schema_name.as_str()))
            .collect(),
    };
    let inputs = plan
        .functions
        .iter()
        .filter_map(|function| function.input.as_ref());
    let body: String = inputs
        .chain(plan.types.iter())
        .map(|definition| schemas.declaration(definition).print())
        .collect();
    if body.is_empty() {
        return "export {};\n".to_owned();
    }
    let checks: Vec<_> = CHECKS
        .into_iter()
        .filter(|check| body.contains(&format!(".check({check}")))
        .collect();
    let mut file = "import * as z from \"zod\";\n".to_owned();
    if !checks.is_empty() {
        let checks = checks.join(", ");
        file.push_str(&format!(
            "import {{ {checks} }} from \"./runtime/checks\";\n"
        ));
    }
    file.push_str("import { lazy } from \"./runtime/lazy\";\n");
    file.push_str("import type * as types from \"./types\";\n");
    file + &body
}

struct Schemas<'p> {
    /// The schemas of the named types, by the names of the types.
    names: BTreeMap<&'p str, &'p str>,
}

impl Schemas<'_> {
    fn declaration(&self, definition: &Definition) -> Document {
        let Definition {
            name, schema_name, ..
        } = definition;
        Document::All(vec![
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
        let mut checks = String::new();
        match (list.min_items, list.max_items) {
            (Some(min), Some(max)) if min == max => checks += &format!(".length({min})"),
            (min, max) => {
                checks.extend(min.map(|min| format!(".min({min})")));
                checks.extend(max.map(|max| format!(".max({max})")));
            }
        }
        if list.unique {
            checks += ".check(unique)";
        }
        Document::All(vec![
            text("z.array("),
            self.schema(&list.item),
            text(")"),
            text(checks),
        ])
    }

    fn object(&self, object: &Object) -> Document {
        if object.properties.is_empty()
            && let Some(rest) = &object.rest
        {
            let key = key_schema(&rest.key_patterns);
            return Document::list("z.record(", [text(key), self.schema(&rest.value)], ")");
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
        if let Some(rest) = &object.rest {
            parts.extend([text(".catchall("), self.schema(&rest.value), text(")")]);
        }
        Document::All(parts)
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
            Document::All(vec![schema, text(".nullable()")])
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
            Some(tag) => Document::All(vec![
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
        Width::Float => "z.number()",
        Width::Int32 => "z.int32()",
        Width::UInt32 => "z.uint32()",
        Width::Bounded => "z.int()",
    }
    .to_owned();
    let implied_zero = number.width == Width::UInt32;
    let minimum = number
        .minimum
        .as_ref()
        .filter(|minimum| !(implied_zero && minimum.as_u64() == Some(0)));
    for (check, limit) in [
        ("min", minimum),
        ("max", number.maximum.as_ref()),
        ("gt", number.exclusive_minimum.as_ref()),
        ("lt", number.exclusive_maximum.as_ref()),
        ("multipleOf", number.multiple_of.as_ref()),
    ] {
        if let Some(limit) = limit {
            schema += &format!(".{check}({})", literal::number(limit));
        }
    }
    if let Some(not) = &number.not {
        let not = literal::number(not);
        schema += &format!(".refine((value) => value !== {not}, \"must not be {not}\")");
    }
    schema
}

/// A string with the constraints that Zod can check as the server does.
///
/// Of the formats these are the e-mail address, whose pattern lets pass all that the `validator`
/// crate lets pass; the URL, for which both follow the WHATWG; and the UUID with its hyphens, as
/// RFC 9562 writes it. The others have looser or stricter checks in Zod than in Rust, so they are
/// left to the server.
fn string(value: &Text) -> String {
    let mut schema = match value.format.as_deref() {
        Some("email") => "z.email({ pattern: z.regexes.unicodeEmail })",
        Some("uri") => "z.url()",
        Some("uuid") => "z.guid()",
        _ => "z.string()",
    }
    .to_owned();
    let limits: Vec<_> = [("min", value.min_length), ("max", value.max_length)]
        .into_iter()
        .filter_map(|(name, limit)| Some(format!("{name}: {}", limit?)))
        .collect();
    if !limits.is_empty() {
        schema += &format!(".check(characters({{ {} }}))", limits.join(", "));
    }
    if let Some(pattern) = value.pattern.as_deref().and_then(pattern::javascript) {
        schema += &format!(".regex({pattern})");
    }
    schema
}

fn key_schema(patterns: &[String]) -> String {
    let alternatives: Option<Vec<_>> = patterns
        .iter()
        .map(|pattern| pattern::javascript(pattern))
        .collect();
    match alternatives.as_deref() {
        Some([pattern]) => format!("z.string().regex({pattern})"),
        _ => "z.string()".to_owned(),
    }
}
