//! `import.meta.glob`, with the keys and the order of Vite.

use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use fast_glob::glob_match;
use oxc::allocator::Allocator;
use oxc::ast::ast::{Argument, CallExpression, Expression, ObjectExpression, ObjectPropertyKind};
use oxc::ast_visit::{Visit, walk};
use oxc::parser::Parser;
use oxc::span::{GetSpan, SourceType, Span};
use serde_json::Value;

use super::error::{ModuleError, SyntaxError};

/// Finds the files of `import.meta.glob` in a module.
pub(super) struct GlobImports<'a> {
    /// Vite's root directory, to which absolute patterns are relative.
    pub(super) root: &'a Path,
    /// Returns the path of a pattern that begins with an alias, for example `@/pages/*.tsx`.
    pub(super) resolve_alias: &'a dyn Fn(&str) -> Option<PathBuf>,
}

/// Returns whether `source` may contain a call that [`GlobImports::expand`] replaces.
pub(super) fn has_glob_imports(source: &str) -> bool {
    source.contains("import.meta.glob")
}

/// A call of `import.meta.glob`.
struct Call {
    span: Span,
    patterns: Vec<String>,
    options: Options,
}

#[derive(Default)]
struct Options {
    eager: bool,
    exhaustive: bool,
    import: Option<String>,
    /// With its question mark.
    query: String,
    base: Option<String>,
}

impl GlobImports<'_> {
    /// Returns the source of the module `file`, in which each call is replaced by an object of imports.
    ///
    /// # Errors
    ///
    /// Returns a [`ModuleError::Syntax`] if the arguments of a call are not literals or an option is unknown.
    pub(super) fn expand(&self, file: &Path, source: &str) -> Result<String, ModuleError> {
        let failed = |span: Span, message: String| {
            ModuleError::Syntax(SyntaxError::at(
                file.into(),
                source,
                span.start as usize,
                format!("invalid import.meta.glob: {message}"),
            ))
        };
        let mut expanded = source.to_owned();
        let mut imports = String::new();
        let calls = calls(file, source).map_err(|(span, message)| failed(span, message))?;
        for (index, call) in calls.iter().enumerate().rev() {
            let object = self
                .object(file, index, call, &mut imports)
                .map_err(|message| failed(call.span, message))?;
            let range = call.span.start as usize..call.span.end as usize;
            // Later lines keep their numbers.
            let lines = "\n".repeat(source[range.clone()].matches('\n').count());
            expanded.replace_range(range, &format!("({{{object}{lines}}})"));
        }
        // In the first line, because eager modules are evaluated before other imports.
        Ok(imports + &expanded)
    }

    /// Returns the properties of the object that replaces `call`. Eager imports are added to `imports`.
    fn object(
        &self,
        file: &Path,
        index: usize,
        call: &Call,
        imports: &mut String,
    ) -> Result<String, String> {
        let directory = file.parent().unwrap_or(file);
        let options = &call.options;
        let base = options
            .base
            .as_deref()
            .map(|base| match base.strip_prefix('/') {
                Some(base) => normalize(&self.root.join(base)),
                None => normalize(&directory.join(base)),
            });
        let files = self.files(file, call, base.as_deref().unwrap_or(directory))?;
        let is_relative = call.patterns.iter().all(|it| it.starts_with(['.', '!']));
        let mut properties = String::new();
        for (number, matched) in files.iter().enumerate() {
            let import = with_dot(&relative(directory, matched));
            let key = match &base {
                Some(base) => with_dot(&relative(base, matched)),
                None if is_relative => import.clone(),
                None => {
                    let path = relative(self.root, matched);
                    if path.starts_with("../") {
                        path
                    } else {
                        format!("/{path}")
                    }
                }
            };
            let key = Value::from(key);
            let specifier = Value::from(format!("{import}{}", options.query));
            let name = options.import.as_deref().filter(|name| *name != "*");
            if options.eager {
                let variable = format!("__vite_glob_{index}_{number}");
                let clause = match name {
                    Some(name) => format!("{{ {} as {variable} }}", Value::from(name)),
                    None => format!("* as {variable}"),
                };
                imports.push_str(&format!("import {clause} from {specifier};"));
                properties.push_str(&format!("{key}: {variable},"));
            } else {
                let member = name.map(|name| format!(".then((m) => m[{}])", Value::from(name)));
                let member = member.unwrap_or_default();
                properties.push_str(&format!("{key}: () => import({specifier}){member},"));
            }
        }
        Ok(properties)
    }

    /// Returns the files that match, in the order of Vite.
    fn files(&self, file: &Path, call: &Call, directory: &Path) -> Result<Vec<String>, String> {
        let mut positive = Vec::new();
        let mut negative = Vec::new();
        for pattern in &call.patterns {
            match pattern.strip_prefix('!') {
                Some(pattern) => negative.push(self.absolute(pattern, directory)?),
                None => positive.push(self.absolute(pattern, directory)?),
            }
        }
        let mut search = Search {
            positive: &positive,
            negative: &negative,
            exhaustive: call.options.exhaustive,
            names_hidden: call.patterns.iter().any(|pattern| names_hidden(pattern)),
            visited: HashSet::new(),
            files: Vec::new(),
        };
        let folders: HashSet<PathBuf> = positive.iter().map(|it| static_folder(it)).collect();
        for folder in folders {
            search.visit(&folder);
        }
        let mut files = search.files;
        let itself = file.to_string_lossy();
        files.retain(|other| *other != itself);
        files.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
        files.dedup();
        Ok(files)
    }

    /// Returns the pattern with an absolute path.
    fn absolute(&self, pattern: &str, directory: &Path) -> Result<String, String> {
        if let Some(rest) = pattern.strip_prefix('/') {
            return Ok(join(self.root, rest));
        }
        if pattern.starts_with("./") || pattern.starts_with("../") {
            return Ok(join(directory, pattern));
        }
        if pattern.starts_with("**") {
            return Ok(join(self.root, pattern));
        }
        match (self.resolve_alias)(pattern) {
            Some(path) => Ok(path.to_string_lossy().into_owned()),
            None => Err(format!(
                "the pattern {pattern:?} must start with `/`, `./`, `../` or an alias of the tsconfig"
            )),
        }
    }
}

/// A search for files below the folders of patterns.
struct Search<'a> {
    positive: &'a [String],
    negative: &'a [String],
    exhaustive: bool,
    /// A pattern names hidden files, for example `./.well-known/*`.
    names_hidden: bool,
    /// The folders that were visited, because symbolic links can lead back.
    visited: HashSet<PathBuf>,
    files: Vec<String>,
}

impl Search<'_> {
    fn visit(&mut self, folder: &Path) {
        let canonical = folder.canonicalize();
        if !canonical.is_ok_and(|folder| self.visited.insert(folder)) {
            return;
        }
        let Ok(entries) = fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let (Some(name), Some(text)) =
                (entry.file_name().to_str().map(String::from), path.to_str())
            else {
                continue;
            };
            let is_hidden = name.starts_with('.') && !self.names_hidden;
            if !self.exhaustive && (is_hidden || name == "node_modules") {
                continue;
            }
            if path.is_dir() {
                self.visit(&path);
            } else if self.positive.iter().any(|it| glob_match(it, text))
                && !self.negative.iter().any(|it| glob_match(it, text))
            {
                self.files.push(text.into());
            }
        }
    }
}

fn names_hidden(pattern: &str) -> bool {
    let mut parts = pattern.split('/');
    parts.any(|part| part.starts_with('.') && part != "." && part != "..")
}

type Failure = (Span, String);

/// Returns the calls in `source`, in order.
fn calls(file: &Path, source: &str) -> Result<Vec<Call>, Failure> {
    struct Finder {
        calls: Vec<Result<Call, Failure>>,
    }
    impl<'a> Visit<'a> for Finder {
        fn visit_call_expression(&mut self, call: &CallExpression<'a>) {
            let is_glob = matches!(&call.callee, Expression::StaticMemberExpression(member)
                if member.property.name == "glob" && matches!(member.object, Expression::ImportMeta(_)));
            if is_glob {
                self.calls.push(parse_call(call));
            }
            walk::walk_call_expression(self, call);
        }
    }
    let allocator = Allocator::default();
    let source_type = SourceType::from_path(file).unwrap_or_default();
    let parsed = Parser::new(&allocator, source, source_type).parse();
    let mut finder = Finder { calls: Vec::new() };
    finder.visit_program(&parsed.program);
    finder.calls.into_iter().collect()
}

fn parse_call(call: &CallExpression<'_>) -> Result<Call, Failure> {
    let (patterns, options) = match call.arguments.as_slice() {
        [patterns] => (patterns, None),
        [patterns, options] => (patterns, Some(options)),
        _ => return Err((call.span, "expected one or two arguments".into())),
    };
    let patterns = match patterns {
        Argument::ArrayExpression(array) => {
            let elements = array.elements.iter();
            elements
                .map(|element| text(element.as_expression(), element.span()))
                .collect::<Result<_, _>>()?
        }
        argument => vec![text(argument.as_expression(), argument.span())?],
    };
    let options = match options {
        None => Options::default(),
        Some(Argument::ObjectExpression(object)) => parse_options(object)?,
        Some(other) => return Err((other.span(), "expected an object literal".into())),
    };
    Ok(Call {
        span: call.span,
        patterns,
        options,
    })
}

fn parse_options(object: &ObjectExpression<'_>) -> Result<Options, Failure> {
    let mut options = Options::default();
    for property in &object.properties {
        let ObjectPropertyKind::ObjectProperty(property) = property else {
            return Err((property.span(), "the options must be literals".into()));
        };
        let name = property.key.static_name().unwrap_or_default();
        let span = property.value.span();
        match &*name {
            "eager" => options.eager = flag(&property.value)?,
            "exhaustive" => options.exhaustive = flag(&property.value)?,
            "import" => options.import = Some(text(Some(&property.value), span)?),
            "base" => options.base = Some(text(Some(&property.value), span)?),
            "query" => options.query = query(&property.value)?,
            _ => {
                let message = format!(
                    "unknown option `{name}`; the options are `eager`, `import`, `query`, `base` and `exhaustive`"
                );
                return Err((property.span, message));
            }
        }
    }
    let base = options.base.as_deref();
    if base.is_some_and(|base| {
        !["/", "./", "../"]
            .iter()
            .any(|start| base.starts_with(start))
    }) {
        let message = "the option `base` must start with `/`, `./` or `../`";
        return Err((object.span, message.into()));
    }
    Ok(options)
}

/// Returns the query of a string such as `raw`, or of an object such as `{ width: 2 }`.
fn query(value: &Expression<'_>) -> Result<String, Failure> {
    let Expression::ObjectExpression(object) = value else {
        let query = text(Some(value), value.span())?;
        return Ok(match query.strip_prefix('?') {
            None if query.is_empty() => query,
            None => format!("?{query}"),
            Some(_) => query,
        });
    };
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for property in &object.properties {
        let ObjectPropertyKind::ObjectProperty(property) = property else {
            return Err((property.span(), "the options must be literals".into()));
        };
        let name = property.key.static_name().unwrap_or_default();
        let value = match &property.value {
            Expression::BooleanLiteral(value) => value.value.to_string(),
            Expression::NumericLiteral(value) => value.value.to_string(),
            value => text(Some(value), value.span())?,
        };
        pairs.append_pair(&name, &value);
    }
    Ok(format!("?{}", pairs.finish()))
}

fn flag(value: &Expression<'_>) -> Result<bool, Failure> {
    match value {
        Expression::BooleanLiteral(value) => Ok(value.value),
        other => Err((other.span(), "expected `true` or `false`".into())),
    }
}

/// Returns the value of a string literal, or of a template without expressions.
fn text(value: Option<&Expression<'_>>, span: Span) -> Result<String, Failure> {
    match value {
        Some(Expression::StringLiteral(value)) => Ok(value.value.to_string()),
        Some(Expression::TemplateLiteral(value)) if value.expressions.is_empty() => Ok(value
            .quasis
            .iter()
            .map(|part| part.value.raw.as_str())
            .collect()),
        _ => Err((span, "expected a string literal".into())),
    }
}

/// Joins a folder, whose name is literal, and a pattern.
fn join(folder: &Path, pattern: &str) -> String {
    let mut folder = folder.to_path_buf();
    let mut rest = pattern;
    loop {
        if let Some(after) = rest.strip_prefix("./") {
            rest = after;
        } else if let Some(after) = rest.strip_prefix("../") {
            folder.pop();
            rest = after;
        } else {
            break;
        }
    }
    let folder = folder.to_string_lossy();
    let mut escaped = String::with_capacity(folder.len() + pattern.len());
    for c in folder.chars() {
        if "*?[]{}()!\\".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    format!("{}/{rest}", escaped.trim_end_matches('/'))
}

/// Returns the folder before the first part of the pattern that is not literal.
fn static_folder(pattern: &str) -> PathBuf {
    let mut folder = String::new();
    for part in pattern.split_inclusive('/') {
        let literal = part.replace("\\\\", "").replace('\\', "");
        let is_pattern = part.replace("\\*", "").contains(['*', '?', '[', '{', '('])
            && literal.contains(['*', '?', '[', '{', '(']);
        if is_pattern || !part.ends_with('/') {
            break;
        }
        folder.push_str(&literal);
    }
    PathBuf::from(folder)
}

/// Resolves `.` and `..` without reading the disk.
fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// Returns the path from the folder `from` to `to`.
fn relative(from: &Path, to: &str) -> String {
    let from: Vec<_> = from.components().collect();
    let to: Vec<_> = Path::new(to).components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| "..".into());
    let down = to[common..]
        .iter()
        .map(|part| part.as_os_str().to_string_lossy());
    let parts: Vec<std::borrow::Cow<'_, str>> = up.chain(down).collect();
    parts.join("/")
}

fn with_dot(path: &str) -> String {
    if path.starts_with("../") {
        path.into()
    } else {
        format!("./{path}")
    }
}
