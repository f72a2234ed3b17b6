//! Publishing: the whole log at the relay, whatever becomes of the relay.

use crate::harness::{Relay, Trainer, TrainerOutput, Viewer, check_log, free_address, json, trainer, until};
use shared::command::{Answer, Command};
use shared::event::{EndReason, LogEvent, Phase, StateEvent, Status};
use shared::message::{From, ServerMessage};
use shared::parameter::Value;
use std::path::{Path, PathBuf};

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
fn a_kept_run_that_was_tuned_goes_on_as_itself() {
    let (relay, _data) = relay();
    let root = tempfile::tempdir().unwrap();
    let (url, runs) = (relay.url(), root.path().to_str().unwrap());
    let kept = ["run", "gridworld", "--endless", "--speed", "300", "--relay", &url, "--run", RUN, "--runs", runs];
    let trainer = Trainer::start(&kept);
    trainer.says("relay connected");
    let mut viewer = Viewer::of(&relay, RUN);
    viewer.listed(|it| it.live);
    viewer.subscribe(From::All);
    viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
    let parameters = [("epsilon".to_owned(), Value::Number(0.25))].into();
    assert!(accepted(&viewer.command(Command::Tune { parameters })));
    trainer.interrupt();
    viewer.log_until(|event| matches!(event, LogEvent::RunEnded { .. }));
    let said = json(&["resume", &format!("gridworld/{RUN}"), "--runs", runs, "--steps", "20000", "--json"]);
    assert_eq!(said[0]["steps"], 20_000);
    let runs: Vec<_> = std::fs::read_dir(root.path().join("gridworld")).unwrap().collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
}

#[test]
fn who_watches_gets_the_agent_as_it_was_and_goes_on_from_there_to_the_same_hash() {
    for kept in [false, true] {
        let (relay, data) = relay();
        let runs = data.path().join("runs");
        let mut options = vec!["run", "gridworld", "--steps", "60000", "--speed", "30000", "--save-every", "0.2"];
        let url = relay.url();
        options.extend(["--relay", &url, "--run", "left"]);
        if kept {
            options.extend(["--runs", runs.to_str().unwrap()]);
        }
        let said = trainer(&options);
        assert_eq!(said.code, Some(0), "{}", said.err);
        let mut viewer = Viewer::of(&relay, "left");
        let log = viewer.whole_log();
        check_log(&log);
        let events = log.iter().map(|it| it.event.decode().unwrap());
        let left: Vec<_> = events
            .filter_map(|event| match event {
                LogEvent::Checkpoint { step, run_hash, artifact: Some(file), .. } => Some((step, run_hash, file)),
                _ => None,
            })
            .collect();
        assert!(left.len() > 1, "{left:?}");
        let (last_step, last_hash, _) = left.last().unwrap().clone();
        assert_eq!(last_step, 60_000);
        for (step, run_hash, file) in [&left[0], left.last().unwrap()] {
            let checkpoint = shared::agent_file::read(viewer.file(file).bytes().unwrap()).unwrap();
            assert_eq!((checkpoint.step, format!("{:016x}", checkpoint.hash)), (*step, run_hash.clone()));
            let mut run = run::Run::from_checkpoint(&checkpoint).unwrap();
            run.command(Command::Resume { until_episode: None });
            while run.step() < last_step {
                run.advance(last_step - run.step());
            }
            assert_eq!(run.hash(), last_hash);
        }
    }
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
fn a_relay_whose_database_was_deleted_is_told_all_episodes_again_and_what_is_missing() {
    let (relay, data) = relay();
    let address = relay.address;
    let trainer = Trainer::start(&["run", "gridworld", "--endless", "--speed", "2000", "--relay", &relay.url()]);
    trainer.says("relay connected");
    let mut viewer = Viewer::of(&relay, RUN);
    viewer.listed(|it| it.live);
    viewer.subscribe(From::None);
    for _ in 0..30 {
        viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
    }
    relay.kill();
    trainer.says("relay away");
    let empty = tempfile::tempdir().unwrap();
    drop(data);
    let relay = Relay::start(empty.path(), address);
    trainer.says("relay connected");
    let said = trainer.says("does not have the first");
    assert!(said.contains("its episodes up to there are told again"), "{said}");
    let mut viewer = Viewer::of(&relay, RUN);
    viewer.listed(|it| it.live);
    viewer.subscribe(From::None);
    viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
    let summary = trainer.interrupt();
    let log = Viewer::of(&relay, RUN).whole_log();
    let episodes = check_log(&log);
    assert!(summary.contains(&format!("{episodes} episodes")), "{summary}");
    let notice = log.iter().find_map(|entry| match entry.event.decode().unwrap() {
        LogEvent::Notice { text, .. } => Some(text),
        _ => None,
    });
    assert!(notice.is_some_and(|text| text.starts_with("The relay does not have the first ")));
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
    let names = || std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names(), 1);
    let data = tempfile::tempdir().unwrap();
    let relay = Relay::start(data.path(), address);
    trainer.says("relay connected");
    until("the spill file goes", || !spilled(0));
    assert_eq!(names(), 0, "nothing stays behind");
    trainer.interrupt();
    check_log(&Viewer::of(&relay, RUN).whole_log());
}

#[test]
fn what_waited_in_a_file_is_delivered_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (address, spill) = (free_address(), folder.path().to_str().unwrap());
    let url = format!("ws://{address}");
    let trainer =
        Trainer::start(&["run", "gridworld", "--endless", "--relay", &url, "--memory", "8192", "--spill", spill]);
    trainer.says("log events wait for the relay in ");
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    until("the spill file grows", || std::fs::metadata(&file).unwrap().len() > 40_000);
    let data = tempfile::tempdir().unwrap();
    let busy = crate::harness::trainer(&["deliver", file.to_str().unwrap(), "--relay", &url]);
    assert!(busy.err.contains("is being written by the process of its run"), "{}", busy.err);
    trainer.kill();
    // The last block was being written.
    let whole = std::fs::metadata(&file).unwrap().len();
    std::fs::File::options().write(true).open(&file).unwrap().set_len(whole - 9).unwrap();
    let relay = Relay::start(data.path(), address);
    // What is in it can be read without a relay, too.
    let events = data.path().join("events");
    let told = crate::harness::said(&["convert", file.to_str().unwrap(), "--tensorboard", events.to_str().unwrap()]);
    assert!(told.contains("values of run gridworld-q-learning"), "{told}");
    let said = crate::harness::said(&["deliver", file.to_str().unwrap(), "--relay", &url]);
    assert!(said.contains("log events of run gridworld-q-learning are at"), "{said}");
    assert!(!file.exists());
    assert!(check_log(&Viewer::of(&relay, RUN).log_so_far()) > 0);
}

#[test]
fn what_can_be_kept_nowhere_else_stays_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (url, spill) = (format!("ws://{}", free_address()), folder.path().to_str().unwrap());
    let mut limited = std::process::Command::new("sh");
    // Enough for some of the blocks, and too little for all of them and what is in memory.
    limited.args(["-c", "ulimit -f 64; exec \"$0\" \"$@\""]).arg(crate::harness::command(&[]).get_program());
    limited.args(["run", "gridworld", "--episodes", "200000", "--relay", &url, "--deliver-for", "0"]);
    let output = limited.args(["--memory", "8192", "--spill", spill]).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?} {err}") };
    let words = format!("could not be kept either: {spill}: File too large (os error 27); what memory could not hold");
    assert!(output.status.code() == Some(1) && err.contains(&words), "{:?} {err}", output.status);
    assert!(err.contains(&format!("stays in {0}; `terrarium deliver {0} --relay {url}/", file.display())), "{err}");
    let (relay, _data) = relay();
    let said = crate::harness::said(&["deliver", file.to_str().unwrap(), "--relay", &relay.url()]);
    assert!(said.contains("log events of run gridworld-q-learning are at"), "{said}");
    assert!(check_log(&Viewer::of(&relay, RUN).log_so_far()) > 0);
}

#[test]
fn what_was_tuned_after_the_last_save_is_tuned_again_after_a_kill() {
    let (relay, _data) = relay();
    let root = tempfile::tempdir().unwrap();
    let (url, runs) = (relay.url(), root.path().to_str().unwrap());
    let kept = ["run", "gridworld", "--endless", "--speed", "300", "--save-every", "1000", "--relay", &url];
    let trainer = Trainer::start(&[&kept[..], &["--run", RUN, "--runs", runs]].concat());
    trainer.says("relay connected");
    let mut viewer = Viewer::of(&relay, RUN);
    viewer.listed(|it| it.live);
    viewer.subscribe(From::All);
    viewer.log_until(|event| matches!(event, LogEvent::Episodes(_)));
    let parameters = [("epsilon".to_owned(), Value::Number(0.25))].into();
    assert!(accepted(&viewer.command(Command::Tune { parameters })));
    trainer.kill();
    let place = format!("gridworld/{RUN}");
    let said = crate::harness::trainer(&["resume", &place, "--runs", runs, "--steps", "20000", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let summary: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(summary["changes"][0]["parameters"]["epsilon"], 0.25);
    let step = summary["changes"][0]["step"].as_u64().unwrap();
    let change = format!("{step}:epsilon=0.25");
    let planned = json(&["run", "gridworld", "--steps", "20000", "--change", &change, "--json"]);
    assert_eq!(planned[0]["run_hash"], summary["run_hash"]);
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
        LogEvent::Notice { text, .. } => assert!(text.starts_with("The relay does not have the first"), "{text}"),
        other => panic!("{other:?}"),
    }
    for (index, entry) in log.iter().enumerate() {
        assert_eq!(entry.offset.0, index as u64);
    }
}

#[test]
fn a_second_trainer_of_the_same_name_takes_over_without_a_fight() {
    let (relay, _data) = relay();
    let folder = tempfile::tempdir().unwrap();
    let spill = folder.path().to_str().unwrap();
    let start = || {
        Trainer::start(&["run", "gridworld", "--endless", "--speed", "50", "--relay", &relay.url(), "--spill", spill])
    };
    let first = start();
    first.says("relay connected");
    Viewer::of(&relay, RUN).listed(|it| it.live);
    let second = start();
    first.says("no longer publishing");
    let (code, said) = first.interrupt_any();
    assert!(code == Some(1) && said.contains("announced by another publisher"), "{said}");
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

/// How a run stands, as a late joiner is told.
fn status(relay: &Relay, run: &str) -> Status {
    let mut viewer = Viewer::of(relay, run);
    viewer.listed(|it| !it.live);
    let snapshot = viewer.snapshot();
    let events = snapshot.into_iter().map(|it| it.event.decode().unwrap());
    events.into_iter().find_map(|it| if let StateEvent::Status(status) = it { Some(status) } else { None }).unwrap()
}

#[test]
fn a_run_that_is_over_before_the_relay_is_reached_shows_where_it_ended() {
    let (relay, _data) = relay();
    json(&["run", "gridworld", "--episodes", "500", "--relay", &relay.url(), "--json"]);
    let status = status(&relay, RUN);
    assert_eq!((status.phase, status.episode), (Phase::Ended, 500));
}

#[test]
fn a_relay_that_comes_in_time_gets_everything_of_a_run_that_is_over() {
    let address = free_address();
    let arguments = ["run", "gridworld", "--episodes", "500", "--deliver-for", "100", "--relay"];
    let mut trainer = Trainer::start(&[&arguments[..], &[&format!("ws://{address}/")]].concat());
    trainer.says("log events are not at the relay yet; trying for 100 s");
    let data = tempfile::tempdir().unwrap();
    let relay = Relay::start(data.path(), address);
    assert!(trainer.wait().success());
    assert_eq!(check_log(&Viewer::of(&relay, RUN).whole_log()), 500);
    assert_eq!(status(&relay, RUN).episode, 500);
}

/// A run of 500 episodes whose relay is not there: what it said, and the file with its events.
fn undelivered(folder: &Path, url: &str) -> (TrainerOutput, PathBuf) {
    let spill = folder.to_str().unwrap();
    let arguments =
        ["run", "gridworld", "--episodes", "500", "--json", "--relay", url, "--deliver-for", "1", "--spill", spill];
    let said = trainer(&arguments);
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?} {}", said.err) };
    (said, file.clone())
}

#[test]
fn what_reaches_no_relay_is_kept_named_and_delivered_later() {
    let folder = tempfile::tempdir().unwrap();
    let address = free_address();
    let url = format!("ws://{address}");
    let (said, file) = undelivered(folder.path(), &url);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.out.contains("\"episodes\":500"), "the summary is there all the same: {}", said.out);
    let path = file.to_str().unwrap();
    for words in ["log events did not reach the relay at ws://", "refused", "tried for 1 s", "kept in", path] {
        assert!(said.err.contains(words), "{words:?} is not in {}", said.err);
    }

    let again = trainer(&["deliver", path, "--relay", &url, "--deliver-for", "1"]);
    assert!(again.code == Some(1) && again.err.contains("They stay in"), "{}", again.err);

    let data = tempfile::tempdir().unwrap();
    let relay = Relay::start(data.path(), address);
    let delivered = trainer(&["deliver", path, "--relay", &url]);
    assert_eq!(delivered.code, Some(0), "{}", delivered.err);
    assert!(delivered.out.contains(&format!("log events of run {RUN} are at ws://")), "{}", delivered.out);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file is no longer needed");
    assert_eq!(check_log(&Viewer::of(&relay, RUN).whole_log()), 500);
    assert_eq!(status(&relay, RUN).episode, 500);
}

#[test]
fn an_address_without_a_stream_is_told_in_words_with_the_way_out() {
    let (relay, _data) = relay();
    let port = relay.address.port();
    for (url, wanted) in [
        // The name is none of the machine's own, although it leads there.
        (format!("ws://127.1:{port}"), "this relay does not answer as \"127.1"),
        (format!("ws://127.0.0.1:{port}/team"), "write the path, too"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (said, _) = undelivered(folder.path(), &url);
        assert!(said.err.contains(wanted), "{wanted:?} is not in {}", said.err);
        assert!(!said.err.contains("HTTP error"), "{}", said.err);
    }
}

#[test]
fn a_delivery_does_not_take_a_run_from_who_publishes_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_, file) = undelivered(folder.path(), &format!("ws://{}", free_address()));
    let (relay, _data) = relay();
    let live = Trainer::start(&["run", "gridworld", "--endless", "--speed", "50", "--relay", &relay.url()]);
    let mut viewer = Viewer::of(&relay, RUN);
    viewer.listed(|it| it.live);
    let deliver = || trainer(&["deliver", file.to_str().unwrap(), "--relay", &relay.url(), "--deliver-for", "5"]);
    let said = deliver();
    assert!(said.code == Some(1) && said.err.contains("is being published there at the moment"), "{}", said.err);
    assert!(accepted(&viewer.command(Command::Pause {})));
    live.interrupt();
    viewer.listed(|it| !it.live);
    let said = deliver();
    assert!(said.code == Some(1) && said.err.contains("has a later epoch there"), "{}", said.err);
    assert!(file.exists() && said.err.contains("--run NAME"), "{}", said.err);
    let named = ["deliver", file.to_str().unwrap(), "--relay", &relay.url(), "--run", "earlier"];
    let said = trainer(&named);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(!file.exists());
    assert_eq!(check_log(&Viewer::of(&relay, "earlier").whole_log()), 500);
}

#[test]
fn what_is_no_file_of_events_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (_, file) = undelivered(folder.path(), &format!("ws://{}", free_address()));
    let whole = std::fs::read(&file).unwrap();
    for (bytes, words) in [(&b"PK"[..], "does not begin like one"), (&whole[..whole.len() / 2], "cut short or damaged")]
    {
        std::fs::write(&file, bytes).unwrap();
        let said = trainer(&["deliver", file.to_str().unwrap(), "--relay", "ws://127.0.0.1:9"]);
        assert!(said.code == Some(2) && said.err.contains(words), "{}", said.err);
    }
}

#[test]
fn a_file_without_a_whole_event_is_not_delivered_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (url, spill) = (format!("ws://{}", free_address()), folder.path().to_str().unwrap());
    let trainer =
        Trainer::start(&["run", "gridworld", "--endless", "--relay", &url, "--memory", "8192", "--spill", spill]);
    trainer.says("log events wait for the relay in ");
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    trainer.kill();
    std::fs::File::options().write(true).open(&file).unwrap().set_len(60).unwrap();
    let (relay, _data) = relay();
    let said = crate::harness::trainer(&["deliver", file.to_str().unwrap(), "--relay", &relay.url()]);
    assert!(said.code == Some(2) && said.err.contains("holds no whole log event"), "{:?} {}", said.code, said.err);
    assert!(file.exists());
}

#[test]
fn an_interrupted_delivery_says_how_long_it_tried() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("ws://{}", free_address());
    let (_, file) = undelivered(folder.path(), &url);
    let trainer = Trainer::start(&["deliver", file.to_str().unwrap(), "--relay", &url, "--deliver-for", "300"]);
    trainer.says("trying for 300 s");
    trainer.says("relay away");
    let (code, said) = trainer.interrupt_any();
    assert!(code == Some(1) && said.contains("tried for ") && !said.contains("tried for 300 s"), "{said}");
}
