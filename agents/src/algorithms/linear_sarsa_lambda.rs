//! Semi-gradient SARSA(lambda) with linear features (Sutton and Barto, 2nd edition, section 12.7).
//!
//! `delta = r + gamma Q(s',a') - Q(s,a)`; the traces of the active features are marked: replaced by the features or, when
//! accumulating, added to; for every weight `w <- w + alpha delta z` and `z <- gamma lambda z`. The bootstrap term is 0 if
//! s' is terminal.

use crate::error::{BuildFault, Divergence, LoadError};
use crate::learner::preset;
use crate::linear::{Linear, LinearHyperparameters, LinearLearning};
use crate::observing::Observation;
use crate::parameter_list::insert_after;
use crate::saved_columns;
use crate::setting::Setting;
use crate::values::traces::{TraceHyperparameters, TraceKind};
use environments::Step;
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::{ParameterSpec, Resolved, Value};
use shared::quantity::Seed;

/// A trace fainter than this is forgotten.
const FAINTEST: f64 = 1e-6;

/// The agent.
#[derive(Clone, Debug)]
pub struct LinearSarsaLambda {
    linear: Linear,
    lambda: f64,
    accumulating: bool,
    /// Traces of all weights, and the weights that have one.
    traces: Vec<f64>,
    active: Vec<u32>,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let mut parameters = LinearHyperparameters::default().parameters();
    let text = |text: &str| Value::Text(text.into());
    // Where all actions share the weights, each step replaces every trace.
    let lambda = TraceHyperparameters::default().lambda_parameter().needs_any(vec![
        ("features", ["auto", "tiles", "pairs", "entries"].map(text).to_vec()),
        ("traces", vec![text("accumulating")]),
    ]);
    let traces = ParameterSpec::choice(
        "traces",
        "Traces",
        &[("replacing", "replacing"), ("accumulating", "accumulating")],
        "What a second visit does to a trace: starts it anew or adds to it.",
    );
    insert_after(&mut parameters, "gamma", vec![lambda, traces]);
    CatalogEntry::new(
        &Words {
            id: "linear-sarsa-lambda",
            title: "Linear SARSA(λ)",
            summary: "Tiles and traces together: every surprise teaches all the tiles on the way here. The classic \
                      for mountain car.",
            equation: "δ = r + γ Q(s′,a′) − Q(s,a);  w ← w + α δ z;  z ← γ λ z",
            source: "Sutton & Barto, 2nd edition, 12.7",
        },
        parameters,
        vec![preset("short", &[("lambda", 0.5)]), preset("long", &[("lambda", 0.96)])],
    )
}

impl LinearSarsaLambda {
    /// The agent for an environment with observations.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        let linear = Linear::build(parameters, setting, seed, "Linear SARSA(λ)")?;
        let TraceHyperparameters { lambda, kind } = TraceHyperparameters::read(parameters)?;
        Ok(Self {
            lambda,
            accumulating: kind == TraceKind::Accumulating,
            traces: vec![0.0; linear.coder.weights()],
            active: Vec::new(),
            linear,
        })
    }

    fn clear(&mut self) {
        for weight in self.active.drain(..) {
            self.traces[weight as usize] = 0.0;
        }
    }
}

impl LinearLearning for LinearSarsaLambda {
    fn linear(&self) -> &Linear {
        &self.linear
    }

    fn linear_mut(&mut self) -> &mut Linear {
        &mut self.linear
    }

    fn begin(&mut self) {
        self.clear();
    }

    fn learn(&mut self, action: u16, step: Step, next: Observation<'_>) -> Result<(), Divergence> {
        let Self { linear: it, lambda, accumulating, traces, active } = self;
        let next_value = it.value_ahead(step, next);
        let error = step.reward + it.gamma * next_value - it.value(it.coder.features(&it.code, action));
        for (weight, feature) in it.coder.features(&it.code, action) {
            let trace = &mut traces[weight as usize];
            if *trace == 0.0 {
                active.push(weight);
            }
            *trace = if *accumulating { *trace + feature } else { feature };
        }
        let (change, fading) = (it.step_size() * error, it.gamma * *lambda);
        let mut place = 0;
        while let Some(weight) = active.get(place).copied() {
            let trace = &mut traces[weight as usize];
            it.nudge(weight, change * *trace)?;
            *trace *= fading;
            if trace.abs() < FAINTEST {
                *trace = 0.0;
                active.swap_remove(place);
            } else {
                place += 1;
            }
        }
        Ok(())
    }

    fn save_more(&self, state: &mut AgentState) {
        state.integers.insert("trace_weights".into(), self.active.iter().map(|it| u64::from(*it)).collect());
        let traces = self.active.iter().map(|it| self.traces[*it as usize]);
        state.numbers.insert("trace_values".into(), traces.collect());
    }

    fn load_more(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let length = from.integers.get("trace_weights").map_or(0, |it| it.len());
        let weights = saved_columns::indices(from, "trace_weights", length, self.traces.len())?;
        let traces = saved_columns::numbers(from, "trace_values", length)?;
        self.clear();
        for (weight, trace) in weights.iter().zip(traces) {
            self.active.push(*weight as u32);
            self.traces[*weight as usize] = *trace;
        }
        Ok(())
    }
}
