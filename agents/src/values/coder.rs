//! Features: what a linear agent multiplies with its weights (Sutton and Barto, 2nd edition, section 9.5).
//!
//! * **tiles**: several grids over the bounded observation, each shifted by another fraction of a tile; the tile that
//!   an observation falls into is a feature, in each grid and for each action (section 9.5.4, displacements 1, 3, 5,
//!   ...). Observations with so many entries that the joint grids would not fit are coded entry by entry.
//! * **pairs**: the same with grids over every two entries, which tells what one entry means where another one stands.
//! * **entries**: the entries themselves, scaled to 0 to 1, and a constant, for each action.
//! * **actions**: the observation holds a block of entries for each action, which tells what the environment would look
//!   like after it; all actions share the weights of a block.

use crate::error::{BuildFault, Unsuitable};
use crate::setting::Setting;
use shared::describe::ObservationDescription;
use shared::parameter::{ParameterError, ParameterSpec, Resolved, Value};

/// Most weights, 32 MB of them.
const MOST_WEIGHTS: usize = 4_000_000;

/// A feature that is not 0: its weight's index and its value.
pub type Feature = (u32, f64);

#[derive(Clone, Debug)]
enum CoderKind {
    /// Groups of entries that share grids.
    Tiles {
        groups: Vec<Vec<usize>>,
        tilings: usize,
        tiles: usize,
    },
    Entries,
    Actions,
}

/// Turns observations into features.
#[derive(Clone, Debug)]
pub struct Coder {
    kind: CoderKind,
    observation: Vec<ObservationDescription>,
    actions: usize,
    /// Features of one action that are not 0.
    active: usize,
    /// Weights of one action; 0 where all share them.
    stride: usize,
    weights: usize,
}

/// Which features, as parameters name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureChoice {
    /// Blocks by action where they fit, otherwise what suits the agent.
    Auto,
    /// Tiles of the observation.
    Tiles,
    /// Tiles of every two entries.
    Pairs,
    /// The entries.
    Entries,
    /// Blocks of entries by action.
    Actions,
}

/// What features are set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoderHyperparameters {
    /// Which they are.
    pub features: FeatureChoice,
    /// Grids of tiles.
    pub tilings: usize,
    /// Tiles of a grid along each entry.
    pub tiles: usize,
}

impl Default for CoderHyperparameters {
    fn default() -> Self {
        Self { features: FeatureChoice::Auto, tilings: 8, tiles: 8 }
    }
}

impl CoderHyperparameters {
    /// The parameters, with these defaults; the features are those that fit at first.
    pub fn parameters(self) -> Vec<ParameterSpec> {
        let untiled = || ["entries", "actions"].map(|it| Value::Text(it.into())).to_vec();
        let (tilings, tiles) = (self.tilings as i64, self.tiles as i64);
        vec![
            ParameterSpec::choice(
                "features",
                "Features",
                &[
                    ("auto", "what fits"),
                    ("tiles", "tiles"),
                    ("pairs", "tiles of pairs"),
                    ("entries", "entries"),
                    ("actions", "blocks by action"),
                ],
                "What its weights multiply: tiles of the observation or of every two entries, its entries, or blocks \
                 of entries by action.",
            ),
            ParameterSpec::integer("tilings", "Tilings", (1, 64), tilings, "Grids of tiles, each shifted a little.")
                .unless("features", untiled()),
            ParameterSpec::integer("tiles", "Tiles", (1, 64), tiles, "Tiles of one grid along each entry.")
                .unless("features", untiled()),
        ]
    }

    /// Reads [`Self::parameters`].
    pub fn read(parameters: &Resolved) -> Result<Self, ParameterError> {
        Ok(Self {
            features: match parameters.text("features")? {
                "tiles" => FeatureChoice::Tiles,
                "pairs" => FeatureChoice::Pairs,
                "entries" => FeatureChoice::Entries,
                "actions" => FeatureChoice::Actions,
                _ => FeatureChoice::Auto,
            },
            tilings: parameters.count("tilings")?,
            tiles: parameters.count("tiles")?,
        })
    }
}

impl Coder {
    /// The features of a setting; `otherwise` is what fits where there are no blocks by action, and `title` names the agent
    /// where an environment has nothing to observe.
    pub fn new(
        hyperparameters: CoderHyperparameters,
        setting: &Setting<'_>,
        otherwise: FeatureChoice,
        title: &str,
    ) -> Result<Self, BuildFault> {
        let CoderHyperparameters { features, tilings, tiles } = hyperparameters;
        let (entries, actions) = (setting.observation.len(), setting.actions);
        let in_blocks = entries.is_multiple_of(actions);
        let features = match features {
            FeatureChoice::Auto if in_blocks && entries >= 4 * actions => FeatureChoice::Actions,
            FeatureChoice::Auto => otherwise,
            features => features,
        };
        let (kind, active, stride, weights) = match features {
            FeatureChoice::Actions if !in_blocks => {
                let reason =
                    format!("blocks by action do not fit {entries} entries and {actions} actions; tiles would");
                return Err(ParameterError::invalid("features", reason).into());
            }
            FeatureChoice::Entries => (CoderKind::Entries, entries + 1, entries + 1, (entries + 1) * actions),
            FeatureChoice::Actions => (CoderKind::Actions, entries / actions, 0, entries / actions),
            FeatureChoice::Auto | FeatureChoice::Tiles | FeatureChoice::Pairs => {
                let groups = groups(setting, tilings, tiles, title, features == FeatureChoice::Pairs)?;
                let stride = groups.iter().map(|group| tilings * grid(tiles, group.len())).sum::<usize>();
                (
                    CoderKind::Tiles { groups: groups.clone(), tilings, tiles },
                    tilings * groups.len(),
                    stride,
                    stride * actions,
                )
            }
        };
        Ok(Self { kind, observation: setting.observation.clone(), actions, active, stride, weights })
    }

    /// Number of weights.
    pub const fn weights(&self) -> usize {
        self.weights
    }

    /// Features of one action that are not 0.
    pub const fn active(&self) -> usize {
        self.active
    }

    /// Number of actions.
    pub const fn actions(&self) -> usize {
        self.actions
    }

    /// Codes an observation; [`Self::features`] reads the code.
    pub fn code(&self, observation: &[f32], into: &mut Vec<Feature>) {
        into.clear();
        match &self.kind {
            CoderKind::Tiles { groups, tilings, tiles } => {
                let mut first = 0;
                for group in groups {
                    for tiling in 0..*tilings {
                        let tile = group.iter().enumerate().fold(0, |tile, (place, entry)| {
                            let along = self.scaled(observation, *entry) * (*tiles * *tilings) as f64;
                            let shift = tiling * (1 + 2 * place) % tilings;
                            tile * (tiles + 1) + (along as usize + shift) / tilings
                        });
                        into.push(((first + tile) as u32, 1.0));
                        first += grid(*tiles, group.len());
                    }
                }
            }
            CoderKind::Entries => {
                into.extend((0..observation.len()).map(|entry| (entry as u32, self.scaled(observation, entry))));
                into.push((observation.len() as u32, 1.0));
            }
            CoderKind::Actions => {
                let block = self.active;
                into.extend(
                    (0..observation.len()).map(|entry| ((entry % block) as u32, self.scaled(observation, entry))),
                );
            }
        }
    }

    /// The features of an action in a coded observation.
    #[inline]
    pub fn features<'a>(&self, code: &'a [Feature], action: u16) -> impl Iterator<Item = Feature> + 'a {
        let first = if self.stride == 0 { usize::from(action) * self.active } else { 0 };
        let offset = (usize::from(action) * self.stride) as u32;
        code[first..first + self.active].iter().map(move |(weight, value)| (weight + offset, *value))
    }

    /// An entry as a share of its range, 0 to 1.
    fn scaled(&self, observation: &[f32], entry: usize) -> f64 {
        let (low, high) = (f64::from(self.observation[entry].low), f64::from(self.observation[entry].high));
        let share = (f64::from(observation[entry]) - low) / (high - low);
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// Tiles of one grid over so many entries; one more along each because grids are shifted.
const fn grid(tiles: usize, entries: usize) -> usize {
    (tiles + 1).saturating_pow(entries as u32)
}

/// All entries together where their grids fit, otherwise each by itself; or every two, each by itself where there is
/// one.
fn groups(
    setting: &Setting<'_>,
    tilings: usize,
    tiles: usize,
    title: &str,
    pairs: bool,
) -> Result<Vec<Vec<usize>>, Unsuitable> {
    let bounded = |entry: &usize| setting.observation[*entry].low < setting.observation[*entry].high;
    let entries: Vec<usize> = (0..setting.observation.len()).filter(bounded).collect();
    if entries.is_empty() {
        let reason = "learns from what it observes, and here there is nothing to see. An agent with a table would work";
        return Err(Unsuitable { agent: title.into(), reason: reason.into() });
    }
    if pairs && entries.len() > 1 {
        let with_later = |(place, entry): (usize, &usize)| {
            let entry = *entry;
            entries[place + 1..].iter().map(move |later| vec![entry, *later]).collect::<Vec<_>>()
        };
        return Ok(entries.iter().enumerate().flat_map(with_later).collect());
    }
    let joint = grid(tiles, entries.len()).saturating_mul(tilings).saturating_mul(setting.actions);
    if joint <= MOST_WEIGHTS { Ok(vec![entries]) } else { Ok(entries.into_iter().map(|entry| vec![entry]).collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::action::ActionSpace;
    use std::collections::BTreeSet;

    fn coder(entries: usize, actions: usize) -> Coder {
        let entry = ObservationDescription { name: String::new(), low: -1.0, high: 1.0 };
        let setting = Setting {
            states: 0,
            board: None,
            actions,
            space: ActionSpace::Discrete(actions as u16),
            model: None,
            observation: vec![entry; entries],
        };
        Coder::new(CoderHyperparameters::default(), &setting, FeatureChoice::Tiles, "").unwrap()
    }

    fn tiles(coder: &Coder, observation: &[f32]) -> BTreeSet<u32> {
        let mut code = Vec::new();
        coder.code(observation, &mut code);
        coder.features(&code, 1).map(|(tile, _)| tile).collect()
    }

    #[test]
    fn near_observations_share_tiles_and_far_ones_do_not() {
        let coder = coder(2, 3);
        let here = tiles(&coder, &[0.01, 0.01]);
        assert_eq!(here.len(), 8);
        // A tile is 0.25 wide, so a move by an eighth of it changes one tiling.
        assert_eq!(tiles(&coder, &[0.01 + 0.25 / 8.0, 0.01]).intersection(&here).count(), 7);
        assert_eq!(tiles(&coder, &[0.3, 0.01]).intersection(&here).count(), 0);
    }

    #[test]
    fn every_observation_has_weights_even_at_and_beyond_the_bounds() {
        for entries in [1, 2, 4, 15] {
            let coder = coder(entries, 4);
            for value in [-9.0, -1.0, 0.0, 1.0, 9.0, f32::NAN] {
                let tiles = tiles(&coder, &vec![value; entries]);
                assert_eq!(tiles.len(), coder.active());
                assert!(tiles.iter().all(|tile| (*tile as usize) < coder.weights()));
            }
        }
    }

    #[test]
    fn pairs_tell_what_entries_mean_together() {
        let entry = ObservationDescription { name: String::new(), low: 0.0, high: 1.0 };
        let setting = Setting {
            states: 0,
            board: None,
            actions: 2,
            space: ActionSpace::Discrete(2),
            model: None,
            observation: vec![entry; 4],
        };
        let features = CoderHyperparameters { features: FeatureChoice::Pairs, tilings: 1, tiles: 1 };
        let coder = Coder::new(features, &setting, FeatureChoice::Tiles, "").unwrap();
        assert_eq!((coder.active(), coder.weights()), (6, 6 * 4 * 2));
        // Of the six pairs, three know the entry that has changed.
        let (here, there) = (tiles(&coder, &[0.0, 0.0, 0.0, 0.0]), tiles(&coder, &[1.0, 0.0, 0.0, 0.0]));
        assert_eq!(here.intersection(&there).count(), 3);
    }

    #[test]
    fn blocks_by_action_share_their_weights() {
        let coder = coder(40, 4);
        assert_eq!((coder.weights(), coder.active()), (10, 10));
    }
}
