//! The invariants of ARCHITECTURE.md: each names the tests that hold it, and those tests exist.

use super::{Findings, read};
use anyhow::Result;
use std::path::Path;

const DOCUMENT: &str = "ARCHITECTURE.md";

/// The section with the table.
const HEADING: &str = "## Invariants";

/// Invariants without a test, and tests that do not exist.
pub(super) fn check(root: &Path) -> Result<Findings> {
    let document = read(root, DOCUMENT)?;
    let mut findings = Findings::new();
    let mut promises = 0;
    let section =
        document.lines().skip_while(|line| *line != HEADING).skip(1).take_while(|line| !line.starts_with('#'));
    for row in section.filter(|line| is_promise(line)) {
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

/// Whether a line is a table row that begins with a number.
fn is_promise(line: &str) -> bool {
    let first = line.strip_prefix("| ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    !first.is_empty() && first.bytes().all(|it| it.is_ascii_digit())
}

/// Tests in code marks, as `path::name`.
fn tests_in(row: &str) -> impl Iterator<Item = (&str, &str)> {
    row.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::"))
}

/// A function of this name, or a test of this title.
fn has_test(source: &str, test: &str) -> bool {
    source.contains(&format!("fn {test}(")) || source.contains(&format!("'{test}'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn findings(document: &str) -> Findings {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(DOCUMENT), format!("| 0 | a floor | |\n{HEADING}\n{document}\n")).unwrap();
        fs::write(folder.path().join("a.rs"), "fn holds() {}").unwrap();
        fs::write(folder.path().join("b.mjs"), "test('the page holds', () => {})").unwrap();
        check(folder.path()).unwrap()
    }

    #[test]
    fn every_promise_names_a_test_that_exists() {
        assert_eq!(findings("| 1 | x | `a.rs::holds`, `b.mjs::the page holds` |"), Findings::new());
        assert!(findings("| 1 | x | `a.rs::hold` |")[0].contains("no test hold in a.rs"));
        assert!(findings("| 1 | x | |")[0].contains("no test holds"));
        assert!(findings("| one | x | |")[0].contains("no invariant found"));
    }
}
