//! Compression of files on first use.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::GzEncoder;
use tokio::sync::Semaphore;
use tokio::task;

use super::content::Content;
use super::content_type::{is_compressible, of_file};
use super::encoding::ContentEncoding;

/// The size below which a file fits into one or two packets anyway.
const MIN_BYTES: usize = 1024;
/// Quality of brotli, of 11. Higher qualities take several times as long for a few percent.
const BROTLI_QUALITY: u32 = 9;
/// Quality of brotli for files that are compressed once for a bundle.
const MAX_BROTLI_QUALITY: u32 = 11;
/// The window of brotli, as a power of two.
const BROTLI_WINDOW: u32 = 22;
/// Compressions at the same time, so that the first visitors of a cold process do not occupy every core.
static COMPRESSIONS: Semaphore = Semaphore::const_new(2);

/// Compresses a file, unless its type, its size or the result show that this does not pay.
///
/// A file that is not in memory is too large to be compressed while a visitor waits.
pub(super) async fn compress(
    content: &Content,
    content_type: &str,
    encoding: ContentEncoding,
) -> Option<Bytes> {
    let Content::Memory(original) = content else {
        return None;
    };
    if !pays(original, content_type) {
        return None;
    }
    let _permit = COMPRESSIONS.acquire().await.ok()?;
    let input = original.clone();
    let compressed = task::spawn_blocking(move || compress_bytes(&input, encoding, BROTLI_QUALITY))
        .await
        .ok()?
        .ok()?;
    is_smaller(&compressed, original).then_some(compressed)
}

/// Returns the compressed variants of a file that pay, with the extensions of their names.
pub(crate) fn precompress(path: &str, content: &[u8]) -> io::Result<Vec<(&'static str, Bytes)>> {
    let mut variants = Vec::new();
    if ContentEncoding::of_file(path).is_some() || !pays(content, of_file(path)) {
        return Ok(variants);
    }
    for (extension, encoding) in [
        ("br", ContentEncoding::Brotli),
        ("gz", ContentEncoding::Gzip),
    ] {
        let compressed = compress_bytes(content, encoding, MAX_BROTLI_QUALITY)?;
        if is_smaller(&compressed, content) {
            variants.push((extension, compressed));
        }
    }
    Ok(variants)
}

/// Returns whether the compression of a file may pay.
fn pays(content: &[u8], content_type: &str) -> bool {
    content.len() >= MIN_BYTES && is_compressible(content_type)
}

fn is_smaller(compressed: &[u8], original: &[u8]) -> bool {
    compressed.len() < original.len() - original.len() / 10
}

fn compress_bytes(
    input: &[u8],
    encoding: ContentEncoding,
    brotli_quality: u32,
) -> io::Result<Bytes> {
    let output = Vec::with_capacity(input.len() / 3);
    let output = match encoding {
        ContentEncoding::Brotli => {
            let mut writer =
                brotli::CompressorWriter::new(output, 4096, brotli_quality, BROTLI_WINDOW);
            writer.write_all(input)?;
            writer.into_inner()
        }
        ContentEncoding::Gzip => {
            let mut writer = GzEncoder::new(output, flate2::Compression::best());
            writer.write_all(input)?;
            writer.finish()?
        }
        ContentEncoding::Zstd => return Err(io::ErrorKind::Unsupported.into()),
    };
    Ok(output.into())
}
