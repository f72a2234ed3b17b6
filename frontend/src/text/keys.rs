//! Texts about the keyboard.

use super::Text;

/// Title of the list.
pub const KEYS_TITLE: Text = Text("All keys");
/// The keys of an environment.
pub const KEYS_PLAY: Text = Text("To play it yourself");
/// When they count.
pub const KEYS_PLAY_NOTE: Text =
    Text("While you play, these come first. Before that, those that the page has no use for begin it.");
/// The key without a letter.
pub const SPACE_KEY: Text = Text("space");
/// The other keys that have a name in the lists below, which hold them as they are pressed: the list of keys shows them by the
/// tables, and here the tables find them.
pub const NAMED_KEYS: [Text; 4] = [Text("shift"), Text("esc"), Text("home"), Text("end")];
/// Keys and what they do.
pub type Key = (&'static [&'static str], Text);
/// Keys of the lab.
pub const LAB_KEYS: [Key; 9] = [
    (&["space"], Text("Train or pause")),
    (&["."], Text("One step")),
    (&["e"], Text("One episode")),
    (&["r"], Text("Reset: begin anew with nothing learned")),
    (&["u"], Text("Undo: back to the run that was replaced last; shift and u goes forward again")),
    (&["g"], Text("Greedy: show what the agent would do without exploring")),
    (&["p"], Text("Play it yourself, or give it back")),
    (&["shift"], Text("Held: take over in mid-episode; let go to give it back")),
    (&["esc"], Text("Stop playing")),
];
/// Keys of a comparison.
pub const COMPARE_KEYS: [Key; 2] =
    [(&["space"], Text("Compare, or stop")), (&["u"], Text("Undo: back to the comparison before"))];
/// Keys of a remote run, for those who may control it.
pub const WATCH_KEYS: [Key; 5] = [
    (&["space"], Text("Train or pause")),
    (&["."], Text("One step")),
    (&["e"], Text("One episode")),
    (&["r"], Text("Reset, after a question: it is the same run for everyone")),
    (&["g"], Text("Greedy: show what the agent would do without exploring")),
];
/// Keys of the player of episodes.
pub const REPLAY_KEYS: [Key; 5] = [
    (&["space"], Text("Play or pause")),
    (&[".", "→"], Text("One step")),
    (&[",", "←"], Text("One step back")),
    (&["home", "end"], Text("To the beginning, to the end")),
    (&["−", "+"], Text("Slower, faster")),
];
/// Keys of every place.
pub const KEYS_EVERYWHERE: [Key; 2] =
    [(&["?"], Text("This list")), (&["esc"], Text("Close a dialog, or follow the newest in a chart"))];
