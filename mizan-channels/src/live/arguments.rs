//! The arguments of live queries, in a form that invalidations are compared with.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

/// The largest integer that JavaScript represents exactly: 2^53 - 1.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The arguments of a query or of an invalidation: members of an object as canonical JSON, such as `"id":7`.
///
/// Members that are null are left out, because an absent argument has the same meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Arguments(BTreeSet<Box<str>>);

impl Arguments {
    /// Parses a JSON object. Empty bytes mean no arguments.
    pub(super) fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_slice::<Map<_, _>>(json).map(Self::from)
    }

    /// Returns `true` if a query with these arguments is affected by an invalidation with `others`.
    pub(super) fn contain(&self, others: &Self) -> bool {
        others.0.is_subset(&self.0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|member| &**member)
    }

    /// Returns the size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        self.iter().map(|member| member.len() + 16).sum()
    }
}

impl From<Map<String, Value>> for Arguments {
    fn from(members: Map<String, Value>) -> Self {
        let present = members.into_iter().filter(|(_, value)| !value.is_null());
        Self(
            present
                .map(|(name, value)| format!("{}:{}", Value::from(name), canonical(value)).into())
                .collect(),
        )
    }
}

/// Returns the same value for the same data: members are sorted, and `1.0` is `1`, as JavaScript writes it.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            let members = members.into_iter();
            Value::Object(
                members
                    .map(|(name, value)| (name, canonical(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Number(number) => Value::Number(canonical_number(number)),
        other => other,
    }
}

fn canonical_number(number: Number) -> Number {
    match number.as_f64() {
        Some(float)
            if number.is_f64() && float.fract() == 0.0 && float.abs() <= MAX_SAFE_INTEGER =>
        {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the number is a safe integer"
            )]
            Number::from(float as i64)
        }
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(json: &str) -> Arguments {
        Arguments::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn compares_values_and_not_their_text() {
        let query = arguments(r#"{"id":7,"filter":{"b":1.0,"a":[2]},"after":null}"#);
        for matching in [
            "{}",
            r#"{"id":7.0}"#,
            r#"{ "id" : 7 }"#,
            r#"{"filter":{"a":[2],"b":1}}"#,
            r#"{"after":null}"#,
        ] {
            assert!(query.contain(&arguments(matching)), "{matching}");
        }
        for other in [
            r#"{"id":"7"}"#,
            r#"{"id":7,"locale":"de"}"#,
            r#"{"filter":{"a":[2]}}"#,
            r#"{"after":1}"#,
            r#"{"id":7.5}"#,
        ] {
            assert!(!query.contain(&arguments(other)), "{other}");
        }
    }

    #[test]
    fn refuses_what_is_not_an_object() {
        for refused in ["[]", "7", "{", r#""id""#] {
            assert!(Arguments::parse(refused.as_bytes()).is_err(), "{refused}");
        }
        assert_eq!(Arguments::parse(b"").unwrap(), Arguments::default());
    }
}
