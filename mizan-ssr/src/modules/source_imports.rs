//! The locations of imports in source files, for error messages.

use std::path::Path;

use oxc::allocator::Allocator;
use oxc::ast::ast::{
    CallExpression, ExportAllDeclaration, ExportFromDeclaration, Expression, ImportDeclaration,
    ImportExpression,
};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::Parser;
use oxc::span::SourceType;

use super::transform::on_large_stack;

/// An import in a source file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SourceImport {
    /// `None` if the specifier is computed.
    pub(crate) specifier: Option<String>,
    pub(crate) is_static: bool,
    /// In bytes.
    offset: u32,
}

/// A source file with its imports, in source order.
pub(crate) struct SourceImports {
    source: String,
    imports: Vec<SourceImport>,
}

impl SourceImports {
    /// Reads the imports of the file at `path`. A file that cannot be read or parsed has none.
    pub(crate) fn read(path: &Path) -> Self {
        let source = std::fs::read_to_string(path).unwrap_or_default();
        let source_type = SourceType::from_path(path).unwrap_or_default();
        let source_type = if source_type.is_javascript() && !source_type.is_module() {
            source_type
        } else if path.extension().is_some_and(|extension| extension == "js") {
            SourceType::unambiguous().with_jsx(true)
        } else {
            source_type
        };
        let imports = on_large_stack(|| {
            let allocator = Allocator::default();
            let parsed = Parser::new(&allocator, &source, source_type).parse();
            let mut finder = Finder(Vec::new());
            finder.visit_program(&parsed.program);
            finder.0
        });
        Self { source, imports }
    }

    /// Returns the specifiers of the static imports.
    pub(crate) fn static_specifiers(&self) -> impl Iterator<Item = &str> {
        let imports = self.imports.iter().filter(|import| import.is_static);
        imports.filter_map(|import| import.specifier.as_deref())
    }

    /// Returns line and column of the first import of `specifier`, counted from one.
    pub(crate) fn position_of(&self, specifier: &str) -> Option<(u32, u32)> {
        let mut imports = self.imports.iter();
        let found = imports.find(|import| import.specifier.as_deref() == Some(specifier));
        self.position(found?)
    }

    /// Returns line and column of the computed import with the index `number`, counted from one.
    pub(crate) fn position_of_computed(&self, number: usize) -> Option<(u32, u32)> {
        let mut imports = self
            .imports
            .iter()
            .filter(|import| import.specifier.is_none());
        self.position(imports.nth(number)?)
    }

    fn position(&self, import: &SourceImport) -> Option<(u32, u32)> {
        let before = self.source.get(..usize::try_from(import.offset).ok()?)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
    }
}

struct Finder(Vec<SourceImport>);

impl Finder {
    fn add(&mut self, specifier: Option<&str>, is_static: bool, offset: u32) {
        self.0.push(SourceImport {
            specifier: specifier.map(String::from),
            is_static,
            offset,
        });
    }
}

impl<'a> Visit<'a> for Finder {
    fn visit_import_declaration(&mut self, import: &ImportDeclaration<'a>) {
        if !import.import_kind.is_type() {
            self.add(Some(import.source.value.as_str()), true, import.span.start);
        }
    }

    fn visit_export_from_declaration(&mut self, export: &ExportFromDeclaration<'a>) {
        if !export.export_kind.is_type() {
            self.add(Some(export.source.value.as_str()), true, export.span.start);
        }
    }

    fn visit_export_all_declaration(&mut self, export: &ExportAllDeclaration<'a>) {
        if !export.export_kind.is_type() {
            self.add(Some(export.source.value.as_str()), true, export.span.start);
        }
    }

    fn visit_import_expression(&mut self, import: &ImportExpression<'a>) {
        let specifier = literal(&import.source);
        self.add(specifier, false, import.span.start);
        walk::walk_import_expression(self, import);
    }

    fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
        let is_require = match &call.callee {
            Expression::StaticMemberExpression(member) => {
                member.property.name == "resolve" && member.object.is_specific_id("require")
            }
            callee => callee.is_specific_id("require"),
        };
        if is_require {
            let argument = call.arguments.first();
            let argument = argument.and_then(|argument| argument.as_expression());
            self.add(argument.and_then(literal), false, call.span.start);
        }
        walk::walk_call_expression(self, call);
    }
}

/// Returns the text of a string or of a template without placeholders.
pub(crate) fn literal<'a>(expression: &'a Expression<'_>) -> Option<&'a str> {
    match expression {
        Expression::StringLiteral(literal) => Some(literal.value.as_str()),
        Expression::TemplateLiteral(template) => match &template.quasis[..] {
            [text] => text.value.cooked.as_ref().map(|text| text.as_str()),
            _ => None,
        },
        _ => None,
    }
}
