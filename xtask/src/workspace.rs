//! Where things are, and what cargo knows about the workspace.

use crate::process;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Cargo, started in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |given| root().join(given))
}

/// The crate outside the workspace that Python loads: its features would rebuild the others.
pub(crate) const PYTHON: &str = "python/Cargo.toml";

/// The names of the workspace's crates and the names that each depends on.
#[derive(Debug)]
pub(crate) struct Crate {
    /// Its name.
    pub(crate) name: String,
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    /// Names of what it is built from.
    pub(crate) dependencies: Vec<String>,
    /// Names of what only its tests, examples and benches are built from.
    pub(crate) test_dependencies: Vec<String>,
}

/// Every crate of the workspace, and Python's beside it, as `cargo metadata` tells.
pub(crate) fn crates() -> Result<Vec<Crate>> {
    let (inside, outside) = (metadata(&[])?, metadata(&["--manifest-path", PYTHON])?);
    Ok([inside, outside].iter().flat_map(|it| list(&it["packages"])).map(read_crate).collect())
}

/// Every bench target: its package, its name, and the features that it needs, joined by commas.
pub(crate) fn bench_targets() -> Result<Vec<[String; 3]>> {
    let metadata = metadata(&[])?;
    let targets =
        list(&metadata["packages"]).flat_map(|package| list(&package["targets"]).map(move |it| (package, it)));
    let benches = targets.filter(|(_, target)| list(&target["kind"]).any(|it| it == "bench"));
    let features = |target: &Value| list(&target["required-features"]).map(text).collect::<Vec<_>>().join(",");
    Ok(benches.map(|(package, target)| [text(&package["name"]), text(&target["name"]), features(target)]).collect())
}

fn metadata(of: &[&str]) -> Result<Value> {
    let text = process::output(cargo(&["metadata", "--no-deps", "--format-version", "1"]).args(of))?;
    serde_json::from_str(&text).context("cargo metadata printed no JSON")
}

fn read_crate(package: &Value) -> Crate {
    let names = |tests: bool| {
        list(&package["dependencies"]).filter(|it| (it["kind"] == "dev") == tests).map(|it| text(&it["name"])).collect()
    };
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    Crate {
        name: text(&package["name"]),
        folder: manifest.parent().map(Path::to_path_buf).unwrap_or_default(),
        dependencies: names(false),
        test_dependencies: names(true),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The files that belong to the project, tracked or about to be: relative paths.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.current_dir(root()).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = process::output(&mut git)?;
    let mut files: Vec<_> = listed.lines().map(PathBuf::from).filter(|it| root().join(it).is_file()).collect();
    files.sort();
    files.dedup();
    Ok(files)
}
