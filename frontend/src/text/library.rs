//! The library's texts.

/// The place.
pub const LIBRARY: &str = "Library";
/// What it is for, where nothing is in it.
pub const NOTHING_KEPT: &str = "Nothing is kept here yet. \"Save\" in the Lab keeps a run with its agent and curves, \"Save\" in \
                                Replays an episode, and \"Save\" in Compare a comparison. Files of Terrarium can be dropped \
                                anywhere on the page.";
/// Nothing fits what is searched for.
pub const NOTHING_FOUND: &str = "Nothing here fits. Fewer words find more.";
/// The field to search in.
pub const SEARCH: &str = "Search names, notes and tags";
/// All kinds.
pub const ALL: &str = "All";
/// A kind.
pub const RUNS: &str = "Runs";
/// A kind.
pub const EPISODES_KEPT: &str = "Episodes";
/// A kind.
pub const COMPARISONS: &str = "Comparisons";
/// One of a kind.
pub const RUN: &str = "Run";
/// One of a kind.
pub const EPISODE: &str = "Episode";
/// One of a kind.
pub const COMPARISON: &str = "Comparison";
/// Which kinds are shown.
pub const KINDS: &str = "What is shown";
/// Opens an item.
pub const OPEN: &str = "Open";
/// Changes name, tags and note.
pub const EDIT: &str = "Edit";
/// The dialog for it.
pub const EDIT_TITLE: &str = "Name, tags and note";
/// A field of it.
pub const NAME: &str = "Name";
/// A field of it.
pub const TAGS: &str = "Tags, with commas between them";
/// A field of it.
pub const NOTE: &str = "Note";
/// Keeps what was written.
pub const KEEP: &str = "Keep";
/// Everything as one file.
pub const EXPORT_ALL: &str = "Export all";
/// What is shown as one file.
pub const EXPORT_SHOWN: &str = "Export these";
/// A file into the library.
pub const IMPORT: &str = "Open a file";
/// Asks the browser not to clear it.
pub const PROTECT: &str = "Protect it";
/// It is protected.
pub const PROTECTED: &str = "The browser keeps it until you delete it.";
/// It is not.
pub const UNPROTECTED: &str = "The browser may clear it when the disk is full.";
/// The browser said no.
pub const NOT_PROTECTED: &str = "The browser did not agree. It does more easily for pages that are used often or have a bookmark; \
                                 until then keep what matters in a file.";
/// Over the page while a file is dragged.
pub const DROP: &str = "Drop it to open it";
/// Keeps an episode or a comparison.
pub const SAVE: &str = "Save";
/// Puts an opened episode away.
pub const BACK_TO_RUN: &str = "Back to the run's episodes";
/// An episode of another build of its environment, perhaps.
pub const AS_RECORDED: &str = "Every observation and reward is as it was recorded.";
/// An episode or comparison was saved.
pub const SAVED: &str = "Saved in the library.";
/// What lies in the library.
pub fn kept(items: usize, bytes: &str) -> String {
    let things = if items == 1 { "1 item".to_owned() } else { format!("{items} items") };
    format!("{things}, {bytes}")
}

/// How much was taken from a file.
pub fn taken_in(new: usize, all: usize) -> String {
    match (new, all) {
        (_, 0) => "The file holds no items.".into(),
        (0, _) => "Everything in this file is in the library already.".into(),
        (new, all) if new == all => format!("{new} added to the library."),
        (new, all) => format!("{new} of {all} added to the library; the others were there already."),
    }
}

/// What an item has behind it.
pub fn facts(episodes: &str, steps: &str, size: &str, when: &str) -> String {
    format!("{episodes} episodes, {steps} steps · {size} · {when}")
}

/// Which episode it is.
pub fn episode_facts(number: &str, steps: &str, size: &str, when: &str) -> String {
    format!("episode {number}, {steps} steps · {size} · {when}")
}

/// When a comparison was saved.
pub fn comparison_facts(size: &str, when: &str) -> String {
    format!("runs again when opened, to the same hash · {size} · {when}")
}
