//! What a map is drawn for: an environment with the parameter that holds the map, and what can be drawn on it.

use crate::components::letters::{LetterBrush, brushes, map_of, put_to_use};
use environments::registry;
use shared::parameter::ParameterSpec;
use shared::scene::Tile;
use shared::spec::EnvironmentSpec;

/// An environment whose map is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct MapSheet {
    environment: EnvironmentSpec,
    parameters: Vec<ParameterSpec>,
    map: ParameterSpec,
    /// What can be drawn.
    pub brushes: Vec<LetterBrush>,
    /// The letter of a free cell.
    pub floor: char,
}

impl MapSheet {
    /// That of an environment; none where there is no map to draw.
    pub fn of(environment: &EnvironmentSpec) -> Option<Self> {
        let parameters = registry::find(&environment.id).ok()?.parameters;
        let map = map_of(&parameters)?.clone();
        let brushes = brushes(&map);
        let floor = brushes.iter().find(|it| matches!(it.tile, Tile::Floor | Tile::Ice)).or(brushes.first())?.letter;
        Some(Self { environment: environment.clone(), parameters, map, brushes, floor })
    }

    /// The environment with another map.
    pub fn with(&self, map: String) -> EnvironmentSpec {
        let parameters = put_to_use(&self.parameters, &self.environment.parameters, &self.map, map);
        EnvironmentSpec { id: self.environment.id.clone(), parameters }
    }

    /// What is wrong with a map, if anything.
    pub fn fault(&self, map: String) -> Option<String> {
        registry::build(&self.with(map)).err().map(|error| error.to_string())
    }

    /// The brush of a letter, by its place.
    pub fn brush(&self, letter: char) -> Option<usize> {
        self.brushes.iter().position(|it| it.letter == letter)
    }
}
