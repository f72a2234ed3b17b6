//! Tokens that are made at run time: for roles and runs, until they end; and whom runs belong to.

use crate::harness::{Client, Fixture, get, hello, run, run_test, tool};
use server::{Relay, RelayConfig, StartError, Token};
use shared::message::{ClientMessage, ErrorCode, From, Role, RunSummary};
use shared::{Epoch, RunId};
use std::path::Path;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Makes a token; gives its number and its secret.
fn create(data: &Path, role: &str, more: [&str; 2]) -> (String, String) {
    let data = data.to_str().unwrap();
    let told = tool(["token", "create", role, "--data", data, more[0], more[1]]).unwrap();
    let (secret, rest) = told.split_once('\n').unwrap();
    let id = rest.split(' ').nth(1).unwrap();
    (id.to_owned(), secret.to_owned())
}

fn revoke(data: &Path, id: &str) {
    tool(["token", "revoke", id, "--data", data.to_str().unwrap()]).unwrap();
}

async fn refusal(fixture: &Fixture, role: Role, token: Option<&str>) -> (ErrorCode, String) {
    let mut client = Client::connect(fixture.address()).await;
    client.send(&hello(role, token)).await;
    client.error().await
}

fn announce(name: &str) -> ClientMessage {
    ClientMessage::Announce { run: RunId::new(name).unwrap(), epoch: Epoch(1), started_millis: 0.0 }
}

async fn is_hosted(publisher: &mut Client, name: &str) -> Result<(), String> {
    publisher.send(&announce(name)).await;
    let pick = |it| match it {
        shared::ServerMessage::Resume { .. } => Some(Ok(())),
        shared::ServerMessage::Error { code: ErrorCode::Forbidden, message, .. } => Some(Err(message)),
        _ => None,
    };
    publisher.until(pick).await
}

#[test]
fn a_token_opens_its_role_for_its_runs_until_it_is_revoked() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.client(Role::Publisher).await;
        for name in ["gridworld", "secret"] {
            is_hosted(&mut publisher, name).await.unwrap();
        }
        publisher.publish(1, 0..3).await;
        publisher.acknowledged(3).await;
        let (id, secret) = create(fixture.data.path(), "viewer", ["--runs", "grid*"]);
        // The role wants a token now.
        assert_eq!(refusal(&fixture, Role::Viewer, None).await.0, ErrorCode::Unauthorized);
        assert_eq!(refusal(&fixture, Role::Viewer, Some("x")).await.0, ErrorCode::Unauthorized);
        let (code, message) = refusal(&fixture, Role::Viewer, Some(&id)).await;
        assert!(code == ErrorCode::Unauthorized && message.contains("not the token"), "{message}");
        let mut viewer = Client::with_token(fixture.address(), Role::Viewer, &secret).await;
        viewer.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert_eq!(viewer.runs().await.iter().map(|it| it.run.as_str()).collect::<Vec<_>>(), ["gridworld"]);
        let subscribe =
            |name: &str| ClientMessage::Subscribe { run: RunId::new(name).unwrap(), from: From::All, epoch: None };
        viewer.send(&subscribe("secret")).await;
        assert_eq!(viewer.error().await.0, ErrorCode::UnknownRun);
        viewer.subscribe(From::All).await;
        viewer.log(0, 3).await;
        for (scheme, path, status) in [
            ("Bearer", "/api/v1/runs/gridworld/log", 200),
            ("bearer", "/api/v1/runs/gridworld/log", 200),
            ("Bearer", "/api/v1/runs/secret/log", 404),
            ("Basic", "/api/v1/runs/gridworld/log", 401),
        ] {
            let header = format!("Authorization: {scheme} {secret}\r\n");
            assert_eq!(get(fixture.address(), path, &header).await.0, status, "{scheme} {path}");
        }
        let header = format!("Authorization: Bearer {secret}\r\n");
        let (_, _, body) = get(fixture.address(), "/api/v1/runs", &header).await;
        let runs: Vec<RunSummary> = serde_json::from_str(&body).unwrap();
        assert_eq!(runs.len(), 1);

        let list = || tool(["token", "list", "--data", fixture.data.path().to_str().unwrap()]).unwrap();
        let text = list();
        assert!(
            text.contains(&id) && text.contains("grid*") && text.contains("valid") && !text.contains(&secret),
            "{text}"
        );
        revoke(fixture.data.path(), &id);
        assert_eq!(viewer.error().await.0, ErrorCode::Unauthorized);
        assert_eq!(viewer.closed().await.unwrap().code, CloseCode::Policy);
        assert!(list().contains("revoked"));
        // A role whose last token has ended does not open to everybody.
        assert_eq!(refusal(&fixture, Role::Viewer, None).await.0, ErrorCode::Unauthorized);
        let (_, message) = refusal(&fixture, Role::Viewer, Some(&secret)).await;
        assert!(message.contains("was revoked"), "{message}");
    });
}

#[test]
fn a_token_that_has_expired_is_refused_by_name() {
    run_test(async {
        let fixture = Fixture::with(|it| it.access.viewer = Token::new("v")).await;
        let (_, secret) = create(fixture.data.path(), "viewer", ["--days", "0.000000001"]);
        let (code, message) = refusal(&fixture, Role::Viewer, Some(&secret)).await;
        assert!(message.contains("has expired"), "{message}");
        assert_eq!(code, ErrorCode::Unauthorized, "{message}");
    });
}

#[test]
fn nothing_of_a_secret_is_stored() {
    run_test(async {
        let fixture = Fixture::new().await;
        let (_, secret) = create(fixture.data.path(), "publisher", ["--note", "a cluster"]);
        let data = fixture.data.path().to_owned();
        fixture.relay.shutdown().await;
        let bits = secret.strip_prefix("terrarium_").unwrap();
        assert_eq!(bits.len(), 64);
        for file in std::fs::read_dir(data).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(16).any(|it| it == &bits.as_bytes()[..16]), "the secret lies there");
        }
    });
}

#[test]
fn a_run_belongs_to_its_publishers_token() {
    run_test(async {
        let fixture = Fixture::new().await;
        let (first_id, first) = create(fixture.data.path(), "publisher", ["--note", "the cluster"]);
        let (_, second) = create(fixture.data.path(), "publisher", ["--runs", "*"]);
        let mut owner = Client::with_token(fixture.address(), Role::Publisher, &first).await;
        is_hosted(&mut owner, "gridworld").await.unwrap();
        owner.publish(1, 0..5).await;
        owner.acknowledged(5).await;
        let mut other = Client::with_token(fixture.address(), Role::Publisher, &second).await;
        let refused = is_hosted(&mut other, "gridworld").await.unwrap_err();
        assert!(refused.contains(&first_id) && refused.contains("the cluster"), "{refused}");
        is_hosted(&mut other, "another").await.unwrap();
        // The owner did not notice.
        owner.publish(1, 5..6).await;
        owner.acknowledged(6).await;
        // From another connection it takes over, and the one before is told so in words.
        let mut again = Client::with_token(fixture.address(), Role::Publisher, &first).await;
        assert_eq!(again.announce(1).await, 6);
        let (code, message) = owner.error().await;
        assert!(code == ErrorCode::Forbidden && message.contains("announced by another"), "{message}");
        // After a restart it is still its own.
        fixture.relay.shutdown().await;
        let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
        let fixture = Fixture { relay, data: fixture.data };
        let mut other = Client::with_token(fixture.address(), Role::Publisher, &second).await;
        is_hosted(&mut other, "gridworld").await.unwrap_err();
        // A token that opens nothing any longer owns nothing.
        revoke(fixture.data.path(), &first_id);
        is_hosted(&mut other, "gridworld").await.unwrap();
        assert_eq!(other.announce(1).await, 6);
    });
}

#[test]
fn a_publishers_token_is_for_its_runs() {
    run_test(async {
        let fixture = Fixture::new().await;
        let (_, secret) = create(fixture.data.path(), "publisher", ["--runs", "exp-*"]);
        let mut publisher = Client::with_token(fixture.address(), Role::Publisher, &secret).await;
        is_hosted(&mut publisher, "exp-1").await.unwrap();
        let refused = is_hosted(&mut publisher, run().as_str()).await.unwrap_err();
        assert!(refused.contains("exp-*"), "{refused}");
    });
}

#[test]
fn whoever_guesses_tokens_has_to_wait_and_nobody_else() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.access.viewer = Token::new("right");
            it.access.proxies = vec!["127.0.0.1".parse().unwrap()];
        })
        .await;
        let ask = async |from: &str, token: &str| {
            let headers = format!("X-Forwarded-For: 1.2.3.4, {from}\r\nAuthorization: Bearer {token}\r\n");
            get(fixture.address(), "/api/v1/runs", &headers).await.0
        };
        for _ in 0..10 {
            assert_eq!(ask("10.0.0.1", "wrong").await, 401);
        }
        assert_eq!(ask("10.0.0.1", "wrong").await, 429);
        assert_eq!(ask("10.0.0.1", "right").await, 429, "a right guess would tell itself");
        assert_eq!(ask("10.0.0.2", "right").await, 200);
        // Whoever is no proxy is not believed: all of these are guesses of one address.
        let fixture = Fixture::with(|it| it.access.viewer = Token::new("right")).await;
        for guess in 0..10 {
            let headers = format!("X-Forwarded-For: 10.0.0.{guess}\r\nAuthorization: Bearer wrong\r\n");
            assert_eq!(get(fixture.address(), "/api/v1/runs", &headers).await.0, 401);
        }
        let (code, message) = refusal(&fixture, Role::Viewer, Some("right")).await;
        assert!(code == ErrorCode::TooMany && message.contains("too many wrong tokens"), "{message}");
    });
}

#[test]
fn damage_that_takes_tokens_opens_no_role() {
    run_test(async {
        let fixture = Fixture::new().await;
        create(fixture.data.path(), "viewer", ["--runs", "*"]);
        fixture.relay.shutdown().await;
        let database = std::fs::read(fixture.data.path().join("terrarium.db")).unwrap();
        let damaged = |from: usize, bytes: usize| {
            let (data, mut damaged) = (tempfile::TempDir::new().unwrap(), database.clone());
            let end = (from + bytes).min(damaged.len());
            damaged[from..end].fill(0xA5);
            std::fs::write(data.path().join("terrarium.db"), damaged).unwrap();
            data
        };
        let tokens = database.windows(7).position(|it| it == b"viewer*").unwrap();
        for data in [damaged(0, 12_000), damaged(tokens / 4096 * 4096, 4096)] {
            let start = async |change: &dyn Fn(&mut RelayConfig)| {
                let mut config = RelayConfig::local(data.path());
                change(&mut config);
                Relay::start(config).await
            };
            let status = async |change: &dyn Fn(&mut RelayConfig)| {
                let relay = start(change).await.unwrap();
                let (status, ..) = get(relay.local_addr(), "/api/v1/runs", "").await;
                relay.shutdown().await;
                status
            };
            // However often it is tried.
            for _ in 0..2 {
                match start(&|_| {}).await {
                    Err(error @ StartError::TokensLost { .. }) => {
                        let told = error.to_string();
                        assert!(told.contains("terrarium.db.corrupt-1"), "{told}");
                        assert!(told.contains("no token for: publisher, viewer, controller"), "{told}");
                    }
                    other => panic!("{other:?}"),
                }
            }
            let all = |it: &mut RelayConfig| {
                let access = &mut it.access;
                (access.publisher, access.viewer, access.controller) =
                    (Token::new("p"), Token::new("v"), Token::new("c"));
            };
            assert_eq!(status(&all).await, 401);
            assert_eq!(status(&|it| it.access.insecure = true).await, 200, "whoever says so");
            let directory = data.path().to_str().unwrap();
            assert!(tool(["token", "list", "--data", directory]).unwrap().contains("corrupt-1"));
            for role in ["publisher", "viewer", "controller"] {
                assert!(start(&|_| {}).await.is_err());
                create(data.path(), role, ["--note", ""]);
            }
            assert_eq!(status(&|_| {}).await, 401);
        }
        // Where there were none one can say so.
        let data = damaged(0, 12_000);
        assert!(Relay::start(RelayConfig::local(data.path())).await.is_err());
        revoke(data.path(), "lost");
        Relay::start(RelayConfig::local(data.path())).await.unwrap().shutdown().await;
    });
}

#[test]
fn tokens_outlast_damage_elsewhere_and_a_repair_that_loses_them_says_so() {
    run_test(async {
        let fixture = Fixture::new().await;
        let (_, secret) = create(fixture.data.path(), "viewer", ["--runs", "*"]);
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..500).await;
        publisher.acknowledged(500).await;
        let data = fixture.data;
        fixture.relay.shutdown().await;
        let file = data.path().join("terrarium.db");
        let whole = std::fs::read(&file).unwrap();
        let directory = data.path().to_str().unwrap();
        let end = whole.len();
        // The last pages are of the log.
        let mut damaged = whole.clone();
        damaged[end - 8192..end - 4096].fill(0xA5);
        std::fs::write(&file, damaged).unwrap();
        let relay = Relay::start(RelayConfig::local(data.path())).await.unwrap();
        assert!(data.path().join("terrarium.db.corrupt-1").exists());
        assert_eq!(get(relay.local_addr(), "/api/v1/runs", "").await.0, 401);
        let header = format!("Authorization: Bearer {secret}\r\n");
        assert_eq!(get(relay.local_addr(), "/api/v1/runs", &header).await.0, 200);
        relay.shutdown().await;

        let mut damaged = whole.clone();
        let page = whole.windows(7).position(|it| it == b"viewer*").unwrap() / 4096 * 4096;
        damaged[page..page + 4096].fill(0xA5);
        std::fs::write(&file, damaged).unwrap();
        let told = tool(["doctor", directory, "--repair"]).unwrap();
        assert!(told.contains("not all tokens could be read"), "{told}");
        let error = Relay::start(RelayConfig::local(data.path())).await.unwrap_err();
        assert!(matches!(error, StartError::TokensLost { .. }), "{error}");
    });
}

#[test]
fn stored_tokens_are_enough_for_a_relay_that_others_reach() {
    run_test(async {
        let data = tempfile::TempDir::new().unwrap();
        for role in ["publisher", "viewer", "controller"] {
            let mut config = RelayConfig::local(data.path());
            config.listen = "0.0.0.0:0".parse().unwrap();
            assert!(Relay::start(config).await.is_err());
            create(data.path(), role, ["--note", ""]);
        }
        let mut config = RelayConfig::local(data.path());
        config.listen = "0.0.0.0:0".parse().unwrap();
        Relay::start(config).await.unwrap().shutdown().await;
    });
}
