//! Modules whose code the renderer generates from a value.

use std::path::Path;

use super::error::{ModuleError, SyntaxError};
use super::transform::{ModuleFormat, TransformedModule};

/// Returns a module whose default export is the string `text`.
pub(super) fn default_export(text: &str) -> TransformedModule {
    TransformedModule::default_export(&serde_json::Value::from(text).to_string())
}

/// Returns a module without exports, for style sheets.
pub(super) fn no_exports() -> TransformedModule {
    TransformedModule::es_module(Vec::new(), "")
}

/// Returns a module whose default export is a class that fails when a render constructs it.
pub(super) fn worker(path: &Path) -> TransformedModule {
    let message = format!(
        "the worker {} was created during a render; create it in an effect or an event handler",
        path.display()
    );
    TransformedModule::default_export(&format!(
        "class WorkerWrapper {{ constructor() {{ throw new Error({}); }} }}",
        serde_json::Value::from(message)
    ))
}

/// Returns a module whose default export is a function that fails when a render calls it.
pub(super) fn wasm_init(path: &Path) -> TransformedModule {
    let message = format!(
        "the WebAssembly module {} was started during a render, which has no WebAssembly; start it in an effect \
         or an event handler",
        path.display()
    );
    TransformedModule::default_export(&format!(
        "async () => {{ throw new Error({}); }}",
        serde_json::Value::from(message)
    ))
}

/// Returns a CommonJS module whose exports are the JSON `text`.
pub(super) fn parsed_json(text: &str) -> TransformedModule {
    TransformedModule::generated(
        ModuleFormat::CommonJs,
        format!(
            "module.exports = JSON.parse({});",
            serde_json::Value::from(text)
        ),
    )
}

/// Returns the module of the JSON file at `path`.
///
/// # Errors
///
/// Returns a [`ModuleError::Syntax`] if `text` is not JSON.
pub(super) fn json_file(path: &Path, text: &str) -> Result<TransformedModule, ModuleError> {
    let text = text.trim_start_matches('\u{feff}');
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let line_start: usize = text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum();
        return Err(ModuleError::Syntax(SyntaxError::at(
            path.into(),
            text,
            line_start + error.column().saturating_sub(1),
            format!("invalid JSON: {error}"),
        )));
    }
    Ok(parsed_json(text))
}

/// Returns a CommonJS module that exports the class `names` of a CSS module.
#[cfg(feature = "css-modules")]
pub(super) fn class_names(names: Vec<(String, String)>) -> TransformedModule {
    let names: serde_json::Map<_, _> = names
        .into_iter()
        .map(|(name, classes)| (name, classes.into()))
        .collect();
    TransformedModule::generated(
        ModuleFormat::CommonJs,
        format!(
            "module.exports = Object.assign(Object.create(null), {});",
            serde_json::Value::from(names)
        ),
    )
}
