use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;

/// Why no pages can be made with these settings.
#[derive(Debug)]
pub struct PagesError {
    kind: PagesErrorKind,
}

#[derive(Debug)]
pub(crate) enum PagesErrorKind {
    UnreadableManifest {
        file: PathBuf,
        source: std::io::Error,
    },
    InvalidManifest {
        file: PathBuf,
        source: serde_json::Error,
    },
    /// A chunk that the manifest itself speaks of.
    MissingChunk {
        file: PathBuf,
        importer: String,
        chunk: String,
    },
    NoEntry,
    UnknownEntry {
        file: PathBuf,
        entry: String,
        entries: Vec<String>,
    },
    /// An entry that a browser cannot run.
    NoScript {
        entry: String,
    },
    InvalidDevServer {
        origin: String,
    },
    InvalidBase {
        base: String,
    },
    InvalidPolicy {
        policy: String,
    },
}

impl From<PagesErrorKind> for PagesError {
    fn from(kind: PagesErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for PagesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PagesErrorKind::UnreadableManifest { file, .. } => write!(
                f,
                "cannot read Vite's manifest {}; run `vite build`, with `build.manifest: true` in its config",
                file.display()
            ),
            PagesErrorKind::InvalidManifest { file, .. } => write!(
                f,
                "{} is not a manifest of Vite's; run `vite build` again",
                file.display()
            ),
            PagesErrorKind::MissingChunk {
                file,
                importer,
                chunk,
            } => write!(
                f,
                "{} has no chunk `{chunk}`, which its chunk `{importer}` imports; run `vite build` again",
                file.display()
            ),
            PagesErrorKind::NoEntry => f.write_str(
                "pages with Vite need the module that the browser begins with; name it with `entry`",
            ),
            PagesErrorKind::UnknownEntry {
                file,
                entry,
                entries,
            } => write!(
                f,
                "{} has no entry `{entry}`, but {}; name it in `build.rolldownOptions.input` of Vite's \
                 config and run `vite build`",
                file.display(),
                if entries.is_empty() {
                    "none at all".into()
                } else {
                    format!("`{}`", entries.join("`, `"))
                }
            ),
            PagesErrorKind::NoScript { entry } => write!(
                f,
                "a browser cannot begin with `{entry}`; name the module, as `src/main.tsx`"
            ),
            PagesErrorKind::InvalidDevServer { origin } => write!(
                f,
                "`{origin}` is not the origin of a dev server; it looks like `http://localhost:5173`"
            ),
            PagesErrorKind::InvalidBase { base } => write!(
                f,
                "`{base}` cannot be the base of Vite's files; it begins with `/` or `https://`, as `/app/`"
            ),
            PagesErrorKind::InvalidPolicy { policy } => write!(
                f,
                "the content security policy cannot be the value of a header: {policy:?}"
            ),
        }
    }
}

impl StdError for PagesError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.kind {
            PagesErrorKind::UnreadableManifest { source, .. } => Some(source),
            PagesErrorKind::InvalidManifest { source, .. } => Some(source),
            _ => None,
        }
    }
}
