//! What the figures must reach, as far as they were taken.

use super::BenchRow;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A figure: the bench, the row's `name` (empty for any) and the field.
type BenchFigure = (&'static str, &'static str, &'static str);

/// A bound that a figure must keep.
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// A figure, or the ratio of two, and its bound.
struct BenchTarget {
    name: &'static str,
    figure: BenchFigure,
    over: Option<BenchFigure>,
    bound: Bound,
}

/// A bench with peers, how its rows' names begin, and the least that their `ratio` to a peer must be.
type LeastRatio = (&'static str, &'static str, f64);

/// Of an environment's steps to those of `FrozenLake-v1`, of Q-learning's to those of a plain loop in Python, of any
/// environment's and of Q-learning's in a tab to those natively.
const RATIOS: [LeastRatio; 17] = [
    ("environments/steps", "gridworld", 350.0),
    ("environments/steps", "frozen-lake", 350.0),
    ("environments/steps", "cliff-walking", 350.0),
    ("environments/steps", "windy-gridworld", 350.0),
    ("environments/steps", "dyna-maze", 350.0),
    ("environments/steps", "taxi", 350.0),
    ("environments/steps", "blackjack", 350.0),
    ("environments/steps", "cart-pole, 64", 90.0),
    ("environments/steps", "mountain-car, 64", 90.0),
    ("environments/steps", "snake", 50.0),
    ("environments/steps", "tetris moves", 75.0),
    ("environments/steps", "daladala", 150.0),
    ("environments/steps", "racing", 5.0),
    ("run/q_learning", "frozen-lake, loop", 400.0),
    ("run/q_learning", "cliff-walking, loop", 1000.0),
    ("wasm/steps", "", 0.8),
    ("wasm/q_learning", "", 0.8),
];

const TARGETS: [BenchTarget; 6] = [
    BenchTarget {
        name: "tab, Q-learning with snapshots / native, hosted",
        figure: ("page/training", "tab, Q-learning with snapshots", "steps_per_second"),
        over: Some(("run/core", "hosted, with log and snapshots", "steps_per_second")),
        bound: Bound::AtLeast(0.7),
    },
    BenchTarget {
        name: "relay, log events lost",
        figure: ("server/relay_load", "", "log_events_lost"),
        over: None,
        bound: Bound::AtMost(0.0),
    },
    BenchTarget {
        name: "relay, publish to receive, p99 in ms",
        figure: ("server/relay_load", "", "p99_ms"),
        over: None,
        bound: Bound::AtMost(50.0),
    },
    BenchTarget {
        name: "relay with 5000 viewers, log events lost",
        figure: ("server/crowd", "", "log_events_lost"),
        over: None,
        bound: Bound::AtMost(0.0),
    },
    BenchTarget {
        name: "relay with 5000 viewers, publish to receive, p99 in ms",
        figure: ("server/crowd", "", "p99_ms"),
        over: None,
        bound: Bound::AtMost(100.0),
    },
    BenchTarget {
        name: "relay, resident memory in MB",
        figure: ("server/relay_load", "", "relay_rss_mb"),
        over: None,
        bound: Bound::AtMost(150.0),
    },
];

/// Every target whose figures were taken, and every row that names its own bound.
pub(super) fn judge(results: &BTreeMap<String, Vec<BenchRow>>) -> Vec<BenchRow> {
    across(results).into_iter().chain(results.values().flatten().filter_map(own)).collect()
}

/// The targets that no row of a bench has itself.
pub(super) fn across(results: &BTreeMap<String, Vec<BenchRow>>) -> Vec<BenchRow> {
    let judged = TARGETS.iter().filter_map(|target| {
        let over = match &target.over {
            Some(figure) => find(results, figure)?,
            None => 1.0,
        };
        bounded(target.name, &(find(results, &target.figure)? / over).into(), &target.bound)
    });
    judged.collect()
}

/// Writes into the rows that have a `ratio` what it must reach, nothing where nothing is asked.
pub(super) fn bind(bench: &str, rows: &mut [BenchRow]) {
    for row in rows.iter_mut().filter(|row| row.contains_key("ratio")) {
        let name = row.get("name").and_then(Value::as_str).unwrap_or_default();
        let bound = RATIOS.iter().find(|(of, beginning, _)| *of == bench && name.starts_with(beginning));
        row.insert("at_least".into(), bound.map(|(_, _, least)| *least).into());
    }
}

/// Refuses a row whose bound would never be judged, because it has no figure that the bound is about.
pub(super) fn check(rows: &[BenchRow]) -> Result<()> {
    let is_judged = |row: &&BenchRow| bound(row).is_none() || judged(row).is_some();
    if let Some(row) = rows.iter().find(|row| !is_judged(row)) {
        bail!("a row has a bound and neither `value` nor `ratio`: {}", Value::from(row.clone()));
    }
    Ok(())
}

/// Whether a row keeps its own bound; nothing where it has none.
pub(super) fn is_reached(row: &BenchRow) -> Option<bool> {
    let value = judged(row)?.as_f64()?;
    Some(match bound(row)? {
        Bound::AtLeast(least) => value >= least,
        Bound::AtMost(most) => value <= most,
    })
}

/// The figure of a row that its bound is about.
fn judged(row: &BenchRow) -> Option<&Value> {
    row.get("value").or_else(|| row.get("ratio")).filter(|it| it.is_number())
}

/// The bound that a row names.
fn bound(row: &BenchRow) -> Option<Bound> {
    let number = |name: &str| row.get(name).and_then(Value::as_f64);
    number("at_least").map(Bound::AtLeast).or_else(|| number("at_most").map(Bound::AtMost))
}

/// A row with its own bound as it stands among the targets.
fn own(row: &BenchRow) -> Option<BenchRow> {
    let bound = bound(row)?;
    if row.contains_key("value") {
        return Some(row.clone());
    }
    let name = row.get("name").and_then(Value::as_str)?;
    let name = row.get("against").and_then(Value::as_str).map_or(name.into(), |peer| format!("{name} / {peer}"));
    bounded(&name, judged(row)?, &bound)
}

fn bounded(name: &str, value: &Value, bound: &Bound) -> Option<BenchRow> {
    let row = match bound {
        Bound::AtLeast(least) => json!({ "name": name, "value": value, "at_least": least }),
        Bound::AtMost(most) => json!({ "name": name, "value": value, "at_most": most }),
    };
    row.as_object().cloned()
}

fn find(results: &BTreeMap<String, Vec<BenchRow>>, (bench, name, field): &BenchFigure) -> Option<f64> {
    let row =
        results.get(*bench)?.iter().find(|row| name.is_empty() || row.get("name").is_some_and(|it| it == name))?;
    row.get(*field).and_then(Value::as_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_without_a_figure_that_it_is_about_is_refused() {
        let check = |row: Value| check(&[row.as_object().cloned().unwrap()]);
        for fine in [
            json!({ "name": "x", "steps_per_second": 7.0 }),
            json!({ "name": "x", "value": 7.0, "at_least": 5.0 }),
            json!({ "name": "x", "ratio": 7.0, "at_most": 9.0 }),
            json!({ "name": "x", "ratio": 7.0, "at_least": null }),
        ] {
            check(fine).unwrap();
        }
        for (row, figures) in [
            (json!({ "name": "x", "steps_per_second": 7.0, "at_least": 5.0 }), r#""steps_per_second":7.0"#),
            (json!({ "name": "x", "value": null, "at_most": 5.0 }), r#""value":null"#),
        ] {
            let words = check(row).unwrap_err().to_string();
            assert!(words.starts_with("a row has a bound and neither") && words.contains(figures), "{words}");
        }
    }

    #[test]
    fn ratios_and_bounds_are_judged_where_their_figures_are() {
        let rows = |json: Value| json.as_array().unwrap().iter().map(|it| it.as_object().cloned().unwrap()).collect();
        let mut steps: Vec<_> = rows(json!([
            { "name": "taxi masked", "ratio": 400.0, "against": "x" },
            { "name": "bandit", "ratio": 40.0, "against": "x" },
            { "name": "taxi", "ratio": 300.0 },
            { "name": "x" },
        ]));
        bind("environments/steps", &mut steps);
        let results = BTreeMap::from([
            ("server/relay_load".to_owned(), rows(json!([{ "p99_ms": 12.5 }]))),
            (
                "run/core".to_owned(),
                rows(json!([
                    { "name": "hosted, with log and snapshots", "steps_per_second": 100.0 },
                    { "name": "own", "value": 1.0, "at_least": 0.5 },
                ])),
            ),
            ("environments/steps".to_owned(), steps),
            (
                "page/training".to_owned(),
                rows(json!([{ "name": "tab, Q-learning with snapshots", "steps_per_second": 80.0 }])),
            ),
        ]);
        let judged: Value = judge(&results).into_iter().map(Value::Object).collect();
        assert_eq!(
            judged,
            json!([
                { "name": "tab, Q-learning with snapshots / native, hosted", "value": 0.8, "at_least": 0.7 },
                { "name": "relay, publish to receive, p99 in ms", "value": 12.5, "at_most": 50.0 },
                { "name": "taxi masked / x", "value": 400.0, "at_least": 350.0 },
                { "name": "taxi", "value": 300.0, "at_least": 350.0 },
                { "name": "own", "value": 1.0, "at_least": 0.5 },
            ])
        );
    }
}
