//! What is drawn over the stage: colours, numbers, arrows, the path, and the legend of the colours.

use crate::format::{plain, short};
use crate::language::{Text, translated};
use crate::lesson::control::{FixedControl, use_rules};
use crate::pulse::use_pulse;
use crate::session::Session;
use crate::stage::camera::{seen_from, slice};
use crate::stage::layer::{Paint, StateLayer, layout_in, painted_states, prefers};
use crate::stage::painter::Overlays;
use crate::stage::ramp::Ramp;
use crate::store::RunView;
use crate::text;
use shared::event::Values;
use wasm_bindgen::{Clamped, JsCast as _};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};
use yew::prelude::*;

/// What is drawn over the stage, and who is told when that changes.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct OverlayPanelProps {
    /// The run.
    pub session: Session,
    /// What is switched on.
    pub overlays: Overlays,
    /// Told of what shall be.
    pub on_change: Callback<Overlays>,
}

/// Switches for everything that the stage can show of this run.
#[component]
pub fn OverlayPanel(props: &OverlayPanelProps) -> Html {
    let offer = use_pulse(&props.session, offer);
    let rule = use_rules().part(FixedControl::Overlays);
    if !(offer.values || offer.looks) || !rule.is_shown() {
        return Html::default();
    }
    let overlays = &props.overlays;
    let switch = |label: Text, testid: &'static str, on: bool, next: Overlays| {
        html! {
            <button class="switch" role="switch" aria-checked={on.to_string()} data-testid={testid}
                onclick={props.on_change.reform(move |_| next.clone())}><i></i>{ label }</button>
        }
    };
    let chip = |paint: Paint, label: String, testid: String| {
        let next = Overlays { paint: paint.clone(), ..overlays.clone() };
        html! {
            <button class="chip" role="radio" aria-checked={(overlays.paint == paint).to_string()} data-testid={testid}
                onclick={props.on_change.reform(move |_| next.clone())}>{ label }</button>
        }
    };
    let of_table = [
        (Paint::Values, text::VALUES, "values"),
        (Paint::Visits, text::VISITS, "visits"),
        (Paint::Error, text::TD_ERROR, "error"),
    ];
    let exact = (Paint::Exact, text::EXACT, "exact");
    let difference = (Paint::Difference, text::DIFFERENCE, "difference");
    let mut paints = Vec::new();
    paints.extend(of_table.into_iter().filter(|it| offer.table && (offer.visits || it.0 == Paint::Values)));
    paints.extend([exact].into_iter().filter(|_| offer.solution));
    paints.extend([difference].into_iter().filter(|_| offer.table && offer.solution));
    html! {
        <section class={classes!(rule.class())} aria-label={text::OVERLAYS} data-control="overlays">
            <h2 class="heading">{ text::OVERLAYS }</h2>
            <fieldset class="bare" disabled={rule.is_locked()}>
                if offer.looks {
                    <div class="switches">
                        { switch(text::LOOKS, "show-looks", overlays.looks, Overlays { looks: !overlays.looks, ..overlays.clone() }) }
                    </div>
                }
                if offer.values {
                    <div class="chips" role="radiogroup" aria-label={text::COLOURS_TELL}>
                        { for paints.into_iter().map(|(paint, label, name)| chip(paint, label.into(), format!("paint-{name}"))) }
                        { for offer.overlays.iter().map(|name| chip(Paint::Named(name.clone()), translated(&name.replace('_', " ")).into_owned(), format!("paint-{name}"))) }
                        { chip(Paint::Nothing, text::NOTHING.into(), "paint-nothing".into()) }
                    </div>
                    <Legend session={props.session.clone()} paint={overlays.paint.clone()} />
                    <div class="switches">
                        { switch(text::NUMBERS, "show-numbers", overlays.numbers, Overlays { numbers: !overlays.numbers, ..overlays.clone() }) }
                        { switch(text::BEST_ACTIONS, "show-arrows", overlays.arrows, Overlays { arrows: !overlays.arrows, ..overlays.clone() }) }
                        { switch(if offer.prefers { text::ACTION_PREFERENCES } else { text::ACTION_VALUES }, "show-action-values", overlays.action_values, Overlays { action_values: !overlays.action_values, ..overlays.clone() }) }
                        { switch(text::LAST_PATH, "show-path", overlays.trail, Overlays { trail: !overlays.trail, ..overlays.clone() }) }
                    </div>
                }
            </fieldset>
        </section>
    }
}

#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an offer of its own")]
struct Offer {
    values: bool,
    /// Whether there is a network that sees a board.
    looks: bool,
    /// Whether the agent tells values of states, as far as is known,
    table: bool,
    /// and how often it was in each.
    visits: bool,
    /// Whether what it holds of actions is what it prefers.
    prefers: bool,
    solution: bool,
    overlays: Vec<String>,
}

fn offer(view: &RunView) -> Offer {
    let values = view.values.as_deref();
    let has_network = view.network.as_ref().is_some_and(|it| !it.layers.is_empty());
    Offer {
        values: view.started.as_ref().is_none_or(|started| layout_in(&started.environment, values).is_some()),
        looks: has_network && view.started.as_ref().is_some_and(|it| it.environment.board.is_some()),
        table: !has_network,
        visits: counts_visits(values),
        prefers: values.is_some_and(prefers),
        // Known before the solution comes, so that nothing moves when it does.
        solution: view.solution.is_some()
            || view.started.as_ref().is_none_or(|started| started.optimal_return.is_some()),
        overlays: values.map(|values| values.overlays.keys().cloned().collect()).unwrap_or_default(),
    }
}

/// Whether it is told how often the agent was in each state, as far as is known.
fn counts_visits(values: Option<&Values>) -> bool {
    values.is_none_or(|it| !it.visits.is_empty())
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct LegendProps {
    session: Session,
    paint: Paint,
}

/// What the colours tell and in which unit, the ramp with the numbers at its ends, and how the unknown looks.
#[component]
fn Legend(props: &LegendProps) -> Html {
    let canvas = use_node_ref();
    let ranges = use_pulse(&props.session, |view| PAINTS.map(|paint| range(view, &paint())));
    let named = matches!(props.paint, Paint::Named(_)).then(|| range(&props.session.view(), &props.paint)).flatten();
    let shown =
        PAINTS.iter().position(|paint| paint() == props.paint).and_then(|index| ranges[index].clone()).or(named);
    let ramp = shown.as_ref().map(|(_, _, ramp)| *ramp);
    {
        let canvas = canvas.clone();
        use_effect_with(ramp, move |ramp| {
            if let (Some(canvas), Some(ramp)) = (canvas.cast::<HtmlCanvasElement>(), ramp) {
                draw_ramp(&canvas, *ramp);
            }
        });
    }
    let (title, unit) = legend_title(&props.paint);
    let Some((low, high, _)) = shown else { return html! { <div class="legend"></div> } };
    html! {
        <div class="legend" data-testid="legend" data-value={format!("{low} {high}")} role="group" aria-label={title.clone()}>
            <p><b>{ title }</b>{ " " }<span class="soft" data-testid="legend-unit">{ unit }</span></p>
            <div class="legend-ramp number"><span>{ low }</span><canvas ref={canvas} aria-hidden="true" /><span>{ high }</span></div>
            if !matches!(props.paint, Paint::Exact | Paint::Named(_)) && counts_visits(props.session.view().values.as_deref()) {
                <p class="legend-unknown" data-testid="legend-unknown"><i aria-hidden="true"></i>{ text::NEVER_VISITED }</p>
            }
        </div>
    }
}

/// What a paint tells, and its unit.
fn legend_title(paint: &Paint) -> (String, Text) {
    let (title, unit) = match paint {
        Paint::Nothing => (Text(""), Text("")),
        Paint::Values => (text::STATE_VALUE, text::IN_RETURN),
        Paint::Visits => (text::VISITS, text::IN_VISITS),
        Paint::Error => (text::LAST_TD_ERROR, text::IN_RETURN),
        Paint::Exact => (text::EXACT_STATE_VALUE, text::IN_RETURN),
        Paint::Difference => (text::DIFFERENCE, text::IN_RETURN),
        Paint::Named(name) => return (text::overlay_title(name), Text("")),
    };
    (title.into(), unit)
}

const PAINTS: [fn() -> Paint; 5] =
    [|| Paint::Values, || Paint::Visits, || Paint::Error, || Paint::Exact, || Paint::Difference];

fn range(view: &RunView, paint: &Paint) -> Option<(String, String, Ramp)> {
    let environment = &view.started.as_ref()?.environment;
    let frame = view.frame.as_ref()?;
    let layout = slice(layout_in(environment, view.values.as_deref())?, seen_from(frame));
    let shown = painted_states(environment, &layout, &frame.scene, view.solution.as_deref());
    let data = (view.values.as_deref(), view.solution.as_deref());
    let layer = StateLayer::of(paint, environment, data, &shown, &view.scales)?;
    let is_empty = layer.low == layer.high;
    let label = |value: f64| match value.abs() {
        _ if is_empty => "–".to_owned(),
        size if size >= 1_000.0 => short(value),
        _ => plain(value, 3),
    };
    Some((label(layer.low), label(layer.high), layer.ramp))
}

fn draw_ramp(canvas: &HtmlCanvasElement, ramp: Ramp) {
    canvas.set_width(256);
    canvas.set_height(1);
    let pixels: Vec<u8> = (0..256u32)
        .flat_map(|index| {
            let [red, green, blue] = ramp.colour(f64::from(index) / 255.0);
            [red, green, blue, 255]
        })
        .collect();
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), 256, 1);
    let context = canvas.get_context("2d").ok().flatten().and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
    if let (Some(context), Ok(image)) = (context, image) {
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}
