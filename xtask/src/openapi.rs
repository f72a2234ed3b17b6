//! Everything that a relay's own description of its HTTP interface allows and forbids, asked by requests that schemathesis makes of it.

use crate::process::{Service, run};
use crate::run::{free_port, wait_until_healthy};
use crate::tools;
use crate::workspace::{cargo, root, target};
use anyhow::{Context as _, Result};
use clap::Args;
use std::fs;
use std::process::Command;
use std::time::Duration;

/// Has the configuration and the version of schemathesis.
const FOLDER: &str = "server/tests/openapi";

/// How much, and which.
#[derive(Debug, Args)]
pub(crate) struct OpenapiOptions {
    /// Requests that are made up for each operation, beside those at the ends of what is allowed.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    examples: u32,
    /// What all of them derive from.
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

/// Asks a relay with one run. Fails where an answer is not what the description says.
pub(crate) fn openapi(options: &OpenapiOptions) -> Result<()> {
    let program = tools::schemathesis()?;
    run(&mut cargo(&["build", "--quiet", "--package", "terrarium"]))?;
    let terrarium = || Command::new(target().join("debug/terrarium"));
    let data = target().join("openapi");
    if data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("cannot empty {}", data.display()))?;
    }
    let address = format!("127.0.0.1:{}", free_port()?);
    // One client asks more than a page would.
    let mut serve = terrarium();
    serve.args(["serve", "--max-messages-per-second-per-token", "1000000", "--listen", &address, "--data"]).arg(&data);
    let mut relay = Service::start("relay", &mut serve)?;
    wait_until_healthy(&mut relay, &address)?;
    let mut learn = terrarium();
    learn.args(["run", "gridworld", "--agent", "q-learning", "--episodes", "200", "--relay"]);
    run(learn.arg(format!("ws://{address}")))?;
    let mut ask = Command::new(program);
    ask.current_dir(root().join(FOLDER)).args(["run", &format!("http://{address}/api/v1/openapi.json")]);
    ask.args(["--url", &format!("http://{address}"), "--max-examples", &options.examples.to_string()]);
    let asked = run(ask.args(["--seed", &options.seed.to_string()]));
    relay.stop(Duration::from_secs(10));
    asked.context("an answer is not what server/src/http says of it: mend the one or the other")
}
