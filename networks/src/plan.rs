//! The order in which a network computes: its layers in a row, each with the place of its weights.

use crate::activation::Activation;
use crate::architecture::{Architecture, Initial, Input, Layer};
use crate::board::Window;
use std::ops::Range;

/// Where a stage gets its input from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StageInput {
    /// The network's input.
    Input,
    /// The outputs of an earlier stage.
    Stage(usize),
}

/// What a stage computes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StageKind {
    Dense,
    Convolution(Window),
    Constant { value: f32 },
}

/// A layer in its place.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    /// As in saved weights: `trunk.0`, `policy.1`.
    pub(crate) name: String,
    pub(crate) kind: StageKind,
    pub(crate) source: StageInput,
    /// Numbers that a row of its input has.
    pub(crate) inputs: usize,
    /// Numbers that a row of its output has.
    pub(crate) outputs: usize,
    /// Rows of its matrix of weights: what a unit sees.
    pub(crate) depth: usize,
    /// Columns of that matrix: units or filters.
    pub(crate) units: usize,
    pub(crate) activation: Activation,
    pub(crate) initial: Initial,
    /// Weights among those of the network, `[depth][units]`.
    pub(crate) weights: Range<usize>,
    /// Biases among them, one a unit.
    pub(crate) biases: Range<usize>,
}

impl Stage {
    /// Places of its window on a board; 1 for others.
    pub(crate) const fn places(&self) -> usize {
        match self.kind {
            StageKind::Convolution(window) => window.places(),
            StageKind::Dense | StageKind::Constant { .. } => 1,
        }
    }
}

/// All stages, and which of them end a head.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) stages: Vec<Stage>,
    /// The last stage of every head.
    pub(crate) ends: Vec<usize>,
    /// Weights and biases altogether.
    pub(crate) weights: usize,
    /// The first stage that has nothing in common with those before it, where heads stand on no trunk.
    pub(crate) split: Option<usize>,
}

impl Plan {
    pub(crate) fn of(architecture: &Architecture) -> Self {
        let mut plan = Self { stages: Vec::new(), ends: Vec::new(), weights: 0, split: None };
        let trunk_end = architecture.trunk().len().checked_sub(1).map_or(StageInput::Input, StageInput::Stage);
        for (place, layer, from, to) in architecture.shapes() {
            let source = match place.index {
                0 if place.head.is_some() => trunk_end,
                0 => StageInput::Input,
                _ => StageInput::Stage(plan.stages.len() - 1),
            };
            let name = format!("{}.{}", place.head.as_deref().unwrap_or("trunk"), place.index);
            plan.push(name, *layer, source, (from, to));
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
                Input::Board { rows, columns, channels },
            ) => {
                let window = Window { rows, columns, channels, kernel, stride, padding };
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
