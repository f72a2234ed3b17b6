//! Controls of the Lab by name, and what a lesson makes of them: shown, locked, highlighted or hidden.

use crate::language::Text;
use crate::text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::prelude::*;

/// A control of the Lab that is there whatever runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixedControl {
    /// The menu of environments.
    Environment,
    /// All settings of the environment.
    EnvironmentSettings,
    /// The seed.
    Seed,
    /// The button of the map editor.
    Map,
    /// What is drawn over the stage.
    Overlays,
    /// The menu of agents.
    Agent,
    /// All settings of the agent.
    AgentSettings,
    /// Saving and loading agents.
    Keep,
    /// The numbers of a state.
    Inspector,
    /// The network panel.
    Network,
    /// All figures beside the stage.
    Figures,
    /// The charts.
    Charts,
    /// Train and pause.
    Train,
    /// One step.
    Step,
    /// One episode.
    Episode,
    /// Begin anew.
    Reset,
    /// The speed.
    Speed,
    /// The greedy policy.
    Greedy,
    /// Play by hand.
    Play,
}

/// Every part, its name in lessons, and what people read.
pub const PARTS: [(FixedControl, &str, Text); 19] = [
    (FixedControl::Environment, "environment", text::PICK_ENVIRONMENT),
    (FixedControl::EnvironmentSettings, "environment-settings", text::ENVIRONMENT_SETTINGS),
    (FixedControl::Seed, "seed", text::SEED),
    (FixedControl::Map, "map", text::EDIT_MAP),
    (FixedControl::Overlays, "overlays", text::OVERLAYS),
    (FixedControl::Agent, "agent", text::PICK_AGENT),
    (FixedControl::AgentSettings, "agent-settings", text::AGENT_SETTINGS),
    (FixedControl::Keep, "keep", text::KEEP_AGENTS),
    (FixedControl::Inspector, "inspector", text::INSPECTOR),
    (FixedControl::Network, "network", text::NETWORK),
    (FixedControl::Figures, "figures", text::FIGURES),
    (FixedControl::Charts, "charts", text::CHARTS),
    (FixedControl::Train, "train", text::TRAIN),
    (FixedControl::Step, "step", text::STEP),
    (FixedControl::Episode, "episode", text::EPISODE),
    (FixedControl::Reset, "reset", text::RESET),
    (FixedControl::Speed, "speed", text::SPEED),
    (FixedControl::Greedy, "greedy", text::GREEDY),
    (FixedControl::Play, "play", text::PLAY_IT),
];

/// Where a control with a name of its own stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ControlGroup {
    /// A setting of the environment.
    Environment,
    /// A setting of the agent.
    Agent,
    /// A figure beside the stage.
    Figure,
}

impl ControlGroup {
    const ALL: [(Self, &str, FixedControl); 3] = [
        (Self::Environment, "env", FixedControl::EnvironmentSettings),
        (Self::Agent, "agent", FixedControl::AgentSettings),
        (Self::Figure, "figure", FixedControl::Figures),
    ];

    /// The name of one of its controls.
    pub fn name_of(self, own: &str) -> String {
        LabControl::Named(self, own.to_owned()).into()
    }

    /// The name of what stands for all of its controls.
    pub fn group_name(self) -> String {
        LabControl::Part(self.group()).into()
    }

    /// What stands for all of its controls.
    fn group(self) -> FixedControl {
        Self::ALL.into_iter().find(|(room, ..)| *room == self).map_or(FixedControl::Figures, |(.., group)| group)
    }
}

/// A control of the Lab.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum LabControl {
    /// One that is there whatever runs.
    Part(FixedControl),
    /// One with a name of its own: `env.slip`, `agent.alpha`, `figure.regret`.
    Named(ControlGroup, String),
}

/// No control has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no control {name:?}; there are {}, and settings and figures such as env.slip, agent.alpha and figure.regret",
    PARTS.map(|(_, name, _)| name).join(", ")
)]
pub struct NoSuchControl {
    name: String,
}

impl TryFrom<String> for LabControl {
    type Error = NoSuchControl;

    fn try_from(name: String) -> Result<Self, NoSuchControl> {
        if let Some((part, ..)) = PARTS.iter().find(|(_, known, _)| *known == name) {
            return Ok(Self::Part(*part));
        }
        let room = |prefix: &str| ControlGroup::ALL.into_iter().find(|(_, known, _)| *known == prefix);
        let named = name.split_once('.').and_then(|(prefix, own)| Some((room(prefix)?.0, own.to_owned())));
        match named {
            Some((room, own)) if !own.is_empty() => Ok(Self::Named(room, own)),
            _ => Err(NoSuchControl { name }),
        }
    }
}

impl From<LabControl> for String {
    fn from(control: LabControl) -> Self {
        match control {
            LabControl::Part(part) => {
                PARTS.iter().find(|(known, ..)| *known == part).map_or("", |(_, name, _)| name).to_owned()
            }
            LabControl::Named(room, own) => {
                let prefix = ControlGroup::ALL
                    .into_iter()
                    .find(|(known, ..)| *known == room)
                    .map_or("", |(_, prefix, _)| prefix);
                format!("{prefix}.{own}")
            }
        }
    }
}

/// What a lesson makes of a control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlRule {
    /// It is as ever.
    #[default]
    Shown,
    /// It is there and cannot be moved.
    Locked,
    /// It is as ever, and marked.
    Highlighted,
    /// It is not there.
    Hidden,
}

impl ControlRule {
    /// Whether it is there.
    pub fn is_shown(self) -> bool {
        self != Self::Hidden
    }

    /// Whether it can be used.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Shown | Self::Highlighted)
    }

    /// Whether it is there and cannot be moved.
    pub fn is_locked(self) -> bool {
        self == Self::Locked
    }

    /// The class of what is marked.
    pub fn class(self) -> Option<&'static str> {
        (self == Self::Highlighted).then_some("highlighted")
    }
}

/// What a lesson makes of every control.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LessonRules {
    /// What it makes of those that it does not name.
    pub rest: ControlRule,
    /// What it makes of those that it names.
    pub named: BTreeMap<LabControl, ControlRule>,
}

impl LessonRules {
    /// What becomes of a part of the Lab.
    pub fn part(&self, part: FixedControl) -> ControlRule {
        self.named.get(&LabControl::Part(part)).copied().unwrap_or(self.rest)
    }

    /// What becomes of a control with a name of its own: what is said of it, or of all of its room.
    pub fn own(&self, room: ControlGroup, name: &str) -> ControlRule {
        let said = self.said(room, name);
        said.unwrap_or_else(|| match self.part(room.group()) {
            // Everything in a marked room would be too much to look at.
            ControlRule::Highlighted => ControlRule::Shown,
            rule => rule,
        })
    }

    /// What is said of a control with a name of its own.
    pub fn said(&self, room: ControlGroup, name: &str) -> Option<ControlRule> {
        let is_it =
            |control: &LabControl| matches!(control, LabControl::Named(its, own) if *its == room && own == name);
        self.named.iter().find(|(control, _)| is_it(control)).map(|(_, rule)| *rule)
    }

    /// What becomes of all controls of a room.
    pub fn group(&self, room: ControlGroup) -> ControlRule {
        self.part(room.group())
    }

    /// Whether anything of a room is there.
    pub fn shows_any(&self, room: ControlGroup) -> bool {
        let own = |(control, rule): (&LabControl, &ControlRule)| {
            matches!(control, LabControl::Named(its, _) if *its == room) && rule.is_shown()
        };
        self.part(room.group()).is_shown() || self.named.iter().any(own)
    }

    /// What is marked.
    pub fn highlighted(&self) -> impl Iterator<Item = &LabControl> {
        self.named.iter().filter(|(_, rule)| **rule == ControlRule::Highlighted).map(|(control, _)| control)
    }
}

/// What the lesson on show makes of every control; without a lesson all is as ever.
#[hook]
pub fn use_rules() -> Rc<LessonRules> {
    use_context::<Rc<LessonRules>>().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(name: &str) -> LabControl {
        name.to_owned().try_into().unwrap()
    }

    #[test]
    fn every_control_has_a_name_that_leads_back_to_it() {
        let named = ["env.slip", "agent.alpha", "figure.regret"];
        for name in PARTS.iter().map(|(_, name, _)| *name).chain(named) {
            assert_eq!(String::from(control(name)), name);
        }
        for wrong in ["", "trains", "env.", "world.slip"] {
            let error = LabControl::try_from(wrong.to_owned()).unwrap_err().to_string();
            assert!(error.contains(&format!("{wrong:?}")) && error.contains("train"), "{error}");
        }
    }

    #[test]
    fn what_is_said_of_a_setting_comes_before_what_is_said_of_all_and_that_before_the_rest() {
        let said = [
            ("agent-settings", ControlRule::Locked),
            ("agent.epsilon", ControlRule::Highlighted),
            ("train", ControlRule::Shown),
        ];
        let named = said.into_iter().map(|(name, rule)| (control(name), rule)).collect();
        let rules = LessonRules { rest: ControlRule::Hidden, named };
        assert_eq!(rules.own(ControlGroup::Agent, "epsilon"), ControlRule::Highlighted);
        assert_eq!(rules.own(ControlGroup::Agent, "alpha"), ControlRule::Locked);
        assert_eq!(rules.own(ControlGroup::Environment, "slip"), ControlRule::Hidden);
        assert_eq!(
            (rules.part(FixedControl::Train), rules.part(FixedControl::Reset)),
            (ControlRule::Shown, ControlRule::Hidden)
        );
        assert!(rules.shows_any(ControlGroup::Agent) && !rules.shows_any(ControlGroup::Environment));
    }

    #[test]
    fn without_a_lesson_everything_is_as_ever() {
        let rules = LessonRules::default();
        assert!(PARTS.iter().all(|(part, ..)| rules.part(*part) == ControlRule::Shown));
        assert_eq!(rules.own(ControlGroup::Figure, "regret"), ControlRule::Shown);
    }
}
