//! Random networks and batches, the same on every platform.

use networks::{Activation, Architecture, Head, Initial, Input, Layer, Network, Optimiser};

/// SplitMix64 (Steele et al. 2014).
#[derive(Clone, Debug)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From `least` to `most`, both included.
    pub(crate) fn within(&mut self, least: usize, most: usize) -> usize {
        least + (self.bits() % (most - least + 1) as u64) as usize
    }

    /// Near enough to a normal deviate: a sum of twelve numbers.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.within(0, from.len() - 1)]
    }

    pub(crate) fn batch(&mut self, length: usize) -> Vec<f32> {
        (0..length).map(|_| self.normal() as f32).collect()
    }
}

const ACTIVATIONS: [Activation; 5] =
    [Activation::Linear, Activation::Relu, Activation::LeakyRelu, Activation::Tanh, Activation::Sigmoid];

fn dense(chance: &mut Chance, most: usize) -> Layer {
    let initial = chance.pick(&[Initial::Kaiming, Initial::Orthogonal { gain: 1.2 }]);
    Layer::Dense { units: chance.within(1, most), activation: chance.pick(&ACTIVATIONS), initial }
}

fn convolution(chance: &mut Chance) -> Layer {
    let kernel = chance.within(1, 3);
    Layer::Convolution {
        filters: chance.within(1, 6),
        kernel,
        stride: chance.within(1, 2),
        padding: chance.within(0, kernel - 1),
        activation: chance.pick(&ACTIVATIONS),
        initial: chance.pick(&[Initial::Kaiming, Initial::Orthogonal { gain: 1.2 }]),
    }
}

/// Any network, with layers of at most so many units; `with_planes`, boards may come plane by plane.
pub(crate) fn architecture(chance: &mut Chance, most: usize, with_planes: bool) -> Architecture {
    let mut trunk = Vec::new();
    let input = if chance.within(0, 2) == 0 {
        let (rows, columns) = (chance.within(3, 6), chance.within(3, 6));
        trunk.extend((0..chance.within(1, 2)).map(|_| convolution(chance)));
        let channels = chance.within(1, 3);
        if with_planes && chance.within(0, 1) == 0 {
            Input::Planes { rows, columns, channels }
        } else {
            Input::Board { rows, columns, channels }
        }
    } else {
        Input::Vector { length: chance.within(1, most) }
    };
    trunk.extend((0..chance.within(0, 2)).map(|_| dense(chance, most)));
    let mut head = |name: &str| {
        let mut layers: Vec<_> = (0..chance.within(1, 2)).map(|_| dense(chance, most)).collect();
        if chance.within(0, 3) == 0 {
            layers = vec![Layer::Constant { units: chance.within(1, 5), value: -0.5 }];
        }
        Head { name: name.into(), layers }
    };
    let heads = vec![head("policy"), head("value")];
    // A second convolution may find too small a board: then there is one less.
    Architecture::new(input, trunk.clone(), heads.clone())
        .or_else(|_| {
            trunk.remove(1);
            Architecture::new(input, trunk, heads)
        })
        .expect("a single convolution always fits")
}

pub(crate) fn network(architecture: &Architecture, optimiser: Optimiser, chance: &mut Chance) -> Network {
    Network::new(architecture, optimiser, &mut || chance.normal())
}
