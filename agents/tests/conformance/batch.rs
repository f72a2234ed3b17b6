//! What every agent that acts in several copies of an environment promises, in every environment that it can be built
//! for.

use crate::{STEPS, effects, pairs, wild};
use agents::agent::Agent;
use agents::batch::{Batch, BatchActions, BatchActionsMut, BatchAgent, MetricSink, Steps};
use agents::error::Divergence;
use agents::registry::{self, AgentBuildError, AgentVisitor};
use environments::vector::{Advanced, InOneGo, Vector};
use environments::{Environment, Generator};
use shared::Artifact;
use shared::action::{Action, ActionRef, ActionSpace};
use shared::checkpoint::AgentState;
use shared::describe::CatalogEntry;
use shared::metric::MetricDescription;
use shared::network::{NetworkView, Preference};
use shared::parameter::{ParameterError, ParameterKind, ParameterSpec, Parameters, Value};
use shared::quantity::Seed;
use shared::spec::{AgentSpec, EnvironmentSpec};

/// Takes in losses and remembers the names of those that are not finite.
#[derive(Default)]
struct Finite(Vec<&'static str>);

impl MetricSink for Finite {
    fn push(&mut self, metric: &'static MetricDescription, value: f64) {
        let within = metric.range.is_none_or(|(low, high)| (low..=high).contains(&value));
        if !value.is_finite() || !within || metric.title.is_empty() || metric.group.is_empty() {
            self.0.push(&metric.name);
        }
    }
}

/// Copies of an environment that an agent is led through, in rounds.
#[derive(Clone)]
struct Rounds<E> {
    vector: Vector<E>,
    space: ActionSpace,
    before: (Vec<f32>, Vec<bool>),
    after: (Vec<f32>, Vec<bool>),
    rewards: Vec<f64>,
    ends: (Vec<bool>, Vec<bool>),
    discrete: Vec<u16>,
    boxes: Vec<f32>,
    /// The first copy's actions.
    taken: Vec<Action>,
    total: f64,
    recording: bool,
}

impl<E: Environment> Rounds<E> {
    fn new(environment: &E, copies: usize) -> Self {
        let vector = Vector::new(environment, copies, Seed::new(5).unwrap());
        let space = vector.action_space().clone();
        let view =
            || (vec![0.0; copies * vector.observation_length()], vec![false; copies * usize::from(space.count())]);
        let mut rounds = Self {
            before: view(),
            after: view(),
            rewards: vec![0.0; copies],
            ends: (vec![false; copies], vec![false; copies]),
            discrete: vec![0; if space.count() > 0 { copies } else { 0 }],
            boxes: vec![0.0; copies * space.entries()],
            taken: Vec::new(),
            total: 0.0,
            recording: true,
            space,
            vector,
        };
        rounds.vector.observe(&mut rounds.before.0).unwrap();
        rounds.vector.legal_flags(&mut rounds.before.1).unwrap();
        rounds
    }

    fn advance(&mut self, agent: &mut dyn BatchAgent, rounds: u32) -> Result<(), Divergence> {
        for _ in 0..rounds {
            self.vector.begin_ended(&mut self.before.0, &mut self.before.1, &mut |_| {}).unwrap();
            let boxes = self.discrete.is_empty();
            let room = if boxes {
                BatchActionsMut::Box(&mut self.boxes)
            } else {
                BatchActionsMut::Discrete(&mut self.discrete)
            };
            let before = Batch { observations: &self.before.0, legal: &self.before.1 };
            agent.act(before, room);
            let actions = if boxes { BatchActions::Box(&self.boxes) } else { BatchActions::Discrete(&self.discrete) };
            let into = Advanced {
                observations: &mut self.after.0,
                legal: &mut self.after.1,
                rewards: &mut self.rewards,
                terminated: &mut self.ends.0,
                truncated: &mut self.ends.1,
            };
            self.vector.advance(actions, into, &InOneGo).unwrap();
            if self.recording {
                self.taken.push(actions.of_copy(0, self.space.entries()).to_action());
            }
            self.total += self.rewards.iter().sum::<f64>();
            let after = Batch { observations: &self.after.0, legal: &self.after.1 };
            let (terminated, truncated) = (&*self.ends.0, &*self.ends.1);
            let steps = Steps { before, actions, rewards: &self.rewards, terminated, truncated, after };
            let mut finite = Finite::default();
            let learned = agent.learn(steps, &mut finite);
            std::mem::swap(&mut self.before, &mut self.after);
            learned?;
            assert_eq!(finite.0, Vec::<&str>::new(), "losses that are not finite");
        }
        Ok(())
    }
}

/// Hands an agent over that acts in copies; nothing of the others.
struct OfBatch<F>(F);

impl<E: Environment, R, F: FnOnce(E, Box<dyn BatchAgent>) -> R> AgentVisitor<E> for OfBatch<F> {
    type Output = Option<R>;
    fn visit<A: Agent + ?Sized>(self, _: E, _: Box<A>) -> Option<R> {
        None
    }
    fn visit_batch(self, environment: E, agent: Box<dyn BatchAgent>) -> Option<R> {
        Some((self.0)(environment, agent))
    }
}

fn check_promises<E: Environment>(spec: &AgentSpec, environment: &E) -> bool {
    let build = |seed| {
        let seed = Seed::new(seed).unwrap();
        registry::build(spec, environment.clone(), seed, OfBatch(|_, agent| agent)).ok().flatten()
    };
    let Some(mut whole) = build(1) else { return false };
    let mut rounds = Rounds::new(environment, whole.copies());
    let rounds_made = STEPS.div_ceil(whole.copies() as u32);
    rounds.advance(&mut *whole, 2 * rounds_made).unwrap();
    // The same in two halves, the second by another agent that takes over what the first saved.
    let (mut first, mut second) = (build(1).unwrap(), build(999).unwrap());
    let mut halves = Rounds::new(environment, first.copies());
    halves.advance(&mut *first, rounds_made).unwrap();
    // Who is asked for the best actions, in however many rows, goes on as if nobody had asked.
    ask(&mut *first, &halves);
    let saved = first.save();
    second.load(&saved).unwrap();
    assert_eq!(second.save(), saved);
    halves.advance(&mut *second, rounds_made).unwrap();
    assert_eq!(halves.taken, rounds.taken);
    assert_eq!(halves.total.to_bits(), rounds.total.to_bits());
    assert_eq!(second.save(), whole.save());
    assert!((0.0..=1.0).contains(&whole.discount()));
    check_refusals(&mut *second);
    rounds.recording = false;
    let copies = whole.copies() as u32;
    rounds.advance(&mut *whole, 4000 / copies).unwrap();
    let counted = allocation_counter::measure(|| rounds.advance(&mut *whole, 2000 / copies).unwrap());
    // Who learns from whole episodes makes room for one that is longer than all before.
    let most = if spec.id == "neural-reinforce" { u64::from(2000 / copies / 2) } else { 0 };
    assert!(
        counted.count_total <= most,
        "{}: {} allocations in {} rounds",
        spec.id,
        counted.count_total,
        2000 / copies
    );
    true
}

/// Whether an agent acts in several copies of an environment, so that no pair would do.
pub(crate) fn acts_in_copies(entry: &CatalogEntry) -> bool {
    entry.parameters.iter().any(|it| it.name == "copies")
}

/// What is told of a network fits together.
fn check_view(view: &NetworkView, entries: usize, preferences: usize) {
    let decision = &view.decision;
    assert_eq!((decision.observation.len(), decision.saliency.len()), (entries, entries));
    assert_eq!(decision.preferences.len(), preferences);
    assert!(decision.value.is_none_or(f64::is_finite));
    match decision.preference {
        Preference::Probability => {
            let sum: f32 = decision.preferences.iter().sum();
            assert!((sum - 1.0).abs() < 1e-4, "probabilities sum up to {sum}");
        }
        Preference::ActionValue => assert!(decision.preferences.iter().any(|it| it.is_finite())),
        Preference::Mean => assert_eq!(decision.deviations.len(), preferences),
    }
    for layer in &view.layers {
        assert_eq!(layer.weights.len(), usize::from(layer.rows) * usize::from(layer.columns), "{}", layer.name);
        assert_eq!(layer.activations.len(), layer.units as usize, "{}", layer.name);
        assert!(layer.dead_units <= layer.units && layer.activations.iter().all(|it| it.is_finite()), "{}", layer.name);
    }
}

fn ask<E: Environment>(agent: &mut dyn BatchAgent, rounds: &Rounds<E>) {
    let entries = rounds.vector.observation_length();
    let actions = usize::from(rounds.space.count());
    let mut generator = Generator::new(Seed::default());
    let first = Batch { observations: &rounds.before.0[..entries], legal: &rounds.before.1[..actions] };
    if let Some(view) = agent.look(first) {
        check_view(&view, entries, actions.max(rounds.space.entries()));
    }
    for rows in [1, rounds.vector.count()] {
        let observations = &rounds.before.0[..rows * entries];
        let legal = &rounds.before.1[..rows * actions];
        let (mut discrete, mut boxes) = (vec![u16::MAX; rows], vec![f32::NAN; rows * rounds.space.entries()]);
        let room =
            if actions == 0 { BatchActionsMut::Box(&mut boxes) } else { BatchActionsMut::Discrete(&mut discrete) };
        agent.greedy(Batch { observations, legal }, &mut generator, room);
        for (row, action) in discrete.iter().enumerate().filter(|_| actions > 0) {
            let ended = rounds.vector.copies()[row].ended();
            assert!(ended || legal[row * actions + usize::from(*action)], "{action} is illegal");
        }
        for action in boxes.chunks(rounds.space.entries().max(1)) {
            assert_eq!(rounds.space.check(ActionRef::Box(action)), Ok(()));
        }
    }
}

/// What does not fit is refused, and nothing changes.
fn check_refusals(agent: &mut dyn BatchAgent) {
    let before = agent.save();
    let mut check = |name: &str, damaged: AgentState| {
        assert!(agent.load(&damaged).is_err(), "{name} was taken");
        assert_eq!(agent.save(), before, "after a refused {name}");
    };
    for (name, artifact) in &before.artifacts {
        let bytes = artifact.bytes().unwrap();
        for wrong in [bytes[..bytes.len() / 2].to_vec(), vec![]] {
            let mut damaged = before.clone();
            damaged.artifacts.insert(name.clone(), Artifact::new(wrong));
            check(name, damaged);
        }
        let mut damaged = before.clone();
        damaged.artifacts.insert(name.clone(), artifact.reference());
        check(name, damaged);
        let mut damaged = before.clone();
        damaged.artifacts.remove(name);
        check(name, damaged);
    }
}

/// Every environment, and those whose actions are a box if asked so.
fn environments() -> impl Iterator<Item = EnvironmentSpec> {
    environments::registry::catalog().into_iter().flat_map(|entry| {
        let plain = pairs::environment(&entry.id, &[]);
        let boxes = entry.parameters.iter().any(|it| it.name == "controls").then(|| {
            let mut boxes = plain.clone();
            boxes.parameters.insert("controls".into(), Value::Text("continuous".into()));
            boxes
        });
        std::iter::once(plain).chain(boxes)
    })
}

#[test]
fn same_seed_same_run_even_if_saved_and_restored_and_what_does_not_fit_is_refused() {
    struct Check<'a>(&'a AgentSpec);
    impl environments::registry::EnvironmentVisitor for Check<'_> {
        type Output = bool;
        fn visit<E: Environment>(self, environment: E) -> bool {
            check_promises(self.0, &environment)
        }
    }
    let mut fitting = 0;
    for environment in environments() {
        for entry in registry::catalog() {
            let agent = AgentSpec { id: entry.id.clone(), parameters: small(&entry) };
            let checked = environments::registry::build(&environment).unwrap().accept(Check(&agent));
            fitting += u32::from(checked);
        }
    }
    assert!(fitting > 0);
}

#[test]
fn agents_that_slide_over_a_board_keep_the_same_promises() {
    struct Check<'a>(&'a AgentSpec);
    impl environments::registry::EnvironmentVisitor for Check<'_> {
        type Output = bool;
        fn visit<E: Environment>(self, environment: E) -> bool {
            check_promises(self.0, &environment)
        }
    }
    let text = |value: &str| Value::Text(value.into());
    let snake = pairs::environment("snake", &[("view", text("board")), ("size", Value::Integer(5))]);
    let tetris = pairs::environment("tetris", &[("view", text("board"))]);
    let agent = |id: &str, further: &[(&str, Value)]| {
        let layers = [("convolutions", text("4x3x2-4x3x1")), ("hidden", text("8"))];
        pairs::agent(id, &[&layers[..], further].concat())
    };
    let dueling =
        [("dueling", Value::Flag(true)), ("learning_starts", Value::Integer(40)), ("batch", Value::Integer(8))];
    for (environment, agent) in [
        (&snake, agent("ppo", &[("rollout_steps", Value::Integer(16))])),
        (&snake, agent("a2c", &[])),
        (&snake, agent("neural-reinforce", &[])),
        (&tetris, agent("dqn", &dueling)),
    ] {
        assert!(environments::registry::build(environment).unwrap().accept(Check(&agent)), "{agent:?}");
    }
}

/// The parameters of a small network, where there is one.
fn small(entry: &CatalogEntry) -> Parameters {
    let hidden = entry.parameters.iter().find(|it| it.name == "hidden");
    hidden.map(|it| (it.name.clone(), Value::Text("8".into()))).into_iter().collect()
}

/// What an agent did and learned.
#[derive(Clone, PartialEq)]
struct Behaviour {
    taken: Vec<Action>,
    copies: usize,
    network: Option<Artifact>,
    discount: u64,
}

/// An agent for a while in one of the environments; none where it cannot be, or does not stay finite.
fn behaviour(environment: &EnvironmentSpec, entry: &CatalogEntry, parameters: &Parameters) -> Option<Behaviour> {
    struct Watch<'a>(&'a AgentSpec);
    impl environments::registry::EnvironmentVisitor for Watch<'_> {
        type Output = Option<Behaviour>;
        fn visit<E: Environment>(self, environment: E) -> Self::Output {
            let of = |environment: E, mut agent: Box<dyn BatchAgent>| {
                let mut rounds = Rounds::new(&environment, agent.copies());
                rounds.advance(&mut *agent, 280).ok()?;
                let network = agent.save().artifacts.get("network").cloned();
                let discount = agent.discount().to_bits();
                Some(Behaviour { taken: rounds.taken, copies: agent.copies(), network, discount })
            };
            registry::build(self.0, environment, Seed::default(), OfBatch(of)).ok().flatten().flatten()
        }
    }
    let mut all = small(entry);
    all.extend(parameters.iter().map(|(name, value)| (name.clone(), value.clone())));
    let agent = AgentSpec { id: entry.id.clone(), parameters: all };
    environments::registry::build(environment).unwrap().accept(Watch(&agent))
}

fn has_effect(entry: &CatalogEntry, spec: &ParameterSpec, beside: &Parameters) -> bool {
    let racing = [("controls", Value::Text("continuous".into())), ("step_limit", Value::Integer(20))];
    let environments = [pairs::environment("cart-pole", &[]), pairs::environment("racing", &racing)];
    let mut values = match spec.kind {
        ParameterKind::Text { .. } => vec![Value::Text("7-7".into())],
        _ => effects::others(entry, spec),
    };
    // A bound that is off at first has an effect where it is low.
    if let ParameterKind::Number { min, max, default, .. } = spec.kind
        && min == default
    {
        values.insert(0, Value::Number(min + (max - min) * 1e-5));
    }
    environments.iter().any(|environment| {
        let without = behaviour(environment, entry, beside);
        values.iter().any(|value| {
            let mut with = beside.clone();
            with.insert(spec.name.clone(), value.clone());
            behaviour(environment, entry, &with) != without
        })
    })
}

#[test]
fn every_parameter_has_an_effect_and_none_where_it_says_so() {
    let mut findings = Vec::new();
    for entry in registry::catalog().into_iter().filter(acts_in_copies) {
        for spec in &entry.parameters {
            let beside = effects::needed(&entry, spec);
            if !has_effect(&entry, spec, &beside) {
                findings.push(format!("{}: {} has no effect beside {beside:?}", entry.id, spec.name));
            }
            for condition in spec.needs.iter().filter_map(|need| need.any.first()) {
                for value in effects::switch(&entry, &condition.parameter) {
                    let mut values = beside.clone();
                    values.insert(condition.parameter.clone(), value);
                    let unmet = spec.unmet(&entry.parameters, &values).is_some();
                    if unmet && has_effect(&entry, spec, &values) {
                        findings.push(format!("{}: {} has an effect beside {values:?}", entry.id, spec.name));
                    }
                }
            }
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// What a range allows can be taken, and what presets say, and a round be made with it.
#[test]
fn presets_and_the_ends_of_every_range_can_be_taken() {
    struct Round<'a>(&'a AgentSpec);
    impl environments::registry::EnvironmentVisitor for Round<'_> {
        type Output = Result<(), AgentBuildError>;
        fn visit<E: Environment>(self, environment: E) -> Self::Output {
            let advance = |environment: E, mut agent: Box<dyn BatchAgent>| {
                // Values may diverge, but nothing panics.
                let _ = Rounds::new(&environment, agent.copies()).advance(&mut *agent, 1);
            };
            registry::build(self.0, environment, Seed::default(), OfBatch(advance)).map(|_| ())
        }
    }
    for entry in registry::catalog().into_iter().filter(acts_in_copies) {
        let mut trials: Vec<Parameters> = entry.presets.iter().map(|preset| preset.values.clone()).collect();
        // Environments are few or many alike, and the most copies take long.
        for spec in entry.parameters.iter().filter(|it| it.name != "copies") {
            let ends = match &spec.kind {
                ParameterKind::Number { min, max, .. } => [*min, *max].map(Value::Number),
                ParameterKind::Integer { min, max, .. } => [*min, *max].map(Value::Integer),
                _ => continue,
            };
            for end in ends {
                let mut parameters = small(&entry);
                parameters.extend(effects::needed(&entry, spec));
                parameters.insert(spec.name.clone(), end);
                trials.push(parameters);
            }
        }
        for parameters in trials {
            let agent = AgentSpec { id: entry.id.clone(), parameters };
            let taken = |environment: &EnvironmentSpec| {
                environments::registry::build(environment).unwrap().accept(Round(&agent))
            };
            match taken(&pairs::environment("gridworld", &[])) {
                // What is of boxes has no effect where actions are discrete.
                Err(AgentBuildError::Parameter { error: ParameterError::WithoutEffect { .. }, .. }) => {
                    let boxes = [("controls", Value::Text("continuous".into())), ("step_limit", Value::Integer(20))];
                    assert_eq!(taken(&pairs::environment("racing", &boxes)), Ok(()), "{agent:?}");
                }
                // What slides over boards needs one.
                Err(AgentBuildError::Parameter { error: ParameterError::Invalid { parameter, .. }, .. })
                    if parameter == "convolutions" =>
                {
                    let board = [("view", Value::Text("board".into()))];
                    assert_eq!(taken(&pairs::environment("snake", &board)), Ok(()), "{agent:?}");
                }
                outcome => assert_eq!(outcome, Ok(()), "{agent:?}"),
            }
        }
    }
}

#[test]
fn rewards_beyond_all_bounds_are_caught_or_learned_from_and_nothing_saved_is_infinite() {
    struct Wild;
    impl<E: Environment> AgentVisitor<E> for Wild {
        type Output = ();
        fn visit<A: Agent + ?Sized>(self, _: E, _: Box<A>) {}
        fn visit_batch(self, environment: E, mut agent: Box<dyn BatchAgent>) {
            let mut rounds = Rounds::new(&environment, agent.copies());
            rounds.recording = false;
            let fault = rounds.advance(&mut *agent, 600);
            if let Err(fault) = fault {
                assert!(fault.to_string().contains("the last good values stay. "), "{fault}");
            }
            let saved = agent.save();
            agent.load(&saved).unwrap();
            assert_eq!(agent.save(), saved);
        }
    }
    for entry in registry::catalog().into_iter().filter(acts_in_copies) {
        let agent = pairs::agent(&entry.id, &[]);
        registry::build(&agent, wild::environment(), Seed::default(), Wild).unwrap();
    }
}
