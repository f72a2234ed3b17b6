//! What a run promises to its host.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use proptest::prelude::*;
use run::replay::replay;
use run::{Run, RunError};
use shared::RunId;
use shared::action::ActionRef;
use shared::checkpoint::Checkpoint;
use shared::codec::{from_bytes, to_bytes};
use shared::command::{Answer, Command};
use shared::describe::CatalogEntry;
use shared::episode::{EpisodeBin, Kept, MOST_TOLD, RecordedEpisode};
use shared::event::{LogEvent, Phase, Speed};
use shared::message::ClientMessage;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::collections::BTreeSet;
use std::sync::Arc;

fn spec(seed: u64) -> RunSpec {
    RunSpec::new("gridworld", "q-learning", Seed::new(seed).unwrap())
}

fn running(spec: RunSpec) -> Run {
    let mut run = Run::new(spec).unwrap();
    assert!(matches!(run.command(Command::Resume { until_episode: None }), Answer::Accepted { .. }));
    run
}

fn bins(events: &[LogEvent]) -> Vec<&EpisodeBin> {
    events.iter().filter_map(|event| if let LogEvent::Episodes(bin) = event { Some(bin) } else { None }).collect()
}

#[track_caller]
fn check_rejected(run: &mut Run, command: Command, expected: &str) {
    match run.command(command) {
        Answer::Rejected { reason } => assert_eq!(reason, expected),
        Answer::Accepted { .. } => panic!("accepted"),
    }
}

#[test]
fn it_learns_the_optimal_return() {
    let mut spec = spec(42);
    // With the default of .01 it hardly ever leaves its path any more, and 19 of 21 states are learned.
    spec.agent.parameters.insert("epsilon_floor".into(), Value::Number(0.3));
    let mut run = running(spec);
    run.advance(200_000);
    let status = run.status(0.0);
    assert_eq!(status.optimal_states, Some((21, 21)));
    assert!(status.regret.unwrap() < 1e-6);
    let best = run.recorded_episodes().into_iter().find(|recorded| recorded.kept == Kept::Best).unwrap();
    assert!((best.episodic_return - 9.3).abs() < 1e-12);
}

#[test]
fn the_order_of_advancing_does_not_matter() {
    let mut at_once = running(spec(7));
    at_once.advance(10_000);
    let mut in_bits = running(spec(7));
    for budget in [1, 2, 3, 994, 4000, 5000] {
        in_bits.advance(budget);
        in_bits.drain_log();
        in_bits.frame().unwrap();
        in_bits.status(0.0);
    }
    assert_eq!(at_once.hash(), in_bits.hash());
    assert_eq!(at_once.checkpoint().unwrap(), in_bits.checkpoint().unwrap());
}

#[test]
fn kept_episodes_replay_to_the_same_return_and_state() {
    let mut spec = spec(3);
    spec.environment.parameters.insert("slip".into(), Value::Number(0.2));
    let mut run = running(spec.clone());
    run.advance(50_000);
    let regular = run.drain_log().into_iter().filter_map(|event| match event {
        LogEvent::RecordedEpisode(recorded) => Some(recorded),
        _ => None,
    });
    let recorded_episodes: Vec<RecordedEpisode> = regular.chain(run.recorded_episodes()).collect();
    assert!(recorded_episodes.len() > 10);
    for recorded in recorded_episodes {
        let moments = replay(&spec.environment, recorded.seed, &recorded.actions).unwrap();
        let last = moments.last().unwrap();
        assert_eq!(last.episodic_return.to_bits(), recorded.episodic_return.to_bits());
        assert!(last.terminated != last.truncated);
    }
}

/// The episodes in these events that somebody asked for.
fn demanded(events: &[LogEvent]) -> Vec<&RecordedEpisode> {
    let recorded = events.iter().filter_map(|it| if let LogEvent::RecordedEpisode(it) = it { Some(it) } else { None });
    recorded.filter(|it| it.kept == Kept::OnDemand).collect()
}

#[test]
fn the_episode_that_ends_next_is_kept_once_where_somebody_asks_for_it_and_changes_nothing() {
    let mut run = running(spec(3));
    run.command(Command::SetSpeed { speed: Speed::StepsPerSecond(1000.0) });
    run.advance(1001);
    run.drain_log();
    let asked_in = run.episode();
    // Asked twice before it ends it is one episode.
    for _ in 0..2 {
        assert_eq!(run.command(Command::RecordEpisode {}), Answer::Accepted { checkpoint: None });
    }
    run.advance(5000);
    let events = run.drain_log();
    let [recorded] = demanded(&events)[..] else { panic!("{events:?}") };
    assert_eq!(recorded.episode, asked_in);
    let moments = replay(&run.spec().environment, recorded.seed, &recorded.actions).unwrap();
    assert_eq!(moments.last().unwrap().episodic_return.to_bits(), recorded.episodic_return.to_bits());
    run.advance(5000);
    assert!(demanded(&run.drain_log()).is_empty(), "nobody asked again");

    let mut unasked = running(spec(3));
    unasked.advance(11_001);
    assert_eq!(run.hash(), unasked.hash());
    assert_eq!(run.checkpoint().unwrap(), unasked.checkpoint().unwrap());

    // Asked for while it holds, it is that of the next steps; of a run that has ended none will come.
    run.command(Command::Pause {});
    run.command(Command::RecordEpisode {});
    run.command(Command::StepEpisode {});
    run.advance(1000);
    assert_eq!(demanded(&run.drain_log()).len(), 1);
    run.command(Command::Stop {});
    check_rejected(
        &mut run,
        Command::RecordEpisode {},
        "the run has ended, and no episode will end any more. Reset begins anew",
    );
}

#[test]
fn watchable_speeds_log_every_episode_by_itself() {
    let mut run = running(spec(1));
    run.command(Command::SetSpeed { speed: Speed::StepsPerSecond(30.0) });
    run.advance(1000);
    let events = run.drain_log();
    let bins = bins(&events);
    assert!(bins.len() > 10);
    assert!(bins.iter().all(|bin| bin.count == 1));
}

#[test]
fn greedy_demonstrations_teach_nothing() {
    let mut run = running(spec(5));
    run.advance(5000);
    run.command(Command::Pause {});
    let before = run.checkpoint().unwrap();
    run.command(Command::WatchGreedy { watch: true });
    assert_eq!(run.pace(), Speed::StepsPerSecond(8.0));
    let first = run.frame().unwrap();
    run.advance(3);
    assert_eq!(first.episode_step, 0);
    assert_eq!(run.frame().unwrap().episode_step, 3);
    run.command(Command::WatchGreedy { watch: false });
    assert_eq!(run.checkpoint().unwrap(), before);
}

#[test]
fn one_can_play_by_hand_and_hand_back() {
    let mut run = Run::new(spec(1)).unwrap();
    for action in [3, 3, 3, 3, 1, 1, 1, 1] {
        assert!(matches!(
            run.command(Command::Step { action: Some(action), box_action: None }),
            Answer::Accepted { .. }
        ));
    }
    assert_eq!(run.episode(), 1);
    assert!((run.status(0.0).last_return.unwrap() - 9.3).abs() < 1e-12);
    check_rejected(
        &mut run,
        Command::Step { action: Some(9), box_action: None },
        "action 9 is not allowed here; allowed are up, down, left, right",
    );
    run.command(Command::Resume { until_episode: Some(3) });
    run.advance(100_000);
    assert_eq!((run.episode(), run.phase()), (3, Phase::Paused));
}

#[test]
fn commands_that_make_no_sense_now_are_rejected_with_reasons() {
    let mut run = Run::new(spec(1)).unwrap();
    check_rejected(&mut run, Command::Pause {}, "the run is not running. Nothing has changed");
    let speed = Speed::StepsPerSecond(f64::NAN);
    check_rejected(
        &mut run,
        Command::SetSpeed { speed },
        "the speed must be above 0 and at most 1000000 steps a second, or full, not NaN",
    );
    run.command(Command::Resume { until_episode: None });
    check_rejected(&mut run, Command::Step { action: None, box_action: None }, "pause first, then step");
    run.advance(1000);
    let until = run.episode();
    check_rejected(
        &mut run,
        Command::Resume { until_episode: Some(until) },
        &format!("{until} episodes have ended already, so it cannot run until {until}"),
    );
    run.command(Command::Stop {});
    check_rejected(&mut run, Command::Resume { until_episode: None }, "the run has ended. Reset begins anew");
    run.command(Command::Reset { seed: None });
    assert_eq!((run.phase(), run.episode(), run.life()), (Phase::Ready, 0, 1));
}

#[test]
fn a_refused_spec_leaves_the_run_as_it_was() {
    let mut run = running(spec(1));
    run.advance(1000);
    let before = run.checkpoint().unwrap();
    let mut wrong = spec(1);
    wrong.agent.parameters.insert("alpha".into(), Value::Number(7.0));
    let answer = run.command(Command::Start { spec: Some(Box::new(wrong)) });
    let Answer::Rejected { reason } = answer else { panic!("accepted") };
    assert!(reason.starts_with("q-learning: alpha must be a number from "), "{reason}");
    assert_eq!(run.checkpoint().unwrap(), before);
}

#[test]
fn a_table_of_another_shape_is_refused_and_nothing_is_lost() {
    let mut other = spec(1);
    other.environment.parameters.insert("map".into(), Value::Text("SFG".into()));
    let mut checkpoint = running(other).checkpoint().unwrap();
    checkpoint.spec = spec(1);
    let mut run = running(spec(1));
    run.advance(1000);
    let before = run.checkpoint().unwrap();
    check_rejected(
        &mut run,
        Command::Load { checkpoint: Box::new(checkpoint.clone()) },
        "the saved table is for 3 states and 4 actions, this environment has 25 and 4. What is learned here stays. Pick the \
         environment it was saved in",
    );
    assert_eq!(run.checkpoint().unwrap(), before);
    checkpoint.version = 99;
    assert_eq!(Run::from_checkpoint(&checkpoint).unwrap_err(), RunError::Version { version: 99 });
}

#[test]
fn divergence_pauses_with_a_notice_and_keeps_the_last_good_values() {
    let mut wild = spec(1);
    wild.agent.parameters.insert("gamma".into(), Value::Number(1.0));
    let mut run = running(wild);
    run.advance(100);
    let mut checkpoint = run.checkpoint().unwrap();
    // Neighbours of opposite signs: their difference is beyond every f64.
    let huge = |place: usize| if (place / 4).is_multiple_of(2) { f64::MAX } else { -f64::MAX };
    let values: Vec<f64> = (0..checkpoint.agent.numbers["q"].len()).map(huge).collect();
    checkpoint.agent.numbers.insert("q".into(), values.clone().into());
    let mut run = Run::from_checkpoint(&checkpoint).unwrap();
    run.command(Command::Resume { until_episode: None });
    run.drain_log();
    run.advance(1000);
    assert_eq!(run.phase(), Phase::Paused);
    let events = run.drain_log();
    let notice = events.iter().find_map(|event| match event {
        LogEvent::Notice { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let expected = "the last good values stay. A smaller step size or discount keeps it finite.";
    assert!(notice.unwrap().ends_with(expected), "{notice:?}");
    assert!(run.checkpoint().unwrap().agent.numbers["q"].iter().all(|value| value.is_finite()));
}

#[test]
fn the_first_episodes_are_told_one_by_one_and_a_bin_ends_with_them() {
    let mut run = running(spec(3));
    let mut all = Vec::new();
    while run.episode() < MOST_TOLD + 1000 {
        run.advance(300_000);
        all.extend(run.drain_log());
    }
    let told: u64 = bins(&all).iter().filter(|bin| bin.each.is_some()).map(|bin| bin.count).sum();
    assert_eq!(told, MOST_TOLD);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_episode_is_in_exactly_one_bin(budgets in prop::collection::vec(1_u64..5000, 1..20), seed in 0_u64..1000) {
        let mut run = running(spec(seed));
        let mut all = Vec::new();
        for budget in budgets {
            run.advance(budget);
            all.extend(run.drain_log());
        }
        let bins = bins(&all);
        let mut next = 0;
        for bin in &bins {
            prop_assert_eq!(bin.first_episode, next);
            prop_assert_eq!(bin.count, bin.last_episode - bin.first_episode + 1);
            prop_assert_eq!(bin.outcomes.values().map(|it| it.sum).sum::<f64>(), bin.count as f64);
            // The first episodes are told one by one, too, and come to the same.
            let each = bin.each.as_ref().unwrap();
            prop_assert_eq!(each.iter().count() as u64, bin.count);
            prop_assert_eq!(each.iter().map(|it| it.0).sum::<f64>(), bin.episodic_return.sum);
            prop_assert_eq!(each.iter().map(|it| f64::from(it.1)).sum::<f64>(), bin.length.sum);
            next = bin.last_episode + 1;
        }
        prop_assert_eq!(next, run.episode());
    }

    #[test]
    fn a_run_goes_on_after_a_checkpoint_as_if_it_had_never_stopped(
        before in 0_u64..3000,
        after in 1_u64..3000,
        seed in 0_u64..1000,
        slip in 0.0_f64..0.5,
    ) {
        let mut spec = spec(seed);
        spec.environment.parameters.insert("slip".into(), Value::Number(slip));
        let mut run = running(spec);
        run.advance(before);
        let checkpoint = Box::new(run.checkpoint().unwrap());
        // Over the wire and back, as a file or another host would have it.
        let command = Command::Load { checkpoint };
        let message = ClientMessage::Command { run: RunId::new("r").unwrap(), request: 1, command };
        let ClientMessage::Command { command, .. } = from_bytes(&to_bytes(&message).unwrap()).unwrap() else {
            return Err(TestCaseError::fail("another kind"));
        };
        let mut resumed = Run::new(RunSpec::new("gridworld", "q-learning", Seed::default())).unwrap();
        resumed.command(command);
        resumed.command(Command::Resume { until_episode: None });
        run.advance(after);
        resumed.advance(after);
        prop_assert_eq!(run.checkpoint().unwrap(), resumed.checkpoint().unwrap());
    }
}

#[test]
fn the_ends_of_the_hash_at_powers_of_two_are_kept_and_outlive_a_checkpoint() {
    let after = |episodes| {
        let mut run = running(spec(3));
        run.command(Command::Pause {});
        run.command(Command::Resume { until_episode: Some(episodes) });
        run.advance(u64::MAX);
        run
    };
    let end = |episodes| {
        let hash = after(episodes).hash();
        u16::from_str_radix(&hash[12..], 16).unwrap()
    };
    let marks = [1, 2, 4, 8, 16].map(end);
    let mut run = after(20);
    assert_eq!(run.status(0.0).marks.0, marks);
    let mut checkpoint = run.checkpoint().unwrap();
    let go_on = |checkpoint: &Checkpoint| {
        let mut run = Run::from_checkpoint(checkpoint).unwrap();
        run.command(Command::Resume { until_episode: Some(40) });
        run.advance(u64::MAX);
        run.status(0.0).marks.0
    };
    let mut all = marks.to_vec();
    all.push(end(32));
    assert_eq!(go_on(&checkpoint), all);
    // One of an earlier version has none, or somebody took one away: what is left would be read as other episodes'.
    checkpoint.marks.0.pop();
    assert_eq!(go_on(&checkpoint), [0; 0]);
    assert_eq!(running(spec(3)).status(0.0).marks.0, [0; 0]);
}

#[test]
fn keys_play_what_they_mean_in_the_present_state_and_the_episode_is_kept_as_played_by_hand() {
    let mut run = Run::new(RunSpec::new("snake", "q-learning", Seed::new(5).unwrap())).unwrap();
    let press = |run: &mut Run, key: &str| run.command(Command::Press { key: key.into() });
    let by_hand = |run: &Run| run.recorded_episodes().into_iter().find(|recorded| recorded.kept == Kept::ByHand);
    // Always to the upper wall: arrows steer absolutely, though the snake's actions are turns.
    while run.episode() == 0 {
        assert!(matches!(press(&mut run, "ArrowUp"), Answer::Accepted { .. }));
    }
    let recorded = by_hand(&run).unwrap();
    assert_eq!((recorded.episode, recorded.actions.get(0)), (0, Some(ActionRef::Discrete(2))));
    assert!(recorded.actions.iter().skip(1).all(|it| it == ActionRef::Discrete(0)), "{:?}", recorded.actions);
    check_rejected(&mut run, Command::Press { key: "q".into() }, "the key \"q\" plays nothing in this environment");
    // The next one begins to the right again, and the agent may end it, in a run that was saved in between: it is one
    // by hand all the same.
    press(&mut run, "ArrowUp");
    run = Run::from_checkpoint(&run.checkpoint().unwrap()).unwrap();
    run.command(Command::Resume { until_episode: Some(4) });
    run.advance(100_000);
    let recorded = by_hand(&run).unwrap();
    assert_eq!((recorded.episode, recorded.actions.get(0)), (1, Some(ActionRef::Discrete(2))));
    let again = Run::from_checkpoint(&run.checkpoint().unwrap()).unwrap();
    assert_eq!(by_hand(&again), Some(recorded));
    check_rejected(&mut running(spec(1)), Command::Press { key: "ArrowUp".into() }, "pause first, then play");
}

#[test]
fn what_is_said_to_suit_an_environment_is_what_runs_in_it() {
    let agents: Vec<_> = agents::registry::catalog().into_iter().map(|it| it.id).collect();
    for environment in environments::registry::catalog() {
        let spec = |id: &String| {
            let agent = agents::recommended::agent(&environment.id, id);
            RunSpec { agent, ..RunSpec::new(&environment.id, id, Seed::default()) }
        };
        let specs: Vec<_> = agents.iter().map(spec).collect();
        let built = environments::registry::build(&specs[0].environment).unwrap();
        let verdicts = built.accept(agents::registry::Suited(specs.iter().map(|spec| &spec.agent).collect()));
        for (spec, verdict) in specs.into_iter().zip(verdicts) {
            let said = format!("{spec:?}");
            let refusal = |error: RunError| error.to_string();
            let refused = verdict.map_err(|error| RunError::Agent(error).to_string()).err();
            assert_eq!(Run::new(spec).map_err(refusal).err(), refused, "{said}");
        }
    }
}

#[test]
fn a_tabular_agents_gauge_counts_once_for_every_episode() {
    let mut run = running(spec(42));
    let (mut counted, mut last) = (0, f64::INFINITY);
    for budget in [500, 3_000, 10_000] {
        run.advance(budget);
        for event in run.drain_log() {
            let LogEvent::Metrics { episode, statistics, values, .. } = event else { continue };
            let Some(epsilon) = statistics.get("charts/epsilon") else { continue };
            counted += epsilon.count;
            assert_eq!(counted, episode, "every episode that has ended, and none twice");
            assert!(
                epsilon.max <= last && epsilon.min >= 0.0,
                "it falls from event to event: {epsilon:?} after {last}"
            );
            assert_eq!((epsilon.last, epsilon.min), (values["charts/epsilon"], values["charts/epsilon"]));
            last = epsilon.last;
        }
    }
    assert!(counted > 500 && counted == run.episode(), "{counted}");
}

#[test]
fn an_agent_from_outside_is_exact_unless_it_says_otherwise() {
    use agents::algorithms::random;
    use run::registry::{Registered, Registry};
    use shared::event::Exactness;
    let registered = || {
        let entry = CatalogEntry { id: "mine".into(), ..random::catalog() };
        Registered::agent(entry, |parameters, setting, seed| {
            Ok(Box::new(random::Random::build(parameters, setting, seed)?))
        })
    };
    for (registered, expected) in [(registered(), Exactness::Exact), (registered().seeded(), Exactness::Seeded)] {
        let registry = Arc::new(Registry::default().with(registered));
        let mut run = Run::of(registry, RunSpec::new("gridworld", "mine", Seed::default())).unwrap();
        let started = run.drain_log().into_iter().find_map(|it| match it {
            LogEvent::RunStarted { exactness, .. } => Some(exactness),
            _ => None,
        });
        assert_eq!(started, Some(expected));
    }
}

/// A run of an agent in an environment with these parameters of it, after so many steps.
fn made(environment: &str, agent: &str, parameters: &[(&str, Value)], steps: u64) -> Run {
    let mut spec = RunSpec::new(environment, agent, Seed::new(5).unwrap());
    spec.environment.parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let mut run = running(spec);
    run.advance(steps);
    run
}

#[test]
fn linear_agents_tell_what_actions_are_worth_in_every_place() {
    for (environment, places, actions) in [("mountain-car", 576, 3), ("cart-pole", 576, 2), ("gridworld", 25, 4)] {
        let run = made(environment, "linear-sarsa", &[], 3_000);
        let values = run.values().unwrap();
        assert_eq!((values.states, values.actions, values.q.len()), (places, actions, (places * actions) as usize));
        assert!(values.visits.is_empty() && values.td_error.is_empty() && values.policy.is_none());
        let different: BTreeSet<u32> = values.q.iter().map(|it| it.to_bits()).collect();
        assert!(different.len() > 20, "{environment}: it has learned a surface: {}", different.len());
        let frame = run.frame().unwrap();
        assert!(frame.state.is_some_and(|state| state < places), "{environment}: where it is");
        assert!(frame.trail.len() > 1 && frame.trail.iter().all(|place| *place < places));
    }
    // Who has nothing to say of places is silent.
    for (environment, agent) in [("mountain-car", "random"), ("cart-pole", "cross-entropy"), ("snake", "linear-sarsa")]
    {
        let run = made(environment, agent, &[], 100);
        assert_eq!(run.values(), None, "{agent} in {environment}");
        let frame = run.frame().unwrap();
        assert_eq!(frame.state.is_some(), run.description().states.is_some(), "no place without values of it");
        assert!(frame.state.is_some() || frame.trail.is_empty());
    }
}

#[test]
fn linear_agents_tell_what_actions_are_worth_now_where_no_picture_does() {
    for (environment, actions) in [("snake", 3), ("daladala", 3), ("racing", 5)] {
        let mut run = made(environment, "linear-sarsa", &[], 2_000);
        let view = run.network().unwrap();
        assert_eq!((view.step, view.layers.len()), (run.step(), 0));
        assert_eq!(view.decision.preferences.len(), run.description().actions.len(), "{environment} {actions}");
        let best = view.decision.preferences.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert_eq!(view.decision.value, Some(f64::from(best)));
    }
    // A placement that is not possible has no value.
    let mut tetris = made("tetris", "linear-sarsa", &[], 50);
    let view = tetris.network().unwrap();
    let legal = view.decision.preferences.iter().filter(|it| it.is_finite()).count();
    assert!(0 < legal && legal <= view.decision.preferences.len());
    // A surface or a table tells it already.
    assert_eq!(made("mountain-car", "linear-sarsa", &[], 10).network(), None);
    assert_eq!(made("snake", "sarsa", &[], 10).network(), None);
}

#[test]
fn a_bandits_picture_has_what_the_agent_believes_of_each_arm() {
    let words = |agent: &str| made("bandit", agent, &[], 400).frame().unwrap().scene.words;
    let run = made("bandit", "bandit", &[], 400);
    let q = run.values().unwrap().q;
    let best = (0..q.len()).reduce(|best, arm| if q[arm] > q[best] { arm } else { best }).unwrap();
    let expected = format!("The best estimate is that of arm {}, {:.2}.", best + 1, q[best]);
    assert!(words("bandit").ends_with(&expected), "{}", words("bandit"));
    assert!(!words("gradient-bandit").contains("estimate"), "it prefers, which is no estimate");
    assert!(!words("random").contains("estimate"));
}

#[test]
fn after_an_episode_the_trail_is_that_of_the_episode_that_ended() {
    let mut run = Run::new(RunSpec::new("taxi", "q-learning", Seed::new(5).unwrap())).unwrap();
    for _ in 0..5 {
        run.command(Command::StepEpisode {});
        run.advance(u64::MAX);
        let frame = run.frame().unwrap();
        assert_eq!((frame.trail.last().copied(), frame.action), (frame.state, None));
        assert_eq!(frame.trail.len() as u64, frame.episode_step.min(511) + 1);
    }
}
