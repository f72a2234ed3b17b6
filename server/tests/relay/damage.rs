//! Damage on disk: what is damaged is lost, is said to be, and nothing else is.

use crate::harness::{Client, Fixture, entry, get, run_test, tool};
use crate::process::Chance;
use rusqlite::Connection;
use server::{Relay, RelayConfig, ToolError};
use shared::event::LogEvent;
use shared::message::{From, LogEntry, Role};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

const ENTRIES: u64 = 2000;

/// A data directory with stored entries, its relay closed.
async fn filled() -> tempfile::TempDir {
    let fixture = Fixture::with(|it| it.limits.recent_bytes = 1000).await;
    let mut publisher = fixture.publisher(1).await;
    for offset in (0..ENTRIES).step_by(100) {
        publisher.publish(1, offset..offset + 100).await;
    }
    publisher.acknowledged(ENTRIES).await;
    fixture.relay.shutdown().await;
    fixture.data
}

/// A relay that starts although damage may have taken tokens.
async fn on(data: tempfile::TempDir) -> Fixture {
    let mut config = RelayConfig::local(data.path());
    config.access.insecure = true;
    Fixture { relay: Relay::start(config).await.unwrap(), data }
}

fn overwrite(data: &Path, from: u64, bytes: usize) {
    let mut file = std::fs::OpenOptions::new().write(true).open(data.join("terrarium.db")).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.write_all(&vec![0xA5; bytes]).unwrap();
}

/// Puts what nobody would store into the row of an entry.
fn spoil(data: &Path, offset: u64, assignment: &str) {
    let run =
        |statements: &str| Connection::open(data.join("terrarium.db")).unwrap().execute_batch(statements).unwrap();
    let rewrite = |from: &str, to: &str| {
        run(&format!(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, '{from}', '{to}') WHERE name = 'entries';"
        ));
    };
    rewrite(") STRICT", ") /*STRICT*/");
    run(&format!("UPDATE entries SET {assignment} WHERE offset = {offset}"));
    rewrite(") /*STRICT*/", ") STRICT");
}

/// How many pages are damaged in turn, and how often stretches; `TERRARIUM_DAMAGES` asks for more.
fn damages() -> usize {
    std::env::var("TERRARIUM_DAMAGES").map_or(24, |it| it.parse().unwrap())
}

/// The offsets of the entries that are lost, of a log that has every offset once, whatever is in it.
async fn lost(viewer: &mut Client) -> Vec<u64> {
    assert_eq!(viewer.subscribe(From::All).await.history, ENTRIES);
    let (mut next, mut lost) = (0, Vec::new());
    while next < ENTRIES {
        for found in viewer.log_message().await {
            assert_eq!(found.offset.0, next);
            if is_notice_of_damage(&found) {
                lost.push(next);
            } else {
                assert_eq!(found, entry(next));
            }
            next += 1;
        }
    }
    lost
}

fn is_notice_of_damage(entry: &LogEntry) -> bool {
    matches!(entry.event.decode(), Ok(LogEvent::Notice { text, .. }) if text.contains("was damaged"))
}

#[test]
fn the_doctor_finds_a_damaged_artifact_and_leaves_a_sound_database_alone() {
    run_test(async {
        let data = filled().await;
        let database = std::fs::read(data.path().join("terrarium.db")).unwrap();
        let folder = data.path().join("artifacts/gridworld");
        std::fs::create_dir_all(&folder).unwrap();
        // printf right | sha256sum
        let name = "27042f4e6eaca7d0b2a7ee4026df2ecfa51d3339e6d122aa099118ecd8563bad";
        std::fs::write(folder.join(name), "wrong").unwrap();
        let directory = data.path().to_str().unwrap().to_owned();
        match tool(["doctor", &directory]) {
            Err(error @ ToolError::Damaged { damaged: 0, pages: 0, artifacts: 1, .. }) => {
                assert!(error.to_string().contains(&format!("run gridworld, artifact {name}")), "{error}");
            }
            other => panic!("{other:?}"),
        }
        let told = tool(["doctor", &directory, "--repair"]).unwrap();
        assert!(told.contains("1 artifacts are put aside"), "{told}");
        assert!(folder.join(format!("{name}.damaged")).is_file() && !folder.join(name).exists());
        assert!(tool(["doctor", &directory]).unwrap().contains("sound"));
        assert!(std::fs::read(data.path().join("terrarium.db")).unwrap() == database);
    });
}

#[test]
fn a_damaged_entry_is_skipped_and_said_to_be_and_the_doctor_repairs() {
    run_test(async {
        let data = filled().await;
        let database = Connection::open(data.path().join("terrarium.db")).unwrap();
        database.execute_batch("UPDATE entries SET event = x'81a4' WHERE offset = 77").unwrap();
        drop(database);
        let directory = data.path().to_str().unwrap().to_owned();
        match tool(["doctor", &directory]) {
            Err(error @ ToolError::Damaged { damaged: 1, pages: 0, .. }) => {
                assert!(error.to_string().contains("entry 77"), "{error}");
            }
            other => panic!("{other:?}"),
        }
        let fixture = on(data).await;
        let (_, _, body) = get(fixture.address(), "/healthz", "").await;
        assert_eq!(body, r#"{"status":"ok","storage":true}"#, "nobody has looked yet");
        assert_eq!(lost(&mut fixture.client(Role::Viewer).await).await, [77]);
        let (_, _, body) = get(fixture.address(), "/healthz", "").await;
        assert_eq!(body, r#"{"status":"damaged","storage":true,"damaged":1}"#);
        assert!(tool(["doctor", &directory]).unwrap_err().to_string().contains("another relay"));
        fixture.relay.shutdown().await;
        let told = tool(["doctor", &directory, "--repair"]).unwrap();
        assert!(told.contains("1 epochs with 2000 entries") && told.contains("1 entries are lost"), "{told}");
        assert!(tool(["doctor", &directory]).unwrap().contains("sound"));
        let fixture = on(fixture.data).await;
        assert_eq!(lost(&mut fixture.client(Role::Viewer).await).await, [77]);
        let mut publisher = fixture.client(Role::Publisher).await;
        assert_eq!(publisher.announce(1).await, ENTRIES);
    });
}

#[test]
fn a_row_that_holds_what_nobody_stored_costs_that_entry_alone() {
    run_test(async {
        let data = filled().await;
        let database = Connection::open(data.path().join("terrarium.db")).unwrap();
        database.execute_batch("INSERT INTO runs (run, name) VALUES ('gridworld', 'A name')").unwrap();
        drop(database);
        let whole = std::fs::read(data.path().join("terrarium.db")).unwrap();
        for assignment in ["checksum = 'text'", "event = 5", "time_millis = 'late'"] {
            let spoilt = || {
                let copy = tempfile::TempDir::new().unwrap();
                std::fs::write(copy.path().join("terrarium.db"), &whole).unwrap();
                spoil(copy.path(), 77, assignment);
                copy
            };
            let copy = spoilt();
            let directory = copy.path().to_str().unwrap();
            match tool(["doctor", directory]) {
                Err(error @ ToolError::Damaged { damaged: 1, .. }) => {
                    let told = error.to_string();
                    assert!(told.contains("entry 77") && told.contains("--repair"), "{assignment}: {told}");
                }
                other => panic!("{assignment}: {other:?}"),
            }
            let told = tool(["doctor", directory, "--repair"]).unwrap();
            assert!(told.contains("with 2000 entries") && told.contains("1 entries are lost"), "{assignment}: {told}");
            assert!(tool(["doctor", directory]).unwrap().contains("sound"), "{assignment}");

            let fixture = on(spoilt()).await;
            let (_, _, body) = get(fixture.address(), "/healthz", "").await;
            let expected = r#"{"status":"damaged","storage":true,"damaged":1,"replaced":true}"#;
            assert_eq!(body, expected, "{assignment}: what was met at the start counts");
            let (_, _, text) = get(fixture.address(), "/metrics", "").await;
            for figure in ["terrarium_relay_damaged_entries 1\n", "terrarium_relay_database_replaced 1\n"] {
                assert!(text.contains(figure), "{assignment}: {text}");
            }
            let (_, _, body) = get(fixture.address(), "/api/v1/runs", "").await;
            assert!(body.contains("A name"), "{assignment}: {body}");
            assert_eq!(lost(&mut fixture.client(Role::Viewer).await).await, [77], "{assignment}");
        }
    });
}

/// How the database writes the number of an entry of its first epoch.
fn number(offset: u64) -> Vec<u8> {
    let place = (1 << 36) + offset;
    (0..6).rev().map(|group| (place >> (7 * group)) as u8 & 0x7f | if group > 0 { 0x80 } else { 0 }).collect()
}

#[test]
fn a_row_whose_number_is_another_costs_that_entry_alone() {
    run_test(async {
        let data = filled().await;
        let whole = std::fs::read(data.path().join("terrarium.db")).unwrap();
        let places = |offset: u64| {
            let number = number(offset);
            whole.windows(6).enumerate().filter(|(_, it)| *it == number).map(|(place, _)| place).collect::<Vec<_>>()
        };
        // One that stands in its row and in no list of pages.
        let offset = (777..10_000).find(|offset| places(*offset).len() == 1).unwrap();
        for other in [offset - 40, offset - 1, offset + 1, offset + 40, 1 << 30, 1 << 36] {
            let copy = tempfile::TempDir::new().unwrap();
            let mut damaged = whole.clone();
            damaged[places(offset)[0]..][..6].copy_from_slice(&number(other));
            std::fs::write(copy.path().join("terrarium.db"), &damaged).unwrap();
            let fixture = on(copy).await;
            let lost = lost(&mut fixture.client(Role::Viewer).await).await;
            // Of two with one number nobody knows which it is.
            assert!(lost.contains(&offset) && lost.iter().all(|it| it.abs_diff(offset) <= 1), "{other}: {lost:?}");
            fixture.relay.shutdown().await;
        }
    });
}

#[test]
fn pages_that_are_damaged_while_a_relay_runs_are_skipped_and_said_to_be() {
    run_test(async {
        let fixture = on(filled().await).await;
        overwrite(fixture.data.path(), 30 * 4096, 3 * 4096);
        let lost = lost(&mut fixture.client(Role::Viewer).await).await;
        assert!(!lost.is_empty() && lost.len() < 500, "{} entries are lost", lost.len());
        let (_, _, body) = get(fixture.address(), "/healthz", "").await;
        assert!(body.contains(&format!("\"damaged\":{}", lost.len())), "{body}");
    });
}

#[test]
fn what_can_be_read_of_a_torn_database_begins_the_new_one() {
    run_test(async {
        let data = filled().await;
        overwrite(data.path(), 40_960, 20_480);
        let fixture = on(data).await;
        assert!(fixture.data.path().join("terrarium.db.corrupt-1").exists());
        let lost = lost(&mut fixture.client(Role::Viewer).await).await;
        assert!(!lost.is_empty() && lost.len() < 500, "{} entries are lost", lost.len());
        let mut publisher = fixture.client(Role::Publisher).await;
        assert_eq!(publisher.announce(1).await, ENTRIES);
        publisher.publish(1, ENTRIES..ENTRIES + 10).await;
        publisher.acknowledged(ENTRIES + 10).await;
    });
}

#[test]
fn whichever_page_is_damaged_the_relay_serves_and_stores_on() {
    run_test(async {
        let whole = std::fs::read(filled().await.path().join("terrarium.db")).unwrap();
        let (pages, damages) = (whole.len() / 4096, damages());
        for index in 0..damages {
            let page = index * pages / damages;
            let copy = tempfile::TempDir::new().unwrap();
            std::fs::write(copy.path().join("terrarium.db"), &whole).unwrap();
            overwrite(copy.path(), page as u64 * 4096, 4096);
            Box::pin(serves_and_stores_on(copy, &format!("page {page}"))).await;
        }
    });
}

#[test]
fn whatever_stretches_are_damaged_the_relay_serves_and_stores_on() {
    run_test(async {
        let whole = std::fs::read(filled().await.path().join("terrarium.db")).unwrap();
        let (damages, mut mild) = (damages() as u64, 0);
        for index in 0..damages {
            let mut chance = Chance(1 + index);
            let mut damaged = whole.clone();
            for _ in 0..3 {
                // Behind the first page, without which nothing is a database.
                let from = 4096 + chance.below(whole.len() as u64 - 4796) as usize;
                damaged[from..from + 700].fill_with(|| chance.below(256) as u8);
            }
            let copy = tempfile::TempDir::new().unwrap();
            std::fs::write(copy.path().join("terrarium.db"), &damaged).unwrap();
            let sound = Box::pin(serves_and_stores_on(copy, &format!("damage {index}"))).await;
            mild += u64::from(sound >= ENTRIES * 3 / 4);
        }
        // Where the root of all entries is hit most are out of reach.
        println!("{mild} of {damages} left most entries");
        assert!(mild * 4 >= damages * 3, "{mild} of {damages} left most entries");
    });
}

/// Gives how many entries are left.
async fn serves_and_stores_on(damaged: tempfile::TempDir, what: &str) -> u64 {
    let fixture = on(damaged).await;
    let mut publisher = fixture.client(Role::Publisher).await;
    assert_eq!(publisher.announce(2).await, 0, "{what}");
    publisher.publish(2, 0..10).await;
    publisher.acknowledged(10).await;
    let mut viewer = fixture.client(Role::Viewer).await;
    viewer.subscribe_to(2, From::All).await;
    viewer.log(0, 10).await;
    let (_, _, body) = get(fixture.address(), "/api/v1/runs", "").await;
    let mut sound = 0;
    if body.contains("\"earlier\":[{\"epoch\":1,") {
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe_to(1, From::All).await;
        let mut next = 0;
        while next < ENTRIES {
            for found in viewer.log_message().await {
                let (offset, is_sound) = (found.offset.0, !is_notice_of_damage(&found));
                // Where nothing of the rest can be told one notice at its end stands for it.
                assert!(offset == next || !is_sound && offset == ENTRIES - 1, "{what}: {offset} behind {next}");
                sound += u64::from(is_sound);
                next = offset + 1;
            }
        }
    }
    // Whoever is still there is waited for.
    drop((publisher, viewer));
    fixture.relay.shutdown().await;
    sound
}

#[test]
fn a_trainer_that_ends_as_soon_as_it_has_begun_pushes_no_history_out() {
    run_test(async {
        let fixture = Fixture::with(|it| it.retention.epochs_per_run = 4).await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..20).await;
        publisher.acknowledged(20).await;
        for epoch in 2..22 {
            publisher.announce(epoch).await;
            if epoch % 2 == 0 {
                publisher.publish(epoch, 0..1).await;
                publisher.acknowledged(1).await;
            }
        }
        let mut viewer = fixture.client(Role::Viewer).await;
        assert_eq!(viewer.subscribe_to(1, From::All).await.history, 20);
        viewer.log(0, 20).await;
        let directory = fixture.data.path().to_owned();
        fixture.relay.shutdown().await;
        let database = Connection::open(directory.join("terrarium.db")).unwrap();
        let count: i64 = database.query_row("SELECT count(*) FROM epochs", [], |row| row.get(0)).unwrap();
        assert!(count <= 8, "{count} epochs are kept");
    });
}
