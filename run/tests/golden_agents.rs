//! A page for every agent: docs/agents, made from what the registry says of it and from runs.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use expect_test::expect_file;
use run::Run;
use shared::command::Command;
use shared::describe::CatalogEntry;
use shared::event::LogEvent;
use shared::parameter::{LayerList, ParameterKind, ParameterSpec, Parameters, Preset, Value};
use shared::quantity::Seed;
use shared::spec::{EnvironmentSpec, RunSpec};
use std::fmt::Write as _;
use std::thread;

/// Points of a curve: each is the mean return of so many episodes of every seed.
const POINTS: usize = 40;
/// Where an agent has one episode only, a point is of so many steps more than the one before.
const STEPS_A_POINT: i64 = 25;

const HEAD: &str = "\
# Agents

Made by `run/tests/golden_agents.rs` (`cargo xtask goldens` writes it anew) from what the registry says of every agent, with
curves that are runs of the program: the same spec gives the same numbers everywhere. [MATRIX](MATRIX.md) tells which of them
learns in which environment, [FIGURES](FIGURES.md) what of the literature they reproduce, [NEURAL](NEURAL.md) what those with
networks come to.

";

/// What a curve is of.
#[derive(Clone, Copy)]
struct Curve<'a> {
    environment: &'static str,
    set: &'a [(&'static str, i64)],
    episodes: usize,
    seeds: u64,
}

/// Where an agent is shown: an environment that its rule is made for.
fn curve(agent: &str) -> Curve<'static> {
    let of = |environment, set, episodes, seeds| Curve { environment, set, episodes, seeds };
    match agent {
        "bandit" | "gradient-bandit" => of("bandit", &[], 1, 200),
        "linear-sarsa" | "linear-sarsa-lambda" | "linear-q-learning" => of("mountain-car", &[], 200, 5),
        "cross-entropy" => of("cart-pole", &[], 400, 5),
        "dqn" | "ppo" | "a2c" | "neural-reinforce" => of("cart-pole", &[], 200, 3),
        _ => of("gridworld", &[], 400, 20),
    }
}

impl Curve<'_> {
    fn spec(&self, agent: &str, seed: u64) -> RunSpec {
        let parameters = self.set.iter().map(|(name, value)| ((*name).to_owned(), Value::Integer(*value))).collect();
        let environment = EnvironmentSpec { id: self.environment.into(), parameters };
        let agent = agents::recommended::agent(self.environment, agent);
        RunSpec { environment, agent, seed: Seed::new(seed).unwrap(), changes: Vec::new() }
    }

    /// The returns of the first episodes of a run.
    fn returns(&self, agent: &str, seed: u64) -> Vec<f64> {
        let mut run = Run::new(self.spec(agent, seed)).unwrap();
        run.command(Command::Resume { until_episode: Some(self.episodes as u64) });
        let mut returns = Vec::new();
        while run.advance(10_000) > 0 {
            for event in run.drain_log() {
                if let LogEvent::Episodes(bin) = event {
                    match &bin.each {
                        Some(each) => returns.extend(each.iter().map(|(episodic_return, ..)| episodic_return)),
                        None => returns.push(bin.episodic_return.sum),
                    }
                }
            }
        }
        assert_eq!(returns.len(), self.episodes, "{agent}");
        returns
    }

    /// Where an episode is all there is to learn, the mean reward of a step in episodes of this many steps and more.
    fn means_of_one_episode(&self, agent: &str) -> Vec<f64> {
        let mean = |steps: i64| {
            let set = [("step_limit", steps)];
            let one = |seed| Curve { set: &set, ..*self }.returns(agent, seed)[0];
            (1..=self.seeds).map(one).sum::<f64>() / (self.seeds as f64 * steps as f64)
        };
        (1..=POINTS as i64).map(|point| mean(point * STEPS_A_POINT)).collect()
    }

    /// The mean return of every stretch of episodes, over all seeds.
    fn means(&self, agent: &str) -> Vec<f64> {
        let seeds: Vec<u64> = (1..=self.seeds).collect();
        let runs: Vec<Vec<f64>> = thread::scope(|scope| {
            let halves = seeds.chunks(seeds.len().div_ceil(2));
            let work = |seeds: &[u64]| seeds.iter().map(|seed| self.returns(agent, *seed)).collect::<Vec<_>>();
            let threads: Vec<_> = halves.map(|seeds| scope.spawn(move || work(seeds))).collect();
            threads.into_iter().flat_map(|it| it.join().unwrap()).collect()
        });
        let stretch = self.episodes / POINTS;
        let mean = |point: usize| {
            let all = runs.iter().flat_map(|returns| &returns[point * stretch..(point + 1) * stretch]);
            all.sum::<f64>() / (runs.len() * stretch) as f64
        };
        (0..POINTS).map(mean).collect()
    }

    /// The curve as a chart that pages of Markdown draw, with the command that makes one of its runs.
    fn section(&self, agent: &str) -> String {
        let Self { environment, episodes, seeds, .. } = self;
        let (means, words, x_axis, y_axis) = if *episodes == 1 {
            let words =
                format!("Mean reward of a step in an episode of so many steps, over {seeds} seeds, in `{environment}`");
            let most = POINTS as i64 * STEPS_A_POINT;
            (self.means_of_one_episode(agent), words, format!("\"steps\" {STEPS_A_POINT} --> {most}"), "mean reward")
        } else {
            let stretch = episodes / POINTS;
            let words = format!("Mean return of every {stretch} episodes, over {seeds} seeds, in `{environment}`");
            (self.means(agent), words, format!("\"episode\" 0 --> {episodes}"), "mean return")
        };
        let means: Vec<String> = means.iter().map(|mean| format!("{mean:.3}")).collect();
        let means = means.join(", ");
        format!(
            "{words}:\n\n```mermaid\nxychart-beta\n    x-axis {x_axis}\n    y-axis \"{y_axis}\"\n    line [{means}]\n```\n\n\
             ```sh\nterrarium run {environment} --agent {agent} --episodes {episodes} --seed 1\n```\n",
        )
    }
}

/// What a parameter takes and what it is when nobody says.
fn range_and_default(spec: &ParameterSpec) -> (String, String) {
    match &spec.kind {
        ParameterKind::Number { min, max, default, .. } => (format!("{min} to {max}"), default.to_string()),
        ParameterKind::Integer { min, max, default } => (format!("{min} to {max}, whole"), default.to_string()),
        ParameterKind::Flag { default } => ("true, false".into(), default.to_string()),
        ParameterKind::Choice { options, default } => {
            (options.iter().map(|it| it.value.as_str()).collect::<Vec<_>>().join(", "), default.clone())
        }
        ParameterKind::Text { max_characters, default, .. } => {
            let most = || format!("at most {max_characters} characters");
            let layers = |layers: &LayerList| format!("layers joined by -, each {}", layers.words());
            (spec.layers.as_ref().map_or_else(most, layers), default.clone())
        }
    }
}

fn parameters(entry: &CatalogEntry) -> String {
    if entry.parameters.is_empty() {
        return "It has no parameters.\n".into();
    }
    let mut text = String::from("| parameter | meaning | range | default | live |\n|---|---|---|---|:-:|\n");
    for spec in &entry.parameters {
        let (range, default) = range_and_default(spec);
        let symbol = if spec.symbol.is_empty() { String::new() } else { format!(" ({})", spec.symbol) };
        let live = if spec.live { "yes" } else { "" };
        let words = format!("{}{symbol}: {}", spec.label, spec.help).replace('|', "\\|");
        writeln!(text, "| `{}` | {words} | {range} | {default} | {live} |", spec.name).unwrap();
    }
    text + "\n*Live* parameters can be changed while it learns (`--change STEP:NAME=VALUE`); another value of any other begins a run \
            anew.\n"
}

fn presets(presets: &[Preset]) -> String {
    let values =
        |set: &Parameters| set.iter().map(|(name, value)| format!("`{name}={value}`")).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for (index, it) in presets.iter().enumerate() {
        text += if index == 0 { "\n| preset | sets |\n|---|---|\n" } else { "" };
        writeln!(text, "| `{}` | {} |", it.name, values(&it.values)).unwrap();
    }
    text
}

fn page(entry: &CatalogEntry) -> String {
    let CatalogEntry { id, title, summary, equation, source, .. } = entry;
    let equation = if equation.is_empty() { String::new() } else { format!("```text\n{equation}\n```\n\n") };
    let source = if source.is_empty() { String::new() } else { format!("Source: {source}.\n\n") };
    format!(
        "# {title}\n\n{summary}\n\n{equation}{source}{}\n## Parameters\n\n{}{}",
        curve(id).section(id),
        parameters(entry),
        presets(&entry.presets)
    )
}

#[test]
fn every_agent_has_a_page_that_is_true() {
    let mut index = HEAD.to_owned();
    index += "| agent | | in short |\n|---|---|---|\n";
    for entry in agents::registry::catalog() {
        let first = entry.summary.split_once(". ").map_or(entry.summary.as_str(), |(first, _)| first);
        writeln!(
            index,
            "| [{}](agents/{}.md) | `{}` | {} |",
            entry.title,
            entry.id,
            entry.id,
            first.trim_end_matches('.')
        )
        .unwrap();
        expect_file![format!("../../docs/agents/{}.md", entry.id)].assert_eq(&page(&entry));
    }
    expect_file!["../../docs/AGENTS.md"].assert_eq(&index);
}
