//! What every agent of the registry promises, in every environment that it can be built for.

#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "conformance/batch.rs"]
mod batch;
#[path = "conformance/effects.rs"]
mod effects;
#[path = "common/pairs.rs"]
mod pairs;
#[path = "conformance/wild.rs"]
mod wild;

use agents::agent::{Agent, CurrentState};

use agents::batch::BatchAgent;
use agents::error::Divergence;
use agents::registry::{self, AgentBuildError, AgentVisitor};
use environments::{Environment, Generator};
use shared::checkpoint::AgentState;
use shared::describe::CatalogEntry;
use shared::quantity::Seed;
use shared::spec::{AgentSpec, EnvironmentSpec};
use std::collections::BTreeSet;

/// Steps that each pair makes before it is looked at.
const STEPS: u32 = 300;

/// A loop that can stop and go on at any step.
#[derive(Clone, Debug, Default, PartialEq)]
struct Loop {
    episode: u64,
    running: bool,
    actions: Vec<u16>,
    total: f64,
}

impl Loop {
    fn advance<E: Environment>(
        &mut self,
        environment: &mut E,
        agent: &mut (impl Agent + ?Sized),
        steps: u32,
    ) -> Result<(), Divergence> {
        for _ in 0..steps {
            if !self.running {
                environment.reset(Seed::new(5).unwrap().derive(1, self.episode));
                agent.begin(CurrentState::of(environment));
            }
            let action = agent.act(CurrentState::of(environment));
            assert!(environment.legal_actions().allows(action), "{action} is illegal in {environment:?}");
            let step = environment.step(action).unwrap();
            agent.learn(action, step, CurrentState::of(environment))?;
            self.actions.push(action);
            self.total += step.reward;
            self.running = !step.ended();
            if step.ended() {
                agent.finish(CurrentState::of(environment))?;
                self.episode += 1;
            }
        }
        Ok(())
    }
}

/// An agent that has made some steps.
struct After<'a> {
    steps: u32,
    from: Option<&'a AgentState>,
    so_far: Loop,
}

impl<E: Environment> AgentVisitor<E> for After<'_> {
    type Output = (E, AgentState, Loop);

    fn visit<A: Agent + ?Sized>(mut self, mut environment: E, mut agent: Box<A>) -> Self::Output {
        if let Some(state) = self.from {
            agent.load(state).unwrap();
        }
        self.so_far.advance(&mut environment, &mut *agent, self.steps).unwrap();
        if let Some(table) = agent.table() {
            assert!(table.q.iter().all(|value| value.is_finite()));
            assert_eq!(table.q.len(), table.states * table.actions);
        }
        let greedy = agent.greedy(CurrentState::of(&environment), &mut Generator::new(Seed::default()));
        assert!(environment.ended() || environment.legal_actions().allows(greedy));
        assert!((0.0..=1.0).contains(&agent.discount()));
        let mut names = BTreeSet::new();
        agent.metrics(&mut |metric, value| {
            assert!(
                value.is_finite() && metric.range.is_none_or(|(low, high)| low <= value && value <= high),
                "{metric:?}"
            );
            assert!(!metric.title.is_empty() && !metric.group.is_empty(), "{metric:?}");
            assert!(names.insert(&*metric.name), "two metrics are called {}", metric.name);
        });
        (environment, agent.save(), self.so_far)
    }

    /// [`batch`] looks at these.
    fn visit_batch(self, environment: E, agent: Box<dyn BatchAgent>) -> Self::Output {
        (environment, agent.save(), self.so_far)
    }
}

/// Runs a pair twice, and a third time in two halves; `None` where they do not fit.
struct Promise<'a>(&'a AgentSpec);

impl environments::registry::EnvironmentVisitor for Promise<'_> {
    type Output = Option<()>;

    fn visit<E: Environment>(self, environment: E) -> Option<()> {
        let run = |environment: E, seed: u64, steps: u32, from: Option<&AgentState>, so_far: Loop| {
            registry::build(self.0, environment, Seed::new(seed).unwrap(), After { steps, from, so_far })
        };
        let whole = match run(environment.clone(), 1, 2 * STEPS, None, Loop::default()) {
            Ok((_, state, whole)) => (state, whole),
            Err(AgentBuildError::Unsuitable(why)) => {
                assert!(why.reason.contains("would"), "{why} does not say what would work");
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let (half_way, state, so_far) = run(environment, 1, STEPS, None, Loop::default()).unwrap();
        let (_, state, halves) = run(half_way, 999, STEPS, Some(&state), so_far).unwrap();
        assert_eq!(halves, whole.1);
        assert_eq!(state, whole.0);
        Some(())
    }
}

/// Every pair that fits.
fn pairs() -> impl Iterator<Item = (EnvironmentSpec, AgentSpec)> {
    environments::registry::catalog().into_iter().flat_map(|environment| {
        registry::catalog()
            .into_iter()
            .filter(|it| !batch::acts_in_copies(it))
            .map(move |agent| (pairs::environment(&environment.id, &[]), pairs::agent(&agent.id, &[])))
    })
}

#[test]
fn same_seed_same_run_even_if_saved_in_mid_episode_and_restored() {
    let mut fitting = 0;
    for (environment, agent) in pairs() {
        println!("{} in {}", agent.id, environment.id);
        let built = environments::registry::build(&environment).unwrap();
        fitting += usize::from(built.accept(Promise(&agent)).is_some());
    }
    let alone = registry::catalog().into_iter().filter(|it| !batch::acts_in_copies(it)).count();
    assert!(fitting >= alone, "every agent fits somewhere");
}

#[test]
fn presets_are_as_repeatable_as_defaults() {
    for entry in registry::catalog().into_iter().filter(|it| !batch::acts_in_copies(it)) {
        for preset in entry.presets {
            let agent = AgentSpec { id: entry.id.clone(), parameters: preset.values };
            environments::registry::build(&pairs::environment("gridworld", &[])).unwrap().accept(Promise(&agent));
        }
    }
}

#[test]
fn values_that_would_not_be_finite_are_caught_and_the_last_good_ones_stay() {
    struct Wild;
    impl<E: Environment> AgentVisitor<E> for Wild {
        type Output = Result<(), Divergence>;
        fn visit<A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) -> Self::Output {
            let fault = Loop::default().advance(&mut environment, &mut *agent, 5000);
            for (column, values) in &agent.save().numbers {
                assert!(values.iter().all(|value| value.is_finite()), "{column}");
            }
            let learns = agent.table().is_some_and(|table| table.q.iter().any(|value| *value != 0.0));
            agent.load(&agent.save()).unwrap();
            assert!(fault.is_err() || !learns, "nobody noticed");
            fault
        }
        /// [`batch`] looks at these.
        fn visit_batch(self, _: E, _: Box<dyn BatchAgent>) -> Self::Output {
            Ok(())
        }
    }
    for entry in registry::catalog() {
        let agent = pairs::agent(&entry.id, &[]);
        println!("{}", agent.id);
        match registry::build(&agent, wild::environment(), Seed::default(), Wild) {
            Ok(Err(fault)) => check_words(&entry, &fault.to_string()),
            Ok(Ok(())) => {}
            Err(error) => assert!(matches!(error, AgentBuildError::Unsuitable(_)), "{error}"),
        }
    }
}

/// A fault speaks of what the agent keeps, and advises what the agent has.
fn check_words(entry: &CatalogEntry, words: &str) {
    let has = |name: &str| entry.parameters.iter().any(|spec| spec.name == name);
    let of_features = words.starts_with("the weight of feature ");
    assert_eq!(of_features, has("features") && has("alpha"), "{}: {words}", entry.id);
    assert!(!words.contains("A smaller step size") || has("alpha"), "{}: {words}", entry.id);
    assert!(!words.contains("discount") || has("gamma"), "{}: {words}", entry.id);
    assert!(!words.contains("reward step size") || has("alpha_reward"), "{}: {words}", entry.id);
    assert!(!words.contains("critic") || has("alpha_critic"), "{}: {words}", entry.id);
}

#[test]
fn a_table_of_another_shape_or_with_holes_is_refused_and_nothing_changes() {
    struct Refuse;
    impl pairs::AnyVisitor for Refuse {
        type Output = ();
        fn visit<E: Environment, A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) {
            Loop::default().advance(&mut environment, &mut *agent, 50).unwrap();
            let before = agent.save();
            let other = AgentState { states: before.states + 1, ..before.clone() };
            assert!(before.states == 0 || agent.load(&other).is_err());
            for column in before.numbers.keys() {
                let mut damaged = before.clone();
                damaged.numbers.get_mut(column).unwrap().0.push(f64::NAN);
                let refused = agent.load(&damaged).is_err();
                assert!(refused || column == "td_error", "{column} with a hole was taken");
                agent.load(&before).unwrap();
                assert_eq!(agent.save(), before);
            }
            for column in before.integers.keys() {
                let mut damaged = before.clone();
                damaged.integers.remove(column);
                if agent.load(&damaged).is_err() {
                    assert_eq!(agent.save(), before, "after a refused {column}");
                }
                agent.load(&before).unwrap();
            }
        }
    }
    for entry in registry::catalog() {
        println!("{}", entry.id);
        let _ = pairs::with(&pairs::environment("gridworld", &[]), &pairs::agent(&entry.id, &[]), 1, Refuse);
    }
}

/// Whether a pair can be built.
struct Nothing;

impl pairs::AnyVisitor for Nothing {
    type Output = ();
    fn visit<E: Environment, A: Agent + ?Sized>(self, _: E, _: Box<A>) {}
}

#[test]
fn tables_are_refused_where_states_cannot_be_counted() {
    let refused =
        pairs::with(&pairs::environment("mountain-car", &[]), &pairs::agent("sarsa", &[]), 1, Nothing).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "SARSA keeps a table, and this environment has no countable states. An agent with tile coding would work, such as linear-sarsa"
    );
}

#[test]
fn whoever_plans_without_a_model_is_told_of_a_learner_that_fits() {
    for environment in environments::registry::catalog() {
        let with = |id: &str| {
            pairs::with(&pairs::environment(&environment.id, &[]), &pairs::agent(id, &[]), 1, Nothing)
                .map_err(|error| error.to_string())
        };
        for planner in ["value-iteration", "policy-iteration"] {
            let Err(refused) = with(planner) else { continue };
            let learner = if refused.contains("such as Q-learning") { "q-learning" } else { "linear-sarsa" };
            assert!(learner == "q-learning" || refused.contains("such as linear-sarsa, would work"), "{refused}");
            assert_eq!(with(learner), Ok(()), "{} after {refused}", environment.id);
        }
    }
}

#[test]
fn who_counts_only_what_comes_at_once_is_refused_where_more_comes() {
    for id in ["bandit", "gradient-bandit"] {
        let with = |environment| pairs::with(&pairs::environment(environment, &[]), &pairs::agent(id, &[]), 1, Nothing);
        assert!(with("bandit").is_ok());
        let refused = with("cliff-walking").unwrap_err().to_string();
        assert!(refused.ends_with("such as Q-learning, would work"), "{refused}");
    }
}

#[test]
fn no_agent_allocates_per_step() {
    struct Count;
    impl pairs::AnyVisitor for Count {
        type Output = u64;
        fn visit<E: Environment, A: Agent + ?Sized>(self, mut environment: E, mut agent: Box<A>) -> u64 {
            let mut so_far = Loop { actions: Vec::with_capacity(100_000), ..Loop::default() };
            so_far.advance(&mut environment, &mut *agent, 20_000).unwrap();
            allocation_counter::measure(|| so_far.advance(&mut environment, &mut *agent, 5_000).unwrap()).count_total
        }
    }
    assert_eq!(allocation_counter::measure(|| drop(std::hint::black_box(vec![1]))).count_total, 1, "counted");
    for entry in registry::catalog() {
        let count = |environment| {
            pairs::with(&pairs::environment(environment, &[]), &pairs::agent(&entry.id, &[]), 1, Count).ok()
        };
        // Those that count only what comes at once are for one state alone.
        let count = count("gridworld").or_else(|| count("bandit"));
        // Agents of several copies are counted by [`batch`].
        assert_eq!(count.unwrap_or(0), 0, "{} allocates", entry.id);
    }
}
