//! Python with the packages that ours is compared with, in a virtual environment in the user's cache.

use super::kit::{announce, cache};
use crate::process::{self, run};
use crate::workspace::root;
use anyhow::{Context as _, Result};
use flate2::Crc;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the packages and their versions.
const REQUIREMENTS: &str = "environments/fixtures/requirements.txt";

/// A Python that has everything that `environments/fixtures/requirements.txt` names.
pub(crate) fn python_peers() -> Result<PathBuf> {
    let requirements = root().join(REQUIREMENTS);
    let mut sum = Crc::new();
    sum.update(&fs::read(&requirements).context(REQUIREMENTS)?);
    let home = cache()?.join(format!("python-peers-{:08x}", sum.sum()));
    let python = home.join("bin/python");
    if !starts(&python) {
        install(&home, &requirements)?;
    }
    Ok(python)
}

fn starts(python: &Path) -> bool {
    python.is_file() && process::probe(Command::new(python).arg("--version")).is_some()
}

/// Installs beside the final place and moves it there, so that half an environment is never found.
fn install(home: &Path, requirements: &Path) -> Result<()> {
    announce("the Python packages of the peers", "are what the benches compare with", "a minute");
    let partial = home.with_extension(format!("partial-{}", std::process::id()));
    let installed = run(Command::new("python3").args(["-m", "venv"]).arg(&partial))
        .context("python3 must be installed, with its venv module (python3-venv)")
        .and_then(|()| {
            let mut pip = Command::new(partial.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
            run(pip.arg(requirements)).context(
                "pip must reach its index, and the pinned packages have no wheels for every Python: 3.11 has them all",
            )
        })
        .and_then(|()| {
            let _ = fs::remove_dir_all(home);
            fs::rename(&partial, home).with_context(|| format!("cannot write {}", home.display()))
        });
    if installed.is_err() {
        let _ = fs::remove_dir_all(&partial);
    }
    installed
}
