//! Texts around lessons; what lessons say themselves is theirs.

use super::{NAME, Text, say};

/// All settings of the environment.
pub const ENVIRONMENT_SETTINGS: Text = Text("Settings of the environment");
/// All settings of the agent.
pub const AGENT_SETTINGS: Text = Text("Settings of the agent");
/// Saving and loading agents.
pub const KEEP_AGENTS: Text = Text("Save and load agents");
/// The numbers of a state.
pub const INSPECTOR: Text = Text("Numbers of a state");
/// The figures beside the stage.
pub const FIGURES: Text = Text("Figures beside the stage");
/// The charts.
pub const CHARTS: Text = Text("Charts");
/// Over a lesson's title.
pub const LESSON: Text = Text("Lesson");
/// Label of what a learner writes.
pub const ANSWER: Text = Text("Your answer");
/// Nothing was written.
pub const NO_ANSWER: &str = "–";
/// Where answers are.
pub const ANSWERS_KEPT: Text = Text("Answers stay in this browser.");
/// Where they are not.
pub const ANSWERS_NOT_KEPT: Text =
    Text("This browser keeps nothing for this page: copy your answers before you leave.");
/// Button: all answers of a lesson, or of all.
pub const COPY_ANSWERS: Text = Text("Copy my answers");
/// Done.
pub const ANSWERS_COPIED: Text = Text("Your answers are copied, with the questions.");
/// Done otherwise.
pub const ANSWERS_SAVED: Text = Text("The browser did not allow copying, so your answers are saved as a file.");
/// Button: the step before.
pub const BACK: Text = Text("Back");
/// Button: the step after.
pub const NEXT: Text = Text("Next");
/// Button: the last step is done.
pub const FINISH: Text = Text("Finish");
/// Button: the step's run from its beginning.
pub const BEGIN_STEP_AGAIN: Text = Text("Begin this step again");
/// Button: no lesson any more.
pub const LEAVE_LESSON: Text = Text("Leave the lesson");
/// Done.
pub const LESSON_LEFT: Text = Text("You left the lesson. Your own run is back.");
/// What is marked.
pub const LOOK_HERE: Text = Text("Marked on the page:");
/// Leads to a comparison.
pub const OPEN_IN_COMPARE: Text = Text("Open this comparison in a new tab");
/// After the last step.
pub const LESSON_DONE: Text = Text("This lesson is done.");
/// Leads to all lessons.
pub const ALL_LESSONS: Text = Text("All lessons");
/// Button: a lesson like this.
pub const REMIX: Text = Text("Make your own of it");
/// Leads to the lesson after this.
pub const NEXT_LESSON: Text = Text("Next lesson");
/// Button: the editor of lessons.
pub const MAKE_LESSON: Text = Text("Make a lesson of this");
/// What it is.
pub const MAKE_LESSON_NOTE: Text =
    Text("For teachers: the same run with only the controls that you choose, and your own steps beside it.");
/// A lesson that was being written.
pub const DRAFT_KEPT: Text = Text("The lesson that you wrote last is kept in this browser.");
/// Button: that one.
pub const GO_ON_WITH_DRAFT: Text = Text("Go on with it");
/// Label.
pub const LESSON_TITLE: Text = Text("Title");
/// Label.
pub const LESSON_ABOUT: Text = Text("In one sentence");
/// Label.
pub const LESSON_RUN: Text = Text("Run");
/// Button: another run.
pub const TAKE_RUN: Text = Text("take the one on the stage");
/// Label.
pub const LESSON_BEGINS: Text = Text("When the lesson opens, the run");
/// How a lesson's run begins.
pub const BEGINS: [(&str, Text); 3] = [
    ("waits", Text("waits for Train")),
    ("learns", Text("learns at once")),
    ("learned", Text("has learned so many episodes")),
];
/// Label.
pub const LESSON_REST: Text = Text("Controls that are not named below are");
/// Folded.
pub const LESSON_CONTROLS: Text = Text("Controls, one by one");
/// Folded.
pub const STEP_CONTROLS: Text = Text("Controls in this step");
/// What becomes of a control; the first says nothing of it.
pub const RULES: [(&str, Text); 5] = [
    ("", Text("")),
    ("shown", Text("shown")),
    ("highlighted", Text("marked")),
    ("locked", Text("locked")),
    ("hidden", Text("hidden")),
];
/// What becomes of a control of which nothing is said.
pub const AS_THE_REST: Text = Text("as the rest");
/// What becomes of a control of which nothing is said.
pub const AS_THE_LESSON: Text = Text("as in the lesson");
/// Button.
pub const ADD_STEP: Text = Text("Add a step");
/// Button.
pub const REMOVE_STEP: Text = Text("Remove this step");
/// Label.
pub const STEP_KIND: Text = Text("The learner is to");
/// Label.
pub const STEP_TEXT: Text = Text("What the step says. An empty line begins a paragraph.");
/// Button.
pub const TAKE_GLASS: Text = Text("Take overlays and speed as they are now");
/// Whose overlays and speed.
pub const OVERLAYS_OF_STEP: Text = Text("This step has overlays and a speed of its own.");
/// Whose overlays and speed.
pub const OVERLAYS_OF_LESSON: Text = Text("Overlays and speed as in the lesson.");
/// Button.
pub const PREVIEW: Text = Text("Preview");
/// The link could not be copied.
pub const LINK_IN_ADDRESS: Text =
    Text("The browser did not allow copying. The lesson is open now: copy its link from the address line.");
/// No answers.
pub const NOTHING_WRITTEN: Text = Text("No answer was written in any lesson yet.");

/// Why a lesson cannot be shared yet.
pub fn not_ready(fault: &str) -> String {
    say!("Not ready yet: {fault}.", fault)
}

/// A run in words.
pub fn run_words(environment: &str, agent: &str, seed: &str) -> String {
    say!("{environment}, {agent}, seed {seed}", environment, agent, seed)
}

/// How long a lesson is.
pub fn steps(count: usize) -> String {
    say!("{count} steps", count)
}

/// No place has this name.
pub fn nowhere(path: &str) -> String {
    say!("There is no place called “{path}” here.", path)
}

/// The title of the page where there is no place.
pub const NO_PLACE: Text = Text("No such place");

/// The title of the page in a place.
pub fn page_title(place: &str) -> String {
    format!("{place} · {NAME}")
}

/// Leads to the Lab.
pub const TO_THE_LAB: Text = Text("To the Lab");

/// The steps of a lesson.
pub const STEPS_OF_LESSON: Text = Text("Steps");
/// While the page's lessons are fetched.
pub const LESSONS_WAIT: Text = Text("Fetching the lessons…");
/// What Learn is.
pub const LEARN_NOTE: Text = Text(
    "Fifteen short lessons in the Lab. Each has something to predict, something to try and something to explain. \
                              Only what a lesson needs is shown; leaving it gives everything back.",
);
/// How to make one.
pub const LEARN_TEACHERS: Text = Text(
    "For teachers: any run can become a lesson. In the Lab choose Share, then “Make a lesson of this”. A lesson's file opens when \
                                  it is dropped anywhere on this page.",
);
/// Button on a card.
pub const BEGIN_LESSON: Text = Text("Begin");
/// Button on a card.
pub const GO_ON_LESSON: Text = Text("Go on");
/// Button on a card.
pub const AGAIN_LESSON: Text = Text("Open again");
/// On a card.
pub const DONE: Text = Text("done");
/// Button: a lesson from a file.
pub const OPEN_LESSON_FILE: Text = Text("Open a lesson's file");

/// What is to be done in a step, and what its answer field waits for.
pub const PREDICT: (Text, Text) = (Text("Predict"), Text("What do you expect? Write it down before you look."));
/// The same.
pub const TRY: (Text, Text) = (Text("Try"), Text("What did you see?"));
/// The same.
pub const EXPLAIN: (Text, Text) = (Text("Explain"), Text("Why, in your own words?"));

/// How far a lesson is.
pub fn step_of(step: usize, steps: usize) -> String {
    say!("step {step} of {steps}", step, steps)
}

/// A step's button.
pub fn step_label(step: usize, kind: &str) -> String {
    say!("Step {step}: {kind}", step, kind)
}

/// Leads to the lesson after this.
pub fn next_lesson(title: &str) -> String {
    say!("Next: {title}", title)
}

/// How many lessons are done.
pub fn lessons_done(done: usize, all: usize) -> String {
    say!("{done} of {all} done", done, all)
}
