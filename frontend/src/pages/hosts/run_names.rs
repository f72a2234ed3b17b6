//! What people call the runs of a relay, and their tags: shown to all, changed by who may command.

use crate::components::messages::Messages;
use crate::pages::watch::relay::{KnownRelay, WatchedRelay};
use crate::route::{Route, is_marked};
use crate::text::hosts as words;
use crate::text::library::{NAME, TAGS};
use gloo_net::http::Request;
use serde::Deserialize;
use shared::RunId;
use shared::event::Severity;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlInputElement, Url};
use yew::prelude::*;

/// Whose runs.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct RunNamesProps {
    /// The page's relay.
    pub relay: WatchedRelay,
    /// What is known of it.
    pub known: KnownRelay,
    /// Whether commands are allowed.
    pub may_command: bool,
    /// Ways to talk to people.
    pub messages: Messages,
}

/// The runs with their names and tags.
#[component]
pub fn RunNames(props: &RunNamesProps) -> Html {
    let runs: Vec<_> = props.known.runs.iter().flatten().filter(|run| !run.is_host).collect();
    if runs.is_empty() {
        return Html::default();
    }
    // Other pages reach the relay by its stream alone.
    let may_change = props.may_command && props.known.beside;
    html! {
        <details class="card board" data-testid="run-names">
            <summary>{ words::RUN_NAMES }</summary>
            if may_change {
                <p class="soft">{ words::RUN_NAMES_NOTE }</p>
            } else if !is_marked("data-frozen") {
                <p class="soft">{ words::RUN_NAMES_READ_ONLY }</p>
            }
            <table>
                <thead><tr><th scope="col">{ words::RUN }</th><th scope="col">{ NAME }</th><th scope="col">{ TAGS }</th></tr></thead>
                <tbody>
                    { for runs.into_iter().map(|it| html! {
                        <RunName key={it.run.to_string()} relay={props.relay.clone()} messages={props.messages.clone()} run={it.run.clone()}
                            name={it.name.clone()} tags={it.tags.clone()} {may_change} />
                    }) }
                </tbody>
            </table>
        </details>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct RunNameProps {
    relay: WatchedRelay,
    messages: Messages,
    run: RunId,
    name: String,
    tags: Vec<String>,
    may_change: bool,
}

/// One run. It is drawn anew when its name or tags change, not with everything that changes in the list: that would take away what
/// somebody types.
#[component]
fn RunName(props: &RunNameProps) -> Html {
    let run = &props.run;
    let change = |of: fn(&str) -> serde_json::Value, before: &str| {
        let (relay, messages, run) = (props.relay.clone(), props.messages.clone(), run.clone());
        let before = before.to_owned();
        move |event: Event| {
            let field: HtmlInputElement = event.target_unchecked_into();
            let text = field.value();
            let (relay, messages, run, before) = (relay.clone(), messages.clone(), run.clone(), before.clone());
            spawn_local(async move {
                if let Err(reason) = say(&relay, &run, of(&text)).await {
                    messages.tell(Severity::Error, words::not_renamed(run.as_str(), &reason));
                    // What was typed since is still to be said.
                    if field.value() == text {
                        field.set_value(&before);
                    }
                }
            });
        }
    };
    let tags = props.tags.join(", ");
    html! {
        <tr>
            <th scope="row"><a href={Route::WatchRun(run.clone(), None).address()}>{ run.to_string() }</a></th>
            if props.may_change {
                <td><input class="text-input" maxlength="200" aria-label={words::name_of(run.as_str())} value={props.name.clone()}
                    data-testid={format!("run-name-{run}")} onchange={change(|text| serde_json::json!({ "name": text.trim() }), &props.name)} /></td>
                <td><input class="text-input" aria-label={words::tags_of(run.as_str())} value={tags.clone()}
                    data-testid={format!("run-tags-{run}")} onchange={change(|text| serde_json::json!({ "tags": tags_in(text) }), &tags)} /></td>
            } else {
                <td>{ props.name.clone() }</td>
                <td>{ tags }</td>
            }
        </tr>
    }
}

/// The tags in what was typed, which has commas between them.
fn tags_in(text: &str) -> Vec<&str> {
    text.split(',').map(str::trim).filter(|it| !it.is_empty()).collect()
}

/// What the relay says of a request that it refuses.
#[derive(Deserialize)]
struct RefusedRemark {
    error: String,
}

/// Has the relay that serves this page say something of a run, or gives its words why it does not.
async fn say(relay: &WatchedRelay, run: &RunId, change: serde_json::Value) -> Result<(), String> {
    let base = web_sys::window().and_then(|it| it.document()).and_then(|it| it.base_uri().ok().flatten());
    let address = Url::new_with_base(&format!("api/v1/runs/{run}"), &base.unwrap_or_default());
    let address = address.map_err(|_| String::from(words::NOT_SENT))?.href();
    let mut request = Request::patch(&address).header("Content-Type", "application/json");
    if let Some((_, Some(token))) = relay.admitted() {
        request = request.header("Authorization", &format!("Bearer {token}"));
    }
    let request = request.body(change.to_string()).map_err(|error| error.to_string())?;
    let answer = request.send().await.map_err(|_| String::from(words::NOT_SENT))?;
    if answer.ok() {
        return Ok(());
    }
    let said = answer.text().await.unwrap_or_default();
    Err(serde_json::from_str::<RefusedRemark>(&said).map_or_else(|_| words::answered(answer.status()), |it| it.error))
}

#[cfg(test)]
mod tests {
    use super::tags_in;

    #[test]
    fn tags_stand_between_commas() {
        assert_eq!(tags_in(" slow, first course ,,"), ["slow", "first course"]);
        assert!(tags_in("  ").is_empty());
    }
}
