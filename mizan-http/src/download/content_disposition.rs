//! The header `Content-Disposition` (RFC 6266).

use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that an extended value encodes (RFC 8187, section 3.2.1).
const EXTENDED_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Returns the value for a file with this name, which contains no path and no control characters.
///
/// Clients that do not know `filename*` use `filename`, in which `_` replaces characters outside of
/// ASCII, quotes, and percent signs, which some clients decode (RFC 6266, appendix D).
pub(super) fn header_value(name: &str, is_inline: bool) -> HeaderValue {
    let kind = if is_inline { "inline" } else { "attachment" };
    let is_plain = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%');
    let plain: String = name
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    let mut value = format!("{kind}; filename=\"{plain}\"");
    if plain != name {
        value.push_str("; filename*=UTF-8''");
        value.extend(utf8_percent_encode(name, EXTENDED_VALUE));
    }
    HeaderValue::try_from(value).expect("all other characters are replaced or encoded")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::header_value;

    #[test]
    fn encodes_names() {
        for (name, expected) in [
            ("report.pdf", r#"attachment; filename="report.pdf""#),
            ("a b;c=d.txt", r#"attachment; filename="a b;c=d.txt""#),
            (
                "Größe €.pdf",
                r#"attachment; filename="Gr__e _.pdf"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E2%82%AC.pdf"#,
            ),
            (
                r#"a"b'%41.txt"#,
                r#"attachment; filename="a_b'_41.txt"; filename*=UTF-8''a%22b%27%2541.txt"#,
            ),
            (
                "🦀",
                "attachment; filename=\"_\"; filename*=UTF-8''%F0%9F%A6%80",
            ),
        ] {
            assert_eq!(header_value(name, false), expected);
        }
        assert_eq!(header_value("a", true), r#"inline; filename="a""#);
    }

    proptest! {
        #[test]
        fn any_name_is_a_header_with_one_line(name in any::<String>()) {
            let value = header_value(&name, false);
            let text = value.to_str().unwrap();
            prop_assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert_eq!(text.matches('"').count(), 2);
            if let Some((_, encoded)) = text.split_once("filename*=UTF-8''") {
                let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap();
                prop_assert_eq!(decoded, name);
            }
        }
    }
}
