//! Golden files, written anew.

use crate::process::run;
use crate::workspace::cargo;
use anyhow::Result;

/// Runs the tests that compare with golden files in the mode in which they write them.
pub(crate) fn goldens() -> Result<()> {
    run(cargo(&["test", "--workspace", "golden"]).env("UPDATE_EXPECT", "1"))?;
    println!("\nRead the change with `git diff`: every changed line is a change of the protocol or of a run.");
    Ok(())
}
