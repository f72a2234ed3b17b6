//! The language of the page. English stands in the program; of another one a table comes before the first paint, which has the
//! text of every English one.

#[cfg(test)]
mod of_core;
#[cfg(test)]
mod tables;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};
use std::ops::Deref;
use std::sync::OnceLock;
use wasm_bindgen::JsCast as _;
use yew::html::IntoPropValue;
use yew::{AttrValue, Html};

/// Where the choice is remembered; `index.html` reads it.
const STORAGE_KEY: &str = "terrarium.language";

/// The languages that there are, by their tags, and what they call themselves.
pub const LANGUAGES: [(&str, &str); 3] = [("en", "English"), ("de", "Deutsch"), ("sw", "Kiswahili")];

/// Stands between texts that are shown as one.
const DOT: &str = " · ";

/// English texts and what stands for them, for as long as the page is open. Without it the page is English.
static TABLE: OnceLock<BTreeMap<String, String>> = OnceLock::new();

/// A text of the page: written in English, read in the language of the page.
///
/// It names its values, as `{count}`; `say!` puts them in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text(pub &'static str);

impl Text {
    /// What people read.
    pub fn text(self) -> &'static str {
        translation(self.0).unwrap_or(self.0)
    }

    /// What people read, with its values: each stands where its name does.
    pub fn with(self, values: &[(&str, &dyn Display)]) -> String {
        let mut filled = String::new();
        let mut rest = self.text();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            filled.push_str(before);
            if let Some((_, value)) = values.iter().find(|(it, _)| *it == name) {
                // A string takes everything.
                let _ = write!(filled, "{value}");
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// A text with values, each by its name or as `name = value`: `say!("{done} of {all} runs", done, all = runs.len())`.
macro_rules! say {
    ($text:literal $(, $name:ident $(= $value:expr)?)+ $(,)?) => {
        $crate::language::Text($text).with(&[$((stringify!($name), $crate::language::say!(@ $name $($value)?))),+])
    };
    (@ $name:ident) => { &$name };
    (@ $name:ident $value:expr) => { &$value };
}
pub(crate) use say;

/// A text that is not the program's own, in the language of the page if the table has it. Of words with a number behind them,
/// such as "arm 3", the words are enough.
pub fn translated(english: &str) -> Cow<'_, str> {
    if let Some(text) = translation(english) {
        return Cow::Borrowed(text);
    }
    let numbered = english.rsplit_once(' ').filter(|(_, number)| number.starts_with(|it: char| it.is_ascii_digit()));
    let numbered = numbered.and_then(|(words, number)| Some(format!("{} {number}", translation(words)?)));
    numbered.map_or(Cow::Borrowed(english), Cow::Owned)
}

/// What the core says of itself, as it is shown: titles, help, names of actions and outcomes, metrics. All of it goes through
/// here on its way to people, and stays English everywhere else: as a key, in files and in the stream.
pub fn told(english: &str) -> AttrValue {
    AttrValue::from(translated(english).into_owned())
}

/// Several of these texts with dots between them, such as "Gridworld · Q-learning".
pub fn all_told(english: &str) -> String {
    let told: Vec<_> = english.split(DOT).map(translated).collect();
    told.join(DOT)
}

fn translation(english: &str) -> Option<&'static str> {
    TABLE.get()?.get(english).map(String::as_str)
}

/// Takes the table that `index.html` has fetched, if there is one. To be called before anything is shown.
pub fn begin() {
    let words = js_sys::Reflect::get(&js_sys::global(), &"words".into());
    let Some(words) = words.ok().and_then(|it| it.dyn_into::<js_sys::Object>().ok()) else { return };
    let entries = js_sys::Object::entries(&words);
    let entries = entries.iter().filter_map(|entry| {
        let entry = js_sys::Array::from(&entry);
        Some((entry.get(0).as_string()?, entry.get(1).as_string()?))
    });
    // There is one table for as long as the page is open.
    let _ = TABLE.set(entries.collect());
}

/// The tag of the page's language.
pub fn current() -> String {
    let root = web_sys::window().and_then(|it| it.document()?.document_element());
    root.and_then(|it| it.get_attribute("lang")).unwrap_or_default()
}

/// Remembers a language and shows the page in it: it is loaded anew, because what was said before is in the other one. The
/// run goes on as after any reload.
pub fn choose(tag: &str) {
    let Some(window) = web_sys::window() else { return };
    if let Ok(Some(storage)) = window.local_storage() {
        // Where nothing can be stored, the browser's language stays.
        let _ = storage.set_item(STORAGE_KEY, tag);
    }
    let _ = window.location().reload();
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.text()
    }
}

impl Display for Text {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.text())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.text().to_owned()
    }
}

impl From<Text> for AttrValue {
    fn from(text: Text) -> Self {
        Self::Static(text.text())
    }
}

impl IntoPropValue<AttrValue> for Text {
    fn into_prop_value(self) -> AttrValue {
        self.into()
    }
}

impl IntoPropValue<Option<AttrValue>> for Text {
    fn into_prop_value(self) -> Option<AttrValue> {
        Some(self.into())
    }
}

impl IntoPropValue<Html> for Text {
    fn into_prop_value(self) -> Html {
        AttrValue::from(self).into_prop_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_their_names_do() {
        let (done, all) = (3, "seven");
        assert_eq!(say!("{done} of {all}, again {done}", done, all), "3 of seven, again 3");
        assert_eq!(say!("of {all}: {done}", all, done = done + 1), "of seven: 4");
        assert_eq!(say!("{value}", value = "{done}"), "{done}", "a value is not looked through again");
        assert_eq!(Text("without {end").with(&[]), "without {end", "a table may be damaged");
    }

    #[test]
    fn without_a_table_the_page_is_english() {
        assert_eq!(Text("Train").text(), "Train");
        assert_eq!(told("Gridworld"), "Gridworld");
        assert_eq!(told("arm 3"), "arm 3");
        assert_eq!(all_told("Gridworld · SARSA · α 0.1"), "Gridworld · SARSA · α 0.1");
    }
}
