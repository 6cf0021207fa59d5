//! Downloads: files that functions return.

mod body;

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

pub use self::body::{DownloadBody, DownloadFile};
use crate::file_name::sanitize_file_name;

/// The content type of a download that states none.
const DEFAULT_CONTENT_TYPE: &str = "application/octet-stream";

/// A file that a function returns instead of JSON, with its name and its content type.
///
/// The content is in memory, a file, or a stream. The client saves it under [`name`](Self::name), or
/// reads it as it arrives.
///
/// A `Download` is the whole output of a query or a mutation; it cannot be a part of a value, and
/// contexts, forms and channels cannot return it. Batches and pages refuse to call such a function.
///
/// ```
/// use mizan_core::{Download, Error, client};
///
/// #[client(query, auth, content_type = "text/csv")]
/// async fn sales(year: u16) -> Result<Download, Error> {
///     if year < 2020 {
///         return Err(Error::not_found("there are no sales before 2020"));
///     }
///     Ok(Download::new(format!("sales-{year}.csv"), "month,amount\n1,20\n"))
/// }
/// ```
pub struct Download {
    name: String,
    content_type: Option<Cow<'static, str>>,
    is_inline: bool,
    etag: Option<String>,
    last_modified: Option<SystemTime>,
    body: DownloadBody,
}

impl Download {
    /// Creates a download with its content in memory.
    ///
    /// From `name`, folders, control characters and characters that change the direction of text are
    /// removed.
    pub fn new(name: impl AsRef<str>, content: impl Into<Bytes>) -> Self {
        Self::with_body(name.as_ref(), DownloadBody::Bytes(content.into()))
    }

    /// Creates a download of a file that is open for reading. The server reads it as the client
    /// receives it.
    ///
    /// The download has the size and the time of the last modification that the file has now. A file
    /// that becomes shorter while it is sent aborts the download.
    ///
    /// ```no_run
    /// use std::fs::File;
    ///
    /// use mizan_core::{Download, Error, client};
    ///
    /// #[client(query, auth, content_type = "application/pdf")]
    /// async fn handbook() -> Result<Download, Error> {
    ///     Ok(Download::file("Handbook.pdf", File::open("handbook.pdf")?)?)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the metadata of the file cannot be read, or if it is a folder.
    pub fn file(name: impl AsRef<str>, file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let file = DownloadFile::new(file, metadata.len());
        let mut download = Self::with_body(name.as_ref(), DownloadBody::File(file));
        download.last_modified = metadata.modified().ok();
        Ok(download)
    }

    /// Creates a download whose content is produced while the client receives it.
    ///
    /// An error of the stream aborts the connection, so that the client never takes a part of the file
    /// for the whole. The stream is polled only as fast as the client reads, and is dropped when the
    /// client leaves.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use futures_util::{StreamExt, stream};
    /// use mizan_core::{Download, Error, client};
    ///
    /// #[client(query, content_type = "text/plain")]
    /// async fn numbers(count: u32) -> Result<Download, Error> {
    ///     let lines = stream::iter(0..count).map(|number| Ok(Bytes::from(format!("{number}\n"))));
    ///     Ok(Download::stream("numbers.txt", lines))
    /// }
    /// ```
    pub fn stream(
        name: impl AsRef<str>,
        content: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Self {
        let body = DownloadBody::Stream {
            content: content.boxed(),
            len: None,
        };
        Self::with_body(name.as_ref(), body)
    }

    fn with_body(name: &str, body: DownloadBody) -> Self {
        Self {
            name: sanitize_file_name(name),
            content_type: None,
            is_inline: false,
            etag: None,
            last_modified: None,
            body,
        }
    }

    /// Sets the content type, which `content_type = ".."` of the function sets otherwise. Without both,
    /// it is `application/octet-stream`.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<Cow<'static, str>>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Sets the size of a streamed content in bytes, so that clients can show the progress. A stream
    /// of another size aborts the connection. Other contents have their own size.
    #[must_use]
    pub fn with_len(mut self, bytes: u64) -> Self {
        if let DownloadBody::Stream { len, .. } = &mut self.body {
            *len = Some(bytes);
        }
        self
    }

    /// Lets browsers show the file instead of saving it, where a link opens it.
    ///
    /// A file that can contain scripts, such as HTML or SVG, runs in a sandbox without the origin of
    /// the application.
    #[must_use]
    pub fn inline(mut self) -> Self {
        self.is_inline = true;
        self
    }

    /// Sets an identifier of exactly this content, such as a hash, so that clients can revalidate a
    /// stored copy and continue a download that was interrupted.
    #[must_use]
    pub fn with_etag(mut self, etag: impl Into<String>) -> Self {
        self.etag = Some(etag.into());
        self
    }

    /// Sets the time of the last modification, with which clients can revalidate a stored copy.
    #[must_use]
    pub fn with_last_modified(mut self, time: SystemTime) -> Self {
        self.last_modified = Some(time);
        self
    }

    /// Returns the name of the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the content type.
    #[must_use]
    pub fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or(DEFAULT_CONTENT_TYPE)
    }

    /// Returns `true` if browsers may show the file instead of saving it.
    #[must_use]
    pub fn is_inline(&self) -> bool {
        self.is_inline
    }

    /// Returns the identifier of the content.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    /// Returns the time of the last modification.
    #[must_use]
    pub fn last_modified(&self) -> Option<SystemTime> {
        self.last_modified
    }

    /// Returns the size in bytes, if it is known.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.body.size()
    }

    /// Returns `true` if the content can be read from any position: it is in memory or a file.
    #[must_use]
    pub fn is_seekable(&self) -> bool {
        !matches!(self.body, DownloadBody::Stream { .. })
    }

    /// Returns the content.
    #[must_use]
    pub fn into_body(self) -> DownloadBody {
        self.body
    }

    /// Reads the whole content into memory, for example in a test. Reading a file blocks.
    ///
    /// # Errors
    ///
    /// Returns the error of the file or of the stream.
    pub async fn into_bytes(self) -> io::Result<Bytes> {
        self.body.into_bytes().await
    }

    /// Returns `true` if `T` is this type.
    pub(crate) fn is<T: 'static>() -> bool {
        std::any::TypeId::of::<T>() == std::any::TypeId::of::<Self>()
    }

    /// Returns the download if `output` is one, with the content type that its function declares.
    pub(crate) fn from_output<T: 'static>(
        output: T,
        content_type: Option<&'static str>,
    ) -> Result<Self, T> {
        let mut output = Some(output);
        let any: &mut dyn Any = &mut output;
        match any.downcast_mut::<Option<Self>>().and_then(Option::take) {
            Some(mut download) => {
                if download.content_type.is_none() {
                    download.content_type = content_type.map(Cow::Borrowed);
                }
                Ok(download)
            }
            None => Err(output.expect("only a download was taken")),
        }
    }

    /// Returns the schema of a function's output with the content type that the function declares.
    pub(crate) fn schema(content_type: Option<&str>) -> Value {
        let content_type = content_type.unwrap_or(DEFAULT_CONTENT_TYPE);
        schema(content_type).to_value()
    }

    /// Returns `true` for the schema of a download, also if it is optional.
    pub(crate) fn is_schema(keywords: &serde_json::Map<String, Value>) -> bool {
        keywords.get("format").and_then(Value::as_str) == Some("binary")
            && keywords.contains_key("contentMediaType")
    }
}

fn schema(content_type: &str) -> Schema {
    json_schema!({ "type": "string", "format": "binary", "contentMediaType": content_type })
}

/// Writes everything except the content.
impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("name", &self.name)
            .field("content_type", &self.content_type())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

/// Always fails, because JSON cannot contain a file. A function that returns a `Download` does not
/// serialize it.
impl Serialize for Download {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom(
            "a `Download` is not a value in JSON: return it as the whole output of a function",
        ))
    }
}

impl JsonSchema for Download {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Download".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::Download").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema(DEFAULT_CONTENT_TYPE)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io::Write as _;

    use futures_util::{FutureExt, stream};

    use super::*;

    fn read(download: Download) -> io::Result<Bytes> {
        download.into_bytes().now_or_never().unwrap()
    }

    #[test]
    fn cleans_the_name() {
        let download = Download::new("../a\r\n\u{202e}b.csv", "");
        assert_eq!(download.name(), "ab.csv");
        assert_eq!(Download::new("", "").name(), "file");
    }

    #[test]
    fn takes_the_declared_content_type_unless_it_has_its_own() {
        let declared =
            |download| Download::from_output::<Download>(download, Some("text/csv")).unwrap();
        assert_eq!(declared(Download::new("a", "")).content_type(), "text/csv");
        let own = Download::new("a", "").with_content_type("image/png");
        assert_eq!(declared(own).content_type(), "image/png");
        let none = Download::from_output(Download::new("a", ""), None).unwrap();
        assert_eq!(none.content_type(), "application/octet-stream");
        assert_eq!(Download::from_output(3, None).unwrap_err(), 3);
    }

    #[test]
    fn reads_memory_files_and_streams() {
        assert_eq!(read(Download::new("a", "memory")).unwrap(), "memory");
        let mut file = tempfile::tempfile().unwrap();
        let content = vec![7; 200_000];
        file.write_all(&content).unwrap();
        let download = Download::file("a", file).unwrap();
        assert_eq!(download.size(), Some(200_000));
        assert!(download.last_modified().is_some());
        assert_eq!(read(download).unwrap(), content);
        let parts = stream::iter(["a", "b"].map(|part| Ok(Bytes::from(part))));
        let download = Download::stream("a", parts);
        assert_eq!(download.size(), None);
        assert_eq!(read(download.with_len(2)).unwrap(), "ab");
    }

    #[test]
    fn reports_contents_of_another_size() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(10).unwrap();
        let download = Download::file("a", file.try_clone().unwrap()).unwrap();
        file.set_len(5).unwrap();
        assert_eq!(
            read(download).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        assert!(Download::file("a", File::open("/").unwrap()).is_err());
    }
}
