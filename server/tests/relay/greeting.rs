//! Who may come in, and as what.

use crate::harness::{Client, Fixture, get, hello, run, run_test};
use server::{Relay, RelayConfig, StartError, Token};
use shared::message::{ClientMessage, ErrorCode, Hello, PROTOCOL, ProtocolVersion, Role, ServerMessage};
use tokio_tungstenite::tungstenite::Message;

async fn refused(fixture: &Fixture, message: &ClientMessage) -> (ErrorCode, String) {
    let mut client = Client::connect(fixture.address()).await;
    client.send(message).await;
    let error = client.error().await;
    assert!(client.closed().await.is_some());
    error
}

#[test]
fn a_newer_major_version_is_refused_naming_both_and_a_newer_minor_is_not() {
    run_test(async {
        let fixture = Fixture::new().await;
        let with = |major, minor| {
            let protocol = ProtocolVersion { major, minor };
            ClientMessage::Hello(Hello { protocol, role: Role::Viewer, token: None, name: String::new() })
        };
        let (code, message) = refused(&fixture, &with(PROTOCOL.major + 1, 3)).await;
        assert_eq!(code, ErrorCode::WrongVersion);
        let ours = format!("{}.{}", PROTOCOL.major, PROTOCOL.minor);
        assert!(message.contains("2.3") && message.contains(&ours), "{message}");

        let mut client = Client::connect(fixture.address()).await;
        client.send(&with(PROTOCOL.major, PROTOCOL.minor + 1)).await;
        assert_eq!(client.next().await, ServerMessage::Welcome { protocol: PROTOCOL, role: Role::Viewer });
    });
}

#[test]
fn a_newer_major_version_is_refused_by_name_even_if_the_rest_is_not_understood() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut client = Client::connect(fixture.address()).await.in_text();
        let hello = r#"{"hello": {"protocol": {"major": 9, "minor": 0}, "role": "conductor"}}"#;
        client.send_frame(Message::text(hello)).await;
        assert_eq!(client.error().await.0, ErrorCode::WrongVersion);
    });
}

#[test]
fn nothing_comes_before_the_greeting_and_no_second_one_after() {
    run_test(async {
        let fixture = Fixture::new().await;
        let (code, _) = refused(&fixture, &ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert_eq!(code, ErrorCode::OutOfOrder);
        let mut client = fixture.client(Role::Viewer).await;
        client.send(&hello(Role::Viewer, None)).await;
        assert_eq!(client.error().await.0, ErrorCode::OutOfOrder);
        client.settle().await;
    });
}

#[test]
fn the_relay_answers_in_the_form_of_the_greeting() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut client = Client::connect(fixture.address()).await.in_text();
        client.send(&hello(Role::Viewer, None)).await;
        assert!(matches!(client.next().await, ServerMessage::Welcome { .. }));
        client.send(&ClientMessage::ListRuns { changes: false, parts: false }).await;
        assert_eq!(
            client.next().await,
            ServerMessage::Runs { runs: Vec::new(), gone: None, goes_on: false, to_come: 0 }
        );
    });
}

#[test]
fn tokens_open_roles() {
    run_test(async {
        let fixture = Fixture::with(|it| {
            it.access.publisher = Token::new("p");
            it.access.controller = Token::new("c");
            it.access.viewer = Token::new("v");
        })
        .await;
        for (role, token) in [(Role::Publisher, None), (Role::Controller, Some("p")), (Role::Viewer, Some(""))] {
            assert_eq!(refused(&fixture, &hello(role, token)).await.0, ErrorCode::Unauthorized);
        }
        for (asked, token) in [(Role::Controller, "c"), (Role::Viewer, "v"), (Role::Viewer, "c")] {
            let mut client = Client::connect(fixture.address()).await;
            client.send(&hello(asked, Some(token))).await;
            assert_eq!(client.next().await, ServerMessage::Welcome { protocol: PROTOCOL, role: asked });
        }
        let (code, message) = refused(&fixture, &hello(Role::Controller, Some("v"))).await;
        assert_eq!(code, ErrorCode::Unauthorized);
        assert!(message.contains("opens the role viewer, not controller"), "{message}");

        for (headers, status) in [
            ("", 401),
            ("Authorization: Bearer p\r\n", 401),
            ("Authorization: Bearer v\r\n", 200),
            ("Authorization: Bearer c\r\n", 200),
        ] {
            assert_eq!(get(fixture.address(), "/api/v1/runs", headers).await.0, status, "{headers}");
            assert_eq!(get(fixture.address(), "/metrics", headers).await.0, status, "{headers}");
        }
        assert_eq!(get(fixture.address(), "/healthz", "").await.0, 200);
    });
}

#[test]
fn a_relay_that_others_reach_wants_tokens_or_a_plain_word() {
    run_test(async {
        let data = tempfile::TempDir::new().unwrap();
        let mut config = RelayConfig::local(data.path());
        config.listen = "0.0.0.0:0".parse().unwrap();
        config.access.viewer = Token::new("v");
        match Relay::start(config.clone()).await {
            Err(StartError::TokensMissing { roles, .. }) => assert_eq!(roles, "publisher, controller"),
            other => panic!("{other:?}"),
        }
        config.access.insecure = true;
        Relay::start(config).await.unwrap().shutdown().await;
    });
}

#[test]
fn foreign_pages_are_refused_by_name() {
    run_test(async {
        let fixture = Fixture::with(|it| it.access.origins.push("https://friend.example".into())).await;
        let mut foreign = Client::connect_from(fixture.address(), Some("https://evil.example")).await;
        foreign.send(&hello(Role::Viewer, None)).await;
        let (code, message) = foreign.error().await;
        assert_eq!(code, ErrorCode::Forbidden);
        assert!(message.contains("--allow-origin https://evil.example"), "{message}");
        assert!(foreign.closed().await.is_some());
        let own = format!("http://{}", fixture.address());
        for origin in ["https://friend.example", "http://localhost:3000", own.as_str()] {
            let mut friend = Client::connect_from(fixture.address(), Some(origin)).await;
            friend.send(&hello(Role::Viewer, None)).await;
            assert!(matches!(friend.next().await, ServerMessage::Welcome { .. }), "{origin}");
        }
    });
}

#[test]
fn roles_stay_within_their_rights() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        let command = ClientMessage::Command { run: run(), request: 1, command: shared::Command::Pause {} };
        viewer.send(&command).await;
        assert_eq!(viewer.error().await.0, ErrorCode::Forbidden);
        viewer.send(&ClientMessage::Withdraw { run: run() }).await;
        assert_eq!(viewer.error().await.0, ErrorCode::Forbidden);
        let mut publisher = fixture.client(Role::Publisher).await;
        publisher.send(&command).await;
        assert_eq!(publisher.error().await.0, ErrorCode::Forbidden);
    });
}
