//! Named types, and lookups that resolve them.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Docs, Type};

/// A named type.
pub(crate) struct Definition {
    pub(crate) name: String,
    /// The name of its Zod schema.
    pub(crate) schema_name: String,
    pub(crate) docs: Docs,
    pub(crate) ty: Type,
}

/// The named types of a client.
pub(crate) struct Definitions {
    list: Vec<Definition>,
    /// The positions in the list, by TypeScript name.
    index: BTreeMap<String, usize>,
}

impl Definitions {
    pub(super) fn new(list: Vec<Definition>) -> Self {
        let index = list
            .iter()
            .enumerate()
            .map(|(position, definition)| (definition.name.clone(), position))
            .collect();
        Self { list, index }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.list.iter()
    }

    /// Resolves a named type to the type that it stands for.
    pub(crate) fn resolve<'a>(&'a self, mut ty: &'a Type) -> &'a Type {
        // The planner rejects cycles of names, but only after this may have been called.
        for _ in 0..=self.list.len() {
            let Type::Named(name) = ty else { break };
            let Some(inner) = self.get(name) else { break };
            ty = inner;
        }
        ty
    }

    fn get(&self, name: &str) -> Option<&Type> {
        let position = *self.index.get(name)?;
        Some(&self.list[position].ty)
    }

    /// Returns the names of all properties of an object type, or `None` if the type also has values
    /// that are not objects.
    pub(crate) fn properties<'a>(&'a self, ty: &'a Type) -> Option<BTreeSet<&'a str>> {
        let mut names = BTreeSet::new();
        self.collect_properties(ty, &mut names, &mut BTreeSet::new())
            .then_some(names)
    }

    fn collect_properties<'a>(
        &'a self,
        ty: &'a Type,
        names: &mut BTreeSet<&'a str>,
        seen: &mut BTreeSet<&'a str>,
    ) -> bool {
        match ty {
            Type::Object(object) => {
                names.extend(
                    object
                        .properties
                        .iter()
                        .map(|property| property.name.as_str()),
                );
                true
            }
            Type::Intersection(parts) => parts
                .iter()
                .all(|part| self.collect_properties(part, names, seen)),
            Type::Union(members) => members
                .iter()
                .all(|member| self.collect_properties(&member.ty, names, seen)),
            Type::Named(name) => {
                !seen.insert(name)
                    || self
                        .get(name)
                        .is_some_and(|ty| self.collect_properties(ty, names, seen))
            }
            _ => false,
        }
    }

    /// Returns the type of a property. The object may be a named type and may be nullable.
    pub(super) fn property<'a>(&'a self, ty: &'a Type, name: &str) -> Option<&'a Type> {
        match self.without_null(ty).0 {
            Type::Object(object) => object
                .properties
                .iter()
                .find(|property| property.name == name)
                .map(|property| &property.ty),
            Type::Intersection(parts) => parts.iter().find_map(|part| self.property(part, name)),
            _ => None,
        }
    }

    /// Resolves a named type, removes `null` from it, and returns whether it was nullable.
    pub(super) fn without_null<'a>(&'a self, ty: &'a Type) -> (&'a Type, bool) {
        match ty {
            Type::Named(name) => self
                .get(name)
                .map_or((ty, false), |ty| self.without_null(ty)),
            Type::Union(members) => {
                let others: Vec<_> = members
                    .iter()
                    .map(|member| &member.ty)
                    .filter(|ty| **ty != Type::Null)
                    .collect();
                match others.as_slice() {
                    [only] if members.len() > 1 => (self.without_null(only).0, true),
                    _ => (ty, others.len() < members.len()),
                }
            }
            _ => (ty, false),
        }
    }

    /// Returns the names of the types that TypeScript cannot resolve, because they refer to themselves
    /// without an object, list or tuple in between.
    pub(super) fn infinite(&self) -> Vec<String> {
        self.list
            .iter()
            .map(|definition| &definition.name)
            .filter(|name| {
                self.get(name)
                    .is_some_and(|ty| self.reaches(ty, name, &mut BTreeSet::new()))
            })
            .cloned()
            .collect()
    }

    fn reaches<'a>(&'a self, ty: &'a Type, target: &str, seen: &mut BTreeSet<&'a str>) -> bool {
        match ty {
            Type::Named(name) if name == target => true,
            Type::Named(name) => {
                seen.insert(name)
                    && self
                        .get(name)
                        .is_some_and(|ty| self.reaches(ty, target, seen))
            }
            Type::Union(members) => members
                .iter()
                .any(|member| self.reaches(&member.ty, target, seen)),
            Type::Intersection(parts) => parts.iter().any(|part| self.reaches(part, target, seen)),
            _ => false,
        }
    }
}
