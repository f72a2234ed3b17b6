//! Random walk: left or right by chance, to be predicted and not to be steered.
//!
//! * **Actions**: one, to take the next step. The step goes left or right, each with probability 1/2.
//! * **States**: 0 is the left end, 1 to `states` the chain, `states` + 1 the right end.
//! * **Start**: the middle of the chain.
//! * **Episode end**: both ends terminate.
//! * **Rewards**: on entering the left and the right end; 0 and 1 with 5 states (the value of a state is then the
//!   chance to leave on the right: 1/6 to 5/6), -1 and 1 with 19 states (values -0.9 to 0.9).
//!
//! Source: Sutton and Barto, 2nd edition, example 6.2 (figure 6.2) and example 7.1 (figure 7.2).

use crate::finite::{FiniteEnvironment, FiniteMoment, Portrayal, STEP_LIMIT};
use crate::model::{Model, Outcome};
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, StateLayout, Words, names,
};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::scene::{Ink, Scene, Sprite};

const LEFT_END: u8 = 1;
const RIGHT_END: u8 = 2;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let preset = |name: &str, label: &str, states: i64, left: f64| {
        Preset::new(name, label, vec![("states", Value::Integer(states)), ("left_reward", Value::Number(left))])
    };
    CatalogEntry::new(
        &Words {
            id: "random-walk",
            title: "Random walk",
            summary: "A creature staggers left and right until it falls off one end. There is nothing to decide: the \
                      question is how well its chances can be predicted from experience.",
            equation: "",
            source: "Sutton and Barto, 2nd edition, figures 6.2 and 7.2",
        },
        vec![
            ParameterSpec::integer("states", "States", (1, 99), 5, "Length of the chain between the ends."),
            ParameterSpec::number("left_reward", "Left end", (-100.0, 100.0), 0.0, 0.5, "Reward at the left end."),
            ParameterSpec::number("right_reward", "Right end", (-100.0, 100.0), 1.0, 0.5, "Reward at the right end."),
        ],
        vec![preset("five", "5 states", 5, 0.0), preset("nineteen", "19 states", 19, -1.0)],
    )
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let length = parameters.count("states")?;
    let left_reward = parameters.number("left_reward")?;
    let right_reward = parameters.number("right_reward")?;
    let middle = length.div_ceil(2) as u32;
    let model = Model::build(length + 2, 1, vec![(middle, 1.0)], |state, _, into| {
        if state == 0 || state == length + 1 {
            into.push(Outcome { terminated: true, ..Outcome::certain(state, 0.0) });
            return;
        }
        for next in [state - 1, state + 1] {
            let (reward, reason) = match next {
                0 => (left_reward, LEFT_END),
                _ if next > length => (right_reward, RIGHT_END),
                _ => (0.0, 0),
            };
            let next = next as u32;
            into.push(Outcome { probability: 0.5, next, reward, terminated: reason > 0, reason });
        }
    })
    .map_err(|error| ParameterError::invalid("states", error))?;
    let portrayal = RandomWalkPortrayal { length, left_reward, right_reward };
    let centres = (0..length + 2).map(|state| portrayal.centre(state)).collect();
    let description = EnvironmentDescription {
        id: "random-walk".into(),
        title: "Random walk".into(),
        subtitle: format!("{length} states"),
        actions: vec![ActionDescription::new("next", "n", None)],
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "left end", "right end"]),
        counters: vec![],
        observation: vec![ObservationDescription::new("place", 0.0, 1.0)],
        board: None,
        states: Some(length as u32 + 2),
        state_names: vec![],
        legal_actions: vec![].into(),
        layout: Some(StateLayout::Boxes { centres, size: (0.9, 0.9) }),
        step_limit: None,
    };
    Ok(FiniteEnvironment::new(model, description, portrayal))
}

/// Stones in a row between two ends.
#[derive(Debug)]
struct RandomWalkPortrayal {
    length: usize,
    left_reward: f64,
    right_reward: f64,
}

impl RandomWalkPortrayal {
    /// The middle of a state. Long chains fold like a meandering path, at most 11 stones a row.
    fn centre(&self, state: usize) -> (f32, f32) {
        let columns = self.columns();
        let (row, step) = (state / columns, state % columns);
        let column = if row.is_multiple_of(2) { step } else { columns - 1 - step };
        (column as f32 + 0.75, row as f32 * 1.25 + 1.0)
    }

    const fn columns(&self) -> usize {
        if self.length + 2 < 11 { self.length + 2 } else { 11 }
    }

    fn name(&self, state: usize) -> String {
        if self.length <= 26 { char::from(b'A' + (state - 1) as u8).to_string() } else { state.to_string() }
    }
}

impl Portrayal for RandomWalkPortrayal {
    fn draw(&self, FiniteMoment { state, .. }: FiniteMoment, _: &FiniteEnvironment) -> Scene {
        let rows = (self.length + 2).div_ceil(self.columns());
        let mut scene = Scene::new(self.columns() as f32 + 0.5, rows as f32 * 1.25 + 0.75);
        let points: Vec<_> = (0..self.length + 2).map(|state| self.centre(state)).collect();
        scene.line(&points, 0.12, Ink::Faint);
        for (stone, (x, y)) in points.iter().copied().enumerate().skip(1).take(self.length) {
            scene.disc((x, y), 0.45, Ink::Wall);
            scene.disc((x, y - 0.03), 0.42, Ink::Ground);
            scene.text((x, y - 0.57), 0.13, self.name(stone), Ink::Faint);
        }
        for (end, reward) in [(0, self.left_reward), (self.length + 1, self.right_reward)] {
            let (x, y) = points[end];
            let ink = if reward > 0.0 { Ink::Goal } else { Ink::Danger };
            scene.fill((x - 0.38, y - 0.38), (0.76, 0.76), 0.14, ink);
            scene.text((x, y), 0.2, reward.to_string(), Ink::White);
        }
        let (x, y) = points[state];
        scene.sprite(Sprite::Creature, (x, y - 0.04), 0.6, Ink::Agent);
        scene.words = format!("The creature is on stone {state} of {}.", self.length);
        scene
    }

    fn text(&self, state: usize) -> String {
        let stones: String = (1..=self.length).map(|stone| if stone == state { '@' } else { 'o' }).collect();
        let end = |end: usize, letter: char| if state == end { '@' } else { letter };
        format!("{}{stones}{}", end(0, '['), end(self.length + 1, ']'))
    }

    fn observe(&self, state: usize, into: &mut [f32]) {
        into.fill(state as f32 / (self.length + 1) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::planning::optimal_values;
    use shared::parameter::Parameters;

    fn values(parameters: &Parameters) -> Vec<f64> {
        let environment = build(&Resolved::new(&catalog().parameters, parameters).unwrap()).unwrap();
        optimal_values(environment.model().unwrap(), 1.0)
    }

    #[track_caller]
    fn check(found: &[f64], expected: impl Iterator<Item = f64>) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
        }
    }

    #[test]
    fn values_of_the_five_states_are_sixths() {
        check(&values(&Parameters::new())[1..6], (1..6).map(|state| f64::from(state) / 6.0));
    }

    #[test]
    fn values_of_the_nineteen_states_are_tenths_from_minus_0_9() {
        let nineteen = catalog().presets[1].values.clone();
        check(&values(&nineteen)[1..20], (1..20).map(|state| f64::from(state) / 10.0 - 1.0));
    }
}
