//! The file of an SQLite database.

use std::fs::{Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The identity of a database file when it was opened.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    id: FileId,
}

/// The device and the inode. On non-Unix systems, all files have the same id.
type FileId = (u64, u64);

impl DatabaseFile {
    /// Creates the file at `path` if it does not exist.
    ///
    /// Only the current user can read a new file, regardless of the umask, because it contains password hashes. SQLite
    /// gives the `-wal` and `-shm` files the same mode.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let metadata = options.open(path)?.metadata()?;
        warn_about_permissions(path, &metadata);
        Ok(Self {
            path: path.to_owned(),
            id: id_of(&metadata),
        })
    }

    /// Checks that the file is still at its path. Writes to a deleted or replaced file are lost when the process
    /// exits.
    pub(super) fn check(&self) -> Result<(), String> {
        let path = self.path.display();
        match std::fs::metadata(&self.path) {
            Ok(metadata) if id_of(&metadata) == self.id => Ok(()),
            Ok(_) => Err(format!(
                "the database file {path} was replaced while it was open; changes are written to the old \
                 file and will be lost: restart the server"
            )),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(format!(
                "the database file {path} was deleted while it was open; changes will be lost when the \
                 server stops: back up the data through this process, or restore the file and restart"
            )),
            Err(error) => Err(format!("cannot access the database file {path}: {error}")),
        }
    }
}

#[cfg(unix)]
fn id_of(metadata: &Metadata) -> FileId {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn id_of(_: &Metadata) -> FileId {
    (0, 0)
}

#[cfg(unix)]
fn warn_about_permissions(path: &Path, metadata: &Metadata) {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(
            path = %path.display(),
            mode = format!("{mode:o}"),
            "other users of this machine can access the account database: run `chmod 600` on the file and its \
             -wal and -shm files"
        );
    }
}

#[cfg(not(unix))]
fn warn_about_permissions(_: &Path, _: &Metadata) {}
