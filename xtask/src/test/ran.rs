//! Which tests have run, and whether those that hold the invariants of ARCHITECTURE.md are among them.

use crate::tidy::InvariantTest;
use crate::workspace::{root, target};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::{Component, Path};

/// A runner of tests; each runs the tests of its own files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runner {
    /// This machine, without a browser.
    Native,
    /// A browser, for tests that are wasm.
    Wasm,
    /// A browser that a script drives.
    Browser,
}

/// A test that has run and passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// The crate, or the script's file; none where the runner does not tell.
    place: Option<String>,
    /// Its name with its modules, or its title.
    name: String,
}

/// An error that names every promise of this runner whose test is not among those that ran.
pub(super) fn hold_promises(runner: Runner, ran: &[Test]) -> Result<()> {
    let promises = crate::tidy::promises(root())?;
    let missing: Vec<_> = promises.iter().filter(|it| runner_of(it) == runner && !is_among(it, ran)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = missing.iter().map(|it| format!("{}::{}", it.file, it.test)).collect();
    bail!("these tests hold invariants of ARCHITECTURE.md and did not run: {}", named.join(", "))
}

fn runner_of(promise: &InvariantTest) -> Runner {
    if promise.file.starts_with("tests/browser/") {
        Runner::Browser
    } else if promise.file.contains("/tests/wasm_") {
        Runner::Wasm
    } else {
        Runner::Native
    }
}

fn is_among(promise: &InvariantTest, ran: &[Test]) -> bool {
    let (package, module) = place_of(&promise.file);
    ran.iter().any(|it| {
        let is_here = it.place.as_ref().is_none_or(|place| *place == package || *place == promise.file);
        let within = it.name.strip_suffix(&promise.test);
        is_here && within.is_some_and(|it| it.is_empty() || it.ends_with("::") && it.starts_with(&module))
    })
}

/// The crate of a file and the modules that its tests are in, as runners name them.
fn place_of(file: &str) -> (String, String) {
    let parts: Vec<_> = Path::new(file)
        .with_extension("")
        .components()
        .filter_map(|it| if let Component::Normal(it) = it { Some(it.to_string_lossy().into_owned()) } else { None })
        .collect();
    let modules = match &parts[..] {
        [_, folder, modules @ ..] if folder == "src" => modules,
        // The first is a test target of its own.
        [_, _, _, modules @ ..] => modules,
        _ => &[],
    };
    let modules = modules.iter().map(String::as_str).filter(|it| !["lib", "main", "mod"].contains(it));
    let module = modules.flat_map(|it| [it, "::"]).collect();
    (parts.first().cloned().unwrap_or_default(), module)
}

/// What `cargo nextest run --profile xtask` wrote down.
pub(super) fn by_nextest() -> Result<Vec<Test>> {
    let file = target().join("nextest/xtask/junit.xml");
    let report = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(in_junit(&report))
}

fn in_junit(report: &str) -> Vec<Test> {
    let test = |case: &str| {
        let value = |name: &str| Some(case.split_once(&format!("{name}=\""))?.1.split('"').next()?.to_owned());
        // `crate`, `crate::target` or `crate::bin/program`.
        let place = value("classname")?.split("::").next()?.to_owned();
        Some(Test { place: Some(place), name: value(" name").or_else(|| value("name"))? })
    };
    report.split("<testcase").skip(1).filter_map(test).collect()
}

/// What a test program of Rust says: `test modules::name ... ok`.
pub(super) fn in_words(output: &str) -> Vec<Test> {
    let name = |line: &str| Some(line.trim().strip_prefix("test ")?.strip_suffix(" ... ok")?.to_owned());
    output.lines().filter_map(name).map(|name| Test { place: None, name }).collect()
}

/// What Playwright wrote down.
pub(super) fn by_playwright() -> Result<Vec<Test>> {
    let file = target().join("browser-tests.json");
    let report = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let report: Value = serde_json::from_str(&report).with_context(|| format!("{} is no report", file.display()))?;
    Ok(in_suites(&report))
}

fn in_suites(suite: &Value) -> Vec<Test> {
    let list = |name: &str| suite[name].as_array().into_iter().flatten();
    let passed = |spec: &&Value| {
        let mut tests = spec["tests"].as_array().into_iter().flatten();
        spec["ok"] == true && tests.any(|it| it["status"] == "expected")
    };
    let specs = list("specs").filter(passed).filter_map(|spec| {
        let file = format!("tests/browser/{}", spec["file"].as_str()?);
        Some(Test { place: Some(file), name: spec["title"].as_str()?.to_owned() })
    });
    specs.chain(list("suites").flat_map(in_suites)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn promise(file: &str, test: &str) -> InvariantTest {
        InvariantTest { file: file.into(), test: test.into() }
    }

    #[test]
    fn a_promise_is_held_by_the_test_in_its_own_file_only() {
        let report = r#"<testsuite name="server::relay"><testcase name="history::all_is_there" classname="server::relay" time="1"/>
            <testcase name="tidy::layers::tests::imports_run_down" classname="xtask::bin/xtask"/></testsuite>"#;
        let ran = in_junit(report);
        assert!(is_among(&promise("server/tests/relay/history.rs", "all_is_there"), &ran));
        assert!(is_among(&promise("xtask/src/tidy/layers.rs", "imports_run_down"), &ran));
        for (file, test) in [
            ("server/tests/relay/limits.rs", "all_is_there"),
            ("trainer/tests/relay/history.rs", "all_is_there"),
            ("server/tests/relay/history.rs", "is_there"),
            ("xtask/src/tidy.rs", "run_down"),
        ] {
            assert!(!is_among(&promise(file, test), &ran), "{file}::{test}");
        }
    }

    #[test]
    fn words_of_test_programs_are_read() {
        let ran = in_words("running 2 tests\ntest wasm_hashes::as_ever ... ok\ntest wasm_hashes::other ... ignored\n");
        assert_eq!(ran.len(), 1);
        assert!(is_among(&promise("frontend/tests/wasm_hashes.rs", "as_ever"), &ran));
        assert!(!is_among(&promise("frontend/tests/wasm_hashes.rs", "other"), &ran));
    }

    #[test]
    fn reports_of_playwright_are_read() {
        let spec = |title: &str, status: &str| json!({ "title": title, "ok": true, "file": "lab.spec.mjs", "tests": [{ "status": status }] });
        let suites = json!({ "suites": [{ "specs": [spec("trains", "expected")], "suites": [{ "specs": [spec("rests", "skipped")] }] }] });
        let ran = in_suites(&suites);
        assert!(is_among(&promise("tests/browser/lab.spec.mjs", "trains"), &ran));
        assert!(!is_among(&promise("tests/browser/lab.spec.mjs", "rests"), &ran));
        assert!(!is_among(&promise("tests/browser/watch.spec.mjs", "trains"), &ran));
    }

    #[test]
    fn each_file_has_its_runner() {
        assert_eq!(runner_of(&promise("tests/browser/lab.spec.mjs", "x")), Runner::Browser);
        assert_eq!(runner_of(&promise("frontend/tests/wasm_hashes.rs", "x")), Runner::Wasm);
        assert_eq!(runner_of(&promise("frontend/src/store.rs", "x")), Runner::Native);
    }
}
