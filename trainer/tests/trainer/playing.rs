//! Playing by hand in a terminal: a pseudo-terminal with the trainer on its other side.

use crate::harness::{NEVER, command, trainer, until};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{Termios, tcgetattr};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::Instant;

const CLEAR: &str = "\x1b[2J";
const OTHER_SCREEN: &str = "\x1b[?1049h";
const OWN_SCREEN: &str = "\x1b[?1049l";
const CURSOR: &str = "\x1b[?25h";

/// A terminal in which the trainer plays.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    /// The trainer's side, held open to ask how the terminal is set.
    line: OwnedFd,
    shown: Arc<Mutex<Vec<u8>>>,
    before: Termios,
}

impl Terminal {
    fn play(arguments: &[&str]) -> Self {
        Self::of(&[&["play"], arguments].concat())
    }

    pub(crate) fn of(arguments: &[&str]) -> Self {
        let size = Winsize { ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave: line } = openpty(Some(&size), None).unwrap();
        let before = tcgetattr(&line).unwrap();
        let child = command(arguments)
            .stdin(line.try_clone().unwrap())
            .stdout(line.try_clone().unwrap())
            .stderr(line.try_clone().unwrap())
            .spawn()
            .unwrap();
        let mut screen = File::from(master.try_clone().unwrap());
        let shown = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                into.lock().unwrap().extend_from_slice(&bytes[..count]);
            }
        });
        Self { child, keyboard: File::from(master), line, shown, before }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    /// What somebody in front of it reads.
    pub(crate) fn picture(&self) -> String {
        let mut reader = vt100::Parser::new(40, 100, 0);
        reader.process(&self.shown.lock().unwrap());
        reader.screen().contents()
    }

    /// What stands on the screen since it was last cleared.
    fn screen(&self) -> String {
        self.shown().rsplit(CLEAR).next().unwrap().to_owned()
    }

    /// Waits for words on the screen and gives all of it.
    fn wait_for(&self, words: &str) -> String {
        until(words, || self.screen().contains(words));
        self.screen()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn is_as_before(&self) -> bool {
        tcgetattr(&self.line).unwrap() == self.before
    }

    pub(crate) fn end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < NEVER, "it plays on: {}", self.screen());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_signal_that_ends_it_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.terrarium");
    let file = file.to_str().unwrap();
    assert_eq!(trainer(&["run", "gridworld", "--episodes", "5", "--save", file]).code, Some(0));
    for (arguments, words) in [(["play", "tetris"], "Escape ends"), (["watch", file], "q ends")] {
        for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
            let mut terminal = Terminal::of(&arguments);
            terminal.wait_for(words);
            kill(Pid::from_raw(terminal.child.id() as i32), signal).unwrap();
            assert!(terminal.end().success(), "{signal} {}", terminal.screen());
            assert!(terminal.is_as_before(), "{signal}");
            until("its own screen", || terminal.shown().contains(OWN_SCREEN) && terminal.shown().contains(CURSOR));
        }
    }
}

#[test]
fn keys_move_the_agent_and_the_terminal_is_given_back() {
    let mut terminal = Terminal::play(&["gridworld"]);
    let first = terminal.wait_for("episode 0  step 0  return 0");
    assert!(terminal.shown().contains(OTHER_SCREEN) && !terminal.is_as_before());
    // An arrow, as terminals send it.
    terminal.press("\x1b[C");
    let second = terminal.wait_for("episode 0  step 1  return -0.1");
    assert!(second.contains("right: reward -0.1"), "{second}");
    let place = |screen: &str| screen.lines().find_map(|line| line.find('@')).unwrap();
    assert_eq!(place(&second), place(&first) + 1);
    terminal.press("\x1b[C\x1b[C\x1b[C\x1b[B\x1b[B\x1b[B\x1b[B");
    terminal.wait_for("Any key begins another one");
    terminal.press(" ");
    terminal.wait_for("episode 1  step 0  return 0");
    terminal.press("q");
    assert!(terminal.end().success());
    until("the last words", || terminal.shown().contains("episode 1, 0 steps, return 0"));
    let (_, rest) = terminal.shown().rsplit_once(CLEAR).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert!(rest.contains(OWN_SCREEN) && rest.contains(CURSOR), "{rest:?}");
    assert!(terminal.is_as_before());
}

#[test]
fn where_q_plays_escape_ends_and_interrupting_ends_everywhere() {
    for (keys, steps) in [("q\x1b", 1), ("\x03", 0)] {
        let mut terminal = Terminal::play(&["racing"]);
        let first = terminal.wait_for("step 0");
        assert!(first.contains("Escape ends"), "{first}");
        for key in keys.chars() {
            terminal.press(&key.to_string());
            if key == 'q' {
                terminal.wait_for("step 1");
            }
        }
        assert!(terminal.end().success());
        until("the last words", || terminal.shown().contains(&format!("episode 0, {steps} steps")));
        assert!(terminal.is_as_before());
    }
}
