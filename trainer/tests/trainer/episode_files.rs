//! The table of episodes of `--episodes-csv`: what it writes over, where it goes on, and that it may be a pipe.

use crate::harness::{NEVER, Trainer, command, json, trainer, until};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const HEAD: &str = "episode,count,return,length,outcome\n";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The numbers of the episodes in a table.
fn episodes(table: &str) -> Vec<u64> {
    let rows = table.strip_prefix(HEAD).unwrap_or_else(|| panic!("no head: {table:.80}"));
    rows.lines().map(|row| row.split(',').next().unwrap().parse().unwrap()).collect()
}

fn refused(arguments: &[&str], words: &str) {
    let said = trainer(arguments);
    assert!(said.code == Some(2) && said.err.contains(words), "{arguments:?}: {:?} {}", said.code, said.err);
}

#[test]
fn a_command_that_is_refused_leaves_the_table_of_the_run_before() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    let (table, runs, file) = (of("x.csv"), of("runs"), of("file"));
    let run = ["run", "gridworld", "--episodes", "5", "--episodes-csv", text(&table)];
    let kept = ["--runs", text(&runs), "--run", "x1"];
    json(&[&run[..], &kept, &["--json"]].concat());
    fs::write(&file, "mine").unwrap();
    let before = fs::read(&table).unwrap();
    let other = of("other");
    let others = ["--runs", text(&other)];
    for (arguments, words) in [
        (kept.to_vec(), "there is a run in"),
        (vec!["--runs", text(&file)], "is a file, and runs are kept below a folder"),
        ([&others[..], &["--relay", "wss://127.0.0.1:9", "--relay-ca", "/nowhere/x.pem"]].concat(), "/nowhere/x.pem"),
        ([&others[..], &["--threads", "4"]].concat(), "--threads has no effect"),
    ] {
        refused(&[&run[..], &arguments].concat(), words);
        assert_eq!(fs::read(&table).unwrap(), before, "{arguments:?}");
    }
    assert!(!other.exists(), "what is refused begins no run directory");
    // A table of an earlier run gives way, and nothing else does.
    assert_eq!(trainer(&["run", "gridworld", "--episodes", "7", "--episodes-csv", text(&table)]).code, Some(0));
    assert_eq!(episodes(&fs::read_to_string(&table).unwrap()), (0..7).collect::<Vec<_>>());
    let words = "it is there already and holds no table of episodes. Choose another name, or remove it";
    refused(&["run", "gridworld", "--episodes", "5", "--episodes-csv", text(&file)], words);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn the_standard_output_takes_the_table_and_the_error_the_summary() {
    let run = ["run", "gridworld", "--episodes", "30", "--json", "--episodes-csv"];
    for name in ["-", "/dev/stdout"] {
        let said = trainer(&[&run[..], &[name]].concat());
        assert_eq!(said.code, Some(0), "{name}: {}", said.err);
        assert_eq!(episodes(&said.out), (0..30).collect::<Vec<_>>(), "{name}");
        let summary = said.err.lines().find(|it| it.starts_with('{')).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(summary).unwrap()["episodes"], 30);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("f");
    let mut into_file = command(&[&run[..], &["/dev/stdout"]].concat());
    let status = into_file.stdout(fs::File::create(&file).unwrap()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success());
    assert_eq!(episodes(&fs::read_to_string(&file).unwrap()), (0..30).collect::<Vec<_>>());
    assert!(!Path::new("-").exists());
}

#[test]
fn a_run_whose_table_nobody_reads_any_longer_ends() {
    let mut child = command(&["run", "gridworld", "--episodes-csv", "-"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut beginning = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut beginning).unwrap();
    assert!(beginning.starts_with(HEAD.as_bytes()));
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() && begun.elapsed() < NEVER {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let ended = child.try_wait().unwrap();
    child.kill().ok();
    assert!(ended.is_some_and(|it| it.success()), "{ended:?}");
}

#[test]
fn a_named_pipe_is_written_into_as_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    let summary = json(&["run", "gridworld", "--episodes", "30", "--json", "--episodes-csv", text(&pipe)]).remove(0);
    assert_eq!(summary["episodes"], 30);
    assert_eq!(episodes(&reader.join().unwrap()), (0..30).collect::<Vec<_>>());
}

#[test]
fn the_table_of_a_run_that_goes_on_goes_on_behind_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| -> PathBuf { folder.path().join(name) };
    let (table, whole, runs) = (of("x.csv"), of("whole.csv"), of("runs"));
    json(&["run", "gridworld", "--episodes", "90", "--json", "--episodes-csv", text(&whole)]);
    let kept = ["--runs", text(&runs), "--json"];
    let run = ["run", "gridworld", "--episodes", "40", "--run", "x", "--episodes-csv", text(&table)];
    json(&[&run[..], &kept].concat());
    let resume = |to: &'static str, table: &Path| {
        let arguments = ["resume", "gridworld/x", "--episodes", to, "--episodes-csv", text(table)];
        [&arguments[..], &kept].concat().iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()
    };
    let resumed = |to: &'static str, table: &Path| {
        let arguments = resume(to, table);
        trainer(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let said = resumed("60", &table);
    assert_eq!(said.code, Some(0), "{}", said.err);
    // Alone: its own episodes, with their numbers.
    let rest = of("rest.csv");
    assert_eq!(resumed("90", &rest).code, Some(0));
    assert_eq!(episodes(&fs::read_to_string(&rest).unwrap()), (60..90).collect::<Vec<_>>());
    let rows = |path: &Path| fs::read_to_string(path).unwrap().strip_prefix(HEAD).unwrap().to_owned();
    assert_eq!(format!("{}{}", rows(&table), rows(&rest)), rows(&whole));
    // What ends elsewhere stays as it was.
    let before = fs::read(&table).unwrap();
    let said = resumed("95", &table);
    let words = "it is a table of 60 episodes, and the run goes on with episode 90";
    assert!(said.code == Some(2) && said.err.contains(words), "{}", said.err);
    assert_eq!(fs::read(&table).unwrap(), before);
}

#[test]
fn a_killed_run_leaves_its_rows_and_goes_on_without_a_hole() {
    let folder = tempfile::tempdir().unwrap();
    let (table, runs) = (folder.path().join("x.csv"), folder.path().join("runs"));
    let arguments = ["--runs", text(&runs), "--episodes-csv", text(&table)];
    let run = ["run", "gridworld", "--speed", "20000", "--save-every", "1", "--run", "x"];
    let running = Trainer::start(&[&run[..], &arguments].concat());
    let weights = runs.join("gridworld/x/weights/latest.terrarium");
    until("a save", || weights.is_file());
    let saved = fs::metadata(&table).unwrap().len();
    until("rows behind it", || fs::metadata(&table).unwrap().len() > saved + 1000);
    running.kill();
    let rows = fs::read_to_string(&table).unwrap().lines().count() as u64;
    assert!(rows > 10);
    let to = (rows + 1000).to_string();
    let said = trainer(&[&["resume", "gridworld/x", "--episodes", &to], &arguments[..]].concat());
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(episodes(&fs::read_to_string(&table).unwrap()), (0..rows + 1000).collect::<Vec<_>>());
}

#[cfg(unix)]
#[test]
fn a_table_that_another_run_writes_is_left_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let (table, runs) = (folder.path().join("x.csv"), folder.path().join("runs"));
    let running = Trainer::start(&["run", "gridworld", "--speed", "2000", "--episodes-csv", text(&table)]);
    until("rows", || fs::metadata(&table).is_ok_and(|it| it.len() > 1000));
    let other = ["run", "gridworld", "--episodes", "5", "--runs", text(&runs), "--episodes-csv", text(&table)];
    refused(&other, "another process writes it at the moment");
    assert!(!runs.exists());
    running.interrupt();
    let rows = episodes(&fs::read_to_string(&table).unwrap());
    assert_eq!(rows, (0..rows.len() as u64).collect::<Vec<_>>());
    assert_eq!(trainer(&other).code, Some(0), "it is free again");
}

#[test]
fn a_run_that_another_saved_meanwhile_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (file, beside) = (folder.path().join("x.terrarium"), folder.path().join("x-2.terrarium"));
    let running = Trainer::start(&["run", "gridworld", "--speed", "50", "--save", text(&file)]);
    running.says("episodes");
    json(&["run", "gridworld", "--steps", "77", "--seed", "9", "--json", "--save", text(&file)]);
    let first = fs::read(&file).unwrap();
    let (code, said) = running.interrupt_any();
    assert!(
        code == Some(2) && said.contains("This one is saved as") && said.contains("x-2.terrarium"),
        "{code:?} {said}"
    );
    assert_eq!(fs::read(&file).unwrap(), first);
    let goes_on = json(&["run", "--load", text(&beside), "--episodes", "200", "--json"]).remove(0);
    assert_eq!(goes_on["seed"], 42);
}
