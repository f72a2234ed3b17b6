//! Playing by keyboard in the terminal: the environment as text, an action a key.

use crate::Error;
use crate::environment_options::EnvironmentOptions;
use crate::figure::{plain, plain_sum};
use crate::screen::{self, Screen};
use clap::Args;
use crossterm::cursor::MoveTo;
use crossterm::event::{KeyCode, KeyEvent};
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType};
use environments::Environment as _;
use environments::registry::BuiltEnvironment;
use shared::quantity::Seed;
use std::io::{IsTerminal as _, Write};
use std::time::Duration;

/// The stream of the episodes' seeds.
const EPISODES: u64 = 1;

/// What to play.
#[derive(Clone, Debug, Args)]
pub struct PlayOptions {
    #[command(flatten)]
    environment: EnvironmentOptions,
    /// Seed of the episodes
    #[arg(long, default_value = "42", value_parser = crate::rollout::seed, allow_negative_numbers = true)]
    seed: Seed,
}

/// Plays until Escape, Ctrl-C or, unless it is a key of the game, q.
pub fn play(options: &PlayOptions, out: &mut impl Write) -> Result<(), Error> {
    let environment = options.environment.build()?;
    if !std::io::stdin().is_terminal() {
        let reason = "playing needs a keyboard; `terrarium rollout` plays a list of actions";
        return Err(Error::Refused(reason.into()));
    }
    let screen = Screen::open()?;
    let summary = in_hand(TerminalGame::new(environment, options.seed), out);
    drop(screen);
    writeln!(out, "{}", summary?)?;
    Ok(())
}

/// Plays until the keys end it; what was played then.
fn in_hand(mut game: TerminalGame, out: &mut impl Write) -> Result<String, Error> {
    loop {
        let lines = game.text().replace('\n', "\r\n");
        execute!(out, Clear(ClearType::All), MoveTo(0, 0), Print(lines))?;
        out.flush()?;
        let Some(key) = screen::pressed(Duration::from_hours(1))? else { continue };
        if screen::interrupts(key) {
            return Ok(game.summary());
        }
        let Some(name) = key_name(key) else { continue };
        if matches!(name.as_str(), "q" | "Q" | "Escape") && !game.means(&name) {
            return Ok(game.summary());
        }
        game.press(&name);
    }
}

/// A key as `KeyboardEvent.key` names it.
fn key_name(key: KeyEvent) -> Option<String> {
    let name = match key.code {
        KeyCode::Char(character) => return Some(character.to_string()),
        KeyCode::Up => "ArrowUp",
        KeyCode::Down => "ArrowDown",
        KeyCode::Left => "ArrowLeft",
        KeyCode::Right => "ArrowRight",
        KeyCode::Enter => "Enter",
        KeyCode::Tab => "Tab",
        KeyCode::Backspace => "Backspace",
        KeyCode::Esc => "Escape",
        KeyCode::PageUp => "PageUp",
        KeyCode::PageDown => "PageDown",
        KeyCode::Home => "Home",
        KeyCode::End => "End",
        _ => return None,
    };
    Some(name.into())
}

/// An environment in somebody's hands.
struct TerminalGame {
    environment: BuiltEnvironment,
    seed: Seed,
    episode: u64,
    steps: u64,
    episodic_return: f64,
    said: String,
}

impl TerminalGame {
    fn new(environment: BuiltEnvironment, seed: Seed) -> Self {
        let mut game = Self { environment, seed, episode: 0, steps: 0, episodic_return: 0.0, said: String::new() };
        game.environment.reset(seed.derive(EPISODES, 0));
        game
    }

    /// Whether the key is one of the game's own.
    fn means(&self, key: &str) -> bool {
        !self.environment.ended() && self.action_of(key).is_some()
    }

    /// The action of a key; a letter that means nothing as it is counts as typed without Caps Lock.
    fn action_of(&self, key: &str) -> Option<u16> {
        let lower = || key.to_lowercase();
        self.environment.action_of_key(key).or_else(|| self.environment.action_of_key(&lower()))
    }

    fn press(&mut self, key: &str) {
        if self.environment.ended() {
            self.episode += 1;
            self.environment.reset(self.seed.derive(EPISODES, self.episode));
            (self.steps, self.episodic_return) = (0, 0.0);
            self.said.clear();
            return;
        }
        let Some(index) = self.action_of(key) else { return };
        let Some(action) = self.environment.describe().action(index) else { return };
        match self.environment.step_any(action.as_ref()) {
            Ok(step) => {
                self.steps += 1;
                self.episodic_return += step.reward;
                let description = self.environment.describe();
                let name = description.name_of(action.as_ref());
                self.said = format!("{name}: reward {}", plain(step.reward));
                if step.ended() {
                    let outcome = description.outcomes.get(usize::from(self.environment.outcome()));
                    let outcome = outcome.map_or("over", String::as_str);
                    self.said = format!("{}\nThe episode is over: {outcome}. Any key begins another one.", self.said);
                }
            }
            Err(error) => self.said = error.to_string(),
        }
    }

    fn text(&self) -> String {
        let description = self.environment.describe();
        let end = if description.actions.iter().any(|it| it.key == "q") { "Escape" } else { "q" };
        let keys: Vec<_> = description.actions.iter().map(|it| format!("{} {}", it.key, it.name)).collect();
        format!(
            "{} {}\n\n{}\n\nepisode {}  step {}  return {}\n{}\n\n{}\n{end} ends",
            description.title,
            description.subtitle,
            self.environment.text(),
            self.episode,
            self.steps,
            plain_sum(self.episodic_return),
            self.said,
            keys.join("  ")
        )
    }

    fn summary(&self) -> String {
        format!("episode {}, {} steps, return {}", self.episode, self.steps, plain_sum(self.episodic_return))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use environments::registry;
    use shared::parameter::Parameters;
    use shared::spec::EnvironmentSpec;

    fn begun(environment: &str) -> TerminalGame {
        let spec = EnvironmentSpec { id: environment.into(), parameters: Parameters::new() };
        TerminalGame::new(registry::build(&spec).unwrap(), Seed::default())
    }

    #[test]
    fn keys_play_and_any_key_begins_another_episode() {
        let mut game = begun("gridworld");
        let keys = "ArrowRight ArrowRight ArrowRight ArrowRight x ArrowDown ArrowDown ArrowDown ArrowDown";
        keys.split(' ').for_each(|key| game.press(key));
        let end = game.text();
        assert!(end.contains("step 8  return 9.3"), "{end}");
        assert!(end.contains("Any key begins another one"), "{end}");
        game.press("x");
        assert_eq!(game.summary(), "episode 1, 0 steps, return 0");
    }

    #[test]
    fn caps_lock_switches_no_key_off() {
        let mut game = begun("taxi");
        game.press("P");
        assert!(game.said.starts_with("pick up"), "{}", game.said);
    }
}
