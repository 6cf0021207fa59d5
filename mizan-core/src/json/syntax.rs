//! Checks that serde does not perform on a JSON document: nesting depth and duplicate keys.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_path_to_error::Track;

use super::path::path_names;
use super::whole_numbers;
use crate::input_schema::exceeds_f32;

/// The maximum nesting depth of objects and arrays in JSON from clients.
pub const MAX_JSON_DEPTH: usize = 64;

/// The result of a check of a document.
pub(super) struct CheckedSyntax {
    /// A number is too large for an `f32`.
    pub(super) has_large_number: bool,
    /// A number is an integer, but not written as one.
    pub(super) has_whole_float: bool,
}

/// Checks that a document is JSON in UTF-8, within the depth limit and without duplicate keys.
///
/// serde accepts duplicate keys in maps. Parsers disagree on which value counts (RFC 8259, section
/// 4), which lets requests bypass checks. The check stores the keys of an object only until the
/// object ends.
pub(super) fn check_syntax(bytes: &[u8]) -> Result<CheckedSyntax, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let mut state = State::default();
    SyntaxCheck::new(&mut state).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(CheckedSyntax {
        has_large_number: state.has_large_number,
        has_whole_float: state.has_whole_float,
    })
}

/// Returns the path of the value that [`check_syntax`] rejects.
pub(super) fn find_path(bytes: &[u8]) -> Vec<String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let mut track = Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let _ = SyntaxCheck::new(&mut State::default()).deserialize(tracked);
    path_names(&track.path())
}

/// A key, borrowed from the document unless it contains escapes.
type Key<'de> = Cow<'de, str>;

#[derive(Default)]
struct State<'de> {
    /// The first keys of each enclosing object, from the outermost to the innermost.
    keys: Vec<Key<'de>>,
    has_large_number: bool,
    has_whole_float: bool,
}

struct SyntaxCheck<'a, 'de> {
    depth: usize,
    state: &'a mut State<'de>,
}

impl<'a, 'de> SyntaxCheck<'a, 'de> {
    fn new(state: &'a mut State<'de>) -> Self {
        Self { depth: 0, state }
    }
}

impl SyntaxCheck<'_, '_> {
    /// The number of keys of an object that are compared one by one; further keys go into a set.
    const MAX_LINEAR_KEYS: usize = 16;

    fn next_depth<E: Error>(&self) -> Result<usize, E> {
        if self.depth == MAX_JSON_DEPTH {
            return Err(E::custom(format_args!(
                "the input is nested more than {MAX_JSON_DEPTH} levels deep"
            )));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for SyntaxCheck<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SyntaxCheck<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.state.has_large_number |= exceeds_f32(number);
        self.state.has_whole_float |= whole_numbers::to_integer(number).is_some();
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let depth = self.next_depth()?;
        let state = self.state;
        while items
            .next_element_seed(SyntaxCheck { depth, state })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let depth = self.next_depth()?;
        let state = self.state;
        let start = state.keys.len();
        let mut more_keys = HashSet::new();
        while let Some(key) = members.next_key_seed(KeySeed)? {
            let first_keys = &state.keys[start..];
            if first_keys.contains(&key) || more_keys.contains(&key) {
                return Err(A::Error::custom(format_args!("duplicate key {key:?}")));
            }
            if first_keys.len() < Self::MAX_LINEAR_KEYS {
                state.keys.push(key);
            } else {
                more_keys.insert(key);
            }
            members.next_value_seed(SyntaxCheck { depth, state })?;
        }
        state.keys.truncate(start);
        Ok(())
    }
}

struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key::Owned(key.to_owned()))
    }
}
