//! An agent of one's own, registered beside the others and compared with one: `cargo run --example own_agent`.
//!
//! It pulls the arm of a bandit that may be the best, by the upper bound of what it knows (Sutton & Barto, 2nd edition, 2.7).

use agents::agent::{Agent, CurrentState};
use agents::saved_columns::numbers;
use agents::{Divergence, LoadError};
use environments::{Generator, Step};
use run::registry::Registered;
use run::{Registry, Run};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::metric::ReportMetric;
use shared::parameter::{ParameterSpec, Value};
use shared::{Command, RunSpec, Seed};
use std::{error::Error, sync::Arc};

struct Optimist {
    pulls: Vec<f64>,
    sums: Vec<f64>,
    width: f64,
}

impl Optimist {
    fn best(&self, current: CurrentState<'_>) -> u16 {
        let all: f64 = self.pulls.iter().sum();
        let bound = |arm: &u16| {
            let arm = usize::from(*arm);
            (self.sums[arm] + self.width * (all.ln() * self.pulls[arm]).sqrt()) / self.pulls[arm]
        };
        current.legal.iter().max_by(|a, b| bound(a).total_cmp(&bound(b))).unwrap_or(0)
    }
}

impl Agent for Optimist {
    fn begin(&mut self, _: CurrentState<'_>) {}
    fn act(&mut self, current: CurrentState<'_>) -> u16 {
        self.best(current)
    }
    fn learn(&mut self, arm: u16, step: Step, _: CurrentState<'_>) -> Result<(), Divergence> {
        self.pulls[usize::from(arm)] += 1.0;
        self.sums[usize::from(arm)] += step.reward;
        Ok(())
    }
    fn finish(&mut self, _: CurrentState<'_>) -> Result<(), Divergence> {
        Ok(())
    }
    fn greedy(&self, current: CurrentState<'_>, _: &mut Generator) -> u16 {
        self.best(current)
    }
    fn metrics(&self, _: &mut ReportMetric<'_>) {}
    fn discount(&self) -> f64 {
        1.0
    }
    fn save(&self) -> AgentState {
        let columns = [("pulls".into(), self.pulls.clone().into()), ("sums".into(), self.sums.clone().into())];
        AgentState { numbers: columns.into(), ..AgentState::default() }
    }
    fn take_over(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let of = |name| numbers(from, name, self.pulls.len()).map(<[f64]>::to_vec);
        (self.pulls, self.sums) = (of("pulls")?, of("sums")?);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let words =
        Words { id: "optimist", title: "Optimist", summary: "Pulls what may be best.", equation: "", source: "" };
    let width = ParameterSpec::number("width", "Width", (0.0, 10.0), 1.0, 0.1, "How much is hoped of what is unknown.");
    let registered = Registered::agent(CatalogEntry::new(&words, vec![width], vec![]), |parameters, setting, _| {
        // As if every arm had been pulled once and had paid nothing.
        let (pulls, sums) = (vec![1.0; setting.actions], vec![0.0; setting.actions]);
        Ok(Box::new(Optimist { pulls, sums, width: parameters.number("width")? }))
    });
    let registry = Arc::new(Registry::default().with(registered));
    for agent in ["random", "optimist"] {
        let mut spec = RunSpec::new("bandit", agent, Seed::new(1)?);
        spec.environment.parameters.insert("arms_seed".into(), Value::Integer(1));
        let mut run = Run::of(Arc::clone(&registry), spec)?;
        run.command(Command::Resume { until_episode: Some(10) });
        while run.is_moving() {
            run.advance(1000);
        }
        let mean = run.recent_returns().iter().sum::<f64>() / run.episode() as f64;
        println!("{agent}: mean return of {} episodes of 1000 pulls: {mean:.1}", run.episode());
    }
    Ok(())
}
