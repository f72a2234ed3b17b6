//! Instruments: the figures over the picture, taken from the meters and words of a scene.

use shared::scene::{Ink, Scene, Shape};

/// A bar with its label.
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    /// What it measures.
    pub label: String,
    /// How much of it is full, from 0 to 1.
    pub share: f32,
    /// The colour of the full part.
    pub ink: Ink,
    /// The figure in words.
    pub value: String,
}

/// What stands over the picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instruments {
    /// Words with a figure, such as money or speed.
    pub figures: Vec<String>,
    /// Bars.
    pub meters: Vec<Meter>,
    /// What happens just now; empty where nothing does.
    pub message: String,
}

/// The meters of a scene.
pub fn meters(scene: &Scene) -> Vec<Meter> {
    let meter = |shape: &Shape| match shape {
        Shape::Meter { label, value, min, max, ink, .. } => {
            let share = ((value - min) / (max - min).max(1e-9)).clamp(0.0, 1.0);
            let value = if *max > 1.5 { format!("{value:.0}") } else { format!("{value:.2}") };
            Some(Meter { label: label.clone(), share, ink: *ink, value })
        }
        _ => None,
    };
    scene.shapes.iter().filter_map(meter).collect()
}

/// The meter of this label.
pub fn meter<'a>(meters: &'a [Meter], label: &str) -> Option<&'a Meter> {
    meters.iter().find(|it| it.label == label)
}
