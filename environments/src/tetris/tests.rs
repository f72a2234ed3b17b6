use super::engine::{HARD_DROP, HEIGHT, LockedPiece, SWAP};
use super::*;
use fnv::FnvHasher;
use shared::quantity::split_mix;
use std::hash::Hasher as _;

fn environment(parameters: &[(&str, &str)]) -> Tetris {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), Value::Text((*value).to_owned()))).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

/// The numbers of `fixtures/tetris.py`.
struct Numbers {
    game: u64,
    counter: u64,
}

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        let value = split_mix(self.game << 32 | self.counter);
        self.counter += 1;
        (((value >> 32) * bound as u64) >> 32) as usize
    }
}

/// The pieces of `fixtures/tetris.py`.
struct Bags(Numbers, Vec<u8>);

impl PieceSupply for Bags {
    fn next(&mut self) -> u8 {
        if self.1.is_empty() {
            self.1 = (0..7).collect();
        }
        let index = self.0.below(self.1.len());
        self.1.remove(index)
    }
}

#[derive(Default)]
struct Digest(FnvHasher);

impl Digest {
    fn add(&mut self, bytes: impl IntoIterator<Item = u8>) {
        bytes.into_iter().for_each(|byte| self.0.write_u8(byte));
    }

    fn add_step(&mut self, engine: &Engine, locked: Option<LockedPiece>) {
        let mut board: Vec<u8> = (0..HEIGHT * WIDTH).map(|cell| engine.colour(cell / WIDTH, cell % WIDTH)).collect();
        for (row, column) in engine.cells(false) {
            board[row * WIDTH + column] = engine.piece + 1;
        }
        self.add(board);
        let reward = match locked {
            Some(LockedPiece { lines, over: false }) => 10 * lines * lines + 1,
            _ => 0,
        };
        self.add([(reward + 1) as u8, ((reward + 1) >> 8) as u8, u8::from(locked.is_some_and(|it| it.over))]);
    }
}

fn expected(kind: &str) -> Vec<String> {
    let text: serde_json::Value = serde_json::from_str(include_str!("../../fixtures/tetris.json")).unwrap();
    text[kind].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

fn numbers(game: usize) -> (Bags, Numbers) {
    let game = game as u64;
    (Bags(Numbers { game, counter: 0 }, Vec::new()), Numbers { game, counter: 1 << 31 })
}

#[test]
fn a_thousand_random_games_show_the_boards_of_tetris_gymnasium() {
    let expected = expected("primitive");
    assert_eq!(expected.len(), 1000);
    for (game, expected) in expected.iter().enumerate() {
        let (mut bags, mut actions) = numbers(game);
        let mut engine = Engine::new(&mut bags);
        let mut digest = Digest::default();
        loop {
            let locked = engine.step(actions.below(8) as u16, &mut bags);
            digest.add_step(&engine, locked);
            if locked.is_some_and(|it| it.over) {
                break;
            }
        }
        assert_eq!(format!("{:016x}", digest.0.finish()), *expected, "game {game}");
    }
}

#[test]
fn placements_show_the_masks_boards_and_features_of_tetris_gymnasium() {
    let expected = expected("placements");
    assert_eq!(expected.len(), 60);
    for (game, expected) in expected.iter().enumerate() {
        let (mut bags, mut actions) = numbers(game);
        let mut engine = Engine::new(&mut bags);
        let mut digest = Digest::default();
        let mut features = [0.0; PLACEMENTS * PLACEMENT_FEATURES];
        loop {
            let legal = ActionMask(LEGAL_PLACEMENTS[usize::from(engine.piece)]);
            digest.add((0..PLACEMENTS).map(|action| u8::from(legal.allows(action as u16))));
            portrayal::observe_placements(&engine, true, &mut features);
            digest.add(features.iter().map(|value| *value as u8));
            let action = legal.nth(actions.below(legal.count() as usize) as u32);
            let locked = engine.place(usize::from(action / 4), (action % 4) as u8, &mut bags);
            digest.add_step(&engine, Some(locked));
            if locked.over {
                break;
            }
        }
        assert_eq!(format!("{:016x}", digest.0.finish()), *expected, "game {game}");
    }
}

#[test]
fn the_empty_board_has_the_known_numbers_of_legal_placements() {
    let counts = LEGAL_PLACEMENTS.map(u64::count_ones);
    assert_eq!(counts, [31, 36, 33, 33, 33, 33, 33]);
}

/// Mean pieces and return of uniform random episodes, with their standard errors.
fn play(environment: &mut Tetris, episodes: u32) -> [(f64, f64); 2] {
    let mut generator = Generator::new(Seed::new(3).unwrap());
    let mut values = [Vec::new(), Vec::new()];
    for seed in 0..episodes {
        environment.reset(Seed::new(u64::from(seed)).unwrap());
        let mut total = 0.0;
        while !environment.ended() {
            let legal = environment.legal_actions();
            total += environment.step(legal.nth(generator.below(legal.count()))).unwrap().reward;
        }
        values[0].push(f64::from(environment.progress.steps()));
        values[1].push(total);
    }
    values.map(|values| {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / count;
        (mean, libm::sqrt(variance))
    })
}

#[test]
fn uniform_random_placements_have_the_known_means() {
    const EPISODES: u32 = 6000;
    for (variant, expected) in [("faithful", [5.4, -11.3]), ("default", [18.7, -23.8])] {
        let found = play(&mut environment(&[("variant", variant)]), EPISODES);
        for ((mean, deviation), expected) in found.into_iter().zip(expected) {
            // The reference is the mean of 150 episodes, rounded to a digit: three standard errors of the difference.
            let error = deviation * libm::sqrt(1.0 / 150.0 + 1.0 / f64::from(EPISODES));
            assert!((mean - expected).abs() < 3.0 * error + 0.05, "{variant}: {mean}, not {expected} ± {error}");
        }
    }
}

#[test]
fn bags_hold_every_piece_once() {
    let mut bag = Bag::new(Seed::new(9).unwrap());
    for _ in 0..100 {
        let mut pieces: Vec<u8> = (0..7).map(|_| bag.next()).collect();
        pieces.sort_unstable();
        assert_eq!(pieces, [0, 1, 2, 3, 4, 5, 6]);
    }
}

#[test]
fn a_piece_is_swapped_once() {
    let mut environment = environment(&[("actions", "primitive")]);
    let (first, second) = (environment.engine.piece, environment.engine.queue[0]);
    environment.step(SWAP).unwrap();
    assert_eq!((environment.engine.piece, environment.engine.held), (second, Some((first, 0))));
    environment.step(SWAP).unwrap();
    assert_eq!(environment.engine.piece, second);
    environment.step(HARD_DROP).unwrap();
    environment.step(SWAP).unwrap();
    assert_eq!(environment.engine.piece, first);
}

#[test]
fn four_lines_at_once_bring_160_and_all_lines_count() {
    let mut environment = environment(&[]);
    // Every column but the last is four high; a standing I fills it: turned once, its cells are in column 1 of 4.
    let full: Supplied = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1].into();
    let mut supply = full;
    environment.engine.restart(&mut supply);
    for column in [0, 2, 4, 6, 0, 2, 4, 6] {
        environment.engine.place(column, 0, &mut supply);
    }
    assert_eq!(environment.engine.place(7, 1, &mut supply), LockedPiece { lines: 0, over: false });
    (environment.holes, environment.height) = Features::holes_and_height(&environment.engine.rows);
    let action = 8 * 4 + 1;
    let step = environment.step(action).unwrap();
    assert!((step.reward - 161.0).abs() < 1e-9, "{step:?}");
    let mut counters = [0.0; 2];
    environment.counters(&mut counters);
    assert_eq!(counters, [4.0, 1.0]);
}

/// Given pieces, in order.
struct Supplied(std::vec::IntoIter<u8>);

impl<const N: usize> From<[u8; N]> for Supplied {
    fn from(pieces: [u8; N]) -> Self {
        Self(Vec::from(pieces).into_iter())
    }
}

impl PieceSupply for Supplied {
    fn next(&mut self) -> u8 {
        self.0.next().unwrap()
    }
}

#[test]
fn features_count_what_they_say() {
    let mut supply: Supplied = [3, 0, 1, 1, 1, 1, 1, 1, 1].into();
    let mut engine = Engine::new(&mut supply);
    // S lying in columns 1-3, then I lying on it in columns 1-4.
    engine.place(0, 0, &mut supply);
    engine.place(0, 0, &mut supply);
    let features = Features::of(&engine.rows);
    assert_eq!(features.heights, [3, 3, 3, 3, 0, 0, 0, 0, 0, 0]);
    assert_eq!((features.max_height, features.holes, features.bumpiness), (3, 4, 3));
    // No free column has a higher neighbour, or wall, on both sides.
    assert_eq!(features.wells, 0);
    assert_eq!((features.holes.into(), features.max_height.into()), Features::holes_and_height(&engine.rows));
    // Walls count as filled: an empty row changes twice; .XX. of S above four times, XX of S below and I twice.
    assert_eq!(features.row_transitions, 17 * 2 + 2 + 4 + 2);
    assert_eq!(features.column_transitions, 10 + 2 * 3);
}

#[test]
fn observations_have_the_described_length_and_bounds() {
    for (actions, view) in [("placement", "features"), ("placement", "placements"), ("primitive", "features")] {
        let mut environment = environment(&[("actions", actions), ("view", view)]);
        let entries = environment.describe().observation;
        assert_eq!(entries.len(), if view == "features" { 43 } else { 520 });
        let mut observation = vec![0.0; entries.len()];
        let mut generator = Generator::new(Seed::default());
        for seed in 0..20 {
            environment.reset(Seed::new(seed).unwrap());
            while !environment.ended() {
                let legal = environment.legal_actions();
                environment.step(legal.nth(generator.below(legal.count()))).unwrap();
                environment.observe(&mut observation);
                for (value, entry) in observation.iter().zip(&entries) {
                    assert!((entry.low..=entry.high).contains(value), "{}: {value}", entry.name);
                }
            }
        }
    }
}

#[test]
fn planes_tell_the_board_the_falling_piece_and_the_pieces_beside_it() {
    for (actions, planes) in [("placement", 9), ("primitive", 16)] {
        let mut game = environment(&[("view", "board"), ("actions", actions)]);
        game.reset(Seed::new(3).unwrap());
        let described = game.describe();
        let board = described.board.clone().unwrap();
        assert_eq!((board.rows, board.columns, board.channels.len()), (20, 10, planes));
        assert_eq!(described.observation.len(), 200 * planes);
        let moves = if actions == "primitive" { vec![HARD_DROP, SWAP, 0] } else { vec![0] };
        for action in moves {
            game.step(action).unwrap();
        }
        let mut observation = vec![f32::NAN; 200 * planes];
        game.observe(&mut observation);
        let plane = |index: usize| &observation[200 * index..200 * (index + 1)];
        let text = game.text();
        let rows: String = text.lines().skip(1).collect();
        let of = |wanted: fn(char) -> bool| rows.chars().map(|it| f32::from(u8::from(wanted(it)))).collect::<Vec<_>>();
        assert_eq!(plane(0), of(|it| it.is_ascii_uppercase()), "{text}");
        assert_eq!(plane(1), of(|it| it == '@'), "{text}");
        // `I then OTSZ, held J`.
        let next = text.chars().nth(7).unwrap();
        let held = text.split_once("held ").unwrap().1.chars().next().unwrap();
        for (index, channel) in board.channels.iter().enumerate().skip(2) {
            let told = [format!("next {next}"), format!("held {held}")].contains(channel);
            assert!(plane(index).iter().all(|it| *it == f32::from(u8::from(told))), "{channel}: {text}");
        }
        assert_eq!(held == '-', actions == "placement");
    }
}
