//! HTML escaping.

use std::borrow::Cow;

/// Escapes `text` for the content of an HTML element, or for an attribute value in quotes.
///
/// Replaces `<`, `>`, `&`, `"` and `'` by character references. Text without them is borrowed.
///
/// ```
/// use mizan_core::adapter::escape_html;
///
/// assert_eq!(escape_html("<b title='a & b'>"), "&lt;b title=&#39;a &amp; b&#39;&gt;");
/// ```
#[must_use]
pub fn escape_html(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '>', '&', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}
