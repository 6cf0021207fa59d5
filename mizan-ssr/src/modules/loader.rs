//! The module loader, shared by all render threads.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use serde_json::Map;

use super::disk_cache::DiskCache;
use super::disk_cache::key::CacheKey;
use super::disk_cache::statistics::CacheCounters;
use super::error::ModuleError;
use super::generated_module::{default_export, json_file, parsed_json};
use super::module::{CompiledCode, Module, SourceFile};
use super::module_kind::{ModuleKind, REACT_SERVER_FILE, extension, is_react_server};
use super::package::in_package;
use super::resolver::{BrowserReplacement, ImportKind, Resolved, Resolver, is_bare};
use super::transform::{ModuleFormat, SyntaxOptions, TransformedModule, transform};
use crate::vite::{EnvError, Vite};

/// Resolves, reads and transforms modules, once for all isolates.
pub(crate) struct Loader {
    resolver: Resolver,
    /// The first component directory.
    root: PathBuf,
    development: bool,
    vite: Option<Arc<Vite>>,
    cache: DiskCache,
    /// Transformed modules that are not in the disk cache yet.
    unsaved: Mutex<Vec<Arc<Module>>>,
    modules: Mutex<HashMap<String, Arc<Module>>>,
    /// Resolved files, with true if their `package.json` has `"type": "module"`.
    type_module: Mutex<HashMap<PathBuf, bool>>,
    /// The first import of each module that was imported by the name of its package.
    package_imports: Mutex<HashMap<String, PackageImport>>,
    /// The object `import.meta.env`.
    env: Mutex<Map<String, serde_json::Value>>,
}

/// An import by the name of a package, for example `import "@vercel/oidc"`.
#[derive(Clone)]
struct PackageImport {
    specifier: String,
    importer: PathBuf,
    import_kind: ImportKind,
}

/// The ids of the React modules with which the renderer renders a component.
pub(crate) struct ReactFiles {
    /// The server build of react-dom.
    pub(crate) server: String,
    /// The JSX runtime.
    pub(crate) jsx: String,
}

/// The id of a module without exports, which replaces modules that a package omits for browsers.
const EMPTY_MODULE: &str = "mizan:empty";

/// The code of a file, and its entry in the disk cache.
struct LoadedCode {
    transformed: TransformedModule,
    cache_key: Option<CacheKey>,
    /// The entry of the disk cache, if there is one: the compiled code stored with the module.
    cached: Option<Option<CompiledCode>>,
}

impl Loader {
    pub(crate) fn new(
        root: PathBuf,
        development: bool,
        vite: Option<Arc<Vite>>,
        cache: DiskCache,
    ) -> Self {
        Self {
            resolver: Resolver::new(development),
            root,
            development,
            vite,
            cache,
            unsaved: Mutex::default(),
            modules: Mutex::default(),
            type_module: Mutex::default(),
            package_imports: Mutex::default(),
            env: Mutex::default(),
        }
    }

    pub(crate) fn development(&self) -> bool {
        self.development
    }

    /// Returns `"development"` or `"production"`, the mode of packages and of `import.meta.env`.
    pub(crate) fn mode(&self) -> &'static str {
        if self.development {
            "development"
        } else {
            "production"
        }
    }

    pub(crate) fn cache(&self) -> &DiskCache {
        &self.cache
    }

    pub(crate) fn counters(&self) -> &CacheCounters {
        self.cache.counters()
    }

    /// Writes transformed modules, and the modules `compiled` by an engine, to the disk cache.
    pub(crate) fn save(&self, compiled: Vec<Arc<Module>>) {
        let mut modules = std::mem::take(&mut *self.unsaved.lock());
        modules.retain(|module| !compiled.iter().any(|other| Arc::ptr_eq(module, other)));
        modules.extend(compiled);
        if !modules.is_empty() {
            self.cache.put(modules);
        }
    }

    /// Returns the id of the module that `specifier` names in the module `importer`.
    pub(crate) fn resolve(
        &self,
        specifier: &str,
        importer: &str,
        import_kind: ImportKind,
    ) -> Result<String, ModuleError> {
        let (file, _) = split_id(importer);
        let file = Path::new(file);
        let error = match self.resolver.resolve(specifier, file, import_kind) {
            Ok(resolved) => {
                let id = self.id_of(resolved)?;
                if is_bare(specifier) {
                    let import = || PackageImport {
                        specifier: specifier.into(),
                        importer: file.into(),
                        import_kind,
                    };
                    let mut imports = self.package_imports.lock();
                    imports.entry(id.clone()).or_insert_with(import);
                }
                return Ok(id);
            }
            Err(error) => error,
        };
        let may_replace = match &error {
            ModuleError::NodeBuiltin { .. } => in_package(file),
            // The package may export the path only under the condition `browser`.
            ModuleError::NotFound { .. } => is_bare(specifier),
            _ => false,
        };
        if may_replace
            && let Some(replacement) =
                self.resolver
                    .browser_replacement(specifier, file, import_kind)
        {
            return self.id_of_replacement(replacement);
        }
        Err(error)
    }

    /// Returns the module that a package substitutes for its module `id` in browsers.
    ///
    /// Applies only if `error` says that a module of Node.js is missing.
    pub(crate) fn browser_replacement(
        &self,
        id: &str,
        error: &ModuleError,
    ) -> Result<Option<String>, ModuleError> {
        let file = Path::new(id);
        if !matches!(error, ModuleError::NodeBuiltin { .. }) || !in_package(file) {
            return Ok(None);
        }
        let from_condition = || {
            let import = self.package_imports.lock().get(id).cloned()?;
            self.resolver
                .browser_replacement(&import.specifier, &import.importer, import.import_kind)
                .filter(|replacement| !replacement.is_file(file))
        };
        self.resolver
            .browser_replacement_of_file(file)
            .or_else(from_condition)
            .map(|replacement| self.id_of_replacement(replacement))
            .transpose()
    }

    /// Returns the files of the React package that the component `id` imports.
    pub(crate) fn react_files(&self, id: &str) -> Result<ReactFiles, ModuleError> {
        let resolve = |specifier| self.resolve(specifier, id, ImportKind::Require);
        let manifest = resolve("react-dom/package.json")?;
        let jsx = resolve("react/jsx-runtime")?;
        let server = Path::new(&manifest)
            .with_file_name("cjs")
            .join(format!("{REACT_SERVER_FILE}.{}.js", self.mode()));
        match server.to_str() {
            Some(file) if server.is_file() => Ok(ReactFiles {
                server: file.into(),
                jsx,
            }),
            _ => Err(ModuleError::Unsupported {
                file: server,
                reason: "this version of react-dom does not have the file; install react-dom 19"
                    .into(),
            }),
        }
    }

    fn id_of_replacement(&self, replacement: BrowserReplacement) -> Result<String, ModuleError> {
        match replacement {
            BrowserReplacement::File(resolved) => self.id_of(resolved),
            BrowserReplacement::Empty => Ok(EMPTY_MODULE.into()),
        }
    }

    fn id_of(&self, resolved: Resolved) -> Result<String, ModuleError> {
        let Some(path) = resolved.path.to_str() else {
            return Err(ModuleError::Unsupported {
                file: resolved.path,
                reason: "the path is not valid UTF-8; rename the file".into(),
            });
        };
        let id = format!("{path}{}", resolved.query.as_deref().unwrap_or_default());
        self.type_module
            .lock()
            .insert(resolved.path, resolved.type_module);
        Ok(id)
    }

    /// Returns the module `id`, from memory if it is loaded and up to date.
    pub(crate) fn module(&self, id: &str) -> Result<Arc<Module>, ModuleError> {
        let loaded = self.modules.lock().get(id).map(Arc::clone);
        if let Some(module) = loaded
            && !(self.development && self.is_stale(&module))
        {
            return Ok(module);
        }
        // Without the lock. Another thread may read the same file; both results are valid.
        let (module, is_on_disk) = self.read(id)?;
        let module = Arc::new(module);
        if module.cache_key.is_some() && !is_on_disk {
            self.unsaved.lock().push(Arc::clone(&module));
        }
        self.modules.lock().insert(id.into(), Arc::clone(&module));
        Ok(module)
    }

    /// Loads the module `id` and the modules of the project that it imports, directly or indirectly.
    ///
    /// # Errors
    ///
    /// Returns the error of the first module that cannot be read, transformed or resolved.
    pub(crate) fn check(&self, id: &str) -> Result<(), ModuleError> {
        let mut checked = HashSet::new();
        let mut open = vec![id.to_owned()];
        while let Some(id) = open.pop() {
            // Packages may import files that only other platforms have.
            if in_package(Path::new(&id)) || !checked.insert(id.clone()) {
                continue;
            }
            let module = self.module(&id)?;
            open.extend(module.imports.iter().map(|(_, import)| import.clone()));
        }
        Ok(())
    }

    /// Returns whether the file of `module` has changed since the module was read.
    ///
    /// Files of packages are assumed not to change while the process runs.
    pub(crate) fn is_stale(&self, module: &Arc<Module>) -> bool {
        let Some(file) = module.file.as_ref().filter(|file| !in_package(&file.path)) else {
            return false;
        };
        let current = self.modules.lock().get(&module.id).map(Arc::clone);
        let Some(current) = current else { return true };
        let Some(current_file) = &current.file else {
            return true;
        };
        if current_file.has_changed() {
            self.modules.lock().remove(&module.id);
            self.resolver.clear_cache();
            return true;
        }
        !Arc::ptr_eq(&current, module) && current_file.digest != file.digest
    }

    /// Clears cached lookups, so that a file created after a failure is found.
    pub(crate) fn clear_lookup_cache(&self) {
        self.resolver.clear_cache();
    }

    /// Reads the module `id`. The second value tells whether the disk cache contains it.
    fn read(&self, id: &str) -> Result<(Module, bool), ModuleError> {
        if id == EMPTY_MODULE {
            return Ok((empty_module(), false));
        }
        let (path, query) = split_id(id);
        let path = Path::new(path);
        let (file, content) = SourceFile::read(path)?;
        let kind = ModuleKind::of(path, query)?;
        let type_module = self
            .type_module
            .lock()
            .get(path)
            .copied()
            .unwrap_or_default();
        let LoadedCode {
            mut transformed,
            cache_key,
            cached,
        } = self.load_code(kind, &file, content, type_module)?;
        if is_react_server(path) {
            transformed.format = ModuleFormat::ReactServer;
        }
        let resolve_import = |specifier: &String| {
            let id = self.resolve(specifier, id, ImportKind::Import)?;
            Ok((specifier.clone(), id))
        };
        let imports = transformed.imports.iter().map(resolve_import);
        let imports = imports.collect::<Result<_, ModuleError>>()?;
        let is_on_disk = cached.is_some();
        let module = Module {
            id: id.into(),
            transformed,
            imports,
            is_style_sheet: kind.is_style_sheet(),
            strict_interop: in_package(path) && (type_module || extension(path) == "mjs"),
            cache_key,
            compiled: Mutex::new(cached.flatten()),
            file: Some(file),
        };
        Ok((module, is_on_disk))
    }

    fn load_code(
        &self,
        kind: ModuleKind,
        file: &SourceFile,
        content: Vec<u8>,
        type_module: bool,
    ) -> Result<LoadedCode, ModuleError> {
        let path = &file.path;
        let transformed = match kind {
            ModuleKind::AssetUrl => default_export(&self.asset_url(path, &content)),
            ModuleKind::RawText => default_export(&text_of(path, content)?),
            ModuleKind::StyleSheet => default_export(""),
            ModuleKind::CssModule => self.css_module(path, &text_of(path, content)?)?,
            ModuleKind::Json => json_file(path, &text_of(path, content)?)?,
            ModuleKind::Script => {
                return self.load_script(file, &text_of(path, content)?, type_module);
            }
        };
        Ok(LoadedCode {
            transformed,
            cache_key: None,
            cached: None,
        })
    }

    /// Returns the code of a script, from the disk cache if possible.
    fn load_script(
        &self,
        file: &SourceFile,
        source: &str,
        type_module: bool,
    ) -> Result<LoadedCode, ModuleError> {
        let syntax = self.syntax_options(&file.path, type_module)?;
        let key = CacheKey::new(&file.path, &syntax, &file.digest);
        let (transformed, cached) = match self.cache.get(key, source) {
            Some((transformed, compiled)) => (transformed, Some(compiled)),
            None => {
                self.counters().transformed.fetch_add(1, Ordering::Relaxed);
                (transform(&file.path, source, &syntax)?, None)
            }
        };
        Ok(LoadedCode {
            transformed,
            cache_key: Some(key),
            cached,
        })
    }

    #[cfg(feature = "css-modules")]
    fn css_module(&self, path: &Path, css: &str) -> Result<TransformedModule, ModuleError> {
        let root = self.vite.as_ref().and_then(|vite| vite.root_path());
        let names = super::css_module::class_names(root.unwrap_or(&self.root), path, css)?;
        Ok(super::generated_module::class_names(names))
    }

    #[cfg(not(feature = "css-modules"))]
    #[expect(clippy::unused_self, reason = "the same signature as with the feature")]
    fn css_module(&self, path: &Path, _: &str) -> Result<TransformedModule, ModuleError> {
        Err(ModuleError::Unsupported {
            file: path.into(),
            reason: "CSS modules need the feature `css-modules` of mizan-ssr".into(),
        })
    }

    fn syntax_options(&self, path: &Path, type_module: bool) -> Result<SyntaxOptions, ModuleError> {
        let package = in_package(path);
        let tsconfig = if package {
            None
        } else {
            self.resolver.tsconfig(path)?
        };
        let options = tsconfig
            .as_deref()
            .map(|tsconfig| &tsconfig.compiler_options);
        Ok(SyntaxOptions {
            type_module,
            verbatim_module_syntax: options
                .and_then(|options| options.verbatim_module_syntax)
                .unwrap_or_default(),
            jsx_import_source: options.and_then(|options| options.jsx_import_source.clone()),
            development: self.development,
            package,
        })
    }

    /// Reads the `.env` files.
    ///
    /// # Errors
    ///
    /// Returns [`EnvError`] if a file cannot be read, or if a setting would expose all variables.
    pub(crate) fn load_env(&self) -> Result<(), EnvError> {
        let mut env = Map::new();
        let mut mode = self.mode();
        let mut base_url = "/".into();
        if let Some(vite) = &self.vite {
            env = vite.env_variables(mode)?;
            mode = vite.mode_or(mode);
            base_url = vite.base_url();
        }
        env.insert("BASE_URL".into(), base_url.into());
        env.insert("MODE".into(), mode.into());
        env.insert("DEV".into(), self.development.into());
        env.insert("PROD".into(), (!self.development).into());
        env.insert("SSR".into(), true.into());
        *self.env.lock() = env;
        Ok(())
    }

    /// Returns `import.meta.env` as JSON.
    pub(crate) fn env(&self) -> String {
        serde_json::Value::from(self.env.lock().clone()).to_string()
    }

    /// Returns the URL at which the browser finds a file of the project.
    fn asset_url(&self, path: &Path, content: &[u8]) -> String {
        if let Some(vite) = &self.vite {
            return vite.asset_url(path, content);
        }
        let relative = path.strip_prefix(&self.root).unwrap_or(path);
        format!("/{}", relative.to_string_lossy().trim_start_matches('/'))
    }
}

fn empty_module() -> Module {
    Module {
        id: EMPTY_MODULE.into(),
        file: None,
        transformed: parsed_json("{}"),
        imports: Vec::new(),
        is_style_sheet: false,
        strict_interop: false,
        cache_key: None,
        compiled: Mutex::default(),
    }
}

/// Splits a module id into the path and the query, which keeps its question mark.
fn split_id(id: &str) -> (&str, &str) {
    id.split_at(id.find('?').unwrap_or(id.len()))
}

fn text_of(path: &Path, content: Vec<u8>) -> Result<String, ModuleError> {
    String::from_utf8(content).map_err(|_| ModuleError::Unsupported {
        file: path.into(),
        reason: "the file is not valid UTF-8".into(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Loader;
    use crate::modules::DiskCache;

    #[test]
    fn rereads_changed_files_only_in_development() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("a.ts");
        let id = path.to_str().expect("a UTF-8 path");
        for development in [true, false] {
            let loader = Loader::new(dir.path().into(), development, None, DiskCache::new(None));
            fs::write(&path, "export const a = 1;").expect("a writable file");
            let first = loader.module(id).expect("a valid module");
            fs::write(&path, "export const a = 22;").expect("a writable file");
            let second = loader.module(id).expect("a valid module");
            let changed = first.transformed.code != second.transformed.code;
            assert_eq!(changed, development);
        }
    }
}
