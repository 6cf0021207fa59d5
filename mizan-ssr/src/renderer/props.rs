//! Encoding of props as JSON.

use std::collections::BTreeMap;

use ciborium::Value;
use serde::Serialize;
use serde_json::value::RawValue;

/// The largest integer that a JavaScript number holds exactly together with its neighbours.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The number of digits of the smallest integers that can be beyond the limit.
const MANY_DIGITS: usize = 16;

/// Encodes props as a JSON object.
///
/// # Errors
///
/// Returns the reason if the value is not an object, or if it contains an integer that JavaScript would
/// round, NaN or infinity.
pub(crate) fn encode(props: &(impl Serialize + ?Sized)) -> Result<String, String> {
    let json = serde_json::to_string(props)
        .map_err(|error| format!("cannot serialize the value: {error}"))?;
    if json == "null" {
        return Ok("{}".into());
    }
    if !json.starts_with('{') {
        return Err("the value is not a JSON object".into());
    }
    if has_many_digits(&json)
        && let Some((path, number)) = find_inexact(&json)
    {
        return Err(format!(
            "`{path}` is {number}, which JavaScript would round; send it as text, or as the output of \
             a server function"
        ));
    }
    // serde_json writes a number that is not finite as null.
    if json.contains("null")
        && let Some((path, number)) = find_not_finite(props)
    {
        return Err(format!(
            "`{path}` is {number}, which is not a number in JSON; send an `Option`, or check the value"
        ));
    }
    Ok(json)
}

/// Finds the first number that is not finite, and the path of its field.
#[cold]
fn find_not_finite(props: &(impl Serialize + ?Sized)) -> Option<(String, f64)> {
    // CBOR has such numbers. A value that it cannot represent, such as an integer of 128 bits, is not one.
    fn find(value: &Value) -> Option<(String, f64)> {
        match value {
            Value::Float(number) => (!number.is_finite()).then(|| (String::new(), *number)),
            Value::Array(items) => {
                let mut items = items.iter().enumerate();
                items.find_map(|(index, item)| Some(within(&index.to_string(), find(item)?)))
            }
            Value::Map(members) => members
                .iter()
                .find_map(|(name, member)| Some(within(&key_text(name), find(member)?))),
            _ => None,
        }
    }
    find(&Value::serialized(props).ok()?)
}

/// Returns the key of a map as JSON has it.
fn key_text(key: &Value) -> String {
    match key {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => i128::from(*number).to_string(),
        other => format!("{other:?}"),
    }
}

fn has_many_digits(json: &str) -> bool {
    let mut digits = 0;
    json.bytes().any(|byte| {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        digits == MANY_DIGITS
    })
}

/// Finds the first integer beyond the limit, and the path of its field.
fn find_inexact(json: &str) -> Option<(String, &str)> {
    match json.as_bytes().first()? {
        b'{' => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
            let mut members = members.into_iter();
            members.find_map(|(name, member)| Some(within(&name, find_inexact(member.get())?)))
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
            let mut items = items.into_iter().enumerate();
            items.find_map(|(index, item)| {
                Some(within(&index.to_string(), find_inexact(item.get())?))
            })
        }
        b'-' | b'0'..=b'9' if !json.contains(['.', 'e', 'E']) => {
            let digits = json.trim_start_matches('-');
            let is_safe = digits
                .parse()
                .is_ok_and(|number: u64| number <= MAX_SAFE_INTEGER);
            (!is_safe).then(|| (String::new(), json))
        }
        _ => None,
    }
}

fn within<T>(name: &str, (path, found): (String, T)) -> (String, T) {
    let path = match path.as_str() {
        "" => name.to_owned(),
        path => format!("{name}.{path}"),
    };
    (path, found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_that_javascript_rounds_are_refused_by_name() {
        for (props, start) in [
            (
                json!({ "post": { "ids": [1, 9_007_199_254_740_992_u64] } }),
                "`post.ids.1` is 9007199254740992,",
            ),
            (json!({ "id": i64::MIN }), "`id` is -9223372036854775808,"),
            (json!({ "id": u64::MAX }), "`id` is 18446744073709551615,"),
        ] {
            let error = encode(&props).err();
            assert!(
                error.as_ref().is_some_and(|error| error.starts_with(start)),
                "{error:?}"
            );
        }
        #[derive(Serialize)]
        struct Wide {
            checksum: u128,
        }
        assert!(
            encode(&Wide {
                checksum: u128::MAX
            })
            .is_err()
        );
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused_by_name() {
        #[derive(Serialize)]
        struct Row {
            note: Option<&'static str>,
            price: f32,
        }
        #[derive(Serialize)]
        #[serde(tag = "kind", rename_all = "camelCase")]
        enum Shape {
            Circle { radius: f64 },
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Props {
            all_rows: Vec<Row>,
            by_id: BTreeMap<u32, Shape>,
            #[serde(flatten)]
            more: BTreeMap<&'static str, f64>,
        }
        let props = |price, radius, more| Props {
            all_rows: vec![Row { note: None, price }],
            by_id: BTreeMap::from([(7, Shape::Circle { radius })]),
            more: BTreeMap::from([("x", more)]),
        };
        for (props, start) in [
            (props(f32::NAN, 1.0, 1.0), "`allRows.0.price` is NaN,"),
            (props(1.0, f64::INFINITY, 1.0), "`byId.7.radius` is inf,"),
            (props(1.0, 1.0, f64::NEG_INFINITY), "`x` is -inf,"),
        ] {
            let error = encode(&props).err();
            assert!(
                error.as_ref().is_some_and(|error| error.starts_with(start)),
                "{error:?}"
            );
        }
        let finite = props(1.5, 1.0, 1.0);
        assert_eq!(encode(&finite).ok(), serde_json::to_string(&finite).ok());
    }

    #[test]
    fn other_numbers_and_texts_are_accepted() {
        for props in [
            json!({ "id": 9_007_199_254_740_991_u64, "least": -9_007_199_254_740_991_i64 }),
            json!({ "text": "9007199254740993", "9007199254740993": null }),
            json!({ "float": 1e300, "fraction": 0.123_456_789_012_345_67, "whole": 1e17 }),
        ] {
            assert_eq!(encode(&props), Ok(props.to_string()));
        }
        assert_eq!(encode(&()), Ok("{}".to_owned()));
        assert!(encode(&[1]).is_err());
    }
}
