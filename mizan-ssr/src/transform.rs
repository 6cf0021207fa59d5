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

use crate::module_error::{ModuleError, SyntaxError};
use crate::source_map::SourceMap;

mod elements;

pub(crate) use elements::ELEMENTS;

/// A module as the body of a function, which an engine compiles and the runner calls.
#[derive(Debug)]
pub(crate) struct Transformed {
    pub(crate) code: String,
    /// `code` is what the file holds.
    pub(crate) unchanged: bool,
    pub(crate) kind: Kind,
    /// What is imported statically, in the order in which it is evaluated.
    pub(crate) imports: Vec<String>,
    /// From the lines of `code` to those of the file; none where they are the same.
    pub(crate) map: Option<SourceMap>,
}

/// The form of a module's function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An ES module; with `awaits`, its function returns a promise.
    EsModule {
        awaits: bool,
    },
    CommonJs,
    /// React's server, a CommonJS module that gets what its platform would have.
    ReactServer,
}

/// What decides how a file is read, apart from its content.
#[derive(Clone, Debug, Default)]
pub(crate) struct Syntax {
    /// The nearest `package.json` says `"type": "module"`.
    pub(crate) type_module: bool,
    /// tsconfig's `verbatimModuleSyntax`.
    pub(crate) verbatim_module_syntax: bool,
    /// tsconfig's `jsxImportSource`.
    pub(crate) jsx_import_source: Option<String>,
    /// JSX carries the places it was written at, as React's development build reports them.
    pub(crate) development: bool,
    /// The file belongs to a package, so it is JavaScript and needs no map.
    pub(crate) package: bool,
}

/// Reads `source` as what the extension of `path` says, and makes a function's body of it.
///
/// On a stack of its own, which takes memory only as far as it is used: the parser follows the nesting of
/// the source by recursion, and a stack that is full ends the process.
pub(crate) fn transform(
    path: &Path,
    source: &str,
    syntax: &Syntax,
) -> Result<Transformed, ModuleError> {
    const STACK: usize = 512 << 20;
    stacker::grow(STACK, || transform_here(path, source, syntax))
}

fn transform_here(path: &Path, source: &str, syntax: &Syntax) -> Result<Transformed, ModuleError> {
    let extension = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    if extension == "cjs" && !source.contains("import") {
        return Ok(common_js(source.into(), true));
    }
    let source_type = match extension {
        "mjs" => SourceType::mjs(),
        "cjs" => SourceType::cjs(),
        "mts" => SourceType::ts(),
        "cts" => SourceType::ts().with_commonjs(true),
        "ts" => SourceType::ts(),
        "tsx" => SourceType::tsx(),
        _ if syntax.type_module => SourceType::mjs().with_jsx(!syntax.package),
        _ => SourceType::unambiguous().with_jsx(!syntax.package),
    };
    let failed = |diagnostic: &OxcDiagnostic| syntax_error(path, source, diagnostic);

    let allocator = Allocator::default();
    let mut parsed = Parser::new(&allocator, source, source_type).parse();
    if let Some(diagnostic) = parsed.diagnostics.first() {
        return Err(failed(diagnostic));
    }
    let typescript = source_type.is_typescript();
    let has_module_syntax = parsed.module_record.has_module_syntax;
    let es_module = match extension {
        "mjs" | "mts" => true,
        "cjs" | "cts" => false,
        // TypeScript of one's own is written as ES modules, with or without an import in the file.
        "ts" | "tsx" | "jsx" => true,
        _ => syntax.type_module || has_module_syntax,
    };
    if !es_module && !typescript && !source.contains("import") {
        return Ok(common_js(source.into(), true));
    }

    if !syntax.package {
        refuse_unsupported(path, source, &parsed.program)?;
    }
    split_default_beside_namespace(&allocator, &mut parsed.program);
    let awaits = es_module && source.contains("await") && awaits_at_top(&parsed.program);
    let semantic = SemanticBuilder::new()
        .with_enum_eval(true)
        .build(&parsed.program);
    if let Some(diagnostic) = semantic.diagnostics.first() {
        return Err(failed(diagnostic));
    }
    let mut scoping = semantic.semantic.into_scoping();
    if !syntax.package || typescript {
        let transformed = Transformer::new(&allocator, path, &transform_options(syntax))
            .build_with_scoping(scoping, &mut parsed.program);
        if let Some(diagnostic) = transformed.diagnostics.first() {
            return Err(failed(diagnostic));
        }
        scoping = transformed.scoping;
    }
    ModuleRunnerTransform::new().transform(&allocator, &mut parsed.program, scoping);
    let imports = import_in_place(&allocator, &mut parsed.program);
    if !syntax.development {
        elements::make_plainly(&mut parsed.program);
    }

    let printed = Codegen::new()
        .with_options(CodegenOptions {
            comments: CommentOptions::disabled(),
            source_map_path: (!syntax.package).then(|| path.to_path_buf()),
            ..CodegenOptions::default()
        })
        .build(&parsed.program);
    let map = printed.map.map(|map| {
        SourceMap::new(
            map.get_tokens()
                .filter(|token| token.get_source_id().is_some())
                .map(|token| {
                    [
                        token.get_dst_line(),
                        token.get_dst_col(),
                        token.get_src_line(),
                        token.get_src_col(),
                    ]
                }),
        )
    });
    if es_module {
        // On a line of its own, so that the columns of the first line stay true.
        return Ok(Transformed {
            code: format!("\"use strict\";\n{}", printed.code),
            unchanged: false,
            kind: Kind::EsModule { awaits },
            imports,
            map: map.map(SourceMap::one_line_down),
        });
    }
    Ok(Transformed {
        map,
        ..common_js(printed.code, false)
    })
}

fn common_js(code: String, unchanged: bool) -> Transformed {
    Transformed {
        code,
        unchanged,
        kind: Kind::CommonJs,
        imports: Vec::new(),
        map: None,
    }
}

fn transform_options(syntax: &Syntax) -> TransformOptions {
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

/// Refuses syntax that is passed on as it is and that no engine knows: its error would name no file.
fn refuse_unsupported(path: &Path, source: &str, program: &Program<'_>) -> Result<(), ModuleError> {
    struct Finder(Option<(u32, &'static str)>);
    impl<'a> Visit<'a> for Finder {
        fn visit_decorator(&mut self, it: &Decorator<'a>) {
            let message = "decorators are not supported: call the function that the decorator is";
            self.0.get_or_insert((it.span.start, message));
        }
        fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
            let message = "`accessor` is not supported: write a getter and a setter";
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

/// `import a, * as b` becomes two imports: `ModuleRunnerTransform` would lose `a`.
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

/// Takes the `await` from the imports and returns what they name.
///
/// The runner evaluates an import in place, synchronously, as long as nothing below it awaits. So a
/// graph of modules loads without a promise for each import, and `require` of an ES module works.
fn import_in_place<'a>(allocator: &'a Allocator, program: &mut Program<'a>) -> Vec<String> {
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

fn awaits_at_top(program: &Program<'_>) -> bool {
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
