//! How the lab begins: with a link's run, with that of the last visit, or with the first visit's.

use super::keeper;
use super::put_aside;
use super::tab_run::TabRun;
use crate::format::count;
use crate::route::{Route, is_marked};
use crate::services::share::{ShareLink, parted};
use crate::services::storage::KeptRun;
use crate::session::Session;
use crate::text;
use gloo_timers::callback::{Interval, Timeout};
use shared::event::Severity;
use shared::{RunSpec, Seed};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::AttrValue;

/// The environment and the agent of a first visit.
const FIRST: (&str, &str, u64) = ("gridworld", "q-learning", 42);

/// How often a shared run is compared with its link, in milliseconds.
const COMPARE_MILLIS: u32 = 250;

/// The longest query that the address gets, in bytes: a run with a larger map or table is told by its share link alone.
const LONGEST_QUERY: usize = 4_000;

/// Begins with a link's run, or with what was on show, or gently with the first visit's. Where the page of a link is loaded
/// again, what this tab had on show goes on: that is what was made of the link.
pub fn begin(run: &Rc<TabRun>, route: &Route) {
    let run = Rc::clone(run);
    let is_again = is_marked("data-again");
    let query = if let Route::Shared(query) = route { Some(query.clone()) } else { None };
    // Forms tell of the link's run from the first moment on.
    let known = |spec: &RunSpec| {
        environments::registry::find(&spec.environment.id).is_ok() && agents::registry::find(&spec.agent.id).is_ok()
    };
    let link = query.as_ref().and_then(|query| ShareLink::from_query(query).ok());
    run.expected.replace(link.filter(|_| !is_again).map(|link| link.spec).filter(known));
    let is_lesson = matches!(route, Route::Lesson(_));
    spawn_local(async move {
        let instead = |run: &Rc<TabRun>| spawn_local(begin_without_link(Rc::clone(run)));
        let on_show = if is_again && query.is_some() { keeper::last_visit(&run).await } else { None };
        match query {
            Some(_) if on_show.as_ref().is_some_and(put_aside::is_of_this_tab) => go_on(&run, on_show),
            Some(query) if open_link(&run, &query, instead) => {
                // What was on show before, perhaps in another tab, is not lost.
                let kept = if is_again { on_show } else { keeper::last_visit(&run).await };
                if let Some(kept) = kept {
                    run.put_aside(kept);
                }
            }
            // The lesson begins its run itself.
            _ if is_lesson => run.put_before_lesson(keeper::last_visit(&run).await),
            _ => begin_without_link(Rc::clone(&run)).await,
        }
        keeper::keep_watch(&run);
    });
}

/// Begins with what was on show, or gently with the first visit's.
pub async fn begin_without_link(run: Rc<TabRun>) {
    go_on(&run, keeper::last_visit(&run).await);
}

fn go_on(run: &Rc<TabRun>, kept: Option<KeptRun>) {
    match kept {
        Some(kept) => run.go_on(&Rc::new(kept), |run| run.begin(first_spec())),
        None => run.begin(first_spec()),
    }
}

/// Begins with the run of a link, and tells later whether it came out as the link says. A link that is refused is told
/// and changes nothing; what the run's environment or agent refuses is told, and `instead` is done.
pub fn open_link(run: &Rc<TabRun>, query: &str, instead: impl FnOnce(&Rc<TabRun>) + 'static) -> bool {
    let link = match ShareLink::from_query(query) {
        Ok(link) => link,
        Err(error) => {
            run.messages.tell(Severity::Error, error.to_string());
            return false;
        }
    };
    put_aside::stay();
    let own = Rc::clone(run);
    run.begin_shared(link.spec.clone(), link.until_episode, move |reason| {
        own.messages.tell(Severity::Error, text::link_refused(&reason));
        instead(&own);
    });
    let tell = run.messages.clone();
    let session = run.session.clone();
    let waiting = Rc::new(RefCell::new(None::<Interval>));
    let own = Rc::downgrade(&waiting);
    let compare = move || {
        if let Some((severity, words)) = compare_with_link(&session, &link) {
            tell.tell(severity, words);
            let done = own.upgrade().and_then(|own| own.borrow_mut().take());
            // Dropped after this call: it is its own.
            Timeout::new(0, move || drop(done)).forget();
        }
    };
    let interval = Interval::new(COMPARE_MILLIS, compare);
    waiting.replace(Some(interval));
    run.hold(waiting);
    true
}

/// The run of a first visit.
pub fn first_spec() -> RunSpec {
    RunSpec::new(FIRST.0, FIRST.1, Seed::new(FIRST.2).unwrap_or(Seed::MAX))
}

/// The whole address of the run as it stands.
pub fn link_to(session: &Session) -> AttrValue {
    let view = session.view();
    let spec = view.started.as_ref().map_or_else(first_spec, |started| started.spec.clone());
    let made = view.status.episode > 0;
    let link = ShareLink {
        spec,
        until_episode: made.then_some(view.status.episode),
        run_hash: made.then(|| view.status.run_hash.clone()),
        marks: view.status.marks.to_vec(),
    };
    let here = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    let page = here.split('#').next().unwrap_or_default();
    format!("{page}{}", link.to_hash()).into()
}

/// Puts the run on show into the address once it has taken the place of another, so that the address is a link to it: without its
/// hash and its number of episodes, which change all the time. An address that tells the same run stays as it is.
pub fn show_in_address(run: &TabRun) {
    let Some(spec) = run.session.view().started.as_ref().map(|started| started.spec.clone()) else { return };
    let is_another = run.addressed.replace(Some(spec.clone())).is_some_and(|before| before != spec);
    let said = match Route::now() {
        Route::Lab => None,
        Route::Shared(query) => ShareLink::from_query(&query).ok(),
        _ => return,
    };
    if !is_another {
        return;
    }
    run.written.take();
    if said.is_some_and(|link| link.spec == spec) {
        return;
    }
    let query = ShareLink { spec, until_episode: None, run_hash: None, marks: Vec::new() }.to_query();
    let is_short = query.len() <= LONGEST_QUERY;
    let address = if is_short { Route::Shared(query.clone()) } else { Route::Lab }.address();
    put_aside::move_to(&address);
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        // Where the browser does not take it, the address stays.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::TRUE, "", Some(&address));
    }
    run.written.replace(is_short.then_some(query));
}

/// Whether an address is the one that the run on show wrote, and not a link that says the same: who comes back to it wants that run,
/// not another of its kind.
pub fn is_on_show(run: &TabRun, query: &str) -> bool {
    let history = web_sys::window().and_then(|window| window.history().ok());
    let is_marked = history.and_then(|it| it.state().ok()).is_some_and(|it| it.is_truthy());
    is_marked && run.written.borrow().as_deref() == Some(query)
}

/// Tells whether a shared run came out as its link says, once it is there.
fn compare_with_link(session: &Session, link: &ShareLink) -> Option<(Severity, String)> {
    let (expected, until) = (link.run_hash.as_ref()?, link.until_episode?);
    let view = session.view();
    if view.status.episode != until || view.started.as_ref()?.spec != link.spec {
        return None;
    }
    Some(if view.status.run_hash == *expected {
        (Severity::Information, text::same_hash(&count(until)))
    } else {
        let parted = parted(link, &view.status.marks).map(|(same, parted)| (count(same), count(parted)));
        (Severity::Warning, text::other_hash(expected, &view.status.run_hash, parted))
    })
}
