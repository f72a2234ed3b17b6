//! Taxi: fetch a passenger at one of four stands and set them down at another.
//!
//! * **Actions**: 0 south (down), 1 north (up), 2 east (right), 3 west (left), 4 pick up, 5 drop off. Walls and the
//!   city's border hold the taxi where it is.
//! * **States**: `((row * 5 + column) * 5 + passenger) * 4 + destination`; the passenger waits at stand 0 to 3 (red,
//!   green, yellow, blue) or rides (4). 500 states, of which 400 can be visited.
//! * **Rewards**: -1 a step, +20 for setting the passenger down at the destination, -10 for picking up nobody and for
//!   dropping off nobody or in the street. Dropping off at another stand lets the passenger wait there.
//! * **Start**: each of the 300 states in which the passenger waits at a stand that is not the destination.
//! * **Episode end**: arrival terminates; 200 steps truncate.
//! * **Rain**: a move that is possible goes where it should with probability `rainy_probability` (0.8), otherwise to
//!   one of its two sides.
//! * **Fickle passenger**: with probability `fickle_probability` (0.3), drawn at the start, the passenger changes the
//!   destination to one of the other three when the taxi first moves with them. Gymnasium hides until then whether
//!   they will; here it is part of the state, which is 500 higher as long as a change of mind is still to come. So the
//!   model is exact and everything can be planned.
//! * **Action mask**: allow only actions that change the state.
//!
//! The transition table equals that of `Taxi-v4` of Gymnasium 1.4.0 entry by entry. Source of the task: Dietterich
//! (2000), Hierarchical reinforcement learning with the MAXQ value function decomposition.

mod city;

use crate::action_mask::ActionMask;
use crate::finite::{FiniteEnvironment, STEP_LIMIT};
use crate::model::{Model, Outcome};
use city::City;
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, StateLayout, Words, names,
};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};

const SIDE: usize = 5;
const STATES: usize = 500;
const RIDING: usize = 4;
const STANDS: [&str; 4] = ["red", "green", "yellow", "blue"];
/// Row and column of the stands.
const STAND_PLACES: [(usize, usize); 4] = [(0, 0), (0, 4), (4, 0), (4, 3)];
/// Row and column of cells with a wall on their right side.
const WALLS: [(usize, usize); 6] = [(0, 1), (1, 1), (3, 0), (4, 0), (3, 2), (4, 2)];

const SOUTH: usize = 0;
const NORTH: usize = 1;
const EAST: usize = 2;
const WEST: usize = 3;
const PICK_UP: usize = 4;
const DROP_OFF: usize = 5;

const ARRIVED: u8 = 1;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let preset = |name, label, flag| Preset::new(name, label, vec![(flag, Value::Flag(true))]);
    CatalogEntry::new(
        &Words {
            id: "taxi",
            title: "Taxi",
            summary: "Four stands in a small city: drive to the passenger, pick them up, take them where they want to \
                      go. The first environment here in which an agent must do things in order.",
            equation: "",
            source: "Dietterich (2000); Gymnasium 1.4.0, Taxi-v4",
        },
        vec![
            ParameterSpec::flag("rainy", "Rain", false, "Whether the taxi sometimes skids sideways."),
            ParameterSpec::number(
                "rainy_probability",
                "Grip",
                (0.0, 1.0),
                0.8,
                0.05,
                "In rain: how often a move goes where it should.",
            )
            .implies("rainy", Value::Flag(true)),
            ParameterSpec::flag("fickle", "Fickle passenger", false, "Whether the passenger may want to go elsewhere."),
            ParameterSpec::number(
                "fickle_probability",
                "Fickleness",
                (0.0, 1.0),
                0.3,
                0.05,
                "How likely a fickle passenger changes the destination in an episode.",
            )
            .implies("fickle", Value::Flag(true)),
            ParameterSpec::flag("action_mask", "Action mask", false, "Whether only useful actions can be chosen."),
            ParameterSpec::integer("step_limit", "Step limit", (1, 100_000), 200, "Steps after which it is cut."),
        ],
        vec![
            preset("rainy", "rain", "rainy"),
            preset("fickle", "fickle passenger", "fickle"),
            preset("masked", "action mask", "action_mask"),
        ],
    )
}

/// A state taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TaxiState {
    row: usize,
    column: usize,
    passenger: usize,
    destination: usize,
    /// Whether the passenger will still change the destination.
    fickle: bool,
}

impl TaxiState {
    const fn from_state(state: usize) -> Self {
        let plain = state % STATES;
        Self {
            row: plain / 100,
            column: plain / 20 % SIDE,
            passenger: plain / 4 % 5,
            destination: plain % 4,
            fickle: state >= STATES,
        }
    }

    const fn state(self) -> usize {
        let place = self.row * SIDE + self.column;
        (place * 5 + self.passenger) * 4 + self.destination + if self.fickle { STATES } else { 0 }
    }

    fn stand(self) -> Option<usize> {
        STAND_PLACES.iter().position(|place| *place == (self.row, self.column))
    }

    /// One move on; walls and the border hold.
    fn moved(mut self, direction: usize) -> Self {
        match direction {
            SOUTH => self.row = (self.row + 1).min(SIDE - 1),
            NORTH => self.row = self.row.saturating_sub(1),
            EAST if self.column + 1 < SIDE && !WALLS.contains(&(self.row, self.column)) => self.column += 1,
            WEST if self.column > 0 && !WALLS.contains(&(self.row, self.column - 1)) => self.column -= 1,
            _ => {}
        }
        self
    }

    /// Picks up or drops off: the situation after it, the reward and whether the passenger has arrived.
    fn served(mut self, action: usize) -> (Self, f64, bool) {
        let stand = self.stand();
        if action == PICK_UP {
            if stand != Some(self.passenger) {
                return (self, -10.0, false);
            }
            self.passenger = RIDING;
            return (self, -1.0, false);
        }
        match stand {
            Some(stand) if self.passenger == RIDING => {
                self.passenger = stand;
                let arrived = stand == self.destination;
                (self, if arrived { 20.0 } else { -1.0 }, arrived)
            }
            _ => (self, -10.0, false),
        }
    }

    /// The actions that change the state.
    fn useful(self) -> ActionMask {
        let moves = (SOUTH..=WEST).filter(|direction| self.moved(*direction) != self);
        let pick_up = (self.passenger < RIDING && self.stand() == Some(self.passenger)).then_some(PICK_UP);
        let drop_off = (self.passenger == RIDING && self.stand().is_some()).then_some(DROP_OFF);
        ActionMask(moves.chain(pick_up).chain(drop_off).fold(0, |bits, action| bits | 1 << action))
    }
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let rainy = parameters.flag("rainy")?;
    let grip = parameters.probability("rainy_probability")?.get();
    let fickle = parameters.flag("fickle")?;
    let fickle_probability = parameters.probability("fickle_probability")?.get();
    let states = if fickle { 2 * STATES } else { STATES };
    let start = starts(fickle.then_some(fickle_probability));
    let mut model = Model::build(states, 6, start, |state, action, into| {
        let situation = TaxiState::from_state(state);
        if action >= PICK_UP {
            let (next, reward, arrived) = situation.served(action);
            let reason = if arrived { ARRIVED } else { 0 };
            into.push(Outcome { terminated: arrived, reason, ..Outcome::certain(next.state(), reward) });
        } else if rainy {
            // South, north, east, west: the side to the left of each, then to the right.
            let (left, right) = [(EAST, WEST), (WEST, EAST), (NORTH, SOUTH), (SOUTH, NORTH)][action];
            let possible = situation.moved(action) != situation;
            for (direction, probability) in [(action, grip), (left, (1.0 - grip) / 2.0), (right, (1.0 - grip) / 2.0)] {
                let next = if possible { situation.moved(direction) } else { situation };
                push_move(situation, next, probability, into);
            }
        } else {
            push_move(situation, situation.moved(action), 1.0, into);
        }
    })
    .map_err(|error| ParameterError::invalid("rainy", error))?;
    if parameters.flag("action_mask")? {
        let masks = (0..states).map(|state| TaxiState::from_state(state).useful()).collect();
        model = model.with_legal(masks).map_err(|error| ParameterError::invalid("action_mask", error))?;
    }
    let description = describe(states, rainy, fickle, parameters.integer("step_limit")?);
    Ok(FiniteEnvironment::new(model, description, City))
}

/// Each of the 300 starts equally likely; some of the passengers fickle.
fn starts(fickle_probability: Option<f64>) -> Vec<(u32, f64)> {
    let is_start = |situation: &TaxiState| situation.passenger < RIDING && situation.passenger != situation.destination;
    let plain = (0..STATES).filter(|state| is_start(&TaxiState::from_state(*state))).map(|state| state as u32);
    match fickle_probability {
        None => plain.map(|state| (state, 1.0 / 300.0)).collect(),
        Some(share) => {
            plain.flat_map(|state| [(state, (1.0 - share) / 300.0), (state + STATES as u32, share / 300.0)]).collect()
        }
    }
}

/// A move; the first one with a fickle passenger aboard changes the destination.
fn push_move(from: TaxiState, to: TaxiState, probability: f64, into: &mut Vec<Outcome>) {
    let moved = (from.row, from.column) != (to.row, to.column);
    if from.fickle && from.passenger == RIDING && moved {
        for destination in (0..STANDS.len()).filter(|it| *it != from.destination) {
            let next = TaxiState { destination, fickle: false, ..to };
            into.push(Outcome { probability: probability / 3.0, ..Outcome::certain(next.state(), -1.0) });
        }
    } else {
        into.push(Outcome { probability, ..Outcome::certain(to.state(), -1.0) });
    }
}

fn describe(states: usize, rainy: bool, fickle: bool, step_limit: i64) -> EnvironmentDescription {
    let action = ActionDescription::new;
    let entry = |name: &str, high: f32| ObservationDescription::new(name, 0.0, high);
    let mut observation = vec![entry("row", 1.0), entry("column", 1.0)];
    observation.extend(STANDS.iter().map(|stand| entry(&format!("passenger at {stand}"), 1.0)));
    observation.push(entry("passenger in taxi", 1.0));
    observation.extend(STANDS.iter().map(|stand| entry(&format!("to {stand}"), 1.0)));
    if fickle {
        observation.push(entry("fickle", 1.0));
    }
    EnvironmentDescription {
        id: "taxi".into(),
        title: "Taxi".into(),
        subtitle: match (rainy, fickle) {
            (false, false) => "5 × 5 city",
            (true, false) => "5 × 5 city, rain",
            (false, true) => "5 × 5 city, fickle passenger",
            (true, true) => "5 × 5 city, rain, fickle passenger",
        }
        .into(),
        actions: vec![
            action("south", "ArrowDown", Some((0.0, 1.0))),
            action("north", "ArrowUp", Some((0.0, -1.0))),
            action("east", "ArrowRight", Some((1.0, 0.0))),
            action("west", "ArrowLeft", Some((-1.0, 0.0))),
            action("pick up", "p", None),
            action("drop off", "d", None),
        ],
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "arrived"]),
        counters: vec![],
        observation,
        board: None,
        states: Some(states as u32),
        state_names: vec![],
        legal_actions: vec![].into(),
        // A slice of the states for each passenger and destination.
        layout: Some(StateLayout::Boxes { centres: (0..states).map(city::place).collect(), size: (0.9, 0.88) }),
        step_limit: Some(step_limit as u32),
    }
}

#[cfg(test)]
mod tests;
