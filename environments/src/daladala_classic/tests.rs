use super::*;
use shared::parameter::Parameters;

fn world() -> DaladalaClassic {
    build(&Resolved::new(&catalog().parameters, &Parameters::new()).unwrap()).unwrap()
}

/// The return of an episode, and its length.
fn play(world: &mut DaladalaClassic, seed: u64, mut policy: impl FnMut(&DaladalaClassic) -> u16) -> (f64, u32) {
    world.reset(Seed::new(seed).unwrap());
    let mut total = 0.0;
    while !world.ended() {
        let action = policy(world);
        total += world.step(action).unwrap().reward;
    }
    (total, world.progress.steps())
}

/// Mean, standard deviation and standard error of the mean.
fn statistics(returns: &[f64]) -> (f64, f64, f64) {
    let count = returns.len() as f64;
    let mean = returns.iter().sum::<f64>() / count;
    let variance = returns.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / count;
    (mean, libm::sqrt(variance), libm::sqrt(variance / count))
}

#[test]
fn the_best_return_is_380_and_22_for_every_red_light() {
    let mut world = world();
    let mut returns = Vec::new();
    for seed in 0..2000 {
        let (total, steps) = play(&mut world, seed, |world| {
            if world.is_hazard(world.position) {
                STOP
            } else if route::stop_at(world.position).is_some() {
                PICK_UP
            } else {
                4
            }
        });
        assert_eq!(steps, 29);
        assert_eq!(total, 380.0 + 22.0 * f64::from(world.red.count_ones()));
        returns.push(total);
    }
    let (mean, _, error) = statistics(&returns);
    assert!((mean - 424.0).abs() < 3.0 * error, "{mean} ± {error}");
    assert!(returns.contains(&380.0) && returns.contains(&468.0));
}

#[test]
fn no_action_sequence_beats_that() {
    // Passengers never reach 34, so rewards depend on the cell and the action alone, but for dropping off, which needs
    // passengers and brings less than picking up: the best of each cell is the best of all.
    let mut world = world();
    for seed in 0..50 {
        world.reset(Seed::new(seed).unwrap());
        let mut best = 0.0;
        while !world.ended() {
            let rewards = (0..5).map(|action| world.clone().step(action).unwrap().reward);
            best += rewards.fold(f64::MIN, f64::max);
            let action = if route::stop_at(world.position).is_some() { PICK_UP } else { MOVE };
            world.step(action).unwrap();
        }
        assert_eq!(best, 380.0 + 22.0 * f64::from(world.red.count_ones()));
    }
}

#[test]
fn always_moving_returns_37_and_uniform_random_85_3() {
    const EPISODES: u64 = 20_000;
    let mut world = world();
    let returns: Vec<f64> = (0..EPISODES).map(|seed| play(&mut world, seed, |_| MOVE).0).collect();
    let (mean, _, error) = statistics(&returns);
    // Exactly 29 * 3 + 150 - 40 * (3 + 2) = 37; the reference, 37.3, is a sample mean as well.
    assert!((mean - 37.0).abs() < 3.0 * error, "{mean} ± {error}");
    assert!((mean - 37.3).abs() < 3.0 * error * libm::sqrt(2.0), "{mean} ± {error}");

    let mut generator = Generator::new(Seed::new(5).unwrap());
    let returns: Vec<f64> = (0..EPISODES).map(|seed| play(&mut world, seed, |_| generator.below(5) as u16).0).collect();
    let (mean, deviation, error) = statistics(&returns);
    assert!((mean - 85.3).abs() < 3.0 * error * libm::sqrt(2.0), "{mean} ± {error}");
    // The standard error of a standard deviation is about itself / sqrt(2 n).
    let error = deviation / libm::sqrt(2.0 * EPISODES as f64);
    assert!((deviation - 53.8).abs() < 3.0 * error * libm::sqrt(2.0), "{deviation} ± {error}");
}

#[test]
fn overloading_crashes_or_is_fined() {
    let mut world = world();
    (world.police, world.red) = (1 << 3, 0);
    world.passengers = 41;
    assert_eq!(world.clone().step(4).unwrap(), Step { reward: 71.0, terminated: true, truncated: false });
    world.position = 2;
    assert_eq!(world.clone().step(MOVE).unwrap(), Step { reward: 53.0, terminated: true, truncated: false });
    world.passengers = 40;
    assert_eq!(world.clone().step(MOVE).unwrap(), Step { reward: -17.0, terminated: false, truncated: false });
    world.passengers = 33;
    assert_eq!(world.step(MOVE).unwrap(), Step { reward: 3.0, terminated: false, truncated: false });
}

#[test]
fn passengers_board_and_alight_by_the_table() {
    let mut world = world();
    world.position = 4;
    (world.police, world.red) = (0, 0);
    assert_eq!(world.step(PICK_UP).unwrap().reward, 16.0);
    assert_eq!((world.passengers, world.waiting[0]), (8, 0));
    world.position = 20;
    assert_eq!(world.step(PICK_UP).unwrap().reward, 16.0);
    assert_eq!(world.passengers, 11, "at least three board, whoever waits");
    world.position = 25;
    assert_eq!(world.step(DROP_OFF).unwrap().reward, 13.0);
    assert_eq!((world.passengers, world.money_tsh), (5, 6000));
    assert_eq!(world.step(DROP_OFF).unwrap().reward, -7.0);
    let mut counters = [0.0; 4];
    world.counters(&mut counters);
    assert_eq!(counters, [11.0, 6000.0, 1.0, 0.0]);
}
