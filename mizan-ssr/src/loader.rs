use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::cache::{Cache, CompiledCode, Counters, Key};
use crate::lock::locked;
use crate::module_error::ModuleError;
use crate::resolve::{Asked, Replacement, Resolved, Resolver};
use crate::transform::{Kind, Syntax, Transformed, transform};
use crate::vite::Vite;

/// Finds, reads and transforms modules, once for all isolates.
///
/// A module's id is its path with its query, `/app/logo.svg?raw`.
pub(crate) struct Loader {
    resolver: Resolver,
    root: PathBuf,
    development: bool,
    vite: Option<Arc<Vite>>,
    cache: Cache,
    /// Modules that were transformed and are not on disk.
    unsaved: Mutex<Vec<Arc<Module>>>,
    modules: Mutex<HashMap<String, Arc<Module>>>,
    /// What the nearest `package.json` says, for the files that were resolved.
    types: Mutex<HashMap<PathBuf, bool>>,
}

/// A module as it was when it was last read.
pub(crate) struct Module {
    pub(crate) id: String,
    pub(crate) path: PathBuf,
    pub(crate) transformed: Transformed,
    /// What the static imports lead to, in the order of evaluation.
    pub(crate) imports: Vec<(String, String)>,
    /// The file is a style sheet, which the page needs and the engine does not.
    pub(crate) style: bool,
    /// Whether importers inside of packages read CommonJS as Node does.
    pub(crate) strict_interop: bool,
    /// What it is kept for on disk; none where there is nothing to keep.
    pub(crate) key: Option<Key>,
    compiled: Mutex<Option<CompiledCode>>,
    digest: [u8; 32],
    stamp: Stamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
}

/// The id of the module without exports, which packages have for browsers where those lack something.
const NOTHING: &str = "mizan:nothing";

const STYLES: [&str; 6] = ["css", "scss", "sass", "less", "styl", "pcss"];
const ASSETS: [&str; 20] = [
    "svg", "png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "bmp", "woff", "woff2", "ttf",
    "otf", "eot", "mp3", "mp4", "webm", "ogg", "wav", "pdf",
];

impl Module {
    /// What an engine made of the code, in any isolate and any process.
    pub(crate) fn compiled(&self) -> Option<CompiledCode> {
        locked(&self.compiled).clone()
    }

    #[cfg(feature = "v8")]
    pub(crate) fn set_compiled(&self, code: Option<CompiledCode>) {
        *locked(&self.compiled) = code;
    }
}

impl Loader {
    pub(crate) fn new(
        root: PathBuf,
        development: bool,
        vite: Option<Arc<Vite>>,
        cache: Cache,
    ) -> Self {
        Self {
            resolver: Resolver::new(development),
            root,
            development,
            vite,
            cache,
            unsaved: Mutex::default(),
            modules: Mutex::default(),
            types: Mutex::default(),
        }
    }

    pub(crate) fn development(&self) -> bool {
        self.development
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(crate) fn counters(&self) -> &Counters {
        self.cache.counters()
    }

    /// Keeps on disk what was transformed, and `compiled`, which an engine has compiled.
    pub(crate) fn keep(&self, compiled: Vec<Arc<Module>>) {
        let mut modules = std::mem::take(&mut *locked(&self.unsaved));
        modules.retain(|module| !compiled.iter().any(|other| Arc::ptr_eq(module, other)));
        modules.extend(compiled);
        if !modules.is_empty() {
            self.cache.put(modules);
        }
    }

    /// The id of what `specifier` means in the module `importer`.
    pub(crate) fn resolve(
        &self,
        specifier: &str,
        importer: &str,
        asked: Asked,
    ) -> Result<String, ModuleError> {
        let file = Path::new(without_query(importer));
        let failed = match self.resolver.resolve(specifier, file, asked) {
            Ok(resolved) => return self.id(resolved),
            Err(error) => error,
        };
        if matches!(failed, ModuleError::NodeBuiltin { .. })
            && in_package(file)
            && let Some(replacement) = self.resolver.replacement(specifier, file)
        {
            return self.id_of_replacement(replacement);
        }
        Err(failed)
    }

    /// What a package has for browsers in the place of its module `id`, for one that cannot be loaded
    /// because `error` says that a module of Node's is missing.
    pub(crate) fn instead(
        &self,
        id: &str,
        error: &ModuleError,
    ) -> Result<Option<String>, ModuleError> {
        let file = Path::new(id);
        if !matches!(error, ModuleError::NodeBuiltin { .. }) || !in_package(file) {
            return Ok(None);
        }
        self.resolver
            .replacement_of(file)
            .map(|replacement| self.id_of_replacement(replacement))
            .transpose()
    }

    fn id_of_replacement(&self, replacement: Replacement) -> Result<String, ModuleError> {
        match replacement {
            Replacement::File(resolved) => self.id(resolved),
            Replacement::Nothing => Ok(NOTHING.into()),
        }
    }

    fn id(&self, resolved: Resolved) -> Result<String, ModuleError> {
        let Some(path) = resolved.path.to_str() else {
            return Err(ModuleError::Unsupported {
                file: resolved.path,
                reason: "its path is not UTF-8; rename it".into(),
            });
        };
        let id = format!("{path}{}", resolved.query.as_deref().unwrap_or_default());
        locked(&self.types).insert(resolved.path, resolved.type_module);
        Ok(id)
    }

    /// The module `id`, read when it is not known yet.
    pub(crate) fn module(&self, id: &str) -> Result<Arc<Module>, ModuleError> {
        let known = locked(&self.modules).get(id).map(Arc::clone);
        if let Some(module) = known
            && !(self.development && self.is_stale(&module))
        {
            return Ok(module);
        }
        // Read without the lock: another thread may do the same work, and either result is right.
        let (module, from_disk) = self.read(id)?;
        let module = Arc::new(module);
        if module.key.is_some() && !from_disk {
            locked(&self.unsaved).push(Arc::clone(&module));
        }
        locked(&self.modules).insert(id.into(), Arc::clone(&module));
        Ok(module)
    }

    /// Whether `module` is no longer what its file holds.
    ///
    /// A file that was written again with the same content has not changed. Those of packages are
    /// taken not to change while the process runs.
    pub(crate) fn is_stale(&self, module: &Arc<Module>) -> bool {
        if in_package(&module.path) {
            return false;
        }
        let current = locked(&self.modules).get(&module.id).map(Arc::clone);
        let Some(current) = current else { return true };
        let stamp = stamp(&current.path);
        if stamp != Some(current.stamp) {
            let same =
                fs::read(&current.path).is_ok_and(|content| digest(&content) == current.digest);
            if !same {
                locked(&self.modules).remove(&module.id);
                self.resolver.forget();
                return true;
            }
        }
        !Arc::ptr_eq(&current, module) && current.digest != module.digest
    }

    /// Forgets what was seen of the disk, after something was not found.
    pub(crate) fn forget_misses(&self) {
        self.resolver.forget();
    }

    /// The module, and whether the cache on disk had it.
    fn read(&self, id: &str) -> Result<(Module, bool), ModuleError> {
        if id == NOTHING {
            let nothing = Module {
                id: id.into(),
                // Looks like one of a package, which do not change.
                path: "node_modules/mizan:nothing".into(),
                transformed: parsed("{}"),
                imports: Vec::new(),
                style: false,
                strict_interop: false,
                key: None,
                compiled: Mutex::default(),
                digest: digest(b""),
                stamp: Stamp {
                    modified: None,
                    length: 0,
                },
            };
            return Ok((nothing, false));
        }
        let path = PathBuf::from(without_query(id));
        let query = &id[without_query(id).len()..];
        let stamp = stamp(&path).unwrap_or(Stamp {
            modified: None,
            length: 0,
        });
        let content = fs::read(&path).map_err(|error| ModuleError::Unreadable {
            file: path.clone(),
            reason: error.to_string(),
        })?;
        let digest = digest(&content);
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default()
            .to_ascii_lowercase();
        let style = STYLES.contains(&extension.as_str()) && query.is_empty();
        let type_module = locked(&self.types).get(&path).copied().unwrap_or_default();
        let text = |content: Vec<u8>| {
            String::from_utf8(content).map_err(|_| ModuleError::Unsupported {
                file: path.clone(),
                reason: "it is not UTF-8".into(),
            })
        };
        let (mut key, mut from_disk, mut compiled) = (None, false, None);
        let mut transformed = if query == "?raw" {
            value(&text(content)?)
        } else if query == "?url" || ASSETS.contains(&extension.as_str()) {
            value(&self.address(&path, &content))
        } else if !query.is_empty() {
            return Err(ModuleError::Unsupported {
                file: path,
                reason: format!("the query `{query}` is not known here; use ?raw or ?url"),
            });
        } else if style {
            if is_css_module(&path) {
                self.css_module(&path, &text(content)?)?
            } else {
                value("")
            }
        } else if extension == "json" {
            json(&path, &text(content)?)?
        } else if ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"]
            .contains(&extension.as_str())
        {
            let source = text(content)?;
            let syntax = self.syntax(&path, type_module)?;
            let of = *key.insert(Key::new(&path, &syntax, &digest));
            if let Some((transformed, code)) = self.cache.get(of, &source) {
                (from_disk, compiled) = (true, code);
                transformed
            } else {
                self.counters().transformed.fetch_add(1, Ordering::Relaxed);
                transform(&path, &source, &syntax)?
            }
        } else {
            return Err(ModuleError::Unsupported {
                file: path,
                reason: "nothing is known about files of this kind; import it with ?raw or ?url"
                    .into(),
            });
        };
        if is_react_server(&path) {
            transformed.kind = Kind::ReactServer;
        }
        let imports = transformed
            .imports
            .iter()
            .map(|specifier| {
                Ok((
                    specifier.clone(),
                    self.resolve(specifier, id, Asked::Import)?,
                ))
            })
            .collect::<Result<_, ModuleError>>()?;
        let strict_interop = in_package(&path) && (type_module || extension == "mjs");
        let module = Module {
            id: id.into(),
            path,
            transformed,
            imports,
            style,
            strict_interop,
            key,
            compiled: Mutex::new(compiled),
            digest,
            stamp,
        };
        Ok((module, from_disk))
    }

    /// The class names of a CSS module.
    #[cfg(feature = "css-modules")]
    fn css_module(&self, path: &Path, css: &str) -> Result<Transformed, ModuleError> {
        let root = self.vite.as_ref().and_then(|vite| vite.root_path());
        let names = crate::css_module::names(root.unwrap_or(&self.root), path, css)?;
        let names: serde_json::Map<_, _> = names
            .into_iter()
            .map(|(name, classes)| (name, classes.into()))
            .collect();
        Ok(Transformed {
            code: format!(
                "module.exports = Object.assign(Object.create(null), {});",
                serde_json::Value::from(names)
            ),
            unchanged: false,
            kind: Kind::CommonJs,
            imports: Vec::new(),
            map: None,
        })
    }

    #[cfg(not(feature = "css-modules"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    fn css_module(&self, path: &Path, _: &str) -> Result<Transformed, ModuleError> {
        Err(ModuleError::Unsupported {
            file: path.into(),
            reason: "class names of CSS modules need mizan-ssr's feature `css-modules`".into(),
        })
    }

    fn syntax(&self, path: &Path, type_module: bool) -> Result<Syntax, ModuleError> {
        let package = in_package(path);
        let tsconfig = if package {
            None
        } else {
            self.resolver.tsconfig(path)?
        };
        let options = tsconfig
            .as_deref()
            .map(|tsconfig| &tsconfig.compiler_options);
        Ok(Syntax {
            type_module,
            verbatim_module_syntax: options
                .and_then(|options| options.verbatim_module_syntax)
                .unwrap_or_default(),
            jsx_import_source: options.and_then(|options| options.jsx_import_source.clone()),
            development: self.development,
            package,
        })
    }

    /// `import.meta.env.BASE_URL`.
    pub(crate) fn base_url(&self) -> String {
        self.vite
            .as_ref()
            .map_or("/".into(), |vite| vite.base_url())
    }

    /// Under which address the browser asks for a file of the project.
    fn address(&self, path: &Path, content: &[u8]) -> String {
        if let Some(vite) = &self.vite {
            return vite.address(path, content);
        }
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        format!("/{}", relative.to_string_lossy().trim_start_matches('/'))
    }
}

/// Whether the file belongs to an installed package.
pub(crate) fn in_package(path: &Path) -> bool {
    path.components()
        .any(|component| component.as_os_str() == "node_modules")
}

/// Which of the builds of React's server renders: `js/react.js` says why.
pub(crate) const REACT_SERVER: &str = "react-dom-server.bun";

fn is_react_server(path: &Path) -> bool {
    let starts =
        |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(REACT_SERVER.as_bytes());
    path.file_name().is_some_and(starts)
}

fn is_css_module(path: &Path) -> bool {
    path.file_stem()
        .and_then(|stem| Path::new(stem).extension())
        .is_some_and(|extension| extension == "module")
}

/// A module whose default export is `text`.
fn value(text: &str) -> Transformed {
    Transformed {
        code: format!(
            "Object.defineProperty(__vite_ssr_exports__, \"default\", {{ enumerable: true, value: {} }});",
            serde_json::Value::from(text)
        ),
        unchanged: false,
        kind: Kind::EsModule { awaits: false },
        imports: Vec::new(),
        map: None,
    }
}

fn json(path: &Path, text: &str) -> Result<Transformed, ModuleError> {
    let text = text.trim_start_matches('\u{feff}');
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        let offset = text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1))
            .map(str::len)
            .sum::<usize>()
            + error.column().saturating_sub(1);
        return Err(ModuleError::Syntax(crate::module_error::SyntaxError::at(
            path.into(),
            text,
            offset,
            format!("not JSON: {error}"),
        )));
    }
    Ok(parsed(text))
}

/// A module whose exports are the JSON `text`.
fn parsed(text: &str) -> Transformed {
    Transformed {
        code: format!(
            "module.exports = JSON.parse({});",
            serde_json::Value::from(text)
        ),
        unchanged: false,
        kind: Kind::CommonJs,
        imports: Vec::new(),
        map: None,
    }
}

fn without_query(id: &str) -> &str {
    id.split('?').next().unwrap_or(id)
}

fn digest(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some(Stamp {
        modified: metadata.modified().ok(),
        length: metadata.len(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Loader;
    use crate::cache::Cache;

    /// As for a thread that has not loaded it yet, when another has.
    #[test]
    fn a_module_that_changed_is_read_again_in_development_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.ts");
        let id = path.to_str().expect("UTF-8");
        for development in [true, false] {
            let loader = Loader::new(dir.path().into(), development, None, Cache::new(None));
            fs::write(&path, "export const a = 1;").expect("written");
            let first = loader.module(id).expect("it is there");
            fs::write(&path, "export const a = 22;").expect("written");
            let second = loader.module(id).expect("it is there");
            let changed = first.transformed.code != second.transformed.code;
            assert_eq!(changed, development);
        }
    }
}
