//! The tools for data directories: copies, and runs on their way in and out.

use crate::harness::{Fixture, entry, run, run_test, tool};
use server::{Config, Relay, ToolError};
use shared::message::{ClientMessage, From, LogEntry, Role};
use shared::{Epoch, Offset, Payload};
use std::path::Path;

async fn on(data: &Path) -> Relay {
    Relay::start(Config::local(data)).await.unwrap()
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
        tool(["backup", from, to]).unwrap();
        assert!(matches!(tool(["backup", from, to]), Err(ToolError::Exists { .. })));
        let copied = entries(copy.path()).await;
        assert_eq!(copied.len(), 300);
        assert_eq!(copied[299], entry(299));
        let nowhere = tempfile::TempDir::new().unwrap();
        let error = tool(["backup", nowhere.path().to_str().unwrap(), "x.db"]).unwrap_err();
        assert!(error.to_string().contains("is no data directory"), "{error}");
    });
}

#[test]
fn a_run_goes_out_into_a_file_and_in_again_with_every_entry() {
    run_test(async {
        let fixture = filled().await;
        let other = tempfile::TempDir::new().unwrap();
        on(other.path()).await.shutdown().await;
        let file = other.path().join("run.jsonl");
        let (from, to) = (fixture.data.path().to_str().unwrap(), other.path().to_str().unwrap());
        let file = file.to_str().unwrap();
        let told = tool(["export", "gridworld", "--data", from, "--to", file]).unwrap();
        assert!(told.contains("300 entries"), "{told}");
        tool(["import", file, "--data", to]).unwrap();
        assert!(matches!(tool(["import", file, "--data", to]), Err(ToolError::RunExists { .. })));
        let copied = entries(other.path()).await;
        assert_eq!(copied.len(), 300);
        for (copied, offset) in copied.iter().zip(0..) {
            if offset != 150 {
                assert_eq!(copied, &entry(offset));
            }
        }
        assert_eq!(copied[150].event.as_bytes(), b"\x81\xa7unknown\x01");

        let table = other.path().join("episodes.csv");
        let table = table.to_str().unwrap();
        let told = tool(["export", "gridworld", "--data", from, "--format", "csv", "--to", table]).unwrap();
        assert!(!told.contains("several episodes"), "{told}");
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
        let error = tool(["import", table, "--data", to]).unwrap_err();
        assert!(error.to_string().contains("no file that `terrarium export` wrote"), "{error}");
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
        assert!(std::fs::metadata(fixture.data.path().join("terrarium.db")).unwrap().len() < 60_000);
        let relay = on(fixture.data.path()).await;
        let mut viewer = crate::harness::Client::greeted(relay.local_addr(), Role::Viewer).await;
        viewer.send(&ClientMessage::ListRuns {}).await;
        assert!(viewer.runs().await.is_empty());
    });
}
