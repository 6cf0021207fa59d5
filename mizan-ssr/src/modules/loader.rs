//! The module loader, shared by all render threads.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use serde_json::Map;
use sha2::{Digest, Sha256};

use super::disk_cache::DiskCache;
use super::disk_cache::key::CacheKey;
use super::disk_cache::statistics::CacheCounters;
use super::error::ModuleError;
use super::generated_module::{
    default_export, json_file, no_exports, parsed_json, wasm_init, worker,
};
use super::glob_import::{GlobImports, has_glob_imports};
use super::module::{CompiledCode, Module, ReactFiles, SourceFile};
use super::module_kind::{ModuleKind, REACT_SERVER_FILE, extension, is_react_server};
use super::package::in_package;
use super::resolver::{BrowserReplacement, ImportKind, Resolved, Resolver, is_bare};
use super::transform::{ModuleFormat, SyntaxOptions, TransformedModule, transform};
use crate::bundle::BundledModules;
use crate::vite::{EnvError, Vite, data_url};

/// Resolves, reads and transforms modules, once for all isolates.
pub(crate) struct Loader {
    resolver: Resolver,
    /// The first component directory.
    root: PathBuf,
    development: bool,
    vite: Option<Arc<Vite>>,
    /// The resolutions so far. `None` if they are not recorded.
    recorded: Option<Mutex<RecordedResolutions>>,
    /// Replaces all files.
    bundle: Option<Arc<BundledModules>>,
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

/// The resolutions of a loader.
#[derive(Clone, Default)]
pub(crate) struct RecordedResolutions {
    /// Specifiers with their importers.
    pub(crate) imports: BTreeSet<(String, String, ImportKind)>,
    /// The modules that replace others in Node.js.
    pub(crate) node_replacements: BTreeMap<String, String>,
}

/// An import by the name of a package, for example `import "@vercel/oidc"`.
#[derive(Clone)]
struct PackageImport {
    specifier: String,
    importer: PathBuf,
    import_kind: ImportKind,
}

/// The id of a module without exports, which replaces modules that a package omits for browsers.
const EMPTY_MODULE: &str = "mizan:empty";

/// The modules of Node.js that the renderer has, with their ids. `js/platform.js` contains their exports.
const NODE_MODULES: [(&str, &str); 2] = [
    ("async_hooks", "mizan:node:async_hooks"),
    ("buffer", "mizan:node:buffer"),
];

/// The code of a file, and its entry in the disk cache.
struct LoadedCode {
    transformed: TransformedModule,
    cache_key: Option<CacheKey>,
    /// The entry of the disk cache, if there is one: the compiled code stored with the module.
    cached: Option<Option<CompiledCode>>,
    has_globs: bool,
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
            recorded: None,
            bundle: None,
            cache,
            unsaved: Mutex::default(),
            modules: Mutex::default(),
            type_module: Mutex::default(),
            package_imports: Mutex::default(),
            env: Mutex::default(),
        }
    }

    /// Creates a loader that takes all modules from `bundle`.
    pub(crate) fn bundled(bundle: Arc<BundledModules>) -> Self {
        Self {
            bundle: Some(bundle),
            ..Self::new(PathBuf::new(), false, None, DiskCache::new(None))
        }
    }

    /// Records the resolutions from now on.
    pub(crate) fn record_resolutions(&mut self) {
        self.recorded = Some(Mutex::default());
    }

    pub(crate) fn recorded_resolutions(&self) -> RecordedResolutions {
        let recorded = self.recorded.as_ref();
        recorded
            .map(|recorded| recorded.lock().clone())
            .unwrap_or_default()
    }

    pub(crate) fn bundle(&self) -> Option<&BundledModules> {
        self.bundle.as_deref()
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
        if let Some(bundle) = &self.bundle {
            return bundle.resolve(specifier, importer, import_kind);
        }
        if let Some(recorded) = &self.recorded {
            let import = (specifier.into(), importer.into(), import_kind);
            recorded.lock().imports.insert(import);
        }
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
        if matches!(error, ModuleError::NodeBuiltin { .. })
            && let Some(id) = node_module(specifier)
        {
            return Ok(id.into());
        }
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
        if let Some(bundle) = &self.bundle {
            return Ok(bundle.browser_replacement(id).map(String::from));
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

    /// Returns the module that a package exports instead of its module `id` under the condition `node`.
    ///
    /// Some packages export their files for browsers to every runtime but Node.js.
    pub(crate) fn node_replacement(&self, id: &str) -> Result<Option<String>, ModuleError> {
        if let Some(bundle) = &self.bundle {
            return Ok(bundle.node_replacement(id).map(String::from));
        }
        let file = Path::new(id);
        let Some(import) = self.package_imports.lock().get(id).cloned() else {
            return Ok(None);
        };
        let replacement = self
            .resolver
            .node_replacement(&import.specifier, &import.importer, import.import_kind)
            .filter(|replacement| in_package(file) && replacement.path != file)
            .map(|replacement| self.id_of(replacement))
            .transpose()?;
        if let (Some(recorded), Some(replacement)) = (&self.recorded, &replacement) {
            let mut recorded = recorded.lock();
            let replacements = &mut recorded.node_replacements;
            replacements.insert(id.into(), replacement.clone());
        }
        Ok(replacement)
    }

    /// Returns the files of the React package that the component `id` imports.
    pub(crate) fn react_files(&self, id: &str) -> Result<ReactFiles, ModuleError> {
        if let Some(bundle) = &self.bundle {
            return bundle.react_files(id);
        }
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
        if current_file.has_changed() || self.matches_new_files(&current, current_file) {
            self.modules.lock().remove(&module.id);
            self.resolver.clear_cache();
            return true;
        }
        let is_same = current_file.digest == file.digest && current.cache_key == module.cache_key;
        !Arc::ptr_eq(&current, module) && !is_same
    }

    /// Returns whether an `import.meta.glob` of `module` matches other files than before.
    fn matches_new_files(&self, module: &Module, file: &SourceFile) -> bool {
        if !module.has_globs {
            return false;
        }
        let source = fs::read_to_string(&file.path).unwrap_or_default();
        let key = self.expand_globs(&file.path, &source).and_then(|expanded| {
            let syntax = self.syntax_options(&file.path, self.is_type_module(&file.path))?;
            let digest = Sha256::digest(expanded.as_bytes()).into();
            Ok(CacheKey::new(&file.path, &syntax, &digest))
        });
        key.ok() != module.cache_key
    }

    /// Replaces each `import.meta.glob` in the source of the project's module `path`.
    fn expand_globs(&self, path: &Path, source: &str) -> Result<String, ModuleError> {
        let tsconfig = self.resolver.tsconfig(path)?;
        let resolve_alias = |pattern: &str| {
            let paths = tsconfig.as_ref()?.resolve_path_alias_or_base_url(pattern);
            paths.into_iter().next()
        };
        let globs = GlobImports {
            root: self.vite_root(),
            resolve_alias: &resolve_alias,
        };
        globs.expand(path, source)
    }

    /// Returns Vite's root directory, or the first component directory.
    fn vite_root(&self) -> &Path {
        let root = self.vite.as_ref().and_then(|vite| vite.root_path());
        root.unwrap_or(&self.root)
    }

    fn is_type_module(&self, path: &Path) -> bool {
        let known = self.type_module.lock();
        known.get(path).copied().unwrap_or_default()
    }

    /// Clears cached lookups, so that a file created after a failure is found.
    pub(crate) fn clear_lookup_cache(&self) {
        self.resolver.clear_cache();
    }

    /// Reads the module `id`. The second value tells whether the disk cache contains it.
    fn read(&self, id: &str) -> Result<(Module, bool), ModuleError> {
        if id == EMPTY_MODULE || NODE_MODULES.iter().any(|(_, known)| *known == id) {
            return Ok((empty_module(id), false));
        }
        if let Some(bundle) = &self.bundle {
            return Ok((bundle.module(id)?, false));
        }
        let (path, query) = split_id(id);
        let path = Path::new(path);
        let (file, content) = SourceFile::read(path)?;
        let kind = ModuleKind::of(path, query)?;
        let type_module = self.is_type_module(path);
        let LoadedCode {
            mut transformed,
            cache_key,
            cached,
            has_globs,
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
            has_globs,
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
            ModuleKind::StyleSheet => no_exports(),
            ModuleKind::InlineStyle => {
                default_export(&self.inline_style(path, text_of(path, content)?)?)
            }
            ModuleKind::InlineAsset => default_export(&data_url(path, &content)),
            ModuleKind::Worker => worker(path),
            ModuleKind::WasmInit => wasm_init(path),
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
            has_globs: false,
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
        let has_globs = !syntax.package && has_glob_imports(source);
        let expanded;
        let (source, digest) = if has_globs {
            expanded = self.expand_globs(&file.path, source)?;
            (expanded.as_str(), Sha256::digest(&expanded).into())
        } else {
            (source, file.digest)
        };
        let key = CacheKey::new(&file.path, &syntax, &digest);
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
            has_globs,
        })
    }

    /// Returns the text of a style sheet that is imported with `?inline`. Vite's build minifies it.
    #[cfg(feature = "css-modules")]
    fn inline_style(&self, path: &Path, css: String) -> Result<String, ModuleError> {
        if self.development {
            return Ok(css);
        }
        super::css_module::minify(path, &css)
    }

    #[cfg(not(feature = "css-modules"))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the same signature as with the feature"
    )]
    fn inline_style(&self, _: &Path, css: String) -> Result<String, ModuleError> {
        Ok(css)
    }

    #[cfg(feature = "css-modules")]
    fn css_module(&self, path: &Path, css: &str) -> Result<TransformedModule, ModuleError> {
        let resolve = |specifier: &str, importer: &Path| {
            // As in Vite, a path does not need to begin with `./`.
            let sibling = importer.with_file_name(specifier);
            if sibling.is_file() {
                return Ok(sibling);
            }
            let resolved = self
                .resolver
                .resolve(specifier, importer, ImportKind::Import);
            resolved.map(|resolved| resolved.path)
        };
        let names = super::css_module::class_names(self.vite_root(), path, css, &resolve)?;
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
            experimental_decorators: options
                .and_then(|options| options.experimental_decorators)
                .unwrap_or_default(),
            decorator_metadata: options
                .and_then(|options| options.emit_decorator_metadata)
                .unwrap_or_default(),
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
        if let Some(bundle) = &self.bundle {
            return bundle.env().into();
        }
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

/// Returns the id of a module of Node.js that the renderer has.
fn node_module(specifier: &str) -> Option<&'static str> {
    let name = specifier.strip_prefix("node:").unwrap_or(specifier);
    let known = NODE_MODULES.iter().find(|(known, _)| *known == name);
    known.map(|(_, id)| *id)
}

/// Returns a module without a file and with no code.
fn empty_module(id: &str) -> Module {
    Module {
        id: id.into(),
        file: None,
        transformed: parsed_json("{}"),
        imports: Vec::new(),
        is_style_sheet: false,
        strict_interop: false,
        cache_key: None,
        has_globs: false,
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
    use super::{Loader, fs};
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
