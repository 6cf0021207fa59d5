//! The transformation of TypeScript, JSX and ES modules into function bodies.

use std::borrow::Cow;
use std::path::Path;

use oxc::allocator::{Allocator, CloneIn, TakeIn};
use oxc::ast::ast::{
    AccessorProperty, Argument, ArrowFunctionExpression, AwaitExpression, Decorator, Expression,
    ForOfStatement, Function, ImportDeclarationSpecifier, Program, Statement, StaticBlock,
};
use oxc::ast_visit::{Visit, walk};
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::diagnostics::OxcDiagnostic;
use oxc::parser::Parser;
use oxc::semantic::SemanticBuilder;
use oxc::span::SourceType;
use oxc::syntax::scope::ScopeFlags;
use oxc::transformer::{JsxRuntime, TransformOptions, Transformer};
use oxc::transformer_plugins::ModuleRunnerTransform;

use super::error::{ModuleError, SyntaxError};
use super::source_map::SourceMap;

mod jsx;

pub(crate) use jsx::JSX_ELEMENTS;

/// A module as a function body, which an engine compiles and the module runner calls.
#[derive(Debug)]
pub(crate) struct TransformedModule {
    /// Borrowed if it is part of a bundle, so that V8 reads it without a copy.
    pub(crate) code: Cow<'static, str>,
    /// Set if `code` equals the content of the file.
    pub(crate) unchanged: bool,
    pub(crate) format: ModuleFormat,
    /// The specifiers of the static imports, in evaluation order.
    pub(crate) imports: Vec<String>,
    /// Maps `code` to the file; `None` if the positions are the same or not needed.
    pub(crate) map: Option<SourceMap>,
}

/// The format of a module, which determines the parameters of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModuleFormat {
    /// An ES module. With `awaits`, its function returns a promise.
    EsModule {
        awaits: bool,
    },
    CommonJs,
    /// The React server build, a CommonJS module with additional parameters for platform APIs.
    ReactServer,
}

/// The settings that determine the transformation, besides the content and the extension.
#[derive(Clone, Debug, Default)]
pub(crate) struct SyntaxOptions {
    /// The nearest `package.json` has `"type": "module"`.
    pub(crate) type_module: bool,
    /// `verbatimModuleSyntax` of the tsconfig.
    pub(crate) verbatim_module_syntax: bool,
    /// `jsxImportSource` of the tsconfig.
    pub(crate) jsx_import_source: Option<String>,
    /// JSX elements contain their source locations, which React's development build reports.
    pub(crate) development: bool,
    /// The file belongs to a package: it is compiled JavaScript and needs no source map.
    pub(crate) package: bool,
}

/// Parses `source` by the extension of `path` and converts it to a function body.
///
/// Runs on a separate stack, whose memory is allocated on use: the parser recurses with the nesting of
/// the source, and a stack overflow would abort the process.
pub(crate) fn transform(
    path: &Path,
    source: &str,
    syntax: &SyntaxOptions,
) -> Result<TransformedModule, ModuleError> {
    const STACK_BYTES: usize = 512 << 20;
    stacker::grow(STACK_BYTES, || transform_on_stack(path, source, syntax))
}

fn transform_on_stack(
    path: &Path,
    source: &str,
    syntax: &SyntaxOptions,
) -> Result<TransformedModule, ModuleError> {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    if extension == "cjs" && !source.contains("import") {
        return Ok(common_js(source.into(), true));
    }
    let source_type = source_type(extension, syntax);
    let allocator = Allocator::default();
    let mut parsed = Parser::new(&allocator, source, source_type).parse();
    if let Some(diagnostic) = parsed.diagnostics.first() {
        return Err(syntax_error(path, source, diagnostic));
    }
    let is_es_module = match extension {
        "mjs" | "mts" => true,
        "cjs" | "cts" => false,
        // TypeScript in the project is an ES module, even without an import or export.
        "ts" | "tsx" | "jsx" => true,
        _ => syntax.type_module || parsed.module_record.has_module_syntax,
    };
    let is_typescript = source_type.is_typescript();
    if !is_es_module && !is_typescript && !source.contains("import") {
        return Ok(common_js(source.into(), true));
    }

    if !syntax.package {
        reject_unsupported_syntax(path, source, &parsed.program)?;
    }
    split_default_beside_namespace(&allocator, &mut parsed.program);
    let awaits = is_es_module && source.contains("await") && has_top_level_await(&parsed.program);
    let has_jsx_or_types = !syntax.package || is_typescript;
    let imports = lower(
        path,
        source,
        &allocator,
        &mut parsed.program,
        syntax,
        has_jsx_or_types,
    )?;
    let (code, map) = print(path, &parsed.program, !syntax.package);
    if is_es_module {
        // The directive has its own line, so that the columns of the first line stay valid.
        return Ok(TransformedModule {
            code: format!("\"use strict\";\n{code}").into(),
            unchanged: false,
            format: ModuleFormat::EsModule { awaits },
            imports,
            map: map.map(SourceMap::shifted_one_line_down),
        });
    }
    Ok(TransformedModule {
        map,
        ..common_js(code, false)
    })
}

/// Converts TypeScript, JSX and module syntax to plain JavaScript. Returns the specifiers of the imports.
fn lower<'a>(
    path: &Path,
    source: &str,
    allocator: &'a Allocator,
    program: &mut Program<'a>,
    syntax: &SyntaxOptions,
    has_jsx_or_types: bool,
) -> Result<Vec<String>, ModuleError> {
    let semantic = SemanticBuilder::new().with_enum_eval(true).build(program);
    if let Some(diagnostic) = semantic.diagnostics.first() {
        return Err(syntax_error(path, source, diagnostic));
    }
    let mut scoping = semantic.semantic.into_scoping();
    if has_jsx_or_types {
        let transformed = Transformer::new(allocator, path, &transform_options(syntax))
            .build_with_scoping(scoping, program);
        if let Some(diagnostic) = transformed.diagnostics.first() {
            return Err(syntax_error(path, source, diagnostic));
        }
        scoping = transformed.scoping;
    }
    ModuleRunnerTransform::new().transform(allocator, program, scoping);
    let imports = remove_import_awaits(allocator, program);
    if !syntax.development {
        jsx::create_elements_directly(program);
    }
    Ok(imports)
}

fn source_type(extension: &str, syntax: &SyntaxOptions) -> SourceType {
    match extension {
        "mjs" => SourceType::mjs(),
        "cjs" => SourceType::cjs(),
        "mts" | "ts" => SourceType::ts(),
        "cts" => SourceType::ts().with_commonjs(true),
        "tsx" => SourceType::tsx(),
        _ if syntax.type_module => SourceType::mjs().with_jsx(!syntax.package),
        _ => SourceType::unambiguous().with_jsx(!syntax.package),
    }
}

/// Prints `program`, with a source map if `with_map`.
fn print(path: &Path, program: &Program<'_>, with_map: bool) -> (String, Option<SourceMap>) {
    let printed = Codegen::new()
        .with_options(CodegenOptions {
            comments: CommentOptions::disabled(),
            source_map_path: with_map.then(|| path.to_path_buf()),
            ..CodegenOptions::default()
        })
        .build(program);
    let map = printed.map.map(|map| {
        let tokens = map.get_tokens();
        let mapped = tokens.filter(|token| token.get_source_id().is_some());
        SourceMap::new(mapped.map(|token| {
            [
                token.get_dst_line(),
                token.get_dst_col(),
                token.get_src_line(),
                token.get_src_col(),
            ]
        }))
    });
    (printed.code, map)
}

impl TransformedModule {
    /// Returns a module that the renderer generates, without imports.
    pub(super) fn generated(format: ModuleFormat, code: String) -> Self {
        Self {
            code: code.into(),
            unchanged: false,
            format,
            imports: Vec::new(),
            map: None,
        }
    }
}

fn common_js(code: String, unchanged: bool) -> TransformedModule {
    TransformedModule {
        unchanged,
        ..TransformedModule::generated(ModuleFormat::CommonJs, code)
    }
}

fn transform_options(syntax: &SyntaxOptions) -> TransformOptions {
    let mut options = TransformOptions::default();
    options.typescript.only_remove_type_imports = syntax.verbatim_module_syntax;
    options.jsx.jsx_plugin = true;
    options.jsx.runtime = JsxRuntime::Automatic;
    options.jsx.development = syntax.development;
    options
        .jsx
        .import_source
        .clone_from(&syntax.jsx_import_source);
    options
}

fn syntax_error(path: &Path, source: &str, diagnostic: &OxcDiagnostic) -> ModuleError {
    let offset = diagnostic.labels.first().map_or(0, |label| label.offset());
    let mut message = diagnostic.message.to_string();
    if let Some(help) = &diagnostic.help {
        message = format!("{message} ({help})");
    }
    ModuleError::Syntax(SyntaxError::at(
        path.into(),
        source,
        offset as usize,
        message,
    ))
}

/// Rejects syntax that the transformer leaves in place and no engine supports.
///
/// The engine's own error would not name the file.
fn reject_unsupported_syntax(
    path: &Path,
    source: &str,
    program: &Program<'_>,
) -> Result<(), ModuleError> {
    struct Finder(Option<(u32, &'static str)>);
    impl<'a> Visit<'a> for Finder {
        fn visit_decorator(&mut self, it: &Decorator<'a>) {
            let message = "decorators are not supported; call the decorator as a function";
            self.0.get_or_insert((it.span.start, message));
        }
        fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
            let message = "`accessor` is not supported; write a getter and a setter";
            self.0.get_or_insert((it.span.start, message));
        }
    }
    if !source.contains('@') && !source.contains("accessor") {
        return Ok(());
    }
    let mut finder = Finder(None);
    finder.visit_program(program);
    match finder.0 {
        None => Ok(()),
        Some((offset, message)) => Err(ModuleError::Syntax(SyntaxError::at(
            path.into(),
            source,
            offset as usize,
            message.into(),
        ))),
    }
}

/// Splits `import a, * as b` into two imports, because `ModuleRunnerTransform` drops `a`.
fn split_default_beside_namespace<'a>(allocator: &'a Allocator, program: &mut Program<'a>) {
    let mut at = 0;
    while at < program.body.len() {
        let second = match &mut program.body[at] {
            Statement::ImportDeclaration(import) => match &mut import.specifiers {
                Some(specifiers) if specifiers.len() == 2 => {
                    let namespace = specifiers.iter().any(|specifier| {
                        matches!(
                            specifier,
                            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_)
                        )
                    });
                    namespace.then(|| {
                        let mut second = import.clone_in(allocator);
                        let keeps = |keep: bool| {
                            move |specifier: &ImportDeclarationSpecifier<'a>| {
                                keep == matches!(
                                    specifier,
                                    ImportDeclarationSpecifier::ImportNamespaceSpecifier(_)
                                )
                            }
                        };
                        if let Some(specifiers) = &mut import.specifiers {
                            specifiers.retain(keeps(false));
                        }
                        if let Some(specifiers) = &mut second.specifiers {
                            specifiers.retain(keeps(true));
                        }
                        second
                    })
                }
                _ => None,
            },
            _ => None,
        };
        if let Some(second) = second {
            program
                .body
                .insert(at + 1, Statement::ImportDeclaration(second));
        }
        at += 1;
    }
}

/// Removes `await` from the imports and returns their specifiers.
///
/// The module runner evaluates an import synchronously unless a module below it awaits. So a module
/// graph loads without a promise for each import, and `require` of an ES module works.
fn remove_import_awaits<'a>(allocator: &'a Allocator, program: &mut Program<'a>) -> Vec<String> {
    let mut imports = Vec::new();
    for statement in &mut program.body {
        let Statement::VariableDeclaration(declaration) = statement else {
            continue;
        };
        let Some(declarator) = declaration.declarations.first_mut() else {
            continue;
        };
        let Some(init) = &mut declarator.init else {
            continue;
        };
        let Expression::AwaitExpression(awaited) = init else {
            continue;
        };
        let Expression::CallExpression(call) = &awaited.argument else {
            continue;
        };
        if !call.callee.is_specific_id("__vite_ssr_import__") {
            continue;
        }
        if let Some(Argument::StringLiteral(specifier)) = call.arguments.first() {
            let specifier = specifier.value.to_string();
            if !imports.contains(&specifier) {
                imports.push(specifier);
            }
        }
        *init = awaited.argument.take_in(&allocator);
    }
    imports
}

fn has_top_level_await(program: &Program<'_>) -> bool {
    struct Finder(bool);
    impl<'a> Visit<'a> for Finder {
        fn visit_await_expression(&mut self, _: &AwaitExpression<'a>) {
            self.0 = true;
        }
        fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
            self.0 |= it.r#await;
            walk::walk_for_of_statement(self, it);
        }
        fn visit_function(&mut self, _: &Function<'a>, _: ScopeFlags) {}
        fn visit_arrow_function_expression(&mut self, _: &ArrowFunctionExpression<'a>) {}
        fn visit_static_block(&mut self, _: &StaticBlock<'a>) {}
    }
    let mut finder = Finder(false);
    finder.visit_program(program);
    finder.0
}

#[cfg(test)]
mod tests;
