use super::*;
use crate::environment::{Environment, Step, StepError};
use crate::registry;
use shared::parameter::Parameters;
use shared::quantity::{Probability, Seed};
use shared::spec::EnvironmentSpec;

fn environment(parameters: &[(&str, Value)]) -> FiniteEnvironment {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

#[track_caller]
fn check_refused(name: &str, value: &str, expected: &str) {
    let parameters = Parameters::from([(name.to_owned(), Value::Text(value.to_owned()))]);
    let error = registry::build(&EnvironmentSpec { id: "gridworld".into(), parameters }).unwrap_err();
    assert_eq!(error.to_string(), format!("gridworld: {name}: {expected}"));
}

#[test]
fn shortest_path_of_the_web_layout_returns_9_3() {
    let mut environment = environment(&[]);
    environment.reset(Seed::default());
    let steps: Vec<Step> = [3, 3, 3, 3, 1, 1, 1, 1].map(|action| environment.step(action).unwrap()).to_vec();
    let total: f64 = steps.iter().map(|step| step.reward).sum();
    assert!((total - 9.3).abs() < 1e-12);
    assert!(steps[7].terminated && !steps[7].truncated);
    assert_eq!(environment.describe().outcomes[usize::from(environment.outcome())], "goal");
    assert_eq!(environment.step(0), Err(StepError::Ended));
}

#[test]
fn the_step_limit_truncates_and_does_not_terminate() {
    let mut environment = environment(&[("step_limit", Value::Integer(3))]);
    environment.reset(Seed::default());
    let steps: Vec<Step> = [0, 0, 0].map(|action| environment.step(action).unwrap()).to_vec();
    assert_eq!(steps[2], Step { reward: -0.1, terminated: false, truncated: true });
    assert_eq!(environment.outcome(), 0);
}

#[test]
fn illegal_actions_leave_the_environment_as_it_was() {
    let mut environment = environment(&[]);
    environment.reset(Seed::default());
    let error = environment.step(4).unwrap_err();
    assert_eq!(error.to_string(), "action 4 is not allowed here; allowed are 0, 1, 2, 3");
    assert_eq!(environment.state(), 0);
}

#[test]
fn slipping_moves_sideways_half_and_half() {
    let environment = environment(&[("slip", Value::Number(0.2)), ("map", Value::Text(EASY.into()))]);
    let outcomes: Vec<_> =
        environment.model().unwrap().outcomes(12, 3).iter().map(|it| (it.next, it.probability)).collect();
    assert_eq!(outcomes, [(13, 0.8), (7, 0.1), (17, 0.1)]);
}

#[test]
fn one_way_cells_teleports_walls_and_mud_do_what_they_say() {
    let environment = environment(&[
        ("map", Value::Text("Sa#\n>Mv\naFG".into())),
        ("cell_rewards", Value::Text("1,2=-3; 2,2=20".into())),
    ]);
    let go = |cell: usize, action: usize| {
        let it = environment.model().unwrap().outcomes(cell, action)[0];
        (it.next, it.reward, it.terminated)
    };
    assert_eq!(go(0, 3), (6, -0.1, false), "a teleport leads to its other end");
    assert_eq!(go(3, 0), (3, -0.1, false), "a one-way cell holds");
    assert_eq!(go(3, 3), (4, -10.0, false), "mud costs but does not end");
    assert_eq!(go(5, 0), (5, -0.1, false), "a one-way cell below a wall holds");
    assert_eq!(go(6, 3), (7, -3.0, false), "own reward of a cell");
    assert_eq!(go(5, 1), (8, 20.0, true), "own reward of a goal");
}

#[test]
fn faulty_maps_are_refused_with_place_and_reason() {
    check_refused("map", "SFG\nFF", "row 2 has 2 cells, but row 1 has 3");
    check_refused("map", "SFX\nFFG", &format!("row 1, column 3: unknown letter 'X'. {}", map::ALL.words));
    check_refused("map", "FFG", "the map has no start S");
    check_refused("map", "SFF", "the map has no goal G");
    check_refused("map", "S#G", "no goal G can be reached from a start S");
    check_refused("map", "SaG", "the teleport 'a' stands 1 times on the map; it needs exactly 2");
    let long = format!("S{}G", "F".repeat(63));
    check_refused("map", &long, "a map has 1 to 64 rows of 1 to 64 cells, not 1 rows of 65");
    let fault = "is not x,y=reward with a cell inside the map, each cell once, and a number from -1000 to 1000";
    check_refused("cell_rewards", "0,0=1\n9,9=2", &format!("line 2: \"9,9=2\" {fault}"));
    check_refused("cell_rewards", "0,0=1;1,0=2;0,0=3", &format!("line 3: \"0,0=3\" {fault}"));
    check_refused("cell_rewards", "0,0=1,000", &format!("line 1: \"0,0=1,000\" {fault}"));
}

#[test]
fn an_open_field_takes_the_place_of_the_map() {
    let mut environment = environment(&[("open_field", Value::Integer(300))]);
    assert_eq!((environment.state_count(), environment.describe().subtitle.as_str()), (90_000, "300 × 300"));
    environment.reset(Seed::default());
    assert_eq!(environment.state(), 0);
    let into_the_goal = environment.model().unwrap().outcomes(90_000 - 2, 3)[0];
    assert_eq!((into_the_goal.next, into_the_goal.terminated, into_the_goal.reward), (89_999, true, 10.0));
    let parameters = Parameters::from([("open_field".to_owned(), Value::Integer(1))]);
    let error = registry::build(&EnvironmentSpec { id: "gridworld".into(), parameters }).unwrap_err();
    assert_eq!(error.to_string(), "gridworld: open_field: a field has at least 2 cells a side, or 0 for the map");
}

#[test]
fn the_fewest_steps_lead_around_walls_over_teleports_and_into_no_pit() {
    let steps = |text: &str| GridMap::parse(text, map::ALL).unwrap().fewest_steps();
    assert_eq!(steps("SFG"), Some(2));
    assert_eq!(steps("S#G\nFFF"), Some(4));
    assert_eq!(steps("SHG\nFaH\n###\nFFa"), None);
    assert_eq!(steps("Sa#\n##G\n#Fa"), Some(2));
    assert_eq!(steps("S<G"), None);
}

#[test]
fn a_random_map_is_the_same_for_the_same_seed_and_has_a_way() {
    let random = |seed, free| GridMap::random(9, 5, Probability::new(free).unwrap(), Seed::new(seed).unwrap());
    let map = random(7, 0.6).unwrap();
    assert_eq!(map, random(7, 0.6).unwrap());
    assert_ne!(map, random(8, 0.6).unwrap());
    assert_eq!((map.width, map.height, map.cells[0], map.cells[44]), (9, 5, GridCell::Start, GridCell::Goal));
    assert!(map.goal_in_reach() && map.cells.contains(&GridCell::Pit));
    assert_eq!(random(7, 0.0), None);
}
