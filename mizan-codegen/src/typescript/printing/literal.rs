//! Literals and property names.

use std::fmt::Write as _;

use serde_json::{Number, Value};

use crate::naming::is_identifier;
use crate::schema::Literal;

/// A string literal, in the quotes that need fewer escapes.
pub(crate) fn string(text: &str) -> String {
    let double_quoted = escape_invisible(Value::from(text).to_string());
    if text.matches('"').count() <= text.matches('\'').count() {
        return double_quoted;
    }
    let inside = &double_quoted[1..double_quoted.len() - 1];
    let inside = inside.replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{inside}'")
}

/// Escapes the characters of a JSON string that editors do not show as they are.
///
/// JSON strings are valid JavaScript strings, but old engines end a line at U+2028 and U+2029.
fn escape_invisible(json: String) -> String {
    let is_invisible = |letter: char| is_line_separator(letter) || is_bidi_control(letter);
    if !json.contains(is_invisible) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 6);
    for letter in json.chars() {
        if is_invisible(letter) {
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

/// Returns whether a letter ends a line in JavaScript, although it is no control.
pub(super) fn is_line_separator(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}')
}

/// Returns whether a letter changes the order in which editors show the letters around it, so that code looks
/// different from what it does.
pub(super) fn is_bidi_control(letter: char) -> bool {
    matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// A literal of any kind.
pub(crate) fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => string(text),
        Literal::Number(value) => number(value),
        Literal::Boolean(value) => value.to_string(),
    }
}

/// A number literal, in the format of JavaScript: `1` instead of `1.0`.
pub(crate) fn number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float.to_string(),
        _ => number.to_string(),
    }
}

/// The name of a property in a type, in quotes if necessary.
pub(crate) fn member(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        string(name)
    }
}

/// The name of a property in an object literal, where a plain `__proto__` would set the prototype.
pub(crate) fn key(name: &str) -> String {
    if name == "__proto__" {
        "[\"__proto__\"]".to_owned()
    } else {
        member(name)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]
mod tests {
    use serde_json::json;

    use super::{key, member, number, string};

    #[test]
    fn escapes_strings() {
        assert_eq!(string("say \"hi\""), "'say \"hi\"'");
        assert_eq!(string("it's \"it\""), "'it\\'s \"it\"'");
        assert_eq!(string("a\"b'\\c\n\u{2028}"), r#""a\"b'\\c\n\u2028""#);
        assert_eq!(string("a\u{202e}b\u{61c}"), r#""a\u202eb\u061c""#);
    }

    #[test]
    fn quotes_property_names_if_necessary() {
        assert_eq!(member("title"), "title");
        assert_eq!(member("class"), "class");
        assert_eq!(member("größe"), "größe");
        assert_eq!(member("content-type"), r#""content-type""#);
        assert_eq!(member("2d"), r#""2d""#);
        assert_eq!(member("__proto__"), "__proto__");
        assert_eq!(key("__proto__"), r#"["__proto__"]"#);
    }

    #[test]
    fn prints_whole_floats_as_integers() {
        for (value, printed) in [(json!(1.0), "1"), (json!(0.5), "0.5"), (json!(-3), "-3")] {
            assert_eq!(number(value.as_number().unwrap()), printed);
        }
    }
}
