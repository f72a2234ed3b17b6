//! Which key was struck, whatever else stands on the keyboard at the moment.

use super::{REDO, UNDO};

/// How the names of keys begin that Shift makes another key of.
pub const SHIFTED: &str = "Shift+";

/// A key as the browser tells of it.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub(super) struct KeyStroke {
    /// What it means with Shift and Caps Lock.
    pub(super) key: String,
    /// Where it lies.
    pub(super) code: String,
    /// Whether Shift is held.
    pub(super) shift: bool,
    /// Whether Control or the command key is held.
    pub(super) command: bool,
    /// Whether Alt is held.
    pub(super) alt: bool,
    /// Whether Caps Lock is on.
    pub(super) caps_lock: bool,
}

impl KeyStroke {
    /// The key as if Caps Lock were off; none where it is a command of the browser.
    ///
    /// Letters that are not Latin count by where they lie, digits and letters with Shift begin with [`SHIFTED`] before the
    /// small letter; signs such as `?` need Shift on some keyboards and not on others, so they stand alone.
    pub(super) fn key(&self) -> Option<String> {
        let letter = self.letter();
        if self.command {
            return match (letter?, self.shift) {
                ('z', false) => Some(UNDO.into()),
                ('z', true) | ('y', false) => Some(REDO.into()),
                _ => None,
            };
        }
        if self.alt {
            return None;
        }
        let digit = self.code.strip_prefix("Digit").filter(|_| self.shift).map(str::to_owned);
        let name = digit.or_else(|| letter.map(String::from)).or_else(|| {
            let is_sign = self.key.chars().count() == 1 && self.key != " ";
            (!is_sign).then(|| self.key.clone())
        });
        Some(match name {
            Some(name) if self.shift => format!("{SHIFTED}{name}"),
            Some(name) => name,
            None => self.key.clone(),
        })
    }

    /// The Latin letter, small.
    fn letter(&self) -> Option<char> {
        let mut characters = self.key.chars();
        let only = characters.next().filter(|_| characters.next().is_none())?;
        if only.is_ascii_alphabetic() {
            return Some(only.to_ascii_lowercase());
        }
        // Where Caps Lock makes signs of letters, or letters are not Latin, the place counts.
        let place = self.code.strip_prefix("Key")?.chars().next()?;
        (!only.is_ascii() || self.caps_lock).then(|| place.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str, code: &str, held: &str) -> Option<String> {
        let (shift, command, alt) = (held.contains('s'), held.contains('c'), held.contains('a'));
        let stroke =
            KeyStroke { key: key.into(), code: code.into(), shift, command, alt, caps_lock: held.contains('L') };
        stroke.key()
    }

    #[test]
    fn caps_lock_changes_nothing() {
        assert_eq!(key("e", "KeyE", "").as_deref(), Some("e"));
        assert_eq!(key("E", "KeyE", "L").as_deref(), Some("e"));
        assert_eq!(key("e", "KeyE", "Ls").as_deref(), Some("Shift+e"));
        assert_eq!(key("E", "KeyE", "s").as_deref(), Some("Shift+e"));
    }

    #[test]
    fn letters_that_are_not_latin_count_by_their_place_and_latin_ones_do_not() {
        assert_eq!(key("к", "KeyR", "").as_deref(), Some("r"));
        assert_eq!(key("a", "KeyQ", "").as_deref(), Some("a"));
    }

    #[test]
    fn shift_is_a_part_of_signs_and_makes_others_of_the_rest() {
        assert_eq!(key("?", "Slash", "s").as_deref(), Some("?"));
        assert_eq!(key("!", "Digit1", "s").as_deref(), Some("Shift+1"));
        assert_eq!(key("ArrowUp", "ArrowUp", "s").as_deref(), Some("Shift+ArrowUp"));
        assert_eq!(key("Tab", "Tab", "s").as_deref(), Some("Shift+Tab"));
        assert_eq!(key(" ", "Space", "s").as_deref(), Some("Shift+ "));
        assert_eq!(key(" ", "Space", "").as_deref(), Some(" "));
    }

    #[test]
    fn commands_are_the_browsers_but_undo() {
        assert_eq!(key("r", "KeyR", "c"), None);
        assert_eq!(key("z", "KeyZ", "c").as_deref(), Some(UNDO));
        assert_eq!(key("Z", "KeyZ", "cs").as_deref(), Some(REDO));
        assert_eq!(key("f", "KeyF", "a"), None);
    }
}
