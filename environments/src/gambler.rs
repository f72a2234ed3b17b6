//! Gambler's problem: how much to stake on a coin to reach a goal.
//!
//! * **Actions**: action `i` stakes `i + 1`; legal are stakes up to the capital and up to what is missing. The stake of
//!   0 that the book also allows changes nothing and is left out.
//! * **States**: the capital, 0 to `goal`.
//! * **Start**: any capital from 1 to `goal` - 1, each equally likely, or the one you set.
//! * **Transitions**: with probability `heads` the capital grows by the stake, otherwise it shrinks by it.
//! * **Rewards**: 1 for reaching the goal, otherwise 0; so a state's value is the chance to win.
//! * **Episode end**: the goal and ruin terminate.
//!
//! Source: Sutton and Barto, 2nd edition, example 4.3 (figure 4.3).

use crate::action_mask::ActionMask;
use crate::finite::{FiniteEnvironment, FiniteMoment, Portrayal, STEP_LIMIT};
use crate::keys::keys;
use crate::model::{Model, Outcome};
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, StateLayout, Words, names,
};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::scene::{Ink, Scene, Shape};

const WON: u8 = 1;
const RUINED: u8 = 2;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "gambler",
            title: "Gambler",
            summary: "Stake some of your capital on a coin that falls against you more often than not. Double or \
                      nothing at the right moments wins most often, and the best policy has famous spikes.",
            equation: "",
            source: "Sutton and Barto, 2nd edition, example 4.3",
        },
        vec![
            ParameterSpec::number(
                "heads",
                "Heads",
                (0.0, 1.0),
                0.4,
                0.01,
                "How likely the coin falls for the gambler.",
            )
            .symbol("p_h"),
            ParameterSpec::integer("goal", "Goal", (2, 128), 100, "Capital at which the gambler has won."),
            ParameterSpec::integer("start", "Start", (0, 127), 0, "Capital at the start; 0 for any, equally likely."),
        ],
        vec![
            Preset::new("fair", "fair coin", vec![("heads", Value::Number(0.5))]),
            Preset::new("kind", "kind coin", vec![("heads", Value::Number(0.55))]),
        ],
    )
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let heads = parameters.probability("heads")?.get();
    let goal = parameters.count("goal")?;
    let start = match parameters.count("start")? {
        0 => (1..goal).map(|capital| (capital as u32, 1.0 / (goal - 1) as f64)).collect(),
        capital if capital < goal => vec![(capital as u32, 1.0)],
        capital => {
            let reason = format!("must be below the goal of {goal}, not {capital}");
            return Err(ParameterError::invalid("start", reason));
        }
    };
    let stakes = goal / 2;
    let model = Model::build(goal + 1, stakes, start, |capital, action, into| {
        let stake = action + 1;
        if stake > largest_stake(capital, goal) {
            into.push(Outcome { terminated: capital == 0 || capital == goal, ..Outcome::certain(capital, 0.0) });
            return;
        }
        for (probability, next) in [(heads, capital + stake), (1.0 - heads, capital - stake)] {
            let (reward, reason) = match next {
                0 => (0.0, RUINED),
                _ if next == goal => (1.0, WON),
                _ => (0.0, 0),
            };
            into.push(Outcome { probability, next: next as u32, reward, terminated: reason > 0, reason });
        }
    })
    // Ended states keep one action, as every state must; it is never taken.
    .and_then(|it| it.with_legal((0..=goal).map(|at| ActionMask::all(largest_stake(at, goal).max(1))).collect()))
    .map_err(|error| ParameterError::invalid("goal", error))?
    .with_ends([0, goal]);
    let table = GamblerPortrayal { goal, heads };
    let centres = (0..=goal).map(|capital| (table.x(capital), table.y())).collect();
    let description = EnvironmentDescription {
        id: "gambler".into(),
        title: "Gambler".into(),
        subtitle: format!("goal {goal}, heads {heads}"),
        actions: (1..=stakes)
            .zip(keys())
            .map(|(stake, key)| ActionDescription::new(&format!("stake {stake}"), &key, None))
            .collect(),
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "won", "ruined"]),
        counters: vec![],
        observation: vec![ObservationDescription::new("capital", 0.0, 1.0)],
        board: None,
        states: Some(goal as u32 + 1),
        state_names: vec![],
        legal_actions: vec![].into(),
        layout: Some(StateLayout::Boxes { centres, size: (0.9, table.unit() * 2.4) }),
        step_limit: None,
    };
    Ok(FiniteEnvironment::new(model, description, table))
}

fn largest_stake(capital: usize, goal: usize) -> usize {
    capital.min(goal - capital)
}

/// A coin, the capital as a bar, chips for the last stake, and a ruler with a place for every capital.
#[derive(Debug)]
struct GamblerPortrayal {
    goal: usize,
    heads: f64,
}

impl GamblerPortrayal {
    /// A twentieth of the width: sizes of things that do not depend on the goal.
    fn unit(&self) -> f32 {
        self.width() / 20.0
    }

    fn width(&self) -> f32 {
        (self.goal + 1) as f32 * 1.1
    }

    fn x(&self, capital: usize) -> f32 {
        capital as f32 + 0.5 + (self.goal + 1) as f32 * 0.05
    }

    /// The middle of the ruler.
    fn y(&self) -> f32 {
        self.unit() * 9.0
    }
}

impl Portrayal for GamblerPortrayal {
    fn draw(&self, FiniteMoment { state, action, ended }: FiniteMoment, _: &FiniteEnvironment) -> Scene {
        let unit = self.unit();
        let mut scene = Scene::new(self.width(), unit * 11.5);
        let (x, y) = (unit * 3.2, unit * 3.6);
        scene.disc((x + unit * 0.08, y + unit * 0.12), unit * 2.1, Ink::Faint);
        scene.disc((x, y), unit * 2.1, Ink::Hue(0));
        scene.disc((x, y), unit * 1.8, Ink::Hue(3));
        scene.shapes.push(Shape::Disc { x, y, radius: unit * 1.55, ink: Ink::Hue(0), outline: unit * 0.08 });
        scene.text((x, y - unit * 0.3), unit * 0.8, "heads", Ink::Black);
        scene.text((x, y + unit * 0.75), unit * 0.55, format!("{:.0} %", self.heads * 100.0), Ink::Black);
        scene.shapes.push(Shape::Meter {
            x: unit * 6.6,
            y: unit * 1.6,
            width: unit * 12.4,
            height: unit * 1.5,
            label: format!("capital {state} of {}", self.goal),
            value: state as f32,
            min: 0.0,
            max: self.goal as f32,
            ink: Ink::Goal,
        });
        if let Some(action) = action {
            let stake = usize::from(action) + 1;
            for chip in 0..stake.div_ceil(5) {
                let (x, y) = (unit * (7.2 + 0.55 * chip as f32), unit * 4.6);
                scene.disc((x, y), unit * 0.62, Ink::White);
                scene.disc((x, y), unit * 0.52, Ink::Hue(if chip.is_multiple_of(2) { 5 } else { 4 }));
                scene.shapes.push(Shape::Disc { x, y, radius: unit * 0.3, ink: Ink::White, outline: unit * 0.07 });
            }
            let text = match ended {
                Some(WON) => format!("staked {stake}: won"),
                Some(RUINED) => format!("staked {stake}: ruined"),
                _ => format!("staked {stake}"),
            };
            scene.text((unit * 12.8, unit * 6.2), unit * 0.6, text, Ink::Ink);
        }
        for capital in 0..=self.goal {
            let ink = match capital {
                0 => Ink::Danger,
                _ if capital == self.goal => Ink::Goal,
                _ => Ink::GroundAlternate,
            };
            scene.fill((self.x(capital) - 0.45, self.y() - unit * 1.2), (0.9, unit * 2.4), 0.2, ink);
        }
        let x = self.x(state);
        scene.fill((x - 0.45, self.y() - unit * 1.2), (0.9, unit * 2.4), 0.2, Ink::Agent);
        let tip = self.y() - unit * 1.3;
        scene.polygon(&[(x, tip), (x - unit * 0.3, tip - unit * 0.5), (x + unit * 0.3, tip - unit * 0.5)], Ink::Agent);
        for quarter in 0..=4 {
            let capital = self.goal * quarter / 4;
            scene.text((self.x(capital), self.y() + unit * 1.75), unit * 0.45, capital.to_string(), Ink::Faint);
        }
        scene.words = format!("The gambler has {state} of {}.", self.goal);
        scene
    }

    fn text(&self, state: usize) -> String {
        format!("capital {state} of {}", self.goal)
    }

    fn observe(&self, state: usize, into: &mut [f32]) {
        into.fill(state as f32 / self.goal as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::planning::{action_values, optimal_values};
    use shared::parameter::Parameters;

    fn environment(parameters: &Parameters) -> Result<FiniteEnvironment, ParameterError> {
        build(&Resolved::new(&catalog().parameters, parameters)?)
    }

    #[test]
    fn values_at_a_quarter_half_and_three_quarters() {
        let environment = environment(&Parameters::new()).unwrap();
        let values = optimal_values(environment.model().unwrap(), 1.0);
        for (capital, expected) in [(25, 0.16), (50, 0.4), (75, 0.64), (1, 0.002_065_624_776_544_184)] {
            assert!((values[capital] - expected).abs() < 1e-9, "{}", values[capital]);
        }
    }

    /// The smallest of the best stakes for every capital: the spikes of figure 4.3.
    #[test]
    fn the_smallest_optimal_stakes_have_their_spikes() {
        let environment = environment(&Parameters::new()).unwrap();
        let model = environment.model().unwrap();
        let values = optimal_values(model, 1.0);
        let smallest_best = |capital: usize| {
            let values = action_values(model, &values, 1.0, capital);
            let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            values.iter().position(|value| *value > best - 1e-9).unwrap() + 1
        };
        let ramp: Vec<usize> = (1..=12).chain((1..=12).rev()).collect();
        let expected: Vec<usize> =
            [25, 50, 25].iter().flat_map(|spike| ramp.iter().copied().chain([*spike])).chain(ramp.clone()).collect();
        assert_eq!((1..100).map(smallest_best).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_start_beyond_the_goal_is_refused() {
        let given = Parameters::from([("goal".into(), Value::Integer(10)), ("start".into(), Value::Integer(10))]);
        assert_eq!(environment(&given).unwrap_err().to_string(), "start: must be below the goal of 10, not 10");
    }

    #[test]
    fn every_stake_has_its_own_key() {
        let given = Parameters::from([("goal".into(), Value::Integer(128))]);
        assert_eq!(environment(&given).unwrap().describe().actions.len(), 64);
    }
}
