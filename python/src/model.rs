//! The exact model of an environment and its solution, as arrays.

use agents::planning::exact::{self, SolverOutcome};
use environments::Model;
use numpy::{PyArray1, PyArrayMethods as _};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Every outcome of every legal action, one entry each in every column; and where episodes begin.
pub(crate) fn arrays<'py>(py: Python<'py>, model: &Model) -> PyResult<Bound<'py, PyDict>> {
    let (states, actions) = (model.states(), model.actions());
    let legal: Vec<bool> = (0..states)
        .flat_map(|state| (0..actions).map(move |action| model.choices(state).allows(action as u16)))
        .collect();
    let places = || {
        (0..states)
            .flat_map(|state| (0..actions).map(move |action| (state, action)))
            .filter(|(state, action)| legal[state * actions + action])
    };
    let outcomes = || {
        places().flat_map(|(state, action)| model.outcomes(state, action).iter().map(move |it| (state, action, *it)))
    };
    let numbers = |column: Vec<i64>| PyArray1::from_vec(py, column);
    let arrays = PyDict::new(py);
    arrays.set_item("states", states)?;
    arrays.set_item("actions", actions)?;
    arrays.set_item("state", numbers(outcomes().map(|(state, ..)| state as i64).collect()))?;
    arrays.set_item("action", numbers(outcomes().map(|(_, action, _)| action as i64).collect()))?;
    arrays.set_item("next_state", numbers(outcomes().map(|(_, _, it)| i64::from(it.next)).collect()))?;
    arrays.set_item("probability", PyArray1::from_iter(py, outcomes().map(|(_, _, it)| it.probability)))?;
    arrays.set_item("reward", PyArray1::from_iter(py, outcomes().map(|(_, _, it)| it.reward)))?;
    arrays.set_item("terminated", PyArray1::from_iter(py, outcomes().map(|(_, _, it)| it.terminated)))?;
    let mut start = vec![0.0; states];
    for (state, probability) in model.start() {
        start[*state as usize] += probability;
    }
    arrays.set_item("start", PyArray1::from_vec(py, start))?;
    arrays.set_item("legal", PyArray1::from_vec(py, legal).reshape([states, actions])?)?;
    Ok(arrays)
}

/// The optimal values, with what solving came to.
pub(crate) fn solve<'py>(py: Python<'py>, model: &Model, gamma: f64) -> PyResult<Bound<'py, PyDict>> {
    let solution = py.detach(|| exact::solve(model, gamma));
    let outcome = match solution.outcome() {
        SolverOutcome::Exact => "exact",
        SolverOutcome::Unbounded => "unbounded",
        SolverOutcome::Unsettled => "unsettled",
    };
    let arrays = PyDict::new(py);
    arrays.set_item("at_start", solution.at_start(model))?;
    arrays.set_item("outcome", outcome)?;
    arrays.set_item("error_bound", solution.error_bound())?;
    let policy = solution.policy.iter().map(|action| action.map_or(-1, i64::from));
    arrays.set_item("policy", PyArray1::from_iter(py, policy))?;
    arrays.set_item("v", PyArray1::from_vec(py, solution.v))?;
    let q = PyArray1::from_vec(py, solution.q).reshape([model.states(), model.actions()])?;
    arrays.set_item("q", q)?;
    Ok(arrays)
}
