//! A run of a relay, watched live: in a pseudo-terminal, and without a terminal.

use crate::harness::{Relay, Trainer, Viewer, free_address, trainer, until};
use crate::playing::Terminal;

const RUN: [&str; 7] = ["run", "gridworld", "--agent", "q-learning", "--run", "walk", "--relay"];

#[test]
fn without_a_terminal_lines_tell_a_run_until_it_has_ended() {
    let data = tempfile::tempdir().unwrap();
    let relay = Relay::start(data.path(), free_address());
    let said = trainer(&[&RUN[..], &[&relay.url(), "--episodes", "300"]].concat());
    assert_eq!(said.code, Some(0), "{}", said.err);
    let said = trainer(&["watch", "walk", "--relay", &relay.url()]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let last = said.out.lines().last().unwrap();
    assert!(last.starts_with("walk: completed, step ") && last.contains("episode 300"), "{last}");
    assert!(last.contains("mean of the last"), "{last}");
}

#[test]
fn on_a_terminal_a_live_run_is_drawn_until_q_and_a_relay_that_comes_back_is_found_again() {
    let data = tempfile::tempdir().unwrap();
    let address = free_address();
    let relay = Relay::start(data.path(), address);
    let url = relay.url();
    let _run = Trainer::start(&[&RUN[..], &[&url, "--endless", "--speed", "2000"]].concat());
    Viewer::of(&relay, "walk").listed(|it| it.live && !it.title.is_empty());
    let mut terminal = Terminal::of(&["watch", "walk", "--relay", &url]);
    until("a curve", || terminal.picture().chars().any(|it| ('\u{2801}'..='\u{28ff}').contains(&it)));
    for words in ["walk: running", "return by episode", "q ends", "Gridworld"] {
        until(words, || terminal.picture().contains(words));
    }
    relay.kill();
    until("that the relay is away", || terminal.picture().contains("relay away"));
    let _relay = Relay::start(data.path(), address);
    until("that it runs again", || terminal.picture().contains("walk: running"));
    terminal.press("q");
    assert!(terminal.end().success());
    assert!(terminal.is_as_before());
}

#[test]
fn what_cannot_be_watched_is_named() {
    let data = tempfile::tempdir().unwrap();
    let relay = Relay::start(data.path(), free_address());
    let said = trainer(&["watch", "nobody", "--relay", &relay.url()]);
    assert!(said.code == Some(2) && said.err.contains("nobody"), "{}", said.err);
    let token = data.path().join("token");
    std::fs::write(&token, "\n").unwrap();
    let said = trainer(&["watch", "walk", "--relay", &relay.url(), "--token-file", token.to_str().unwrap()]);
    assert!(said.code == Some(2) && said.err.contains("the first line is empty"), "{}", said.err);
    let said = trainer(&["watch", "walk", "--relay", &relay.url(), "--speed", "3"]);
    assert!(said.code == Some(2) && said.err.contains("--speed"), "{}", said.err);
}
