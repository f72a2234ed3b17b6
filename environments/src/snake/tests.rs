use super::*;
use crate::registry;
use shared::parameter::Parameters;
use shared::spec::EnvironmentSpec;

fn environment(parameters: &[(&str, Value)]) -> Snake {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// Puts the snake's segments, head first, on (column, row) places, and the apple.
fn arrange(snake: &mut Snake, segments: &[(usize, usize)], direction: u8, apple: (usize, usize)) {
    let stride = snake.stride();
    let cell = |(x, y): (usize, usize)| ((y + 1) * stride + x + 1) as u16;
    while snake.length > 0 {
        snake.drop_tail();
    }
    snake.tail = 0;
    for segment in segments.iter().rev() {
        snake.advance_head(cell(*segment));
    }
    snake.direction = direction;
    snake.apple = cell(apple);
}

/// A square of four segments whose head is about to enter the tail's cell by turning right.
const SQUARE: [(usize, usize); 4] = [(1, 2), (2, 2), (2, 1), (1, 1)];

/// Score, length and return of an episode of random actions, and its outcome.
fn play(snake: &mut Snake, seed: u64, generator: &mut Generator) -> ([f64; 3], u8) {
    snake.reset(Seed::new(seed).unwrap());
    let mut total = 0.0;
    while !snake.ended() {
        total += snake.step(generator.below(3) as u16).unwrap().reward;
    }
    let mut counters = [0.0; 2];
    snake.counters(&mut counters);
    ([counters[0], f64::from(snake.progress.steps()), total], snake.outcome())
}

#[test]
fn uniform_random_play_of_the_faithful_variant_has_the_known_means() {
    const EPISODES: usize = 40_000;
    let mut snake = environment(&[("variant", text("faithful"))]);
    let mut generator = Generator::new(Seed::new(11).unwrap());
    let (mut sums, mut squares, mut walls) = ([0.0; 3], [0.0; 3], 0);
    for seed in 0..EPISODES {
        let (values, outcome) = play(&mut snake, seed as u64, &mut generator);
        for (index, value) in values.iter().enumerate() {
            sums[index] += value;
            squares[index] += value * value;
        }
        walls += u32::from(outcome == 1);
    }
    let count = EPISODES as f64;
    // The reference is a sample mean, too, rounded to the digits given: allow three standard errors of the difference
    // to a sample of 20 000, and half a digit.
    for (index, (expected, half_digit)) in [(0.106, 0.0005), (13.1, 0.05), (-1.06, 0.005)].into_iter().enumerate() {
        let mean = sums[index] / count;
        let variance = squares[index] / count - mean * mean;
        let error = libm::sqrt(variance / count + variance / 20_000.0);
        assert!((mean - expected).abs() < 3.0 * error + half_digit, "{index}: {mean} ± {error}, not {expected}");
    }
    let share = f64::from(walls) / count;
    assert!((share - 0.999).abs() < 3.0 * libm::sqrt(0.001 * 0.999 / count) + 0.0005, "{share}");
}

#[test]
fn starving_costs_5_549_in_the_faithful_variant_and_0_599_in_the_default() {
    for (variant, expected) in [("faithful", -5.549), ("default", -0.599)] {
        let mut snake = environment(&[("variant", text(variant))]);
        snake.reset(Seed::default());
        arrange(&mut snake, &[(5, 5)], 0, (0, 0));
        let mut total = 0.0;
        for step in 1..=100 {
            let result = snake.step(1).unwrap();
            assert_eq!(result.terminated, step == 100);
            total += result.reward;
        }
        assert!((total - expected).abs() < 1e-9, "{variant}: {total}");
        assert_eq!(OUTCOMES[usize::from(snake.outcome())], "starvation");
    }
}

#[test]
fn only_the_faithful_variant_counts_the_tail_that_moves_away() {
    let mut default = environment(&[]);
    arrange(&mut default, &SQUARE, 2, (8, 8));
    assert_eq!(default.state() & 0b111, 0);
    assert_eq!(default.step(1).unwrap(), Step { reward: -0.001, terminated: false, truncated: false });
    let mut faithful = environment(&[("variant", text("faithful"))]);
    arrange(&mut faithful, &SQUARE, 2, (8, 8));
    assert_eq!(faithful.state() & 0b111, 0b010);
    assert_eq!(faithful.step(1).unwrap(), Step { reward: -1.0, terminated: true, truncated: false });
    assert_eq!(OUTCOMES[usize::from(faithful.outcome())], "self");
}

#[test]
fn filling_the_board_wins() {
    let mut snake = environment(&[("size", Value::Integer(5))]);
    // Boustrophedon from the upper left; the head is beside the last free cell.
    let mut path: Vec<_> = (0..5).flat_map(|y| (0..5).map(move |x| (if y % 2 == 0 { x } else { 4 - x }, y))).collect();
    let last = path.pop().unwrap();
    path.reverse();
    arrange(&mut snake, &path, 0, last);
    assert_eq!(snake.step(0).unwrap(), Step { reward: 1.0, terminated: true, truncated: false });
    assert_eq!(OUTCOMES[usize::from(snake.outcome())], "won");
    assert!(snake.draw().words.contains("24 apples"));
}

#[test]
fn apples_stand_on_free_cells_however_full_the_board() {
    let mut snake = environment(&[("size", Value::Integer(5))]);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        snake.reset(Seed::new(seed).unwrap());
        let path: Vec<_> = (0..4).flat_map(|y| (0..5).map(move |x| (if y % 2 == 0 { x } else { 4 - x }, y))).collect();
        arrange(&mut snake, &path, 0, (0, 4));
        snake.place_apple();
        seen.insert(snake.place(snake.apple));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]);
}

#[test]
fn observations_have_the_known_sizes_and_entries() {
    for (vision, expected) in [(0, 15), (1, 19), (2, 35), (-1, 111)] {
        let snake = environment(&[("vision", Value::Integer(vision))]);
        assert_eq!(snake.describe().observation.len(), expected);
        snake.observe(&mut vec![0.0; expected]);
    }
    let mut snake = environment(&[]);
    arrange(&mut snake, &[(9, 3), (8, 3), (8, 4)], 0, (4, 5));
    let mut observation = [0.0; 15];
    snake.observe(&mut observation);
    let expected = [-0.5, 0.2, 1.0, 0.0, 0.0, -0.1, 0.0, -0.1, 0.1, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0];
    for (index, (value, expected)) in observation.iter().zip(expected).enumerate() {
        assert!((value - expected as f32).abs() < 1e-6, "{index}: {value} instead of {expected}");
    }
    // Ahead is the wall; looking right; the apple is to the left and below.
    assert_eq!(snake.state(), 1 | 1 << 4 | 1 << 7 | 1 << 10);
}

#[test]
fn arrows_steer_absolutely() {
    let mut snake = environment(&[]);
    snake.direction = 3;
    let actions = ["ArrowUp", "ArrowRight", "ArrowLeft", "ArrowDown", "x"].map(|key| snake.action_of_key(key));
    assert_eq!(actions, [Some(0), Some(1), Some(2), Some(0), None]);
}

#[test]
fn own_formulas_reward_what_they_say() {
    let mut snake =
        environment(&[("step_reward", text("1 / distance_to_food")), ("apple_reward", text("10 / hunger + score"))]);
    snake.reset(Seed::default());
    arrange(&mut snake, &[(1, 1)], 0, (4, 1));
    assert_eq!([0, 0, 0].map(|action| snake.step(action).unwrap().reward), [0.5, 1.0, 10.0 / 3.0 + 1.0]);
}

#[track_caller]
fn check_refused(name: &str, value: &str, expected: &str) {
    let parameters = Parameters::from([(name.to_owned(), text(value))]);
    let error = registry::build(&EnvironmentSpec { id: "snake".into(), parameters }).unwrap_err();
    assert_eq!(error.to_string(), format!("snake: {name}: {expected}"));
}

#[test]
fn faulty_formulas_are_refused_with_the_position_or_the_situation() {
    check_refused("apple_reward", "1 + (2", "position 7: expected an operator or ), found the end");
    check_refused("step_reward", "1 / (hunger - 7)", "is inf where hunger = 7; a reward lies within ±1000000");
    check_refused("wall_reward", "(1 - score) ** 0.5", "is NaN where score = 2; a reward lies within ±1000000");
    check_refused("self_reward", "10 ** 9", "is 1000000000 always; a reward lies within ±1000000");
}

#[test]
fn a_reward_that_is_no_number_where_it_was_not_tried_out_counts_as_0_and_is_counted() {
    let formula = text("1 / (snake_length - 1 + (hunger - 3) ** 2 + (distance_to_food - 2) ** 2)");
    let mut snake = environment(&[("size", Value::Integer(32)), ("step_reward", formula)]);
    snake.reset(Seed::default());
    arrange(&mut snake, &[(1, 1)], 0, (6, 1));
    let rewards = [0, 0, 0].map(|action| snake.step(action).unwrap().reward);
    assert_eq!(rewards[2], 0.0);
    let mut counters = [0.0; 2];
    snake.counters(&mut counters);
    assert_eq!(counters, [0.0, 1.0]);
}

/// The cells of a plane that are not 0, as (column, row) of the board with its wall.
fn cells(observation: &[f32], plane: usize, columns: usize) -> Vec<((usize, usize), f32)> {
    let plane = observation.chunks_exact(columns * columns).nth(plane).unwrap();
    let cells = plane.iter().enumerate().filter(|(_, value)| **value != 0.0);
    cells.map(|(cell, value)| ((cell % columns, cell / columns), *value)).collect()
}

#[test]
fn planes_tell_head_way_body_apple_wall_and_hunger() {
    let mut snake = environment(&[("view", text("board")), ("size", Value::Integer(5))]);
    let described = snake.describe();
    let board = described.board.unwrap();
    assert_eq!((board.rows, board.columns, board.channels.len()), (7, 7, 6));
    assert_eq!(described.observation.len(), 7 * 7 * 6);
    assert_eq!(described.observation[7 * 7 * 3 + 2 * 7 + 5].name, "apple 5,2");
    // The head looks up at the wall.
    arrange(&mut snake, &[(2, 0), (2, 1), (1, 1), (0, 1)], 3, (4, 1));
    snake.hunger = 5;
    let mut observation = vec![f32::NAN; 7 * 7 * 6];
    snake.observe(&mut observation);
    assert_eq!(cells(&observation, 0, 7), [((3, 1), 1.0)]);
    assert_eq!(cells(&observation, 1, 7), [((3, 0), 1.0)]);
    assert_eq!(cells(&observation, 2, 7), [((1, 2), 0.25), ((2, 2), 0.5), ((3, 2), 0.75)]);
    assert_eq!(cells(&observation, 3, 7), [((5, 2), 1.0)]);
    let walls = cells(&observation, 4, 7);
    assert_eq!(walls.len(), 4 * 6);
    assert!(walls.iter().all(|((x, y), _)| [0, 6].contains(x) || [0, 6].contains(y)));
    assert!(observation[7 * 7 * 5..].iter().all(|it| *it == 0.2));
}
