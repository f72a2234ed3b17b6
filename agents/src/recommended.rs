//! Recommended values: what an agent is given in an environment as long as nobody says otherwise.
//!
//! One rule for everybody who names a run by its environment, its agent and what they set of them: `terrarium run
//! --set`, links to the page, the page's menus. What is not set has the recommended value, and where there is none the
//! agent's own default ([`completed`]). A spec that is stored or sent says what it means in full, and experiments give
//! every pair the agent's own defaults.
//!
//! `defaults/recommended.txt` holds a line for each pair whose own defaults learn too slowly to be watched. They were
//! found by the sweeps beside it (`terrarium sweep agents/defaults/NAME.toml`), and a test holds each line against the
//! results of its sweep, `defaults/NAME.csv`.

use crate::registry;
use shared::parameter::{ParameterError, Parameters, Value, effective};
use shared::spec::AgentSpec;

/// `environment agent name=value ...`, a pair a line.
const TABLE: &str = include_str!("../defaults/recommended.txt");

/// Players that learn nothing: nobody who did not ask for one gets one.
pub const PLAYERS: [&str; 2] = ["greedy-table", "random"];

/// The agent of that id as it is recommended in an environment: with its own defaults where nothing better is known.
pub fn agent(environment: &str, id: &str) -> AgentSpec {
    AgentSpec { id: id.to_owned(), parameters: parameters(environment, id).unwrap_or_default() }
}

/// The agent that somebody means who sets these values of it in an environment, perhaps on top of a preset's: what they
/// leave out is as recommended, unless it has no effect beside what they set. Defaults that take the place of
/// recommended values are left out again, as they are in every spec.
///
/// # Errors
/// A value that somebody set has no effect.
pub fn completed(environment: &str, preset: &Parameters, asked: AgentSpec) -> Result<AgentSpec, ParameterError> {
    let recommended = agent(environment, &asked.id).parameters;
    let Ok(entry) = registry::find(&asked.id) else { return Ok(asked) };
    let mut others = recommended.clone();
    others.extend(preset.iter().map(|(name, value)| (name.clone(), value.clone())));
    let mut parameters = entry.settle(&others, &asked.parameters)?;
    let is_default = |name: &str, value: &Value| {
        entry.parameters.iter().any(|spec| spec.name == name && spec.default_value() == *value)
    };
    parameters.retain(|name, value| !recommended.contains_key(name) || !is_default(name, value));
    Ok(AgentSpec { id: asked.id, parameters })
}

/// What has to be said of an agent in an environment so that [`completed`] makes it of that: its values, and the
/// defaults that it has in place of recommended ones. Values without effect are left out.
pub fn spelled_out(environment: &str, agent: &AgentSpec) -> Parameters {
    let Ok(entry) = registry::find(&agent.id) else { return agent.parameters.clone() };
    let mut said = effective(&entry.parameters, &agent.parameters);
    let recommended = self::agent(environment, &agent.id).parameters;
    for spec in entry.parameters.iter().filter(|spec| recommended.contains_key(&spec.name)) {
        let has_effect = spec.unmet(&entry.parameters, &agent.parameters).is_none();
        if has_effect && !said.contains_key(&spec.name) {
            said.insert(spec.name.clone(), spec.default_value());
        }
    }
    said
}

/// The same agent in another environment: what was recommended becomes what is recommended there, and what somebody set
/// stays.
pub fn moved(agent: &AgentSpec, from: &str, to: &str) -> AgentSpec {
    let untouched = *agent == self::agent(from, &agent.id);
    if untouched { self::agent(to, &agent.id) } else { agent.clone() }
}

fn parameters(environment: &str, id: &str) -> Option<Parameters> {
    let mut pairs = TABLE.lines().map(str::split_ascii_whitespace);
    let values =
        pairs.find_map(|mut words| (words.next() == Some(environment) && words.next() == Some(id)).then_some(words))?;
    let specs = registry::find(id).ok()?.parameters;
    let value = |word: &str| {
        let (name, text) = word.split_once('=')?;
        let spec = specs.iter().find(|spec| spec.name == name)?;
        Some((spec.name.clone(), spec.parse(text).ok()?))
    };
    let mut parameters = Parameters::new();
    for word in values {
        parameters.extend(Some(value(word)?));
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::spec::EnvironmentSpec;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    #[test]
    fn every_line_can_be_taken_and_stands_once() {
        let mut pairs = BTreeSet::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<_> = line.split_ascii_whitespace().collect();
            let spec = agent(words[0], words[1]);
            assert_eq!(spec.parameters.len(), words.len() - 2, "{line}");
            assert!(words.len() > 2 && pairs.insert((words[0], words[1])), "{line}");
            let environment = EnvironmentSpec { id: words[0].into(), parameters: Parameters::new() };
            let verdicts = environments::registry::build(&environment).unwrap().accept(registry::Suited(vec![&spec]));
            assert_eq!(verdicts, [Ok(())], "{line}");
        }
        assert!(pairs.len() > 5);
    }

    /// A combination of a sweep.
    #[derive(Clone, Debug)]
    struct Row {
        line: String,
        mean: (f64, f64, f64),
        regret: f64,
    }

    /// The combinations of every pair that was swept, the agent's own defaults first.
    fn swept() -> BTreeMap<String, Vec<Row>> {
        let mut pairs = BTreeMap::<String, Vec<Row>>::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("defaults");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        for file in files.filter(|path| path.extension().is_some_and(|it| it == "csv")) {
            assert!(file.with_extension("toml").exists());
            for row in csv::Reader::from_path(file).unwrap().records().map(Result::unwrap) {
                let number = |column: usize, none| row[column].parse().unwrap_or(none);
                let least = f64::NEG_INFINITY;
                let mean = (number(4, least), number(3, least), number(5, least));
                let line = format!("{} {}", &row[0], &row[1]);
                let pair = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
                pairs.entry(pair).or_default().push(Row { line, mean, regret: number(9, 0.0) });
            }
        }
        pairs
    }

    #[test]
    fn lines_are_the_best_of_their_sweeps_where_these_are_clearly_better_than_the_defaults() {
        let mut expected = Vec::new();
        for (pair, rows) in swept() {
            let defaults = &rows[0];
            assert_eq!(defaults.line, pair, "a sweep begins with the agent's own defaults");
            let best = rows
                .iter()
                .rev()
                .max_by(|one, other| one.mean.1.total_cmp(&other.mean.1).then(other.regret.total_cmp(&one.regret)));
            let best = best.unwrap();
            let as_good = best.mean.1 == defaults.mean.1;
            let better = best.mean.0 > defaults.mean.2 || (as_good && best.regret < defaults.regret - 1e-6);
            expected.extend(better.then(|| best.line.clone()));
        }
        expected.sort();
        assert_eq!(TABLE.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_is_not_set_is_as_recommended_and_what_is_said_comes_back() {
        let asked = |settings: &[(&str, f64)]| AgentSpec {
            id: "reinforce".into(),
            parameters: settings.iter().map(|(name, value)| ((*name).to_owned(), Value::Number(*value))).collect(),
        };
        let meant = |settings| completed("cliff-walking", &Parameters::new(), asked(settings)).unwrap();
        let recommended = agent("cliff-walking", "reinforce");
        assert_eq!(recommended, asked(&[("alpha", 0.0001), ("gamma", 0.9)]));
        assert_eq!(meant(&[]), recommended);
        assert_eq!(meant(&[("gamma", 0.5)]), asked(&[("alpha", 0.0001), ("gamma", 0.5)]));
        // Its own default, 0.1, must be said where another value is recommended.
        assert_eq!(meant(&[("alpha", 0.1)]), asked(&[("gamma", 0.9)]));
        let bold = registry::find("reinforce").unwrap().preset(Some("bold")).unwrap();
        let with_preset = completed("cliff-walking", &bold, asked(&[("gamma", 0.5)])).unwrap();
        assert_eq!(with_preset, asked(&[("alpha", 0.3), ("gamma", 0.5)]));
        for meant in [asked(&[]), asked(&[("gamma", 0.9)]), recommended, asked(&[("alpha_critic", 0.5)])] {
            let said = AgentSpec { parameters: spelled_out("cliff-walking", &meant), ..meant.clone() };
            assert_eq!(completed("cliff-walking", &Parameters::new(), said), Ok(meant));
        }
    }

    #[test]
    fn what_is_recommended_gives_way_where_it_has_no_effect() {
        let by_ucb = Parameters::from([("exploration".to_owned(), Value::Text("ucb".into()))]);
        let asked = AgentSpec { id: "q-learning".into(), parameters: by_ucb };
        assert_eq!(agent("bandit", "q-learning").parameters.len(), 2, "epsilon and its schedule");
        assert_eq!(completed("bandit", &Parameters::new(), asked.clone()), Ok(asked.clone()));
        assert_eq!(spelled_out("bandit", &asked), asked.parameters);
        let mut refused = asked;
        refused.parameters.insert("epsilon".into(), Value::Number(0.5));
        let error = completed("bandit", &Parameters::new(), refused).unwrap_err().to_string();
        assert_eq!(error, "epsilon has no effect with exploration=ucb; it needs exploration=epsilon-greedy");
    }

    #[test]
    fn what_somebody_set_stays_when_the_environment_changes() {
        let here = agent("cliff-walking", "reinforce");
        assert_ne!(here, agent("gridworld", "reinforce"));
        assert_eq!(moved(&here, "cliff-walking", "gridworld"), agent("gridworld", "reinforce"));
        assert_eq!(moved(&here, "taxi", "gridworld"), here);
        assert_eq!(agent("gridworld", "q-learning").parameters, Parameters::new());
    }
}
