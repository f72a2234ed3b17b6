//! The camera: where the scene lies on the canvas.

use shared::describe::StateLayout;
use shared::event::Frame;
use std::borrow::Cow;

/// Maps scene units to canvas pixels: the whole scene, centred, as large as it fits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Camera {
    /// Pixels per scene unit.
    pub scale: f64,
    /// Left edge of the scene in pixels.
    pub left: f64,
    /// Upper edge of the scene in pixels.
    pub top: f64,
    /// Width and height of the scene in pixels.
    pub size: (f64, f64),
}

impl Camera {
    /// Fits a scene into a canvas. Large cells are snapped to whole pixels, so that all are equally wide.
    pub fn fit(scene: (f32, f32), canvas: (f64, f64)) -> Self {
        let (width, height) = (f64::from(scene.0).max(1e-6), f64::from(scene.1).max(1e-6));
        let fitting = (canvas.0 / width).min(canvas.1 / height);
        let scale = if fitting >= 8.0 { fitting.floor() } else { fitting };
        Self {
            scale,
            left: ((canvas.0 - width * scale) / 2.0).round(),
            top: ((canvas.1 - height * scale) / 2.0).round(),
            size: (width * scale, height * scale),
        }
    }

    /// A point of the scene on the canvas.
    pub fn to_canvas(self, x: f64, y: f64) -> (f64, f64) {
        (self.left + x * self.scale, self.top + y * self.scale)
    }

    /// A point of the canvas in the scene.
    pub fn to_scene(self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.left) / self.scale, (y - self.top) / self.scale)
    }
}

/// The state whose slice is shown: the agent's. Where the episode has ended it is the one before: nothing is ever learned of an end.
pub fn seen_from(frame: &Frame) -> Option<u32> {
    let has_ended = frame.episode_step > 0 && frame.action.is_none() && frame.box_action.is_none();
    frame.trail.iter().nth_back(1).filter(|_| has_ended).copied().or(frame.state)
}

/// The places of the states while the agent is `here`. Where several states in a row share a place they are slices of what the scene
/// cannot show at once, and those beside the agent's have it; what lies left of the scene has no place. Without a place a state is
/// neither drawn nor pointed at.
pub fn slice(layout: &StateLayout, here: Option<u32>) -> Cow<'_, StateLayout> {
    let StateLayout::Boxes { centres, size } = layout else { return Cow::Borrowed(layout) };
    let placed: Vec<_> = centres.iter().skip_while(|(x, _)| *x < 0.0).collect();
    let slices = placed.iter().take_while(|it| **it == placed[0]).count();
    if slices < 2 && placed.len() == centres.len() {
        return Cow::Borrowed(layout);
    }
    let slices = slices.max(1);
    let present = here.unwrap_or_default() as usize % slices;
    let is_seen = |(index, (x, _)): (usize, &(f32, f32))| index % slices == present && *x >= 0.0;
    let nowhere = (f32::NAN, f32::NAN);
    let centres = centres.iter().enumerate().map(|it| if is_seen(it) { *it.1 } else { nowhere }).collect();
    Cow::Owned(StateLayout::Boxes { centres, size: *size })
}

/// Where a state lies in the scene: left, top, width, height.
pub fn state_box(layout: &StateLayout, state: u32) -> Option<(f64, f64, f64, f64)> {
    match layout {
        StateLayout::Grid { columns, rows } => (*columns > 0 && state / columns < *rows)
            .then(|| (f64::from(state % columns), f64::from(state / columns), 1.0, 1.0)),
        StateLayout::Boxes { centres, size } => centres.get(state as usize).map(|(x, y)| {
            let (width, height) = (f64::from(size.0), f64::from(size.1));
            (f64::from(*x) - width / 2.0, f64::from(*y) - height / 2.0, width, height)
        }),
    }
}

/// The state drawn at a point of the scene.
pub fn state_at(layout: &StateLayout, x: f64, y: f64) -> Option<u32> {
    match layout {
        StateLayout::Grid { columns, rows } => {
            let inside = x >= 0.0 && y >= 0.0 && x < f64::from(*columns) && y < f64::from(*rows);
            // Above what a number holds there is no state.
            (y as u32).checked_mul(*columns)?.checked_add(x as u32).filter(|_| inside)
        }
        StateLayout::Boxes { centres, size } => centres
            .iter()
            .position(|(centre_x, centre_y)| {
                (x - f64::from(*centre_x)).abs() <= f64::from(size.0) / 2.0
                    && (y - f64::from(*centre_y)).abs() <= f64::from(size.1) / 2.0
            })
            .map(|index| index as u32),
    }
}

/// The neighbour of a state in a direction, for walking over the states by keyboard.
pub fn state_beside(layout: &StateLayout, state: u32, (dx, dy): (i32, i32)) -> u32 {
    match layout {
        StateLayout::Grid { columns, rows } => {
            let Some((x, y)) = state.checked_rem(*columns).zip(state.checked_div(*columns)) else { return 0 };
            let x = x.saturating_add_signed(dx).min(columns - 1);
            let y = y.saturating_add_signed(dy).min(rows.saturating_sub(1));
            y.saturating_mul(*columns).saturating_add(x)
        }
        StateLayout::Boxes { centres, .. } => {
            let Some((from_x, from_y)) = centres.get(state as usize) else { return 0 };
            let ahead = |x: f32, y: f32| (x - from_x) * dx as f32 + (y - from_y) * dy as f32;
            let aside = |x: f32, y: f32| ((x - from_x) * dy as f32).abs() + ((y - from_y) * dx as f32).abs();
            centres
                .iter()
                .enumerate()
                .filter(|(_, (x, y))| ahead(*x, *y) > 1e-3)
                .min_by(|(_, a), (_, b)| {
                    let cost = |(x, y): (f32, f32)| ahead(x, y) + 2.0 * aside(x, y);
                    cost(**a).total_cmp(&cost(**b))
                })
                .map_or(state, |(index, _)| index as u32)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: StateLayout = StateLayout::Grid { columns: 5, rows: 4 };

    #[test]
    fn of_states_at_one_place_those_beside_the_agents_are_seen() {
        let away = (-1.0, -1.0);
        let centres = vec![away, away, (1.0, 1.0), (1.0, 1.0), (3.0, 1.0), (3.0, 1.0), away];
        let boxes = StateLayout::Boxes { centres, size: (1.0, 1.0) };
        for (here, expected) in [(None, [2, 4]), (Some(4), [2, 4]), (Some(5), [3, 5])] {
            let seen = slice(&boxes, here);
            assert_eq!([1.0, 3.0].map(|x| state_at(&seen, x, 1.0)), expected.map(Some), "{here:?}");
            assert_eq!(state_beside(&seen, expected[0], (1, 0)), expected[1]);
            assert_eq!(state_beside(&seen, expected[0], (-1, 0)), expected[0], "nothing lies there");
        }
        let plain = StateLayout::Boxes { centres: vec![(1.0, 1.0), (3.0, 1.0)], size: (1.0, 1.0) };
        assert!(matches!(slice(&plain, Some(1)), Cow::Borrowed(_)) && matches!(slice(&GRID, None), Cow::Borrowed(_)));
        let empty = StateLayout::Boxes { centres: vec![], size: (1.0, 1.0) };
        assert_eq!(state_at(&slice(&empty, None), 1.0, 1.0), None);
    }

    #[test]
    fn after_an_episode_the_slice_is_the_one_that_the_agent_came_from() {
        let mut frame = Frame {
            scene: shared::scene::Scene::new(1.0, 1.0),
            state: Some(7),
            episode: 0,
            episode_step: 3,
            episode_return: 0.0,
            action: Some(1),
            box_action: None,
            trail: vec![2, 3, 5, 7].into(),
        };
        assert_eq!(seen_from(&frame), Some(7));
        frame.action = None;
        assert_eq!(seen_from(&frame), Some(5));
        // Before the first step nothing has ended.
        (frame.episode_step, frame.trail) = (0, vec![7].into());
        assert_eq!(seen_from(&frame), Some(7));
    }

    #[test]
    fn the_scene_is_centred_and_round_trips() {
        let camera = Camera::fit((5.0, 4.0), (600.0, 410.0));
        assert_eq!(camera, Camera { scale: 102.0, left: 45.0, top: 1.0, size: (510.0, 408.0) });
        let (x, y) = camera.to_canvas(2.5, 1.25);
        assert_eq!(camera.to_scene(x, y), (2.5, 1.25));
    }

    #[test]
    fn cells_and_boxes_are_hit_where_they_are_drawn() {
        assert_eq!(state_at(&GRID, 4.9, 3.1), Some(19));
        assert_eq!(state_at(&GRID, 5.1, 3.1), None);
        assert_eq!(state_at(&GRID, -0.1, 0.0), None);
        let boxes = StateLayout::Boxes { centres: vec![(1.0, 1.0), (3.0, 1.0)], size: (1.0, 1.0) };
        assert_eq!(state_at(&boxes, 3.4, 0.6), Some(1));
        assert_eq!(state_at(&boxes, 2.0, 1.0), None);
        assert_eq!(state_box(&boxes, 1), Some((2.5, 0.5, 1.0, 1.0)));
        assert_eq!(state_box(&boxes, 2), None);
    }

    #[test]
    fn a_grid_without_cells_has_no_states() {
        for (columns, rows) in [(0, 0), (0, 5), (5, 0), (u32::MAX, u32::MAX)] {
            let grid = StateLayout::Grid { columns, rows };
            assert_eq!(state_beside(&grid, 0, (-1, -1)), 0);
            assert_eq!(state_at(&grid, 0.5, 0.5).is_some(), columns > 0 && rows > 0);
            assert_eq!(state_box(&grid, 0).is_some(), columns > 0 && rows > 0);
        }
    }

    #[test]
    fn arrow_keys_walk_and_stop_at_the_border() {
        assert_eq!(state_beside(&GRID, 0, (1, 0)), 1);
        assert_eq!(state_beside(&GRID, 0, (-1, 0)), 0);
        assert_eq!(state_beside(&GRID, 7, (0, 1)), 12);
        let boxes = StateLayout::Boxes { centres: vec![(1.0, 1.0), (3.0, 1.0), (1.0, 4.0)], size: (1.0, 1.0) };
        assert_eq!(state_beside(&boxes, 0, (1, 0)), 1);
        assert_eq!(state_beside(&boxes, 0, (0, 1)), 2);
        assert_eq!(state_beside(&boxes, 0, (0, -1)), 0);
    }
}
