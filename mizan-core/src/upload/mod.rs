//! Uploads: files that clients send with a call.

mod field;
mod schema_fields;
mod uploads;

use std::borrow::Cow;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

pub use self::field::UploadField;
pub(crate) use self::schema_fields::upload_fields;
pub use self::uploads::Uploads;
use crate::file_name::sanitize_file_name;
use crate::positional_read::read_at;

/// A file that a client sent with a call. Cloning it is cheap.
///
/// The server stores it in an unnamed temporary file. The file disappears when the last clone is
/// dropped, or when the process ends. [`open`](Self::open) reads it, and [`copy_to`](Self::copy_to)
/// copies it to a permanent file. An `Upload` in an input accepts only a file that the server
/// received with the same call.
///
/// Its JSON Schema is a binary string.
///
/// ```
/// use mizan_core::{Error, Upload, client};
///
/// #[client(auth)]
/// async fn set_avatar(image: Upload) -> Result<u64, Error> {
///     if image.content_type() != "image/png" {
///         return Err(Error::invalid("image", "Must be a PNG image."));
///     }
///     Ok(image.len())
/// }
/// ```
#[derive(Clone)]
pub struct Upload(Arc<Stored>);

struct Stored {
    file_name: String,
    content_type: String,
    len: u64,
    file: File,
}

impl Upload {
    /// Creates an upload from a file of `len` bytes that is open for reading.
    ///
    /// `file_name` is the client's name for the file, and `content_type` the type that the server
    /// detected.
    pub fn new(file: File, len: u64, file_name: &str, content_type: impl Into<String>) -> Self {
        Self(Arc::new(Stored {
            file_name: sanitize_file_name(file_name),
            content_type: content_type.into(),
            len,
            file,
        }))
    }

    /// Returns the client's name for the file, without folders and control characters, truncated to
    /// 255 bytes. An empty name becomes `file`.
    ///
    /// The name may still have a meaning for a shell, a browser or a file system, so store files under
    /// names that the application chooses.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// Returns the content type that the server detected from the first bytes, such as `image/png`,
    /// or the content type that the client sent if the server detected none.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.0.content_type
    }

    /// Returns the size of the file in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len
    }

    /// Returns `true` if the file is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// Returns a reader that starts at the beginning of the file. Each reader has its own position.
    ///
    /// Reading blocks: in async code, read in `tokio::task::spawn_blocking`.
    #[must_use]
    pub fn open(&self) -> UploadReader {
        UploadReader {
            upload: self.clone(),
            position: 0,
        }
    }

    /// Copies the file to a new file at `path`. On Unix, only the server's user can read the copy.
    ///
    /// Copying blocks: in async code, call this in `tokio::task::spawn_blocking`.
    ///
    /// ```
    /// use mizan_core::Upload;
    /// use uuid::Uuid;
    ///
    /// fn keep(upload: &Upload) -> std::io::Result<Uuid> {
    ///     // The application chooses the name, never the client.
    ///     let id = Uuid::new_v4();
    ///     upload.copy_to(format!("/var/lib/app/images/{id}"))?;
    ///     Ok(id)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if `path` exists, or if the copy cannot be created or written. An incomplete
    /// copy is removed.
    pub fn copy_to(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut copy = options.open(path)?;
        let mut reader = BufReader::with_capacity(COPY_BUFFER_BYTES, self.open());
        if let Err(error) = io::copy(&mut reader, &mut copy) {
            drop(copy);
            // The error from copying is more useful than one from removing the file.
            let _ = fs::remove_file(path);
            return Err(error);
        }
        Ok(())
    }
}

/// The size of the buffer for copying files.
const COPY_BUFFER_BYTES: usize = 256 * 1024;

/// A reader of an [`Upload`]. It keeps the file open.
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
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "seek before the start of the file",
            )
        })?;
        Ok(self.position)
    }
}

/// Writes the name and the size.
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

/// Serializes the file's name. `validator` requires this for the parameters of its messages.
impl Serialize for Upload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.file_name())
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
    fn decodes_a_reference_only_during_its_call() {
        let mut uploads = Uploads::default();
        let reference = uploads.add(upload("a.png"));
        let form = uploads.decoding(|| decode(&reference)).unwrap();
        assert_eq!(form.image.unwrap().file_name(), "a.png");

        let mut others = Uploads::default();
        others.add(upload("b.png"));
        for rejected in [
            decode(&reference),
            others.decoding(|| decode(&reference)),
            uploads.decoding(|| decode("0")),
            uploads.decoding(|| Uploads::default().decoding(|| decode("a.png"))),
        ] {
            assert_eq!(
                rejected.unwrap_err().to_string(),
                "Must be a file, sent as a part of multipart/form-data."
            );
        }
        let number = serde_json::from_str::<Form>(r#"{"image": 1}"#).unwrap_err();
        assert!(number.to_string().contains("expected a file"), "{number}");
    }

    #[test]
    fn clears_the_files_after_a_panic() {
        let mut uploads = Uploads::default();
        let reference = uploads.add(upload("a.png"));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            uploads.decoding(|| std::panic::resume_unwind(Box::new(())))
        }));
        assert!(panicked.is_err());
        assert!(decode(&reference).is_err());
    }

    #[test]
    fn gives_each_reader_its_own_position() {
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
    fn copy_does_not_overwrite() {
        let mut file = tempfile::tempfile().unwrap();
        let content = vec![7; 2 * COPY_BUFFER_BYTES + 1];
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
        panic!("the file was overwritten");
    }

    #[test]
    fn debug_output_has_the_name_and_the_size() {
        let shown = format!("{:?}", upload("../a.png"));
        assert_eq!(shown, r#"Upload { file_name: "a.png", len: 3, .. }"#);
    }
}
