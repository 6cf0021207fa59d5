//! The index of a bundle.

use serde::{Deserialize, Serialize};

use super::archive::Blob;

/// The index, with the strings of the archive.
#[derive(Deserialize, Serialize)]
pub(super) struct Index<'a> {
    /// `import.meta.env` as JSON.
    pub(super) env: &'a str,
    /// Identifies the engine that compiled the code of the modules, its version and its flags.
    pub(super) code_tag: Option<u32>,
    #[serde(borrow)]
    pub(super) browser: Option<BrowserEntry<'a>>,
    /// Sorted by path.
    #[serde(borrow)]
    pub(super) pages: Vec<PageEntry<'a>>,
    /// Sorted by id. Other entries name a module by its position.
    #[serde(borrow)]
    pub(super) modules: Vec<ModuleEntry<'a>>,
}

/// The files of Vite's build.
#[derive(Deserialize, Serialize)]
pub(super) struct BrowserEntry<'a> {
    /// The URL or path under which the files are served.
    pub(super) base: &'a str,
    /// Vite's manifest, as JSON.
    pub(super) manifest: Blob,
    /// The files by their path relative to the base. A compressed variant of a file has a second extension.
    #[serde(borrow)]
    pub(super) files: Vec<(&'a str, Blob)>,
}

/// A component that a renderer can render.
#[derive(Deserialize, Serialize)]
pub(super) struct PageEntry<'a> {
    /// The path relative to the component directory.
    pub(super) path: &'a str,
    pub(super) module: u32,
    /// The path relative to Vite's root, which is the key in Vite's manifest.
    pub(super) vite_path: Option<&'a str>,
    /// The server build of react-dom.
    pub(super) react_server: u32,
    /// The JSX runtime.
    pub(super) jsx: u32,
}

#[derive(Deserialize, Serialize)]
pub(super) struct ModuleEntry<'a> {
    pub(super) id: &'a str,
    /// A [`ModuleRecord`].
    pub(super) record: Blob,
}

/// The record of one module.
#[derive(Deserialize, Serialize)]
pub(super) struct ModuleRecord<'a> {
    #[serde(borrow)]
    pub(super) content: Result<ModuleContent<'a>, RecordedError<'a>>,
    /// The results of `require` and of dynamic imports, sorted by the request.
    #[serde(borrow)]
    pub(super) resolved: Vec<(Request<'a>, Result<u32, RecordedError<'a>>)>,
    /// The module that replaces this one if it needs a module of Node.js.
    pub(super) browser_replacement: Option<u32>,
    /// The module that replaces this one if it needs a global of browsers.
    pub(super) node_replacement: Option<u32>,
}

/// A specifier in a module.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Request<'a> {
    pub(super) specifier: &'a str,
    pub(super) is_require: bool,
}

#[derive(Deserialize, Serialize)]
pub(super) struct ModuleContent<'a> {
    pub(super) code: Blob,
    /// The rest of the transformed module, as the disk cache encodes it.
    pub(super) details: &'a [u8],
    /// The specifiers of the static imports with the imported modules, in evaluation order.
    #[serde(borrow)]
    pub(super) imports: Vec<(&'a str, u32)>,
    pub(super) is_style_sheet: bool,
    pub(super) strict_interop: bool,
    /// The path of the file; `None` for a module that the renderer generates.
    pub(super) file: Option<&'a str>,
    /// The code that the engine compiled from the module.
    pub(super) compiled: Option<Blob>,
}

/// The error of a module that could not be loaded when the bundle was built. It occurs only if the module is used.
#[derive(Clone, Copy, Deserialize, Serialize)]
pub(super) enum RecordedError<'a> {
    NotFound { specifier: &'a str },
    NodeBuiltin { specifier: &'a str },
    Unsupported { reason: &'a str },
}
