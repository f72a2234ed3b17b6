//! The map editor: pick a tile, drag it over the map. `frontend/later.js` shows it in a dialog.

pub mod desc;
pub mod history;
pub mod notes;
pub mod picture;
pub mod sheet;
pub mod side;
pub mod solution;

use super::edit_history::StrokeId;
use super::letters::MOST_SIDE;
use crate::canvas_size::share_under;
use crate::language::{Text, told};
use crate::stage::camera::Camera;
use crate::text;
use history::{MapAct, MapDraft};
use notes::MapNotes;
use shared::RunSpec;
use shared::scene::Tile;
use sheet::MapSheet;
use side::MapSide;
use solution::{MapOutlook, discount_of, use_outlook};
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlCanvasElement};
use yew::prelude::*;

/// A map to edit.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct MapEditorProps {
    /// The run that it is for.
    pub spec: RunSpec,
    /// The map as it is.
    pub map: String,
    /// Told of every change.
    pub on_drawn: Callback<String>,
    /// Told of the map that is to be used.
    pub on_done: Callback<String>,
    /// Told when it is given up.
    pub on_cancel: Callback<String>,
}

/// What the pointer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MapTool {
    Draw,
    Fill,
}

/// The editor, within a dialog that others open and close.
#[component]
pub fn MapEditor(props: &MapEditorProps) -> Html {
    let sheet = use_memo(props.spec.environment.clone(), |environment| MapSheet::of(environment).map(Rc::new));
    let Some(sheet) = &*sheet else { return Html::default() };
    html! { <MapDrawing sheet={Rc::clone(sheet)} editor={props.clone()} /> }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct MapDrawingProps {
    sheet: Rc<MapSheet>,
    editor: MapEditorProps,
}

#[component]
fn MapDrawing(props: &MapDrawingProps) -> Html {
    let MapDrawingProps { sheet, editor } = props;
    let draft = {
        let sheet = Rc::clone(sheet);
        use_reducer(|| MapDraft::new(sheet, &editor.map))
    };
    let act = {
        let draft = draft.dispatcher();
        Callback::from(move |act: MapAct| draft.dispatch(act))
    };
    let brush =
        use_state(|| sheet.brushes.iter().position(|it| matches!(it.tile, Tile::Pit | Tile::Wall)).unwrap_or(0));
    let tool = use_state(|| MapTool::Draw);
    let solved = use_state(|| false);
    let notice = use_state(|| None::<String>);
    let map = draft.history.present();
    let text = map.text();
    let outlook = use_outlook(sheet, map, discount_of(&editor.spec.agent), *solved);
    // A large map takes milliseconds to check, and not every picture of this shows another one.
    let fault = use_memo(text.clone(), |text| sheet.fault(text.clone()));
    {
        let (on_drawn, notice) = (editor.on_drawn.clone(), notice.setter());
        let first = use_mut_ref(|| true);
        use_effect_with(text.clone(), move |map| {
            notice.set(None);
            if !first.replace(false) {
                on_drawn.emit(map.clone());
            }
        });
    }
    let end = |told: &Callback<String>| {
        let map = text.clone();
        told.reform(move |_: MouseEvent| map.clone())
    };
    let keys = {
        let act = act.clone();
        Callback::from(move |event: KeyboardEvent| {
            let is_written = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            let is_written = is_written.is_some_and(|it| matches!(it.tag_name().as_str(), "INPUT" | "TEXTAREA"));
            if is_written || !(event.ctrl_key() || event.meta_key()) || event.alt_key() {
                return;
            }
            match (event.key().to_ascii_lowercase().as_str(), event.shift_key()) {
                ("z", false) => act.emit(MapAct::Undo),
                ("y", false) | ("z", true) => act.emit(MapAct::Redo),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let say = {
        let notice = notice.setter();
        Callback::from(move |words: String| notice.set(Some(words)))
    };
    let dropped = {
        let (read, say) = (act.clone(), say.clone());
        let (sheet, size) = (Rc::clone(sheet), map.size());
        Callback::from(move |event: DragEvent| {
            if let Some(file) = event.data_transfer().and_then(|it| it.files()?.get(0)) {
                event.prevent_default();
                side::take_picture(file, size, Rc::clone(&sheet), read.clone(), say.clone());
            }
        })
    };
    let tools = [(MapTool::Draw, "draw", text::TOOL_DRAW), (MapTool::Fill, "fill", text::TOOL_FILL)];
    html! {
        <div class="map-desk" onkeydown={keys} ondrop={dropped}>
            <div class="map-left">
                <div class="palette" role="radiogroup" aria-label={text::BRUSHES}>
                    { for sheet.brushes.iter().enumerate().map(|(index, it)| {
                        let chosen = brush.clone();
                        // Eight pairs of teleports differ in their letter alone.
                        let words = if it.tile == Tile::Teleport { AttrValue::from(it.letter.to_string()) } else { told(&it.name) };
                        html! {
                            <button role="radio" aria-checked={(*brush == index).to_string()} data-testid={format!("brush-{}", it.letter)}
                                aria-label={told(&it.name)} onclick={move |_| chosen.set(index)}>
                                <Swatch tile={it.tile} /><span>{ words }</span>
                            </button>
                        }
                    }) }
                </div>
                <MapCanvas sheet={Rc::clone(sheet)} draft={(*draft).clone()} letter={sheet.brushes[*brush].letter} tool={*tool}
                    outlook={outlook.clone()} act={act.clone()} />
                <MapNotes sheet={Rc::clone(sheet)} map={text.clone()} outlook={outlook} />
            </div>
            <div class="map-right">
                <div class="chips" role="radiogroup" aria-label={text::TOOLS}>
                    { for tools.map(|(it, name, words)| {
                        let chosen = tool.clone();
                        html! {
                            <button type="button" class="chip" role="radio" aria-checked={(*tool == it).to_string()}
                                data-testid={format!("tool-{name}")} onclick={move |_| chosen.set(it)}>{ words }</button>
                        }
                    }) }
                </div>
                { steps(&draft, &act) }
                <button type="button" class="switch" role="switch" aria-checked={solved.to_string()} data-testid="map-solution"
                    data-value={solved.to_string()} onclick={ { let solved = solved.clone(); move |_: MouseEvent| solved.set(!*solved) } }>
                    <i></i>{ text::SHOW_SOLUTION }
                </button>
                <MapSide sheet={Rc::clone(sheet)} draft={(*draft).clone()} act={act} {say} />
            </div>
            <p class={classes!("dialog-note", fault.is_some().then_some("negative"))} role="status" data-testid="map-note">
                { (*notice).clone().or_else(|| (*fault).clone()).unwrap_or_else(|| text::MAP_RESTARTS.into()) }
            </p>
            <div class="pair">
                <button class="button" data-testid="map-cancel" onclick={end(&editor.on_cancel)}>{ text::CANCEL }</button>
                <button class="button primary" disabled={fault.is_some()} onclick={end(&editor.on_done)} data-testid="map-done">{ text::USE_MAP }</button>
            </div>
        </div>
    }
}

/// What changes the map as a whole: back and forth, mirrored, larger and smaller.
fn steps(draft: &MapDraft, act: &Callback<MapAct>) -> Html {
    let (columns, rows) = draft.history.present().size();
    let button = |sign: &'static str, name: Text, testid: &'static str, disabled: bool, does: MapAct| {
        html! {
            <button type="button" class="button square" aria-label={name} title={name} data-testid={testid} {disabled}
                onclick={act.reform(move |_: MouseEvent| does.clone())}>{ sign }</button>
        }
    };
    let side = |label: Text, value: usize, less: MapAct, more: MapAct| {
        html! {
            <span class="stepper">
                <span class="soft">{ label }</span>
                <button class="button square" aria-label={text::fewer(&label)} disabled={value <= 1}
                    onclick={act.reform(move |_: MouseEvent| less.clone())}>{ "−" }</button>
                <b class="number">{ value }</b>
                <button class="button square" aria-label={text::more(&label)} disabled={value >= MOST_SIDE}
                    onclick={act.reform(move |_: MouseEvent| more.clone())}>{ "+" }</button>
            </span>
        }
    };
    html! {
        <>
            <div class="map-steps">
                { button("↶", text::UNDO, "map-undo", !draft.history.has_past(), MapAct::Undo) }
                { button("↷", text::REDO, "map-redo", !draft.history.has_future(), MapAct::Redo) }
                { button("⇋", text::MIRROR, "map-mirror", false, MapAct::Mirror) }
                { button("⇅", text::FLIP, "map-flip", false, MapAct::Flip) }
            </div>
            <div class="map-sides">
                { side(text::COLUMNS, columns, MapAct::Resize(columns.saturating_sub(1), rows), MapAct::Resize(columns + 1, rows)) }
                { side(text::ROWS, rows, MapAct::Resize(columns, rows.saturating_sub(1)), MapAct::Resize(columns, rows + 1)) }
            </div>
        </>
    }
}

#[derive(Clone, PartialEq, Properties)]
struct MapCanvasProps {
    sheet: Rc<MapSheet>,
    draft: MapDraft,
    letter: char,
    tool: MapTool,
    outlook: MapOutlook,
    act: Callback<MapAct>,
}

/// The map to draw on, by pointer and by keyboard.
#[component]
fn MapCanvas(props: &MapCanvasProps) -> Html {
    let (letter, tool, act) = (props.letter, props.tool, props.act.clone());
    let map = props.draft.history.present();
    let (columns, rows) = map.size();
    let canvas = use_node_ref();
    let focused = use_state(|| false);
    let cursor = use_state(|| (0, 0));
    // It may have been made smaller.
    let (column, row) = (cursor.0.min(columns - 1), cursor.1.min(rows - 1));
    {
        let (canvas, sheet) = (canvas.clone(), Rc::clone(&props.sheet));
        let seen = focused.then_some((column, row));
        use_effect_with((map.clone(), props.outlook.clone(), seen), move |(map, outlook, seen)| {
            let solution = if let MapOutlook::Solved(solution) = outlook { Some(&**solution) } else { None };
            if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
                picture::draw(&canvas, map, &sheet.brushes, solution, *seen);
            }
        });
    }
    // Of the pointer or of a key, whichever was pressed last. What is typed is none of them.
    let stroke = use_mut_ref(|| 0 as StrokeId);
    let paint = {
        let stroke = Rc::clone(&stroke);
        move |cell: (usize, usize)| {
            act.emit(match tool {
                MapTool::Draw => MapAct::Draw(cell, letter, *stroke.borrow()),
                MapTool::Fill => MapAct::Fill(cell, letter),
            });
        }
    };
    let point = {
        let (canvas, paint, stroke) = (canvas.clone(), paint.clone(), Rc::clone(&stroke));
        Callback::from(move |event: PointerEvent| {
            let begins = event.type_() == "pointerdown";
            if event.buttons() & 1 == 0 || (tool == MapTool::Fill && !begins) {
                return;
            }
            let Some(canvas) = canvas.cast::<HtmlCanvasElement>() else { return };
            if begins {
                let _ = canvas.set_pointer_capture(event.pointer_id());
                *stroke.borrow_mut() += 1;
            } else if !canvas.has_pointer_capture(event.pointer_id()) {
                // It was pressed elsewhere: no stroke has begun.
                return;
            }
            let size = (f64::from(canvas.width()), f64::from(canvas.height()));
            let camera = Camera::fit((columns as f32, rows as f32), size);
            let (x, y) = share_under(&canvas, &event);
            let (x, y) = camera.to_scene(x * size.0, y * size.1);
            if x >= 0.0 && y >= 0.0 {
                paint((x as usize, y as usize));
            }
        })
    };
    let keys = {
        let cursor = cursor.clone();
        Callback::from(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "ArrowLeft" => cursor.set((column.saturating_sub(1), row)),
                "ArrowRight" => cursor.set(((column + 1).min(columns - 1), row)),
                "ArrowUp" => cursor.set((column, row.saturating_sub(1))),
                "ArrowDown" => cursor.set((column, (row + 1).min(rows - 1))),
                " " | "Enter" => {
                    *stroke.borrow_mut() += 1;
                    paint((column, row));
                }
                _ => return,
            }
            event.prevent_default();
        })
    };
    let focus = |on: bool| {
        let focused = focused.clone();
        move |_: FocusEvent| focused.set(on)
    };
    html! {
        <div class="map-canvas">
            <canvas ref={canvas} tabindex="0" role="img" aria-label={text::map_words(columns, rows)} data-testid="map-canvas"
                data-value={map.text()} onpointerdown={point.clone()} onpointermove={point} onkeydown={keys} onfocus={focus(true)}
                onblur={focus(false)} />
        </div>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct SwatchProps {
    tile: Tile,
}

/// A tile as small as a letter.
#[component]
fn Swatch(props: &SwatchProps) -> Html {
    let canvas = use_node_ref();
    {
        let canvas = canvas.clone();
        use_effect_with(props.tile, move |tile| {
            if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
                picture::draw_swatch(&canvas, *tile);
            }
        });
    }
    let side = picture::SWATCH.to_string();
    html! { <canvas ref={canvas} width={side.clone()} height={side} aria-hidden="true" /> }
}
