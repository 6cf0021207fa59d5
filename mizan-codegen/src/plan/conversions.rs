//! The types whose values the client converts between JSON and JavaScript.

use std::collections::BTreeSet;

use super::definitions::Definitions;
use crate::schema::{Literal, Member, Object, TemporalClass, Type};

/// The named types that contain certain values, directly or through other types.
pub(crate) struct Conversions {
    /// Types with values that have another type in JavaScript than in JSON.
    converted: BTreeSet<String>,
    /// Types with integers that a number cannot hold.
    exact: BTreeSet<String>,
    /// Types with values of any type.
    unknown: BTreeSet<String>,
}

impl Conversions {
    pub(super) fn new(types: &Definitions) -> Self {
        Self {
            converted: containing(types, is_converted),
            exact: containing(types, |ty| matches!(ty, Type::BigInt(_))),
            unknown: containing(types, |ty| *ty == Type::Unknown),
        }
    }

    /// Returns whether values of a type are converted.
    pub(crate) fn converts(&self, ty: &Type) -> bool {
        any(ty, &is_converted, &self.converted)
    }

    /// Returns whether a type contains integers that a number cannot hold.
    pub(crate) fn is_exact(&self, ty: &Type) -> bool {
        any(ty, &|ty| matches!(ty, Type::BigInt(_)), &self.exact)
    }

    /// Returns whether a type contains values of any type.
    pub(crate) fn has_unknown(&self, ty: &Type) -> bool {
        any(ty, &|ty| *ty == Type::Unknown, &self.unknown)
    }
}

/// Returns the paths of the unions in a type whose converted alternatives cannot be told apart.
pub(super) fn ambiguous_unions(
    types: &Definitions,
    conversions: &Conversions,
    ty: &Type,
) -> Vec<String> {
    let mut paths = Vec::new();
    find_ambiguous(types, conversions, ty, "", &mut paths);
    paths
}

fn find_ambiguous(
    types: &Definitions,
    conversions: &Conversions,
    ty: &Type,
    path: &str,
    paths: &mut Vec<String>,
) {
    let mut inner = |ty: &Type, path: &str| find_ambiguous(types, conversions, ty, path, paths);
    match ty {
        Type::List(list) => inner(&list.item, &format!("{path}[]")),
        Type::Tuple(items) => {
            for (index, item) in items.iter().enumerate() {
                inner(item, &format!("{path}[{index}]"));
            }
        }
        Type::Intersection(parts) => parts.iter().for_each(|part| inner(part, path)),
        Type::Object(object) => {
            for property in &object.properties {
                let name = &property.name;
                match path {
                    "" => inner(&property.ty, name),
                    _ => inner(&property.ty, &format!("{path}.{name}")),
                }
            }
            if let Some(additional) = &object.additional {
                inner(&additional.value, &format!("{path}[key]"));
            }
        }
        Type::Union(members) => {
            members.iter().for_each(|member| inner(&member.ty, path));
            if alternatives(types, members, |ty| conversions.converts(ty)).is_none() {
                paths.push(path.to_owned());
            }
        }
        _ => {}
    }
}

fn is_converted(ty: &Type) -> bool {
    match ty {
        Type::BigInt(_) | Type::Bytes(_) => true,
        Type::Temporal(value) => value.class != TemporalClass::Text,
        _ => false,
    }
}

/// Returns the names of the types that contain a value for which `is_wanted` is true.
fn containing(types: &Definitions, is_wanted: impl Fn(&Type) -> bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    loop {
        let before = names.len();
        for definition in types.iter() {
            if !names.contains(&definition.name) && any(&definition.ty, &is_wanted, &names) {
                names.insert(definition.name.clone());
            }
        }
        if names.len() == before {
            return names;
        }
    }
}

fn any(ty: &Type, is_wanted: &impl Fn(&Type) -> bool, names: &BTreeSet<String>) -> bool {
    let inner = |ty: &Type| any(ty, is_wanted, names);
    is_wanted(ty)
        || match ty {
            Type::Named(name) => names.contains(name),
            Type::List(list) => inner(&list.item),
            Type::Tuple(types) | Type::Intersection(types) => types.iter().any(inner),
            Type::Union(members) => members.iter().any(|member| inner(&member.ty)),
            Type::Object(object) => {
                object.properties.iter().any(|property| inner(&property.ty))
                    || object
                        .additional
                        .as_ref()
                        .is_some_and(|additional| inner(&additional.value))
            }
            _ => false,
        }
}

/// A test that tells an alternative of a union from the others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test<'t> {
    /// The value has one of these kinds.
    Kinds(BTreeSet<Kind>),
    /// The value is an object whose member has this value.
    Tag(&'t str, &'t Literal),
    /// The value is an object that has this member.
    Member(&'t str),
}

/// The kinds of JSON values, except for null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Boolean,
    Number,
    Text,
    Array,
    Object,
}

/// An alternative of a union that is converted, with a test that selects it.
pub(crate) struct Alternative<'t> {
    pub(crate) test: Test<'t>,
    pub(crate) ty: &'t Type,
    /// Set if no other alternative has values that are not null, so that the test can be omitted.
    pub(crate) is_only: bool,
}

/// Returns the alternatives of a union for which `converts` is true. Returns `None` if one of them
/// cannot be told from the others by its JSON.
pub(crate) fn alternatives<'t>(
    types: &'t Definitions,
    members: &'t [Member],
    converts: impl Fn(&Type) -> bool,
) -> Option<Vec<Alternative<'t>>> {
    let mut flat = Vec::new();
    collect_members(types, members, &mut BTreeSet::new(), &mut flat);
    let mut result = Vec::new();
    for (index, ty) in flat.iter().enumerate() {
        if !converts(ty) {
            continue;
        }
        let others = flat.iter().enumerate().filter(|(other, _)| *other != index);
        let others: Vec<_> = others.map(|(_, ty)| *ty).collect();
        result.push(Alternative {
            test: test(types, ty, &others)?,
            ty,
            is_only: others.is_empty(),
        });
    }
    Some(result)
}

/// Collects the members of a union and of the unions in it, without null.
fn collect_members<'t>(
    types: &'t Definitions,
    members: &'t [Member],
    seen: &mut BTreeSet<&'t str>,
    flat: &mut Vec<&'t Type>,
) {
    for Member { ty, .. } in members {
        match types.resolve(ty) {
            Type::Union(inner) => match ty {
                Type::Named(name) if !seen.insert(name) => {}
                _ => collect_members(types, inner, seen, flat),
            },
            Type::Null | Type::Never => {}
            _ => flat.push(ty),
        }
    }
}

fn test<'t>(types: &'t Definitions, ty: &'t Type, others: &[&'t Type]) -> Option<Test<'t>> {
    let own = kinds(types, ty);
    let colliding: Vec<_> = others
        .iter()
        .filter(|other| !own.is_disjoint(&kinds(types, other)))
        .collect();
    if colliding.is_empty() {
        return Some(Test::Kinds(own));
    }
    if own != BTreeSet::from([Kind::Object]) {
        return None;
    }
    let required = required_members(types, ty);
    let tag = required.iter().find_map(|(name, ty)| {
        let Type::Literal(value) = ty else {
            return None;
        };
        colliding
            .iter()
            .all(|other| {
                required_members(types, other)
                    .iter()
                    .any(|(other, ty)| other == name && differs(ty, value))
            })
            .then_some(Test::Tag(name, value))
    });
    tag.or_else(|| {
        let name = required.iter().map(|(name, _)| *name);
        name.filter(|name| colliding.iter().all(|other| !may_have(types, other, name)))
            .map(Test::Member)
            .next()
    })
}

fn differs(ty: &Type, value: &Literal) -> bool {
    matches!(ty, Type::Literal(other) if other != value)
}

/// Returns the kinds of JSON that values of a type have.
fn kinds(types: &Definitions, ty: &Type) -> BTreeSet<Kind> {
    let one = |kind| BTreeSet::from([kind]);
    match types.resolve(ty) {
        Type::Never | Type::Null => BTreeSet::new(),
        Type::Boolean | Type::Literal(Literal::Boolean(_)) => one(Kind::Boolean),
        Type::Number(_) | Type::BigInt(_) | Type::Literal(Literal::Number(_)) => one(Kind::Number),
        Type::Text(_) | Type::Temporal(_) | Type::Bytes(_) | Type::Literal(Literal::Text(_)) => {
            one(Kind::Text)
        }
        Type::List(_) | Type::Tuple(_) => one(Kind::Array),
        Type::Object(_) | Type::Intersection(_) | Type::File(_) => one(Kind::Object),
        Type::Union(members) => members
            .iter()
            .flat_map(|member| kinds(types, &member.ty))
            .collect(),
        Type::Unknown | Type::Named(_) => BTreeSet::from([
            Kind::Boolean,
            Kind::Number,
            Kind::Text,
            Kind::Array,
            Kind::Object,
        ]),
    }
}

fn required_members<'t>(types: &'t Definitions, ty: &'t Type) -> Vec<(&'t str, &'t Type)> {
    match types.resolve(ty) {
        Type::Object(object) => object
            .properties
            .iter()
            .filter(|property| property.required)
            .map(|property| (property.name.as_str(), &property.ty))
            .collect(),
        Type::Intersection(parts) => parts
            .iter()
            .flat_map(|part| required_members(types, part))
            .collect(),
        _ => Vec::new(),
    }
}

/// Returns whether an object of a type can have a member.
fn may_have(types: &Definitions, ty: &Type, name: &str) -> bool {
    match types.resolve(ty) {
        Type::Object(Object {
            properties,
            additional,
            ..
        }) => {
            additional.is_some()
                || properties
                    .iter()
                    .any(|property| property.name == name && property.ty != Type::Never)
        }
        Type::Intersection(parts) => parts.iter().any(|part| may_have(types, part, name)),
        Type::Union(members) => members
            .iter()
            .any(|member| may_have(types, &member.ty, name)),
        _ => true,
    }
}
