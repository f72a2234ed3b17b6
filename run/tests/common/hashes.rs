//! What a row of `golden_hashes.txt` describes, read alike by native runs and by those in a browser's worker.

use run::Run;
use shared::command::Command;
use shared::parameter::Value;
use shared::quantity::Seed;
use shared::spec::RunSpec;

/// The hash of a run, and behind a blank the SHA-256 of its network as a file of safetensors, `-` without a network. A row holds
/// environment, agent, parameters of the environment and, with `agent.`, of the agent, seed and episodes.
pub(crate) fn hashes_of(row: &str) -> String {
    let [environment, agent, parameters, seed, episodes] =
        row.split(' ').collect::<Vec<_>>().try_into().expect("five words in a row");
    let seed = Seed::new(seed.parse().expect("a whole number")).expect("a seed");
    let mut spec = RunSpec::new(environment, agent, seed);
    for parameter in parameters.split(',') {
        let (name, value) = parameter.split_once('=').expect("a name and a value");
        let value = match value {
            "true" => Value::Flag(true),
            _ => value.parse().map_or_else(|_| Value::Text(value.into()), Value::Number),
        };
        match name.strip_prefix("agent.") {
            Some(name) => spec.agent.parameters.insert(name.into(), value),
            None => spec.environment.parameters.insert(name.into(), value),
        };
    }
    let mut run = Run::new(spec).expect("what the row describes can run");
    run.command(Command::Resume { until_episode: Some(episodes.parse().expect("a whole number")) });
    while run.advance(1000) > 0 {}
    let checkpoint = run.checkpoint().expect("it has an agent");
    let network = checkpoint.agent.artifacts.get("network").map_or_else(|| "-".into(), |it| it.hash().to_string());
    format!("{} {network}", run.hash())
}
