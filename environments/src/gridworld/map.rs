//! Maps as text: one letter a cell, one line a row.

use crate::board::{BoardPortrayal, Move};
use crate::random::Generator;
use crate::{literal, number};
use shared::number::may_be_thousands;
use shared::parameter::MapLetter;
use shared::quantity::{Probability, Seed};
use shared::scene::Tile;
use std::fmt;

/// The letters that an environment's maps may have.
#[derive(Clone, Copy, Debug)]
pub struct Alphabet {
    /// What they mean, for help texts and errors.
    pub words: &'static str,
    /// Each letter, and what it is called.
    pub letters: &'static [(char, &'static str)],
}

impl Alphabet {
    /// The letters as whoever draws a map is offered them. `floor` is how free cells look.
    pub fn legend(self, floor: Tile) -> Vec<MapLetter> {
        let letter = |(letter, name): &(char, &str)| {
            let tile = GridCell::from_letter(*letter).map_or(Tile::Empty, GridCell::tile);
            let tile = if tile == Tile::Floor { floor } else { tile };
            MapLetter { letter: letter.to_string(), name: (*name).to_owned(), tile }
        };
        self.letters.iter().map(letter).collect()
    }

    fn takes(self, cell: GridCell) -> bool {
        self.letters.iter().any(|(letter, _)| *letter == cell.letter())
    }
}

/// All letters that there are.
pub const ALL: Alphabet = Alphabet {
    words: "One letter a cell: S start, F floor, G goal, H pit, M mud, # wall, ^ v < > one-way, \
            a to h pairs of teleports.",
    letters: &[
        ('S', "start"),
        ('F', "floor"),
        ('G', "goal"),
        ('H', "pit"),
        ('M', "mud"),
        ('#', "wall"),
        ('^', "one-way up"),
        ('v', "one-way down"),
        ('<', "one-way left"),
        ('>', "one-way right"),
        ('a', "teleport a"),
        ('b', "teleport b"),
        ('c', "teleport c"),
        ('d', "teleport d"),
        ('e', "teleport e"),
        ('f', "teleport f"),
        ('g', "teleport g"),
        ('h', "teleport h"),
    ],
};

/// What is wrong with a map whose goals are walled off.
pub(crate) const NO_PATH: &str = "no goal G can be reached from a start S";

/// Most cells in a row or column of a map that somebody drew.
pub const MAX_SIDE: usize = 64;

/// Random maps that are tried before the odds are declared hopeless.
pub const RANDOM_TRIES: u32 = 10_000;

/// Most characters of a map: every row may be in quotes and end in a comma and two marks for the line's end.
pub const MAX_CHARACTERS: usize = MAX_SIDE * (MAX_SIDE + 6) + 2;

/// Most cells in a row or column of an [open field](GridMap::open): 99 856 states, which is as many as are solved exactly.
pub const MAX_OPEN_SIDE: usize = 316;

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridCell {
    /// Free.
    Floor,
    /// Free, and an episode may start here.
    Start,
    /// Ends the episode well.
    Goal,
    /// Ends the episode badly.
    Pit,
    /// Costs as much as a pit, but the episode goes on.
    Mud,
    /// Cannot be entered.
    Wall,
    /// Can be left only in this direction.
    OneWay(i32, i32),
    /// Leads to the other cell of the same letter.
    Teleport(char),
}

impl GridCell {
    fn from_letter(letter: char) -> Option<Self> {
        Some(match letter {
            'S' => Self::Start,
            'F' | '.' => Self::Floor,
            'G' => Self::Goal,
            'H' => Self::Pit,
            'M' => Self::Mud,
            '#' => Self::Wall,
            '^' => Self::OneWay(0, -1),
            'v' => Self::OneWay(0, 1),
            '<' => Self::OneWay(-1, 0),
            '>' => Self::OneWay(1, 0),
            'a'..='h' => Self::Teleport(letter),
            _ => return None,
        })
    }

    /// The cell's letter.
    pub const fn letter(self) -> char {
        match self {
            Self::Start => 'S',
            Self::Floor => 'F',
            Self::Goal => 'G',
            Self::Pit => 'H',
            Self::Mud => 'M',
            Self::Wall => '#',
            Self::OneWay(0, -1) => '^',
            Self::OneWay(0, _) => 'v',
            Self::OneWay(-1, _) => '<',
            Self::OneWay(..) => '>',
            Self::Teleport(letter) => letter,
        }
    }

    /// How it looks.
    pub const fn tile(self) -> Tile {
        match self {
            Self::Floor => Tile::Floor,
            Self::Start => Tile::Start,
            Self::Goal => Tile::Goal,
            Self::Pit => Tile::Pit,
            Self::Wall => Tile::Wall,
            Self::Mud => Tile::Mud,
            Self::OneWay(0, -1) => Tile::OneWayUp,
            Self::OneWay(0, _) => Tile::OneWayDown,
            Self::OneWay(-1, _) => Tile::OneWayLeft,
            Self::OneWay(..) => Tile::OneWayRight,
            Self::Teleport(_) => Tile::Teleport,
        }
    }

    /// Whether entering it ends the episode.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Goal | Self::Pit)
    }
}

/// A fault of a map. Rows and columns are counted from 1, as editors do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// No rows, or too many.
    #[error("a map has 1 to {MAX_SIDE} rows of 1 to {MAX_SIDE} cells, not {rows} rows of {columns}")]
    Size {
        /// Number of rows.
        rows: usize,
        /// Cells in the first row.
        columns: usize,
    },
    /// Rows of different lengths.
    #[error("row {row} has {cells} cells, but row 1 has {expected}")]
    Ragged {
        /// The row.
        row: usize,
        /// Its cells.
        cells: usize,
        /// Cells of the first row.
        expected: usize,
    },
    /// A letter without a meaning.
    #[error("row {row}, column {column}: unknown letter {letter:?}. {known}")]
    Letter {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// The letter.
        letter: char,
        /// The letters that there are.
        known: &'static str,
    },
    /// A list of rows that is none.
    #[error("a map that begins with a bracket is a list of rows such as [\"SF\", \"FG\"]: {0}")]
    List(String),
    /// Nowhere to start or to go.
    #[error("the map has no {what}")]
    Missing {
        /// The letter and its meaning.
        what: &'static str,
    },
    /// A teleport without its other end, or with more than one.
    #[error("the teleport {letter:?} stands {count} times on the map; it needs exactly 2")]
    Teleport {
        /// Its letter.
        letter: char,
        /// How often it stands there.
        count: usize,
    },
}

/// A fault of a list of cell rewards.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line}: {text:?} is not x,y=reward with a cell inside the map, each cell once, and a number from -1000 to 1000"
)]
pub struct RewardError {
    line: usize,
    text: String,
}

/// A checked map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridMap {
    /// Cells in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Row by row.
    pub cells: Vec<GridCell>,
}

impl GridMap {
    /// Reads a map of these letters; blanks at the ends of lines and empty lines at the ends of the text do not count.
    /// Instead of lines it may be a list of rows, as Gymnasium's `desc` is.
    pub fn parse(text: &str, alphabet: Alphabet) -> Result<Self, MapError> {
        let text = text.trim();
        if text.starts_with('[') {
            let list = literal::to_json(text);
            let rows: Vec<String> = serde_json::from_str(&list).map_err(|error| MapError::List(error.to_string()))?;
            return Self::of_rows(&rows.iter().map(|row| row.trim()).collect::<Vec<_>>(), alphabet);
        }
        Self::of_rows(&text.lines().map(str::trim).collect::<Vec<_>>(), alphabet)
    }

    fn of_rows(rows: &[&str], alphabet: Alphabet) -> Result<Self, MapError> {
        let width = rows.first().map_or(0, |row| row.chars().count());
        if !(1..=MAX_SIDE).contains(&rows.len()) || !(1..=MAX_SIDE).contains(&width) {
            return Err(MapError::Size { rows: rows.len(), columns: width });
        }
        let mut cells = Vec::with_capacity(width * rows.len());
        for (y, row) in rows.iter().enumerate() {
            let count = row.chars().count();
            if count != width {
                return Err(MapError::Ragged { row: y + 1, cells: count, expected: width });
            }
            for (x, letter) in row.chars().enumerate() {
                let unknown = MapError::Letter { row: y + 1, column: x + 1, letter, known: alphabet.words };
                cells.push(GridCell::from_letter(letter).filter(|cell| alphabet.takes(*cell)).ok_or(unknown)?);
            }
        }
        let map = Self { width, height: rows.len(), cells };
        map.check()?;
        Ok(map)
    }

    /// An open square of so many cells a side, at least 2, from a start in the upper left to a goal in the lower right.
    pub fn open(side: usize) -> Self {
        let mut cells = vec![GridCell::Floor; side * side];
        if let [first, .., last] = &mut cells[..] {
            (*first, *last) = (GridCell::Start, GridCell::Goal);
        }
        Self { width: side, height: side, cells }
    }

    fn check(&self) -> Result<(), MapError> {
        if self.starts().is_empty() {
            return Err(MapError::Missing { what: "start S" });
        }
        if !self.cells.contains(&GridCell::Goal) {
            return Err(MapError::Missing { what: "goal G" });
        }
        for letter in 'a'..='h' {
            let count = self.cells.iter().filter(|cell| **cell == GridCell::Teleport(letter)).count();
            if count != 0 && count != 2 {
                return Err(MapError::Teleport { letter, count });
            }
        }
        Ok(())
    }

    /// The cells where episodes may start.
    pub fn starts(&self) -> Vec<usize> {
        (0..self.cells.len()).filter(|cell| self.cells[*cell] == GridCell::Start).collect()
    }

    /// Where a move from `cell` ends: walls, the border and one-way cells hold, teleports lead on.
    pub fn walk(&self, cell: usize, dx: i32, dy: i32) -> usize {
        if let GridCell::OneWay(only_dx, only_dy) = self.cells[cell]
            && (only_dx, only_dy) != (dx, dy)
        {
            return cell;
        }
        let x = (cell % self.width) as i32 + dx;
        let y = (cell / self.width) as i32 + dy;
        if x < 0 || y < 0 || x >= self.width as i32 || y >= self.height as i32 {
            return cell;
        }
        let next = y as usize * self.width + x as usize;
        match self.cells[next] {
            GridCell::Wall => cell,
            GridCell::Teleport(_) => self.other_end(next),
            _ => next,
        }
    }

    /// Whether steps up, down, left and right lead from some start to some goal.
    pub fn goal_in_reach(&self) -> bool {
        self.fewest_steps().is_some()
    }

    /// How many steps up, down, left and right lead from some start to some goal at least, if any do.
    pub fn fewest_steps(&self) -> Option<usize> {
        let mut seen = vec![false; self.cells.len()];
        let (mut open, mut steps) = (self.starts(), 0);
        while !open.is_empty() {
            for cell in std::mem::take(&mut open) {
                if std::mem::replace(&mut seen[cell], true) {
                    continue;
                }
                if self.cells[cell] == GridCell::Goal {
                    return Some(steps);
                }
                if !self.cells[cell].is_end() {
                    open.extend([(0, -1), (0, 1), (-1, 0), (1, 0)].map(|(dx, dy)| self.walk(cell, dx, dy)));
                }
            }
            steps += 1;
        }
        None
    }

    /// A map from a start in the upper left to a goal in the lower right, on which every other cell is free with this
    /// probability and a pit otherwise: drawn anew until there is a way. None where none of [`RANDOM_TRIES`] has one.
    pub fn random(width: usize, height: usize, free: Probability, seed: Seed) -> Option<Self> {
        let mut generator = Generator::new(seed);
        let mut map = Self { width, height, cells: Vec::new() };
        for _ in 0..RANDOM_TRIES {
            let cell = |_| if generator.chance(free) { GridCell::Floor } else { GridCell::Pit };
            map.cells = (0..width * height).map(cell).collect();
            if let [first, .., last] = &mut map.cells[..] {
                (*first, *last) = (GridCell::Start, GridCell::Goal);
            }
            if map.goal_in_reach() {
                return Some(map);
            }
        }
        None
    }

    /// The board on which the creature walks with these moves.
    pub(crate) fn board(&self, moves: &[Move]) -> BoardPortrayal {
        let cells: Vec<_> = self.cells.iter().map(|cell| (cell.letter(), cell.tile())).collect();
        BoardPortrayal::new(self.width, &cells, moves)
    }

    fn other_end(&self, cell: usize) -> usize {
        let same = |other: &usize| *other != cell && self.cells[*other] == self.cells[cell];
        (0..self.cells.len()).find(same).unwrap_or(cell)
    }

    /// Reads own rewards of single cells: lines (or `;`) of `x,y=reward`.
    pub fn parse_rewards(&self, text: &str) -> Result<Vec<Option<f64>>, RewardError> {
        let mut rewards = vec![None; self.cells.len()];
        let lines = text.split(['\n', ';']).map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
        for (index, line) in lines {
            let parsed = line.split_once('=').and_then(|(place, reward)| {
                let (x, y) = place.split_once(',')?;
                let (x, y): (usize, usize) = (x.trim().parse().ok()?, y.trim().parse().ok()?);
                let reward = number::read(reward).filter(|_| !may_be_thousands(reward))?;
                let fits = x < self.width && y < self.height && (-1000.0..=1000.0).contains(&reward);
                fits.then_some((y * self.width + x, reward))
            });
            let fault = || RewardError { line: index + 1, text: line.chars().take(40).collect() };
            let (cell, reward) = parsed.filter(|(cell, _)| rewards[*cell].is_none()).ok_or_else(fault)?;
            rewards[cell] = Some(reward);
        }
        Ok(rewards)
    }
}

impl fmt::Display for GridMap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, row) in self.cells.chunks(self.width).enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            let letters: String = row.iter().map(|cell| cell.letter()).collect();
            formatter.write_str(&letters)?;
        }
        Ok(())
    }
}
