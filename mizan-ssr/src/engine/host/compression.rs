//! The implementation of `CompressionStream` and `DecompressionStream`.

use std::mem;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// The maximum size of a chunk of output, so that small data that expands to large data is passed on in parts.
const MAX_CHUNK_BYTES: usize = 1 << 16;
/// The window size of gzip.
const WINDOW_BITS: u8 = 15;

/// A compression or decompression in progress.
pub(super) struct Coder {
    direction: Direction,
    input: Vec<u8>,
    /// The number of bytes of the input that are processed.
    processed: usize,
    /// Set if no more input follows.
    finishing: bool,
    ended: bool,
}

enum Direction {
    Compress(Compress),
    Decompress(Decompress),
}

impl Coder {
    /// Creates a coder for the format of a `CompressionStream`; `None` if the format is unknown.
    pub(super) fn new(format: &str, compresses: bool) -> Option<Self> {
        let level = Compression::default();
        let direction = match (format, compresses) {
            ("deflate", true) => Direction::Compress(Compress::new(level, true)),
            ("deflate-raw", true) => Direction::Compress(Compress::new(level, false)),
            ("gzip", true) => Direction::Compress(Compress::new_gzip(level, WINDOW_BITS)),
            ("deflate", false) => Direction::Decompress(Decompress::new(true)),
            ("deflate-raw", false) => Direction::Decompress(Decompress::new(false)),
            ("gzip", false) => Direction::Decompress(Decompress::new_gzip(WINDOW_BITS)),
            _ => return None,
        };
        Some(Self {
            direction,
            input: Vec::new(),
            processed: 0,
            finishing: false,
            ended: false,
        })
    }

    /// Adds input, which is the last if `finish` is set.
    pub(super) fn write(&mut self, input: &[u8], finish: bool) {
        self.input.drain(..mem::take(&mut self.processed));
        self.input.extend_from_slice(input);
        self.finishing = finish;
    }

    /// Returns the next chunk of output; `None` if more input is needed or there is no more output.
    pub(super) fn read(&mut self) -> Result<Option<Vec<u8>>, String> {
        let mut output = vec![0; MAX_CHUNK_BYTES];
        while !self.ended {
            let input = self.input.get(self.processed..).unwrap_or_default();
            let (status, read, written) = match &mut self.direction {
                Direction::Compress(compress) => {
                    let before = (compress.total_in(), compress.total_out());
                    let flush = if self.finishing {
                        FlushCompress::Finish
                    } else {
                        FlushCompress::None
                    };
                    let status = compress.compress(input, &mut output, flush);
                    let status = status.map_err(|error| error.to_string())?;
                    let read = compress.total_in() - before.0;
                    (status, read, compress.total_out() - before.1)
                }
                Direction::Decompress(decompress) => {
                    let before = (decompress.total_in(), decompress.total_out());
                    let status = decompress.decompress(input, &mut output, FlushDecompress::None);
                    let status = status
                        .map_err(|error| format!("the data cannot be decompressed: {error}"))?;
                    let read = decompress.total_in() - before.0;
                    (status, read, decompress.total_out() - before.1)
                }
            };
            self.processed += usize::try_from(read).unwrap_or(usize::MAX);
            self.ended = matches!(status, Status::StreamEnd);
            if written > 0 {
                output.truncate(usize::try_from(written).unwrap_or(usize::MAX));
                return Ok(Some(output));
            }
            if read == 0 && !self.ended {
                return if self.finishing {
                    Err("the compressed data is incomplete".into())
                } else {
                    Ok(None)
                };
            }
        }
        if self.processed < self.input.len() {
            return Err("data follows the end of the compressed data".into());
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::{Coder, MAX_CHUNK_BYTES};

    fn run(format: &str, compresses: bool, input: &[u8]) -> Result<Vec<u8>, String> {
        let mut coder = Coder::new(format, compresses).expect("a format");
        let mut output = Vec::new();
        for part in input.chunks(7) {
            coder.write(part, false);
            while let Some(chunk) = coder.read()? {
                assert!(chunk.len() <= MAX_CHUNK_BYTES);
                output.extend(chunk);
            }
        }
        coder.write(&[], true);
        while let Some(chunk) = coder.read()? {
            output.extend(chunk);
        }
        Ok(output)
    }

    #[test]
    fn decompresses_what_it_compressed() {
        for format in ["deflate", "deflate-raw", "gzip"] {
            let data = vec![b'a'; 300_000];
            let compressed = run(format, true, &data).expect("compressed data");
            assert!(compressed.len() < 1_000, "{format}");
            assert_eq!(run(format, false, &compressed).as_deref(), Ok(&data[..]));
            let truncated = run(format, false, &compressed[..compressed.len() - 2]);
            assert!(truncated.is_err(), "{format}");
            let extended = [&compressed[..], b"x"].concat();
            assert!(run(format, false, &extended).is_err(), "{format}");
        }
        assert!(Coder::new("br", true).is_none());
    }
}
