//! Events: the log, which loses nothing, and the state, of which only the newest matters.

use crate::artifact::Artifact;
use crate::column::Column;
use crate::describe::{CatalogEntry, EnvironmentDescription};
use crate::episode::{EpisodeBin, RecordedEpisode};
use crate::host::HostView;
use crate::metric::MetricDescription;
use crate::network::NetworkView;
use crate::parameter::Parameters;
use crate::scene::Scene;
use crate::spec::RunSpec;
use crate::statistic::Statistic;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Information,
    /// Something is not as asked for.
    Warning,
    /// The run paused or ended because of it.
    Error,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Somebody stopped it.
    Stopped,
    /// It made the steps or episodes it was asked for.
    Completed,
    /// An error that it names in a notice.
    Failed,
}

/// What the same spec gives when it is run again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exactness {
    /// The same run hash, in a tab, natively and in any language.
    #[default]
    Exact,
    /// The same seeds and much the same run, but not the same bits: a device adds up in an order of its own.
    Seeded,
}

impl Exactness {
    /// Whether the same spec gives the same run hash everywhere.
    pub const fn is_exact(&self) -> bool {
        matches!(self, Self::Exact)
    }
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
pub(crate) const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_one(number: &u32) -> bool {
    *number == 1
}

/// An event of the log class: ordered, lossless, numbered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogEvent {
    /// The first event of every epoch: everything that determines the run, and everything needed to show it.
    RunStarted {
        /// What determines the run.
        spec: RunSpec,
        /// The environment as built.
        environment: Box<EnvironmentDescription>,
        /// The agent.
        agent: Box<CatalogEntry>,
        /// Best expected return from the start (undiscounted) where an exact model tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        optimal_return: Option<f64>,
        /// What the metrics are that will be reported. One that is not described here may be reported all the same.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        metrics: Vec<MetricDescription>,
        /// Copies of the environment that the agent acts in.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        copies: u32,
        /// What the same spec gives when it is run again.
        #[serde(default, skip_serializing_if = "Exactness::is_exact")]
        exactness: Exactness,
        /// Whether this is no run but a host of runs, see [`crate::host`]: environment and agent only say what it is called.
        #[serde(default, skip_serializing_if = "is_false")]
        is_host: bool,
    },
    /// Episodes that ended.
    Episodes(EpisodeBin),
    /// Values of metrics.
    Metrics {
        /// Steps made.
        step: u64,
        /// Episodes ended.
        episode: u64,
        /// The newest values by the metrics' names, e.g. `charts/epsilon`. They need not be finite.
        #[serde(with = "crate::number::by_name")]
        values: BTreeMap<String, f64>,
        /// All values that a name took since the metrics before: every value of a loss, a gauge's at the end of every episode.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        statistics: BTreeMap<String, Statistic>,
    },
    /// A whole episode, kept by a stated rule.
    #[serde(alias = "tape")]
    RecordedEpisode(RecordedEpisode),
    /// The agent learns with other values from here on.
    Tuned {
        /// Steps made.
        step: u64,
        /// Episodes ended.
        episode: u64,
        /// The values by name; all others stayed as they were.
        parameters: Parameters,
        /// Whether the spec that the run began with says so.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        planned: bool,
    },
    /// The agent was saved.
    Checkpoint {
        /// Steps made.
        step: u64,
        /// Episodes ended.
        episode: u64,
        /// Hash of the run up to here.
        run_hash: String,
        /// The agent file, where it is on its way to whoever keeps files for this run's viewers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        artifact: Option<Artifact>,
    },
    /// Words for people.
    Notice {
        /// How serious.
        severity: Severity,
        /// What happened, what is safe, what to do.
        text: String,
    },
    /// The last event of a run.
    RunEnded {
        /// Why.
        reason: EndReason,
        /// Steps made.
        step: u64,
        /// Episodes ended.
        episode: u64,
        /// Hash of the whole run.
        run_hash: String,
    },
}

impl LogEvent {
    /// The first event of a training of which nothing is known but its spec: environment and agent are called by their ids, no metric
    /// is described, and the same spec need not give the same again.
    pub fn started(spec: RunSpec) -> Self {
        let named = |id: &str| (id.to_owned(), id.to_owned());
        let (id, title) = named(&spec.environment.id);
        let environment = EnvironmentDescription { id, title, ..EnvironmentDescription::default() };
        let (id, title) = named(&spec.agent.id);
        let (summary, equation, source) = Default::default();
        let agent = CatalogEntry { id, title, summary, equation, source, parameters: Vec::new(), presets: Vec::new() };
        Self::RunStarted {
            environment: Box::new(environment),
            agent: Box::new(agent),
            spec,
            optimal_return: None,
            metrics: Vec::new(),
            copies: 1,
            exactness: Exactness::Seeded,
            is_host: false,
        }
    }

    /// What a kind of event was called by earlier versions of the protocol, where that was otherwise: stored logs have it still.
    pub fn former_name(kind: &str) -> Option<&'static str> {
        (kind == "recorded_episode").then_some("tape")
    }
}

/// What a run is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Built, nothing done yet.
    #[default]
    Ready,
    /// Making steps.
    Running,
    /// Holding.
    Paused,
    /// Ended; a reset begins anew.
    Ended,
}

/// How fast a run goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    /// So many steps a second.
    StepsPerSecond(f64),
    /// As fast as it goes.
    #[default]
    Full,
}

/// Where the run stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// What it is doing.
    pub phase: Phase,
    /// How fast it is asked to go.
    pub speed: Speed,
    /// Steps made.
    pub step: u64,
    /// Episodes ended.
    pub episode: u64,
    /// Steps a second at present, measured by the host.
    pub steps_per_second: f64,
    /// Whether the stage shows the greedy policy while learning rests.
    pub watching_greedy: bool,
    /// Hash of all ended episodes: same spec, same number of episodes, same hash.
    pub run_hash: String,
    /// The last 16 bits of that hash as it was after 1, 2, 4, 8 ... episodes, where they are known: they tell about when two runs of
    /// the same spec parted.
    #[serde(default, skip_serializing_if = "Column::is_empty")]
    pub marks: Column<u16>,
    /// Return of the last ended episode.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::number::optional")]
    pub last_return: Option<f64>,
    /// Value lost at the start by following the greedy policy, where an exact model tells.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::number::optional")]
    pub regret: Option<f64>,
    /// States whose greedy action is optimal, and states that count, where an exact model tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimal_states: Option<(u32, u32)>,
}

/// The picture of a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The picture.
    pub scene: Scene,
    /// Discrete state, where there is one; without states the place of the layout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<u32>,
    /// Index of the episode.
    pub episode: u64,
    /// Steps made in it.
    pub episode_step: u64,
    /// Return so far.
    #[serde(with = "crate::number")]
    pub episode_return: f64,
    /// Last discrete action, where one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<u16>,
    /// Last action, where one was made and actions are a box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub box_action: Option<Column<f32>>,
    /// The last states visited in this episode, oldest first, at most 512.
    pub trail: Column<u32>,
}

/// What the agent believes, flat as `[states][actions]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// Number of states.
    pub states: u32,
    /// Number of actions.
    pub actions: u32,
    /// Action values.
    pub q: Column<f32>,
    /// Visits of every state; empty, as the errors are, where the agent counts none.
    pub visits: Column<u32>,
    /// Last temporal-difference error of every state.
    pub td_error: Column<f32>,
    /// Probability of every action under the present policy, for agents whose policy is not greedy in `q`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Column<f32>>,
    /// Further overlays over states by name, e.g. eligibility traces or a model's priorities.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overlays: BTreeMap<String, Column<f32>>,
}

/// The exact solution, where the model is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptimalSolution {
    /// Optimal value of every state under the agent's discount.
    pub v: Column<f32>,
    /// Optimal action values, `[states][actions]`.
    pub q: Column<f32>,
    /// Sweeps of value iteration it took.
    pub sweeps: u32,
    /// Time it took beside the training, in seconds; 0 where it was found at once.
    #[serde(default)]
    pub seconds: f64,
    /// The best expected return from the start within the step limit, undiscounted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimal_return: Option<f64>,
}

/// A picture as its publisher drew it, for environments that are not ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// What it was logged as.
    pub name: String,
    /// How its bytes are to be read.
    pub format: ImageFormat,
    /// Words for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Steps of the run when it was drawn.
    pub step: u64,
    /// The file.
    pub content: Column<u8>,
}

/// A format of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl ImageFormat {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// An event of the state class: conflated per viewer, the newest wins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateEvent {
    /// Where the run stands.
    Status(Status),
    /// The picture.
    Frame(Frame),
    /// The table.
    Values(Values),
    /// The exact solution.
    #[serde(alias = "truth")]
    OptimalSolution(OptimalSolution),
    /// The kept episodes.
    #[serde(alias = "tapes")]
    RecordedEpisodes(Vec<RecordedEpisode>),
    /// The network, and what it makes of the present observation.
    Network(NetworkView),
    /// A host of runs: slots, devices, what runs there.
    Host(HostView),
    /// A picture by a publisher that draws its own.
    Image(Image),
}

/// The kinds of state events: one slot each per run and viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateKind {
    /// [`StateEvent::Status`].
    Status,
    /// [`StateEvent::Frame`].
    Frame,
    /// [`StateEvent::Values`].
    Values,
    /// [`StateEvent::OptimalSolution`].
    #[serde(alias = "truth")]
    OptimalSolution,
    /// [`StateEvent::RecordedEpisodes`].
    #[serde(alias = "tapes")]
    RecordedEpisodes,
    /// [`StateEvent::Network`].
    Network,
    /// [`StateEvent::Host`].
    Host,
    /// [`StateEvent::Image`].
    Image,
}

impl StateKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Status,
        Self::Frame,
        Self::Values,
        Self::OptimalSolution,
        Self::RecordedEpisodes,
        Self::Network,
        Self::Host,
        Self::Image,
    ];

    /// The kind of this name on the wire.
    pub fn named(name: &str) -> Option<Self> {
        const NAMES: [&str; StateKind::ALL.len()] =
            ["status", "frame", "values", "optimal_solution", "recorded_episodes", "network", "host", "image"];
        NAMES.iter().position(|it| *it == name).map(|it| Self::ALL[it])
    }
}

impl StateEvent {
    /// The slot that this event goes into.
    pub const fn kind(&self) -> StateKind {
        match self {
            Self::Status(_) => StateKind::Status,
            Self::Frame(_) => StateKind::Frame,
            Self::Values(_) => StateKind::Values,
            Self::OptimalSolution(_) => StateKind::OptimalSolution,
            Self::RecordedEpisodes(_) => StateKind::RecordedEpisodes,
            Self::Network(_) => StateKind::Network,
            Self::Host(_) => StateKind::Host,
            Self::Image(_) => StateKind::Image,
        }
    }
}
