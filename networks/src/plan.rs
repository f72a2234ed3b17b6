//! The order in which a network computes: its layers in a row, each with the place of its weights. Whatever else computes
//! networks, on a device, follows the same plan.

use crate::activation::Activation;
use crate::architecture::{Architecture, Initial, Input, Layer, PlacedLayer};
pub use crate::board::Window;
use std::ops::Range;

/// Where a stage gets its input from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageInput {
    /// The network's input.
    Input,
    /// The outputs of an earlier stage.
    Stage(usize),
}

/// What a stage computes.
#[derive(Clone, Copy, Debug)]
pub enum StageKind {
    /// Every unit sees every input.
    Dense,
    /// Every filter sees what a window shows of a board, place by place.
    Convolution(Window),
    /// Biases alone, whatever the input.
    Constant {
        /// What each is at first.
        value: f32,
    },
}

/// A layer in its place.
#[derive(Clone, Debug)]
pub struct Stage {
    /// As in saved weights: `trunk.0`, `policy.1`.
    pub name: String,
    /// What it computes.
    pub kind: StageKind,
    /// Where its input comes from.
    pub source: StageInput,
    /// Numbers that a row of its input has.
    pub inputs: usize,
    /// Numbers that a row of its output has.
    pub outputs: usize,
    /// Rows of its matrix of weights: what a unit sees.
    pub depth: usize,
    /// Columns of that matrix: units or filters.
    pub units: usize,
    /// What its units make of their sums.
    pub activation: Activation,
    /// How its weights are drawn.
    pub initial: Initial,
    /// Weights among those of the network, `[depth][units]`.
    pub weights: Range<usize>,
    /// Biases among them, one a unit.
    pub biases: Range<usize>,
}

impl Stage {
    /// Places of its window on a board; 1 for others.
    pub const fn places(&self) -> usize {
        match self.kind {
            StageKind::Convolution(window) => window.places(),
            StageKind::Dense | StageKind::Constant { .. } => 1,
        }
    }
}

/// All stages, and which of them end a head.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Trunk first, then head after head.
    pub stages: Vec<Stage>,
    /// The last stage of every head.
    pub ends: Vec<usize>,
    /// Weights and biases altogether.
    pub weights: usize,
    /// The first stage that has nothing in common with those before it, where heads stand on no trunk.
    pub split: Option<usize>,
}

impl Plan {
    /// The plan of an architecture.
    pub fn of(architecture: &Architecture) -> Self {
        let mut plan = Self { stages: Vec::new(), ends: Vec::new(), weights: 0, split: None };
        let trunk_end = architecture.trunk().len().checked_sub(1).map_or(StageInput::Input, StageInput::Stage);
        for PlacedLayer { place, layer, from, to, .. } in architecture.layers() {
            let source = match place.index {
                0 if place.head.is_some() => trunk_end,
                0 => StageInput::Input,
                _ => StageInput::Stage(plan.stages.len() - 1),
            };
            let name = format!("{}.{}", place.head.as_deref().unwrap_or("trunk"), place.index);
            plan.push(name, layer, source, (from, to));
        }
        let mut end = architecture.trunk().len();
        for head in architecture.heads() {
            end += head.layers.len();
            plan.ends.push(end - 1);
        }
        let apart = architecture.trunk().is_empty() && plan.ends.len() > 1;
        plan.split = plan.ends.first().filter(|_| apart).map(|end| end + 1);
        plan
    }

    fn push(&mut self, name: String, layer: Layer, source: StageInput, (from, to): (Input, Input)) {
        let (kind, depth, units, activation, initial) = match (layer, from) {
            (
                Layer::Convolution { filters, kernel, stride, padding, activation, initial },
                Input::Board { rows, columns, channels } | Input::Planes { rows, columns, channels },
            ) => {
                let planes = matches!(from, Input::Planes { .. });
                let window = Window { rows, columns, channels, planes, kernel, stride, padding };
                (StageKind::Convolution(window), kernel * kernel * channels, filters, activation, initial)
            }
            (Layer::Constant { units, value }, _) => {
                (StageKind::Constant { value }, 0, units, Activation::Linear, Initial::Kaiming)
            }
            // A convolution of a vector is refused by the architecture.
            (Layer::Dense { activation, initial, .. } | Layer::Convolution { activation, initial, .. }, _) => {
                (StageKind::Dense, from.length(), to.length(), activation, initial)
            }
        };
        let weights = self.weights..self.weights + depth * units;
        let biases = weights.end..weights.end + units;
        self.weights = biases.end;
        let (inputs, outputs) = (from.length(), to.length());
        let stage = Stage { name, kind, source, inputs, outputs, depth, units, activation, initial, weights, biases };
        self.stages.push(stage);
    }
}
