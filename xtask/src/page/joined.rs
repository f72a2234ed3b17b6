//! What the programs that come later have in common: they are joined with their script as trunk joins the page's own, have their
//! hash in their names, and the page is told those.

use crate::process::{self, run};
use crate::tools;
use crate::workspace::target;
use anyhow::{Context as _, Result};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program and its script.
pub(super) struct JoinedProgram {
    pub(super) module: PathBuf,
    pub(super) script: PathBuf,
}

/// Makes a module and a script of what cargo compiled, and lets `wasm-opt` do as much as `level` says.
pub(super) fn join(program: &Path, name: &str, level: &str) -> Result<JoinedProgram> {
    let path = process::path_with(&tools::page_tools()?)?;
    let made = target().join("networks").join("joined");
    let mut join = Command::new("wasm-bindgen");
    join.args(["--target", "web", "--no-typescript", "--out-name", name, "--out-dir"]);
    run(join.arg(&made).arg(program).env("PATH", &path))?;
    let module = made.join(format!("{name}_bg.wasm"));
    let mut optimize = Command::new("wasm-opt");
    run(optimize.arg(level).arg(&module).arg("-o").arg(&module).env("PATH", &path))?;
    Ok(JoinedProgram { module, script: made.join(format!("{name}.js")) })
}

impl JoinedProgram {
    /// Puts both into a folder, under this name.
    pub(super) fn put(&self, folder: &Path, name: &str) -> Result<()> {
        fs::copy(&self.module, folder.join(format!("{name}_bg.wasm")))?;
        fs::copy(&self.script, folder.join(format!("{name}.js")))?;
        Ok(())
    }
}

/// Tells the page in a folder how files are called: `named` takes the place of `meta`.
pub(super) fn name(folder: &Path, meta: &str, named: &str) -> Result<()> {
    let index = folder.join("index.html");
    let page = fs::read_to_string(&index).with_context(|| format!("cannot read {}", index.display()))?;
    anyhow::ensure!(page.contains(meta), "index.html does not name a program that comes later: {meta}");
    Ok(fs::write(&index, page.replace(meta, named))?)
}

/// Of all bytes of these files.
pub(super) fn hash(files: &[&Path]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
