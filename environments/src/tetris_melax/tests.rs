use super::*;
use shared::parameter::Parameters;

fn environment() -> TetrisMelax {
    build(&Resolved::new(&catalog().parameters, &Parameters::new()).unwrap()).unwrap()
}

/// Drops pieces, each (piece, column, rotation), and tells what is left: rows, lines and lost rows.
fn drop(pieces: &[(usize, usize, usize)]) -> ([u8; 2], u32, u32) {
    let mut environment = environment();
    let (mut lines, mut lost) = (0, 0);
    for (piece, column, rotation) in pieces {
        let (went, gone) = environment.drop(PIECES[*piece].1[*rotation].map(|bits| bits << column));
        lines += went;
        lost += gone;
    }
    (environment.rows, lines, lost)
}

#[test]
fn pieces_fall_onto_the_contour() {
    assert_eq!(drop(&[(0, 0, 0), (0, 0, 0)]), ([0b1, 0b1], 0, 0));
    assert_eq!(drop(&[(3, 0, 0), (1, 2, 0)]), ([0b1111, 0b11], 0, 0));
    // A diagonal rests on the single below its lower cell; its upper cell is in the third row.
    assert_eq!(drop(&[(0, 1, 0), (4, 0, 1)]), ([0b10, 0b01], 0, 1));
}

#[test]
fn rows_above_the_second_push_the_lowest_out() {
    assert_eq!(drop(&[(3, 0, 0), (0, 0, 0)]), ([0b11, 0b1], 0, 1));
    assert_eq!(drop(&[(3, 0, 0), (3, 1, 0)]), ([0b110, 0b110], 0, 2));
}

#[test]
fn full_lines_go() {
    assert_eq!(drop(&[(3, 0, 0), (3, 2, 0), (3, 4, 0)]), ([0, 0], 2, 0));
    assert_eq!(drop(&[(3, 0, 0), (1, 2, 0), (1, 4, 0)]), ([0b11, 0], 1, 0));
}

#[test]
fn every_piece_has_its_legal_placements() {
    assert_eq!(LEGAL.map(ActionMask::count), [6, 11, 20, 5, 10]);
}

#[test]
fn random_play_stays_among_the_states_and_counts() {
    let mut environment = environment();
    let mut generator = Generator::new(Seed::default());
    environment.reset(Seed::new(4).unwrap());
    let mut total = 0.0;
    let last = loop {
        let legal = environment.legal_actions();
        let step = environment.step(legal.nth(generator.below(legal.count()))).unwrap();
        total += step.reward;
        assert!(environment.state() < STATES && environment.rows.iter().all(|row| *row < FULL));
        if step.ended() {
            break step;
        }
    };
    assert!(last.truncated);
    let mut counters = [0.0; 2];
    environment.counters(&mut counters);
    assert_eq!(total, -counters[0]);
    assert!(counters[0] > 0.0 && counters[1] > 0.0, "{counters:?}");
}
