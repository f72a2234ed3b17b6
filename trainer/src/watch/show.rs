//! Steps of an environment, shown one by one: on a terminal at a pace, elsewhere line by line.

use crate::Error;
use crate::any_environment::{self, AnyEnvironment};
use crate::figure::{plain, plain_sum};
use crate::screen::Screen;
use crossterm::cursor::MoveTo;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{Clear, ClearType};
use run::Run;
use run::recorded::ReplayFile;
use run::replay::demonstration_seed;
use shared::action::Action;
use shared::command::{Answer, Command};
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;
use std::io::{IsTerminal as _, Write};
use std::time::{Duration, Instant};

/// How far and how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) episodes: Option<u64>,
    pub(super) steps: u64,
    /// Steps a second.
    pub(super) speed: f64,
}

/// What comes next.
enum Next {
    /// An episode of this seed begins.
    Begin(Seed),
    Step(Action),
    Over,
}

/// Shows a recorded episode.
pub(super) fn recorded(file: &ReplayFile, pace: Pace, out: &mut dyn Write) -> Result<(), Error> {
    let tape = &file.tape;
    let begin = std::iter::once(Next::Begin(tape.seed));
    let mut moments = begin.chain(tape.actions.iter().map(|it| Next::Step(it.to_action())));
    let title = format!("episode {} as recorded", tape.episode);
    let pace = Pace { steps: u64::MAX, ..pace };
    show(&file.environment, &title, pace, &mut || moments.next().unwrap_or(Next::Over), out)
}

/// Shows what an agent believes best.
pub(super) fn greedy(mut run: Run, pace: Pace, out: &mut dyn Write) -> Result<(), Error> {
    let (seed, environment) = (run.spec().seed, run.spec().environment.clone());
    let title = format!("{}, greedy", run.spec().agent.id);
    if let Answer::Rejected { reason } = run.command(Command::WatchGreedy { watch: true }) {
        return Err(Error::Refused(reason));
    }
    let mut begun = false;
    let mut next = || {
        if std::mem::replace(&mut begun, true) {
            run.advance(1);
        }
        let frame = run.frame();
        match (frame.action, frame.box_action) {
            (Some(action), _) => Next::Step(Action::Discrete(action)),
            (None, Some(values)) => Next::Step(Action::Box(values.0)),
            (None, None) => Next::Begin(demonstration_seed(seed, frame.episode)),
        }
    };
    show(&environment, &title, pace, &mut next, out)
}

fn show(
    environment: &EnvironmentSpec,
    title: &str,
    pace: Pace,
    next: &mut dyn FnMut() -> Next,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let environment = any_environment::build(environment)?;
    let on_terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let mut stage =
        Stage { environment, title, episodes: 0, step: 0, made: 0, episodic_return: 0.0, said: String::new() };
    if on_terminal {
        let screen = Screen::open()?;
        let outcome = stage.pace(pace, next, out);
        drop(screen);
        outcome?;
        return Ok(writeln!(out, "{}", stage.standing())?);
    }
    let most = pace.episodes.unwrap_or(1);
    while stage.episodes < most && stage.made < pace.steps {
        if !stage.take(next())? {
            break;
        }
        writeln!(out, "{}\n{}\n", stage.standing(), stage.environment.text())?;
    }
    Ok(())
}

struct Stage<'a> {
    environment: Box<dyn AnyEnvironment>,
    title: &'a str,
    /// Episodes that ended.
    episodes: u64,
    /// Steps of this one,
    step: u64,
    /// and of all.
    made: u64,
    episodic_return: f64,
    said: String,
}

impl Stage<'_> {
    /// Shows what comes next; whether there was something.
    fn take(&mut self, next: Next) -> Result<bool, Error> {
        match next {
            Next::Over => return Ok(false),
            Next::Begin(seed) => {
                self.environment.reset(seed);
                (self.step, self.episodic_return) = (0, 0.0);
                self.said.clear();
            }
            Next::Step(action) => {
                self.step += 1;
                self.made += 1;
                let step = self.environment.step(action.as_ref());
                let step = step.map_err(|error| Error::Step { step: self.step as usize, error })?;
                self.episodic_return += step.reward;
                let description = self.environment.describe();
                self.said = format!(", {}, reward {}", description.name_of(action.as_ref()), plain(step.reward));
                if step.ended() {
                    self.episodes += 1;
                    let outcome = description.outcomes.get(usize::from(self.environment.outcome()));
                    self.said += ", over: ";
                    self.said += outcome.map_or("ended", String::as_str);
                }
            }
        }
        Ok(true)
    }

    fn standing(&self) -> String {
        format!("{}: step {}, return {}{}", self.title, self.step, plain_sum(self.episodic_return), self.said)
    }

    fn pace(&mut self, pace: Pace, next: &mut dyn FnMut() -> Next, out: &mut dyn Write) -> Result<(), Error> {
        let (mut speed, mut holds) = (pace.speed, false);
        let most = pace.episodes.unwrap_or(u64::MAX);
        let mut more = true;
        while more {
            let text = self.environment.text();
            let keys = "blank holds  + quicker  - slower  q ends";
            let lines = format!("{}\n\n{text}\n\n{speed} steps/s  {keys}", self.standing()).replace('\n', "\r\n");
            write!(out, "{}{}{lines}", Clear(ClearType::All), MoveTo(0, 0))?;
            out.flush()?;
            let due = Instant::now() + Duration::from_secs_f64(1.0 / speed);
            loop {
                let left = if holds { Duration::from_hours(1) } else { due.saturating_duration_since(Instant::now()) };
                if !event::poll(left)? {
                    if holds {
                        continue;
                    }
                    break;
                }
                let Event::Key(key) = event::read()? else { continue };
                let control = key.modifiers.contains(KeyModifiers::CONTROL);
                match key.code {
                    _ if key.kind == KeyEventKind::Release => {}
                    KeyCode::Char('c') if control => return Ok(()),
                    KeyCode::Char('q') | KeyCode::Esc => return Ok(()),
                    KeyCode::Char(' ') => holds = !holds,
                    KeyCode::Char('+') => speed = (speed * 2.0).min(1000.0),
                    KeyCode::Char('-') => speed = (speed / 2.0).max(0.25),
                    _ => {}
                }
            }
            more = self.episodes < most && self.made < pace.steps && self.take(next())?;
        }
        Ok(())
    }
}
