use std::collections::BTreeMap;

/// The generated files: contents by path, ordered by path.
///
/// Paths are relative to the output directory and use `/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    /// The contents of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// All files as (path, contents).
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(path, contents)| (path.as_str(), contents.as_str()))
    }

    pub(crate) fn insert(&mut self, path: impl Into<String>, contents: String) {
        self.0.insert(path.into(), contents);
    }
}
