//! An agent of one's own, registered beside the others and compared with one: `cargo run --example own_agent`.
//!
//! It pulls the arm of a bandit that may be the best, by the upper bound of what it knows (Sutton & Barto, 2nd edition, 2.7).

use agents::batch::{Batch, BatchActions, BatchActionsMut, BatchAgent, MetricSink, Steps};
use agents::saved_columns::numbers;
use agents::{Divergence, LoadError};
use environments::Generator;
use run::registry::Registered;
use run::{Registry, Run};
use shared::checkpoint::AgentState;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::{ParameterSpec, Value};
use shared::{Command, RunSpec, Seed};
use std::{error::Error, sync::Arc};

struct Optimist {
    pulls: Vec<f64>,
    sums: Vec<f64>,
    width: f64,
}

impl BatchAgent for Optimist {
    fn copies(&self) -> usize {
        1
    }
    fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>) {
        let BatchActionsMut::Discrete(actions) = into else { return };
        let all: f64 = self.pulls.iter().sum();
        let bound =
            |arm: &usize| (self.sums[*arm] + self.width * (all.ln() * self.pulls[*arm]).sqrt()) / self.pulls[*arm];
        for (action, legal) in actions.iter_mut().zip(batch.legal.chunks(self.pulls.len())) {
            let arms = (0..legal.len()).filter(|arm| legal[*arm]);
            *action = arms.max_by(|a, b| bound(a).total_cmp(&bound(b))).unwrap_or(0) as u16;
        }
    }
    fn learn(&mut self, steps: Steps<'_>, _: &mut dyn MetricSink) -> Result<(), Divergence> {
        if let BatchActions::Discrete(&[arm]) = steps.actions {
            self.pulls[usize::from(arm)] += 1.0;
            self.sums[usize::from(arm)] += steps.rewards[0];
        }
        Ok(())
    }
    fn greedy(&mut self, batch: Batch<'_>, _: &mut Generator, into: BatchActionsMut<'_>) {
        self.act(batch, into);
    }
    fn discount(&self) -> f64 {
        1.0
    }
    fn save(&self) -> AgentState {
        let columns = [("pulls".into(), self.pulls.clone().into()), ("sums".into(), self.sums.clone().into())];
        AgentState { numbers: columns.into(), ..AgentState::default() }
    }
    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let of = |name| numbers(from, name, self.pulls.len()).map(<[f64]>::to_vec);
        (self.pulls, self.sums) = (of("pulls")?, of("sums")?);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let words =
        Words { id: "optimist", title: "Optimist", summary: "Pulls what may be best.", equation: "", source: "" };
    let width = ParameterSpec::number("width", "Width", (0.0, 10.0), 1.0, 0.1, "How much is hoped of what is unknown.");
    let registered = Registered::batch(CatalogEntry::new(&words, vec![width], vec![]), |parameters, setting, _| {
        setting.few_actions("Optimist")?;
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
