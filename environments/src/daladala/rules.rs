//! The minibus itself: what every action does.

use super::route::{self, CAPACITY, CELLS, Cells, FARE_TSH, FULL_PURSE_TSH, LEGAL, MAX_SPEED, OVERLOADED, STOPS};
use super::stage::{self, Stage};
use crate::environment::{ActionMask, Environment, Step, StepError};
use crate::progress::Progress;
use crate::random::Generator;
use shared::describe::EnvironmentDescription;
use shared::quantity::{Probability, Seed};
use shared::scene::Scene;

pub(super) const MOVE: u8 = 0;
pub(super) const STOP: u8 = 1;
pub(super) const PICK_UP: u8 = 2;
pub(super) const DROP_OFF: u8 = 3;
pub(super) const ACCELERATE: u8 = 4;
pub(super) const BRAKE: u8 = 5;
pub(super) const ACCEPT: u8 = 6;
pub(super) const REJECT: u8 = 7;

pub(super) const ACTIONS: [(&str, &str); 8] = [
    ("move / kusonga", "ArrowRight"),
    ("stop / simama", "ArrowLeft"),
    ("pick up / chukua abiria", "ArrowUp"),
    ("drop off / atua abiria", "ArrowDown"),
    ("accelerate / ongeza kasi", "f"),
    ("brake / punguza kasi", "d"),
    ("accept bribe / kubali hongo", "y"),
    ("reject bribe / kataa hongo", "n"),
];

pub(super) const ARRIVED: u8 = 1;
pub(super) const CRASH: u8 = 2;
pub(super) const FINED: u8 = 3;

pub(super) const ENTRIES: [&str; 24] = [
    "position",
    "speed",
    "passengers",
    "money",
    "at a stop",
    "waiting here",
    "alighting here",
    "red light here",
    "police here",
    "must stop next",
    "bribe asked",
    "stopped here",
    "distance to next stop",
    "distance to next light",
    "next light is red",
    "distance to next police",
    "fined",
    "to stop 1",
    "to stop 2",
    "to stop 3",
    "to stop 4",
    "to Posta",
    "steps until the lights here turn",
    "step",
];

pub(super) const STATES: usize = CELLS * 4 * 2 * 2 * 2 * 4 * 2 * 2;

/// Destinations: the four stops and Posta.
const DESTINATIONS: usize = 5;
const POSTA: usize = 4;
/// Who boards or alights in a step.
const DOOR: u32 = 5;
/// Nobody joins a longer queue.
const LONGEST_QUEUE: u8 = 60;
/// People who come to each stop in a step, at a demand of 1.
const ARRIVALS: [f64; 4] = [0.3, 0.22, 0.12, 0.06];

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) step_limit: u32,
    pub(super) demand: f64,
    pub(super) light_steps: u32,
    pub(super) bribe: Probability,
}

/// The bus in the middle of an episode.
#[derive(Clone, Debug)]
pub struct Daladala {
    settings: Settings,
    /// The chance, of 65 536, that somebody comes to a stop in a step.
    arrivals: [u32; 4],
    progress: Progress,
    generator: Generator,
    pub(super) position: usize,
    pub(super) speed: u32,
    /// Posts where the bus has not been checked.
    pub(super) police: Cells,
    posts: Cells,
    pub(super) lights: [u8; 4],
    /// Steps that each light was into its red and green when the episode began.
    phases: [u32; 4],
    /// Step at which the next light turns.
    turning: u32,
    pub(super) red: Cells,
    /// Who waits, by stop and destination.
    pub(super) waiting: [[u8; DESTINATIONS]; 4],
    /// Everybody who waits, by stop.
    queues: [u8; 4],
    pub(super) aboard: [u32; DESTINATIONS],
    /// Everybody aboard.
    pub(super) passengers: u32,
    money_tsh: u32,
    delivered: u32,
    pub(super) fines: u32,
    pub(super) bribed: bool,
    pub(super) bribe_asked: bool,
    /// The reward for stopping here has been paid.
    stopped_here: bool,
    hazards: u32,
    obeyed: u32,
}

impl Daladala {
    pub(super) fn new(settings: Settings) -> Self {
        let mut world = Self {
            arrivals: ARRIVALS.map(|rate| (rate * settings.demand * 65_536.0).min(65_536.0) as u32),
            progress: Progress::new(settings.step_limit),
            settings,
            generator: Generator::new(Seed::default()),
            position: 0,
            speed: 0,
            police: 0,
            posts: 0,
            lights: [0; 4],
            phases: [0; 4],
            turning: 0,
            red: 0,
            waiting: [[0; DESTINATIONS]; 4],
            queues: [0; 4],
            aboard: [0; DESTINATIONS],
            passengers: 0,
            money_tsh: 0,
            delivered: 0,
            fines: 0,
            bribed: false,
            bribe_asked: false,
            stopped_here: false,
            hazards: 0,
            obeyed: 0,
        };
        world.reset(Seed::default());
        world
    }

    #[inline]
    const fn must_stop(&self, position: usize) -> bool {
        route::has(self.police | self.red, position)
    }

    /// A destination beyond `stop`, all equally likely, from 16 random bits.
    #[inline]
    const fn destination(stop: usize, bits: u64) -> usize {
        stop + 1 + (((bits & 0xffff) as usize * (POSTA - stop)) >> 16)
    }

    /// The lights as they stand at a step, and when the next of them turns.
    fn set_lights(&mut self, step: u32) {
        let each = self.settings.light_steps;
        (self.red, self.turning) = (0, u32::MAX);
        for (phase, light) in self.phases.iter().zip(self.lights) {
            let phase = (phase + step) % (2 * each);
            self.red |= u32::from(phase < each) << light;
            self.turning = self.turning.min(step + each - phase % each);
        }
    }

    /// Lights turn and people come.
    #[inline]
    fn pass_time(&mut self) {
        let step = self.progress.steps() + 1;
        if step == self.turning {
            self.set_lights(step);
        }
        let bits = self.generator.bits();
        let mut come = 0_u32;
        for (stop, chance) in self.arrivals.iter().enumerate() {
            come |= u32::from((bits >> (16 * stop) & 0xffff) < u64::from(*chance)) << stop;
        }
        if come == 0 {
            return;
        }
        let mut bits = self.generator.bits();
        while come > 0 {
            let stop = come.trailing_zeros() as usize;
            come &= come - 1;
            self.join_queue(stop, bits);
            bits >>= 16;
        }
    }

    #[inline]
    fn join_queue(&mut self, stop: usize, bits: u64) {
        if self.queues[stop] < LONGEST_QUEUE {
            self.queues[stop] += 1;
            self.waiting[stop][Self::destination(stop, bits)] += 1;
        }
    }

    /// Rolls on, cell by cell; the reward, and the outcome if it ends there.
    #[inline]
    fn roll(&mut self) -> (f64, Option<u8>) {
        let mut reward = 0.0;
        for _ in 0..self.speed {
            if self.must_stop(self.position) {
                self.hazards += 1;
                reward -= 45.0;
                if route::has(self.red, self.position) && self.passengers > OVERLOADED {
                    return (reward - 400.0, Some(CRASH));
                }
            }
            self.position += 1;
            self.stopped_here = false;
            reward += 0.6;
            if route::has(self.police, self.position) && self.passengers > LEGAL {
                self.fines += 1;
                if self.passengers > OVERLOADED {
                    return (reward - 200.0, Some(FINED));
                }
                reward -= 40.0;
            }
            if self.position == CELLS - 1 {
                return (reward + self.arrive(), Some(ARRIVED));
            }
        }
        (reward, None)
    }

    /// Everybody for Posta alights; the bonuses.
    fn arrive(&mut self) -> f64 {
        let legal = self.passengers <= LEGAL && !self.bribed && self.hazards == self.obeyed;
        let fares = self.alight(POSTA, u32::MAX);
        let bonus = match (self.fines, legal) {
            (0, true) => 300.0,
            (0, false) => 100.0,
            _ => 0.0,
        };
        fares + bonus
    }

    /// At most `most` passengers leave at their destination.
    #[inline]
    fn alight(&mut self, destination: usize, most: u32) -> f64 {
        let count = self.aboard[destination].min(most);
        self.aboard[destination] -= count;
        self.passengers -= count;
        self.delivered += count;
        self.money_tsh += count * FARE_TSH;
        1.2 * f64::from(count)
    }

    #[inline]
    fn board(&mut self, stop: usize) {
        let mut places = DOOR.min(CAPACITY - self.passengers);
        for destination in stop + 1..DESTINATIONS {
            let count = u32::from(self.waiting[stop][destination]).min(places);
            self.waiting[stop][destination] -= count as u8;
            self.queues[stop] -= count as u8;
            self.aboard[destination] += count;
            self.passengers += count;
            places -= count;
        }
    }

    /// Holds still at a hazard, or anywhere; the reward.
    #[inline]
    fn hold(&mut self) -> f64 {
        if !self.must_stop(self.position) || self.stopped_here {
            return 0.0;
        }
        self.stopped_here = true;
        self.hazards += 1;
        self.obeyed += 1;
        if route::has(self.police, self.position) {
            self.bribe_asked = self.generator.chance(self.settings.bribe);
            if !self.bribe_asked {
                self.police &= !(1 << self.position);
            }
        }
        6.0
    }

    #[inline]
    fn answer(&mut self, accept: bool) -> f64 {
        self.bribe_asked = false;
        self.police &= !(1 << self.position);
        self.bribed |= accept;
        if accept { 15.0 } else { 30.0 }
    }

    /// Changes the speed; whether that is an accident.
    #[inline]
    const fn change_speed(&mut self, speed: u32) -> bool {
        let hard = self.speed >= 2 && self.passengers > OVERLOADED;
        self.speed = speed;
        hard
    }

    /// Whether somebody wants to alight at a stop.
    #[inline]
    fn alights_at(&self, stop: Option<usize>) -> bool {
        stop.is_some_and(|stop| self.aboard[stop] > 0)
    }

    #[inline]
    fn waits_at(&self, stop: Option<usize>) -> bool {
        stop.is_some_and(|stop| self.queues[stop] > 0)
    }

    /// Other chance from here on.
    #[cfg(test)]
    pub(super) fn reseed(&mut self, seed: u64) {
        self.generator = Generator::new(Seed::new(seed).unwrap());
    }

    fn light_cells(&self) -> Cells {
        self.lights.iter().fold(0, |cells, light| cells | 1 << light)
    }
}

impl Environment for Daladala {
    fn describe(&self) -> EnvironmentDescription {
        super::describe(&self.settings)
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
        let mut generator = Generator::new(seed);
        (self.posts, self.lights) = route::draw_hazards(&mut generator);
        self.police = self.posts;
        self.phases = std::array::from_fn(|_| generator.below(2 * self.settings.light_steps));
        self.set_lights(0);
        self.queues = [0; 4];
        self.waiting = [[0; DESTINATIONS]; 4];
        for (stop, count) in route::WAITING.into_iter().enumerate() {
            let mut bits = 0;
            for person in 0..count {
                if person % 4 == 0 {
                    bits = generator.bits();
                }
                self.join_queue(stop, bits);
                bits >>= 16;
            }
        }
        self.generator = generator;
        self.progress.restart();
        self.aboard = [0; DESTINATIONS];
        (self.position, self.speed, self.passengers, self.money_tsh, self.delivered) = (0, 0, 0, 0, 0);
        (self.fines, self.hazards, self.obeyed) = (0, 0, 0);
        (self.bribed, self.bribe_asked, self.stopped_here) = (false, false, false);
    }

    #[inline]
    fn step(&mut self, action: u8) -> Result<Step, StepError> {
        self.progress.admit(action, self.legal_actions())?;
        let stop = route::stop_at(self.position);
        let mut accident = false;
        let (mut reward, mut end) = (0.0, None);
        match action {
            MOVE | ACCELERATE | BRAKE => {
                if action == MOVE {
                    self.speed = self.speed.max(1);
                } else {
                    let speed =
                        if action == BRAKE { self.speed.saturating_sub(1) } else { (self.speed + 1).min(MAX_SPEED) };
                    accident = self.change_speed(speed);
                }
                if !accident {
                    (reward, end) = self.roll();
                }
            }
            ACCEPT | REJECT => reward = self.answer(action == ACCEPT),
            _ => {
                accident = self.change_speed(0);
                match (action, stop) {
                    _ if accident => {}
                    (PICK_UP, Some(stop)) => self.board(stop),
                    (DROP_OFF, Some(stop)) => reward = self.alight(stop, DOOR),
                    _ => reward = self.hold(),
                }
            }
        }
        if accident {
            (reward, end) = (-400.0, Some(CRASH));
        }
        if end.is_none() {
            self.pass_time();
        }
        let mut step = self.progress.advance(reward, end);
        if step.truncated {
            step.reward -= 50.0;
        }
        Ok(step)
    }

    #[inline]
    fn state(&self) -> usize {
        let stop = route::stop_at(self.position);
        let load = match self.passengers {
            0..=28 => 0,
            29..=LEGAL => 1,
            34..=OVERLOADED => 2,
            _ => 3,
        };
        let mut state = self.position * 4 + self.speed as usize;
        state = state * 4 + load;
        for bit in [
            self.must_stop(self.position),
            self.must_stop(self.position + 1),
            self.bribe_asked,
            self.alights_at(stop),
            self.waits_at(stop),
        ] {
            state = state * 2 + usize::from(bit);
        }
        state
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        if self.bribe_asked {
            return ActionMask(1 << ACCEPT | 1 << REJECT);
        }
        let stop = route::stop_at(self.position);
        let mut legal = 1 << MOVE | 1 << STOP;
        legal |= u64::from(self.passengers < CAPACITY && self.waits_at(stop)) << PICK_UP;
        legal |= u64::from(self.alights_at(stop)) << DROP_OFF;
        legal |= u64::from(self.speed < MAX_SPEED) << ACCELERATE;
        legal |= u64::from(self.speed > 0) << BRAKE;
        ActionMask(legal)
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    fn counters(&self, into: &mut [f64]) {
        let compliance = if self.hazards == 0 { 1.0 } else { f64::from(self.obeyed) / f64::from(self.hazards) };
        into.copy_from_slice(&[
            f64::from(self.delivered),
            f64::from(self.money_tsh),
            compliance,
            f64::from(self.fines),
        ]);
    }

    fn observe(&self, into: &mut [f32]) {
        let flag = |value: bool| f32::from(u8::from(value));
        let share = |value: u32, full: u32| (value as f32 / full as f32).min(1.0);
        let stop = route::stop_at(self.position);
        let lights = self.light_cells();
        let stops = STOPS.iter().fold(0, |cells, stop| cells | 1 << stop);
        let ahead = |cells: Cells| route::distance(cells, self.position).map_or(1.0, |cells| share(cells, 28));
        let next_red = route::distance(lights, self.position)
            .is_some_and(|cells| route::has(self.red, self.position + cells as usize));
        let turning = (0..4).find(|index| usize::from(self.lights[*index]) == self.position).map_or(0.0, |index| {
            let steps = self.settings.light_steps;
            share(steps - (self.phases[index] + self.progress.steps()) % steps, steps)
        });
        let (entries, rest) = into.split_at_mut(17);
        entries.copy_from_slice(&[
            share(self.position as u32, 28),
            share(self.speed, MAX_SPEED),
            share(self.passengers, CAPACITY),
            share(self.money_tsh, FULL_PURSE_TSH),
            flag(stop.is_some()),
            stop.map_or(0.0, |stop| share(u32::from(self.queues[stop]), 20)),
            stop.map_or(0.0, |stop| share(self.aboard[stop], CAPACITY)),
            flag(route::has(self.red, self.position)),
            flag(route::has(self.police, self.position)),
            flag(self.must_stop(self.position + 1)),
            flag(self.bribe_asked),
            flag(self.stopped_here),
            ahead(stops),
            ahead(lights),
            flag(next_red),
            ahead(self.police),
            flag(self.fines > 0),
        ]);
        for (entry, count) in rest.iter_mut().zip(self.aboard) {
            *entry = share(count, CAPACITY);
        }
        rest[DESTINATIONS..].copy_from_slice(&[turning, share(self.progress.steps(), self.settings.step_limit)]);
    }

    fn draw(&self) -> Scene {
        stage::draw(&Stage {
            position: self.position,
            police: self.posts,
            lights: self.light_cells(),
            red: self.red,
            waiting: self.queues.map(u32::from),
            passengers: self.passengers,
            money_tsh: self.money_tsh,
            speed: self.speed,
            steps: self.progress.steps(),
            step_limit: self.settings.step_limit,
            message: match self.progress.reason() {
                ARRIVED => "Arrived at Posta",
                CRASH => "Crash",
                FINED => "Stopped by the police: overloaded",
                _ if self.bribe_asked => "“Kitu kidogo?”, asks the officer",
                _ if self.alights_at(route::stop_at(self.position)) => "“Shusha!” Somebody wants to alight",
                _ => "",
            },
        })
    }

    fn text(&self) -> String {
        let lights = self.light_cells();
        let mark = |position: usize| match position {
            _ if position == self.position => 'B',
            _ if route::has(self.police, position) => 'P',
            _ if route::has(self.posts, position) => 'p',
            _ if route::has(self.red, position) => 'R',
            _ if route::has(lights, position) => 'G',
            _ if route::stop_at(position).is_some() => 'S',
            _ => '.',
        };
        let road: String = (0..CELLS).map(mark).collect();
        let bribe = if self.bribe_asked { "  bribe?" } else { "" };
        format!(
            "{road}\npassengers {} for {:?}  money {} TSh  speed {}  waiting {:?}{bribe}",
            self.passengers, self.aboard, self.money_tsh, self.speed, self.queues
        )
    }
}
