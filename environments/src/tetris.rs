//! Tetris: clear lines with falling pieces.
//!
//! * **Board**: 20 × 10; pieces I O T S Z J L from shuffled bags of seven; four can be seen coming and one can be held,
//!   swapped once a piece. No kicks. The engine is cell by cell that of tetris-gymnasium 0.2.1.
//! * **Primitive actions** (8): left, right, down, turn left, turn right, hard drop, swap, nothing; after each but the
//!   hard drop the piece falls by one cell. (tetris-gymnasium calls its action 3, `np.rot90`, clockwise; on the screen
//!   it turns left.)
//! * **Placement actions** (40): `column * 4 + rotations`: the piece is turned left so often and dropped, the left
//!   column of its square in `column`. On the empty board 31 are legal for I, 36 for O, 33 for the others.
//! * **Variants** of placements: in the *default* illegal placements are masked; *faithful* to its source an illegal
//!   one costs 0.1 and ends the episode.
//! * **Start**: an empty board, and a shuffled bag.
//! * **Rewards** of a locked piece: 10 lines² + 1, and 0 instead where the game ends; shaped by -0.5 a new hole, -0.1 a
//!   row by which the greatest height grows, -10 at the end. All editable.
//! * **Episode end**: `topped out` where the next piece has no room; `illegal placement`; the step limit truncates.
//! * **Observation**: by `view`. *Features* of the board: ten heights, greatest height, holes, bumpiness, wells,
//!   row and column transitions; the piece, the held and the next one, one of seven each; the piece's place.
//!   *Placements*: heights, greatest height, holes, bumpiness of the board after each of the 40 placements; an illegal
//!   one counts as a full board, a losing one as an empty board, as in the source; the faithful variant also leaves out
//!   the uppermost row, as the source does by mistake. *Board*: planes of the board (see `tetris/planes.rs`).
//! * **States**: none; [`crate::tetris_melax`] has a table.
//!
//! Source: Weichart and Hartl 2024, tetris-gymnasium 0.2.1; features of Dellacherie, see Thiery and Scherrer 2009.

pub(crate) mod engine;
mod features;
mod planes;
mod portrayal;

use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use crate::finite::STEP_LIMIT;
use crate::keys::keys;
use crate::progress::EpisodeClock;
use crate::random::Generator;
use engine::{Engine, LEGAL_PLACEMENTS, PieceSupply, WIDTH};
use features::Features;
use shared::describe::{ActionDescription, CatalogEntry, EnvironmentDescription, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Seed;
use shared::scene::Scene;
use std::sync::Arc;

const PRIMITIVE: [(&str, &str); 8] = [
    ("left", "ArrowLeft"),
    ("right", "ArrowRight"),
    ("down", "ArrowDown"),
    ("turn left", "z"),
    ("turn right", "ArrowUp"),
    ("hard drop", "d"),
    ("swap", "c"),
    ("nothing", "n"),
];
const PLACEMENTS: usize = 4 * WIDTH;
/// Heights, greatest height, holes and bumpiness of the board after a placement.
const PLACEMENT_FEATURES: usize = WIDTH + 3;

const TOPPED_OUT: u8 = 1;
const ILLEGAL: u8 = 2;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let reward = |name: &str, label: &str, default: f64, help: &str| {
        ParameterSpec::number(name, label, (-100.0, 100.0), default, 0.1, help)
    };
    let text = |value: &str| Value::Text(value.into());
    CatalogEntry::new(
        &Words {
            id: "tetris",
            title: "Tetris",
            summary: "Pieces fall into a shaft; a full line goes. Steer every move, or choose only where each piece \
                      lands.",
            equation: "",
            source: "tetris-gymnasium 0.2.1 (Weichart and Hartl 2024)",
        },
        vec![
            ParameterSpec::choice(
                "actions",
                "Actions",
                &[("placement", "where a piece lands"), ("primitive", "every move")],
                "40 placements of a piece, or 8 moves at each step.",
            ),
            ParameterSpec::choice(
                "variant",
                "Variant",
                &[("default", "default"), ("faithful", "as the source has it")],
                "The source lets an illegal placement be chosen and end the episode; the default masks it.",
            )
            .needs_any(vec![("actions", vec![text("placement")]), ("view", vec![text("placements")])]),
            ParameterSpec::choice(
                "view",
                "View",
                &[
                    ("features", "features of the board"),
                    ("placements", "features of every placement"),
                    ("board", "the board, cell by cell"),
                ],
                "What an agent observes.",
            ),
            reward("line_reward", "Lines", 10.0, "Times the square of the lines cleared at once."),
            reward("piece_reward", "Piece", 1.0, "For every piece that lies, unless the game ends with it."),
            reward("illegal_reward", "Illegal", -0.1, "For an illegal placement, faithful variant only.")
                .needs("actions", vec![text("placement")])
                .needs("variant", vec![text("faithful")]),
            reward("hole_reward", "Hole", -0.5, "For every new hole."),
            reward("height_reward", "Height", -0.1, "For every row by which the stack grows."),
            reward("end_reward", "End", -10.0, "When the game is lost."),
            ParameterSpec::integer("step_limit", "Step limit", (1, 1_000_000), 10_000, "Steps after which it is cut."),
        ],
        vec![
            Preset::new("placements", "placements", vec![("actions", text("placement"))]),
            Preset::new("moves", "every move", vec![("actions", text("primitive"))]),
            Preset::new("faithful", "as the source", vec![("variant", text("faithful")), ("view", text("placements"))]),
            Preset::new("board", "seen cell by cell", vec![("view", text("board"))]),
            Preset::new(
                "base",
                "lines and pieces only",
                vec![
                    ("hole_reward", Value::Number(0.0)),
                    ("height_reward", Value::Number(0.0)),
                    ("end_reward", Value::Number(0.0)),
                ],
            ),
        ],
    )
}

/// What is observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TetrisObservation {
    Features,
    Placements,
    Board,
}

#[derive(Debug)]
struct TetrisRules {
    placement: bool,
    faithful: bool,
    view: TetrisObservation,
    line_reward: f64,
    piece_reward: f64,
    illegal_reward: f64,
    hole_reward: f64,
    height_reward: f64,
    end_reward: f64,
    step_limit: u32,
}

/// Shuffled bags of the seven pieces.
#[derive(Clone, Debug)]
struct Bag {
    generator: Generator,
    pieces: [u8; 7],
    left: usize,
}

impl Bag {
    fn new(seed: Seed) -> Self {
        Self { generator: Generator::new(seed), pieces: [0, 1, 2, 3, 4, 5, 6], left: 0 }
    }
}

impl PieceSupply for Bag {
    #[inline]
    fn next(&mut self) -> u8 {
        if self.left == 0 {
            self.left = 7;
        }
        // One step of a Fisher-Yates shuffle from the end.
        let chosen = self.generator.below(self.left as u32) as usize;
        self.left -= 1;
        self.pieces.swap(chosen, self.left);
        self.pieces[self.left]
    }
}

/// A game in the middle of an episode.
#[derive(Clone, Debug)]
pub struct Tetris {
    rules: Arc<TetrisRules>,
    progress: EpisodeClock,
    bag: Bag,
    engine: Engine,
    holes: u32,
    height: u32,
    lines: u32,
    pieces: u32,
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<Tetris, ParameterError> {
    let rules = TetrisRules {
        placement: parameters.text("actions")? == "placement",
        faithful: parameters.text("variant")? == "faithful",
        view: match parameters.text("view")? {
            "placements" => TetrisObservation::Placements,
            "board" => TetrisObservation::Board,
            _ => TetrisObservation::Features,
        },
        line_reward: parameters.number("line_reward")?,
        piece_reward: parameters.number("piece_reward")?,
        illegal_reward: parameters.number("illegal_reward")?,
        hole_reward: parameters.number("hole_reward")?,
        height_reward: parameters.number("height_reward")?,
        end_reward: parameters.number("end_reward")?,
        step_limit: parameters.count("step_limit")? as u32,
    };
    let mut bag = Bag::new(Seed::default());
    Ok(Tetris {
        progress: EpisodeClock::new(rules.step_limit),
        rules: Arc::new(rules),
        engine: Engine::new(&mut bag),
        bag,
        holes: 0,
        height: 0,
        lines: 0,
        pieces: 0,
    })
}

impl Environment for Tetris {
    fn describe(&self) -> EnvironmentDescription {
        let rules = &*self.rules;
        let actions = if rules.placement {
            let name = |action: usize| format!("column {}, {} turns", action / 4 + 1, action % 4);
            keys().take(PLACEMENTS).enumerate().map(|(index, key)| (name(index), key)).collect()
        } else {
            PRIMITIVE.iter().map(|(name, key)| ((*name).to_owned(), (*key).to_owned())).collect::<Vec<_>>()
        };
        let board = (rules.view == TetrisObservation::Board).then(|| planes::board(rules.placement));
        let observation = match &board {
            Some(board) => board.entries(),
            None => portrayal::entries(rules.view == TetrisObservation::Placements),
        };
        EnvironmentDescription {
            id: "tetris".into(),
            title: "Tetris".into(),
            subtitle: if rules.placement { "placements" } else { "every move" }.into(),
            actions: actions.into_iter().map(|(name, key)| ActionDescription::new(&name, &key, None)).collect(),
            controls: vec![],
            outcomes: names(&[STEP_LIMIT, "topped out", "illegal placement"]),
            counters: names(&["lines", "pieces"]),
            observation,
            board,
            states: None,
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: None,
            step_limit: Some(rules.step_limit),
        }
    }

    #[inline]
    fn action_count(&self) -> usize {
        if self.rules.placement { PLACEMENTS } else { PRIMITIVE.len() }
    }

    fn state_count(&self) -> usize {
        0
    }

    #[inline]
    fn reset(&mut self, seed: Seed) {
        self.bag = Bag::new(seed);
        self.engine.restart(&mut self.bag);
        self.progress.restart();
        (self.holes, self.height, self.lines, self.pieces) = (0, 0, 0, 0);
    }

    #[inline]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.progress.admit(action, self.legal_actions())?;
        let rules = &*self.rules;
        let locked = if rules.placement {
            if LEGAL_PLACEMENTS[usize::from(self.engine.piece)] >> action & 1 == 0 {
                return Ok(self.progress.advance(rules.illegal_reward + rules.end_reward, Some(ILLEGAL)));
            }
            self.engine.place(usize::from(action / 4), (action % 4) as u8, &mut self.bag)
        } else if let Some(locked) = self.engine.step(action, &mut self.bag) {
            locked
        } else {
            return Ok(self.progress.advance(0.0, None));
        };
        let (holes, height) = Features::holes_and_height(&self.engine.rows);
        let mut reward = rules.hole_reward * f64::from(holes.saturating_sub(self.holes))
            + rules.height_reward * f64::from(height.saturating_sub(self.height));
        reward += if locked.over {
            rules.end_reward
        } else {
            rules.line_reward * f64::from(locked.lines * locked.lines) + rules.piece_reward
        };
        (self.holes, self.height) = (holes, height);
        self.lines += locked.lines;
        self.pieces += 1;
        Ok(self.progress.advance(reward, locked.over.then_some(TOPPED_OUT)))
    }

    fn state(&self) -> usize {
        0
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        if !self.rules.placement {
            ActionMask::all(PRIMITIVE.len())
        } else if self.rules.faithful {
            ActionMask::all(PLACEMENTS)
        } else {
            ActionMask(LEGAL_PLACEMENTS[usize::from(self.engine.piece)])
        }
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    fn counters(&self, into: &mut [f64]) {
        into.copy_from_slice(&[f64::from(self.lines), f64::from(self.pieces)]);
    }

    fn observe(&self, into: &mut [f32]) {
        match self.rules.view {
            TetrisObservation::Features => portrayal::observe_features(&self.engine, into),
            TetrisObservation::Placements => portrayal::observe_placements(&self.engine, self.rules.faithful, into),
            TetrisObservation::Board => planes::observe(&self.engine, into),
        }
    }

    fn draw(&self) -> Scene {
        portrayal::draw(self)
    }

    fn text(&self) -> String {
        portrayal::text(self)
    }
}

#[cfg(test)]
mod tests;
