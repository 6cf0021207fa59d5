//! The result of building a bundle.

use std::fmt;

/// The content of a bundle that was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundleSummary {
    /// The size of the bundle.
    pub bytes: usize,
    /// The number of components that can be rendered.
    pub pages: usize,
    /// The number of modules.
    pub modules: usize,
    /// The number of modules with compiled code.
    pub compiled: usize,
    /// The number of files for browsers.
    pub browser_files: usize,
    /// Imports in packages that fail if they are executed, and pages that could not be rendered to compile their code.
    pub warnings: Vec<String>,
}

impl fmt::Display for BundleSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} pages, {} modules ({} compiled), {} browser files, {:.1} MB",
            self.pages,
            self.modules,
            self.compiled,
            self.browser_files,
            self.bytes as f64 / 1e6
        )
    }
}
