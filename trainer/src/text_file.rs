//! Texts in files, as editors and spreadsheets write them: UTF-8, or UTF-16 with the mark that says so.

use crate::whole_file;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::str;

/// Reads a file as text; a byte order mark is no part of it.
pub fn read(path: &Path) -> io::Result<String> {
    text(whole_file::read(path)?)
}

/// The text in these bytes.
pub fn text(bytes: Vec<u8>) -> io::Result<String> {
    let units =
        |of: fn([u8; 2]) -> u16| bytes[2..].chunks(2).map(move |pair| of([pair[0], *pair.get(1).unwrap_or(&0)]));
    match bytes[..] {
        [0xff, 0xfe, ..] => {
            String::from_utf16(&units(u16::from_le_bytes).collect::<Vec<_>>()).map_err(|_| unreadable())
        }
        [0xfe, 0xff, ..] => {
            String::from_utf16(&units(u16::from_be_bytes).collect::<Vec<_>>()).map_err(|_| unreadable())
        }
        [0xef, 0xbb, 0xbf, ..] => str::from_utf8(&bytes[3..]).map(ToOwned::to_owned).map_err(|_| unreadable()),
        _ => String::from_utf8(bytes).map_err(|_| unreadable()),
    }
}

fn unreadable() -> io::Error {
    io::Error::new(
        ErrorKind::InvalidData,
        "it is no text in UTF-8, nor in UTF-16 with a byte order mark; save it as one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_editors_write_them() {
        let utf_16 = |mark: [u8; 2], of: fn(u16) -> [u8; 2]| {
            [&mark[..], &"SFé".encode_utf16().flat_map(of).collect::<Vec<_>>()].concat()
        };
        for bytes in [
            "SFé".as_bytes().to_vec(),
            "\u{feff}SFé".as_bytes().to_vec(),
            utf_16([0xff, 0xfe], u16::to_le_bytes),
            utf_16([0xfe, 0xff], u16::to_be_bytes),
        ] {
            assert_eq!(text(bytes).unwrap(), "SFé");
        }
        let latin = text(b"caf\xe9".to_vec()).unwrap_err().to_string();
        assert!(latin.contains("UTF-8"), "{latin}");
    }
}
