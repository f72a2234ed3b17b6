//! Descriptions: what a page needs to show an environment and an agent that it has no code for.

use crate::action::{Action, ActionEntry, ActionRef, ActionSpace};
use crate::column::Column;
use crate::parameter::{ParameterError, ParameterKind, ParameterSpec, Parameters, Preset, Value, settle};
use serde::{Deserialize, Serialize};

/// One action of an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionDescription {
    /// Name, lower case.
    pub name: String,
    /// The key that plays it, as `KeyboardEvent.key` names it.
    pub key: String,
    /// Direction of its arrow on the stage (x to the right, y down), for actions that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrow: Option<(f32, f32)>,
    /// What it stands for where actions are a box: one number a control.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<f32>,
}

impl ActionDescription {
    /// An action by its name and its key.
    #[inline(never)]
    pub fn new(name: &str, key: &str, arrow: Option<(f32, f32)>) -> Self {
        Self { name: name.into(), key: key.into(), arrow, values: Vec::new() }
    }

    /// The same as a name for a box action.
    #[must_use]
    pub fn standing_for(mut self, values: &[f32]) -> Self {
        self.values = values.to_vec();
        self
    }
}

/// Where the states stand on the stage, in scene units, so that values can be painted over them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateLayout {
    /// State `y * columns + x` is the cell (x, y) of a grid that fills the scene.
    Grid {
        /// Cells in a row.
        columns: u32,
        /// Rows.
        rows: u32,
    },
    /// State `i` is drawn as a box around `centres[i]`. Several in a row with one centre are slices: the one beside the agent's state is
    /// drawn. A state whose centre lies left of the scene is not.
    Boxes {
        /// Centres in scene units.
        centres: Vec<(f32, f32)>,
        /// Width and height of a box in scene units.
        size: (f32, f32),
    },
}

/// One entry of the observation vector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservationDescription {
    /// Name of the entry.
    pub name: String,
    /// Least value.
    pub low: f32,
    /// Greatest value.
    pub high: f32,
}

impl ObservationDescription {
    /// An entry by its name and its bounds.
    #[inline(never)]
    pub fn new(name: &str, low: f32, high: f32) -> Self {
        Self { name: name.into(), low, high }
    }
}

/// An observation that is a board: planes of cells, one a channel, which follow each other, each row by row from the upper
/// left, `[channels][rows][columns]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservationBoard {
    /// What each plane tells.
    pub channels: Vec<String>,
    /// Cells from top to bottom.
    pub rows: u32,
    /// Cells from left to right.
    pub columns: u32,
    /// Its upper left corner on the stage, in scene units; a cell is a unit wide and high.
    pub corner: (f32, f32),
}

impl ObservationBoard {
    /// The entries of such an observation, each from 0 to 1: `apple 3,4` is column 3 of row 4, from 0.
    pub fn entries(&self) -> Vec<ObservationDescription> {
        let cells = (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| (column, row)));
        let plane = |channel: &String| {
            let entry = |(column, row)| ObservationDescription::new(&format!("{channel} {column},{row}"), 0.0, 1.0);
            cells.clone().map(entry).collect::<Vec<_>>()
        };
        self.channels.iter().flat_map(plane).collect()
    }
}

/// Names as descriptions hold them.
pub fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// An environment as built from its spec.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentDescription {
    /// Registered id.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// One line on what this very environment is, e.g. `5 x 5`.
    pub subtitle: String,
    /// Discrete actions, by index. Where actions are a box: named ones of it, for keys and buttons.
    pub actions: Vec<ActionDescription>,
    /// The entries of a box action; none where actions are discrete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<ActionEntry>,
    /// Named reasons for an episode's end, by index. Truncation by the step limit is one of them.
    pub outcomes: Vec<String>,
    /// Names of what an episode counts beside return and length, by index.
    #[serde(default)]
    pub counters: Vec<String>,
    /// Entries of the observation vector.
    pub observation: Vec<ObservationDescription>,
    /// How they form a board, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<ObservationBoard>,
    /// Number of discrete states, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub states: Option<u32>,
    /// Names of the states by index, where whoever made the environment named them; empty elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub state_names: Vec<String>,
    /// The legal actions of every state as bits, action 0 lowest, none where an episode has always ended; empty where
    /// every action is legal in every state.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub legal_actions: Column<u64>,
    /// Where states stand on the stage, where they do; without states the places of a plane through what is observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<StateLayout>,
    /// Steps after which an episode is truncated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_limit: Option<u32>,
}

fn is_empty(column: &Column<u64>) -> bool {
    column.0.is_empty()
}

impl EnvironmentDescription {
    /// Whether an action is legal in a state; true where nothing is said of the state.
    pub fn is_legal(&self, state: usize, action: usize) -> bool {
        self.legal_actions.get(state).is_none_or(|bits| action < 64 && bits >> action & 1 == 1)
    }

    /// What people call a state: its name where it has one, its index elsewhere.
    pub fn state_name(&self, state: usize) -> String {
        self.state_names.get(state).cloned().unwrap_or_else(|| state.to_string())
    }

    /// What a discrete action is called: its name, or its number where it has none.
    pub fn action_name(&self, action: u16) -> String {
        let known = self.actions.get(usize::from(action));
        known.map_or_else(|| format!("action {action}"), |it| it.name.clone())
    }

    /// What the environment takes as an action.
    pub fn action_space(&self) -> ActionSpace {
        if self.controls.is_empty() {
            return ActionSpace::Discrete(self.actions.len() as u16);
        }
        ActionSpace::Box(self.controls.clone())
    }

    /// The action that one of [`Self::actions`] stands for, by its index.
    pub fn action(&self, index: u16) -> Option<Action> {
        let described = self.actions.get(usize::from(index))?;
        Some(if self.controls.is_empty() { Action::Discrete(index) } else { Action::Box(described.values.clone()) })
    }

    /// An action in words: its name where it has one, otherwise the numbers of its controls.
    pub fn name_of(&self, action: ActionRef<'_>) -> String {
        let named = match action {
            ActionRef::Discrete(index) => self.actions.get(usize::from(index)),
            ActionRef::Box(values) => self.actions.iter().find(|it| it.values == values),
        };
        if let Some(named) = named {
            return named.name.clone();
        }
        match action {
            ActionRef::Discrete(index) => index.to_string(),
            ActionRef::Box(values) => {
                let names = self.controls.iter().map(|it| it.name.as_str()).chain(std::iter::repeat("?"));
                let parts: Vec<_> =
                    values.iter().zip(names).map(|(value, name)| format!("{name} {value:.2}")).collect();
                parts.join(", ")
            }
        }
    }
}

/// An entry of a registry, from which forms, menus and help texts are built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CatalogEntry {
    /// Registered id.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// One paragraph in plain words.
    pub summary: String,
    /// The rule as an equation in plain text; empty for environments.
    #[serde(default)]
    pub equation: String,
    /// Where rules and numbers come from.
    pub source: String,
    /// What can be set.
    pub parameters: Vec<ParameterSpec>,
    /// Named sets of values.
    #[serde(default)]
    pub presets: Vec<Preset>,
}

/// What people read of something that can be picked.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Registered id.
    pub id: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// One paragraph in plain words.
    pub summary: &'static str,
    /// The rule as an equation in plain text; empty for environments.
    pub equation: &'static str,
    /// Where rules and numbers come from.
    pub source: &'static str,
}

impl CatalogEntry {
    /// An entry of these words. Never inlined, like all that builds catalogs: the page would carry it a hundred times.
    #[inline(never)]
    pub fn new(words: &Words, parameters: Vec<ParameterSpec>, presets: Vec<Preset>) -> Self {
        let Words { id, title, summary, equation, source } = *words;
        Self {
            id: id.into(),
            title: title.into(),
            summary: summary.into(),
            equation: equation.into(),
            source: source.into(),
            parameters,
            presets,
        }
    }

    /// The values of a preset by its name; none of any preset without a name.
    ///
    /// # Errors
    /// There is no preset of that name.
    pub fn preset(&self, name: Option<&str>) -> Result<Parameters, ParameterError> {
        let Some(name) = name else { return Ok(Parameters::new()) };
        let preset = self.presets.iter().find(|preset| preset.name == name);
        preset.map(|preset| preset.values.clone()).ok_or_else(|| {
            let known: Vec<_> = self.presets.iter().map(|preset| preset.name.as_str()).collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            ParameterError::UnknownPreset { preset: name.chars().take(60).collect(), known }
        })
    }

    /// Values as somebody wrote them, with those of numbers and flags read as [`ParameterSpec::parse`] reads them. What cannot
    /// be read stays, and is refused where it is taken.
    #[must_use]
    pub fn read(&self, mut written: Parameters) -> Parameters {
        for spec in &self.parameters {
            let text = matches!(spec.kind, ParameterKind::Text { .. } | ParameterKind::Choice { .. });
            if let (false, Some(Value::Text(word))) = (text, written.get(&spec.name))
                && let Ok(value) = spec.parse(word)
            {
                written.insert(spec.name.clone(), value);
            }
        }
        written
    }

    /// What somebody means who sets these values on top of others: see [`settle`].
    ///
    /// # Errors
    /// A value that somebody set has no effect.
    pub fn settle(&self, others: &Parameters, set: &Parameters) -> Result<Parameters, ParameterError> {
        settle(&self.parameters, others, set)
    }
}
