//! The network that computes on a device.

use burn_tensor::backend::Backend;
use burn_tensor::{IndexingUpdateOp, Int, Tensor, TensorData, activation};
use networks::optimiser::{Moments, UpdateRule};
use networks::plan::{Plan, Stage, StageInput, StageKind, Window};
use networks::{Activation, Approximator, Architecture, LayerSnapshot, Network, NotFinite, TensorError, Tensors};
use std::fmt;
use std::iter;

/// A network whose weights, gradients and moments stay on a device.
///
/// A round of learning waits for the device twice: once for the outputs of a batch, once for the length of its gradient.
pub struct DeviceNetwork<B: Backend> {
    device: B::Device,
    /// The network as it was drawn: its architecture and plan, and how weights are named and shaped in files.
    drawn: Network,
    /// All weights, in the order of [`Network::weights`].
    weights: Tensor<B, 1>,
    /// The same, layer by layer.
    layers: Vec<DeviceLayer<B>>,
    /// Of every convolution the cells that its window sees.
    windows: Vec<Option<Tensor<B, 1, Int>>>,
    /// What has added up since the last step; nothing after one.
    gradients: Option<Tensor<B, 1>>,
    moments: DeviceMoments<B>,
    /// Length of every layer's gradient at the last step.
    norms: Vec<f32>,
    batch: Option<DeviceBatch<B>>,
    /// What the last batch gave, head by head, on the processor.
    outputs: Vec<Vec<f32>>,
}

/// The weights of a layer.
struct DeviceLayer<B: Backend> {
    /// `[depth][units]`; nothing in a constant layer.
    weights: Option<Tensor<B, 2>>,
    /// `[1][units]`.
    biases: Tensor<B, 2>,
}

/// What the optimiser carries.
struct DeviceMoments<B: Backend> {
    /// Nothing for RMSProp.
    first: Option<Tensor<B, 1>>,
    second: Tensor<B, 1>,
    powers: [f64; 2],
}

/// A batch on its way through the network.
struct DeviceBatch<B: Backend> {
    rows: usize,
    /// What every stage saw, as rows of its matrix: its input, or patches of a board.
    seen: Vec<Option<Tensor<B, 2>>>,
    /// What every stage gave, `[rows][outputs]`.
    outputs: Vec<Tensor<B, 2>>,
}

impl<B: Backend> fmt::Debug for DeviceNetwork<B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DeviceNetwork({:?})", self.device)
    }
}

/// Puts numbers onto a device, by way of memory from which it copies quickly.
fn put<B: Backend, const D: usize>(values: Vec<f32>, shape: [usize; D], device: &B::Device) -> Tensor<B, D> {
    let mut data = TensorData::new(values, shape);
    B::staging(iter::once(&mut data), device);
    Tensor::from_data(data, device)
}

/// Gets numbers from a device, once it has computed them.
///
/// # Panics
/// Where the device fails: no algorithm can go on without its numbers, and whoever hosts the run tells what happened.
fn get<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Vec<f32> {
    let values = tensor.try_into_data().map_err(|error| error.to_string());
    match values.and_then(|it| it.into_vec::<f32>().map_err(|error| format!("{error:?}"))) {
        Ok(values) => values,
        Err(error) => panic!("{error}"),
    }
}

impl<B: Backend> DeviceNetwork<B> {
    /// The network with the weights and moments of another one, on a device.
    pub fn new(network: Network, device: B::Device) -> Self {
        let window = |stage: &Stage| match stage.kind {
            StageKind::Convolution(window) => Some(cells(&window, stage, &device)),
            StageKind::Dense | StageKind::Constant { .. } => None,
        };
        let windows = network.plan().stages.iter().map(window).collect();
        let (weights, moments) = placed(&network, &device);
        Self {
            layers: layers(network.plan(), &weights),
            weights,
            windows,
            gradients: None,
            moments,
            norms: vec![0.0; network.plan().stages.len()],
            batch: None,
            outputs: vec![Vec::new(); network.plan().ends.len()],
            drawn: network,
            device,
        }
    }

    /// The weights, in the order of [`Network::weights`].
    pub fn weights(&self) -> Vec<f32> {
        get(self.weights.clone())
    }

    /// Gradients that have added up since the last step, in the order of [`Self::weights`].
    pub fn gradients(&self) -> Vec<f32> {
        self.gradients.as_ref().map_or_else(|| vec![0.0; self.plan().weights], |it| get(it.clone()))
    }

    const fn plan(&self) -> &Plan {
        self.drawn.plan()
    }

    fn upload(&self, inputs: &[f32]) -> (Tensor<B, 2>, usize) {
        let row = self.drawn.architecture().input().length();
        let rows = inputs.len() / row;
        (put(inputs.to_vec(), [rows, row], &self.device), rows)
    }

    /// Computes every stage.
    fn compute(&self, inputs: &[f32]) -> DeviceBatch<B> {
        let (input, rows) = self.upload(inputs);
        let mut batch = DeviceBatch { rows, seen: Vec::new(), outputs: Vec::<Tensor<B, 2>>::new() };
        for ((stage, layer), window) in self.plan().stages.iter().zip(&self.layers).zip(&self.windows) {
            let from = match stage.source {
                StageInput::Input => input.clone(),
                StageInput::Stage(source) => batch.outputs[source].clone(),
            };
            let Some(weights) = &layer.weights else {
                batch.outputs.push(layer.biases.clone().expand([rows, stage.units]));
                batch.seen.push(None);
                continue;
            };
            let seen = match window {
                // Beyond the edge there is one more cell, a zero.
                Some(window) => {
                    let edge = Tensor::zeros([rows, 1], &self.device);
                    let patches = Tensor::cat(vec![from, edge], 1).select(1, window.clone());
                    patches.reshape([rows * stage.places(), stage.depth])
                }
                None => from,
            };
            let sums = seen.clone().matmul(weights.clone()) + layer.biases.clone();
            batch.outputs.push(activated(stage.activation, sums).reshape([rows, stage.outputs]));
            batch.seen.push(Some(seen));
        }
        batch
    }

    /// The gradients of all weights, and that of the input where it is wanted, for gradients of the heads' outputs.
    fn chain(
        &self,
        batch: &DeviceBatch<B>,
        heads: &[&[f32]],
        wants_input: bool,
    ) -> (Tensor<B, 1>, Option<Tensor<B, 2>>) {
        let plan = self.plan();
        let mut behind: Vec<Option<Tensor<B, 2>>> = vec![None; plan.stages.len()];
        let mut input = None;
        // All heads cross to the device at once.
        let given = put(heads.concat(), [heads.iter().map(|it| it.len()).sum()], &self.device);
        let mut begin = 0;
        for (end, head) in plan.ends.iter().zip(heads) {
            let of_head: Tensor<B, 1> = given.clone().narrow(0, begin, head.len());
            behind[*end] = Some(of_head.reshape([batch.rows, plan.stages[*end].outputs]));
            begin += head.len();
        }
        let mut parts = Vec::with_capacity(2 * plan.stages.len());
        for (index, (stage, layer)) in plan.stages.iter().zip(&self.layers).enumerate().rev() {
            let Some(gradients) = behind[index].take() else {
                parts.push(Tensor::zeros([stage.biases.end - stage.weights.start], &self.device));
                continue;
            };
            let gradients = backpropagated(stage.activation, batch.outputs[index].clone(), gradients);
            let gradients = gradients.reshape([batch.rows * stage.places(), stage.units]);
            // From the last weight to the first, as the stages.
            parts.push(gradients.clone().sum_dim(0).reshape([stage.units]));
            let (Some(seen), Some(weights)) = (&batch.seen[index], &layer.weights) else { continue };
            parts.push(seen.clone().transpose().matmul(gradients.clone()).reshape([stage.weights.len()]));
            let into = match stage.source {
                StageInput::Input if wants_input => &mut input,
                StageInput::Input => continue,
                StageInput::Stage(source) => &mut behind[source],
            };
            let of_seen = gradients.matmul(weights.clone().transpose());
            let of_source = match &self.windows[index] {
                Some(window) => {
                    let patches = of_seen.reshape([batch.rows, stage.places() * stage.depth]);
                    let cells = Tensor::zeros([batch.rows, stage.inputs + 1], &self.device);
                    let folded = cells.select_assign(1, window.clone(), patches, IndexingUpdateOp::Add);
                    folded.slice([0..batch.rows, 0..stage.inputs])
                }
                None => of_seen,
            };
            *into = Some(match into.take() {
                Some(before) => before + of_source,
                None => of_source,
            });
        }
        parts.reverse();
        (Tensor::cat(parts, 0), input)
    }

    /// Gets all heads of a batch at once.
    fn fetch(&mut self) {
        let Some(batch) = &self.batch else { return };
        let ends = &self.drawn.plan().ends;
        let flat = |end: &usize| {
            let outputs = batch.outputs[*end].clone();
            let [rows, width] = outputs.dims();
            outputs.reshape([rows * width])
        };
        let all: Vec<f32> = get::<B, 1>(Tensor::cat(ends.iter().map(flat).collect(), 0));
        let mut rest = &all[..];
        for (outputs, end) in self.outputs.iter_mut().zip(ends) {
            let (own, others) = rest.split_at(batch.rows * self.drawn.plan().stages[*end].outputs);
            outputs.clear();
            outputs.extend_from_slice(own);
            rest = others;
        }
    }

    /// The network on the processor, with what was learned here.
    fn fetched(&self) -> Network {
        let first = self.moments.first.as_ref().map(|it| get(it.clone())).unwrap_or_default();
        let moments = Moments { first, second: get(self.moments.second.clone()), powers: self.moments.powers };
        // They are as many as they were when the network came here.
        self.drawn.clone().with_learned(self.weights(), moments).unwrap_or_else(|_| self.drawn.clone())
    }
}

/// Weights and moments of a network on a device.
fn placed<B: Backend>(network: &Network, device: &B::Device) -> (Tensor<B, 1>, DeviceMoments<B>) {
    let of = |values: &[f32]| put(values.to_vec(), [values.len()], device);
    let Moments { first, second, powers } = network.moments();
    let first = (!first.is_empty()).then(|| of(first));
    (of(network.weights()), DeviceMoments { first, second: of(second), powers: *powers })
}

/// The weights of every layer among all of them.
fn layers<B: Backend>(plan: &Plan, weights: &Tensor<B, 1>) -> Vec<DeviceLayer<B>> {
    let of = |stage: &Stage| DeviceLayer {
        weights: (stage.depth > 0)
            .then(|| weights.clone().slice([stage.weights.clone()]).reshape([stage.depth, stage.units])),
        biases: weights.clone().slice([stage.biases.clone()]).reshape([1, stage.units]),
    };
    plan.stages.iter().map(of).collect()
}

/// Which cell of a board a window sees, patch by patch; one behind the last where it sees beyond the edge.
fn cells<B: Backend>(window: &Window, stage: &Stage, device: &B::Device) -> Tensor<B, 1, Int> {
    // Cells are counted from 1, because windows see 0 beyond the edge; there are at most 2^20 of them.
    let board: Vec<_> = (1..=stage.inputs).map(|it| it as f32).collect();
    let mut patches = vec![0.0; stage.places() * stage.depth];
    window.unfold(&board, &mut patches);
    let cell = |seen: &f32| if *seen == 0.0 { stage.inputs as i32 } else { *seen as i32 - 1 };
    let cells: Vec<_> = patches.iter().map(cell).collect();
    let count = cells.len();
    Tensor::from_data(TensorData::new(cells, [count]), device)
}

fn activated<B: Backend>(by: Activation, sums: Tensor<B, 2>) -> Tensor<B, 2> {
    match by {
        Activation::Linear => sums,
        Activation::Relu => activation::relu(sums),
        Activation::LeakyRelu => activation::leaky_relu(sums, f64::from(Activation::LEAK)),
        Activation::Tanh => sums.tanh(),
        Activation::Sigmoid => activation::sigmoid(sums),
    }
}

/// Turns gradients with respect to outputs into those with respect to sums.
fn backpropagated<B: Backend>(by: Activation, outputs: Tensor<B, 2>, gradients: Tensor<B, 2>) -> Tensor<B, 2> {
    match by {
        Activation::Linear => gradients,
        Activation::Relu => gradients.mask_fill(outputs.lower_equal_elem(0.0), 0.0),
        Activation::LeakyRelu => {
            let shortened = gradients.clone() * Activation::LEAK;
            gradients.mask_where(outputs.lower_equal_elem(0.0), shortened)
        }
        Activation::Tanh => gradients * (outputs.clone() * outputs).neg().add_scalar(1.0),
        Activation::Sigmoid => gradients * (outputs.clone() * outputs.neg().add_scalar(1.0)),
    }
}

impl<B: Backend> Approximator for DeviceNetwork<B> {
    // A device is quick only with much to do at a time.
    const MOST_ROWS: usize = 1 << 16;

    fn architecture(&self) -> &Architecture {
        self.drawn.architecture()
    }

    fn forward(&mut self, inputs: &[f32]) {
        self.batch = Some(self.compute(inputs));
        self.fetch();
    }

    fn outputs(&self, head: usize) -> &[f32] {
        &self.outputs[head]
    }

    fn backward(&mut self, gradients: &[&[f32]]) {
        let Some(batch) = &self.batch else { return };
        let (further, _) = self.chain(batch, gradients, false);
        self.gradients = Some(match self.gradients.take() {
            Some(before) => before + further,
            None => further,
        });
    }

    fn step(&mut self, rate: f32, most_norm: Option<f32>) -> Result<f32, NotFinite> {
        let Some(gradients) = self.gradients.take() else { return Ok(0.0) };
        let stages = &self.drawn.plan().stages;
        let square = |stage: &Stage| {
            let of: Tensor<B, 1> = gradients.clone().narrow(0, stage.weights.start, stage.weights.len() + stage.units);
            (of.clone() * of).sum()
        };
        let squares = get(Tensor::cat(stages.iter().map(square).collect(), 0));
        if let Some(place) = squares.iter().position(|it| !it.is_finite()) {
            return Err(NotFinite { layer: stages[place].name.clone() });
        }
        for (norm, square) in self.norms.iter_mut().zip(&squares) {
            *norm = square.sqrt();
        }
        let norm = squares.iter().sum::<f32>().sqrt();
        let gradients = match most_norm {
            Some(most) if norm > most => gradients * (most / norm),
            _ => gradients,
        };
        let DeviceMoments { first, second, powers } = &mut self.moments;
        let learned =
            |before: &Tensor<B, 1>, decay: f32, news: Tensor<B, 1>| before.clone() * decay + news * (1.0 - decay);
        let by = match self.drawn.optimiser().rule() {
            UpdateRule::Adam { first_decay, second_decay, epsilon } => {
                powers[0] *= f64::from(first_decay);
                powers[1] *= f64::from(second_decay);
                let size = (f64::from(rate) / (1.0 - powers[0])) as f32;
                let correction = (1.0 - powers[1]).sqrt() as f32;
                let mean = first.take().unwrap_or_else(|| gradients.zeros_like());
                let mean = learned(&mean, first_decay, gradients.clone());
                *first = Some(mean.clone());
                *second = learned(second, second_decay, gradients.clone() * gradients);
                mean * size / (second.clone().sqrt() / correction + epsilon)
            }
            UpdateRule::RmsProp { decay, epsilon } => {
                *second = learned(second, decay, gradients.clone() * gradients.clone());
                gradients * rate / (second.clone().sqrt() + epsilon)
            }
        };
        self.weights = self.weights.clone() - by;
        self.layers = layers(self.drawn.plan(), &self.weights);
        Ok(norm)
    }

    fn follow(&mut self, other: &Self, share: f32) {
        self.weights = if share == 1.0 {
            other.weights.clone()
        } else {
            self.weights.clone() + (other.weights.clone() - self.weights.clone()) * share
        };
        self.layers = layers(self.drawn.plan(), &self.weights);
    }

    fn predict(&self, head: usize, inputs: &[f32]) -> Vec<f32> {
        let mut batch = self.compute(inputs);
        get(batch.outputs.swap_remove(self.plan().ends[head]))
    }

    fn saliency(&self, head: usize, output: usize, input: &[f32]) -> Vec<f32> {
        let batch = self.compute(input);
        let of = |index: usize, end: &usize| {
            let mut gradient = vec![0.0; self.plan().stages[*end].outputs];
            if index == head {
                gradient[output] = 1.0;
            }
            gradient
        };
        let heads: Vec<_> = self.plan().ends.iter().enumerate().map(|(index, end)| of(index, end)).collect();
        let heads: Vec<_> = heads.iter().map(Vec::as_slice).collect();
        let (_, of_input) = self.chain(&batch, &heads, true);
        of_input.map_or_else(|| vec![0.0; input.len()], get)
    }

    fn inspect(&self, report: &mut dyn FnMut(LayerSnapshot<'_>)) {
        let weights = self.weights();
        for (index, (stage, norm)) in self.plan().stages.iter().zip(&self.norms).enumerate() {
            let outputs = self.batch.as_ref().map(|it| get(it.outputs[index].clone())).unwrap_or_default();
            report(LayerSnapshot {
                name: &stage.name,
                inputs: stage.depth,
                units: stage.units,
                weights: &weights[stage.weights.clone()],
                biases: &weights[stage.biases.clone()],
                outputs: &outputs,
                gradient_norm: *norm,
                can_die: stage.activation.can_die() && !matches!(stage.kind, StageKind::Constant { .. }),
            });
        }
    }

    fn save(&self) -> Tensors {
        self.fetched().save()
    }

    fn load(&mut self, tensors: &Tensors) -> Result<(), TensorError> {
        let mut network = self.drawn.clone();
        network.load(tensors)?;
        (self.weights, self.moments) = placed(&network, &self.device);
        self.layers = layers(self.drawn.plan(), &self.weights);
        self.gradients = None;
        Ok(())
    }
}
