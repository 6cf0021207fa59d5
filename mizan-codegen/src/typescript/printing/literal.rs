//! Values as TypeScript writes them.

use serde_json::{Number, Value};

use crate::naming::is_identifier;
use crate::schema::Literal;

/// A string in double quotes.
pub(crate) fn string(text: &str) -> String {
    // JSON strings are JavaScript strings, except that JavaScript once ended a line at these two.
    Value::from(text)
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

pub(crate) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => string(text),
        Literal::Number(value) => number(value),
        Literal::Boolean(value) => value.to_string(),
    }
}

/// A number as JavaScript prints it: `1` where Rust has `1.0`.
pub(crate) fn number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

/// The name of a member in a type.
pub(crate) fn member(name: &str) -> String {
    if is_identifier(name) && name != "__proto__" {
        name.to_owned()
    } else {
        string(name)
    }
}

/// The name of a member in an object literal, where a plain `__proto__` would set the prototype.
pub(crate) fn key(name: &str) -> String {
    if name == "__proto__" {
        format!("[{}]", string(name))
    } else {
        member(name)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use serde_json::json;

    use super::{key, member, number, string};

    #[test]
    fn strings_are_escaped() {
        assert_eq!(string("a\"b\\c\n\u{2028}"), r#""a\"b\\c\n\u2028""#);
    }

    #[test]
    fn members_are_quoted_where_needed() {
        assert_eq!(member("title"), "title");
        assert_eq!(member("class"), "class");
        assert_eq!(member("größe"), "größe");
        assert_eq!(member("content-type"), r#""content-type""#);
        assert_eq!(member("2d"), r#""2d""#);
        assert_eq!(member("__proto__"), r#""__proto__""#);
        assert_eq!(key("__proto__"), r#"["__proto__"]"#);
    }

    #[test]
    fn whole_floats_are_whole_numbers() {
        for (value, printed) in [(json!(1.0), "1"), (json!(0.5), "0.5"), (json!(-3), "-3")] {
            assert_eq!(number(value.as_number().unwrap()), printed);
        }
    }
}
