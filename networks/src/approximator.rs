//! What an algorithm knows of a network: nothing but this.

use crate::architecture::Architecture;
use crate::parallel::Parallel;
use crate::tensors::{TensorError, Tensors};
use std::fmt;
use std::sync::Arc;

/// A gradient that is not finite: the step was not made, and the weights are as they were.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gradient of {layer} is not a finite number. The weights stay as they were")]
pub struct NotFinite {
    /// The first layer whose gradient is not finite, as a person would find it.
    pub layer: String,
}

/// A layer as it stands, to be shown.
#[derive(Clone, Copy, Debug)]
pub struct LayerSnapshot<'a> {
    /// Its name, as in saved weights: `trunk.0`, `policy.1`.
    pub name: &'a str,
    /// Rows of its weights: what a unit sees.
    pub inputs: usize,
    /// Columns of its weights: its units or filters.
    pub units: usize,
    /// Weights, `[inputs][units]`; empty for a constant layer.
    pub weights: &'a [f32],
    /// Biases, one a unit.
    pub biases: &'a [f32],
    /// Outputs of the last batch; `units` numbers for every row, or for every cell of every row.
    pub outputs: &'a [f32],
    /// Length of the layer's gradient at the last step.
    pub gradient_norm: f32,
    /// Whether an output of 0 means that a unit does not learn.
    pub can_die: bool,
}

impl LayerSnapshot<'_> {
    /// How many units gave 0 for the whole last batch and cannot learn from it; 0 for activations that never stop.
    pub fn dead_units(&self) -> usize {
        if !self.can_die || self.outputs.is_empty() {
            return 0;
        }
        let silent = |unit: usize| self.outputs.iter().skip(unit).step_by(self.units).all(|it| *it == 0.0);
        (0..self.units).filter(|unit| silent(*unit)).count()
    }
}

/// A function of observations that learns by gradients: a network, wherever it computes.
///
/// A round of learning is [`Self::forward`] on a batch, [`Self::backward`] with the gradients of the loss with respect
/// to every head's outputs (several times, if a batch comes in pieces: gradients add up), and [`Self::step`]. Nothing
/// allocates after the first round with batches of a size.
pub trait Approximator: fmt::Debug + Send + Sized + 'static {
    /// Rows that go through it at a time, at most; more are cut into pieces, whose gradients add up.
    const MOST_ROWS: usize = 4096;

    /// What it is made of.
    fn architecture(&self) -> &Architecture;

    /// Lets threads or whatever else compute parts of it at the same time; what comes of it is the same to the bit.
    fn work_with(&mut self, parallel: Arc<dyn Parallel>) {
        let _ = parallel;
    }

    /// Computes every head for a batch, `[rows][inputs]`.
    fn forward(&mut self, inputs: &[f32]);

    /// What the last [`Self::forward`] gave for a head, by its index: `[rows][outputs]`.
    fn outputs(&self, head: usize) -> &[f32];

    /// Adds the gradients of a loss, of which these are the gradients with respect to every head's outputs of the last
    /// [`Self::forward`].
    fn backward(&mut self, gradients: &[&[f32]]);

    /// Makes the optimiser's step with the gradients that have added up, shortened to a length of `most_norm` if they
    /// are longer, and gives the length they had. They begin at zero again. A gradient that is not finite changes
    /// nothing.
    fn step(&mut self, rate: f32, most_norm: Option<f32>) -> Result<f32, NotFinite>;

    /// Moves every weight a share of the way to those of another network of the same architecture; 1 copies them.
    fn follow(&mut self, other: &Self, share: f32);

    /// Computes a head for a batch beside what is being learned.
    fn predict(&self, head: usize, inputs: &[f32]) -> Vec<f32>;

    /// How much one output of a head changes with every number of one input: its gradient.
    fn saliency(&self, head: usize, output: usize, input: &[f32]) -> Vec<f32>;

    /// Shows every layer, trunk first.
    fn inspect(&self, report: &mut dyn FnMut(LayerSnapshot<'_>));

    /// Weights, named and shaped as PyTorch has them, and all that the optimiser carries; from these [`Self::load`] goes
    /// on bit for bit.
    fn save(&self) -> Tensors;

    /// Takes over what [`Self::save`] gave, or weights alone, for which the optimiser begins anew. On an error nothing
    /// has changed.
    fn load(&mut self, tensors: &Tensors) -> Result<(), TensorError>;
}
