//! Decoding of inputs: what is malformed, and what is well formed but refused.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};
use serde_path_to_error::Segment;

use crate::validation::WHOLE;
use crate::{Error, ErrorCode};

/// How deep objects and arrays may nest.
pub const MAX_DEPTH: usize = 64;

/// The longest message, and the longest path: both repeat what the client sent.
const MAX_TEXT: usize = 200;

/// Decodes the input of a call. Nothing at all is an object without members.
///
/// # Errors
///
/// [`ErrorCode::Malformed`] for what is not JSON in UTF-8, nests deeper than [`MAX_DEPTH`] or has
/// a key twice; [`ErrorCode::Invalid`], with the path of the field, for what `T` refuses.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let bytes = if bytes.trim_ascii().is_empty() {
        b"{}"
    } else {
        bytes
    };
    check_form(bytes)?;
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::new(
            ErrorCode::Invalid,
            "the input must be a JSON object with the function's arguments",
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| refusal::<T>(bytes, error))
}

/// Decodes a message, which need not be an object.
///
/// # Errors
///
/// As for [`decode`].
pub(crate) fn decode_any<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    check_form(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| refusal::<T>(bytes, error))
}

/// Says which field `T` refuses. Decodes a second time, because tracking the path would slow
/// down the calls that succeed.
fn refusal<T: DeserializeOwned>(bytes: &[u8], error: serde_json::Error) -> Error {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let (mut path, error) = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(_) => (Vec::new(), error),
        Err(found) => (names(found.path()), found.into_inner()),
    };
    let text = without_place(&error);
    let message = if let Some(field) = missing_field(&text) {
        path.push(field.to_owned());
        "This field is required.".to_owned()
    } else if let Some(field) = unknown_field(&text) {
        if path.last().is_none_or(|last| last != field) {
            path.push(field.to_owned());
        }
        "Unknown field.".to_owned()
    } else {
        shortened(text)
    };
    if path.is_empty() {
        return Error::new(ErrorCode::Invalid, message.clone()).with_field(WHOLE, message);
    }
    Error::invalid(shortened(path.join(".")), message)
}

fn names(path: &serde_path_to_error::Path) -> Vec<String> {
    let names = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    });
    names.collect()
}

/// The error without its line and column, which mean nothing to whoever filled in a form.
fn without_place(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    if text.ends_with(&place) {
        text.truncate(text.len() - place.len());
    }
    text
}

/// The name in serde's `missing_field` error.
fn missing_field(text: &str) -> Option<&str> {
    text.strip_prefix("missing field `")?.strip_suffix('`')
}

/// The name in serde's `unknown_field` error. It comes from the client and may hold anything, so
/// its end is searched from behind.
fn unknown_field(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("unknown field `")?;
    let end = rest.rfind("`, expected ").or_else(|| rest.rfind('`'))?;
    Some(&rest[..end])
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
    text
}

/// Walks through the document once, keeping nothing of it but the keys of open objects.
///
/// serde does not see a key that stands twice in a map, and one that one parser takes first and
/// another last is how requests get past checks (RFC 8259, section 4).
fn check_form(bytes: &[u8]) -> Result<(), Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let mut keys = Vec::new();
    Form {
        depth: 0,
        keys: &mut keys,
    }
    .deserialize(&mut deserializer)
    .and_then(|()| deserializer.end())
    .map_err(|error| Error::new(ErrorCode::Malformed, shortened(error.to_string())))
}

/// A key, borrowed from the document unless it is written with escapes.
type Key<'de> = Cow<'de, str>;

struct Form<'a, 'de> {
    depth: usize,
    /// The first keys of every open object, one object after the other.
    keys: &'a mut Vec<Key<'de>>,
}

impl Form<'_, '_> {
    /// How many keys of an object are compared one by one; nearly all objects have fewer.
    const FEW: usize = 16;

    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format_args!(
                "the input nests deeper than {MAX_DEPTH} levels"
            )));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Form<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Form<'_, 'de> {
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

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        let keys = self.keys;
        while items.next_element_seed(Form { depth, keys })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let depth = self.deeper()?;
        let keys = self.keys;
        let start = keys.len();
        let mut further = HashSet::new();
        while let Some(key) = members.next_key_seed(KeySeed)? {
            let first = &keys[start..];
            if first.contains(&key) || further.contains(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key {key:?} stands twice"
                )));
            }
            if first.len() < Self::FEW {
                keys.push(key);
            } else {
                further.insert(key);
            }
            members.next_value_seed(Form { depth, keys })?;
        }
        keys.truncate(start);
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
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key::Owned(key.to_owned()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Order {
        title: String,
        #[serde(default)]
        lines: Vec<Line>,
        #[serde(default)]
        notes: HashMap<String, String>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Line {
        count: u8,
    }

    fn refused(bytes: &[u8]) -> (&'static str, String) {
        let error = decode::<Order>(bytes).unwrap_err();
        let fields: Vec<_> = error
            .fields()
            .iter()
            .map(|(path, messages)| format!("{path}={}", messages.join("/")))
            .collect();
        (error.code(), fields.join(" "))
    }

    #[test]
    fn malformed_input_is_told_from_refused_input() {
        for bytes in [
            &b"{"[..],
            b"hello",
            b"{\"title\": \"\xff\"}",
            b"{\"title\": \"a\"} x",
            b"{\"title\": \"a\", \"title\": \"b\"}",
            b"{\"title\": \"a\", \"t\\u0069tle\": \"b\"}",
            b"{\"title\": \"a\", \"notes\": {\"k\": \"1\", \"k\": \"2\"}}",
            b"{\"nonsense\": 1, \"title\": ",
        ] {
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(refused(bytes).0, "malformed", "{text}");
        }
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |depth: usize| {
            format!(
                "{{\"notes\": {}{}}}",
                "[".repeat(depth - 1),
                "]".repeat(depth - 1)
            )
        };
        assert_eq!(refused(nested(MAX_DEPTH).as_bytes()).0, "invalid");
        assert_eq!(refused(nested(MAX_DEPTH + 1).as_bytes()).0, "malformed");
        assert_eq!(refused(nested(1_000_000).as_bytes()).0, "malformed");
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (input, fields) in [
            ("{}", "title=This field is required."),
            ("", "title=This field is required."),
            (r#"{"title": "a", "x": 1}"#, "x=Unknown field."),
            (r#"{"title": "a", "x`, y": 1}"#, "x`, y=Unknown field."),
            (
                r#"{"title": 1}"#,
                "title=invalid type: integer `1`, expected a string",
            ),
            (
                r#"{"title": "a", "lines": [{"count": 1}, {}]}"#,
                "lines.1.count=This field is required.",
            ),
            (
                r#"{"title": "a", "lines": [{"count": 1, "y": 2}]}"#,
                "lines.0.y=Unknown field.",
            ),
            (
                r#"{"title": "a", "lines": [{"count": 256}]}"#,
                "lines.0.count=invalid value: integer `256`, expected u8",
            ),
        ] {
            assert_eq!(
                refused(input.as_bytes()),
                ("invalid", fields.to_owned()),
                "{input}"
            );
        }
        assert_eq!(refused(b"[\"a\"]").0, "invalid");
        assert_eq!(refused(b"null").0, "invalid");
    }

    #[test]
    fn a_message_does_not_grow_with_the_input() {
        let long = "é".repeat(10_000);
        let input = format!(r#"{{"title": "a", "lines": "{long}"}}"#);
        let error = decode::<Order>(input.as_bytes()).unwrap_err();
        assert!(error.message().len() < 300, "{}", error.message().len());
    }

    #[test]
    fn many_keys_are_told_apart() {
        let members: Vec<_> = (0..100).map(|i| format!("\"k{i}\": \"\"")).collect();
        let with = |last: &str| {
            let notes = members.join(",");
            decode::<Order>(
                format!(r#"{{"title": "", "notes": {{{notes}, "{last}": ""}}}}"#).as_bytes(),
            )
        };
        assert_eq!(with("k100").unwrap().notes.len(), 101);
        assert_eq!(with("k3").unwrap_err().code(), "malformed");
        assert_eq!(with("k99").unwrap_err().code(), "malformed");
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode::<Order>(&bytes);
        }

        #[test]
        fn what_serde_writes_is_read(title in any::<String>(), notes in any::<HashMap<String, String>>()) {
            let text = serde_json::to_vec(&serde_json::json!({ "title": title, "notes": notes })).unwrap();
            let order = decode::<Order>(&text).unwrap();
            prop_assert_eq!(order, Order { title, lines: Vec::new(), notes });
        }
    }
}
