//! The kinds of module, by file extension and query.

use std::path::Path;

use super::error::ModuleError;

/// The conversion of a file to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModuleKind {
    /// JavaScript or TypeScript.
    Script,
    /// Exports the parsed content.
    Json,
    /// Exports nothing; the page links the file.
    StyleSheet,
    /// Exports the class names; the page links the file.
    CssModule,
    /// Exports the content as a string: `?raw`.
    RawText,
    /// Exports the URL at which the browser finds the file: `?url`, images, fonts.
    AssetUrl,
    /// Exports the content of a style sheet as a string: `?inline`.
    InlineStyle,
    /// Exports the content of an asset as a data URL: `?inline`.
    InlineAsset,
    /// Exports a class that starts a worker in the browser: `?worker`.
    Worker,
    /// Exports a function that starts a WebAssembly module: `?init`.
    WasmInit,
}

/// The beginning of the file name of the React server build that renders; see `js/react_server.js`.
pub(super) const REACT_SERVER_FILE: &str = "react-dom-server.bun";

const SCRIPT_EXTENSIONS: [&str; 8] = ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"];
const STYLE_EXTENSIONS: [&str; 6] = ["css", "scss", "sass", "less", "styl", "pcss"];
const ASSET_EXTENSIONS: [&str; 20] = [
    "svg", "png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "bmp", "woff", "woff2", "ttf",
    "otf", "eot", "mp3", "mp4", "webm", "ogg", "wav", "pdf",
];

impl ModuleKind {
    /// Returns the kind of the file at `path`, imported with `query`.
    ///
    /// # Errors
    ///
    /// Returns [`ModuleError::Unsupported`] for an unknown extension, or a query that needs Vite.
    pub(super) fn of(path: &Path, query: &str) -> Result<Self, ModuleError> {
        let unsupported = |reason: String| ModuleError::Unsupported {
            file: path.into(),
            reason,
        };
        let extension = extension(path);
        let is_any_of = |extensions: &[&str]| extensions.contains(&extension.as_str());
        let has = |flag: &str| {
            let flags = query.trim_start_matches('?').split('&');
            flags.into_iter().any(|other| other == flag)
        };
        if has("raw") {
            return Ok(Self::RawText);
        }
        if has("worker") || has("sharedworker") {
            return match has("url") {
                false => Ok(Self::Worker),
                true => Err(unsupported(
                    "the URL of a worker's script is known only to Vite; create the worker in an effect".into(),
                )),
            };
        }
        if has("url") || has("no-inline") {
            return Ok(Self::AssetUrl);
        }
        if has("react") {
            return Err(unsupported(
                "`?react` needs a Vite plugin, which the renderer does not run; write the SVG as a component, or \
                 import its URL for an <img>"
                    .into(),
            ));
        }
        if has("init") {
            return Ok(Self::WasmInit);
        }
        if is_any_of(&STYLE_EXTENSIONS) && has("inline") {
            return match extension.as_str() {
                "css" => Ok(Self::InlineStyle),
                _ => Err(unsupported(format!(
                    "`?inline` is not available for .{extension} files, which Vite compiles; import a .css file"
                ))),
            };
        }
        if is_any_of(&ASSET_EXTENSIONS) {
            return Ok(if has("inline") {
                Self::InlineAsset
            } else {
                Self::AssetUrl
            });
        }
        if is_any_of(&SCRIPT_EXTENSIONS) {
            Ok(Self::Script)
        } else if extension == "json" {
            Ok(Self::Json)
        } else if is_any_of(&STYLE_EXTENSIONS) {
            Ok(if is_css_module(path) {
                Self::CssModule
            } else {
                Self::StyleSheet
            })
        } else {
            Err(unsupported(
                "files with this extension are not supported; import the file with ?raw or ?url"
                    .into(),
            ))
        }
    }

    /// Returns whether the page links the file as a style sheet.
    pub(super) fn is_style_sheet(self) -> bool {
        matches!(self, Self::StyleSheet | Self::CssModule)
    }
}

/// Returns the extension in lower case; empty if there is none.
pub(super) fn extension(path: &Path) -> String {
    path.extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// Returns whether the file is the React server build that renders.
pub(crate) fn is_react_server(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        name.as_encoded_bytes()
            .starts_with(REACT_SERVER_FILE.as_bytes())
    })
}

fn is_css_module(path: &Path) -> bool {
    path.file_stem()
        .and_then(|stem| Path::new(stem).extension())
        .is_some_and(|extension| extension == "module")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::ModuleKind;

    #[test]
    fn determines_kind_by_query_and_extension() {
        for (path, query, kind) in [
            ("/a.tsx", "", Some(ModuleKind::Script)),
            ("/a.cjs", "", Some(ModuleKind::Script)),
            ("/a.json", "", Some(ModuleKind::Json)),
            ("/a.css", "", Some(ModuleKind::StyleSheet)),
            ("/a.module.SCSS", "", Some(ModuleKind::CssModule)),
            ("/a.css", "?raw", Some(ModuleKind::RawText)),
            ("/a.css", "?url", Some(ModuleKind::AssetUrl)),
            ("/a.png", "", Some(ModuleKind::AssetUrl)),
            ("/a.svg", "?react", None),
            ("/a.svg", "?inline", Some(ModuleKind::InlineAsset)),
            ("/a.svg", "?no-inline", Some(ModuleKind::AssetUrl)),
            ("/a.svg", "?t=1", Some(ModuleKind::AssetUrl)),
            ("/a.css", "?inline", Some(ModuleKind::InlineStyle)),
            ("/a.scss", "?inline", None),
            ("/a.tsx", "?worker", Some(ModuleKind::Worker)),
            ("/a.tsx", "?worker&inline", Some(ModuleKind::Worker)),
            ("/a.tsx", "?worker&url", None),
            ("/a.tsx", "?t=1", Some(ModuleKind::Script)),
            ("/a.wasm", "?init", Some(ModuleKind::WasmInit)),
            ("/a.md", "", None),
            ("/a", "", None),
        ] {
            assert_eq!(
                ModuleKind::of(Path::new(path), query).ok(),
                kind,
                "{path}{query}"
            );
        }
    }
}
