//! Gradients against finite differences of the same networks in double precision.

use crate::common::{Chance, architecture, network};
use crate::reference;
use networks::tensors::TensorValues;
use networks::{Approximator as _, Architecture, Network, Optimiser};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

/// The sum of a head's outputs, each times a factor of its own, over a batch.
fn loss(architecture: &Architecture, weights: &[f64], inputs: &[f64], factors: &[Vec<f64>]) -> f64 {
    let rows = inputs.chunks_exact(architecture.input().length()).enumerate();
    let of_row = |(row, input): (usize, &[f64])| {
        let heads = reference::heads(architecture, weights, input);
        let of_head = |(head, factors): (&Vec<f64>, &Vec<f64>)| {
            head.iter().zip(&factors[row * head.len()..]).map(|(output, factor)| output * factor).sum::<f64>()
        };
        heads.iter().zip(factors).map(of_head).sum::<f64>()
    };
    rows.map(of_row).sum()
}

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|it| f64::from(*it)).collect()
}

/// Close enough: a few roundings of single precision, of the size that such gradients have.
fn close(found: f32, expected: f64, scale: f64) -> bool {
    (f64::from(found) - expected).abs() < 2e-4 * (1.0 + expected.abs() + scale)
}

/// Whether a gradient is the slope of a function at 0.
fn is_slope(found: f32, of: &dyn Fn(f64) -> f64, scale: f64) -> bool {
    const STEP: f64 = 1e-6;
    close(found, (of(STEP) - of(-STEP)) / (2.0 * STEP), scale)
}

/// Draws the biases as well: sums of exactly 0, as dead units give, stand in a kink.
fn draw_biases(network: &mut Network, chance: &mut Chance) {
    let mut tensors = network.save();
    let biases: Vec<_> = tensors.names().filter(|name| name.ends_with("bias")).map(str::to_owned).collect();
    for name in biases {
        let shape = tensors.get(&name).expect("a network takes its own shapes").shape().to_vec();
        let drawn = chance.batch(shape[0]);
        tensors.insert(name, &shape, TensorValues::F32(drawn));
    }
    network.load(&tensors).expect("a network takes its own shapes");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gradients_of_weights_and_inputs_are_those_of_finite_differences(seed in any::<u64>()) {
        let mut chance = Chance(seed);
        let architecture = architecture(&mut chance, 9, true);
        let mut network = network(&architecture, Optimiser::ADAM, &mut chance);
        draw_biases(&mut network, &mut chance);
        let rows = chance.within(1, 6);
        let inputs = chance.batch(rows * architecture.input().length());
        network.forward(&inputs);
        let factors: Vec<_> = (0..2).map(|head| chance.batch(network.outputs(head).len())).collect();
        network.backward(&[&factors[0], &factors[1]]);
        let (weights, inputs, factors) =
            (doubles(network.weights()), doubles(&inputs), factors.iter().map(|it| doubles(it)).collect::<Vec<_>>());

        for row in 0..rows {
            let input = &inputs[row * architecture.input().length()..][..architecture.input().length()];
            for (head, expected) in reference::heads(&architecture, &weights, input).iter().enumerate() {
                let outputs = &network.outputs(head)[row * expected.len()..];
                for (found, expected) in outputs.iter().zip(expected) {
                    prop_assert!(close(*found, *expected, 0.0), "head {head}: {found}, not {expected}");
                }
            }
        }
        let scale = network.gradients().iter().fold(0.0_f64, |most, it| most.max(f64::from(it.abs())));
        for _ in 0..40 {
            let index = chance.within(0, weights.len() - 1);
            let at = |change: f64| {
                let mut weights = weights.clone();
                weights[index] += change;
                loss(&architecture, &weights, &inputs, &factors)
            };
            let found = network.gradients()[index];
            prop_assert!(is_slope(found, &at, scale), "weight {index} of {architecture:?}: {found}");
        }

        let input: Vec<f32> = inputs[..architecture.input().length()].iter().map(|it| *it as f32).collect();
        let saliency = network.saliency(1, 0, &input);
        for index in 0..input.len() {
            let at = |change: f64| {
                let mut input = doubles(&input);
                input[index] += change;
                reference::heads(&architecture, &weights, &input)[1][0]
            };
            prop_assert!(is_slope(saliency[index], &at, 1.0), "input {index}: {}", saliency[index]);
        }
    }
}

#[test]
fn gradients_of_a_batch_in_pieces_add_up() {
    let mut chance = Chance(3);
    let architecture = architecture(&mut chance, 20, true);
    let mut whole = network(&architecture, Optimiser::ADAM, &mut chance);
    let mut pieces = whole.clone();
    let row = architecture.input().length();
    let inputs = chance.batch(6 * row);
    whole.forward(&inputs);
    let factors: Vec<_> = (0..2).map(|head| chance.batch(whole.outputs(head).len())).collect();
    whole.backward(&[&factors[0], &factors[1]]);
    for piece in 0..3 {
        pieces.forward(&inputs[piece * 2 * row..][..2 * row]);
        let of = |factors: &Vec<f32>| {
            factors.chunks_exact(factors.len() / 3).nth(piece).expect("a network takes its own shapes").to_vec()
        };
        let (one, other) = (of(&factors[0]), of(&factors[1]));
        pieces.backward(&[&one, &other]);
    }
    for (one, other) in whole.gradients().iter().zip(pieces.gradients()) {
        assert!((one - other).abs() < 1e-5 * (1.0 + one.abs()), "{one} {other}");
    }
}
