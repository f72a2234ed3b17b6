//! Artifacts: files that publishers leave for those who watch, in parts, over broken lines and restarts.

use crate::harness::{Client, Fixture, entry, get, run, run_test, tool};
use server::{Relay, RelayConfig, Token};
use shared::event::LogEvent;
use shared::message::{ClientMessage, ErrorCode, LogEntry, Role, ServerMessage};
use shared::{Artifact, Epoch, Offset, Payload, RunId};

const PART: usize = 100_000;

/// Something of so many bytes that is the same every time.
fn file(length: usize) -> Artifact {
    Artifact::new((0..length).map(|it| (it * it % 251) as u8).collect())
}

async fn put(client: &mut Client, file: &Artifact, offset: u64, content: &[u8]) {
    let (sha256, length) = (file.hash(), file.length());
    client
        .send(&ClientMessage::PutArtifact { run: run(), sha256, length, offset, content: content.to_vec().into() })
        .await;
}

async fn kept(client: &mut Client) -> u64 {
    client.until(|it| if let ServerMessage::ArtifactKept { kept, .. } = it { Some(kept) } else { None }).await
}

/// Sends what is missing, at most so many parts.
async fn send(client: &mut Client, file: &Artifact, most: usize) -> u64 {
    put(client, file, 0, &[]).await;
    let mut have = kept(client).await;
    for _ in 0..most {
        let rest = &file.bytes().unwrap()[have as usize..];
        if rest.is_empty() {
            break;
        }
        put(client, file, have, &rest[..rest.len().min(PART)]).await;
        have = kept(client).await;
    }
    have
}

/// Reads a file part by part.
async fn fetch(client: &mut Client, file: &Artifact) -> Vec<u8> {
    let mut read = Vec::new();
    while (read.len() as u64) < file.length() {
        let offset = read.len() as u64;
        client.send(&ClientMessage::GetArtifact { run: run(), sha256: file.hash(), offset }).await;
        let pick = |it| if let ServerMessage::ArtifactPart { content, .. } = it { Some(content) } else { None };
        let content = client.until(pick).await;
        assert!(!content.is_empty());
        read.extend_from_slice(&content);
    }
    read
}

#[test]
fn a_file_goes_on_over_another_line_and_a_restart_and_is_read_by_both_ways() {
    run_test(async {
        let data = tempfile::TempDir::new().unwrap();
        let file = file(650_000);
        let relay = Relay::start(RelayConfig::local(data.path())).await.unwrap();
        let mut publisher = Client::greeted(relay.local_addr(), Role::Publisher).await;
        publisher.announce(1).await;
        publisher.publish(1, 0..1).await;
        publisher.acknowledged(1).await;
        assert_eq!(send(&mut publisher, &file, 3).await, 300_000);
        let mut viewer = Client::greeted(relay.local_addr(), Role::Viewer).await;
        viewer.send(&ClientMessage::GetArtifact { run: run(), sha256: file.hash(), offset: 0 }).await;
        assert_eq!(
            viewer.error().await.0,
            ErrorCode::UnknownArtifact,
            "nobody gets a part of one that is not complete"
        );
        drop(publisher);
        relay.shutdown().await;

        let relay = Relay::start(RelayConfig::local(data.path())).await.unwrap();
        let mut publisher = Client::greeted(relay.local_addr(), Role::Publisher).await;
        publisher.announce(1).await;
        put(&mut publisher, &file, 0, &[]).await;
        assert_eq!(kept(&mut publisher).await, 300_000, "what was sent before is there");
        assert_eq!(send(&mut publisher, &file, 9).await, file.length());
        for text in [false, true] {
            let mut viewer = Client::greeted(relay.local_addr(), Role::Viewer).await;
            if text {
                viewer = Client::connect(relay.local_addr()).await.in_text();
                viewer.send(&crate::harness::hello(Role::Viewer, None)).await;
            }
            assert_eq!(fetch(&mut viewer, &file).await, file.bytes().unwrap());
        }
        let list = format!("/api/v1/runs/{}/artifacts", run());
        let (status, _, body) = get(relay.local_addr(), &list, "").await;
        assert_eq!((status, body), (200, format!(r#"[{{"sha256":"{}","length":650000}}]"#, file.hash())));
        let path = format!("{list}/{}", file.hash());
        let (status, head, _) = get(relay.local_addr(), &path, "Range: bytes=649990-\r\n").await;
        assert_eq!(status, 206, "{head}");
        assert!(head.to_lowercase().contains("content-range: bytes 649990-649999/650000"), "{head}");
        assert_eq!(get(relay.local_addr(), &format!("{list}/{}", Artifact::new(vec![1]).hash()), "").await.0, 404);
        assert_eq!(get(relay.local_addr(), &format!("{list}/..%2f..%2fterrarium.db"), "").await.0, 400);
        relay.shutdown().await;
    });
}

#[test]
fn what_is_not_taken_is_named_and_the_run_goes_on() {
    run_test(async {
        let fixture = Fixture::with(|it| it.retention.artifact_bytes = 1_000_000).await;
        let mut publisher = fixture.publisher(1).await;
        let large = file(250_001);
        put(&mut publisher, &large, 0, &large.bytes().unwrap()[..PART]).await;
        let (code, message) = publisher.error().await;
        assert_eq!(code, ErrorCode::Storage);
        assert!(
            message.contains("250001 bytes more do not fit") && message.contains("--keep-artifact-bytes"),
            "{message}"
        );
        let wrong = Artifact::new(b"what was said".to_vec());
        put(&mut publisher, &wrong, 0, b"what was sent").await;
        assert!(publisher.error().await.1.contains("have another SHA-256"));
        put(&mut publisher, &wrong, 0, b"what was said and more").await;
        assert!(publisher.error().await.1.contains("beyond the 13 bytes"));
        let other = RunId::new("elsewhere").unwrap();
        let message = ClientMessage::PutArtifact {
            run: other,
            sha256: wrong.hash(),
            length: 13,
            offset: 0,
            content: b"what was said".to_vec().into(),
        };
        publisher.send(&message).await;
        assert_eq!(publisher.error().await.0, ErrorCode::UnknownRun);
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.send(&message).await;
        assert_eq!(viewer.error().await.0, ErrorCode::Forbidden);
        publisher.publish(1, 0..5).await;
        publisher.acknowledged(5).await;
        assert_eq!(send(&mut publisher, &wrong, 1).await, 13);
    });
}

#[test]
fn files_go_with_their_run_and_are_for_those_who_may_see_it() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.access.viewer = Token::new("v");
            it.access.controller = Token::new("c");
        })
        .await;
        let file = file(10);
        let mut publisher = fixture.publisher(1).await;
        assert_eq!(send(&mut publisher, &file, 1).await, 10);
        let path = format!("/api/v1/runs/{}/artifacts/{}", run(), file.hash());
        assert_eq!(get(fixture.address(), &path, "").await.0, 401);
        assert_eq!(get(fixture.address(), &path, "Authorization: Bearer v\r\n").await.0, 200);
        let kept = fixture.data.path().join("artifacts").join(run().as_str());
        assert!(kept.is_dir());
        drop(publisher);
        let run_path = format!("/api/v1/runs/{}", run());
        let right = "Authorization: Bearer c\r\n";
        while crate::harness::request(fixture.address(), "DELETE", &run_path, right, "").await.0 != 204 {}
        while kept.exists() {
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn artifacts_go_out_with_their_run_and_in_again_and_into_backups() {
    run_test(async {
        let fixture = Fixture::new().await;
        let (left, other) = (file(650_000), Artifact::new(b"of no checkpoint".to_vec()));
        let mut publisher = fixture.publisher(1).await;
        let saved =
            LogEvent::Checkpoint { step: 8, episode: 1, run_hash: "1".into(), artifact: Some(left.reference()) };
        let saved = LogEntry { offset: Offset(1), time_millis: 1.0, event: Payload::plain(&saved).unwrap() };
        publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries: vec![entry(0), saved] }).await;
        publisher.acknowledged(2).await;
        for file in [&left, &other] {
            assert_eq!(send(&mut publisher, file, 9).await, file.length());
        }
        let (_, _, figures) = get(fixture.address(), "/metrics", "").await;
        assert!(figures.contains("terrarium_relay_artifacts 2\n"), "{figures}");
        assert!(figures.contains("terrarium_relay_artifacts_kept_bytes 650016\n"), "{figures}");

        let elsewhere = tempfile::TempDir::new().unwrap();
        Relay::start(RelayConfig::local(elsewhere.path())).await.unwrap().shutdown().await;
        let exported = elsewhere.path().join("run.jsonl");
        let [from, into, exported] = [fixture.data.path(), elsewhere.path(), &exported].map(|it| it.to_str().unwrap());
        let told = tool(["export", "gridworld", "--data", from, "--to", exported]).unwrap();
        assert!(told.contains("2 entries and 1 artifacts"), "{told}");
        let text = std::fs::read_to_string(exported).unwrap();

        // A file that is cut or holed: the entries are there, and what is not is said. What came is not taken twice.
        let lines: Vec<_> = text.lines().collect();
        let holed = elsewhere.path().join("holed.jsonl");
        let without: Vec<_> = lines.iter().enumerate().filter(|(place, _)| *place != 4).map(|it| *it.1).collect();
        std::fs::write(&holed, without.join("\n").replace("\"epoch\":1", "\"epoch\":8")).unwrap();
        let error = tool(["import", holed.to_str().unwrap(), "--data", into]).unwrap_err().to_string();
        assert!(error.contains("262144 bytes of") && error.contains("what follows begins at 524288"), "{error}");

        let cut = elsewhere.path().join("cut.jsonl");
        std::fs::write(&cut, lines[..lines.len() - 2].join("\n").replace("\"epoch\":1", "\"epoch\":7")).unwrap();
        let error = tool(["import", cut.to_str().unwrap(), "--data", into]).unwrap_err().to_string();
        assert!(
            error.contains("epoch 7 has 2 entries now, but not all of its artifacts: line 5 is no part"),
            "{error}"
        );
        assert!(error.contains("the file ends after 524288 of the 650000 bytes"), "{error}");
        // Of one that ends among its entries nothing is taken, so that the whole one can be.
        std::fs::write(&cut, lines[..2].join("\n")).unwrap();
        let error = tool(["import", cut.to_str().unwrap(), "--data", into]).unwrap_err().to_string();
        assert!(error.contains("it is cut short: nothing follows line 2"), "{error}");
        for (end, words) in [("{\"end\":9}", "says that 9 lines stand before it"), ("{\"end\":2", "it is cut short")] {
            std::fs::write(&cut, [&lines[..3], &[end]].concat().join("\n")).unwrap();
            let error = tool(["import", cut.to_str().unwrap(), "--data", into]).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let told = tool(["import", exported, "--data", into]).unwrap();
        assert!(told.contains("2 entries and 1 artifacts"), "{told}");
        let backup = elsewhere.path().join("backup/terrarium.db");
        std::fs::create_dir(backup.parent().unwrap()).unwrap();
        let told = tool(["backup", from, backup.to_str().unwrap()]).unwrap();
        assert!(told.contains("2 artifacts of 650016 bytes"), "{told}");
        for (data, files) in [(elsewhere.path(), vec![&left]), (backup.parent().unwrap(), vec![&left, &other])] {
            let relay = Relay::start(RelayConfig::local(data)).await.unwrap();
            let mut viewer = Client::greeted(relay.local_addr(), Role::Viewer).await;
            for file in files {
                assert_eq!(fetch(&mut viewer, file).await, file.bytes().unwrap());
            }
            relay.shutdown().await;
        }
    });
}
