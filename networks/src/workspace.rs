//! A batch on its way through a network and back: what every stage gave, and the gradients of that.

use crate::multiply::{LeftMatrix, Start, multiply};
use crate::parallel::{Parallel, WORTHWHILE};
use crate::plan::{Plan, Stage, StageInput, StageKind};
use crate::wide::Width;
use std::ops::Range;

/// Memory for a batch. It grows to the largest batch and stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workspace {
    rows: usize,
    input: Vec<f32>,
    buffers: Vec<StageBuffers>,
    /// One for each part of the stages that is computed by itself.
    scratch: [Scratch; 2],
}

/// Memory beside the stages.
#[derive(Clone, Debug, Default)]
struct Scratch {
    /// A stage's weights transposed, and the gradients of patches.
    transposed: Vec<f32>,
    patch_gradients: Vec<f32>,
}

/// What all stages of a batch have in common.
#[derive(Clone, Copy)]
struct StageBatch<'a> {
    width: Width,
    rows: usize,
    input: &'a [f32],
    weights: &'a [f32],
}

/// Neighbouring stages that need none of the others, and their memory.
struct StageChain<'a> {
    /// Index of the first among all.
    first: usize,
    stages: &'a [Stage],
    buffers: &'a mut [StageBuffers],
}

/// Memory for one stage.
#[derive(Clone, Debug, Default)]
struct StageBuffers {
    /// What it gave, `[rows][outputs]`.
    outputs: Vec<f32>,
    /// The gradient of that.
    gradients: Vec<f32>,
    /// Whether there is a gradient already, to which more is added.
    reached: bool,
    /// The patches that its window saw, `[rows][places][depth]`.
    patches: Vec<f32>,
}

/// The first numbers of a buffer, which grows if it is too short.
fn resized(buffer: &mut Vec<f32>, length: usize) -> &mut [f32] {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    &mut buffer[..length]
}

impl Workspace {
    /// What a stage gave for the last batch.
    pub(crate) fn outputs(&self, stage: usize, width: usize) -> &[f32] {
        self.buffers.get(stage).map_or(&[], |buffers| &buffers.outputs[..self.rows * width])
    }

    /// Computes every stage for a batch.
    pub(crate) fn forward(
        &mut self,
        width: Width,
        plan: &Plan,
        weights: &[f32],
        inputs: &[f32],
        row: usize,
        parallel: Option<&dyn Parallel>,
    ) {
        self.rows = inputs.len() / row;
        resized(&mut self.input, inputs.len()).copy_from_slice(inputs);
        self.buffers.resize_with(plan.stages.len(), StageBuffers::default);
        let Self { rows, input, buffers, .. } = self;
        let batch = StageBatch { width, rows: *rows, input, weights };
        if let Some((split, parallel)) = worthwhile(plan, *rows, parallel) {
            let (one, other) = buffers.split_at_mut(split);
            let mut one = StageChain { first: 0, stages: &plan.stages[..split], buffers: one };
            let mut other = StageChain { first: split, stages: &plan.stages[split..], buffers: other };
            return parallel.both(&mut || one.forward(batch), &mut || other.forward(batch));
        }
        StageChain { first: 0, stages: &plan.stages, buffers }.forward(batch);
    }

    /// Adds the gradients of the weights for gradients of every head's outputs. `input_gradients`, where they are
    /// wanted, begin at zero.
    #[expect(clippy::too_many_arguments, reason = "each is another matter, and two functions call it")]
    pub(crate) fn backward(
        &mut self,
        width: Width,
        plan: &Plan,
        weights: &[f32],
        heads: &[&[f32]],
        weight_gradients: &mut [f32],
        input_gradients: Option<&mut [f32]>,
        parallel: Option<&dyn Parallel>,
    ) {
        for buffers in &mut self.buffers {
            buffers.reached = false;
        }
        for (end, given) in plan.ends.iter().zip(heads) {
            let buffers = &mut self.buffers[*end];
            resized(&mut buffers.gradients, given.len()).copy_from_slice(given);
            buffers.reached = true;
        }
        let Self { rows, input, buffers, scratch: [scratch, further] } = self;
        let batch = StageBatch { width, rows: *rows, input, weights };
        if let (Some((split, parallel)), None) = (worthwhile(plan, *rows, parallel), &input_gradients) {
            let (one, other) = buffers.split_at_mut(split);
            let (of_one, of_other) = weight_gradients.split_at_mut(plan.stages[split].weights.start);
            let mut one = StageChain { first: 0, stages: &plan.stages[..split], buffers: one };
            let mut other = StageChain { first: split, stages: &plan.stages[split..], buffers: other };
            return parallel.both(&mut || one.backward(batch, of_one, None, scratch), &mut || {
                other.backward(batch, of_other, None, further);
            });
        }
        StageChain { first: 0, stages: &plan.stages, buffers }.backward(
            batch,
            weight_gradients,
            input_gradients,
            scratch,
        );
    }
}

/// Where the stages part, and who computes both parts, if there is enough to compute. A page has one thread for a run.
fn worthwhile<'a>(plan: &Plan, rows: usize, parallel: Option<&'a dyn Parallel>) -> Option<(usize, &'a dyn Parallel)> {
    if cfg!(target_family = "wasm") || rows * plan.weights < WORTHWHILE {
        return None;
    }
    plan.split.zip(parallel)
}

impl StageChain<'_> {
    fn forward(&mut self, batch: StageBatch<'_>) {
        for (index, stage) in self.stages.iter().enumerate() {
            let (before, from_here) = self.buffers.split_at_mut(index);
            let buffers = &mut from_here[0];
            let input = match stage.source {
                StageInput::Input => batch.input,
                StageInput::Stage(source) => &before[source - self.first].outputs[..],
            };
            forward(batch.width, stage, batch.weights, &input[..batch.rows * stage.inputs], batch.rows, buffers);
        }
    }

    /// `weight_gradients` begin with those of the first stage.
    fn backward(
        &mut self,
        StageBatch { width, rows, input: all_input, weights }: StageBatch<'_>,
        weight_gradients: &mut [f32],
        mut input_gradients: Option<&mut [f32]>,
        scratch: &mut Scratch,
    ) {
        let begin = self.stages.first().map_or(0, |stage| stage.weights.start);
        let of = |range: &Range<usize>| range.start - begin..range.end - begin;
        for (index, stage) in self.stages.iter().enumerate().rev() {
            let (before, from_here) = self.buffers.split_at_mut(index);
            let buffers = &mut from_here[0];
            let gradients = &mut buffers.gradients[..rows * stage.outputs];
            stage.activation.backpropagate(width, &buffers.outputs[..rows * stage.outputs], gradients);
            let lines = rows * stage.places();
            add_columns(width, gradients, &mut weight_gradients[of(&stage.biases)]);
            let (input, mut behind) = match stage.source {
                StageInput::Input => (all_input, input_gradients.as_deref_mut().map(|it| (it, true))),
                StageInput::Stage(source) => {
                    let source = &mut before[source - self.first];
                    let reached = std::mem::replace(&mut source.reached, true);
                    let into = resized(&mut source.gradients, rows * stage.inputs);
                    (&source.outputs[..], Some((into, reached)))
                }
            };
            let patches = match stage.kind {
                StageKind::Dense => &input[..rows * stage.inputs],
                StageKind::Convolution(_) => &buffers.patches[..lines * stage.depth],
                StageKind::Constant { .. } => {
                    if let Some((into, false)) = &mut behind {
                        into.fill(0.0);
                    }
                    continue;
                }
            };
            let into = &mut weight_gradients[of(&stage.weights)];
            multiply(
                width,
                (stage.depth, lines, stage.units),
                LeftMatrix::Columns(patches),
                gradients,
                Start::Kept,
                into,
            );
            let Some((into, reached)) = behind else { continue };
            let transposed = resized(&mut scratch.transposed, stage.weights.len());
            transpose(&weights[stage.weights.clone()], stage.units, transposed);
            let shape = (lines, stage.units, stage.depth);
            let start = if reached { Start::Kept } else { Start::Zero };
            match stage.kind {
                StageKind::Convolution(window) => {
                    let parts = resized(&mut scratch.patch_gradients, lines * stage.depth);
                    multiply(width, shape, LeftMatrix::Rows(gradients), transposed, Start::Zero, parts);
                    if !reached {
                        into.fill(0.0);
                    }
                    let boards = into.chunks_exact_mut(stage.inputs);
                    for (board, parts) in boards.zip(parts.chunks_exact(stage.places() * stage.depth)) {
                        window.fold(parts, board);
                    }
                }
                StageKind::Dense | StageKind::Constant { .. } => {
                    multiply(width, shape, LeftMatrix::Rows(gradients), transposed, start, into);
                }
            }
        }
    }
}

fn forward(width: Width, stage: &Stage, weights: &[f32], input: &[f32], rows: usize, buffers: &mut StageBuffers) {
    let outputs = resized(&mut buffers.outputs, rows * stage.outputs);
    let (of, biases) = (&weights[stage.weights.clone()], &weights[stage.biases.clone()]);
    let lines = rows * stage.places();
    let patches = match stage.kind {
        StageKind::Dense => input,
        StageKind::Convolution(window) => {
            let patches = resized(&mut buffers.patches, lines * stage.depth);
            for (board, patches) in
                input.chunks_exact(stage.inputs).zip(patches.chunks_exact_mut(stage.places() * stage.depth))
            {
                window.unfold(board, patches);
            }
            patches
        }
        StageKind::Constant { .. } => {
            for row in outputs.chunks_exact_mut(stage.outputs) {
                row.copy_from_slice(biases);
            }
            return;
        }
    };
    multiply(width, (lines, stage.depth, stage.units), LeftMatrix::Rows(patches), of, Start::Row(biases), outputs);
    stage.activation.apply(width, outputs);
}

/// Adds every row to the sums, top to bottom.
fn add_columns(width: Width, rows: &[f32], sums: &mut [f32]) {
    width.run(
        #[inline(always)]
        || {
            for row in rows.chunks_exact(sums.len()) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += value;
                }
            }
        },
    );
}

/// Writes the transpose of a matrix of so many columns.
fn transpose(matrix: &[f32], columns: usize, transposed: &mut [f32]) {
    let rows = matrix.len() / columns;
    for (index, row) in matrix.chunks_exact(columns).enumerate() {
        for (value, into) in row.iter().zip(transposed[index..].iter_mut().step_by(rows)) {
            *into = *value;
        }
    }
}
