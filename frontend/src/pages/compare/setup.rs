//! What is compared: one environment, several agents, so many seeds and episodes; as a link, and back.

use crate::components::settings::same;
use crate::services::share::{LinkError, Query, cut, effective, join, meant, named, parse, split, whole};
use crate::services::worker_link::Program;
use crate::text;
use shared::describe::CatalogEntry;
use shared::parameter::{Parameters, Value};
use shared::quantity::Seed;
use shared::spec::{AgentSpec, EnvironmentSpec, RunSpec};
use std::collections::BTreeSet;

/// Most agents at once: more could not be told apart in a chart.
pub const MOST_AGENTS: usize = 8;
/// Most seeds of an agent.
pub const MOST_SEEDS: u64 = 50;
/// Most episodes of a run.
pub const MOST_EPISODES: u64 = 1_000_000;

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The environment.
    pub environment: EnvironmentSpec,
    /// The agents, at least one.
    pub agents: Vec<AgentSpec>,
    /// The first seed; the others follow.
    pub seed: Seed,
    /// Number of seeds.
    pub seeds: u64,
    /// Episodes of every run.
    pub episodes: u64,
}

impl Default for Setup {
    /// The cliff of Sutton and Barto (2018, example 6.6), where the bolder agent falls more often.
    fn default() -> Self {
        let settings: [(&str, Value); 4] = [
            ("alpha", Value::Number(0.5)),
            ("epsilon", Value::Number(0.1)),
            ("epsilon_schedule", Value::Text("constant".into())),
            ("gamma", Value::Number(1.0)),
        ];
        let mut parameters = Parameters::new();
        parameters.extend(settings.map(|(name, value)| (name.to_owned(), value)));
        let agent = |id: &str| AgentSpec { id: id.into(), parameters: parameters.clone() };
        Self {
            environment: EnvironmentSpec { id: "cliff-walking".into(), parameters: Parameters::new() },
            agents: ["q-learning", "sarsa", "expected-sarsa"].map(agent).into(),
            seed: Seed::new(1).unwrap_or(Seed::MAX),
            seeds: 10,
            episodes: 500,
        }
    }
}

impl Setup {
    /// The spec of one run.
    pub fn run(&self, agent: usize, seed: usize) -> Option<RunSpec> {
        let seed = Seed::new(u64::from(self.seed) + seed as u64).ok()?;
        Some(RunSpec {
            environment: self.environment.clone(),
            agent: self.agents.get(agent)?.clone(),
            seed,
            changes: Vec::new(),
        })
    }

    /// Whether another setup for the same environment has fewer agents, or has several of these no more.
    pub fn loses_agents_to(&self, other: &Self) -> bool {
        let gone = self.agents.iter().filter(|it| !other.agents.contains(it)).count();
        self.environment == other.environment && (gone > 1 || self.agents.len() > other.agents.len())
    }

    /// As a query, with the hash of all runs once it is known.
    pub fn to_query(&self, hash: Option<String>) -> String {
        let mut pairs = vec![("env".to_owned(), self.environment.id.clone())];
        pairs.extend(named("env", &effective(&self.environment)));
        for agent in &self.agents {
            pairs.push(("agent".into(), agent.id.clone()));
            pairs.extend(named("agent", &agents::recommended::spelled_out(&self.environment.id, agent)));
        }
        pairs.push(("seed".into(), self.seed.to_string()));
        pairs.push(("seeds".into(), self.seeds.to_string()));
        pairs.push(("episodes".into(), self.episodes.to_string()));
        pairs.extend(hash.map(|hash| ("hash".into(), hash)));
        join(&pairs)
    }

    /// Reads a query: what is compared, and the hash that it must come to. Every `agent` begins another agent. With
    /// another seed than the page wrote, the hash is that of another comparison, and left out.
    pub fn from_query(query: &str) -> Result<(Self, Option<String>), LinkError> {
        let mut setup = Self { agents: Vec::new(), ..Self::default() };
        let (mut environment, mut hash) = (None, None);
        let Query { pairs, other_seed, own_defaults } = split(query)?;
        let mut said = BTreeSet::new();
        for (name, value) in pairs {
            // Every agent has parameters of its own.
            if name == "agent" {
                said.retain(|it: &String| !it.starts_with("agent."));
            } else if !said.insert(name.clone()) {
                return Err(LinkError::Twice { part: cut(&name) });
            }
            match (name.as_str(), name.split_once('.')) {
                ("env", _) => environment = Some(value),
                ("agent", _) => {
                    setup.agents.push(AgentSpec { id: value, parameters: Parameters::new() });
                }
                ("seed", _) => setup.seed = Seed::new(whole("seed", &value)?)?,
                ("seeds", _) => {
                    setup.seeds = amount("the number of seeds", MOST_SEEDS, whole("seeds", &value)?)?;
                }
                ("episodes", _) => {
                    setup.episodes = amount("the number of episodes", MOST_EPISODES, whole("episodes", &value)?)?;
                }
                ("hash", _) => hash = Some(value).filter(|_| !other_seed),
                (_, Some(("env", parameter))) => {
                    setup.environment.parameters.insert(parameter.to_owned(), parse(&value));
                }
                (_, Some(("agent", parameter))) => match setup.agents.last_mut() {
                    Some(agent) => drop(agent.parameters.insert(parameter.to_owned(), parse(&value))),
                    None => return Err(LinkError::Missing { part: "agent" }),
                },
                _ => return Err(LinkError::Unknown { part: cut(&name) }),
            }
        }
        setup.environment.id = environment.ok_or(LinkError::Missing { part: "env" })?;
        if setup.agents.is_empty() {
            return Err(LinkError::Missing { part: "agent" });
        }
        amount("the number of agents", MOST_AGENTS as u64, setup.agents.len() as u64)?;
        (setup.environment, setup.agents) = meant(setup.environment, setup.agents, own_defaults)?;
        Ok((setup, hash))
    }

    /// What a worker must run to make any of its runs.
    pub fn program(&self) -> Program {
        self.agents.iter().map(|agent| Program::of(&self.environment, agent)).max().unwrap_or_default()
    }

    /// Why it cannot be compared, if so: what this page does not know, seeds that there are not, or an agent that would be
    /// compared with itself.
    pub fn fault(&self) -> Option<String> {
        let environment = environments::registry::build(&self.environment).err().map(|error| error.to_string());
        environment
            .or_else(|| {
                let unknown = |agent: &AgentSpec| agents::registry::find(&agent.id).err();
                self.agents.iter().find_map(unknown).map(|error| error.to_string())
            })
            .or_else(|| {
                let last = u64::from(self.seed).saturating_add(self.seeds - 1);
                Seed::new(last).err().map(|_| text::seeds_pass_the_greatest(&self.seed, self.seeds, &Seed::MAX))
            })
            .or_else(|| self.twin().map(|title| text::agent_listed_twice(&title)))
    }

    /// The title of an agent that is listed twice with values that mean the same.
    fn twin(&self) -> Option<String> {
        self.agents.iter().enumerate().find_map(|(index, agent)| {
            let entry = agents::registry::find(&agent.id).ok()?;
            let is_same = |it: &AgentSpec| it.id == agent.id && same(&entry, &it.parameters, &agent.parameters);
            self.agents[..index].iter().any(is_same).then_some(entry.title)
        })
    }

    /// What to call the agents: the title, and whatever of the settings tells two of them apart.
    pub fn names(&self, catalog: &[CatalogEntry]) -> Vec<String> {
        let name = |agent: &AgentSpec| {
            let entry = catalog.iter().find(|entry| entry.id == agent.id);
            let title = entry.map_or(agent.id.as_str(), |entry| entry.title.as_str());
            let twins = self.agents.iter().filter(|other| other.id == agent.id);
            if twins.clone().count() < 2 {
                return title.to_owned();
            }
            let differs =
                |name: &str| twins.clone().any(|twin| twin.parameters.get(name) != agent.parameters.get(name));
            let settings = entry.map(|entry| entry.parameters.as_slice()).unwrap_or_default().iter();
            let settings = settings.filter(|spec| differs(&spec.name)).map(|spec| {
                let value = agent.parameters.get(&spec.name).cloned().unwrap_or_else(|| spec.default_value());
                let label = if spec.symbol.is_empty() { &spec.label } else { &spec.symbol };
                format!(" · {label} {value}")
            });
            std::iter::once(title.to_owned()).chain(settings).collect()
        };
        self.agents.iter().map(name).collect()
    }
}

/// A number of things, from one to so many.
fn amount(part: &'static str, most: u64, found: u64) -> Result<u64, LinkError> {
    Some(found).filter(|it| (1..=most).contains(it)).ok_or(LinkError::Amount { part, most, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> Setup {
        let mut setup = Setup::default();
        setup.environment.parameters.insert("slip".into(), Value::Number(0.25));
        setup.agents[1].parameters.insert("alpha".into(), Value::Number(0.25));
        setup.agents.push(setup.agents[1].clone());
        setup.agents[3].parameters.insert("alpha".into(), Value::Number(0.1));
        setup
    }

    #[test]
    fn a_link_leads_there_and_back() {
        for hash in [None, Some("5f".to_owned())] {
            assert_eq!(Setup::from_query(&setup().to_query(hash.clone())), Ok((setup(), hash)));
        }
    }

    #[test]
    fn agents_that_go_are_lost_and_one_that_is_set_otherwise_is_not() {
        let before = setup();
        let with = |change: fn(&mut Setup)| {
            let mut after = setup();
            change(&mut after);
            before.loses_agents_to(&after)
        };
        assert!(with(|it| drop(it.agents.remove(0))), "one is removed");
        // One setting is varied.
        assert!(with(|it| it.agents = vec![it.agents[0].clone(); 8]), "all but one give way");
        assert!(!with(|it| it.agents[0].parameters.clear()) && !with(|it| it.seeds = 3));
        assert!(!with(|it| it.agents.push(it.agents[0].clone())));
    }

    #[test]
    fn own_defaults_come_back_where_others_are_recommended() {
        let mut setup = setup();
        setup.agents.push(AgentSpec { id: "reinforce".into(), parameters: Parameters::new() });
        setup.agents.push(agents::recommended::agent("cliff-walking", "reinforce"));
        assert_eq!(Setup::from_query(&setup.to_query(None)), Ok((setup, None)));
    }

    #[test]
    fn a_link_that_is_cut_is_refused() {
        let query = setup().to_query(None);
        for end in 0..query.len() {
            assert!(Setup::from_query(&query[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn names_tell_agents_apart_by_what_differs() {
        let names = setup().names(&agents::registry::catalog());
        assert_eq!(names, ["Q-learning", "SARSA · α 0.25", "Expected SARSA", "SARSA · α 0.1"]);
    }

    #[test]
    fn numbers_beyond_what_there_is_are_refused() {
        let refused =
            |more: &str| Setup::from_query(&format!("env=gridworld&agent=sarsa&{more}")).unwrap_err().to_string();
        assert_eq!(refused("seeds=0"), "In this link the number of seeds must be from 1 to 50, not 0.");
        assert_eq!(refused("seeds=51"), "In this link the number of seeds must be from 1 to 50, not 51.");
        let episodes = "In this link the number of episodes must be from 1 to 1000000, not 1000001.";
        assert_eq!(refused("episodes=1000001"), episodes);
        let agents = "agent=sarsa&".repeat(8);
        assert_eq!(refused(&agents), "In this link the number of agents must be from 1 to 8, not 9.");
    }

    #[test]
    fn what_a_link_says_twice_is_refused_but_every_agent_has_values_of_its_own() {
        for (query, part) in [
            ("env=gridworld&agent=sarsa&agent.alpha=0.1&agent.alpha=0.3", "agent.alpha"),
            ("env=gridworld&env.slip=0.1&env.slip=0.4&agent=sarsa", "env.slip"),
            ("env=gridworld&agent=sarsa&seed=3&seed=9", "seed"),
        ] {
            assert_eq!(Setup::from_query(query), Err(LinkError::Twice { part: part.into() }));
        }
        let (setup, _) =
            Setup::from_query("env=gridworld&agent=sarsa&agent.alpha=0.1&agent=sarsa&agent.alpha=0.3").unwrap();
        assert_eq!((setup.agents.len(), setup.fault()), (2, None));
    }

    #[test]
    fn an_agent_is_not_compared_with_itself_nor_with_seeds_that_there_are_not() {
        let fault = |query: &str| Setup::from_query(query).unwrap().0.fault();
        let twice = "env=gridworld&agent=sarsa&agent.alpha=0.1&agent=q-learning&agent=sarsa";
        assert!(fault(twice).unwrap().contains("SARSA"));
        assert!(fault("env=gridworld&agent=sarsa&agent.alpha=0.5&agent=sarsa&agent.alpha=0.50").is_some());
        let whole = |value: Value| {
            let parameters = Parameters::from([("alpha".to_owned(), value)]);
            AgentSpec { id: "sarsa".into(), parameters }
        };
        let agents = vec![whole(Value::Integer(1)), whole(Value::Number(1.0))];
        assert!(Setup { agents, ..Setup::default() }.fault().unwrap().contains("SARSA"), "however it is written");
        assert!(fault("env=gridworld&agent=sarsa&seed=9007199254740990&seeds=5").unwrap().contains("9007199254740991"));
        assert_eq!(fault("env=gridworld&agent=sarsa&seed=9007199254740990&seeds=2"), None);
    }

    #[test]
    fn seeds_follow_the_first() {
        assert_eq!(setup().run(0, 9).unwrap().seed, Seed::new(10).unwrap());
        assert_eq!(setup().run(9, 0), None);
    }
}
