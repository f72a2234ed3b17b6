//! What somebody fills in to start a run, and the order to a host that it makes.

use crate::components::settings::value_of;
use crate::language::Text;
use crate::text;
use crate::text::hosts as words;
use agents::registry::Suited;
use environments::registry;
use shared::command::Launch;
use shared::describe::CatalogEntry;
use shared::host::HostView;
use shared::parameter::Parameters;
use shared::spec::EnvironmentSpec;
use shared::{RunId, RunSpec, Seed};
use std::collections::BTreeMap;

/// Where a refusal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The kept run to go on from.
    Place,
    /// The run's name.
    Name,
    /// After how much it ends.
    Amount,
    /// The environment as it is set.
    Environment,
    /// The agent as it is set.
    Agent,
}

/// Why fields are refused.
pub type Faults = BTreeMap<Field, String>;

/// When a run ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// A new run when it is stopped, a kept one where it was to end.
    Open,
    /// After so many steps.
    #[default]
    Steps,
    /// After so many episodes.
    Episodes,
}

/// All ends with their names in the form.
pub const ENDS: [(End, &str); 3] = [(End::Open, "open"), (End::Steps, "steps"), (End::Episodes, "episodes")];

/// A run that is to be started, as far as it is filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The host that was picked.
    pub host: Option<RunId>,
    /// Whether it goes on from a kept run instead of beginning anew.
    pub is_kept: bool,
    /// The folder of that run.
    pub place: String,
    /// The weights of that run to go on from.
    pub from: String,
    /// Other values of that run's agent.
    pub set: Parameters,
    /// What a new run is.
    pub spec: RunSpec,
    /// The name it is to have.
    pub name: String,
    /// When it ends.
    pub end: End,
    /// After how much.
    pub amount: String,
    /// What it computes on.
    pub device: String,
}

impl Default for Draft {
    fn default() -> Self {
        let environment = EnvironmentSpec { id: "cart-pole".into(), parameters: BTreeMap::new() };
        let agent = agents::recommended::agent(&environment.id, "ppo");
        Self {
            host: None,
            is_kept: false,
            place: String::new(),
            from: LATEST.into(),
            set: Parameters::new(),
            spec: RunSpec { environment, agent, seed: Seed::default(), changes: Vec::new() },
            name: String::new(),
            end: End::Steps,
            amount: "200000".into(),
            device: AUTO.into(),
        }
    }
}

/// The weights that a kept run goes on from, as the same run.
pub const LATEST: &str = "latest";

/// All weights that a kept run may have, with what people read.
pub const WEIGHTS: [(&str, Text); 3] = [(LATEST, words::LATEST), ("best", words::BEST), ("final", words::FINAL)];

/// The device that a host chooses by itself.
pub const AUTO: &str = "auto";

impl Draft {
    /// The same for a run that a host keeps: further than its own end, under its own name.
    #[must_use]
    pub fn going_on(&self, host: &RunId, place: &str) -> Self {
        Self {
            host: Some(host.clone()),
            is_kept: true,
            name: String::new(),
            end: End::Open,
            ..self.of_place(place.to_owned())
        }
    }

    /// The same for the kept run in this folder, as it is.
    #[must_use]
    pub fn of_place(&self, place: String) -> Self {
        Self { place, from: LATEST.into(), set: Parameters::new(), ..self.clone() }
    }

    /// Whether it makes a child of the kept run.
    pub fn is_child(&self) -> bool {
        self.is_kept && (self.from != LATEST || !self.set.is_empty())
    }

    /// The order that it makes; `of_spec` are the [`spec_faults`] of its spec, which count for a new run.
    ///
    /// # Errors
    /// Every field that is not right, with what would be.
    pub fn order(&self, of_spec: &Faults) -> Result<Launch, Faults> {
        let mut faults = if self.is_kept { Faults::new() } else { of_spec.clone() };
        let mut launch = Launch::default();
        if self.is_kept {
            match place(&self.place) {
                Some(place) => launch.resume = Some(place),
                None => drop(faults.insert(Field::Place, words::NOT_A_PLACE.into())),
            }
            launch.from = (self.from != LATEST).then(|| self.from.clone());
            launch.set.clone_from(&self.set);
        } else {
            launch.spec = Some(Box::new(self.spec.clone()));
        }
        match self.name.trim() {
            "" => {}
            name => match RunId::new(name) {
                Ok(name) => launch.run = Some(name),
                Err(error) => drop(faults.insert(Field::Name, text::not_taken(&error))),
            },
        }
        if self.end != End::Open {
            match amount(&self.amount) {
                Some(amount) if self.end == End::Steps => launch.steps = Some(amount),
                Some(amount) => launch.episodes = Some(amount),
                None => drop(faults.insert(Field::Amount, words::NOT_A_NUMBER.into())),
            }
        }
        launch.device = (self.device != AUTO).then(|| self.device.clone());
        if faults.is_empty() { Ok(launch) } else { Err(faults) }
    }
}

/// Why a host would not run a spec, as far as this page can tell.
pub fn spec_faults(spec: &RunSpec, host: &HostView) -> Faults {
    let mut faults = Faults::new();
    let RunSpec { environment, agent, .. } = spec;
    if !host.environments.contains(&environment.id) {
        faults.insert(Field::Environment, words::not_known_there(&environment.id, &host.program));
    }
    if !host.agents.contains(&agent.id) {
        faults.insert(Field::Agent, words::not_known_there(&agent.id, &host.program));
    }
    match registry::build(environment) {
        Err(error) => drop(faults.insert(Field::Environment, text::not_taken(&error))),
        Ok(built) => {
            let refusal = built.accept(Suited(vec![agent])).into_iter().find_map(Result::err);
            faults.extend(refusal.map(|error| (Field::Agent, text::not_taken(&error))));
        }
    }
    faults
}

/// The values of an agent that differ from those that it had.
pub fn changed(entry: &CatalogEntry, before: &Parameters, after: &Parameters) -> Parameters {
    let specs = entry.parameters.iter().filter(|spec| spec.unmet(&entry.parameters, after).is_none());
    let values = specs.map(|spec| (spec, value_of(spec, before), value_of(spec, after)));
    values.filter(|(_, before, after)| before != after).map(|(spec, _, after)| (spec.name.clone(), after)).collect()
}

/// A whole number above 0, with or without spaces between its thousands.
fn amount(typed: &str) -> Option<u64> {
    let digits: String = typed.chars().filter(|it| !it.is_whitespace() && !"_'’".contains(*it)).collect();
    digits.parse().ok().filter(|amount| (1..1 << 53).contains(amount))
}

/// The folder of a run: environment and run.
fn place(typed: &str) -> Option<String> {
    let (environment, run) = typed.trim().trim_end_matches('/').split_once('/')?;
    [environment, run].into_iter().all(|part| RunId::new(part).is_ok()).then(|| format!("{environment}/{run}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Value;

    fn host() -> HostView {
        let ids = |entries: Vec<shared::describe::CatalogEntry>| entries.into_iter().map(|it| it.id).collect();
        HostView {
            program: "terrarium 0.1.0".into(),
            environments: ids(registry::catalog()),
            agents: ids(agents::registry::catalog()),
            ..HostView::default()
        }
    }

    fn order(draft: &Draft, host: &HostView) -> Result<Launch, Faults> {
        draft.order(&spec_faults(&draft.spec, host))
    }

    #[test]
    fn what_stands_there_at_first_can_be_started() {
        let launch = order(&Draft::default(), &host()).unwrap();
        assert_eq!((launch.steps, launch.episodes, launch.device, launch.run), (Some(200_000), None, None, None));
        assert_eq!(launch.spec.unwrap().agent, agents::recommended::agent("cart-pole", "ppo"));
    }

    #[test]
    fn a_kept_run_goes_on_to_its_own_end_or_to_another() {
        let host_id = RunId::new("box").unwrap();
        let going_on = Draft { name: "x".into(), ..Draft::default() }.going_on(&host_id, "cart-pole/one");
        let launch = order(&going_on, &host()).unwrap();
        assert_eq!((launch.resume.as_deref(), launch.spec, launch.steps), (Some("cart-pole/one"), None, None));
        let further = Draft { end: End::Episodes, amount: "1 000".into(), device: "cuda:0".into(), ..going_on };
        let launch = order(&further, &host()).unwrap();
        assert_eq!((launch.episodes, launch.device.as_deref(), launch.run), (Some(1000), Some("cuda:0"), None));
    }

    #[test]
    fn other_values_and_other_weights_make_a_child() {
        let entry = agents::registry::find("q-learning").unwrap();
        let before = agents::recommended::agent("gridworld", "q-learning").parameters;
        let mut after = before.clone();
        after.insert("epsilon".into(), Value::Number(0.013));
        let set = changed(&entry, &before, &after);
        assert_eq!(set, Parameters::from([("epsilon".to_owned(), Value::Number(0.013))]));
        assert!(changed(&entry, &before, &before).is_empty());
        let kept = Draft::default().going_on(&RunId::new("box").unwrap(), "gridworld/one");
        assert!(!kept.is_child());
        let child = Draft { from: "best".into(), set: set.clone(), ..kept };
        let launch = order(&child, &host()).unwrap();
        assert_eq!((launch.from.as_deref(), launch.set), (Some("best"), set));
        assert!(child.is_child() && !child.of_place("gridworld/two".into()).is_child());
    }

    #[test]
    fn every_field_that_is_not_right_is_named_at_once() {
        let mut draft = Draft { name: "two words".into(), amount: "0".into(), ..Draft::default() };
        draft.spec.environment.id = "gridworld".into();
        draft.spec.environment.parameters.insert("map".into(), Value::Text("nonsense".into()));
        let faults = order(&draft, &host()).unwrap_err();
        assert_eq!(faults.keys().copied().collect::<Vec<_>>(), [Field::Name, Field::Amount, Field::Environment]);
        assert!(faults[&Field::Name].contains("two words"), "{faults:?}");
        let kept = Draft { is_kept: true, place: "../etc".into(), ..Draft::default() };
        assert_eq!(order(&kept, &host()).unwrap_err().into_keys().collect::<Vec<_>>(), [Field::Place]);
    }

    #[test]
    fn an_agent_that_cannot_learn_there_or_that_the_host_does_not_know_is_refused() {
        let mut draft = Draft::default();
        draft.spec.agent.parameters.insert("hidden".into(), Value::Text("64-x".into()));
        let faults = order(&draft, &host()).unwrap_err();
        assert!(faults[&Field::Agent].contains("hidden"), "{faults:?}");
        let older = HostView { agents: vec!["random".into()], ..host() };
        let faults = order(&Draft::default(), &older).unwrap_err();
        assert!(faults[&Field::Agent].contains("ppo"), "{faults:?}");
    }

    #[test]
    fn numbers_may_have_spaces_and_nothing_else() {
        let accepted = ["7", " 200 000 ", "1_000", "9007199254740991"].map(amount);
        assert_eq!(accepted, [Some(7), Some(200_000), Some(1000), Some((1 << 53) - 1)]);
        assert_eq!(["", "0", "-1", "1.5", "9007199254740992", "many"].map(amount), [None; 6]);
    }
}
