//! The program itself: its first line, its end by signals and by force, its errors.

use crate::harness::{Client, run_test};
use shared::message::{ErrorCode, From, Role};
use shared::{Epoch, Offset};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program, running.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(data: &Path) -> Self {
        Self::start_on(data, "127.0.0.1:0", Command::new(env!("CARGO_BIN_EXE_terrarium-relay")))
    }

    fn start_on(data: &Path, listen: &str, mut command: Command) -> Self {
        command.arg("--listen").arg(listen).arg("--data").arg(data).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        Self { child, address }
    }

    fn signal(&self, name: &str) {
        // The shell's own word: a program of that name is not on every machine.
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn killed_and_started_again_there_is_no_hole_and_no_duplicate() {
    run_test(async {
        let data = tempfile::TempDir::new().unwrap();
        let mut process = Process::start(data.path());
        let address = process.address;
        let mut next = 0;
        for round in 0..4 {
            let mut publisher = Client::greeted(address, Role::Publisher).await;
            let resumed = publisher.announce(1).await;
            assert!(resumed <= next, "the relay claims entries that it never got");
            let mut viewer = Client::greeted(address, Role::Viewer).await;
            let from = From::Offset { epoch: Epoch(1), offset: Offset(next) };
            assert!(viewer.subscribe(from).await.recovered);
            let end = next + 500;
            for offset in resumed..end {
                publisher.publish(1, offset..offset + 1).await;
                if offset == resumed + 250 {
                    publisher.acknowledged(resumed + 100).await;
                }
            }
            viewer.log(next, end).await;
            next = end;
            if round < 3 {
                process.signal("KILL");
                process.child.wait().unwrap();
                process = Process::start_on(
                    data.path(),
                    &address.to_string(),
                    Command::new(env!("CARGO_BIN_EXE_terrarium-relay")),
                );
                let mut publisher = Client::greeted(address, Role::Publisher).await;
                let stored = publisher.announce(1).await;
                assert!(stored > 100, "what was acknowledged is gone");
            }
        }
        let mut late = Client::greeted(address, Role::Viewer).await;
        assert_eq!(late.subscribe(From::All).await.history, next);
        late.log(0, next).await;
    });
}

#[test]
fn a_signal_ends_it_gracefully_and_everybody_is_told() {
    run_test(async {
        for signal in ["INT", "TERM"] {
            let data = tempfile::TempDir::new().unwrap();
            let mut process = Process::start(data.path());
            let mut publisher = Client::greeted(process.address, Role::Publisher).await;
            let mut viewer = Client::greeted(process.address, Role::Viewer).await;
            publisher.announce(1).await;
            publisher.publish(1, 0..50).await;
            publisher.settle().await;
            process.signal(signal);
            assert_eq!(publisher.error().await.0, ErrorCode::ShuttingDown);
            assert_eq!(viewer.error().await.0, ErrorCode::ShuttingDown);
            assert!(viewer.closed().await.is_some());
            assert!(process.child.wait().unwrap().success());

            let process = Process::start(data.path());
            let mut viewer = Client::greeted(process.address, Role::Viewer).await;
            assert_eq!(viewer.subscribe(From::All).await.history, 50);
        }
    });
}

#[test]
fn a_viewer_that_does_not_read_does_not_hold_up_the_end() {
    run_test(async {
        let data = tempfile::TempDir::new().unwrap();
        let mut process = Process::start(data.path());
        let mut publisher = Client::greeted(process.address, Role::Publisher).await;
        publisher.announce(1).await;
        for offset in (0..20_000).step_by(200) {
            publisher.publish(1, offset..offset + 200).await;
        }
        publisher.acknowledged(20_000).await;
        let mut asleep = Client::greeted(process.address, Role::Viewer).await;
        asleep.subscribe(From::All).await;
        let began = Instant::now();
        process.signal("TERM");
        assert!(process.child.wait().unwrap().success());
        // The viewer itself would be given up after 45 s only.
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    });
}

#[test]
fn start_errors_are_one_readable_line_and_an_exit_code() {
    let data = tempfile::TempDir::new().unwrap();
    let process = Process::start(data.path());
    let other = tempfile::TempDir::new().unwrap();
    let here = process.address.to_string();
    let (data, other) = (data.path().to_str().unwrap(), other.path().to_str().unwrap());
    for (arguments, expected) in [
        (["--listen", here.as_str(), "--data", other], "is in use: another relay may be running"),
        (["--listen", "127.0.0.1:0", "--data", data], "another relay is using the data directory"),
        (["--listen", "0.0.0.0:0", "--data", other], "there is no token for: publisher, viewer, controller"),
        (["--listen", "127.0.0.1:0", "--data", "/dev/null/data"], "cannot use the data directory"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_terrarium-relay")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(expected) && errors.lines().count() == 1, "{errors}");
    }
}

/// The system's limit on the size of a file stands for a full disk: the write fails in the same place.
#[test]
fn on_a_full_disk_viewers_see_on_and_what_was_stored_stays() {
    run_test(async {
        let data = tempfile::TempDir::new().unwrap();
        let mut command = Command::new("sh");
        let script = "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"";
        command.args(["-c", script, env!("CARGO_BIN_EXE_terrarium-relay")]);
        let process = Process::start_on(data.path(), "127.0.0.1:0", command);
        let mut publisher = Client::greeted(process.address, Role::Publisher).await;
        let mut viewer = Client::greeted(process.address, Role::Viewer).await;
        publisher.announce(1).await;
        viewer.subscribe(From::All).await;
        let mut stored = 0;
        for offset in (0..4000).step_by(10) {
            publisher.publish(1, offset..offset + 10).await;
            viewer.log(offset, offset + 10).await;
        }
        let pick = |it: shared::ServerMessage| match it {
            shared::ServerMessage::Acknowledged { offset, .. } => {
                stored = offset.0;
                None
            }
            shared::ServerMessage::Error { code, message, .. } => Some((code, message)),
            _ => None,
        };
        let (code, message) = publisher.until(pick).await;
        assert_eq!(code, ErrorCode::Storage, "{message}");
        assert!(stored > 0, "nothing was stored before the disk was full");
        drop(process);

        let process = Process::start(data.path());
        let mut publisher = Client::greeted(process.address, Role::Publisher).await;
        let resumed = publisher.announce(1).await;
        assert!((stored..4000).contains(&resumed), "{stored} were acknowledged, {resumed} are there");
        publisher.publish(1, resumed..4000).await;
        let mut viewer = Client::greeted(process.address, Role::Viewer).await;
        viewer.subscribe(From::All).await;
        viewer.log(0, 4000).await;
    });
}

#[test]
fn help_has_an_example() {
    let output = Command::new(env!("CARGO_BIN_EXE_terrarium-relay")).arg("--help").output().unwrap();
    let mut text = String::new();
    output.stdout.as_slice().read_to_string(&mut text).unwrap();
    assert!(text.contains("--publisher-token A") && text.contains("127.0.0.1:8080"), "{text}");
}
