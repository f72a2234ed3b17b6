//! Training steps a second of small networks, single thread: one JSON object a line. A step is forward, backward and
//! Adam on one batch.
//!
//! ```sh
//! cargo bench -p networks
//! ```
//!
//! Seconds are the thread's own processor time where the system tells it (Linux); figures are medians. What the same
//! bits everywhere cost is the bench `products` of `deep/`, which may be built from what this room may not.

#[path = "common/microseconds.rs"]
mod microseconds;

use microseconds::microseconds;
use networks::wide::Width;
use networks::{Activation, Approximator as _, Architecture, Head, Initial, Input, Layer, Network, Optimiser};
use std::error::Error;
use std::hint::black_box;

/// A network to train.
struct Case {
    name: &'static str,
    architecture: Architecture,
    batch: usize,
}

fn cases() -> Result<Vec<Case>, Box<dyn Error>> {
    let dense = |units, activation| Layer::Dense { units, activation, initial: Initial::Orthogonal { gain: 1.0 } };
    let filters = |filters| Layer::Convolution {
        filters,
        kernel: 3,
        stride: 1,
        padding: 1,
        activation: Activation::Relu,
        initial: Initial::Kaiming,
    };
    let head = |name: &str, layers| Head { name: name.into(), layers };
    let two = |activation| vec![dense(64, activation), dense(64, activation)];
    let values = |count| vec![head("values", vec![dense(count, Activation::Linear)])];
    let policy = |layers: Vec<Layer>, actions| {
        let with = |last| layers.iter().copied().chain([dense(last, Activation::Linear)]).collect();
        vec![head("policy", with(actions)), head("value", with(1))]
    };
    let board = Input::Board { rows: 10, columns: 10, channels: 4 };
    Ok(vec![
        Case {
            name: "16-64-64-4, batch 128",
            architecture: Architecture::new(Input::Vector { length: 16 }, two(Activation::Relu), values(4))?,
            batch: 128,
        },
        Case {
            name: "4-64-64 tanh twice, policy 2 and value 1, batch 256",
            architecture: Architecture::new(Input::Vector { length: 4 }, vec![], policy(two(Activation::Tanh), 2))?,
            batch: 256,
        },
        Case {
            name: "board 10x10x4, 16 and 16 filters, 64, policy 3 and value 1, batch 64",
            architecture: Architecture::new(
                board,
                vec![filters(16), filters(16), dense(64, Activation::Relu)],
                policy(vec![], 3),
            )?,
            batch: 64,
        },
    ])
}

/// Makes training steps.
fn trainer(case: &Case, width: Width) -> impl FnMut(u64) + use<> {
    let mut state = 1_u64;
    let mut number = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 23) - 1.0
    };
    let mut network = Network::new(&case.architecture, Optimiser::ADAM, &mut || 1.7 * number()).with_width(width);
    let inputs: Vec<f32> = (0..case.batch * case.architecture.input().length()).map(|_| number() as f32).collect();
    let heads = case.architecture.heads().len();
    network.forward(&inputs);
    let mut gradients: Vec<Vec<f32>> = (0..heads).map(|head| vec![0.0; network.outputs(head).len()]).collect();
    move |steps| {
        for _ in 0..steps {
            network.forward(black_box(&inputs));
            for (head, gradients) in gradients.iter_mut().enumerate() {
                for (gradient, output) in gradients.iter_mut().zip(network.outputs(head)) {
                    *gradient = 0.01 * output;
                }
            }
            let [first, rest @ ..] = &gradients[..] else { return };
            match rest {
                [] => network.backward(&[first]),
                [second, ..] => network.backward(&[first, second]),
            }
            // Nothing here can stop being finite.
            let _ = black_box(network.step(1e-4, Some(0.5)));
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let row = |name: &str, microseconds: f64| {
        println!(r#"{{"name":"{name}","microseconds_a_step":{microseconds:.1}}}"#);
    };
    for case in cases()? {
        row(case.name, microseconds(trainer(&case, Width::detect())));
        let narrow = microseconds(trainer(&case, Width::Baseline));
        row(&format!("{}, without wide vectors", case.name), narrow);
    }
    Ok(())
}
