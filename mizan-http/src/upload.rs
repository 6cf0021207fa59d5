//! Files on their way from a request into temporary files.

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

use crate::body_budget::BodyShare;
use crate::media_type::{self, SNIFFED};
use crate::multipart::{Part, Parts};

/// How much of a file is in memory before it is written.
const BLOCK: usize = 256 * 1024;

/// What became of a file.
pub(crate) enum Outcome {
    Taken(Received),
    /// There was nothing in it.
    Empty,
    /// Why, for the person who sent it.
    Refused(String),
}

/// A file that was taken.
pub(crate) struct Received {
    pub(crate) upload: Upload,
    /// Stands for the content where requests are compared.
    pub(crate) hash: [u8; 32],
}

/// Where files go, and how much of them one request may bring.
pub(crate) struct Store<'a> {
    pub(crate) dir: Arc<Path>,
    pub(crate) most: u64,
    pub(crate) left: u64,
    pub(crate) share: &'a mut BodyShare,
}

impl Store<'_> {
    /// Receives a part into a temporary file.
    ///
    /// What is refused is still read to its end, and thrown away: a browser that is not done with
    /// sending does not show an answer, and the person who fills in the form would not learn why.
    pub(crate) async fn receive<B: Body>(
        &mut self,
        parts: &mut Parts<'_, B>,
        part: &mut Part,
        field: &UploadField,
    ) -> Result<Outcome, Error> {
        let mut file = Incoming::new(field, part.content_type());
        while let Some(chunk) = parts.chunk(part).await? {
            self.count(&chunk)?;
            self.share.take_storage(chunk.len())?;
            file.take(&chunk);
            self.share.buffer(file.buffer.len())?;
            if file.buffer.len() >= BLOCK {
                file.write(&self.dir, self.share).await?;
            }
        }
        file.end(&self.dir, self.share, part.file_name().unwrap_or_default())
            .await
    }

    /// Reads a part to its end and keeps nothing of it.
    pub(crate) async fn skip<B: Body>(
        &mut self,
        parts: &mut Parts<'_, B>,
        part: &mut Part,
    ) -> Result<(), Error> {
        while let Some(chunk) = parts.chunk(part).await? {
            self.count(&chunk)?;
        }
        Ok(())
    }

    fn count(&mut self, chunk: &Bytes) -> Result<(), Error> {
        let left = self.left.checked_sub(chunk.len() as u64);
        self.left = left.ok_or_else(|| {
            let most = self.most;
            let message = format!("the files are larger than {most} bytes together");
            Error::new(ErrorCode::TooLarge, message)
        })?;
        Ok(())
    }
}

/// A file that arrives.
struct Incoming<'a> {
    field: &'a UploadField,
    claimed: String,
    len: u64,
    /// What was not written yet.
    buffer: BytesMut,
    content_type: Option<String>,
    spool: Option<Spool>,
    refusal: Option<String>,
}

/// A number of bytes in the largest unit that takes it whole, as the generated client writes it.
fn size_words(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        _ if bytes > 0 && bytes.is_multiple_of(1_000_000) => format!("{} MB", bytes / 1_000_000),
        _ if bytes > 0 && bytes.is_multiple_of(1_000) => format!("{} kB", bytes / 1_000),
        _ => format!("{bytes} bytes"),
    }
}

impl<'a> Incoming<'a> {
    fn new(field: &'a UploadField, claimed: &str) -> Self {
        Self {
            field,
            claimed: claimed.to_owned(),
            len: 0,
            buffer: BytesMut::new(),
            content_type: None,
            spool: None,
            refusal: None,
        }
    }

    fn take(&mut self, chunk: &[u8]) {
        if self.refusal.is_some() {
            return;
        }
        self.len += chunk.len() as u64;
        if let Some(most) = self.field.max_bytes
            && self.len > most
        {
            return self.refuse(format!("The file must be at most {}.", size_words(most)));
        }
        self.buffer.extend_from_slice(chunk);
        if self.content_type.is_none() && self.buffer.len() >= SNIFFED {
            self.check_type();
        }
    }

    fn check_type(&mut self) {
        let start = &self.buffer[..self.buffer.len().min(SNIFFED)];
        match media_type::check(self.field, &self.claimed, start) {
            Ok(content_type) => self.content_type = Some(content_type),
            Err(refusal) => self.refuse(refusal),
        }
    }

    fn refuse(&mut self, refusal: String) {
        self.refusal = Some(refusal);
        self.buffer = BytesMut::new();
        self.spool = None;
    }

    /// Writes what is there.
    async fn write(&mut self, dir: &Arc<Path>, share: &mut BodyShare) -> Result<(), Error> {
        if self.spool.is_none() {
            share.take_file()?;
        }
        let (spool, dir, block) = (self.spool.take(), Arc::clone(dir), self.buffer.split());
        let written = spawn_blocking(move || {
            let mut spool = match spool {
                Some(spool) => spool,
                None => Spool::new(&dir)?,
            };
            spool.hasher.update(&block);
            spool.file.write_all(&block)?;
            io::Result::Ok(spool)
        });
        let spool = written.await.map_err(Error::internal)?;
        // A full disk, say: the client is told to try again later.
        let unavailable = |error| Error::from(Unavailable::new(error)).logged("uploads");
        self.spool = Some(spool.map_err(unavailable)?);
        Ok(())
    }

    async fn end(
        mut self,
        dir: &Arc<Path>,
        share: &mut BodyShare,
        file_name: &str,
    ) -> Result<Outcome, Error> {
        if self.len == 0 {
            return Ok(Outcome::Empty);
        }
        if self.content_type.is_none() && self.refusal.is_none() {
            self.check_type();
        }
        if let Some(refusal) = self.refusal {
            return Ok(Outcome::Refused(refusal));
        }
        self.write(dir, share).await?;
        let Some(Spool { file, hasher }) = self.spool else {
            return Err(Error::internal("a file was written nowhere"));
        };
        let content_type = self.content_type.unwrap_or_default();
        Ok(Outcome::Taken(Received {
            upload: Upload::new(file, self.len, file_name, content_type),
            hash: hasher.finalize().into(),
        }))
    }
}

/// A file that is written. It has no name, so that it ends with the process too, however that ends.
struct Spool {
    file: File,
    hasher: Sha256,
}

impl Spool {
    fn new(dir: &Path) -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(dir)?,
            hasher: Sha256::new(),
        })
    }
}
