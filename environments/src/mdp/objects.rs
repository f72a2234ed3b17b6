//! MDPs as JSON: rows in a list or one a line, Gymnasium's `P`, matrices, and what `terrarium model --json` prints.

use super::delimited::{MdpColumn, columns};
use super::matrices::{self, Matrices};
use super::table::{Collector, FORMS, MdpTableError, WrittenOutcome};
use crate::number;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use shared::json;
use shared::number::may_be_thousands;
use std::fmt;

/// Reads any of these.
pub(super) fn read(text: &str, into: &mut Collector) -> Result<(), MdpTableError> {
    let whole = JsonPart { whole: text, text };
    if text.trim_start().starts_with('{') {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<JsonEntries<'_>>();
        let first = values.next().transpose().map_err(|error| whole.fault(&error))?;
        let JsonEntries(entries) = first.unwrap_or_default();
        let is_value = |raw: &RawValue| !raw.get().starts_with('{') && depth(raw.get()) < 2;
        let names = |column: &MdpColumn| {
            entries.iter().any(|(name, raw)| MdpColumn::named(name) == Some(*column) && is_value(raw))
        };
        if [MdpColumn::State, MdpColumn::Action, MdpColumn::NextState].iter().filter(|it| names(it)).count() > 1 {
            return rows_one_a_line(whole, into);
        }
        if values.next().is_some() {
            return Err(refused("more than one object"));
        }
        let is_by_columns =
            entries.iter().any(|(name, _)| name == "data" || MdpColumn::named(name) == Some(MdpColumn::NextState));
        let read = object(whole, &entries, into);
        return read.map_err(|fault| if is_by_columns { refused("a table by columns") } else { fault });
    }
    match depth(text) {
        1 | 2 => whole.read(RowList(into)),
        3 => Err(refused("transition probabilities without rewards; give both as {\"P\": ..., \"R\": ...}")),
        _ => outcomes(whole, [&[], &[]], &[], into),
    }
}

/// A part of a text, which knows its place in the whole.
#[derive(Clone, Copy, Debug)]
struct JsonPart<'a> {
    whole: &'a str,
    text: &'a str,
}

impl<'a> JsonPart<'a> {
    fn of(self, raw: &'a RawValue) -> Self {
        Self { text: raw.get(), ..self }
    }

    fn read<T>(self, seed: impl DeserializeSeed<'a, Value = T>) -> Result<T, MdpTableError> {
        let mut json = serde_json::Deserializer::from_str(self.text);
        let value = seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value));
        value.map_err(|error| self.fault(&error))
    }

    fn get<T: Deserialize<'a>>(self) -> Result<T, MdpTableError> {
        self.read(std::marker::PhantomData)
    }

    /// A fault with its line in the whole text.
    fn fault(self, error: &serde_json::Error) -> MdpTableError {
        let before = self.text.as_ptr() as usize - self.whole.as_ptr() as usize;
        let lines = self.whole.get(..before).unwrap_or_default().matches('\n').count();
        let text = self.text.as_bytes();
        let fault = match json::explanation(text, error) {
            Some(words) => words,
            None if error.is_data() => json::words(text, error),
            // What is no JSON may be meant as another form.
            None => format!("{}. {FORMS}", json::words(text, error)),
        };
        MdpTableError::Row { place: format!("line {}", lines + error.line().max(1)), fault }
    }
}

fn refused(what: &str) -> MdpTableError {
    MdpTableError::Form(format!("this is {what}. {FORMS}"))
}

/// How many lists a text opens before anything else.
fn depth(text: &str) -> usize {
    text.chars().filter(|letter| !letter.is_whitespace()).take_while(|letter| *letter == '[').count()
}

/// The entries of a map in their order, unread.
#[derive(Default)]
struct JsonEntries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for JsonEntries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = JsonEntries<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonEntries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(JsonEntries(entries))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

/// A name: a text, a number, true or false, or a tuple of these.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Name;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name or a number")
            }
            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(name.to_owned()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Name, E> {
                Ok(Name(number.to_string()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Name, E> {
                Ok(Name(number.to_string()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Name, E> {
                Ok(Name(number.to_string()))
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Name, E> {
                Ok(Name(flag.to_string()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Name, A::Error> {
                let mut parts = Vec::new();
                while let Some(Name(part)) = list.next_element()? {
                    parts.push(part);
                }
                Ok(Name(format!("({})", parts.join(", "))))
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

/// A number, perhaps in quotes.
struct JsonNumber(f64);

impl<'de> Deserialize<'de> for JsonNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = JsonNumber;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number")
            }
            fn visit_i64<E>(self, number: i64) -> Result<JsonNumber, E> {
                Ok(JsonNumber(number as f64))
            }
            fn visit_u64<E>(self, number: u64) -> Result<JsonNumber, E> {
                Ok(JsonNumber(number as f64))
            }
            fn visit_f64<E>(self, number: f64) -> Result<JsonNumber, E> {
                Ok(JsonNumber(number))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<JsonNumber, E> {
                if may_be_thousands(text) {
                    let words =
                        format!("the comma of {text:?} may stand before thousands or before decimals: write a number");
                    return Err(E::custom(words));
                }
                let number = number::read(text).ok_or_else(|| E::custom(format!("{text:?} is not a number")))?;
                let is_too_large = number.is_infinite() && text.contains(|letter: char| letter.is_ascii_digit());
                if is_too_large { Err(E::custom(json::beyond(text.trim()))) } else { Ok(JsonNumber(number)) }
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

/// Yes or no, perhaps as a number or nothing.
struct Flag(bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = Flag;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("true or false")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Flag, E> {
                if number > 1 {
                    return Err(E::invalid_value(de::Unexpected::Unsigned(number), &self));
                }
                Ok(Flag(number == 1))
            }
            fn visit_unit<E>(self) -> Result<Flag, E> {
                Ok(Flag(false))
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

/// One row.
struct JsonRow {
    state: Name,
    action: Name,
    probability: JsonNumber,
    next_state: Name,
    reward: JsonNumber,
    terminal: Flag,
}

impl JsonRow {
    fn written(&self) -> WrittenOutcome<'_> {
        WrittenOutcome {
            state: &self.state.0,
            action: &self.action.0,
            probability: self.probability.0,
            next_state: &self.next_state.0,
            reward: self.reward.0,
            terminal: self.terminal.0,
        }
    }
}

impl<'de> Deserialize<'de> for JsonRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = JsonRow;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "a row of {}", columns())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonRow, A::Error> {
                let (mut state, mut action, mut next_state) = (None, None, None);
                let (mut probability, mut reward, mut terminal) = (None, None, None);
                while let Some(key) = map.next_key::<String>()? {
                    let column = MdpColumn::named(&key);
                    let again = match column {
                        Some(MdpColumn::State) => state.replace(map.next_value()?).is_some(),
                        Some(MdpColumn::Action) => action.replace(map.next_value()?).is_some(),
                        Some(MdpColumn::NextState) => next_state.replace(map.next_value()?).is_some(),
                        Some(MdpColumn::Probability) => probability.replace(map.next_value()?).is_some(),
                        Some(MdpColumn::Reward) => reward.replace(map.next_value()?).is_some(),
                        Some(MdpColumn::Terminal) => terminal.replace(map.next_value()?).is_some(),
                        None => {
                            let words = format!("there is no column {key:?}; there are: {}", columns());
                            return Err(de::Error::custom(words));
                        }
                    };
                    if again {
                        return Err(de::Error::custom(format!("the row has two of {key:?}")));
                    }
                }
                let needed = |name: Option<Name>, column: &'static str| {
                    name.ok_or_else(|| de::Error::custom(format!("the row has no {column}")))
                };
                Ok(JsonRow {
                    state: needed(state, "state")?,
                    action: needed(action, "action")?,
                    probability: probability.unwrap_or(JsonNumber(1.0)),
                    next_state: needed(next_state, "next_state")?,
                    reward: reward.unwrap_or(JsonNumber(0.0)),
                    terminal: terminal.unwrap_or(Flag(false)),
                })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<JsonRow, A::Error> {
                let short = |count: usize| de::Error::invalid_length(count, &Visit);
                let row = JsonRow {
                    state: list.next_element()?.ok_or_else(|| short(0))?,
                    action: list.next_element()?.ok_or_else(|| short(1))?,
                    probability: list.next_element()?.ok_or_else(|| short(2))?,
                    next_state: list.next_element()?.ok_or_else(|| short(3))?,
                    reward: list.next_element()?.ok_or_else(|| short(4))?,
                    terminal: list.next_element()?.unwrap_or(Flag(false)),
                };
                if list.next_element::<IgnoredAny>()?.is_some() { Err(short(7)) } else { Ok(row) }
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

/// Rows in a list, each taken as it comes.
struct RowList<'a>(&'a mut Collector);

impl<'de> DeserializeSeed<'de> for RowList<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowList<'_> {
    type Value = ();
    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element::<JsonRow>()? {
            self.0.row(row.written()).map_err(de::Error::custom)?;
        }
        Ok(())
    }
}

fn rows_one_a_line(json: JsonPart<'_>, into: &mut Collector) -> Result<(), MdpTableError> {
    let mut rows = serde_json::Deserializer::from_str(json.text).into_iter::<JsonRow>();
    loop {
        let before = rows.byte_offset();
        let Some(row) = rows.next() else { return Ok(()) };
        let row = row.map_err(|error| json.fault(&error))?;
        into.row(row.written()).map_err(|fault| {
            let begins = json.text[before..].find('{').unwrap_or(0);
            let line = json.text[..before + begins].matches('\n').count() + 1;
            MdpTableError::Row { place: format!("line {line}"), fault }
        })?;
    }
}

/// An object that is a model: `P` itself, or one that has it beside rewards, names and starts.
fn object(json: JsonPart<'_>, entries: &[(String, &RawValue)], into: &mut Collector) -> Result<(), MdpTableError> {
    let get = |names: &[&str]| {
        let found = entries.iter().find(|(name, _)| names.contains(&name.to_ascii_lowercase().as_str()));
        found.map(|(_, raw)| json.of(raw))
    };
    let Some(transitions) = get(&["p", "t", "transitions", "transition_probabilities"]) else {
        return outcomes(json, [&[], &[]], &[], into);
    };
    let known = [
        "p",
        "t",
        "transitions",
        "transition_probabilities",
        "r",
        "rewards",
        "reward",
        "states",
        "state_names",
        "actions",
        "action_names",
        "start",
        "terminal",
        "terminals",
        "legal",
        "environment",
        "gamma",
        "discount",
    ];
    if let Some((name, _)) = entries.iter().find(|(name, _)| !known.contains(&name.to_ascii_lowercase().as_str())) {
        return Err(refused(&format!("a model with {name:?}; known are {}", known.join(", "))));
    }
    // The number of them says nothing new; a list names them.
    let names = |part: Option<JsonPart<'_>>| match part {
        Some(part) if part.text.starts_with('[') => {
            Ok(part.get::<Vec<Name>>()?.into_iter().map(|Name(name)| name).collect())
        }
        _ => Ok(Vec::new()),
    };
    let (mut states, mut actions): (Vec<String>, Vec<String>) = (names(get(&["states"]))?, names(get(&["actions"]))?);
    if states.is_empty() {
        states = names(get(&["state_names"]))?;
    }
    if actions.is_empty() {
        actions = names(get(&["action_names"]))?;
    }
    let rewards = get(&["r", "rewards", "reward"]);
    // Three lists that hold nothing are the outcomes of an action that is not legal.
    let is_empty = transitions.text.chars().find(|it| *it != '[' && !it.is_whitespace()) == Some(']');
    if depth(transitions.text) == 3 && !is_empty {
        let Some(rewards) = rewards else {
            return Err(refused("transition probabilities without rewards; \"R\" would hold them"));
        };
        let terminal: Vec<String> = names(get(&["terminal", "terminals"]))?;
        let matrices = Matrices { transitions: transitions.get()?, rewards: read_rewards(rewards)?, terminal };
        matrices::read(&matrices, &states, &actions, into)?;
    } else {
        let legal = get(&["legal"]).map(JsonPart::get::<Vec<Vec<u8>>>).transpose()?.unwrap_or_default();
        for name in &states {
            into.state(name).map_err(MdpTableError::Form)?;
        }
        for name in &actions {
            into.action(name).map_err(MdpTableError::Form)?;
        }
        // Outcomes say by themselves what they bring and whether they are the end.
        if let Some(unused) =
            ["r", "rewards", "reward", "terminal", "terminals"].into_iter().find(|it| get(&[*it]).is_some())
        {
            return Err(MdpTableError::Form(format!(
                "{unused:?} has no effect beside outcomes such as [1, \"b\", 5, true], which say what they bring and whether the episode \
                 ends; leave it out, or give probabilities as matrices"
            )));
        }
        outcomes(transitions, [&states, &actions], &legal, into)?;
    }
    match get(&["start"]) {
        Some(start) => {
            let listed = transitions.text.trim_start().starts_with('[');
            let are_named = get(&["states"]).is_some_and(|it| it.text.starts_with('['));
            starts(start, listed && !are_named, into)
        }
        None => Ok(()),
    }
}

fn read_rewards(part: JsonPart<'_>) -> Result<matrices::RewardMatrices, MdpTableError> {
    Ok(match depth(part.text) {
        1 => matrices::RewardMatrices::State(part.get()?),
        2 => matrices::RewardMatrices::Pair(part.get()?),
        _ => matrices::RewardMatrices::Transition(part.get()?),
    })
}

/// A state's name, probabilities of all states, or pairs of a state and its probability. Where transitions are lists, as
/// `terrarium model --json` prints them, a number is a state's place among them, as it is there; elsewhere it is a name if a state
/// is called so.
fn starts(part: JsonPart<'_>, by_place: bool, into: &mut Collector) -> Result<(), MdpTableError> {
    let shares: Vec<(JsonPart<'_>, f64)> = match depth(part.text) {
        0 => vec![(part, 1.0)],
        1 => {
            let shares = part.get::<Vec<JsonNumber>>()?;
            let (count, states) = (shares.len(), into.state_count());
            if count > 0 && count != states {
                return Err(MdpTableError::Form(format!(
                    "\"start\" has {count} probabilities for {states} states; it is one for every state, the name of a state, or \
                     pairs such as [[\"a\", 0.5], [\"b\", 0.5]]"
                )));
            }
            for (state, JsonNumber(share)) in (0..).zip(shares) {
                into.start(state, share).map_err(MdpTableError::Form)?;
            }
            return Ok(());
        }
        _ => {
            let pairs = part.get::<Vec<(&RawValue, JsonNumber)>>()?;
            pairs.into_iter().map(|(state, JsonNumber(share))| (part.of(state), share)).collect()
        }
    };
    for (state, share) in shares {
        let by_place = by_place && !state.text.trim_start().starts_with('"');
        let known = into.known_state(&state.get::<Name>()?.0, by_place);
        let state = known.map_err(|fault| MdpTableError::Form(format!("\"start\": {fault}")))?;
        into.start(state, share).map_err(MdpTableError::Form)?;
    }
    Ok(())
}

/// `P[state][action]`, a list of (probability, next state, reward, terminated), as maps or as lists. In lists, states
/// and actions are numbers, which these names may stand for.
fn outcomes(
    json: JsonPart<'_>,
    [state_names, action_names]: [&[String]; 2],
    legal: &[Vec<u8>],
    into: &mut Collector,
) -> Result<(), MdpTableError> {
    let numbered = json.text.trim_start().starts_with('[');
    let named = |name: String| {
        let index = Some(&name).filter(|_| numbered).and_then(|name| name.parse::<usize>().ok());
        index.and_then(|index| state_names.get(index).cloned()).unwrap_or(name)
    };
    let is_short = |names: &[String], count: usize| !names.is_empty() && names.len() < count;
    let lists = keyed(json)?;
    if numbered && is_short(state_names, lists.len()) {
        let (names, count) = (state_names.len(), lists.len());
        return Err(MdpTableError::Form(format!(
            "\"states\" names {names} of {count} states; name all of them, or none"
        )));
    }
    let states: Vec<_> = lists.into_iter().map(|(state, part)| (named(state), part)).collect();
    for (state, _) in &states {
        into.state(state).map_err(MdpTableError::Form)?;
    }
    for (index, (state, of_state)) in states.into_iter().enumerate() {
        let listed = of_state.text.trim_start().starts_with('[');
        let of_state = keyed(of_state)?;
        if listed && is_short(action_names, of_state.len()) {
            let (names, count) = (action_names.len(), of_state.len());
            return Err(MdpTableError::Form(format!(
                "\"actions\" names {names} of {count} actions of state {state:?}; name all of them, or none"
            )));
        }
        for (number, (action, of_action)) in of_state.into_iter().enumerate() {
            if legal.get(index).is_some_and(|legal| !legal.contains(&(number as u8))) {
                continue;
            }
            let action = action_names.get(number).filter(|_| listed).unwrap_or(&action);
            for JsonOutcome { probability, next_state, reward, terminal } in of_action.get::<Vec<JsonOutcome>>()? {
                let (probability, reward, next_state) = (probability.0, reward.0, &named(next_state.0));
                let row = WrittenOutcome { state: &state, action, probability, next_state, reward, terminal };
                let place = || format!("state {state:?}, action {action:?}");
                into.row(row).map_err(|fault| MdpTableError::Row { place: place(), fault })?;
            }
        }
    }
    Ok(())
}

/// The entries of a map, or of a list by their place, unread.
fn keyed(part: JsonPart<'_>) -> Result<Vec<(String, JsonPart<'_>)>, MdpTableError> {
    if part.text.trim_start().starts_with('{') {
        return Ok(part.get::<JsonEntries<'_>>()?.0.into_iter().map(|(name, raw)| (name, part.of(raw))).collect());
    }
    let list = part.get::<Vec<&RawValue>>()?;
    Ok(list.into_iter().enumerate().map(|(index, raw)| (index.to_string(), part.of(raw))).collect())
}

struct JsonOutcome {
    probability: JsonNumber,
    next_state: Name,
    reward: JsonNumber,
    terminal: bool,
}

impl<'de> Deserialize<'de> for JsonOutcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = JsonOutcome;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an outcome (probability, next state, reward, terminated)")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<JsonOutcome, A::Error> {
                let short = |count: usize| de::Error::invalid_length(count, &Visit);
                let outcome = JsonOutcome {
                    probability: list.next_element()?.ok_or_else(|| short(0))?,
                    next_state: list.next_element()?.ok_or_else(|| short(1))?,
                    reward: list.next_element()?.ok_or_else(|| short(2))?,
                    terminal: list.next_element::<Flag>()?.is_some_and(|Flag(terminal)| terminal),
                };
                // What else is said of it, such as the reason of its end.
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(outcome)
            }
        }
        deserializer.deserialize_seq(Visit)
    }
}
