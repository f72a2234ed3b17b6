//! The desk of a map or of an MDP: the element that `frontend/later.js` turns into a dialog with its editor, a program that comes
//! when somebody wants to draw.

use super::desk_script::DeskScript;
use shared::RunSpec;
use web_sys::Element;
use yew::prelude::*;

/// What came of drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapEnd {
    /// The map is to be used.
    Used(String),
    /// It was closed, with what was drawn until then if anything was.
    Left(Option<String>),
    /// What was drawn is given up.
    GivenUp,
}

/// A map to edit.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct MapDeskProps {
    /// The run that it is for.
    pub spec: RunSpec,
    /// The map as it is; of an MDP, what was drawn and not used yet.
    pub map: String,
    /// Whether that is an MDP.
    #[prop_or_default]
    pub is_mdp: bool,
    /// Told what came of it.
    pub on_end: Callback<MapEnd>,
}

/// The desk, open for as long as it is on the page.
#[component]
pub fn MapDesk(props: &MapDeskProps) -> Html {
    let ended = props.on_end.reform(|event: Event| {
        let desk = event.target_unchecked_into::<Element>();
        let map = desk.get_attribute("data-value");
        match (desk.get_attribute("data-end").as_deref(), map) {
            (Some("used"), Some(map)) => MapEnd::Used(map),
            (Some("given-up"), _) => MapEnd::GivenUp,
            (_, map) => MapEnd::Left(map),
        }
    });
    // As lessons are written, so that the first view carries no further way to write a spec.
    let spec = serde_json::to_string_pretty(&props.spec).unwrap_or_default();
    html! {
        <>
            if props.is_mdp {
                <mdp-desk {spec} map={props.map.clone()} onchange={ended} />
            } else {
                <map-desk {spec} map={props.map.clone()} onchange={ended} />
            }
            <DeskScript testid="map-missing" />
        </>
    }
}
