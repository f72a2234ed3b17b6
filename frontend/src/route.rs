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
    /// The kept episodes of a run of a relay, or of an earlier epoch of it.
    RunReplays(RunId, Option<Epoch>),
    /// The hosts of a relay, and what they run.
    Hosts,
    /// The agents that runs of a relay left as they learned: the runs' names, with + between them.
    Checkpoints(String),
    /// Runs of a relay over each other: which, and how, as `View` reads it.
    Overlay(String),
    /// A run that was exported into a file, or its kept episodes.
    RunFile(bool),
    /// The kept episodes of the lab's run.
    Replays,
    /// What is kept in this browser.
    Library,
    /// All lessons of the page.
    Learn,
    /// The lab with a lesson.
    Lesson(LessonPlace),
    /// No place has this name.
    Nowhere(String),
}

/// Where a lesson comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum LessonPlace {
    /// One of the page's own, by its name.
    Shelf(String),
    /// One that the address holds.
    Packed(String),
}

impl Route {
    /// Reads an address; an empty one leads to the lab.
    pub fn parse(hash: &str) -> Self {
        let path = hash.trim_start_matches('#').trim_start_matches('/');
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let query = query.filter(|query| !query.is_empty()).map(str::to_owned);
        let path = path.trim_end_matches('/');
        match path.split_once('/') {
            None if path == "watch" => Self::Watch,
            None if path == "hosts" => Self::Hosts,
            None if path == "replay" => Self::Replays,
            None if path == "library" => Self::Library,
            None if path == "learn" => Self::Learn,
            None if path == "compare" => Self::Compare(query),
            None if path == "run-file" => Self::RunFile(false),
            Some(("run-file", "replays")) => Self::RunFile(true),
            Some(("learn", id)) => Self::Lesson(LessonPlace::Shelf(id.to_owned())),
            Some(("lesson", packed)) => Self::Lesson(LessonPlace::Packed(packed.to_owned())),
            Some(("checkpoints", runs)) => Self::Checkpoints(runs.to_owned()),
            None if path == "overlay" => Self::overlay("", query),
            Some(("overlay", runs)) => Self::overlay(runs, query),
            Some(("watch", run)) => run_and_epoch(run).map_or(Self::Watch, |(run, epoch)| Self::WatchRun(run, epoch)),
            Some(("replay", run)) => {
                run_and_epoch(run).map_or(Self::Replays, |(run, epoch)| Self::RunReplays(run, epoch))
            }
            None if path.is_empty() || path == "lab" => query.map_or(Self::Lab, Self::Shared),
            _ => Self::Nowhere(path.chars().take(60).collect()),
        }
    }

    fn overlay(runs: &str, query: Option<String>) -> Self {
        Self::Overlay(query.map_or_else(|| runs.to_owned(), |query| format!("{runs}?{query}")))
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
            Self::RunReplays(run, None) => format!("#/replay/{run}"),
            Self::RunReplays(run, Some(epoch)) => format!("#/replay/{run}/{epoch}"),
            Self::Hosts => "#/hosts".into(),
            Self::Checkpoints(runs) => format!("#/checkpoints/{runs}"),
            Self::Overlay(view) if view.is_empty() => "#/overlay".into(),
            Self::Overlay(view) => format!("#/overlay/{view}"),
            Self::RunFile(false) => "#/run-file".into(),
            Self::RunFile(true) => "#/run-file/replays".into(),
            Self::Replays => "#/replay".into(),
            Self::Library => "#/library".into(),
            Self::Learn => "#/learn".into(),
            Self::Lesson(LessonPlace::Shelf(id)) => format!("#/learn/{id}"),
            Self::Lesson(LessonPlace::Packed(packed)) => format!("#/lesson/{packed}"),
            Self::Nowhere(path) => format!("#/{path}"),
        }
    }

    /// Whether the lab is on show.
    pub const fn is_lab(&self) -> bool {
        matches!(self, Self::Lab | Self::Shared(_) | Self::Lesson(_))
    }

    /// Whether the place has the page's line to the relay, by the program that shows it.
    pub const fn has_own_line(&self) -> bool {
        matches!(
            self,
            Self::Watch
                | Self::WatchRun(..)
                | Self::RunReplays(..)
                | Self::Hosts
                | Self::Checkpoints(_)
                | Self::Overlay(_)
        )
    }

    /// Where the page is now.
    pub fn now() -> Self {
        let hash = web_sys::window().and_then(|window| window.location().hash().ok());
        Self::parse(&hash.unwrap_or_default())
    }
}

/// A run, and the epoch of it that is meant where one stands behind it; none where the name is none.
fn run_and_epoch(path: &str) -> Option<(RunId, Option<Epoch>)> {
    let (run, epoch) = path.split_once('/').map_or((path, None), |(run, epoch)| (run, Some(epoch)));
    let epoch = epoch.and_then(|it| u64::from_str_radix(it, 16).ok()).map(Epoch);
    Some((RunId::new(run).ok()?, epoch))
}

/// Whether `index.html` found this out of how the page was opened, or the script of a snapshot, and marked it so.
pub fn is_marked(attribute: &str) -> bool {
    let root = web_sys::window().and_then(|window| window.document()?.document_element());
    root.is_some_and(|root| root.has_attribute(attribute))
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
        let replays = [None, Some(Epoch(0x1a2b))].map(|epoch| Route::RunReplays(run.clone(), epoch));
        let watch = [Route::Watch, Route::WatchRun(run.clone(), None), Route::WatchRun(run, Some(Epoch(0x1a2b)))];
        let lessons = [LessonPlace::Shelf("reward".into()), LessonPlace::Packed("1.4.abcd".into())].map(Route::Lesson);
        let apart = [Route::Hosts, Route::Checkpoints("a+b".into()), Route::RunFile(false), Route::RunFile(true)];
        let overlays = ["", "a+b", "?x=episode", "a?by=agent&x=seconds"].map(|view| Route::Overlay(view.into()));
        let others = [Route::Replays, Route::Library, Route::Learn, Route::Nowhere("nowhere".into())];
        for route in
            lab.into_iter().chain(watch).chain(replays).chain(lessons).chain(apart).chain(overlays).chain(others)
        {
            assert_eq!(Route::parse(&route.address()), route);
        }
    }

    #[test]
    fn what_is_no_place_is_said_to_be_none() {
        for hash in ["", "#", "#/", "#/lab/", "#/lab?"] {
            assert_eq!(Route::parse(hash), Route::Lab, "{hash}");
        }
        assert_eq!(Route::parse("#/nowhere?a=1"), Route::Nowhere("nowhere".into()));
        assert_eq!(Route::parse("#/lab/further"), Route::Nowhere("lab/further".into()));
        assert_eq!(Route::parse("#/run-file/further"), Route::Nowhere("run-file/further".into()));
        assert_eq!(Route::parse("#/learn/"), Route::Learn);
        assert_eq!(Route::parse("#/watch/"), Route::Watch);
        assert_eq!(Route::parse("#/watch/not a run"), Route::Watch);
        assert_eq!(Route::parse("#/replay/not a run"), Route::Replays);
        let run = RunId::new("a").unwrap();
        assert_eq!(Route::parse("#/watch/a/no-epoch"), Route::WatchRun(run, None));
    }
}
