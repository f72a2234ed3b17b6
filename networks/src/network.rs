//! The network that computes on the processor.

use crate::approximator::{Approximator, LayerSnapshot, NotFinite};
use crate::architecture::Architecture;
use crate::initial;
use crate::optimiser::{Moments, Optimiser};
use crate::parallel::Parallel;
use crate::plan::{Plan, StageKind};
use crate::tensors::{TensorError, Tensors};
use crate::weights;
use crate::wide::Width;
use crate::workspace::Workspace;
use std::sync::Arc;

/// A network that computes on the processor, each sum in one fixed order: the same bits on every platform.
#[derive(Clone, Debug)]
pub struct Network {
    architecture: Architecture,
    optimiser: Optimiser,
    width: Width,
    plan: Plan,
    /// Weights and biases of all stages, in their order.
    weights: Vec<f32>,
    /// What has added up since the last step.
    gradients: Vec<f32>,
    moments: Moments,
    /// Length of every stage's gradient at the last step.
    norms: Vec<f32>,
    workspace: Workspace,
    parallel: Option<Arc<dyn Parallel>>,
}

impl Network {
    /// A network with weights drawn from `normal`, which gives deviates of mean 0 and standard deviation 1.
    pub fn new(architecture: &Architecture, optimiser: Optimiser, normal: &mut dyn FnMut() -> f64) -> Self {
        let plan = Plan::of(architecture);
        let mut weights = vec![0.0; plan.weights];
        for stage in &plan.stages {
            initial::draw(stage, &mut weights, normal);
        }
        Self {
            architecture: architecture.clone(),
            optimiser,
            width: Width::detect(),
            gradients: vec![0.0; plan.weights],
            moments: Moments::new(optimiser, plan.weights),
            norms: vec![0.0; plan.stages.len()],
            workspace: Workspace::default(),
            parallel: None,
            weights,
            plan,
        }
    }

    /// The same network computing with vectors of another width, to the same bits.
    #[must_use]
    pub fn with_width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// Weights and biases, layer by layer, trunk first: each layer's weights `[inputs][units]`, then its biases.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Gradients that have added up since the last step, in the order of [`Self::weights`].
    pub fn gradients(&self) -> &[f32] {
        &self.gradients
    }

    /// The order in which it computes.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How it makes its steps.
    pub const fn optimiser(&self) -> Optimiser {
        self.optimiser
    }

    /// What the optimiser carries, in the order of [`Self::weights`].
    pub const fn moments(&self) -> &Moments {
        &self.moments
    }

    /// The same network with other weights and moments, from wherever they were learned.
    ///
    /// # Errors
    /// Where there are not as many of them.
    pub fn with_learned(mut self, weights: Vec<f32>, moments: Moments) -> Result<Self, TensorError> {
        let fits = |name: &str, given: usize, expected: usize| {
            let error = TensorError::Shape { name: name.into(), given: vec![given], expected: vec![expected] };
            if given == expected { Ok(()) } else { Err(error) }
        };
        fits("weights", weights.len(), self.plan.weights)?;
        fits("optimiser.first", moments.first.len(), self.moments.first.len())?;
        fits("optimiser.second", moments.second.len(), self.plan.weights)?;
        (self.weights, self.moments) = (weights, moments);
        self.gradients.fill(0.0);
        Ok(self)
    }

    fn row(&self) -> usize {
        self.architecture.input().length()
    }
}

impl Approximator for Network {
    fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    fn work_with(&mut self, parallel: Arc<dyn Parallel>) {
        self.parallel = Some(parallel);
    }

    fn forward(&mut self, inputs: &[f32]) {
        let row = self.row();
        self.workspace.forward(self.width, &self.plan, &self.weights, inputs, row, self.parallel.as_deref());
    }

    fn outputs(&self, head: usize) -> &[f32] {
        let end = self.plan.ends[head];
        self.workspace.outputs(end, self.plan.stages[end].outputs)
    }

    fn backward(&mut self, gradients: &[&[f32]]) {
        let Self { workspace, width, plan, weights, gradients: into, parallel, .. } = self;
        workspace.backward(*width, plan, weights, gradients, into, None, parallel.as_deref());
    }

    fn step(&mut self, rate: f32, most_norm: Option<f32>) -> Result<f32, NotFinite> {
        let mut squares = 0.0;
        for (stage, norm) in self.plan.stages.iter().zip(&mut self.norms) {
            let square = sum_of_squares(self.width, &self.gradients[stage.weights.start..stage.biases.end]);
            if !square.is_finite() {
                self.gradients.fill(0.0);
                return Err(NotFinite { layer: stage.name.clone() });
            }
            *norm = square.sqrt();
            squares += square;
        }
        let norm = squares.sqrt();
        let scale = match most_norm {
            Some(most) if norm > most => most / norm,
            _ => 1.0,
        };
        self.moments.step(self.width, self.optimiser, (rate, scale), &mut self.weights, &self.gradients);
        self.gradients.fill(0.0);
        Ok(norm)
    }

    fn follow(&mut self, other: &Self, share: f32) {
        let Self { width, weights, .. } = self;
        if share == 1.0 {
            weights.copy_from_slice(&other.weights);
            return;
        }
        width.run(
            #[inline(always)]
            || {
                for (weight, other) in weights.iter_mut().zip(&other.weights) {
                    *weight += share * (other - *weight);
                }
            },
        );
    }

    fn predict(&self, head: usize, inputs: &[f32]) -> Vec<f32> {
        let mut workspace = Workspace::default();
        workspace.forward(self.width, &self.plan, &self.weights, inputs, self.row(), None);
        let end = self.plan.ends[head];
        workspace.outputs(end, self.plan.stages[end].outputs).to_vec()
    }

    fn saliency(&self, head: usize, output: usize, input: &[f32]) -> Vec<f32> {
        let mut workspace = Workspace::default();
        workspace.forward(self.width, &self.plan, &self.weights, input, self.row(), None);
        let of = |index: usize, end: &usize| {
            let mut gradient = vec![0.0; self.plan.stages[*end].outputs];
            if index == head {
                gradient[output] = 1.0;
            }
            gradient
        };
        let heads: Vec<_> = self.plan.ends.iter().enumerate().map(|(index, end)| of(index, end)).collect();
        let heads: Vec<_> = heads.iter().map(Vec::as_slice).collect();
        let (mut beside, mut into) = (vec![0.0; self.weights.len()], vec![0.0; input.len()]);
        workspace.backward(self.width, &self.plan, &self.weights, &heads, &mut beside, Some(&mut into), None);
        into
    }

    fn inspect(&self, report: &mut dyn FnMut(LayerSnapshot<'_>)) {
        for (index, (stage, norm)) in self.plan.stages.iter().zip(&self.norms).enumerate() {
            report(LayerSnapshot {
                name: &stage.name,
                inputs: stage.depth,
                units: stage.units,
                weights: &self.weights[stage.weights.clone()],
                biases: &self.weights[stage.biases.clone()],
                outputs: self.workspace.outputs(index, stage.outputs),
                gradient_norm: *norm,
                can_die: stage.activation.can_die() && !matches!(stage.kind, StageKind::Constant { .. }),
            });
        }
    }

    fn save(&self) -> Tensors {
        weights::write(&self.plan, &self.weights, &self.moments)
    }

    fn load(&mut self, tensors: &Tensors) -> Result<(), TensorError> {
        let mut weights = vec![0.0; self.weights.len()];
        let mut moments = Moments::new(self.optimiser, weights.len());
        weights::read(tensors, &self.plan, &mut weights, &mut moments)?;
        self.weights = weights;
        self.moments = moments;
        self.gradients.fill(0.0);
        Ok(())
    }
}

/// The sum of squares, in sixteen sums of every sixteenth number, which are then added one after another.
fn sum_of_squares(width: Width, values: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    width.run(
        #[inline(always)]
        || {
            let (whole, rest) = values.as_chunks::<LANES>();
            for values in whole {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += value * value;
                }
            }
            for (sum, value) in sums.iter_mut().zip(rest) {
                *sum += value * value;
            }
        },
    );
    sums.iter().sum()
}
