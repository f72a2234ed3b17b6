//! A table of ten million action values: what it takes of memory, and what is left out so that it stays at that.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use run::Run;
use run::host::Host;
use shared::codec;
use shared::command::{Answer, Command};
use shared::event::StateKind;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;

const STATES: u64 = 48 * 48 * 48 * 48;
const VALUES: u64 = 2 * STATES;

/// What may be in use at once: a tab's memory grows to that and never shrinks. 200 MB are promised for all of the worker,
/// which brings some four more.
const MOST_BYTES: u64 = 190_000_000;

fn spec() -> RunSpec {
    let mut spec = RunSpec::new("cart-pole", "q-learning", Seed::new(1).unwrap());
    spec.environment.parameters.insert("bins".into(), Value::Integer(48));
    spec
}

#[test]
fn ten_million_values_are_learned_shown_and_begun_anew_within_200_mb() {
    let mut seen = Vec::new();
    let counted = allocation_counter::measure(|| {
        let mut host = Host::new(Run::new(spec()).unwrap(), codec::plain, 1e12);
        host.command(Command::Resume { until_episode: None });
        for life in 0..3 {
            let mut now = 1e12 + 1000.0 * f64::from(life);
            for _ in 0..10 {
                let mut clock = || {
                    now += 1.0;
                    now
                };
                let turn = host.turn(&mut clock, 8.0, true).unwrap();
                seen.extend(turn.state.iter().map(|it| it.kind));
            }
            assert!(host.run().step() > 1000);
            // Both begin anew, one of them with another seed.
            let again =
                if life == 0 { Command::Reset { seed: Some(Seed::default()) } } else { Command::Start { spec: None } };
            assert_eq!(host.command(again), Answer::Accepted { checkpoint: None });
            host.command(Command::Resume { until_episode: None });
        }
        let Answer::Rejected { reason } = host.command(Command::Save {}) else { panic!("it was saved") };
        assert_eq!(
            reason,
            format!(
                "the run cannot be saved from here: its table has {VALUES} values, and at most 400000 can be sent. It goes \
                 on; `terrarium run ... --save FILE` writes runs of any size"
            )
        );
    });
    const { assert!(VALUES > 10_000_000) }
    // Eight bytes a value, and a state's visits and last error.
    assert!(counted.bytes_max >= VALUES * 8 + STATES * 8, "{counted:?}");
    assert!(counted.bytes_max < MOST_BYTES, "{counted:?}");
    assert!(seen.contains(&StateKind::Frame) && !seen.contains(&StateKind::Values));
}
