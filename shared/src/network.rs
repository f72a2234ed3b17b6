//! What a viewer sees of an agent's network: its layers as pictures, and what it makes of the present observation.

use crate::column::Column;
use serde::{Deserialize, Serialize};

/// Most rows and most columns of a layer's picture.
pub const MOST_CELLS: usize = 96;

/// A network and what it makes of the present observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetworkView {
    /// Steps that the run had made.
    pub step: u64,
    /// Its layers in the order in which they compute; none where there is no network, but an agent that knows what actions are worth.
    pub layers: Vec<LayerView>,
    /// What it makes of the present observation.
    pub decision: Decision,
}

impl NetworkView {
    /// Numbers that it learns.
    pub fn parameters(&self) -> u64 {
        self.layers.iter().map(|it| u64::from(it.parameters)).sum()
    }
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerView {
    /// Its name, as in saved weights, e.g. `trunk.0`.
    pub name: String,
    /// Numbers that a unit sees.
    pub inputs: u32,
    /// Units, or filters.
    pub units: u32,
    /// Numbers that it learns.
    pub parameters: u32,
    /// Rows of the picture: the inputs, or as many groups of neighbouring ones.
    pub rows: u16,
    /// Columns of the picture: the units, or as many groups of neighbouring ones.
    pub columns: u16,
    /// Weights, `[rows][columns]`, of a group the one that is farthest from 0: 128 is 0, 1 is `-largest`, 255 is `largest`.
    pub weights: Column<u8>,
    /// The greatest weight without its sign.
    pub largest: f32,
    /// What every unit gives for the present observation; of a filter the mean over the board.
    pub activations: Column<f32>,
    /// Units that gave 0 for all of the observations that were looked at, and so cannot learn from them.
    pub dead_units: u32,
    /// Length of the layer's gradient at the last step of learning.
    #[serde(with = "crate::number")]
    pub gradient_norm: f64,
}

impl LayerView {
    /// The weight of a cell of the picture.
    pub fn weight(&self, row: usize, column: usize) -> Option<f32> {
        let columns = usize::from(self.columns);
        let shade = *self.weights.get(row * columns + column).filter(|_| column < columns)?;
        Some((f32::from(shade) - 128.0) / 127.0 * self.largest)
    }

    /// Draws weights, `[inputs][units]`, into the picture.
    pub fn draw(&mut self, weights: &[f32]) {
        let (inputs, units) = (self.inputs as usize, self.units as usize);
        let (rows, columns) = (inputs.min(MOST_CELLS), units.min(MOST_CELLS));
        let mut cells = vec![0.0_f32; rows * columns];
        for (place, weight) in weights.iter().enumerate().take(inputs * units) {
            let (input, unit) = (place / units, place % units);
            let cell = &mut cells[input * rows / inputs * columns + unit * columns / units];
            if weight.abs() > cell.abs() {
                *cell = *weight;
            }
        }
        let largest = cells.iter().fold(0.0_f32, |largest, it| largest.max(it.abs()));
        let shade = |weight: &f32| (128.0 + 127.0 * weight / largest.max(f32::MIN_POSITIVE)) as u8;
        (self.rows, self.columns, self.largest) = (rows as u16, columns as u16, largest);
        self.weights = cells.iter().map(shade).collect();
    }
}

/// What the numbers of a [`Decision`] are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    /// The probability of every discrete action; 0 where it is not legal.
    Probability,
    /// The value of every discrete action; not a number where it is not legal.
    ActionValue,
    /// The mean of every entry of a box.
    Mean,
}

/// What a network makes of an observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What `preferences` are.
    pub preference: Preference,
    /// A number for every discrete action, or every entry of a box.
    pub preferences: Column<f32>,
    /// Of every entry of a box how far actions spread around its mean.
    #[serde(default, skip_serializing_if = "Column::is_empty")]
    pub deviations: Column<f32>,
    /// What the network expects to come, discounted, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::number::optional")]
    pub value: Option<f64>,
    /// The observation's entries, in the description's order.
    pub observation: Column<f32>,
    /// How much the preferred action's number changes with every entry of the observation, as the network takes it: its
    /// gradient.
    pub saliency: Column<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(inputs: u32, units: u32) -> LayerView {
        LayerView {
            name: "trunk.0".into(),
            inputs,
            units,
            parameters: inputs * units + units,
            rows: 0,
            columns: 0,
            weights: vec![].into(),
            largest: 0.0,
            activations: vec![].into(),
            dead_units: 0,
            gradient_norm: 0.0,
        }
    }

    #[test]
    fn a_picture_shows_every_weight_of_a_small_layer() {
        let weights = [0.5, -1.0, 0.0, 2.0, -2.0, 0.25];
        let mut layer = layer(2, 3);
        layer.draw(&weights);
        assert_eq!((layer.rows, layer.columns, layer.largest), (2, 3, 2.0));
        for (place, weight) in weights.iter().enumerate() {
            let shown = layer.weight(place / 3, place % 3).unwrap();
            assert!((shown - weight).abs() <= 2.0 / 127.0, "{shown} for {weight}");
        }
        assert_eq!((layer.weight(2, 0), layer.weight(0, 3)), (None, None));
    }

    #[test]
    fn a_picture_of_a_large_layer_keeps_what_is_farthest_from_0() {
        let (inputs, units) = (500, 256);
        let mut weights = vec![0.01; inputs * units];
        weights[499 * units + 255] = -3.0;
        let mut layer = layer(inputs as u32, units as u32);
        layer.draw(&weights);
        assert_eq!((usize::from(layer.rows), usize::from(layer.columns)), (MOST_CELLS, MOST_CELLS));
        assert_eq!(layer.weight(MOST_CELLS - 1, MOST_CELLS - 1), Some(-3.0));
    }

    #[test]
    fn nothing_to_draw_is_an_empty_picture() {
        let mut layer = layer(0, 4);
        layer.draw(&[]);
        assert_eq!((layer.rows, layer.largest, layer.weight(0, 0)), (0, 0.0, None));
    }
}
