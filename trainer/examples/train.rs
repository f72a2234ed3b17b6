//! Trains an agent and prints its learning curve: `cargo run --example train`.
//!
//! Q-learning walks the cliff, and a line tells what some neighbouring episodes came to. Other environments, agents and
//! parameters are listed by `terrarium envs`, `terrarium agents` and `terrarium describe NAME`. The same spec gives the
//! same curve and the same run hash everywhere.

use run::Run;
use shared::episode::EpisodeBin;
use shared::parameter::Value;
use shared::{Command, LogEvent, RunSpec, Seed};
use std::error::Error;

const EPISODES: u64 = 1000;
/// Characters of the longest bar.
const WIDTH: f64 = 50.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut spec = RunSpec::new("cliff-walking", "q-learning", Seed::new(42)?);
    // What is not set has its default.
    spec.agent.parameters.insert("alpha".into(), Value::Number(0.5));
    let mut run = Run::new(spec)?;
    run.command(Command::Resume { until_episode: Some(EPISODES) });
    while run.is_moving() {
        run.advance(10_000);
    }
    let mut bins = Vec::new();
    for event in run.drain_log() {
        match event {
            LogEvent::Episodes(bin) => bins.push(bin),
            // A run that cannot go on pauses and says why.
            LogEvent::Notice { text, .. } => println!("{text}"),
            _ => {}
        }
    }
    print_curve(&bins);
    println!("{} episodes, {} steps, run hash {}", run.episode(), run.step(), run.hash());
    Ok(())
}

fn print_curve(bins: &[EpisodeBin]) {
    let means: Vec<f64> = bins.iter().map(|bin| bin.episodic_return.sum / bin.count as f64).collect();
    let least = means.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (bin, mean) in bins.iter().zip(means) {
        let bar = "#".repeat(((mean - least) / (greatest - least) * WIDTH) as usize);
        let (first, last) = (bin.first_episode + 1, bin.last_episode + 1);
        println!("episodes {first:>4} to {last:>4}: mean return {mean:9.2} {bar}");
    }
}
