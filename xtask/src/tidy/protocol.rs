//! The protocol document against the code: every record and kind of the wire types is described with all its fields in one
//! table row, paragraph or item, and the document was read again after their last change.

use super::{Findings, read};
use crate::page;
use anyhow::{Context as _, Result};
use quote::ToTokens as _;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Fields, Item};

const DOCUMENT: &str = "docs/PROTOCOL.md";

/// What stands before the fingerprint in the document.
const MARK: &str = "Fingerprint of the wire types: `";

/// Everything that the document lacks.
pub(super) fn check(root: &Path) -> Result<Findings> {
    let wire = Wire::read(root)?;
    Ok(compare(&wire, &read(root, DOCUMENT)?))
}

/// Writes the present fingerprint into the document.
pub(super) fn accept(root: &Path) -> Result<()> {
    let document = read(root, DOCUMENT)?;
    let begin = document.find(MARK).context("docs/PROTOCOL.md has no line for the fingerprint")? + MARK.len();
    let end = begin + document[begin..].find('`').context("the fingerprint in docs/PROTOCOL.md has no end")?;
    let accepted = format!("{}{}{}", &document[..begin], Wire::read(root)?.fingerprint, &document[end..]);
    fs::write(root.join(DOCUMENT), accepted).context("cannot write docs/PROTOCOL.md")
}

fn compare(wire: &Wire, document: &str) -> Findings {
    let described: Vec<_> = blocks(document).map(|block| names_in(&block)).collect();
    let mut findings = Findings::new();
    let heads: BTreeSet<_> = blocks(document).flat_map(|block| names_in(first_cell(&block))).collect();
    for Record { place, names, are_words } in &wire.records {
        // Every word of an enumeration may have a row of its own; else what lacks the fewest names is where they belong.
        let rows = are_words.then_some(&heads).into_iter();
        let lacking = rows.chain(&described).map(|block| names.difference(block).cloned().collect::<Vec<_>>());
        let lacking = lacking.min_by_key(Vec::len).unwrap_or_else(|| names.iter().cloned().collect());
        if !lacking.is_empty() {
            let all: Vec<_> = names.iter().cloned().collect();
            findings.push(format!(
                "{DOCUMENT}: no row or paragraph describes {place} with all of its names ({}); one lacks {}",
                all.join(", "),
                lacking.join(", ")
            ));
        }
    }
    if !document.contains(&format!("{MARK}{}`", wire.fingerprint)) {
        findings.push(format!(
            "{DOCUMENT}: the wire types changed; read the document again, \
             put it right, then `cargo xtask tidy --accept-protocol`"
        ));
    }
    findings
}

/// The rows of its tables, its items and its paragraphs; examples are none.
fn blocks(document: &str) -> impl Iterator<Item = String> {
    let (mut blocks, mut in_example) = (vec![String::new()], false);
    for line in document.lines() {
        let is_fence = line.starts_with("```");
        in_example ^= is_fence;
        if is_fence || line.is_empty() || line.starts_with(['|', '*', '#']) {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut().filter(|_| !in_example && !is_fence) {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks.into_iter()
}

/// The first cell of a table row; nothing of another block.
fn first_cell(block: &str) -> &str {
    block.strip_prefix('|').and_then(|it| it.split('|').next()).unwrap_or_default()
}

/// The words within code marks.
fn names_in(block: &str) -> BTreeSet<String> {
    let is_part = |it: char| it.is_alphanumeric() || it == '_';
    let code = block.split('`').skip(1).step_by(2);
    // Also as they stand there: a name may have a `-`.
    let parts = |it: &'_ str| it.split(move |it| !is_part(it)).chain([it]).map(str::to_owned).collect::<Vec<_>>();
    code.flat_map(parts).filter(|it| !it.is_empty()).collect()
}

/// The types that cross a wire, as the sources declare them.
#[derive(Debug, Default)]
struct Wire {
    records: Vec<Record>,
    /// A hash of the declarations without their comments.
    fingerprint: String,
}

/// What belongs together: a record's fields, a kind with its fields, or the words of an enumeration, as they are on the wire.
#[derive(Debug)]
struct Record {
    place: String,
    names: BTreeSet<String>,
    /// Whether it is an enumeration of mere words.
    are_words: bool,
}

impl Wire {
    fn read(root: &Path) -> Result<Self> {
        let mut wire = Self::default();
        let mut declarations = String::new();
        for file in page::files(&root.join("shared/src"))? {
            let place = file.strip_prefix(root).unwrap_or(&file).display().to_string();
            let source = syn::parse_file(&read(root, &file)?).with_context(|| format!("cannot parse {place}"))?;
            for item in source.items {
                wire.take(item, &place, &mut declarations);
            }
        }
        wire.fingerprint = fingerprint(&declarations);
        Ok(wire)
    }

    fn take(&mut self, mut item: Item, file: &str, declarations: &mut String) {
        let (attributes, name) = match &item {
            Item::Struct(it) => (&it.attrs, it.ident.to_string()),
            Item::Enum(it) => (&it.attrs, it.ident.to_string()),
            _ => return,
        };
        if !words(attributes, "derive").contains("Serialize") {
            return;
        }
        let mut record = |place, names, are_words| self.records.push(Record { place, names, are_words });
        match &item {
            Item::Struct(it) => record(format!("{name} in {file}"), field_names(&it.fields), false),
            Item::Enum(it) if !words(&it.attrs, "serde").contains("untagged") => {
                let mut bare = BTreeSet::new();
                for variant in &it.variants {
                    let kind = renamed(&variant.attrs).unwrap_or_else(|| snake_case(&variant.ident.to_string()));
                    if matches!(variant.fields, Fields::Unit) {
                        bare.insert(kind);
                    } else {
                        let mut names = field_names(&variant.fields);
                        names.insert(kind);
                        record(format!("{name}::{} in {file}", variant.ident), names, false);
                    }
                }
                record(format!("{name} in {file}"), bare, true);
            }
            _ => {}
        }
        WithoutComments.visit_item_mut(&mut item);
        declarations.push_str(&item.to_token_stream().to_string());
    }
}

/// The names of fields on the wire; a field that is flattened has none of its own.
fn field_names(fields: &Fields) -> BTreeSet<String> {
    let named = fields.iter().filter(|it| !words(&it.attrs, "serde").contains("flatten"));
    named.filter_map(|it| renamed(&it.attrs).or_else(|| Some(it.ident.as_ref()?.to_string()))).collect()
}

/// The words within all attributes of this name.
fn words(attributes: &[Attribute], name: &str) -> String {
    attributes.iter().filter(|it| it.path().is_ident(name)).map(|it| it.meta.to_token_stream().to_string()).collect()
}

/// The name that `#[serde(rename = "...")]` gives.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let words = words(attributes, "serde");
    let rest = &words[words.find("rename = \"")? + "rename = \"".len()..];
    rest.split('"').next().map(str::to_owned)
}

fn snake_case(name: &str) -> String {
    let mut written = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !written.is_empty() {
            written.push('_');
        }
        written.extend(letter.to_lowercase());
    }
    written
}

struct WithoutComments;

impl VisitMut for WithoutComments {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|it| it.path().is_ident("serde"));
    }
}

/// The first 16 hexadecimal digits of a text's SHA-256.
fn fingerprint(text: &str) -> String {
    let bytes = Sha256::digest(text).iter().take(8).fold(0_u64, |bytes, byte| bytes << 8 | u64::from(*byte));
    format!("{bytes:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(source: &str) -> Wire {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("shared/src")).unwrap();
        fs::write(folder.path().join("shared/src/lib.rs"), source).unwrap();
        Wire::read(folder.path()).unwrap()
    }

    const SOURCE: &str = r#"
        /// Words.
        #[derive(Debug, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Event { Idle, Busy, StepMade { #[serde(rename = "return")] episodic_return: f64 }, End(u8) }
        #[derive(Serialize)]
        pub struct Entry { at: f64, #[serde(rename = "return")] value: f64 }
        #[derive(Debug)]
        pub struct Private { secret: u8 }
    "#;

    #[test]
    fn kinds_and_fields_are_read_as_they_are_on_the_wire() {
        let names = wire(SOURCE).records.into_iter().map(|it| it.names.into_iter().collect::<Vec<_>>().join(" "));
        assert_eq!(names.collect::<Vec<_>>(), ["return step_made", "end", "busy idle", "at return"]);
    }

    #[test]
    fn comments_do_not_change_the_fingerprint_but_types_do() {
        let fingerprint = wire(SOURCE).fingerprint;
        assert_eq!(fingerprint, wire(&SOURCE.replace("Words", "Other words")).fingerprint);
        assert_ne!(fingerprint, wire(&SOURCE.replace("f64", "f32")).fingerprint);
    }

    #[test]
    fn a_document_must_name_everything_and_bear_the_fingerprint() {
        let wire = wire(SOURCE);
        let table = "| `step_made` | `return` f64 |\n| `end` | |\n| `idle` | |\n| `busy` | |";
        let good = format!("An entry has `at` and `return`.\n\n{table}\n\n{MARK}{}`", wire.fingerprint);
        assert_eq!(compare(&wire, &good), Findings::new());
        assert!(compare(&wire, &good.replace("step_made", "step_made_twice"))[0].contains("Event::StepMade"));
        // The field's name stands elsewhere, but not where its kind is described.
        assert!(compare(&wire, &good.replace("| `return` f64", "| f64"))[0].contains("Event::StepMade"));
        assert!(compare(&wire, &good.replace("`at`", "at"))[0].contains("Entry"));
        assert!(compare(&wire, &good.replace("| `idle` | |", "| x | `idle` |"))[0].contains("lacks idle"));
        let words = good.replace("| `idle` | |\n| `busy` | |", "\n`idle` or `busy`");
        assert_eq!(compare(&wire, &words), Findings::new());
        let example = good.replace("An entry has `at` and `return`.", "```\n`at` `return`\n```");
        assert!(compare(&wire, &example)[0].contains("Entry"));
        assert!(compare(&wire, &good.replace(&wire.fingerprint, "0"))[0].contains("--accept-protocol"));
    }
}
