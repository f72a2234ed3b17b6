//! The native part of the Python package `terrarium`: environments one by one and many at once over numpy's buffers, their
//! models and their pictures, and the way of a training to a relay. What Python's users see is written in Python, beside this crate.

mod copies;
mod environment;
mod model;
mod picture;
mod policy;
mod publishing;
mod spec;
mod vector;

use pyo3::prelude::*;

/// The module `terrarium._native`.
#[pymodule(name = "_native")]
mod native {
    #[pymodule_export]
    use crate::environment::{PythonEnvironment, catalog, episode_seed};
    #[pymodule_export]
    use crate::policy::{PythonPolicy, recorded};
    #[pymodule_export]
    use crate::publishing::{PythonStream, sync};
    #[pymodule_export]
    use crate::vector::PythonVector;
}
