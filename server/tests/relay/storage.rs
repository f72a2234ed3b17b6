//! Storage that is damaged, full or locked: named errors, and nothing recorded is lost.

use crate::harness::{Fixture, entry, get, run, run_test, state};
use rusqlite::{Connection, TransactionBehavior};
use server::{Relay, RelayConfig, StartError, StoreError};
use shared::Epoch;
use shared::event::StateKind;
use shared::message::{ClientMessage, ErrorCode, From, LogEntry, Role};
use std::io::{Seek as _, SeekFrom, Write as _};

/// A data directory with 2000 stored entries, its relay closed.
async fn filled() -> tempfile::TempDir {
    let fixture = Fixture::new().await;
    let mut publisher = fixture.publisher(1).await;
    for offset in (0..2000).step_by(100) {
        publisher.publish(1, offset..offset + 100).await;
    }
    publisher.acknowledged(2000).await;
    fixture.relay.shutdown().await;
    fixture.data
}

async fn on(data: tempfile::TempDir) -> Fixture {
    let relay = Relay::start(RelayConfig::local(data.path())).await.unwrap();
    Fixture { relay, data }
}

#[test]
fn history_survives_a_restart_and_its_publisher_goes_on_where_it_was() {
    run_test(async {
        let fixture = on(filled().await).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        assert_eq!(viewer.subscribe(From::All).await.history, 2000);
        viewer.log(0, 2000).await;
        let mut publisher = fixture.client(Role::Publisher).await;
        assert_eq!(publisher.announce(1).await, 2000);
        publisher.publish(1, 1990..2010).await;
        viewer.log(2000, 2010).await;
    });
}

#[test]
fn the_newest_state_survives_too() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..1).await;
        for sequence in 0..20 {
            publisher
                .publish_state(1, vec![state(StateKind::Frame, sequence), state(StateKind::OptimalSolution, 0)])
                .await;
        }
        publisher.settle().await;
        fixture.relay.shutdown().await;
        let fixture = on(fixture.data).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        let snapshot = viewer.subscribe(From::All).await.snapshot;
        assert_eq!(snapshot, [state(StateKind::Frame, 19), state(StateKind::OptimalSolution, 0)]);
        let mut publisher = fixture.client(Role::Publisher).await;
        publisher.announce(1).await;
        publisher.publish_state(1, vec![state(StateKind::Frame, 20)]).await;
        assert_eq!(viewer.state().await.0, [state(StateKind::Frame, 20)]);
    });
}

#[test]
fn an_entry_that_cannot_be_stored_is_refused_before_it_stands_in_the_way_of_others() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let entries = vec![LogEntry { time_millis: f64::NAN, ..entry(0) }];
        publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries }).await;
        assert_eq!(publisher.error().await.0, ErrorCode::Malformed);
        publisher.publish(1, 0..3).await;
        publisher.acknowledged(3).await;
    });
}

#[test]
fn a_shutdown_folds_the_write_ahead_log_into_the_database() {
    run_test(async {
        let data = filled().await;
        let left = std::fs::metadata(data.path().join("terrarium.db-wal")).map_or(0, |it| it.len());
        assert_eq!(left, 0);
    });
}

#[test]
fn a_corrupt_database_is_moved_aside_and_kept() {
    run_test(async {
        for (index, damage) in ["no database", "torn in the middle"].into_iter().enumerate() {
            let data = filled().await;
            let path = data.path().join("terrarium.db");
            let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.seek(SeekFrom::Start(if index == 0 { 0 } else { 40_000 })).unwrap();
            file.write_all(&vec![0xA5; 20_000]).unwrap();
            drop(file);
            let damaged = std::fs::read(&path).unwrap();

            let mut config = RelayConfig::local(data.path());
            config.access.insecure = true;
            let fixture = Fixture { relay: Relay::start(config).await.unwrap(), data };
            let kept = std::fs::read(fixture.data.path().join("terrarium.db.corrupt-1")).unwrap();
            assert!(kept == damaged, "{damage}: what was moved aside is not what was there");
            let mut publisher = fixture.publisher(2).await;
            publisher.publish(2, 0..10).await;
            publisher.acknowledged(10).await;
        }
    });
}

#[test]
fn a_database_of_a_newer_relay_is_left_alone() {
    run_test(async {
        let data = filled().await;
        let database = Connection::open(data.path().join("terrarium.db")).unwrap();
        database.execute_batch("PRAGMA user_version = 99").unwrap();
        drop(database);
        match Relay::start(RelayConfig::local(data.path())).await {
            Err(StartError::Store(StoreError::Newer { found: 99, .. })) => {}
            other => panic!("{other:?}"),
        }
        assert!(!data.path().join("terrarium.db.corrupt-1").exists());
    });
}

#[test]
fn a_data_directory_has_one_relay() {
    run_test(async {
        let fixture = Fixture::new().await;
        match Relay::start(RelayConfig::local(fixture.data.path())).await {
            Err(StartError::Store(error @ StoreError::InUse { .. })) => {
                assert!(error.to_string().contains("another relay"));
            }
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn while_nothing_can_be_stored_viewers_see_on_and_publishers_keep_their_entries() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..10).await;
        publisher.acknowledged(10).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe(From::All).await;

        let mut database = Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        let lock = database.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
        publisher.publish(1, 10..20).await;
        viewer.log(0, 20).await;
        let (code, message) = publisher.error().await;
        assert_eq!(code, ErrorCode::Storage);
        assert!(message.contains("locked"), "{message}");
        let (status, _, body) = get(fixture.address(), "/healthz", "").await;
        assert_eq!((status, body.as_str()), (200, r#"{"status":"storage failing","storage":false}"#));
        let mut late = fixture.client(Role::Viewer).await;
        assert_eq!(late.subscribe(From::All).await.history, 20);
        late.log(0, 20).await;

        drop(lock);
        publisher.acknowledged(20).await;
        fixture.relay.shutdown().await;
        let stored: i64 = database.query_row("SELECT count(*) FROM entries", [], |row| row.get(0)).unwrap();
        assert_eq!(stored, 20);
    });
}

#[test]
fn what_memory_cannot_hold_meanwhile_is_asked_for_again() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.limits.unstored_bytes = 4000;
            it.limits.recent_bytes = 1000;
        })
        .await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..10).await;
        publisher.acknowledged(10).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe(From::All).await;
        viewer.log(0, 10).await;

        let mut database = Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        let lock = database.transaction_with_behavior(TransactionBehavior::Exclusive).unwrap();
        publisher.publish(1, 10..11).await;
        assert_eq!(publisher.error().await.0, ErrorCode::Storage);
        for offset in 11..200 {
            publisher.publish(1, offset..offset + 1).await;
            // A viewer that keeps up sees it all live.
            viewer.log(if offset == 11 { 10 } else { offset }, offset + 1).await;
        }
        drop(lock);

        let resume = |it| match it {
            shared::ServerMessage::Resume { offset, .. } => Some(offset.0),
            _ => None,
        };
        assert_eq!(publisher.until(resume).await, 10);
        publisher.publish(1, 10..210).await;
        publisher.acknowledged(210).await;
        viewer.log(200, 210).await;
        let mut late = fixture.client(Role::Viewer).await;
        assert_eq!(late.subscribe(From::All).await.history, 210);
        late.log(0, 210).await;
        let database = Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        let first: Vec<u8> =
            database.query_row("SELECT event FROM entries WHERE offset = 150", [], |row| row.get(0)).unwrap();
        assert_eq!(first, entry(150).event.as_bytes());
    });
}
