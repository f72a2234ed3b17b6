//! How a gridworld looks.

use super::map::{Cell, GridMap};
use crate::finite::Portrayal;
use shared::column::Column;
use shared::scene::{Ink, Scene, Shape, Sprite, Tile};

#[derive(Debug)]
pub(super) struct GridPortrayal {
    map: GridMap,
    background: Shape,
}

const LEGEND: [Tile; 12] = [
    Tile::Floor,
    Tile::Start,
    Tile::Goal,
    Tile::Pit,
    Tile::Wall,
    Tile::Mud,
    Tile::Ice,
    Tile::OneWayUp,
    Tile::OneWayDown,
    Tile::OneWayLeft,
    Tile::OneWayRight,
    Tile::Teleport,
];

const fn tile(cell: Cell) -> Tile {
    match cell {
        Cell::Floor => Tile::Floor,
        Cell::Start => Tile::Start,
        Cell::Goal => Tile::Goal,
        Cell::Pit => Tile::Pit,
        Cell::Wall => Tile::Wall,
        Cell::Mud => Tile::Mud,
        Cell::OneWay(0, -1) => Tile::OneWayUp,
        Cell::OneWay(0, _) => Tile::OneWayDown,
        Cell::OneWay(-1, _) => Tile::OneWayLeft,
        Cell::OneWay(..) => Tile::OneWayRight,
        Cell::Teleport(_) => Tile::Teleport,
    }
}

impl GridPortrayal {
    pub(super) fn new(map: GridMap) -> Self {
        let index = |cell: &Cell| LEGEND.iter().position(|it| *it == tile(*cell)).unwrap_or(0) as u8;
        let tiles: Column<u8> = map.cells.iter().map(index).collect();
        let background = Shape::Cells { x: 0.0, y: 0.0, columns: map.width as u32, tiles, legend: LEGEND.to_vec() };
        Self { map, background }
    }

    const fn place(&self, state: usize) -> (usize, usize) {
        (state % self.map.width, state / self.map.width)
    }
}

impl Portrayal for GridPortrayal {
    fn draw(&self, state: usize, action: Option<u8>) -> Scene {
        let mut scene = Scene::new(self.map.width as f32, self.map.height as f32);
        let (x, y) = self.place(state);
        scene.shapes.push(self.background.clone());
        let turn = match action {
            Some(0) => 0.75,
            Some(1) => 0.25,
            Some(2) => 0.5,
            _ => 0.0,
        };
        let (centre_x, centre_y) = (x as f32 + 0.5, y as f32 + 0.5);
        scene.shapes.push(Shape::Sprite {
            sprite: Sprite::Creature,
            x: centre_x,
            y: centre_y,
            size: 0.42,
            turn,
            ink: Ink::Agent,
        });
        scene.words = format!("The creature is in column {}, row {}.", x + 1, y + 1);
        scene
    }

    fn text(&self, state: usize) -> String {
        let mut text: Vec<char> = self.map.to_string().chars().collect();
        let (x, y) = self.place(state);
        text[y * (self.map.width + 1) + x] = '@';
        text.into_iter().collect()
    }

    fn observe(&self, state: usize, into: &mut [f32]) {
        let (x, y) = self.place(state);
        let share = |place: usize, side: usize| if side > 1 { place as f32 / (side - 1) as f32 } else { 0.0 };
        into.copy_from_slice(&[share(x, self.map.width), share(y, self.map.height)]);
    }
}
