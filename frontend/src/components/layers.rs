//! The field of a text that lists the layers of a network: a row a layer, with its numbers, its shape and its parameters.

use super::field::{FieldProps, TextField, enter, label, use_typed};
use super::icons::{Symbol, icon};
use super::network_shape::NetworkShape;
use crate::format::count;
use crate::language::{Text, told};
use crate::text;
use shared::parameter::{LayerList, LayerNumber, ParameterSpec, Value};
use std::rc::Rc;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

/// Above this a number goes through the powers of two, step by step.
const FEW: u32 = 64;

/// A layer that there was none before.
const FIRST: [u32; 3] = [16, 3, 1];

/// A list of layers.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct LayersFieldProps {
    /// The text.
    pub field: FieldProps,
    /// What it lists.
    pub list: LayerList,
    /// The network that it is part of, where that is known.
    pub network: Option<Rc<NetworkShape>>,
    /// Whether the whole network is told below it.
    pub sums_up: bool,
}

/// The rows; the bare text where it lists no layers.
#[component]
pub fn LayersField(props: &LayersFieldProps) -> Html {
    let LayersFieldProps { field, list, network, sums_up } = props;
    let add_button = use_node_ref();
    let written = field.value.to_string();
    let Ok(layers) = list.read(&written) else { return html! { <TextField ..field.clone() /> } };
    let name = field.spec.name.as_str();
    let change = {
        let on_change = field.on_change.clone();
        move |layers: &[Vec<u32>]| on_change.emit(Value::Text(LayerList::write(layers)))
    };
    let is_full = layers.len() >= list.most_layers as usize;
    let add = {
        let (layers, change, list) = (layers.clone(), change.clone(), list.clone());
        Callback::from(move |_: MouseEvent| {
            if !is_full {
                change(&[&layers[..], &[further(&list, &layers)]].concat());
            }
        })
    };
    let row = |(index, numbers): (usize, &Vec<u32>)| {
        let number = |(place, number): (usize, &LayerNumber)| {
            let (layers, change) = (layers.clone(), change.clone());
            let set = Callback::from(move |to: Value| {
                let mut layers = layers.clone();
                let place = layers.get_mut(index).and_then(|it| it.get_mut(place));
                if let (Some(place), Value::Integer(to)) = (place, to) {
                    *place = to as u32;
                    change(&layers);
                }
            });
            let value = numbers.get(place).copied().unwrap_or(1);
            html! {
                <Stepper key={number.name.clone()} name={format!("layer-{name}-{index}-{}", number.name)} number={number.clone()}
                    layer={index + 1} captioned={list.numbers.len() > 1} {value} on_change={set} />
            }
        };
        let is_last = layers.len() <= list.least_layers as usize;
        let remove = {
            let (layers, change, add_button) = (layers.clone(), change.clone(), add_button.clone());
            Callback::from(move |_: MouseEvent| {
                if is_last {
                    return;
                }
                let mut layers = layers.clone();
                layers.remove(index);
                change(&layers);
                // The button that had the keyboard is gone.
                if let Some(button) = add_button.cast::<HtmlElement>() {
                    let _ = button.focus();
                }
            })
        };
        let note = network.as_ref().and_then(|it| it.note(name, index));
        let fault = network.as_ref().and_then(|it| it.fault(name, index)).map(ToOwned::to_owned);
        let remove_words = if is_last { text::least_layers(list.least_layers) } else { text::remove_layer(index + 1) };
        html! {
            <li key={index} class={classes!("layer", fault.as_ref().map(|_| "broken"))} data-testid={format!("layer-{name}-{index}")}>
                <span class="index soft number" aria-hidden="true">{ index + 1 }</span>
                { for list.numbers.iter().enumerate().map(number) }
                <span class="note soft number">
                    if let Some(note) = note {
                        if list.numbers.len() > 1 { <span>{ note.shape.clone() }</span> }
                        <span>{ text::parameters(&count(note.parameters as u64)) }</span>
                    }
                </span>
                <button type="button" class="layer-step" aria-label={remove_words.clone()} title={remove_words} aria-disabled={is_last.to_string()}
                    data-testid={format!("layer-{name}-{index}-remove")} onclick={remove}>{ icon(Symbol::Close) }</button>
                if let Some(fault) = fault { <p class="fault" role="alert">{ fault }</p> }
                if note.is_some_and(|it| it.is_still) { <p class="soft">{ text::ONE_PLACE }</p> }
            </li>
        }
    };
    let heading = format!("layers-{name}");
    html! {
        <div class="field tall layers" role="group" aria-labelledby={heading.clone()} data-testid={format!("parameter-{name}")} data-value={written.clone()}>
            <div class="layers-head">
                <span class="label" id={heading} title={told(&field.spec.help)}>{ label(field) }</span>
                if layers.is_empty() { <span class="soft">{ text::NO_LAYERS }</span> }
                <button type="button" ref={add_button.clone()} class="chip" aria-disabled={is_full.to_string()} title={is_full.then(|| text::most_layers(list.most_layers))}
                    aria-describedby={format!("layers-{name}")} data-testid={format!("add-layer-{name}")} onclick={add}>{ text::ADD_LAYER }</button>
            </div>
            if !layers.is_empty() { <ol>{ for layers.iter().enumerate().map(row) }</ol> }
            if *sums_up { if let Some(network) = network { { network.summary() } } }
        </div>
    }
}

/// A layer behind these: as the last one, but of windows the usual one.
fn further(list: &LayerList, layers: &[Vec<u32>]) -> Vec<u32> {
    let first = layers.last().and_then(|it| it.first()).copied();
    let usual = list.numbers.iter().zip(FIRST).map(|(number, usual)| usual.min(number.most)).collect::<Vec<_>>();
    first.into_iter().chain(usual.into_iter().skip(usize::from(first.is_some()))).collect()
}

/// The next greater number: one more of few, the next power of two of many.
const fn more(value: u32, most: u32) -> u32 {
    let next = if most > FEW { (value + 1).next_power_of_two() } else { value + 1 };
    if next < most { next } else { most }
}

/// The next smaller number.
const fn less(value: u32, most: u32) -> u32 {
    let next = if most > FEW { value.next_power_of_two() / 2 } else { value.saturating_sub(1) };
    if next > 1 { next } else { 1 }
}

/// What a number is called.
fn words(name: &str) -> &str {
    let known: Text = match name {
        "units" => text::UNITS,
        "filters" => text::FILTERS,
        "kernel" => text::KERNEL,
        "stride" => text::STRIDE,
        _ => return name,
    };
    known.text()
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct StepperProps {
    /// Its handle.
    name: String,
    number: LayerNumber,
    /// Which layer it is of, from 1.
    layer: usize,
    /// Whether it stands beside others.
    captioned: bool,
    value: u32,
    on_change: Callback<Value>,
}

/// A whole number between two buttons; the arrow keys do what these do.
#[component]
fn Stepper(props: &StepperProps) -> Html {
    let StepperProps { name, number, layer, captioned, value, on_change } = props;
    let (value, most) = (*value, number.most);
    let what = words(&number.name);
    let field = FieldProps {
        spec: ParameterSpec::integer(what, what, (1, i64::from(most)), 1, ""),
        value: Value::Integer(i64::from(value)),
        changed_from: None,
        on_change: on_change.clone(),
    };
    let (typed, fault) = use_typed(&field.value);
    let step = {
        let (typed, fault, on_change) = (typed.clone(), fault.clone(), on_change.clone());
        Callback::from(move |to: u32| {
            typed.set(None);
            fault.set(None);
            if to != value {
                on_change.emit(Value::Integer(i64::from(to)));
            }
        })
    };
    let press = {
        let step = step.clone();
        Callback::from(move |event: KeyboardEvent| {
            let to = match event.key().as_str() {
                "ArrowUp" => more(value, most),
                "ArrowDown" => less(value, most),
                _ => return,
            };
            event.prevent_default();
            step.emit(to);
        })
    };
    let write = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            typed.set(Some(event.target_unchecked_into::<HtmlInputElement>().value()));
        })
    };
    let enter = {
        let (typed, fault) = (typed.clone(), fault.clone());
        Callback::from(move |event: Event| {
            let written = event.target_unchecked_into::<HtmlInputElement>().value();
            enter(&field, (&typed, &fault), &written);
        })
    };
    let button = |sign: &'static str, way: &'static str, words: String, to: u32| {
        html! {
            <button type="button" class="layer-step" aria-label={words.clone()} title={words} aria-disabled={(to == value).to_string()}
                data-testid={format!("{name}-{way}")} onclick={step.reform(move |_: MouseEvent| to)}>{ sign }</button>
        }
    };
    let written = typed.as_ref().map_or_else(|| value.to_string(), Clone::clone);
    html! {
        <span class="layer-number">
            if *captioned { <small class="soft" aria-hidden="true">{ what }</small> }
            <span class="layer-steps">
                { button("\u{2212}", "less", text::less_of_layer(*layer, what), less(value, most)) }
                <input type="text" inputmode="numeric" autocomplete="off" class="number" role="spinbutton" value={written}
                    aria-label={text::number_of_layer(*layer, what)} aria-valuenow={value.to_string()} aria-valuemin="1"
                    aria-valuemax={most.to_string()} aria-invalid={fault.is_some().to_string()} data-testid={name.clone()}
                    data-value={value.to_string()} oninput={write} onchange={enter} onkeydown={press} />
                { button("+", "more", text::more_of_layer(*layer, what), more(value, most)) }
            </span>
            if let Some(fault) = &*fault { <span class="fault" role="alert">{ fault.clone() }</span> }
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_go_through_the_powers_of_two_and_few_one_by_one() {
        let steps = [1, 2, 63, 64, 65, 8191, 8192].map(|value| (less(value, 8192), more(value, 8192)));
        assert_eq!(steps, [(1, 2), (1, 4), (32, 64), (32, 128), (64, 128), (4096, 8192), (4096, 8192)]);
        let steps = [1, 2, 64].map(|value| (less(value, 64), more(value, 64)));
        assert_eq!(steps, [(1, 2), (1, 3), (63, 64)]);
    }

    #[test]
    fn a_further_layer_is_as_large_as_the_last_one() {
        let dense = LayerList::new(&[("units", 8192)], 1, 8);
        let convolutions = LayerList::new(&[("filters", 8192), ("kernel", 64), ("stride", 64)], 0, 8);
        assert_eq!(further(&dense, &[vec![64], vec![32]]), [32]);
        assert_eq!(further(&convolutions, &[]), [16, 3, 1]);
        assert_eq!(further(&convolutions, &[vec![32, 5, 2]]), [32, 3, 1]);
    }
}
