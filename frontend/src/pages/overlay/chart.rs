//! One chart of many runs. All charts of the place are pointed at together.

use crate::canvas_size::{CanvasSize, device_ratio, share_under};
use crate::charts::subject::Hue;
use crate::charts::surface::CanvasSurface;
use crate::format::{plain, short};
use crate::frame_loop::each_frame;
use crate::stage::palette::ScenePalette;
use crate::text;
use crate::theme;
use plot::{ChartColours, CurvePyramid, Line, Plot, Sample, SpreadKind, Viewport, field};
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};
use yew::prelude::*;

/// A curve.
#[derive(Clone, Debug, PartialEq)]
pub struct OverlayCurve {
    /// Its name.
    pub name: String,
    /// Its place among all, which says its colour.
    pub place: usize,
    /// Its samples.
    pub samples: Vec<Sample>,
}

/// The colour of a place, and whether it is dashed: so that colour alone tells nothing apart.
pub fn look_of(place: usize) -> (Hue, bool) {
    let hues = &Hue::CONTENDERS[..6];
    (hues[place % hues.len()], (place / hues.len()) % 2 == 1)
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct OverlayChartProps {
    /// Its title.
    pub title: AttrValue,
    /// Its name for automation.
    pub name: AttrValue,
    /// The curves, as smooth as they are to be.
    pub curves: Rc<Vec<OverlayCurve>>,
    /// Whether samples tell how far the runs of a group are apart.
    pub bands: bool,
    /// Logarithmic vertical axis.
    pub log_y: bool,
    /// A level to compare with.
    pub reference: Option<f64>,
    /// The place on the horizontal axis that is pointed at, in all charts.
    pub pointed: Option<f64>,
    /// Told where the pointer is.
    pub on_point: Callback<Option<f64>>,
    /// The curve that stands out.
    pub outstanding: Option<usize>,
}

/// Keeps a canvas showing the curves.
struct CurvePainter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    size: CanvasSize,
    props: OverlayChartProps,
    drawn: Option<(u64, (u32, u32))>,
}

impl CurvePainter {
    fn new(canvas: HtmlCanvasElement, props: OverlayChartProps) -> Option<Self> {
        let context = canvas.get_context("2d").ok().flatten()?.dyn_into().ok()?;
        let size = CanvasSize::watch(&canvas);
        Some(Self { canvas, context, size, props, drawn: None })
    }

    /// What is plotted, in these colours.
    fn with_plot<T>(&self, palette: &ScenePalette, use_it: impl FnOnce(&Plot<'_>) -> T) -> T {
        let props = &self.props;
        let stands_out = |curve: &OverlayCurve| props.outstanding.is_none_or(|it| it == curve.place);
        let mut curves: Vec<&OverlayCurve> = props.curves.iter().collect();
        // The one that stands out lies over the others.
        curves.sort_by_key(|curve| stands_out(curve));
        let pyramid = |curve: &&OverlayCurve| CurvePyramid::of(curve.samples.iter().copied(), 1.0);
        let pyramids: Vec<_> = curves.iter().map(pyramid).collect();
        let lines: Vec<_> = curves
            .iter()
            .zip(&pyramids)
            .map(|(curve, pyramid)| {
                let (hue, dashed) = look_of(curve.place);
                let colour = if stands_out(curve) { hue.of(palette) } else { &palette.line };
                Line { curve: pyramid, colour, name: "", dashed }
            })
            .collect();
        let name = props.reference.map(text::optimal).unwrap_or_default();
        let mut plot = Plot {
            lines: &lines,
            marks: &[],
            reference: props.reference.map(|level| (level, name.as_str())),
            domain: None,
            viewport: Viewport::default(),
            log_x: false,
            log_y: props.log_y,
            robust: true,
            value_range: None,
            falls: false,
            around: if props.bands { SpreadKind::Bands } else { SpreadKind::Values },
            pointed: None,
            selection: None,
        };
        let share = props.pointed.map(|place| plot.x_axis().share(place));
        plot.pointed = share.filter(|share| (0.0..=1.0).contains(share));
        use_it(&plot)
    }

    /// Draws if anything changed.
    fn draw(&mut self) {
        let (ratio, size) = (device_ratio(), self.size.get());
        let pixels = ((size.0 * ratio).round() as u32, (size.1 * ratio).round() as u32);
        let mark = (theme::generation(), pixels);
        if pixels.0 == 0 || self.drawn == Some(mark) {
            return;
        }
        self.drawn = Some(mark);
        if (self.canvas.width(), self.canvas.height()) != pixels {
            self.canvas.set_width(pixels.0);
            self.canvas.set_height(pixels.1);
        }
        let _ = self.context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        self.context.clear_rect(0.0, 0.0, size.0, size.1);
        let palette = ScenePalette::present();
        let mut surface = CanvasSurface { context: &self.context, letters: &palette.letters };
        let look = ChartColours { line: &palette.line, soft: &palette.soft, ink: &palette.ink, card: &palette.card };
        self.with_plot(&palette, |plot| plot.draw(&mut surface, look, size));
    }

    /// The place on the horizontal axis under a share of the canvas' width.
    fn place_at(&self, across: f64) -> f64 {
        let whole = self.size.get().0;
        let (left, _, width, _) = field((whole, 1.0));
        let share = ((across * whole - left) / width).clamp(0.0, 1.0);
        self.with_plot(&ScenePalette::default(), |plot| plot.x_axis().value(share))
    }
}

/// The chart.
#[component]
pub fn OverlayChart(props: &OverlayChartProps) -> Html {
    let canvas = use_node_ref();
    let painter = use_mut_ref(|| None::<CurvePainter>);
    if let Some(painter) = painter.borrow_mut().as_mut()
        && painter.props != *props
    {
        painter.props = props.clone();
        painter.drawn = None;
    }
    {
        let (canvas, painter, props) = (canvas.clone(), Rc::clone(&painter), props.clone());
        use_effect_with((), move |()| {
            *painter.borrow_mut() = canvas.cast::<HtmlCanvasElement>().and_then(|it| CurvePainter::new(it, props));
            let guard = each_frame(move |_| {
                if let Some(painter) = painter.borrow_mut().as_mut() {
                    painter.draw();
                }
            });
            move || drop(guard)
        });
    }
    let point = {
        let (canvas, painter, on_point) = (canvas.clone(), Rc::clone(&painter), props.on_point.clone());
        move |event: PointerEvent| {
            let Some(element) = canvas.cast::<Element>() else { return };
            let place = painter.borrow().as_ref().map(|it| it.place_at(share_under(&element, &event).0));
            on_point.emit(place);
        }
    };
    let testid = format!("overlay-{}", props.name);
    html! {
        <section class="card chart" data-testid={testid} data-value={props.curves.len().to_string()} aria-label={props.title.clone()}>
            <header><h3 title={props.title.clone()}>{ props.title.clone() }</h3></header>
            <div class="plot">
                <canvas ref={canvas} role="img" aria-label={text::chart_words(&props.title)} onpointermove={point}
                    onpointerleave={props.on_point.reform(|_: PointerEvent| None)} />
            </div>
            { reading(props) }
        </section>
    }
}

/// The values under the pointer, the greatest first.
fn reading(props: &OverlayChartProps) -> Html {
    let Some(place) = props.pointed else { return Html::default() };
    let mut read: Vec<(usize, &str, f64)> = props
        .curves
        .iter()
        .filter_map(|curve| Some((curve.place, curve.name.as_str(), value_at(&curve.samples, place)?)))
        .collect();
    read.sort_by(|one, other| other.2.total_cmp(&one.2));
    html! {
        <ol class="reading number">
            <li class="soft">{ short(place) }</li>
            { for read.iter().map(|(place, name, value)| html! {
                <li><i class={swatch(*place)}></i><b>{ plain(*value, 4) }</b>{ " " }{ (*name).to_owned() }</li>
            }) }
        </ol>
    }
}

/// The class of a curve's swatch.
pub fn swatch(place: usize) -> Classes {
    let (hue, dashed) = look_of(place);
    let hues = [Hue::Moss, Hue::Amber, Hue::Blue, Hue::Plum, Hue::Rust, Hue::Ink];
    let number = hues.iter().position(|it| *it == hue).unwrap_or_default();
    classes!("swatch", format!("tint-{number}"), dashed.then_some("dashed"))
}

/// The value of the sample that is nearest to a place; nothing before the first or behind the last.
fn value_at(samples: &[Sample], place: f64) -> Option<f64> {
    let (first, last) = (samples.first()?, samples.last()?);
    if place < first.x || place > last.x {
        return None;
    }
    let next = samples.partition_point(|it| it.x < place).min(samples.len() - 1);
    let nearer_before = next > 0 && place - samples[next - 1].x < samples[next].x - place;
    let nearest = if nearer_before { next - 1 } else { next };
    Some(samples[nearest].mean).filter(|it| it.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_under_the_pointer_is_that_of_the_nearest_sample() {
        let samples: Vec<_> = [(0.0, 1.0), (10.0, 3.0), (20.0, 5.0)]
            .map(|(x, mean)| Sample { x, low: mean, mean, high: mean, count: 1.0 })
            .to_vec();
        let read = |place| value_at(&samples, place);
        assert_eq!(
            [-1.0, 0.0, 4.0, 6.0, 20.0, 21.0].map(read),
            [None, Some(1.0), Some(1.0), Some(3.0), Some(5.0), None]
        );
        assert_eq!(value_at(&[], 0.0), None);
    }

    #[test]
    fn the_first_dozen_curves_look_different() {
        let looks: Vec<_> = (0..12).map(look_of).collect();
        for (place, look) in looks.iter().enumerate() {
            assert!(!looks[..place].contains(look), "{place}");
        }
    }
}
