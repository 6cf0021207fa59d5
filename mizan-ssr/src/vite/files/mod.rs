//! The files of Vite's build, and the service that sends them to browsers.
//!
//! The files are listed once, and a request looks its path up in the list. So a request cannot reach a file
//! outside of the build, whatever its path contains.

mod body;
mod compression;
mod content;
mod content_type;
mod encoding;
mod folder;
mod hashed_names;
mod response;
mod service;

use std::collections::HashMap;
use std::time::SystemTime;

use headers::ETag;
use tokio::sync::OnceCell;

pub use body::BrowserFileBody;
pub(crate) use compression::precompress;
pub(crate) use content::Content;
use encoding::ContentEncoding;
pub(crate) use folder::public_files;
pub(crate) use hashed_names::HashedNames;
pub use service::{BrowserFilesService, NoFallback};

/// The files of a build by their path relative to the base, for example `assets/main-Bx3dQ9aT.js`.
#[derive(Debug, Default)]
pub(crate) struct BrowserFiles {
    files: HashMap<Box<str>, BrowserFile>,
}

/// One file, with its compressed variants.
#[derive(Debug)]
pub(crate) struct BrowserFile {
    content_type: &'static str,
    /// Set if the name contains a hash of the content, so that the content never changes.
    is_hashed: bool,
    last_modified: Option<SystemTime>,
    identity: Representation,
    /// Variants that the build contains, as `main.js.br` next to `main.js`.
    precompressed: Vec<(ContentEncoding, Representation)>,
    /// Variants compressed on first use. Each is compressed at most once, so requests cannot cause more
    /// work than one compression of each file and encoding.
    brotli: OnceCell<Option<Representation>>,
    gzip: OnceCell<Option<Representation>>,
}

/// The bytes of a file in one encoding.
#[derive(Clone, Debug)]
pub(crate) struct Representation {
    content: Content,
    etag: ETag,
}

/// The bytes of a file to add to [`BrowserFiles`].
pub(crate) struct NewFile<'a> {
    pub(crate) path: &'a str,
    pub(crate) content: Content,
    pub(crate) last_modified: Option<SystemTime>,
}

impl BrowserFiles {
    /// Adds the files of a build, whose names in `hashed` contain a hash.
    ///
    /// A file such as `main.js.br` is a variant of `main.js` if both exist, and has no URL of its own. Hidden
    /// files, such as Vite's manifest, are left out.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read.
    pub(crate) fn new<'a>(
        files: impl IntoIterator<Item = NewFile<'a>>,
        hashed: &HashedNames,
    ) -> std::io::Result<Self> {
        let mut variants = Vec::new();
        let mut result = Self::default();
        for file in files {
            if !is_public(file.path) {
                continue;
            }
            match ContentEncoding::of_file(file.path) {
                Some((original, encoding)) => variants.push((original, encoding, file)),
                None => result.add(file, hashed)?,
            }
        }
        for (original, encoding, file) in variants {
            match result.files.get_mut(original) {
                Some(original) => {
                    let representation = Representation::new(file.content)?;
                    original.precompressed.push((encoding, representation));
                }
                // An archive, not a variant.
                None => result.add(file, hashed)?,
            }
        }
        Ok(result)
    }

    fn add(&mut self, file: NewFile<'_>, hashed: &HashedNames) -> std::io::Result<()> {
        let browser_file = BrowserFile {
            content_type: content_type::of_file(file.path),
            is_hashed: hashed.contains(file.path),
            last_modified: file.last_modified,
            identity: Representation::new(file.content)?,
            precompressed: Vec::new(),
            brotli: OnceCell::new(),
            gzip: OnceCell::new(),
        };
        self.files.insert(file.path.into(), browser_file);
        Ok(())
    }

    /// Returns the file at a path relative to the base, without `/` at the beginning.
    pub(crate) fn get(&self, path: &str) -> Option<&BrowserFile> {
        self.files.get(path)
    }
}

impl BrowserFile {
    /// Returns the variant of the file in `encoding`, which is compressed now if necessary.
    async fn variant(&self, encoding: ContentEncoding) -> Option<Representation> {
        let mut precompressed = self.precompressed.iter();
        if let Some((_, variant)) = precompressed.find(|(has, _)| *has == encoding) {
            return Some(variant.clone());
        }
        let cell = match encoding {
            ContentEncoding::Brotli => &self.brotli,
            ContentEncoding::Gzip => &self.gzip,
            ContentEncoding::Zstd => return None,
        };
        let compress = || async {
            let content = &self.identity.content;
            let bytes = compression::compress(content, self.content_type, encoding).await?;
            Representation::new(Content::Memory(bytes)).ok()
        };
        cell.get_or_init(compress).await.clone()
    }
}

impl Representation {
    fn new(content: Content) -> std::io::Result<Self> {
        let etag = content.etag()?;
        Ok(Self { content, etag })
    }
}

/// Returns whether no part of the path is hidden, except the standard folder `.well-known`.
fn is_public(path: &str) -> bool {
    path.split('/')
        .all(|name| !name.starts_with('.') || name == ".well-known")
}
