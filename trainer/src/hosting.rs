//! Hosting: the training loop of one run, from its options to its summary.

use crate::address::RelayAddress;
use crate::agent_options::AgentSettings;
use crate::clock::{Clock, wall_millis};
use crate::connection::{Inbound, Publisher, RelayState};
use crate::delivery::{self, RelayOptions};
use crate::environment_options::EnvironmentSettings;
use crate::episode_table::EpisodeTable;
use crate::progress::{Goal, Progress};
use crate::publication::{Publication, Request};
use crate::signals;
use crate::summary::Summary;
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
use shared::spec::RunSpec;
use shared::{RunId, codec};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium run gridworld --agent q-learning --set alpha=0.2 --env slip=0.1 --episodes 500 --json
  terrarium run taxi --relay ws://127.0.0.1:8080 --speed 1000 --save taxi.terrarium
  terrarium run taxi --relay wss://relay.example.org --relay-ca relay.pem
  terrarium run --load taxi.terrarium --steps 1000000

The run's name at the relay is ENV-AGENT unless --run gives it another one. Ctrl-C ends the run and keeps what it
learned with --save. A second one ends waiting for a relay that is out of reach, a third the process.";

/// Time at full speed between two looks at commands.
const SLICE_MILLIS: f64 = 8.0;
/// Longest sleep of a run that waits.
const LONGEST_NAP: Duration = Duration::from_millis(100);
/// Room for what a run's first event says beside its spec and the description of its environment.
const ROOM: usize = 64 << 10;

/// What to run, how far, and who may watch.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Environment, one of those that `terrarium envs` lists
    #[arg(value_name = "ENV", required_unless_present = "load")]
    environment: Option<String>,
    /// Agent, one of those that `terrarium agents` lists
    #[arg(long, value_name = "NAME", default_value = "q-learning")]
    agent: String,
    #[command(flatten)]
    agent_settings: AgentSettings,
    #[command(flatten)]
    environment_settings: EnvironmentSettings,
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
    /// Relay to publish to, e.g. <ws://127.0.0.1:8080>
    #[arg(long, value_name = "ADDRESS", env = "TERRARIUM_RELAY")]
    relay: Option<RelayAddress>,
    #[command(flatten)]
    to: RelayOptions,
    /// Name of the run at the relay
    #[arg(long, value_name = "NAME", value_parser = |text: &str| RunId::new(text))]
    run: Option<RunId>,
    /// Prints the summary as one JSON object
    #[arg(long)]
    json: bool,
    /// Saves the run when it ends
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Writes every episode into a file, as a row of a CSV table; after a reset they count from 0 again
    #[arg(long, value_name = "FILE")]
    episodes_csv: Option<PathBuf>,
    /// Goes on with a saved run
    #[arg(long, value_name = "FILE", conflicts_with_all = ["environment", "agent", "set", "agent_preset", "options", "preset", "seed"])]
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
    let reason = hosting.drive()?;
    let (summary, mut faults) = hosting.end(reason, options)?;
    if options.json {
        writeln!(out, "{}", codec::to_text(&summary)?)?;
    } else {
        writeln!(out, "{}", summary.words())?;
    }
    out.flush()?;
    if reason == EndReason::Failed {
        faults.push(Error::Failed);
    }
    let Some(last) = faults.pop() else { return Ok(()) };
    for fault in faults {
        eprintln!("terrarium-trainer: {fault}");
    }
    Err(last)
}

impl Options {
    fn build(&self) -> Result<Run, Error> {
        if let Some(file) = &self.load {
            return Ok(Run::from_checkpoint(&read_file(file)?)?);
        }
        let environment = self.environment_settings.spec(self.environment.as_deref().unwrap_or_default())?;
        let agent = self.agent_settings.spec(&environment.id, &self.agent)?;
        Ok(Run::new(RunSpec { environment, agent, seed: self.seed })?)
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
    clock: Clock,
    goal: Goal,
    inbound: Receiver<Inbound>,
    publisher: Option<Publisher>,
    table: Option<EpisodeTable>,
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
        }
        let name = options.name(run.spec())?;
        if options.relay.is_some() {
            check_size(&run)?;
        }
        let (sender, inbound) = mpsc::channel();
        signals::interrupt(sender.clone())?;
        let now = wall_millis();
        let first_step = run.step();
        let mut host = Host::new(run, codec::compressed, now);
        let table = options.episodes_csv.as_deref().map(EpisodeTable::create).transpose()?;
        if table.is_some() {
            host.tell_every_episode();
        }
        let publisher = match &options.relay {
            Some(address) => {
                let mut publication = Publication::new(name, options.to.outbox());
                publication.begin(host.epoch(), now);
                Some(Publisher::start(options.to.line(address)?, publication, sender)?)
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
            clock: Clock::begin(),
            goal,
            inbound,
            publisher,
            table,
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
            let turn = self.host.turn(&mut self.clock, SLICE_MILLIS, wants_state)?;
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

    /// Ends the run, saves it, and lets the relay have its last events: whoever watches sees how it ended, even if the
    /// relay is reached only now. Gives what went wrong with files and relay, too.
    fn end(mut self, reason: EndReason, options: &Options) -> Result<(Summary, Vec<Error>), Error> {
        let seconds = self.begun.elapsed().as_secs_f64();
        // A disk that takes no file is no reason to keep the last events from the relay.
        let saved = options.save.as_ref().map_or(Ok(()), |file| write_file(file, &self.host.save()));
        // It may have been ended by command; then that is its end.
        self.host.end(reason).ok();
        self.host.resend_state();
        let turn = self.host.turn(&mut self.clock, 0.0, true)?;
        self.publish(turn);
        let mut undelivered = None;
        if let (Some(publisher), Some(address)) = (self.publisher.take(), &options.relay) {
            let (patience, progress) = (options.to.patience(), &mut self.progress);
            let relay = delivery::last_words(&publisher, &self.inbound, patience, progress, self.relay);
            undelivered = delivery::keep(&publisher, address, &options.to.folder(), &relay, patience);
        }
        self.progress.finish();
        let written = self.table.take().map_or(Ok(()), EpisodeTable::end);
        let faults = [saved.err(), written.err(), undelivered].into_iter().flatten().collect();
        let worth = self.host.worth();
        let run = self.host.run();
        let steps = run.step().saturating_sub(self.first_step);
        Ok((Summary::new(run, worth, reason, steps, seconds), faults))
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
        if let Some(table) = &mut self.table {
            table.push(&turn.told);
        }
        let Some(publisher) = &self.publisher else { return };
        let nothing = turn.log.is_empty() && turn.state.is_empty() && !turn.new_epoch;
        if nothing {
            return;
        }
        let epoch = self.host.epoch();
        let kept = publisher.update(|publication| {
            let mut kept = publication.log(turn.last_log);
            if turn.new_epoch {
                publication.begin(epoch, wall_millis());
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
            // It has said why.
            Inbound::Over => {}
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

fn read_file(file: &Path) -> Result<Checkpoint, Error> {
    let bytes = std::fs::read(file).map_err(|source| Error::File { path: file.into(), source })?;
    agent_file::read(&bytes).map_err(|error| Error::AgentFile { path: file.into(), error })
}

/// Learns before a long run, not after it, that its file has no place.
fn check_folder(file: &Path) -> Result<(), Error> {
    tempfile::tempfile_in(folder(file)).map(drop).map_err(|source| Error::File { path: file.into(), source })
}

/// What every viewer is told of the run must fit into one message; a table from a file may be larger.
fn check_size(run: &Run) -> Result<(), Error> {
    let bytes = codec::to_bytes(run.spec())?.len() + codec::to_bytes(run.description())?.len();
    let most = codec::MOST_EVENT_BYTES - ROOM;
    if bytes > most { Err(Error::LargeSpec { bytes, most }) } else { Ok(()) }
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
