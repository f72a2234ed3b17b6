//! Steps of an environment, shown one by one: on a terminal at a pace, elsewhere line by line.

use crate::Error;
use crate::figure::{plain, plain_sum};
use crate::screen::{self, Screen};
use crossterm::cursor::MoveTo;
use crossterm::event::KeyCode;
use crossterm::terminal::{Clear, ClearType};
use environments::Environment as _;
use environments::registry::{self, BuiltEnvironment};
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
pub(super) struct PlaybackPace {
    pub(super) episodes: Option<u64>,
    pub(super) steps: u64,
    /// Steps a second.
    pub(super) speed: f64,
}

/// What comes next.
enum NextMove {
    /// An episode of this seed begins.
    Begin(Seed),
    Step(Action),
    Over,
}

/// Shows a recorded episode.
pub(super) fn recorded(file: &ReplayFile, pace: PlaybackPace, out: &mut dyn Write) -> Result<(), Error> {
    let recorded = &file.recorded_episode;
    let begin = std::iter::once(NextMove::Begin(recorded.seed));
    let mut moments = begin.chain(recorded.actions.iter().map(|it| NextMove::Step(it.to_action())));
    let title = format!("episode {} as recorded", recorded.episode);
    let pace = PlaybackPace { steps: u64::MAX, ..pace };
    show(&file.environment, &title, pace, &mut || moments.next().unwrap_or(NextMove::Over), out)
}

/// Shows what an agent believes best.
pub(super) fn greedy(mut run: Run, pace: PlaybackPace, out: &mut dyn Write) -> Result<(), Error> {
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
        let Some(frame) = run.frame() else { return NextMove::Over };
        match (frame.action, frame.box_action) {
            (Some(action), _) => NextMove::Step(Action::Discrete(action)),
            (None, Some(values)) => NextMove::Step(Action::Box(values.0)),
            (None, None) => NextMove::Begin(demonstration_seed(seed, frame.episode)),
        }
    };
    show(&environment, &title, pace, &mut next, out)
}

fn show(
    environment: &EnvironmentSpec,
    title: &str,
    pace: PlaybackPace,
    next: &mut dyn FnMut() -> NextMove,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let environment = registry::build(environment)?;
    let on_terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let mut stage =
        TerminalStage { environment, title, episodes: 0, step: 0, made: 0, episodic_return: 0.0, said: String::new() };
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

struct TerminalStage<'a> {
    environment: BuiltEnvironment,
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

impl TerminalStage<'_> {
    /// Shows what comes next; whether there was something.
    fn take(&mut self, next: NextMove) -> Result<bool, Error> {
        match next {
            NextMove::Over => return Ok(false),
            NextMove::Begin(seed) => {
                self.environment.reset(seed);
                (self.step, self.episodic_return) = (0, 0.0);
                self.said.clear();
            }
            NextMove::Step(action) => {
                self.step += 1;
                self.made += 1;
                let step = self.environment.step_any(action.as_ref());
                let step = step.map_err(|error| Error::Step {
                    step: self.step as usize,
                    error: error.words(&self.environment.describe()),
                })?;
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

    fn pace(
        &mut self,
        pace: PlaybackPace,
        next: &mut dyn FnMut() -> NextMove,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
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
                match screen::pressed(left)? {
                    Some(key) if screen::ends(key) => return Ok(()),
                    Some(key) => match key.code {
                        KeyCode::Char(' ') => holds = !holds,
                        KeyCode::Char('+') => speed = (speed * 2.0).min(1000.0),
                        KeyCode::Char('-') => speed = (speed / 2.0).max(0.25),
                        _ => {}
                    },
                    None if !holds && Instant::now() >= due => break,
                    None => {}
                }
            }
            more = self.episodes < most && self.made < pace.steps && self.take(next())?;
        }
        Ok(())
    }
}
