//! Patterns: which are portable, and which stand for the checks of forms.

/// A text that is not empty and does not consist of white space.
pub(super) const NOT_BLANK: &str = r"\S";

/// A text without control characters, such as line breaks.
pub(super) const SINGLE_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";

const TIME: &str = r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$";
const DATE_TIME: &str = r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$";
const COLOR: &str = r"^#[0-9a-fA-F]{6}$";

/// Returns the pattern of a format in which HTML controls write a value.
pub(super) fn of_html_format(format: &str) -> Option<&'static str> {
    match format {
        "time" => Some(TIME),
        "datetime" => Some(DATE_TIME),
        "color" => Some(COLOR),
        _ => None,
    }
}

/// Returns an example that matches a pattern of this module, and that has the length of a word.
pub(super) fn example_of(pattern: &str) -> Option<&'static str> {
    match pattern {
        NOT_BLANK | SINGLE_LINE => Some("text"),
        TIME => Some("12:30"),
        DATE_TIME => Some("2026-01-31T12:30"),
        COLOR => Some("#336699"),
        _ => None,
    }
}

/// Returns whether a pattern has the same syntax in Rust, in ECMAScript, which JSON Schema uses, and in
/// the languages of most clients.
///
/// Rejects flags, Unicode classes, operations on classes, and the escapes of a single language.
pub(super) fn is_portable(pattern: &str) -> bool {
    let mut rest = pattern;
    let mut is_in_class = false;
    while let Some(char) = rest.chars().next() {
        let after = &rest[char.len_utf8()..];
        match char {
            '\\' => {
                let Some(escaped) = after.chars().next() else {
                    return false;
                };
                let is_known = escaped.is_ascii_punctuation() || "dDwWsSbBnrtfv".contains(escaped);
                if !is_known {
                    return false;
                }
                rest = &after[escaped.len_utf8()..];
                continue;
            }
            '(' if !is_in_class && after.starts_with('?') && !after.starts_with("?:") => {
                return false;
            }
            // Only Rust has nested classes, `[a[b]]` and `[[:alpha:]]`, and a literal `]` at the start.
            '[' if is_in_class || after.starts_with(']') || after.starts_with("^]") => {
                return false;
            }
            '[' => is_in_class = true,
            ']' => is_in_class = false,
            // The operations on classes.
            '&' | '~' | '-' if is_in_class && after.starts_with(char) => return false,
            _ => {}
        }
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::is_portable;

    #[test]
    fn recognizes_portable_patterns() {
        for pattern in [
            "",
            "^[a-z]{2}-[0-9]{2}$",
            r"^\w+(?:\.\w+)*$",
            "ä|ö",
            r"\[\]",
        ] {
            assert!(is_portable(pattern), "{pattern}");
        }
        for pattern in [
            "(?i)^abc$",
            r"\p{L}",
            r"\A",
            r"\x{41}",
            "[[:alpha:]]",
            "[a-z&&b]",
            "[a[b]]",
            "[]a]",
            "(?P<a>b)",
            "\\",
        ] {
            assert!(!is_portable(pattern), "{pattern}");
        }
    }
}
