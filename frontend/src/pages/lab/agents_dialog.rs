//! Saved agents: in this browser, to a file and back.

use super::TabRunHandle;
use super::opening::first_spec;
use super::tab_run::TabRun;
use crate::components::dialog::Dialog;
use crate::components::icons::{Symbol, icon};
use crate::components::question::Question;
use crate::files::{self, save_bytes};
use crate::format::count;
use crate::language::{all_told, translated};
use crate::services::library::Deleted;
use crate::services::library_file::{Item, ItemContent, ItemKind};
use crate::services::share::ShareLink;
use crate::services::storage::{Storage, StorageError};
use crate::store::History;
use crate::text;
use js_sys::{Date, Uint8Array};
use shared::RunSpec;
use shared::agent_file;
use shared::checkpoint::Checkpoint;
use shared::event::Severity;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Whose agents.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct AgentsDialogProps {
    /// The run.
    pub run: TabRunHandle,
    /// Told when it was closed.
    pub on_close: Callback<()>,
}

/// What is saved in this browser.
#[derive(Clone, Debug, PartialEq)]
enum SavedAgents {
    /// Nobody has told yet.
    Unknown,
    /// These agents, newest first.
    Agents(Vec<Item>),
    /// Nothing can be had, and why.
    Unreadable(String),
}

/// The list of saved agents, and the way to files.
#[component]
pub fn AgentsDialog(props: &AgentsDialogProps) -> Html {
    let run = Rc::clone(&props.run.0);
    let shelf = use_state(|| SavedAgents::Unknown);
    // The dialog stands over what the page says: what was deleted is brought back here as long as it is open.
    let deleted = use_state(Vec::<Deleted>::new);
    let file_input = use_node_ref();
    let refresh = {
        let shelf = shelf.setter();
        Callback::from(move |()| {
            let shelf = shelf.clone();
            spawn_local(async move {
                shelf.set(match list().await {
                    Ok(agents) => SavedAgents::Agents(agents),
                    Err(error) => SavedAgents::Unreadable(error.to_string()),
                });
            });
        })
    };
    {
        let refresh = refresh.clone();
        use_effect_with((), move |()| refresh.emit(()));
    }
    let close = {
        let (run, deleted, on_close) = (Rc::clone(&run), deleted.clone(), props.on_close.clone());
        Callback::from(move |()| {
            offer_restoring(&run, (*deleted).clone());
            on_close.emit(());
        })
    };
    let bring = {
        let (run, on_close) = (Rc::clone(&run), close.clone());
        Callback::from(move |item: Item| {
            let (run, on_close) = (Rc::clone(&run), on_close.clone());
            spawn_local(async move {
                match fetch(&item).await {
                    Ok(checkpoint) => load(&run, checkpoint, on_close),
                    Err(error) => run.messages.tell(Severity::Error, text::agent_refused(&error)),
                }
            });
        })
    };
    let delete = {
        let (run, refresh, deleted) = (Rc::clone(&run), refresh.clone(), deleted.clone());
        Callback::from(move |agent: Item| {
            let (run, refresh, deleted) = (Rc::clone(&run), refresh.clone(), deleted.clone());
            spawn_local(async move {
                match remove(&agent).await {
                    Ok(Some(gone)) => deleted.set(deleted.iter().cloned().chain([gone]).collect()),
                    Ok(None) => {}
                    Err(error) => run.messages.tell(Severity::Warning, error.to_string()),
                }
                refresh.emit(());
            });
        })
    };
    let restore = {
        let (run, deleted) = (Rc::clone(&run), deleted.clone());
        Callback::from(move |gone: Deleted| {
            let (run, refresh, deleted) = (Rc::clone(&run), refresh.clone(), deleted.clone());
            spawn_local(async move {
                match bring_back(&gone).await {
                    Ok(()) => deleted.set(deleted.iter().filter(|it| **it != gone).cloned().collect()),
                    Err(error) => run.messages.tell(Severity::Warning, error.to_string()),
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
        let run = Rc::clone(&run);
        move |_: MouseEvent| with_agent(&run, download)
    };
    let row = |agent: &Item| {
        html! { <Row key={agent.id.clone()} agent={agent.clone()} on_load={bring.clone()} on_delete={delete.clone()} /> }
    };
    let ghost = |gone: &Deleted| {
        let (gone, restore) = (gone.clone(), restore.clone());
        html! {
            <li key={gone.item.id.clone()} class="gone">
                <p role="status">{ text::deleted(&all_told(&gone.item.title)) }</p>
                <button class="button" data-testid="restore" onclick={move |_: MouseEvent| restore.emit(gone.clone())}>{ text::UNDO }</button>
            </li>
        }
    };
    html! {
        <Dialog title={text::SAVED_AGENTS} name="agents" on_close={close.clone()}>
            { match &*shelf {
                SavedAgents::Unknown => html! { <p class="empty" aria-busy="true">{ " " }</p> },
                SavedAgents::Unreadable(reason) => html! { <p class="negative" role="alert" data-testid="no-storage">{ reason.clone() }</p> },
                SavedAgents::Agents(agents) if agents.is_empty() && deleted.is_empty() => html! { <p class="empty">{ text::NO_AGENTS }</p> },
                SavedAgents::Agents(agents) => html! {
                    <ul class="rows">{ for agents.iter().map(row) }{ for deleted.iter().map(ghost) }</ul>
                },
            } }
            <div class="pair">
                <button class="button" data-testid="open-agent-file" onclick={choose}>{ icon(Symbol::Open) }{ text::OPEN_FILE }</button>
                <button class="button" data-testid="save-agent-file" onclick={to_file}>{ icon(Symbol::Download) }{ text::TO_FILE }</button>
            </div>
            <input ref={file_input} class="unseen" type="file" accept={format!(".{}", agent_file::SUFFIX)} tabindex="-1"
                aria-label={text::OPEN_FILE} data-testid="agent-file" onchange={open_file(&run, &close)} />
        </Dialog>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct AgentRowProps {
    agent: Item,
    on_load: Callback<Item>,
    on_delete: Callback<Item>,
}

#[component]
fn Row(props: &AgentRowProps) -> Html {
    let agent = &props.agent;
    let when = Date::new(&JsValue::from_f64(agent.saved_millis)).to_locale_string("default", &JsValue::UNDEFINED);
    let (load, delete) = (agent.clone(), agent.clone());
    html! {
        <li data-testid={format!("agent-{}", agent.id)}>
            <div>
                <b>{ all_told(&agent.name) }</b>
                <small class="number">{ text::saved_note(&count(agent.episodes), &String::from(when)) }</small>
            </div>
            <button class="button" data-testid="load" onclick={props.on_load.reform(move |_| load.clone())}>{ text::LOAD }</button>
            <button class="button plain danger" data-testid="delete" onclick={props.on_delete.reform(move |_| delete.clone())}>{ text::DELETE }</button>
        </li>
    }
}

/// Saves the agent of a run in this browser.
pub fn save(run: &Rc<TabRun>) {
    let title = title_of(run);
    with_agent(run, move |run, checkpoint| {
        let messages = run.messages.clone();
        spawn_local(async move {
            match keep(&title, &ItemContent::Run(Box::new(checkpoint))).await {
                Ok(()) => messages.tell(Severity::Information, text::AGENT_SAVED),
                Err(error) => messages.tell(Severity::Error, text::agent_refused(&error)),
            }
        });
    });
}

/// Keeps what the run on show is made of in the library, to begin another one with: environment, agent and seed.
pub fn save_settings(run: &Rc<TabRun>) {
    let present = run.session.view().present_spec();
    // Before a run has begun it is the one that is about to.
    let spec = present.or_else(|| run.expected.borrow().clone()).unwrap_or_else(first_spec);
    let spec = RunSpec { changes: Vec::new(), ..spec };
    let content =
        ItemContent::Settings(ShareLink { spec, until_episode: None, run_hash: None, marks: Vec::new() }.to_query());
    let (title, messages) = (title_of(run), run.messages.clone());
    spawn_local(async move {
        match keep(&title, &content).await {
            Ok(()) => messages.tell(Severity::Information, text::library::SAVED),
            Err(error) => messages.tell(Severity::Error, error.to_string()),
        }
    });
}

/// What an item of the run on show is called.
fn title_of(run: &TabRun) -> String {
    let view = run.session.view();
    view.started.as_ref().map_or_else(String::new, |it| format!("{} · {}", it.environment.title, it.agent.title))
}

fn open_file(run: &Rc<TabRun>, on_close: &Callback<()>) -> Callback<Event> {
    let (run, on_close) = (Rc::clone(run), on_close.clone());
    Callback::from(move |event: Event| {
        let input = event.target_unchecked_into::<HtmlInputElement>();
        let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
        input.set_value("");
        let (run, on_close) = (Rc::clone(&run), on_close.clone());
        spawn_local(async move {
            let Ok(buffer) = JsFuture::from(file.array_buffer()).await else {
                run.messages.tell(Severity::Error, text::NOT_READABLE);
                return;
            };
            open_bytes(&run, &Uint8Array::new(&buffer).to_vec(), on_close);
        });
    })
}

/// Loads the agent of a file. One that is refused changes nothing.
pub fn open_bytes(run: &Rc<TabRun>, bytes: &[u8], on_close: Callback<()>) {
    match agent_file::read(bytes) {
        Ok(checkpoint) => load_after_question(run, checkpoint, on_close),
        Err(error) => run.messages.tell(Severity::Error, text::agent_refused(&error)),
    }
}

/// A file of another environment says so first.
pub fn load_after_question(run: &Rc<TabRun>, checkpoint: Checkpoint, on_close: Callback<()>) {
    let title_of = |id: &str| {
        environments::registry::find(id).map_or_else(|_| id.to_owned(), |entry| translated(&entry.title).into_owned())
    };
    let ours = run.session.view().started.as_ref().map(|started| started.spec.environment.id.clone());
    let theirs = checkpoint.spec.environment.id.clone();
    match ours.filter(|ours| *ours != theirs) {
        None => load(run, checkpoint, on_close),
        Some(ours) => {
            let own = Rc::clone(run);
            run.messages.ask.emit(Question {
                title: String::from(text::OTHER_ENVIRONMENT),
                words: text::other_environment(&title_of(&theirs), &title_of(&ours)),
                yes: text::LOAD_IT,
                on_yes: Callback::from(move |()| load(&own, checkpoint.clone(), on_close.clone())),
                on_no: Callback::noop(),
            });
        }
    }
}

fn download(run: &Rc<TabRun>, checkpoint: Checkpoint) {
    let spec = &checkpoint.spec;
    let name = format!("{}-{}.{}", spec.environment.id, spec.agent.id, agent_file::SUFFIX);
    let messages = run.messages.clone();
    spawn_local(async move {
        match files::pack_agent(&checkpoint).await {
            Ok(bytes) => save_bytes(&name, "application/octet-stream", &bytes),
            Err(error) => messages.tell(Severity::Error, error.to_string()),
        }
    });
}

/// The agent as it stands, with its curves.
fn with_agent(run: &Rc<TabRun>, then: impl FnOnce(&Rc<TabRun>, Checkpoint) + 'static) {
    run.keep(move |run, kept| match kept {
        Ok(kept) => {
            let curves = kept.history.to_column();
            then(run, Checkpoint { curves, ..kept.checkpoint.clone() });
        }
        Err(reason) => run.messages.tell(Severity::Warning, reason),
    });
}

fn load(run: &Rc<TabRun>, mut checkpoint: Checkpoint, on_close: Callback<()>) {
    let curves = History::from_column(&std::mem::take(&mut checkpoint.curves));
    let messages = run.messages.clone();
    run.load(checkpoint, curves, move |loaded| match loaded {
        Ok(()) => {
            messages.tell(Severity::Information, text::AGENT_LOADED);
            on_close.emit(());
        }
        Err(reason) => messages.tell(Severity::Error, text::agent_refused(&reason)),
    });
}

/// Offers what was deleted last; whoever has that back is offered the one before.
fn offer_restoring(run: &Rc<TabRun>, mut deleted: Vec<Deleted>) {
    let Some(gone) = deleted.pop() else { return };
    let (words, own) = (text::deleted(&all_told(&gone.item.title)), Rc::clone(run));
    let restore = Callback::from(move |()| {
        let (gone, before, run) = (gone.clone(), deleted.clone(), Rc::clone(&own));
        spawn_local(async move {
            match bring_back(&gone).await {
                Ok(()) => offer_restoring(&run, before),
                Err(error) => run.messages.tell(Severity::Warning, error.to_string()),
            }
        });
    });
    run.messages.offer(Severity::Information, words, text::RESTORE, restore);
}

async fn keep(title: &str, content: &ItemContent) -> Result<(), StorageError> {
    let storage = Storage::open().await?;
    Storage::ask_to_persist();
    storage.save(title, title, content).await.map(drop)
}

async fn list() -> Result<Vec<Item>, StorageError> {
    let mut items = Storage::open().await?.list().await?;
    items.retain(|it| it.kind == ItemKind::Run);
    Ok(items)
}

async fn fetch(item: &Item) -> Result<Checkpoint, StorageError> {
    match Storage::open().await?.load(item).await? {
        ItemContent::Run(checkpoint) => Ok(*checkpoint),
        _ => Err(StorageError::Missing { name: item.name.clone() }),
    }
}

async fn remove(agent: &Item) -> Result<Option<Deleted>, StorageError> {
    Storage::open().await?.delete(agent).await
}

async fn bring_back(gone: &Deleted) -> Result<(), StorageError> {
    Storage::open().await?.restore(gone).await
}
