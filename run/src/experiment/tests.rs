//! What experiments come to, and what they refuse.

use super::*;
use shared::parameter::Value;

const GOOD: &str = r#"
seeds = 2
budget = { episodes = 20 }

[[environments]]
id = "gridworld"
set.slip = [0.0, 0.1]

[[agents]]
id = "q-learning"
set.alpha = [0.1, 1]
set.epsilon = 0.2

[[agents]]
id = "sarsa"
"#;

fn read(text: &str) -> Experiment {
    toml::from_str(text).unwrap()
}

#[track_caller]
fn check_refused(from: &str, to: &str, expected: &str) {
    assert!(GOOD.contains(from));
    let error = read(&GOOD.replace(from, to)).plan().unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn every_combination_is_there_in_order() {
    let plan = read(GOOD).plan().unwrap();
    let words = |cell: &ExperimentCell| {
        let RunSpec { environment, agent, seed, .. } = &cell.spec;
        let alpha = agent.parameters.get("alpha").map_or("-".into(), ToString::to_string);
        format!("{} {} {alpha} {seed}", environment.parameters["slip"], agent.id)
    };
    let cells: Vec<_> = plan.cells.iter().map(words).collect();
    let expected: Vec<_> = ["0", "0.1"]
        .iter()
        .flat_map(|slip| ["q-learning 0.1", "q-learning 1", "sarsa -"].map(|agent| format!("{slip} {agent}")))
        .flat_map(|pair| [0, 1].map(|seed| format!("{pair} {seed}")))
        .collect();
    assert_eq!(cells, expected);
    // A whole number where a number belongs becomes one: the same cell however it is written.
    assert_eq!(plan.cells[2].spec.agent.parameters["alpha"], Value::Number(1.0));
    assert_eq!(plan.refused, []);
}

/// The sweeps of this repository, by which recommended values were found, can still be made.
#[test]
fn every_sweep_that_there_is_can_be_planned() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut planned = 0;
    for folder in ["agents/defaults", "trainer/examples"] {
        for file in std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|it| it == "toml") {
                let plan = read(&std::fs::read_to_string(&file).unwrap()).plan();
                assert!(plan.is_ok(), "{}: {}", file.display(), plan.unwrap_err());
                planned += 1;
            }
        }
    }
    assert!(planned > 5);
}

#[test]
fn a_spec_reads_back_as_it_was() {
    let experiment = read(GOOD);
    assert_eq!(read(&toml::to_string(&experiment).unwrap()), experiment);
    assert_eq!(serde_json::from_str::<Experiment>(&serde_json::to_string(&experiment).unwrap()).unwrap(), experiment);
}

#[test]
fn the_same_combination_named_twice_is_run_once() {
    // 0.1 is what alpha is by default.
    let default = agents::registry::find("q-learning").unwrap();
    let alpha = default.parameters.iter().find(|it| it.name == "alpha").unwrap().default_value();
    let text = GOOD.replace("[0.0, 0.1]", "[0.0, -0.0, 0.1, 0.1]").replace(
        "set.alpha = [0.1, 1]\nset.epsilon = 0.2",
        &format!("[[agents]]\nid = \"q-learning\"\nset.alpha = [{alpha}, 1]"),
    );
    let plan = read(&text).plan().unwrap();
    let distinct: Vec<_> = plan.cells.iter().map(|cell| cell.run().unwrap().run_hash).collect();
    assert_eq!(plan.cells.len(), 2 * 3 * 2, "two environments, three agents, two seeds");
    for (index, cell) in plan.cells.iter().enumerate() {
        assert!(!plan.cells[..index].contains(cell));
    }
    assert_eq!(distinct.len(), 12);
    let merged: Vec<_> = plan.merged.iter().map(ToString::to_string).collect();
    assert_eq!(
        merged,
        [
            "environments[0] (gridworld) slip=-0 is the same as environments[0] (gridworld) slip=0 and is run once"
                .into(),
            "environments[0] (gridworld) slip=0.1 is the same as environments[0] (gridworld) slip=0.1 and is run once"
                .into(),
            format!("agents[1] (q-learning) alpha={alpha} is the same as agents[0] (q-learning) and is run once"),
        ]
    );
}

#[test]
fn a_text_that_is_written_with_other_line_ends_is_the_same() {
    let text = "seeds = 1\nbudget = { steps = 9 }\n[[environments]]\nid = \"frozen-lake\"\nset.own_map = [\"SF\\nFG\", \
                \"SF\\r\\nFG\\n\", \"SF\\nGF\"]\n[[environments]]\nid = \"mdp\"\nset.table = [\"s,go,1,s,1\", \" s,go,1,s,1\\n\"]\n\
                [[agents]]\nid = \"sarsa\"\n";
    let plan = read(text).plan().unwrap();
    assert_eq!((plan.cells.len(), plan.merged.len()), (3, 2), "{:?}", plan.merged);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    check_refused("seeds = 2", "seeds = 0", "seeds must be at least 1");
    check_refused("seeds = 2", "seeds = 2\nfirst_seed = 9007199254740991", "first_seed and seeds: a seed must be");
    check_refused("episodes = 20", "episodes = 0", "budget.episodes must be at least 1");
    check_refused("\"gridworld\"", "\"moon\"", "environments[0] (moon): there is no environment \"moon\"");
    check_refused("\"sarsa\"", "\"oracle\"", "agents[1] (oracle): there is no agent \"oracle\"");
    check_refused("[0.1, 1]", "[0.1, 7]", "agents[0] (q-learning): set.alpha[1]: alpha must be a number from");
    check_refused("[0.1, 1]", "[]", "agents[0] (q-learning): set.alpha: there must be at least one");
    check_refused("set.alpha", "set.alfa", "agents[0] (q-learning): there is no parameter \"alfa\"; there are: alpha");
    check_refused("set.slip = [0.0, 0.1]", "set.map = \"??\"", "environments[0] (gridworld): ");
    check_refused(
        "set.epsilon = 0.2",
        "set.exploration = [\"epsilon-greedy\", \"ucb\"]\nset.bonus = 1",
        "agents[0] (q-learning): bonus has no effect with exploration=epsilon-greedy; it needs exploration=ucb or \
         count-bonus. Combinations in which it has one can be an entry of their own",
    );
    check_refused("seeds = 2", "seeds = 1000000", "6000000 runs are more than 1000000");
    let empty = Experiment { agents: Vec::new(), ..read(GOOD) };
    assert_eq!(empty.plan().unwrap_err().to_string(), "agents: there must be at least one");
    let unknown = toml::from_str::<Experiment>(&GOOD.replace("seeds = 2", "seeds = 2\nsteps = 1")).unwrap_err();
    assert!(unknown.to_string().contains("unknown field `steps`"), "{unknown}");
    let bare = "seeds = 1\nbudget = { episodes = 1 }\nagents = []\nenvironments = [\"gridworld\"]";
    let bare = toml::from_str::<Experiment>(bare).unwrap_err();
    assert!(bare.to_string().contains("expected a table with an id, and what is set"), "{bare}");
}

#[test]
fn what_is_of_another_kind_is_named_with_what_would_do() {
    let number = "expected a whole number from 0 to 9007199254740991 without quotes, e.g. 30";
    let list = "expected a list of tables with an id, each under a head of its own: [[environments]] or [[agents]]";
    let id = "expected one id in quotes, e.g. \"gridworld\"";
    let set = "expected values by their names, e.g. set.alpha = [0.1, 0.5]";
    let environment = "[[environments]]\nid = \"gridworld\"\nset.slip = [0.0, 0.1]";
    for (from, to, said, expected) in [
        ("seeds = 2", "seeds = \"x\"", "string \"x\"", number),
        ("seeds = 2", "seeds = -3", "integer `-3`", number),
        ("seeds = 2", "seeds = 2.5", "floating point `2.5`", number),
        ("seeds = 2", "seeds = nan", "floating point `NaN`", number),
        ("seeds = 2", "seeds = [1, 2]", "sequence", number),
        ("seeds = 2", "seeds = 9007199254740992", "integer `9007199254740992`", number),
        ("seeds = 2", "seeds = 2\nfirst_seed = true", "boolean `true`", number),
        ("episodes = 20", "episodes = \"20\"", "string \"20\"", number),
        ("episodes = 20", "steps = -1", "integer `-1`", number),
        (environment, "[environments]\nid = \"gridworld\"", "map", list),
        ("id = \"sarsa\"", "id = [\"sarsa\"]", "sequence", id),
        ("set.slip = [0.0, 0.1]", "set = 5", "integer `5`", set),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let error = toml::from_str::<Experiment>(&GOOD.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains(expected), "{to}: {error}");
    }
    let written = read(&GOOD.replace("episodes = 20", "steps = 1e6"));
    assert_eq!(written.budget, RunBudget::Steps(1_000_000));
}

#[test]
fn pairs_that_do_not_fit_are_left_out_with_the_reason() {
    let both = "id = \"gridworld\"\n\n[[environments]]\nid = \"cart-pole\"";
    let plan = read(&GOOD.replace("id = \"gridworld\"\nset.slip = [0.0, 0.1]", both)).plan().unwrap();
    assert_eq!(plan.cells.len(), 6);
    assert_eq!(plan.refused.len(), 2, "once for all values of alpha");
    let words = plan.refused[1].to_string();
    assert!(words.starts_with("sarsa in cart-pole is left out: SARSA keeps a table"), "{words}");
    let nothing = read(&GOOD.replace("id = \"gridworld\"\nset.slip = [0.0, 0.1]", "id = \"cart-pole\""));
    assert!(nothing.plan().unwrap_err().to_string().contains("no agent fits any of the environments: q-learning in"));
}

#[test]
fn a_cell_is_an_ordinary_run() {
    let cell = read(GOOD).plan().unwrap().cells.remove(0);
    let outcome = cell.run().unwrap();
    let mut run = crate::Run::new(cell.spec.clone()).unwrap();
    run.command(shared::command::Command::Resume { until_episode: Some(20) });
    while run.advance(7) > 0 {}
    assert_eq!((outcome.episodes, outcome.steps, &outcome.run_hash), (20, run.step(), &run.hash()));
    let difference = outcome.final_return.unwrap() - outcome.mean_return.unwrap();
    assert!(difference.abs() < 1e-12, "all of 20 episodes are among the last 100, summed in another order");
    assert!(outcome.regret.is_some_and(|regret| regret >= 0.0) || outcome.optimal_states.is_some());
    assert_eq!(outcome, cell.run().unwrap());
}

/// What one step of an agent comes to in the environment of a table.
fn one_step(table: &str, agent: &str) -> RunOutcome {
    let spec = format!(
        "seeds = 1\nbudget = {{ steps = 1 }}\n[[environments]]\nid = 'mdp'\nset.table = \"\"\"{table}\"\"\"\n[[agents]]\n{agent}"
    );
    read(&spec).plan().unwrap().cells[0].run().unwrap()
}

#[test]
fn an_optimal_policy_has_no_regret_and_one_that_never_ends_has_no_bound_of_it() {
    // There is only one policy, and its values do not settle in any number of sweeps.
    let only = one_step("s, go, 1e-6, end, 1, true\ns, go, 0.999999, s, -3", "id = 'q-learning'\nset.gamma = 1.0");
    assert_eq!((only.regret, only.regret_unbounded, only.optimal_states), (Some(0.0), false, Some(1.0)));
    // Planning finds the way out at once.
    let stay_or_go = "s, go, 1, end, -5, true\ns, stay, 1, s, -1";
    let plans = one_step(stay_or_go, "id = 'value-iteration'\nset = { gamma = 0.99, order = 'there-and-back' }");
    assert_eq!((plans.regret, plans.optimal_states), (Some(0.0), Some(1.0)));
    // Having gone once, it believes that staying for ever is better.
    let learns = "id = 'q-learning'\nset = { gamma = 1.0, alpha = 1.0, epsilon = 0.0, ties = 'first' }";
    let endless = one_step(stay_or_go, learns);
    assert_eq!((endless.regret, endless.regret_unbounded, endless.optimal_states), (None, true, Some(0.0)));
    // Without a model, and where the best is without bound, nothing is known.
    let boundless = one_step("s, stay, 1, s, 1", "id = 'q-learning'\nset.gamma = 1.0");
    assert_eq!((boundless.regret, boundless.regret_unbounded), (None, false));
}

#[test]
fn a_budget_of_steps_is_kept_to_the_step() {
    let mut cell = read(GOOD).plan().unwrap().cells.remove(0);
    cell.budget = RunBudget::Steps(3);
    let outcome = cell.run().unwrap();
    assert_eq!((outcome.steps, outcome.episodes, outcome.final_return), (3, 0, None));
    cell.budget = RunBudget::Steps(250_001);
    assert_eq!(cell.run().unwrap().steps, 250_001);
}
