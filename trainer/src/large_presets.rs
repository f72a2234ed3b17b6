//! Presets that keep a GPU busy. The page, where everything computes in a tab, does not list them.

use shared::describe::CatalogEntry;
use shared::parameter::{Preset, Value};

/// The entry of an agent with its large presets: thousands of copies, minibatches of 16 384, wide layers.
pub(crate) fn with(mut entry: CatalogEntry) -> CatalogEntry {
    if entry.id != "ppo" {
        return entry;
    }
    let (text, integer) = (|it: &str| Value::Text(it.into()), Value::Integer);
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
        "gpu-numbers",
        "On a GPU: racing",
        vec![
            ("copies", integer(4096)),
            ("rollout_steps", integer(64)),
            ("minibatches", integer(16)),
            ("hidden", text("256-256")),
            ("entropy", Value::Number(0.0)),
        ],
    ));
    entry
}
