//! Class names of CSS modules, and the text of inlined style sheets.

use std::fs;
use std::path::{Path, PathBuf};

use lightningcss::css_modules::{Config, CssModuleExport, CssModuleExports, CssModuleReference};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, StyleSheet};

use super::error::{ModuleError, SyntaxError};

/// Returns the class names of a CSS module: each name in the file with the generated names.
///
/// The generated names equal those of Vite with `css.transformer: "lightningcss"`, because both hash
/// the file's path relative to `root`, Vite's root directory. `resolve` returns the file that a
/// specifier names in another file.
///
/// # Errors
///
/// Returns a [`ModuleError`] if the file is not valid CSS or composes a name that does not exist.
pub(super) fn class_names(
    root: &Path,
    path: &Path,
    css: &str,
    resolve: &dyn Fn(&str, &Path) -> Result<PathBuf, ModuleError>,
) -> Result<Vec<(String, String)>, ModuleError> {
    let mut names = Vec::new();
    let exports = exports(root, path, css)?;
    for (name, export) in &exports {
        let composed = Composition { root, resolve };
        names.push((name.clone(), composed.classes(path, export, 0)?));
    }
    names.sort_unstable();
    Ok(names)
}

/// The names that a class composes from other files.
struct Composition<'a> {
    root: &'a Path,
    resolve: &'a dyn Fn(&str, &Path) -> Result<PathBuf, ModuleError>,
}

impl Composition<'_> {
    /// Returns the generated name of `export` and those that it composes.
    fn classes(
        &self,
        path: &Path,
        export: &CssModuleExport,
        depth: usize,
    ) -> Result<String, ModuleError> {
        const MAX_DEPTH: usize = 32;
        let failed = |reason: String| ModuleError::Unsupported {
            file: path.into(),
            reason,
        };
        let mut classes = export.name.clone();
        for reference in &export.composes {
            classes.push(' ');
            match reference {
                CssModuleReference::Local { name } | CssModuleReference::Global { name } => {
                    classes.push_str(name);
                }
                CssModuleReference::Dependency { specifier, name } => {
                    if depth == MAX_DEPTH {
                        return Err(failed("classes compose each other in a cycle".into()));
                    }
                    let file = (self.resolve)(specifier, path)?;
                    let css =
                        fs::read_to_string(&file).map_err(|error| ModuleError::Unreadable {
                            file: file.clone(),
                            reason: error.to_string(),
                        })?;
                    let exports = exports(self.root, &file, &css)?;
                    let composed = exports.get(name).ok_or_else(|| {
                        failed(format!(
                            "it composes `{name}` from {specifier}, which has no such class"
                        ))
                    })?;
                    classes.push_str(&self.classes(&file, composed, depth + 1)?);
                }
            }
        }
        Ok(classes)
    }
}

/// Returns the names in a file with their generated names and the names that they compose.
fn exports(root: &Path, path: &Path, css: &str) -> Result<CssModuleExports, ModuleError> {
    let options = ParserOptions {
        filename: path.to_string_lossy().into_owned(),
        css_modules: Some(Config::default()),
        ..ParserOptions::default()
    };
    let failed = |reason: String| ModuleError::Unsupported {
        file: path.into(),
        reason,
    };
    let sheet = StyleSheet::parse(css, options).map_err(|error| syntax_error(path, css, &error))?;
    let root = root.to_string_lossy();
    let printed = sheet
        .to_css(PrinterOptions {
            project_root: Some(&root),
            ..PrinterOptions::default()
        })
        .map_err(|error| failed(error.kind.to_string()))?;
    Ok(printed.exports.unwrap_or_default())
}

/// Returns the minified text of a style sheet.
///
/// # Errors
///
/// Returns a [`ModuleError`] if the file is not valid CSS.
pub(super) fn minify(path: &Path, css: &str) -> Result<String, ModuleError> {
    let failed = |reason: String| ModuleError::Unsupported {
        file: path.into(),
        reason,
    };
    let mut sheet = StyleSheet::parse(css, ParserOptions::default())
        .map_err(|error| syntax_error(path, css, &error))?;
    sheet
        .minify(MinifyOptions::default())
        .map_err(|error| failed(error.kind.to_string()))?;
    let options = PrinterOptions {
        minify: true,
        ..PrinterOptions::default()
    };
    let printed = sheet.to_css(options);
    let printed = printed.map_err(|error| failed(error.kind.to_string()))?;
    Ok(printed.code)
}

fn syntax_error(
    path: &Path,
    css: &str,
    error: &lightningcss::error::Error<lightningcss::error::ParserError<'_>>,
) -> ModuleError {
    let Some(location) = &error.loc else {
        return ModuleError::Unsupported {
            file: path.into(),
            reason: error.kind.to_string(),
        };
    };
    let start = css
        .split_inclusive('\n')
        .take(location.line as usize)
        .map(str::len)
        .sum::<usize>();
    let offset = start + (location.column as usize).saturating_sub(1);
    ModuleError::Syntax(SyntaxError::at(
        path.into(),
        css,
        offset,
        error.kind.to_string(),
    ))
}
