//! The network panel: what the network makes of the present observation, and its layers as pictures to point at.

use crate::canvas_size::share_under;
use crate::format::{count, fixed, plain};
use crate::language::told;
use crate::pulse::use_pulse;
use crate::session::Session;
use crate::stage::ramp::Ramp;
use crate::store::ValueTrack;
use crate::text;
use shared::describe::EnvironmentDescription;
use shared::network::{Decision, LayerView, NetworkView, Preference};
use std::rc::Rc;
use wasm_bindgen::{Clamped, JsCast as _};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};
use yew::prelude::*;

/// Entries of the observation that are listed, those that count most first.
const MOST_ENTRIES: usize = 6;

/// Actions that are listed one by one.
const MOST_ACTIONS: usize = 12;

/// Whose network.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct NetworkPanelProps {
    /// The run.
    pub session: Session,
}

/// A weight that is pointed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PointedWeight {
    layer: usize,
    row: usize,
    column: usize,
}

/// The panel; without a network what actions are worth, where the agent tells, or nothing.
#[component]
pub fn NetworkPanel(props: &NetworkPanelProps) -> Html {
    let _step = use_pulse(&props.session, |view| (view.epoch, view.network.as_ref().map(|it| it.step), view.revision));
    let pointed = use_state(|| None::<PointedWeight>);
    let (network, track, started) = {
        let view = props.session.view();
        (view.network.clone(), view.value_track.clone(), view.started.clone())
    };
    let (Some(network), Some(started)) = (network, started) else { return Html::default() };
    let environment = &started.environment;
    let on_point = {
        let pointed = pointed.clone();
        Callback::from(move |place: Option<PointedWeight>| pointed.set(place))
    };
    if network.layers.is_empty() {
        return html! {
            <section class="network" aria-label={text::VALUES_NOW} data-testid="network" data-step={network.step.to_string()}>
                { decision(&network.decision, environment) }
                { value(&network.decision, &track) }
            </section>
        };
    }
    let told = pointed.and_then(|place| words_of(&network, environment, place));
    html! {
        <section class="network" aria-label={text::NETWORK} data-testid="network" data-step={network.step.to_string()}>
            <h2 class="heading">{ text::NETWORK }<span class="soft number">{ text::parameters(&count(network.parameters())) }</span></h2>
            { decision(&network.decision, environment) }
            { value(&network.decision, &track) }
            { looks_at(&network.decision, environment) }
            { for (0..network.layers.len()).map(|layer| html! {
                <LayerPicture key={layer} network={Rc::clone(&network)} {layer} on_point={on_point.clone()} />
            }) }
            <p class="inspect-note number" aria-live="polite" data-testid="network-note">{ told.unwrap_or_else(|| text::POINT_AT_A_WEIGHT.into()) }</p>
        </section>
    }
}

/// A bar between two shares of its room.
fn bar(from: f64, to: f64, is_best: bool) -> Html {
    let (left, right) = (from.min(to).clamp(0.0, 1.0), from.max(to).clamp(0.0, 1.0));
    let style = format!("left:{:.1}%;width:{:.1}%", left * 100.0, (right - left) * 100.0);
    html! { <span class={classes!("bar", is_best.then_some("best"))}><i {style}></i></span> }
}

/// What is preferred now: a bar an action, or an entry of the box.
fn decision(decision: &Decision, environment: &EnvironmentDescription) -> Html {
    let numbers: Vec<f64> = decision.preferences.iter().map(|it| f64::from(*it)).collect();
    let finite = || numbers.iter().copied().filter(|it| it.is_finite());
    let best = finite().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = finite().fold((0.0_f64, 0.0_f64), |(low, high), it| (low.min(it), high.max(it)));
    let share = |value: f64| (value - low) / (high - low).max(1e-9);
    let row = |(index, value): (usize, f64)| {
        let entry = environment.controls.get(index);
        let name = match (decision.preference, entry) {
            (Preference::Mean, Some(entry)) => told(&entry.name),
            _ => environment.actions.get(index).map_or_else(|| index.to_string().into(), |it| told(&it.name)),
        };
        let is_best = decision.preference != Preference::Mean && value >= best;
        let (picture, number) = match (decision.preference, entry) {
            (Preference::Probability, _) => (bar(0.0, value, is_best), text::percent(value)),
            (Preference::Mean, Some(entry)) => {
                let spread = decision.deviations.get(index).map_or(0.0, |it| f64::from(*it));
                let share = |it: f64| (it - f64::from(entry.low)) / f64::from(entry.high - entry.low).max(1e-9);
                (bar(share(value - spread), share(value + spread), true), text::mean_and_spread(value, spread))
            }
            _ if value.is_finite() => (bar(share(0.0), share(value), is_best), fixed(value, 2)),
            _ => (bar(0.0, 0.0, false), "–".to_owned()),
        };
        (is_best, name, picture, number)
    };
    let mut rows: Vec<_> = numbers.iter().copied().enumerate().collect();
    if rows.len() > MOST_ACTIONS {
        greatest_first(&mut rows, |value| value);
        rows.retain(|it| it.1.is_finite());
        rows.truncate(MOST_ACTIONS);
    }
    let title = match decision.preference {
        Preference::Probability => text::ACTION_PROBABILITIES,
        Preference::ActionValue => text::VALUES_NOW,
        Preference::Mean => text::MEAN_ACTION,
    };
    html! {
        <table class="inspect preferences number" data-testid="network-decision">
            <caption class="soft">{ title }</caption>
            <tbody>{ for rows.into_iter().map(row).map(|(is_best, name, picture, number)| html! {
                <tr class={classes!(is_best.then_some("best"))}><th scope="row">{ name }</th><td>{ picture }</td><td>{ number }</td></tr>
            }) }</tbody>
        </table>
    }
}

/// The value estimate, and how it went along the episode.
fn value(decision: &Decision, track: &ValueTrack) -> Html {
    let Some(value) = decision.value else { return Html::default() };
    html! {
        <p class="network-value number" data-testid="network-value" data-value={value.to_string()}>
            <span class="soft">{ text::VALUE_ESTIMATE }</span><b>{ fixed(value, 2) }</b>
            if let Some(line) = track.line() {
                <svg viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={text::VALUE_ALONG_THE_EPISODE}>
                    <polyline points={line} fill="none" vector-effect="non-scaling-stroke" />
                </svg>
            }
        </p>
    }
}

/// Puts numbered values in order by what `size` makes of them.
fn greatest_first(values: &mut [(usize, f64)], size: fn(f64) -> f64) {
    values.sort_by(|one, other| size(other.1).total_cmp(&size(one.1)));
}

/// The entries of the observation on which the preferred action depends most.
fn looks_at(decision: &Decision, environment: &EnvironmentDescription) -> Html {
    let mut entries: Vec<(usize, f64)> = decision.saliency.iter().map(|it| f64::from(*it)).enumerate().collect();
    greatest_first(&mut entries, f64::abs);
    let largest = entries.first().map_or(0.0, |it| it.1.abs());
    if largest == 0.0 || !largest.is_finite() {
        return Html::default();
    }
    entries.truncate(MOST_ENTRIES);
    let row = |(index, slope): (usize, f64)| {
        let name = environment.observation.get(index).map_or_else(|| index.to_string().into(), |it| told(&it.name));
        let seen = decision.observation.get(index).map_or(f64::NAN, |it| f64::from(*it));
        let share = 0.5 + 0.5 * slope / largest;
        html! {
            <tr><th scope="row">{ name }</th><td>{ bar(0.5, share, false) }</td><td>{ plain(seen, 3) }</td></tr>
        }
    };
    html! {
        <table class="inspect preferences number" data-testid="network-saliency">
            <caption class="soft">{ text::DEPENDS_ON }</caption>
            <tbody>{ for entries.into_iter().map(row) }</tbody>
        </table>
    }
}

/// One layer.
#[derive(Clone, PartialEq, Properties)]
struct LayerProps {
    network: Rc<NetworkView>,
    layer: usize,
    on_point: Callback<Option<PointedWeight>>,
}

/// Weights, a row an input and a column a unit, and under them what every unit gives now.
#[component]
fn LayerPicture(props: &LayerProps) -> Html {
    let (weights, activations) = (use_node_ref(), use_node_ref());
    {
        let (weights, activations) = (weights.clone(), activations.clone());
        use_effect_with((Rc::clone(&props.network), props.layer), move |(network, layer)| {
            if let Some(layer) = network.layers.get(*layer) {
                paint_weights(&weights, layer);
                paint_activations(&activations, layer);
            }
        });
    }
    let Some(layer) = props.network.layers.get(props.layer) else { return Html::default() };
    let (rows, columns) = (usize::from(layer.rows), usize::from(layer.columns));
    let point = {
        let (number, on_point) = (props.layer, props.on_point.clone());
        Callback::from(move |event: PointerEvent| {
            let Some(canvas) = event.target_dyn_into::<HtmlCanvasElement>() else { return };
            let (x, y) = share_under(&canvas, &event);
            let cell =
                |share: f64, cells: usize| ((share * cells as f64).max(0.0) as usize).min(cells.saturating_sub(1));
            on_point.emit(Some(PointedWeight { layer: number, row: cell(y, rows), column: cell(x, columns) }));
        })
    };
    let leave = props.on_point.reform(|_: PointerEvent| None);
    let height = (rows * 4).clamp(20, 96);
    html! {
        <figure class="network-layer" data-testid="network-layer" data-name={layer.name.clone()}>
            <figcaption>
                <b>{ layer.name.clone() }</b>
                <span class="soft number">{ text::layer_shape(layer.inputs, layer.units) }</span>
                if layer.dead_units > 0 {
                    <span class="network-dead number" title={text::DEAD_UNITS_HELP}>{ text::dead_units(layer.dead_units) }</span>
                }
                <span class="soft number" title={text::GRADIENT_HELP}>{ text::gradient(&plain(layer.gradient_norm, 2)) }</span>
            </figcaption>
            if rows > 0 {
                <canvas ref={weights} class="network-weights" style={format!("height:{height}px")} role="img"
                    aria-label={text::weights_of(&layer.name, layer.inputs, layer.units)} onpointermove={point} onpointerleave={leave} />
            }
            <canvas ref={activations} class="network-activations" role="img" aria-label={text::activations_of(&layer.name)} />
        </figure>
    }
}

fn paint_weights(canvas: &NodeRef, layer: &LayerView) {
    let shades = layer.weights.iter().map(|shade| (f64::from(*shade) - 1.0) / 254.0);
    paint(canvas, usize::from(layer.columns), shades);
}

fn paint_activations(canvas: &NodeRef, layer: &LayerView) {
    let largest = layer.activations.iter().fold(0.0_f32, |largest, it| largest.max(it.abs())).max(1e-6);
    let shades = layer.activations.iter().map(|it| 0.5 + 0.5 * f64::from(*it / largest));
    paint(canvas, layer.activations.len(), shades);
}

/// One pixel a number, 0 to 1 in the diverging colours; the style sheet makes them large.
fn paint(canvas: &NodeRef, columns: usize, shares: impl Iterator<Item = f64>) {
    let pixels: Vec<u8> = shares
        .flat_map(|share| {
            let [red, green, blue] = Ramp::Diverging.colour(share);
            [red, green, blue, 255]
        })
        .collect();
    let Some(canvas) = canvas.cast::<HtmlCanvasElement>().filter(|_| columns > 0 && !pixels.is_empty()) else { return };
    let rows = pixels.len() / 4 / columns;
    canvas.set_width(columns as u32);
    canvas.set_height(rows as u32);
    let context = canvas.get_context("2d").ok().flatten().and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
    let image = ImageData::new_with_u8_clamped_array(Clamped(&pixels), columns as u32);
    if let (Some(context), Ok(image)) = (context, image) {
        // A canvas that cannot be drawn on stays empty; the numbers stand beside it.
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}

/// A weight in words: from where to where, how large, and what its unit gives now.
fn words_of(network: &NetworkView, environment: &EnvironmentDescription, place: PointedWeight) -> Option<String> {
    let layer = network.layers.get(place.layer)?;
    let weight = f64::from(layer.weight(place.row, place.column)?);
    let of = |cell: usize, cells: u16, all: u32| cell * all as usize / usize::from(cells).max(1);
    let (input, unit) = (of(place.row, layer.rows, layer.inputs), of(place.column, layer.columns, layer.units));
    let is_first = layer.inputs as usize == environment.observation.len() && place.layer == 0;
    let from = environment.observation.get(input).filter(|_| is_first);
    let from = from.map_or_else(|| text::input(input).into(), |it| told(&it.name));
    let is_grouped = u32::from(layer.rows) < layer.inputs || u32::from(layer.columns) < layer.units;
    let gives = layer.activations.get(unit).map(|it| fixed(f64::from(*it), 3));
    Some(text::weight(&from, unit, &fixed(weight, 3), gives.as_deref(), is_grouped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::describe::ObservationDescription;

    fn network() -> NetworkView {
        let mut layer = LayerView {
            name: "trunk.0".into(),
            inputs: 2,
            units: 3,
            parameters: 9,
            rows: 0,
            columns: 0,
            weights: vec![].into(),
            largest: 0.0,
            activations: vec![0.25, -1.0, 0.0].into(),
            dead_units: 1,
            gradient_norm: 0.5,
        };
        layer.draw(&[0.5, -1.0, 0.0, 2.0, -2.0, 0.25]);
        let decision = Decision {
            preference: Preference::Probability,
            preferences: vec![0.25, 0.75].into(),
            deviations: vec![].into(),
            value: Some(3.0),
            observation: vec![0.0, 1.0].into(),
            saliency: vec![0.5, -0.25].into(),
        };
        NetworkView { step: 7, layers: vec![layer], decision }
    }

    #[test]
    fn a_weight_is_told_with_the_entry_that_it_weighs() {
        let names = ["position", "speed"];
        let observation = names.map(|name| ObservationDescription::new(name, -1.0, 1.0)).to_vec();
        let environment = EnvironmentDescription { observation, ..EnvironmentDescription::default() };
        let told = words_of(&network(), &environment, PointedWeight { layer: 0, row: 1, column: 1 }).unwrap();
        assert_eq!(told, "speed → unit 1: weight \u{2212}2.000; the unit gives \u{2212}1.000");
        assert_eq!(words_of(&network(), &environment, PointedWeight { layer: 1, row: 0, column: 0 }), None);
    }
}
