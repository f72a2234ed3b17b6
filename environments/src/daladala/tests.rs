use super::rules::{ACCELERATE, ACCEPT, ARRIVED, BRAKE, CRASH, DROP_OFF, FINED, MOVE, PICK_UP, REJECT, STOP};
use super::*;
use crate::action_mask::ActionMask;
use crate::environment::{Environment, Step, StepError};
use crate::random::Generator;
use shared::quantity::Seed;

fn environment(parameters: &[(&str, Value)]) -> Daladala {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

/// A bus with so many passengers for Posta on a road without hazards.
fn on_free_road(passengers: u32) -> Daladala {
    let mut environment = environment(&[]);
    (environment.police, environment.lights.red) = (0, 0);
    environment.lights.places = [30; 4];
    environment.passengers = passengers;
    environment.aboard[4] = passengers;
    environment
}

fn step(environment: &mut Daladala, action: u16) -> f64 {
    environment.step(action).unwrap().reward
}

#[track_caller]
fn check_close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value} instead of {expected}");
}

#[test]
fn the_bus_rolls_at_its_speed_and_holds_still_to_serve() {
    let mut environment = on_free_road(0);
    check_close(step(&mut environment, ACCELERATE), 0.6);
    check_close(step(&mut environment, ACCELERATE), 1.2);
    check_close(step(&mut environment, BRAKE), 0.6);
    assert_eq!((environment.position, environment.speed), (4, 1));
    assert_eq!(step(&mut environment, PICK_UP), 0.0);
    assert_eq!((environment.position, environment.speed, environment.passengers), (4, 0, 5));
    assert_eq!(step(&mut environment, STOP), 0.0);
    check_close(step(&mut environment, MOVE), 0.6);
    assert_eq!((environment.position, environment.speed), (5, 1));
}

#[test]
fn passengers_alight_where_they_want_to_and_pay() {
    let mut environment = on_free_road(0);
    (environment.position, environment.passengers, environment.aboard) = (20, 9, [0, 0, 7, 0, 2]);
    check_close(step(&mut environment, DROP_OFF), 6.0);
    check_close(step(&mut environment, DROP_OFF), 2.4);
    assert!(!environment.legal_actions().allows(DROP_OFF));
    assert_eq!((environment.passengers, environment.aboard), (2, [0, 0, 0, 0, 2]));
    let mut counters = [0.0; 4];
    environment.counters(&mut counters);
    assert_eq!(counters, [7.0, 7000.0, 1.0, 0.0]);
}

#[test]
fn lights_turn_every_40_steps_and_must_be_heeded_while_red() {
    let mut environment = environment(&[("demand", Value::Number(0.0))]);
    environment.police = 0;
    let mut seen = Vec::new();
    for _ in 0..160 {
        seen.push(crate::daladala::route::has(environment.lights.red, usize::from(environment.lights.places[0])));
        environment.step(STOP).unwrap();
    }
    let turns: Vec<usize> = (1..160).filter(|index| seen[*index] != seen[index - 1]).collect();
    assert!(turns.len() >= 3 && turns.windows(2).all(|pair| pair[1] - pair[0] == 40), "{turns:?}");

    let mut environment = on_free_road(0);
    (environment.position, environment.lights.red) = (2, 1 << 2);
    environment.lights.places[0] = 2;
    assert_eq!(step(&mut environment.clone(), STOP), 6.0);
    check_close(step(&mut environment.clone(), MOVE), -44.4);
    (environment.passengers, environment.aboard[4]) = (41, 41);
    assert_eq!(environment.step(MOVE).unwrap(), Step { reward: -445.0, terminated: true, truncated: false });
    assert_eq!(environment.outcome(), CRASH);
}

#[test]
fn stopping_at_a_hazard_is_rewarded_once() {
    let mut environment = on_free_road(0);
    (environment.position, environment.police) = (2, 1 << 2);
    let mut refused = 0;
    for seed in 0..40 {
        let mut environment = environment.clone();
        environment.reseed(seed);
        assert_eq!(step(&mut environment, STOP), 6.0);
        if environment.bribe_asked {
            assert_eq!(environment.legal_actions(), ActionMask(1 << ACCEPT | 1 << REJECT));
            assert_eq!(
                environment.step(MOVE),
                Err(StepError::IllegalAction { action: MOVE, legal: environment.legal_actions() })
            );
            assert_eq!(step(&mut environment.clone(), ACCEPT), 15.0);
            assert_eq!(step(&mut environment, REJECT), 30.0);
            refused += 1;
        }
        assert_eq!(step(&mut environment, STOP), 0.0);
        check_close(step(&mut environment, MOVE), 0.6);
    }
    // Binomial with n = 40, p = 0.5: three standard deviations are 9.5.
    assert!((11..=29).contains(&refused), "{refused}");
}

#[test]
fn overloading_is_fined_or_ends() {
    for (passengers, expected, end) in
        [(33, 0.6, None), (34, -39.4, None), (40, -39.4, None), (41, -199.4, Some(FINED))]
    {
        let mut environment = on_free_road(passengers);
        environment.police = 1 << 1;
        let step = environment.step(MOVE).unwrap();
        check_close(step.reward, expected);
        assert_eq!(step.terminated.then_some(environment.outcome()), end);
    }
    for (speed, action, crash) in [(1, ACCELERATE, false), (2, ACCELERATE, true), (2, BRAKE, true), (3, STOP, true)] {
        let mut environment = on_free_road(41);
        environment.speed = speed;
        let step = environment.step(action).unwrap();
        assert_eq!((step.terminated, step.reward == -400.0), (crash, crash));
    }
}

#[test]
fn only_a_clean_arrival_earns_the_whole_bonus() {
    let arrive = |change: fn(&mut Daladala)| {
        let mut environment = on_free_road(10);
        environment.position = 27;
        change(&mut environment);
        let step = environment.step(MOVE).unwrap();
        assert!(step.terminated && environment.outcome() == ARRIVED);
        step.reward
    };
    check_close(arrive(|_| {}), 0.6 + 12.0 + 300.0);
    check_close(arrive(|environment| environment.bribed = true), 0.6 + 12.0 + 100.0);
    check_close(arrive(|environment| environment.police = 1 << 27), 0.6 - 45.0 + 12.0 + 100.0);
    check_close(arrive(|environment| environment.fines = 1), 0.6 + 12.0);
    check_close(
        arrive(|environment| (environment.passengers, environment.aboard[4]) = (34, 34)),
        0.6 + 34.0 * 1.2 + 100.0,
    );
}

#[test]
fn the_step_limit_costs_50() {
    let mut environment = environment(&[("step_limit", Value::Integer(29))]);
    let mut last = environment.step(STOP).unwrap();
    while !last.ended() {
        last = environment.step(STOP).unwrap();
    }
    assert_eq!(last, Step { reward: -50.0, terminated: false, truncated: true });
}

#[test]
fn demand_can_exceed_the_capacity() {
    let mut environment = environment(&[]);
    for _ in 0..100 {
        environment.step(STOP).unwrap();
    }
    let waiting: u32 = environment.waiting.iter().flatten().map(|count| u32::from(*count)).sum();
    // 15 and 100 steps of 0.7: 85, with a standard deviation of about 7.6.
    assert!((62..=108).contains(&waiting), "{waiting}");
}

#[test]
fn observations_and_states_stay_within_their_bounds() {
    let mut environment = environment(&[("demand", Value::Number(3.0))]);
    let mut generator = Generator::new(Seed::default());
    let mut observation = [0.0; ENTRIES.len()];
    for seed in 0..300 {
        environment.reset(Seed::new(seed).unwrap());
        while !environment.ended() {
            let legal = environment.legal_actions();
            environment.step(legal.nth(generator.below(legal.count()))).unwrap();
            environment.observe(&mut observation);
            assert!(observation.iter().all(|value| (0.0..=1.0).contains(value)), "{observation:?}");
            assert!(environment.state() < STATES);
            assert_eq!(environment.passengers, environment.aboard.iter().sum::<u32>());
        }
    }
}
