//! The generated files in memory.

use std::collections::BTreeMap;

/// Generated files: their contents by path, in the order of the paths.
///
/// Paths are relative to the output directory and use `/` as the separator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GeneratedFiles(BTreeMap<String, String>);

impl GeneratedFiles {
    /// Returns the contents of the file at `path`.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Iterates over all files as `(path, contents)`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(path, contents)| (path.as_str(), contents.as_str()))
    }

    pub(crate) fn remove(&mut self, path: &str) -> Option<String> {
        self.0.remove(path)
    }

    pub(crate) fn insert(&mut self, path: impl Into<String>, contents: String) {
        self.0.insert(path.into(), contents);
    }
}
