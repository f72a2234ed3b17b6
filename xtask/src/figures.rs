//! The figures of the literature, made with as many runs as they deserve.

use crate::process::run;
use crate::workspace::cargo;
use anyhow::{Context as _, Result};

/// Makes all figures (a quarter of an hour on two cores) and says of each what came out, the reference and the tolerance.
pub(crate) fn figures() -> Result<()> {
    let mut tests = cargo(&["test", "--release", "--package", "agents", "--features", "figures", "--test", "figures"]);
    run(tests.args(["--", "--show-output"])).context("a figure is not what the literature says")
}
