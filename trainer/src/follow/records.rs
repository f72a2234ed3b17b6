//! Records of an event file: a length, its checksum, the record, its checksum. A file that is being written may end in
//! the middle of one.

use crc::{CRC_32_ISCSI, Crc};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

static CRC: Crc<u32, crc::Table<16>> = Crc::<u32, crc::Table<16>>::new(&CRC_32_ISCSI);
/// Bytes before a record: its length and the checksum of that.
const HEAD: usize = 12;
/// Bytes after it.
const TAIL: usize = 4;
/// Nothing that writes scalars and histograms writes longer records; pictures may.
const MOST_BYTES: u64 = 256 << 20;
/// Bytes that are read in one go.
const CHUNK: u64 = 8 << 20;

/// The checksum that stands in files, by TensorFlow's rule.
fn masked_crc(bytes: &[u8]) -> u32 {
    CRC.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A record as it stands in a file.
pub(crate) fn framed(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let sums = (masked_crc(&length).to_le_bytes(), masked_crc(data).to_le_bytes());
    [&length[..], &sums.0, data, &sums.1].concat()
}

/// A file whose records are read as they are written.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    /// Where the next record begins.
    position: u64,
    /// Why nothing more is read of it.
    pub(super) dead: Option<String>,
}

impl EventFile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, position: 0, dead: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Hands over every whole record that has been added. Half a record at the end is read when it is whole; a record with
    /// a wrong checksum ends the file.
    pub(super) fn read(&mut self, record: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut wanted = CHUNK;
        while self.dead.is_none() {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(self.position))?;
            bytes.clear();
            let more = file.take(wanted).read_to_end(&mut bytes)? as u64 == wanted;
            let taken = self.parse(&bytes, record);
            self.position += taken as u64;
            if !more {
                return Ok(());
            }
            // A record may be longer than what was read.
            wanted = if taken == 0 { (wanted * 2).min(MOST_BYTES + CHUNK) } else { CHUNK };
        }
        Ok(())
    }

    /// Hands over the whole records at the beginning of `bytes`; gives how many bytes they take.
    fn parse(&mut self, bytes: &[u8], record: &mut dyn FnMut(&[u8])) -> usize {
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            let Some((head, rest)) = rest.split_at_checked(HEAD) else { return at };
            let (length_bytes, sum) = head.split_at(8);
            let length = u64::from_le_bytes(length_bytes.try_into().unwrap_or_default());
            if masked_crc(length_bytes) != u32::from_le_bytes(sum.try_into().unwrap_or_default()) || length > MOST_BYTES
            {
                self.die(at, "the length of a record does not match its checksum");
                return at;
            }
            let Some((data, rest)) = rest.split_at_checked(length as usize) else { return at };
            let Some(sum) = rest.first_chunk::<TAIL>() else { return at };
            if masked_crc(data) != u32::from_le_bytes(*sum) {
                self.die(at, "a record does not match its checksum");
                return at;
            }
            record(data);
            at += HEAD + data.len() + TAIL;
        }
    }

    fn die(&mut self, at: usize, why: &str) {
        let place = self.position + at as u64;
        let what = if place == 0 { "it is no event file" } else { "the rest of it is not read" };
        self.dead = Some(format!("{}: {why}, at byte {place}: {what}", self.path.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn read(file: &mut EventFile) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        file.read(&mut |record| records.push(record.to_vec())).unwrap();
        records
    }

    #[test]
    fn the_checksum_is_that_of_tensorflow() {
        // The head of a file that torch wrote: a record of 24 bytes.
        assert_eq!(masked_crc(&24_u64.to_le_bytes()), 0x224b_7fa3);
    }

    #[test]
    fn half_a_record_is_read_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        let bytes = [framed(b"first"), framed(b"second")].concat();
        for cut in 0..bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let mut file = EventFile::new(path.clone());
            let before = read(&mut file).len();
            assert!(file.dead.is_none());
            File::options().append(true).open(&path).unwrap().write_all(&bytes[cut..]).unwrap();
            let after = read(&mut file);
            assert_eq!(before + after.len(), 2, "cut at {cut}");
            assert_eq!(after.last().map(Vec::as_slice), Some(&b"second"[..]));
        }
    }

    #[test]
    fn what_does_not_match_its_checksum_ends_the_file_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        let mut bytes = [framed(b"first"), framed(b"second"), framed(b"third")].concat();
        let second = framed(b"first").len();
        bytes[second + HEAD] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let mut file = EventFile::new(path.clone());
        assert_eq!(read(&mut file), [b"first"]);
        let why = file.dead.clone().unwrap();
        assert!(
            why.ends_with(&format!(
                "a record does not match its checksum, at byte {second}: the rest of it is not read"
            ))
        );
        std::fs::write(&path, "a text that somebody named like an event file").unwrap();
        let mut file = EventFile::new(path);
        assert!(read(&mut file).is_empty());
        assert!(file.dead.unwrap().ends_with("at byte 0: it is no event file"));
    }
}
