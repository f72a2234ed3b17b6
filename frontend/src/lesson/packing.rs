//! Lessons in links: JSON, compressed by the browser, as letters that every messenger leaves alone.
//!
//! `1.812.eNq9Vs...`: the version of the packing, how many letters follow, and a zlib stream in base64url. The number tells
//! a link that was cut, the stream's own checksum one that was changed.

use super::{Lesson, LessonError};
use crate::files;
use shared::codec;

/// The version of the packing.
const PACKING: &str = "1";

/// Most bytes of a lesson's JSON.
const MOST_BYTES: usize = 256 << 10;

/// A lesson as the end of an address.
pub async fn pack(lesson: &Lesson) -> String {
    let json = serde_json::to_vec(lesson).unwrap_or_default();
    // A browser that cannot compress makes a longer link, which is as good.
    let packed = files::compressed(&json).await.unwrap_or(json);
    let letters: String = packed.iter().map(|byte| char::from(*byte)).collect();
    let coded = web_sys::window().and_then(|window| window.btoa(&letters).ok()).unwrap_or_default();
    let coded = coded.trim_end_matches('=').replace('+', "-").replace('/', "_");
    format!("{PACKING}.{}.{coded}", coded.len())
}

/// Reads the end of an address.
pub fn unpack(packed: &str) -> Result<Lesson, LessonError> {
    let coded = whole(packed)?.replace('-', "+").replace('_', "/");
    let letters = web_sys::window().and_then(|window| window.atob(&coded).ok());
    let letters = letters.ok_or_else(|| damaged("it holds letters that no link has"))?;
    read(&letters.chars().map(|letter| letter as u8).collect::<Vec<_>>())
}

/// The coded part, if all of it came.
fn whole(packed: &str) -> Result<&str, LessonError> {
    let (version, rest) = packed.split_once('.').unwrap_or((packed, ""));
    if version.parse().is_ok_and(|version: u32| version > 1) {
        return Err(LessonError::Newer { found: version.to_owned() });
    }
    if version != PACKING && !version.is_empty() {
        return Err(damaged("it does not begin as a lesson's link does"));
    }
    let (expected, coded) = rest.split_once('.').unwrap_or((rest, ""));
    match expected.parse::<usize>() {
        Ok(count) if count == coded.len() => Ok(coded),
        Ok(count) if count < coded.len() => Err(damaged(&format!("it has {} letters, not {count}", coded.len()))),
        _ => {
            let expected = if coded.is_empty() { "" } else { expected };
            let expected = if expected.is_empty() { "unknown number of" } else { expected };
            Err(LessonError::Cut { found: coded.len(), expected: expected.chars().take(20).collect() })
        }
    }
}

fn read(bytes: &[u8]) -> Result<Lesson, LessonError> {
    let json = codec::unpacked(bytes, MOST_BYTES).map_err(|error| damaged(&error.to_string()))?;
    let json = std::str::from_utf8(&json).map_err(|_| damaged("it holds no text"))?;
    Lesson::from_json(json)
}

fn damaged(reason: &str) -> LessonError {
    LessonError::Damaged { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lesson() -> Lesson {
        let json = r#"{"terrarium_lesson": 1, "title": "One", "run": "env=taxi", "steps": [{"kind": "try", "text": "Look at it."}]}"#;
        Lesson::from_json(json).unwrap()
    }

    #[test]
    fn a_lesson_comes_back_compressed_or_not() {
        let json = serde_json::to_vec(&lesson()).unwrap();
        assert_eq!(read(&json), Ok(lesson()));
        assert_eq!(read(&codec::compressed(json).unwrap()), Ok(lesson()));
    }

    #[track_caller]
    fn check_refused(packed: &str, expected: &str) {
        let error = whole(packed).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_link_cut_anywhere_or_of_a_later_page_is_refused_by_name() {
        let link = "1.12.eNq9VsAbCdEf";
        assert_eq!(whole(link), Ok("eNq9VsAbCdEf"));
        for end in 0..link.len() {
            assert!(matches!(whole(&link[..end]), Err(LessonError::Cut { .. })), "{}", &link[..end]);
        }
        check_refused("1.12.eNq9", "cut short: 4 of its 12 characters came");
        check_refused("1.12.eNq9VsAbCdEfGH", "it has 14 letters, not 12");
        check_refused("2.12.eNq9", "version 2");
        check_refused("hello", "does not begin as a lesson's link does");
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_never_another_lesson(place in 0_usize..10_000, bit in 0_u8..8) {
            let mut long = lesson();
            long.steps[0].text = "A text that is worth compressing. ".repeat(codec::COMPRESS_ABOVE_BYTES / 30);
            prop_assert_eq!(read(&serde_json::to_vec(&long).unwrap()), Ok(long.clone()));
            let mut packed = codec::compressed(serde_json::to_vec(&long).unwrap()).unwrap();
            let place = place % packed.len();
            packed[place] ^= 1 << bit;
            // A few bits of the header say nothing of what follows.
            prop_assert!(read(&packed).is_err() || read(&packed) == Ok(long));
        }
    }
}
