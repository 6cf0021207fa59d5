//! The error of an import whose name the imported module does not export.

use std::fs;
use std::path::Path;

use oxc::allocator::Allocator;
use oxc::ast::ast::{ImportDeclarationSpecifier, Program, Statement};
use oxc::parser::Parser;
use oxc::span::{GetSpan, SourceType, Span};

use super::error::{ModuleError, SyntaxError};

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
        let message = self.message();
        let location = fs::read_to_string(importer)
            .ok()
            .and_then(|source| Some((self.offset(importer, &source)?, source)));
        match location {
            Some((offset, source)) => ModuleError::Syntax(SyntaxError::at(
                importer.into(),
                &source,
                offset as usize,
                message,
            )),
            None => ModuleError::Unsupported {
                file: importer.into(),
                reason: message,
            },
        }
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

    /// Returns the position of the name in `source`.
    fn offset(&self, importer: &Path, source: &str) -> Option<u32> {
        let source_type = SourceType::from_path(importer).ok()?;
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, source, source_type).parse();
        self.span(&parsed.program).map(|span| span.start)
    }

    fn span(&self, program: &Program<'_>) -> Option<Span> {
        program.body.iter().find_map(|statement| match statement {
            Statement::ImportDeclaration(import) if import.source.value == self.specifier => {
                let specifiers = import.specifiers.iter().flatten();
                let mut specifiers = specifiers.filter(|specifier| match specifier {
                    ImportDeclarationSpecifier::ImportSpecifier(named) => {
                        named.imported.name() == self.name
                    }
                    ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => self.name == "default",
                    ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => false,
                });
                specifiers.next().map(GetSpan::span)
            }
            Statement::ExportFromDeclaration(export) if export.source.value == self.specifier => {
                let mut specifiers = export.specifiers.iter();
                let entry = specifiers.find(|entry| entry.local.name() == self.name)?;
                Some(entry.span)
            }
            _ => None,
        })
    }
}
