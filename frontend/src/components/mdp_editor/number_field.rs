//! A number that is typed, with a point, a comma or as a fraction, as in the table. What is none stays where it was typed.

use crate::text::mdp_editor as words;
use environments::mdp::rows;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// A number and who is told of another one.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct MdpNumberProps {
    /// What it is.
    pub label: AttrValue,
    /// For automation.
    pub testid: AttrValue,
    /// It.
    pub value: f64,
    /// Whether it is from 0 to 1.
    #[prop_or_default]
    pub is_share: bool,
    /// Told of another one.
    pub on_change: Callback<f64>,
}

/// The field.
#[component]
pub fn MdpNumber(props: &MdpNumberProps) -> Html {
    let typed = use_state_eq(|| None::<String>);
    let fault = use_state_eq(|| None::<String>);
    {
        let (typed, fault) = (typed.setter(), fault.setter());
        use_effect_with(props.value.to_bits(), move |_| {
            typed.set(None);
            fault.set(None);
        });
    }
    let write = {
        let typed = typed.setter();
        move |event: InputEvent| typed.set(Some(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let enter = {
        let (typed, fault, props) = (typed.setter(), fault.setter(), props.clone());
        move |event: Event| {
            let written = event.target_unchecked_into::<HtmlInputElement>().value();
            match rows::number(&written) {
                None => fault.set(Some(words::no_number(&written))),
                Some(number) if props.is_share && !(0.0..=1.0).contains(&number) => {
                    fault.set(Some(words::out_of_range(&written)));
                }
                Some(number) => {
                    typed.set(None);
                    fault.set(None);
                    if number != props.value {
                        props.on_change.emit(number);
                    }
                }
            }
        }
    };
    let shown = (*typed).clone().unwrap_or_else(|| props.value.to_string());
    html! {
        <label class="mdp-field">
            <span>{ props.label.clone() }</span>
            <input class="text-input number" type="text" inputmode="decimal" autocomplete="off" value={shown} data-testid={props.testid.clone()}
                data-value={props.value.to_string()} aria-invalid={fault.is_some().to_string()} oninput={write} onchange={enter} />
            if let Some(fault) = &*fault { <span class="fault" role="alert">{ fault.clone() }</span> }
        </label>
    }
}
