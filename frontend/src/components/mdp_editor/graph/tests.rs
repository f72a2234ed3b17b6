use super::*;
use crate::components::mdp_editor::faults::{MdpGraphFault, MdpNameFault};
use environments::Environment as _;
use environments::registry;
use proptest::prelude::*;
use shared::describe::EnvironmentDescription;
use shared::parameter::{Parameters, Value};
use shared::spec::EnvironmentSpec;

const TWO: &str = "s1,a11,.5,s1,5\ns1,a11,.5,s2,5\ns1,a12,1,s2,10\ns2,a21,1,s2,-1";

fn read(table: &str) -> MdpGraph {
    MdpGraph::read(table, "", &MdpGraph::default()).unwrap()
}

fn built((table, start): &(String, String)) -> Result<(environments::Model, EnvironmentDescription), String> {
    let values = [("table", table), ("start", start)].map(|(name, text)| (name.to_owned(), Value::Text(text.clone())));
    let spec = EnvironmentSpec { id: "mdp".into(), parameters: Parameters::from(values) };
    let environment = registry::build(&spec).map_err(|error| error.to_string())?;
    Ok((environment.model().unwrap().clone(), environment.describe()))
}

fn state(graph: &MdpGraph, name: &str) -> u32 {
    graph.named(name).unwrap()
}

fn action(graph: &MdpGraph, state: &str, name: &str) -> u32 {
    let state = graph.named(state).unwrap();
    graph.actions_of(state).find(|action| action.name == name).unwrap().id
}

#[test]
fn drawing_the_table_by_hand_gives_the_same_environment() {
    let mut graph = MdpGraph::default();
    let (one, two) = (graph.add_state((0.0, 0.0)), graph.add_state((200.0, 0.0)));
    let stay = graph.connect(MdpNode::State(one), one).unwrap();
    graph.connect(MdpNode::Action(stay), two).unwrap();
    let go = graph.connect(MdpNode::State(one), two).unwrap();
    let end = graph.connect(MdpNode::State(two), two).unwrap();
    for (id, name, reward) in [(stay, "a11", 5.0), (go, "a12", 10.0), (end, "a21", -1.0)] {
        graph.rename(MdpNode::Action(id), name);
        graph.branches.iter_mut().filter(|it| it.action == id).for_each(|it| it.reward = reward);
    }
    assert_eq!(graph.faults(), []);
    assert_eq!(built(&graph.write()).unwrap(), built(&(TWO.into(), String::new())).unwrap());
}

#[test]
fn an_outcome_is_split_and_scaled() {
    let mut graph = read("a,go,1,b,1\nb,go,1,c,0,true");
    let go = action(&graph, "a", "go");
    graph.split(0, None);
    let branch = |graph: &MdpGraph| -> Vec<(String, f64, bool)> {
        graph.branches_of(go).map(|(_, it)| (graph.name(it.next).to_string(), it.probability, it.terminal)).collect()
    };
    assert_eq!(branch(&graph), [("b".into(), 0.5, false), ("a".into(), 0.5, false)]);
    graph.split(0, None);
    // Whoever enters an end ends.
    assert_eq!(branch(&graph)[2], ("c".into(), 0.25, true));
    graph.branches[1].probability = 1.0;
    assert_eq!(graph.faults(), [MdpGraphFault::Sum(go, 1.5)]);
    graph.normalise(go);
    assert_eq!(graph.faults(), []);
    graph.remove_branch(2);
    graph.remove_branch(0);
    graph.normalise(go);
    assert_eq!(branch(&graph), [("a".into(), 1.0, false)]);
    graph.remove_branch(0);
    assert_eq!(graph.actions_of(state(&graph, "a")).count(), 0, "an action without an outcome is none");
}

#[test]
fn what_is_missing_is_named() {
    let mut graph = read(TWO);
    let lonely = graph.add_state((0.0, 300.0));
    assert_eq!(graph.faults(), [MdpGraphFault::Apart(lonely)]);
    graph.connect(MdpNode::State(state(&graph, "s2")), lonely).unwrap();
    assert_eq!(graph.faults(), [MdpGraphFault::DeadEnd(lonely)]);
    assert!(built(&graph.write()).unwrap_err().contains("has no actions"));
    graph.set_end(lonely, true);
    assert!(graph.faults().is_empty() && graph.is_end(lonely));
    built(&graph.write()).unwrap();
    let mut ended = graph.clone();
    for start in [lonely, state(&graph, "s1")] {
        ended.toggle_start(start);
        let is_refused = ended.start == [(lonely, 1.0)];
        assert_eq!(ended.faults().contains(&MdpGraphFault::EndedStart), is_refused);
        assert_eq!(built(&ended.write()).is_err(), is_refused);
    }
    graph.remove(MdpNode::State(state(&graph, "s2")));
    assert_eq!(graph.faults().len(), 2, "half of a11 is gone, and the end leads nowhere: {:?}", graph.faults());
    assert_eq!(graph.name_fault(MdpNode::State(lonely), " s1 "), Some(MdpNameFault::Taken));
    assert_eq!(graph.name_fault(MdpNode::State(lonely), " "), Some(MdpNameFault::Empty));
    assert_eq!(graph.name_fault(MdpNode::State(lonely), "a\tb"), Some(MdpNameFault::Control));
    graph.rename(MdpNode::State(lonely), " s4 ");
    assert_eq!(graph.name(lonely), "s4");
}

#[test]
fn episodes_start_where_somebody_says() {
    let mut graph = read(TWO);
    let (one, two) = (state(&graph, "s1"), state(&graph, "s2"));
    assert_eq!((graph.start.clone(), graph.write().1), (vec![(one, 1.0)], String::new()));
    graph.toggle_start(two);
    assert_eq!(graph.write().1, "s1, s2");
    graph.start[0].1 = 0.25;
    assert_eq!(graph.faults(), [MdpGraphFault::StartSum(0.75)]);
    graph.start[1].1 = 0.75;
    let written = graph.write();
    assert_eq!(written.1, "s1: 0.25, s2: 0.75");
    assert_eq!(built(&written).unwrap().0.start(), [(0, 0.25), (1, 0.75)]);
    assert_eq!(MdpGraph::read(&written.0, &written.1, &graph).unwrap(), graph, "and back");
    graph.toggle_start(one);
    graph.toggle_start(two);
    assert_eq!(graph.write().1, "s2", "one stays");
    graph.remove(MdpNode::State(two));
    assert_eq!(graph.start, [(one, 1.0)]);
}

#[test]
fn a_form_that_names_its_states_first_starts_in_the_first_of_them() {
    let json = r#"{"states": ["low", "high"], "actions": ["go"], "P": [[[0, 1], [1, 0]]], "R": [1, 0]}"#;
    let graph = read(json);
    assert_eq!(graph.name(graph.start[0].0), "low");
    let cassandra = "discount: 0.9\nvalues: reward\nstates: a b\nactions: go\nstart: 0.25 0.75\nT: go\nidentity\n";
    assert_eq!(read(cassandra).write().1, "a: 0.25, b: 0.75");
}

#[test]
fn what_was_known_stays_where_it_was_when_the_table_is_typed_on() {
    let mut graph = read(TWO);
    let one = state(&graph, "s1");
    graph.states[0].place = (7.0, 8.0);
    let typed = MdpGraph::read(&format!("{TWO}\ns2,a22,1,s3,0\ns3,a,1,s1,0"), "", &graph).unwrap();
    assert_eq!((typed.states[0].id, typed.states[0].place), (one, (7.0, 8.0)));
    assert_eq!(action(&typed, "s1", "a11"), action(&graph, "s1", "a11"));
    assert!(typed.states.iter().all(|state| state.place.0.is_finite()));
}

#[test]
fn too_much_is_refused_and_a_fault_is_told() {
    let ring = |count: usize| {
        let rows = (0..count).map(|at| format!("{at},go,1,{},0", (at + 1) % count));
        rows.collect::<Vec<_>>().join("\n")
    };
    let refused = |table: &str| MdpGraph::read(table, "", &MdpGraph::default()).unwrap_err();
    assert_eq!(read(&ring(MOST_STATES)).states.len(), MOST_STATES);
    assert_eq!(refused(&ring(MOST_STATES + 1)), MdpGraphRefusal::TooLarge);
    assert_eq!(refused(&"a,b,1,a,0\n".repeat(MOST_OUTCOMES + 1)), MdpGraphRefusal::TooLarge);
    assert_eq!(refused(&"#".repeat(MOST_CHARACTERS + 1)), MdpGraphRefusal::TooLarge);
    assert!(matches!(refused("a,b,c,d,e"), MdpGraphRefusal::Fault(reason) if reason.contains("not a number")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_drawn_and_written_is_the_same_environment(
        names in prop::collection::vec(r#"[ #"',;a-d0-9.:=({\[é]{1,6}"#, 2..6),
        picks in prop::collection::vec((0..6_usize, 0..3_usize, 0..6_usize, -9.0..9.0, any::<bool>()), 1..14),
        shares in prop::collection::vec(prop_oneof![Just(1.0), Just(0.5), 1e-9..1.0], 14),
    ) {
        let name = |at: usize| names[at % names.len()].trim().to_owned();
        prop_assume!((0..names.len()).all(|at| !name(at).is_empty()));
        let rows: Vec<MdpRow> = picks.iter().zip(&shares).flat_map(|((state, action, next, reward, terminal), share)| {
            let row = |probability, next: usize, terminal| MdpRow {
                state: name(*state), action: format!("go {action}"), probability, next_state: name(next), reward: *reward, terminal,
            };
            [row(*share, *next, *terminal), row(1.0 - *share, *state, false)]
        }).collect();
        let text = MdpRows { rows, ..MdpRows::default() }.write();
        let graph = read(&text);
        let written = graph.write();
        prop_assert_eq!(built(&(text.clone(), String::new())), built(&written), "{}", text);
        prop_assert_eq!(MdpGraph::read(&written.0, &written.1, &graph).unwrap(), graph);
    }

    /// Whatever is drawn in whatever order, text and graph stay one thing.
    #[test]
    fn text_and_graph_stay_one(
        steps in prop::collection::vec((0..9_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..30),
    ) {
        let mut graph = read(TWO);
        for (kind, one, other) in steps {
            let state = |graph: &MdpGraph, at: prop::sample::Index| (!graph.states.is_empty()).then(|| graph.states[at.index(graph.states.len())].id);
            let action = |graph: &MdpGraph, at: prop::sample::Index| (!graph.actions.is_empty()).then(|| graph.actions[at.index(graph.actions.len())].id);
            let (here, there, act) = (state(&graph, one), state(&graph, other), action(&graph, one));
            let branch = (!graph.branches.is_empty()).then(|| one.index(graph.branches.len()));
            match (kind, here, there, act, branch) {
                (0, ..) => { let place = graph.free_place(); graph.add_state(place); }
                (1, Some(from), Some(to), ..) => { graph.connect(MdpNode::State(from), to); }
                (2, _, Some(to), Some(act), _) => { graph.connect(MdpNode::Action(act), to); }
                (3, .., Some(at)) => graph.split(at, None),
                (4, .., Some(at)) => graph.remove_branch(at),
                (5, Some(state), ..) => graph.remove(MdpNode::State(state)),
                (6, _, _, Some(act), _) => { graph.rename(MdpNode::Action(act), "a, \"1\""); graph.normalise(act); }
                (7, Some(state), ..) => { graph.toggle_start(state); graph.rename(MdpNode::State(state), "#1"); }
                (8, Some(state), ..) => { let is_end = graph.is_end(state); graph.set_end(state, !is_end); }
                _ => {}
            }
            let written = graph.write();
            let is_apart = |fault: &MdpGraphFault| matches!(fault, MdpGraphFault::Apart(_));
            if !graph.faults().iter().any(is_apart) {
                let again = MdpGraph::read(&written.0, &written.1, &graph).unwrap();
                prop_assert_eq!(again.write(), written.clone());
                prop_assert_eq!(again.branches, graph.branches.clone());
            }
            if graph.faults().is_empty() && !graph.branches.is_empty() {
                prop_assert!(built(&written).is_ok(), "{:?} of {:?}", built(&written).err(), written);
            }
        }
    }
}
