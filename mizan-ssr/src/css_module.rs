use std::path::Path;

use lightningcss::css_modules::{Config, CssModuleReference};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{ParserOptions, StyleSheet};

use crate::module_error::{ModuleError, SyntaxError};

/// The class names of a CSS module, as Vite makes them with `css.transformer: "lightningcss"`: each of
/// the names in the file with those that it gets.
///
/// Both hash the file's path from `root`, which is Vite's root, so the names are the same without a
/// build's result. Names that are composed from other files are not known here.
pub(crate) fn names(
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
    let sheet = StyleSheet::parse(css, options).map_err(|error| match &error.loc {
        Some(place) => {
            let start = css
                .split_inclusive('\n')
                .take(place.line as usize)
                .map(str::len)
                .sum::<usize>();
            let offset = start + (place.column as usize).saturating_sub(1);
            ModuleError::Syntax(SyntaxError::at(
                path.into(),
                css,
                offset,
                error.kind.to_string(),
            ))
        }
        None => failed(error.kind.to_string()),
    })?;
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
                        "`{name}` is composed from {specifier}, and names of other files are not known \
                         here; put both classes on the element"
                    )));
                }
            }
        }
        names.push((name, classes));
    }
    names.sort_unstable();
    Ok(names)
}
