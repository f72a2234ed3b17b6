//! A run that begins anew gives up its agent before the next one is built, and where that fails it says so and can be used on.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use agents::batch::{Batch, BatchActionsMut, BatchAgent, MetricSink, Steps};
use agents::error::{BuildFault, Divergence, LoadError};
use environments::Generator;
use run::host::Host;
use run::registry::Registered;
use run::{Registry, Run, RunError};
use shared::checkpoint::AgentState;
use shared::codec;
use shared::command::{Answer, Command};
use shared::describe::{CatalogEntry, Words};
use shared::event::{EndReason, LogEvent, Phase, Severity, StateKind};
use shared::parameter::ParameterError;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What the tests tell the agents' builder, and what it tells them.
#[derive(Debug, Default)]
struct Workshop {
    is_closed: AtomicBool,
    /// Agents that are there, and the most that there were at once.
    present: AtomicUsize,
    most: AtomicUsize,
}

/// Always takes the first action, and was given a number beside its spec.
struct Steadfast {
    workshop: Arc<Workshop>,
    number: f64,
}

impl Drop for Steadfast {
    fn drop(&mut self) {
        self.workshop.present.fetch_sub(1, Ordering::Relaxed);
    }
}

impl BatchAgent for Steadfast {
    fn copies(&self) -> usize {
        1
    }

    fn act(&mut self, _: Batch<'_>, into: BatchActionsMut<'_>) {
        if let BatchActionsMut::Discrete(actions) = into {
            actions.fill(0);
        }
    }

    fn learn(&mut self, _: Steps<'_>, _: &mut dyn MetricSink) -> Result<(), Divergence> {
        Ok(())
    }

    fn greedy(&mut self, batch: Batch<'_>, _: &mut Generator, into: BatchActionsMut<'_>) {
        self.act(batch, into);
    }

    fn given(&self) -> Option<AgentState> {
        Some(self.save())
    }

    fn discount(&self) -> f64 {
        1.0
    }

    fn save(&self) -> AgentState {
        AgentState { numbers: [("number".into(), vec![self.number].into())].into(), ..AgentState::default() }
    }

    fn load(&mut self, state: &AgentState) -> Result<(), LoadError> {
        self.number = agents::saved_columns::numbers(state, "number", 1)?[0];
        Ok(())
    }
}

fn registry(workshop: &Arc<Workshop>) -> Arc<Registry> {
    let words = Words { id: "steadfast", title: "Steadfast", summary: "For tests.", equation: "", source: "" };
    let workshop = Arc::clone(workshop);
    let registered = Registered::batch(CatalogEntry::new(&words, vec![], vec![]), move |_, _, _| {
        if workshop.is_closed.load(Ordering::Relaxed) {
            return Err(BuildFault::Parameter(ParameterError::invalid("device", "it is out of memory")));
        }
        let present = workshop.present.fetch_add(1, Ordering::Relaxed) + 1;
        workshop.most.fetch_max(present, Ordering::Relaxed);
        Ok(Box::new(Steadfast { workshop: Arc::clone(&workshop), number: 0.0 }))
    });
    Arc::new(Registry::default().with(registered))
}

/// A run of 100 steps whose agent was given the number 7.
fn run_of(workshop: &Arc<Workshop>) -> Run {
    let spec = RunSpec::new("gridworld", "steadfast", Seed::new(1).unwrap());
    let mut checkpoint = Run::of(registry(workshop), spec).unwrap().checkpoint().unwrap();
    checkpoint.agent.numbers.insert("number".into(), vec![7.0].into());
    let mut run = Run::load(registry(workshop), &checkpoint).unwrap();
    run.command(Command::Resume { until_episode: None });
    run.advance(100);
    run.drain_log();
    run
}

fn number(run: &Run) -> f64 {
    run.checkpoint().unwrap().agent.numbers["number"][0]
}

#[test]
fn an_agent_is_gone_before_the_next_is_built_and_leaves_what_it_was_given() {
    let workshop = Arc::default();
    let mut run = run_of(&workshop);
    workshop.most.store(0, Ordering::Relaxed);
    for again in [Command::Reset { seed: None }, Command::Start { spec: None }] {
        assert_eq!(run.command(again), Answer::Accepted { checkpoint: None });
        assert_eq!((run.step(), number(&run)), (0, 7.0));
    }
    assert_eq!(workshop.most.load(Ordering::Relaxed), 1);
}

/// Of a run that had ended nothing ends, but its agent is gone, which is told once.
#[test]
fn a_run_that_had_ended_tells_that_its_agent_is_gone() {
    let workshop = Arc::default();
    let mut run = run_of(&workshop);
    run.command(Command::Stop {});
    run.drain_log();
    workshop.is_closed.store(true, Ordering::Relaxed);
    let mut told = || {
        assert!(matches!(run.command(Command::Reset { seed: None }), Answer::Rejected { .. }));
        run.drain_log()
    };
    assert!(matches!(told()[..], [LogEvent::Notice { severity: Severity::Error, .. }]));
    assert!(told().is_empty());
}

#[test]
fn a_run_that_cannot_begin_anew_has_ended_says_why_and_begins_when_it_can() {
    let workshop = Arc::default();
    let mut run = run_of(&workshop);
    workshop.is_closed.store(true, Ordering::Relaxed);
    let Answer::Rejected { reason } = run.command(Command::Reset { seed: None }) else { panic!("it began anew") };
    assert_eq!(
        reason,
        "steadfast: device: it is out of memory; the run has no agent: it could not be built anew, and what it had learned is gone \
         unless it was saved; curves and kept episodes stay. Reset tries it again, start begins another run"
    );
    let told = run.drain_log();
    let is_named =
        |it: &LogEvent| matches!(it, LogEvent::Notice { severity: Severity::Error, text } if *text == reason);
    assert!(told.iter().any(is_named), "{told:?}");
    let has_ended = |it: &LogEvent| matches!(it, LogEvent::RunEnded { reason: EndReason::Failed, step: 100, .. });
    assert!(told.iter().any(has_ended), "{told:?}");

    // There is no agent of any kind in its place: what needs one is refused, and the rest tells the run as it was.
    assert_eq!((run.phase(), run.step(), run.advance(10)), (Phase::Ended, 100, 0));
    assert_eq!(run.checkpoint(), Err(RunError::NoLearner));
    assert!(run.frame().is_none() && run.values().is_none() && run.network().is_none() && !run.is_solving());
    assert_eq!(run.status(0.0).phase, Phase::Ended);
    for command in [
        Command::Step { action: None, box_action: None },
        Command::Press { key: "ArrowUp".into() },
        Command::WatchGreedy { watch: true },
        Command::Evaluate { episodes: 1 },
        Command::RecordEpisode {},
        Command::Save {},
        Command::Resume { until_episode: None },
        Command::Reset { seed: None },
        Command::Start { spec: None },
    ] {
        assert!(matches!(run.command(command.clone()), Answer::Rejected { .. }), "{command:?}");
    }
    assert!(!run.is_moving());
    let mut host = Host::new(run, codec::plain, 0.0);
    let turn = host.turn(&mut || 0.0, 8.0, true).unwrap();
    assert!(turn.state.iter().any(|it| it.kind == StateKind::Status));
    assert!(turn.state.iter().all(|it| it.kind != StateKind::Frame));
    assert_eq!((turn.idle_millis, host.save()), (None, Err(RunError::NoLearner)));

    workshop.is_closed.store(false, Ordering::Relaxed);
    assert_eq!(host.command(Command::Reset { seed: None }), Answer::Accepted { checkpoint: None });
    assert_eq!(number(host.run()), 7.0);
    host.command(Command::Resume { until_episode: None });
    host.turn(&mut || 0.0, 0.0, true).unwrap();
    assert!(host.run().is_moving());
}
