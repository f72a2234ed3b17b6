//! No circles between the modules of a crate, so that each can be read without those that build on it.
//!
//! Judged folder by folder: the modules of one, each with everything within it, may use each other in one direction only.
//! A module and those within it may use each other as they like: they are one subject.

use super::Findings;
use crate::page::{files, has_ending};
use crate::workspace::Crate;
use anyhow::{Context as _, Result};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, UseTree};

/// Circles that may be: the crate, one of the modules, and the reason.
const LISTED: [(&str, &str, &str); 0] = [];

/// The names from a crate's root to a module or to something in it.
type ModulePath = Vec<String>;

/// Every circle that is not listed.
pub(super) fn check(crates: &[Crate]) -> Result<Findings> {
    let mut findings = Findings::new();
    for it in crates {
        let modules = Modules::read(&it.folder.join("src"))?;
        for circle in modules.circles() {
            if !LISTED.iter().any(|(name, module, _)| *name == it.name && circle.modules.iter().any(|it| it == module))
            {
                findings.push(format!("{}: {circle}", it.name));
            }
        }
    }
    Ok(findings)
}

/// Modules that use each other, and where.
#[derive(Debug)]
struct Circle {
    modules: Vec<String>,
    uses: Vec<(ModulePath, ModulePath)>,
}

impl std::fmt::Display for Circle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let uses: Vec<_> =
            self.uses.iter().map(|(from, to)| format!("{} uses {}", from.join("::"), to.join("::"))).collect();
        write!(
            formatter,
            "the modules {} form a circle ({}): move what both need into one below them",
            self.modules.join(", "),
            uses.join(", ")
        )
    }
}

/// The modules of a crate, with the places that each names.
#[derive(Debug, Default)]
struct Modules {
    uses: BTreeMap<ModulePath, BTreeSet<ModulePath>>,
    /// What stands for something else in a module: names that it imports.
    imports: BTreeMap<ModulePath, BTreeMap<String, ModulePath>>,
}

impl Modules {
    fn read(folder: &Path) -> Result<Self> {
        let mut sources = BTreeMap::new();
        let has_library = folder.join("lib.rs").is_file();
        for file in files(folder)?.iter().filter(|it| has_ending(it, &["rs"])) {
            let within = file.strip_prefix(folder).unwrap_or(file).with_extension("");
            let mut place: ModulePath = within.iter().map(|it| it.to_string_lossy().into_owned()).collect();
            // A program beside a library is a crate of its own.
            if place[0] == "bin" || (place == ["main"] && has_library) {
                continue;
            }
            if place.last().is_some_and(|it| it == "mod") || place == ["lib"] || place == ["main"] {
                place.pop();
            }
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            sources.insert(place, text);
        }
        Self::parse(&sources)
    }

    fn parse(sources: &BTreeMap<ModulePath, String>) -> Result<Self> {
        let mut reader =
            PathCollector { place: ModulePath::new(), named: Vec::new(), imported: Vec::new(), tests: BTreeSet::new() };
        for (place, text) in sources {
            let file = syn::parse_file(text).with_context(|| format!("cannot parse {}", place.join("::")))?;
            reader.place.clone_from(place);
            reader.visit_file(&file);
        }
        let is_test = |place: &ModulePath| reader.tests.iter().any(|it| place.starts_with(it));
        let mut modules = Self::default();
        modules.uses.extend(sources.keys().filter(|it| !is_test(it)).map(|it| (it.clone(), BTreeSet::new())));
        for (place, name, path) in &reader.imported {
            if let Some(target) = modules.absolute(place, path) {
                modules.imports.entry(place.clone()).or_default().insert(name.clone(), target);
            }
        }
        for (place, path) in reader.named.iter().filter(|(place, _)| !is_test(place)) {
            let Some(target) = modules.absolute(place, path).map(|it| modules.resolve(it)) else { continue };
            let from = modules.module_of(place);
            modules.uses.entry(from).or_default().insert(target);
        }
        Ok(modules)
    }

    /// The place that a path in a module means, if it is one of this crate.
    fn absolute(&self, place: &[String], path: &[String]) -> Option<ModulePath> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([place, rest].concat()),
            "super" => {
                let ups = path.iter().take_while(|it| *it == "super").count();
                Some([&place[..place.len().checked_sub(ups)?], &path[ups..]].concat())
            }
            _ => {
                let child = [place, &path[..1]].concat();
                self.uses.contains_key(&child).then(|| [place, path].concat())
            }
        }
    }

    /// The module in which a place is declared, whatever module it is named through.
    fn resolve(&self, mut place: ModulePath) -> ModulePath {
        // More steps than there are modules would be a circle of names.
        for _ in 0..self.uses.len() {
            let module = self.module_of(&place);
            let target = place.get(module.len()).and_then(|name| self.imports.get(&module)?.get(name));
            match target {
                Some(target) => place = [&target[..], &place[module.len() + 1..]].concat(),
                None => return module,
            }
        }
        self.module_of(&place)
    }

    /// The innermost module that a place lies in.
    fn module_of(&self, place: &[String]) -> ModulePath {
        let length = (0..=place.len()).rev().find(|length| self.uses.contains_key(&place[..*length]));
        place[..length.unwrap_or(0)].to_vec()
    }

    fn circles(&self) -> Vec<Circle> {
        self.uses.keys().flat_map(|folder| self.circles_in(folder)).collect()
    }

    /// Circles between the modules that are declared in this one.
    fn circles_in(&self, folder: &[String]) -> Vec<Circle> {
        let depth = folder.len() + 1;
        let is_within = |place: &ModulePath| place.len() >= depth && place.starts_with(folder);
        let mut uses: BTreeMap<&[String], Vec<(&ModulePath, &ModulePath)>> = BTreeMap::new();
        for (from, targets) in self.uses.iter().filter(|(from, _)| is_within(from)) {
            let targets = targets.iter().filter(|to| is_within(to) && to[..depth] != from[..depth]);
            uses.entry(&from[..depth]).or_default().extend(targets.map(|to| (from, to)));
        }
        let reachable = |from: &[String]| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_vec()]);
            while let Some(place) = next.pop() {
                for (_, to) in uses.get(&place[..]).into_iter().flatten() {
                    if seen.insert(to[..depth].to_vec()) {
                        next.push(to[..depth].to_vec());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<ModulePath, BTreeSet<ModulePath>> =
            uses.keys().map(|it| (it.to_vec(), reachable(it))).collect();
        let (mut circles, mut told) = (Vec::new(), BTreeSet::new());
        for (place, seen) in &reached {
            if !seen.contains(place) || told.contains(place) {
                continue;
            }
            let members: BTreeSet<&ModulePath> =
                seen.iter().filter(|it| reached.get(*it).is_some_and(|back| back.contains(place))).collect();
            told.extend(members.iter().map(|it| (*it).clone()));
            let between = members.iter().flat_map(|it| uses.get(&it[..]).into_iter().flatten());
            let uses = between.filter(|(_, to)| members.contains(&to[..depth].to_vec()));
            circles.push(Circle {
                modules: members.iter().map(|it| it.join("::")).collect(),
                uses: uses.map(|(from, to)| ((*from).clone(), (*to).clone())).collect(),
            });
        }
        circles
    }
}

/// Collects the paths that modules name, tests left out.
struct PathCollector {
    place: ModulePath,
    named: Vec<(ModulePath, ModulePath)>,
    imported: Vec<(ModulePath, String, ModulePath)>,
    tests: BTreeSet<ModulePath>,
}

impl PathCollector {
    fn take_use(&mut self, tree: &UseTree, before: &[String]) {
        match tree {
            UseTree::Path(it) => self.take_use(&it.tree, &[before, &[it.ident.to_string()]].concat()),
            UseTree::Group(it) => it.items.iter().for_each(|tree| self.take_use(tree, before)),
            UseTree::Glob(_) => self.named.push((self.place.clone(), before.to_vec())),
            UseTree::Name(it) => self.import(it.ident.to_string(), &it.ident.to_string(), before),
            UseTree::Rename(it) => self.import(it.rename.to_string(), &it.ident.to_string(), before),
        }
    }

    fn import(&mut self, name: String, last: &str, before: &[String]) {
        let path = if last == "self" { before.to_vec() } else { [before, &[last.to_owned()]].concat() };
        self.named.push((self.place.clone(), path.clone()));
        self.imported.push((self.place.clone(), name, path));
    }

    /// Paths within a macro, whose syntax is its own.
    fn take_tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (ModulePath::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(it) if colons == 2 || path.is_empty() => path.push(it.to_string()),
                TokenTree::Punct(it) if it.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                    continue;
                }
                token => {
                    self.end_path(&mut path);
                    match token {
                        TokenTree::Group(it) => self.take_tokens(it.stream()),
                        TokenTree::Ident(it) => path.push(it.to_string()),
                        _ => {}
                    }
                }
            }
            colons = 0;
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut ModulePath) {
        if path.len() > 1 {
            self.named.push((self.place.clone(), path.clone()));
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for PathCollector {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(it) => &it.attrs,
            Item::Use(it) => &it.attrs,
            Item::Fn(it) => &it.attrs,
            Item::Impl(it) => &it.attrs,
            Item::Const(it) => &it.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !attributes.iter().any(is_for_tests) {
            visit::visit_item(self, item);
        } else if let Item::Mod(it) = item {
            self.tests.insert([&self.place[..], &[it.ident.to_string()]].concat());
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.place.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.place.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.take_use(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.named.push((self.place.clone(), path.segments.iter().map(|it| it.ident.to_string()).collect()));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, it: &'ast Macro) {
        self.take_tokens(it.tokens.clone());
        visit::visit_macro(self, it);
    }
}

pub(super) fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|it| it.is_ident("test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules of every circle between these sources, by their places.
    fn circles(sources: &[(&str, &str)]) -> Vec<String> {
        let place =
            |name: &str| name.split("::").filter(|it| !it.is_empty()).map(str::to_owned).collect::<ModulePath>();
        let sources = sources.iter().map(|(name, text)| (place(name), (*text).to_owned())).collect();
        Modules::parse(&sources).unwrap().circles().into_iter().map(|it| it.modules.join(" ")).collect()
    }

    #[test]
    fn modules_that_use_each_other_are_found_however_they_say_it() {
        for back in [
            "use crate::a::A;",
            "use crate::{a::{self, A}};",
            "use super::a::*;",
            "fn f() -> crate::a::A { todo!() }",
            "fn f() { html! { <p>{ crate::a::text() }</p> } }",
            "use crate::A;",
            "mod inner { use super::super::a::A; }",
        ] {
            let root = "mod a; mod b; pub use a::A;";
            assert_eq!(circles(&[("", root), ("a", "use crate::b::B;"), ("b", back)]), ["a b"], "{back}");
        }
    }

    #[test]
    fn modules_within_one_stand_for_it() {
        let sources = [
            ("", ""),
            ("a", "mod x; mod y;"),
            ("a::x", "use crate::b::B;"),
            ("a::y", ""),
            ("b", "use crate::a::y::Y;"),
        ];
        assert_eq!(circles(&sources), ["a b"]);
        let sources = [("", ""), ("a", ""), ("a::x", "use super::y::Y;"), ("a::y", "use crate::a::x::X;")];
        assert_eq!(circles(&sources), ["a::x a::y"]);
    }

    #[test]
    fn one_direction_a_module_with_its_own_and_tests_are_fine() {
        let sources = [
            ("", "mod a; mod b; pub use b::B;"),
            ("a", "mod x; use x::X; use crate::B; #[cfg(test)] mod tests;"),
            ("a::x", "use super::A;"),
            ("a::tests", "use crate::c::C;"),
            ("b", "#[cfg(test)] mod tests { use crate::a::A; }"),
            ("c", "use crate::a::A;"),
        ];
        assert_eq!(circles(&sources), [""; 0]);
    }
}
