//! The scene: the small drawing vocabulary that every environment draws with and one renderer on the page understands.
//!
//! A scene is state, not pixels: a width and height in units of the environment's own choice (y grows downward), and
//! shapes from back to front. Colours are roles, which the page turns into the colours of its theme.

use crate::column::Column;
use serde::{Deserialize, Serialize};

/// A colour by its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ink {
    /// The environment's floor.
    Ground,
    /// A second floor tone: tracks, lanes, alternate tiles.
    GroundAlternate,
    /// Impassable matter.
    Wall,
    /// Where one dies: holes, pits, cliffs.
    Danger,
    /// Where one wants to go.
    Goal,
    /// The agent.
    Agent,
    /// The agent's darker detail: eyes, stripes.
    AgentDetail,
    /// Something to be fetched: food, passengers.
    Prize,
    /// Text and fine lines.
    Ink,
    /// Faint lines and labels.
    Faint,
    /// White in both themes: card faces, road marks.
    White,
    /// Black in both themes.
    Black,
    /// Water, ice.
    Water,
    /// Grass and trees.
    Plant,
    /// Road surface.
    Road,
    /// A light at stop.
    Stop,
    /// A light at go.
    Go,
    /// A light in between; warnings.
    Caution,
    /// One of eight hues that colour-blind people can tell apart (Okabe and Ito 2008): 0 orange, 1 sky blue, 2 green,
    /// 3 yellow, 4 blue, 5 vermilion, 6 purple, 7 grey.
    Hue(u8),
}

/// What stands in a cell of a grid, for the renderer's ready-made pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tile {
    /// Free floor.
    Floor,
    /// Where episodes start.
    Start,
    /// A goal.
    Goal,
    /// A pit, hole or other end.
    Pit,
    /// An impassable wall.
    Wall,
    /// A passable obstacle that costs.
    Mud,
    /// Ice.
    Ice,
    /// Leaves upward only.
    OneWayUp,
    /// Leaves downward only.
    OneWayDown,
    /// Leaves leftward only.
    OneWayLeft,
    /// Leaves rightward only.
    OneWayRight,
    /// One end of a teleport.
    Teleport,
    /// Nothing: the background shows.
    Empty,
}

/// A ready-made picture that the renderer draws well at any size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sprite {
    /// The small round creature that stands for an agent.
    Creature,
    /// A sprout: the goal.
    Sprout,
    /// A person.
    Person,
    /// A taxi or other small car from above.
    Car,
    /// A minibus from above.
    Bus,
    /// An apple.
    Apple,
    /// A building.
    House,
    /// A flag.
    Flag,
    /// A police officer.
    Police,
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// The point is the text's left end.
    Start,
    /// The point is the text's middle.
    #[default]
    Middle,
    /// The point is the text's right end.
    End,
}

/// One thing to draw. Positions and sizes are in scene units, angles in turns clockwise from "to the right".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A grid of unit cells at (x, y), row by row; `tiles` are indices into `legend`.
    Cells {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Cells in a row.
        columns: u32,
        /// One index into `legend` for every cell.
        tiles: Column<u8>,
        /// What the indices mean.
        legend: Vec<Tile>,
    },
    /// A ready-made picture.
    Sprite {
        /// Which picture.
        sprite: Sprite,
        /// Centre.
        x: f32,
        /// Centre.
        y: f32,
        /// Width and height of its box.
        size: f32,
        /// Rotation in turns clockwise; 0 looks to the right.
        turn: f32,
        /// Main colour.
        ink: Ink,
    },
    /// A rectangle, with round corners if `radius` is above 0.
    Box {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
        /// Radius of the corners.
        radius: f32,
        /// Colour.
        ink: Ink,
        /// 0 fills it, above 0 is the width of its outline.
        outline: f32,
    },
    /// A disc or a ring.
    Disc {
        /// Centre.
        x: f32,
        /// Centre.
        y: f32,
        /// Radius.
        radius: f32,
        /// Colour.
        ink: Ink,
        /// 0 fills it, above 0 is the width of its outline.
        outline: f32,
    },
    /// A line through points, or a filled shape.
    Path {
        /// x and y alternating.
        points: Column<f32>,
        /// Colour.
        ink: Ink,
        /// 0 fills it, above 0 is the width of the line.
        width: f32,
        /// Whether the last point joins the first.
        closed: bool,
    },
    /// A line of text.
    Text {
        /// Where.
        x: f32,
        /// The text's vertical middle.
        y: f32,
        /// Height of the letters.
        size: f32,
        /// The text.
        text: String,
        /// Colour.
        ink: Ink,
        /// Which end of the text stands at the point.
        anchor: Anchor,
    },
    /// A labelled bar from `min` to `max`, for speeds, tanks and loads.
    Meter {
        /// Left edge.
        x: f32,
        /// Upper edge.
        y: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
        /// Label.
        label: String,
        /// Value.
        value: f32,
        /// Value of an empty bar.
        min: f32,
        /// Value of a full bar.
        max: f32,
        /// Colour.
        ink: Ink,
    },
}

/// A whole picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Width in scene units.
    pub width: f32,
    /// Height in scene units.
    pub height: f32,
    /// Shapes from back to front.
    pub shapes: Vec<Shape>,
    /// The same in one sentence, for people who cannot see it.
    pub words: String,
}

impl Scene {
    /// An empty picture.
    pub fn new(width: f32, height: f32) -> Self {
        Self { width, height, ..Self::default() }
    }

    /// Adds a ready-made picture centred at (x, y), unrotated.
    pub fn sprite(&mut self, sprite: Sprite, (x, y): (f32, f32), size: f32, ink: Ink) {
        self.shapes.push(Shape::Sprite { sprite, x, y, size, turn: 0.0, ink });
    }

    /// Adds a filled rectangle with its upper left corner at (x, y).
    pub fn fill(&mut self, (x, y): (f32, f32), (width, height): (f32, f32), radius: f32, ink: Ink) {
        self.shapes.push(Shape::Box { x, y, width, height, radius, ink, outline: 0.0 });
    }

    /// Adds a filled disc.
    pub fn disc(&mut self, (x, y): (f32, f32), radius: f32, ink: Ink) {
        self.shapes.push(Shape::Disc { x, y, radius, ink, outline: 0.0 });
    }

    /// Adds an open line through points.
    pub fn line(&mut self, points: &[(f32, f32)], width: f32, ink: Ink) {
        let points = points.iter().flat_map(|(x, y)| [*x, *y]).collect();
        self.shapes.push(Shape::Path { points, ink, width, closed: false });
    }

    /// Adds a filled polygon.
    pub fn polygon(&mut self, points: &[(f32, f32)], ink: Ink) {
        let points = points.iter().flat_map(|(x, y)| [*x, *y]).collect();
        self.shapes.push(Shape::Path { points, ink, width: 0.0, closed: true });
    }

    /// Adds a text centred at (x, y).
    pub fn text(&mut self, (x, y): (f32, f32), size: f32, text: impl Into<String>, ink: Ink) {
        self.shapes.push(Shape::Text { x, y, size, text: text.into(), ink, anchor: Anchor::Middle });
    }
}
