//! Which agent learns in which environment: docs/MATRIX.md, made from a run of every pair with its recommended values.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use agents::registry::AgentBuildError;
use expect_test::expect_file;
use run::RunError;
use run::experiment::{ExperimentCell, RunBudget, RunOutcome};
use shared::describe::CatalogEntry;
use shared::parameter::Parameters;
use shared::quantity::Seed;
use shared::spec::{EnvironmentSpec, RunSpec};
use std::fmt::Write as _;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Steps of every run: a small part of what a tab makes in five seconds.
const STEPS: u64 = 100_000;
/// So many times as many for those that have not learned by then: what a tab makes of most pairs in five seconds.
const PATIENCE: u64 = 5;

const HEAD: &str = "\
# Which agent learns where

Made by `run/tests/golden_matrix.rs` (`cargo xtask goldens` writes it anew): every pair makes 100,000 steps with the values
that are recommended for it and seed 1, which takes a tab a fraction of a second, and where that is not enough 500,000 in
all: less than five seconds, but for those whose every step plans or sees much. Agents with networks act in several copies
of an environment and take longer: [NEURAL](NEURAL.md) tells what they come to.

* **+** learns: its last 100 episodes, or episodes ended where returns do not tell, are at least half-way from random play to
  the best agent of the environment; or, by the exact model and a discount of .99, its greedy policy gives away at most half
  of what an untrained one does.
* **p** learns as well, with patience: after 500,000 steps.
* **o** works: it runs, but half a million steps are not enough, or its rule cannot tell what matters there. Below the table
  is why.
* **.** runs where there is nothing to learn, or nothing learns: the random walk has one action, random and table players
  are as they are.
* A number: refused, with the reason below the table.

";

/// Why pairs are open.
const OPEN: &str = "\
Open, and why:

* **Bandit**: every episode deals new machines. Who learns from whole episodes (Monte Carlo, REINFORCE, cross-entropy) knows
  those that are gone, and actor-critic and the successor representation follow too slowly.
* **Racing**: two good minutes return 150, and half of that counts as learned. Double Q-learning and Monte Carlo come to a
  third of it. Linear SARSA and linear Q-learning stop trying before they can pass the first bends: 20 to 26, also after two
  million steps, where linear SARSA(λ) gets through. Cross-entropy has come to 17 to 47 by then.
* **Reduced tetris**: an episode is a thousand pieces, and each that exploration misplaces costs for long. Within ten million
  steps, 4 to 20 seconds natively, n-step SARSA and Tree Backup get from -870 to -100, agents with traces to -250.
* **Off-policy Monte Carlo** learns only from the greedy end of an episode, which is short where episodes are long.
* **Dyna** and **prioritised sweeping** take what came of an action the last time for what always comes of it (section 8.2 of
  the book): where chance decides, in the gambler, blackjack, snake, daladala and racing, they plan for luck.
* **Cross-entropy** compares whole episodes. Where no random player ever arrives (cliff, wind, Dyna maze) all are equally bad;
  balancing and snake are slow this way.
* **Successor representation**: it learns what arriving in a state brings, and cannot tell where that depends on the action.
* The rest needs more steps: Monte Carlo on the frozen lake and Watkins's Q(λ) with the gambler a million, n-step SARSA in
  daladala ten.
";

fn cell(environment: &str, agent: &str, steps: u64) -> ExperimentCell {
    let environment = EnvironmentSpec { id: environment.into(), parameters: Parameters::new() };
    let agent = agents::recommended::agent(&environment.id, agent);
    let spec = RunSpec { environment, agent, seed: Seed::new(1).unwrap(), changes: Vec::new() };
    ExperimentCell { spec, budget: RunBudget::Steps(steps) }
}

/// The outcome of every pair, made by as many threads as there are cores.
fn outcomes(pairs: &[(&String, &String)], steps: u64) -> Vec<Result<RunOutcome, RunError>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((environment, agent_id)) = pairs.get(index) else { return made };
            made.push((index, cell(environment, agent_id, steps).run()));
        }
    };
    let mut made: Vec<_> = thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    made.sort_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, outcome)| outcome).collect()
}

/// What the greedy policy of an untrained table gives away; none where the agent looks less far ahead, because there
/// even a policy that never arrives gives little away.
fn untrained(environment: &str, agent_id: &str) -> Option<f64> {
    let agent = cell(environment, agent_id, 1).spec.agent;
    let gamma = agents::registry::find(agent_id).unwrap().parameters.into_iter().find(|it| it.name == "gamma")?;
    if agent.parameters.get("gamma").is_some_and(|set| *set != gamma.default_value()) {
        return None;
    }
    cell(environment, "greedy-table", 1).run().ok()?.regret
}

/// What the runs of an environment are measured by.
struct Yardstick<'a> {
    random: &'a RunOutcome,
    best: f64,
    most_episodes: u64,
}

impl<'a> Yardstick<'a> {
    fn of(outcomes: &'a [Result<RunOutcome, RunError>], random: usize) -> Self {
        let there = || outcomes.iter().filter_map(|it| it.as_ref().ok());
        Self {
            random: outcomes[random].as_ref().unwrap(),
            best: there().filter_map(|it| it.final_return).fold(f64::NEG_INFINITY, f64::max),
            most_episodes: there().map(|it| it.episodes).max().unwrap(),
        }
    }

    /// How a return, or where returns do not tell the number of episodes, compares with random play and with the best;
    /// the run had so many times as many steps.
    fn learns(&self, outcome: &RunOutcome, times: u64) -> Option<bool> {
        let returned = |it: &RunOutcome| it.final_return.unwrap_or(f64::NEG_INFINITY);
        if self.best > returned(self.random) + 1e-9 {
            return Some(returned(outcome) >= self.best.midpoint(returned(self.random)));
        }
        let (most, least) = (self.most_episodes * times, self.random.episodes * times);
        (most > least).then(|| 2 * outcome.episodes >= most + least)
    }

    /// Whether it learns, by its returns or by the exact model; none where there is nothing to learn.
    fn judge(&self, environment: &str, agent_id: &str, outcome: &RunOutcome, times: u64) -> Option<bool> {
        let given_away = outcome.regret.zip(untrained(environment, agent_id));
        let knows = given_away.is_some_and(|(now, before)| before > 1e-6 && now <= before / 2.0);
        self.learns(outcome, times).map(|learns| learns || knows)
    }
}

/// The marks of all pairs, and the reasons of what was refused.
fn marks(environments: &[String], agent_ids: &[String]) -> (Vec<String>, Vec<String>) {
    let pairs: Vec<_> = environments
        .iter()
        .flat_map(|environment| agent_ids.iter().map(move |agent_id| (environment, agent_id)))
        .collect();
    let outcomes = outcomes(&pairs, STEPS);
    let random = agent_ids.iter().position(|it| it == "random").unwrap();
    let yardsticks: Vec<_> =
        outcomes.chunks(agent_ids.len()).map(|environment| Yardstick::of(environment, random)).collect();
    let mut reasons: Vec<String> = Vec::new();
    let mut late = Vec::new();
    let mut mark = |index: usize| match &outcomes[index] {
        Err(RunError::Agent(AgentBuildError::Unsuitable(why))) => {
            let place = reasons.iter().position(|it| *it == why.reason).unwrap_or(reasons.len());
            if place == reasons.len() {
                reasons.push(why.reason.clone());
            }
            (place + 1).to_string()
        }
        Err(error) => panic!("{:?}: {error}", pairs[index]),
        Ok(_) if ["random", "greedy-table"].contains(&pairs[index].1.as_str()) => ".".into(),
        Ok(outcome) => match yardsticks[index / agent_ids.len()].judge(pairs[index].0, pairs[index].1, outcome, 1) {
            None => ".".into(),
            Some(true) => "+".into(),
            Some(false) => {
                late.push(index);
                "o".into()
            }
        },
    };
    let mut marks: Vec<String> = (0..pairs.len()).map(&mut mark).collect();
    let pairs_again: Vec<_> = late.iter().map(|index| pairs[*index]).collect();
    for (index, outcome) in late.into_iter().zip(self::outcomes(&pairs_again, STEPS * PATIENCE)) {
        let (environment, agent_id) = pairs[index];
        if yardsticks[index / agent_ids.len()].judge(environment, agent_id, &outcome.unwrap(), PATIENCE) == Some(true) {
            marks[index] = "p".into();
        }
    }
    (marks, reasons)
}

/// The table, and the reasons of what was refused.
fn matrix() -> String {
    let environments: Vec<String> = environments::registry::catalog().into_iter().map(|it| it.id).collect();
    // Agents with networks take too long for a test of every pair: docs/NEURAL.md tells what they come to.
    let acts_in_copies = |entry: &CatalogEntry| entry.parameters.iter().any(|it| it.name == "copies");
    let agent_ids = agents::registry::catalog().into_iter().filter(|it| !acts_in_copies(it));
    let agent_ids: Vec<String> = agent_ids.map(|it| it.id).collect();
    let (marks, reasons) = marks(&environments, &agent_ids);
    let mut text = HEAD.to_owned();
    writeln!(text, "| | {} |", environments.join(" | ")).unwrap();
    writeln!(text, "|---|{}", ":-:|".repeat(environments.len())).unwrap();
    for (place, agent_id) in agent_ids.iter().enumerate() {
        let row: Vec<_> =
            (0..environments.len()).map(|environment| marks[environment * agent_ids.len() + place].as_str()).collect();
        writeln!(text, "| {agent_id} | {} |", row.join(" | ")).unwrap();
    }
    writeln!(text, "\n{OPEN}\nRefused:\n").unwrap();
    for (index, reason) in reasons.iter().enumerate() {
        writeln!(text, "{}. It {reason}.", index + 1).unwrap();
    }
    text
}

#[test]
fn every_pair_does_what_the_matrix_says() {
    expect_file!["../../docs/MATRIX.md"].assert_eq(&matrix());
}
