//! The changes between two types, with their paths.

use std::collections::{BTreeMap, HashSet};

use super::alternatives::{Alternative, Members, alternatives};
use super::change::ChangeKind;
use super::describe::{describe, describe_list};
use super::effect::Direction;
use super::model::Types;
use super::relation::Relation;
use crate::schema::{List, Literal, Property, Type};

/// A change inside a type.
pub(super) struct Difference {
    pub(super) path: String,
    pub(super) change: ChangeKind,
    pub(super) is_breaking: bool,
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
}

/// Finds the changes between the types of two manifests.
pub(super) struct Differ<'a> {
    old: &'a Types,
    new: &'a Types,
    direction: Direction,
    relation: Relation<'a>,
    path: String,
    seen: HashSet<(*const Type, *const Type)>,
    found: Vec<Difference>,
}

impl<'a> Differ<'a> {
    pub(super) fn new(old: &'a Types, new: &'a Types, direction: Direction) -> Self {
        let relation = match direction {
            Direction::ToServer => Relation::new(old, new, direction),
            Direction::ToClient => Relation::new(new, old, direction),
        };
        Self {
            old,
            new,
            direction,
            relation,
            path: String::new(),
            seen: HashSet::new(),
            found: Vec::new(),
        }
    }

    /// Returns the changes between two types.
    pub(super) fn compare(&mut self, old: &'a Type, new: &'a Type) -> Vec<Difference> {
        self.seen.clear();
        self.types(old, new);
        let (sent, accepted) = self.by_direction(old, new);
        let accepts = self.relation.accepts(sent, accepted);
        let mut found = std::mem::take(&mut self.found);
        // The relation decides; the search for the fields may be too strict or miss a field.
        if accepts {
            found
                .iter_mut()
                .for_each(|change| change.is_breaking = false);
        } else if !found.iter().any(|change| change.is_breaking) {
            found.push(Difference {
                path: String::new(),
                change: ChangeKind::Type,
                is_breaking: true,
                old: Some(describe(self.old, old)),
                new: Some(describe(self.new, new)),
            });
        }
        found
    }

    fn types(&mut self, old: &'a Type, new: &'a Type) {
        let (old, new) = (self.old.resolve(old), self.new.resolve(new));
        if !self
            .seen
            .insert((std::ptr::from_ref(old), std::ptr::from_ref(new)))
        {
            return;
        }
        let old = alternatives(self.old, old);
        let new = alternatives(self.new, new);
        self.alternatives(&old, &new);
    }

    fn alternatives(&mut self, old: &[Alternative<'a>], new: &[Alternative<'a>]) {
        let objects = |list: &[Alternative<'_>]| {
            let objects = list.iter();
            objects
                .filter(|alternative| matches!(alternative, Alternative::Object(_)))
                .count()
        };
        let has_variants = objects(old) > 1 || objects(new) > 1;
        let mut candidates = BTreeMap::<_, Vec<_>>::new();
        for (index, alternative) in new.iter().enumerate().rev() {
            let label = label(self.new, alternative, has_variants);
            candidates.entry(label).or_default().push(index);
        }
        let mut matched = HashSet::new();
        let mut removed = Vec::new();
        for old_one in old {
            let label = label(self.old, old_one, has_variants);
            match candidates.get_mut(&label).and_then(Vec::pop) {
                Some(index) => {
                    matched.insert(index);
                    self.pair(old_one, &new[index], old, new, has_variants, &label);
                }
                None => removed.push(old_one),
            }
        }
        let added = new.iter().enumerate();
        let added: Vec<_> = added
            .filter(|(index, _)| !matched.contains(index))
            .map(|(_, alternative)| alternative)
            .collect();
        self.unmatched(&removed, &added, old, new);
    }

    /// Reports alternatives without a counterpart.
    fn unmatched(
        &mut self,
        removed: &[&Alternative<'a>],
        added: &[&Alternative<'a>],
        old: &[Alternative<'a>],
        new: &[Alternative<'a>],
    ) {
        let mut is_breaking = |alternative: &Alternative<'a>, is_old| {
            let is_sent = is_old == (self.direction == Direction::ToServer);
            let accepted = if is_old { new } else { old };
            is_sent && !self.relation.accepts_one(alternative, accepted)
        };
        let removed: Vec<_> = removed
            .iter()
            .map(|alternative| (*alternative, is_breaking(alternative, true)))
            .collect();
        let added: Vec<_> = added
            .iter()
            .map(|alternative| (*alternative, is_breaking(alternative, false)))
            .collect();
        let all = removed.iter().chain(&added);
        let is_enum = old.len() > 1 || new.len() > 1;
        let is_variant = |alternative: &Alternative<'_>| {
            matches!(
                alternative,
                Alternative::Object(_) | Alternative::Other(Type::Literal(_))
            )
        };
        if is_enum && all.clone().all(|(alternative, _)| is_variant(alternative)) {
            for (alternative, is_breaking) in removed {
                let name = variant_name(self.old, alternative);
                self.push(ChangeKind::VariantRemoved, is_breaking, Some(name), None);
            }
            for (alternative, is_breaking) in added {
                let name = variant_name(self.new, alternative);
                self.push(ChangeKind::VariantAdded, is_breaking, None, Some(name));
            }
        } else if all.clone().next().is_some() {
            let is_breaking = all.clone().any(|(_, is_breaking)| *is_breaking);
            let old = describe_all(self.old, old);
            let new = describe_all(self.new, new);
            self.push(ChangeKind::Type, is_breaking, Some(old), Some(new));
        }
    }

    /// Compares two alternatives that belong together.
    fn pair(
        &mut self,
        old_one: &Alternative<'a>,
        new_one: &Alternative<'a>,
        old: &[Alternative<'a>],
        new: &[Alternative<'a>],
        has_variants: bool,
        label: &str,
    ) {
        let first = self.found.len();
        match (old_one, new_one) {
            (Alternative::Object(old), Alternative::Object(new)) => {
                let segment = if has_variants {
                    format!("({label})")
                } else {
                    String::new()
                };
                self.at_path(&segment, |differ| differ.members(old, new));
            }
            (Alternative::Other(old), Alternative::Other(new)) => self.others(old, new),
            _ => {}
        }
        if self.found[first..].iter().any(|change| change.is_breaking) {
            let (sent, accepted) = match self.direction {
                Direction::ToServer => (old_one, new),
                Direction::ToClient => (new_one, old),
            };
            if self.relation.accepts_one(sent, accepted) {
                let changes = self.found[first..].iter_mut();
                changes.for_each(|change| change.is_breaking = false);
            }
        }
    }

    fn others(&mut self, old: &'a Type, new: &'a Type) {
        match (old, new) {
            (Type::List(old), Type::List(new)) => self.lists(old, new),
            (Type::Tuple(old), Type::Tuple(new)) if old.len() == new.len() => {
                for (index, (old, new)) in old.iter().zip(new).enumerate() {
                    self.at_path(&format!("[{index}]"), |differ| differ.types(old, new));
                }
            }
            _ => {
                let texts = (describe(self.old, old), describe(self.new, new));
                let (sent, accepted) = self.by_direction(old, new);
                let is_breaking = !self.relation.accepts(sent, accepted);
                if is_breaking || texts.0 != texts.1 {
                    self.push(ChangeKind::Type, is_breaking, Some(texts.0), Some(texts.1));
                }
            }
        }
    }

    fn lists(&mut self, old: &'a List, new: &'a List) {
        let without_item = |list: &List| List {
            item: Box::new(Type::Unknown),
            ..list.clone()
        };
        let (old_list, new_list) = (without_item(old), without_item(new));
        let texts = (
            describe_list(self.old, &old_list),
            describe_list(self.new, &new_list),
        );
        if texts.0 != texts.1 {
            let (sent, accepted) = match self.direction {
                Direction::ToServer => (&old_list, &new_list),
                Direction::ToClient => (&new_list, &old_list),
            };
            let is_breaking = !super::constraints::accepts_items(sent, accepted, self.direction);
            let texts = (describe_list(self.old, old), describe_list(self.new, new));
            self.push(ChangeKind::Type, is_breaking, Some(texts.0), Some(texts.1));
        }
        self.at_path("[]", |differ| differ.types(&old.item, &new.item));
    }

    fn members(&mut self, old: &Members<'a>, new: &Members<'a>) {
        for property in &old.properties {
            self.at_path(&property.name, |differ| match new.get(&property.name) {
                Some(current) => {
                    differ.required(property, current);
                    differ.types(&property.ty, &current.ty);
                }
                None => differ.removed(property, new),
            });
        }
        for property in &new.properties {
            if old.get(&property.name).is_none() {
                self.at_path(&property.name, |differ| differ.added(property, old));
            }
        }
        match (old.additional, new.additional) {
            (Some(before), Some(after)) => {
                if before.key_patterns != after.key_patterns {
                    let is_breaking = match self.direction {
                        Direction::ToServer => !self.relation.accepts_additional(Some(before), new),
                        Direction::ToClient => !self.relation.accepts_additional(Some(after), old),
                    };
                    let keys = |patterns: &[String]| match patterns {
                        [] => "map with any keys".to_owned(),
                        patterns => format!("map with the keys `{}`", patterns.join("` or `")),
                    };
                    let texts = (keys(&before.key_patterns), keys(&after.key_patterns));
                    self.push(ChangeKind::Type, is_breaking, Some(texts.0), Some(texts.1));
                }
                self.at_path("[key]", |differ| differ.types(&before.value, &after.value));
            }
            (Some(before), None) => {
                let is_breaking = self.direction == Direction::ToServer
                    && !self.relation.accepts_additional(Some(before), new);
                let text = describe(self.old, &before.value);
                self.at_path("[key]", |differ| {
                    differ.push(ChangeKind::Removed, is_breaking, Some(text), None);
                });
            }
            (None, Some(after)) => {
                let is_breaking = self.direction == Direction::ToClient
                    && !self.relation.accepts_additional(Some(after), old);
                let text = describe(self.new, &after.value);
                self.at_path("[key]", |differ| {
                    differ.push(ChangeKind::Added, is_breaking, None, Some(text));
                });
            }
            (None, None) => {}
        }
    }

    fn required(&mut self, old: &Property, new: &Property) {
        let (change, breaking) = match (old.required, new.required) {
            (false, true) => (ChangeKind::Required, Direction::ToServer),
            (true, false) => (ChangeKind::Optional, Direction::ToClient),
            _ => return,
        };
        self.push(change, self.direction == breaking, None, None);
    }

    fn removed(&mut self, property: &'a Property, new: &Members<'a>) {
        let is_breaking = match self.direction {
            Direction::ToServer => !self.relation.accepts_unknown(&property.ty, false, new),
            Direction::ToClient => {
                property.required
                    || new.additional.is_some_and(|additional| {
                        !self.relation.accepts(&additional.value, &property.ty)
                    })
            }
        };
        let text = describe(self.old, &property.ty);
        self.push(ChangeKind::Removed, is_breaking, Some(text), None);
    }

    fn added(&mut self, property: &'a Property, old: &Members<'a>) {
        let is_breaking = match self.direction {
            Direction::ToServer => {
                property.required
                    || old.additional.is_some_and(|additional| {
                        !self.relation.accepts(&additional.value, &property.ty)
                    })
            }
            Direction::ToClient => !self.relation.accepts_unknown(&property.ty, false, old),
        };
        let change = if property.required && self.direction == Direction::ToServer {
            ChangeKind::AddedRequired
        } else {
            ChangeKind::Added
        };
        let text = describe(self.new, &property.ty);
        self.push(change, is_breaking, None, Some(text));
    }

    fn by_direction<T>(&self, old: T, new: T) -> (T, T) {
        match self.direction {
            Direction::ToServer => (old, new),
            Direction::ToClient => (new, old),
        }
    }

    fn push(
        &mut self,
        change: ChangeKind,
        is_breaking: bool,
        old: Option<String>,
        new: Option<String>,
    ) {
        self.found.push(Difference {
            path: self.path.clone(),
            change,
            is_breaking,
            old,
            new,
        });
    }

    fn at_path(&mut self, segment: &str, compare: impl FnOnce(&mut Self)) {
        let outside = self.path.len();
        if !self.path.is_empty() && !segment.is_empty() && !segment.starts_with(['[', '(']) {
            self.path.push('.');
        }
        self.path.push_str(segment);
        compare(self);
        self.path.truncate(outside);
    }
}

/// Returns the text by which an alternative finds its counterpart.
fn label(types: &Types, alternative: &Alternative<'_>, has_variants: bool) -> String {
    match alternative {
        Alternative::Object(members) if has_variants => variant(types, members),
        Alternative::Object(_) => "object".to_owned(),
        Alternative::Other(ty) => match ty {
            Type::Literal(literal) => literal_text(literal),
            Type::Null => "null".to_owned(),
            Type::Boolean => "a boolean".to_owned(),
            Type::Number(_) | Type::BigInt(_) => "a number".to_owned(),
            Type::Text(_) | Type::Temporal(_) | Type::Bytes(_) | Type::File(_) => {
                "a text".to_owned()
            }
            Type::List(_) | Type::Tuple(_) => "a list".to_owned(),
            _ => "a value".to_owned(),
        },
    }
}

/// Returns the name of a variant: the value of its tag, its only required property, or the names of
/// its properties.
fn variant(types: &Types, members: &Members<'_>) -> String {
    let required: Vec<_> = members
        .properties
        .iter()
        .filter(|property| property.required)
        .collect();
    let tag = required
        .iter()
        .find_map(|property| match types.resolve(&property.ty) {
            Type::Literal(literal) => Some(literal_text(literal)),
            _ => None,
        });
    match (tag, required.as_slice()) {
        (Some(tag), _) => tag,
        (None, [only]) => only.name.clone(),
        _ if members.properties.is_empty() => "object".to_owned(),
        _ => {
            let names = members.properties.iter();
            let names: Vec<_> = names.map(|property| property.name.as_str()).collect();
            names.join(", ")
        }
    }
}

fn variant_name(types: &Types, alternative: &Alternative<'_>) -> String {
    format!("`{}`", label(types, alternative, true))
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => text.clone(),
        Literal::Number(number) => number.to_string(),
        Literal::Boolean(value) => value.to_string(),
    }
}

fn describe_all(types: &Types, alternatives: &[Alternative<'_>]) -> String {
    if alternatives.is_empty() {
        return "no value".to_owned();
    }
    let mut texts: Vec<_> = alternatives
        .iter()
        .map(|alternative| match alternative {
            Alternative::Object(_) => "object".to_owned(),
            Alternative::Other(ty) => describe(types, ty),
        })
        .collect();
    texts.dedup();
    texts.join(" or ")
}
