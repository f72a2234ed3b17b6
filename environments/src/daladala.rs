//! Daladala: drive a minibus from Ubungo to Posta, serve the passengers, obey the law.
//!
//! * **Actions**: 0 move, 1 stop, 2 pick up, 3 drop off, 4 accelerate, 5 brake, 6 accept bribe, 7 reject bribe. Picking
//!   up is allowed at a stop where somebody waits and a place is free, dropping off where somebody wants to alight;
//!   while an officer asks for a bribe, only the two answers are.
//! * **Driving**: moving, accelerating and braking roll `speed` cells (0 to 3, moving at least 1); stopping, picking up
//!   and dropping off hold the bus still at speed 0.
//! * **Passengers**: 8, 5, 1 and 1 wait at the four stops at first, more come with every step, each with a
//!   destination further on. Five board or alight a step, those with the nearest destination first. Legal are 33, over
//!   40 is dangerous, 50 fit in.
//! * **Hazards**: on cells without a stop, 3 police posts and 4 lights, red and green for `light_steps` each by turns.
//!   One must stop at a police post, where the officer may ask for a bribe, and wait while a light is red.
//! * **Start**: Ubungo, at speed 0 with nobody aboard.
//! * **Rewards**: +0.6 a cell; +1.2 a passenger who alights where he wanted to; +6 for stopping at a hazard, once; -45
//!   for leaving one unheeded; -40 at a police cell with 34 to 40 aboard, a fine; +15 for accepting a bribe, +30 for
//!   rejecting it; +100 at Posta unless fined, and +200 more for a legal arrival: nothing unheeded, no fine, no bribe,
//!   at most 33 aboard; -50 at the step limit.
//! * **Episode end**: `arrived`; `crash` (-400): with more than 40 aboard leaving a red light, or accelerating, braking
//!   or stopping at speed 2 or more; `fined` (-200): police meet more than 40 aboard; the step limit truncates.
//! * **Observation**: 24 numbers from 0 to 1, see the description.
//! * **States**: position (29), speed (4), must stop here, must stop next, a bribe is asked, load (0-28, 29-33, 34-40,
//!   more), somebody alights here, somebody waits here; 14 848 in all.
//!
//! Source: minibus simulator, Dar es Salaam, its first rule set; [`crate::daladala_classic`] is its later one.

mod lights;
mod portrayal;
pub(crate) mod route;
mod rules;
pub(crate) mod stage;

pub use rules::Daladala;

use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use crate::finite::STEP_LIMIT;
use portrayal::ENTRIES;
use rules::{ACTIONS, DaladalaSettings, STATES};
use shared::describe::{ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Seed;
use shared::scene::Scene;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "daladala",
            title: "Daladala",
            summary: "A minibus drives through Dar es Salaam. Passengers wait at the stops, lights turn red, and the \
                      police want to see you stop, and perhaps a bribe. Earn well, stay legal, reach Posta.",
            equation: "",
            source: "Minibus simulator, Dar es Salaam; first rule set",
        },
        vec![
            ParameterSpec::integer("step_limit", "Step limit", (29, 10_000), 350, "Steps after which it is cut."),
            ParameterSpec::number(
                "demand",
                "Demand",
                (0.0, 3.0),
                1.0,
                0.1,
                "How fast people come to the stops; at 1, seven in ten steps.",
            ),
            ParameterSpec::integer("light_steps", "Light", (1, 200), 40, "Steps that a light stays red, then green."),
            ParameterSpec::number("bribe", "Bribes", (0.0, 1.0), 0.5, 0.05, "How often an officer asks for a bribe.")
                .symbol("p"),
        ],
        vec![
            Preset::new("rush", "rush hour", vec![("demand", Value::Number(2.5))]),
            Preset::new("honest", "honest police", vec![("bribe", Value::Number(0.0))]),
        ],
    )
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<Daladala, ParameterError> {
    Ok(Daladala::new(DaladalaSettings {
        step_limit: parameters.count("step_limit")? as u32,
        demand: parameters.number("demand")?,
        light_steps: parameters.count("light_steps")? as u32,
        bribe: parameters.probability("bribe")?,
    }))
}

fn describe(settings: &DaladalaSettings) -> EnvironmentDescription {
    EnvironmentDescription {
        id: "daladala".into(),
        title: "Daladala".into(),
        subtitle: "Ubungo – Posta".into(),
        actions: ACTIONS.iter().map(|(name, key)| ActionDescription::new(name, key, None)).collect(),
        controls: vec![],
        outcomes: names(&[STEP_LIMIT, "arrived", "crash", "fined"]),
        counters: names(&stage::COUNTERS),
        observation: ENTRIES.iter().map(|name| ObservationDescription::new(name, 0.0, 1.0)).collect(),
        board: None,
        states: Some(STATES as u32),
        state_names: vec![],
        legal_actions: vec![].into(),
        layout: None,
        step_limit: Some(settings.step_limit),
    }
}

impl Environment for Daladala {
    fn describe(&self) -> EnvironmentDescription {
        describe(&self.settings)
    }

    #[inline]
    fn action_count(&self) -> usize {
        ACTIONS.len()
    }

    #[inline]
    fn state_count(&self) -> usize {
        STATES
    }

    #[inline]
    fn reset(&mut self, seed: Seed) {
        self.restart(seed);
    }

    #[inline]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.act(action)
    }

    #[inline]
    fn state(&self) -> usize {
        self.state_index()
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        self.legal()
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    fn counters(&self, into: &mut [f64]) {
        self.count(into);
    }

    fn observe(&self, into: &mut [f32]) {
        portrayal::observe(self, into);
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
