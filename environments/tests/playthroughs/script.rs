//! Writes playthroughs: every environment and variant, two short episodes of random legal actions as readable text.
//! Used by the native test and by the one in the browser, so that both compare with the same files.

use environments::registry::{self, EnvironmentVisitor};
use environments::{Environment, Generator};
use shared::describe::CatalogEntry;
use shared::parameter::Parameters;
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;
use std::fmt::Write as _;

const EPISODES: u64 = 2;
const STEPS: u64 = 20;

/// Name and text of the playthrough of every environment with its defaults and with each of its presets.
pub(crate) fn playthroughs() -> Vec<(String, String)> {
    registry::catalog().into_iter().flat_map(variants).map(|(name, spec)| (name.clone(), play(&name, &spec))).collect()
}

fn variants(entry: CatalogEntry) -> Vec<(String, EnvironmentSpec)> {
    let spec = |parameters| EnvironmentSpec { id: entry.id.clone(), parameters };
    let mut variants = vec![(entry.id.clone(), spec(Parameters::new()))];
    for preset in entry.presets {
        variants.push((format!("{}.{}", entry.id, preset.name), spec(preset.values)));
    }
    variants
}

fn play(name: &str, spec: &EnvironmentSpec) -> String {
    let environment = registry::build(spec).expect("presets can be built");
    format!("{name}\n{}", environment.accept(Writer))
}

struct Writer;

impl EnvironmentVisitor for Writer {
    type Output = String;

    fn visit<E: Environment>(self, mut environment: E) -> String {
        let mut text = String::new();
        for episode in 1..=EPISODES {
            let seed = Seed::new(episode).expect("small");
            write(&mut text, format_args!("\nepisode of seed {episode}\n"));
            write_episode(&mut text, &mut environment, seed);
        }
        text
    }
}

fn write_episode<E: Environment>(text: &mut String, environment: &mut E, seed: Seed) {
    let description = environment.describe();
    let mut player = Generator::new(seed.derive(1, 0));
    environment.reset(seed);
    write_state(text, environment);
    for _ in 0..STEPS {
        let legal = environment.legal_actions();
        let action = legal.nth(player.below(legal.count()));
        let step = environment.step(action).expect("a legal action");
        let name = &description.actions[usize::from(action)].name;
        write(text, format_args!("> {action} {name}: reward {}\n", step.reward));
        write_state(text, environment);
        if step.ended() {
            let flag = if step.terminated { "terminated" } else { "truncated" };
            write(text, format_args!("{flag}: {}\n", description.outcomes[usize::from(environment.outcome())]));
            return;
        }
    }
    write(text, format_args!("and so on\n"));
}

fn write_state<E: Environment>(text: &mut String, environment: &E) {
    if environment.state_count() > 1 {
        write(text, format_args!("state {}\n", environment.state()));
    }
    for line in environment.text().lines() {
        write(text, format_args!("    {}\n", line.trim_end()));
    }
}

fn write(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).expect("a string takes everything");
}
