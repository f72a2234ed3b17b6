//! Microseconds that a policy takes for a step, natively: `cargo bench -p policies`.

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

const STEPS: u32 = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
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
        let begun = Instant::now();
        for step in 0..STEPS {
            let observation = [(step % 7) as f32 / 7.0; 8];
            let batch = Batch { observations: &observation, legal: &[true; 4] };
            agent.act(batch, BatchActionsMut::Discrete(&mut action));
        }
        let micros = begun.elapsed().as_secs_f64() * 1e6 / f64::from(STEPS);
        println!("{units}-{units}: {micros:.1} microseconds a step");
    }
    Ok(())
}
