//! The painter of one chart: draws when something changed, answers the pointer, makes files.

use super::export::{csv_of_board, csv_of_profiles, csv_of_samples};
use super::gaze::{Gaze, Manner};
use super::plot::{Around, LeftOut, Line, Look, Plot, Reading, field};
use super::sample::{Quantity, Sample, XAxis, of_episodes, of_points, of_profile, of_series, place_of_step, smooth};
use super::surface::{CanvasSurface, Surface, SvgSurface};
use crate::canvas_size::{CanvasSize, device_ratio};
use crate::format::plain;
use crate::session::Session;
use crate::stage::palette::Palette;
use crate::store::board::{Board, Measure, Runs};
use crate::text;
use crate::theme;
use shared::MetricDescription;
use shared::metric::{MetricAxis, MetricCurve};
use shared::parameter::Value;
use shared::scene::Anchor;
use shared::spec::Change;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

/// Charts of a running run are drawn this often at most, in milliseconds; the stage goes first.
const PAUSE_MILLIS: f64 = 40.0;

thread_local! {
    /// The frame in which a chart was drawn last: charts that only grow take turns, one in a frame.
    static DRAWN_IN_FRAME: Cell<f64> = const { Cell::new(0.0) };
}

/// A chart that waited so long is drawn even if another one was drawn in the same frame.
const LONGEST_PAUSE_MILLIS: f64 = 3.0 * PAUSE_MILLIS;

/// Room above a plot in a file, for its title, and below it, for the name of its axis and its source.
const HEAD: f64 = 30.0;
const FOOT: f64 = 28.0;
/// Pixels of a picture for each of the chart.
const FILE_SCALE: f64 = 2.0;
/// Longest address that stands below a chart.
const MOST_SOURCE: usize = 110;

/// Whose curves a chart draws.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// One curve of a run, in a colour.
    Run(Session, Source, Hue),
    /// The mean curves of all contenders on a board, each in its own colour.
    Board(Board, Measure),
    /// The performance profiles of all contenders on a board, likewise.
    Profiles(Board),
}

impl Subject {
    /// Whose several curves it has.
    pub const fn board(&self) -> Option<&Board> {
        match self {
            Self::Run(..) => None,
            Self::Board(board, _) | Self::Profiles(board) => Some(board),
        }
    }
}

/// What of a run a chart draws.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A quantity of all episodes.
    Episodes(Quantity),
    /// A metric.
    Metric(Rc<MetricDescription>),
}

/// Which of the theme's colours a chart has.
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
    pub fn of(self, palette: &Palette) -> &str {
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

/// What a chart is asked to show.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// What.
    pub subject: Subject,
    /// How.
    pub manner: Manner,
    /// Where.
    pub gaze: Gaze,
}

/// What the heading of a chart says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The newest smooth value.
    pub newest: Option<f64>,
    /// What is pointed at.
    pub reading: Option<Reading>,
    /// Values that are gaps.
    pub left_out: LeftOut,
}

/// A curve as it is sampled now.
#[derive(Debug)]
struct Curve {
    samples: Vec<Sample>,
    hue: Hue,
    /// Its name, where there are several.
    name: String,
    /// Whether it is drawn in dashes, so that not colour alone tells it apart.
    dashed: bool,
}

impl Curve {
    fn line<'a>(&'a self, palette: &'a Palette) -> Line<'a> {
        Line { samples: &self.samples, colour: self.hue.of(palette), name: &self.name, dashed: self.dashed }
    }
}

/// Keeps one canvas showing curves.
#[derive(Debug)]
pub struct ChartPainter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    size: CanvasSize,
    wish: Wish,
    drawn: Option<(u64, u64, u64, (u32, u32))>,
    drawn_at: f64,
    selection: Option<(f64, f64)>,
}

impl ChartPainter {
    /// A painter for a canvas.
    pub fn new(canvas: HtmlCanvasElement, wish: Wish) -> Option<Self> {
        let context = canvas.get_context("2d").ok().flatten()?.dyn_into().ok()?;
        let size = CanvasSize::watch(&canvas);
        Some(Self { canvas, context, size, wish, drawn: None, drawn_at: 0.0, selection: None })
    }

    /// Asks for something else.
    pub fn wish(&mut self, wish: Wish) {
        if self.wish != wish {
            self.wish = wish;
            self.drawn = None;
        }
    }

    /// Shows a part as being selected, in shares of the width.
    pub fn select(&mut self, selection: Option<(f64, f64)>) {
        self.selection = selection;
        self.drawn = None;
    }

    /// Draws if anything changed, and then tells what the heading should say.
    pub fn draw(&mut self, now: f64) -> Option<Figures> {
        let ratio = device_ratio();
        let size = self.size.get();
        let pixels = ((size.0 * ratio).round() as u32, (size.1 * ratio).round() as u32);
        let revision = match &self.wish.subject {
            Subject::Run(session, ..) => session.view().revision,
            Subject::Board(board, _) | Subject::Profiles(board) => board.look().revision,
        };
        let mark = (revision, theme::generation(), self.wish.gaze.changes(), pixels);
        if pixels.0 == 0 || self.drawn == Some(mark) {
            return None;
        }
        let only_newer =
            self.drawn.is_some_and(|(_, theme, gaze, size)| (theme, gaze, size) == (mark.1, mark.2, mark.3));
        let pause = now - self.drawn_at;
        let taken = only_newer && pause >= PAUSE_MILLIS && DRAWN_IN_FRAME.replace(now) == now;
        if only_newer && (pause < PAUSE_MILLIS || (taken && pause < LONGEST_PAUSE_MILLIS)) {
            return None;
        }
        if (self.canvas.width(), self.canvas.height()) != pixels {
            self.canvas.set_width(pixels.0);
            self.canvas.set_height(pixels.1);
        }
        (self.drawn, self.drawn_at) = (Some(mark), now);
        let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        self.context.clear_rect(0.0, 0.0, size.0, size.1);

        let palette = Palette::present();
        let mut surface = CanvasSurface { context: &self.context, letters: &palette.letters };
        let curves = self.curves();
        let (reading, mut left_out) =
            self.with_plot(&curves, &palette, |plot, look| (plot.draw(&mut surface, look, size), plot.left_out()));
        if let Subject::Run(session, Source::Metric(metric), _) = &self.wish.subject {
            // Among the samples is one for several of them, once they are many.
            left_out.not_finite = session.view().metrics.get(&*metric.name).map_or(0, |it| it.not_finite as usize);
        }
        let newest = match curves.as_slice() {
            [only] => smooth(&only.samples, self.window()).last().copied(),
            _ => None,
        };
        Some(Figures { newest, reading, left_out })
    }

    /// The place on the plot as a share of its width, under a share of the whole canvas.
    pub fn share_at(&self, across: f64) -> f64 {
        let whole = self.size.get().0;
        let (left, _, width, _) = field((whole, 1.0));
        ((across * whole - left) / width).clamp(0.0, 1.0)
    }

    /// The value of the horizontal axis at a share of the plot's width.
    pub fn place_at(&self, share: f64) -> f64 {
        self.with_plot(&self.curves(), &Palette::default(), |plot, _| plot.x_axis().value(share))
    }

    /// Changes the part that is looked at, given the present axis and the range of the data.
    pub fn look(&self, change: impl FnOnce(&mut super::viewport::Viewport, super::axis::Axis, (f64, f64))) {
        let (axis, data) =
            self.with_plot(&self.curves(), &Palette::default(), |plot, _| (plot.x_axis(), plot.data_range()));
        self.wish.gaze.look(|viewport| change(viewport, axis, data));
    }

    /// All samples as comma-separated values.
    pub fn csv(&self) -> String {
        let axis = self.wish.manner.axis.name();
        match &self.wish.subject {
            Subject::Board(board, measure) => return csv_of_board(&mut board.change(), *measure),
            Subject::Profiles(board) => return csv_of_profiles(&mut board.change()),
            Subject::Run(..) => {}
        }
        let curves = self.curves();
        let samples = curves.first().map(|curve| curve.samples.as_slice()).unwrap_or_default();
        csv_of_samples(axis, samples, &smooth(samples, self.window()))
    }

    /// The chart as an SVG document, with its title, what its axes are, and where it comes from.
    pub fn svg(&self, title: &str) -> String {
        let size = self.size.get();
        let mut surface = SvgSurface::new((size.0, size.1 + HEAD + FOOT));
        self.frame(&mut surface, title, size);
        surface.lower(Some(HEAD));
        self.draw_whole(&mut surface, size);
        surface.lower(None);
        surface.finish()
    }

    /// The same as an address of a PNG picture, with twice as many pixels each way as the chart takes.
    pub fn png(&self, title: &str) -> Option<String> {
        let size = self.size.get();
        let canvas: HtmlCanvasElement = self.canvas.owner_document()?.create_element("canvas").ok()?.dyn_into().ok()?;
        canvas.set_width((size.0 * FILE_SCALE) as u32);
        canvas.set_height(((size.1 + HEAD + FOOT) * FILE_SCALE) as u32);
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        context.scale(FILE_SCALE, FILE_SCALE).ok()?;
        let palette = Palette::present();
        let mut surface = CanvasSurface { context: &context, letters: &palette.letters };
        self.frame(&mut surface, title, size);
        context.translate(0.0, HEAD).ok()?;
        self.draw_whole(&mut surface, size);
        canvas.to_data_url().ok()
    }

    /// What stands around the plot in a file.
    fn frame(&self, surface: &mut dyn Surface, title: &str, (width, height): (f64, f64)) {
        let palette = Palette::present();
        let (left, ..) = field((width, height));
        let axis = match self.wish.subject {
            Subject::Profiles(_) => text::PROFILE_AXIS,
            Subject::Run(..) | Subject::Board(..) => self.wish.manner.axis.name(),
        };
        surface.area((0.0, 0.0), (width, height + HEAD + FOOT), &palette.card, 1.0);
        surface.text(title, (left, HEAD - 13.0), 13.0, &palette.ink, Anchor::Start);
        let below = height + HEAD + 7.0;
        surface.text(axis, (width - 8.0, below), 10.5, &palette.soft, Anchor::End);
        let source = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
        // What determines a run may be longer than the chart is wide; the place is named then.
        let source = if source.len() > MOST_SOURCE { source.split('?').next().unwrap_or_default() } else { &source };
        surface.text(source, (left, below + 13.0), 9.0, &palette.soft, Anchor::Start);
    }

    /// The plot without what the pointer does to it.
    fn draw_whole(&self, surface: &mut dyn Surface, size: (f64, f64)) {
        let curves = self.curves();
        self.with_plot(&curves, &Palette::present(), |plot, look| {
            Plot { pointed: None, selection: None, ..*plot }.draw(surface, look, size)
        });
    }

    /// How many episodes are averaged: metrics that are no noise are shown as they are.
    fn window(&self) -> f64 {
        match &self.wish.subject {
            Subject::Run(_, Source::Metric(metric), _) if metric.curve == MetricCurve::Line => 1.0,
            Subject::Board(..) | Subject::Profiles(_) => 1.0,
            Subject::Run(..) => self.wish.manner.window,
        }
    }

    fn curves(&self) -> Vec<Curve> {
        let axis = self.wish.manner.axis;
        match &self.wish.subject {
            Subject::Run(session, source, hue) => {
                let view = session.view();
                let samples = match source {
                    Source::Episodes(quantity) => of_episodes(&view.episodes, *quantity, axis),
                    Source::Metric(metric) => {
                        view.metrics.get(&*metric.name).map(|series| of_series(series, axis)).unwrap_or_default()
                    }
                };
                vec![Curve { samples, hue: *hue, name: String::new(), dashed: false }]
            }
            Subject::Board(board, measure) => {
                of_contenders(&mut board.change(), |runs, agent| of_points(&runs.curve(agent, *measure), axis))
            }
            Subject::Profiles(board) => {
                of_contenders(&mut board.change(), |runs, agent| of_profile(&runs.profile(agent)))
            }
        }
    }

    fn with_plot<T>(&self, curves: &[Curve], palette: &Palette, use_it: impl FnOnce(&Plot<'_>, Look<'_>) -> T) -> T {
        let optimal = match &self.wish.subject {
            Subject::Run(session, Source::Episodes(Quantity::Return), _) => {
                session.view().started.as_ref().and_then(|started| started.optimal_return)
            }
            Subject::Board(board, Measure::Return) => board.look().optimal_return,
            _ => None,
        };
        let name = optimal.map(text::optimal).unwrap_or_default();
        let marks = match &self.wish.subject {
            Subject::Run(session, ..) => marks(session, self.wish.manner.axis),
            Subject::Board(..) | Subject::Profiles(_) => Vec::new(),
        };
        let newest = curves.iter().filter_map(|curve| curve.samples.last()).map(|it| it.x).fold(0.0, f64::max);
        let lines: Vec<_> = curves.iter().map(|curve| curve.line(palette)).collect();
        let metric = match &self.wish.subject {
            Subject::Run(_, Source::Metric(metric), _) => Some(metric),
            _ => None,
        };
        let mut plot = Plot {
            lines: &lines,
            marks: &marks,
            reference: optimal.map(|level| (level, name.as_str())),
            domain: match &self.wish.subject {
                Subject::Board(board, _) if self.wish.manner.axis == XAxis::Episode => board.look().domain(),
                Subject::Profiles(board) => board.look().score_range(),
                Subject::Run(..) | Subject::Board(..) => None,
            },
            viewport: self.wish.gaze.viewport(),
            log_x: self.wish.manner.is_log_x(newest),
            log_y: self.wish.manner.log_y || metric.is_some_and(|it| it.axis == MetricAxis::Logarithmic),
            robust: self.wish.manner.robust,
            window: self.window(),
            value_range: match &self.wish.subject {
                Subject::Run(..) | Subject::Board(..) => metric.and_then(|it| it.range),
                Subject::Profiles(_) => Some((0.0, 1.0)),
            },
            falls: matches!(self.wish.subject, Subject::Profiles(_)),
            around: if self.wish.subject.board().is_some() { Around::Bands } else { Around::Values },
            pointed: None,
            selection: self.selection,
        };
        plot.pointed = self
            .wish
            .gaze
            .pointed()
            .map(|place| plot.x_axis().share(place))
            .filter(|share| (0.0..=1.0).contains(share));
        use_it(&plot, Look { line: &palette.line, soft: &palette.soft, ink: &palette.ink, card: &palette.card })
    }
}

/// Where a run's agent got other values while it learned, and which.
fn marks(session: &Session, axis: XAxis) -> Vec<(f64, String)> {
    let view = session.view();
    let Some(started) = &view.started else { return Vec::new() };
    let words = |(name, value): (&String, &Value)| {
        let spec = started.agent.parameters.iter().find(|it| it.name == *name);
        let symbol = spec.map(|it| it.symbol.as_str()).filter(|it| !it.is_empty());
        let value = if let Value::Number(number) = value { plain(*number, 4) } else { value.to_string() };
        format!("{} {value}", symbol.unwrap_or(name))
    };
    let changes = started.spec.changes.iter().filter(|it| it.step <= view.status.step.max(view.tuned.1));
    let place = |change: &Change| {
        let words: Vec<_> = change.parameters.iter().map(words).collect();
        Some((place_of_step(&view.episodes, change.step, axis)?, words.join(", ")))
    };
    changes.filter_map(place).collect()
}

/// A curve of every contender, in its colour.
fn of_contenders(runs: &mut Runs, samples: impl Fn(&mut Runs, usize) -> Vec<Sample>) -> Vec<Curve> {
    let names = runs.names.clone();
    let curve = |(agent, (name, hue)): (usize, (String, &Hue))| Curve {
        samples: samples(runs, agent),
        hue: *hue,
        name,
        dashed: agent >= 3,
    };
    names.into_iter().zip(&Hue::CONTENDERS).enumerate().map(curve).collect()
}
