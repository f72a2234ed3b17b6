//! Files of options and of certificates, which are small.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// Most bytes of a file of options or certificates.
const MOST_BYTES: u64 = 16 << 20;

/// Reads a file that is small; one that goes on, as a device may for ever, is none.
pub(crate) fn small_file(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let length = File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)? as u64;
    if length > MOST_BYTES {
        let words = format!("it goes on after {MOST_BYTES} bytes; name another file");
        return Err(io::Error::new(ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
}
