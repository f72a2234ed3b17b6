//! Texts of the place where agents stand side by side.

use super::{Text, say};
use crate::format::fixed;
use std::fmt::Display;

/// Button: once more.
pub const COMPARE_AGAIN: Text = Text("Compare again");
/// Under the environment's name.
pub const THE_SAME_FOR_ALL: Text = Text("the same for all agents");
/// Panel of seeds and episodes.
pub const HOW_MUCH: Text = Text("How much");
/// Number of seeds.
pub const SEEDS: Text = Text("Seeds");
/// What it changes.
pub const SEEDS_HELP: Text = Text("Runs of every agent, each with its own seed; more seeds, narrower intervals");
/// Number of episodes.
pub const EPISODES: Text = Text("Episodes");
/// What it changes.
pub const EPISODES_HELP: Text = Text("Episodes of every run");
/// Panel of agents.
pub const AGENTS: Text = Text("Agents");
/// Another one.
pub const ADD_AGENT: Text = Text("Add an agent");
/// No more.
pub const AGENTS_FULL: Text = Text("Eight agents are all a chart can tell apart");
/// Several values of one parameter.
pub const VARY: Text = Text("Vary one setting");
/// Which.
pub const VARY_WHICH: Text = Text("Setting to vary");
/// Which values.
pub const VARY_VALUES: Text = Text("Values to compare");
/// An example.
pub const VARY_EXAMPLE: &str = "0.05 0.2 0.8";
/// Does it.
pub const VARY_DO: Text = Text("Compare these values");
/// What that does.
pub const VARY_NOTE: Text = Text("The agents above give way to this one, once with every value.");
/// What a band tells.
pub const BAND: Text = Text("Band");
/// An interval.
pub const BAND_BOOTSTRAP: Text = Text("95 % bootstrap");
/// An error.
pub const BAND_STANDARD_ERROR: Text = Text("standard error");
/// How far it is.
pub const RUNS_DONE: Text = Text("Runs done");
/// The table.
pub const RESULTS: Text = Text("Results");
/// A column.
pub const MEAN: Text = Text("Mean");
/// What it is.
pub const MEAN_HELP: Text = Text("Return of the last tenth of the training's episodes, exploration included");
/// A column.
pub const GREEDY_RETURN: Text = Text("Greedy");
/// What it is.
pub const GREEDY_RETURN_HELP: Text = Text(
    "Return of acting greedily after training, in 20 episodes of every seed; seeds whose greedy episodes never end are left out",
);
/// A column.
pub const INTERQUARTILE_MEAN: Text = Text("Inter-quartile mean");
/// A column.
pub const OPTIMAL_SEEDS: Text = Text("Optimal");
/// What it is.
pub const OPTIMAL_SEEDS_HELP: Text =
    Text("Seeds after which acting greedily reaches the optimal return, where the environment's model is known");
/// What it is.
pub const STEPS_PER_SECOND_HELP: Text =
    Text("Of one run beside the others; runs that are over at once tell nothing of it");
/// How to read it.
pub const RESULTS_NOTE: Text = Text(
    "Means are returns of training, exploration included; “Greedy” and “Optimal” are about acting greedily afterwards. Intervals: 95 % bootstrap over seeds. \
                                Pairs are told apart by a permutation test of ranks, corrected for the number of pairs (Holm). \
                                The profile shows of every agent the share of its runs that end above a return.",
);
/// Button: every run as a file.
pub const SAVE_RUNS: Text = Text("All runs (CSV)");
/// What is in it.
pub const SAVE_RUNS_HELP: Text = Text("Every run of every seed, part by part, for tools of your own");
/// Button: every episode as a file.
pub const SAVE_EPISODES: Text = Text("All episodes (CSV)");
/// What is in it.
pub const SAVE_EPISODES_HELP: Text = Text("Every episode of every run with its parameters and seed");
/// Why there is no such file.
pub const TOO_MANY_EPISODES: Text = Text(
    "Beyond 500 000 episodes in all, or 65 536 of a run, only parts are kept; `terrarium run --episodes-csv` writes them all",
);
/// A comparison that came out as its link says.
pub const SAME_COMPARISON: Text = Text("This is the shared comparison: every run has the same hash.");
/// What a link to a comparison holds.
pub const SHARE_COMPARISON_NOTE: Text = Text(
    "The link holds the environment, the agents, the seeds and the number of episodes. Whoever opens it gets the same runs, bit for bit.",
);

/// A comparison that came out otherwise.
pub fn other_comparison(expected: &str, found: &str) -> String {
    say!(
        "These runs come to {found}, the link says {expected}: it was made by another version. \
         What you see are runs with the same settings.",
        found,
        expected
    )
}

/// How far a comparison is.
pub fn runs_done(done: usize, all: usize, at_once: usize, running: bool) -> String {
    if running {
        say!("{done} of {all} runs · {at_once} at once", done, all, at_once)
    } else {
        say!("{done} of {all} runs", done, all)
    }
}

/// Takes an agent out.
pub fn remove(name: &str) -> String {
    say!("Remove {name}", name)
}

/// How many values can be varied.
pub fn vary_count(most: usize) -> String {
    say!("Give one to {most} values, with spaces between them.", most)
}

/// What the table shows.
pub fn results_caption(seeds: u64) -> String {
    say!("Returns of training, exploration included, in the last tenth of the episodes · {seeds} seeds", seeds)
}

/// Runs that could not go on.
pub fn runs_failed(count: usize, reason: &str) -> String {
    say!("{count} failed: {reason}", count, reason)
}

/// Where a figure lies.
pub fn interval(low: &str, high: &str) -> String {
    format!("{low} … {high}")
}

/// Most seeds that are told as what it takes; beyond, their number would say no more.
const MOST_SEEDS_TOLD: usize = 1_000;

/// How one agent stands to another, and how many seeds of each would tell them apart where these do not.
pub fn verdict(
    one: &str,
    other: &str,
    share: f64,
    (low, high): (f64, f64),
    (p_value, pairs): (f64, usize),
    apart: bool,
    seeds: Option<usize>,
) -> String {
    let percent = |share: f64| crate::format::fixed(share * 100.0, 0);
    let (share, low, high) = (percent(share), percent(low), percent(high));
    let p_value = if p_value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {}", fixed(p_value, 3)) };
    let corrected = if pairs > 1 { say!(", corrected for {pairs} pairs", pairs) } else { String::new() };
    let verdict = say!(
        "{one} ends above {other} in {share} % of all pairs of runs (95 % interval {low} to {high} %; {p_value}{corrected}).",
        one,
        other,
        share,
        low,
        high,
        p_value,
        corrected
    );
    if apart {
        return verdict;
    }
    let would = match seeds {
        None => String::new(),
        Some(seeds) if seeds > MOST_SEEDS_TOLD => {
            format!(
                " {}",
                say!("If that share is the true one, it takes more than {most} seeds.", most = MOST_SEEDS_TOLD)
            )
        }
        Some(seeds) => {
            format!(" {}", say!("If that share is the true one, about {seeds} seeds would, four times of five.", seeds))
        }
    };
    format!("{verdict} {}{would}", Text("These seeds do not tell them apart."))
}

/// Unfolds what is said of the pairs without the best agent.
pub fn all_pairs(count: usize) -> String {
    say!("All {count} pairs", count)
}

/// Nothing can be said.
pub fn too_few_seeds(least: usize) -> String {
    say!("Nothing is said of the difference before {least} seeds of two agents are done.", least)
}

/// The hash of all runs.
pub fn comparison_hash(hash: &str) -> String {
    say!("Hash of all runs: {hash}.", hash)
}

/// What is spoken while runs are made.
pub fn spoken_quarter(quarters: usize) -> String {
    match quarters {
        0 => Text("Comparing.").into(),
        quarters => say!("Comparing. {percent} percent of the runs are done.", percent = quarters * 25),
    }
}

/// What is spoken in the end.
pub fn spoken_results(means: &str) -> String {
    say!("All runs are done. Mean returns: {means}.", means)
}

/// A comparison gave way to another one.
pub fn comparison_put_aside(runs: usize) -> String {
    match runs {
        0 => Text("The agents are put aside as they were.").into(),
        1 => Text("The comparison with its 1 run is put aside.").into(),
        runs => say!("The comparison with its {runs} runs is put aside.", runs),
    }
}

/// There is none to have back.
pub const NO_COMPARISON_BEFORE: Text = Text("There is no earlier comparison to go back to.");

/// There are fewer seeds than are asked for.
pub fn seeds_pass_the_greatest(first: &impl Display, count: u64, greatest: &impl Display) -> String {
    say!(
        "The {count} seeds from {first} on pass the greatest, {greatest}: begin with a smaller one.",
        count,
        first,
        greatest
    )
}

/// The same agent would be compared with itself.
pub fn agent_listed_twice(title: &str) -> String {
    say!("{title} is listed twice with the same settings: change one of the two, or take it out.", title)
}
