//! Mazes of the Dyna chapter: a way to plan, and a way that changes.
//!
//! * **Actions**: 0 up, 1 down, 2 left, 3 right. Walls and the border hold.
//! * **States**: `y * width + x`, y growing downward.
//! * **Rewards**: 1 for entering the goal, otherwise 0.
//! * **Start**: the cell `S`.
//! * **Episode end**: the goal terminates. There is no step limit unless you set one.
//! * **Mazes**: `dyna` (figure 8.2), `blocking` (figure 8.4), `shortcut` (figure 8.5), or your own, with the letters
//!   `S` start, `F` floor, `#` wall, `G` goal.
//! * **Phase**: the blocking and the shortcut maze change once in the book's experiments, after 1000 and 3000 steps of
//!   the run. An episode here is (spec, seed, actions), and a maze that remembers earlier episodes would break that.
//!   So the two phases are two specs, `before` and `after`, and the change is an act of whoever conducts the run:
//!   it goes on with the same agent and the other phase. States and actions are the same in both.
//!
//! Source: Sutton and Barto, 2nd edition, examples 8.1 to 8.3.

use crate::board::{self, Move};
use crate::finite::{FiniteEnvironment, STEP_LIMIT};
use crate::gridworld::map::{self, Alphabet, GridCell, GridMap};
use crate::model::{Model, Outcome};
use shared::describe::{CatalogEntry, EnvironmentDescription, StateLayout, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Parameters, Preset, Resolved, Value};
use shared::scene::Tile;

const DYNA: &str = "FFFFFFF#G\nFF#FFFF#F\nSF#FFFF#F\nFF#FFFFFF\nFFFFF#FFF\nFFFFFFFFF";
const GAP_ON_THE_RIGHT: &str = "FFFFFFFFG\nFFFFFFFFF\nFFFFFFFFF\n########F\nFFFFFFFFF\nFFFSFFFFF";
const GAP_ON_THE_LEFT: &str = "FFFFFFFFG\nFFFFFFFFF\nFFFFFFFFF\nF########\nFFFFFFFFF\nFFFSFFFFF";
const GAPS_ON_BOTH_SIDES: &str = "FFFFFFFFG\nFFFFFFFFF\nFFFFFFFFF\nF#######F\nFFFFFFFFF\nFFFSFFFFF";
const MOVES: [Move; 4] = [Move::UP, Move::DOWN, Move::LEFT, Move::RIGHT];
const GOAL: u8 = 1;

const LETTERS: Alphabet = Alphabet {
    words: "One letter a cell: S start, F floor, # wall, G goal.",
    letters: &[('S', "start"), ('F', "floor"), ('#', "wall"), ('G', "goal")],
};

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let preset = |maze: &str, phase: &str| Preset {
        name: format!("{maze}-{phase}"),
        label: format!("{maze} maze, {phase}"),
        values: Parameters::from([
            ("maze".into(), Value::Text(maze.into())),
            ("phase".into(), Value::Text(phase.into())),
        ]),
    };
    CatalogEntry::new(
        &Words {
            id: "dyna-maze",
            title: "Dyna maze",
            summary: "A maze with a reward only at its end. An agent that plans with a model of it needs a few \
                      episodes, one that does not needs dozens. In the blocking and shortcut mazes the way changes.",
            equation: "",
            source: "Sutton and Barto, 2nd edition, figures 8.2, 8.4 and 8.5",
        },
        vec![
            ParameterSpec::choice(
                "maze",
                "Maze",
                &[("dyna", "Dyna maze"), ("blocking", "blocking maze"), ("shortcut", "shortcut maze"), ("own", "own")],
                "Which maze.",
            ),
            ParameterSpec::choice(
                "phase",
                "Phase",
                &[("before", "before the change"), ("after", "after the change")],
                "The blocking maze closes its short way, the shortcut maze opens one.",
            )
            .needs("maze", ["blocking", "shortcut"].map(|maze| Value::Text(maze.into())).to_vec()),
            ParameterSpec::text(
                "own_map",
                "Own map",
                map::MAX_CHARACTERS,
                true,
                DYNA,
                &format!("For the own maze. {}", LETTERS.words),
            )
            .map(LETTERS.legend(Tile::Floor))
            .implies("maze", Value::Text("own".into())),
            ParameterSpec::integer(
                "step_limit",
                "Step limit",
                (0, 1_000_000),
                0,
                "Steps after which an episode is cut; 0 for never.",
            ),
        ],
        vec![
            preset("blocking", "before"),
            preset("blocking", "after"),
            preset("shortcut", "before"),
            preset("shortcut", "after"),
        ],
    )
}

/// Builds the environment; every fault of the map is named with its place.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let maze = parameters.text("maze")?;
    let phase = parameters.text("phase")?;
    let map = match (maze, phase) {
        ("blocking", "before") => read(GAP_ON_THE_RIGHT),
        ("blocking", _) | ("shortcut", "before") => read(GAP_ON_THE_LEFT),
        ("shortcut", _) => read(GAPS_ON_BOTH_SIDES),
        ("own", _) => read(parameters.text("own_map")?),
        _ => read(DYNA),
    }
    .map_err(|reason| ParameterError::invalid("own_map", reason))?;
    let starts = map.starts();
    let start = starts.iter().map(|cell| (*cell as u32, 1.0 / starts.len() as f64)).collect();
    let model = Model::build(map.cells.len(), MOVES.len(), start, |cell, action, into| {
        if matches!(map.cells[cell], GridCell::Goal | GridCell::Wall) {
            into.push(Outcome { terminated: true, ..Outcome::certain(cell, 0.0) });
            return;
        }
        let next = map.walk(cell, MOVES[action].dx, MOVES[action].dy);
        let arrived = map.cells[next] == GridCell::Goal;
        let (reward, reason) = if arrived { (1.0, GOAL) } else { (0.0, 0) };
        into.push(Outcome { terminated: arrived, reason, ..Outcome::certain(next, reward) });
    })
    .map_err(|error| ParameterError::invalid("maze", error))?;
    let step_limit = parameters.integer("step_limit")?;
    let description = EnvironmentDescription {
        id: "dyna-maze".into(),
        title: "Dyna maze".into(),
        subtitle: match maze {
            "blocking" | "shortcut" => format!("{maze} maze, {phase} the change"),
            "own" => format!("own, {} × {}", map.width, map.height),
            _ => format!("{} × {}", map.width, map.height),
        },
        actions: board::actions(&MOVES),
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "goal"]),
        counters: vec![],
        observation: board::observation(),
        board: None,
        states: Some(map.cells.len() as u32),
        state_names: vec![],
        legal_actions: vec![].into(),
        layout: Some(StateLayout::Grid { columns: map.width as u32, rows: map.height as u32 }),
        step_limit: (step_limit > 0).then_some(step_limit as u32),
    };
    Ok(FiniteEnvironment::new(model, description, map.board(&MOVES)))
}

fn read(text: &str) -> Result<GridMap, String> {
    let map = GridMap::parse(text, LETTERS).map_err(|error| error.to_string())?;
    if map.goal_in_reach() { Ok(map) } else { Err(map::NO_PATH.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::planning::{optimal_values, random_length, start_value};

    fn environment(parameters: &[(&str, &str)]) -> Result<FiniteEnvironment, ParameterError> {
        let given =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), Value::Text((*value).to_owned()))).collect();
        build(&Resolved::new(&catalog().parameters, &given)?)
    }

    #[track_caller]
    fn check_steps(parameters: &[(&str, &str)], expected: i32) {
        let environment = environment(parameters).unwrap();
        let model = environment.model().unwrap();
        let value = start_value(model, &optimal_values(model, 0.95));
        assert!((value - libm::pow(0.95, f64::from(expected - 1))).abs() < 1e-12, "{value}");
    }

    #[test]
    fn shortest_ways_have_the_lengths_of_the_figures() {
        check_steps(&[], 14);
        check_steps(&[("maze", "blocking")], 10);
        check_steps(&[("maze", "blocking"), ("phase", "after")], 16);
        check_steps(&[("maze", "shortcut")], 16);
        check_steps(&[("maze", "shortcut"), ("phase", "after")], 10);
    }

    #[test]
    fn a_uniformly_random_first_episode_lasts_868_7_steps_on_average() {
        let environment = environment(&[]).unwrap();
        let length = random_length(environment.model().unwrap());
        assert!((length - 868.725_427_561_471_3).abs() < 1e-8, "{length}");
    }

    #[test]
    fn faulty_mazes_are_refused_with_place_and_reason() {
        let refused = |map: &str| environment(&[("maze", "own"), ("own_map", map)]).unwrap_err().to_string();
        assert_eq!(refused("SFH\nFFG"), format!("own_map: row 1, column 3: unknown letter 'H'. {}", LETTERS.words));
        assert!(refused("SFx\nFFG").ends_with("One letter a cell: S start, F floor, # wall, G goal."));
        assert_eq!(refused("S#G"), "own_map: no goal G can be reached from a start S");
    }
}
