//! A field of a form: one parameter, whatever its kind.

use super::slider_scale::{POSITIONS, SliderScale};
use crate::format::plain;
use crate::text;
use shared::codec::MAX_MESSAGE_BYTES;
use shared::parameter::{ParameterKind, ParameterSpec, Value};
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Most bytes of a text: a worker takes no larger messages.
const MOST_TEXT_BYTES: usize = MAX_MESSAGE_BYTES / 2;

/// A parameter and its value.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct FieldProps {
    /// What can be set.
    pub spec: ParameterSpec,
    /// What is set.
    pub value: Value,
    /// Told of a new value that is in range.
    pub on_change: Callback<Value>,
}

/// The control of one parameter.
#[component]
pub fn Field(props: &FieldProps) -> Html {
    match &props.spec.kind {
        ParameterKind::Number { min, max, step, .. } => {
            html! { <NumberField field={props.clone()} scale={SliderScale::new(*min, *max, *step)} /> }
        }
        ParameterKind::Integer { min, max, .. } => {
            html! { <NumberField field={props.clone()} scale={SliderScale::new(*min as f64, *max as f64, 1.0)} /> }
        }
        ParameterKind::Flag { .. } => {
            let on = props.value == Value::Flag(true);
            let toggle = props.on_change.reform(move |_| Value::Flag(!on));
            html! {
                <button type="button" class="switch" role="switch" aria-checked={on.to_string()} onclick={toggle}
                    title={props.spec.help.clone()} data-testid={testid(&props.spec)} data-value={on.to_string()}>
                    <i></i>{ props.spec.label.clone() }
                </button>
            }
        }
        ParameterKind::Choice { options, .. } => html! {
            <div class="field tall" data-testid={testid(&props.spec)} data-value={props.value.to_string()}>
                <span class="label" title={props.spec.help.clone()}>{ label(&props.spec) }</span>
                <div class="chips" role="radiogroup" aria-label={props.spec.label.clone()}>
                    { for options.iter().map(|option| {
                        let value = Value::Text(option.value.clone());
                        html! {
                            <button type="button" class="chip" role="radio"
                                aria-checked={(props.value == value).to_string()}
                                onclick={props.on_change.reform(move |_| value.clone())}>{ option.label.clone() }</button>
                        }
                    }) }
                </div>
            </div>
        },
        ParameterKind::Text { .. } => html! { <TextField ..props.clone() /> },
    }
}

fn testid(spec: &ParameterSpec) -> String {
    format!("parameter-{}", spec.name)
}

fn label(spec: &ParameterSpec) -> Html {
    html! { <>{ spec.label.clone() } if !spec.symbol.is_empty() { <em>{ spec.symbol.clone() }</em> }</> }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct NumberFieldProps {
    field: FieldProps,
    scale: SliderScale,
}

/// A number with its slider. The slider speaks when it is let go, the number when it is entered.
#[component]
fn NumberField(props: &NumberFieldProps) -> Html {
    let FieldProps { spec, value, on_change } = &props.field;
    let dragged = use_state(|| None::<f64>);
    let fault = use_state(|| None::<String>);
    let number = match value {
        Value::Number(number) => *number,
        Value::Integer(number) => *number as f64,
        Value::Flag(_) | Value::Text(_) => 0.0,
    };
    let shown = dragged.unwrap_or(number);
    let position = props.scale.position(shown);
    let written = plain(shown, 6);
    let drag = {
        let (dragged, scale) = (dragged.clone(), props.scale);
        Callback::from(move |event: InputEvent| {
            let slider = event.target_unchecked_into::<HtmlInputElement>();
            dragged.set(Some(scale.value(slider.value_as_number())));
        })
    };
    let let_go = {
        let (dragged, fault, scale, on_change, spec) =
            (dragged.clone(), fault.clone(), props.scale, on_change.clone(), spec.clone());
        Callback::from(move |event: Event| {
            let slider = event.target_unchecked_into::<HtmlInputElement>();
            dragged.set(None);
            fault.set(None);
            if let Ok(value) = spec.check(&Value::Number(scale.value(slider.value_as_number()))) {
                on_change.emit(value);
            }
        })
    };
    let enter = {
        let (fault, on_change, spec) = (fault.clone(), on_change.clone(), spec.clone());
        Callback::from(move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            match spec.parse(&input.value()) {
                Ok(value) => {
                    fault.set(None);
                    on_change.emit(value);
                }
                Err(error) => fault.set(Some(text::not_taken(&error))),
            }
        })
    };
    let id = format!("field-{}", spec.name);
    html! {
        <div class="field">
            <label for={id.clone()}>{ label(spec) }</label>
            <input type="range" min="0" max={POSITIONS.to_string()} step="1" value={position.to_string()}
                style={format!("--fill:{}%", position / POSITIONS * 100.0)} aria-label={spec.label.clone()}
                aria-valuetext={plain(shown, 6)} data-testid={format!("slider-{}", spec.name)}
                oninput={drag} onchange={let_go} />
            <input id={id.clone()} type="text" inputmode="decimal" autocomplete="off" class="number" value={written}
                aria-invalid={fault.is_some().to_string()} aria-describedby={format!("{id}-help")}
                data-testid={testid(spec)} data-value={number.to_string()} onchange={enter} />
            if let Some(fault) = &*fault { <p class="fault" role="alert">{ fault.clone() }</p> }
            <p class="help" id={format!("{id}-help")}>{ spec.help.clone() }</p>
        </div>
    }
}

/// A text, taken when it is left.
#[component]
fn TextField(props: &FieldProps) -> Html {
    let FieldProps { spec, value, on_change } = props;
    let fault = use_state(|| None::<String>);
    let enter = {
        let (fault, on_change, spec) = (fault.clone(), on_change.clone(), spec.clone());
        Callback::from(move |event: Event| {
            let input = event.target_unchecked_into::<HtmlTextAreaElement>();
            match spec.parse(&input.value()) {
                Ok(_) if input.value().len() > MOST_TEXT_BYTES => {
                    fault.set(Some(text::text_too_large(MOST_TEXT_BYTES)));
                }
                Ok(value) => {
                    fault.set(None);
                    on_change.emit(value);
                }
                Err(error) => fault.set(Some(text::not_taken(&error))),
            }
        })
    };
    let id = format!("field-{}", spec.name);
    let rows = value.to_string().lines().count().clamp(2, 9).to_string();
    html! {
        <div class="field tall">
            <label for={id.clone()}>{ label(spec) }</label>
            <textarea {id} {rows} spellcheck="false" value={value.to_string()} title={spec.help.clone()}
                aria-invalid={fault.is_some().to_string()} data-testid={testid(spec)} data-value={value.to_string()}
                onchange={enter} />
            if let Some(fault) = &*fault { <p class="fault" role="alert">{ fault.clone() }</p> }
        </div>
    }
}
