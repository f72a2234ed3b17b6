//! One small message of every kind, with every optional field present at least once.

use shared::action::{ActionEntry, Actions};
use shared::alert::{AlertComparison, FiringAlert};
use shared::checkpoint::{AgentState, CHECKPOINT_VERSION, Checkpoint, CopyState};
use shared::codec::Event;
use shared::command::{Answer, Command, Launch};
use shared::describe::{
    ActionDescription, CatalogEntry, EnvironmentDescription, ObservationBoard, ObservationDescription, StateLayout,
};
use shared::episode::{EpisodeBin, Episodes, Kept, RecordedEpisode, Stat};
use shared::event::{
    EndReason, Exactness, Frame, Image, ImageFormat, LogEvent, OptimalSolution, Phase, Severity, Speed, StateEvent,
    StateKind, Status, Values,
};
use shared::host::{HostDevice, HostView, HostedRun, HostedState};
use shared::identity::{Epoch, Offset, RunId};
use shared::message::{
    ClientMessage, EpochSummary, ErrorCode, From, Hello, LogEntry, PROTOCOL, Role, RunSummary, ServerMessage,
    StateEntry,
};
use shared::metric::MetricDescription;
use shared::network::{Decision, LayerView, NetworkView, Preference};
use shared::parameter::{LayerList, ParameterSpec, Parameters, Preset, Value};
use shared::scene::{Anchor, Ink, Scene, Shape, Sprite, Tile};
use shared::spec::{AgentSpec, EnvironmentSpec, RunSpec};
use shared::{Artifact, Payload, Seed, Statistic};
use std::collections::BTreeMap;

/// Declares the name of every kind of an enum. A kind that is added there and not here does not compile.
macro_rules! kinds {
    ($function:ident, $all:ident, $type:ident: $($kind:ident)*) => {
        pub(crate) fn $function(it: &$type) -> &'static str {
            match it { $($type::$kind { .. } => stringify!($kind),)* }
        }
        pub(crate) const $all: &[&str] = &[$(stringify!($kind)),*];
    };
}

kinds!(client_kind, CLIENT_KINDS, ClientMessage:
    Hello ListRuns Subscribe Unsubscribe Command Announce Log State Answer Withdraw PutArtifact GetArtifact Ping);
kinds!(server_kind, SERVER_KINDS, ServerMessage:
    Welcome Runs Subscribed Log State Answer Resume Acknowledged Command ArtifactKept ArtifactPart Pong Error);
kinds!(log_kind, LOG_KINDS, LogEvent: RunStarted Episodes Metrics RecordedEpisode Tuned Checkpoint Notice RunEnded);
kinds!(state_kind, STATE_KINDS, StateEvent: Status Frame Values OptimalSolution RecordedEpisodes Network Host Image);
kinds!(command_kind, COMMAND_KINDS, Command:
    Start Pause Resume Stop Reset Step Press StepEpisode SetSpeed SetHeadless WatchGreedy Save Load GetState Evaluate
    RecordEpisode     Launch Cancel Delete Tune);
kinds!(shape_kind, SHAPE_KINDS, Shape: Cells Sprite Box Disc Path Text Meter);

/// A message under the name of its golden file.
pub(crate) type Named<T> = Vec<(&'static str, T)>;

const EPOCH: Epoch = Epoch(1_790_000_000_000);
const MILLIS: f64 = 1_790_000_000_123.0;

fn seed(value: u64) -> Seed {
    Seed::new(value).unwrap()
}

fn epsilon() -> Parameters {
    Parameters::from([("epsilon".to_owned(), Value::Number(0.25))])
}

fn changing_spec() -> RunSpec {
    let mut spec = RunSpec::new("gridworld", "q-learning", seed(42));
    spec.change(40, epsilon());
    spec
}

fn run() -> RunId {
    RunId::new("gridworld-42").unwrap()
}

fn spec() -> RunSpec {
    RunSpec {
        changes: Vec::new(),
        environment: EnvironmentSpec {
            id: "gridworld".into(),
            parameters: Parameters::from([
                ("map".into(), Value::Text("S..\n.#.\n..G".into())),
                ("slip".into(), Value::Number(0.25)),
                ("step_limit".into(), Value::Integer(100)),
            ]),
        },
        agent: AgentSpec {
            id: "q-learning".into(),
            parameters: Parameters::from([("decay".into(), Value::Flag(true))]),
        },
        seed: seed(42),
    }
}

fn environment() -> EnvironmentDescription {
    EnvironmentDescription {
        id: "gridworld".into(),
        title: "Gridworld".into(),
        subtitle: "3 x 3".into(),
        actions: vec![
            ActionDescription { name: "up".into(), key: "ArrowUp".into(), arrow: Some((0.0, -1.0)), values: vec![] },
            ActionDescription { name: "wait".into(), key: "w".into(), arrow: None, values: vec![] },
        ],
        controls: vec![],
        outcomes: vec!["goal".into(), "truncated".into()],
        counters: vec!["bumps".into()],
        observation: vec![ObservationDescription { name: "x".into(), low: 0.0, high: 2.0 }],
        board: Some(ObservationBoard { channels: vec!["walls".into()], rows: 1, columns: 1, corner: (-1.0, 0.5) }),
        states: Some(9),
        state_names: vec!["corner".into()],
        legal_actions: vec![1, 2, 3].into(),
        layout: Some(StateLayout::Grid { columns: 3, rows: 3 }),
        step_limit: Some(100),
    }
}

fn agent() -> CatalogEntry {
    CatalogEntry {
        id: "q-learning".into(),
        title: "Q-learning".into(),
        summary: "Learns from the best next action.".into(),
        equation: "Q(s,a) += alpha (r + gamma max Q(s',.) - Q(s,a))".into(),
        source: "Watkins 1989".into(),
        parameters: vec![
            ParameterSpec::number("alpha", "Step size", (0.001, 1.0), 0.1, 0.01, "Share of each error learned.")
                .symbol("α"),
            ParameterSpec::integer("planning", "Planning steps", (0, 50), 5, "Model steps a real step."),
            ParameterSpec::flag("decay", "Decay", false, "Whether chance fades."),
            ParameterSpec::choice("order", "Order", &[("up", "Upward"), ("down", "Downward")], "Which first.")
                .unless("planning", vec![Value::Integer(0)]),
            ParameterSpec::text("hidden", "Hidden layers", 60, false, "64-64", "Units of each.")
                .layers(LayerList::new(&[("units", 8192)], 1, 8)),
            ParameterSpec::text("map", "Map", 4096, true, "SG", "One letter a cell.")
                .implies("order", Value::Text("up".into())),
        ],
        presets: vec![Preset {
            name: "bold".into(),
            label: "Bold".into(),
            values: Parameters::from([("alpha".into(), Value::Number(0.5))]),
        }],
    }
}

fn bin() -> EpisodeBin {
    EpisodeBin {
        first_episode: 6,
        last_episode: 7,
        count: 2,
        step: 61,
        episodic_return: Stat { sum: 8.5, sum_of_squares: 87.25, m2: Some(50.0), min: -0.75, max: 9.25, last: 9.25 },
        length: Stat { sum: 12.0, sum_of_squares: 80.0, m2: Some(8.0), min: 4.0, max: 8.0, last: 8.0 },
        outcomes: BTreeMap::from([(
            "goal".into(),
            Stat { sum: 1.0, sum_of_squares: 1.0, m2: Some(0.5), min: 0.0, max: 1.0, last: 1.0 },
        )]),
        each: Some(Box::new(Episodes {
            returns: vec![-0.75, 9.25].into(),
            lengths: vec![4, 8].into(),
            outcomes: vec![1, 0].into(),
            copies: vec![].into(),
        })),
    }
}

fn metrics() -> Vec<MetricDescription> {
    vec![
        MetricDescription::new("charts/epsilon", "Epsilon", "probability", "Exploration")
            .logarithmic()
            .smoothed()
            .within(0.0, 1.0),
        MetricDescription::new("charts/td_error", "TD error", "", ""),
    ]
}

fn recorded() -> RecordedEpisode {
    RecordedEpisode {
        episode: 7,
        copy: 0,
        seed: seed(9_007_199_254_740_991),
        actions: Actions::Discrete(vec![1, 1, 2, 2]),
        episodic_return: 9.25,
        outcome: 0,
        kept: Kept::Best,
    }
}

/// An environment whose actions are a box.
fn box_environment() -> EnvironmentDescription {
    EnvironmentDescription {
        actions: vec![ActionDescription::new("coast", "s", None).standing_for(&[0.0, 0.5])],
        controls: vec![ActionEntry::new("steer", -1.0, 1.0), ActionEntry::new("throttle", 0.0, 1.0)],
        states: None,
        layout: None,
        ..environment()
    }
}

/// Boxes in the third copy.
fn box_recorded() -> RecordedEpisode {
    let actions = Actions::Box { entries: 2, values: vec![0.25, 1.0, -0.5, 0.0] };
    RecordedEpisode { copy: 2, actions, ..recorded() }
}

/// Every event of the log.
pub(crate) fn log_events() -> Named<LogEvent> {
    vec![
        (
            "run_started",
            LogEvent::RunStarted {
                spec: spec(),
                environment: Box::new(environment()),
                agent: Box::new(agent()),
                optimal_return: Some(9.25),
                metrics: metrics(),
                copies: 1,
                exactness: Exactness::Exact,
                is_host: false,
            },
        ),
        ("episodes", LogEvent::Episodes(bin())),
        (
            "metrics",
            LogEvent::Metrics {
                step: 61,
                episode: 8,
                values: BTreeMap::from([("charts/epsilon".into(), 0.25), ("charts/td_error".into(), -1.5)]),
                statistics: BTreeMap::new(),
            },
        ),
        (
            "run_started_box",
            LogEvent::RunStarted {
                spec: spec(),
                environment: Box::new(box_environment()),
                agent: Box::new(agent()),
                optimal_return: None,
                metrics: vec![],
                copies: 8,
                exactness: Exactness::Seeded,
                is_host: false,
            },
        ),
        (
            "run_started_host",
            LogEvent::RunStarted {
                spec: spec(),
                environment: Box::new(environment()),
                agent: Box::new(agent()),
                optimal_return: None,
                metrics: vec![],
                copies: 1,
                exactness: Exactness::Exact,
                is_host: true,
            },
        ),
        (
            "metrics_statistics",
            LogEvent::Metrics {
                step: 61,
                episode: 8,
                values: BTreeMap::from([("losses/policy_loss".into(), 0.5)]),
                statistics: BTreeMap::from([
                    (
                        "losses/policy_loss".into(),
                        Statistic { count: 3, mean: 0.25, m2: 0.125, min: 0.0, max: 0.5, last: 0.5, not_finite: 0 },
                    ),
                    ("losses/value_loss".into(), Statistic::of(f64::NAN)),
                ]),
            },
        ),
        ("recorded_episode", LogEvent::RecordedEpisode(recorded())),
        ("recorded_episode_box", LogEvent::RecordedEpisode(box_recorded())),
        (
            "recorded_episode_wide",
            LogEvent::RecordedEpisode(RecordedEpisode {
                actions: Actions::Discrete(vec![1, 256, 65_534]),
                ..recorded()
            }),
        ),
        ("tuned", LogEvent::Tuned { step: 40, episode: 5, parameters: epsilon(), planned: false }),
        ("tuned_as_planned", LogEvent::Tuned { step: 40, episode: 5, parameters: epsilon(), planned: true }),
        (
            "checkpoint",
            LogEvent::Checkpoint { step: 61, episode: 8, run_hash: "0123456789abcdef".into(), artifact: None },
        ),
        (
            "checkpoint_with_file",
            LogEvent::Checkpoint {
                step: 61,
                episode: 8,
                run_hash: "0123456789abcdef".into(),
                artifact: Some(Artifact::new(b"agent".to_vec()).reference()),
            },
        ),
        ("notice", LogEvent::Notice { severity: Severity::Warning, text: "The disk is nearly full.".into() }),
        (
            "run_ended",
            LogEvent::RunEnded {
                reason: EndReason::Completed,
                step: 61,
                episode: 8,
                run_hash: "0123456789abcdef".into(),
            },
        ),
    ]
}

/// Every shape that a scene can have.
fn scene() -> Scene {
    let tiles = vec![
        Tile::Floor,
        Tile::Start,
        Tile::Goal,
        Tile::Pit,
        Tile::Wall,
        Tile::Mud,
        Tile::Ice,
        Tile::OneWayUp,
        Tile::Teleport,
    ];
    let mut scene = Scene::new(3.0, 3.0);
    scene.shapes.push(Shape::Cells {
        x: 0.0,
        y: 0.0,
        columns: 3,
        tiles: vec![1, 0, 0, 0, 4, 0, 0, 0, 2].into(),
        legend: tiles,
    });
    scene.sprite(Sprite::Creature, (0.5, 0.5), 0.75, Ink::Agent);
    scene.fill((0.0, 2.0), (1.0, 0.5), 0.125, Ink::GroundAlternate);
    scene.disc((2.5, 2.5), 0.25, Ink::Hue(3));
    scene.line(&[(0.5, 0.5), (1.5, 0.5)], 0.0625, Ink::Faint);
    scene.shapes.push(Shape::Text {
        x: 1.5,
        y: 1.5,
        size: 0.25,
        text: "wall".into(),
        ink: Ink::Ink,
        anchor: Anchor::Start,
    });
    scene.shapes.push(Shape::Meter {
        x: 0.0,
        y: 0.0,
        width: 1.0,
        height: 0.25,
        label: "speed".into(),
        value: 0.5,
        min: 0.0,
        max: 2.0,
        ink: Ink::Caution,
    });
    scene.words = "The creature is in the upper left corner.".into();
    scene
}

/// Every event of the state.
pub(crate) fn state_events() -> Named<StateEvent> {
    vec![
        (
            "status",
            StateEvent::Status(Status {
                phase: Phase::Running,
                speed: Speed::StepsPerSecond(12.0),
                step: 61,
                episode: 8,
                steps_per_second: 11.5,
                watching_greedy: false,
                run_hash: "0123456789abcdef".into(),
                marks: vec![0x89ab, 0, 0xffff, 0xcdef].into(),
                last_return: Some(9.25),
                regret: Some(0.5),
                optimal_states: Some((7, 8)),
            }),
        ),
        (
            "frame",
            StateEvent::Frame(Frame {
                scene: scene(),
                state: Some(0),
                episode: 8,
                episode_step: 3,
                episode_return: -0.5,
                action: Some(1),
                box_action: None,
                trail: vec![0, 1, 0].into(),
            }),
        ),
        (
            "values",
            StateEvent::Values(Values {
                states: 2,
                actions: 2,
                q: vec![0.0, 0.5, -1.0, 9.25].into(),
                visits: vec![3, 70_000].into(),
                td_error: vec![0.25, 0.0].into(),
                policy: Some(vec![0.5, 0.5, 0.0, 1.0].into()),
                overlays: BTreeMap::from([("trace".into(), vec![0.0, 0.75].into())]),
            }),
        ),
        (
            "optimal_solution",
            StateEvent::OptimalSolution(OptimalSolution {
                v: vec![8.25, 9.25].into(),
                q: vec![7.0, 8.25, 8.0, 9.25].into(),
                sweeps: 17,
                seconds: 0.125,
                optimal_return: Some(9.25),
            }),
        ),
        ("recorded_episodes", StateEvent::RecordedEpisodes(vec![recorded()])),
        (
            "frame_box",
            StateEvent::Frame(Frame {
                scene: Scene { width: 1.0, height: 1.0, shapes: vec![], words: "A car.".into() },
                state: None,
                episode: 0,
                episode_step: 1,
                episode_return: 0.5,
                action: None,
                box_action: Some(vec![0.25, 1.0].into()),
                trail: vec![].into(),
            }),
        ),
        ("network", StateEvent::Network(network())),
        ("host", StateEvent::Host(host())),
        ("image", StateEvent::Image(image())),
    ]
}

fn image() -> Image {
    Image {
        name: "rollout/picture".into(),
        format: ImageFormat::Jpeg,
        caption: Some("The pole falls.".into()),
        step: 24,
        content: vec![255, 216, 255].into(),
    }
}

fn host() -> HostView {
    let run = |number, state| HostedRun {
        number,
        run: None,
        directory: None,
        title: "ppo in Cart pole".into(),
        state,
        since_millis: MILLIS,
        process: None,
        reason: None,
    };
    let (name, directory) = (Some("cart-pole-ppo-seed42".into()), Some("cart-pole/ppo-seed42".into()));
    let device = |device: &str, memory_bytes, missing| HostDevice {
        device: device.into(),
        name: device.to_uppercase(),
        memory_bytes,
        missing,
    };
    HostView {
        machine: "big".into(),
        program: "terrarium 0.1.0".into(),
        slots: 2,
        free_slots: 1,
        devices: vec![device("cpu", Some(1 << 34), None), device("cuda", None, Some("no driver".into()))],
        environments: vec!["cart-pole".into()],
        agents: vec!["ppo".into()],
        runs: vec![
            HostedRun { reason: Some("it was killed by signal 9".into()), ..run(0, HostedState::Killed) },
            HostedRun { run: name, directory, process: Some(4711), ..run(1, HostedState::Running) },
            run(2, HostedState::Queued),
        ],
    }
}

fn network() -> NetworkView {
    NetworkView {
        step: 61,
        layers: vec![LayerView {
            name: "trunk.0".into(),
            inputs: 2,
            units: 2,
            parameters: 6,
            rows: 2,
            columns: 2,
            weights: vec![1, 128, 191, 255].into(),
            largest: 0.5,
            activations: vec![0.0, 1.5].into(),
            dead_units: 1,
            gradient_norm: 0.25,
        }],
        decision: Decision {
            preference: Preference::Probability,
            preferences: vec![0.25, 0.75].into(),
            deviations: vec![].into(),
            value: Some(9.25),
            observation: vec![1.0, -0.5].into(),
            saliency: vec![0.125, 0.0].into(),
        },
    }
}

fn payload<T: Event>(event: &T) -> Payload<T> {
    Payload::plain(event).unwrap()
}

fn log_entries() -> Vec<LogEntry> {
    let events = [log_events().remove(1).1, log_events().remove(2).1];
    let entry =
        |(index, event)| LogEntry { offset: Offset(7 + index as u64), time_millis: MILLIS, event: payload(event) };
    events.iter().enumerate().map(entry).collect()
}

fn state_entries() -> Vec<StateEntry> {
    let event = state_events().remove(3).1;
    vec![StateEntry { kind: event.kind(), sequence: 4, event: payload(&event) }]
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        version: CHECKPOINT_VERSION,
        spec: spec(),
        agent: AgentState {
            states: 2,
            actions: 2,
            numbers: BTreeMap::from([("q".into(), vec![0.0, 0.5, -1.0, 9.25].into())]),
            integers: BTreeMap::from([("rng".into(), vec![u64::MAX, 0, 1, 2].into())]),
            artifacts: BTreeMap::new(),
        },
        step: 61,
        episode: 8,
        copy: CopyState { episodes: 8, seed: seed(7), actions: Actions::Discrete(vec![1, 1]), by_hand: false },
        further_copies: vec![],
        hash: 0x0123_4567_89ab_cdef,
        marks: vec![0x89ab, 0, 0xffff, 0xcdef].into(),
        recorded_episodes: vec![recorded()],
        curves: vec![].into(),
    }
}

/// A run of two copies with a network.
fn checkpoint_of_copies() -> Checkpoint {
    let copy = |episodes, values| CopyState {
        episodes,
        seed: seed(7 + episodes),
        actions: Actions::Box { entries: 2, values },
        by_hand: episodes == 3,
    };
    let kept = ("optimiser".to_owned(), Artifact::new(b"more bytes".to_vec()).reference());
    let artifacts = BTreeMap::from([("weights".to_owned(), Artifact::new(b"weights".to_vec())), kept]);
    Checkpoint {
        agent: AgentState { artifacts, ..AgentState::default() },
        copy: copy(5, vec![0.25, 1.0]),
        further_copies: vec![copy(3, vec![0.0, 0.5, -1.0, 0.0])],
        recorded_episodes: vec![box_recorded()],
        ..checkpoint()
    }
}

/// Every command.
pub(crate) fn commands() -> Named<Command> {
    vec![
        ("start", Command::Start { spec: Some(Box::new(spec())) }),
        ("start_again", Command::Start { spec: None }),
        ("pause", Command::Pause {}),
        ("resume", Command::Resume { until_episode: Some(100) }),
        ("stop", Command::Stop {}),
        ("reset", Command::Reset { seed: Some(seed(43)) }),
        ("step", Command::Step { action: Some(3), box_action: None }),
        ("step_box", Command::Step { action: None, box_action: Some(vec![0.25, 1.0].into()) }),
        ("press", Command::Press { key: "ArrowUp".into() }),
        ("step_episode", Command::StepEpisode {}),
        ("set_speed", Command::SetSpeed { speed: Speed::StepsPerSecond(60.0) }),
        ("set_speed_full", Command::SetSpeed { speed: Speed::Full }),
        ("tune", Command::Tune { parameters: epsilon() }),
        ("start_changing", Command::Start { spec: Some(Box::new(changing_spec())) }),
        ("set_headless", Command::SetHeadless { headless: true }),
        ("watch_greedy", Command::WatchGreedy { watch: true }),
        ("save", Command::Save {}),
        ("load", Command::Load { checkpoint: Box::new(checkpoint()) }),
        ("load_copies", Command::Load { checkpoint: Box::new(checkpoint_of_copies()) }),
        ("get_state", Command::GetState {}),
        ("evaluate", Command::Evaluate { episodes: 20 }),
        ("record_episode", Command::RecordEpisode {}),
        (
            "launch",
            Command::Launch(Box::new(Launch {
                spec: Some(Box::new(RunSpec::new("cart-pole", "ppo", seed(42)))),
                run: Some(RunId::new("mine").unwrap()),
                steps: Some(300_000),
                device: Some("cpu".into()),
                ..Launch::default()
            })),
        ),
        (
            "launch_resume",
            Command::Launch(Box::new(Launch {
                resume: Some("cart-pole/ppo-seed42".into()),
                episodes: Some(500),
                ..Launch::default()
            })),
        ),
        (
            "launch_child",
            Command::Launch(Box::new(Launch {
                resume: Some("cart-pole/ppo-seed42".into()),
                from: Some("best".into()),
                set: epsilon(),
                run: Some(RunId::new("child").unwrap()),
                ..Launch::default()
            })),
        ),
        ("cancel", Command::Cancel { number: 3 }),
        ("delete", Command::Delete { directory: "cart-pole/ppo-seed42".into() }),
    ]
}

fn answers() -> Named<Answer> {
    vec![
        ("answer_accepted", Answer::Accepted { checkpoint: None }),
        ("answer_saved", Answer::Accepted { checkpoint: Some(Box::new(checkpoint())) }),
        ("answer_rejected", Answer::Rejected { reason: "this run has ended; reset it first".into() }),
    ]
}

fn subscriptions() -> Named<From> {
    vec![
        ("subscribe_none", From::None),
        ("subscribe_latest", From::Latest),
        ("subscribe_tail", From::Tail(100)),
        ("subscribe_all", From::All),
        ("subscribe_thinned", From::Thinned(2000)),
        ("subscribe_offset", From::Offset { epoch: EPOCH, offset: Offset(7) }),
    ]
}

/// Every message of a client.
pub(crate) fn client_messages() -> Named<ClientMessage> {
    let mut all = vec![
        (
            "hello",
            ClientMessage::Hello(Hello {
                protocol: PROTOCOL,
                role: Role::Controller,
                token: Some("secret".into()),
                name: String::new(),
            }),
        ),
        (
            "hello_named",
            ClientMessage::Hello(Hello { protocol: PROTOCOL, role: Role::Publisher, token: None, name: "box".into() }),
        ),
        ("list_runs", ClientMessage::ListRuns { changes: false, parts: false }),
        ("list_runs_changes", ClientMessage::ListRuns { changes: true, parts: false }),
        ("list_runs_parts", ClientMessage::ListRuns { changes: true, parts: true }),
        ("unsubscribe", ClientMessage::Unsubscribe { run: run() }),
        ("announce", ClientMessage::Announce { run: run(), epoch: EPOCH, started_millis: MILLIS }),
        ("log", ClientMessage::Log { run: run(), epoch: EPOCH, entries: log_entries() }),
        ("state", ClientMessage::State { run: run(), epoch: EPOCH, entries: state_entries() }),
        ("withdraw", ClientMessage::Withdraw { run: run() }),
        (
            "put_artifact",
            ClientMessage::PutArtifact {
                run: run(),
                sha256: Artifact::new(b"agent".to_vec()).hash(),
                length: 5,
                offset: 2,
                content: b"ent".to_vec().into(),
            },
        ),
        (
            "get_artifact",
            ClientMessage::GetArtifact { run: run(), sha256: Artifact::new(b"agent".to_vec()).hash(), offset: 2 },
        ),
        ("ping", ClientMessage::Ping { nonce: 5 }),
    ];
    let subscribe = |(name, from)| (name, ClientMessage::Subscribe { run: run(), from, epoch: None });
    all.extend(subscriptions().into_iter().map(subscribe));
    let earlier = ClientMessage::Subscribe { run: run(), from: From::All, epoch: Some(EPOCH) };
    all.push(("subscribe_epoch", earlier));
    all.extend(
        commands()
            .into_iter()
            .map(|(name, command)| (name, ClientMessage::Command { run: run(), request: 3, command })),
    );
    all.extend(answers().into_iter().map(|(name, answer)| (name, ClientMessage::Answer { request: 3, answer })));
    all
}

/// One for each comparison.
fn firing_alerts() -> Vec<FiringAlert> {
    let firing = |alert: &str, is, value| FiringAlert {
        alert: alert.into(),
        metric: "losses/td_loss".into(),
        is,
        threshold: 0.5,
        value,
        step: 24,
        time_millis: MILLIS,
    };
    vec![
        firing("loss explodes", AlertComparison::Above, Some(0.75)),
        firing("loss vanishes", AlertComparison::Below, Some(0.25)),
        firing("loss is none", AlertComparison::NotFinite, None),
    ]
}

/// Every message of a relay.
#[expect(clippy::too_many_lines, reason = "a list")]
pub(crate) fn server_messages() -> Named<ServerMessage> {
    let mut all = vec![
        ("welcome", ServerMessage::Welcome { protocol: PROTOCOL, role: Role::Viewer }),
        (
            "runs",
            ServerMessage::Runs {
                runs: vec![RunSummary {
                    run: run(),
                    epoch: EPOCH,
                    entries: 9,
                    live: false,
                    started_millis: MILLIS,
                    title: "Gridworld 3 x 3, Q-learning".into(),
                    is_host: false,
                    left_millis: Some(MILLIS),
                    earlier: vec![EpochSummary {
                        epoch: Epoch(EPOCH.0 - 1),
                        entries: 7,
                        started_millis: MILLIS - 1000.0,
                        title: "Gridworld 3 x 3, SARSA".into(),
                    }],
                    alerts: Vec::new(),
                    name: String::new(),
                    tags: Vec::new(),
                    viewers: 0,
                    trainer: String::new(),
                    phase: None,
                }],
                gone: None,
                goes_on: false,
                to_come: 0,
            },
        ),
        ("runs_part", ServerMessage::Runs { runs: Vec::new(), gone: None, goes_on: true, to_come: 19_500 }),
        (
            "runs_changed",
            ServerMessage::Runs {
                runs: vec![RunSummary {
                    run: run(),
                    epoch: EPOCH,
                    entries: 9,
                    live: false,
                    started_millis: MILLIS,
                    title: "Gridworld 3 x 3, Q-learning".into(),
                    is_host: true,
                    left_millis: Some(MILLIS),
                    earlier: vec![EpochSummary {
                        epoch: Epoch(EPOCH.0 - 1),
                        entries: 7,
                        started_millis: MILLIS - 1000.0,
                        title: "Gridworld 3 x 3, SARSA".into(),
                    }],
                    alerts: firing_alerts(),
                    name: "First of May".into(),
                    tags: vec!["course".into(), "slow".into()],
                    viewers: 3,
                    trainer: "box".into(),
                    phase: Some(Phase::Paused),
                }],
                gone: Some(vec![run()]),
                goes_on: false,
                to_come: 0,
            },
        ),
        (
            "subscribed",
            ServerMessage::Subscribed {
                run: run(),
                epoch: EPOCH,
                offset: Offset(7),
                recovered: true,
                history: 2,
                snapshot: state_entries(),
            },
        ),
        ("log", ServerMessage::Log { run: run(), epoch: EPOCH, entries: log_entries() }),
        (
            "state",
            ServerMessage::State {
                run: run(),
                epoch: EPOCH,
                entries: state_entries(),
                skipped: BTreeMap::from([(StateKind::Frame, 12), (StateKind::Values, 3)]),
            },
        ),
        ("resume", ServerMessage::Resume { run: run(), epoch: EPOCH, offset: Offset(7) }),
        ("acknowledged", ServerMessage::Acknowledged { run: run(), epoch: EPOCH, offset: Offset(9) }),
        ("command", ServerMessage::Command { run: run(), request: 11, command: Command::Pause {} }),
        (
            "artifact_kept",
            ServerMessage::ArtifactKept { run: run(), sha256: Artifact::new(b"agent".to_vec()).hash(), kept: 2 },
        ),
        (
            "artifact_part",
            ServerMessage::ArtifactPart {
                run: run(),
                sha256: Artifact::new(b"agent".to_vec()).hash(),
                length: 5,
                offset: 2,
                content: b"ent".to_vec().into(),
            },
        ),
        ("pong", ServerMessage::Pong { nonce: 5 }),
        (
            "error",
            ServerMessage::Error {
                code: ErrorCode::Gap,
                message: "expected offset 7; send from there".into(),
                details: BTreeMap::from([("expected".into(), "7".into())]),
            },
        ),
    ];
    all.extend(answers().into_iter().map(|(name, answer)| (name, ServerMessage::Answer { request: 3, answer })));
    all
}
