//! Presets beside those that agents come with, for runs outside of a tab: how a network is to learn, and what keeps a GPU busy. The Lab, where
//! everything computes in a tab, does not list them.

use shared::describe::CatalogEntry;
use shared::parameter::{Preset, Value};

/// What a preset sets, by the names of parameters.
type PresetValues = Vec<(&'static str, Value)>;

/// The entry of an agent with all of these.
#[must_use]
pub fn with(entry: CatalogEntry) -> CatalogEntry {
    with_gpu(with_fast_stable_max(entry))
}

/// The entry of an agent with a network with `fast`, `stable` and `max`: large steps for a first success soon, small ones that seldom
/// lose what was learned, and a large network that learns from more at a time.
#[must_use]
pub fn with_fast_stable_max(mut entry: CatalogEntry) -> CatalogEntry {
    let Some(values) = fast_stable_max(&entry.id) else { return entry };
    let labels = [("fast", "Fast: large steps"), ("stable", "Stable: small steps"), ("max", "Max: large network")];
    entry
        .presets
        .extend(labels.into_iter().zip(values).map(|((name, label), values)| Preset::new(name, label, values)));
    entry
}

/// What makes an agent fast, stable, and come as far as it can.
fn fast_stable_max(id: &str) -> Option<[PresetValues; 3]> {
    let rate = |it: f64| ("learning_rate", number(it));
    Some(match id {
        "ppo" => [
            vec![rate(0.002), ("epochs", integer(8))],
            vec![rate(0.0003), ("copies", integer(16)), ("epochs", integer(10)), ("target_kl", number(0.02))],
            vec![
                rate(0.0003),
                ("copies", integer(64)),
                ("epochs", integer(10)),
                ("minibatches", integer(16)),
                ("hidden", text("256-256")),
            ],
        ],
        "a2c" => [
            vec![rate(0.002)],
            vec![rate(0.0003), ("copies", integer(16)), ("normalise_advantages", Value::Flag(true))],
            vec![rate(0.0005), ("copies", integer(64)), ("hidden", text("256-256"))],
        ],
        "neural-reinforce" => [
            vec![rate(0.005), ("episodes", integer(4))],
            vec![rate(0.0005), ("episodes", integer(32))],
            vec![rate(0.0005), ("episodes", integer(64)), ("hidden", text("256-256"))],
        ],
        "dqn" => [
            vec![rate(0.002), ("learning_starts", integer(500)), ("exploration_steps", integer(5000))],
            vec![
                rate(0.0003),
                ("target_every", integer(1)),
                ("target_share", number(0.005)),
                ("replay", integer(100_000)),
            ],
            vec![
                rate(0.0003),
                ("batch", integer(128)),
                ("dueling", Value::Flag(true)),
                ("n_step", integer(3)),
                ("prioritised", Value::Flag(true)),
                ("replay", integer(200_000)),
                ("hidden", text("256-256")),
            ],
        ],
        _ => return None,
    })
}

/// The entry of an agent with presets for a GPU: thousands of copies, minibatches of 8 192 to 16 384, wide layers.
#[must_use]
pub fn with_gpu(mut entry: CatalogEntry) -> CatalogEntry {
    if entry.id != "ppo" {
        return entry;
    }
    entry.presets.push(Preset::new(
        "gpu-boards",
        "On a GPU: snake, tetris",
        vec![
            ("copies", integer(4096)),
            ("rollout_steps", integer(32)),
            ("minibatches", integer(8)),
            ("hidden", text("512-512")),
            ("activation", text("relu")),
            ("observations", text("bounds")),
        ],
    ));
    entry.presets.push(Preset::new(
        "gpu-convolutions",
        "On a GPU: snake, cell by cell",
        vec![
            ("copies", integer(4096)),
            ("rollout_steps", integer(16)),
            ("minibatches", integer(8)),
            ("convolutions", text("32x3x1-64x3x2")),
            ("hidden", text("512")),
            ("activation", text("relu")),
            ("observations", text("raw")),
        ],
    ));
    entry.presets.push(Preset::new(
        "gpu-numbers",
        "On a GPU: racing",
        vec![
            ("copies", integer(4096)),
            ("rollout_steps", integer(64)),
            ("minibatches", integer(16)),
            ("hidden", text("256-256")),
            ("entropy", number(0.0)),
        ],
    ));
    entry
}

fn text(it: &str) -> Value {
    Value::Text(it.into())
}

const fn integer(it: i64) -> Value {
    Value::Integer(it)
}

const fn number(it: f64) -> Value {
    Value::Number(it)
}
