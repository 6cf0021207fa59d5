//! Uploaded files, which are streamed from the request into temporary files.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use mizan_core::error::Unavailable;
use mizan_core::upload::UploadField;
use mizan_core::{Error, ErrorCode, Upload};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

use super::body_budget::BodyShare;
use super::media_type::{self, SNIFF_BYTES};
use super::multipart::{MultipartReader, Part};

/// The size of the blocks in which a file is written.
const WRITE_BLOCK_BYTES: usize = 256 * 1024;

/// The result of receiving a file.
pub(super) enum UploadOutcome {
    Received(ReceivedFile),
    Empty,
    /// The file was rejected, for a reason that the form shows to its user.
    Rejected(String),
}

/// A file that was received and accepted.
pub(super) struct ReceivedFile {
    pub(super) upload: Upload,
    /// The hash of the content, which replaces it when requests are compared.
    pub(super) hash: [u8; 32],
}

/// Receives the files of one request.
pub(super) struct UploadReceiver<'a> {
    pub(super) dir: Arc<Path>,
    pub(super) max_bytes: u64,
    pub(super) bytes_left: u64,
    pub(super) share: &'a mut BodyShare,
}

impl UploadReceiver<'_> {
    /// Receives a part into a temporary file.
    ///
    /// A rejected file is still read to its end and discarded: a browser shows a response only after it
    /// has sent the whole request, so the user would otherwise not see the reason.
    pub(super) async fn receive<B: Body>(
        &mut self,
        reader: &mut MultipartReader<'_, B>,
        part: &mut Part,
        field: &UploadField,
    ) -> Result<UploadOutcome, Error> {
        let mut file = IncomingFile::new(field, part.content_type());
        while let Some(chunk) = reader.chunk(part).await? {
            self.count(&chunk)?;
            self.share.take_storage(chunk.len())?;
            file.push(&chunk);
            self.share.take_buffer(file.buffer.len())?;
            if file.buffer.len() >= WRITE_BLOCK_BYTES {
                file.write_buffer(&self.dir, self.share).await?;
            }
        }
        file.finish(&self.dir, self.share, part.file_name().unwrap_or_default())
            .await
    }

    /// Reads a part to its end and discards it.
    pub(super) async fn discard<B: Body>(
        &mut self,
        reader: &mut MultipartReader<'_, B>,
        part: &mut Part,
    ) -> Result<(), Error> {
        while let Some(chunk) = reader.chunk(part).await? {
            self.count(&chunk)?;
        }
        Ok(())
    }

    fn count(&mut self, chunk: &Bytes) -> Result<(), Error> {
        self.bytes_left = self
            .bytes_left
            .checked_sub(chunk.len() as u64)
            .ok_or_else(|| {
                let max = self.max_bytes;
                let message =
                    format!("the files of the request are larger than {max} bytes in total");
                Error::new(ErrorCode::TooLarge, message)
            })?;
        Ok(())
    }
}

/// A file that is being received.
struct IncomingFile<'a> {
    field: &'a UploadField,
    claimed_type: String,
    len: u64,
    /// The bytes that are not yet written.
    buffer: BytesMut,
    content_type: Option<String>,
    spool: Option<SpoolFile>,
    rejection: Option<String>,
}

impl<'a> IncomingFile<'a> {
    fn new(field: &'a UploadField, claimed_type: &str) -> Self {
        Self {
            field,
            claimed_type: claimed_type.to_owned(),
            len: 0,
            buffer: BytesMut::new(),
            content_type: None,
            spool: None,
            rejection: None,
        }
    }

    fn push(&mut self, chunk: &[u8]) {
        if self.rejection.is_some() {
            return;
        }
        self.len += chunk.len() as u64;
        if let Some(max) = self.field.max_bytes
            && self.len > max
        {
            return self.reject(format!("The file must be at most {}.", format_size(max)));
        }
        self.buffer.extend_from_slice(chunk);
        if self.content_type.is_none() && self.buffer.len() >= SNIFF_BYTES {
            self.check_type();
        }
    }

    fn check_type(&mut self) {
        let start = &self.buffer[..self.buffer.len().min(SNIFF_BYTES)];
        match media_type::check(self.field, &self.claimed_type, start) {
            Ok(content_type) => self.content_type = Some(content_type),
            Err(rejection) => self.reject(rejection),
        }
    }

    fn reject(&mut self, rejection: String) {
        self.rejection = Some(rejection);
        self.buffer = BytesMut::new();
        self.spool = None;
    }

    async fn write_buffer(&mut self, dir: &Arc<Path>, share: &mut BodyShare) -> Result<(), Error> {
        if self.spool.is_none() {
            share.take_file()?;
        }
        let (spool, dir, block) = (self.spool.take(), Arc::clone(dir), self.buffer.split());
        let spool = spawn_blocking(move || {
            let mut spool = match spool {
                Some(spool) => spool,
                None => SpoolFile::create(&dir)?,
            };
            spool.hasher.update(&block);
            spool.file.write_all(&block)?;
            io::Result::Ok(spool)
        })
        .await
        .map_err(Error::internal)?
        // Typically a full disk: the client may retry later.
        .map_err(|error| Error::from(Unavailable::new(error)).logged("uploads"))?;
        self.spool = Some(spool);
        Ok(())
    }

    async fn finish(
        mut self,
        dir: &Arc<Path>,
        share: &mut BodyShare,
        file_name: &str,
    ) -> Result<UploadOutcome, Error> {
        if self.len == 0 {
            return Ok(UploadOutcome::Empty);
        }
        if self.content_type.is_none() && self.rejection.is_none() {
            self.check_type();
        }
        if let Some(rejection) = self.rejection {
            return Ok(UploadOutcome::Rejected(rejection));
        }
        self.write_buffer(dir, share).await?;
        let Some(SpoolFile { file, hasher }) = self.spool else {
            return Err(Error::internal("an upload has no temporary file"));
        };
        let content_type = self.content_type.unwrap_or_default();
        Ok(UploadOutcome::Received(ReceivedFile {
            upload: Upload::new(file, self.len, file_name, content_type),
            hash: hasher.finalize().into(),
        }))
    }
}

/// Formats a number of bytes in the largest unit that keeps it an integer, as the generated client does.
fn format_size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        _ if bytes > 0 && bytes.is_multiple_of(1_000_000) => format!("{} MB", bytes / 1_000_000),
        _ if bytes > 0 && bytes.is_multiple_of(1_000) => format!("{} kB", bytes / 1_000),
        _ => format!("{bytes} bytes"),
    }
}

/// A temporary file without a name, which the operating system deletes even if the process is killed.
struct SpoolFile {
    file: File,
    hasher: Sha256,
}

impl SpoolFile {
    fn create(dir: &Path) -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(dir)?,
            hasher: Sha256::new(),
        })
    }
}
