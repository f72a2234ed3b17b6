//! Commands that are printed for people to copy.

use std::path::Path;

/// A file's name as a word of a shell's command.
pub(crate) fn word(file: &Path) -> String {
    let name = file.display().to_string();
    let is_plain = |it: char| it.is_alphanumeric() || "/._-+:@%,=".contains(it);
    if name.chars().all(is_plain) { name } else { format!("'{}'", name.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_a_command_is_one_word() {
        for (file, expected) in [
            ("/tmp/a-b_1.terrarium-events", "/tmp/a-b_1.terrarium-events"),
            ("/tmp/sp b/x", "'/tmp/sp b/x'"),
            ("it's $HOME", r"'it'\''s $HOME'"),
        ] {
            assert_eq!(word(Path::new(file)), expected);
        }
    }
}
