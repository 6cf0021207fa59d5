//! Log messages in one line.

use std::borrow::Cow;

/// Escapes line breaks and other control characters, so that text of a client or a foreign error cannot forge a line
/// of the log.
pub(crate) fn escape_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if is_unsafe(char) {
            escaped.extend(char.escape_default());
        } else {
            escaped.push(char);
        }
    }
    escaped.into()
}

/// Control characters, and the separators of lines and paragraphs that some viewers treat as line breaks.
fn is_unsafe(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_line_breaks_and_terminal_sequences() {
        assert_eq!(
            escape_controls("a\r\nERROR forged\u{1b}[2J\u{2028}é\t\0"),
            r"a\r\nERROR forged\u{1b}[2J\u{2028}é\t\u{0}"
        );
        assert!(matches!(escape_controls("déjà vu"), Cow::Borrowed(_)));
    }
}
