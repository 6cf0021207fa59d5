//! Errors with the location of an import statement.

use std::fs;
use std::path::Path;

use oxc::allocator::Allocator;
use oxc::ast::ast::{ImportDeclarationSpecifier, Program, Statement};
use oxc::parser::Parser;
use oxc::span::{GetSpan, SourceType, Span};

use super::error::{ModuleError, SyntaxError};

/// Returns the error of an import of `specifier` that cannot be used.
pub(crate) fn import_error(importer: &Path, specifier: &str, reason: &str) -> ModuleError {
    let message = format!("cannot import {specifier:?}: {reason}");
    located_error(importer, specifier, None, message)
}

/// Returns an error with the location of a static import in the file `importer`, which is parsed again.
///
/// With `name`, the location is that of the imported name.
pub(super) fn located_error(
    importer: &Path,
    specifier: &str,
    name: Option<&str>,
    message: String,
) -> ModuleError {
    let location = fs::read_to_string(importer)
        .ok()
        .and_then(|source| Some((offset(importer, &source, specifier, name)?, source)));
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

fn offset(importer: &Path, source: &str, specifier: &str, name: Option<&str>) -> Option<u32> {
    let source_type = SourceType::from_path(importer).ok()?;
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, source_type).parse();
    let span = match name {
        Some(name) => name_span(&parsed.program, specifier, name),
        None => statement_span(&parsed.program, specifier),
    };
    span.map(|span| span.start)
}

fn statement_span(program: &Program<'_>, specifier: &str) -> Option<Span> {
    program.body.iter().find_map(|statement| {
        let source = match statement {
            Statement::ImportDeclaration(import) => &import.source,
            Statement::ExportFromDeclaration(export) => &export.source,
            Statement::ExportAllDeclaration(export) => &export.source,
            _ => return None,
        };
        (source.value == specifier).then_some(source.span)
    })
}

fn name_span(program: &Program<'_>, specifier: &str, name: &str) -> Option<Span> {
    program.body.iter().find_map(|statement| match statement {
        Statement::ImportDeclaration(import) if import.source.value == specifier => {
            let mut specifiers = import.specifiers.iter().flatten();
            let found = specifiers.find(|specifier| match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(named) => named.imported.name() == name,
                ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => name == "default",
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => false,
            });
            found.map(GetSpan::span)
        }
        Statement::ExportFromDeclaration(export) if export.source.value == specifier => {
            let mut specifiers = export.specifiers.iter();
            let entry = specifiers.find(|entry| entry.local.name() == name)?;
            Some(entry.span)
        }
        _ => None,
    })
}
