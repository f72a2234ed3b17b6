//! The lab: a world on the left, a mind on the right, the glass case between them.

pub mod agents_dialog;
pub mod beginning;
pub mod keeper;
pub mod mind_menu;
pub mod mind_panel;
pub mod preview;
pub mod share_dialog;
pub mod tab_run;
pub mod world_panel;

use super::bench::{Bench, obey};
use crate::components::glass::GlassPanel;
use crate::components::icons::{Symbol, icon};
use crate::components::inspect::Inspector;
use crate::components::keys_dialog::keys_dialog;
use crate::components::transport::Wish;
use crate::format::count;
use crate::keyboard::{use_keys, use_shift};
use crate::pulse::use_pulse;
use crate::route::Route;
use crate::services::share::Link;
use crate::session::Session;
use crate::stage::painter::Glass;
use crate::text;
use agents_dialog::AgentsDialog;
use gloo_timers::callback::{Interval, Timeout};
use mind_panel::MindPanel;
use preview::preview;
use share_dialog::ShareDialog;
use shared::command::Answer;
use shared::event::{Phase, Severity};
use shared::{Command, RunSpec, Seed};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tab_run::TabRun;
use wasm_bindgen_futures::spawn_local;
use world_panel::WorldPanel;
use yew::prelude::*;

/// The world and the mind of a first visit.
const FIRST: (&str, &str, u64) = ("gridworld", "q-learning", 42);

/// How often a shared run is compared with its link, in milliseconds.
const COMPARE_MILLIS: u32 = 250;

/// What the lab gets from the page.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct LabProps {
    /// The run of this tab.
    pub run: TabRunHandle,
    /// Shows words to people.
    pub tell: Callback<(Severity, String)>,
    /// Whether the link to this run is asked for.
    pub sharing: bool,
    /// Told when that is done.
    pub on_shared: Callback<()>,
    /// Whether all keys are asked for.
    pub showing_keys: bool,
    /// Told when the list of keys is wanted or closed.
    pub on_keys: Callback<bool>,
}

/// The run of this tab, compared by being the same.
#[derive(Clone, Debug)]
pub struct TabRunHandle(pub Rc<TabRun>);

impl PartialEq for TabRunHandle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Begins with a link's run, or with what was on show, or gently with the first visit's.
pub fn begin(run: &Rc<TabRun>, route: &Route, tell: &Callback<(Severity, String)>) {
    let (run, tell) = (Rc::clone(run), tell.clone());
    if let Route::Shared(query) = route
        && open_link(&run, query, &tell)
    {
        keeper::keep_watch(&run.session);
        return;
    }
    spawn_local(async move {
        if !keeper::bring_back(&run, &|severity, words| tell.emit((severity, words))).await {
            run.begin(first_spec());
        }
        keeper::keep_watch(&run.session);
    });
}

/// Begins with the run of a link, and tells later whether it came out as the link says. A link that is refused
/// changes nothing.
pub fn open_link(run: &TabRun, query: &str, tell: &Callback<(Severity, String)>) -> bool {
    let link = match Link::from_query(query) {
        Ok(link) => link,
        Err(error) => {
            tell.emit((Severity::Error, error.to_string()));
            return false;
        }
    };
    run.begin_shared(link.spec.clone(), link.until_episode);
    let (session, tell) = (run.session.clone(), tell.clone());
    let waiting = Rc::new(RefCell::new(None::<Interval>));
    let own = Rc::downgrade(&waiting);
    let compare = move || {
        if let Some(outcome) = compare_with_link(&session, &link) {
            tell.emit(outcome);
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

fn first_spec() -> RunSpec {
    RunSpec::new(FIRST.0, FIRST.1, Seed::new(FIRST.2).unwrap_or(Seed::MAX))
}

/// The lab.
#[component]
pub fn Lab(props: &LabProps) -> Html {
    let run = Rc::clone(&props.run.0);
    let session = run.session.clone();
    let worlds = use_memo((), |()| environments::registry::catalog());
    let minds = use_memo((), |()| agents::registry::catalog());
    let glass = use_state(Glass::default);
    let inspected = use_state(|| None::<u32>);
    let hand = use_state(|| None::<Hand>);
    let showing_agents = use_state(|| false);
    let (phase, epoch, begun) = use_pulse(&session, |view| (view.status.phase, view.epoch, view.started.is_some()));

    // The panels show what is wished for; the stream says what is, and has the last word.
    let wished = use_state(|| None::<RunSpec>);
    let started = session.view().started.clone();
    {
        let wished = wished.clone();
        use_effect_with((epoch, begun), move |_| wished.set(None));
    }
    let actual = started.as_ref().map_or_else(first_spec, |started| started.spec.clone());
    let spec = (*wished).clone().unwrap_or_else(|| actual.clone());
    let first_look = use_memo(begun, |begun| if *begun { None } else { preview(&first_spec()).map(Rc::new) });

    // A run that is to hold begins running, and is reset then: who picks again in between is still holding.
    let holds = use_memo((), |()| Cell::new(false));
    if phase != Phase::Running {
        holds.set(false);
    }
    let change = {
        let (run, session, wished, tell) = (Rc::clone(&run), session.clone(), wished.clone(), props.tell.clone());
        let holds = Rc::clone(&holds);
        let minds_by_id: Vec<String> = minds.iter().map(|entry| entry.id.clone()).collect();
        Callback::from(move |spec: RunSpec| {
            run.begin_picked();
            let running = session.view().status.phase == Phase::Running && !holds.get();
            holds.set(!running);
            wished.set(Some(spec.clone()));
            let other_world =
                session.view().started.as_ref().is_none_or(|it| it.spec.environment.id != spec.environment.id);
            let others = if other_world { others(&minds_by_id, &spec) } else { Vec::new() };
            let (wished, tell) = (wished.clone(), tell.clone());
            let refused = move |reason: String| {
                wished.set(None);
                tell.emit((Severity::Warning, reason));
            };
            start(&session, spec, others, running, Rc::new(refused));
        })
    };
    let wish = {
        let (run, session, hand, holds) = (Rc::clone(&run), session.clone(), hand.clone(), Rc::clone(&holds));
        Callback::from(move |wish: Wish| match (wish, *hand) {
            (Wish::Play, None) => hand.set(Some(Hand::take(&session, Grip::Button))),
            (Wish::Play, Some(taken)) => {
                hand.set(None);
                taken.give_back(&session);
            }
            (Wish::Speed(_), _) => {
                run.leave_speed();
                obey(&session, wish);
            }
            _ => {
                holds.set(false);
                if wish == Wish::Reset {
                    run.begin_picked();
                }
                hand.set(None);
                obey(&session, wish);
            }
        })
    };
    {
        let (session, hand) = (session.clone(), hand.clone());
        use_shift(move |held| match *hand {
            None if held => hand.set(Some(Hand::take(&session, Grip::Shift))),
            Some(taken) if !held && taken.grip == Grip::Shift => {
                hand.set(None);
                taken.give_back(&session);
            }
            _ => {}
        });
    }
    let act = {
        let session = session.clone();
        Callback::from(move |action: u8| session.ask(Command::Step { action: Some(action) }))
    };
    let press = {
        let session = session.clone();
        Callback::from(move |key: String| session.ask(Command::Press { key }))
    };
    {
        let (wish, press, on_keys, session) = (wish.clone(), press.clone(), props.on_keys.clone(), session.clone());
        let (is_playing, hand) = (hand.is_some(), hand.clone());
        use_keys(move |key| {
            if let Some(key) = play_key(&session, key) {
                if session.view().status.phase == Phase::Running && !is_playing {
                    return false;
                }
                if !is_playing {
                    hand.set(Some(Hand::take(&session, Grip::Button)));
                }
                press.emit(key);
                return true;
            }
            match key {
                " " => wish.emit(Wish::Toggle),
                "." => wish.emit(Wish::Step),
                "e" => wish.emit(Wish::Episode),
                "r" => wish.emit(Wish::Reset),
                "g" => wish.emit(Wish::Greedy),
                "p" => wish.emit(Wish::Play),
                "?" => on_keys.emit(true),
                "Escape" if is_playing => wish.emit(Wish::Play),
                _ => return false,
            }
            true
        });
    }
    let subtitle = started.as_ref().map(|started| started.environment.subtitle.clone());
    let subtitle = subtitle.or_else(|| first_look.as_ref().as_ref().map(|look| look.environment.subtitle.clone()));
    let actions = started.as_ref().map(|started| started.environment.actions.clone()).unwrap_or_default();
    let open_agents = {
        let showing = showing_agents.clone();
        move |_: MouseEvent| showing.set(true)
    };
    let save = {
        let (session, tell) = (session.clone(), props.tell.clone());
        move |_: MouseEvent| agents_dialog::save(&session, tell.clone())
    };
    html! {
        <main class="lab">
            <aside class="card panel area-world">
                <WorldPanel catalog={(*worlds).clone()} spec={spec.clone()} subtitle={subtitle.unwrap_or_default()} on_change={change.clone()} />
                <GlassPanel session={session.clone()} glass={(*glass).clone()} on_change={ let glass = glass.clone(); move |it| glass.set(it) } />
            </aside>
            <Bench session={session.clone()} glass={(*glass).clone()} inspected={*inspected}
                on_inspect={ let inspected = inspected.clone(); move |it| inspected.set(it) }
                preview={(*first_look).clone()} playing={Some(hand.is_some())} on_wish={wish} on_action={act} on_key={press} />
            <aside class="card panel area-mind">
                <MindPanel catalog={(*minds).clone()} {spec} locked={phase == Phase::Running} on_change={change} />
                <section class="pair">
                    <button class="button" data-testid="save-agent" onclick={save}>{ icon(Symbol::Save) }{ text::SAVE_AGENT }</button>
                    <button class="button" data-testid="load-agent" onclick={open_agents}>{ icon(Symbol::Open) }{ text::LOAD_AGENT }</button>
                </section>
                <Inspector session={session.clone()} state={*inspected} />
            </aside>
            if *showing_agents {
                <AgentsDialog session={session.clone()} tell={props.tell.clone()}
                    on_close={ let showing = showing_agents.clone(); move |()| showing.set(false) } />
            }
            if props.sharing {
                <ShareDialog link={link_to(&session)} note={text::SHARE_NOTE} tell={props.tell.clone()} on_close={props.on_shared.clone()} />
            }
            if props.showing_keys {
                { keys_dialog(&actions, props.on_keys.reform(|()| false)) }
            }
        </main>
    }
}

/// The same world with every other mind, the one to try first last: learners in the order of the registry, then players
/// that learn nothing.
fn others(minds: &[String], spec: &RunSpec) -> Vec<RunSpec> {
    let is_player = |id: &str| agents::recommended::PLAYERS.contains(&id);
    let (players, learners): (Vec<_>, Vec<_>) =
        minds.iter().filter(|id| **id != spec.agent.id).partition(|id| is_player(id));
    let with = |id: &String| RunSpec { agent: agents::recommended::agent(&spec.environment.id, id), ..spec.clone() };
    learners.into_iter().chain(players).map(with).rev().collect()
}

/// Begins a run. A world in which its mind cannot learn gets the first one that can; if none can, the first refusal
/// is told and everything is as before.
fn start(session: &Session, spec: RunSpec, mut others: Vec<RunSpec>, running: bool, refused: Rc<dyn Fn(String)>) {
    let again = session.clone();
    session.ask_and(Command::Start { spec: Some(Box::new(spec)) }, move |answer| match answer {
        Answer::Accepted { .. } if !running => again.ask(Command::Reset { seed: None }),
        Answer::Accepted { .. } => {}
        Answer::Rejected { reason } => match others.pop() {
            Some(next) => start(&again, next, others, running, Rc::new(move |_| refused(reason.clone()))),
            None => refused(reason),
        },
    });
}

/// By what somebody holds the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grip {
    /// A button or a key, until it is pressed again.
    Button,
    /// As long as Shift is held.
    Shift,
}

/// Somebody plays instead of the agent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hand {
    grip: Grip,
    /// Whether the agent was learning, and goes on when it gets its place back.
    learning: bool,
}

impl Hand {
    /// Takes the agent's place: the run holds.
    fn take(session: &Session, grip: Grip) -> Self {
        let learning = session.view().status.phase == Phase::Running;
        obey(session, Wish::Play);
        Self { grip, learning }
    }

    /// Lets the agent go on from here, if it was learning.
    fn give_back(self, session: &Session) {
        if self.learning {
            session.ask(Command::Resume { until_episode: None });
        }
    }
}

/// The key as this run's world knows it, if it is one that plays. A world that has arrows takes all four of them: what
/// they mean may depend on its state. With Shift held, letters come as capitals.
fn play_key(session: &Session, key: &str) -> Option<String> {
    let view = session.view();
    let actions = &view.started.as_ref()?.environment.actions;
    let is_known = |key: &str| actions.iter().any(|action| action.key == key);
    let arrows = key.starts_with("Arrow") && actions.iter().any(|action| action.key.starts_with("Arrow"));
    if arrows || is_known(key) {
        return Some(key.to_owned());
    }
    let small = key.to_ascii_lowercase();
    is_known(&small).then_some(small)
}

/// The whole address of the run as it stands.
fn link_to(session: &Session) -> AttrValue {
    let view = session.view();
    let spec = view.started.as_ref().map_or_else(first_spec, |started| started.spec.clone());
    let made = view.status.episode > 0;
    let link = Link {
        spec,
        until_episode: made.then_some(view.status.episode),
        run_hash: made.then(|| view.status.run_hash.clone()),
    };
    let here = web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    let page = here.split('#').next().unwrap_or_default();
    format!("{page}{}", link.to_hash()).into()
}

/// Tells whether a shared run came out as its link says, once it is there.
fn compare_with_link(session: &Session, link: &Link) -> Option<(Severity, String)> {
    let (expected, until) = (link.run_hash.as_ref()?, link.until_episode?);
    let view = session.view();
    if view.status.episode != until || view.started.as_ref()?.spec != link.spec {
        return None;
    }
    Some(if view.status.run_hash == *expected {
        (Severity::Information, text::same_hash(&count(until)))
    } else {
        (Severity::Warning, text::other_hash(expected, &view.status.run_hash))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::quantity::Seed;

    #[test]
    fn a_world_that_no_table_fits_gets_a_mind_that_learns() {
        let minds: Vec<_> = agents::registry::catalog().into_iter().map(|entry| entry.id).collect();
        for world in ["cart-pole", "mountain-car", "tetris"] {
            let tried = others(&minds, &RunSpec::new(world, "q-learning", Seed::default()));
            let taken = tried.into_iter().rev().find(|spec| run::Run::new(spec.clone()).is_ok()).unwrap();
            assert_eq!(taken.agent.id, "linear-sarsa", "{world}");
        }
    }
}
