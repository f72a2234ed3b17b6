//! Replay: what was seen and done, kept in a ring, drawn from evenly or by priority (Schaul et al. 2016).

use super::health::LearningTrouble;
use environments::Generator;
use networks::tensors::{TensorError, TensorValues, Tensors};

/// So many steps are enough to find out whether they differ,
const MANY: usize = 20_000;
/// of which so many are looked at closely.
const LOOKED_AT: usize = 256;
/// A greater share of equal steps is no variety.
const SAME: f64 = 0.9;

/// A stretch of an episode, of one step or several, to learn from.
#[derive(Clone, Copy, Debug)]
pub struct Transition<'a> {
    /// What the action answered.
    pub observation: &'a [f32],
    /// The action.
    pub action: u16,
    /// The rewards of the stretch, discounted to its beginning.
    pub reward: f32,
    /// What a value after the stretch is worth at its beginning: the discount to the power of its length, 0 if the episode
    /// terminated.
    pub discount: f32,
    /// What the stretch led to.
    pub next: &'a [f32],
    /// Which actions are legal there.
    pub next_legal: &'a [bool],
}

/// A ring of transitions.
#[derive(Clone, Debug)]
pub struct Replay {
    capacity: usize,
    entries: usize,
    actions: usize,
    /// Where the next one goes, and how many there are.
    place: usize,
    length: usize,
    observations: Vec<f32>,
    next: Vec<f32>,
    taken: Vec<u16>,
    rewards: Vec<f32>,
    discounts: Vec<f32>,
    legal: Vec<bool>,
    priorities: Option<Priorities>,
}

impl Replay {
    /// An empty ring for so many transitions; `prioritised` ones are drawn by their errors.
    pub fn new(capacity: usize, entries: usize, actions: usize, prioritised: bool) -> Self {
        Self {
            capacity,
            entries,
            actions,
            place: 0,
            length: 0,
            observations: Vec::new(),
            next: Vec::new(),
            taken: Vec::new(),
            rewards: Vec::new(),
            discounts: Vec::new(),
            legal: Vec::new(),
            priorities: prioritised.then(|| Priorities::new(capacity)),
        }
    }

    /// Makes room for all that it may hold. Not when it is built: many an agent is built and never runs.
    fn reserve(&mut self) {
        let Self { capacity, entries, actions, .. } = *self;
        for (buffer, width) in [
            (&mut self.observations, entries),
            (&mut self.next, entries),
            (&mut self.rewards, 1),
            (&mut self.discounts, 1),
        ] {
            buffer.reserve_exact(capacity * width);
        }
        self.taken.reserve_exact(capacity);
        self.legal.reserve_exact(capacity * actions);
    }

    /// How many transitions there are.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Keeps a transition, in place of the oldest where there is no room. New ones have the greatest priority.
    pub fn push(&mut self, it: Transition<'_>) {
        if self.is_empty() {
            self.reserve();
        }
        put(&mut self.observations, self.place * self.entries, it.observation);
        put(&mut self.next, self.place * self.entries, it.next);
        put(&mut self.legal, self.place * self.actions, it.next_legal);
        put(&mut self.taken, self.place, &[it.action]);
        put(&mut self.rewards, self.place, &[it.reward]);
        put(&mut self.discounts, self.place, &[it.discount]);
        if let Some(priorities) = &mut self.priorities {
            priorities.set(self.place, priorities.greatest);
        }
        self.length = (self.length + 1).min(self.capacity);
        self.place = (self.place + 1) % self.capacity;
    }

    /// The transition at a place.
    pub fn at(&self, place: usize) -> Transition<'_> {
        let row = place * self.entries..(place + 1) * self.entries;
        Transition {
            observation: &self.observations[row.clone()],
            action: self.taken[place],
            reward: self.rewards[place],
            discount: self.discounts[place],
            next: &self.next[row],
            next_legal: &self.legal[place * self.actions..(place + 1) * self.actions],
        }
    }

    /// Draws places with replacement, and writes what each sample's loss is to be multiplied by: 1, or where priorities
    /// are, `(1 / (length P))^beta`, divided by the greatest of the batch.
    pub fn draw(&self, beta: f64, generator: &mut Generator, places: &mut [usize], weights: &mut [f32]) {
        let Some(priorities) = &self.priorities else {
            for (place, weight) in places.iter_mut().zip(weights) {
                (*place, *weight) = (generator.below(self.length as u32) as usize, 1.0);
            }
            return;
        };
        let mut greatest = 0.0_f32;
        for (place, weight) in places.iter_mut().zip(weights.iter_mut()) {
            *place = priorities.find(generator.unit() * priorities.total()).min(self.length - 1);
            let share = priorities.get(*place) / priorities.total();
            *weight = libm::pow(1.0 / (self.length as f64 * share).max(1e-300), beta) as f32;
            greatest = greatest.max(*weight);
        }
        for weight in weights {
            *weight /= greatest;
        }
    }

    /// Gives transitions the priorities `(|error| + 1e-6)^alpha`; nothing where they are drawn evenly.
    pub fn prioritise(&mut self, alpha: f64, places: &[usize], errors: &[f32]) {
        let Some(priorities) = &mut self.priorities else { return };
        for (place, error) in places.iter().zip(errors) {
            let priority = libm::pow(f64::from(error.abs()) + 1e-6, alpha);
            priorities.greatest = priorities.greatest.max(priority);
            priorities.set(*place, priority);
        }
    }

    /// Why there is little to learn from what it holds, if so; `full` is what a value is worth after a whole stretch that did
    /// not end an episode, and `batch` how many are drawn at a time.
    pub(super) fn trouble(&self, full: f32, batch: usize) -> Option<LearningTrouble> {
        let steps = self.length;
        if steps == self.capacity && steps < batch {
            return Some(LearningTrouble::FewSteps { steps, batch });
        }
        if steps < self.capacity.min(MANY) {
            return None;
        }
        // Stretches that were cut off are shorter, and say nothing.
        let mut whole = self.rewards.iter().zip(&self.discounts).filter(|(_, discount)| **discount == full);
        if let Some((reward, _)) = whole.next()
            && whole.all(|(other, _)| other == reward)
            && self.discounts.iter().all(|discount| *discount > 0.0)
        {
            return Some(LearningTrouble::SameReward { steps, reward: *reward });
        }
        let looked_at = LOOKED_AT.min(steps);
        let places = (0..looked_at).map(|it| it * steps / looked_at);
        let step = |place: usize| {
            let it = self.at(place);
            (it.action, it.observation)
        };
        // The only one that can be the most frequent by far (Boyer and Moore).
        let (mut frequent, mut lead) = (0, 0_u32);
        for place in places.clone() {
            match (lead, step(place) == step(frequent)) {
                (0, _) => (frequent, lead) = (place, 1),
                (_, true) => lead += 1,
                (_, false) => lead -= 1,
            }
        }
        let share = places.filter(|place| step(*place) == step(frequent)).count() as f64 / looked_at as f64;
        (share > SAME).then_some(LearningTrouble::SameStep { share })
    }

    /// Adds everything that it holds.
    pub fn save(&self, into: &mut Tensors) {
        let mut insert = |name: &str, width, values| into.insert(name, &[self.length, width], values);
        insert("observations", self.entries, TensorValues::F32(self.observations.clone()));
        insert("next", self.entries, TensorValues::F32(self.next.clone()));
        insert("rewards", 1, TensorValues::F32(self.rewards.clone()));
        insert("discounts", 1, TensorValues::F32(self.discounts.clone()));
        insert("actions", 2, TensorValues::U8(self.taken.iter().flat_map(|it| it.to_le_bytes()).collect()));
        insert("legal", self.actions, TensorValues::U8(self.legal.iter().map(|it| u8::from(*it)).collect()));
        into.insert("place", &[2], TensorValues::U64(vec![self.place as u64, self.length as u64]));
        if let Some(priorities) = &self.priorities {
            let kept = (0..self.length).map(|place| priorities.get(place)).chain([priorities.greatest]).collect();
            into.insert("priorities", &[self.length + 1], TensorValues::F64(kept));
        }
    }

    /// The ring that [`Self::save`] saved, of the same size as this one.
    pub fn loaded(&self, from: &Tensors) -> Result<Self, TensorError> {
        let mut it = Self::new(self.capacity, self.entries, self.actions, self.priorities.is_some());
        let counts = from.integers("place", &[2])?;
        it.reserve();
        it.length = (counts[1] as usize).min(self.capacity);
        it.place = counts[0] as usize % self.capacity;
        let length = it.length;
        let floats = |name, width| from.floats(name, &[length, width]);
        it.observations.extend_from_slice(floats("observations", self.entries)?);
        it.next.extend_from_slice(floats("next", self.entries)?);
        it.rewards.extend_from_slice(floats("rewards", 1)?);
        it.discounts.extend_from_slice(floats("discounts", 1)?);
        let (actions, _) = from.bytes("actions", &[length, 2])?.as_chunks::<2>();
        // An action that there is not would have no value: the greatest takes its place.
        let greatest = self.actions.saturating_sub(1) as u16;
        it.taken.extend(actions.iter().map(|bytes| u16::from_le_bytes(*bytes).min(greatest)));
        it.legal.extend(from.bytes("legal", &[length, self.actions])?.iter().map(|it| *it != 0));
        if let Some(priorities) = &mut it.priorities {
            let kept = from.doubles("priorities", &[length + 1])?;
            for (place, priority) in kept[..length].iter().enumerate() {
                priorities.set(place, priority.max(0.0));
            }
            priorities.greatest = kept[length];
        }
        Ok(it)
    }
}

/// Writes into a buffer that grows until its ring is full.
fn put<T: Copy>(buffer: &mut Vec<T>, place: usize, values: &[T]) {
    match buffer.get_mut(place..place + values.len()) {
        Some(room) => room.copy_from_slice(values),
        None => buffer.extend_from_slice(values),
    }
}

/// Priorities in a tree of sums, so that drawing and changing take as many steps as the tree has levels.
#[derive(Clone, Debug)]
struct Priorities {
    /// The leaves are the last half; node i is the sum of 2 i and 2 i + 1.
    sums: Vec<f64>,
    greatest: f64,
}

impl Priorities {
    fn new(capacity: usize) -> Self {
        Self { sums: vec![0.0; 2 * capacity.next_power_of_two()], greatest: 1.0 }
    }

    fn leaf(&self, place: usize) -> usize {
        self.sums.len() / 2 + place
    }

    fn get(&self, place: usize) -> f64 {
        self.sums[self.leaf(place)]
    }

    fn total(&self) -> f64 {
        self.sums[1]
    }

    fn set(&mut self, place: usize, priority: f64) {
        let mut node = self.leaf(place);
        self.sums[node] = priority;
        while node > 1 {
            node /= 2;
            self.sums[node] = self.sums[2 * node] + self.sums[2 * node + 1];
        }
    }

    /// The place at which the sum of priorities exceeds a number below their total.
    fn find(&self, number: f64) -> usize {
        let (mut node, mut left) = (1, number);
        while node < self.sums.len() / 2 {
            node *= 2;
            if left >= self.sums[node] && self.sums[node + 1] > 0.0 {
                left -= self.sums[node];
                node += 1;
            }
        }
        node - self.sums.len() / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::quantity::Seed;

    fn filled(capacity: usize, count: u16, prioritised: bool) -> Replay {
        let mut replay = Replay::new(capacity, 1, 6, prioritised);
        for number in 0..count {
            let value = [f32::from(number)];
            replay.push(Transition {
                observation: &value,
                action: number,
                reward: 0.5,
                discount: 0.9,
                next: &value,
                next_legal: &[true, false, true, true, true, true],
            });
        }
        replay
    }

    #[test]
    fn the_oldest_make_room() {
        let replay = filled(3, 5, false);
        let actions: Vec<_> = (0..3).map(|place| replay.at(place).action).collect();
        assert_eq!((replay.len(), actions), (3, vec![3, 4, 2]));
    }

    #[test]
    fn a_replay_in_which_nothing_differs_is_named() {
        let told = |capacity: usize, steps: usize, of: &dyn Fn(usize) -> (f32, u16, f32, f32)| {
            let mut replay = Replay::new(capacity, 1, 2, false);
            for (value, action, reward, discount) in (0..steps).map(of) {
                let (observation, next_legal) = (&[value][..], &[true; 2][..]);
                replay.push(Transition { observation, action, reward, discount, next: observation, next_legal });
            }
            replay.trouble(0.9, 64)
        };
        let same = |step: usize| (step as f32, (step % 2) as u16, -1.0, 0.9);
        assert_eq!(told(1000, 1000, &same), Some(LearningTrouble::SameReward { steps: 1000, reward: -1.0 }));
        assert_eq!(told(1000, 999, &same), None, "it is not full yet");
        let cut = |step: usize| if step % 100 == 99 { (0.0, 0, -0.5, 0.95) } else { same(step) };
        assert!(matches!(told(1000, 1000, &cut), Some(LearningTrouble::SameReward { .. })), "cut off is not ended");
        let ended = |step: usize| if step == 500 { (0.0, 0, -1.0, 0.0) } else { same(step) };
        assert_eq!(told(1000, 1000, &ended), None);
        let paid = |step: usize| if step == 500 { (0.0, 0, 1.0, 0.9) } else { same(step) };
        assert_eq!(told(1000, 1000, &paid), None);
        let still = |step: usize| if step.is_multiple_of(20) { paid(step) } else { (3.0, 1, step as f32, 0.9) };
        let Some(LearningTrouble::SameStep { share }) = told(1000, 1000, &still) else { panic!("it stands still") };
        assert!((share - 0.95).abs() < 0.02, "{share}");
        assert_eq!(told(10, 20, &paid), Some(LearningTrouble::FewSteps { steps: 10, batch: 64 }));
    }

    #[test]
    fn transitions_are_drawn_by_their_priorities_and_weighed_against_them() {
        let mut replay = filled(5, 5, true);
        replay.prioritise(1.0, &[0, 1, 2, 3, 4], &[0.0, 1.0, -2.0, 3.0, 4.0]);
        let mut generator = Generator::new(Seed::default());
        let mut counts = [0.0_f64; 5];
        let (mut places, mut weights) = ([0; 100], [0.0; 100]);
        for _ in 0..1000 {
            replay.draw(1.0, &mut generator, &mut places, &mut weights);
            for (place, weight) in places.iter().zip(weights) {
                counts[*place] += 1e-5;
                let least = places.iter().min().copied().unwrap_or(0).max(1);
                let expected = least as f32 / *place as f32;
                assert!((weight - expected).abs() < 1e-3, "{place}: {weight}");
            }
        }
        for (found, expected) in counts.iter().zip([0.0, 0.1, 0.2, 0.3, 0.4]) {
            assert!((found - expected).abs() < 0.01, "{counts:?}");
        }
    }

    #[test]
    fn what_is_saved_is_loaded() {
        for prioritised in [false, true] {
            let mut replay = filled(4, 6, prioritised);
            replay.prioritise(0.6, &[1, 2], &[3.0, 0.1]);
            let mut tensors = Tensors::default();
            replay.save(&mut tensors);
            let loaded = filled(4, 0, prioritised).loaded(&tensors).unwrap();
            let mut again = Tensors::default();
            loaded.save(&mut again);
            assert_eq!(tensors, again);
        }
    }
}
