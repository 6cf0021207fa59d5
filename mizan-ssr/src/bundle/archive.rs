//! The file format of a bundle: a header, contents, and an index.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::BundleErrorKind;

/// The first bytes of every bundle.
const MAGIC: &[u8; 8] = b"mizanbun";
/// The version of everything after the header.
const FORMAT: u32 = 1;
/// The version of the crate that reads and writes bundles. Modules of another version do not fit its module runner.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The header: [`MAGIC`], the format, the length of the whole, the offset of the index, the crate's version, which is
/// padded with zeros, and the SHA-256 of everything else.
const HEADER_BYTES: usize = 128;
const FORMAT_AT: usize = 8;
const LENGTH_AT: usize = 16;
const INDEX_AT: usize = 24;
const VERSION_AT: usize = 32;
const DIGEST_AT: usize = 96;

/// The alignment of contents. V8 copies stored code whose address is not a multiple of eight.
const ALIGNMENT: usize = 16;

/// The position of content in an archive.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct Blob {
    offset: u64,
    length: u64,
}

/// The contents and the index of a bundle whose checksum is right.
#[derive(Clone, Copy)]
pub(crate) struct Archive {
    bytes: &'static [u8],
    index: &'static [u8],
}

impl Archive {
    /// Checks the header and the checksum of `bytes`.
    pub(super) fn open(bytes: &'static [u8]) -> Result<Self, BundleErrorKind> {
        let Some((header, _)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return Err(if bytes.starts_with(MAGIC) {
                BundleErrorKind::Truncated {
                    expected: HEADER_BYTES as u64,
                    actual: bytes.len() as u64,
                }
            } else {
                BundleErrorKind::NotABundle
            });
        };
        if !header.starts_with(MAGIC) {
            return Err(BundleErrorKind::NotABundle);
        }
        let version = &header[VERSION_AT..DIGEST_AT];
        let version = version.split(|byte| *byte == 0).next().unwrap_or_default();
        let format = u32::from_le_bytes(array(header, FORMAT_AT));
        if format != FORMAT || version != VERSION.as_bytes() {
            return Err(BundleErrorKind::OtherVersion {
                version: version.escape_ascii().to_string(),
                format,
            });
        }
        let length = u64::from_le_bytes(array(header, LENGTH_AT));
        if length != bytes.len() as u64 {
            return Err(BundleErrorKind::Truncated {
                expected: length,
                actual: bytes.len() as u64,
            });
        }
        if header[DIGEST_AT..] != digest(bytes)[..] {
            return Err(BundleErrorKind::Damaged);
        }
        let index = usize::try_from(u64::from_le_bytes(array(header, INDEX_AT)))
            .ok()
            .and_then(|at| bytes.get(at..))
            .ok_or(BundleErrorKind::Damaged)?;
        Ok(Self { bytes, index })
    }

    /// Decodes the index.
    pub(super) fn index<T: Deserialize<'static>>(&self) -> Result<T, BundleErrorKind> {
        decode(self.index).ok_or(BundleErrorKind::Damaged)
    }

    /// Returns the content at `blob`; `None` if the archive does not contain it.
    pub(crate) fn bytes(&self, blob: Blob) -> Option<&'static [u8]> {
        let start = usize::try_from(blob.offset).ok()?;
        let length = usize::try_from(blob.length).ok()?;
        self.bytes.get(start..start.checked_add(length)?)
    }

    pub(crate) fn text(&self, blob: Blob) -> Option<&'static str> {
        std::str::from_utf8(self.bytes(blob)?).ok()
    }

    pub(crate) fn decoded<T: Deserialize<'static>>(&self, blob: Blob) -> Option<T> {
        decode(self.bytes(blob)?)
    }
}

fn decode<T: Deserialize<'static>>(bytes: &'static [u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

/// Collects the contents of a new archive. Equal contents are stored once.
pub(super) struct ArchiveWriter {
    bytes: Vec<u8>,
    stored: HashMap<[u8; 32], Blob>,
}

impl ArchiveWriter {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; HEADER_BYTES],
            stored: HashMap::new(),
        }
    }

    pub(super) fn put(&mut self, content: &[u8]) -> Blob {
        let digest = Sha256::digest(content).into();
        if let Some(blob) = self.stored.get(&digest) {
            return *blob;
        }
        let aligned = self.bytes.len().next_multiple_of(ALIGNMENT);
        self.bytes.resize(aligned, 0);
        let blob = Blob {
            offset: aligned as u64,
            length: content.len() as u64,
        };
        self.bytes.extend_from_slice(content);
        self.stored.insert(digest, blob);
        blob
    }

    /// Stores `value` in the form that [`Archive::decoded`] reads.
    pub(super) fn put_encoded(&mut self, value: &impl Serialize) -> Result<Blob, postcard::Error> {
        Ok(self.put(&postcard::to_stdvec(value)?))
    }

    /// Appends the index and returns the archive.
    pub(super) fn finish(mut self, index: &impl Serialize) -> Result<Vec<u8>, postcard::Error> {
        let index_at = self.bytes.len() as u64;
        self.bytes.extend(postcard::to_stdvec(index)?);
        let length = self.bytes.len() as u64;
        let header = &mut self.bytes[..HEADER_BYTES];
        header[..FORMAT_AT].copy_from_slice(MAGIC);
        header[FORMAT_AT..FORMAT_AT + 4].copy_from_slice(&FORMAT.to_le_bytes());
        header[LENGTH_AT..INDEX_AT].copy_from_slice(&length.to_le_bytes());
        header[INDEX_AT..VERSION_AT].copy_from_slice(&index_at.to_le_bytes());
        header[VERSION_AT..VERSION_AT + VERSION.len()].copy_from_slice(VERSION.as_bytes());
        let digest = digest(&self.bytes);
        self.bytes[DIGEST_AT..HEADER_BYTES].copy_from_slice(&digest);
        Ok(self.bytes)
    }
}

/// Returns the digest of an archive, except of the place where the digest is stored.
fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(&bytes[..DIGEST_AT])
        .chain_update(&bytes[HEADER_BYTES..])
        .finalize()
        .into()
}

/// Returns the `N` bytes at `at` of the header.
fn array<const N: usize>(header: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    std::array::from_fn(|offset| header[at + offset])
}
