//! The functions as which modules are compiled.

use std::borrow::Cow;

use crate::modules::{
    IMPORT, JSX_ELEMENTS, ModuleFormat, NAME_DEFAULT, REGISTER_EXPORTS, TransformedModule,
};

const ES_MODULE_PARAMETERS: [&str; 6] = [
    REGISTER_EXPORTS,
    IMPORT,
    "__vite_ssr_dynamic_import__",
    "__vite_ssr_import_meta__",
    JSX_ELEMENTS,
    NAME_DEFAULT,
];
const COMMON_JS_PARAMETERS: [&str; 6] = [
    "exports",
    "require",
    "module",
    "__filename",
    "__dirname",
    "__vite_ssr_dynamic_import__",
];
/// The parameters of a CommonJS module, followed by the platform APIs of `js/react_server.js`.
const REACT_SERVER_PARAMETERS: [&str; 13] = [
    "exports",
    "require",
    "module",
    "__filename",
    "__dirname",
    "__vite_ssr_dynamic_import__",
    "Buffer",
    "Bun",
    "queueMicrotask",
    "setTimeout",
    "ReadableStream",
    "Set",
    "Map",
];

/// Returns the parameters and the body of a module's function.
///
/// The body starts on the first line of the module's code, so that line numbers are the same.
pub(super) fn module_function(
    transformed: &TransformedModule,
) -> (&'static [&'static str], Cow<'static, str>) {
    let code = &transformed.code;
    match transformed.format {
        ModuleFormat::CommonJs => (&COMMON_JS_PARAMETERS, code.clone()),
        ModuleFormat::ReactServer => (&REACT_SERVER_PARAMETERS, code.clone()),
        ModuleFormat::EsModule { .. } => (&ES_MODULE_PARAMETERS, code.clone()),
    }
}
