//! The product of matrices of `networks/` against those of `gemm` (by way of `faer`) and of `ndarray`, single thread: one JSON object a line.
//!
//! ```sh
//! cargo bench -p deep --features peers --bench products
//! ```
//!
//! Both add in whatever order is quickest and fuse multiplications with additions where the processor can: what the same bits everywhere
//! cost. `ratio` is how much quicker ours is; below 1 it is slower. Seconds are the thread's own processor time where the system
//! tells it (Linux); figures are medians.

#[path = "../../networks/benches/common/microseconds.rs"]
mod microseconds;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use microseconds::microseconds;
use ndarray::Array2;
use ndarray::linalg::general_mat_mul;
use networks::{Activation, Approximator as _, Architecture, Head, Initial, Input, Layer, Network, Optimiser};
use std::error::Error;
use std::hint::black_box;

/// Rows of each product.
const ROWS: usize = 128;

/// The forward pass of one linear layer, which is one product, against those of others.
fn main() -> Result<(), Box<dyn Error>> {
    for units in [64, 256] {
        let dense = Layer::Dense { units, activation: Activation::Linear, initial: Initial::Kaiming };
        let heads = vec![Head { name: "values".into(), layers: vec![dense] }];
        let architecture = Architecture::new(Input::Vector { length: units }, vec![], heads)?;
        let mut network = Network::new(&architecture, Optimiser::ADAM, &mut || 0.1);
        let (inputs, weights) = (vec![0.5_f32; ROWS * units], vec![0.1_f32; units * units]);
        let name = format!("product of 128 x {units} and {units} x {units}");
        let ours = microseconds(|times| (0..times).for_each(|_| network.forward(black_box(&inputs))));
        println!(r#"{{"name":"{name}","microseconds_a_step":{ours:.1}}}"#);
        let against = |peer: &str, theirs: f64| {
            let (name, ratio) = (format!("{name}, {peer}"), theirs / ours);
            println!(r#"{{"name":"{name}","microseconds_a_step":{theirs:.1},"ratio":{ratio:.3}}}"#);
        };
        let mut product = vec![0.0_f32; ROWS * units];
        let of_gemm = |times| {
            let (left, right) = (
                MatRef::from_row_major_slice(&inputs, ROWS, units),
                MatRef::from_row_major_slice(&weights, units, units),
            );
            let mut into = MatMut::from_row_major_slice_mut(&mut product, ROWS, units);
            for _ in 0..times {
                matmul(&mut into, Accum::Replace, black_box(left), right, 1.0, Par::Seq);
            }
        };
        against("gemm with FMA", microseconds(of_gemm));
        let inputs = Array2::from_shape_vec((ROWS, units), inputs)?;
        let weights = Array2::from_shape_vec((units, units), weights)?;
        let mut product = Array2::zeros((ROWS, units));
        let of_ndarray = |times| {
            for _ in 0..times {
                general_mat_mul(1.0, black_box(&inputs), &weights, 0.0, &mut product);
            }
        };
        against("ndarray with FMA", microseconds(of_ndarray));
    }
    Ok(())
}
