//! Text of components in logs.

use std::fmt::Display;

/// The beginning of a line that continues a log message, which is also that of the lines of a stack.
const INDENT: &str = "    ";

/// Formats text that a component may have received from a client, so that it cannot forge a line of the log: further
/// lines are indented, and other control characters are escaped.
pub(crate) fn log_text(text: &(impl Display + ?Sized)) -> String {
    let text = text.to_string();
    let mut safe = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            safe.push('\n');
            if !line.starts_with(INDENT) && !line.is_empty() {
                safe.push_str(INDENT);
            }
        }
        for char in line.chars() {
            let is_safe = !char.is_control() || char == '\t';
            if is_safe && !matches!(char, '\u{2028}' | '\u{2029}') {
                safe.push(char);
            } else {
                safe.extend(char.escape_default());
            }
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::log_text;

    #[test]
    fn indents_lines_and_escapes_terminal_sequences() {
        assert_eq!(
            log_text("Error: no post\n2026-11-27 ERROR forged\r\u{1b}[2J\n    at Post\n\n\té"),
            "Error: no post\n    2026-11-27 ERROR forged\\r\\u{1b}[2J\n    at Post\n\n    \té"
        );
    }
}
