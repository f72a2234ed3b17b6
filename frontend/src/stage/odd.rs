//! Odd scenes: whatever an environment or a relay sends, nothing that works out the picture panics.

use super::camera::{Camera, slice, state_at, state_beside, state_box};
use super::layer::{Paint, StateLayer, best_actions, painted_states};
use super::ramp::wants_dark_ink;
use super::tiles::gap_and_radius;
use super::tween::Tween;
use crate::store::Scales;
use proptest::prelude::*;
use shared::describe::{EnvironmentDescription, StateLayout};
use shared::event::{OptimalSolution, Values};
use shared::scene::{Anchor, Ink, Scene, Shape, Sprite, Tile};
use std::collections::BTreeMap;

/// Any number, and often one that is odd.
fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<f32>(),
        -20.0_f32..20.0,
        prop::sample::select(vec![0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1e-45]),
    ]
}

fn count() -> impl Strategy<Value = u32> {
    prop_oneof![0_u32..20, any::<u32>(), prop::sample::select(vec![0, 1, u32::MAX])]
}

fn layout() -> impl Strategy<Value = StateLayout> {
    let boxes = (prop::collection::vec((number(), number()), 0..9), (number(), number()));
    prop_oneof![
        (count(), count()).prop_map(|(columns, rows)| StateLayout::Grid { columns, rows }),
        boxes.prop_map(|(centres, size)| StateLayout::Boxes { centres, size }),
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    let tiles = (count(), prop::collection::vec(any::<u8>(), 0..30));
    let cells = (number(), number(), tiles).prop_map(|(x, y, (columns, tiles))| Shape::Cells {
        x,
        y,
        columns,
        tiles: tiles.into(),
        legend: vec![Tile::Floor, Tile::Wall],
    });
    let sprite = (number(), number(), number(), number()).prop_map(|(x, y, size, turn)| Shape::Sprite {
        sprite: Sprite::Creature,
        x,
        y,
        size,
        turn,
        ink: Ink::Agent,
    });
    let text = (number(), number(), number(), any::<String>()).prop_map(|(x, y, size, text)| Shape::Text {
        x,
        y,
        size,
        text,
        ink: Ink::Ink,
        anchor: Anchor::Middle,
    });
    prop_oneof![cells, sprite, text]
}

fn column(most: usize) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(number(), 0..most)
}

fn described(legal: Vec<u64>) -> EnvironmentDescription {
    EnvironmentDescription { legal_actions: legal.into(), ..EnvironmentDescription::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_scene_makes_the_stage_panic(
        layout in layout(),
        shapes in prop::collection::vec(shape(), 0..6),
        size in (number(), number()),
        canvas in (0_u32..5000, 0_u32..5000),
        point in (any::<f64>(), any::<f64>()),
        state in count(),
        (q, v, policy) in (column(40), column(20), prop::option::of(column(40))),
        actions in count(),
        legal in prop::collection::vec(any::<u64>(), 0..20),
        logarithmic in any::<bool>(),
    ) {
        let environment = described(legal);
        let scene = Scene { width: size.0, height: size.1, shapes, words: String::new() };
        let camera = Camera::fit(size, (f64::from(canvas.0), f64::from(canvas.1)));
        let (x, y) = camera.to_scene(point.0, point.1);
        let layout = slice(&layout, Some(state)).into_owned();
        let found = state_at(&layout, x, y);
        for state in [Some(state), found].into_iter().flatten() {
            state_box(&layout, state);
            for way in [(0, 1), (1, 0), (0, -1), (-1, 0)] {
                state_beside(&layout, state, way);
            }
        }
        if let StateLayout::Grid { columns, rows } = layout {
            // As many as a picture has; more are cut without being made.
            prop_assume!(columns.saturating_mul(rows) < 100_000 || state % 64 == 0);
        }
        let solution = OptimalSolution { v: v.clone().into(), q: q.clone().into(), sweeps: 0, seconds: 0.0, optimal_return: None };
        let shown = painted_states(&environment, &layout, &scene, Some(&solution));
        let values = Values {
            states: state,
            actions,
            q: q.clone().into(),
            visits: vec![u32::MAX; v.len()].into(),
            td_error: v.into(),
            policy: policy.map(Into::into),
            overlays: BTreeMap::new(),
        };
        let odd = Paint::Named("odd".into());
        for paint in [Paint::Values, Paint::Visits, Paint::Error, Paint::Exact, Paint::Difference, odd] {
            if let Some(layer) = StateLayer::of(&paint, &environment, (Some(&values), Some(&solution)), &shown, &Scales::default()) {
                let layer = StateLayer { logarithmic, ..layer };
                for value in layer.values.iter().copied().chain([f64::NAN, f64::MAX]) {
                    wants_dark_ink(layer.ramp.colour(layer.share(value)));
                }
            }
        }
        best_actions(&q, &environment, state as usize);
        gap_and_radius(camera.scale);
        let mut tween = Tween::default();
        for now in [0.0, point.0, 100.0, f64::NAN] {
            tween.show(&scene, (u64::from(state), u64::from(actions)), now, false);
            tween.shift(state as usize, now);
        }
    }
}
