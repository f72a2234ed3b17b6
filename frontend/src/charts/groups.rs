//! Which charts of metrics there are, and under which headings.

use crate::store::RunView;
use shared::MetricDescription;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Charts under one heading.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricGroup {
    /// The heading; empty for metrics that have none.
    pub heading: String,
    /// Its metrics, each with a short name that no other has.
    pub metrics: Vec<(Rc<MetricDescription>, String)>,
}

/// All metrics that have come: in the order in which their publisher describes them, then those that it does not
/// describe by name.
pub fn groups(view: &RunView) -> Vec<MetricGroup> {
    let described = view.started.as_ref().map(|started| started.metrics.as_slice()).unwrap_or_default();
    let come = described.iter().filter(|it| view.metrics.contains_key(&*it.name)).cloned();
    let is_described = |name: &str| described.iter().any(|it| it.name == name);
    let others = view.metrics.keys().filter(|name| !is_described(name));
    let all: Vec<_> = come.chain(others.map(|name| Rc::new(MetricDescription::undescribed(name)))).collect();
    let mut uses = BTreeMap::<String, usize>::new();
    for metric in &all {
        *uses.entry(last_part(&metric.name)).or_default() += 1;
    }
    let mut groups: Vec<MetricGroup> = Vec::new();
    for metric in all {
        let short = last_part(&metric.name);
        let name = if uses[&short] > 1 { plain(&metric.name) } else { short };
        let heading = metric.group.clone().into_owned();
        match groups.iter_mut().find(|it| it.heading == heading) {
            Some(group) => group.metrics.push((metric, name)),
            None => groups.push(MetricGroup { heading, metrics: vec![(metric, name)] }),
        }
    }
    groups
}

/// What follows the last slash of a name, for test ids and files.
fn last_part(name: &str) -> String {
    plain(name.rsplit('/').next().unwrap_or(name))
}

/// A name in letters, digits and hyphens.
fn plain(name: &str) -> String {
    name.chars().map(|it| if it.is_alphanumeric() { it } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Series, StartedRun};
    use shared::describe::{CatalogEntry, EnvironmentDescription};
    use shared::event::Exactness;
    use shared::spec::{AgentSpec, EnvironmentSpec, RunSpec};

    fn view(described: &[&MetricDescription], come: &[&str]) -> RunView {
        let mut view = RunView::default();
        let (id, parameters) = (String::new, Default::default);
        view.started = Some(Rc::new(StartedRun {
            spec: RunSpec {
                changes: Vec::new(),
                environment: EnvironmentSpec { id: id(), parameters: parameters() },
                agent: AgentSpec { id: id(), parameters: parameters() },
                seed: shared::Seed::default(),
            },
            environment: EnvironmentDescription::default(),
            exactness: Exactness::Exact,
            agent: CatalogEntry {
                id: id(),
                title: id(),
                summary: id(),
                equation: id(),
                source: id(),
                parameters: vec![],
                presets: vec![],
            },
            optimal_return: None,
            metrics: described.iter().map(|it| Rc::new((*it).clone())).collect(),
        }));
        for name in come {
            view.metrics.insert((*name).into(), Series::default());
        }
        view
    }

    fn shown(view: &RunView) -> Vec<(String, Vec<(String, String)>)> {
        let metric = |(it, name): (Rc<MetricDescription>, String)| (it.title.clone().into_owned(), name);
        groups(view).into_iter().map(|it| (it.heading, it.metrics.into_iter().map(metric).collect())).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(title, name)| ((*title).into(), (*name).into())).collect()
    }

    #[test]
    fn described_metrics_come_in_their_order_and_others_by_their_prefix() {
        let loss = MetricDescription::new("z/loss", "Loss of the critic", "", "Learning");
        let rate = MetricDescription::new("lr", "Learning rate", "", "Learning");
        let never = MetricDescription::new("never", "Never", "", "Nothing");
        let come = ["lr", "z/loss", "eval/reward", "eval/return_mean", "weights", "losses/q1 value/ü"];
        assert_eq!(
            shown(&view(&[&loss, &never, &rate], &come)),
            [
                ("Learning".to_owned(), pairs(&[("Loss of the critic", "loss"), ("Learning rate", "lr")])),
                ("eval".to_owned(), pairs(&[("return mean", "return-mean"), ("reward", "reward")])),
                ("losses/q1 value".to_owned(), pairs(&[("ü", "ü")])),
                (String::new(), pairs(&[("weights", "weights")])),
            ]
        );
    }

    #[test]
    fn two_metrics_whose_names_end_alike_have_names_of_their_own() {
        let names: Vec<_> = shown(&view(&[], &["a/loss", "b/loss"])).into_iter().flat_map(|it| it.1).collect();
        assert_eq!(names, pairs(&[("loss", "a-loss"), ("loss", "b-loss")]));
    }
}
