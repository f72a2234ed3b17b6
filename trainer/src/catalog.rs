//! What there is: environments and agents, with everything that can be set.

use crate::Error;
use clap::Args;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterKind, ParameterSpec};
use std::io::Write;

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
    list(&agents::registry::catalog(), *options, out)
}

/// Tells everything about one environment or agent; about both where they share their name.
pub fn describe(options: &DescribeOptions, out: &mut impl Write) -> Result<(), Error> {
    let (environments, agents) = (environments::registry::catalog(), agents::registry::catalog());
    let entries: Vec<_> = environments.iter().chain(&agents).filter(|it| it.id == options.id).collect();
    if entries.is_empty() {
        let ids = |entries: &[CatalogEntry]| entries.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ");
        let id = options.id.chars().take(60).collect();
        return Err(Error::Unknown { id, environments: ids(&environments), agents: ids(&agents) });
    }
    for (index, entry) in entries.into_iter().enumerate() {
        if options.json {
            writeln!(out, "{}", shared::codec::to_text(entry)?)?;
            continue;
        }
        if index > 0 {
            writeln!(out)?;
        }
        describe_entry(entry, out)?;
    }
    Ok(())
}

fn describe_entry(entry: &CatalogEntry, out: &mut impl Write) -> Result<(), Error> {
    writeln!(out, "{} ({})\n\n{}", entry.title, entry.id, entry.summary)?;
    if !entry.equation.is_empty() {
        writeln!(out, "\n  {}", entry.equation)?;
    }
    writeln!(out, "\nSource: {}\n\nParameters:", entry.source)?;
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
        let values: Vec<_> = preset.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
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
            let first = default.lines().next().unwrap_or_default();
            let more = if default.lines().count() > 1 { " ..." } else { "" };
            format!("a text of at most {max_characters} characters, or @FILE (default {first:?}{more})")
        }
    }
}
