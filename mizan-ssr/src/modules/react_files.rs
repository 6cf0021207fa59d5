//! The files of the React package that renders a component.

use std::path::Path;

use serde_json::json;

use super::error::ModuleError;
use super::loader::Loader;
use super::module_kind::REACT_SERVER_FILE;
use super::resolver::ImportKind;

/// Returns the files of the React package that the module `importer` imports, as JSON.
pub(crate) fn react_files(loader: &Loader, importer: &str) -> Result<String, ModuleError> {
    let resolve = |specifier| loader.resolve(specifier, importer, ImportKind::Require);
    let manifest = resolve("react-dom/package.json")?;
    let jsx = resolve("react/jsx-runtime")?;
    let server = Path::new(&manifest)
        .with_file_name("cjs")
        .join(format!("{REACT_SERVER_FILE}.{}.js", loader.mode()));
    if !server.is_file() {
        return Err(ModuleError::Unsupported {
            file: server,
            reason: "this version of react-dom does not have the file; install react-dom 19".into(),
        });
    }
    Ok(json!({ "server": server, "jsx": jsx }).to_string())
}
