//! Cliff walking: along the edge is shortest, and safest is further up.
//!
//! * **Actions**: 0 up, 1 right, 2 down, 3 left. Moving against the border is a step on the spot.
//! * **States**: `row * 12 + column` on 4 rows, counted from the top; the start is 36, the goal 47.
//! * **Rewards**: -1 a step, -100 for stepping into the cliff, which leads back to the start.
//! * **Start**: the lower left corner.
//! * **Episode end**: the goal terminates. There is no step limit unless you set one.
//! * **Slippery**: the move is the intended one or one of the two at right angles to it, each with probability 1/3.
//!
//! The transition table equals that of `CliffWalking-v1` and `CliffWalkingSlippery-v1` of Gymnasium 1.4.0 entry by
//! entry. Source of the task: Sutton and Barto, 2nd edition, example 6.6.

use crate::board::{self, BoardPortrayal, Move};
use crate::finite::{FiniteEnvironment, STEP_LIMIT};
use crate::model::{Model, Outcome};
use shared::describe::{CatalogEntry, EnvironmentDescription, StateLayout, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::scene::{Ink, Scene, Tile};

const COLUMNS: usize = 12;
const ROWS: usize = 4;
const START: usize = 36;
const TARGET: usize = 47;
const MOVES: [Move; 4] = [Move::UP, Move::RIGHT, Move::DOWN, Move::LEFT];
const GOAL: u8 = 1;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "cliff-walking",
            title: "Cliff walking",
            summary: "The shortest way to the sprout runs along a cliff. Q-learning learns to walk the edge and falls \
                      while it explores; SARSA learns to keep away from it.",
            equation: "",
            source: "Sutton and Barto, 2nd edition, example 6.6; Gymnasium 1.4.0, CliffWalking-v1",
        },
        vec![
            ParameterSpec::flag("slippery", "Slippery", false, "Whether two moves of three go sideways."),
            ParameterSpec::integer(
                "step_limit",
                "Step limit",
                (0, 1_000_000),
                0,
                "Steps after which an episode is cut; 0 for never.",
            ),
        ],
        vec![Preset::new("slippery", "slippery", vec![("slippery", Value::Flag(true))])],
    )
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let slippery = parameters.flag("slippery")?;
    let model = Model::build(COLUMNS * ROWS, MOVES.len(), vec![(START as u32, 1.0)], |cell, action, into| {
        let mut push = |probability: f64, action: usize| {
            let next = MOVES[action].from(cell, COLUMNS, ROWS);
            into.push(if is_cliff(next) {
                Outcome { probability, ..Outcome::certain(START, -100.0) }
            } else {
                let reason = if next == TARGET { GOAL } else { 0 };
                Outcome { probability, terminated: reason > 0, reason, ..Outcome::certain(next, -1.0) }
            });
        };
        if slippery {
            for action in [(action + 3) % 4, action, (action + 1) % 4] {
                push(1.0 / 3.0, action);
            }
        } else {
            push(1.0, action);
        }
    })
    .map_err(|error| ParameterError::invalid("slippery", error))?;
    let step_limit = parameters.integer("step_limit")?;
    let description = EnvironmentDescription {
        id: "cliff-walking".into(),
        title: "Cliff walking".into(),
        subtitle: format!("{COLUMNS} × {ROWS}{}", if slippery { ", slippery" } else { "" }),
        actions: board::actions(&MOVES),
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
    Ok(FiniteEnvironment::new(model, description, stage()))
}

const fn is_cliff(cell: usize) -> bool {
    cell > START && cell < TARGET
}

/// Meadow above, and a jagged edge over the abyss.
fn stage() -> BoardPortrayal {
    let tile = |cell: usize| match cell {
        START => ('S', Tile::Start),
        TARGET => ('G', Tile::Goal),
        _ if is_cliff(cell) => ('C', Tile::Pit),
        _ => ('.', Tile::Floor),
    };
    let cells: Vec<_> = (0..COLUMNS * ROWS).map(tile).collect();
    let mut details = Scene::default();
    details.fill((1.0, 3.0), (10.0, 1.0), 0.0, Ink::Danger);
    let mut edge = vec![(1.0, 3.0)];
    for tooth in 0..20_u16 {
        let x = 1.0 + f32::from(tooth) / 2.0;
        // Teeth of three lengths, in a pattern that does not look like one.
        edge.push((x + 0.25, 3.0 + [0.3, 0.16, 0.24][usize::from(tooth * 5 % 3)]));
        edge.push((x + 0.5, 3.1));
    }
    edge.push((11.0, 3.0));
    details.polygon(&edge, Ink::Wall);
    details.line(&[(1.0, 3.0), (11.0, 3.0)], 0.06, Ink::Plant);
    for blade in 0..10_u16 {
        let (x, y) = (1.3 + f32::from(blade), 3.0);
        details.line(&[(x - 0.06, y - 0.14), (x, y), (x + 0.07, y - 0.1)], 0.025, Ink::Plant);
    }
    BoardPortrayal::new(COLUMNS, &cells, &MOVES).below(details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::planning::{optimal_values, random_values};
    use shared::parameter::Parameters;
    use shared::quantity::Seed;

    fn environment(parameters: &Parameters) -> FiniteEnvironment {
        build(&Resolved::new(&catalog().parameters, parameters).unwrap()).unwrap()
    }

    #[test]
    fn the_way_along_the_edge_returns_minus_13() {
        let environment = environment(&Parameters::new());
        let values = optimal_values(environment.model().unwrap(), 1.0);
        // V* of Gymnasium's table, first and last row.
        assert_eq!(values[..12], [-14.0, -13.0, -12.0, -11.0, -10.0, -9.0, -8.0, -7.0, -6.0, -5.0, -4.0, -3.0]);
        assert_eq!(values[START], -13.0);
    }

    #[test]
    fn a_uniformly_random_walk_returns_minus_65375() {
        let environment = environment(&Parameters::new());
        let value = random_values(environment.model().unwrap(), 1.0)[START];
        assert!((value / -65_375.130_398_753_776 - 1.0).abs() < 1e-9, "{value}");
    }

    #[test]
    fn the_cliff_costs_100_and_leads_back() {
        let mut environment = environment(&Parameters::new());
        environment.reset(Seed::default());
        let step = environment.step(1).unwrap();
        assert_eq!((step.reward, step.ended(), environment.state()), (-100.0, false, START));
    }

    #[test]
    fn a_step_limit_of_0_never_cuts() {
        let mut environment = environment(&Parameters::new());
        environment.reset(Seed::default());
        assert!((0..100_000).all(|_| !environment.step(3).unwrap().ended()));
        let mut limited = self::environment(&Parameters::from([("step_limit".into(), Value::Integer(2))]));
        limited.reset(Seed::default());
        assert!(!limited.step(3).unwrap().truncated);
        assert!(limited.step(3).unwrap().truncated);
    }
}
