//! What came of a comparison: a table of figures, and what can be said of the difference.

use super::setup::Setup;
use crate::charts::export::csv_of_runs;
use crate::components::icons::{Symbol, icon};
use crate::files::save_text;
use crate::format::{fixed, short};
use crate::store::board::{Board, Figures};
use crate::text;
use run::statistics::Estimate;
use yew::prelude::*;

/// With fewer seeds than this nothing is said of the difference: five against five that all win are the first that
/// chance alone brings in less than one of a hundred comparisons (Mann and Whitney 1947).
const LEAST_SEEDS: usize = 5;

/// Agents whose figures are worked out anew in one look, so that a look stays short.
const FIGURES_PER_LOOK: usize = 2;

/// What is told of all agents, worked out piece by piece. Differences are spoken of only once no run is under way:
/// who looks for them while it goes on finds some by chance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    names: Vec<String>,
    /// Of each agent, with the number of runs they were made of.
    figures: Vec<(usize, Figures)>,
    verdicts: Vec<(String, bool)>,
    hash: Option<String>,
    /// Whether the next look has something left to work out.
    pub unfinished: bool,
}

impl Results {
    /// What the board tells now, or a little more of it than before.
    pub fn of(&mut self, board: &Board, running: bool) -> &Self {
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
            self.verdicts.clear();
            self.unfinished |= !running;
        } else {
            self.unfinished = self.judge(|one, other| runs.improvement(one, other));
        }
        self
    }

    /// Says how the agent with the greatest mean stands to the next of the others, and whether the seeds tell the two
    /// apart; gives whether any are left.
    fn judge(&mut self, improvement: impl FnOnce(usize, usize) -> Estimate) -> bool {
        let enough = |agent: &usize| self.figures[*agent].1.done >= LEAST_SEEDS;
        let comparable: Vec<usize> = (0..self.names.len()).filter(enough).collect();
        let mean = |agent: usize| self.figures[agent].1.mean.value;
        let best = comparable.iter().copied().max_by(|a, b| mean(*a).total_cmp(&mean(*b)));
        let Some(best) = best.filter(|_| comparable.len() > 1) else {
            self.verdicts.clear();
            if self.names.len() > 1 {
                self.verdicts.push((text::too_few_seeds(LEAST_SEEDS), false));
            }
            return false;
        };
        let others: Vec<usize> = comparable.into_iter().filter(|agent| *agent != best).collect();
        if let Some(other) = others.get(self.verdicts.len()).copied() {
            let estimate = improvement(best, other);
            let (low, high) = estimate.interval.unwrap_or((0.0, 1.0));
            let apart = low > 0.5 || high < 0.5;
            let words = text::verdict(&self.names[best], &self.names[other], estimate.value, (low, high), apart);
            self.verdicts.push((words, apart));
        }
        self.verdicts.len() < others.len()
    }

    /// The table and the verdicts.
    pub fn table(&self, setup: &Setup, board: &Board) -> Html {
        let cell = |label: &'static str, testid: Option<String>, value: String, shown: Html| {
            html! { <td data-label={label} data-testid={testid} data-value={value}>{ shown }</td> }
        };
        let row = |(agent, (name, it)): (usize, (&String, &Figures))| {
            let optimal = it.optimal.map_or_else(|| "–".into(), |(some, all)| text::of_all(some as u32, all as u32));
            let failed =
                (it.failed > 0).then(|| text::runs_failed(it.failed, it.reason.as_deref().unwrap_or_default()));
            html! {
                <tr key={agent} data-testid={format!("result-{agent}")}>
                    <th scope="row"><i class={format!("swatch hue-{agent}")}></i>{ name.clone() }</th>
                    { cell(text::MEAN, Some(format!("result-{agent}-mean")), it.mean.value.to_string(), estimate(&it.mean)) }
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
                        <th scope="col">{ text::AGENT }</th><th scope="col">{ text::MEAN }</th>
                        <th scope="col">{ text::INTERQUARTILE_MEAN }</th><th scope="col" title={text::OPTIMAL_SEEDS_HELP}>{ text::OPTIMAL_SEEDS }</th>
                        <th scope="col" title={text::STEPS_PER_SECOND_HELP}>{ text::STEPS_PER_SECOND }</th>
                    </tr></thead>
                    <tbody>{ for self.names.iter().zip(self.figures.iter().map(|(_, figures)| figures)).enumerate().map(row) }</tbody>
                </table>
                if self.figures.iter().any(|(settled, _)| *settled > 0) {
                    <button class="button" data-testid="runs-csv" title={text::SAVE_RUNS_HELP} onclick={save_runs(setup, board)}>
                        { icon(Symbol::Download) }{ text::SAVE_RUNS }
                    </button>
                }
                <ul class="verdicts" data-testid="verdicts">
                    { for self.verdicts.iter().map(|(words, told)| html! { <li data-value={told.to_string()}>{ words.clone() }</li> }) }
                </ul>
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
        let means: Vec<_> = means.map(|(name, (_, it))| format!("{name} {}", fixed(it.mean.value, 2))).collect();
        text::spoken_results(&means.join(", "))
    }
}

fn save_runs(setup: &Setup, board: &Board) -> Callback<MouseEvent> {
    let (setup, board) = (setup.clone(), board.clone());
    Callback::from(move |_| {
        save_text("terrarium-runs.csv", "text/csv", &csv_of_runs(&board.look(), |agent, seed| setup.run(agent, seed)));
    })
}

fn estimate(it: &Estimate) -> Html {
    let interval = it.interval.map(|(low, high)| text::interval(&fixed(low, 2), &fixed(high, 2)));
    html! { <><b>{ fixed(it.value, 2) }</b>{ " " }<small>{ interval.unwrap_or_default() }</small></> }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(mean: f64, done: usize) -> Figures {
        let estimate = Estimate { value: mean, interval: None };
        Figures {
            mean: estimate,
            interquartile_mean: estimate,
            optimal: None,
            steps_per_second: 1.0,
            done,
            failed: 0,
            reason: None,
        }
    }

    fn told(done: usize, interval: (f64, f64)) -> Vec<(String, bool)> {
        let figures = vec![(done, figures(1.0, done)), (done, figures(2.0, done))];
        let mut results = Results { names: vec!["a".into(), "b".into()], figures, ..Results::default() };
        let left = results.judge(|one, other| {
            assert_eq!((one, other), (1, 0), "the better one is spoken of");
            Estimate { value: 0.7, interval: Some(interval) }
        });
        assert!(!left);
        results.verdicts
    }

    #[test]
    fn a_difference_is_claimed_only_where_the_interval_leaves_out_one_half() {
        assert!(told(10, (0.55, 0.9))[0].1);
        let (words, apart) = told(10, (0.45, 0.9)).remove(0);
        assert!(!apart && words.contains("do not tell them apart"), "{words}");
    }

    #[test]
    fn few_seeds_decide_nothing_however_clear_they_look() {
        let (words, apart) = told(4, (1.0, 1.0)).remove(0);
        assert!(!apart && words.contains('5'), "{words}");
    }
}
