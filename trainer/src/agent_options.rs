//! The agent that a command line names, with its parameters.

use crate::Error;
use crate::settings::{self, SettingError};
use agents::further_presets;
use clap::Args;
use shared::spec::AgentSpec;

/// What is set of an agent on the command line.
#[derive(Clone, Debug, Default, Args)]
pub struct AgentSettings {
    /// Named set of the agent's parameters, one of those that `terrarium describe AGENT` lists
    #[arg(long, value_name = "NAME")]
    pub agent_preset: Option<String>,
    /// Parameter of the agent, e.g. alpha=0.2; what neither this nor the preset sets is as recommended for the environment,
    /// as in links to the page
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

impl AgentSettings {
    /// The spec of an agent that is set so in an environment.
    pub fn spec(&self, environment: &str, agent: &str) -> Result<AgentSpec, Error> {
        if agent == run::onnx_policy::ID {
            return Err(Error::NoEffect {
                option: "--agent onnx-policy",
                needs: "a file: it is --policy FILE alone, without --agent",
            });
        }
        let entry = further_presets::with(agents::registry::find(agent)?);
        let asked = AgentSpec { id: entry.id.clone(), parameters: settings::read(&entry, &self.set)? };
        let preset = entry.preset(self.agent_preset.as_deref());
        let completed = preset.and_then(|preset| {
            settings::check_preset(self.agent_preset.as_deref(), &preset, &asked.parameters)?;
            agents::recommended::completed(environment, &preset, asked)
        });
        Ok(completed.map_err(|error| SettingError::Parameter { id: entry.id, error })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::command::Command;
    use shared::parameter::Value;
    use shared::{RunSpec, Seed};

    #[test]
    fn a_preset_stands_above_what_is_recommended_and_below_what_is_set() {
        let bold = AgentSettings { agent_preset: Some("bold".into()), set: vec!["gamma=0.5".into()] };
        let agent = bold.spec("cliff-walking", "reinforce").unwrap().parameters;
        assert_eq!((&agent["alpha"], &agent["gamma"]), (&Value::Number(0.3), &Value::Number(0.5)));
    }

    #[test]
    fn large_presets_are_named_like_others_and_fit_their_environments() {
        for (environment, options, preset) in [
            ("snake", &["size=20"][..], "gpu-boards"),
            ("snake", &["size=20", "view=board"], "gpu-convolutions"),
            ("tetris", &[], "gpu-boards"),
            ("racing", &["controls=continuous"], "gpu-numbers"),
        ] {
            steps_with(environment, options, "ppo", preset);
        }
        let elsewhere = AgentSettings { agent_preset: Some("gpu-boards".into()), set: vec![] };
        assert!(elsewhere.spec("snake", "dqn").unwrap_err().to_string().contains("gpu-boards"));
    }

    #[test]
    fn every_agent_with_a_network_can_be_fast_stable_and_come_far() {
        for entry in agents::registry::catalog() {
            for preset in ["fast", "stable", "max"] {
                if agents::registry::has_network(&entry.id) {
                    steps_with("cart-pole", &[], &entry.id, preset);
                }
            }
        }
    }

    /// Makes a step of two copies with a preset of an agent.
    fn steps_with(environment: &str, options: &[&str], agent: &str, preset: &str) {
        let named = AgentSettings { agent_preset: Some(preset.into()), set: vec!["copies=2".into()] };
        let mut spec = RunSpec::new(environment, agent, Seed::default());
        spec.agent = named.spec(environment, agent).unwrap();
        assert_eq!(spec.agent.parameters["copies"], Value::Integer(2));
        let entry = environments::registry::find(environment).unwrap();
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        spec.environment.parameters = settings::read(&entry, &options).unwrap();
        let mut run = run::Run::new(spec).unwrap();
        run.command(Command::Resume { until_episode: None });
        assert_eq!(run.advance(2), 2, "{environment} {agent} {preset}");
    }

    #[test]
    fn a_parameter_without_effect_is_refused() {
        let average = AgentSettings { agent_preset: None, set: vec!["alpha=0.2".into()] };
        let error = average.spec("gridworld", "monte-carlo").unwrap_err().to_string();
        assert!(error.starts_with("monte-carlo: alpha has no effect with alpha_schedule=average; it needs"), "{error}");
        // What is needed is what would do.
        for kind in ["constant", "average"] {
            let set = vec![format!("alpha_schedule={kind}"), "alpha_decay=0.95".into()];
            let error =
                AgentSettings { agent_preset: None, set }.spec("gridworld", "q-learning").unwrap_err().to_string();
            let expected = "alpha_schedule=episode, step, linear-episode or linear-step";
            assert!(error.ends_with(expected), "{error}");
        }
    }
}
