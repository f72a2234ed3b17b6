//! What every environment of the registry keeps to, with its defaults and with each of its presets.

mod allocation;
mod descriptions;
mod effects;
mod episodes;
mod models;
mod parameters;

use environments::registry::{self, EnvironmentVisitor};
use environments::{Environment, Generator, Step};
use shared::action::{Action, ActionEntry};
use shared::parameter::{Parameters, Value};
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;

/// Runs a check on every environment and variant; it gets the variant's name for its messages.
fn for_every_environment<V: EnvironmentVisitor<Output = ()>>(mut check: impl FnMut(String, EnvironmentSpec) -> V) {
    for entry in registry::catalog() {
        let defaults = ("defaults".to_owned(), Parameters::new());
        let presets = entry.presets.into_iter().map(|preset| (preset.name, preset.values));
        let boxes = entry.parameters.iter().any(|it| it.name == "controls").then(|| {
            ("continuous".to_owned(), Parameters::from([("controls".into(), Value::Text("continuous".into()))]))
        });
        for (variant, parameters) in std::iter::once(defaults).chain(presets).chain(boxes) {
            let name = format!("{} ({variant})", entry.id);
            let spec = EnvironmentSpec { id: entry.id.clone(), parameters };
            match registry::build(&spec) {
                Ok(environment) => environment.accept(check(name, spec)),
                Err(error) => panic!("{name}: {error}"),
            }
        }
    }
}

fn seed(number: u64) -> Seed {
    Seed::new(number).expect("small")
}

/// A random legal action.
fn choose<E: Environment>(environment: &E, player: &mut Generator) -> u16 {
    let legal = environment.legal_actions();
    legal.nth(player.below(legal.count()))
}

/// A random legal action of either kind.
fn choose_any<E: Environment>(environment: &E, player: &mut Generator) -> Action {
    if environment.action_count() > 0 {
        return Action::Discrete(choose(environment, player));
    }
    let within = |it: &ActionEntry| (it.low + (it.high - it.low) * player.unit() as f32).clamp(it.low, it.high);
    Action::Box(environment.describe().controls.iter().map(within).collect())
}

/// Takes up to `steps` random legal actions and hands each over with what it brought.
fn wander<E: Environment>(
    environment: &mut E,
    player: &mut Generator,
    steps: usize,
    mut seen: impl FnMut(&mut E, &Action, Step),
) {
    for _ in 0..steps {
        if environment.ended() {
            return;
        }
        let action = choose_any(environment, player);
        let step = environment.step_any(action.as_ref()).expect("a legal action in a running episode");
        seen(environment, &action, step);
    }
}

/// Everything that can be seen of an environment.
#[derive(Debug, PartialEq)]
struct Look {
    state: usize,
    legal: u64,
    ended: bool,
    outcome: u8,
    counters: Vec<u64>,
    observation: Vec<u32>,
    text: String,
}

impl Look {
    fn at<E: Environment>(environment: &E) -> Self {
        let description = environment.describe();
        let mut counters = vec![0.0; description.counters.len()];
        let mut observation = vec![0.0; description.observation.len()];
        environment.counters(&mut counters);
        environment.observe(&mut observation);
        Self {
            state: environment.state(),
            legal: environment.legal_actions().0,
            ended: environment.ended(),
            outcome: if environment.ended() { environment.outcome() } else { 0 },
            counters: counters.into_iter().map(f64::to_bits).collect(),
            observation: observation.into_iter().map(f32::to_bits).collect(),
            text: environment.text(),
        }
    }
}
