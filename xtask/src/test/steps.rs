//! The steps of `cargo xtask test`, quick ones first.

use super::Outcome;
use super::ran::{self, Runner};
use crate::page::{self, WASM};
use crate::process::{self, run};
use crate::tidy;
use crate::tools::{self, Browser};
use crate::workspace::{PYTHON, cargo, root, target};
use anyhow::{Context as _, Result, bail};
use std::env;
use std::process::Command;

/// A step: its name on the command line, what it is for, and the check.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) purpose: &'static str,
    pub(super) check: fn() -> Result<Outcome>,
}

/// Every step, in order.
pub(super) const STEPS: [Step; 12] = [
    Step { name: "format", purpose: "sources are formatted", check: format },
    Step { name: "tidy", purpose: "the house is in order", check: tidiness },
    Step { name: "deny", purpose: "licences and sources of dependencies", check: deny },
    Step { name: "lints", purpose: "clippy, natively, every target", check: lints },
    Step { name: "lints-wasm", purpose: "clippy for the browser, with its own bans", check: lints_wasm },
    Step { name: "tests", purpose: "unit and integration tests", check: tests },
    Step { name: "doc-tests", purpose: "examples in the documentation", check: doc_tests },
    Step { name: "docs", purpose: "the documentation builds without a warning", check: docs },
    Step { name: "python", purpose: "the Python package, installed and driven as its users do", check: python },
    Step { name: "wasm", purpose: "wasm tests in a real browser", check: wasm },
    Step { name: "page", purpose: "the page in release, and its weight", check: page },
    Step { name: "browser", purpose: "the page, the relay and the trainer in a real browser", check: browser },
];

/// Crates that run in the browser.
const IN_THE_BROWSER: [&str; 6] = ["shared", "environments", "networks", "agents", "run", "frontend"];

fn format() -> Result<Outcome> {
    tools::toolchain()?;
    run(&mut cargo(&["fmt", "--all", "--check"])).context("`cargo fmt --all` puts it right")?;
    let mut outside = cargo(&["fmt", "--check", "--manifest-path", PYTHON]);
    passed(run(&mut outside).with_context(|| format!("`cargo fmt --manifest-path {PYTHON}` puts it right")))
}

fn tidiness() -> Result<Outcome> {
    passed(tidy::check())
}

/// Licences, bans and sources need no network; advisories need theirs.
fn deny() -> Result<Outcome> {
    let program = tools::cargo_deny()?;
    let deny = |check: &[&str]| {
        let mut command = Command::new(&program);
        command.current_dir(root()).args(["--all-features", "check", "--hide-inclusion-graph"]).args(check);
        command
    };
    run(&mut deny(&["bans", "licenses", "sources"]))?;
    let mut python = Command::new(&program);
    python.current_dir(root()).args(["--manifest-path", PYTHON, "--config", "deny.toml", "check"]);
    run(python.args(["--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    let fetched = process::probe(Command::new(&program).current_dir(root()).args(["fetch", "db"])).is_some();
    if !fetched {
        return Ok(Outcome::PassedExcept(
            "security advisories were not checked: their database is out of reach".into(),
        ));
    }
    passed(run(&mut deny(&["--disable-fetch", "advisories"])))
}

fn lints() -> Result<Outcome> {
    tools::toolchain()?;
    let mut clippy = cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]);
    passed(run(&mut clippy))
}

/// What would panic or block in a browser is refused by a second configuration.
fn lints_wasm() -> Result<Outcome> {
    tools::toolchain()?;
    let mut clippy = cargo(&["clippy", "--quiet", "--target", WASM]);
    clippy.args(packages(&IN_THE_BROWSER)).env("CLIPPY_CONF_DIR", root().join("xtask/clippy-wasm"));
    clippy.args([
        "--",
        "--deny",
        "warnings",
        "--deny",
        "clippy::disallowed-methods",
        "--deny",
        "clippy::disallowed-types",
    ]);
    passed(run(&mut clippy))
}

fn tests() -> Result<Outcome> {
    let ran = if tools::has_nextest() {
        run(&mut cargo(&["nextest", "run", "--workspace", "--no-fail-fast", "--profile", "xtask"]))?;
        ran::by_nextest()?
    } else {
        let mut tests = cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
        ran::in_words(&process::run_and_read(&mut tests)?)
    };
    passed(ran::hold_promises(Runner::Native, &ran))
}

fn doc_tests() -> Result<Outcome> {
    passed(run(&mut cargo(&["test", "--workspace", "--doc"])))
}

fn docs() -> Result<Outcome> {
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"]);
    passed(run(doc.env("RUSTDOCFLAGS", "--deny warnings")))
}

/// Builds, installs and tests the Python package. It is built apart, so that its features do not rebuild the workspace.
fn python() -> Result<Outcome> {
    let left_out = |why: &str| Ok(Outcome::PassedExcept(format!("the Python package was not tested: {why}")));
    let python = match tools::python_for_tests() {
        Some(Ok(python)) => python,
        Some(Err(error)) => return left_out(&format!("{error:#}")),
        None => return left_out("python3 from 3.10 on is not here with its venv module (python3-venv)"),
    };
    let built = target().join("python");
    run(cargo(&["clippy", "--manifest-path", PYTHON, "--quiet", "--", "--deny", "warnings"])
        .env("CARGO_TARGET_DIR", &built))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-build-isolation"]);
    pip.args(["--no-deps", "--force-reinstall", "./python"]);
    // What builds it is beside the Python that it is built for.
    let search = env::var_os("PATH").unwrap_or_default();
    let folders = python.parent().into_iter().map(Into::into).chain(env::split_paths(&search));
    let path = env::join_paths(folders)?;
    run(pip.current_dir(root()).env("CARGO_TARGET_DIR", built).env("PATH", path))?;
    // With the tests, so that nothing is built in two variants.
    run(&mut cargo(&["build", "--workspace", "--bins", "--tests"]))?;
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "--quiet"]).current_dir(root().join("python"));
    passed(run(pytest.env("TERRARIUM_BINARIES", target().join("debug"))))
}

fn wasm() -> Result<Outcome> {
    let runner = tools::wasm_test_runner()?;
    let browser = Browser::find_or_install()?;
    let webdriver = browser.webdriver_file()?;
    let test = |package| {
        let mut test = cargo(&["test", "--target", WASM, "--no-fail-fast", "--package", package, "--test", "wasm*"]);
        test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner)
            .env("CHROMEDRIVER", &browser.driver)
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &webdriver)
            .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
        test
    };
    let mut said = process::run_and_read(test("frontend").args(["--features", "neural"]))?;
    said += &process::run_and_read(&mut test("networks"))?;
    // The same with vector instructions, which must give the same bits.
    run(test("networks").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Ctarget-feature=+simd128"))?;
    passed(ran::hold_promises(Runner::Wasm, &ran::in_words(&said)))
}

fn page() -> Result<Outcome> {
    passed(page::build().and_then(|folder| page::weigh(&folder)).map(drop))
}

/// Tests with Playwright; it gets the page, the binaries and the browser by environment variables.
fn browser() -> Result<Outcome> {
    tools::browser_test_packages()?;
    let browser = Browser::find_or_install()?;
    let page = page::build()?;
    // With the tests, so that nothing is built in two variants.
    run(&mut cargo(&["build", "--workspace", "--bins", "--tests"]))?;
    let binaries = target().join("debug");
    if !page.join("index.html").is_file() {
        bail!("the page was built without an index.html");
    }
    let mut playwright = Command::new(root().join("tests/node_modules/.bin/playwright"));
    playwright
        .current_dir(root().join("tests"))
        .arg("test")
        .env("TERRARIUM_PAGE", page)
        .env("TERRARIUM_BINARIES", binaries)
        .env("CHROME", browser.chromium)
        .env("TERRARIUM_REPORT", target().join("browser-tests.json"));
    run(&mut playwright)?;
    passed(ran::hold_promises(Runner::Browser, &ran::by_playwright()?))
}

fn packages<'a>(names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    names.iter().flat_map(|name| ["--package", name])
}

fn passed(result: Result<()>) -> Result<Outcome> {
    result.map(|()| Outcome::Passed)
}
