use std::any::Any;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};
use uuid::Uuid;

/// A file that came with a call. Cloning is cheap.
///
/// The server has put it into a temporary file, which is gone when the last clone is dropped:
/// whoever wants to keep it copies it. As a member of an input it is decoded only where the server
/// has received files for the call; anything else in its place is refused.
///
/// In a JSON Schema it is a binary string.
#[derive(Clone)]
pub struct Upload(Arc<Stored>);

struct Stored {
    file_name: String,
    content_type: String,
    len: u64,
    path: PathBuf,
    _guard: Box<dyn Any + Send + Sync>,
}

impl Upload {
    /// A file of `len` bytes at `path`. Dropping `guard` removes it.
    ///
    /// `file_name` is what the client calls the file, `content_type` what the server found it to be.
    pub fn new(
        path: impl Into<PathBuf>,
        len: u64,
        file_name: &str,
        content_type: impl Into<String>,
        guard: impl Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Stored {
            file_name: plain_name(file_name),
            content_type: content_type.into(),
            len,
            path: path.into(),
            _guard: Box::new(guard),
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

    /// Where the file is while an `Upload` of it exists.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Opens the file for reading. Blocks: in async code, open [`path`](Self::path) instead.
    ///
    /// # Errors
    ///
    /// Those of [`File::open`].
    pub fn open(&self) -> io::Result<File> {
        File::open(&self.0.path)
    }
}

/// The name and the length; paths are of no interest to a log.
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
            .ok_or_else(|| E::custom("must be a file, sent as a part of multipart/form-data"))
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
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Form {
        image: Option<Upload>,
    }

    fn upload(name: &str) -> Upload {
        Upload::new("/nowhere", 3, name, "image/png", ())
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
                "must be a file, sent as a part of multipart/form-data"
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
    fn the_file_is_gone_with_the_last_clone() {
        static GONE: AtomicBool = AtomicBool::new(false);
        struct Guard;
        impl Drop for Guard {
            fn drop(&mut self) {
                GONE.store(true, Ordering::SeqCst);
            }
        }
        let first = Upload::new("/nowhere", 0, "a", "text/plain", Guard);
        let second = first.clone();
        drop(first);
        assert!(!GONE.load(Ordering::SeqCst));
        drop(second);
        assert!(GONE.load(Ordering::SeqCst));
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
