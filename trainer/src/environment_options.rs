//! The environment that a command line names, with its options.

use crate::{Error, settings};
use clap::Args;
use environments::registry::World;
use shared::spec::EnvironmentSpec;

/// An environment on the command line.
#[derive(Clone, Debug, Args)]
pub struct EnvironmentOptions {
    /// Environment, one of those that `terrarium envs` lists
    #[arg(value_name = "ENV")]
    pub environment: String,
    /// Option of the environment, e.g. slip=0.1; @FILE stands for a text in a file
    #[arg(long = "env", value_name = "NAME=VALUE")]
    pub options: Vec<String>,
}

impl EnvironmentOptions {
    /// The spec that they stand for.
    pub fn spec(&self) -> Result<EnvironmentSpec, Error> {
        let entry = environments::registry::find(&self.environment)?;
        Ok(EnvironmentSpec { parameters: settings::read(&entry, &self.options)?, id: entry.id })
    }

    /// The environment that they stand for.
    pub fn build(&self) -> Result<World, Error> {
        Ok(environments::registry::build(&self.spec()?)?)
    }
}
