//! A form built from what an environment or an agent says can be set.

use super::field::{Field, FieldProps};
use super::layers::LayersField;
use super::network_shape::use_network_shape;
use super::settings::{goes_live, preset, same, value_of, with};
use crate::language::{Text, translated};
use crate::lesson::control::{ControlGroup, LessonRules, use_rules};
use crate::text;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterKind, ParameterSpec, Parameters, Preset, Value};
use shared::spec::EnvironmentSpec;
use yew::prelude::*;

/// Where more than this can be set, what no preset sets and belongs to nothing that one sets is folded away.
const MOST_AT_ONCE: usize = 6;

/// What can be set and what is.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct SettingsFormProps {
    /// What can be set.
    pub entry: CatalogEntry,
    /// Whether that is an environment or an agent.
    pub room: ControlGroup,
    /// What differs from the defaults.
    pub values: Parameters,
    /// The same before anybody changed anything.
    #[prop_or_default]
    pub baseline: Parameters,
    /// Told of all values that differ from the defaults.
    pub on_change: Callback<Parameters>,
    /// Where an agent is to learn, which says how large its network is.
    #[prop_or_default]
    pub environment: Option<EnvironmentSpec>,
    /// Whether nothing can be set now but what takes effect while an agent learns.
    #[prop_or_default]
    pub locked: bool,
}

/// Presets as chips, and a control for every parameter.
#[component]
pub fn Form(props: &SettingsFormProps) -> Html {
    let rules = use_rules();
    let network = use_network_shape(props.environment.as_ref(), &props.entry, &props.values);
    let (first, rest): (Vec<_>, Vec<_>) = arrange(&props.entry, &props.values, (props.room, &rules));
    let last_layers = first.iter().chain(&rest).rfind(|it| it.layers.is_some()).map(|it| it.name.clone());
    let field = |spec: &&ParameterSpec| {
        let name = spec.name.clone();
        let (values, on_change) = (props.values.clone(), props.on_change.clone());
        let entry = props.entry.clone();
        let changed =
            Callback::from(move |value: Value| on_change.emit(with(&entry, &values, [(name.clone(), value)])));
        let (value, before) = (value_of(spec, &props.values), value_of(spec, &props.baseline));
        let rule = rules.own(props.room, &spec.name);
        let field = FieldProps {
            spec: (*spec).clone(),
            changed_from: (value != before).then_some(before),
            value,
            on_change: changed,
        };
        html! {
            <fieldset key={spec.name.clone()} class={classes!("ruled", rule.class())}
                disabled={rule.is_locked() || (props.locked && !spec.live)}
                data-control={props.room.name_of(&spec.name)}>
                if let Some(list) = &spec.layers {
                    <LayersField {field} list={list.clone()} network={network.clone()} sums_up={last_layers.as_ref() == Some(&spec.name)} />
                } else {
                    <Field ..field />
                }
            </fieldset>
        }
    };
    let group = rules.group(props.room);
    if !rules.shows_any(props.room) {
        return Html::default();
    }
    html! {
        <>
            if group.is_shown() { { presets(props, group.is_locked()) } }
            <fieldset class={classes!("fields", group.class())} data-control={props.room.group_name()}>
                { for first.iter().map(field) }
                if !rest.is_empty() {
                    <details class="more">
                        <summary data-testid={format!("more-{}", props.entry.id)}>{ text::MORE_SETTINGS }</summary>
                        <div class="fields">{ for rest.iter().map(field) }</div>
                    </details>
                }
            </fieldset>
        </>
    }
}

fn presets(props: &SettingsFormProps, locked: bool) -> Html {
    let SettingsFormProps { entry, values, baseline, .. } = props;
    if entry.parameters.is_empty() {
        return Html::default();
    }
    let chip = |PresetChip { name, label, set }: PresetChip| {
        let is_off = props.locked && !goes_live(entry, values, &set);
        html! {
            <button type="button" class="chip" key={name.clone()} aria-pressed={same(entry, &set, values).to_string()}
                disabled={is_off || locked} title={if is_off { text::ALL_LOCKED } else { Text("") }} data-testid={name}
                onclick={props.on_change.reform(move |_| set.clone())}>{ label }</button>
        }
    };
    html! {
        <div class="chips" role="group" aria-label={text::PRESETS}>
            { for chips(entry, baseline).into_iter().map(chip) }
        </div>
    }
}

/// Settings that one click makes.
struct PresetChip {
    /// For automation.
    name: String,
    label: String,
    set: Parameters,
}

/// Everything as it was, and the presets. One that is as everything was has no chip of its own, and its name stands on that of the
/// defaults: two chips for the same settings would both be pressed.
fn chips(entry: &CatalogEntry, baseline: &Parameters) -> Vec<PresetChip> {
    let mut defaults = String::from(text::DEFAULTS);
    let mut chips = Vec::new();
    for it in entry.presets.iter().filter(|it| says_more(entry, it)) {
        let (label, set) = (translated(&it.label), preset(entry, baseline, it));
        if same(entry, &set, baseline) {
            defaults = format!("{defaults}: {label}");
        } else {
            chips.push(PresetChip { name: format!("preset-{}", it.name), label: label.into_owned(), set });
        }
    }
    let name = format!("defaults-{}", entry.id);
    chips.insert(0, PresetChip { name, label: defaults, set: baseline.clone() });
    chips
}

/// Whether a preset says more than one choice or switch, which stands below it with the same words.
fn says_more(entry: &CatalogEntry, preset: &Preset) -> bool {
    let one = |name: &String| entry.parameters.iter().find(|spec| spec.name == *name).map(|spec| &spec.kind);
    let only = preset.values.keys().next().filter(|_| preset.values.len() == 1).and_then(one);
    !matches!(only, Some(ParameterKind::Choice { .. } | ParameterKind::Flag { .. }))
}

/// Maps are edited on the stage and long texts are rare: both are folded away, like what only experts turn.
/// What has no effect beside the other values is not there, and keeps its value until it has one. Of a schedule
/// (`part_of` what it changes) the figures are not folded away, nor is what a lesson names.
fn arrange<'a>(
    entry: &'a CatalogEntry,
    values: &Parameters,
    (room, rules): (ControlGroup, &LessonRules),
) -> (Vec<&'a ParameterSpec>, Vec<&'a ParameterSpec>) {
    let is_text = |spec: &ParameterSpec| matches!(spec.kind, ParameterKind::Text { .. }) && spec.layers.is_none();
    let in_a_preset = |name: &str| entry.presets.iter().any(|preset| preset.values.contains_key(name));
    let is_marked = |spec: &ParameterSpec| {
        let is_figure = !matches!(spec.kind, ParameterKind::Choice { .. });
        in_a_preset(&spec.name)
            || (is_figure && in_a_preset(&spec.part_of))
            || (entry.presets.is_empty() && !spec.symbol.is_empty())
    };
    let few = entry.parameters.iter().filter(|spec| !is_text(spec)).count() <= MOST_AT_ONCE;
    let with_effect = entry.parameters.iter().filter(|spec| spec.unmet(&entry.parameters, values).is_none());
    let shown = with_effect.filter(|spec| rules.own(room, &spec.name).is_shown());
    let is_named = |spec: &ParameterSpec| rules.said(room, &spec.name).is_some();
    shown.partition(|spec| is_named(spec) || (!is_text(spec) && (few || is_marked(spec))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_chips_make_the_same_settings() {
        let mut named = 0;
        for environment in environments::registry::catalog() {
            let of_agent =
                |entry: CatalogEntry| (agents::recommended::agent(&environment.id, &entry.id).parameters, entry);
            let own = (Parameters::new(), environment.clone());
            for (baseline, entry) in agents::registry::catalog().into_iter().map(of_agent).chain([own]) {
                let chips = chips(&entry, &baseline);
                for (index, chip) in chips.iter().enumerate() {
                    let alike = |other: &PresetChip| same(&entry, &other.set, &chip.set);
                    let place = chips.iter().position(alike);
                    assert_eq!(
                        place,
                        Some(index),
                        "{} and {} of {}",
                        chips[place.unwrap()].label,
                        chip.label,
                        entry.id
                    );
                }
                named += usize::from(chips[0].label == "Defaults: Medium network");
            }
        }
        assert!(named > 0);
    }

    #[test]
    fn what_an_agent_takes_up_while_it_learns_is_not_locked() {
        let entry = agents::registry::find("q-learning").unwrap();
        let tuned = |name: &str, value| with(&entry, &Parameters::new(), [(name.to_owned(), Value::Number(value))]);
        let defaults = Parameters::new();
        assert!(goes_live(&entry, &tuned("alpha", 0.5), &defaults));
        assert!(!goes_live(&entry, &tuned("gamma", 0.5), &defaults), "what is optimal depends on it");
        assert!(!goes_live(&entry, &defaults, &defaults), "nothing is to be taken up");
    }

    #[test]
    fn maps_are_folded_away() {
        let entry = environments::registry::find("gridworld").unwrap();
        let (first, rest) = arrange(&entry, &Parameters::new(), (ControlGroup::Environment, &LessonRules::default()));
        assert!(first.iter().any(|spec| spec.name == "slip"));
        assert!(rest.iter().any(|spec| spec.name == "map"));
    }

    #[test]
    fn layers_are_not_folded_away() {
        for entry in agents::registry::catalog().into_iter().filter(|it| agents::registry::has_network(&it.id)) {
            let (first, _) = arrange(&entry, &Parameters::new(), (ControlGroup::Agent, &LessonRules::default()));
            let shown: Vec<_> = first.iter().map(|spec| spec.name.as_str()).collect();
            for name in ["convolutions", "hidden", "activation"] {
                assert!(shown.contains(&name), "{}: {shown:?}", entry.id);
            }
        }
    }

    #[test]
    fn a_preset_that_is_one_choice_is_not_shown_twice() {
        let shown = |id: &str| {
            let entry = environments::registry::find(id).unwrap();
            entry.presets.iter().filter(|it| says_more(&entry, it)).map(|it| it.name.clone()).collect::<Vec<_>>()
        };
        assert!(shown("racing").is_empty(), "tracks are choices");
        assert_eq!(shown("gridworld"), ["web", "easy", "medium", "hard"]);
    }

    #[test]
    fn figures_of_a_schedule_show_while_it_is_not_constant() {
        let entry = agents::registry::catalog().into_iter().find(|entry| entry.id == "q-learning").unwrap();
        let shows = |name: &str, values: &Parameters| {
            arrange(&entry, values, (ControlGroup::Environment, &LessonRules::default()))
                .0
                .iter()
                .any(|spec| spec.name == name)
        };
        assert!(shows("epsilon_decay", &Parameters::new()) && !shows("alpha_decay", &Parameters::new()));
        let constant = Parameters::from([("epsilon_schedule".to_owned(), Value::Text("constant".into()))]);
        assert!(!shows("epsilon_decay", &constant));
    }

    #[test]
    fn what_has_no_effect_is_not_shown() {
        let shown = |id: &str, values: &Parameters| {
            let entry = environments::registry::find(id).ok().or_else(|| agents::registry::find(id).ok()).unwrap();
            let (first, rest) = arrange(&entry, values, (ControlGroup::Environment, &LessonRules::default()));
            first.iter().chain(&rest).map(|spec| spec.name.clone()).collect::<Vec<_>>()
        };
        let lake = shown("frozen-lake", &Parameters::new());
        assert!(!lake.contains(&"own_map".to_owned()) && !lake.contains(&"size".to_owned()), "{lake:?}");
        let random = Parameters::from([("map".to_owned(), Value::Text("random".into()))]);
        assert!(shown("frozen-lake", &random).contains(&"size".to_owned()));
        assert!(!shown("monte-carlo", &Parameters::new()).contains(&"alpha".to_owned()), "it averages");
    }
}
