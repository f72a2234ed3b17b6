//! Texts of the map editor.

use super::{Text, say};

/// The script that would fetch the editor did not come.
pub const MAP_MISSING: Text =
    Text("The map editor could not be loaded. Everything else goes on. Open it again once the network is back.");
/// What can be drawn.
pub const BRUSHES: Text = Text("What to draw");
/// Number of columns.
pub const COLUMNS: Text = Text("Columns");
/// Number of rows.
pub const ROWS: Text = Text("Rows");
/// Takes the map.
pub const USE_MAP: Text = Text("Use this map");
/// What that does.
pub const MAP_RESTARTS: Text = Text("Drag to draw. A new map begins a new run with nothing learned.");

/// One less.
pub fn fewer(what: &str) -> String {
    say!("{what}: one less", what)
}

/// One more.
pub fn more(what: &str) -> String {
    say!("{what}: one more", what)
}

/// The map in words.
pub fn map_words(columns: usize, rows: usize) -> String {
    say!("Map of {columns} by {rows} cells. Arrow keys move, space draws.", columns, rows)
}
