//! The folder into which pages are exported.

use std::io;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::error::PrerenderErrorKind;

/// A folder that was empty at the start of the export.
pub(super) struct OutputFolder {
    root: PathBuf,
}

impl OutputFolder {
    /// Creates the folder.
    pub(super) async fn create(root: &Path) -> Result<Self, PrerenderErrorKind> {
        let failed = |source| PrerenderErrorKind::Io {
            file: root.into(),
            source,
        };
        fs::create_dir_all(root).await.map_err(failed)?;
        let mut entries = fs::read_dir(root).await.map_err(failed)?;
        if entries.next_entry().await.map_err(failed)?.is_some() {
            return Err(PrerenderErrorKind::NotEmpty {
                directory: root.into(),
            });
        }
        Ok(Self { root: root.into() })
    }

    /// Writes a new file, whose path has `/` as the separator.
    pub(super) async fn write(&self, path: &str, content: &[u8]) -> Result<(), PrerenderErrorKind> {
        let file = self.root.join(path);
        let write = async {
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent).await?;
            }
            let mut created = fs::File::create_new(&file).await?;
            created.write_all(content).await?;
            created.flush().await
        };
        match write.await {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(PrerenderErrorKind::SameFile { file })
            }
            Err(source) => Err(PrerenderErrorKind::Io { file, source }),
        }
    }

    /// Removes everything that was written.
    pub(super) async fn clear(&self) {
        let cleared = async {
            fs::remove_dir_all(&self.root).await?;
            fs::create_dir(&self.root).await
        };
        if let Err(error) = cleared.await {
            tracing::warn!(directory = %self.root.display(), %error, "cannot remove an incomplete export");
        }
    }
}

/// Returns the file of a page, relative to the folder.
pub(super) fn file_of_path(path: &str) -> Result<String, PrerenderErrorKind> {
    let invalid = |reason| PrerenderErrorKind::InvalidPath {
        path: path.to_owned(),
        reason,
    };
    let Some(rest) = path.strip_prefix('/') else {
        return Err(invalid("it must begin with `/`"));
    };
    if rest.contains(['?', '#']) {
        return Err(invalid("a file has no query and no fragment"));
    }
    let mut file = String::new();
    for segment in rest.strip_suffix('/').unwrap_or(rest).split('/') {
        if rest.is_empty() {
            break;
        }
        let name = percent_decode_str(segment)
            .decode_utf8()
            .map_err(|_| invalid("it is not UTF-8"))?;
        let is_unsafe = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
        if name.is_empty() || name.starts_with('.') || name.contains(is_unsafe) {
            return Err(invalid("a part of it cannot be the name of a file"));
        }
        file.push_str(&name);
        file.push('/');
    }
    file.push_str("index.html");
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::file_of_path;

    #[test]
    fn returns_files_of_paths() {
        for (path, file) in [
            ("/", "index.html"),
            ("/about", "about/index.html"),
            ("/posts/7/", "posts/7/index.html"),
            ("/caf%C3%A9%20a/", "café a/index.html"),
        ] {
            assert_eq!(file_of_path(path).ok().as_deref(), Some(file));
        }
    }

    #[test]
    fn rejects_paths_outside_of_the_folder() {
        for path in [
            "",
            "about",
            "//",
            "//evil/",
            "/a//b/",
            "/../a/",
            "/a/./",
            "/%2e%2e/a/",
            "/a%2Fb/",
            "/a%5Cb/",
            "/a%00/",
            "/.git/",
            "/C:/a/",
            "/a/?b",
            "/a/#b",
            "/%FF/",
        ] {
            assert!(file_of_path(path).is_err(), "{path:?}");
        }
    }
}
