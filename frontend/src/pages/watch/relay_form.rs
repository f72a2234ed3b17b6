//! Asking for a relay, and for a token.

use super::relay::WatchedRelay;
use crate::components::icons::{Symbol, icon};
use crate::route::is_marked;
use crate::services::relay_address::PageRelayAddress;
use crate::text;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Where a token is asked for.
pub const TOKEN_FIELD: &str = "[data-testid=relay-token]";

/// Whom to tell.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct RelayFormProps {
    /// The page's relay.
    pub relay: WatchedRelay,
}

/// Where is it?
#[component]
pub fn RelayForm(props: &RelayFormProps) -> Html {
    let input = use_node_ref();
    let fault = use_state(|| None::<String>);
    let submit = {
        let (input, fault, relay) = (input.clone(), fault.clone(), props.relay.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let typed = input.cast::<HtmlInputElement>().map(|it| it.value()).unwrap_or_default();
            match PageRelayAddress::new(&typed) {
                Ok(address) => {
                    fault.set(None);
                    address.remember();
                    relay.go_to(address, false);
                }
                Err(error) => fault.set(Some(error.to_string())),
            }
        }
    };
    html! {
        <form class="card relay-form" onsubmit={submit} data-testid="relay-form">
            <h2>{ text::WHICH_RELAY }</h2>
            <p class="soft">{ text::WHICH_RELAY_NOTE }</p>
            <div class="line">
                <input ref={input} class="text-input" type="text" inputmode="url" autocomplete="url" spellcheck="false"
                    placeholder={text::RELAY_EXAMPLE} aria-label={text::RELAY_ADDRESS} aria-invalid={fault.is_some().to_string()}
                    data-testid="relay-address" />
                <button class="button primary" type="submit" data-testid="relay-connect">{ text::CONNECT }</button>
            </div>
            if let Some(fault) = &*fault { <p class="negative" role="alert" data-testid="relay-fault">{ fault.clone() }</p> }
            <details><summary>{ text::WHY_WSS }</summary><p>{ text::WHY_WSS_NOTE }</p></details>
        </form>
    }
}

/// The address of the relay, which a snapshot has none of.
pub fn address_note(address: Option<&PageRelayAddress>) -> Html {
    let address = address.filter(|_| !is_marked("data-frozen"));
    html! { if let Some(address) = address { <span class="soft">{ address.as_str().to_owned() }</span> } }
}

/// How do runs come to a relay?
pub fn how_runs_come() -> Html {
    html! {
        <section class="card relay-form">
            <h2>{ text::HOW_RUNS_COME }</h2>
            <p class="soft">{ text::HOW_RUNS_COME_NOTE }</p>
            <pre class="command"><code>{ text::TRAINER_COMMAND }</code></pre>
        </section>
    }
}

/// What does it want to hear?
#[component]
pub fn TokenForm(props: &RelayFormProps) -> Html {
    let input = use_node_ref();
    html! {
        <section class="card relay-form">
            <h2>{ text::TOKEN }</h2>
            { token_line(&props.relay, &input) }
        </section>
    }
}

/// Who may only watch is told so, and can show the token of a controller.
#[component]
pub fn CommandToken(props: &RelayFormProps) -> Html {
    let input = use_node_ref();
    if is_marked("data-frozen") {
        // A snapshot has nobody to show a token to.
        return Html::default();
    }
    html! {
        <details class="relay-form command-token" data-testid="command-token">
            <summary class="locked">{ icon(Symbol::Lock) }{ text::READ_ONLY }</summary>
            { token_line(&props.relay, &input) }
        </details>
    }
}

fn token_line(relay: &WatchedRelay, input: &NodeRef) -> Html {
    let submit = {
        let (input, relay) = (input.clone(), relay.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let token = input.cast::<HtmlInputElement>().map(|it| it.value()).unwrap_or_default();
            if !token.trim().is_empty() {
                relay.use_token(token.trim());
            }
        }
    };
    html! {
        <form onsubmit={submit} data-testid="token-form">
            <p class="soft">{ text::TOKEN_NOTE }</p>
            <div class="line">
                <input ref={input.clone()} class="text-input" type="password" autocomplete="off" aria-label={text::TOKEN} data-testid="relay-token" />
                <button class="button primary" type="submit">{ text::CONNECT }</button>
            </div>
        </form>
    }
}
