//! Artifacts: bytes of any size that are known by their content: weights (as safetensors), networks, recordings.
//!
//! A checkpoint in a file holds its artifacts whole. In a message it may only refer to them.

use crate::column::Column;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::Arc;

/// Most bytes of the parts in which artifacts cross a wire.
pub const PART_BYTES: usize = 256 << 10;

/// The SHA-256 of an artifact's bytes: 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArtifactHash([u8; 32]);

impl ArtifactHash {
    /// The hash of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for ArtifactHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for ArtifactHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl From<ArtifactHash> for String {
    fn from(hash: ArtifactHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for ArtifactHash {
    type Error = ArtifactError;

    fn try_from(text: String) -> Result<Self, ArtifactError> {
        let no_hash = || ArtifactError::NoHash { given: text.chars().take(80).collect() };
        if text.len() != 64 || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(no_hash());
        }
        let mut hash = [0; 32];
        for (place, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).map_err(|_| no_hash())?;
        }
        Ok(Self(hash))
    }
}

/// What is wrong with an artifact. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// A text that is no hash.
    #[error("{given:?} is no SHA-256: that has 64 hexadecimal digits")]
    NoHash {
        /// The text, cut after 80 characters.
        given: String,
    },
    /// The bytes are others than what refers to them says.
    #[error("the artifact {wanted} does not fit: its {bytes} bytes have the SHA-256 {found}. Take another copy of it")]
    OtherContent {
        /// What refers to it.
        wanted: ArtifactHash,
        /// The hash of the bytes that came.
        found: ArtifactHash,
        /// How many came.
        bytes: u64,
    },
}

/// Bytes that are known by their content, or what refers to them.
#[derive(Clone, Deserialize)]
#[serde(try_from = "ArtifactFields")]
pub struct Artifact {
    hash: ArtifactHash,
    length: u64,
    content: Option<Arc<Vec<u8>>>,
}

impl Artifact {
    /// The artifact of these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { hash: ArtifactHash::of(&bytes), length: bytes.len() as u64, content: Some(Arc::new(bytes)) }
    }

    /// The hash of its bytes.
    pub const fn hash(&self) -> ArtifactHash {
        self.hash
    }

    /// Number of its bytes.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Its bytes, where they are here.
    pub fn bytes(&self) -> Option<&[u8]> {
        self.content.as_deref().map(Vec::as_slice)
    }

    /// The same with its bytes.
    ///
    /// # Errors
    /// [`ArtifactError::OtherContent`] where these are the bytes of another one.
    pub fn with(&self, bytes: Vec<u8>) -> Result<Self, ArtifactError> {
        let found = Self::new(bytes);
        if found == *self {
            return Ok(found);
        }
        Err(ArtifactError::OtherContent { wanted: self.hash, found: found.hash, bytes: found.length })
    }

    /// What refers to it, without its bytes.
    #[must_use]
    pub const fn reference(&self) -> Self {
        Self { hash: self.hash, length: self.length, content: None }
    }
}

/// Artifacts of the same bytes are equal, wherever the bytes are.
impl PartialEq for Artifact {
    fn eq(&self, other: &Self) -> bool {
        (self.hash, self.length) == (other.hash, other.length)
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Artifact({}, {} bytes)", self.hash, self.length)
    }
}

/// An artifact as it crosses a wire or stands in a file.
#[derive(Serialize, Deserialize)]
struct ArtifactFields {
    sha256: ArtifactHash,
    length: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<Column<u8>>,
}

impl Serialize for Artifact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let content = self.content.as_deref().map(|bytes| Column(bytes.clone()));
        ArtifactFields { sha256: self.hash, length: self.length, content }.serialize(serializer)
    }
}

impl TryFrom<ArtifactFields> for Artifact {
    type Error = ArtifactError;

    fn try_from(ArtifactFields { sha256, length, content }: ArtifactFields) -> Result<Self, ArtifactError> {
        let Some(Column(bytes)) = content else { return Ok(Self { hash: sha256, length, content: None }) };
        Self { hash: sha256, length, content: None }.with(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(ArtifactHash::of(b"abc").to_string(), expected);
        assert_eq!(ArtifactHash::try_from(expected.to_owned()), Ok(ArtifactHash::of(b"abc")));
        for wrong in ["", "abc", &"x".repeat(64), &"é".repeat(32)] {
            assert!(
                ArtifactHash::try_from(wrong.to_owned()).unwrap_err().to_string().contains("64 hexadecimal digits")
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let json = serde_json::to_string(&Artifact::new(b"abc".to_vec())).unwrap();
        assert_eq!(serde_json::from_str::<Artifact>(&json).unwrap().bytes(), Some(&b"abc"[..]));
        let error = serde_json::from_str::<Artifact>(&json.replace("97", "96")).unwrap_err().to_string();
        assert!(error.contains("does not fit"), "{error}");
    }
}
