//! Policies of ONNX files as runs: what they do, and what is refused by name.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;

use agents::batch::{Batch, BatchActionsMut, BatchAgent as _};
use agents::setting::Setting;
use environments::Generator;
use files::{File, expected, integer, layers, network};
use policies::OnnxPolicy;
use rten_onnx::onnx::DataType;
use run::recorded::ReplayFile;
use run::{Registry, Run, onnx_policy};
use shared::action::{ActionEntry, ActionSpace};
use shared::artifact::Artifact;
use shared::command::{Answer, Command};
use shared::describe::ObservationDescription;
use shared::event::{Exactness, LogEvent, Phase};
use shared::parameter::{Parameters, Resolved, Value};
use shared::{RunSpec, Seed};
use std::sync::Arc;

fn registry() -> Arc<Registry> {
    Arc::new(Registry::empty().with(policies::registered()))
}

fn spec(environment: &str, set: &[(&str, &str)]) -> RunSpec {
    let mut spec = RunSpec::new(environment, onnx_policy::ID, Seed::new(3).unwrap());
    spec.agent.parameters = parameters(set);
    spec
}

fn parameters(set: &[(&str, &str)]) -> Parameters {
    set.iter().map(|(name, value)| ((*name).to_owned(), Value::Text((*value).to_owned()))).collect()
}

fn run(environment: &str, file: Vec<u8>) -> Run {
    Run::load(registry(), &onnx_policy::beginning(spec(environment, &[]), file)).unwrap()
}

fn refused(environment: &str, set: &[(&str, &str)], file: Vec<u8>) -> String {
    let refused = Run::load(registry(), &onnx_policy::beginning(spec(environment, set), file)).unwrap_err().to_string();
    assert!(refused.starts_with("this ONNX policy cannot be played here: "), "{refused}");
    refused
}

fn play(run: &mut Run, steps: u64) {
    let answer = run.command(Command::Resume { until_episode: None });
    assert!(matches!(answer, Answer::Accepted { .. }), "{answer:?}");
    let until = run.step() + steps;
    while run.step() < until && run.phase() == Phase::Running {
        run.advance(until - run.step());
    }
}

/// The agent alone, for observations of three entries.
fn agent(space: ActionSpace, set: &[(&str, &str)], file: Vec<u8>) -> OnnxPolicy {
    let setting = Setting {
        states: 0,
        board: None,
        actions: usize::from(space.count()),
        space,
        model: None,
        observation: ["x", "y", "z"].map(|it| ObservationDescription::new(it, -1.0, 1.0)).into(),
    };
    let resolved = Resolved::new(&policies::entry().parameters, &parameters(set)).unwrap();
    let mut agent = OnnxPolicy::build(&resolved, &setting, Seed::new(1).unwrap()).unwrap();
    agent.load(&onnx_policy::state(Artifact::new(file))).unwrap();
    agent
}

fn pedals() -> ActionSpace {
    ActionSpace::Box(vec![ActionEntry::new("steer", -1.0, 1.0), ActionEntry::new("gas", 0.0, 4.0)])
}

fn box_action(agent: &mut OnnxPolicy, observation: &[f32]) -> [f32; 2] {
    let mut action = [0.0; 2];
    agent.act(Batch { observations: observation, legal: &[] }, BatchActionsMut::Box(&mut action));
    action
}

fn discrete_action(agent: &mut OnnxPolicy, observation: &[f32], legal: &[bool]) -> u16 {
    let mut action = [0];
    agent.act(Batch { observations: observation, legal }, BatchActionsMut::Discrete(&mut action));
    action[0]
}

fn observations() -> impl Iterator<Item = [f32; 3]> {
    let mut generator = Generator::new(Seed::new(9).unwrap());
    (0..200).map(move |_| [(); 3].map(|()| generator.unit() as f32 * 2.0 - 1.0))
}

#[test]
fn a_file_as_stable_baselines_exports_it_plays_what_its_network_says() {
    let (file, layers) = network(3, 4);
    let mut agent = agent(ActionSpace::Discrete(4), &[], file.clone());
    for observation in observations() {
        let logits = expected(&layers, &observation);
        let action = discrete_action(&mut agent, &observation, &[true; 4]);
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert!(logits[usize::from(action)] > greatest - 1e-5, "{action} of {logits:?}");
        let masked = discrete_action(&mut agent, &observation, &[false, true, true, false]);
        assert_eq!(masked, if logits[1] > logits[2] { 1 } else { 2 }, "{logits:?}");
    }
    let mut run = run("cart-pole", network(4, 2).0);
    play(&mut run, 2000);
    assert_eq!(run.step(), 2000);
    assert!(run.episode() > 1, "{} episodes", run.episode());
    let started = run.drain_log().into_iter().find_map(|it| match it {
        LogEvent::RunStarted { exactness, agent, .. } => Some((exactness, agent.id)),
        _ => None,
    });
    assert_eq!(started, Some((Exactness::Seeded, onnx_policy::ID.to_owned())));
}

#[test]
fn numbers_of_a_box_are_within_1e_5_of_the_networks_and_within_their_bounds() {
    let layers = layers(&[3, 64, 64, 2]);
    let file = File::default()
        .input("obs", &[None, Some(3)])
        .dense("obs", &layers, "mean")
        .output("mean", DataType::FLOAT, &[None, Some(2)])
        .bytes();
    let mut plain = agent(pedals(), &[], file.clone());
    let mut unit = agent(pedals(), &[("outputs", "unit_actions")], file);
    for observation in observations() {
        let mean = expected(&layers, &observation);
        let near = |given: f32, wanted: f32| assert!((given - wanted).abs() < 1e-5, "{given} instead of {wanted}");
        let [steer, gas] = box_action(&mut plain, &observation);
        near(steer, mean[0].clamp(-1.0, 1.0));
        near(gas, mean[1].clamp(0.0, 4.0));
        let [_, gas] = box_action(&mut unit, &observation);
        near(gas, ((mean[1] + 1.0) * 2.0).clamp(0.0, 4.0));
    }
}

#[test]
fn an_export_that_chooses_by_itself_gives_the_number_of_an_action() {
    let layers = layers(&[3, 64, 64, 4]);
    // As Stable-Baselines3's own recipe has it: actions, values, logarithms of probabilities.
    let file = File::default()
        .input("input", &[Some(1), Some(3)])
        .dense("input", &layers, "logits")
        .node("ArgMax", &["logits"], "actions", vec![integer("axis", 1), integer("keepdims", 0)])
        .node("ReduceMean", &["logits"], "values", vec![integer("keepdims", 1)])
        .output("actions", DataType::INT64, &[Some(1)])
        .output("values", DataType::FLOAT, &[Some(1), Some(1)])
        .bytes();
    let mut agent = agent(ActionSpace::Discrete(4), &[], file);
    for observation in observations() {
        let logits = expected(&layers, &observation);
        let action = discrete_action(&mut agent, &observation, &[true; 4]);
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert!(logits[usize::from(action)] > greatest - 1e-5, "{action} of {logits:?}");
        let mut legal = [true; 4];
        legal[usize::from(action)] = false;
        assert_ne!(discrete_action(&mut agent, &observation, &legal), action);
    }
}

#[test]
fn observations_are_scaled_and_logits_drawn_from_as_is_set() {
    let (file, layers) = network(3, 4);
    let set = [("observation_offset", "1, 0, -1"), ("observation_scale", "0.5")];
    let mut scaled = agent(ActionSpace::Discrete(4), &set, file.clone());
    let mut sampled = agent(ActionSpace::Discrete(4), &[("choice", "sampled")], file);
    for observation in observations() {
        let seen = [(observation[0] - 1.0) / 2.0, observation[1] / 2.0, f32::midpoint(observation[2], 1.0)];
        let logits = expected(&layers, &seen);
        let action = discrete_action(&mut scaled, &observation, &[true; 4]);
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        assert!(logits[usize::from(action)] > greatest - 1e-5, "{action} of {logits:?}");
    }
    let observation = [0.3, -0.2, 0.9];
    let logits = expected(&layers, &observation);
    let mut counts = [0_u32; 4];
    for _ in 0..4000 {
        counts[usize::from(discrete_action(&mut sampled, &observation, &[true, true, false, true]))] += 1;
    }
    let weights: Vec<f32> = [0, 1, 3].iter().map(|it| logits[*it].exp()).collect();
    let sum: f32 = weights.iter().sum();
    assert_eq!(counts[2], 0, "it is not legal");
    for (count, weight) in [counts[0], counts[1], counts[3]].into_iter().zip(weights) {
        let (share, probability) = (f64::from(count) / 4000.0, f64::from(weight / sum));
        assert!((share - probability).abs() < 0.04, "{share} instead of {probability}");
    }
}

#[test]
fn what_cannot_be_played_is_named_with_the_way_out() {
    let (file, _) = network(5, 2);
    let words = refused("cart-pole", &[], file);
    assert!(words.contains("input \"obs\" of shape [any, 5], 5 numbers,"), "{words}");
    assert!(words.contains("this environment's observation of 4 numbers ("), "{words}");

    let (file, _) = network(4, 3);
    let words = refused("cart-pole", &[], file.clone());
    assert!(
        words.contains("it gives \"logits\" of 3 numbers, and this environment wants 2 numbers, one an action"),
        "{words}"
    );
    let words = refused("cart-pole", &[("outputs", "mean_actions")], file.clone());
    assert!(words.contains("its outputs are to be mean actions, and this environment wants 2 numbers"), "{words}");
    for cut in [file.len() / 2, file.len() * 2 / 3, 7] {
        let words = refused("cart-pole", &[], file[..cut].to_vec());
        assert!(words.contains("is cut") && words.contains("Take another copy"), "{words}");
    }
    let words = refused("cart-pole", &[], b"\x89PNG and other things that are no network".to_vec());
    assert!(words.contains("no ONNX file"), "{words}");

    let layers = layers(&[4, 64, 2]);
    let plain = || File::default().input("obs", &[None, Some(4)]).dense("obs", &layers, "logits");
    let unknown = plain().node("Einsum", &["logits"], "more", vec![]).node("LSTM", &["more"], "out", vec![]);
    let words = refused("cart-pole", &[], unknown.output("out", DataType::FLOAT, &[None, Some(2)]).bytes());
    assert!(
        words.contains("it uses the operators Einsum, LSTM, which are not here, and the operators here are Add, "),
        "{words}"
    );

    let external = plain().output("logits", DataType::FLOAT, &[None, Some(2)]).external();
    let words = refused("cart-pole", &[], external.bytes());
    assert!(words.contains("its weights lie in another file, \"policy.onnx.data\""), "{words}");

    let memory = plain().input("hidden_state", &[None, Some(8)]).output("logits", DataType::FLOAT, &[None, Some(2)]);
    let words = refused("cart-pole", &[], memory.bytes());
    assert!(words.contains("it takes 2 inputs (obs, hidden_state)"), "{words}");
}

#[test]
fn a_files_own_words_say_where_it_was_learned_and_what_its_outputs_are() {
    let layers = layers(&[4, 8, 2]);
    let file = |outputs: &str| {
        File::default()
            .input("obs", &[None, Some(4)])
            .dense("obs", &layers, "out")
            .output("out", DataType::FLOAT, &[None, Some(2)])
            .metadata(onnx_policy::ENVIRONMENT, r#"{"id":"cart-pole","parameters":{}}"#)
            .metadata(onnx_policy::OUTPUTS, outputs)
            .bytes()
    };
    assert_eq!(policies::environment(&file("logits")).unwrap().unwrap().id, "cart-pole");
    assert_eq!(policies::environment(&network(4, 2).0).unwrap(), None);
    assert!(policies::environment(&file("logits")[..40]).is_err());
    let words = refused("cart-pole", &[], file("mean_actions"));
    assert!(words.contains("its outputs are to be mean actions"), "{words}");
    // What somebody sets counts.
    let checkpoint = onnx_policy::beginning(spec("cart-pole", &[("outputs", "logits")]), file("mean_actions"));
    assert!(Run::load(registry(), &checkpoint).is_ok());
}

#[test]
fn the_first_episode_plays_again_like_all_others() {
    let mut run = run("cart-pole", network(4, 2).0);
    play(&mut run, 600);
    let checkpoint = run.checkpoint().unwrap();
    assert!(!checkpoint.recorded_episodes.is_empty());
    for recorded in checkpoint.recorded_episodes {
        ReplayFile::new(&checkpoint.spec.environment, recorded).unwrap();
    }
}

#[test]
fn the_file_stays_when_the_run_begins_anew_or_something_is_set() {
    let mut run = run("cart-pole", network(4, 2).0);
    play(&mut run, 200);
    let (hash, episodes) = (run.hash(), run.episode());
    run.command(Command::Reset { seed: None });
    run.command(Command::Resume { until_episode: Some(episodes) });
    run.advance(10_000);
    assert_eq!(run.hash(), hash, "the same episodes again");
    let mut again = Run::load(registry(), &run.checkpoint().unwrap()).unwrap();
    play(&mut again, 50);
    let other = spec("cart-pole", &[("observation_scale", "-1")]);
    let answer = run.command(Command::Start { spec: Some(Box::new(other)) });
    assert!(matches!(answer, Answer::Accepted { .. }), "{answer:?}");
    run.advance(300);
    assert_eq!((run.step(), run.phase()), (300, Phase::Running));
    let answer = run.command(Command::Tune { parameters: parameters(&[("choice", "sampled")]) });
    assert!(matches!(answer, Answer::Accepted { .. }), "{answer:?}");
    run.advance(300);
    assert_eq!(run.step(), 600);
    let answer = run.command(Command::Start { spec: Some(Box::new(spec("mountain-car", &[]))) });
    let Answer::Rejected { reason } = answer else { panic!("a policy of another shape was taken") };
    assert!(reason.contains("observation of 2 numbers"), "{reason}");
    run.command(Command::Resume { until_episode: None });
    run.advance(50);
    assert_eq!((run.step(), &*run.spec().environment.id), (650, "cart-pole"));
}

#[test]
fn a_policy_whose_numbers_are_none_plays_on_and_that_is_said_once() {
    // The logarithm of what is below nought.
    let file = File::default()
        .input("obs", &[None, Some(4)])
        .dense("obs", &layers(&[4, 8, 2]), "raw")
        .node("Exp", &["raw"], "positive", vec![])
        .node("Neg", &["positive"], "negative", vec![])
        .node("Log", &["negative"], "logits", vec![])
        .output("logits", DataType::FLOAT, &[None, Some(2)])
        .bytes();
    let said = |run: &mut Run| {
        let notices = run.drain_log().into_iter().filter_map(|it| match it {
            LogEvent::Notice { text, .. } => Some(text),
            _ => None,
        });
        notices.filter(|it| it.starts_with("The policy gives NaN for some observations. ")).count()
    };
    let mut broken = run("cart-pole", file);
    play(&mut broken, 100);
    assert_eq!((broken.step(), said(&mut broken)), (100, 1));
    play(&mut broken, 100);
    assert_eq!((broken.step(), said(&mut broken)), (200, 0));
    let mut sound = run("cart-pole", network(4, 2).0);
    play(&mut sound, 100);
    assert_eq!(said(&mut sound), 0);
}

#[test]
fn without_a_file_nothing_happens_and_that_is_said() {
    let mut run = Run::of(registry(), spec("cart-pole", &[])).unwrap();
    run.command(Command::Resume { until_episode: None });
    run.advance(10);
    assert_eq!((run.step(), run.phase()), (0, Phase::Paused));
    let said = run.drain_log().into_iter().any(|it| {
        matches!(it, LogEvent::Notice { text, .. } if text == "Paused: there is no policy to play yet. Drop an .onnx file on the page, or open one.")
    });
    assert!(said);
    let unknown = Run::of(registry(), RunSpec::new("gridworld", "q-learning", Seed::default())).unwrap_err();
    assert!(unknown.to_string().contains("there is no agent \"q-learning\"; there are: onnx-policy"), "{unknown}");
}
