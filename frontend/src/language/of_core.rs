//! Everything that environments, agents and metrics say of themselves and a page shows, found where they are: in the registries,
//! in what is built of every entry, in the pictures that it draws.
//!
//! What is put together of words and values while it runs stays English, and is not here: subtitles and sentences with numbers
//! in them, refusals, notices, the sentence about a picture. Of a name with a number behind it, such as "arm 3", the words
//! are. The names that somebody gave to states and actions of their own model are theirs.

use environments::Environment as _;
use environments::registry::BuiltEnvironment;
use proc_macro2::{TokenStream, TokenTree};
use run::Run;
use shared::describe::{CatalogEntry, EnvironmentDescription};
use shared::event::LogEvent;
use shared::metric::MetricDescription;
use shared::parameter::{ParameterKind, Parameters, Value};
use shared::scene::Shape;
use shared::spec::{AgentSpec, EnvironmentSpec, RunSpec};
use shared::{ActionSpace, Seed};
use std::collections::BTreeSet;

/// Whose states and actions have the names that somebody gave them.
const OF_ONES_OWN: &str = "mdp";

/// Environments of which every agent can learn in one.
const GROUNDS: [&str; 5] = ["random-walk", "gridworld", "bandit", "cart-pole", "racing"];

/// Steps of an environment that are looked at.
const STEPS: u16 = 400;

/// All of these texts. `machine` is the source of the trainer that tells of its machine, which this crate does not know.
pub(super) fn texts(machine: TokenStream) -> BTreeSet<String> {
    let mut found = Found::default();
    for entry in environments::registry::catalog() {
        found.entry(&entry);
        for parameters in variants(&entry) {
            let spec = EnvironmentSpec { id: entry.id.clone(), parameters };
            if let Ok(built) = environments::registry::build(&spec) {
                found.environment(built);
            }
        }
    }
    for entry in agents::registry::catalog() {
        found.entry(&agents::further_presets::with(entry.clone()));
        let mut learned = 0;
        for parameters in variants(&entry) {
            let agent = AgentSpec { id: entry.id.clone(), parameters };
            let spec =
                |ground: &&str| RunSpec { agent: agent.clone(), ..RunSpec::new(ground, &entry.id, Seed::default()) };
            if let Some(mut run) = GROUNDS.iter().find_map(|ground| Run::new(spec(ground)).ok()) {
                found.run(&mut run);
                learned += 1;
            }
        }
        assert!(learned > 0, "{} learned nowhere", entry.id);
    }
    found.entry(&policies::entry());
    let metrics = found.texts.len();
    found.metrics_in(machine);
    assert!(found.texts.len() > metrics + 5, "the trainer describes no metrics");
    found.texts
}

/// The defaults, every preset, and every choice and switch by itself.
fn variants(entry: &CatalogEntry) -> Vec<Parameters> {
    let presets = entry.presets.iter().map(|it| it.values.clone());
    let choices = entry.parameters.iter().flat_map(|spec| {
        let values: Vec<Value> = match &spec.kind {
            ParameterKind::Choice { options, .. } => options.iter().map(|it| Value::Text(it.value.clone())).collect(),
            ParameterKind::Flag { default } => vec![Value::Flag(!default)],
            ParameterKind::Number { .. } | ParameterKind::Integer { .. } | ParameterKind::Text { .. } => vec![],
        };
        values.into_iter().map(|value| Parameters::from([(spec.name.clone(), value)]))
    });
    std::iter::once(Parameters::new()).chain(presets).chain(choices).collect()
}

#[derive(Default)]
struct Found {
    texts: BTreeSet<String>,
}

impl Found {
    fn text(&mut self, text: &str) {
        if text.chars().any(char::is_alphabetic) {
            self.texts.insert(text.to_owned());
        }
    }

    /// A text that may be put together with numbers.
    fn name(&mut self, name: &str) {
        let is_plain = |text: &str| !text.contains(|it: char| it.is_ascii_digit());
        match name.rsplit_once(' ') {
            _ if is_plain(name) => self.text(name),
            Some((words, number)) if is_plain(words) && number.starts_with(|it: char| it.is_ascii_digit()) => {
                self.text(words);
            }
            _ => {}
        }
    }

    fn entry(&mut self, entry: &CatalogEntry) {
        self.text(&entry.title);
        self.text(&entry.summary);
        for spec in &entry.parameters {
            self.text(&spec.label);
            self.text(&spec.help);
            for letter in &spec.legend {
                self.name(&letter.name);
            }
            if let ParameterKind::Choice { options, .. } = &spec.kind {
                for option in options {
                    self.text(&option.label);
                }
            }
        }
        for preset in &entry.presets {
            self.text(&preset.label);
        }
    }

    fn environment(&mut self, mut built: BuiltEnvironment) {
        let description = built.describe();
        self.text(&description.title);
        self.name(&description.subtitle);
        for outcome in &description.outcomes {
            self.name(outcome);
        }
        for counter in &description.counters {
            self.name(counter);
        }
        if description.id == OF_ONES_OWN {
            return;
        }
        let actions = description.actions.iter().map(|it| &it.name);
        let controls = description.controls.iter().map(|it| &it.name);
        let observation = description.observation.iter().map(|it| &it.name);
        for name in actions.chain(controls).chain(observation).chain(&description.state_names) {
            self.name(name);
        }
        self.pictures(&mut built, &description);
    }

    /// What stands in pictures, as some steps show it. Single letters are signs: stands, ranks of cards.
    fn pictures(&mut self, built: &mut BuiltEnvironment, description: &EnvironmentDescription) {
        let mut seed = 1;
        built.reset(Seed::new(seed).unwrap());
        for step in 0..STEPS {
            for shape in built.draw().shapes {
                match shape {
                    Shape::Text { text, .. } if text.chars().count() > 1 => self.name(&text),
                    Shape::Meter { label, .. } => self.name(&label),
                    _ => {}
                }
            }
            if built.ended() {
                seed += 1;
                built.reset(Seed::new(seed).unwrap());
                continue;
            }
            match description.action_space() {
                ActionSpace::Discrete(count) => {
                    let legal = (0..count).map(|place| (place + step / 3 * 7) % count).find(|it| built.is_legal(*it));
                    built.step(legal.unwrap()).unwrap();
                }
                ActionSpace::Box(entries) => {
                    let action: Vec<f32> = entries.iter().map(|it| it.high).collect();
                    built.step_box(&action).unwrap();
                }
            }
        }
    }

    fn run(&mut self, run: &mut Run) {
        for event in run.drain_log() {
            if let LogEvent::RunStarted { metrics, .. } = event {
                for metric in &metrics {
                    self.metric(metric);
                }
            }
        }
        for overlay in run.values().into_iter().flat_map(|it| it.overlays.into_keys()) {
            self.text(&overlay.replace('_', " "));
        }
    }

    fn metric(&mut self, metric: &MetricDescription) {
        self.text(&metric.title);
        self.text(&metric.unit);
        self.text(&metric.group);
    }

    /// Metrics that are described in a source, each by four texts.
    fn metrics_in(&mut self, source: TokenStream) {
        let tokens: Vec<_> = source.into_iter().collect();
        for (place, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else { continue };
            let described: Vec<_> = group
                .stream()
                .into_iter()
                .filter_map(|it| syn::parse_str::<syn::LitStr>(&it.to_string()).ok())
                .collect();
            if let [_, title, unit, heading] = described.as_slice()
                && place.checked_sub(1).is_some_and(|it| tokens[it].to_string() == "new")
            {
                for text in [title, unit, heading] {
                    self.text(&text.value());
                }
            }
            self.metrics_in(group.stream());
        }
    }
}
