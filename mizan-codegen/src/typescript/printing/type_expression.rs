//! Types as they stand in declarations and signatures.

use super::jsdoc::comment;
use super::layout::{Document, text};
use super::literal;
use crate::schema::{Docs, Member, Object, Property, Type};

/// In `types.ts`.
pub(crate) const IN_TYPES_FILE: Scope = Scope { prefix: "" };

/// In the files that import `types.ts` as a whole.
pub(crate) const IN_OTHER_FILES: Scope = Scope { prefix: "types." };

/// Type arguments: on one line, or each on its own. TypeScript allows no comma after the last.
pub(crate) fn type_arguments(
    open: &'static str,
    arguments: impl IntoIterator<Item = Document>,
) -> Document {
    let mut inside = vec![Document::SoftLine];
    inside.extend(Document::join(arguments, &[text(","), Document::Line]));
    Document::Group(vec![
        text(open),
        Document::Indent(inside),
        Document::SoftLine,
        text(">"),
    ])
}

/// Alternatives, each with its docs: on one line, or each on its own after a bar.
fn alternatives(members: impl IntoIterator<Item = (Document, Document)>) -> Vec<Document> {
    let mut alternatives = Vec::new();
    for (docs, ty) in members {
        let bar = if alternatives.is_empty() {
            Document::IfBroken("| ")
        } else {
            alternatives.push(Document::Line);
            text("| ")
        };
        alternatives.extend([docs, bar, Document::Indent(vec![ty])]);
    }
    alternatives
}

/// Alternatives after a `=` or a `:`, with the space or line break before them.
pub(crate) fn union_after_operator(
    members: impl IntoIterator<Item = (Document, Document)>,
) -> Document {
    let mut inside = vec![Document::Line];
    inside.extend(alternatives(members));
    Document::Group(vec![Document::Indent(inside)])
}

pub(crate) fn without_docs(ty: Document) -> (Document, Document) {
    (Document::Concat(Vec::new()), ty)
}

/// A place to print types in.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    /// What stands before the name of a type.
    prefix: &'static str,
}

impl Scope {
    /// A type after a `=` or a `:`, with the space before it.
    pub(crate) fn type_after_operator(self, ty: &Type) -> Document {
        match ty {
            Type::Union(members) => union_after_operator(self.members_of(members)),
            _ => Document::Concat(vec![text(" "), self.ty(ty)]),
        }
    }

    /// A type where nothing binds more tightly: alone, or between commas.
    pub(crate) fn ty(self, ty: &Type) -> Document {
        match ty {
            Type::Union(members) => {
                let mut inside = vec![Document::SoftLine];
                inside.extend(alternatives(self.members_of(members)));
                Document::Group(vec![Document::Indent(inside), Document::SoftLine])
            }
            Type::Intersection(parts) => Document::Concat(Document::join(
                parts.iter().map(|part| self.operand(part)),
                &[text(" & ")],
            )),
            Type::Unknown => text("unknown"),
            Type::Never => text("never"),
            Type::Null => text("null"),
            Type::Boolean => text("boolean"),
            Type::Number(_) => text("number"),
            Type::Text(_) => text("string"),
            Type::File(_) => text("File"),
            Type::Literal(value) => text(literal::literal(value)),
            Type::List(list) => Document::Concat(vec![self.operand(&list.item), text("[]")]),
            Type::Tuple(items) => Document::list("[", items.iter().map(|item| self.ty(item)), "]"),
            // `{}` would accept any value, and no index signature lets other types be added with `&`.
            Type::Object(object) if object.is_empty() => text("object"),
            Type::Object(object) => self.object(object),
            Type::Named(name) => text(format!("{}{name}", self.prefix)),
        }
    }

    /// A type beside an operator that binds more tightly than `|`.
    fn operand(self, ty: &Type) -> Document {
        match ty {
            Type::Union(_) | Type::Intersection(_) => {
                Document::Group(vec![text("("), self.ty(ty), text(")")])
            }
            _ => self.ty(ty),
        }
    }

    fn members_of(self, union: &[Member]) -> impl Iterator<Item = (Document, Document)> {
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
        Document::Group(vec![
            text("{"),
            Document::Indent(inside),
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
            members.push(Document::Concat(vec![
                text("[key: string]:"),
                self.type_after_operator(&index_signature_type(object, &additional.value)),
            ]));
        }
        members
    }

    fn property(self, property: &Property) -> Document {
        let optional = if property.required { "" } else { "?" };
        Document::Concat(vec![
            comment(&property.docs),
            text(format!("{}{optional}:", literal::member(&property.name))),
            self.type_after_operator(&property.ty),
        ])
    }
}

/// What any key of an object may hold.
///
/// TypeScript wants an index signature to cover the named properties as well.
fn index_signature_type(object: &Object, value: &Type) -> Type {
    if object.properties.is_empty() || *value == Type::Unknown {
        return value.clone();
    }
    let mut types = vec![value.clone()];
    for property in &object.properties {
        if !types.contains(&property.ty) {
            types.push(property.ty.clone());
        }
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
