//! The inspector: all numbers of one state.

use super::keys_dialog::key_name;
use crate::format::{bounded, count, duration, fixed, shortened};
use crate::language::translated;
use crate::pulse::use_pulse;
use crate::session::Session;
use crate::stage::layer::{best_actions, legal_values, prefers, state_values};
use crate::store::RunView;
use crate::text;
use shared::describe::{ActionDescription, StateLayout};
use yew::prelude::*;

/// Most actions that the card at the pointer lists.
const MOST_AT_POINTER: usize = 8;

/// Most letters of a name that somebody gave: a longer one would push everything else off the page.
const MOST_LETTERS: usize = 60;

/// Which state of which run.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct InspectorProps {
    /// The run.
    pub session: Session,
    /// The state that is looked at; none shows the one in which the agent is.
    pub state: Option<u32>,
    /// Whether it stays, wherever the pointer goes.
    #[prop_or_default]
    pub pinned: bool,
}

/// A table of the state's action values, and what else is known of it.
#[component]
pub fn Inspector(props: &InspectorProps) -> Html {
    let _revision = use_pulse(&props.session, |view| view.revision);
    let view = props.session.view();
    let Some(facts) = facts(&view, props.state) else { return Html::default() };
    html! {
        <section aria-label={facts.title.clone()} data-testid="inspector" data-value={facts.state.to_string()}>
            <h2 class="heading">{ facts.title.clone() }</h2>
            { table(&facts, usize::MAX) }
            <p class="inspect-note number">{ facts.note.clone() }</p>
        </section>
    }
}

/// The numbers of the state that is pointed at or walked to, beside the pointer. Listeners have them in the panel.
#[component]
pub fn PointerCard(props: &InspectorProps) -> Html {
    let _revision = use_pulse(&props.session, |view| view.revision);
    let view = props.session.view();
    let Some(facts) = props.state.and_then(|state| facts(&view, Some(state))) else { return Html::default() };
    html! {
        <div class="pointer-card" aria-hidden="true" data-testid="pointer-card" data-value={facts.state.to_string()}
            data-pinned={props.pinned.to_string()}>
            <p class="heading">{ facts.title.clone() }if props.pinned { <small class="soft">{ text::PINNED }</small> }</p>
            { table(&facts, MOST_AT_POINTER) }
            <p class="inspect-note number">{ facts.note.clone() }</p>
        </div>
    }
}

/// So many actions of a state, those first that it has first.
fn table(facts: &Facts, most: usize) -> Html {
    html! {
        <table class="inspect number">
            if facts.rows.iter().any(|row| row.exact.is_some()) {
                <thead><tr><td></td><td class="soft">{ if facts.prefers { text::PREFERENCE } else { text::LEARNED } }</td><td class="soft">{ text::EXACT_VALUE }</td></tr></thead>
            }
            <tbody>
                { for facts.rows.iter().take(most).map(|row| html! {
                    <tr class={classes!(row.best.then_some("best"))} key={row.name.clone()}>
                        <th scope="row">{ row.name.clone() }</th>
                        <td>{ bounded(row.q, 2) }</td>
                        if let Some(exact) = row.exact { <td class="soft">{ bounded(exact, 2) }</td> }
                    </tr>
                }) }
            </tbody>
        </table>
    }
}

struct Facts {
    state: usize,
    title: String,
    rows: Vec<InspectorRow>,
    /// Whether the agent tells what it prefers instead of what an action is worth.
    prefers: bool,
    note: String,
}

struct InspectorRow {
    name: String,
    q: f64,
    exact: Option<f64>,
    best: bool,
}

fn facts(view: &RunView, state: Option<u32>) -> Option<Facts> {
    let environment = &view.started.as_ref()?.environment;
    let values = view.values.as_ref()?;
    let here = view.frame.as_ref().and_then(|frame| frame.state).filter(|_| state.is_none());
    let state = state.or(here).unwrap_or(0) as usize;
    let actions = (values.actions as usize).max(1);
    let part = state * actions..(state + 1) * actions;
    let row = values.q.get(part.clone())?;
    let exact = view.solution.as_ref().and_then(|solution| solution.q.get(part));
    let best = best_actions(row, environment, state);
    let rows = legal_values(row, environment, state).map(|(index, q)| InspectorRow {
        name: environment.actions.get(index).map_or_else(|| index.to_string(), action_name),
        q: f64::from(q),
        exact: exact.and_then(|exact| exact.get(index)).map(|exact| f64::from(*exact)),
        best: best.contains(&index),
    });
    let place = match &environment.layout {
        Some(StateLayout::Grid { columns, .. }) if *columns > 0 => {
            text::cell(state as u32 % columns, state as u32 / columns)
        }
        _ => text::state(&shortened(&translated(&environment.state_name(state)), MOST_LETTERS)),
    };
    let value = state_values(values, environment).get(state).copied().unwrap_or_default();
    let visits = values.visits.get(state).copied().unwrap_or_default();
    let error = values.td_error.get(state).copied().map(f64::from).unwrap_or_default();
    let exact_value = view.solution.as_ref().and_then(|solution| {
        let time = (solution.seconds > 0.0).then(|| duration(solution.seconds * 1000.0));
        let value = bounded(f64::from(*solution.v.get(state)?), 2);
        Some(text::exact_value(&value, &count(u64::from(solution.sweeps)), time.as_deref()))
    });
    Some(Facts {
        state,
        title: if here.is_some() { text::agent_at(&place) } else { place },
        rows: rows.collect(),
        prefers: prefers(values),
        note: if values.visits.is_empty() {
            text::state_note_uncounted(&bounded(value, 2), exact_value.as_deref())
        } else if visits == 0 {
            text::state_note_unvisited(&bounded(value, 2), exact_value.as_deref())
        } else {
            text::state_note(&count(u64::from(visits)), &bounded(value, 2), exact_value.as_deref(), &fixed(error, 3))
        },
    })
}

/// An action's sign and name.
fn action_name(action: &ActionDescription) -> String {
    match action.arrow {
        Some(_) if action.key.starts_with("Arrow") => format!("{} {}", key_name(&action.key), translated(&action.name)),
        _ => shortened(&translated(&action.name), MOST_LETTERS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StartedRun;
    use run::Run;
    use shared::parameter::Value;
    use shared::{RunSpec, Seed};
    use std::rc::Rc;

    /// What a page sees of a run of so many steps of value iteration in the MDP of a table.
    fn view(table: &str, steps: u64) -> RunView {
        let mut spec = RunSpec::new("mdp", "value-iteration", Seed::new(1).unwrap());
        spec.environment.parameters.insert("table".into(), Value::Text(table.into()));
        spec.agent.parameters.insert("gamma".into(), Value::Number(0.95));
        let mut run = Run::new(spec.clone()).unwrap();
        run.command(shared::Command::Resume { until_episode: None });
        run.advance(steps);
        let agent = agents::registry::find("value-iteration").unwrap();
        let environment = run.description().clone();
        let started = StartedRun {
            spec,
            environment,
            agent,
            optimal_return: None,
            metrics: vec![],
            exactness: shared::event::Exactness::Exact,
        };
        let mut view = RunView::default();
        view.started = Some(Rc::new(started));
        view.values = run.values().map(Rc::new);
        view.solution = run.optimal_solution(0.0).map(Rc::new);
        view
    }

    #[test]
    fn a_state_bears_its_name_and_shows_its_legal_actions() {
        let view = view("s1,a11,.5,s1,5\ns1,a11,.5,s2,5\ns1,a12,1,s2,10\ns2,a21,1,s2,-1\ns2,a22,1,end,-30,true", 2_000);
        let rows = |state: u32| -> Vec<(String, String, Option<f64>, bool)> {
            let facts = facts(&view, Some(state)).unwrap();
            facts
                .rows
                .into_iter()
                .map(|it| (it.name, fixed(it.q, 2), it.exact.map(|it| (it * 100.0).round()), it.best))
                .collect()
        };
        let row = |name: &str, q: &str, exact: f64, best| (name.to_owned(), q.to_owned(), Some(exact), best);
        assert_eq!(rows(0), [row("a11", "−8.57", -857.0, true), row("a12", "−9.00", -900.0, false)]);
        assert_eq!(rows(1), [row("a21", "−20.00", -2000.0, true), row("a22", "−30.00", -3000.0, false)]);
        assert_eq!(rows(2), []);
        let titles = [0, 1, 2].map(|state| facts(&view, Some(state)).unwrap().title);
        assert_eq!(titles, ["State s1", "State s2", "State end"]);
        assert!(facts(&view, Some(1)).unwrap().note.starts_with("value −20.00 (exact −20.00"));
    }
}
