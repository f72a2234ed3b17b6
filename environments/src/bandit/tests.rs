use super::*;
use shared::scene::Shape;

fn bandit(parameters: &[(&str, Value)]) -> Bandit {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

fn seed(number: u64) -> Seed {
    Seed::new(number).unwrap()
}

#[track_caller]
fn check_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() < tolerance, "{found}, not {expected}");
}

/// The greatest of ten normal deviates has mean 1.5388 and standard deviation .5868.
#[test]
fn true_values_are_normal_and_new_in_every_episode() {
    let mut bandit = bandit(&[]);
    let episodes = 10_000;
    let (mut sum, mut squares, mut best) = (0.0, 0.0, 0.0);
    for episode in 0..episodes {
        bandit.reset(seed(episode));
        sum += bandit.values.iter().sum::<f64>();
        squares += bandit.values.iter().map(|it| it * it).sum::<f64>();
        best += bandit.best;
    }
    let count = episodes as f64;
    check_close(sum / count / 10.0, 0.0, 0.013);
    check_close(squares / count / 10.0, 1.0, 0.018);
    check_close(best / count, 1.5388, 0.024);
}

#[test]
fn rewards_scatter_around_the_true_value_and_the_best_arm_is_counted() {
    let mut bandit = bandit(&[("step_limit", Value::Integer(100_000))]);
    bandit.reset(seed(5));
    let best =
        (0..10_u16).max_by(|a, b| bandit.values[usize::from(*a)].total_cmp(&bandit.values[usize::from(*b)])).unwrap();
    let rewards: Vec<f64> = (0..100_000).map(|_| bandit.step(best).unwrap().reward).collect();
    let mean = rewards.iter().sum::<f64>() / 1e5;
    check_close(mean, bandit.best, 0.013);
    check_close(rewards.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / 1e5, 1.0, 0.018);
    let mut counted = [0.0];
    bandit.counters(&mut counted);
    assert_eq!(counted, [100_000.0]);
    assert!(bandit.ended());
    bandit.reset(seed(5));
    bandit.step((best + 1) % 10).unwrap();
    bandit.counters(&mut counted);
    assert_eq!(counted, [0.0]);
}

/// After n steps of .01 a value has standard deviation .01 sqrt(n).
#[test]
fn drifting_values_start_equal_and_walk() {
    let mut bandit = bandit(&[("spread", Value::Number(0.0)), ("drift", Value::Number(0.01))]);
    let episodes = 400;
    let mut squares = 0.0;
    for episode in 0..episodes {
        bandit.reset(seed(episode));
        assert_eq!(bandit.values, [0.0; 10]);
        while !bandit.ended() {
            bandit.step(0).unwrap();
        }
        squares += bandit.values.iter().map(|it| it * it).sum::<f64>();
    }
    // 4000 values: four standard errors are 9 %.
    check_close(squares / episodes as f64 / 10.0, 0.1, 0.009);
}

#[test]
fn fixed_arms_stay_while_rewards_differ() {
    let mut bandit = bandit(&[("arms_seed", Value::Integer(7))]);
    bandit.reset(seed(1));
    let (values, reward) = (bandit.values.clone(), bandit.step(3).unwrap().reward);
    bandit.reset(seed(2));
    assert_eq!(bandit.values, values);
    assert_ne!(bandit.step(3).unwrap().reward, reward);
}

#[test]
fn illegal_arms_are_refused() {
    let error = bandit(&[("arms", Value::Integer(2))]).step(2).unwrap_err();
    assert_eq!(error.to_string(), "action 2 is not allowed here; allowed are 0, 1");
}

#[test]
fn estimates_reach_the_line_of_the_true_value_where_they_are_right() {
    let mut bandit = bandit(&[("arms", Value::Integer(20))]);
    bandit.reset(seed(5));
    let mut scene = bandit.draw();
    let drawn = scene.shapes.len();
    let mut estimates = bandit.values.clone();
    // Beyond what the window shows, and wrong.
    (estimates[3], estimates[7]) = (1e9, bandit.values[7] - 1.0);
    bandit.draw_estimates(&estimates, &mut scene);
    let bars = scene.shapes[drawn..].iter().filter_map(|shape| match shape {
        Shape::Box { x, y, height, .. } => Some((*x, *y, *height)),
        _ => None,
    });
    let bars: Vec<_> = bars.collect();
    assert_eq!(bars.len(), 20);
    let is_at_a_line = |(x, y, _): &(f32, f32, f32)| {
        scene.shapes[..drawn].iter().any(|shape| match shape {
            // A line of two points at one height across the machine's window.
            Shape::Path { points, closed: false, .. } => {
                points.len() == 4
                    && points[1] == points[3]
                    && (points[1] - y).abs() < 1e-4
                    && (points[0] - x).abs() < 0.5
            }
            _ => false,
        })
    };
    let right: Vec<_> = (0..20).filter(|arm| is_at_a_line(&bars[*arm])).collect();
    assert_eq!(right, (0..20).filter(|arm| ![3, 7].contains(arm)).collect::<Vec<_>>());
    assert!(bars.iter().all(|(_, _, height)| (0.0..=3.3).contains(height)), "within the window: {bars:?}");
    assert!(scene.words.ends_with("The best estimate is that of arm 4, 1000000000.00."), "{}", scene.words);
}
