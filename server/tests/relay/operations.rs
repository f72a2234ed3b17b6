//! How a relay is run: below a path, with TLS, with options of a file, and what it tells of itself.

use crate::harness::{Client, Fixture, NEVER, certified, get, hello, run, run_test};
use server::{StartError, Tls};
use shared::message::{ClientMessage, From, Role, ServerMessage};
use shared::{Epoch, codec};
use std::process::Command;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

#[test]
fn below_a_base_path_everything_is_found_and_elsewhere_nothing() {
    run_test(async {
        let page = tempfile::TempDir::new().unwrap();
        std::fs::write(page.path().join("index.html"), "<title>page").unwrap();
        let fixture = Fixture::with(|it| {
            it.page = Some(page.path().into());
            it.base_path = "/tools/terrarium".parse().unwrap();
        })
        .await;
        let address = fixture.address();
        assert_eq!(fixture.relay.address(), format!("http://{address}/tools/terrarium"));
        for (path, status) in [
            ("/tools/terrarium/", 200),
            ("/tools/terrarium/healthz", 200),
            ("/tools/terrarium/api/v1/runs", 200),
            ("/tools/terrarium", 308),
            ("/healthz", 404),
            ("/", 404),
        ] {
            assert_eq!(get(address, path, "").await.0, status, "{path}");
        }
        let (_, head, _) = get(address, "/tools/terrarium", "").await;
        assert!(head.contains("location: /tools/terrarium/"), "{head}");
        // The page of the description is found from both of its addresses, and asks where the relay is.
        let (status, head, _) = get(address, "/tools/terrarium/api/v1/docs", "").await;
        assert!(status == 303 && head.contains("location: docs/"), "{status} {head}");
        assert_eq!(get(address, "/tools/terrarium/api/v1/docs/", "").await.0, 200);
        let (_, _, document) = get(address, "/tools/terrarium/api/v1/openapi.json", "").await;
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert_eq!(document["servers"][0]["url"], "/tools/terrarium");
        let (_, _, body) = get(address, "/api/v1/runs", "").await;
        assert!(body.contains("below /tools/terrarium/ alone"), "{body}");
        let stream = format!("ws://{address}/tools/terrarium/api/v1/stream");
        assert!(tokio_tungstenite::connect_async(stream).await.is_ok());
    });
}

#[test]
fn with_a_certificate_requests_and_streams_speak_tls() {
    run_test(async {
        let files = tempfile::TempDir::new().unwrap();
        let tls = certified(files.path());
        let certificate = tls.certificate.clone();
        let fixture = Fixture::with(|it| it.tls = Some(tls.clone())).await;
        let address = fixture.address();
        assert!(fixture.relay.address().starts_with("https://127.0.0.1:"));

        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&certificate).unwrap()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        let connect = async || {
            let name = ServerName::try_from("localhost").unwrap();
            let tcp = TcpStream::connect(address).await.unwrap();
            TlsConnector::from(config.clone()).connect(name, tcp).await.unwrap()
        };
        let mut secure = connect().await;
        secure.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        tokio::time::timeout(NEVER, secure.read_to_end(&mut answer)).await.unwrap().ok();
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));

        let address = format!("wss://localhost:{}/api/v1/stream", address.port());
        let (mut socket, _) = tokio_tungstenite::client_async(address, connect().await).await.unwrap();
        let bytes = codec::to_bytes(&hello(Role::Viewer, None)).unwrap();
        futures_util::SinkExt::send(&mut socket, bytes.into()).await.unwrap();
        let frame = futures_util::StreamExt::next(&mut socket).await.unwrap().unwrap();
        let welcome: ServerMessage = codec::from_bytes(&frame.into_data()).unwrap();
        assert!(matches!(welcome, ServerMessage::Welcome { .. }));

        let data = tempfile::TempDir::new().unwrap();
        let mut config = server::RelayConfig::local(data.path());
        config.tls = Some(Tls { key: files.path().join("nowhere.pem"), ..tls });
        match server::Relay::start(config).await {
            Err(error @ StartError::Tls(_)) => assert!(error.to_string().contains("nowhere.pem"), "{error}"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn options_come_from_a_file_too_and_are_printed_without_secrets() {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("relay.toml");
    std::fs::write(&file, "max-connections = 7\nviewer-token = \"hush\"").unwrap();
    let mut relay = Command::new(env!("CARGO_BIN_EXE_terrarium-relay"));
    relay.arg("--config").arg(&file).args(["--print-config", "--keep-epochs", "3"]);
    // A variable that is set to nothing is not set.
    relay.env("TERRARIUM_MAX", "1").env("TERRARIUM_KEEP_BYTES", "5000").env("TERRARIUM_INSECURE", "1");
    let output = relay.env("TERRARIUM_LISTEN", "").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("max-connections = 7\n") && text.contains("keep-epochs = 3\n"), "{text}");
    assert!(text.contains("keep-bytes = 5000\n") && text.contains("insecure = true\n"), "{text}");
    assert!(!text.contains("hush"), "{text}");
    let mut relay = Command::new(env!("CARGO_BIN_EXE_terrarium-relay"));
    let output = relay.arg("--print-config").env("TERRARIUM_INSECURE", "0").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("insecure = false\n"));
}

#[test]
fn figures_tell_what_waits_what_is_spared_and_how_long_things_take() {
    run_test(async {
        let rule = "name='a'\nmetric='loss'\nis='above'\nvalue=1\nwebhook='http://127.0.0.1:1/'".parse().unwrap();
        let fixture = Fixture::with(|it| {
            it.access.controller = server::Token::new("c");
            it.alerts = vec![server::AlertRule::from_table(rule).unwrap()];
        })
        .await;
        let mut viewer = fixture.client(Role::Viewer).await;
        let mut publisher = fixture.publisher(1).await;
        viewer.subscribe(From::All).await;
        viewer.settle().await;
        publisher.publish(1, 0..5).await;
        viewer.log(0, 5).await;
        publisher.acknowledged(5).await;
        let mut wrong = Client::connect(fixture.address()).await;
        wrong.send(&hello(Role::Controller, Some("x"))).await;
        wrong.error().await;
        publisher.send(&ClientMessage::State { run: run(), epoch: Epoch(1), entries: vec![] }).await;
        publisher.settle().await;
        // Whoever was refused goes when the relay comes to it.
        let text = loop {
            let (_, _, text) = get(fixture.address(), "/metrics", "").await;
            if text.contains("terrarium_relay_tcp_connections 3\n") {
                break text;
            }
        };
        for figure in [
            "terrarium_relay_delivery_seconds_count 1\n",
            "terrarium_relay_wrong_tokens_total 1\n",
            "terrarium_relay_unstored_bytes 0\n",
            "terrarium_relay_store_queue 0\n",
            "terrarium_relay_damaged_entries 0\n",
            "terrarium_relay_received_messages_total 6\n",
            "terrarium_relay_alerts_fired_total{alert=\"a\"} 0\n",
            "terrarium_relay_webhooks_total{alert=\"a\",outcome=\"failed\"} 0\n",
        ] {
            assert!(text.contains(figure), "{figure}{text}");
        }
        // Every figure that the board of Grafana shows is one that a relay tells.
        let board = include_str!("../../deploy/grafana.json");
        let names = board.split("terrarium_relay_").skip(1);
        for name in names.map(|it| it.split(|it: char| !it.is_ascii_alphanumeric() && it != '_').next().unwrap()) {
            let family = name.strip_suffix("_total").or(name.strip_suffix("_bucket")).unwrap_or(name);
            assert!(text.contains(&format!("# TYPE terrarium_relay_{family} ")), "{name}");
        }
    });
}
