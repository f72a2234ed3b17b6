//! Copies of an environment stepped together over buffers that the caller owns, in Gymnasium's three modes of resetting.

use environments::registry::{BuiltEnvironment, EnvironmentVisitor};
use environments::vector::{BatchActions, episode_seed};
use environments::{Environment, StepError};
use shared::action::{ActionEntry, ActionError, ActionRef, ActionSpace};
use shared::quantity::Seed;
use shared::scene::Scene;

/// When a copy whose episode has ended begins the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Autoreset {
    /// At the next step, in place of the action.
    NextStep,
    /// In the same step.
    SameStep,
    /// When it is told to.
    Disabled,
}

/// What the copies' chance derives from.
#[derive(Clone, Debug)]
pub(crate) enum Seeds {
    /// As in a run of this seed: episode k of copy c has the seed [`episode_seed`].
    Run(Seed),
    /// The first episode of each copy has this seed; the following ones derive from it.
    Each(Vec<Seed>),
}

impl Seeds {
    /// The seed of an episode of a copy.
    pub(crate) fn episode(&self, copy: usize, episode: u64) -> Seed {
        match self {
            Self::Run(seed) => episode_seed(*seed, copy as u32, episode),
            Self::Each(seeds) if episode == 0 => seeds[copy],
            Self::Each(seeds) => episode_seed(seeds[copy], 0, episode),
        }
    }
}

/// Room for what is observed, one row a copy.
#[derive(Debug)]
pub(crate) enum ObservationRows<'a> {
    /// The number of the state.
    States(&'a mut [i64]),
    /// So many features each.
    Features(&'a mut [f32], usize),
}

impl ObservationRows<'_> {
    fn put<E: Environment>(&mut self, copy: usize, environment: &E) {
        match self {
            Self::States(states) => states[copy] = environment.state() as i64,
            Self::Features(features, width) => environment.observe(&mut features[copy * *width..(copy + 1) * *width]),
        }
    }
}

/// What a step writes, one row a copy.
#[derive(Debug)]
pub(crate) struct StepRows<'a> {
    pub(crate) observed: ObservationRows<'a>,
    /// Last observations of episodes that ended in this step, where copies reset in the same step; other rows stay.
    pub(crate) last: ObservationRows<'a>,
    pub(crate) rewards: &'a mut [f64],
    pub(crate) terminated: &'a mut [bool],
    pub(crate) truncated: &'a mut [bool],
    /// `[copies, actions]`: the legal actions.
    pub(crate) legal: &'a mut [bool],
    /// Why the episode ended, where it did.
    pub(crate) outcomes: &'a mut [u8],
}

/// A step that was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefusedStep {
    #[error("copy {copy}: {error}")]
    Action { copy: usize, error: ActionError },
    #[error("copy {copy}: {error}")]
    Step { copy: usize, error: StepError },
    #[error(
        "copy {copy}: its episode has ended; begin the next one with reset(options={{\"reset_mask\": ...}}), or take \
         another autoreset_mode"
    )]
    Ended { copy: usize },
}

/// Copies of an environment of any type.
pub(crate) trait AnyCopies: Send {
    /// Begins the first episode of every copy.
    fn seed(&mut self, seeds: Seeds);
    /// Begins the next episode of the copies whose flag is set.
    fn begin_next(&mut self, which: &[bool]);
    /// Writes what is observed and legal now.
    fn look(&self, observed: ObservationRows<'_>, legal: &mut [bool]);
    /// Steps every copy; gives how many episodes have ended.
    fn step(
        &mut self,
        actions: BatchActions<'_>,
        mode: Autoreset,
        strict: bool,
        rows: &mut StepRows<'_>,
    ) -> Result<usize, RefusedStep>;
    /// The seed of the episode that a copy is in.
    fn episode_seed(&self, copy: usize) -> Seed;
    fn draw(&self, copy: usize) -> Scene;
    fn text(&self, copy: usize) -> String;
}

/// So many copies of an environment, each at the beginning of its first episode.
pub(crate) fn boxed(environment: BuiltEnvironment, count: usize) -> Box<dyn AnyCopies> {
    struct Boxing(usize);
    impl EnvironmentVisitor for Boxing {
        type Output = Box<dyn AnyCopies>;
        fn visit<E: Environment>(self, environment: E) -> Self::Output {
            Box::new(Copies::new(&environment, self.0))
        }
    }
    environment.accept(Boxing(count))
}

/// Copies of an environment of one type.
#[derive(Debug)]
pub(crate) struct Copies<E> {
    environments: Vec<E>,
    /// Which episode each copy is in, from 0.
    episodes: Vec<u64>,
    seeds: Seeds,
    space: ActionSpace,
}

impl<E: Environment> Copies<E> {
    fn new(environment: &E, count: usize) -> Self {
        let space = environment.describe().action_space();
        let seeds = Seeds::Run(Seed::default());
        let mut copies =
            Self { environments: vec![environment.clone(); count], episodes: vec![0; count], seeds, space };
        copies.begin();
        copies
    }

    fn begin(&mut self) {
        self.episodes.fill(0);
        for (index, copy) in self.environments.iter_mut().enumerate() {
            copy.reset(self.seeds.episode(index, 0));
        }
    }

    /// Whether every copy can take its action. Copies that are about to begin their next episode take any.
    fn check(&self, actions: BatchActions<'_>, mode: Autoreset, strict: bool) -> Result<(), RefusedStep> {
        let entries = self.space.entries();
        for (copy, environment) in self.environments.iter().enumerate() {
            if environment.ended() {
                if mode == Autoreset::Disabled {
                    return Err(RefusedStep::Ended { copy });
                }
                continue;
            }
            let action = actions.of_copy(copy, entries);
            self.space.check(action).map_err(|error| RefusedStep::Action { copy, error })?;
            if let (true, ActionRef::Discrete(action)) = (strict, action)
                && !environment.is_legal(action)
            {
                return Err(RefusedStep::Step { copy, error: StepError::NotAllowed { action } });
            }
        }
        Ok(())
    }
}

impl<E: Environment> AnyCopies for Copies<E> {
    fn seed(&mut self, seeds: Seeds) {
        self.seeds = seeds;
        self.begin();
    }

    fn begin_next(&mut self, which: &[bool]) {
        for (index, copy) in self.environments.iter_mut().enumerate().filter(|(index, _)| which[*index]) {
            self.episodes[index] += 1;
            copy.reset(self.seeds.episode(index, self.episodes[index]));
        }
    }

    fn look(&self, mut observed: ObservationRows<'_>, legal: &mut [bool]) {
        let actions = usize::from(self.space.count());
        for (index, copy) in self.environments.iter().enumerate() {
            observed.put(index, copy);
            copy.legal_flags(&mut legal[index * actions..(index + 1) * actions]);
        }
    }

    fn step(
        &mut self,
        actions: BatchActions<'_>,
        mode: Autoreset,
        strict: bool,
        rows: &mut StepRows<'_>,
    ) -> Result<usize, RefusedStep> {
        self.check(actions, mode, strict)?;
        let (count, entries) = (self.space.count(), self.space.entries());
        let legal = usize::from(count);
        let mut ended = 0;
        for (index, copy) in self.environments.iter_mut().enumerate() {
            if mode == Autoreset::NextStep && copy.ended() {
                self.episodes[index] += 1;
                copy.reset(self.seeds.episode(index, self.episodes[index]));
                rows.rewards[index] = 0.0;
                rows.terminated[index] = false;
                rows.truncated[index] = false;
            } else {
                let action = match actions.of_copy(index, entries) {
                    ActionRef::Discrete(action) if !copy.is_legal(action) => {
                        ActionRef::Discrete(nearest_legal(action, count, |action| copy.is_legal(action)))
                    }
                    action => action,
                };
                let step = copy.step_any(action).map_err(|error| RefusedStep::Step { copy: index, error })?;
                rows.rewards[index] = step.reward;
                rows.terminated[index] = step.terminated;
                rows.truncated[index] = step.truncated;
                if step.ended() {
                    ended += 1;
                    rows.outcomes[index] = copy.outcome();
                    if mode == Autoreset::SameStep {
                        rows.last.put(index, copy);
                        self.episodes[index] += 1;
                        copy.reset(self.seeds.episode(index, self.episodes[index]));
                    }
                }
            }
            rows.observed.put(index, copy);
            copy.legal_flags(&mut rows.legal[index * legal..(index + 1) * legal]);
        }
        Ok(ended)
    }

    fn episode_seed(&self, copy: usize) -> Seed {
        self.seeds.episode(copy, self.episodes[copy])
    }

    fn draw(&self, copy: usize) -> Scene {
        self.environments[copy].draw()
    }

    fn text(&self, copy: usize) -> String {
        self.environments[copy].text()
    }
}

/// Clips the numbers of box actions, which lie one after another, to their bounds; tells whether any was beyond its own. NaN stays.
pub(crate) fn clip(values: &mut [f32], bounds: &[ActionEntry]) -> bool {
    let mut clipped = false;
    for (value, entry) in values.iter_mut().zip(bounds.iter().cycle()) {
        let within = value.clamp(entry.low, entry.high);
        clipped |= within != *value && !value.is_nan();
        *value = within;
    }
    clipped
}

/// The action itself where it is legal, else the next legal one in their order, from the first again after the last.
pub(crate) fn nearest_legal(action: u16, count: u16, is_legal: impl Fn(u16) -> bool) -> u16 {
    (action..count).chain(0..action).find(|action| is_legal(*action)).unwrap_or(action)
}
