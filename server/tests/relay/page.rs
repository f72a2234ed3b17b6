//! The page and the plain HTTP answers.

use crate::harness::{Fixture, get, get_as, run_test};
use server::{Relay, RelayConfig, StartError};
use shared::message::{PROTOCOL, ProtocolVersion};

#[test]
fn the_page_is_served_with_the_cache_headers_that_each_file_wants() {
    run_test(async {
        let page = tempfile::TempDir::new().unwrap();
        let hashed = "frontend-3b1c8f0a9d2e4c57_bg.wasm";
        for (name, content) in [("index.html", "<title>page"), ("worker.js", "worker"), (hashed, "wasm")] {
            std::fs::write(page.path().join(name), content).unwrap();
        }
        std::fs::write(page.path().join(format!("{hashed}.br")), "brotli").unwrap();
        let fixture = Fixture::with(|it| it.page = Some(page.path().into())).await;
        let address = fixture.address();
        let (status, head, body) = get(address, "/", "").await;
        assert_eq!((status, body.as_str()), (200, "<title>page"));
        assert!(head.contains("cache-control: no-cache") && head.contains("text/html"), "{head}");
        let (_, head, _) = get(address, "/worker.js", "").await;
        assert!(head.contains("cache-control: no-cache"), "{head}");
        let (_, head, body) = get(address, &format!("/{hashed}"), "Accept-Encoding: gzip, br\r\n").await;
        assert!(head.contains("immutable") && head.contains("content-encoding: br"), "{head}");
        assert!(head.contains("application/wasm") && body.contains("brotli"), "{head}");
        let (status, head, _) = get(address, "/frontend-0000000000000000.js", "").await;
        assert!(status == 404 && head.contains("no-cache"), "{head}");
        assert_eq!(get(address, "/../Cargo.toml", "").await.0, 404);
        assert_eq!(get(address, "/terrarium.json", "").await.0, 200);
    });
}

#[test]
fn nothing_is_served_that_is_not_of_the_page() {
    run_test(async {
        let (page, elsewhere) = (tempfile::TempDir::new().unwrap(), tempfile::TempDir::new().unwrap());
        let secret = elsewhere.path().join("secret.txt");
        std::fs::write(&secret, "secret").unwrap();
        std::fs::create_dir(page.path().join(".git")).unwrap();
        for name in ["index.html", ".env", ".git/config", "open.txt"] {
            std::fs::write(page.path().join(name), "here").unwrap();
        }
        std::os::unix::fs::symlink(&secret, page.path().join("link.txt")).unwrap();
        std::os::unix::fs::symlink(&secret, page.path().join("open.txt.gz")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), page.path().join("folder")).unwrap();
        let fixture = Fixture::with(|it| it.page = Some(page.path().into())).await;
        for (path, status) in [
            ("/", 200),
            ("/.env", 404),
            ("/%2eenv", 404),
            ("/.git/config", 404),
            ("/link.txt", 404),
            ("/folder/secret.txt", 404),
            ("/open.txt", 404),
            ("/%zz", 404),
            (format!("/{}", "a".repeat(300)).as_str(), 404),
            (format!("/{}", "a/".repeat(4000)).as_str(), 404),
            (format!("/{}", "a".repeat(60_000)).as_str(), 414),
            (format!("/api/v1/runs/{}/log", "a".repeat(60_000)).as_str(), 414),
        ] {
            let (found, _, body) = get(fixture.address(), path, "Accept-Encoding: gzip\r\n").await;
            assert_eq!(found, status, "{path:.40}");
            assert!(!body.contains("secret"), "{path}");
        }
    });
}

#[test]
fn every_answer_keeps_browsers_strict() {
    run_test(async {
        let page = tempfile::TempDir::new().unwrap();
        std::fs::write(page.path().join("index.html"), "<script>a()</script>").unwrap();
        let fixture = Fixture::with(|it| it.page = Some(page.path().into())).await;
        for path in ["/", "/nowhere", "/healthz", "/metrics", "/api/v1/runs", "/api/v1/runs/x/log", "/api/v1/stream"] {
            let (_, head, _) = get(fixture.address(), path, "").await;
            for header in ["x-content-type-options: nosniff", "referrer-policy: no-referrer", "frame-ancestors '"] {
                assert!(head.contains(header), "{path}: {head}");
            }
        }
        let (_, head, _) = get(fixture.address(), "/", "").await;
        let scripts =
            "script-src 'self' 'wasm-unsafe-eval' blob: 'sha256-qvpdbgj7bpq5hmacgp3aoc79j3y1z4hvystwkrwdoy4=';";
        for rule in [scripts, "object-src 'none'", "manifest-src 'self'"] {
            assert!(head.contains(rule), "{rule}: {head}");
        }
        let (_, head, _) = get(fixture.address(), "/healthz", "").await;
        assert!(head.contains("content-security-policy: default-src 'none'; frame-ancestors 'none'"), "{head}");
    });
}

#[test]
fn a_relay_of_this_machine_answers_under_its_names_alone() {
    run_test(async {
        let fixture = Fixture::with(|it| it.access.hosts.push("relay.example".into())).await;
        let address = fixture.address();
        for path in ["/api/v1/runs", "/metrics", "/terrarium.json", "/api/v1/stream"] {
            let (status, _, body) = get_as(address, "evil.example:80", path, "").await;
            assert_eq!(status, 421, "{path}");
            assert!(body.contains("--allow-host evil.example"), "{body}");
        }
        for host in ["localhost:1", "[::1]", "relay.example"] {
            assert_eq!(get_as(address, host, "/api/v1/runs", "").await.0, 200, "{host}");
        }
    });
}

#[test]
fn a_directory_without_a_page_is_a_readable_error() {
    run_test(async {
        let data = tempfile::TempDir::new().unwrap();
        let mut config = RelayConfig::local(data.path());
        config.page = Some(data.path().join("nowhere"));
        match Relay::start(config).await {
            Err(error @ StartError::NoPage { .. }) => assert!(error.to_string().contains("nowhere")),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_relay_says_that_it_is_one_how_it_is_and_what_it_holds() {
    run_test(async {
        let fixture = Fixture::new().await;
        let address = fixture.address();
        let (status, _, body) = get(address, "/terrarium.json", "").await;
        let ProtocolVersion { major, minor } = PROTOCOL;
        let expected = format!(r#"{{"relay":true,"protocol":{{"major":{major},"minor":{minor}}}}}"#);
        assert_eq!((status, body), (200, expected));
        let (_, _, body) = get(address, "/healthz", "").await;
        assert_eq!(body, r#"{"status":"ok","storage":true}"#);
        let (_, _, body) = get(address, "/api/v1/runs", "").await;
        assert_eq!(body, "[]");

        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..30).await;
        publisher.publish(1, 10..30).await;
        publisher.acknowledged(30).await;
        publisher.settle().await;
        let (_, _, body) = get(address, "/api/v1/runs", "").await;
        let runs: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((&runs[0]["run"], &runs[0]["entries"]), (&"gridworld".into(), &30.into()));
        let (_, _, body) = get(address, "/metrics", "").await;
        assert!(body.contains("terrarium_relay_log_entries_total 30"), "{body}");
        assert!(body.contains("terrarium_relay_duplicates_total 20"), "{body}");
    });
}

#[test]
fn the_full_log_is_a_request_away() {
    run_test(async {
        let fixture = Fixture::with(|it| it.limits.recent_bytes = 2000).await;
        let mut publisher = fixture.publisher(1).await;
        for offset in 0..200 {
            publisher.publish(1, offset..offset + 1).await;
        }
        publisher.acknowledged(200).await;
        let (mut from, mut episodes) = (0, 0);
        while from < 200 {
            let path = format!("/api/v1/runs/gridworld/log?from={from}&limit=70");
            let (status, _, body) = get(fixture.address(), &path, "").await;
            assert_eq!(status, 200);
            let page: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(
                page["entries"].as_array().unwrap().len() as u64,
                70.min(200 - from),
                "a page is full or the last"
            );
            for entry in page["entries"].as_array().unwrap() {
                assert_eq!(entry["offset"], from);
                from += 1;
                episodes += entry["event"]["episodes"]["count"].as_u64().unwrap_or_default();
            }
            assert_eq!(page["next"], from);
        }
        assert_eq!(episodes, 199);
        for (path, status) in [
            ("/api/v1/runs/nobody/log", 404),
            ("/api/v1/runs/nobody/episodes.csv", 404),
            ("/api/v1/runs/gridworld/episodes.csv?epoch=9", 404),
            ("/api/v1/runs/gridworld/log?epoch=9", 404),
            ("/api/v1/runs/gridworld/log?from=minus", 400),
            ("/api/v1/runs/a%20b/log", 400),
        ] {
            assert_eq!(get(fixture.address(), path, "").await.0, status, "{path}");
        }
    });
}
