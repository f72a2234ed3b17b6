//! What there is: environments and agents, with everything that can be set.

use crate::{Error, placing};
use clap::Args;
use environments::model::Outcome;
use environments::registry;
use environments::rules::EnvironmentRule;
use environments::{Environment as _, Model};
use serde::Serialize;
use shared::describe::{CatalogEntry, EnvironmentDescription};
use shared::parameter::{ParameterKind, ParameterSpec, Parameters};
use shared::spec::EnvironmentSpec;
use std::io::Write;

/// So many different rewards are listed; of more the least and the greatest.
const MOST_REWARDS: usize = 6;

/// How to list.
#[derive(Clone, Copy, Debug, Args)]
pub struct ListOptions {
    /// As JSON, with ranges and help texts
    #[arg(long)]
    json: bool,
}

/// What to describe.
#[derive(Clone, Debug, Args)]
pub struct DescribeOptions {
    /// An environment or an agent
    #[arg(value_name = "ENV|AGENT")]
    id: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Lists the environments.
pub fn environments(options: &ListOptions, out: &mut impl Write) -> Result<(), Error> {
    list(&environments::registry::catalog(), *options, out)
}

/// Lists the agents.
pub fn agents(options: &ListOptions, out: &mut impl Write) -> Result<(), Error> {
    list(&placing::on_the_cpu().catalog(), *options, out)
}

/// Tells everything about one environment or agent; about both where they share their name.
pub fn describe(options: &DescribeOptions, out: &mut impl Write) -> Result<(), Error> {
    let (environments, agents) = (environments::registry::catalog(), placing::on_the_cpu().catalog());
    let agents: Vec<_> = agents.into_iter().map(agents::further_presets::with).collect();
    let entries: Vec<_> = environments.iter().chain(&agents).filter(|it| it.id == options.id).collect();
    if entries.is_empty() {
        let ids = |entries: &[CatalogEntry]| entries.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ");
        let id = options.id.chars().take(60).collect();
        return Err(Error::Unknown { id, environments: ids(&environments), agents: ids(&agents) });
    }
    for (index, entry) in entries.into_iter().enumerate() {
        let built = environments.contains(entry).then(|| built(&entry.id)).transpose()?;
        if options.json {
            writeln!(out, "{}", shared::codec::to_text(&Described { entry, built })?)?;
            continue;
        }
        if index > 0 {
            writeln!(out)?;
        }
        describe_entry(entry, built.as_ref(), out)?;
    }
    Ok(())
}

/// A catalogue entry and, of an environment, what it is with its defaults.
#[derive(Serialize)]
struct Described<'a> {
    #[serde(flatten)]
    entry: &'a CatalogEntry,
    #[serde(flatten)]
    built: Option<Built>,
}

/// An environment with its defaults.
#[derive(Serialize)]
struct Built {
    description: EnvironmentDescription,
    /// What it pays, where it begins and ends, and whatever else holds, in words.
    rules: Vec<EnvironmentRule>,
    /// Rewards of its exact model in ascending order, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    rewards: Option<Vec<f64>>,
    /// States that episodes begin in, with their probabilities, by its exact model.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Vec<(u32, f64)>>,
}

fn built(id: &str) -> Result<Built, Error> {
    let spec = EnvironmentSpec { id: id.to_owned(), parameters: Parameters::new() };
    let environment = registry::build(&spec)?;
    let model = environment.model();
    Ok(Built {
        description: environment.describe(),
        rules: registry::rules(id),
        rewards: model.map(rewards),
        start: model.map(|model| model.start().to_vec()),
    })
}

/// The different rewards of a model, in ascending order, without those of states in which an episode has always ended.
fn rewards(model: &Model) -> Vec<f64> {
    let pairs = (0..model.states()).flat_map(|state| (0..model.actions()).map(move |action| (state, action)));
    let outcomes = pairs.flat_map(|(state, action)| {
        let stays = move |it: &&Outcome| it.terminated && it.next as usize == state && it.reward == 0.0;
        model.outcomes(state, action).iter().filter(move |it| !stays(it))
    });
    let mut all: Vec<f64> = outcomes.map(|it| it.reward).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// What an environment is with its defaults: what one may do, what one observes, what it pays, where it begins and ends.
fn describe_built(built: &Built, out: &mut impl Write) -> Result<(), Error> {
    let it = &built.description;
    let names = |names: Vec<String>| names.join(", ");
    writeln!(out, "\nWith its defaults:")?;
    if it.controls.is_empty() {
        let actions = it.actions.iter().enumerate().map(|(index, action)| format!("{index} {}", action.name));
        writeln!(out, "  actions: {}", names(actions.collect()))?;
    } else {
        let entries = it.controls.iter().map(|it| format!("{} {} to {}", it.name, it.low, it.high));
        writeln!(out, "  actions: a box of {}", names(entries.collect()))?;
    }
    match it.states {
        Some(states) => writeln!(out, "  states: {states}")?,
        None => writeln!(out, "  states: not to be counted")?,
    }
    let entries = it.observation.iter().map(|it| format!("{} {} to {}", it.name, it.low, it.high));
    writeln!(out, "  observation: {}", shortened(&entries.collect::<Vec<_>>()))?;
    match built.rewards.as_deref() {
        Some(rewards) if rewards.len() <= MOST_REWARDS => {
            writeln!(out, "  rewards: {}", names(rewards.iter().map(ToString::to_string).collect()))?;
        }
        Some([least, .., greatest]) => writeln!(out, "  rewards: {least} to {greatest}")?,
        _ => {}
    }
    match built.start.as_deref() {
        Some([(state, _)]) => writeln!(out, "  begins in state {state}")?,
        Some(start) => writeln!(out, "  begins in one of {} states", start.len())?,
        None => {}
    }
    let limit = it.step_limit.map_or_else(String::new, |steps| format!("; at most {steps} steps"));
    writeln!(out, "  ends by: {}{limit}", names(it.outcomes.clone()))?;
    if !it.counters.is_empty() {
        writeln!(out, "  counts: {}", names(it.counters.clone()))?;
    }
    Ok(())
}

/// A list, of a long one its beginning.
fn shortened(entries: &[String]) -> String {
    const MOST: usize = 8;
    let first = entries[..entries.len().min(MOST)].join(", ");
    if entries.len() > MOST { format!("{first} ... {} numbers in all", entries.len()) } else { first }
}

fn describe_entry(entry: &CatalogEntry, built: Option<&Built>, out: &mut impl Write) -> Result<(), Error> {
    writeln!(out, "{} ({})\n\n{}", entry.title, entry.id, entry.summary)?;
    if !entry.equation.is_empty() {
        writeln!(out, "\n  {}", entry.equation)?;
    }
    writeln!(out, "\nSource: {}", entry.source)?;
    if let Some(built) = built {
        writeln!(out, "\nRules:")?;
        for EnvironmentRule { about, text } in &built.rules {
            writeln!(out, "  {about}: {text}")?;
        }
        describe_built(built, out)?;
    }
    writeln!(out, "\nParameters:")?;
    for parameter in &entry.parameters {
        let symbol = if parameter.symbol.is_empty() { String::new() } else { format!(" {}", parameter.symbol) };
        writeln!(out, "  {}{symbol}: {}", parameter.name, range(parameter))?;
        writeln!(out, "      {}", parameter.help)?;
        if parameter.live {
            writeln!(out, "      Live: another value can take effect while it learns.")?;
        }
        for need in &parameter.needs {
            writeln!(out, "      Has an effect only with {}.", need.words(&entry.parameters))?;
        }
    }
    for preset in &entry.presets {
        let values: Vec<_> = preset
            .values
            .iter()
            .map(|(name, value)| format!("{name}={}", value.to_string().replace('\n', "\\n")))
            .collect();
        writeln!(out, "Preset {}: {}", preset.name, values.join(" "))?;
    }
    Ok(())
}

fn list(entries: &[CatalogEntry], options: ListOptions, out: &mut impl Write) -> Result<(), Error> {
    if options.json {
        writeln!(out, "{}", shared::codec::to_text(&entries)?)?;
        return Ok(());
    }
    let width = entries.iter().map(|it| it.id.len()).max().unwrap_or(0);
    for entry in entries {
        writeln!(out, "{:width$}  {}", entry.id, entry.title)?;
        for parameter in &entry.parameters {
            writeln!(out, "{:width$}    {}: {}", "", parameter.name, range(parameter))?;
        }
    }
    Ok(())
}

/// What a parameter takes, in words.
fn range(parameter: &ParameterSpec) -> String {
    match &parameter.kind {
        ParameterKind::Number { min, max, default, .. } => format!("{min} to {max} (default {default})"),
        ParameterKind::Integer { min, max, default } => format!("{min} to {max}, whole (default {default})"),
        ParameterKind::Flag { default } => format!("true or false (default {default})"),
        ParameterKind::Choice { options, default } => {
            let values: Vec<_> = options.iter().map(|it| it.value.as_str()).collect();
            format!("{} (default {default})", values.join(", "))
        }
        ParameterKind::Text { max_characters, default, .. } => {
            if let Some(layers) = &parameter.layers {
                return format!("layers joined by -, each {} (default {default:?})", layers.words());
            }
            let first = default.lines().next().unwrap_or_default();
            let more = if default.lines().count() > 1 { " ..." } else { "" };
            format!("a text of at most {max_characters} characters, or @FILE (default {first:?}{more})")
        }
    }
}
