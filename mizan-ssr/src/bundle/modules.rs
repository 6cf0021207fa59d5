//! The modules of a bundle, which the loader uses in place of files.

use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;
use parking_lot::Mutex;

use super::archive::Archive;
use super::error::BundleErrorKind;
use super::index::{Index, ModuleRecord, PageEntry, RecordedError, Request};
use crate::modules::{
    CompiledCode, ImportKind, Module, ModuleError, ModuleFormat, ReactFiles, Reader, SourceFile,
    is_react_server,
};

/// The modules of a bundle. Each is decoded when it is used first.
pub(crate) struct BundledModules {
    archive: Archive,
    index: Index<'static>,
    records: Vec<OnceLock<Option<ModuleRecord<'static>>>>,
}

/// The files of Vite's build.
pub(crate) struct BundledBrowserFiles {
    /// The URL or path under which the files are served.
    pub(crate) base: &'static str,
    /// Vite's manifest, as JSON.
    pub(crate) manifest: &'static [u8],
    /// The files by their path relative to the base.
    pub(crate) files: Vec<(&'static str, &'static [u8])>,
}

impl BundledModules {
    pub(super) fn new(archive: Archive) -> Result<Self, BundleErrorKind> {
        let index: Index<'static> = archive.index()?;
        let records = index.modules.iter().map(|_| OnceLock::new()).collect();
        Ok(Self {
            archive,
            index,
            records,
        })
    }

    /// Returns the files of Vite's build, if the bundle has some.
    pub(super) fn browser(&self) -> Option<BundledBrowserFiles> {
        let browser = self.index.browser.as_ref()?;
        let files = browser.files.iter();
        Some(BundledBrowserFiles {
            base: browser.base,
            manifest: self.archive.bytes(browser.manifest)?,
            files: files
                .map(|(path, blob)| Some((*path, self.archive.bytes(*blob)?)))
                .collect::<Option<_>>()?,
        })
    }

    /// Returns the paths of the components.
    pub(super) fn pages(&self) -> impl Iterator<Item = &str> {
        self.index.pages.iter().map(|page| page.path)
    }

    /// Returns the paths of the components in the directory `path`, or `path` itself if it is no directory.
    pub(crate) fn pages_at(&self, path: &str) -> Vec<String> {
        let directory = format!("{}/", path.trim_end_matches('/'));
        let in_directory = self.pages().filter(|page| page.starts_with(&directory));
        let pages: Vec<_> = in_directory.map(String::from).collect();
        if pages.is_empty() {
            vec![path.into()]
        } else {
            pages
        }
    }

    /// Returns the module id of the component `path`.
    pub(crate) fn component(&self, path: &str) -> Option<&'static str> {
        self.id(self.page(path)?.module)
    }

    /// Returns the file of the component `path` relative to Vite's root.
    pub(crate) fn vite_path(&self, path: &str) -> Option<&'static str> {
        self.page(path)?.vite_path
    }

    /// Returns `import.meta.env` as JSON.
    pub(crate) fn env(&self) -> &'static str {
        self.index.env
    }

    /// Returns the tag of the engine that compiled the code in the bundle.
    pub(crate) fn code_tag(&self) -> Option<u32> {
        self.index.code_tag
    }

    /// Returns the files of the React package that the component `id` imports.
    pub(crate) fn react_files(&self, id: &str) -> Result<ReactFiles, ModuleError> {
        let number = self.number(id);
        let page = self
            .index
            .pages
            .iter()
            .find(|page| Some(page.module) == number);
        let files = page.and_then(|page| {
            Some(ReactFiles {
                server: self.id(page.react_server)?.into(),
                jsx: self.id(page.jsx)?.into(),
            })
        });
        files.ok_or_else(|| not_in_bundle("react-dom", id))
    }

    /// Returns the id of the module that `specifier` names in the module `importer`.
    pub(crate) fn resolve(
        &self,
        specifier: &str,
        importer: &str,
        import_kind: ImportKind,
    ) -> Result<String, ModuleError> {
        let request = Request {
            specifier,
            is_require: import_kind == ImportKind::Require,
        };
        let resolved = self.record(importer).and_then(|record| {
            let at = record
                .resolved
                .binary_search_by_key(&request, |(request, _)| *request);
            Some(&record.resolved[at.ok()?].1)
        });
        match resolved {
            Some(Ok(number)) => self
                .id(*number)
                .map(String::from)
                .ok_or_else(|| damaged(importer)),
            Some(Err(error)) => Err(module_error(*error, importer)),
            None => Err(not_in_bundle(specifier, importer)),
        }
    }

    /// Returns the module that a package substitutes for its module `id` in browsers.
    pub(crate) fn browser_replacement(&self, id: &str) -> Option<&'static str> {
        self.id(self.record(id)?.browser_replacement?)
    }

    /// Returns the module that a package exports instead of its module `id` under the condition `node`.
    pub(crate) fn node_replacement(&self, id: &str) -> Option<&'static str> {
        self.id(self.record(id)?.node_replacement?)
    }

    /// Returns the module `id`.
    pub(crate) fn module(&self, id: &str) -> Result<Module, ModuleError> {
        let record = self.record(id).ok_or_else(|| damaged(id))?;
        let content = record
            .content
            .as_ref()
            .map_err(|error| module_error(*error, id))?;
        let mut details = Reader(content.details);
        let transformed = details.module(|_, _| Some(self.archive.text(content.code)?.into()));
        let mut transformed = transformed.ok_or_else(|| damaged(id))?;
        if content
            .file
            .is_some_and(|file| is_react_server(Path::new(file)))
        {
            transformed.format = ModuleFormat::ReactServer;
        }
        let imports = content.imports.iter().map(|(specifier, number)| {
            let imported = self.id(*number).ok_or_else(|| damaged(id))?;
            Ok(((*specifier).into(), imported.into()))
        });
        let compiled = content.compiled.zip(self.index.code_tag);
        let compiled = compiled.and_then(|(code, tag)| {
            Some(CompiledCode {
                tag,
                bytes: Bytes::from_static(self.archive.bytes(code)?),
            })
        });
        let imports = imports.collect::<Result<_, _>>()?;
        let file = content.file.map(SourceFile::bundled);
        Ok(Module {
            id: id.into(),
            file,
            transformed,
            imports,
            is_style_sheet: content.is_style_sheet,
            strict_interop: content.strict_interop,
            cache_key: None,
            has_globs: false,
            compiled: Mutex::new(compiled),
        })
    }

    fn page(&self, path: &str) -> Option<&PageEntry<'static>> {
        let segments = path
            .split('/')
            .filter(|segment| !matches!(*segment, "" | "."));
        let path = segments.collect::<Vec<_>>().join("/");
        let pages = &self.index.pages;
        let at = pages.binary_search_by_key(&path.as_str(), |page| page.path);
        pages.get(at.ok()?)
    }

    fn number(&self, id: &str) -> Option<u32> {
        let modules = &self.index.modules;
        let at = modules.binary_search_by_key(&id, |module| module.id);
        at.ok()?.try_into().ok()
    }

    fn id(&self, number: u32) -> Option<&'static str> {
        let module = self.index.modules.get(usize::try_from(number).ok()?)?;
        Some(module.id)
    }

    fn record(&self, id: &str) -> Option<&ModuleRecord<'static>> {
        let number = usize::try_from(self.number(id)?).ok()?;
        let blob = self.index.modules.get(number)?.record;
        let record = self.records.get(number)?;
        record.get_or_init(|| self.archive.decoded(blob)).as_ref()
    }
}

/// Returns the error that the file `importer` had when the bundle was built.
fn module_error(error: RecordedError<'_>, importer: &str) -> ModuleError {
    match error {
        RecordedError::NotFound { specifier } => ModuleError::NotFound {
            specifier: specifier.into(),
            importer: importer.into(),
            reason: "it was missing when the bundle was built".into(),
        },
        RecordedError::NodeBuiltin { specifier } => ModuleError::NodeBuiltin {
            specifier: specifier.into(),
            importer: importer.into(),
        },
        RecordedError::Unsupported { reason } => ModuleError::Unsupported {
            file: importer.into(),
            reason: reason.into(),
        },
    }
}

fn not_in_bundle(specifier: &str, importer: &str) -> ModuleError {
    ModuleError::NotFound {
        specifier: specifier.into(),
        importer: importer.into(),
        reason: "the bundle does not contain it, because the import was not known when the bundle was built".into(),
    }
}

fn damaged(id: &str) -> ModuleError {
    ModuleError::Unsupported {
        file: id.into(),
        reason: "the bundle does not contain the module".into(),
    }
}
