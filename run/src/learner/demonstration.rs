//! The greedy policy on show, in an environment of its own.

use super::{Moment, TRAIL};
use crate::recorder::GREEDY_STREAM;
use crate::replay::{demonstration_seed, state_of};
use environments::{Environment, Generator, StepError};
use shared::action::Action;
use shared::quantity::Seed;

/// A demonstration under way.
#[derive(Debug)]
pub(super) struct Demonstration<E> {
    environment: E,
    generator: Generator,
    episode: u64,
    episode_step: u64,
    episode_return: f64,
    action: Option<Action>,
    trail: Vec<u32>,
}

impl<E: Environment> Demonstration<E> {
    #[inline(never)]
    pub(super) fn new(environment: &E, seed: Seed) -> Self {
        let mut environment = environment.clone();
        environment.reset(demonstration_seed(seed, 0));
        let trail = state_of(&environment).into_iter().collect();
        Self {
            environment,
            generator: Generator::new(seed.derive(GREEDY_STREAM, u64::MAX)),
            episode: 0,
            episode_step: 0,
            episode_return: 0.0,
            action: None,
            trail,
        }
    }

    #[inline(never)]
    pub(super) fn advance(
        &mut self,
        seed: Seed,
        steps: u64,
        choose: &mut dyn FnMut(&E, &mut Generator) -> Action,
    ) -> Result<(), StepError> {
        for _ in 0..steps {
            if self.environment.ended() {
                self.episode += 1;
                self.environment.reset(demonstration_seed(seed, self.episode));
                (self.episode_step, self.episode_return, self.action) = (0, 0.0, None);
                self.trail.clear();
            } else {
                let action = choose(&self.environment, &mut self.generator);
                self.episode_return += self.environment.step_any(action.as_ref())?.reward;
                self.episode_step += 1;
                self.action = Some(action);
            }
            if self.trail.len() == TRAIL {
                self.trail.remove(0);
            }
            self.trail.extend(state_of(&self.environment));
        }
        Ok(())
    }

    pub(super) const fn standing(&self) -> (u64, u64, f64) {
        (self.episode, self.episode_step, self.episode_return)
    }

    pub(super) const fn environment(&self) -> &E {
        &self.environment
    }

    pub(super) fn moment(&self) -> Moment {
        Moment {
            scene: self.environment.draw(),
            state: state_of(&self.environment),
            episode: self.episode,
            episode_step: self.episode_step,
            episode_return: self.episode_return,
            action: self.action.clone(),
            trail: self.trail.clone(),
        }
    }
}
