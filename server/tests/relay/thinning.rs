//! The history of an endless run stays within its bound and keeps every episode, whoever comes, whenever.

use crate::harness::{Client, Fixture, bin, entry, get, run, run_test, state};
use server::{Relay, RelayConfig};
use shared::episode::EpisodeBin;
use shared::event::{LogEvent, StateKind};
use shared::message::{ClientMessage, From, LogEntry, Role, ServerMessage};
use shared::{Epoch, Offset, RunId};
use std::path::Path;
use std::time::{Duration, Instant};

const BOUND: u64 = 700_000;
const FINE: u64 = 256;
/// Stored whole, these would take ten times the bound.
const ENTRIES: u64 = 20_000;

fn small(config: &mut RelayConfig) {
    config.retention.total_bytes = BOUND;
    config.retention.fine_entries = FINE;
    config.retention.look_every = Duration::from_millis(20);
    config.limits.recent_bytes = 20_000;
}

fn used_bytes(data: &Path) -> u64 {
    let database = rusqlite::Connection::open(data.join("terrarium.db")).unwrap();
    let pragma = |name: &str| -> i64 { database.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap() };
    ((pragma("page_count") - pragma("freelist_count")) * pragma("page_size")) as u64
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(1), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until the database is small and stands still: a pass goes on below the bound, and whoever reads meanwhile
/// begins anew.
async fn settled(fixture: &Fixture) {
    let (mut last, mut since) = (0, Instant::now());
    until("the database is small and stands still", || {
        let bytes = used_bytes(fixture.data.path());
        if std::mem::replace(&mut last, bytes) != bytes {
            since = Instant::now();
        }
        bytes <= BOUND && since.elapsed() > Duration::from_millis(500)
    })
    .await;
}

async fn publish(publisher: &mut Client, offsets: std::ops::Range<u64>) {
    for first in offsets.clone().step_by(200) {
        let end = (first + 200).min(offsets.end);
        publisher.publish(1, first..end).await;
        publisher.acknowledged(end).await;
    }
}

/// A relay with a log that was thinned until it fits, beside a short one that nobody publishes any longer.
async fn thinned() -> (Fixture, Client) {
    let fixture = Fixture::with(small).await;
    let (mut before, run) = (fixture.client(Role::Publisher).await, RunId::new("before").unwrap());
    let epoch = Epoch(1);
    before.send(&ClientMessage::Announce { run: run.clone(), epoch, started_millis: 0.0 }).await;
    before.send(&ClientMessage::Log { run, epoch, entries: (0..3).map(entry).collect() }).await;
    before.acknowledged(3).await;
    drop(before);
    let mut publisher = fixture.publisher(1).await;
    publish(&mut publisher, 0..ENTRIES).await;
    settled(&fixture).await;
    (fixture, publisher)
}

/// Every episode is in exactly one bin, offsets ascend, and nothing is added or lost.
fn check(entries: &[LogEntry], end: u64) {
    assert!(matches!(entries[0].event.decode().unwrap(), LogEvent::RunStarted { .. }));
    assert!(entries.windows(2).all(|pair| pair[0].offset < pair[1].offset));
    let mut whole: Option<EpisodeBin> = None;
    for entry in &entries[1..] {
        let LogEvent::Episodes(bin) = entry.event.decode().unwrap() else { panic!("not a bin") };
        assert_eq!(entry.offset.0, bin.last_episode + 1);
        assert_eq!(bin.first_episode, whole.as_ref().map_or(0, |it| it.last_episode + 1));
        whole = Some(whole.map_or(bin.clone(), |mut it| {
            it.merge(&bin);
            it
        }));
    }
    let expected = (1..end - 1).fold(bin(0), |mut merged, episode| {
        merged.merge(&bin(episode));
        merged
    });
    assert_eq!(whole, Some(expected));
}

/// What a viewer has once it has the log up to an offset: it forgets everything whenever a subscription begins. Tells
/// how often one began.
async fn watch(viewer: &mut Client, end: u64) -> (Vec<LogEntry>, usize) {
    let (mut entries, mut begun) = (Vec::<LogEntry>::new(), 0);
    while entries.last().is_none_or(|it| it.offset.next().0 < end) {
        match viewer.next().await {
            ServerMessage::Subscribed { recovered, .. } => {
                begun += 1;
                assert!(!recovered, "these have nothing to go on from");
                entries.clear();
            }
            ServerMessage::Log { entries: more, .. } => entries.extend(more),
            _ => {}
        }
    }
    (entries, begun)
}

/// A history as announced, entry by entry.
async fn history(viewer: &mut Client, from: From) -> (Vec<LogEntry>, bool) {
    let subscribed = viewer.subscribe(from).await;
    let mut entries = Vec::new();
    while (entries.len() as u64) < subscribed.history {
        entries.extend(viewer.log_message().await);
    }
    assert_eq!(entries.len() as u64, subscribed.history);
    assert!(entries[0].offset.0 >= subscribed.offset);
    (entries, subscribed.recovered)
}

const fn offset(offset: u64) -> From {
    From::Offset { epoch: Epoch(1), offset: Offset(offset) }
}

#[test]
fn a_live_log_beyond_the_bound_gets_coarser_and_misses_nothing() {
    run_test(async {
        let (fixture, mut publisher) = Box::pin(thinned()).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        let (entries, _) = history(&mut viewer, From::All).await;
        check(&entries, ENTRIES);
        assert!((entries.len() as u64) < ENTRIES / 4, "{}", entries.len());
        let fine = &entries[entries.len() - FINE as usize..];
        assert_eq!(fine[0].offset.0, ENTRIES - FINE, "the newest are as they were");
        viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert_eq!(viewer.runs().await.len(), 2, "no other run was given up for it");

        publish(&mut publisher, ENTRIES..ENTRIES + 100).await;
        viewer.log(ENTRIES, ENTRIES + 100).await;
        let end = ENTRIES + 100;

        let (entries, _) = history(&mut fixture.client(Role::Viewer).await, From::Thinned(50)).await;
        check(&entries, end);
        assert!(entries.len() <= 51);

        let (entries, recovered) = history(&mut fixture.client(Role::Viewer).await, offset(end - 50)).await;
        assert!(recovered && entries.len() == 50, "who has what is thin goes on exactly");
        let (entries, recovered) = history(&mut fixture.client(Role::Viewer).await, offset(100)).await;
        assert!(!recovered, "who does not, begins anew");
        check(&entries, end);
    });
}

#[test]
fn pages_of_a_thinned_log_end_where_it_ends() {
    run_test(async {
        let (fixture, _publisher) = Box::pin(thinned()).await;
        let (mut entries, mut from) = (Vec::new(), 0);
        loop {
            let path = format!("/api/v1/runs/gridworld/log?from={from}&limit=700");
            let (status, _, body) = get(fixture.address(), &path, "").await;
            assert_eq!(status, 200);
            let mut page: serde_json::Value = serde_json::from_str(&body).unwrap();
            let next = page["next"].as_u64().unwrap();
            let more: Vec<LogEntry> = serde_json::from_value(page["entries"].take()).unwrap();
            assert!(more.len() <= 700);
            entries.extend(more);
            if std::mem::replace(&mut from, next) == next {
                break;
            }
        }
        check(&entries, ENTRIES);
    });
}

#[test]
fn a_relay_that_starts_again_knows_what_is_thin() {
    run_test(async {
        let (fixture, publisher) = Box::pin(thinned()).await;
        drop(publisher);
        fixture.relay.shutdown().await;
        let mut config = RelayConfig::local(fixture.data.path());
        small(&mut config);
        let fixture = Fixture { relay: Relay::start(config).await.unwrap(), data: fixture.data };
        let (entries, recovered) = history(&mut fixture.client(Role::Viewer).await, offset(100)).await;
        assert!(!recovered);
        check(&entries, ENTRIES);
        let mut publisher = fixture.client(Role::Publisher).await;
        assert_eq!(publisher.announce(1).await, ENTRIES, "its publisher goes on where it was");
        publish(&mut publisher, ENTRIES..2 * ENTRIES).await;
        settled(&fixture).await;
        let (entries, _) = history(&mut fixture.client(Role::Viewer).await, From::All).await;
        check(&entries, 2 * ENTRIES);
    });
}

#[test]
fn viewers_in_the_middle_of_what_gets_thin_begin_anew() {
    run_test(async {
        let fixture = Fixture::with(small).await;
        let address = fixture.address();
        let mut publisher = fixture.publisher(1).await;
        publish(&mut publisher, 0..400).await;
        // One does not read until everything is thin; the others come all the time and read at once.
        let mut slow = fixture.client(Role::Viewer).await;
        slow.send(&ClientMessage::Subscribe { run: run(), from: From::All, epoch: None }).await;
        let mut eager = Vec::new();
        for part in 0..10 {
            eager.push(tokio::spawn(async move {
                let mut viewer = Client::greeted(address, Role::Viewer).await;
                let from = if part % 2 == 0 { From::All } else { From::Thinned(100) };
                viewer.send(&ClientMessage::Subscribe { run: run(), from, epoch: None }).await;
                check(&watch(&mut viewer, 2 * ENTRIES).await.0, 2 * ENTRIES);
            }));
            let first = 400 + part * (2 * ENTRIES - 400) / 10;
            publish(&mut publisher, first..400 + (part + 1) * (2 * ENTRIES - 400) / 10).await;
        }
        settled(&fixture).await;
        let (entries, begun) = watch(&mut slow, 2 * ENTRIES).await;
        check(&entries, 2 * ENTRIES);
        assert!(begun > 1, "it was in the middle");
        for viewer in eager {
            viewer.await.unwrap();
        }
    });
}

#[test]
fn a_run_with_too_many_bytes_is_thinned_however_small_the_database_is() {
    const MOST: u64 = 300_000;
    run_test(async {
        let fixture = Fixture::with(|config| {
            small(config);
            config.retention.total_bytes = 1 << 30;
            config.retention.run_bytes = Some(MOST);
        })
        .await;
        let mut publisher = fixture.publisher(1).await;
        publish(&mut publisher, 0..ENTRIES).await;
        let database = rusqlite::Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        let known = || database.query_row("SELECT bytes FROM epochs", [], |row| row.get::<_, i64>(0)).unwrap() as u64;
        let (mut last, mut since) = (0, Instant::now());
        until("the log is small and stands still", || {
            let bytes = known();
            if std::mem::replace(&mut last, bytes) != bytes {
                since = Instant::now();
            }
            bytes <= MOST && since.elapsed() > Duration::from_millis(500)
        })
        .await;
        check(&history(&mut fixture.client(Role::Viewer).await, From::All).await.0, ENTRIES);
        let measured = "SELECT bytes = (SELECT sum(length(event) + 24) FROM entries) FROM epochs";
        assert!(
            database.query_row(measured, [], |row| row.get::<_, bool>(0)).unwrap(),
            "what is known of its size is right"
        );
    });
}

/// Makes a database of the ninth format one of the eighth.
const BACK_TO_8: &str = "
    ALTER TABLE epochs DROP COLUMN bytes;
    ALTER TABLE epochs DROP COLUMN stored_millis;
    PRAGMA user_version = 8;";

/// Makes a database of the eighth format one of the seventh.
const BACK_TO_7: &str = "
    ALTER TABLE epochs DROP COLUMN is_host;
    PRAGMA user_version = 7;";

/// Makes a database of the seventh format one of the sixth.
const BACK_TO_6: &str = "
    ALTER TABLE entries RENAME TO entries_of_7;
    CREATE TABLE entries (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        offset INTEGER NOT NULL,
        time_millis REAL NOT NULL,
        event BLOB NOT NULL,
        checksum INTEGER,
        PRIMARY KEY (epoch, offset)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO entries SELECT epoch, offset, time_millis, event, checksum FROM entries_of_7;
    DROP TABLE entries_of_7;
    PRAGMA user_version = 6;";

/// Makes a database of the sixth format one of the fifth.
const BACK_TO_5: &str = "
    DROP TABLE sums;
    DROP TABLE standings;
    DROP TABLE news;
    ALTER TABLE epochs DROP COLUMN summed;
    PRAGMA user_version = 5;";

/// Makes a database of the fifth format one of the fourth.
const BACK_TO_4: &str = "
    DROP TABLE rungs;
    ALTER TABLE epochs DROP COLUMN laddered;
    PRAGMA user_version = 4;";

/// Makes a database of the fourth format one of the third.
const BACK_TO_3: &str = "
    UPDATE states SET kind = 'truth' WHERE kind = 'optimal_solution';
    UPDATE states SET kind = 'tapes' WHERE kind = 'recorded_episodes';
    PRAGMA user_version = 3;";

/// Makes a database of the third format one of the second.
const BACK_TO_2: &str = "
    ALTER TABLE entries DROP COLUMN checksum;
    DROP TABLE runs;
    DROP TABLE tokens;
    ALTER TABLE states RENAME TO states_by_name;
    CREATE TABLE states (
        epoch INTEGER NOT NULL REFERENCES epochs (id),
        kind INTEGER NOT NULL,
        sequence INTEGER NOT NULL,
        event BLOB NOT NULL,
        PRIMARY KEY (epoch, kind)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO states SELECT epoch, CASE kind WHEN 'status' THEN 0 WHEN 'truth' THEN 3 ELSE 4 END, sequence, event FROM states_by_name;
    DROP TABLE states_by_name;
    PRAGMA user_version = 2;";

/// Makes a database of the second format one of the first.
const BACK_TO_1: &str = "
    ALTER TABLE epochs DROP COLUMN thinned;
    ALTER TABLE epochs DROP COLUMN grain;
    PRAGMA user_version = 1;";

#[test]
fn a_database_of_the_first_format_is_taken_over() {
    takes_over(&[BACK_TO_8, BACK_TO_7, BACK_TO_6, BACK_TO_5, BACK_TO_4, BACK_TO_3, BACK_TO_2, BACK_TO_1]);
}

#[test]
fn a_database_of_the_second_format_is_taken_over() {
    takes_over(&[BACK_TO_8, BACK_TO_7, BACK_TO_6, BACK_TO_5, BACK_TO_4, BACK_TO_3, BACK_TO_2]);
}

#[test]
fn a_database_of_the_third_format_is_taken_over() {
    takes_over(&[BACK_TO_8, BACK_TO_7, BACK_TO_6, BACK_TO_5, BACK_TO_4, BACK_TO_3]);
}

#[test]
fn a_database_of_the_fourth_format_is_taken_over() {
    takes_over(&[BACK_TO_8, BACK_TO_7, BACK_TO_6, BACK_TO_5, BACK_TO_4]);
}

#[test]
fn a_database_of_the_fifth_format_is_taken_over() {
    takes_over(&[BACK_TO_8, BACK_TO_7, BACK_TO_6, BACK_TO_5]);
}

#[test]
fn a_database_of_the_sixth_format_is_taken_over() {
    takes_over(&[BACK_TO_8, BACK_TO_7, BACK_TO_6]);
}

#[test]
fn a_database_of_the_seventh_format_is_taken_over() {
    takes_over(&[BACK_TO_8, BACK_TO_7]);
}

#[test]
fn a_database_of_the_eighth_format_is_taken_over() {
    takes_over(&[BACK_TO_8]);
}

fn takes_over(back: &[&str]) {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publish(&mut publisher, 0..300).await;
        let kinds = [StateKind::Status, StateKind::OptimalSolution, StateKind::RecordedEpisodes];
        publisher.publish_state(1, kinds.map(|kind| state(kind, 7)).to_vec()).await;
        publisher.settle().await;
        drop(publisher);
        fixture.relay.shutdown().await;
        let database = rusqlite::Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        for step in back {
            database.execute_batch(step).unwrap();
        }
        let title = "UPDATE epochs SET title = 'machine · Host'";
        database.execute_batch(title).unwrap();
        if back.len() == 1 {
            // The only thing that tells a host there.
            database.execute_batch("UPDATE epochs SET is_host = 1").unwrap();
        }
        drop(database);
        let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
        let fixture = Fixture { relay, data: fixture.data };
        let mut viewer = fixture.client(Role::Viewer).await;
        let (entries, _) = history(&mut viewer, From::All).await;
        check(&entries, 300);
        let mut second = fixture.client(Role::Viewer).await;
        second.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert!(second.runs().await[0].is_host, "earlier formats knew hosts by their title alone");
        let states = second.subscribe(From::None).await.snapshot;
        assert_eq!(states, kinds.map(|kind| state(kind, 7)));
        assert_eq!(fixture.client(Role::Publisher).await.announce(1).await, 300);
        let database = rusqlite::Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        let measured =
            "SELECT bytes = (SELECT sum(length(event) + 24) FROM entries) AND stored_millis > 1e12 FROM epochs";
        assert!(database.query_row(measured, [], |row| row.get::<_, bool>(0)).unwrap(), "logs are measured");
    });
}

fn laddered(data: &Path) -> u64 {
    let database = rusqlite::Connection::open(data.join("terrarium.db")).unwrap();
    database.query_row("SELECT laddered FROM epochs", [], |row| row.get::<_, i64>(0)).unwrap() as u64
}

async fn again(fixture: Fixture, between: impl FnOnce(&Path)) -> Fixture {
    fixture.relay.shutdown().await;
    between(fixture.data.path());
    Fixture { relay: Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap(), data: fixture.data }
}

#[test]
fn a_long_log_is_merged_beforehand_while_it_grows_and_over_a_restart() {
    const END: u64 = 40_000;
    run_test(async {
        let fixture = Fixture::with(|config| config.limits.recent_bytes = 20_000).await;
        let (address, mut publisher) = (fixture.address(), fixture.publisher(1).await);
        let mut viewers = Vec::new();
        for part in 0..10 {
            publish(&mut publisher, part * END / 10..(part + 1) * END / 10).await;
            viewers.push(tokio::spawn(async move {
                let mut viewer = Client::greeted(address, Role::Viewer).await;
                viewer.send(&ClientMessage::Subscribe { run: run(), from: From::Thinned(100), epoch: None }).await;
                check(&watch(&mut viewer, END).await.0, END);
            }));
        }
        for viewer in viewers {
            viewer.await.unwrap();
        }
        until("whole pieces are climbed", || laddered(fixture.data.path()) == END / 4096 * 4096).await;
        drop(publisher);

        let fixture = again(fixture, |_| {}).await;
        let mut publisher = fixture.client(Role::Publisher).await;
        assert_eq!(publisher.announce(1).await, END);
        publish(&mut publisher, END..END + 10_000).await;
        drop(publisher);
        let (end, whole) = (END + 10_000, (END + 10_000) / 4096 * 4096);
        until("it goes on where it was", || laddered(fixture.data.path()) == whole).await;
        for most in [1, 100, 16_384] {
            let (entries, _) = history(&mut fixture.client(Role::Viewer).await, From::Thinned(most)).await;
            check(&entries, end);
            assert!(entries.len() as u64 <= u64::from(most) + 1);
        }

        let fixture = again(fixture, |data| {
            let database = rusqlite::Connection::open(data.join("terrarium.db")).unwrap();
            for step in [BACK_TO_8, BACK_TO_7, BACK_TO_6, BACK_TO_5, BACK_TO_4] {
                database.execute_batch(step).unwrap();
            }
        });
        let fixture = fixture.await;
        until("what was stored before there were ladders gets one", || laddered(fixture.data.path()) == whole).await;
        let (entries, _) = history(&mut fixture.client(Role::Viewer).await, From::Thinned(100)).await;
        check(&entries, end);
    });
}
