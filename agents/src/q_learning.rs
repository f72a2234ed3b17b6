//! Q-learning: off-policy temporal-difference control (Watkins 1989; Sutton and Barto, 2nd edition, section 6.5).
//!
//! `Q(s,a) <- Q(s,a) + alpha [ r + gamma max_a' Q(s',a') - Q(s,a) ]`, where the bootstrap term is 0 if s' is terminal.

use crate::agent::{Agent, BuildFault, Divergence, LoadError, TableView, Unsuitable};
use crate::explore::{self, Ties};
use crate::schedule::{Defaults, Schedule, Tick};
use crate::table::{self, Table};
use environments::{Environment, Generator, Step};
use shared::checkpoint::AgentState;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterSpec, Parameters, Preset, Resolved, Value};
use shared::quantity::Seed;

/// The agent.
#[derive(Clone, Debug)]
pub struct QLearning {
    table: Table,
    alpha: f64,
    gamma: f64,
    epsilon: Schedule,
    ties: Ties,
    generator: Generator,
    state: usize,
}

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let preset = |name: &str, alpha: f64, epsilon: f64, gamma: f64| Preset {
        name: name.into(),
        label: name.into(),
        values: Parameters::from([
            ("alpha".into(), Value::Number(alpha)),
            ("epsilon".into(), Value::Number(epsilon)),
            ("gamma".into(), Value::Number(gamma)),
        ]),
    };
    let mut parameters = vec![
        ParameterSpec::number(
            "alpha",
            "Step size",
            (0.001, 1.0),
            0.1,
            0.01,
            "The share of each surprise that is learned.",
        )
        .symbol("α"),
        ParameterSpec::number(
            "gamma",
            "Discount",
            (0.0, 1.0),
            0.99,
            0.01,
            "What a reward one step later is worth now.",
        )
        .symbol("γ"),
    ];
    parameters.extend(Schedule::parameters(
        "epsilon",
        "Exploration",
        "ε",
        (0.0, 1.0),
        Defaults { start: 1.0, decay: 0.995, floor: 0.01, help: "How often it tries any action instead of the best." },
    ));
    parameters.push(ParameterSpec::number(
        "initial_value",
        "Initial value",
        (-1000.0, 1000.0),
        0.0,
        0.5,
        "What every action is believed to be worth at first; high values make it curious.",
    ));
    parameters.push(ParameterSpec::choice(
        "ties",
        "Ties",
        &[("random", "by chance"), ("first", "first action")],
        "Which of equally good actions is taken.",
    ));
    CatalogEntry {
        id: "q-learning".into(),
        title: "Q-learning".into(),
        summary: "Learns what each action is worth if the best actions follow, whatever it does while exploring. \
                  Off-policy: it may behave randomly and still learn the optimal policy."
            .into(),
        equation: "Q(s,a) ← Q(s,a) + α [ r + γ max Q(s′,·) − Q(s,a) ]".into(),
        source: "Watkins 1989; Sutton & Barto, 2nd edition, 6.5".into(),
        parameters,
        presets: vec![
            preset("conservative", 0.05, 1.0, 0.99),
            preset("balanced", 0.1, 1.0, 0.95),
            preset("aggressive", 0.3, 0.8, 0.9),
        ],
    }
}

impl QLearning {
    /// The agent for an environment with discrete states.
    pub fn build<E: Environment>(parameters: &Resolved, environment: &E, seed: Seed) -> Result<Self, BuildFault> {
        if environment.state_count() == 0 {
            return Err(Unsuitable {
                agent: "Q-learning".into(),
                reason: "keeps a table, and this world has no countable states. An agent with tile coding would work"
                    .into(),
            }
            .into());
        }
        let initial = parameters.number("initial_value")?;
        Ok(Self {
            table: Table::new(environment.state_count(), environment.action_count(), initial),
            alpha: parameters.step_size("alpha")?.get(),
            gamma: parameters.discount("gamma")?.get(),
            epsilon: Schedule::read(parameters, "epsilon")?,
            ties: if parameters.text("ties")? == "first" { Ties::First } else { Ties::Random },
            generator: Generator::new(seed),
            state: 0,
        })
    }
}

impl<E: Environment> Agent<E> for QLearning {
    #[inline]
    fn begin(&mut self, environment: &E) {
        self.state = environment.state();
    }

    #[inline]
    fn act(&mut self, environment: &E) -> u8 {
        let row = self.table.row(self.state);
        explore::epsilon_greedy(row, environment.legal_actions(), self.epsilon.get(), self.ties, &mut self.generator)
    }

    #[inline]
    fn learn(&mut self, environment: &E, action: u8, step: Step) -> Result<(), Divergence> {
        let next = environment.state();
        let bootstrap = if step.terminated {
            0.0
        } else {
            self.gamma * explore::max_value(self.table.row(next), environment.legal_actions())
        };
        let error = step.reward + bootstrap - self.table.get(self.state, action);
        self.table.learn(self.state, action, self.alpha, error)?;
        self.state = next;
        self.epsilon.advance(Tick::Step);
        Ok(())
    }

    #[inline]
    fn finish(&mut self, _: &E) -> Result<(), Divergence> {
        self.epsilon.advance(Tick::Episode);
        Ok(())
    }

    fn greedy(&self, environment: &E, generator: &mut Generator) -> u8 {
        let row = self.table.row(environment.state());
        explore::greedy(row, environment.legal_actions(), self.ties, generator)
    }

    fn table(&self) -> Option<TableView<'_>> {
        Some(self.table.view())
    }

    fn metrics(&self, report: &mut dyn FnMut(&'static str, f64)) {
        report("charts/epsilon", self.epsilon.get());
    }

    fn discount(&self) -> f64 {
        self.gamma
    }

    fn save(&self) -> AgentState {
        let mut state = AgentState::default();
        self.table.save(&mut state);
        state.numbers.insert("epsilon".into(), vec![self.epsilon.get()].into());
        state.integers.insert("generator".into(), self.generator.words().to_vec().into());
        state.integers.insert("state".into(), vec![self.state as u64].into());
        state
    }

    fn load(&mut self, from: &AgentState) -> Result<(), LoadError> {
        let table = self.table.load(from)?;
        let epsilon = table::numbers(from, "epsilon", 1)?[0];
        let words = table::integers(from, "generator", 4)?;
        let state = table::integers(from, "state", 1)?[0] as usize;
        self.generator = Generator::from_words(std::array::from_fn(|word| words[word]));
        self.state = state.min(table.view().states - 1);
        self.table = table;
        self.epsilon.set(epsilon);
        Ok(())
    }
}
