//! JSON inside the `<script>` elements of a page.

/// Appends JSON with the characters escaped that an HTML or an old JavaScript parser could interpret.
///
/// These characters occur only inside JSON strings, where the escapes have the same meaning.
pub(crate) fn push_inline_json(html: &mut String, json: &str) {
    let mut copied = 0;
    for (at, found) in json.match_indices(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        html.push_str(&json[copied..at]);
        html.push_str(match found {
            "<" => "\\u003c",
            ">" => "\\u003e",
            "&" => "\\u0026",
            "\u{2028}" => "\\u2028",
            _ => "\\u2029",
        });
        copied = at + found.len();
    }
    html.push_str(&json[copied..]);
}

/// Appends `text` as a JSON string; see [`push_inline_json`].
pub(crate) fn push_inline_string(html: &mut String, text: &str) {
    push_inline_json(html, &serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::push_inline_json;

    #[test]
    fn escapes_html_characters_without_changing_the_value() {
        let value = serde_json::json!({ "</script>": "<!--&amp;\u{2028}\u{2029}-->", "é": "🎉" });
        let mut text = String::new();
        push_inline_json(&mut text, &value.to_string());
        assert!(
            !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']),
            "{text}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).ok(),
            Some(value)
        );
    }
}
