//! State: the newest wins, per viewer, and each is told what it was spared.

use crate::harness::{Fixture, get, run_test, state};
use shared::event::StateKind;
use shared::message::{From, Role};

#[test]
fn who_keeps_up_gets_every_frame() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe(From::All).await;
        for sequence in 0..20 {
            publisher.publish_state(1, vec![state(StateKind::Frame, sequence)]).await;
            let (entries, skipped) = viewer.state().await;
            assert_eq!(entries, [state(StateKind::Frame, sequence)]);
            assert!(skipped.is_empty());
        }
    });
}

#[test]
fn a_viewer_that_does_not_read_holds_nobody_up_sees_the_newest_frame_and_the_whole_log() {
    const FRAMES: u64 = 4000;
    run_test(async {
        let fixture = Fixture::with(|it| it.limits.messages_per_second = 1_000_000).await;
        let mut publisher = fixture.publisher(1).await;
        let mut asleep = fixture.client(Role::Viewer).await;
        let mut awake = fixture.client(Role::Viewer).await;
        asleep.subscribe(From::All).await;
        awake.subscribe(From::All).await;
        // 12 MB of frames: more than the sockets of a sleeping viewer hold.
        for sequence in 0..FRAMES {
            publisher.publish_state(1, vec![state(StateKind::Frame, sequence)]).await;
            publisher.publish(1, sequence..sequence + 1).await;
        }
        publisher.settle().await;
        awake.log(0, FRAMES).await;

        let (mut newest, mut received, mut spared, mut next) = (None, 0, 0, 0);
        while newest != Some(FRAMES - 1) || next < FRAMES {
            match asleep.next().await {
                shared::ServerMessage::State { entries, skipped, .. } => {
                    assert_eq!(entries.len(), 1);
                    let sequence = entries[0].sequence;
                    let missed = skipped.get(&StateKind::Frame).copied().unwrap_or_default();
                    assert_eq!(
                        sequence,
                        newest.map_or(0, |it| it + 1) + missed,
                        "the count of skipped frames is wrong"
                    );
                    newest = Some(sequence);
                    received += 1;
                    spared += missed;
                }
                shared::ServerMessage::Log { entries, .. } => {
                    for entry in entries {
                        assert_eq!(entry.offset.0, next);
                        next += 1;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(received + spared, FRAMES);
        assert!(spared > 0, "the sleeping viewer was sent everything");
        // Everybody is told of each of them.
        let (_, _, body) = get(fixture.address(), "/api/v1/runs/gridworld", "").await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let counts: Vec<_> = body["watching"].as_array().unwrap().iter().map(|it| it["skipped"].as_u64()).collect();
        assert_eq!(counts.len(), 2);
        assert_eq!((counts[0], &body["viewers"]), (Some(spared), &serde_json::json!(2)), "{body}");
    });
}

#[test]
fn kinds_do_not_push_each_other_out() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish_state(1, vec![state(StateKind::OptimalSolution, 0)]).await;
        for sequence in 0..50 {
            publisher
                .publish_state(1, vec![state(StateKind::Frame, sequence), state(StateKind::Status, sequence)])
                .await;
        }
        publisher.settle().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        let snapshot = viewer.subscribe(From::None).await.snapshot;
        assert_eq!(
            snapshot,
            [state(StateKind::Status, 49), state(StateKind::Frame, 49), state(StateKind::OptimalSolution, 0)]
        );
    });
}
