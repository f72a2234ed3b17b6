//! Beside the map: where it may come from besides drawing, and where it goes. A seed, a text, a picture.

use super::desc::DescFault;
use super::history::{MapAct, MapDraft};
use super::picture;
use super::sheet::MapSheet;
use crate::components::icons::{Symbol, icon};
use crate::components::letters::MOST_SIDE;
use crate::files;
use crate::language::Text;
use crate::text;
use shared::Seed;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, HtmlElement, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Seeds that are thrown are below this.
const THROWN_BELOW: f64 = 1e6;

/// Lines of the text at most; it scrolls.
const MOST_LINES: usize = 10;

/// A map, and who is told what.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct MapSideProps {
    /// What it is drawn for.
    pub sheet: Rc<MapSheet>,
    /// The map.
    pub draft: MapDraft,
    /// Told what is to be done to it.
    pub act: Callback<MapAct>,
    /// Says what came of it, until the next change.
    pub say: Callback<String>,
}

/// All of it.
#[component]
pub fn MapSide(props: &MapSideProps) -> Html {
    html! {
        <>
            <RandomMaps ..props.clone() />
            <MapText ..props.clone() />
            <MapPictures ..props.clone() />
        </>
    }
}

/// Takes the map from a picture, or says that it is none.
pub fn take_picture(
    file: File,
    size: (usize, usize),
    sheet: Rc<MapSheet>,
    act: Callback<MapAct>,
    say: Callback<String>,
) {
    spawn_local(async move {
        match picture::read(&file, size, &sheet).await {
            Some(map) => act.emit(MapAct::Replace(map)),
            None => say.emit(text::NO_PICTURE.into()),
        }
    });
}

/// Random maps, the same one for the same seed.
#[component]
fn RandomMaps(props: &MapSideProps) -> Html {
    let typed = use_state(|| props.sheet.seed().to_string());
    let seed = typed.trim().parse().ok().and_then(|seed| Seed::new(seed).ok());
    let draw = {
        let (sheet, act, say) = (Rc::clone(&props.sheet), props.act.clone(), props.say.clone());
        let size = props.draft.history.present().size();
        Callback::from(move |seed: Seed| match sheet.random(size, seed) {
            Some(map) => act.emit(MapAct::Replace(map)),
            None => say.emit(text::NO_RANDOM_MAP.into()),
        })
    };
    let drawn = {
        let draw = draw.clone();
        move |_: MouseEvent| {
            if let Some(seed) = seed {
                draw.emit(seed);
            }
        }
    };
    let thrown = {
        let typed = typed.clone();
        move |_: MouseEvent| {
            let seed = Seed::new((js_sys::Math::random() * THROWN_BELOW) as u64).unwrap_or_default();
            typed.set(seed.to_string());
            draw.emit(seed);
        }
    };
    let write = {
        let typed = typed.clone();
        move |event: InputEvent| typed.set(event.target_unchecked_into::<HtmlInputElement>().value())
    };
    html! {
        <div class="map-random">
            <button type="button" class="button" data-testid="map-random" disabled={seed.is_none()} onclick={drawn}>{ text::RANDOM_MAP }</button>
            <input class="text-input number" type="text" inputmode="numeric" autocomplete="off" aria-label={text::RANDOM_SEED}
                title={if seed.is_none() { text::SEED_FAULT } else { text::RANDOM_SEED }} aria-invalid={seed.is_none().to_string()}
                value={(*typed).clone()} data-testid="map-seed" data-value={(*typed).clone()} oninput={write} />
            <button type="button" class="button square" aria-label={text::OTHER_SEED} title={text::OTHER_SEED} data-testid="map-other-seed"
                onclick={thrown}>{ icon(Symbol::Dice) }</button>
        </div>
    }
}

/// The map as text, to be written, pasted and copied.
#[component]
fn MapText(props: &MapSideProps) -> Html {
    let map = props.draft.history.present();
    let words = props.draft.written.clone().unwrap_or_else(|| map.desc());
    let fault = props.draft.fault.map(|fault| fault_words(fault, &props.sheet));
    let write = props
        .act
        .reform(|event: InputEvent| MapAct::Write(event.target_unchecked_into::<HtmlTextAreaElement>().value()));
    let copy = {
        // What is written and cannot be read is no map to give away.
        let (desc, say) = (map.desc(), props.say.clone());
        move |_: MouseEvent| {
            let (desc, say) = (desc.clone(), say.clone());
            spawn_local(async move {
                let said = if files::copy(&desc).await { text::TEXT_COPIED } else { text::TEXT_NOT_COPIED };
                say.emit(said.into());
            });
        }
    };
    html! {
        <div class="map-text">
            <label for="map-text">{ text::MAP_TEXT }</label>
            <textarea id="map-text" spellcheck="false" autocomplete="off" rows={map.size().1.clamp(3, MOST_LINES).to_string()}
                value={words.clone()} data-value={words} aria-invalid={fault.is_some().to_string()} aria-describedby="map-text-fault"
                data-testid="map-text" oninput={write} onchange={props.act.reform(|_: Event| MapAct::Written)} />
            <p class="negative" id="map-text-fault" role="status" data-testid="map-text-fault">{ fault }</p>
            <button type="button" class="button" data-testid="map-copy" onclick={copy}>{ icon(Symbol::Copy) }{ text::COPY_TEXT }</button>
        </div>
    }
}

fn fault_words(fault: DescFault, sheet: &MapSheet) -> String {
    match fault {
        DescFault::Empty => text::DESC_EMPTY.into(),
        DescFault::List => text::DESC_LIST.into(),
        DescFault::Size { rows, columns } => text::desc_size(rows, columns, MOST_SIDE),
        DescFault::Ragged { row, cells, expected } => text::desc_ragged(row, cells, expected),
        DescFault::Letter { row, column, letter } => {
            let known: Vec<_> = sheet.brushes.iter().map(|it| it.letter.to_string()).collect();
            text::desc_letter(row, column, letter, &known.join(" "))
        }
    }
}

/// The map as a picture, into a file and from one.
#[component]
fn MapPictures(props: &MapSideProps) -> Html {
    let input = use_node_ref();
    let save = {
        let (map, sheet) = (props.draft.history.present().clone(), Rc::clone(&props.sheet));
        move |_: MouseEvent| {
            if let Some(address) = picture::png(&map, &sheet.brushes) {
                files::save_address("map.png", &address);
            }
        }
    };
    let open = {
        let input = input.clone();
        move |_: MouseEvent| {
            if let Some(input) = input.cast::<HtmlElement>() {
                input.click();
            }
        }
    };
    let opened = {
        let (sheet, size) = (Rc::clone(&props.sheet), props.draft.history.present().size());
        let (act, say) = (props.act.clone(), props.say.clone());
        move |event: Event| {
            let input = event.target_unchecked_into::<HtmlInputElement>();
            if let Some(file) = input.files().and_then(|files| files.get(0)) {
                take_picture(file, size, Rc::clone(&sheet), act.clone(), say.clone());
            }
            // The same file may be chosen again.
            input.set_value("");
        }
    };
    let name: Text = text::OPEN_PICTURE;
    html! {
        <div class="map-pictures">
            <button type="button" class="button" data-testid="map-open-picture" title={text::PICTURE_HELP} onclick={open}>
                { icon(Symbol::Open) }{ name }
            </button>
            <button type="button" class="button" data-testid="map-png" onclick={save}>{ icon(Symbol::Download) }{ text::SAVE_PICTURE }</button>
            <input ref={input} class="unseen" type="file" accept="image/*" tabindex="-1" aria-label={name} data-testid="map-picture"
                onchange={opened} />
        </div>
    }
}
