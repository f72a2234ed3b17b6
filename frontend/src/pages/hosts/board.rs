//! What runs came to, side by side where environment and settings are the same.

use crate::language::translated;
use crate::pages::reader::Gathered;
use crate::store::RunView;
use shared::RunId;
use shared::episode::EpisodeBin;
use shared::parameter::effective;
use shared::spec::EnvironmentSpec;

/// Episodes in a row whose mean counts.
const WINDOW: u64 = 100;

/// The greatest mean return of so many episodes in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestMeanReturn {
    /// The mean.
    pub mean: f64,
    /// Over so many: at least `WINDOW` unless the run had fewer, more where its log tells them together.
    pub episodes: u64,
}

impl BestMeanReturn {
    /// Whether it is over fewer episodes than others.
    pub const fn is_short(&self) -> bool {
        self.episodes < WINDOW
    }
}

/// The best that a run came to, from its bins; none before its first episode.
pub fn best(bins: &[EpisodeBin]) -> Option<BestMeanReturn> {
    let parts: Vec<(u64, f64)> = bins.iter().flat_map(parts).collect();
    let (mut first, mut count, mut sum) = (0, 0, 0.0);
    let mut best: Option<BestMeanReturn> = None;
    for (episodes, returns) in &parts {
        count += episodes;
        sum += returns;
        while let Some((episodes, returns)) = parts.get(first).filter(|(episodes, _)| count - episodes >= WINDOW) {
            count -= episodes;
            sum -= returns;
            first += 1;
        }
        let here = BestMeanReturn { mean: sum / count as f64, episodes: count };
        // A window that is not full counts as long as there is no other.
        if best.is_none_or(|before| before.is_short() || here.mean > before.mean) {
            best = Some(here);
        }
    }
    best.filter(|it| it.mean.is_finite())
}

/// Episodes one by one where a bin tells them so, else all of it.
fn parts(bin: &EpisodeBin) -> Vec<(u64, f64)> {
    match &bin.each {
        Some(each) if each.returns.len() as u64 == bin.count => each.returns.iter().map(|it| (1, *it)).collect(),
        _ => vec![(bin.count, bin.episodic_return.sum)],
    }
}

/// A run on the board.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedRun {
    /// The run.
    pub run: RunId,
    /// Its environment.
    pub environment: EnvironmentSpec,
    /// What people call that.
    pub title: String,
    /// Its agent, as people call it.
    pub agent: String,
    /// What it came to.
    pub best: BestMeanReturn,
    /// Steps made.
    pub steps: u64,
    /// Whether its publisher is connected.
    pub live: bool,
    /// The best expected return, where an exact model tells.
    pub optimum: Option<f64>,
}

/// The runs of one environment with the same settings, the best first.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedRuns {
    /// What people call the environment.
    pub title: String,
    /// How it differs from its defaults, in words.
    pub settings: String,
    /// The best expected return, where an exact model tells.
    pub optimum: Option<f64>,
    /// The runs.
    pub rows: Vec<RankedRun>,
}

impl Gathered for RankedRun {
    const POINTS: u32 = 2_000;

    /// What a run came to; nothing before its first episode.
    fn of(run: &RunId, view: &RunView) -> Option<Self> {
        let started = view.started.as_ref()?;
        Some(Self {
            run: run.clone(),
            environment: started.spec.environment.clone(),
            title: translated(&started.environment.title).into_owned(),
            agent: translated(&started.agent.title).into_owned(),
            best: best(view.episodes.bins())?,
            steps: view.standing().step.max(view.episodes.bins().last()?.step),
            live: false,
            optimum: started.optimal_return,
        })
    }

    fn live(self, live: bool) -> Self {
        Self { live, ..self }
    }
}

/// A board for every environment, by title.
pub fn boards(rows: impl IntoIterator<Item = RankedRun>) -> Vec<RankedRuns> {
    let mut boards: Vec<RankedRuns> = Vec::new();
    for row in rows {
        let settings = settings(&row.environment);
        let same = |it: &&mut RankedRuns| it.settings == settings && it.rows[0].environment.id == row.environment.id;
        match boards.iter_mut().find(same) {
            Some(board) => {
                board.optimum = board.optimum.or(row.optimum);
                board.rows.push(row);
            }
            None => {
                boards.push(RankedRuns { title: row.title.clone(), settings, optimum: row.optimum, rows: vec![row] });
            }
        }
    }
    for board in &mut boards {
        let order = |one: &RankedRun, other: &RankedRun| {
            let by_return = other.best.mean.total_cmp(&one.best.mean);
            by_return.then(one.steps.cmp(&other.steps)).then_with(|| one.run.cmp(&other.run))
        };
        board.rows.sort_by(order);
    }
    boards.sort_by(|one, other| (&one.title, &one.settings).cmp(&(&other.title, &other.settings)));
    boards
}

/// What is set of an environment and has an effect, in words; empty for its defaults.
fn settings(environment: &EnvironmentSpec) -> String {
    let known = environments::registry::find(&environment.id).ok();
    let values = match &known {
        Some(entry) => effective(&entry.parameters, &environment.parameters),
        None => environment.parameters.clone(),
    };
    let label = |name: &str| {
        let spec = known.as_ref().and_then(|entry| entry.parameters.iter().find(|spec| spec.name == name));
        spec.map_or_else(|| name.to_owned(), |spec| translated(&spec.label).into_owned())
    };
    let is_default = |name: &str, value: &shared::parameter::Value| {
        let spec = known.as_ref().and_then(|entry| entry.parameters.iter().find(|spec| spec.name == name));
        spec.is_some_and(|spec| spec.check(value).is_ok_and(|it| it == spec.default_value()))
    };
    let set = values.iter().filter(|(name, value)| !is_default(name, value));
    let words: Vec<_> = set.map(|(name, value)| format!("{} {}", label(name), value)).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::codec::Payload;
    use shared::column::Column;
    use shared::describe::{CatalogEntry, EnvironmentDescription, Words};
    use shared::episode::{Episodes, Stat};
    use shared::event::{Exactness, LogEvent};
    use shared::message::LogEntry;
    use shared::parameter::Value;
    use shared::{Epoch, Offset, RunSpec, Seed, ServerMessage};
    use std::collections::BTreeMap;

    fn bin(returns: &[f64], one_by_one: bool) -> EpisodeBin {
        let mut stat = Stat::of(returns[0]);
        (1..).zip(&returns[1..]).for_each(|(count, it)| stat.push(count, *it));
        let zeros = vec![0_u8; returns.len()];
        let each = Episodes {
            returns: Column(returns.to_vec()),
            lengths: Column(vec![1; returns.len()]),
            outcomes: Column(zeros),
            copies: Column(Vec::new()),
        };
        EpisodeBin {
            first_episode: 0,
            last_episode: returns.len() as u64 - 1,
            count: returns.len() as u64,
            step: 0,
            episodic_return: stat,
            length: Stat::of(1.0),
            outcomes: BTreeMap::new(),
            each: one_by_one.then(|| Box::new(each)),
        }
    }

    #[test]
    fn the_best_hundred_in_a_row_count_wherever_bins_end() {
        // 50 zeros, 100 tens, 50 zeros, in bins of 40.
        let returns: Vec<f64> = (0..200).map(|it| if (50..150).contains(&it) { 10.0 } else { 0.0 }).collect();
        let bins: Vec<_> = returns.chunks(40).map(|part| bin(part, true)).collect();
        assert_eq!(best(&bins), Some(BestMeanReturn { mean: 10.0, episodes: 100 }));
        let together: Vec<_> = returns.chunks(40).map(|part| bin(part, false)).collect();
        let best = best(&together).unwrap();
        assert_eq!((best.episodes, best.mean), (120, 1000.0 / 120.0), "as near as the log tells");
    }

    #[test]
    fn a_short_run_counts_with_what_it_has() {
        assert_eq!(best(&[]), None);
        let short = best(&[bin(&[1.0, 2.0], true), bin(&[3.0], true)]).unwrap();
        assert_eq!((short.mean, short.episodes, short.is_short()), (2.0, 3, true));
        let falling: Vec<f64> = (0..150).map(|it| -f64::from(it)).collect();
        assert_eq!(
            best(&[bin(&falling, true)]).unwrap(),
            BestMeanReturn { mean: -49.5, episodes: 100 },
            "not the first alone"
        );
        assert_eq!(best(&[bin(&[f64::NAN], true)]), None);
    }

    fn row(run: &str, environment: &str, values: &[(&str, Value)], mean: f64) -> RankedRun {
        let parameters = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        RankedRun {
            run: RunId::new(run).unwrap(),
            environment: EnvironmentSpec { id: environment.into(), parameters },
            title: environment.into(),
            agent: "a".into(),
            best: BestMeanReturn { mean, episodes: 100 },
            steps: 1,
            live: false,
            optimum: None,
        }
    }

    #[test]
    fn runs_stand_together_where_environment_and_settings_are_the_same() {
        let large = [("size", Value::Integer(12))];
        let default = environments::registry::find("snake").unwrap();
        let default = default.parameters.iter().find(|it| it.name == "size").unwrap().default_value();
        let rows = [
            row("a", "snake", &[], 1.0),
            row("b", "snake", &large, 9.0),
            row("c", "snake", &[("size", default)], 3.0),
            row("d", "elsewhere", &[("of", Value::Flag(true))], -1.0),
        ];
        let boards = boards(rows);
        let seen: Vec<_> = boards
            .iter()
            .map(|it| (it.title.as_str(), it.rows.iter().map(|row| row.run.as_str()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(seen, [("elsewhere", vec!["d"]), ("snake", vec!["c", "a"]), ("snake", vec!["b"])]);
        assert_eq!(boards[0].settings, "of true");
        assert!(boards[1].settings.is_empty() && boards[2].settings.ends_with("12"), "{:?}", boards[2].settings);
    }

    #[test]
    fn a_row_tells_a_run_by_the_words_of_its_publisher() {
        let run = RunId::new("a").unwrap();
        let words = Words { id: "theirs", title: "Theirs", summary: "", equation: "", source: "" };
        let started = LogEvent::RunStarted {
            spec: RunSpec::new("elsewhere", "theirs", Seed::default()),
            environment: Box::new(EnvironmentDescription { title: "Elsewhere".into(), ..Default::default() }),
            agent: Box::new(CatalogEntry::new(&words, vec![], vec![])),
            optimal_return: Some(2.0),
            metrics: Vec::new(),
            copies: 1,
            exactness: Exactness::Exact,
            is_host: false,
        };
        let bin = LogEvent::Episodes(EpisodeBin {
            first_episode: 0,
            last_episode: 199,
            count: 200,
            step: 4000,
            episodic_return: Stat { sum: 300.0, ..Stat::of(1.0) },
            length: Stat::of(20.0),
            outcomes: BTreeMap::new(),
            each: None,
        });
        let mut view = RunView::new(run.clone());
        let subscribed = ServerMessage::Subscribed {
            run: run.clone(),
            epoch: Epoch(1),
            offset: Offset(0),
            recovered: false,
            history: 2,
            snapshot: Vec::new(),
        };
        view.apply(&subscribed);
        assert!(!view.is_complete());
        let entry = |offset, event: &LogEvent| {
            let event = Payload::plain(event).unwrap();
            LogEntry { offset: Offset(offset), time_millis: 0.0, event }
        };
        let log = |entries| ServerMessage::Log { run: run.clone(), epoch: Epoch(1), entries };
        view.apply(&log(vec![entry(0, &started)]));
        assert_eq!(RankedRun::of(&run, &view), None);
        view.apply(&log(vec![entry(1, &bin)]));
        assert!(view.is_complete());
        let row = RankedRun::of(&run, &view).unwrap();
        assert_eq!((row.agent.as_str(), row.title.as_str(), row.steps), ("Theirs", "Elsewhere", 4000));
        assert_eq!((row.best.mean, row.best.episodes, row.optimum), (1.5, 200, Some(2.0)));
    }
}
