use super::*;
use crate::gymnasium::trajectories;

fn world(parameters: &[(&str, Value)]) -> MountainCar {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

#[test]
fn trajectories_equal_gymnasium_to_1e_6_over_200_steps() {
    let mut reached = 0;
    for run in trajectories(include_str!("../../fixtures/mountain_car.json")) {
        let mut world = world(&[]);
        world.reset(Seed::default());
        (world.position, world.velocity) = (run.start[0], run.start[1]);
        for (step, (action, expected)) in run.actions().zip(&run.states).enumerate() {
            assert_eq!(world.step(action).unwrap().reward, -1.0);
            for (value, expected) in [world.position, world.velocity].iter().zip(expected) {
                assert!((value - expected).abs() < 1e-6, "step {step}: {value} instead of {expected}");
            }
        }
        // A recording stops where Gymnasium terminated, or at the limit.
        assert!(world.ended());
        assert_eq!(world.outcome() == REACHED, run.states.len() < 200);
        reached += usize::from(world.outcome() == REACHED);
    }
    assert_eq!(reached, 2);
}

#[test]
fn full_throttle_alone_never_climbs_the_hill_and_pumping_does() {
    let mut world = world(&[]);
    world.reset(Seed::new(1).unwrap());
    let last = std::iter::repeat_with(|| world.step(2).unwrap()).find(|step| step.ended()).unwrap();
    assert!(last.truncated && world.outcome() == 0);
    world.reset(Seed::new(1).unwrap());
    while !world.ended() {
        let action = if world.velocity >= 0.0 { 2 } else { 0 };
        world.step(action).unwrap();
    }
    assert_eq!(world.outcome(), REACHED);
}

#[test]
fn the_left_wall_stops_the_car() {
    let mut world = world(&[]);
    world.reset(Seed::default());
    (world.position, world.velocity) = (-1.19, -0.07);
    world.step(0).unwrap();
    assert_eq!((world.position, world.velocity), (LEFT, 0.0));
}

#[test]
fn bins_make_states() {
    let mut world = world(&[("bins", Value::Integer(40))]);
    world.reset(Seed::default());
    (world.position, world.velocity) = (LEFT, -MAX_SPEED);
    assert_eq!(world.state(), 0);
    (world.position, world.velocity) = (RIGHT, MAX_SPEED);
    assert_eq!(world.state(), 1599);
    assert_eq!(world.describe().states, Some(1600));
}
