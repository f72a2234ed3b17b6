//! The protocol document against the code: it names every kind and field of the wire types, and it was read again
//! after their last change.

use super::{Findings, read};
use crate::page;
use anyhow::{Context as _, Result};
use quote::ToTokens as _;
use std::collections::BTreeMap;
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
    let mut findings: Findings = wire
        .names
        .iter()
        .filter(|(name, _)| !names_it(document, name))
        .map(|(name, place)| format!("{DOCUMENT}: `{name}` of {place} is not described"))
        .collect();
    if !document.contains(&format!("{MARK}{}`", wire.fingerprint)) {
        findings.push(format!(
            "{DOCUMENT}: the wire types changed; read the document again, \
             put it right, then `cargo xtask tidy --accept-protocol`"
        ));
    }
    findings
}

/// Whether a document has a name as a word of its own within code.
fn names_it(document: &str, name: &str) -> bool {
    let is_word = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
    document.match_indices(name).any(|(at, _)| {
        !is_word(document[..at].chars().next_back()) && !is_word(document[at + name.len()..].chars().next())
    })
}

/// The types that cross a wire, as the sources declare them.
#[derive(Debug, Default)]
struct Wire {
    /// Kinds and fields as they are on the wire, with the place of their declaration.
    names: BTreeMap<String, String>,
    /// A hash of the declarations without their comments.
    fingerprint: String,
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
        wire.fingerprint = format!("{:016x}", fnv1a(&declarations));
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
        let place = format!("{name} in {file}");
        match &item {
            Item::Struct(it) => self.take_fields(&it.fields, &place),
            Item::Enum(it) => {
                let untagged = words(&it.attrs, "serde").contains("untagged");
                for variant in it.variants.iter().filter(|_| !untagged) {
                    let written = renamed(&variant.attrs).unwrap_or_else(|| snake_case(&variant.ident.to_string()));
                    self.names.insert(written, place.clone());
                    self.take_fields(&variant.fields, &place);
                }
            }
            _ => {}
        }
        WithoutComments.visit_item_mut(&mut item);
        declarations.push_str(&item.to_token_stream().to_string());
    }

    fn take_fields(&mut self, fields: &Fields, place: &str) {
        for field in fields {
            if let Some(name) = &field.ident {
                self.names.insert(renamed(&field.attrs).unwrap_or_else(|| name.to_string()), place.to_owned());
            }
        }
    }
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

/// The 64-bit hash of Fowler, Noll and Vo.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
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
        pub enum Event { StepMade { #[serde(rename = "return")] episodic_return: f64 }, End(u8) }
        #[derive(Debug)]
        pub struct Private { secret: u8 }
    "#;

    #[test]
    fn kinds_and_fields_are_read_as_they_are_on_the_wire() {
        let names: Vec<_> = wire(SOURCE).names.into_keys().collect();
        assert_eq!(names, ["end", "return", "step_made"]);
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
        let good = format!("`step_made` {{ `return` }}, `end`\n{MARK}{}`", wire.fingerprint);
        assert_eq!(compare(&wire, &good), Findings::new());
        assert!(compare(&wire, &good.replace("step_made", "step_made_twice"))[0].contains("`step_made` of Event"));
        assert!(compare(&wire, &good.replace(&wire.fingerprint, "0"))[0].contains("--accept-protocol"));
    }
}
