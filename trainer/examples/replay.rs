//! Replays an episode from what determines it, (spec, seed, actions), and checks its return: `cargo run --example replay`.
//!
//! A short training gives the episode; nothing of it but spec, seed and actions is used to play it again. The same three
//! in a file are played by `terrarium watch FILE` and by the page.

use environments::{Environment as _, registry};
use run::Run;
use shared::{Command, RunSpec, Seed};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut run = Run::new(RunSpec::new("gridworld", "q-learning", Seed::new(7)?))?;
    run.command(Command::Resume { until_episode: Some(500) });
    while run.is_moving() {
        run.advance(10_000);
    }
    // The newest, the best, the worst and some others are kept.
    let kept = run.recorded_episodes();
    let best = kept.iter().max_by(|a, b| a.episodic_return.total_cmp(&b.episodic_return));
    let recorded = best.ok_or("no episode was kept")?;

    let mut environment = registry::build(&run.spec().environment)?;
    let description = environment.describe();
    environment.reset(recorded.seed);
    let mut episodic_return = 0.0;
    for action in &recorded.actions {
        let step = environment.step_any(action)?;
        episodic_return += step.reward;
        println!("{:>6}: reward {:5.1}, state {}", description.name_of(action), step.reward, environment.state());
    }
    println!("{}", environment.text());
    println!("episode {} of the run, seed {}", recorded.episode, recorded.seed);
    println!("return as recorded {}, as replayed {episodic_return}", recorded.episodic_return);
    // Bit for bit, on every platform.
    assert_eq!(episodic_return.to_bits(), recorded.episodic_return.to_bits());
    Ok(())
}
