//! An agent over several copies of an environment: the copies times the budgets times what advances them give the same run.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[path = "common/gradient.rs"]
mod gradient;

use environments::vector::{Executor, ExecutorTask, InOneGo};
use proptest::prelude::*;
use run::replay::replay;
use run::{Registry, Run};
use shared::command::{Answer, Command};
use shared::episode::Kept;
use shared::event::{LogEvent, Phase};
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::collections::BTreeMap;
use std::sync::Arc;

fn registry() -> Arc<Registry> {
    Arc::new(Registry::default().with(gradient::registered()))
}

fn spec(environment: &str, copies: i64, seed: u64) -> RunSpec {
    let mut spec = RunSpec::new(environment, gradient::ID, Seed::new(seed).unwrap());
    spec.agent.parameters.insert("copies".into(), Value::Integer(copies));
    spec
}

fn racing(copies: i64) -> RunSpec {
    let mut spec = spec("racing", copies, 3);
    spec.environment.parameters.insert("controls".into(), Value::Text("continuous".into()));
    spec.environment.parameters.insert("step_limit".into(), Value::Integer(40));
    spec
}

fn running(spec: RunSpec) -> Run {
    let mut run = Run::of(registry(), spec).unwrap();
    assert!(matches!(run.command(Command::Resume { until_episode: None }), Answer::Accepted { .. }));
    run
}

/// Cuts work into as many pieces as told and does them backwards, each in a thread of its own.
#[derive(Debug)]
struct Threads(usize);

impl Executor for Threads {
    fn pieces(&self, _: usize) -> usize {
        self.0
    }

    fn run(&self, tasks: Vec<ExecutorTask<'_>>) {
        std::thread::scope(|scope| {
            for task in tasks.into_iter().rev() {
                scope.spawn(task);
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn neither_budgets_nor_threads_change_a_run(
        copies in 1_i64..9,
        pieces in 1_usize..6,
        budgets in prop::collection::vec(1_u64..200, 1..30),
        seed in 0_u64..1000,
    ) {
        let total: u64 = 600;
        let mut whole = running(spec("cart-pole", copies, seed));
        whole.advance(total);
        let mut cut = running(spec("cart-pole", copies, seed));
        cut.work_with(Arc::new(Threads(pieces)));
        for budget in budgets.iter().cycle() {
            if cut.step() >= total {
                break;
            }
            cut.advance((*budget).min(total - cut.step()));
            cut.drain_log();
            cut.frame().unwrap();
        }
        prop_assert_eq!(whole.step(), total.next_multiple_of(copies as u64));
        prop_assert_eq!(whole.hash(), cut.hash());
        prop_assert_eq!(whole.checkpoint().unwrap(), cut.checkpoint().unwrap());
    }

    #[test]
    fn a_run_of_several_copies_goes_on_after_a_checkpoint_as_if_it_had_never_stopped(
        copies in 1_i64..6,
        before in 0_u64..3000,
        after in 1_u64..2000,
        boxes in any::<bool>(),
    ) {
        let spec = if boxes { racing(copies) } else { spec("snake", copies, 5) };
        let mut run = running(spec);
        run.advance(before);
        let checkpoint = run.checkpoint().unwrap();
        let read = shared::agent_file::read(&shared::agent_file::write(&checkpoint).unwrap()).unwrap();
        prop_assert_eq!(&read, &checkpoint);
        let mut resumed = Run::load(registry(), &read).unwrap();
        resumed.command(Command::Resume { until_episode: None });
        run.advance(after);
        resumed.advance(after);
        prop_assert_eq!(run.checkpoint().unwrap(), resumed.checkpoint().unwrap());
        prop_assert_eq!(run.hash(), resumed.hash());
    }
}

#[test]
fn neural_agents_go_on_after_a_checkpoint_in_mid_rollout_as_if_they_had_never_stopped() {
    let continuous = ("racing", "controls", Value::Text("continuous".into()));
    let discrete = |id| ("cart-pole", "step_limit", Value::Integer(100), id);
    let (environment, name, value) = continuous;
    for (environment, name, value, agent) in [
        discrete("dqn"),
        discrete("ppo"),
        discrete("a2c"),
        discrete("neural-reinforce"),
        (environment, name, value, "ppo"),
    ] {
        let mut spec = RunSpec::new(environment, agent, Seed::new(4).unwrap());
        spec.environment.parameters.insert(name.into(), value);
        spec.agent.parameters.insert("hidden".into(), Value::Text("16".into()));
        let mut run = Run::new(spec).unwrap();
        run.command(Command::Resume { until_episode: None });
        // Neither a whole number of rollouts nor between two updates.
        run.advance(1500);
        let read = shared::agent_file::read(&shared::agent_file::write(&run.checkpoint().unwrap()).unwrap()).unwrap();
        let mut resumed = Run::from_checkpoint(&read).unwrap();
        resumed.command(Command::Resume { until_episode: None });
        for run in [&mut run, &mut resumed] {
            run.advance(1500);
        }
        assert_eq!(run.hash(), resumed.hash(), "{agent} in {environment}");
        assert_eq!(run.checkpoint().unwrap(), resumed.checkpoint().unwrap(), "{agent} in {environment}");
    }
}

#[test]
fn episodes_are_recorded_by_step_and_then_by_copy_and_know_their_copy() {
    let mut run = running(spec("cart-pole", 4, 9));
    run.advance(20_000);
    let events = run.drain_log();
    let recorded_episodes: Vec<_> = events
        .iter()
        .filter_map(|it| if let LogEvent::RecordedEpisode(recorded) = it { Some(recorded) } else { None })
        .collect();
    let kept = run.recorded_episodes();
    let mut by_copy = BTreeMap::new();
    for recorded in recorded_episodes.into_iter().chain(&kept) {
        *by_copy.entry(recorded.copy).or_insert(0) += 1;
        let moments = replay(&run.spec().environment, recorded.seed, &recorded.actions).unwrap();
        let last = moments.last().unwrap();
        assert_eq!(last.episodic_return.to_bits(), recorded.episodic_return.to_bits(), "copy {}", recorded.copy);
        assert!(last.terminated != last.truncated);
    }
    assert!(by_copy.len() > 1, "{by_copy:?}");
    // The same count from the bins that the run told.
    let bins: u64 =
        events.iter().filter_map(|it| if let LogEvent::Episodes(bin) = it { Some(bin.count) } else { None }).sum();
    assert_eq!(bins, run.episode());
}

#[test]
fn one_copy_has_the_episodes_of_the_first_of_several() {
    let first_recorded_seed = |copies: i64| {
        let mut run = running(spec("cart-pole", copies, 4));
        run.advance(2000);
        run.drain_log()
            .into_iter()
            .find_map(|it| if let LogEvent::RecordedEpisode(recorded) = it { Some(recorded.seed) } else { None })
    };
    assert_eq!(first_recorded_seed(1), Some(environments::vector::episode_seed(Seed::new(4).unwrap(), 0, 0)));
    assert_ne!(running(spec("cart-pole", 2, 4)).hash(), "");
}

#[test]
fn another_number_of_copies_is_refused_by_name() {
    let mut checkpoint = {
        let mut run = running(spec("cart-pole", 3, 1));
        run.advance(100);
        run.checkpoint().unwrap()
    };
    checkpoint.spec.agent.parameters.insert("copies".into(), Value::Integer(2));
    let error = Run::load(registry(), &checkpoint).unwrap_err().to_string();
    assert_eq!(error, "the saved run has 3 copies of its environment, this one 2. What is learned here stays");
}

#[test]
fn every_value_of_a_loss_is_told() {
    let mut run = running(spec("cart-pole", 4, 2));
    let mut told = shared::Statistic::default();
    for budget in [100, 1, 1000, 3, 5000] {
        run.advance(budget);
        for event in run.drain_log() {
            if let LogEvent::Metrics { values, statistics, .. } = event {
                let statistic = statistics["losses/policy_loss"];
                assert_eq!(values["losses/policy_loss"], statistic.last);
                told.merge(&statistic);
            }
        }
    }
    assert_eq!(told.count, run.step() / 4, "a loss a round");
    assert!(told.m2 > 0.0 && told.min < told.max, "{told:?}");
}

#[test]
fn a_box_is_played_by_hand_by_name_by_key_and_by_numbers() {
    let mut run = Run::of(registry(), racing(1)).unwrap();
    let named = Command::Step { action: Some(3), box_action: None };
    assert!(matches!(run.command(named), Answer::Accepted { .. }));
    assert_eq!(run.frame().unwrap().box_action.unwrap().0, [0.0, 1.0, 0.0]);
    assert!(matches!(run.command(Command::Press { key: "ArrowLeft".into() }), Answer::Accepted { .. }));
    assert_eq!(run.frame().unwrap().box_action.unwrap().0, [-0.6, 0.0, 0.0]);
    let given = |values: Vec<f32>| Command::Step { action: None, box_action: Some(values.into()) };
    assert!(matches!(run.command(given(vec![0.25, 0.5, 0.0])), Answer::Accepted { .. }));
    assert_eq!(run.frame().unwrap().box_action.unwrap().0, [0.25, 0.5, 0.0]);
    let refusals = [
        (given(vec![0.0, 1.5, 0.0]), "throttle must be a number from 0 to 1, not 1.5"),
        (given(vec![0.0, 0.5, f32::NAN]), "brake must be a number from 0 to 1, not NaN"),
        (given(vec![f32::NEG_INFINITY, 0.5, 0.0]), "steer must be a number from -1 to 1, not -inf"),
        (
            given(vec![0.0]),
            "this environment takes a box of 3 numbers (steer from -1 to 1, throttle from 0 to 1, brake from 0 to 1), \
             not a box of 1 numbers",
        ),
        (
            Command::Step { action: Some(9), box_action: None },
            "there is no action 9; 9 have names here, numbered from 0, and any box may be given",
        ),
        (
            Command::Step { action: Some(0), box_action: Some(vec![0.0; 3].into()) },
            "a step takes one action, a discrete one or a box, not both",
        ),
    ];
    let before = run.checkpoint().unwrap();
    for (command, expected) in refusals {
        assert_eq!(run.command(command), Answer::Rejected { reason: expected.into() });
        assert_eq!(run.checkpoint().unwrap(), before, "a refused action changed something");
    }
    while run.episode() == 0 {
        assert!(matches!(run.command(given(vec![0.0, 0.0, 1.0])), Answer::Accepted { .. }));
    }
    let recorded = run.recorded_episodes().into_iter().find(|recorded| recorded.kept == Kept::ByHand).unwrap();
    let moments = replay(&run.spec().environment, recorded.seed, &recorded.actions).unwrap();
    assert_eq!(moments.last().unwrap().episodic_return.to_bits(), recorded.episodic_return.to_bits());
    // The same actions do not belong to the nine discrete ones.
    let discrete = RunSpec::new("racing", "random", Seed::default()).environment;
    let error = replay(&discrete, recorded.seed, &recorded.actions).unwrap_err().to_string();
    assert!(error.contains("takes one of 9 discrete actions, not recorded boxes of 3 numbers"), "{error}");
}

#[test]
fn a_discrete_environment_refuses_a_box_by_name() {
    let mut run = Run::new(RunSpec::new("gridworld", "q-learning", Seed::default())).unwrap();
    let reason = "this environment takes one of 4 discrete actions, not a box of 2 numbers".into();
    let command = Command::Step { action: None, box_action: Some(vec![0.0; 2].into()) };
    assert_eq!(run.command(command), Answer::Rejected { reason });
    assert_eq!((run.step(), run.phase()), (0, Phase::Paused));
}

#[test]
fn the_random_player_plays_boxes_and_tables_say_why_they_do_not() {
    let mut spec = racing(1);
    spec.agent = RunSpec::new("", "random", Seed::default()).agent;
    let mut run = Run::new(spec.clone()).unwrap();
    run.command(Command::Resume { until_episode: Some(3) });
    run.advance(10_000);
    assert_eq!(run.episode(), 3);
    spec.agent.id = "q-learning".into();
    let error = Run::new(spec).unwrap_err().to_string();
    assert!(error.contains("Q-learning chooses among discrete actions, and this environment takes a box"), "{error}");
}

#[test]
fn a_run_that_takes_boxes_is_saved_before_its_first_step() {
    let mut run = running(racing(2));
    let mut resumed = Run::load(registry(), &run.checkpoint().unwrap()).unwrap();
    resumed.command(Command::Resume { until_episode: None });
    run.advance(500);
    resumed.advance(500);
    assert_eq!(run.checkpoint().unwrap(), resumed.checkpoint().unwrap());
}

#[test]
fn work_in_one_go_is_one_piece() {
    assert_eq!(InOneGo.pieces(9), 1);
}

#[test]
fn of_several_copies_the_episode_that_ends_first_is_kept_where_somebody_asks() {
    for spec in [spec("cart-pole", 5, 4), racing(3)] {
        let mut run = running(spec);
        run.advance(100);
        run.drain_log();
        let next = run.episode();
        assert_eq!(run.command(Command::RecordEpisode {}), Answer::Accepted { checkpoint: None });
        run.advance(5000);
        let demanded = run.drain_log().into_iter().filter_map(|event| match event {
            LogEvent::RecordedEpisode(recorded) if recorded.kept == Kept::OnDemand => Some(recorded),
            _ => None,
        });
        let [recorded] = &demanded.collect::<Vec<_>>()[..] else { panic!("not one") };
        assert_eq!(recorded.episode, next);
        let moments = replay(&run.spec().environment, recorded.seed, &recorded.actions).unwrap();
        assert_eq!(moments.last().unwrap().episodic_return.to_bits(), recorded.episodic_return.to_bits());
    }
}
