//! The steps of `cargo xtask test`, quick ones first.

use super::StepOutcome;
use super::ran::{self, Runner};
use crate::page::{self, WASM};
use crate::process::{self, run};
use crate::tidy;
use crate::tools::{self, Browser};
use crate::workspace::{PYTHON, cargo, root, target};
use anyhow::{Context as _, Result, bail};
use std::path::Path;
use std::process::Command;

/// A step: its name on the command line, what it is for, and the check.
#[derive(Debug)]
pub(super) struct TestStep {
    pub(super) name: &'static str,
    pub(super) purpose: &'static str,
    pub(super) check: fn() -> Result<StepOutcome>,
}

/// Every step, in order.
pub(super) const STEPS: [TestStep; 12] = [
    TestStep { name: "format", purpose: "sources are formatted", check: format },
    TestStep { name: "tidy", purpose: "the house is in order", check: tidiness },
    TestStep { name: "deny", purpose: "licences and sources of dependencies", check: deny },
    TestStep { name: "lints", purpose: "clippy, natively, every target", check: lints },
    TestStep { name: "lints-wasm", purpose: "clippy for the browser, with its own bans", check: lints_wasm },
    TestStep { name: "tests", purpose: "unit and integration tests", check: tests },
    TestStep { name: "doc-tests", purpose: "examples in the documentation", check: doc_tests },
    TestStep { name: "docs", purpose: "the documentation builds without a warning", check: docs },
    TestStep { name: "python", purpose: "the Python package, installed and driven as its users do", check: python },
    TestStep { name: "wasm", purpose: "wasm tests in a real browser", check: wasm },
    TestStep { name: "page", purpose: "the page in release, and its weight", check: page },
    TestStep { name: "browser", purpose: "the page, the relay and the trainer in a real browser", check: browser },
];

/// Steps that run only where they are named, for what they take beside what is built anyway.
pub(super) const APART: [TestStep; 2] = [
    TestStep { name: "deep", purpose: "networks on a device, on burn's CPU path", check: deep },
    TestStep {
        name: "python-more",
        purpose: "the Python package with PyTorch and Stable-Baselines3",
        check: python_more,
    },
];

/// Crates that run in the browser.
const IN_THE_BROWSER: [&str; 8] = ["shared", "plot", "environments", "networks", "agents", "run", "frontend", "view3d"];

fn format() -> Result<StepOutcome> {
    tools::toolchain()?;
    run(&mut cargo(&["fmt", "--all", "--check"])).context("`cargo fmt --all` puts it right")?;
    let mut outside = cargo(&["fmt", "--check", "--manifest-path", PYTHON]);
    passed(run(&mut outside).with_context(|| format!("`cargo fmt --manifest-path {PYTHON}` puts it right")))
}

fn tidiness() -> Result<StepOutcome> {
    passed(tidy::check())
}

/// Licences, bans and sources need no network; advisories need theirs.
fn deny() -> Result<StepOutcome> {
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
        return Ok(StepOutcome::PassedExcept(
            "security advisories were not checked: their database is out of reach".into(),
        ));
    }
    passed(run(&mut deny(&["--disable-fetch", "advisories"])))
}

fn lints() -> Result<StepOutcome> {
    tools::toolchain()?;
    let mut clippy = cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]);
    passed(run(&mut clippy))
}

/// What would panic or block in a browser is refused by a second configuration.
fn lints_wasm() -> Result<StepOutcome> {
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

fn tests() -> Result<StepOutcome> {
    let ran = if tools::has_nextest() {
        run(&mut cargo(&["nextest", "run", "--workspace", "--no-fail-fast", "--profile", "xtask"]))?;
        ran::by_nextest()?
    } else {
        let mut tests = cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
        ran::in_words(&process::run_and_read(&mut tests)?)
    };
    passed(ran::hold_promises(Runner::Native, &ran))
}

/// Lints and tests what only a build with burn has. The whole workspace takes part, so that nothing else is built again.
fn deep() -> Result<StepOutcome> {
    tools::toolchain()?;
    let with_burn = ["--workspace", "--features", "deep/burn-cpu,trainer/burn-cpu"];
    let mut clippy = cargo(&["clippy", "--all-targets", "--quiet"]);
    run(clippy.args(with_burn).args(["--", "--deny", "warnings"]))?;
    passed(run(cargo(&["test", "--test", "device"]).args(with_burn)))
}

fn doc_tests() -> Result<StepOutcome> {
    passed(run(&mut cargo(&["test", "--workspace", "--doc"])))
}

fn docs() -> Result<StepOutcome> {
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--document-private-items", "--quiet"]);
    passed(run(doc.env("RUSTDOCFLAGS", "--deny warnings")))
}

/// Builds, installs and tests the Python package. It is built as tests are, and in their folder, because most of what it is
/// built from is there by then.
fn python() -> Result<StepOutcome> {
    let left_out = |why: &str| Ok(StepOutcome::PassedExcept(format!("the Python package was not tested: {why}")));
    match tools::python_for_tests() {
        Some(Ok(python)) => python_in(&python),
        Some(Err(error)) => left_out(&format!("{error:#}")),
        None => left_out(NO_PYTHON),
    }
}

/// The same with what is too large for every change, and what watches such a training in a browser. All of it has to be there:
/// nobody names this step to have it left out.
fn python_more() -> Result<StepOutcome> {
    let python = tools::python_for_more_tests().context(NO_PYTHON)??;
    python_in(&python)?;
    let mut stubs = Command::new(&python);
    stubs.args(["-m", "mypy.stubtest", "terrarium._native", "--mypy-config-file", "tests/mypy.ini"]);
    run(stubs.current_dir(root().join("python"))).context("_native.pyi does not say what the compiled module has")?;
    passed(run(playwright(Some(&python))?.arg("browser/python")))
}

const NO_PYTHON: &str = "python3 from 3.10 on is not here with its venv module (python3-venv)";

fn python_in(python: &Path) -> Result<StepOutcome> {
    run(cargo(&["clippy", "--manifest-path", PYTHON, "--quiet", "--", "--deny", "warnings"])
        .env("CARGO_TARGET_DIR", target()))?;
    tools::install_ours(python, "dev")?;
    // With the tests, so that nothing is built in two variants.
    run(&mut cargo(&["build", "--workspace", "--bins", "--tests"]))?;
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "--quiet", "-rs"]).current_dir(root().join("python"));
    // PyTorch's threads wait for each other by turning in circles, which takes minutes where cores are few.
    passed(run(pytest.env("TERRARIUM_BINARIES", target().join("debug")).env("OMP_NUM_THREADS", "1")))
}

fn wasm() -> Result<StepOutcome> {
    let runner = tools::wasm_test_runner()?;
    let browser = Browser::find_or_install()?;
    let webdriver = browser.webdriver_file()?;
    let test = |package| {
        let mut test = cargo(&["test", "--target", WASM, "--no-fail-fast", "--package", package, "--test", "wasm*"]);
        test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner)
            .env("CHROMEDRIVER", &browser.driver)
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &webdriver)
            .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
        test
    };
    let mut said = with_a_browser(test("frontend").args(["--features", "neural"]))?;
    said += &with_a_browser(&mut test("networks"))?;
    // The same with vector instructions, which must give the same bits.
    let mut vectors = test("networks");
    with_a_browser(vectors.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Ctarget-feature=+simd128"))?;
    passed(ran::hold_promises(Runner::Wasm, &ran::in_words(&said)))
}

/// Runs wasm tests and returns what they say. Where tests were built and not one has failed, it was their browser that did
/// not come up, and they run once more.
fn with_a_browser(tests: &mut Command) -> Result<String> {
    let first = process::run_and_listen(tests)?;
    let a_test_failed = first.said.contains("test result: FAILED");
    match &first.outcome {
        Err(error) if first.said.contains("Running headless tests") && !a_test_failed => {
            println!("\n{error}, and no test failed. Once more.");
            process::run_and_read(tests)
        }
        _ => first.read(),
    }
}

fn page() -> Result<StepOutcome> {
    passed(page::build().and_then(|folder| page::weigh(&folder)).map(drop))
}

/// Tests in a browser.
fn browser() -> Result<StepOutcome> {
    let python = tools::python_with_ours()?;
    run(&mut playwright(python.as_deref())?)?;
    ran::hold_promises(Runner::Browser, &ran::by_playwright()?)?;
    let left_out = "no training in Python was watched: `cargo xtask test --only python` makes what that needs";
    Ok(if python.is_some() { StepOutcome::Passed } else { StepOutcome::PassedExcept(left_out.into()) })
}

/// Playwright; it gets the page, the binaries, the browser and Python by environment variables.
fn playwright(python: Option<&Path>) -> Result<Command> {
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
    if let Some(python) = python {
        playwright.env("TERRARIUM_PYTHON", python);
    }
    Ok(playwright)
}

fn packages<'a>(names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    names.iter().flat_map(|name| ["--package", name])
}

fn passed(result: Result<()>) -> Result<StepOutcome> {
    result.map(|()| StepOutcome::Passed)
}
