//! Lists and parameters that may hold quoted strings (RFC 9110, section 5.6).

/// Splits at `separator` outside of quoted strings, from the end.
///
/// The nearest proxy wrote the end of a header. Read from there, a quote that a client opened and did not
/// close does not reach into what the proxy appended.
pub(crate) fn rsplit_unquoted(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut quoted = false;
        for at in (0..text.len()).rev() {
            if text[at] == b'"' {
                let escapes = text[..at].iter().rev().take_while(|byte| **byte == b'\\');
                quoted = !quoted || escapes.count() % 2 == 1;
            } else if text[at] == separator && !quoted {
                rest = Some(&text[..at]);
                return Some(&text[at + 1..]);
            }
        }
        rest = None;
        Some(text)
    })
}
