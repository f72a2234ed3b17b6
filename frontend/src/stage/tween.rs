//! Tweening: between two frames of a slow run, sprites glide instead of jumping.

use shared::scene::{Scene, Shape};

/// Longest glide in milliseconds.
const LONGEST_MILLIS: f64 = 180.0;

/// A glide takes this share of the time between frames.
const SHARE_OF_PAUSE: f64 = 0.6;

/// Frames that follow each other faster than this are shown as they are.
const FASTEST_PAUSE_MILLIS: f64 = 60.0;

/// The glide from the frame before to the present one.
#[derive(Clone, Debug, Default)]
pub struct Tween {
    from: Vec<(f32, f32)>,
    to: Vec<(f32, f32)>,
    began: f64,
    lasts: f64,
    moment: Option<(u64, u64)>,
    shown_at: f64,
}

impl Tween {
    /// Tells of a new frame: its scene, its episode and step, and the time in milliseconds.
    pub fn show(&mut self, scene: &Scene, moment: (u64, u64), now: f64, still: bool) {
        let places = sprites(scene);
        let follows = self.moment.is_some_and(|(episode, step)| moment == (episode, step + 1));
        let pause = now - self.shown_at;
        let jump = self.to.iter().zip(&places).any(|((x0, y0), (x1, y1))| (x1 - x0).abs().max((y1 - y0).abs()) > 1.6);
        self.lasts = if follows && !still && !jump && self.to.len() == places.len() && pause >= FASTEST_PAUSE_MILLIS {
            (pause * SHARE_OF_PAUSE).min(LONGEST_MILLIS)
        } else {
            0.0
        };
        self.from = std::mem::replace(&mut self.to, places);
        self.began = now;
        if self.moment != Some(moment) {
            self.shown_at = now;
        }
        self.moment = Some(moment);
    }

    /// Whether the glide is still under way.
    pub fn is_moving(&self, now: f64) -> bool {
        now < self.began + self.lasts
    }

    /// How far the `index`-th sprite is from its final place, in scene units.
    pub fn shift(&self, index: usize, now: f64) -> (f32, f32) {
        if !self.is_moving(now) {
            return (0.0, 0.0);
        }
        let share = ((now - self.began) / self.lasts).clamp(0.0, 1.0);
        let left = (1.0 - share).powi(3) as f32;
        match (self.from.get(index), self.to.get(index)) {
            (Some((x0, y0)), Some((x1, y1))) => ((x0 - x1) * left, (y0 - y1) * left),
            _ => (0.0, 0.0),
        }
    }
}

fn sprites(scene: &Scene) -> Vec<(f32, f32)> {
    let place = |shape: &Shape| match shape {
        Shape::Sprite { x, y, .. } => Some((*x, *y)),
        _ => None,
    };
    scene.shapes.iter().filter_map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::scene::{Ink, Sprite};

    fn scene(x: f32) -> Scene {
        let mut scene = Scene::new(5.0, 5.0);
        scene.sprite(Sprite::Creature, (x, 0.5), 0.5, Ink::Agent);
        scene
    }

    #[test]
    fn a_slow_step_glides_and_arrives() {
        let mut tween = Tween::default();
        tween.show(&scene(0.5), (0, 0), 0.0, false);
        assert!(!tween.is_moving(0.0));
        tween.show(&scene(1.5), (0, 1), 200.0, false);
        assert_eq!(tween.shift(0, 200.0), (-1.0, 0.0));
        assert!(tween.shift(0, 250.0).0 > -1.0);
        assert_eq!(tween.shift(0, 400.0), (0.0, 0.0));
    }

    #[test]
    fn fast_runs_new_episodes_and_reduced_motion_jump() {
        let mut tween = Tween::default();
        tween.show(&scene(0.5), (0, 0), 0.0, false);
        tween.show(&scene(1.5), (0, 1), 16.0, false);
        assert!(!tween.is_moving(16.0));
        tween.show(&scene(0.5), (1, 0), 500.0, false);
        assert!(!tween.is_moving(500.0));
        tween.show(&scene(1.5), (1, 1), 900.0, true);
        assert!(!tween.is_moving(900.0));
    }
}
