//! The same networks in double precision, cell by cell as their definitions say, to hold gradients against.

use networks::{Activation, Architecture, Input, Layer};

fn activate(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Linear => x,
        Activation::Relu => x.max(0.0),
        Activation::LeakyRelu => x.max(0.0) + 0.01 * x.min(0.0),
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
    }
}

/// Every head's outputs for one input.
pub(crate) fn heads(architecture: &Architecture, weights: &[f64], input: &[f64]) -> Vec<Vec<f64>> {
    let mut left = weights;
    let (mut shape, mut values) = (architecture.input(), input.to_vec());
    for layer in architecture.trunk() {
        (shape, values) = apply(layer, shape, &values, &mut left);
    }
    let of_head = |layers: &[Layer], left: &mut &[f64]| {
        let (mut shape, mut values) = (shape, values.clone());
        for layer in layers {
            (shape, values) = apply(layer, shape, &values, left);
        }
        values
    };
    architecture.heads().iter().map(|head| of_head(&head.layers, &mut left)).collect()
}

fn take<'a>(left: &mut &'a [f64], count: usize) -> &'a [f64] {
    let (taken, rest) = left.split_at(count);
    *left = rest;
    taken
}

fn apply(layer: &Layer, shape: Input, input: &[f64], left: &mut &[f64]) -> (Input, Vec<f64>) {
    match *layer {
        Layer::Constant { units, .. } => (Input::Vector { length: units }, take(left, units).to_vec()),
        Layer::Dense { units, activation, .. } => {
            let (weights, biases) = (take(left, input.len() * units), take(left, units));
            let sum = |unit: usize| {
                biases[unit] + input.iter().enumerate().map(|(i, x)| x * weights[i * units + unit]).sum::<f64>()
            };
            (Input::Vector { length: units }, (0..units).map(|unit| activate(activation, sum(unit))).collect())
        }
        Layer::Convolution { filters, kernel, stride, padding, activation, .. } => {
            let (Input::Board { rows, columns, channels } | Input::Planes { rows, columns, channels }) = shape else {
                panic!("no board")
            };
            let (weights, biases) = (take(left, kernel * kernel * channels * filters), take(left, filters));
            let places = |cells: usize| (cells + 2 * padding - kernel) / stride + 1;
            let cell = |row: usize, column: usize, channel: usize| {
                let (row, column) = (row.checked_sub(padding), column.checked_sub(padding));
                match (row.filter(|it| *it < rows), column.filter(|it| *it < columns)) {
                    (Some(row), Some(column)) => match shape {
                        Input::Planes { .. } => input[(channel * rows + row) * columns + column],
                        _ => input[(row * columns + column) * channels + channel],
                    },
                    _ => 0.0,
                }
            };
            let mut outputs = Vec::new();
            for (row, column) in (0..places(rows)).flat_map(|row| (0..places(columns)).map(move |it| (row, it))) {
                for (filter, bias) in biases.iter().enumerate() {
                    let mut sum = *bias;
                    for (index, weight) in weights.iter().skip(filter).step_by(filters).enumerate() {
                        let (place, channel) = (index / channels, index % channels);
                        sum += weight * cell(row * stride + place / kernel, column * stride + place % kernel, channel);
                    }
                    outputs.push(activate(activation, sum));
                }
            }
            (Input::Board { rows: places(rows), columns: places(columns), channels: filters }, outputs)
        }
    }
}
