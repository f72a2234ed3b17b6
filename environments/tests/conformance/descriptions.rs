//! Descriptions, catalog entries and pictures: complete and consistent.

use crate::{for_every_environment, seed, wander};
use environments::registry::{self, EnvironmentVisitor};
use environments::{Environment, Generator};
use shared::action::ActionRef;
use shared::describe::{EnvironmentDescription, StateLayout};
use shared::scene::{Scene, Shape};
use shared::spec::EnvironmentSpec;
use std::collections::BTreeSet;

fn different<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    let names: Vec<&str> = names.into_iter().collect();
    let set: BTreeSet<&str> = names.iter().copied().collect();
    set.len() == names.len() && !set.contains("")
}

struct Consistent(String, EnvironmentSpec);

impl EnvironmentVisitor for Consistent {
    type Output = ();

    fn visit<E: Environment>(self, environment: E) {
        let Self(name, spec) = self;
        let EnvironmentDescription { id, title, subtitle, actions, controls, outcomes, counters, observation, .. } =
            environment.describe();
        let states = environment.describe().states;
        assert_eq!(id, spec.id, "{name}");
        assert!(!title.is_empty() && !subtitle.is_empty(), "{name}: title or subtitle");
        if controls.is_empty() {
            assert!((1..=65_535).contains(&actions.len()), "{name}: {} actions", actions.len());
            assert_eq!(actions.len(), environment.action_count(), "{name}");
            assert!(actions.iter().all(|it| it.values.is_empty()), "{name}: boxes among discrete actions");
        } else {
            assert_eq!(environment.action_count(), 0, "{name}");
            assert!(different(controls.iter().map(|it| it.name.as_str())), "{name}: controls");
            assert!(controls.iter().all(|it| it.low < it.high), "{name}: bounds of the controls");
            let space = environment.describe().action_space();
            assert!(actions.iter().all(|it| space.check(ActionRef::Box(&it.values)) == Ok(())), "{name}: named boxes");
        }
        assert!(different(actions.iter().map(|it| it.name.as_str())), "{name}: names of actions");
        assert!(different(actions.iter().map(|it| it.key.as_str())), "{name}: every action needs its own key");
        assert!(different(outcomes.iter().map(String::as_str)), "{name}: outcomes");
        assert!(different(counters.iter().map(String::as_str)), "{name}: counters");
        assert!(!observation.is_empty(), "{name}: observation");
        assert!(different(observation.iter().map(|it| it.name.as_str())), "{name}: observation");
        assert!(observation.iter().all(|it| it.low <= it.high), "{name}: bounds of the observation");
        assert_eq!(states.unwrap_or(0) as usize, environment.state_count(), "{name}: states");
    }
}

#[test]
fn descriptions_are_complete_and_consistent() {
    for_every_environment(Consistent);
}

#[test]
fn catalog_entries_can_be_read_and_told_apart() {
    let catalog = registry::catalog();
    assert!(different(catalog.iter().map(|it| it.id.as_str())));
    for entry in catalog {
        let plain = |name: &str, extra: u8| {
            !name.is_empty() && name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == extra)
        };
        assert!(plain(&entry.id, b'-'), "{:?}", entry.id);
        assert!(!entry.title.is_empty() && !entry.summary.is_empty() && !entry.source.is_empty(), "{}", entry.id);
        assert!(different(entry.parameters.iter().map(|it| it.name.as_str())), "{}", entry.id);
        assert!(different(entry.presets.iter().map(|it| it.name.as_str())), "{}", entry.id);
        for parameter in &entry.parameters {
            assert!(plain(&parameter.name, b'_'), "{}: {:?}", entry.id, parameter.name);
            assert!(!parameter.label.is_empty() && !parameter.help.is_empty(), "{}: {}", entry.id, parameter.name);
            let default = parameter.default_value();
            assert_eq!(parameter.check(&default), Ok(default), "{}: {}", entry.id, parameter.name);
        }
        for preset in &entry.presets {
            assert!(plain(&preset.name, b'-'), "{}: {:?}", entry.id, preset.name);
            assert!(!preset.values.is_empty() || preset.name == "default", "{}: {}", entry.id, preset.name);
        }
    }
}

/// Positions that a shape names.
fn numbers(shape: &Shape) -> Vec<f32> {
    match shape {
        Shape::Cells { x, y, .. } => vec![*x, *y],
        Shape::Sprite { x, y, size, turn, .. } => vec![*x, *y, *size, *turn],
        Shape::Box { x, y, width, height, radius, outline, .. } => vec![*x, *y, *width, *height, *radius, *outline],
        Shape::Disc { x, y, radius, outline, .. } => vec![*x, *y, *radius, *outline],
        Shape::Path { points, width, .. } => points.iter().copied().chain([*width]).collect(),
        Shape::Text { x, y, size, .. } => vec![*x, *y, *size],
        Shape::Meter { x, y, width, height, value, min, max, .. } => vec![*x, *y, *width, *height, *value, *min, *max],
    }
}

pub(crate) fn check_scene(name: &str, scene: &Scene) {
    assert!(scene.width > 0.0 && scene.height > 0.0, "{name}: {} x {}", scene.width, scene.height);
    assert!(!scene.words.is_empty(), "{name}: a picture without words");
    assert!(!scene.shapes.is_empty(), "{name}: an empty picture");
    for shape in &scene.shapes {
        assert!(numbers(shape).iter().all(|it| it.is_finite()), "{name}: {shape:?}");
        if let Shape::Text { text, .. } | Shape::Meter { label: text, .. } = shape {
            assert!(text.chars().count() <= 60, "{name}: a label of {} characters", text.chars().count());
        }
        if let Shape::Cells { tiles, legend, columns, .. } = shape {
            assert!(tiles.iter().all(|tile| usize::from(*tile) < legend.len()), "{name}: a tile without a meaning");
            assert!(*columns > 0 && tiles.len().is_multiple_of(*columns as usize), "{name}: an incomplete row");
        }
    }
}

struct Placed(String);

impl EnvironmentVisitor for Placed {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        let name = self.0.as_str();
        if environment.places() == 0 {
            return;
        }
        let is_of_states = environment.state_count() > 0;
        assert!(!is_of_states || environment.places() == environment.state_count(), "{name}");
        let (mut there, mut here) = (vec![f32::NAN; environment.describe().observation.len()], Vec::new());
        here.clone_from(&there);
        let mut player = Generator::new(seed(3));
        environment.reset(seed(4));
        wander(&mut environment, &mut player, 60, |environment, _, _| {
            let place = environment.place();
            assert!(place < environment.places(), "{name}: place {place}");
            environment.observe_at(place, &mut there);
            environment.observe(&mut here);
            assert!(there.iter().all(|it| it.is_finite()), "{name}: {there:?}");
            assert!(!is_of_states || place == environment.state(), "{name}: place {place}");
            // Where states are exact, and no bins.
            if environment.model().is_some() {
                assert_eq!(there, here, "{name}");
            }
        });
    }
}

#[test]
fn places_are_where_one_is_and_tell_what_is_observed_there() {
    for_every_environment(|name, _| Placed(name));
}

struct Drawn(String);

impl EnvironmentVisitor for Drawn {
    type Output = ();

    fn visit<E: Environment>(self, mut environment: E) {
        let name = self.0.as_str();
        let description = environment.describe();
        environment.reset(seed(1));
        let scene = environment.draw();
        match description.layout {
            Some(StateLayout::Grid { columns, rows }) => {
                assert_eq!(columns * rows, description.states.unwrap_or(0), "{name}: cells of the layout");
            }
            Some(StateLayout::Boxes { centres, size }) => {
                let places = description.states.map_or(environment.places(), |states| states as usize);
                assert_eq!(centres.len(), places, "{name}: boxes of the layout");
                assert!(size.0 > 0.0 && size.1 > 0.0, "{name}: size of the boxes");
                let inside = |(x, y): &(f32, f32)| (0.0..=scene.width).contains(x) && (0.0..=scene.height).contains(y);
                // Left of the scene lies what has no place.
                assert!(centres.iter().all(|it| it.0 < 0.0 || inside(it)), "{name}: a box beside the stage");
                assert!(centres.iter().any(inside), "{name}: a box on the stage");
            }
            None => assert_eq!(environment.places(), 0, "{name}: places of no layout"),
        }
        let mut player = Generator::new(seed(2));
        for number in 0..3 {
            environment.reset(seed(number));
            check_scene(name, &environment.draw());
            assert!(!environment.text().trim().is_empty(), "{name}: no text");
            wander(&mut environment, &mut player, 60, |environment, _, _| check_scene(name, &environment.draw()));
        }
    }
}

#[test]
fn every_moment_can_be_drawn_and_told() {
    for_every_environment(|name, _| Drawn(name));
}
