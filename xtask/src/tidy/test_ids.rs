//! The names by which programs find things on the page: used in tests, listed in CONTRIBUTING, set in the page.

use super::{Findings, read};
use crate::page::has_ending;
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const LIST: &str = "CONTRIBUTING.md";

/// Names that tests use and the list lacks, and names that the list has and the page lacks.
pub(super) fn check(root: &Path, files: &[PathBuf]) -> Result<Findings> {
    let listed = listed(&read(root, LIST)?);
    let mut page = String::new();
    let mut findings = Findings::new();
    for file in files {
        let is_page = ["frontend/src", "frontend/later.js", "view3d/src"].iter().any(|place| file.starts_with(place));
        if is_page || file == Path::new("index.html") {
            page.push_str(&read(root, file)?);
        } else if file.starts_with("tests") && has_ending(file, &["mjs", "js", "ts"]) {
            for name in used(&read(root, file)?) {
                if !listed.iter().any(|it| fits(it, &name)) {
                    findings.push(format!("{}: the test id `{name}` is not listed in {LIST}", file.display()));
                }
            }
        }
    }
    for name in &listed {
        if !sets(&page, name) {
            findings.push(format!("{LIST}: nothing on the page has the test id `{name}`"));
        }
    }
    Ok(findings)
}

/// Whether the page's sources have a text that is this name, or begins like it.
fn sets(page: &str, name: &str) -> bool {
    page.contains(&match name.strip_suffix('*') {
        Some(beginning) => format!("\"{beginning}"),
        None => format!("\"{name}\""),
    })
}

/// Names in the first column of the table under the heading that speaks of `data-testid`; `*` stands for any ending.
fn listed(document: &str) -> BTreeSet<String> {
    let section = document.lines().skip_while(|line| !(line.starts_with('#') && line.contains("data-testid")));
    let rows = section.skip(1).take_while(|line| !line.starts_with('#')).filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next()).map(str::to_owned).collect()
}

/// Names that a test asks for.
fn used(source: &str) -> BTreeSet<String> {
    ["getByTestId(", "data-testid=", "data-testid^="]
        .iter()
        .flat_map(|mark| source.split(mark).skip(1))
        .filter_map(|rest| {
            let quote = rest.chars().next().filter(|it| ['\'', '"', '`'].contains(it))?;
            let name = rest[1..].split(quote).next()?;
            // A name that is put together is known by its beginning.
            Some(name.split("${").next().unwrap_or(name).to_owned())
        })
        .collect()
}

/// Whether a listed name stands for a used one.
fn fits(listed: &str, used: &str) -> bool {
    listed.strip_suffix('*').map_or(listed == used, |beginning| used.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_tests() {
        let source = "page.getByTestId('train'); page.locator('[data-testid=\"episode\"]'); getByTestId(`run-${id}`)";
        assert_eq!(used(source), BTreeSet::from(["train", "episode", "run-"].map(String::from)));
    }

    #[test]
    fn names_are_listed_in_a_table() {
        let document = "# Other\n| `no` | x |\n## Handles (`data-testid`)\n| `train` | starts |\n| `run-*` | cards |\n# Next\n| `no` |";
        let names = listed(document);
        assert_eq!(names, BTreeSet::from(["train", "run-*"].map(String::from)));
        assert!(sets("data-testid=\"train\" format!(\"run-{id}\")", "train"));
        assert!(sets("format!(\"run-{id}\")", "run-*") && !sets("\"trainer\"", "train"));
        assert!(fits("run-*", "run-") && fits("train", "train") && !fits("train", "trainer"));
    }
}
