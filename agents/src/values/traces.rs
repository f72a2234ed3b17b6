//! Eligibility traces: how much each pair of a state and an action has to do with what happens now (Sutton and Barto,
//! 2nd edition, chapter 12). Only pairs with a trace are visited.

use crate::error::{Divergence, LoadError};
use crate::saved_columns;
use crate::values::table::QTable;
use shared::checkpoint::AgentState;
use shared::parameter::{ParameterError, ParameterSpec, Resolved};

/// A trace fainter than this is forgotten.
const FAINTEST: f64 = 1e-10;

/// What a visit does to a pair's trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceKind {
    /// Adds 1.
    Accumulating,
    /// Sets it to 1.
    Replacing,
    /// Adds 1 after fading by the step size.
    Dutch,
}

/// What traces are set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceHyperparameters {
    /// How fast they fade beside the discount, lambda.
    pub lambda: f64,
    /// What a visit does.
    pub kind: TraceKind,
}

impl Default for TraceHyperparameters {
    fn default() -> Self {
        Self { lambda: 0.9, kind: TraceKind::Replacing }
    }
}

impl TraceHyperparameters {
    /// The parameter `lambda`.
    pub fn lambda_parameter(self) -> ParameterSpec {
        let help = "How far back a surprise is felt: 0 the last step only, 1 the whole episode.";
        ParameterSpec::number("lambda", "Trace decay", (0.0, 1.0), self.lambda, 0.01, help).symbol("λ").live()
    }

    /// The parameters, with these defaults; traces are replaced at first.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        vec![
            self.lambda_parameter(),
            ParameterSpec::choice(
                "traces",
                "Traces",
                &[("replacing", "replacing"), ("accumulating", "accumulating"), ("dutch", "dutch")],
                "What a second visit does to a trace: starts it anew, adds to it, or adds after fading it.",
            ),
        ]
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            kind: match parameters.text("traces")? {
                "accumulating" => TraceKind::Accumulating,
                "dutch" => TraceKind::Dutch,
                _ => TraceKind::Replacing,
            },
            lambda: parameters.number("lambda")?,
        })
    }
}

/// Traces of all pairs, `[states][actions]`.
#[derive(Clone, Debug)]
pub struct Traces {
    /// What a visit does.
    pub kind: TraceKind,
    /// How fast they fade beside the discount, lambda.
    pub lambda: f64,
    values: Vec<f64>,
    /// The pairs whose trace is not 0, in the order of their first visit as far as removals leave it.
    active: Vec<u32>,
}

impl Traces {
    /// No traces yet, for so many pairs.
    pub fn new(hyperparameters: TraceHyperparameters, pairs: usize) -> Self {
        let TraceHyperparameters { lambda, kind } = hyperparameters;
        Self { kind, lambda, values: vec![0.0; pairs], active: Vec::new() }
    }

    /// Marks a visit.
    #[inline]
    pub fn mark(&mut self, pair: usize, step_size: f64) {
        let trace = &mut self.values[pair];
        if *trace == 0.0 {
            self.active.push(pair as u32);
        }
        *trace = match self.kind {
            TraceKind::Accumulating => *trace + 1.0,
            TraceKind::Replacing => 1.0,
            TraceKind::Dutch => (1.0 - step_size) * *trace + 1.0,
        };
    }

    /// Moves the value of every pair by `change` times its trace, and then fades the traces by `fading`.
    pub fn spread(&mut self, table: &mut QTable, change: f64, fading: f64) -> Result<(), Divergence> {
        let Self { values, active, .. } = self;
        let mut place = 0;
        while let Some(pair) = active.get(place).map(|pair| *pair as usize) {
            table.nudge(pair, change * values[pair])?;
            values[pair] *= fading;
            if values[pair] < FAINTEST {
                values[pair] = 0.0;
                active.swap_remove(place);
            } else {
                place += 1;
            }
        }
        Ok(())
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        for pair in self.active.drain(..) {
            self.values[pair as usize] = 0.0;
        }
    }

    /// The greatest trace of each state.
    pub fn by_state(&self, actions: usize) -> Vec<f64> {
        self.values.chunks(actions).map(|row| row.iter().fold(0.0, |most: f64, trace| most.max(*trace))).collect()
    }

    /// Puts them into a saved state.
    pub fn save(&self, into: &mut AgentState) {
        into.integers.insert("trace_pairs".into(), self.active.iter().map(|pair| u64::from(*pair)).collect());
        into.numbers
            .insert("trace_values".into(), self.active.iter().map(|pair| self.values[*pair as usize]).collect());
    }

    /// Reads what [`Self::save`] wrote.
    pub fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let length = from.integers.get("trace_pairs").map_or(0, |it| it.len());
        let pairs = saved_columns::indices(from, "trace_pairs", length, self.values.len())?;
        let values = saved_columns::numbers(from, "trace_values", length)?;
        self.clear();
        for (pair, value) in pairs.iter().zip(values) {
            self.active.push(*pair as u32);
            self.values[*pair as usize] = *value;
        }
        Ok(())
    }
}
