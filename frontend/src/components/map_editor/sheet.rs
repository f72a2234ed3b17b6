//! What a map is drawn for: an environment with the parameter that holds the map, and what can be drawn on it.

use crate::components::letters::{LetterBrush, Letters, brushes, map_of, put_to_use};
use crate::components::settings::value_of;
use environments::gridworld::map::{ALL, GridMap, MapError};
use environments::registry;
use shared::Seed;
use shared::parameter::{ParameterSpec, Value};
use shared::quantity::Probability;
use shared::scene::Tile;
use shared::spec::EnvironmentSpec;

/// How likely a cell of a random map is free, where the environment does not say.
const FREE: f64 = 0.8;

/// Whether a way leads from a start to a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapWay {
    /// One of at least so many steps does.
    Steps(usize),
    /// None does.
    None,
    /// There is no start or no goal.
    NoEnds,
}

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

    /// Whether there is a way; none where nobody can tell, because another thing is wrong with the map.
    pub fn way(&self, map: &str) -> Option<MapWay> {
        let has = |tile| self.brushes.iter().any(|it| it.tile == tile);
        if !has(Tile::Start) || !has(Tile::Goal) {
            return None;
        }
        match GridMap::parse(map, ALL) {
            Ok(map) => Some(map.fewest_steps().map_or(MapWay::None, MapWay::Steps)),
            Err(MapError::Missing { .. }) => Some(MapWay::NoEnds),
            Err(_) => None,
        }
    }

    /// The number that a parameter of the environment has, if there is such a one.
    fn number(&self, name: &str) -> Option<f64> {
        let spec = self.parameters.iter().find(|it| it.name == name)?;
        match value_of(spec, &self.environment.parameters) {
            Value::Number(value) => Some(value),
            Value::Integer(value) => Some(value as f64),
            _ => None,
        }
    }

    /// The seed of random maps that is set.
    pub fn seed(&self) -> Seed {
        self.number("map_seed").and_then(|it| Seed::new(it as u64).ok()).unwrap_or_default()
    }

    /// The random map of a seed, with a way from a start to a goal; none where there are none of this size. It is the map that
    /// the environment itself makes of the seed, where it does and the map is a square.
    pub fn random(&self, (columns, rows): (usize, usize), seed: Seed) -> Option<Letters> {
        let free = Probability::new(self.number("frozen").unwrap_or(FREE)).ok()?;
        let map = GridMap::random(columns, rows, free, seed)?.to_string();
        let letter = |tile| self.brushes.iter().find(|it| it.tile == tile).map(|it| it.letter);
        // Where nobody falls, walls stand.
        let obstacle = letter(Tile::Pit).or(letter(Tile::Wall))?;
        Some(Letters::parse(&map.replace('H', &obstacle.to_string()), self.floor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use environments::Environment as _;

    fn sheet(id: &str, values: &[(&str, Value)]) -> MapSheet {
        let parameters = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        MapSheet::of(&EnvironmentSpec { id: id.into(), parameters }).unwrap()
    }

    #[test]
    fn a_random_lake_is_the_one_that_the_environment_makes_of_the_seed() {
        let seeded = |seed| {
            [("map", Value::Text("random".into())), ("map_seed", Value::Integer(seed)), ("frozen", Value::Number(0.6))]
        };
        for seed in [0, 41] {
            let sheet = sheet("frozen-lake", &seeded(seed));
            assert_eq!(sheet.seed().get(), seed as u64);
            let map = sheet.random((8, 8), sheet.seed()).unwrap().text();
            let own = registry::build(&sheet.with(map)).unwrap();
            let made = registry::build(&sheet.environment).unwrap();
            assert_eq!(own.model().unwrap(), made.model().unwrap());
        }
    }

    #[test]
    fn random_maps_have_a_way_and_no_fault_in_every_environment() {
        for id in ["gridworld", "frozen-lake", "dyna-maze"] {
            let sheet = sheet(id, &[]);
            for (size, seed) in [((7, 3), 1), ((2, 1), 2), ((64, 64), 3)] {
                let map = sheet.random(size, Seed::new(seed).unwrap()).unwrap();
                assert_eq!(map.size(), size);
                assert_eq!(sheet.fault(map.text()), None, "{id}");
                assert!(matches!(sheet.way(&map.text()), Some(MapWay::Steps(1..))), "{id}");
            }
            assert_eq!(sheet.random((1, 1), Seed::default()), None);
        }
    }

    #[test]
    fn whether_there_is_a_way_is_told_while_it_can_be() {
        let sheet = sheet("gridworld", &[]);
        assert_eq!(sheet.way("SFG"), Some(MapWay::Steps(2)));
        assert_eq!(sheet.way("S#G"), Some(MapWay::None));
        assert_eq!(sheet.way("SFF"), Some(MapWay::NoEnds));
        assert_eq!(sheet.way("SaG"), None);
    }
}
