//! Actions: what an environment takes, one action of it, and the actions of a recorded episode.

use crate::column::Column;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One entry of a box action: a number within its bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionEntry {
    /// Name, lower case.
    pub name: String,
    /// Least value.
    pub low: f32,
    /// Greatest value.
    pub high: f32,
}

impl ActionEntry {
    /// An entry by its name and its bounds.
    #[inline(never)]
    pub fn new(name: &str, low: f32, high: f32) -> Self {
        Self { name: name.into(), low, high }
    }
}

/// What an environment takes as an action.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionSpace {
    /// One of so many actions, numbered from 0.
    Discrete(u16),
    /// A vector of one number an entry.
    Box(Vec<ActionEntry>),
}

/// An action that an action space does not have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ActionError {
    /// A number of a discrete action that there is not.
    #[error("there is no action {action}; this environment has {count}, numbered from 0")]
    Unknown {
        /// The action.
        action: u16,
        /// How many there are.
        count: u16,
    },
    /// An action of another kind of space.
    #[error("this environment takes {wanted}, not {given}")]
    OtherSpace {
        /// What it takes.
        wanted: String,
        /// What was given.
        given: String,
    },
    /// A number that is none, or lies outside its bounds.
    #[error("{name} must be a number from {low} to {high}, not {value}")]
    OutOfRange {
        /// The entry.
        name: String,
        /// What was given.
        value: f32,
        /// Least value.
        low: f32,
        /// Greatest value.
        high: f32,
    },
}

impl ActionSpace {
    /// Number of discrete actions; 0 of a box.
    pub const fn count(&self) -> u16 {
        match self {
            Self::Discrete(count) => *count,
            Self::Box(_) => 0,
        }
    }

    /// Numbers in a box action; 0 of a discrete one.
    pub const fn entries(&self) -> usize {
        match self {
            Self::Discrete(_) => 0,
            Self::Box(entries) => entries.len(),
        }
    }

    /// Whether an action belongs to this space; the error names what does not and what would.
    pub fn check(&self, action: ActionRef<'_>) -> Result<(), ActionError> {
        match (self, action) {
            (Self::Discrete(count), ActionRef::Discrete(action)) if action < *count => Ok(()),
            (Self::Discrete(count), ActionRef::Discrete(action)) => Err(ActionError::Unknown { action, count: *count }),
            (Self::Box(entries), ActionRef::Box(values)) if entries.len() == values.len() => {
                let outside = entries.iter().zip(values).find(|(it, value)| !(it.low..=it.high).contains(value));
                outside.map_or(Ok(()), |(entry, value)| {
                    let ActionEntry { name, low, high } = entry.clone();
                    Err(ActionError::OutOfRange { name, value: *value, low, high })
                })
            }
            (_, given) => {
                Err(ActionError::OtherSpace { wanted: self.to_string(), given: ActionSpace::words_of(given) })
            }
        }
    }

    /// Whether a recorded episode's actions belong to this space.
    pub fn check_all(&self, actions: &Actions) -> Result<(), ActionError> {
        let other = |given: String| Err(ActionError::OtherSpace { wanted: self.to_string(), given });
        match (self, actions) {
            // An episode that has not begun, which has no kind of actions yet.
            _ if actions.is_empty() => Ok(()),
            (Self::Box(_), Actions::Discrete(_)) => other("recorded discrete actions".into()),
            (Self::Discrete(_), Actions::Box { entries, .. }) => other(format!("recorded boxes of {entries} numbers")),
            _ => actions.iter().try_for_each(|action| self.check(action)),
        }
    }

    fn words_of(given: ActionRef<'_>) -> String {
        match given {
            ActionRef::Discrete(action) => format!("the discrete action {action}"),
            ActionRef::Box(values) => format!("a box of {} numbers", values.len()),
        }
    }
}

impl fmt::Display for ActionSpace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discrete(count) => write!(formatter, "one of {count} discrete actions"),
            Self::Box(entries) => {
                let names: Vec<_> =
                    entries.iter().map(|it| format!("{} from {} to {}", it.name, it.low, it.high)).collect();
                write!(formatter, "a box of {} numbers ({})", entries.len(), names.join(", "))
            }
        }
    }
}

/// One action.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A discrete one by its number.
    Discrete(u16),
    /// One number an entry of the box.
    Box(Vec<f32>),
}

impl Action {
    /// The action by reference.
    pub fn as_ref(&self) -> ActionRef<'_> {
        match self {
            Self::Discrete(action) => ActionRef::Discrete(*action),
            Self::Box(values) => ActionRef::Box(values),
        }
    }
}

/// One action by reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ActionRef<'a> {
    /// A discrete one by its number.
    Discrete(u16),
    /// One number an entry of the box.
    Box(&'a [f32]),
}

impl ActionRef<'_> {
    /// The action itself.
    pub fn to_action(self) -> Action {
        match self {
            Self::Discrete(action) => Action::Discrete(action),
            Self::Box(values) => Action::Box(values.to_vec()),
        }
    }
}

/// The actions of an episode, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Actions {
    /// Discrete ones by their numbers.
    Discrete(Vec<u16>),
    /// Boxes, one after the other.
    Box {
        /// Numbers in one action, at least 1.
        entries: usize,
        /// `[actions, entries]`.
        values: Vec<f32>,
    },
}

impl Default for Actions {
    fn default() -> Self {
        Self::Discrete(Vec::new())
    }
}

impl Actions {
    /// The actions by reference.
    pub fn as_ref(&self) -> ActionsRef<'_> {
        match self {
            Self::Discrete(actions) => ActionsRef::Discrete(actions),
            Self::Box { entries, values } => ActionsRef::Box { entries: *entries, values },
        }
    }

    /// Number of actions.
    pub fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The actions in order.
    pub fn iter(&self) -> ActionsIter<'_> {
        self.as_ref().into_iter()
    }

    /// An action by its place.
    pub fn get(&self, place: usize) -> Option<ActionRef<'_>> {
        self.as_ref().get(place)
    }
}

/// The actions of an episode by reference, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ActionsRef<'a> {
    /// Discrete ones by their numbers.
    Discrete(&'a [u16]),
    /// Boxes, one after the other.
    Box {
        /// Numbers in one action, at least 1.
        entries: usize,
        /// `[actions, entries]`.
        values: &'a [f32],
    },
}

impl<'a> ActionsRef<'a> {
    /// Number of actions.
    pub const fn len(self) -> usize {
        match self {
            Self::Discrete(actions) => actions.len(),
            Self::Box { entries, values } => values.len() / entries,
        }
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// An action by its place.
    pub fn get(self, place: usize) -> Option<ActionRef<'a>> {
        match self {
            Self::Discrete(actions) => actions.get(place).copied().map(ActionRef::Discrete),
            Self::Box { entries, values } => values.get(place * entries..(place + 1) * entries).map(ActionRef::Box),
        }
    }

    /// The actions themselves.
    pub fn to_actions(self) -> Actions {
        match self {
            Self::Discrete(actions) => Actions::Discrete(actions.to_vec()),
            Self::Box { entries, values } => Actions::Box { entries, values: values.to_vec() },
        }
    }
}

impl<'a> IntoIterator for ActionsRef<'a> {
    type Item = ActionRef<'a>;
    type IntoIter = ActionsIter<'a>;
    fn into_iter(self) -> ActionsIter<'a> {
        ActionsIter { actions: self, next: 0 }
    }
}

impl<'a> IntoIterator for &'a Actions {
    type Item = ActionRef<'a>;
    type IntoIter = ActionsIter<'a>;
    fn into_iter(self) -> ActionsIter<'a> {
        self.iter()
    }
}

/// Goes through the actions of an episode.
#[derive(Clone, Debug)]
pub struct ActionsIter<'a> {
    actions: ActionsRef<'a>,
    next: usize,
}

impl<'a> Iterator for ActionsIter<'a> {
    type Item = ActionRef<'a>;
    fn next(&mut self) -> Option<ActionRef<'a>> {
        let action = self.actions.get(self.next)?;
        self.next += 1;
        Some(action)
    }
}

/// Recorded boxes as they cross a wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BoxColumn {
    /// Numbers in one action.
    entries: u32,
    /// `[actions, entries]`.
    values: Column<f32>,
}

/// Recorded actions as they cross a wire: a column of bytes, unless a number does not fit into one or they are boxes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ActionColumns {
    pub(crate) narrow: Column<u8>,
    pub(crate) wide: Column<u16>,
    pub(crate) boxes: Option<BoxColumn>,
}

/// Columns that are not the actions of one episode.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum ColumnsError {
    #[error("recorded actions come in one of three columns, not in several")]
    Several,
    #[error("{values} numbers are not boxes of {entries}")]
    Boxes { values: usize, entries: u32 },
}

impl From<Actions> for ActionColumns {
    fn from(actions: Actions) -> Self {
        match actions {
            Actions::Discrete(actions) => {
                match actions.iter().map(|action| u8::try_from(*action)).collect::<Result<_, _>>() {
                    Ok(narrow) => Self { narrow, ..Self::default() },
                    Err(_) => Self { wide: Column(actions), ..Self::default() },
                }
            }
            Actions::Box { entries, values } => {
                let boxes = Some(BoxColumn { entries: entries as u32, values: Column(values) });
                Self { boxes, ..Self::default() }
            }
        }
    }
}

impl TryFrom<ActionColumns> for Actions {
    type Error = ColumnsError;

    fn try_from(ActionColumns { narrow, wide, boxes }: ActionColumns) -> Result<Self, ColumnsError> {
        let given = [!narrow.is_empty(), !wide.is_empty(), boxes.is_some()];
        if given.into_iter().filter(|it| *it).count() > 1 {
            return Err(ColumnsError::Several);
        }
        match boxes {
            Some(BoxColumn { entries, values: Column(values) }) => {
                if entries == 0 || !values.len().is_multiple_of(entries as usize) {
                    return Err(ColumnsError::Boxes { values: values.len(), entries });
                }
                Ok(Self::Box { entries: entries as usize, values })
            }
            None if wide.is_empty() => Ok(Self::Discrete(narrow.iter().map(|action| u16::from(*action)).collect())),
            None => Ok(Self::Discrete(wide.0)),
        }
    }
}
