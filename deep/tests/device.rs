//! Networks on burn's CPU path against those on the processor: every number, and whole runs.

#[path = "../../networks/tests/common/mod.rs"]
mod common;

use burn_flex::{Flex, FlexDevice};
use common::{Chance, architecture, network};
use deep::network::DeviceNetwork;
use deep::{Device, learners};
use networks::{Approximator, Network, Optimiser, Tensors};
use run::{Registry, Run};
use shared::event::{Exactness, LogEvent};
use shared::parameter::Value;
use shared::{RunSpec, Seed};
use std::sync::Arc;

const NETWORKS: u64 = 60;

/// A random network on the processor and on the device, and what else was drawn.
fn pair(index: u64) -> (Network, DeviceNetwork<Flex>, Chance) {
    let mut chance = Chance(index);
    // Where a gradient is nearly 0, a smaller epsilon makes a step of what was rounded.
    let optimisers = [Optimiser::adam(0.9, 0.999, 0.01), Optimiser::rms_prop(0.99, 0.01)];
    let optimiser = chance.pick(&optimisers.map(|it| it.expect("they are within their ranges")));
    let architecture = architecture(&mut chance, 70);
    let network = network(&architecture, optimiser, &mut chance);
    let there = DeviceNetwork::new(network.clone(), FlexDevice);
    (network, there, chance)
}

/// Numbers that differ by no more than a hundred-thousandth of the largest.
fn alike(what: &str, here: &[f32], there: &[f32]) {
    assert_eq!(here.len(), there.len(), "{what}");
    let largest = here.iter().fold(1e-6_f32, |most, it| most.max(it.abs()));
    for (place, (here, there)) in here.iter().zip(there).enumerate() {
        assert!((here - there).abs() <= 1e-5 * largest, "{what}, place {place}: {there}, not {here}");
    }
}

/// Gradients of a head's outputs whose sums over the rows are of the order of 1.
fn slopes(chance: &mut Chance, outputs: &[f32]) -> Vec<f32> {
    let count = outputs.len() as f32;
    chance.batch(outputs.len()).into_iter().map(|it| it / count).collect()
}

fn batch(chance: &mut Chance, network: &Network) -> Vec<f32> {
    let rows = chance.within(1, 40);
    chance.batch(rows * network.architecture().input().length())
}

#[test]
fn outputs_gradients_and_steps_are_those_of_the_processor() {
    for index in 0..NETWORKS {
        let (mut here, mut there, mut chance) = pair(index);
        assert_eq!(here.weights(), there.weights(), "network {index} begins with other weights");
        for round in 0..4 {
            let name = |what: &str| format!("{what} of network {index} in round {round}");
            // A batch in two pieces, whose gradients add up.
            for _ in 0..2 {
                let inputs = batch(&mut chance, &here);
                here.forward(&inputs);
                there.forward(&inputs);
                let mut gradients = Vec::new();
                for head in 0..2 {
                    alike(&name("outputs"), here.outputs(head), there.outputs(head));
                    gradients.push(slopes(&mut chance, here.outputs(head)));
                }
                here.backward(&[&gradients[0], &gradients[1]]);
                there.backward(&[&gradients[0], &gradients[1]]);
            }
            alike(&name("gradients"), here.gradients(), &there.gradients());
            let most = chance.pick(&[None, Some(0.1)]);
            let norm = here.step(0.01, most).unwrap();
            alike(&name("norm"), &[norm], &[there.step(0.01, most).unwrap()]);
            alike(&name("weights"), here.weights(), &there.weights());
            // What was rounded otherwise is not to add up from round to round.
            there.load(&here.save()).unwrap();
        }
    }
}

#[test]
fn what_is_shown_predicted_and_followed_is_that_of_the_processor() {
    for index in 0..NETWORKS {
        let (mut here, mut there, mut chance) = pair(index);
        let (mut here_behind, mut there_behind) = (here.clone(), DeviceNetwork::<Flex>::new(here.clone(), FlexDevice));
        let inputs = batch(&mut chance, &here);
        here.forward(&inputs);
        there.forward(&inputs);
        let gradients: Vec<_> = (0..2).map(|head| slopes(&mut chance, here.outputs(head))).collect();
        here.backward(&[&gradients[0], &gradients[1]]);
        there.backward(&[&gradients[0], &gradients[1]]);
        here.step(0.01, None).unwrap();
        there.step(0.01, None).unwrap();
        let share = chance.pick(&[1.0, 0.3]);
        here_behind.follow(&here, share);
        there_behind.follow(&there, share);
        alike("weights that follow", here_behind.weights(), &there_behind.weights());
        there.load(&here.save()).unwrap();
        let input = chance.batch(here.architecture().input().length());
        for head in 0..2 {
            alike("prediction", &here.predict(head, &inputs), &there.predict(head, &inputs));
            alike("saliency", &here.saliency(head, 0, &input), &there.saliency(head, 0, &input));
        }
        let mut shown = Vec::new();
        here.inspect(&mut |it| {
            shown.push((it.name.to_owned(), it.inputs, it.weights.to_vec(), it.outputs.to_vec(), it.gradient_norm));
        });
        let mut shown = shown.into_iter();
        there.inspect(&mut |it| {
            let (name, inputs, weights, outputs, norm) = shown.next().unwrap();
            assert_eq!((it.name, it.inputs, it.weights), (&*name, inputs, &weights[..]));
            alike("shown outputs", &outputs, it.outputs);
            alike("shown norm", &[norm], &[it.gradient_norm]);
        });
        assert!(shown.next().is_none());
    }
}

#[test]
fn what_was_saved_here_goes_on_there_and_the_reverse() {
    fn learn(network: &mut impl Approximator, chance: &mut Chance) {
        let rows = chance.within(1, 40);
        network.forward(&chance.batch(rows * network.architecture().input().length()));
        let gradients: Vec<_> = (0..2).map(|head| chance.batch(network.outputs(head).len())).collect();
        network.backward(&[&gradients[0], &gradients[1]]);
        network.step(0.01, None).unwrap();
    }
    for index in 0..NETWORKS {
        let (mut here, mut there, mut chance) = pair(index);
        learn(&mut there, &mut chance);
        let file = there.save().to_file().unwrap();
        here.load(&Tensors::from_file(&file).unwrap()).unwrap();
        assert_eq!(here.save().to_file().unwrap(), file);
        learn(&mut here, &mut chance);
        let saved = here.save();
        assert_ne!(saved, there.save());
        there.load(&saved).unwrap();
        assert_eq!(there.save(), saved);
        // What does not fit changes nothing.
        let (_, other, _) = pair(index + 1);
        assert!(there.load(&other.save()).is_err());
        assert_eq!(there.save(), saved);
    }
}

#[test]
fn a_gradient_that_is_not_finite_changes_nothing_and_its_layer_is_named() {
    let (mut here, mut there, mut chance) = pair(1);
    let before = there.save();
    let inputs = batch(&mut chance, &here);
    here.forward(&inputs);
    there.forward(&inputs);
    let policy = vec![f32::NAN; here.outputs(0).len()];
    let value = vec![0.0; here.outputs(1).len()];
    here.backward(&[&policy, &value]);
    there.backward(&[&policy, &value]);
    assert_eq!(there.step(0.01, None).unwrap_err(), here.step(0.01, None).unwrap_err());
    assert_eq!(there.save(), before);
}

fn on_the_device() -> Arc<Registry> {
    let learners = learners(Device::BurnCpu).expect("every machine has this device");
    Arc::new(learners.into_iter().fold(Registry::default(), Registry::with))
}

fn mean(returns: &[f64]) -> f64 {
    returns.iter().sum::<f64>() / returns.len() as f64
}

#[test]
fn ppo_learns_cart_pole_on_the_device_and_goes_on_on_the_processor_and_back() {
    let spec = RunSpec::new("cart-pole", "ppo", Seed::default());
    let mut run = Run::of(on_the_device(), spec).unwrap();
    let started = run.drain_log();
    let exactness = started.iter().find_map(|it| match it {
        LogEvent::RunStarted { exactness, .. } => Some(*exactness),
        _ => None,
    });
    assert_eq!(exactness, Some(Exactness::Seeded));
    run.command(shared::command::Command::Resume { until_episode: None });
    run.advance(30_000);
    let learned = mean(run.recent_returns());
    assert!(
        learned > 100.0,
        "a pole that nobody learned to balance falls after some 20 steps, this one after {learned}"
    );

    let mut here = Run::load(Arc::new(Registry::default()), &run.save().unwrap()).unwrap();
    assert_eq!((here.step(), here.hash()), (run.step(), run.hash()));
    here.command(shared::command::Command::Resume { until_episode: None });
    here.advance(4_000);
    assert!(mean(here.recent_returns()) > 100.0);
    let mut back = Run::load(on_the_device(), &here.save().unwrap()).unwrap();
    back.command(shared::command::Command::Resume { until_episode: None });
    back.advance(2_000);
    assert!(back.step() > here.step());
}

#[test]
fn every_agent_with_a_network_learns_on_the_device() {
    for (agent, environment) in
        [("dqn", "cart-pole"), ("a2c", "cart-pole"), ("neural-reinforce", "cart-pole"), ("ppo", "racing")]
    {
        let mut spec = RunSpec::new(environment, agent, Seed::default());
        if agent == "dqn" {
            spec.agent.parameters.insert("target_share".into(), Value::Number(0.5));
            spec.agent.parameters.insert("dueling".into(), Value::Flag(true));
        }
        let mut run = Run::of(on_the_device(), spec).unwrap();
        let weights = |run: &mut Run| run.save().unwrap().agent.artifacts;
        let before = weights(&mut run);
        run.command(shared::command::Command::Resume { until_episode: None });
        run.advance(6_000);
        assert!(run.step() >= 6_000, "{agent} stopped at step {}", run.step());
        assert_ne!(weights(&mut run), before, "{agent} learned nothing");
        assert!(run.network().is_some_and(|it| !it.layers.is_empty()));
    }
}
