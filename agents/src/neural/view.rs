//! What a viewer sees of a network: its layers as pictures, and what it makes of an observation.

use networks::Approximator;
use shared::network::LayerView;

/// Observations that are looked at for units which never give anything.
const MOST_ROWS: usize = 64;
/// Fewer say nothing of a unit.
const LEAST_ROWS: usize = 32;

/// The observations that were answered last, as the network takes them. No checkpoint needs them.
#[derive(Clone, Debug, Default)]
pub(super) struct RecentObservations {
    rows: Vec<f32>,
    next: usize,
}

impl RecentObservations {
    /// Takes in observations, `[rows][entries]`.
    pub(super) fn push(&mut self, observations: &[f32], entries: usize) {
        for row in observations.chunks_exact(entries.max(1)) {
            let begin = self.next * entries;
            match self.rows.get_mut(begin..begin + entries) {
                Some(place) => place.copy_from_slice(row),
                None => self.rows.extend_from_slice(row),
            }
            self.next = (self.next + 1) % MOST_ROWS;
        }
    }

    /// Computes an observation and after it these, and gives the layers as they then stand.
    pub(super) fn layers(&self, network: &mut impl Approximator, observation: &[f32]) -> Vec<LayerView> {
        let mut rows = Vec::with_capacity(observation.len() + self.rows.len());
        rows.extend_from_slice(observation);
        rows.extend_from_slice(&self.rows);
        network.forward(&rows);
        let rows = rows.len() / observation.len().max(1);
        let mut layers = Vec::new();
        network.inspect(&mut |layer| {
            // A layer with weights of its own gives a number for every unit, or one for every unit and cell of a board.
            let cells = layer.outputs.len() / (rows * layer.units).max(1);
            let of_unit = |unit: usize| {
                let outputs = (0..cells).filter_map(|cell| layer.outputs.get(cell * layer.units + unit));
                outputs.sum::<f32>() / cells.max(1) as f32
            };
            let mut view = LayerView {
                name: layer.name.to_owned(),
                inputs: layer.inputs as u32,
                units: layer.units as u32,
                parameters: (layer.weights.len() + layer.biases.len()) as u32,
                rows: 0,
                columns: 0,
                weights: vec![].into(),
                largest: 0.0,
                activations: (0..layer.units).map(of_unit).collect(),
                dead_units: if rows > LEAST_ROWS { layer.dead_units() as u32 } else { 0 },
                gradient_norm: f64::from(layer.gradient_norm),
            };
            if !layer.weights.is_empty() {
                view.draw(layer.weights);
            }
            layers.push(view);
        });
        layers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use networks::{Activation, Architecture, Head, Initial, Input, Layer, Network, Optimiser};

    fn network() -> Network {
        let hidden =
            Layer::Dense { units: 3, activation: Activation::Relu, initial: Initial::Orthogonal { gain: 1.0 } };
        let output =
            Layer::Dense { units: 1, activation: Activation::Linear, initial: Initial::Orthogonal { gain: 1.0 } };
        let head = Head { name: "value".into(), layers: vec![output] };
        let architecture = Architecture::new(Input::Vector { length: 2 }, vec![hidden], vec![head]).unwrap();
        let mut normal = (0..).map(|it| f64::from(it * 7 % 5) - 2.0);
        Network::new(&architecture, Optimiser::ADAM, &mut || normal.next().unwrap())
    }

    #[test]
    fn layers_show_what_they_give_for_the_observation_and_which_units_are_silent_for_all() {
        let (mut network, mut recent) = (network(), RecentObservations::default());
        let layers = recent.layers(&mut network, &[0.5, -1.0]);
        network.forward(&[0.5, -1.0]);
        let mut expected = Vec::new();
        network.inspect(&mut |layer| expected.push((layer.name.to_owned(), layer.outputs.to_vec())));
        let shown: Vec<_> = layers.iter().map(|it| (it.name.clone(), it.activations.0.clone())).collect();
        assert_eq!(shown, expected);
        assert_eq!(layers.iter().map(|it| it.dead_units).sum::<u32>(), 0, "one observation says nothing");
        // All units give 0 for 0: there are no biases yet.
        for _ in 0..3 {
            recent.push(&[0.0; 2 * 40], 2);
        }
        let layers = recent.layers(&mut network, &[0.0, 0.0]);
        assert_eq!((layers[0].dead_units, layers[1].dead_units), (3, 0));
        assert_eq!((layers[0].parameters, layers[0].rows, layers[0].columns), (9, 2, 3));
    }

    #[test]
    fn only_the_newest_observations_are_looked_at() {
        let mut recent = RecentObservations::default();
        for number in 0..100_u8 {
            recent.push(&[f32::from(number)], 1);
        }
        assert_eq!(recent.rows.len(), MOST_ROWS);
        let mut rows = recent.rows.clone();
        rows.sort_by(f32::total_cmp);
        assert_eq!((rows[0], rows[63]), (36.0, 99.0));
    }
}
