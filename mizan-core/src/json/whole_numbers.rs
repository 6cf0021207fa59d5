//! Integers that are written with a fraction of zeros, with an exponent, or as `-0`.

use crate::wire::MAX_SAFE_INTEGER;

/// Returns a number without a fraction as an integer, if a double holds it and its neighbours exactly.
///
/// `-0` is the integer 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the number is within the limits of both types"
)]
pub(super) fn to_integer(number: f64) -> Option<i64> {
    let is_exact = number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER as f64;
    is_exact.then_some(number as i64)
}

/// Returns a JSON document in which every such number is written in digits: `1.0` as `1`.
pub(super) fn write_as_integers(json: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some(first) = rest.first() {
        let (token, after) = rest.split_at(token_len(*first, rest));
        match plain_integer(token) {
            Some(integer) => written.extend(integer.to_string().into_bytes()),
            None => written.extend_from_slice(token),
        }
        rest = after;
    }
    written
}

/// Returns the length of a string or number, and 1 for every other byte.
fn token_len(first: u8, json: &[u8]) -> usize {
    match first {
        b'"' => string_len(json),
        b'-' | b'0'..=b'9' => {
            let is_part =
                |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
            json.iter().take_while(|byte| is_part(byte)).count()
        }
        _ => 1,
    }
}

fn string_len(json: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = json.iter().skip(1).position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.map_or(json.len(), |end| end + 2)
}

fn plain_integer(token: &[u8]) -> Option<i64> {
    let is_float = token == b"-0" || token.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    let is_number = matches!(token, [b'-' | b'0'..=b'9', ..]);
    let number: Option<f64> =
        (is_float && is_number).then(|| str::from_utf8(token).ok()?.parse().ok())?;
    // A double keeps its sign.
    let is_negative_zero = number.is_some_and(|number| number == 0.0 && number.is_sign_negative());
    if is_negative_zero && token != b"-0" {
        return None;
    }
    to_integer(number?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_whole_numbers_in_digits() {
        for (json, expected) in [
            ("-0", "0"),
            ("[1.0, 1e3 ,100e-2,-5.000]", "[1, 1000 ,1,-5]"),
            (
                r#"{"1.0":"1.0 \"2.0\\","b":2.0}"#,
                r#"{"1.0":"1.0 \"2.0\\","b":2}"#,
            ),
            (r#"["\\",3.0,"\\\"4.0"]"#, r#"["\\",3,"\\\"4.0"]"#),
            ("9007199254740991.0", "9007199254740991"),
        ] {
            assert_eq!(write_as_integers(json.as_bytes()), expected.as_bytes());
        }
    }

    #[test]
    fn keeps_other_numbers() {
        for json in [
            "0",
            "-1",
            "-0.0",
            "0.5",
            "1e-1",
            "1e21",
            "9007199254740992.0",
            "18446744073709551615",
            "[true,null,\"e\"]",
            "1234567890123456789012345678901234567890",
        ] {
            assert_eq!(write_as_integers(json.as_bytes()), json.as_bytes());
        }
    }
}
