//! What the figures must reach, as far as they were taken.

use super::Row;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A figure: the bench, the row's `name` (empty for any) and the field.
type Figure = (&'static str, &'static str, &'static str);

/// A bound that a figure must keep.
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// A figure, or the ratio of two, and its bound.
struct Target {
    name: &'static str,
    figure: Figure,
    over: Option<Figure>,
    bound: Bound,
}

const TARGETS: [Target; 4] = [
    Target {
        name: "tab, Q-learning with snapshots / native, hosted",
        figure: ("page/training", "tab, Q-learning with snapshots", "steps_per_second"),
        over: Some(("run/core", "hosted, with log and snapshots", "steps_per_second")),
        bound: Bound::AtLeast(0.7),
    },
    Target {
        name: "relay, log events lost",
        figure: ("server/relay_load", "", "log_events_lost"),
        over: None,
        bound: Bound::AtMost(0.0),
    },
    Target {
        name: "relay, publish to receive, p99 in ms",
        figure: ("server/relay_load", "", "p99_ms"),
        over: None,
        bound: Bound::AtMost(50.0),
    },
    Target {
        name: "relay, resident memory in MB",
        figure: ("server/relay_load", "", "relay_rss_mb"),
        over: None,
        bound: Bound::AtMost(150.0),
    },
];

/// Every target whose figures were taken, and every row that names its own bound.
pub(super) fn judge(results: &BTreeMap<String, Vec<Row>>) -> Vec<Row> {
    let own = results.values().flatten().filter(|row| row.contains_key("at_least") || row.contains_key("at_most"));
    let judged = TARGETS.iter().filter_map(|target| {
        let over = match &target.over {
            Some(figure) => find(results, figure)?,
            None => 1.0,
        };
        let value = find(results, &target.figure)? / over;
        let row = match target.bound {
            Bound::AtLeast(least) => json!({ "name": target.name, "value": value, "at_least": least }),
            Bound::AtMost(most) => json!({ "name": target.name, "value": value, "at_most": most }),
        };
        row.as_object().cloned()
    });
    judged.chain(own.cloned()).collect()
}

fn find(results: &BTreeMap<String, Vec<Row>>, (bench, name, field): &Figure) -> Option<f64> {
    let row =
        results.get(*bench)?.iter().find(|row| name.is_empty() || row.get("name").is_some_and(|it| it == name))?;
    row.get(*field).and_then(Value::as_f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_and_bounds_are_judged_where_their_figures_are() {
        let rows = |json: Value| json.as_array().unwrap().iter().map(|it| it.as_object().cloned().unwrap()).collect();
        let results = BTreeMap::from([
            ("server/relay_load".to_owned(), rows(json!([{ "p99_ms": 12.5 }]))),
            (
                "run/core".to_owned(),
                rows(json!([
                    { "name": "hosted, with log and snapshots", "steps_per_second": 100.0 },
                    { "name": "own", "value": 1.0, "at_least": 0.5 },
                ])),
            ),
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
                { "name": "own", "value": 1.0, "at_least": 0.5 },
            ])
        );
    }
}
