//! What training random networks gives, as numbers that change with any bit.

use crate::common::{Chance, architecture, network};
use fnv::FnvHasher;
use networks::wide::Width;
use networks::{Approximator as _, Optimiser};
use std::hash::Hasher as _;

/// How many networks.
pub(crate) const NETWORKS: u64 = 40;

/// Trains the network of this index for a few steps and gives a hash of everything that it computed.
pub(crate) fn trained(index: u64, width: Width) -> u64 {
    let mut chance = Chance(index);
    let optimiser = chance.pick(&[Optimiser::ADAM, Optimiser::RMS_PROP]);
    let architecture = architecture(&mut chance, 70, false);
    let mut network = network(&architecture, optimiser, &mut chance).with_width(width);
    let mut target = network.clone();
    let mut hash = FnvHasher::default();
    let mut take = |values: &[f32]| values.iter().for_each(|it| hash.write(&it.to_bits().to_le_bytes()));
    for _ in 0..4 {
        let rows = chance.within(1, 40);
        network.forward(&chance.batch(rows * architecture.input().length()));
        let gradients: Vec<_> = (0..2).map(|head| chance.batch(network.outputs(head).len())).collect();
        for head in 0..2 {
            take(network.outputs(head));
        }
        network.backward(&[&gradients[0], &gradients[1]]);
        let norm = network.step(0.01, Some(0.5)).expect("gradients are finite");
        take(&[norm]);
        take(network.weights());
        target.follow(&network, 0.3);
        take(target.weights());
    }
    take(&network.saliency(0, 0, &chance.batch(architecture.input().length())));
    hash.finish()
}
