//! Detection of changes to the sources of an app.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use notify_debouncer_full::notify::event::{CreateKind, ModifyKind, RemoveKind};
use notify_debouncer_full::notify::{self, Event, EventKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use walkdir::WalkDir;

/// The time without further changes to a file after which a change is reported. Editors and version
/// control replace files in several steps.
const QUIET_PERIOD: Duration = Duration::from_millis(100);

/// Reports changes of Rust sources and of `Cargo.toml` files in a folder.
///
/// Ignores the output folder of the client, folders that begin with a dot, `node_modules`, and the
/// target folders of Cargo.
pub struct Watcher {
    sources: Sources,
    debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
    events: Receiver<DebounceEventResult>,
}

/// An error from watching a folder.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {}", folder.display())]
pub struct WatchError {
    folder: PathBuf,
    source: io::Error,
}

impl Watcher {
    /// Watches a folder. `out` is the output folder of the client, which may not exist yet.
    ///
    /// # Errors
    ///
    /// Returns [`WatchError`] if the folder cannot be read, or if the operating system refuses to
    /// watch it, for example because of a limit.
    pub fn new(folder: &Path, out: &Path) -> Result<Self, WatchError> {
        Self::with_filter(folder, out, is_source)
    }

    /// Watches the files of a folder for which `is_source` returns `true`, instead of the Rust sources.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn with_filter(
        folder: &Path,
        out: &Path,
        is_source: fn(&Path) -> bool,
    ) -> Result<Self, WatchError> {
        let context = |source| WatchError {
            folder: folder.to_owned(),
            source,
        };
        let sources = Sources {
            folder: fs::canonicalize(folder).map_err(context)?,
            out: out.to_owned(),
            is_source,
        };
        let (sender, events) = channel();
        let debouncer =
            new_debouncer(QUIET_PERIOD, None, sender).map_err(|error| context(io_error(error)))?;
        let mut watcher = Self {
            sources,
            debouncer,
            events,
        };
        let root = watcher.sources.folder.clone();
        watcher.watch_folders(&root)?;
        Ok(watcher)
    }

    /// Waits until a source changes, and returns its path, relative to the folder. Changes since the
    /// last call are reported once.
    ///
    /// # Errors
    ///
    /// Returns [`WatchError`] if the operating system refuses to watch a new folder.
    pub fn wait(&mut self) -> Result<PathBuf, WatchError> {
        let mut changed = None;
        while changed.is_none() {
            let first = self.events.recv().map_err(|_| {
                let stopped = io::Error::other("the file watcher has stopped");
                self.sources.error(stopped)
            })?;
            let batches: Vec<_> = [first].into_iter().chain(self.events.try_iter()).collect();
            for batch in batches {
                let events = batch.map_err(|mut errors| {
                    self.sources.error(match errors.pop() {
                        Some(error) => io_error(error),
                        None => io::Error::other("unknown error"),
                    })
                })?;
                for event in events {
                    let found = self.changed_source(&event)?;
                    changed = changed.or(found);
                }
            }
        }
        Ok(changed.unwrap_or_default())
    }

    fn changed_source(&mut self, event: &Event) -> Result<Option<PathBuf>, WatchError> {
        if event.need_rescan() {
            // Events were lost, so any source may have changed.
            let root = self.sources.folder.clone();
            self.watch_folders(&root)?;
            return Ok(Some(root));
        }
        if event.kind.is_access() {
            return Ok(None);
        }
        let may_add_folder = matches!(
            event.kind,
            EventKind::Create(CreateKind::Folder | CreateKind::Any)
                | EventKind::Modify(ModifyKind::Name(_))
        );
        // The removal of a folder stands for those of its files.
        let removes_folder = event.kind == EventKind::Remove(RemoveKind::Folder);
        let mut changed = None;
        for path in &event.paths {
            if self.sources.is_ignored(path) {
                continue;
            }
            if (self.sources.is_source)(path) || removes_folder {
                changed = changed.or_else(|| Some(self.sources.display(path)));
            } else if may_add_folder && path.is_dir() {
                // Its files may have been created before it was watched.
                let source = self.watch_folders(path)?;
                changed = changed.or(source);
            }
        }
        Ok(changed)
    }

    /// Watches a folder and its subfolders, and returns one of the sources in them.
    fn watch_folders(&mut self, folder: &Path) -> Result<Option<PathBuf>, WatchError> {
        let sources = &self.sources;
        let is_wanted = |entry: &walkdir::DirEntry| {
            entry.depth() == 0
                || !entry.file_type().is_dir()
                || !sources.is_ignored_folder(entry.path())
        };
        let mut source = None;
        // Entries that cannot be read have no sources for Cargo either.
        for entry in WalkDir::new(folder)
            .into_iter()
            .filter_entry(is_wanted)
            .flatten()
        {
            let path = entry.path();
            if !entry.file_type().is_dir() {
                if source.is_none() && (sources.is_source)(path) {
                    source = Some(sources.display(path));
                }
                continue;
            }
            match self.debouncer.watch(path, RecursiveMode::NonRecursive) {
                // The folder may have been removed in the meantime.
                Err(_) if !path.is_dir() => {}
                watched => watched.map_err(|error| WatchError {
                    folder: path.to_owned(),
                    source: io_error(error),
                })?,
            }
        }
        Ok(source)
    }
}

/// The sources of an app.
struct Sources {
    /// The watched folder, as an absolute path without symbolic links.
    folder: PathBuf,
    /// The output folder of the client.
    out: PathBuf,
    /// Selects the watched files.
    is_source: fn(&Path) -> bool,
}

impl Sources {
    /// Returns whether a path is in an ignored folder.
    fn is_ignored(&self, path: &Path) -> bool {
        path.ancestors()
            .take_while(|ancestor| *ancestor != self.folder)
            .skip(usize::from(!path.is_dir()))
            .any(|folder| self.is_ignored_folder(folder))
    }

    fn is_ignored_folder(&self, folder: &Path) -> bool {
        let name = folder.file_name().unwrap_or_default();
        name == "target"
            || name == "node_modules"
            || name.as_encoded_bytes().starts_with(b".")
            // Cargo marks target folders with other names (https://bford.info/cachedir).
            || folder.join("CACHEDIR.TAG").exists()
            || fs::canonicalize(&self.out).is_ok_and(|out| out == folder)
    }

    fn display(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.folder).unwrap_or(path).to_owned()
    }

    fn error(&self, source: io::Error) -> WatchError {
        WatchError {
            folder: self.folder.clone(),
            source,
        }
    }
}

/// Returns whether a file is a Rust source or a `Cargo.toml`.
#[must_use]
pub fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
        || path.file_name().is_some_and(|name| name == "Cargo.toml")
}

fn io_error(error: notify::Error) -> io::Error {
    match error.kind {
        notify::ErrorKind::Io(error) => error,
        _ => io::Error::other(error),
    }
}
