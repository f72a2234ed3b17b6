use super::*;
use crate::environment::Environment;
use crate::planning::optimal_values;
use shared::parameter::Parameters;

fn world(table: &str) -> Result<FiniteWorld, ParameterError> {
    let given = Parameters::from([("table".into(), Value::Text(table.into()))]);
    build(&Resolved::new(&catalog().parameters, &given)?)
}

#[track_caller]
fn check_refused(table: &str, expected: &str) {
    assert_eq!(world(table).unwrap_err().to_string(), format!("table: {expected}"));
}

/// By hand: wait is worth 1 / (1 - .9) = 10 for ever; searching while the battery is high is better.
#[test]
fn the_robot_searches_when_it_can_and_recharges_when_it_must() {
    let world = world(ROBOT).unwrap();
    let model = world.model().unwrap();
    let values = optimal_values(model, 0.9);
    // high = 2 + .9 (.9 high + .1 low) and low = .9 high.
    let high = 2.0 / (1.0 - 0.81 - 0.081);
    assert!((values[0] - high).abs() < 1e-9 && (values[1] - 0.9 * high).abs() < 1e-9, "{values:?}");
    assert_eq!(model.legal(0), ActionMask(0b011), "nothing to recharge when the battery is high");
    assert_eq!(model.legal(1), ActionMask(0b111));
}

#[test]
fn csv_and_json_say_the_same() {
    let csv = world("# a coin\nheads, flip, 1/2, heads, 1\nheads, flip, 1/2, end, -1, true\n").unwrap();
    let json = r#"[{"state": "heads", "action": "flip", "probability": 0.5, "next_state": "heads", "reward": 1},
                   {"state": "heads", "action": "flip", "probability": 0.5, "next_state": "end", "reward": -1,
                    "terminal": true}]"#;
    assert_eq!(csv.model(), world(json).unwrap().model());
    let outcome = csv.model().unwrap().outcomes(0, 0)[1];
    assert_eq!((outcome.next, outcome.reward, outcome.terminated), (1, -1.0, true));
}

#[test]
fn names_may_be_numbers() {
    let json = r#"[{"state": 0, "action": 7, "probability": 1, "next_state": 0, "reward": 0}]"#;
    assert_eq!(world(json).unwrap().describe().actions[0].name, "7");
}

#[test]
fn faulty_tables_are_refused_with_place_and_reason() {
    check_refused(
        "high,search,0.5,high,1\nhigh,search,0.4,low,1\nlow,wait,1,low,0",
        "the probabilities of action \"search\" in state \"high\" sum to 0.9, not to 1",
    );
    check_refused("a,b,1,a,0\na,c,x,a,0", "row 2: the probability \"x\" is not a number");
    check_refused("a,b,1.5,a,0", "row 1: the probability must be from 0 to 1, not 1.5");
    check_refused("a,b,1,a,1e400", "row 1: the reward must be a finite number, not inf");
    check_refused("a,b,1,a,inf", "row 1: the reward \"inf\" is not a number");
    check_refused("a,b,1,a,1,perhaps", "row 1: terminal must be true or false, not \"perhaps\"");
    check_refused("a,,1,a,1", "row 1: the action has no name");
    check_refused("a,b,1,end,1", "state \"end\" has no actions, but row 1 enters it and is not terminal");
    check_refused("a,b,1", "row 1: 3 fields instead of state, action, probability, next_state, reward, terminal");
    check_refused("", "the table has no rows");
    check_refused("[{\"state\": 1}]", "this is not a JSON list of rows: missing field `action` at line 1 column 13");
    let many = (0..1001).map(|state| format!("{state},go,1,{state},0")).collect::<Vec<_>>().join("\n");
    check_refused(&many, "1001 states; there can be at most 1000");
}

#[test]
fn an_unknown_start_is_refused() {
    let given = Parameters::from([("start".into(), Value::Text("empty".into()))]);
    let error = build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "start: there is no state \"empty\"; there are: high, low");
}

#[test]
fn a_thousand_states_can_be_drawn() {
    let rows = (0..1000).map(|state| format!("{state},go,1,{},0", (state + 1) % 1000));
    let many = rows.collect::<Vec<_>>().join("\n");
    let world = world(&many).unwrap();
    assert!(world.draw().shapes.len() > 1000);
}
