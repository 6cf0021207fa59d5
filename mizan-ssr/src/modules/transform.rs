//! The transformation of TypeScript, JSX and ES modules into function bodies.

use std::borrow::Cow;
use std::path::Path;

use oxc::allocator::Allocator;
use oxc::ast::ast::Program;
use oxc::codegen::{Codegen, CodegenOptions, CommentOptions};
use oxc::diagnostics::OxcDiagnostic;
use oxc::parser::Parser;
use oxc::semantic::SemanticBuilder;
use oxc::span::SourceType;
use oxc::transformer::{HelperLoaderMode, JsxRuntime, TransformOptions, Transformer};
use oxc::transformer_plugins::ModuleRunnerTransform;

use super::error::{ModuleError, SyntaxError};
use super::source_map::SourceMap;

mod decorators;
mod es_module;
mod jsx;
mod module_record;

use self::decorators::ClassFeatures;
use self::es_module::TopLevelAwait;
pub(crate) use self::es_module::{IMPORT, NAME_DEFAULT, REGISTER_EXPORTS};
pub(crate) use self::jsx::JSX_ELEMENTS;
pub(crate) use self::module_record::ModuleRecord;
use self::module_record::{LocalBinding, ModuleBindings};

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
    /// The imported and exported names of an ES module.
    pub(crate) record: ModuleRecord,
    /// Maps `code` to the file; `None` if the positions are the same or not needed.
    pub(crate) map: Option<SourceMap>,
}

/// The format of a module, which determines the parameters of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModuleFormat {
    /// An ES module. With `awaits`, it has a top-level `await`.
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
    /// `experimentalDecorators` of the tsconfig.
    pub(crate) experimental_decorators: bool,
    /// `emitDecoratorMetadata` of the tsconfig.
    pub(crate) decorator_metadata: bool,
    /// JSX elements contain their source locations, which React's development build reports.
    pub(crate) development: bool,
    /// The file belongs to a package: it is compiled JavaScript and needs no source map.
    pub(crate) package: bool,
}

/// The function that replaces `import()` in transformed modules.
pub(crate) const DYNAMIC_IMPORT: &str = "__vite_ssr_dynamic_import__";

/// Runs `parse` on a separate stack, whose memory is allocated on use: the parser recurses with the nesting of the
/// source, and a stack overflow would abort the process.
pub(crate) fn on_large_stack<T>(parse: impl FnOnce() -> T) -> T {
    const STACK_BYTES: usize = 512 << 20;
    stacker::grow(STACK_BYTES, parse)
}

/// Parses `source` by the extension of `path` and converts it to a function body.
pub(crate) fn transform(
    path: &Path,
    source: &str,
    syntax: &SyntaxOptions,
) -> Result<TransformedModule, ModuleError> {
    on_large_stack(|| transform_on_stack(path, source, syntax))
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

    let mut lowers_classes = false;
    if !syntax.package {
        let features = ClassFeatures::of(source, &parsed.program);
        match features.decorator {
            Some(offset) if !syntax.experimental_decorators => {
                return Err(ModuleError::Syntax(SyntaxError::at(
                    path.into(),
                    source,
                    offset as usize,
                    "decorators need `experimentalDecorators` in the tsconfig, because decorators of the \
                     ECMAScript proposal are not supported; set the option, or call the decorator as a function"
                        .into(),
                )));
            }
            // The same transformation replaces `accessor` by a getter and a setter.
            _ => lowers_classes = features.decorator.is_some() || features.has_accessor,
        }
    }
    if !is_es_module {
        lower(
            path,
            source,
            &allocator,
            &mut parsed.program,
            syntax,
            lowers_classes,
        )?;
        let (code, map) = print(path, &parsed.program, !syntax.package);
        return Ok(TransformedModule {
            map,
            ..common_js(code, false)
        });
    }
    es_module::split_default_beside_namespace(&allocator, &mut parsed.program);
    es_module::name_default_function(&allocator, &mut parsed.program);
    let awaits = if source.contains("await") {
        es_module::top_level_await(&parsed.program)
    } else {
        TopLevelAwait::None
    };
    if awaits == TopLevelAwait::Expressions {
        es_module::replace_awaits(&allocator, &mut parsed.program);
    }
    let bindings = lower(
        path,
        source,
        &allocator,
        &mut parsed.program,
        syntax,
        lowers_classes,
    )?;
    es_module::name_default_value(&allocator, &mut parsed.program);
    let variables = es_module::take_module_statements(&mut parsed.program);
    if !syntax.development {
        let runtimes = bindings.variables_of(jsx::JSX_RUNTIME, &variables);
        jsx::create_elements_directly(&mut parsed.program, runtimes);
    }
    let (code, map) = print(path, &parsed.program, !syntax.package);
    Ok(TransformedModule {
        code: es_module::function_body(&bindings, &variables, awaits, &code).into(),
        unchanged: false,
        format: ModuleFormat::EsModule {
            awaits: awaits != TopLevelAwait::None,
        },
        imports: bindings.specifiers,
        record: bindings.record,
        map: map.map(SourceMap::shifted_one_line_down),
    })
}

/// Converts TypeScript, JSX and module syntax to plain JavaScript.
fn lower<'a>(
    path: &Path,
    source: &str,
    allocator: &'a Allocator,
    program: &mut Program<'a>,
    syntax: &SyntaxOptions,
    lowers_classes: bool,
) -> Result<ModuleBindings, ModuleError> {
    let semantic = SemanticBuilder::new()
        .with_enum_eval(true)
        .with_check_syntax_error(!syntax.package)
        .build(program);
    if let Some(diagnostic) = semantic.diagnostics.first() {
        return Err(syntax_error(path, source, diagnostic));
    }
    let mut scoping = semantic.semantic.into_scoping();
    let has_jsx_or_types = !syntax.package || program.source_type.is_typescript();
    if has_jsx_or_types {
        let mut options = transform_options(syntax);
        options.decorator.legacy = lowers_classes;
        let transformed =
            Transformer::new(allocator, path, &options).build_with_scoping(scoping, program);
        if let Some(diagnostic) = transformed.diagnostics.first() {
            return Err(syntax_error(path, source, diagnostic));
        }
        scoping = transformed.scoping;
    }
    let bindings = ModuleBindings::of(program);
    if let Some((name, offset)) = &bindings.duplicate {
        return Err(ModuleError::Syntax(SyntaxError::at(
            path.into(),
            source,
            *offset as usize,
            format!("Duplicated export '{name}'"),
        )));
    }
    ModuleRunnerTransform::new().transform(allocator, program, scoping);
    Ok(bindings)
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
    /// Returns an ES module whose default export is the value of the expression `value`.
    pub(super) fn default_export(value: &str) -> Self {
        Self::es_module(
            vec![("default", "value".into())],
            &format!("const value = {value};"),
        )
    }

    /// Returns an ES module without imports. `exports` are the names with the variables in `code`.
    pub(super) fn es_module(exports: Vec<(&str, String)>, code: &str) -> Self {
        let mut bindings = ModuleBindings::default();
        for (name, variable) in exports {
            bindings.export(name, LocalBinding::Variable(variable));
        }
        let code = es_module::function_body(&bindings, &[], TopLevelAwait::None, code);
        Self {
            record: bindings.record,
            ..Self::generated(ModuleFormat::EsModule { awaits: false }, code)
        }
    }

    /// Returns a module that the renderer generates, without imports.
    pub(crate) fn generated(format: ModuleFormat, code: String) -> Self {
        Self {
            code: code.into(),
            unchanged: false,
            format,
            imports: Vec::new(),
            record: ModuleRecord::default(),
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
    options.decorator.emit_decorator_metadata = syntax.decorator_metadata;
    options.helper_loader.mode = HelperLoaderMode::External;
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

#[cfg(test)]
mod tests;
