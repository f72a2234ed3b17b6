//! Rollouts: one episode from a list of actions or by chance, a line a step.

use crate::environment_options::EnvironmentOptions;
use crate::figure::plain;
use crate::{Error, text_file, whole_file};
use clap::{Args, ValueEnum};
use environments::registry::EnvironmentVisitor;
use environments::{Environment, Generator, StepError};
use serde_json::json;
use shared::action::{Action, ActionEntry};
use shared::describe::EnvironmentDescription;
use shared::quantity::Seed;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium rollout taxi --seed 7 --policy random --json
  echo 'right right down' | terrarium rollout gridworld --actions - --json";

/// The stream of chance of the random policy, apart from that of the episode.
const POLICY_STREAM: u64 = 0x726f_6c6c;

/// What to play.
#[derive(Clone, Debug, Args)]
pub struct RolloutOptions {
    #[command(flatten)]
    environment: EnvironmentOptions,
    /// Seed of the episode
    #[arg(long, default_value = "42", value_parser = seed, allow_negative_numbers = true)]
    seed: Seed,
    /// File of actions, by name or index, between blanks, commas or line breaks, in quotation marks or not; - reads the
    /// standard input
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    actions: Option<PathBuf>,
    /// Who chooses the actions where no file does
    #[arg(long, default_value = "random")]
    policy: RolloutPolicy,
    /// Most steps
    #[arg(long, default_value_t = 10_000)]
    steps: usize,
    /// A JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RolloutPolicy {
    /// Any legal action, each equally likely
    Random,
}

/// Reads a seed.
pub fn seed(text: &str) -> Result<Seed, String> {
    let number = text.parse().map_err(|_| "a seed is a whole number from 0 to 9007199254740991".to_owned())?;
    Seed::new(number).map_err(|error| error.to_string())
}

/// Plays and prints.
pub fn rollout(options: &RolloutOptions, out: &mut impl Write) -> Result<(), Error> {
    options.environment.build()?.accept(Rollout { options, out })
}

struct Rollout<'a, W> {
    options: &'a RolloutOptions,
    out: &'a mut W,
}

impl<W: Write> EnvironmentVisitor for Rollout<'_, W> {
    type Output = Result<(), Error>;

    fn visit<E: Environment>(mut self, mut environment: E) -> Result<(), Error> {
        let given = self.options.actions.as_ref().map(|file| read_actions(file, &environment)).transpose()?;
        let mut generator = Generator::new(self.options.seed.derive(POLICY_STREAM, 0));
        environment.reset(self.options.seed);
        self.print(&environment, 0, None)?;
        let most = given.as_ref().map_or(self.options.steps, |it| it.len().min(self.options.steps));
        for index in 0..most {
            if given.is_none() && environment.ended() {
                break;
            }
            let action =
                given.as_ref().map_or_else(|| any_action(&environment, &mut generator), |it| it[index].clone());
            let step = environment.step_any(action.as_ref());
            let words = |error: StepError| Error::Step { step: index + 1, error: error.words(&environment.describe()) };
            let step = step.map_err(words)?;
            self.print(&environment, index + 1, Some((action, step)))?;
        }
        Ok(())
    }
}

impl<W: Write> Rollout<'_, W> {
    fn print<E: Environment>(
        &mut self,
        environment: &E,
        index: usize,
        made: Option<(Action, environments::Step)>,
    ) -> Result<(), Error> {
        let (action, step) = made.unzip();
        let step = step.unwrap_or(environments::Step { reward: 0.0, terminated: false, truncated: false });
        if !self.options.json {
            let name = action.map(|it| environment.describe().name_of(it.as_ref()));
            let ending = if step.terminated {
                " terminated"
            } else if step.truncated {
                " truncated"
            } else {
                ""
            };
            let did = name
                .map_or_else(|| "start".to_owned(), |name| format!("{name}, reward {}{ending}", plain(step.reward)));
            writeln!(self.out, "step {index}: {did}\n{}\n", environment.text())?;
            return Ok(());
        }
        let mut observation = vec![0.0_f32; environment.describe().observation.len()];
        environment.observe(&mut observation);
        let line = json!({
            "step": index,
            "state": (environment.state_count() > 0).then(|| environment.state()),
            "observation": observation,
            "action": action.map(|it| match it {
                Action::Discrete(action) => json!(action),
                Action::Box(values) => json!(values),
            }),
            "reward": step.reward,
            "terminated": step.terminated,
            "truncated": step.truncated,
        });
        writeln!(self.out, "{line}")?;
        Ok(())
    }
}

/// The actions that there are, in words.
fn known(names: &[&str], description: &EnvironmentDescription) -> String {
    let named = names.join("; ");
    if description.controls.is_empty() {
        return named;
    }
    let controls: Vec<_> = description.controls.iter().map(|it| it.name.as_str()).collect();
    let example = vec!["0.5"; controls.len()].join("/");
    format!("{named}; and numbers for {}, e.g. {example}", controls.join(", "))
}

/// A legal action by chance.
fn any_action<E: Environment>(environment: &E, generator: &mut Generator) -> Action {
    match environment.action_count() {
        0 => {
            let within = |it: &ActionEntry| it.low + (it.high - it.low) * generator.unit() as f32;
            Action::Box(environment.describe().controls.iter().map(within).collect())
        }
        1..=64 => {
            let legal = environment.legal_actions();
            Action::Discrete(legal.nth(generator.below(legal.count())))
        }
        actions => {
            let legal: Vec<_> = (0..actions as u16).filter(|action| environment.is_legal(*action)).collect();
            Action::Discrete(legal[generator.below(legal.len() as u32) as usize])
        }
    }
}

/// Reads actions by name, by number, or in a box as numbers with slashes between them.
fn read_actions<E: Environment>(file: &Path, environment: &E) -> Result<Vec<Action>, Error> {
    let text = if file.as_os_str() == "-" {
        whole_file::read_stream(std::io::stdin()).and_then(text_file::text)
    } else {
        text_file::read(file)
    };
    let text = text.map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::Refused(format!(
            "{}: there is no such file. --actions takes a file of actions, or - for the standard input, e.g. echo 'right down' | \
             terrarium rollout gridworld --actions -",
            file.display()
        )),
        _ => Error::File { path: file.to_owned(), source },
    })?;
    let description = environment.describe();
    let names: Vec<&str> = description.actions.iter().map(|it| it.name.as_str()).collect();
    let given = actions(&text, &names, description.controls.len()).map_err(|(index, given)| Error::Action {
        place: format!("{}, action {}", file.display(), index + 1),
        given: given.chars().take(40).collect(),
        id: description.id.clone(),
        actions: known(&names, &description),
    })?;
    let action = |it: WrittenAction| match it {
        WrittenAction::Index(index) => description.action(index),
        WrittenAction::Controls(values) => Some(Action::Box(values)),
    };
    Ok(given.into_iter().filter_map(action).collect())
}

/// An action as it stands in a text.
#[derive(Clone, Debug, PartialEq)]
enum WrittenAction {
    /// Named, by its index in the description.
    Index(u16),
    /// The numbers of its controls.
    Controls(Vec<f32>),
}

/// The actions in a text, by name or index, or with so many controls as numbers between slashes; otherwise the index of
/// the first that is none, and what stands there.
///
/// A name may have blanks and commas in it, which are also what stands between actions: the longest name counts, and a
/// comma tells `up, right` from `up right`. Quotation marks may stand around an action, as other programs write them. Of a
/// name in two languages, `pick up / chukua abiria`, each half will do.
fn actions<'a>(text: &'a str, names: &[&str], controls: usize) -> Result<Vec<WrittenAction>, (usize, &'a str)> {
    let mut known: Vec<(&str, u16)> = (0..).zip(names).map(|(action, name)| (*name, action)).collect();
    for (action, name) in (0..).zip(names) {
        known.extend(name.split(" / ").filter(|half| half != name).map(|half| (half, action)));
    }
    known.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let known = KnownActions { names: known, actions: names.len(), controls };
    let (mut actions, mut rest) = (Vec::new(), text.trim_start_matches(is_between));
    while !rest.is_empty() {
        let quoted = quoted(rest);
        let (after, action) = match (known.first(rest), quoted) {
            (Some(found), _) => found,
            (None, Some((inner, after))) => match known.first(inner) {
                Some(("", action)) => (after, action),
                _ => return Err((actions.len(), inner)),
            },
            (None, None) => return Err((actions.len(), rest.split(is_between).next().unwrap_or_default())),
        };
        actions.push(action);
        rest = after.trim_start_matches(is_between);
    }
    Ok(actions)
}

/// Whether a letter stands between actions.
fn is_between(letter: char) -> bool {
    letter == ',' || letter.is_whitespace()
}

/// What stands between the quotation marks at the beginning of a text, and what follows them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let within = text.strip_prefix(['"', '\''])?;
    let mark = &text[..1];
    let ends = |(end, _): &(usize, &str)| within[end + 1..].chars().next().is_none_or(is_between);
    let (end, _) = within.match_indices(mark).find(ends)?;
    Some((within[..end].trim(), &within[end + 1..]))
}

/// The actions that there are.
struct KnownActions<'a> {
    /// Names with the actions they mean, longest first.
    names: Vec<(&'a str, u16)>,
    /// How many actions there are.
    actions: usize,
    /// How many numbers an action of a box has.
    controls: usize,
}

impl KnownActions<'_> {
    /// The numbers of a box in brackets, as `--json` prints them: `[0.5, 1, 0]`.
    fn listed<'t>(&self, text: &'t str) -> Option<(&'t str, WrittenAction)> {
        let (within, after) = text.strip_prefix('[')?.split_once(']')?;
        let values: Vec<f32> = within.split(',').map(|number| number.trim().parse().ok()).collect::<Option<_>>()?;
        (self.controls > 0 && values.len() == self.controls).then_some((after, WrittenAction::Controls(values)))
    }

    /// The action at the beginning of a text, after what follows it.
    fn first<'t>(&self, text: &'t str) -> Option<(&'t str, WrittenAction)> {
        let named = self.names.iter().filter_map(|(name, action)| {
            let after = without_name(text, name)?;
            Some((text.len() - after.len(), text.strip_prefix(name) == Some(after), after, *action))
        });
        let named: Vec<_> = named.collect();
        let best = named.iter().max_by_key(|(length, is_exact, ..)| (*length, *is_exact));
        if let Some((length, is_exact, after, action)) = best {
            let is_other = |it: &&(usize, bool, &str, u16)| it.0 == *length && it.3 != *action;
            // Written otherwise than any, it may mean either.
            let is_plain = *is_exact || named.iter().find(is_other).is_none();
            return is_plain.then_some((*after, WrittenAction::Index(*action)));
        }
        self.listed(text).or_else(|| {
            let end = text.find(is_between).unwrap_or(text.len());
            let (word, after) = text.split_at(end);
            let index = word.parse::<usize>().ok().filter(|index| *index < self.actions);
            let given = index.map(|index| WrittenAction::Index(index as u16)).or_else(|| {
                let values: Vec<f32> = word.split('/').map(|number| number.parse().ok()).collect::<Option<_>>()?;
                (self.controls > 0 && values.len() == self.controls).then_some(WrittenAction::Controls(values))
            });
            Some((after, given?))
        })
    }
}

/// What follows a name at the beginning of a text. Case does not matter, nor which blanks there are and how many; an
/// underscore counts as one.
fn without_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let is_blank = |letter: char| letter == '_' || (letter.is_whitespace() && !matches!(letter, '\n' | '\r'));
    let mut rest = text;
    let mut name = name.trim().chars().peekable();
    while let Some(letter) = name.next() {
        if is_blank(letter) {
            while name.next_if(|it| is_blank(*it)).is_some() {}
            let after = rest.trim_start_matches(is_blank);
            if after.len() == rest.len() {
                return None;
            }
            rest = after;
        } else {
            rest = rest.strip_prefix(|it: char| it.to_lowercase().eq(letter.to_lowercase()))?;
        }
    }
    rest.chars().next().is_none_or(is_between).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indices<'a>(text: &'a str, names: &[&str]) -> Result<Vec<u16>, (usize, &'a str)> {
        let index = |it| match it {
            WrittenAction::Index(index) => index,
            WrittenAction::Controls(values) => panic!("{values:?}"),
        };
        Ok(actions(text, names, 0)?.into_iter().map(index).collect())
    }

    #[test]
    fn a_box_is_given_by_its_controls() {
        let steer = |values: [f32; 2]| WrittenAction::Controls(values.to_vec());
        assert_eq!(
            actions("-0.5/1 coast [0, 0.25]", &["coast"], 2),
            Ok(vec![steer([-0.5, 1.0]), WrittenAction::Index(0), steer([0.0, 0.25])])
        );
        assert_eq!(actions("0/0/0", &["coast"], 2), Err((0, "0/0/0")));
        assert_eq!(actions("[0, 0, 0]", &["coast"], 2), Err((0, "[0")));
        assert_eq!(actions("0.5", &["left"], 0), Err((0, "0.5")));
    }

    #[test]
    fn names_with_blanks_and_commas_are_actions() {
        let taxi = ["south", "north", "pick up", "drop off"];
        assert_eq!(indices("south, Pick  Up\npick_up 3,drop\toff 0", &taxi), Ok(vec![0, 2, 2, 3, 3, 0]));
        let tetris = ["column 1, 0 turns", "column 1, 1 turns"];
        assert_eq!(indices("column 1, 1 turns, column 1, 0 turns 1", &tetris), Ok(vec![1, 0, 1]));
        let daladala = ["move / kusonga", "pick up / chukua abiria"];
        assert_eq!(indices("pick up move / kusonga, chukua abiria", &daladala), Ok(vec![1, 0, 1]));
        assert_eq!(indices("go go left", &["go", "go left"]), Ok(vec![0, 1]));
        // Names that differ in blanks or case alone are told apart, and what could be either is refused.
        let alike = ["a b", "ab", "a_b", "x", "X"];
        assert_eq!(indices("a_b, a b ab 'a_b' \"X\" x", &alike), Ok(vec![2, 0, 1, 2, 4, 3]));
        assert_eq!(indices("x A_b", &alike), Err((1, "A_b")));
        // A name comes before an index.
        assert_eq!(indices("1 0", &["1", "2"]), Ok(vec![0, 0]));
    }

    #[test]
    fn quotation_marks_may_stand_around_an_action() {
        let taxi = ["south", "north", "pick up", "drop off"];
        assert_eq!(indices("south \"pick up\" 'Drop_Off' \"1\",' pick  up '", &taxi), Ok(vec![0, 2, 3, 1, 2]));
        let tetris = ["column 1, 0 turns", "column 1, 1 turns"];
        assert_eq!(indices("\"column 1, 1 turns\",\"column 1, 0 turns\"", &tetris), Ok(vec![1, 0]));
        // A name's own marks are a part of it, whether others stand around it or not.
        let own = ["say \"hi\"", "don't", "'t"];
        assert_eq!(indices("say \"hi\" 'say \"hi\"' don't \"don't\" 't", &own), Ok(vec![0, 0, 1, 1, 2]));
        let steer = WrittenAction::Controls(vec![-0.5, 1.0]);
        assert_eq!(actions("\"-0.5/1\"", &[], 2), Ok(vec![steer]));
        // Two actions between one pair of marks are none, nor are half a name or nothing.
        assert_eq!(indices("north 'south north'", &taxi), Err((1, "south north")));
        assert_eq!(indices("\"pick\" south", &taxi), Err((0, "pick")));
        assert_eq!(indices("\"\"", &taxi), Err((0, "")));
        assert_eq!(indices("\"pick up", &taxi), Err((0, "\"pick")));
    }

    #[test]
    fn what_is_no_action_is_named_with_its_place() {
        let names = ["up", "pick up"];
        assert_eq!(indices("up pick down", &names), Err((1, "pick")));
        assert_eq!(indices("up, 2", &names), Err((1, "2")));
        assert_eq!(indices("upward", &names), Err((0, "upward")));
        assert_eq!(indices(" , ", &names), Ok(vec![]));
    }

    #[test]
    fn every_action_of_every_environment_can_be_named() {
        for entry in environments::registry::catalog() {
            let presets = entry.presets.iter().map(|preset| preset.values.clone());
            for parameters in std::iter::once(shared::parameter::Parameters::new()).chain(presets) {
                let spec = shared::spec::EnvironmentSpec { id: entry.id.clone(), parameters };
                let names = environments::registry::build(&spec).unwrap().describe().actions;
                let names: Vec<&str> = names.iter().map(|action| action.name.as_str()).collect();
                let all: Vec<u16> = (0..names.len() as u16).collect();
                for separator in [", ", "\n"] {
                    assert_eq!(indices(&names.join(separator), &names), Ok(all.clone()), "{}", entry.id);
                }
            }
        }
    }
}
