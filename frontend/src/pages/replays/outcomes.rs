//! How episodes end, and what they count: a small chart of each over the whole run.

use crate::format::{fixed, plain};
use crate::language::translated;
use crate::session::Session;
use crate::text;
use gloo_timers::callback::Interval;
use shared::describe::EnvironmentDescription;
use shared::episode::EpisodeBin;
use std::fmt::Write as _;
use yew::prelude::*;

/// How often the charts follow the run, in milliseconds.
const PAUSE_MILLIS: u32 = 1_000;

/// Places of a chart from left to right.
const PLACES: usize = 48;

/// Whose episodes.
#[derive(Clone, Debug, PartialEq, Properties)]
pub(super) struct OutcomesProps {
    /// The run.
    pub session: Session,
    /// Its environment.
    pub environment: EnvironmentDescription,
}

/// What the episodes of a run come to under one name: an outcome, which is 1 or 0, or a counter.
#[derive(Clone, Debug, Default, PartialEq)]
struct Tally {
    sum: f64,
    count: u64,
    /// The mean at every place that has episodes, from 0 to 1 along the run.
    means: Vec<(f64, f64)>,
}

impl Tally {
    fn of(bins: &[EpisodeBin], name: &str) -> Self {
        let episodes = bins.last().map_or(0, |bin| bin.last_episode + 1).max(1);
        let mut places = [(0.0, 0_u64); PLACES];
        for bin in bins {
            let Some(stat) = bin.outcomes.get(name) else { continue };
            let place = &mut places[(bin.first_episode * PLACES as u64 / episodes) as usize];
            *place = (place.0 + stat.sum, place.1 + bin.count);
        }
        let (sum, count) = places.iter().fold((0.0, 0), |(sum, count), it| (sum + it.0, count + it.1));
        let means = places.iter().enumerate().filter(|(_, (_, count))| *count > 0);
        let means = means.map(|(place, (sum, count))| (place as f64 / (PLACES - 1) as f64, sum / *count as f64));
        Self { sum, count, means: means.collect() }
    }

    /// A line over a field of 100 by 30, for values from 0 to `most`.
    fn line(&self, most: f64) -> String {
        let mut points = String::new();
        for (x, mean) in &self.means {
            // Writing to a String cannot fail.
            let _ = write!(points, "{:.1},{:.1} ", x * 100.0, 29.0 - mean / most * 28.0);
        }
        points
    }
}

/// The charts.
#[component]
pub(super) fn Outcomes(props: &OutcomesProps) -> Html {
    let update = use_force_update();
    use_effect_with(props.session.clone(), move |session| {
        let (session, mut known) = (session.clone(), None);
        let interval = Interval::new(PAUSE_MILLIS, move || {
            let revision = session.view().revision;
            if known.replace(revision) != Some(revision) {
                update.force_update();
            }
        });
        move || drop(interval)
    });
    let environment = &props.environment;
    let view = props.session.view();
    let bins = view.episodes.bins();
    let chart = |name: &String, is_share: bool| {
        let tally = Tally::of(bins, name);
        if tally.count == 0 || (is_share && tally.sum == 0.0) {
            return Html::default();
        }
        let mean = tally.sum / tally.count as f64;
        let greatest = tally.means.iter().map(|(_, mean)| *mean).fold(0.0, f64::max);
        let most = if is_share { 1.0 } else { greatest.max(1e-9) };
        let shown = if is_share { text::percent(mean) } else { text::each_episode(&plain(mean, 3)) };
        html! {
            <figure class="card tally" data-testid={format!("tally-{name}")} data-value={mean.to_string()}>
                <figcaption><b>{ text::capital(&translated(name)) }</b><span class="number">{ shown }</span></figcaption>
                <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={text::tally_words(&translated(name), &fixed(mean, 3))}>
                    <polyline points={tally.line(most)} />
                </svg>
            </figure>
        }
    };
    html! {
        <section aria-label={text::OUTCOMES}>
            <h2 class="heading">{ text::OUTCOMES }</h2>
            <div class="tallies" data-testid="tallies">
                { for environment.outcomes.iter().map(|name| chart(name, true)) }
                { for environment.counters.iter().map(|name| chart(name, false)) }
            </div>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::episode::Stat;
    use std::collections::BTreeMap;

    fn bin(first: u64, count: u64, goals: f64) -> EpisodeBin {
        let mut stat = Stat::of(0.0);
        stat.sum = goals;
        EpisodeBin {
            first_episode: first,
            last_episode: first + count - 1,
            count,
            step: 0,
            episodic_return: Stat::of(0.0),
            length: Stat::of(0.0),
            outcomes: BTreeMap::from([("goal".to_owned(), stat)]),
            each: None,
        }
    }

    #[test]
    fn every_episode_counts_once_however_large_its_bin() {
        let tally = Tally::of(&[bin(0, 50, 0.0), bin(50, 1, 1.0), bin(51, 49, 49.0)], "goal");
        assert_eq!((tally.sum, tally.count), (50.0, 100));
        assert_eq!(tally.means, [(0.0, 0.0), (24.0 / 47.0, 1.0)]);
        assert_eq!(tally.line(1.0), "0.0,29.0 51.1,1.0 ");
        assert_eq!(Tally::of(&[], "goal"), Tally::default());
    }
}
