//! Type expressions.

use std::borrow::Cow;

use std::collections::BTreeSet;

use super::constraints::with_constraints;
use super::jsdoc::comment;
use super::layout::{Document, text};
use super::literal;
use crate::schema::{Docs, Member, Object, Property, Temporal, TemporalClass, Text, Type};

/// The scope of the files that import `types.ts` as a namespace.
pub(crate) const IN_OTHER_FILES: Scope<'static> = Scope {
    prefix: "types.",
    declared: &BTreeSet::new(),
};

/// Type arguments: on one line, or one per line. TypeScript allows no trailing comma.
///
/// Like Prettier, this keeps a single argument on the line.
pub(crate) fn type_arguments(
    open: impl Into<Cow<'static, str>>,
    arguments: impl IntoIterator<Item = Document>,
) -> Document {
    let open = open.into();
    let mut arguments: Vec<_> = arguments.into_iter().collect();
    if let [Document::Text(_)] = arguments.as_slice() {
        arguments.insert(0, text(open));
        arguments.push(text(">"));
        return Document::concat(arguments);
    }
    let mut inside = vec![Document::SoftLine];
    inside.extend(Document::join(arguments, &[text(","), Document::Line]));
    Document::group(vec![
        text(open),
        Document::indent(inside),
        Document::SoftLine,
        text(">"),
    ])
}

/// The members of a union, each with its documentation: on one line, or one per line after a bar.
///
/// The documentation of the first member precedes its bar, as Prettier prints it, so it is separate.
fn union_members(members: impl IntoIterator<Item = (Document, Document)>) -> Vec<Document> {
    let mut members = members.into_iter();
    let Some((first_docs, first)) = members.next() else {
        return Vec::new();
    };
    let mut union = vec![Document::IfBroken("| "), Document::indent(vec![first])];
    for (docs, ty) in members {
        union.extend([Document::Line, docs, text("| "), Document::indent(vec![ty])]);
    }
    vec![first_docs, Document::group(union)]
}

/// A union after `=` or `:`, with the space or line break before it.
pub(crate) fn union_after_operator(
    members: impl IntoIterator<Item = (Document, Document)>,
) -> Document {
    let mut inside = vec![Document::Line];
    inside.extend(union_members(members));
    Document::group(vec![Document::indent(inside)])
}

/// A union member without documentation.
pub(crate) fn without_docs(ty: Document) -> (Document, Document) {
    (Document::concat(Vec::new()), ty)
}

/// The scope in which types are printed.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The prefix of the names of types.
    prefix: &'static str,
    /// The names that the file declares itself.
    declared: &'a BTreeSet<&'a str>,
}

impl<'a> Scope<'a> {
    /// The scope of `types.ts`, which declares the given names.
    pub(crate) fn types_file(declared: &'a BTreeSet<&'a str>) -> Self {
        Self {
            prefix: "",
            declared,
        }
    }

    /// The name of a global type, such as `File`, which the application may also use for a type.
    fn global(self, name: &str) -> Document {
        if self.declared.contains(name) {
            text(format!("globalThis.{name}"))
        } else {
            text(name.to_owned())
        }
    }

    /// A type after `=` or `:`, with the space before it.
    pub(crate) fn type_after_operator(self, ty: &Type) -> Document {
        match ty {
            Type::Union(members) if !is_nullable_object(members) => {
                union_after_operator(self.members_with_docs(members))
            }
            _ => Document::concat(vec![text(" "), self.ty(ty)]),
        }
    }

    /// A type in a position without precedence: as a type argument, or alone.
    pub(crate) fn ty(self, ty: &Type) -> Document {
        match ty {
            Type::Union(members) if is_nullable_object(members) => {
                let members = members.iter().map(|member| self.ty(&member.ty));
                Document::concat(Document::join(members, &[text(" | ")]))
            }
            Type::Union(members) => {
                Document::concat(union_members(self.members_with_docs(members)))
            }
            Type::Intersection(parts) => self.intersection(parts),
            Type::Unknown => text("unknown"),
            Type::Never => text("never"),
            Type::Null => text("null"),
            Type::Boolean => text("boolean"),
            Type::Number(_) => text("number"),
            Type::BigInt(_) => text("bigint"),
            Type::Text(value) => text(text_type(value)),
            Type::Temporal(value) => self.temporal(value),
            Type::Bytes(_) => self.global("Uint8Array"),
            Type::File(_) => self.global("File"),
            Type::Literal(value) => text(literal::literal(value)),
            Type::List(list) => Document::concat(vec![self.operand(&list.item), text("[]")]),
            Type::Tuple(items) => {
                let items = items.iter().map(|item| self.tuple_item(item, items.len()));
                Document::list("[", items, "]")
            }
            // `{}` accepts any value, and an index signature prevents intersections.
            Type::Object(object) if object.is_empty() => text("object"),
            Type::Object(object) => self.object(object),
            Type::Named(name) => text(format!("{}{name}", self.prefix)),
        }
    }

    fn temporal(self, value: &Temporal) -> Document {
        match value.class {
            TemporalClass::Text => text(format!("brands.{}", value.kind.name())),
            TemporalClass::Date => self.global("Date"),
            TemporalClass::Temporal => text(format!("Temporal.{}", value.kind.name())),
        }
    }

    /// The operand of an operator that binds more tightly than `|`, in parentheses if necessary.
    fn operand(self, ty: &Type) -> Document {
        match ty {
            Type::Union(_) | Type::Intersection(_) => Document::concat(vec![
                text("("),
                Document::group(vec![
                    Document::indent(vec![Document::SoftLine, self.ty(ty)]),
                    Document::SoftLine,
                ]),
                text(")"),
            ]),
            _ => self.ty(ty),
        }
    }

    /// An item of a tuple. Prettier puts a union that is broken into parentheses.
    fn tuple_item(self, ty: &Type, length: usize) -> Document {
        match ty {
            Type::Union(members) if length > 1 && !is_nullable_object(members) => {
                Document::group(vec![
                    Document::indent(vec![
                        Document::IfBroken("("),
                        Document::SoftLine,
                        self.ty(ty),
                    ]),
                    Document::SoftLine,
                    Document::IfBroken(")"),
                ])
            }
            _ => self.ty(ty),
        }
    }

    /// An intersection. Object literals stay on the line of the operator.
    fn intersection(self, parts: &[Type]) -> Document {
        let is_literal = |part: &Type| matches!(part, Type::Object(object) if !object.is_empty());
        let mut printed = Vec::new();
        let mut is_indented = false;
        for (index, part) in parts.iter().enumerate() {
            // Prettier moves a comment at the start of the parentheses before them.
            let (docs, part) = without_first_docs(part);
            let part = &part;
            let ty = self.operand(part);
            let Some(previous) = index.checked_sub(1).map(|previous| &parts[previous]) else {
                printed.push(ty);
                continue;
            };
            if !is_literal(previous) && !is_literal(part) || !docs.is_empty() {
                printed.push(Document::indent(vec![
                    text(" &"),
                    Document::Line,
                    comment(&docs),
                    ty,
                ]));
                continue;
            }
            if is_literal(previous) != is_literal(part) && index > 1 {
                is_indented = true;
            }
            printed.push(text(" & "));
            printed.push(if is_indented {
                Document::indent(vec![ty])
            } else {
                ty
            });
        }
        Document::group(printed)
    }

    fn members_with_docs(self, union: &[Member]) -> impl Iterator<Item = (Document, Document)> {
        union.iter().map(move |member| {
            let ty = match &member.ty {
                Type::Intersection(_) => self.operand(&member.ty),
                ty => self.ty(ty),
            };
            (comment(&member.docs), ty)
        })
    }

    fn object(self, object: &Object) -> Document {
        let mut inside = vec![Document::Line];
        inside.extend(Document::join(
            self.members(object),
            &[text(";"), Document::Line],
        ));
        inside.push(Document::IfBroken(";"));
        Document::group(vec![
            text("{"),
            Document::indent(inside),
            Document::Line,
            text("}"),
        ])
    }

    pub(crate) fn members(self, object: &Object) -> Vec<Document> {
        let mut members: Vec<_> = object
            .properties
            .iter()
            .map(|property| self.property(property))
            .collect();
        if let Some(additional) = &object.additional {
            members.push(Document::concat(vec![
                text("[key: string]:"),
                self.index_signature(object, &additional.value),
            ]));
        }
        members
    }

    /// The type of an index signature, which must include the types of the named properties.
    ///
    /// An optional property can be `undefined`, unless `exactOptionalPropertyTypes` is set.
    fn index_signature(self, object: &Object, value: &Type) -> Document {
        let ty = index_signature_type(object, value);
        if ty == Type::Unknown || object.properties.iter().all(|property| property.required) {
            return self.type_after_operator(&ty);
        }
        let members = match &ty {
            Type::Union(members) => self.members_with_docs(members).collect(),
            ty => vec![without_docs(self.ty(ty))],
        };
        union_after_operator(members.into_iter().chain([without_docs(text("undefined"))]))
    }

    fn property(self, property: &Property) -> Document {
        let optional = if property.required { "" } else { "?" };
        Document::concat(vec![
            comment(&with_constraints(&property.docs, &property.ty)),
            text(format!("{}{optional}:", literal::member(&property.name))),
            self.type_after_operator(&property.ty),
        ])
    }
}

/// The type of a string, which has a brand if its format is that of a Rust type.
fn text_type(value: &Text) -> String {
    match brand_of(value) {
        Some(brand) => format!("brands.{brand}"),
        None => "string".to_owned(),
    }
}

/// The name of a string's type in `runtime/codecs/brands.ts`.
pub(super) fn brand_of(value: &Text) -> Option<&'static str> {
    Some(match value.format.as_deref()? {
        "uuid" => "Uuid",
        "uri" => "Url",
        "ip" => "IpAddr",
        "ipv4" => "Ipv4Addr",
        "ipv6" => "Ipv6Addr",
        "decimal" => "Decimal",
        "semver" => "Version",
        _ => return None,
    })
}

/// Separates the documentation of a union's first member from the type.
fn without_first_docs(ty: &Type) -> (Docs, Type) {
    let mut ty = ty.clone();
    let docs = match &mut ty {
        Type::Union(members) => members
            .first_mut()
            .map(|member| std::mem::take(&mut member.docs)),
        _ => None,
    };
    (docs.unwrap_or_default(), ty)
}

/// Returns whether a union is an object literal or null, which Prettier keeps together.
fn is_nullable_object(members: &[Member]) -> bool {
    let is_literal = |ty: &Type| matches!(ty, Type::Object(object) if !object.is_empty());
    let literals = members
        .iter()
        .filter(|member| is_literal(&member.ty))
        .count();
    literals == 1
        && members.iter().all(|member| {
            member.docs.is_empty() && (member.ty == Type::Null || is_literal(&member.ty))
        })
}

/// Returns the union of the values of an index signature and of the named properties.
fn index_signature_type(object: &Object, value: &Type) -> Type {
    if object.properties.is_empty() || *value == Type::Unknown {
        return value.clone();
    }
    let mut types = Vec::new();
    add_alternatives(value, &mut types);
    for property in &object.properties {
        add_alternatives(&property.ty, &mut types);
    }
    if types.contains(&Type::Unknown) {
        return Type::Unknown;
    }
    let members = types.into_iter().map(|ty| Member {
        docs: Docs::default(),
        ty,
    });
    Type::Union(members.collect())
}

/// Adds the alternatives of a type that are printed differently from those in `types`.
fn add_alternatives(ty: &Type, types: &mut Vec<Type>) {
    if let Type::Union(members) = ty {
        members
            .iter()
            .for_each(|member| add_alternatives(&member.ty, types));
        return;
    }
    let is_printed_equally = |other: &Type| match (ty, other) {
        (Type::Number(_), Type::Number(_)) | (Type::Text(_), Type::Text(_)) => true,
        _ => ty == other,
    };
    if !types.iter().any(is_printed_equally) {
        types.push(ty.clone());
    }
}
