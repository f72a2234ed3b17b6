//! What is opened, from a file or from the library: a run goes to the Lab, an episode to Replays, a comparison to Compare,
//! and an archive into the library.

use crate::components::messages::Messages;
use crate::files::OPENED_RUN_FILE;
use crate::lesson::packing::pack;
use crate::lesson::{Lesson, is_lesson};
use crate::pages::lab::agents_dialog::load_after_question;
use crate::pages::lab::opening::first_spec;
use crate::pages::lab::tab_run::TabRun;
use crate::route::{LessonPlace, Route};
use crate::services::library_file::{ItemContent, OpenedFile, Packed, onnx_run, open_file};
use crate::services::storage::{Storage, StorageError};
use crate::text::{self, library};
use js_sys::{Reflect, Uint8Array};
use run::recorded::ReplayFile;
use shared::event::Severity;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DragEvent, File};
use yew::prelude::*;

/// The ways to open something.
#[derive(Clone, Debug, PartialEq)]
pub struct FileOpening {
    /// Opens a file of ours.
    pub on_file: Callback<File>,
    /// The episode that was opened last.
    pub episode: Option<Rc<ReplayFile>>,
    /// Puts it away.
    pub on_episode_closed: Callback<()>,
    /// Whether a file is being dragged over the page.
    pub is_over: bool,
}

/// Opens files, dropped ones too, as long as the page is there.
#[hook]
pub fn use_opening(run: Option<&Rc<TabRun>>, messages: &Messages) -> FileOpening {
    let episode = use_state(|| None::<Rc<ReplayFile>>);
    let is_over = use_state(|| false);
    let on_content = {
        let (run, episode) = (run.cloned(), episode.setter());
        use_memo((), move |()| {
            Callback::from(move |content: ItemContent| match content {
                ItemContent::Run(checkpoint) => {
                    if let Some(run) = &run {
                        load_after_question(run, *checkpoint, Callback::from(|()| go_to(&Route::Lab)));
                    }
                }
                ItemContent::Episode(file) => {
                    episode.set(Some(Rc::new(*file)));
                    go_to(&Route::Replays);
                }
                ItemContent::Comparison(query) => go_to(&Route::Compare(Some(query))),
                ItemContent::Settings(query) => go_to(&Route::Shared(query)),
            })
        })
    };
    let on_file = {
        let (on_content, messages) = ((*on_content).clone(), messages.clone());
        let run = run.cloned();
        use_memo((), move |()| {
            Callback::from(move |file: File| {
                if file.name().to_lowercase().ends_with(".jsonl") {
                    // The place that shows it is of another program.
                    let _ = Reflect::set(&js_sys::global(), &OPENED_RUN_FILE.into(), &file);
                    go_to(&Route::RunFile(false));
                    return;
                }
                let (on_content, messages) = (on_content.clone(), messages.clone());
                let on_show = run.as_ref().and_then(|run| run.session.view().present_spec());
                let is_onnx = file.name().to_lowercase().ends_with(".onnx");
                spawn_local(async move {
                    let Ok(buffer) = JsFuture::from(file.array_buffer()).await else {
                        messages.tell(Severity::Error, text::NOT_READABLE);
                        return;
                    };
                    let bytes = Uint8Array::new(&buffer).to_vec();
                    if is_onnx {
                        let checkpoint = onnx_run(bytes, on_show.unwrap_or_else(first_spec));
                        on_content.emit(ItemContent::Run(Box::new(checkpoint)));
                        return;
                    }
                    if is_lesson(&bytes) {
                        match Lesson::from_json(&String::from_utf8_lossy(&bytes)) {
                            Ok(lesson) => go_to(&Route::Lesson(LessonPlace::Packed(pack(&lesson).await))),
                            Err(error) => messages.tell(Severity::Error, error.to_string()),
                        }
                        return;
                    }
                    match open_file(&bytes) {
                        Ok(OpenedFile::One(content)) => on_content.emit(content),
                        Ok(OpenedFile::Archive(packed)) => {
                            match take_in(&packed).await {
                                Ok(new) => {
                                    messages.tell(Severity::Information, library::taken_in(new, packed.len()));
                                }
                                Err(error) => messages.tell(Severity::Error, error.to_string()),
                            }
                            go_to(&Route::Library);
                        }
                        Err(error) => messages.tell(Severity::Error, error.to_string()),
                    }
                });
            })
        })
    };
    {
        let (on_file, is_over) = ((*on_file).clone(), is_over.setter());
        use_effect_with((), move |()| follow_drops(on_file, move |over| is_over.set(over)));
    }
    let on_episode_closed = {
        let episode = episode.setter();
        Callback::from(move |()| episode.set(None))
    };
    FileOpening { on_file: (*on_file).clone(), episode: (*episode).clone(), on_episode_closed, is_over: *is_over }
}

async fn take_in(packed: &[Packed]) -> Result<usize, StorageError> {
    Storage::open().await?.take_in(packed).await
}

/// Leads to another place.
fn go_to(route: &Route) {
    if let Some(window) = web_sys::window() {
        // An address of ours is never refused.
        let _ = window.location().set_hash(&route.address());
    }
}

/// Calls `dropped` with every file that is dropped on the page, and `over` when one comes over it or leaves.
fn follow_drops(dropped: Callback<File>, over: impl Fn(bool) + 'static) {
    let Some(window) = web_sys::window() else { return };
    let handle = Closure::<dyn Fn(DragEvent)>::new(move |event: DragEvent| {
        let Some(transfer) = event.data_transfer() else { return };
        if !transfer.types().includes(&"Files".into(), 0) {
            return;
        }
        match event.type_().as_str() {
            "dragover" => {
                event.prevent_default();
                over(true);
            }
            "drop" => {
                event.prevent_default();
                over(false);
                for index in 0..transfer.files().map_or(0, |files| files.length()) {
                    if let Some(file) = transfer.files().and_then(|files| files.get(index)) {
                        dropped.emit(file);
                    }
                }
            }
            // Leaving one element for another is no leaving of the page.
            _ => over(event.related_target().is_some()),
        }
    });
    for name in ["dragover", "dragleave", "drop"] {
        let _ = window.add_event_listener_with_callback(name, handle.as_ref().unchecked_ref());
    }
    handle.forget();
}
