//! What grid environments share: moves, and a board of tiles on which the creature walks.
//!
//! A state is a cell, `y * columns + x` with y growing downward.

use crate::finite::{FiniteEnvironment, FiniteMoment, Portrayal};
use shared::column::Column;
use shared::describe::{ActionDescription, ObservationDescription};
use shared::scene::{Ink, Scene, Shape, Sprite, Tile};

/// A step of the creature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    name: &'static str,
    key: &'static str,
    /// Columns to the right.
    pub(crate) dx: i32,
    /// Rows down.
    pub(crate) dy: i32,
}

impl Move {
    const fn new(name: &'static str, key: &'static str, dx: i32, dy: i32) -> Self {
        Self { name, key, dx, dy }
    }

    pub(crate) const UP: Self = Self::new("up", "ArrowUp", 0, -1);
    pub(crate) const DOWN: Self = Self::new("down", "ArrowDown", 0, 1);
    pub(crate) const LEFT: Self = Self::new("left", "ArrowLeft", -1, 0);
    pub(crate) const RIGHT: Self = Self::new("right", "ArrowRight", 1, 0);
    pub(crate) const UP_LEFT: Self = Self::new("up left", "q", -1, -1);
    pub(crate) const UP_RIGHT: Self = Self::new("up right", "e", 1, -1);
    pub(crate) const DOWN_LEFT: Self = Self::new("down left", "z", -1, 1);
    pub(crate) const DOWN_RIGHT: Self = Self::new("down right", "c", 1, 1);
    pub(crate) const STAY: Self = Self::new("stay", "s", 0, 0);

    /// Where it looks, in turns clockwise from "to the right".
    const fn turn(self) -> f32 {
        match (self.dx, self.dy) {
            (1, 1) => 0.125,
            (0, 1) => 0.25,
            (-1, 1) => 0.375,
            (-1, 0) => 0.5,
            (-1, -1) => 0.625,
            (0, -1) => 0.75,
            (1, -1) => 0.875,
            _ => 0.0,
        }
    }

    fn describe(&self) -> ActionDescription {
        let arrow = (*self != Self::STAY).then_some((self.dx as f32, self.dy as f32));
        ActionDescription::new(self.name, self.key, arrow)
    }

    /// Where it leads from a cell of a grid; the border holds.
    pub(crate) fn from(self, cell: usize, columns: usize, rows: usize) -> usize {
        let x = (cell % columns) as i32 + self.dx;
        let y = (cell / columns) as i32 + self.dy;
        y.clamp(0, rows as i32 - 1) as usize * columns + x.clamp(0, columns as i32 - 1) as usize
    }
}

/// The descriptions of moves as actions.
pub(crate) fn actions(moves: &[Move]) -> Vec<ActionDescription> {
    moves.iter().map(Move::describe).collect()
}

/// What a board lets observe: the creature's place, each coordinate from 0 to 1.
pub(crate) fn observation() -> Vec<ObservationDescription> {
    ["x", "y"].iter().map(|name| ObservationDescription::new(name, 0.0, 1.0)).collect()
}

/// A board of tiles with the creature on it.
#[derive(Debug)]
pub(crate) struct BoardPortrayal {
    columns: usize,
    letters: Vec<char>,
    background: Vec<Shape>,
    moves: Vec<Move>,
}

impl BoardPortrayal {
    /// A board with one letter (for text) and one tile (for the stage) a cell, and the environment's moves by action.
    pub(crate) fn new(columns: usize, cells: &[(char, Tile)], moves: &[Move]) -> Self {
        let mut legend: Vec<Tile> = Vec::new();
        let mut tiles = Vec::with_capacity(cells.len());
        for (_, tile) in cells {
            let index = legend.iter().position(|it| it == tile).unwrap_or_else(|| {
                legend.push(*tile);
                legend.len() - 1
            });
            tiles.push(index as u8);
        }
        let ground = Shape::Cells { x: 0.0, y: 0.0, columns: columns as u32, tiles: Column(tiles), legend };
        Self {
            columns,
            letters: cells.iter().map(|(letter, _)| *letter).collect(),
            background: vec![ground],
            moves: moves.to_vec(),
        }
    }

    /// The same board with `decoration` drawn between the tiles and the creature.
    pub(crate) fn below(mut self, decoration: Scene) -> Self {
        self.background.extend(decoration.shapes);
        self
    }

    const fn rows(&self) -> usize {
        self.letters.len() / self.columns
    }

    const fn place(&self, state: usize) -> (usize, usize) {
        (state % self.columns, state / self.columns)
    }
}

impl Portrayal for BoardPortrayal {
    fn draw(&self, FiniteMoment { state, action, .. }: FiniteMoment, _: &FiniteEnvironment) -> Scene {
        let (column, row) = self.place(state);
        let mut scene = Scene::new(self.columns as f32, self.rows() as f32);
        scene.shapes.clone_from(&self.background);
        let last = action.and_then(|action| self.moves.get(usize::from(action)));
        scene.shapes.push(Shape::Sprite {
            sprite: Sprite::Creature,
            x: column as f32 + 0.5,
            y: row as f32 + 0.5,
            size: 0.42,
            turn: last.map_or(0.0, |it| it.turn()),
            ink: Ink::Agent,
        });
        scene.words = format!("The creature is in column {}, row {}.", column + 1, row + 1);
        scene
    }

    fn text(&self, state: usize) -> String {
        let mut text = String::with_capacity(self.letters.len() + self.rows());
        for (cell, letter) in self.letters.iter().enumerate() {
            if cell > 0 && cell % self.columns == 0 {
                text.push('\n');
            }
            text.push(if cell == state { '@' } else { *letter });
        }
        text
    }

    fn observe(&self, state: usize, into: &mut [f32]) {
        let (column, row) = self.place(state);
        let share = |place: usize, side: usize| if side > 1 { place as f32 / (side - 1) as f32 } else { 0.0 };
        into.copy_from_slice(&[share(column, self.columns), share(row, self.rows())]);
    }
}
