//! Texts that list the layers of a network: `64-64`, or `16x3x1-32x3x2`.

use serde::{Deserialize, Serialize};

/// One of the numbers of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerNumber {
    /// What it is: `units`, `kernel`.
    pub name: String,
    /// Greatest allowed value; the least is 1.
    pub most: u32,
}

/// What a text lists: layers joined by `-`, and the numbers of each by `x`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerList {
    /// The numbers of a layer, in their order.
    pub numbers: Vec<LayerNumber>,
    /// Fewest layers.
    pub least_layers: u32,
    /// Most layers.
    pub most_layers: u32,
}

impl LayerList {
    /// Layers with these numbers, given as (name, greatest value).
    pub fn new(numbers: &[(&str, u32)], least_layers: u32, most_layers: u32) -> Self {
        let number = |(name, most): &(&str, u32)| LayerNumber { name: (*name).into(), most: *most };
        Self { numbers: numbers.iter().map(number).collect(), least_layers, most_layers }
    }

    /// The numbers of every layer.
    ///
    /// # Errors
    /// The text is no such list; the error says what one is.
    pub fn read(&self, text: &str) -> Result<Vec<Vec<u32>>, String> {
        let number = |(written, number): (&str, &LayerNumber)| {
            written.trim().parse().ok().filter(|it| (1..=number.most).contains(it))
        };
        let layer = |written: &str| {
            let written: Vec<_> = written.split('x').collect();
            let is_whole = written.len() == self.numbers.len();
            written.into_iter().zip(&self.numbers).map(number).collect::<Option<Vec<u32>>>().filter(|_| is_whole)
        };
        let layers = if text.trim().is_empty() { Some(Vec::new()) } else { text.split('-').map(layer).collect() };
        let (least, most) = (self.least_layers as usize, self.most_layers as usize);
        layers.filter(|it: &Vec<_>| (least..=most).contains(&it.len())).ok_or_else(|| self.refusal(text))
    }

    /// The text that lists these layers.
    pub fn write(layers: &[Vec<u32>]) -> String {
        let layer = |numbers: &Vec<u32>| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join("x");
        layers.iter().map(layer).collect::<Vec<_>>().join("-")
    }

    /// What is written of each layer, in words: `units (1 to 8192)`.
    pub fn words(&self) -> String {
        let number = |it: &LayerNumber| format!("{} (1 to {})", it.name, it.most);
        self.numbers.iter().map(number).collect::<Vec<_>>().join(" x ")
    }

    fn refusal(&self, text: &str) -> String {
        let Self { least_layers, most_layers, .. } = self;
        let how_many = match least_layers {
            0 => format!("up to {most_layers} layers, and nothing for none"),
            _ => format!("from {least_layers} to {most_layers} layers"),
        };
        format!("{text:?} does not describe layers: write {} of each, joined by -; {how_many}", self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dense() -> LayerList {
        LayerList::new(&[("units", 8192)], 1, 3)
    }

    fn convolutions() -> LayerList {
        LayerList::new(&[("filters", 8192), ("kernel", 64), ("stride", 64)], 0, 2)
    }

    #[test]
    fn layers_are_read_and_what_is_none_is_named() {
        assert_eq!(dense().read("128-64 - 8"), Ok(vec![vec![128], vec![64], vec![8]]));
        assert_eq!(convolutions().read("16x3x1-32 x 4 x 2"), Ok(vec![vec![16, 3, 1], vec![32, 4, 2]]));
        assert_eq!(convolutions().read(" "), Ok(vec![]));
        for wrong in ["", "64-", "0", "64-x", "9000", "1-1-1-1", "-4", "64x1"] {
            let expected = format!(
                "{wrong:?} does not describe layers: write units (1 to 8192) of each, joined by -; from 1 to 3 layers"
            );
            assert_eq!(dense().read(wrong), Err(expected));
        }
        for wrong in ["16x3", "16x3x1-", "0x3x1", "16x65x1", "16x3x0", "9000x3x1", "16x3x1x1", "1x1x1-1x1x1-1x1x1"] {
            let expected = format!(
                "{wrong:?} does not describe layers: write filters (1 to 8192) x kernel (1 to 64) x stride (1 to 64) of each, \
                 joined by -; up to 2 layers, and nothing for none"
            );
            assert_eq!(convolutions().read(wrong), Err(expected));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(layers in prop::collection::vec((1..=8192_u32, 1..=64_u32, 1..=64_u32), 0..=2)) {
            let layers: Vec<_> = layers.into_iter().map(|(filters, kernel, stride)| vec![filters, kernel, stride]).collect();
            prop_assert_eq!(convolutions().read(&LayerList::write(&layers)), Ok(layers));
        }
    }
}
