//! The minibus itself: what every action does.

use super::lights::Lights;
use super::route::{self, CAPACITY, CELLS, Cells, FARE_TSH, LEGAL, MAX_SPEED, OVERLOADED};
use crate::action_mask::ActionMask;
use crate::environment::{Step, StepError};
use crate::progress::EpisodeClock;
use crate::random::Generator;
use shared::quantity::{Probability, Seed};

pub(super) const MOVE: u16 = 0;
pub(super) const STOP: u16 = 1;
pub(super) const PICK_UP: u16 = 2;
pub(super) const DROP_OFF: u16 = 3;
pub(super) const ACCELERATE: u16 = 4;
pub(super) const BRAKE: u16 = 5;
pub(super) const ACCEPT: u16 = 6;
pub(super) const REJECT: u16 = 7;

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

pub(super) const STATES: usize = CELLS * 4 * 2 * 2 * 2 * 4 * 2 * 2;

/// Destinations: the four stops and Posta.
pub(super) const DESTINATIONS: usize = 5;
const POSTA: usize = 4;
/// Who boards or alights in a step.
const DOOR: u32 = 5;
/// Nobody joins a longer queue.
const LONGEST_QUEUE: u8 = 60;
/// People who come to each stop in a step, at a demand of 1.
const ARRIVALS: [f64; 4] = [0.3, 0.22, 0.12, 0.06];

#[derive(Clone, Copy, Debug)]
pub(super) struct DaladalaSettings {
    pub(super) step_limit: u32,
    pub(super) demand: f64,
    pub(super) light_steps: u32,
    pub(super) bribe: Probability,
}

/// The bus in the middle of an episode.
#[derive(Clone, Debug)]
pub struct Daladala {
    pub(super) settings: DaladalaSettings,
    /// The chance, of 65 536, that somebody comes to a stop in a step.
    arrivals: [u32; 4],
    pub(super) progress: EpisodeClock,
    generator: Generator,
    pub(super) position: usize,
    pub(super) speed: u32,
    /// Posts where the bus has not been checked.
    pub(super) police: Cells,
    pub(super) posts: Cells,
    pub(super) lights: Lights,
    /// Who waits, by stop and destination.
    pub(super) waiting: [[u8; DESTINATIONS]; 4],
    /// Everybody who waits, by stop.
    pub(super) queues: [u8; 4],
    pub(super) aboard: [u32; DESTINATIONS],
    /// Everybody aboard.
    pub(super) passengers: u32,
    pub(super) money_tsh: u32,
    delivered: u32,
    pub(super) fines: u32,
    pub(super) bribed: bool,
    pub(super) bribe_asked: bool,
    /// The reward for stopping here has been paid.
    pub(super) stopped_here: bool,
    hazards: u32,
    obeyed: u32,
}

impl Daladala {
    pub(super) fn new(settings: DaladalaSettings) -> Self {
        let mut environment = Self {
            arrivals: ARRIVALS.map(|rate| (rate * settings.demand * 65_536.0).min(65_536.0) as u32),
            progress: EpisodeClock::new(settings.step_limit),
            settings,
            generator: Generator::new(Seed::default()),
            position: 0,
            speed: 0,
            police: 0,
            posts: 0,
            lights: Lights::new(settings.light_steps),
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
        environment.restart(Seed::default());
        environment
    }

    #[inline]
    pub(super) const fn must_stop(&self, position: usize) -> bool {
        route::has(self.police | self.lights.red, position)
    }

    /// A destination beyond `stop`, all equally likely, from 16 random bits.
    #[inline]
    const fn destination(stop: usize, bits: u64) -> usize {
        stop + 1 + (((bits & 0xffff) as usize * (POSTA - stop)) >> 16)
    }

    /// Lights turn and people come.
    #[inline]
    fn pass_time(&mut self) {
        self.lights.pass(self.progress.steps() + 1);
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
                if route::has(self.lights.red, self.position) && self.passengers > OVERLOADED {
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
    pub(super) fn alights_at(&self, stop: Option<usize>) -> bool {
        stop.is_some_and(|stop| self.aboard[stop] > 0)
    }

    #[inline]
    fn waits_at(&self, stop: Option<usize>) -> bool {
        stop.is_some_and(|stop| self.queues[stop] > 0)
    }

    /// Begins the episode of this seed.
    #[inline]
    pub(super) fn restart(&mut self, seed: Seed) {
        let mut generator = Generator::new(seed);
        let (posts, lights) = route::draw_hazards(&mut generator);
        (self.posts, self.police) = (posts, posts);
        self.lights.restart(lights, &mut generator);
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

    /// Does what an action does.
    #[inline]
    pub(super) fn act(&mut self, action: u16) -> Result<Step, StepError> {
        self.progress.admit(action, self.legal())?;
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

    /// The discrete state.
    #[inline]
    pub(super) fn state_index(&self) -> usize {
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

    /// The actions that are allowed now.
    #[inline]
    pub(super) fn legal(&self) -> ActionMask {
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

    /// What the episode has counted so far.
    pub(super) fn count(&self, into: &mut [f64]) {
        let compliance = if self.hazards == 0 { 1.0 } else { f64::from(self.obeyed) / f64::from(self.hazards) };
        into.copy_from_slice(&[
            f64::from(self.delivered),
            f64::from(self.money_tsh),
            compliance,
            f64::from(self.fines),
        ]);
    }

    /// Other chance from here on.
    #[cfg(test)]
    pub(super) fn reseed(&mut self, seed: u64) {
        self.generator = Generator::new(Seed::new(seed).unwrap());
    }
}
