//! The question whether a receiver accepts everything that a sender may send.

use std::collections::HashSet;

use super::alternatives::{Alternative, Members, alternatives};
use super::constraints::{
    accepts_checks, accepts_items, accepts_literal, accepts_number, accepts_text,
};
use super::effect::Direction;
use super::model::Types;
use crate::schema::{AdditionalProperties, List, Literal, Text, Type};

type Pair = (*const Type, *const Type);

/// Decides whether one type accepts all values of another type.
///
/// Types are compared by their structure, not by their names. The comparison of a pair that is
/// already being compared succeeds, so that recursive types end ("Subtyping recursive types",
/// Amadio and Cardelli, 1993).
pub(super) struct Relation<'a> {
    sender: &'a Types,
    receiver: &'a Types,
    direction: Direction,
    /// The pairs that are accepted, or that are assumed to be accepted while they are compared.
    accepted: HashSet<Pair>,
    /// The accepted pairs in the order of their comparison.
    log: Vec<Pair>,
    refused: HashSet<Pair>,
}

impl<'a> Relation<'a> {
    pub(super) fn new(sender: &'a Types, receiver: &'a Types, direction: Direction) -> Self {
        Self {
            sender,
            receiver,
            direction,
            accepted: HashSet::new(),
            log: Vec::new(),
            refused: HashSet::new(),
        }
    }

    /// Returns whether every value of `sent` is a value of `accepted`.
    pub(super) fn accepts(&mut self, sent: &'a Type, accepted: &'a Type) -> bool {
        let sent = self.sender.resolve(sent);
        let accepted = self.receiver.resolve(accepted);
        let pair = (std::ptr::from_ref(sent), std::ptr::from_ref(accepted));
        if self.accepted.contains(&pair) {
            return true;
        }
        // A comparison that fails despite its assumptions always fails.
        if self.refused.contains(&pair) {
            return false;
        }
        let start = self.log.len();
        self.accepted.insert(pair);
        self.log.push(pair);
        let sent = alternatives(self.sender, sent);
        let accepted = alternatives(self.receiver, accepted);
        let result = sent.iter().all(|sent| self.accepts_one(sent, &accepted));
        if !result {
            self.forget_since(start);
            self.refused.insert(pair);
        }
        result
    }

    /// Returns whether every value of one alternative is accepted.
    pub(super) fn accepts_one(
        &mut self,
        sent: &Alternative<'a>,
        accepted: &[Alternative<'a>],
    ) -> bool {
        if let Alternative::Other(Type::Boolean) = sent {
            let has = |value| {
                accepted.iter().any(|accepted| {
                    matches!(accepted, Alternative::Other(Type::Literal(Literal::Boolean(found))) if *found == value)
                })
            };
            if has(true) && has(false) {
                return true;
            }
        }
        accepted.iter().any(|accepted| {
            let start = self.log.len();
            let result = self.matches(sent, accepted);
            if !result {
                self.forget_since(start);
            }
            result
        })
    }

    fn forget_since(&mut self, start: usize) {
        for pair in self.log.drain(start..) {
            self.accepted.remove(&pair);
        }
    }

    fn matches(&mut self, sent: &Alternative<'a>, accepted: &Alternative<'a>) -> bool {
        match (sent, accepted) {
            (_, Alternative::Other(Type::Unknown)) => true,
            (Alternative::Object(sent), Alternative::Object(accepted)) => {
                self.accepts_members(sent, accepted)
            }
            (Alternative::Other(sent), Alternative::Other(accepted)) => {
                self.accepts_other(sent, accepted)
            }
            _ => false,
        }
    }

    fn accepts_other(&mut self, sent: &'a Type, accepted: &'a Type) -> bool {
        let direction = self.direction;
        match (sent, accepted) {
            (Type::Null, Type::Null) | (Type::Boolean, Type::Boolean) => true,
            (Type::Literal(sent), accepted) => accepts_literal(sent, accepted, direction),
            (Type::Number(_) | Type::BigInt(_), Type::Number(_) | Type::BigInt(_)) => {
                accepts_number(sent, accepted, direction)
            }
            (Type::Text(sent), Type::Text(accepted)) => accepts_text(sent, accepted, direction),
            (Type::Temporal(sent), Type::Temporal(accepted)) => {
                sent.kind == accepted.kind
                    && sent.text.format == accepted.text.format
                    && accepts_text(&sent.text, &accepted.text, direction)
            }
            (Type::Temporal(sent), Type::Text(accepted)) => {
                accepts_text(&sent.text, accepted, direction)
            }
            (Type::Bytes(_), Type::Text(accepted)) => {
                accepts_text(&Text::default(), accepted, direction)
            }
            (Type::Bytes(sent), Type::Bytes(accepted))
            | (Type::File(sent), Type::File(accepted)) => accepts_checks(sent, accepted, direction),
            (Type::List(sent), Type::List(accepted)) => {
                accepts_items(sent, accepted, direction) && self.accepts(&sent.item, &accepted.item)
            }
            (Type::List(sent), Type::Tuple(accepted)) => {
                let length = Some(accepted.len() as u64);
                sent.min_items == length
                    && sent.max_items == length
                    && accepted.iter().all(|item| self.accepts(&sent.item, item))
            }
            (Type::Tuple(sent), Type::List(accepted)) => {
                let length = Some(sent.len() as u64);
                let fixed = List {
                    item: Box::new(Type::Unknown),
                    min_items: length,
                    max_items: length,
                    unique: false,
                    checks: crate::schema::Checks::default(),
                };
                accepts_items(&fixed, accepted, direction)
                    && sent.iter().all(|item| self.accepts(item, &accepted.item))
            }
            (Type::Tuple(sent), Type::Tuple(accepted))
            | (Type::Intersection(sent), Type::Intersection(accepted)) => {
                sent.len() == accepted.len()
                    && sent
                        .iter()
                        .zip(accepted)
                        .all(|(sent, accepted)| self.accepts(sent, accepted))
            }
            _ => false,
        }
    }

    fn accepts_members(&mut self, sent: &Members<'a>, accepted: &Members<'a>) -> bool {
        accepted.properties.iter().all(|property| {
            match (sent.get(&property.name), sent.additional) {
                (Some(own), _) => {
                    (own.required || !property.required) && self.accepts(&own.ty, &property.ty)
                }
                (None, Some(additional)) => {
                    !property.required && self.accepts(&additional.value, &property.ty)
                }
                (None, None) => !property.required,
            }
        }) && sent.properties.iter().all(|property| {
            accepted.get(&property.name).is_some()
                || self.accepts_unknown(&property.ty, false, accepted)
        }) && self.accepts_additional(sent.additional, accepted)
    }

    /// Returns whether the receiver accepts a member that is none of its properties.
    pub(super) fn accepts_unknown(
        &mut self,
        sent: &'a Type,
        matches_pattern: bool,
        accepted: &Members<'a>,
    ) -> bool {
        match accepted.additional {
            Some(additional) => {
                (matches_pattern || additional.key_patterns.is_empty())
                    && self.accepts(sent, &additional.value)
            }
            // The server ignores unknown members unless the struct denies them. Clients ignore them.
            None => self.direction == Direction::ToClient || !accepted.closed,
        }
    }

    pub(super) fn accepts_additional(
        &mut self,
        sent: Option<&'a AdditionalProperties>,
        accepted: &Members<'a>,
    ) -> bool {
        let Some(sent) = sent else {
            return true;
        };
        let known = accepted.additional.map(|known| &known.key_patterns);
        let matches_pattern = known.is_some_and(|known| {
            !sent.key_patterns.is_empty()
                && sent
                    .key_patterns
                    .iter()
                    .all(|pattern| known.contains(pattern))
        });
        self.accepts_unknown(&sent.value, matches_pattern, accepted)
    }
}
