//! Snake: eat apples, grow, hit nothing.
//!
//! * **Actions**: relative to where the head looks: 0 straight, 1 turn right, 2 turn left. On the keyboard the four
//!   arrows steer absolutely.
//! * **Start**: one segment in a random cell looking right; the apple on a random free cell, as all later ones.
//! * **Rewards**: every step brings exactly one of five events, each with a formula (see [`rewards`]): apple +1, wall
//!   -1, self -1, starvation -0.5, any other step -0.001.
//! * **Episode end**: `wall`, `self`, `starvation` (size² steps without an apple), `won` (the board is full) terminate;
//!   the step limit truncates.
//! * **Variants**: in the *default* the cell that the tail leaves is free to enter. *Faithful* to its source, the head
//!   is judged against all segments, the moving tail included, and a hungry step costs 0.001 (hunger + 1), hunger
//!   counted after the step: a penalty that grows so much (-5.549 for starving) that dying early pays.
//! * **Observation**: by `view`. *Features*: the apple's offset / size, the head's direction, hunger / limit, offsets / size of the
//!   `seg_size` segments behind the head (0 where there is none), and dangers: by `vision` 0 the four neighbour cells
//!   (up, right, down, left), v the (2 v + 1)² - 1 cells around the head, -1 the whole board row by row. *Board*: six
//!   planes of the board and the wall around it (see `snake/planes.rs`).
//! * **States**: 2^11: bits 0-2 danger straight, right, left; bits 3-6 looking left, right, up, down; bits 7-10 apple
//!   to the left, right, up, down.
//!
//! Source: a reward-design playground for snake agents.

mod planes;
mod portrayal;
pub mod rewards;

use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use crate::finite::STEP_LIMIT;
use crate::progress::EpisodeClock;
use crate::random::Generator;
use rewards::{SnakeEvent, SnakeRewards};
use shared::describe::{ActionDescription, CatalogEntry, EnvironmentDescription, Words, names};
use shared::parameter::{ParameterError, ParameterSpec, Preset, Resolved, Value};
use shared::quantity::Seed;
use shared::scene::Scene;
use std::sync::Arc;

/// Longest side of the board.
const MAX_SIZE: usize = 32;
/// Cells of the longest board with a wall around it.
const PADDED: usize = (MAX_SIZE + 2) * (MAX_SIZE + 2);
const STATES: usize = 1 << 11;

/// Right, down, left, up: turning right is the next one.
const DIRECTIONS: [(i32, i32); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];
const KEYS: [&str; 4] = ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"];

const FREE: u8 = 0;
const BODY: u8 = 1;
const WALL: u8 = 2;

const OUTCOMES: [&str; 5] = [STEP_LIMIT, "wall", "self", "starvation", "won"];
const WON: u8 = 4;

/// The registry's entry.
pub fn catalog() -> CatalogEntry {
    let text = |name, value: &str| (name, Value::Text(value.to_owned()));
    let features = vec![text("view", "features").1];
    let mut parameters = vec![
        ParameterSpec::choice(
            "variant",
            "Variant",
            &[("default", "default"), ("faithful", "as the source has it")],
            "The source counts the tail's cell as occupied while it moves away, and lets hunger cost more each step.",
        ),
        ParameterSpec::integer("size", "Size", (5, MAX_SIZE as i64), 10, "Cells a side."),
        ParameterSpec::choice(
            "view",
            "View",
            &[("features", "apple, body and dangers"), ("board", "the board, cell by cell")],
            "What an agent observes.",
        ),
        ParameterSpec::integer(
            "vision",
            "Vision",
            (-1, 5),
            0,
            "Dangers seen: 0 the four neighbour cells, v so many cells around the head, -1 the whole board.",
        )
        .needs("view", features.clone()),
        ParameterSpec::integer("seg_size", "Segments seen", (0, 16), 3, "Segments behind the head that are seen.")
            .needs("view", features),
        ParameterSpec::integer("step_limit", "Step limit", (1, 1_000_000), 100_000, "Steps after which it is cut."),
    ];
    parameters.extend(rewards::parameters());
    CatalogEntry::new(
        &Words {
            id: "snake",
            title: "Snake",
            summary: "The snake grows with every apple and dies when it bites itself or hits the wall. Design your \
                      own reward for every event and see what it teaches.",
            equation: "",
            source: "Reward-design playground for snake agents",
        },
        parameters,
        vec![
            Preset::new("default", "default", vec![text("variant", "default")]),
            Preset::new("faithful", "as the source", vec![text("variant", "faithful")]),
            Preset::new(
                "closer",
                "reward for nearness",
                vec![text("step_reward", "0.01 * (1 - distance_to_food / grid_size) - 0.01")],
            ),
            Preset::new("small", "small board", vec![("size", Value::Integer(6))]),
            Preset::new("board", "seen cell by cell", vec![text("view", "board")]),
        ],
    )
}

#[derive(Debug)]
struct SnakeRules {
    size: usize,
    /// Whether the whole board is observed.
    planes: bool,
    vision: i32,
    segments: usize,
    tail_blocks: bool,
    max_hunger: u32,
    step_limit: u32,
    rewards: SnakeRewards,
}

/// The snake in the middle of an episode.
#[derive(Clone, Debug)]
pub struct Snake {
    rules: Arc<SnakeRules>,
    progress: EpisodeClock,
    generator: Generator,
    /// What stands in each cell of the board and the wall around it, rows of `size + 2`.
    cells: [u8; PADDED],
    /// The segments, a ring: the tail at `tail`, the head `length - 1` places later.
    body: [u16; MAX_SIZE * MAX_SIZE],
    tail: usize,
    length: usize,
    head: u16,
    apple: u16,
    direction: u8,
    hunger: u32,
    faulty_rewards: u32,
}

/// Builds the environment; a faulty formula is named with its place.
pub fn build(parameters: &Resolved) -> Result<Snake, ParameterError> {
    let size = parameters.count("size")?;
    let faithful = parameters.text("variant")? == "faithful";
    let max_hunger = (size * size) as u32;
    let rules = SnakeRules {
        size,
        planes: parameters.text("view")? == "board",
        vision: parameters.integer("vision")? as i32,
        segments: parameters.count("seg_size")?,
        tail_blocks: faithful,
        max_hunger,
        step_limit: parameters.count("step_limit")? as u32,
        rewards: SnakeRewards::build(parameters, size, faithful)?,
    };
    let mut cells = [WALL; PADDED];
    for row in 1..=size {
        cells[row * (size + 2) + 1..][..size].fill(FREE);
    }
    let mut snake = Snake {
        progress: EpisodeClock::new(rules.step_limit),
        rules: Arc::new(rules),
        generator: Generator::new(Seed::default()),
        cells,
        body: [0; MAX_SIZE * MAX_SIZE],
        tail: 0,
        length: 0,
        head: 0,
        apple: 0,
        direction: 0,
        hunger: 0,
        faulty_rewards: 0,
    };
    snake.reset(Seed::default());
    Ok(snake)
}

impl Snake {
    #[inline]
    fn stride(&self) -> usize {
        self.rules.size + 2
    }

    /// Column and row of a cell, from 0.
    #[inline]
    fn place(&self, cell: u16) -> (i32, i32) {
        let (cell, stride) = (usize::from(cell), self.stride());
        ((cell % stride) as i32 - 1, (cell / stride) as i32 - 1)
    }

    /// The neighbour of a cell.
    #[inline]
    fn neighbour(&self, cell: u16, direction: u8) -> u16 {
        let stride = self.stride() as i32;
        (i32::from(cell) + [1, stride, -1, -stride][usize::from(direction)]) as u16
    }

    /// The segment that is `back` places behind the head, for `back` below the length.
    #[inline]
    fn segment(&self, back: usize) -> u16 {
        let place = self.tail + self.length - 1 - back;
        let capacity = self.rules.size * self.rules.size;
        self.body[if place >= capacity { place - capacity } else { place }]
    }

    /// Whether the head would die in a cell now.
    #[inline]
    fn is_danger(&self, cell: u16) -> bool {
        match self.cells[usize::from(cell)] {
            FREE => false,
            BODY => self.rules.tail_blocks || cell != self.body[self.tail],
            _ => true,
        }
    }

    /// Puts the apple on a random free cell; there is one.
    #[inline]
    fn place_apple(&mut self) {
        let (size, stride) = (self.rules.size, self.stride());
        let cells = size * size;
        let padded = |index: usize| (index / size + 1) * stride + index % size + 1;
        if self.length * 2 < cells {
            loop {
                let cell = padded(self.generator.below(cells as u32) as usize);
                if self.cells[cell] == FREE {
                    self.apple = cell as u16;
                    return;
                }
            }
        }
        let mut skip = self.generator.below((cells - self.length) as u32);
        for cell in (0..cells).map(padded) {
            if self.cells[cell] == FREE {
                if skip == 0 {
                    self.apple = cell as u16;
                    return;
                }
                skip -= 1;
            }
        }
    }

    fn distance_to_apple(&self) -> u32 {
        let ((x, y), (apple_x, apple_y)) = (self.place(self.head), self.place(self.apple));
        x.abs_diff(apple_x) + y.abs_diff(apple_y)
    }

    /// Moves the head onto a free cell.
    #[inline]
    fn advance_head(&mut self, cell: u16) {
        let capacity = self.rules.size * self.rules.size;
        let place = self.tail + self.length;
        self.body[if place >= capacity { place - capacity } else { place }] = cell;
        self.length += 1;
        self.cells[usize::from(cell)] = BODY;
        self.head = cell;
    }

    #[inline]
    fn drop_tail(&mut self) {
        self.cells[usize::from(self.body[self.tail])] = FREE;
        self.tail += 1;
        if self.tail == self.rules.size * self.rules.size {
            self.tail = 0;
        }
        self.length -= 1;
    }

    /// The reward of an event; 0, and counted, where a formula gives no finite number.
    #[inline]
    fn reward(&mut self, event: SnakeEvent) -> f64 {
        let reward = self.rules.rewards.of(event, self.length as u32, self.hunger, || self.distance_to_apple());
        if reward.is_finite() {
            return reward;
        }
        self.faulty_rewards += 1;
        0.0
    }
}

impl Environment for Snake {
    fn describe(&self) -> EnvironmentDescription {
        let rules = &*self.rules;
        let board = rules.planes.then(|| planes::board(rules.size));
        let observation = match &board {
            Some(board) => board.entries(),
            None => portrayal::entries(rules.size, rules.vision, rules.segments),
        };
        EnvironmentDescription {
            id: "snake".into(),
            title: "Snake".into(),
            subtitle: format!("{0} × {0}", rules.size),
            actions: vec![
                ActionDescription::new("straight", "ArrowUp", None),
                ActionDescription::new("turn right", "ArrowRight", None),
                ActionDescription::new("turn left", "ArrowLeft", None),
            ],
            controls: vec![],
            outcomes: names(&OUTCOMES),
            counters: names(&["score", "faulty rewards"]),
            observation,
            board,
            states: Some(STATES as u32),
            state_names: vec![],
            legal_actions: vec![].into(),
            layout: None,
            step_limit: Some(rules.step_limit),
        }
    }

    #[inline]
    fn action_count(&self) -> usize {
        3
    }

    #[inline]
    fn state_count(&self) -> usize {
        STATES
    }

    #[inline]
    fn reset(&mut self, seed: Seed) {
        while self.length > 0 {
            self.drop_tail();
        }
        self.generator = Generator::new(seed);
        self.progress.restart();
        self.tail = 0;
        self.direction = 0;
        self.hunger = 0;
        self.faulty_rewards = 0;
        let (size, stride) = (self.rules.size, self.stride());
        let index = self.generator.below((size * size) as u32) as usize;
        self.advance_head(((index / size + 1) * stride + index % size + 1) as u16);
        self.place_apple();
    }

    #[expect(clippy::inline_always, reason = "a call would send the result through memory")]
    #[inline(always)]
    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        self.progress.admit(action, ActionMask::all(3))?;
        let turn = [0, 1, 3][usize::from(action)];
        self.direction = (self.direction + turn) & 3;
        self.hunger += 1;
        let next = self.neighbour(self.head, self.direction);
        let (event, end) = if self.is_danger(next) {
            match self.cells[usize::from(next)] {
                WALL => (SnakeEvent::Wall, Some(1)),
                _ => (SnakeEvent::Bite, Some(2)),
            }
        } else if next == self.apple {
            self.advance_head(next);
            let won = self.length == self.rules.size * self.rules.size;
            if won {
                self.apple = next;
            } else {
                self.place_apple();
            }
            (SnakeEvent::Apple, won.then_some(WON))
        } else {
            self.drop_tail();
            self.advance_head(next);
            let starved = self.hunger >= self.rules.max_hunger;
            if starved { (SnakeEvent::Starvation, Some(3)) } else { (SnakeEvent::Step, None) }
        };
        let reward = self.reward(event);
        if event == SnakeEvent::Apple {
            self.hunger = 0;
        }
        Ok(self.progress.advance(reward, end))
    }

    #[inline]
    fn state(&self) -> usize {
        let danger = |turn: u8| usize::from(self.is_danger(self.neighbour(self.head, (self.direction + turn) & 3)));
        // Bits left, right, up, down of the directions right, down, left, up.
        let looking = [1, 3, 0, 2][usize::from(self.direction)];
        let ((x, y), (apple_x, apple_y)) = (self.place(self.head), self.place(self.apple));
        danger(0)
            | danger(1) << 1
            | danger(3) << 2
            | 1 << (3 + looking)
            | usize::from(apple_x < x) << 7
            | usize::from(apple_x > x) << 8
            | usize::from(apple_y < y) << 9
            | usize::from(apple_y > y) << 10
    }

    #[inline]
    fn legal_actions(&self) -> ActionMask {
        ActionMask::all(3)
    }

    fn ended(&self) -> bool {
        self.progress.ended()
    }

    fn outcome(&self) -> u8 {
        self.progress.reason()
    }

    fn counters(&self, into: &mut [f64]) {
        into.copy_from_slice(&[(self.length - 1) as f64, f64::from(self.faulty_rewards)]);
    }

    fn observe(&self, into: &mut [f32]) {
        if self.rules.planes {
            planes::observe(self, into);
        } else {
            portrayal::observe(self, into);
        }
    }

    fn draw(&self) -> Scene {
        portrayal::draw(self)
    }

    fn text(&self) -> String {
        portrayal::text(self)
    }

    fn action_of_key(&self, key: &str) -> Option<u16> {
        let wanted = KEYS.iter().position(|it| *it == key)? as u8;
        // After an episode's end the next one begins, as ever to the right.
        let direction = if self.ended() { 0 } else { self.direction };
        // Looking back is not possible: the snake goes on straight.
        Some([0, 1, 0, 2][usize::from((wanted + 4 - direction) & 3)])
    }
}

#[cfg(test)]
mod tests;
