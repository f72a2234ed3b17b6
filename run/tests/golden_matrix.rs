//! Which agent learns in which environment: docs/MATRIX.md, made from a run of every pair with its recommended values.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use agents::registry::BuildError;
use expect_test::expect_file;
use run::RunError;
use run::experiment::{Budget, Cell, Outcome};
use shared::parameter::Parameters;
use shared::quantity::Seed;
use shared::spec::{EnvironmentSpec, RunSpec};
use std::fmt::Write as _;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Steps of every run: a small part of what a tab makes in five seconds.
const STEPS: u64 = 100_000;

const HEAD: &str = "\
# Which agent learns where

Made by `run/tests/golden_matrix.rs` (`cargo xtask goldens` writes it anew): every pair makes 100,000 steps with the values
that are recommended for it and seed 1; a tab makes that many in a fraction of a second.

* **+** learns: its last 100 episodes, or episodes ended where returns do not tell, are at least half-way from random play to
  the best agent of the environment; or, by the exact model and a discount of .99, its greedy policy gives away at most half
  of what an untrained one does.
* **o** works: it runs, but 100,000 steps are not enough, or its features or its rule cannot tell what matters there.
* **.** runs where there is nothing to learn, or nothing learns: the random walk has one action, random and table players
  are as they are.
* A number: refused, with the reason below the table.

";

fn cell(environment: &str, agent: &str) -> Cell {
    let environment = EnvironmentSpec { id: environment.into(), parameters: Parameters::new() };
    let agent = agents::recommended::agent(&environment.id, agent);
    let spec = RunSpec { environment, agent, seed: Seed::new(1).unwrap() };
    Cell { spec, budget: Budget::Steps(STEPS) }
}

/// Every pair's outcome, by environment and agent, made by as many threads as there are cores.
fn outcomes(worlds: &[String], minds: &[String]) -> Vec<Vec<Result<Outcome, RunError>>> {
    let pairs: Vec<_> = worlds.iter().flat_map(|world| minds.iter().map(move |mind| (world, mind))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((world, mind)) = pairs.get(index) else { return made };
            made.push((index, cell(world, mind).run()));
        }
    };
    let mut made: Vec<_> = thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    made.sort_by_key(|(index, _)| *index);
    let mut made = made.into_iter().map(|(_, outcome)| outcome);
    worlds.iter().map(|_| made.by_ref().take(minds.len()).collect()).collect()
}

/// What the greedy policy of an untrained table gives away; none where the agent looks less far ahead, because there even
/// a policy that never arrives gives little away.
fn untrained(world: &str, mind: &str) -> Option<f64> {
    let agent = cell(world, mind).spec.agent;
    let gamma = agents::registry::find(mind).unwrap().parameters.into_iter().find(|it| it.name == "gamma")?;
    if agent.parameters.get("gamma").is_some_and(|set| *set != gamma.default_value()) {
        return None;
    }
    let mut player = cell(world, "greedy-table");
    player.budget = Budget::Steps(1);
    player.run().ok()?.regret
}

/// How a return, or where returns do not tell the number of episodes, compares with random play and with the best.
fn learns(outcome: &Outcome, random: &Outcome, best: f64, most: u64) -> Option<bool> {
    let returned = |it: &Outcome| it.final_return.unwrap_or(f64::NEG_INFINITY);
    if best > returned(random) + 1e-9 {
        return Some(returned(outcome) >= best.midpoint(returned(random)));
    }
    (most > random.episodes).then(|| 2 * outcome.episodes >= most + random.episodes)
}

/// The table, and the reasons of what was refused.
fn matrix() -> String {
    let worlds: Vec<String> = environments::registry::catalog().into_iter().map(|it| it.id).collect();
    let minds: Vec<String> = agents::registry::catalog().into_iter().map(|it| it.id).collect();
    let outcomes = outcomes(&worlds, &minds);
    let random = minds.iter().position(|it| it == "random").unwrap();
    let mut reasons: Vec<String> = Vec::new();
    let mut rows: Vec<String> = minds.iter().map(|mind| format!("| {mind} |")).collect();
    for (world, outcomes) in worlds.iter().zip(&outcomes) {
        let there = || outcomes.iter().filter_map(|it| it.as_ref().ok());
        let best = there().filter_map(|it| it.final_return).fold(f64::NEG_INFINITY, f64::max);
        let most = there().map(|it| it.episodes).max().unwrap();
        for ((mind, outcome), row) in minds.iter().zip(outcomes).zip(&mut rows) {
            let mark = match outcome {
                Err(RunError::Agent(BuildError::Unsuitable(why))) => {
                    let place = reasons.iter().position(|it| *it == why.reason).unwrap_or(reasons.len());
                    if place == reasons.len() {
                        reasons.push(why.reason.clone());
                    }
                    (place + 1).to_string()
                }
                Err(error) => panic!("{mind} in {world}: {error}"),
                Ok(_) if mind == "random" || mind == "greedy-table" => ".".into(),
                Ok(outcome) => {
                    let given_away = outcome.regret.zip(untrained(world, mind));
                    let knows = given_away.is_some_and(|(now, before)| before > 1e-6 && now <= before / 2.0);
                    match learns(outcome, outcomes[random].as_ref().unwrap(), best, most) {
                        None => ".",
                        Some(learns) if learns || knows => "+",
                        Some(_) => "o",
                    }
                    .into()
                }
            };
            write!(row, " {mark} |").unwrap();
        }
    }
    let mut text = HEAD.to_owned();
    writeln!(text, "| | {} |", worlds.join(" | ")).unwrap();
    writeln!(text, "|---|{}", ":-:|".repeat(worlds.len())).unwrap();
    writeln!(text, "{}\n\nRefused:\n", rows.join("\n")).unwrap();
    for (index, reason) in reasons.iter().enumerate() {
        writeln!(text, "{}. It {reason}.", index + 1).unwrap();
    }
    text
}

#[test]
fn every_pair_does_what_the_matrix_says() {
    expect_file!["../../docs/MATRIX.md"].assert_eq(&matrix());
}
