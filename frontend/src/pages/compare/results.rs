//! What came of a comparison: a table of figures, and what can be said of the difference.

use super::setup::Setup;
use crate::format::{fixed, short};
use crate::store::board::{Board, Figures};
use crate::text;
use run::statistics::Estimate;
use yew::prelude::*;

/// With fewer seeds than this nothing is said of the difference: five against five that all win are the first that
/// chance alone brings in less than one of a hundred comparisons (Mann and Whitney 1947).
const LEAST_SEEDS: usize = 5;

/// What is told of all minds, worked out anew when another run is done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    settled: Option<(usize, usize)>,
    names: Vec<String>,
    figures: Vec<Figures>,
    verdicts: Vec<(String, bool)>,
    hash: Option<String>,
}

impl Results {
    /// What the board tells now.
    pub fn of(&mut self, board: &Board) -> &Self {
        let mut runs = board.change();
        let settled = runs.settled();
        if self.settled != Some(settled) || self.names != runs.names {
            let names = runs.names.clone();
            let figures: Vec<_> = (0..names.len()).map(|mind| runs.figures(mind)).collect();
            let verdicts = verdicts(&names, &figures, |one, other| runs.improvement(one, other));
            *self = Self { settled: Some(settled), names, figures, verdicts, hash: runs.hash() };
        }
        self
    }

    /// The table and the verdicts.
    pub fn table(&self, setup: &Setup) -> Html {
        let cell = |label: &'static str, testid: Option<String>, value: String, shown: Html| {
            html! { <td data-label={label} data-testid={testid} data-value={value}>{ shown }</td> }
        };
        let row = |(mind, (name, it)): (usize, (&String, &Figures))| {
            let optimal = it.optimal.map_or_else(|| "–".into(), |(some, all)| text::of_all(some as u32, all as u32));
            let failed =
                (it.failed > 0).then(|| text::runs_failed(it.failed, it.reason.as_deref().unwrap_or_default()));
            html! {
                <tr key={mind} data-testid={format!("result-{mind}")}>
                    <th scope="row"><i class={format!("swatch hue-{mind}")}></i>{ name.clone() }</th>
                    { cell(text::MEAN, Some(format!("result-{mind}-mean")), it.mean.value.to_string(), estimate(&it.mean)) }
                    { cell(text::INTERQUARTILE_MEAN, None, it.interquartile_mean.value.to_string(), estimate(&it.interquartile_mean)) }
                    { cell(text::OPTIMAL_SEEDS, Some(format!("result-{mind}-optimal")), optimal.clone(), html! { optimal }) }
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
                        <th scope="col">{ text::MIND }</th><th scope="col">{ text::MEAN }</th>
                        <th scope="col">{ text::INTERQUARTILE_MEAN }</th><th scope="col" title={text::OPTIMAL_SEEDS_HELP}>{ text::OPTIMAL_SEEDS }</th>
                        <th scope="col" title={text::STEPS_PER_SECOND_HELP}>{ text::STEPS_PER_SECOND }</th>
                    </tr></thead>
                    <tbody>{ for self.names.iter().zip(&self.figures).enumerate().map(row) }</tbody>
                </table>
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
        let means: Vec<_> = means.map(|(name, it)| format!("{name} {}", fixed(it.mean.value, 2))).collect();
        text::spoken_results(&means.join(", "))
    }
}

fn estimate(it: &Estimate) -> Html {
    let interval = it.interval.map(|(low, high)| text::interval(&fixed(low, 2), &fixed(high, 2)));
    html! { <><b>{ fixed(it.value, 2) }</b>{ " " }<small>{ interval.unwrap_or_default() }</small></> }
}

/// How the mind with the greatest mean stands to every other, and whether the seeds tell them apart.
fn verdicts(
    names: &[String],
    figures: &[Figures],
    mut improvement: impl FnMut(usize, usize) -> Estimate,
) -> Vec<(String, bool)> {
    let comparable: Vec<usize> = (0..names.len()).filter(|mind| figures[*mind].done >= LEAST_SEEDS).collect();
    let best = comparable.iter().copied().max_by(|a, b| figures[*a].mean.value.total_cmp(&figures[*b].mean.value));
    let Some(best) = best.filter(|_| comparable.len() > 1) else {
        return if names.len() > 1 { vec![(text::too_few_seeds(LEAST_SEEDS), false)] } else { Vec::new() };
    };
    let others = comparable.into_iter().filter(|mind| *mind != best);
    let verdict = |other: usize| {
        let estimate = improvement(best, other);
        let (low, high) = estimate.interval.unwrap_or((0.0, 1.0));
        let apart = low > 0.5 || high < 0.5;
        (text::verdict(&names[best], &names[other], estimate.value, (low, high), apart), apart)
    };
    others.map(verdict).collect()
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
        let names = ["a".to_owned(), "b".to_owned()];
        let improvement = |one, other| {
            assert_eq!((one, other), (1, 0), "the better one is spoken of");
            Estimate { value: 0.7, interval: Some(interval) }
        };
        verdicts(&names, &[figures(1.0, done), figures(2.0, done)], improvement)
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
