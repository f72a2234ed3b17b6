//! What is said of the map while it is drawn: whether there is a way, and what the best one is worth.

use super::sheet::{MapSheet, MapWay};
use super::solution::{MOST_SOLVED, MapOutlook};
use crate::format::plain;
use crate::text;
use std::rc::Rc;
use yew::prelude::*;

/// Decimals of a value.
const DECIMALS: usize = 3;

/// A map and what is known of it.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct MapNotesProps {
    /// What it is drawn for.
    pub sheet: Rc<MapSheet>,
    /// The map.
    pub map: String,
    /// Its exact solution.
    pub outlook: MapOutlook,
}

/// The sentences.
#[component]
pub fn MapNotes(props: &MapNotesProps) -> Html {
    let way = use_memo(props.map.clone(), |map| props.sheet.way(map));
    let way = way.map(|way| match way {
        MapWay::Steps(steps) => (steps.to_string(), text::way(steps)),
        MapWay::None => (String::new(), text::NO_WAY.into()),
        MapWay::NoEnds => (String::new(), text::NO_ENDS.into()),
    });
    let value = match &props.outlook {
        MapOutlook::Unknown => None,
        MapOutlook::TooLarge => Some((String::new(), text::too_large_to_solve(MOST_SOLVED))),
        MapOutlook::Unsettled => Some((String::new(), text::NO_SOLUTION.into())),
        MapOutlook::Solved(solution) => {
            let words = text::map_value(&plain(solution.at_start, DECIMALS), solution.discount);
            Some((solution.at_start.to_string(), words))
        }
    };
    let note = |testid: &'static str, (value, words): (String, String)| {
        html! { <p class="soft" data-testid={testid} data-value={value}>{ words }</p> }
    };
    html! {
        <div class="map-notes" role="status">
            { for way.map(|it| note("map-way", it)) }
            { for value.map(|it| note("map-value", it)) }
        </div>
    }
}
