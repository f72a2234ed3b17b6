//! The program itself: its first line, its end by signals and by force, its errors.

use crate::harness::{Client, run_test};
use shared::message::{ClientMessage, ErrorCode, From, Role, ServerMessage};
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

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_is_named_with_the_way_out() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
    use std::os::unix::process::CommandExt as _;
    run_test(async {
        let folder = tempfile::TempDir::new().unwrap();
        let data = folder.path().join("data");
        drop(Process::start(&data));
        // Whoever is allowed everything has somebody else try.
        let nobody = 65_534;
        let is_root = data.metadata().unwrap().uid() == 0;
        let read_only = |mode| {
            for path in std::fs::read_dir(&data).unwrap().map(|it| it.unwrap().path()) {
                std::fs::set_permissions(path, PermissionsExt::from_mode(mode & 0o666)).unwrap();
            }
            std::fs::set_permissions(&data, PermissionsExt::from_mode(mode)).unwrap();
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(mode)).unwrap();
        };
        read_only(0o555);
        for missing in [false, true] {
            let mut relay = Command::new(env!("CARGO_BIN_EXE_terrarium-relay"));
            let data = if missing { folder.path().join("other") } else { data.clone() };
            relay.arg("--listen").arg("127.0.0.1:0").arg("--data").arg(&data);
            if is_root {
                relay.uid(nobody).gid(nobody);
            }
            match relay.output() {
                Ok(output) => {
                    let told = String::from_utf8_lossy(&output.stderr);
                    let expected = format!("cannot use the data directory {}", data.display());
                    assert!(!output.status.success() && told.contains(&expected), "{told}");
                    assert!(told.contains("--data"), "{told}");
                }
                // The program itself lies where nobody else may look.
                Err(error) => assert!(is_root && error.kind() == std::io::ErrorKind::PermissionDenied, "{error}"),
            }
        }
        read_only(0o755);
        drop(Process::start(&data));
    });
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

/// Numbers by chance, the same for the same seed.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Relay, publisher and viewer are killed in turn, at random moments under load, `TERRARIUM_KILLS` times (12 if nobody says).
#[test]
fn whoever_is_killed_at_whatever_moment_no_entry_is_lost_or_doubled() {
    run_test(async {
        let kills = std::env::var("TERRARIUM_KILLS").map_or(12, |it| it.parse().unwrap());
        let seed = 1 | std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
        println!("seed {seed}");
        let mut chance = Chance(seed);
        let data = tempfile::TempDir::new().unwrap();
        let mut process = Process::start(data.path());
        let address = process.address;
        let mut publisher = Client::greeted(address, Role::Publisher).await;
        let mut viewer = Client::greeted(address, Role::Viewer).await;
        let (mut sent, mut acknowledged, mut seen) = (0, 0, 0);
        assert_eq!(publisher.announce(1).await, 0);
        viewer.subscribe(From::All).await;
        for _ in 0..kills {
            let end = sent + 1 + chance.below(600);
            while sent < end {
                let more = 1 + chance.below(5);
                publisher.publish(1, sent..sent + more).await;
                sent += more;
                while let Some(message) = publisher.try_next(false).await {
                    if let shared::ServerMessage::Acknowledged { offset, .. } = message {
                        acknowledged = acknowledged.max(offset.0);
                    }
                }
                see(&mut viewer, &mut seen, false).await;
            }
            match chance.below(3) {
                0 => {
                    process.signal("KILL");
                    process.child.wait().unwrap();
                    see(&mut viewer, &mut seen, true).await;
                    let program = Command::new(env!("CARGO_BIN_EXE_terrarium-relay"));
                    process = Process::start_on(data.path(), &address.to_string(), program);
                    publisher = Client::greeted(address, Role::Publisher).await;
                    viewer = Client::greeted(address, Role::Viewer).await;
                }
                1 => publisher = Client::greeted(address, Role::Publisher).await,
                _ => viewer = Client::greeted(address, Role::Viewer).await,
            }
            let resumed = publisher.announce(1).await;
            assert!(resumed >= acknowledged, "{acknowledged} were acknowledged, {resumed} are there");
            assert!(resumed <= sent, "the relay claims entries that it never got");
            // A publisher keeps what is not acknowledged and sends it again.
            sent = resumed;
            let from = From::Offset { epoch: Epoch(1), offset: Offset(seen) };
            assert!(viewer.subscribe(from).await.recovered);
        }
        publisher.publish(1, sent..sent.max(seen) + 50).await;
        let end = sent.max(seen) + 50;
        publisher.acknowledged(end).await;
        viewer.log(seen, end).await;
        let mut late = Client::greeted(address, Role::Viewer).await;
        assert_eq!(late.subscribe(From::All).await.history, end);
        late.log(0, end).await;
    });
}

/// Takes in log entries, until the connection is over or, where nobody waits, nothing more is there. Each comes once.
async fn see(viewer: &mut Client, seen: &mut u64, waits: bool) {
    while let Some(message) = viewer.try_next(waits).await {
        if let shared::ServerMessage::Log { entries, .. } = message {
            for found in entries {
                assert_eq!(found, crate::harness::entry(*seen));
                *seen += 1;
            }
        }
    }
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

/// The program in a name space of its own, after a line of shell; none where this system makes no such name spaces.
#[cfg(target_os = "linux")]
fn unshared(options: &[&str], before: &str, data: &Path) -> Option<Command> {
    let of = |script: &str| {
        let mut unshare = Command::new("unshare");
        unshare.args(options).args(["sh", "-c", script]).env("FOLDER", data);
        unshare
    };
    let works = of(before).stderr(Stdio::null()).status().is_ok_and(|it| it.success());
    let mut relay = of(&format!("{before} && exec \"$0\" \"$@\""));
    relay.arg(env!("CARGO_BIN_EXE_terrarium-relay"));
    works.then_some(relay)
}

#[cfg(target_os = "linux")]
async fn put(publisher: &mut Client, file: &shared::Artifact, offset: u64, length: usize) -> Result<u64, String> {
    let content = file.bytes().unwrap()[offset as usize..][..length].to_vec().into();
    let (run, sha256) = (crate::harness::run(), file.hash());
    publisher.send(&ClientMessage::PutArtifact { run, sha256, length: file.length(), offset, content }).await;
    let pick = |it| match it {
        ServerMessage::ArtifactKept { kept, .. } => Some(Ok(kept)),
        ServerMessage::Error { code: ErrorCode::Storage, message, .. } => Some(Err(message)),
        _ => None,
    };
    publisher.until(pick).await
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_for_which_the_disk_has_no_room_is_refused_and_leaves_the_room_to_the_log() {
    run_test(async {
        let data = tempfile::TempDir::new().unwrap();
        let mount = "mount -t tmpfs -o size=4m none \"$FOLDER\"";
        let Some(relay) = unshared(&["--user", "--map-root-user", "--mount"], mount, data.path()) else {
            eprintln!("skipped: this system lets no user mount a tmpfs");
            return;
        };
        let process = Process::start_on(data.path(), "127.0.0.1:0", relay);
        let mut publisher = Client::greeted(process.address, Role::Publisher).await;
        publisher.announce(1).await;
        publisher.publish(1, 0..10).await;
        publisher.acknowledged(10).await;
        let file = shared::Artifact::new((0..6_000_000_u32).map(|it| (it.wrapping_mul(it) % 251) as u8).collect());
        let mut kept = 0;
        let message = loop {
            match put(&mut publisher, &file, kept, 100_000).await {
                Ok(more) if more > kept => kept = more,
                Ok(more) => panic!("{more} bytes are kept and no reason is told"),
                Err(message) => break message,
            }
        };
        assert!(message.contains("No space left") && message.contains("it stays with its sender"), "{message}");
        publisher.publish(1, 10..1000).await;
        publisher.acknowledged(1000).await;
        // One that fits is taken.
        let small = shared::Artifact::new(vec![1; 1000]);
        assert_eq!(put(&mut publisher, &small, 0, 1000).await, Ok(1000));
        let mut viewer = Client::greeted(process.address, Role::Viewer).await;
        viewer.subscribe(From::All).await;
        viewer.log(0, 1000).await;
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_directory_that_becomes_read_only_takes_no_files_and_the_log_goes_on() {
    use std::os::unix::fs::PermissionsExt;
    run_test(async {
        let data = tempfile::TempDir::new().unwrap();
        // Without the rights of an administrator, whoever runs this.
        let Some(relay) = unshared(&["--user"], "true", data.path()) else {
            eprintln!("skipped: this system gives no user a name space");
            return;
        };
        let process = Process::start_on(data.path(), "127.0.0.1:0", relay);
        let mut publisher = Client::greeted(process.address, Role::Publisher).await;
        publisher.announce(1).await;
        publisher.publish(1, 0..10).await;
        publisher.acknowledged(10).await;
        let file = shared::Artifact::new(vec![7; 1000]);
        let mode = |mode| std::fs::set_permissions(data.path(), PermissionsExt::from_mode(mode)).unwrap();
        mode(0o555);
        let refused = put(&mut publisher, &file, 0, 1000).await.unwrap_err();
        assert!(refused.contains("Permission denied") && refused.contains("it stays with its sender"), "{refused}");
        publisher.publish(1, 10..500).await;
        publisher.acknowledged(500).await;
        mode(0o755);
        assert_eq!(put(&mut publisher, &file, 0, 1000).await, Ok(1000));
        let mut viewer = Client::greeted(process.address, Role::Viewer).await;
        viewer.subscribe(From::All).await;
        viewer.log(0, 500).await;
    });
}
