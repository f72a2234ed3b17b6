//! Layers: what is painted over the states, as numbers; how they look is the painter's business.

use super::ramp::Ramp;
use crate::store::{Scales, round_up};
use run::column::MOST;
use shared::describe::{EnvironmentDescription, StateLayout};
use shared::event::{OptimalSolution, Values};
use shared::scene::{Scene, Shape, Tile};

/// Most cells of a grid that are looked at.
const MOST_CELLS: usize = 1 << 22;

/// What the colour of a state tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Paint {
    /// Nothing: the bare environment.
    Nothing,
    /// The learned value.
    #[default]
    Values,
    /// How often the state was visited.
    Visits,
    /// The last temporal-difference error.
    Error,
    /// The exact value.
    Exact,
    /// Learned minus exact value.
    Difference,
    /// A further overlay of the agent, by name.
    Named(String),
}

/// One number for every state, and how it becomes a colour.
#[derive(Clone, Debug, PartialEq)]
pub struct StateLayer {
    /// The numbers, by state.
    pub values: Vec<f64>,
    /// Whether a state's number is known: what was never visited has none yet, and is no part of the scale.
    pub known: Vec<bool>,
    /// Value of the ramp's beginning.
    pub low: f64,
    /// Value of the ramp's end.
    pub high: f64,
    /// The ramp.
    pub ramp: Ramp,
    /// Whether equal factors, not equal differences, are equal steps of colour.
    pub logarithmic: bool,
}

impl StateLayer {
    /// The layer of a paint in an environment, on a scale that spans the known states for which `shown` holds and stays
    /// steady. None while its data is missing.
    pub fn of(
        paint: &Paint,
        environment: &EnvironmentDescription,
        (values, solution): (Option<&Values>, Option<&OptimalSolution>),
        shown: &[bool],
        scales: &Scales,
    ) -> Option<Self> {
        let learned = || values.map(|values| state_values(values, environment));
        let exact = || solution.map(|solution| solution.v.iter().map(|value| f64::from(*value)).collect::<Vec<_>>());
        let widen = |column: &[f32]| column.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
        let known = || values.map(|values| known_states(values, environment)).unwrap_or_default();
        match paint {
            Paint::Nothing => None,
            Paint::Values | Paint::Exact => {
                // Both on one scale, so that colours can be compared.
                let learned_range = learned().map(|values| range(&values, shown, &known()));
                let exact_range = exact().map(|values| range(&values, shown, &[]));
                let needed = [learned_range, exact_range]
                    .into_iter()
                    .flatten()
                    .flatten()
                    .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
                let (values, known) =
                    if *paint == Paint::Values { (learned()?, known()) } else { (exact()?, Vec::new()) };
                Some(Self::sequential(values, known, scales.steady("values", needed.unwrap_or_default())))
            }
            Paint::Visits => {
                let visits = &values.filter(|it| !it.visits.is_empty())?.visits;
                let counts: Vec<f64> = visits.iter().map(|count| f64::from(*count)).collect();
                let known: Vec<bool> = counts.iter().map(|count| *count > 0.0).collect();
                let most = range(&counts, shown, &known).map_or(0.0, |(_, high)| high);
                let scale = (0.0, scales.steady("visits", (0.0, round_up(most))).1);
                Some(Self { logarithmic: true, ..Self::sequential(counts, known, scale) })
            }
            Paint::Error => {
                let values = values.filter(|it| !it.visits.is_empty())?;
                let known = values.visits.iter().map(|count| *count > 0).collect();
                Some(Self::diverging(widen(&values.td_error), known, shown, ("error", scales)))
            }
            Paint::Difference => {
                // Where only a bound of a value is known, a difference is not.
                let is_told = |value: f64| value.abs() < MOST;
                let apart = |(learned, exact): (f64, f64)| {
                    if is_told(learned) && is_told(exact) { learned - exact } else { f64::NAN }
                };
                let difference = learned()?.into_iter().zip(exact()?).map(apart).collect();
                Some(Self::diverging(difference, known(), shown, ("difference", scales)))
            }
            Paint::Named(name) => {
                let values = widen(values?.overlays.get(name)?);
                let scale = scales.steady(name, range(&values, shown, &[]).unwrap_or_default());
                Some(Self::sequential(values, Vec::new(), scale))
            }
        }
    }

    /// Whether a state's number is known.
    pub fn is_known(&self, state: usize) -> bool {
        self.known.get(state).copied().unwrap_or(true) && self.values.get(state).is_some_and(|value| value.is_finite())
    }

    /// The place of a value on the ramp, 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        if self.logarithmic {
            libm::log1p((value - self.low).max(0.0)) / libm::log1p(self.high - self.low).max(1e-12)
        } else {
            (value - self.low) / (self.high - self.low).max(1e-12)
        }
    }

    fn sequential(values: Vec<f64>, known: Vec<bool>, (low, high): (f64, f64)) -> Self {
        Self { values, known, low, high, ramp: Ramp::Sequential, logarithmic: false }
    }

    fn diverging(values: Vec<f64>, known: Vec<bool>, shown: &[bool], (name, scales): (&str, &Scales)) -> Self {
        let (low, high) = range(&values, shown, &known).unwrap_or_default();
        let reach = round_up(low.abs().max(high.abs())).max(1e-9);
        let (low, high) = scales.steady(name, (-reach, reach));
        Self { values, known, low, high, ramp: Ramp::Diverging, logarithmic: false }
    }
}

/// The legal actions of a state with their values, from a row of all action values.
pub fn legal_values(
    row: &[f32],
    environment: &EnvironmentDescription,
    state: usize,
) -> impl Iterator<Item = (usize, f32)> + Clone {
    row.iter().copied().enumerate().filter(move |(action, _)| environment.is_legal(state, *action))
}

/// For every state whether its values tell anything: it was visited, or they came from elsewhere, as planners' do. What
/// has been touched by nothing has the same value for every legal action.
fn known_states(values: &Values, environment: &EnvironmentDescription) -> Vec<bool> {
    let actions = (values.actions as usize).max(1);
    let is_untouched = |state: usize, row: &[f32]| {
        let mut legal = legal_values(row, environment, state).map(|(_, value)| value);
        let first = legal.next().unwrap_or_default();
        let has_choice = legal.clone().next().is_some();
        legal.all(|value| value == first) && (has_choice || first == 0.0)
    };
    let visits = values.visits.iter().copied().map(Some).chain(std::iter::repeat(None));
    let rows = values.q.chunks(actions).enumerate().zip(visits);
    rows.map(|((state, row), visits)| visits.is_none_or(|it| it > 0) || !is_untouched(state, row)).collect()
}

/// The overlay of agents whose table tells what they prefer, which is worth nothing by itself: what their critic thinks of states.
const CRITIC: &str = "critic";

/// Whether an agent's table holds preferences instead of values.
pub fn prefers(values: &Values) -> bool {
    values.overlays.contains_key(CRITIC)
}

/// The value of every state: the critic's, where there is one, else the best legal action's, or the policy's mean where the policy
/// is not greedy; 0 where there is nothing to choose.
pub fn state_values(values: &Values, environment: &EnvironmentDescription) -> Vec<f64> {
    if let Some(critic) = values.overlays.get(CRITIC) {
        return critic.iter().map(|value| f64::from(*value)).collect();
    }
    let actions = (values.actions as usize).max(1);
    values
        .q
        .chunks(actions)
        .enumerate()
        .map(|(state, row)| {
            let legal = legal_values(row, environment, state).map(|(action, q)| (action, f64::from(q)));
            match &values.policy {
                Some(policy) => {
                    let chance = |action: usize| policy.get(state * actions + action).copied().unwrap_or_default();
                    legal.map(|(action, q)| q * f64::from(chance(action))).sum()
                }
                None => legal.map(|(_, q)| q).reduce(f64::max).unwrap_or_default(),
            }
        })
        .collect()
}

/// The best legal actions of a state, from a row of all action values. Equal ones tie; where several are legal and all
/// are equal nothing is known and none is best.
pub fn best_actions(row: &[f32], environment: &EnvironmentDescription, state: usize) -> Vec<usize> {
    let legal = legal_values(row, environment, state);
    let high = legal.clone().map(|(_, value)| value).fold(f32::NEG_INFINITY, f32::max);
    let low = legal.clone().map(|(_, value)| value).fold(f32::INFINITY, f32::min);
    // What rounding makes of equal values, also where all rewards are tiny.
    let slack = 1e-5 * high.abs().max(1e-7);
    if legal.clone().nth(1).is_some() && high - low <= slack {
        return Vec::new();
    }
    legal.filter(|(_, value)| high - value <= slack).map(|(action, _)| action).collect()
}

/// Where values are painted: over states, or where there are none over the places of which the agent tells values.
pub fn layout_in<'a>(environment: &'a EnvironmentDescription, values: Option<&Values>) -> Option<&'a StateLayout> {
    environment.layout.as_ref().filter(|_| environment.states.is_some() || values.is_some())
}

/// For every state whether it is painted: walls, ends and holes keep their own look, and so do states in which
/// nothing is at stake.
pub fn painted_states(
    environment: &EnvironmentDescription,
    layout: &StateLayout,
    scene: &Scene,
    solution: Option<&OptimalSolution>,
) -> Vec<bool> {
    let mut painted = by_look(layout, scene);
    if let Some(solution) = solution.filter(|solution| !solution.v.is_empty()) {
        let actions = (solution.q.len() / solution.v.len()).max(1);
        for (state, (painted, row)) in painted.iter_mut().zip(solution.q.chunks(actions)).enumerate() {
            *painted &= legal_values(row, environment, state).any(|(_, value)| value != 0.0);
        }
    }
    painted
}

fn by_look(layout: &StateLayout, scene: &Scene) -> Vec<bool> {
    match layout {
        StateLayout::Boxes { centres, .. } => centres.iter().map(|(x, _)| x.is_finite()).collect(),
        StateLayout::Grid { columns, rows } => {
            // More cells than a canvas has pixels nobody sends but by mistake.
            let count = (columns.saturating_mul(*rows) as usize).min(MOST_CELLS);
            let cells = scene.shapes.iter().find_map(|shape| match shape {
                Shape::Cells { columns: own, tiles, legend, .. } if own == columns && tiles.len() == count => {
                    Some((tiles, legend))
                }
                _ => None,
            });
            match cells {
                None => vec![true; count],
                Some((tiles, legend)) => tiles
                    .iter()
                    .map(|index| {
                        !matches!(
                            legend.get(*index as usize),
                            Some(Tile::Wall | Tile::Pit | Tile::Goal | Tile::Empty) | None
                        )
                    })
                    .collect(),
            }
        }
    }
}

/// The least and the greatest of the known numbers that are shown; nothing is unknown where nothing is said of it.
fn range(values: &[f64], shown: &[bool], known: &[bool]) -> Option<(f64, f64)> {
    let known = known.iter().copied().chain(std::iter::repeat(known.is_empty()));
    let counted =
        values.iter().zip(shown).zip(known).filter(|((value, shown), known)| **shown && *known && value.is_finite());
    counted.map(|((value, _), _)| (*value, *value)).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn values(q: &[f32], actions: u32) -> Values {
        let states = q.len() as u32 / actions;
        Values {
            states,
            actions,
            q: q.to_vec().into(),
            visits: vec![3; states as usize].into(),
            td_error: vec![-0.5; states as usize].into(),
            policy: None,
            overlays: BTreeMap::new(),
        }
    }

    fn layer(paint: &Paint, values: &Values, solution: Option<&OptimalSolution>, shown: &[bool]) -> Option<StateLayer> {
        StateLayer::of(paint, &environment(&[]), (Some(values), solution), shown, &Scales::default())
    }

    fn solution(v: &[f32], q: &[f32]) -> OptimalSolution {
        OptimalSolution { v: v.to_vec().into(), q: q.to_vec().into(), sweeps: 1, seconds: 0.0, optimal_return: None }
    }

    /// An environment in which these actions are legal, as bits by state; all where nothing is said.
    fn environment(legal: &[u64]) -> EnvironmentDescription {
        let legal_actions = legal.to_vec().into();
        EnvironmentDescription { id: "mdp".into(), legal_actions, ..EnvironmentDescription::default() }
    }

    #[test]
    fn a_layer_spans_the_painted_states_only() {
        let table = values(&[1.0, 2.0, 50.0, 40.0, 0.0, -3.0], 2);
        let layer = layer(&Paint::Values, &table, None, &[true, false, true]).unwrap();
        assert_eq!((layer.low, layer.high), (0.0, 2.0));
        assert_eq!(layer.values, [2.0, 50.0, 0.0]);
        assert_eq!(layer.share(1.0), 0.5);
    }

    #[test]
    fn differences_are_centred_on_zero() {
        let (table, solution) = (values(&[1.0, 4.0], 1), solution(&[2.0, 3.5], &[2.0, 3.5]));
        let difference = layer(&Paint::Difference, &table, Some(&solution), &[true, true]).unwrap();
        assert_eq!(difference.values, [-1.0, 0.5]);
        assert_eq!((difference.low, difference.high, difference.share(0.0)), (-1.0, 1.0, 0.5));
        assert_eq!(layer(&Paint::Difference, &table, None, &[true, true]), None);
        // What is beyond the numbers of a column is told as its greatest: how far apart two such are nobody knows.
        let [most, infinite] = [f32::MAX, f32::INFINITY];
        let (table, solution) =
            (values(&[most, most, 1.0], 1), self::solution(&[most, 1.0, infinite], &[most, 1.0, infinite]));
        let difference = layer(&Paint::Difference, &table, Some(&solution), &[true; 3]).unwrap();
        assert!((0..3).all(|state| !difference.is_known(state)));
    }

    #[test]
    fn what_was_never_visited_is_unknown_and_outside_the_scale() {
        // Every step costs something: the zeros of the states that nobody has seen would be the best of all.
        let mut table = values(&[-3.0, -4.0, 0.0, 0.0, -1.0, -2.0, 0.0, 0.0], 2);
        table.visits = vec![5, 0, 1, 0].into();
        table.td_error = vec![-1.0, 0.0, 0.5, 0.0].into();
        for paint in [Paint::Values, Paint::Visits, Paint::Error] {
            let layer = layer(&paint, &table, None, &[true; 4]).unwrap();
            let known: Vec<bool> = (0..4).map(|state| layer.is_known(state)).collect();
            assert_eq!(known, [true, false, true, false], "{paint:?}");
        }
        let of_values = layer(&Paint::Values, &table, None, &[true; 4]).unwrap();
        assert_eq!((of_values.low, of_values.high), (-3.0, -1.0));
    }

    #[test]
    fn places_of_a_plane_are_painted_once_values_of_them_are_told() {
        let mut plane = environment(&[]);
        plane.layout = Some(StateLayout::Boxes { centres: vec![(0.5, 0.5), (1.5, 0.5)], size: (1.0, 1.0) });
        let mut told = values(&[1.0, 2.0, 3.0, 5.0], 2);
        (told.visits, told.td_error) = Default::default();
        assert_eq!(layout_in(&plane, None), None, "an agent that tells none leaves the picture as it is");
        assert!(layout_in(&plane, Some(&told)).is_some());
        plane.states = Some(2);
        assert!(layout_in(&plane, None).is_some(), "states are there whatever is known of them");
        let painted = layer(&Paint::Values, &told, None, &[true; 2]).unwrap();
        assert_eq!((painted.is_known(0), painted.low, painted.high), (true, 2.0, 5.0));
        for paint in [Paint::Visits, Paint::Error] {
            assert_eq!(layer(&paint, &told, None, &[true; 2]), None, "nobody counts them");
        }
    }

    #[test]
    fn what_a_planner_worked_out_is_known_though_nobody_was_there() {
        let mut table = values(&[-3.0, -4.0, 2.0, 2.0], 2);
        table.visits = vec![0, 0].into();
        let planned = layer(&Paint::Values, &table, None, &[true; 2]).unwrap();
        assert!(planned.is_known(0));
        assert!(!planned.is_known(1), "the same for every action is what it began with");
        let mut chain = values(&[0.0, 0.5], 1);
        chain.visits = vec![0, 0].into();
        let planned = layer(&Paint::Values, &chain, None, &[true; 2]).unwrap();
        assert_eq!((planned.is_known(0), planned.is_known(1)), (false, true));
    }

    #[test]
    fn learned_and_exact_values_share_a_scale_that_does_not_move_while_one_learns() {
        let (solution, scales) = (solution(&[9.3, 0.0, -1.0], &[9.3, 0.0, -1.0]), Scales::default());
        let mut seen = Vec::new();
        for learned in [-0.1, 0.5, 3.0, 9.2] {
            let table = values(&[learned, 0.1, -0.5], 1);
            for paint in [Paint::Values, Paint::Exact] {
                let layer =
                    StateLayer::of(&paint, &environment(&[]), (Some(&table), Some(&solution)), &[true; 3], &scales)
                        .unwrap();
                seen.push((layer.low, layer.high));
            }
        }
        assert!(seen.iter().all(|scale| *scale == (-2.0, 10.0)), "{seen:?}");
    }

    #[test]
    fn ties_are_shown_and_ignorance_is_not() {
        let best = |row: &[f32], legal: &[u64]| best_actions(row, &environment(legal), 0);
        assert_eq!(best(&[1.0, 3.0, 3.0, 2.0], &[]), [1, 2]);
        assert!(best(&[0.0; 4], &[]).is_empty());
        assert_eq!(best(&[1e-7, 2e-7, 2e-7, 0.0], &[]), [1, 2]);
        assert!(best(&[1e-15, 0.0, -1e-15, 0.0], &[]).is_empty());
        assert_eq!(best(&[0.0], &[]), [0]);
        // Among the legal ones: two that tie above an illegal 9, two of which nothing is known, one, and none.
        assert_eq!(best(&[-2.0, 9.0, -2.0, -3.0], &[0b1101]), [0, 2]);
        assert!(best(&[-2.0, 9.0, -2.0], &[0b101]).is_empty());
        assert_eq!(best(&[0.0, -1.0, 0.0], &[0b010]), [1]);
        assert!(best(&[0.0, 0.0], &[0]).is_empty());
    }

    #[test]
    fn a_state_is_worth_its_best_legal_action() {
        // By state: a11 and a12, a21, and an end. Nothing was ever learned of the others, which stay 0.
        let q = [-8.571_4, -9.0, 0.0, 0.0, 0.0, -20.0, 0.0, 0.0, 0.0];
        let environment = environment(&[0b011, 0b100, 0]);
        assert_eq!(state_values(&values(&q, 3), &environment), [f64::from(-8.571_4_f32), -20.0, 0.0]);
        let layout = StateLayout::Boxes { centres: vec![(0.0, 0.0); 3], size: (1.0, 1.0) };
        let solution = solution(&[-8.571_4, -20.0, 0.0], &q);
        let scene = Scene::new(1.0, 1.0);
        assert_eq!(painted_states(&environment, &layout, &scene, Some(&solution)), [true, true, false]);
        let layer = StateLayer::of(
            &Paint::Values,
            &environment,
            (Some(&values(&q, 3)), None),
            &[true, true, false],
            &Scales::default(),
        )
        .unwrap();
        assert_eq!((layer.low, layer.high), (-20.0, -8.0));
        // What is at stake in an illegal action is not at stake.
        let illegal = self::solution(&[0.0], &[0.0, 5.0]);
        assert!(!painted_states(&self::environment(&[0b01]), &layout, &scene, Some(&illegal))[0]);
    }

    #[test]
    fn a_soft_policy_values_its_mean() {
        let mut table = values(&[1.0, 3.0, 100.0], 3);
        table.policy = Some(vec![0.5, 0.5, 0.0].into());
        assert_eq!(state_values(&table, &environment(&[])), [2.0]);
        table.policy = Some(vec![0.5, 0.5, 0.5].into());
        assert_eq!(state_values(&table, &environment(&[0b011])), [2.0]);
    }

    #[test]
    fn what_is_preferred_is_no_value_and_the_critic_knows_it() {
        let mut table = values(&[3.0, -3.0, 0.0, 0.0], 2);
        table.policy = Some(vec![1.0, 0.0, 0.5, 0.5].into());
        assert_eq!((state_values(&table, &environment(&[])), prefers(&table)), (vec![3.0, 0.0], false));
        table.overlays.insert(CRITIC.into(), vec![-8.5, -20.0].into());
        assert_eq!((state_values(&table, &environment(&[])), prefers(&table)), (vec![-8.5, -20.0], true));
    }

    #[test]
    fn walls_and_ends_keep_their_look() {
        let mut scene = Scene::new(3.0, 1.0);
        let legend = vec![Tile::Floor, Tile::Wall, Tile::Goal];
        scene.shapes.push(Shape::Cells { x: 0.0, y: 0.0, columns: 3, tiles: vec![0, 1, 2].into(), legend });
        let layout = StateLayout::Grid { columns: 3, rows: 1 };
        assert_eq!(painted_states(&environment(&[]), &layout, &scene, None), [true, false, false]);
        let solution = solution(&[0.0; 3], &[0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(painted_states(&environment(&[]), &layout, &scene, Some(&solution)), [false, false, false]);
    }
}
