//! The menu of agents: first those that an environment can be served by; the others are named, but cannot be picked.

use crate::language::told;
use crate::text;
use agents::registry::Suited;
use shared::describe::CatalogEntry;
use shared::spec::EnvironmentSpec;
use std::rc::Rc;
use yew::prelude::*;

/// Why agents cannot learn in an environment, in the order of their catalog; nothing of those that can.
pub type AgentRefusals = Rc<Vec<Option<String>>>;

/// Why agents cannot learn in an environment, found out anew when the environment changes. An environment that cannot
/// be built refuses none.
#[hook]
pub fn use_refusals(environment: &EnvironmentSpec, agents: &[CatalogEntry]) -> AgentRefusals {
    use_memo(environment.clone(), |environment| {
        let specs: Vec<_> = agents.iter().map(|agent| agents::recommended::agent(&environment.id, &agent.id)).collect();
        let Ok(built) = environments::registry::build(environment) else { return Vec::new() };
        let verdicts = built.accept(Suited(specs.iter().collect()));
        verdicts.into_iter().map(|verdict| verdict.err().map(|error| error.to_string())).collect()
    })
}

/// The entries as options of a menu; the one that is chosen is never switched off.
pub fn options(catalog: &[CatalogEntry], refusals: &AgentRefusals, chosen: &str) -> Html {
    let option = |index: usize, entry: &CatalogEntry| {
        let is_chosen = entry.id == chosen;
        let refusal = refusals.get(index).cloned().flatten().filter(|_| !is_chosen);
        let option = html! {
            <option value={entry.id.clone()} disabled={refusal.is_some()} title={refusal.clone()}>
                { told(&entry.title) }
            </option>
        };
        (refusal.is_none(), option)
    };
    let (offered, refused): (Vec<_>, Vec<_>) =
        catalog.iter().enumerate().map(|(index, entry)| option(index, entry)).partition(|(is_offered, _)| *is_offered);
    let plain = |options: Vec<(bool, Html)>| options.into_iter().map(|(_, option)| option).collect::<Html>();
    html! {
        <>
            { plain(offered) }
            if !refused.is_empty() { <optgroup label={text::NOT_IN_THIS_ENVIRONMENT}>{ plain(refused) }</optgroup> }
        </>
    }
}
