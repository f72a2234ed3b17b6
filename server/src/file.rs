//! Options from a file: what neither the command line nor the environment says.

use crate::alerts::{AlertRule, NoRule};
use crate::options::{ServeOptions, without_empty_variables};
use crate::small_file::small_file;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Why options cannot be made out.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The file cannot be read.
    #[error("the options in {path} cannot be read: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file names an option that there is not.
    #[error("{path} names {name:?}, which is no option; `--print-config` shows all of them")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What it names.
        name: String,
    },
    /// A rule of the file is none.
    #[error("[[alert]] number {number} in {path}: {source}")]
    Alert {
        /// The file.
        path: PathBuf,
        /// The rule's place, from 1.
        number: usize,
        /// What is wrong with it.
        source: NoRule,
    },
    /// What is asked for in sum is no set of options.
    #[error("{0}")]
    Together(#[from] clap::Error),
}

/// What the rules of a file stand under.
const ALERT: &str = "alert";

fn command() -> Command {
    without_empty_variables(ServeOptions::augment_args(Command::new("serve")))
}

impl ServeOptions {
    /// The options of a command line, which begins behind the program's name and command, and of the file that it names.
    pub fn from_line(line: impl IntoIterator<Item = OsString>) -> Result<Self, OptionsError> {
        let line: Vec<_> = std::iter::once("serve".into()).chain(line).collect();
        let (matches, alerts) = complete(line)?;
        let mut options = Self::from_arg_matches(&matches)?;
        options.alerts = alerts;
        Ok(options)
    }

    /// The options of a command line and its file, as such a file.
    pub fn print(line: impl IntoIterator<Item = OsString>) -> Result<String, OptionsError> {
        let line: Vec<_> = std::iter::once("serve".into()).chain(line).collect();
        let (matches, alerts) = complete(line)?;
        Ok(text(&matches) + &alerts.iter().map(AlertRule::text).collect::<String>())
    }
}

fn complete(mut line: Vec<OsString>) -> Result<(ArgMatches, Vec<AlertRule>), OptionsError> {
    let matches = command().try_get_matches_from(&line)?;
    let Some(path) = matches.get_one::<PathBuf>("config").cloned() else { return Ok((matches, Vec::new())) };
    let unreadable = |reason: String| OptionsError::File { path: path.clone(), reason };
    let bytes = small_file(&path).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is no text in UTF-8".into()))?;
    // Editors put a mark before texts.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| unreadable(error.to_string()))?;
    let mut rules = Vec::new();
    for (name, value) in table {
        match value {
            toml::Value::Array(tables) if name == ALERT => rules = alerts(&path, tables)?,
            value => line.extend(arguments(&matches, &path, &name, value)?),
        }
    }
    Ok((command().try_get_matches_from(line)?, rules))
}

/// The rules under `[[alert]]`, each with a name of its own.
fn alerts(path: &Path, tables: Vec<toml::Value>) -> Result<Vec<AlertRule>, OptionsError> {
    let mut rules = Vec::<AlertRule>::new();
    for (number, table) in (1..).zip(tables) {
        let no = |source| OptionsError::Alert { path: path.into(), number, source };
        let rule = match table {
            toml::Value::Table(table) => AlertRule::from_table(table).map_err(no)?,
            other => return Err(no(NoRule::Form(format!("{other} is no table")))),
        };
        if let Some(same) = rules.iter().find(|it| it.name() == rule.name()) {
            return Err(no(NoRule::Form(format!("there is a rule {:?} already", same.name()))));
        }
        rules.push(rule);
    }
    Ok(rules)
}

/// What a line of the file would be on the command line; nothing where somebody said otherwise already.
fn arguments(matches: &ArgMatches, path: &Path, name: &str, value: toml::Value) -> Result<Vec<OsString>, OptionsError> {
    let command = command();
    let known = command.get_arguments().find(|it| it.get_long() == Some(name) && name != "config");
    let Some(argument) = known else {
        return Err(OptionsError::Unknown { path: path.into(), name: name.into() });
    };
    let said = matches.value_source(argument.get_id().as_str());
    if matches!(said, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
        return Ok(Vec::new());
    }
    let one = |value: toml::Value| match value {
        toml::Value::Boolean(true) if !argument.get_action().takes_values() => format!("--{name}").into(),
        toml::Value::String(text) => format!("--{name}={text}").into(),
        value => format!("--{name}={value}").into(),
    };
    Ok(match value {
        toml::Value::Boolean(false) if !argument.get_action().takes_values() => Vec::new(),
        toml::Value::Array(values) => values.into_iter().map(one).collect(),
        value => vec![one(value)],
    })
}

/// All options as a file; secrets are left out.
fn text(matches: &ArgMatches) -> String {
    let mut text = String::new();
    for argument in command().get_arguments() {
        let id = argument.get_id().as_str();
        let Some(name) =
            argument.get_long().filter(|it| !matches!(*it, "config" | "print-config" | "help" | "version"))
        else {
            continue;
        };
        if let Some(help) = argument.get_help() {
            let _ = writeln!(text, "# {help}");
        }
        let is_flag = !argument.get_action().takes_values();
        let values: Vec<_> = matches.get_raw(id).into_iter().flatten().map(|it| it.to_string_lossy()).collect();
        let is_list = matches!(argument.get_action(), clap::ArgAction::Append);
        let quoted = |value: &str| match value.parse::<i64>() {
            Ok(number) => number.to_string(),
            Err(_) => toml::Value::String(value.to_owned()).to_string(),
        };
        let _ = match values.as_slice() {
            _ if is_flag => writeln!(text, "{name} = {}", matches.get_flag(id)),
            values if is_list => {
                let list: Vec<_> = values.iter().map(|it| toml::Value::String(it.to_string()).to_string()).collect();
                writeln!(text, "{name} = [{}]", list.join(", "))
            }
            [] => writeln!(text, "# {name} = "),
            [_, ..] if argument.is_hide_env_values_set() => writeln!(text, "# {name} is set, and is not shown"),
            [value, ..] => writeln!(text, "{name} = {}", quoted(value)),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RelayConfig;

    fn config(line: &[&str]) -> Result<RelayConfig, String> {
        let line = line.iter().map(Into::into);
        ServeOptions::from_line(line).map(RelayConfig::from).map_err(|error| error.to_string())
    }

    const RULE: &str = "\n[[alert]]\nname = 'slow'\nmetric = 'machine/steps_per_second'\nis = 'below'\nvalue = 10\n";

    #[test]
    fn a_file_says_what_the_command_line_does_not() {
        let directory = tempfile::TempDir::new().unwrap();
        let file = directory.path().join("relay.toml");
        let path = file.to_str().unwrap();
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        write(
            "listen = \"127.0.0.1:7\"\nkeep-epochs = 3\nallow-origin = [\"https://a\", \"https://b\"]\ninsecure = true",
        );
        let read = config(&["--config", path, "--keep-epochs", "5"]).unwrap();
        assert_eq!(read.listen.port(), 7);
        assert_eq!(read.retention.epochs_per_run, 5, "the command line comes first");
        assert_eq!(read.access.origins, ["https://a", "https://b"]);
        assert!(read.access.insecure);
        write(&format!("insecure = false\nmax-connections = 9\n{RULE}"));
        let read = config(&["--config", path]).unwrap();
        assert!(!read.access.insecure && read.limits.connections == 9);
        assert_eq!(read.alerts.iter().map(AlertRule::name).collect::<Vec<_>>(), ["slow"]);
        for (text, expected) in [
            ("liste = 1", "names \"liste\", which is no option"),
            ("keep-epochs = 0", "keep-epochs"),
            ("[[alert]]\nname = 'a'\nmetric = 'loss'\nis = 'above'", "number 1"),
            ("alert = [1]", "1 is no table"),
            (&format!("{RULE}{RULE}"), "there is a rule \"slow\" already"),
            ("listen", "cannot be read"),
        ] {
            write(text);
            let error = config(&["--config", path]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_is_printed_reads_as_the_same_options_and_shows_no_secret() {
        let line = ["--keep-epochs", "3", "--allow-host", "a.example", "--viewer-token", "hush", "--insecure"];
        let printed = ServeOptions::print(line.iter().map(Into::into)).unwrap();
        assert!(!printed.contains("hush") && printed.contains("# viewer-token is set"), "{printed}");
        let directory = tempfile::TempDir::new().unwrap();
        let file = directory.path().join("relay.toml");
        std::fs::write(&file, printed.clone() + RULE).unwrap();
        let again = ["--config", file.to_str().unwrap(), "--viewer-token", "hush"];
        let printed_again = ServeOptions::print(again.iter().map(Into::into)).unwrap();
        assert!(printed_again.starts_with(&printed) && printed_again.contains("name = \"slow\""), "{printed_again}");
        std::fs::write(&file, &printed_again).unwrap();
        assert_eq!(ServeOptions::print(again.iter().map(Into::into)).unwrap(), printed_again);
    }
}
