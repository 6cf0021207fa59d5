use encoding_rs::{Encoding, UTF_8};

/// The name that `TextDecoder.encoding` shows for a label.
pub(super) fn encoding_name(label: &str) -> Option<String> {
    Encoding::for_label_no_replacement(label.as_bytes())
        .map(|encoding| encoding.name().to_lowercase())
}

/// `bytes` as text; nothing where they are wrong and `fatal` forbids it.
pub(super) fn decode(bytes: &[u8], name: &str, fatal: bool, keep_mark: bool) -> Option<String> {
    let encoding = Encoding::for_label(name.as_bytes()).unwrap_or(UTF_8);
    let (text, wrong) = if keep_mark {
        encoding.decode_without_bom_handling(bytes)
    } else {
        encoding.decode_with_bom_removal(bytes)
    };
    (!(fatal && wrong)).then(|| text.into_owned())
}
