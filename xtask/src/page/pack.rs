//! The last touch to what trunk has built but the program itself: less to load, the same to run.
//!
//! `wasm-bindgen` ends the names of imports in 16 hexadecimal digits, once in the program and once in the script, and no
//! compression takes anything off those; numbers do as well. Its script is indented and explained for readers. And styles
//! compress better as one file than as nine.

use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

/// How the names of imports begin.
const BEGINNING: &[u8] = b"__wb";

/// Length of the hash at a name's end.
const DIGITS: usize = 16;

/// Packs a folder as trunk leaves it. Checksums of what is changed may not stand in its page.
pub(super) fn pack(folder: &Path) -> Result<()> {
    let mut numbers = BTreeMap::new();
    for ending in ["js", "wasm"] {
        for file in super::files(folder)?.iter().filter(|it| super::has_ending(it, &[ending])) {
            let mut bytes = fs::read(file)?;
            if number_names(&mut bytes, &mut numbers) {
                fs::write(file, bytes)?;
            }
        }
    }
    for file in super::files(folder)?.iter().filter(|it| super::has_ending(it, &["js"])) {
        fs::write(file, without_remarks(&without_zeros(&fs::read_to_string(file)?)))?;
    }
    join_styles(folder)
}

/// Puts a number in the place of every name that ends in a hash, the same wherever the name stands, and as long as it.
/// Gives whether there was any.
fn number_names(bytes: &mut [u8], numbers: &mut BTreeMap<Vec<u8>, usize>) -> bool {
    let (mut place, mut found) = (0, false);
    while let Some(start) = bytes[place..].windows(BEGINNING.len()).position(|it| it == BEGINNING) {
        let start = place + start;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        place = start + bytes[start..].iter().take_while(|byte| is_part(byte)).count();
        let name = &mut bytes[start..place];
        let Some((front, hash)) = name.split_last_chunk::<DIGITS>() else { continue };
        if front.ends_with(b"_") && hash.iter().all(u8::is_ascii_hexdigit) {
            let known = numbers.len();
            let number = *numbers.entry(name.to_vec()).or_insert(known);
            let digits = name.len() - BEGINNING.len();
            name[BEGINNING.len()..].copy_from_slice(format!("{number:0digits$}").as_bytes());
            found = true;
        }
    }
    found
}

/// A text whose numbered names have lost the zeros that kept their length.
pub(super) fn without_zeros(text: &str) -> String {
    let beginning = String::from_utf8_lossy(BEGINNING);
    let parts: Vec<&str> = text.split(&*beginning).collect();
    let [first, named @ ..] = &parts[..] else { return text.to_owned() };
    named.iter().fold((*first).to_owned(), |text, part| text + &beginning + part.trim_start_matches('0'))
}

/// A script without indents and without the lines that only explain. One whose strings span lines stays as it is.
pub(super) fn without_remarks(script: &str) -> String {
    if script.lines().any(|line| line.matches('`').count() % 2 == 1) {
        return script.to_owned();
    }
    let (mut packed, mut in_remark) = (String::new(), false);
    for line in script.lines().map(str::trim) {
        in_remark |= line.starts_with("/*");
        if !in_remark && !line.starts_with("//") && !line.is_empty() {
            packed.push_str(line);
            packed.push('\n');
        }
        in_remark &= !line.ends_with("*/");
    }
    packed
}

/// Makes one file of all styles that the page links, in their order.
fn join_styles(folder: &Path) -> Result<()> {
    let page = folder.join("index.html");
    let html = fs::read_to_string(&page)?;
    let (mut packed, mut rest, mut styles, mut place) = (String::new(), html.as_str(), String::new(), None);
    while let Some(start) = rest.find("<link") {
        let end = start + rest[start..].find('>').context("a link in index.html has no end")? + 1;
        let link = &rest[start..end];
        packed.push_str(&rest[..start]);
        match link.split(['"', '\'', '=', ' ', '/', '>']).find(|it| super::has_ending(Path::new(it), &["css"])) {
            Some(name) => {
                let file = folder.join(name);
                styles += &fs::read_to_string(&file).with_context(|| format!("cannot read {name}"))?;
                fs::remove_file(file)?;
                place = place.or(Some(packed.len()));
            }
            None => packed.push_str(link),
        }
        rest = &rest[end..];
    }
    let Some(place) = place else { return Ok(()) };
    packed.push_str(rest);
    let mut hasher = DefaultHasher::new();
    styles.hash(&mut hasher);
    let name = format!("page-{:016x}.css", hasher.finish());
    packed.insert_str(place, &format!("<link href=\"./{name}\" rel=\"stylesheet\">"));
    fs::write(folder.join(name), styles)?;
    fs::write(page, packed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_same_number_in_script_and_program() {
        let folder = tempfile::tempdir().unwrap();
        let (script, program) = (folder.path().join("page.js"), folder.path().join("page_bg.wasm"));
        let script_text = "__wbg_fill_428f96a6ba73b2f4: __wbg_fill_0b8f96a6ba73b2f5, __wbg_set_wasm, __wbindgen_cast_0000000000000001";
        fs::write(&script, script_text).unwrap();
        fs::write(&program, b"\x1b__wbg_fill_0b8f96a6ba73b2f5\0\x1b__wbg_fill_428f96a6ba73b2f4\0__wb").unwrap();
        fs::write(folder.path().join("index.html"), "<p></p>").unwrap();
        pack(folder.path()).unwrap();
        let expected = "__wb: __wb1, __wbg_set_wasm, __wb2\n";
        assert_eq!(fs::read_to_string(&script).unwrap(), expected);
        let expected = b"\x1b__wb00000000000000000000001\0\x1b__wb00000000000000000000000\0__wb";
        assert_eq!(fs::read(&program).unwrap(), expected);
        assert_eq!(without_zeros("__wb00000000000000000000001"), "__wb1");
    }

    #[test]
    fn a_script_travels_without_what_only_readers_need() {
        let script = "/**\n * Adds.\n * @param {number} a\n */\nfunction add(a) {\n    // One more.\n    return a + 1; // here\n}\n\n/* end */\n";
        assert_eq!(without_remarks(script), "function add(a) {\nreturn a + 1; // here\n}\n");
        let lines = "const text = `one\n    // two`;\n";
        assert_eq!(without_remarks(lines), lines);
    }

    #[test]
    fn styles_become_one_file_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b-0.css"), "b{}").unwrap();
        fs::write(folder.path().join("a-1.css"), "a{}").unwrap();
        let html = "<link rel=icon href=icon.svg><link href=./b-0.css rel=stylesheet><link rel=\"stylesheet\" href=\"./a-1.css\"><p>";
        fs::write(folder.path().join("index.html"), html).unwrap();
        pack(folder.path()).unwrap();
        let files = crate::page::files(folder.path()).unwrap();
        let [style, page] = &files[..] else { panic!("{files:?}") };
        let (style, page) = if crate::page::has_ending(style, &["css"]) { (style, page) } else { (page, style) };
        assert_eq!(fs::read_to_string(style).unwrap(), "b{}a{}");
        let name = style.file_name().unwrap().to_str().unwrap();
        let expected = format!("<link rel=icon href=icon.svg><link href=\"./{name}\" rel=\"stylesheet\"><p>");
        assert_eq!(fs::read_to_string(page).unwrap(), expected);
    }
}
