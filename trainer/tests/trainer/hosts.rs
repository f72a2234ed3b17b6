//! Hosts: orders from a controller, processes that die, and that none of them outlives its host.

use crate::harness::{Relay, Trainer, Viewer, check_log, check_part, free_address, json, trainer, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use shared::command::{Answer, Command, Launch};
use shared::episode::Kept;
use shared::event::{LogEvent, Phase, Speed, StateEvent};
use shared::host::{HostView, HostedRun, HostedState};
use shared::message::From;
use shared::parameter::Value;
use shared::{RunId, RunSpec, Seed};
use std::fs;
use std::path::Path;

/// A relay, and a host of two slots that keeps runs in a folder.
struct HostPlace {
    folder: tempfile::TempDir,
    relay: Relay,
}

impl HostPlace {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let relay = Relay::start(&folder.path().join("data"), free_address());
        Self { folder, relay }
    }

    fn runs(&self) -> String {
        self.folder.path().join("runs").to_str().unwrap().to_owned()
    }

    fn host(&self, slots: &str) -> (Trainer, Viewer) {
        let (runs, url) = (self.runs(), self.relay.url());
        let host = Trainer::start(&["host", "--relay", &url, "--slots", slots, "--runs", &runs, "--name", "box"]);
        host.says("relay connected");
        let mut viewer = Viewer::of(&self.relay, "box");
        viewer.listed(|run| run.live && run.is_host);
        (host, viewer)
    }
}

fn launch(run: &str, environment: &str, agent: &str) -> Launch {
    let spec = RunSpec::new(environment, agent, Seed::new(7).unwrap());
    Launch { spec: Some(Box::new(spec)), run: Some(RunId::new(run).unwrap()), ..Launch::default() }
}

fn accepted(viewer: &mut Viewer, launch: Launch) {
    let answer = viewer.command(Command::Launch(Box::new(launch)));
    assert_eq!(answer, Answer::Accepted { checkpoint: None });
}

#[track_caller]
fn refused(viewer: &mut Viewer, launch: Launch, words: &str) {
    match viewer.command(Command::Launch(Box::new(launch))) {
        Answer::Rejected { reason } => assert!(reason.contains(words), "{reason}"),
        other @ Answer::Accepted { .. } => panic!("{other:?}"),
    }
}

/// Waits until the host has told how it stands.
fn view(viewer: &mut Viewer) -> HostView {
    let mut found = None;
    until("a host's state", || {
        let mut events = viewer.snapshot().into_iter().map(|it| it.event.decode().unwrap());
        found = events.find_map(|it| if let StateEvent::Host(view) = it { Some(view) } else { None });
        found.is_some()
    });
    found.unwrap()
}

/// Waits until a run of the host is so.
fn hosted(viewer: &mut Viewer, number: usize, mut is_so: impl FnMut(&HostedRun) -> bool) -> HostedRun {
    let mut found = None;
    until("a state of a hosted run", || {
        found = view(viewer).runs.get(number).cloned().filter(|run| is_so(run));
        found.is_some()
    });
    found.unwrap()
}

/// Whether a process makes steps; one that nobody has buried yet does not.
fn lives(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn signal(process: u32, signal: Signal) {
    kill(Pid::from_raw(process as i32), signal).unwrap();
}

#[test]
fn a_controller_launches_a_run_that_is_the_same_as_any_other_and_is_kept() {
    let place = HostPlace::new();
    let (host, mut viewer) = place.host("1");
    let shown = view(&mut viewer);
    assert_eq!((shown.slots, shown.free_slots, shown.devices[0].device.as_str()), (1, 1, "cpu"));
    assert!(shown.environments.iter().any(|it| it == "cart-pole") && shown.agents.iter().any(|it| it == "ppo"));
    accepted(&mut viewer, Launch { steps: Some(4000), ..launch("one", "cart-pole", "a2c") });
    let run = hosted(&mut viewer, 0, |run| run.state == HostedState::Ended);
    assert_eq!((run.run.as_deref(), run.directory.as_deref()), (Some("one"), Some("cart-pole/one")));
    let log = Viewer::of(&place.relay, "one").whole_log();
    let LogEvent::RunEnded { run_hash, .. } = log.last().unwrap().event.decode().unwrap() else { panic!("no end") };
    // Recommended values are the page's to fill in; a spec is taken as it is.
    let kept = json(&["runs", "show", "cart-pole/one", "--runs", &place.runs(), "--json"]).remove(0);
    assert_eq!(
        (kept["state"].as_str(), kept["summary"]["run_hash"].as_str()),
        (Some("completed"), Some(run_hash.as_str()))
    );
    assert_eq!(view(&mut viewer).free_slots, 1);
    host.interrupt();
}

#[test]
fn what_exceeds_the_slots_waits_and_controllers_command_the_runs_themselves() {
    let place = HostPlace::new();
    let (host, mut viewer) = place.host("1");
    accepted(&mut viewer, launch("first", "gridworld", "q-learning"));
    accepted(&mut viewer, Launch { episodes: Some(50), ..launch("second", "gridworld", "sarsa") });
    hosted(&mut viewer, 0, |run| run.run.is_some());
    assert_eq!(hosted(&mut viewer, 1, |_| true).state, HostedState::Queued);
    let mut first = Viewer::of(&place.relay, "first");
    first.listed(|run| run.live);
    for command in [
        Command::SetSpeed { speed: Speed::StepsPerSecond(1000.0) },
        Command::Pause {},
        Command::Evaluate { episodes: 3 },
        Command::Save {},
        Command::Resume { until_episode: None },
        Command::WatchGreedy { watch: true },
        Command::SetHeadless { headless: true },
    ] {
        let named = format!("{command:?}");
        assert!(matches!(first.command(command), Answer::Accepted { .. }), "{named}");
    }
    assert!(Path::new(&place.runs()).join("gridworld/first/weights/latest.terrarium").exists());
    assert!(matches!(first.command(Command::Stop {}), Answer::Accepted { .. }));
    assert_eq!(hosted(&mut viewer, 0, |run| run.state != HostedState::Running).state, HostedState::Ended);
    hosted(&mut viewer, 1, |run| run.state == HostedState::Ended);
    let log = first.whole_log();
    let evaluated = log.iter().any(|entry| match entry.event.decode().unwrap() {
        LogEvent::Metrics { values, .. } => values.get("evaluation/episodes") == Some(&3.0),
        _ => false,
    });
    assert!(evaluated, "an evaluation's figures stand in the log");
    host.interrupt();
}

#[test]
fn an_episode_that_a_controller_asks_for_stands_in_the_log_and_on_disk_and_replays() {
    let place = HostPlace::new();
    let (host, mut viewer) = place.host("1");
    accepted(&mut viewer, launch("asked", "frozen-lake", "q-learning"));
    hosted(&mut viewer, 0, |run| run.run.is_some());
    let mut run = Viewer::of(&place.relay, "asked");
    run.listed(|run| run.live);
    run.subscribe(From::None);
    let speed = Speed::StepsPerSecond(1000.0);
    let accepted = Answer::Accepted { checkpoint: None };
    assert_eq!(run.command(Command::SetSpeed { speed }), accepted);
    assert_eq!(run.command(Command::RecordEpisode {}), accepted);
    let log = run.log_until(|event| matches!(event, LogEvent::RecordedEpisode(it) if it.kept == Kept::OnDemand));
    let LogEvent::RecordedEpisode(recorded) = log.last().unwrap().event.decode().unwrap() else { panic!("{log:?}") };
    // It is there at once, not with the next save only.
    let directory = Path::new(&place.runs()).join("frozen-lake/asked");
    let file = directory.join(format!("replays/asked-{:09}.json", recorded.episode));
    until("the episode's file", || file.exists());
    let replayed = trainer(&["replay", file.to_str().unwrap()]);
    assert_eq!(replayed.code, Some(0), "{}", replayed.err);
    assert_eq!(run.command(Command::Stop {}), accepted);
    hosted(&mut viewer, 0, |run| run.state == HostedState::Ended);
    let asked = fs::read_dir(directory.join("replays")).unwrap().map(|it| it.unwrap().file_name());
    assert_eq!(asked.filter(|it| it.to_str().unwrap().starts_with("asked-")).count(), 1);
    let kept = json(&["runs", "show", "frozen-lake/asked", "--runs", &place.runs(), "--json"]).remove(0);
    assert!(kept.to_string().contains("asked-"), "{kept}");
    assert!(matches!(run.command(Command::RecordEpisode {}), Answer::Rejected { .. }));
    host.interrupt();
}

#[test]
fn a_run_that_waits_is_cancelled_and_others_are_left_alone() {
    let place = HostPlace::new();
    let (host, mut viewer) = place.host("1");
    for name in ["runs", "unwanted", "waits"] {
        accepted(&mut viewer, launch(name, "gridworld", "q-learning"));
    }
    let name = hosted(&mut viewer, 0, |run| run.run.is_some()).run.unwrap();
    let cancel = |viewer: &mut Viewer, number| match viewer.command(Command::Cancel { number }) {
        Answer::Accepted { .. } => String::new(),
        Answer::Rejected { reason } => reason,
    };
    assert_eq!(cancel(&mut viewer, 1), "");
    until("the other two", || view(&mut viewer).runs.iter().map(|it| it.number).eq([0, 2]));
    assert_eq!(cancel(&mut viewer, 0), "run 0 has begun: stop ends it, sent to runs");
    assert!(cancel(&mut viewer, 1).contains("waits no longer"));
    assert_eq!(cancel(&mut viewer, 3), "there is no run 3 on this host");
    let mut first = Viewer::of(&place.relay, &name);
    first.listed(|run| run.live);
    assert!(matches!(first.command(Command::Cancel { number: 2 }), Answer::Rejected { .. }), "a run is no host");
    assert!(matches!(first.command(Command::Stop {}), Answer::Accepted { .. }));
    hosted(&mut viewer, 1, |run| run.run.as_deref() == Some("waits"));
    host.interrupt();
    let told = viewer.whole_log().iter().any(|entry| match entry.event.decode().unwrap() {
        LogEvent::Notice { text, .. } => text == "run 1 (q-learning in Gridworld) was cancelled before it began",
        _ => false,
    });
    assert!(told, "the host's log tells it");
}

#[test]
fn a_killed_run_is_reported_leaves_others_alone_and_goes_on_when_it_is_launched_again() {
    let place = HostPlace::new();
    let (host, mut viewer) = place.host("2");
    accepted(&mut viewer, launch("other", "gridworld", "q-learning"));
    accepted(&mut viewer, Launch { steps: Some(60_000), ..launch("victim", "cart-pole", "random") });
    let other = hosted(&mut viewer, 0, |run| run.run.is_some());
    let victim = hosted(&mut viewer, 1, |run| run.directory.is_some() || run.state == HostedState::Ended);
    if let Some(process) = victim.process {
        kill(Pid::from_raw(process as i32), Signal::SIGKILL).ok();
    }
    let ended = hosted(&mut viewer, 1, |run| run.state != HostedState::Running);
    if ended.state == HostedState::Killed {
        let reason = ended.reason.unwrap();
        assert!(reason.contains("killed by signal 9") && reason.contains("resume cart-pole/victim"), "{reason}");
    }
    assert!(lives(other.process.unwrap()));
    assert_eq!(hosted(&mut viewer, 0, |_| true).state, HostedState::Running);
    let mut running = Viewer::of(&place.relay, "other");
    running.listed(|run| run.live);
    let status = running.snapshot().into_iter().find_map(|it| match it.event.decode().unwrap() {
        StateEvent::Status(status) => Some(status),
        _ => None,
    });
    assert_eq!(status.unwrap().phase, Phase::Running);
    host.interrupt();
    until("the runs' end", || !lives(other.process.unwrap()));
}

#[test]
fn a_kept_run_has_children_under_other_values_and_from_other_weights() {
    let place = HostPlace::new();
    let (host, mut viewer) = place.host("1");
    accepted(&mut viewer, Launch { episodes: Some(300), ..launch("parent", "gridworld", "q-learning") });
    hosted(&mut viewer, 0, |run| run.state == HostedState::Ended);
    let set = |name: &str, value| [(name.to_owned(), value)].into();
    let child = Launch { resume: Some("gridworld/parent".into()), episodes: Some(400), ..Launch::default() };
    let name = |name: &str| Some(RunId::new(name).unwrap());
    let cooler = Launch { set: set("epsilon", Value::Number(0.01)), run: name("cooler"), ..child.clone() };
    accepted(&mut viewer, cooler);
    accepted(&mut viewer, Launch { from: Some("best".into()), run: name("better"), ..child.clone() });
    for number in [1, 2] {
        let run = hosted(&mut viewer, number, |run| run.state == HostedState::Ended);
        assert!(run.title.ends_with("child of gridworld/parent"), "{}", run.title);
    }
    let kept = |place_of: &str| json(&["runs", "show", place_of, "--runs", &place.runs(), "--json"]).remove(0);
    let (cooler, better, parent) = (kept("gridworld/cooler"), kept("gridworld/better"), kept("gridworld/parent"));
    assert_eq!(cooler["config"]["parent"]["run"].as_str(), Some("gridworld/parent"));
    assert_eq!(better["config"]["parent"]["weights"].as_str(), Some("best"));
    assert_eq!(parent["summary"]["episode"].as_u64(), Some(300), "the parent stays as it is");
    assert_eq!(cooler["summary"]["episode"].as_u64(), Some(400));
    let warmer = Launch { set: set("epsilon", Value::Number(7.0)), ..child.clone() };
    refused(&mut viewer, warmer, "epsilon must be");
    refused(&mut viewer, Launch { set: set("warmth", Value::Flag(true)), ..child.clone() }, "no parameter \"warmth\"");
    refused(&mut viewer, Launch { from: Some("worst".into()), ..child }, "has no weights \"worst\"; there are: ");
    let new = Launch { from: Some("best".into()), ..launch("x", "gridworld", "sarsa") };
    refused(&mut viewer, new, "a new run has its spec");
    host.interrupt();
}

#[test]
fn a_kept_run_is_deleted_unless_it_is_trained_or_waited_for() {
    let place = HostPlace::new();
    let (host, mut viewer) = place.host("1");
    let kept = |name: &str| Path::new(&place.runs()).join("gridworld").join(name);
    accepted(&mut viewer, Launch { episodes: Some(300), ..launch("old", "gridworld", "q-learning") });
    hosted(&mut viewer, 0, |run| run.state == HostedState::Ended);
    accepted(&mut viewer, launch("new", "gridworld", "q-learning"));
    hosted(&mut viewer, 1, |run| run.directory.is_some());
    accepted(&mut viewer, Launch { resume: Some("gridworld/old".into()), ..Launch::default() });
    let delete =
        |viewer: &mut Viewer, directory: &str| match viewer.command(Command::Delete { directory: directory.into() }) {
            Answer::Accepted { .. } => String::new(),
            Answer::Rejected { reason } => reason,
        };
    let trained = "gridworld/new is being trained: stop, sent to new, ends it; then it can be deleted";
    assert_eq!(delete(&mut viewer, "gridworld/new"), trained);
    let waited_for = "run 2 waits to go on with gridworld/old: cancel it first; then it can be deleted";
    assert_eq!(delete(&mut viewer, "gridworld/old"), waited_for);
    assert!(kept("old").exists() && kept("new").exists());
    assert!(matches!(viewer.command(Command::Cancel { number: 2 }), Answer::Accepted { .. }));
    assert_eq!(delete(&mut viewer, "gridworld/old"), "");
    assert!(!kept("old").exists() && kept("new").exists());
    until("one run is shown", || view(&mut viewer).runs.iter().map(|it| it.number).eq([1]));
    for climbing in ["gridworld/old", "gridworld/..", "../runs/gridworld/new", "gridworld"] {
        let reason = delete(&mut viewer, climbing);
        assert!(reason.contains("there is no run in"), "{climbing}: {reason}");
    }
    let mut new = Viewer::of(&place.relay, "new");
    new.listed(|run| run.live);
    let as_of_a_run = new.command(Command::Delete { directory: "gridworld/new".into() });
    assert!(matches!(as_of_a_run, Answer::Rejected { .. }), "a run is no host");
    assert!(matches!(new.command(Command::Stop {}), Answer::Accepted { .. }));
    hosted(&mut viewer, 0, |run| run.state == HostedState::Ended);
    let runs = place.runs();
    // Another process than one of the host's may write there.
    let elsewhere = Trainer::start(&["resume", "gridworld/new", "--runs", &runs, "--endless"]);
    elsewhere.says("kept in");
    assert!(delete(&mut viewer, "gridworld/new").contains("is being written by another process"));
    elsewhere.interrupt();
    assert_eq!(delete(&mut viewer, "gridworld/new"), "");
    let log = Viewer::of(&place.relay, "old").whole_log();
    assert!(check_log(&log) >= 300, "what the relay has of it stays");
    host.interrupt();
}

#[test]
fn orders_that_cannot_be_carried_out_are_refused_with_the_way_out() {
    let place = HostPlace::new();
    let (host, mut viewer) = place.host("1");
    refused(&mut viewer, launch("x", "moon", "ppo"), "there is no environment \"moon\"; there are: ");
    refused(&mut viewer, Launch::default(), "has a spec, or the directory of a run to resume");
    let climbing = Launch { resume: Some("../../etc/passwd".into()), ..Launch::default() };
    refused(&mut viewer, climbing, "there is no run in");
    let device = Launch { device: Some("cuda:0".into()), ..launch("x", "cart-pole", "ppo") };
    refused(&mut viewer, device, "the device cuda:0 cannot be used");
    let both = Launch { steps: Some(1), episodes: Some(1), ..launch("x", "cart-pole", "ppo") };
    refused(&mut viewer, both, "not both");
    assert!(matches!(viewer.command(Command::Pause {}), Answer::Rejected { .. }));
    assert_eq!(view(&mut viewer).runs, vec![]);
    host.interrupt();
}

/// How often hosts and runs are killed; `TERRARIUM_KILLS` asks for more.
fn kills() -> u64 {
    std::env::var("TERRARIUM_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(4)
}

#[test]
fn killed_at_any_moment_a_host_leaves_no_process_behind_and_no_torn_run() {
    let place = HostPlace::new();
    let mut spec = RunSpec::new("gridworld", "q-learning", Seed::new(7).unwrap());
    spec.environment.parameters.insert("slip".into(), shared::parameter::Value::Number(0.25));
    for round in 0..kills() {
        let (mut host, mut viewer) = place.host("2");
        let place_of = |number: u64| format!("gridworld/run-{number}");
        let kept = Path::new(&place.runs()).join(place_of(0));
        for number in 0..2 {
            let order = if kept.with_file_name(format!("run-{number}")).join("weights/latest.terrarium").exists() {
                Launch { resume: Some(place_of(number)), ..Launch::default() }
            } else {
                let run = RunId::new(format!("run-{number}")).unwrap();
                fs::remove_dir_all(kept.with_file_name(format!("run-{number}"))).ok();
                Launch { spec: Some(Box::new(spec.clone())), run: Some(run), ..Launch::default() }
            };
            accepted(&mut viewer, order);
        }
        let processes: Vec<u32> =
            (0..2).map(|number| hosted(&mut viewer, number, |run| run.process.is_some()).process.unwrap()).collect();
        // A moment by chance, which a seed names: from before the runs have begun until after some saves.
        let moment = Seed::new(round).unwrap().derive(1, 0).get() % 700;
        std::thread::sleep(std::time::Duration::from_millis(moment));
        if round % 2 == 1 {
            kill(Pid::from_raw(processes[0] as i32), Signal::SIGKILL).ok();
        }
        signal(host.id(), Signal::SIGKILL);
        host.wait();
        until("no orphan", || !processes.iter().any(|it| lives(*it)));
    }
    let mut saved = 0;
    for number in 0..2 {
        let directory = Path::new(&place.runs()).join(format!("gridworld/run-{number}"));
        if !directory.join("weights/latest.terrarium").exists() {
            continue;
        }
        saved += 1;
        let path = directory.to_str().unwrap();
        let before = json(&["runs", "show", path, "--json"]).remove(0);
        let steps = (before["summary"]["step"].as_u64().unwrap_or(0) + 500_000).to_string();
        let url = place.relay.url();
        let resumed = json(&["resume", path, "--steps", &steps, "--relay", &url, "--json"]).remove(0);
        let lines = fs::read_to_string(directory.join("metrics.jsonl")).unwrap();
        let mut episodes = 0;
        for line in lines.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(bin) = line.get("episodes") {
                assert_eq!(bin["first_episode"], episodes, "run {number}");
                episodes = bin["last_episode"].as_u64().unwrap() + 1;
            }
        }
        assert_eq!(resumed["episodes"], episodes, "run {number}");
        // Every start goes on from a save, and what came before that the relay has of the starts before, of which it keeps the newest.
        let logs = Viewer::of(&place.relay, &format!("run-{number}")).logs();
        let mut parts = logs.iter().map(|log| check_part(log)).filter(|part| !part.is_empty());
        let first = parts.next().unwrap_or_default();
        assert!(first.start == 0 || kills() > 4, "run {number}: its first start begins with {first:?}");
        let mut at_the_relay = first.end;
        for part in parts {
            assert!(part.start <= at_the_relay, "run {number}: {at_the_relay} episodes, then {part:?}");
            at_the_relay = at_the_relay.max(part.end);
        }
        assert!(at_the_relay >= episodes, "run {number}: {at_the_relay} of {episodes} episodes are at the relay");
        let made = resumed["steps"].as_u64().unwrap().to_string();
        // What the agent's defaults are is the spec's; the command line fills in what is recommended.
        let straight = ["run", "gridworld", "--seed", "7", "--env", "slip=0.25", "--steps", &made, "--json"];
        if before["config"]["spec"]["agent"]["parameters"].is_null() {
            let straight = json(&straight).remove(0);
            if straight["agent_parameters"].is_null() {
                assert_eq!(straight["run_hash"], resumed["run_hash"], "run {number}");
            }
        }
    }
    assert!(saved > 0, "no run came to a save in {} rounds", kills());
}
