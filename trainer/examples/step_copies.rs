//! Steps many copies of an environment at once: `cargo run --release --example step_copies`.
//!
//! Observations, rewards and ends stand in flat buffers, one row a copy, as a network or another program wants them. A
//! copy whose episode ends begins its next one in the same step.

use environments::vector::{Buffers, Vector};
use environments::{ActionMask, Generator, registry};
use shared::Seed;
use shared::parameter::Parameters;
use shared::spec::EnvironmentSpec;
use std::error::Error;
use std::time::Instant;

const COPIES: usize = 64;
const STEPS: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let spec = EnvironmentSpec { id: "cart-pole".into(), parameters: Parameters::new() };
    let environment = registry::build(&spec)?;
    let mut vector = Vector::new(&environment, COPIES, Seed::new(1)?);
    let numbers = COPIES * vector.observation_length();
    let (mut observations, mut final_observations) = (vec![0.0; numbers], vec![0.0; numbers]);
    let (mut terminated, mut truncated) = (vec![false; COPIES], vec![false; COPIES]);
    let mut rewards = vec![0.0; COPIES];
    // What the first actions answer; from then on a step writes what the next ones do.
    vector.observe(&mut observations)?;

    let (mut actions, mut legal) = ([0; COPIES], [ActionMask::all(0); COPIES]);
    let mut generator = Generator::new(Seed::new(2)?);
    let (mut sum, mut episodes) = (0.0, 0);
    let begun = Instant::now();
    for _ in 0..STEPS {
        vector.legal_actions(&mut legal)?;
        for (action, legal) in actions.iter_mut().zip(legal) {
            *action = legal.nth(generator.below(legal.count()));
        }
        let mut into = Buffers {
            observations: &mut observations,
            final_observations: &mut final_observations,
            rewards: &mut rewards,
            terminated: &mut terminated,
            truncated: &mut truncated,
        };
        vector.step(&actions, &mut into)?;
        sum += rewards.iter().sum::<f32>();
        episodes +=
            terminated.iter().zip(&truncated).filter(|(terminated, truncated)| **terminated || **truncated).count();
    }
    println!("{COPIES} copies made {STEPS} steps each in {:.2} s", begun.elapsed().as_secs_f64());
    println!(
        "{episodes} episodes ended, and the random player got about {:.1} in each",
        f64::from(sum) / episodes as f64
    );
    println!("copy 0 is in episode {} and sees {:?}", vector.episode(0), &observations[..vector.observation_length()]);
    Ok(())
}
