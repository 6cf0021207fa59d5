//! The implementation of `TextDecoder`.

use encoding_rs::{Encoding, UTF_8};

/// Returns the value of `TextDecoder.encoding` for a label; `None` for an unknown label.
pub(super) fn encoding_name(label: &str) -> Option<String> {
    Encoding::for_label_no_replacement(label.as_bytes())
        .map(|encoding| encoding.name().to_lowercase())
}

/// Decodes `bytes`. Returns `None` if they are malformed and `fatal` is set.
pub(super) fn decode(bytes: &[u8], name: &str, fatal: bool, keep_bom: bool) -> Option<String> {
    let encoding = Encoding::for_label(name.as_bytes()).unwrap_or(UTF_8);
    let (text, malformed) = if keep_bom {
        encoding.decode_without_bom_handling(bytes)
    } else {
        encoding.decode_with_bom_removal(bytes)
    };
    (!(fatal && malformed)).then(|| text.into_owned())
}
