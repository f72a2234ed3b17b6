//! Networks on a device.
//!
//! An algorithm knows of a network what [`networks::Approximator`] says. Here is another one: its weights, gradients and
//! the optimiser's moments stay on a device, in burn's tensors, and what crosses are batches, one copy each way. It begins
//! with the weights that a [`networks::Network`] drew, computes the same layers in the same order
//! ([`networks::plan::Plan`]), and reads and writes the same tensors: what was trained on a device loads on the CPU, and the
//! reverse. Devices add up in whatever order is quickest, so that a run on one is seeded and not exact.
//!
//! [`learners()`] gives the agents with networks for a device, as [`run::Registry`] takes them; [`found`] tells what there is.
//! Which devices there can be the features say: `burn-cpu`, `cuda`, `wgpu`.

pub mod device;
mod learners;
#[cfg(any(feature = "burn-cpu", feature = "cuda", feature = "wgpu"))]
pub mod network;
#[cfg(any(feature = "burn-cpu", feature = "cuda", feature = "wgpu"))]
mod open;

pub use device::{Device, DeviceFault, DeviceVisitor, FoundDevice};
pub use learners::{found, learners, visit};
