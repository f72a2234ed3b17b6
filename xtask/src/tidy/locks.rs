//! Whether `python/` is built from the same versions as the workspace, beside which it stands: most of it is then built
//! once for both, and what Python runs is what the tests ran.

use super::{Findings, read};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Versions<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Every package that `python/Cargo.lock` has in another version than `Cargo.lock`.
pub(super) fn check(root: &Path) -> Result<Findings> {
    let (ours, pythons) = (read(root, "Cargo.lock")?, read(root, "python/Cargo.lock")?);
    Ok(differing(&versions(&ours), &versions(&pythons)))
}

fn differing(ours: &Versions<'_>, pythons: &Versions<'_>) -> Findings {
    let both = pythons.iter().filter_map(|(name, versions)| Some((name, versions, ours.get(name)?)));
    let differing = both.flat_map(|(name, versions, ours)| versions.difference(ours).map(move |it| (name, it, ours)));
    let words = |(name, version, ours): (&&str, &&str, &BTreeSet<&str>)| {
        let ours: Vec<_> = ours.iter().copied().collect();
        format!(
            "python/Cargo.lock has {name} {version}, Cargo.lock {}; copy Cargo.lock to python/Cargo.lock and run \
             `cargo check --manifest-path python/Cargo.toml`, which keeps what it needs",
            ours.join(" and "),
        )
    };
    differing.map(words).collect()
}

/// The versions of every package in a lock file.
fn versions(lock: &str) -> Versions<'_> {
    let mut found = Versions::new();
    for package in lock.split("[[package]]").skip(1) {
        if let (Some(name), Some(version)) = (value(package, "name"), value(package, "version")) {
            found.entry(name).or_default().insert(version);
        }
    }
    found
}

fn value<'a>(package: &'a str, name: &str) -> Option<&'a str> {
    package.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_named_with_ours() {
        let lock = |packages: &[(&str, &str)]| {
            let package = |(name, version): &(&str, &str)| {
                format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = [\"x\"]\n\n")
            };
            packages.iter().map(package).collect::<String>()
        };
        let ours = lock(&[("serde", "1.0.2"), ("syn", "2.0.1"), ("syn", "3.0.0")]);
        let same = lock(&[("serde", "1.0.2"), ("syn", "3.0.0"), ("pyo3", "0.30.1")]);
        assert_eq!(differing(&versions(&ours), &versions(&same)), Findings::new());
        let other = lock(&[("serde", "1.0.3"), ("syn", "3.0.0")]);
        let found = differing(&versions(&ours), &versions(&other));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("python/Cargo.lock has serde 1.0.3, Cargo.lock 1.0.2;"), "{found:?}");
    }
}
