//! A template for a new environment: the smallest one that is complete.
//!
//! `cargo run -p environments --example template` plays it. To make it an environment of the registry, follow the
//! recipe in `docs/ENVIRONMENTS.md`; the header below is what an environment's own documentation should tell.
//!
//! Corridor: walk to the right end.
//!
//! * **Actions**: 0 left, 1 right. The left end holds.
//! * **States**: the cell, 0 to `length`; the last one is the goal.
//! * **Rewards**: -1 a step. **Start**: cell 0. **Episode end**: the goal terminates; `step_limit` truncates.
//!
//! Source: none; a real environment names one here.

use environments::finite::{FiniteMoment, Portrayal, STEP_LIMIT};
use environments::model::Outcome;
use environments::{Environment as _, FiniteEnvironment, Model};
use shared::Seed;
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, StateLayout, Words,
};
use shared::parameter::{ParameterError, ParameterSpec, Parameters, Resolved};
use shared::scene::{Ink, Scene, Sprite};

const GOAL: u8 = 1;

/// The registry's entry: what menus, forms and help texts are built from.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words { id: "corridor", title: "Corridor", summary: "Walk to the right end.", equation: "", source: "none" },
        vec![
            ParameterSpec::integer("length", "Length", (1, 20), 5, "Steps from the start to the goal."),
            ParameterSpec::integer("step_limit", "Step limit", (1, 1000), 50, "Steps after which an episode is cut."),
        ],
        vec![],
    )
}

/// Builds the environment. The values are complete and in range; what only this environment can judge is refused here,
/// with `ParameterError::invalid(name, reason)`.
pub fn build(parameters: &Resolved) -> Result<FiniteEnvironment, ParameterError> {
    let length = parameters.count("length")?;
    let model = Model::build(length + 1, 2, vec![(0, 1.0)], |cell, action, into| {
        if cell == length {
            into.push(Outcome { terminated: true, ..Outcome::certain(cell, 0.0) });
            return;
        }
        let next = if action == 0 { cell.saturating_sub(1) } else { cell + 1 };
        let reason = if next == length { GOAL } else { 0 };
        into.push(Outcome { terminated: reason > 0, reason, ..Outcome::certain(next, -1.0) });
    })
    .map_err(|error| ParameterError::invalid("length", error))?;
    let action = |name: &str, key: &str, dx: f32| ActionDescription::new(name, key, Some((dx, 0.0)));
    let description = EnvironmentDescription {
        id: "corridor".into(),
        title: "Corridor".into(),
        subtitle: format!("{length} steps"),
        actions: vec![action("left", "ArrowLeft", -1.0), action("right", "ArrowRight", 1.0)],
        controls: vec![],
        outcomes: vec![STEP_LIMIT.into(), "goal".into()],
        counters: vec![],
        observation: vec![ObservationDescription { name: "place".into(), low: 0.0, high: 1.0 }],
        board: None,
        states: Some(length as u32 + 1),
        state_names: vec![],
        legal_actions: vec![].into(),
        layout: Some(StateLayout::Grid { columns: length as u32 + 1, rows: 1 }),
        step_limit: Some(parameters.integer("step_limit")? as u32),
    };
    Ok(FiniteEnvironment::new(model, description, Corridor { length }))
}

/// How a state looks: as a picture, as text and as numbers.
#[derive(Debug)]
struct Corridor {
    length: usize,
}

impl Portrayal for Corridor {
    fn draw(&self, FiniteMoment { state, .. }: FiniteMoment, _: &FiniteEnvironment) -> Scene {
        let mut scene = Scene::new(self.length as f32 + 1.0, 1.0);
        scene.fill((0.0, 0.0), (scene.width, 1.0), 0.2, Ink::Ground);
        scene.sprite(Sprite::Flag, (self.length as f32 + 0.5, 0.5), 0.7, Ink::Goal);
        scene.sprite(Sprite::Creature, (state as f32 + 0.5, 0.5), 0.6, Ink::Agent);
        scene.words = format!("The creature is {} steps from the goal.", self.length - state);
        scene
    }

    fn text(&self, state: usize) -> String {
        (0..=self.length).map(|cell| if cell == state { '@' } else { '.' }).collect()
    }

    fn observe(&self, state: usize, into: &mut [f32]) {
        into.fill(state as f32 / self.length as f32);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut environment = build(&Resolved::new(&catalog().parameters, &Parameters::new())?)?;
    environment.reset(Seed::default());
    println!("{}", environment.text());
    while !environment.ended() {
        let step = environment.step(1)?;
        println!("{}  reward {}", environment.text(), step.reward);
    }
    println!("{}", environment.describe().outcomes[usize::from(environment.outcome())]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walking_right_arrives_after_as_many_steps_as_it_is_long() {
        let mut environment = build(&Resolved::new(&catalog().parameters, &Parameters::new()).unwrap()).unwrap();
        environment.reset(Seed::default());
        let rewards: Vec<f64> = (0..5).map(|_| environment.step(1).unwrap().reward).collect();
        assert_eq!(rewards, [-1.0; 5]);
        assert!(environment.ended());
        assert_eq!(environment.outcome(), GOAL);
    }
}
