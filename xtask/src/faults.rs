//! Faults: relay, publisher, viewer, hosts and their runs killed at random moments, and databases damaged, far more often than in an
//! ordinary test.

use crate::process::run;
use crate::tools;
use crate::workspace::cargo;
use anyhow::{Context as _, Result};
use clap::Args;

/// The test of killed hosts, of the trainer's.
const OF_HOSTS: &str = "hosts::killed_at_any_moment_a_host_leaves_no_process_behind_and_no_torn_run";

/// How often.
#[derive(Debug, Args)]
pub(crate) struct FaultsOptions {
    /// Kills, about three a second; and as often a host with two runs, about one in two seconds.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    kills: u32,
    /// Pages that are damaged in turn, and as many times stretches.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    damages: u32,
}

/// Runs the tests of `server/tests/relay` in which processes are killed and databases damaged, and that of `trainer/tests/trainer` in
/// which hosts are killed. Fails where an entry of a log is lost or doubled, or more than what is damaged, where a process outlives its
/// host, and where a run cannot go on from its directory.
pub(crate) fn faults(options: &FaultsOptions) -> Result<()> {
    tools::toolchain()?;
    let mut tests = cargo(&["test", "--package", "server", "--test", "relay", "--", "--nocapture"]);
    tests.args(["killed", "damaged_the_relay_serves_and_stores_on"]);
    tests.env("TERRARIUM_DAMAGES", options.damages.to_string());
    let kills = options.kills.to_string();
    run(tests.env("TERRARIUM_KILLS", &kills))
        .context("an entry was lost or doubled; the seed of the kills is printed above")?;
    let mut hosts = cargo(&["test", "--package", "trainer", "--test", "trainer", "--"]);
    hosts.arg(OF_HOSTS);
    run(hosts.env("TERRARIUM_KILLS", kills)).context("a host that was killed left something torn or alive behind")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::root;

    #[test]
    fn the_test_of_killed_hosts_is_there() {
        let (module, name) = OF_HOSTS.split_once("::").unwrap();
        let file = root().join("trainer/tests/trainer").join(module).with_extension("rs");
        assert!(std::fs::read_to_string(file).unwrap().contains(&format!("fn {name}()")));
    }
}
