//! The log: ordered, lossless, from any offset, to whoever comes whenever.

use crate::harness::{Client, Fixture, bin, entry, get, hello, run, run_test, state};
use proptest::prelude::*;
use shared::episode::{EpisodeBin, Episodes};
use shared::event::{LogEvent, StateKind};
use shared::message::{ClientMessage, ErrorCode, From, LogEntry, Role, ServerMessage};
use shared::{Epoch, Offset, Payload};

#[test]
fn a_late_joiner_gets_snapshot_history_and_then_the_live_stream() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..10).await;
        publisher.publish_state(1, vec![state(StateKind::Frame, 0), state(StateKind::Values, 0)]).await;
        publisher.publish_state(1, vec![state(StateKind::Frame, 1)]).await;
        publisher.settle().await;

        let mut viewer = fixture.client(Role::Viewer).await;
        let subscribed = viewer.subscribe(From::All).await;
        assert_eq!((subscribed.epoch, subscribed.offset, subscribed.history), (1, 0, 10));
        assert!(!subscribed.recovered);
        assert_eq!(subscribed.snapshot, [state(StateKind::Frame, 1), state(StateKind::Values, 0)]);
        viewer.log(0, 10).await;
        publisher.publish(1, 10..12).await;
        viewer.log(10, 12).await;
    });
}

#[test]
fn every_way_to_begin() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..10).await;
        publisher.settle().await;
        let offset = |epoch, offset| From::Offset { epoch: Epoch(epoch), offset: Offset(offset) };
        for (from, first, history, recovered) in [
            (From::None, 10, 0, false),
            (From::Latest, 9, 1, false),
            (From::Tail(3), 7, 3, false),
            (From::Tail(300), 0, 10, false),
            (From::All, 0, 10, false),
            (offset(1, 4), 4, 6, true),
            (offset(1, 10), 10, 0, true),
            (offset(9, 4), 0, 10, false),
        ] {
            let mut viewer = fixture.client(Role::Viewer).await;
            let subscribed = viewer.subscribe(from).await;
            let found = (subscribed.offset, subscribed.history, subscribed.recovered);
            assert_eq!(found, (first, history, recovered), "{from:?}");
            viewer.log(first, 10).await;
        }
    });
}

#[test]
fn a_viewer_that_already_has_more_than_a_restarted_relay_gets_nothing_twice() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..5).await;
        publisher.settle().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        let subscribed = viewer.subscribe(From::Offset { epoch: Epoch(1), offset: Offset(8) }).await;
        assert_eq!((subscribed.offset, subscribed.history, subscribed.recovered), (8, 0, true));
        publisher.publish(1, 5..12).await;
        viewer.log(8, 12).await;
    });
}

#[test]
fn duplicates_are_ignored_and_gaps_refused() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe(From::All).await;
        publisher.publish(1, 0..5).await;
        publisher.publish(1, 2..7).await;
        publisher.publish(1, 3..5).await;
        publisher.publish(1, 9..12).await;
        let (code, message) = publisher.error().await;
        assert_eq!(code, ErrorCode::Gap);
        assert!(message.contains('9') && message.contains('7'), "{message}");
        publisher.publish(1, 7..8).await;
        viewer.log(0, 8).await;
        publisher.settle().await;
        assert_eq!(publisher.announce(1).await, 8);
    });
}

#[test]
fn entries_are_acknowledged_once_they_are_stored() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..100).await;
        publisher.acknowledged(100).await;
        let database = rusqlite::Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        let stored: i64 = database.query_row("SELECT count(*) FROM entries", [], |row| row.get(0)).unwrap();
        assert_eq!(stored, 100);
    });
}

#[test]
fn a_publisher_that_comes_again_is_told_what_is_stored() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..10).await;
        publisher.acknowledged(10).await;
        drop(publisher);
        let mut publisher = fixture.client(Role::Publisher).await;
        assert_eq!(publisher.announce(1).await, 10);
        publisher.acknowledged(10).await;
    });
}

#[test]
fn an_entry_of_an_epoch_that_was_not_announced_is_out_of_order() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(2, 0..1).await;
        assert_eq!(publisher.error().await.0, ErrorCode::OutOfOrder);
    });
}

#[test]
fn a_new_epoch_replaces_the_shown_one_and_the_old_one_stays() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        publisher.publish(1, 0..5).await;
        viewer.subscribe(From::All).await;
        viewer.log(0, 5).await;
        publisher.acknowledged(5).await;

        assert_eq!(publisher.announce(2).await, 0);
        let subscribed = viewer.subscribed().await;
        assert_eq!((subscribed.epoch, subscribed.offset, subscribed.recovered), (2, 0, false));
        publisher.publish(2, 0..3).await;
        viewer.log(0, 3).await;

        let (status, _, body) = get(fixture.address(), "/api/v1/runs/gridworld/log?epoch=1&from=3", "").await;
        assert_eq!(status, 200);
        let page: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(page["entries"].as_array().unwrap().len(), 2);
        assert_eq!(page["next"], 5);

        let (entries, all) = (publisher.announce(2).await, 3);
        assert_eq!(entries, all, "what is shown can be announced again");
    });
}

#[test]
fn old_epochs_go_when_there_are_more_than_kept() {
    run_test(async {
        let fixture = Fixture::with(|it| it.retention.epochs_per_run = 2).await;
        let mut publisher = fixture.publisher(1).await;
        for epoch in 1..=4 {
            publisher.announce(epoch).await;
            publisher.publish(epoch, 0..3).await;
            publisher.acknowledged(3).await;
        }
        for (epoch, status) in [(1, 404), (2, 404), (3, 200), (4, 200)] {
            let path = format!("/api/v1/runs/gridworld/log?epoch={epoch}");
            assert_eq!(get(fixture.address(), &path, "").await.0, status, "{epoch}");
        }
    });
}

#[test]
fn a_database_that_is_too_large_gives_up_replaced_epochs_but_never_the_shown_one() {
    run_test(async {
        let fixture = Fixture::with(|it| it.retention.total_bytes = 1).await;
        let mut publisher = fixture.publisher(1).await;
        for epoch in 1..=3 {
            publisher.announce(epoch).await;
            // Enough transactions that the size is looked at.
            for offset in 0..300 {
                publisher.publish(epoch, offset..offset + 1).await;
                publisher.acknowledged(offset + 1).await;
            }
        }
        for (epoch, status) in [(1, 404), (3, 200)] {
            let path = format!("/api/v1/runs/gridworld/log?epoch={epoch}");
            assert_eq!(get(fixture.address(), &path, "").await.0, status, "{epoch}");
        }
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe(From::All).await;
        viewer.log(0, 300).await;
    });
}

#[test]
fn a_thinned_history_has_every_episode_in_one_bin_and_goes_on_live() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        for offset in (0..3000).step_by(100) {
            publisher.publish(1, offset..offset + 100).await;
        }
        publisher.settle().await;
        // The second viewer is served from what was computed for the first.
        for end in [3000, 3010] {
            let mut viewer = fixture.client(Role::Viewer).await;
            let subscribed = viewer.subscribe(From::Thinned(50)).await;
            assert_eq!(subscribed.offset, 0);
            let mut entries = Vec::new();
            while (entries.len() as u64) < subscribed.history {
                entries.extend(viewer.log_message().await);
            }
            assert_eq!(entries.len() as u64, subscribed.history);
            assert!(matches!(entries[0].event.decode().unwrap(), LogEvent::RunStarted { .. }));
            let mut whole = bin(0);
            for (index, entry) in entries[1..].iter().enumerate() {
                let LogEvent::Episodes(bin) = entry.event.decode().unwrap() else { panic!("not a bin") };
                assert_eq!(entry.offset.0, bin.last_episode + 1);
                if index == 0 {
                    whole = bin;
                } else {
                    assert_eq!(bin.first_episode, whole.last_episode + 1);
                    whole.merge(&bin);
                }
            }
            assert!((26..=51).contains(&entries.len()), "{}", entries.len());
            let expected = (1..end - 1).fold(bin(0), |mut merged, episode| {
                merged.merge(&bin(episode));
                merged
            });
            assert_eq!(whole, expected);
            publisher.publish(1, end..end + 10).await;
            viewer.log(end, end + 10).await;
        }
    });
}

#[test]
fn an_unknown_run_is_an_error_and_the_connection_stays() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&ClientMessage::Subscribe { run: run(), from: From::All, epoch: None }).await;
        assert_eq!(viewer.error().await.0, ErrorCode::UnknownRun);
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..1).await;
        viewer.subscribe(From::All).await;
        viewer.log(0, 1).await;
    });
}

#[test]
fn who_unsubscribes_gets_no_more() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe(From::All).await;
        publisher.publish(1, 0..1).await;
        viewer.log(0, 1).await;
        viewer.send(&ClientMessage::Unsubscribe { run: run() }).await;
        viewer.settle().await;
        publisher.publish(1, 1..5).await;
        publisher.settle().await;
        viewer.send(&ClientMessage::Ping { nonce: 1 }).await;
        assert_eq!(viewer.next().await, ServerMessage::Pong { nonce: 1 });
    });
}

#[test]
fn the_list_of_runs_comes_now_and_whenever_it_changes() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert!(viewer.runs().await.is_empty());
        let mut publisher = fixture.publisher(1).await;
        let runs = viewer.runs().await;
        assert_eq!((runs.len(), runs[0].live, runs[0].epoch), (1, true, Epoch(1)));
        publisher.publish(1, 0..4).await;
        let runs = viewer.runs().await;
        assert_eq!((runs[0].live, runs[0].title.as_str()), (true, "Gridworld · Q-learning"));
        publisher.settle().await;
        publisher.send(&ClientMessage::Withdraw { run: run() }).await;
        let runs = viewer.runs().await;
        assert_eq!((runs[0].live, runs[0].entries, runs[0].title.as_str()), (false, 4, "Gridworld · Q-learning"));
        publisher.announce(2).await;
        assert_eq!(viewer.runs().await[0].epoch, Epoch(2));
        drop(publisher);
        assert!(!viewer.runs().await[0].live);
    });
}

#[test]
fn a_run_lives_where_it_was_announced_last() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut first = fixture.publisher(1).await;
        first.publish(1, 0..2).await;
        first.settle().await;
        let mut second = fixture.client(Role::Publisher).await;
        assert_eq!(second.announce(1).await, 2);
        assert_eq!(first.error().await.0, ErrorCode::Forbidden);
        first.publish(1, 2..3).await;
        assert_eq!(first.error().await.0, ErrorCode::Forbidden);
        drop(first);
        second.publish(1, 2..3).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert!(viewer.runs().await[0].live);
        viewer.subscribe(From::All).await;
        viewer.log(0, 3).await;
    });
}

#[test]
fn people_with_a_terminal_can_publish_and_watch_in_json() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = Client::connect(fixture.address()).await.in_text();
        publisher.send(&hello(Role::Publisher, None)).await;
        publisher.announce(1).await;
        publisher.publish(1, 0..3).await;
        publisher.settle().await;
        let mut viewer = Client::connect(fixture.address()).await.in_text();
        viewer.send(&hello(Role::Viewer, None)).await;
        viewer.subscribe(From::All).await;
        let mut entries = Vec::new();
        while entries.len() < 3 {
            entries.extend(viewer.log_message().await);
        }
        for (found, offset) in entries.iter().zip(0..) {
            assert_eq!(found.event.decode().unwrap(), entry(offset).event.decode().unwrap());
        }
        let mut binary = fixture.client(Role::Viewer).await;
        binary.subscribe(From::All).await;
        assert_eq!(binary.log_message().await[1].event.decode(), entry(1).event.decode());
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Viewers come at any moment of a run that publishes in pieces of any size, to a relay that keeps little in
    /// memory, so that they cross from the database to memory to live at any place.
    #[test]
    fn whoever_comes_whenever_gets_everything_once(
        pieces in prop::collection::vec(1u64..60, 1..40),
        joins in prop::collection::vec((0usize..40, 0u64..400), 1..8),
        recent_bytes in 0usize..20_000,
    ) {
        run_test(async move {
            let fixture = Fixture::with(|it| it.limits.recent_bytes = recent_bytes).await;
            let address = fixture.address();
            let total: u64 = pieces.iter().sum();
            let mut publisher = fixture.publisher(1).await;
            let mut viewers = Vec::new();
            let mut sent = 0;
            for (index, piece) in pieces.iter().enumerate() {
                for (_, offset) in joins.iter().filter(|(at, _)| *at % pieces.len() == index) {
                    let offset = offset % total;
                    viewers.push(tokio::spawn(async move {
                        let mut viewer = Client::greeted(address, Role::Viewer).await;
                        let from = From::Offset { epoch: Epoch(1), offset: Offset(offset) };
                        assert!(viewer.subscribe(from).await.recovered);
                        viewer.log(offset, total).await;
                    }));
                }
                publisher.publish(1, sent..sent + piece).await;
                sent += piece;
            }
            for viewer in viewers {
                viewer.await.unwrap();
            }
        });
    }
}

#[test]
fn every_episode_comes_as_a_row_of_a_table() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..30).await;
        publisher.acknowledged(30).await;
        let (_, head, _) = get(fixture.address(), "/api/v1/runs/gridworld/episodes.csv", "").await;
        assert!(head.contains("filename=\"gridworld-episodes.csv\""), "{head}");
        // Three episodes one by one in a bin, and one bin that tells only their sum.
        let mut told = bin(29);
        told.merge(&bin(30));
        told.merge(&bin(31));
        let summed = EpisodeBin { first_episode: 32, last_episode: 34, ..told.clone() };
        let mut each = Episodes::default();
        (29..32).for_each(|episode| each.push(0, episode as f64 / 4.0, episode, 0));
        told.each = Some(Box::new(each));
        let entries = [told, summed].into_iter().enumerate().map(|(index, bin)| LogEntry {
            offset: Offset(30 + index as u64),
            time_millis: 0.0,
            event: Payload::compressed(&LogEvent::Episodes(bin)).unwrap(),
        });
        publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries: entries.collect() }).await;
        publisher.acknowledged(32).await;
        {
            let (status, head, body) = get(fixture.address(), "/api/v1/runs/gridworld/episodes.csv", "").await;
            assert!(status == 200 && head.contains("content-type: text/csv"), "{head}");
            // The last row stands for three episodes: the name says that there are such rows.
            assert!(head.contains("filename=\"gridworld-episodes-in-bins.csv\""), "{head}");
            let rows: Vec<_> = body.lines().filter(|it| it.contains(',')).collect();
            assert_eq!(rows[..2], ["episode,count,return,length,outcome", "0,1,0,8,"]);
            assert_eq!(rows[29..], ["28,1,28,8,", "29,1,7.25,29,", "30,1,7.5,30,", "31,1,7.75,31,", "32,3,30,8,"]);
            // Later it is an epoch before the present one.
            publisher.announce(2).await;
            let (_, _, old) = get(fixture.address(), "/api/v1/runs/gridworld/episodes.csv?epoch=1", "").await;
            assert_eq!(old.lines().filter(|it| it.contains(',')).count(), rows.len());
        }
    });
}
