//! What streaming costs a trainer: steps a second with a relay there, with none where it should be, and with one that is killed, against
//! none asked for. One JSON object a line; everything runs in turns, figures are medians.
//!
//! ```sh
//! cargo build --release -p server -p trainer && cargo bench -p trainer --bench streaming
//! ```

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ROUNDS: usize = 5;
/// The least share of its steps a second that a trainer keeps when it streams.
const LEAST: f64 = 0.98;

/// Who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listener {
    Nobody,
    Relay,
    Away,
    Killed,
}

const ALL: [(Listener, &str); 4] = [
    (Listener::Nobody, "no relay asked for"),
    (Listener::Relay, "relay there"),
    (Listener::Away, "relay away"),
    (Listener::Killed, "relay killed"),
];

fn main() -> Result<(), Box<dyn Error>> {
    if !std::env::args().any(|it| it == "--bench") {
        return Ok(());
    }
    for (name, arguments) in [
        ("gridworld, Q-learning", &["gridworld", "--agent", "q-learning", "--steps", "200000000"][..]),
        ("cart-pole, PPO", &["cart-pole", "--agent", "ppo", "--steps", "300000"]),
    ] {
        let mut rates = vec![Vec::new(); ALL.len()];
        for _ in 0..ROUNDS {
            for (place, (listener, _)) in ALL.iter().enumerate() {
                rates[place].push(measure(arguments, *listener)?);
            }
        }
        let alone = rates[0].clone();
        for ((listener, words), rates) in ALL.iter().zip(&rates) {
            let name = format!("{name}, {words}");
            let mut row = serde_json::json!({ "name": name, "steps_per_second": median(rates.clone()) });
            if *listener != Listener::Nobody {
                let ratios = rates.iter().zip(&alone).map(|(rate, alone)| rate / alone).collect();
                row["value"] = median(ratios).into();
                row["at_least"] = LEAST.into();
            }
            println!("{row}");
        }
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(arguments: &[&str], listener: Listener) -> Result<f64, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let mut relay = match listener {
        Listener::Relay | Listener::Killed => Some(start_relay(folder.path())?),
        Listener::Nobody | Listener::Away => None,
    };
    let address = match (&relay, listener) {
        (Some((_, address)), _) => Some(address.clone()),
        (None, Listener::Away) => Some(format!("ws://{}", TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)),
        (None, _) => None,
    };
    let mut trainer = Command::new(env!("CARGO_BIN_EXE_terrarium-trainer"));
    trainer.arg("run").args(arguments).arg("--json");
    if let Some(address) = address {
        trainer.args(["--relay", &address, "--deliver-for", "0", "--spill"]).arg(folder.path());
    }
    let child = trainer.env_remove("TERRARIUM_RELAY").stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    if listener == Listener::Killed {
        // In mid-run: all of them take longer than this.
        std::thread::sleep(Duration::from_millis(500));
        if let Some((mut relay, _)) = relay.take() {
            end(&mut relay);
        }
    }
    let output = child.wait_with_output()?;
    if let Some((mut relay, _)) = relay {
        end(&mut relay);
    }
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    summary["steps_per_second"].as_f64().ok_or_else(|| "no figure".into())
}

fn start_relay(data: &Path) -> Result<(Child, String), Box<dyn Error>> {
    let program: PathBuf = Path::new(env!("CARGO_BIN_EXE_terrarium-trainer")).with_file_name("terrarium-relay");
    let mut relay = Command::new(&program)
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data.join("relay"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {error}; `cargo build --release -p server` makes it", program.display()))?;
    let mut line = String::new();
    BufReader::new(relay.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let address = line.trim().strip_prefix("listening on http://").ok_or("no address")?;
    Ok((relay, format!("ws://{address}")))
}

fn end(process: &mut Child) {
    process.kill().ok();
    process.wait().ok();
}
