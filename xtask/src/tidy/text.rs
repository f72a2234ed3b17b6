//! Texts speak of the project alone: no path of somebody's machine, no host of somebody's registry.

use super::Findings;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// Every line that names a machine's path or a lock file's host.
pub(super) fn check(root: &Path, files: &[PathBuf]) -> Result<Findings> {
    let mut findings = Findings::new();
    for file in files {
        // What is not text has no lines to read.
        let Ok(text) = String::from_utf8(fs::read(root.join(file))?) else { continue };
        for (index, line) in text.lines().enumerate() {
            if let Some(what) = fault(file, line) {
                findings.push(format!("{}:{}: {what}", file.display(), index + 1));
            }
        }
    }
    Ok(findings)
}

fn fault(file: &Path, line: &str) -> Option<String> {
    // Put together, so that this file does not find itself.
    let machine = ["/home", "/root", "/Users", "/work"].iter().map(|it| format!("{it}/"));
    if let Some(path) = machine.into_iter().find(|path| names_path(line, path)) {
        return Some(format!("a path of somebody's machine, {path}"));
    }
    let name = file.file_name().unwrap_or_default();
    if name == "package-lock.json" && line.contains("\"resolved\"") && line.contains("://") {
        return Some("the host of a registry; tests/.npmrc leaves it out, make the lock file with that".into());
    }
    if name == "Cargo.lock" && line.starts_with("source = ") && !line.contains("//github.com/rust-lang/crates.io-index")
    {
        return Some("not from crates.io".into());
    }
    None
}

/// Whether a line has this path from the root of a machine, not as the end of a longer one.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|it| it.is_alphanumeric() || "._-*~}$/)>".contains(it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_paths_and_hosts_are_found() {
        let found = |file: &str, line: &str| fault(Path::new(file), line).is_some();
        let path = format!("see {}/ann/notes", "/home");
        assert!(found("README.md", &path));
        assert!(!found("README.md", "see https://example.org/home/ and frontend/root/"));
        assert!(found("tests/package-lock.json", r#"  "resolved": "https://registry.example.org/a.tgz","#));
        assert!(!found("tests/package-lock.json", r#"  "integrity": "sha512-x","#));
        assert!(found("Cargo.lock", r#"source = "registry+https://example.org/index""#));
        assert!(!found("Cargo.lock", r#"source = "registry+https://github.com/rust-lang/crates.io-index""#));
    }
}
