//! Golden files, written anew.

use crate::process::run;
use crate::workspace::cargo;
use anyhow::Result;

/// Runs the tests that compare with golden files (`shared/tests/wire`, and every `golden*` test) in the mode in which
/// they write them.
pub(crate) fn goldens() -> Result<()> {
    let mut tests = cargo(&["test", "--workspace", "--test", "wire", "--test", "golden*"]);
    run(tests.env("UPDATE_EXPECT", "1"))?;
    println!("\nRead the change with `git diff`: every changed line is a change of the protocol or of a run.");
    Ok(())
}
