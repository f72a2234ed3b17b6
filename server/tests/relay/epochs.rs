//! Earlier epochs: a restarted trainer's runs before the present one stay to be watched.

use crate::harness::{Client, Fixture, run, run_test, state};
use server::{Relay, RelayConfig};
use shared::event::StateKind;
use shared::message::{ClientMessage, ErrorCode, From, Role, RunSummary};
use shared::{Epoch, Offset};

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
    viewer.send(&ClientMessage::ListRuns { changes: false }).await;
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
fn when_a_publisher_left_is_told_and_known_after_a_restart_too() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&ClientMessage::ListRuns { changes: false }).await;
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
