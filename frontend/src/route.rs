//! Places of the page, as they stand in its address after `#`.

use shared::{Epoch, RunId};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;

/// A place.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Route {
    /// The lab, as one left it.
    #[default]
    Lab,
    /// The lab with what a link says, to be checked when it is opened.
    Shared(String),
    /// Agents side by side, as a link says or as one left it.
    Compare(Option<String>),
    /// The runs of a relay.
    Watch,
    /// One run of a relay: an earlier epoch of it, or whatever is the present one.
    WatchRun(RunId, Option<Epoch>),
    /// The kept episodes of the lab's run.
    Replays,
    /// What is kept in this browser.
    Library,
}

impl Route {
    /// Reads an address; what is no place leads to the lab.
    pub fn parse(hash: &str) -> Self {
        let path = hash.trim_start_matches('#').trim_start_matches('/');
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        match path.trim_end_matches('/').split_once('/') {
            None if path.trim_end_matches('/') == "watch" => Self::Watch,
            None if path.trim_end_matches('/') == "replay" => Self::Replays,
            None if path.trim_end_matches('/') == "library" => Self::Library,
            None if path.trim_end_matches('/') == "compare" => {
                Self::Compare(query.filter(|query| !query.is_empty()).map(str::to_owned))
            }
            Some(("watch", run)) => {
                let (run, epoch) = run.split_once('/').map_or((run, None), |(run, epoch)| (run, Some(epoch)));
                let epoch = epoch.and_then(|it| u64::from_str_radix(it, 16).ok()).map(Epoch);
                RunId::new(run).map_or(Self::Watch, |run| Self::WatchRun(run, epoch))
            }
            _ => query.filter(|query| !query.is_empty()).map_or(Self::Lab, |query| Self::Shared(query.to_owned())),
        }
    }

    /// The address.
    pub fn address(&self) -> String {
        match self {
            Self::Lab => "#/lab".into(),
            Self::Shared(query) => format!("#/lab?{query}"),
            Self::Compare(None) => "#/compare".into(),
            Self::Compare(Some(query)) => format!("#/compare?{query}"),
            Self::Watch => "#/watch".into(),
            Self::WatchRun(run, None) => format!("#/watch/{run}"),
            Self::WatchRun(run, Some(epoch)) => format!("#/watch/{run}/{epoch}"),
            Self::Replays => "#/replay".into(),
            Self::Library => "#/library".into(),
        }
    }

    /// Where the page is now.
    pub fn now() -> Self {
        let hash = web_sys::window().and_then(|window| window.location().hash().ok());
        Self::parse(&hash.unwrap_or_default())
    }
}

/// Calls `went` whenever the address changes, as long as the page is open.
pub fn follow(went: impl Fn(Route) + 'static) {
    let Some(window) = web_sys::window() else { return };
    let changed = Closure::<dyn Fn()>::new(move || went(Route::now()));
    let _ = window.add_event_listener_with_callback("hashchange", changed.as_ref().unchecked_ref());
    changed.forget();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_there_and_back() {
        let run = RunId::new("gridworld-42").unwrap();
        let comparison = Route::Compare(Some("a=1&b=2".into()));
        let lab = [Route::Lab, Route::Shared("a=1&b=2".into()), Route::Compare(None), comparison];
        let watch = [Route::Watch, Route::WatchRun(run.clone(), None), Route::WatchRun(run, Some(Epoch(0x1a2b)))];
        for route in lab.into_iter().chain(watch).chain([Route::Replays, Route::Library]) {
            assert_eq!(Route::parse(&route.address()), route);
        }
    }

    #[test]
    fn what_is_no_place_leads_to_the_lab() {
        for hash in ["", "#", "#/", "#/nowhere", "#/lab/", "#/lab?"] {
            assert_eq!(Route::parse(hash), Route::Lab, "{hash}");
        }
        assert_eq!(Route::parse("#/watch/"), Route::Watch);
        assert_eq!(Route::parse("#/watch/not a run"), Route::Watch);
        let run = RunId::new("a").unwrap();
        assert_eq!(Route::parse("#/watch/a/no-epoch"), Route::WatchRun(run, None));
    }
}
