//! A menu of which one entry is set.

use crate::language::Text;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// What can be picked and what is set.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct MenuProps {
    /// What is picked.
    pub label: Text,
    /// Its name for automation.
    pub name: &'static str,
    /// The value that is set.
    pub chosen: AttrValue,
    /// Whether nothing can be picked now.
    #[prop_or_default]
    pub locked: bool,
    /// The options.
    pub children: Html,
    /// Told of another value.
    pub on_pick: Callback<String>,
}

/// The name for automation that a menu had in the version before, and keeps beside its own for this one.
fn before(name: &str) -> Option<&'static str> {
    match name {
        "environment" => Some("world"),
        "agent" => Some("mind"),
        "add-agent" => Some("add-mind"),
        _ => None,
    }
}

/// The menu. It shows what is set, whatever was picked in it before: an option that somebody has picked once no longer
/// heeds its attribute `selected`.
#[component]
pub fn Menu(props: &MenuProps) -> Html {
    let node = use_node_ref();
    let pick = {
        let (on_pick, chosen) = (props.on_pick.clone(), props.chosen.clone());
        Callback::from(move |event: Event| {
            let select = event.target_unchecked_into::<HtmlSelectElement>();
            let picked = select.value();
            // What is picked is set once it comes back as what is chosen.
            select.set_value(&chosen);
            on_pick.emit(picked);
        })
    };
    {
        let (node, chosen) = (node.clone(), props.chosen.clone());
        use_effect(move || {
            if let Some(select) = node.cast::<HtmlSelectElement>() {
                select.set_value(&chosen);
            }
        });
    }
    html! {
        <select ref={node} aria-label={props.label} disabled={props.locked} data-testid={props.name}
            data-testid-before={before(props.name)} onchange={pick}>
            { props.children.clone() }
        </select>
    }
}
