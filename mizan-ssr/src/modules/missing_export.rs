//! The error of an import whose name the imported module does not export.

use std::path::Path;

use super::error::ModuleError;
use super::import_location::located_error;

/// A named import, or a named export from another module, that does not exist.
pub(crate) struct MissingExport<'a> {
    pub(crate) specifier: &'a str,
    pub(crate) name: &'a str,
    /// The names that the module exports, sorted.
    pub(crate) names: &'a [String],
    /// Two modules that the imported module exports with `export *` have the name.
    pub(crate) is_ambiguous: bool,
}

impl MissingExport<'_> {
    /// Returns the error with the location of the import in the file `importer`, which is parsed again.
    pub(crate) fn error(&self, importer: &Path) -> ModuleError {
        located_error(importer, self.specifier, Some(self.name), self.message())
    }

    fn message(&self) -> String {
        let Self {
            specifier, name, ..
        } = self;
        if self.is_ambiguous {
            return format!(
                "The requested module '{specifier}' contains conflicting star exports for name '{name}'; export \
                 the name from one of the modules explicitly"
            );
        }
        let exports = match self.names {
            [] => "it exports nothing".into(),
            names => {
                const MAX_NAMES: usize = 20;
                let shown = names[..names.len().min(MAX_NAMES)].join(", ");
                let more = names.len().saturating_sub(MAX_NAMES);
                let more = if more > 0 {
                    format!(" and {more} more")
                } else {
                    String::new()
                };
                format!("it exports {shown}{more}")
            }
        };
        format!(
            "The requested module '{specifier}' does not provide an export named '{name}'; {exports}"
        )
    }
}
