//! The tables of the languages, held against the texts of the program: in its own source they are found as `Text("…")` and
//! `say!("…", …)`, in the scripts of the page and the view in three
//! dimensions as `say("…")`; those of the core where [`of_core`] finds them; those of the page's
//! own lessons in their file.

use super::{LANGUAGES, of_core};
use crate::lesson::shelf;
use crate::lesson::{Lesson, MOST_TEXT, MOST_TITLE};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A table by its sections.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageTable {
    /// The texts of the page.
    page: BTreeMap<String, String>,
    /// Those of environments, agents and metrics, which come with the stream; without those that the page has as well.
    core: BTreeMap<String, String>,
    /// Those of the page's own lessons.
    lessons: BTreeMap<String, String>,
}

impl LanguageTable {
    /// All of its texts, as the page has them.
    fn all(&self) -> BTreeMap<&str, &str> {
        let sections = [&self.page, &self.core, &self.lessons];
        sections.into_iter().flatten().map(|(english, text)| (english.as_str(), text.as_str())).collect()
    }
}

fn folder() -> PathBuf {
    env::var("CARGO_MANIFEST_DIR").unwrap().into()
}

fn tables() -> impl Iterator<Item = (&'static str, LanguageTable)> {
    LANGUAGES.into_iter().map(|(tag, _)| tag).filter(|tag| *tag != "en").map(|tag| {
        let file = folder().join(format!("languages/{tag}.json"));
        (tag, serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap())
    })
}

/// The English texts, each with the names of the values that it is given.
fn texts() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    sources(&folder().join("src"), &mut |source| in_source(source.parse().unwrap(), &mut found));
    for file in ["../index.html", "later.js", "../view3d/src/words.rs"] {
        let script = fs::read_to_string(folder().join(file)).unwrap();
        let calls: Vec<_> = script.split("say(").filter_map(|call| call.trim_start().strip_prefix('"')).collect();
        assert!(!calls.is_empty(), "nothing is said in {file}");
        for call in calls {
            let (text, _) = call.split_once('"').unwrap();
            found.insert(text.to_owned(), named(text));
        }
    }
    found
}

fn sources(folder: &Path, of: &mut dyn FnMut(String)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, of);
        } else {
            of(fs::read_to_string(path).unwrap());
        }
    }
}

fn in_source(source: TokenStream, found: &mut BTreeMap<String, BTreeSet<String>>) {
    let tokens: Vec<_> = source.into_iter().collect();
    let word = |place: Option<usize>| place.map(|it| tokens[it].to_string()).unwrap_or_default();
    for (place, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = (word(place.checked_sub(2)), word(place.checked_sub(1)));
        // The texts of tests are nobody's.
        if before.0 == "mod" && before.1 == "tests" {
            continue;
        }
        let is_text = before.0 != ":" && before.1 == "Text" && group.delimiter() == Delimiter::Parenthesis;
        let is_said = before.0 == "say" && before.1 == "!";
        let inner: Vec<_> = group.stream().into_iter().collect();
        let first = inner.first().map(ToString::to_string).unwrap_or_default();
        if let (true, Ok(text)) = (is_text || is_said, syn::parse_str::<syn::LitStr>(&first)) {
            let given = inner.windows(2).filter(|pair| pair[0].to_string() == ",").map(|pair| pair[1].to_string());
            let given = if is_said { given.collect() } else { BTreeSet::new() };
            let text = text.value();
            assert!(found.get(&text).is_none_or(|it| *it == given), "{text:?} is given other values elsewhere");
            found.insert(text, given);
        }
        in_source(group.stream(), found);
    }
}

/// The names of the values that a text shows.
fn named(text: &str) -> BTreeSet<String> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
}

/// The texts of the page's own program.
fn own() -> BTreeSet<String> {
    texts().into_keys().filter(|it| !it.is_empty()).collect()
}

fn lessons() -> Vec<Lesson> {
    let shelved = shelf::read(include_str!("../../lessons.json")).unwrap();
    shelved.into_iter().map(|it| it.lesson.as_ref().clone()).collect()
}

/// Holds a section of every table against the texts that belong there.
fn check(section: &str, of: fn(LanguageTable) -> BTreeMap<String, String>, texts: &BTreeSet<String>) {
    for (tag, table) in tables() {
        let there: BTreeSet<_> = of(table).into_keys().collect();
        let differences = [("missing", texts.difference(&there)), ("left over", there.difference(texts))];
        for (how, texts) in differences {
            assert_eq!(texts.collect::<Vec<_>>(), [""; 0], "{how} in {tag}.json, {section}");
        }
    }
}

#[test]
fn every_text_is_in_every_table_and_nothing_else_is() {
    let texts = own();
    assert!(texts.len() > 500, "{} texts were found", texts.len());
    check("page", |it| it.page, &texts);
}

#[test]
fn everything_that_the_core_says_of_itself_is_in_every_table_and_nothing_else_is() {
    let machine = fs::read_to_string(folder().join("../trainer/src/machine.rs")).unwrap();
    let texts = of_core::texts(machine.parse().unwrap());
    let others: BTreeSet<_> = texts.difference(&own()).cloned().collect();
    assert!(others.len() > 500, "{} texts were found", others.len());
    check("core", |it| it.core, &others);
}

#[test]
fn every_text_of_a_lesson_is_in_every_table_and_nothing_else_is() {
    let texts = lessons().iter_mut().flat_map(|it| it.texts().map(|text| text.clone()).collect::<Vec<_>>()).collect();
    check("lessons", |it| it.lessons, &texts);
}

#[test]
fn lessons_name_what_is_on_the_page_as_the_page_does() {
    for (tag, table) in tables() {
        let (all, mut found) = (table.all(), 0);
        for (english, text) in &table.lessons {
            let quoted = english.split('“').skip(1).filter_map(|rest| Some(rest.split_once('”')?.0));
            let pressed = english.split("ress ").skip(1).filter_map(|rest| rest.split([' ', ',', '.', ':']).next());
            let named: Vec<_> = quoted.chain(pressed).filter_map(|name| Some((name, *all.get(name)?))).collect();
            for (name, here) in &named {
                assert!(text.contains(here), "{tag}.json calls {name:?} {here:?}, but not in {text:?}");
            }
            found += named.len();
        }
        assert!(found > 20, "lessons name {found} things");
    }
}

#[test]
fn lessons_are_no_longer_in_another_language_than_a_lesson_may_be() {
    for (tag, table) in tables() {
        for mut lesson in lessons() {
            let titles = [lesson.title.clone(), lesson.about.clone()];
            for text in lesson.texts() {
                let here = table.lessons.get(text.as_str()).unwrap_or_else(|| panic!("{text:?} in {tag}.json"));
                let most = if titles.contains(text) { MOST_TITLE } else { MOST_TEXT };
                assert!(here.chars().count() <= most, "{here:?} in {tag}.json has more than {most} letters");
                assert_eq!(
                    here.matches("\n\n").count(),
                    text.matches("\n\n").count(),
                    "paragraphs of {text:?} in {tag}.json"
                );
            }
        }
    }
}

#[test]
fn texts_show_the_values_that_they_are_given_in_every_language() {
    for (text, given) in texts() {
        assert_eq!(named(&text), given, "{text:?}");
    }
    let edges = |text: &str| (text.starts_with(' '), text.ends_with(' '));
    for (tag, table) in tables() {
        for (english, text) in table.all() {
            assert_eq!(named(english), named(text), "{english:?} in {tag}.json");
            assert_eq!(edges(english), edges(text), "the spaces around {english:?} in {tag}.json");
            assert!(!text.trim().is_empty(), "{english:?} in {tag}.json says nothing");
        }
    }
}

#[test]
fn the_page_offers_the_languages_that_have_tables() {
    let tags: Vec<_> = LANGUAGES.iter().map(|(tag, _)| format!("{tag:?}")).collect();
    let list = format!("[{}]", tags.join(", "));
    for file in ["../index.html", "offline.js"] {
        let script = fs::read_to_string(folder().join(file)).unwrap();
        assert!(script.contains(&list), "{file} knows other languages than {list}");
    }
}
