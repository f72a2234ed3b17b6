use super::*;
use shared::parameter::Parameters;

fn environment() -> DaladalaClassic {
    build(&Resolved::new(&catalog().parameters, &Parameters::new()).unwrap()).unwrap()
}

/// The return of an episode, and its length.
fn play(environment: &mut DaladalaClassic, seed: u64, mut policy: impl FnMut(&DaladalaClassic) -> u16) -> (f64, u32) {
    environment.reset(Seed::new(seed).unwrap());
    let mut total = 0.0;
    while !environment.ended() {
        let action = policy(environment);
        total += environment.step(action).unwrap().reward;
    }
    (total, environment.progress.steps())
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
    let mut environment = environment();
    let mut returns = Vec::new();
    for seed in 0..2000 {
        let (total, steps) = play(&mut environment, seed, |environment| {
            if environment.is_hazard(environment.position) {
                STOP
            } else if route::stop_at(environment.position).is_some() {
                PICK_UP
            } else {
                4
            }
        });
        assert_eq!(steps, 29);
        assert_eq!(total, 380.0 + 22.0 * f64::from(environment.red.count_ones()));
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
    let mut environment = environment();
    for seed in 0..50 {
        environment.reset(Seed::new(seed).unwrap());
        let mut best = 0.0;
        while !environment.ended() {
            let rewards = (0..5).map(|action| environment.clone().step(action).unwrap().reward);
            best += rewards.fold(f64::MIN, f64::max);
            let action = if route::stop_at(environment.position).is_some() { PICK_UP } else { MOVE };
            environment.step(action).unwrap();
        }
        assert_eq!(best, 380.0 + 22.0 * f64::from(environment.red.count_ones()));
    }
}

#[test]
fn always_moving_returns_37_and_uniform_random_85_3() {
    const EPISODES: u64 = 20_000;
    let mut environment = environment();
    let returns: Vec<f64> = (0..EPISODES).map(|seed| play(&mut environment, seed, |_| MOVE).0).collect();
    let (mean, _, error) = statistics(&returns);
    // Exactly 29 * 3 + 150 - 40 * (3 + 2) = 37; the reference, 37.3, is a sample mean as well.
    assert!((mean - 37.0).abs() < 3.0 * error, "{mean} ± {error}");
    assert!((mean - 37.3).abs() < 3.0 * error * libm::sqrt(2.0), "{mean} ± {error}");

    let mut generator = Generator::new(Seed::new(5).unwrap());
    let returns: Vec<f64> =
        (0..EPISODES).map(|seed| play(&mut environment, seed, |_| generator.below(5) as u16).0).collect();
    let (mean, deviation, error) = statistics(&returns);
    assert!((mean - 85.3).abs() < 3.0 * error * libm::sqrt(2.0), "{mean} ± {error}");
    // The standard error of a standard deviation is about itself / sqrt(2 n).
    let error = deviation / libm::sqrt(2.0 * EPISODES as f64);
    assert!((deviation - 53.8).abs() < 3.0 * error * libm::sqrt(2.0), "{deviation} ± {error}");
}

#[test]
fn overloading_crashes_or_is_fined() {
    let mut environment = environment();
    (environment.police, environment.red) = (1 << 3, 0);
    environment.passengers = 41;
    assert_eq!(environment.clone().step(4).unwrap(), Step { reward: 71.0, terminated: true, truncated: false });
    environment.position = 2;
    assert_eq!(environment.clone().step(MOVE).unwrap(), Step { reward: 53.0, terminated: true, truncated: false });
    environment.passengers = 40;
    assert_eq!(environment.clone().step(MOVE).unwrap(), Step { reward: -17.0, terminated: false, truncated: false });
    environment.passengers = 33;
    assert_eq!(environment.step(MOVE).unwrap(), Step { reward: 3.0, terminated: false, truncated: false });
}

#[test]
fn passengers_board_and_alight_by_the_table() {
    let mut environment = environment();
    environment.position = 4;
    (environment.police, environment.red) = (0, 0);
    assert_eq!(environment.step(PICK_UP).unwrap().reward, 16.0);
    assert_eq!((environment.passengers, environment.waiting[0]), (8, 0));
    environment.position = 20;
    assert_eq!(environment.step(PICK_UP).unwrap().reward, 16.0);
    assert_eq!(environment.passengers, 11, "at least three board, whoever waits");
    environment.position = 25;
    assert_eq!(environment.step(DROP_OFF).unwrap().reward, 13.0);
    assert_eq!((environment.passengers, environment.money_tsh), (5, 6000));
    assert_eq!(environment.step(DROP_OFF).unwrap().reward, -7.0);
    let mut counters = [0.0; 4];
    environment.counters(&mut counters);
    assert_eq!(counters, [11.0, 6000.0, 1.0, 0.0]);
}

#[test]
fn every_entry_is_its_share_of_the_most_mapped_to_minus_one_to_one() {
    let mut environment = environment();
    let mut seen = [0.0; 14];
    let near = |seen: &[f32], expected: [f64; 14]| {
        for ((name, entry), expected) in ENTRIES.iter().zip(seen).zip(expected) {
            assert!((f64::from(*entry) - expected).abs() < 1e-6, "{name}: {entry} and not {expected}");
        }
    };
    // At (4, 14), a stop where 8 wait; a red light one cell ahead, a green one farther, police three cells ahead.
    (environment.position, environment.passengers, environment.money_tsh, environment.speed) = (4, 20, 30_000, 2);
    (environment.lights, environment.red, environment.police) = (1 << 5 | 1 << 9, 1 << 5, 1 << 7);
    environment.progress = EpisodeClock::new(350);
    for _ in 0..70 {
        environment.progress.advance(0.0, None);
    }
    environment.observe(&mut seen);
    // 4/14, 14/14, 20/50, 30 000/150 000, 2/3, no, no, no, yes, 8/10, yes, 1/5, 3/5 and 70/350, each times 2 minus 1.
    let third = 1.0 / 3.0;
    near(&seen, [-3.0 / 7.0, 1.0, -0.2, -0.6, third, -1.0, -1.0, -1.0, 1.0, 0.6, 1.0, -0.6, 0.2, -0.6]);
    // At (14, 10) with police on the cell, full and rich; no light ahead, and nobody waits where there is no stop.
    (environment.position, environment.passengers, environment.money_tsh, environment.speed) = (18, 50, 400_000, 0);
    (environment.lights, environment.red, environment.police) = (1 << 5, 1 << 5, 1 << 18);
    environment.observe(&mut seen);
    // 14/14, 10/14, 50/50, more than the most, 0/3, no, yes, yes, no, 0/10, no, nothing ahead, 0/5 and 70/350.
    near(&seen, [1.0, 3.0 / 7.0, 1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0, -1.0, -0.6]);
}
