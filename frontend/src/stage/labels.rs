//! Where the words of a scene stand: none too small to be read, none over another.

use super::camera::Camera;
use crate::language::translated;
use shared::scene::{Anchor, Shape};
use std::borrow::Cow;

/// Least size of letters, in pixels of the page.
pub const LEAST: f64 = 12.0;
/// The height of letters as a share of the font's size.
const LETTERS: f64 = 0.72;
/// Smaller ones are not made larger, but left out: what they name is no larger than they would be.
const LEAST_RAISED: f64 = LEAST / 2.0;
/// Greatest size of the letters in a meter.
const GREATEST_IN_METER: f64 = 26.0;
/// Size of a meter's letters as a share of its height, where that is enough to be read.
const IN_METER: f64 = 0.62;

/// A line of words as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedLabel<'a> {
    shape: &'a Shape,
    /// The words.
    pub text: Cow<'a, str>,
    /// Where they begin, and their vertical middle, in pixels.
    pub place: (f64, f64),
    /// Size of the font, in pixels.
    pub size: f64,
    width: f64,
}

impl PlacedLabel<'_> {
    /// Whether the letters of both touch.
    fn touches(&self, other: &Self) -> bool {
        let half = (self.size + other.size) * LETTERS / 2.0;
        let gap = self.size.min(other.size) * 0.15;
        (self.place.1 - other.place.1).abs() < half
            && self.place.0 < other.place.0 + other.width + gap
            && other.place.0 < self.place.0 + self.width + gap
    }
}

/// The words of a scene that have room. Of two that would touch, the larger stay, and of equal ones those in front; the others are
/// left out, as a picture that can be read says more.
#[derive(Debug, Default)]
pub struct SceneLabels<'a>(Vec<PlacedLabel<'a>>);

impl<'a> SceneLabels<'a> {
    /// Places the words of shapes that lie from back to front. `width` measures words in letters of a size.
    pub fn place(shapes: &'a [Shape], camera: Camera, ratio: f64, width: &dyn Fn(&str, f64) -> f64) -> Self {
        let mut wanted: Vec<_> = shapes.iter().rev().filter_map(|shape| label(shape, camera, ratio, width)).collect();
        wanted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let mut placed: Vec<PlacedLabel<'a>> = Vec::new();
        for (label, _) in wanted {
            if !placed.iter().any(|it| it.touches(&label)) {
                placed.push(label);
            }
        }
        Self(placed)
    }

    /// The words of a shape of the scene, where they have room.
    pub fn of(&self, shape: &Shape) -> Option<&PlacedLabel<'a>> {
        self.0.iter().find(|it| std::ptr::eq(it.shape, shape))
    }
}

/// The words of a shape as they would be written, and how large they were to be.
fn label<'a>(
    shape: &'a Shape,
    camera: Camera,
    ratio: f64,
    width_of: &dyn Fn(&str, f64) -> f64,
) -> Option<(PlacedLabel<'a>, f64)> {
    let place = |x: f32, y: f32| camera.to_canvas(f64::from(x), f64::from(y));
    let length = |value: f32| f64::from(value) * camera.scale;
    let least = LEAST * ratio;
    let (text, (x, y), wanted, anchor) = match shape {
        Shape::Text { x, y, size, text, anchor, .. } => (text, place(*x, *y), length(*size) / LETTERS, *anchor),
        Shape::Meter { x, y, height, label, .. } => {
            let ((left, top), height) = (place(*x, *y), length(*height));
            // A bar too thin for letters has them above.
            let (place, size) = if height < least {
                ((left, top - least * IN_METER), least)
            } else {
                let size = (height * IN_METER).min(GREATEST_IN_METER * ratio);
                ((left + height * 0.5, top + height / 2.0), size)
            };
            (label, place, size, Anchor::Start)
        }
        _ => return None,
    };
    let (first, last) = (camera.left, camera.left + camera.size.0);
    // What stands beyond the scene is not seen, nor are its words.
    if text.is_empty() || wanted < LEAST_RAISED * ratio || !(first..=last).contains(&x) {
        return None;
    }
    let (text, mut size) = (translated(text), wanted.max(least));
    let mut width = width_of(&text, size);
    let room = match anchor {
        Anchor::Start => last - x,
        Anchor::Middle => last - first,
        Anchor::End => x - first,
    };
    // Words that would leave the scene are smaller, as far as they can be read, and stand farther inside.
    if width > room {
        let fitting = (size * room / width).max(least);
        (width, size) = (width * fitting / size, fitting);
    }
    let left = match anchor {
        Anchor::Start => x,
        Anchor::Middle => x - width / 2.0,
        Anchor::End => x - width,
    };
    let left = left.min(last - width).max(first);
    Some((PlacedLabel { shape, text, place: (left, y), size, width }, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use environments::Environment as _;
    use shared::Seed;
    use shared::parameter::Parameters;
    use shared::scene::{Ink, Scene};
    use shared::spec::EnvironmentSpec;

    /// The canvas of the stage in a window of 1280 x 720 pixels.
    const CANVAS: (f64, f64) = (420.0, 294.0);

    /// How wide the page's letters are about, rather more.
    fn width(text: &str, size: f64) -> f64 {
        let letter = |it: char| match it {
            'i' | 'j' | 'l' | '.' | ',' | ':' | ' ' | '!' | '|' | '\'' => 0.3,
            'm' | 'w' | 'M' | 'W' => 0.9,
            it if it.is_uppercase() => 0.7,
            _ => 0.58,
        };
        text.chars().map(letter).sum::<f64>() * size
    }

    fn placed(scene: &Scene, canvas: (f64, f64)) -> SceneLabels<'_> {
        let camera = Camera::fit((scene.width, scene.height), canvas);
        SceneLabels::place(&scene.shapes, camera, 1.0, &width)
    }

    /// The first picture of every environment, with its defaults and with every preset.
    fn pictures() -> Vec<(String, Scene)> {
        let mut pictures = Vec::new();
        for entry in environments::registry::catalog() {
            let presets = entry.presets.iter().map(|it| it.values.clone());
            for parameters in std::iter::once(Parameters::new()).chain(presets) {
                let spec = EnvironmentSpec { id: entry.id.clone(), parameters };
                let mut built = environments::registry::build(&spec).unwrap();
                built.reset(Seed::new(1).unwrap());
                pictures.push((entry.id.clone(), built.draw()));
            }
        }
        pictures
    }

    #[test]
    fn in_a_small_window_words_can_be_read_and_none_lie_over_others() {
        let mut left_out = Vec::new();
        for (id, scene) in pictures() {
            let labels = placed(&scene, CANVAS);
            for (place, label) in labels.0.iter().enumerate() {
                assert!(label.size >= LEAST, "{id}: {label:?}");
                assert!(label.place.0 >= 0.0 && label.place.0 + label.width <= CANVAS.0 + 1e-9, "{id}: {label:?}");
                assert!(!labels.0[..place].iter().any(|it| it.touches(label)), "{id}: {label:?}");
            }
            let seen = 0.0..=scene.width;
            let words = scene.shapes.iter().filter(|it| labels.of(it).is_none()).filter_map(|shape| match shape {
                Shape::Text { x, text, .. } | Shape::Meter { x, label: text, .. } if seen.contains(x) => Some(text),
                _ => None,
            });
            left_out.extend(words.filter(|it| !it.is_empty()).map(|it| (id.clone(), it.clone())));
        }
        assert!(left_out.is_empty(), "{left_out:?}");
    }

    #[test]
    fn the_larger_words_stay_and_small_ones_are_raised_or_left_out() {
        let mut scene = Scene::new(100.0, 50.0);
        scene.text((50.0, 25.0), 6.0, "large", Ink::Ink);
        scene.text((52.0, 25.0), 4.0, "under it", Ink::Ink);
        scene.text((50.0, 40.0), 2.2, "small", Ink::Ink);
        scene.text((20.0, 10.0), 0.2, "tiny", Ink::Ink);
        scene.text((99.0, 5.0), 3.0, "at the border", Ink::Ink);
        scene.text((101.0, 45.0), 3.0, "beyond", Ink::Ink);
        let labels = placed(&scene, (400.0, 200.0));
        let sizes: Vec<_> = scene.shapes.iter().map(|it| labels.of(it).map(|it| it.size.round())).collect();
        assert_eq!(sizes, [Some(33.0), None, Some(LEAST), None, Some(17.0), None]);
        let border = labels.of(&scene.shapes[4]).unwrap();
        assert!((border.place.0 + border.width - 400.0).abs() < 1e-9);
    }
}
