//! Measurements: every bench prints JSON objects, one a line, which become a table and a file.

mod document;
mod machine;
mod peers;
mod tab;
mod table;
mod targets;

use crate::page;
use crate::process::{self, run};
use crate::tools::{self, Browser};
use crate::workspace::{self, cargo, root, target};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct BenchOptions {
    /// Only benches whose name contains one of these.
    #[arg(value_name = "PART")]
    only: Vec<String>,
    /// Only name the benches.
    #[arg(long)]
    list: bool,
    /// Also put the figures into docs/BENCH.md.
    #[arg(long)]
    document: bool,
}

/// One line of a bench's output: fields by name.
pub(super) type BenchRow = Map<String, Value>;

/// A bench and where it is.
#[derive(Debug)]
struct Bench {
    name: String,
    kind: BenchKind,
}

/// What a bench is to cargo or node.
#[derive(Debug)]
enum BenchKind {
    /// A bench target of a crate, which needs these features, if any.
    Cargo { package: String, target: String, features: String },
    /// An example of the relay with these arguments; run so many times, of which the medians count.
    Example { target: &'static str, arguments: &'static [&'static str], rounds: usize },
    /// A script that drives the built page in a browser.
    Script(PathBuf),
    /// A script that drives our Python package.
    Python(PathBuf),
    /// A bench target natively and as wasm in a browser.
    InATab(tab::TabBench),
}

/// Crates whose benches start the programs of another crate, which nothing else builds.
const BESIDE: [(&str, &str); 1] = [("trainer", "server")];

/// The example that holds the relay against others.
const FAN_OUT: &str = "fan_out";

/// The relay's benches: their names, their examples, and what these are asked.
const RELAY: [(&str, &str, &[&str]); 6] = [
    ("server/relay_load", "relay_load", &[]),
    ("server/crowd", "relay_load", &["--viewers=5000", "--state-rate=10", "--log-rate=1", "--seconds=5"]),
    ("server/idle", "relay_load", &["--idle=4000"]),
    ("server/stalled", "relay_load", &["--stalled=1", "--viewers=50", "--state-rate=100", "--seconds=5"]),
    ("server/long_log", "long_log", &["--bytes=4000000"]),
    ("server/fan_out", FAN_OUT, &[]),
];

/// Runs the benches, prints their tables and writes `bench-results/*.json`.
pub(crate) fn bench(options: &BenchOptions) -> Result<()> {
    let wanted = |it: &Bench| options.only.is_empty() || options.only.iter().any(|part| it.name.contains(part));
    let benches: Vec<_> = all()?.into_iter().filter(wanted).collect();
    if options.list || benches.is_empty() {
        let names: Vec<_> = all()?.into_iter().map(|it| it.name).collect();
        println!("{}", names.join("\n"));
        return if options.list { Ok(()) } else { bail!("no bench has such a name") };
    }
    let machine = machine::describe();
    let mut results = BTreeMap::new();
    for bench in &benches {
        println!("\n=== {}", bench.name);
        let mut rows = bench.measure().with_context(|| format!("bench {}", bench.name))?;
        targets::bind(&bench.name, &mut rows);
        targets::check(&rows).with_context(|| format!("bench {}", bench.name))?;
        print!("\n{}", table::render(&rows));
        results.insert(bench.name.clone(), rows);
    }
    if results.keys().any(|name| name.starts_with("page/")) {
        let weight = page::build().and_then(|folder| page::weigh(&folder))?;
        let row = json!({ "name": "page, compressed bytes", "value": weight, "at_most": page::MOST_BYTES });
        results.insert("page/weight".into(), row.as_object().cloned().into_iter().collect());
    }
    let targets = targets::judge(&results);
    println!("\n=== targets\n\n{}", table::render(&targets));
    let report = json!({ "machine": machine, "benches": results, "targets": targets });
    let file = write(&report)?;
    if options.document {
        let across = targets::across(&results);
        results.extend((!across.is_empty()).then(|| ("targets across benches".to_owned(), across)));
        document::write(&machine, &results)?;
    }
    println!("{}written to {}", table::render(&[machine]), file.display());
    Ok(())
}

/// Every bench of the workspace: bench targets, the load test of the relay, the browser's scripts, those in Python.
fn all() -> Result<Vec<Bench>> {
    let mut benches = Vec::new();
    for [package, target, features] in workspace::bench_targets()? {
        let name = format!("{package}/{target}");
        benches.push(Bench { name, kind: BenchKind::Cargo { package, target, features } });
    }
    benches.extend(RELAY.map(|(name, target, arguments)| Bench {
        name: name.into(),
        kind: BenchKind::Example { target, arguments, rounds: 5 },
    }));
    benches.extend(tab::ALL.map(|bench| Bench { name: bench.name.into(), kind: BenchKind::InATab(bench) }));
    let scripts = root().join("tests/bench");
    for script in page::files(&scripts)?.into_iter().filter(|it| page::has_ending(it, &["mjs"])) {
        let name = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with('_') {
            benches.push(Bench { name: format!("page/{name}"), kind: BenchKind::Script(script) });
        }
    }
    let python = root().join("python/benches");
    for name in ["steps", "publishing"] {
        let script = python.join(name).with_extension("py");
        benches.push(Bench { name: format!("python/{name}"), kind: BenchKind::Python(script) });
    }
    Ok(benches)
}

impl Bench {
    fn measure(&self) -> Result<Vec<BenchRow>> {
        match &self.kind {
            BenchKind::Cargo { package, target, features } => {
                for (_, other) in BESIDE.iter().filter(|(of, _)| of == package) {
                    run(&mut cargo(&["build", "--release", "--package", other, "--bins"]))?;
                }
                let mut native = cargo(&["bench", "--quiet", "--package", package, "--bench", target]);
                native.args(["--features", features]);
                let Some(script) = peers::script(package, target) else {
                    return rows(&process::output(&mut native)?);
                };
                let mut python = Command::new(tools::python_peers()?);
                peers::race(&mut native, python.arg(script))
            }
            BenchKind::InATab(bench) => bench.measure(),
            BenchKind::Example { target, arguments, rounds } => {
                run(&mut cargo(&["build", "--release", "--package", "server", "--bins", "--example", target]))?;
                let mut program = Command::new(workspace::target().join("release/examples").join(target));
                program.args(*arguments);
                if *target == FAN_OUT {
                    // Without Python, or without its packages, those peers are left out, and the rows say so.
                    program.args(tools::relay_peers().ok().map(|it| format!("--python={}", it.display())));
                }
                let mut measure = |_| rows(&process::output(&mut program)?);
                medians(&(0..*rounds).map(&mut measure).collect::<Result<Vec<_>>>()?)
            }
            BenchKind::Python(script) => {
                let python = tools::python_for_benches()?;
                run(&mut cargo(&["build", "--release", "--package", "server", "--package", "trainer", "--bins"]))?;
                let mut python = Command::new(python);
                python.arg(script).env("TERRARIUM_BINARIES", target().join("release"));
                rows(&process::output(&mut python)?)
            }
            BenchKind::Script(script) => rows(&process::output(&mut in_the_browser(script.clone())?)?),
        }
    }
}

/// A script with the page, the binaries and the browser at hand.
fn in_the_browser(script: PathBuf) -> Result<Command> {
    tools::browser_test_packages()?;
    let browser = Browser::find_or_install()?;
    let page = page::build()?;
    run(&mut cargo(&["build", "--release", "--package", "server", "--package", "trainer"]))?;
    let mut node = Command::new("node");
    node.current_dir(root().join("tests"))
        .arg(script)
        .env("TERRARIUM_PAGE", page)
        .env("TERRARIUM_BINARIES", target().join("release"))
        .env("CHROME", browser.chromium);
    if let Some(python) = tools::python_with_ours()? {
        node.env("TERRARIUM_PYTHON", python);
    }
    Ok(node)
}

/// The JSON objects among the lines; other lines are words for people.
fn rows(output: &str) -> Result<Vec<BenchRow>> {
    let mut rows = Vec::new();
    for line in output.lines().map(str::trim) {
        if line.starts_with('{') {
            rows.push(serde_json::from_str(line).with_context(|| format!("not a JSON object: {line}"))?);
        } else if !line.is_empty() {
            println!("  {line}");
        }
    }
    if rows.is_empty() {
        bail!("it printed no figures");
    }
    Ok(rows)
}

/// The medians of every number over rounds that printed the same rows.
fn medians(rounds: &[Vec<BenchRow>]) -> Result<Vec<BenchRow>> {
    let first = rounds.first().context("no round")?;
    let median = |row: usize, name: &str, value: &Value| -> Value {
        let mut numbers: Vec<_> =
            rounds.iter().filter_map(|round| round.get(row)?.get(name).filter(|it| it.is_number())).collect();
        numbers.sort_by(|a, b| a.as_f64().unwrap_or(f64::NAN).total_cmp(&b.as_f64().unwrap_or(f64::NAN)));
        numbers.get(numbers.len() / 2).map_or_else(|| value.clone(), |it| (*it).clone())
    };
    let median_row = |(index, row): (usize, &BenchRow)| {
        row.iter().map(|(name, value)| (name.clone(), median(index, name, value))).collect()
    };
    Ok(first.iter().enumerate().map(median_row).collect())
}

/// Writes a report under the name of the moment.
fn write(report: &Value) -> Result<PathBuf> {
    let folder = root().join("bench-results");
    fs::create_dir_all(&folder).context("cannot create bench-results/")?;
    let moment = report["machine"]["time"].as_str().unwrap_or("unknown").replace(':', "-");
    let file = folder.join(format!("{moment}.json"));
    fs::write(&file, serde_json::to_string_pretty(report)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_from_words() {
        let found = rows("measuring\n{\"name\":\"native\",\"value\":3}\n\n").unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["value"], 3);
        assert!(rows("only words").unwrap_err().to_string().contains("no figures"));
        assert!(rows("{broken").is_err());
    }

    #[test]
    fn every_bench_prints_objects_and_has_the_programs_that_it_starts() {
        let files = workspace::files().unwrap();
        for [package, target, _] in workspace::bench_targets().unwrap() {
            let ending = format!("{package}/benches/{target}.rs");
            let file = files.iter().find(|it| it.ends_with(&ending)).unwrap_or_else(|| panic!("no {ending}"));
            let text = fs::read_to_string(root().join(file)).unwrap();
            let prints_objects = ["json!(", "r#\"{{"].iter().any(|it| text.contains(it));
            assert!(prints_objects, "{ending} prints words, and `cargo xtask bench` takes JSON objects");
            let starts_a_relay = text.contains("terrarium-relay");
            assert!(!starts_a_relay || BESIDE.contains(&(&*package, "server")), "{ending}: nothing builds its relay");
        }
    }

    #[test]
    fn benches_in_python_are_there() {
        for bench in all().unwrap() {
            if let BenchKind::Python(script) = bench.kind {
                assert!(fs::read_to_string(script).unwrap().contains("json.dumps("), "{}", bench.name);
            }
        }
    }

    #[test]
    fn medians_are_taken_number_by_number() {
        let rounds: Vec<_> = [(1, 30), (9, 10), (5, 20)]
            .map(|(a, b)| rows(&format!("{{\"name\":\"x\",\"a\":{a},\"b\":{b}}}")).unwrap())
            .into();
        assert_eq!(Value::Object(medians(&rounds).unwrap().remove(0)), json!({"name": "x", "a": 5, "b": 20}));
    }
}
