//! Read-outs: the few figures that tell how a run stands, as text.

use super::terms::terms_dialog;
use crate::format::{count, fixed, short};
use crate::language::Text;
use crate::lesson::control::{ControlGroup, use_rules};
use crate::pulse::use_pulse;
use crate::session::Session;
use crate::store::RunView;
use crate::text;
use yew::prelude::*;

/// Whose figures.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ReadoutsProps {
    /// The run.
    pub session: Session,
}

#[derive(Clone, Debug, PartialEq)]
struct ReadoutFigure {
    name: &'static str,
    label: Text,
    shown: String,
    value: String,
    small: bool,
}

/// The figures beside the stage.
#[component]
pub fn Readouts(props: &ReadoutsProps) -> Html {
    let figures = use_pulse(&props.session, figures);
    let rules = use_rules();
    let asked = use_state(|| None::<&'static str>);
    let ask = |name: &'static str| {
        let asked = asked.clone();
        move |_: MouseEvent| asked.set(Some(name))
    };
    let curve = use_pulse(&props.session, |view| (view.episodes.episodes(), view.episodes.faults(), view.epoch));
    html! {
        <>
        <dl class="readouts" data-testid="curve" data-episodes={curve.0.to_string()} data-faults={curve.1.to_string()}
            data-epoch={curve.2.map(|epoch| epoch.to_string())}>
            { for figures.iter().filter(|figure| rules.own(ControlGroup::Figure, figure.name).is_shown()).map(|figure| html! {
                <div class={classes!("readout", figure.small.then_some("small"), rules.own(ControlGroup::Figure, figure.name).class())}
                    key={figure.name} data-control={format!("figure.{}", figure.name)}>
                    <dt><button class="term" aria-haspopup="dialog" title={text::WHAT_IS_THIS} data-testid={format!("term-{}", figure.name)}
                        onclick={ask(figure.name)}>{ figure.label }</button></dt>
                    <dd class="number" data-testid={format!("readout-{}", figure.name)} data-value={figure.value.clone()}
                        title={figure.small.then(|| figure.value.clone())}>{ figure.shown.clone() }</dd>
                </div>
            }) }
        </dl>
        if let Some(name) = *asked {
            { terms_dialog(name, { let asked = asked.clone(); Callback::from(move |()| asked.set(None)) }) }
        }
        </>
    }
}

fn figures(view: &RunView) -> Vec<ReadoutFigure> {
    let status = view.standing();
    let plain = |name, label, shown: String, value: String| ReadoutFigure { name, label, shown, value, small: false };
    let number = |name, label, value: Option<f64>, decimals| {
        let shown = value.map_or_else(|| "–".into(), |value| fixed(value, decimals));
        plain(name, label, shown, value.map(|value| value.to_string()).unwrap_or_default())
    };
    let rate = view.steps_per_second();
    let mut figures = vec![
        plain("episode", text::EPISODE, count(status.episode), status.episode.to_string()),
        number("return", text::RETURN, status.last_return, 2),
        plain(
            "steps-per-second",
            text::STEPS_PER_SECOND,
            rate.map_or_else(|| "–".into(), short),
            rate.map(|rate| rate.to_string()).unwrap_or_default(),
        ),
    ];
    if status.optimal_states.is_some() || status.regret.is_some() || may_be_optimal(view) {
        let (shown, value) = status.optimal_states.filter(|(_, all)| *all > 0).map_or_else(
            || ("–".to_owned(), String::new()),
            |(optimal, all)| (text::of_all(optimal, all), format!("{optimal}/{all}")),
        );
        figures.push(plain("optimal-states", text::OPTIMAL_STATES, shown, value));
        figures.push(number("regret", text::REGRET, status.regret, 2));
    }
    let exactness = view.started.as_ref().map(|started| started.exactness).unwrap_or_default();
    let run_hash = if exactness.is_exact() { text::RUN_HASH } else { text::RUN_HASH_SEEDED };
    figures.push(ReadoutFigure {
        small: true,
        ..plain("run-hash", run_hash, abbreviated(&status.run_hash), status.run_hash.clone())
    });
    figures
}

/// Whether it may yet be told what of the agent is optimal: the exact solution is known, and the agent keeps a table, as far as is
/// known before the first picture.
fn may_be_optimal(view: &RunView) -> bool {
    let is_solved = view.started.as_ref().is_none_or(|started| started.optimal_return.is_some());
    is_solved && view.values.as_ref().map_or(view.frame.is_none(), |values| !values.visits.is_empty())
}

/// The beginning and the end of a hash.
fn abbreviated(hash: &str) -> String {
    if hash.len() <= 9 || !hash.is_ascii() {
        return if hash.is_empty() { "–".into() } else { hash.into() };
    }
    format!("{}…{}", &hash[..4], &hash[hash.len() - 4..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StartedRun;
    use run::Run;
    use shared::{LogEvent, RunSpec, Seed};
    use std::rc::Rc;

    #[test]
    fn what_is_not_known_keeps_its_place() {
        let mut view = RunView::default();
        view.status.run_hash = "0123456789abcdef".into();
        let of = |view: &RunView, name: &str| {
            figures(view).into_iter().find(|it| it.name == name).map(|it| (it.shown, it.value)).unwrap()
        };
        assert_eq!(of(&view, "regret"), ("–".into(), String::new()));
        assert_eq!(of(&view, "run-hash").0, "0123…cdef");
        view.status.regret = Some(0.5);
        view.status.optimal_states = Some((3, 21));
        assert_eq!(of(&view, "regret"), ("0.50".into(), "0.5".into()));
        assert_eq!(of(&view, "optimal-states"), ("3 / 21".into(), "3/21".into()));
    }

    #[test]
    fn what_is_optimal_has_a_place_where_it_is_told_or_may_be() {
        let names = |environment: &str, agent: &str| {
            let mut run = Run::new(RunSpec::new(environment, agent, Seed::new(1).unwrap())).unwrap();
            let mut view = RunView::default();
            for event in run.drain_log() {
                if let LogEvent::RunStarted { spec, environment, agent, optimal_return, metrics, exactness, .. } = event
                {
                    let (environment, agent, metrics) =
                        (*environment, *agent, metrics.into_iter().map(Rc::new).collect());
                    let started = StartedRun { spec, environment, agent, optimal_return, metrics, exactness };
                    view.started = Some(Rc::new(started));
                }
            }
            view.frame = run.frame().map(Rc::new);
            view.values = run.values().map(Rc::new);
            view.status = run.status(0.0);
            figures(&view).iter().filter(|it| ["regret", "optimal-states"].contains(&it.name)).count()
        };
        assert_eq!(names("gridworld", "q-learning"), 2);
        // Without a model, a table, or either.
        for (environment, agent) in [
            ("snake", "q-learning"),
            ("racing", "sarsa"),
            ("gridworld", "linear-sarsa"),
            ("taxi", "random"),
            ("cart-pole", "random"),
        ] {
            assert_eq!(names(environment, agent), 0, "{agent} in {environment}");
        }
    }
}
