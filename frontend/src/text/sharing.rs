//! Texts about links.

use super::{Text, say};

/// Title.
pub const SHARE_TITLE: Text = Text("Share this run");
/// What the link is.
pub const SHARE_NOTE: Text = Text(
    "The link holds the environment, the agent, the seed and the run hash. Whoever opens it sees the same run, bit for bit.",
);
/// Button: environment, agent and seed into the library.
pub const KEEP_SETTINGS: Text = Text("Keep these settings");
/// Button.
pub const COPY: Text = Text("Copy the link");
/// What a link to a run at a relay is.
pub const SHARE_WATCHED_NOTE: Text =
    Text("The link shows this run to whoever reaches the relay, live while it learns and as it was afterwards.");
/// Button.
pub const COPY_FRAME: Text = Text("Copy as a frame");
/// What it is for.
pub const COPY_FRAME_HELP: Text =
    Text("HTML that shows the run within another page. A relay lets pages do so that --allow-embed names.");
/// Done.
pub const FRAME_COPIED: Text = Text("The HTML of the frame is copied.");
/// Done.
pub const COPIED: Text = Text("The link is copied.");
/// Not done.
pub const NOT_COPIED: Text = Text("The browser did not allow copying; select the link and copy it.");

/// A shared run was reproduced.
pub fn same_hash(episodes: &str) -> String {
    say!("This is the shared run: after {episodes} episodes the hash is the same.", episodes)
}

/// A shared run came out otherwise, and between which two episodes it parted from the one that was shared, where that is known.
pub fn other_hash(expected: &str, found: &str, parted: Option<(String, String)>) -> String {
    let told = say!(
        "This run's hash is {found}, the link says {expected}: the link was made by another version. \
         What you see is a run with the same settings.",
        found,
        expected
    );
    match parted {
        Some((same, parted)) => {
            told + " "
                + &say!("The two are the same up to episode {same} and have parted by episode {parted}.", same, parted)
        }
        None => told,
    }
}
