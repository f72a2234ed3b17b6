//! Follows what any other training writes for `TensorBoard`, and publishes it: every folder with event files is a run. Of
//! finished runs that W&B or Trackio exported it publishes the tables, and Trackio's own database.

pub(crate) mod events;
pub(crate) mod records;

use crate::address::RelayUri;
use crate::connection::Inbound;
use crate::delivery::{self, RelayOptions};
use crate::external::{External, ExternalOpening};
use crate::progress::TerminalProgress;
use crate::shell::word;
use crate::tables::ImportedStep;
use crate::{Error, signals, tables};
use clap::Args;
use events::{EventRecord, TagValue};
use prost::Message as _;
use records::EventFile;
use shared::RunId;
use shared::describe::{CatalogEntry, EnvironmentDescription};
use shared::event::{EndReason, Exactness, LogEvent};
use shared::parameter::{Parameters, Value};
use shared::quantity::Seed;
use shared::spec::RunSpec;
use shared::statistic::Statistic;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Examples of the help text.
pub const EXAMPLES: &str = "\
Examples:
  terrarium follow runs --relay ws://127.0.0.1:8080
  terrarium follow runs/finished --once --relay ws://127.0.0.1:8080
  terrarium follow history.csv --relay ws://127.0.0.1:8080
  terrarium follow ~/.cache/huggingface/trackio/PROJECT.db --relay ws://127.0.0.1:8080

Scalars and histograms of the files are published, as torch, Stable-Baselines3, CleanRL, TensorFlow and Keras write them. A
run has the name of its folder. Without --once it goes on until Ctrl-C; folders and files that appear later are followed, too.

A table that W&B or Trackio exported (.csv, or a JSON object a line as .jsonl), or a database of Trackio, is published once. It needs a column of steps: _step, Step, step,
global_step or trainer/global_step. Its other columns of numbers are metrics; rows without a column run_name, run, Run, run_id or Name are of the
run that the file is named after, or that the head of their column names, as in W&B's charts: RUN - METRIC.";

/// Time between two looks at the files.
const POLL: Duration = Duration::from_millis(250);
/// Most log events of a run in one look, and in the first, which reads what was there before.
const MOST_EVENTS: usize = 15;
const MOST_EVENTS_AT_FIRST: usize = 20_000;
/// Folders within folders.
const DEEPEST: usize = 16;

/// What to follow, and where to publish it.
#[derive(Clone, Debug, Args)]
pub struct FollowOptions {
    /// Folder with event files in it or in its folders, a table (.csv, .jsonl), or a database of Trackio (.db)
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Relay to publish to, e.g. <ws://127.0.0.1:8080>
    #[arg(long, value_name = "ADDRESS", env = "TERRARIUM_RELAY")]
    relay: RelayUri,
    #[command(flatten)]
    to: RelayOptions,
    /// Imports what is there and ends
    #[arg(long)]
    once: bool,
}

/// Follows until Ctrl-C, or publishes a table, and tells in the end what it has published.
pub fn follow(options: &FollowOptions, out: &mut impl Write) -> Result<(), Error> {
    if options.path.is_file() && !tables::is_table(&options.path) {
        return Err(Error::NoTable { path: options.path.clone() });
    }
    if tables::is_table(&options.path) {
        let (mut published, mut progress) = (Vec::new(), TerminalProgress::in_words());
        let table = tables::read(&options.path)?;
        for (column, count) in table.texts {
            progress.say(&format!("{column}: {count} cells are no numbers, which no curve shows; they are left out"));
        }
        for note in table.notes {
            progress.say(&note);
        }
        let mut settings = table.settings;
        for (title, steps) in table.runs {
            let settings = settings.remove(&title).unwrap_or_default();
            let name = free_name(&title, |name| published.iter().any(|run: &FollowedRun| run.name.as_str() == name))?;
            let mut run = FollowedRun::begin(name, &title, "a table", settings, options)?;
            let values = steps.values().flat_map(BTreeMap::values).map(|(_, it)| it.count + it.not_finite).sum();
            run.publish(steps, values, MOST_EVENTS_AT_FIRST);
            published.push(run);
        }
        return finish(published, options, &mut progress, out);
    }
    let (sender, inbound) = mpsc::channel();
    signals::interrupt(sender)?;
    follow_until(options, &inbound, out)
}

/// Follows until it is interrupted, and tells in the end what it has published.
fn follow_until(options: &FollowOptions, inbound: &Receiver<Inbound>, out: &mut impl Write) -> Result<(), Error> {
    let mut progress = TerminalProgress::in_words();
    let mut folders: BTreeMap<PathBuf, FollowedRun> = BTreeMap::new();
    loop {
        for (folder, files) in event_files(&options.path)? {
            if !folders.contains_key(&folder) {
                let title = title(&folder, options);
                let name = free_name(&title, |name| folders.values().any(|it| it.name.as_str() == name))?;
                let followed = FollowedRun::begin(name, &title, "event files", Parameters::new(), options)?;
                progress.say(&format!("{}: run {}", folder.display(), followed.name));
                folders.insert(folder.clone(), followed);
            }
            if let Some(followed) = folders.get_mut(&folder) {
                followed.look(files, &mut progress)?;
            }
        }
        if options.once {
            break;
        }
        match inbound.recv_timeout(POLL) {
            Ok(Inbound::Interrupt) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
        }
    }
    if folders.is_empty() {
        return Err(Error::NoEventFiles { path: options.path.clone() });
    }
    let broken = folders.values().flat_map(|it| &it.files).filter(|it| it.dead.is_some()).count();
    finish(folders.into_values(), options, &mut progress, out)?;
    if broken > 0 { Err(Error::BrokenEventFiles { broken }) } else { Ok(()) }
}

/// Ends runs, and tells what has been published of them.
fn finish(
    runs: impl IntoIterator<Item = FollowedRun>,
    options: &FollowOptions,
    progress: &mut TerminalProgress,
    out: &mut impl Write,
) -> Result<(), Error> {
    let (mut kept, mut reason) = (None, String::new());
    for followed in runs {
        let FollowedRun { name, values, tags, files, external, .. } = followed;
        let begun = Instant::now();
        let ending = external.finish(EndReason::Completed, options.to.patience());
        if let Some(fault) = ending.fault {
            progress.say(&fault);
        }
        if let Some(file) = ending.kept {
            progress.say(&format!("run {name} is not at the relay; it is kept in {}", file.display()));
            reason = delivery::reason(&ending.relay, begun.elapsed());
            kept = Some(file);
        }
        let files = if files.is_empty() { String::new() } else { format!(" in {} files", files.len()) };
        writeln!(out, "run {name}: {values} values of {} tags{files}", tags.len())?;
    }
    let Some(file) = kept else { return Ok(()) };
    let address = options.relay.to_string();
    let file = word(&file);
    Err(Error::NotFollowed {
        kept: format!("`terrarium deliver {file} --relay {address}` sends it later"),
        address,
        reason,
    })
}

/// The event files of every folder, by their names: so are those of a training that was begun again in order.
fn event_files(top: &Path) -> Result<BTreeMap<PathBuf, Vec<PathBuf>>, Error> {
    let mut found: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    let mut open = vec![(top.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            // It may go while it is followed.
            Err(_) if depth > 0 => continue,
            Err(source) => return Err(Error::File { path: folder, source }),
        };
        for entry in entries.flatten() {
            let (path, is_folder) = (entry.path(), entry.file_type().is_ok_and(|it| it.is_dir()));
            if is_folder && depth < DEEPEST {
                open.push((path, depth + 1));
            } else if !is_folder && entry.file_name().to_string_lossy().contains("tfevents") {
                found.entry(folder.clone()).or_default().push(path);
            }
        }
    }
    for files in found.values_mut() {
        files.sort();
    }
    Ok(found)
}

/// A run that is made of a folder of event files or of a table.
struct FollowedRun {
    name: RunId,
    external: External,
    files: Vec<EventFile>,
    /// Values published.
    values: u64,
    tags: BTreeSet<String>,
    looked: bool,
    /// The greatest step of which something was published.
    published: Option<u64>,
    /// Whether a step below 0 was told of.
    told_odd_step: bool,
}

impl FollowedRun {
    fn begin(
        name: RunId,
        title: &str,
        origin: &str,
        settings: Parameters,
        options: &FollowOptions,
    ) -> Result<Self, Error> {
        let environment = EnvironmentDescription {
            id: title.into(),
            title: title.into(),
            subtitle: origin.into(),
            ..EnvironmentDescription::default()
        };
        let agent = CatalogEntry {
            id: "training".into(),
            title: "Training".into(),
            summary: format!("A training that was published from {origin}: {title}."),
            equation: String::new(),
            source: String::new(),
            parameters: Vec::new(),
            presets: Vec::new(),
        };
        let seed = match settings.get("seed") {
            Some(Value::Integer(seed)) => u64::try_from(*seed).ok().and_then(|seed| Seed::new(seed).ok()),
            _ => None,
        };
        let mut spec = RunSpec::new(title, "training", seed.unwrap_or_default());
        spec.agent.parameters = settings;
        let started = LogEvent::RunStarted {
            spec,
            environment: Box::new(environment),
            agent: Box::new(agent),
            optimal_return: None,
            metrics: Vec::new(),
            copies: 1,
            exactness: Exactness::Seeded,
            is_host: false,
        };
        let opening = ExternalOpening {
            run: name.clone(),
            started,
            line: Some(options.to.line(&options.relay)?),
            folder: options.to.folder(),
            outbox: options.to.outbox()?,
        };
        let external = External::begin(opening)?;
        Ok(Self {
            name,
            external,
            files: Vec::new(),
            values: 0,
            tags: BTreeSet::new(),
            looked: false,
            published: None,
            told_odd_step: false,
        })
    }

    /// Publishes what has been added to its files.
    fn look(&mut self, paths: Vec<PathBuf>, progress: &mut TerminalProgress) -> Result<(), Error> {
        for path in paths {
            if !self.files.iter().any(|file| file.path() == path) {
                self.files.push(EventFile::new(path));
            }
        }
        let mut steps: BTreeMap<u64, ImportedStep> = BTreeMap::new();
        let (mut values, mut odd, mut purged) = (0, None, None);
        for file in self.files.iter_mut().filter(|it| it.dead.is_none()) {
            let mut take = |record: &[u8]| {
                // What no reader of event files understands, TensorBoard leaves out, too.
                let Ok(record) = EventRecord::decode(record) else { return };
                if let Some(step) = record.purged_from() {
                    let gone = steps.split_off(&step);
                    values -= gone.values().map(|at| at.len() as u64).sum::<u64>().min(values);
                    purged = purged.max(Some(step));
                }
                values += take(record, &mut steps, &mut odd);
            };
            file.read(&mut take).map_err(|source| Error::File { path: file.path().to_owned(), source })?;
            if let Some(why) = &file.dead {
                progress.say(why);
            }
        }
        if let Some(step) = odd.filter(|_| !std::mem::replace(&mut self.told_odd_step, true)) {
            progress.say(&format!("run {}: values at steps below 0 are left out, the first at step {step}", self.name));
        }
        if let Some(step) = purged.filter(|step| self.published.is_some_and(|last| last >= *step)) {
            let name = &self.name;
            progress.say(&format!(
                "run {name}: its training began again at step {step}; what was published of that step and later ones stays, and is told anew"
            ));
        }
        let most = if self.looked { MOST_EVENTS } else { MOST_EVENTS_AT_FIRST };
        self.looked = true;
        self.publish(steps, values, most);
        Ok(())
    }

    /// Publishes so many values, in so many log events at most.
    fn publish(&mut self, steps: BTreeMap<u64, ImportedStep>, values: u64, most: usize) {
        self.values += values;
        if let Some((step, _)) = steps.last_key_value() {
            self.published = self.published.max(Some(*step));
            self.external.reach(*step);
        }
        for tag in steps.values().flat_map(BTreeMap::keys) {
            if !self.tags.contains(tag) {
                self.tags.insert(tag.clone());
            }
        }
        self.external.log(told(steps, most));
    }
}

/// The title of a folder's run.
fn title(folder: &Path, options: &FollowOptions) -> String {
    let below = folder.strip_prefix(&options.path).ok().filter(|it| !it.as_os_str().is_empty());
    let full = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    below.map_or_else(
        || full.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        |it| it.to_string_lossy().into_owned(),
    )
}

/// Takes in a record; gives how many values it has. A step that is none is `odd`.
fn take(record: EventRecord, steps: &mut BTreeMap<u64, ImportedStep>, odd: &mut Option<i64>) -> u64 {
    let EventRecord { step, summary: Some(summary), .. } = record else { return 0 };
    let Ok(at_step) = u64::try_from(step) else {
        odd.get_or_insert(step);
        return 0;
    };
    let mut values = 0;
    for value in summary.value {
        let (newest, statistic) = match value.taken() {
            Some(TagValue::Scalar(scalar)) => (scalar, Statistic::of(scalar)),
            Some(TagValue::Histogram(statistic)) => (statistic.mean, statistic),
            None => continue,
        };
        values += 1;
        let at = steps.entry(at_step).or_default();
        let entry = at.entry(value.tag).or_insert((newest, Statistic::default()));
        entry.0 = newest;
        entry.1.merge(&statistic);
    }
    values
}

/// The events that tell the values of all steps, one a step; of too many steps neighbours are merged, exactly.
fn told(steps: BTreeMap<u64, ImportedStep>, most: usize) -> Vec<LogEvent> {
    let group = steps.len().div_ceil(most).max(1);
    let steps: Vec<_> = steps.into_iter().collect();
    let mut events = Vec::new();
    for neighbours in steps.chunks(group) {
        let mut merged = ImportedStep::new();
        for (tag, (newest, statistic)) in neighbours.iter().flat_map(|(_, at)| at) {
            let entry = merged.entry(tag.clone()).or_insert((*newest, Statistic::default()));
            entry.0 = *newest;
            entry.1.merge(statistic);
        }
        let values = merged.iter().map(|(tag, (newest, _))| (tag.clone(), *newest)).collect();
        let many = merged.into_iter().filter(|(_, (_, it))| it.count + it.not_finite > 1);
        let statistics = many.map(|(tag, (_, statistic))| (tag, statistic)).collect();
        let step = neighbours.last().map_or(0, |(step, _)| *step);
        events.push(LogEvent::Metrics { step, episode: 0, values, statistics });
    }
    events
}

/// The name of a run of this title that no other one has: names in other letters may become the same.
fn free_name(title: &str, is_taken: impl Fn(&str) -> bool) -> Result<RunId, Error> {
    let name = plain(title);
    let numbered = |number: u32| match number {
        1 => name.clone(),
        number => format!("{}-{number}", &name[..name.len().min(60)]),
    };
    Ok(RunId::new((1..=u32::MAX).map(numbered).find(|name| !is_taken(name)).unwrap_or_default())?)
}

/// A folder as the name of a run: letters that relays do not take become -, and what is too long loses its beginning.
fn plain(title: &str) -> String {
    let letter = |it: char| if it.is_ascii_alphanumeric() || "._-".contains(it) { it } else { '-' };
    let plain: String = title.chars().map(letter).collect();
    let short = plain[plain.len().saturating_sub(64)..].trim_matches(['-', '.']);
    if short.is_empty() { "events".into() } else { short.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_become_names_of_runs() {
        for (title, name) in [("a b/c", "a-b-c"), ("..", "events"), ("CartPole-v1__ppo__1", "CartPole-v1__ppo__1")] {
            assert_eq!(plain(title), name);
            RunId::new(plain(title)).unwrap();
        }
        assert_eq!(plain(&"ä".repeat(99)), "events");
        assert_eq!(plain(&"x".repeat(99)).len(), 64);
    }

    #[test]
    fn names_that_become_the_same_are_kept_apart() {
        let mut taken = Vec::new();
        for title in ["ä b", "ö b", "b", &"x".repeat(64), &"x".repeat(65)] {
            taken.push(free_name(title, |name| taken.iter().any(|it: &RunId| it.as_str() == name)).unwrap());
        }
        let names: Vec<_> = taken.iter().map(|it| it.as_str().to_owned()).collect();
        let long = "x".repeat(64);
        assert_eq!(names, ["b", "b-2", "b-3", &long, &format!("{}-2", "x".repeat(60))]);
    }

    #[test]
    fn too_many_steps_are_merged_without_loss() {
        let steps: BTreeMap<u64, ImportedStep> = (0..1000)
            .map(|step| (step, BTreeMap::from([("loss".to_owned(), (step as f64, Statistic::of(step as f64)))])))
            .collect();
        assert_eq!(told(steps.clone(), 2000).len(), 1000);
        let events = told(steps, 15);
        assert!(events.len() <= 15);
        let mut all = Statistic::default();
        for event in &events {
            let LogEvent::Metrics { statistics, .. } = event else { panic!("{event:?}") };
            all.merge(&statistics["loss"]);
        }
        assert_eq!((all.count, all.mean, all.min, all.max), (1000, 499.5, 0.0, 999.0));
    }
}
