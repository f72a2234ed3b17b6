//! The tools that the commands need: found on PATH in the right version, else in a cache of the user, else put there.

mod browser;
mod kit;
mod python;

use crate::process::{self, run};
use crate::workspace::{cargo, root};
use anyhow::{Context as _, Result};
pub(crate) use browser::Browser;
use kit::{Install, ProgramTool};
pub(crate) use python::{
    install_ours, python_for_benches, python_for_more_tests, python_for_tests, python_peers, python_with_ours,
    relay_peers, schemathesis,
};
use std::path::PathBuf;
use std::process::Command;

const TRUNK: ProgramTool = ProgramTool {
    name: "trunk",
    version: "0.21.14",
    programs: &["trunk"],
    install: Install::Cargo { package: "trunk", locked: true },
    purpose: "packs the page",
    takes: "3 to 8 minutes, or seconds with cargo binstall",
};

/// Must equal the version of the `wasm-bindgen` crate in Cargo.toml exactly.
const WASM_BINDGEN: ProgramTool = ProgramTool {
    name: "wasm-bindgen",
    version: "0.2.130",
    programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    // Its lock file may name versions that a registry's mirror does not have yet.
    install: Install::Cargo { package: "wasm-bindgen-cli", locked: false },
    purpose: "joins wasm to JavaScript and runs wasm tests",
    takes: "2 to 4 minutes, or seconds with cargo binstall",
};

/// wasm-opt numbers itself by the major version only.
const WASM_OPT: ProgramTool = ProgramTool {
    name: "binaryen",
    version: "132.0.0",
    programs: &["wasm-opt"],
    install: Install::Npm { package: "binaryen", shown_version: "version 132 " },
    purpose: "makes wasm smaller and faster",
    takes: "10 seconds",
};

const CARGO_DENY: ProgramTool = ProgramTool {
    name: "cargo-deny",
    version: "0.20.2",
    programs: &["cargo-deny"],
    install: Install::Cargo { package: "cargo-deny", locked: true },
    purpose: "checks licences and sources of what we build on",
    takes: "3 to 8 minutes",
};

const CARGO_FUZZ: ProgramTool = ProgramTool {
    name: "cargo-fuzz",
    version: "0.13.2",
    programs: &["cargo-fuzz"],
    install: Install::Cargo { package: "cargo-fuzz", locked: true },
    purpose: "feeds the codec with any bytes",
    takes: "1 to 3 minutes",
};

/// Everything that the other commands would get when they need it.
pub(crate) fn set_up_all() -> Result<()> {
    toolchain()?;
    page_tools()?;
    cargo_deny()?;
    browser_test_packages()?;
    Browser::find_or_install()?;
    python_peers()?;
    println!("\neverything is there");
    Ok(())
}

/// The compiler's lints, format and wasm library, which a toolchain file alone does not fetch where rustup's
/// automatic installs are off.
pub(crate) fn toolchain() -> Result<()> {
    let lints = process::probe(&mut cargo(&["clippy", "--version"]));
    let format = process::probe(&mut cargo(&["fmt", "--version"]));
    if lints.is_none() || format.is_none() {
        kit::announce("clippy and rustfmt", "check the sources", "a minute");
        rustup(&["component", "add", "clippy", "rustfmt"])?;
    }
    let mut library = Command::new("rustc");
    library.current_dir(root()).args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
    let folder = process::output(&mut library)?;
    if !PathBuf::from(folder.trim()).is_dir() {
        kit::announce("wasm32-unknown-unknown", "is the standard library for the page", "a minute");
        rustup(&["target", "add", "wasm32-unknown-unknown"])?;
    }
    Ok(())
}

fn rustup(arguments: &[&str]) -> Result<()> {
    run(Command::new("rustup").current_dir(root()).args(arguments)).context(
        "rustup must be installed and able to reach its server; \
         without it, install the component by hand for the toolchain that rust-toolchain.toml names",
    )
}

/// Folders with trunk, wasm-bindgen and wasm-opt, to be put first on PATH.
pub(crate) fn page_tools() -> Result<Vec<PathBuf>> {
    toolchain()?;
    [TRUNK, WASM_BINDGEN, WASM_OPT].iter().map(ProgramTool::folder).collect()
}

/// The program that runs wasm tests in a browser.
pub(crate) fn wasm_test_runner() -> Result<PathBuf> {
    toolchain()?;
    Ok(WASM_BINDGEN.folder()?.join("wasm-bindgen-test-runner"))
}

/// The program that checks licences and sources.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    Ok(CARGO_DENY.folder()?.join("cargo-deny"))
}

/// The program that fuzzes. What it builds needs a C++ compiler.
pub(crate) fn cargo_fuzz() -> Result<PathBuf> {
    Ok(CARGO_FUZZ.folder()?.join("cargo-fuzz"))
}

/// Whether `cargo nextest` is there; without it the tests run under `cargo test`, which takes a little longer.
pub(crate) fn has_nextest() -> bool {
    process::probe(&mut cargo(&["nextest", "--version"])).is_some()
}

/// The packages that `tests/` needs from npm, as its lock file says.
pub(crate) fn browser_test_packages() -> Result<()> {
    let folder = root().join("tests");
    let lock = std::fs::read(folder.join("package-lock.json")).context("tests/package-lock.json")?;
    let stamp = folder.join("node_modules/.terrarium-lock");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    kit::announce("the packages of tests/package-lock.json", "drive the browser", "10 seconds");
    run(npm().arg("ci").arg("--prefix").arg(&folder))
        .context("node and npm must be installed and npm able to reach its registry")?;
    std::fs::write(&stamp, lock).context("cannot write into tests/node_modules")
}

/// npm, quiet about itself, and with nothing downloaded beside packages.
fn npm() -> Command {
    let mut npm = Command::new("npm");
    npm.args(["--no-audit", "--no-fund", "--loglevel=error"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    npm
}
