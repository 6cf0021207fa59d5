//! Header values that may contain quoted strings (RFC 9110, section 5.6).

/// Splits `text` at each `separator` outside of quoted strings, starting at the end.
///
/// The nearest proxy wrote the end of a forwarding header. Because the value is read from its end, a quote
/// that a client opened and did not close does not extend into the entry of the proxy.
pub(crate) fn rsplit_unquoted(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut quoted = false;
        for i in (0..text.len()).rev() {
            if text[i] == b'"' {
                let escapes = text[..i].iter().rev().take_while(|byte| **byte == b'\\');
                quoted = !quoted || escapes.count() % 2 == 1;
            } else if text[i] == separator && !quoted {
                rest = Some(&text[..i]);
                return Some(&text[i + 1..]);
            }
        }
        rest = None;
        Some(text)
    })
}
