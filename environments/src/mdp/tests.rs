use super::*;
use crate::environment::Environment;
use crate::model::MOST_STATES;
use crate::planning::optimal_values;
use crate::random::Generator;
use proptest::prelude::*;
use shared::parameter::Parameters;
use shared::scene::Shape;
use std::fmt::Write as _;

fn environment(table: &str) -> Result<FiniteEnvironment, ParameterError> {
    let given = Parameters::from([("table".into(), Value::Text(table.into()))]);
    build(&Resolved::new(&catalog().parameters, &given)?)
}

#[track_caller]
fn check_refused(table: &str, expected: &str) {
    assert_eq!(environment(table).unwrap_err().to_string(), format!("table: {expected}"));
}

/// By hand: wait is worth 1 / (1 - .9) = 10 for ever; searching while the battery is high is better.
#[test]
fn the_robot_searches_when_it_can_and_recharges_when_it_must() {
    let environment = environment(ROBOT).unwrap();
    let model = environment.model().unwrap();
    let values = optimal_values(model, 0.9);
    // high = 2 + .9 (.9 high + .1 low) and low = .9 high.
    let high = 2.0 / (1.0 - 0.81 - 0.081);
    assert!((values[0] - high).abs() < 1e-9 && (values[1] - 0.9 * high).abs() < 1e-9, "{values:?}");
    assert_eq!(model.legal(0), ActionMask(0b011), "nothing to recharge when the battery is high");
    assert_eq!(model.legal(1), ActionMask(0b111));
}

#[test]
fn a_line_that_begins_with_the_mark_of_comments_is_a_row_in_quotes_alone() {
    let rows = "s,go,1,#1,0\n#1,go,1,s,2\n#2,go,1,s,2";
    let words = "a line that begins with # is a comment, and rows lead to a state of that name: with commas between the \
                 fields, \"#1\" in quotes is a name";
    check_refused(rows, &format!("line 2: {words}"));
    check_refused(&rows.replace(',', " "), &format!("line 2: {words}"));
    check_refused(
        "state,action,next_state\n\n#1,go,#1",
        &format!("line 3: {}", words.replace("rows lead to a state of that name", "no other line is a row")),
    );
    check_refused(
        "#1,go,1,#2,0\n#2,go,1,#1,3",
        &format!("line 1: {}", words.replace("rows lead to a state of that name", "no other line is a row")),
    );
    let quoted = environment("# the first\n\"#1\",go,1,s,2\ns,go,1,\"#1\",0\n#s,stay,1,s,9\n").unwrap();
    assert_eq!(
        (quoted.describe().state_names, quoted.describe().actions.len()),
        (vec!["#1".to_owned(), "s".into()], 1)
    );
}

#[test]
fn what_stands_in_quotes_separates_nothing() {
    for (separator, name) in [(',', "s;1"), (',', "s\t1"), (';', "s,1"), ('\t', "s,1;2")] {
        let row = |fields: [&str; 5]| {
            fields.map(|it| it.replace("NAME", &format!("\"{name}\""))).join(&separator.to_string())
        };
        let table = [row(["NAME", "go", "1", "t", "1"]), row(["t", "go", "1", "NAME", "0"])].join("\n");
        let names = environment(&table).map(|it| it.describe().state_names);
        if name.contains('\t') {
            assert!(names.unwrap_err().to_string().contains("control character"));
        } else {
            assert_eq!(names.unwrap(), [name.to_owned(), "t".into()], "{table}");
        }
    }
}

#[test]
fn names_of_json_lose_their_outer_blanks_everywhere() {
    let json = r#"[[" s", "a", 1, " s", 1], ["s ", "b ", 1, "s", 0]]"#;
    let described = environment(json).unwrap().describe();
    assert_eq!((described.state_names, described.actions.len()), (vec!["s".to_owned()], 2));
}

#[test]
fn a_list_of_names_that_is_too_short_is_refused() {
    let model = |names: &str| format!(r#"{{"P": [[[[1, 1, 0, false]]], [[[1, 0, 1, false]]]], {names}}}"#);
    assert_eq!(environment(&model(r#""states": ["x", "y"]"#)).unwrap().describe().state_names, ["x", "y"]);
    check_refused(&model(r#""states": ["x"]"#), r#""states" names 1 of 2 states; name all of them, or none"#);
}

#[test]
fn a_comma_that_may_stand_before_thousands_is_refused_unless_the_table_says_what_commas_are() {
    let words = "the comma of the reward 1,000 may stand before thousands or before decimals: write 1000 or 1.000";
    check_refused("s,go,1,s,\"1,000\"", &format!("row 1: {words}"));
    check_refused("s,go,1,s,5\ns,stay,1,s,\"1,000\"", &format!("row 2: {words}"));
    check_refused("s\tgo\t1\ts\t1,000", &format!("row 1: {words}"));
    check_refused("s;go;0.5;s;1,000\ns;go;0.5;s;2", &format!("row 1: {words}"));
    for (table, reward) in [
        ("s;go;1;s;1,000", 1.0),
        ("s,go,\"0,5\",s,\"1,125\"\ns,go,\"0,5\",s,\"1,125\"", 1.125),
        ("s\tgo\t0,5\ts\t1,125\ns\tgo\t0,5\ts\t1,125", 1.125),
        ("s,go,1,s,\"0,125\"", 0.125),
        ("s,go,1,s,1000", 1000.0),
    ] {
        assert_eq!(environment(table).unwrap().model().unwrap().outcomes(0, 0)[0].reward, reward, "{table}");
    }
}

#[test]
fn what_json_says_beside_outcomes_and_has_no_effect_is_refused() {
    let model = |more: &str| environment(&format!(r#"{{"P": {{"s": {{"go": [[1, "s", 1]]}}}}, {more}}}"#));
    for more in [r#""R": [5]"#, r#""rewards": {"s": 5}"#, r#""terminals": ["s"]"#, r#""Terminal": []"#] {
        let error = model(more).unwrap_err().to_string();
        assert!(error.contains("has no effect beside outcomes such as"), "{more}: {error}");
    }
    assert!(model(r#""gamma": 0.5"#).is_ok());
    let row = |reward: &str| environment(&format!(r#"[["s", "go", 1, "s", {reward}]]"#));
    assert_eq!(row(r#""1,5""#).unwrap().model().unwrap().outcomes(0, 0)[0].reward, 1.5);
    let error = row(r#""1,000""#).unwrap_err().to_string();
    assert!(error.contains(r#"the comma of "1,000" may stand before thousands or before decimals"#), "{error}");
}

#[test]
fn what_json_says_of_the_start_is_a_state_that_there_is() {
    let named = |start: &str| {
        let states = r#""b": {"go": [[1, "1", 0, false]]}, "1": {"go": [[1, "b", 1, false]]}"#;
        environment(&format!(r#"{{"P": {{{states}}}, "start": {start}}}"#))
    };
    let listed = |start: &str| {
        let lists = "[[[[1, 1, 0, false]]], [[[1, 0, 1, false]]]]";
        environment(&format!(r#"{{"P": {lists}, "states": 2, "state_names": ["1", "0"], "start": {start}}}"#))
    };
    let start = |built: Result<FiniteEnvironment, ParameterError>| built.unwrap().model().unwrap().start().to_vec();
    for (name, state) in [(r#""b""#, 0), (r#""1""#, 1), ("1", 1), ("0", 0), ("[0, 1]", 1), (r#"[["b", 1]]"#, 0)] {
        assert_eq!(start(named(name)), [(state, 1.0)], "{name}");
    }
    // As `terrarium model --json` prints it: places, whatever the states are called.
    for (name, state) in [("0", 0), ("1", 1), (r#""0""#, 1), (r#""1""#, 0), ("[[0, 1.0]]", 0), (r#"[["0", 1]]"#, 1)] {
        assert_eq!(start(listed(name)), [(state, 1.0)], "{name}");
    }
    let by_hand = r#"{"P": [[[[1, 1, 0, false]]], [[[1, 0, 1, false]]]], "states": [1, 0], "start": 0}"#;
    assert_eq!(start(environment(by_hand)), [(1, 1.0)]);
    let refused = |start: &str| named(start).unwrap_err().to_string();
    assert_eq!(refused(r#""typo""#), r#"table: "start": there is no state "typo"; there are: b, 1"#);
    assert_eq!(refused(r#"[["b", 0.5], [7, 0.5]]"#), r#"table: "start": there is no state "7"; there are: b, 1"#);
    let counted = refused("[0, 0, 1]");
    assert!(
        counted.starts_with(r#"table: "start" has 3 probabilities for 2 states; it is one for every"#),
        "{counted}"
    );
    assert!(refused("[1]").contains("1 probabilities for 2 states"));
    assert_eq!(refused("[1.5, -0.5]"), r#"table: the probability to start in "b" must be from 0 to 1, not 1.5"#);
    assert!(refused(r#"[["b", -1], [1, 1]]"#).contains("must be from 0 to 1, not -1"));
    assert!(refused("[0.5, 0.4]").contains("sum to 0.9"));
    assert_eq!(start(named("[]")), [(0, 1.0)]);
}

#[test]
fn no_episode_begins_where_all_have_ended() {
    let given = |table: &str, start: &str| {
        let given =
            [("table", table), ("start", start)].map(|(name, text)| (name.to_owned(), Value::Text(text.into())));
        build(&Resolved::new(&catalog().parameters, &given.into()).unwrap())
    };
    let refused = |table: &str, start: &str| given(table, start).unwrap_err().to_string();
    let fault =
        "an episode has ended in \"g\", where nothing can be done, and none can begin there; name another state";
    assert_eq!(refused("s,go,1,g,1,true", "g"), format!("start: {fault}"));
    let json = |start: &str| format!(r#"{{"P": {{"s": {{"go": [[1, "g", 1, true]]}}, "g": {{}}}}, "start": {start}}}"#);
    assert_eq!(refused(&json(r#""g""#), ""), format!("table: {fault}"));
    assert!(given(&json(r#""g""#), "s").is_ok());
    assert!(given(&json("[0.5, 0.5]"), "").is_ok(), "of several states one may be an end");
}

#[test]
fn csv_and_json_say_the_same() {
    let csv = environment("# a coin\nheads, flip, 1/2, heads, 1\nheads, flip, 1/2, end, -1, true\n").unwrap();
    let json = r#"[{"state": "heads", "action": "flip", "probability": 0.5, "next_state": "heads", "reward": 1},
                   {"state": "heads", "action": "flip", "probability": 0.5, "next_state": "end", "reward": -1,
                    "terminal": true}]"#;
    assert_eq!(csv.model(), environment(json).unwrap().model());
    let outcome = csv.model().unwrap().outcomes(0, 0)[1];
    assert_eq!((outcome.next, outcome.reward, outcome.terminated), (1, -1.0, true));
}

#[test]
fn names_may_be_numbers() {
    let json = r#"[{"state": 0, "action": 7, "probability": 1, "next_state": 0, "reward": 0}]"#;
    assert_eq!(environment(json).unwrap().describe().actions[0].name, "7");
}

#[test]
fn faulty_tables_are_refused_with_place_and_reason() {
    check_refused(
        "high,search,0.5,high,1\nhigh,search,0.4,low,1\nlow,wait,1,low,0",
        "the probabilities of action \"search\" in state \"high\" sum to 0.9, not to 1",
    );
    check_refused(
        "a,b,1,a,0\na,c,x,a,0",
        "row 2: the probability \"x\" is not a number; a first line with state, action, probability, next_state, reward, \
         terminal names columns in any order",
    );
    check_refused("a,b,1.5,a,0", "row 1: the probability must be from 0 to 1, not 1.5");
    check_refused("a,b,1,a,1e400", "row 1: the reward must be a finite number, not 1e400");
    check_refused("a\u{1b}[31m,b,1,a,1", "row 1: the state \"a\\u{1b}[31m\" has a control character in its name");
    check_refused("a,b,1,a,inf", "row 1: the reward must be a finite number, not inf");
    check_refused("a,b,1,a,1,perhaps", "row 1: terminal must be true or false, not \"perhaps\"");
    check_refused("a,,1,a,1", "row 1: the action has no name");
    check_refused(
        "a,b,1,end,1",
        "state \"end\" has no actions, but action \"b\" of state \"a\" leads there and does not end the episode: mark that \
         outcome as terminal, or give the state an action",
    );
    check_refused("", "the table has no rows");
    check_refused(
        "a,b,0,a,1\na,b,0,b,1",
        "all 2 rows of the table have probability 0, and such a row is no transition",
    );
    check_refused(
        "\"two\nlines\",b,1,a,1",
        "row 1: the state \"two\\nlines\" has a line break in its name; is a quote not closed, or one too many?",
    );
    check_refused(
        "a,b,1,c,1,true\nc,\"go,1,a,1\nc,stay,1,a,0",
        "row 2: 2 fields instead of state, action, probability, next_state, reward, terminal. One has a line break: is a \
         quote not closed, or one too many?",
    );
    let short = "3 fields instead of state, action, probability, next_state, reward, terminal. Read are rows with";
    assert!(environment("a,b,1").unwrap_err().to_string().starts_with(&format!("table: row 1: {short}")));
    check_refused("[{\"state\": 1}]", "line 1: the row has no action");
    for (text, number, line) in [
        ("[{\"state\": 1, \"action\": 2, \"next_state\": 1,\n\"reward\": -1e400}]", "-1e400", 2),
        ("[{\"state\": 1, \"action\": 2, \"next_state\": 1, \"reward\": \"1e400\"}]", "1e400", 1),
        (
            "{\"state\": 1, \"action\": 2, \"next_state\": 1}\n{\"state\": 1, \"action\": 3, \"next_state\": 1, \"reward\": 1e999}",
            "1e999",
            2,
        ),
        ("{0: {0: [(1.0, 0, 0.0, False)],\n1: [(1.0, 0, 1e400, False)]}}", "1e400", 2),
        ("{\"P\": [[[1, 0], [0, 1]]],\n\n\"R\": [1e400, 0]}", "1e400", 3),
    ] {
        let words =
            format!("line {line}: the number {number} is beyond 1.8e308, the largest that can be computed with");
        check_refused(text, &words);
    }
    let unknown = "there is no column \"colour\"; there are: state, action, probability, next_state, reward, terminal";
    check_refused("[\n{\"state\": 1, \"action\": 2,\n\"colour\": 3}]", &format!("line 3: {unknown}"));
    check_refused("state,action,next_state,colour\na,b,a,red", &format!("the header: {unknown}"));
    check_refused("state,action,probability,reward\na,b,1,1", "the header: there is no column next_state");
    check_refused("s,a,p,s',r,done,s\na,b,1,a,1,0,a", "the header: two columns are the state");
    let fault = environment("[{\"state\": 1,").unwrap_err().to_string();
    assert!(fault.starts_with("table: line 1: EOF while parsing an object. Read are rows with commas"), "{fault}");
    let many = (0..=MOST_STATES).map(|state| format!("{state},go,1,{state},0")).collect::<Vec<_>>().join("\n");
    check_refused(&many, "row 100001: \"100000\" would be state 100001; there can be at most 100000");
    let many = (0..=64).map(|action| format!("a,{action},1,a,0")).collect::<Vec<_>>().join("\n");
    check_refused(&many, "row 65: \"64\" would be action 65; there can be at most 64");
}

/// The example of a Markov decision process that all forms below say: from `a`, going costs 1 and leads to `b` two
/// times of three; staying is free. `b` pays 5 and ends.
fn check_form(form: &str) {
    let environment = environment(form).unwrap_or_else(|error| panic!("{form}\n{error}"));
    let (model, description) = (environment.model().unwrap(), environment.describe());
    let named = |names: &[&str]| {
        let found: Vec<_> = description.observation.iter().map(|it| it.name.as_str()).collect();
        names.iter().map(|name| found.iter().position(|it| it == name).unwrap()).collect::<Vec<_>>()
    };
    let action = |name: &str| description.actions.iter().position(|it| it.name == name).unwrap();
    let [a, b, end] = named(&["a", "b", "end"])[..] else { unreachable!() };
    let outcomes = |state: usize, name: &str| -> Vec<_> {
        let mut outcomes = model.outcomes(state, action(name)).to_vec();
        outcomes.sort_by(|one, other| other.probability.total_cmp(&one.probability));
        outcomes.iter().map(|it| (it.probability, it.next as usize, it.reward, it.terminated)).collect()
    };
    assert_eq!(outcomes(a, "go"), [(2.0 / 3.0, b, -1.0, false), (1.0 / 3.0, a, -1.0, false)], "{form}");
    assert_eq!(outcomes(a, "stay"), [(1.0, a, 0.0, false)], "{form}");
    assert_eq!(outcomes(b, "go"), [(1.0, end, 5.0, true)], "{form}");
    assert!(!model.legal(b).allows(action("stay") as u16), "{form}");
    assert_eq!(model.start(), [(a as u32, 1.0)], "{form}");
}

#[test]
fn tables_may_have_their_columns_in_any_order_and_other_marks_between_them() {
    check_form("a,go,2/3,b,-1\na,go,1/3,a,-1\na,stay,1,a,0\nb,go,1,end,5,true");
    check_form(
        "state,action,next_state,probability,reward,terminal\na,go,b,2/3,-1,0\na,go,a,1/3,-1,0\na,stay,a,1,0,0\nb,go,end,1,5,1",
    );
    check_form(
        "S\tA\tS'\tR\tP\tDone\na\tgo\tb\t-1\t2/3\t\na\tgo\ta\t-1\t1/3\t\na\tstay\ta\t0,0\t1\t\nb\tgo\tend\t5,0\t1,0\tTrue\n",
    );
    check_form("\u{feff}sep=;\r\nstate;action;probability;next state;reward;terminal\r\na;go;2/3;b;-1;\r\na;go;1/3;a;-1;\r\na;stay;1,0;a;0;\r\nb;go;1;end;5,00;ja?\r\n".replace("ja?", "yes").as_str());
    check_form(
        "# blanks\nstate action probability next reward terminated\na go 2/3 b -1 false\na  go  1/3  a  -1  false\na stay 1 a 0 false\nb go 1 end 5 true",
    );
    check_form(
        "a,go,\"0,6666666666666666\",b,-1\na,go,1/3,a,-1\na,stay,1,a,0\nb,go,1,end,5,true\n;,,,,\n"
            .replace("\n;,,,,\n", "\n,,,,,\n")
            .as_str(),
    );
    check_form("a, \"go\", \"2/3\",  \"b\", -1\n \"a\", go, 1/3, a, -1\na, stay, 1, a, 0\nb, go, 1, end, 5, \"true\"");
    check_form(
        "a,go,2/3,b,-1 # two times, of three\na,go,1/3,a,-1# once\na,stay,1,a,0 #\nb,go,1,end,5,true # pays, ends, #1",
    );
    check_form("a go 2/3 b -1 # two times of three\na go 1/3 a -1 #once\na stay 1 a 0\nb go 1 end 5 true # ends");
    check_form(
        "S;A;S';P;R;Done\na;go;b;2/3;-1;0 # slips\na;go;a;1/3;-1;0\na;stay;a;1;0;0 # rests; waits\nb;go;end;1;5;1",
    );
    let table = MdpTable::read("\"a, \"\"b\"\"\", \"say, \"\"hi\"\"\", 1, end, 5, true").unwrap();
    assert_eq!(
        (table.states.as_slice(), table.actions.as_slice()),
        (&["a, \"b\"".into(), "end".into()][..], &["say, \"hi\"".into()][..])
    );
}

#[test]
fn json_may_be_a_list_lines_or_a_dictionary() {
    let rows = [
        r#"{"state": "a", "action": "go", "probability": "2/3", "next_state": "b", "reward": -1}"#,
        r#"{"s": "a", "a": "go", "p": 0.3333333333333333, "s'": "a", "r": -1.0, "done": false}"#,
        r#"{"State": "a", "Action": "stay", "Next State": "a", "terminal": 0}"#,
        r#"["b", "go", 1, "end", 5, true]"#,
    ];
    check_form(&format!("[{}]", rows.join(",\n")));
    let lines =
        [rows[0], rows[1], rows[2], r#"{"from": "b", "action": "go", "to": "end", "reward": 5, "terminated": true}"#];
    check_form(&lines.join("\n"));
    let python = "env.unwrapped.P = {'a': {'go': [(2/3, 'b', -1, False), (0.3333333333333333, 'a', -1., False)],  # slippery\n\
                  'stay': [(1.0, 'a', 0, False), (0.0, 'end', 9, True)]}, 'b': {'go': [(np.float64(1.), 'end', 5, True,)]},}";
    check_form(&python.replace("2/3", "0.6666666666666666"));
    let printed = python.replace("2/3", "0.6666666666666666");
    let printed = printed.strip_prefix("env.unwrapped.P = ").unwrap();
    check_form(&format!("defaultdict(<class 'dict'>, {printed})"));
    check_form(
        "OrderedDict([('a', OrderedDict([('go', [(0.6666666666666666, 'b', -1, False), (0.3333333333333333, 'a', -1.0, False)]), \
         ('stay', [(1.0, 'a', 0, False)])])), ('b', OrderedDict([('go', [(1.0, 'end', 5, True)])]))])",
    );
    check_form(&format!("P = OrderedDict({printed})"));
    check_form(&format!("P = defaultdict(<function <lambda> at 0x7f>, {printed})"));
    check_form(
        r#"{"a": {"go": [[0.6666666666666666, "b", -1, false], [0.3333333333333333, "a", -1, false]],
            "stay": [[1, "a", 0, false]]}, "b": {"go": [[1, "end", 5, true, 1]]}}"#,
    );
    check_form(
        r#"{"P": {"a": {"go": [[0.6666666666666666, "b", -1, false], [0.3333333333333333, "a", -1, false]],
            "stay": [[1, "a", 0, false]]}, "b": {"go": [[1, "end", 5, true]]}}, "start": "a"}"#,
    );
}

#[test]
fn a_name_may_have_the_mark_of_comments_in_it() {
    let named = environment("room #1,go,1,room #2,5 # the second\nroom #2,go #1,1,room #1,0").unwrap().describe();
    assert_eq!(named.state_names, ["room #1", "room #2"]);
    check_refused(
        "a,go,x # a slip,a,0",
        "row 1: the probability \"x # a slip\" is not a number; a first line with state, action, probability, next_state, reward, \
         terminal names columns in any order",
    );
}

#[test]
fn of_pandas_forms_the_one_that_is_read_is_named() {
    let columns = r#"{"state": {"0": "a"}, "action": {"0": "go"}, "next_state": {"0": "a"}, "reward": {"0": 1}}"#;
    let split = r#"{"columns": ["state", "action", "next_state"], "index": [0], "data": [["a", "go", "a"]]}"#;
    for form in [columns, split] {
        let fault = environment(form).unwrap_err().to_string();
        assert!(fault.contains(r#"one a line (of pandas: orient="records")"#), "{fault}");
    }
    let records = r#"[{"state":"a","action":"go","probability":1.0,"next_state":"a","reward":1.0,"terminal":false}]"#;
    assert!(environment(records).is_ok());
}

#[test]
fn a_fault_in_a_dictionary_has_its_line_and_its_place() {
    let fault = environment("{0: {0: [(1.0, 0, 0.0, False)],\n1: [(0.5, 0)]}}").unwrap_err().to_string();
    assert!(fault.starts_with("table: line 2: invalid length 2"), "{fault}");
    check_refused(
        "{0: {0: [(1.5, 0, 0.0, False)]}}",
        "state \"0\", action \"0\": the probability must be from 0 to 1, not 1.5",
    );
    let fault = environment("{0: {0: oops}}").unwrap_err().to_string();
    assert!(fault.starts_with("table: line 1: expected value. Read are"), "{fault}");
}

/// Gymnasium's own frozen lake as it prints it, against ours.
#[test]
fn the_dictionary_of_a_lake_is_the_lake() {
    let lake = crate::frozen_lake::build(
        &Resolved::new(&crate::frozen_lake::catalog().parameters, &Parameters::new()).unwrap(),
    );
    let lake = lake.unwrap();
    let model = lake.model().unwrap();
    let printed = |state: usize| {
        let of_action = |action: usize| {
            let outcome = |it: &Outcome| {
                let ended = if it.terminated { "True" } else { "False" };
                format!("({:?}, {}, {:?}, {ended})", it.probability, it.next, it.reward)
            };
            let outcomes: Vec<_> = model.outcomes(state, action).iter().map(outcome).collect();
            format!("{action}: [{}]", outcomes.join(", "))
        };
        format!("{state}: {{{}}}", (0..4).map(of_action).collect::<Vec<_>>().join(", "))
    };
    let text = format!("{{{}}}", (0..16).map(printed).collect::<Vec<_>>().join(",\n "));
    let read = environment(&text).unwrap();
    let read = read.model().unwrap();
    assert_eq!((read.states(), read.actions()), (16, 4));
    for (state, action) in (0..16).flat_map(|state| (0..4).map(move |action| (state, action))) {
        let rows = |model: &Model| -> Vec<_> {
            let outcomes = model.outcomes(state, action).iter();
            outcomes.map(|it| (it.probability, it.next, it.reward, it.terminated)).collect()
        };
        assert_eq!(rows(read), rows(model), "state {state}, action {action}");
    }
    assert!((optimal_values(read, 0.99)[0] - 0.542_025_932_000_309_9).abs() < 1e-9);
}

/// Two states; `left` stays but for one time in ten, `right` always changes. State 1 pays 1 where it is left.
fn check_matrices(form: &str) {
    let environment = environment(form).unwrap_or_else(|error| panic!("{form}\n{error}"));
    let model = environment.model().unwrap();
    let rows = |state: usize, action: usize| -> Vec<_> {
        model.outcomes(state, action).iter().map(|it| (it.next, it.probability, it.reward)).collect()
    };
    assert_eq!(rows(0, 0), [(0, 0.9, 0.0), (1, 0.1, 0.0)], "{form}");
    assert_eq!(rows(0, 1), [(1, 1.0, 0.0)], "{form}");
    assert_eq!(rows(1, 0), [(0, 0.1, 1.0), (1, 0.9, 1.0)], "{form}");
    assert_eq!(rows(1, 1), [(0, 1.0, 1.0)], "{form}");
}

#[test]
fn matrices_are_read_as_text_and_as_json() {
    check_matrices("0.9 0.1\n0.1 0.9\n\n0 1\n1 0\n\n0 0\n1 1\n");
    check_matrices("0,9;0,1\n0,1;0,9\n\n0;1\n1;0\n\n0\n1\n".replace(',', ".").as_str());
    check_matrices(r#"{"P": [[[0.9, 0.1], [0.1, 0.9]], [[0, 1], [1, 0]]], "R": [[0, 0], [1, 1]]}"#);
    check_matrices(r#"{"P": [[[0.9, 0.1], [0.1, 0.9]], [[0, 1], [1, 0]]], "R": [0, 1]}"#);
    check_matrices(
        "P = np.array([[[0.9 0.1]\n [0.1 0.9]]\n [[0. 1.]\n [1. 0.]]])\nR = np.array([[[0, 0], [1, 1]], [[0, 0], [1, 1]]])",
    );
    // Rewards of each transition, in a block for each action; of two blocks of probabilities none is rewards.
    let by_transition = environment("0.9 0.1\n0.1 0.9\n\n0 1\n1 0\n\n1 2\n3 4\n\n5 6\n7 8\n").unwrap();
    let model = by_transition.model().unwrap();
    let rewards = |state, action| model.outcomes(state, action).iter().map(|it| it.reward).collect::<Vec<_>>();
    assert_eq!(
        [rewards(0, 0), rewards(1, 0), rewards(0, 1), rewards(1, 1)],
        [vec![1.0, 2.0], vec![3.0, 4.0], vec![6.0], vec![7.0]]
    );
    let two = environment("0.9 0.1\n0.1 0.9\n\n0 1\n2 0\n").unwrap();
    let model = two.model().unwrap();
    assert_eq!((model.actions(), model.outcomes(1, 0)[0].reward, model.outcomes(1, 0)[1].reward), (1, 2.0, 0.0));
    let none = environment("0.9 0.1\n0.1 0.9\n\n0 1\n1 0\n").unwrap_err().to_string();
    assert!(none.starts_with("table: all blocks hold probabilities, and none rewards: behind those"), "{none}");
    let named = environment(
        r#"{"states": ["low", "high"], "actions": ["left", "right"], "start": [0.25, 0.75], "terminal": ["high"],
            "P": [[[0.9, 0.1], [0.1, 0.9]], [[0, 1], [1, 0]]], "R": [0, 1]}"#,
    );
    let named = named.unwrap();
    assert_eq!(named.describe().actions[1].name, "right");
    assert_eq!(named.model().unwrap().start(), [(0, 0.25), (1, 0.75)]);
    assert!(named.model().unwrap().outcomes(0, 1)[0].terminated);
    check_refused(
        r#"{"P": [[[1, 0], [0, 1]]], "R": [1, 2, 3]}"#,
        "with 2 states and 1 actions, the rewards must be 2 numbers, a matrix of 2 x 1, or one of 2 x 2 for each action",
    );
    check_refused(
        r#"{"P": [[[1, 0]]], "R": [1]}"#,
        "the transition matrices must be square: one for each action, a row for each state, a column for each next state",
    );
    let alone = environment("[[[1, 0], [0, 1]]]").unwrap_err().to_string();
    assert!(alone.starts_with("table: this is transition probabilities without rewards"), "{alone}");
}

/// The tiger (Kaelbling, Littman and Cassandra 1998) as its file has it, and a small one by hand.
#[test]
fn files_of_pomdp_solve_are_read() {
    let tiger = "# the tiger\ndiscount: 0.75\nvalues: reward\nstates: tiger-left tiger-right\nactions: listen open-left open-right\n\
                 observations: tiger-left tiger-right\n\nT:listen\nidentity\n\nT:open-left\nuniform\n\nT:open-right\nuniform\n\n\
                 O:listen\n0.85 0.15\n0.15 0.85\n\nO:open-left\nuniform\n\nO:open-right\nuniform\n\nR:listen : * : * : * -1\n\n\
                 R:open-left : tiger-left : * : * -100\n\nR:open-left : tiger-right : * : * 10\n\nR:open-right : tiger-left : * : * 10\n\n\
                 R:open-right : tiger-right : * : * -100\n";
    let tiger = environment(tiger).unwrap();
    let model = tiger.model().unwrap();
    assert_eq!(model.start(), [(0, 0.5), (1, 0.5)]);
    let rows = |state: usize, action: usize| -> Vec<_> {
        model.outcomes(state, action).iter().map(|it| (it.next, it.probability, it.reward)).collect()
    };
    assert_eq!(rows(0, 0), [(0, 1.0, -1.0)]);
    assert_eq!(rows(0, 1), [(0, 0.5, -100.0), (1, 0.5, -100.0)]);
    assert_eq!(rows(1, 1), [(0, 0.5, 10.0), (1, 0.5, 10.0)]);
    // Who sees the tiger opens the other door for ever: 10 / (1 - 0.75).
    assert!(optimal_values(model, 0.75).iter().all(|value| (value - 40.0).abs() < 1e-9));

    let costs = "discount: 0.9\nvalues: cost\nstates: 3\nactions: go rest\nobservations: dim bright\nstart include: 0 2\n\
                 T: *\n0 1 0\n0 0 1\n1 0 0\nT: rest : 1 : 1 0.5\nT: rest : 1 : 2 0.5\nO: * : * : dim 0.25\nO: * : * : bright 0.75\n\
                 R: * : * : * : * 2\nR: go : 0 : * : bright 4\nR: rest : 1 : 2 : * 7\n";
    let costs = environment(costs).unwrap();
    let model = costs.model().unwrap();
    assert_eq!(model.start(), [(0, 0.5), (2, 0.5)]);
    let rows = |state: usize, action: usize| -> Vec<_> {
        model.outcomes(state, action).iter().map(|it| (it.next, it.probability, it.reward)).collect()
    };
    assert_eq!(rows(0, 0), [(1, 1.0, -(0.25 * 2.0 + 0.75 * 4.0))]);
    assert_eq!(rows(0, 1), [(1, 1.0, -2.0)]);
    assert_eq!(rows(1, 1), [(1, 0.5, -2.0), (2, 0.5, -7.0)]);

    // Without observations, a row of rewards is by next state and a matrix by state and next state.
    let mdp = environment(
        "discount: 0.9\nstates: a b\nactions: go\nstart: b\nT: go\n0.5 0.5\n1 0\nR: go\n1 2\n3 4\nR: go : b\n5 6\n",
    )
    .unwrap();
    let model = mdp.model().unwrap();
    assert_eq!(model.start(), [(1, 1.0)]);
    let rewards: Vec<_> = [0, 1].iter().flat_map(|state| model.outcomes(*state, 0)).map(|it| it.reward).collect();
    assert_eq!(rewards, [1.0, 2.0, 5.0]);

    let refused = |text: &str| environment(text).unwrap_err().to_string();
    let head = "states: a b\nactions: go\n";
    assert_eq!(refused(&format!("{head}T: go : c : a 1")), "table: line 3: there is no state \"c\"");
    assert_eq!(refused(&format!("{head}T: go\n1 0\n0")), "table: line 5: 3 numbers instead of 4");
    assert!(refused(&format!("{head}X: go")).starts_with("table: line 3: \"X\" begins no statement"));
}

#[test]
fn what_a_model_prints_is_read() {
    let json = r#"{"environment":"x","states":2,"actions":2,"start":[[1,1.0]],"legal":[[0],[0,1]],
        "transitions":[[[[1.0,1,-1.0,false,0]],[[1.0,0,0.0,true,0]]],[[[0.5,0,2.0,false,0],[0.5,1,2.0,true,1]],[[1.0,0,0.0,false,0]]]]}"#;
    let read = environment(json).unwrap();
    let model = read.model().unwrap();
    assert_eq!(model.start(), [(1, 1.0)]);
    assert_eq!((model.legal(0), model.legal(1)), (ActionMask(0b01), ActionMask(0b11)));
    let outcomes: Vec<_> = model.outcomes(1, 0).iter().map(|it| (it.next, it.probability, it.terminated)).collect();
    assert_eq!(outcomes, [(0, 0.5, false), (1, 0.5, true)]);
}

/// As it is printed with names, and with an action that is not legal first.
#[test]
fn what_a_model_prints_keeps_its_names() {
    let json = r#"{"environment":"mdp","state_names":["low","high"],"action_names":["rest","go"],"states":2,"actions":2,
        "start":[[1,1.0]],"legal":[[1],[0,1]],
        "transitions":[[[],[[1.0,1,-1.0,false,0]]],[[[0.5,0,2.0,false,0],[0.5,1,2.0,true,1]],[[1.0,0,0.0,false,0]]]]}"#;
    let read = environment(json).unwrap();
    let (model, description) = (read.model().unwrap(), read.describe());
    let states: Vec<_> = description.observation.iter().map(|it| it.name.as_str()).collect();
    let actions: Vec<_> = description.actions.iter().map(|it| it.name.as_str()).collect();
    assert_eq!((states, actions), (vec!["low", "high"], vec!["rest", "go"]));
    assert_eq!(model.start(), [(1, 1.0)]);
    assert_eq!(model.legal(0), ActionMask(0b10));
    assert_eq!(model.outcomes(0, 1)[0].next, 1);
}

#[test]
fn rounded_probabilities_are_scaled_and_wrong_ones_refused() {
    let thirds =
        environment("a,go,0.333333,a,1\na,go,0.333333,b,1\na,go,0.333333,c,1\nb,go,1,a,0\nc,go,1,a,0").unwrap();
    let sum: f64 = thirds.model().unwrap().outcomes(0, 0).iter().map(|it| it.probability).sum();
    assert!((sum - 1.0).abs() < 1e-12);
    check_refused(
        "a,go,0.333,a,1\na,go,0.666,a,1",
        "the probabilities of action \"go\" in state \"a\" sum to 0.9990000000000001, not to 1",
    );
}

#[test]
fn an_unknown_start_is_refused() {
    let given = Parameters::from([("start".into(), Value::Text("empty".into()))]);
    let error = build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "start: there is no state \"empty\"; there are: high, low");
}

#[test]
fn a_thousand_states_can_be_drawn_and_more_around_the_present_one() {
    let ring = |count: usize| {
        let rows = (0..count).map(|state| format!("{state},go,1,{},0", (state + 1) % count));
        environment(&rows.collect::<Vec<_>>().join("\n")).unwrap()
    };
    let all = ring(1000);
    assert!(all.draw().shapes.len() > 1000);
    assert!(all.describe().layout.is_some() && all.describe().observation.len() == 1000);
    let mut large = ring(1001);
    assert!(large.draw().shapes.len() < 20);
    assert!(large.describe().layout.is_none());
    assert_eq!(large.describe().state_name(1000), "1000");
    large.reset(shared::quantity::Seed::default());
    large.step(0).unwrap();
    let mut observation = [0.0];
    large.observe(&mut observation);
    assert_eq!((large.state(), observation), (1, [1.0]));
}

#[test]
fn names_are_kept_however_many_there_are_unless_they_fill_a_message() {
    let line = |name: &str, count: usize| {
        let rows = (0..count).map(|at| format!("{name}{at},go,1,{name}{},0", (at + 1) % count));
        environment(&rows.collect::<Vec<_>>().join("\n")).unwrap().describe()
    };
    assert_eq!(line("city", 1500).state_name(1499), "city1499");
    assert_eq!(line(&"long".repeat(1000), 1500).state_name(1499), "1499");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Names of any length and letters, numbers of any size, many states and actions: what is built can be drawn.
    #[test]
    fn whatever_is_in_a_table_can_be_drawn(
        names in prop::collection::vec(r#"[^\x00",;\t\r\n#]{1,200}"#, 1..6),
        rewards in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL, 30),
        shares in prop::collection::vec(prop_oneof![Just(1.0), 1e-300..1.0, 0.0..1.0], 30),
    ) {
        let mut table = String::new();
        for (index, state) in names.iter().enumerate() {
            for (number, action) in names.iter().enumerate() {
                let at = (index * names.len() + number) % 30;
                let (share, reward) = (shares[at], rewards[at]);
                let next = &names[(index + number) % names.len()];
                writeln!(table, "\"{state}\",\"{action}\",{share:?},\"{state}\",{reward:?}").unwrap();
                writeln!(table, "\"{state}\",\"{action}\",{:?},\"{next}\",{reward:?}", 1.0 - share).unwrap();
            }
        }
        let Ok(mut environment) = environment(&table) else { return Ok(()) };
        let mut player = Generator::new(shared::quantity::Seed::default());
        for _ in 0..20 {
            let scene = environment.draw();
            let texts = scene.shapes.iter().filter_map(|shape| match shape {
                Shape::Text { x, y, text, .. } => Some((*x, *y, text)),
                _ => None,
            });
            for (x, y, text) in texts {
                prop_assert!((0.0..=12.0).contains(&x) && (0.0..=12.0).contains(&y), "{text} at {x}, {y}");
                prop_assert!(text.chars().count() < 60, "{text}");
            }
            if environment.ended() {
                break;
            }
            let legal = environment.legal_actions();
            environment.step(legal.nth(player.below(legal.count()))).unwrap();
        }
    }

    #[test]
    fn no_text_makes_reading_panic(
        text in prop_oneof![
            r#"[\[\]{}(),:;0-9a-z"'.\n =TR*#-]{0,80}"#,
            r"(states|actions|start|T|O|R|values|a|b|\*|0\.5|1|:| |\n|uniform|identity|reset){0,40}",
            "([ab01.,;\t]|0\\.5|\n){0,60}",
        ],
        head in prop::sample::select(vec!["", "states: a b\nactions: a\n", "P = ", "{0: {0: [", "state,action,next_state\n"]),
    ) {
        let _ = environment(&format!("{head}{text}"));
    }
}

#[test]
fn the_description_has_the_names_that_were_given_and_the_legal_actions_of_every_state() {
    let description = environment("s2, a, 1, s0, 0\ns0, b, 1/2, s1, 0\ns0, b, 1/2, end, 0, true\ns1, a, 1, s1, 0")
        .unwrap()
        .describe();
    assert_eq!(description.state_names, ["s2", "s0", "s1", "end"]);
    assert_eq!(description.state_name(1), "s0");
    assert_eq!(description.legal_actions.0, [0b01, 0b10, 0b01, 0]);
    assert!(description.is_legal(1, 1) && !description.is_legal(1, 0) && !description.is_legal(3, 0));
    let all = environment("x, a, 1, x, 0\ny, a, 1, x, 0").unwrap().describe();
    assert!(all.legal_actions.is_empty() && all.is_legal(1, 0) && all.is_legal(7, 0), "nothing is said of state 7");
}

#[test]
fn rows_with_blanks_may_have_decimal_commas_without_a_header() {
    for (table, rewards) in [
        ("s a 1 s 1,5", [1.5].as_slice()),
        ("s a 0,5 s -1,5 # half\ns a 0,5 t 2\nt a 1 t 0", &[-1.5, 2.0]),
        ("# comment\ns a 1 s 1,5 true\n", &[1.5]),
        ("0,0 up 1 0,0 1,5", &[1.5]),
        ("s,a,1,s,1.5", &[1.5]),
        ("s, a, 1, s, 1.5", &[1.5]),
        ("0, 0, 1, 0, 1.5\n1,0,1,0,0", &[1.5]),
    ] {
        let environment = environment(table).unwrap_or_else(|error| panic!("{table:?}: {error}"));
        let model = environment.model().unwrap();
        let mut told: Vec<f64> = model.outcomes(0, 0).iter().map(|it| it.reward).collect();
        told.sort_by(f64::total_cmp);
        assert_eq!(told, rewards, "{table:?}");
        let named = environment.describe().state_names;
        assert!(named.iter().all(|name| !name.ends_with(',')), "{table:?}: {named:?}");
    }
}

#[test]
fn the_start_may_have_a_name_of_any_length() {
    let name = "s".repeat(200);
    let given = Parameters::from([
        ("table".into(), Value::Text(format!("other,a,1,{name},0\n{name},a,1,other,1"))),
        ("start".into(), Value::Text(name)),
    ]);
    let environment = build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap();
    assert_eq!(environment.model().unwrap().start(), [(1, 1.0)]);
}
