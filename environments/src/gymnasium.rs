//! Reads the trajectories that `fixtures/classic_control.py` recorded from Gymnasium, for tests.

use serde_json::Value;

/// A trajectory from given actions.
#[derive(Debug)]
pub(crate) struct Trajectory {
    pub(crate) start: Vec<f64>,
    actions: String,
    /// The state after every action.
    pub(crate) states: Vec<Vec<f64>>,
}

impl Trajectory {
    pub(crate) fn actions(&self) -> impl Iterator<Item = u16> {
        self.actions.bytes().map(|digit| u16::from(digit - b'0'))
    }
}

pub(crate) fn trajectories(json: &str) -> Vec<Trajectory> {
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect();
    let runs: Vec<Value> = serde_json::from_str(json).unwrap();
    runs.iter()
        .map(|run| Trajectory {
            start: numbers(&run["start"]),
            actions: run["actions"].as_str().unwrap().to_owned(),
            states: run["states"].as_array().unwrap().iter().map(numbers).collect(),
        })
        .collect()
}
