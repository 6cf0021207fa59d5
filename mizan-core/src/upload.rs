use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// A file that came with a call. Cloning is cheap.
///
/// The server has put it into a temporary file that has no name in the file system, so that nothing is left of
/// it when the last clone is dropped, nor when the process is killed. [`open`](Self::open) reads it, and
/// [`copy_to`](Self::copy_to) keeps it. As a member of an input it is decoded only where the server has received
/// files for the call; anything else in its place is refused.
///
/// In a JSON Schema it is a binary string.
#[derive(Clone)]
pub struct Upload(Arc<Stored>);

struct Stored {
    file_name: String,
    content_type: String,
    len: u64,
    file: File,
}

impl Upload {
    /// A file of `len` bytes, which was opened for reading.
    ///
    /// `file_name` is what the client calls the file, `content_type` what the server found it to be.
    pub fn new(file: File, len: u64, file_name: &str, content_type: impl Into<String>) -> Self {
        Self(Arc::new(Stored {
            file_name: plain_name(file_name),
            content_type: content_type.into(),
            len,
            file,
        }))
    }

    /// What the client calls the file: a name without folders and control characters, at most 255
    /// bytes long; `file` where nothing is left of it.
    ///
    /// It may still be a name that means something to a shell, a browser or a file system, so keep
    /// files under names of your own.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// What the file's first bytes say that it is, such as `image/png`; where they say nothing, what
    /// the client claims.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// How many bytes the file has.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len
    }

    /// Whether the file has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Returns a reader of the file, from its beginning. Each has a position of its own.
    ///
    /// Reading blocks: in async code, read in `tokio::task::spawn_blocking`.
    #[must_use]
    pub fn open(&self) -> UploadReader {
        UploadReader {
            upload: self.clone(),
            position: 0,
        }
    }

    /// Copies the file to `path`, where none may be yet. On Unix only this user may read the copy.
    ///
    /// It blocks: in async code, call it in `tokio::task::spawn_blocking`.
    ///
    /// # Errors
    ///
    /// Those of creating and writing a file. What was written by then is removed.
    ///
    /// ```
    /// # fn keep(upload: &mizan_core::Upload, id: uuid::Uuid) -> std::io::Result<()> {
    /// // Under a name of the application's own, never under the client's.
    /// upload.copy_to(format!("/var/lib/app/images/{id}"))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn copy_to(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut copy = options.open(path)?;
        let mut reader = BufReader::with_capacity(COPY_BLOCK, self.open());
        let copied = io::copy(&mut reader, &mut copy);
        if let Err(error) = copied {
            drop(copy);
            // The first error says more.
            let _ = fs::remove_file(path);
            return Err(error);
        }
        Ok(())
    }
}

/// The size of the buffer that files are copied with, in bytes.
const COPY_BLOCK: usize = 256 * 1024;

/// A reader of an [`Upload`], which keeps the file while it exists.
#[derive(Debug)]
pub struct UploadReader {
    upload: Upload,
    position: u64,
}

impl Read for UploadReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = read_at(&self.upload.0.file, buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for UploadReader {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let (base, offset) = match position {
            SeekFrom::Start(position) => {
                self.position = position;
                return Ok(position);
            }
            SeekFrom::End(offset) => (self.upload.len(), offset),
            SeekFrom::Current(offset) => (self.position, offset),
        };
        self.position = base.checked_add_signed(offset).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "seek to before the file")
        })?;
        Ok(self.position)
    }
}

/// Reads at a place, whatever other readers do meanwhile.
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, position);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buffer, position);
}

/// The name and the length.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("file_name", &self.0.file_name)
            .field("len", &self.0.len)
            .finish_non_exhaustive()
    }
}

impl JsonSchema for Upload {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Upload".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::Upload").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "binary" })
    }
}

/// As the file's name, which is what a message about the file can show. `validator` asks for this.
impl Serialize for Upload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.file_name())
    }
}

/// Only inside of [`Uploads::decoding`], where the server's references stand for files.
impl<'de> Deserialize<'de> for Upload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reference)
    }
}

struct Reference;

impl Visitor<'_> for Reference {
    type Value = Upload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file, sent as a part of multipart/form-data")
    }

    fn visit_str<E: Error>(self, reference: &str) -> Result<Upload, E> {
        DECODING
            .with_borrow(|uploads| uploads.as_ref()?.find(reference).cloned())
            .ok_or_else(|| E::custom("Must be a file, sent as a part of multipart/form-data."))
    }
}

thread_local! {
    static DECODING: RefCell<Option<Uploads>> = const { RefCell::new(None) };
}

/// The files that came with one call, each with the reference that stands for it in the input.
/// Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Uploads(Arc<Vec<(String, Upload)>>);

impl Uploads {
    /// Takes a file in, and answers the text that goes into the input in its place.
    ///
    /// Nobody can guess the text, so that a client cannot put a file where it would be refused.
    pub fn add(&mut self, upload: Upload) -> String {
        let reference = Uuid::new_v4().to_string();
        Arc::make_mut(&mut self.0).push((reference.clone(), upload));
        reference
    }

    /// Runs `decode`, in which an [`Upload`] is decoded from its reference.
    pub fn decoding<T>(&self, decode: impl FnOnce() -> T) -> T {
        struct Restored(Option<Uploads>);
        impl Drop for Restored {
            fn drop(&mut self) {
                DECODING.set(self.0.take());
            }
        }
        if self.0.is_empty() {
            return decode();
        }
        let _restored = Restored(DECODING.replace(Some(self.clone())));
        decode()
    }

    /// The file that this text stands for.
    #[must_use]
    pub fn find(&self, reference: &str) -> Option<&Upload> {
        let (_, upload) = self.0.iter().find(|(known, _)| known == reference)?;
        Some(upload)
    }
}

/// A file that a function takes, and what the server holds it to while it arrives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadField {
    /// The path in the input; `*` stands for the index of a row, as in `phones.*.scan`.
    pub path: String,
    /// The content types that are taken, such as `image/png` or `image/*`; none here, all are.
    pub accept: Vec<String>,
    /// The most bytes that are taken, besides the server's own limits.
    pub max_bytes: Option<u64>,
}

impl UploadField {
    /// A file of any type and size.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            ..Self::default()
        }
    }

    /// Whether this is the field at `path`, such as `phones.0.scan`.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        let is_index = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_digit())
                && (name == "0" || !name.starts_with('0'))
        };
        let mut names = path.split('.');
        let matches = |pattern: &str| match names.next() {
            Some(name) if pattern == "*" => is_index(name),
            name => name == Some(pattern),
        };
        self.path.split('.').all(matches) && names.next().is_none()
    }

    /// Whether files of this content type are taken; parameters (`; charset=..`) do not count.
    #[must_use]
    pub fn accepts(&self, content_type: &str) -> bool {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        let matches = |accepted: &String| match accepted.strip_suffix("/*") {
            Some("*") => true,
            Some(kind) => essence
                .split_once('/')
                .is_some_and(|(actual, _)| actual.eq_ignore_ascii_case(kind)),
            None => essence.eq_ignore_ascii_case(accepted),
        };
        self.accept.is_empty() || self.accept.iter().any(matches)
    }
}

/// The most bytes of a file's name, which is also what file systems take.
const MAX_NAME: usize = 255;

/// The last component, without what cannot be seen or turns the direction of writing around.
fn plain_name(claimed: &str) -> String {
    let last = claimed.rsplit(['/', '\\']).next().unwrap_or_default();
    let hides = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut name: String = last.chars().filter(|c| !hides(c)).collect();
    name.truncate(name.floor_char_boundary(MAX_NAME));
    match name.trim() {
        "" | "." | ".." => "file".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Form {
        image: Option<Upload>,
    }

    fn upload(name: &str) -> Upload {
        Upload::new(tempfile::tempfile().unwrap(), 3, name, "image/png")
    }

    fn decode(reference: &str) -> Result<Form, serde_json::Error> {
        serde_json::from_value(serde_json::json!({ "image": reference }))
    }

    #[test]
    fn a_reference_is_a_file_only_while_its_call_is_decoded() {
        let mut uploads = Uploads::default();
        let reference = uploads.add(upload("a.png"));
        let form = uploads.decoding(|| decode(&reference)).unwrap();
        assert_eq!(form.image.unwrap().file_name(), "a.png");

        let mut others = Uploads::default();
        others.add(upload("b.png"));
        for refused in [
            decode(&reference),
            others.decoding(|| decode(&reference)),
            uploads.decoding(|| decode("0")),
            uploads.decoding(|| Uploads::default().decoding(|| decode("a.png"))),
        ] {
            assert_eq!(
                refused.unwrap_err().to_string(),
                "Must be a file, sent as a part of multipart/form-data."
            );
        }
        let number = serde_json::from_str::<Form>(r#"{"image": 1}"#).unwrap_err();
        assert!(number.to_string().contains("expected a file"), "{number}");
    }

    #[test]
    fn a_panic_while_decoding_leaves_no_files_behind() {
        let mut uploads = Uploads::default();
        let reference = uploads.add(upload("a.png"));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            uploads.decoding(|| std::panic::resume_unwind(Box::new(())))
        }));
        assert!(panicked.is_err());
        assert!(decode(&reference).is_err());
    }

    #[test]
    fn each_reader_has_its_own_position() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let upload = Upload::new(file, 10, "a", "text/plain");
        let (mut first, mut second) = (upload.open(), upload.open());
        drop(upload);
        let mut two = [0; 2];
        first.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"01");
        second.seek(SeekFrom::End(-3)).unwrap();
        let mut rest = String::new();
        second.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "789");
        first.seek(SeekFrom::Current(2)).unwrap();
        rest.clear();
        first.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "456789");
        assert!(first.seek(SeekFrom::Current(-11)).is_err());
    }

    #[test]
    fn a_copy_replaces_nothing() {
        let mut file = tempfile::tempfile().unwrap();
        let content = vec![7; 2 * COPY_BLOCK + 1];
        file.write_all(&content).unwrap();
        let upload = Upload::new(file, content.len() as u64, "a", "text/plain");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("copy");
        for _ in 0..2 {
            let copied = upload.copy_to(&path);
            assert_eq!(fs::read(&path).unwrap(), content);
            if let Err(error) = copied {
                assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
                return;
            }
        }
        panic!("it was replaced");
    }

    #[test]
    fn a_name_is_never_a_path() {
        for (claimed, name) in [
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\mia\photo.png", "photo.png"),
            ("..", "file"),
            ("../", "file"),
            ("", "file"),
            ("a\u{0}b\r\n.png", "ab.png"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            (" a b .png ", "a b .png"),
        ] {
            assert_eq!(upload(claimed).file_name(), name, "{claimed:?}");
        }
        assert_eq!(upload(&"é".repeat(200)).file_name().len(), 254);
        let shown = format!("{:?}", upload("../a.png"));
        assert_eq!(shown, r#"Upload { file_name: "a.png", len: 3, .. }"#);
    }

    #[test]
    fn a_field_knows_its_paths_and_types() {
        let mut field = UploadField::new("phones.*.scan");
        assert!(field.is_at("phones.0.scan") && field.is_at("phones.12.scan"));
        for path in [
            "phones.scan",
            "phones.x.scan",
            "phones..scan",
            "phones.00.scan",
            "phones.0.scan.a",
            "phones.0",
            "",
        ] {
            assert!(!field.is_at(path), "{path}");
        }
        assert!(field.accepts("anything/at-all"));
        field.accept = vec!["image/*".to_owned(), "application/pdf".to_owned()];
        assert!(field.accepts("image/png") && field.accepts("Application/PDF; a=b"));
        assert!(
            !field.accepts("imagery/png") && !field.accepts("text/plain") && !field.accepts("")
        );
    }
}
