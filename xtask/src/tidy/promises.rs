//! The invariants of ARCHITECTURE.md: each names the tests that hold it, and those tests exist.

use super::{Findings, read};
use anyhow::Result;
use std::path::Path;

const DOCUMENT: &str = "ARCHITECTURE.md";

/// The section with the table.
const HEADING: &str = "## Invariants";

/// A test that holds an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InvariantTest {
    /// Its file, from the workspace's folder.
    pub(crate) file: String,
    /// Its name or title.
    pub(crate) test: String,
}

/// Every test that holds an invariant; `cargo xtask test` makes sure that they ran.
pub(crate) fn promises(root: &Path) -> Result<Vec<InvariantTest>> {
    let document = read(root, DOCUMENT)?;
    let tests = rows(&document).flat_map(tests_in);
    Ok(tests.map(|(file, test)| InvariantTest { file: file.into(), test: test.into() }).collect())
}

/// Invariants without a test, and tests that do not exist.
pub(super) fn check(root: &Path) -> Result<Findings> {
    let document = read(root, DOCUMENT)?;
    let mut findings = Findings::new();
    let mut promises = 0;
    for row in rows(&document) {
        promises += 1;
        let tests: Vec<_> = tests_in(row).collect();
        if tests.is_empty() {
            findings.push(format!("{DOCUMENT}: no test holds: {row}"));
        }
        for (file, test) in tests {
            if !has_test(&read(root, file).unwrap_or_default(), test) {
                findings.push(format!("{DOCUMENT}: there is no test {test} in {file}"));
            }
        }
    }
    if promises == 0 {
        findings.push(format!("{DOCUMENT}: no invariant found; each is a table row that begins with its number"));
    }
    Ok(findings)
}

/// The rows of the table of invariants.
fn rows(document: &str) -> impl Iterator<Item = &str> {
    let section = document.lines().skip_while(|line| *line != HEADING).skip(1);
    section.take_while(|line| !line.starts_with('#')).filter(|line| is_promise(line))
}

/// Whether a line is a table row that begins with a number.
fn is_promise(line: &str) -> bool {
    let first = line.strip_prefix("| ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    !first.is_empty() && first.bytes().all(|it| it.is_ascii_digit())
}

/// Tests in code marks, as `path::name`.
fn tests_in(row: &str) -> impl Iterator<Item = (&str, &str)> {
    row.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::"))
}

/// A function of this name that is marked as a test, or a test of this title.
fn has_test(source: &str, test: &str) -> bool {
    if source.contains(&format!("test('{test}'")) {
        return true;
    }
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let place = lines.iter().position(|line| line.contains(&format!("fn {test}(")));
    let marks = place.into_iter().flat_map(|place| lines[..place].iter().rev());
    marks.take_while(|line| line.starts_with("#[") || line.starts_with("///")).any(|line| is_test_mark(line))
}

/// `#[test]`, `#[tokio::test]`, `#[wasm_bindgen_test]` and the like.
fn is_test_mark(line: &str) -> bool {
    let mark = line.strip_prefix("#[").and_then(|it| it.split([']', '(']).next()).unwrap_or_default();
    mark.ends_with("test")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn findings(document: &str) -> Findings {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(DOCUMENT), format!("| 0 | a floor | |\n{HEADING}\n{document}\n")).unwrap();
        fs::write(folder.path().join("a.rs"), "#[test]\nfn holds() {}\nfn helps() {}").unwrap();
        fs::write(folder.path().join("b.mjs"), "test('the page holds', () => {})").unwrap();
        check(folder.path()).unwrap()
    }

    #[test]
    fn every_promise_names_a_test_that_exists() {
        assert_eq!(findings("| 1 | x | `a.rs::holds`, `b.mjs::the page holds` |"), Findings::new());
        assert!(findings("| 1 | x | `a.rs::hold` |")[0].contains("no test hold in a.rs"));
        assert!(findings("| 1 | x | `a.rs::helps` |")[0].contains("no test helps in a.rs"));
        assert!(findings("| 1 | x | `b.mjs::page holds` |")[0].contains("no test page holds"));
        assert!(findings("| 1 | x | |")[0].contains("no test holds"));
        assert!(findings("| one | x | |")[0].contains("no invariant found"));
    }
}
