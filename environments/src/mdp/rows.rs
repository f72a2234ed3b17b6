//! The rows of a table as somebody writes them, before anything is asked of them together: what an editor begins with, and the
//! text of what it ends with.

use crate::number;

/// One outcome of an action, by names.
#[derive(Clone, Debug, PartialEq)]
pub struct MdpRow {
    /// Where the action is taken.
    pub state: String,
    /// The action.
    pub action: String,
    /// How likely this outcome is.
    pub probability: f64,
    /// Where it leads.
    pub next_state: String,
    /// What it brings.
    pub reward: f64,
    /// Whether it ends the episode.
    pub terminal: bool,
}

/// A table whose probabilities need not sum to 1 and whose states may lead nowhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MdpRows {
    /// The states, as the environment numbers them.
    pub states: Vec<String>,
    /// The rows, in their order.
    pub rows: Vec<MdpRow>,
    /// Where episodes start, if the text says so itself.
    pub start: Vec<(String, f64)>,
}

impl MdpRows {
    /// The table as text, which the environment reads as the same rows in the same order.
    pub fn write(&self) -> String {
        let has_ends = self.rows.iter().any(|row| row.terminal);
        let mut text = String::from("state,action,probability,next_state,reward");
        text += if has_ends { ",terminal\n" } else { "\n" };
        for row in &self.rows {
            let [state, action, next] = [&row.state, &row.action, &row.next_state].map(|name| field(name));
            let [probability, reward] = [row.probability, row.reward].map(figure);
            text += &[state, action, probability, next, reward].join(",");
            if has_ends {
                text += if row.terminal { ",true" } else { ",false" };
            }
            text.push('\n');
        }
        text
    }
}

/// A number as a table may have it: with a point or a comma before its decimals, or as a fraction such as `1/3`.
pub fn number(text: &str) -> Option<f64> {
    number::read(text).filter(|number| number.is_finite())
}

/// A number that is read as the same one.
fn figure(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// A name as a field between commas. One that begins with the mark of comments stands in quotes, too.
pub(super) fn field(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) || name.starts_with('#') {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment as _;
    use crate::mdp::{ROBOT, build, catalog};
    use proptest::prelude::*;
    use shared::describe::EnvironmentDescription;
    use shared::parameter::{Parameters, Resolved, Value};

    fn built(table: &str) -> Option<(crate::Model, EnvironmentDescription)> {
        let given = Parameters::from([("table".into(), Value::Text(table.into()))]);
        let environment = build(&Resolved::new(&catalog().parameters, &given).ok()?).ok()?;
        Some((environment.model()?.clone(), environment.describe()))
    }

    #[test]
    fn the_robot_is_written_as_it_was_typed() {
        assert_eq!(MdpRows::read(ROBOT).unwrap().write(), ROBOT);
    }

    #[test]
    fn what_cannot_be_built_yet_has_rows_all_the_same() {
        let rows = MdpRows::read("a,go,0.5,b,1\nb,go,1,c,-2.5").unwrap();
        assert_eq!(rows.states, ["a", "b", "c"]);
        assert_eq!(rows.write(), "state,action,probability,next_state,reward\na,go,0.5,b,1\nb,go,1,c,-2.5\n");
        assert!(MdpRows::read("a,go,2,b,1").unwrap_err().contains("from 0 to 1, not 2"));
        assert_eq!(MdpRows::read(" \n").unwrap(), MdpRows::default());
    }

    #[test]
    fn ends_and_starts_are_kept() {
        let ends = "state,action,probability,next_state,reward,terminal\na,go,0.5,a,0,false\na,go,0.5,end,1e-7,true\n";
        assert_eq!(MdpRows::read(ends).unwrap().write(), ends);
        let json = r#"{"states": ["low", "high"], "actions": ["left"], "start": [0.25, 0.75], "P": [[[0, 1], [1, 0]]],
            "R": [1, 0]}"#;
        assert_eq!(MdpRows::read(json).unwrap().start, [("low".into(), 0.25), ("high".into(), 0.75)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_the_same_environment(
            names in prop::collection::vec(r#"[ #"',;a-d0-9.:=({\[é]{1,6}"#, 2..6),
            picks in prop::collection::vec((0..6_usize, 0..3_usize, 0..6_usize, -9.0..9.0, any::<bool>()), 1..14),
            shares in prop::collection::vec(prop_oneof![Just(1.0), Just(0.5), 1e-9..1.0], 14),
        ) {
            let rows: Vec<MdpRow> = picks.iter().zip(&shares).flat_map(|((state, action, next, reward, terminal), share)| {
                let name = |at: usize| names[at % names.len()].trim().to_owned();
                let row = |probability, next: usize, terminal| MdpRow {
                    state: name(*state), action: format!("go {action}"), probability, next_state: name(next), reward: *reward, terminal,
                };
                [row(*share, *next, *terminal), row(1.0 - *share, *state, false)]
            }).collect();
            prop_assume!(rows.iter().all(|row| !row.state.is_empty() && !row.next_state.is_empty()));
            let text = MdpRows { rows, ..MdpRows::default() }.write();
            let read = MdpRows::read(&text);
            prop_assert!(read.is_ok(), "{read:?} of {text}");
            let again = read.unwrap().write();
            prop_assert_eq!(MdpRows::read(&text), MdpRows::read(&again));
            prop_assert_eq!(built(&text), built(&again), "{}", text);
        }
    }
}
