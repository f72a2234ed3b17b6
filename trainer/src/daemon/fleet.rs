//! The processes of a host's runs: started, tended, ended, and what waits for a slot.

use super::HostOptions;
use crate::clock::wall_millis;
use crate::device::DeviceChoice;
use crate::other_values;
use crate::records::directory::RunDirectory;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use run::Run;
use serde::{Deserialize, Serialize};
use shared::RunId;
use shared::command::Launch;
use shared::event::Severity;
use shared::host::{HostedRun, HostedState};
use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// Runs that have ended and are still shown.
const MOST_SHOWN: usize = 50;
/// Runs that may wait.
const MOST_QUEUED: usize = 1000;
/// Time that runs have to save and end when the host ends.
const ENDING: Duration = Duration::from_secs(20);
/// Characters of a run's last words that are shown.
const MOST_WORDS: usize = 4096;

/// What a process is told first, as a line on its standard input. The pipe stays open as long as the host lives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LaunchOrder {
    /// The process that it belongs to.
    pub(super) parent: u32,
    pub(super) launch: Launch,
}

/// What a process says first, as a line on its standard output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ProcessGreeting {
    pub(super) run: String,
    pub(super) directory: String,
}

/// A run whose process lives.
struct LiveProcess {
    run: HostedRun,
    /// The kept run that it goes on with.
    resume: Option<String>,
    child: Child,
    /// Closing it ends the process.
    _lifeline: ChildStdin,
    begun: Receiver<ProcessGreeting>,
    last_words: Receiver<String>,
}

/// All runs of a host.
pub(super) struct Fleet {
    program: io::Result<std::path::PathBuf>,
    arguments: Vec<String>,
    token: Option<String>,
    slots: usize,
    next: u64,
    queued: VecDeque<(HostedRun, Launch)>,
    alive: Vec<LiveProcess>,
    ended: VecDeque<HostedRun>,
}

impl Fleet {
    pub(super) fn new(options: &HostOptions, slots: u32, host: &RunId) -> Self {
        let mut arguments = vec!["child".to_owned(), "--relay".into(), options.relay.to_string()];
        let path = |it: &Path| it.to_string_lossy().into_owned();
        arguments.extend(["--runs".to_owned(), path(&options.runs)]);
        for (option, value) in [
            ("--relay-ca", options.to.relay_ca.as_deref().map(path)),
            ("--spill", options.to.spill.as_deref().map(path)),
            ("--memory", Some(options.to.memory.to_string())),
            ("--deliver-for", Some(options.to.deliver_for.to_string())),
            // A run is known by the host that it lives on, where that is not called otherwise.
            ("--trainer", Some(options.to.trainer.clone().unwrap_or_else(|| host.to_string()))),
        ] {
            arguments.extend(value.map(|value| [option.to_owned(), value]).into_iter().flatten());
        }
        Self {
            program: std::env::current_exe(),
            arguments,
            token: options.to.publisher_token.clone(),
            slots: slots as usize,
            next: 0,
            queued: VecDeque::new(),
            alive: Vec::new(),
            ended: VecDeque::new(),
        }
    }

    pub(super) fn free_slots(&self) -> u32 {
        self.slots.saturating_sub(self.alive.len()) as u32
    }

    /// All runs, in the order in which they were launched.
    pub(super) fn runs(&self) -> Vec<HostedRun> {
        let queued = self.queued.iter().map(|(run, _)| run);
        let mut runs: Vec<_> =
            self.ended.iter().chain(self.alive.iter().map(|it| &it.run)).chain(queued).cloned().collect();
        runs.sort_by_key(|it| it.number);
        runs
    }

    /// Takes an order, which waits for a slot; why not, if it cannot be carried out.
    pub(super) fn launch(&mut self, launch: Launch, root: &Path) -> Result<(), String> {
        if self.queued.len() >= MOST_QUEUED {
            return Err(format!("{MOST_QUEUED} runs wait already; stop lets the host forget them"));
        }
        let device: DeviceChoice = launch.device.as_deref().unwrap_or("auto").parse().map_err(words)?;
        device.check().map_err(words)?;
        if launch.steps.is_some() && launch.episodes.is_some() {
            return Err("a run ends after so many steps or so many episodes, not both".into());
        }
        if launch.steps.or(launch.episodes) == Some(0) {
            return Err(
                "a run ends after 1 step or 1 episode at least; leave both out, and it goes on until it is stopped"
                    .into(),
            );
        }
        if launch.resume.is_none() && launch.is_of_child() {
            return Err("from and set are about a kept run, which resume names; a new run has its spec".into());
        }
        let title = match (&launch.spec, &launch.resume) {
            (Some(spec), None) => {
                let run = Run::new((**spec).clone()).map_err(words)?;
                format!("{} in {}", run.spec().agent.id, run.description().title)
            }
            (None, Some(place)) => {
                let directory = RunDirectory::below(root, place).map_err(words)?;
                let config = directory.config().map_err(words)?;
                other_values::child_agent(&config.spec.agent, &launch.set).map_err(words)?;
                let how = match &launch.from {
                    Some(from) if !directory.weights().map_err(words)?.contains(from) => {
                        let known = directory.weights().map_err(words)?.join(", ");
                        return Err(format!("{place} has no weights {from:?}; there are: {known}"));
                    }
                    _ if launch.is_of_child() => format!("child of {place}"),
                    _ => "resumed".into(),
                };
                format!("{} in {}, {how}", config.spec.agent.id, config.spec.environment.id)
            }
            _ => {
                return Err("a launch has a spec, or the directory of a run to resume, not both and not neither".into());
            }
        };
        let run = HostedRun {
            number: self.next,
            run: None,
            directory: None,
            title,
            state: HostedState::Queued,
            since_millis: wall_millis(),
            process: None,
            reason: None,
        };
        self.next += 1;
        self.queued.push_back((run, launch));
        Ok(())
    }

    /// Gives up a run that waits; why not, if it does not.
    pub(super) fn cancel(&mut self, number: u64) -> Result<String, String> {
        if let Some((run, _)) =
            self.queued.iter().position(|(it, _)| it.number == number).and_then(|at| self.queued.remove(at))
        {
            return Ok(format!("run {number} ({}) was cancelled before it began", run.title));
        }
        Err(match self.runs().into_iter().find(|it| it.number == number) {
            Some(HostedRun { state: HostedState::Running, run: Some(name), .. }) => {
                format!("run {number} has begun: stop ends it, sent to {name}")
            }
            Some(HostedRun { state: HostedState::Running, .. }) => {
                format!("run {number} begins at this moment: stop ends it, sent to it as soon as it is at the relay")
            }
            Some(_) => format!("run {number} has ended already"),
            None if number < self.next => format!("run {number} waits no longer and is not kept in mind"),
            None => format!("there is no run {number} on this host"),
        })
    }

    /// Deletes a kept run for good; why not, if somebody needs it.
    pub(super) fn delete(&mut self, place: &str, root: &Path) -> Result<String, String> {
        let is_it = |run: &HostedRun| run.directory.as_deref() == Some(place);
        if let Some(LiveProcess { run, .. }) = self.alive.iter().find(|it| is_it(&it.run)) {
            let name = run.run.as_deref().unwrap_or_default();
            return Err(format!("{place} is being trained: stop, sent to {name}, ends it; then it can be deleted"));
        }
        // It holds the lock of what it goes on with once it says where it is.
        let begins = |it: &&LiveProcess| it.run.directory.is_none() && it.resume.as_deref() == Some(place);
        if let Some(LiveProcess { run, .. }) = self.alive.iter().find(begins) {
            let number = run.number;
            return Err(format!(
                "run {number} goes on with {place} at this moment: stop it once it has begun; then it can be deleted"
            ));
        }
        if let Some((run, _)) = self.queued.iter().find(|(_, it)| it.resume.as_deref() == Some(place)) {
            let number = run.number;
            return Err(format!("run {number} waits to go on with {place}: cancel it first; then it can be deleted"));
        }
        RunDirectory::below(root, place).and_then(|it| it.delete()).map_err(words)?;
        self.ended.retain(|run| !is_it(run));
        Ok(format!("{place} was deleted: weights, log and recorded episodes. What the relay has of it stays"))
    }

    /// Gives up what waits.
    pub(super) fn forget_queued(&mut self) {
        self.queued.clear();
    }

    /// Looks at every process, and starts those for which there is a slot. Gives what happened.
    pub(super) fn tend(&mut self) -> Vec<(Severity, String)> {
        let mut told = Vec::new();
        let mut index = 0;
        while let Some(alive) = self.alive.get_mut(index) {
            if let Ok(ProcessGreeting { run, directory }) = alive.begun.try_recv() {
                (alive.run.run, alive.run.directory) = (Some(run), Some(directory));
            }
            match alive.child.try_wait() {
                Ok(None) => index += 1,
                Ok(Some(status)) => {
                    let alive = self.alive.remove(index);
                    told.push(self.bury(alive, &outcome(status)));
                }
                Err(error) => {
                    let alive = self.alive.remove(index);
                    told.push(self.bury(alive, &(HostedState::Killed, format!("it cannot be looked at: {error}"))));
                }
            }
        }
        while self.alive.len() < self.slots
            && let Some((run, launch)) = self.queued.pop_front()
        {
            let (number, title) = (run.number, run.title.clone());
            match self.start(run.clone(), launch) {
                Ok(alive) => {
                    told.push((
                        Severity::Information,
                        format!("run {number} ({title}) begins in process {}", alive.child.id()),
                    ));
                    self.alive.push(alive);
                }
                Err(error) => {
                    let reason = format!("its process cannot be started: {error}");
                    told.push((Severity::Error, format!("run {number} ({title}): {reason}")));
                    self.end_of(HostedRun { state: HostedState::Failed, reason: Some(reason), ..run });
                }
            }
        }
        told
    }

    fn start(&self, run: HostedRun, launch: Launch) -> io::Result<LiveProcess> {
        let program = self.program.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
        let mut command = Command::new(program);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C at the host's terminal is the host's to hear.
        command.process_group(0);
        for variable in ["TERRARIUM_RUNS", "TERRARIUM_RELAY", "TERRARIUM_DEVICE"] {
            command.env_remove(variable);
        }
        if let Some(token) = &self.token {
            command.env("TERRARIUM_PUBLISHER_TOKEN", token);
        }
        let mut child = command.spawn()?;
        let gone = || io::Error::other("its pipes are not there");
        let mut lifeline = child.stdin.take().ok_or_else(gone)?;
        let resume = launch.resume.clone();
        let order = LaunchOrder { parent: std::process::id(), launch };
        let mut line = serde_json::to_vec(&order)?;
        line.push(b'\n');
        lifeline.write_all(&line)?;
        let (out, err) = (child.stdout.take().ok_or_else(gone)?, child.stderr.take().ok_or_else(gone)?);
        let (begun_sender, begun) = mpsc::channel();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(out).lines().map_while(Result::ok);
            if let Some(Ok(it)) = lines.next().map(|line| serde_json::from_str(&line)) {
                begun_sender.send(it).ok();
            }
            // A process that writes into a pipe which nobody reads would stand still.
            lines.for_each(drop);
        });
        let (word_sender, last_words) = mpsc::channel();
        std::thread::spawn(move || {
            BufReader::new(err).lines().map_while(Result::ok).for_each(|line| {
                word_sender.send(line).ok();
            });
        });
        let process = Some(child.id());
        let run = HostedRun { state: HostedState::Running, since_millis: wall_millis(), process, ..run };
        Ok(LiveProcess { run, resume, child, _lifeline: lifeline, begun, last_words })
    }

    fn bury(&mut self, alive: LiveProcess, (state, words): &(HostedState, String)) -> (Severity, String) {
        let LiveProcess { mut run, begun, last_words, .. } = alive;
        if let Ok(ProcessGreeting { run: name, directory }) = begun.try_recv() {
            (run.run, run.directory) = (Some(name), Some(directory));
        }
        let said: Vec<String> = last_words.iter().collect();
        let ended_well = *state == HostedState::Ended;
        let mut reason = words.clone();
        if *state == HostedState::Failed
            && let Some(last) = said.last()
        {
            reason = format!("{words}: {}", last.chars().take(MOST_WORDS).collect::<String>());
        }
        if let Some(directory) = run.directory.as_ref().filter(|_| !ended_well) {
            reason = format!("{reason}. A launch with resume {directory} goes on from its last save");
        }
        let text = format!("run {} ({}): {reason}", run.number, run.title);
        self.end_of(HostedRun { state: *state, process: None, reason: (!ended_well).then_some(reason), ..run });
        (if ended_well { Severity::Information } else { Severity::Warning }, text)
    }

    fn end_of(&mut self, run: HostedRun) {
        self.ended.push_back(HostedRun { since_millis: wall_millis(), ..run });
        while self.ended.len() > MOST_SHOWN {
            self.ended.pop_front();
        }
    }

    /// Asks every process to save and end, and ends those by force that do not. Gives what happened.
    pub(super) fn end(&mut self) -> Vec<(Severity, String)> {
        self.queued.clear();
        for alive in &self.alive {
            kill(Pid::from_raw(alive.child.id() as i32), Signal::SIGTERM).ok();
        }
        let (begun, mut told) = (Instant::now(), Vec::new());
        while !self.alive.is_empty() {
            told.extend(self.tend());
            if begun.elapsed() > ENDING {
                for alive in &mut self.alive {
                    alive.child.kill().ok();
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        told
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for alive in &mut self.alive {
            alive.child.kill().ok();
            alive.child.wait().ok();
        }
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// What a process came to.
fn outcome(status: ExitStatus) -> (HostedState, String) {
    match (status.success(), status.code(), status.signal()) {
        (true, ..) => (HostedState::Ended, "it ended".into()),
        (_, Some(code), _) => (HostedState::Failed, format!("it ended with status {code}")),
        (_, None, Some(9)) => (
            HostedState::Killed,
            "it was killed by signal 9, as the system does when memory runs out, or somebody by hand".into(),
        ),
        (_, None, Some(signal)) => (HostedState::Killed, format!("it was killed by signal {signal}")),
        (_, None, None) => (HostedState::Killed, "it ended without a word".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host whose processes read on and never say that they have begun.
    fn silent(slots: usize) -> Fleet {
        Fleet {
            program: Ok("cat".into()),
            arguments: Vec::new(),
            token: None,
            slots,
            next: 0,
            queued: VecDeque::new(),
            alive: Vec::new(),
            ended: VecDeque::new(),
        }
    }

    fn going_on_with(fleet: &Fleet, place: &str) -> LiveProcess {
        let run = HostedRun {
            number: 7,
            run: None,
            directory: None,
            title: String::new(),
            state: HostedState::Queued,
            since_millis: 0.0,
            process: None,
            reason: None,
        };
        fleet.start(run, Launch { resume: Some(place.into()), ..Launch::default() }).unwrap()
    }

    #[test]
    fn a_run_that_a_process_begins_to_go_on_with_is_not_deleted() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("gridworld/old");
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("config.json"), "{}").unwrap();
        let mut fleet = silent(1);
        fleet.alive.push(going_on_with(&fleet, "gridworld/old"));
        fleet.tend();
        let refused = fleet.delete("gridworld/old", root.path()).unwrap_err();
        assert!(refused.starts_with("run 7 goes on with gridworld/old at this moment: stop it"), "{refused}");
        assert!(directory.exists());
        // A child that has begun has a directory of its own, and its parent is free.
        fleet.alive[0].run.directory = Some("gridworld/child".into());
        assert!(fleet.delete("gridworld/old", root.path()).is_ok() && !directory.exists());
    }
}
