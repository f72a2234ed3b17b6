//! Earlier epochs: a restarted trainer's runs before the present one stay to be watched.

use crate::harness::{Client, Fixture, NEVER, entry, get, run, run_test, state, tool};
use server::{Relay, RelayConfig};
use shared::event::StateKind;
use shared::message::{ClientMessage, ErrorCode, From, LogEntry, Role, RunSummary};
use shared::{Epoch, Offset};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Three epochs of so many entries, and the publisher of the last.
async fn three_epochs(fixture: &Fixture) -> Client {
    let mut publisher = fixture.publisher(1).await;
    for (epoch, entries) in [(1, 5), (2, 20), (3, 2)] {
        publisher.announce(epoch).await;
        publisher.publish(epoch, 0..entries).await;
        publisher.publish_state(epoch, vec![state(StateKind::Values, epoch)]).await;
        publisher.acknowledged(entries).await;
    }
    // Nothing acknowledges state.
    publisher.settle().await;
    publisher
}

async fn listed(fixture: &Fixture) -> RunSummary {
    let mut viewer = fixture.client(Role::Viewer).await;
    viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
    viewer.runs().await.remove(0)
}

fn earlier(summary: &RunSummary) -> Vec<(u64, u64)> {
    summary.earlier.iter().map(|it| (it.epoch.0, it.entries)).collect()
}

#[test]
fn they_are_listed_watched_and_stay_after_a_restart() {
    run_test(async {
        let fixture = Fixture::new().await;
        let publisher = three_epochs(&fixture).await;
        let summary = listed(&fixture).await;
        assert_eq!((summary.epoch, earlier(&summary)), (Epoch(3), vec![(2, 20), (1, 5)]));
        assert_eq!(summary.earlier[0].title, "Gridworld · Q-learning");
        drop(publisher);
        fixture.relay.shutdown().await;

        let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
        let fixture = Fixture { relay, data: fixture.data };
        assert_eq!(earlier(&listed(&fixture).await), [(2, 20), (1, 5)]);
        let mut viewer = fixture.client(Role::Viewer).await;
        for (epoch, entries) in [(1, 5), (2, 20), (3, 2)] {
            let subscribed = viewer.subscribe_to(epoch, From::All).await;
            assert_eq!((subscribed.epoch, subscribed.history), (epoch, entries));
            assert_eq!(subscribed.snapshot, [state(StateKind::Values, epoch)]);
            viewer.log(0, entries).await;
        }
        let offset = From::Offset { epoch: Epoch(2), offset: Offset(12) };
        let subscribed = viewer.subscribe_to(2, offset).await;
        assert_eq!((subscribed.offset, subscribed.recovered), (12, true));
        viewer.log(12, 20).await;
        let subscribed = viewer.subscribe_to(2, From::Thinned(4)).await;
        assert!(subscribed.history < 20);
        let mut thinned = 0;
        while thinned < subscribed.history {
            thinned += viewer.log_message().await.len() as u64;
        }
    });
}

#[test]
fn whoever_watches_one_stays_with_it_when_another_begins() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = three_epochs(&fixture).await;
        let (mut pinned, mut following) = (fixture.client(Role::Viewer).await, fixture.client(Role::Viewer).await);
        assert_eq!(pinned.subscribe_to(3, From::All).await.epoch, 3);
        assert_eq!(following.subscribe(From::All).await.epoch, 3);
        publisher.publish(3, 2..4).await;
        pinned.log(0, 4).await;
        publisher.settle().await;
        publisher.announce(4).await;
        publisher.publish(4, 0..1).await;
        assert_eq!(following.subscribed().await.epoch, 4);
        following.log(0, 1).await;
        pinned.settle().await;
        assert_eq!(pinned.subscribe_to(3, From::None).await.epoch, 3);
    });
}

#[test]
fn those_given_up_leave_the_list_and_are_refused_by_name() {
    run_test(async {
        let fixture = Fixture::with(|it| it.retention.epochs_per_run = 2).await;
        let _publisher = three_epochs(&fixture).await;
        assert_eq!(earlier(&listed(&fixture).await), [(2, 20)]);
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&ClientMessage::Subscribe { run: run(), from: From::All, epoch: Some(Epoch(1)) }).await;
        let (code, message) = viewer.error().await;
        assert_eq!(code, ErrorCode::UnknownRun);
        assert!(message.contains("has no epoch 1 here"), "{message}");
        assert_eq!(viewer.subscribe_to(2, From::All).await.history, 20);
    });
}

#[test]
fn a_publishers_clock_that_jumps_costs_nothing_and_decides_nothing() {
    run_test(async {
        let mut fixture = Fixture::with(|it| {
            it.retention.age = Some(Duration::from_hours(1));
            it.retention.look_every = Duration::from_millis(20);
        })
        .await;
        // Decades ahead, then before all time, then decades ahead again.
        let times = [4e12, 4e12 + 1.0, -1e12, 0.0, 4e12, 1.0];
        let entries = |epoch: u64| -> Vec<_> {
            let at = |(offset, time): (u64, &f64)| LogEntry { time_millis: *time + epoch as f64, ..entry(offset) };
            (0..).zip(&times).map(at).collect()
        };
        let mut publisher = fixture.client(Role::Publisher).await;
        for (epoch, started_millis) in [(5, 4e12), (6, -5.0), (7, 0.0)] {
            let announce = ClientMessage::Announce { run: run(), epoch: Epoch(epoch), started_millis };
            publisher.send(&announce).await;
            publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(epoch), entries: entries(epoch) }).await;
            publisher.acknowledged(times.len() as u64).await;
        }
        for restarted in [false, true] {
            if restarted {
                fixture.relay.shutdown().await;
                let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
                fixture = Fixture { relay, data: fixture.data };
            }
            let summary = listed(&fixture).await;
            assert_eq!((summary.epoch, earlier(&summary)), (Epoch(7), vec![(6, 6), (5, 6)]));
            let mut viewer = fixture.client(Role::Viewer).await;
            for epoch in 5..8 {
                assert_eq!(viewer.subscribe_to(epoch, From::All).await.history, times.len() as u64);
                assert_eq!(viewer.log_message().await, entries(epoch));
            }
        }
    });
}

#[test]
fn what_got_nothing_new_for_too_long_goes_and_a_run_once_nobody_publishes_it() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.retention.age = Some(Duration::from_hours(1));
            it.retention.look_every = Duration::from_millis(20);
        })
        .await;
        let publisher = three_epochs(&fixture).await;
        let database = rusqlite::Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        database.busy_timeout(NEVER).unwrap();
        let ages = |epochs: &str| {
            let update = format!("UPDATE epochs SET stored_millis = 1 WHERE epoch IN ({epochs})");
            database.execute_batch(&update).unwrap();
        };
        assert_eq!(earlier(&listed(&fixture).await), [(2, 20), (1, 5)], "all of it is new");
        while earlier(&listed(&fixture).await) != [(2, 20)] {
            ages("1, 3");
        }
        drop(publisher);
        loop {
            // What was still to be stored when the publisher left is new.
            ages("3");
            if get(fixture.address(), "/api/v1/runs", "").await.2 == "[]" {
                break;
            }
        }
    });
}

#[test]
fn a_run_with_too_many_bytes_gives_up_its_oldest_epochs() {
    run_test(async {
        let fixture = Fixture::new().await;
        drop(three_epochs(&fixture).await);
        let data = fixture.data;
        fixture.relay.shutdown().await;
        let database = rusqlite::Connection::open(data.path().join("terrarium.db")).unwrap();
        let newest = "SELECT sum(bytes) FROM epochs WHERE epoch > 1";
        let bytes: i64 = database.query_row(newest, [], |row| row.get(0)).unwrap();
        drop(database);
        let mut config = RelayConfig::local(data.path());
        config.retention.run_bytes = Some(bytes as u64);
        config.retention.look_every = Duration::from_millis(20);
        let fixture = Fixture { relay: Relay::start(config).await.unwrap(), data };
        while earlier(&listed(&fixture).await) != [(2, 20)] {}
        let mut viewer = fixture.client(Role::Viewer).await;
        assert_eq!(viewer.subscribe_to(2, From::All).await.history, 20);
    });
}

#[test]
fn when_a_publisher_left_is_told_and_known_after_a_restart_too() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        viewer.runs().await;
        let mut publisher = fixture.publisher(1).await;
        let summary = viewer.runs().await.remove(0);
        assert_eq!((summary.live, summary.left_millis), (true, None));
        publisher.publish(1, 0..7).await;
        publisher.acknowledged(7).await;
        viewer.runs().await;
        let since_1970 = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let before = since_1970().as_millis() as f64;
        drop(publisher);
        let summary = viewer.runs().await.remove(0);
        let left = summary.left_millis.unwrap();
        assert!(!summary.live && before <= left && left <= since_1970().as_millis() as f64);
        fixture.relay.shutdown().await;
        let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
        let fixture = Fixture { relay, data: fixture.data };
        // The time of the newest entry: nothing more is known of it.
        assert_eq!(listed(&fixture).await.left_millis, Some(6.0));
        let mut publisher = fixture.client(Role::Publisher).await;
        assert_eq!(publisher.announce(1).await, 7);
        assert_eq!(listed(&fixture).await.left_millis, None);
    });
}

/// By how many milliseconds the clock of the relay below is off.
static AHEAD_MILLIS: AtomicI64 = AtomicI64::new(0);

fn jumping_clock() -> f64 {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since_1970.as_millis() as f64 + AHEAD_MILLIS.load(Ordering::SeqCst) as f64
}

#[test]
fn the_relays_own_clock_that_jumps_ages_old_epochs_and_tokens_and_nothing_that_is_published() {
    run_test(async {
        const DAY: i64 = 86_400_000;
        let fixture = Fixture::with(|it| {
            it.retention.age = Some(Duration::from_hours(24));
            it.retention.look_every = Duration::from_millis(20);
            it.retention.clock = jumping_clock;
        })
        .await;
        let mut publisher = three_epochs(&fixture).await;
        let data = fixture.data.path().to_str().unwrap();
        let told = tool(["token", "create", "viewer", "--data", data, "--days", "7"]).unwrap();
        let secret = told.lines().next().unwrap();
        let mut viewer = Client::with_token(fixture.address(), Role::Viewer, secret).await;

        // A year back: what was stored is from the future, and stays.
        AHEAD_MILLIS.store(-365 * DAY, Ordering::SeqCst);
        viewer.settle().await;
        publisher.publish(3, 2..3).await;
        publisher.acknowledged(3).await;
        let listed_by = |secret: String| {
            let address = fixture.address();
            async move { get(address, "/api/v1/runs", &format!("Authorization: Bearer {secret}\r\n")).await }
        };
        let (status, _, body) = listed_by(secret.into()).await;
        assert!(status == 200 && body.contains(r#""epoch":2"#) && body.contains(r#""epoch":1"#), "{body}");

        // A year ahead: the token ends with its connections, and what a newer epoch replaced is too old.
        AHEAD_MILLIS.store(365 * DAY, Ordering::SeqCst);
        assert_eq!(viewer.error().await.0, ErrorCode::Unauthorized);
        assert_eq!(listed_by(secret.into()).await.0, 401);
        let database = rusqlite::Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        database.busy_timeout(NEVER).unwrap();
        let epochs = || database.query_row("SELECT count(*) FROM epochs", [], |row| row.get::<_, i64>(0)).unwrap();
        while epochs() > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        publisher.publish(3, 3..4).await;
        publisher.acknowledged(4).await;

        // Right again: the token opens again, what went is gone, and the run that is published has missed nothing.
        AHEAD_MILLIS.store(0, Ordering::SeqCst);
        let mut viewer = Client::with_token(fixture.address(), Role::Viewer, secret).await;
        assert_eq!(viewer.subscribe(From::All).await.history, 4);
        viewer.log(0, 4).await;
    });
}
