//! The lab: an environment on the left, an agent on the right, the stage between them.

pub mod agent_menu;
pub mod agent_panel;
pub mod agents_dialog;
pub mod beginning;
pub mod best;
pub mod editor_desk;
pub mod entries;
pub mod environment_panel;
pub mod guide;
pub mod keeper;
pub mod keeping;
pub mod keys;
pub mod lesson_card;
pub mod lesson_desk;
pub mod lesson_run;
pub mod lesson_swap;
pub mod locked_focus;
pub mod opening;
pub mod pacing;
pub mod preview;
pub mod put_aside;
pub mod share_dialog;
pub mod tab_run;
pub mod undo;
pub mod way_back;

use super::bench::{Bench, obey};
use crate::components::icons::{Symbol, icon};
use crate::components::inspect::Inspector;
use crate::components::network::NetworkPanel;
use crate::components::overlay_panel::OverlayPanel;
use crate::components::settings::{labelled, live_difference, same_run};
use crate::components::transport::TransportAction;
use crate::keyboard::{is_choosing, use_keys, use_shift};
use crate::lesson::control::{ControlGroup, FixedControl, LessonRules};
use crate::pages::lab::way_back::WayBack;
use crate::pulse::use_pulse;
use crate::route::LessonPlace;
use crate::session::Session;
use crate::stage;
use crate::stage::painter::Overlays;
use crate::text;
use agent_panel::AgentPanel;
use agents_dialog::AgentsDialog;
use editor_desk::EditorDesk;
use entries::FormEntry;
use environment_panel::EnvironmentPanel;
use guide::Guide;
use keys::{AgentHold, KeyMeaning, meaning};
use lesson_card::LessonCard;
use lesson_desk::{LessonOnShow, use_lesson};
use opening::{first_spec, link_to, show_in_address};
use preview::preview;
use share_dialog::ShareDialog;
use shared::describe::CatalogEntry;
use shared::event::{Phase, Severity};
use shared::{Command, RunSpec};
use std::rc::Rc;
use tab_run::TabRun;
use yew::prelude::*;

/// What the lab gets from the page.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct LabProps {
    /// The run of this tab.
    pub run: TabRunHandle,
    /// Where the lesson comes from that is to be on show.
    #[prop_or_default]
    pub lesson: Option<LessonPlace>,
    /// Shows words to people.
    pub tell: Callback<(Severity, String)>,
    /// Whether the link to this run is asked for.
    pub sharing: bool,
    /// Told when that is done.
    pub on_shared: Callback<()>,
}

/// The run of this tab, compared by being the same.
#[derive(Clone, Debug)]
pub struct TabRunHandle(pub Rc<TabRun>);

impl PartialEq for TabRunHandle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// The lab.
#[component]
pub fn Lab(props: &LabProps) -> Html {
    let run = Rc::clone(&props.run.0);
    let session = run.session.clone();
    let environments = use_memo((), |()| environments::registry::catalog());
    let overlays = use_state(Overlays::default);
    let inspected = use_state(|| None::<u32>);
    let hand = use_state(|| None::<HumanPlay>);
    // The editor of lessons is open, for a new one or one like that on show.
    let editing = use_state(|| None::<Option<LessonOnShow>>);
    let lesson = use_lesson(props.lesson.as_ref(), &run, &overlays);
    let rules = use_memo((*lesson).clone(), |lesson| {
        lesson.as_ref().map(|it| it.found.lesson.rules_of(it.step)).unwrap_or_default()
    });
    let showing_agents = use_state(|| false);
    let (phase, greedy, epoch, begun, tuned) = use_pulse(&session, |view| {
        (view.status.phase, view.status.watching_greedy, view.epoch, view.started.is_some(), view.tuned)
    });

    // The panels show what was set last, until it is on show.
    {
        let (run, update) = (Rc::clone(&run), use_force_update());
        use_effect_with((), move |()| {
            run.follow_entries(Some(Callback::from(move |()| update.force_update())));
            move || run.follow_entries(None)
        });
    }
    run.note_shown();
    {
        // Of a lesson the address tells already; when it is left, its run is on show until the one before it is there again.
        let (run, in_lesson) = (Rc::clone(&run), props.lesson.is_some());
        use_effect_with((epoch, begun, tuned), move |_| {
            if !in_lesson {
                show_in_address(&run);
            }
        });
    }
    let started = session.view().started.clone();
    let agents = use_agents(started.as_ref().map(|started| &started.agent));
    let actual = session.view().present_spec().or_else(|| run.expected.borrow().clone()).unwrap_or_else(first_spec);
    let entry = run.entry();
    let refusal = entry
        .as_ref()
        .and_then(|entry| entry.refusal().map(|it| AttrValue::from(labelled([&environments, &agents], it))));
    let spec = entry.map_or(actual, |entry| entry.spec);
    let first_look = use_memo(begun, |begun| if *begun { None } else { preview(&spec).map(Rc::new) });
    // While the greedy policy is shown the run is as it was, running perhaps, but nothing learns.
    let is_locked = phase == Phase::Running && !greedy && run.is_to_hold() != Some(true);
    // An epoch begins before its run is known. Forms that were others for that moment would lose the keyboard.
    let shown = use_mut_ref(|| None::<RunSpec>);
    let spec = if started.is_none() && run.entry().is_none() { shown.take().unwrap_or(spec) } else { spec };
    shown.replace(Some(spec.clone()));

    let change = {
        let (run, environments, agents) = (Rc::clone(&run), Rc::clone(&environments), Rc::clone(&agents));
        Callback::from(move |spec: RunSpec| set(&run, &environments, &agents, spec))
    };
    let take_back = {
        let run = Rc::clone(&run);
        Callback::from(move |()| run.take_back_entry())
    };
    let transport = {
        let (run, session, hand, spec) = (Rc::clone(&run), session.clone(), hand.clone(), spec.clone());
        let rules = Rc::clone(&rules);
        Callback::from(move |action: TransportAction| match (action, *hand) {
            // Keys do no more than buttons.
            _ if !may(&rules, action) => {}
            (TransportAction::Play, None) => {
                hand.set(Some(HumanPlay::take(&session, AgentHold::Button)));
                stage::focus();
            }
            (TransportAction::Play, Some(taken)) => {
                hand.set(None);
                taken.give_back(&session);
            }
            (TransportAction::Speed(_), _) => {
                run.pacing.leave();
                obey(&session, action);
            }
            (TransportAction::Reset, _) => {
                hand.set(None);
                run.reset();
            }
            (TransportAction::Toggle, _) if run.is_gone() => run.enter(spec.clone(), Vec::new()),
            _ => {
                hand.set(None);
                run.note_shown();
                let is_to_hold = run.is_to_hold() == Some(true);
                run.release();
                if action == TransportAction::Toggle && is_to_hold {
                    // It holds already, or goes on by itself now.
                    session.ask_and(Command::Resume { until_episode: None }, |_| ());
                } else {
                    obey(&session, action);
                }
            }
        })
    };
    {
        let (session, hand, rules) = (session.clone(), hand.clone(), Rc::clone(&rules));
        use_shift(move |held| match *hand {
            None if held && may(&rules, TransportAction::Play) => {
                hand.set(Some(HumanPlay::take(&session, AgentHold::Shift)));
            }
            Some(taken) if !held && taken.hold == AgentHold::Shift => {
                hand.set(None);
                taken.give_back(&session);
            }
            _ => {}
        });
    }
    {
        // Whoever leaves the Lab has stopped playing, and sees no button any more that says so.
        let (session, taken) = (session.clone(), use_mut_ref(|| None::<HumanPlay>));
        *taken.borrow_mut() = *hand;
        use_effect_with((), move |()| {
            move || {
                if let Some(taken) = taken.take() {
                    taken.give_back(&session);
                }
            }
        });
    }
    let act = {
        let session = session.clone();
        Callback::from(move |action: u16| session.ask(Command::Step { action: Some(action), box_action: None }))
    };
    let press = {
        let session = session.clone();
        Callback::from(move |key: String| session.ask(Command::Press { key }))
    };
    {
        let (transport, press, run, session) = (transport.clone(), press.clone(), Rc::clone(&run), session.clone());
        let (hand, rules) = (hand.clone(), Rc::clone(&rules));
        use_keys(move |key| {
            let hold = hand.as_ref().map(|hand| hand.hold);
            match meaning(&session, key, hold) {
                KeyMeaning::Play { takes: Some(_), .. } if !may(&rules, TransportAction::Play) => return false,
                KeyMeaning::Undo(_) if !may(&rules, TransportAction::Reset) => return false,
                KeyMeaning::Play { takes: Some(AgentHold::Button), ref key } if is_choosing(key) => return false,
                KeyMeaning::Play { key, takes } => {
                    if let Some(hold) = takes {
                        hand.set(Some(HumanPlay::take(&session, hold)));
                        stage::focus();
                    }
                    press.emit(key);
                }
                KeyMeaning::GiveBack => {
                    // Once it is set, this handle tells the new value, too.
                    let taken = *hand;
                    hand.set(None);
                    if let Some(taken) = taken {
                        taken.give_back(&session);
                    }
                    return false;
                }
                KeyMeaning::Page(action) => transport.emit(action),
                KeyMeaning::Undo(how) => run.step_back(how),
                KeyMeaning::Nothing => return false,
            }
            true
        });
    }
    let subtitle = started.as_ref().map(|started| started.environment.subtitle.clone());
    let subtitle = subtitle.or_else(|| first_look.as_ref().as_ref().map(|look| look.environment.subtitle.clone()));
    let open_agents = {
        let showing = showing_agents.clone();
        move |_: MouseEvent| showing.set(true)
    };
    let save = {
        let run = Rc::clone(&run);
        move |_: MouseEvent| agents_dialog::save(&run)
    };
    let go = {
        let lesson = lesson.clone();
        Callback::from(move |step: usize| {
            let found = lesson.as_ref().map(|it| it.found.clone());
            lesson.set(found.map(|found| LessonOnShow { found, step }));
        })
    };
    let again = {
        let (run, lesson) = (Rc::clone(&run), lesson.clone());
        Callback::from(move |()| {
            if let Some(LessonOnShow { found, step }) = &*lesson {
                run.show_step(found.lesson.run_of(*step), found.lesson.speed_of(*step), true);
            }
        })
    };
    let remix = {
        let (editing, lesson) = (editing.clone(), lesson.clone());
        Callback::from(move |()| editing.set(Some((*lesson).clone())))
    };
    let make_lesson = {
        let (editing, on_shared) = (editing.clone(), props.on_shared.clone());
        Callback::from(move |()| {
            on_shared.emit(());
            editing.set(Some(None));
        })
    };
    let seen = ShownPanels::under(&rules);
    html! {
        <ContextProvider<Rc<LessonRules>> context={Rc::clone(&rules)}>
        <main class={classes!("lab", lesson.is_some().then_some("in-lesson"), (!seen.agent).then_some("without-agent"))}>
            if lesson.is_none() { <h1 class="unseen">{ text::LAB }</h1> }
            <div class="side">
                if let Some(on_show) = (*lesson).clone() {
                    <LessonCard key={on_show.found.key.clone()} on_show={on_show.clone()} on_step={go} on_again={again} on_remix={remix} tell={props.tell.clone()} />
                }
                if seen.environment {
                    <aside class="card panel area-environment" aria-label={text::ENVIRONMENT}>
                        <EnvironmentPanel catalog={(*environments).clone()} spec={spec.clone()} subtitle={subtitle.unwrap_or_default()} {refusal}
                            on_take_back={take_back} on_change={change.clone()} />
                        <OverlayPanel session={session.clone()} overlays={(*overlays).clone()} on_change={ let overlays = overlays.clone(); move |it| overlays.set(it) } />
                    </aside>
                }
            </div>
            <Bench session={session.clone()} overlays={(*overlays).clone()} inspected={*inspected}
                on_inspect={ let inspected = inspected.clone(); move |it| inspected.set(it) }
                preview={(*first_look).clone()} playing={Some(hand.is_some())} on_transport={transport} on_action={act} on_key={press}
                note={if lesson.is_none() && hand.is_none() { html! { <Guide session={session.clone()} /> } } else { Html::default() }} />
            if seen.agent {
                <aside class="card panel area-agent" aria-label={text::AGENT}>
                    <AgentPanel catalog={(*agents).clone()} {spec} locked={is_locked} on_change={change} />
                    if rules.part(FixedControl::Keep).is_shown() {
                        <section class={classes!("pair", rules.part(FixedControl::Keep).class())} data-control="keep">
                            <button class="button" data-testid="save-agent" disabled={rules.part(FixedControl::Keep).is_locked()} onclick={save}>
                                { icon(Symbol::Save) }{ text::SAVE_AGENT }</button>
                            <button class="button" data-testid="load-agent" disabled={rules.part(FixedControl::Keep).is_locked()} onclick={open_agents}>
                                { icon(Symbol::Open) }{ text::LOAD_AGENT }</button>
                        </section>
                    }
                    if rules.part(FixedControl::Keep).is_shown() { <WayBack run={props.run.clone()} /> }
                    if rules.part(FixedControl::Inspector).is_shown() {
                        <div class={classes!(rules.part(FixedControl::Inspector).class())} data-control="inspector"><Inspector session={session.clone()} state={*inspected} /></div>
                    }
                    if rules.part(FixedControl::Network).is_shown() {
                        <div class={classes!(rules.part(FixedControl::Network).class())} data-control="network"><NetworkPanel session={session.clone()} /></div>
                    }
                </aside>
            }
            if *showing_agents {
                <AgentsDialog run={props.run.clone()}
                    on_close={ let showing = showing_agents.clone(); move |()| showing.set(false) } />
            }
            if props.sharing {
                <ShareDialog link={link_to(&session)} note={text::SHARE_NOTE} tell={props.tell.clone()} on_lesson={make_lesson}
                    on_keep={ let run = Rc::clone(&run); Callback::from(move |()| agents_dialog::save_settings(&run)) }
                    on_close={props.on_shared.clone()} />
            }
            if let Some(lesson) = (*editing).clone() {
                <EditorDesk lesson={lesson.map(|it| it.found.lesson)} overlays={(*overlays).clone()} session={session.clone()}
                    on_close={ let editing = editing.clone(); move |()| editing.set(None) } />
            }
        </main>
        </ContextProvider<Rc<LessonRules>>>
    }
}

/// Whether an action may be had under a lesson's rules.
fn may(rules: &LessonRules, action: TransportAction) -> bool {
    action.part().is_none_or(|part| rules.part(part).is_usable())
}

/// Which panels have anything in them.
struct ShownPanels {
    environment: bool,
    agent: bool,
}

impl ShownPanels {
    fn under(rules: &LessonRules) -> Self {
        let any = |parts: &[FixedControl], room: ControlGroup| {
            parts.iter().any(|part| rules.part(*part).is_shown()) || rules.shows_any(room)
        };
        Self {
            environment: any(
                &[FixedControl::Environment, FixedControl::Seed, FixedControl::Map, FixedControl::Overlays],
                ControlGroup::Environment,
            ),
            agent: any(
                &[FixedControl::Agent, FixedControl::Keep, FixedControl::Inspector, FixedControl::Network],
                ControlGroup::Agent,
            ),
        }
    }
}

/// Every agent that can be picked, and the one on show where it cannot: it came with a file.
#[hook]
fn use_agents(shown: Option<&CatalogEntry>) -> Rc<Vec<CatalogEntry>> {
    let known = use_memo((), |()| agents::registry::catalog());
    let guest = use_mut_ref(|| None::<CatalogEntry>);
    // Between two epochs the one before stays.
    if let Some(shown) = shown {
        guest.replace((!known.iter().any(|it| it.id == shown.id)).then(|| shown.clone()));
    }
    let guest = guest.borrow().clone();
    use_memo(guest, |guest| known.iter().chain(guest).cloned().collect())
}

/// The same environment with every other agent, the one to try first last: learners in the order of the registry, then
/// players that learn nothing.
fn others(agents: &[String], spec: &RunSpec) -> Vec<RunSpec> {
    let is_player = |id: &str| agents::recommended::PLAYERS.contains(&id);
    let (players, learners): (Vec<_>, Vec<_>) =
        agents.iter().filter(|id| **id != spec.agent.id).partition(|id| is_player(id));
    let with = |id: &String| RunSpec { agent: agents::recommended::agent(&spec.environment.id, id), ..spec.clone() };
    learners.into_iter().chain(players).map(with).rev().collect()
}

/// Sets something: what changes nothing restarts nothing, nor does what an agent can take up while it learns. An
/// environment in which the agent cannot learn gets another one.
fn set(run: &Rc<TabRun>, environments: &[CatalogEntry], agents: &[CatalogEntry], spec: RunSpec) {
    let (on_show, is_under_way) = {
        let view = run.session.view();
        (view.present_spec(), view.status.step > 0 && view.phase() != Phase::Ended)
    };
    let entry = run.entry();
    let is_of_another_run = entry.as_ref().is_some_and(FormEntry::is_of_another_run);
    let is_pending = entry.as_ref().is_some_and(|entry| entry.refusal().is_none());
    let before = if is_pending { entry.map(|entry| entry.spec) } else { on_show.clone() };
    if before.as_ref().is_some_and(|before| same_run(environments, agents, before, &spec)) && !run.is_gone() {
        if !is_pending {
            run.take_back_entry();
        }
        return;
    }
    if is_under_way
        && !is_of_another_run
        && !run.is_gone()
        && let Some(values) = before.and_then(|before| live_difference(agents, &before, &spec))
    {
        run.tune(spec, values);
        return;
    }
    let is_other_environment = on_show.is_none_or(|it| it.environment.id != spec.environment.id);
    let ids: Vec<String> = agents.iter().map(|entry| entry.id.clone()).collect();
    let others = if is_other_environment { others(&ids, &spec) } else { Vec::new() };
    run.enter(spec, others);
}

/// Somebody plays instead of the agent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct HumanPlay {
    hold: AgentHold,
    /// Whether the agent was learning, and goes on when it gets its place back.
    learning: bool,
}

impl HumanPlay {
    /// Takes the agent's place: the run holds.
    fn take(session: &Session, hold: AgentHold) -> Self {
        let learning = session.view().status.phase == Phase::Running;
        obey(session, TransportAction::Play);
        Self { hold, learning }
    }

    /// Lets the agent go on from here, if it was learning.
    fn give_back(self, session: &Session) {
        if self.learning {
            session.ask(Command::Resume { until_episode: None });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::quantity::Seed;

    #[test]
    fn an_environment_that_no_table_fits_gets_an_agent_that_learns() {
        let agents: Vec<_> = agents::registry::catalog().into_iter().map(|entry| entry.id).collect();
        for environment in ["cart-pole", "mountain-car", "tetris"] {
            let tried = others(&agents, &RunSpec::new(environment, "q-learning", Seed::default()));
            let taken = tried.into_iter().rev().find(|spec| run::Run::new(spec.clone()).is_ok()).unwrap();
            assert_eq!(taken.agent.id, "linear-sarsa", "{environment}");
        }
    }
}
