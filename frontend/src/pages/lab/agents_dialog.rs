//! Saved agents: to a file and back.

use crate::components::dialog::Dialog;
use crate::components::icons::{Icon, Symbol};
use crate::files::save_bytes;
use crate::session::Session;
use crate::text;
use shared::agent_file;
use shared::checkpoint::Checkpoint;
use shared::command::{Answer, Command};
use shared::event::Severity;
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

/// The list.
#[component]
pub fn AgentsDialog(props: &AgentsDialogProps) -> Html {
    let file_input = use_node_ref();
    let open = {
        let (session, tell, on_close) = (props.session.clone(), props.tell.clone(), props.on_close.clone());
        Callback::from(move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            let (session, tell, on_close) = (session.clone(), tell.clone(), on_close.clone());
            spawn_local(async move {
                let Ok(buffer) = JsFuture::from(file.array_buffer()).await else {
                    tell.emit((Severity::Error, text::NOT_READABLE.into()));
                    return;
                };
                match agent_file::read(&js_sys::Uint8Array::new(&buffer).to_vec()) {
                    Ok(checkpoint) => load(&session, checkpoint, tell, on_close),
                    Err(error) => tell.emit((Severity::Error, text::agent_refused(&error))),
                }
            });
        })
    };
    let to_file = {
        let (session, tell) = (props.session.clone(), props.tell.clone());
        move |_: MouseEvent| with_checkpoint(&session, tell.clone(), |checkpoint, tell| {
            let name = format!("{}-{}.{}", checkpoint.spec.environment.id, checkpoint.spec.agent.id, agent_file::SUFFIX);
            match agent_file::write(&checkpoint) {
                Ok(bytes) => save_bytes(&name, "application/octet-stream", &bytes),
                Err(error) => tell.emit((Severity::Error, error.to_string())),
            }
        })
    };
    let choose = {
        let file_input = file_input.clone();
        move |_: MouseEvent| if let Some(input) = file_input.cast::<HtmlInputElement>() { input.click() }
    };
    html! {
        <Dialog title={text::SAVED_AGENTS} name="agents" on_close={props.on_close.clone()}>
            <p class="empty">{ text::NO_AGENTS }</p>
            <div class="pair">
                <button class="button" data-testid="open-agent-file" onclick={choose}><Icon symbol={Symbol::Open} />{ text::OPEN_FILE }</button>
                <button class="button" data-testid="save-agent-file" onclick={to_file}><Icon symbol={Symbol::Download} />{ text::TO_FILE }</button>
            </div>
            <input ref={file_input} class="unseen" type="file" accept={format!(".{}", agent_file::SUFFIX)} tabindex="-1"
                aria-label={text::OPEN_FILE} data-testid="agent-file" onchange={open} />
        </Dialog>
    }
}

/// Saves the agent of a run in this browser.
pub fn save(session: &Session, tell: Tell) {
    with_checkpoint(session, tell, |_checkpoint, tell| tell.emit((Severity::Information, text::AGENT_SAVED.into())));
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
