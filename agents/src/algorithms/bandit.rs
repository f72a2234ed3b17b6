//! Simple bandit algorithm: each action is worth the average of what it brought (Sutton and Barto, 2nd edition,
//! sections 2.2 to 2.7).
//!
//! `Q(s,a) <- Q(s,a) + alpha [ r - Q(s,a) ]`, by default with `alpha = 1/n(s,a)`, the average. What comes later counts
//! nothing. With a constant step size it follows drifting rewards; high initial values and UCB explore by themselves.

use crate::agent::CurrentState;
use crate::error::{BuildFault, Divergence, Unsuitable};
use crate::exploration::behaviour::ExplorationHyperparameters;
use crate::learner::{Learning, TableHyperparameters, TableLearner, preset};
use crate::parameter_list::insert_after;
use crate::rate::RateHyperparameters;
use crate::setting::Setting;
use environments::Step;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct BanditAgent {
    learner: TableLearner,
    /// What it knew at first, to which it returns with every episode; nothing where it keeps what it learned.
    blank: Option<TableLearner>,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let table = TableHyperparameters {
        rate: Some(RateHyperparameters::average()),
        gamma: None,
        exploration: Some(ExplorationHyperparameters::constant(0.1)),
        ..TableHyperparameters::default()
    };
    let mut parameters = table.parameters();
    insert_after(&mut parameters, "alpha", vec![BanditHyperparameters::default().parameter()]);
    let parameters = parameters.into_iter().map(forgotten).collect();
    let with = |mut preset: Preset, texts: &[(&str, &str)]| {
        preset.values.extend(texts.iter().map(|(name, text)| ((*name).into(), Value::Text((*text).into()))));
        preset
    };
    CatalogEntry::new(
        &Words {
            id: "bandit",
            title: "Averages",
            summary: "Believes that each action is worth the average of what it brought, and now and then tries \
                      another. The oldest answer to the slot machines.",
            equation: "Q(a) ← Q(a) + 1/n(a) [ r − Q(a) ]",
            source: "Sutton & Barto, 2nd edition, 2.2 to 2.7",
        },
        parameters,
        vec![
            preset("greedy", &[("epsilon", 0.0)]),
            preset("cautious", &[("epsilon", 0.01)]),
            with(
                preset("optimistic", &[("epsilon", 0.0), ("alpha", 0.1), ("initial_value", 5.0)]),
                &[("alpha_schedule", "constant")],
            ),
            with(preset("UCB", &[("bonus", 2.0)]), &[("exploration", "ucb")]),
        ],
    )
}

/// What agents for one state are set to beside their table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BanditHyperparameters {
    /// Whether they begin anew with every episode, as with new machines.
    pub forgets: bool,
}

impl Default for BanditHyperparameters {
    fn default() -> Self {
        Self { forgets: true }
    }
}

impl BanditHyperparameters {
    /// The parameter, with this default.
    pub fn parameter(self) -> ParameterSpec {
        let help = "Whether it begins anew with every episode, as with new machines.";
        ParameterSpec::flag("forgets", "Forgets", self.forgets, help)
    }

    /// Reads [`Self::parameter`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self { forgets: parameters.flag("forgets")? })
    }
}

/// A parameter of a schedule, which has an effect only if the schedule comes to move: what moves with episodes is
/// forgotten with every episode.
pub fn forgotten(parameter: ParameterSpec) -> ParameterSpec {
    let schedule = format!("{}_schedule", parameter.part_of);
    if parameter.part_of.is_empty() || parameter.name == schedule {
        return parameter;
    }
    let lasting = ["step", "linear-step", "average"].map(|it| Value::Text(it.into())).to_vec();
    parameter.needs_any(vec![(&schedule, lasting), ("forgets", vec![Value::Flag(false)])])
}

/// Refuses environments in which an action decides what comes next, too.
pub fn one_state(setting: &Setting<'_>, title: &str) -> Result<(), Unsuitable> {
    if setting.states <= 1 {
        return Ok(());
    }
    let reason = "counts only what an action brings at once, and in this environment it also decides what comes next. An agent \
                  that looks ahead, such as Q-learning, would work";
    Err(Unsuitable { agent: title.into(), reason: reason.into() })
}

impl BanditAgent {
    /// The agent for an environment with one state.
    pub fn build(parameters: &Resolved, setting: &Setting<'_>, seed: Seed) -> Result<Self, BuildFault> {
        one_state(setting, "Averages")?;
        let learner = TableLearner::build(parameters, setting, seed, "Averages")?;
        let BanditHyperparameters { forgets } = BanditHyperparameters::read(parameters)?;
        Ok(Self { blank: forgets.then(|| learner.clone()), learner })
    }
}

impl Learning for BanditAgent {
    fn learner(&self) -> &TableLearner {
        &self.learner
    }

    fn learner_mut(&mut self) -> &mut TableLearner {
        &mut self.learner
    }

    fn begin(&mut self, _: CurrentState<'_>) {
        if let Some(blank) = &self.blank {
            self.learner.forget(blank);
        }
    }

    fn learn(&mut self, action: u16, step: Step, _: CurrentState<'_>) -> Result<(), Divergence> {
        let it = &mut self.learner;
        let error = step.reward - it.table.get(it.state, action);
        let learned = it.learn(it.state, action, error);
        learned.map_err(|fault| fault.advising(Divergence::SMALLER_STEPS_OR_REWARDS))
    }
}
