//! How the taxi's city looks: streets and houses, four coloured stands, a flag where the passenger wants to go.

use super::{NORTH, RIDING, SIDE, SOUTH, STAND_PLACES, STANDS, TaxiState, WALLS, WEST};
use crate::finite::{FiniteEnvironment, FiniteMoment, Portrayal};
use shared::scene::{Ink, Scene, Shape, Sprite};

/// Red, green, yellow, blue, in hues that everybody can tell apart; the letters on the stands say it too.
const HUES: [Ink; 4] = [Ink::Hue(5), Ink::Hue(2), Ink::Hue(3), Ink::Hue(4)];
const LETTERS: [&str; 4] = ["R", "G", "Y", "B"];
/// Ground around the streets.
const MARGIN: f32 = 0.3;
/// Half the width of a street.
const HALF_STREET: f32 = 0.28;

#[derive(Debug)]
pub(super) struct City;

/// The middle of a cell.
fn centre(row: usize, column: usize) -> (f32, f32) {
    (column as f32 + 0.5 + MARGIN, row as f32 + 0.5 + MARGIN)
}

/// Where a state's taxi stands.
pub(super) fn place(state: usize) -> (f32, f32) {
    let TaxiState { row, column, .. } = TaxiState::from_state(state);
    centre(row, column)
}

/// Streets where one can drive, trees where a wall is, houses on the plots between.
fn streets(scene: &mut Scene) {
    let side = SIDE as f32 + 2.0 * MARGIN;
    scene.fill((0.0, 0.0), (side, side), 0.2, Ink::GroundAlternate);
    let mut marks = Vec::new();
    for (row, column) in (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column))) {
        let (x, y) = centre(row, column);
        if row + 1 < SIDE {
            scene.line(&[(x, y), (x, y + 1.0)], 2.0 * HALF_STREET, Ink::Road);
            marks.push([(x, y + 0.42), (x, y + 0.58)]);
        }
        if WALLS.contains(&(row, column)) {
            for tree in [-0.2, 0.0, 0.2] {
                scene.disc((x + 0.5, y + tree + 0.02), 0.13, Ink::Wall);
                scene.disc((x + 0.5, y + tree), 0.12, Ink::Plant);
            }
        } else if column + 1 < SIDE {
            scene.line(&[(x, y), (x + 1.0, y)], 2.0 * HALF_STREET, Ink::Road);
            marks.push([(x + 0.42, y), (x + 0.58, y)]);
        }
    }
    for mark in marks {
        scene.line(&mark, 0.025, Ink::White);
    }
    for (row, column) in (0..SIDE - 1).flat_map(|row| (0..SIDE - 1).map(move |column| (row, column))) {
        let (x, y) = centre(row, column);
        let (x, y) = (x + 0.5, y + 0.5);
        scene.fill((x - 0.2, y - 0.2), (0.4, 0.4), 0.08, Ink::Plant);
        // A few plots stay parks, always the same.
        if (row * 3 + column * 5) % 4 != 1 {
            let roof = [Ink::Hue(0), Ink::Hue(6), Ink::Hue(7)][(row + column) % 3];
            scene.sprite(Sprite::House, (x, y - 0.01), 0.34, roof);
        }
    }
}

fn stands(scene: &mut Scene) {
    for (stand, (row, column)) in STAND_PLACES.into_iter().enumerate() {
        let (x, y) = centre(row, column);
        let (corner, size) = ((x - 0.4, y - 0.4), (0.8, 0.8));
        scene.fill(corner, size, 0.14, HUES[stand]);
        scene.fill((x - 0.33, y - 0.33), (0.66, 0.66), 0.1, Ink::Road);
        scene.text((x - 0.22, y - 0.2), 0.13, LETTERS[stand], Ink::White);
    }
}

impl Portrayal for City {
    fn draw(&self, FiniteMoment { state, action, .. }: FiniteMoment, _: &FiniteEnvironment) -> Scene {
        let TaxiState { row, column, passenger, destination, .. } = TaxiState::from_state(state);
        let side = SIDE as f32 + 2.0 * MARGIN;
        let mut scene = Scene::new(side, side);
        streets(&mut scene);
        stands(&mut scene);
        let (flag_row, flag_column) = STAND_PLACES[destination];
        let (x, y) = centre(flag_row, flag_column);
        scene.sprite(Sprite::Flag, (x + 0.2, y - 0.2), 0.4, HUES[destination]);
        let turn = match action.map(usize::from) {
            Some(SOUTH) => 0.25,
            Some(NORTH) => 0.75,
            Some(WEST) => 0.5,
            _ => 0.0,
        };
        let (x, y) = centre(row, column);
        scene.shapes.push(Shape::Sprite { sprite: Sprite::Car, x, y, size: 0.62, turn, ink: Ink::Agent });
        match STAND_PLACES.get(passenger) {
            Some((row, column)) => {
                let (x, y) = centre(*row, *column);
                scene.sprite(Sprite::Person, (x - 0.18, y + 0.12), 0.42, Ink::Prize);
            }
            None => scene.sprite(Sprite::Person, (x, y - 0.04), 0.28, Ink::Prize),
        }
        scene.words = words(state);
        scene
    }

    fn text(&self, state: usize) -> String {
        let TaxiState { row, column, passenger, destination, fickle } = TaxiState::from_state(state);
        let mut text = String::new();
        for line in 0..SIDE {
            for place in 0..SIDE {
                let stand = STAND_PLACES.iter().position(|it| *it == (line, place));
                text.push_str(match stand {
                    _ if (line, place) == (row, column) => "@",
                    Some(stand) => LETTERS[stand],
                    None => ".",
                });
                if place + 1 < SIDE {
                    text.push(if WALLS.contains(&(line, place)) { '|' } else { ' ' });
                }
            }
            text.push('\n');
        }
        let passenger = STANDS.get(passenger).map_or("in taxi".to_owned(), |stand| format!("at {stand}"));
        let fickle = if fickle { ", fickle" } else { "" };
        text + &format!("passenger {passenger}, to {}{fickle}", STANDS[destination])
    }

    fn observe(&self, state: usize, into: &mut [f32]) {
        let TaxiState { row, column, passenger, destination, fickle } = TaxiState::from_state(state);
        into.fill(0.0);
        into[0] = row as f32 / (SIDE - 1) as f32;
        into[1] = column as f32 / (SIDE - 1) as f32;
        into[2 + passenger] = 1.0;
        into[2 + RIDING + 1 + destination] = 1.0;
        if let Some(last) = into.get_mut(2 + RIDING + 1 + STANDS.len()) {
            *last = f32::from(u8::from(fickle));
        }
    }
}

fn words(state: usize) -> String {
    let TaxiState { row, column, passenger, destination, .. } = TaxiState::from_state(state);
    let destination = STANDS[destination];
    let passenger = match STANDS.get(passenger) {
        Some(stand) => format!("The passenger waits at the {stand} stand and wants to go to {destination}."),
        None => format!("The passenger rides along and wants to go to {destination}."),
    };
    format!("The taxi is in row {}, column {}. {passenger}", row + 1, column + 1)
}
