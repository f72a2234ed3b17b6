//! Reduced tetris: small pieces, a shaft six wide of which only the two uppermost rows count, and so a table.
//!
//! * **Pieces** in a square of 2 × 2: single, domino, corner, square, diagonal, each equally likely.
//! * **Actions** (24): `column * 4 + rotations`; legal are those between the walls, rotations that look alike once.
//! * **Working height**: where a piece ends above the second row, the lowest rows are lost until it does not; full
//!   lines go and let the rest down.
//! * **Start**: an empty shaft, and any piece.
//! * **Rewards**: -1 a lost row, 0 a full line; both editable.
//! * **Episode end**: the step limit, 1000 pieces (Melax plays 10 000), truncates.
//! * **States**: the contour, that is the bits of the two rows (upper, lower), * 5 + piece: 20 480.
//!
//! Source: Melax 1998; see Carr 2005, Adapting reinforcement learning to tetris.

use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use crate::finite::STEP_LIMIT;
use crate::keys::keys;
use crate::progress::EpisodeClock;
use crate::random::Generator;
use shared::describe::{ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Seed;
use shared::scene::{Ink, Scene, Shape};

const WIDTH: usize = 6;
const FULL: u8 = (1 << WIDTH) - 1;
const ACTIONS: usize = 4 * WIDTH;
const STATES: usize = (1 << (2 * WIDTH)) * PIECES.len();

/// Name, and the distinct rotations: bits of the lower and of the upper row.
const PIECES: [(&str, &[[u8; 2]]); 5] = [
    ("single", &[[0b1, 0]]),
    ("domino", &[[0b11, 0], [0b1, 0b1]]),
    ("corner", &[[0b11, 0b1], [0b11, 0b10], [0b10, 0b11], [0b1, 0b11]]),
    ("square", &[[0b11, 0b11]]),
    ("diagonal", &[[0b1, 0b10], [0b10, 0b1]]),
];

/// The legal placements of every piece.
const LEGAL: [ActionMask; 5] = {
    let mut legal = [ActionMask(0); 5];
    let mut piece = 0;
    while piece < 5 {
        let rotations = PIECES[piece].1;
        let mut action = 0;
        while action < ACTIONS {
            if action % 4 < rotations.len() {
                let [lower, upper] = rotations[action % 4];
                if ((lower | upper) as u32) << (action / 4) <= FULL as u32 {
                    legal[piece].0 |= 1 << action;
                }
            }
            action += 1;
        }
        piece += 1;
    }
    legal
};

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "tetris-melax",
            title: "Reduced tetris",
            summary: "Small pieces in a shaft six wide, of which only the two uppermost rows count: tetris so small \
                      that a table can learn it.",
            equation: "",
            source: "Melax 1998; Carr 2005",
        },
        vec![
            ParameterSpec::number("lost_reward", "Lost row", (-100.0, 100.0), -1.0, 0.1, "For every row that is lost."),
            ParameterSpec::number("line_reward", "Line", (-100.0, 100.0), 0.0, 0.1, "For every full line."),
            ParameterSpec::integer("step_limit", "Pieces", (1, 1_000_000), 1000, "Pieces of an episode."),
        ],
        vec![Preset::new("melax", "10 000 pieces", vec![("step_limit", Value::Integer(10_000))])],
    )
}

/// A game in the middle of an episode.
#[derive(Clone, Debug)]
pub struct TetrisMelax {
    lost_reward: f64,
    line_reward: f64,
    step_limit: u32,
    progress: EpisodeClock,
    generator: Generator,
    /// Bits of the lower and of the upper row.
    rows: [u8; 2],
    piece: u8,
    lost: u32,
    lines: u32,
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<TetrisMelax, ParameterError> {
    let step_limit = parameters.count("step_limit")? as u32;
    Ok(TetrisMelax {
        lost_reward: parameters.number("lost_reward")?,
        line_reward: parameters.number("line_reward")?,
        step_limit,
        progress: EpisodeClock::new(step_limit),
        generator: Generator::new(Seed::default()),
        rows: [0; 2],
        piece: 0,
        lost: 0,
        lines: 0,
    })
}

impl TetrisMelax {
    /// Lets a piece fall; how many lines went and how many rows were lost.
    #[inline]
    fn drop(&mut self, [lower, upper]: [u8; 2]) -> (u32, u32) {
        let [first, second] = self.rows;
        let mut stack = [first, second, 0, 0];
        let mut height = 2;
        while height > 0 && lower & stack[height - 1] == 0 && upper & stack[height] == 0 {
            height -= 1;
        }
        stack[height] |= lower;
        stack[height + 1] |= upper;
        let mut lines = 0;
        let mut kept = [0; 4];
        let mut rows = 0;
        for row in stack {
            if row == FULL {
                lines += 1;
            } else if row > 0 || rows > 0 {
                kept[rows] = row;
                rows += 1;
            }
        }
        while rows > 0 && kept[rows - 1] == 0 {
            rows -= 1;
        }
        let lost = rows.saturating_sub(2);
        self.rows = [kept[lost], kept[lost + 1]];
        (lines, lost as u32)
    }
}

impl Environment for TetrisMelax {
    fn describe(&self) -> EnvironmentDescription {
        let name = |action: usize| format!("column {}, rotation {}", action / 4 + 1, action % 4);
        let flag = |name: String| ObservationDescription { name, low: 0.0, high: 1.0 };
        let cell = |index: usize| {
            let row = if index < WIDTH { "lower" } else { "upper" };
            flag(format!("{row} row, column {}", index % WIDTH + 1))
        };
        EnvironmentDescription {
            id: "tetris-melax".into(),
            title: "Reduced tetris".into(),
            subtitle: "6 wide, 2 high".into(),
            actions: keys()
                .take(ACTIONS)
                .enumerate()
                .map(|(index, key)| ActionDescription::new(&name(index), &key, None))
                .collect(),
            controls: vec![],
            outcomes: names(&[STEP_LIMIT]),
            counters: names(&["lost rows", "lines"]),
            observation: (0..2 * WIDTH).map(cell).chain(PIECES.map(|(name, _)| flag(name.into()))).collect(),
            board: None,
            states: Some(STATES as u32),
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: None,
            step_limit: Some(self.step_limit),
        }
    }

    #[inline]
    fn action_count(&self) -> usize {
        ACTIONS
    }

    #[inline]
    fn state_count(&self) -> usize {
        STATES
    }

    #[inline]
    fn reset(&mut self, seed: Seed) {
        self.generator = Generator::new(seed);
        self.progress.restart();
        self.rows = [0; 2];
        self.piece = self.generator.below(5) as u8;
        (self.lost, self.lines) = (0, 0);
    }

    #[inline]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.progress.admit(action, self.legal_actions())?;
        let column = action / 4;
        let shape = PIECES[usize::from(self.piece)].1[usize::from(action % 4)].map(|bits| bits << column);
        let (lines, lost) = self.drop(shape);
        self.piece = self.generator.below(5) as u8;
        self.lines += lines;
        self.lost += lost;
        let reward = self.lost_reward * f64::from(lost) + self.line_reward * f64::from(lines);
        Ok(self.progress.advance(reward, None))
    }

    #[inline]
    fn state(&self) -> usize {
        let contour = usize::from(self.rows[1]) << WIDTH | usize::from(self.rows[0]);
        contour * PIECES.len() + usize::from(self.piece)
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        LEGAL[usize::from(self.piece)]
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    fn counters(&self, into: &mut [f64]) {
        into.copy_from_slice(&[f64::from(self.lost), f64::from(self.lines)]);
    }

    fn observe(&self, into: &mut [f32]) {
        into.fill(0.0);
        for (index, entry) in into[..2 * WIDTH].iter_mut().enumerate() {
            *entry = f32::from(self.rows[index / WIDTH] >> (index % WIDTH) & 1);
        }
        into[2 * WIDTH + usize::from(self.piece)] = 1.0;
    }

    fn draw(&self) -> Scene {
        let mut scene = Scene::new(11.0, 7.5);
        let (left, floor) = (1.0, 6.0);
        scene.fill((left - 0.2, 0.6), (WIDTH as f32 + 0.4, floor - 0.4), 0.2, Ink::Ground);
        // The rows that are lost.
        scene.fill((left - 0.2, floor), (WIDTH as f32 + 0.4, 1.1), 0.2, Ink::Wall);
        scene.line(&[(left, floor - 2.0), (left + WIDTH as f32, floor - 2.0)], 0.05, Ink::Faint);
        let mut block = |x: f32, y: f32, ink: Ink| {
            scene.fill((x + 0.04, y + 0.04), (0.92, 0.92), 0.14, ink);
            scene.line(&[(x + 0.17, y + 0.83), (x + 0.17, y + 0.17), (x + 0.83, y + 0.17)], 0.06, Ink::White);
        };
        let cells = |bits: u8| (0..WIDTH).filter(move |column| bits >> column & 1 == 1);
        for (row, bits) in self.rows.into_iter().enumerate() {
            for column in cells(bits) {
                block(left + column as f32, floor - 1.0 - row as f32, Ink::Hue(1));
            }
        }
        for (row, bits) in PIECES[usize::from(self.piece)].1[0].into_iter().enumerate() {
            for column in cells(bits) {
                block(left + 2.0 + column as f32, 2.0 - row as f32, Ink::Hue(0));
            }
        }
        scene.shapes.push(Shape::Meter {
            x: 7.9,
            y: 1.4,
            width: 2.6,
            height: 0.4,
            label: "pieces".into(),
            value: self.progress.steps() as f32,
            min: 0.0,
            max: self.step_limit as f32,
            ink: Ink::Agent,
        });
        for (index, (label, value)) in [("lost rows", self.lost), ("lines", self.lines)].into_iter().enumerate() {
            let y = 3.0 + 1.7 * index as f32;
            scene.text((9.2, y), 0.28, label, Ink::Faint);
            scene.text((9.2, y + 0.68), 0.5, value.to_string(), Ink::Ink);
        }
        scene.words = format!(
            "A {} is to be placed; {} rows lost, {} lines cleared.",
            PIECES[usize::from(self.piece)].0,
            self.lost,
            self.lines
        );
        scene
    }

    fn text(&self) -> String {
        let row =
            |bits: u8| -> String { (0..WIDTH).map(|column| if bits >> column & 1 == 1 { '#' } else { '.' }).collect() };
        format!(
            "{}\n{}\n{}  lost {}  lines {}",
            row(self.rows[1]),
            row(self.rows[0]),
            PIECES[usize::from(self.piece)].0,
            self.lost,
            self.lines
        )
    }
}

#[cfg(test)]
mod tests;
