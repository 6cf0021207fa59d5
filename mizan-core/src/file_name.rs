//! Names of files that are safe to show and to send.

/// The maximum length of a file's name, which is the limit of most file systems.
const MAX_NAME_BYTES: usize = 255;

/// Returns the last component of a path, without control characters and characters that change the
/// direction of text.
pub(crate) fn sanitize_file_name(claimed: &str) -> String {
    let last = claimed.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_hidden = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut name: String = last.chars().filter(|c| !is_hidden(c)).collect();
    name.truncate(name.floor_char_boundary(MAX_NAME_BYTES));
    match name.trim() {
        "" | "." | ".." => "file".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::sanitize_file_name;

    #[test]
    fn removes_paths_from_file_names() {
        for (claimed, name) in [
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\mia\photo.png", "photo.png"),
            ("..", "file"),
            ("../", "file"),
            ("", "file"),
            ("a\u{0}b\r\n.png", "ab.png"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            (" a b .png ", "a b .png"),
        ] {
            assert_eq!(sanitize_file_name(claimed), name, "{claimed:?}");
        }
        assert_eq!(sanitize_file_name(&"é".repeat(200)).len(), 254);
    }
}
