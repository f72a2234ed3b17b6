//! What leaves a host: numbered, paced, conflated.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use run::Run;
use run::host::{Host, HostTurn};
use shared::codec;
use shared::command::{Answer, Command};
use shared::event::{Frame, LogEvent, Speed, StateEvent, StateKind};
use shared::identity::Offset;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;

struct Clock(f64);

impl Clock {
    fn turn(&mut self, host: &mut Host, millis: f64) -> HostTurn {
        self.0 += millis;
        // Every look at the clock costs four milliseconds, so that a slice at full speed has few steps.
        let mut looks = self.0;
        let turn = host.turn(
            &mut || {
                looks += 4.0;
                looks
            },
            8.0,
            true,
        );
        turn.unwrap()
    }
}

fn host() -> (Host, Clock) {
    let run = Run::new(RunSpec::new("gridworld", "q-learning", Seed::new(1).unwrap())).unwrap();
    (Host::new(run, codec::compressed, 1e12), Clock(1e12))
}

fn frames(turn: &HostTurn) -> Vec<Frame> {
    let events = turn.state.iter().map(|entry| entry.event.decode().unwrap());
    events.filter_map(|event| if let StateEvent::Frame(frame) = event { Some(frame) } else { None }).collect()
}

#[test]
fn a_new_host_says_what_it_hosts_and_shows_everything_once() {
    let (mut host, mut clock) = host();
    let turn = clock.turn(&mut host, 0.0);
    assert!(matches!(turn.log[0].event.decode().unwrap(), LogEvent::RunStarted { .. }));
    let kinds: Vec<_> = turn.state.iter().map(|entry| entry.kind).collect();
    let with_a_table: Vec<_> = StateKind::ALL
        .into_iter()
        .filter(|it| ![StateKind::Network, StateKind::Host, StateKind::Image].contains(it))
        .collect();
    assert_eq!(kinds, with_a_table);
    assert_eq!(turn.idle_millis, None);
    assert!(clock.turn(&mut host, 1000.0).state.is_empty(), "nothing new, nothing sent");
}

#[test]
fn an_agent_with_a_network_shows_it_instead_of_a_table() {
    let run = Run::new(RunSpec::new("cart-pole", "ppo", Seed::default())).unwrap();
    let (mut host, mut clock) = (Host::new(run, codec::plain, 0.0), Clock(0.0));
    host.command(Command::Resume { until_episode: None });
    let turn = clock.turn(&mut host, 20.0);
    let kinds: Vec<_> = turn.state.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [StateKind::Status, StateKind::Frame, StateKind::RecordedEpisodes, StateKind::Network]);
    let StateEvent::Network(network) = turn.state[3].event.decode().unwrap() else { panic!("another event") };
    assert_eq!((network.step, network.decision.observation.len()), (host.run().step(), 4));
    assert!(network.parameters() > 1000);
}

#[test]
fn offsets_have_no_holes_and_a_reset_begins_a_new_epoch() {
    let (mut host, mut clock) = host();
    host.command(Command::Resume { until_episode: None });
    let entries: Vec<_> = (0..50).flat_map(|_| clock.turn(&mut host, 20.0).log).collect();
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!(entry.offset, Offset(index as u64));
    }
    let epoch = host.epoch();
    host.command(Command::Reset { seed: None });
    let turn = clock.turn(&mut host, 1.0);
    assert!(turn.new_epoch && host.epoch() > epoch);
    assert_eq!(turn.log[0].offset, Offset(0));
}

#[test]
fn a_reset_loses_no_episode_of_the_epoch_before() {
    let (mut host, mut clock) = host();
    host.command(Command::Resume { until_episode: None });
    let mut log: Vec<_> = (0..20).flat_map(|_| clock.turn(&mut host, 10.0).log).collect();
    let episodes = host.run().episode();
    host.command(Command::Reset { seed: None });
    host.command(Command::Reset { seed: None });
    let turn = clock.turn(&mut host, 1.0);
    assert!(turn.new_epoch && !turn.last_log.is_empty());
    log.extend(turn.last_log);
    let mut counted = 0;
    for (index, entry) in log.iter().enumerate() {
        assert_eq!(entry.offset, Offset(index as u64));
        if let LogEvent::Episodes(bin) = entry.event.decode().unwrap() {
            counted += bin.count;
        }
    }
    assert_eq!(counted, episodes);
    assert!(matches!(turn.log[0].event.decode().unwrap(), LogEvent::RunStarted { .. }));
    assert_eq!(turn.log.len(), 1);
}

#[test]
fn no_step_is_made_beyond_the_last() {
    for speed in [Speed::Full, Speed::StepsPerSecond(1000.0)] {
        let (mut host, mut clock) = host();
        host.command(Command::SetSpeed { speed });
        host.command(Command::Resume { until_episode: None });
        host.stop_at_step(1234);
        for _ in 0..100 {
            clock.turn(&mut host, 100.0);
        }
        assert_eq!(host.run().step(), 1234);
    }
}

#[test]
fn full_speed_sends_at_most_sixty_log_events_and_snapshots_a_second() {
    let (mut host, mut clock) = host();
    host.command(Command::Resume { until_episode: None });
    for second in 0..3 {
        let turns: Vec<_> = (0..100).map(|_| clock.turn(&mut host, 10.0)).collect();
        let logged = turns.iter().map(|turn| turn.log.len()).sum::<usize>();
        assert!(logged <= 60, "{logged} log events in second {second}");
        for kind in StateKind::ALL {
            let sent = turns.iter().flat_map(|turn| &turn.state).filter(|entry| entry.kind == kind).count();
            assert!(sent <= 61, "{kind:?} {sent}");
        }
        assert!(turns.iter().flat_map(frames).count() > 30);
    }
}

#[test]
fn episodes_of_one_step_send_at_most_sixty_log_events_a_second_at_any_speed() {
    for rate in [8.0, 30.0, 40.0, 60.0, 125.0, 1000.0, 200_000.0] {
        let mut spec = RunSpec::new("bandit", "q-learning", Seed::new(1).unwrap());
        spec.environment.parameters.insert("step_limit".into(), Value::Integer(1));
        let mut host = Host::new(Run::new(spec).unwrap(), codec::compressed, 1e12);
        let mut clock = Clock(1e12);
        host.command(Command::SetSpeed { speed: Speed::StepsPerSecond(rate) });
        host.command(Command::Resume { until_episode: None });
        for second in 0..3 {
            let logged: usize = (0..200).map(|_| clock.turn(&mut host, 5.0).log.len()).sum();
            assert!(logged <= 60, "{logged} log events in second {second} at {rate} steps a second");
        }
    }
}

#[test]
fn the_first_thousand_episodes_are_told_finely_however_quick_they_are() {
    let (mut host, mut clock) = host();
    host.command(Command::SetSpeed { speed: Speed::StepsPerSecond(1e6) });
    host.command(Command::Resume { until_episode: Some(1000) });
    let log: Vec<_> = (0..3).flat_map(|_| clock.turn(&mut host, 1000.0).log).collect();
    let events: Vec<LogEvent> = log.iter().map(|entry| entry.event.decode().unwrap()).collect();
    let bins = events.iter().filter_map(|it| if let LogEvent::Episodes(bin) = it { Some(bin) } else { None });
    let ends: Vec<u64> = bins.map(|bin| bin.last_episode + 1).collect();
    assert_eq!(ends[..8], [1, 2, 3, 4, 6, 8, 12, 16]);
    assert_eq!(ends[ends.len() - 4..], [384, 512, 768, 1000]);
    let told: Vec<u64> = events
        .iter()
        .filter_map(|it| if let LogEvent::Metrics { episode, .. } = it { Some(*episode) } else { None })
        .collect();
    assert_eq!(told, [1, 4, 16, 64, 256, 1000]);
}

#[test]
fn watchable_speeds_make_the_steps_that_are_due() {
    let (mut host, mut clock) = host();
    host.command(Command::SetSpeed { speed: Speed::StepsPerSecond(10.0) });
    host.command(Command::Resume { until_episode: None });
    clock.turn(&mut host, 0.0);
    for _ in 0..99 {
        clock.turn(&mut host, 20.0);
    }
    assert_eq!(host.run().step(), 19, "the n-th step is due n tenths of a second after the start");
}

#[test]
fn exact_values_are_told_before_the_best_return_is_known() {
    let mut spec = RunSpec::new("gridworld", "random", Seed::new(1).unwrap());
    spec.environment.parameters.insert("open_field".into(), Value::Integer(250));
    spec.environment.parameters.insert("step_limit".into(), Value::Integer(600));
    let mut host = Host::new(Run::new(spec).unwrap(), codec::plain, 1e12);
    let mut clock = Clock(1e12);
    let mut solutions = Vec::new();
    for _ in 0..1000 {
        let turn = clock.turn(&mut host, 600.0);
        solutions.extend(turn.state.iter().filter_map(|entry| match entry.event.decode().unwrap() {
            StateEvent::OptimalSolution(solution) => Some(solution),
            _ => None,
        }));
    }
    let [values, whole] = &solutions[..] else { panic!("{} times", solutions.len()) };
    assert_eq!((values.optimal_return, values.sweeps), (None, 3));
    assert!(
        whole.optimal_return.is_some_and(|it| (it - (10.0 - 0.1 * 497.0)).abs() < 1e-9),
        "{:?}",
        whole.optimal_return
    );
    assert!(values.seconds > 0.0 && whole.seconds == values.seconds, "{} and {}", values.seconds, whole.seconds);
}

/// A clock on the wall that somebody sets back by an hour.
struct SetBack {
    uptime_millis: f64,
    wall_millis: f64,
}

impl run::host::Clock for SetBack {
    fn uptime_millis(&mut self) -> f64 {
        self.uptime_millis += 1.0;
        self.uptime_millis
    }

    fn wall_millis(&mut self) -> f64 {
        self.wall_millis
    }
}

#[test]
fn a_clock_that_is_set_back_stops_neither_steps_nor_log_nor_pictures() {
    for speed in [Speed::Full, Speed::StepsPerSecond(100.0)] {
        let run = Run::new(RunSpec::new("gridworld", "q-learning", Seed::new(1).unwrap())).unwrap();
        let mut host = Host::new(run, codec::plain, 7.2e6);
        let mut clock = SetBack { uptime_millis: 5.0, wall_millis: 7.2e6 };
        host.command(Command::SetSpeed { speed });
        host.command(Command::Resume { until_episode: None });
        let mut second = |host: &mut Host, wall_millis: f64| {
            clock.wall_millis = wall_millis;
            let begun = clock.uptime_millis;
            let (mut stamps, mut states) = (Vec::new(), 0);
            while clock.uptime_millis < begun + 1000.0 {
                let turn = host.turn(&mut clock, 8.0, true).unwrap();
                stamps.extend(turn.log.iter().map(|entry| entry.time_millis));
                states += turn.state.len();
                assert!(turn.idle_millis.is_some_and(|it| it <= 10.0), "{:?}", turn.idle_millis);
                clock.uptime_millis += turn.idle_millis.unwrap();
            }
            (host.run().step(), stamps, states)
        };
        let (before, _, _) = second(&mut host, 7.2e6);
        let (steps, stamps, states) = second(&mut host, 3.6e6);
        assert!(steps - before >= before / 2, "{before} steps in a second, and then {steps}");
        assert!(!stamps.is_empty() && stamps.iter().all(|it| *it == 3.6e6), "stamps are those of the wall: {stamps:?}");
        assert!(states > 20, "{states}");
        let epoch = host.epoch();
        host.command(Command::Reset { seed: None });
        host.turn(&mut clock, 8.0, true).unwrap();
        assert!(host.epoch() > epoch, "epochs ascend all the same");
    }
}

#[test]
fn what_no_message_holds_is_named_and_everything_else_goes_on() {
    let mut spec = RunSpec::new("cart-pole", "linear-sarsa", Seed::new(1).unwrap());
    spec.agent.parameters.insert("tilings".into(), Value::Integer(64));
    spec.agent.parameters.insert("tiles".into(), Value::Integer(9));
    let mut host = Host::new(Run::new(spec).unwrap(), codec::compressed, 1e12);
    host.command(Command::Resume { until_episode: None });
    Clock(1e12).turn(&mut host, 100.0);
    let Answer::Rejected { reason } = host.command(Command::Save {}) else { panic!("saved") };
    assert!(reason.contains("bytes, and a message holds 8323072"), "{reason}");
    let saved = host.save().unwrap();
    host.tell_saved(None);
    assert!(codec::to_bytes(&saved).unwrap().len() > codec::MAX_MESSAGE_BYTES);
    assert_eq!(saved.step, host.run().step());
    let turn = Clock(1e12).turn(&mut host, 2000.0);
    let events: Vec<LogEvent> = turn.log.iter().map(|it| it.event.decode().unwrap()).collect();
    let saves = events.iter().filter(|it| matches!(it, LogEvent::Checkpoint { .. })).count();
    assert_eq!(saves, 1, "only what was saved is told as saved");
}
