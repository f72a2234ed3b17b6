//! The library's texts.

use super::{Text, say};

/// The place.
pub const LIBRARY: Text = Text("Library");
/// What it is for, where nothing is in it.
pub const NOTHING_KEPT: Text = Text(
    "Nothing is kept here yet. “Save agent” in the Lab keeps a run with its agent and curves, “Save” in \
                                Replays an episode, “Save” in Compare a comparison, and “Share” in the Lab has “Keep these settings”. Files of Terrarium can be dropped \
                                anywhere on the page.",
);
/// Nothing fits what is searched for.
pub const NOTHING_FOUND: Text = Text("Nothing here fits. Fewer words find more.");
/// The field to search in.
pub const SEARCH: Text = Text("Search names, notes and tags");
/// All kinds.
pub const ALL: Text = Text("All");
/// A kind.
pub const RUNS: Text = Text("Runs");
/// A kind.
pub const EPISODES_KEPT: Text = Text("Episodes");
/// A kind.
pub const COMPARISONS: Text = Text("Comparisons");
/// One of a kind.
pub const RUN: Text = Text("Run");
/// One of a kind.
pub const EPISODE: Text = Text("Episode");
/// One of a kind.
pub const COMPARISON: Text = Text("Comparison");
/// A kind, and one of it.
pub const SETTINGS: Text = Text("Settings");
/// Which kinds are shown.
pub const KINDS: Text = Text("What is shown");
/// Opens an item.
pub const OPEN: Text = Text("Open");
/// The dialog that changes name, tags and note, and the button that opens it.
pub const EDIT_TITLE: Text = Text("Name, tags and note");
/// A field of it.
pub const NAME: Text = Text("Name");
/// A field of it.
pub const TAGS: Text = Text("Tags, with commas between them");
/// A field of it.
pub const NOTE: Text = Text("Note");
/// Keeps what was written.
pub const KEEP: Text = Text("Keep");
/// Everything as one file.
pub const EXPORT_ALL: Text = Text("Export all");
/// What is shown as one file.
pub const EXPORT_SHOWN: Text = Text("Export these");
/// A file into the library.
pub const IMPORT: Text = Text("Open a file");
/// Asks the browser not to clear it.
pub const PROTECT: Text = Text("Protect it");
/// It is protected.
pub const PROTECTED: Text = Text("The browser keeps it until you delete it.");
/// It is not.
pub const UNPROTECTED: Text = Text("The browser may clear it when the disk is full.");
/// The browser said no.
pub const NOT_PROTECTED: Text = Text(
    "The browser did not agree. It does more easily for pages that are used often or have a bookmark; \
                                 until then keep what matters in a file.",
);
/// Over the page while a file is dragged.
pub const DROP: Text = Text("Drop it to open it");
/// Keeps an episode or a comparison.
pub const SAVE: Text = Text("Save");
/// Puts an opened episode away.
pub const BACK_TO_RUN: Text = Text("Back to the run's episodes");
/// An episode of another build of its environment, perhaps.
pub const AS_RECORDED: Text = Text("Every observation and reward is as it was recorded.");
/// An episode or comparison was saved.
pub const SAVED: Text = Text("Saved in the library.");
/// What lies in the library.
pub fn kept(items: usize, bytes: &str) -> String {
    let things = if items == 1 { Text("1 item").into() } else { say!("{items} items", items) };
    format!("{things}, {bytes}")
}

/// How much was taken from a file.
pub fn taken_in(new: usize, all: usize) -> String {
    match (new, all) {
        (_, 0) => Text("The file holds no items.").into(),
        (0, _) => Text("Everything in this file is in the library already.").into(),
        (new, all) if new == all => say!("{new} added to the library.", new),
        (new, all) => say!("{new} of {all} added to the library; the others were there already.", new, all),
    }
}

/// What an item has behind it.
pub fn facts(episodes: &str, steps: &str, size: &str, when: &str) -> String {
    say!("{episodes} episodes, {steps} steps · {size} · {when}", episodes, steps, size, when)
}

/// Which episode it is.
pub fn episode_facts(number: &str, steps: &str, size: &str, when: &str) -> String {
    say!("episode {number}, {steps} steps · {size} · {when}", number, steps, size, when)
}

/// When a comparison was saved.
pub fn comparison_facts(size: &str, when: &str) -> String {
    say!("runs again when opened, to the same hash · {size} · {when}", size, when)
}

/// When settings were saved.
pub fn settings_facts(size: &str, when: &str) -> String {
    say!("begins anew in the Lab when opened · {size} · {when}", size, when)
}
