//! Publishes a training of one's own to a relay: `terrarium serve` in one terminal, `cargo run --example publish` in another,
//! and <http://127.0.0.1:8080/#/watch> in a browser. Another relay is named behind `--`.
//!
//! Nothing here waits for the relay; what it did not take is kept in a file.

use shared::describe::{CatalogEntry, EnvironmentDescription, Words, names};
use shared::event::{EndReason, Exactness};
use shared::{LogEvent, RunId, RunSpec, Seed};
use std::time::Duration;
use std::{env, error::Error, thread};
use trainer::address::RelayUri;
use trainer::connection::Destination;
use trainer::external::{EndedEpisode, External, ExternalOpening};
use trainer::{outbox::Outbox, spill::Spill, tls::Trust};

fn main() -> Result<(), Box<dyn Error>> {
    let (folder, given) = (env::temp_dir(), env::args().nth(1));
    let address: RelayUri = given.as_deref().unwrap_or("ws://127.0.0.1:8080").parse()?;
    let words = Words { id: "climber", title: "Climber", summary: "Mine.", equation: "", source: "here" };
    let environment = EnvironmentDescription {
        title: "Hill".into(),
        outcomes: names(&["top", "lost"]),
        ..EnvironmentDescription::default()
    };
    let started = LogEvent::RunStarted {
        spec: RunSpec::new("hill", "climber", Seed::default()),
        environment: Box::new(environment),
        agent: Box::new(CatalogEntry::new(&words, vec![], vec![])),
        optimal_return: None,
        metrics: vec![],
        copies: 1,
        exactness: Exactness::Seeded,
        is_host: false,
    };
    let trust = Trust::new(&address, None)?;
    let line = Some(Destination { address, trust, token: None, only_if_free: false });
    let outbox = Outbox::new(8 << 20, Spill::new(folder.clone()));
    let external = External::begin(ExternalOpening { run: RunId::new("climber")?, started, line, folder, outbox })?;
    for episode in 1..=200 {
        // Here the training would be; these numbers stand for what it makes.
        thread::sleep(Duration::from_millis(50));
        let (step, loss) = (episode * 20, 1.0 / episode as f64);
        external.metrics(step, vec![("losses/value".into(), loss)]);
        external.episode(EndedEpisode {
            step,
            episodic_return: 1.0 - loss,
            length: 20,
            outcome: u8::from(episode < 9),
        });
    }
    println!("{}", external.control().relay());
    match external.finish(EndReason::Completed, Duration::from_secs(5)).kept {
        None => println!("the relay has everything"),
        Some(file) => println!("terrarium deliver {} --relay ADDRESS sends it later", file.display()),
    }
    Ok(())
}
