//! Saved agents: in this browser, to a file and back.

use crate::components::dialog::Dialog;
use crate::components::icons::{Symbol, icon};
use crate::files::{self, save_bytes};
use crate::format::count;
use crate::services::storage::{SavedAgent, Storage, StorageError};
use crate::session::Session;
use crate::text;
use js_sys::{Date, Uint8Array};
use shared::agent_file;
use shared::checkpoint::Checkpoint;
use shared::command::{Answer, Command};
use shared::event::Severity;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;
use yew::prelude::*;

type Tell = Callback<(Severity, String)>;

/// Whose agents.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct AgentsDialogProps {
    /// The run.
    pub session: Session,
    /// Shows words to people.
    pub tell: Tell,
    /// Told when it was closed.
    pub on_close: Callback<()>,
}

/// The list of saved agents, and the way to files.
#[component]
pub fn AgentsDialog(props: &AgentsDialogProps) -> Html {
    let saved = use_state(|| None::<Vec<SavedAgent>>);
    let file_input = use_node_ref();
    let refresh = {
        let (saved, tell) = (saved.setter(), props.tell.clone());
        Callback::from(move |()| {
            let (saved, tell) = (saved.clone(), tell.clone());
            spawn_local(async move {
                match list().await {
                    Ok(agents) => saved.set(Some(agents)),
                    Err(error) => {
                        saved.set(Some(Vec::new()));
                        tell.emit((Severity::Warning, error.to_string()));
                    }
                }
            });
        })
    };
    {
        let refresh = refresh.clone();
        use_effect_with((), move |()| refresh.emit(()));
    }
    let bring = {
        let (session, tell, on_close) = (props.session.clone(), props.tell.clone(), props.on_close.clone());
        Callback::from(move |id: String| {
            let (session, tell, on_close) = (session.clone(), tell.clone(), on_close.clone());
            spawn_local(async move {
                match fetch(&id).await {
                    Ok(checkpoint) => load(&session, checkpoint, tell, on_close),
                    Err(error) => tell.emit((Severity::Error, text::agent_refused(&error))),
                }
            });
        })
    };
    let delete = {
        let (refresh, tell) = (refresh, props.tell.clone());
        Callback::from(move |id: String| {
            let (refresh, tell) = (refresh.clone(), tell.clone());
            spawn_local(async move {
                if let Err(error) = remove(&id).await {
                    tell.emit((Severity::Warning, error.to_string()));
                }
                refresh.emit(());
            });
        })
    };
    let choose = {
        let file_input = file_input.clone();
        move |_: MouseEvent| {
            if let Some(input) = file_input.cast::<HtmlInputElement>() {
                input.click();
            }
        }
    };
    let to_file = {
        let (session, tell) = (props.session.clone(), props.tell.clone());
        move |_: MouseEvent| with_checkpoint(&session, tell.clone(), download)
    };
    html! {
        <Dialog title={text::SAVED_AGENTS} name="agents" on_close={props.on_close.clone()}>
            if let Some(agents) = &*saved {
                if agents.is_empty() { <p class="empty">{ text::NO_AGENTS }</p> }
                <ul class="rows">
                    { for agents.iter().map(|agent| html! { <Row key={agent.id.clone()} agent={agent.clone()} on_load={bring.clone()} on_delete={delete.clone()} /> }) }
                </ul>
            } else {
                <p class="empty" aria-busy="true">{ " " }</p>
            }
            <div class="pair">
                <button class="button" data-testid="open-agent-file" onclick={choose}>{ icon(Symbol::Open) }{ text::OPEN_FILE }</button>
                <button class="button" data-testid="save-agent-file" onclick={to_file}>{ icon(Symbol::Download) }{ text::TO_FILE }</button>
            </div>
            <input ref={file_input} class="unseen" type="file" accept={format!(".{}", agent_file::SUFFIX)} tabindex="-1"
                aria-label={text::OPEN_FILE} data-testid="agent-file" onchange={open_file(props)} />
        </Dialog>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct RowProps {
    agent: SavedAgent,
    on_load: Callback<String>,
    on_delete: Callback<String>,
}

#[component]
fn Row(props: &RowProps) -> Html {
    let agent = &props.agent;
    let when = Date::new(&JsValue::from_f64(agent.saved_millis)).to_locale_string("default", &JsValue::UNDEFINED);
    let (load, delete) = (agent.id.clone(), agent.id.clone());
    html! {
        <li data-testid={format!("agent-{}", agent.id)}>
            <div>
                <b>{ agent.title.clone() }</b>
                <small class="number">{ text::saved_note(&count(agent.episodes), &String::from(when)) }</small>
            </div>
            <button class="button" data-testid="load" onclick={props.on_load.reform(move |_| load.clone())}>{ text::LOAD }</button>
            <button class="button plain danger" data-testid="delete" onclick={props.on_delete.reform(move |_| delete.clone())}>{ text::DELETE }</button>
        </li>
    }
}

/// Saves the agent of a run in this browser.
pub fn save(session: &Session, tell: Tell) {
    let title = session
        .view()
        .started
        .as_ref()
        .map_or_else(String::new, |started| format!("{} · {}", started.environment.title, started.agent.title));
    with_checkpoint(session, tell, move |checkpoint, tell| {
        spawn_local(async move {
            match keep(&title, &checkpoint).await {
                Ok(()) => tell.emit((Severity::Information, text::AGENT_SAVED.into())),
                Err(error) => tell.emit((Severity::Error, text::agent_refused(&error))),
            }
        });
    });
}

fn open_file(props: &AgentsDialogProps) -> Callback<Event> {
    let (session, tell, on_close) = (props.session.clone(), props.tell.clone(), props.on_close.clone());
    Callback::from(move |event: Event| {
        let input = event.target_unchecked_into::<HtmlInputElement>();
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        input.set_value("");
        let (session, tell, on_close) = (session.clone(), tell.clone(), on_close.clone());
        spawn_local(async move {
            let Ok(buffer) = JsFuture::from(file.array_buffer()).await else {
                tell.emit((Severity::Error, text::NOT_READABLE.into()));
                return;
            };
            match agent_file::read(&Uint8Array::new(&buffer).to_vec()) {
                Ok(checkpoint) => load(&session, checkpoint, tell, on_close),
                Err(error) => tell.emit((Severity::Error, text::agent_refused(&error))),
            }
        });
    })
}

fn download(checkpoint: Checkpoint, tell: Tell) {
    let spec = &checkpoint.spec;
    let name = format!("{}-{}.{}", spec.environment.id, spec.agent.id, agent_file::SUFFIX);
    spawn_local(async move {
        match files::pack_agent(&checkpoint).await {
            Ok(bytes) => save_bytes(&name, "application/octet-stream", &bytes),
            Err(error) => tell.emit((Severity::Error, error.to_string())),
        }
    });
}

fn with_checkpoint(session: &Session, tell: Tell, then: impl FnOnce(Checkpoint, Tell) + 'static) {
    session.ask_and(Command::Save {}, move |answer| match answer {
        Answer::Accepted { checkpoint: Some(checkpoint) } => then(*checkpoint, tell),
        Answer::Accepted { checkpoint: None } => tell.emit((Severity::Warning, text::NOBODY_THERE.into())),
        Answer::Rejected { reason } => tell.emit((Severity::Warning, reason)),
    });
}

fn load(session: &Session, checkpoint: Checkpoint, tell: Tell, on_close: Callback<()>) {
    session.ask_and(Command::Load { checkpoint: Box::new(checkpoint) }, move |answer| match answer {
        Answer::Accepted { .. } => {
            tell.emit((Severity::Information, text::AGENT_LOADED.into()));
            on_close.emit(());
        }
        Answer::Rejected { reason } => tell.emit((Severity::Error, text::agent_refused(&reason))),
    });
}

async fn keep(title: &str, checkpoint: &Checkpoint) -> Result<(), StorageError> {
    let storage = Storage::open().await?;
    Storage::ask_to_persist();
    storage.save(title, title, checkpoint).await.map(drop)
}

async fn list() -> Result<Vec<SavedAgent>, StorageError> {
    Storage::open().await?.list().await
}

async fn fetch(id: &str) -> Result<Checkpoint, StorageError> {
    Storage::open().await?.load(id).await
}

async fn remove(id: &str) -> Result<(), StorageError> {
    Storage::open().await?.delete(id).await
}
