//! The agent's entry in a registry.

use agents::learner::discount_parameter;
use run::onnx_policy;
use shared::describe::{CatalogEntry, Words};
use shared::parameter::{ParameterSpec, Value};

/// Characters that a text of offsets or factors holds at most.
const MOST_CHARACTERS: usize = 50_000;

/// What can be set, and how the agent is told.
pub fn catalog() -> CatalogEntry {
    let per_entry =
        |name, label, default, help| ParameterSpec::text(name, label, MOST_CHARACTERS, false, default, help);
    let parameters = vec![
        ParameterSpec::choice(
            "outputs",
            "Outputs",
            &[
                ("file", "as the file says"),
                ("logits", "logits"),
                ("action_values", "action values"),
                ("actions", "actions"),
                ("mean_actions", "mean actions"),
                ("unit_actions", "actions from -1 to 1"),
            ],
            "What the numbers are that come out: a preference or a value of every action, the action itself, or numbers of a box, \
             cut at its bounds or spread over them.",
        )
        .live(),
        ParameterSpec::choice(
            "choice",
            "Choice",
            &[("greedy", "the best action"), ("sampled", "by chance")],
            "Whether logits are drawn from or the greatest one is taken.",
        )
        .needs("outputs", ["file", "logits"].map(|it| Value::Text(it.into())).into())
        .live(),
        ParameterSpec::number(
            "observation_clip",
            "Cut observations at",
            (0.0, 1e6),
            0.0,
            1.0,
            "Distance from 0 beyond which scaled observations are cut off; 0 cuts nothing.",
        )
        .live(),
        per_entry(
            "observation_offset",
            "Observation offset",
            "0",
            "Taken off observations first: one number, or one an entry, e.g. the mean of VecNormalize.",
        )
        .live(),
        per_entry(
            "observation_scale",
            "Observation scale",
            "1",
            "Then multiplies them: one number, or one an entry, e.g. 1 / standard deviation.",
        )
        .live(),
        discount_parameter(),
    ];
    CatalogEntry::new(
        &Words {
            id: onnx_policy::ID,
            title: "ONNX policy",
            summary: "Plays a policy that was learned elsewhere, without learning: an .onnx file, as Stable-Baselines3, CleanRL, \
                      TorchRL and Terrarium itself write it.",
            equation: "a = argmax f(s)",
            source: "onnx.ai",
        },
        parameters,
        vec![],
    )
}
