//! Weights as tensors, named and shaped as PyTorch has them.
//!
//! A dense layer is `NAME.weight` `[units, inputs]` and `NAME.bias` `[units]`, as `torch.nn.Linear`; a convolution
//! `NAME.weight` `[filters, channels, kernel, kernel]`, as `torch.nn.Conv2d`; a constant layer is its bias alone. What
//! the optimiser carries lies beside, in this network's own order: `optimiser.first`, `optimiser.second`,
//! `optimiser.powers`.

use crate::optimiser::Moments;
use crate::plan::{Plan, Stage, StageKind};
use crate::tensors::{TensorError, TensorValues, Tensors};

/// A stage's weights as PyTorch shapes them: the shape, and for every weight of ours its place there.
fn layout(stage: &Stage) -> (Vec<usize>, impl Fn(usize) -> usize) {
    let (depth, units) = (stage.depth, stage.units);
    let (shape, channels, window) = match stage.kind {
        StageKind::Convolution(it) => {
            (vec![units, it.channels, it.kernel, it.kernel], it.channels, it.kernel * it.kernel)
        }
        StageKind::Dense | StageKind::Constant { .. } => (vec![units, depth], depth.max(1), 1),
    };
    let place = move |ours: usize| {
        let (seen, unit) = (ours / units, ours % units);
        let (cell, channel) = (seen / channels, seen % channels);
        unit * depth + channel * window + cell
    };
    (shape, place)
}

/// Weights and what the optimiser carries.
pub(crate) fn write(plan: &Plan, weights: &[f32], moments: &Moments) -> Tensors {
    let mut tensors = Tensors::default();
    for stage in &plan.stages {
        if stage.depth > 0 {
            let (shape, place) = layout(stage);
            let mut transposed = vec![0.0; stage.weights.len()];
            for (index, weight) in weights[stage.weights.clone()].iter().enumerate() {
                transposed[place(index)] = *weight;
            }
            tensors.insert(format!("{}.weight", stage.name), &shape, TensorValues::F32(transposed));
        }
        let biases = weights[stage.biases.clone()].to_vec();
        tensors.insert(format!("{}.bias", stage.name), &[stage.units], TensorValues::F32(biases));
    }
    if !moments.first.is_empty() {
        tensors.insert("optimiser.first", &[plan.weights], TensorValues::F32(moments.first.clone()));
    }
    tensors.insert("optimiser.second", &[plan.weights], TensorValues::F32(moments.second.clone()));
    tensors.insert("optimiser.powers", &[2], TensorValues::F64(moments.powers.to_vec()));
    tensors
}

/// Reads what [`write()`] wrote, or weights alone, which leave the moments as they are.
pub(crate) fn read(
    tensors: &Tensors,
    plan: &Plan,
    weights: &mut [f32],
    moments: &mut Moments,
) -> Result<(), TensorError> {
    let mut taken = 0;
    for stage in &plan.stages {
        if stage.depth > 0 {
            let (shape, place) = layout(stage);
            let transposed = tensors.floats(&format!("{}.weight", stage.name), &shape)?;
            for (index, weight) in weights[stage.weights.clone()].iter_mut().enumerate() {
                *weight = transposed[place(index)];
            }
            taken += 1;
        }
        let biases = tensors.floats(&format!("{}.bias", stage.name), &[stage.units])?;
        weights[stage.biases.clone()].copy_from_slice(biases);
        taken += 1;
    }
    let is_ours = |name: &str| name.starts_with("optimiser.");
    if tensors.names().filter(|name| !is_ours(name)).count() > taken {
        let known = |name: &str| {
            let of = |stage: &Stage| {
                let of = name.strip_prefix(stage.name.as_str());
                of == Some(".bias") || of == Some(".weight") && stage.depth > 0
            };
            plan.stages.iter().any(of)
        };
        let stranger = tensors.names().find(|name| !is_ours(name) && !known(name)).unwrap_or_default();
        return Err(TensorError::Unknown { name: stranger.to_owned() });
    }
    if tensors.names().any(is_ours) {
        if !moments.first.is_empty() {
            moments.first.copy_from_slice(tensors.floats("optimiser.first", &[plan.weights])?);
        }
        moments.second.copy_from_slice(tensors.floats("optimiser.second", &[plan.weights])?);
        moments.powers.copy_from_slice(tensors.doubles("optimiser.powers", &[2])?);
    }
    Ok(())
}
