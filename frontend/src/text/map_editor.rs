//! Texts of the map editor.

use super::{Text, say};

/// What can be drawn.
pub const BRUSHES: Text = Text("What to draw");
/// What the pointer does.
pub const TOOLS: Text = Text("Tool");
/// It draws cell by cell.
pub const TOOL_DRAW: Text = Text("Draw cells");
/// It fills.
pub const TOOL_FILL: Text = Text("Fill an area");
/// Button: makes a step again.
pub const REDO: Text = Text("Redo");
/// Button: swaps left and right.
pub const MIRROR: Text = Text("Swap left and right");
/// Button: turns upside down.
pub const FLIP: Text = Text("Turn upside down");
/// Number of columns.
pub const COLUMNS: Text = Text("Columns");
/// Number of rows.
pub const ROWS: Text = Text("Rows");
/// Switch: shows the exact solution.
pub const SHOW_SOLUTION: Text = Text("Exact solution while drawing");
/// The exact solution has no numbers to show.
pub const NO_SOLUTION: Text =
    Text("The exact values have no bound or did not settle; a discount below 1, in the agent's settings, helps.");
/// Button: draws a random map.
pub const RANDOM_MAP: Text = Text("Random map");
/// The seed of random maps.
pub const RANDOM_SEED: Text = Text("Seed of the random map");
/// There is none.
pub const NO_RANDOM_MAP: Text = Text("No random map of this size with a way was found. The map stays as it is.");
/// The map as text.
pub const MAP_TEXT: Text = Text("As text, such as Gymnasium's desc");
/// Button: copies it.
pub const COPY_TEXT: Text = Text("Copy the text");
/// It is copied.
pub const TEXT_COPIED: Text = Text("The text is copied.");
/// It is not.
pub const TEXT_NOT_COPIED: Text = Text("The browser did not allow copying; select the text and copy it.");
/// Button: the map as a picture.
pub const SAVE_PICTURE: Text = Text("Save as PNG");
/// Button: a map from a picture.
pub const OPEN_PICTURE: Text = Text("Open a picture");
/// What that does.
pub const PICTURE_HELP: Text =
    Text("Every cell takes what is nearest in colour. The picture may also be dropped on the map.");
/// A file is no picture.
pub const NO_PICTURE: Text = Text("This file is no picture that the browser can read. The map stays as it is.");
/// No goal can be reached.
pub const NO_WAY: Text = Text("There is no way: no goal can be reached from a start.");
/// There is nowhere to start or to go.
pub const NO_ENDS: Text = Text("There is no way yet: a start or a goal is missing.");
/// A goal is one step away.
pub const WAY_OF_ONE: Text = Text("There is a way: a goal can be reached in 1 step.");
/// A text holds no map.
pub const DESC_EMPTY: Text = Text("There is no letter in it; a map is made of rows such as SFFG.");
/// A text is no list.
pub const DESC_LIST: Text =
    Text("This is no list of rows such as [\"SF\", \"FG\"]: a quote, a comma or a bracket is missing or too many.");
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

/// A goal can be reached.
pub fn way(steps: usize) -> String {
    if steps == 1 {
        return WAY_OF_ONE.into();
    }
    say!("There is a way: a goal can be reached in {steps} steps.", steps)
}

/// The best value from the start.
pub fn map_value(value: &str, discount: f64) -> String {
    say!("Best value from the start, with discount {discount}: {value}", discount, value)
}

/// A map is too large to be solved while it is drawn.
pub fn too_large_to_solve(most: usize) -> String {
    say!("The exact solution is shown for maps of at most {most} by {most} cells.", most)
}

/// A text has too many rows or columns.
pub fn desc_size(rows: usize, columns: usize, most: usize) -> String {
    say!("This map has {rows} rows of up to {columns} cells; at most {most} of each are possible.", rows, columns, most)
}

/// The rows of a text differ.
pub fn desc_ragged(row: usize, cells: usize, expected: usize) -> String {
    say!("Row {row} has {cells} cells, but row 1 has {expected}.", row, cells, expected)
}

/// A text has an unknown letter.
pub fn desc_letter(row: usize, column: usize, letter: char, known: &str) -> String {
    say!("Row {row}, column {column}: {letter} is no letter of this map. It knows {known}.", row, column, letter, known)
}
