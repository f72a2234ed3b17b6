//! The route that both minibus environments drive: 29 cells of a 15 × 15 town, from Ubungo to Posta.

use crate::random::Generator;

/// Cells of the route.
pub(crate) const CELLS: usize = 29;

/// Positions of the stops on the route: (4,14), (8,14), (14,8) and (14,3).
pub(crate) const STOPS: [u8; 4] = [4, 8, 20, 25];

/// Who waits at the stops when an episode begins.
pub(crate) const WAITING: [u8; 4] = [8, 5, 1, 1];

/// Names along the route, with their positions.
pub(crate) const NAMES: [(usize, &str); 4] = [(0, "Ubungo"), (8, "Morocco"), (20, "Kariakoo"), (28, "Posta")];

/// Most passengers whom the law allows.
pub(crate) const LEGAL: u32 = 33;
/// More than these are a danger.
pub(crate) const OVERLOADED: u32 = 40;
/// Nobody fits in beyond these.
pub(crate) const CAPACITY: u32 = 50;
/// Greatest speed.
pub(crate) const MAX_SPEED: u32 = 3;
/// What a passenger pays, in Tanzanian shillings.
pub(crate) const FARE_TSH: u32 = 1000;
/// Money of a full scale, in Tanzanian shillings.
pub(crate) const FULL_PURSE_TSH: u32 = 150_000;

/// The cells that are no stops.
const PLAIN: [u8; 25] = {
    let mut cells = [0; 25];
    let (mut cell, mut index) = (0, 0);
    while cell < CELLS as u8 {
        if cell != STOPS[0] && cell != STOPS[1] && cell != STOPS[2] && cell != STOPS[3] {
            cells[index] = cell;
            index += 1;
        }
        cell += 1;
    }
    cells
};

/// Column and row of a position on the route.
pub(crate) const fn place(position: usize) -> (usize, usize) {
    if position < 15 { (position, 14) } else { (14, 28 - position) }
}

/// Index of the stop at a position.
#[inline]
pub(crate) const fn stop_at(position: usize) -> Option<usize> {
    match position {
        4 => Some(0),
        8 => Some(1),
        20 => Some(2),
        25 => Some(3),
        _ => None,
    }
}

/// A set of route cells, one bit each.
pub(crate) type Cells = u32;

/// Whether a position is in a set; positions beyond the route are in none.
#[inline]
pub(crate) const fn has(cells: Cells, position: usize) -> bool {
    cells >> position & 1 == 1
}

/// Cells from `position` to the nearest of a set ahead, itself included.
#[inline]
pub(crate) const fn distance(cells: Cells, position: usize) -> Option<u32> {
    let ahead = cells >> position;
    if ahead == 0 { None } else { Some(ahead.trailing_zeros()) }
}

/// Draws seven distinct cells that are no stops: three of police, then four of lights.
#[inline]
pub(crate) fn draw_hazards(generator: &mut Generator) -> (Cells, [u8; 4]) {
    let mut cells = PLAIN;
    for index in 0..7 {
        let other = index + generator.below(25 - index as u32) as usize;
        cells.swap(index, other);
    }
    let police = 1 << cells[0] | 1 << cells[1] | 1 << cells[2];
    (police, [cells[3], cells[4], cells[5], cells[6]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::quantity::Seed;

    #[test]
    fn the_route_turns_at_the_corner_and_passes_the_stops() {
        assert_eq!([place(0), place(14), place(15), place(28)], [(0, 14), (14, 14), (14, 13), (14, 0)]);
        assert_eq!(STOPS.map(|stop| place(usize::from(stop))), [(4, 14), (8, 14), (14, 8), (14, 3)]);
        assert!((0..CELLS).all(|cell| stop_at(cell).is_some() == STOPS.contains(&(cell as u8))));
    }

    #[test]
    fn hazards_are_seven_distinct_cells_beside_the_stops() {
        let mut generator = Generator::new(Seed::default());
        for _ in 0..1000 {
            let (police, lights) = draw_hazards(&mut generator);
            let all = lights.iter().fold(police, |cells, light| cells | 1 << light);
            assert_eq!((police.count_ones(), all.count_ones()), (3, 7));
            assert!(STOPS.iter().all(|stop| !has(all, usize::from(*stop))));
        }
    }

    #[test]
    fn distances_count_from_here() {
        assert_eq!(distance(0b1000, 1), Some(2));
        assert_eq!(distance(0b1000, 3), Some(0));
        assert_eq!(distance(0b1000, 4), None);
    }
}
