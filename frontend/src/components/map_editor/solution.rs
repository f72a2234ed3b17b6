//! The exact solution of the map that is drawn, found soon after the last stroke and in pieces, so that drawing never waits.

use super::sheet::MapSheet;
use crate::components::letters::{LetterBrush, Letters};
use crate::components::settings::value_of;
use crate::stage::layer::{Paint, StateLayer, painted_states};
use crate::stage::overlay::{self, PaintedStates};
use crate::stage::pen::CanvasPen;
use crate::stage::tiles::gap_and_radius;
use crate::store::Scales;
use agents::planning::exact::{Solution, Solver, SolverOutcome};
use environments::Environment as _;
use environments::registry::{self, BuiltEnvironment};
use gloo_timers::future::TimeoutFuture;
use run::column::narrow;
use shared::describe::{EnvironmentDescription, StateLayout};
use shared::event::{OptimalSolution, Values};
use shared::parameter::Value;
use shared::scene::Tile;
use shared::spec::{AgentSpec, EnvironmentSpec};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Most cells in a row or column of a map that is solved while it is drawn.
pub const MOST_SOLVED: usize = 20;

/// So long nothing must be drawn before it is solved, in milliseconds.
const REST_MILLIS: u32 = 150;

/// Backups in a piece: about a millisecond.
const BACKUPS_PER_PIECE: usize = 50_000;

/// The discount of agents that have none of their own.
const DISCOUNT: f64 = 0.99;

/// How much of a tile its value covers: what the tile is stays in sight.
const TINT: f64 = 0.62;

/// Shades of the tint.
const SHADES: f64 = 100.0;

/// What is known of a map's exact solution.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum MapOutlook {
    /// Nobody asked, or it is on its way.
    #[default]
    Unknown,
    /// The map is too large for it.
    TooLarge,
    /// It did not settle, or has no bound.
    Unsettled,
    /// It is found.
    Solved(Rc<MapSolution>),
}

/// The exact solution of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct MapSolution {
    environment: EnvironmentDescription,
    layout: StateLayout,
    solution: OptimalSolution,
    values: Values,
    shown: Vec<bool>,
    /// The discount that it has.
    pub discount: f64,
    /// The best value from the start.
    pub at_start: f64,
}

/// The discount that an agent's values have.
pub fn discount_of(agent: &AgentSpec) -> f64 {
    let entry = agents::registry::find(&agent.id).ok();
    let spec = entry.as_ref().and_then(|it| it.parameters.iter().find(|spec| spec.name == "gamma"));
    match spec.map(|spec| value_of(spec, &agent.parameters)) {
        Some(Value::Number(discount)) => discount,
        _ => DISCOUNT,
    }
}

/// The outlook of a map under a discount while it is wanted, as it is now. The last solution stays until there is a new one.
#[hook]
pub fn use_outlook(sheet: &Rc<MapSheet>, map: &Letters, discount: f64, wanted: bool) -> MapOutlook {
    let outlook = use_state_eq(MapOutlook::default);
    {
        let (sheet, outlook) = (Rc::clone(sheet), outlook.setter());
        use_effect_with((map.clone(), discount.to_bits(), wanted), move |(map, _, wanted)| {
            let here = Rc::new(Cell::new(true));
            let (columns, rows) = map.size();
            if !wanted {
                outlook.set(MapOutlook::Unknown);
            } else if columns.max(rows) > MOST_SOLVED {
                outlook.set(MapOutlook::TooLarge);
            } else {
                let (here, environment) = (Rc::clone(&here), sheet.with(map.text()));
                spawn_local(async move {
                    let found = look(&environment, discount, || here.get()).await;
                    if here.get() {
                        outlook.set(found);
                    }
                });
            }
            move || here.set(false)
        });
    }
    (*outlook).clone()
}

/// An environment that somebody draws, with its exact solution.
#[derive(Debug)]
pub struct SolvedDraft {
    /// The environment.
    pub environment: BuiltEnvironment,
    /// Its solution; none where it did not settle or has no bound.
    pub solution: Option<Solution>,
}

/// Solves an environment in pieces, as long as somebody wants to know. None where nobody does any more, or there is nothing to solve.
pub async fn solve(spec: &EnvironmentSpec, discount: f64, is_wanted: impl Fn() -> bool) -> Option<SolvedDraft> {
    TimeoutFuture::new(REST_MILLIS).await;
    if !is_wanted() {
        return None;
    }
    let environment = registry::build(spec).ok()?;
    let mut solver = Solver::new(environment.model()?, discount);
    let found = loop {
        TimeoutFuture::new(0).await;
        if !is_wanted() {
            return None;
        }
        if let Some(found) = solver.work(environment.model()?, &mut BACKUPS_PER_PIECE.clone()) {
            break found;
        }
    };
    Some(SolvedDraft { environment, solution: Some(found).filter(|it| it.outcome() == SolverOutcome::Exact) })
}

/// What is known of a map.
async fn look(environment: &EnvironmentSpec, discount: f64, is_wanted: impl Fn() -> bool) -> MapOutlook {
    let Some(SolvedDraft { mut environment, solution }) = solve(environment, discount, is_wanted).await else {
        return MapOutlook::Unknown;
    };
    environment.reset(shared::Seed::default());
    let (description, scene) = (environment.describe(), environment.draw());
    let (Some(model), Some(layout)) = (environment.model(), description.layout.clone()) else {
        return MapOutlook::Unknown;
    };
    let Some(found) = solution else { return MapOutlook::Unsettled };
    let column = |numbers: &[f64]| numbers.iter().copied().map(narrow).collect::<Vec<_>>();
    let (v, q) = (column(&found.v).into(), column(&found.q));
    let solution = OptimalSolution { v, q: q.clone().into(), sweeps: found.sweeps, seconds: 0.0, optimal_return: None };
    MapOutlook::Solved(Rc::new(MapSolution {
        shown: painted_states(&description, &layout, &scene, Some(&solution)),
        values: Values {
            states: model.states() as u32,
            actions: model.actions() as u32,
            q: q.into(),
            visits: Vec::new().into(),
            td_error: Vec::new().into(),
            policy: None,
            overlays: BTreeMap::new(),
        },
        at_start: found.at_start(model),
        environment: description,
        layout,
        solution,
        discount,
    }))
}

impl MapSolution {
    /// Tints the cells of a map by their values and draws the best ways. Nothing where the map has another size by now.
    pub fn draw(&self, pen: CanvasPen<'_>, map: &Letters, brushes: &[LetterBrush]) {
        let (columns, rows) = map.size();
        if self.layout != (StateLayout::Grid { columns: columns as u32, rows: rows as u32 }) {
            return;
        }
        // What was drawn since then is no state that counts any more.
        let tile = |letter: char| brushes.iter().find(|it| it.letter == letter).map(|it| it.tile);
        let is_free =
            |letter: char| !matches!(tile(letter), None | Some(Tile::Wall | Tile::Pit | Tile::Goal | Tile::Empty));
        let shown: Vec<bool> = map.cells().zip(&self.shown).map(|(letter, shown)| *shown && is_free(letter)).collect();
        let (data, scales) = ((None, Some(&self.solution)), Scales::default());
        let Some(layer) = StateLayer::of(&Paint::Exact, &self.environment, data, &shown, &scales) else { return };
        let side = pen.camera.scale;
        let (gap, radius) = gap_and_radius(side);
        // Cells of one shade are filled in one go: hundreds of fills are a good part of a frame.
        let mut by_shade: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (state, value) in layer.values.iter().enumerate().filter(|(state, _)| shown.get(*state) == Some(&true)) {
            by_shade.entry((layer.share(*value).clamp(0.0, 1.0) * SHADES).round() as u8).or_default().push(state);
        }
        pen.context.set_global_alpha(TINT);
        for (shade, states) in by_shade {
            let [red, green, blue] = layer.ramp.colour(f64::from(shade) / SHADES);
            pen.context.set_fill_style_str(&format!("rgb({red},{green},{blue})"));
            pen.context.begin_path();
            for state in states {
                let (x, y) = pen.camera.to_canvas((state % columns) as f64, (state / columns) as f64);
                pen.add_round_box((x + gap / 2.0, y + gap / 2.0), (side - gap, side - gap), radius);
            }
            pen.context.fill();
        }
        pen.context.set_global_alpha(1.0);
        let states = PaintedStates { layout: &self.layout, shown: &shown, path: &[] };
        overlay::arrows(pen, states, None, false, (&self.values, &self.environment));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Parameters;

    #[test]
    fn the_discount_is_that_of_the_agent() {
        let agent = |id: &str, values: &[(&str, f64)]| AgentSpec {
            id: id.into(),
            parameters: values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Value::Number(*value)))
                .collect::<Parameters>(),
        };
        assert_eq!(discount_of(&agent("q-learning", &[("gamma", 0.5)])), 0.5);
        assert_eq!(discount_of(&agent("q-learning", &[])), 0.99);
        assert_eq!(discount_of(&agent("none of ours", &[])), DISCOUNT);
    }
}
