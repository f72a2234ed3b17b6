//! The network that an agent's settings describe, before it learns: its shapes, how many parameters it has, and what of it
//! cannot be. All of it comes from the code that builds the network.

use super::settings::value_of;
use crate::format::count;
use crate::language::Text;
use crate::text;
use agents::error::{BuildFault, NetworkFault};
use agents::neural::settings::listed_by;
use agents::registry;
use agents::setting::Setting;
use environments::Environment;
use networks::architecture::{Architecture, LayerPosition, MOST_WEIGHTS, PlacedLayer};
use networks::{ArchitectureError, Input, Layer};
use shared::describe::CatalogEntry;
use shared::parameter::{LayerList, Parameters, Value};
use shared::spec::{AgentSpec, EnvironmentSpec};
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::prelude::*;

/// What is told of a listed layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerNote {
    /// What it gives: `16×16×8` of a board, `64` of a vector.
    pub shape: String,
    /// How many numbers it learns, in all heads.
    pub parameters: usize,
    /// Whether its stride leads beyond the board.
    pub is_still: bool,
}

/// A network, or as much of it as there can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkShape {
    /// Of every listed layer, by the parameter that lists it and its index there.
    notes: BTreeMap<(&'static str, usize), LayerNote>,
    outcome: Result<BuildableNetwork, BrokenShape>,
}

/// A network that can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildableNetwork {
    /// Every head's name, and the shapes from the observation to its outputs.
    pub heads: Vec<(String, Vec<String>)>,
    /// How many numbers it learns.
    pub parameters: usize,
}

/// Where a network cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BrokenShape {
    /// The layer by the parameter that lists it and its index there; none where no row stands for it.
    row: Option<(&'static str, usize)>,
    reason: String,
}

impl NetworkShape {
    /// The network of an agent in an environment; none where it has none, or what is set cannot be read.
    fn of(entry: &CatalogEntry, values: &Parameters, setting: &Setting<'_>) -> Option<Self> {
        let agent = AgentSpec { id: entry.id.clone(), parameters: values.clone() };
        match registry::network(&agent, setting) {
            Ok(architecture) => architecture.map(|it| Self { notes: notes(&it, None), outcome: Ok(whole(&it)) }),
            Err(BuildFault::Network(fault)) => Some(Self::broken(entry, agent, setting, &fault)),
            Err(BuildFault::Parameter(_) | BuildFault::Unsuitable(_) | BuildFault::Elsewhere) => None,
        }
    }

    /// What there is up to the layer at fault.
    fn broken(entry: &CatalogEntry, mut agent: AgentSpec, setting: &Setting<'_>, fault: &NetworkFault) -> Self {
        let reason = reason(&fault.error);
        let listed = entry
            .parameters
            .iter()
            .find(|it| it.name == fault.parameter)
            .and_then(|spec| spec.layers.as_ref()?.read(&value_of(spec, &agent.parameters).to_string()).ok());
        let (Some(place), Some(mut layers)) = (fault.error.place(), listed) else {
            return Self { notes: BTreeMap::new(), outcome: Err(BrokenShape { row: None, reason }) };
        };
        let row = (place.index < layers.len()).then_some((fault.parameter, place.index));
        layers.truncate(place.index);
        agent.parameters.insert(fault.parameter.into(), Value::Text(LayerList::write(&layers)));
        let before = registry::network(&agent, setting).ok().flatten();
        let notes = before.map(|it| notes(&it, Some(place))).unwrap_or_default();
        Self { notes, outcome: Err(BrokenShape { row, reason }) }
    }

    /// What is told of a row.
    pub fn note(&self, parameter: &str, row: usize) -> Option<&LayerNote> {
        self.notes.iter().find(|((name, index), _)| (*name, *index) == (parameter, row)).map(|(_, note)| note)
    }

    /// Why a row cannot be.
    pub fn fault(&self, parameter: &str, row: usize) -> Option<&str> {
        self.outcome.as_ref().err().filter(|it| it.row == Some((parameter, row))).map(|it| it.reason.as_str())
    }

    /// All of it, in a few lines.
    pub fn summary(&self) -> Html {
        let BuildableNetwork { heads, parameters } = match &self.outcome {
            Ok(whole) => whole,
            Err(BrokenShape { row, reason }) => {
                let words = if row.is_some() { text::NO_NETWORK.into() } else { reason.clone() };
                return html! { <p class="fault" role="status" data-testid="network-size" data-value="">{ words }</p> };
            }
        };
        html! {
            <div class="network-shape number">
                <p role="status" data-testid="network-size" data-value={parameters.to_string()}>
                    <b>{ text::parameters(&count(*parameters as u64)) }</b>
                </p>
                { for heads.iter().map(|(name, shapes)| html! {
                    <p key={name.clone()} data-testid={format!("network-shape-{name}")}>{ head_name(name) }{ ": " }{ shapes.join(" → ") }</p>
                }) }
            </div>
        }
    }
}

/// What is told of the layers, of those before one at fault where one is.
fn notes(architecture: &Architecture, fault: Option<&LayerPosition>) -> BTreeMap<(&'static str, usize), LayerNote> {
    let stands = |place: &LayerPosition| {
        fault.is_none_or(|fault| match (&place.head, &fault.head) {
            (None, Some(_)) => true,
            (Some(_), None) => false,
            _ => place.index < fault.index,
        })
    };
    let mut notes = BTreeMap::new();
    for layer in architecture.layers().filter(|it| stands(&it.place)) {
        // What does not depend on the observation stands in no list.
        if matches!(layer.layer, Layer::Constant { .. }) {
            continue;
        }
        let first = || LayerNote { shape: shape(layer.to), parameters: 0, is_still: is_still(&layer) };
        notes.entry((listed_by(&layer.place), layer.place.index)).or_insert_with(first).parameters += layer.weights;
    }
    notes
}

fn is_still(layer: &PlacedLayer) -> bool {
    match (layer.layer, layer.from, layer.to) {
        (
            Layer::Convolution { kernel, stride, .. },
            Input::Board { rows, columns, .. } | Input::Planes { rows, columns, .. },
            Input::Board { rows: 1, columns: 1, .. },
        ) => stride > 1 && kernel < rows.max(columns),
        _ => false,
    }
}

fn whole(architecture: &Architecture) -> BuildableNetwork {
    let layers: Vec<_> = architecture.layers().collect();
    let of_head = |name: &str| {
        let is_its = |it: &&PlacedLayer| it.place.head.as_deref().is_none_or(|head| head == name);
        let its: Vec<_> = layers.iter().filter(is_its).collect();
        let shapes = its.iter().map(|it| shape(it.to));
        match its.last() {
            Some(PlacedLayer { layer: Layer::Constant { .. }, to, .. }) => vec![shape(*to)],
            _ => std::iter::once(shape(architecture.input())).chain(shapes).collect(),
        }
    };
    let heads = architecture.heads().iter().map(|head| (head.name.clone(), of_head(&head.name))).collect();
    BuildableNetwork { heads, parameters: architecture.weights() }
}

fn shape(of: Input) -> String {
    match of {
        Input::Vector { length } => count(length as u64),
        Input::Board { rows, columns, channels } | Input::Planes { rows, columns, channels } => {
            format!("{rows}×{columns}×{channels}")
        }
    }
}

fn head_name(name: &str) -> &str {
    let known: Text = match name {
        "policy" => text::POLICY_HEAD,
        "value" => text::VALUE_HEAD,
        "advantage" => text::ADVANTAGE_HEAD,
        "deviation" => text::DEVIATION_HEAD,
        _ => return name,
    };
    known.text()
}

fn reason(error: &ArchitectureError) -> String {
    match error {
        ArchitectureError::Window { kernel, rows, columns, .. } => text::kernel_too_large(*kernel, *rows, *columns),
        ArchitectureError::NoBoard { .. } => text::NO_BOARD.into(),
        ArchitectureError::Weights { weights, .. } => {
            text::too_many_parameters(&count(*weights as u64), &count(MOST_WEIGHTS as u64))
        }
        error => text::not_taken(error),
    }
}

/// What an agent would be built for.
struct SettingOf;

impl environments::registry::EnvironmentVisitor for SettingOf {
    type Output = Setting<'static>;

    fn visit<E: Environment>(self, environment: E) -> Self::Output {
        Setting::of(&environment).without_model()
    }
}

fn setting_of(environment: &EnvironmentSpec) -> Option<Setting<'static>> {
    Some(environments::registry::build(environment).ok()?.accept(SettingOf))
}

/// The network of an agent in an environment, found out anew when either changes.
#[hook]
pub fn use_network_shape(
    environment: Option<&EnvironmentSpec>,
    entry: &CatalogEntry,
    values: &Parameters,
) -> Option<Rc<NetworkShape>> {
    // Most agents list no layers, and need no environment built.
    let environment = environment.filter(|_| entry.parameters.iter().any(|it| it.layers.is_some())).cloned();
    let setting = use_memo(environment.clone(), |environment| setting_of(environment.as_ref()?));
    let shape = use_memo((environment, entry.clone(), values.clone()), |(_, entry, values)| {
        NetworkShape::of(entry, values, (*setting).as_ref()?).map(Rc::new)
    });
    (*shape).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape_of(agent: &str, environment: &str, given: [&[(&str, &str)]; 2]) -> NetworkShape {
        let values = |given: &[(&str, &str)]| -> Parameters {
            given.iter().map(|(name, value)| ((*name).to_owned(), Value::Text((*value).to_owned()))).collect()
        };
        let environment = EnvironmentSpec { id: environment.into(), parameters: values(given[0]) };
        let entry = registry::find(agent).unwrap();
        NetworkShape::of(&entry, &values(given[1]), &setting_of(&environment).unwrap()).unwrap()
    }

    #[track_caller]
    fn check_note(of: &NetworkShape, (parameter, row): (&str, usize), shape: &str, parameters: usize) {
        let expected = LayerNote { shape: shape.into(), parameters, is_still: false };
        assert_eq!(of.note(parameter, row), Some(&expected));
    }

    #[test]
    fn heads_are_told_from_the_observation_to_their_outputs() {
        let shape = shape_of("ppo", "cart-pole", [&[], &[("hidden", "32-16")]]);
        let whole = shape.outcome.clone().unwrap();
        let heads: Vec<_> =
            whole.heads.iter().map(|(name, shapes)| format!("{name}: {}", shapes.join(" → "))).collect();
        assert_eq!(heads, ["policy: 4 → 32 → 16 → 2", "value: 4 → 32 → 16 → 1"]);
        // Policy and value each have such layers: 4 x 32 + 32 and 32 x 16 + 16, and 16 x 2 + 2 and 16 + 1 to the outputs.
        check_note(&shape, ("hidden", 0), "32", 320);
        check_note(&shape, ("hidden", 1), "16", 1056);
        assert_eq!(whole.parameters, 320 + 1056 + 34 + 17);
        let racing = shape_of("ppo", "racing", [&[("controls", "continuous")], &[]]);
        assert_eq!(racing.outcome.unwrap().heads[2], ("deviation".into(), vec!["3".into()]));
    }

    #[test]
    fn boards_shrink_from_convolution_to_convolution() {
        let layers: &[_] = &[("convolutions", "8x3x1-16x3x2"), ("hidden", "32")];
        let shape = shape_of("dqn", "snake", [&[("view", "board")], layers]);
        let [(name, shapes)] = &shape.outcome.clone().unwrap().heads[..] else { panic!("{shape:?}") };
        assert_eq!((name.as_str(), shapes.join(" → ")), ("advantage", "12×12×6 → 10×10×8 → 4×4×16 → 32 → 3".into()));
        check_note(&shape, ("convolutions", 0), "10×10×8", (3 * 3 * 6 + 1) * 8);
        check_note(&shape, ("convolutions", 1), "4×4×16", (3 * 3 * 8 + 1) * 16);
        check_note(&shape, ("hidden", 0), "32", (4 * 4 * 16 + 1) * 32);
        let still = shape_of("dqn", "snake", [&[("view", "board")], &[("convolutions", "8x3x20")]]);
        assert!(still.note("convolutions", 0).unwrap().is_still);
    }

    #[test]
    fn what_cannot_be_is_told_of_its_row_and_what_stands_before_it_is_told_as_it_is() {
        let board: &[_] = &[("view", "board")];
        let shape = shape_of("ppo", "snake", [board, &[("convolutions", "8x3x3-8x9x1-8x1x1")]]);
        check_note(&shape, ("convolutions", 0), "4×4×8", (3 * 3 * 6 + 1) * 8);
        assert_eq!((shape.note("convolutions", 1), shape.note("hidden", 0)), (None, None));
        let said = "A kernel of 9 is larger than the board of 4 × 4 that it gets.";
        assert_eq!((0..3).map(|row| shape.fault("convolutions", row)).collect::<Vec<_>>(), [None, Some(said), None]);
        let shape = shape_of("ppo", "snake", [&[], &[("convolutions", "8x3x3")]]);
        assert!(shape.fault("convolutions", 0).unwrap().contains("cell by cell"));
        let shape = shape_of("ppo", "cart-pole", [&[], &[("hidden", "8192-8192")]]);
        check_note(&shape, ("hidden", 0), "8\u{202f}192", 2 * 5 * 8192);
        assert!(shape.fault("hidden", 1).unwrap().starts_with("With it the network has"));
    }

    #[test]
    fn agents_without_a_network_have_none() {
        let setting = setting_of(&EnvironmentSpec { id: "gridworld".into(), parameters: Parameters::new() }).unwrap();
        assert_eq!(NetworkShape::of(&registry::find("sarsa").unwrap(), &Parameters::new(), &setting), None);
    }
}
