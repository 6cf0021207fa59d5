use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc_resolver::{
    PackageType, Resolution, ResolveError, ResolveOptions, TsConfig, TsconfigDiscovery,
};

use crate::module_error::ModuleError;

/// Turns what an `import` says into a file, as bundlers for the edge do.
///
/// The conditions leave out `browser`, under which emotion and others expect a document, and `node`,
/// under which packages ask for modules of Node's. What a package's `browser` field replaces is taken
/// only in place of what asks for those.
pub(crate) struct Resolver {
    import: oxc_resolver::Resolver,
    require: oxc_resolver::Resolver,
    browser: oxc_resolver::Resolver,
}

/// How a module is asked for, which decides among a package's `exports`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    Import,
    Require,
}

/// What a specifier leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) path: PathBuf,
    /// `?raw` and the like, with its question mark.
    pub(crate) query: Option<String>,
    /// Whether the nearest `package.json` says `"type": "module"`.
    pub(crate) type_module: bool,
}

/// What stands in the place of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Replacement {
    File(Resolved),
    /// `false` in `package.json`: a module without exports.
    Nothing,
}

impl Resolver {
    pub(crate) fn new(development: bool) -> Self {
        let mode = if development {
            "development"
        } else {
            "production"
        };
        let options = |asked: &str| ResolveOptions {
            condition_names: [
                "workerd",
                "worker",
                "edge-light",
                "module",
                asked,
                mode,
                "default",
            ]
            .map(String::from)
            .to_vec(),
            main_fields: ["module", "main"].map(String::from).to_vec(),
            // The order of Vite: a package that ships its sources too is taken as built.
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
        let browser = import.clone_with_options(ResolveOptions {
            alias_fields: vec![vec!["browser".into()]],
            main_fields: ["browser", "module", "main"].map(String::from).to_vec(),
            ..options("require")
        });
        Self {
            import,
            require,
            browser,
        }
    }

    /// The file that `specifier` means in `importer`.
    pub(crate) fn resolve(
        &self,
        specifier: &str,
        importer: &Path,
        asked: Asked,
    ) -> Result<Resolved, ModuleError> {
        if specifier.starts_with("node:") {
            return Err(ModuleError::NodeBuiltin {
                specifier: specifier.into(),
                importer: importer.into(),
            });
        }
        let resolver = match asked {
            Asked::Import => &self.import,
            Asked::Require => &self.require,
        };
        resolver
            .resolve_file(importer, specifier)
            .map(|resolution| Resolved::from(&resolution))
            .map_err(|error| failure(specifier, importer, &error))
    }

    /// What the `browser` field of the package of `importer` puts in the place of `specifier`.
    pub(crate) fn replacement(&self, specifier: &str, importer: &Path) -> Option<Replacement> {
        match self.browser.resolve_file(importer, specifier) {
            Ok(resolution) => Some(Replacement::File(Resolved::from(&resolution))),
            Err(ResolveError::Ignored(_)) => Some(Replacement::Nothing),
            Err(_) => None,
        }
    }

    /// What the `browser` field of its package puts in the place of `file`.
    pub(crate) fn replacement_of(&self, file: &Path) -> Option<Replacement> {
        let name = file.file_name()?.to_str()?;
        let other = |replacement: &Replacement| !matches!(replacement, Replacement::File(resolved) if resolved.path == file);
        let replacement = self.replacement(&format!("./{name}"), file).filter(other);
        if replacement.is_some() {
            return replacement;
        }
        // A field that is a path stands in the place of `main` and `module`.
        let itself = self.require.resolve_file(file, &format!("./{name}")).ok()?;
        let package = itself.package_json()?.directory().to_str()?;
        let main = self.require.resolve_file(file, package).ok()?;
        if main.path() != file {
            return None;
        }
        self.replacement(package, file).filter(other)
    }

    /// The `tsconfig.json` that governs `file`; none inside of `node_modules`.
    pub(crate) fn tsconfig(&self, file: &Path) -> Result<Option<Arc<TsConfig>>, ModuleError> {
        self.import.find_tsconfig(file).map_err(|error| {
            broken_config(&error).unwrap_or_else(|| ModuleError::Unsupported {
                file: file.into(),
                reason: format!("its tsconfig.json: {}", lowered(&error.to_string())),
            })
        })
    }

    /// Forgets what was seen of the disk.
    pub(crate) fn forget(&self) {
        self.import.clear_cache();
        self.require.clear_cache();
        self.browser.clear_cache();
    }
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

fn failure(specifier: &str, importer: &Path, error: &ResolveError) -> ModuleError {
    if is_node_builtin(specifier) {
        return ModuleError::NodeBuiltin {
            specifier: specifier.into(),
            importer: importer.into(),
        };
    }
    if let Some(config) = broken_config(error) {
        return config;
    }
    let relative = specifier.starts_with(['.', '/']);
    let reason = match error {
        ResolveError::NotFound(_) | ResolveError::ExtensionAlias(..) if relative => {
            "there is no such file, with or without an extension".into()
        }
        ResolveError::NotFound(_) => format!(
            "there is no such package in a node_modules above {}; install it",
            importer.parent().unwrap_or(importer).display()
        ),
        other => lowered(&other.to_string()),
    };
    ModuleError::NotFound {
        specifier: specifier.into(),
        importer: importer.into(),
        reason,
    }
}

/// A `package.json` or a `tsconfig.json` that is to blame, rather than what is imported.
fn broken_config(error: &ResolveError) -> Option<ModuleError> {
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
        ResolveError::TsconfigLoadFailed { path, source } => {
            broken_config(source).or_else(|| unreadable(path, lowered(&source.to_string())))
        }
        ResolveError::TsconfigNotFound(path) => unreadable(path, "there is no such file".into()),
        _ => None,
    }
}

fn lowered(message: &str) -> String {
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

    use super::{Asked, Resolver};
    use crate::module_error::ModuleError;

    /// A directory with `files`, and what `specifier` leads to from its `src/a.tsx`.
    fn check(files: &[(&str, &str)], specifier: &str, asked: Asked) -> Result<String, ModuleError> {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().canonicalize().expect("it exists");
        for (name, content) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("below the root")).expect("directories");
            fs::write(path, content).expect("written");
        }
        let resolved = Resolver::new(false).resolve(specifier, &root.join("src/a.tsx"), asked)?;
        let path = resolved.path.strip_prefix(&root).expect("inside");
        let kind = if resolved.type_module { " module" } else { "" };
        Ok(format!(
            "{}{}{kind}",
            path.display(),
            resolved.query.unwrap_or_default()
        ))
    }

    fn import(files: &[(&str, &str)], specifier: &str) -> String {
        check(files, specifier, Asked::Import).expect("resolves")
    }

    #[test]
    fn extensions_directories_and_typescript_spellings() {
        let files = [("src/b.tsx", ""), ("src/c/index.ts", ""), ("src/d.svg", "")];
        assert_eq!(import(&files, "./b"), "src/b.tsx");
        assert_eq!(import(&files, "./b.js"), "src/b.tsx");
        assert_eq!(import(&files, "./c"), "src/c/index.ts");
        assert_eq!(import(&files, "./d.svg?raw"), "src/d.svg?raw");
    }

    #[test]
    fn conditions_choose_neither_browser_nor_node() {
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
            check(&files, "p", Asked::Require).expect("resolves"),
            "node_modules/p/require.cjs module"
        );
    }

    #[test]
    fn main_fields_package_imports_and_tsconfig_paths() {
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
    fn what_is_missing_is_named_with_who_asked_and_the_way_out() {
        let builtin = check(&[], "fs/promises", Asked::Import).expect_err("not here");
        assert!(
            matches!(&builtin, ModuleError::NodeBuiltin { specifier, importer }
            if specifier == "fs/promises" && importer.ends_with(Path::new("src/a.tsx")))
        );
        let package = check(&[], "left-pad", Asked::Import).expect_err("not here");
        assert!(package.to_string().contains("install it"), "{package}");
        let file = check(&[], "./gone", Asked::Import).expect_err("not here");
        assert!(file.to_string().contains("src/a.tsx imports"), "{file}");
    }

    #[test]
    fn a_broken_config_is_named_instead_of_what_is_imported() {
        for (name, text) in [
            ("tsconfig.json", "{ \"compilerOptions\": }"),
            ("node_modules/p/package.json", "{"),
        ] {
            let error = check(&[(name, text)], "p", Asked::Import).expect_err("it is broken");
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
    fn a_package_named_like_a_module_of_nodes_is_taken() {
        let files = [
            ("node_modules/events/package.json", r#"{"main":"./e.js"}"#),
            ("node_modules/events/e.js", ""),
        ];
        assert_eq!(import(&files, "events"), "node_modules/events/e.js");
    }
}
