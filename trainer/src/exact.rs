//! What the exact transition model tells: the model itself and its solution.

use crate::Error;
use crate::environment_options::EnvironmentOptions;
use agents::planning::exact::{self, Solution, SolverOutcome};
use clap::Args;
use environments::{ActionMask, Environment as _, Model};
use serde_json::{Map, Value, json};
use shared::describe::EnvironmentDescription;
use shared::terminal::say;
use std::io::{self, Write};
use std::time::Instant;

/// What follows the help of `solve`.
pub const SOLVE_HELP: &str = "\
Exit status:
  0  the values are exact
  1  the output cannot be written
  2  what was asked for cannot be solved, and why
  3  rewards add up without bound; finite values are exact
  4  the values did not settle; they are an estimate

Example:
  terrarium solve gridworld --env slip=0.1 --gamma 0.95";

/// The option of every environment that says when an episode is cut.
const STEP_LIMIT: &str = "step_limit";

/// States that an error message names at most.
const MOST_NAMED: usize = 5;

/// Whose model to print.
#[derive(Clone, Debug, Args)]
pub struct ModelOptions {
    #[command(flatten)]
    environment: EnvironmentOptions,
    /// As one JSON object: `transitions[state][action]` lists [probability, next state, reward, terminated, outcome]
    /// and is empty where the action is not legal. Otherwise as CSV, which `--env table=@FILE` of mdp reads
    #[arg(long)]
    json: bool,
}

/// What to solve.
#[derive(Clone, Debug, Args)]
pub struct SolveOptions {
    #[command(flatten)]
    environment: EnvironmentOptions,
    /// Discount
    #[arg(long, default_value = "0.99", value_parser = discount, allow_negative_numbers = true)]
    gamma: f64,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

fn discount(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "a discount is a number from 0 to 1".to_owned())?;
    // What is beyond all numbers is told as it was written.
    if number.is_infinite() {
        return Err(format!("a discount must be from 0 to 1, not {text}"));
    }
    shared::quantity::Discount::new(number).map(shared::Discount::get).map_err(|error| error.to_string())
}

/// A model, and the description in which its states and actions have their names.
struct NamedModel {
    model: Model,
    description: EnvironmentDescription,
}

impl NamedModel {
    fn of(environment: &EnvironmentOptions) -> Result<Self, Error> {
        let built = environment.build()?;
        let model = built.model().ok_or_else(|| Error::NoModel { id: environment.environment.clone() })?;
        Ok(Self { model: model.clone(), description: built.describe() })
    }

    /// The same, with nothing to choose where an episode has always ended: there every action stays for nothing.
    fn with_ends(self) -> Self {
        let Self { model, description } = self;
        let stays = |state: usize, action: u16| match model.outcomes(state, usize::from(action)) {
            [only] => only.terminated && only.next as usize == state && only.reward == 0.0,
            _ => false,
        };
        let is_end = |state: &usize| model.choices(*state).iter().all(|action| stays(*state, action));
        let ends: Vec<_> = (0..model.states()).filter(is_end).collect();
        Self { model: model.with_ends(ends), description }
    }

    fn action(&self, action: u16) -> &str {
        self.description.actions.get(usize::from(action)).map_or("", |it| it.name.as_str())
    }

    fn actions(&self, actions: ActionMask) -> Vec<&str> {
        actions.iter().map(|action| self.action(action)).collect()
    }

    /// What both commands tell of it in JSON. Names of states are left out where their indices are all they have.
    fn facts(&self) -> Map<String, Value> {
        let Self { model, description } = self;
        let mut facts = Map::new();
        facts.insert("environment".into(), description.id.clone().into());
        if !description.state_names.is_empty() {
            facts.insert("state_names".into(), description.state_names.clone().into());
        }
        facts.insert("action_names".into(), self.actions(ActionMask::all(model.actions())).into());
        let legal: Vec<Vec<u16>> = (0..model.states()).map(|state| model.choices(state).iter().collect()).collect();
        facts.insert("legal".into(), json!(legal));
        facts
    }

    /// Whether the solution is one.
    fn verdict(&self, solution: &Solution) -> Result<(), Error> {
        match solution.outcome() {
            SolverOutcome::Exact => Ok(()),
            SolverOutcome::Unsettled if solution.overflows => Err(Error::TooLarge),
            SolverOutcome::Unsettled if !solution.has_limit => Err(Error::NoLimit),
            SolverOutcome::Unsettled => {
                // The error is a share of the values that grows as they do, with 1 / (1 - gamma).
                let greatest =
                    solution.v.iter().filter(|it| it.is_finite()).fold(0.0_f64, |most, it| most.max(it.abs()));
                let share = solution.error_bound().map_or(1e-6, |bound| bound / greatest.max(f64::MIN_POSITIVE));
                let farther = (share / SETTLED * 4.0).clamp(10.0, 1e6);
                let gamma = 1.0 - farther * (1.0 - solution.gamma());
                let gamma = if solution.gamma() < 1.0 { gamma.max(0.0) } else { 0.99 };
                // Without the digits that a subtraction leaves behind.
                let gamma = (gamma * 1e12).round() / 1e12;
                let off = match solution.error_bound() {
                    Some(bound) => format!("the values may be off by {bound}"),
                    None => "how far the values are off is not known".into(),
                };
                Err(Error::NotSettled { off, gamma })
            }
            SolverOutcome::Unbounded => {
                let reachable = self.model.reachable();
                let mut states = states_where(solution, f64::is_infinite);
                states.retain(|state| reachable[*state]);
                let more = if states.len() > MOST_NAMED { " and more" } else { "" };
                let names = states.iter().take(MOST_NAMED).map(|state| self.description.state_name(*state));
                let names = names.collect::<Vec<_>>().join(", ");
                Err(Error::Unbounded {
                    states: format!("from {} of {} states on: {names}{more}", states.len(), self.model.states()),
                })
            }
        }
    }

    fn outcomes(&self, state: usize, action: usize) -> Vec<Value> {
        if !self.model.choices(state).allows(action as u16) {
            return Vec::new();
        }
        let outcomes = self.model.outcomes(state, action).iter();
        outcomes.map(|it| json!([it.probability, it.next, it.reward, it.terminated, it.reason])).collect()
    }
}

/// Refuses an option that is of the episodes alone: the model goes on whatever it is.
fn refuse_step_limit(options: &EnvironmentOptions) -> Result<(), Error> {
    if options.sets(STEP_LIMIT) {
        return Err(Error::Refused(format!(
            "{STEP_LIMIT} has no effect here: it cuts episodes, and the exact model and its solution know of no cut. Leave it out; \
             `terrarium run` keeps to it"
        )));
    }
    Ok(())
}

/// Prints the exact model.
pub fn model(options: &ModelOptions, out: &mut impl Write) -> Result<(), Error> {
    refuse_step_limit(&options.environment)?;
    let named = NamedModel::of(&options.environment)?;
    let (model, description) = (&named.model, &named.description);
    if options.json {
        let row = |state| (0..model.actions()).map(|action| named.outcomes(state, action)).collect();
        let transitions: Vec<Vec<Vec<Value>>> = (0..model.states()).map(row).collect();
        let mut whole = named.facts();
        whole.insert("states".into(), model.states().into());
        whole.insert("actions".into(), model.actions().into());
        whole.insert("start".into(), json!(model.start()));
        whole.insert("transitions".into(), json!(transitions));
        writeln!(out, "{}", Value::Object(whole))?;
        return Ok(());
    }
    // A name that begins like a comment is read back in quotes.
    let mut table = csv::WriterBuilder::new().comment(Some(b'#')).from_writer(out);
    table.write_record(["state", "action", "probability", "next_state", "reward", "terminal"]).map_err(unwritten)?;
    for state in 0..model.states() {
        for action in model.choices(state).iter() {
            for it in model.outcomes(state, usize::from(action)) {
                let record = [
                    description.state_name(state),
                    named.action(action).to_owned(),
                    it.probability.to_string(),
                    description.state_name(it.next as usize),
                    it.reward.to_string(),
                    it.terminated.to_string(),
                ];
                table.write_record(record).map_err(unwritten)?;
            }
        }
    }
    table.flush()?;
    // Read back, a table begins in the state of its first row.
    let first = (0..model.states()).find(|state| model.choices(*state).count() > 0);
    match model.start() {
        [(state, _)] if Some(*state as usize) == first => {}
        [(state, _)] => say(format_args!(
            "a table does not say that episodes begin in {}: read it with --env start={0}, or print --json",
            description.state_name(*state as usize)
        )),
        start => say(format_args!(
            "a table does not say that episodes begin in one of {} states: print --json, which mdp reads as well",
            start.len()
        )),
    }
    Ok(())
}

fn unwritten(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The share of the values below which their errors count as none.
const SETTLED: f64 = 1e-9;

/// Solves the model and prints the solution.
pub fn solve(options: &SolveOptions, out: &mut impl Write) -> Result<(), Error> {
    refuse_step_limit(&options.environment)?;
    let named = NamedModel::of(&options.environment)?.with_ends();
    let model = &named.model;
    let begun = Instant::now();
    let solution = exact::solve(model, options.gamma);
    let millis = begun.elapsed().as_secs_f64() * 1000.0;
    let at_start = solution.at_start(model);
    let rows = || solution.q.chunks(model.actions()).enumerate();
    if options.json {
        let of_legal = |(state, row): (usize, &[f64])| -> Vec<Option<f64>> {
            let legal = model.choices(state);
            row.iter().enumerate().map(|(action, q)| legal.allows(action as u16).then_some(*q)).collect()
        };
        let mut whole = named.facts();
        whole.insert("gamma".into(), options.gamma.into());
        whole.insert("value_at_start".into(), at_start.into());
        whole.insert("v".into(), json!(solution.v));
        whole.insert("q".into(), json!(rows().map(of_legal).collect::<Vec<_>>()));
        let best: Vec<Vec<u16>> = (0..model.states()).map(|state| solution.best(state).iter().collect()).collect();
        whole.insert("best".into(), json!(best));
        whole.insert("policy".into(), json!(solution.policy));
        whole.insert("outcome".into(), word(solution.outcome()).into());
        whole.insert("error_bound".into(), solution.error_bound().into());
        whole.insert("unbounded_above".into(), states_where(&solution, |v| v == f64::INFINITY).into());
        whole.insert("unbounded_below".into(), states_where(&solution, |v| v == f64::NEG_INFINITY).into());
        whole.insert("sweeps".into(), solution.sweeps.into());
        whole.insert("improvements".into(), solution.improvements.into());
        whole.insert("millis".into(), millis.into());
        writeln!(out, "{}", Value::Object(whole))?;
        return named.verdict(&solution);
    }
    let bound = solution.error_bound().filter(|_| solution.outcome() != SolverOutcome::Unbounded);
    let bound = bound.map_or_else(String::new, |bound| format!(", error at most {bound:.1e}"));
    let (states, sweeps, improvements) = (model.states(), solution.sweeps, solution.improvements);
    let at_start = match at_start {
        unknown if unknown.is_nan() => UNKNOWN.to_owned(),
        plain if is_plain(plain) => format!("{plain:.6}"),
        other => format!("{other:e}"),
    };
    writeln!(
        out,
        "{states} states, {sweeps} sweeps, {improvements} improvements, {millis:.2} ms; {}{bound}; value at the start \
         {at_start}\n",
        word(solution.outcome()),
    )?;
    let mut table = vec![vec!["state".to_owned(), "V*".into(), "best".into()]];
    table[0].extend(named.actions(ActionMask::all(model.actions())).into_iter().map(|name| format!("Q*({name})")));
    for (state, row) in rows() {
        let legal = model.choices(state);
        let best = named.actions(solution.best(state)).join(", ");
        let best = if legal.count() == 0 { "(end)".to_owned() } else { best };
        let mut line = vec![named.description.state_name(state), figure(solution.v[state]), best];
        let q = |(action, q): (usize, &f64)| if legal.allows(action as u16) { figure(*q) } else { "-".into() };
        line.extend(row.iter().enumerate().map(q));
        table.push(line);
    }
    write_aligned(&table, out)?;
    named.verdict(&solution)
}

/// Whether a number with a few decimals tells what it is.
fn is_plain(number: f64) -> bool {
    number == 0.0 || !number.is_finite() || (1e-3..1e12).contains(&number.abs())
}

/// What stands in the place of a value that has no limit, or is beyond all numbers.
const UNKNOWN: &str = "unknown";

fn figure(number: f64) -> String {
    if number.is_nan() {
        UNKNOWN.into()
    } else if is_plain(number) {
        format!("{number:.4}")
    } else {
        format!("{number:.4e}")
    }
}

/// Columns are padded to as many characters at most; what is longer stands out.
const MOST_PADDED: usize = 60;

const fn word(outcome: SolverOutcome) -> &'static str {
    match outcome {
        SolverOutcome::Exact => "exact",
        SolverOutcome::Unbounded => "unbounded",
        SolverOutcome::Unsettled => "not settled",
    }
}

fn states_where(solution: &Solution, holds: impl Fn(f64) -> bool) -> Vec<usize> {
    (0..solution.v.len()).filter(|state| holds(solution.v[*state])).collect()
}

/// Writes rows whose columns stand below each other.
fn write_aligned(table: &[Vec<String>], out: &mut impl Write) -> Result<(), Error> {
    let columns = table.first().map_or(0, Vec::len);
    let length = |row: &Vec<String>, column: usize| row[column].chars().count();
    let width = |column: usize| table.iter().map(|row| length(row, column)).max().unwrap_or(0).min(MOST_PADDED);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in table {
        let padded: Vec<_> = row.iter().zip(&widths).map(|(text, width)| format!("{text:width$}")).collect();
        writeln!(out, "{}", padded.join("  ").trim_end())?;
    }
    Ok(())
}
