//! Settings: `NAME=VALUE` from a command line into a spec.

use crate::count::count;
use crate::text_file;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterError, ParameterKind, Parameters, Value, check_live};
use std::path::Path;

/// A setting that cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// Not of the form.
    #[error("{given:?} is not of the form NAME=VALUE, e.g. {example}")]
    Form {
        /// What was given.
        given: String,
        /// One that would be.
        example: String,
    },
    /// Not a change of the form.
    #[error("{given:?} is not of the form STEP:NAME=VALUE, e.g. 5000:{example}, where STEP is a whole number of steps")]
    ChangeForm {
        /// What was given.
        given: String,
        /// A setting that would do.
        example: String,
    },
    /// Set twice, and only one of them could hold.
    #[error("{id}: {name} is set twice, as {first:?} and as {second:?}: leave one of them out")]
    Twice {
        /// The environment or agent.
        id: String,
        /// The parameter.
        name: String,
        /// What was given first, cut after 40 characters,
        first: String,
        /// and then.
        second: String,
    },
    /// The parameter does not take it.
    #[error("{id}: {error}")]
    Parameter {
        /// The environment or agent.
        id: String,
        /// Why.
        error: ParameterError,
    },
    /// It counts only where an agent begins.
    #[error(
        "{id}: {name} counts where an agent begins, and this one goes on from what was saved: begin a run with it, or leave it out"
    )]
    AtTheBeginning {
        /// The agent.
        id: String,
        /// The parameter.
        name: String,
    },
    /// The file after `@` cannot be read.
    #[error("{name}: the file {file} cannot be read: {source}")]
    File {
        /// The parameter.
        name: String,
        /// The file.
        file: String,
        /// The system's words.
        source: std::io::Error,
    },
}

/// The value that a file stands for: its text, without the line breaks at its end.
pub(crate) fn text_of(file: &Path) -> std::io::Result<String> {
    Ok(text_file::read(file)?.trim_end_matches('\n').to_owned())
}

/// Reads settings of an environment or agent. `@FILE` as the value of a text stands for the file's content.
pub fn read(entry: &CatalogEntry, settings: &[String]) -> Result<Parameters, SettingError> {
    let mut parameters = Parameters::new();
    for setting in settings {
        let (name, text) = setting
            .split_once('=')
            .ok_or_else(|| SettingError::Form { given: setting.chars().take(80).collect(), example: example(entry) })?;
        let refuse = |error| SettingError::Parameter { id: entry.id.clone(), error };
        let Some(spec) = entry.parameters.iter().find(|it| it.name == name) else {
            let known: Vec<_> = entry.parameters.iter().map(|it| it.name.as_str()).collect();
            let (parameter, known) = (name.to_owned(), known.join(", "));
            return Err(refuse(ParameterError::Unknown { parameter, known }));
        };
        let value = match (&spec.kind, text.strip_prefix('@')) {
            (ParameterKind::Text { .. }, Some(file)) => {
                let content = text_of(Path::new(file)).map_err(|source| SettingError::File {
                    name: name.to_owned(),
                    file: file.to_owned(),
                    source,
                })?;
                spec.parse(&content)
            }
            _ => spec.parse(text),
        };
        let value = value.map_err(refuse)?;
        if parameters.insert(name.to_owned(), value.clone()).is_some_and(|first| first != value) {
            let of_name = |setting: &&String| setting.split_once('=').is_some_and(|(it, _)| it == name);
            let first = settings.iter().find(of_name).and_then(|it| it.split_once('=')).map_or("", |(_, text)| text);
            let [first, second] = [first, text].map(|it| it.chars().take(40).collect());
            return Err(SettingError::Twice { id: entry.id.clone(), name: name.to_owned(), first, second });
        }
    }
    Ok(parameters)
}

/// Refuses a preset of which nothing holds, because everything that it sets is set to something else.
pub(crate) fn check_preset(name: Option<&str>, preset: &Parameters, set: &Parameters) -> Result<(), ParameterError> {
    let is_gone = |(name, value): (&String, &Value)| set.get(name).is_some_and(|other| other != value);
    match name {
        Some(name) if !preset.is_empty() && preset.iter().all(is_gone) => {
            let names = preset.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let why = format!("with {names}, which is all that it sets, set to something else; leave one of them out");
            Err(ParameterError::WithoutEffect { parameter: format!("preset {name}"), why })
        }
        _ => Ok(()),
    }
}

/// Parameters with others, as people give them, set over them.
pub fn settled(entry: &CatalogEntry, parameters: &Parameters, set: &[String]) -> Result<Parameters, SettingError> {
    if set.is_empty() {
        return Ok(parameters.clone());
    }
    let set = read(entry, set)?;
    entry.settle(parameters, &set).map_err(|error| SettingError::Parameter { id: entry.id.clone(), error })
}

/// Reads a change of an agent's values in mid-run: `STEP:NAME=VALUE`.
pub fn read_change(entry: &CatalogEntry, given: &str) -> Result<(u64, Parameters), SettingError> {
    let parts = given.split_once(':').and_then(|(step, setting)| Some((step_of(step)?, setting)));
    let (step, setting) = parts
        .ok_or_else(|| SettingError::ChangeForm { given: given.chars().take(80).collect(), example: example(entry) })?;
    let parameters = read(entry, &[setting.to_owned()])?;
    let refuse = |error| SettingError::Parameter { id: entry.id.clone(), error };
    check_live(&entry.parameters, &parameters).map_err(refuse)?;
    Ok((step, parameters))
}

/// A step as people write it: `5000`, `5_000` or `5e3`. Before the first one is a step, too.
pub(crate) fn step_of(text: &str) -> Option<u64> {
    let text = text.trim();
    count(text).ok().or_else(|| text.parse().ok())
}

fn example(entry: &CatalogEntry) -> String {
    let first = entry.parameters.iter().find(|it| !matches!(it.kind, ParameterKind::Text { .. }));
    first.map_or_else(|| "alpha=0.1".into(), |it| format!("{}={}", it.name, it.default_value()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn gridworld() -> CatalogEntry {
        environments::registry::find("gridworld").unwrap()
    }

    #[test]
    fn values_are_read_by_the_kind_of_their_parameter() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "S.\n.G").unwrap();
        let map = format!("map=@{}", file.path().display());
        let parameters = read(&gridworld(), &["slip=0.25".into(), map]).unwrap();
        assert_eq!(parameters["slip"], Value::Number(0.25));
        assert_eq!(parameters["map"], Value::Text("S.\n.G".into()));
    }

    #[test]
    fn what_is_set_twice_is_refused_unless_it_is_the_same() {
        let set = |settings: [&str; 2]| read(&gridworld(), &settings.map(ToOwned::to_owned));
        assert_eq!(set(["slip=0.1", "slip=1e-1"]).unwrap()["slip"], Value::Number(0.1));
        let error = set(["slip=0.1", "slip=0.3"]).unwrap_err().to_string();
        assert_eq!(error, "gridworld: slip is set twice, as \"0.1\" and as \"0.3\": leave one of them out");
    }

    #[test]
    fn steps_of_changes_are_written_as_steps_are_elsewhere() {
        let agent = agents::registry::find("q-learning").unwrap();
        let step = |given: &str| read_change(&agent, &format!("{given}:alpha=0.05")).map(|(step, _)| step);
        for (given, expected) in [("0", 0), ("5000", 5000), ("5e3", 5000), (" 5_000 ", 5000)] {
            assert_eq!(step(given).unwrap(), expected, "{given}");
        }
        for given in ["", "-1", "1.5", "many"] {
            assert!(step(given).unwrap_err().to_string().contains("STEP is a whole number of steps"), "{given}");
        }
    }

    #[test]
    fn what_cannot_be_taken_is_named_with_the_way_out() {
        let check = |setting: &str, expected: &str| {
            let error = read(&gridworld(), &[setting.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("slip", "is not of the form NAME=VALUE, e.g. goal_reward=10");
        check("slip=2", "gridworld: slip must be a number from 0 to");
        check("slippery=1", "there is no parameter \"slippery\"; there are: ");
        let agent = agents::registry::find("q-learning").unwrap();
        assert_eq!(read_change(&agent, "5000:alpha=0.05").unwrap().0, 5000);
        let refused = |given: &str| read_change(&agent, given).unwrap_err().to_string();
        assert!(refused("alpha=0.05").contains("is not of the form STEP:NAME=VALUE, e.g. 5000:alpha=0.1"));
        assert!(
            refused("9:gamma=0.5").contains("gamma cannot change while the agent learns; what can is: alpha, epsilon")
        );
        check("map=@/nowhere/map.txt", "map: the file /nowhere/map.txt cannot be read");
    }
}
