//! Requests over HTTP: runs that are found, named and removed, metrics, and the description of it all.

use crate::harness::{Client, Fixture, bin, get, request, run, run_test, state};
use serde_json::{Value, json};
use server::{Relay, RelayConfig, Token};
use shared::command::{Answer, Command};
use shared::event::{LogEvent, Severity, StateKind};
use shared::message::{ClientMessage, ErrorCode, From, LogEntry, Role, ServerMessage};
use shared::{Epoch, Offset, Payload, RunId};
use std::collections::{BTreeMap, BTreeSet};

async fn names(fixture: &Fixture, query: &str) -> Vec<String> {
    let (status, _, body) = get(fixture.address(), &format!("/api/v1/runs{query}"), "").await;
    assert_eq!(status, 200, "{body}");
    let runs: Value = serde_json::from_str(&body).unwrap();
    runs.as_array().unwrap().iter().map(|it| it["run"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn runs_are_found_sorted_named_tagged_and_removed() {
    run_test(async {
        let fixture = Fixture::with(|it| it.access.controller = Token::new("c")).await;
        let mut publisher = fixture.publisher(1).await;
        publisher.publish(1, 0..3).await;
        publisher.acknowledged(3).await;
        let mut other = fixture.client(Role::Publisher).await;
        let another = RunId::new("another").unwrap();
        other.send(&ClientMessage::Announce { run: another, epoch: Epoch(2), started_millis: 99.0 }).await;
        other.settle().await;
        drop(other);
        while names(&fixture, "?live=false").await != ["another"] {}
        assert_eq!(names(&fixture, "").await, ["another", "gridworld"]);
        assert_eq!(names(&fixture, "?sort=entries").await, ["gridworld", "another"]);
        assert_eq!(names(&fixture, "?sort=run&limit=1").await, ["another"]);
        assert_eq!(names(&fixture, "?sort=started").await, ["another", "gridworld"]);
        assert_eq!(names(&fixture, "?text=q-LEARN").await, ["gridworld"]);

        let address = fixture.address();
        let (path, right) = ("/api/v1/runs/gridworld", "Authorization: Bearer c\r\n");
        let change = json!({ "name": "First of May", "tags": ["b", "a", "b"] }).to_string();
        assert_eq!(request(address, "PATCH", path, "", &change).await.0, 401);
        let (status, _, body) = request(address, "PATCH", path, right, &change).await;
        assert_eq!((status, body.as_str()), (200, r#"{"name":"First of May","note":"","tags":["a","b"]}"#));
        let (status, _, _) = request(address, "PATCH", path, right, r#"{"note": "slow"}"#).await;
        assert_eq!(status, 200);
        assert_eq!(names(&fixture, "?text=first%20of").await, ["gridworld"]);
        assert_eq!(names(&fixture, "?tag=b").await, ["gridworld"]);
        assert!(names(&fixture, "?tag=c").await.is_empty());
        for (body, status) in
            [(r#"{"title": "x"}"#, 400), ("{", 400), (&format!(r#"{{"name": "{}"}}"#, "x".repeat(201)), 400)]
        {
            assert_eq!(request(address, "PATCH", path, right, body).await.0, status, "{body}");
        }
        let giant = format!(r#"{{"note": "{}"}}"#, "x".repeat(100_000));
        let (status, _, said) = request(address, "PATCH", path, right, &giant).await;
        assert!(status == 413 && said.contains("more than 65536 bytes"), "{status} {said}");
        assert_eq!(get(address, "/api/v1/runs?sorted=run", "").await.0, 400);
        assert_eq!(request(address, "PATCH", "/api/v1/runs/nobody", right, "{}").await.0, 404);
        assert_eq!(request(address, "DELETE", path, right, "").await.0, 409, "it is published");
        assert_eq!(request(address, "DELETE", "/api/v1/runs/another", "", "").await.0, 401);
        assert_eq!(request(address, "DELETE", "/api/v1/runs/another", right, "").await.0, 204);
        assert_eq!(names(&fixture, "").await, ["gridworld"]);
        fixture.relay.shutdown().await;

        let relay = Relay::start(RelayConfig::local(fixture.data.path())).await.unwrap();
        let (_, _, body) = get(relay.local_addr(), "/api/v1/runs", "").await;
        let runs: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(runs.as_array().unwrap().len(), 1);
        assert_eq!((&runs[0]["note"], &runs[0]["tags"]), (&json!("slow"), &json!(["a", "b"])));
        let mut viewer = Client::greeted(relay.local_addr(), Role::Viewer).await;
        let another = RunId::new("another").unwrap();
        viewer.send(&ClientMessage::Subscribe { run: another, from: From::All, epoch: None }).await;
        assert_eq!(viewer.error().await.0, ErrorCode::UnknownRun);
    });
}

#[test]
fn metrics_come_in_ranges_and_exact_in_as_few_points_as_one_asks_for() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let value = |step: u64| ((step * 7919) % 1009) as f64;
        let entry = |offset: u64| {
            let values = BTreeMap::from([("loss".to_owned(), value(offset)), ("speed".to_owned(), f64::NAN)]);
            let event = LogEvent::Metrics { step: offset, episode: 0, values, statistics: BTreeMap::new() };
            LogEntry { offset: Offset(offset), time_millis: 0.0, event: Payload::plain(&event).unwrap() }
        };
        let entries = (0..5000).map(entry).collect();
        publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries }).await;
        publisher.acknowledged(5000).await;
        let ask = async |query: &str| -> Value {
            let path = format!("/api/v1/runs/gridworld/metrics?{query}");
            serde_json::from_str(&get(fixture.address(), &path, "").await.2).unwrap()
        };
        let whole = ask("names=loss&points=10").await;
        let points = whole["metrics"]["loss"].as_array().unwrap();
        assert!((5..=10).contains(&points.len()), "{}", points.len());
        assert!(whole["metrics"]["speed"].is_null());
        let mut next = 0;
        for point in points {
            let (first, last) = (point["first_step"].as_u64().unwrap(), point["last_step"].as_u64().unwrap());
            assert_eq!(first, next);
            next = last + 1;
            let values: Vec<_> = (first..next).map(value).collect();
            let extreme = |name: &str| point[name].as_f64().unwrap();
            assert_eq!(point["count"].as_u64().unwrap(), next - first);
            assert_eq!(extreme("min"), values.iter().copied().fold(f64::MAX, f64::min));
            assert_eq!(extreme("max"), values.iter().copied().fold(f64::MIN, f64::max));
            assert_eq!(value(point["max_step"].as_u64().unwrap()), extreme("max"));
            assert!((extreme("mean") - values.iter().sum::<f64>() / values.len() as f64).abs() < 1e-9);
            assert_eq!(extreme("last"), value(last));
        }
        assert_eq!(next, 5000);
        // What an answer holds is bounded, whatever is asked for.
        let count = |answer: &Value| answer["metrics"]["loss"].as_array().unwrap().len();
        assert_eq!(count(&ask("names=loss&points=16384").await), 5000);
        assert!((512..=1024).contains(&count(&ask("points=16384").await)));
        let part = ask("from=100&to=103").await;
        let points = part["metrics"]["loss"].as_array().unwrap();
        assert_eq!(
            points.iter().map(|it| it["last"].as_f64().unwrap()).collect::<Vec<_>>(),
            [value(100), value(101), value(102)]
        );
        assert_eq!(part["metrics"]["speed"][0]["not_finite"], 1);
    });
}

#[test]
fn metrics_of_a_long_run_are_summed_up_beforehand_and_as_exact() {
    const END: u64 = 70_000;
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let value = |step: u64| ((step * 7919) % 1009) as f64;
        let entry = |offset: u64| {
            let mut values = BTreeMap::from([("loss".to_owned(), value(offset))]);
            if offset % 20_000 == 7 {
                values.insert("rare".to_owned(), offset as f64);
            }
            let event = LogEvent::Metrics { step: offset, episode: 0, values, statistics: BTreeMap::new() };
            LogEntry { offset: Offset(offset), time_millis: 0.0, event: Payload::plain(&event).unwrap() }
        };
        for first in (0..END).step_by(5000) {
            let entries = (first..first + 5000).map(entry).collect();
            publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries }).await;
        }
        publisher.acknowledged(END).await;
        let database = rusqlite::Connection::open(fixture.data.path().join("terrarium.db")).unwrap();
        let summed = || -> i64 { database.query_row("SELECT summed FROM epochs", [], |row| row.get(0)).unwrap() };
        while summed() < 69_000 {
            tokio::task::yield_now().await;
        }
        for (query, from, to) in [("points=20", 0, END), ("points=20&from=12345&to=54321", 12_345, 54_321)] {
            let path = format!("/api/v1/runs/gridworld/metrics?{query}");
            let answer: Value = serde_json::from_str(&get(fixture.address(), &path, "").await.2).unwrap();
            let points = answer["metrics"]["loss"].as_array().unwrap();
            assert!((10..=20).contains(&points.len()), "{}", points.len());
            let mut next = from;
            for point in points {
                assert_eq!(point["first_step"].as_u64().unwrap(), next);
                let end = point["last_step"].as_u64().unwrap() + 1;
                let values: Vec<_> = (next..end).map(value).collect();
                assert_eq!(point["count"].as_u64().unwrap(), end - next);
                assert_eq!(point["min"].as_f64().unwrap(), values.iter().copied().fold(f64::MAX, f64::min));
                assert_eq!(point["max"].as_f64().unwrap(), values.iter().copied().fold(f64::MIN, f64::max));
                assert_eq!(value(point["max_step"].as_u64().unwrap()), point["max"].as_f64().unwrap());
                assert_eq!(point["last"].as_f64().unwrap(), value(end - 1));
                next = end;
            }
            assert_eq!(next, to);
            let rare = answer["metrics"]["rare"].as_array().unwrap();
            let rare: Vec<_> =
                rare.iter().map(|it| (it["count"].as_u64().unwrap(), it["last"].as_f64().unwrap())).collect();
            let steps = [7, 20_007, 40_007, 60_007].into_iter().filter(|it| (from..to).contains(it));
            assert_eq!(rare, steps.map(|it| (1, it as f64)).collect::<Vec<_>>());
        }
    });
}

#[test]
fn what_is_answered_is_described_by_a_document_made_of_the_code() {
    run_test(async {
        let fixture = Fixture::new().await;
        let (status, _, body) = get(fixture.address(), "/api/v1/openapi.json", "").await;
        assert_eq!(status, 200);
        let document: Value = serde_json::from_str(&body).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3."));
        let paths = document["paths"].as_object().unwrap();
        for path in [
            "/healthz",
            "/terrarium.json",
            "/metrics",
            "/api/v1/runs",
            "/api/v1/runs/{run}",
            "/api/v1/runs/{run}/log",
            "/api/v1/runs/{run}/episodes.csv",
            "/api/v1/runs/{run}/metrics",
            "/api/v1/runs/{run}/outcomes",
            "/api/v1/runs/{run}/state",
            "/api/v1/runs/{run}/commands",
        ] {
            assert!(paths.contains_key(path), "{path}");
        }
        let operations = paths.values().flat_map(|it| it.as_object().unwrap().values());
        let tags: BTreeSet<_> = operations.map(|it| it["tags"][0].as_str().unwrap()).collect();
        assert_eq!(tags, BTreeSet::from(["History", "Relay", "Runs", "Watching and commanding"]));
        // Each address that it describes without a run is there.
        for path in paths.keys().filter(|it| !it.contains('{')) {
            assert_eq!(get(fixture.address(), path, "").await.0, 200, "{path}");
        }
        let (status, headers, body) = get(fixture.address(), "/api/v1/docs/", "").await;
        assert_eq!((status, body.contains("swagger-ui")), (200, true), "{body}");
        assert!(headers.to_lowercase().contains("content-security-policy: default-src 'self'; style"), "{headers}");
        let (_, _, body) = get(fixture.address(), "/api/v1/docs/swagger-initializer.js", "").await;
        assert!(body.contains("../openapi.json"), "{body}");
    });
}

/// The schema of a document that a reference leads to.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// What a schema says of an object: every property that it may have, and whether it must.
fn properties<'a>(document: &'a Value, schema: &'a Value) -> BTreeMap<String, (&'a Value, bool)> {
    let schema = resolved(document, schema);
    let mut all = BTreeMap::new();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        all.extend(properties(document, part));
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        all.insert(name.clone(), (property, required.contains(&json!(name))));
    }
    all
}

/// Fails where an answer has what its schema does not name, or lacks what it must have.
fn check(document: &Value, schema: &Value, answer: &Value, place: &str) {
    let schema = resolved(document, schema);
    match answer {
        Value::Array(items) => {
            for item in items {
                check(document, &schema["items"], item, place);
            }
        }
        Value::Object(fields) => {
            let known = properties(document, schema);
            // An event is described elsewhere.
            if known.is_empty() {
                return;
            }
            for (name, field) in fields {
                let (schema, _) = known.get(name).unwrap_or_else(|| panic!("{place} has {name}"));
                check(document, schema, field, &format!("{place}.{name}"));
            }
            for (name, _) in known.iter().filter(|(_, (_, required))| *required) {
                assert!(fields.contains_key(name), "{place} lacks {name}");
            }
        }
        other => {
            let kind = match other {
                Value::String(_) => "string",
                Value::Bool(_) => "boolean",
                Value::Number(it) if it.is_f64() => "number",
                Value::Number(_) => "integer",
                _ => "null",
            };
            let said = schema["type"].to_string();
            assert!(
                said.contains(kind) || kind == "integer" && said.contains("number"),
                "{place} is {other}, not {said}"
            );
        }
    }
}

#[test]
fn answers_are_what_the_document_says_of_them() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        for epoch in [1, 2] {
            publisher.announce(epoch).await;
            publisher.publish(epoch, 0..3).await;
            publisher.publish_state(epoch, vec![state(StateKind::Status, 3)]).await;
            publisher.acknowledged(3).await;
        }
        publisher.send(&ClientMessage::Withdraw { run: run() }).await;
        publisher.settle().await;
        let address = fixture.address();
        let document: Value = serde_json::from_str(&get(address, "/api/v1/openapi.json", "").await.2).unwrap();
        for path in ["", "/{run}", "/{run}/log", "/{run}/state", "/{run}/outcomes", "/{run}/metrics"] {
            let path = format!("/api/v1/runs{path}");
            let answers = &document["paths"][&path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
            let (status, _, body) = get(address, &path.replace("{run}", "gridworld"), "").await;
            assert_eq!(status, 200, "{path}: {body}");
            let answer: Value = serde_json::from_str(&body).unwrap();
            check(&document, answers, &answer, &path);
            let is_described = resolved(&document, answers).get("items").is_some();
            assert!(is_described || !properties(&document, answers).is_empty(), "{path} is not described");
        }
        let listed: Value = serde_json::from_str(&get(address, "/api/v1/runs", "").await.2).unwrap();
        assert!(listed[0]["earlier"][0]["epoch"] == 1 && listed[0]["left_millis"].is_number(), "{listed}");
        let run = properties(&document, &document["components"]["schemas"]["Run"]);
        for name in ["run", "epoch", "live", "earlier", "alerts", "tags"] {
            assert!(run.contains_key(name), "{name} of a run is not described");
        }

        // Every number in an address has an end beyond which it is refused.
        let operations =
            document["paths"].as_object().unwrap().values().flat_map(|it| it.as_object().unwrap().values());
        for parameter in operations.flat_map(|it| it["parameters"].as_array().cloned().unwrap_or_default()) {
            let schema = &parameter["schema"];
            if schema["type"].to_string().contains("integer") {
                assert_eq!(schema["maximum"], u64::MAX, "{parameter}");
            }
        }
        for path in
            ["/api/v1/runs?limit=", "/api/v1/runs/gridworld/metrics?points=", "/api/v1/runs/gridworld/log?from="]
        {
            assert_eq!(get(address, &format!("{path}{}", u64::MAX), "").await.0, 200, "{path}");
            assert_eq!(get(address, &format!("{path}{}0", u64::MAX), "").await.0, 400, "{path}");
        }

        // Every command that there is stands there by its name, and no other does.
        let commands = &document["components"]["schemas"]["Command"];
        assert_eq!((&commands["minProperties"], &commands["maxProperties"]), (&json!(1), &json!(1)));
        for (name, content) in commands["properties"].as_object().unwrap() {
            let mut known = json!({ name: {} });
            for field in content["required"].as_array().into_iter().flatten() {
                let schema = &content["properties"][field.as_str().unwrap()];
                known[name][field.as_str().unwrap()] = match schema["type"].as_str() {
                    Some("string") => json!("x"),
                    Some("integer") => json!(1),
                    Some("boolean") => json!(true),
                    None => json!("full"),
                    _ => json!({}),
                };
            }
            if name != "load" {
                serde_json::from_value::<Command>(known).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
        let unknown = serde_json::from_value::<Command>(json!({ "dance": {} })).unwrap_err().to_string();
        let names = unknown.split('`').skip(3).step_by(2).collect::<BTreeSet<_>>();
        let described = commands["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, described);
    });
}

#[test]
fn every_refusal_says_why_in_words_and_how_to_go_on() {
    run_test(async {
        let page = tempfile::TempDir::new().unwrap();
        std::fs::write(page.path().join("index.html"), "<title>page").unwrap();
        let fixture = Fixture::with(|it| {
            it.page = Some(page.path().into());
            it.access.controller = Token::new("c");
            it.access.viewer = Token::new("v");
            it.limits.messages_per_second_per_token = 1;
        })
        .await;
        let address = fixture.address();
        let right = "Authorization: Bearer c\r\n";
        for (method, path, headers, status, header) in [
            ("GET", "/api/v1/nothing", "", 404, "content-security-policy: default-src 'none'"),
            ("POST", "/api/v1/", "", 404, ""),
            ("PUT", "/healthz", "", 405, "allow: get,head"),
            ("GET", "/api/v1/runs", "", 401, "www-authenticate: bearer"),
        ] {
            let (found, head, body) = request(address, method, path, headers, "").await;
            assert_eq!(found, status, "{method} {path}");
            assert!(head.contains(header), "{method} {path}: {head}");
            let body: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{method} {path}: {body:?}"));
            assert!(body["error"].is_string(), "{method} {path}: {body}");
        }
        let limited = loop {
            let (status, head, _) = get(address, "/api/v1/runs", right).await;
            if status != 200 {
                break (status, head);
            }
        };
        assert!(limited.0 == 429 && limited.1.contains("retry-after: 1"), "{limited:?}");
        for _ in 0..10 {
            get(address, "/api/v1/runs", "Authorization: Bearer x\r\n").await;
        }
        let (status, head, _) = get(address, "/api/v1/runs", "Authorization: Bearer x\r\n").await;
        assert!(status == 429 && head.contains("retry-after: "), "{status} {head}");
    });
}

#[test]
fn a_run_is_read_and_commanded_without_a_stream() {
    run_test(async {
        let fixture = Fixture::with(|it| it.access.controller = Token::new("c")).await;
        let (address, right) = (fixture.address(), "Authorization: Bearer c\r\n");
        let mut publisher = fixture.publisher(1).await;
        let notice = LogEvent::Notice { severity: Severity::Warning, text: "beware".into() };
        let events = (0..10).map(|it| LogEvent::Episodes(bin(it))).chain([notice]);
        let entries = (0..).zip(events).map(|(offset, event)| LogEntry {
            offset: Offset(offset),
            time_millis: 0.0,
            event: Payload::plain(&event).unwrap(),
        });
        publisher.send(&ClientMessage::Log { run: run(), epoch: Epoch(1), entries: entries.collect() }).await;
        publisher.publish_state(1, vec![state(StateKind::Status, 3), state(StateKind::Frame, 4)]).await;
        publisher.acknowledged(11).await;
        publisher.settle().await;
        let mut viewer = fixture.client(Role::Viewer).await;
        viewer.subscribe(From::None).await;
        let read = async |path: &str| -> Value {
            let (status, _, body) = get(address, &format!("/api/v1/runs/gridworld{path}"), "").await;
            assert_eq!(status, 200, "{body}");
            serde_json::from_str(&body).unwrap()
        };
        let shown = read("").await;
        assert_eq!((&shown["entries"], &shown["viewers"], &shown["live"]), (&json!(11), &json!(1), &json!(true)));
        let kinds = |state: &Value| {
            let entries = state["entries"].as_array().unwrap().clone();
            entries
                .iter()
                .map(|it| (it["kind"].as_str().unwrap().to_owned(), it["sequence"].as_u64().unwrap()))
                .collect()
        };
        let both: Vec<(String, u64)> = kinds(&read("/state").await);
        assert_eq!(both, [("status".into(), 3), ("frame".into(), 4)]);
        let one: Vec<(String, u64)> = kinds(&read("/state?kinds=frame,values&epoch=1").await);
        assert_eq!(one, [("frame".into(), 4)]);
        let outcomes = read("/outcomes").await;
        assert_eq!((&outcomes["episodes"], &outcomes["outcomes"]["goal"]["mean"]), (&json!(10), &json!(1.0)));
        let returns = &outcomes["return"];
        assert_eq!((&returns["mean"], &returns["min"], &returns["max"]), (&json!(4.5), &json!(0.0), &json!(9.0)));
        assert!((returns["standard_deviation"].as_f64().unwrap() - 8.25_f64.sqrt()).abs() < 1e-12);
        assert_eq!(read("/outcomes?from_episode=9").await["return"]["total"], 9.0);
        assert!(read("/outcomes?from_episode=10").await["return"].is_null());
        let notices = read("/log?kinds=notice,checkpoint").await;
        assert_eq!((&notices["entries"][0]["offset"], &notices["next"]), (&json!(10), &json!(11)));
        assert_eq!(notices["entries"].as_array().unwrap().len(), 1);
        for path in ["/state?epoch=9", "/outcomes?epoch=9"] {
            assert_eq!(get(address, &format!("/api/v1/runs/gridworld{path}"), "").await.0, 404, "{path}");
        }

        let path = "/api/v1/runs/gridworld/commands";
        assert_eq!(request(address, "POST", path, "", r#"{"pause": {}}"#).await.0, 401);
        assert_eq!(request(address, "POST", path, right, r#"{"dance": {}}"#).await.0, 400);
        for (body, words) in [
            (r#"{"pause":NaN}"#, "NaN is no number of JSON"),
            (
                r#"{"set_speed":{"speed":500}}"#,
                "a name in quotes or an object is expected, not the number 500 at line 1",
            ),
        ] {
            let (status, _, said) = request(address, "POST", path, right, body).await;
            assert!(status == 400 && said.contains(words), "{said}");
        }
        for body in ["{}", r#"{"pause": {}, "stop": {}}"#] {
            let (status, _, said) = request(address, "POST", path, right, body).await;
            assert!(status == 400 && said.contains("a command has one name"), "{said}");
        }
        let asked = tokio::spawn(async move { request(address, "POST", path, right, r#"{"pause": {}}"#).await });
        let pick = |it| match it {
            ServerMessage::Command { request, command, .. } => Some((request, command)),
            _ => None,
        };
        let (number, command) = publisher.until(pick).await;
        assert_eq!(command, Command::Pause {});
        publisher.send(&ClientMessage::Answer { request: number, answer: Answer::Accepted { checkpoint: None } }).await;
        let (status, _, body) = asked.await.unwrap();
        assert_eq!((status, body.as_str()), (200, r#"{"accepted":{}}"#));
        // A publisher that goes before it answers is no reason to wait.
        let asked = tokio::spawn(async move { request(address, "POST", path, right, r#"{"stop": {}}"#).await });
        publisher.until(pick).await;
        drop(publisher);
        let (_, _, body) = asked.await.unwrap();
        assert!(body.contains("disconnected before it answered"), "{body}");
        let (_, _, body) = request(address, "POST", path, right, r#"{"stop": {}}"#).await;
        assert!(body.contains("is not connected; its history is safe"), "{body}");
    });
}
