//! A network as its users see it: it learns, stays finite, allocates nothing, is saved and loaded, and is shown.

use crate::common::{Chance, architecture, network};
use networks::tensors::{TensorValues, Tensors};
use networks::{
    Activation, Approximator as _, Architecture, Head, Initial, Input, Layer, Network, NotFinite, Optimiser,
};

fn dense(units: usize, activation: Activation) -> Layer {
    Layer::Dense { units, activation, initial: Initial::Kaiming }
}

fn head(name: &str, layers: Vec<Layer>) -> Head {
    Head { name: name.into(), layers }
}

/// A round of learning with anything.
fn learn(network: &mut Network, chance: &mut Chance, rows: usize) -> Result<f32, NotFinite> {
    let row = network.architecture().input().length();
    network.forward(&chance.batch(rows * row));
    let heads = network.architecture().heads().len();
    let gradients: Vec<_> = (0..heads).map(|head| chance.batch(network.outputs(head).len())).collect();
    network.backward(&gradients.iter().map(Vec::as_slice).collect::<Vec<_>>());
    network.step(0.01, Some(0.5))
}

#[test]
fn rounds_after_the_first_allocate_nothing() {
    for seed in 0..20 {
        let mut chance = Chance(seed);
        let architecture = architecture(&mut chance, 40, true);
        let mut network = network(&architecture, Optimiser::ADAM, &mut chance);
        let mut target = network.clone();
        let inputs = chance.batch(32 * architecture.input().length());
        network.forward(&inputs);
        let gradients = [chance.batch(network.outputs(0).len()), chance.batch(network.outputs(1).len())];
        let mut round = |rows: usize| {
            let part = |values: &[f32]| values.len() / 32 * rows;
            network.forward(&inputs[..part(&inputs)]);
            network.backward(&[&gradients[0][..part(&gradients[0])], &gradients[1][..part(&gradients[1])]]);
            network.step(0.001, Some(0.5)).unwrap();
            target.follow(&network, 0.01);
        };
        round(32);
        let counted = allocation_counter::measure(|| [1, 32, 7, 32].into_iter().for_each(&mut round));
        assert_eq!(counted.count_total, 0, "{architecture:?}: {counted:?}");
    }
}

#[test]
fn it_learns_exclusive_or() {
    let hidden = vec![dense(8, Activation::Tanh)];
    let heads = vec![head("value", vec![dense(1, Activation::Sigmoid)])];
    let architecture = Architecture::new(Input::Vector { length: 2 }, hidden, heads).unwrap();
    for optimiser in [Optimiser::ADAM, Optimiser::RMS_PROP] {
        let mut network = network(&architecture, optimiser, &mut Chance(1));
        let wanted = [0.0, 1.0, 1.0, 0.0];
        for _ in 0..2_000 {
            network.forward(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
            let errors: Vec<_> = network.outputs(0).iter().zip(wanted).map(|(it, wanted)| it - wanted).collect();
            network.backward(&[&errors]);
            network.step(0.01, None).unwrap();
        }
        for (found, wanted) in network.outputs(0).iter().zip(wanted) {
            assert!((found - wanted).abs() < 0.1, "{:?}", network.outputs(0));
        }
    }
}

#[test]
fn a_gradient_that_is_not_finite_names_its_layer_and_changes_nothing() {
    let mut chance = Chance(5);
    let heads =
        vec![head("policy", vec![dense(3, Activation::Linear)]), head("value", vec![dense(1, Activation::Linear)])];
    let trunk = vec![dense(4, Activation::Tanh)];
    let architecture = Architecture::new(Input::Vector { length: 2 }, trunk, heads).unwrap();
    let mut network = network(&architecture, Optimiser::ADAM, &mut chance);
    learn(&mut network, &mut chance, 4).unwrap();
    let before = network.save();
    network.forward(&[1.0, 2.0]);
    network.backward(&[&[0.0; 3], &[f32::INFINITY]]);
    let error = network.step(0.1, None).unwrap_err();
    assert_eq!(error.to_string(), "the gradient of trunk.0 is not a finite number. The weights stay as they were");
    assert_eq!(network.save(), before);
    network.forward(&[1.0, f32::NAN]);
    network.backward(&[&[1.0; 3], &[1.0]]);
    network.step(0.1, Some(0.5)).unwrap_err();
    assert_eq!(network.save(), before);
    // The next one finds no trace of it.
    learn(&mut network, &mut chance, 4).unwrap();
}

#[test]
fn long_gradients_are_shortened_to_the_bound() {
    // One weight: Adam's first step is the rate whatever the gradient, RMSProp's tells it.
    let heads = vec![head("value", vec![dense(1, Activation::Linear)])];
    let architecture = Architecture::new(Input::Vector { length: 1 }, vec![], heads).unwrap();
    let step = |gradient: f32, most: Option<f32>| {
        let optimiser = Optimiser::rms_prop(0.0, 1.0).unwrap();
        let mut network = network(&architecture, optimiser, &mut Chance(1));
        let before = network.weights()[1];
        network.forward(&[0.0]);
        network.backward(&[&[gradient]]);
        let norm = network.step(1.0, most).unwrap();
        (norm, before - network.weights()[1])
    };
    assert_eq!(step(3.0, None), (3.0, 0.75));
    assert_eq!(step(3.0, Some(1.0)), (3.0, 0.5));
    assert_eq!(step(1.0, Some(2.0)), (1.0, 0.5));
}

#[test]
fn a_saved_network_goes_on_bit_for_bit() {
    for seed in 0..20 {
        let mut chance = Chance(seed);
        let architecture = architecture(&mut chance, 20, true);
        let optimiser = chance.pick(&[Optimiser::ADAM, Optimiser::RMS_PROP]);
        let mut one = network(&architecture, optimiser, &mut chance);
        let mut other = network(&architecture, optimiser, &mut chance);
        learn(&mut one, &mut chance, 8).unwrap();
        let file = one.save().to_file().unwrap();
        other.load(&Tensors::from_file(&file).unwrap()).unwrap();
        let (mut here, mut there) = (chance.clone(), chance);
        learn(&mut one, &mut here, 8).unwrap();
        learn(&mut other, &mut there, 8).unwrap();
        assert_eq!(one.save(), other.save(), "{architecture:?}");
    }
}

/// The saved tensors without what the optimiser carries, but for those of a name.
fn weights_alone(saved: &Tensors, without: &str) -> Tensors {
    let mut kept = Tensors::default();
    for name in saved.names().filter(|name| !name.starts_with("optimiser") && *name != without) {
        let tensor = saved.get(name).expect("it has the tensors that it names");
        kept.insert(name, tensor.shape(), tensor.values().clone());
    }
    kept
}

#[test]
fn weights_of_pytorchs_shape_are_taken_and_those_of_another_network_refused_by_name() {
    let heads = vec![head("q", vec![dense(2, Activation::Linear)])];
    let board = Input::Board { rows: 3, columns: 3, channels: 2 };
    let filter = Layer::Convolution {
        filters: 1,
        kernel: 2,
        stride: 1,
        padding: 0,
        activation: Activation::Relu,
        initial: Initial::Kaiming,
    };
    let architecture = Architecture::new(board, vec![filter], heads).unwrap();
    let mut network = network(&architecture, Optimiser::ADAM, &mut Chance(1));
    let weights = weights_alone(&network.save(), "");
    let shapes: Vec<_> = weights.names().map(|it| (it, weights.get(it).unwrap().shape())).collect();
    let expected: [(&str, &[usize]); 4] =
        [("q.0.bias", &[2]), ("q.0.weight", &[2, 4]), ("trunk.0.bias", &[1]), ("trunk.0.weight", &[1, 2, 2, 2])];
    assert_eq!(shapes, expected);

    // The second channel of the window's upper right cell alone: `torch.nn.Conv2d` has it at [0, 1, 0, 1].
    let mut marked = weights.clone();
    let mut values = vec![0.0; 8];
    values[0b101] = 1.0;
    marked.insert("trunk.0.weight", &[1, 2, 2, 2], TensorValues::F32(values));
    marked.insert("trunk.0.bias", &[1], TensorValues::F32(vec![0.0]));
    marked.insert("q.0.weight", &[2, 4], TensorValues::F32(vec![1.0, 10.0, 100.0, 1000.0, 0.0, 0.0, 0.0, 1.0]));
    marked.insert("q.0.bias", &[2], TensorValues::F32(vec![0.0, 0.5]));
    network.load(&marked).unwrap();
    let board: Vec<f32> = (0..9).flat_map(|cell| [0.0, cell as f32]).collect();
    assert_eq!(network.predict(0, &board), [1.0 + 20.0 + 400.0 + 5000.0, 5.5]);

    let before = network.save();
    let mut refused = |tensors: &Tensors| network.load(tensors).unwrap_err().to_string();
    assert!(refused(&weights_alone(&weights, "q.0.bias")).contains("\"q.0.bias\" is missing"));
    let mut larger = weights.clone();
    larger.insert("q.1.weight", &[2, 2], TensorValues::F32(vec![0.0; 4]));
    assert!(refused(&larger).contains("\"q.1.weight\" has no place here"));
    let mut wider = weights.clone();
    wider.insert("q.0.weight", &[3, 4], TensorValues::F32(vec![0.0; 12]));
    assert!(refused(&wider).contains("\"q.0.weight\" has the shape [3, 4], and [2, 4] is needed"));
    let mut broken = weights;
    broken.insert("q.0.bias", &[2], TensorValues::F32(vec![0.0, f32::INFINITY]));
    assert!(refused(&broken).contains("\"q.0.bias\" holds inf at place 1"));
    assert_eq!(network.save(), before);
}

#[test]
fn a_target_follows_by_its_share() {
    let mut chance = Chance(2);
    let architecture = architecture(&mut chance, 10, true);
    let online = network(&architecture, Optimiser::ADAM, &mut chance);
    let mut target = network(&architecture, Optimiser::ADAM, &mut chance);
    let before = target.weights().to_vec();
    target.follow(&online, 0.25);
    for ((now, before), online) in target.weights().iter().zip(&before).zip(online.weights()) {
        assert_eq!(*now, before + 0.25 * (online - before));
    }
    target.follow(&online, 1.0);
    assert_eq!(target.weights(), online.weights());
}

#[test]
fn dead_units_are_counted() {
    let trunk = vec![dense(3, Activation::Relu)];
    let heads = vec![head("value", vec![dense(1, Activation::Linear)])];
    let architecture = Architecture::new(Input::Vector { length: 1 }, trunk, heads).unwrap();
    let mut network = network(&architecture, Optimiser::ADAM, &mut Chance(1));
    let mut weights = weights_alone(&network.save(), "");
    weights.insert("trunk.0.weight", &[3, 1], TensorValues::F32(vec![1.0, -1.0, -1.0]));
    weights.insert("trunk.0.bias", &[3], TensorValues::F32(vec![0.0, 0.0, 5.0]));
    network.load(&weights).unwrap();
    network.forward(&[1.0, 2.0, 3.0]);
    let mut dead = Vec::new();
    network.inspect(&mut |layer| dead.push((layer.name.to_owned(), layer.dead_units())));
    assert_eq!(dead, [("trunk.0".to_owned(), 1), ("value.0".to_owned(), 0)]);
}
