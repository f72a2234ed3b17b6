//! Neural networks that give the same bits everywhere: natively, with and without wide vectors, and in a browser.
//!
//! A network is data ([`Architecture`]): an input, a trunk of layers, heads on it. What an algorithm knows of it is one
//! trait, [`Approximator`]: compute a batch, take gradients of the outputs, step, save and load. [`Network`] is the one
//! that computes on the processor, in single precision, each sum in one fixed order.
//!
//! ```
//! use networks::{Activation, Approximator as _, Architecture, Head, Initial, Input, Layer, Network, Optimiser};
//!
//! let hidden = Layer::Dense { units: 8, activation: Activation::Tanh, initial: Initial::Orthogonal { gain: 1.4 } };
//! let output = Layer::Dense { units: 1, activation: Activation::Linear, initial: Initial::Orthogonal { gain: 1.0 } };
//! let head = Head { name: "value".into(), layers: vec![output] };
//! let architecture = Architecture::new(Input::Vector { length: 2 }, vec![hidden], vec![head])?;
//! let mut normal = (0..).map(|it| f64::from(it * 7 % 5) - 2.0);
//! let mut network = Network::new(&architecture, Optimiser::ADAM, &mut || normal.next().unwrap_or(0.0));
//! // Learns the sum of its two inputs.
//! let inputs = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
//! let wanted = [0.0, 1.0, 1.0, 2.0];
//! for _ in 0..500 {
//!     network.forward(&inputs);
//!     let gradient: Vec<f32> = network.outputs(0).iter().zip(wanted).map(|(it, wanted)| (it - wanted) / 4.0).collect();
//!     network.backward(&[&gradient]);
//!     network.step(0.01, None)?;
//! }
//! network.forward(&[1.0, 1.0]);
//! assert!((network.outputs(0)[0] - 2.0).abs() < 0.05);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod activation;
pub mod approximator;
pub mod architecture;
mod board;
pub mod categorical;
mod elementary;
pub mod gaussian;
mod initial;
pub mod loss;
mod multiply;
pub mod network;
pub mod optimiser;
pub mod parallel;
pub mod plan;
pub mod tensors;
mod weights;
pub mod wide;
mod workspace;

pub use activation::Activation;
pub use approximator::{Approximator, LayerSnapshot, NotFinite};
pub use architecture::{Architecture, ArchitectureError, Head, Initial, Input, Layer};
pub use network::Network;
pub use optimiser::Optimiser;
pub use parallel::Parallel;
pub use tensors::{TensorError, Tensors};
