//! Module resolution.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc_resolver::{
    PackageType, Resolution, ResolveError, ResolveOptions, TsConfig, TsconfigDiscovery,
};

use super::error::ModuleError;

/// Resolves specifiers to files, as bundlers for edge runtimes do.
///
/// The conditions exclude `browser`, under which packages such as emotion expect a document, and `node`,
/// under which packages import modules of Node.js. The condition `browser` and the field `browser` of a
/// package apply only if its chosen file imports a module of Node.js or does not exist.
pub(crate) struct Resolver {
    import: oxc_resolver::Resolver,
    require: oxc_resolver::Resolver,
    browser_import: oxc_resolver::Resolver,
    browser_require: oxc_resolver::Resolver,
    node_import: oxc_resolver::Resolver,
    node_require: oxc_resolver::Resolver,
}

/// The way in which a module is imported, which selects among the `exports` of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ImportKind {
    Import,
    Require,
}

/// The result of resolving a specifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) path: PathBuf,
    /// The query with its question mark, for example `?raw`.
    pub(crate) query: Option<String>,
    /// Set if the nearest `package.json` has `"type": "module"`.
    pub(crate) type_module: bool,
}

/// The substitute for a module in browsers, according to the `exports` or the `browser` field of its package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BrowserReplacement {
    File(Resolved),
    /// A module without exports: `false` in `package.json`.
    Empty,
}

impl Resolver {
    pub(crate) fn new(development: bool) -> Self {
        let mode = if development {
            "development"
        } else {
            "production"
        };
        let options = |import_kind: &str| ResolveOptions {
            condition_names: [
                "workerd",
                "worker",
                "edge-light",
                "module",
                import_kind,
                mode,
                "default",
            ]
            .map(String::from)
            .to_vec(),
            main_fields: ["module", "main"].map(String::from).to_vec(),
            // The order of Vite: prefers built files of packages that also contain their sources.
            extensions: [
                ".mjs", ".js", ".mts", ".ts", ".jsx", ".tsx", ".cjs", ".cts", ".json",
            ]
            .map(String::from)
            .to_vec(),
            extension_alias: [
                (".js", &[".js", ".ts", ".tsx"][..]),
                (".jsx", &[".jsx", ".tsx"]),
                (".mjs", &[".mjs", ".mts"]),
                (".cjs", &[".cjs", ".cts"]),
            ]
            .map(|(from, to)| (from.into(), to.iter().copied().map(String::from).collect()))
            .to_vec(),
            tsconfig: Some(TsconfigDiscovery::Auto),
            ..ResolveOptions::default()
        };
        let import = oxc_resolver::Resolver::new(options("import"));
        let require = import.clone_with_options(options("require"));
        let browser = |import_kind: &str| {
            let mut options = options(import_kind);
            options.condition_names.push("browser".into());
            options.alias_fields = vec![vec!["browser".into()]];
            options.main_fields.insert(0, "browser".into());
            import.clone_with_options(options)
        };
        let node = |import_kind: &str| {
            let mut options = options(import_kind);
            options.condition_names.push("node".into());
            import.clone_with_options(options)
        };
        Self {
            browser_import: browser("import"),
            browser_require: browser("require"),
            node_import: node("import"),
            node_require: node("require"),
            import,
            require,
        }
    }

    /// Resolves `specifier`, imported by `importer`, to a file.
    pub(crate) fn resolve(
        &self,
        specifier: &str,
        importer: &Path,
        import_kind: ImportKind,
    ) -> Result<Resolved, ModuleError> {
        if specifier.starts_with("node:") {
            return Err(ModuleError::NodeBuiltin {
                specifier: specifier.into(),
                importer: importer.into(),
            });
        }
        let resolver = match import_kind {
            ImportKind::Import => &self.import,
            ImportKind::Require => &self.require,
        };
        resolver
            .resolve_file(importer, specifier)
            .map(|resolution| Resolved::from(&resolution))
            .map_err(|error| module_error(specifier, importer, &error))
    }

    /// Returns the substitute for `specifier`: the file under the condition `browser`, or the entry in the
    /// `browser` field of the importer's package.
    pub(crate) fn browser_replacement(
        &self,
        specifier: &str,
        importer: &Path,
        import_kind: ImportKind,
    ) -> Option<BrowserReplacement> {
        let resolver = match import_kind {
            ImportKind::Import => &self.browser_import,
            ImportKind::Require => &self.browser_require,
        };
        match resolver.resolve_file(importer, specifier) {
            Ok(resolution) => Some(BrowserReplacement::File(Resolved::from(&resolution))),
            Err(ResolveError::Ignored(_)) => Some(BrowserReplacement::Empty),
            Err(_) => None,
        }
    }

    /// Returns the file of `specifier` under the condition `node`.
    pub(crate) fn node_replacement(
        &self,
        specifier: &str,
        importer: &Path,
        import_kind: ImportKind,
    ) -> Option<Resolved> {
        let resolver = match import_kind {
            ImportKind::Import => &self.node_import,
            ImportKind::Require => &self.node_require,
        };
        let resolution = resolver.resolve_file(importer, specifier).ok()?;
        Some(Resolved::from(&resolution))
    }

    /// Returns the substitute for `file` in the `browser` field of its package.
    pub(crate) fn browser_replacement_of_file(&self, file: &Path) -> Option<BrowserReplacement> {
        let name = file.file_name()?.to_str()?;
        let other = |replacement: &BrowserReplacement| !replacement.is_file(file);
        let replacement = self
            .browser_replacement(&format!("./{name}"), file, ImportKind::Require)
            .filter(other);
        if replacement.is_some() {
            return replacement;
        }
        // A `browser` field that is a path replaces `main` and `module`.
        let itself = self.require.resolve_file(file, &format!("./{name}")).ok()?;
        let package = itself.package_json()?.directory().to_str()?;
        let main = self.require.resolve_file(file, package).ok()?;
        if main.path() != file {
            return None;
        }
        self.browser_replacement(package, file, ImportKind::Require)
            .filter(other)
    }

    /// Returns the `tsconfig.json` that applies to `file`; `None` inside `node_modules`.
    pub(crate) fn tsconfig(&self, file: &Path) -> Result<Option<Arc<TsConfig>>, ModuleError> {
        self.import.find_tsconfig(file).map_err(|error| {
            config_error(&error).unwrap_or_else(|| ModuleError::Unsupported {
                file: file.into(),
                reason: format!(
                    "invalid tsconfig.json: {}",
                    without_sentence_case(&error.to_string())
                ),
            })
        })
    }

    /// Clears cached file system lookups.
    pub(crate) fn clear_cache(&self) {
        self.import.clear_cache();
        self.require.clear_cache();
        self.browser_import.clear_cache();
        self.browser_require.clear_cache();
        self.node_import.clear_cache();
        self.node_require.clear_cache();
    }
}

impl BrowserReplacement {
    /// Returns whether the substitute is `file` itself.
    pub(crate) fn is_file(&self, file: &Path) -> bool {
        matches!(self, Self::File(resolved) if resolved.path == file)
    }
}

/// Returns whether `specifier` names a module of a package instead of a file.
pub(crate) fn is_bare(specifier: &str) -> bool {
    !specifier.starts_with(['.', '/'])
}

impl From<&Resolution> for Resolved {
    fn from(resolution: &Resolution) -> Self {
        Self {
            path: resolution.path().into(),
            query: resolution.query().map(String::from),
            type_module: resolution
                .package_json()
                .is_some_and(|package| package.r#type() == Some(PackageType::Module)),
        }
    }
}

fn module_error(specifier: &str, importer: &Path, error: &ResolveError) -> ModuleError {
    if is_node_builtin(specifier) {
        return ModuleError::NodeBuiltin {
            specifier: specifier.into(),
            importer: importer.into(),
        };
    }
    if let Some(config) = config_error(error) {
        return config;
    }
    let relative = !is_bare(specifier);
    let reason = match error {
        ResolveError::NotFound(_) | ResolveError::ExtensionAlias(..) if relative => {
            "no such file, with or without an extension".into()
        }
        ResolveError::NotFound(_) => format!(
            "no such package in a node_modules directory above {}; install it",
            importer.parent().unwrap_or(importer).display()
        ),
        other => without_sentence_case(&other.to_string()),
    };
    ModuleError::NotFound {
        specifier: specifier.into(),
        importer: importer.into(),
        reason,
    }
}

/// Returns the error of an invalid `package.json` or `tsconfig.json`, if that is the cause.
fn config_error(error: &ResolveError) -> Option<ModuleError> {
    let unreadable = |file: &Path, reason: String| {
        Some(ModuleError::Unreadable {
            file: file.into(),
            reason,
        })
    };
    match error {
        ResolveError::Json(error) => unreadable(
            &error.path,
            format!(
                "line {}, column {}: {}",
                error.line, error.column, error.message
            ),
        ),
        ResolveError::TsconfigLoadFailed { path, source } => config_error(source)
            .or_else(|| unreadable(path, without_sentence_case(&source.to_string()))),
        ResolveError::TsconfigNotFound(path) => unreadable(path, "no such file".into()),
        _ => None,
    }
}

/// Converts a message of another crate to lower case without a full stop.
fn without_sentence_case(message: &str) -> String {
    let mut chars = message.trim_end_matches('.').chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

fn is_node_builtin(specifier: &str) -> bool {
    const BUILTINS: [&str; 38] = [
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "repl",
        "stream",
        "string_decoder",
        "timers",
        "tls",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "zlib",
    ];
    let name = specifier.split('/').next().unwrap_or(specifier);
    BUILTINS.contains(&name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{ImportKind, Resolver};
    use crate::modules::ModuleError;

    /// Resolves `specifier` from `src/a.tsx` in a directory with `files`.
    fn check(
        files: &[(&str, &str)],
        specifier: &str,
        import_kind: ImportKind,
    ) -> Result<String, ModuleError> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let root = dir.path().canonicalize().expect("an existing directory");
        for (name, content) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("a path below the root"))
                .expect("a writable directory");
            fs::write(path, content).expect("a writable file");
        }
        let resolved =
            Resolver::new(false).resolve(specifier, &root.join("src/a.tsx"), import_kind)?;
        let path = resolved
            .path
            .strip_prefix(&root)
            .expect("a path below the root");
        let kind = if resolved.type_module { " module" } else { "" };
        Ok(format!(
            "{}{}{kind}",
            path.display(),
            resolved.query.unwrap_or_default()
        ))
    }

    fn import(files: &[(&str, &str)], specifier: &str) -> String {
        check(files, specifier, ImportKind::Import).expect("a resolvable specifier")
    }

    #[test]
    fn resolves_extensions_directories_and_typescript_names() {
        let files = [("src/b.tsx", ""), ("src/c/index.ts", ""), ("src/d.svg", "")];
        assert_eq!(import(&files, "./b"), "src/b.tsx");
        assert_eq!(import(&files, "./b.js"), "src/b.tsx");
        assert_eq!(import(&files, "./c"), "src/c/index.ts");
        assert_eq!(import(&files, "./d.svg?raw"), "src/d.svg?raw");
    }

    #[test]
    fn ignores_browser_and_node_conditions() {
        let package = r#"{"type":"module","exports":{".":{
            "node":"./node.js","browser":"./browser.js",
            "import":"./import.js","require":"./require.cjs"},
            "./mode":{"development":"./dev.js","production":"./prod.js"}}}"#;
        let files = [
            ("node_modules/p/package.json", package),
            ("node_modules/p/node.js", ""),
            ("node_modules/p/browser.js", ""),
            ("node_modules/p/import.js", ""),
            ("node_modules/p/require.cjs", ""),
            ("node_modules/p/prod.js", ""),
            ("node_modules/p/dev.js", ""),
        ];
        assert_eq!(import(&files, "p"), "node_modules/p/import.js module");
        assert_eq!(import(&files, "p/mode"), "node_modules/p/prod.js module");
        assert_eq!(
            check(&files, "p", ImportKind::Require).expect("a resolvable specifier"),
            "node_modules/p/require.cjs module"
        );
    }

    #[test]
    fn resolves_main_fields_package_imports_and_tsconfig_paths() {
        let files = [
            (
                "node_modules/p/package.json",
                r#"{"main":"./cjs.js","module":"./esm.js","browser":"./web.js"}"#,
            ),
            ("node_modules/p/cjs.js", ""),
            ("node_modules/p/esm.js", ""),
            ("node_modules/p/web.js", ""),
            ("package.json", r##"{"imports":{"#db":"./src/db.ts"}}"##),
            ("src/db.ts", ""),
            (
                "tsconfig.json",
                r#"{"compilerOptions":{"paths":{"@/*":["./src/ui/*"]}}}"#,
            ),
            ("src/ui/button.tsx", ""),
        ];
        assert_eq!(import(&files, "p"), "node_modules/p/esm.js");
        assert_eq!(import(&files, "#db"), "src/db.ts");
        assert_eq!(import(&files, "@/button"), "src/ui/button.tsx");
    }

    #[test]
    fn names_missing_module_importer_and_fix() {
        let builtin = check(&[], "fs/promises", ImportKind::Import).expect_err("a missing module");
        assert!(
            matches!(&builtin, ModuleError::NodeBuiltin { specifier, importer }
            if specifier == "fs/promises" && importer.ends_with(Path::new("src/a.tsx")))
        );
        let package = check(&[], "left-pad", ImportKind::Import).expect_err("a missing module");
        assert!(package.to_string().contains("install it"), "{package}");
        let file = check(&[], "./gone", ImportKind::Import).expect_err("a missing module");
        assert!(file.to_string().contains("imported by"), "{file}");
    }

    #[test]
    fn reports_invalid_config_instead_of_import() {
        for (name, text) in [
            ("tsconfig.json", "{ \"compilerOptions\": }"),
            ("node_modules/p/package.json", "{"),
        ] {
            let error =
                check(&[(name, text)], "p", ImportKind::Import).expect_err("an invalid config");
            let message = error.to_string();
            assert!(
                message.starts_with("cannot read ") && message.contains(name),
                "{message}"
            );
            assert!(
                message.contains("line 1") && !message.contains("JSONError"),
                "{message}"
            );
        }
    }

    #[test]
    fn prefers_package_over_node_builtin_of_same_name() {
        let files = [
            ("node_modules/events/package.json", r#"{"main":"./e.js"}"#),
            ("node_modules/events/e.js", ""),
        ];
        assert_eq!(import(&files, "events"), "node_modules/events/e.js");
    }
}
