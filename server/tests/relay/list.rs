//! The list of runs, as it is told to who has it already.

use crate::harness::{Client, Fixture, entry, get, request, run, run_test, started, tool};
use server::{Relay, RelayConfig, Token};
use shared::event::{LogEvent, Phase, StateEvent, StateKind, Status};
use shared::message::{
    ClientMessage, From, Hello, LogEntry, PROTOCOL, Role, RunSummary, ServerMessage, StateEntry, update_runs,
};
use shared::{Epoch, Offset, Payload, RunId};

fn named(number: u64) -> RunId {
    RunId::new(format!("run-{number}")).unwrap()
}

/// A publisher of so many runs, which the relay has heard of.
async fn publisher_of(fixture: &Fixture, runs: u64) -> Client {
    let mut publisher = fixture.client(Role::Publisher).await;
    for number in 0..runs {
        announce(&mut publisher, &named(number), 1).await;
    }
    publisher.settle().await;
    publisher
}

async fn announce(publisher: &mut Client, run: &RunId, epoch: u64) {
    publisher.send(&ClientMessage::Announce { run: run.clone(), epoch: Epoch(epoch), started_millis: 0.0 }).await;
}

/// A list that is brought up to date, and how many summaries that took.
struct Kept {
    list: Vec<RunSummary>,
    summaries: usize,
    whole: usize,
}

impl Kept {
    /// Takes the next message about the list in; gives its runs and how many of the list follow.
    async fn take(&mut self, client: &mut Client) -> (usize, u64) {
        let (runs, gone, goes_on, to_come) = client
            .until(|it| match it {
                ServerMessage::Runs { runs, gone, goes_on, to_come } => Some((runs, gone, goes_on, to_come)),
                _ => None,
            })
            .await;
        let told = runs.len();
        self.summaries += told;
        self.whole += usize::from(gone.is_none() && !goes_on);
        update_runs(&mut self.list, runs, gone.as_deref(), goes_on);
        (told, to_come)
    }

    /// Until it is as the relay tells it to who asks anew.
    async fn until_same(&mut self, client: &mut Client, fixture: &Fixture) {
        loop {
            let mut other = fixture.client(Role::Viewer).await;
            other.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
            let mut wanted = other.runs().await;
            // How long a log is matters to none of the changes.
            for it in wanted.iter_mut().chain(&mut self.list) {
                it.entries = 0;
            }
            if wanted == self.list {
                return;
            }
            self.take(client).await;
        }
    }
}

#[test]
fn a_host_is_listed_as_one_whatever_it_is_called_and_over_a_restart() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.client(Role::Publisher).await;
        for (name, said) in [("a-host", true), ("named-host", false)] {
            let run = RunId::new(name).unwrap();
            announce(&mut publisher, &run, 1).await;
            let mut event = started();
            if let LogEvent::RunStarted { agent, is_host, .. } = &mut event {
                agent.title = "Host".into();
                *is_host = said;
            }
            let event = Payload::plain(&event).unwrap();
            let entries = vec![LogEntry { offset: Offset(0), time_millis: 0.0, event }];
            publisher.send(&ClientMessage::Log { run, epoch: Epoch(1), entries }).await;
        }
        publisher.settle().await;
        let hosts = async |fixture: &Fixture| {
            let mut viewer = fixture.client(Role::Viewer).await;
            viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
            let runs = viewer.runs().await.into_iter().filter(|run| run.is_host);
            runs.map(|run| run.run.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(hosts(&fixture).await, ["a-host"]);
        fixture.relay.shutdown().await;
        let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
        assert_eq!(hosts(&Fixture { relay, data: fixture.data }).await, ["a-host"]);
    });
}

#[test]
fn who_asks_for_changes_gets_them_alone_and_comes_to_the_same_list() {
    const RUNS: u64 = 200;
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = publisher_of(&fixture, RUNS).await;
        let mut client = fixture.client(Role::Viewer).await;
        client.send(&ClientMessage::ListRuns { changes: true, parts: false }).await;
        let mut kept = Kept { list: Vec::new(), summaries: 0, whole: 0 };
        kept.until_same(&mut client, &fixture).await;
        assert_eq!((kept.summaries as u64, kept.whole), (RUNS, 1));

        // Another epoch comes to the front, one with the same stays, one goes, one is new, and one begins to tell.
        announce(&mut publisher, &named(3), 2).await;
        announce(&mut publisher, &named(4), 1).await;
        publisher.send(&ClientMessage::Withdraw { run: named(5) }).await;
        announce(&mut publisher, &named(RUNS), 1).await;
        let entries = vec![entry(0)];
        publisher.send(&ClientMessage::Log { run: named(6), epoch: Epoch(1), entries }).await;
        publisher.settle().await;
        kept.until_same(&mut client, &fixture).await;
        assert_eq!(kept.whole, 1);
        assert!((5..=8).contains(&(kept.summaries - RUNS as usize)), "{}", kept.summaries);

        // One that is removed and comes again in between is at the front.
        let path = "/api/v1/runs/run-5";
        assert_eq!(crate::harness::request(fixture.address(), "DELETE", path, "", "").await.0, 204);
        announce(&mut publisher, &named(5), 1).await;
        publisher.settle().await;
        kept.until_same(&mut client, &fixture).await;
        assert_eq!((kept.list[0].run.clone(), kept.list.len() as u64, kept.whole), (named(5), RUNS + 1, 1));
        // All of them leave: a whole list is shorter.
        drop(publisher);
        kept.until_same(&mut client, &fixture).await;
        assert_eq!((kept.list.iter().filter(|it| it.live).count(), kept.whole), (0, 2));
    });
}

#[test]
fn thousands_of_runs_come_in_parts_and_a_change_alone() {
    const RUNS: u64 = 3210;
    run_test(async {
        let fixture = Fixture::with(|it| it.limits.messages_per_second = 1_000_000).await;
        let mut publisher = publisher_of(&fixture, RUNS).await;
        let mut client = fixture.client(Role::Viewer).await;
        client.send(&ClientMessage::ListRuns { changes: true, parts: true }).await;
        let mut kept = Kept { list: Vec::new(), summaries: 0, whole: 0 };
        let first = kept.take(&mut client).await;
        assert_eq!((first, kept.list[0].run.clone()), ((500, RUNS - 500), named(RUNS - 1)));
        // What changes meanwhile is told behind the list, in its place.
        announce(&mut publisher, &named(3), 2).await;
        let mut parts = 1;
        while kept.take(&mut client).await.1 > 0 {
            parts += 1;
        }
        assert_eq!(parts, RUNS / 500);
        kept.until_same(&mut client, &fixture).await;
        assert_eq!((kept.list[0].run.clone(), kept.list.len() as u64, kept.whole), (named(3), RUNS, 1));
        assert_eq!(kept.summaries as u64, RUNS + 1);

        // A change is one run, whatever the list's length, and a removal none.
        let before = kept.summaries;
        announce(&mut publisher, &named(7), 2).await;
        publisher.settle().await;
        kept.until_same(&mut client, &fixture).await;
        publisher.send(&ClientMessage::Withdraw { run: named(9) }).await;
        publisher.settle().await;
        kept.until_same(&mut client, &fixture).await;
        assert_eq!(kept.summaries, before + 2);
        assert_eq!(request(fixture.address(), "DELETE", "/api/v1/runs/run-9", "", "").await.0, 204);
        kept.until_same(&mut client, &fixture).await;
        assert_eq!((kept.summaries, kept.list.len() as u64), (before + 2, RUNS - 1));

        // All of them leave: even so no message has more, and the list keeps its order.
        drop(publisher);
        while kept.list.iter().any(|it| it.live) {
            assert!(kept.take(&mut client).await.0 <= 500);
        }
        kept.until_same(&mut client, &fixture).await;
        assert_eq!(kept.whole, 1);
        let mut whole = fixture.client(Role::Viewer).await;
        whole.send(&ClientMessage::ListRuns { changes: true, parts: false }).await;
        let mut at_once = Kept { list: Vec::new(), summaries: 0, whole: 0 };
        assert_eq!(at_once.take(&mut whole).await, (RUNS as usize - 1, 0), "who did not ask for parts");
    });
}

#[test]
fn a_list_in_parts_is_begun_anew_by_whoever_asks_again_or_asks_for_no_changes() {
    const RUNS: u64 = 1200;
    run_test(async {
        let fixture = Fixture::with(|it| it.limits.messages_per_second = 1_000_000).await;
        let mut publisher = publisher_of(&fixture, RUNS).await;
        let mut client = Client::connect(fixture.address()).await.in_text();
        client.send(&crate::harness::hello(Role::Viewer, None)).await;
        // A list without changes comes in parts, too, and each whole one anew.
        client.send(&ClientMessage::ListRuns { changes: false, parts: true }).await;
        let mut kept = Kept { list: Vec::new(), summaries: 0, whole: 0 };
        assert_eq!(kept.take(&mut client).await, (500, RUNS - 500));
        client.send(&ClientMessage::ListRuns { changes: false, parts: true }).await;
        while kept.take(&mut client).await.1 > 0 || kept.whole < 2 {}
        assert_eq!((kept.list.len() as u64, kept.whole), (RUNS, 2));
        announce(&mut publisher, &named(5), 2).await;
        publisher.settle().await;
        kept.until_same(&mut client, &fixture).await;
        assert_eq!((kept.list.len() as u64, kept.list[0].run.clone()), (RUNS, named(5)));
        assert!(kept.whole > 2, "{}", kept.whole);
    });
}

#[test]
fn what_a_trainer_calls_itself_and_what_its_run_does_are_in_the_list_as_they_change() {
    run_test(async {
        let fixture = Fixture::new().await;
        let named = async |name: &str| {
            let mut publisher = Client::connect(fixture.address()).await;
            let (protocol, role, token) = (PROTOCOL, Role::Publisher, None);
            publisher.send(&ClientMessage::Hello(Hello { protocol, role, token, name: name.into() })).await;
            publisher.next().await;
            publisher
        };
        let mut client = fixture.client(Role::Viewer).await;
        client.send(&ClientMessage::ListRuns { changes: true, parts: true }).await;
        // What stands in terminals may not command them, nor fill them.
        let mut publisher = named(&format!("big\u{1b}[2J box{}", " of mine".repeat(99))).await;
        publisher.announce(1).await;
        let first = client.until_listed(|it| it.run == run()).await;
        assert_eq!((first.trainer.chars().count(), first.phase), (64, None));
        assert!(first.trainer.starts_with("big[2J box of mine"), "{}", first.trainer);
        for phase in [Phase::Ready, Phase::Running, Phase::Paused, Phase::Running, Phase::Ended] {
            let event = Payload::plain(&StateEvent::Status(Status { phase, ..Status::default() })).unwrap();
            publisher.publish_state(1, vec![StateEntry { kind: StateKind::Status, sequence: 0, event }]).await;
            client.until_listed(|it| it.phase == Some(phase) && it.live).await;
        }
        // One that unpacks to much is not unpacked for the list.
        let event = StateEvent::Status(Status { run_hash: "0".repeat(9_000), ..Status::default() });
        let event = Payload::compressed(&event).unwrap();
        publisher.publish_state(1, vec![StateEntry { kind: StateKind::Status, sequence: 1, event }]).await;
        client.until_listed(|it| it.phase.is_none()).await;
        drop(publisher);
        let left = client.until_listed(|it| !it.live).await;
        assert_eq!(left.trainer, first.trainer);

        // The next one is another.
        let mut publisher = named("small box").await;
        publisher.announce(2).await;
        client.until_listed(|it| it.trainer == "small box").await;
        let status = StateEvent::Status(Status { phase: Phase::Ended, ..Status::default() });
        let event = Payload::plain(&status).unwrap();
        publisher.publish(2, 0..2).await;
        publisher.publish_state(2, vec![StateEntry { kind: StateKind::Status, sequence: 0, event }]).await;
        publisher.acknowledged(2).await;
        client.until_listed(|it| it.phase == Some(Phase::Ended)).await;
        let (_, _, told) = get(fixture.address(), "/api/v1/runs/gridworld", "").await;
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!((&told["trainer"], &told["phase"]), (&"small box".into(), &"ended".into()));
        drop(publisher);
        client.until_listed(|it| !it.live).await;
        // What a run did last is stored with its state.
        fixture.relay.shutdown().await;
        let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
        let again = Fixture { relay, data: fixture.data };
        let mut client = again.client(Role::Viewer).await;
        client.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert_eq!(client.until_listed(|it| it.run == run()).await.phase, Some(Phase::Ended));
    });
}

#[test]
fn names_tags_and_viewers_of_a_run_are_in_the_list_as_they_change() {
    run_test(async {
        let fixture = Fixture::with(|it| it.access.controller = Token::new("c")).await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..3).await;
        publisher.acknowledged(3).await;
        let mut client = fixture.client(Role::Viewer).await;
        client.send(&ClientMessage::ListRuns { changes: true, parts: false }).await;
        let first = client.until_listed(|it| it.run == run()).await;
        assert_eq!((first.name.as_str(), first.tags.len(), first.viewers), ("", 0, 0));

        let change = r#"{"name": "First of May", "tags": ["slow", "course"]}"#;
        let path = "/api/v1/runs/gridworld";
        assert_eq!(request(fixture.address(), "PATCH", path, "", change).await.0, 401);
        assert_eq!(request(fixture.address(), "PATCH", path, "Authorization: Bearer c\r\n", change).await.0, 200);
        let named = client.until_listed(|it| !it.name.is_empty()).await;
        assert_eq!(
            (named.name.as_str(), &named.tags[..]),
            ("First of May", &["course".to_owned(), "slow".to_owned()][..])
        );

        let mut viewers = Vec::new();
        for count in 1..=3 {
            let mut viewer = fixture.client(Role::Viewer).await;
            viewer.subscribe(From::None).await;
            viewers.push(viewer);
            client.until_listed(|it| it.viewers == count).await;
        }
        drop(viewers);
        client.until_listed(|it| it.viewers == 0).await;

        // They are of the run, whoever serves it, and in a snapshot.
        fixture.relay.shutdown().await;
        let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
        let again = Fixture { relay, data: fixture.data };
        let mut client = again.client(Role::Viewer).await;
        client.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        let kept = client.until_listed(|it| it.run == run()).await;
        assert_eq!((kept.name, kept.tags), (named.name, named.tags));
        let page = tempfile::TempDir::new().unwrap();
        std::fs::write(page.path().join("index.html"), "<head></head>").unwrap();
        let into = page.path().join("snapshot");
        let text = |path: &std::path::Path| path.to_str().unwrap().to_owned();
        let (data, folder, page) = (text(again.data.path()), text(&into), text(page.path()));
        tool(["freeze", "--data", &data, "--into", &folder, "--page", &page]).unwrap();
        let runs = std::fs::read(into.join("frozen/runs.frames")).unwrap();
        assert!(String::from_utf8_lossy(&runs).contains("First of May"));
    });
}
