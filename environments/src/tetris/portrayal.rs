//! What an agent sees of a game, and how it looks.

use super::engine::{Engine, FilledRows, HEIGHT, LEGAL_PLACEMENTS, LETTERS, SHAPES, WIDTH};
use super::features::Features;
use super::{PLACEMENT_FEATURES, PLACEMENTS, Tetris};
use crate::environment::Environment as _;
use shared::describe::ObservationDescription;
use shared::scene::{Ink, Scene, Shape};

const BOARD_FEATURES: usize = WIDTH + 6;

/// The observation's entries; the least value of each is 0.
pub(super) fn entries(all_placements: bool) -> Vec<ObservationDescription> {
    let entry = |name: &str, most: usize| ObservationDescription::new(name, 0.0, most as f32);
    let board = |prefix: &str| {
        let height = |column| entry(&format!("{prefix}height {column}"), HEIGHT);
        let mut entries: Vec<_> = (1..=WIDTH).map(height).collect();
        let rest = [("greatest height", HEIGHT), ("holes", WIDTH * HEIGHT), ("bumpiness", (WIDTH - 1) * HEIGHT)];
        entries.extend(rest.iter().map(|(name, most)| entry(&format!("{prefix}{name}"), *most)));
        entries
    };
    if all_placements {
        let placement = |action| board(&format!("column {}, {} turns: ", action / 4 + 1, action % 4));
        return (0..PLACEMENTS).flat_map(placement).collect();
    }
    let mut entries = board("");
    entries.push(entry("wells", WIDTH * HEIGHT));
    entries.push(entry("row transitions", (WIDTH + 1) * HEIGHT));
    entries.push(entry("column transitions", WIDTH * (HEIGHT + 1)));
    for role in ["piece", "held", "next"] {
        entries.extend(LETTERS.iter().map(|letter| entry(&format!("{role} {letter}"), 1)));
    }
    entries.push(entry("piece row", HEIGHT));
    entries.push(entry("piece column", WIDTH));
    entries.extend((0..4).map(|turns| entry(&format!("piece turned {turns}"), 1)));
    entries
}

fn write_board(features: &Features, into: &mut [f32]) {
    for (entry, height) in into.iter_mut().zip(features.heights) {
        *entry = f32::from(height);
    }
    into[WIDTH] = f32::from(features.max_height);
    into[WIDTH + 1] = f32::from(features.holes);
    into[WIDTH + 2] = f32::from(features.bumpiness);
}

pub(super) fn observe_features(engine: &Engine, into: &mut [f32]) {
    let features = Features::of(&engine.rows);
    into.fill(0.0);
    write_board(&features, into);
    into[WIDTH + 3] = f32::from(features.wells);
    into[WIDTH + 4] = f32::from(features.row_transitions);
    into[WIDTH + 5] = f32::from(features.column_transitions);
    let rest = &mut into[BOARD_FEATURES..];
    rest[usize::from(engine.piece)] = 1.0;
    if let Some((piece, _)) = engine.held {
        rest[7 + usize::from(piece)] = 1.0;
    }
    rest[14 + usize::from(engine.queue[0])] = 1.0;
    let (row, column) =
        engine.cells(false).fold((HEIGHT, WIDTH), |(row, column), cell| (row.min(cell.0), column.min(cell.1)));
    rest[21] = row as f32;
    rest[22] = column as f32;
    rest[23 + usize::from(engine.rotation)] = 1.0;
}

pub(super) fn observe_placements(engine: &Engine, faithful: bool, into: &mut [f32]) {
    for (action, row) in into.chunks_exact_mut(PLACEMENT_FEATURES).enumerate() {
        let rows = if LEGAL_PLACEMENTS[usize::from(engine.piece)] >> action & 1 == 0 {
            Some(FilledRows::SOLID)
        } else {
            engine.rows.placed(engine.piece, action / 4, (usize::from(engine.rotation) + action) % 4)
        };
        let features = rows.map_or(Features::default(), |rows| {
            // The source zeroes the uppermost row where it means to take out the falling piece.
            Features::of(&if faithful { rows.without_top_row() } else { rows })
        });
        write_board(&features, row);
    }
}

/// The colours of the pieces I O T S Z J L.
const INKS: [Ink; 7] = [Ink::Hue(1), Ink::Hue(3), Ink::Hue(6), Ink::Hue(2), Ink::Hue(5), Ink::Hue(4), Ink::Hue(0)];

/// Where the board's upper left corner is.
pub(super) const LEFT: f32 = 5.5;
pub(super) const TOP: f32 = 0.5;

fn block(scene: &mut Scene, (x, y): (f32, f32), size: f32, ink: Ink) {
    let gap = 0.04 * size;
    scene.fill((x + gap, y + gap), (size - 2.0 * gap, size - 2.0 * gap), 0.14 * size, ink);
    // A light edge above and left.
    let (near, far) = (0.17 * size, 0.83 * size);
    scene.line(&[(x + near, y + far), (x + near, y + near), (x + far, y + near)], 0.06 * size, Ink::White);
}

/// A whole piece, centred in a box of 4 × 2.
fn thumbnail(scene: &mut Scene, (x, y): (f32, f32), piece: u8) {
    let shape = &SHAPES[usize::from(piece)][0];
    let (first, rows) = if piece == 0 { (1, 1.0) } else { (0, 2.0) };
    let (left, top) = (x + (4.0 - f32::from(shape.side)) * 0.4, y + (2.0 - rows) * 0.4);
    for (row, bits) in shape.rows.iter().skip(first).enumerate() {
        for column in (0..4).filter(|column| bits >> column & 1 == 1) {
            let place = (left + 0.8 * column as f32, top + 0.8 * row as f32);
            block(scene, place, 0.8, INKS[usize::from(piece)]);
        }
    }
}

fn frame(scene: &mut Scene, (x, y): (f32, f32), (width, height): (f32, f32)) {
    scene.fill((x, y), (width, height), 0.25, Ink::Ground);
    scene.shapes.push(Shape::Box { x, y, width, height, radius: 0.25, ink: Ink::Wall, outline: 0.1 });
}

pub(super) fn draw(game: &Tetris) -> Scene {
    let engine = &game.engine;
    let (width, height) = (WIDTH as f32, HEIGHT as f32);
    let mut scene = Scene::new(21.0, 21.0);
    frame(&mut scene, (LEFT - 0.15, TOP - 0.15), (width + 0.3, height + 0.3));
    for column in 1..WIDTH {
        let x = LEFT + column as f32;
        scene.line(&[(x, TOP), (x, TOP + height)], 0.02, Ink::Faint);
    }
    for row in 1..HEIGHT {
        let y = TOP + row as f32;
        scene.line(&[(LEFT, y), (LEFT + width, y)], 0.02, Ink::Faint);
    }
    let place = |(row, column): (usize, usize)| (LEFT + column as f32, TOP + row as f32);
    for cell in (0..HEIGHT).flat_map(|row| (0..WIDTH).map(move |column| (row, column))) {
        let colour = engine.colour(cell.0, cell.1);
        if colour > 0 {
            block(&mut scene, place(cell), 1.0, INKS[usize::from(colour) - 1]);
        }
    }
    let ink = INKS[usize::from(engine.piece)];
    for (x, y) in engine.cells(true).map(place) {
        scene.shapes.push(Shape::Box {
            x: x + 0.1,
            y: y + 0.1,
            width: 0.8,
            height: 0.8,
            radius: 0.12,
            ink,
            outline: 0.08,
        });
    }
    for cell in engine.cells(false) {
        block(&mut scene, place(cell), 1.0, ink);
    }
    scene.text((2.6, 1.0), 0.7, "hold", Ink::Ink);
    frame(&mut scene, (0.5, 1.6), (4.2, 2.6));
    if let Some((piece, _)) = engine.held {
        thumbnail(&mut scene, (1.0, 2.1), piece);
    }
    for (index, (label, value)) in [("lines", game.lines), ("pieces", game.pieces)].into_iter().enumerate() {
        let y = 6.2 + 2.9 * index as f32;
        scene.text((2.6, y), 0.7, label, Ink::Faint);
        scene.text((2.6, y + 1.25), 1.0, value.to_string(), Ink::Ink);
    }
    scene.text((18.4, 1.0), 0.7, "next", Ink::Ink);
    frame(&mut scene, (16.3, 1.6), (4.2, 10.4));
    for (index, piece) in engine.queue.into_iter().enumerate() {
        thumbnail(&mut scene, (16.8, 2.1 + 2.5 * index as f32), piece);
    }
    if game.ended() && game.outcome() != 0 {
        scene.fill((LEFT, TOP + 8.6), (width, 2.2), 0.3, Ink::Black);
        scene.text((LEFT + 5.0, TOP + 9.7), 1.1, "game over", Ink::White);
    }
    scene.words = format!(
        "{} lines with {} pieces; the stack is {} high and has {} holes; {} falls.",
        game.lines,
        game.pieces,
        game.height,
        game.holes,
        LETTERS[usize::from(engine.piece)]
    );
    scene
}

pub(super) fn text(game: &Tetris) -> String {
    let engine = &game.engine;
    let letter = |piece: u8| LETTERS[usize::from(piece)];
    let queue: String = engine.queue.into_iter().map(letter).collect();
    let held = engine.held.map_or('-', |(piece, _)| letter(piece));
    let mut text = format!("{} then {queue}, held {held}  lines {}\n", letter(engine.piece), game.lines);
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            let falling = engine.cells(false).any(|cell| cell == (row, column));
            text.push(match engine.colour(row, column) {
                _ if falling => '@',
                0 => '.',
                colour => letter(colour - 1),
            });
        }
        if row + 1 < HEIGHT {
            text.push('\n');
        }
    }
    text
}
