//! The alternatives of a type: a union without nesting, in which flattened structs are objects.

use super::model::Types;
use crate::schema::{AdditionalProperties, Object, Property, Type};

/// The maximum number of alternatives of a struct with flattened enums. A struct with more is
/// compared part by part.
const MAX_COMBINATIONS: usize = 64;

/// A type without alternatives.
pub(super) enum Alternative<'a> {
    Object(Members<'a>),
    /// A type that is not an object.
    Other(&'a Type),
}

/// The members of an object.
#[derive(Clone, Default)]
pub(super) struct Members<'a> {
    pub(super) properties: Vec<&'a Property>,
    pub(super) additional: Option<&'a AdditionalProperties>,
    pub(super) closed: bool,
}

impl<'a> Members<'a> {
    fn of(object: &'a Object) -> Self {
        Self {
            // An empty alternative declares the properties of the others as absent.
            properties: object
                .properties
                .iter()
                .filter(|property| property.ty != Type::Never)
                .collect(),
            additional: object.additional.as_deref(),
            closed: object.closed,
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Property> {
        let mut properties = self.properties.iter();
        properties.find(|property| property.name == name).copied()
    }

    fn join(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        let others = other.properties.iter();
        let new = others.filter(|property| self.get(&property.name).is_none());
        joined.properties.extend(new);
        joined.additional = self.additional.or(other.additional);
        joined.closed = false;
        joined
    }
}

/// Returns the alternatives of a type.
pub(super) fn alternatives<'a>(types: &'a Types, ty: &'a Type) -> Vec<Alternative<'a>> {
    let mut found = Vec::new();
    collect(types, ty, &mut Vec::new(), &mut found);
    found
}

fn collect<'a>(
    types: &'a Types,
    ty: &'a Type,
    unions: &mut Vec<*const Type>,
    found: &mut Vec<Alternative<'a>>,
) {
    let ty = types.resolve(ty);
    match ty {
        Type::Never => {}
        Type::Union(members) => {
            // A hostile manifest may have a union that contains itself.
            let address = std::ptr::from_ref(ty);
            if unions.contains(&address) {
                return;
            }
            unions.push(address);
            for member in members {
                collect(types, &member.ty, unions, found);
            }
            unions.pop();
        }
        Type::Object(object) => found.push(Alternative::Object(Members::of(object))),
        Type::Intersection(parts) => match combine(types, parts, unions) {
            Some(objects) => found.extend(objects.into_iter().map(Alternative::Object)),
            None => found.push(Alternative::Other(ty)),
        },
        _ => found.push(Alternative::Other(ty)),
    }
}

/// Returns the objects that a struct with flattened parts can be.
fn combine<'a>(
    types: &'a Types,
    parts: &'a [Type],
    unions: &mut Vec<*const Type>,
) -> Option<Vec<Members<'a>>> {
    let mut combined = vec![Members::default()];
    for part in parts {
        let mut choices = Vec::new();
        collect(types, part, unions, &mut choices);
        let choices: Option<Vec<_>> = choices
            .into_iter()
            .map(|choice| match choice {
                Alternative::Object(members) => Some(members),
                Alternative::Other(_) => None,
            })
            .collect();
        let choices = choices?;
        if combined.len() * choices.len() > MAX_COMBINATIONS {
            return None;
        }
        combined = combined
            .iter()
            .flat_map(|first| choices.iter().map(|second| first.join(second)))
            .collect();
    }
    Some(combined)
}
