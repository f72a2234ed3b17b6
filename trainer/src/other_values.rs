//! Agents that go on with other values than they had.

use crate::Error;
use crate::settings::SettingError;
use agents::learner::INITIAL_VALUE;
use shared::checkpoint::Checkpoint;
use shared::describe::CatalogEntry;
use shared::parameter::{ParameterSpec, Parameters, Resolved};
use shared::spec::AgentSpec;
use shared::terminal::say;

/// The agent of a kept run with other values.
pub(crate) fn child_agent(agent: &AgentSpec, set: &Parameters) -> Result<AgentSpec, Error> {
    let entry = agents::registry::find(&agent.id)?;
    let set = checked(&entry, set)?;
    Ok(AgentSpec { parameters: settled(&entry, &agent.parameters, &set)?, ..agent.clone() })
}

/// Lets the agent of a checkpoint go on with other values; tells whether it is then another agent. They hold from here on, whatever
/// was changed before and was to change later.
pub(crate) fn change_agent(checkpoint: &mut Checkpoint, entry: &CatalogEntry, set: &Parameters) -> Result<bool, Error> {
    let set = checked(entry, set)?;
    let (step, spec) = (checkpoint.step, &mut checkpoint.spec);
    let before = spec.clone();
    let mut parameters = settled(entry, &spec.agent.parameters, &set)?;
    let mut again = Parameters::new();
    for (name, value) in &set {
        if spec.changes.iter().any(|it| it.step <= step && it.parameters.contains_key(name)) {
            // What the agent began with stays what it was; else the change after it would hold.
            match before.agent.parameters.get(name) {
                Some(first) => parameters.insert(name.clone(), first.clone()),
                None => parameters.remove(name),
            };
            again.insert(name.clone(), value.clone());
        }
        for change in spec.changes.iter_mut().filter(|it| it.step > step) {
            if let Some(planned) = change.parameters.remove(name) {
                let planned = planned.short();
                say(format_args!(
                    "{}:{name}={planned}, which was to come, is given up for {name}={}",
                    change.step,
                    value.short()
                ));
            }
        }
    }
    spec.changes.retain(|it| !it.parameters.is_empty());
    spec.agent.parameters = parameters;
    let present = before.agent_after(step).parameters;
    again.retain(|name, value| present.get(name) != Some(value));
    if !again.is_empty() {
        spec.change(step, again);
    }
    let is_other = *spec != before;
    Ok(checkpoint.agent.take_anew(&set) || is_other)
}

/// Values for an agent that goes on, as they are written in specs, whatever they were sent as.
fn checked(entry: &CatalogEntry, set: &Parameters) -> Result<Parameters, Error> {
    let id = || entry.id.clone();
    if set.contains_key(INITIAL_VALUE) {
        return Err(SettingError::AtTheBeginning { id: id(), name: INITIAL_VALUE.into() }.into());
    }
    Resolved::new(&entry.parameters, set).map_err(|error| SettingError::Parameter { id: id(), error })?;
    let written = |spec: &ParameterSpec| Some((spec.name.clone(), spec.check(set.get(&spec.name)?).ok()?));
    Ok(entry.parameters.iter().filter_map(written).collect())
}

/// Parameters with others set over them.
fn settled(entry: &CatalogEntry, parameters: &Parameters, set: &Parameters) -> Result<Parameters, SettingError> {
    if set.is_empty() {
        return Ok(parameters.clone());
    }
    entry.settle(parameters, set).map_err(|error| SettingError::Parameter { id: entry.id.clone(), error })
}
