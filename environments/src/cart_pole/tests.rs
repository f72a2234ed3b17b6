use super::*;
use crate::gymnasium::trajectories;

fn environment(parameters: &[(&str, Value)]) -> CartPole {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

#[test]
fn trajectories_equal_gymnasium_to_1e_6_over_200_steps() {
    for run in trajectories(include_str!("../../fixtures/cart_pole.json")) {
        let mut environment = environment(&[]);
        environment.reset(Seed::default());
        environment.state.copy_from_slice(&run.start);
        assert_eq!(run.states.len(), 200);
        for (step, (action, expected)) in run.actions().zip(&run.states).enumerate() {
            assert_eq!(environment.step(action).unwrap(), Step { reward: 1.0, terminated: false, truncated: false });
            for (value, expected) in environment.state.iter().zip(expected) {
                assert!((value - expected).abs() < 1e-6, "step {step}: {value} instead of {expected}");
            }
        }
    }
}

#[test]
fn starts_are_uniform_and_pushing_one_way_fells_the_pole() {
    let mut environment = environment(&[("sutton_barto_reward", Value::Flag(true))]);
    let mut total = 0.0;
    for seed in 0..4000 {
        environment.reset(Seed::new(seed).unwrap());
        assert!(environment.state.iter().all(|value| value.abs() <= 0.05));
        total += environment.state[0];
    }
    // Standard error of the mean of 4000 uniform numbers in ±0.05: 0.000456; three of them.
    assert!((total / 4000.0).abs() < 0.00137, "{}", total / 4000.0);
    let last = std::iter::repeat_with(|| environment.step(1).unwrap()).find(|step| step.ended()).unwrap();
    assert_eq!(last, Step { reward: -1.0, terminated: true, truncated: false });
    assert_eq!(environment.outcome(), FELL);
}

#[test]
fn the_limit_of_500_steps_truncates() {
    let mut environment = environment(&[]);
    environment.reset(Seed::new(3).unwrap());
    let balance = |environment: &CartPole| {
        let [x, v, angle, spin] = environment.state;
        u16::from(angle + 0.3 * spin + 0.02 * x + 0.05 * v > 0.0)
    };
    for _ in 1..500 {
        assert!(!environment.step(balance(&environment)).unwrap().ended());
    }
    assert!(environment.step(balance(&environment)).unwrap().truncated);
    assert_eq!(environment.describe().outcomes[usize::from(environment.outcome())], STEP_LIMIT);
}

#[test]
fn observations_stay_within_their_bounds_unclamped() {
    let mut environment = environment(&[]);
    let mut generator = Generator::new(Seed::default());
    for seed in 0..500 {
        environment.reset(Seed::new(seed).unwrap());
        // Long pushes one way reach the greatest speeds.
        let mut action = 0;
        while !environment.ended() {
            if generator.below(8) == 0 {
                action = 1 - action;
            }
            environment.step(action).unwrap();
            assert!(environment.state.iter().zip(&ENTRIES).all(|(value, (_, bound, _))| value.abs() <= *bound));
        }
    }
}

#[test]
fn bins_make_states() {
    let mut environment = environment(&[("bins", Value::Integer(8))]);
    assert_eq!(environment.state_count(), 4096);
    environment.reset(Seed::default());
    environment.state = [-9.0, -9.0, -9.0, -9.0];
    assert_eq!(environment.state(), 0);
    environment.state = [9.0, 9.0, 9.0, 9.0];
    assert_eq!(environment.state(), 4095);
    environment.state = [0.01, 0.0, -0.01, 0.0];
    assert_eq!(environment.state(), 4 * 512 + 4 * 64 + 3 * 8 + 4);
}

#[test]
fn no_way_of_pushing_leaves_the_bounds_of_the_observation() {
    let mut environment = environment(&[("step_limit", Value::Integer(10_000))]);
    let bounds: Vec<f32> = environment.describe().observation.iter().map(|entry| entry.high).collect();
    let mut most = [0.0_f32; 4];
    // Whoever leans the pole to a side drives there; swinging it from side to side adds to its speed.
    for (lean, gain, period) in
        (0..12).flat_map(|lean| (0..6).flat_map(move |gain| (1..40).map(move |it| (lean, gain, it))))
    {
        environment.reset(Seed::new(period).unwrap());
        for step in 0.. {
            let side = if step / period % 2 == 0 { 0.02 } else { -0.02 };
            let [_, _, angle, spin] = environment.state;
            let push = angle + 0.05 * f64::from(gain) * spin > side * f64::from(lean);
            let ended = environment.step(u16::from(push)).unwrap().ended();
            let mut observation = [0.0; 4];
            environment.observe(&mut observation);
            for (most, value) in most.iter_mut().zip(observation) {
                *most = most.max(value.abs());
            }
            if ended {
                break;
            }
        }
    }
    assert!(most.iter().zip(&bounds).all(|(most, bound)| most <= bound), "{most:?} {bounds:?}");
    assert!(most[0] > 2.4 && most[2] > 0.2, "nothing came far: {most:?}");
}

#[test]
fn without_bins_there_is_room_for_the_plane_of_the_pole_beside_the_cart_as_it_is() {
    let mut environment = environment(&[]);
    environment.state = [1.5, -0.5, 0.1, 1.0];
    let here = environment.place();
    let mut there = [0.0; 4];
    environment.observe_at(here, &mut there);
    assert_eq!(there[..2], [1.5, -0.5], "the cart stays where it is");
    // Half a cell of 24 degrees and 7 rad/s at most.
    assert!((there[2] - 0.1).abs() < 0.01 && (there[3] - 1.0).abs() < 0.15, "{there:?}");
    for (place, state) in [(0, [-9.0, -9.0]), (CELLS * CELLS - 1, [9.0, 9.0])] {
        environment.state[2..].copy_from_slice(&state);
        assert_eq!(environment.place(), place, "what lies beyond counts to the rim");
    }
    let mut scene = environment.draw();
    let shapes = scene.shapes.len();
    environment.draw_estimates(&[0.0; 2], &mut scene);
    assert_eq!(scene.shapes.len(), shapes + 2, "what the plane spans");
    let binned = super::tests::environment(&[("bins", Value::Integer(6))]);
    assert_eq!((binned.places(), binned.describe().layout), (0, None));
}
