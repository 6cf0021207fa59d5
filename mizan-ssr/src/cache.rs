use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, Sender};
use sha2::{Digest, Sha256};

use crate::loader::Module;
use crate::lock::locked;
use crate::source_map::SourceMap;
use crate::transform::{Kind, Syntax, Transformed};

/// Transformed modules and what V8 compiled of them, on disk, one file for each.
///
/// A file is named for everything that its content follows from, so it is never wrong, at most not
/// read any more. One thread writes; whoever reads takes a file that is not whole for none.
pub(crate) struct Cache {
    directory: Option<PathBuf>,
    writer: Mutex<Option<Writer>>,
    counters: Arc<Counters>,
}

struct Writer {
    modules: Sender<Arc<Module>>,
    thread: JoinHandle<()>,
}

/// How often the renderer's caches were of use.
///
/// The numbers count modules, since the renderer was built. Those of V8's code count each isolate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStatistics {
    /// Transformed, because the cache on disk did not have them.
    pub transformed: u64,
    /// Read from the cache on disk.
    pub read: u64,
    /// Written to the cache on disk.
    pub written: u64,
    /// Compiled by V8 from their source.
    pub compiled: u64,
    /// Taken by V8 as it had compiled them before, in this process or an earlier one.
    pub code_reused: u64,
    /// Kept as V8 had compiled them, but refused by it, because it is another V8.
    pub code_rejected: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) transformed: AtomicU64,
    pub(crate) read: AtomicU64,
    written: AtomicU64,
    pub(crate) compiled: AtomicU64,
    pub(crate) code_reused: AtomicU64,
    pub(crate) code_rejected: AtomicU64,
}

/// What a file of the cache is named for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key([u8; 32]);

/// What an engine made of a module's code, which it takes instead of compiling it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CompiledCode {
    /// Of the engine, its version and its flags.
    pub(crate) tag: u32,
    pub(crate) bytes: Arc<[u8]>,
}

const FORMAT: u32 = 2;
const MAGIC: &[u8; 8] = b"mizanssr";
const EXTENSION: &str = "module";
/// Files that were not read for so long are deleted, and the oldest ones once all are so large.
const OLDEST: Duration = Duration::from_secs(30 * 24 * 3600);
const LARGEST: u64 = 512 << 20;
/// How old a file may be before reading it makes it young again.
const TOUCHED: Duration = Duration::from_secs(24 * 3600);

impl Key {
    /// Of a file's path and content, and of all that decides how it is read.
    pub(crate) fn new(path: &Path, syntax: &Syntax, content: &[u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(env!("CARGO_PKG_VERSION"));
        hash.update(FORMAT.to_le_bytes());
        hash.update([
            u8::from(syntax.type_module),
            u8::from(syntax.verbatim_module_syntax),
            u8::from(syntax.development),
            u8::from(syntax.package),
            u8::from(syntax.jsx_import_source.is_some()),
        ]);
        for text in [
            syntax
                .jsx_import_source
                .as_deref()
                .unwrap_or_default()
                .as_bytes(),
            path.as_os_str().as_encoded_bytes(),
        ] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        hash.update(content);
        Self(hash.finalize().into())
    }

    fn file(self) -> String {
        use std::fmt::Write;
        let mut name = String::with_capacity(72);
        for byte in &self.0[..20] {
            let _ = write!(name, "{byte:02x}");
        }
        name.push('.');
        name.push_str(EXTENSION);
        name
    }
}

impl Cache {
    /// A cache in `directory`, which is made when something is written.
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        Self {
            directory,
            writer: Mutex::default(),
            counters: Arc::default(),
        }
    }

    pub(crate) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn statistics(&self) -> CacheStatistics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStatistics {
            transformed: count(&self.counters.transformed),
            read: count(&self.counters.read),
            written: count(&self.counters.written),
            compiled: count(&self.counters.compiled),
            code_reused: count(&self.counters.code_reused),
            code_rejected: count(&self.counters.code_rejected),
        }
    }

    /// What was kept for `key`. `source` is the content that the key is of.
    pub(crate) fn get(
        &self,
        key: Key,
        source: &str,
    ) -> Option<(Transformed, Option<CompiledCode>)> {
        let path = self.directory.as_ref()?.join(key.file());
        let mut file = fs::File::open(path).ok()?;
        let metadata = file.metadata().ok()?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()? + 1);
        file.read_to_end(&mut bytes).ok()?;
        let kept = decode(key, &bytes, source)?;
        let age = metadata.modified().ok().and_then(|at| at.elapsed().ok());
        if age.is_some_and(|age| age > TOUCHED) {
            // Only who may write needs to; a file that stays old is deleted and written again.
            let _ = file.set_modified(SystemTime::now());
        }
        self.counters.read.fetch_add(1, Ordering::Relaxed);
        Some(kept)
    }

    /// Keeps `modules`, on a thread of its own.
    pub(crate) fn put(&self, modules: Vec<Arc<Module>>) {
        let Some(directory) = &self.directory else {
            return;
        };
        let mut writer = locked(&self.writer);
        if writer.is_none() {
            let (sender, queue) = crossbeam_channel::unbounded();
            let (directory, counters) = (directory.clone(), Arc::clone(&self.counters));
            let spawned = thread::Builder::new()
                .name("mizan-ssr-cache".into())
                .spawn(move || write_all(&directory, &queue, &counters));
            let Ok(thread) = spawned else { return };
            *writer = Some(Writer {
                modules: sender,
                thread,
            });
        }
        if let Some(writer) = &*writer {
            for module in modules {
                // The thread ends early where it cannot write.
                let _ = writer.modules.send(module);
            }
        }
    }

    /// Waits until everything is written.
    pub(crate) fn finish(&self) {
        let writer = locked(&self.writer).take();
        if let Some(writer) = writer {
            drop(writer.modules);
            // It has logged what went wrong.
            let _ = writer.thread.join();
        }
    }
}

/// Where the cache is by default: in the nearest `node_modules` above `root`.
pub(crate) fn default_directory(root: &Path) -> Option<PathBuf> {
    root.ancestors()
        .map(|directory| directory.join("node_modules"))
        .find(|packages| packages.is_dir())
        .map(|packages| packages.join(".cache/mizan-ssr"))
}

fn write_all(directory: &Path, modules: &Receiver<Arc<Module>>, counters: &Counters) {
    if let Err(error) = fs::create_dir_all(directory) {
        tracing::debug!(%error, directory = %directory.display(), "modules are not kept on disk");
        return;
    }
    while let Ok(module) = modules.recv() {
        let Some(key) = module.key else { continue };
        let bytes = encode(key, &module.transformed, module.compiled().as_ref());
        match write(directory, &key.file(), &bytes) {
            Ok(()) => {
                counters.written.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::warn!(%error, directory = %directory.display(), "modules are not kept on disk");
                return;
            }
        }
    }
    prune(directory);
}

fn write(directory: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let temporary = directory.join(format!("{}-{number}.tmp", std::process::id()));
    let written =
        fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, directory.join(name)));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Deletes what was not read for long, and the oldest of what is too much.
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
            // A temporary file of a process that was killed.
            let ours = extension == EXTENSION || extension == "tmp";
            (ours && metadata.is_file()).then_some((
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
        let old = now.duration_since(modified).is_ok_and(|age| age > OLDEST);
        if old || total > LARGEST {
            // Another process may have been faster.
            let _ = fs::remove_file(path);
        }
    }
}

/// The digest stands before what it is of: [`MAGIC`], the digest, the key, the module.
fn encode(key: Key, transformed: &Transformed, compiled: Option<&CompiledCode>) -> Vec<u8> {
    let mut out = Vec::with_capacity(transformed.code.len() + 256);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[0; 32]);
    out.extend_from_slice(&key.0);
    let kind = match transformed.kind {
        // Which of the two it is follows from the path.
        Kind::CommonJs | Kind::ReactServer => 0,
        Kind::EsModule { awaits: false } => 1,
        Kind::EsModule { awaits: true } => 2,
    };
    out.push(kind | (u8::from(transformed.unchanged) << 7));
    if !transformed.unchanged {
        put_bytes(&mut out, transformed.code.as_bytes());
    }
    put_number(&mut out, transformed.imports.len() as u64);
    for import in &transformed.imports {
        put_bytes(&mut out, import.as_bytes());
    }
    match &transformed.map {
        None => out.push(0),
        Some(map) => {
            out.push(1);
            let numbers: Vec<i64> = map.deltas().collect();
            put_number(&mut out, numbers.len() as u64);
            for number in numbers {
                put_number(&mut out, ((number << 1) ^ (number >> 63)).cast_unsigned());
            }
        }
    }
    match compiled {
        None => out.push(0),
        Some(compiled) => {
            out.push(1);
            put_number(&mut out, compiled.tag.into());
            put_bytes(&mut out, &compiled.bytes);
        }
    }
    let digest = Sha256::digest(&out[40..]);
    out[8..40].copy_from_slice(&digest);
    out
}

fn decode(key: Key, bytes: &[u8], source: &str) -> Option<(Transformed, Option<CompiledCode>)> {
    let mut rest = Reader(bytes);
    if rest.take(8)? != MAGIC {
        return None;
    }
    let digest = rest.take(32)?;
    // V8 trusts what it is given, so nothing that was damaged may get there.
    if digest != Sha256::digest(rest.0).as_slice() || rest.take(32)? != key.0 {
        return None;
    }
    let flags = rest.byte()?;
    let kind = match flags & 0x7f {
        0 => Kind::CommonJs,
        1 => Kind::EsModule { awaits: false },
        2 => Kind::EsModule { awaits: true },
        _ => return None,
    };
    let unchanged = flags & 0x80 != 0;
    let code = if unchanged {
        source.into()
    } else {
        rest.text()?
    };
    let imports = (0..rest.number()?)
        .map(|_| rest.text())
        .collect::<Option<_>>()?;
    let map = if rest.byte()? == 0 {
        None
    } else {
        let deltas = (0..rest.number()?)
            .map(|_| {
                let number = rest.number()?;
                Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
            })
            .collect::<Option<Vec<_>>>()?;
        Some(SourceMap::from_deltas(&deltas)?)
    };
    let compiled = if rest.byte()? == 0 {
        None
    } else {
        Some(CompiledCode {
            tag: rest.number()?.try_into().ok()?,
            bytes: rest.bytes()?.into(),
        })
    };
    let transformed = Transformed {
        code,
        unchanged,
        kind,
        imports,
        map,
    };
    rest.0.is_empty().then_some((transformed, compiled))
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Seven bits a byte, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?.try_into().ok()?;
        self.take(length)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.into()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::transform;

    fn key(content: &str) -> Key {
        Key::new(
            Path::new("/App.tsx"),
            &Syntax::default(),
            &Sha256::digest(content).into(),
        )
    }

    const SOURCE: &str = "import a from './a';\nexport default (p: string) => <b>{a}{p}ü</b>;\n";

    fn encoded() -> (Key, Vec<u8>, Transformed, CompiledCode) {
        let transformed =
            transform(Path::new("/App.tsx"), SOURCE, &Syntax::default()).expect("it is right");
        let compiled = CompiledCode {
            tag: 7,
            bytes: vec![1, 2, 3].into(),
        };
        let key = key(SOURCE);
        let bytes = encode(key, &transformed, Some(&compiled));
        (key, bytes, transformed, compiled)
    }

    #[test]
    fn what_was_written_is_read() {
        let (key, bytes, transformed, compiled) = encoded();
        let (read, code) = decode(key, &bytes, SOURCE).expect("it is whole");
        assert_eq!(read.code, transformed.code);
        assert_eq!(read.kind, transformed.kind);
        assert_eq!(read.imports, transformed.imports);
        let (read, written) = (read.map.expect("a map"), transformed.map.expect("a map"));
        assert!(read.deltas().eq(written.deltas()) && read.deltas().count() > 8);
        assert_eq!(code, Some(compiled));
    }

    #[test]
    fn what_is_damaged_is_not_read() {
        let (key, bytes, ..) = encoded();
        for length in 0..bytes.len() {
            assert!(decode(key, &bytes[..length], SOURCE).is_none());
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(decode(key, &damaged, SOURCE).is_none(), "byte {at}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(decode(key, &longer, SOURCE).is_none());
        assert!(decode(self::key("another"), &bytes, SOURCE).is_none());
    }

    #[test]
    fn what_says_wrong_lengths_is_not_read() {
        let (key, bytes, ..) = encoded();
        // With a digest that is right, so that what is behind it is looked at.
        for at in 72..bytes.len() {
            for byte in [0, 0x7f, 0xff] {
                let mut wrong = bytes.clone();
                wrong[at] = byte;
                let digest = Sha256::digest(&wrong[40..]);
                wrong[8..40].copy_from_slice(&digest);
                // Either is right, as long as it neither panics nor asks for all memory.
                let _ = decode(key, &wrong, SOURCE);
            }
        }
    }

    #[test]
    fn everything_that_decides_is_in_the_key() {
        let content = [0; 32];
        let path = Path::new("/App.tsx");
        let plain = Key::new(path, &Syntax::default(), &content);
        let with = |change: fn(&mut Syntax)| {
            let mut syntax = Syntax::default();
            change(&mut syntax);
            Key::new(path, &syntax, &content)
        };
        for other in [
            with(|syntax| syntax.type_module = true),
            with(|syntax| syntax.verbatim_module_syntax = true),
            with(|syntax| syntax.jsx_import_source = Some("preact".into())),
            with(|syntax| syntax.development = true),
            with(|syntax| syntax.package = true),
            Key::new(Path::new("/App.jsx"), &Syntax::default(), &content),
            Key::new(path, &Syntax::default(), &[1; 32]),
        ] {
            assert_ne!(plain, other);
        }
    }

    #[test]
    fn what_is_too_old_is_deleted() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name: &str, age: Duration| {
            let path = directory.path().join(name);
            fs::write(&path, "x").expect("written");
            let file = fs::File::options()
                .append(true)
                .open(&path)
                .expect("it is there");
            file.set_modified(SystemTime::now() - age)
                .expect("it is ours");
            path
        };
        let old = file("old.module", OLDEST + TOUCHED);
        let left = file("1-2.tmp", OLDEST + TOUCHED);
        let young = file("young.module", TOUCHED);
        let foreign = file("foreign.txt", OLDEST + TOUCHED);
        prune(directory.path());
        assert!(!old.exists() && !left.exists());
        assert!(young.exists() && foreign.exists());
    }
}
