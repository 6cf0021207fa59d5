//! Fields that accept files.

/// A field of an input that accepts a file, with the limits that the server enforces while it receives
/// the file.
///
/// ```
/// use mizan_core::upload::UploadField;
///
/// let scan = UploadField::new("documents.*.scan").with_accept(["image/*"]).with_max_bytes(5_000_000);
/// assert!(scan.matches("documents.0.scan") && scan.accepts("image/png"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadField {
    /// The path in the input; `*` matches the index of a row, as in `phones.*.scan`.
    pub path: String,
    /// The accepted content types, such as `image/png` or `image/*`. An empty list accepts all.
    pub accept: Vec<String>,
    /// The maximum size in bytes, in addition to the limits of the server.
    pub max_bytes: Option<u64>,
}

impl UploadField {
    /// Creates a field that accepts a file of any type and size.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            ..Self::default()
        }
    }

    /// Sets the accepted content types.
    #[must_use]
    pub fn with_accept<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.accept = types.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the maximum size in bytes.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }

    /// Returns `true` if `path`, such as `phones.0.scan`, is a path of this field.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let is_index = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_digit())
                && (name == "0" || !name.starts_with('0'))
        };
        let mut names = path.split('.');
        let matches_next = |pattern: &str| match names.next() {
            Some(name) if pattern == "*" => is_index(name),
            name => name == Some(pattern),
        };
        self.path.split('.').all(matches_next) && names.next().is_none()
    }

    /// Returns `true` if the field accepts this content type. Parameters (`; charset=..`) are ignored.
    #[must_use]
    pub fn accepts(&self, content_type: &str) -> bool {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let matches = |accepted: &String| match accepted.strip_suffix("/*") {
            Some("*") => true,
            Some(kind) => essence
                .split_once('/')
                .is_some_and(|(actual, _)| actual.eq_ignore_ascii_case(kind)),
            None => essence.eq_ignore_ascii_case(accepted),
        };
        self.accept.is_empty() || self.accept.iter().any(matches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_paths_and_content_types() {
        let mut field = UploadField::new("phones.*.scan");
        assert!(field.matches("phones.0.scan") && field.matches("phones.12.scan"));
        for path in [
            "phones.scan",
            "phones.x.scan",
            "phones..scan",
            "phones.00.scan",
            "phones.0.scan.a",
            "phones.0",
            "",
        ] {
            assert!(!field.matches(path), "{path}");
        }
        assert!(field.accepts("anything/at-all"));
        field.accept = vec!["image/*".to_owned(), "application/pdf".to_owned()];
        assert!(field.accepts("image/png") && field.accepts("Application/PDF; a=b"));
        assert!(
            !field.accepts("imagery/png") && !field.accepts("text/plain") && !field.accepts("")
        );
    }
}
