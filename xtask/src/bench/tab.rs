//! Benches as wasm in a browser, built as the page is, against the same natively.

use super::{BenchRow, peers, rows};
use crate::page::{OPTIMIZE, PROFILE, WASM};
use crate::process::{self, output, run};
use crate::tools::{self, Browser};
use crate::workspace::{cargo, root, target};
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A bench target of a crate that runs in a browser as well: its name there, its crate, its target.
#[derive(Clone, Copy, Debug)]
pub(super) struct TabBench {
    pub(super) name: &'static str,
    package: &'static str,
    target: &'static str,
}

/// All of them: the environments' steps, and Q-learning in them.
pub(super) const ALL: [TabBench; 2] = [
    TabBench { name: "wasm/steps", package: "environments", target: "steps" },
    TabBench { name: "wasm/q_learning", package: "run", target: "q_learning" },
];

impl TabBench {
    /// Rows of the tab with their `ratio` to the native ones, then these.
    pub(super) fn measure(self) -> Result<Vec<BenchRow>> {
        tools::browser_test_packages()?;
        let browser = Browser::find_or_install()?;
        let folder = self.build()?;
        let mut tab = Command::new("node");
        tab.current_dir(root().join("tests"))
            .arg("bench/_tab.mjs")
            .env("BENCH", &folder)
            .env("CHROME", browser.chromium);
        tab.env("NATIVE", self.compile(&["bench", "--no-run"])?);
        peers::rounds(|| Ok(rows(&output(&mut tab)?)?.into_iter().partition(is_in_a_tab)))
    }

    /// The folder with the bench as an empty page can load it, made by the page's profile and tools.
    fn build(self) -> Result<PathBuf> {
        let tools = tools::page_tools()?;
        let program = self.compile(&["build", "--profile", PROFILE, "--target", WASM])?;
        let folder = target().join("in-a-tab").join(self.target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("index.html"), "<!doctype html>\n")?;
        let mut join = Command::new("wasm-bindgen");
        join.args(["--target", "web", "--no-typescript", "--out-name", "bench", "--out-dir"]);
        run(join.arg(&folder).arg(program).env("PATH", process::path_with(&tools)?))?;
        let module = folder.join("bench_bg.wasm");
        let mut optimize = Command::new("wasm-opt");
        optimize.arg(OPTIMIZE).arg(&module).arg("-o").arg(&module);
        run(optimize.env("PATH", process::path_with(&tools)?))?;
        Ok(folder)
    }

    /// Compiles the bench in this way; its file's name has a hash that only cargo knows.
    fn compile(self, way: &[&str]) -> Result<PathBuf> {
        let mut build = cargo(way);
        build.args(["--package", self.package, "--bench", self.target, "--message-format", "json"]);
        let told = output(&mut build)?;
        let program = |line: &str| -> Option<PathBuf> {
            let message: Value = serde_json::from_str(line).ok()?;
            message["executable"].as_str().map(|it| Path::new(it).to_path_buf())
        };
        told.lines().filter_map(program).next_back().context("cargo built no program")
    }
}

/// What a tab has measured names what it is held against among the rest.
fn is_in_a_tab(row: &BenchRow) -> bool {
    row.get("name").and_then(Value::as_str).is_some_and(|name| name.ends_with(", in a tab"))
}
