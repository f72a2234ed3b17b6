//! Maps as pictures: on the canvas, into a file, and from one, cell by cell.

use super::sheet::MapSheet;
use super::solution::MapSolution;
use crate::components::letters::{LetterBrush, Letters};
use crate::stage::camera::Camera;
use crate::stage::palette::{SceneColour, ScenePalette};
use crate::stage::pen::CanvasPen;
use crate::stage::tiles;
use shared::scene::{Anchor, Tile};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, File, HtmlCanvasElement, ImageBitmap};

/// Side of a swatch in pixels; the style sheet shows it at half of that.
pub const SWATCH: f64 = 44.0;

/// Side of a cell in a file.
const FILE_CELL: u32 = 48;

/// Side of a cell in which a picture is looked at: even, so that our own files are halved.
const LOOK_CELL: u32 = 24;

/// Size of the letter on a teleport, as a share of its cell.
const LETTER: f64 = 0.6;

/// So many patches a side are compared in a cell: enough to tell which way an arrow points.
const PATCHES: u32 = 8;

/// Mean red, green and blue of the patches of a cell, row by row.
type CellLook = [[f64; 3]; (PATCHES * PATCHES) as usize];

/// Draws a map, with its solution if there is one, and the cursor if it is to be seen.
pub fn draw(
    canvas: &HtmlCanvasElement,
    map: &Letters,
    brushes: &[LetterBrush],
    solution: Option<&MapSolution>,
    cursor: Option<(usize, usize)>,
) {
    let Some((context, size)) = prepare(canvas) else { return };
    let palette = ScenePalette::present();
    let (columns, rows) = map.size();
    let camera = Camera::fit((columns as f32, rows as f32), size);
    let pen = CanvasPen { context: &context, palette: &palette, camera, ratio: 1.0 };
    draw_map(pen, map, brushes);
    if let Some(solution) = solution {
        solution.draw(pen, map, brushes);
    }
    if let Some((column, row)) = cursor {
        let (x, y) = camera.to_canvas(column as f64, row as f64);
        context.set_stroke_style_str(&palette.amber);
        context.set_line_width(3.0);
        pen.round_box((x + 2.0, y + 2.0), (camera.scale - 4.0, camera.scale - 4.0), camera.scale * 0.1);
        context.stroke();
    }
}

/// Draws one tile as large as a swatch.
pub fn draw_swatch(canvas: &HtmlCanvasElement, tile: Tile) {
    if let Some(context) = context_of(canvas) {
        let palette = ScenePalette::present();
        let pen = CanvasPen { context: &context, palette: &palette, camera: Camera::default(), ratio: 2.0 };
        tiles::draw_one(pen, tile, SWATCH);
    }
}

/// The map as a PNG file, as its address.
pub fn png(map: &Letters, brushes: &[LetterBrush]) -> Option<String> {
    drawn(map, brushes, FILE_CELL)?.0.to_data_url().ok()
}

/// The map of a picture, of as many columns and rows as this size: in each cell what looks most like it. None where the browser
/// cannot read the file as a picture.
pub async fn read(file: &File, (columns, rows): (usize, usize), sheet: &MapSheet) -> Option<Letters> {
    let promise = web_sys::window()?.create_image_bitmap_with_blob(file).ok()?;
    let picture = JsFuture::from(promise).await.ok()?.dyn_into::<ImageBitmap>().ok()?;
    // Of what looks alike the first is taken; teleports are told apart by their letters. The tiles side by side are a map, too, made smaller as a file of ours is.
    let brushes: Vec<&LetterBrush> = (0..sheet.brushes.len())
        .filter(|place| {
            let tile = sheet.brushes[*place].tile;
            tile == Tile::Teleport || sheet.brushes[..*place].iter().all(|it| it.tile != tile)
        })
        .map(|place| &sheet.brushes[place])
        .collect();
    let tiles: String = brushes.iter().map(|it| it.letter).collect();
    let (tiles, side) = (Letters::parse(&tiles, sheet.floor), f64::from(LOOK_CELL));
    let (own, small) = (drawn(&tiles, &sheet.brushes, FILE_CELL)?.0, blank(tiles.size(), LOOK_CELL)?.1);
    let width = side * brushes.len() as f64;
    small.draw_image_with_html_canvas_element_and_dw_and_dh(&own, 0.0, 0.0, width, side).ok()?;
    let known = looks(&small, tiles.size())?;
    let (canvas, context) = blank((columns, rows), LOOK_CELL)?;
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    context.draw_image_with_image_bitmap_and_dw_and_dh(&picture, 0.0, 0.0, width, height).ok()?;
    picture.close();
    let letters: Vec<char> = looks(&context, (columns, rows))?
        .iter()
        .map(|look| nearest(look, &known).map_or(sheet.floor, |place| brushes[place].letter))
        .collect();
    let pairs: Vec<char> = brushes.iter().filter(|it| it.tile == Tile::Teleport).map(|it| it.letter).collect();
    let letters = paired(letters, &pairs);
    let lines: Vec<String> = letters.chunks(columns).map(|row| row.iter().collect()).collect();
    Some(Letters::parse(&lines.join("\n"), sheet.floor))
}

/// The same with as many pairs of teleports as there can be: where a letter of them stands alone or more than twice, a picture did not
/// tell which belong together, and each is paired with the next.
fn paired(mut letters: Vec<char>, pairs: &[char]) -> Vec<char> {
    let is_broken = |pair: &char| !matches!(letters.iter().filter(|it| *it == pair).count(), 0 | 2);
    if pairs.iter().any(is_broken) {
        let ends = letters.iter_mut().filter(|it| pairs.contains(it));
        for (end, pair) in ends.zip(pairs.iter().flat_map(|pair| [pair, pair])) {
            *end = *pair;
        }
    }
    letters
}

/// Which of these looks is nearest to one; of equal ones the first.
fn nearest(look: &CellLook, known: &[CellLook]) -> Option<usize> {
    let distance = |other: &CellLook| -> f64 {
        let pairs = look.iter().flatten().zip(other.iter().flatten());
        pairs.map(|(one, other)| (one - other) * (one - other)).sum()
    };
    let distances = known.iter().map(distance).enumerate();
    distances.min_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(place, _)| place)
}

/// How the cells look, from the bytes of a picture of that many columns: each patch is the mean of its pixels, of which those
/// that show something count.
fn cell_looks(bytes: &[u8], (columns, rows): (usize, usize)) -> Vec<CellLook> {
    let (side, patches) = (LOOK_CELL as usize, PATCHES as usize);
    let (patch, width) = (side / patches, columns * side);
    let mean = |left: usize, top: usize| {
        let (mut sum, mut weight) = ([0.0; 3], 0.0);
        for (x, y) in (0..patch * patch).map(|index| (left + index % patch, top + index / patch)) {
            let Some([red, green, blue, alpha]) = bytes.get((y * width + x) * 4..).and_then(<[u8]>::first_chunk) else {
                continue;
            };
            let share = f64::from(*alpha) / 255.0;
            for (sum, part) in sum.iter_mut().zip([red, green, blue]) {
                *sum += share * f64::from(*part);
            }
            weight += share;
        }
        // Where nothing is, paper is seen.
        if weight > 0.0 { sum.map(|it| it / weight) } else { [255.0; 3] }
    };
    let cells = (0..columns * rows).map(|cell| (cell % columns * side, cell / columns * side));
    cells
        .map(|(left, top)| {
            std::array::from_fn(|index| mean(left + index % patches * patch, top + index / patches * patch))
        })
        .collect()
}

fn looks(context: &CanvasRenderingContext2d, (columns, rows): (usize, usize)) -> Option<Vec<CellLook>> {
    let (width, height) = (columns as u32 * LOOK_CELL, rows as u32 * LOOK_CELL);
    let data = context.get_image_data(0.0, 0.0, f64::from(width), f64::from(height)).ok()?.data();
    Some(cell_looks(&data, (columns, rows)))
}

/// A map on a canvas of its own.
fn drawn(map: &Letters, brushes: &[LetterBrush], cell: u32) -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let (columns, rows) = map.size();
    let (canvas, context) = blank((columns, rows), cell)?;
    let palette = ScenePalette::present();
    let size = (f64::from(canvas.width()), f64::from(canvas.height()));
    let camera = Camera::fit((columns as f32, rows as f32), size);
    draw_map(CanvasPen { context: &context, palette: &palette, camera, ratio: 1.0 }, map, brushes);
    Some((canvas, context))
}

fn draw_map(pen: CanvasPen<'_>, map: &Letters, brushes: &[LetterBrush]) {
    let columns = map.size().0;
    let legend: Vec<Tile> = brushes.iter().map(|it| it.tile).chain([Tile::Teleport]).collect();
    let index = |letter: char| brushes.iter().position(|it| it.letter == letter).unwrap_or(brushes.len()) as u8;
    let tiles: Vec<u8> = map.cells().map(index).collect();
    let cell = |index: usize| pen.camera.to_canvas((index % columns) as f64, (index / columns) as f64);
    tiles::draw_grid(pen, &tiles, &legend, pen.camera.scale, cell);
    // Which teleports belong together only their letters say.
    let side = pen.camera.scale;
    pen.fill_with(SceneColour::Ink);
    for (place, letter) in map.cells().enumerate() {
        if brushes.iter().any(|it| it.letter == letter && it.tile == Tile::Teleport) {
            let (x, y) = cell(place);
            pen.text(&letter.to_string(), (x + side / 2.0, y + side / 2.0), side * LETTER, 700, Anchor::Middle);
        }
    }
}

fn blank((columns, rows): (usize, usize), cell: u32) -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let canvas = web_sys::window()?.document()?.create_element("canvas").ok()?.dyn_into::<HtmlCanvasElement>().ok()?;
    canvas.set_width(columns as u32 * cell);
    canvas.set_height(rows as u32 * cell);
    let context = context_of(&canvas)?;
    Some((canvas, context))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of one row of cells, each of one colour, of which the upper half may be another.
    fn picture(cells: &[([u8; 4], [u8; 4])]) -> Vec<u8> {
        let line =
            |upper: bool| cells.iter().flat_map(move |(top, low)| [if upper { *top } else { *low }; 24].concat());
        (0..24).flat_map(|y| line(y < 12)).collect()
    }

    #[test]
    fn a_cell_takes_what_is_nearest_in_colour() {
        let flat = |colour: [u8; 4]| (colour, colour);
        let (dark, green, blue) = ([20, 20, 20, 255], [40, 160, 60, 255], [60, 90, 220, 255]);
        let known = cell_looks(&picture(&[flat(dark), flat(green), flat(blue), (dark, blue), (blue, dark)]), (5, 1));
        let seen = picture(&[
            flat([60, 60, 60, 255]),
            flat([90, 200, 90, 255]),
            flat([100, 100, 255, 255]),
            ([30, 10, 30, 255], [50, 80, 200, 255]),
            (blue, dark),
        ]);
        let places: Vec<_> = cell_looks(&seen, (5, 1)).iter().map(|look| nearest(look, &known)).collect();
        assert_eq!(places, [0, 1, 2, 3, 4].map(Some));
        assert_eq!(nearest(&known[0], &[]), None);
        assert_eq!(nearest(&known[0], &[known[0], known[0]]), Some(0));
    }

    #[test]
    fn teleports_that_a_picture_does_not_tell_apart_are_paired_in_their_order() {
        let pairs = ['a', 'b', 'c'];
        let paired = |letters: &str| paired(letters.chars().collect(), &pairs).into_iter().collect::<String>();
        assert_eq!(paired("Sa.b.baG"), "Sa.b.baG", "as they are");
        assert_eq!(paired("SaaFaaG"), "SaaFbbG");
        assert_eq!(paired("SaFbccG"), "SaFabbG");
        assert_eq!(paired("SaG"), "SaG", "one alone has no other end");
        assert_eq!(paired("aaaaaaaaS"), "aabbccaaS", "more than there are pairs");
    }

    #[test]
    fn pixels_through_which_one_looks_do_not_count() {
        let half = cell_looks(&picture(&[([200, 100, 50, 255], [0, 0, 0, 0])]), (1, 1))[0];
        assert_eq!((half[0], half[63]), ([200.0, 100.0, 50.0], [255.0; 3]));
        let mut bytes = picture(&[([200, 100, 50, 255], [200, 100, 50, 255])]);
        bytes[..4].copy_from_slice(&[9, 9, 9, 0]);
        assert_eq!(cell_looks(&bytes, (1, 1))[0][0], [200.0, 100.0, 50.0]);
    }
}
