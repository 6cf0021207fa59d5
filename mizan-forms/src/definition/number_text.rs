//! Parsing of the text of a number control.

use serde_json::{Number, Value};

/// The maximum number of digits of an integer of 64 bits.
const MAX_INTEGER_DIGITS: usize = 20;

/// Parses a number as browsers post it: a valid floating-point number of HTML, such as `05`, `.5`,
/// `1.0` or `1e1`.
///
/// The value equals the number that the generated client sends for the same text: an integer if the
/// number has no fraction, exact up to 64 bits.
pub(super) fn parse_number(text: &str) -> Option<Value> {
    let text = text.trim();
    let decimal = Decimal::parse(text)?;
    if let Some(integer) = decimal.to_integer() {
        return Some(integer);
    }
    let float: f64 = text.parse().ok()?;
    // Rounding can yield an integer, such as 1 for `0.99999999999999999999`.
    let rounded = format!("{float:.0}");
    if float.fract() == 0.0
        && let Some(integer) = Decimal::parse(&rounded).and_then(|decimal| decimal.to_integer())
    {
        return Some(integer);
    }
    Number::from_f64(float).map(Value::Number)
}

/// The digits of a number, times a power of ten.
struct Decimal {
    is_negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    fn parse(text: &str) -> Option<Self> {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let fraction_digits = i64::try_from(fraction.len()).ok()?;
        let significant = digits.trim_start_matches('0');
        let without_zeros = significant.trim_end_matches('0');
        let zeros = i64::try_from(significant.len() - without_zeros.len()).ok()?;
        Some(Self {
            is_negative,
            digits: without_zeros.to_owned(),
            exponent: exponent
                .saturating_sub(fraction_digits)
                .saturating_add(zeros),
        })
    }

    /// Returns the number if it is an integer of at most 64 bits.
    fn to_integer(&self) -> Option<Value> {
        if self.digits.is_empty() {
            return Some(Value::from(0));
        }
        let zeros = usize::try_from(self.exponent).ok()?;
        if self.digits.len().saturating_add(zeros) > MAX_INTEGER_DIGITS {
            return None;
        }
        let digits = format!("{}{}", self.digits, "0".repeat(zeros));
        if self.is_negative {
            format!("-{digits}").parse::<i64>().ok().map(Value::from)
        } else {
            digits.parse::<u64>().ok().map(Value::from)
        }
    }
}

/// Parses an exponent. One that is too large for an `i64` has the same effect as the largest.
fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parses_numbers_as_the_client_does() {
        for (text, value) in [
            ("5", json!(5)),
            ("05", json!(5)),
            (" 5 ", json!(5)),
            (".5", json!(0.5)),
            ("-.5", json!(-0.5)),
            ("1.0", json!(1)),
            ("1e1", json!(10)),
            ("1.5E+1", json!(15)),
            ("150e-1", json!(15)),
            ("15e-1", json!(1.5)),
            ("-0", json!(0)),
            ("0e999999999999999999999", json!(0)),
            ("1e-999999999999999999999", json!(0)),
            ("0.99999999999999999999", json!(1)),
            ("9007199254740993", json!(9_007_199_254_740_993_u64)),
            ("9007199254740993.0", json!(9_007_199_254_740_993_u64)),
            ("18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            (
                "18446744073709551616",
                json!(18_446_744_073_709_551_616_f64),
            ),
            ("1e300", json!(1e300)),
        ] {
            assert_eq!(parse_number(text), Some(value), "{text}");
        }
        for text in [
            "", "-", ".", "5.", "+5", "1e", "1e+", "e1", "0x10", "1_000", "1,5", "1e400", "inf",
            "NaN", "--1", "1.2.3", "٣", "[1]", "5 5",
        ] {
            assert_eq!(parse_number(text), None, "{text}");
        }
    }
}
