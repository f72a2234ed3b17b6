//! What may be asked of a run: every command is obeyed, or refused with the reason, and then everything is as before. One thing
//! cannot be undone: beginning anew gives up what was learned before a new learner is built, and where that fails, the run has ended.

use super::{MOST_VALUES_SENT, Run};
use crate::error::RunError;
use crate::learner::Budget;
use shared::action::Action;
use shared::checkpoint::{AgentState, Checkpoint};
use shared::codec::{self, MOST_EVENT_BYTES};
use shared::column::Column;
use shared::command::{Answer, Command};
use shared::event::{EndReason, LogEvent, Phase, Severity, Speed};
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::sync::Arc;

/// Speeds from here down log every episode by itself, in steps a second: with one-step episodes, metrics and recorded episodes
/// beside them that is still below 60 log events a second.
const ONE_BY_ONE_UP_TO: f64 = 30.0;
/// Most episodes of an evaluation,
const MOST_EVALUATED: u32 = 1000;
/// and most steps, for policies that never arrive.
const MOST_EVALUATION_STEPS: u64 = 1_000_000;
/// Fastest speed that can be asked for beside full speed, in steps a second.
const FASTEST: f64 = 1e6;

impl Run {
    /// Obeys a command, or says why not; then everything is as before, but for a run that could not begin anew: it has ended.
    pub fn command(&mut self, command: Command) -> Answer {
        self.revision += 1;
        match self.obey(command) {
            Ok(checkpoint) => Answer::Accepted { checkpoint },
            Err(reason) => Answer::Rejected { reason },
        }
    }

    fn obey(&mut self, command: Command) -> Result<Option<Box<Checkpoint>>, String> {
        match command {
            Command::Start { spec } => {
                match spec {
                    Some(spec) => {
                        let mut next =
                            Self::of(Arc::clone(&self.registry), *spec).map_err(|error| error.to_string())?;
                        if next.spec.agent.id == self.spec.agent.id
                            && let Some(given) = self.given()
                        {
                            next.give(&given)?;
                        }
                        self.replace(next);
                    }
                    None => self.begin_anew(self.spec.seed)?,
                }
                self.phase = Phase::Running;
            }
            Command::Reset { seed } => {
                self.begin_anew(seed.unwrap_or(self.spec.seed))?;
            }
            Command::Load { checkpoint } => {
                self.replace(Self::load(Arc::clone(&self.registry), &checkpoint).map_err(|error| error.to_string())?);
            }
            Command::Pause {} => self.pause()?,
            Command::Resume { until_episode } => self.resume(until_episode)?,
            Command::Stop {} => self.end(EndReason::Stopped)?,
            Command::Step { action, box_action } => {
                self.must_hold("step")?;
                let action = self.action_of(action, box_action)?;
                self.make_step(action.as_ref())?;
            }
            Command::Press { key } => {
                self.must_hold("play")?;
                let learner = self.learner().map_err(|error| error.to_string())?;
                let action = learner
                    .action_of_key(&key)
                    .ok_or_else(|| format!("the key {key:?} plays nothing in this environment"))?;
                let action = self.action_of(Some(action), None)?;
                self.make_step(action.as_ref())?;
            }
            Command::StepEpisode {} => {
                self.must_hold("play an episode")?;
                self.watching_greedy = false;
                self.until_episode = self.episode() + 1;
                self.phase = Phase::Running;
            }
            Command::SetSpeed { speed } => {
                if let Speed::StepsPerSecond(rate) = speed
                    && !(rate > 0.0 && rate <= FASTEST)
                {
                    return Err(format!(
                        "the speed must be above 0 and at most {FASTEST} steps a second, or full, not {rate}"
                    ));
                }
                self.speed = speed;
                self.recorder.one_by_one = matches!(speed, Speed::StepsPerSecond(rate) if rate <= ONE_BY_ONE_UP_TO);
            }
            Command::Tune { parameters } => self.tune(parameters)?,
            Command::SetHeadless { headless } => self.headless = headless,
            Command::WatchGreedy { watch } => {
                let Some(learner) = &mut self.learner else { return Err(RunError::NoLearner.to_string()) };
                self.watching_greedy = watch;
                learner.end_greedy();
                if watch && let Err(fault) = learner.watch_greedy(self.spec.seed, 0) {
                    return Err(fault.words(&self.description));
                }
            }
            Command::Save {} => {
                self.must_fit_into_an_answer()?;
                let checkpoint = self.save().map_err(|error| error.to_string())?;
                return Ok(Some(Box::new(checkpoint)));
            }
            Command::GetState {} => {}
            Command::Evaluate { episodes } => self.evaluate(episodes)?,
            Command::RecordEpisode {} => {
                if self.phase == Phase::Ended {
                    return Err("the run has ended, and no episode will end any more. Reset begins anew".into());
                }
                self.recorder.keep_next();
            }
            Command::Launch(_) | Command::Cancel { .. } | Command::Delete { .. } => {
                return Err(
                    "a run launches, cancels and deletes no other; a host does, which its run `host` at the relay stands for"
                        .into(),
                );
            }
        }
        Ok(None)
    }

    /// Ends the run.
    pub fn end(&mut self, reason: EndReason) -> Result<(), String> {
        if self.phase == Phase::Ended {
            return Err("the run has ended already. Reset begins anew".into());
        }
        self.phase = Phase::Ended;
        self.watching_greedy = false;
        let (step, episode, run_hash) = (self.step(), self.episode(), self.hash());
        self.recorder.log(LogEvent::RunEnded { reason, step, episode, run_hash });
        Ok(())
    }

    fn pause(&mut self) -> Result<(), String> {
        if self.phase != Phase::Running {
            return Err("the run is not running. Nothing has changed".into());
        }
        self.phase = Phase::Paused;
        self.until_episode = u64::MAX;
        Ok(())
    }

    fn resume(&mut self, until_episode: Option<u64>) -> Result<(), String> {
        if self.phase == Phase::Ended {
            return Err("the run has ended. Reset begins anew".into());
        }
        let until = until_episode.unwrap_or(u64::MAX);
        if until <= self.episode() {
            return Err(format!("{} episodes have ended already, so it cannot run until {until}", self.episode()));
        }
        self.until_episode = until;
        self.phase = Phase::Running;
        self.watching_greedy = false;
        self.end_greedy();
        Ok(())
    }

    fn end_greedy(&mut self) {
        if let Some(learner) = &mut self.learner {
            learner.end_greedy();
        }
    }

    /// Plays episodes greedily, in an environment of their own: learning goes on as if it had not been asked.
    fn evaluate(&mut self, episodes: u32) -> Result<(), String> {
        if !(1..=MOST_EVALUATED).contains(&episodes) {
            return Err(format!("an evaluation plays from 1 to {MOST_EVALUATED} episodes, not {episodes}"));
        }
        let Some(learner) = &mut self.learner else { return Err(RunError::NoLearner.to_string()) };
        self.watching_greedy = false;
        learner.end_greedy();
        let (mut returns, mut lengths, mut last) = (Vec::new(), 0, (0, 0, 0.0));
        for _ in 0..MOST_EVALUATION_STEPS {
            learner.watch_greedy(self.spec.seed, 1).map_err(|fault| fault.words(&self.description))?;
            let Some(standing) = learner.greedy_standing() else { break };
            if standing.0 != last.0 {
                returns.push(last.2);
                lengths += last.1;
            }
            last = standing;
            if returns.len() == episodes as usize {
                break;
            }
        }
        learner.end_greedy();
        if returns.is_empty() {
            return Err(format!(
                "no episode ended within {MOST_EVALUATION_STEPS} steps: a step limit ends those that never arrive"
            ));
        }
        let count = returns.len() as f64;
        let of = |name: &str, value: f64| (format!("evaluation/{name}"), value);
        let least = returns.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = returns.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let values = [
            of("episodes", count),
            of("mean_return", returns.iter().sum::<f64>() / count),
            of("least_return", least),
            of("greatest_return", greatest),
            of("mean_length", lengths as f64 / count),
        ];
        self.tell_metrics(values.into());
        Ok(())
    }

    fn must_hold(&self, action: &str) -> Result<(), String> {
        match self.phase {
            Phase::Ready | Phase::Paused => Ok(()),
            Phase::Running => Err(format!("pause first, then {action}")),
            Phase::Ended => Err("the run has ended. Reset begins anew".into()),
        }
    }

    /// A checkpoint travels in an answer, which holds only so much; a table that is certainly too large is not even
    /// copied.
    fn must_fit_into_an_answer(&self) -> Result<(), String> {
        let refuse = |size: String| {
            Err(format!(
                "the run cannot be saved from here: {size}. It goes on; `terrarium run ... --save FILE` writes runs \
                 of any size"
            ))
        };
        let learner = self.learner().map_err(|error| error.to_string())?;
        match learner.table().map_or(0, |table| table.q.len()) {
            ..=MOST_VALUES_SENT => {}
            values => {
                return refuse(format!("its table has {values} values, and at most {MOST_VALUES_SENT} can be sent"));
            }
        }
        let checkpoint = self.checkpoint().map_err(|error| error.to_string())?;
        match codec::to_bytes(&checkpoint).map_err(|error| error.to_string())?.len() {
            ..=MOST_EVENT_BYTES => Ok(()),
            bytes => refuse(format!("it takes {bytes} bytes, and a message holds {MOST_EVENT_BYTES}")),
        }
    }

    /// What a command's action means: in a space of boxes the description gives names to some, by their index.
    fn action_of(&self, index: Option<u16>, values: Option<Column<f32>>) -> Result<Option<Action>, String> {
        match (index, values) {
            (Some(_), Some(_)) => Err("a step takes one action, a discrete one or a box, not both".into()),
            (None, None) => Ok(None),
            (None, Some(values)) => Ok(Some(Action::Box(values.0))),
            // The environment tells which discrete ones it takes now.
            (Some(index), None) if self.description.controls.is_empty() => Ok(Some(Action::Discrete(index))),
            (Some(index), None) => self.description.action(index).map(Some).ok_or_else(|| {
                let named = self.description.actions.len();
                format!(
                    "there is no action {index}; {named} have names here, numbered from 0, and any box may be given"
                )
            }),
        }
    }

    fn make_step(&mut self, action: Option<&Action>) -> Result<(), String> {
        let Some(learner) = &mut self.learner else { return Err(RunError::NoLearner.to_string()) };
        self.watching_greedy = false;
        self.phase = Phase::Paused;
        let step = self.recorder.step();
        let outcome = match action {
            Some(action) => {
                let before = self.recorder.in_hand(0);
                self.recorder.take_in_hand(0, true);
                let outcome = learner.play(&mut self.recorder, action);
                if outcome.is_err() {
                    self.recorder.take_in_hand(0, before);
                }
                outcome
            }
            None => learner.advance(&mut self.recorder, Budget { steps: 1, until_episode: u64::MAX }),
        };
        self.make_changes_after(step);
        outcome.map_err(|fault| {
            if !fault.is_refusal() {
                self.fail(&fault);
            }
            fault.words(&self.description)
        })
    }

    /// Another life of the same spec, with the values that somebody has set meanwhile. The learner is given up before the next one
    /// is built: two large tables at once are memory that a tab keeps for good. A spec that was built once is all but certain to be
    /// built again; where it is not, the run has ended, and this may be tried again.
    fn begin_anew(&mut self, seed: Seed) -> Result<(), String> {
        let mut spec = RunSpec { seed, changes: self.planned.clone(), ..self.spec.clone() };
        for change in self.spec.changes.iter().filter(|it| it.step <= self.step() && !self.planned.contains(it)) {
            spec.agent.parameters.extend(change.parameters.clone());
        }
        self.given = self.given();
        let had_learner = self.learner.take().is_some();
        let built = Self::of(Arc::clone(&self.registry), spec).map_err(|error| error.to_string());
        let next = built.and_then(|mut next| {
            if let Some(given) = &self.given {
                next.give(given)?;
            }
            Ok(next)
        });
        match next {
            Ok(next) => {
                self.replace(next);
                Ok(())
            }
            Err(reason) => Err(self.end_without_learner(&reason, had_learner)),
        }
    }

    /// Ends the run because its learner could not be built anew; gives that in words. Where this call lost the learner, the log
    /// tells it, also of a run that had ended.
    fn end_without_learner(&mut self, reason: &str, had_learner: bool) -> String {
        let text = format!("{reason}; {}", RunError::NoLearner);
        if had_learner {
            self.recorder.log(LogEvent::Notice { severity: Severity::Error, text: text.clone() });
        }
        if self.phase != Phase::Ended {
            self.end(EndReason::Failed).ok();
        }
        text
    }

    /// What the learner was given beside its spec.
    fn given(&self) -> Option<AgentState> {
        self.learner.as_ref().map_or_else(|| self.given.clone(), |it| it.given())
    }

    /// Gives the learner what the one of another life was given.
    fn give(&mut self, given: &AgentState) -> Result<(), String> {
        let learner = self.learner_mut().map_err(|error| error.to_string())?;
        learner.give(given).map_err(|error| error.to_string())
    }

    /// Another life in the same place: how fast it goes and what is wanted of it stays.
    fn replace(&mut self, mut next: Self) {
        next.recorder.sample_like(&self.recorder);
        let Self { speed, headless, life, revision, .. } = *self;
        next.work_with(Arc::clone(&self.executor));
        let (one_by_one, told_until) = (self.recorder.one_by_one, self.recorder.told_until);
        *self = next;
        (self.speed, self.headless) = (speed, headless);
        (self.recorder.one_by_one, self.recorder.told_until) = (one_by_one, told_until);
        self.life = life + 1;
        self.revision = revision + 1;
    }
}
