//! Python with packages of fixed versions, in virtual environments: those that ours is compared with in the user's cache,
//! those that our own Python package is tested with among what is built here.

use super::kit::{announce, cache};
use crate::process::{self, run};
use crate::workspace::{root, target};
use anyhow::{Context as _, Result};
use flate2::Crc;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the packages that ours is compared with, and their versions.
const PEERS: &str = "environments/fixtures/requirements.txt";
/// Names what asks a relay, and its version.
const OPENAPI: &str = "server/tests/openapi/requirements.txt";
/// Names the packages that a relay is compared with, and their versions.
const RELAY_PEERS: &str = "server/benches/peers/requirements.txt";
/// Names the packages that our own Python package is tested with, and their versions.
const TESTS: &str = "python/tests/requirements.txt";
/// Names what more tests of it need, and what is too large to be installed for every change.
const MORE_TESTS: &str = "python/tests/requirements-more.txt";

/// A Python that has everything that `environments/fixtures/requirements.txt` names.
pub(crate) fn python_peers() -> Result<PathBuf> {
    find_or_install(
        &[PEERS],
        &cache()?.join("python-peers"),
        "the Python packages of the peers",
        "are what the benches compare with",
    )
}

/// A Python that has everything that `server/benches/peers/requirements.txt` names.
pub(crate) fn relay_peers() -> Result<PathBuf> {
    find_or_install(
        &[RELAY_PEERS],
        &cache()?.join("relay-peers"),
        "the Python packages of the relay's peers",
        "are what its fan-out is compared with",
    )
}

/// The program that makes requests of a description of an HTTP interface.
pub(crate) fn schemathesis() -> Result<PathBuf> {
    let python = find_or_install(
        &[OPENAPI],
        &cache()?.join("schemathesis"),
        "schemathesis",
        "asks a relay what its description allows",
    )?;
    Ok(python.with_file_name("schemathesis"))
}

/// A Python that has everything that `python/tests/requirements.txt` names, and in which ours may be installed; none where
/// there is no Python.
pub(crate) fn python_for_tests() -> Option<Result<PathBuf>> {
    has_python().then(|| {
        let home = target().join("python-tests");
        find_or_install(&[TESTS], &home, "the Python packages of the tests", "drive our own package")
    })
}

/// Another one, which has also what `python/tests/requirements-more.txt` names.
pub(crate) fn python_for_more_tests() -> Option<Result<PathBuf>> {
    has_python().then(|| {
        let home = target().join("python-more-tests");
        let what = "the Python packages of more tests, with PyTorch";
        find_or_install(&[TESTS, MORE_TESTS], &home, what, "train with our own package")
    })
}

/// Whether there is a Python from 3.10 on that makes virtual environments.
fn has_python() -> bool {
    const NEEDED: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
    process::probe(Command::new("python3").args(["-c", NEEDED])).is_some()
}

/// A Python for benches, with ours in release.
pub(crate) fn python_for_benches() -> Result<PathBuf> {
    let home = target().join("python-benches");
    let python = find_or_install(&[TESTS], &home, "the Python packages of the benches", "drive our own package")?;
    install_ours(&python, "release")?;
    Ok(python)
}

/// Builds our own package with a profile of cargo, in the folder of everything else, and installs it.
pub(crate) fn install_ours(python: &Path, profile: &str) -> Result<()> {
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps"]);
    pip.args(["--force-reinstall", "--config-settings", &format!("build-args=--profile {profile}"), "./python"]);
    // What builds it is beside the Python that it is built for.
    let search = env::var_os("PATH").unwrap_or_default();
    let folders = python.parent().into_iter().map(Into::into).chain(env::split_paths(&search));
    let path = env::join_paths(folders)?;
    run(pip.current_dir(root()).env("CARGO_TARGET_DIR", target()).env("PATH", path))
}

/// That Python of the tests, if ours was installed in it.
pub(crate) fn python_with_ours() -> Result<Option<PathBuf>> {
    let python = numbered(&[TESTS], &target().join("python-tests"))?.join("bin/python");
    let has_ours = process::probe(Command::new(&python).args(["-c", "import terrarium"])).is_some();
    Ok(has_ours.then_some(python))
}

/// The folder that begins with `home` and ends with the sum of the requirements.
fn numbered(requirements: &[&str], home: &Path) -> Result<PathBuf> {
    let mut sum = Crc::new();
    for file in requirements {
        sum.update(&fs::read(root().join(file)).with_context(|| (*file).to_owned())?);
    }
    Ok(PathBuf::from(format!("{}-{:08x}", home.display(), sum.sum())))
}

/// The Python of the folder that [`numbered`] names.
fn find_or_install(requirements: &[&str], home: &Path, what: &str, purpose: &str) -> Result<PathBuf> {
    let home = numbered(requirements, home)?;
    let python = home.join("bin/python");
    if !starts(&python) {
        announce(what, purpose, "a minute");
        install(&home, requirements)?;
    }
    Ok(python)
}

fn starts(python: &Path) -> bool {
    python.is_file() && process::probe(Command::new(python).arg("--version")).is_some()
}

/// Installs beside the final place and moves it there, so that half an environment is never found.
fn install(home: &Path, requirements: &[&str]) -> Result<()> {
    let partial = home.with_extension(format!("partial-{}", std::process::id()));
    let installed = run(Command::new("python3").args(["-m", "venv"]).arg(&partial))
        .context("python3 must be installed, with its venv module (python3-venv)")
        .and_then(|()| {
            let mut pip = Command::new(partial.join("bin/python"));
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            for file in requirements {
                pip.arg("--requirement").arg(root().join(file));
            }
            run(&mut pip).context(
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
