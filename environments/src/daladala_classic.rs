//! Daladala, as its source has it: drive a minibus through Dar es Salaam, flaws included.
//!
//! * **Actions**: 0 move, 1 pick up, 2 drop off, 3 stop, 4 speed up. The bus advances one cell on *every* step.
//! * **Route**: 29 cells, (0,14) to (14,14) to (14,0), with stops at (4,14), (8,14), (14,8) and (14,3) where 8, 5, 1
//!   and 1 people wait. Each episode draws 3 police posts and 4 lights on cells without a stop; each light is red with
//!   probability 0.5 for the whole episode.
//! * **Start**: the first cell, with nobody aboard.
//! * **Rewards**: +1 a step; further, by the cell before the step, where a hazard is a red light or police:
//!   move +2, at a hazard -38; pick up at a stop +15, elsewhere -5; drop off at a stop with passengers +12, elsewhere
//!   -8; either of these two at a hazard a further -10; stop at a hazard +25, elsewhere -3; speed up +3, at a hazard
//!   -15, with more than 40 aboard -30 and a crash. Entering a police cell with more than 40 aboard -50 and the end,
//!   with 34 to 40 a fine of -20. Arriving +100, and +50 more with at most 33 aboard and no fine.
//! * **Episode end**: leaving the last cell arrives after 29 steps; crash and fine terminate; the step limit truncates.
//! * **Observation**: 14 numbers, each `value / most * 2 - 1` and so within -1 to 1; flags are -1 or 1.
//! * **States**: position * 2 + hazard here, 58 in all.
//!
//! At most 19 people can ever board and in the optimum nobody is dropped off; [`crate::daladala`] makes the story
//! real. Source: minibus simulator, Dar es Salaam.

use crate::action_mask::ActionMask;
use crate::daladala::route::{self, CAPACITY, CELLS, Cells, FARE_TSH, FULL_PURSE_TSH, LEGAL, MAX_SPEED, OVERLOADED};
use crate::daladala::stage::{self, DaladalaView};
use crate::environment::{Environment, Step, StepError};
use crate::finite::STEP_LIMIT;
use crate::progress::EpisodeClock;
use crate::random::Generator;
use shared::describe::{ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Resolved};
use shared::quantity::Seed;
use shared::scene::Scene;

const MOVE: u16 = 0;
const PICK_UP: u16 = 1;
const DROP_OFF: u16 = 2;
const STOP: u16 = 3;

const ACTIONS: [(&str, &str); 5] = [
    ("move / kusonga", "ArrowRight"),
    ("pick up / chukua abiria", "ArrowUp"),
    ("drop off / atua abiria", "ArrowDown"),
    ("stop / simama", "ArrowLeft"),
    ("speed up / ongeza kasi", "f"),
];

const ARRIVED: u8 = 1;
const CRASH: u8 = 2;
const FINED: u8 = 3;

const ENTRIES: [&str; 14] = [
    "x",
    "y",
    "passengers",
    "money",
    "speed",
    "red light here",
    "police here",
    "must stop now",
    "at a stop",
    "waiting here",
    "must stop next",
    "distance to next light",
    "distance to next police",
    "step",
];

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    CatalogEntry::new(
        &Words {
            id: "daladala-classic",
            title: "Daladala, as the source has it",
            summary: "A minibus drives through Dar es Salaam, past stops, police and lights. The first version of the \
                      game, to the letter: the bus rolls on whatever it does.",
            equation: "",
            source: "Minibus simulator, Dar es Salaam",
        },
        vec![ParameterSpec::integer(
            "step_limit",
            "Step limit",
            (1, 10_000),
            350,
            "Steps after which an episode is cut.",
        )],
        vec![],
    )
}

/// The bus in the middle of an episode.
#[derive(Clone, Debug)]
pub struct DaladalaClassic {
    progress: EpisodeClock,
    step_limit: u32,
    position: usize,
    police: Cells,
    lights: Cells,
    red: Cells,
    waiting: [u8; 4],
    passengers: u32,
    money_tsh: u32,
    speed: u32,
    boarded: u32,
    fines: u32,
    /// Hazards met, and those of them where the bus stopped.
    hazards: u32,
    obeyed: u32,
}

/// Builds the environment.
pub fn build(parameters: &Resolved) -> Result<DaladalaClassic, ParameterError> {
    let step_limit = parameters.count("step_limit")? as u32;
    let mut environment = DaladalaClassic {
        progress: EpisodeClock::new(step_limit),
        step_limit,
        position: 0,
        police: 0,
        lights: 0,
        red: 0,
        waiting: route::WAITING,
        passengers: 0,
        money_tsh: 0,
        speed: 1,
        boarded: 0,
        fines: 0,
        hazards: 0,
        obeyed: 0,
    };
    environment.reset(Seed::default());
    Ok(environment)
}

impl DaladalaClassic {
    #[inline]
    const fn is_hazard(&self, position: usize) -> bool {
        route::has(self.police | self.red, position)
    }

    #[inline]
    fn pick_up(&mut self) -> f64 {
        let Some(stop) = route::stop_at(self.position).filter(|_| self.passengers < CAPACITY) else {
            return -5.0;
        };
        let boards = u32::from(self.waiting[stop]).max(3).min(CAPACITY - self.passengers);
        self.waiting[stop] = self.waiting[stop].saturating_sub(boards as u8);
        self.passengers += boards;
        self.boarded += boards;
        15.0
    }

    #[inline]
    fn drop_off(&mut self) -> f64 {
        if route::stop_at(self.position).is_none() || self.passengers == 0 {
            return -8.0;
        }
        let drops = (self.passengers / 2 + 1).max(3).min(self.passengers);
        self.passengers -= drops;
        self.money_tsh += drops * FARE_TSH;
        12.0
    }
}

impl Environment for DaladalaClassic {
    fn describe(&self) -> EnvironmentDescription {
        EnvironmentDescription {
            id: "daladala-classic".into(),
            title: "Daladala, as the source has it".into(),
            subtitle: "Ubungo – Posta".into(),
            actions: ACTIONS.iter().map(|(name, key)| ActionDescription::new(name, key, None)).collect(),
            controls: vec![],
            outcomes: names(&[STEP_LIMIT, "arrived", "crash", "fined"]),
            counters: names(&stage::COUNTERS),
            observation: ENTRIES.iter().map(|name| ObservationDescription::new(name, -1.0, 1.0)).collect(),
            board: None,
            states: Some(2 * CELLS as u32),
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: None,
            step_limit: Some(self.step_limit),
        }
    }

    #[inline]
    fn action_count(&self) -> usize {
        ACTIONS.len()
    }

    #[inline]
    fn state_count(&self) -> usize {
        2 * CELLS
    }

    #[inline]
    fn reset(&mut self, seed: Seed) {
        let mut generator = Generator::new(seed);
        let (police, lights) = route::draw_hazards(&mut generator);
        let colours = generator.bits();
        self.progress.restart();
        self.position = 0;
        self.police = police;
        (self.lights, self.red) = (0, 0);
        for (index, light) in lights.into_iter().enumerate() {
            self.lights |= 1 << light;
            self.red |= ((colours >> index & 1) as u32) << light;
        }
        self.waiting = route::WAITING;
        (self.passengers, self.money_tsh, self.speed) = (0, 0, 1);
        (self.boarded, self.fines, self.hazards, self.obeyed) = (0, 0, 0, 0);
    }

    #[expect(clippy::inline_always, reason = "a call would send the result through memory")]
    #[inline(always)]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.progress.admit(action, ActionMask::all(ACTIONS.len()))?;
        let hazard = self.is_hazard(self.position);
        let mut end = None;
        let mut reward = 1.0;
        self.hazards += u32::from(hazard);
        match action {
            MOVE => reward += if hazard { 2.0 - 40.0 } else { 2.0 },
            PICK_UP | DROP_OFF => {
                reward += if action == PICK_UP { self.pick_up() } else { self.drop_off() };
                if hazard {
                    reward -= 10.0;
                }
            }
            STOP => {
                reward += if hazard { 25.0 } else { -3.0 };
                self.obeyed += u32::from(hazard);
                self.speed = self.speed.saturating_sub(1);
            }
            _ if hazard => reward -= 15.0,
            _ if self.passengers > OVERLOADED => {
                reward -= 30.0;
                end = Some(CRASH);
            }
            _ => {
                reward += 3.0;
                self.speed = (self.speed + 1).min(MAX_SPEED);
            }
        }
        self.position += 1;
        if route::has(self.police, self.position) && self.passengers > LEGAL {
            self.fines += 1;
            reward -= if self.passengers > OVERLOADED { 50.0 } else { 20.0 };
            end = end.or((self.passengers > OVERLOADED).then_some(FINED));
        }
        if self.position == CELLS {
            self.position = CELLS - 1;
            end = end.or(Some(ARRIVED));
        }
        // Any termination earns the bonus: one of the flaws.
        if end.is_some() {
            reward += if self.passengers <= LEGAL && self.fines == 0 { 150.0 } else { 100.0 };
        }
        Ok(self.progress.advance(reward, end))
    }

    #[inline]
    fn state(&self) -> usize {
        self.position * 2 + usize::from(self.is_hazard(self.position))
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        ActionMask::all(ACTIONS.len())
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    fn counters(&self, into: &mut [f64]) {
        let compliance = if self.hazards == 0 { 1.0 } else { f64::from(self.obeyed) / f64::from(self.hazards) };
        into.copy_from_slice(&[f64::from(self.boarded), f64::from(self.money_tsh), compliance, f64::from(self.fines)]);
    }

    fn observe(&self, into: &mut [f32]) {
        let (x, y) = route::place(self.position);
        let flag = |value: bool| f32::from(u8::from(value));
        let share = |value: u32, full: u32| (value as f32 / full as f32).min(1.0);
        // Nothing ahead is as far as can be seen.
        let near = |cells| route::distance(cells, self.position).map_or(1.0, |cells| share(cells, 5));
        let stop = route::stop_at(self.position);
        into.copy_from_slice(&[
            x as f32 / 14.0,
            y as f32 / 14.0,
            share(self.passengers, CAPACITY),
            share(self.money_tsh, FULL_PURSE_TSH),
            share(self.speed, MAX_SPEED),
            flag(route::has(self.red, self.position)),
            flag(route::has(self.police, self.position)),
            flag(self.is_hazard(self.position)),
            flag(stop.is_some()),
            stop.map_or(0.0, |stop| share(u32::from(self.waiting[stop]), 10)),
            flag(self.is_hazard(self.position + 1)),
            near(self.lights),
            near(self.police),
            share(self.progress.steps(), self.step_limit),
        ]);
        // The source scales every entry from its least value to its greatest.
        for entry in into {
            *entry = *entry * 2.0 - 1.0;
        }
    }

    fn draw(&self) -> Scene {
        stage::draw(&DaladalaView {
            position: self.position,
            police: self.police,
            lights: self.lights,
            red: self.red,
            waiting: self.waiting.map(u32::from),
            passengers: self.passengers,
            money_tsh: self.money_tsh,
            speed: self.speed,
            steps: self.progress.steps(),
            step_limit: self.step_limit,
            message: match self.progress.reason() {
                ARRIVED => "Arrived at Posta",
                CRASH => "Crash",
                FINED => "Fined: overloaded",
                _ => "",
            },
        })
    }

    fn text(&self) -> String {
        let mark = |position: usize| match position {
            _ if position == self.position => 'B',
            _ if route::has(self.police, position) => 'P',
            _ if route::has(self.red, position) => 'R',
            _ if route::has(self.lights, position) => 'G',
            _ if route::stop_at(position).is_some() => 'S',
            _ => '.',
        };
        let road: String = (0..CELLS).map(mark).collect();
        format!(
            "{road}\npassengers {}  money {} TSh  speed {}  waiting {:?}",
            self.passengers, self.money_tsh, self.speed, self.waiting
        )
    }
}

#[cfg(test)]
mod tests;
