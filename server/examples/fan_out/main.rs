//! What a delivery costs: one publisher's events of 1 kB to many viewers, by the relay and by others, in turns in one run.
//!
//! ```text
//! cargo build --release -p server && cargo run --release -p server --example fan_out
//! ... -- --python PYTHON --only 'light' --peers relay --peers nats --seconds 2
//! ```
//!
//! Every server is a process of its own on a free port, and what counts is its processor time. Every event is counted at every
//! viewer. The floor is a server that does nothing but a `write` for each delivery. A peer that is not installed is left out, and
//! its rows have no figures. Prints lines of JSON.

#![expect(clippy::print_stdout, reason = "the result is what this program prints")]

mod connection;
mod floor;
mod framing;
mod load;
mod peers;
#[path = "../parts/relay_process.rs"]
mod relay_process;

use clap::Parser;
use load::Load;
use peers::Peer;
use serde_json::json;
use std::path::PathBuf;

/// Measures what a delivery costs.
#[derive(Parser)]
struct Options {
    /// Length of each load
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Only these; all by default
    #[arg(long, value_enum)]
    peers: Vec<Peer>,
    /// Only loads whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// A Python with the packages of server/benches/peers/requirements.txt
    #[arg(long)]
    python: Option<PathBuf>,
    /// The relay's program; by default the one built beside this one
    #[arg(long)]
    relay: Option<PathBuf>,
    /// Be the floor
    #[arg(long, hide = true)]
    floor: bool,
}

/// Light loads, at which a server that does its work at once is woken for every event, and saturating ones, at which events wait
/// for it.
const LOADS: [Load; 6] = [
    Load { name: "light, 50 viewers at 200/s", viewers: 50, rate: 200, is_light: true },
    Load { name: "light, 200 viewers at 50/s", viewers: 200, rate: 50, is_light: true },
    Load { name: "light, 1 000 viewers at 10/s", viewers: 1000, rate: 10, is_light: true },
    Load { name: "saturating, 50 viewers at 1 000/s", viewers: 50, rate: 1000, is_light: false },
    Load { name: "saturating, 200 viewers at 500/s", viewers: 200, rate: 500, is_light: false },
    Load { name: "saturating, 1 000 viewers at 100/s", viewers: 1000, rate: 100, is_light: false },
];

const ALL: [Peer; 6] = [Peer::Relay, Peer::Floor, Peer::Mosquitto, Peer::Nats, Peer::FastApi, Peer::FlaskSocketio];

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if options.floor {
        return floor::serve();
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure(&options))
}

async fn measure(options: &Options) -> anyhow::Result<()> {
    let mut ratios = Vec::new();
    for load in LOADS.iter().filter(|it| it.name.contains(&options.only)) {
        let mut rates = Vec::new();
        let wanted = |it: &Peer| options.peers.is_empty() || options.peers.contains(it);
        for peer in ALL.into_iter().filter(wanted).filter(|it| load.is_light || it.bears_saturation()) {
            let name = format!("{}, {}", load.name, peer.name());
            let row = if let Some(figures) = load.on(peer, options).await? {
                rates.push((peer, figures.per_processor_second));
                json!({
                    "name": name, "deliveries_per_processor_second": figures.per_processor_second,
                    "deliveries_lost": figures.lost, "p99_ms": figures.p99_millis
                })
            } else {
                let name = format!("{name} (not installed)");
                json!({ "name": name, "deliveries_per_processor_second": null, "deliveries_lost": null, "p99_ms": null })
            };
            println!("{row}");
        }
        let of = |wanted: Peer| rates.iter().find(|(peer, _)| *peer == wanted).map(|(_, rate)| *rate);
        let Some(ours) = of(Peer::Relay) else { continue };
        if let Some(floor) = of(Peer::Floor) {
            let least = if load.is_light { json!(0.75) } else { json!(null) };
            let name = format!("{}, relay / floor", load.name);
            ratios.push(json!({ "name": name, "value": ours / floor, "at_least": least }));
        }
        let others = rates.iter().filter(|(peer, _)| !matches!(peer, Peer::Relay | Peer::Floor)).map(|(_, rate)| *rate);
        if let Some(best) = others.max_by(f64::total_cmp) {
            let least = if load.is_light { 1.0 } else { 1.3 };
            let name = format!("{}, relay / best peer", load.name);
            ratios.push(json!({ "name": name, "value": ours / best, "at_least": least }));
        }
    }
    for ratio in ratios {
        println!("{ratio}");
    }
    Ok(())
}
