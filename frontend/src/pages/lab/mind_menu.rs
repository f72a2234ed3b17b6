//! The menu of minds: first those that a world can be served by; the others are named, but cannot be picked.

use crate::text;
use agents::registry::Suited;
use shared::describe::CatalogEntry;
use shared::spec::EnvironmentSpec;
use std::rc::Rc;
use yew::prelude::*;

/// Why minds cannot learn in a world, in the order of their catalog; nothing of those that can.
pub type Refusals = Rc<Vec<Option<String>>>;

/// Why minds cannot learn in a world, found out anew when the world changes. A world that cannot be built refuses none.
#[hook]
pub fn use_refusals(world: &EnvironmentSpec, minds: &[CatalogEntry]) -> Refusals {
    use_memo(world.clone(), |world| {
        let specs: Vec<_> = minds.iter().map(|mind| agents::recommended::agent(&world.id, &mind.id)).collect();
        let Ok(built) = environments::registry::build(world) else { return Vec::new() };
        let verdicts = built.accept(Suited(specs.iter().collect()));
        verdicts.into_iter().map(|verdict| verdict.err().map(|error| error.to_string())).collect()
    })
}

/// The entries as options of a menu in which one is chosen.
pub fn options(catalog: &[CatalogEntry], refusals: &Refusals, chosen: &str) -> Html {
    let option = |index: usize, entry: &CatalogEntry| {
        let is_chosen = entry.id == chosen;
        let refusal = refusals.get(index).cloned().flatten().filter(|_| !is_chosen);
        let option = html! {
            <option value={entry.id.clone()} selected={is_chosen} disabled={refusal.is_some()} title={refusal.clone()}>
                { entry.title.clone() }
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
            if !refused.is_empty() { <optgroup label={text::NOT_IN_THIS_WORLD}>{ plain(refused) }</optgroup> }
        </>
    }
}
