//! The environment that a command line names, with its options.

use crate::Error;
use crate::settings::{self, SettingError};
use clap::Args;
use environments::registry::BuiltEnvironment;
use shared::parameter::keep_preset;
use shared::spec::EnvironmentSpec;

/// What is set of an environment on the command line.
#[derive(Clone, Debug, Default, Args)]
pub struct EnvironmentSettings {
    /// Named set of the environment's options, one of those that `terrarium describe ENV` lists
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Option of the environment, e.g. slip=0.1, over those of the preset; @FILE stands for a text in a file
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pub options: Vec<String>,
}

impl EnvironmentSettings {
    /// Whether nothing is set.
    pub const fn is_empty(&self) -> bool {
        self.preset.is_none() && self.options.is_empty()
    }

    /// The spec of an environment that is set so.
    pub fn spec(&self, environment: &str) -> Result<EnvironmentSpec, Error> {
        let entry = environments::registry::find(environment)?;
        let set = settings::read(&entry, &self.options)?;
        let settled = entry.preset(self.preset.as_deref()).and_then(|preset| {
            settings::check_preset(self.preset.as_deref(), &preset, &set)?;
            let settled = entry.settle(&preset, &set)?;
            keep_preset(&entry.parameters, &preset, &set, &settled)?;
            Ok(settled)
        });
        let parameters = settled.map_err(|error| SettingError::Parameter { id: entry.id.clone(), error })?;
        Ok(EnvironmentSpec { id: entry.id, parameters })
    }
}

/// An environment on the command line.
#[derive(Clone, Debug, Args)]
pub struct EnvironmentOptions {
    /// Environment, one of those that `terrarium envs` lists
    #[arg(value_name = "ENV")]
    pub environment: String,
    #[command(flatten)]
    settings: EnvironmentSettings,
}

impl EnvironmentOptions {
    /// The spec that they stand for.
    pub fn spec(&self) -> Result<EnvironmentSpec, Error> {
        self.settings.spec(&self.environment)
    }

    /// Whether an option of this name is set, and not by a preset.
    pub fn sets(&self, name: &str) -> bool {
        self.settings.options.iter().any(|option| option.split_once('=').is_some_and(|(it, _)| it == name))
    }

    /// The environment that they stand for.
    pub fn build(&self) -> Result<BuiltEnvironment, Error> {
        Ok(environments::registry::build(&self.spec()?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Value;

    fn settings(preset: Option<&str>, options: &[&str]) -> EnvironmentSettings {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        EnvironmentSettings { preset: preset.map(ToOwned::to_owned), options }
    }

    #[test]
    fn presets_are_named_and_options_stand_above_them() {
        let spec = |preset, options: &[&str]| settings(Some(preset), options).spec("gridworld").unwrap().parameters;
        assert_eq!(spec("easy", &[])["step_limit"], Value::Integer(50));
        assert_eq!(spec("easy", &["step_limit=7"])["step_limit"], Value::Integer(7));
        let error = settings(Some("huge"), &[]).spec("gridworld").unwrap_err().to_string();
        assert_eq!(error, "gridworld: there is no preset \"huge\"; there are: web, easy, medium, hard");
        let error = settings(Some("huge"), &[]).spec("daladala-classic").unwrap_err().to_string();
        assert_eq!(error, "daladala-classic: there is no preset \"huge\"; there are: none");
    }

    #[test]
    fn what_a_preset_says_is_not_changed_by_what_an_option_implies() {
        let spec = |options: &[&str]| settings(Some("dry"), options).spec("frozen-lake");
        let error = spec(&["success_rate=0.5"]).unwrap_err().to_string();
        let expected =
            "frozen-lake: success_rate has no effect with slippery=false, as the preset says; it needs slippery=true";
        assert!(error.starts_with(expected), "{error}");
        let error = spec(&["success_rate=0.5", "slippery=true"]).unwrap_err().to_string();
        assert!(error.contains("preset dry has no effect with slippery"), "{error}");
    }

    #[test]
    fn a_preset_of_which_nothing_is_left_is_refused() {
        let spec = |preset, options: &[&str]| settings(Some(preset), options).spec("frozen-lake");
        let error = spec("8x8", &["map=4x4"]).unwrap_err().to_string();
        let expected = "frozen-lake: preset 8x8 has no effect with map, which is all that it sets, set to something else; leave one of \
                        them out";
        assert_eq!(error, expected);
        assert_eq!(spec("8x8", &["map=8x8"]).unwrap().parameters["map"], Value::Text("8x8".into()));
        assert!(spec("random", &["step_limit=7"]).is_ok());
        assert!(spec("random", &["step_limit=7", "map=8x8"]).unwrap_err().to_string().contains("with map, step_limit"));
        let table = settings(Some("river-swim"), &["table=s,go,1,s,1"]).spec("mdp").unwrap_err().to_string();
        assert!(table.contains("preset river-swim has no effect with table"), "{table}");
    }

    #[test]
    fn an_option_without_effect_is_refused_or_implies_what_it_needs() {
        let own = settings(None, &["own_map=S.\nFG"]).spec("frozen-lake").unwrap().parameters;
        assert_eq!(own["map"], Value::Text("own".into()));
        let error = settings(None, &["own_map=SG", "map=8x8"]).spec("frozen-lake").unwrap_err().to_string();
        assert_eq!(error, "frozen-lake: own_map has no effect with map=8x8; it needs map=own");
    }
}
