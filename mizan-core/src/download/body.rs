//! The content of a download.

use std::fmt;
use std::fs::File;
use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;

use crate::positional_read::read_at;

/// The size of the parts in which a file is read.
const FILE_PART_BYTES: u64 = 64 * 1024;

/// The content of a download.
#[non_exhaustive]
pub enum DownloadBody {
    /// Content in memory.
    Bytes(Bytes),
    /// A file.
    File(DownloadFile),
    /// A stream, which can be read once from its beginning.
    Stream {
        /// The content.
        content: BoxStream<'static, io::Result<Bytes>>,
        /// The size in bytes, if the function states it.
        len: Option<u64>,
    },
}

impl DownloadBody {
    /// Returns the size in bytes, if it is known.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File(file) => Some(file.len),
            Self::Stream { len, .. } => *len,
        }
    }

    pub(super) async fn into_bytes(self) -> io::Result<Bytes> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::File(file) => {
                let mut content = BytesMut::new();
                while (content.len() as u64) < file.len {
                    content.extend_from_slice(&file.read(content.len() as u64)?);
                }
                Ok(content.freeze())
            }
            Self::Stream { content, .. } => {
                let parts: Vec<Bytes> = content.try_collect().await?;
                Ok(parts.concat().into())
            }
        }
    }
}

impl fmt::Debug for DownloadBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Bytes(_) => "Bytes",
            Self::File(_) => "File",
            Self::Stream { .. } => "Stream",
        };
        write!(f, "DownloadBody::{kind}({:?})", self.size())
    }
}

/// A file that is sent to a client, with the size that it had when the download began.
#[derive(Debug)]
pub struct DownloadFile {
    file: File,
    len: u64,
}

impl DownloadFile {
    pub(super) fn new(file: File, len: u64) -> Self {
        Self { file, len }
    }

    /// Reads the next part of the file from `position`. Reading blocks.
    ///
    /// # Errors
    ///
    /// Returns the error of the file, or [`io::ErrorKind::UnexpectedEof`] if the file has become
    /// shorter.
    pub fn read(&self, position: u64) -> io::Result<Bytes> {
        let size = self.len.saturating_sub(position).min(FILE_PART_BYTES);
        let mut part = BytesMut::zeroed(usize::try_from(size).unwrap_or_default());
        let read = read_at(&self.file, &mut part, position)?;
        if read == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file has become shorter",
            ));
        }
        part.truncate(read);
        Ok(part.freeze())
    }
}
