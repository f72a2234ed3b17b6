//! Playthroughs of every environment and variant, compared with `playthroughs/*.txt`. After a wanted change:
//! `UPDATE_EXPECT=1 cargo test -p environments --test golden_playthroughs`, then read the diff.

#[path = "playthroughs/script.rs"]
mod script;

use expect_test::expect_file;
use std::collections::BTreeSet;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/playthroughs");

#[test]
fn playthroughs_are_as_written() {
    for (name, text) in script::playthroughs() {
        expect_file![format!("{FOLDER}/{name}.txt")].assert_eq(&text);
    }
}

#[test]
fn no_playthrough_is_left_of_an_environment_that_is_gone() {
    let known: BTreeSet<String> = script::playthroughs().into_iter().map(|(name, _)| name + ".txt").collect();
    for file in std::fs::read_dir(FOLDER).expect("the folder of playthroughs") {
        let name = file.expect("a file").file_name().into_string().expect("a plain name");
        assert!(known.contains(&name) || name == "script.rs", "{name} belongs to no environment");
    }
}
