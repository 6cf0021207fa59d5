//! Flattening of enums and maps into a struct (`#[serde(flatten)]`).

use super::types::{Docs, Literal, Member, Object, Property, Type};

/// Returns the type of a part of a flattened struct, or `None` if it cannot be flattened.
///
/// A flattened unit variant is `{"Name": null}`, although schemars describes a unit variant with a
/// doc comment as a string. The unit value and an absent option add nothing.
pub(super) fn flatten(part: Type) -> Option<Type> {
    Some(match part {
        Type::Object(object) => Type::Object(Object {
            closed: false,
            ..object
        }),
        Type::Literal(Literal::Text(name)) => Type::Object(Object {
            properties: vec![Property {
                name,
                docs: Docs::default(),
                required: true,
                ty: Type::Null,
            }],
            ..Object::default()
        }),
        Type::Null | Type::Unknown => Type::Object(Object::default()),
        Type::Union(members) => {
            let members: Option<Vec<_>> = members
                .into_iter()
                .map(|Member { docs, ty }| {
                    Some(Member {
                        docs,
                        ty: flatten(ty)?,
                    })
                })
                .collect();
            Type::Union(distinguish(members?))
        }
        Type::Intersection(_) | Type::Named(_) | Type::Never => part,
        Type::Boolean
        | Type::Number(_)
        | Type::BigInt(_)
        | Type::Text(_)
        | Type::Temporal(_)
        | Type::Bytes(_)
        | Type::File(_)
        | Type::Literal(_)
        | Type::List(_)
        | Type::Tuple(_) => return None,
    })
}

/// Declares the properties of the other alternatives as absent in an empty alternative.
///
/// TypeScript can then narrow by any of these properties, because an absent property is
/// `undefined`.
fn distinguish(mut members: Vec<Member>) -> Vec<Member> {
    let mut absent: Vec<Property> = Vec::new();
    for property in members.iter().flat_map(|member| properties(&member.ty)) {
        if !absent.iter().any(|known| known.name == property.name) {
            absent.push(Property {
                name: property.name.clone(),
                docs: Docs::default(),
                required: false,
                ty: Type::Never,
            });
        }
    }
    for member in &mut members {
        match &mut member.ty {
            Type::Object(object) if object.is_empty() => object.properties.clone_from(&absent),
            _ => {}
        }
    }
    members
}

fn properties(ty: &Type) -> Vec<&Property> {
    match ty {
        Type::Object(object) => object.properties.iter().collect(),
        Type::Intersection(parts) => parts.iter().flat_map(properties).collect(),
        _ => Vec::new(),
    }
}
