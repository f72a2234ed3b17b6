//! What a second thread brings to a run: steps a second of PPO with `--threads 2` and with `--threads 1`, in turns. One JSON object a line; figures
//! are medians. What comes of the runs is the same, which is checked.
//!
//! ```sh
//! cargo bench -p trainer --bench threads
//! ```

use std::error::Error;
use std::process::{Command, Stdio};

const ROUNDS: usize = 5;
/// How much quicker two threads are at least.
const LEAST: f64 = 1.7;

fn main() -> Result<(), Box<dyn Error>> {
    if !std::env::args().any(|it| it == "--bench") {
        return Ok(());
    }
    for (copies, rollout) in [("4096", "16"), ("256", "256")] {
        let mut rates = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            let (one, two) = (measure(copies, rollout, "1")?, measure(copies, rollout, "2")?);
            if one.1 != two.1 {
                return Err(
                    format!("{copies} copies: the run hash is {} with one thread, {} with two", one.1, two.1).into()
                );
            }
            rates[0].push(one.0);
            rates[1].push(two.0);
        }
        let ratios = rates[1].iter().zip(&rates[0]).map(|(two, one)| two / one).collect();
        let name = format!("cart-pole, PPO of 128-128 units, {copies} copies");
        for (words, rates) in ["one thread", "two threads"].iter().zip(rates) {
            println!(
                "{}",
                serde_json::json!({ "name": format!("{name}, {words}"), "steps_per_second": median(rates).round() })
            );
        }
        println!(
            "{}",
            serde_json::json!({ "name": format!("{name}, two / one"), "value": median(ratios), "at_least": LEAST })
        );
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Steps a second of a run of two updates, and its hash.
fn measure(copies: &str, rollout: &str, threads: &str) -> Result<(f64, String), Box<dyn Error>> {
    let mut trainer = Command::new(env!("CARGO_BIN_EXE_terrarium-trainer"));
    trainer.args(["run", "cart-pole", "--agent", "ppo", "--set", "hidden=128-128", "--device", "cpu", "--json"]);
    trainer.args(["--set", &format!("copies={copies}"), "--set", &format!("rollout_steps={rollout}")]);
    trainer.args(["--steps", "131072", "--threads", threads]);
    let output = trainer.env_remove("TERRARIUM_RELAY").stderr(Stdio::inherit()).output()?;
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let rate = summary["steps_per_second"].as_f64().ok_or("no figure")?;
    Ok((rate, summary["run_hash"].as_str().ok_or("no hash")?.to_owned()))
}
