//! Agent files (`.terrarium`): a checkpoint as bytes that tell a cut, damaged, newer or foreign file from a whole one.
//!
//! Layout, numbers little-endian: 16 bytes `terrarium-agent\n`, u32 version of the layout, u32 length of the body,
//! u32 CRC-32 of the body, and the body: a [`Checkpoint`] as the codec writes it, compressed if large.

use crate::checkpoint::{CHECKPOINT_VERSION, Checkpoint};
use crate::codec::{self, CodecError};

/// How every agent file begins.
pub const MAGIC: &[u8; 16] = b"terrarium-agent\n";

/// Version of the layout that this code writes, and the greatest it reads.
pub const LAYOUT_VERSION: u32 = 1;

/// Suffix of the files' names, without the dot.
pub const SUFFIX: &str = "terrarium";

/// Most bytes that an agent takes unpacked, 1 GiB: far above any that is trained here, far below what a forged file could
/// ask for.
pub const MOST_BYTES: usize = 1 << 30;

const HEADER_BYTES: usize = MAGIC.len() + 12;

/// Why bytes are not an agent that can be loaded. Nothing is changed by a refused file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentFileError {
    /// Nothing.
    #[error("The file is empty. Take another copy of it.")]
    Empty,
    /// Something else.
    #[error("This is not a Terrarium agent file: it does not begin like one. Choose a file that ends in .{SUFFIX}.")]
    WrongFile,
    /// Not all of it.
    #[error("The file is cut short: it has {found} of {whole} bytes. Save or download it again.")]
    Cut {
        /// Bytes there are.
        found: usize,
        /// Bytes there should be.
        whole: usize,
    },
    /// Not as it was written.
    #[error("The file is damaged: its checksum does not fit its content. Take another copy of it.")]
    Damaged,
    /// From a newer program.
    #[error(
        "The file was written by a newer version of Terrarium ({found}, this one reads up to {known}). \
         Update Terrarium, or reload the page, to load it."
    )]
    Newer {
        /// The file's version.
        found: u32,
        /// The greatest version known here.
        known: u32,
    },
    /// Larger than any file.
    #[error(
        "The agent takes {bytes} bytes, and a file holds {MOST_BYTES}. One with fewer weights or states can be saved."
    )]
    TooLarge {
        /// What it takes.
        bytes: usize,
    },
    /// Whole, but not to be understood.
    #[error("The file is whole but cannot be read: {0}.")]
    Unreadable(CodecError),
}

impl From<CodecError> for AgentFileError {
    fn from(error: CodecError) -> Self {
        match error {
            CodecError::TooLarge { bytes, .. } => Self::TooLarge { bytes },
            error => Self::Unreadable(error),
        }
    }
}

/// The checkpoint as a file's bytes.
pub fn write(checkpoint: &Checkpoint) -> Result<Vec<u8>, AgentFileError> {
    Ok(sealed(&codec::compressed(body(checkpoint)?)?))
}

/// The checkpoint as a file's body, before it is packed and [`sealed`].
pub fn body(checkpoint: &Checkpoint) -> Result<Vec<u8>, AgentFileError> {
    let bytes = codec::to_bytes(checkpoint)?;
    if bytes.len() > MOST_BYTES { Err(AgentFileError::TooLarge { bytes: bytes.len() }) } else { Ok(bytes) }
}

/// A file's bytes around a body that is packed already.
pub fn sealed(body: &[u8]) -> Vec<u8> {
    let numbers = [LAYOUT_VERSION, body.len() as u32, crc(body)];
    [&MAGIC[..], &numbers.map(u32::to_le_bytes).concat(), body].concat()
}

/// The checkpoint in a file's bytes.
pub fn read(bytes: &[u8]) -> Result<Checkpoint, AgentFileError> {
    if bytes.is_empty() {
        return Err(AgentFileError::Empty);
    }
    let beginning = bytes.len().min(MAGIC.len());
    if bytes[..beginning] != MAGIC[..beginning] {
        return Err(AgentFileError::WrongFile);
    }
    let cut = |whole| AgentFileError::Cut { found: bytes.len(), whole };
    let (header, body) = bytes.split_at_checked(HEADER_BYTES).ok_or(cut(HEADER_BYTES))?;
    let number = |index: usize| {
        let start = MAGIC.len() + 4 * index;
        header[start..start + 4].try_into().map_or(0, u32::from_le_bytes)
    };
    newer(number(0), LAYOUT_VERSION)?;
    let length = number(1) as usize;
    if body.len() < length {
        return Err(cut(HEADER_BYTES + length));
    }
    if body.len() > length || crc(body) != number(2) {
        return Err(AgentFileError::Damaged);
    }
    let checkpoint: Checkpoint = codec::from_kept(&codec::unpacked(body, MOST_BYTES)?)?;
    newer(checkpoint.version, CHECKPOINT_VERSION)?;
    Ok(checkpoint)
}

const fn newer(found: u32, known: u32) -> Result<(), AgentFileError> {
    if found > known { Err(AgentFileError::Newer { found, known }) } else { Ok(()) }
}

/// The checksum of zip and gzip; its table takes 1 kB in the page, where quicker ways take 16.
const fn crc(bytes: &[u8]) -> u32 {
    const CRC_32: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
    CRC_32.checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Actions;
    use crate::checkpoint::{AgentState, CopyState};
    use crate::{Column, RunSpec, Seed};

    #[test]
    fn the_checksum_is_that_of_zip() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926);
    }

    fn checkpoint() -> Checkpoint {
        let mut agent = AgentState { states: 25, actions: 4, ..AgentState::default() };
        agent.numbers.insert("q".into(), Column((0..100).map(f64::from).collect()));
        Checkpoint {
            version: CHECKPOINT_VERSION,
            spec: RunSpec::new("gridworld", "q-learning", Seed::new(42).unwrap()),
            agent,
            step: 1000,
            episode: 10,
            copy: CopyState {
                episodes: 10,
                seed: Seed::new(7).unwrap(),
                actions: Actions::Discrete(vec![1, 3, 3]),
                by_hand: true,
            },
            further_copies: vec![],
            hash: u64::MAX,
            marks: vec![].into(),
            recorded_episodes: vec![],
            curves: Column::default(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&write(&checkpoint()).unwrap()), Ok(checkpoint()));
    }

    #[test]
    fn an_agent_above_the_limit_of_messages_is_read_as_written() {
        let mut large = checkpoint();
        // Values that do not compress, so that packed it is above the limit as well.
        let weights = (0..1_500_000).map(|index| Seed::default().derive(1, index).get() as f64);
        large.agent.numbers.insert("weights".into(), weights.collect());
        let file = write(&large).unwrap();
        assert!(file.len() > codec::MAX_MESSAGE_BYTES, "{}", file.len());
        assert_eq!(read(&file), Ok(large.clone()));
        let plain = sealed(&body(&large).unwrap());
        assert_eq!(read(&plain), Ok(large));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_as_cut() {
        let whole = write(&checkpoint()).unwrap();
        assert_eq!(read(&[]), Err(AgentFileError::Empty));
        for end in 1..whole.len() {
            assert!(matches!(read(&whole[..end]), Err(AgentFileError::Cut { .. })), "{end}");
        }
    }

    #[test]
    fn a_changed_byte_is_refused() {
        let whole = write(&checkpoint()).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            assert!(read(&changed).is_err(), "{at}");
        }
    }

    #[test]
    fn foreign_and_newer_files_are_named() {
        assert_eq!(read(b"PK\x03\x04 and so on"), Err(AgentFileError::WrongFile));
        let mut newer = write(&checkpoint()).unwrap();
        newer[MAGIC.len()] = 9;
        let error = read(&newer).unwrap_err();
        assert!(error.to_string().contains("newer version of Terrarium (9, this one reads up to 1)"), "{error}");
        let newer = write(&Checkpoint { version: 5, ..checkpoint() }).unwrap();
        assert_eq!(read(&newer), Err(AgentFileError::Newer { found: 5, known: CHECKPOINT_VERSION }));
    }
}
