//! Options of the command line that have an effect only beside another one: given alone they are refused. What stands in
//! the environment of the process is for whoever needs it, and counts as not set where it is empty.

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Parser};

/// Options by their ids, those of which each needs one, and how these are written.
const NEEDS: [(&str, &[&str], &str); 11] = [
    ("relay_ca", &["relay"], "--relay ADDRESS"),
    ("publisher_token", &["relay"], "--relay ADDRESS"),
    ("memory", &["relay"], "--relay ADDRESS"),
    ("spill", &["relay"], "--relay ADDRESS"),
    ("deliver_for", &["relay"], "--relay ADDRESS"),
    ("trainer", &["relay"], "--relay ADDRESS"),
    ("headless", &["relay"], "--relay ADDRESS"),
    ("run", &["relay", "runs"], "--relay ADDRESS or --runs DIR"),
    ("token", &["relay"], "--relay ADDRESS"),
    ("save_every", &["relay", "runs"], "--relay ADDRESS or --runs DIR"),
    ("keep_every", &["runs"], "--runs DIR"),
];

/// Reads a program's command line. What is wrong with it is told, and the process ends.
#[must_use]
pub fn parse<P: Parser>() -> P {
    let mut command = without_empty_variables(P::command());
    let matches = command.get_matches_mut();
    if let Err(error) = check(&command, &matches) {
        error.exit();
    }
    P::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit())
}

/// A command for which a variable that is set to nothing is not set: scripts and services leave such ones. `options.rs` of the relay does
/// the same for its own command line: neither crate needs the other.
fn without_empty_variables(command: Command) -> Command {
    let is_empty = |arg: &Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|it| it.is_empty());
    let command = command.mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg });
    command.mut_subcommands(without_empty_variables)
}

/// Refuses what was given without what it needs.
fn check(command: &Command, matches: &ArgMatches) -> Result<(), clap::Error> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    let has = |id: &str| matches.try_contains_id(id).unwrap_or(false);
    let is_option = |id: &str| matches.try_contains_id(id).is_ok();
    let given = |id: &str| is_option(id) && matches.value_source(id) == Some(ValueSource::CommandLine);
    // Commands that have nothing of what is needed have options of the same name for something else.
    let alone = NEEDS
        .iter()
        .find(|(id, needs, _)| given(id) && needs.iter().any(|it| is_option(it)) && !needs.iter().any(|it| has(it)));
    let Some((id, _, needs)) = alone else { return Ok(()) };
    let words = format!("--{} has no effect here; it needs {needs}", id.replace('_', "-"));
    let mut command = command.find_subcommand(name).unwrap_or(command).clone();
    Err(command.error(ErrorKind::MissingRequiredArgument, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::TrainerOptions;
    use clap::CommandFactory as _;

    fn said(line: &str) -> String {
        let mut command = TrainerOptions::command();
        let matches = command.try_get_matches_from_mut(line.split(' ')).unwrap();
        check(&command, &matches).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn an_option_that_needs_another_one_is_refused_alone() {
        let alone = [
            ("--relay-ca x.pem", "--relay ADDRESS"),
            ("--trainer box", "--relay ADDRESS"),
            ("--publisher-token x", "--relay ADDRESS"),
            ("--memory 9", "--relay ADDRESS"),
            ("--spill /tmp", "--relay ADDRESS"),
            ("--deliver-for 9", "--relay ADDRESS"),
            ("--headless", "--relay ADDRESS"),
            ("--run x", "--relay ADDRESS or --runs DIR"),
            ("--save-every 9", "--relay ADDRESS or --runs DIR"),
            ("--keep-every 9", "--runs DIR"),
        ];
        for (given, needs) in alone {
            let name = given.split(' ').next().unwrap();
            let words = format!("{name} has no effect here; it needs {needs}");
            assert!(said(&format!("x run gridworld {given}")).contains(&words), "{given}");
            assert_eq!(said(&format!("x run gridworld --runs r --relay ws://x {given}")), "");
        }
        assert!(
            said("x watch agent.terrarium --token t").contains("--token has no effect here; it needs --relay ADDRESS")
        );
        assert_eq!(said("x watch run-1 --token t --relay ws://x"), "");
        assert_eq!(said("x run gridworld --run x --runs r"), "");
        // A run that is resumed is kept.
        assert_eq!(said("x resume a/b --keep-every 9 --save-every 9 --run x"), "");
        assert!(said("x resume a/b --spill /tmp").contains("--spill has no effect here"));
        assert_eq!(said("x run gridworld"), "");
    }
}
