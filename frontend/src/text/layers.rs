//! Texts of the network builder.

use super::{Text, say};

/// What a number of a layer is: how many units it has,
pub const UNITS: Text = Text("units");
/// how many filters,
pub const FILTERS: Text = Text("filters");
/// cells along a side of the window,
pub const KERNEL: Text = Text("kernel");
/// cells from one place of the window to the next.
pub const STRIDE: Text = Text("stride");
/// An output of a network: what is done,
pub const POLICY_HEAD: Text = Text("policy");
/// what is expected to come,
pub const VALUE_HEAD: Text = Text("value");
/// what actions are worth beside each other,
pub const ADVANTAGE_HEAD: Text = Text("advantage");
/// how far actions spread.
pub const DEVIATION_HEAD: Text = Text("deviation");
/// Instead of rows.
pub const NO_LAYERS: Text = Text("no layers");
/// Button.
pub const ADD_LAYER: Text = Text("Add a layer");
/// Why there is no further one.
pub fn most_layers(most: u32) -> String {
    say!("At most {most} layers", most)
}

/// Why the last one stays.
pub fn least_layers(least: u32) -> String {
    say!("At least {least}", least)
}

/// Button.
pub fn remove_layer(layer: usize) -> String {
    say!("Remove layer {layer}", layer)
}

/// A number of a layer.
pub fn number_of_layer(layer: usize, what: &str) -> String {
    say!("Layer {layer}, {what}", layer, what)
}

/// Button.
pub fn more_of_layer(layer: usize, what: &str) -> String {
    say!("Layer {layer}, {what}: more", layer, what)
}

/// Button.
pub fn less_of_layer(layer: usize, what: &str) -> String {
    say!("Layer {layer}, {what}: less", layer, what)
}

/// A convolution that does not fit.
pub fn kernel_too_large(kernel: usize, rows: usize, columns: usize) -> String {
    say!("A kernel of {kernel} is larger than the board of {rows} × {columns} that it gets.", kernel, rows, columns)
}

/// A convolution of what is no board.
pub const NO_BOARD: Text = Text(
    "Convolutions slide over a board, and none is observed here: snake and tetris show theirs where their view is “the board, cell by cell”.",
);

/// A network that is too large.
pub fn too_many_parameters(given: &str, most: &str) -> String {
    say!("With it the network has {given} parameters, and it may have {most}.", given, most)
}

/// A stride that leads nowhere.
pub const ONE_PLACE: Text = Text("Its stride leads beyond the board: it looks at one place alone.");
/// Instead of the number of parameters.
pub const NO_NETWORK: Text = Text("These layers make no network.");
