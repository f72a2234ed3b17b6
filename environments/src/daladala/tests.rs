use super::rules::{ACCELERATE, ACCEPT, ARRIVED, BRAKE, CRASH, DROP_OFF, FINED, MOVE, PICK_UP, REJECT, STOP};
use super::*;
use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use crate::random::Generator;
use shared::quantity::Seed;

fn world(parameters: &[(&str, Value)]) -> Daladala {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

/// A bus with so many passengers for Posta on a road without hazards.
fn on_free_road(passengers: u32) -> Daladala {
    let mut world = world(&[]);
    (world.police, world.lights.red) = (0, 0);
    world.lights.places = [30; 4];
    world.passengers = passengers;
    world.aboard[4] = passengers;
    world
}

fn step(world: &mut Daladala, action: u16) -> f64 {
    world.step(action).unwrap().reward
}

#[track_caller]
fn check_close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value} instead of {expected}");
}

#[test]
fn the_bus_rolls_at_its_speed_and_holds_still_to_serve() {
    let mut world = on_free_road(0);
    check_close(step(&mut world, ACCELERATE), 0.6);
    check_close(step(&mut world, ACCELERATE), 1.2);
    check_close(step(&mut world, BRAKE), 0.6);
    assert_eq!((world.position, world.speed), (4, 1));
    assert_eq!(step(&mut world, PICK_UP), 0.0);
    assert_eq!((world.position, world.speed, world.passengers), (4, 0, 5));
    assert_eq!(step(&mut world, STOP), 0.0);
    check_close(step(&mut world, MOVE), 0.6);
    assert_eq!((world.position, world.speed), (5, 1));
}

#[test]
fn passengers_alight_where_they_want_to_and_pay() {
    let mut world = on_free_road(0);
    (world.position, world.passengers, world.aboard) = (20, 9, [0, 0, 7, 0, 2]);
    check_close(step(&mut world, DROP_OFF), 6.0);
    check_close(step(&mut world, DROP_OFF), 2.4);
    assert!(!world.legal_actions().allows(DROP_OFF));
    assert_eq!((world.passengers, world.aboard), (2, [0, 0, 0, 0, 2]));
    let mut counters = [0.0; 4];
    world.counters(&mut counters);
    assert_eq!(counters, [7.0, 7000.0, 1.0, 0.0]);
}

#[test]
fn lights_turn_every_40_steps_and_must_be_heeded_while_red() {
    let mut world = world(&[("demand", Value::Number(0.0))]);
    world.police = 0;
    let mut seen = Vec::new();
    for _ in 0..160 {
        seen.push(crate::daladala::route::has(world.lights.red, usize::from(world.lights.places[0])));
        world.step(STOP).unwrap();
    }
    let turns: Vec<usize> = (1..160).filter(|index| seen[*index] != seen[index - 1]).collect();
    assert!(turns.len() >= 3 && turns.windows(2).all(|pair| pair[1] - pair[0] == 40), "{turns:?}");

    let mut world = on_free_road(0);
    (world.position, world.lights.red) = (2, 1 << 2);
    world.lights.places[0] = 2;
    assert_eq!(step(&mut world.clone(), STOP), 6.0);
    check_close(step(&mut world.clone(), MOVE), -44.4);
    (world.passengers, world.aboard[4]) = (41, 41);
    assert_eq!(world.step(MOVE).unwrap(), Step { reward: -445.0, terminated: true, truncated: false });
    assert_eq!(world.outcome(), CRASH);
}

#[test]
fn stopping_at_a_hazard_is_rewarded_once() {
    let mut world = on_free_road(0);
    (world.position, world.police) = (2, 1 << 2);
    let mut refused = 0;
    for seed in 0..40 {
        let mut world = world.clone();
        world.reseed(seed);
        assert_eq!(step(&mut world, STOP), 6.0);
        if world.bribe_asked {
            assert_eq!(world.legal_actions(), ActionMask(1 << ACCEPT | 1 << REJECT));
            assert_eq!(world.step(MOVE), Err(StepError::IllegalAction { action: MOVE, legal: world.legal_actions() }));
            assert_eq!(step(&mut world.clone(), ACCEPT), 15.0);
            assert_eq!(step(&mut world, REJECT), 30.0);
            refused += 1;
        }
        assert_eq!(step(&mut world, STOP), 0.0);
        check_close(step(&mut world, MOVE), 0.6);
    }
    // Binomial with n = 40, p = 0.5: three standard deviations are 9.5.
    assert!((11..=29).contains(&refused), "{refused}");
}

#[test]
fn overloading_is_fined_or_ends() {
    for (passengers, expected, end) in
        [(33, 0.6, None), (34, -39.4, None), (40, -39.4, None), (41, -199.4, Some(FINED))]
    {
        let mut world = on_free_road(passengers);
        world.police = 1 << 1;
        let step = world.step(MOVE).unwrap();
        check_close(step.reward, expected);
        assert_eq!(step.terminated.then_some(world.outcome()), end);
    }
    for (speed, action, crash) in [(1, ACCELERATE, false), (2, ACCELERATE, true), (2, BRAKE, true), (3, STOP, true)] {
        let mut world = on_free_road(41);
        world.speed = speed;
        let step = world.step(action).unwrap();
        assert_eq!((step.terminated, step.reward == -400.0), (crash, crash));
    }
}

#[test]
fn only_a_clean_arrival_earns_the_whole_bonus() {
    let arrive = |change: fn(&mut Daladala)| {
        let mut world = on_free_road(10);
        world.position = 27;
        change(&mut world);
        let step = world.step(MOVE).unwrap();
        assert!(step.terminated && world.outcome() == ARRIVED);
        step.reward
    };
    check_close(arrive(|_| {}), 0.6 + 12.0 + 300.0);
    check_close(arrive(|world| world.bribed = true), 0.6 + 12.0 + 100.0);
    check_close(arrive(|world| world.police = 1 << 27), 0.6 - 45.0 + 12.0 + 100.0);
    check_close(arrive(|world| world.fines = 1), 0.6 + 12.0);
    check_close(arrive(|world| (world.passengers, world.aboard[4]) = (34, 34)), 0.6 + 34.0 * 1.2 + 100.0);
}

#[test]
fn the_step_limit_costs_50() {
    let mut world = world(&[("step_limit", Value::Integer(29))]);
    let mut last = world.step(STOP).unwrap();
    while !last.ended() {
        last = world.step(STOP).unwrap();
    }
    assert_eq!(last, Step { reward: -50.0, terminated: false, truncated: true });
}

#[test]
fn demand_can_exceed_the_capacity() {
    let mut world = world(&[]);
    for _ in 0..100 {
        world.step(STOP).unwrap();
    }
    let waiting: u32 = world.waiting.iter().flatten().map(|count| u32::from(*count)).sum();
    // 15 and 100 steps of 0.7: 85, with a standard deviation of about 7.6.
    assert!((62..=108).contains(&waiting), "{waiting}");
}

#[test]
fn observations_and_states_stay_within_their_bounds() {
    let mut world = world(&[("demand", Value::Number(3.0))]);
    let mut generator = Generator::new(Seed::default());
    let mut observation = [0.0; ENTRIES.len()];
    for seed in 0..300 {
        world.reset(Seed::new(seed).unwrap());
        while !world.ended() {
            let legal = world.legal_actions();
            world.step(legal.nth(generator.below(legal.count()))).unwrap();
            world.observe(&mut observation);
            assert!(observation.iter().all(|value| (0.0..=1.0).contains(value)), "{observation:?}");
            assert!(world.state() < STATES);
            assert_eq!(world.passengers, world.aboard.iter().sum::<u32>());
        }
    }
}
