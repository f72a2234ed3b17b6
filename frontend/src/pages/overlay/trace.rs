//! What a run came to over its course, without anything else of it.

use super::view::OverlayMeasure;
use crate::charts::sample::{Quantity, XAxis, of_episodes, of_series};
use crate::language::translated;
use crate::pages::hosts::board::{BestMeanReturn, best};
use crate::pages::reader::Gathered;
use crate::store::{RunView, Series};
use plot::Sample;
use shared::metric::MetricAxis;
use shared::{Epoch, MetricDescription, RunId, RunSpec};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The three horizontal axes.
const AXES: [XAxis; 3] = [XAxis::Episode, XAxis::Step, XAxis::Time];

/// A run. Clones share what was read.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its name.
    pub run: RunId,
    /// Whether its publisher is connected.
    pub live: bool,
    read: Rc<Course>,
}

#[derive(Debug)]
struct Course {
    /// Which epoch was read, and how far.
    mark: (Epoch, u64),
    spec: RunSpec,
    environment: String,
    agent: String,
    optimum: Option<f64>,
    best: Option<BestMeanReturn>,
    steps: u64,
    seconds: f64,
    /// By the place of [`AXES`].
    returns: [Vec<Sample>; 3],
    lengths: [Vec<Sample>; 3],
    metrics: BTreeMap<String, Series>,
    descriptions: Vec<Rc<MetricDescription>>,
}

impl PartialEq for Trace {
    /// The same run, read as far.
    fn eq(&self, other: &Self) -> bool {
        (&self.run, self.live, self.read.mark) == (&other.run, other.live, other.read.mark)
    }
}

impl Gathered for Trace {
    const POINTS: u32 = 1_000;

    /// A run of which there is something to draw.
    fn of(run: &RunId, view: &RunView) -> Option<Self> {
        let started = view.started.as_ref()?;
        let bins = view.episodes.bins();
        if bins.is_empty() && view.metrics.is_empty() {
            return None;
        }
        let samples = |quantity| AXES.map(|axis| of_episodes(&view.episodes, quantity, axis));
        let (returns, lengths) = (samples(Quantity::Return), samples(Quantity::Length));
        let longest =
            |series: &Series| series.times.last().zip(series.times.first()).map_or(0.0, |(last, first)| last - first);
        let of_metrics = view.metrics.values().map(longest).fold(0.0, f64::max) / 1_000.0;
        let course = Course {
            mark: (view.epoch.unwrap_or_default(), view.next_offset.0),
            spec: started.spec.clone(),
            environment: translated(&started.environment.title).into_owned(),
            agent: translated(&started.agent.title).into_owned(),
            optimum: started.optimal_return,
            best: best(bins),
            steps: view.standing().step.max(bins.last().map_or(0, |it| it.step)),
            seconds: returns[2].last().map_or(0.0, |it| it.x).max(of_metrics),
            returns,
            lengths,
            metrics: view.metrics.clone(),
            descriptions: started.metrics.clone(),
        };
        Some(Self { run: run.clone(), live: false, read: Rc::new(course) })
    }

    fn live(self, live: bool) -> Self {
        Self { live, ..self }
    }
}

impl Trace {
    /// What determines it.
    pub fn spec(&self) -> &RunSpec {
        &self.read.spec
    }

    /// What people call its environment.
    pub fn environment(&self) -> &str {
        &self.read.environment
    }

    /// What people call its agent.
    pub fn agent(&self) -> &str {
        &self.read.agent
    }

    /// The best expected return, where an exact model tells.
    pub fn optimum(&self) -> Option<f64> {
        self.read.optimum
    }

    /// The best mean return; none before its first episode.
    pub fn best(&self) -> Option<BestMeanReturn> {
        self.read.best
    }

    /// Steps made.
    pub fn steps(&self) -> u64 {
        self.read.steps
    }

    /// Time from the first thing it told to the last.
    pub fn seconds(&self) -> f64 {
        self.read.seconds
    }

    /// What it told of.
    pub fn measures(&self) -> impl Iterator<Item = OverlayMeasure> {
        let episodes = (!self.read.returns[0].is_empty()).then_some([OverlayMeasure::Return, OverlayMeasure::Length]);
        let metrics = self.read.metrics.keys().map(|name| OverlayMeasure::Metric(name.clone()));
        episodes.into_iter().flatten().chain(metrics)
    }

    /// A quantity along an axis; nothing where the run did not tell of it.
    pub fn samples(&self, measure: &OverlayMeasure, axis: XAxis) -> Vec<Sample> {
        let of = |samples: &[Vec<Sample>; 3]| {
            let place = AXES.iter().position(|it| *it == axis);
            place.map(|place| samples[place].clone()).unwrap_or_default()
        };
        match measure {
            OverlayMeasure::Return => of(&self.read.returns),
            OverlayMeasure::Length => of(&self.read.lengths),
            OverlayMeasure::Metric(name) => {
                self.read.metrics.get(name).map(|it| of_series(it, axis)).unwrap_or_default()
            }
        }
    }

    /// The newest value of a metric.
    pub fn newest(&self, measure: &OverlayMeasure) -> Option<f64> {
        self.samples(measure, XAxis::Step).iter().rev().map(|it| it.mean).find(|it| it.is_finite())
    }

    /// What a metric is, in the words of its publisher.
    pub fn description(&self, name: &str) -> Option<&MetricDescription> {
        self.read.descriptions.iter().find(|it| it.name == name).map(Rc::as_ref)
    }
}

/// What a measure is called, and whether its axis is logarithmic, as any of these runs says it.
pub fn described(measure: &OverlayMeasure, traces: &[Trace]) -> (String, bool) {
    match measure {
        OverlayMeasure::Return => (super::words::RETURN.into(), false),
        OverlayMeasure::Length => (super::words::LENGTH.into(), false),
        OverlayMeasure::Metric(name) => {
            let said = traces.iter().find_map(|it| it.description(name));
            let undescribed = MetricDescription::undescribed(name);
            let metric = said.unwrap_or(&undescribed);
            (translated(&metric.title).into_owned(), metric.axis == MetricAxis::Logarithmic)
        }
    }
}
