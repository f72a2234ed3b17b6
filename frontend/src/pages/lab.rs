//! The lab: an environment on the left, an agent on the right, the glass case between them.

pub mod agent_menu;
pub mod agent_panel;
pub mod agents_dialog;
pub mod beginning;
pub mod best;
pub mod entries;
pub mod environment_panel;
pub mod keeper;
pub mod keeping;
pub mod keys;
pub mod locked_focus;
pub mod opening;
pub mod pacing;
pub mod preview;
pub mod share_dialog;
pub mod tab_run;
pub mod undo;
pub mod way_back;

use super::bench::{Bench, obey};
use crate::components::glass::GlassPanel;
use crate::components::icons::{Symbol, icon};
use crate::components::inspect::Inspector;
use crate::components::network::NetworkPanel;
use crate::components::settings::same_run;
use crate::components::transport::Wish;
use crate::keyboard::{use_keys, use_shift};
use crate::pages::lab::way_back::WayBack;
use crate::pulse::use_pulse;
use crate::session::Session;
use crate::stage;
use crate::stage::painter::Glass;
use crate::text;
use agent_panel::AgentPanel;
use agents_dialog::AgentsDialog;
use environment_panel::EnvironmentPanel;
use keys::{Grip, Meaning, meaning};
use opening::{first_spec, link_to};
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
    let agents = use_memo((), |()| agents::registry::catalog());
    let glass = use_state(Glass::default);
    let inspected = use_state(|| None::<u32>);
    let hand = use_state(|| None::<Hand>);
    let showing_agents = use_state(|| false);
    let (phase, _, begun) = use_pulse(&session, |view| (view.status.phase, view.epoch, view.started.is_some()));

    // The panels show what was set last, until it is on show.
    {
        let (run, update) = (Rc::clone(&run), use_force_update());
        use_effect_with((), move |()| {
            run.follow_entries(Some(Callback::from(move |()| update.force_update())));
            move || run.follow_entries(None)
        });
    }
    run.note_shown();
    let started = session.view().started.clone();
    let actual = started.as_ref().map_or_else(first_spec, |started| started.spec.clone());
    let entry = run.entry();
    let refusal = entry.as_ref().and_then(|entry| entry.refusal().map(|reason| AttrValue::from(reason.to_owned())));
    let spec = entry.map_or(actual, |entry| entry.spec);
    let first_look = use_memo(begun, |begun| if *begun { None } else { preview(&first_spec()).map(Rc::new) });
    let is_locked = phase == Phase::Running && run.is_to_hold() != Some(true);

    let change = {
        let (run, environments, agents) = (Rc::clone(&run), Rc::clone(&environments), Rc::clone(&agents));
        Callback::from(move |spec: RunSpec| set(&run, &environments, &agents, spec))
    };
    let take_back = {
        let run = Rc::clone(&run);
        Callback::from(move |()| run.take_back_entry())
    };
    let wish = {
        let (run, session, hand, spec) = (Rc::clone(&run), session.clone(), hand.clone(), spec.clone());
        Callback::from(move |wish: Wish| match (wish, *hand) {
            (Wish::Play, None) => {
                hand.set(Some(Hand::take(&session, Grip::Button)));
                stage::focus();
            }
            (Wish::Play, Some(taken)) => {
                hand.set(None);
                taken.give_back(&session);
            }
            (Wish::Speed(_), _) => {
                run.pacing.leave();
                obey(&session, wish);
            }
            (Wish::Reset, _) => {
                hand.set(None);
                run.reset();
            }
            (Wish::Toggle, _) if run.is_gone() => run.enter(spec.clone(), Vec::new()),
            _ => {
                hand.set(None);
                run.note_shown();
                let is_to_hold = run.is_to_hold() == Some(true);
                run.release();
                if wish == Wish::Toggle && is_to_hold {
                    // It holds already, or goes on by itself now.
                    session.ask_and(Command::Resume { until_episode: None }, |_| ());
                } else {
                    obey(&session, wish);
                }
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
        Callback::from(move |action: u16| session.ask(Command::Step { action: Some(action), box_action: None }))
    };
    let press = {
        let session = session.clone();
        Callback::from(move |key: String| session.ask(Command::Press { key }))
    };
    {
        let (wish, press, run, session) = (wish.clone(), press.clone(), Rc::clone(&run), session.clone());
        let hand = hand.clone();
        use_keys(move |key| {
            let grip = hand.as_ref().map(|hand| hand.grip);
            match meaning(&session, key, grip) {
                Meaning::Play { key, takes } => {
                    if let Some(grip) = takes {
                        hand.set(Some(Hand::take(&session, grip)));
                        stage::focus();
                    }
                    press.emit(key);
                }
                Meaning::GiveBack => {
                    hand.set(None);
                    if let Some(taken) = *hand {
                        taken.give_back(&session);
                    }
                    return false;
                }
                Meaning::Page(wished) => wish.emit(wished),
                Meaning::Undo(how) => run.step_back(how),
                Meaning::Nothing => return false,
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
    html! {
        <main class="lab">
            <aside class="card panel area-environment">
                <EnvironmentPanel catalog={(*environments).clone()} spec={spec.clone()} subtitle={subtitle.unwrap_or_default()} {refusal}
                    on_take_back={take_back} on_change={change.clone()} />
                <GlassPanel session={session.clone()} glass={(*glass).clone()} on_change={ let glass = glass.clone(); move |it| glass.set(it) } />
            </aside>
            <Bench session={session.clone()} glass={(*glass).clone()} inspected={*inspected}
                on_inspect={ let inspected = inspected.clone(); move |it| inspected.set(it) }
                preview={(*first_look).clone()} playing={Some(hand.is_some())} on_wish={wish} on_action={act} on_key={press} />
            <aside class="card panel area-agent">
                <AgentPanel catalog={(*agents).clone()} {spec} locked={is_locked} on_change={change} />
                <section class="pair">
                    <button class="button" data-testid="save-agent" onclick={save}>{ icon(Symbol::Save) }{ text::SAVE_AGENT }</button>
                    <button class="button" data-testid="load-agent" onclick={open_agents}>{ icon(Symbol::Open) }{ text::LOAD_AGENT }</button>
                </section>
                <WayBack run={props.run.clone()} />
                <Inspector session={session.clone()} state={*inspected} />
                <NetworkPanel session={session.clone()} />
            </aside>
            if *showing_agents {
                <AgentsDialog run={props.run.clone()}
                    on_close={ let showing = showing_agents.clone(); move |()| showing.set(false) } />
            }
            if props.sharing {
                <ShareDialog link={link_to(&session)} note={text::SHARE_NOTE} tell={props.tell.clone()} on_close={props.on_shared.clone()} />
            }
        </main>
    }
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

/// Sets something: what changes nothing restarts nothing. An environment in which the agent cannot learn gets another
/// one.
fn set(run: &Rc<TabRun>, environments: &[CatalogEntry], agents: &[CatalogEntry], spec: RunSpec) {
    let on_show = run.session.view().started.as_ref().map(|started| started.spec.clone());
    let entry = run.entry();
    let is_pending = entry.as_ref().is_some_and(|entry| entry.refusal().is_none());
    let before = if is_pending { entry.map(|entry| entry.spec) } else { on_show.clone() };
    if before.is_some_and(|before| same_run(environments, agents, &before, &spec)) && !run.is_gone() {
        if !is_pending {
            run.take_back_entry();
        }
        return;
    }
    let is_other_environment = on_show.is_none_or(|it| it.environment.id != spec.environment.id);
    let ids: Vec<String> = agents.iter().map(|entry| entry.id.clone()).collect();
    let others = if is_other_environment { others(&ids, &spec) } else { Vec::new() };
    run.enter(spec, others);
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
