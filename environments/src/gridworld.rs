//! Gridworld: find the sprout, avoid the pits.
//!
//! * **Actions**: 0 up, 1 down, 2 left, 3 right. Moving against a wall or the border is a bump: it costs a step.
//! * **States**: `y * width + x`, y growing downward.
//! * **Rewards**: entering a goal +10, entering a pit -10, otherwise -0.1; they replace, not add. All editable, and
//!   single cells may have their own.
//! * **Start**: the cell `S`; of several, each equally likely.
//! * **Episode end**: entering a goal or a pit terminates; the step limit truncates.
//! * **Open field**: instead of a map, an empty square of up to 316 cells a side, as many as planners are asked to
//!   solve.
//! * **Slip**: with probability `slip` the move goes to one of the two sides instead, each half as likely.
//!
//! Source: the layouts and numbers of a widespread grid-world teaching app; letters as in Gymnasium's `desc`.

pub mod map;

use crate::board::{self, Move};
use crate::finite::{FiniteEnvironment, STEP_LIMIT};
use crate::model::{Model, Outcome};
use map::{GridCell, GridMap};
use shared::describe::{CatalogEntry, EnvironmentDescription, StateLayout, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::scene::Tile;

const WEB: &str = "SFFFF\nFHFFF\nFFHFF\nFHFFF\nFFFFG";
const EASY: &str = "SFFFF\nFFFFF\nFFFFF\nFFFFF\nFFFFG";
const MEDIUM: &str = "SFFFF\nFFFFF\nFFHFF\nFHFFF\nFFFFG";
const HARD: &str = "SFFFFFF\nFFFFFFF\nFFHFFFF\nFFFFFHF\nFFFFHFF\nFHFHFFF\nFFFFFFG";

const MOVES: [Move; 4] = [Move::UP, Move::DOWN, Move::LEFT, Move::RIGHT];

const GOAL: u8 = 1;
const PIT: u8 = 2;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let map_only = |parameter: ParameterSpec| parameter.implies("open_field", Value::Integer(0));
    let preset = |name: &str, label: &str, map: &str, limit: i64| {
        Preset::new(name, label, vec![("map", Value::Text(map.into())), ("step_limit", Value::Integer(limit))])
    };
    CatalogEntry::new(
        &Words {
            id: "gridworld",
            title: "Gridworld",
            summary: "A creature looks for the sprout. Every step costs a little, pits end the episode. The smallest \
                      environment in which one can watch values spread backwards from the goal.",
            equation: "",
            source: "Grid-environment teaching app (5 x 5 web layout); map letters as in Gymnasium",
        },
        vec![
            map_only(
                ParameterSpec::text("map", "Map", map::MAX_CHARACTERS, true, WEB, map::ALL.words)
                    .map(map::ALL.legend(Tile::Floor)),
            ),
            ParameterSpec::number("goal_reward", "Goal", (-100.0, 100.0), 10.0, 0.5, "Reward for entering a goal."),
            map_only(ParameterSpec::number(
                "pit_reward",
                "Pit",
                (-100.0, 100.0),
                -10.0,
                0.5,
                "Reward for entering a pit or mud.",
            )),
            ParameterSpec::number("step_reward", "Step", (-10.0, 10.0), -0.1, 0.05, "Reward for every other step."),
            ParameterSpec::number("slip", "Slip", (0.0, 1.0), 0.0, 0.01, "How often a move goes sideways instead.")
                .symbol("p"),
            ParameterSpec::integer(
                "step_limit",
                "Step limit",
                (1, 100_000),
                100,
                "Steps after which an episode is cut.",
            ),
            ParameterSpec::text(
                "cell_rewards",
                "Cell rewards",
                200_000,
                true,
                "",
                "Own rewards for entering single cells, one a line: x,y=reward.",
            ),
            ParameterSpec::integer(
                "open_field",
                "Open field",
                (0, map::MAX_OPEN_SIDE as i64),
                0,
                "Cells a side of an empty square, from 2 on, in place of the map; 0 takes the map.",
            ),
        ],
        vec![
            preset("web", "web", WEB, 100),
            preset("easy", "easy", EASY, 50),
            preset("medium", "medium", MEDIUM, 50),
            preset("hard", "hard", HARD, 100),
        ],
    )
}

/// Builds the environment; every fault of the map is named with its place.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let map = match parameters.count("open_field")? {
        0 => {
            GridMap::parse(parameters.text("map")?, map::ALL).map_err(|error| ParameterError::invalid("map", error))?
        }
        1 => {
            return Err(ParameterError::invalid("open_field", "a field has at least 2 cells a side, or 0 for the map"));
        }
        side => GridMap::open(side),
    };
    let own_rewards = map
        .parse_rewards(parameters.text("cell_rewards")?)
        .map_err(|error| ParameterError::invalid("cell_rewards", error))?;
    let slip = parameters.probability("slip")?.get();
    let goal_reward = parameters.number("goal_reward")?;
    let pit_reward = parameters.number("pit_reward")?;
    let step_reward = parameters.number("step_reward")?;
    let reward_of = |cell: usize| {
        own_rewards[cell].unwrap_or(match map.cells[cell] {
            GridCell::Goal => goal_reward,
            GridCell::Pit | GridCell::Mud => pit_reward,
            _ => step_reward,
        })
    };
    let starts = map.starts();
    let start = starts.iter().map(|cell| (*cell as u32, 1.0 / starts.len() as f64)).collect();
    let model = Model::build(map.cells.len(), MOVES.len(), start, |cell, action, into| {
        if map.cells[cell].is_end() || map.cells[cell] == GridCell::Wall {
            into.push(Outcome { terminated: true, ..Outcome::certain(cell, 0.0) });
            return;
        }
        let mut push = |probability: f64, direction: usize| {
            let next = map.walk(cell, MOVES[direction].dx, MOVES[direction].dy);
            let reason = match map.cells[next] {
                GridCell::Goal => GOAL,
                GridCell::Pit => PIT,
                _ => 0,
            };
            // A bump against the border next to an own-reward cell stays in the cell: it is not entered again.
            let reward = if next == cell { step_reward } else { reward_of(next) };
            into.push(Outcome { probability, next: next as u32, reward, terminated: reason > 0, reason });
        };
        if slip == 0.0 {
            push(1.0, action);
        } else {
            let sides = if action < 2 { [2, 3] } else { [0, 1] };
            push(1.0 - slip, action);
            push(slip / 2.0, sides[0]);
            push(slip / 2.0, sides[1]);
        }
    })
    .map_err(|error| ParameterError::invalid("map", error))?;
    if !map.goal_in_reach() {
        return Err(ParameterError::invalid("map", map::NO_PATH));
    }
    let description = describe(&map, parameters.integer("step_limit")?);
    Ok(FiniteEnvironment::new(model, description, map.board(&MOVES)))
}

fn describe(map: &GridMap, step_limit: i64) -> EnvironmentDescription {
    EnvironmentDescription {
        id: "gridworld".into(),
        title: "Gridworld".into(),
        subtitle: format!("{} × {}", map.width, map.height),
        actions: board::actions(&MOVES),
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "goal", "pit"]),
        counters: vec![],
        observation: board::observation(),
        board: None,
        states: Some(map.cells.len() as u32),
        state_names: vec![],
        legal_actions: vec![].into(),
        layout: Some(StateLayout::Grid { columns: map.width as u32, rows: map.height as u32 }),
        step_limit: Some(step_limit as u32),
    }
}

#[cfg(test)]
mod tests;
