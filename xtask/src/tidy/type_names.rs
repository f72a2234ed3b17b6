//! A type's name stands once among all crates, so that it says what it is wherever somebody meets it.
//!
//! Types within functions are known to nobody else, and tests have their own.

use super::Findings;
use super::circles::is_for_tests;
use crate::page::{files, has_ending};
use crate::workspace::Crate;
use anyhow::{Context as _, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::{Attribute, Ident, Item};

/// Names that may stand more than once, and the reason.
const LISTED: [(&str, &str); 0] = [];

/// Every name of a type that stands more than once and is not listed.
pub(super) fn check(root: &Path, crates: &[Crate]) -> Result<Findings> {
    let mut sources = BTreeMap::new();
    for it in crates {
        for file in files(&it.folder.join("src"))?.into_iter().filter(|it| has_ending(it, &["rs"])) {
            let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            sources.insert(file.strip_prefix(root).unwrap_or(&file).to_path_buf(), text);
        }
    }
    let listed = |name: &str| LISTED.iter().any(|(it, _)| *it == name);
    Ok(repeated(&sources)?
        .into_iter()
        .filter(|(name, _)| !listed(name))
        .map(|(name, places)| fault(&name, &places))
        .collect())
}

fn fault(name: &str, places: &[PathBuf]) -> String {
    let places: Vec<_> = places.iter().map(|it| it.display().to_string()).collect();
    format!(
        "{} each declare a type `{name}`: the most general keeps the name, and the others say what theirs is, such as \
         `SweepOptions` instead of `Options`",
        places.join(" and ")
    )
}

/// Names that stand more than once, with their files.
fn repeated(sources: &BTreeMap<PathBuf, String>) -> Result<Vec<(String, Vec<PathBuf>)>> {
    let (mut declared, mut of_tests) = (Vec::new(), BTreeSet::new());
    for (file, text) in sources {
        let parsed = syn::parse_file(text).with_context(|| format!("cannot parse {}", file.display()))?;
        take(&parsed.items, file, &modules_folder(file), &mut declared, &mut of_tests);
    }
    let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (name, file) in declared {
        // `tests.rs`, or what lies in `tests/`.
        if !file.ancestors().any(|it| of_tests.contains(&it.with_extension(""))) {
            places.entry(name).or_default().push(file);
        }
    }
    Ok(places.into_iter().filter(|(_, places)| places.len() > 1).collect())
}

/// The folder of the modules that a file declares.
fn modules_folder(file: &Path) -> PathBuf {
    let is_root = ["lib", "main", "mod"].iter().any(|it| file.file_stem().is_some_and(|stem| stem == *it));
    if is_root { file.parent().unwrap_or(file).to_path_buf() } else { file.with_extension("") }
}

/// Types of a module and those within it, and the modules in files of their own that are for tests.
fn take(
    items: &[Item],
    file: &Path,
    folder: &Path,
    declared: &mut Vec<(String, PathBuf)>,
    of_tests: &mut BTreeSet<PathBuf>,
) {
    for item in items {
        if let Item::Mod(module) = item {
            let folder = folder.join(module.ident.to_string());
            let is_for_tests = module.attrs.iter().any(is_for_tests);
            match &module.content {
                Some((_, items)) if !is_for_tests => take(items, file, &folder, declared, of_tests),
                None if is_for_tests => {
                    of_tests.insert(folder);
                }
                _ => {}
            }
        } else if let Some((name, attributes)) = type_name(item)
            && !attributes.iter().any(is_for_tests)
        {
            declared.push((name.to_string(), file.to_path_buf()));
        }
    }
}

fn type_name(item: &Item) -> Option<(&Ident, &[Attribute])> {
    match item {
        Item::Struct(it) => Some((&it.ident, &it.attrs)),
        Item::Enum(it) => Some((&it.ident, &it.attrs)),
        Item::Union(it) => Some((&it.ident, &it.attrs)),
        Item::Trait(it) => Some((&it.ident, &it.attrs)),
        Item::Type(it) => Some((&it.ident, &it.attrs)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that stand more than once in these files.
    fn names(sources: &[(&str, &str)]) -> Vec<String> {
        let sources = sources.iter().map(|(file, text)| (PathBuf::from(file), (*text).to_owned())).collect();
        repeated(&sources).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_name_that_stands_twice_is_found_whatever_it_names() {
        for other in [
            "pub struct Plan;",
            "enum Plan {}",
            "pub(crate) trait Plan {}",
            "type Plan = u8;",
            "mod inner { struct Plan(u8); }",
        ] {
            assert_eq!(
                names(&[("a/src/lib.rs", "struct Plan; struct A;"), ("b/src/x.rs", other)]),
                ["Plan"],
                "{other}"
            );
        }
        assert_eq!(names(&[("a/src/lib.rs", "mod x { struct Plan; } mod y { struct Plan; }")]), ["Plan"]);
    }

    #[test]
    fn both_files_and_the_way_out_are_named() {
        let fault = fault("Plan", &["a/src/lib.rs".into(), "b/src/x.rs".into()]);
        assert!(
            fault.starts_with("a/src/lib.rs and b/src/x.rs each declare a type `Plan`: the most general"),
            "{fault}"
        );
    }

    #[test]
    fn what_only_tests_a_function_or_a_trait_know_may_be_named_like_others() {
        let sources = [
            ("a/src/lib.rs", "struct Plan; #[cfg(test)] mod tests { struct Plan; } #[cfg(test)] struct Plan;"),
            ("a/src/x.rs", "#[cfg(test)] mod checks; fn f() { struct Plan; }"),
            ("a/src/x/checks.rs", "struct Plan; mod deeper;"),
            ("a/src/x/checks/deeper.rs", "struct Plan;"),
            ("a/src/y/mod.rs", "#[cfg(test)] mod tests;"),
            ("a/src/y/tests.rs", "struct Plan;"),
            ("a/src/z.rs", "trait Z { type Plan; } impl Z for u8 { type Plan = u8; }"),
        ];
        assert_eq!(names(&sources), [""; 0]);
    }
}
