//! More discrete actions than a mask holds: an environment of 300 and one of 65 535, registered from outside.

use super::Batched;
use crate::{Registry, Run, registry::Registered};
use agents::batch::{Batch, BatchActionsMut, BatchAgent, MetricSink, Steps};
use agents::error::{Divergence, LoadError};
use agents::saved_columns;
use environments::environment::{Step, StepError};
use environments::{ActionMask, Environment, Generator};
use shared::Payload;
use shared::action::ActionRef;
use shared::agent_file;
use shared::checkpoint::AgentState;
use shared::codec;
use shared::command::{Answer, Command};
use shared::describe::{ActionDescription, CatalogEntry, EnvironmentDescription, ObservationDescription, Words, names};
use shared::episode::RecordedEpisode;
use shared::event::LogEvent;
use shared::quantity::Seed;
use shared::scene::Scene;
use shared::spec::RunSpec;
use std::sync::Arc;

const LIMIT: u32 = 5;

/// A wall of switches that pays by the switch that is turned. In odd steps only those beyond the first 64 can be reached, and every
/// third of those is stuck.
#[derive(Clone, Debug)]
struct Switches {
    count: u16,
    steps: u32,
}

impl Environment for Switches {
    fn describe(&self) -> EnvironmentDescription {
        let switch = |number| ActionDescription::new(&format!("switch {number}"), "", None);
        EnvironmentDescription {
            id: "switches".into(),
            title: "Switches".into(),
            actions: (0..self.count).map(switch).collect(),
            outcomes: names(&["over"]),
            observation: vec![ObservationDescription::new("step", 0.0, LIMIT as f32)],
            step_limit: Some(LIMIT),
            ..EnvironmentDescription::default()
        }
    }

    fn action_count(&self) -> usize {
        self.count.into()
    }

    fn state_count(&self) -> usize {
        0
    }

    fn reset(&mut self, _: Seed) {
        self.steps = 0;
    }

    fn step(&mut self, action: u16) -> Result<Step, StepError> {
        if self.ended() {
            return Err(StepError::Ended);
        }
        if !self.is_legal(action) {
            return Err(StepError::NotAllowed { action });
        }
        self.steps += 1;
        Ok(Step { reward: f64::from(action), terminated: false, truncated: self.ended() })
    }

    fn state(&self) -> usize {
        0
    }

    fn legal_actions(&self) -> ActionMask {
        ActionMask(if self.steps.is_multiple_of(2) { u64::MAX } else { 0 })
    }

    fn is_legal(&self, action: u16) -> bool {
        action < self.count && (self.steps.is_multiple_of(2) || action >= 64 && !action.is_multiple_of(3))
    }

    fn legal_flags(&self, into: &mut [bool]) {
        for (action, flag) in into.iter_mut().enumerate() {
            *flag = self.is_legal(action as u16);
        }
    }

    fn ended(&self) -> bool {
        self.steps >= LIMIT
    }

    fn outcome(&self) -> u8 {
        0
    }

    fn observe(&self, into: &mut [f32]) {
        into[0] = self.steps as f32;
    }

    fn draw(&self) -> Scene {
        Scene::default()
    }

    fn text(&self) -> String {
        self.steps.to_string()
    }
}

/// Takes any legal action in each of two copies.
struct Aimless(Generator);

fn choose(batch: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>) {
    let BatchActionsMut::Discrete(actions) = into else { unreachable!("its actions are discrete") };
    let rows = batch.legal.chunks(batch.legal.len() / actions.len());
    for (action, legal) in actions.iter_mut().zip(rows) {
        let count = legal.iter().filter(|it| **it).count();
        let chosen = generator.below(count as u32) as usize;
        let mut allowed = legal.iter().enumerate().filter(|(_, it)| **it);
        *action = allowed.nth(chosen).map(|(action, _)| action as u16).unwrap();
    }
}

impl BatchAgent for Aimless {
    fn copies(&self) -> usize {
        2
    }

    fn act(&mut self, batch: Batch<'_>, into: BatchActionsMut<'_>) {
        choose(batch, &mut self.0, into);
    }

    fn learn(&mut self, _: Steps<'_>, _: &mut dyn MetricSink) -> Result<(), Divergence> {
        Ok(())
    }

    fn greedy(&mut self, batch: Batch<'_>, generator: &mut Generator, into: BatchActionsMut<'_>) {
        choose(batch, generator, into);
    }

    fn discount(&self) -> f64 {
        1.0
    }

    fn save(&self) -> AgentState {
        let words = self.0.words().to_vec().into();
        AgentState { integers: [("generator".into(), words)].into(), ..AgentState::default() }
    }

    fn load(&mut self, state: &AgentState) -> Result<(), LoadError> {
        self.0 = saved_columns::generator(state)?.unwrap();
        Ok(())
    }
}

fn registry(count: u16) -> Arc<Registry> {
    let words = Words { id: "aimless", title: "Aimless", summary: "Takes any action.", equation: "", source: "" };
    let registered = Registered::learner(CatalogEntry::new(&words, vec![], vec![]), move |_, spec| {
        let agent = Box::new(Aimless(Generator::new(spec.seed)));
        Ok(Box::new(Batched::new(&Switches { count, steps: 0 }, agent, spec.seed)))
    });
    Arc::new(Registry::empty().with(registered))
}

/// Plays a recorded episode; gives its return and its greatest action.
fn replayed(count: u16, recorded: &RecordedEpisode) -> (f64, u16) {
    let mut environment = Switches { count, steps: 0 };
    environment.describe().action_space().check_all(&recorded.actions).unwrap();
    environment.reset(recorded.seed);
    let (mut episodic_return, mut greatest) = (0.0, 0);
    for action in &recorded.actions {
        let ActionRef::Discrete(number) = action else { panic!("{action:?}") };
        episodic_return += environment.step(number).unwrap().reward;
        greatest = greatest.max(number);
    }
    assert!(environment.ended());
    (episodic_return, greatest)
}

/// The episodes that a log tells of as a whole.
fn recorded(log: Vec<LogEvent>) -> Vec<RecordedEpisode> {
    let whole = |event| if let LogEvent::RecordedEpisode(recorded) = event { Some(recorded) } else { None };
    log.into_iter().filter_map(whole).collect()
}

#[test]
fn many_discrete_actions_are_recorded_saved_replayed_and_played_by_hand() {
    for (count, last) in [(300, 299), (65_535, 65_534)] {
        let mut run = Run::of(registry(count), RunSpec::new("switches", "aimless", Seed::new(7).unwrap())).unwrap();
        run.command(Command::Resume { until_episode: None });
        run.advance(123);
        let log = run.drain_log();
        for event in &log {
            assert_eq!(Payload::compressed(event).unwrap().decode().unwrap(), *event);
        }
        let told = recorded(log);
        let kept = run.recorded_episodes();
        assert!(!told.is_empty() && !kept.is_empty());
        for recorded in told.iter().chain(&kept) {
            let (episodic_return, greatest) = replayed(count, recorded);
            assert_eq!(episodic_return, recorded.episodic_return);
            assert!(greatest >= 64, "{greatest}");
            let json = codec::to_text(recorded).unwrap();
            assert_eq!(serde_json::from_str::<RecordedEpisode>(&json).unwrap(), *recorded);
        }

        // In the middle of an episode, through a file.
        let checkpoint = run.checkpoint().unwrap();
        assert!(!checkpoint.copy.actions.is_empty());
        let file = agent_file::write(&checkpoint).unwrap();
        let mut loaded = Run::load(registry(count), &agent_file::read(&file).unwrap()).unwrap();
        loaded.command(Command::Resume { until_episode: None });
        for both in [&mut run, &mut loaded] {
            both.advance(400);
        }
        assert_eq!(loaded.hash(), run.hash());

        // By hand, from the beginning of an episode, until that ends.
        run.command(Command::Reset { seed: None });
        run.command(Command::Pause {});
        run.drain_log();
        let by_hand = |action| Command::Step { action: Some(action), box_action: None };
        let refusal = |run: &mut Run, action: u16| match run.command(by_hand(action)) {
            Answer::Rejected { reason } => reason,
            answer @ Answer::Accepted { .. } => panic!("{action}: {answer:?}"),
        };
        assert!(refusal(&mut run, u16::MAX).contains("65535"));
        assert_eq!(run.command(by_hand(last)), Answer::Accepted { checkpoint: None });
        assert_eq!(refusal(&mut run, 63), "switch 63 is not allowed here");
        assert_eq!(refusal(&mut run, 297), "switch 297 is not allowed here");
        for _ in 1..LIMIT {
            assert_eq!(run.command(by_hand(last)), Answer::Accepted { checkpoint: None });
        }
        let played = recorded(run.drain_log()).into_iter().find(|it| it.copy == 0).unwrap();
        let expected = f64::from(LIMIT) * f64::from(last);
        assert_eq!((replayed(count, &played), played.episodic_return), ((expected, last), expected));
    }
}
