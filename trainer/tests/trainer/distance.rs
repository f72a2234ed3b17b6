//! A relay far away: every message comes 300 ms late, one packet in twenty is sent again, and the line is cut now and then.
//!
//! The line is a proxy of our own on the loopback, so that it is the same wherever these tests run: what is lost below TCP
//! reaches a program as a delay of everything behind it. A line may also fall silent: nothing is carried, and nobody is told.

use crate::harness::{NEVER, Relay, Trainer, Viewer, check_log, until};
use shared::Offset;
use shared::event::LogEvent;
use shared::message::{From, LogEntry, ServerMessage};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long everything is under way, in each direction.
const DELAY: Duration = Duration::from_millis(300);

/// What it takes until a packet that was lost is there.
const SENT_AGAIN: Duration = Duration::from_millis(400);

/// One in so many packets is lost.
const LOST_IN: u64 = 20;

const RUN: &str = "far";

/// A long line to a relay.
struct DistantLine {
    address: SocketAddr,
    is_cut: Arc<AtomicBool>,
    /// How often it has fallen silent, each time for all connections that there were.
    silences: Arc<AtomicUsize>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl DistantLine {
    fn to(relay: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (is_cut, connections) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let silences = Arc::new(AtomicUsize::new(0));
        let (cut, all, silent) = (is_cut.clone(), connections.clone(), silences.clone());
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(far) = TcpStream::connect(relay) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    carry(from.try_clone().unwrap(), to.try_clone().unwrap(), silent.clone());
                }
                all.lock().unwrap().extend([near, far]);
            }
        });
        Self { address, is_cut, silences, connections }
    }

    fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Carries nothing any longer of the connections that there are, which stay open.
    fn fall_silent(&self) {
        self.silences.fetch_add(1, Ordering::SeqCst);
    }

    /// Cuts the line for a time; what was under way is gone.
    fn cut(&self, time: Duration) {
        self.is_cut.store(true, Ordering::SeqCst);
        for connection in self.connections.lock().unwrap().drain(..) {
            connection.shutdown(Shutdown::Both).ok();
        }
        thread::sleep(time);
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

/// Carries one direction of a connection: late, and later where something was lost.
fn carry(mut from: TcpStream, to: TcpStream, silences: Arc<AtomicUsize>) {
    let (sender, packets) = channel();
    let before = silences.load(Ordering::SeqCst);
    thread::spawn(move || deliver(&packets, to));
    thread::spawn(move || {
        let mut packet = [0; 1400];
        while let Ok(length @ 1..) = from.read(&mut packet) {
            if silences.load(Ordering::SeqCst) == before
                && sender.send((Instant::now() + DELAY, packet[..length].to_vec())).is_err()
            {
                return;
            }
        }
    });
}

fn deliver(packets: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    for (number, (due, packet)) in (1..).zip(packets) {
        let lost = if number % LOST_IN == 0 { SENT_AGAIN } else { Duration::ZERO };
        thread::sleep((due + lost).saturating_duration_since(Instant::now()));
        if to.write_all(&packet).is_err() {
            return;
        }
    }
    to.shutdown(Shutdown::Both).ok();
}

/// The log of the run as somebody at the end of the line sees it, who connects again as often as it takes.
fn watched(address: SocketAddr) -> Vec<LogEntry> {
    let (begun, mut log, mut epoch) = (Instant::now(), Vec::<LogEntry>::new(), None);
    while begun.elapsed() < NEVER {
        let Some(mut viewer) = Viewer::connect(address, RUN) else { continue };
        let next = Offset(log.len() as u64);
        let from = epoch.map_or(From::All, |epoch| From::Offset { epoch, offset: next });
        viewer.ask(from);
        while let Some(message) = viewer.heard() {
            match message {
                ServerMessage::Subscribed { epoch: shown, offset, .. } => {
                    assert_eq!(offset, next, "it goes on where it was cut off");
                    epoch = Some(shown);
                }
                ServerMessage::Log { entries, .. } => log.extend(entries),
                ServerMessage::Error { message, .. } => panic!("{message}"),
                _ => {}
            }
            if log.last().is_some_and(|it| matches!(it.event.decode().unwrap(), LogEvent::RunEnded { .. })) {
                return log;
            }
        }
    }
    panic!("it never ended; {} entries", log.len());
}

#[test]
fn every_entry_comes_once_over_a_line_with_delay_loss_and_cuts() {
    let data = tempfile::tempdir().unwrap();
    let relay = Relay::start(data.path(), "127.0.0.1:0".parse().unwrap());
    let line = DistantLine::to(relay.address);
    let url = line.url();
    let options = ["--steps", "60000", "--speed", "10000", "--run", RUN, "--deliver-for", "60", "--relay", &url];
    let mut trainer = Trainer::start(&[&["run", "gridworld"], &options[..]].concat());
    Viewer::of(&relay, RUN).listed(|it| it.live);
    let address = line.address;
    let watching = thread::spawn(move || watched(address));
    for (after, time) in [(1500, 0), (1500, 1000), (1000, 300)] {
        thread::sleep(Duration::from_millis(after));
        line.cut(Duration::from_millis(time));
    }
    assert!(trainer.wait().success());
    until("the viewer has all of it", || watching.is_finished());
    let seen = watching.join().unwrap();
    assert!(check_log(&seen) > 100);
    assert_eq!(seen, Viewer::of(&relay, RUN).whole_log());
}

/// It takes the 45 s after which both ends give a silent line up.
#[test]
fn a_line_that_falls_silent_and_stays_open_is_given_up_and_nothing_is_lost() {
    let data = tempfile::tempdir().unwrap();
    let relay = Relay::start(data.path(), "127.0.0.1:0".parse().unwrap());
    let line = DistantLine::to(relay.address);
    let url = line.url();
    let options = ["--steps", "40000", "--speed", "10000", "--run", RUN, "--deliver-for", "110", "--relay", &url];
    let mut trainer = Trainer::start(&[&["run", "gridworld"], &options[..]].concat());
    let mut near = Viewer::of(&relay, RUN);
    near.listed(|it| it.live && it.entries > 10);
    line.fall_silent();
    // The relay takes its host for gone, and the trainer finds another way to it.
    near.listed(|it| !it.live);
    assert!(trainer.wait().success());
    let log = Viewer::of(&relay, RUN).whole_log();
    assert!(check_log(&log) > 100);
    assert!(matches!(log.last().unwrap().event.decode().unwrap(), LogEvent::RunEnded { .. }));
}
