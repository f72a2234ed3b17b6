//! Playing by keyboard in the terminal: the environment as text, an action a key.

use crate::Error;
use crate::environment_options::EnvironmentOptions;
use crate::figure::{plain, plain_sum};
use crate::screen::Screen;
use clap::Args;
use crossterm::cursor::MoveTo;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType};
use environments::Environment;
use environments::registry::Visitor;
use shared::quantity::Seed;
use std::io::{IsTerminal as _, Write};

/// The stream of the episodes' seeds.
const EPISODES: u64 = 1;

/// What to play.
#[derive(Clone, Debug, Args)]
pub struct Options {
    #[command(flatten)]
    environment: EnvironmentOptions,
    /// Seed of the episodes
    #[arg(long, default_value = "42", value_parser = crate::rollout::seed)]
    seed: Seed,
}

/// Plays until Escape, Ctrl-C or, unless it is a key of the game, q.
pub fn play(options: &Options, out: &mut impl Write) -> Result<(), Error> {
    let environment = options.environment.build()?;
    if !std::io::stdin().is_terminal() {
        let reason = "playing needs a keyboard; `terrarium rollout` plays a list of actions";
        return Err(Error::Refused(reason.into()));
    }
    let screen = Screen::open()?;
    let summary = environment.accept(Player { seed: options.seed, out: &mut *out });
    drop(screen);
    writeln!(out, "{}", summary?)?;
    Ok(())
}

struct Player<'a, W> {
    seed: Seed,
    out: &'a mut W,
}

impl<W: Write> Visitor for Player<'_, W> {
    type Output = Result<String, Error>;

    fn visit<E: Environment>(self, environment: E) -> Result<String, Error> {
        let mut game = Game::new(environment, self.seed);
        loop {
            let lines = game.text().replace('\n', "\r\n");
            execute!(self.out, Clear(ClearType::All), MoveTo(0, 0), Print(lines))?;
            self.out.flush()?;
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
                        return Ok(game.summary());
                    }
                    let Some(name) = key_name(key) else { continue };
                    if matches!(name.as_str(), "q" | "Q" | "Escape") && !game.means(&name) {
                        return Ok(game.summary());
                    }
                    game.press(&name);
                }
                _ => {}
            }
        }
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
struct Game<E> {
    environment: E,
    seed: Seed,
    episode: u64,
    steps: u64,
    episodic_return: f64,
    said: String,
}

impl<E: Environment> Game<E> {
    fn new(environment: E, seed: Seed) -> Self {
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

    struct Played;
    impl Visitor for Played {
        type Output = Vec<String>;
        fn visit<E: Environment>(self, environment: E) -> Vec<String> {
            let mut game = Game::new(environment, Seed::default());
            let keys = "ArrowRight ArrowRight ArrowRight ArrowRight x ArrowDown ArrowDown ArrowDown ArrowDown";
            keys.split(' ').for_each(|key| game.press(key));
            let end = game.text();
            game.press("x");
            vec![end, game.summary()]
        }
    }

    #[test]
    fn keys_play_and_any_key_begins_another_episode() {
        let spec = EnvironmentSpec { id: "gridworld".into(), parameters: Parameters::new() };
        let played = registry::build(&spec).unwrap().accept(Played);
        assert!(played[0].contains("step 8  return 9.3"), "{}", played[0]);
        assert!(played[0].contains("Any key begins another one"));
        assert_eq!(played[1], "episode 1, 0 steps, return 0");
    }

    struct Shouted;
    impl Visitor for Shouted {
        type Output = String;
        fn visit<E: Environment>(self, environment: E) -> String {
            let mut game = Game::new(environment, Seed::default());
            game.press("P");
            game.said
        }
    }

    #[test]
    fn caps_lock_switches_no_key_off() {
        let spec = EnvironmentSpec { id: "taxi".into(), parameters: Parameters::new() };
        let said = registry::build(&spec).unwrap().accept(Shouted);
        assert!(said.starts_with("pick up"), "{said}");
    }
}
