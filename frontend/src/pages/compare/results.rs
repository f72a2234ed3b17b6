//! What came of a comparison: a table of figures, and what can be said of the difference.

use super::setup::Setup;
use crate::charts::export::{TableRows, csv_of_runs};
use crate::components::icons::{Symbol, icon};
use crate::files::save_text;
use crate::format::{fixed, short};
use crate::language::{Text, all_told};
use crate::store::board::{AgentFigures, ComparisonBoard};
use crate::text;
use run::statistics::{Estimate, corrected, runs_to_tell_apart};
use yew::prelude::*;

/// With fewer seeds than this nothing is said of the difference: five against five that all win are the first that
/// chance alone brings in less than one of a hundred comparisons (Mann and Whitney 1947).
const LEAST_SEEDS: usize = 5;

/// Pairs are told apart if chance alone brings such a difference, in any of them, in less than one of twenty comparisons.
const LEVEL: f64 = 0.05;

/// With as many seeds as are told, pairs whose share is the one that was found are told apart so often.
const POWER: f64 = 0.8;

/// Verdicts that stand there at once: as many as there are with the best of eight agents. The others are unfolded.
const MOST_VERDICTS: usize = 7;

/// Agents whose figures are worked out anew in one look, so that a look stays short.
const FIGURES_PER_LOOK: usize = 2;

/// What is told of all agents, worked out piece by piece. Differences are spoken of only once no run is under way:
/// who looks for them while it goes on finds some by chance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComparisonResults {
    names: Vec<String>,
    /// Of each agent, with the number of runs they were made of.
    figures: Vec<(usize, AgentFigures)>,
    pairs: Vec<AgentPair>,
    verdicts: Vec<(String, bool)>,
    hash: Option<String>,
    /// Whether the next look has something left to work out.
    pub unfinished: bool,
}

/// How two agents stand to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct AgentPair {
    one: usize,
    other: usize,
    /// How often the one ends above the other.
    share: Estimate,
    /// How often chance alone would part them as far.
    p_value: f64,
}

impl ComparisonResults {
    /// What the board tells now, or a little more of it than before.
    pub fn of(&mut self, board: &ComparisonBoard, running: bool) -> &Self {
        let mut runs = board.change();
        if self.names != runs.names {
            let names = runs.names.clone();
            let figures = (0..names.len()).map(|agent| (0, runs.figures(agent))).collect();
            *self = Self { names, figures, ..Self::default() };
        }
        let mut renewed = 0;
        for agent in 0..self.names.len() {
            let settled = runs.settled_of(agent);
            if self.figures[agent].0 != settled && renewed < FIGURES_PER_LOOK {
                self.figures[agent] = (settled, runs.figures(agent));
                renewed += 1;
            }
        }
        self.hash = runs.hash();
        let is_old = |agent: usize| self.figures[agent].0 != runs.settled_of(agent);
        self.unfinished = (0..self.names.len()).any(is_old);
        if running || renewed > 0 {
            self.pairs.clear();
            self.verdicts.clear();
            self.unfinished |= !running;
        } else {
            self.unfinished = self.judge(|one, other| runs.improvement(one, other));
        }
        self
    }

    /// Looks at the next pair of agents, the better one first, those with the best of all before the others; once all have
    /// been looked at, says which of them the seeds tell apart. Gives whether any are left.
    fn judge(&mut self, improvement: impl FnOnce(usize, usize) -> (Estimate, f64)) -> bool {
        let enough = |agent: &usize| self.figures[*agent].1.done >= LEAST_SEEDS;
        let mut comparable: Vec<usize> = (0..self.names.len()).filter(enough).collect();
        let mean = |agent: &usize| self.figures[*agent].1.mean.value;
        comparable.sort_by(|a, b| mean(b).total_cmp(&mean(a)));
        let all = comparable.iter().enumerate();
        let mut all = all.flat_map(|(place, one)| comparable[place + 1..].iter().map(|other| (*one, *other)));
        if comparable.len() < 2 {
            self.pairs.clear();
            self.verdicts.clear();
            if self.names.len() > 1 {
                self.verdicts.push((text::too_few_seeds(LEAST_SEEDS), false));
            }
            return false;
        }
        if let Some((one, other)) = all.nth(self.pairs.len()) {
            let (share, p_value) = improvement(one, other);
            self.pairs.push(AgentPair { one, other, share, p_value });
        }
        if all.next().is_some() {
            return true;
        }
        let p_values: Vec<f64> = self.pairs.iter().map(|pair| pair.p_value).collect();
        let verdict = |(AgentPair { one, other, share, p_value: own }, p_value): (&AgentPair, f64)| {
            let apart = p_value < LEVEL;
            // Holm's level of this pair: the level over the number of those that are no clearer.
            let level = LEVEL / p_values.iter().filter(|it| *it >= own).count() as f64;
            let seeds = runs_to_tell_apart(share.value, level, POWER);
            // More than are done, which do not.
            let least = self.figures[*one].1.done.min(self.figures[*other].1.done) + 1;
            let seeds = seeds.map(|it| (it as usize).max(least));
            let interval = share.interval.unwrap_or((0.0, 1.0));
            let (one, other) = (all_told(&self.names[*one]), all_told(&self.names[*other]));
            (text::verdict(&one, &other, share.value, interval, (p_value, self.pairs.len()), apart, seeds), apart)
        };
        self.verdicts = self.pairs.iter().zip(corrected(&p_values)).map(verdict).collect();
        false
    }

    /// The table and the verdicts.
    pub fn table(&self, setup: &Setup, board: &ComparisonBoard) -> Html {
        let cell = |label: Text, testid: Option<String>, value: String, shown: Html| {
            html! { <td data-label={label} data-testid={testid} data-value={value}>{ shown }</td> }
        };
        let row = |(agent, (name, it)): (usize, (&String, &AgentFigures))| {
            let optimal = it.optimal.map_or_else(|| "–".into(), |(some, all)| text::of_all(some as u32, all as u32));
            let failed =
                (it.failed > 0).then(|| text::runs_failed(it.failed, it.reason.as_deref().unwrap_or_default()));
            let title = all_told(name);
            html! {
                <tr key={agent} data-testid={format!("result-{agent}")}>
                    <th scope="row">
                        <i class={format!("swatch hue-{agent}")}></i>
                        { for title.split(' ').map(|word| html! { <><span class="whole">{ word.to_owned() }</span>{ " " }</> }) }
                    </th>
                    { cell(text::MEAN, Some(format!("result-{agent}-mean")), it.mean.value.to_string(), estimate(&it.mean)) }
                    { cell(text::GREEDY_RETURN, Some(format!("result-{agent}-greedy")), it.greedy.map(|it| it.value.to_string()).unwrap_or_default(),
                        it.greedy.as_ref().map_or_else(|| html! { "–" }, estimate)) }
                    { cell(text::INTERQUARTILE_MEAN, None, it.interquartile_mean.value.to_string(), estimate(&it.interquartile_mean)) }
                    { cell(text::OPTIMAL_SEEDS, Some(format!("result-{agent}-optimal")), optimal.clone(), html! { optimal }) }
                    { cell(text::STEPS_PER_SECOND, None, it.steps_per_second.to_string(), html! { if it.steps_per_second.is_finite() { { short(it.steps_per_second) } } else { { "–" } } }) }
                    if let Some(failed) = failed { <td class="negative">{ failed }</td> }
                </tr>
            }
        };
        html! {
            <section class="card results" aria-label={text::RESULTS}>
                <table class="number">
                    <caption>{ text::results_caption(setup.seeds) }</caption>
                    <thead><tr>
                        <th scope="col">{ text::AGENT }</th><th scope="col" title={text::MEAN_HELP}>{ text::MEAN }</th>
                        <th scope="col" title={text::GREEDY_RETURN_HELP}>{ text::GREEDY_RETURN }</th>
                        <th scope="col">{ text::INTERQUARTILE_MEAN }</th><th scope="col" title={text::OPTIMAL_SEEDS_HELP}>{ text::OPTIMAL_SEEDS }</th>
                        <th scope="col" title={text::STEPS_PER_SECOND_HELP}>{ text::STEPS_PER_SECOND }</th>
                    </tr></thead>
                    <tbody>{ for self.names.iter().zip(self.figures.iter().map(|(_, figures)| figures)).enumerate().map(row) }</tbody>
                </table>
                if self.figures.iter().any(|(settled, _)| *settled > 0) {
                    <div class="pair">
                        <button class="button" data-testid="runs-csv" title={text::SAVE_RUNS_HELP} onclick={save_runs(setup, board, TableRows::Parts)}>
                            { icon(Symbol::Download) }{ text::SAVE_RUNS }
                        </button>
                        <button class="button" data-testid="all-episodes-csv" disabled={!board.look().keeps_episodes()}
                            title={if board.look().keeps_episodes() { text::SAVE_EPISODES_HELP } else { text::TOO_MANY_EPISODES }}
                            onclick={save_runs(setup, board, TableRows::Episodes)}>
                            { icon(Symbol::Download) }{ text::SAVE_EPISODES }
                        </button>
                    </div>
                }
                <ul class="verdicts" data-testid="verdicts">
                    { for self.verdicts.iter().take(MOST_VERDICTS).map(verdict) }
                </ul>
                if self.verdicts.len() > MOST_VERDICTS {
                    <details class="verdicts-all">
                        <summary>{ text::all_pairs(self.verdicts.len()) }</summary>
                        <ul class="verdicts" data-testid="further-verdicts">{ for self.verdicts.iter().skip(MOST_VERDICTS).map(verdict) }</ul>
                    </details>
                }
                <p class="soft">{ text::RESULTS_NOTE }
                    if let Some(hash) = &self.hash { { " " }<span data-testid="readout-comparison-hash" data-value={hash.clone()}>{ text::comparison_hash(hash) }</span> }
                </p>
            </section>
        }
    }

    /// What is spoken: the beginning, every quarter, the end.
    pub fn spoken(&self, settled: usize, all: usize, running: bool) -> String {
        if running {
            return text::spoken_quarter(settled * 4 / all.max(1));
        }
        if settled == 0 || settled < all {
            return String::new();
        }
        let means = self.names.iter().zip(&self.figures);
        let means: Vec<_> =
            means.map(|(name, (_, it))| format!("{} {}", all_told(name), fixed(it.mean.value, 2))).collect();
        text::spoken_results(&means.join(", "))
    }
}

fn verdict((words, told): &(String, bool)) -> Html {
    html! { <li data-value={told.to_string()}>{ words.clone() }</li> }
}

fn save_runs(setup: &Setup, board: &ComparisonBoard, rows: TableRows) -> Callback<MouseEvent> {
    let (setup, board) = (setup.clone(), board.clone());
    Callback::from(move |_| {
        let table = csv_of_runs(&board.look(), rows, |agent, seed| setup.run(agent, seed));
        save_text(rows.file_name(), "text/csv", &table);
    })
}

fn estimate(it: &Estimate) -> Html {
    let interval = it.interval.map(|(low, high)| text::interval(&fixed(low, 2), &fixed(high, 2)));
    html! { <><b>{ fixed(it.value, 2) }</b>{ " " }<small>{ interval.unwrap_or_default() }</small></> }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(mean: f64, done: usize) -> AgentFigures {
        let estimate = Estimate { value: mean, interval: None };
        AgentFigures {
            mean: estimate,
            interquartile_mean: estimate,
            greedy: None,
            optimal: None,
            steps_per_second: 1.0,
            done,
            failed: 0,
            reason: None,
        }
    }

    /// What is said of agents whose means are their numbers, where every pair has this p-value.
    fn told(agents: usize, done: usize, p_value: f64) -> Vec<(String, bool)> {
        told_of(0.7, agents, done, p_value)
    }

    /// The same where the better one ends above in this share of all pairs of runs.
    fn told_of(share: f64, agents: usize, done: usize, p_value: f64) -> Vec<(String, bool)> {
        let figures = (0..agents).map(|agent| (done, figures(agent as f64, done))).collect();
        let names = (0..agents).map(|agent| format!("agent {agent}")).collect();
        let mut results = ComparisonResults { names, figures, ..ComparisonResults::default() };
        let judge = |results: &mut ComparisonResults| {
            results.judge(|one, other| {
                assert!(one > other, "the better one is spoken of");
                (Estimate { value: share, interval: Some((0.55, 0.9)) }, p_value)
            })
        };
        while judge(&mut results) {
            assert_eq!(results.verdicts, [], "nothing is said before all pairs are known");
        }
        results.verdicts
    }

    #[test]
    fn a_difference_is_claimed_only_where_chance_seldom_brings_it() {
        assert!(told(2, 10, 0.04)[0].1);
        let (words, apart) = told(2, 10, 0.06).remove(0);
        assert!(!apart && words.contains("do not tell them apart"), "{words}");
    }

    #[test]
    fn all_pairs_are_judged_and_corrected_for_their_number() {
        let verdicts = told(4, 10, 0.04);
        assert_eq!(verdicts.len(), 6);
        assert!(verdicts.iter().all(|(_, apart)| !apart), "0.04 times six is no little");
        assert!(verdicts[0].0.starts_with("agent 3 ends above agent 2"), "{}", verdicts[0].0);
        assert!(told(4, 10, 0.008).iter().all(|(_, apart)| *apart));
    }

    #[test]
    fn where_seeds_do_not_tell_them_apart_it_is_said_how_many_would() {
        let said = |share, agents, done, p_value| told_of(share, agents, done, p_value).remove(0).0;
        assert!(said(0.7, 2, 10, 0.06).contains("about 33 seeds would"), "{}", said(0.7, 2, 10, 0.06));
        // Six pairs, equally clear.
        assert!(said(0.7, 4, 10, 0.06).contains("about 51 seeds would"), "{}", said(0.7, 4, 10, 0.06));
        assert!(said(0.501, 2, 10, 0.9).contains("more than 1000 seeds"), "{}", said(0.501, 2, 10, 0.9));
        assert!(said(0.5, 2, 10, 1.0).ends_with("do not tell them apart."), "{}", said(0.5, 2, 10, 1.0));
        assert!(said(0.9, 2, 12, 0.06).contains("about 13 seeds would"), "more than were not enough");
        assert!(!said(0.7, 2, 10, 0.04).contains("would"));
    }

    #[test]
    fn few_seeds_decide_nothing_however_clear_they_look() {
        let (words, apart) = told(2, 4, 0.0).remove(0);
        assert!(!apart && words.contains('5'), "{words}");
    }
}
