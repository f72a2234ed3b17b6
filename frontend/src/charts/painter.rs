//! The painter of one chart: draws when something changed, answers the pointer, makes files.

use super::shared_viewport::{ChartManner, SharedViewport};
use super::subject::{ChartSetting, ChartSubject, DrawnCurve};
use super::surface::CanvasSurface;
use crate::canvas_size::{CanvasSize, device_ratio};
use crate::stage::palette::ScenePalette;
use crate::text;
use crate::theme;
use plot::{Align, Axis, ChartColours, ChartReading, OmittedSamples, Plot, Surface, SvgSurface, Viewport, field};
use std::cell::{Cell, Ref, RefCell};
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

/// What a chart is asked to show.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartContent {
    /// What.
    pub subject: ChartSubject,
    /// How.
    pub manner: ChartManner,
    /// Where.
    pub viewport: SharedViewport,
}

/// What the heading of a chart says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChartFigures {
    /// The newest smooth value.
    pub newest: Option<f64>,
    /// What is pointed at.
    pub reading: Option<ChartReading>,
    /// Values that are gaps.
    pub left_out: OmittedSamples,
}

/// Keeps one canvas showing curves.
#[derive(Debug)]
pub struct ChartPainter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    size: CanvasSize,
    content: ChartContent,
    /// The curves, and the revision of the subject that they are up to.
    curves: RefCell<Vec<DrawnCurve>>,
    followed: Cell<Option<u64>>,
    drawn: Option<(u64, u64, u64, (u32, u32))>,
    drawn_at: f64,
    selection: Option<(f64, f64)>,
}

impl ChartPainter {
    /// A painter for a canvas.
    pub fn new(canvas: HtmlCanvasElement, content: ChartContent) -> Option<Self> {
        let context = canvas.get_context("2d").ok().flatten()?.dyn_into().ok()?;
        let size = CanvasSize::watch(&canvas);
        let (curves, followed) = (RefCell::default(), Cell::default());
        Some(Self { canvas, context, size, content, curves, followed, drawn: None, drawn_at: 0.0, selection: None })
    }

    /// Asks for something else.
    pub fn show(&mut self, content: ChartContent) {
        if self.content != content {
            self.content = content;
            (self.drawn, self.curves, self.followed) = (None, RefCell::default(), Cell::default());
        }
    }

    /// Shows a part as being selected, in shares of the width.
    pub fn select(&mut self, selection: Option<(f64, f64)>) {
        self.selection = selection;
        self.drawn = None;
    }

    /// Draws if anything changed, and then tells what the heading should say.
    pub fn draw(&mut self, now: f64) -> Option<ChartFigures> {
        let ratio = device_ratio();
        let size = self.size.get();
        let pixels = ((size.0 * ratio).round() as u32, (size.1 * ratio).round() as u32);
        let revision = self.content.subject.get().revision();
        let mark = (revision, theme::generation(), self.content.viewport.changes(), pixels);
        if pixels.0 == 0 || self.drawn == Some(mark) {
            return None;
        }
        let only_newer =
            self.drawn.is_some_and(|(_, theme, viewport, size)| (theme, viewport, size) == (mark.1, mark.2, mark.3));
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

        let palette = ScenePalette::present();
        let mut surface = CanvasSurface { context: &self.context, letters: &palette.letters };
        let (curves, setting) = self.drawn_now();
        let (reading, mut left_out) = self.with_plot(&curves, &setting, &palette, |plot, look| {
            (plot.draw(&mut surface, look, size), plot.left_out())
        });
        if let Some(not_finite) = setting.not_finite {
            left_out.not_finite = not_finite as usize;
        }
        let newest = match curves.as_slice() {
            [only] => only.curve.smooth().last().copied(),
            _ => None,
        };
        Some(ChartFigures { newest, reading, left_out })
    }

    /// The place on the plot as a share of its width, under a share of the whole canvas.
    pub fn share_at(&self, across: f64) -> f64 {
        let whole = self.size.get().0;
        let (left, _, width, _) = field((whole, 1.0));
        ((across * whole - left) / width).clamp(0.0, 1.0)
    }

    /// The value of the horizontal axis at a share of the plot's width.
    pub fn place_at(&self, share: f64) -> f64 {
        let (curves, setting) = self.drawn_now();
        self.with_plot(&curves, &setting, &ScenePalette::default(), |plot, _| plot.x_axis().value(share))
    }

    /// Changes the part that is looked at, given the present axis and the range of the data.
    pub fn look(&self, change: impl FnOnce(&mut Viewport, Axis, (f64, f64))) {
        let (curves, setting) = self.drawn_now();
        let (axis, data) =
            self.with_plot(&curves, &setting, &ScenePalette::default(), |plot, _| (plot.x_axis(), plot.data_range()));
        self.content.viewport.look(|viewport| change(viewport, axis, data));
    }

    /// All samples as comma-separated values.
    pub fn csv(&self) -> String {
        self.content.subject.get().csv(self.content.manner)
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
        let palette = ScenePalette::present();
        let mut surface = CanvasSurface { context: &context, letters: &palette.letters };
        self.frame(&mut surface, title, size);
        context.translate(0.0, HEAD).ok()?;
        self.draw_whole(&mut surface, size);
        canvas.to_data_url().ok()
    }

    /// What stands around the plot in a file.
    fn frame(&self, surface: &mut dyn Surface, title: &str, (width, height): (f64, f64)) {
        let palette = ScenePalette::present();
        let (left, ..) = field((width, height));
        let manner = self.content.manner;
        let axis = self.content.subject.get().setting(manner.axis).x_name.unwrap_or(manner.axis.name());
        surface.area((0.0, 0.0), (width, height + HEAD + FOOT), &palette.card, 1.0);
        surface.text(title, (left, HEAD - 13.0), 13.0, &palette.ink, Align::Left);
        let below = height + HEAD + 7.0;
        surface.text(axis, (width - 8.0, below), 10.5, &palette.soft, Align::Right);
        let source = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
        // What determines a run may be longer than the chart is wide; the place is named then.
        let source = if source.len() > MOST_SOURCE { source.split('?').next().unwrap_or_default() } else { &source };
        surface.text(source, (left, below + 13.0), 9.0, &palette.soft, Align::Left);
    }

    /// The plot without what the pointer does to it.
    fn draw_whole(&self, surface: &mut dyn Surface, size: (f64, f64)) {
        let (curves, setting) = self.drawn_now();
        self.with_plot(&curves, &setting, &ScenePalette::present(), |plot, look| {
            Plot { pointed: None, selection: None, ..*plot }.draw(surface, look, size)
        });
    }

    /// The curves as they are now, and how they are drawn.
    fn drawn_now(&self) -> (Ref<'_, Vec<DrawnCurve>>, ChartSetting) {
        let (subject, manner) = (self.content.subject.get(), self.content.manner);
        let (revision, setting) = (Some(subject.revision()), subject.setting(manner.axis));
        if self.followed.replace(revision) != revision {
            subject.follow(manner.axis, setting.window(manner), &mut self.curves.borrow_mut());
        }
        (self.curves.borrow(), setting)
    }

    fn with_plot<T>(
        &self,
        curves: &[DrawnCurve],
        setting: &ChartSetting,
        palette: &ScenePalette,
        use_it: impl FnOnce(&Plot<'_>, ChartColours<'_>) -> T,
    ) -> T {
        let manner = self.content.manner;
        let name = setting.optimal.map(text::optimal).unwrap_or_default();
        let newest = curves.iter().filter_map(|curve| curve.curve.samples().last()).map(|it| it.x).fold(0.0, f64::max);
        let lines: Vec<_> = curves.iter().map(|curve| curve.line(palette)).collect();
        let mut plot = Plot {
            lines: &lines,
            marks: &setting.marks,
            reference: setting.optimal.map(|level| (level, name.as_str())),
            domain: setting.domain,
            viewport: self.content.viewport.get(),
            log_x: manner.is_log_x(newest),
            log_y: manner.log_y || setting.log_y,
            robust: manner.robust,
            value_range: setting.value_range,
            falls: setting.falls,
            around: setting.around,
            pointed: None,
            selection: self.selection,
        };
        plot.pointed = self
            .content
            .viewport
            .pointed()
            .map(|place| plot.x_axis().share(place))
            .filter(|share| (0.0..=1.0).contains(share));
        use_it(&plot, ChartColours { line: &palette.line, soft: &palette.soft, ink: &palette.ink, card: &palette.card })
    }
}
