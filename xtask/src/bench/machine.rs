//! The machine that figures were taken on.

use super::BenchRow;
use crate::process;
use crate::workspace::root;
use serde_json::Value;
use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

/// Processor, cores, memory, system, compiler, commit and time.
pub(super) fn describe() -> BenchRow {
    let cores = available_parallelism().map_or(0, usize::from);
    [
        ("time", Value::from(said("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]))),
        ("commit", Value::from(said("git", &["describe", "--always", "--dirty"]))),
        ("processor", Value::from(line_after("/proc/cpuinfo", "model name"))),
        ("cores", Value::from(cores)),
        ("memory", Value::from(line_after("/proc/meminfo", "MemTotal"))),
        ("system", Value::from(said("uname", &["-sr"]))),
        ("compiler", Value::from(said("rustc", &["--version"]))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn said(program: &str, arguments: &[&str]) -> String {
    let words = process::probe(Command::new(program).current_dir(root()).args(arguments));
    words.unwrap_or_default().trim().to_owned()
}

/// What stands after the colon in the first line that begins so.
fn line_after(file: &str, beginning: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(beginning)).unwrap_or_default();
    line.split_once(':').map_or("", |(_, rest)| rest).trim().to_owned()
}
