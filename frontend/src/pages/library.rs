//! The library: what is kept in this browser, to find, open, note, move elsewhere and delete. What is opened goes to the page's
//! program, as a file that is dropped on it does.

use crate::components::dialog::Dialog;
use crate::components::file_button::FileButton;
use crate::components::icons::{Symbol, icon};
use crate::components::messages::{Messages, use_messages};
use crate::files::save_bytes;
use crate::format::{count, size};
use crate::kept_focus::focus_first;
use crate::language::{Text, all_told};
use crate::route::Route;
use crate::services::library::{Deleted, LIBRARY_CHANGED};
use crate::services::library_file::{ARCHIVE_SUFFIX, EPISODE_SUFFIX, Item, ItemKind};
use crate::services::storage::{Storage, StorageError};
use crate::text::library as text;
use crate::text::{CANCEL, DELETE, RESTORE, TO_FILE, deleted};
use js_sys::{Array, Date, Uint8Array};
use shared::agent_file;
use shared::event::Severity;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Opens a file as if it were dropped on the page; `later.js` has it.
    #[wasm_bindgen(js_name = openOnPage)]
    fn open_on_page(file: &File);
}

thread_local! {
    /// What was deleted, the last one last, to be had back by whoever comes again.
    static DELETED: RefCell<Vec<Deleted>> = const { RefCell::new(Vec::new()) };
}

/// What is kept, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
enum LibraryShelf {
    #[default]
    Unknown,
    Items(Vec<Item>),
    Unreadable(String),
}

/// The place.
#[component]
pub fn Library() -> Html {
    let (messages, said) = use_messages();
    let shelf = use_state(LibraryShelf::default);
    let is_protected = use_state(|| None::<bool>);
    let search = use_state(String::new);
    let kind = use_state(|| None::<ItemKind>);
    let edited = use_state(|| None::<Item>);
    let refresh = {
        let (shelf, is_protected) = (shelf.setter(), is_protected.setter());
        Callback::from(move |()| {
            let (shelf, is_protected) = (shelf.clone(), is_protected.clone());
            spawn_local(async move {
                shelf.set(match list().await {
                    Ok(items) => LibraryShelf::Items(items),
                    Err(error) => LibraryShelf::Unreadable(error.to_string()),
                });
                is_protected.set(Storage::is_persistent().await);
            });
        })
    };
    {
        let refresh = refresh.clone();
        use_effect_with((), move |()| {
            refresh.emit(());
            let changed = Closure::<dyn Fn()>::new(move || refresh.emit(()));
            let window = web_sys::window();
            if let Some(window) = &window {
                let _ = window.add_event_listener_with_callback(LIBRARY_CHANGED, changed.as_ref().unchecked_ref());
            }
            move || {
                if let Some(window) = window {
                    let hear = changed.as_ref().unchecked_ref();
                    let _ = window.remove_event_listener_with_callback(LIBRARY_CHANGED, hear);
                }
            }
        });
    }
    let (gap, is_offered) = (use_mut_ref(|| None::<usize>), use_mut_ref(|| false));
    let act = ItemActions { messages, refresh, gap: Rc::clone(&gap) };
    {
        let act = act.clone();
        use_effect_with((*shelf).clone(), move |shelf| {
            if let Some(gap) = gap.take() {
                focus_row(gap);
            }
            // It may have come back as part of a file.
            if let LibraryShelf::Items(items) = shelf
                && !is_offered.replace(true)
            {
                DELETED.with_borrow_mut(|all| all.retain(|gone| items.iter().all(|it| it.id != gone.item.id)));
                act.offer_restoring();
            }
        });
    }
    let all: Vec<Item> = if let LibraryShelf::Items(items) = &*shelf { items.clone() } else { Vec::new() };
    let shown: Vec<Item> =
        all.iter().filter(|it| kind.is_none_or(|kind| kind == it.kind) && it.fits(&search)).cloned().collect();
    let bytes: u64 = all.iter().map(|it| it.bytes).sum();
    let is_part = shown.len() < all.len();
    let export = {
        let (act, shown) = (act.clone(), shown.clone());
        move |_: MouseEvent| act.export(shown.clone())
    };
    let on_search = {
        let search = search.clone();
        move |event: InputEvent| search.set(event.target_unchecked_into::<HtmlInputElement>().value())
    };
    let edit = {
        let edited = edited.clone();
        Callback::from(move |item: Item| edited.set(Some(item)))
    };
    let done = {
        let (edited, act) = (edited.clone(), act.clone());
        Callback::from(move |item: Option<Item>| {
            edited.set(None);
            if let Some(item) = item {
                act.relabel(item);
            }
        })
    };
    html! {
        <main class="watch library" id="stage" tabindex="-1">
            <div class="watch-head">
                <h1>{ text::LIBRARY }</h1>
                if !all.is_empty() {
                    <span class="soft number" data-testid="kept" data-value={all.len().to_string()}>{ text::kept(all.len(), &size(bytes)) }</span>
                }
                <span class="spacer"></span>
                <FileButton label={text::IMPORT} on_file={|file: File| open_on_page(&file)} />
                if !all.is_empty() {
                    <button class="button" data-testid="export" disabled={shown.is_empty()} onclick={export}>
                        { icon(Symbol::Download) }{ if is_part { text::EXPORT_SHOWN } else { text::EXPORT_ALL } }
                    </button>
                }
            </div>
            if !all.is_empty() {
                <div class="library-bar">
                    <input type="search" class="text-input" placeholder={text::SEARCH} aria-label={text::SEARCH} data-testid="search"
                        value={(*search).clone()} oninput={on_search} />
                    { kinds(&all, *kind, &{
                        let kind = kind.clone();
                        Callback::from(move |to| kind.set(to))
                    }) }
                </div>
                { protection(*is_protected, &act) }
            }
            { match &*shelf {
                LibraryShelf::Unknown => html! { <p class="empty" aria-busy="true">{ " " }</p> },
                LibraryShelf::Unreadable(reason) => html! { <p class="negative" role="alert" data-testid="no-storage">{ reason.clone() }</p> },
                LibraryShelf::Items(items) if items.is_empty() => html! { <p class="empty" data-testid="nothing-kept">{ text::NOTHING_KEPT }</p> },
                LibraryShelf::Items(_) if shown.is_empty() => html! { <p class="empty" role="status">{ text::NOTHING_FOUND }</p> },
                LibraryShelf::Items(_) => html! { <ul class="items">{ for shown.iter().enumerate().map(|(index, item)| row(index, item, &act, &edit)) }</ul> },
            } }
            if let Some(item) = (*edited).clone() { <EditDialog {item} on_done={done} /> }
            { said }
        </main>
    }
}

/// Filters by kind, each with how many there are.
fn kinds(all: &[Item], chosen: Option<ItemKind>, choose: &Callback<Option<ItemKind>>) -> Html {
    let choice = |label: Text, testid: &'static str, kind: Option<ItemKind>| {
        let number = all.iter().filter(|it| kind.is_none_or(|kind| kind == it.kind)).count();
        html! {
            <button class="chip" role="radio" aria-checked={(chosen == kind).to_string()} data-testid={testid}
                onclick={choose.reform(move |_: MouseEvent| kind)}>{ format!("{label} {number}") }</button>
        }
    };
    html! {
        <span class="chips" role="radiogroup" aria-label={text::KINDS}>
            { choice(text::ALL, "kind-all", None) }
            { choice(text::RUNS, "kind-run", Some(ItemKind::Run)) }
            { choice(text::EPISODES_KEPT, "kind-episode", Some(ItemKind::Episode)) }
            { choice(text::COMPARISONS, "kind-comparison", Some(ItemKind::Comparison)) }
            { choice(text::SETTINGS, "kind-settings", Some(ItemKind::Settings)) }
        </span>
    }
}

/// Whether the browser may clear the library, and the way to ask it not to.
fn protection(is_protected: Option<bool>, act: &ItemActions) -> Html {
    let protect = {
        let act = act.clone();
        move |_: MouseEvent| act.protect()
    };
    match is_protected {
        None => Html::default(),
        Some(true) => html! { <p class="soft protection">{ text::PROTECTED }</p> },
        Some(false) => html! {
            <p class="soft protection">
                { text::UNPROTECTED }
                <button class="button plain" data-testid="protect" onclick={protect}>{ icon(Symbol::Lock) }{ text::PROTECT }</button>
            </p>
        },
    }
}

fn row(index: usize, item: &Item, act: &ItemActions, edit: &Callback<Item>) -> Html {
    let when =
        String::from(Date::new(&JsValue::from_f64(item.saved_millis)).to_locale_string("default", &JsValue::UNDEFINED));
    let (kind, facts) = match item.kind {
        ItemKind::Run => (text::RUN, text::facts(&count(item.episodes), &count(item.steps), &size(item.bytes), &when)),
        ItemKind::Episode => {
            (text::EPISODE, text::episode_facts(&count(item.episodes), &count(item.steps), &size(item.bytes), &when))
        }
        ItemKind::Comparison => (text::COMPARISON, text::comparison_facts(&size(item.bytes), &when)),
        ItemKind::Settings => (text::SETTINGS, text::settings_facts(&size(item.bytes), &when)),
    };
    let doing = |what: fn(&ItemActions, Item)| {
        let (act, item) = (act.clone(), item.clone());
        Callback::from(move |_: MouseEvent| what(&act, item.clone()))
    };
    let changed = item.clone();
    let delete = {
        let (act, item) = (act.clone(), item.clone());
        move |_: MouseEvent| act.delete(index, item.clone())
    };
    html! {
        <li key={item.id.clone()} class="card" data-testid={format!("item-{}", item.id)} data-kind={kind}>
            <span class="kind">{ kind }</span>
            <div class="what">
                <b>{ all_told(&item.name) }</b>
                <small class="number">
                    if item.name != item.title { { all_told(&item.title) }{ " · " } }
                    { facts }
                </small>
                if !item.note.is_empty() { <p class="note">{ item.note.clone() }</p> }
                if !item.tags.is_empty() {
                    <p class="tags">{ for item.tags.iter().map(|tag| html! { <span class="chip">{ tag.clone() }</span> }) }</p>
                }
            </div>
            <div class="acts">
                <button class="button primary" data-testid="open" onclick={doing(ItemActions::open)}>{ text::OPEN }</button>
                <button class="button plain square" data-testid="edit" aria-label={text::EDIT_TITLE} title={text::EDIT_TITLE}
                    onclick={edit.reform(move |_: MouseEvent| changed.clone())}>{ icon(Symbol::Pencil) }</button>
                <button class="button plain square" data-testid="to-file" aria-label={TO_FILE} title={TO_FILE}
                    onclick={doing(ItemActions::to_file)}>{ icon(Symbol::Download) }</button>
                <button class="button plain danger square" data-testid="delete" aria-label={DELETE} title={DELETE}
                    onclick={delete}>{ icon(Symbol::Close) }</button>
            </div>
        </li>
    }
}

/// What can be done with items; afterwards the list is read again.
#[derive(Clone)]
struct ItemActions {
    messages: Messages,
    refresh: Callback<()>,
    /// The row that was deleted, while the list is not read again.
    gap: Rc<RefCell<Option<usize>>>,
}

impl ItemActions {
    fn open(&self, item: Item) {
        self.attempt(async move {
            let bytes = Storage::open().await?.file(&item).await?;
            let Some(window) = web_sys::window() else { return Ok(()) };
            match item.kind {
                ItemKind::Comparison | ItemKind::Settings => {
                    let query = String::from_utf8_lossy(&bytes).into_owned();
                    let is_settings = item.kind == ItemKind::Settings;
                    let to = if is_settings { Route::Shared(query) } else { Route::Compare(Some(query)) };
                    // An address of ours is never refused.
                    let _ = window.location().set_hash(&to.address());
                }
                ItemKind::Run | ItemKind::Episode => {
                    let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
                    // A file can be made of any bytes.
                    if let Ok(file) = File::new_with_u8_array_sequence(&parts, &item.id) {
                        open_on_page(&file);
                    }
                }
            }
            Ok(())
        });
    }

    fn relabel(&self, item: Item) {
        self.attempt(async move { Storage::open().await?.relabel(&item).await });
    }

    fn to_file(&self, item: Item) {
        self.attempt(async move {
            let bytes = Storage::open().await?.file(&item).await?;
            match item.kind {
                ItemKind::Run => save_bytes(&file_name(&item, agent_file::SUFFIX), "application/octet-stream", &bytes),
                ItemKind::Episode => save_bytes(&file_name(&item, EPISODE_SUFFIX), "application/json", &bytes),
                ItemKind::Comparison | ItemKind::Settings => {
                    let archive = Storage::open().await?.archive(std::slice::from_ref(&item)).await?;
                    save_bytes(&file_name(&item, ARCHIVE_SUFFIX), "application/octet-stream", &archive);
                }
            }
            Ok(())
        });
    }

    fn export(&self, items: Vec<Item>) {
        self.attempt(async move {
            let archive = Storage::open().await?.archive(&items).await?;
            save_bytes(&format!("terrarium.{ARCHIVE_SUFFIX}"), "application/octet-stream", &archive);
            Ok(())
        });
    }

    fn delete(&self, index: usize, item: Item) {
        let own = self.clone();
        self.attempt(async move {
            own.gap.replace(Some(index));
            if let Some(gone) = Storage::open().await?.delete(&item).await? {
                DELETED.with_borrow_mut(|all| all.push(gone));
                own.offer_restoring();
            }
            Ok(())
        });
    }

    /// Offers what was deleted last; whoever has that back is offered the one before.
    fn offer_restoring(&self) {
        let Some(gone) = DELETED.with_borrow(|all| all.last().cloned()) else { return };
        let (words, again) = (deleted(&all_told(&gone.item.name)), self.clone());
        let restore = Callback::from(move |()| again.restore(gone.clone()));
        self.messages.offer(Severity::Information, words, RESTORE, restore);
    }

    fn restore(&self, gone: Deleted) {
        let own = self.clone();
        self.attempt(async move {
            Storage::open().await?.restore(&gone).await?;
            DELETED.with_borrow_mut(|all| all.retain(|it| *it != gone));
            own.offer_restoring();
            Ok(())
        });
    }

    fn protect(&self) {
        let messages = self.messages.clone();
        self.attempt(async move {
            if !Storage::persist().await {
                messages.tell(Severity::Warning, text::NOT_PROTECTED);
            }
            Ok(())
        });
    }

    fn attempt(&self, what: impl Future<Output = Result<(), StorageError>> + 'static) {
        let (messages, refresh) = (self.messages.clone(), self.refresh.clone());
        spawn_local(async move {
            if let Err(error) = what.await {
                messages.tell(Severity::Error, error.to_string());
            }
            refresh.emit(());
        });
    }
}

/// Gives the keyboard to the row that came up, to the last one, or to the place where there is none.
fn focus_row(index: usize) {
    let wanted = [
        format!(".items > li:nth-child({}) [data-testid=delete]", index + 1),
        ".items > li:last-child [data-testid=delete]".into(),
        "main".into(),
    ];
    focus_first(&wanted);
}

/// A name for an item's file, of what every disk takes.
fn file_name(item: &Item, suffix: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() { letter } else { '-' };
    let name: String = item.name.chars().map(plain).collect();
    let name = name.split('-').filter(|it| !it.is_empty()).collect::<Vec<_>>().join("-").to_lowercase();
    format!("{}.{suffix}", if name.is_empty() { "terrarium" } else { &name })
}

async fn list() -> Result<Vec<Item>, StorageError> {
    Storage::open().await?.list().await
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct EditDialogProps {
    item: Item,
    /// Gets the changed item; nothing if nothing is to change.
    on_done: Callback<Option<Item>>,
}

/// Name, tags and note of an item.
#[component]
fn EditDialog(props: &EditDialogProps) -> Html {
    let (name, tags, note) = (use_node_ref(), use_node_ref(), use_node_ref());
    let keep = {
        let (name, tags, note) = (name.clone(), tags.clone(), note.clone());
        let (item, on_done) = (props.item.clone(), props.on_done.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let text_of = |field: &NodeRef| field.cast::<HtmlInputElement>().map(|it| it.value()).unwrap_or_default();
            let named = text_of(&name).trim().to_owned();
            let tags = text_of(&tags);
            let tags = tags.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned);
            on_done.emit(Some(Item {
                name: match named {
                    named if named.is_empty() => item.title.clone(),
                    named if named == all_told(&item.name) => item.name.clone(),
                    named => named,
                },
                tags: tags.collect(),
                note: note.cast::<HtmlTextAreaElement>().map(|it| it.value().trim().to_owned()).unwrap_or_default(),
                ..item.clone()
            }));
        }
    };
    let cancel = props.on_done.reform(|()| None);
    html! {
        <Dialog title={text::EDIT_TITLE} name="edit-item" on_close={cancel.clone()}>
            <form class="edit-item" onsubmit={keep}>
                <label>{ text::NAME }<input ref={name} type="text" class="text-input" maxlength="120" value={all_told(&props.item.name)} data-testid="edit-name" /></label>
                <label>{ text::TAGS }<input ref={tags} type="text" class="text-input" maxlength="200" value={props.item.tags.join(", ")} data-testid="edit-tags" /></label>
                <label>{ text::NOTE }<textarea ref={note} class="text-input" rows="4" maxlength="4000" data-testid="edit-note" value={props.item.note.clone()} /></label>
                <div class="pair">
                    <button class="button" type="button" onclick={cancel.reform(|_: MouseEvent| ())}>{ CANCEL }</button>
                    <button class="button primary" data-testid="edit-keep">{ text::KEEP }</button>
                </div>
            </form>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_names_that_every_disk_takes() {
        let item = |name: &str| Item {
            id: "1".into(),
            kind: ItemKind::Run,
            name: name.into(),
            title: String::new(),
            note: String::new(),
            tags: Vec::new(),
            saved_millis: 0.0,
            episodes: 0,
            steps: 0,
            bytes: 0,
        };
        assert_eq!(file_name(&item("Snake · PPO / try: 2?"), "terrarium"), "snake-ppo-try-2.terrarium");
        assert_eq!(file_name(&item("..."), "terrarium"), "terrarium.terrarium");
    }
}
