//! Publishing: the whole log at the relay, whatever becomes of the relay.

use crate::harness::{Relay, Trainer, Viewer, check_log, free_address, until};
use shared::command::{Answer, Command};
use shared::event::{EndReason, LogEvent, StateEvent};
use shared::message::{From, ServerMessage};

const RUN: &str = "gridworld-q-learning";

fn relay() -> (Relay, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    (Relay::start(data.path(), "127.0.0.1:0".parse().unwrap()), data)
}

fn accepted(answer: &Answer) -> bool {
    matches!(answer, Answer::Accepted { .. })
}

#[test]
fn a_run_is_watched_commanded_reset_and_ended() {
    let (relay, _data) = relay();
    let trainer = Trainer::start(&["run", "gridworld", "--endless", "--speed", "300", "--relay", &relay.url()]);
    trainer.says("relay connected");
    let mut viewer = Viewer::of(&relay, RUN);
    viewer.listed(|it| it.live);
    let first = viewer.subscribe(From::All);
    viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
    viewer.until(|it| match it {
        ServerMessage::State { entries, .. } => {
            entries.iter().any(|it| matches!(it.event.decode().unwrap(), StateEvent::Frame(_))).then_some(())
        }
        _ => None,
    });
    assert!(accepted(&viewer.command(Command::Pause {})));
    match viewer.command(Command::Pause {}) {
        Answer::Rejected { reason } => assert_eq!(reason, "the run is not running. Nothing has changed"),
        Answer::Accepted { .. } => panic!("paused twice"),
    }
    match viewer.command(Command::Save {}) {
        Answer::Accepted { checkpoint: Some(checkpoint) } => assert!(checkpoint.step > 0),
        other => panic!("{other:?}"),
    }
    assert!(accepted(&viewer.command(Command::Stop {})));
    assert!(accepted(&viewer.command(Command::Reset { seed: None })));
    let second = viewer.subscribed();
    assert!(second > first, "an endless trainer stays after stop, and a reset is another epoch");
    assert!(accepted(&viewer.command(Command::Resume { until_episode: None })));
    viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
    trainer.interrupt();
    let log = viewer.log_until(|event| matches!(event, LogEvent::RunEnded { .. }));
    match log.last().unwrap().event.decode().unwrap() {
        LogEvent::RunEnded { reason, .. } => assert_eq!(reason, EndReason::Stopped),
        other => panic!("{other:?}"),
    }
    viewer.listed(|it| !it.live);
}

#[test]
fn a_relay_killed_in_the_middle_of_a_run_gets_the_gap_and_everything_once() {
    let (relay, data) = relay();
    let address = relay.address;
    let trainer = Trainer::start(&["run", "gridworld", "--endless", "--relay", &relay.url()]);
    let mut relay = Some(relay);
    for _ in 0..3 {
        trainer.says("relay connected");
        let running = relay.take().unwrap();
        let mut viewer = Viewer::of(&running, RUN);
        viewer.listed(|it| it.live);
        viewer.subscribe(From::None);
        for _ in 0..20 {
            viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
        }
        running.kill();
        trainer.says("relay away");
        relay = Some(Relay::start(data.path(), address));
    }
    trainer.says("relay connected");
    let relay = relay.unwrap();
    let summary = trainer.interrupt();
    let log = Viewer::of(&relay, RUN).whole_log();
    let episodes = check_log(&log);
    assert!(log.len() > 120, "{}", log.len());
    assert!(summary.contains(&format!("{episodes} episodes")), "{summary}");
}

#[test]
fn what_memory_cannot_hold_waits_in_a_file_until_a_relay_comes() {
    let folder = tempfile::tempdir().unwrap();
    let (address, spill) = (free_address(), folder.path().to_str().unwrap());
    let url = format!("ws://{address}");
    let trainer =
        Trainer::start(&["run", "gridworld", "--endless", "--relay", &url, "--memory", "8192", "--spill", spill]);
    let spilled = |least: u64| {
        let files = std::fs::read_dir(format!("/proc/{}/fd", trainer.id())).unwrap().flatten();
        let ours = files.filter(|it| std::fs::read_link(it.path()).is_ok_and(|to| to.starts_with(folder.path())));
        ours.filter_map(|it| std::fs::metadata(it.path()).ok()).any(|it| it.len() >= least)
    };
    until("the spill file grows", || spilled(20_000));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a file without a name stays behind nowhere");
    let data = tempfile::tempdir().unwrap();
    let relay = Relay::start(data.path(), address);
    trainer.says("relay connected");
    until("the spill file goes", || !spilled(0));
    trainer.interrupt();
    check_log(&Viewer::of(&relay, RUN).whole_log());
}

#[test]
fn a_relay_that_lost_its_history_is_told_and_goes_on() {
    let (relay, _data) = relay();
    let address = relay.address;
    let trainer = Trainer::start(&["run", "gridworld", "--endless", "--relay", &relay.url()]);
    let mut viewer = Viewer::of(&relay, RUN);
    trainer.says("relay connected");
    viewer.listed(|it| it.live);
    viewer.subscribe(From::All);
    for _ in 0..5 {
        viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
    }
    relay.kill();
    trainer.says("relay away");
    let empty = tempfile::tempdir().unwrap();
    let relay = Relay::start(empty.path(), address);
    trainer.says("relay connected");
    let mut viewer = Viewer::of(&relay, RUN);
    viewer.listed(|it| it.live);
    viewer.subscribe(From::All);
    viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
    trainer.interrupt();
    let log = Viewer::of(&relay, RUN).whole_log();
    let events: Vec<_> = log.iter().map(|it| it.event.decode().unwrap()).collect();
    assert!(matches!(events[0], LogEvent::RunStarted { .. }));
    match &events[1] {
        LogEvent::Notice { text, .. } => assert!(text.starts_with("The relay no longer has the first"), "{text}"),
        other => panic!("{other:?}"),
    }
    for (index, entry) in log.iter().enumerate() {
        assert_eq!(entry.offset.0, index as u64);
    }
}

#[test]
fn a_second_trainer_of_the_same_name_takes_over_without_a_fight() {
    let (relay, _data) = relay();
    let start = || Trainer::start(&["run", "gridworld", "--endless", "--speed", "50", "--relay", &relay.url()]);
    let first = start();
    first.says("relay connected");
    Viewer::of(&relay, RUN).listed(|it| it.live);
    let second = start();
    first.says("no longer publishing");
    first.interrupt();
    let mut viewer = Viewer::of(&relay, RUN);
    viewer.listed(|it| it.live);
    assert!(accepted(&viewer.command(Command::Pause {})));
    second.interrupt();
}

#[test]
fn a_run_that_reaches_its_goal_ends_at_the_relay_too() {
    let (relay, _data) = relay();
    let arguments = ["run", "gridworld", "--episodes", "20000", "--relay", &relay.url(), "--run", "short"];
    let mut trainer = Trainer::start(&arguments);
    assert!(trainer.wait().success());
    let mut viewer = Viewer::of(&relay, "short");
    let log = viewer.whole_log();
    assert_eq!(check_log(&log), 20_000);
    match log.last().unwrap().event.decode().unwrap() {
        LogEvent::RunEnded { reason, episode, .. } => assert_eq!((reason, episode), (EndReason::Completed, 20_000)),
        other => panic!("{other:?}"),
    }
}
