//! Publishes a training of one's own to a relay: `terrarium serve` in one terminal, `cargo run --example publish` in another,
//! and <http://127.0.0.1:8080/#/watch> in a browser. Another relay is named behind `--`.
//!
//! Nothing here waits for the relay; what it did not take is kept in a file.

use shared::event::EndReason;
use shared::{RunId, RunSpec, Seed};
use std::{env, error::Error, thread, time::Duration};
use trainer::external::{EndedEpisode, External, ExternalOpening};

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or("ws://127.0.0.1:8080".into());
    let spec = RunSpec::new("hill", "climber", Seed::default());
    let opening = ExternalOpening::new(RunId::new("climber")?, spec, env::temp_dir());
    let external = External::begin(opening.published_to(address.parse()?)?)?;
    for episode in 1..=200 {
        // Here the training would be; these numbers stand for what it makes.
        thread::sleep(Duration::from_millis(50));
        let (step, loss) = (episode * 20, 1.0 / episode as f64);
        external.metrics(step, vec![("losses/value".into(), loss)]);
        external.episode(EndedEpisode { step, episodic_return: 1.0 - loss, length: 20, outcome: 0 });
    }
    if let Some(file) = external.finish(EndReason::Completed, Duration::from_secs(5)).kept {
        println!("terrarium deliver {} --relay ADDRESS sends it later", file.display());
    }
    Ok(())
}
