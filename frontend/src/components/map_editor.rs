//! The map editor: pick a tile, drag it over the map. `frontend/later.js` shows it in a dialog.

pub mod sheet;

use super::letters::{LetterBrush, Letters, MOST_SIDE};
use crate::canvas_size::share_under;
use crate::language::{Text, told};
use crate::stage::camera::Camera;
use crate::stage::palette::ScenePalette;
use crate::stage::pen::CanvasPen;
use crate::stage::tiles;
use crate::text;
use shared::RunSpec;
use shared::scene::Tile;
use sheet::MapSheet;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};
use yew::prelude::*;

/// Side of a swatch in pixels; the style sheet shows it at half of that.
const SWATCH: f64 = 44.0;

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
    let floor = sheet.floor;
    let map = use_state(|| Letters::parse(&editor.map, floor));
    let brush = use_state(|| sheet.brushes.iter().position(|it| it.tile == Tile::Pit).unwrap_or(0));
    let cursor = use_state(|| (0usize, 0usize));
    let canvas = use_node_ref();
    {
        let (canvas, brushes) = (canvas.clone(), sheet.brushes.clone());
        use_effect_with(((*map).clone(), *cursor), move |(map, cursor)| {
            if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
                draw(&canvas, map, &brushes, *cursor);
            }
        });
    }
    let (columns, rows) = map.size();
    let paint = {
        let (map, brush, brushes) = (map.clone(), *brush, sheet.brushes.clone());
        Callback::from(move |(column, row): (usize, usize)| {
            let mut next = (*map).clone();
            next.draw(column, row, brushes[brush].letter);
            map.set(next);
        })
    };
    let point = {
        let (canvas, paint) = (canvas.clone(), paint.clone());
        Callback::from(move |event: PointerEvent| {
            if event.buttons() & 1 == 0 {
                return;
            }
            let Some(canvas) = canvas.cast::<HtmlCanvasElement>() else { return };
            let _ = canvas.set_pointer_capture(event.pointer_id());
            let size = (f64::from(canvas.width()), f64::from(canvas.height()));
            let camera = Camera::fit((columns as f32, rows as f32), size);
            let (x, y) = share_under(&canvas, &event);
            let (x, y) = camera.to_scene(x * size.0, y * size.1);
            if x >= 0.0 && y >= 0.0 {
                paint.emit((x as usize, y as usize));
            }
        })
    };
    let keys = {
        let (cursor, paint) = (cursor.clone(), paint.clone());
        Callback::from(move |event: KeyboardEvent| {
            let (column, row) = *cursor;
            match event.key().as_str() {
                "ArrowLeft" => cursor.set((column.saturating_sub(1), row)),
                "ArrowRight" => cursor.set(((column + 1).min(columns - 1), row)),
                "ArrowUp" => cursor.set((column, row.saturating_sub(1))),
                "ArrowDown" => cursor.set((column, (row + 1).min(rows - 1))),
                " " | "Enter" => paint.emit((column, row)),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let resize = |columns: usize, rows: usize| {
        let map = map.clone();
        Callback::from(move |_: MouseEvent| {
            let mut next = (*map).clone();
            next.resize(columns, rows, floor);
            map.set(next);
        })
    };
    let fault = sheet.fault(map.text());
    {
        let (on_drawn, given) = (editor.on_drawn.clone(), Letters::parse(&editor.map, floor).text());
        use_effect_with(map.text(), move |map| {
            if *map != given {
                on_drawn.emit(map.clone());
            }
        });
    }
    let end = |told: &Callback<String>| {
        let map = map.text();
        told.reform(move |_: MouseEvent| map.clone())
    };
    let side = |label: Text, value: usize, less: Callback<MouseEvent>, more: Callback<MouseEvent>| {
        html! {
            <span class="stepper">
                <span class="soft">{ label }</span>
                <button class="button square" aria-label={text::fewer(&label)} disabled={value <= 1} onclick={less}>{ "−" }</button>
                <b class="number">{ value }</b>
                <button class="button square" aria-label={text::more(&label)} disabled={value >= MOST_SIDE} onclick={more}>{ "+" }</button>
            </span>
        }
    };
    html! {
        <div class="map-desk">
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
            <div class="map-canvas">
                <canvas ref={canvas} tabindex="0" role="img" aria-label={text::map_words(columns, rows)} data-testid="map-canvas"
                    data-value={map.text()} onpointerdown={point.clone()} onpointermove={point} onkeydown={keys} />
            </div>
            <div class="map-sides">
                { side(text::COLUMNS, columns, resize(columns.saturating_sub(1), rows), resize(columns + 1, rows)) }
                { side(text::ROWS, rows, resize(columns, rows.saturating_sub(1)), resize(columns, rows + 1)) }
            </div>
            <p class={classes!("dialog-note", fault.is_some().then_some("negative"))} role="status">
                { fault.clone().unwrap_or_else(|| text::MAP_RESTARTS.into()) }
            </p>
            <div class="pair">
                <button class="button" data-testid="map-cancel" onclick={end(&editor.on_cancel)}>{ text::CANCEL }</button>
                <button class="button primary" disabled={fault.is_some()} onclick={end(&editor.on_done)} data-testid="map-done">{ text::USE_MAP }</button>
            </div>
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
            if let Some(context) = canvas.cast::<HtmlCanvasElement>().and_then(|it| context_of(&it)) {
                let palette = ScenePalette::present();
                tiles::draw_one(
                    CanvasPen { context: &context, palette: &palette, camera: Camera::default(), ratio: 2.0 },
                    *tile,
                    SWATCH,
                );
            }
        });
    }
    html! { <canvas ref={canvas} width={SWATCH.to_string()} height={SWATCH.to_string()} aria-hidden="true" /> }
}

fn draw(canvas: &HtmlCanvasElement, map: &Letters, brushes: &[LetterBrush], cursor: (usize, usize)) {
    let Some((context, size)) = prepare(canvas) else { return };
    let palette = ScenePalette::present();
    let (columns, rows) = map.size();
    let camera = Camera::fit((columns as f32, rows as f32), size);
    let pen = CanvasPen { context: &context, palette: &palette, camera, ratio: 1.0 };
    let legend: Vec<Tile> = brushes.iter().map(|it| it.tile).chain([Tile::Teleport]).collect();
    let index = |letter: char| brushes.iter().position(|it| it.letter == letter).unwrap_or(brushes.len()) as u8;
    let tiles: Vec<u8> = map.cells().map(index).collect();
    let cell = |index: usize| camera.to_canvas((index % columns) as f64, (index / columns) as f64);
    tiles::draw_grid(pen, &tiles, &legend, camera.scale, cell);
    if web_sys::window().and_then(|it| it.document()?.active_element()).as_ref() == Some(canvas) {
        let (x, y) = cell(cursor.1 * columns + cursor.0);
        context.set_stroke_style_str(&palette.amber);
        context.set_line_width(3.0);
        pen.round_box((x + 2.0, y + 2.0), (camera.scale - 4.0, camera.scale - 4.0), camera.scale * 0.1);
        context.stroke();
    }
}

/// The canvas in device pixels, wiped clean.
fn prepare(canvas: &HtmlCanvasElement) -> Option<(CanvasRenderingContext2d, (f64, f64))> {
    let ratio = web_sys::window()?.device_pixel_ratio();
    let width = (f64::from(canvas.client_width()) * ratio).round();
    let height = (f64::from(canvas.client_height()) * ratio).round();
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    Some((context_of(canvas)?, (width, height)))
}

fn context_of(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok().flatten()?.dyn_into().ok()
}
