use super::*;
use crate::gymnasium::trajectories;

fn environment(parameters: &[(&str, Value)]) -> MountainCar {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

#[test]
fn trajectories_equal_gymnasium_to_1e_6_over_200_steps() {
    let mut reached = 0;
    for run in trajectories(include_str!("../../fixtures/mountain_car.json")) {
        let mut environment = environment(&[]);
        environment.reset(Seed::default());
        (environment.position, environment.velocity) = (run.start[0], run.start[1]);
        for (step, (action, expected)) in run.actions().zip(&run.states).enumerate() {
            assert_eq!(environment.step(action).unwrap().reward, -1.0);
            for (value, expected) in [environment.position, environment.velocity].iter().zip(expected) {
                assert!((value - expected).abs() < 1e-6, "step {step}: {value} instead of {expected}");
            }
        }
        // A recording stops where Gymnasium terminated, or at the limit.
        assert!(environment.ended());
        assert_eq!(environment.outcome() == REACHED, run.states.len() < 200);
        reached += usize::from(environment.outcome() == REACHED);
    }
    assert_eq!(reached, 2);
}

#[test]
fn full_throttle_alone_never_climbs_the_hill_and_pumping_does() {
    let mut environment = environment(&[]);
    environment.reset(Seed::new(1).unwrap());
    let last = std::iter::repeat_with(|| environment.step(2).unwrap()).find(|step| step.ended()).unwrap();
    assert!(last.truncated && environment.outcome() == 0);
    environment.reset(Seed::new(1).unwrap());
    while !environment.ended() {
        let action = if environment.velocity >= 0.0 { 2 } else { 0 };
        environment.step(action).unwrap();
    }
    assert_eq!(environment.outcome(), REACHED);
}

#[test]
fn the_left_wall_stops_the_car() {
    let mut environment = environment(&[]);
    environment.reset(Seed::default());
    (environment.position, environment.velocity) = (-1.19, -0.07);
    environment.step(0).unwrap();
    assert_eq!((environment.position, environment.velocity), (LEFT, 0.0));
}

#[test]
fn bins_make_states() {
    let mut environment = environment(&[("bins", Value::Integer(40))]);
    environment.reset(Seed::default());
    (environment.position, environment.velocity) = (LEFT, -MAX_SPEED);
    assert_eq!(environment.state(), 0);
    (environment.position, environment.velocity) = (RIGHT, MAX_SPEED);
    assert_eq!(environment.state(), 1599);
    assert_eq!(environment.describe().states, Some(1600));
}

#[test]
fn without_bins_the_picture_is_the_phase_plane_of_what_is_observed() {
    let mut environment = environment(&[]);
    let description = environment.describe();
    assert_eq!((description.states, environment.state_count(), environment.places()), (None, 0, CELLS * CELLS));
    let Some(StateLayout::Boxes { centres, .. }) = description.layout else { panic!("no layout") };
    for place in [0, 5 * CELLS + 17, CELLS * CELLS - 1] {
        let mut there = [0.0; 2];
        environment.observe_at(place, &mut there);
        (environment.position, environment.velocity) = (f64::from(there[0]), f64::from(there[1]));
        assert_eq!(environment.place(), place);
        // The car stands at the same place of the picture.
        assert!((super::place(environment.position).0 - centres[place].0).abs() < 1e-4);
        let up = (HEIGHT / 2.0 - centres[place].1) * 2.0 / HEIGHT;
        assert!((f64::from(up) - environment.velocity / MAX_SPEED).abs() < 1e-4);
    }
}
