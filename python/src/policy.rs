//! Policies of saved agents with networks.

use crate::spec::refused;
use agents::neural::function::PolicyFunction;
use numpy::{PyArray2, PyArrayMethods as _, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use shared::spec::RunSpec;
use std::path::PathBuf;
use trainer::{onnx, policy, told as reading};

/// The policy of a saved agent as a function of what is observed.
#[pyclass(name = "Policy", module = "terrarium._native", frozen)]
pub(crate) struct PythonPolicy {
    function: PolicyFunction,
    spec: RunSpec,
}

#[pymethods]
impl PythonPolicy {
    #[new]
    fn new(file: PathBuf, weights: &str) -> PyResult<Self> {
        let (function, spec) = policy::open(&file, weights).map_err(refused)?;
        Ok(Self { function, spec })
    }

    /// The spec of its run, as JSON.
    fn spec(&self) -> PyResult<String> {
        serde_json::to_string(&self.spec).map_err(refused)
    }

    /// What its outputs are: `logits`, `action_values` or `mean_actions`.
    #[getter]
    fn outputs(&self) -> &'static str {
        onnx::output_name(self.function.meaning())
    }

    /// The outputs for rows of observations.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        observations: PyReadonlyArray2<'py, f32>,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let rows = observations.as_array();
        let (count, entries) = rows.dim();
        if entries != self.function.inputs() {
            let words = format!("an observation has {} entries here, not {entries}", self.function.inputs());
            return Err(PyValueError::new_err(words));
        }
        let rows: Vec<f32> = rows.iter().copied().collect();
        let outputs = py.detach(|| self.function.evaluate(&rows));
        numpy::PyArray1::from_vec(py, outputs).reshape([count, self.function.outputs()])
    }

    /// The bytes of an ONNX file.
    fn onnx<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &onnx::write(&self.function, &self.spec))
    }
}

/// What a run has told, from wherever it is kept: its name, its configuration as JSON, a line of JSON an event, and what could
/// not be read among these, in words.
#[pyfunction]
pub(crate) fn recorded(py: Python<'_>, path: PathBuf) -> PyResult<(String, String, String, Vec<String>)> {
    py.detach(|| {
        let told = reading::read(&path).map_err(refused)?;
        let lines: Result<Vec<_>, _> = told.lines.iter().map(serde_json::to_string).collect();
        Ok((told.run, told.config, lines.map_err(refused)?.join("\n"), told.unread))
    })
}
