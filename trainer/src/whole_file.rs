//! Files that people name, read as a whole: they may be pipes, and devices that never end.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Most bytes that are read of one, 2 GiB: more than any table, agent or network that fits into a run.
const MOST_BYTES: u64 = 2 << 30;

/// Most bytes of what is small, such as certificates.
const MOST_SMALL_BYTES: u64 = 16 << 20;

/// Reads a file that is small.
///
/// # Errors
/// Where it cannot be read, or goes on after 16 MiB.
pub(crate) fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    read_at_most(File::open(path)?, MOST_SMALL_BYTES)
}

/// Reads what comes, to its end.
///
/// # Errors
/// Where it cannot be read, or goes on after 2 GiB.
pub(crate) fn read_stream(stream: impl Read) -> io::Result<Vec<u8>> {
    taken(stream, MOST_BYTES)
}

/// Reads a file.
///
/// # Errors
/// Where it cannot be read, or goes on after 2 GiB.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_at_most(File::open(path)?, MOST_BYTES)
}

fn read_at_most(file: File, most: u64) -> io::Result<Vec<u8>> {
    // What is known to be too long need not be read to learn it.
    if file.metadata()?.len() > most { Err(endless(most)) } else { taken(file, most) }
}

fn taken(stream: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let length = stream.take(most + 1).read_to_end(&mut bytes)? as u64;
    if length > most { Err(endless(most)) } else { Ok(bytes) }
}

fn endless(most: u64) -> io::Error {
    let words = format!("it goes on after {most} bytes, more than any file that can be taken here; name another one");
    io::Error::new(ErrorKind::FileTooLarge, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_that_does_not_end_is_refused_and_a_long_one_before_it_is_read() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[7; 100]).unwrap();
        assert_eq!(read_at_most(file.reopen().unwrap(), 100).unwrap(), [7; 100]);
        let words = read_at_most(file.reopen().unwrap(), 99).unwrap_err().to_string();
        assert!(words.contains("goes on after 99 bytes"), "{words}");
        if let Ok(endless) = File::open("/dev/zero") {
            assert!(read_at_most(endless, 1 << 20).is_err());
            assert!(taken(io::repeat(b'x'), 1 << 20).is_err() && taken(&b"x"[..], 1).is_ok());
        }
    }
}
