//! Share links: a run as a readable address, and back.
//!
//! `#/lab?env=gridworld&env.slip=0.1&agent=q-learning&seed=42&episodes=500&hash=2f1c&check=5a0d7e12`: what determines
//! the run, how many episodes to make of it, and the hash it must then have. What it does not say of the agent is as
//! recommended in the environment, as on the trainer's command line. The end is a checksum of the rest, so that
//! a link cut in half is refused instead of showing another run.

use shared::RunSpec;
use shared::parameter::{self, ParameterError, Parameters, Value};
use shared::quantity::{OutOfRange, Seed};
use shared::spec::{AgentSpec, EnvironmentSpec};
use shared::vec_map::VecMap;
use std::fmt::Write as _;

/// What a link says.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// What determines the run.
    pub spec: RunSpec,
    /// Number of episodes to make.
    pub until_episode: Option<u64>,
    /// The hash the run then has.
    pub run_hash: Option<String>,
}

/// Why a link is refused. Nothing in the page is changed by a refused link.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LinkError {
    /// The checksum at the end is missing.
    #[error("This link is cut short: its last part, check=..., is missing. Copy the whole link and open it again.")]
    Cut,
    /// The checksum does not fit.
    #[error(
        "This link was changed or cut on its way: it should end in check={expected}, not check={found}. \
         Copy the whole link and open it again."
    )]
    Changed {
        /// The checksum of what came.
        expected: String,
        /// The checksum that came.
        found: String,
    },
    /// A needed part is missing.
    #[error("This link does not say {part}. Open the Lab and share the run again.")]
    Missing {
        /// Its name.
        part: &'static str,
    },
    /// A part that this version does not know, or that comes twice.
    #[error("This link says {part:?}, which this page does not understand. It may come from a newer version.")]
    Unknown {
        /// The part, cut after 60 characters.
        part: String,
    },
    /// Not a whole number.
    #[error("In this link {part} must be a whole number, not {found:?}.")]
    NotANumber {
        /// Its name.
        part: &'static str,
        /// What came, cut after 60 characters.
        found: String,
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

impl Link {
    /// The link as the page's address after `#`.
    pub fn to_hash(&self) -> String {
        format!("#/lab?{}", self.to_query())
    }

    /// The link as a query, without the question mark.
    pub fn to_query(&self) -> String {
        let mut pairs = vec![("env".to_owned(), self.spec.environment.id.clone())];
        let set = effective(&self.spec.environment);
        pairs.extend(set.iter().map(|(name, value)| (format!("env.{name}"), text(value))));
        pairs.push(("agent".into(), self.spec.agent.id.clone()));
        let said = agents::recommended::spelled_out(&self.spec.environment.id, &self.spec.agent);
        pairs.extend(said.iter().map(|(name, value)| (format!("agent.{name}"), text(value))));
        pairs.push(("seed".into(), self.spec.seed.to_string()));
        pairs.extend(self.until_episode.map(|episodes| ("episodes".into(), episodes.to_string())));
        pairs.extend(self.run_hash.clone().map(|hash| ("hash".into(), hash)));
        join(&pairs)
    }

    /// Reads a query, with or without its question mark.
    pub fn from_query(query: &str) -> Result<Self, LinkError> {
        let pairs = split(query)?;
        let mut parts = VecMap::new();
        for (name, value) in pairs {
            if parts.insert(name.clone(), value).is_some() {
                return Err(LinkError::Unknown { part: cut(&name) });
            }
        }
        let mut take = |part: &'static str| parts.remove(part).ok_or(LinkError::Missing { part });
        let (environment, agent, seed) = (take("env")?, take("agent")?, take("seed")?);
        let until_episode = take("episodes").ok().map(|text| whole("episodes", &text)).transpose()?;
        let run_hash = take("hash").ok();
        let mut spec = RunSpec::new(&environment, &agent, Seed::new(whole("seed", &seed)?)?);
        for (name, value) in parts {
            let parameters: &mut Parameters = match name.split_once('.') {
                Some(("env", _)) => &mut spec.environment.parameters,
                Some(("agent", _)) => &mut spec.agent.parameters,
                _ => return Err(LinkError::Unknown { part: cut(&name) }),
            };
            parameters.insert(name.split_once('.').map_or("", |it| it.1).to_owned(), parse(&value));
        }
        let (environment, agents) = meant(spec.environment, vec![spec.agent])?;
        let agent = agents.into_iter().next().ok_or(LinkError::Missing { part: "agent" })?;
        Ok(Self { spec: RunSpec { environment, agent, seed: spec.seed }, until_episode, run_hash })
    }
}

/// The environment and the agents that somebody means who sets these values of them. What no environment or agent knows is
/// told when it is built.
pub(crate) fn meant(
    environment: EnvironmentSpec,
    agents: Vec<AgentSpec>,
) -> Result<(EnvironmentSpec, Vec<AgentSpec>), LinkError> {
    let EnvironmentSpec { id, parameters } = environment;
    let refused = |id: &str| {
        let id = id.to_owned();
        move |error| LinkError::Parameter { id, error }
    };
    let parameters = match environments::registry::find(&id) {
        Ok(entry) => entry.settle(&Parameters::new(), &parameters).map_err(refused(&id))?,
        Err(_) => parameters,
    };
    let completed = |agent: AgentSpec| {
        let refused = refused(&agent.id);
        agents::recommended::completed(&id, &Parameters::new(), agent).map_err(refused)
    };
    let agents = agents.into_iter().map(completed).collect::<Result<_, _>>()?;
    Ok((EnvironmentSpec { id, parameters }, agents))
}

/// What is set of an environment, without what has no effect.
pub(crate) fn effective(environment: &EnvironmentSpec) -> Parameters {
    match environments::registry::find(&environment.id) {
        Ok(entry) => parameter::effective(&entry.parameters, &environment.parameters),
        Err(_) => environment.parameters.clone(),
    }
}

/// Names and values as a query with its checksum.
pub(crate) fn join(pairs: &[(String, String)]) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        // Writing to a string cannot fail.
        let _ = write!(query, "{}={}&", urlencoding::encode(name), urlencoding::encode(value));
    }
    query + "check=" + &checksum(pairs)
}

/// Names and values of a query, with or without its question mark, whose checksum fits.
pub(crate) fn split(query: &str) -> Result<Vec<(String, String)>, LinkError> {
    let decode = |text: &str| {
        urlencoding::decode(text).map(std::borrow::Cow::into_owned).map_err(|_| LinkError::Unknown { part: cut(text) })
    };
    let parts = query.strip_prefix('?').unwrap_or(query).split('&').filter(|part| !part.is_empty());
    let pairs = parts.map(|part| part.split_once('=').unwrap_or((part, ""))).map(|(a, b)| Ok((decode(a)?, decode(b)?)));
    let mut pairs = pairs.collect::<Result<Vec<_>, LinkError>>()?;
    let found = match pairs.pop() {
        Some((name, value)) if name == "check" => value,
        _ => return Err(LinkError::Cut),
    };
    let expected = checksum(&pairs);
    if found != expected {
        return Err(LinkError::Changed { expected, found: cut(&found) });
    }
    Ok(pairs)
}

/// 32 bits of FNV-1a over the decoded parts, so that a messenger may escape the link as it likes.
fn checksum(pairs: &[(String, String)]) -> String {
    let bytes = pairs.iter().flat_map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes(), b"&"]).flatten();
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    format!("{hash:08x}")
}

/// A value as readable text from which [`parse`] makes the same value. A text that looks like another kind of value is
/// marked with an apostrophe.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Flag(_) | Value::Integer(_) => value.to_string(),
        Value::Number(number) => format!("{number:?}"),
        Value::Text(text) if matches!(parse(text), Value::Text(same) if same == *text) => text.clone(),
        Value::Text(text) => format!("'{text}"),
    }
}

pub(crate) fn parse(text: &str) -> Value {
    if text.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit()) {
        let number = || text.parse().ok().map(Value::Number);
        if let Some(value) = text.parse().ok().map(Value::Integer).or_else(number) {
            return value;
        }
    }
    match text {
        "true" => Value::Flag(true),
        "false" => Value::Flag(false),
        _ => Value::Text(text.strip_prefix('\'').unwrap_or(text).to_owned()),
    }
}

pub(crate) fn whole(part: &'static str, text: &str) -> Result<u64, LinkError> {
    text.parse().map_err(|_| LinkError::NotANumber { part, found: cut(text) })
}

pub(crate) fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use proptest::prelude::*;

    fn link() -> Link {
        let mut spec = RunSpec::new("gridworld", "q-learning", Seed::new(42).unwrap());
        spec.environment.parameters.insert("slip".into(), Value::Number(0.1));
        spec.environment.parameters.insert("map".into(), Value::Text("SF\n#G".into()));
        spec.agent.parameters.insert("alpha".into(), Value::Number(1.0));
        Link { spec, until_episode: Some(500), run_hash: Some("2f1c".into()) }
    }

    #[test]
    fn a_link_is_readable() {
        expect!["#/lab?env=gridworld&env.map=SF%0A%23G&env.slip=0.1&agent=q-learning&agent.alpha=1.0&seed=42&episodes=500&hash=2f1c&check=dd406b3f"]
        .assert_eq(&link().to_hash());
    }

    #[test]
    fn what_a_link_does_not_say_is_as_recommended() {
        let query = |pairs: &[(&str, &str)]| {
            join(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
        };
        let pairs = [("env", "cliff-walking"), ("agent", "reinforce"), ("seed", "3"), ("agent.gamma", "0.5")];
        let recommended = agents::recommended::agent("cliff-walking", "reinforce");
        assert_eq!(Link::from_query(&query(&pairs[..3])).unwrap().spec.agent, recommended);
        let with_gamma = Link::from_query(&query(&pairs)).unwrap().spec.agent.parameters;
        assert_eq!((&with_gamma["gamma"], &with_gamma["alpha"]), (&Value::Number(0.5), &Value::Number(0.0001)));
        // Its own defaults come back as themselves.
        let spec = RunSpec::new("cliff-walking", "reinforce", Seed::new(3).unwrap());
        let link = Link { spec, until_episode: None, run_hash: None };
        assert_eq!(Link::from_query(&link.to_query()), Ok(link));
    }

    #[test]
    fn what_has_no_effect_is_left_out_of_links_and_refused_in_them() {
        let mut spec = RunSpec::new("frozen-lake", "q-learning", Seed::new(3).unwrap());
        let own = Parameters::from([("own_map".to_owned(), Value::Text("SG".into()))]);
        spec.environment.parameters = own;
        let link = Link { spec: spec.clone(), until_episode: None, run_hash: None };
        spec.environment.parameters.clear();
        assert_eq!(Link::from_query(&link.to_query()).unwrap().spec, spec, "the lake is the built-in one");
        let query = |map: &str| {
            let pairs =
                [("env", "frozen-lake"), ("env.own_map", "SG"), ("env.map", map), ("agent", "sarsa"), ("seed", "1")];
            join(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
        };
        assert!(Link::from_query(&query("own")).is_ok());
        let error = Link::from_query(&query("8x8")).unwrap_err().to_string();
        assert_eq!(error, "In this link, frozen-lake: own_map has no effect with map=8x8; it needs map=own.");
    }

    #[test]
    fn a_link_cut_anywhere_is_refused() {
        let query = link().to_query();
        for end in 0..query.len() {
            let error = Link::from_query(&query[..end]).unwrap_err();
            assert!(matches!(error, LinkError::Cut | LinkError::Changed { .. }), "{end}: {error:?}");
        }
    }

    #[test]
    fn a_changed_link_is_refused() {
        let error = Link::from_query(&link().to_query().replace("seed=42", "seed=43")).unwrap_err();
        assert!(error.to_string().starts_with("This link was changed or cut on its way"), "{error}");
    }

    #[test]
    fn a_messenger_may_escape_what_it_likes() {
        let query = link().to_query().replace('-', "%2D").replace('.', "%2e");
        assert_eq!(Link::from_query(&format!("?{query}")), Ok(link()));
    }

    #[track_caller]
    fn check_error(pairs: &[(&str, &str)], expected: &str) {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let parts: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let query = format!("{}&check={}", parts.join("&"), checksum(&pairs));
        assert_eq!(Link::from_query(&query).unwrap_err().to_string(), expected);
    }

    #[test]
    fn errors_name_the_part() {
        check_error(&[("env", "a")], "This link does not say agent. Open the Lab and share the run again.");
        let whole = [("env", "a"), ("agent", "b"), ("seed", "x")];
        check_error(&whole, r#"In this link seed must be a whole number, not "x"."#);
        check_error(
            &[("env", "a"), ("agent", "b"), ("seed", "9007199254740992")],
            "In this link a seed must be a whole number from 0 to 9007199254740991, not 9007199254740992.",
        );
        check_error(
            &[("env", "a"), ("agent", "b"), ("seed", "1"), ("colour", "red")],
            r#"This link says "colour", which this page does not understand. It may come from a newer version."#,
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
            until_episode in prop::option::of(any::<u64>()),
            run_hash in prop::option::of("[0-9a-f]{1,16}"),
        ) {
            let link = Link {
                spec: RunSpec {
                    environment: EnvironmentSpec { id: ids.0, parameters: parameters[0].clone().into_iter().collect() },
                    agent: AgentSpec { id: ids.1, parameters: parameters[1].clone().into_iter().collect() },
                    seed: Seed::new(seed).unwrap(),
                },
                until_episode,
                run_hash,
            };
            prop_assert_eq!(Link::from_query(&link.to_query()), Ok(link));
        }

        #[test]
        fn no_text_makes_it_panic(query in "(?s).{0,200}") {
            let _ = Link::from_query(&query);
        }
    }
}
