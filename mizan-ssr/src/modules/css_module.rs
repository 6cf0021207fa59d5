//! Class names of CSS modules, and the text of inlined style sheets.

use std::path::Path;

use lightningcss::css_modules::{Config, CssModuleReference};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, StyleSheet};

use super::error::{ModuleError, SyntaxError};

/// Returns the class names of a CSS module: each name in the file with the generated names.
///
/// The generated names equal those of Vite with `css.transformer: "lightningcss"`, because both hash
/// the file's path relative to `root`, Vite's root directory.
///
/// # Errors
///
/// Returns a [`ModuleError`] if the file is not valid CSS or composes a name from another file.
pub(super) fn class_names(
    root: &Path,
    path: &Path,
    css: &str,
) -> Result<Vec<(String, String)>, ModuleError> {
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
    let mut names = Vec::new();
    for (name, export) in printed.exports.unwrap_or_default() {
        let mut classes = export.name;
        for reference in export.composes {
            match reference {
                CssModuleReference::Local { name } | CssModuleReference::Global { name } => {
                    classes.push(' ');
                    classes.push_str(&name);
                }
                CssModuleReference::Dependency { specifier, .. } => {
                    return Err(failed(format!(
                        "`{name}` composes a class from {specifier}, which is not supported; put both \
                         classes on the element"
                    )));
                }
            }
        }
        names.push((name, classes));
    }
    names.sort_unstable();
    Ok(names)
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
