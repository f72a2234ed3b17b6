//! MDPs in the format of Cassandra's POMDP solver, as `.MDP` and `.POMDP` files have it.
//!
//! Of a POMDP, what is observed serves to average rewards that depend on it; an agent sees the state itself. `values: cost`
//! turns rewards around. The discount is the agent's own. Later lines replace what earlier ones said, `*` stands for all.
//!
//! Source: A. R. Cassandra, pomdp-solve, "POMDP file format".

use super::table::{Collector, MdpTableError, WrittenOutcome};
use std::collections::BTreeMap;

/// Words that begin a statement.
const STATEMENTS: [&str; 9] = ["discount", "values", "states", "actions", "observations", "start", "T", "O", "R"];

/// Stands for every state, action or observation.
const ANY: u32 = u32::MAX;

/// Whether a text is in this format.
pub(super) fn is_one(text: &str) -> bool {
    let first =
        text.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).find(|line| !line.is_empty());
    let word = first.and_then(|line| line.split_once(':')).map(|(word, _)| word.trim());
    word.is_some_and(|word| STATEMENTS.contains(&word) || word.starts_with("start "))
}

/// Reads it.
pub(super) fn read(text: &str, into: &mut Collector) -> Result<(), MdpTableError> {
    let mut parser = Parser { tokens: tokens(text), at: 0, file: File::default() };
    while let Some(word) = parser.next() {
        parser.statement(word)?;
    }
    parser.file.give(into)
}

/// Words, numbers and colons, each with its line.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in line.split('#').next().unwrap_or_default().split_whitespace() {
            let mut parts = word.split(':').peekable();
            while let Some(part) = parts.next() {
                tokens.extend((!part.is_empty()).then_some((index + 1, part)));
                tokens.extend(parts.peek().map(|_| (index + 1, ":")));
            }
        }
    }
    tokens
}

/// The names of states, actions or observations.
#[derive(Debug, Default)]
struct CassandraNames(Vec<String>);

impl CassandraNames {
    /// The number of a name, or [`ANY`].
    fn number(&self, word: &str, what: &str) -> Result<u32, String> {
        let place = || self.0.iter().position(|name| name == word);
        let index = || word.parse().ok().filter(|index| *index < self.0.len());
        match word {
            "*" => Ok(ANY),
            _ => place().or_else(index).map(|it| it as u32).ok_or_else(|| format!("there is no {what} {word:?}")),
        }
    }

    /// Every number that one stands for.
    fn all(&self, number: u32) -> std::ops::Range<u32> {
        if number == ANY { 0..self.0.len() as u32 } else { number..number + 1 }
    }
}

/// Values by action, state, next state and observation, any of which may be [`ANY`]; the latest that fits counts.
#[derive(Debug, Default)]
struct Latest {
    values: BTreeMap<[u32; 4], (usize, f64)>,
    count: usize,
    by_observation: bool,
}

impl Latest {
    fn set(&mut self, key: [u32; 4], value: f64) {
        self.count += 1;
        self.by_observation |= key[3] != ANY;
        self.values.insert(key, (self.count, value));
    }

    fn get(&self, key: [u32; 4]) -> f64 {
        let key_of = |mask: u32| std::array::from_fn(|place| if mask >> place & 1 == 1 { ANY } else { key[place] });
        let fitting = (0..16).filter_map(|mask| self.values.get(&key_of(mask)));
        fitting.max_by_key(|(order, _)| *order).map_or(0.0, |(_, value)| *value)
    }
}

/// What a file says.
#[derive(Debug, Default)]
struct File {
    states: CassandraNames,
    actions: CassandraNames,
    observations: CassandraNames,
    cost: bool,
    start: Vec<f64>,
    /// By action and state.
    transitions: BTreeMap<(u32, u32), BTreeMap<u32, f64>>,
    /// By action and next state.
    seen: BTreeMap<(u32, u32), BTreeMap<u32, f64>>,
    rewards: Latest,
}

impl File {
    fn reward(&self, action: u32, state: u32, next: u32) -> f64 {
        let reward = if self.rewards.by_observation {
            let seen = self.seen.get(&(action, next)).into_iter().flatten();
            seen.map(|(it, probability)| probability * self.rewards.get([action, state, next, *it])).sum()
        } else {
            self.rewards.get([action, state, next, ANY])
        };
        // Not the negative zero.
        if self.cost { 0.0 - reward } else { reward }
    }

    fn give(&self, into: &mut Collector) -> Result<(), MdpTableError> {
        for name in &self.states.0 {
            into.state(name).map_err(MdpTableError::Form)?;
        }
        for name in &self.actions.0 {
            into.action(name).map_err(MdpTableError::Form)?;
        }
        for ((action, state), nexts) in &self.transitions {
            let (state_name, action_name) = (&self.states.0[*state as usize], &self.actions.0[*action as usize]);
            for (next, probability) in nexts {
                let row = WrittenOutcome {
                    state: state_name,
                    action: action_name,
                    probability: *probability,
                    next_state: &self.states.0[*next as usize],
                    reward: self.reward(*action, *state, *next),
                    terminal: false,
                };
                let place = || format!("state {state_name:?}, action {action_name:?}");
                into.row(row).map_err(|fault| MdpTableError::Row { place: place(), fault })?;
            }
        }
        for (state, probability) in self.start().into_iter().enumerate() {
            into.start(state as u32, probability).map_err(MdpTableError::Form)?;
        }
        Ok(())
    }

    /// The probability of each state to be the first.
    fn start(&self) -> Vec<f64> {
        let states = self.states.0.len();
        if self.start.is_empty() { vec![1.0 / states as f64; states] } else { self.start.clone() }
    }
}

struct Parser<'a> {
    tokens: Vec<(usize, &'a str)>,
    at: usize,
    file: File,
}

type Parsed<T = ()> = Result<T, MdpTableError>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).map(|(_, word)| *word)
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek();
        self.at += usize::from(word.is_some());
        word
    }

    /// A fault at the last token.
    fn fault(&self, fault: impl Into<String>) -> MdpTableError {
        let line = self.tokens.get(self.at.saturating_sub(1)).map_or(1, |(line, _)| *line);
        MdpTableError::Row { place: format!("line {line}"), fault: fault.into() }
    }

    fn colon(&mut self, after: &str) -> Parsed {
        if self.next() == Some(":") { Ok(()) } else { Err(self.fault(format!("a colon is missing after {after:?}"))) }
    }

    /// What follows a colon, if one comes next.
    fn after_colon(&mut self) -> Option<&'a str> {
        if self.peek() != Some(":") {
            return None;
        }
        self.at += 1;
        self.next()
    }

    /// Whether a statement begins here.
    fn at_statement(&self) -> bool {
        let after = self.tokens.get(self.at + 1).map(|(_, word)| *word);
        self.peek().is_some_and(|word| {
            STATEMENTS.contains(&word)
                && (after == Some(":") || word == "start" && matches!(after, Some("include" | "exclude")))
        })
    }

    fn words(&mut self) -> Vec<&'a str> {
        let mut words = Vec::new();
        while !self.at_statement()
            && let Some(word) = self.next()
        {
            words.push(word);
        }
        words
    }

    fn numbers(&mut self) -> Vec<f64> {
        let mut numbers = Vec::new();
        while let Some(number) = self.peek().and_then(|word| word.parse().ok()) {
            numbers.push(number);
            self.at += 1;
        }
        numbers
    }

    fn statement(&mut self, word: &'a str) -> Parsed {
        match word {
            "start" => self.start(),
            "discount" => self.colon(word).map(|()| drop(self.words())),
            "values" => {
                self.colon(word)?;
                match self.words()[..] {
                    ["reward"] => self.file.cost = false,
                    ["cost"] => self.file.cost = true,
                    _ => return Err(self.fault("values are reward or cost")),
                }
                Ok(())
            }
            "states" | "actions" | "observations" => {
                let names = self.names(word)?;
                match word {
                    "states" => self.file.states = names,
                    "actions" => self.file.actions = names,
                    _ => self.file.observations = names,
                }
                Ok(())
            }
            "T" => self.transitions(),
            "O" => self.observations(),
            "R" => self.rewards(),
            other => Err(self.no_statement(other)),
        }
    }

    fn no_statement(&self, word: &str) -> MdpTableError {
        self.fault(format!("{word:?} begins no statement; there are: {}", STATEMENTS.join(", ")))
    }

    fn names(&mut self, of: &str) -> Parsed<CassandraNames> {
        self.colon(of)?;
        let first = self.at;
        let words = self.words();
        if let Some(colon) = words.iter().position(|word| *word == ":") {
            self.at = first + colon;
            return Err(self.no_statement(if colon > 0 { words[colon - 1] } else { ":" }));
        }
        let count = if let [word] = words[..] { word.parse::<usize>().ok() } else { None };
        // More than there may be are refused by number, not made.
        let most = crate::model::MOST_STATES + 1;
        let names: Vec<String> = match count {
            Some(count) => (0..count.min(most)).map(|index| index.to_string()).collect(),
            None => words.into_iter().map(ToOwned::to_owned).collect(),
        };
        if names.is_empty() { Err(self.fault(format!("there are no {of}"))) } else { Ok(CassandraNames(names)) }
    }

    fn state(&self, word: &str) -> Parsed<u32> {
        self.file.states.number(word, "state").map_err(|fault| self.fault(fault))
    }

    fn action(&self, word: &str) -> Parsed<u32> {
        self.file.actions.number(word, "action").map_err(|fault| self.fault(fault))
    }

    fn observation(&self, word: &str) -> Parsed<u32> {
        self.file.observations.number(word, "observation").map_err(|fault| self.fault(fault))
    }

    fn start(&mut self) -> Parsed {
        let manner = self.peek().filter(|word| matches!(*word, "include" | "exclude"));
        self.at += usize::from(manner.is_some());
        self.colon("start")?;
        let words = self.words();
        let states = self.file.states.0.len();
        let numbers: Option<Vec<f64>> = words.iter().map(|word| word.parse().ok()).collect();
        if let Some(numbers) = numbers.filter(|it| manner.is_none() && it.len() == states && states > 1) {
            self.file.start = numbers;
            return Ok(());
        }
        let mut chosen = vec![manner == Some("exclude"); states];
        if words != ["uniform"] {
            for word in words {
                let state = self.state(word)?;
                for state in self.file.states.all(state) {
                    chosen[state as usize] = manner != Some("exclude");
                }
            }
            let count = chosen.iter().filter(|it| **it).count();
            if count == 0 {
                return Err(self.fault("no state to start in"));
            }
            self.file.start = chosen.into_iter().map(|it| f64::from(u8::from(it)) / count as f64).collect();
        }
        Ok(())
    }

    /// `T: action : state : next state` with a number, a row or a matrix behind it.
    fn transitions(&mut self) -> Parsed {
        self.colon("T")?;
        let states = self.file.states.0.len();
        let (action, state, next) = self.places()?;
        let rows = match (state, next) {
            (Some(state), Some(next)) => return self.single(true, action, state, next),
            (Some(state), None) => self.file.states.all(state),
            (None, _) => self.file.states.all(ANY),
        };
        let whole = state.is_none();
        let keyword = self.peek().filter(|word| matches!(*word, "uniform" | "identity" | "reset"));
        self.at += usize::from(keyword.is_some());
        let numbers = match keyword {
            None => self.exactly(if whole { states * states } else { states })?,
            Some("reset") => self.file.start(),
            Some(_) => vec![1.0 / states as f64; states],
        };
        for action in self.file.actions.all(action) {
            for state in rows.clone() {
                let first = if whole && keyword.is_none() { state as usize * states } else { 0 };
                let row = if keyword == Some("identity") {
                    BTreeMap::from([(state, 1.0)])
                } else {
                    let row = (0..).zip(numbers[first..first + states].iter().copied());
                    row.filter(|(_, probability)| *probability != 0.0).collect()
                };
                self.file.transitions.insert((action, state), row);
            }
        }
        Ok(())
    }

    /// `O: action : next state : observation` with a number, a row or a matrix behind it.
    fn observations(&mut self) -> Parsed {
        self.colon("O")?;
        let (states, seen) = (self.file.states.0.len(), self.file.observations.0.len());
        let word = self.next().unwrap_or_default();
        let action = self.action(word)?;
        let state = self.after_colon().map(|word| self.state(word)).transpose()?;
        if let (Some(state), Some(word)) = (state, self.after_colon()) {
            let observation = self.observation(word)?;
            return self.single(false, action, state, observation);
        }
        let whole = state.is_none();
        let numbers = if self.peek() == Some("uniform") {
            self.at += 1;
            vec![1.0 / seen as f64; if whole { states * seen } else { seen }]
        } else {
            self.exactly(if whole { states * seen } else { seen })?
        };
        for action in self.file.actions.all(action) {
            for state in self.file.states.all(state.unwrap_or(ANY)) {
                let first = if whole { state as usize * seen } else { 0 };
                let row = (0..).zip(numbers[first..first + seen].iter().copied()).collect();
                self.file.seen.insert((action, state), row);
            }
        }
        Ok(())
    }

    /// One probability of a transition, or of an observation.
    fn single(&mut self, is_transition: bool, action: u32, state: u32, to: u32) -> Parsed {
        let probability = self.exactly(1)?[0];
        let File { states, actions, observations, transitions, seen, .. } = &mut self.file;
        let (targets, map) = if is_transition { (&*states, transitions) } else { (&*observations, seen) };
        for action in actions.all(action) {
            for state in states.all(state) {
                let row = map.entry((action, state)).or_default();
                row.extend(targets.all(to).map(|to| (to, probability)));
            }
        }
        Ok(())
    }

    /// `R: action : state : next state : observation` with a number, a row or a matrix behind it.
    fn rewards(&mut self) -> Parsed {
        self.colon("R")?;
        let (states, seen) = (self.file.states.0.len() as u32, self.file.observations.0.len() as u32);
        let (action, state, next) = self.places()?;
        let observation = match next {
            Some(_) => self.after_colon().map(|word| self.observation(word)).transpose()?,
            None => None,
        };
        let numbers = self.numbers();
        let count = numbers.len() as u32;
        let pair = [action, state.unwrap_or(ANY)];
        let set = |latest: &mut Latest, key: [u32; 2], value| latest.set([pair[0], pair[1], key[0], key[1]], value);
        let latest = &mut self.file.rewards;
        let mut values = (0..).zip(numbers);
        match (state, next, observation) {
            (Some(_), Some(next), observation) if count == 1 => {
                values.for_each(|(_, value)| set(latest, [next, observation.unwrap_or(ANY)], value));
            }
            (Some(_), Some(next), None) if count == seen => {
                values.for_each(|(it, value)| set(latest, [next, it], value));
            }
            (Some(_), None, _) if count == states => values.for_each(|(it, value)| set(latest, [it, ANY], value)),
            (Some(_), None, _) if count == states * seen => {
                values.for_each(|(it, value)| set(latest, [it / seen, it % seen], value));
            }
            (None, _, _) if count == states * states => {
                values.for_each(|(it, value)| latest.set([action, it / states, it % states, ANY], value));
            }
            _ => {
                let _ = values.next();
                return Err(self.fault(format!(
                    "{count} rewards; there must be one behind R: action : state : next state, {states} behind R: \
                     action : state, or {} behind R: action",
                    states * states
                )));
            }
        }
        Ok(())
    }

    /// `action : state : next state`, of which the later ones may be missing.
    fn places(&mut self) -> Parsed<(u32, Option<u32>, Option<u32>)> {
        let word = self.next().unwrap_or_default();
        let action = self.action(word)?;
        let state = self.after_colon().map(|word| self.state(word)).transpose()?;
        let next = match state {
            Some(_) => self.after_colon().map(|word| self.state(word)).transpose()?,
            None => None,
        };
        Ok((action, state, next))
    }

    fn exactly(&mut self, count: usize) -> Parsed<Vec<f64>> {
        let numbers = self.numbers();
        if numbers.len() == count {
            Ok(numbers)
        } else {
            Err(self.fault(format!("{} numbers instead of {count}", numbers.len())))
        }
    }
}
