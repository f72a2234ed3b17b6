//! What is drawn over the environment: colours, numbers, arrows, the last path.

use super::camera::{Camera, state_at, state_box};
use super::labels::SceneLabels;
use super::layer::{StateLayer, best_actions, legal_values};
use super::palette::SceneColour;
use super::pen::CanvasPen;
use super::ramp::wants_dark_ink;
use super::tiles::gap_and_radius;
use crate::format::bounded;
use crate::language::translated;
use shared::describe::{ActionDescription, EnvironmentDescription, ObservationBoard, StateLayout};
use shared::event::Values;
use shared::scene::{Anchor, Shape};
use std::fmt::Write as _;

/// A step over more cells than these is a leap.
const LEAP_CELLS: f64 = 4.0;

/// A step to where the path began over more cells than these is one, too: the agent was carried back.
const BACK_CELLS: f64 = 1.5;

/// How much of a round state is its rim.
const RIM_SHARE: f64 = 0.13;

const DARK_INK: &str = "#10201a";
const LIGHT_INK: &str = "#f2f8f2";

/// Where the states are and which of them are painted.
#[derive(Clone, Copy, Debug)]
pub struct PaintedStates<'a> {
    /// Places of the states.
    pub layout: &'a StateLayout,
    /// Whether a state is painted.
    pub shown: &'a [bool],
    /// The states through whose middles a path is drawn.
    pub path: &'a [u32],
}

impl PaintedStates<'_> {
    /// Left, top, width and height in pixels of every painted state.
    fn places(&self, camera: Camera) -> impl Iterator<Item = (usize, StateBox)> {
        self.shown.iter().enumerate().filter(|(_, shown)| **shown).filter_map(move |(state, _)| {
            let (x, y, width, height) = state_box(self.layout, state as u32)?;
            let (left, top) = camera.to_canvas(x, y);
            Some((state, StateBox { left, top, width: width * camera.scale, height: height * camera.scale }))
        })
    }

    fn state_at(&self, x: f32, y: f32) -> Option<usize> {
        let state = state_at(self.layout, f64::from(x), f64::from(y))? as usize;
        self.shown.get(state).copied().unwrap_or(false).then_some(state)
    }

    /// Writes over a state, so that no path crosses the letters out.
    fn write(
        &self,
        pen: CanvasPen<'_>,
        layer: Option<&StateLayer>,
        (state, text): (usize, &str),
        place: (f64, f64),
        (size, weight, anchor): (f64, u32, Anchor),
    ) {
        if self.path.contains(&(state as u32)) {
            let shade = layer.filter(|layer| layer.is_known(state)).and_then(|it| Some((it, it.values.get(state)?)));
            let colour = shade.map_or_else(
                || pen.palette.role(SceneColour::Ground).to_owned(),
                |(layer, value)| css(layer.ramp.colour(layer.share(*value))),
            );
            pen.rim(text, place, size, (weight, anchor), &colour);
        }
        pen.text(text, place, size, weight, anchor);
    }

    const fn is_grid(&self) -> bool {
        matches!(self.layout, StateLayout::Grid { .. })
    }

    /// Whether the states are discs, as square boxes are; they keep their rims, which tell where the agent is.
    fn is_round(&self) -> bool {
        matches!(self.layout, StateLayout::Boxes { size, .. } if size.0 == size.1)
    }
}

#[derive(Clone, Copy)]
struct StateBox {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl StateBox {
    const fn middle(self) -> (f64, f64) {
        (self.left + self.width / 2.0, self.top + self.height / 2.0)
    }

    const fn side(self) -> f64 {
        self.width.min(self.height)
    }
}

fn css([red, green, blue]: [u8; 3]) -> String {
    format!("rgb({red},{green},{blue})")
}

/// Of every cell of a board, how much a decision depends on it: the sizes of its slopes in all planes, as shares of the greatest.
fn attention(saliency: &[f32], cells: usize) -> Vec<f64> {
    let of_cell = |cell| saliency.iter().skip(cell).step_by(cells).map(|slope| f64::from(slope.abs())).sum();
    let mut weights: Vec<f64> = (0..cells).map(of_cell).collect();
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let scale = if largest > 0.0 && largest.is_finite() { 1.0 / largest } else { 0.0 };
    for weight in &mut weights {
        *weight *= scale;
    }
    weights
}

/// Tints the cells of the board that is observed, the stronger the more the decision depends on them.
pub fn looks(pen: CanvasPen<'_>, board: &ObservationBoard, saliency: &[f32]) {
    let (columns, cells) = (board.columns as usize, (board.rows as usize).saturating_mul(board.columns as usize));
    if saliency.len() < cells {
        return;
    }
    pen.context.set_fill_style_str(&pen.palette.amber);
    for (cell, share) in attention(saliency, cells).into_iter().enumerate() {
        let place = |corner: f32, cells: usize| f64::from(corner) + cells as f64;
        let (left, top) =
            pen.camera.to_canvas(place(board.corner.0, cell % columns), place(board.corner.1, cell / columns));
        pen.context.set_global_alpha(0.8 * share);
        pen.context.fill_rect(left, top, pen.camera.scale, pen.camera.scale);
    }
    pen.context.set_global_alpha(1.0);
}

/// Paints the states in the colours of a layer; states of one colour in one go.
pub fn paint(pen: CanvasPen<'_>, states: PaintedStates<'_>, layer: &StateLayer) {
    let mut by_shade: Vec<Vec<StateBox>> = vec![Vec::new(); 128];
    let mut unknown = Vec::new();
    for (state, place) in states.places(pen.camera) {
        if !layer.is_known(state) {
            unknown.push(place);
        } else if let Some(value) = layer.values.get(state) {
            let shade = (layer.share(*value).clamp(0.0, 1.0) * 127.0).round() as usize;
            by_shade[shade.min(127)].push(place);
        }
    }
    let is_round = states.is_round();
    pen.context.set_global_alpha(if states.is_grid() || is_round { 1.0 } else { 0.72 });
    for (shade, places) in by_shade.iter().enumerate().filter(|(_, places)| !places.is_empty()) {
        pen.context.set_fill_style_str(&css(layer.ramp.colour(shade as f64 / 127.0)));
        let first = places[0];
        if states.is_grid() && gap_and_radius(first.side()).0 == 0.0 {
            pen.fill_specks(places.iter().map(|it| (it.left, it.top)), (first.width, first.height));
            continue;
        }
        fill_places(pen, states, places);
    }
    pen.context.set_global_alpha(1.0);
    hatch(pen, states, &unknown);
}

/// Fills states that are large enough for gaps, in the present style.
fn fill_places(pen: CanvasPen<'_>, states: PaintedStates<'_>, places: &[StateBox]) {
    let is_round = states.is_round();
    pen.context.begin_path();
    for place in places {
        let side = place.side();
        let (gap, radius) = match states.is_grid() {
            true => gap_and_radius(side),
            false if is_round => (side * RIM_SHARE, side),
            false => (0.0, side * 0.12),
        };
        pen.add_round_box(
            (place.left + gap / 2.0, place.top + gap / 2.0),
            (place.width - gap, place.height - gap),
            radius,
        );
    }
    pen.context.fill();
}

/// Hatches the states of which nothing is known yet: no colour of the scale.
fn hatch(pen: CanvasPen<'_>, states: PaintedStates<'_>, places: &[StateBox]) {
    let (Some(first), Some(pattern)) = (places.first(), pen.hatching()) else { return };
    pen.context.set_fill_style_canvas_pattern(&pattern);
    if states.is_grid() && gap_and_radius(first.side()).0 == 0.0 {
        pen.fill_specks(places.iter().map(|it| (it.left, it.top)), (first.width, first.height));
    } else {
        fill_places(pen, states, places);
    }
}

/// The size of the number in a cell of this side, where there is room for one.
fn number_size(side: f64, ratio: f64) -> Option<f64> {
    (side >= 34.0 * ratio).then(|| (side * 0.145).clamp(9.0 * ratio, 15.0 * ratio).max((side * 0.09).min(34.0 * ratio)))
}

/// How far arrows reach in a cell of this side, and how far below its middle they begin: clear of the number above
/// them, which takes a greater part of a small cell. Both as shares of the side.
fn arrow_room(side: f64, ratio: f64, numbered: bool) -> (f64, f64) {
    let Some(size) = number_size(side, ratio).filter(|_| numbered) else { return (0.25, 0.0) };
    let crowded = (size / side - 0.145).max(0.0);
    (0.25 - 0.35 * crowded, 0.09 + 0.45 * crowded)
}

/// Writes each state's number into its upper right corner, or into a disc's upper part, where there is room.
pub fn numbers(pen: CanvasPen<'_>, states: PaintedStates<'_>, layer: &StateLayer) {
    let decimals = decimals_for(layer);
    for (state, place) in states.places(pen.camera) {
        let Some(value) = layer.values.get(state).filter(|_| layer.is_known(state)) else { continue };
        let Some(size) = number_size(place.side(), pen.ratio) else { continue };
        pen.context.set_fill_style_str(ink_on(pen, layer, state, states));
        pen.faded(0.92, || {
            let (point, anchor) = if states.is_round() {
                ((place.middle().0, place.top + place.height * 0.25), Anchor::Middle)
            } else {
                ((place.left + place.width - size * 0.85, place.top + size * 1.25), Anchor::End)
            };
            states.write(pen, Some(layer), (state, &bounded(*value, decimals)), point, (size, 560, anchor));
        });
    }
}

/// Words of the scene, in a colour that can be read on what they stand.
pub fn words(
    pen: CanvasPen<'_>,
    labels: &SceneLabels<'_>,
    states: PaintedStates<'_>,
    layer: &StateLayer,
    shapes: &[&Shape],
) {
    for shape in shapes {
        let state = if let Shape::Text { x, y, .. } = shape { states.state_at(*x, *y) } else { None };
        match (state, labels.of(shape)) {
            (Some(state), Some(label)) => {
                pen.context.set_fill_style_str(ink_on(pen, layer, state, states));
                states.write(pen, Some(layer), (state, &label.text), label.place, (label.size, 560, Anchor::Start));
            }
            _ => super::scene::draw(pen, labels, [*shape]),
        }
    }
}

/// An arrow for every best action; with a soft policy, one for every action, as long as it is likely.
/// With numbers in the corners they stand a little lower.
pub fn arrows(
    pen: CanvasPen<'_>,
    states: PaintedStates<'_>,
    layer: Option<&StateLayer>,
    numbered: bool,
    (values, environment): (&Values, &EnvironmentDescription),
) {
    let count = (values.actions as usize).max(1);
    if count < 2 {
        return;
    }
    for (state, place) in states.places(pen.camera) {
        let Some(row) = values.q.get(state * count..(state + 1) * count) else { continue };
        let side = place.side();
        if side < 12.0 {
            continue;
        }
        let ink = layer.map_or(pen.palette.role(SceneColour::Ink), |layer| ink_on(pen, layer, state, states));
        pen.context.set_global_alpha(0.8);
        let likely = values.policy.as_ref().and_then(|policy| policy.get(state * count..(state + 1) * count));
        let drawn: Vec<(usize, f64)> = match likely {
            Some(chances) => {
                legal_values(chances, environment, state).map(|(action, chance)| (action, f64::from(chance))).collect()
            }
            None => best_actions(row, environment, state).into_iter().map(|action| (action, 1.0)).collect(),
        };
        let (x, y) = place.middle();
        let (most, lower) = arrow_room(side, pen.ratio, numbered);
        let below = (x, y + side * lower);
        let (mut names, mut keys) = (String::new(), String::new());
        for (action, strength) in drawn {
            match environment.actions.get(action) {
                Some(ActionDescription { arrow: Some((dx, dy)), .. }) if strength > 0.02 => {
                    let reach = side * most * strength.sqrt();
                    arrow(pen, below, (f64::from(*dx), f64::from(*dy)), reach, side, ink);
                }
                Some(ActionDescription { name, key, arrow: None, .. }) if strength > 0.5 => {
                    let _ = write!(names, "{}{}", if names.is_empty() { "" } else { " " }, translated(name));
                    keys.push_str(key);
                }
                _ => {}
            }
        }
        if !names.is_empty() && side > 30.0 {
            pen.context.set_fill_style_str(ink);
            let lower = (x, y + if states.is_grid() { 0.0 } else { place.height * 0.3 });
            let within = if states.is_round() { side * 1.3 / names.len() as f64 } else { f64::MAX };
            let size = (side * 0.16).min(13.0 * pen.ratio).min(within);
            states.write(pen, layer, (state, &names), lower, (size, 560, Anchor::Middle));
        } else if keys.len() == 1 {
            // There is room for the key that takes it.
            pen.context.set_fill_style_str(ink);
            states.write(pen, layer, (state, &keys), (x, y), (side * 0.6, 560, Anchor::Middle));
        }
        pen.context.set_global_alpha(1.0);
    }
}

fn arrow(pen: CanvasPen<'_>, (x, y): (f64, f64), (dx, dy): (f64, f64), reach: f64, side: f64, ink: &str) {
    let length = dx.hypot(dy).max(1e-6);
    let (ux, uy) = (dx / length, dy / length);
    let head = (side * 0.085).min(reach * 0.6);
    let start = side * 0.03;
    let neck = (reach - head).max(start);
    pen.context.set_stroke_style_str(ink);
    pen.context.set_line_width((side * 0.034).max(1.0));
    pen.context.set_line_cap("round");
    pen.line(&[(x + ux * start, y + uy * start), (x + ux * neck, y + uy * neck)]);
    pen.context.set_fill_style_str(ink);
    pen.context.begin_path();
    pen.context.move_to(x + ux * (reach + head * 0.35), y + uy * (reach + head * 0.35));
    pen.context.line_to(x + ux * neck - uy * head * 0.72, y + uy * neck + ux * head * 0.72);
    pen.context.line_to(x + ux * neck + uy * head * 0.72, y + uy * neck - ux * head * 0.72);
    pen.context.close_path();
    pen.context.fill();
}

/// Every legal action's value in the part of the cell that it points to; without arrows, as a list.
pub fn action_values(
    pen: CanvasPen<'_>,
    states: PaintedStates<'_>,
    layer: Option<&StateLayer>,
    values: &Values,
    environment: &EnvironmentDescription,
) {
    let arrow_of = |action: usize| environment.actions.get(action).and_then(|it| it.arrow);
    let count = (values.actions as usize).max(1);
    let ratio = pen.ratio;
    for (state, place) in states.places(pen.camera) {
        let Some(row) = values.q.get(state * count..(state + 1) * count) else { continue };
        let side = place.side();
        if side < 52.0 * ratio || count > 9 {
            continue;
        }
        let size = (side * 0.115).clamp(8.5 * ratio, 13.0 * ratio);
        let best = best_actions(row, environment, state);
        let ink = layer.map_or(pen.palette.role(SceneColour::Ink), |layer| ink_on(pen, layer, state, states));
        pen.context.set_fill_style_str(ink);
        let (x, y) = place.middle();
        let legal = legal_values(row, environment, state);
        let listed = legal.clone().filter(|(action, _)| arrow_of(*action).is_none()).count();
        let mut line = 0;
        for (index, value) in legal {
            let point = if let Some((dx, dy)) = arrow_of(index) {
                (x + f64::from(dx) * side * 0.3, y + f64::from(dy) * side * 0.36)
            } else {
                line += 1;
                (x, y + (f64::from(line) - f64::midpoint(listed as f64, 1.0)) * size * 1.25)
            };
            pen.context.set_global_alpha(if best.contains(&index) { 1.0 } else { 0.62 });
            let weight = if best.contains(&index) { 700 } else { 480 };
            states.write(pen, layer, (state, &bounded(f64::from(value), 2)), point, (size, weight, Anchor::Middle));
        }
        pen.context.set_global_alpha(1.0);
    }
}

/// The path of the episode so far, through the middles of its states; a leap to somewhere else is no path.
pub fn trail(pen: CanvasPen<'_>, layout: &StateLayout, states: &[u32], to: Option<(f64, f64)>) {
    let mut points: Vec<_> = states
        .iter()
        .filter_map(|state| {
            let (x, y, width, height) = state_box(layout, *state)?;
            Some(pen.camera.to_canvas(x + width / 2.0, y + height / 2.0))
        })
        .collect();
    if let (Some(last), Some(to)) = (points.last_mut(), to) {
        *last = to;
    }
    let cell = pen.camera.scale;
    let (side, leap, back) = match layout {
        StateLayout::Grid { .. } => (cell, LEAP_CELLS * cell, BACK_CELLS * cell),
        StateLayout::Boxes { size, .. } => (cell * f64::from(size.0.min(size.1)), f64::INFINITY, f64::INFINITY),
    };
    let start = states.first();
    pen.context.set_line_cap("round");
    pen.context.set_line_join("round");
    pen.context.set_stroke_style_str(&pen.palette.trail);
    for (width, alpha) in [(0.13, 0.28), (0.055, 0.95)] {
        pen.context.set_line_width((side * width).max(1.0));
        pen.faded(alpha, || {
            pen.context.begin_path();
            for (index, (x, y)) in points.iter().enumerate() {
                match index.checked_sub(1).map(|before| points[before]) {
                    Some((from_x, from_y))
                        if (x - from_x).hypot(y - from_y) < if states.get(index) == start { back } else { leap } =>
                    {
                        pen.context.line_to(*x, *y);
                    }
                    _ => pen.context.move_to(*x, *y),
                }
            }
            pen.context.stroke();
        });
    }
}

/// A frame around the state that is looked at.
pub fn focus(pen: CanvasPen<'_>, layout: &StateLayout, state: u32) {
    let Some((x, y, width, height)) = state_box(layout, state) else { return };
    let (left, top) = pen.camera.to_canvas(x, y);
    let (width, height) = (width * pen.camera.scale, height * pen.camera.scale);
    let (gap, radius) = gap_and_radius(width.min(height));
    pen.round_box((left + gap / 2.0, top + gap / 2.0), (width - gap, height - gap), radius);
    let line = (width.min(height) * 0.035).clamp(2.0, 4.0);
    for (colour, extra) in [(pen.palette.role(SceneColour::Black), 2.0), (pen.palette.role(SceneColour::White), 0.0)] {
        pen.context.set_stroke_style_str(colour);
        pen.context.set_line_width(line + extra);
        pen.faded(if extra > 0.0 { 0.35 } else { 1.0 }, || pen.context.stroke());
    }
}

fn ink_on<'a>(pen: CanvasPen<'a>, layer: &StateLayer, state: usize, states: PaintedStates<'_>) -> &'a str {
    if !states.shown.get(state).copied().unwrap_or(false) {
        return LIGHT_INK;
    }
    if !layer.is_known(state) {
        return pen.palette.role(SceneColour::Ink);
    }
    let share = layer.values.get(state).map_or(0.0, |value| layer.share(*value));
    if wants_dark_ink(layer.ramp.colour(share)) { DARK_INK } else { LIGHT_INK }
}

/// Decimals that tell neighbouring values of a layer apart.
fn decimals_for(layer: &StateLayer) -> usize {
    let span = (layer.high - layer.low).abs().max(layer.high.abs());
    let mut known = layer.values.iter().enumerate().filter(|(state, _)| layer.is_known(*state));
    let whole = known.all(|(_, value)| value.fract() == 0.0);
    if whole || span >= 1_000.0 {
        0
    } else if span >= 100.0 {
        1
    } else if span >= 0.05 {
        2
    } else {
        3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_counts_by_the_slopes_of_all_planes_whatever_their_signs() {
        assert_eq!(attention(&[0.5, -1.0, 0.0, -0.5, 1.0, 0.0], 3), [0.5, 1.0, 0.0]);
        assert_eq!(attention(&[0.0; 4], 2), [0.0, 0.0]);
        assert_eq!(attention(&[f32::INFINITY, 1.0], 2)[1], 0.0);
    }

    #[test]
    fn arrows_stay_clear_of_the_number_above_them() {
        for side in 20..400 {
            for ratio in [1.0, 1.5, 3.0] {
                let side = f64::from(side);
                let (reach, lower) = arrow_room(side, ratio, true);
                let number = number_size(side, ratio).map_or(0.0, |size| size * 1.5 / side);
                let (top, bottom) = (0.5 + lower - reach, 0.5 + lower + reach);
                assert!(top >= number && bottom < 0.95, "{side} {ratio}: {top} to {bottom} below {number}");
            }
        }
        assert_eq!(arrow_room(30.0, 1.0, true), arrow_room(100.0, 1.0, false));
    }
}
