//! What a chart draws: one curve of a run, or whatever else has curves.

use super::export::csv_of_samples;
use super::sample::{Quantity, XAxis, episodes_by_number, follow, place_of_step, points_by_number};
use super::shared_viewport::ChartManner;
use crate::format::exact;
use crate::language::translated;
use crate::session::Session;
use crate::stage::palette::ScenePalette;
use crate::text;
use plot::{CurvePyramid, Line, SpreadKind};
use shared::metric::{MetricAxis, MetricCurve};
use shared::parameter::Value;
use shared::spec::Change;
use shared::{Epoch, MetricDescription};
use std::any::Any;
use std::fmt::Debug;
use std::rc::Rc;

/// What a chart draws. Places in other programs bring subjects of their own, of which the page's program knows nothing.
pub trait Subject: Any + Debug {
    /// Changes whenever a curve does.
    fn revision(&self) -> u64;

    /// Brings its curves up to date, over an axis and with the mean of so many episodes beside them. There are none, or those that it
    /// left here before with the same axis and window.
    fn follow(&self, axis: XAxis, window: f64, curves: &mut Vec<DrawnCurve>);

    /// What else is to be drawn, and how, over an axis.
    fn setting(&self, axis: XAxis) -> ChartSetting;

    /// Everything in it as comma-separated values.
    fn csv(&self, manner: ChartManner) -> String;

    /// What a file says beside the chart's title, where nothing else tells whose curves they are.
    fn origin(&self) -> Option<String> {
        None
    }

    /// Whether it draws the same as another one.
    fn draws_the_same(&self, other: &dyn Any) -> bool;
}

/// A subject as charts hold it. Clones are the same one.
#[derive(Clone, Debug)]
pub struct ChartSubject(Rc<dyn Subject>);

impl ChartSubject {
    /// Has a chart draw this.
    pub fn new(subject: impl Subject) -> Self {
        Self(Rc::new(subject))
    }

    /// What is drawn.
    pub fn get(&self) -> &dyn Subject {
        &*self.0
    }
}

impl PartialEq for ChartSubject {
    fn eq(&self, other: &Self) -> bool {
        self.0.draws_the_same(&*other.0)
    }
}

/// How a subject is drawn beside its curves.
#[derive(Clone, Debug)]
pub struct ChartSetting {
    /// What runs from left to right, where that is none of the axes one can choose.
    pub x_name: Option<&'static str>,
    /// The level of a line to compare with: the optimal return.
    pub optimal: Option<f64>,
    /// Places with words.
    pub marks: Vec<(f64, String)>,
    /// First and last place, where they are known before the curves are.
    pub domain: Option<(f64, f64)>,
    /// Least and greatest value that there can be.
    pub value_range: Option<(f64, f64)>,
    /// Whether curves fall from the upper left to the lower right, as shares of runs above a return do.
    pub falls: bool,
    /// What samples tell around their mean.
    pub around: SpreadKind,
    /// Whether the vertical axis is logarithmic whatever somebody chose.
    pub log_y: bool,
    /// Whether neighbours are averaged as somebody chose; otherwise curves are drawn as they are.
    pub is_smoothed: bool,
    /// How many values were no numbers, where that is known better than from the curves.
    pub not_finite: Option<u64>,
}

impl Default for ChartSetting {
    fn default() -> Self {
        Self {
            x_name: None,
            optimal: None,
            marks: Vec::new(),
            domain: None,
            value_range: None,
            falls: false,
            around: SpreadKind::Values,
            log_y: false,
            is_smoothed: false,
            not_finite: None,
        }
    }
}

impl ChartSetting {
    /// How many episodes are averaged.
    pub const fn window(&self, manner: ChartManner) -> f64 {
        if self.is_smoothed { manner.window } else { 1.0 }
    }
}

/// A curve as it is sampled now.
#[derive(Debug)]
pub struct DrawnCurve {
    /// Its samples, from left to right.
    pub curve: CurvePyramid,
    /// Which epoch of a run they are from.
    pub epoch: Option<Epoch>,
    /// Its colour.
    pub hue: Hue,
    /// Its name, where there are several.
    pub name: String,
    /// Whether it is drawn in dashes, so that not colour alone tells it apart.
    pub dashed: bool,
}

impl DrawnCurve {
    /// The same in the colours of a theme.
    pub fn line<'a>(&'a self, palette: &'a ScenePalette) -> Line<'a> {
        Line { curve: &self.curve, colour: self.hue.of(palette), name: &self.name, dashed: self.dashed }
    }
}

/// Which of the theme's colours a curve has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// The accent.
    Moss,
    /// Amber.
    Amber,
    /// Blue.
    Blue,
    /// Plum.
    Plum,
    /// Rust.
    Rust,
    /// The letters' own.
    Ink,
}

impl Hue {
    /// The colours of contenders, in their order; the first three are drawn through, the others dashed.
    pub const CONTENDERS: [Self; 8] =
        [Self::Moss, Self::Amber, Self::Blue, Self::Plum, Self::Rust, Self::Ink, Self::Moss, Self::Blue];

    /// The colour in a theme.
    pub fn of(self, palette: &ScenePalette) -> &str {
        match self {
            Self::Moss => &palette.moss,
            Self::Amber => &palette.amber,
            Self::Blue => &palette.blue,
            Self::Plum => &palette.plum,
            Self::Rust => &palette.rust,
            Self::Ink => &palette.ink,
        }
    }
}

/// One curve of a run.
#[derive(Debug)]
pub struct RunCurve {
    /// The run.
    pub session: Session,
    /// What of it.
    pub source: Source,
    /// In which colour.
    pub hue: Hue,
}

/// What of a run a chart draws.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A quantity of all episodes.
    Episodes(Quantity),
    /// A metric.
    Metric(Rc<MetricDescription>),
}

impl Subject for RunCurve {
    fn revision(&self) -> u64 {
        self.session.view().revision
    }

    fn follow(&self, axis: XAxis, window: f64, curves: &mut Vec<DrawnCurve>) {
        let view = self.session.view();
        // Another start of the run may begin as this one did.
        curves.retain(|it| it.epoch == view.epoch);
        if curves.is_empty() {
            let (curve, epoch) = (CurvePyramid::new(window), view.epoch);
            curves.push(DrawnCurve { curve, epoch, hue: self.hue, name: String::new(), dashed: false });
        }
        let source = match &self.source {
            Source::Episodes(quantity) => Some(episodes_by_number(&view.episodes, *quantity, axis)),
            Source::Metric(metric) => view.metrics.get(&*metric.name).map(|series| points_by_number(series, axis)),
        };
        if let Some((drawn, source)) = curves.first_mut().zip(source) {
            follow(&mut drawn.curve, source);
        }
    }

    fn setting(&self, axis: XAxis) -> ChartSetting {
        let view = self.session.view();
        let setting = ChartSetting { marks: marks(&self.session, axis), is_smoothed: true, ..ChartSetting::default() };
        match &self.source {
            Source::Episodes(Quantity::Return) => {
                let optimal = view.started.as_ref().and_then(|started| started.optimal_return);
                ChartSetting { optimal, ..setting }
            }
            Source::Episodes(Quantity::Length) => setting,
            Source::Metric(metric) => ChartSetting {
                value_range: metric.range,
                log_y: metric.axis == MetricAxis::Logarithmic,
                // A metric that is no noise is shown as it is.
                is_smoothed: metric.curve != MetricCurve::Line,
                // Among the samples is one for several of them, once they are many.
                not_finite: Some(view.metrics.get(&*metric.name).map_or(0, |it| it.not_finite)),
                ..setting
            },
        }
    }

    fn csv(&self, manner: ChartManner) -> String {
        // Curves stand at how many episodes have ended; tables of single episodes number them from 0.
        let axis = match manner.axis {
            XAxis::Episode => "episodes",
            axis => axis.name(),
        };
        let mut curves = Vec::new();
        self.follow(manner.axis, self.setting(manner.axis).window(manner), &mut curves);
        curves.first().map(|it| csv_of_samples(axis, it.curve.samples(), it.curve.smooth())).unwrap_or_default()
    }

    fn origin(&self) -> Option<String> {
        self.session.view().started.as_ref().map(|started| {
            let (environment, agent) = (translated(&started.environment.title), translated(&started.agent.title));
            format!("{environment} · {agent} · {}", text::seed(&started.spec.seed))
        })
    }

    fn draws_the_same(&self, other: &dyn Any) -> bool {
        other
            .downcast_ref::<Self>()
            .is_some_and(|other| (&self.session, &self.source, self.hue) == (&other.session, &other.source, other.hue))
    }
}

/// Where a run's agent got other values while it learned, and which.
fn marks(session: &Session, axis: XAxis) -> Vec<(f64, String)> {
    let view = session.view();
    let Some(started) = &view.started else { return Vec::new() };
    let words = |(name, value): (&String, &Value)| {
        let spec = started.agent.parameters.iter().find(|it| it.name == *name);
        let symbol = spec.map(|it| it.symbol.as_str()).filter(|it| !it.is_empty());
        let value = if let Value::Number(number) = value { exact(*number) } else { value.to_string() };
        format!("{} {value}", symbol.unwrap_or(name))
    };
    let changes = started.spec.changes.iter().filter(|it| it.step <= view.status.step.max(view.tuned.1));
    let place = |change: &Change| {
        let words: Vec<_> = change.parameters.iter().map(words).collect();
        Some((place_of_step(&view.episodes, change.step, axis)?, words.join(", ")))
    };
    changes.filter_map(place).collect()
}
