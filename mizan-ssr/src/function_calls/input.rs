//! The inputs of calls as JSON.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

/// The members of an object by name. Values are compared as text, so that no precision of a number is lost.
pub(super) type Members<'a> = BTreeMap<&'a str, &'a str>;

/// Encodes an input for a call. A unit is a call without input.
pub(crate) fn encode(input: &(impl Serialize + ?Sized)) -> serde_json::Result<Bytes> {
    let json = serde_json::to_vec(input)?;
    Ok(if json == b"null" {
        Bytes::new()
    } else {
        json.into()
    })
}

/// Returns whether two inputs are equal. The order of the members of the objects is not significant.
pub(super) fn are_equal(one: &Bytes, other: &Bytes) -> bool {
    one == other
        || match (members(one), members(other)) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        }
}

/// Parses an object whose names contain no escapes.
pub(super) fn members(json: &[u8]) -> Option<Members<'_>> {
    let members: BTreeMap<&str, &RawValue> = serde_json::from_slice(json).ok()?;
    let members = members.into_iter();
    Some(members.map(|(name, value)| (name, value.get())).collect())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{are_equal, encode};

    #[test]
    fn compares_inputs_exactly() {
        let equal = |one: &'static str, other: &'static str| {
            are_equal(
                &Bytes::from_static(one.as_bytes()),
                &Bytes::from_static(other.as_bytes()),
            )
        };
        assert!(equal("", ""));
        assert!(equal(r#"{"a":1,"b":"x"}"#, r#"{"b":"x","a":1}"#));
        assert!(!equal("", "{}"));
        assert!(!equal(r#"{"a":1}"#, r#"{"a":1,"b":null}"#));
        assert!(!equal(r#"{"a":1}"#, r#"{"a":"1"}"#));
        assert!(!equal(
            r#"{"a":123456789012345678901}"#,
            r#"{"a":123456789012345678902}"#
        ));
    }

    #[test]
    fn encodes_a_unit_as_no_input() {
        assert_eq!(encode(&()).expect("JSON"), "");
        assert_eq!(encode(&("a", 1)).expect("JSON"), r#"["a",1]"#);
    }
}
