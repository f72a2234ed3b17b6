//! The worker's program for policies of ONNX files, which visitors load when they open one. It is built for size, without
//! vector instructions: a policy takes microseconds as it is.

use super::{OPTIMIZE_SIZE, PROFILE, WASM, joined};
use crate::process::run;
use crate::workspace::{cargo, target};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};

/// The crate's program, and the beginning of the names of what it becomes.
pub(super) const NAME: &str = "policies";

/// The part of the page that names the files.
const META: &str = r#"<meta name="policies" data-plain="policies" />"#;

/// Compiles it and gives the program as cargo leaves it.
pub(super) fn compile() -> Result<PathBuf> {
    let mut program = cargo(&["build", "--package", "frontend", "--bin", NAME, "--features", NAME]);
    run(program.args(["--target", WASM, "--profile", PROFILE])).context("the program for policies does not build")?;
    Ok(target().join(WASM).join(PROFILE).join("policies.wasm"))
}

/// Adds it to the page in `folder`, and says there how the files are called.
pub(super) fn add(folder: &Path) -> Result<()> {
    let program = joined::join(&compile()?, NAME, OPTIMIZE_SIZE)?;
    let hashed = format!("{NAME}-{}", joined::hash(&[&program.module, &program.script])?);
    program.put(folder, &hashed)?;
    joined::name(folder, META, &META.replace(r#"data-plain="policies""#, &format!(r#"data-plain="{hashed}""#)))
}
