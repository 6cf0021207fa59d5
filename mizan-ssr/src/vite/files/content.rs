//! The bytes of a file, in memory or on disk.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use headers::ETag;
use sha2::{Digest, Sha256};

/// The bytes of a file. Large files stay on disk and are read for each request.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Memory(Bytes),
    Disk { file: PathBuf, length: u64 },
}

impl Content {
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk { length, .. } => *length,
        }
    }

    /// Computes a strong entity tag from the bytes.
    pub(super) fn etag(&self) -> io::Result<ETag> {
        let mut hash = Sha256::new();
        match self {
            Self::Memory(bytes) => hash.update(bytes),
            Self::Disk { file, .. } => {
                io::copy(&mut File::open(file)?, &mut HashWriter(&mut hash))?;
            }
        }
        let digest = BASE64_URL_SAFE_NO_PAD.encode(&hash.finalize()[..12]);
        let etag = format!("\"{digest}\"");
        Ok(etag
            .parse()
            .expect("letters and digits in quotes are an entity tag"))
    }
}

struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
