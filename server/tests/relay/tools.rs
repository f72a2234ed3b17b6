//! The tools for data directories: copies, and runs on their way in and out.

use crate::harness::{Fixture, entry, run, run_test, state, tool};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use server::{Relay, RelayConfig, ToolError};
use shared::artifact::ArtifactHash;
use shared::event::{LogEvent, StateKind};
use shared::message::{ClientMessage, From, LogEntry, Role, RunSummary, ServerMessage};
use shared::{Epoch, Offset, Payload, codec};
use std::collections::BTreeMap;
use std::path::Path;

async fn on(data: &Path) -> Relay {
    Relay::start(RelayConfig::local(data)).await.unwrap()
}

/// A relay whose run has 300 entries, one of which nobody understands.
async fn filled() -> Fixture {
    let fixture = Fixture::new().await;
    let mut publisher = fixture.publisher(1).await;
    let unknown = Payload::from_bytes(b"\x81\xa7unknown\x01".to_vec());
    let entries: Vec<_> = (0..300)
        .map(|offset| match offset {
            150 => LogEntry { offset: Offset(150), time_millis: 5.0, event: unknown.clone() },
            _ => entry(offset),
        })
        .collect();
    publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries }).await;
    publisher.acknowledged(300).await;
    fixture
}

/// All entries of the run.
async fn entries(data: &Path) -> Vec<LogEntry> {
    let relay = on(data).await;
    let mut viewer = crate::harness::Client::greeted(relay.local_addr(), Role::Viewer).await;
    let history = viewer.subscribe(From::All).await.history;
    let mut entries = Vec::new();
    while (entries.len() as u64) < history {
        entries.extend(viewer.log_message().await);
    }
    relay.shutdown().await;
    entries
}

#[test]
fn a_backup_of_a_running_relay_is_a_data_directory_of_its_own() {
    run_test(async {
        let fixture = filled().await;
        let copy = tempfile::TempDir::new().unwrap();
        let file = copy.path().join("terrarium.db");
        let (from, to) = (fixture.data.path().to_str().unwrap(), file.to_str().unwrap());
        let part = copy.path().join("terrarium.db.unfinished");
        std::fs::write(&part, "of somebody else").unwrap();
        tool(["backup", from, to]).unwrap();
        assert_eq!(std::fs::read(&part).unwrap(), b"of somebody else");
        assert_eq!(std::fs::read_dir(copy.path()).unwrap().count(), 2, "nothing unfinished is left");
        let deeper = copy.path().join("a/b/terrarium.db");
        tool(["backup", deeper.to_str().unwrap(), "--data", from]).unwrap();
        assert!(matches!(tool(["backup", from, to]), Err(ToolError::Exists { .. })));
        let copied = entries(copy.path()).await;
        assert_eq!(copied.len(), 300);
        assert_eq!(copied[299], entry(299));
        let nowhere = tempfile::TempDir::new().unwrap();
        let error = tool(["backup", nowhere.path().to_str().unwrap(), "x.db"]).unwrap_err();
        assert!(error.to_string().contains("is no data directory"), "{error}");
        let untouched = copy.path().join("none/x.db");
        tool(["backup", nowhere.path().to_str().unwrap(), untouched.to_str().unwrap()]).unwrap_err();
        assert!(!copy.path().join("none").exists(), "what has nothing to copy makes no folder");
    });
}

#[test]
fn a_database_that_cannot_be_opened_is_named_with_the_way_out() {
    run_test(async {
        let fixture = filled().await;
        fixture.relay.shutdown().await;
        let file = fixture.data.path().join("terrarium.db");
        let whole = std::fs::read(&file).unwrap();
        let directory = fixture.data.path().to_str().unwrap();
        for content in
            [&b"no database at all, but long enough to have a header of one, which begins otherwise"[..], &[7; 8192]]
        {
            std::fs::write(&file, content).unwrap();
            for told in [tool(["doctor", directory]), tool(["doctor", directory, "--repair"])] {
                let error = told.unwrap_err();
                assert!(matches!(error, ToolError::Unreadable { .. }), "{error}");
                assert!(error.to_string().contains("terrarium backup"), "{error}");
            }
            assert_eq!(std::fs::read(&file).unwrap(), content, "nothing was changed");
        }
        std::fs::write(&file, whole).unwrap();
        assert!(tool(["doctor", directory]).unwrap().contains("sound"));
    });
}

#[test]
fn a_run_goes_out_into_a_file_and_in_again_with_every_entry() {
    run_test(async {
        let fixture = filled().await;
        let other = tempfile::TempDir::new().unwrap();
        let (file, made) = (other.path().join("run.jsonl"), other.path().join("made"));
        let (from, to) = (fixture.data.path().to_str().unwrap(), made.to_str().unwrap());
        let file = file.to_str().unwrap();
        let told = tool(["export", "gridworld", "--data", from, "--to", file, "--epoch", "0x1"]).unwrap();
        assert!(told.contains("300 entries"), "{told}");
        let error = tool(["export", "gridworld", "--data", from, "--to", file]).unwrap_err();
        assert!(matches!(error, ToolError::Exists { .. }), "{error}");
        // As a program leaves it that puts a byte order mark before every text.
        let marked = other.path().join("marked.jsonl");
        std::fs::write(&marked, format!("\u{feff}{}", std::fs::read_to_string(file).unwrap())).unwrap();
        tool(["import", marked.to_str().unwrap(), "--data", to]).unwrap();
        assert!(matches!(tool(["import", file, "--data", to]), Err(ToolError::RunExists { .. })));
        let copied = entries(&made).await;
        assert_eq!(copied.len(), 300);
        for (copied, offset) in copied.iter().zip(0..) {
            if offset != 150 {
                assert_eq!(copied, &entry(offset));
            }
        }
        assert_eq!(copied[150].event.as_bytes(), b"\x81\xa7unknown\x01");

        let table = other.path().join("episodes.csv");
        let table = table.to_str().unwrap();
        let part = other.path().join("episodes.csv.unfinished");
        std::fs::write(&part, "of somebody else").unwrap();
        let told = tool(["export", "gridworld", "--data", from, "--format", "csv", "--to", table]).unwrap();
        assert!(told.contains(&format!("in {table}\n")), "{told}");
        let inside = other.path().join("none/episodes.csv");
        let error = tool(["export", "gridworld", "--data", from, "--to", inside.to_str().unwrap()]).unwrap_err();
        assert!(error.to_string().starts_with(&format!("{}: No such file", inside.display())), "{error}");
        tool(["export", "nobody", "--data", from, "--to", other.path().join("episodes").to_str().unwrap()])
            .unwrap_err();
        assert_eq!(std::fs::read(&part).unwrap(), b"of somebody else");
        let names = std::fs::read_dir(other.path()).unwrap().map(|it| it.unwrap().file_name());
        let names: Vec<_> = names.filter(|it| it.to_string_lossy().starts_with('.')).collect();
        assert!(names.is_empty(), "{names:?}");
        assert!(told.contains("298 rows of 300 entries") && !told.contains("several episodes"), "{told}");
        let rows = std::fs::read_to_string(table).unwrap();
        assert!(rows.starts_with("episode,count,return,length,outcome\n0,1,0,8,"), "{}", &rows[..100]);
        assert_eq!(rows.lines().count(), 1 + 298);

        // A file that is cut or altered is refused, and nothing of it stays.
        let text = std::fs::read_to_string(file).unwrap();
        let without: Vec<_> = text.lines().enumerate().filter(|(line, _)| *line != 40).map(|(_, text)| text).collect();
        let holed = other.path().join("holed.jsonl");
        std::fs::write(&holed, without.join("\n").replace("\"epoch\":1", "\"epoch\":2")).unwrap();
        let error = tool(["import", holed.to_str().unwrap(), "--data", to]).unwrap_err();
        assert!(error.to_string().contains("line 41 is no log entry: its offset is 40, where 39 was"), "{error}");
        let error = tool(["export", "gridworld", "--epoch", "2", "--data", to, "--to", "x"]).unwrap_err();
        assert!(error.to_string().contains("no run gridworld with epoch 2"), "{error}");
        let nowhere = other.path().join("nowhere");
        let error = tool(["import", table, "--data", nowhere.to_str().unwrap()]).unwrap_err();
        assert!(!nowhere.exists(), "what has nothing to take in makes no directory");
        assert!(error.to_string().contains("no file that `terrarium export` wrote"), "{error}");
    });
}

#[test]
fn tools_take_the_directory_in_front_of_what_they_are_for() {
    run_test(async {
        let fixture = filled().await;
        fixture.relay.shutdown().await;
        let other = tempfile::TempDir::new().unwrap();
        let (from, made) = (fixture.data.path().to_str().unwrap(), other.path().join("made"));
        let (file, to) = (other.path().join("run.jsonl"), made.to_str().unwrap());
        let file = file.to_str().unwrap();
        tool(["export", from, "gridworld", "--epoch", "1", "--to", file]).unwrap();
        tool(["import", to, file]).unwrap();
        assert_eq!(entries(&made).await.len(), 300);
        assert!(tool(["token", "create", to, "viewer"]).unwrap().contains("opens the role viewer"));
        let listed = tool(["token", "list", to]).unwrap();
        let number = listed.lines().nth(1).and_then(|it| it.split_whitespace().next()).unwrap();
        assert!(tool(["token", "revoke", to, number]).unwrap().contains("opens nothing any longer"));
        tool(["delete", to, "gridworld"]).unwrap();
        assert!(matches!(tool(["delete", "gridworld", "--data", to]), Err(ToolError::NoRun { .. })));
    });
}

#[test]
fn a_run_that_is_deleted_is_gone_and_its_space_is_given_back() {
    run_test(async {
        let fixture = filled().await;
        let data = fixture.data.path().to_str().unwrap().to_owned();
        let error = tool(["delete", "gridworld", "--data", &data]).unwrap_err();
        assert!(error.to_string().contains("another relay is using"), "{error}");
        fixture.relay.shutdown().await;
        tool(["delete", "gridworld", "--data", &data]).unwrap();
        assert!(matches!(tool(["delete", "gridworld", "--data", &data]), Err(ToolError::NoRun { .. })));
        tool(["compact", &data]).unwrap();
        tool(["compact", "--data", &data]).unwrap();
        assert!(std::fs::metadata(fixture.data.path().join("terrarium.db")).unwrap().len() < 60_000);
        let relay = on(fixture.data.path()).await;
        let mut viewer = crate::harness::Client::greeted(relay.local_addr(), Role::Viewer).await;
        viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert!(viewer.runs().await.is_empty());
    });
}

#[test]
fn tables_of_episodes_and_of_metrics_hold_every_row() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let values = [("loss".to_owned(), f64::NAN), ("charts/epsilon, \"ε\"".to_owned(), 0.5)];
        let metrics = LogEvent::Metrics { step: 9, episode: 3, values: values.into(), statistics: BTreeMap::new() };
        let metrics = LogEntry { offset: Offset(3), time_millis: 7.0, event: Payload::plain(&metrics).unwrap() };
        let entries = vec![entry(0), entry(1), entry(2), metrics];
        publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries }).await;
        publisher.acknowledged(4).await;
        let data = fixture.data.path().to_str().unwrap();
        let to = |name: &str| fixture.data.path().join(name).to_str().unwrap().to_owned();
        let export = |format: &str, table: &str, to: &str| {
            tool(["export", "gridworld", "--data", data, "--format", format, "--table", table, "--to", to]).unwrap();
        };
        let (episodes, all, text) = (to("episodes.parquet"), to("metrics.parquet"), to("metrics.csv"));
        export("parquet", "episodes", &episodes);
        export("parquet", "metrics", &all);
        export("csv", "metrics", &text);
        let error = tool(["export", "gridworld", "--data", data, "--table", "metrics", "--to", "x"]).unwrap_err();
        assert!(error.to_string().contains("--table has no effect"), "{error}");
        let rows = |path: &str| -> Vec<String> {
            let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
            reader.get_row_iter(None).unwrap().map(|it| it.unwrap().to_string()).collect()
        };
        assert_eq!(
            rows(&episodes),
            [
                "{episode: 0, count: 1, return: 0E0, length: 8.0, outcome: null}",
                "{episode: 1, count: 1, return: 1.0, length: 8.0, outcome: null}"
            ]
        );
        assert_eq!(
            rows(&all),
            [
                "{step: 9, episode: 3, time_millis: 7.0, value: 0.5, metric: \"charts/epsilon, \"ε\"\"}",
                "{step: 9, episode: 3, time_millis: 7.0, value: NaN, metric: \"loss\"}"
            ]
        );
        assert_eq!(
            std::fs::read_to_string(text).unwrap(),
            "step,episode,time_millis,metric,value\n9,3,7,\"charts/epsilon, \"\"ε\"\"\",0.5\n9,3,7,loss,NaN\n"
        );
    });
}

/// The messages of a file of a snapshot.
fn messages(folder: &Path, name: &str) -> Vec<ServerMessage> {
    let bytes = std::fs::read(folder.join("frozen").join(name)).unwrap();
    let (mut rest, mut messages) = (&bytes[..], Vec::new());
    while let Some((size, after)) = rest.split_first_chunk::<4>() {
        let (message, after) = after.split_at(u32::from_le_bytes(*size) as usize);
        messages.push(codec::from_bytes(message).unwrap());
        rest = after;
    }
    messages
}

#[test]
fn a_snapshot_holds_what_a_viewer_would_be_told_and_the_page() {
    run_test(async {
        let fixture = filled().await;
        let mut publisher = fixture.client(Role::Publisher).await;
        publisher.announce(2).await;
        publisher.publish(2, 0..5).await;
        publisher.publish_state(2, vec![state(StateKind::Status, 4)]).await;
        publisher.acknowledged(5).await;
        publisher.send(&ClientMessage::Withdraw { run: run() }).await;
        publisher.settle().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        let listed = viewer.runs().await;
        let snapshot = viewer.subscribe_to(2, From::Thinned(4096)).await.snapshot;
        fixture.relay.shutdown().await;
        let (whole, incomplete) = (ArtifactHash::of(b"agent"), ArtifactHash::of(b"incomplete"));
        let kept = fixture.data.path().join("artifacts/gridworld");
        std::fs::create_dir_all(&kept).unwrap();
        std::fs::write(kept.join(whole.to_string()), "agent").unwrap();
        std::fs::write(kept.join(format!("{incomplete}.part")), "inc").unwrap();

        let (page, folder) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
        std::fs::write(page.path().join("index.html"), "<!doctype html><head><title>page").unwrap();
        std::fs::write(page.path().join("index.html.br"), "old").unwrap();
        std::fs::create_dir(page.path().join("networks")).unwrap();
        std::fs::write(page.path().join("networks/a.wasm"), "wasm").unwrap();
        let into = folder.path().join("snapshot");
        let data = fixture.data.path().to_str().unwrap();
        let (into_text, page_text) = (into.to_str().unwrap(), page.path().to_str().unwrap());
        let freeze = || tool(["freeze", "--data", data, "--into", into_text, "--page", page_text]);
        let told = freeze().unwrap();
        assert!(told.starts_with("1 runs with 2 epochs, 1 artifacts and the page"), "{told}");
        let read = |name: &str| std::fs::read_to_string(into.join(name)).unwrap();
        assert_eq!(read("index.html"), "<!doctype html><head><script src=\"frozen.js\"></script><title>page");
        assert_eq!((read("networks/a.wasm"), into.join("index.html.br").exists()), ("wasm".into(), false));
        assert!(read("frozen.js").contains("frozen/") && read("terrarium.json").contains("\"relay\":true"));
        assert_eq!(read(&format!("frozen/artifacts/{whole}")), "agent");
        assert_eq!(std::fs::read_dir(into.join("frozen/artifacts")).unwrap().count(), 1, "what is complete");
        let index: serde_json::Value = serde_json::from_str(&read("frozen/index.json")).unwrap();
        assert_eq!(index["runs"]["gridworld"]["shown"], 2);

        assert!(matches!(messages(&into, "welcome.frames")[..], [ServerMessage::Welcome { role: Role::Viewer, .. }]));
        let [ServerMessage::Runs { runs, .. }] = &messages(&into, "runs.frames")[..] else { panic!("no list") };
        let known = |runs: &[RunSummary]| {
            let known = |it: &RunSummary| (it.run.clone(), it.epoch, it.entries, it.live, it.earlier.clone());
            runs.iter().map(known).collect::<Vec<_>>()
        };
        assert_eq!(known(runs), known(&listed));
        let told = messages(&into, index["runs"]["gridworld"]["epochs"]["2"].as_str().unwrap());
        let [ServerMessage::Subscribed { snapshot: frozen, history, epoch, .. }, ServerMessage::Log { entries, .. }] =
            &told[..]
        else {
            panic!("{told:?}")
        };
        assert_eq!((frozen, *history, *epoch), (&snapshot, 5, Epoch(2)));
        assert_eq!(*entries, (0..5).map(entry).collect::<Vec<_>>());
        let earlier = messages(&into, index["runs"]["gridworld"]["epochs"]["1"].as_str().unwrap());
        assert!(
            matches!(earlier[0], ServerMessage::Subscribed { epoch: Epoch(1), history: 300, .. }),
            "{:?}",
            earlier[0]
        );

        let error = freeze().unwrap_err().to_string();
        assert!(error.contains("not empty"), "{error}");
        let other = folder.path().join("other");
        let other = other.to_str().unwrap();
        let error = tool(["freeze", "taxi", "--data", data, "--into", other, "--page", page_text]).unwrap_err();
        assert!(error.to_string().contains("there is no run taxi; the directory has gridworld"), "{error}");
        let error = tool(["freeze", "--data", data, "--into", other, "--page", data]).unwrap_err().to_string();
        assert!(error.contains("no index.html"), "{error}");
    });
}
