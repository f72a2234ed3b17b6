//! What was seen and done, a row a step: rollouts and episodes that agents with a policy learn from.

use crate::error::LoadError;
use crate::neural::saved;
use networks::tensors::{TensorValues, Tensors};
use shared::checkpoint::AgentState;

/// Rows of steps, one after another.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// Scaled observations, `[rows][entries]`.
    pub observations: Vec<f32>,
    /// Legal actions, `[rows][actions]`; empty in a box.
    pub legal: Vec<bool>,
    /// Actions as they were drawn, `[rows][width]`.
    pub actions: Vec<f32>,
    /// Logarithms of their probabilities at the time.
    pub log_probabilities: Vec<f32>,
    /// Values of the observations at the time.
    pub values: Vec<f32>,
    /// Scaled rewards; the value of the state in which an episode was cut off stands among them.
    pub rewards: Vec<f32>,
    /// Whether the episode ended with the step.
    pub ended: Vec<bool>,
}

/// How wide the rows are.
#[derive(Clone, Copy, Debug)]
pub struct Widths {
    /// Entries of an observation.
    pub entries: usize,
    /// Discrete actions; 0 in a box.
    pub actions: usize,
    /// Numbers of an action.
    pub width: usize,
}

impl Samples {
    /// Makes room for so many rows in all.
    pub fn reserve(&mut self, rows: usize, widths: Widths) {
        let more = rows - self.len().min(rows);
        self.observations.reserve_exact(more * widths.entries);
        self.legal.reserve_exact(more * widths.actions);
        self.actions.reserve_exact(more * widths.width);
        for buffer in [&mut self.log_probabilities, &mut self.values, &mut self.rewards] {
            buffer.reserve_exact(more);
        }
        self.ended.reserve_exact(more);
    }

    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.rewards.is_empty()
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        let Self { observations, legal, actions, log_probabilities, values, rewards, ended } = self;
        for kept in [observations, actions, log_probabilities, values, rewards] {
            kept.clear();
        }
        legal.clear();
        ended.clear();
    }

    /// Moves all rows of others to the end of these.
    pub fn append(&mut self, others: &mut Self) {
        self.observations.append(&mut others.observations);
        self.legal.append(&mut others.legal);
        self.actions.append(&mut others.actions);
        self.log_probabilities.append(&mut others.log_probabilities);
        self.values.append(&mut others.values);
        self.rewards.append(&mut others.rewards);
        self.ended.append(&mut others.ended);
    }

    /// Copies a row of others to the end of these.
    pub fn extend_from_row(&mut self, others: &Self, row: usize, widths: Widths) {
        fn of<T>(values: &[T], row: usize, width: usize) -> &[T] {
            &values[row * width..(row + 1) * width]
        }
        self.observations.extend_from_slice(of(&others.observations, row, widths.entries));
        self.legal.extend_from_slice(of(&others.legal, row, widths.actions));
        self.actions.extend_from_slice(of(&others.actions, row, widths.width));
        self.log_probabilities.push(others.log_probabilities[row]);
        self.values.push(others.values[row]);
        self.rewards.push(others.rewards[row]);
        self.ended.push(others.ended[row]);
    }

    /// Writes for every row how much better its action was than what was expected (generalised advantage estimation,
    /// Schulman et al. 2016), `A_t = delta_t + gamma lambda A_t+1` with `delta_t = r_t + gamma V(s_t+1) - V(s_t)`, and the
    /// return that the value function should have expected. Rows are `[steps][copies]`; `last` are the values of what the
    /// last step of every copy led to.
    pub fn estimate(
        &self,
        copies: usize,
        last: &[f32],
        (gamma, lambda): (f32, f32),
        advantages: &mut Vec<f32>,
        returns: &mut Vec<f32>,
    ) {
        let rows = self.len();
        advantages.clear();
        advantages.resize(rows, 0.0);
        for row in (0..rows).rev() {
            let (next, ahead) = match row + copies {
                later if later < rows => (self.values[later], advantages[later]),
                beyond => (last[beyond - rows], 0.0),
            };
            let goes_on = if self.ended[row] { 0.0 } else { 1.0 };
            let surprise = self.rewards[row] + gamma * next * goes_on - self.values[row];
            advantages[row] = surprise + gamma * lambda * goes_on * ahead;
        }
        returns.clear();
        returns.extend(advantages.iter().zip(&self.values).map(|(advantage, value)| advantage + value));
    }

    /// Refuses a saved rollout that is not of so many copies, or is full already.
    pub(super) fn check_length(&self, name: &str, copies: usize, most: usize) -> Result<(), LoadError> {
        let rows = self.len();
        if rows.is_multiple_of(copies) && rows < most {
            return Ok(());
        }
        let reason = format!("it has {rows} steps, and fewer than {most} in {copies} copies are needed");
        Err(LoadError::Artifact { artifact: name.to_owned(), reason })
    }

    pub(super) fn save(&self, name: &str, widths: Widths, state: &mut AgentState) {
        let mut tensors = Tensors::default();
        let rows = self.len();
        let mut floats = |name: &str, values: &[f32], width| {
            tensors.insert(name, &[rows, width], TensorValues::F32(values.to_vec()));
        };
        floats("observations", &self.observations, widths.entries);
        floats("actions", &self.actions, widths.width);
        floats("log_probabilities", &self.log_probabilities, 1);
        floats("values", &self.values, 1);
        floats("rewards", &self.rewards, 1);
        let flags = |values: &[bool]| TensorValues::U8(values.iter().map(|it| u8::from(*it)).collect());
        tensors.insert("legal", &[rows, widths.actions], flags(&self.legal));
        tensors.insert("ended", &[rows, 1], flags(&self.ended));
        saved::insert(state, name, &tensors);
    }

    pub(super) fn loaded(name: &str, widths: Widths, from: &AgentState) -> Result<Self, LoadError> {
        let tensors = saved::tensors(from, name)?;
        let rows = tensors.get("rewards").and_then(|it| it.shape().first().copied()).unwrap_or(0);
        let floats =
            |of: &str, width| tensors.floats(of, &[rows, width]).map(<[f32]>::to_vec).map_err(saved::refused(name));
        let flags = |of: &str, width| {
            let bytes = tensors.bytes(of, &[rows, width]).map_err(saved::refused(name))?;
            Ok(bytes.iter().map(|it| *it != 0).collect())
        };
        let it = Self {
            observations: floats("observations", widths.entries)?,
            legal: flags("legal", widths.actions)?,
            actions: floats("actions", widths.width)?,
            log_probabilities: floats("log_probabilities", 1)?,
            values: floats("values", 1)?,
            rewards: floats("rewards", 1)?,
            ended: flags("ended", 1)?,
        };
        let outside = it
            .actions
            .iter()
            .position(|action| widths.actions > 0 && !(0..widths.actions).any(|legal| *action == legal as f32));
        match outside {
            None => Ok(it),
            Some(place) => Err(LoadError::Artifact {
                artifact: name.to_owned(),
                reason: format!("row {place} holds the action {}, and there are {}", it.actions[place], widths.actions),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advantages_are_those_of_the_equation_and_end_with_their_episode() {
        // Two copies, three steps; the first copy's episode ends with its second step.
        let samples = Samples {
            values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            rewards: vec![1.0, 0.0, 2.0, 0.0, 3.0, 0.0],
            ended: vec![false, false, true, false, false, false],
            ..Samples::default()
        };
        let (mut advantages, mut returns) = (Vec::new(), Vec::new());
        samples.estimate(2, &[10.0, 20.0], (0.5, 0.5), &mut advantages, &mut returns);
        // By hand, from the end: 3 + 5 - 5, then 2 - 3, then 1 + 1.5 - 1 - 1/4.
        assert_eq!([advantages[4], advantages[2], advantages[0]], [3.0, -1.0, 1.25]);
        // 10 - 6, then 3 - 4 + 4/4, then 2 - 2 + 0.
        assert_eq!([advantages[5], advantages[3], advantages[1]], [4.0, 0.0, 0.0]);
        assert_eq!(returns, [2.25, 2.0, 2.0, 4.0, 8.0, 10.0]);
    }
}
