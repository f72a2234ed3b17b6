//! A network as data: what it sees, the layers that all heads share, and the heads.

use crate::activation::Activation;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Units or filters of a layer, at most.
pub const MOST_UNITS: usize = 8_192;
/// Numbers that a network sees, at most.
pub const MOST_INPUTS: usize = 1 << 20;
/// Weights of a network, at most: 64 MB of them, and as much again for each moment of the optimiser.
pub const MOST_WEIGHTS: usize = 1 << 24;

/// What a network sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A vector.
    Vector {
        /// How many numbers it has.
        length: usize,
    },
    /// A board, `[rows][columns][channels]`: cell by cell, with all channels of a cell next to each other.
    Board {
        /// Cells from top to bottom.
        rows: usize,
        /// Cells from left to right.
        columns: usize,
        /// Numbers in a cell.
        channels: usize,
    },
    /// A board, `[channels][rows][columns]`: plane by plane, as observations and PyTorch have it.
    Planes {
        /// Cells from top to bottom.
        rows: usize,
        /// Cells from left to right.
        columns: usize,
        /// Planes.
        channels: usize,
    },
}

impl Input {
    /// How many numbers it has.
    pub const fn length(self) -> usize {
        match self {
            Self::Vector { length } => length,
            Self::Board { rows, columns, channels } | Self::Planes { rows, columns, channels } => {
                rows.saturating_mul(columns).saturating_mul(channels)
            }
        }
    }
}

/// How a layer's weights are drawn; biases begin at 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initial {
    /// Orthonormal rows or columns times a gain (Saxe et al. 2014): what policy gradients start from.
    Orthogonal {
        /// The gain, above 0 and at most 100.
        gain: f64,
    },
    /// Normal, with the activation's gain over the root of the inputs (He et al. 2015).
    Kaiming,
}

/// One layer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Every unit sees every input; a board is taken as a vector.
    Dense {
        /// How many units.
        units: usize,
        /// What they make of their sums.
        activation: Activation,
        /// How their weights are drawn.
        initial: Initial,
    },
    /// Every filter slides over a board; beyond the edge there are zeros.
    Convolution {
        /// How many filters: the channels of the board that comes out.
        filters: usize,
        /// Cells along a side of the window.
        kernel: usize,
        /// Cells from one place of the window to the next.
        stride: usize,
        /// Cells of zeros around the board.
        padding: usize,
        /// What the filters make of their sums.
        activation: Activation,
        /// How their weights are drawn.
        initial: Initial,
    },
    /// Learned numbers that do not depend on the input, such as the spread of a Gaussian policy.
    Constant {
        /// How many.
        units: usize,
        /// What each is at first.
        value: f32,
    },
}

impl Layer {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Dense { .. } => "dense",
            Self::Convolution { .. } => "convolution",
            Self::Constant { .. } => "constant",
        }
    }
}

/// An output of a network, with layers of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// What it stands for: lower-case letters, digits and `_`.
    pub name: String,
    /// Its layers, at least one; the last one's outputs are the head's.
    pub layers: Vec<Layer>,
}

/// Where a layer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerPosition {
    /// The head, or nothing in the trunk.
    pub head: Option<String>,
    /// Its index there, from 0.
    pub index: usize,
    /// The layer's kind.
    pub kind: &'static str,
}

impl fmt::Display for LayerPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "layer {} of ", self.index + 1)?;
        match &self.head {
            None => formatter.write_str("the trunk")?,
            Some(head) => write!(formatter, "the head {head:?}")?,
        }
        write!(formatter, " ({})", self.kind)
    }
}

/// Why there is no such network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArchitectureError {
    /// A number of a layer that is out of its range.
    #[error("{place}: {name} is {given}, and must be from {least} to {most}")]
    Range {
        /// The layer.
        place: LayerPosition,
        /// What the number is.
        name: &'static str,
        /// What it is.
        given: f64,
        /// The least allowed.
        least: f64,
        /// The greatest allowed.
        most: f64,
    },
    /// A convolution of what is not a board.
    #[error(
        "{place}: it slides over a board, and gets a vector of {length}. Put it before every dense layer, and let the \
         input be a board"
    )]
    NoBoard {
        /// The layer.
        place: LayerPosition,
        /// What it gets.
        length: usize,
    },
    /// A window that is larger than the board.
    #[error("{place}: its window of {kernel} x {kernel} does not fit the board of {rows} x {columns}, edges included")]
    Window {
        /// The layer.
        place: LayerPosition,
        /// Cells along a side of the window.
        kernel: usize,
        /// Rows with the padding.
        rows: usize,
        /// Columns with the padding.
        columns: usize,
    },
    /// An input of no numbers, or too many.
    #[error("the input has {given} numbers, and must have from 1 to {MOST_INPUTS}")]
    Input {
        /// How many.
        given: usize,
    },
    /// No heads.
    #[error("the network has no head, so nothing comes out of it. Add one with at least one layer")]
    NoHead,
    /// A head without layers.
    #[error("the head {head:?} has no layer. Add one with as many units as it has outputs")]
    EmptyHead {
        /// Its name.
        head: String,
    },
    /// A head's name that is taken, or is none.
    #[error("a head is called {head:?}: names are lower-case letters, digits and _, and each stands once")]
    Name {
        /// The name.
        head: String,
    },
    /// Too many weights.
    #[error("{place}: the network has {weights} weights with it, and may have {MOST_WEIGHTS}. Fewer units help")]
    Weights {
        /// The layer with which there are too many.
        place: LayerPosition,
        /// How many.
        weights: usize,
    },
}

impl ArchitectureError {
    /// The layer that is at fault, where one is.
    pub const fn place(&self) -> Option<&LayerPosition> {
        match self {
            Self::Range { place, .. }
            | Self::NoBoard { place, .. }
            | Self::Window { place, .. }
            | Self::Weights { place, .. } => Some(place),
            Self::Input { .. } | Self::NoHead | Self::EmptyHead { .. } | Self::Name { .. } => None,
        }
    }
}

/// A layer in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedLayer {
    /// Where it stands.
    pub place: LayerPosition,
    /// The layer.
    pub layer: Layer,
    /// What it gets.
    pub from: Input,
    /// What it gives.
    pub to: Input,
    /// How many weights and biases it has.
    pub weights: usize,
}

/// A network as data, checked: a trunk that all heads share, which may be empty, and the heads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedArchitecture")]
pub struct Architecture {
    input: Input,
    trunk: Vec<Layer>,
    heads: Vec<Head>,
}

/// An architecture as it is read, before it is checked.
#[derive(Deserialize)]
struct UncheckedArchitecture {
    input: Input,
    #[serde(default)]
    trunk: Vec<Layer>,
    heads: Vec<Head>,
}

impl TryFrom<UncheckedArchitecture> for Architecture {
    type Error = ArchitectureError;

    fn try_from(it: UncheckedArchitecture) -> Result<Self, ArchitectureError> {
        Self::new(it.input, it.trunk, it.heads)
    }
}

impl Architecture {
    /// The network of these parts, if every layer fits what it gets.
    pub fn new(input: Input, trunk: Vec<Layer>, heads: Vec<Head>) -> Result<Self, ArchitectureError> {
        let it = Self { input, trunk, heads };
        it.check()?;
        Ok(it)
    }

    /// What it sees.
    pub const fn input(&self) -> Input {
        self.input
    }

    /// The layers that all heads share.
    pub fn trunk(&self) -> &[Layer] {
        &self.trunk
    }

    /// The heads.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// How many weights and biases it has.
    pub fn weights(&self) -> usize {
        self.layers().map(|it| it.weights).sum()
    }

    /// Every layer in its place, trunk first, then head after head.
    pub fn layers(&self) -> impl Iterator<Item = PlacedLayer> {
        let end = self.trunk.iter().fold(self.input, |from, layer| outcome(layer, from));
        let heads = self.heads.iter().flat_map(move |head| walk(end, Some(&head.name), &head.layers));
        walk(self.input, None, &self.trunk).chain(heads)
    }

    fn check(&self) -> Result<(), ArchitectureError> {
        let given = self.input.length();
        if !(1..=MOST_INPUTS).contains(&given) {
            return Err(ArchitectureError::Input { given });
        }
        if self.heads.is_empty() {
            return Err(ArchitectureError::NoHead);
        }
        for (index, Head { name, layers }) in self.heads.iter().enumerate() {
            let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
            let taken = name == "trunk" || self.heads[..index].iter().any(|it| it.name == *name);
            if taken || name.is_empty() || !name.chars().all(plain) {
                return Err(ArchitectureError::Name { head: name.clone() });
            }
            if layers.is_empty() {
                return Err(ArchitectureError::EmptyHead { head: name.clone() });
            }
        }
        let mut weights = 0_usize;
        for PlacedLayer { place, layer, from, weights: own, .. } in self.layers() {
            check_layer(&place, &layer, from)?;
            weights = weights.saturating_add(own);
            if weights > MOST_WEIGHTS {
                return Err(ArchitectureError::Weights { place, weights });
            }
        }
        Ok(())
    }
}

/// Layers one behind the other.
fn walk<'a>(input: Input, head: Option<&'a str>, layers: &'a [Layer]) -> impl Iterator<Item = PlacedLayer> + 'a {
    let mut shape = input;
    layers.iter().enumerate().map(move |(index, layer)| {
        let (from, to) = (shape, outcome(layer, shape));
        shape = to;
        let place = LayerPosition { head: head.map(ToOwned::to_owned), index, kind: layer.kind() };
        PlacedLayer { place, layer: *layer, from, to, weights: parameters(layer, from, to) }
    })
}

fn check_layer(place: &LayerPosition, layer: &Layer, from: Input) -> Result<(), ArchitectureError> {
    let range = |name, given: f64, least: f64, most: f64| {
        let error = ArchitectureError::Range { place: place.clone(), name, given, least, most };
        if (least..=most).contains(&given) { Ok(()) } else { Err(error) }
    };
    let count = |name, given: usize, least: usize, most: usize| range(name, given as f64, least as f64, most as f64);
    if let Layer::Dense { initial: Initial::Orthogonal { gain }, .. }
    | Layer::Convolution { initial: Initial::Orthogonal { gain }, .. } = layer
    {
        range("the gain", *gain, 1e-6, 100.0)?;
    }
    match *layer {
        Layer::Dense { units, .. } => count("the number of units", units, 1, MOST_UNITS),
        Layer::Constant { units, value } => {
            range("the value", f64::from(value), -1e6, 1e6)?;
            count("the number of units", units, 1, MOST_UNITS)
        }
        Layer::Convolution { filters, kernel, stride, padding, .. } => {
            count("the number of filters", filters, 1, MOST_UNITS)?;
            count("the side of the window", kernel, 1, 64)?;
            count("the stride", stride, 1, 64)?;
            count("the padding", padding, 0, kernel - 1)?;
            let (Input::Board { rows, columns, .. } | Input::Planes { rows, columns, .. }) = from else {
                return Err(ArchitectureError::NoBoard { place: place.clone(), length: from.length() });
            };
            let (rows, columns) = (rows + 2 * padding, columns + 2 * padding);
            if kernel > rows.min(columns) {
                return Err(ArchitectureError::Window { place: place.clone(), kernel, rows, columns });
            }
            Ok(())
        }
    }
}

/// What a layer gives for what it gets; anything for a layer that does not fit, which [`check_layer`] refuses.
fn outcome(layer: &Layer, from: Input) -> Input {
    match (*layer, from) {
        (Layer::Dense { units, .. } | Layer::Constant { units, .. }, _) => Input::Vector { length: units },
        (
            Layer::Convolution { filters, kernel, stride, padding, .. },
            Input::Board { rows, columns, .. } | Input::Planes { rows, columns, .. },
        ) => {
            let places = |cells: usize| (cells + 2 * padding).saturating_sub(kernel) / stride.max(1) + 1;
            Input::Board { rows: places(rows), columns: places(columns), channels: filters }
        }
        (Layer::Convolution { .. }, Input::Vector { .. }) => from,
    }
}

/// Weights and biases of a layer.
const fn parameters(layer: &Layer, from: Input, to: Input) -> usize {
    match (layer, from) {
        (
            Layer::Convolution { filters, kernel, .. },
            Input::Board { channels, .. } | Input::Planes { channels, .. },
        ) => kernel.saturating_mul(*kernel).saturating_mul(channels).saturating_add(1).saturating_mul(*filters),
        (Layer::Constant { units, .. }, _) => *units,
        _ => from.length().saturating_add(1).saturating_mul(to.length()),
    }
}
