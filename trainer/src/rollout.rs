//! Rollouts: one episode from a list of actions or by chance, a line a step.

use crate::Error;
use crate::environment_options::EnvironmentOptions;
use clap::{Args, ValueEnum};
use environments::registry::Visitor;
use environments::{Environment, Generator};
use serde_json::json;
use shared::quantity::Seed;
use std::io::{Read as _, Write};
use std::path::PathBuf;

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium rollout taxi --seed 7 --policy random --json
  echo 'right right down' | terrarium rollout gridworld --actions - --json";

/// The stream of chance of the random policy, apart from that of the episode.
const POLICY_STREAM: u64 = 0x726f_6c6c;

/// What to play.
#[derive(Clone, Debug, Args)]
pub struct Options {
    #[command(flatten)]
    world: EnvironmentOptions,
    /// Seed of the episode
    #[arg(long, default_value = "42", value_parser = seed)]
    seed: Seed,
    /// File of actions, by name or index, between spaces, commas or line breaks; - reads the standard input
    #[arg(long, value_name = "FILE", conflicts_with = "policy", required_unless_present = "policy")]
    actions: Option<PathBuf>,
    /// Who chooses the actions
    #[arg(long)]
    policy: Option<Policy>,
    /// Most steps
    #[arg(long, default_value_t = 10_000)]
    steps: usize,
    /// A JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Policy {
    /// Any legal action, each equally likely
    Random,
}

/// Reads a seed.
pub fn seed(text: &str) -> Result<Seed, String> {
    let number = text.parse().map_err(|_| "a seed is a whole number from 0 to 9007199254740991".to_owned())?;
    Seed::new(number).map_err(|error| error.to_string())
}

/// Plays and prints.
pub fn rollout(options: &Options, out: &mut impl Write) -> Result<(), Error> {
    options.world.build()?.accept(Rollout { options, out })
}

struct Rollout<'a, W> {
    options: &'a Options,
    out: &'a mut W,
}

impl<W: Write> Visitor for Rollout<'_, W> {
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
            let action = if let Some(actions) = &given {
                actions[index]
            } else {
                let legal = environment.legal_actions();
                legal.nth(generator.below(legal.count()))
            };
            let step = environment.step(action).map_err(|error| Error::Step { step: index + 1, error })?;
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
        made: Option<(u8, environments::Step)>,
    ) -> Result<(), Error> {
        let (action, step) = made.unzip();
        let step = step.unwrap_or(environments::Step { reward: 0.0, terminated: false, truncated: false });
        if !self.options.json {
            let name = action.map(|it| environment.describe().actions[usize::from(it)].name.clone());
            let ending = if step.terminated {
                " terminated"
            } else if step.truncated {
                " truncated"
            } else {
                ""
            };
            let did = name.map_or_else(|| "start".to_owned(), |name| format!("{name}, reward {}{ending}", step.reward));
            writeln!(self.out, "step {index}: {did}\n{}\n", environment.text())?;
            return Ok(());
        }
        let mut observation = vec![0.0_f32; environment.describe().observation.len()];
        environment.observe(&mut observation);
        let line = json!({
            "step": index,
            "state": (environment.state_count() > 0).then(|| environment.state()),
            "observation": observation,
            "action": action,
            "reward": step.reward,
            "terminated": step.terminated,
            "truncated": step.truncated,
        });
        writeln!(self.out, "{line}")?;
        Ok(())
    }
}

fn read_actions<E: Environment>(file: &PathBuf, environment: &E) -> Result<Vec<u8>, Error> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(file)
    };
    let text = text.map_err(|source| Error::File { path: file.clone(), source })?;
    let description = environment.describe();
    let words = text.split(|it: char| it == ',' || it.is_whitespace()).filter(|it| !it.is_empty());
    let action = |(index, word): (usize, &str)| {
        let by_name = description.actions.iter().position(|it| it.name.eq_ignore_ascii_case(word));
        let index_of = by_name.or_else(|| word.parse().ok().filter(|it| *it < description.actions.len()));
        index_of.map(|it| it as u8).ok_or_else(|| Error::Action {
            place: format!("{}, action {}", file.display(), index + 1),
            given: word.chars().take(40).collect(),
            id: description.id.clone(),
            actions: description.actions.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    };
    words.enumerate().map(action).collect()
}
