//! The disk cache of transformed modules and compiled code.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;

use self::encoding::{decode, encode};
use self::key::{CacheKey, FILE_EXTENSION};
use super::module::{CompiledCode, Module};
use super::transform::TransformedModule;

mod encoding;
pub(super) mod key;
pub(super) mod statistics;

use self::statistics::CacheCounters;
pub use self::statistics::CacheStatistics;

/// Transformed modules and the code that V8 compiled from them, one file for each module.
///
/// The file name is a hash of all inputs, so an entry never becomes invalid, only unused. One thread
/// writes. Readers treat an incomplete file as absent.
pub(crate) struct DiskCache {
    directory: Option<PathBuf>,
    writer: Mutex<Option<Writer>>,
    counters: Arc<CacheCounters>,
}

struct Writer {
    modules: Sender<Arc<Module>>,
    thread: JoinHandle<()>,
}

/// The age since the last use at which files are deleted.
const MAX_AGE: Duration = Duration::from_secs(30 * 24 * 3600);
/// The total size above which the least recently used files are deleted.
const MAX_TOTAL_BYTES: u64 = 512 << 20;
/// The age from which reading a file updates its modification time.
const TOUCH_AGE: Duration = Duration::from_secs(24 * 3600);

const TEMPORARY_EXTENSION: &str = "tmp";

impl DiskCache {
    /// Creates a cache in `directory`, which is created at the first write. `None` disables the cache.
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Self {
            directory,
            writer: Mutex::default(),
            counters: Arc::default(),
        }
    }

    pub(crate) fn counters(&self) -> &CacheCounters {
        &self.counters
    }

    pub(crate) fn statistics(&self) -> CacheStatistics {
        self.counters.statistics()
    }

    /// Returns the entry for `key`. `source` is the content of the module's file.
    pub(super) fn get(
        &self,
        key: CacheKey,
        source: &str,
    ) -> Option<(TransformedModule, Option<CompiledCode>)> {
        let path = self.directory.as_ref()?.join(key.file_name());
        let mut file = fs::File::open(path).ok()?;
        let metadata = file.metadata().ok()?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()? + 1);
        file.read_to_end(&mut bytes).ok()?;
        let entry = decode(key, &bytes, source)?;
        let age = metadata.modified().ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > TOUCH_AGE) {
            // Fails on a read-only cache. A file whose time stays old is later deleted and written again.
            let _ = file.set_modified(SystemTime::now());
        }
        self.counters.read.fetch_add(1, Ordering::Relaxed);
        Some(entry)
    }

    /// Queues `modules` for the writer thread.
    pub(super) fn put(&self, modules: Vec<Arc<Module>>) {
        let Some(directory) = &self.directory else {
            return;
        };
        let mut writer = self.writer.lock();
        if writer.is_none() {
            let (sender, queue) = crossbeam_channel::unbounded();
            let (directory, counters) = (directory.clone(), Arc::clone(&self.counters));
            let spawned = thread::Builder::new()
                .name("mizan-ssr-cache".into())
                .spawn(move || run_writer(&directory, &queue, &counters));
            let Ok(thread) = spawned else { return };
            *writer = Some(Writer {
                modules: sender,
                thread,
            });
        }
        if let Some(writer) = &*writer {
            for module in modules {
                // The thread ends early if it cannot write.
                let _ = writer.modules.send(module);
            }
        }
    }

    /// Waits until all queued modules are written.
    pub(crate) fn finish(&self) {
        let writer = self.writer.lock().take();
        if let Some(writer) = writer {
            drop(writer.modules);
            // The thread logs its errors.
            let _ = writer.thread.join();
        }
    }
}

/// Returns the default directory of the cache: in the nearest `node_modules` at or above `root`.
pub(crate) fn default_directory(root: &Path) -> Option<PathBuf> {
    root.ancestors()
        .map(|directory| directory.join("node_modules"))
        .find(|packages| packages.is_dir())
        .map(|packages| packages.join(".cache/mizan-ssr"))
}

fn run_writer(directory: &Path, modules: &Receiver<Arc<Module>>, counters: &CacheCounters) {
    if let Err(error) = fs::create_dir_all(directory) {
        tracing::debug!(%error, directory = %directory.display(), "cannot create the module cache directory");
        return;
    }
    while let Ok(module) = modules.recv() {
        let Some(key) = module.cache_key else {
            continue;
        };
        let bytes = encode(key, &module.transformed, module.compiled().as_ref());
        match write_atomically(directory, &key.file_name(), &bytes) {
            Ok(()) => {
                counters.written.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::warn!(%error, directory = %directory.display(), "cannot write to the module cache");
                return;
            }
        }
    }
    prune(directory);
}

fn write_atomically(directory: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let suffix = format!(".{TEMPORARY_EXTENSION}");
    let mut builder = tempfile::Builder::new();
    builder.suffix(&suffix);
    // Other users can read the files, because the server may not run as the user who filled the cache.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.persist(directory.join(name))?;
    Ok(())
}

/// Deletes files that are older than [`MAX_AGE`], and the oldest files above [`MAX_TOTAL_BYTES`].
fn prune(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    let now = SystemTime::now();
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            let path = entry.path();
            let extension = path.extension()?;
            // A killed process does not remove its temporary files.
            let is_cache_file = extension == FILE_EXTENSION || extension == TEMPORARY_EXTENSION;
            (is_cache_file && metadata.is_file()).then_some((
                metadata.modified().ok()?,
                metadata.len(),
                path,
            ))
        })
        .collect();
    files.sort_by_key(|(modified, ..)| std::cmp::Reverse(*modified));
    let mut total = 0;
    for (modified, length, path) in files {
        total += length;
        let is_old = now.duration_since(modified).is_ok_and(|age| age > MAX_AGE);
        if is_old || total > MAX_TOTAL_BYTES {
            // Another process may have deleted the file.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, SystemTime};

    use super::{MAX_AGE, TOUCH_AGE, prune};

    #[test]
    fn prunes_old_files() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str, age: Duration| {
            let path = directory.path().join(name);
            fs::write(&path, "x").expect("a writable file");
            let file = fs::File::options()
                .append(true)
                .open(&path)
                .expect("an existing file");
            file.set_modified(SystemTime::now() - age)
                .expect("a file owned by the test");
            path
        };
        let old = file("old.module", MAX_AGE + TOUCH_AGE);
        let leftover = file("1-2.tmp", MAX_AGE + TOUCH_AGE);
        let recent = file("recent.module", TOUCH_AGE);
        let foreign = file("foreign.txt", MAX_AGE + TOUCH_AGE);
        prune(directory.path());
        assert!(!old.exists() && !leftover.exists());
        assert!(recent.exists() && foreign.exists());
    }
}
