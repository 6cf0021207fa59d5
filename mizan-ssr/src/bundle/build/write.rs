//! The conversion of modules to an archive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::error::BundleBuildErrorKind;
use super::graph::{Graph, Node};
use super::pages::Page;
use super::summary::BundleSummary;
use crate::bundle::archive::{ArchiveWriter, Blob};
use crate::bundle::index::{
    BrowserEntry, Index, ModuleContent, ModuleEntry, ModuleRecord, PageEntry, RecordedError,
    Request,
};
use crate::modules::{ImportKind, Loader, ModuleError, ReactFiles, put_module};
use crate::vite::{Vite, precompress};

/// The files of Vite's build.
pub(super) struct BuiltBrowserFiles {
    pub(super) base: String,
    pub(super) manifest: Vec<u8>,
    /// By the path relative to the base.
    pub(super) files: Vec<(String, Vec<u8>)>,
}

/// Encodes the bundle with the modules of `graph`.
///
/// `react` are the files of React for the module of each page.
pub(super) fn encode(
    graph: &Graph<'_>,
    pages: &[Page],
    react: &BTreeMap<String, ReactFiles>,
    vite: Option<(&Vite, &BuiltBrowserFiles)>,
    loader: &Loader,
    code_tag: Option<u32>,
) -> Result<(Vec<u8>, BundleSummary), BundleBuildErrorKind> {
    let ids = BundleIds::new(graph)?;
    let mut summary = BundleSummary {
        pages: pages.len(),
        modules: graph.nodes.len(),
        ..BundleSummary::default()
    };
    let mut archive = ArchiveWriter::new();
    let mut modules = Vec::new();
    for (name, id) in &ids.names {
        let node = &graph.nodes[*id];
        let compiled = compiled_code(node, code_tag);
        summary.compiled += usize::from(compiled.is_some());
        modules.push(ModuleEntry {
            id: name,
            record: put_record(&mut archive, node, compiled, &ids)?,
        });
    }
    let mut page_entries = Vec::new();
    for page in pages {
        let (Some(module), Some(files)) = (ids.number(&page.id), react.get(&page.id)) else {
            continue;
        };
        let (Some(react_server), Some(jsx)) = (ids.number(&files.server), ids.number(&files.jsx))
        else {
            continue;
        };
        page_entries.push(PageEntry {
            path: &page.path,
            module,
            vite_path: vite.and_then(|(vite, _)| vite.relative_path(Path::new(&page.id))),
            react_server,
            jsx,
        });
    }
    let browser_files = match vite {
        Some((_, built)) => put_browser_files(&mut archive, built)?,
        None => Vec::new(),
    };
    let browser = vite.map(|(_, built)| BrowserEntry {
        base: &built.base,
        manifest: archive.put(&built.manifest),
        files: browser_files
            .iter()
            .map(|(path, blob)| (path.as_str(), *blob))
            .collect(),
    });
    summary.browser_files = vite.map_or(0, |(_, built)| built.files.len());
    let env = loader.env();
    let index = Index {
        env: &env,
        code_tag,
        browser,
        pages: page_entries,
        modules,
    };
    let bytes = archive
        .finish(&index)
        .map_err(BundleBuildErrorKind::Encoding)?;
    summary.bytes = bytes.len();
    Ok((bytes, summary))
}

/// Stores the files with their compressed variants. Returns their paths.
fn put_browser_files(
    archive: &mut ArchiveWriter,
    built: &BuiltBrowserFiles,
) -> Result<Vec<(String, Blob)>, BundleBuildErrorKind> {
    let mut files = Vec::new();
    for (path, content) in &built.files {
        files.push((path.clone(), archive.put(content)));
        let variants = precompress(path, content).map_err(BundleBuildErrorKind::Compression)?;
        for (extension, content) in variants {
            let path = format!("{path}.{extension}");
            // Vite's build may contain variants too.
            if built.files.iter().all(|(known, _)| *known != path) {
                files.push((path, archive.put(&content)));
            }
        }
    }
    Ok(files)
}

/// Returns the compiled code of a module. The disk cache may contain code of another engine.
fn compiled_code(node: &Node, code_tag: Option<u32>) -> Option<Bytes> {
    let compiled = node.module.as_ref().ok()?.compiled()?;
    (Some(compiled.tag) == code_tag).then_some(compiled.bytes)
}

fn put_record(
    archive: &mut ArchiveWriter,
    node: &Node,
    compiled: Option<Bytes>,
    ids: &BundleIds<'_>,
) -> Result<Blob, BundleBuildErrorKind> {
    let mut details = Vec::new();
    let content = match &node.module {
        Ok(module) => {
            put_module(&mut details, &module.transformed);
            let imports = module
                .imports
                .iter()
                .filter_map(|(specifier, id)| Some((specifier.as_str(), ids.number(id)?)));
            Ok(ModuleContent {
                code: archive.put(module.transformed.code.as_bytes()),
                details: &details,
                imports: imports.collect(),
                is_style_sheet: module.is_style_sheet,
                strict_interop: module.strict_interop,
                file: module.file.as_ref().and_then(|_| ids.file(&module.id)),
                compiled: compiled.map(|code| archive.put(&code)),
            })
        }
        Err(error) => Err(recorded(error)),
    };
    let resolved = node.requests.iter().filter_map(|request| {
        let result = match &request.result {
            Ok(id) => Ok(ids.number(id)?),
            Err(error) => Err(recorded(error)),
        };
        let request = Request {
            specifier: &request.specifier,
            is_require: request.kind == ImportKind::Require,
        };
        Some((request, result))
    });
    let mut resolved: Vec<_> = resolved.collect();
    resolved.sort_by_key(|(request, _)| *request);
    resolved.dedup_by_key(|(request, _)| *request);
    let number = |id: &Option<String>| ids.number(id.as_deref()?);
    let record = ModuleRecord {
        content,
        resolved,
        browser_replacement: number(&node.browser_replacement),
        node_replacement: number(&node.node_replacement),
    };
    archive
        .put_encoded(&record)
        .map_err(BundleBuildErrorKind::Encoding)
}

fn recorded(error: &ModuleError) -> RecordedError<'_> {
    match error {
        ModuleError::NotFound { specifier, .. } => RecordedError::NotFound { specifier },
        ModuleError::NodeBuiltin { specifier, .. } => RecordedError::NodeBuiltin { specifier },
        ModuleError::Unreadable { reason, .. } | ModuleError::Unsupported { reason, .. } => {
            RecordedError::Unsupported { reason }
        }
        ModuleError::Syntax(error) => RecordedError::Unsupported {
            reason: &error.message,
        },
    }
}

/// The ids of modules in the bundle: paths relative to the folder that contains all of them, with a leading slash.
struct BundleIds<'a> {
    /// The ids in the bundle with the ids of the loader, sorted. The position is the number of the module.
    names: Vec<(String, &'a str)>,
    /// The numbers by the ids of the loader.
    numbers: BTreeMap<&'a str, u32>,
}

impl<'a> BundleIds<'a> {
    fn new(graph: &'a Graph<'_>) -> Result<Self, BundleBuildErrorKind> {
        let mut common: Option<PathBuf> = None;
        for id in graph.nodes.keys() {
            let folder = Path::new(id).parent().filter(|_| has_file(id));
            let Some(folder) = folder else { continue };
            let shared = common.take().unwrap_or_else(|| folder.into());
            let shared = shared
                .ancestors()
                .find(|ancestor| folder.starts_with(ancestor));
            common = Some(shared.ok_or(BundleBuildErrorKind::NoCommonFolder)?.into());
        }
        let common = common.unwrap_or_default();
        let name = |id: &str| match Path::new(id).strip_prefix(&common) {
            Ok(path) => format!("/{}", path.to_string_lossy().replace('\\', "/")),
            Err(_) => id.to_owned(),
        };
        let names = graph.nodes.keys().map(|id| (name(id), id.as_str()));
        let mut names: Vec<_> = names.collect();
        names.sort();
        let numbers = names.iter().zip(0_u32..);
        let numbers = numbers.map(|((_, id), number)| (*id, number)).collect();
        Ok(Self { names, numbers })
    }

    fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// Returns the path of the file of the module `id`.
    fn file(&self, id: &str) -> Option<&str> {
        let number = usize::try_from(self.number(id)?).ok()?;
        let (name, _) = self.names.get(number)?;
        name.split('?').next()
    }
}

/// Returns whether the module `id` has a file, unlike modules that the renderer generates.
fn has_file(id: &str) -> bool {
    Path::new(id).is_absolute()
}
