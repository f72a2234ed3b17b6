//! What a run tells of itself beside its episodes: values of agents without a table, and its hash on the way.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use run::Run;
use shared::command::Command;
use shared::event::Values;
use shared::quantity::Seed;
use shared::spec::RunSpec;

fn run_of(environment: &str, agent: &str, episodes: u64) -> Run {
    let mut run = Run::new(RunSpec::new(environment, agent, Seed::new(3).unwrap())).unwrap();
    run.command(Command::Resume { until_episode: Some(episodes) });
    run.advance(1_000_000);
    assert_eq!(run.episode(), episodes);
    run
}

#[test]
fn agents_with_tiles_judge_the_cells_of_a_surface_and_the_present_observation() {
    for environment in ["mountain-car", "cart-pole"] {
        let run = run_of(environment, "linear-sarsa", 5);
        let surface = run.description().surface.unwrap();
        let values = run.values().unwrap();
        let actions = run.description().actions.len() as u32;
        assert_eq!((values.states, values.actions), (surface.cells(), actions));
        assert_eq!((values.q.len(), values.now.len()), ((surface.cells() * actions) as usize, actions as usize));
        assert!(values.q.iter().any(|value| *value != values.q[0]), "{environment}: it has learned something");
        assert!(values.now.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn cells_of_a_surface_count_from_its_lower_left_corner() {
    let surface = run_of("mountain-car", "linear-sarsa", 1).description().surface.unwrap();
    let [(left, lower), (right, upper)] = [0, surface.cells() - 1].map(|cell| surface.at(cell));
    assert!(left < right && lower < upper);
    let shared::describe::StateLayout::Boxes { centres, .. } = surface.layout() else {
        panic!("a surface is of boxes")
    };
    assert!(
        centres[0].0 < centres[centres.len() - 1].0 && centres[0].1 > centres[centres.len() - 1].1,
        "y is downward"
    );
}

#[test]
fn what_is_not_legal_now_has_no_value_and_agents_without_a_judgement_tell_none() {
    let values = run_of("snake", "linear-q-learning", 3).values().unwrap();
    assert_eq!((values.states, values.q.len()), (0, 0));
    assert!(values.now.iter().any(|value| value.is_finite()));
    assert_eq!(run_of("cart-pole", "random", 3).values(), None);
    let table = run_of("gridworld", "q-learning", 3).values().unwrap();
    assert_eq!(table, Values { now: vec![].into(), ..table.clone() });
}

#[test]
fn marks_are_the_hash_after_1_2_4_8_episodes_and_go_on_after_a_checkpoint() {
    let marks = |run: &mut Run| run.status(0.0).marks.to_vec();
    let word = |run: &Run| run.checkpoint().unwrap().hash as u16;
    let mut whole = run_of("gridworld", "q-learning", 16);
    let on_the_way: Vec<_> = [1, 2, 4, 8, 16].map(|episodes| word(&run_of("gridworld", "q-learning", episodes))).into();
    assert_eq!(marks(&mut whole), on_the_way);
    let checkpoint = run_of("gridworld", "q-learning", 7).checkpoint().unwrap();
    let go_on = |checkpoint| {
        let mut run = Run::from_checkpoint(&checkpoint).unwrap();
        run.command(Command::Resume { until_episode: Some(16) });
        run.advance(1_000_000);
        marks(&mut run)
    };
    assert_eq!(go_on(checkpoint.clone()), on_the_way);
    // One of an earlier version has none, and then nobody knows where to put those that follow.
    assert_eq!(go_on(shared::checkpoint::Checkpoint { marks: vec![].into(), ..checkpoint }), Vec::<u16>::new());
}

#[test]
fn the_path_of_an_episode_that_is_over_leads_to_its_end() {
    for episodes in 1..40 {
        let frame = run_of("taxi", "q-learning", episodes).frame().unwrap();
        assert_eq!(frame.trail.last().copied(), frame.state, "after {episodes} episodes");
        assert_eq!((frame.action, frame.trail.len() as u64), (None, frame.episode_step + 1));
    }
}
