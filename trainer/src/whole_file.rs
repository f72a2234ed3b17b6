//! Files that people name, read as a whole: they may be pipes, and devices that never end.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// Most bytes that are read of one, 2 GiB: more than any table, agent or network that fits into a run.
const MOST_BYTES: u64 = 2 << 30;

/// Reads a file.
///
/// # Errors
/// Where it cannot be read, or goes on after 2 GiB.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_at_most(File::open(path)?, MOST_BYTES)
}

fn read_at_most(file: File, most: u64) -> io::Result<Vec<u8>> {
    // What is known to be too long need not be read to learn it.
    let mut length = file.metadata()?.len();
    let mut bytes = Vec::new();
    if length <= most {
        length = file.take(most + 1).read_to_end(&mut bytes)? as u64;
    }
    if length > most {
        let words =
            format!("it goes on after {most} bytes, more than any file that can be taken here; name another one");
        return Err(io::Error::new(ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
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
        }
    }
}
