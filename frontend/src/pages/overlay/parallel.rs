//! Parallel coordinates: an axis for every setting that differs, the last for the result, and a line for every run.

use super::chart::swatch;
use super::groups::Difference;
use super::scale::Scale;
use super::trace::Trace;
use super::words;
use crate::canvas_size::share_under;
use crate::format::short;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use web_sys::Element;
use yew::prelude::*;

/// Size in the picture's own units.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 300.0;
/// Where axes begin and end.
const TOP: f64 = 34.0;
const BOTTOM: f64 = 276.0;
/// Room beside the outer axes.
const SIDE: f64 = 70.0;
/// Axes besides the one of results.
const MOST_AXES: usize = 9;
/// Letters of a label; longer ones are shortened.
const MOST_LETTERS: usize = 14;
/// Letters of a title where axes leave it room.
const MOST_LETTERS_OF_TITLE: usize = 22;
/// How wide a letter is at most, as a rule.
const LETTER: f64 = 7.0;

/// Runs and what differs between them.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ParallelProps {
    /// The runs.
    pub traces: Vec<Trace>,
    /// The colour of each, by its place among all.
    pub places: Vec<usize>,
    /// The run that stands out, by its place in the list.
    pub outstanding: Option<usize>,
    /// Told which run is pointed at.
    pub on_point: Callback<Option<usize>>,
}

/// One axis.
struct ParallelAxis {
    title: String,
    scale: Scale,
    values: Vec<String>,
}

/// The axes: what differs, without the seed, and last the result.
fn columns(traces: &[Trace], differences: &[Difference]) -> Vec<ParallelAxis> {
    let settings = differences.iter().filter(|it| it.name != "seed").take(MOST_AXES);
    let column = |title: &str, values: Vec<String>| {
        let scale = Scale::of(values.iter().map(String::as_str));
        ParallelAxis { title: title.to_owned(), scale, values }
    };
    let mut columns: Vec<_> = settings.map(|it| column(&it.name, it.values.clone())).collect();
    let best = |it: &Trace| it.best().map_or_else(String::new, |it| it.mean.to_string());
    columns.push(column(&words::BEST, traces.iter().map(best).collect()));
    columns
}

/// Whether a run crosses every axis within what was dragged there.
fn is_kept(shares: &[Option<f64>], kept: &BTreeMap<usize, (f64, f64)>) -> bool {
    kept.iter()
        .all(|(axis, (low, high))| shares.get(*axis).copied().flatten().is_some_and(|it| *low <= it && it <= *high))
}

/// What was dragged over; a drag that begins or ends close to the end of an axis reaches it.
fn stretch(from: f64, to: f64) -> (f64, f64) {
    let low = Some(from.min(to)).filter(|it| *it > 0.04).unwrap_or(0.0);
    let high = Some(from.max(to)).filter(|it| *it < 0.96).unwrap_or(1.0);
    (low, high)
}

/// The picture.
#[component]
pub fn Parallel(props: &ParallelProps) -> Html {
    let kept = use_state_eq(BTreeMap::<usize, (f64, f64)>::new);
    let picture = use_node_ref();
    // The axis, and where a drag on it began.
    let drag = use_mut_ref(|| None::<(usize, f64)>);
    let differences = super::groups::differences(&props.traces);
    let columns = columns(&props.traces, &differences);
    if columns.len() < 2 {
        return html! { <section class="card parallel"><h2>{ words::PARALLEL }</h2><p class="empty">{ words::ALL_ALIKE }</p></section> };
    }
    let gap = (WIDTH - 2.0 * SIDE) / (columns.len() - 1) as f64;
    let room = ((gap / LETTER) as usize).clamp(MOST_LETTERS, MOST_LETTERS_OF_TITLE);
    let across = |axis: usize| SIDE + gap * axis as f64;
    let down = |share: f64| BOTTOM - share * (BOTTOM - TOP);
    let shares: Vec<Vec<Option<f64>>> = (0..props.traces.len())
        .map(|run| columns.iter().map(|column| column.scale.share(&column.values[run])).collect())
        .collect();
    let place_of = move |element: &Element, event: &PointerEvent| {
        let (x, y) = share_under(element, event);
        let axis = ((x * WIDTH - SIDE) / gap).round().max(0.0);
        let near = (SIDE + gap * axis - x * WIDTH).abs() < (gap / 2.0).min(36.0);
        near.then_some((axis as usize, ((BOTTOM - y * HEIGHT) / (BOTTOM - TOP)).clamp(0.0, 1.0)))
    };
    let count = columns.len();
    let press = {
        let (picture, drag, kept) = (picture.clone(), drag.clone(), kept.clone());
        move |event: PointerEvent| {
            let Some(picture) = picture.cast::<Element>() else { return };
            let Some((axis, share)) = place_of(&picture, &event).filter(|it| it.0 < count) else { return };
            event.prevent_default();
            // The drag goes on where the pointer leaves the picture.
            let _ = picture.set_pointer_capture(event.pointer_id());
            *drag.borrow_mut() = Some((axis, share));
            let mut now = (*kept).clone();
            now.remove(&axis);
            kept.set(now);
        }
    };
    let go = {
        let (picture, drag, kept) = (picture.clone(), drag.clone(), kept.clone());
        move |event: PointerEvent| {
            let Some((axis, from)) = *drag.borrow() else { return };
            let Some(picture) = picture.cast::<Element>() else { return };
            let share = ((BOTTOM - share_under(&picture, &event).1 * HEIGHT) / (BOTTOM - TOP)).clamp(0.0, 1.0);
            if (share - from).abs() > 0.02 {
                let mut now = (*kept).clone();
                now.insert(axis, stretch(from, share));
                kept.set(now);
            }
        }
    };
    let release = move |_: PointerEvent| *drag.borrow_mut() = None;
    let mut order: Vec<usize> = (0..props.traces.len()).collect();
    order.sort_by_key(|run| (is_kept(&shares[*run], &kept), props.outstanding == Some(*run)));
    let number_kept = shares.iter().filter(|it| is_kept(it, &kept)).count();
    html! {
        <section class="card parallel" aria-label={words::PARALLEL} data-testid="parallel" data-value={number_kept.to_string()}>
            <header><h2>{ words::PARALLEL }</h2><span class="soft number" role="status">{ words::shown(number_kept, props.traces.len()) }</span></header>
            <p class="soft">{ words::PARALLEL_NOTE }</p>
            <div class="wide">
            <svg ref={picture} viewBox={format!("0 0 {WIDTH} {HEIGHT}")} role="img" aria-label={words::PARALLEL} onpointerdown={press} onpointermove={go}
                onpointerup={release.clone()} onpointercancel={release}>
                { for order.iter().map(|run| {
                    let place = *run;
                    let dimmed = !is_kept(&shares[place], &kept) || props.outstanding.is_some_and(|it| it != place);
                    let class = classes!("run-line", tint(props.places[place]), dimmed.then_some("dimmed"));
                    let (on, off) = (props.on_point.reform(move |_: PointerEvent| Some(place)), props.on_point.reform(|_: PointerEvent| None));
                    html! {
                        <path key={props.traces[place].run.to_string()} {class} d={path(&shares[place], across, down)} onpointerenter={on} onpointerleave={off}>
                            <title>{ title(&props.traces[place]) }</title>
                        </path>
                    }
                }) }
                { for columns.iter().enumerate().map(|(axis, column)| {
                    let x = across(axis);
                    html! {
                        <g key={column.title.clone()}>
                            <line class="axis" x1={x.to_string()} x2={x.to_string()} y1={TOP.to_string()} y2={BOTTOM.to_string()} />
                            if let Some((low, high)) = kept.get(&axis) {
                                <rect class="kept" x={(x - 7.0).to_string()} width="14" y={down(*high).to_string()} height={(down(*low) - down(*high)).to_string()} />
                            }
                            <text class="head" x={x.to_string()} y="18" text-anchor="middle">{ cut(&column.title, room) }<title>{ column.title.clone() }</title></text>
                            { for column.scale.labels().into_iter().map(|(share, label)| html! {
                                <text x={(x + 6.0).to_string()} y={(down(share) + 4.0).to_string()}>{ cut(&label, MOST_LETTERS) }</text>
                            }) }
                        </g>
                    }
                }) }
            </svg>
            </div>
        </section>
    }
}

/// The class of a line's colour.
pub fn tint(place: usize) -> Classes {
    swatch(place).into_iter().filter(|it| it != "swatch").collect()
}

fn title(trace: &Trace) -> String {
    match trace.best() {
        Some(best) => format!("{}: {}", trace.run, short(best.mean)),
        None => trace.run.to_string(),
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// A line from axis to axis, interrupted where a run has no value.
fn path(shares: &[Option<f64>], across: impl Fn(usize) -> f64, down: impl Fn(f64) -> f64) -> String {
    let (mut path, mut goes_on) = (String::new(), false);
    for (axis, share) in shares.iter().enumerate() {
        if let Some(share) = share {
            // Writing to a String cannot fail.
            let _ = write!(path, "{}{:.1} {:.1}", if goes_on { "L" } else { "M" }, across(axis), down(*share));
        }
        goes_on = share.is_some();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_interrupted_where_there_is_no_value() {
        let drawn = path(&[Some(0.0), Some(1.0), None, Some(0.5)], |axis| axis as f64 * 10.0, |share| share);
        assert_eq!(drawn, "M0.0 0.0L10.0 1.0M30.0 0.5");
    }

    #[test]
    fn what_has_room_is_not_cut() {
        assert_eq!([14, 22].map(|most| cut("Best mean return", most)), ["Best mean ret…", "Best mean return"]);
    }

    #[test]
    fn a_run_is_kept_where_it_crosses_all_axes_within_what_was_dragged() {
        let shares = [Some(0.2), None, Some(0.9)];
        let kept = |parts: &[(usize, (f64, f64))]| is_kept(&shares, &parts.iter().copied().collect());
        assert!(kept(&[]) && kept(&[(0, (0.1, 0.3))]) && kept(&[(0, (0.1, 0.3)), (2, (0.9, 1.0))]));
        assert!(!kept(&[(0, (0.3, 0.4))]) && !kept(&[(1, (0.0, 1.0))]) && !kept(&[(7, (0.0, 1.0))]));
    }

    #[test]
    fn a_drag_close_to_the_end_of_an_axis_reaches_it() {
        assert_eq!((stretch(0.97, 0.4), stretch(0.5, 0.01), stretch(0.3, 0.6)), ((0.4, 1.0), (0.0, 0.5), (0.3, 0.6)));
    }

    #[test]
    fn long_labels_are_cut() {
        assert_eq!(
            (cut("agent_alpha", MOST_LETTERS).as_str(), cut("environment_goal_reward", MOST_LETTERS).as_str()),
            ("agent_alpha", "environment_g…")
        );
    }
}
