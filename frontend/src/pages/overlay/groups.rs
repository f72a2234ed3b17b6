//! Runs put together by what they have in common, and the mean curve of several.

use super::trace::Trace;
use super::words;
use plot::{Sample, smooth};
use run::experiment::{ParameterColumn, agent_columns, environment_columns};
use std::collections::BTreeSet;

/// Places at which the mean of several runs is worked out.
const PLACES: usize = 256;

/// The column of what the agent is.
pub const AGENT: &str = "agent";
/// The column of what the environment is.
pub const ENVIRONMENT: &str = "environment";

/// Something that differs between runs.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The name of its column: in addresses, and as the head of tables.
    pub name: String,
    /// Every run's value in words, in their order; empty where it has none.
    pub values: Vec<String>,
}

/// What differs between runs: agent, environment, and every parameter that any of them sets.
pub fn differences(traces: &[Trace]) -> Vec<Difference> {
    let of = |name: &str, value: &dyn Fn(&Trace) -> String| Difference {
        name: name.to_owned(),
        values: traces.iter().map(value).collect(),
    };
    let specs = || traces.iter().map(Trace::spec);
    let parameters = [environment_columns(specs()), agent_columns(specs())].concat();
    let mut all = vec![of(ENVIRONMENT, &|it| it.environment().to_owned()), of(AGENT, &|it| it.agent().to_owned())];
    all.extend(parameters.iter().map(|column: &ParameterColumn| of(&column.name, &|it| column.words(it.spec()))));
    all.push(of("seed", &|it| it.spec().seed.to_string()));
    all.retain(|it| it.values.iter().collect::<BTreeSet<_>>().len() > 1);
    all
}

/// Runs that are drawn as one curve.
#[derive(Clone, Debug, PartialEq)]
pub struct RunGroup {
    /// Its name.
    pub name: String,
    /// Places of its runs.
    pub members: Vec<usize>,
}

/// The groups by the values of a difference; every run by itself where there is none of this name.
pub fn groups(traces: &[Trace], differences: &[Difference], by: &str) -> Vec<RunGroup> {
    let Some(difference) = differences.iter().find(|it| it.name == by) else {
        let alone = |(place, trace): (usize, &Trace)| RunGroup { name: trace.run.to_string(), members: vec![place] };
        return traces.iter().enumerate().map(alone).collect();
    };
    together(&difference.values)
}

fn together(values: &[String]) -> Vec<RunGroup> {
    let mut groups: Vec<RunGroup> = Vec::new();
    for (place, value) in values.iter().enumerate() {
        let name = if value.is_empty() { "–" } else { value };
        match groups.iter_mut().find(|it| it.name == name) {
            Some(group) => group.members.push(place),
            None => groups.push(RunGroup { name: name.to_owned(), members: vec![place] }),
        }
    }
    for group in &mut groups {
        group.name = words::group(&group.name, group.members.len());
    }
    groups
}

/// A curve by itself: its smooth values alone, as the raw ones of many curves would hide each other.
pub fn smoothed(curve: &[Sample], window: f64) -> Vec<Sample> {
    let values = smooth(curve, window);
    curve.iter().zip(values).map(|(it, mean)| Sample { low: mean, mean, high: mean, count: 1.0, ..*it }).collect()
}

/// The mean of several curves, each smoothed, with the least and the greatest of them. Where a run has not begun or has ended, the
/// others stand for themselves.
pub fn mean_of(curves: &[Vec<Sample>], window: f64) -> Vec<Sample> {
    let points = |curve: &Vec<Sample>| {
        let smoothed = smoothed(curve, window).into_iter().map(|it| (it.x, it.mean));
        smoothed.filter(|it| it.1.is_finite()).collect()
    };
    let smoothed: Vec<Vec<(f64, f64)>> = curves.iter().map(points).collect();
    let ends = smoothed.iter().filter_map(|it| Some((it.first()?.0, it.last()?.0)));
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |all, it| (all.0.min(it.0), all.1.max(it.1)));
    if low > high {
        return Vec::new();
    }
    let places = (0..PLACES).map(|index| low + (high - low) * index as f64 / (PLACES - 1) as f64);
    let sample = |x: f64| {
        let values: Vec<f64> = smoothed.iter().filter_map(|curve| at(curve, x)).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (count > 0.0).then_some(Sample { x, low: least, mean, high: greatest, count: 1.0 })
    };
    places.filter_map(sample).collect()
}

/// The value of a curve at a place between its ends, on a straight line between its neighbours.
fn at(curve: &[(f64, f64)], x: f64) -> Option<f64> {
    let next = curve.partition_point(|it| it.0 < x);
    let after = *curve.get(next)?;
    if after.0 <= x {
        return Some(after.1);
    }
    let before = *curve.get(next.checked_sub(1)?)?;
    let share = (x - before.0) / (after.0 - before.0);
    Some(before.1 + (after.1 - before.1) * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Vec<Sample> {
        points.iter().map(|(x, mean)| Sample { x: *x, low: *mean, mean: *mean, high: *mean, count: 1.0 }).collect()
    }

    #[test]
    fn runs_with_the_same_value_are_one_group_in_order_of_their_first() {
        let values = ["0.5", "", "0.1", "0.5"].map(str::to_owned);
        let groups = together(&values);
        let seen: Vec<_> = groups.iter().map(|it| (it.name.as_str(), it.members.clone())).collect();
        assert_eq!(seen, [("0.5 (2)", vec![0, 3]), ("– (1)", vec![1]), ("0.1 (1)", vec![2])]);
    }

    #[test]
    fn the_mean_of_curves_is_at_common_places_and_its_band_reaches_from_the_least_to_the_greatest() {
        let mean = mean_of(&[curve(&[(0.0, 0.0), (10.0, 10.0)]), curve(&[(0.0, 2.0), (10.0, 2.0)])], 1.0);
        assert_eq!((mean.len(), mean[0].x, mean[255].x), (PLACES, 0.0, 10.0));
        assert_eq!((mean[0].low, mean[0].mean, mean[0].high), (0.0, 1.0, 2.0));
        assert_eq!((mean[255].low, mean[255].mean, mean[255].high), (2.0, 6.0, 10.0));
    }

    #[test]
    fn a_run_that_has_ended_leaves_the_others_for_themselves() {
        let mean = mean_of(&[curve(&[(0.0, 0.0), (4.0, 0.0)]), curve(&[(0.0, 2.0), (8.0, 2.0)])], 1.0);
        assert_eq!((mean[0].mean, mean[255].mean, mean[255].low), (1.0, 2.0, 2.0));
        assert!(mean_of(&[curve(&[]), curve(&[(1.0, f64::NAN)])], 1.0).is_empty());
        assert_eq!(mean_of(&[curve(&[(3.0, 7.0)])], 1.0)[0].mean, 7.0, "a single point");
    }
}
