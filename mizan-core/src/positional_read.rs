//! Reading of a file at a position, independently of other readers of the same file.

use std::fs::File;
use std::io;

/// Reads into `buffer` from `position`, and returns the number of bytes.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, position);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buffer, position);
}
