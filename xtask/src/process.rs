//! Other programs: shown when they start, named when they fail, and ended when we are.

use anyhow::{Context as _, Result, anyhow, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fmt, thread};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static CHILDREN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// How many lines of what a program printed stand in the error of its failure.
const LAST_LINES: usize = 40;

/// How often a waiting loop looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// From here on SIGINT, SIGTERM and SIGHUP end the children first; whoever waits for one sees it end.
pub(crate) fn end_children_on_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        INTERRUPTED.store(true, Ordering::SeqCst);
        for child in children().iter() {
            let _ = kill(pid(*child), Signal::SIGTERM);
        }
    })
    .context("cannot catch Ctrl-C")
}

/// Whether a signal asked us to end.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

fn children() -> std::sync::MutexGuard<'static, BTreeSet<u32>> {
    CHILDREN.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn pid(number: u32) -> Pid {
    Pid::from_raw(number as i32)
}

/// Starts a program and remembers it until [`forget`].
fn start(command: &mut Command) -> Result<Child> {
    let mut known = children();
    if interrupted() {
        bail!("interrupted");
    }
    let child = command.spawn().with_context(|| format!("cannot start {}", show(command)))?;
    known.insert(child.id());
    Ok(child)
}

fn forget(child: &Child) {
    children().remove(&child.id());
}

/// Runs a program to its end, its output on our terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("  $ {}", show(command));
    let status = wait(command)?;
    succeed(command, status)
}

/// What a program printed, and whether it succeeded.
#[derive(Debug)]
pub(crate) struct ProcessOutput {
    pub(crate) said: String,
    pub(crate) outcome: Result<()>,
}

impl ProcessOutput {
    /// What it printed, or an error with its last lines if it failed.
    pub(crate) fn read(self) -> Result<String> {
        let lines: Vec<_> = self.said.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        match self.outcome {
            Ok(()) => Ok(self.said),
            Err(error) if last.is_empty() => Err(error),
            Err(error) => Err(anyhow!("{error}; its last lines:\n{last}")),
        }
    }
}

/// Runs a program to its end, its output on our terminal, and returns what it prints.
pub(crate) fn run_and_read(command: &mut Command) -> Result<String> {
    run_and_listen(command)?.read()
}

/// Runs a program to its end, its output on our terminal. An error is that it could not be started or heard.
pub(crate) fn run_and_listen(command: &mut Command) -> Result<ProcessOutput> {
    println!("  $ {}", show(command));
    let mut child = start(command.stdout(Stdio::piped()))?;
    let mut said = String::new();
    for line in child.stdout.take().into_iter().flat_map(|it| BufReader::new(it).lines()) {
        let line = line.with_context(|| format!("cannot read what {} prints", show(command)))?;
        println!("{line}");
        said.push_str(&line);
        said.push('\n');
    }
    let status = child.wait();
    forget(&child);
    let status = status.with_context(|| format!("cannot wait for {}", show(command)))?;
    Ok(ProcessOutput { said, outcome: succeed(command, status) })
}

/// Runs a program and returns what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {}", show(command)))?;
    succeed(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program only to learn whether it succeeds, and what it prints.
pub(crate) fn probe(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok().filter(|it| it.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn wait(command: &mut Command) -> Result<ExitStatus> {
    let mut child = start(command)?;
    let status = child.wait();
    forget(&child);
    status.with_context(|| format!("cannot wait for {}", show(command)))
}

fn succeed(command: &Command, status: ExitStatus) -> Result<()> {
    if interrupted() {
        bail!("interrupted");
    }
    if !status.success() {
        bail!("{} ended with {status}", show(command));
    }
    Ok(())
}

/// A command line as one would type it.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|it| it.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// PATH with these folders first.
pub(crate) fn path_with(folders: &[PathBuf]) -> Result<OsString> {
    let present = env::var_os("PATH").unwrap_or_default();
    env::join_paths(folders.iter().cloned().chain(env::split_paths(&present))).context("a folder's name has a colon")
}

/// The first file of this name on PATH.
pub(crate) fn find_on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|it| it.is_file())
}

/// A program that runs beside us until it is stopped, in a process group of its own, so that whatever it starts ends
/// with it. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Service {
    name: &'static str,
    child: Child,
}

impl Service {
    /// Starts it, its output on our terminal.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        println!("  $ {}", show(command));
        // Not in CHILDREN: services are stopped in order, by their owner.
        let child = command
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", show(command)))?;
        Ok(Self { name, child })
    }

    /// An error if it has ended by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("the {} ended by itself with {status}; its last lines are above", self.name),
            None => Ok(()),
        }
    }

    /// Asks it to end, waits, and ends it if it does not.
    pub(crate) fn stop(&mut self, patience: Duration) {
        let group = pid(self.child.id());
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let _ = killpg(group, Signal::SIGTERM);
        if !until(patience, || !matches!(self.child.try_wait(), Ok(None))) {
            eprintln!("the {} did not end within {} s and is killed", self.name, patience.as_secs());
        }
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop(Duration::from_secs(10));
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// Waits until a condition holds; false if it does not within this time.
pub(crate) fn until(patience: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    loop {
        if holds() {
            return true;
        }
        if begin.elapsed() > patience {
            return false;
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Waits as long as a check succeeds and nobody interrupts.
pub(crate) fn watch(mut check: impl FnMut() -> Result<()>) -> Result<()> {
    while !interrupted() {
        check()?;
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_names_its_command_line() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "sh -c exit 3 ended with exit status: 3");
        let error = run(&mut Command::new("no-such-program")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start no-such-program");
    }

    #[test]
    fn what_a_program_prints_is_read_and_its_failure_too() {
        assert_eq!(run_and_read(&mut shell("echo one; echo two")).unwrap(), "one\ntwo\n");
        let error = run_and_read(&mut shell("echo one; exit 4")).unwrap_err().to_string();
        assert_eq!(error, "sh -c echo one; exit 4 ended with exit status: 4; its last lines:\none");
        let heard = run_and_listen(&mut shell("echo one; exit 4")).unwrap();
        assert_eq!(heard.said, "one\n");
        assert_eq!(heard.outcome.unwrap_err().to_string(), "sh -c echo one; exit 4 ended with exit status: 4");
    }

    #[test]
    fn a_stopped_service_takes_its_children_along() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("grandchild");
        let script = format!(
            "trap '' TERM; (trap '' TERM; echo $(exec sh -c 'echo $PPID') > {0}.part; mv {0}.part {0}; \
                              while :; do sleep 1; done) & wait",
            file.display()
        );
        let mut service = Service::start("shell", &mut shell(&script)).unwrap();
        assert!(until(Duration::from_secs(20), || file.exists()));
        let grandchild: u32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
        assert!(service.check().is_ok());
        service.stop(Duration::from_millis(100));
        assert!(service.check().is_err());
        // A killed orphan may stay a zombie until init reaps it; it runs no more.
        let runs = || {
            let state = std::fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            !(state.is_empty() || state.contains(") Z"))
        };
        assert!(until(Duration::from_secs(20), || !runs()));
    }

    #[test]
    fn a_service_that_ends_by_itself_is_noticed() {
        let mut service = Service::start("shell", &mut shell("exit 7")).unwrap();
        let mut found = None;
        until(Duration::from_secs(20), || {
            found = service.check().err();
            found.is_some()
        });
        assert!(found.unwrap().to_string().contains("ended by itself with exit status: 7"));
    }
}
