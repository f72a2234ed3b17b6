//! Share links: a run as a readable address, and back.
//!
//! `#/lab?check=5a0d7e12c0de&env=gridworld&env.slip=0.1&agent=q-learning&seed=42&episodes=500&hash=2f1c`: what determines
//! the run, how many episodes to make of it, and the hash it must then have. It begins with a checksum of the rest, so
//! that a link cut in half is refused instead of showing another run; a link made by hand has none.
//!
//! `marks=0a1b2c3d` says what the hash ended in after one episode (`0a1b`), two (`2c3d`), four, eight and so on: where the hash is
//! another one in the end, they tell about when the runs parted.
//!
//! `at.5000.epsilon=0` gives the agent another value after 5 000 steps.
//!
//! What a link does not say is as on the command line of the trainer: Q-learning, seed 42, the environment's defaults, and
//! what is recommended for the agent in that environment.

mod query;

pub(crate) use query::{Query, fnv_of, join, parse, split, text};
use shared::RunSpec;
use shared::parameter::{self, ParameterError, ParameterSpec, Parameters};
use shared::quantity::{OutOfRange, Seed};
use shared::spec::{AgentSpec, EnvironmentSpec};
use std::collections::BTreeMap;

/// The agent of a link that names none.
const AGENT: &str = "q-learning";

/// The seed of a link that names none.
const SEED: u64 = 42;

/// The room of values that the agent gets in mid-run: `at.STEP.NAME`.
const AT: &str = "at";

/// What the hash ended in after 1, 2, 4, 8 ... episodes: four hexadecimal digits each.
const MARKS: &str = "marks";

/// What a link says.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareLink {
    /// What determines the run.
    pub spec: RunSpec,
    /// Number of episodes to make.
    pub until_episode: Option<u64>,
    /// The hash the run then has.
    pub run_hash: Option<String>,
    /// Its last 16 bits after 1, 2, 4, 8 ... episodes, where they are known.
    pub marks: Vec<u16>,
}

/// Why a link is refused. Nothing in the page is changed by a refused link.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// It ends in the middle of a name.
    #[error("This link is cut short: it ends in {end:?}, which has no value. Copy the whole link and open it again.")]
    Cut {
        /// Its end, cut after 60 characters.
        end: String,
    },
    /// The checksum does not fit.
    #[error(
        "This link was changed or cut on its way: its check should be {expected}, not {found}. Copy the whole link and \
         open it again; if you have changed it yourself, leave out check={found}."
    )]
    Changed {
        /// The checksum of what came.
        expected: String,
        /// The checksum that came.
        found: String,
    },
    /// A needed part is missing.
    #[error("This link does not say {part}. Add it as {part}=NAME, or open the Lab and share the run again.")]
    Missing {
        /// Its name.
        part: &'static str,
    },
    /// A part that comes twice.
    #[error("This link says {part:?} twice. Leave one of them out.")]
    Twice {
        /// The part, cut after 60 characters.
        part: String,
    },
    /// A part that this version does not know.
    #[error("This link says {part:?}, which this page does not understand. It may come from a newer version.")]
    Unknown {
        /// The part, cut after 60 characters.
        part: String,
    },
    /// A parameter without saying whose it is.
    #[error("In this link write {room}.{part} instead of {part}.")]
    Bare {
        /// Its name.
        part: String,
        /// Whose it is: `env` or `agent`.
        room: &'static str,
    },
    /// Not a whole number.
    #[error("In this link {part} must be a whole number, 0 or more, not {found:?}.")]
    NotANumber {
        /// Its name.
        part: &'static str,
        /// What came, cut after 60 characters.
        found: String,
    },
    /// A whole number with more digits than any has here.
    #[error("In this link {part} is too great: {found}.")]
    TooGreat {
        /// Its name.
        part: &'static str,
        /// What came, cut after 60 characters.
        found: String,
    },
    /// None of something, or too much.
    #[error("In this link {part} must be from 1 to {most}, not {found}.")]
    Amount {
        /// Its name.
        part: &'static str,
        /// The most that there may be.
        most: u64,
        /// What came.
        found: u64,
    },
    /// Something that it sets has no effect.
    #[error("In this link, {id}: {error}.")]
    Parameter {
        /// The environment or agent.
        id: String,
        /// Why.
        error: ParameterError,
    },
    /// The seed is too great.
    #[error("In this link {0}.")]
    Seed(#[from] OutOfRange),
}

impl ShareLink {
    /// The link as the page's address after `#`.
    pub fn to_hash(&self) -> String {
        format!("#/lab?{}", self.to_query())
    }

    /// The link as a query, without the question mark.
    pub fn to_query(&self) -> String {
        let RunSpec { environment, agent, seed, changes } = &self.spec;
        let mut pairs = vec![("env".to_owned(), environment.id.clone())];
        pairs.extend(named("env", &effective(environment)));
        pairs.push(("agent".into(), agent.id.clone()));
        pairs.extend(named("agent", &agents::recommended::spelled_out(&environment.id, agent)));
        pairs.push(("seed".into(), seed.to_string()));
        for change in changes {
            pairs.extend(named(&format!("{AT}.{}", change.step), &change.parameters));
        }
        pairs.extend(self.until_episode.map(|episodes| ("episodes".into(), episodes.to_string())));
        pairs.extend(self.run_hash.clone().map(|hash| ("hash".into(), hash)));
        if !self.marks.is_empty() {
            let marks: Vec<_> = self.marks.iter().map(|mark| format!("{mark:04x}")).collect();
            pairs.push((MARKS.into(), marks.concat()));
        }
        join(&pairs)
    }

    /// Reads a query, with or without its question mark. The hash of a link whose seed was changed is that of another
    /// run, and left out.
    pub fn from_query(query: &str) -> Result<Self, LinkError> {
        let Query { pairs, other_seed, own_defaults } = split(query)?;
        let mut parts = BTreeMap::new();
        for (name, value) in pairs {
            if parts.insert(name.clone(), value).is_some() {
                return Err(LinkError::Twice { part: cut(&name) });
            }
        }
        let mut take = |part: &str| parts.remove(part);
        let environment = take("env").ok_or(LinkError::Missing { part: "env" })?;
        let agent = take("agent").unwrap_or_else(|| AGENT.to_owned());
        let seed = take("seed").map_or(Ok(SEED), |text| whole("seed", &text))?;
        let until_episode = take("episodes").map(|text| whole("episodes", &text)).transpose()?;
        let run_hash = take("hash").filter(|_| !other_seed);
        let marks = take(MARKS).filter(|_| !other_seed).map_or_else(|| Ok(Vec::new()), |text| read_marks(&text))?;
        let (mut of_environment, mut of_agent) = (Parameters::new(), Parameters::new());
        let mut changed = Vec::new();
        for (name, value) in parts {
            let (parameters, parameter) = match name.split_once('.') {
                Some((AT, change)) => {
                    let unknown = || LinkError::Unknown { part: cut(&name) };
                    let (step, parameter) = change.split_once('.').ok_or_else(unknown)?;
                    let value = Parameters::from([(parameter.to_owned(), parse(&value))]);
                    changed.push((whole("the step of a change", step)?, value));
                    continue;
                }
                Some(("env", parameter)) => (&mut of_environment, parameter),
                Some(("agent", parameter)) => (&mut of_agent, parameter),
                _ => return Err(unknown(&environment, &agent, &name)),
            };
            parameters.insert(parameter.to_owned(), parse(&value));
        }
        let environment = EnvironmentSpec { id: environment, parameters: of_environment };
        let agent = AgentSpec { id: agent, parameters: of_agent };
        let (environment, agents) = meant(environment, vec![agent], own_defaults)?;
        let agent = agents.into_iter().next().ok_or(LinkError::Missing { part: "agent" })?;
        let mut spec = RunSpec { environment, agent, seed: Seed::new(seed)?, changes: Vec::new() };
        for (step, values) in changed {
            let AgentSpec { parameters, .. } = read(AgentSpec { parameters: values, ..spec.agent.clone() });
            spec.change(step, parameters);
        }
        Ok(Self { spec, until_episode, run_hash, marks })
    }
}

fn read_marks(text: &str) -> Result<Vec<u16>, LinkError> {
    let digits: Option<Vec<_>> = text.chars().map(|it| it.to_digit(16).map(|it| it as u16)).collect();
    let digits = digits.filter(|it| it.len().is_multiple_of(4));
    let digits = digits.ok_or_else(|| LinkError::Unknown { part: format!("{MARKS}={}", cut(text)) })?;
    Ok(digits.chunks(4).map(|mark| mark.iter().fold(0, |sum, digit| sum << 4 | digit)).collect())
}

/// The last episode up to which a run that came to another hash than its link says is known to be the same, and the first by
/// which it is known not to be, by what both hashes ended in on the way.
pub fn parted(link: &ShareLink, marks: &[u16]) -> Option<(u64, u64)> {
    let same = link.marks.iter().zip(marks).take_while(|(expected, found)| expected == found).count();
    let until = link.until_episode?;
    let is_told = same < link.marks.len() && same < marks.len();
    let (last, first) = (if same > 0 { 1 << (same - 1).min(63) } else { 0 }, 1 << same.min(63));
    if is_told { Some((last, first)) } else { Some((last, until)).filter(|_| (1..until).contains(&last)) }
}

/// A part that a link cannot have: if the environment or the agent has a parameter of that name, how that is written.
fn unknown(environment: &str, agent: &str, part: &str) -> LinkError {
    let has = |parameters: Vec<ParameterSpec>| parameters.iter().any(|it| it.name == part);
    let of_agent = agents::registry::find(agent).is_ok_and(|it| has(it.parameters));
    let of_environment = environments::registry::find(environment).is_ok_and(|it| has(it.parameters));
    match (of_agent, of_environment) {
        (true, _) => LinkError::Bare { part: part.into(), room: "agent" },
        (false, true) => LinkError::Bare { part: part.into(), room: "env" },
        (false, false) => LinkError::Unknown { part: cut(part) },
    }
}

/// The environment and the agents that somebody means who sets these values of them: what is not said of an agent is as
/// recommended in the environment, or as its own defaults are. What no environment or agent knows is told when it is built.
pub(crate) fn meant(
    environment: EnvironmentSpec,
    agents: Vec<AgentSpec>,
    as_own_defaults: bool,
) -> Result<(EnvironmentSpec, Vec<AgentSpec>), LinkError> {
    let EnvironmentSpec { id, parameters } = environment;
    let refused = |id: &str| {
        let id = id.to_owned();
        move |error| LinkError::Parameter { id, error }
    };
    let parameters = match environments::registry::find(&id) {
        Ok(entry) => entry.settle(&Parameters::new(), &entry.read(parameters)).map_err(refused(&id))?,
        Err(_) => parameters,
    };
    let completed = |agent: AgentSpec| {
        let refused = refused(&agent.id);
        let agent = read(agent);
        agents::recommended::completed(&id, &Parameters::new(), agent).map_err(refused)
    };
    if as_own_defaults {
        return Ok((EnvironmentSpec { id, parameters }, agents.into_iter().map(read).collect()));
    }
    let agents = agents.into_iter().map(completed).collect::<Result<_, _>>()?;
    Ok((EnvironmentSpec { id, parameters }, agents))
}

/// An agent with its values read: people write `0,5` for 0.5.
fn read(agent: AgentSpec) -> AgentSpec {
    match agents::registry::find(&agent.id) {
        Ok(entry) => AgentSpec { parameters: entry.read(agent.parameters), ..agent },
        Err(_) => agent,
    }
}

/// What is set of an environment, without what has no effect.
pub(crate) fn effective(environment: &EnvironmentSpec) -> Parameters {
    match environments::registry::find(&environment.id) {
        Ok(entry) => parameter::effective(&entry.parameters, &environment.parameters),
        Err(_) => environment.parameters.clone(),
    }
}

/// Values with the names that they have in a link.
pub(crate) fn named(room: &str, parameters: &Parameters) -> Vec<(String, String)> {
    parameters.iter().map(|(name, value)| (format!("{room}.{name}"), text(value))).collect()
}

pub(crate) fn whole(part: &'static str, text: &str) -> Result<u64, LinkError> {
    text.parse().map_err(|_| {
        let found = cut(text);
        let is_digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        if is_digits { LinkError::TooGreat { part, found } } else { LinkError::NotANumber { part, found } }
    })
}

pub(crate) fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use proptest::prelude::*;
    use shared::parameter::Value;
    use shared::spec::Change;

    fn link() -> ShareLink {
        let mut spec = RunSpec::new("gridworld", "q-learning", Seed::new(42).unwrap());
        spec.environment.parameters.insert("slip".into(), Value::Number(0.1));
        spec.environment.parameters.insert("map".into(), Value::Text("SF\n#G".into()));
        spec.agent.parameters.insert("alpha".into(), Value::Number(1.0));
        ShareLink { spec, until_episode: Some(500), run_hash: Some("2f1c".into()), marks: Vec::new() }
    }

    #[test]
    fn a_link_is_readable() {
        expect!["#/lab?check=d3013d5705b9&env=gridworld&env.map=SF%0A%23G&env.slip=0.1&agent=q-learning&agent.alpha=1.0&seed=42&episodes=500&hash=2f1c"].assert_eq(&link().to_hash());
    }

    #[test]
    fn what_a_link_does_not_say_is_as_recommended() {
        let query = |pairs: &[(&str, &str)]| {
            join(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
        };
        let pairs = [("env", "cliff-walking"), ("agent", "reinforce"), ("seed", "3"), ("agent.gamma", "0.5")];
        let recommended = agents::recommended::agent("cliff-walking", "reinforce");
        assert_eq!(ShareLink::from_query(&query(&pairs[..3])).unwrap().spec.agent, recommended);
        let with_gamma = ShareLink::from_query(&query(&pairs)).unwrap().spec.agent.parameters;
        assert_eq!((&with_gamma["gamma"], &with_gamma["alpha"]), (&Value::Number(0.5), &Value::Number(0.0001)));
        // Its own defaults come back as themselves.
        let spec = RunSpec::new("cliff-walking", "reinforce", Seed::new(3).unwrap());
        let link = ShareLink { spec, until_episode: None, run_hash: None, marks: Vec::new() };
        assert_eq!(ShareLink::from_query(&link.to_query()), Ok(link));
    }

    #[test]
    fn what_has_no_effect_is_left_out_of_links_and_refused_in_them() {
        let mut spec = RunSpec::new("frozen-lake", "q-learning", Seed::new(3).unwrap());
        let own = Parameters::from([("own_map".to_owned(), Value::Text("SG".into()))]);
        spec.environment.parameters = own;
        let link = ShareLink { spec: spec.clone(), until_episode: None, run_hash: None, marks: Vec::new() };
        spec.environment.parameters.clear();
        assert_eq!(ShareLink::from_query(&link.to_query()).unwrap().spec, spec, "the lake is the built-in one");
        let query = |map: &str| {
            let pairs =
                [("env", "frozen-lake"), ("env.own_map", "SG"), ("env.map", map), ("agent", "sarsa"), ("seed", "1")];
            join(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
        };
        assert!(ShareLink::from_query(&query("own")).is_ok());
        let error = ShareLink::from_query(&query("8x8")).unwrap_err().to_string();
        assert_eq!(error, "In this link, frozen-lake: own_map has no effect with map=8x8; it needs map=own.");
    }

    #[test]
    fn marks_stand_in_a_link_in_order() {
        let marked = ShareLink { marks: vec![0x0a1b, 0xffff, 0], ..link() };
        let query = marked.to_query();
        assert!(query.ends_with("&hash=2f1c&marks=0a1bffff0000"), "{query}");
        assert_eq!(ShareLink::from_query(&query), Ok(marked));
        assert_eq!(ShareLink::from_query(&query.replace("seed=42", "seed=43")).unwrap().marks, [0; 0]);
        for damaged in ["0a1", "0a1b2", "0a1g", "+a1b", "ä1b"] {
            let by_hand = format!("env=taxi&marks={damaged}");
            let error = ShareLink::from_query(&by_hand).unwrap_err();
            assert_eq!(error, LinkError::Unknown { part: format!("marks={damaged}") });
        }
    }

    #[test]
    fn marks_tell_between_which_episodes_a_run_parted() {
        let told = |expected: &[u16], found: &[u16], until| {
            let link = ShareLink { marks: expected.to_vec(), until_episode: Some(until), ..link() };
            parted(&link, found)
        };
        assert_eq!(told(&[1, 2, 3, 4], &[1, 2, 5, 6], 9), Some((2, 4)));
        assert_eq!(told(&[1, 2, 3, 4], &[9, 2, 5, 6], 9), Some((0, 1)), "in the first episode");
        assert_eq!(told(&[1, 2, 3, 4], &[1, 2, 3, 4], 9), Some((8, 9)), "behind the last mark");
        assert_eq!(told(&[1, 2, 3, 4], &[1, 2, 3, 4], 8), None, "only the hash was changed");
        assert_eq!(told(&[], &[1, 2, 3, 4], 9), None, "an old link");
        assert_eq!(told(&[1; 99], &[1; 99], u64::MAX), Some((1 << 63, u64::MAX)));
    }

    #[test]
    fn a_link_cut_anywhere_is_refused() {
        let query = link().to_query();
        for end in 0..query.len() {
            let error = ShareLink::from_query(&query[..end]).unwrap_err();
            let is_named = matches!(error, LinkError::Cut { .. } | LinkError::Changed { .. });
            assert!(is_named || end == 0, "{end}: {error:?}");
        }
    }

    #[test]
    fn a_changed_link_is_refused() {
        let error = ShareLink::from_query(&link().to_query().replace("slip=0.1", "slip=0.2")).unwrap_err();
        assert!(error.to_string().starts_with("This link was changed or cut on its way"), "{error}");
    }

    #[test]
    fn another_seed_is_another_run_whose_hash_nobody_knows() {
        let changed = ShareLink::from_query(&link().to_query().replace("seed=42", "seed=43")).unwrap();
        let spec = RunSpec { seed: Seed::new(43).unwrap(), ..link().spec };
        assert_eq!(changed, ShareLink { spec, run_hash: None, ..link() });
    }

    #[test]
    fn a_link_made_by_hand_means_what_the_trainer_means() {
        let spec = |query: &str| ShareLink::from_query(query).unwrap().spec;
        assert_eq!(spec("env=taxi&agent=sarsa&seed=3"), RunSpec::new("taxi", "sarsa", Seed::new(3).unwrap()));
        assert_eq!(spec("env=taxi"), RunSpec::new("taxi", "q-learning", Seed::new(42).unwrap()));
        let recommended = agents::recommended::agent("racing", "sarsa");
        assert_eq!(recommended.parameters, Parameters::from([("alpha".to_owned(), Value::Number(0.3))]));
        assert_eq!(spec("env=racing&agent=sarsa").agent, recommended);
        let changed = spec("env=racing&agent=sarsa&agent.gamma=0.9").agent.parameters;
        assert_eq!(changed.keys().collect::<Vec<_>>(), ["alpha", "gamma"]);
        let commas = spec("env=gridworld&env.slip=0,25&agent=sarsa&agent.alpha=0,5&at.100.alpha=0,125");
        assert_eq!(commas, spec("env=gridworld&env.slip=0.25&agent=sarsa&agent.alpha=0.5&at.100.alpha=0.125"));
        assert_eq!(commas.agent.parameters["alpha"], Value::Number(0.5));
    }

    #[test]
    fn defaults_are_said_where_others_are_recommended() {
        let own = ShareLink {
            spec: RunSpec::new("racing", "sarsa", Seed::new(1).unwrap()),
            until_episode: None,
            run_hash: None,
            marks: Vec::new(),
        };
        assert!(own.to_query().contains("agent.alpha=0.1"), "{}", own.to_query());
        assert_eq!(ShareLink::from_query(&own.to_query()), Ok(own.clone()));
        // Links that end in their checksum meant the agent's own defaults.
        let old = "env=racing&agent=sarsa&seed=1&check=";
        let check = ShareLink::from_query(&format!("{old}00000000")).unwrap_err();
        let LinkError::Changed { expected, .. } = check else { panic!("{check:?}") };
        assert_eq!(ShareLink::from_query(&format!("{old}{expected}")), Ok(own));
    }

    #[test]
    fn a_messenger_may_escape_what_it_likes() {
        let query = link().to_query().replace('-', "%2D").replace('.', "%2e");
        assert_eq!(ShareLink::from_query(&format!("?{query}")), Ok(link()));
    }

    #[track_caller]
    fn check_error(query: &str, expected: &str) {
        assert_eq!(ShareLink::from_query(query).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_link_says_what_changed_while_the_agent_learned() {
        let spec = ShareLink::from_query("env=taxi&at.5000.epsilon=0&at.900.alpha=0.5&at.900.epsilon=1").unwrap().spec;
        assert_eq!(spec.changes.iter().map(|it| it.step).collect::<Vec<_>>(), [900, 5000]);
        assert_eq!(spec.agent_after(900).parameters["alpha"], Value::Number(0.5));
        let link = ShareLink { spec, until_episode: None, run_hash: None, marks: Vec::new() };
        assert_eq!(ShareLink::from_query(&link.to_query()), Ok(link));
        check_error(
            "env=a&at.x.alpha=1",
            "In this link the step of a change must be a whole number, 0 or more, not \"x\".",
        );
    }

    #[test]
    fn errors_name_the_part() {
        check_error(
            "agent=sarsa",
            "This link does not say env. Add it as env=NAME, or open the Lab and share the run again.",
        );
        check_error("env=a&env=b", r#"This link says "env" twice. Leave one of them out."#);
        check_error("env=taxi&alpha=0.5", "In this link write agent.alpha instead of alpha.");
        check_error("env=frozen-lake&slippery=0", "In this link write env.slippery instead of slippery.");
        check_error("env=a&seed=x", r#"In this link seed must be a whole number, 0 or more, not "x"."#);
        check_error("env=a&seed=-1", r#"In this link seed must be a whole number, 0 or more, not "-1"."#);
        check_error(
            "env=a&agent=b&seed=9007199254740992",
            "In this link a seed must be a whole number from 0 to 9007199254740991, not 9007199254740992.",
        );
        check_error("env=a&seed=99999999999999999999", "In this link seed is too great: 99999999999999999999.");
        check_error("env=a&episodes=18446744073709551616", "In this link episodes is too great: 18446744073709551616.");
        check_error(
            "env=a&at.99999999999999999999.alpha=1",
            "In this link the step of a change is too great: 99999999999999999999.",
        );
        check_error(
            "env=a&agent=b&seed=1&colour=red",
            r#"This link says "colour", which this page does not understand. It may come from a newer version."#,
        );
        check_error(
            "env=a&agent=b&se",
            r#"This link is cut short: it ends in "se", which has no value. Copy the whole link and open it again."#,
        );
        check_error(
            "check=123&env=a",
            "This link was changed or cut on its way: its check should be fcb643089dc5, not 123. Copy the whole link and \
             open it again; if you have changed it yourself, leave out check=123.",
        );
    }

    fn values() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<bool>().prop_map(Value::Flag),
            any::<i64>().prop_map(Value::Integer),
            (-1e30f64..1e30).prop_map(Value::Number),
            prop::num::f64::NORMAL.prop_map(Value::Number),
            "(?s).{0,20}".prop_map(Value::Text),
            "'?(true|-?[0-9]{1,3}|[0-9]\\.5|1e5)".prop_map(Value::Text),
        ]
    }

    proptest! {
        #[test]
        fn every_link_comes_back(
            ids in ("[a-z-]{1,9}", "[a-z-]{1,9}"),
            parameters in prop::collection::vec(prop::collection::btree_map("[a-z_.&=]{1,9}", values(), 0..5), 2),
            seed in 0..(1u64 << 53),
            changes in prop::collection::btree_map(
                any::<u64>(),
                prop::collection::btree_map("[a-z_]{1,9}", values(), 1..3),
                0..3,
            ),
            until_episode in prop::option::of(any::<u64>()),
            run_hash in prop::option::of("[0-9a-f]{1,16}"),
            marks in prop::collection::vec(any::<u16>(), 0..5),
        ) {
            let link = ShareLink {
                spec: RunSpec {
                    environment: EnvironmentSpec { id: ids.0, parameters: parameters[0].clone().into_iter().collect() },
                    agent: AgentSpec { id: ids.1, parameters: parameters[1].clone().into_iter().collect() },
                    seed: Seed::new(seed).unwrap(),
                    changes: changes.into_iter().map(|(step, it)| Change { step, parameters: it }).collect(),
                },
                until_episode,
                run_hash,
                marks,
            };
            prop_assert_eq!(ShareLink::from_query(&link.to_query()), Ok(link));
        }

        #[test]
        fn no_text_makes_it_panic(query in "(?s).{0,200}") {
            let _ = ShareLink::from_query(&query);
        }
    }
}
