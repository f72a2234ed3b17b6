//! Frozen lake: cross the ice to the sprout without falling into a hole.
//!
//! * **Actions**: 0 left, 1 down, 2 right, 3 up. Moving against the border is a step on the spot.
//! * **States**: `row * columns + column`, rows counted from the top.
//! * **Rewards**: reaching the goal 1, falling into a hole 0, otherwise 0. All editable.
//! * **Start**: the cell `S`; of several, each equally likely.
//! * **Episode end**: the goal and the holes terminate; the step limit truncates (100, or 200 on the 8 x 8 lake, unless
//!   set).
//! * **Slippery**: the move is the intended one with probability `success_rate` (1/3), otherwise one of the two at
//!   right angles to it, each equally likely.
//! * **Maps**: 4 x 4, 8 x 8, a random one (every cell is ice with probability `frozen`, drawn anew until there is a
//!   path) or your own.
//!
//! The transition table equals that of `FrozenLake-v1` and `FrozenLake8x8-v1` of Gymnasium 1.4.0 entry by entry, the
//! order of outcomes included: counterclockwise side, intended, clockwise side.

use crate::board::{self, BoardPortrayal, Move};
use crate::finite::{FiniteEnvironment, STEP_LIMIT};
use crate::gridworld::map::{self, Alphabet, GridCell, GridMap};
use crate::model::{Model, Outcome};
use shared::describe::{CatalogEntry, EnvironmentDescription, StateLayout, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Probability;
use shared::scene::{Ink, Scene, Shape, Tile};

const SMALL: &str = "SFFF\nFHFH\nFFFH\nHFFG";
const LARGE: &str = "SFFFFFFF\nFFFFFFFF\nFFFHFFFF\nFFFFFHFF\nFFFHFFFF\nFHHFFFHF\nFHFFHFHF\nFFFHFFFG";
const MOVES: [Move; 4] = [Move::LEFT, Move::DOWN, Move::RIGHT, Move::UP];
const GOAL: u8 = 1;
const HOLE: u8 = 2;

const LETTERS: Alphabet = Alphabet {
    words: "One letter a cell: S start, F ice, H hole, G goal.",
    letters: &[('S', "start"), ('F', "ice"), ('H', "hole"), ('G', "goal")],
};

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let random = |parameter: ParameterSpec| parameter.implies("map", Value::Text("random".into()));
    CatalogEntry::new(
        &Words {
            id: "frozen-lake",
            title: "Frozen lake",
            summary: "Cross the ice to the sprout. The ice is slippery: two steps of three go sideways, so the safe \
                      way is to walk where sliding does no harm.",
            equation: "",
            source: "Gymnasium 1.4.0, FrozenLake-v1 and FrozenLake8x8-v1",
        },
        vec![
            ParameterSpec::choice(
                "map",
                "Map",
                &[("4x4", "4 × 4"), ("8x8", "8 × 8"), ("random", "random"), ("own", "own")],
                "Which lake.",
            ),
            ParameterSpec::text(
                "own_map",
                "Own map",
                map::MAX_CHARACTERS,
                true,
                SMALL,
                &format!("For the own map. {}", LETTERS.words),
            )
            .map(LETTERS.legend(Tile::Ice))
            .implies("map", Value::Text("own".into())),
            random(ParameterSpec::integer("size", "Size", (2, 64), 8, "Cells a side of the random map.")),
            random(ParameterSpec::number(
                "frozen",
                "Ice",
                (0.0, 1.0),
                0.8,
                0.05,
                "How likely a cell of the random map is ice and not a hole.",
            )),
            random(ParameterSpec::integer(
                "map_seed",
                "Map seed",
                (0, 1_000_000),
                0,
                "Another number, another random map.",
            )),
            ParameterSpec::flag("slippery", "Slippery", true, "Whether moves may go sideways."),
            ParameterSpec::number(
                "success_rate",
                "Success rate",
                (0.0, 1.0),
                1.0 / 3.0,
                0.01,
                "On slippery ice: how often a move goes where it should.",
            )
            .symbol("p")
            .implies("slippery", Value::Flag(true)),
            ParameterSpec::number("goal_reward", "Goal", (-100.0, 100.0), 1.0, 0.5, "Reward for reaching the goal."),
            ParameterSpec::number("hole_reward", "Hole", (-100.0, 100.0), 0.0, 0.5, "Reward for falling into a hole."),
            ParameterSpec::number("ice_reward", "Step", (-10.0, 10.0), 0.0, 0.05, "Reward for every other step."),
            ParameterSpec::integer(
                "step_limit",
                "Step limit",
                (0, 100_000),
                0,
                "Steps after which it is cut; 0 for the lake's own: 200 on the 8 × 8 lake, 100 elsewhere.",
            ),
        ],
        vec![
            Preset::new("8x8", "8 × 8", vec![("map", Value::Text("8x8".into()))]),
            Preset::new("dry", "not slippery", vec![("slippery", Value::Flag(false))]),
            Preset::new(
                "random",
                "random map",
                vec![("map", Value::Text("random".into())), ("step_limit", Value::Integer(200))],
            ),
        ],
    )
}

/// Builds the environment; every fault of the map is named with its place.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let map = lake(parameters)?;
    let success_rate = parameters.probability("success_rate")?.get();
    let slippery = parameters.flag("slippery")?;
    let goal_reward = parameters.number("goal_reward")?;
    let hole_reward = parameters.number("hole_reward")?;
    let ice_reward = parameters.number("ice_reward")?;
    let starts = map.starts();
    let start = starts.iter().map(|cell| (*cell as u32, 1.0 / starts.len() as f64)).collect();
    let model = Model::build(map.cells.len(), MOVES.len(), start, |cell, action, into| {
        if map.cells[cell].is_end() {
            into.push(Outcome { terminated: true, ..Outcome::certain(cell, 0.0) });
            return;
        }
        let mut push = |probability: f64, action: usize| {
            let next = MOVES[action].from(cell, map.width, map.height);
            let (reward, reason) = match map.cells[next] {
                GridCell::Goal => (goal_reward, GOAL),
                GridCell::Pit => (hole_reward, HOLE),
                _ => (ice_reward, 0),
            };
            into.push(Outcome { probability, next: next as u32, reward, terminated: reason > 0, reason });
        };
        if slippery {
            let side = (1.0 - success_rate) / 2.0;
            push(side, (action + 3) % 4);
            push(success_rate, action);
            push(side, (action + 1) % 4);
        } else {
            push(1.0, action);
        }
    })
    .map_err(|error| ParameterError::invalid("map", error))?;
    let description = EnvironmentDescription {
        id: "frozen-lake".into(),
        title: "Frozen lake".into(),
        subtitle: format!("{} × {}{}", map.width, map.height, if slippery { ", slippery" } else { "" }),
        actions: board::actions(&MOVES),
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "goal", "hole"]),
        counters: vec![],
        observation: board::observation(),
        board: None,
        states: Some(map.cells.len() as u32),
        state_names: vec![],
        legal_actions: vec![].into(),
        layout: Some(StateLayout::Grid { columns: map.width as u32, rows: map.height as u32 }),
        step_limit: Some(step_limit(parameters)?),
    };
    Ok(FiniteEnvironment::new(model, description, stage(&map)))
}

/// The limit that was set, or that of Gymnasium's environment of this lake.
fn step_limit(parameters: &Resolved) -> Result<u32, ParameterError> {
    Ok(match (parameters.integer("step_limit")? as u32, parameters.text("map")?) {
        (0, "8x8") => 200,
        (0, _) => 100,
        (limit, _) => limit,
    })
}

fn lake(parameters: &Resolved) -> Result<GridMap, ParameterError> {
    let (name, text) = match parameters.text("map")? {
        "own" => ("own_map", parameters.text("own_map")?.to_owned()),
        "8x8" => ("map", LARGE.to_owned()),
        "random" => {
            let seed = parameters.integer("map_seed")? as u64;
            return random_lake(parameters.count("size")?, parameters.probability("frozen")?, seed);
        }
        _ => ("map", SMALL.to_owned()),
    };
    let map = GridMap::parse(&text, LETTERS).map_err(|error| ParameterError::invalid(name, error))?;
    if map.goal_in_reach() { Ok(map) } else { Err(ParameterError::invalid(name, map::NO_PATH)) }
}

fn random_lake(size: usize, frozen: Probability, seed: u64) -> Result<GridMap, ParameterError> {
    let map = GridMap::random(size, size, frozen, shared::Seed::new(seed).unwrap_or_default());
    map.ok_or_else(|| {
        let tries = map::RANDOM_TRIES;
        let reason = format!("none of {tries} random maps of this size had a path to the goal; allow more ice");
        ParameterError::invalid("frozen", reason)
    })
}

/// Ice with a few cracks, and dark water in the holes.
fn stage(map: &GridMap) -> BoardPortrayal {
    let tile = |cell: &GridCell| match cell {
        GridCell::Floor => (cell.letter(), Tile::Ice),
        _ => (cell.letter(), cell.tile()),
    };
    let cells: Vec<_> = map.cells.iter().map(tile).collect();
    let mut details = Scene::default();
    for (index, cell) in map.cells.iter().enumerate() {
        let (x, y) = ((index % map.width) as f32, (index / map.width) as f32);
        match cell {
            GridCell::Pit => {
                let (x, y) = (x + 0.5, y + 0.5);
                details.fill((x - 0.48, y - 0.48), (0.96, 0.96), 0.11, Ink::Water);
                details.disc((x, y), 0.4, Ink::White);
                details.disc((x, y + 0.02), 0.35, Ink::Danger);
                details.shapes.push(Shape::Disc { x, y, radius: 0.4, ink: Ink::Faint, outline: 0.015 });
            }
            // A crack here and there, always in the same cells.
            GridCell::Floor if index * 7 % 3 == 1 => {
                details.line(&[(x + 0.56, y + 0.82), (x + 0.68, y + 0.68), (x + 0.84, y + 0.72)], 0.018, Ink::White);
            }
            _ => {}
        }
    }
    BoardPortrayal::new(map.width, &cells, &MOVES).below(details)
}

#[cfg(test)]
mod tests;
