//! One style sheet instead of the dozen that it is written in: together they compress to two thirds, and a browser asks once.

use super::lean;
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha384};
use std::fs;
use std::path::Path;

/// Joins the style sheets that the page in a folder links, in their order, and links the whole in their place.
pub(super) fn join(folder: &Path) -> Result<()> {
    let index = folder.join("index.html");
    let page = fs::read_to_string(&index).with_context(|| format!("cannot read {}", index.display()))?;
    let (mut style, mut rest, mut place) = (String::new(), String::with_capacity(page.len()), None);
    for line in page.split_inclusive('\n') {
        let Some(name) = sheet(line) else {
            rest.push_str(line);
            continue;
        };
        let file = folder.join(name);
        style += &lean::style(&fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?);
        fs::remove_file(&file)?;
        place.get_or_insert(rest.len());
    }
    let place = place.context("index.html links no style sheet")?;
    let hash = Sha384::digest(&style);
    let name = format!("style-{}.css", &format!("{hash:x}")[..16]);
    let integrity = BASE64_STANDARD.encode(hash);
    fs::write(folder.join(&name), style)?;
    rest.insert_str(
        place,
        &format!("    <link rel=\"stylesheet\" href=\"./{name}\" integrity=\"sha384-{integrity}\" />\n"),
    );
    Ok(fs::write(&index, rest)?)
}

/// The file of a line that links a style sheet, as trunk writes it.
fn sheet(line: &str) -> Option<&str> {
    line.trim().strip_prefix(r#"<link rel="stylesheet" href="./"#)?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_are_joined_in_their_order_and_place() {
        let folder = tempfile::tempdir().unwrap();
        let page = "<head>\n  <link rel=\"stylesheet\" href=\"./b-1.css\" integrity=\"x\"/>\n  \
                    <link rel=\"stylesheet\" href=\"./a-2.css\"/>\n  <link rel=\"icon\" href=\"icon.svg\" />\n</head>\n";
        fs::write(folder.path().join("index.html"), page).unwrap();
        fs::write(folder.path().join("b-1.css"), "b {}\n").unwrap();
        fs::write(folder.path().join("a-2.css"), "a {}\n").unwrap();
        join(folder.path()).unwrap();
        let page = fs::read_to_string(folder.path().join("index.html")).unwrap();
        let lines: Vec<_> = page.lines().collect();
        assert!(lines.len() == 4 && lines[2].contains("icon"), "{page}");
        let name = sheet(lines[1]).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "b {}\na {}\n");
        assert!(!folder.path().join("b-1.css").exists());
        let error = join(tempfile::tempdir().unwrap().path()).unwrap_err();
        assert!(format!("{error:#}").contains("index.html"), "{error:#}");
    }
}
