//! Windy gridworld: a wind from below carries the creature upward while it walks.
//!
//! * **Actions**: `moves` 4: up, down, left, right; 8: and the diagonals (king's moves); 9: and staying.
//! * **States**: `y * 10 + x` on 7 rows, y growing downward; start (0, 3), goal (7, 3).
//! * **Transitions**: the move plus the wind of the column that is left, as many rows up; the border holds.
//! * **Stochastic wind**: where there is wind, it is a row weaker, as written or a row stronger, 1/3 each.
//! * **Start**: the cell (0, 3).
//! * **Rewards**: -1 a step.
//! * **Episode end**: the goal terminates. There is no step limit unless you set one.
//!
//! Source: Sutton and Barto, 2nd edition, example 6.5, exercises 6.9 and 6.10.

use crate::board::{self, BoardPortrayal, Move};
use crate::finite::{FiniteEnvironment, STEP_LIMIT};
use crate::model::{Model, Outcome};
use shared::describe::{CatalogEntry, EnvironmentDescription, StateLayout, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::scene::{Ink, Scene, Tile};

const COLUMNS: usize = 10;
const ROWS: usize = 7;
const START: usize = 30;
const TARGET: usize = 37;
const WIND: &str = "0001112210";
const MOVES: [Move; 9] = [
    Move::UP,
    Move::DOWN,
    Move::LEFT,
    Move::RIGHT,
    Move::UP_LEFT,
    Move::UP_RIGHT,
    Move::DOWN_LEFT,
    Move::DOWN_RIGHT,
    Move::STAY,
];
const GOAL: u8 = 1;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let preset = |name: &str, label: &str, moves: &str, stochastic: bool| {
        Preset::new(name, label, vec![("moves", Value::Text(moves.into())), ("stochastic", Value::Flag(stochastic))])
    };
    CatalogEntry::new(
        &Words {
            id: "windy-gridworld",
            title: "Windy gridworld",
            summary: "A wind blows across the middle of the field and carries the creature upward. It must aim too \
                      low, and come back around, to reach the sprout.",
            equation: "",
            source: "Sutton and Barto, 2nd edition, example 6.5 and exercises 6.9, 6.10",
        },
        vec![
            ParameterSpec::choice(
                "moves",
                "Moves",
                &[("4", "4 directions"), ("8", "8, a king's moves"), ("9", "9, a king's moves or staying")],
                "Which steps there are.",
            ),
            ParameterSpec::flag("stochastic", "Gusts", false, "Whether the wind is sometimes weaker or stronger."),
            ParameterSpec::text("wind", "Wind", COLUMNS, false, WIND, "Strength in each of the 10 columns, 0 to 6."),
            ParameterSpec::integer(
                "step_limit",
                "Step limit",
                (0, 1_000_000),
                0,
                "Steps after which an episode is cut; 0 for never.",
            ),
        ],
        vec![
            preset("king", "king's moves", "8", false),
            preset("king-or-stay", "king's moves or staying", "9", false),
            preset("gusts", "king's moves, gusts", "8", true),
        ],
    )
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let moves = match parameters.text("moves")? {
        "8" => &MOVES[..8],
        "9" => &MOVES[..],
        _ => &MOVES[..4],
    };
    let stochastic = parameters.flag("stochastic")?;
    let wind = read_wind(parameters.text("wind")?).map_err(|reason| ParameterError::invalid("wind", reason))?;
    let model = Model::build(COLUMNS * ROWS, moves.len(), vec![(START as u32, 1.0)], |cell, action, into| {
        if cell == TARGET {
            into.push(Outcome { terminated: true, ..Outcome::certain(cell, 0.0) });
            return;
        }
        let mut push = |probability: f64, wind: i32| {
            let mut blown = moves[action];
            blown.dy -= wind;
            let next = blown.from(cell, COLUMNS, ROWS);
            let reason = if next == TARGET { GOAL } else { 0 };
            into.push(Outcome { probability, terminated: reason > 0, reason, ..Outcome::certain(next, -1.0) });
        };
        let wind = wind[cell % COLUMNS];
        if stochastic && wind > 0 {
            for wind in [wind - 1, wind, wind + 1] {
                push(1.0 / 3.0, wind);
            }
        } else {
            push(1.0, wind);
        }
    })
    .map_err(|error| ParameterError::invalid("moves", error))?;
    if !model.reaches(TARGET) {
        return Err(ParameterError::invalid("wind", "the goal cannot be reached in this wind"));
    }
    let step_limit = parameters.integer("step_limit")?;
    let description = EnvironmentDescription {
        id: "windy-gridworld".into(),
        title: "Windy gridworld".into(),
        subtitle: format!("{} moves{}", moves.len(), if stochastic { ", gusts" } else { "" }),
        actions: board::actions(moves),
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "goal"]),
        counters: vec![],
        observation: board::observation(),
        board: None,
        states: Some((COLUMNS * ROWS) as u32),
        state_names: vec![],
        legal_actions: vec![].into(),
        layout: Some(StateLayout::Grid { columns: COLUMNS as u32, rows: ROWS as u32 }),
        step_limit: (step_limit > 0).then_some(step_limit as u32),
    };
    Ok(FiniteEnvironment::new(model, description, stage(&wind, moves)))
}

fn read_wind(text: &str) -> Result<[i32; COLUMNS], String> {
    let digits: Vec<i32> = text.chars().filter_map(|digit| digit.to_digit(7)).map(|it| it as i32).collect();
    match digits.try_into() {
        Ok(wind) if text.chars().count() == COLUMNS => Ok(wind),
        _ => Err(format!("{text:?} is not {COLUMNS} digits from 0 to 6, one a column")),
    }
}

/// A field with streaks of wind, longer and denser where it blows harder, and its strength below.
fn stage(wind: &[i32; COLUMNS], moves: &[Move]) -> BoardPortrayal {
    let tile = |cell: usize| match cell {
        START => ('S', Tile::Start),
        TARGET => ('G', Tile::Goal),
        _ => ('.', Tile::Floor),
    };
    let cells: Vec<_> = (0..COLUMNS * ROWS).map(tile).collect();
    let mut details = Scene::default();
    for (column, strength) in wind.iter().enumerate() {
        for streak in 0..3 * *strength {
            // Spread over the column in an even but not orderly way: multiples of the golden ratio.
            let spread = (streak as f32 * 0.618_034 + column as f32 * 0.271).fract();
            let x = column as f32 + 0.14 + 0.72 * spread;
            let bottom = ROWS as f32 - 0.35 - (streak as f32 * 2.17 + column as f32).rem_euclid(ROWS as f32 - 1.6);
            let top = bottom - 0.35 - 0.2 * *strength as f32;
            details.line(&[(x, bottom), (x, top)], 0.03, Ink::Water);
            details.line(&[(x - 0.07, top + 0.1), (x, top), (x + 0.07, top + 0.1)], 0.03, Ink::Water);
        }
        details.text((column as f32 + 0.5, ROWS as f32 - 0.16), 0.14, strength.to_string(), Ink::Faint);
    }
    BoardPortrayal::new(COLUMNS, &cells, moves).below(details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::planning::{optimal_values, random_values};

    fn environment(parameters: &[(&str, Value)]) -> Result<FiniteEnvironment, ParameterError> {
        let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        build(&Resolved::new(&catalog().parameters, &given)?)
    }

    /// Steps of the best and mean steps of the uniformly random way to the goal.
    #[track_caller]
    fn check(moves: &str, best: f64, random: f64) {
        let environment = environment(&[("moves", Value::Text(moves.into()))]).unwrap();
        let model = environment.model().unwrap();
        assert_eq!(optimal_values(model, 1.0)[START], -best);
        let found = -random_values(model, 1.0)[START];
        assert!((found / random - 1.0).abs() < 1e-9, "{found}, not {random}");
    }

    #[test]
    fn the_goal_is_15_7_and_7_steps_away() {
        check("4", 15.0, 6_146.307_116_107_718);
        check("8", 7.0, 2_544.432_176_733_129_4);
        check("9", 7.0, 3_246.490_586_263_986_6);
    }

    #[test]
    fn gusts_change_the_wind_by_a_row_where_it_blows() {
        let environment = environment(&[("stochastic", Value::Flag(true))]).unwrap();
        let to = |cell: usize, action: usize| -> Vec<u32> {
            environment.model().unwrap().outcomes(cell, action).iter().map(|it| it.next).collect()
        };
        assert_eq!(to(30, 3), [31], "no wind in the first columns");
        assert_eq!(to(36, 3), [27, 17, 7], "two rows up, give or take one");
    }

    #[test]
    fn faulty_winds_are_refused() {
        let refused = |wind: &str| environment(&[("wind", Value::Text(wind.into()))]).unwrap_err().to_string();
        assert_eq!(refused("000111221"), "wind: \"000111221\" is not 10 digits from 0 to 6, one a column");
        assert_eq!(refused("000111229x"), "wind: \"000111229x\" is not 10 digits from 0 to 6, one a column");
        assert_eq!(refused("6666666666"), "wind: the goal cannot be reached in this wind");
    }
}
