//! A sparkline: the returns of a run without axes.

use crate::charts::sample::{Quantity, XAxis, of_episodes};
use crate::frame_loop::each_frame;
use crate::session::Session;
use crate::stage::palette::ScenePalette;
use crate::theme;
use plot::CurvePyramid;
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};
use yew::prelude::*;

/// Sparklines are drawn this often at most, in milliseconds.
const PAUSE_MILLIS: f64 = 250.0;

/// Number of episodes that the curve averages.
const WINDOW: f64 = 50.0;

/// Whose curve.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct SparkProps {
    /// The run.
    pub session: Session,
}

/// The curve.
#[component]
pub fn Spark(props: &SparkProps) -> Html {
    let canvas = use_node_ref();
    {
        let canvas = canvas.clone();
        use_effect_with(props.session.clone(), move |session| {
            let session = session.clone();
            let mut drawn = None;
            let mut drawn_at = 0.0;
            let guard = each_frame(move |now| {
                let mark = (session.view().revision, theme::generation());
                if drawn != Some(mark) && now - drawn_at >= PAUSE_MILLIS {
                    (drawn, drawn_at) = (Some(mark), now);
                    if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
                        draw(&canvas, &session);
                    }
                }
            });
            move || drop(guard)
        });
    }
    html! { <canvas ref={canvas} aria-hidden="true" /> }
}

fn draw(canvas: &HtmlCanvasElement, session: &Session) {
    let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    canvas.set_width((width * ratio) as u32);
    canvas.set_height((height * ratio) as u32);
    let context = canvas.get_context("2d").ok().flatten().and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
    let Some(context) = context else { return };
    let curve = CurvePyramid::of(of_episodes(&session.view().episodes, Quantity::Return, XAxis::Episode), WINDOW);
    let (samples, smooth) = (curve.samples(), curve.smooth());
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return };
    let low = smooth.iter().copied().fold(f64::INFINITY, f64::min);
    let high = smooth.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = (high - low).max(1e-9);
    let factor = libm::log(last.x / first.x.max(1.0)).max(1e-9);
    let place = |x: f64| libm::log(x / first.x.max(1.0)) / factor * (width - 8.0);
    let points: Vec<_> = curve
        .columns(0..samples.len(), place)
        .into_iter()
        .map(|it| (f64::from(it.pixel) + 3.0, 5.0 + (1.0 - (it.smooth - low) / span) * (height - 10.0)))
        .collect();
    let palette = ScenePalette::present();
    let _ = context.scale(ratio, ratio);
    context.set_stroke_style_str(&palette.moss);
    context.set_line_width(2.0);
    context.set_line_join("round");
    context.begin_path();
    for (x, y) in &points {
        context.line_to(*x, *y);
    }
    context.stroke();
    if let Some((x, y)) = points.last() {
        context.set_fill_style_str(&palette.moss);
        context.begin_path();
        let _ = context.arc(*x, *y, 3.0, 0.0, std::f64::consts::TAU);
        context.fill();
    }
}
