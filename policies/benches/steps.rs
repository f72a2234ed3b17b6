//! Milliseconds that a policy takes for a step, natively: `cargo bench -p policies`. One JSON object a line; figures are medians.
//!
//! Seconds are those of the clock: the library computes in a thread of its own.

use agents::batch::{Batch, BatchActionsMut, BatchAgent as _};
use agents::setting::Setting;
use policies::OnnxPolicy;
use run::onnx_policy;
use shared::action::ActionSpace;
use shared::artifact::Artifact;
use shared::describe::ObservationDescription;
use shared::parameter::{Parameters, Resolved};
use shared::quantity::Seed;
use std::time::Instant;

#[expect(dead_code, reason = "tests need more of it")]
#[path = "../tests/playing/files.rs"]
mod files;
#[path = "../../networks/benches/common/median.rs"]
mod median;

/// What a step may take at most.
const MOST: f64 = 0.2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if !std::env::args().any(|it| it == "--bench") {
        return Ok(());
    }
    for units in [64, 256] {
        let (file, _) = files::network_of(&[8, units, units, 4]);
        let setting = Setting {
            states: 0,
            board: None,
            actions: 4,
            space: ActionSpace::Discrete(4),
            model: None,
            observation: (0..8).map(|it| ObservationDescription::new(&format!("entry {it}"), -1.0, 1.0)).collect(),
        };
        let resolved = Resolved::new(&policies::entry().parameters, &Parameters::new())?;
        let mut agent = OnnxPolicy::build(&resolved, &setting, Seed::default())?;
        agent.load(&onnx_policy::state(Artifact::new(file)))?;
        let mut action = [0];
        let micros = median::microseconds(|steps| {
            let begun = Instant::now();
            for step in 0..steps {
                let observation = [(step % 7) as f32 / 7.0; 8];
                let batch = Batch { observations: &observation, legal: &[true; 4] };
                agent.act(batch, BatchActionsMut::Discrete(&mut action));
            }
            begun.elapsed().as_secs_f64()
        });
        let name = format!("a policy of {units}-{units} units, ms a step");
        println!("{}", serde_json::json!({ "name": name, "value": micros / 1e3, "at_most": MOST }));
    }
    Ok(())
}
