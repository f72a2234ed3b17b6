//! A field of a form: one parameter, whatever its kind. What is typed and not entered yet stays while the form is drawn
//! anew, until another value is set from elsewhere.

use super::settings::shown;
use super::slider_scale::SliderScale;
use crate::format::exact;
use crate::language::told;
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
    /// What was set before anybody changed it, if that is something else.
    #[prop_or_default]
    pub changed_from: Option<Value>,
    /// Told of another value that is in range.
    pub on_change: Callback<Value>,
}

/// The control of one parameter.
#[component]
pub fn Field(props: &FieldProps) -> Html {
    match &props.spec.kind {
        ParameterKind::Number { min, max, step, .. } => {
            html! { <NumberField field={props.clone()} scale={SliderScale::of_numbers(*min, *max, *step)} /> }
        }
        ParameterKind::Integer { min, max, .. } => {
            html! { <NumberField field={props.clone()} scale={SliderScale::of_integers(*min, *max)} /> }
        }
        ParameterKind::Flag { .. } => {
            let on = props.value == Value::Flag(true);
            let toggle = props.on_change.reform(move |_| Value::Flag(!on));
            html! {
                <button type="button" class="switch" role="switch" aria-checked={on.to_string()} onclick={toggle}
                    title={told(&props.spec.help)} data-testid={testid(&props.spec)} data-value={on.to_string()}>
                    <i></i>{ label(props) }
                </button>
            }
        }
        ParameterKind::Choice { options, .. } => html! {
            <div class="field tall" data-testid={testid(&props.spec)} data-value={props.value.to_string()}>
                <span class="label" title={told(&props.spec.help)}>{ label(props) }</span>
                <div class="chips" role="radiogroup" aria-label={told(&props.spec.label)}>
                    { for options.iter().map(|option| {
                        let value = Value::Text(option.value.clone());
                        html! {
                            <button type="button" class="chip" role="radio" key={option.value.clone()}
                                aria-checked={(props.value == value).to_string()}
                                onclick={props.on_change.reform(move |_| value.clone())}>{ told(&option.label) }</button>
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

/// Its label, marked where it was changed.
pub fn label(props: &FieldProps) -> Html {
    let spec = &props.spec;
    html! {
        <>
            { told(&spec.label) }
            if !spec.symbol.is_empty() { <em>{ spec.symbol.clone() }</em> }
            if spec.live { <i class="live" role="img" aria-label={text::GOES_LIVE} title={text::GOES_LIVE}></i> }
            { mark(props) }
        </>
    }
}

/// Marks what was changed, with what it was before.
fn mark(props: &FieldProps) -> Html {
    let Some(from) = &props.changed_from else { return Html::default() };
    let words = match from {
        Value::Text(long) if long.contains('\n') || long.chars().count() > 24 => String::from(text::CHANGED),
        other => text::changed_from(&shown(Some(&props.spec), other)),
    };
    html! { <i class="changed" role="img" aria-label={words.clone()} title={words}></i> }
}

/// What is typed into a field and not entered yet, and what is wrong with it. Both are over once another value is set.
#[hook]
pub fn use_typed(value: &Value) -> (UseStateHandle<Option<String>>, UseStateHandle<Option<String>>) {
    let (typed, fault) = (use_state_eq(|| None::<String>), use_state_eq(|| None::<String>));
    {
        let (typed, fault) = (typed.clone(), fault.clone());
        use_effect_with(value.clone(), move |_| {
            typed.set(None);
            fault.set(None);
        });
    }
    (typed, fault)
}

/// Enters what was typed: a fault is told and what was typed stays; what changes nothing is told to nobody.
pub fn enter(
    props: &FieldProps,
    (typed, fault): (&UseStateHandle<Option<String>>, &UseStateHandle<Option<String>>),
    text: &str,
) {
    match props.spec.parse(text) {
        Ok(value) => {
            typed.set(None);
            fault.set(None);
            if value != props.value {
                props.on_change.emit(value);
            }
        }
        Err(error) => fault.set(Some(text::value_not_taken(&props.spec, text, &error))),
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct NumberFieldProps {
    field: FieldProps,
    scale: SliderScale,
}

/// A number with its slider. The slider speaks when it is let go or moved by a key, the number when it is entered.
#[component]
fn NumberField(props: &NumberFieldProps) -> Html {
    let FieldProps { spec, value, on_change, .. } = &props.field;
    let scale = props.scale;
    let dragged = use_state_eq(|| None::<f64>);
    let (typed, fault) = use_typed(value);
    let number = match value {
        Value::Number(number) => *number,
        Value::Integer(number) => *number as f64,
        Value::Flag(_) | Value::Text(_) => 0.0,
    };
    let shown = dragged.unwrap_or(number);
    let (position, last) = (scale.position(shown), scale.last());
    let written = typed.as_ref().map_or_else(|| exact(shown), Clone::clone);
    let drag = {
        let (dragged, typed) = (dragged.clone(), typed.clone());
        Callback::from(move |event: InputEvent| {
            let slider = event.target_unchecked_into::<HtmlInputElement>();
            dragged.set(Some(scale.value(slider.value_as_number())));
            typed.set(None);
        })
    };
    let let_go = {
        let (dragged, fault, on_change) = (dragged.clone(), fault.clone(), on_change.clone());
        let (spec, before) = (spec.clone(), value.clone());
        Callback::from(move |event: Event| {
            let slider = event.target_unchecked_into::<HtmlInputElement>();
            dragged.set(None);
            fault.set(None);
            // Back where it was, what was set is what counts, though it may lie between two positions.
            if slider.value_as_number() != scale.position(number)
                && let Ok(value) = spec.check(&Value::Number(scale.value(slider.value_as_number())))
                && value != before
            {
                on_change.emit(value);
            }
        })
    };
    let write = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            typed.set(Some(event.target_unchecked_into::<HtmlInputElement>().value()));
        })
    };
    let enter = {
        let (typed, fault, field) = (typed.clone(), fault.clone(), props.field.clone());
        Callback::from(move |event: Event| {
            let written = event.target_unchecked_into::<HtmlInputElement>().value();
            enter(&field, (&typed, &fault), &written);
        })
    };
    let id = format!("field-{}", spec.name);
    html! {
        <div class="field">
            <label for={id.clone()}>{ label(&props.field) }</label>
            <input type="range" min="0" max={last.to_string()} step="1" value={position.to_string()}
                style={format!("--fill:{}%", position / last.max(1.0) * 100.0)} aria-label={told(&spec.label)}
                aria-valuetext={exact(shown)} data-testid={format!("slider-{}", spec.name)}
                oninput={drag} onchange={let_go} />
            <input id={id.clone()} type="text" inputmode="decimal" autocomplete="off" class="number" value={written}
                aria-invalid={fault.is_some().to_string()} aria-describedby={format!("{id}-help")}
                data-testid={testid(spec)} data-value={number.to_string()} oninput={write} onchange={enter} />
            if let Some(fault) = &*fault { <p class="fault" role="alert">{ fault.clone() }</p> }
            <p class="help" id={format!("{id}-help")}>{ told(&spec.help) }</p>
        </div>
    }
}

/// A text, taken when it is left.
#[component]
pub fn TextField(props: &FieldProps) -> Html {
    let FieldProps { spec, value, .. } = props;
    let (typed, fault) = use_typed(value);
    let write = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            typed.set(Some(event.target_unchecked_into::<HtmlTextAreaElement>().value()));
        })
    };
    let enter = {
        let (typed, fault, field) = (typed.clone(), fault.clone(), props.clone());
        Callback::from(move |event: Event| {
            let written = event.target_unchecked_into::<HtmlTextAreaElement>().value();
            if written.len() > MOST_TEXT_BYTES {
                fault.set(Some(text::text_too_large(MOST_TEXT_BYTES)));
            } else {
                enter(&field, (&typed, &fault), &written);
            }
        })
    };
    let id = format!("field-{}", spec.name);
    let written = typed.as_ref().map_or_else(|| value.to_string(), Clone::clone);
    let rows = written.lines().count().clamp(2, 9).to_string();
    html! {
        <div class="field tall">
            <label for={id.clone()}>{ label(props) }</label>
            <textarea {id} {rows} spellcheck="false" value={written} title={told(&spec.help)}
                aria-invalid={fault.is_some().to_string()} data-testid={testid(spec)} data-value={value.to_string()}
                oninput={write} onchange={enter} />
            if let Some(fault) = &*fault { <p class="fault" role="alert">{ fault.clone() }</p> }
        </div>
    }
}
