//! Hosting: the training loop of one run, from its options to its summary.

use crate::address::RelayAddress;
use crate::connection::{Inbound, Publisher, RelayState, now_millis};
use crate::outbox::Outbox;
use crate::progress::{Goal, Progress};
use crate::publication::{Publication, Request};
use crate::settings;
use crate::spill::Spill;
use crate::summary::Summary;
use crate::tls::Trust;
use crate::{Error, rollout};
use clap::Args;
use run::Run;
use run::host::{Host, Turn};
use shared::agent_file::{self, AgentFileError};
use shared::checkpoint::Checkpoint;
use shared::command::{Answer, Command};
use shared::event::{EndReason, LogEvent, Phase, Severity, Speed};
use shared::message::LogEntry;
use shared::quantity::Seed;
use shared::spec::{EnvironmentSpec, RunSpec};
use shared::{RunId, codec};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium-trainer run gridworld --agent q-learning --set alpha=0.2 --env slip=0.1 --episodes 500 --json
  terrarium-trainer run taxi --relay ws://127.0.0.1:8080 --speed 1000 --save taxi.terrarium
  terrarium-trainer run taxi --relay wss://relay.example.org --relay-ca relay.pem
  terrarium-trainer run --load taxi.terrarium --steps 1000000

The run's name at the relay is ENV-AGENT unless --run gives it another one. Ctrl-C ends the run and keeps what it
learned with --save.";

/// Time at full speed between two looks at commands.
const SLICE_MILLIS: f64 = 8.0;
/// Longest sleep of a run that waits.
const LONGEST_NAP: Duration = Duration::from_millis(100);
/// Time for the last events to reach the relay.
const GOODBYE: Duration = Duration::from_secs(2);

/// What to run, how far, and who may watch.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Environment, one of those that `terrarium-trainer envs` lists
    #[arg(value_name = "ENV", required_unless_present = "load")]
    environment: Option<String>,
    /// Agent, one of those that `terrarium-trainer agents` lists
    #[arg(long, value_name = "NAME", default_value = "q-learning")]
    agent: String,
    /// Parameter of the agent, e.g. alpha=0.2; what is not set is as recommended for the environment
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Option of the environment, e.g. slip=0.1; @FILE stands for a text in a file
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// What all chance derives from
    #[arg(long, default_value = "42", value_parser = rollout::seed)]
    seed: Seed,
    /// Ends after so many steps in all
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "episodes")]
    steps: Option<u64>,
    /// Ends after so many episodes in all
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    episodes: Option<u64>,
    /// Goes on until Ctrl-C, whatever viewers ask for; so it does when no end is given
    #[arg(long, conflicts_with_all = ["steps", "episodes"])]
    endless: bool,
    /// Steps a second, or full
    #[arg(long, default_value = "full", value_parser = speed)]
    speed: Speed,
    /// Relay to publish to, e.g. <ws://127.0.0.1:8080/api/v1/stream>
    #[arg(long, value_name = "ADDRESS", env = "TERRARIUM_RELAY")]
    relay: Option<RelayAddress>,
    /// Certificates in PEM form that a wss:// relay is trusted by, in place of the system's authorities
    #[arg(long, value_name = "FILE", env = "TERRARIUM_RELAY_CA", requires = "relay")]
    relay_ca: Option<PathBuf>,
    /// Name of the run at the relay
    #[arg(long, value_name = "NAME", value_parser = |text: &str| RunId::new(text))]
    run: Option<RunId>,
    /// Token of publishers, where the relay asks for one
    #[arg(long, value_name = "TOKEN", env = "TERRARIUM_PUBLISHER_TOKEN", hide_env_values = true)]
    publisher_token: Option<String>,
    /// Log events kept in memory while the relay is away, in bytes; more go into a file
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20)]
    memory: usize,
    /// Folder of that file; the system's temporary folder by default
    #[arg(long, value_name = "DIR")]
    spill: Option<PathBuf>,
    /// Prints the summary as one JSON object
    #[arg(long)]
    json: bool,
    /// Saves the run when it ends
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Goes on with a saved run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["environment", "agent", "set", "env", "seed"])]
    load: Option<PathBuf>,
    /// Sends neither pictures nor values
    #[arg(long)]
    headless: bool,
}

fn speed(text: &str) -> Result<Speed, String> {
    if text == "full" {
        return Ok(Speed::Full);
    }
    let rate = text.parse().ok().filter(|rate| *rate > 0.0 && *rate <= 1e6);
    rate.map(Speed::StepsPerSecond)
        .ok_or_else(|| "a speed is full, or steps a second above 0 and at most 1000000".into())
}

/// Runs, and prints the summary.
pub fn run(options: &Options, out: &mut impl Write) -> Result<(), Error> {
    let mut hosting = Hosting::begin(options)?;
    let outcome = hosting.drive();
    let summary = hosting.end(outcome?, options.save.as_deref())?;
    if options.json {
        writeln!(out, "{}", codec::to_text(&summary.0)?)?;
    } else {
        writeln!(out, "{}", summary.0.words())?;
    }
    if summary.1 == EndReason::Failed { Err(Error::Failed) } else { Ok(()) }
}

impl Options {
    fn build(&self) -> Result<Run, Error> {
        if let Some(file) = &self.load {
            return Ok(Run::from_checkpoint(&read_file(file)?)?);
        }
        let world = environments::registry::find(self.environment.as_deref().unwrap_or_default())?;
        let mind = agents::registry::find(&self.agent)?;
        let mut agent = agents::recommended::agent(&world.id, &mind.id);
        agent.parameters.extend(settings::read(&mind, &self.set)?);
        Ok(Run::new(RunSpec {
            environment: EnvironmentSpec { parameters: settings::read(&world, &self.env)?, id: world.id },
            agent,
            seed: self.seed,
        })?)
    }

    fn goal(&self, run: &Run) -> Result<Goal, Error> {
        let goal = match (self.steps, self.episodes) {
            (Some(steps), _) if run.step() >= steps => return Err(Error::Done { what: "steps", done: run.step() }),
            (_, Some(episodes)) if run.episode() >= episodes => {
                return Err(Error::Done { what: "episodes", done: run.episode() });
            }
            (Some(steps), _) => Goal::Steps(steps),
            (None, Some(episodes)) => Goal::Episodes(episodes),
            (None, None) => Goal::Endless,
        };
        Ok(goal)
    }

    fn name(&self, spec: &RunSpec) -> Result<RunId, Error> {
        match &self.run {
            Some(run) => Ok(run.clone()),
            None => Ok(RunId::new(format!("{}-{}", spec.environment.id, spec.agent.id))?),
        }
    }
}

/// A run on its way.
struct Hosting {
    host: Host,
    goal: Goal,
    inbound: Receiver<Inbound>,
    publisher: Option<Publisher>,
    relay: RelayState,
    progress: Progress,
    interrupted: bool,
    begun: Instant,
    first_step: u64,
}

impl Hosting {
    /// Builds the run, listens for signals, and lets it go.
    fn begin(options: &Options) -> Result<Self, Error> {
        let run = options.build()?;
        let goal = options.goal(&run)?;
        if let Some(file) = &options.save {
            check_folder(file)?;
            run.savable().map_err(|reason| Error::NotSavable { path: file.clone(), reason })?;
        }
        let name = options.name(run.spec())?;
        let (sender, inbound) = mpsc::channel();
        interrupt_by_signals(sender.clone())?;
        let now = now_millis();
        let first_step = run.step();
        let mut host = Host::new(run, codec::compressed, now);
        let publisher = match &options.relay {
            Some(address) => {
                let folder = options.spill.clone().unwrap_or_else(std::env::temp_dir);
                let outbox = Outbox::new(options.memory, Spill::new(folder));
                let mut publication = Publication::new(name, outbox);
                publication.begin(host.epoch(), now);
                let token = options.publisher_token.clone();
                let trust = Trust::new(address, options.relay_ca.as_deref())?;
                Some(Publisher::start(address.clone(), trust, token, publication, sender)?)
            }
            None => None,
        };
        host.command(Command::SetSpeed { speed: options.speed });
        host.command(Command::SetHeadless { headless: options.headless });
        if let Goal::Steps(steps) = goal {
            host.stop_at_step(steps);
        }
        let mut hosting = Self {
            host,
            goal,
            inbound,
            publisher,
            relay: RelayState::Connecting,
            progress: Progress::new(goal),
            interrupted: false,
            begun: Instant::now(),
            first_step,
        };
        hosting.resume();
        Ok(hosting)
    }

    /// Turns the host until the goal is reached or somebody ends the run.
    fn drive(&mut self) -> Result<EndReason, Error> {
        loop {
            let wants_state = self.relay == RelayState::Connected;
            let turn = self.host.turn(&mut now_millis, SLICE_MILLIS, wants_state)?;
            let idle_millis = turn.idle_millis;
            let failed = self.listen(&turn.log);
            self.publish(turn);
            let relay = self.publisher.is_some().then_some(&self.relay);
            self.progress.update(self.host.run(), relay);
            if let Some(reason) = self.outcome(failed) {
                return Ok(reason);
            }
            let nap = idle_millis.map_or(LONGEST_NAP, |it| Duration::from_secs_f64(it / 1000.0).min(LONGEST_NAP));
            match self.inbound.recv_timeout(nap) {
                Ok(inbound) => self.obey(inbound),
                Err(RecvTimeoutError::Timeout) => {}
                // The sender for signals lives as long as the process.
                Err(RecvTimeoutError::Disconnected) => return Ok(EndReason::Stopped),
            }
        }
    }

    /// Ends the run, saves it, and lets the relay have its last events.
    fn end(mut self, reason: EndReason, save: Option<&Path>) -> Result<(Summary, EndReason), Error> {
        let seconds = self.begun.elapsed().as_secs_f64();
        let mut outcome = reason;
        if let Some(file) = save {
            match self.host.command(Command::Save {}) {
                Answer::Accepted { checkpoint: Some(checkpoint) } => write_file(file, &checkpoint)?,
                Answer::Accepted { checkpoint: None } => {}
                Answer::Rejected { reason } => {
                    outcome = EndReason::Failed;
                    self.progress.say(&format!("{} was not written: {reason}", file.display()));
                }
            }
        }
        // It may have been ended by command; then that is its end.
        self.host.end(reason).ok();
        let turn = self.host.turn(&mut now_millis, 0.0, self.relay == RelayState::Connected)?;
        self.publish(turn);
        if let Some(publisher) = self.publisher.take() {
            let unstored = publisher.finish(GOODBYE);
            if unstored > 0 {
                self.progress.say(&format!("{unstored} log events did not reach the relay"));
            }
        }
        self.progress.finish();
        let run = self.host.run();
        let steps = run.step().saturating_sub(self.first_step);
        Ok((Summary::new(run, reason, steps, seconds), outcome))
    }

    /// Why the loop ends, if it does.
    fn outcome(&self, failed: bool) -> Option<EndReason> {
        let run = self.host.run();
        match self.goal {
            _ if self.interrupted => Some(EndReason::Stopped),
            Goal::Endless => None,
            Goal::Steps(steps) if run.step() >= steps => Some(EndReason::Completed),
            Goal::Episodes(episodes) if run.episode() >= episodes => Some(EndReason::Completed),
            Goal::Steps(_) | Goal::Episodes(_) if failed => Some(EndReason::Failed),
            Goal::Steps(_) | Goal::Episodes(_) => (run.phase() == Phase::Ended).then_some(EndReason::Stopped),
        }
    }

    /// Shows notices to the person at the terminal; whether one of them says that the run failed.
    fn listen(&mut self, entries: &[LogEntry]) -> bool {
        let mut failed = false;
        for entry in entries {
            if let Ok(LogEvent::Notice { severity, text }) = entry.event.decode() {
                self.progress.say(&text);
                failed |= severity == Severity::Error;
            }
        }
        failed
    }

    fn publish(&mut self, turn: Turn) {
        let Some(publisher) = &self.publisher else { return };
        let nothing = turn.log.is_empty() && turn.state.is_empty() && !turn.new_epoch;
        if nothing {
            return;
        }
        let epoch = self.host.epoch();
        let kept = publisher.update(|publication| {
            let mut kept = publication.log(turn.last_log);
            if turn.new_epoch {
                publication.begin(epoch, now_millis());
            }
            kept = publication.log(turn.log).and(kept);
            publication.state(turn.state);
            kept
        });
        if let Err(error) = kept {
            self.progress.say(&error.to_string());
        }
    }

    fn obey(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Command(request, command) => self.command(request, command),
            Inbound::SendState => self.host.resend_state(),
            Inbound::Notice(words) => self.progress.say(&words),
            Inbound::Interrupt => self.interrupted = true,
            Inbound::Relay(state) => {
                self.progress.say(&state.to_string());
                self.relay = state;
            }
        }
    }

    fn command(&mut self, request: Request, command: Command) {
        let starts = matches!(command, Command::Start { .. });
        let command = match (command, self.goal) {
            (Command::Resume { until_episode }, Goal::Episodes(end)) => {
                Command::Resume { until_episode: Some(until_episode.unwrap_or(end).min(end)) }
            }
            (command, _) => command,
        };
        let answer = self.host.command(command);
        if starts && matches!(answer, Answer::Accepted { .. }) {
            self.resume();
        }
        if let Some(publisher) = &self.publisher {
            publisher.answer(request, answer);
        }
    }

    /// Lets the run go, up to its goal.
    fn resume(&mut self) {
        let until_episode = match self.goal {
            Goal::Episodes(episodes) => Some(episodes),
            Goal::Endless | Goal::Steps(_) => None,
        };
        self.host.command(Command::Resume { until_episode });
    }
}

/// Ctrl-C and SIGTERM end the run; a second one ends the process at once.
fn interrupt_by_signals(sender: mpsc::Sender<Inbound>) -> Result<(), Error> {
    let mut again = false;
    ctrlc::set_handler(move || {
        if std::mem::replace(&mut again, true) || sender.send(Inbound::Interrupt).is_err() {
            std::process::exit(130);
        }
    })?;
    Ok(())
}

fn read_file(file: &Path) -> Result<Checkpoint, Error> {
    let bytes = std::fs::read(file).map_err(|source| Error::File { path: file.into(), source })?;
    agent_file::read(&bytes).map_err(|error| Error::AgentFile { path: file.into(), error })
}

/// Learns before a long run, not after it, that its file has no place.
fn check_folder(file: &Path) -> Result<(), Error> {
    tempfile::tempfile_in(folder(file)).map(drop).map_err(|source| Error::File { path: file.into(), source })
}

/// Writes all of the file or nothing.
fn write_file(file: &Path, checkpoint: &Checkpoint) -> Result<(), Error> {
    let failed = |error: AgentFileError| Error::AgentFile { path: file.into(), error };
    let bytes = agent_file::write(checkpoint).map_err(failed)?;
    let write = || {
        let mut part = tempfile::NamedTempFile::new_in(folder(file))?;
        part.write_all(&bytes)?;
        part.persist(file)?;
        Ok(())
    };
    write().map_err(|source: std::io::Error| Error::File { path: file.into(), source })
}

fn folder(file: &Path) -> &Path {
    file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
