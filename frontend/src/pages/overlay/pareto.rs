//! The trade-off between two measures: which runs are beaten by no other in both at once.

use super::parallel::tint;
use super::scale::Scale;
use super::trace::{Trace, described};
use super::view::OverlayMeasure;
use super::words;
use crate::format::short;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// Size in the picture's own units.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 320.0;
/// Where the field begins and ends.
const FIELD: (f64, f64, f64, f64) = (64.0, 14.0, 980.0, 284.0);

/// Runs to weigh.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ParetoProps {
    /// The runs.
    pub traces: Vec<Trace>,
    /// The colour of each, by its place among all.
    pub places: Vec<usize>,
    /// The run that stands out.
    pub outstanding: Option<usize>,
    /// Told which run is pointed at.
    pub on_point: Callback<Option<usize>>,
}

/// What a run is weighed by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Best,
    Steps,
    Seconds,
    Newest(OverlayMeasure),
}

impl Weight {
    fn of(&self, trace: &Trace) -> Option<f64> {
        match self {
            Self::Best => trace.best().map(|it| it.mean),
            Self::Steps => Some(trace.steps() as f64),
            Self::Seconds => Some(trace.seconds()),
            Self::Newest(measure) => trace.newest(measure),
        }
    }

    fn title(&self, traces: &[Trace]) -> String {
        match self {
            Self::Best => String::from(words::BEST),
            Self::Steps => String::from(words::STEPS_MADE),
            Self::Seconds => String::from(words::TIME),
            Self::Newest(measure) => words::newest(&described(measure, traces).0),
        }
    }
}

/// One of the two sides.
#[derive(Clone, Debug, PartialEq)]
struct ParetoSide {
    weight: Weight,
    less: bool,
}

/// The points that no other beats: none is at least as good in both and better in one. In order from left to right.
fn front(points: &[(usize, f64, f64)], (less_x, less_y): (bool, bool)) -> Vec<usize> {
    let good = |(_, x, y): &(usize, f64, f64)| (if less_x { -x } else { *x }, if less_y { -y } else { *y });
    let beats = |one: &(usize, f64, f64), other: &(usize, f64, f64)| {
        let (one, other) = (good(one), good(other));
        one.0 >= other.0 && one.1 >= other.1 && (one.0 > other.0 || one.1 > other.1)
    };
    let mut front: Vec<_> = points.iter().filter(|it| !points.iter().any(|other| beats(other, it))).collect();
    front.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.2.total_cmp(&other.2)));
    front.into_iter().map(|it| it.0).collect()
}

/// The picture, with its choices.
#[component]
pub fn Pareto(props: &ParetoProps) -> Html {
    let x = use_state_eq(|| ParetoSide { weight: Weight::Steps, less: true });
    let y = use_state_eq(|| ParetoSide { weight: Weight::Best, less: false });
    let mut weights = vec![Weight::Best, Weight::Steps, Weight::Seconds];
    let metrics: BTreeSet<OverlayMeasure> = props.traces.iter().flat_map(Trace::measures).collect();
    weights.extend(metrics.into_iter().map(Weight::Newest));
    let points: Vec<(usize, f64, f64)> = props
        .traces
        .iter()
        .enumerate()
        .filter_map(|(run, trace)| Some((run, x.weight.of(trace)?, y.weight.of(trace)?)))
        .filter(|it| it.1.is_finite() && it.2.is_finite())
        .collect();
    let front = front(&points, (x.less, y.less));
    let scale = |values: Vec<f64>| match Scale::of_numbers(&values) {
        Scale::Numbers(axis) => plot::Axis::with_room(axis.low, axis.high, axis.logarithmic),
        Scale::Names(_) => plot::Axis::new(0.0, 1.0, false),
    };
    let across = scale(points.iter().map(|it| it.1).collect());
    let up = scale(points.iter().map(|it| it.2).collect());
    let (left, top, right, bottom) = FIELD;
    let place =
        |it: &(usize, f64, f64)| (left + across.share(it.1) * (right - left), bottom - up.share(it.2) * (bottom - top));
    let mut line = String::new();
    for run in &front {
        if let Some(point) = points.iter().find(|it| it.0 == *run) {
            let (x, y) = place(point);
            // Writing to a String cannot fail.
            let _ = write!(line, "{}{x:.1} {y:.1}", if line.is_empty() { "M" } else { "L" });
        }
    }
    html! {
        <section class="card pareto" aria-label={words::PARETO} data-testid="pareto" data-value={front.iter().map(|run| props.traces[*run].run.to_string()).collect::<Vec<_>>().join(" ")}>
            <header><h2>{ words::PARETO }</h2></header>
            <p class="soft">{ words::PARETO_NOTE }</p>
            <div class="sides">
                { side("pareto-y", "↑", &y, &weights, &props.traces) }
                { side("pareto-x", "→", &x, &weights, &props.traces) }
            </div>
            <div class="wide">
            <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} role="img" aria-label={words::PARETO}>
                { for up.ticks(5).into_iter().map(|(value, label)| {
                    let y = bottom - up.share(value) * (bottom - top);
                    html! { <g key={value.to_string()}>
                        <line class="axis" x1={left.to_string()} x2={right.to_string()} y1={y.to_string()} y2={y.to_string()} />
                        <text x={(left - 7.0).to_string()} y={(y + 4.0).to_string()} text-anchor="end">{ label }</text>
                    </g> }
                }) }
                { for across.ticks(8).into_iter().map(|(value, label)| {
                    let x = left + across.share(value) * (right - left);
                    html! { <text key={value.to_string()} x={x.to_string()} y={(bottom + 20.0).to_string()} text-anchor="middle">{ label }</text> }
                }) }
                <path class="front" d={line} />
                { for points.iter().map(|point| {
                    let run = point.0;
                    let (x, y) = place(point);
                    let dimmed = props.outstanding.is_some_and(|it| it != run);
                    let class = classes!("point", tint(props.places[run]), front.contains(&run).then_some("best"), dimmed.then_some("dimmed"));
                    let (on, off) = (props.on_point.reform(move |_: PointerEvent| Some(run)), props.on_point.reform(|_: PointerEvent| None));
                    html! {
                        <circle key={props.traces[run].run.to_string()} {class} cx={format!("{x:.1}")} cy={format!("{y:.1}")} r="6" onpointerenter={on} onpointerleave={off}>
                            <title>{ words::point(props.traces[run].run.as_str(), &short(point.1), &short(point.2)) }</title>
                        </circle>
                    }
                }) }
            </svg>
            </div>
        </section>
    }
}

/// The choice of a side.
fn side(
    testid: &'static str,
    sign: &'static str,
    chosen: &UseStateHandle<ParetoSide>,
    weights: &[Weight],
    traces: &[Trace],
) -> Html {
    let all = weights.to_vec();
    let pick = {
        let chosen = chosen.clone();
        move |event: Event| {
            let place: Option<usize> = event.target_unchecked_into::<HtmlSelectElement>().value().parse().ok();
            if let Some(weight) = place.and_then(|it| all.get(it).cloned()) {
                let less = matches!(weight, Weight::Steps | Weight::Seconds);
                chosen.set(ParetoSide { weight, less });
            }
        }
    };
    let turn = {
        let chosen = chosen.clone();
        move |_: MouseEvent| chosen.set(ParetoSide { less: !chosen.less, ..(*chosen).clone() })
    };
    html! {
        <label class="field-inline">{ sign }
            <select data-testid={testid} onchange={pick}>
                { for weights.iter().enumerate().map(|(place, weight)| html! {
                    <option value={place.to_string()} selected={*weight == chosen.weight}>{ weight.title(traces) }</option>
                }) }
            </select>
            <button class="button" onclick={turn}>{ if chosen.less { words::LESS } else { words::MORE } }</button>
        </label>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_has_the_runs_that_no_other_beats_in_both() {
        // Steps (less is better) and returns (more is better).
        let points = [(0, 10.0, 1.0), (1, 20.0, 5.0), (2, 20.0, 4.0), (3, 5.0, 0.5), (4, 40.0, 5.0), (5, 30.0, 9.0)];
        assert_eq!(front(&points, (true, false)), [3, 0, 1, 5]);
        assert_eq!(front(&points, (false, false)), [5, 4], "with more steps being better");
        assert_eq!(front(&[(0, 1.0, 1.0), (1, 1.0, 1.0)], (true, true)), [0, 1], "equals beat each other in nothing");
        assert!(front(&[], (true, true)).is_empty());
    }
}
