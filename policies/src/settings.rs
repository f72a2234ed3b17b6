//! What is set of a policy: what its outputs mean, how an action is chosen, how observations are scaled.

use agents::error::BuildFault;
use shared::parameter::{ParameterError, Resolved};

/// What the numbers are that come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outputs {
    /// Logarithms of the probabilities of discrete actions, but for a common summand.
    Logits,
    /// What every discrete action is worth.
    ActionValues,
    /// The action itself: the number of a discrete one, or the numbers of a box.
    Actions,
    /// The numbers of a box.
    MeanActions,
    /// The same, each from -1 to 1 and to be spread over its range.
    UnitActions,
}

impl Outputs {
    /// What a word of the parameter or of a file's metadata means; none for a word that leaves it open.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "logits" => Self::Logits,
            "action_values" => Self::ActionValues,
            "actions" => Self::Actions,
            "mean_actions" => Self::MeanActions,
            "unit_actions" => Self::UnitActions,
            _ => return None,
        })
    }

    /// In words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Logits => "logits",
            Self::ActionValues => "action values",
            Self::Actions => "actions",
            Self::MeanActions => "mean actions",
            Self::UnitActions => "actions from -1 to 1",
        }
    }
}

/// Everything that is set.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PolicySettings {
    /// What somebody said the outputs are; none where the file is to say.
    pub(crate) outputs: Option<Outputs>,
    /// Whether logits are drawn from.
    pub(crate) sampled: bool,
    /// Taken off every entry of an observation.
    offset: Vec<f32>,
    /// Then multiplies it.
    scale: Vec<f32>,
    /// Beyond this distance from 0 it is cut off, where anything is.
    clip: Option<f32>,
    pub(crate) gamma: f64,
}

impl PolicySettings {
    /// For observations of so many entries.
    pub(crate) fn read(parameters: &Resolved, entries: usize) -> Result<Self, BuildFault> {
        let numbers = |name: &str| numbers(name, parameters.text(name)?, entries);
        Ok(Self {
            outputs: Outputs::named(parameters.text("outputs")?),
            sampled: parameters.text("choice")? == "sampled",
            offset: numbers("observation_offset")?,
            scale: numbers("observation_scale")?,
            clip: Some(parameters.number("observation_clip")? as f32).filter(|it| *it > 0.0),
            gamma: parameters.discount("gamma")?.get(),
        })
    }

    /// An observation as the file takes it.
    pub(crate) fn scaled<'a>(&'a self, observation: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        observation.iter().zip(&self.offset).zip(&self.scale).map(|((value, offset), scale)| {
            let scaled = (value - offset) * scale;
            self.clip.map_or(scaled, |it| scaled.clamp(-it, it))
        })
    }
}

/// One number for all entries, or as many as there are.
fn numbers(name: &str, text: &str, entries: usize) -> Result<Vec<f32>, ParameterError> {
    let words = text.split(|it: char| it == ',' || it.is_whitespace()).filter(|it| !it.is_empty());
    let read = |word: &str| {
        let number = word.parse().ok().filter(|it: &f32| it.is_finite());
        number.ok_or_else(|| {
            let word: String = word.chars().take(40).collect();
            ParameterError::invalid(
                name,
                format!("{word:?} is no number. Numbers stand apart by commas or spaces, e.g. 0.5, 2"),
            )
        })
    };
    let numbers = words.map(read).collect::<Result<Vec<_>, _>>()?;
    match numbers.len() {
        1 => Ok(vec![numbers[0]; entries]),
        count if count == entries => Ok(numbers),
        count => Err(ParameterError::invalid(
            name,
            format!(
                "holds {count} numbers. It takes one for all entries of the observation, or {entries}, one an entry"
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_stands_for_all_and_another_count_is_refused() {
        assert_eq!(numbers("x", " 2 ", 3), Ok(vec![2.0; 3]));
        assert_eq!(numbers("x", "1, 2,3e-1", 3), Ok(vec![1.0, 2.0, 0.3]));
        let refused = |text: &str| numbers("x", text, 3).unwrap_err().to_string();
        assert!(refused("1 2").contains("holds 2 numbers. It takes one for all entries of the observation, or 3"));
        assert!(refused("").contains("holds 0 numbers"));
        assert!(refused("1 two 3").contains("\"two\" is no number"));
        assert!(refused("1 2 inf").contains("\"inf\" is no number"));
    }
}
