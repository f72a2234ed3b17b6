//! Lessons: a run, what of the Lab is shown, and a text in steps. One type for those of the page, for those in links and
//! for those in files.
//!
//! A lesson is written as JSON, which people can read and change; a link holds the same JSON, compressed.

pub mod answers;
pub mod control;
pub mod packing;
pub mod shelf;

use crate::language::Text;
use crate::services::share::{LinkError, ShareLink};
use crate::stage::layer::Paint;
use crate::stage::painter::Overlays;
use crate::text;
use control::{ControlRule, LabControl, LessonRules};
use run::recorded::without_mark;
use serde::{Deserialize, Serialize};
use shared::event::Speed;
use std::collections::BTreeMap;

/// The version of what is written. A page refuses lessons of a newer one.
pub const VERSION: u32 = 1;

/// Most steps of a lesson.
pub const MOST_STEPS: usize = 12;

/// Most letters of a title, and of the sentence under it.
pub const MOST_TITLE: usize = 160;

/// Most letters of a step's text.
pub const MOST_TEXT: usize = 2_000;

/// A lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The version of how it is written, [`VERSION`].
    #[serde(rename = "terrarium_lesson")]
    pub version: u32,
    /// Its title.
    pub title: String,
    /// What it is about, in one sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The run that it begins with.
    pub run: LessonRun,
    /// What becomes of controls that are not named.
    #[serde(default, skip_serializing_if = "is_shown")]
    pub rest: ControlRule,
    /// What becomes of the controls that are named, in every step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub controls: BTreeMap<LabControl, ControlRule>,
    /// What is drawn over the stage, unless a step says otherwise.
    #[serde(alias = "glass", default, skip_serializing_if = "Option::is_none")]
    pub overlays: Option<LessonOverlays>,
    /// How fast the run goes, unless a step says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// Its steps, one at least.
    pub steps: Vec<LessonStep>,
}

/// A step of a lesson. What it does not say is as the lesson says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonStep {
    /// What is to be done.
    pub kind: StepKind,
    /// What is said; an empty line begins a paragraph.
    pub text: String,
    /// Another run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<LessonRun>,
    /// What becomes of controls in this step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub controls: BTreeMap<LabControl, ControlRule>,
    /// What is drawn over the stage.
    #[serde(alias = "glass", default, skip_serializing_if = "Option::is_none")]
    pub overlays: Option<LessonOverlays>,
    /// How fast the run goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
    /// A comparison that the step leads to, as in the address of Compare behind the question mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<String>,
}

/// What is to be done in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Say beforehand what will happen.
    Predict,
    /// Do something and look.
    #[default]
    Try,
    /// Say why.
    Explain,
}

impl StepKind {
    /// All of them, in the order in which a lesson uses them.
    pub const ALL: [Self; 3] = [Self::Predict, Self::Try, Self::Explain];

    /// What people read, and what the answer field waits for.
    pub const fn words(self) -> (Text, Text) {
        match self {
            Self::Predict => text::PREDICT,
            Self::Try => text::TRY,
            Self::Explain => text::EXPLAIN,
        }
    }
}

/// A run of a lesson, written as in links: `env=gridworld&agent=sarsa&seed=3&episodes=0`. With a number of episodes it
/// makes these at full speed and holds; with 0 it waits to be begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LessonRun(pub ShareLink);

impl TryFrom<String> for LessonRun {
    type Error = LinkError;

    fn try_from(query: String) -> Result<Self, LinkError> {
        ShareLink::from_query(&query).map(Self)
    }
}

impl From<LessonRun> for String {
    fn from(run: LessonRun) -> Self {
        let query = run.0.to_query();
        // What holds the lesson has a checksum of its own, and a run without one can be changed by hand.
        query
            .strip_prefix("check=")
            .and_then(|rest| rest.split_once('&'))
            .map_or(query.clone(), |(_, rest)| rest.into())
    }
}

/// What is drawn over the stage, as a list: at most one paint, and whatever is drawn over it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct LessonOverlays(pub Overlays);

type MakePaint = fn() -> Paint;

/// Paints by name; what is none of them is an overlay of the agent.
const PAINTS: [(&str, MakePaint); 6] = [
    ("nothing", || Paint::Nothing),
    ("values", || Paint::Values),
    ("visits", || Paint::Visits),
    ("error", || Paint::Error),
    ("exact", || Paint::Exact),
    ("difference", || Paint::Difference),
];

impl From<Vec<String>> for LessonOverlays {
    fn from(names: Vec<String>) -> Self {
        let mut overlays = Overlays {
            paint: Paint::Nothing,
            numbers: false,
            arrows: false,
            action_values: false,
            trail: false,
            looks: false,
        };
        for name in names {
            match name.as_str() {
                "numbers" => overlays.numbers = true,
                "arrows" => overlays.arrows = true,
                "action-values" => overlays.action_values = true,
                "path" => overlays.trail = true,
                "looks" => overlays.looks = true,
                other => {
                    let paint = PAINTS.iter().find(|(known, _)| *known == other).map(|(_, paint)| paint());
                    overlays.paint = paint.unwrap_or(Paint::Named(name));
                }
            }
        }
        Self(overlays)
    }
}

impl From<LessonOverlays> for Vec<String> {
    fn from(LessonOverlays(overlays): LessonOverlays) -> Self {
        let known = PAINTS.iter().find(|(_, paint)| paint() == overlays.paint).map(|(name, _)| (*name).to_owned());
        let paint = match overlays.paint {
            Paint::Named(name) => name,
            _ => known.unwrap_or_default(),
        };
        let drawn = [
            (overlays.numbers, "numbers"),
            (overlays.arrows, "arrows"),
            (overlays.action_values, "action-values"),
            (overlays.trail, "path"),
            (overlays.looks, "looks"),
        ];
        let drawn = drawn.into_iter().filter(|(is_drawn, _)| *is_drawn).map(|(_, name)| name.to_owned());
        std::iter::once(paint).chain(drawn).collect()
    }
}

/// Why something is no lesson. Nothing on the page is changed by one that is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LessonError {
    /// The link ends too early.
    #[error(
        "This lesson's link is cut short: {found} of its {expected} characters came. Copy the whole link and open it again."
    )]
    Cut {
        /// Characters that came.
        found: usize,
        /// Characters that it says it has.
        expected: String,
    },
    /// The link was changed.
    #[error(
        "This lesson's link was changed on its way and cannot be read ({reason}). Copy the whole link and open it again."
    )]
    Damaged {
        /// What is wrong.
        reason: String,
    },
    /// Of a later page.
    #[error(
        "This lesson is of version {found}, and this page reads version 1. Reload the page to get its newest version."
    )]
    Newer {
        /// Its version.
        found: String,
    },
    /// A file of something else.
    #[error("This is not a lesson: {reason}. A lesson's file is what “Save as a file” gives in the editor of lessons.")]
    NotALesson {
        /// What is wrong.
        reason: String,
    },
    /// A lesson that says what cannot be.
    #[error("This lesson cannot be shown: {reason}.")]
    Wrong {
        /// What is wrong.
        reason: String,
    },
    /// No lesson of the page has this name.
    #[error("There is no lesson {id:?} here. Learn shows all that there are.")]
    Missing {
        /// What was asked for.
        id: String,
    },
    /// The page's own lessons did not come.
    #[error(
        "The lessons could not be fetched ({reason}). Everything else works; try again when there is a connection."
    )]
    OutOfReach {
        /// The browser's words.
        reason: String,
    },
}

/// Whether a file is meant to be a lesson, readable or not.
pub fn is_lesson(file: &[u8]) -> bool {
    const MARK: &[u8] = b"\"terrarium_lesson\"";
    without_mark(file).trim_ascii_start().starts_with(b"{") && file.windows(MARK.len()).any(|part| part == MARK)
}

/// What every version of a lesson has.
#[derive(Deserialize)]
struct Version {
    terrarium_lesson: u32,
}

impl Lesson {
    /// Reads what [`Lesson::to_json`] or a person wrote.
    pub fn from_json(text: &str) -> Result<Self, LessonError> {
        let json = without_mark(text.as_bytes());
        let not_a_lesson = |error: serde_json::Error| LessonError::NotALesson { reason: error.to_string() };
        let Version { terrarium_lesson: found } = serde_json::from_slice(json).map_err(not_a_lesson)?;
        if found > VERSION {
            return Err(LessonError::Newer { found: found.to_string() });
        }
        let lesson: Self =
            serde_json::from_slice(json).map_err(|error| LessonError::Wrong { reason: error.to_string() })?;
        match lesson.fault() {
            Some(reason) => Err(LessonError::Wrong { reason }),
            None => Ok(lesson),
        }
    }

    /// The lesson for a file, to be read by people too.
    pub fn to_json(&self) -> String {
        // A lesson holds nothing that JSON cannot.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// What is wrong with it, if anything.
    pub fn fault(&self) -> Option<String> {
        let long = |what: &str, text: &str, most: usize| {
            let count = text.chars().count();
            (count > most).then(|| format!("{what} has {count} letters, and {most} are the most"))
        };
        if self.title.trim().is_empty() {
            return Some("it has no title".into());
        }
        if self.steps.is_empty() || self.steps.len() > MOST_STEPS {
            return Some(format!("it has {} steps, and must have 1 to {MOST_STEPS}", self.steps.len()));
        }
        let titles = [("the title", &self.title), ("the sentence about it", &self.about)];
        let titles = titles.into_iter().find_map(|(what, text)| long(what, text, MOST_TITLE));
        let texts = || {
            self.steps.iter().enumerate().find_map(|(index, step)| {
                let what = format!("step {}", index + 1);
                let is_empty = step.text.trim().is_empty();
                if is_empty { Some(format!("{what} has no text")) } else { long(&what, &step.text, MOST_TEXT) }
            })
        };
        titles.or_else(texts)
    }

    /// Everything in it that people read.
    pub fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let steps = self.steps.iter_mut().map(|step| &mut step.text);
        [&mut self.title, &mut self.about].into_iter().chain(steps)
    }

    /// The run of a step.
    pub fn run_of(&self, step: usize) -> &ShareLink {
        let own = self.steps.get(step).and_then(|step| step.run.as_ref());
        &own.unwrap_or(&self.run).0
    }

    /// What is drawn over the stage in a step, if anybody says.
    pub fn overlays_of(&self, step: usize) -> Option<&Overlays> {
        let own = self.steps.get(step).and_then(|step| step.overlays.as_ref());
        own.or(self.overlays.as_ref()).map(|overlays| &overlays.0)
    }

    /// How fast the run goes in a step, if anybody says.
    pub fn speed_of(&self, step: usize) -> Option<Speed> {
        self.steps.get(step).and_then(|step| step.speed).or(self.speed)
    }

    /// What becomes of every control in a step.
    pub fn rules_of(&self, step: usize) -> LessonRules {
        let mut named = self.controls.clone();
        named.extend(self.steps.get(step).into_iter().flat_map(|step| step.controls.clone()));
        LessonRules { rest: self.rest, named }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_shown(rule: &ControlRule) -> bool {
    *rule == ControlRule::Shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    const JSON: &str = r#"{
        "terrarium_lesson": 1, "title": "One", "run": "env=cliff-walking&agent=sarsa&seed=3&episodes=0",
        "rest": "hidden", "controls": {"train": "shown", "agent.epsilon": "locked"},
        "overlays": ["values", "arrows"], "speed": {"steps_per_second": 8.0},
        "steps": [
            {"kind": "predict", "text": "What will it do?"},
            {"kind": "try", "text": "Look.", "controls": {"agent.epsilon": "highlighted"}, "speed": "full", "overlays": ["visits"]},
            {"kind": "explain", "text": "Why?", "run": "env=taxi", "compare": "env=taxi"}
        ]
    }"#;

    #[test]
    fn a_lesson_is_written_as_it_was_read() {
        let lesson = Lesson::from_json(JSON).unwrap();
        assert_eq!(Lesson::from_json(&lesson.to_json()), Ok(lesson.clone()));
        assert_eq!(lesson.run_of(0).spec.environment.id, "cliff-walking");
        assert_eq!(lesson.run_of(0).until_episode, Some(0));
        assert_eq!(lesson.run_of(2).spec.environment.id, "taxi");
        expect![[r#""env=cliff-walking&agent=sarsa&seed=3&episodes=0""#]]
            .assert_eq(&serde_json::to_string(&lesson.run).unwrap());
    }

    #[test]
    fn a_file_that_is_meant_to_be_a_lesson_is_known_by_its_mark() {
        assert!(is_lesson(JSON.as_bytes()));
        assert!(!is_lesson(b"{\"episode\": 1}") && !is_lesson(b"\"terrarium_lesson\""));
    }

    #[test]
    fn a_step_says_what_differs_from_the_lesson() {
        let lesson = Lesson::from_json(JSON).unwrap();
        let epsilon = |step: usize| lesson.rules_of(step).own(control::ControlGroup::Agent, "epsilon");
        assert_eq!(
            [epsilon(0), epsilon(1), epsilon(2)],
            [ControlRule::Locked, ControlRule::Highlighted, ControlRule::Locked]
        );
        assert_eq!(lesson.speed_of(0), Some(Speed::StepsPerSecond(8.0)));
        assert_eq!(lesson.speed_of(1), Some(Speed::Full));
        let paints = [0, 1, 2].map(|step| lesson.overlays_of(step).unwrap().paint.clone());
        assert_eq!(paints, [Paint::Values, Paint::Visits, Paint::Values]);
        assert!(lesson.overlays_of(0).unwrap().arrows && !lesson.overlays_of(1).unwrap().arrows);
    }

    #[test]
    fn a_lesson_is_read_with_the_mark_that_editors_put_before_texts() {
        let marked = format!("\u{feff}{JSON}");
        assert!(is_lesson(marked.as_bytes()));
        assert_eq!(Lesson::from_json(&marked).unwrap(), Lesson::from_json(JSON).unwrap());
    }

    #[test]
    fn overlays_come_back_as_they_were() {
        let paints = PAINTS.iter().map(|(_, paint)| paint()).chain([Paint::Named("policy".into())]);
        for paint in paints {
            let overlays = LessonOverlays(Overlays { paint, ..Overlays::default() });
            assert_eq!(LessonOverlays::from(Vec::from(overlays.clone())), overlays);
        }
    }

    #[track_caller]
    fn check_refused(from: &str, to: &str, expected: &str) {
        let json = JSON.replacen(from, to, 1);
        assert_ne!(json, JSON, "{from} is not there");
        let error = Lesson::from_json(&json).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn what_is_wrong_is_told() {
        check_refused("\"terrarium_lesson\": 1", "\"terrarium_lesson\": 2", "version 2, and this page reads version 1");
        check_refused("\"terrarium_lesson\": 1,", "", "This is not a lesson: missing field `terrarium_lesson`");
        check_refused("\"One\"", "\" \"", "it has no title");
        check_refused("What will it do?", "", "step 1 has no text");
        check_refused("env=taxi", "env=taxi&seed=x", "seed must be a whole number");
        check_refused("\"train\": ", "\"trains\": ", "there is no control \"trains\"");
        check_refused("\"shown\"", "\"seen\"", "unknown variant `seen`");
        check_refused("\"rest\"", "\"reste\"", "unknown field `reste`");
        let none = Lesson { steps: vec![], ..Lesson::from_json(JSON).unwrap() };
        assert_eq!(none.fault(), Some("it has 0 steps, and must have 1 to 12".into()));
        let long = Lesson { title: "a".repeat(161), ..Lesson::from_json(JSON).unwrap() };
        assert_eq!(long.fault(), Some("the title has 161 letters, and 160 are the most".into()));
    }
}
